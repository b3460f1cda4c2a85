/* SPDX-License-Identifier: MIT */
/* Any JSON as an expression (or a function of the old kind) for several kinds of property. */
#include "style/expr.h"
#include "style/legacy.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 64 << 20, TEXT_BYTES = 1 << 20 };

static void run(const struct value *json, const struct property_spec *spec, struct arena *arena)
{
    const struct expr *expr;
    const struct expr_error *errors;
    bool compiled = spec ? expr_compile_property(json, spec, NULL, arena, &expr, &errors)
                         : expr_compile(json, NULL, NULL, arena, &expr, &errors);
    if (!compiled) {
        return;
    }
    struct text columns[] = {text_of("x"), text_of("y")};
    struct value values[] = {value_of_string("Ñandú"), value_of_real(2.5)};
    size_t ends[] = {2, 4};
    struct style_point points[] = {{0, 0}, {4096, 4096}, {8192, 0}, {100, 200}};
    struct style_shape shape = {.tile_z = 1, .part_count = 2, .part_ends = ends, .points = points};
    struct style_feature feature = {
        .geometry = STYLE_GEOMETRY_LINE, .values = values, .columns = columns, .column_count = 2, .shape = &shape};
    struct expr_context context = {.zoom = 3.5, .feature = &feature, .arena = arena, .describe = true};
    struct expr_value result;
    if (expr_evaluate(expr, &context, &result)) {
        struct buffer text;
        buffer_init(&text, TEXT_BYTES);
        expr_print_json(&result, &text);
        expr_print(&result, &text);
        buffer_finish(&text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum style_property properties[] = {
        STYLE_LINE_WIDTH, STYLE_FILL_COLOR, STYLE_TEXT_FIELD,    STYLE_ICON_IMAGE,  STYLE_ICON_PADDING,
        STYLE_TEXT_FONT,  STYLE_LINE_CAP,   STYLE_HEATMAP_COLOR, STYLE_TEXT_OFFSET, STYLE_TEXT_VARIABLE_ANCHOR_OFFSET};
    struct arena *arena = arena_create(ARENA_BYTES);
    struct value json;
    if (!arena) {
        return 0;
    }
    if (value_read_json((struct text){(const char *)data, size}, arena, &json, NULL)) {
        run(&json, NULL, arena);
        for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
            const struct property_spec *spec = &property_table[properties[i]];
            struct value converted;
            const char *reason;
            if (!legacy_is_function(&json)) {
                run(&json, spec, arena);
            } else if (legacy_function(&json, spec, arena, &converted, &reason)) {
                run(&converted, spec, arena);
            }
        }
        struct value filter;
        if (!legacy_filter_is_expression(&json) && legacy_filter(&json, arena, &filter)) {
            run(&filter, NULL, arena);
        }
    }
    arena_destroy(arena);
    return 0;
}
