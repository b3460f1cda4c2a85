/* SPDX-License-Identifier: MIT */
#include "conformance/geojson_cut.h"

#include <math.h>
#include <string.h>

/* --- cutting along one axis --- */

struct cutter {
    struct arena *arena;
    double low;
    double high;
    int axis; /* 0: x, 1: y */
    bool is_ring;
    bool has_metrics;
    struct flat_part *parts; /* what is made */
    size_t count;
    size_t capacity;
    struct flat_part piece;
    size_t piece_capacity;
};

static double along(const struct flat_point *point, int axis)
{
    return axis == 0 ? point->x : point->y;
}

static bool add_point(struct cutter *cutter, struct flat_point point)
{
    struct flat_part *piece = &cutter->piece;
    if (piece->count == cutter->piece_capacity) {
        size_t larger = cutter->piece_capacity ? 2 * cutter->piece_capacity : 16;
        struct flat_point *points =
            arena_grow(cutter->arena, piece->points, piece->count * sizeof *points, larger * sizeof *points);
        if (!points) {
            return false;
        }
        piece->points = points;
        cutter->piece_capacity = larger;
    }
    piece->points[piece->count++] = point;
    return true;
}

/* Where the segment meets the limit; returns how far along it, 0 … 1. */
static double add_meeting(struct cutter *cutter, const struct flat_point *a, const struct flat_point *b, double limit,
                          bool *ok)
{
    double t = (limit - along(a, cutter->axis)) / (along(b, cutter->axis) - along(a, cutter->axis));
    struct flat_point met = {a->x + (b->x - a->x) * t, a->y + (b->y - a->y) * t, 1};
    if (cutter->axis == 0) {
        met.x = limit;
    } else {
        met.y = limit;
    }
    *ok = add_point(cutter, met) && *ok;
    return t;
}

static void begin_piece(struct cutter *cutter, const struct flat_part *whole)
{
    cutter->piece = *whole;
    cutter->piece.points = NULL;
    cutter->piece.count = 0;
    cutter->piece_capacity = 0;
}

static bool end_piece(struct cutter *cutter)
{
    if (cutter->piece.count == 0) {
        return true;
    }
    if (cutter->count == cutter->capacity) {
        size_t larger = cutter->capacity ? 2 * cutter->capacity : 8;
        struct flat_part *parts =
            arena_grow(cutter->arena, cutter->parts, cutter->count * sizeof *parts, larger * sizeof *parts);
        if (!parts) {
            return false;
        }
        cutter->parts = parts;
        cutter->capacity = larger;
    }
    cutter->parts[cutter->count++] = cutter->piece;
    return true;
}

static bool cut_part(struct cutter *cutter, const struct flat_part *whole)
{
    bool ok = true;
    double length = whole->start;
    double low = cutter->low;
    double high = cutter->high;
    begin_piece(cutter, whole);
    for (size_t i = 0; ok && i + 1 < whole->count; i++) {
        const struct flat_point *from = &whole->points[i];
        const struct flat_point *to = &whole->points[i + 1];
        double a = along(from, cutter->axis);
        double b = along(to, cutter->axis);
        double segment = cutter->has_metrics ? hypot(from->x - to->x, from->y - to->y) : 0;
        double t = 0;
        bool exited = false;
        if (a < low) {
            if (b > low) {
                t = add_meeting(cutter, from, to, low, &ok);
                cutter->piece.start = cutter->has_metrics ? length + segment * t : cutter->piece.start;
            }
        } else if (a > high) {
            if (b < high) {
                t = add_meeting(cutter, from, to, high, &ok);
                cutter->piece.start = cutter->has_metrics ? length + segment * t : cutter->piece.start;
            }
        } else {
            ok = add_point(cutter, *from);
        }
        if (b < low && a >= low) {
            t = add_meeting(cutter, from, to, low, &ok);
            exited = true;
        }
        if (b > high && a <= high) {
            t = add_meeting(cutter, from, to, high, &ok);
            exited = true;
        }
        if (!cutter->is_ring && exited) {
            cutter->piece.end = cutter->has_metrics ? length + segment * t : cutter->piece.end;
            ok = end_piece(cutter) && ok;
            begin_piece(cutter, whole);
        }
        length += segment;
    }
    if (ok && whole->count > 0) {
        const struct flat_point *last = &whole->points[whole->count - 1];
        double a = along(last, cutter->axis);
        if (a >= low && a <= high) {
            ok = add_point(cutter, *last);
        }
    }
    struct flat_part *piece = &cutter->piece;
    if (ok && cutter->is_ring && piece->count > 1 &&
        (piece->points[0].x != piece->points[piece->count - 1].x ||
         piece->points[0].y != piece->points[piece->count - 1].y)) {
        ok = add_point(cutter, piece->points[0]);
    }
    return ok && end_piece(cutter);
}

static bool keep_points(struct cutter *cutter, const struct flat_part *whole)
{
    begin_piece(cutter, whole);
    for (size_t i = 0; i < whole->count; i++) {
        double a = along(&whole->points[i], cutter->axis);
        if (a >= cutter->low && a <= cutter->high && !add_point(cutter, whole->points[i])) {
            return false;
        }
    }
    return end_piece(cutter);
}

/* Replaces the feature's parts by what of them lies between the limits. */
static bool cut_feature(struct flat_feature *feature, int axis, double low, double high, bool has_metrics,
                        struct arena *arena)
{
    bool all_inside = true;
    for (size_t p = 0; p < feature->part_count; p++) {
        for (size_t i = 0; all_inside && i < feature->parts[p].count; i++) {
            double a = along(&feature->parts[p].points[i], axis);
            all_inside = a >= low && a < high;
        }
    }
    if (all_inside) {
        return true;
    }
    struct cutter cutter = {.arena = arena,
                            .low = low,
                            .high = high,
                            .axis = axis,
                            .is_ring = feature->kind == GEOMETRY_POLYGON,
                            .has_metrics = has_metrics};
    bool shell_kept = true;
    for (size_t p = 0; p < feature->part_count; p++) {
        const struct flat_part *part = &feature->parts[p];
        size_t before = cutter.count;
        if (part->is_hole && !shell_kept) {
            continue;
        }
        if (!(feature->kind == GEOMETRY_POINT ? keep_points(&cutter, part) : cut_part(&cutter, part))) {
            return false;
        }
        shell_kept = part->is_hole ? shell_kept : cutter.count > before;
    }
    feature->parts = cutter.parts;
    feature->part_count = cutter.count;
    return true;
}

/* --- units of the tile --- */

static void turn(struct world_point *points, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct world_point swap = points[i];
        points[i] = points[count - 1 - i];
        points[count - 1 - i] = swap;
    }
}

static double area_of(const struct world_point *points, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        sum += (double)points[i].x * points[i + 1].y - (double)points[i + 1].x * points[i].y;
    }
    return sum;
}

struct tile_writer {
    struct tile_id tile;
    double tolerance; /* share of the world; 0: nothing is simplified */
    struct world_point *points;
    struct shape_part *parts;
    uint32_t point_count;
    uint32_t part_count;
};

static struct world_point to_units(const struct tile_writer *writer, const struct flat_point *point)
{
    double tiles = exp2(writer->tile.z);
    return (struct world_point){(int32_t)floor(CUT_EXTENT * (point->x * tiles - writer->tile.x) + 0.5),
                                (int32_t)floor(CUT_EXTENT * (point->y * tiles - writer->tile.y) + 0.5)};
}

static void write_part(struct tile_writer *writer, enum geometry_kind kind, const struct flat_part *part)
{
    double squared = writer->tolerance * writer->tolerance;
    uint32_t start = writer->point_count;
    if (kind != GEOMETRY_POINT && writer->tolerance > 0 &&
        part->size < (kind == GEOMETRY_POLYGON ? squared : writer->tolerance)) {
        return; /* too small to be seen */
    }
    for (size_t i = 0; i < part->count; i++) {
        if (kind == GEOMETRY_POINT || writer->tolerance == 0 || part->points[i].importance > squared) {
            writer->points[writer->point_count++] = to_units(writer, &part->points[i]);
            if (kind == GEOMETRY_POINT) {
                writer->parts[writer->part_count++] = (struct shape_part){writer->point_count, false};
            }
        }
    }
    uint32_t count = writer->point_count - start;
    if (kind == GEOMETRY_POINT) {
        return;
    }
    double area = area_of(writer->points + start, count);
    if (count < (kind == GEOMETRY_POLYGON ? 4u : 2u) || (kind == GEOMETRY_POLYGON && area == 0)) {
        writer->point_count = start;
        return;
    }
    if (kind == GEOMETRY_POLYGON && (area < 0) != part->is_hole) {
        turn(writer->points + start, count);
    }
    writer->parts[writer->part_count++] = (struct shape_part){writer->point_count, part->is_hole};
}

static struct world_box box_of(const struct tile_writer *writer)
{
    struct world_box box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i < writer->point_count; i++) {
        struct world_point point = writer->points[i];
        box.min_x = point.x < box.min_x ? point.x : box.min_x;
        box.min_y = point.y < box.min_y ? point.y : box.min_y;
        box.max_x = point.x > box.max_x ? point.x : box.max_x;
        box.max_y = point.y > box.max_y ? point.y : box.max_y;
    }
    return box;
}

/* The two last values: between which shares of the whole line the piece lies. */
static const struct value *with_metrics(const struct flat_list *list, const struct flat_feature *feature,
                                        struct arena *arena)
{
    struct value *values = arena_memdup(arena, feature->values, list->field_count * sizeof *values);
    const struct flat_part *part = &feature->parts[0];
    if (values && part->size > 0) {
        values[list->field_count - 2] = value_of_real(part->start / part->size);
        values[list->field_count - 1] = value_of_real(part->end / part->size);
    }
    return values;
}

static bool write_feature(const struct flat_list *list, const struct cut_options *options,
                          const struct flat_feature *flat, struct tile_id tile, struct arena *arena,
                          struct feature *out_feature)
{
    size_t count = 0;
    for (size_t p = 0; p < flat->part_count; p++) {
        count += flat->parts[p].count;
    }
    struct tile_writer writer = {.tile = tile,
                                 .tolerance =
                                     tile.z >= options->zoom_max ? 0 : options->tolerance / (exp2(tile.z) * CUT_EXTENT),
                                 .points = arena_array(arena, count + 1, sizeof(struct world_point)),
                                 .parts = arena_array(arena, count + 1, sizeof(struct shape_part))};
    if (!writer.points || !writer.parts) {
        return false;
    }
    for (size_t p = 0; p < flat->part_count; p++) {
        write_part(&writer, flat->kind, &flat->parts[p]);
    }
    *out_feature =
        (struct feature){.id = flat->id,
                         .box = box_of(&writer),
                         .geometry = {flat->kind, writer.part_count, writer.point_count, writer.parts, writer.points},
                         .values = flat->values};
    if (options->has_line_metrics && flat->kind == GEOMETRY_LINE && flat->part_count > 0) {
        out_feature->values = with_metrics(list, flat, arena);
    }
    return out_feature->values || list->field_count == 0;
}

/* The feature moved by whole worlds. */
static bool move(struct flat_feature *feature, double worlds, struct arena *arena)
{
    struct flat_part *parts = arena_memdup(arena, feature->parts, feature->part_count * sizeof *parts);
    for (size_t p = 0; parts && p < feature->part_count; p++) {
        parts[p].points = arena_memdup(arena, parts[p].points, parts[p].count * sizeof *parts[p].points);
        for (size_t i = 0; parts[p].points && i < parts[p].count; i++) {
            parts[p].points[i].x += worlds;
        }
        if (!parts[p].points) {
            return false;
        }
    }
    feature->parts = parts;
    return parts;
}

/* Cut lines become features of their own where each has its metrics. */
static bool write_pieces(const struct flat_list *list, const struct cut_options *options, struct flat_feature *feature,
                         struct tile_id tile, struct arena *arena, struct feature *out_features, size_t *count,
                         size_t capacity)
{
    bool apart = options->has_line_metrics && feature->kind == GEOMETRY_LINE;
    size_t pieces = apart ? feature->part_count : 1;
    for (size_t i = 0; i < pieces && *count < capacity; i++) {
        struct flat_feature piece = *feature;
        if (apart) {
            piece.parts = &feature->parts[i];
            piece.part_count = 1;
        }
        if (!write_feature(list, options, &piece, tile, arena, &out_features[*count])) {
            return false;
        }
        if (out_features[*count].geometry.part_count > 0) {
            out_features[*count].row = (int64_t)*count + 1;
            (*count)++;
        }
    }
    return true;
}

bool flat_cut(const struct flat_list *list, const struct cut_options *options, struct tile_id tile, struct arena *arena,
              struct feature_list *out_features)
{
    double tiles = exp2(tile.z);
    double buffer = options->buffer / CUT_EXTENT;
    size_t capacity = 3 * list->count + 1024;
    struct feature *features = arena_array(arena, capacity, sizeof *features);
    size_t count = 0;
    if (!features) {
        return false;
    }
    for (int worlds = 1; worlds >= -1; worlds--) {
        for (size_t i = 0; i < list->count; i++) {
            struct flat_feature feature = list->features[i];
            bool metrics = options->has_line_metrics && feature.kind == GEOMETRY_LINE;
            if ((worlds != 0 && !move(&feature, worlds, arena)) ||
                !cut_feature(&feature, 0, (tile.x - buffer) / tiles, (tile.x + 1 + buffer) / tiles, metrics, arena) ||
                !cut_feature(&feature, 1, (tile.y - buffer) / tiles, (tile.y + 1 + buffer) / tiles, metrics, arena) ||
                !write_pieces(list, options, &feature, tile, arena, features, &count, capacity)) {
                return false;
            }
        }
    }
    *out_features = (struct feature_list){
        .fields = list->fields, .field_count = list->field_count, .features = features, .count = count};
    return true;
}
