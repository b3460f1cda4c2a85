/* SPDX-License-Identifier: MIT */
#include "style/import_qgis_label.h"

#include "style/import_expr.h"
#include "style/import_qgis_symbol.h"

#include <math.h>
#include <string.h>

/* Placements of QGIS by their number in the XML. */
enum placement { AROUND_POINT, OVER_POINT, LINE, CURVED, HORIZONTAL, FREE, ORDERED_POSITIONS, PERIMETER, OUTSIDE };

static bool is_on(const struct import_xml *element, const char *name)
{
    const char *value = import_xml_get(element, name);
    return value && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
}

struct value import_label_font(struct import *import, size_t line, const char *family, bool is_bold, bool is_italic)
{
    static const char *const styles[] = {"Regular", "Italic", "Bold", "Bold Italic"};
    const char *style = styles[(is_bold ? 2 : 0) + (is_italic ? 1 : 0)];
    struct value ours = import_string(import, arena_printf(import->arena, "Open Sans %s", style));
    if (!family || !family[0] || strcmp(family, "Open Sans") == 0) {
        return import_array(import, &ours, 1);
    }
    import_note(import, line, "the font \"%s\" is used where the server has it, otherwise Open Sans",
                "la fuente «%s» se usa si el servidor la tiene; si no, Open Sans", family);
    struct value fonts[] = {import_string(import, arena_printf(import->arena, "%s %s", family, style)), ours};
    return import_array(import, fonts, 2);
}

static struct value font_of(struct import *import, const struct import_xml *style)
{
    const char *named = import_xml_get(style, "namedStyle");
    double weight = import_qgis_number(import_xml_get(style, "fontWeight"), 50);
    /* Weights are those of Qt 5 (75 is bold) or of OpenType (700). */
    bool is_bold = weight > 99 ? weight >= 600 : weight >= 63;
    is_bold = is_bold || is_on(style, "forcedBold") || (named && strstr(named, "Bold"));
    bool is_italic = is_on(style, "fontItalic") || is_on(style, "forcedItalic") || (named && strstr(named, "Italic"));
    return import_label_font(import, style->line, import_xml_get(style, "fontFamily"), is_bold, is_italic);
}

/* The text; false when it cannot be carried over, which has been noted. */
static bool text_of_label(struct import *import, const struct import_xml *style, struct value *out_text)
{
    const char *name = import_xml_get(style, "fieldName");
    struct import_trouble why;
    struct import_expr *expr;
    if (!name || !name[0]) {
        return false;
    }
    if (!is_on(style, "isExpression")) {
        struct value get = import_list(import, 2, value_of_string("get"), import_string(import, name));
        *out_text = import_list(import, 2, value_of_string("to-string"), get);
        return true;
    }
    if (!import_expr_parse(import, name, &expr, &why) || !import_expr_value(import, expr, out_text, &why)) {
        import_expr_note(import, style->line, "a label is left out, its expression is not carried over",
                         "se omite un rótulo, su expresión no se puede convertir", &why);
        return false;
    }
    if (import_depth(out_text) > 30) {
        import_note(import, style->line, "a label is left out: its expression is nested too deeply",
                    "se omite un rótulo: su expresión está demasiado anidada");
        return false;
    }
    *out_text = import_list(import, 2, value_of_string("to-string"), *out_text);
    return true;
}

static void set(struct import *import, struct import_part *part, const char *name, struct value value)
{
    import_part_set(import, part, name, true, value);
}

static void set_text(struct import *import, struct import_part *part, const char *name, const char *text)
{
    set(import, part, name, import_string(import, text));
}

static void set_halo(struct import *import, struct import_part *part, const struct import_xml *style, double opacity)
{
    const struct import_xml *buffer = import_xml_child(style, "text-buffer");
    struct style_color color = {1, 1, 1, 1};
    if (!is_on(buffer, "bufferDraw")) {
        return;
    }
    import_qgis_color(import_xml_get(buffer, "bufferColor"), &color);
    color.a = import_qgis_number(import_xml_get(buffer, "bufferOpacity"), color.a) * opacity;
    const char *unit = import_xml_get(buffer, "bufferSizeUnits");
    struct import_length width;
    if (unit && strcmp(unit, "Percentage") == 0) {
        import_note(import, buffer->line, "a halo in per cent of the text: 1.5 px is used",
                    "halo en porcentaje del texto: se usa 1.5 px");
        width = (struct import_length){3, 0};
    } else {
        width = import_qgis_length(import, buffer->line, import_xml_get(buffer, "bufferSize"), unit, 1);
    }
    import_part_set(import, part, "text-halo-color", false, import_color(import, color));
    /* The buffer of QGIS is the width of the pen around the letters: half of it lies outside. */
    import_part_set_length(import, part, "text-halo-width", false, import_length_scaled(width, 0.5));
}

static void set_letters(struct import *import, struct import_part *part, const struct import_xml *style, double opacity,
                        double size_px)
{
    struct style_color color = {0, 0, 0, 1};
    import_qgis_color(import_xml_get(style, "textColor"), &color);
    color.a = import_qgis_number(import_xml_get(style, "textOpacity"), color.a) * opacity;
    import_part_set(import, part, "text-color", false, import_color(import, color));
    set(import, part, "text-font", font_of(import, style));
    int capitals = (int)import_qgis_number(import_xml_get(style, "capitalization"),
                                           import_qgis_number(import_xml_get(style, "fontCapitals"), 0));
    if (capitals == 1 || capitals == 2) {
        set_text(import, part, "text-transform", capitals == 1 ? "uppercase" : "lowercase");
    } else if (capitals != 0) {
        import_note(import, style->line, "small or title capitals are left out",
                    "se omiten versalitas o mayúsculas iniciales");
    }
    /* In points, whatever the unit of the size. */
    double spacing = import_qgis_number(import_xml_get(style, "fontLetterSpacing"), 0);
    if (spacing != 0 && size_px > 0) {
        set(import, part, "text-letter-spacing", value_of_real(round(spacing * 96 / 72 / size_px * 1e3) / 1e3));
    }
    double height = import_qgis_number(import_xml_get(style, "multilineHeight"), 1);
    if (height > 0 && height < 5) {
        set(import, part, "text-line-height", value_of_real(round(height * 1.2 * 1e3) / 1e3));
    }
}

/* Which corner or side of the text is at the point, by the quadrant of QGIS (0 is above left). */
static const char *anchor_of(int quadrant)
{
    static const char *const anchors[] = {"bottom-right", "bottom",    "bottom-left", "right",   "center",
                                          "left",         "top-right", "top",         "top-left"};
    return anchors[quadrant >= 0 && quadrant < 9 ? quadrant : 4];
}

static double pixels(struct import *import, const struct import_xml *element, const char *number, const char *unit)
{
    double value = import_qgis_number(import_xml_get(element, number), 0);
    const char *name = import_xml_get(element, unit);
    if (value == 0) {
        return 0;
    }
    if (import_qgis_unit(name) == IMPORT_METRE) {
        import_note(import, element->line, "a distance of labels in map units is left out",
                    "se omite una distancia de rótulos en unidades del mapa");
        return 0;
    }
    return import_qgis_length(import, element->line, import_xml_get(element, number), name, 0).fixed;
}

static void place_at_point(struct import *import, struct import_part *part, const struct import_xml *placement,
                           int mode, enum import_geometry geometry, double size_px)
{
    double distance = size_px > 0 ? pixels(import, placement, "dist", "distUnits") / size_px : 0;
    if (mode == ORDERED_POSITIONS || (mode == AROUND_POINT && geometry == IMPORT_GEOMETRY_POINT)) {
        static const char *const places[] = {"bottom-left", "bottom-right", "top-left", "top-right",
                                             "left",        "right",        "bottom",   "top"};
        struct value items[8];
        for (size_t i = 0; i < 8; i++) {
            items[i] = value_of_string(places[i]);
        }
        set(import, part, "text-variable-anchor", import_array(import, items, 8));
        set(import, part, "text-radial-offset", value_of_real(round(fmax(distance, 0.3) * 1e3) / 1e3));
        return;
    }
    int quadrant = (int)import_qgis_number(import_xml_get(placement, "quadOffset"), 4);
    double offset[] = {size_px > 0 ? pixels(import, placement, "xOffset", "offsetUnits") / size_px : 0,
                       size_px > 0 ? pixels(import, placement, "yOffset", "offsetUnits") / size_px : 0};
    if (mode == OVER_POINT) {
        set_text(import, part, "text-anchor", anchor_of(quadrant));
        if (offset[0] != 0 || offset[1] != 0) {
            set(import, part, "text-offset", import_numbers(import, offset, 2));
        }
    }
    if (mode == OUTSIDE || mode == PERIMETER ||
        (geometry == IMPORT_GEOMETRY_POLYGON && (mode == LINE || mode == CURVED))) {
        import_note(import, placement->line, "labels along or outside the outline are put inside",
                    "los rótulos a lo largo o fuera del contorno se ponen dentro");
    }
}

static void set_placement(struct import *import, struct import_part *part, const struct import_xml *settings,
                          enum import_geometry geometry, double size_px)
{
    const struct import_xml *placement = import_xml_child(settings, "placement");
    const struct import_xml *format = import_xml_child(settings, "text-format");
    int mode = (int)import_qgis_number(import_xml_get(placement, "placement"), OVER_POINT);
    if (!placement) {
        return;
    }
    import_note(import, 0, "labels are placed by the rules of the server: fewer or others may appear than in QGIS",
                "el servidor coloca los rótulos con sus propias reglas: pueden aparecer menos u otros que en QGIS");
    if (geometry == IMPORT_GEOMETRY_LINE || (geometry == IMPORT_GEOMETRY_UNKNOWN && (mode == LINE || mode == CURVED))) {
        set_text(import, part, "symbol-placement", mode == HORIZONTAL ? "line-center" : "line");
        if (mode == HORIZONTAL) {
            set_text(import, part, "text-rotation-alignment", "viewport");
        }
        double repeat = pixels(import, placement, "repeatDistance", "repeatDistanceUnits");
        if (repeat >= 1 && mode != HORIZONTAL) {
            set(import, part, "symbol-spacing", value_of_real(round(repeat)));
        }
    } else {
        place_at_point(import, part, placement, mode, geometry, size_px);
    }
    double turn = import_qgis_number(import_xml_get(placement, "rotationAngle"), 0);
    if (turn != 0) {
        set(import, part, "text-rotate", value_of_real(turn));
    }
    double wrap = import_qgis_number(import_xml_get(format, "autoWrapLength"), 0);
    /* A character is about half as wide as the text is high. */
    set(import, part, "text-max-width", value_of_real(wrap > 0 ? round(wrap * 5) / 10 : 100));
    const char *wrap_character = import_xml_get(format, "wrapChar");
    if (wrap_character && wrap_character[0] && strcmp(wrap_character, "\n") != 0) {
        import_note(import, format->line, "wrapping at the character \"%s\" is left out",
                    "se omite el salto de línea en el carácter «%s»", wrap_character);
    }
}

static void note_extras(struct import *import, const struct import_xml *settings, const struct import_xml *style)
{
    static const struct {
        const char *element;
        const char *attribute;
        const char *english;
        const char *spanish;
    } extras[] = {
        {"background", "shapeDraw", "the background of labels is left out", "se omite el fondo de los rótulos"},
        {"shadow", "shadowDraw", "the shadow of labels is left out", "se omite la sombra de los rótulos"},
        {"text-mask", "maskEnabled", "masks of labels are left out", "se omiten las máscaras de los rótulos"}};
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        const struct import_xml *extra = import_xml_child(style, extras[i].element);
        extra = extra ? extra : import_xml_child(settings, extras[i].element);
        if (is_on(extra, extras[i].attribute)) {
            import_note_plain(import, extra->line, extras[i].english, extras[i].spanish);
        }
    }
    const struct import_xml *callout = import_xml_child(settings, "callout");
    const struct import_xml *each = import_xml_child(import_xml_child(callout, "Option"), "Option");
    for (; each; each = import_xml_next(each, "Option")) {
        const char *name = import_xml_get(each, "name");
        const char *value = import_xml_get(each, "value");
        if (name && value && strcmp(name, "enabled") == 0 && strcmp(value, "1") == 0) {
            import_note(import, callout->line, "callouts of labels are left out",
                        "se omiten las líneas guía de los rótulos");
        }
    }
    if (is_on(style, "fontUnderline") || is_on(style, "fontStrikeout")) {
        import_note(import, style->line, "underlined or struck text is left out",
                    "se omite el texto subrayado o tachado");
    }
    if (is_on(style, "allowHtml")) {
        import_note(import, style->line, "HTML in labels is not read", "no se lee HTML en los rótulos");
    }
    import_qgis_note_overrides(import, import_xml_child(settings, "dd_properties"));
    import_qgis_note_overrides(import, import_xml_child(style, "dd_properties"));
}

void import_qgis_label(struct import *import, struct import_rule *rule, const struct import_xml *settings,
                       enum import_geometry geometry, double opacity)
{
    const struct import_xml *style = import_xml_child(settings, "text-style");
    const struct import_xml *rendering = import_xml_child(settings, "rendering");
    const char *draws = import_xml_get(rendering, "drawLabels");
    struct value text;
    if (!style || (draws && strcmp(draws, "0") == 0) || !text_of_label(import, style, &text)) {
        return;
    }
    if (is_on(rendering, "scaleVisibility")) {
        import_rule_set_scales(import, rule, import_qgis_number(import_xml_get(rendering, "scaleMin"), 0),
                               import_qgis_number(import_xml_get(rendering, "scaleMax"), 0));
    }
    struct import_part *part = import_part_add(import, rule, "symbol");
    if (!part) {
        return;
    }
    part->pass = 1 << 20;
    const char *unit = import_xml_get(style, "fontSizeUnit");
    struct import_length size =
        import_qgis_length(import, style->line, import_xml_get(style, "fontSize"), unit ? unit : "Point", 10);
    set(import, part, "text-field", text);
    import_part_set_length(import, part, "text-size", true, size);
    set_letters(import, part, style, opacity, size.fixed);
    set_halo(import, part, style, opacity);
    set_placement(import, part, settings, geometry, size.fixed);
    if (is_on(rendering, "displayAll")) {
        set(import, part, "text-allow-overlap", value_of_bool(true));
    }
    note_extras(import, settings, style);
}
