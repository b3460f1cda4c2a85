/* SPDX-License-Identifier: MIT */
#include "style/import_sld.h"

#include "style/css_color.h"
#include "style/import_qgis_label.h"
#include "style/import_sld_filter.h"

#include <math.h>
#include <string.h>

/* One symbolizer on its way into a rule. */
struct symbolizer {
    struct import *import;
    struct import_rule *rule;
    const struct import_xml *xml;
    enum import_unit unit;
};

static bool is_name(const struct import_xml *xml, const char *name)
{
    return xml->name && strcmp(xml->name, name) == 0;
}

static const char *text_in(struct import *import, const struct import_xml *xml)
{
    const char *text = xml ? import_xml_text(xml, import->arena) : NULL;
    return text && text[0] ? text : NULL;
}

/* The one value of an element: its text or a <Literal>. A computed one is noted and counts as absent. */
static const char *constant(struct import *import, const struct import_xml *xml)
{
    struct import_expr *expr;
    struct import_trouble why;
    if (!xml || !xml->first) {
        return NULL;
    }
    if (!import_sld_mixed(import, xml, &expr, &why) || expr->kind != IMPORT_LITERAL ||
        expr->value.type != VALUE_STRING) {
        const char *name = import_xml_get(xml, "name");
        import_note(import, xml->line, "the computed value of \"%s\" is left out: its default is used",
                    "se omite el valor calculado de «%s»: se usa el valor por omisión", name ? name : xml->name);
        return NULL;
    }
    const char *text = expr->value.string.data;
    return text + strspn(text, " \t\r\n");
}

static double number_in(struct import *import, const struct import_xml *xml, double otherwise)
{
    double number;
    const char *text = constant(import, xml);
    if (!text) {
        return otherwise;
    }
    if (!text_to_double((struct text){text, strcspn(text, " \t\r\n")}, &number) || !isfinite(number)) {
        import_note(import, xml->line, "\"%s\" is no number", "«%s» no es un número", text);
        return otherwise;
    }
    return number;
}

/* <CssParameter name="…"> of SLD 1.0, <SvgParameter name="…"> of 1.1. */
static const struct import_xml *parameter(const struct import_xml *holder, const char *name)
{
    for (const struct import_xml *child = holder ? holder->first : NULL; child; child = child->next) {
        const char *key = import_xml_get(child, "name");
        if (child->name && key && (is_name(child, "CssParameter") || is_name(child, "SvgParameter")) &&
            strcmp(key, name) == 0) {
            return child;
        }
    }
    return NULL;
}

static double parameter_number(struct import *import, const struct import_xml *holder, const char *name,
                               double otherwise)
{
    return number_in(import, parameter(holder, name), otherwise);
}

static struct style_color parameter_color(struct import *import, const struct import_xml *holder,
                                          const char *color_name, const char *opacity_name,
                                          struct style_color otherwise)
{
    struct style_color color = otherwise;
    const struct import_xml *xml = parameter(holder, color_name);
    const char *text = constant(import, xml);
    if (text && !css_color_parse((struct text){text, strlen(text)}, &color)) {
        import_note(import, xml->line, "colour \"%s\" is not understood", "no se entiende el color «%s»", text);
        color = otherwise;
    }
    color.a *= fmin(fmax(parameter_number(import, holder, opacity_name, 1), 0), 1);
    return color;
}

/* Where the elements below an element are not all known: the rest is noted. */
static void note_others(struct import *import, const struct import_xml *holder, const char *const *known)
{
    for (const struct import_xml *child = holder ? holder->first : NULL; child; child = child->next) {
        bool is_known = !child->name;
        for (size_t i = 0; known[i] && !is_known; i++) {
            is_known = is_name(child, known[i]);
        }
        if (!is_known) {
            const char *name = import_xml_get(child, "name");
            import_note(import, child->line, "<%s>%s%s is left out", "se omite <%s>%s%s", child->name, name ? " " : "",
                        name ? name : "");
        }
    }
}

static struct import_length length_of(const struct symbolizer *symbolizer, double number)
{
    /* OGC's pixel is 0.28 mm; QGIS writes its millimetres as such pixels too. */
    return symbolizer->unit == IMPORT_MM ? (struct import_length){number / 0.28, 0}
                                         : import_length_of(symbolizer->import, number, symbolizer->unit);
}

static void set_color(const struct symbolizer *symbolizer, struct import_part *part, const char *name,
                      struct style_color color)
{
    import_part_set(symbolizer->import, part, name, false, import_color(symbolizer->import, color));
}

static void set_text(const struct symbolizer *symbolizer, struct import_part *part, const char *name, const char *text)
{
    import_part_set(symbolizer->import, part, name, true, import_string(symbolizer->import, text));
}

/* Displacement is upwards in SLD, downwards in ours. */
static void set_translate(const struct symbolizer *symbolizer, struct import_part *part, const char *name,
                          const struct import_xml *displacement)
{
    struct import *import = symbolizer->import;
    double x = number_in(import, import_xml_child(displacement, "DisplacementX"), 0);
    double y = number_in(import, import_xml_child(displacement, "DisplacementY"), 0);
    if (x == 0 && y == 0) {
        return;
    }
    if (symbolizer->unit == IMPORT_METRE) {
        import_note(import, displacement->line, "an offset in map units is left out",
                    "se omite un desplazamiento en unidades del mapa");
        return;
    }
    double px[] = {length_of(symbolizer, x).fixed, -length_of(symbolizer, y).fixed};
    import_part_set(import, part, name, false, import_numbers(import, px, 2));
}

static void set_dashes(const struct symbolizer *symbolizer, struct import_part *part, const struct import_xml *stroke,
                       double width)
{
    struct import *import = symbolizer->import;
    const char *text = constant(import, parameter(stroke, "stroke-dasharray"));
    double dashes[16];
    size_t count = 0;
    while (text && width > 0 && count < sizeof dashes / sizeof *dashes) {
        text += strspn(text, " ,\t\r\n");
        size_t length = strcspn(text, " ,\t\r\n");
        double number;
        if (length == 0 || !text_to_double((struct text){text, length}, &number) || number < 0) {
            break;
        }
        dashes[count++] = number / width;
        text += length;
    }
    if (count > 0) {
        import_part_set(import, part, "line-dasharray", false, import_numbers(import, dashes, count));
    }
    if (parameter_number(import, stroke, "stroke-dashoffset", 0) != 0) {
        import_note(import, stroke->line, "where a dash begins is left out", "se omite el inicio del guión");
    }
}

static void add_stroke(const struct symbolizer *symbolizer, const struct import_xml *stroke)
{
    static const char *const known[] = {"CssParameter", "SvgParameter", "GraphicStroke", "GraphicFill", NULL};
    struct import *import = symbolizer->import;
    struct style_color color =
        parameter_color(import, stroke, "stroke", "stroke-opacity", (struct style_color){0, 0, 0, 1});
    double width = parameter_number(import, stroke, "stroke-width", 1);
    const struct import_xml *graphic = import_xml_child(stroke, "GraphicStroke");
    note_others(import, stroke, known);
    if (graphic || import_xml_child(stroke, "GraphicFill")) {
        import_note(import, stroke->line, "a line of markers or textures is drawn as a thin plain line",
                    "una línea de marcadores o texturas se dibuja como línea delgada sencilla");
        const struct import_xml *mark = import_xml_child(import_xml_child(graphic, "Graphic"), "Mark");
        color = parameter_color(import, import_xml_child(mark, "Stroke"), "stroke", "stroke-opacity", color);
    }
    if (color.a <= 0 || width <= 0) {
        return;
    }
    struct import_part *part = import_part_add(import, symbolizer->rule, "line");
    if (!part) {
        return;
    }
    const char *join = constant(import, parameter(stroke, "stroke-linejoin"));
    const char *cap = constant(import, parameter(stroke, "stroke-linecap"));
    if (cap) {
        set_text(symbolizer, part, "line-cap",
                 strcmp(cap, "round") == 0    ? "round"
                 : strcmp(cap, "square") == 0 ? "square"
                                              : "butt");
    }
    if (join) {
        set_text(symbolizer, part, "line-join",
                 strcmp(join, "round") == 0   ? "round"
                 : strcmp(join, "bevel") == 0 ? "bevel"
                                              : "miter");
    }
    set_color(symbolizer, part, "line-color", color);
    import_part_set_length(import, part, "line-width", false, length_of(symbolizer, width));
    /* Positive is to the left in SLD, to the right in ours. */
    double offset = number_in(import, import_xml_child(symbolizer->xml, "PerpendicularOffset"), 0);
    if (offset != 0) {
        import_part_set_length(import, part, "line-offset", false, length_of(symbolizer, -offset));
    }
    set_dashes(symbolizer, part, stroke, width);
}

static const struct import_xml *mark_of(const struct import_xml *graphic)
{
    return import_xml_child(graphic, "Mark");
}

static const struct style_color grey = {0.5, 0.5, 0.5, 1};

static void add_fill(const struct symbolizer *symbolizer, const struct import_xml *fill)
{
    struct import *import = symbolizer->import;
    const struct import_xml *texture = import_xml_child(fill, "GraphicFill");
    struct style_color color = parameter_color(import, fill, "fill", "fill-opacity", grey);
    if (texture) {
        const struct import_xml *mark = mark_of(import_xml_child(texture, "Graphic"));
        const struct import_xml *stroke = import_xml_child(mark, "Stroke");
        struct style_color base =
            parameter_color(import, import_xml_child(mark, "Fill"), "fill", "fill-opacity", color);
        color = stroke ? parameter_color(import, stroke, "stroke", "stroke-opacity", base) : base;
        color.a *= 0.3;
        import_note(import, texture->line, "a hatch or texture is drawn as an even tone",
                    "un achurado o textura se dibuja como un tono parejo");
    }
    struct import_part *part = color.a > 0 ? import_part_add(import, symbolizer->rule, "fill") : NULL;
    if (part) {
        set_color(symbolizer, part, "fill-color", color);
        set_translate(symbolizer, part, "fill-translate", import_xml_child(symbolizer->xml, "Displacement"));
    }
}

static void read_polygon(const struct symbolizer *symbolizer)
{
    static const char *const known[] = {"Name",         "Description",         "Fill", "Stroke",
                                        "Displacement", "PerpendicularOffset", NULL};
    const struct import_xml *fill = import_xml_child(symbolizer->xml, "Fill");
    const struct import_xml *stroke = import_xml_child(symbolizer->xml, "Stroke");
    note_others(symbolizer->import, symbolizer->xml, known);
    if (fill) {
        add_fill(symbolizer, fill);
    }
    if (stroke) {
        add_stroke(symbolizer, stroke);
    }
}

static void read_line(const struct symbolizer *symbolizer)
{
    static const char *const known[] = {"Name", "Description", "Stroke", "PerpendicularOffset", NULL};
    const struct import_xml *stroke = import_xml_child(symbolizer->xml, "Stroke");
    note_others(symbolizer->import, symbolizer->xml, known);
    if (stroke) {
        add_stroke(symbolizer, stroke);
    }
}

static void note_shape(struct import *import, const struct import_xml *graphic, const struct import_xml *mark)
{
    const char *shape = text_in(import, import_xml_child(mark, "WellKnownName"));
    if (import_xml_child(graphic, "ExternalGraphic") && !mark) {
        import_note(import, graphic->line, "a picture is drawn as a circle of the same size",
                    "una imagen se dibuja como un círculo del mismo tamaño");
    } else if (!shape || strcmp(shape, "circle") != 0) {
        import_note(import, graphic->line, "the marker \"%s\" is drawn as a circle of the same size",
                    "el marcador «%s» se dibuja como un círculo del mismo tamaño", shape ? shape : "square");
    }
}

static void read_point(const struct symbolizer *symbolizer)
{
    static const char *const known[] = {"Name", "Description", "Graphic", NULL};
    static const char *const graphic_known[] = {"ExternalGraphic", "Mark",         "Opacity", "Size",
                                                "Rotation",        "Displacement", NULL};
    struct import *import = symbolizer->import;
    const struct import_xml *graphic = import_xml_child(symbolizer->xml, "Graphic");
    const struct import_xml *mark = mark_of(graphic);
    note_others(import, symbolizer->xml, known);
    if (!graphic) {
        return;
    }
    note_others(import, graphic, graphic_known);
    note_shape(import, graphic, mark);
    const struct import_xml *fill = import_xml_child(mark, "Fill");
    const struct import_xml *stroke = import_xml_child(mark, "Stroke");
    double opacity = fmin(fmax(number_in(import, import_xml_child(graphic, "Opacity"), 1), 0), 1);
    double size = number_in(import, import_xml_child(graphic, "Size"), mark ? 6 : 16);
    double width = stroke ? parameter_number(import, stroke, "stroke-width", 1) : 0;
    struct style_color color = parameter_color(import, fill, "fill", "fill-opacity", grey);
    struct style_color outline =
        parameter_color(import, stroke, "stroke", "stroke-opacity", (struct style_color){0, 0, 0, 1});
    color.a = mark && !fill ? 0 : color.a * opacity;
    outline.a *= opacity;
    bool has_outline = stroke && width > 0 && outline.a > 0;
    struct import_part *part = color.a > 0 || has_outline ? import_part_add(import, symbolizer->rule, "circle") : NULL;
    if (!part) {
        return;
    }
    set_color(symbolizer, part, "circle-color", color);
    if (has_outline) {
        set_color(symbolizer, part, "circle-stroke-color", outline);
        import_part_set_length(import, part, "circle-stroke-width", false, length_of(symbolizer, width));
    }
    /* The outline lies half inside the mark. */
    double radius = fmax(size / 2 - (has_outline ? width / 2 : 0), 0);
    import_part_set_length(import, part, "circle-radius", false, length_of(symbolizer, radius));
    set_translate(symbolizer, part, "circle-translate", import_xml_child(graphic, "Displacement"));
}

/* ---- labels ---- */

static const char *anchor_of(double x, double y)
{
    static const char *const anchors[3][3] = {
        {"bottom-left", "bottom", "bottom-right"}, {"left", "center", "right"}, {"top-left", "top", "top-right"}};
    return anchors[y < 0.25 ? 0 : y > 0.75 ? 2 : 1][x < 0.25 ? 0 : x > 0.75 ? 2 : 1];
}

static void place_at_point(const struct symbolizer *symbolizer, struct import_part *part,
                           const struct import_xml *placement, double size)
{
    struct import *import = symbolizer->import;
    const struct import_xml *anchor = import_xml_child(placement, "AnchorPoint");
    const struct import_xml *displacement = import_xml_child(placement, "Displacement");
    double x = number_in(import, import_xml_child(anchor, "AnchorPointX"), 0);
    double y = number_in(import, import_xml_child(anchor, "AnchorPointY"), 0.5);
    set_text(symbolizer, part, "text-anchor", anchor_of(x, y));
    if (fabs(x * 2 - round(x * 2)) > 0.1 || fabs(y * 2 - round(y * 2)) > 0.1) {
        import_note(import, anchor->line, "the anchor of the label is moved to the nearest side or corner",
                    "el ancla del rótulo se lleva al lado o esquina más próximo");
    }
    double offset[] = {number_in(import, import_xml_child(displacement, "DisplacementX"), 0) / size,
                       -number_in(import, import_xml_child(displacement, "DisplacementY"), 0) / size};
    if (offset[0] != 0 || offset[1] != 0) {
        import_part_set(import, part, "text-offset", true, import_numbers(import, offset, 2));
    }
    double turn = number_in(import, import_xml_child(placement, "Rotation"), 0);
    if (turn != 0) {
        import_part_set(import, part, "text-rotate", true, value_of_real(turn));
    }
}

static void place_on_line(const struct symbolizer *symbolizer, struct import_part *part,
                          const struct import_xml *placement, double size)
{
    struct import *import = symbolizer->import;
    double gap = number_in(import, import_xml_child(placement, "Gap"), 0);
    double offset = number_in(import, import_xml_child(placement, "PerpendicularOffset"), 0) / size;
    set_text(symbolizer, part, "symbol-placement", "line");
    if (gap >= 1 && symbolizer->unit != IMPORT_METRE) {
        import_part_set(import, part, "symbol-spacing", true, value_of_real(round(length_of(symbolizer, gap).fixed)));
    }
    if (offset != 0) {
        double both[] = {0, -offset};
        import_part_set(import, part, "text-offset", true, import_numbers(import, both, 2));
    }
}

static void set_font(const struct symbolizer *symbolizer, struct import_part *part, const struct import_xml *font,
                     double size)
{
    struct import *import = symbolizer->import;
    const char *style = constant(import, parameter(font, "font-style"));
    const char *weight = constant(import, parameter(font, "font-weight"));
    double number;
    bool is_bold =
        weight && (strcmp(weight, "bold") == 0 || (text_to_double(text_of(weight), &number) && number >= 600));
    bool is_italic = style && (strcmp(style, "italic") == 0 || strcmp(style, "oblique") == 0);
    size_t line = font ? font->line : symbolizer->xml->line;
    import_part_set(
        import, part, "text-font", true,
        import_label_font(import, line, constant(import, parameter(font, "font-family")), is_bold, is_italic));
    import_part_set_length(import, part, "text-size", true, length_of(symbolizer, size));
}

static bool set_label(const struct symbolizer *symbolizer, struct value *out_text)
{
    struct import *import = symbolizer->import;
    const struct import_xml *label = import_xml_child(symbolizer->xml, "Label");
    struct import_expr *expr;
    struct import_trouble why;
    if (!label) {
        return false;
    }
    if (!import_sld_mixed(import, label, &expr, &why) || !import_expr_value(import, expr, out_text, &why) ||
        import_depth(out_text) > 30) {
        import_expr_note(import, label->line, "a label is left out, its expression is not carried over",
                         "se omite un rótulo, su expresión no se puede convertir", &why);
        return false;
    }
    *out_text = import_list(import, 2, value_of_string("to-string"), *out_text);
    return true;
}

static void read_label(const struct symbolizer *symbolizer)
{
    static const char *const known[] = {"Name", "Description", "Label",    "Font", "LabelPlacement",
                                        "Halo", "Fill",        "Priority", NULL};
    struct import *import = symbolizer->import;
    const struct import_xml *font = import_xml_child(symbolizer->xml, "Font");
    const struct import_xml *placement = import_xml_child(symbolizer->xml, "LabelPlacement");
    const struct import_xml *halo = import_xml_child(symbolizer->xml, "Halo");
    struct value text;
    note_others(import, symbolizer->xml, known);
    if (!set_label(symbolizer, &text)) {
        return;
    }
    struct import_part *part = import_part_add(import, symbolizer->rule, "symbol");
    if (!part) {
        return;
    }
    part->pass = 1 << 20;
    double size = parameter_number(import, font, "font-size", 10);
    size = size > 0 ? size : 10;
    import_part_set(import, part, "text-field", true, text);
    set_font(symbolizer, part, font, size);
    import_part_set(import, part, "text-max-width", true, value_of_int(100));
    const struct import_xml *on_line = import_xml_child(placement, "LinePlacement");
    if (on_line) {
        place_on_line(symbolizer, part, on_line, size);
    } else if (import_xml_child(placement, "PointPlacement")) {
        place_at_point(symbolizer, part, import_xml_child(placement, "PointPlacement"), size);
    }
    set_color(symbolizer, part, "text-color",
              parameter_color(import, import_xml_child(symbolizer->xml, "Fill"), "fill", "fill-opacity",
                              (struct style_color){0, 0, 0, 1}));
    if (halo) {
        set_color(symbolizer, part, "text-halo-color",
                  parameter_color(import, import_xml_child(halo, "Fill"), "fill", "fill-opacity",
                                  (struct style_color){1, 1, 1, 1}));
        import_part_set_length(import, part, "text-halo-width", false,
                               length_of(symbolizer, number_in(import, import_xml_child(halo, "Radius"), 1)));
    }
}

/* ---- rules ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* A pixel of SLD is a pixel of the map. */
static enum import_unit unit_of(struct import *import, const struct import_xml *xml)
{
    const char *uom = import_xml_get(xml, "uom");
    if (!uom || ends_with(uom, "pixel")) {
        return IMPORT_PX;
    }
    if (ends_with(uom, "metre") || ends_with(uom, "meter")) {
        import_note(import, xml->line, "metres are taken as metres on the ground at latitude %g",
                    "los metros se toman como metros del terreno en la latitud %g", import->latitude);
        return IMPORT_METRE;
    }
    if (ends_with(uom, "mm") || ends_with(uom, "millimetre")) {
        return IMPORT_MM;
    }
    import_note(import, xml->line, "unit \"%s\": taken as pixels", "unidad «%s»: se toma como píxeles", uom);
    return IMPORT_PX;
}

static void read_symbolizers(struct import *import, struct import_rule *rule, const struct import_xml *xml)
{
    static const struct {
        const char *name;
        void (*read)(const struct symbolizer *symbolizer);
    } kinds[] = {{"PolygonSymbolizer", read_polygon},
                 {"LineSymbolizer", read_line},
                 {"PointSymbolizer", read_point},
                 {"TextSymbolizer", read_label}};
    for (const struct import_xml *child = xml->first; child; child = child->next) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (is_name(child, kinds[i].name)) {
                struct symbolizer symbolizer = {import, rule, child, unit_of(import, child)};
                kinds[i].read(&symbolizer);
            }
        }
    }
}

static void read_filter(struct import *import, struct import_rule *rule, const struct import_xml *filter)
{
    struct import_expr *expr = NULL;
    struct import_trouble why;
    if (!import_sld_filter(import, filter, &expr, &why) || !import_expr_filter(import, expr, &rule->filter, &why)) {
        rule->is_broken = true;
        import_expr_note(import, filter->line, "a rule is left out, its filter is not carried over",
                         "se omite una regla, su filtro no se puede convertir", &why);
    }
}

static void read_rule(struct import *import, struct import_rule *parent, const struct import_xml *xml)
{
    static const char *const known[] = {"Name",
                                        "Title",
                                        "Abstract",
                                        "Description",
                                        "LegendGraphic",
                                        "Filter",
                                        "ElseFilter",
                                        "MinScaleDenominator",
                                        "MaxScaleDenominator",
                                        "PolygonSymbolizer",
                                        "LineSymbolizer",
                                        "PointSymbolizer",
                                        "TextSymbolizer",
                                        NULL};
    struct import_rule *rule = import_rule_add(import, parent, xml->line);
    if (!rule) {
        return;
    }
    const char *title = text_in(import, import_xml_child(import_xml_child(xml, "Description"), "Title"));
    title = title ? title : text_in(import, import_xml_child(xml, "Title"));
    rule->label = title ? title : text_in(import, import_xml_child(xml, "Name"));
    rule->has_symbol = true;
    rule->is_else = import_xml_child(xml, "ElseFilter") != NULL;
    note_others(import, xml, known);
    import_rule_set_scales(import, rule, number_in(import, import_xml_child(xml, "MinScaleDenominator"), 0),
                           number_in(import, import_xml_child(xml, "MaxScaleDenominator"), 0));
    const struct import_xml *filter = import_xml_child(xml, "Filter");
    if (filter) {
        read_filter(import, rule, filter);
    }
    read_symbolizers(import, rule, xml);
}

static void read_feature_type(struct import *import, const struct import_xml *xml, const char *source)
{
    static const char *const known[] = {
        "Name", "Title", "Abstract", "Description", "FeatureTypeName", "SemanticTypeIdentifier", "Rule", NULL};
    struct import_rule *set = import_rule_add(import, &import->root, xml->line);
    if (!set) {
        return;
    }
    set->source = source;
    note_others(import, xml, known);
    for (const struct import_xml *rule = import_xml_child(xml, "Rule"); rule; rule = import_xml_next(rule, "Rule")) {
        read_rule(import, set, rule);
    }
}

static const char *title_of(struct import *import, const struct import_xml *xml)
{
    const char *title = text_in(import, import_xml_child(import_xml_child(xml, "Description"), "Title"));
    title = title ? title : text_in(import, import_xml_child(xml, "Title"));
    return title ? title : text_in(import, import_xml_child(xml, "Name"));
}

static void read_user_style(struct import *import, const struct import_xml *xml, const char *source)
{
    const char *title = title_of(import, xml);
    const char *about = text_in(import, import_xml_child(import_xml_child(xml, "Description"), "Abstract"));
    import->title = import->title ? import->title : title;
    about = about ? about : text_in(import, import_xml_child(xml, "Abstract"));
    import->description = import->description ? import->description : about;
    const struct import_xml *each = import_xml_child(xml, "FeatureTypeStyle");
    for (; each; each = import_xml_next(each, "FeatureTypeStyle")) {
        read_feature_type(import, each, source);
    }
    const struct import_xml *coverage = import_xml_child(xml, "CoverageStyle");
    if (coverage) {
        import_note(import, coverage->line, "<CoverageStyle> is left out", "se omite <CoverageStyle>");
    }
}

/* The default style of a named layer, or the first. */
static void read_named_layer(struct import *import, const struct import_xml *xml, const char *source,
                             const char *otherwise)
{
    const char *name = text_in(import, import_xml_child(xml, "Name"));
    const struct import_xml *chosen = import_xml_child(xml, "UserStyle");
    size_t count = 0;
    for (const struct import_xml *each = chosen; each; each = import_xml_next(each, "UserStyle")) {
        const char *is_default = text_in(import, import_xml_child(each, "IsDefault"));
        chosen = is_default && strcmp(is_default, "1") == 0 ? each : chosen;
        count++;
    }
    if (count > 1) {
        import_note(import, xml->line, "of %zu styles of the layer only the default one is read",
                    "de los %zu estilos de la capa sólo se lee el principal", count);
    }
    if (!chosen) {
        import_note(import, xml->line, "a layer without a style of its own is left out",
                    "se omite una capa sin estilo propio");
        return;
    }
    const char *for_layer = source ? source : name ? name : otherwise;
    read_user_style(import, chosen, for_layer);
    import->title = import->title ? import->title : name;
}

bool import_sld_read(struct import *import, const struct import_xml *root, const char *source, const char *otherwise,
                     struct error *err)
{
    size_t layers = 0;
    import->mm_per_px = 0.28;
    if (is_name(root, "FeatureTypeStyle")) {
        read_feature_type(import, root, source ? source : otherwise);
        return true;
    }
    for (const struct import_xml *child = root->first; child; child = child->next) {
        if (child->name && (is_name(child, "NamedLayer") || is_name(child, "UserLayer"))) {
            read_named_layer(import, child, source, otherwise);
            layers++;
        }
    }
    if (layers == 0) {
        error_tell(err, ERROR_INVALID, "IMP-080", "the SLD has no <NamedLayer>: save the style again from QGIS",
                   "el SLD no trae <NamedLayer>: guarde el estilo de nuevo en QGIS");
        return false;
    }
    if (layers > 1 && source) {
        import_note(import, root->line, "the styles of %zu layers are put on \"%s\"",
                    "los estilos de %zu capas se ponen sobre «%s»", layers, source);
    }
    return true;
}
