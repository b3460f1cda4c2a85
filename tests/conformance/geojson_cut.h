/* SPDX-License-Identifier: MIT */
#pragma once
/* GeoJSON cut into tiles the way the reference does (geojson-vt): lines and rings simplified, cut at the buffer of the
 * tile, rounded to its units. */

#include "base/arena.h"
#include "geo/feature.h"
#include "geo/grid.h"

enum { CUT_EXTENT = 8192 };

/* x and y: shares of the Mercator world, from its north-west corner. */
struct flat_point {
    double x;
    double y;
    double importance; /* squared distance by which the line would be off without it; 1: an end */
};

struct flat_part {
    struct flat_point *points;
    size_t count;
    double size;  /* length of a line, area of a ring, of the whole one before it was cut */
    double start; /* where the piece begins and ends along the whole line */
    double end;
    bool is_hole;
};

struct flat_feature {
    enum geometry_kind kind;
    struct flat_part *parts; /* points: one part holds them all */
    size_t part_count;
    struct value id;
    const struct value *values;
};

struct flat_list {
    struct field *fields;
    size_t field_count; /* with line metrics the last two are mapbox_clip_start and mapbox_clip_end */
    struct flat_feature *features;
    size_t count;
};

struct cut_options {
    double tolerance; /* units of the tile */
    double buffer;
    uint32_t zoom_max;
    bool has_line_metrics;
};

/* Reads a GeoJSON document. Anything that is no GeoJSON gives no features. `promote_id`: the attribute that serves as
 * id, or NULL. False when memory is out. */
bool flat_read(const struct value *json, const struct cut_options *options, const char *promote_id, bool generate_ids,
               struct arena *arena, struct flat_list *out_list);

/* What the tile shows, in its units (CUT_EXTENT). False when memory is out. */
bool flat_cut(const struct flat_list *list, const struct cut_options *options, struct tile_id tile, struct arena *arena,
              struct feature_list *out_features);
