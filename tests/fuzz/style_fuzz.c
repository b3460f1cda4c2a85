/* SPDX-License-Identifier: MIT */
/* Any bytes as a style: read, checked, and where it is valid every property of every layer evaluated. */
#include "style/style.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 64 << 20, LIST = 8 };

static void evaluate_layer(const struct style_layer *layer, const struct style_scope *scope)
{
    struct style_section sections[LIST];
    struct style_color colors[LIST];
    struct text texts[LIST];
    double numbers[LIST];
    style_filter(layer, scope);
    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++) {
        enum style_property property = (enum style_property)i;
        if (!style_is_set(layer, property)) {
            continue;
        }
        style_number(layer, property, scope);
        style_bool(layer, property, scope);
        style_color(layer, property, scope);
        style_enum(layer, property, scope);
        style_text(layer, property, scope);
        style_numbers(layer, property, scope, numbers, LIST);
        style_texts(layer, property, scope, texts, LIST);
        style_colors(layer, property, scope, colors, LIST);
        style_formatted(layer, property, scope, sections, LIST);
        style_ramp(layer, property, scope, colors, LIST);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct style *style = NULL;
    struct style_report report;
    struct error err;
    struct arena *arena = arena_create(ARENA_BYTES);
    if (!arena) {
        return 0;
    }
    if (style_read("fuzz", (struct text){(const char *)data, size}, &style, arena, &report, &err)) {
        struct text columns[] = {text_of("name"), text_of("kind"), text_of("size")};
        struct value values[] = {value_of_string("Ñ"), value_null(), value_of_real(1.5)};
        struct style_feature feature = {
            .geometry = STYLE_GEOMETRY_POLYGON, .values = values, .columns = columns, .column_count = 3};
        struct style_scope scope = {.zoom = 12.25, .feature = &feature, .arena = arena};
        for (size_t i = 0; i < style_layer_count(style); i++) {
            evaluate_layer(style_layer_at(style, i), &scope);
        }
        style_unref(style);
    }
    arena_destroy(arena);
    return 0;
}
