/* SPDX-License-Identifier: MIT */
/* Colours that depend on attributes are found by trying features that could be: each attribute takes the values that
 * the layer's filter and properties compare it with, and the numbers between them. What they give is asked of the very
 * expressions that paint, so every form of expression is understood. */

#include "render/style_inks.h"

#include "render/render.h"

#include <string.h>

enum {
    POOL_MAX = 256,      /* values tried for one attribute */
    ATTRIBUTES_MAX = 32, /* of a layer; further ones are absent */
    TRIES_MAX = 1024,    /* features tried for a layer */
    INKS_MAX = 256       /* features kept of those that pass the filter */
};

struct pool {
    struct text name;
    struct value values[POOL_MAX];
    size_t count;
};

struct pools {
    struct pool items[ATTRIBUTES_MAX];
    size_t count;
};

/* ---- What attributes are compared with ---- */

static void put_value(struct pool *pool, const struct value *value)
{
    for (size_t i = 0; i < pool->count; i++) {
        if (value_equal(&pool->values[i], value)) {
            return;
        }
    }
    if (pool->count < POOL_MAX) {
        pool->values[pool->count++] = *value;
    }
}

static struct pool *pool_of(struct pools *pools, const struct value *name)
{
    for (size_t i = 0; i < pools->count && name->type == VALUE_STRING; i++) {
        if (text_equal(pools->items[i].name, name->string)) {
            return &pools->items[i];
        }
    }
    return NULL;
}

/* Puts a literal, or those in a list of labels, into a pool. */
static void put_literals(struct pool *pool, const struct value *value)
{
    if (value->type == VALUE_STRING || value->type == VALUE_BOOL || value_is_number(value)) {
        put_value(pool, value);
    } else if (value->type == VALUE_ARRAY) {
        for (size_t i = 0; i < value->array.count; i++) {
            put_literals(pool, &value->array.items[i]);
        }
    }
}

static bool is_operator(const struct value *expression, const char *name)
{
    return expression->type == VALUE_ARRAY && expression->array.count > 0 &&
           expression->array.items[0].type == VALUE_STRING && text_is(expression->array.items[0].string, name);
}

/* What `whole` compares its input with: not its results. */
static void put_compared(struct pool *pool, const struct value *whole, const struct value *input)
{
    bool is_match = is_operator(whole, "match");
    bool is_curve = is_operator(whole, "step") || is_operator(whole, "interpolate");
    for (size_t i = 1; i < whole->array.count; i++) {
        const struct value *value = &whole->array.items[i];
        bool is_result =
            (is_match && (i % 2 == 1 || i + 1 == whole->array.count)) || (is_curve && !value_is_number(value));
        if (value != input && !is_result) {
            put_literals(pool, value);
        }
    }
}

/* Every attribute that is read within `input`, a part of the operand `at` of `whole`, may have the literals beside it.
 */
static void join(struct pools *pools, const struct value *whole, const struct value *at, const struct value *input)
{
    if (input->type != VALUE_ARRAY) {
        return;
    }
    struct pool *pool =
        is_operator(input, "get") && input->array.count > 1 ? pool_of(pools, &input->array.items[1]) : NULL;
    if (pool) {
        put_compared(pool, whole, at);
        return;
    }
    for (size_t i = 1; i < input->array.count; i++) {
        join(pools, whole, at, &input->array.items[i]);
    }
}

/* {"property": name, "stops": [[value, …], …]} */
static void join_stops(struct pools *pools, const struct value *function)
{
    const struct value *name = value_member(function, "property");
    const struct value *stops = value_member(function, "stops");
    struct pool *pool = name ? pool_of(pools, name) : NULL;
    for (size_t i = 0; pool && stops && stops->type == VALUE_ARRAY && i < stops->array.count; i++) {
        const struct value *stop = &stops->array.items[i];
        if (stop->type == VALUE_ARRAY && stop->array.count > 0) {
            const struct value *input = &stop->array.items[0];
            const struct value *inner = value_member(input, "value");
            put_literals(pool, inner ? inner : input);
        }
    }
}

static void read_json(struct pools *pools, const struct value *json)
{
    if (json->type == VALUE_OBJECT) {
        join_stops(pools, json);
        for (size_t i = 0; i < json->object.count; i++) {
            read_json(pools, &json->object.members[i].value);
        }
    }
    if (json->type != VALUE_ARRAY) {
        return;
    }
    for (size_t i = 1; i < json->array.count && i < 4; i++) {
        join(pools, json, &json->array.items[i], &json->array.items[i]);
    }
    /* Filters of old: ["==", "kind", "road"]. */
    struct pool *pool = json->array.count > 2 ? pool_of(pools, &json->array.items[1]) : NULL;
    for (size_t i = 2; pool && i < json->array.count; i++) {
        put_literals(pool, &json->array.items[i]);
    }
    for (size_t i = 0; i < json->array.count; i++) {
        read_json(pools, &json->array.items[i]);
    }
}

/* ---- Features that could be ---- */

static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A value near the pool's at `index`. */
static struct value value_from(const struct pool *pool, size_t index, uint64_t *random)
{
    if (pool->count == 0 || next_random(random) >> 60 == 0) {
        return value_null();
    }
    const struct value *value = &pool->values[index % pool->count];
    if (!value_is_number(value)) {
        return *value;
    }
    const struct value *next = &pool->values[(index + 1) % pool->count];
    double number = value_number(value);
    switch (next_random(random) >> 8 & 3) {
    case 0:
        return *value;
    case 1:
        return value_of_real(number * 1.25 + 1);
    case 2:
        return value_of_real(number * 0.75 - 1);
    default:
        return value_of_real(value_is_number(next) ? (number + value_number(next)) / 2 : number);
    }
}

static enum style_geometry geometry_for(enum style_layer_type type)
{
    switch (type) {
    case STYLE_FILL:
        return STYLE_GEOMETRY_POLYGON;
    case STYLE_LINE:
        return STYLE_GEOMETRY_LINE;
    default:
        return STYLE_GEOMETRY_POINT;
    }
}

static struct pixel pixel_of(const struct style_layer *layer, enum style_property color, enum style_property opacity,
                             const struct style_scope *scope)
{
    struct style_color found = style_color(layer, color, scope);
    double share = opacity == STYLE_PROPERTY_COUNT ? 1 : style_number(layer, opacity, scope);
    return pixel_from_color((struct color){(float)found.r, (float)found.g, (float)found.b, (float)found.a}, share);
}

/* The property that names a layer's pattern or icon. */
static enum style_property image_property(enum style_layer_type type)
{
    switch (type) {
    case STYLE_BACKGROUND:
        return STYLE_BACKGROUND_PATTERN;
    case STYLE_FILL:
        return STYLE_FILL_PATTERN;
    case STYLE_LINE:
        return STYLE_LINE_PATTERN;
    case STYLE_SYMBOL:
        return STYLE_ICON_IMAGE;
    default:
        return STYLE_PROPERTY_COUNT;
    }
}

static bool has_image(const struct style_layer *layer, enum style_layer_type type)
{
    enum style_property property = image_property(type);
    return property != STYLE_PROPERTY_COUNT && style_is_set(layer, property);
}

static double image_opacity(const struct style_layer *layer, enum style_layer_type type,
                            const struct style_scope *scope)
{
    enum style_property property = type == STYLE_BACKGROUND ? STYLE_BACKGROUND_OPACITY
                                   : type == STYLE_FILL     ? STYLE_FILL_OPACITY
                                   : type == STYLE_LINE     ? STYLE_LINE_OPACITY
                                                            : STYLE_ICON_OPACITY;
    return style_number(layer, property, scope);
}

/* Any pixel of the pattern or icon; of a distance field its two colours. */
static struct ink image_ink(const struct style_layer *layer, enum style_layer_type type,
                            const struct style_scope *scope, const struct sprite *sprite, uint64_t chance)
{
    struct ink ink = {0};
    struct text name = style_text(layer, image_property(type), scope);
    const struct sprite_image *image = sprite_find(sprite, name, 1 + (double)(chance >> 63));
    if (!image) {
        return ink;
    }
    if (image->is_sdf) {
        ink.fill = pixel_of(layer, STYLE_ICON_COLOR, STYLE_ICON_OPACITY, scope);
        ink.outline = pixel_of(layer, STYLE_ICON_HALO_COLOR, STYLE_ICON_OPACITY, scope);
        return ink;
    }
    const uint8_t *at = image->pixels + chance % ((uint64_t)image->width_px * image->height_px) * 4;
    double opacity = image_opacity(layer, type, scope);
    opacity = opacity > 0 ? (opacity < 1 ? opacity : 1) : 0;
    ink.fill = (struct pixel){(uint8_t)(at[0] * opacity + 0.5), (uint8_t)(at[1] * opacity + 0.5),
                              (uint8_t)(at[2] * opacity + 0.5), (uint8_t)(at[3] * opacity + 0.5)};
    return ink;
}

static struct ink ink_of(const struct style_layer *layer, enum style_layer_type type, const struct style_scope *scope)
{
    struct ink ink = {0};
    switch (type) {
    case STYLE_BACKGROUND:
        ink.fill = pixel_of(layer, STYLE_BACKGROUND_COLOR, STYLE_BACKGROUND_OPACITY, scope);
        break;
    case STYLE_FILL:
        ink.fill = pixel_of(layer, STYLE_FILL_COLOR, STYLE_FILL_OPACITY, scope);
        if (style_is_set(layer, STYLE_FILL_OUTLINE_COLOR)) {
            ink.outline = pixel_of(layer, STYLE_FILL_OUTLINE_COLOR, STYLE_FILL_OPACITY, scope);
        }
        break;
    case STYLE_LINE:
        ink.fill = pixel_of(layer, STYLE_LINE_COLOR, STYLE_LINE_OPACITY, scope);
        break;
    case STYLE_CIRCLE:
        ink.fill = pixel_of(layer, STYLE_CIRCLE_COLOR, STYLE_CIRCLE_OPACITY, scope);
        if (style_is_set(layer, STYLE_CIRCLE_STROKE_WIDTH)) {
            ink.outline = pixel_of(layer, STYLE_CIRCLE_STROKE_COLOR, STYLE_CIRCLE_STROKE_OPACITY, scope);
        }
        break;
    case STYLE_SYMBOL:
        ink.fill = pixel_of(layer, STYLE_TEXT_COLOR, STYLE_TEXT_OPACITY, scope);
        if (style_is_set(layer, STYLE_TEXT_HALO_WIDTH)) {
            ink.outline = pixel_of(layer, STYLE_TEXT_HALO_COLOR, STYLE_TEXT_OPACITY, scope);
        }
        break;
    default:
        break;
    }
    return ink;
}

/* Of a layer with images; symbols have text as well. */
static struct ink any_ink(const struct style_layer *layer, const struct style_scope *scope, const struct sprite *sprite,
                          uint64_t *random)
{
    enum style_layer_type type = style_layer_info(layer)->type;
    uint64_t chance = next_random(random);
    bool is_text = type == STYLE_SYMBOL && style_is_set(layer, STYLE_TEXT_FIELD) && chance >> 62 & 1;
    return is_text || !has_image(layer, type) ? ink_of(layer, type, scope)
                                              : image_ink(layer, type, scope, sprite, chance);
}

/* Tries features until enough pass the filter, or without asking it. Returns how many inks were found. */
static size_t try_features(const struct style_layer *layer, const struct sprite *sprite, const struct pools *pools,
                           const int32_t *slots, struct style_scope scope, bool filtered, struct ink *inks)
{
    enum style_layer_type type = style_layer_info(layer)->type;
    struct value values[ATTRIBUTES_MAX];
    struct text columns[ATTRIBUTES_MAX];
    uint64_t random = 1;
    size_t found = 0;
    for (size_t i = 0; i < pools->count; i++) {
        columns[i] = pools->items[i].name;
    }
    for (int i = 0; i < TRIES_MAX && found < INKS_MAX; i++) {
        for (size_t j = 0; j < pools->count; j++) {
            /* One attribute after the other takes all its values in turn, the rest take any. */
            size_t turn =
                (size_t)i % pools->count == j ? (size_t)i / pools->count : (size_t)(next_random(&random) >> 40);
            values[j] = value_from(&pools->items[j], turn, &random);
        }
        struct style_feature feature = {.geometry = geometry_for(type),
                                        .values = values,
                                        .columns = columns,
                                        .column_count = pools->count,
                                        .slots = slots};
        scope.feature = &feature;
        if (!filtered || style_filter(layer, &scope)) {
            inks[found++] = any_ink(layer, &scope, sprite, &random);
        }
    }
    return found;
}

/* ---- Layers ---- */

static bool is_uniform(const struct style_layer *layer, enum style_layer_type type)
{
    static const enum style_property background[] = {STYLE_BACKGROUND_COLOR, STYLE_BACKGROUND_OPACITY};
    static const enum style_property fill[] = {STYLE_FILL_COLOR, STYLE_FILL_OPACITY, STYLE_FILL_OUTLINE_COLOR};
    static const enum style_property line[] = {STYLE_LINE_COLOR, STYLE_LINE_OPACITY};
    static const enum style_property circle[] = {STYLE_CIRCLE_COLOR, STYLE_CIRCLE_OPACITY, STYLE_CIRCLE_STROKE_COLOR,
                                                 STYLE_CIRCLE_STROKE_OPACITY};
    static const enum style_property symbol[] = {STYLE_TEXT_COLOR, STYLE_TEXT_OPACITY, STYLE_TEXT_HALO_COLOR};
    const enum style_property *properties = background;
    size_t count = 2;
    switch (type) {
    case STYLE_FILL:
        properties = fill;
        count = sizeof fill / sizeof fill[0];
        break;
    case STYLE_LINE:
        properties = line;
        break;
    case STYLE_CIRCLE:
        properties = circle;
        count = sizeof circle / sizeof circle[0];
        break;
    case STYLE_SYMBOL:
        properties = symbol;
        count = sizeof symbol / sizeof symbol[0];
        break;
    default:
        break;
    }
    for (size_t i = 0; i < count; i++) {
        if (style_dependence(layer, properties[i]) & STYLE_DEPENDS_ON_FEATURE) {
            return false;
        }
    }
    return true;
}

static bool is_imagery(enum style_layer_type type)
{
    switch (type) {
    case STYLE_RASTER:
    case STYLE_HEATMAP:
    case STYLE_HILLSHADE:
    case STYLE_COLOR_RELIEF:
        return true;
    default:
        return false;
    }
}

static bool find_inks(const struct style_layer *layer, const struct value *json, const struct sprite *sprite,
                      double zoom, struct arena *arena, struct ink_layer *out_layer)
{
    const struct style_layer_info *info = style_layer_info(layer);
    struct ink *inks = arena_array(arena, INKS_MAX, sizeof *inks);
    struct style_scope scope = {.zoom = zoom, .arena = arena};
    if (!inks) {
        return false;
    }
    *out_layer = (struct ink_layer){info->type, info->source, inks, 1};
    if (is_uniform(layer, info->type) && !has_image(layer, info->type)) {
        inks[0] = ink_of(layer, info->type, &scope);
        return true;
    }
    struct pools *pools = arena_alloc(arena, sizeof *pools);
    int32_t *slots = arena_array(arena, info->name_count, sizeof *slots);
    if (!pools || !slots) {
        return false;
    }
    for (size_t i = 0; i < info->name_count; i++) {
        slots[i] = -1;
        if (pools->count < ATTRIBUTES_MAX) {
            slots[i] = (int32_t)pools->count;
            pools->items[pools->count++].name = info->names[i];
        }
    }
    read_json(pools, json);
    out_layer->count = try_features(layer, sprite, pools, slots, scope, true, inks);
    if (out_layer->count == 0) { /* the filter asks for more than chance hits */
        out_layer->count = try_features(layer, sprite, pools, slots, scope, false, inks);
    }
    return true;
}

bool style_inks_find(const struct style *style, const struct sprite *sprite, double zoom, struct arena *arena,
                     struct ink_layers *out_layers, struct error *err)
{
    const struct value *json = value_member(style_json(style), "layers");
    size_t count = style_layer_count(style);
    struct ink_layer *items = arena_array(arena, count, sizeof *items);
    struct ink_layers found = {.items = items};
    if (!items || !json || json->type != VALUE_ARRAY || json->array.count < count) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        if (!render_shows(layer, zoom)) {
            continue;
        }
        found.has_imagery = found.has_imagery || is_imagery(style_layer_info(layer)->type);
        if (!find_inks(layer, &json->array.items[i], sprite, zoom, arena, &items[found.count++])) {
            return error_no_memory(err);
        }
    }
    *out_layers = found;
    return true;
}
