/* SPDX-License-Identifier: MIT */
/* Anchors on whole features, never on clipped pieces: what squares of the world agree on. */
#include "render/label_candidate.h"

#include "base/hash.h"
#include "render/label_pole.h"

#include <math.h>

enum {
    TRIED_ANCHORS_MAX = 8, /* lines with more anchors do without the one in the middle that short lines fall back on */
    BENT_STEP_DEGREES = 15,
    AHEAD = 8 /* features come by row, and what belongs to them lies where it was found */
};

static const double pi = 3.14159265358979323846;
/* MapLibre: text ends this far from the line's end at least, times the text size, to keep crossings clear. */
static const double end_gap_em = 2;
/* MapLibre: turns within this length of text, times its size, are added up for text-max-angle. */
static const double angle_window_em = 0.6;
/* An icon needs no line but to know where it leads. */
static const double icon_reach_px = 1;

/* A line of the layer, waiting until all are known, since they may join. */
struct waiting {
    struct label_symbol symbol;
};

struct whole {
    struct label_finder *finder;
    const struct label_task *task;
    struct label_line *lines;
    struct waiting *waiting; /* as many */
    size_t line_count;
    size_t line_capacity;
};

/* A feature being looked at. */
struct seen {
    const struct feature *feature;
    const struct label_symbol *symbol;
};

/* Half, quarter, … of the world's size: large polygons go first. Points all have the same. */
static uint32_t rank_of_size(double css_px)
{
    int exponent = 0;
    frexp(fmax(css_px, 1), &exponent);
    return (uint32_t)(64 - exponent);
}

static bool put_at(struct whole *whole, const struct seen *seen, uint32_t part, uint32_t number, uint32_t rank,
                   int64_t x, int64_t y)
{
    struct label_order order = {.sort_key = seen->symbol->sort_key,
                                .rank = rank,
                                .row = seen->feature->row,
                                .part = part,
                                .number = number,
                                .x = x,
                                .y = y};
    return label_finder_put(whole->finder, seen->symbol, &order, NULL, 0, NULL);
}

static size_t part_start(const struct geometry *geometry, size_t part)
{
    return part > 0 ? geometry->parts[part - 1].end : 0;
}

static bool find_points(struct whole *whole, const struct seen *seen)
{
    const struct feature *feature = seen->feature;
    for (uint32_t i = 0; i < feature->geometry.vertex_count; i++) {
        int64_t x = label_position(feature->geometry.points[i].x + feature->shift_x, whole->task->scale);
        int64_t y = label_position(feature->geometry.points[i].y, whole->task->scale);
        if (!put_at(whole, seen, 0, i, 0, x, y)) {
            return false;
        }
    }
    return true;
}

static bool find_polygon(struct whole *whole, const struct seen *seen)
{
    const struct geometry *geometry = &seen->feature->geometry;
    int64_t shift = seen->feature->shift_x;
    struct arena *arena = whole->task->arena;
    double scale = whole->task->scale;
    struct label_rings rings = label_rings_largest(geometry);
    size_t start = rings.start;
    struct label_point *points = arena_array(arena, rings.count, sizeof *points);
    size_t *ends = arena_array(arena, rings.last - rings.first, sizeof *ends);
    if (!points || !ends) {
        return false;
    }
    int64_t origin_x = label_position(geometry->points[start].x + shift, scale);
    int64_t origin_y = label_position(geometry->points[start].y, scale);
    for (size_t i = 0; i < rings.count; i++) {
        struct world_point point = geometry->points[start + i];
        points[i].x = (double)(label_position(point.x + shift, scale) - origin_x) / LABEL_ONE;
        points[i].y = (double)(label_position(point.y, scale) - origin_y) / LABEL_ONE;
    }
    for (size_t i = rings.first; i < rings.last; i++) {
        ends[i - rings.first] = geometry->parts[i].end - start;
    }
    struct label_point pole;
    if (!label_pole_find(points, ends, rings.last - rings.first, 0, arena, &pole)) {
        pole = points[0]; /* no area at this zoom */
    }
    return put_at(whole, seen, (uint32_t)rings.first, 0, rank_of_size(sqrt(rings.area) * scale / LABEL_ONE),
                  origin_x + label_fixed(pole.x), origin_y + label_fixed(pole.y));
}

static bool read_line(const struct whole *whole, const struct feature *feature, size_t part, struct label_line *out)
{
    const struct geometry *geometry = &feature->geometry;
    size_t start = part_start(geometry, part);
    return label_line_read(geometry->points + start, geometry->parts[part].end - start, feature->shift_x,
                           whole->task->scale, whole->task->arena, out);
}

/* A line with point placement: in its middle. */
static bool find_middle(struct whole *whole, const struct seen *seen)
{
    for (size_t i = 0; i < seen->feature->geometry.part_count; i++) {
        struct label_line line;
        if (!read_line(whole, seen->feature, i, &line)) {
            return false;
        }
        int64_t x = line.origin_x;
        int64_t y = line.origin_y;
        if (line.count >= 2) {
            struct label_cursor cursor = {0, 0};
            struct label_point middle = label_line_seek(&line, line.length / 2, &cursor);
            x += label_fixed(middle.x);
            y += label_fixed(middle.y);
        }
        if (line.count > 0 && !put_at(whole, seen, (uint32_t)i, 0, 0, x, y)) {
            return false;
        }
    }
    return true;
}

static bool reserve_lines(struct whole *whole, size_t more)
{
    size_t old = whole->line_capacity;
    if (whole->line_count + more <= old) {
        return true;
    }
    struct arena *arena = whole->task->arena;
    size_t larger = (old + more) * 2 + 64;
    void *lines = arena_grow(arena, whole->lines, old * sizeof *whole->lines, larger * sizeof *whole->lines);
    void *waiting = arena_grow(arena, whole->waiting, old * sizeof *whole->waiting, larger * sizeof *whole->waiting);
    if (!lines || !waiting) {
        return false;
    }
    whole->lines = lines;
    whole->waiting = waiting;
    whole->line_capacity = larger;
    return true;
}

static int32_t repeat_margin_of(const struct whole *whole, const struct label_symbol *symbol)
{
    if (!symbol->text || whole->finder->style.values.choices[LABEL_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_LINE) {
        return 0;
    }
    int32_t most = LABEL_REACH_PX * LABEL_ONE / 2;
    int32_t least = label_fixed(symbol->spacing_px / 2);
    return least < most ? least : most;
}

static double along_reach(const struct label_text *text, double size_px)
{
    double from = (text->offset_x_em - text->share_x * text->across->width_em) * size_px;
    double to = from + text->across->width_em * size_px;
    return fmax(fabs(from), fabs(to));
}

/* How far from its anchor a text along a line can reach: the way along the line that is moved sideways, the circles and
 * letters that stand on it, and the distance to equal words. */
static double bound_along(const struct whole *whole, const struct label_symbol *symbol)
{
    const struct label_text *text = symbol->text;
    if (!text || symbol->icon || !whole->finder->style.text_along || text->vertical) {
        return HUGE_VAL;
    }
    double height_em = fmax(1, text->across->height_em);
    double size = fmax(fmax(symbol->text_size_px, text->look.size_px), text->box_size_px);
    double moved = fmax(fabs(text->translate_x_px), fabs(text->translate_y_px));
    double room = along_reach(text, size) + fabs(text->offset_y_em) * size + (2 * height_em + 1.5) * size +
                  fmax(0, text->padding_px) + label_ink_margin_px(&text->look) + moved;
    return fmax(room, (double)repeat_margin_of(whole, symbol) / LABEL_ONE);
}

/* True when the distance it keeps from equal words is all that decides about a text along lines before its turn comes:
 * it fits wherever its line is long enough, and keeps within that distance. */
static bool can_wait(const struct whole *whole, const struct label_symbol *symbol)
{
    const struct label_text *text = symbol->text;
    int32_t margin = repeat_margin_of(whole, symbol);
    if (!text || text->offset_y_em != 0 || 2 * margin >= LABEL_REACH_PX * LABEL_ONE ||
        !(symbol->bound_px * LABEL_ONE <= margin)) {
        return false;
    }
    const struct label_layout *layout = text->across;
    double spare_em = 1.0 / 32 / fmin(symbol->text_size_px, text->look.size_px);
    size_t first = 0;
    size_t last = layout->count - 1;
    return layout->count > 0 && layout->pieces[first].has_ink && layout->pieces[last].has_ink &&
           (double)layout->pieces[first].unit_width > spare_em && (double)layout->pieces[last].unit_width > spare_em;
}

/* Lines and outlines of polygons wait for each other. */
static bool note_lines(struct whole *whole, const struct seen *seen)
{
    const struct geometry *geometry = &seen->feature->geometry;
    if (geometry->kind != GEOMETRY_LINE && geometry->kind != GEOMETRY_POLYGON) {
        return true;
    }
    if (!reserve_lines(whole, geometry->part_count)) {
        return false;
    }
    const struct label_text *text = seen->symbol->text;
    for (size_t i = 0; i < geometry->part_count; i++) {
        struct label_line *line = &whole->lines[whole->line_count];
        if (!read_line(whole, seen->feature, i, line)) {
            return false;
        }
        line->row = seen->feature->row;
        line->part = (uint32_t)i;
        line->text_hash = text ? text->hash : hash_mix((uint64_t)line->row, i);
        struct waiting *waiting = &whole->waiting[whole->line_count++];
        *waiting = (struct waiting){.symbol = *seen->symbol};
        waiting->symbol.bound_px = bound_along(whole, seen->symbol);
        waiting->symbol.can_wait = can_wait(whole, &waiting->symbol);
    }
    return true;
}

/* How far from its anchor a label needs its line. */
static double reach_of(const struct whole *whole, const struct waiting *waiting)
{
    const struct label_text *text = waiting->symbol.text;
    if (!text) {
        return icon_reach_px;
    }
    if (!whole->finder->style.text_along) {
        return text->across->width_em * waiting->symbol.text_size_px / 2;
    }
    return along_reach(text, waiting->symbol.text_size_px);
}

/* One anchor of a line: true when a label fits there, which depends on the line alone unless there is a network.
 * `*out_ok` false when memory is out. */
static bool try_anchor(struct whole *whole, size_t line_number, const struct label_network *network, double along,
                       struct label_cursor *cursor, uint32_t number, bool *out_ok)
{
    const struct label_task *task = whole->task;
    const struct label_line *line = &whole->lines[line_number];
    const struct waiting *waiting = &whole->waiting[line_number];
    double reach = reach_of(whole, waiting);
    struct label_path path;
    struct label_order order = {
        .sort_key = waiting->symbol.sort_key, .row = line->row, .part = line->part, .number = number};
    if (!label_path_cut(line, network, along, cursor, reach, reach, task->arena, &path, &order.x, &order.y)) {
        return false;
    }
    bool too_sharp = false;
    double bend = label_path_bend(&path, -reach, reach, angle_window_em * waiting->symbol.text_size_px,
                                  waiting->symbol.max_angle, &too_sharp);
    if (too_sharp && waiting->symbol.text) {
        return false;
    }
    order.rank = (uint32_t)(bend / (BENT_STEP_DEGREES * pi / 180));
    bool taken = true;
    *out_ok = label_finder_put(whole->finder, &waiting->symbol, &order, &path,
                               repeat_margin_of(whole, &waiting->symbol), &taken);
    return taken;
}

/* False for an anchor of a long line that is not asked for: most of them. */
static bool is_near(const struct whole *whole, const struct label_line *line, double along, struct label_cursor *cursor)
{
    const struct label_box_wide *area = &whole->task->area;
    struct label_point point = label_line_seek(line, along, cursor);
    int64_t x = line->origin_x + label_fixed(point.x);
    int64_t y = line->origin_y + label_fixed(point.y);
    return x >= area->min_x && x <= area->max_x && y >= area->min_y && y <= area->max_y;
}

/* Where on a line its anchors may be. */
static struct label_box_wide box_of(const struct label_line *line)
{
    struct label_rect box = {0, 0, 0, 0};
    for (size_t i = 0; i < line->count; i++) {
        box.left = fmin(box.left, line->points[i].x);
        box.top = fmin(box.top, line->points[i].y);
        box.right = fmax(box.right, line->points[i].x);
        box.bottom = fmax(box.bottom, line->points[i].y);
    }
    return (struct label_box_wide){
        line->origin_x + (int64_t)floor(box.left * LABEL_ONE), line->origin_y + (int64_t)floor(box.top * LABEL_ONE),
        line->origin_x + (int64_t)ceil(box.right * LABEL_ONE), line->origin_y + (int64_t)ceil(box.bottom * LABEL_ONE)};
}

/* Anchors at equal distances from the line's start, as MapLibre sets them; one in the middle where none fits. */
static bool find_along(struct whole *whole, size_t number, const struct label_network *network)
{
    const struct label_line *line = &whole->lines[number];
    const struct waiting *waiting = &whole->waiting[number];
    if (line->count < 2) {
        return true;
    }
    if (reach_of(whole, waiting) > LABEL_REACH_PX * 0.5) {
        whole->task->stats->too_long++;
        return true;
    }
    struct label_box_wide anchors = box_of(line);
    if (!label_concerns(whole->task, &anchors, waiting->symbol.bound_px)) {
        return true;
    }
    bool ok = true;
    struct label_cursor cursor = {0, 0};
    struct label_cursor middle = {0, 0};
    if (whole->finder->style.values.choices[LABEL_PLACEMENT] == STYLE_SYMBOL_PLACEMENT_LINE_CENTER) {
        try_anchor(whole, number, network, line->length / 2, &middle, 0, &ok);
        return ok;
    }
    double length = label_symbol_length(&waiting->symbol, waiting->symbol.text_size_px);
    double spacing = waiting->symbol.spacing_px;
    if (spacing - length < spacing / 4) {
        spacing = length + spacing / 4;
    }
    double first = fmod(length / 2 + end_gap_em * waiting->symbol.text_size_px, spacing);
    double last = line->length - length / 2;
    bool is_short = first + spacing * TRIED_ANCHORS_MAX > last;
    bool found = false;
    uint32_t tried = 0;
    for (double along = first; along <= last && ok; along = first + spacing * ++tried) {
        if (along >= length / 2 && (is_short || is_near(whole, line, along, &cursor))) {
            found = try_anchor(whole, number, NULL, along, &cursor, tried, &ok) || found;
        }
    }
    if (ok && !found && is_short) {
        try_anchor(whole, number, network, line->length / 2, &middle, tried, &ok);
    }
    return ok;
}

static bool find_in_feature(struct whole *whole, const struct seen *seen)
{
    if (whole->finder->style.values.choices[LABEL_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_POINT) {
        return note_lines(whole, seen);
    }
    switch (seen->feature->geometry.kind) {
    case GEOMETRY_POINT:
        return find_points(whole, seen);
    case GEOMETRY_LINE:
        return find_middle(whole, seen);
    case GEOMETRY_POLYGON:
        return find_polygon(whole, seen);
    case GEOMETRY_NONE:
        break;
    }
    return true;
}

/* Where the anchors of a feature may be: lines and polygons may have them anywhere in their boxes. */
static struct label_box_wide anchors_of(const struct label_task *task, const struct feature *feature)
{
    return (struct label_box_wide){label_position(feature->box.min_x + feature->shift_x, task->scale) - LABEL_ONE,
                                   label_position(feature->box.min_y, task->scale) - LABEL_ONE,
                                   label_position(feature->box.max_x + feature->shift_x, task->scale) + LABEL_ONE,
                                   label_position(feature->box.max_y, task->scale) + LABEL_ONE};
}

/* False for points that are not asked for: their text need not be set. */
static bool may_be_wanted(const struct label_task *task, const struct feature *feature,
                          const struct label_box_wide *anchors)
{
    const struct label_box_wide *area = &task->area;
    return feature->geometry.kind != GEOMETRY_POINT ||
           (anchors->max_x >= area->min_x && anchors->min_x <= area->max_x && anchors->max_y >= area->min_y &&
            anchors->min_y <= area->max_y);
}

/* What is known of features with equal values, where a layer sees nothing else of them. */
struct known {
    bool is_read;
    enum label_use use;
    struct label_symbol symbol;
};

/* The symbol of a feature, read once for all that are alike. `*out_is_shown` is false when it does not matter. */
static bool read_symbol(struct whole *whole, const struct label_columns *columns, const struct feature *feature,
                        const struct label_box_wide *anchors, struct known *known, bool *out_is_shown)
{
    bool concerns = known->is_read && label_concerns(whole->task, anchors, known->symbol.bound_px);
    if (!known->is_read || (known->use == LABEL_FAR && concerns)) {
        struct style_feature seen = label_columns_feature(columns, feature);
        if (!label_finder_read(whole->finder, &seen, anchors, &known->symbol, &known->use)) {
            return false;
        }
        known->is_read = true;
        concerns = known->use == LABEL_SHOWN;
    }
    *out_is_shown = known->use == LABEL_SHOWN && concerns;
    return true;
}

static bool find_in_features(struct whole *whole, const struct render_input *input)
{
    struct label_columns columns;
    struct arena *arena = whole->task->arena;
    const struct feature_list *list = &input->features;
    bool has_tuples = list->tuple_count > 0 && style_sees_attributes_only(whole->finder->style.layer);
    struct known *tuples = arena_array(arena, has_tuples ? list->tuple_count : 1, sizeof *tuples);
    if (!tuples || !label_finder_bind(whole->finder, input, &columns)) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct feature *feature = &list->features[i];
        const struct feature *soon = &list->features[i + AHEAD < list->count ? i + AHEAD : i];
        __builtin_prefetch(soon->values);
        __builtin_prefetch(soon->geometry.points);
        __builtin_prefetch(soon->geometry.parts);
        __builtin_prefetch(&tuples[has_tuples ? soon->tuple : 0], 1);
        struct known *known = &tuples[has_tuples ? feature->tuple : 0];
        struct label_box_wide anchors = anchors_of(whole->task, feature);
        if (feature->geometry.part_count == 0 || (whole->task->one_world && feature->shift_x != 0) ||
            !may_be_wanted(whole->task, feature, &anchors)) {
            continue;
        }
        known->is_read = known->is_read && has_tuples;
        bool is_shown;
        if (!read_symbol(whole, &columns, feature, &anchors, known, &is_shown) ||
            (is_shown && !find_in_feature(whole, &(struct seen){feature, &known->symbol}))) {
            return false;
        }
    }
    return true;
}

bool label_whole_find(struct label_finder *finder, const struct render_input *input)
{
    struct whole whole = {.finder = finder, .task = finder->style.task};
    bool ok = find_in_features(&whole, input);
    struct label_network *network =
        ok && whole.line_count > 0 ? label_network_create(whole.lines, whole.line_count, whole.task->arena) : NULL;
    ok = ok && (whole.line_count == 0 || network);
    for (size_t i = 0; ok && i < whole.line_count; i++) {
        ok = find_along(&whole, i, network);
    }
    return ok;
}
