/* SPDX-License-Identifier: MIT */
/* Compiling and evaluating one property of a layer. */
#include "style/style_property.h"

#include "style/css_color.h"
#include "style/legacy.h"

#include <math.h>

int style_property_index(const struct property_spec *spec, struct text value)
{
    for (int i = 0; spec->values && spec->values[i]; i++) {
        if (text_is(value, spec->values[i])) {
            return i;
        }
    }
    return -1;
}

static bool color_of(const struct expr_value *value, struct expr_value *out_value)
{
    if (value->kind == EXPR_COLOR) {
        *out_value = *value;
        return true;
    }
    *out_value = (struct expr_value){.kind = EXPR_COLOR};
    return value->kind == EXPR_STRING && css_color_parse(value->string, &out_value->color);
}

static bool formatted_of(const struct expr_value *value, struct arena *arena, struct expr_value *out_value)
{
    struct expr_section *section = arena_alloc(arena, sizeof *section);
    if (!section) {
        return false;
    }
    section->text = expr_to_text(value, arena);
    *out_value = (struct expr_value){.kind = EXPR_FORMATTED, .formatted = {section, 1}};
    return true;
}

/* A plain JSON value as what the property holds. */
static bool constant_of(const struct property_spec *spec, const struct value *json, struct arena *arena,
                        struct expr_value *out_value)
{
    struct expr_value value = expr_of_json(json, arena);
    *out_value = value;
    switch (spec->type) {
    case PROPERTY_NUMBER:
        return value.kind == EXPR_NUMBER;
    case PROPERTY_BOOLEAN:
        return value.kind == EXPR_BOOLEAN;
    case PROPERTY_STRING:
        return value.kind == EXPR_STRING;
    case PROPERTY_ENUM:
        return value.kind == EXPR_STRING && style_property_index(spec, value.string) >= 0;
    case PROPERTY_COLOR:
        return color_of(&value, out_value);
    case PROPERTY_ARRAY:
        return value.kind == EXPR_ARRAY && (spec->length < 0 || value.array.count == (size_t)spec->length);
    case PROPERTY_FORMATTED:
        return value.kind == EXPR_FORMATTED || formatted_of(&value, arena, out_value);
    case PROPERTY_IMAGE:
        *out_value = (struct expr_value){.kind = EXPR_IMAGE, .image = {value.string, true}};
        return value.kind == EXPR_STRING;
    case PROPERTY_PADDING:
        return expr_parse_padding(&value, arena, out_value);
    case PROPERTY_NUMBER_ARRAY:
        return expr_parse_number_array(&value, arena, out_value);
    case PROPERTY_COLOR_ARRAY:
        return expr_parse_color_array(&value, arena, out_value);
    case PROPERTY_ANCHOR_OFFSETS:
        return expr_parse_anchor_offsets(&value, arena, out_value);
    case PROPERTY_PROJECTION:
    case PROPERTY_ANY:
        return true;
    }
    return false;
}

static bool set_constant(struct style_property_value *value, const struct value *json, struct arena *arena)
{
    value->has_constant = constant_of(value->spec, json, arena, &value->constant);
    value->constant_index = value->has_constant && value->spec->type == PROPERTY_ENUM
                                ? style_property_index(value->spec, value->constant.string)
                                : -1;
    return value->has_constant;
}

static void set_expression(struct style_property_value *value, const struct expr *expr,
                           const struct value *global_state, struct arena *arena)
{
    unsigned run_time = EXPR_ON_ZOOM | EXPR_ON_FEATURE | EXPR_ON_DENSITY | EXPR_ON_ELEVATION | EXPR_ON_PROGRESS;
    value->depends = expr->depends & (EXPR_ON_ZOOM | EXPR_ON_FEATURE);
    if ((expr->depends & run_time) == 0 && value->spec->type != PROPERTY_IMAGE &&
        value->spec->type != PROPERTY_FORMATTED) {
        /* constant but for the style's own state, which does not change: the value, or the default */
        struct expr_context context = {.arena = arena, .global_state = global_state};
        struct expr_value result;
        if (expr_evaluate(expr, &context, &result) && result.kind != EXPR_NULL &&
            !(result.kind == EXPR_NUMBER && isnan(result.number))) {
            int index = value->spec->type == PROPERTY_ENUM ? style_property_index(value->spec, result.string) : -1;
            if (value->spec->type != PROPERTY_ENUM || index >= 0) {
                value->constant = result;
                value->has_constant = true;
                value->constant_index = index;
            }
        }
        return;
    }
    value->expr = expr;
}

bool style_property_compile(enum style_property property, const struct value *json, const struct value *global_state,
                            struct expr_names *names, struct arena *arena, struct style_property_value *out_value,
                            const char **out_reason)
{
    const struct property_spec *spec = &property_table[property];
    struct style_property_value value = {.spec = spec, .constant_index = -1};
    struct value room;
    if (spec->default_json && value_read_json(text_of(spec->default_json), arena, &room, NULL)) {
        struct value *kept = arena_memdup(arena, &room, sizeof room);
        if (spec->rule == PROPERTY_COLOR_RAMP && !json) {
            json = kept;
        } else if (kept && spec->rule != PROPERTY_COLOR_RAMP) {
            set_constant(&value, kept, arena);
        }
    }
    if (!json) {
        *out_value = value;
        return true;
    }
    const struct value *source = json;
    if (legacy_is_function(json)) {
        if (!legacy_function(json, spec, arena, &room, out_reason)) {
            return false;
        }
        source = arena_memdup(arena, &room, sizeof room);
    } else if (json->type == VALUE_STRING && spec->tokens) {
        room = legacy_tokens(json->string, arena);
        source = arena_memdup(arena, &room, sizeof room);
    }
    *out_reason = "out of memory";
    if (!source) {
        return false;
    }
    if (!expr_is_expression(source)) {
        *out_reason = "the value does not fit the property";
        struct style_property_value constant = value;
        if (!set_constant(&constant, source, arena)) {
            return false;
        }
        *out_value = constant;
        return true;
    }
    const struct expr *expr;
    const struct expr_error *errors;
    if (!expr_compile_property(source, spec, names, arena, &expr, &errors)) {
        *out_reason = arena_printf(arena, "%s: %s", errors->key, errors->message);
        return false;
    }
    set_expression(&value, expr, global_state, arena);
    *out_value = value;
    return true;
}

const struct expr_value *style_property_evaluate(const struct style_property_value *value, struct expr_context *context,
                                                 struct expr_value *room)
{
    const struct expr_value *fallback = value->has_constant ? &value->constant : NULL;
    if (!value->expr) {
        return fallback;
    }
    if (!expr_evaluate(value->expr, context, room) || room->kind == EXPR_NULL ||
        (room->kind == EXPR_NUMBER && isnan(room->number))) {
        return fallback;
    }
    return room;
}
