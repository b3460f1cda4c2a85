/* SPDX-License-Identifier: MIT */
#pragma once
/* Geometry from foreign files, checked and where need be mended, in its original coordinates. What was sound passes
 * unchanged to the bit; whatever is done to the rest is told. */

#include "base/arena.h"
#include "base/error.h"
#include "geo/bbox.h"
#include "geo/shape.h"

enum repair_flag {
    REPAIR_CLOSED_RING = 1,  /* a ring did not end where it began */
    REPAIR_DROPPED_PART = 2, /* a ring or line had too few vertices */
    REPAIR_OTHER_PARTS = 4,  /* parts of another kind than the layer's were dropped */
    REPAIR_MADE_VALID = 8,   /* crossing rings and the like, mended by GEOS */
    REPAIR_INVALID = 16,     /* the same, found and left as it is (looking only) */
    REPAIR_ZERO_LENGTH = 32, /* a line between two equal points, kept */
    REPAIR_Z_REPLACED = 64,  /* heights that are no number became 0 */
    REPAIR_HAD_M = 128,      /* measures were dropped */
    REPAIR_WAS_SINGLE = 256, /* promoted to a multi type */
    REPAIR_WAS_MULTI = 512,
    REPAIR_HAS_Z = 1024,
};

enum repair_fate {
    REPAIR_KEPT,
    REPAIR_EMPTY,      /* there is no geometry */
    REPAIR_OTHER_KIND, /* a geometry of another kind than wanted */
    REPAIR_UNUSABLE    /* NaN, infinite, no-data or damaged: `english`, `spanish` say which */
};

struct repair_result {
    enum repair_fate fate;
    unsigned flags;
    unsigned kinds; /* bit 1 << enum geometry_kind for each kind met */
    enum geometry_kind kind;
    const unsigned char *wkb; /* ISO, little endian, multi type, XY or XYZ */
    size_t wkb_size;
    struct bbox bbox;    /* of the kept vertices, in the file's coordinates */
    const char *english; /* what was wrong; NULL when nothing was */
    const char *spanish;
    double x; /* where; NaN when there is no place */
    double y;
};

/* Working memory and the GEOS handle. Belongs to one thread. */
struct repair;

bool repair_open(struct repair **out_repair, struct error *err);
void repair_close(struct repair *repair);

/* From now on, in invalid polygons a ring inside another is a hole, whatever its winding (shapefiles). */
void repair_nest_rings(struct repair *repair, bool by_nesting);

enum repair_effort {
    REPAIR_LOOK,  /* read the structure only */
    REPAIR_CHECK, /* find invalid polygons, leave them */
    REPAIR_MEND   /* make them valid */
};

/* Takes ISO or extended WKB in little-endian order. `wanted` GEOMETRY_NONE: the kind of most dimensions in it. With
 * `keep_z` the result has heights (0 where there were none). `out_result->wkb` lives in the repair until the next call,
 * texts in `arena`. Fails only when memory is out. */
bool repair_geometry(struct repair *repair, const unsigned char *wkb, size_t wkb_size, enum geometry_kind wanted,
                     bool keep_z, enum repair_effort effort, struct arena *arena, struct repair_result *out_result,
                     struct error *err);
