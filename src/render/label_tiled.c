/* SPDX-License-Identifier: MIT */
/* Anchors as MapLibre sets them: in each tile of the source on its own, in whole tile units, on lines that are joined
 * and cut inside the tile. What one picture is planned by; features without tiles are looked at through the tiles that
 * cover it. */
#include "render/label_candidate.h"

#include "base/hash.h"
#include "render/label_tile_line.h"

#include <math.h>
#include <stdlib.h>

enum { UNITS = LABEL_TILE_UNITS, TILES_MAX = 1024 };

/* A tile of the source. */
struct tile {
    const struct render_input *input;
    double origin_x; /* world units */
    double origin_y;
    double unit;      /* world units of a tile unit */
    double per_px;    /* tile units of a CSS pixel at the whole zoom */
    double magnified; /* 512 CSS pixels to the tile, times this */
};

/* A feature of the tile. */
struct entry {
    struct label_symbol symbol;
    double text_size_px; /* what distances along lines are measured by */
    enum geometry_kind kind;
    struct label_tile_lines lines; /* parts of its geometry */
};

struct tiled {
    struct label_finder *finder;
    const struct label_task *task;
    const struct tile *tile;
    uint32_t tile_number;
    int64_t running;
    struct entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    struct label_near *near;
};

/* World units per CSS pixel at the picture's zoom, the other way round. */
static double css_px_of_unit(const struct tiled *tiled)
{
    return tiled->tile->unit * tiled->task->scale / LABEL_ONE;
}

static bool is_inside(double x, double y)
{
    return x >= 0 && x < UNITS && y >= 0 && y < UNITS;
}

static bool put_at(struct tiled *tiled, const struct label_symbol *symbol, double x, double y,
                   const struct label_path *path)
{
    if (!is_inside(x, y)) {
        return true; /* the neighbour's */
    }
    const struct tile *tile = tiled->tile;
    double scale = tiled->task->scale;
    int64_t number = tiled->running++;
    struct label_order order = {
        .sort_key = symbol->sort_key,
        .rank = tiled->tile_number,
        .row = number,
        .x = (int64_t)floor((tile->origin_x + x * tile->unit) * scale + 0.5),
        .y = (int64_t)floor((tile->origin_y + y * tile->unit) * scale + 0.5),
    };
    if (tiled->finder->style.sorts_by_y) {
        order.row = -(int64_t)floor(y + 0.5) * ((int64_t)1 << 32) + number; /* from the bottom up */
    }
    return label_finder_put(tiled->finder, symbol, &order, path, 0, NULL);
}

/* The line around an anchor, in CSS pixels from it. */
static bool make_path(const struct tiled *tiled, const struct label_tile_line *line,
                      const struct label_tile_anchor *anchor, struct label_path *out)
{
    struct label_path_point *points = arena_array(tiled->task->arena, line->count + 1, sizeof *points);
    if (!points) {
        return false;
    }
    double scale = css_px_of_unit(tiled);
    size_t before = anchor->segment + 1; /* vertices up to the anchor */
    for (size_t i = 0; i <= line->count; i++) {
        if (i == before) {
            points[i] = (struct label_path_point){0, 0, 0};
            continue;
        }
        struct label_point vertex = line->points[i < before ? i : i - 1];
        points[i] = (struct label_path_point){(vertex.x - anchor->x) * scale, (vertex.y - anchor->y) * scale, 0};
    }
    for (size_t i = before; i-- > 0;) {
        points[i].along = points[i + 1].along - hypot(points[i].x - points[i + 1].x, points[i].y - points[i + 1].y);
        points[i].along = fmin(points[i].along, -1e-9); /* the anchor alone is at 0 */
    }
    for (size_t i = before + 1; i <= line->count; i++) {
        points[i].along = points[i - 1].along + hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y);
    }
    *out = (struct label_path){points, line->count + 1};
    return true;
}

static struct label_tile_wish wish_of(const struct tiled *tiled, const struct entry *entry)
{
    const struct tile *tile = tiled->tile;
    double size = entry->text_size_px * tile->per_px;
    return (struct label_tile_wish){
        .spacing = entry->symbol.spacing_px * tile->per_px,
        .label_length = label_symbol_length(&entry->symbol, entry->text_size_px) * tile->per_px,
        .end_gap = 2 * size,
        .angle_window = entry->symbol.text ? 0.6 * size : 0,
        .max_angle = entry->symbol.max_angle,
        .magnified = tile->magnified,
    };
}

static bool put_anchors(struct tiled *tiled, const struct entry *entry, const struct label_tile_line *line)
{
    struct label_tile_wish wish = wish_of(tiled, entry);
    struct label_tile_anchor *anchors;
    size_t count;
    if (!label_tile_anchors(line, &wish, tiled->task->arena, &anchors, &count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (entry->symbol.text) {
            bool too_near;
            if (!label_near_put(tiled->near, entry->symbol.text->hash, anchors[i].x, anchors[i].y, wish.spacing / 2,
                                &too_near)) {
                return false;
            }
            if (too_near) {
                continue;
            }
        }
        struct label_path path;
        if (!make_path(tiled, line, &anchors[i], &path) ||
            !put_at(tiled, &entry->symbol, anchors[i].x, anchors[i].y, &path)) {
            return false;
        }
    }
    return true;
}

static bool put_center(struct tiled *tiled, const struct entry *entry)
{
    struct label_tile_wish wish = wish_of(tiled, entry);
    for (size_t i = 0; i < entry->lines.count; i++) {
        struct label_tile_anchor anchor;
        struct label_path path;
        const struct label_tile_line *line = &entry->lines.items[i];
        if (!label_tile_center(line, &wish, &anchor)) {
            continue;
        }
        if (!make_path(tiled, line, &anchor, &path) || !put_at(tiled, &entry->symbol, anchor.x, anchor.y, &path)) {
            return false;
        }
    }
    return true;
}

static bool put_along(struct tiled *tiled, const struct entry *entry)
{
    struct label_tile_lines cut;
    if (!label_tile_clip(&entry->lines, tiled->task->arena, &cut)) {
        return false;
    }
    for (size_t i = 0; i < cut.count; i++) {
        if (!put_anchors(tiled, entry, &cut.items[i])) {
            return false;
        }
    }
    return true;
}

/* Each polygon of the feature: an outer ring and the holes behind it. */
static bool put_polygons(struct tiled *tiled, const struct entry *entry)
{
    struct arena *arena = tiled->task->arena;
    for (size_t first = 0; first < entry->lines.count;) {
        size_t last = first + 1;
        size_t count = entry->lines.items[first].count;
        while (last < entry->lines.count && entry->lines.items[last].is_hole) {
            count += entry->lines.items[last++].count;
        }
        struct label_point *points = arena_array(arena, count, sizeof *points);
        size_t *ends = arena_array(arena, last - first, sizeof *ends);
        if (!points || !ends) {
            return false;
        }
        size_t at = 0;
        for (size_t i = first; i < last; i++) {
            for (size_t j = 0; j < entry->lines.items[i].count; j++) {
                points[at++] = entry->lines.items[i].points[j];
            }
            ends[i - first] = at;
        }
        struct label_point pole;
        if (count > 0 && label_pole_find(points, ends, last - first, 16, arena, &pole) &&
            !put_at(tiled, &entry->symbol, pole.x, pole.y, NULL)) {
            return false;
        }
        first = last;
    }
    return true;
}

/* Point placement: points where they are, lines at their first vertex, polygons at their poles. */
static bool put_points(struct tiled *tiled, const struct entry *entry)
{
    if (entry->kind == GEOMETRY_POLYGON) {
        return put_polygons(tiled, entry);
    }
    for (size_t i = 0; i < entry->lines.count; i++) {
        const struct label_tile_line *line = &entry->lines.items[i];
        size_t count = entry->kind == GEOMETRY_POINT ? line->count : line->count > 0 ? 1 : 0;
        for (size_t j = 0; j < count; j++) {
            if (!put_at(tiled, &entry->symbol, line->points[j].x, line->points[j].y, NULL)) {
                return false;
            }
        }
    }
    return true;
}

/* The parts of a feature in whole tile units. */
static bool read_lines(const struct tiled *tiled, const struct feature *feature, struct label_tile_lines *out)
{
    const struct geometry *geometry = &feature->geometry;
    const struct tile *tile = tiled->tile;
    struct arena *arena = tiled->task->arena;
    struct label_tile_line *lines = arena_array(arena, geometry->part_count, sizeof *lines);
    struct label_point *points = arena_array(arena, geometry->vertex_count, sizeof *points);
    if (!lines || !points) {
        return false;
    }
    size_t start = 0;
    for (size_t i = 0; i < geometry->part_count; i++) {
        size_t end = geometry->parts[i].end;
        lines[i] = (struct label_tile_line){points + start, end - start, geometry->parts[i].is_hole};
        for (size_t j = start; j < end; j++) {
            double x;
            double y;
            render_input_place(tile->input, feature, geometry->points[j], &x, &y);
            points[j].x = floor((x - tile->origin_x) / tile->unit + 0.5);
            points[j].y = floor((y - tile->origin_y) / tile->unit + 0.5);
        }
        start = end;
    }
    *out = (struct label_tile_lines){lines, geometry->part_count};
    return true;
}

static bool note_entry(struct tiled *tiled, const struct entry *entry)
{
    if (tiled->entry_count == tiled->entry_capacity) {
        size_t larger = tiled->entry_capacity ? tiled->entry_capacity * 2 : 64;
        void *grown = arena_grow(tiled->task->arena, tiled->entries, tiled->entry_capacity * sizeof *tiled->entries,
                                 larger * sizeof *tiled->entries);
        if (!grown) {
            return false;
        }
        tiled->entries = grown;
        tiled->entry_capacity = larger;
    }
    tiled->entries[tiled->entry_count++] = *entry;
    return true;
}

/* Features without tiles are asked for only where they are. */
static bool touches(const struct tile *tile, const struct feature *feature)
{
    if (tile->input->frame) {
        return true;
    }
    double size = UNITS * tile->unit;
    double x = tile->origin_x - (double)feature->shift_x;
    return (double)feature->box.max_x >= x && (double)feature->box.min_x <= x + size &&
           (double)feature->box.max_y >= tile->origin_y && (double)feature->box.min_y <= tile->origin_y + size;
}

static bool read_features(struct tiled *tiled)
{
    const struct feature_list *list = &tiled->tile->input->features;
    struct label_columns columns;
    if (!label_finder_bind(tiled->finder, tiled->tile->input, &columns)) {
        return false;
    }
    const struct label_style *style = &tiled->finder->style;
    bool along = style->values.choices[LABEL_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_POINT;
    for (size_t i = 0; i < list->count; i++) {
        const struct feature *feature = &list->features[i];
        if (feature->geometry.part_count == 0 || !touches(tiled->tile, feature) ||
            (along && feature->geometry.kind == GEOMETRY_POINT)) {
            continue;
        }
        struct style_feature seen = label_columns_feature(&columns, feature);
        struct entry entry = {.kind = feature->geometry.kind};
        enum label_use use;
        if (!label_finder_read(tiled->finder, &seen, NULL, &entry.symbol, &use)) {
            return false;
        }
        entry.text_size_px = style->values.numbers[LABEL_TEXT_SIZE_MOST];
        if (use == LABEL_SHOWN && (!read_lines(tiled, feature, &entry.lines) || !note_entry(tiled, &entry))) {
            return false;
        }
    }
    return true;
}

/* Lines with equal words are joined before anything is put on them. */
static bool join_lines(struct tiled *tiled)
{
    struct label_tile_join *joins = arena_array(tiled->task->arena, tiled->entry_count, sizeof *joins);
    if (!joins) {
        return false;
    }
    for (size_t i = 0; i < tiled->entry_count; i++) {
        struct entry *entry = &tiled->entries[i];
        joins[i] = (struct label_tile_join){&entry->lines, entry->symbol.text ? entry->symbol.text->hash : 0,
                                            entry->symbol.text != NULL};
    }
    return label_tile_lines_join(joins, tiled->entry_count, tiled->task->arena);
}

static bool find_in_tile(struct tiled *tiled)
{
    tiled->entry_count = 0;
    int placement = tiled->finder->style.values.choices[LABEL_PLACEMENT];
    tiled->near = label_near_create(tiled->task->arena);
    if (!tiled->near || !read_features(tiled)) {
        return false;
    }
    if (placement == STYLE_SYMBOL_PLACEMENT_LINE && !join_lines(tiled)) {
        return false;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < tiled->entry_count; i++) {
        const struct entry *entry = &tiled->entries[i];
        ok = placement == STYLE_SYMBOL_PLACEMENT_LINE          ? put_along(tiled, entry)
             : placement == STYLE_SYMBOL_PLACEMENT_LINE_CENTER ? put_center(tiled, entry)
                                                               : put_points(tiled, entry);
    }
    return ok;
}

static struct tile tile_of(const struct label_task *task, const struct render_input *input, double x, double y,
                           double size)
{
    double size_px = size * exp2(task->layout_zoom - 23);
    return (struct tile){.input = input,
                         .origin_x = x,
                         .origin_y = y,
                         .unit = size / UNITS,
                         .per_px = UNITS / size_px,
                         .magnified = size_px / 512};
}

/* The tiles of the whole zoom that cover the picture. */
static size_t cover(const struct label_task *task, const struct render_input *input, struct tile *tiles,
                    size_t capacity)
{
    double size = exp2(32 - fmax(0, task->layout_zoom));
    double half = exp2(31);
    const struct world_box *box = &task->view_box;
    size_t count = 0;
    for (double x = floor(((double)box->min_x + half) / size); x * size - half < (double)box->max_x; x++) {
        for (double y = floor(((double)box->min_y + half) / size); y * size - half < (double)box->max_y; y++) {
            if (count < capacity && y >= 0 && y * size < 2 * half) {
                tiles[count++] = tile_of(task, input, x * size - half, y * size - half, size);
            }
        }
    }
    return count;
}

/* By column, then by row, as MapLibre takes its turns; finer tiles before coarser ones. */
static int compare_tiles(const void *left, const void *right)
{
    const struct tile *a = left;
    const struct tile *b = right;
    if (a->unit != b->unit) {
        return a->unit < b->unit ? -1 : 1;
    }
    if (a->origin_x != b->origin_x) {
        return a->origin_x < b->origin_x ? -1 : 1;
    }
    return (a->origin_y > b->origin_y) - (a->origin_y < b->origin_y);
}

bool label_tiled_find(struct label_finder *finder)
{
    const struct label_task *task = finder->style.task;
    const struct style_layer_info *info = style_layer_info(finder->style.layer);
    struct tile *tiles = arena_array(task->arena, TILES_MAX, sizeof *tiles);
    if (!tiles) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < task->input_count; i++) {
        const struct render_input *input = &task->inputs[i];
        if (!render_input_is_of(input, info->source, info->source_layer)) {
            continue;
        }
        if (!input->frame) {
            count += cover(task, input, tiles + count, TILES_MAX - count);
        } else if (count < TILES_MAX) {
            const struct world_box *bounds = &input->frame->bounds;
            tiles[count++] = tile_of(task, input, (double)bounds->min_x, (double)bounds->min_y,
                                     (double)(bounds->max_x - bounds->min_x));
        }
    }
    qsort(tiles, count, sizeof *tiles, compare_tiles);
    struct tiled tiled = {.finder = finder, .task = task};
    for (size_t i = 0; i < count; i++) {
        tiled.tile = &tiles[i];
        tiled.tile_number = (uint32_t)i;
        if (!find_in_tile(&tiled)) {
            return false;
        }
    }
    return true;
}
