/* SPDX-License-Identifier: MIT */
#pragma once
/* The features of one style layer: those that pass its filter and can be seen, in drawing order. */

#include "render/painter.h"
#include "render/projector.h"

/* A line or a ring in pixels. */
struct layer_part {
    const struct draw_point *points;
    uint32_t count;
    bool is_closed; /* it ends where it begins */
};

struct layer_feature {
    const struct feature *feature;
    const struct style_feature *seen; /* what expressions see of it; features of equal tuples may share it */
    const struct layer_part *parts;   /* as many as its geometry has; NULL before layer_features_project */
    enum geometry_kind kind;
    uint32_t part_count;
    uint32_t tuple;
    double sort_key;
};

struct layer_features {
    struct layer_feature *items;
    size_t count;
    /* Features whose `tuple` is equal, below this, look alike in this layer; 0: each may look different. */
    size_t tuple_count;
    size_t part_count; /* of all items */
    size_t vertex_count;
    struct layer_features *chains; /* line_chains_find; NULL before */

    /* What they were found for. */
    const struct render_input *input;
    const struct style_layer *layer;
    struct projector projector;
    unsigned kinds;
    unsigned kinds_met; /* those left out included */
    const struct text *columns;
    int32_t *slots; /* of the layer that is painted now */
    bool is_projected;
    struct layer_features *next;
};

enum {
    LAYER_POINTS = 1 << GEOMETRY_POINT,
    LAYER_LINES = 1 << GEOMETRY_LINE,
    LAYER_POLYGONS = 1 << GEOMETRY_POLYGON,
    LAYER_ALL = LAYER_POINTS | LAYER_LINES | LAYER_POLYGONS
};

/* `kinds`: bits, which geometries the layer draws. `sort_key` is the layer's sort key property, or STYLE_PROPERTY_COUNT
 * when its type has none. Everything lives in the context's arena.
 *
 * A map draws the same features several times: an outline over a fill, a street over its casing. They are found (and
 * put together, and projected) once for all layers of a picture of the same source layer and filter; for each of them
 * may lie as far outside the picture as the first one's ink reaches. So the expressions of a layer must be asked before
 * the next layer asks for its features. */
bool layer_features_find(const struct render_layer_context *context, const struct projector *projector,
                         enum style_property sort_key, unsigned kinds, struct layer_features **out_found,
                         struct error *err);

/* `own_px`, the reach of the layer's ink around its features, or that of a later layer that shares them where it is a
 * bit larger: a thick outline over a fill. */
double layer_reach_px(const struct render_layer_context *context, double own_px);

/* Fills in the parts of all items. False: memory is out. */
bool layer_features_project(struct layer_features *found, const struct projector *projector, struct arena *arena);

/* Features are painted in the order of their rows but lie in memory in the order they were found: the geometry of those
 * some way behind number `i` is fetched ahead, since waiting for it takes as long as drawing it. (Not inlined early,
 * GCC takes a function that only fetches for one that does nothing.) */
enum { FEATURE_NEAR = 8, FEATURE_FAR = 20 };

static inline __attribute__((always_inline)) void layer_features_fetch(const struct feature *near,
                                                                       const struct feature *far)
{
    const struct geometry *geometry = &near->geometry;
    __builtin_prefetch(&far->geometry);
    __builtin_prefetch(geometry->parts);
    __builtin_prefetch(geometry->points);
    __builtin_prefetch(geometry->points + 8);
}

static inline __attribute__((always_inline)) void layer_features_ahead(const struct layer_features *found, size_t i)
{
    if (i + FEATURE_FAR < found->count) {
        layer_features_fetch(found->items[i + FEATURE_NEAR].feature, found->items[i + FEATURE_FAR].feature);
    }
}

/* The scope to evaluate a property in, for a feature (NULL: none). */
struct style_scope layer_scope(const struct render_layer_context *context, const struct layer_feature *feature);

/* A constant number, or when it depends on features the value for `feature`. */
double layer_number(const struct render_layer_context *context, enum style_property property,
                    const struct layer_feature *feature);
struct color layer_color(const struct render_layer_context *context, enum style_property property,
                         const struct layer_feature *feature);
/* True when none of the properties depends on the feature: evaluated once, all features are painted in one sweep. */
bool layer_is_uniform(const struct style_layer *layer, const enum style_property *properties, size_t count);
/* What expressions call a geometry's kind. */
enum style_geometry layer_geometry(enum geometry_kind kind);
