/* SPDX-License-Identifier: MIT */
/* The legend as HTML, JSON and SVG. */

#include "server/legend.h"

#include "base/json_write.h"
#include "server/html_write.h"

enum { SWATCH_WIDTH = 32, SWATCH_HEIGHT = 20 };

static int channel(double component)
{
    return (int)(component * 255 + 0.5);
}

/* fill="#rrggbb" fill-opacity="0.5", or the same with stroke. */
static void put_color(struct buffer *out, const char *attribute, struct style_color color, const char *css_color)
{
    if (css_color) {
        html_print(out, " %s=\"%s\"", attribute, css_color);
        return;
    }
    buffer_printf(out, " %s=\"#%02x%02x%02x\"", attribute, channel(color.r), channel(color.g), channel(color.b));
    if (color.a < 0.999) {
        html_print(out, " %s-opacity=\"%.2f\"", attribute, color.a);
    }
}

static void put_fill(const struct legend_mark *mark, struct buffer *out)
{
    html_print(out, "<rect x=\"2\" y=\"2\" width=\"28\" height=\"16\"");
    put_color(out, "fill", mark->color, mark->css_color);
    if (mark->has_outline) {
        put_color(out, "stroke", mark->outline, NULL);
    }
    html_print(out, "/>");
}

static void put_line(const struct legend_mark *mark, bool as_outline, struct buffer *out)
{
    html_print(out, as_outline ? "<rect x=\"2\" y=\"2\" width=\"28\" height=\"16\" fill=\"none\""
                               : "<path d=\"M2 10H30\" fill=\"none\"");
    put_color(out, "stroke", mark->color, mark->css_color);
    html_print(out, " stroke-width=\"%.1f\"", as_outline && mark->width > 3 ? 3.0 : mark->width);
    if (mark->round_cap && mark->dash_count > 0) {
        html_print(out, " stroke-linecap=\"round\"");
    }
    if (mark->dash_count > 1) {
        html_print(out, " stroke-dasharray=\"");
        for (size_t i = 0; i < mark->dash_count; i++) {
            html_print(out, "%s%.1f", i > 0 ? " " : "", mark->dash[i]);
        }
        html_print(out, "\"");
    }
    html_print(out, "/>");
}

static void put_circle(const struct legend_mark *mark, struct buffer *out)
{
    html_print(out, "<circle cx=\"16\" cy=\"10\" r=\"%.1f\"", mark->radius);
    put_color(out, "fill", mark->color, mark->css_color);
    if (mark->has_outline) {
        put_color(out, "stroke", mark->outline, NULL);
        html_print(out, " stroke-width=\"%.1f\"", mark->width);
    }
    html_print(out, "/>");
}

static void put_text(const struct legend_mark *mark, struct buffer *out)
{
    html_print(out, "<text x=\"16\" y=\"15\" text-anchor=\"middle\" font-size=\"14\" font-family=\"sans-serif\"");
    put_color(out, "fill", mark->color, mark->css_color);
    if (mark->has_outline) {
        put_color(out, "stroke", mark->outline, NULL);
        html_print(out, " stroke-width=\"%.1f\" paint-order=\"stroke\"", mark->width * 2);
    }
    html_print(out, ">Aa</text>");
}

static void put_ramp(const struct legend_mark *mark, struct buffer *out)
{
    for (unsigned i = 0; i < 5; i++) {
        html_print(out, "<rect x=\"%.1f\" y=\"2\" width=\"5.6\" height=\"16\"", 2 + i * 5.6);
        put_color(out, "fill", mark->ramp[i], NULL);
        html_print(out, "/>");
    }
}

/* A hill and a sun: an image. */
static void put_picture(struct buffer *out)
{
    html_print(out, "<rect x=\"2\" y=\"2\" width=\"28\" height=\"16\" fill=\"#8aa68a\"/>"
                    "<path d=\"M2 18L12 8L19 15L23 11L30 18Z\" fill=\"#4f6b52\"/>"
                    "<circle cx=\"24\" cy=\"6\" r=\"2\" fill=\"#f4f1de\"/>");
}

static bool is_pale(struct style_color color)
{
    return color.a < 0.2 || (color.r > 0.85 && color.g > 0.85 && color.b > 0.85);
}

/* White streets would not be seen on a white page: they are shown on a piece of ground as the map has it. */
static bool needs_ground(const struct legend_entry *entry)
{
    for (size_t i = 0; i < entry->mark_count; i++) {
        const struct legend_mark *mark = &entry->marks[i];
        if (mark->kind != MARK_LINE || mark->css_color || !is_pale(mark->color)) {
            return false;
        }
    }
    return entry->mark_count > 0;
}

static void put_marks(const struct legend_entry *entry, struct buffer *out)
{
    if (needs_ground(entry)) {
        html_print(out, "<rect width=\"32\" height=\"20\" rx=\"2\" fill=\"#d3ccbd\"/>");
    }
    bool has_fill = false;
    for (size_t i = 0; i < entry->mark_count; i++) {
        has_fill = has_fill || entry->marks[i].kind == MARK_FILL;
    }
    for (size_t i = 0; i < entry->mark_count; i++) {
        const struct legend_mark *mark = &entry->marks[i];
        switch (mark->kind) {
        case MARK_FILL:
            put_fill(mark, out);
            break;
        case MARK_LINE:
            put_line(mark, has_fill, out);
            break;
        case MARK_CIRCLE:
            put_circle(mark, out);
            break;
        case MARK_TEXT:
            put_text(mark, out);
            break;
        case MARK_RAMP:
            put_ramp(mark, out);
            break;
        case MARK_PICTURE:
            put_picture(out);
            break;
        }
    }
}

void legend_write_swatch(const struct legend_entry *entry, struct buffer *out)
{
    html_print(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
               "aria-hidden=\"true\" focusable=\"false\">",
               SWATCH_WIDTH, SWATCH_HEIGHT, SWATCH_WIDTH, SWATCH_HEIGHT);
    put_marks(entry, out);
    html_print(out, "</svg>");
}

/* As legend_write_swatch, without what HTML does not need: a legend of a hundred classes is a large part of a page. */
static void put_html_swatch(const struct legend_entry *entry, struct buffer *out)
{
    html_print(out, "<svg class=\"swatch\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", SWATCH_WIDTH, SWATCH_HEIGHT);
    put_marks(entry, out);
    html_print(out, "</svg>");
}

void legend_write_html(const struct legend *legend, unsigned heading, struct buffer *out)
{
    for (size_t i = 0; i < legend->count; i++) {
        const struct legend_group *group = &legend->groups[i];
        html_print(out, "<section class=\"legend-group\" data-min-zoom=\"%.2f\" data-max-zoom=\"%.2f\">\n",
                   group->min_zoom, group->max_zoom);
        if (group->title) {
            html_print(out, "<h%u>%s</h%u>\n", heading, group->title, heading);
        }
        if (group->field) {
            html_print(out, "<p class=\"legend-field\">%s%s%s%s</p>\n", group->field, group->unit ? " (" : "",
                       group->unit ? group->unit : "", group->unit ? ")" : "");
        }
        html_print(out, "<ul class=\"legend-list\">\n");
        for (size_t j = 0; j < group->count; j++) {
            html_print(out, "<li>");
            put_html_swatch(&group->entries[j], out);
            html_print(out, "<span>%s</span></li>\n", group->entries[j].label);
        }
        html_print(out, "</ul>\n</section>\n");
    }
}

static void write_entry_json(const struct legend_entry *entry, struct json_writer *json)
{
    struct buffer svg;
    buffer_init(&svg, 16 << 10);
    legend_write_swatch(entry, &svg);
    json_write_begin_object(json);
    json_write_member_string(json, "label", entry->label);
    json_write_member_string(json, "value", entry->key[0] ? entry->key : NULL);
    json_write_member_string(json, "svg", buffer_text(&svg));
    json_write_end_object(json);
    buffer_finish(&svg);
}

void legend_write_json(const struct legend *legend, const char *map_id, const char *title, struct buffer *out)
{
    struct json_writer json;
    json_write_init(&json, out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "map", map_id);
    json_write_member_string(&json, "title", title);
    json_write_name(&json, "groups");
    json_write_begin_array(&json);
    for (size_t i = 0; i < legend->count; i++) {
        const struct legend_group *group = &legend->groups[i];
        json_write_begin_object(&json);
        json_write_member_string(&json, "title", group->title ? group->title : group->entries[0].label);
        json_write_member_string(&json, "layer", group->layer_id);
        json_write_member_string(&json, "field", group->field);
        json_write_member_string(&json, "unit", group->unit);
        json_write_member_double(&json, "minzoom", group->min_zoom);
        json_write_member_double(&json, "maxzoom", group->max_zoom);
        json_write_name(&json, "entries");
        json_write_begin_array(&json);
        for (size_t j = 0; j < group->count; j++) {
            write_entry_json(&group->entries[j], &json);
        }
        json_write_end_array(&json);
        json_write_end_object(&json);
    }
    json_write_end_array(&json);
    json_write_end_object(&json);
}

enum { SVG_WIDTH = 320, SVG_MARGIN = 12, SVG_ROW = 26, SVG_HEADING = 30 };

static unsigned svg_height(const struct legend *legend)
{
    size_t height = 2 * SVG_MARGIN + SVG_HEADING;
    for (size_t i = 0; i < legend->count; i++) {
        height += legend->groups[i].count * SVG_ROW + (legend->groups[i].title ? SVG_HEADING : 0);
    }
    return (unsigned)height;
}

void legend_write_svg(const struct legend *legend, const char *title, struct buffer *out)
{
    unsigned height = svg_height(legend);
    unsigned y = SVG_MARGIN + 18;
    html_print(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\" "
               "font-family=\"sans-serif\" font-size=\"13\" fill=\"#1b2a33\">"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>"
               "<text x=\"%d\" y=\"%u\" font-size=\"16\" font-weight=\"bold\">%s</text>",
               SVG_WIDTH, height, SVG_WIDTH, height, SVG_MARGIN, y, title);
    y += 14;
    for (size_t i = 0; i < legend->count; i++) {
        const struct legend_group *group = &legend->groups[i];
        if (group->title) {
            html_print(out, "<text x=\"%d\" y=\"%u\" font-weight=\"bold\">%s</text>", SVG_MARGIN, y + 20, group->title);
            y += SVG_HEADING;
        }
        for (size_t j = 0; j < group->count; j++) {
            html_print(out, "<g transform=\"translate(%d,%u)\">", SVG_MARGIN, y + 3);
            put_marks(&group->entries[j], out);
            html_print(out, "<text x=\"42\" y=\"15\">%s</text></g>", group->entries[j].label);
            y += SVG_ROW;
        }
    }
    html_print(out, "</svg>");
}
