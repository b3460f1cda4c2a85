/* SPDX-License-Identifier: MIT */
#pragma once
/* Tiles that are kept while a layer is edited, as a cache keeps them: after each edit those that are said to be
 * untouched must be, byte for byte, what is made now. */

#include "unit/store/fixture.h"

#include "base/file.h"
#include "tile/tile_touch.h"

enum { TILES_MAX = 600 };

static inline void put_style(const struct fixture *fixture, const char *name, const char *text)
{
    char path[128];
    struct error err;
    snprintf(path, sizeof path, "%s/%s.json", fixture->directory, name);
    assert_true(file_write(path, text, strlen(text), &err));
}

static inline struct catalog *read_catalog(struct fixture *fixture)
{
    struct catalog *catalog;
    check(fixture, catalog_create(open_store(fixture), fixture->directory, NULL, NULL, &catalog, &fixture->err));
    return catalog;
}

/* --- tiles kept from round to round --- */

struct kept {
    struct tile_request request;
    uint64_t mark;
    uint64_t label_print;
    struct buffer bytes;
};

static struct kept tiles[TILES_MAX];
static size_t tile_count;
static size_t others; /* tiles that the last edit really changed */

/* The tiles around a place in the middle of the layers. */
static inline void want(enum tile_format format, const char *subject, uint32_t z, uint32_t size_px, int radius)
{
    struct world_point middle = grid_from_lonlat(-103.45, 25.45);
    int64_t width = tile_width(z);
    int64_t x = ((int64_t)middle.x + GRID_WORLD_UNITS / 2) / width;
    int64_t y = ((int64_t)middle.y + GRID_WORLD_UNITS / 2) / width;
    for (int64_t row = y - radius; row <= y + radius; row++) {
        for (int64_t column = x - radius; column <= x + radius; column++) {
            assert_true(tile_count < TILES_MAX);
            struct kept *tile = &tiles[tile_count++];
            *tile = (struct kept){.request = {.format = format,
                                              .tile = {z, (uint32_t)column, (uint32_t)row},
                                              .size_px = size_px,
                                              .pixel_ratio = 1}};
            snprintf(tile->request.subject, sizeof tile->request.subject, "%s", subject);
            buffer_init(&tile->bytes, 1 << 20);
        }
    }
}

static inline void make(struct fixture *fixture, struct tile_worker *worker, const struct catalog *catalog,
                        const struct tile_request *request, struct buffer *out)
{
    buffer_clear(out);
    arena_reset(worker->arena);
    check(fixture, tile_make(worker, catalog, NULL, request, out, &fixture->err));
}

static inline void free_tiles(void)
{
    for (size_t i = 0; i < tile_count; i++) {
        buffer_finish(&tiles[i].bytes);
    }
    tile_count = 0;
}

/* Checks all tiles against new ones; returns how many were touched. Those that were not keep their old mark. */
static inline size_t check_round(struct fixture *fixture, struct tile_worker *worker, const char *what)
{
    struct catalog *catalog = read_catalog(fixture);
    struct buffer fresh;
    size_t touched = 0;
    others = 0;
    buffer_init(&fresh, 1 << 20);
    for (size_t i = 0; i < tile_count; i++) {
        struct kept *tile = &tiles[i];
        bool is_first = tile->mark == 0;
        enum tile_touch touch = tile_touch_since(catalog, &tile->request, tile->mark);
        if (touch == TILE_LABELS_TOUCHED) {
            uint64_t print;
            arena_reset(worker->arena);
            check(fixture, tile_make_label_print(worker, catalog, NULL, &tile->request, &print, &fixture->err));
            touch = print == tile->label_print ? TILE_UNTOUCHED : TILE_TOUCHED;
            tile->mark = catalog_changes(catalog)->mark;
        }
        make(fixture, worker, catalog, &tile->request, &fresh);
        bool is_other = fresh.length != tile->bytes.length ||
                        (fresh.length > 0 && memcmp(fresh.data, tile->bytes.data, fresh.length) != 0);
        others += !is_first && is_other;
        if (touch == TILE_TOUCHED) {
            touched += !is_first;
            buffer_clear(&tile->bytes);
            buffer_append(&tile->bytes, fresh.data, fresh.length);
            tile->mark = catalog_changes(catalog)->mark;
            tile->label_print = worker->label_print;
        } else if (is_other) {
            fail_msg("after \"%s\" tile %s %u/%u/%u of format %d changed, but was said to be untouched", what,
                     tile->request.subject, tile->request.tile.z, tile->request.tile.x, tile->request.tile.y,
                     (int)tile->request.format);
        }
    }
    buffer_finish(&fresh);
    catalog_unref(catalog);
    return touched;
}
