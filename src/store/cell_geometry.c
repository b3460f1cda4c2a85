/* SPDX-License-Identifier: MIT */
/* Geometry in bytes and back: what is drawn, on the grid of a band, and what is kept, in degrees. Whatever a tile shows
 * goes through here. */
#include "store/cell.h"

#include "store/cell_steps.h"

#include <stdlib.h>

/* A geometry in varints begins with the number of its parts, which is not 0. In a compact one a number follows: how
 * many vertices its only part has or how many parts, shifted, and these bits. */
enum { COMPACT = 0, COMPACT_LONE = 1, COMPACT_WIDE = 2, COMPACT_SHIFT = 2 };

static const double degree_steps = 1e9;

/* The multiple of 2^shift nearest to `unit`, divided by 2^shift. */
static int64_t snap(int32_t unit, unsigned shift)
{
    return shift == 0 ? unit : ((int64_t)unit + ((int64_t)1 << (shift - 1))) >> shift;
}

/* Snaps a part; how many vertices stay apart is told. Points are never merged. */
static uint32_t snap_part(const struct world_point *points, uint32_t count, bool merge, unsigned shift,
                          struct world_point *out_points)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct world_point now = {grid_snap(points[i].x, shift), grid_snap(points[i].y, shift)};
        if (!merge || kept == 0 || now.x != out_points[kept - 1].x || now.y != out_points[kept - 1].y) {
            out_points[kept++] = now;
        }
    }
    return kept;
}

/* Parts that collapse are dropped, as geometry_from_shape drops them. */
static void snap_parts(const struct geometry *geometry, unsigned shift, struct shape_part *parts,
                       struct world_point *points, struct geometry *out_snapped)
{
    *out_snapped = (struct geometry){.kind = geometry->kind, .parts = parts, .points = points};
    uint32_t start = 0;
    bool outer_dropped = false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        bool is_hole = geometry->parts[p].is_hole;
        uint32_t count = snap_part(geometry->points + start, end - start, geometry->kind != GEOMETRY_POINT, shift,
                                   points + out_snapped->vertex_count);
        bool collapsed = count < shape_part_vertices_min(geometry->kind);
        outer_dropped = is_hole ? outer_dropped : collapsed;
        if (!collapsed && !(is_hole && outer_dropped)) {
            out_snapped->vertex_count += count;
            parts[out_snapped->part_count++] = (struct shape_part){out_snapped->vertex_count, is_hole};
        }
        start = end;
    }
}

bool cell_put_geometry(struct buffer *out, const struct geometry *geometry, unsigned shift)
{
    struct world_point *points = malloc(((size_t)geometry->vertex_count + 1) * sizeof *points);
    struct shape_part *parts = malloc(((size_t)geometry->part_count + 1) * sizeof *parts);
    struct geometry snapped = {0};
    if (points && parts) {
        snap_parts(geometry, shift, parts, points, &snapped);
    } else {
        buffer_fail_for_memory(out);
    }
    if (snapped.part_count > 0) {
        cell_put_compact(out, &snapped, shift);
    }
    free(points);
    free(parts);
    return snapped.part_count > 0 || out->failed;
}

static inline void put_step(unsigned char *out, int64_t step, size_t width)
{
    out[0] = (unsigned char)(step & 0xff);
    if (width == 2) {
        out[1] = (unsigned char)(step >> 8 & 0xff);
    }
}

static void put_part_sizes(struct buffer *out, const struct shape_part *parts, uint32_t count)
{
    uint32_t start = 0;
    buffer_append_varint(out, count);
    for (uint32_t p = 0; p < count; p++) {
        buffer_append_varint(out, (uint64_t)(parts[p].end - start) << 1 | parts[p].is_hole);
        start = parts[p].end;
    }
}

void cell_put_snapped(struct buffer *out, const struct geometry *geometry, unsigned shift)
{
    if (geometry->part_count == 0) {
        cell_put_nothing(out);
        return;
    }
    put_part_sizes(out, geometry->parts, geometry->part_count);
    unsigned char *begun = buffer_reserve(out, (size_t)geometry->vertex_count * 2 * VARINT_BYTES_MAX);
    if (!begun) {
        return;
    }
    unsigned char *at = begun;
    int64_t last_x = 0;
    int64_t last_y = 0;
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        int64_t x = snap(geometry->points[i].x, shift);
        int64_t y = snap(geometry->points[i].y, shift);
        at = varint_put(at, zigzag(x - last_x));
        at = varint_put(at, zigzag(y - last_y));
        last_x = x;
        last_y = y;
    }
    out->length += (size_t)(at - begun);
}

/* Steps that all fit a byte, or two where varints would hardly be shorter, are read several times as fast. */
static size_t step_bytes(const struct geometry *geometry, unsigned shift)
{
    uint64_t all = 0;
    size_t short_varints = 0;
    for (uint32_t i = 1; i < geometry->vertex_count; i++) {
        const struct world_point *from = &geometry->points[i - 1];
        const struct world_point *to = &geometry->points[i];
        uint64_t x = zigzag(snap(to->x, shift) - snap(from->x, shift));
        uint64_t y = zigzag(snap(to->y, shift) - snap(from->y, shift));
        all |= x | y;
        short_varints += (size_t)(x < 128) + (size_t)(y < 128);
    }
    return all <= UINT8_MAX ? 1 : all <= UINT16_MAX && short_varints < geometry->vertex_count ? 2 : 0;
}

/* `out` has room. */
static unsigned char *put_compact_head(unsigned char *out, const struct geometry *geometry, bool wide)
{
    bool lone = geometry->part_count == 1 && !geometry->parts[0].is_hole;
    uint64_t count = lone ? geometry->vertex_count : geometry->part_count;
    uint32_t start = 0;
    *out++ = COMPACT;
    out = varint_put(out, count << COMPACT_SHIFT | (wide ? COMPACT_WIDE : 0U) | (lone ? COMPACT_LONE : 0U));
    for (uint32_t p = 0; !lone && p < geometry->part_count; p++) {
        out = varint_put(out, (uint64_t)(geometry->parts[p].end - start) << 1 | geometry->parts[p].is_hole);
        start = geometry->parts[p].end;
    }
    return out;
}

static inline unsigned char *put_steps(unsigned char *out, const struct geometry *geometry, unsigned shift,
                                       size_t width)
{
    int64_t x = snap(geometry->points[0].x, shift);
    int64_t y = snap(geometry->points[0].y, shift);
    for (uint32_t i = 1; i < geometry->vertex_count; i++) {
        int64_t next_x = snap(geometry->points[i].x, shift);
        int64_t next_y = snap(geometry->points[i].y, shift);
        put_step(out, next_x - x, width);
        put_step(out + width, next_y - y, width);
        out += 2 * width;
        x = next_x;
        y = next_y;
    }
    return out;
}

void cell_put_compact(struct buffer *out, const struct geometry *geometry, unsigned shift)
{
    size_t width = geometry->vertex_count > 0 ? step_bytes(geometry, shift) : 0;
    if (width == 0) {
        cell_put_snapped(out, geometry, shift);
        return;
    }
    size_t heads = ((size_t)geometry->part_count + 4) * VARINT_BYTES_MAX;
    unsigned char *begun = buffer_reserve(out, heads + (size_t)geometry->vertex_count * 2 * width);
    if (!begun) {
        return;
    }
    unsigned char *at = put_compact_head(begun, geometry, width == 2);
    at = varint_put(at, zigzag(snap(geometry->points[0].x, shift)));
    at = varint_put(at, zigzag(snap(geometry->points[0].y, shift)));
    at = width == 1 ? put_steps(at, geometry, shift, 1) : put_steps(at, geometry, shift, 2);
    out->length += (size_t)(at - begun);
}

void cell_put_nothing(struct buffer *out)
{
    buffer_append_byte(out, COMPACT);
    buffer_append_byte(out, 0);
}

/* How a geometry is written. */
struct geometry_head {
    uint64_t part_count;
    uint64_t lone_count; /* vertices of the only part; 0: sizes of parts follow */
    size_t step_bytes;   /* 0: in varints */
};

static bool get_head(struct cell_cursor *cursor, struct geometry_head *out_head)
{
    uint64_t number;
    if (remaining(cursor) >= 2 && cursor->at[0] == COMPACT && cursor->at[1] < 128 && (cursor->at[1] & COMPACT_LONE)) {
        number = cursor->at[1];
        cursor->at += 2;
        *out_head = (struct geometry_head){1, number >> COMPACT_SHIFT, (number & COMPACT_WIDE) != 0 ? 2 : 1};
        return out_head->lone_count > 0 && out_head->lone_count <= remaining(cursor) / 2;
    }
    if (remaining(cursor) >= 2 && cursor->at[0] == 1 && cursor->at[1] < 128 && (cursor->at[1] & 1) == 0) {
        *out_head = (struct geometry_head){1, cursor->at[1] >> 1, 0};
        cursor->at += 2;
        return out_head->lone_count > 0 && out_head->lone_count <= remaining(cursor) / 2;
    }
    if (!get_varint(cursor, &number)) {
        return false;
    }
    *out_head = (struct geometry_head){number, 0, 0};
    if (number == COMPACT) {
        if (!get_varint(cursor, &number)) {
            return false;
        }
        bool lone = (number & COMPACT_LONE) != 0;
        *out_head = (struct geometry_head){lone ? 1 : number >> COMPACT_SHIFT, lone ? number >> COMPACT_SHIFT : 0,
                                           (number & COMPACT_WIDE) != 0 ? 2 : 1};
        if (lone) {
            return out_head->lone_count > 0 && out_head->lone_count <= UINT32_MAX &&
                   out_head->lone_count <= remaining(cursor) / 2;
        }
    }
    return out_head->part_count <= remaining(cursor) && out_head->part_count <= UINT32_MAX;
}

static size_t bytes_of_parts(uint64_t count)
{
    return (size_t)count * sizeof(struct shape_part);
}

/* Part sizes are bounded by the bytes that are left (two for each vertex), so nothing absurd is allocated. */
static bool get_part_sizes(struct cell_cursor *cursor, uint64_t count, struct shape_part *out_parts,
                           uint32_t *out_vertex_count)
{
    uint64_t vertices = 0;
    for (uint64_t p = 0; p < count; p++) {
        uint64_t size;
        if (!get_varint(cursor, &size) || size >> 1 > remaining(cursor) / 2) {
            return false;
        }
        vertices += size >> 1;
        if (vertices > remaining(cursor) / 2 || vertices > UINT32_MAX || size >> 1 == 0) {
            return false;
        }
        out_parts[p] = (struct shape_part){(uint32_t)vertices, (size & 1) != 0};
    }
    *out_vertex_count = (uint32_t)vertices;
    return true;
}

/* Back to world units. The easternmost unit is no multiple: geometry_from_shape clamps it, so do we. */
static int32_t unsnap(uint64_t snapped, unsigned shift)
{
    int64_t unit = (int64_t)(snapped << shift);
    return unit > INT32_MAX ? INT32_MAX : unit < INT32_MIN ? INT32_MIN : (int32_t)unit;
}

/* In wide numbers, for what the quick ways leave: what lies out of the world is clamped. */
static bool get_any_varints(struct cell_cursor *cursor, unsigned shift, struct world_point *points, uint32_t count)
{
    uint64_t x = 0;
    uint64_t y = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t delta_x;
        uint64_t delta_y;
        if (!get_varints(cursor, &delta_x, &delta_y)) {
            return false;
        }
        x += (uint64_t)unzigzag(delta_x);
        y += (uint64_t)unzigzag(delta_y);
        points[i] = (struct world_point){unsnap(x, shift), unsnap(y, shift)};
    }
    return true;
}

/* The first vertex of a geometry, in grid units. */
static inline bool get_first(struct cell_cursor *cursor, int64_t *out_x, int64_t *out_y)
{
    struct world_point pair;
    if (STEPS_LITTLE_ENDIAN && remaining(cursor) >= STEPS_AHEAD && steps_get_short(cursor, &pair)) {
        *out_x = unzigzag((uint32_t)pair.x);
        *out_y = unzigzag((uint32_t)pair.y);
        return true;
    }
    uint64_t x;
    uint64_t y;
    if (!get_varints(cursor, &x, &y)) {
        return false;
    }
    *out_x = unzigzag(x);
    *out_y = unzigzag(y);
    return true;
}

static inline bool get_near_varints(struct cell_cursor *cursor, unsigned shift, struct world_point *points,
                                    uint32_t count)
{
    int64_t x;
    int64_t y;
    if (!STEPS_LITTLE_ENDIAN || !get_first(cursor, &x, &y) || x != (int32_t)x || y != (int32_t)y) {
        return false;
    }
    points[0] = (struct world_point){(int32_t)x, (int32_t)y};
    return steps_get_varints(cursor, points, count) && steps_add_varints(shift, points, count);
}

/* Hardly any geometry reaches where numbers are clamped: those that do are read again. */
static inline bool get_varint_points(struct cell_cursor *cursor, unsigned shift, struct world_point *points,
                                     uint32_t count)
{
    struct cell_cursor start = *cursor;
    if (count == 0 || get_near_varints(cursor, shift, points, count)) {
        return true;
    }
    *cursor = start;
    return get_any_varints(cursor, shift, points, count);
}

static inline int64_t get_step(const unsigned char *in, size_t width)
{
    return width == 1 ? (int8_t)in[0] : (int16_t)(uint16_t)(in[0] | in[1] << 8);
}

/* Steps of that many bytes from the first point on, which is in grid units. */
static void add_any_steps(const unsigned char *at, size_t width, unsigned shift, uint64_t x, uint64_t y,
                          struct world_point *points, uint32_t count)
{
    points[0] = (struct world_point){unsnap(x, shift), unsnap(y, shift)};
    for (uint32_t i = 1; i < count; i++) {
        x += (uint64_t)get_step(at, width);
        y += (uint64_t)get_step(at + width, width);
        points[i] = (struct world_point){unsnap(x, shift), unsnap(y, shift)};
        at += 2 * width;
    }
}

/* True when `reach` grid units to the west and to the east of there, or to the south and north, are still in the world.
 */
static inline bool is_central(int64_t place, uint64_t reach, unsigned shift)
{
    uint64_t half = UINT64_C(1) << (31 - shift);
    return reach < half && (uint64_t)place + (half - reach) < 2 * (half - reach);
}

static inline __attribute__((always_inline)) bool
get_compact_points(struct cell_cursor *cursor, size_t width, unsigned shift, struct world_point *points, uint32_t count)
{
    int64_t x;
    int64_t y;
    size_t length = (size_t)(count - 1) * 2 * width;
    if (!get_first(cursor, &x, &y) || remaining(cursor) < length) {
        return false;
    }
    uint64_t reach = (uint64_t)count << (8 * width - 1);
    bool is_near = is_central(x, reach, shift) && is_central(y, reach, shift);
    if (!STEPS_LITTLE_ENDIAN || !is_near || remaining(cursor) < length + STEPS_AHEAD) {
        add_any_steps(cursor->at, width, shift, (uint64_t)x, (uint64_t)y, points, count);
    } else {
        points[0] = (struct world_point){(int32_t)((uint32_t)x << shift), (int32_t)((uint32_t)y << shift)};
        if (width == 1) {
            steps_add_bytes(cursor->at, shift, points, count);
        } else {
            steps_add_words(cursor->at, shift, points, count);
        }
    }
    cursor->at += length;
    return true;
}

/* Memory for several geometries, one behind the other. */
struct room {
    unsigned char *at;
    unsigned char *end;
    struct arena *arena; /* of what finds no room there */
};

/* `size` bytes, a multiple of eight, and `spare` behind them that are for the next as well. */
static inline void *take(struct room *room, size_t size, size_t spare)
{
    if (!room->at || size + spare > (size_t)(room->end - room->at)) {
        return arena_alloc_raw(room->arena, size + spare);
    }
    unsigned char *piece = room->at;
    room->at += size;
    return piece;
}

enum { POINT_BYTES = sizeof(struct world_point), SPARE_BYTES = STEPS_SPARE * POINT_BYTES };

/* Parts and points of one part are one piece of memory. */
static inline enum cell_result get_lone_part(uint32_t count, struct room *room, struct shape_part **out_parts,
                                             struct world_point **out_points)
{
    struct shape_part *parts = take(room, sizeof *parts + (size_t)count * POINT_BYTES, SPARE_BYTES);
    if (!parts) {
        return CELL_NO_ROOM;
    }
    parts[0] = (struct shape_part){count, false};
    *out_parts = parts;
    *out_points = (void *)(parts + 1);
    return CELL_OK;
}

static enum cell_result get_parts(struct cell_cursor *cursor, uint64_t part_count, struct room *room,
                                  struct shape_part **out_parts, struct world_point **out_points, uint32_t *out_count)
{
    *out_parts = take(room, bytes_of_parts(part_count), 0);
    if (!*out_parts) {
        return CELL_NO_ROOM;
    }
    if (!get_part_sizes(cursor, part_count, *out_parts, out_count)) {
        return CELL_DAMAGED;
    }
    *out_points = take(room, (size_t)*out_count * POINT_BYTES, SPARE_BYTES);
    return *out_points ? CELL_OK : CELL_NO_ROOM;
}

static inline __attribute__((always_inline)) enum cell_result
get_outline(struct cell_cursor *cursor, unsigned shift, struct room *room, struct cell_outline *out_outline)
{
    struct geometry_head head;
    if (!get_head(cursor, &head)) {
        return CELL_DAMAGED;
    }
    uint32_t count = (uint32_t)head.lone_count;
    struct shape_part *parts;
    struct world_point *points;
    enum cell_result result = count > 0 ? get_lone_part(count, room, &parts, &points)
                                        : get_parts(cursor, head.part_count, room, &parts, &points, &count);
    if (result != CELL_OK) {
        return result;
    }
    bool ok = head.step_bytes == 0 || count == 0 ? get_varint_points(cursor, shift, points, count)
                                                 : get_compact_points(cursor, head.step_bytes, shift, points, count);
    out_outline->parts = parts;
    out_outline->points = points;
    out_outline->part_count = (uint32_t)head.part_count;
    out_outline->vertex_count = count;
    return ok ? CELL_OK : CELL_DAMAGED;
}

/* The geometries where these cursors are, which are moved on. In one place, where all of this is drawn together. */
static enum cell_result get_outlines(struct cell_cursor *cursors, size_t count, unsigned shift, struct room *room,
                                     struct cell_outline *out_outlines)
{
    for (size_t i = 0; i < count; i++) {
        struct cell_cursor cursor = cursors[i];
        enum cell_result result = get_outline(&cursor, shift, room, &out_outlines[i]);
        if (result != CELL_OK) {
            return result;
        }
        cursors[i] = cursor;
    }
    return CELL_OK;
}

enum cell_result cell_get_geometry(struct cell_cursor *cursor, enum geometry_kind kind, unsigned shift,
                                   struct arena *arena, struct geometry *out_geometry)
{
    struct room room = {.arena = arena};
    struct cell_outline outline;
    enum cell_result result = get_outlines(cursor, 1, shift, &room, &outline);
    if (result == CELL_OK) {
        *out_geometry =
            (struct geometry){kind, outline.part_count, outline.vertex_count, outline.parts, outline.points};
    }
    return result;
}

/* A vertex has at least two bytes, and a lone part as many as half of a vertex. Where parts are many that is too
 * little, and they get memory of their own. */
static size_t room_for(const struct cell_cursor *pieces, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += remaining(&pieces[i]);
    }
    return bytes / 2 * POINT_BYTES + SPARE_BYTES;
}

enum cell_result cell_get_outlines(const struct cell_cursor *pieces, size_t count, const unsigned char *readable_end,
                                   unsigned shift, struct arena *arena, struct cell_outline *out_outlines)
{
    struct cell_cursor cursors[CELL_OUTLINES_MAX];
    size_t size = room_for(pieces, count);
    unsigned char *begun = arena_alloc_raw(arena, size);
    if (!begun) {
        return CELL_NO_ROOM;
    }
    for (size_t i = 0; i < count; i++) {
        cursors[i] = (struct cell_cursor){pieces[i].at, readable_end};
    }
    struct room room = {begun, begun + size, arena};
    enum cell_result result = get_outlines(cursors, count, shift, &room, out_outlines);
    for (size_t i = 0; i < count && result == CELL_OK; i++) {
        result = cursors[i].at == pieces[i].end ? CELL_OK : CELL_DAMAGED;
    }
    arena_shrink(arena, begun, size, (size_t)(room.at - begun));
    return result;
}

/* To the nearest, halves away from zero, as llround does; degrees are far from the limits. */
static int64_t degree_step(double degrees)
{
    double steps = degrees * degree_steps;
    return (int64_t)(steps < 0 ? steps - 0.5 : steps + 0.5);
}

void cell_put_shape(struct buffer *out, const struct shape *shape)
{
    put_part_sizes(out, shape->parts, shape->part_count);
    unsigned char *begun = buffer_reserve(out, (size_t)shape->vertex_count * 2 * VARINT_BYTES_MAX);
    if (!begun) {
        return;
    }
    unsigned char *at = begun;
    int64_t last_x = 0;
    int64_t last_y = 0;
    for (uint32_t i = 0; i < shape->vertex_count; i++) {
        int64_t x = degree_step(shape->xy[2 * (size_t)i]);
        int64_t y = degree_step(shape->xy[2 * (size_t)i + 1]);
        at = varint_put(at, zigzag(x - last_x));
        at = varint_put(at, zigzag(y - last_y));
        last_x = x;
        last_y = y;
    }
    out->length += (size_t)(at - begun);
}

enum cell_result cell_get_shape(struct cell_cursor *cursor, enum geometry_kind kind, struct arena *arena,
                                struct shape *out_shape)
{
    uint64_t part_count;
    uint32_t vertex_count;
    if (!get_varint(cursor, &part_count) || part_count > remaining(cursor) || part_count > UINT32_MAX) {
        return CELL_DAMAGED;
    }
    struct shape_part *parts = arena_alloc_raw(arena, bytes_of_parts(part_count));
    if (!parts) {
        return CELL_NO_ROOM;
    }
    if (!get_part_sizes(cursor, part_count, parts, &vertex_count)) {
        return CELL_DAMAGED;
    }
    double *xy = arena_alloc_raw(arena, (size_t)vertex_count * 2 * sizeof *xy);
    if (!xy) {
        return CELL_NO_ROOM;
    }
    uint64_t x = 0;
    uint64_t y = 0;
    for (uint32_t i = 0; i < vertex_count; i++) {
        uint64_t delta_x;
        uint64_t delta_y;
        if (!get_varint(cursor, &delta_x) || !get_varint(cursor, &delta_y)) {
            return CELL_DAMAGED;
        }
        x += (uint64_t)unzigzag(delta_x);
        y += (uint64_t)unzigzag(delta_y);
        /* Dividing gives the double nearest to the decimal, so text made of it is short. */
        xy[2 * (size_t)i] = (double)(int64_t)x / degree_steps;
        xy[2 * (size_t)i + 1] = (double)(int64_t)y / degree_steps;
    }
    *out_shape = (struct shape){kind, (uint32_t)part_count, vertex_count, parts, xy};
    return CELL_OK;
}
