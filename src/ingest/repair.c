/* SPDX-License-Identifier: MIT */
#include "ingest/repair.h"

#include "base/buffer.h"
#include "ingest/ring_nesting.h"
#include "ingest/simple_rings.h"

#include <geos_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this a coordinate is a marker for "no data" (ESRI writes -1.8e308) and no place on Earth in any unit. */
#define COORDINATE_MAX 1e12
#define HEIGHT_NO_DATA (-1e30)

enum { DEPTH_MAX = 16, VERTICES_MAX = 20 * 1000 * 1000 };

struct part {
    size_t start; /* vertices */
    size_t end;
    enum geometry_kind kind;
    bool hole;
};

struct repair {
    GEOSContextHandle_t geos;
    GEOSWKBReader *reader;
    GEOSWKBWriter *writer;
    GEOSMakeValidParams *params;
    double *vertices; /* x, y, z */
    size_t vertex_count;
    size_t vertex_room;
    struct part *parts;
    size_t part_count;
    size_t part_room;
    struct buffer out;
    struct simple_ring *rings; /* those of the polygon at hand; as much room as for parts */
    struct simple_rings work;
    bool by_nesting; /* see repair_nest_rings */
};

/* The bytes being read. */
struct wkb_input {
    const unsigned char *at;
    const unsigned char *end;
};

static void be_silent(const char *message, void *data)
{
    (void)message;
    (void)data;
}

bool repair_open(struct repair **out_repair, struct error *err)
{
    struct repair *repair = calloc(1, sizeof *repair);
    if (!repair) {
        return error_no_memory(err);
    }
    buffer_init(&repair->out, (size_t)1 << 30);
    repair->geos = GEOS_init_r();
    if (!repair->geos) {
        repair_close(repair);
        return error_no_memory(err);
    }
    GEOSContext_setErrorMessageHandler_r(repair->geos, be_silent, NULL);
    GEOSContext_setNoticeMessageHandler_r(repair->geos, be_silent, NULL);
    repair->reader = GEOSWKBReader_create_r(repair->geos);
    repair->writer = GEOSWKBWriter_create_r(repair->geos);
    repair->params = GEOSMakeValidParams_create_r(repair->geos);
    if (!repair->reader || !repair->writer || !repair->params) {
        repair_close(repair);
        return error_no_memory(err);
    }
    GEOSWKBWriter_setByteOrder_r(repair->geos, repair->writer, GEOS_WKB_NDR);
    GEOSMakeValidParams_setMethod_r(repair->geos, repair->params, GEOS_MAKE_VALID_STRUCTURE);
    GEOSMakeValidParams_setKeepCollapsed_r(repair->geos, repair->params, 0);
    *out_repair = repair;
    return true;
}

void repair_close(struct repair *repair)
{
    if (!repair) {
        return;
    }
    if (repair->geos) {
        if (repair->reader) {
            GEOSWKBReader_destroy_r(repair->geos, repair->reader);
        }
        if (repair->writer) {
            GEOSWKBWriter_destroy_r(repair->geos, repair->writer);
        }
        if (repair->params) {
            GEOSMakeValidParams_destroy_r(repair->geos, repair->params);
        }
        GEOS_finish_r(repair->geos);
    }
    free(repair->vertices);
    free(repair->parts);
    free(repair->rings);
    simple_rings_finish(&repair->work);
    buffer_finish(&repair->out);
    free(repair);
}

void repair_nest_rings(struct repair *repair, bool by_nesting)
{
    repair->by_nesting = by_nesting;
}

static bool reserve_vertices(struct repair *repair, size_t more)
{
    size_t needed = repair->vertex_count + more;
    if (needed <= repair->vertex_room) {
        return true;
    }
    size_t room = needed < 1024 ? 1024 : needed * 2;
    double *larger = realloc(repair->vertices, room * 3 * sizeof *larger);
    if (!larger) {
        return false;
    }
    repair->vertices = larger;
    repair->vertex_room = room;
    return true;
}

static bool add_part(struct repair *repair, struct part part)
{
    if (repair->part_count == repair->part_room) {
        size_t room = repair->part_room == 0 ? 64 : repair->part_room * 2;
        struct part *larger = realloc(repair->parts, room * sizeof *larger);
        if (!larger) {
            return false;
        }
        repair->parts = larger;
        struct simple_ring *rings = realloc(repair->rings, room * sizeof *rings);
        if (!rings) {
            return false;
        }
        repair->rings = rings;
        repair->part_room = room;
    }
    repair->parts[repair->part_count++] = part;
    return true;
}

static bool read_u32(struct wkb_input *in, uint32_t *out)
{
    if (in->end - in->at < 4) {
        return false;
    }
    memcpy(out, in->at, 4);
    in->at += 4;
    return true;
}

static bool unusable(struct repair_result *result, const char *english, const char *spanish)
{
    result->fate = REPAIR_UNUSABLE;
    result->english = english;
    result->spanish = spanish;
    return false;
}

static bool damaged(struct repair_result *result)
{
    return unusable(result, "the geometry is damaged", "la geometría está dañada");
}

/* `dimensions` doubles a vertex: x, y, then z and m as `has_z` and the count say. */
static bool read_vertices(struct repair *repair, struct wkb_input *in, uint32_t count, unsigned dimensions, bool has_z,
                          struct repair_result *result)
{
    if ((size_t)(in->end - in->at) / (dimensions * sizeof(double)) < count || count > VERTICES_MAX) {
        return damaged(result);
    }
    if (!reserve_vertices(repair, (size_t)count + 1)) {
        return unusable(result, "out of memory", "no hay memoria suficiente");
    }
    for (uint32_t i = 0; i < count; i++) {
        double values[4] = {0};
        memcpy(values, in->at, dimensions * sizeof(double));
        in->at += dimensions * sizeof(double);
        if (!(fabs(values[0]) <= COORDINATE_MAX) || !(fabs(values[1]) <= COORDINATE_MAX)) {
            return unusable(result, "a coordinate is not a number, infinite or a no-data marker",
                            "una coordenada no es un número, es infinita o marca falta de dato");
        }
        double z = has_z ? values[2] : 0;
        if (!isfinite(z) || z < HEIGHT_NO_DATA) {
            z = 0;
            result->flags |= REPAIR_Z_REPLACED;
        }
        double *vertex = repair->vertices + 3 * repair->vertex_count++;
        vertex[0] = values[0];
        vertex[1] = values[1];
        vertex[2] = z;
    }
    return true;
}

static bool same_place(const double *a, const double *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

static bool read_line(struct repair *repair, struct wkb_input *in, unsigned dimensions, bool has_z,
                      struct repair_result *result)
{
    uint32_t count;
    size_t start = repair->vertex_count;
    if (!read_u32(in, &count)) {
        return damaged(result);
    }
    if (!read_vertices(repair, in, count, dimensions, has_z, result)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    if (count < 2) {
        repair->vertex_count = start;
        result->flags |= REPAIR_DROPPED_PART;
        return true;
    }
    bool has_length = false;
    for (size_t i = start + 1; i < repair->vertex_count && !has_length; i++) {
        has_length = !same_place(repair->vertices + 3 * start, repair->vertices + 3 * i);
    }
    result->flags |= has_length ? 0u : REPAIR_ZERO_LENGTH;
    return add_part(repair, (struct part){start, repair->vertex_count, GEOMETRY_LINE, false}) || damaged(result);
}

static bool read_polygon(struct repair *repair, struct wkb_input *in, unsigned dimensions, bool has_z,
                         struct repair_result *result)
{
    uint32_t rings;
    if (!read_u32(in, &rings)) {
        return damaged(result);
    }
    bool has_shell = false;
    for (uint32_t i = 0; i < rings; i++) {
        uint32_t count;
        size_t start = repair->vertex_count;
        if (!read_u32(in, &count)) {
            return damaged(result);
        }
        if (!read_vertices(repair, in, count, dimensions, has_z, result)) {
            return false;
        }
        if (count == 0) {
            continue;
        }
        if (!same_place(repair->vertices + 3 * start, repair->vertices + 3 * (repair->vertex_count - 1))) {
            memcpy(repair->vertices + 3 * repair->vertex_count, repair->vertices + 3 * start, 3 * sizeof(double));
            repair->vertex_count++;
            result->flags |= REPAIR_CLOSED_RING;
        }
        if (repair->vertex_count - start < 4 || (i > 0 && !has_shell)) {
            repair->vertex_count = start;
            result->flags |= REPAIR_DROPPED_PART;
            continue;
        }
        if (!add_part(repair, (struct part){start, repair->vertex_count, GEOMETRY_POLYGON, i > 0})) {
            return damaged(result);
        }
        has_shell = true;
    }
    return true;
}

/* The type without dimension marks, in ISO (1000, 2000, 3000) and extended (high bits) spelling. */
static uint32_t plain_type(uint32_t type, bool *out_z, bool *out_m)
{
    uint32_t low = type & 0x0fffffffu;
    *out_z = (type & 0x80000000u) != 0 || low / 1000 == 1 || low / 1000 == 3;
    *out_m = (type & 0x40000000u) != 0 || low / 1000 == 2 || low / 1000 == 3;
    return low % 1000;
}

static bool read_geometry(struct repair *repair, struct wkb_input *in, unsigned depth, struct repair_result *result)
{
    uint32_t type;
    if (in->at == in->end || *in->at++ != 1 || !read_u32(in, &type) || depth > DEPTH_MAX) {
        return damaged(result);
    }
    if (type & 0x20000000u) { /* extended WKB may carry an SRID */
        uint32_t srid;
        if (!read_u32(in, &srid)) {
            return damaged(result);
        }
    }
    bool has_z;
    bool has_m;
    type = plain_type(type & ~0x20000000u, &has_z, &has_m);
    unsigned dimensions = 2u + (has_z ? 1u : 0u) + (has_m ? 1u : 0u);
    result->flags |= (has_z ? REPAIR_HAS_Z : 0u) | (has_m ? REPAIR_HAD_M : 0u);
    size_t start = repair->vertex_count;
    switch (type) {
    case 1:
        /* An empty point is written as NaN, NaN. */
        if ((size_t)(in->end - in->at) >= 2 * sizeof(double)) {
            double place[2];
            memcpy(place, in->at, sizeof place);
            if (isnan(place[0]) && isnan(place[1])) {
                in->at += dimensions * sizeof(double) <= (size_t)(in->end - in->at) ? dimensions * sizeof(double) : 0;
                return true;
            }
        }
        return read_vertices(repair, in, 1, dimensions, has_z, result) &&
               (add_part(repair, (struct part){start, start + 1, GEOMETRY_POINT, false}) || damaged(result));
    case 2:
        return read_line(repair, in, dimensions, has_z, result);
    case 3:
    case 17: /* triangle */
        return read_polygon(repair, in, dimensions, has_z, result);
    case 4:
    case 5:
    case 6:
    case 7:
    case 15: /* polyhedral surface */
    case 16: /* TIN */
        break;
    default:
        return unusable(result, "the geometry is of an unknown type", "la geometría es de un tipo desconocido");
    }
    uint32_t count;
    if (!read_u32(in, &count)) {
        return damaged(result);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_geometry(repair, in, depth + 1, result)) {
            return false;
        }
    }
    return true;
}

static void put_u32(struct buffer *out, uint32_t value)
{
    buffer_append(out, &value, sizeof value);
}

static void put_head(struct buffer *out, uint32_t type, bool z)
{
    buffer_append_byte(out, 1);
    put_u32(out, type + (z ? 1000u : 0u));
}

static void put_vertices(struct repair *repair, const struct part *part, bool z)
{
    for (size_t i = part->start; i < part->end; i++) {
        buffer_append(&repair->out, repair->vertices + 3 * i, (z ? 3 : 2) * sizeof(double));
    }
}

static size_t rings_from(const struct repair *repair, size_t shell)
{
    size_t end = shell + 1;
    while (end < repair->part_count && repair->parts[end].kind == GEOMETRY_POLYGON && repair->parts[end].hole) {
        end++;
    }
    return end - shell;
}

/* Writes the parts of `kind` as a multi geometry. */
static void write_wkb(struct repair *repair, enum geometry_kind kind, bool z)
{
    uint32_t count = 0;
    for (size_t i = 0; i < repair->part_count; i++) {
        count += repair->parts[i].kind == kind && !repair->parts[i].hole;
    }
    uint32_t single = kind == GEOMETRY_POINT ? 1 : kind == GEOMETRY_LINE ? 2 : 3;
    buffer_clear(&repair->out);
    put_head(&repair->out, single + 3, z);
    put_u32(&repair->out, count);
    for (size_t i = 0; i < repair->part_count; i++) {
        const struct part *part = &repair->parts[i];
        if (part->kind != kind || part->hole) {
            continue;
        }
        put_head(&repair->out, single, z);
        if (kind == GEOMETRY_POINT) {
            put_vertices(repair, part, z);
            continue;
        }
        if (kind == GEOMETRY_POLYGON) {
            size_t rings = rings_from(repair, i);
            put_u32(&repair->out, (uint32_t)rings);
            for (size_t j = 0; j < rings; j++) {
                put_u32(&repair->out, (uint32_t)(part[j].end - part[j].start));
                put_vertices(repair, &part[j], z);
            }
            continue;
        }
        put_u32(&repair->out, (uint32_t)(part->end - part->start));
        put_vertices(repair, part, z);
    }
}

/* True when the polygon written last is sound; else says what is wrong and where. */
static bool is_valid(struct repair *repair, const GEOSGeometry *geometry, struct arena *arena,
                     struct repair_result *result)
{
    char *reason = NULL;
    GEOSGeometry *place = NULL;
    char valid = GEOSisValidDetail_r(repair->geos, geometry, 0, &reason, &place);
    if (valid != 1) {
        static const struct {
            const char *english;
            const char *spanish;
        } reasons[] = {
            {"Self-intersection", "el borde se cruza a sí mismo"},
            {"Ring Self-intersection", "un anillo se toca a sí mismo"},
            {"Hole lies outside shell", "hay un hueco fuera de su polígono"},
            {"Holes are nested", "hay huecos dentro de huecos"},
            {"Nested shells", "hay polígonos dentro de polígonos"},
            {"Duplicate Rings", "hay anillos repetidos"},
            {"Interior is disconnected", "los huecos parten el interior"},
            {"Too few points in geometry component", "hay un anillo con muy pocos vértices"},
        };
        result->english = arena_strdup(arena, reason ? reason : "invalid");
        result->spanish = "la geometría es inválida";
        for (size_t i = 0; reason && i < sizeof reasons / sizeof reasons[0]; i++) {
            if (strcmp(reason, reasons[i].english) == 0) {
                result->spanish = reasons[i].spanish;
            }
        }
        if (place && GEOSGeomTypeId_r(repair->geos, place) == GEOS_POINT) {
            GEOSGeomGetX_r(repair->geos, place, &result->x);
            GEOSGeomGetY_r(repair->geos, place, &result->y);
        }
    }
    GEOSFree_r(repair->geos, reason);
    GEOSGeom_destroy_r(repair->geos, place);
    return valid == 1;
}

static bool read_all(struct repair *repair, const unsigned char *wkb, size_t size, struct repair_result *result)
{
    struct wkb_input in = {wkb, wkb + size};
    repair->vertex_count = 0;
    repair->part_count = 0;
    return read_geometry(repair, &in, 0, result);
}

static double area_of(const struct repair *repair, const GEOSGeometry *geometry)
{
    double area = 0;
    return geometry && GEOSArea_r(repair->geos, geometry, &area) == 1 ? area : 0;
}

/* "Structure" takes shells as filled and holes as empty, so that overlapping shells keep their area. Where the rings'
 * roles are mixed up it would throw away most of the polygon: then each line counts as a border, whatever its role. */
static GEOSGeometry *mend(struct repair *repair, const GEOSGeometry *geometry)
{
    GEOSGeometry *structure = GEOSMakeValidWithParams_r(repair->geos, geometry, repair->params);
    GEOSGeometry *linework = GEOSMakeValid_r(repair->geos, geometry);
    bool keeps_area = area_of(repair, structure) >= 0.5 * area_of(repair, linework);
    GEOSGeom_destroy_r(repair->geos, keeps_area ? linework : structure);
    return keeps_area ? structure : linework;
}

/* Adds to the reason what mending did to the area, in square units of the file. */
static void tell_area(double before, double after, struct arena *arena, struct repair_result *result)
{
    double change = before > 0 ? (after / before - 1) * 100 : HUGE_VAL;
    const char *english = result->english ? result->english : "invalid";
    const char *spanish = result->spanish ? result->spanish : "la geometría es inválida";
    if (fabs(change) < 1e-7) {
        result->english = arena_printf(arena, "%s; the area stays %.8g", english, after);
        result->spanish = arena_printf(arena, "%s; el área sigue siendo %.8g", spanish, after);
    } else if (fabs(change) < 1000) {
        result->english =
            arena_printf(arena, "%s; the area goes from %.8g to %.8g (%+.3g %%)", english, before, after, change);
        result->spanish =
            arena_printf(arena, "%s; el área pasa de %.8g a %.8g (%+.3g %%)", spanish, before, after, change);
    } else {
        result->english = arena_printf(arena, "%s; the area goes from %.8g to %.8g", english, before, after);
        result->spanish = arena_printf(arena, "%s; el área pasa de %.8g a %.8g", spanish, before, after);
    }
    if (!result->english || !result->spanish) {
        result->english = english;
        result->spanish = spanish;
    }
}

/* Replaces the polygon written last by a valid one with the same area. False when nothing of it is left. */
static bool make_valid(struct repair *repair, const GEOSGeometry *geometry, bool z, struct arena *arena,
                       struct repair_result *result)
{
    GEOSGeometry *mended = mend(repair, geometry);
    unsigned char *wkb = NULL;
    size_t size = 0;
    bool ok = false;
    if (mended) {
        GEOSWKBWriter_setOutputDimension_r(repair->geos, repair->writer, z ? 3 : 2);
        wkb = GEOSWKBWriter_write_r(repair->geos, repair->writer, mended, &size);
    }
    struct repair_result again = {0};
    if (wkb && read_all(repair, wkb, size, &again)) {
        for (size_t i = 0; i < repair->part_count && !ok; i++) {
            ok = repair->parts[i].kind == GEOMETRY_POLYGON;
        }
    }
    if (ok) {
        write_wkb(repair, GEOMETRY_POLYGON, z);
        result->flags |= REPAIR_MADE_VALID;
        tell_area(area_of(repair, geometry), area_of(repair, mended), arena, result);
    } else {
        unusable(result, "the polygon has no area and cannot be mended",
                 "el polígono no tiene superficie y no se puede reparar");
    }
    GEOSFree_r(repair->geos, wkb);
    GEOSGeom_destroy_r(repair->geos, mended);
    return ok;
}

/* Most polygons are valid beyond doubt: GEOS is asked about the others only. */
static bool is_plainly_valid(struct repair *repair)
{
    size_t count = 0;
    for (size_t i = 0; i < repair->part_count; i++) {
        const struct part *part = &repair->parts[i];
        if (part->kind == GEOMETRY_POLYGON) {
            repair->rings[count++] = (struct simple_ring){part->start, part->end, part->hole};
        }
    }
    return simple_rings_prove(&repair->work, repair->vertices, repair->rings, count);
}

/* Puts the parts together anew: `rings` are those of the polygon's borders, nested; `owners` their parts. */
static bool take_nested(struct repair *repair, const struct nested_ring *rings, const size_t *owners, size_t count)
{
    struct part *parts = malloc(repair->part_room * sizeof *parts);
    size_t put = 0;
    if (!parts) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct part *own = &repair->parts[owners[i]];
        size_t own_count = rings_from(repair, owners[i]);
        bool hole = rings[i].depth % 2 == 1;
        if (!hole) {
            parts[put++] = *own;
        }
        /* What was a hole of a hole is land. */
        for (size_t j = 1; j < own_count; j++) {
            parts[put] = own[j];
            parts[put++].hole = !hole;
        }
        for (size_t j = 0; !hole && j < count; j++) {
            if (rings[j].around == i && rings[j].depth % 2 == 1) {
                parts[put] = repair->parts[owners[j]];
                parts[put++].hole = true;
            }
        }
    }
    free(repair->parts);
    repair->parts = parts;
    repair->part_count = put;
    return true;
}

/* Borders inside borders become holes. False where there are none. */
static bool nest_rings(struct repair *repair)
{
    struct nested_ring *rings = malloc((repair->part_count + 1) * sizeof *rings);
    size_t *owners = malloc((repair->part_count + 1) * sizeof *owners);
    size_t count = 0;
    bool nested = false;
    for (size_t i = 0; rings && owners && i < repair->part_count; i++) {
        const struct part *part = &repair->parts[i];
        if (part->kind == GEOMETRY_POLYGON && !part->hole) {
            rings[count] = (struct nested_ring){.start = part->start, .end = part->end};
            owners[count++] = i;
        }
    }
    if (count > 1 && ring_nesting_find(repair->vertices, rings, count)) {
        for (size_t i = 0; i < count; i++) {
            nested |= rings[i].depth > 0;
        }
        nested = nested && take_nested(repair, rings, owners, count);
    }
    free(rings);
    free(owners);
    return nested;
}

/* The polygon written last is invalid and read from a file where nesting decides what is a hole: where that makes a
 * difference, `*geometry` is read anew. True when it is valid then. */
static bool mend_by_nesting(struct repair *repair, bool z, struct arena *arena, GEOSGeometry **geometry,
                            struct repair_result *result)
{
    if (!repair->by_nesting || !nest_rings(repair)) {
        return false;
    }
    write_wkb(repair, GEOMETRY_POLYGON, z);
    GEOSGeometry *nested = GEOSWKBReader_read_r(repair->geos, repair->reader, repair->out.data, repair->out.length);
    if (!nested) {
        return false;
    }
    bool valid = is_valid(repair, nested, arena, result);
    if (valid) {
        result->flags |= REPAIR_MADE_VALID;
        result->english = "a ring inside another, wound like it, is taken as a hole";
        result->spanish = "un anillo dentro de otro, con el mismo giro, se toma como hueco";
        tell_area(area_of(repair, *geometry), area_of(repair, nested), arena, result);
    }
    GEOSGeom_destroy_r(repair->geos, *geometry);
    *geometry = nested;
    return valid;
}

static bool check_polygon(struct repair *repair, bool z, enum repair_effort effort, struct arena *arena,
                          struct repair_result *result)
{
    if (is_plainly_valid(repair)) {
        return true;
    }
    GEOSGeometry *geometry = GEOSWKBReader_read_r(repair->geos, repair->reader, repair->out.data, repair->out.length);
    if (!geometry) {
        return damaged(result);
    }
    bool ok = true;
    if (!is_valid(repair, geometry, arena, result)) {
        if (effort == REPAIR_CHECK) {
            result->flags |= REPAIR_INVALID;
        } else {
            ok = mend_by_nesting(repair, z, arena, &geometry, result) || make_valid(repair, geometry, z, arena, result);
        }
    }
    GEOSGeom_destroy_r(repair->geos, geometry);
    return ok;
}

static enum geometry_kind highest_kind(unsigned kinds)
{
    if (kinds & 1u << GEOMETRY_POLYGON) {
        return GEOMETRY_POLYGON;
    }
    return kinds & 1u << GEOMETRY_LINE ? GEOMETRY_LINE : GEOMETRY_POINT;
}

static void measure(const struct repair *repair, enum geometry_kind kind, struct bbox *out)
{
    struct bbox box = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (size_t i = 0; i < repair->part_count; i++) {
        if (repair->parts[i].kind != kind) {
            continue;
        }
        for (size_t j = repair->parts[i].start; j < repair->parts[i].end; j++) {
            double x = repair->vertices[3 * j];
            double y = repair->vertices[3 * j + 1];
            box.min_x = x < box.min_x ? x : box.min_x;
            box.max_x = x > box.max_x ? x : box.max_x;
            box.min_y = y < box.min_y ? y : box.min_y;
            box.max_y = y > box.max_y ? y : box.max_y;
        }
    }
    *out = box;
}

bool repair_geometry(struct repair *repair, const unsigned char *wkb, size_t wkb_size, enum geometry_kind wanted,
                     bool keep_z, enum repair_effort effort, struct arena *arena, struct repair_result *out_result,
                     struct error *err)
{
    struct repair_result result = {.x = NAN, .y = NAN, .bbox = bbox_empty()};
    if (!wkb) {
        result.fate = REPAIR_EMPTY;
        *out_result = result;
        return true;
    }
    if (!read_all(repair, wkb, wkb_size, &result)) {
        *out_result = result;
        return true;
    }
    size_t shells = 0;
    for (size_t i = 0; i < repair->part_count; i++) {
        result.kinds |= 1u << repair->parts[i].kind;
        shells += !repair->parts[i].hole;
    }
    if (repair->part_count == 0) {
        result.fate = REPAIR_EMPTY;
        if (result.flags & REPAIR_DROPPED_PART) {
            unusable(&result, "the geometry has too few vertices", "la geometría tiene muy pocos vértices");
        }
        *out_result = result;
        return true;
    }
    result.kind = wanted == GEOMETRY_NONE ? highest_kind(result.kinds) : wanted;
    result.flags |= shells == 1 ? REPAIR_WAS_SINGLE : REPAIR_WAS_MULTI;
    if (!(result.kinds & 1u << result.kind)) {
        result.fate = REPAIR_OTHER_KIND;
        *out_result = result;
        return true;
    }
    if (result.kinds & ~(1u << result.kind)) {
        result.flags |= REPAIR_OTHER_PARTS;
    }
    measure(repair, result.kind, &result.bbox);
    if (effort != REPAIR_LOOK) {
        write_wkb(repair, result.kind, keep_z);
        if (result.kind == GEOMETRY_POLYGON && !repair->out.failed) {
            check_polygon(repair, keep_z, effort, arena, &result);
        }
        if (repair->out.failed) {
            return error_no_memory(err);
        }
        result.wkb = repair->out.data;
        result.wkb_size = repair->out.length;
    }
    *out_result = result;
    return true;
}
