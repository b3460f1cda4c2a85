/* SPDX-License-Identifier: MIT */
#pragma once
/* Tiles of a made-up town against one picture of all of them, for tests. */

#include "unit/render/label_town.h"
#include "unit/test.h"

/* The 3 x 3 squares around a square of zoom 14 in the middle of nowhere. */
enum { ZOOM = 14, COLUMN = 1700, ROW = 1400, BLOCK = 3 };

static inline struct world_box box_of(struct label_square square, int64_t across)
{
    int64_t units = (int64_t)LABEL_SQUARE_PX << (23 - square.zoom);
    int64_t x = square.column * units - GRID_WORLD_UNITS / 2;
    int64_t y = square.row * units - GRID_WORLD_UNITS / 2;
    return (struct world_box){x, y, x + across * units, y + across * units};
}

static inline struct label_plan *plan_of(struct town *town, struct label_square square)
{
    struct error err = {0};
    struct label_plan *plan = town_plan(town, square, &err);
    if (!plan) {
        fail_msg("%s", err.english);
    }
    return plan;
}

static inline size_t plans_of_view(struct town *town, const struct view *view, struct label_plan *out[16])
{
    struct label_square squares[16];
    size_t count = label_squares_of_view(view, squares, 16);
    assert_true(count <= 16);
    for (size_t i = 0; i < count; i++) {
        out[i] = plan_of(town, squares[i]);
    }
    return count;
}

static inline struct canvas *paint_view(struct town *town, const struct view *view)
{
    struct label_plan *plans[16];
    struct error err = {0};
    size_t count = plans_of_view(town, view, plans);
    struct canvas *canvas = town_paint(town, view, (const struct label_plan *const *)plans, count, &err);
    assert_non_null(canvas);
    for (size_t i = 0; i < count; i++) {
        label_plan_destroy(plans[i]);
    }
    return canvas;
}

static inline size_t inked_rows(const struct canvas *canvas, uint32_t column)
{
    size_t inked = 0;
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        const uint8_t *pixel = canvas->rgba + ((size_t)y * canvas->width_px + column) * 4;
        inked += pixel[0] != 232 || pixel[1] != 228 || pixel[2] != 216;
    }
    return inked;
}

/* Four tiles beside each other against one picture of all. Returns the inked pixels along the seam. */
static inline size_t check_tiles(struct town *town, struct tile_id tile, uint32_t size_px, uint32_t ratio)
{
    struct view whole = view_of_tile(tile, size_px, ratio);
    whole.width_px *= 2;
    whole.height_px *= 2;
    struct canvas *large = paint_view(town, &whole);
    for (uint32_t i = 0; i < 4; i++) {
        struct tile_id part = {tile.z, tile.x + i % 2, tile.y + i / 2};
        struct view view = view_of_tile(part, size_px, ratio);
        struct canvas *small = paint_view(town, &view);
        for (uint32_t y = 0; y < view.height_px; y++) {
            size_t at = ((size_t)(i / 2 * view.height_px + y) * large->width_px + i % 2 * view.width_px) * 4;
            assert_memory_equal(small->rgba + (size_t)y * view.width_px * 4, large->rgba + at, view.width_px * 4);
        }
        canvas_destroy(small);
    }
    size_t inked = inked_rows(large, large->width_px / 2);
    canvas_destroy(large);
    return inked;
}
