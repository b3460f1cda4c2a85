/* SPDX-License-Identifier: MIT */
/* What a style says: its parts, and its properties for a feature at a zoom. */
#include "style/style.h"

#include "base/text.h"
#include "style/style_parts.h"

#include <string.h>

const char *style_name(const struct style *style)
{
    return style->name;
}

const struct value *style_json(const struct style *style)
{
    return &style->json;
}

uint64_t style_hash(const struct style *style)
{
    return style->hash;
}

size_t style_layer_count(const struct style *style)
{
    return style->layer_count;
}

const struct style_layer *style_layer_at(const struct style *style, size_t index)
{
    return &style->layers[index];
}

const struct style_layer_info *style_layer_info(const struct style_layer *layer)
{
    return &layer->info;
}

size_t style_slots_max(const struct style *style)
{
    return style->slots_max;
}

size_t style_source_count(const struct style *style)
{
    return style->source_count;
}

const struct style_source_info *style_source_at(const struct style *style, size_t index)
{
    return &style->sources[index];
}

const struct style_source_info *style_source_find(const struct style *style, const char *name)
{
    for (size_t i = 0; i < style->source_count; i++) {
        if (strcmp(style->sources[i].name, name) == 0) {
            return &style->sources[i];
        }
    }
    return NULL;
}

void style_bind(const struct style_layer *layer, const struct text *columns, size_t column_count, int32_t *out_slots)
{
    for (size_t i = 0; i < layer->info.name_count; i++) {
        out_slots[i] = -1;
        for (size_t c = 0; c < column_count; c++) {
            if (text_equal(layer->info.names[i], columns[c])) {
                out_slots[i] = (int32_t)c;
                break;
            }
        }
    }
}

static const struct style_property_value *find_value(const struct style_layer *layer, enum style_property property)
{
    const struct style_property_value *value = layer->properties[property];
    return value ? value : &layer->style->defaults[property];
}

static struct expr_context context_of(const struct style_layer *layer, const struct style_scope *scope)
{
    return (struct expr_context){.zoom = scope->zoom,
                                 .feature = scope->feature,
                                 .arena = scope->arena,
                                 .global_state = &layer->style->global_state,
                                 .has_image = scope->has_image,
                                 .images = scope->images,
                                 .letters_apart = scope->letters_apart};
}

unsigned style_dependence(const struct style_layer *layer, enum style_property property)
{
    return find_value(layer, property)->depends;
}

bool style_is_set(const struct style_layer *layer, enum style_property property)
{
    return layer->properties[property];
}

const struct value *style_filter_json(const struct style_layer *layer)
{
    return layer->filter_json;
}

unsigned style_filter_dependence(const struct style_layer *layer)
{
    return layer->filter ? layer->filter->depends & (EXPR_ON_ZOOM | EXPR_ON_FEATURE) : 0;
}

bool style_same_subject(const struct style_layer *one, const struct style_layer *other)
{
    return one->same_subject == other->same_subject;
}

bool style_same_features(const struct style_layer *one, const struct style_layer *other)
{
    return one->same_features == other->same_features;
}

bool style_needs_shape(const struct style_layer *layer)
{
    return layer->needs_shape;
}

bool style_filter_sees_attributes_only(const struct style_layer *layer)
{
    return !layer->filter_sees_feature;
}

bool style_sees_attributes_only(const struct style_layer *layer)
{
    return !layer->sees_feature;
}

bool style_filter(const struct style_layer *layer, const struct style_scope *scope)
{
    if (!layer->filter) {
        return !layer->passes_nothing;
    }
    struct expr_context context = context_of(layer, scope);
    struct expr_value result;
    return expr_evaluate(layer->filter, &context, &result) && expr_truth(&result);
}

/* The value of a property in a scope, NULL when it has none. */
static const struct expr_value *evaluate(const struct style_layer *layer, enum style_property property,
                                         const struct style_scope *scope, struct expr_value *room)
{
    const struct style_property_value *value = find_value(layer, property);
    if (!value->expr) {
        return value->has_constant ? &value->constant : NULL;
    }
    struct expr_context context = context_of(layer, scope);
    const struct expr_value *result = style_property_evaluate(value, &context, room);
    return result;
}

double style_number(const struct style_layer *layer, enum style_property property, const struct style_scope *scope)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    return value && value->kind == EXPR_NUMBER ? value->number : 0;
}

bool style_bool(const struct style_layer *layer, enum style_property property, const struct style_scope *scope)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    return value && value->kind == EXPR_BOOLEAN && value->boolean;
}

static double unit(double channel)
{
    return channel < 0 ? 0 : channel > 1 ? 1 : channel;
}

static struct style_color unit_color(struct style_color color)
{
    return (struct style_color){unit(color.r), unit(color.g), unit(color.b), unit(color.a)};
}

struct style_color style_color(const struct style_layer *layer, enum style_property property,
                               const struct style_scope *scope)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    if (!value || value->kind != EXPR_COLOR) {
        /* an outline without a colour of its own takes the fill's */
        return property == STYLE_FILL_OUTLINE_COLOR ? style_color(layer, STYLE_FILL_COLOR, scope)
                                                    : (struct style_color){0, 0, 0, 0};
    }
    return unit_color(value->color);
}

int style_enum(const struct style_layer *layer, enum style_property property, const struct style_scope *scope)
{
    const struct style_property_value *kept = find_value(layer, property);
    if (!kept->expr) {
        return kept->constant_index;
    }
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    int index = value && value->kind == EXPR_STRING ? style_property_index(kept->spec, value->string) : -1;
    return index >= 0 ? index : kept->constant_index;
}

struct text style_text(const struct style_layer *layer, enum style_property property, const struct style_scope *scope)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    if (!value) {
        return (struct text){"", 0};
    }
    if (value->kind == EXPR_IMAGE) {
        return value->image.name;
    }
    return value->kind == EXPR_STRING ? value->string : expr_to_text(value, scope->arena);
}

static bool has_items(const struct expr_value *value)
{
    return value && (value->kind == EXPR_ARRAY || value->kind == EXPR_PADDING || value->kind == EXPR_NUMBER_ARRAY ||
                     value->kind == EXPR_COLOR_ARRAY || value->kind == EXPR_ANCHOR_OFFSETS);
}

size_t style_numbers(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                     double *out_numbers, size_t capacity)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    size_t count = has_items(value) ? value->array.count : 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        const struct expr_value *item = &value->array.items[i];
        out_numbers[i] = item->kind == EXPR_NUMBER ? item->number : 0;
    }
    return count;
}

size_t style_texts(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                   struct text *out_texts, size_t capacity)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    size_t count = has_items(value) ? value->array.count : 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        const struct expr_value *item = &value->array.items[i];
        out_texts[i] = item->kind == EXPR_STRING ? item->string : (struct text){"", 0};
    }
    return count;
}

size_t style_colors(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                    struct style_color *out_colors, size_t capacity)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    size_t count = value && value->kind == EXPR_COLOR_ARRAY ? value->array.count : 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        out_colors[i] = unit_color(value->array.items[i].color);
    }
    return count;
}

size_t style_anchor_offsets(const struct style_layer *layer, enum style_property property,
                            const struct style_scope *scope, struct style_anchor_offset *out_offsets, size_t capacity)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    size_t count = value && value->kind == EXPR_ANCHOR_OFFSETS ? value->array.count / 2 : 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        const struct expr_value *pair = &value->array.items[2 * i];
        int anchor = style_property_index(&property_table[STYLE_TEXT_ANCHOR], pair[0].string);
        out_offsets[i] = (struct style_anchor_offset){(enum style_anchor)(anchor < 0 ? 0 : anchor),
                                                      pair[1].array.items[0].number, pair[1].array.items[1].number};
    }
    return count;
}

static struct style_section section_of(const struct expr_section *section)
{
    struct style_section out = {.text = section->text,
                                .image = section->is_image ? section->image : (struct text){"", 0},
                                .scale = section->has_scale ? section->scale : 1,
                                .font_stack = section->has_font ? section->font_stack : (struct text){"", 0},
                                .has_color = section->has_color,
                                .color = unit_color(section->color),
                                .vertical_align = STYLE_ALIGN_BOTTOM};
    if (section->has_align && text_is(section->align, "center")) {
        out.vertical_align = STYLE_ALIGN_CENTER;
    } else if (section->has_align && text_is(section->align, "top")) {
        out.vertical_align = STYLE_ALIGN_TOP;
    }
    return out;
}

size_t style_formatted(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                       struct style_section *out_sections, size_t capacity)
{
    struct expr_value room;
    const struct expr_value *value = evaluate(layer, property, scope, &room);
    size_t count = value && value->kind == EXPR_FORMATTED ? value->formatted.count : 0;
    for (size_t i = 0; i < count && i < capacity; i++) {
        out_sections[i] = section_of(&value->formatted.sections[i]);
    }
    return count;
}

/* --- ramps -------------------------------------------------------------------------------------------------- */

bool style_ramp_at(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                   double input, struct style_color *out_color)
{
    const struct style_property_value *value = find_value(layer, property);
    struct expr_context context = context_of(layer, scope);
    struct expr_value room;
    context.heatmap_density = input;
    context.line_progress = input;
    context.elevation = input;
    const struct expr_value *result = style_property_evaluate(value, &context, &room);
    if (!result || result->kind != EXPR_COLOR) {
        return false;
    }
    *out_color = unit_color(result->color);
    return true;
}

bool style_ramp(const struct style_layer *layer, enum style_property property, const struct style_scope *scope,
                struct style_color *out_colors, size_t count)
{
    const struct style_property_value *value = find_value(layer, property);
    if (!value->expr && !value->has_constant) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        double input = count > 1 ? (double)i / (double)(count - 1) : 0;
        if (!style_ramp_at(layer, property, scope, input, &out_colors[i])) {
            out_colors[i] = (struct style_color){0, 0, 0, 0};
        }
    }
    return true;
}

size_t style_ramp_stops(const struct style_layer *layer, enum style_property property, double *out_inputs,
                        size_t capacity)
{
    const struct expr *expr = find_value(layer, property)->expr;
    if (!expr || (expr->op != OP_INTERPOLATE && expr->op != OP_STEP)) {
        return 0;
    }
    for (size_t i = 0; i < expr->curve->count && i < capacity; i++) {
        out_inputs[i] = expr->curve->labels[i];
    }
    return expr->curve->count;
}
