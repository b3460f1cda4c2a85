/* SPDX-License-Identifier: MIT */
#include "render/mvt_geometry.h"

#include "geo/clip.h"
#include "render/mvt.h"
#include "render/mvt_wire.h"

enum { EXTENT_LOG2 = 12, COMMAND_BYTES = 3 * MVT_WIRE_NUMBER_BYTES };
_Static_assert(MVT_EXTENT == 1 << EXTENT_LOG2, "the extent is a power of two: world units become its units by a shift");

void mvt_geometry_init(struct mvt_geometry *geometry, struct tile_id tile, unsigned grid_log2, struct arena *arena)
{
    *geometry = (struct mvt_geometry){
        .arena = arena, .z = tile.z, .area = mvt_area(tile), .box = tile_box(tile), .grid_log2 = grid_log2};
    buffer_init(&geometry->commands, (size_t)1 << 32);
}

void mvt_geometry_finish(struct mvt_geometry *geometry)
{
    buffer_finish(&geometry->commands);
}

static uint32_t zigzag(int32_t number)
{
    return (uint32_t)number << 1 ^ (uint32_t)(number >> 31);
}

/* Where the next command begins. */
struct pen {
    unsigned char *at;
    int32_t x;
    int32_t y;
};

static void pen_command(struct pen *pen, unsigned command, uint32_t count)
{
    pen->at = mvt_wire_number(pen->at, count << 3 | command);
}

static inline void pen_to(struct pen *pen, struct world_point point)
{
    pen->at = mvt_wire_number(pen->at, zigzag(point.x - pen->x));
    pen->at = mvt_wire_number(pen->at, zigzag(point.y - pen->y));
    pen->x = point.x;
    pen->y = point.y;
}

/* World units become units of the tile's extent, rounded to the nearest multiple of the reduction's grid. */
struct raster {
    int64_t origin_x;
    int64_t origin_y;
    int shift; /* negative: the tile's units are finer than the world's */
    unsigned grid_log2;
};

static struct raster raster_of(const struct mvt_geometry *to, int64_t shift_x)
{
    return (struct raster){shift_x - to->box.min_x, -to->box.min_y, 32 - (int)to->z - EXTENT_LOG2 + (int)to->grid_log2,
                           to->grid_log2};
}

static inline int32_t to_grid(int64_t units, int shift, unsigned grid_log2)
{
    int64_t steps = shift > 0 ? (units + ((int64_t)1 << (shift - 1))) >> shift : units * ((int64_t)1 << -shift);
    return (int32_t)(steps * ((int64_t)1 << grid_log2));
}

/* Writes the points of a part to `out`, equal neighbours dropped unless they are `all` wanted. Returns how many. */
static uint32_t to_tile(const struct world_point *points, uint32_t count, const struct raster *raster, bool all,
                        struct world_point *out)
{
    struct raster to = *raster; /* not in memory that `out` might be */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct world_point point = {to_grid((int64_t)points[i].x + to.origin_x, to.shift, to.grid_log2),
                                    to_grid((int64_t)points[i].y + to.origin_y, to.shift, to.grid_log2)};
        out[kept] = point;
        kept += all || kept == 0 || point.x != out[kept - 1].x || point.y != out[kept - 1].y;
    }
    return kept;
}

static void put_line(struct pen *pen, const struct world_point *points, uint32_t count)
{
    pen_command(pen, MVT_MOVE_TO, 1);
    pen_to(pen, points[0]);
    pen_command(pen, MVT_LINE_TO, count - 1);
    for (uint32_t i = 1; i < count; i++) {
        pen_to(pen, points[i]);
    }
}

/* `points` is closed; the closing vertex is not written. Exterior rings are written with positive area. */
static void put_ring(struct pen *pen, const struct world_point *points, uint32_t count, bool turn)
{
    pen_command(pen, MVT_MOVE_TO, 1);
    pen_to(pen, points[0]);
    pen_command(pen, MVT_LINE_TO, count - 2);
    for (uint32_t i = 1; i + 1 < count; i++) {
        pen_to(pen, points[turn ? count - 1 - i : i]);
    }
    pen_command(pen, MVT_CLOSE_PATH, 1);
}

/* What is left of a line or polygon that is too small for the grid: one step of it. */
static void put_trace(struct pen *pen, enum geometry_kind kind, struct world_point at, unsigned grid_log2)
{
    int32_t step = 1 << grid_log2;
    struct world_point square[] = {
        at, {at.x + step, at.y}, {at.x + step, at.y + step}, {at.x, at.y + step}, at,
    };
    if (kind == GEOMETRY_POLYGON) {
        put_ring(pen, square, 5, false);
    } else {
        put_line(pen, square, 2);
    }
}

static bool make_room(struct mvt_geometry *to, const struct geometry *geometry)
{
    size_t parts = (size_t)geometry->part_count + 1;
    size_t vertices = (size_t)geometry->vertex_count + 8;
    if (vertices > to->points_max) {
        to->points_max = vertices * 2;
        to->points = arena_alloc_raw(to->arena, to->points_max * sizeof *to->points);
    }
    buffer_clear(&to->commands);
    return to->points && mvt_wire_reserve(&to->commands, parts * COMMAND_BYTES + vertices * 2 * MVT_WIRE_NUMBER_BYTES);
}

static void put_points(struct mvt_geometry *to, const struct geometry *geometry, const struct raster *raster,
                       struct pen *pen)
{
    /* Of a swarm of points on one coarse place one is enough. */
    bool all = raster->grid_log2 == 0;
    uint32_t count = to_tile(geometry->points, geometry->vertex_count, raster, all, to->points);
    pen_command(pen, MVT_MOVE_TO, count);
    for (uint32_t i = 0; i < count; i++) {
        pen_to(pen, to->points[i]);
    }
}

static void put_parts(struct mvt_geometry *to, const struct geometry *geometry, const struct raster *raster,
                      struct pen *pen)
{
    struct world_point *points = to->points;
    uint32_t start = 0;
    bool shell_kept = false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        bool is_hole = geometry->parts[p].is_hole;
        uint32_t count =
            is_hole && !shell_kept ? 0 : to_tile(geometry->points + start, end - start, raster, false, points);
        if (geometry->kind == GEOMETRY_LINE && count >= 2) {
            put_line(pen, points, count);
        } else if (geometry->kind == GEOMETRY_POLYGON) {
            int64_t area = count >= 4 ? mvt_ring_area(points, count) : 0;
            if (area != 0) {
                put_ring(pen, points, count, (area < 0) != is_hole);
            }
            shell_kept = is_hole ? shell_kept : area != 0;
        }
        start = end;
    }
}

static bool box_holds(const struct world_box *outer, const struct world_box *inner, int64_t shift_x)
{
    return inner->min_x + shift_x >= outer->min_x && inner->max_x + shift_x <= outer->max_x &&
           inner->min_y >= outer->min_y && inner->max_y <= outer->max_y;
}

bool mvt_geometry_put(struct mvt_geometry *to, const struct feature *feature, struct error *err)
{
    struct geometry clipped;
    struct raster raster = raster_of(to, feature->shift_x);
    bool is_inside = box_holds(&to->area, &feature->box, feature->shift_x);
    if (is_inside) {
        clipped = feature->geometry;
    } else if (!geometry_clip(&feature->geometry, feature->shift_x, &to->area, to->arena, &clipped)) {
        return error_no_memory(err);
    }
    if (!make_room(to, &clipped)) {
        return error_no_memory(err);
    }
    unsigned char *begun = to->commands.data;
    struct pen pen = {.at = begun};
    if (clipped.kind == GEOMETRY_POINT && clipped.vertex_count > 0) {
        put_points(to, &clipped, &raster, &pen);
    } else if (clipped.kind == GEOMETRY_LINE || clipped.kind == GEOMETRY_POLYGON) {
        put_parts(to, &clipped, &raster, &pen);
        /* Only of what lies wholly inside: what is cut off along the border is no small thing, but another tile's. */
        if (pen.at == begun && clipped.vertex_count > 0 && is_inside) {
            struct world_point at;
            to_tile(clipped.points, 1, &raster, true, &at);
            put_trace(&pen, clipped.kind, at, raster.grid_log2);
        }
    }
    to->commands.length = (size_t)(pen.at - begun);
    return true;
}
