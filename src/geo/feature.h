/* SPDX-License-Identifier: MIT */
#pragma once
/* A feature as tiles see it: geometry in world units and attribute values, borrowed from the arena it was read into. */

#include "base/value.h"
#include "geo/grid_patch.h"
#include "geo/shape.h"

enum field_type {
    FIELD_STRING,
    FIELD_INTEGER, /* 64 bits */
    FIELD_REAL,
    FIELD_BOOLEAN,
    FIELD_DATE,     /* text "2020-03-15" */
    FIELD_DATETIME, /* text "2020-03-15T10:00:00Z" or with an offset, or none */
    FIELD_TIME      /* text "10:00:00" */
};

/* A column of a layer. */
struct field {
    const char *name; /* the column, as it is in tiles and GeoJSON */
    enum field_type type;
};

const char *field_type_name(enum field_type type);
bool field_type_parse(const char *name, enum field_type *out_type);

/* Geometry in world units. Rings are closed. Parts as in struct shape. */
struct geometry {
    enum geometry_kind kind;
    uint32_t part_count;
    uint32_t vertex_count;
    const struct shape_part *parts;
    const struct world_point *points;
};

struct feature {
    int64_t row; /* the feature's number in its layer's drawing order, unique within the version, from 1 */
    union {
        struct value id;    /* integer or string: stable within the layer, what URLs and GeoJSON show */
        struct text unread; /* id and values, as they are stored, where the list has a `read` */
    };
    struct world_box box; /* of the full geometry */
    struct geometry geometry;
    const struct value *values; /* field_count of the list; NULL where it has a `read` */
    uint32_t tuple;             /* features of one number have the same values, where the list has a tuple_count */
    int64_t shift_x;            /* added to every x: 0, or ±GRID_WORLD_UNITS for the copy across the antimeridian */
};

struct feature_list;

/* Decodes the id and the field_count values of a feature, texts pointing into what is stored. */
typedef bool feature_reader(const struct feature_list *list, const struct feature *feature, struct value *out_id,
                            struct value *out_values, struct error *err);

/* Features of one layer, in drawing order (row ascending, then shift_x). */
struct feature_list {
    const struct field *fields;
    size_t field_count;
    const struct feature *features;
    size_t count;
    size_t tuple_count;    /* how many different tuples of values there are; 0: nobody looked */
    feature_reader *read;  /* NULL: ids and values are there. Else only when asked for: few of them may be needed */
    const void *stored_in; /* for `read` */
};

/* The id of a feature and its values: those it has, or read into `scratch`, which has room for field_count. */
bool feature_list_values(const struct feature_list *list, const struct feature *feature, struct value *scratch,
                         struct value *out_id, const struct value **out_values, struct error *err);

/* The index of the field `name`, or -1. */
ptrdiff_t feature_list_field(const struct feature_list *list, struct text name);

/* Projects a shape in degrees to world units. When `grid_shift` > 0 every coordinate is first rounded to a multiple of
 * 2^grid_shift units and equal neighbours are dropped: vertices shared by two features stay shared, so borders stay
 * closed (the reason for snapping instead of line simplification). Parts that collapse (lines below two, rings below
 * four vertices) are dropped; the result may have no part. Rings come out wound: shells one way, holes the other, so
 * that polygons can be added up and filled by the nonzero rule. `patches` (or NULL) make it quicker and nothing else.
 */
bool geometry_from_shape(const struct shape *shape, unsigned grid_shift, struct grid_patches *patches,
                         struct arena *arena, struct geometry *out_geometry);
