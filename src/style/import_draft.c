/* SPDX-License-Identifier: MIT */
#include "style/import_draft.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NOTES_MAX = 400, ZOOM_MAX = 24 };

/* The equator in metres, and the CSS px of the world at style zoom 0. */
static const double equator_m = 40075016.68557849;
static const double world_px = 512;

void import_note_plain(struct import *import, size_t line, const char *english, const char *spanish)
{
    for (size_t i = 0; i < import->note_count; i++) {
        if (import->notes[i].line == line && strcmp(import->notes[i].english, english) == 0) {
            return;
        }
    }
    if (import->note_count == NOTES_MAX) {
        return;
    }
    bool is_last = import->note_count == NOTES_MAX - 1;
    if (!import->notes) {
        import->notes = arena_array(import->arena, NOTES_MAX, sizeof *import->notes);
    }
    const char *kept[] = {arena_strdup(import->arena, is_last ? "and more of this kind" : english),
                          arena_strdup(import->arena, is_last ? "y más de este tipo" : spanish)};
    if (!import->notes || !kept[0] || !kept[1]) {
        import->failed = true;
        return;
    }
    import->notes[import->note_count++] = (struct style_message){STYLE_WARNING, line, "", kept[0], kept[1]};
}

void import_note(struct import *import, size_t line, const char *english, const char *spanish, ...)
{
    char texts[2][400];
    va_list args;
    va_start(args, spanish);
    vsnprintf(texts[0], sizeof texts[0], english, args);
    va_end(args);
    va_start(args, spanish);
    vsnprintf(texts[1], sizeof texts[1], spanish, args);
    va_end(args);
    import_note_plain(import, line, texts[0], texts[1]);
}

struct import_rule *import_rule_add(struct import *import, struct import_rule *parent, size_t line)
{
    struct import_rule *rule = arena_alloc(import->arena, sizeof *rule);
    if (!rule) {
        import->failed = true;
        return NULL;
    }
    rule->line = line;
    rule->max_zoom = ZOOM_MAX;
    rule->filter = value_null();
    if (parent->last) {
        parent->last->next = rule;
    } else {
        parent->first = rule;
    }
    parent->last = rule;
    return rule;
}

struct import_part *import_part_add(struct import *import, struct import_rule *rule, const char *type)
{
    if (rule->part_count == IMPORT_PARTS_MAX) {
        import_note(import, rule->line, "more than %d symbol layers: the rest is left out",
                    "más de %d capas de símbolo: se omiten las demás", (int)IMPORT_PARTS_MAX);
        return NULL;
    }
    if (rule->part_count == rule->part_capacity) {
        size_t capacity = rule->part_capacity == 0 ? 2 : rule->part_capacity * 2;
        struct import_part *parts = arena_array(import->arena, capacity, sizeof *parts);
        if (!parts) {
            import->failed = true;
            return NULL;
        }
        if (rule->part_count > 0) {
            memcpy(parts, rule->parts, rule->part_count * sizeof *parts);
        }
        rule->parts = parts;
        rule->part_capacity = capacity;
    }
    struct import_part *part = &rule->parts[rule->part_count++];
    *part = (struct import_part){.type = type};
    return part;
}

static struct import_property *add_property(struct import_part *part, const char *name, bool is_layout)
{
    for (size_t i = 0; i < part->property_count; i++) {
        if (strcmp(part->properties[i].name, name) == 0) {
            return &part->properties[i];
        }
    }
    if (part->property_count == IMPORT_PROPERTIES_MAX) {
        return NULL;
    }
    struct import_property *property = &part->properties[part->property_count++];
    *property = (struct import_property){.name = name, .is_layout = is_layout};
    return property;
}

void import_part_set(struct import *import, struct import_part *part, const char *name, bool is_layout,
                     struct value value)
{
    struct import_property *property = add_property(part, name, is_layout);
    if (!property) {
        import->failed = true;
        return;
    }
    property->value = value;
    property->is_length = false;
}

void import_part_set_length(struct import *import, struct import_part *part, const char *name, bool is_layout,
                            struct import_length length)
{
    struct import_property *property = add_property(part, name, is_layout);
    if (!property) {
        import->failed = true;
        return;
    }
    property->length = length;
    property->is_length = true;
}

struct value import_string(struct import *import, const char *text)
{
    const char *copy = arena_strdup(import->arena, text ? text : "");
    if (!copy) {
        import->failed = true;
        return value_null();
    }
    return value_of_string(copy);
}

struct value import_array(struct import *import, const struct value *items, size_t count)
{
    struct value *copy = arena_array(import->arena, count, sizeof *copy);
    if (!copy) {
        import->failed = true;
        return value_null();
    }
    if (count > 0) {
        memcpy(copy, items, count * sizeof *copy);
    }
    return (struct value){.type = VALUE_ARRAY, .array = {copy, count}};
}

struct value import_list(struct import *import, size_t count, ...)
{
    struct value items[8];
    va_list args;
    va_start(args, count);
    for (size_t i = 0; i < count && i < sizeof items / sizeof *items; i++) {
        items[i] = va_arg(args, struct value);
    }
    va_end(args);
    return import_array(import, items, count);
}

struct value import_numbers(struct import *import, const double *numbers, size_t count)
{
    struct value items[32];
    count = count > 32 ? 32 : count;
    for (size_t i = 0; i < count; i++) {
        items[i] = value_of_real(round(numbers[i] * 1e4) / 1e4);
    }
    return import_array(import, items, count);
}

static unsigned byte_of(double component)
{
    return (unsigned)lround(fmin(fmax(component, 0), 1) * 255);
}

struct value import_color(struct import *import, struct style_color color)
{
    char text[64];
    if (color.a >= 0.999) {
        snprintf(text, sizeof text, "#%02x%02x%02x", byte_of(color.r), byte_of(color.g), byte_of(color.b));
    } else {
        char alpha[32];
        text_put_double(round(fmax(color.a, 0) * 1000) / 1000, alpha);
        snprintf(text, sizeof text, "rgba(%u, %u, %u, %s)", byte_of(color.r), byte_of(color.g), byte_of(color.b),
                 alpha);
    }
    return import_string(import, text);
}

static bool is_all(const struct value *value)
{
    return value->type == VALUE_ARRAY && value->array.count > 0 && value->array.items[0].type == VALUE_STRING &&
           text_is(value->array.items[0].string, "all");
}

struct value import_both(struct import *import, struct value a, struct value b)
{
    if (a.type == VALUE_NULL || b.type == VALUE_NULL) {
        return a.type == VALUE_NULL ? b : a;
    }
    if (value_equal(&a, &b)) {
        return a;
    }
    size_t capacity = 1 + (is_all(&a) ? a.array.count : 1) + (is_all(&b) ? b.array.count : 1);
    struct value *items = arena_array(import->arena, capacity, sizeof *items);
    if (!items) {
        import->failed = true;
        return value_null();
    }
    size_t count = 0;
    items[count++] = value_of_string("all");
    const struct value *sides[] = {&a, &b};
    for (size_t side = 0; side < 2; side++) {
        bool joins = is_all(sides[side]);
        const struct value *from = joins ? sides[side]->array.items + 1 : sides[side];
        size_t more = joins ? sides[side]->array.count - 1 : 1;
        for (size_t i = 0; i < more; i++) {
            bool is_new = true;
            for (size_t j = 1; j < count && j < 32; j++) {
                is_new = is_new && !value_equal(&items[j], &from[i]);
            }
            if (is_new) {
                items[count++] = from[i];
            }
        }
    }
    return (struct value){.type = VALUE_ARRAY, .array = {items, count}};
}

unsigned import_depth(const struct value *value)
{
    unsigned deepest = 0;
    for (size_t i = 0; value->type == VALUE_ARRAY && i < value->array.count; i++) {
        unsigned depth = import_depth(&value->array.items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

struct import_length import_length_of(const struct import *import, double number, enum import_unit unit)
{
    double m_per_px = equator_m / world_px * cos(import->latitude * 3.14159265358979323846 / 180);
    switch (unit) {
    case IMPORT_MM:
        return (struct import_length){number * 96 / 25.4, 0};
    case IMPORT_POINT:
        return (struct import_length){number * 96 / 72, 0};
    case IMPORT_INCH:
        return (struct import_length){number * 96, 0};
    case IMPORT_METRE:
        return (struct import_length){0, number / m_per_px};
    case IMPORT_PX:
    case IMPORT_UNIT_UNKNOWN:
        break;
    }
    return (struct import_length){number, 0};
}

struct import_length import_length_scaled(struct import_length length, double factor)
{
    return (struct import_length){length.fixed * factor, length.ground * factor};
}

struct import_length import_length_sum(struct import_length a, struct import_length b)
{
    return (struct import_length){a.fixed + b.fixed, a.ground + b.ground};
}

double import_zoom_of_scale(const struct import *import, double denominator)
{
    double zoom = log2(equator_m / world_px / (import->mm_per_px / 1000) / denominator);
    return fmin(fmax(round(zoom * 1e4) / 1e4, 0), ZOOM_MAX);
}

void import_rule_set_scales(const struct import *import, struct import_rule *rule, double smallest, double largest)
{
    if (largest > 0 && isfinite(largest)) {
        rule->min_zoom = fmax(rule->min_zoom, import_zoom_of_scale(import, largest));
    }
    if (smallest > 0 && isfinite(smallest)) {
        rule->max_zoom = fmin(rule->max_zoom, import_zoom_of_scale(import, smallest));
    }
}
