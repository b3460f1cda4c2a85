/* SPDX-License-Identifier: MIT */
/* Sources of pixels: raster tiles, with ancestors in place of missing ones, and single images. */
#include "conformance/sources.h"

#include "draw/png_encode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 10 };

struct raster_list {
    struct render_raster *items;
    size_t count;
    size_t capacity;
};

static bool add_raster(const struct source_task *task, struct raster_list *list, const struct render_raster *raster)
{
    if (list->count == list->capacity) {
        size_t larger = list->capacity ? 2 * list->capacity : 16;
        struct render_raster *items =
            arena_grow(task->arena, list->items, list->count * sizeof *items, larger * sizeof *items);
        if (!items) {
            return false;
        }
        list->items = items;
        list->capacity = larger;
    }
    list->items[list->count++] = *raster;
    return true;
}

/* The pixels live in the task's arena. */
static bool decode(const struct source_task *task, const struct buffer *content, struct render_raster *raster)
{
    struct canvas *canvas;
    struct error err;
    if (!png_decode(content->data, content->length, &canvas, &err)) {
        return false;
    }
    raster->kind = RENDER_RASTER_COLOR;
    raster->width_px = canvas->width_px;
    raster->height_px = canvas->height_px;
    raster->rgba = arena_memdup(task->arena, canvas->rgba, 4 * (size_t)canvas->width_px * canvas->height_px);
    canvas_destroy(canvas);
    return raster->rgba;
}

/* The tile or the nearest ancestor there is; one that was added already is not read again. */
static bool add_tile(const struct source_task *task, const struct tileset *tileset, struct tile_id tile, int64_t worlds,
                     struct raster_list *list)
{
    uint32_t deepest = tile.z > DEPTH_MAX ? tile.z - DEPTH_MAX : 0;
    deepest = deepest > tileset->zoom_min ? deepest : tileset->zoom_min;
    for (;; tile = (struct tile_id){tile.z - 1, tile.x / 2, tile.y / 2}) {
        struct render_raster raster = render_raster_of_tile(tile, worlds);
        for (size_t i = 0; i < list->count; i++) {
            if (memcmp(list->items[i].corners, raster.corners, sizeof raster.corners) == 0) {
                return true;
            }
        }
        struct buffer content;
        enum asset_answer answer =
            sources_tileset_has(tileset, tile) ? sources_fetch(task, tileset, tile, &content) : ASSET_MISSING;
        if (answer == ASSET_FOUND) {
            raster.is_averaged = true;
            bool ok = decode(task, &content, &raster);
            buffer_finish(&content);
            if (ok) {
                return add_raster(task, list, &raster);
            }
        }
        if (answer == ASSET_EMPTY || tile.z <= deepest) {
            return true;
        }
    }
}

static bool add_tiles(const struct source_task *task, const struct value *json, struct raster_list *list)
{
    struct tileset tileset;
    if (!sources_tileset(task, json, &tileset)) {
        return true;
    }
    double zoom = fmax(0, floor(task->view->zoom + log2(512 / tileset.tile_css_px) + 0.5));
    if (zoom < tileset.zoom_min) {
        return true;
    }
    struct tile_cover cover = sources_cover(task->view, (uint32_t)fmin(zoom, tileset.zoom_max));
    for (int64_t row = cover.min_row; row <= cover.max_row; row++) {
        for (int64_t column = cover.min_column; column <= cover.max_column; column++) {
            int64_t worlds;
            struct tile_id tile = sources_tile(&cover, column, row, &worlds);
            if (sources_tileset_has(&tileset, tile) && !add_tile(task, &tileset, tile, worlds, list)) {
                return false;
            }
        }
    }
    return true;
}

static bool add_image(const struct source_task *task, const struct value *json, struct raster_list *list)
{
    const struct value *places = value_member(json, "coordinates");
    const struct value *url = value_member(json, "url");
    struct render_raster raster = {0};
    struct buffer content;
    double coordinates[4][2];
    if (!places || places->type != VALUE_ARRAY || places->array.count != 4 || !url || url->type != VALUE_STRING ||
        assets_read(task->assets, url->string, &content) != ASSET_FOUND) {
        return true;
    }
    for (size_t i = 0; i < 4; i++) {
        const struct value *place = &places->array.items[i];
        bool is_place = place->type == VALUE_ARRAY && place->array.count == 2;
        coordinates[i][0] = is_place ? value_number(&place->array.items[0]) : 0;
        coordinates[i][1] = is_place ? value_number(&place->array.items[1]) : 0;
    }
    bool ok = decode(task, &content, &raster);
    buffer_finish(&content);
    for (int worlds = -1; ok && worlds <= 1; worlds++) {
        render_raster_image_corners((const double(*)[2])coordinates, raster.corners);
        for (size_t i = 0; i < 4; i++) {
            raster.corners[i].x += worlds * (double)GRID_WORLD_UNITS;
        }
        ok = add_raster(task, list, &raster);
    }
    return true;
}

/* Small tiles first: they are seen before their ancestors. */
static int compare_sizes(const void *a, const void *b)
{
    const struct render_corner *left = ((const struct render_raster *)a)->corners;
    const struct render_corner *right = ((const struct render_raster *)b)->corners;
    double difference = (left[1].x - left[0].x) - (right[1].x - right[0].x);
    return (difference > 0) - (difference < 0);
}

bool sources_add_imagery(const struct source_task *task, const char *name, const struct value *json, struct error *err)
{
    const char *type = value_member_string(json, "type");
    struct raster_list list = {0};
    bool ok = type && strcmp(type, "image") == 0 ? add_image(task, json, &list) : add_tiles(task, json, &list);
    if (list.count > 1) {
        qsort(list.items, list.count, sizeof *list.items, compare_sizes);
    }
    struct render_input input = {.source = name, .rasters = list.items, .raster_count = list.count};
    return (ok && sources_add_input(task, &input)) || error_no_memory(err);
}
