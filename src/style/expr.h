/* SPDX-License-Identifier: MIT */
#pragma once
/* Expressions of the style specification: compiled once to an immutable tree, evaluated by any thread without locks. */

#include "style/expr_value.h"
#include "style/property_table.h"

enum expr_op {
    /* special forms */
    OP_LITERAL,
    OP_ASSERT,
    OP_COERCE,
    OP_AT,
    OP_CASE,
    OP_COALESCE,
    OP_COLLATOR,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_LESS,
    OP_GREATER,
    OP_LESS_EQUAL,
    OP_GREATER_EQUAL,
    OP_FORMAT,
    OP_GLOBAL_STATE,
    OP_IMAGE,
    OP_IN,
    OP_INDEX_OF,
    OP_INTERPOLATE,
    OP_LENGTH,
    OP_LET,
    OP_MATCH,
    OP_NUMBER_FORMAT,
    OP_SEMILITERAL,
    OP_SLICE,
    OP_STEP,
    OP_VAR,
    OP_WITHIN,
    OP_DISTANCE,
    /* with ordinary arguments */
    OP_ERROR,
    OP_TYPEOF,
    OP_TO_RGBA,
    OP_RGBA,
    OP_HAS,
    OP_GET,
    OP_FEATURE_STATE,
    OP_PROPERTIES,
    OP_GEOMETRY_TYPE,
    OP_ID,
    OP_ZOOM,
    OP_HEATMAP_DENSITY,
    OP_ELEVATION,
    OP_LINE_PROGRESS,
    OP_ACCUMULATED,
    OP_ADD,
    OP_MULTIPLY,
    OP_SUBTRACT,
    OP_DIVIDE,
    OP_MODULO,
    OP_LN2,
    OP_PI,
    OP_E,
    OP_POWER,
    OP_SQRT,
    OP_LOG10,
    OP_LN,
    OP_LOG2,
    OP_SIN,
    OP_COS,
    OP_TAN,
    OP_ASIN,
    OP_ACOS,
    OP_ATAN,
    OP_MIN,
    OP_MAX,
    OP_ABS,
    OP_ROUND,
    OP_FLOOR,
    OP_CEIL,
    OP_ALL,
    OP_ANY,
    OP_NOT,
    OP_IS_SUPPORTED_SCRIPT,
    OP_UPCASE,
    OP_DOWNCASE,
    OP_CONCAT,
    OP_SPLIT,
    OP_JOIN,
    OP_RESOLVED_LOCALE,
    /* what filters of the old syntax are converted to */
    OP_FILTER_EQUAL,
    OP_FILTER_LESS,
    OP_FILTER_GREATER,
    OP_FILTER_LESS_EQUAL,
    OP_FILTER_GREATER_EQUAL,
    OP_FILTER_ID_EQUAL,
    OP_FILTER_ID_LESS,
    OP_FILTER_ID_GREATER,
    OP_FILTER_ID_LESS_EQUAL,
    OP_FILTER_ID_GREATER_EQUAL,
    OP_FILTER_TYPE_EQUAL,
    OP_FILTER_HAS,
    OP_FILTER_HAS_ID,
    OP_FILTER_TYPE_IN,
    OP_FILTER_ID_IN,
    OP_FILTER_IN
};

/* What an expression's value depends on; bits. The first two are those of style.h. */
enum {
    EXPR_ON_ZOOM = STYLE_DEPENDS_ON_ZOOM,
    EXPR_ON_FEATURE = STYLE_DEPENDS_ON_FEATURE,
    EXPR_ON_FEATURE_STATE = 4,
    EXPR_ON_DENSITY = 8,
    EXPR_ON_ELEVATION = 16,
    EXPR_ON_PROGRESS = 32,
    EXPR_ON_ACCUMULATED = 64,
    EXPR_ON_SCRIPT = 128,
    EXPR_ON_GLOBAL_STATE = 256,
    EXPR_UNFOLDABLE = 512 /* constant for the style, yet only to be evaluated at run time */
};

enum expr_interpolation { EXPR_LINEAR, EXPR_EXPONENTIAL, EXPR_CUBIC_BEZIER };

/* Of step and interpolate: args[0] is the input, args[1 + i] the output from labels[i] on. */
struct expr_curve {
    size_t count;
    const double *labels;
    enum expr_interpolation interpolation;
    double base;
    double control[4];
    int space; /* enum css_color_space */
};

struct expr_label {
    struct text text;
    double number;
    size_t output;
};

/* args[0] is the input, args[1 + output] the outputs, the last one is for everything else. */
struct expr_match {
    bool numbers;
    size_t count;
    const struct expr_label *labels; /* in ascending order */
};

/* The argument of within and distance in degrees: rings of polygons, lines, points. */
struct expr_ring {
    size_t count;
    const double *lon_lat; /* pairs */
};

struct expr_geometry {
    struct expr_shape {
        enum style_geometry type;
        size_t count;
        const struct expr_ring *rings;
    } * shapes;
    size_t count;
};

struct expr {
    enum expr_op op;
    unsigned depends;
    struct expr_type type;
    const char *key; /* "[2][1]": where in the JSON it stands */
    size_t count;
    const struct expr *const *args; /* with NULL for options not given */
    struct expr_value literal;      /* also the name of a global state */
    int32_t name;                   /* index of an attribute's constant name among those of the layer; -1 */
    bool untyped;                   /* a comparison with an argument of unknown type */
    union {
        const struct expr_curve *curve;
        const struct expr_match *match;
        const struct expr_geometry *geometry;
    };
};

struct expr_error {
    const char *key;
    const char *message;
    const struct expr_error *next;
};

/* Attributes that expressions read by constant name. */
struct expr_names {
    struct arena *arena;
    struct text *names;
    size_t count;
    size_t capacity;
    bool reads_any; /* also names that are computed, or all of them */
};

/* True for an array that begins with the name of an operator. */
bool expr_is_expression(const struct value *json);

/* Compiles for a property (`spec` may be NULL: any type, no rules). The tree lives in `arena`; `names` may be NULL. On
 * failure `*out_errors` has at least one error. */
bool expr_compile(const struct value *json, const struct property_spec *spec, struct expr_names *names,
                  struct arena *arena, const struct expr **out_expr, const struct expr_error **out_errors);
/* The same with the rules of the property: features, zoom and interpolation only where it allows them. */
bool expr_compile_property(const struct value *json, const struct property_spec *spec, struct expr_names *names,
                           struct arena *arena, const struct expr **out_expr, const struct expr_error **out_errors);

/* The step or interpolate over the zoom that a zoom-dependent property has on its top; NULL when none. */
const struct expr *expr_zoom_curve(const struct expr *expr);

/* Everything evaluation reads. Text and arrays it makes live in `arena`. */
struct expr_context {
    double zoom;
    double heatmap_density;
    double elevation;
    double line_progress;
    const struct style_feature *feature;
    struct arena *arena;
    const struct value *feature_state;                       /* object; NULL: none */
    const struct value *global_state;                        /* object; NULL: none */
    bool (*has_image)(const void *images, struct text name); /* NULL: every image counts as available */
    const void *images;
    bool letters_apart; /* letters are not shaped: some scripts cannot be drawn */
    bool describe;      /* write error texts (costs memory) */
    const char *error;
    const char *error_key;
};

/* False: a run-time error, described in the context. */
bool expr_evaluate(const struct expr *expr, struct expr_context *context, struct expr_value *out_value);

/* For the files of the evaluator: */

/* The attribute `name`, or by the slot of its constant name; NULL when the feature has none. */
const struct value *expr_attribute(const struct expr_context *context, struct text name, int32_t slot);

/* Case, collation and numbers of a locale (expr_locale.c, the door to ICU). */
struct text expr_locale_case(struct text text, bool upper, struct arena *arena);
int expr_locale_compare(struct text a, struct text b, const struct expr_value *collator);
struct text expr_locale_resolve(const struct expr_value *collator, struct arena *arena);

struct expr_number_format {
    struct text locale;   /* data NULL: not given */
    struct text currency; /* length 0: none */
    struct text unit;     /* "kilometer-per-hour"; length 0: none */
    int fraction_min;     /* -1: not given */
    int fraction_max;
};
struct text expr_locale_number(double number, const struct expr_number_format *format, struct arena *arena);

/* Where features are (expr_geometry.c). */
bool expr_within(const struct expr_geometry *geometry, const struct style_feature *feature, struct arena *arena);
double expr_distance(const struct expr_geometry *geometry, const struct style_feature *feature, struct arena *arena);

/* Text for `describe`; returns false. For the files of the evaluator. */
bool expr_fail(struct expr_context *context, const struct expr *expr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
