/* SPDX-License-Identifier: MIT */
/* What is at a point: the search and the hit test. */

#include "server/identify.h"

#include "render/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES_MAX = 512, DRAWN_REACH_PX = 32 };

/* ---- distance ---- */

static double distance_to_segment(double x, double y, double ax, double ay, double bx, double by)
{
    double dx = bx - ax;
    double dy = by - ay;
    double length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? ((x - ax) * dx + (y - ay) * dy) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(x - (ax + t * dx), y - (ay + t * dy));
}

/* Counts crossings of a ray to the right (even-odd over all rings, so holes are outside). */
static bool ring_crosses(const struct world_point *points, uint32_t count, double x, double y)
{
    bool odd = false;
    for (uint32_t i = 1; i < count; i++) {
        double ay = points[i - 1].y;
        double by = points[i].y;
        if ((ay > y) != (by > y)) {
            double ax = points[i - 1].x;
            double bx = points[i].x;
            odd ^= x < ax + (y - ay) / (by - ay) * (bx - ax);
        }
    }
    return odd;
}

static double distance_to_part(const struct world_point *points, uint32_t count, bool joined, double x, double y)
{
    double nearest = HUGE_VAL;
    for (uint32_t i = 0; i < count; i++) {
        double distance;
        if (joined && i > 0) {
            distance = distance_to_segment(x, y, points[i - 1].x, points[i - 1].y, points[i].x, points[i].y);
        } else {
            distance = hypot(x - points[i].x, y - points[i].y);
        }
        nearest = distance < nearest ? distance : nearest;
    }
    return nearest;
}

double identify_distance(const struct geometry *geometry, int64_t shift_x, double x, double y)
{
    double nearest = HUGE_VAL;
    bool inside = false;
    uint32_t start = 0;
    x -= (double)shift_x;
    for (uint32_t i = 0; i < geometry->part_count; i++) {
        const struct world_point *points = geometry->points + start;
        uint32_t count = geometry->parts[i].end - start;
        start = geometry->parts[i].end;
        if (geometry->kind == GEOMETRY_POLYGON) {
            inside ^= ring_crosses(points, count, x, y);
        }
        double distance = distance_to_part(points, count, geometry->kind != GEOMETRY_POINT, x, y);
        nearest = distance < nearest ? distance : nearest;
    }
    if (geometry->vertex_count == 0 || geometry->part_count == 0) {
        return -1;
    }
    return inside ? 0 : nearest;
}

/* ---- search ---- */

/* What was read of one store layer: several style layers may draw it. */
struct fetched {
    const struct store_layer *layer;
    struct feature_list list;
    struct text *columns;
};

struct search {
    struct store *store;
    const struct catalog *catalog;
    const struct catalog_map *map;
    const struct style *style;
    double x, y; /* world units */
    double units_per_px;
    double style_zoom;
    double radius_px;
    struct arena *arena;
    struct fetched *fetched;
    size_t fetched_count;
    size_t fetched_capacity;
    struct identify_hit *candidates;
    size_t candidate_count;
    struct error *err;
};

static struct fetched *fetch(struct search *search, const struct store_layer *layer)
{
    for (size_t i = 0; i < search->fetched_count; i++) {
        if (search->fetched[i].layer == layer) {
            return &search->fetched[i];
        }
    }
    if (search->fetched_count == search->fetched_capacity) {
        return NULL;
    }
    double reach = (search->radius_px + DRAWN_REACH_PX) * search->units_per_px;
    struct world_box area = {(int64_t)floor(search->x - reach), (int64_t)floor(search->y - reach),
                             (int64_t)ceil(search->x + reach), (int64_t)ceil(search->y + reach)};
    struct fetched *added = &search->fetched[search->fetched_count];
    if (!store_find(search->store, layer, &area, search->style_zoom, search->arena, &added->list, search->err)) {
        return NULL;
    }
    added->layer = layer;
    added->columns = arena_array(search->arena, added->list.field_count + 1, sizeof *added->columns);
    if (!added->columns) {
        error_no_memory(search->err);
        return NULL;
    }
    for (size_t i = 0; i < added->list.field_count; i++) {
        added->columns[i] = text_of(added->list.fields[i].name);
    }
    search->fetched_count += 1;
    return added;
}

/* How far from its geometry the style draws the feature, px. */
static double drawn_reach(const struct style_layer *layer, const struct style_scope *scope)
{
    double reach = 0;
    switch (style_layer_info(layer)->type) {
    case STYLE_LINE:
        reach = style_number(layer, STYLE_LINE_WIDTH, scope) / 2 + style_number(layer, STYLE_LINE_GAP_WIDTH, scope) / 2;
        break;
    case STYLE_CIRCLE:
        reach = style_number(layer, STYLE_CIRCLE_RADIUS, scope) + style_number(layer, STYLE_CIRCLE_STROKE_WIDTH, scope);
        break;
    default:
        break;
    }
    return reach < 0 ? 0 : reach > DRAWN_REACH_PX ? DRAWN_REACH_PX : reach;
}

static bool is_known(const struct search *search, const struct store_layer *layer, int64_t row)
{
    for (size_t i = 0; i < search->candidate_count; i++) {
        if (search->candidates[i].layer == layer && search->candidates[i].feature->row == row) {
            return true;
        }
    }
    return false;
}

static enum style_geometry style_geometry_of(enum geometry_kind kind)
{
    return kind == GEOMETRY_POINT     ? STYLE_GEOMETRY_POINT
           : kind == GEOMETRY_LINE    ? STYLE_GEOMETRY_LINE
           : kind == GEOMETRY_POLYGON ? STYLE_GEOMETRY_POLYGON
                                      : STYLE_GEOMETRY_UNKNOWN;
}

static void test_feature(struct search *search, const struct style_layer *layer, const struct fetched *fetched,
                         const struct feature *feature, const int32_t *slots, size_t order)
{
    double distance = identify_distance(&feature->geometry, feature->shift_x, search->x, search->y);
    if (distance < 0 || search->candidate_count == CANDIDATES_MAX) {
        return;
    }
    double distance_px = distance / search->units_per_px;
    if (distance_px > search->radius_px + DRAWN_REACH_PX) {
        return;
    }
    struct style_feature seen = {.geometry = style_geometry_of(feature->geometry.kind),
                                 .id = feature->id,
                                 .values = feature->values,
                                 .columns = fetched->columns,
                                 .column_count = fetched->list.field_count,
                                 .slots = slots};
    struct style_scope scope = {.zoom = search->style_zoom, .feature = &seen, .arena = search->arena};
    if (!style_filter(layer, &scope)) {
        return;
    }
    distance_px = fmax(0, distance_px - drawn_reach(layer, &scope));
    if (distance_px <= search->radius_px && !is_known(search, fetched->layer, feature->row)) {
        search->candidates[search->candidate_count++] =
            (struct identify_hit){fetched->layer, feature, &fetched->list, distance_px, order};
    }
}

static bool search_layer(struct search *search, const struct style_layer *layer, size_t order)
{
    const struct style_layer_info *info = style_layer_info(layer);
    const struct style_source_info *source = info->source ? style_source_find(search->style, info->source) : NULL;
    const struct store_layer *store_layer =
        source && source->layer_id ? catalog_layer_find(search->catalog, source->layer_id) : NULL;
    bool is_feature_layer = info->type == STYLE_FILL || info->type == STYLE_LINE || info->type == STYLE_CIRCLE ||
                            info->type == STYLE_SYMBOL || info->type == STYLE_HEATMAP;
    if (!store_layer || !render_shows(layer, search->style_zoom) || !is_feature_layer ||
        !identify_answers(search->map, store_layer)) {
        return true;
    }
    const struct fetched *fetched = fetch(search, store_layer);
    int32_t *slots = arena_array(search->arena, info->name_count + 1, sizeof *slots);
    if (!fetched || !slots) {
        return false;
    }
    style_bind(layer, fetched->columns, fetched->list.field_count, slots);
    for (size_t i = 0; i < fetched->list.count; i++) {
        test_feature(search, layer, fetched, &fetched->list.features[i], slots, order);
    }
    return true;
}

static int compare_hits(const void *left, const void *right)
{
    const struct identify_hit *a = left;
    const struct identify_hit *b = right;
    if (a->order != b->order) {
        return a->order < b->order ? -1 : 1;
    }
    if (a->distance_px < b->distance_px || a->distance_px > b->distance_px) {
        return a->distance_px < b->distance_px ? -1 : 1;
    }
    return (a->feature->row > b->feature->row) - (a->feature->row < b->feature->row);
}

/* A polygon beside the point counts only when the point is in no polygon of its layer. */
static bool is_beaten(const struct search *search, const struct identify_hit *hit)
{
    if (hit->feature->geometry.kind != GEOMETRY_POLYGON || hit->distance_px <= 0) {
        return false;
    }
    for (size_t i = 0; i < search->candidate_count; i++) {
        const struct identify_hit *other = &search->candidates[i];
        if (other->layer == hit->layer && other->distance_px <= 0) {
            return true;
        }
    }
    return false;
}

static void take_hits(struct search *search, struct identify_result *out_result)
{
    struct identify_result result = {.count = 0};
    if (search->candidate_count > 0) {
        qsort(search->candidates, search->candidate_count, sizeof *search->candidates, compare_hits);
    }
    for (size_t i = 0; i < search->candidate_count; i++) {
        if (is_beaten(search, &search->candidates[i])) {
            continue;
        }
        if (result.count == IDENTIFY_FEATURES_MAX) {
            result.is_cut = true;
            break;
        }
        result.hits[result.count++] = search->candidates[i];
    }
    result.is_cut = result.is_cut || search->candidate_count == CANDIDATES_MAX;
    *out_result = result;
}

bool identify_find(struct store *store, const struct catalog *catalog, const struct catalog_map *map, double longitude,
                   double latitude, double zoom, double radius_px, struct arena *arena,
                   struct identify_result *out_result, struct error *err)
{
    struct world_point point = grid_from_lonlat(longitude, latitude);
    size_t layer_count = style_layer_count(map->style);
    struct error ignored;
    struct search search = {.store = store,
                            .catalog = catalog,
                            .map = map,
                            .style = map->style,
                            .x = point.x,
                            .y = point.y,
                            .units_per_px = (double)GRID_WORLD_UNITS / (256 * exp2(zoom)),
                            .style_zoom = zoom - 1 < 0 ? 0 : zoom - 1,
                            .radius_px = radius_px,
                            .arena = arena,
                            .fetched_capacity = layer_count + 1,
                            .err = err ? err : &ignored};
    search.fetched = arena_array(arena, search.fetched_capacity, sizeof *search.fetched);
    search.candidates = arena_array(arena, CANDIDATES_MAX, sizeof *search.candidates);
    if (!search.fetched || !search.candidates) {
        return error_no_memory(err);
    }
    for (size_t i = layer_count; i-- > 0;) {
        if (!search_layer(&search, style_layer_at(map->style, i), layer_count - 1 - i)) {
            return false;
        }
    }
    take_hits(&search, out_result);
    return true;
}
