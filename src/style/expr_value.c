/* SPDX-License-Identifier: MIT */
/* Types and values of expressions. */
#include "style/expr_value.h"

#include "style/css_color.h"
#include "style/js_number.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 1 << 20 };

const struct expr_type expr_type_value = {EXPR_VALUE, NULL, -1};

static const char *const kind_names[] = {"null",
                                         "number",
                                         "string",
                                         "boolean",
                                         "color",
                                         "projectionDefinition",
                                         "object",
                                         "value",
                                         "array",
                                         "error",
                                         "collator",
                                         "formatted",
                                         "padding",
                                         "numberArray",
                                         "colorArray",
                                         "resolvedImage",
                                         "variableAnchorOffsetCollection"};

/* Item types that need no arena. */
static const struct expr_type kind_types[] = {
    {EXPR_NULL, NULL, -1},    {EXPR_NUMBER, NULL, -1},        {EXPR_STRING, NULL, -1},
    {EXPR_BOOLEAN, NULL, -1}, {EXPR_COLOR, NULL, -1},         {EXPR_PROJECTION, NULL, -1},
    {EXPR_OBJECT, NULL, -1},  {EXPR_VALUE, NULL, -1},         {EXPR_ARRAY, &expr_type_value, -1},
    {EXPR_ERROR, NULL, -1},   {EXPR_COLLATOR, NULL, -1},      {EXPR_FORMATTED, NULL, -1},
    {EXPR_PADDING, NULL, -1}, {EXPR_NUMBER_ARRAY, NULL, -1},  {EXPR_COLOR_ARRAY, NULL, -1},
    {EXPR_IMAGE, NULL, -1},   {EXPR_ANCHOR_OFFSETS, NULL, -1}};

struct expr_type expr_type_of_kind(enum expr_kind kind)
{
    return kind_types[kind];
}

struct expr_type expr_type_array(const struct expr_type *item, int64_t length)
{
    return (struct expr_type){EXPR_ARRAY, item, length};
}

void expr_type_print(const struct expr_type *type, struct buffer *out)
{
    if (type->kind != EXPR_ARRAY) {
        buffer_append_text(out, kind_names[type->kind]);
        return;
    }
    if (type->length < 0 && type->item->kind == EXPR_VALUE) {
        buffer_append_text(out, "array");
        return;
    }
    buffer_append_text(out, "array<");
    expr_type_print(type->item, out);
    if (type->length >= 0) {
        buffer_printf(out, ", %lld", (long long)type->length);
    }
    buffer_append_text(out, ">");
}

bool expr_type_fits(const struct expr_type *expected, const struct expr_type *actual)
{
    if (actual->kind == EXPR_ERROR) {
        return true;
    }
    if (expected->kind == EXPR_ARRAY) {
        return actual->kind == EXPR_ARRAY &&
               ((actual->length == 0 && actual->item->kind == EXPR_VALUE) ||
                expr_type_fits(expected->item, actual->item)) &&
               (expected->length < 0 || expected->length == actual->length);
    }
    if (expected->kind == EXPR_VALUE) {
        return actual->kind != EXPR_COLLATOR && (actual->kind != EXPR_ARRAY || expr_type_fits(expected, actual->item));
    }
    return expected->kind == actual->kind;
}

struct expr_type expr_type_of(const struct expr_value *value, struct arena *arena)
{
    if (value->kind != EXPR_ARRAY) {
        return kind_types[value->kind];
    }
    const struct expr_type *item = NULL;
    for (size_t i = 0; i < value->array.count; i++) {
        const struct expr_value *element = &value->array.items[i];
        if (item) {
            /* two arrays never share a type: their lengths belong to it */
            if (item->kind == element->kind && item->kind != EXPR_ARRAY) {
                continue;
            }
            item = &expr_type_value;
            break;
        }
        if (element->kind == EXPR_ARRAY && arena) {
            struct expr_type inner = expr_type_of(element, arena);
            item = arena_memdup(arena, &inner, sizeof inner);
        }
        item = item ? item : &kind_types[element->kind];
    }
    return expr_type_array(item ? item : &expr_type_value, (int64_t)value->array.count);
}

struct expr_value expr_null(void)
{
    return (struct expr_value){.kind = EXPR_NULL};
}

struct expr_value expr_number(double number)
{
    return (struct expr_value){.kind = EXPR_NUMBER, .number = number};
}

struct expr_value expr_boolean(bool boolean)
{
    return (struct expr_value){.kind = EXPR_BOOLEAN, .boolean = boolean};
}

struct expr_value expr_string(struct text string)
{
    return (struct expr_value){.kind = EXPR_STRING, .string = string};
}

static struct expr_value array_of_json(const struct value *json, struct arena *arena)
{
    size_t count = json->array.count;
    struct expr_value *items = arena ? arena_array(arena, count, sizeof *items) : NULL;
    if (!items) {
        return expr_null();
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = expr_of_json(&json->array.items[i], arena);
    }
    return (struct expr_value){.kind = EXPR_ARRAY, .array = {items, count}};
}

static struct expr_value object_of_json(const struct value *json, struct arena *arena)
{
    size_t count = json->object.count;
    struct expr_member *members = arena ? arena_array(arena, count, sizeof *members) : NULL;
    if (!members) {
        return expr_null();
    }
    for (size_t i = 0; i < count; i++) {
        members[i].name = json->object.members[i].name;
        members[i].value = expr_of_json(&json->object.members[i].value, arena);
    }
    return (struct expr_value){.kind = EXPR_OBJECT, .object = {members, count}};
}

struct expr_value expr_of_json(const struct value *json, struct arena *arena)
{
    switch (json->type) {
    case VALUE_NULL:
        return expr_null();
    case VALUE_BOOL:
        return expr_boolean(json->boolean);
    case VALUE_INT:
        return expr_number((double)json->integer);
    case VALUE_REAL:
        return expr_number(json->real);
    case VALUE_STRING:
        return expr_string(json->string);
    case VALUE_ARRAY:
        return array_of_json(json, arena);
    case VALUE_OBJECT:
        return object_of_json(json, arena);
    }
    return expr_null();
}

const struct expr_value *expr_member(const struct expr_value *object, struct text name)
{
    for (size_t i = 0; i < object->object.count; i++) {
        if (text_equal(object->object.members[i].name, name)) {
            return &object->object.members[i].value;
        }
    }
    return NULL;
}

bool expr_equal(const struct expr_value *a, const struct expr_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case EXPR_NULL:
        return true;
    case EXPR_NUMBER:
        return a->number == b->number;
    case EXPR_STRING:
        return text_equal(a->string, b->string);
    case EXPR_BOOLEAN:
        return a->boolean == b->boolean;
    default:
        return false;
    }
}

bool expr_truth(const struct expr_value *value)
{
    switch (value->kind) {
    case EXPR_NULL:
        return false;
    case EXPR_NUMBER:
        return value->number != 0 && !isnan(value->number);
    case EXPR_STRING:
        return value->string.length > 0;
    case EXPR_BOOLEAN:
        return value->boolean;
    default:
        return true;
    }
}

void expr_print_json_string(struct text string, struct buffer *out)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < string.length; i++) {
        unsigned char c = (unsigned char)string.data[i];
        const char *escape = strchr("\"\"\\\\\bb\ff\nn\rr\tt", c);
        if (c != 0 && escape && (c < ' ' || c == '"' || c == '\\')) {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, c < ' ' ? (unsigned char)escape[1] : c);
        } else if (c < ' ') {
            buffer_printf(out, "\\u%04x", c);
        } else {
            buffer_append_byte(out, c);
        }
    }
    buffer_append_byte(out, '"');
}

static void print_number(double number, struct buffer *out)
{
    char text[JS_NUMBER_BYTES];
    buffer_append(out, text, js_number_format(number, text));
}

static void print_json_number(double number, struct buffer *out)
{
    if (isfinite(number)) {
        print_number(number, out);
    } else {
        buffer_append_text(out, "null");
    }
}

void expr_print_json_value(const struct value *json, struct buffer *out)
{
    switch (json->type) {
    case VALUE_NULL:
        buffer_append_text(out, "null");
        break;
    case VALUE_BOOL:
        buffer_append_text(out, json->boolean ? "true" : "false");
        break;
    case VALUE_INT:
    case VALUE_REAL:
        print_json_number(value_number(json), out);
        break;
    case VALUE_STRING:
        expr_print_json_string(json->string, out);
        break;
    case VALUE_ARRAY:
        buffer_append_byte(out, '[');
        for (size_t i = 0; i < json->array.count; i++) {
            buffer_append_text(out, i ? "," : "");
            expr_print_json_value(&json->array.items[i], out);
        }
        buffer_append_byte(out, ']');
        break;
    case VALUE_OBJECT:
        buffer_append_byte(out, '{');
        for (size_t i = 0; i < json->object.count; i++) {
            buffer_append_text(out, i ? "," : "");
            expr_print_json_string(json->object.members[i].name, out);
            buffer_append_byte(out, ':');
            expr_print_json_value(&json->object.members[i].value, out);
        }
        buffer_append_byte(out, '}');
        break;
    }
}

static void print_json_items(const struct expr_value *value, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < value->array.count; i++) {
        buffer_append_text(out, i ? "," : "");
        expr_print_json(&value->array.items[i], out);
    }
    buffer_append_byte(out, ']');
}

static void print_json_color(struct style_color color, struct buffer *out)
{
    const char *const names[] = {"{\"r\":", ",\"g\":", ",\"b\":", ",\"a\":"};
    const double channels[] = {color.r * color.a, color.g * color.a, color.b * color.a, color.a};
    for (int i = 0; i < 4; i++) {
        buffer_append_text(out, names[i]);
        print_number(channels[i], out);
    }
    buffer_append_byte(out, '}');
}

static void print_json_section(const struct expr_section *section, struct buffer *out)
{
    buffer_append_text(out, "{\"text\":");
    expr_print_json_string(section->text, out);
    buffer_append_text(out, ",\"image\":");
    if (section->is_image) {
        buffer_append_text(out, "{\"name\":");
        expr_print_json_string(section->image, out);
        buffer_printf(out, ",\"available\":%s}", section->image_available ? "true" : "false");
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_text(out, ",\"scale\":");
    if (section->has_scale) {
        print_json_number(section->scale, out);
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_text(out, ",\"fontStack\":");
    if (section->has_font) {
        expr_print_json_string(section->font_stack, out);
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_text(out, ",\"textColor\":");
    if (section->has_color) {
        print_json_color(section->color, out);
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_text(out, ",\"verticalAlign\":");
    if (section->has_align) {
        expr_print_json_string(section->align, out);
    } else {
        buffer_append_text(out, "null");
    }
    buffer_append_byte(out, '}');
}

static void print_json_special(const struct expr_value *value, struct buffer *out)
{
    switch (value->kind) {
    case EXPR_PADDING:
    case EXPR_NUMBER_ARRAY:
    case EXPR_COLOR_ARRAY:
    case EXPR_ANCHOR_OFFSETS:
        buffer_append_text(out, "{\"values\":");
        print_json_items(value, out);
        buffer_append_byte(out, '}');
        break;
    case EXPR_IMAGE:
        buffer_append_text(out, "{\"name\":");
        expr_print_json_string(value->image.name, out);
        buffer_printf(out, ",\"available\":%s}", value->image.available ? "true" : "false");
        break;
    case EXPR_FORMATTED:
        buffer_append_text(out, "{\"sections\":[");
        for (size_t i = 0; i < value->formatted.count; i++) {
            buffer_append_text(out, i ? "," : "");
            print_json_section(&value->formatted.sections[i], out);
        }
        buffer_append_text(out, "]}");
        break;
    case EXPR_PROJECTION:
        buffer_append_text(out, "{\"from\":");
        expr_print_json_string(value->projection->from, out);
        buffer_append_text(out, ",\"to\":");
        expr_print_json_string(value->projection->to, out);
        buffer_append_text(out, ",\"transition\":");
        print_json_number(value->projection->transition, out);
        buffer_append_byte(out, '}');
        break;
    case EXPR_COLLATOR:
        buffer_append_text(out, "{}");
        break;
    default:
        assert(false);
        break;
    }
}

void expr_print_json(const struct expr_value *value, struct buffer *out)
{
    switch (value->kind) {
    case EXPR_NULL:
        buffer_append_text(out, "null");
        break;
    case EXPR_NUMBER:
        print_json_number(value->number, out);
        break;
    case EXPR_BOOLEAN:
        buffer_append_text(out, value->boolean ? "true" : "false");
        break;
    case EXPR_STRING:
        expr_print_json_string(value->string, out);
        break;
    case EXPR_COLOR:
        print_json_color(value->color, out);
        break;
    case EXPR_ARRAY:
        print_json_items(value, out);
        break;
    case EXPR_OBJECT:
        buffer_append_byte(out, '{');
        for (size_t i = 0; i < value->object.count; i++) {
            buffer_append_text(out, i ? "," : "");
            expr_print_json_string(value->object.members[i].name, out);
            buffer_append_byte(out, ':');
            expr_print_json(&value->object.members[i].value, out);
        }
        buffer_append_byte(out, '}');
        break;
    default:
        print_json_special(value, out);
        break;
    }
}

static void print_color(struct style_color color, struct buffer *out)
{
    buffer_printf(out, "rgba(%.0f,%.0f,%.0f,", js_number_round(color.r * 255), js_number_round(color.g * 255),
                  js_number_round(color.b * 255));
    print_number(color.a, out);
    buffer_append_byte(out, ')');
}

void expr_print(const struct expr_value *value, struct buffer *out)
{
    switch (value->kind) {
    case EXPR_NULL:
        break;
    case EXPR_NUMBER:
        print_number(value->number, out);
        break;
    case EXPR_STRING:
        buffer_append(out, value->string.data, value->string.length);
        break;
    case EXPR_COLOR:
        print_color(value->color, out);
        break;
    case EXPR_IMAGE:
        buffer_append(out, value->image.name.data, value->image.name.length);
        break;
    case EXPR_FORMATTED:
        for (size_t i = 0; i < value->formatted.count; i++) {
            buffer_append(out, value->formatted.sections[i].text.data, value->formatted.sections[i].text.length);
        }
        break;
    case EXPR_PADDING:
    case EXPR_NUMBER_ARRAY:
    case EXPR_ANCHOR_OFFSETS:
        print_json_items(value, out);
        break;
    case EXPR_COLOR_ARRAY: {
        /* Colours print as JSON objects there. */
        print_json_items(value, out);
        break;
    }
    default:
        expr_print_json(value, out);
        break;
    }
}

struct text expr_take_text(struct buffer *buffer, struct arena *arena)
{
    struct text text = {"", 0};
    if (!buffer->failed && buffer->length > 0) {
        char *copy = arena_strndup(arena, (const char *)buffer->data, buffer->length);
        if (copy) {
            text = (struct text){copy, buffer->length};
        }
    }
    buffer_finish(buffer);
    return text;
}

struct text expr_to_text(const struct expr_value *value, struct arena *arena)
{
    if (value->kind == EXPR_STRING) {
        return value->string;
    }
    if (value->kind == EXPR_NULL) {
        return (struct text){"", 0};
    }
    if (value->kind == EXPR_BOOLEAN) {
        return text_of(value->boolean ? "true" : "false");
    }
    if (value->kind == EXPR_NUMBER) {
        char digits[JS_NUMBER_BYTES];
        size_t length = js_number_format(value->number, digits);
        char *copy = arena ? arena_strndup(arena, digits, length) : NULL;
        return copy ? (struct text){copy, length} : (struct text){"", 0};
    }
    struct buffer buffer;
    buffer_init(&buffer, TEXT_BYTES_MAX);
    expr_print(value, &buffer);
    return expr_take_text(&buffer, arena);
}

static bool all_numbers(const struct expr_value *input)
{
    for (size_t i = 0; i < input->array.count; i++) {
        if (input->array.items[i].kind != EXPR_NUMBER) {
            return false;
        }
    }
    return true;
}

/* One to four numbers in the order of CSS. */
bool expr_parse_padding(const struct expr_value *input, struct arena *arena, struct expr_value *out_value)
{
    if (input->kind == EXPR_PADDING) {
        *out_value = *input;
        return true;
    }
    struct expr_value *sides = arena ? arena_array(arena, 4, sizeof *sides) : NULL;
    if (!sides) {
        return false;
    }
    if (input->kind == EXPR_NUMBER) {
        sides[0] = sides[1] = sides[2] = sides[3] = *input;
    } else {
        size_t count = input->kind == EXPR_ARRAY ? input->array.count : 0;
        if (count < 1 || count > 4 || !all_numbers(input)) {
            return false;
        }
        const struct expr_value *items = input->array.items;
        sides[0] = items[0];
        sides[1] = items[count > 1 ? 1 : 0];
        sides[2] = items[count > 2 ? 2 : 0];
        sides[3] = items[count > 3 ? 3 : count > 1 ? 1 : 0];
    }
    *out_value = (struct expr_value){.kind = EXPR_PADDING, .array = {sides, 4}};
    return true;
}

bool expr_parse_number_array(const struct expr_value *input, struct arena *arena, struct expr_value *out_value)
{
    if (input->kind == EXPR_NUMBER_ARRAY) {
        *out_value = *input;
        return true;
    }
    if (input->kind == EXPR_NUMBER) {
        struct expr_value *one = arena ? arena_memdup(arena, input, sizeof *input) : NULL;
        if (!one) {
            return false;
        }
        *out_value = (struct expr_value){.kind = EXPR_NUMBER_ARRAY, .array = {one, 1}};
        return true;
    }
    if (input->kind != EXPR_ARRAY || !all_numbers(input)) {
        return false;
    }
    *out_value = (struct expr_value){.kind = EXPR_NUMBER_ARRAY, .array = {input->array.items, input->array.count}};
    return true;
}

bool expr_parse_color_array(const struct expr_value *input, struct arena *arena, struct expr_value *out_value)
{
    if (input->kind == EXPR_COLOR_ARRAY) {
        *out_value = *input;
        return true;
    }
    const struct expr_value *items = input;
    size_t count = 1;
    if (input->kind == EXPR_ARRAY) {
        items = input->array.items;
        count = input->array.count;
    } else if (input->kind != EXPR_STRING && input->kind != EXPR_COLOR) {
        return false;
    }
    struct expr_value *colors = arena ? arena_array(arena, count, sizeof *colors) : NULL;
    if (!colors) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        colors[i].kind = EXPR_COLOR;
        if (items[i].kind == EXPR_COLOR) {
            colors[i] = items[i];
        } else if (items[i].kind != EXPR_STRING || !css_color_parse(items[i].string, &colors[i].color)) {
            return false;
        }
    }
    *out_value = (struct expr_value){.kind = EXPR_COLOR_ARRAY, .array = {colors, count}};
    return true;
}

static bool is_anchor(struct text name)
{
    static const char *const anchors[] = {"center",   "left",      "right",       "top",         "bottom",
                                          "top-left", "top-right", "bottom-left", "bottom-right"};
    for (size_t i = 0; i < sizeof anchors / sizeof anchors[0]; i++) {
        if (text_is(name, anchors[i])) {
            return true;
        }
    }
    return false;
}

bool expr_parse_anchor_offsets(const struct expr_value *input, struct arena *arena, struct expr_value *out_value)
{
    (void)arena;
    if (input->kind == EXPR_ANCHOR_OFFSETS) {
        *out_value = *input;
        return true;
    }
    if (input->kind != EXPR_ARRAY || input->array.count < 1 || input->array.count % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < input->array.count; i += 2) {
        const struct expr_value *anchor = &input->array.items[i];
        const struct expr_value *offset = &input->array.items[i + 1];
        if (anchor->kind != EXPR_STRING || !is_anchor(anchor->string) || offset->kind != EXPR_ARRAY ||
            offset->array.count != 2 || !all_numbers(offset)) {
            return false;
        }
    }
    *out_value = (struct expr_value){.kind = EXPR_ANCHOR_OFFSETS, .array = {input->array.items, input->array.count}};
    return true;
}
