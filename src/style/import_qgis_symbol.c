/* SPDX-License-Identifier: MIT */
#include "style/import_qgis_symbol.h"

#include <math.h>
#include <string.h>

/* How much of the ground a hatch brush of Qt covers. */
static const struct {
    const char *style;
    double coverage;
} brushes[] = {{"solid", 1},     {"dense1", 0.94},    {"dense2", 0.88},    {"dense3", 0.63},    {"dense4", 0.5},
               {"dense5", 0.37}, {"dense6", 0.12},    {"dense7", 0.06},    {"horizontal", 0.2}, {"vertical", 0.2},
               {"cross", 0.25},  {"b_diagonal", 0.2}, {"f_diagonal", 0.2}, {"diagonal_x", 0.25}};

/* One symbol layer on its way into a rule. */
struct layer {
    struct import *import;
    struct import_rule *rule;
    const struct import_xml *xml;
    double opacity;
    int pass;
};

double import_qgis_number(const char *text, double otherwise)
{
    double number;
    return text && text_to_double(text_of(text), &number) && isfinite(number) ? number : otherwise;
}

bool import_qgis_color(const char *text, struct style_color *out_color)
{
    double parts[4] = {0, 0, 0, 255};
    size_t count = 0;
    while (text && count < 4) {
        size_t length = strcspn(text, ",");
        if (!text_to_double((struct text){text, length}, &parts[count])) {
            break;
        }
        count++;
        text = text[length] == ',' ? text + length + 1 : NULL;
    }
    if (count < 3) {
        return false;
    }
    *out_color = (struct style_color){parts[0] / 255, parts[1] / 255, parts[2] / 255, parts[3] / 255};
    return true;
}

enum import_unit import_qgis_unit(const char *text)
{
    static const struct {
        const char *name;
        enum import_unit unit;
    } units[] = {{"MM", IMPORT_MM},
                 {"Pixel", IMPORT_PX},
                 {"Point", IMPORT_POINT},
                 {"Inch", IMPORT_INCH},
                 {"MapUnit", IMPORT_METRE},
                 {"Inches", IMPORT_INCH},
                 {"RenderMetersInMapUnits", IMPORT_METRE},
                 {"Points", IMPORT_POINT},
                 {"Pixels", IMPORT_PX},
                 {"MapUnits", IMPORT_METRE}};
    for (size_t i = 0; text && i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].name, text) == 0) {
            return units[i].unit;
        }
    }
    return text ? IMPORT_UNIT_UNKNOWN : IMPORT_MM;
}

struct import_length import_qgis_length(struct import *import, size_t line, const char *number, const char *unit,
                                        double otherwise)
{
    enum import_unit known = import_qgis_unit(unit);
    if (known == IMPORT_UNIT_UNKNOWN) {
        import_note(import, line, "unit \"%s\": taken as millimetres", "unidad «%s»: se toma como milímetros", unit);
        known = IMPORT_MM;
    }
    if (known == IMPORT_METRE && strncmp(unit, "MapUnit", 7) == 0) {
        import_note(import, line, "map units are taken as metres on the ground at latitude %g",
                    "las unidades del mapa se toman como metros del terreno en la latitud %g", import->latitude);
    }
    return import_length_of(import, import_qgis_number(number, otherwise), known);
}

/* An option of the symbol layer: <Option name= value=> below <Option type="Map">, or <prop k= v=> before 3.26. */
static const char *option(const struct layer *layer, const char *name)
{
    const struct import_xml *map = import_xml_child(layer->xml, "Option");
    const struct import_xml *each = import_xml_child(map, "Option");
    for (; each; each = import_xml_next(each, "Option")) {
        const char *key = import_xml_get(each, "name");
        if (key && strcmp(key, name) == 0) {
            return import_xml_get(each, "value");
        }
    }
    each = import_xml_child(layer->xml, "prop");
    for (; each; each = import_xml_next(each, "prop")) {
        const char *key = import_xml_get(each, "k");
        if (key && strcmp(key, name) == 0) {
            return import_xml_get(each, "v");
        }
    }
    return NULL;
}

static bool option_is(const struct layer *layer, const char *name, const char *value)
{
    const char *found = option(layer, name);
    return found && strcmp(found, value) == 0;
}

static struct import_length length_option(const struct layer *layer, const char *name, const char *unit,
                                          double otherwise)
{
    return import_qgis_length(layer->import, layer->xml->line, option(layer, name), option(layer, unit), otherwise);
}

static struct style_color color_option(const struct layer *layer, const char *name, double opacity)
{
    struct style_color color = {0.5, 0.5, 0.5, 1};
    if (!import_qgis_color(option(layer, name), &color) && option(layer, name)) {
        import_note(layer->import, layer->xml->line, "colour \"%s\" is not understood: grey is used",
                    "no se entiende el color «%s»: se usa gris", option(layer, name));
    }
    color.a *= opacity;
    return color;
}

void import_qgis_note_overrides(struct import *import, const struct import_xml *holder)
{
    const struct import_xml *each = import_xml_child(import_xml_child(holder, "Option"), "Option");
    while (each && !(import_xml_get(each, "name") && strcmp(import_xml_get(each, "name"), "properties") == 0)) {
        each = import_xml_next(each, "Option");
    }
    for (each = import_xml_child(each, "Option"); each; each = import_xml_next(each, "Option")) {
        const char *name = import_xml_get(each, "name");
        const struct import_xml *part = import_xml_child(each, "Option");
        for (; name && part; part = import_xml_next(part, "Option")) {
            const char *key = import_xml_get(part, "name");
            const char *value = import_xml_get(part, "value");
            if (key && value && strcmp(key, "active") == 0 && strcmp(value, "true") == 0) {
                import_note(import, each->line, "the data-defined \"%s\" is not carried over: its fixed value is used",
                            "no se convierte «%s» definido por datos: se usa su valor fijo", name);
            }
        }
    }
}

static struct import_part *add_part(const struct layer *layer, const char *type)
{
    struct import_part *part = import_part_add(layer->import, layer->rule, type);
    if (part) {
        part->pass = layer->pass;
    }
    return part;
}

static void set_text(const struct layer *layer, struct import_part *part, const char *name, bool is_layout,
                     const char *value)
{
    import_part_set(layer->import, part, name, is_layout, import_string(layer->import, value));
}

static void set_color(const struct layer *layer, struct import_part *part, const char *name, struct style_color color)
{
    import_part_set(layer->import, part, name, false, import_color(layer->import, color));
}

static void set_join(const struct layer *layer, struct import_part *part)
{
    const char *join = option(layer, "joinstyle");
    set_text(layer, part, "line-join", true,
             join && strcmp(join, "round") == 0   ? "round"
             : join && strcmp(join, "miter") == 0 ? "miter"
                                                  : "bevel");
}

/* "x,y" in a unit as a translation; only what does not grow with the zoom can be one. */
static void set_translate(const struct layer *layer, struct import_part *part, const char *name)
{
    const char *offset = option(layer, "offset");
    const char *comma = offset ? strchr(offset, ',') : NULL;
    double x;
    double y;
    if (!comma || !text_to_double((struct text){offset, (size_t)(comma - offset)}, &x) ||
        !text_to_double(text_of(comma + 1), &y) || (x == 0 && y == 0)) {
        return;
    }
    enum import_unit unit = import_qgis_unit(option(layer, "offset_unit"));
    if (unit == IMPORT_METRE || unit == IMPORT_UNIT_UNKNOWN) {
        import_note(layer->import, layer->xml->line, "an offset in map units is left out",
                    "se omite un desplazamiento en unidades del mapa");
        return;
    }
    double px[] = {import_length_of(layer->import, x, unit).fixed, import_length_of(layer->import, y, unit).fixed};
    import_part_set(layer->import, part, name, false, import_numbers(layer->import, px, 2));
}

/* Dashes in line widths, as Qt draws its own styles. */
static void set_pen_style(const struct layer *layer, struct import_part *part, const char *style)
{
    static const struct {
        const char *style;
        double dashes[6];
        size_t count;
    } styles[] = {{"dash", {4, 2}, 2},
                  {"dot", {1, 2}, 2},
                  {"dash dot", {4, 2, 1, 2}, 4},
                  {"dash dot dot", {4, 2, 1, 2, 1, 2}, 6}};
    for (size_t i = 0; style && i < sizeof styles / sizeof *styles; i++) {
        if (strcmp(style, styles[i].style) == 0) {
            import_part_set(layer->import, part, "line-dasharray", false,
                            import_numbers(layer->import, styles[i].dashes, styles[i].count));
        }
    }
}

static bool is_no(const char *style)
{
    return style && strcmp(style, "no") == 0;
}

/* A width of 0 is a hairline in QGIS. */
static struct import_length pen_width(struct import_length width)
{
    return width.fixed <= 0 && width.ground <= 0 ? (struct import_length){1, 0} : width;
}

static void add_outline(const struct layer *layer)
{
    const char *style = option(layer, "outline_style");
    struct style_color color = color_option(layer, "outline_color", layer->opacity);
    if (is_no(style) || color.a <= 0) {
        return;
    }
    struct import_part *part = add_part(layer, "line");
    if (!part) {
        return;
    }
    set_join(layer, part);
    set_color(layer, part, "line-color", color);
    import_part_set_length(layer->import, part, "line-width", false,
                           pen_width(length_option(layer, "outline_width", "outline_width_unit", 0.26)));
    set_pen_style(layer, part, style);
}

static void add_tone(const struct layer *layer, struct style_color color)
{
    struct import_part *part = color.a > 0 ? add_part(layer, "fill") : NULL;
    if (part) {
        set_color(layer, part, "fill-color", color);
        set_translate(layer, part, "fill-translate");
    }
}

static void read_simple_fill(const struct layer *layer)
{
    const char *style = option(layer, "style");
    struct style_color color = color_option(layer, "color", layer->opacity);
    for (size_t i = 1; style && i < sizeof brushes / sizeof *brushes; i++) {
        if (strcmp(style, brushes[i].style) == 0) {
            import_note(layer->import, layer->xml->line, "the hatch \"%s\" is drawn as an even tone",
                        "el achurado «%s» se dibuja como un tono parejo", style);
            color.a *= brushes[i].coverage;
        }
    }
    if (!is_no(style)) {
        add_tone(layer, color);
    }
    add_outline(layer);
}

/* The first symbol layer of the symbol below. */
static const struct import_xml *sub_layer(const struct layer *layer)
{
    return import_xml_child(import_xml_child(layer->xml, "symbol"), "layer");
}

/* The colour that the symbol layer, or else the symbol below it, is mostly of. */
static struct style_color main_color(const struct layer *layer)
{
    static const char *const names[] = {"color", "line_color", "color1", "outline_color"};
    struct layer below = *layer;
    below.xml = sub_layer(layer);
    struct style_color color = {0.5, 0.5, 0.5, 1};
    const struct layer *places[] = {&below, layer};
    for (size_t place = below.xml ? 0 : 1; place < 2; place++) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (import_qgis_color(option(places[place], names[i]), &color)) {
                color.a *= layer->opacity;
                return color;
            }
        }
    }
    color.a *= layer->opacity;
    return color;
}

/* Hatches, textures and gradients: an even tone of the same weight. */
static void read_textured_fill(const struct layer *layer, const char *class)
{
    struct style_color color = main_color(layer);
    struct style_color other;
    import_note(layer->import, layer->xml->line, "the fill \"%s\" is drawn as an even tone",
                "el relleno «%s» se dibuja como un tono parejo", class);
    if (strcmp(class, "LinePatternFill") == 0) {
        struct layer below = *layer;
        below.xml = sub_layer(layer);
        struct import_length width = {1, 0};
        if (below.xml) {
            width = length_option(&below, "line_width", "line_width_unit", 0.26);
        }
        struct import_length gap = length_option(layer, "distance", "distance_unit", 5);
        double coverage = gap.fixed > 0 ? width.fixed / gap.fixed : gap.ground > 0 ? width.ground / gap.ground : 0;
        color.a *= fmin(fmax(coverage, 0.15), 1);
    } else if (strcmp(class, "GradientFill") == 0 || strcmp(class, "ShapeburstFill") == 0) {
        if (import_qgis_color(option(layer, "gradient_color2"), &other)) {
            color = (struct style_color){(color.r + other.r) / 2, (color.g + other.g) / 2, (color.b + other.b) / 2,
                                         (color.a + other.a * layer->opacity) / 2};
        }
    } else {
        color.a *= 0.3;
    }
    add_tone(layer, color);
}

static void set_custom_dash(const struct layer *layer, struct import_part *part, struct import_length width)
{
    const char *text = option(layer, "customdash");
    double dashes[16];
    size_t count = 0;
    while (text && count < sizeof dashes / sizeof *dashes) {
        size_t length = strcspn(text, ";");
        double number;
        if (!text_to_double((struct text){text, length}, &number)) {
            break;
        }
        enum import_unit unit = import_qgis_unit(option(layer, "customdash_unit"));
        struct import_length dash = import_length_of(layer->import, number, unit);
        bool same_kind = (dash.ground != 0) == (width.ground != 0) || number == 0;
        if (!same_kind) {
            import_note(layer->import, layer->xml->line, "dashes and width in different kinds of units: drawn solid",
                        "guiones y grosor en unidades de distinto tipo: se dibuja continua");
            return;
        }
        dashes[count++] = width.ground != 0 ? dash.ground / width.ground : dash.fixed / width.fixed;
        text = text[length] == ';' ? text + length + 1 : NULL;
    }
    if (count > 0) {
        import_part_set(layer->import, part, "line-dasharray", false, import_numbers(layer->import, dashes, count));
    }
}

static void read_simple_line(const struct layer *layer)
{
    const char *style = option(layer, "line_style");
    const char *cap = option(layer, "capstyle");
    struct style_color color = color_option(layer, "line_color", layer->opacity);
    if (is_no(style) || color.a <= 0) {
        return;
    }
    struct import_part *part = add_part(layer, "line");
    if (!part) {
        return;
    }
    struct import_length width = pen_width(length_option(layer, "line_width", "line_width_unit", 0.26));
    set_text(layer, part, "line-cap", true,
             cap && strcmp(cap, "round") == 0  ? "round"
             : cap && strcmp(cap, "flat") == 0 ? "butt"
                                               : "square");
    set_join(layer, part);
    set_color(layer, part, "line-color", color);
    import_part_set_length(layer->import, part, "line-width", false, width);
    struct import_length offset = length_option(layer, "offset", "offset_unit", 0);
    if (offset.fixed != 0 || offset.ground != 0) {
        import_part_set_length(layer->import, part, "line-offset", false, offset);
    }
    if (option_is(layer, "use_custom_dash", "1")) {
        set_custom_dash(layer, part, width);
    } else {
        set_pen_style(layer, part, style);
    }
}

/* Markers and hashes along a line, arrows: a thin line of their colour. */
static void read_decorated_line(const struct layer *layer, const char *class)
{
    import_note(layer->import, layer->xml->line, "the line \"%s\" is drawn as a thin plain line",
                "la línea «%s» se dibuja como una línea delgada sencilla", class);
    struct import_part *part = add_part(layer, "line");
    if (part) {
        set_color(layer, part, "line-color", main_color(layer));
        import_part_set_length(layer->import, part, "line-width", false, (struct import_length){1, 0});
    }
}

/* A circle of this diameter, its outline half inside as QGIS draws it. */
static void add_circle(const struct layer *layer, struct import_length size, struct style_color color,
                       struct style_color outline, struct import_length stroke)
{
    bool has_outline = outline.a > 0 && (stroke.fixed > 0 || stroke.ground > 0);
    struct import_part *part = color.a > 0 || has_outline ? add_part(layer, "circle") : NULL;
    if (!part) {
        return;
    }
    struct import_length radius = import_length_scaled(size, 0.5);
    set_color(layer, part, "circle-color", color);
    if (has_outline) {
        radius = import_length_sum(radius, import_length_scaled(stroke, -0.5));
        radius = (struct import_length){fmax(radius.fixed, 0), fmax(radius.ground, 0)};
        set_color(layer, part, "circle-stroke-color", outline);
        import_part_set_length(layer->import, part, "circle-stroke-width", false, stroke);
    }
    import_part_set_length(layer->import, part, "circle-radius", false, radius);
    set_translate(layer, part, "circle-translate");
}

static void read_marker(const struct layer *layer, const char *class)
{
    const char *name = option(layer, "name");
    bool is_simple = strcmp(class, "SimpleMarker") == 0;
    const char *shape = is_simple ? name : class;
    if (!shape || strcmp(shape, "circle") != 0) {
        import_note(layer->import, layer->xml->line, "the marker \"%s\" is drawn as a circle of the same size",
                    "el marcador «%s» se dibuja como un círculo del mismo tamaño", shape ? shape : class);
    }
    struct style_color color = is_simple ? color_option(layer, "color", layer->opacity) : main_color(layer);
    struct style_color outline = color_option(layer, "outline_color", layer->opacity);
    struct import_length stroke = length_option(layer, "outline_width", "outline_width_unit", 0);
    if (is_no(option(layer, "outline_style")) || !option(layer, "outline_color") || strcmp(class, "FontMarker") == 0) {
        outline.a = 0;
    } else {
        stroke = pen_width(stroke);
    }
    const char *size_name = strcmp(class, "EllipseMarker") == 0 ? "symbol_width" : "size";
    const char *unit_name = strcmp(class, "EllipseMarker") == 0 ? "symbol_width_unit" : "size_unit";
    struct import_length size = length_option(layer, size_name, unit_name, 2);
    if (option_is(layer, "scale_method", "area")) {
        import_note(layer->import, layer->xml->line, "sizes by area are taken as diameters",
                    "los tamaños por área se toman como diámetros");
    }
    add_circle(layer, size, color, outline, stroke);
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static void read_layer(const struct layer *layer, const char *class)
{
    if (strcmp(class, "SimpleFill") == 0) {
        read_simple_fill(layer);
    } else if (strcmp(class, "SimpleLine") == 0) {
        read_simple_line(layer);
    } else if (ends_with(class, "Marker")) {
        read_marker(layer, class);
    } else if (strcmp(class, "CentroidFill") == 0 || starts_with(class, "RandomMarker") ||
               strcmp(class, "GeometryGenerator") == 0) {
        import_note(layer->import, layer->xml->line, "the symbol layer \"%s\" is left out",
                    "se omite la capa de símbolo «%s»", class);
    } else if (ends_with(class, "Fill")) {
        read_textured_fill(layer, class);
    } else if (ends_with(class, "Line")) {
        read_decorated_line(layer, class);
    } else {
        import_note(layer->import, layer->xml->line, "the symbol layer \"%s\" is left out",
                    "se omite la capa de símbolo «%s»", class);
    }
}

static void note_effects(struct import *import, const struct import_xml *holder)
{
    const struct import_xml *effect = import_xml_child(holder, "effect");
    const char *enabled = import_xml_get(effect, "enabled");
    if (enabled && strcmp(enabled, "1") == 0) {
        import_note(import, effect->line, "draw effects (shadow, glow, …) are left out",
                    "se omiten los efectos (sombra, resplandor…)");
    }
}

void import_qgis_symbol(struct import *import, struct import_rule *rule, const struct import_xml *symbol,
                        double opacity)
{
    size_t before = rule->part_count;
    double alpha = import_qgis_number(import_xml_get(symbol, "alpha"), 1);
    note_effects(import, symbol);
    import_qgis_note_overrides(import, import_xml_child(symbol, "data_defined_properties"));
    for (const struct import_xml *xml = import_xml_child(symbol, "layer"); xml; xml = import_xml_next(xml, "layer")) {
        const char *class = import_xml_get(xml, "class");
        const char *enabled = import_xml_get(xml, "enabled");
        struct layer layer = {import, rule, xml, opacity * alpha, 0};
        layer.pass = (int)import_qgis_number(import_xml_get(xml, "pass"), 0);
        if (!class || (enabled && strcmp(enabled, "0") == 0)) {
            continue;
        }
        note_effects(import, xml);
        import_qgis_note_overrides(import, import_xml_child(xml, "data_defined_properties"));
        read_layer(&layer, class);
    }
    if (alpha * opacity < 1 && rule->part_count > before + 1) {
        import_note(import, symbol->line, "opacity is applied to each symbol layer, not to the symbol as a whole",
                    "la opacidad se aplica a cada capa del símbolo, no al símbolo completo");
    }
}
