/* SPDX-License-Identifier: MIT */
#pragma once
/* The legend of a map, made from its style: one group for each thing shown, one entry for each class, each with a small
 * picture drawn as the style draws the map.
 *
 * Layers of the style may say in their metadata
 *   "tesela:legend": {"title": {"es": …, "en": …} or "…", "hidden": true,
 *                     "labels": {"<value>": {"es": …, "en": …} or "…" or false}}
 * where <value> is what "match" compares with, the lower end of a class of "step" ("<" for the first), the stop of
 * "interpolate", the number of the condition of "case" (from 0), or "*" for the rest. false leaves a class out.
 * A layer drawn by several style layers with the same filter (casing and road, fill and outline) is one entry. */

#include "base/buffer.h"
#include "server/format_es.h"
#include "style/style.h"
#include "tile/catalog.h"

enum { LEGEND_MARKS_MAX = 5 };

/* One thing drawn in a swatch. */
struct legend_mark {
    enum legend_mark_kind { MARK_FILL, MARK_LINE, MARK_CIRCLE, MARK_TEXT, MARK_RAMP, MARK_PICTURE } kind;
    struct style_color color;
    const char *css_color; /* instead of `color` where the style's own text is all there is */
    bool has_outline;
    struct style_color outline; /* of fills and circles; the halo of text */
    double width;               /* line width, outline width, in px */
    double radius;              /* of circles */
    double dash[4];             /* in px */
    size_t dash_count;
    bool round_cap;
    struct style_color ramp[5];
};

struct legend_entry {
    const char *label;
    const char *key;                            /* the class; "" when the group has only this entry */
    struct legend_mark marks[LEGEND_MARKS_MAX]; /* bottom first */
    size_t mark_count;
};

struct legend_group {
    const char *title;    /* NULL when the only entry says it */
    const char *layer_id; /* of the store */
    const char *field;    /* the title of the attribute that decides; NULL without classes */
    const char *unit;     /* of it; NULL */
    double min_zoom;      /* shown from … to below, as tiles of 256 px count */
    double max_zoom;
    struct legend_entry *entries;
    size_t count;
};

struct legend {
    struct legend_group *groups; /* topmost first */
    size_t count;
};

/* Makes the legend of `style` for people who look at the map around style zoom `zoom`. `layers` gives titles and units
 * and may be NULL. Everything lives in `arena` or in the style and the layers. */
bool legend_make(const struct style *style, double zoom, const struct store_layer_list *layers, enum language language,
                 struct arena *arena, struct legend *out_legend, struct error *err);

/* legend_write.c */

/* The swatch as <svg>, 32 by 20, with presentation attributes only (no style="", so it suits a strict policy). */
void legend_write_swatch(const struct legend_entry *entry, struct buffer *out);
/* The groups as <section>s with headings of level `heading`. */
void legend_write_html(const struct legend *legend, unsigned heading, struct buffer *out);
void legend_write_json(const struct legend *legend, const char *map_id, const char *title, struct buffer *out);
/* One picture of the whole legend, for print and for other programs. */
void legend_write_svg(const struct legend *legend, const char *title, struct buffer *out);
