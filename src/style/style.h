/* SPDX-License-Identifier: MIT */
#pragma once
/* How a map looks: a MapLibre style (Style Specification, version 8), read and checked once, then immutable and shared
 * between threads. Expressions are compiled; what a property costs to evaluate is told by style_dependence. */

#include "base/arena.h"
#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style_layer_type {
    STYLE_BACKGROUND,
    STYLE_FILL,
    STYLE_LINE,
    STYLE_CIRCLE,
    STYLE_SYMBOL,
    STYLE_RASTER,
    STYLE_HEATMAP,
    STYLE_HILLSHADE,
    STYLE_COLOR_RELIEF,
    STYLE_FILL_EXTRUSION /* known, not drawn: reported as ignored */
};

#include "style/style_properties.h" /* enum style_property: STYLE_FILL_COLOR, STYLE_LINE_WIDTH, … */

struct style_layer; /* compiled */

struct style_layer_info {
    const char *id;
    enum style_layer_type type;
    const char *source;           /* NULL for background */
    const char *source_layer;     /* NULL when not given */
    double min_zoom;              /* shown from here … */
    double max_zoom;              /* … to below here */
    bool visible;                 /* layout visibility is not "none" */
    const struct value *metadata; /* NULL when none */
    const struct text *names;     /* attributes the layer's filter and properties read by constant name */
    size_t name_count;
    bool reads_any_name; /* also reads names it computes, or ["properties"] */
};

struct style_source_info {
    const char *name;
    const char *type;         /* "vector", "raster", "geojson", … */
    const char *url;          /* "tesela://colonias"; NULL when none */
    const char *layer_id;     /* what follows "tesela://", NULL for other urls */
    const struct value *json; /* the whole source */
};

struct style;

/* A finding of the check. */
struct style_message {
    enum { STYLE_ERROR, STYLE_WARNING } severity;
    size_t line;      /* 1-based in the JSON text, 0 when unknown */
    const char *path; /* "layers[3].paint.line-widht" */
    const char *english;
    const char *spanish;
};

struct style_report {
    const struct style_message *messages;
    size_t count;
    size_t error_count;
};

/* Reads a style. `name` is the map's id, used in messages. The report (which lives in `report_arena`; both may be NULL)
 * holds every finding; with at least one error there, false is returned and `err` carries the first. */
bool style_read(const char *name, struct text json, struct style **out_style, struct arena *report_arena,
                struct style_report *out_report, struct error *err);

/* Shared by counting: immutable, any thread. */
struct style *style_ref(struct style *style);
void style_unref(struct style *style); /* accepts NULL */

const char *style_name(const struct style *style);
/* The whole document as read. */
const struct value *style_json(const struct style *style);
/* Hash of the text it was read from. */
uint64_t style_hash(const struct style *style);
size_t style_layer_count(const struct style *style);
const struct style_layer *style_layer_at(const struct style *style, size_t index);
const struct style_layer_info *style_layer_info(const struct style_layer *layer);
size_t style_source_count(const struct style *style);
const struct style_source_info *style_source_at(const struct style *style, size_t index);
const struct style_source_info *style_source_find(const struct style *style, const char *name);

/* What an expression sees of a feature. Build it once per feature; nothing is copied. */
enum style_geometry { STYLE_GEOMETRY_UNKNOWN, STYLE_GEOMETRY_POINT, STYLE_GEOMETRY_LINE, STYLE_GEOMETRY_POLYGON };

/* Where a feature is, for the expressions within and distance. */
struct style_point {
    double x; /* in units of 1/8192 of the tile, from its north-west corner; whole numbers */
    double y;
};

struct style_shape {
    uint32_t tile_z;
    uint32_t tile_x;
    uint32_t tile_y;
    size_t part_count; /* points, lines or rings */
    const size_t *part_ends;
    const struct style_point *points;
};

struct style_feature {
    enum style_geometry geometry;
    struct value id;            /* VALUE_NULL when it has none */
    const struct value *values; /* attribute values by column */
    const struct text *columns; /* their names */
    size_t column_count;
    const int32_t *slots;            /* for style_layer_info.names: index into values, or -1. See style_bind */
    bool keeps_nulls;                /* "has" is true for an attribute that is null (GeoJSON); tiles leave it out */
    bool is_multi;                   /* several points or lines, or several outer rings */
    const struct style_shape *shape; /* NULL: within is false, distance gives nothing */
};

/* Fills out_slots[name_count] for a layer and a list of columns. Once per layer and feature list. */
void style_bind(const struct style_layer *layer, const struct text *columns, size_t column_count, int32_t *out_slots);
/* As many slots as any layer has. */
size_t style_slots_max(const struct style *style);

/* Where evaluation happens. */
struct style_scope {
    double zoom;
    const struct style_feature *feature; /* NULL for properties that depend on zoom at most */
    struct arena *arena;                 /* text and arrays made by evaluation live here */
    /* Whether there is an image of this name, for ["coalesce", ["image", …], …]; NULL: all are there. */
    bool (*has_image)(const void *images, struct text name);
    const void *images;
    /* Letters come from glyph ranges and are set one by one: ["is-supported-script"] is false for scripts that shape
     * them (those of India, Myanmar, Khmer, Tibet). */
    bool letters_apart;
};

/* What a property's value depends on; bits. 0: constant. */
enum { STYLE_DEPENDS_ON_ZOOM = 1, STYLE_DEPENDS_ON_FEATURE = 2 };
unsigned style_dependence(const struct style_layer *layer, enum style_property property);
/* False when the style does not set the property (the default is in force). */
bool style_is_set(const struct style_layer *layer, enum style_property property);

/* The filter as it is written, with a "ref" that of the layer referred to; NULL: none. */
const struct value *style_filter_json(const struct style_layer *layer);
/* What its value depends on; 0 when there is none or a constant one. */
unsigned style_filter_dependence(const struct style_layer *layer);
/* True when both layers, of one style, are about the same features: same source, source layer and filter. */
bool style_same_subject(const struct style_layer *one, const struct style_layer *other);
/* True when what was found for one, feature by feature, is right for the other too: besides, they ask for equally much
 * of a feature (style_sees_attributes_only, style_needs_shape). */
bool style_same_features(const struct style_layer *one, const struct style_layer *other);
/* True when the filter or a property asks where the feature is (within, distance): fill style_feature.shape. */
bool style_needs_shape(const struct style_layer *layer);
/* True when the filter knows features by their attributes only: not by id, kind of geometry, or where they are. Equal
 * attributes then give equal answers at one zoom. */
bool style_filter_sees_attributes_only(const struct style_layer *layer);
/* The same for the filter and all properties. */
bool style_sees_attributes_only(const struct style_layer *layer);

/* True when the feature passes the layer's filter. */
bool style_filter(const struct style_layer *layer, const struct style_scope *scope);

struct style_color { /* straight components 0 … 1 */
    double r;
    double g;
    double b;
    double a;
};

/* Evaluate a property of the layer's type. An expression that fails at run time gives the default, as the
 * specification says. */
double style_number(const struct style_layer *layer, enum style_property property, const struct style_scope *scope);
bool style_bool(const struct style_layer *layer, enum style_property property, const struct style_scope *scope);
struct style_color style_color(const struct style_layer *layer, enum style_property property,
                               const struct style_scope *scope);
/* The index of the value among the property's enumerated values in the order of the specification; the enumerations of
 * style_properties.h name them. */
int style_enum(const struct style_layer *layer, enum style_property property, const struct style_scope *scope);
/* A string or image name; empty when none. */
struct text style_text(const struct style_layer *layer, enum style_property property, const struct style_scope *scope);
/* Up to `capacity` numbers of an array property (translate, dasharray, offset, padding); returns how many it has. */
size_t style_numbers(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                     double *out_numbers, size_t capacity);
/* Up to `capacity` strings of an array property (text-font, text-variable-anchor); returns how many it has. */
size_t style_texts(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                   struct text *out_texts, size_t capacity);

/* text-field: sections with their own scale, font and colour; an image section has a name and no text. */
struct style_section {
    struct text text;
    struct text image;
    double scale;           /* 1 when not given */
    struct text font_stack; /* "A,B"; empty: the layer's text-font */
    bool has_color;
    struct style_color color;
    enum { STYLE_ALIGN_BOTTOM, STYLE_ALIGN_CENTER, STYLE_ALIGN_TOP } vertical_align;
};

size_t style_formatted(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                       struct style_section *out_sections, size_t capacity);

/* A ramp over [0, 1] (heatmap-color, line-gradient, color-relief-color) as `count` colours. False when not set. */
bool style_ramp(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                struct style_color *out_colors, size_t count);

/* text-variable-anchor-offset. */
struct style_anchor_offset {
    enum style_anchor anchor;
    double x;
    double y;
};
size_t style_anchor_offsets(const struct style_layer *layer, enum style_property property,
                            const struct style_scope *scope, struct style_anchor_offset *out_offsets, size_t capacity);

/* Up to `capacity` colours of a property with several (hillshade-shadow-color); returns how many it has. */
size_t style_colors(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                    struct style_color *out_colors, size_t capacity);

/* One colour of a ramp at `input`: density, progress, or elevation in metres. False when not set. */
bool style_ramp_at(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                   double input, struct style_color *out_color);
/* Up to `capacity` inputs of the ramp's stops; returns how many it has, 0 when it is not set or no plain curve. */
size_t style_ramp_stops(const struct style_layer *layer, enum style_property property, double *out_inputs,
                        size_t capacity);
