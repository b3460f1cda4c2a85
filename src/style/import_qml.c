/* SPDX-License-Identifier: MIT */
#include "style/import_qml.h"

#include "style/import_expr.h"
#include "style/import_qgis_label.h"
#include "style/import_qgis_symbol.h"

#include <math.h>
#include <string.h>

enum { DEPTH_MAX = 24 };

struct reader {
    struct import *import;
    const struct import_xml *symbols; /* of the renderer */
    double opacity;                   /* of the layer */
    enum import_geometry geometry;
};

static bool is_text(const char *text, const char *wanted)
{
    return text && strcmp(text, wanted) == 0;
}

static const struct import_xml *find_symbol(const struct reader *reader, const char *name)
{
    const struct import_xml *symbol = import_xml_child(reader->symbols, "symbol");
    while (symbol && !is_text(import_xml_get(symbol, "name"), name ? name : "")) {
        symbol = import_xml_next(symbol, "symbol");
    }
    return symbol;
}

static void draw(const struct reader *reader, struct import_rule *rule, const char *symbol_name)
{
    const struct import_xml *symbol = find_symbol(reader, symbol_name);
    rule->has_symbol = true;
    if (!symbol) {
        import_note(reader->import, rule->line, "there is no symbol \"%s\"", "no existe el símbolo «%s»",
                    symbol_name ? symbol_name : "");
        return;
    }
    import_qgis_symbol(reader->import, rule, symbol, reader->opacity);
}

/* The attribute or expression that classes go by. A name that is no expression is meant as it stands. */
static struct import_expr *subject_of(const struct reader *reader, const struct import_xml *renderer)
{
    const char *attribute = import_xml_get(renderer, "attr");
    struct import_expr *expr = NULL;
    struct import_trouble why;
    struct value value;
    if (!attribute || !attribute[0]) {
        import_note(reader->import, renderer->line, "the renderer names no attribute", "no se indica el atributo");
        return NULL;
    }
    if (!import_expr_parse(reader->import, attribute, &expr, &why)) {
        expr = import_expr_make(reader->import, IMPORT_FIELD, 0, 0);
        if (expr) {
            expr->value = import_string(reader->import, attribute);
        }
        return expr;
    }
    if (!import_expr_value(reader->import, expr, &value, &why)) {
        import_expr_note(reader->import, renderer->line,
                         "the classes are left out, their expression is not carried over",
                         "se omiten las clases, su expresión no se puede convertir", &why);
        return NULL;
    }
    return expr;
}

static struct import_expr *text_literal(struct import *import, const char *text, const char *type)
{
    char shortest[32];
    double number;
    struct import_expr *expr = import_expr_make(import, IMPORT_LITERAL, 0, 0);
    bool is_decimal = is_text(type, "double") && text_to_double(text_of(text), &number);
    if (is_decimal) {
        text_put_double(number, shortest);
    }
    if (expr) {
        expr->value = import_string(import, is_decimal ? shortest : text);
    }
    return expr;
}

static bool set_filter(const struct reader *reader, struct import_rule *rule, const struct import_expr *expr)
{
    struct import_trouble why;
    if (!expr || !import_expr_filter(reader->import, expr, &rule->filter, &why)) {
        rule->is_broken = true;
        return false;
    }
    return true;
}

/* QGIS compares the text of the value. */
static void read_category(const struct reader *reader, struct import_rule *parent, const struct import_xml *category,
                          struct import_expr *subject)
{
    struct import *import = reader->import;
    const char *value = import_xml_get(category, "value");
    const char *type = import_xml_get(category, "type");
    const struct import_xml *each = import_xml_child(category, "val");
    struct import_rule *rule = import_rule_add(import, parent, category->line);
    if (!rule) {
        return;
    }
    rule->label = import_xml_get(category, "label");
    if (!each && (!value || !value[0] || is_text(type, "NULL"))) {
        rule->is_else = true;
        rule->label = rule->label && rule->label[0] ? rule->label : "Otros";
    } else {
        struct import_expr *in = import_expr_make(import, IMPORT_IN, 0, 1, subject);
        for (; each && in; each = import_xml_next(each, "val")) {
            const char *one = import_xml_get(each, "value");
            import_expr_add(import, in, text_literal(import, one ? one : "", import_xml_get(each, "type")));
        }
        struct import_expr *is = in && in->count == 1 ? text_literal(import, value ? value : "", type) : NULL;
        set_filter(reader, rule, is ? import_expr_make(import, IMPORT_COMPARE, '=', 2, subject, is) : in);
    }
    if (is_text(import_xml_get(category, "render"), "false") || is_text(import_xml_get(category, "render"), "0")) {
        rule->has_symbol = true; /* takes its features and draws nothing */
        return;
    }
    draw(reader, rule, import_xml_get(category, "symbol"));
}

/* The rule for the rest comes last, wherever its category stands. */
static void move_rest_last(struct import_rule *parent)
{
    struct import_rule *before = NULL;
    for (struct import_rule *rule = parent->first; rule; before = rule, rule = rule->next) {
        if (rule->is_else && rule->next) {
            *(before ? &before->next : &parent->first) = rule->next;
            parent->last->next = rule;
            parent->last = rule;
            rule->next = NULL;
            return;
        }
    }
}

static void read_categories(const struct reader *reader, struct import_rule *set, const struct import_xml *renderer)
{
    struct import_expr *subject = subject_of(reader, renderer);
    const struct import_xml *each = import_xml_child(import_xml_child(renderer, "categories"), "category");
    for (; subject && each; each = import_xml_next(each, "category")) {
        read_category(reader, set, each, subject);
    }
    move_rest_last(set);
}

static struct import_expr *number_literal(struct import *import, double number)
{
    struct import_expr *expr = import_expr_make(import, IMPORT_LITERAL, 0, 0);
    if (expr) {
        expr->value =
            number == floor(number) && fabs(number) < 9e15 ? value_of_int((int64_t)number) : value_of_real(number);
    }
    return expr;
}

struct range {
    double low;
    double high;
};

/* Both ends belong to a range, and the first range that takes a value has it. */
static void read_range(const struct reader *reader, struct import_rule *parent, const struct import_xml *xml,
                       struct import_expr *subject, struct range range, const struct range *before, size_t before_count)
{
    struct import *import = reader->import;
    struct import_rule *rule = import_rule_add(import, parent, xml->line);
    if (!rule) {
        return;
    }
    char low_op = 'G';
    char high_op = 'L';
    for (size_t i = 0; i < before_count; i++) {
        low_op = before[i].high == range.low && before[i].low <= range.low ? '>' : low_op;
        high_op = before[i].low == range.high && before[i].high >= range.high ? '<' : high_op;
        if (before[i].high > range.low && before[i].low < range.high) {
            import_note(import, xml->line, "the class overlaps an earlier one: both are drawn there",
                        "la clase se traslapa con una anterior: ahí se dibujan ambas");
        }
    }
    rule->label = import_xml_get(xml, "label");
    set_filter(reader, rule,
               import_expr_make(
                   import, IMPORT_AND, 0, 2,
                   import_expr_make(import, IMPORT_COMPARE, low_op, 2, subject, number_literal(import, range.low)),
                   import_expr_make(import, IMPORT_COMPARE, high_op, 2, subject, number_literal(import, range.high))));
    if (is_text(import_xml_get(xml, "render"), "false")) {
        rule->has_symbol = true;
        return;
    }
    draw(reader, rule, import_xml_get(xml, "symbol"));
}

static void read_ranges(const struct reader *reader, struct import_rule *set, const struct import_xml *renderer)
{
    enum { RANGES_MAX = 256 };
    struct range ranges[RANGES_MAX];
    size_t count = 0;
    struct import_expr *subject = subject_of(reader, renderer);
    const struct import_xml *each = import_xml_child(import_xml_child(renderer, "ranges"), "range");
    for (; subject && each; each = import_xml_next(each, "range")) {
        double low = import_qgis_number(import_xml_get(each, "lower"), NAN);
        double high = import_qgis_number(import_xml_get(each, "upper"), NAN);
        if (isnan(low) || isnan(high) || count == RANGES_MAX) {
            import_note(reader->import, each->line, "a class without numbers, or one too many, is left out",
                        "se omite una clase sin números, o que excede el máximo");
            continue;
        }
        ranges[count] = (struct range){low, high};
        read_range(reader, set, each, subject, ranges[count], ranges, count);
        count++;
    }
}

static void read_rule(const struct reader *reader, struct import_rule *parent, const struct import_xml *xml,
                      unsigned depth, bool is_label);

static void read_rules(const struct reader *reader, struct import_rule *parent, const struct import_xml *xml,
                       unsigned depth, bool is_label)
{
    const struct import_xml *each = import_xml_child(xml, "rule");
    if (each && depth > DEPTH_MAX) {
        import_note(reader->import, each->line, "rules nested too deeply are left out",
                    "se omiten reglas demasiado anidadas");
        return;
    }
    for (; each; each = import_xml_next(each, "rule")) {
        read_rule(reader, parent, each, depth, is_label);
    }
}

static void read_rule_filter(const struct reader *reader, struct import_rule *rule, const struct import_xml *xml)
{
    struct import *import = reader->import;
    const char *filter = import_xml_get(xml, "filter");
    struct import_expr *expr = NULL;
    struct import_trouble why;
    if (!filter || !filter[strspn(filter, " \t\r\n")]) {
        return;
    }
    if (strcmp(filter, "ELSE") == 0 || strcmp(filter, "else") == 0) {
        rule->is_else = true;
        return;
    }
    if (!import_expr_parse(import, filter, &expr, &why) || !import_expr_filter(import, expr, &rule->filter, &why)) {
        rule->is_broken = true;
        import_expr_note(import, xml->line, "a rule is left out, its filter is not carried over",
                         "se omite una regla, su filtro no se puede convertir", &why);
    }
}

static void read_rule(const struct reader *reader, struct import_rule *parent, const struct import_xml *xml,
                      unsigned depth, bool is_label)
{
    const char *symbol = import_xml_get(xml, "symbol");
    if (is_text(import_xml_get(xml, "checkstate"), "0") || is_text(import_xml_get(xml, "active"), "0")) {
        return; /* switched off */
    }
    struct import_rule *rule = import_rule_add(reader->import, parent, xml->line);
    if (!rule) {
        return;
    }
    rule->label = import_xml_get(xml, "label");
    import_rule_set_scales(reader->import, rule, import_qgis_number(import_xml_get(xml, "scalemindenom"), 0),
                           import_qgis_number(import_xml_get(xml, "scalemaxdenom"), 0));
    read_rule_filter(reader, rule, xml);
    const struct import_xml *settings = import_xml_child(xml, "settings");
    if (is_label && settings) {
        rule->has_symbol = true;
        import_qgis_label(reader->import, rule, settings, reader->geometry, reader->opacity);
    } else if (!is_label && symbol) {
        draw(reader, rule, symbol);
    }
    read_rules(reader, rule, xml, depth + 1, is_label);
}

static void note_renderer(const struct reader *reader, const struct import_xml *renderer)
{
    double reference = import_qgis_number(import_xml_get(renderer, "referencescale"), -1);
    if (reference > 0) {
        import_note(reader->import, renderer->line, "the reference scale is left out: sizes do not follow the scale",
                    "se omite la escala de referencia: los tamaños no siguen la escala");
    }
    if (is_text(import_xml_get(renderer, "enableorderby"), "1")) {
        import_note(reader->import, renderer->line, "the order of features is left out",
                    "se omite el orden de los elementos");
    }
    const struct import_xml *effect = import_xml_child(renderer, "effect");
    if (is_text(import_xml_get(effect, "enabled"), "1")) {
        import_note(reader->import, effect->line, "draw effects (shadow, glow, …) are left out",
                    "se omiten los efectos (sombra, resplandor…)");
    }
    import_qgis_note_overrides(reader->import, import_xml_child(renderer, "data-defined-properties"));
}

static void read_renderer(struct reader *reader, struct import_rule *set, const struct import_xml *renderer,
                          unsigned depth)
{
    const char *type = import_xml_get(renderer, "type");
    type = type ? type : "";
    reader->symbols = import_xml_child(renderer, "symbols");
    note_renderer(reader, renderer);
    if (is_text(import_xml_get(renderer, "symbollevels"), "1")) {
        reader->import->uses_levels = true;
    }
    if (strcmp(type, "singleSymbol") == 0) {
        struct import_rule *rule = import_rule_add(reader->import, set, renderer->line);
        if (rule) {
            draw(reader, rule, "0");
        }
    } else if (strcmp(type, "categorizedSymbol") == 0) {
        read_categories(reader, set, renderer);
    } else if (strcmp(type, "graduatedSymbol") == 0) {
        read_ranges(reader, set, renderer);
    } else if (strcmp(type, "RuleRenderer") == 0) {
        read_rules(reader, set, import_xml_child(renderer, "rules"), 0, false);
    } else if (strcmp(type, "nullSymbol") != 0) {
        const struct import_xml *inner = import_xml_child(renderer, "renderer-v2");
        bool is_inverted = strcmp(type, "invertedPolygonRenderer") == 0;
        import_note(reader->import, renderer->line, "the renderer \"%s\" is not carried over",
                    "el tipo de simbología «%s» no se convierte", type);
        if (inner && !is_inverted && depth < 4) {
            import_note(reader->import, inner->line, "the symbols inside it are used for each feature",
                        "se usan sus símbolos para cada elemento");
            read_renderer(reader, set, inner, depth + 1);
        }
    }
}

/* The kind of symbol tells the geometry where the file does not. */
static enum import_geometry geometry_of(const struct reader *reader, const struct import_xml *root)
{
    const char *number = import_xml_text(import_xml_child(root, "layerGeometryType"), reader->import->arena);
    const char *type = import_xml_get(import_xml_child(reader->symbols, "symbol"), "type");
    if (is_text(number, "0") || is_text(type, "marker")) {
        return IMPORT_GEOMETRY_POINT;
    }
    if (is_text(number, "1") || is_text(type, "line")) {
        return IMPORT_GEOMETRY_LINE;
    }
    return is_text(number, "2") || is_text(type, "fill") ? IMPORT_GEOMETRY_POLYGON : IMPORT_GEOMETRY_UNKNOWN;
}

static void read_labels(const struct reader *reader, struct import_rule *set, const struct import_xml *root)
{
    const struct import_xml *labeling = import_xml_child(root, "labeling");
    const char *type = import_xml_get(labeling, "type");
    if (!labeling || is_text(import_xml_get(root, "labelsEnabled"), "0")) {
        return;
    }
    if (is_text(type, "rule-based")) {
        read_rules(reader, set, import_xml_child(labeling, "rules"), 0, true);
        return;
    }
    const struct import_xml *settings = import_xml_child(labeling, "settings");
    struct import_rule *rule = settings ? import_rule_add(reader->import, set, settings->line) : NULL;
    if (rule) {
        rule->has_symbol = true;
        import_qgis_label(reader->import, rule, settings, reader->geometry, reader->opacity);
    }
}

static struct import_rule *add_set(const struct reader *reader, const struct import_xml *root, const char *source)
{
    struct import *import = reader->import;
    struct import_rule *set = import_rule_add(import, &import->root, root->line);
    if (!set) {
        return NULL;
    }
    set->source = source;
    if (is_text(import_xml_get(root, "hasScaleBasedVisibilityFlag"), "1")) {
        /* "minScale" is the smallest scale, so the largest denominator. */
        import_rule_set_scales(import, set, import_qgis_number(import_xml_get(root, "maxScale"), 0),
                               import_qgis_number(import_xml_get(root, "minScale"), 0));
    }
    return set;
}

bool import_qml_read(struct import *import, const struct import_xml *root, const char *source, struct error *err)
{
    struct reader reader = {.import = import};
    const struct import_xml *renderer = import_xml_child(root, "renderer-v2");
    const struct import_xml *opacity = import_xml_child(root, "layerOpacity");
    const struct import_xml *blend = import_xml_child(root, "blendMode");
    const char *version = import_xml_get(root, "version");
    if (version && version[0] < '3') {
        import_note(import, root->line, "written by QGIS %s: only styles of QGIS 3 are read in full",
                    "escrito por QGIS %s: sólo los estilos de QGIS 3 se leen completos", version);
    }
    if (!renderer && !import_xml_child(root, "labeling")) {
        error_tell(
            err, ERROR_INVALID, "IMP-080",
            "the file has no symbology of a vector layer: save the style from QGIS with \"Symbology\" ticked",
            "el archivo no trae simbología de una capa vectorial: guarde el estilo en QGIS con «Simbología» marcada");
        return false;
    }
    import->mm_per_px = 25.4 / 96;
    reader.opacity = import_qgis_number(import_xml_text(opacity, import->arena), 1);
    const char *blended = blend ? import_xml_text(blend, import->arena) : NULL;
    if (blended && !is_text(blended, "0")) {
        import_note(import, blend->line, "the blending mode of the layer is left out",
                    "se omite el modo de mezcla de la capa");
    }
    struct import_rule *drawn = add_set(&reader, root, source);
    if (drawn && renderer) {
        read_renderer(&reader, drawn, renderer, 0);
    }
    reader.geometry = geometry_of(&reader, root);
    struct import_rule *labels = add_set(&reader, root, source);
    if (labels) {
        read_labels(&reader, labels, root);
    }
    return true;
}
