/* SPDX-License-Identifier: MIT */
#include "render/label_candidate.h"

#include "render/layer_features.h"

#include "base/hash.h"
#include "render/label_case.h"

#include <math.h>
#include <string.h>

enum {
    SECTIONS_MAX = 32,
    TRIED_ANCHORS_MAX = 8, /* lines with more anchors do without the one in the middle that short lines fall back on */
    BENT_STEP_DEGREES = 15
};

static const double pi = 3.14159265358979323846;
/* MapLibre: text ends this far from the line's end at least, times the text size, to keep crossings clear. */
static const double end_gap_em = 2;
/* MapLibre: turns within this length of text, times its size, are added up for text-max-angle. */
static const double angle_window_em = 0.6;
/* MapLibre: how far a text anchored at its top or bottom may be moved towards its anchor, since a line has blank space
 * above its letters. */
static const double blank_above_em = 7.0 / 24;

/* The properties of a layer, evaluated: those that do not depend on the feature once a layer. */
enum number {
    NUMBER_SIZE,
    NUMBER_MAX_WIDTH,
    NUMBER_LINE_HEIGHT,
    NUMBER_LETTER_SPACING,
    NUMBER_RADIAL_OFFSET,
    NUMBER_MAX_ANGLE,
    NUMBER_ROTATE,
    NUMBER_PADDING,
    NUMBER_SPACING,
    NUMBER_SORT_KEY,
    NUMBER_OPACITY,
    NUMBER_HALO_WIDTH,
    NUMBER_HALO_BLUR,
    NUMBER_COUNT
};

static const enum style_property number_properties[NUMBER_COUNT] = {
    STYLE_TEXT_SIZE,          STYLE_TEXT_MAX_WIDTH,  STYLE_TEXT_LINE_HEIGHT, STYLE_TEXT_LETTER_SPACING,
    STYLE_TEXT_RADIAL_OFFSET, STYLE_TEXT_MAX_ANGLE,  STYLE_TEXT_ROTATE,      STYLE_TEXT_PADDING,
    STYLE_SYMBOL_SPACING,     STYLE_SYMBOL_SORT_KEY, STYLE_TEXT_OPACITY,     STYLE_TEXT_HALO_WIDTH,
    STYLE_TEXT_HALO_BLUR,
};

enum choice {
    CHOICE_PLACEMENT,
    CHOICE_ANCHOR,
    CHOICE_JUSTIFY,
    CHOICE_TRANSFORM,
    CHOICE_OVERLAP,
    CHOICE_ROTATION,
    CHOICE_COUNT
};

static const enum style_property choice_properties[CHOICE_COUNT] = {
    STYLE_SYMBOL_PLACEMENT, STYLE_TEXT_ANCHOR,  STYLE_TEXT_JUSTIFY,
    STYLE_TEXT_TRANSFORM,   STYLE_TEXT_OVERLAP, STYLE_TEXT_ROTATION_ALIGNMENT,
};

struct look_up {
    double numbers[NUMBER_COUNT];
    int choices[CHOICE_COUNT];
    struct style_color color;
    struct style_color halo_color;
    double offset[2];
    uint32_t stack;
};

struct finder {
    const struct label_task *task;
    const struct style_layer *layer;
    uint32_t layer_index;
    struct look_up values;
    bool number_varies[NUMBER_COUNT];
    bool choice_varies[CHOICE_COUNT];
    bool color_varies;
    bool halo_color_varies;
    bool offset_varies;
    bool font_varies;
    bool has_radial_offset;
    bool has_sort_key;
    bool allow_overlap;
    bool ignore_placement;
    bool keep_upright;
    double translate[2];
    enum style_anchor anchors[LABEL_WAYS_MAX]; /* text-variable-anchor */
    size_t anchor_count;
    struct label_candidates *candidates;
    /* Lines wait until all are known, since they may join. */
    struct label_line *lines;
    const struct label_text **line_texts;
    struct look_up *line_values;
    size_t line_count;
    size_t line_capacity;
};

static bool varies(const struct finder *finder, enum style_property property)
{
    return style_dependence(finder->layer, property) & STYLE_DEPENDS_ON_FEATURE;
}

static uint32_t read_stack(const struct finder *finder, const struct style_scope *scope)
{
    struct text names[TEXT_STACK_FONTS_MAX];
    size_t count = style_texts(finder->layer, STYLE_TEXT_FONT, scope, names, TEXT_STACK_FONTS_MAX);
    count = count > TEXT_STACK_FONTS_MAX ? TEXT_STACK_FONTS_MAX : count;
    return text_engine_stack(finder->task->painter->text, names, count);
}

static bool anchor_of_name(struct text name, enum style_anchor *out_anchor)
{
    static const char *const names[] = {"center",   "left",      "right",       "top",         "bottom",
                                        "top-left", "top-right", "bottom-left", "bottom-right"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_is(name, names[i])) {
            *out_anchor = (enum style_anchor)i;
            return true;
        }
    }
    return false;
}

/* Evaluates what depends on the zoom at most, or what depends on the feature. */
static void evaluate(struct finder *finder, const struct style_scope *scope, bool of_feature)
{
    struct look_up *values = &finder->values;
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        if (finder->number_varies[i] == of_feature) {
            values->numbers[i] = style_number(finder->layer, number_properties[i], scope);
        }
    }
    for (size_t i = 0; i < CHOICE_COUNT; i++) {
        if (finder->choice_varies[i] == of_feature) {
            values->choices[i] = style_enum(finder->layer, choice_properties[i], scope);
        }
    }
    if (finder->color_varies == of_feature) {
        values->color = style_color(finder->layer, STYLE_TEXT_COLOR, scope);
    }
    if (finder->halo_color_varies == of_feature) {
        values->halo_color = style_color(finder->layer, STYLE_TEXT_HALO_COLOR, scope);
    }
    if (finder->offset_varies == of_feature) {
        values->offset[0] = values->offset[1] = 0;
        style_numbers(finder->layer, STYLE_TEXT_OFFSET, scope, values->offset, 2);
    }
    if (finder->font_varies == of_feature) {
        values->stack = read_stack(finder, scope);
    }
}

static void finder_init(struct finder *finder, const struct label_task *task, uint32_t layer_index,
                        struct label_candidates *candidates)
{
    *finder = (struct finder){.task = task,
                              .layer = style_layer_at(task->style, layer_index),
                              .layer_index = layer_index,
                              .candidates = candidates};
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        finder->number_varies[i] = varies(finder, number_properties[i]);
    }
    for (size_t i = 0; i < CHOICE_COUNT; i++) {
        finder->choice_varies[i] = varies(finder, choice_properties[i]);
    }
    finder->color_varies = varies(finder, STYLE_TEXT_COLOR);
    finder->halo_color_varies = varies(finder, STYLE_TEXT_HALO_COLOR);
    finder->offset_varies = varies(finder, STYLE_TEXT_OFFSET);
    finder->font_varies = varies(finder, STYLE_TEXT_FONT);
    finder->has_radial_offset = style_is_set(finder->layer, STYLE_TEXT_RADIAL_OFFSET);
    finder->has_sort_key = style_is_set(finder->layer, STYLE_SYMBOL_SORT_KEY);
    struct style_scope scope = {.zoom = task->zoom, .arena = task->arena};
    evaluate(finder, &scope, false);
    finder->allow_overlap = style_bool(finder->layer, STYLE_TEXT_ALLOW_OVERLAP, &scope);
    finder->ignore_placement = style_bool(finder->layer, STYLE_TEXT_IGNORE_PLACEMENT, &scope);
    finder->keep_upright = style_bool(finder->layer, STYLE_TEXT_KEEP_UPRIGHT, &scope);
    style_numbers(finder->layer, STYLE_TEXT_TRANSLATE, &scope, finder->translate, 2);
    struct text names[LABEL_WAYS_MAX];
    size_t count = style_texts(finder->layer, STYLE_TEXT_VARIABLE_ANCHOR, &scope, names, LABEL_WAYS_MAX);
    for (size_t i = 0; i < count && i < LABEL_WAYS_MAX; i++) {
        finder->anchor_count += anchor_of_name(names[i], &finder->anchors[finder->anchor_count]);
    }
}

bool label_layer_is_shown(const struct style_layer *layer, double zoom)
{
    const struct style_layer_info *info = style_layer_info(layer);
    return info->type == STYLE_SYMBOL && info->visible && info->source && zoom >= info->min_zoom &&
           zoom < info->max_zoom && style_is_set(layer, STYLE_TEXT_FIELD);
}

bool label_layer_is_along_lines(const struct style_layer *layer, double zoom)
{
    struct style_scope scope = {.zoom = zoom};
    return style_enum(layer, STYLE_SYMBOL_PLACEMENT, &scope) != STYLE_SYMBOL_PLACEMENT_POINT;
}

static struct color color_of(struct style_color color)
{
    return (struct color){(float)color.r, (float)color.g, (float)color.b, (float)color.a};
}

/* One byte a component; 0 stands for "none". */
static uint32_t mark_of(const struct style_section *section)
{
    if (!section->has_color) {
        return 0;
    }
    uint32_t r = (uint32_t)(section->color.r * 255 + 0.5);
    uint32_t g = (uint32_t)(section->color.g * 255 + 0.5);
    uint32_t b = (uint32_t)(section->color.b * 255 + 0.5);
    uint32_t a = (uint32_t)(section->color.a * 255 + 0.5);
    uint32_t mark = r << 24 | g << 16 | b << 8 | a;
    return mark ? mark : 1;
}

/* The stack a section names as "A,B". */
static uint32_t section_stack(const struct finder *finder, const struct style_section *section)
{
    struct text names[TEXT_STACK_FONTS_MAX];
    size_t count = 0;
    struct text rest = section->font_stack;
    while (rest.length > 0 && count < TEXT_STACK_FONTS_MAX) {
        const char *comma = memchr(rest.data, ',', rest.length);
        size_t length = comma ? (size_t)(comma - rest.data) : rest.length;
        names[count++] = (struct text){rest.data, length};
        size_t used = comma ? length + 1 : length;
        rest = (struct text){rest.data + used, rest.length - used};
    }
    return count > 0 ? text_engine_stack(finder->task->painter->text, names, count) : finder->values.stack;
}

static enum text_justify justify_of_anchor(int anchor)
{
    switch (anchor) {
    case STYLE_ANCHOR_LEFT:
    case STYLE_ANCHOR_TOP_LEFT:
    case STYLE_ANCHOR_BOTTOM_LEFT:
        return TEXT_JUSTIFY_LEFT;
    case STYLE_ANCHOR_RIGHT:
    case STYLE_ANCHOR_TOP_RIGHT:
    case STYLE_ANCHOR_BOTTOM_RIGHT:
        return TEXT_JUSTIFY_RIGHT;
    default:
        return TEXT_JUSTIFY_CENTER;
    }
}

static enum text_justify justify_of(const struct look_up *values, int anchor)
{
    switch (values->choices[CHOICE_JUSTIFY]) {
    case STYLE_TEXT_JUSTIFY_LEFT:
        return TEXT_JUSTIFY_LEFT;
    case STYLE_TEXT_JUSTIFY_RIGHT:
        return TEXT_JUSTIFY_RIGHT;
    case STYLE_TEXT_JUSTIFY_AUTO:
        return justify_of_anchor(anchor);
    default:
        return TEXT_JUSTIFY_CENTER;
    }
}

/* Shares of the block left of and above the anchor. */
static void anchor_shares(int anchor, double *out_x, double *out_y)
{
    enum text_justify side = justify_of_anchor(anchor);
    *out_x = side == TEXT_JUSTIFY_LEFT ? 0 : side == TEXT_JUSTIFY_RIGHT ? 1 : 0.5;
    bool top = anchor == STYLE_ANCHOR_TOP || anchor == STYLE_ANCHOR_TOP_LEFT || anchor == STYLE_ANCHOR_TOP_RIGHT;
    bool bottom =
        anchor == STYLE_ANCHOR_BOTTOM || anchor == STYLE_ANCHOR_BOTTOM_LEFT || anchor == STYLE_ANCHOR_BOTTOM_RIGHT;
    *out_y = top ? 0 : bottom ? 1 : 0.5;
}

/* MapLibre's evaluateVariableOffset: away from the anchor by the radius, or by the absolute text-offset. */
static void offset_from_anchor(const struct finder *finder, int anchor, double *out_x, double *out_y)
{
    double share_x;
    double share_y;
    anchor_shares(anchor, &share_x, &share_y);
    double right = share_x == 0 ? 1 : share_x == 1 ? -1 : 0;
    double down = share_y == 0 ? 1 : share_y == 1 ? -1 : 0;
    if (finder->has_radial_offset) {
        double radius = fmax(0, finder->values.numbers[NUMBER_RADIAL_OFFSET]);
        double both = right != 0 && down != 0 ? radius / 1.4142135623730951 : radius;
        *out_x = right * both;
        *out_y = down * (both - blank_above_em);
        return;
    }
    *out_x = right * fabs(finder->values.offset[0]);
    *out_y = down * (fabs(finder->values.offset[1]) - blank_above_em);
}

static void offset_of(const struct finder *finder, int anchor, double *out_x, double *out_y)
{
    if (finder->anchor_count > 0 || (finder->has_radial_offset && finder->values.numbers[NUMBER_RADIAL_OFFSET] != 0)) {
        offset_from_anchor(finder, anchor, out_x, out_y);
        return;
    }
    *out_x = finder->values.offset[0];
    *out_y = finder->values.offset[1];
}

/* Where a feature's text comes from, ready for shaping. */
struct words {
    struct text_section sections[SECTIONS_MAX];
    size_t count;
    uint64_t hash;
};

static bool read_words(const struct finder *finder, const struct style_scope *scope, struct words *out)
{
    struct style_section sections[SECTIONS_MAX];
    size_t count = style_formatted(finder->layer, STYLE_TEXT_FIELD, scope, sections, SECTIONS_MAX);
    count = count > SECTIONS_MAX ? SECTIONS_MAX : count;
    out->count = 0;
    out->hash = 0;
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        struct text text = sections[i].text;
        if (text.length == 0) {
            continue;
        }
        int transform = finder->values.choices[CHOICE_TRANSFORM];
        text = transform == STYLE_TEXT_TRANSFORM_UPPERCASE   ? label_case_upper(text, scope->arena)
               : transform == STYLE_TEXT_TRANSFORM_LOWERCASE ? label_case_lower(text, scope->arena)
                                                             : text;
        out->hash = hash_bytes_seeded(text.data, text.length, out->hash);
        out->sections[out->count++] =
            (struct text_section){text, section_stack(finder, &sections[i]),
                                  sections[i].scale > 0 ? sections[i].scale : 1, mark_of(&sections[i])};
        for (size_t j = 0; j < text.length; j++) {
            length += text.data[j] != ' ' && text.data[j] != '\n';
        }
    }
    return length > 0;
}

static bool runs_along(const struct finder *finder)
{
    int rotation = finder->values.choices[CHOICE_ROTATION];
    return finder->values.choices[CHOICE_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_POINT &&
           rotation != STYLE_TEXT_ROTATION_ALIGNMENT_VIEWPORT;
}

static enum label_overlap overlap_of(const struct finder *finder)
{
    switch (finder->values.choices[CHOICE_OVERLAP]) {
    case STYLE_OVERLAP_NEVER:
        return LABEL_OVERLAP_NEVER;
    case STYLE_OVERLAP_ALWAYS:
        return LABEL_OVERLAP_ALWAYS;
    case STYLE_OVERLAP_COOPERATIVE:
        return LABEL_OVERLAP_COOPERATIVE;
    default:
        return finder->allow_overlap ? LABEL_OVERLAP_ALWAYS : LABEL_OVERLAP_NEVER;
    }
}

/* Shapes the words. NULL with `*out_ok` false when memory is out. */
static struct label_text *make_text(const struct finder *finder, const struct words *words, int anchor)
{
    const struct look_up *values = &finder->values;
    struct arena *arena = finder->task->arena;
    const struct text_wish wish = {
        .max_width_em =
            values->choices[CHOICE_PLACEMENT] == STYLE_SYMBOL_PLACEMENT_POINT ? values->numbers[NUMBER_MAX_WIDTH] : 0,
        .line_height_em = values->numbers[NUMBER_LINE_HEIGHT],
        .letter_spacing_em = values->numbers[NUMBER_LETTER_SPACING],
        .justify = justify_of(values, anchor),
    };
    const struct text_layout *layout =
        text_engine_layout(finder->task->painter->text, words->sections, words->count, &wish);
    struct label_text *text = layout ? arena_alloc(arena, sizeof *text) : NULL;
    if (!text) {
        return NULL;
    }
    double turn = values->numbers[NUMBER_ROTATE] * pi / 180;
    *text = (struct label_text){
        .look = {.color = color_of(values->color),
                 .halo_color = color_of(values->halo_color),
                 .opacity = values->numbers[NUMBER_OPACITY],
                 .size_px = values->numbers[NUMBER_SIZE],
                 .halo_px = values->halo_color.a > 0 ? fmax(0, values->numbers[NUMBER_HALO_WIDTH]) : 0,
                 .halo_blur_px = fmax(0, values->numbers[NUMBER_HALO_BLUR])},
        .glyph_count = layout->glyph_count,
        .width_em = layout->width_em,
        .height_em = layout->height_em,
        .is_rotated = turn != 0,
        .cosine = turn != 0 ? cos(turn) : 1,
        .sine = turn != 0 ? sin(turn) : 0,
        .padding_px = values->numbers[NUMBER_PADDING],
        .overlap = overlap_of(finder),
        .blocks_others = !finder->ignore_placement,
        .hash = words->hash,
    };
    text->glyphs = arena_memdup(arena, layout->glyphs, layout->glyph_count * sizeof *layout->glyphs);
    return text->glyphs ? text : NULL;
}

static int32_t to_fixed(double css_px)
{
    /* Bounded: an absurd size is dropped for its length, not by overflow. */
    return (int32_t)floor(fmax(-1e6, fmin(1e6, css_px)) * LABEL_ONE + 0.5);
}

/* The box around a rectangle turned about the anchor. */
static struct label_box turned_box(const struct label_text *text, double left, double top, double right, double bottom)
{
    double xs[4] = {left, right, right, left};
    double ys[4] = {top, top, bottom, bottom};
    double min_x = HUGE_VAL;
    double min_y = HUGE_VAL;
    double max_x = -HUGE_VAL;
    double max_y = -HUGE_VAL;
    for (int i = 0; i < 4; i++) {
        double x = xs[i] * text->cosine - ys[i] * text->sine;
        double y = xs[i] * text->sine + ys[i] * text->cosine;
        min_x = fmin(min_x, x);
        min_y = fmin(min_y, y);
        max_x = fmax(max_x, x);
        max_y = fmax(max_y, y);
    }
    return (struct label_box){to_fixed(min_x), to_fixed(min_y), to_fixed(max_x), to_fixed(max_y)};
}

static struct label_box joined(struct label_box a, struct label_box b)
{
    return (struct label_box){a.min_x < b.min_x ? a.min_x : b.min_x, a.min_y < b.min_y ? a.min_y : b.min_y,
                              a.max_x > b.max_x ? a.max_x : b.max_x, a.max_y > b.max_y ? a.max_y : b.max_y};
}

static struct label_box grown(struct label_box box, double css_px)
{
    int32_t by = to_fixed(css_px);
    return (struct label_box){box.min_x - by, box.min_y - by, box.max_x + by, box.max_y + by};
}

/* How far ink may stick out of the block: accents and descenders beyond a tight line height, italics, the halo and its
 * soft edge, the rounding of pixels. */
static double ink_margin_px(const struct label_look *look)
{
    double halo = look->halo_px > 0 ? look->halo_px + 1.19 * look->halo_blur_px : 0;
    return 0.35 * look->size_px + halo + 2;
}

static struct label_way way_of(const struct finder *finder, const struct label_text *text, int anchor)
{
    double share_x;
    double share_y;
    double offset_x;
    double offset_y;
    anchor_shares(anchor, &share_x, &share_y);
    offset_of(finder, anchor, &offset_x, &offset_y);
    struct label_way way = {.x_em = offset_x - share_x * text->width_em, .y_em = offset_y - share_y * text->height_em};
    double size = text->look.size_px;
    double left = way.x_em * size;
    double top = way.y_em * size;
    struct label_box block = turned_box(text, left, top, left + text->width_em * size, top + text->height_em * size);
    way.box = grown(block, text->padding_px);
    way.ink = grown(block, ink_margin_px(&text->look));
    return way;
}

static bool is_too_long(const struct label_task *task, struct label_box reach)
{
    /* Seen from the anchor as well, since features are looked for that far around. */
    struct label_box with_anchor = joined(reach, (struct label_box){0, 0, 0, 0});
    int32_t most = LABEL_REACH_PX * LABEL_ONE;
    return !task->is_of_view &&
           (with_anchor.max_x - with_anchor.min_x > most || with_anchor.max_y - with_anchor.min_y > most);
}

static struct label_candidate *put_candidate(struct finder *finder)
{
    struct label_candidates *all = finder->candidates;
    if (all->count == all->capacity) {
        size_t larger = all->capacity ? all->capacity * 2 : 512;
        void *grown_items = arena_grow(finder->task->arena, all->items, all->capacity * sizeof *all->items,
                                       larger * sizeof *all->items);
        if (!grown_items) {
            return NULL;
        }
        all->items = grown_items;
        all->capacity = larger;
    }
    struct label_candidate *candidate = &all->items[all->count++];
    memset(candidate, 0, sizeof *candidate);
    candidate->layer = finder->layer_index;
    return candidate;
}

/* An anchor counts where it is: in the area, and once where the world has no copies. */
static bool is_wanted(const struct label_task *task, int64_t x, int64_t y)
{
    return x >= task->area.min_x && x <= task->area.max_x && y >= task->area.min_y && y <= task->area.max_y;
}

/* The ways to show an upright text: all that are not too long together, in the order of the style. */
struct ways {
    const struct label_text *text;
    const struct label_way *items;
    uint32_t count;
    struct label_box reach;
};

static bool find_ways(struct finder *finder, const struct words *words, struct ways *out)
{
    int anchor = finder->anchor_count > 0 ? (int)finder->anchors[0] : finder->values.choices[CHOICE_ANCHOR];
    const struct label_text *text = make_text(finder, words, anchor);
    size_t capacity = finder->anchor_count > 0 ? finder->anchor_count : 1;
    struct label_way *items = arena_array(finder->task->arena, capacity, sizeof *items);
    if (!text || !items) {
        return false;
    }
    *out = (struct ways){.text = text, .items = items};
    for (size_t i = 0; i < capacity && text->glyph_count > 0; i++) {
        struct label_way way = way_of(finder, text, finder->anchor_count > 0 ? (int)finder->anchors[i] : anchor);
        struct label_box reach = joined(way.box, way.ink);
        reach = out->count > 0 ? joined(reach, out->reach) : reach;
        if (is_too_long(finder->task, reach)) {
            continue;
        }
        items[out->count++] = way;
        out->reach = reach;
    }
    finder->candidates->too_long += text->glyph_count > 0 && out->count == 0;
    return true;
}

/* Half, quarter, … of the world's size: large polygons go first. Points all have the same. */
static uint32_t rank_of_size(double css_px)
{
    int exponent = 0;
    frexp(fmax(css_px, 1), &exponent);
    return (uint32_t)(64 - exponent);
}

/* A feature being looked at. */
struct seen {
    const struct feature *feature;
    uint32_t part;
    uint32_t number;
    uint32_t rank;
};

static struct label_order order_of(const struct finder *finder, const struct seen *seen, int64_t x, int64_t y)
{
    double sort_key = finder->values.numbers[NUMBER_SORT_KEY];
    return (struct label_order){
        .sort_key = finder->has_sort_key && !isnan(sort_key) ? sort_key : 0,
        .rank = finder->task->is_of_view ? 0 : seen->rank,
        .row = seen->feature->row,
        .part = seen->part,
        .number = seen->number,
        .x = x,
        .y = y,
    };
}

static bool put_upright(struct finder *finder, const struct seen *seen, const struct ways *ways, int64_t x, int64_t y)
{
    x += to_fixed(finder->translate[0]);
    y += to_fixed(finder->translate[1]);
    if (ways->count == 0 || !is_wanted(finder->task, x, y)) {
        return true;
    }
    struct label_candidate *candidate = put_candidate(finder);
    if (!candidate) {
        return false;
    }
    candidate->order = order_of(finder, seen, x, y);
    candidate->text = ways->text;
    candidate->x = x;
    candidate->y = y;
    candidate->reach = ways->reach;
    candidate->ways = ways->items;
    candidate->way_count = ways->count;
    return true;
}

static size_t part_start(const struct geometry *geometry, size_t part)
{
    return part > 0 ? geometry->parts[part - 1].end : 0;
}

static bool find_points(struct finder *finder, const struct feature *feature, const struct ways *ways)
{
    for (uint32_t i = 0; i < feature->geometry.vertex_count; i++) {
        struct seen seen = {feature, 0, i, 0};
        int64_t x = label_position(feature->geometry.points[i].x + feature->shift_x, finder->task->scale);
        int64_t y = label_position(feature->geometry.points[i].y, finder->task->scale);
        if (!put_upright(finder, &seen, ways, x, y)) {
            return false;
        }
    }
    return true;
}

static double ring_area(const struct world_point *points, size_t count)
{
    double twice = 0;
    for (size_t i = 1; i < count; i++) {
        double ax = (double)points[i - 1].x - (double)points[0].x;
        double ay = (double)points[i - 1].y - (double)points[0].y;
        double bx = (double)points[i].x - (double)points[0].x;
        double by = (double)points[i].y - (double)points[0].y;
        twice += ax * by - bx * ay;
    }
    return fabs(twice) / 2;
}

/* The outer ring with the largest area; its part number. */
static size_t largest_ring(const struct geometry *geometry, double *out_area)
{
    size_t largest = 0;
    *out_area = -1;
    for (size_t i = 0; i < geometry->part_count; i++) {
        size_t start = part_start(geometry, i);
        double area =
            geometry->parts[i].is_hole ? -1 : ring_area(geometry->points + start, geometry->parts[i].end - start);
        if (area > *out_area) {
            *out_area = area;
            largest = i;
        }
    }
    return largest;
}

static bool find_polygon(struct finder *finder, const struct feature *feature, const struct ways *ways)
{
    const struct geometry *geometry = &feature->geometry;
    struct arena *arena = finder->task->arena;
    double area;
    size_t first = largest_ring(geometry, &area);
    size_t last = first + 1;
    while (last < geometry->part_count && geometry->parts[last].is_hole) {
        last++;
    }
    size_t start = part_start(geometry, first);
    size_t count = geometry->parts[last - 1].end - start;
    struct label_point *points = arena_array(arena, count, sizeof *points);
    size_t *ends = arena_array(arena, last - first, sizeof *ends);
    if (!points || !ends) {
        return false;
    }
    int64_t origin_x = label_position(geometry->points[start].x + feature->shift_x, finder->task->scale);
    int64_t origin_y = label_position(geometry->points[start].y, finder->task->scale);
    for (size_t i = 0; i < count; i++) {
        struct world_point point = geometry->points[start + i];
        points[i].x = (double)(label_position(point.x + feature->shift_x, finder->task->scale) - origin_x) / LABEL_ONE;
        points[i].y = (double)(label_position(point.y, finder->task->scale) - origin_y) / LABEL_ONE;
    }
    for (size_t i = first; i < last; i++) {
        ends[i - first] = geometry->parts[i].end - start;
    }
    struct label_point pole;
    if (!label_pole_find(points, ends, last - first, arena, &pole)) {
        pole = points[0]; /* no area at this zoom */
    }
    double scale = finder->task->scale / LABEL_ONE;
    struct seen seen = {feature, (uint32_t)first, 0, rank_of_size(sqrt(area) * scale)};
    return put_upright(finder, &seen, ways, origin_x + to_fixed(pole.x), origin_y + to_fixed(pole.y));
}

/* Upright text of a line: in its middle. */
static bool find_middle(struct finder *finder, const struct feature *feature, const struct ways *ways)
{
    const struct geometry *geometry = &feature->geometry;
    for (size_t i = 0; i < geometry->part_count; i++) {
        size_t start = part_start(geometry, i);
        struct label_line line;
        if (!label_line_read(geometry->points + start, geometry->parts[i].end - start, feature->shift_x,
                             finder->task->scale, finder->task->arena, &line)) {
            return false;
        }
        int64_t x = line.origin_x;
        int64_t y = line.origin_y;
        if (line.count >= 2) {
            struct label_cursor cursor = {0, 0};
            struct label_point middle = label_line_seek(&line, line.length / 2, &cursor);
            x += to_fixed(middle.x);
            y += to_fixed(middle.y);
        }
        struct seen seen = {feature, (uint32_t)i, 0, 0};
        if (line.count > 0 && !put_upright(finder, &seen, ways, x, y)) {
            return false;
        }
    }
    return true;
}

static bool find_upright(struct finder *finder, const struct feature *feature, const struct words *words)
{
    struct ways ways;
    if (!find_ways(finder, words, &ways)) {
        return false;
    }
    if (ways.count == 0) {
        return true;
    }
    switch (feature->geometry.kind) {
    case GEOMETRY_POINT:
        return find_points(finder, feature, &ways);
    case GEOMETRY_LINE:
        return find_middle(finder, feature, &ways);
    case GEOMETRY_POLYGON:
        return find_polygon(finder, feature, &ways);
    case GEOMETRY_NONE:
        break;
    }
    return true;
}

static bool reserve_lines(struct finder *finder, size_t more)
{
    if (finder->line_count + more <= finder->line_capacity) {
        return true;
    }
    struct arena *arena = finder->task->arena;
    size_t old = finder->line_capacity;
    size_t larger = (old + more) * 2 + 64;
    void *lines = arena_grow(arena, finder->lines, old * sizeof *finder->lines, larger * sizeof *finder->lines);
    void *texts =
        arena_grow(arena, finder->line_texts, old * sizeof(struct label_text *), larger * sizeof(struct label_text *));
    void *values =
        arena_grow(arena, finder->line_values, old * sizeof *finder->line_values, larger * sizeof *finder->line_values);
    if (!lines || !texts || !values) {
        return false;
    }
    finder->lines = lines;
    finder->line_texts = texts;
    finder->line_values = values;
    finder->line_capacity = larger;
    return true;
}

/* Lines and outlines of polygons wait for each other. */
static bool note_lines(struct finder *finder, const struct feature *feature, const struct words *words)
{
    const struct geometry *geometry = &feature->geometry;
    if (geometry->kind != GEOMETRY_LINE && geometry->kind != GEOMETRY_POLYGON) {
        return true;
    }
    const struct label_text *text = make_text(finder, words, finder->values.choices[CHOICE_ANCHOR]);
    if (!text || !reserve_lines(finder, geometry->part_count)) {
        return false;
    }
    for (size_t i = 0; i < geometry->part_count && text->glyph_count > 0; i++) {
        size_t start = part_start(geometry, i);
        struct label_line *line = &finder->lines[finder->line_count];
        if (!label_line_read(geometry->points + start, geometry->parts[i].end - start, feature->shift_x,
                             finder->task->scale, finder->task->arena, line)) {
            return false;
        }
        line->row = feature->row;
        line->part = (uint32_t)i;
        line->text_hash = words->hash;
        finder->line_texts[finder->line_count] = text;
        finder->line_values[finder->line_count] = finder->values;
        finder->line_count++;
    }
    return true;
}

/* A label along a line: where the block starts and ends along the path, from the anchor. */
struct extent {
    double x_em; /* top left of the block */
    double y_em;
    double from;
    double to;
};

static struct extent extent_of(struct finder *finder, const struct label_text *text)
{
    int anchor = finder->values.choices[CHOICE_ANCHOR];
    double share_x;
    double share_y;
    double offset_x;
    double offset_y;
    anchor_shares(anchor, &share_x, &share_y);
    offset_of(finder, anchor, &offset_x, &offset_y);
    struct extent extent = {.x_em = offset_x - share_x * text->width_em, .y_em = offset_y - share_y * text->height_em};
    extent.from = extent.x_em * text->look.size_px;
    extent.to = (extent.x_em + text->width_em) * text->look.size_px;
    return extent;
}

/* Glyphs one after the other along the path, each cluster turned to the chord under it. */
static bool set_along(struct label_candidate *candidate, const struct label_text *text, const struct extent *extent,
                      const struct label_path *path, struct arena *arena)
{
    struct label_glyph *glyphs = arena_array(arena, text->glyph_count, sizeof *glyphs);
    if (!glyphs) {
        return false;
    }
    double size = text->look.size_px;
    size_t cursor = 0;
    candidate->upright = true;
    for (size_t i = 0; i < text->glyph_count; i++) {
        const struct text_glyph *glyph = &text->glyphs[i];
        double start = (extent->x_em + (double)glyph->unit_x) * size;
        double end = start + (double)glyph->unit_width * size;
        struct label_point a = label_path_at(path, start, &cursor);
        struct label_point b = label_path_at(path, end > start ? end : start + 1, &cursor);
        double dx = b.x - a.x;
        double dy = b.y - a.y;
        double length = sqrt(dx * dx + dy * dy);
        double cosine = length > 0 ? dx / length : 1;
        double sine = length > 0 ? dy / length : 0;
        double middle_x = (a.x + b.x) / 2;
        double middle_y = (a.y + b.y) / 2;
        /* The pen in the turned frame of the cluster's middle. */
        double right = (extent->x_em + (double)glyph->x) * size - (start + end) / 2;
        double down = (extent->y_em + (double)glyph->y) * size;
        glyphs[i] = (struct label_glyph){
            .font = glyph->font,
            .glyph = glyph->glyph,
            .scale = glyph->scale,
            .x = to_fixed(middle_x + right * cosine - down * sine),
            .y = to_fixed(middle_y + right * sine + down * cosine),
            .cosine = (float)cosine,
            .sine = (float)sine,
            .mark = glyph->mark,
        };
        candidate->upright = candidate->upright && sine == 0 && cosine == 1;
    }
    candidate->glyphs = glyphs;
    candidate->glyph_count = text->glyph_count;
    return true;
}

/* Circles side by side along the text, each as high as the block. */
static bool set_circles(struct label_candidate *candidate, const struct label_text *text, const struct extent *extent,
                        const struct label_path *path, struct arena *arena)
{
    double size = text->look.size_px;
    double radius = text->height_em * size / 2 + text->padding_px;
    double length = extent->to - extent->from;
    size_t count = (size_t)fmin(200, ceil(length / fmax(radius, 1))) + 1;
    struct label_circle *circles = arena_array(arena, count, sizeof *circles);
    if (!circles) {
        return false;
    }
    /* The middle of the block may be off the line. */
    double off = (extent->y_em + text->height_em / 2) * size;
    size_t cursor = 0;
    for (size_t i = 0; i < count; i++) {
        double along = extent->from + length * (double)i / (double)(count > 1 ? count - 1 : 1);
        struct label_point a = label_path_at(path, along - 0.5, &cursor);
        struct label_point b = label_path_at(path, along + 0.5, &cursor);
        double dx = b.x - a.x;
        double dy = b.y - a.y;
        double step = sqrt(dx * dx + dy * dy);
        double x = (a.x + b.x) / 2 - (step > 0 ? dy / step * off : 0);
        double y = (a.y + b.y) / 2 + (step > 0 ? dx / step * off : 0);
        circles[i] = (struct label_circle){to_fixed(x), to_fixed(y), to_fixed(radius)};
        struct label_box box = {circles[i].x - circles[i].radius, circles[i].y - circles[i].radius,
                                circles[i].x + circles[i].radius, circles[i].y + circles[i].radius};
        candidate->reach = i > 0 ? joined(candidate->reach, box) : box;
    }
    candidate->circles = circles;
    candidate->circle_count = count;
    return true;
}

/* Turns the path so that the text reads from left to right, and straight up where it is vertical. */
static bool turn_upright(struct label_path *path, const struct extent *extent, struct arena *arena)
{
    size_t cursor = 0;
    struct label_point a = label_path_at(path, extent->from, &cursor);
    struct label_point b = label_path_at(path, extent->to, &cursor);
    bool backwards = b.x < a.x || (b.x == a.x && b.y > a.y);
    return !backwards || label_path_reverse(path, arena);
}

/* One anchor of a line: true when a label fits there, which depends on the line alone unless there is a network.
 * `*out_ok` false when memory is out. */
static bool try_anchor(struct finder *finder, size_t line_number, const struct label_network *network, double along,
                       struct label_cursor *cursor, uint32_t number, bool *out_ok)
{
    const struct label_task *task = finder->task;
    const struct label_line *line = &finder->lines[line_number];
    const struct label_text *text = finder->line_texts[line_number];
    struct extent extent = extent_of(finder, text);
    double reach = fmax(fabs(extent.from), fabs(extent.to));
    struct label_path path;
    int64_t x;
    int64_t y;
    if (!label_path_cut(line, network, along, cursor, reach, reach, task->arena, &path, &x, &y)) {
        return false;
    }
    x += to_fixed(finder->translate[0]);
    y += to_fixed(finder->translate[1]);
    double size = text->look.size_px;
    bool too_sharp;
    double bend = label_path_bend(&path, -reach, reach, angle_window_em * size,
                                  finder->values.numbers[NUMBER_MAX_ANGLE] * pi / 180, &too_sharp);
    if (too_sharp) {
        return false;
    }
    if (!is_wanted(task, x, y)) {
        return true; /* elsewhere it is one */
    }
    if (finder->keep_upright && !turn_upright(&path, &extent, task->arena)) {
        *out_ok = false;
        return false;
    }
    struct label_candidate made = {.text = text, .x = x, .y = y};
    *out_ok =
        set_along(&made, text, &extent, &path, task->arena) && set_circles(&made, text, &extent, &path, task->arena);
    if (!*out_ok) {
        return false;
    }
    /* Ink lies within a line's height of the path; the circles hold half of it. */
    double margin = ink_margin_px(&text->look) + fmax(0, -text->padding_px);
    made.ink = grown(made.reach, margin);
    made.reach = made.ink;
    if (is_too_long(task, made.reach)) {
        finder->candidates->too_long++;
        return true;
    }
    double spacing = fmax(1, finder->values.numbers[NUMBER_SPACING]);
    if (finder->values.choices[CHOICE_PLACEMENT] == STYLE_SYMBOL_PLACEMENT_LINE) {
        int32_t most = LABEL_REACH_PX * LABEL_ONE / 2;
        int32_t least = to_fixed(spacing / 2);
        made.repeat_margin = least < most ? least : most;
        struct label_box around = {-made.repeat_margin, -made.repeat_margin, made.repeat_margin, made.repeat_margin};
        struct label_box wider = joined(made.reach, around);
        if (is_too_long(task, wider)) {
            /* A long label away from its anchor: it is asked for less distance instead. */
            made.repeat_margin = 0;
        } else {
            made.reach = wider;
        }
    }
    struct label_candidate *candidate = put_candidate(finder);
    if (!candidate) {
        *out_ok = false;
        return false;
    }
    made.layer = candidate->layer;
    struct feature bare = {.row = line->row};
    struct seen seen = {&bare, line->part, number, (uint32_t)(bend / (BENT_STEP_DEGREES * pi / 180))};
    made.order = order_of(finder, &seen, x, y);
    *candidate = made;
    return true;
}

/* False for an anchor of a long line that is not asked for: most of them. */
static bool is_near(const struct finder *finder, const struct label_line *line, double along,
                    struct label_cursor *cursor)
{
    struct label_point point = label_line_seek(line, along, cursor);
    return is_wanted(finder->task, line->origin_x + to_fixed(point.x + finder->translate[0]),
                     line->origin_y + to_fixed(point.y + finder->translate[1]));
}

/* Anchors at equal distances from the line's start, as MapLibre sets them; one in the middle where none fits. */
static bool find_along(struct finder *finder, size_t number, const struct label_network *network)
{
    const struct label_line *line = &finder->lines[number];
    const struct label_text *text = finder->line_texts[number];
    finder->values = finder->line_values[number];
    if (line->count < 2) {
        return true;
    }
    struct extent extent = extent_of(finder, text);
    if (!finder->task->is_of_view && fmax(fabs(extent.from), fabs(extent.to)) > LABEL_REACH_PX * 0.5) {
        finder->candidates->too_long++;
        return true;
    }
    bool ok = true;
    struct label_cursor cursor = {0, 0};
    struct label_cursor middle = {0, 0};
    if (finder->values.choices[CHOICE_PLACEMENT] == STYLE_SYMBOL_PLACEMENT_LINE_CENTER) {
        try_anchor(finder, number, network, line->length / 2, &middle, 0, &ok);
        return ok;
    }
    double length = text->width_em * text->look.size_px;
    double spacing = fmax(1, finder->values.numbers[NUMBER_SPACING]);
    if (spacing - length < spacing / 4) {
        spacing = length + spacing / 4;
    }
    double first = fmod(length / 2 + end_gap_em * text->look.size_px, spacing);
    double last = line->length - length / 2;
    bool is_short = first + spacing * TRIED_ANCHORS_MAX > last;
    bool found = false;
    uint32_t tried = 0;
    for (double along = first; along <= last && ok; along = first + spacing * ++tried) {
        if (along >= length / 2 && (is_short || is_near(finder, line, along, &cursor))) {
            found = try_anchor(finder, number, NULL, along, &cursor, tried, &ok) || found;
        }
    }
    if (ok && !found && is_short) {
        try_anchor(finder, number, network, line->length / 2, &middle, tried, &ok);
    }
    return ok;
}

static const struct render_input *input_of(const struct label_task *task, const struct style_layer_info *info)
{
    for (size_t i = 0; i < task->input_count; i++) {
        const struct render_input *input = &task->inputs[i];
        bool same_layer =
            input->source_layer == info->source_layer ||
            (input->source_layer && info->source_layer && strcmp(input->source_layer, info->source_layer) == 0);
        if (strcmp(input->source, info->source) == 0 && same_layer) {
            return input;
        }
    }
    return NULL;
}

static bool find_in_feature(struct finder *finder, const struct feature *feature, struct style_feature *seen)
{
    struct style_scope scope = {.zoom = finder->task->zoom, .feature = seen, .arena = finder->task->arena};
    if (!style_filter(finder->layer, &scope)) {
        return true;
    }
    evaluate(finder, &scope, true);
    struct words words;
    if (!(finder->values.numbers[NUMBER_SIZE] > 0) || !read_words(finder, &scope, &words)) {
        return true;
    }
    return runs_along(finder) ? note_lines(finder, feature, &words) : find_upright(finder, feature, &words);
}

bool label_candidates_find(const struct label_task *task, uint32_t layer, struct label_candidates *candidates,
                           struct error *err)
{
    struct finder finder;
    finder_init(&finder, task, layer, candidates);
    const struct style_layer_info *info = style_layer_info(finder.layer);
    const struct render_input *input = input_of(task, info);
    if (!input) {
        return true;
    }
    const struct feature_list *list = &input->features;
    struct text *columns = arena_array(task->arena, list->field_count, sizeof *columns);
    int32_t *slots = arena_array(task->arena, info->name_count, sizeof *slots);
    if (!columns || !slots) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < list->field_count; i++) {
        columns[i] = text_of(list->fields[i].name);
    }
    style_bind(finder.layer, columns, list->field_count, slots);
    bool ok = true;
    for (size_t i = 0; ok && i < list->count; i++) {
        const struct feature *feature = &list->features[i];
        if (feature->geometry.part_count == 0 || (task->one_world && feature->shift_x != 0)) {
            continue;
        }
        struct style_feature seen = {.geometry = layer_geometry(feature->geometry.kind),
                                     .id = feature->id,
                                     .values = feature->values,
                                     .columns = columns,
                                     .column_count = list->field_count,
                                     .slots = slots};
        ok = find_in_feature(&finder, feature, &seen);
    }
    struct label_network *network =
        ok && finder.line_count > 0 ? label_network_create(finder.lines, finder.line_count, task->arena) : NULL;
    ok = ok && (finder.line_count == 0 || network);
    for (size_t i = 0; ok && i < finder.line_count; i++) {
        ok = find_along(&finder, i, network);
    }
    return ok || error_no_memory(err);
}
