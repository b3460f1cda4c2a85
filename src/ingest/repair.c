/* SPDX-License-Identifier: MIT */
#include "ingest/repair.h"

#include "base/buffer.h"
#include "ingest/geometry_parts.h"
#include "ingest/ring_nesting.h"
#include "ingest/simple_rings.h"

#include <geos_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct repair {
    GEOSContextHandle_t geos;
    GEOSWKBReader *reader;
    GEOSWKBWriter *writer;
    GEOSMakeValidParams *params;
    struct geometry_parts parts;
    struct buffer out;
    struct simple_ring *rings; /* those of the polygon at hand */
    size_t ring_room;
    struct simple_rings work;
    bool by_nesting; /* see repair_nest_rings */
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
    geometry_parts_finish(&repair->parts);
    free(repair->rings);
    simple_rings_finish(&repair->work);
    buffer_finish(&repair->out);
    free(repair);
}

void repair_nest_rings(struct repair *repair, bool by_nesting)
{
    repair->by_nesting = by_nesting;
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

static bool has_no_area(struct repair_result *result)
{
    return geometry_parts_unusable(result, "the polygon has no area and cannot be mended",
                                   "el polígono no tiene superficie y no se puede reparar");
}

/* Whether mending would leave something of an invalid polygon. Costly only where its rings enclose nothing, or as much
 * one way as the other. */
static bool is_mendable(struct repair *repair, const GEOSGeometry *geometry)
{
    if (area_of(repair, geometry) > 0) {
        return true;
    }
    GEOSGeometry *mended = mend(repair, geometry);
    bool mendable = area_of(repair, mended) > 0;
    GEOSGeom_destroy_r(repair->geos, mended);
    return mendable;
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
    if (wkb && geometry_parts_read(&repair->parts, wkb, size, &again)) {
        for (size_t i = 0; i < repair->parts.count && !ok; i++) {
            ok = repair->parts.items[i].kind == GEOMETRY_POLYGON;
        }
    }
    if (ok) {
        geometry_parts_write(&repair->parts, GEOMETRY_POLYGON, z, &repair->out);
        result->flags |= REPAIR_MADE_VALID;
        tell_area(area_of(repair, geometry), area_of(repair, mended), arena, result);
    } else {
        has_no_area(result);
    }
    GEOSFree_r(repair->geos, wkb);
    GEOSGeom_destroy_r(repair->geos, mended);
    return ok;
}

/* Most polygons are valid beyond doubt: GEOS is asked about the others only. */
static bool is_plainly_valid(struct repair *repair)
{
    size_t count = 0;
    if (repair->ring_room < repair->parts.count) {
        struct simple_ring *rings = realloc(repair->rings, repair->parts.room * sizeof *rings);
        if (!rings) {
            return false; /* GEOS will tell */
        }
        repair->rings = rings;
        repair->ring_room = repair->parts.room;
    }
    for (size_t i = 0; i < repair->parts.count; i++) {
        const struct geometry_part *part = &repair->parts.items[i];
        if (part->kind == GEOMETRY_POLYGON) {
            repair->rings[count++] = (struct simple_ring){part->start, part->end, part->hole};
        }
    }
    return simple_rings_prove(&repair->work, repair->parts.vertices, repair->rings, count);
}

/* Puts the parts together anew: `rings` are those of the polygon's borders, nested; `owners` their parts. */
static bool take_nested(struct repair *repair, const struct nested_ring *rings, const size_t *owners, size_t count)
{
    struct geometry_part *parts = malloc(repair->parts.room * sizeof *parts);
    size_t put = 0;
    if (!parts) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct geometry_part *own = &repair->parts.items[owners[i]];
        size_t own_count = geometry_parts_rings(&repair->parts, owners[i]);
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
                parts[put] = repair->parts.items[owners[j]];
                parts[put++].hole = true;
            }
        }
    }
    free(repair->parts.items);
    repair->parts.items = parts;
    repair->parts.count = put;
    return true;
}

/* Borders inside borders become holes. False where there are none. */
static bool nest_rings(struct repair *repair)
{
    struct nested_ring *rings = malloc((repair->parts.count + 1) * sizeof *rings);
    size_t *owners = malloc((repair->parts.count + 1) * sizeof *owners);
    size_t count = 0;
    bool nested = false;
    for (size_t i = 0; rings && owners && i < repair->parts.count; i++) {
        const struct geometry_part *part = &repair->parts.items[i];
        if (part->kind == GEOMETRY_POLYGON && !part->hole) {
            rings[count] = (struct nested_ring){.start = part->start, .end = part->end};
            owners[count++] = i;
        }
    }
    if (count > 1 && ring_nesting_find(repair->parts.vertices, rings, count)) {
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
    geometry_parts_write(&repair->parts, GEOMETRY_POLYGON, z, &repair->out);
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
        return geometry_parts_damaged(result);
    }
    bool ok = true;
    if (!is_valid(repair, geometry, arena, result)) {
        if (effort == REPAIR_CHECK) {
            ok = is_mendable(repair, geometry) || has_no_area(result);
            result->flags |= ok ? REPAIR_INVALID : 0;
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
    for (size_t i = 0; i < repair->parts.count; i++) {
        if (repair->parts.items[i].kind != kind) {
            continue;
        }
        for (size_t j = repair->parts.items[i].start; j < repair->parts.items[i].end; j++) {
            double x = repair->parts.vertices[3 * j];
            double y = repair->parts.vertices[3 * j + 1];
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
    if (!geometry_parts_read(&repair->parts, wkb, wkb_size, &result)) {
        *out_result = result;
        return true;
    }
    size_t shells = 0;
    for (size_t i = 0; i < repair->parts.count; i++) {
        result.kinds |= 1u << repair->parts.items[i].kind;
        shells += !repair->parts.items[i].hole;
    }
    if (repair->parts.count == 0) {
        result.fate = REPAIR_EMPTY;
        if (result.flags & REPAIR_DROPPED_PART) {
            geometry_parts_unusable(&result, "the geometry has too few vertices",
                                    "la geometría tiene muy pocos vértices");
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
        geometry_parts_write(&repair->parts, result.kind, keep_z, &repair->out);
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
