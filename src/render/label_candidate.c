/* SPDX-License-Identifier: MIT */
#include "render/label_candidate.h"

#include "base/hash.h"
#include "render/feature_shape.h"
#include "render/label_along.h"
#include "render/layer_features.h"
#include "render/render_assets.h"

#include <math.h>
#include <string.h>

bool label_layer_is_shown(const struct style_layer *layer, double zoom)
{
    const struct style_layer_info *info = style_layer_info(layer);
    return info->type == STYLE_SYMBOL && info->source && render_shows(layer, zoom) &&
           (style_is_set(layer, STYLE_TEXT_FIELD) || style_is_set(layer, STYLE_ICON_IMAGE));
}

bool label_layer_is_along_lines(const struct style_layer *layer, double zoom)
{
    struct style_scope scope = {.zoom = zoom};
    return style_enum(layer, STYLE_SYMBOL_PLACEMENT, &scope) != STYLE_SYMBOL_PLACEMENT_POINT;
}

static bool put_candidate(struct label_finder *finder, const struct label_candidate *made)
{
    struct label_candidates *all = finder->candidates;
    struct arena *arena = finder->style.task->arena;
    if (all->count == all->capacity) {
        size_t larger = all->capacity ? all->capacity * 2 : 1024;
        void *grown = arena_grow(arena, all->items, all->capacity * sizeof *all->items, larger * sizeof *all->items);
        if (!grown) {
            return false;
        }
        all->items = grown;
        all->capacity = larger;
    }
    struct label_candidate *kept = arena_alloc_raw(arena, sizeof *kept);
    if (!kept) {
        return false;
    }
    *kept = *made;
    all->items[all->count++] = kept;
    return true;
}

/* An anchor counts where it is: in the area, and once where the world has no copies. */
static bool is_wanted(const struct label_task *task, int64_t x, int64_t y)
{
    return x >= task->area.min_x && x <= task->area.max_x && y >= task->area.min_y && y <= task->area.max_y;
}

bool label_finder_bind(const struct label_finder *finder, const struct render_input *input,
                       struct label_columns *out_columns)
{
    const struct feature_list *list = &input->features;
    const struct style_layer *layer = finder->style.layer;
    struct arena *arena = finder->style.task->arena;
    struct label_columns columns = {
        .input = input,
        .names = arena_array(arena, list->field_count, sizeof *columns.names),
        .slots = arena_array(arena, style_layer_info(layer)->name_count, sizeof *columns.slots),
        .arena = arena,
        .needs_shape = style_needs_shape(layer),
    };
    if (!columns.names || !columns.slots) {
        return false;
    }
    for (size_t i = 0; i < list->field_count; i++) {
        columns.names[i] = text_of(list->fields[i].name);
    }
    style_bind(layer, columns.names, list->field_count, columns.slots);
    *out_columns = columns;
    return true;
}

struct style_feature label_columns_feature(const struct label_columns *columns, const struct feature *feature)
{
    return (struct style_feature){
        .geometry = layer_geometry(feature->geometry.kind),
        .id = feature->id,
        .values = feature->values,
        .columns = columns->names,
        .column_count = columns->input->features.field_count,
        .slots = columns->slots,
        .keeps_nulls = columns->input->keeps_nulls,
        .shape = columns->needs_shape ? feature_shape_make(columns->input, feature, columns->arena) : NULL};
}

double label_symbol_length(const struct label_symbol *symbol, double text_size_px)
{
    const struct label_text *text = symbol->text;
    const struct label_layout *layout = text ? (text->vertical ? text->vertical : text->across) : NULL;
    double text_px = layout ? layout->width_em * text_size_px : 0;
    /* MapLibre measures icons in 24ths of a text size too. */
    double icon_px = symbol->icon ? symbol->icon->width_px * text_size_px / 24 : 0;
    return fmax(text_px, icon_px);
}

bool label_finder_read(struct label_finder *finder, const struct style_feature *feature,
                       const struct label_box_wide *anchors, struct label_symbol *out_symbol, enum label_use *out_use)
{
    struct label_style *style = &finder->style;
    struct style_scope scope = label_style_scope(style, feature);
    *out_use = LABEL_NOTHING;
    if (!style_filter(style->layer, &scope)) {
        return true;
    }
    label_style_evaluate(style, feature);
    double sort_key = style->values.numbers[LABEL_SORT_KEY];
    struct label_symbol symbol = {
        .sort_key = style->sorts_by_key && !isnan(sort_key) ? sort_key : 0,
        .spacing_px = fmax(1, style->values.numbers[LABEL_SPACING]),
        .max_angle = style->values.numbers[LABEL_MAX_ANGLE] * 3.14159265358979323846 / 180,
        .text_size_px = style->values.numbers[LABEL_TEXT_SIZE],
        .bound_px = HUGE_VAL,
    };
    bool is_far = false;
    if (!label_shape_text(style, feature, anchors, &symbol.text, &symbol.bound_px, &is_far) ||
        !label_shape_icon(style, feature, symbol.text, &symbol.icon)) {
        return false;
    }
    symbol.bound_px = symbol.icon ? HUGE_VAL : symbol.bound_px;
    *out_symbol = symbol;
    *out_use = symbol.text || symbol.icon ? LABEL_SHOWN : is_far ? LABEL_FAR : LABEL_NOTHING;
    return true;
}

static void join_reach(struct label_candidate *candidate, bool *has_reach, struct label_box box)
{
    candidate->reach = *has_reach ? label_box_joined(candidate->reach, box) : box;
    *has_reach = true;
}

/* The icon's part of the reach: wherever a text it belongs to may go. */
static void reach_of_icon(struct label_candidate *candidate, bool *has_reach)
{
    const struct label_icon *icon = candidate->icon;
    struct label_box box = label_box_joined(icon->across.box, icon->across.ink);
    if (icon->has_vertical) {
        box = label_box_joined(box, label_box_joined(icon->vertical.box, icon->vertical.ink));
    }
    if (candidate->icon_x != 0 || candidate->icon_y != 0 || candidate->icon_sine != 0 || candidate->icon_cosine != 1) {
        /* Turned about its anchor: as far to all sides as to the farthest. */
        int32_t far = 0;
        int32_t sides[4] = {-box.min_x, -box.min_y, box.max_x, box.max_y};
        for (int i = 0; i < 4; i++) {
            far = sides[i] > far ? sides[i] : far;
        }
        far = far + far / 2;
        struct label_box around = {candidate->icon_x - far, candidate->icon_y - far, candidate->icon_x + far,
                                   candidate->icon_y + far};
        box = label_box_joined(box, around);
    }
    join_reach(candidate, has_reach, box);
    for (uint32_t i = 0; icon->is_fitted && candidate->text && i < candidate->text->way_count; i++) {
        const struct label_way *way = &candidate->text->ways[i];
        if (way->moves_icon) {
            join_reach(candidate, has_reach,
                       label_box_moved(box, label_fixed(way->shift_x_px), label_fixed(way->shift_y_px)));
        }
    }
}

static bool is_set_along(const struct label_style *style, const struct label_candidate *candidate)
{
    return (candidate->text && style->text_along) || (candidate->icon && style->icon_along);
}

static bool exceeds(struct label_box reach, double bound_px)
{
    int32_t most = label_fixed(bound_px);
    return -reach.min_x > most || -reach.min_y > most || reach.max_x > most || reach.max_y > most;
}

bool label_finder_put(struct label_finder *finder, const struct label_symbol *symbol, const struct label_order *order,
                      const struct label_path *path, int32_t repeat_margin, bool *out_taken)
{
    const struct label_style *style = &finder->style;
    struct label_candidate made = {.layer = style->layer_index,
                                   .group = finder->group,
                                   .order = *order,
                                   .text = symbol->text,
                                   .icon = symbol->icon,
                                   .x = order->x,
                                   .y = order->y,
                                   .icon_cosine = 1};
    bool fits = true;
    if (style->task->is_of_view && !is_wanted(style->task, made.x, made.y)) {
        return true;
    }
    if (path && symbol->can_wait) {
        made.waits = style;
        made.path = *path;
    } else if (path && is_set_along(style, &made) && !label_along_set(style, path, &made, &fits)) {
        return false;
    }
    made.runs_along = made.text && style->text_along;
    if (out_taken) {
        *out_taken = fits;
    }
    if (made.runs_along && (!fits || !path)) {
        made.text = NULL; /* MapLibre shows the icon where the line is too short for the text, if it may be alone */
        made.runs_along = false;
        if (!made.icon || !symbol->text->is_optional) {
            return true;
        }
    }
    if (!is_wanted(style->task, made.x, made.y)) {
        return true; /* elsewhere it is one */
    }
    bool has_reach = made.runs_along;
    if (made.text && !made.runs_along) {
        if (made.text->way_count == 0) {
            return true;
        }
        join_reach(&made, &has_reach, made.text->reach);
    }
    if (made.icon) {
        reach_of_icon(&made, &has_reach);
    }
    if (label_is_too_long(style->task, made.reach)) {
        style->task->stats->too_long++;
        return true;
    }
    if (repeat_margin > 0 && made.text) {
        struct label_box around = {-repeat_margin, -repeat_margin, repeat_margin, repeat_margin};
        struct label_box wider = label_box_joined(made.reach, around);
        /* A long label away from its anchor is not asked for the distance. */
        if (!label_is_too_long(style->task, wider)) {
            made.repeat_margin = repeat_margin;
            made.reach = wider;
        }
    }
    if (exceeds(made.reach, symbol->bound_px)) {
        style->task->stats->too_long++;
        return true;
    }
    return put_candidate(finder, &made);
}

static const struct render_input *input_of(const struct label_task *task, const struct style_layer_info *info)
{
    for (size_t i = 0; i < task->input_count; i++) {
        if (render_input_is_of(&task->inputs[i], info->source, info->source_layer)) {
            return &task->inputs[i];
        }
    }
    return NULL;
}

bool label_candidates_find(const struct label_task *task, uint32_t layer, struct label_candidates *candidates,
                           struct error *err)
{
    /* Texts may be set after all layers are read. */
    struct label_finder *finder = arena_alloc(task->arena, sizeof *finder);
    if (!finder) {
        return error_no_memory(err);
    }
    finder->candidates = candidates;
    label_style_init(&finder->style, task, layer);
    const struct style_layer_info *info = style_layer_info(finder->style.layer);
    const struct render_input *input = input_of(task, info);
    if (!input || (!finder->style.has_text && !finder->style.has_icon)) {
        return true;
    }
    if (task->assets && task->assets->sources_apart) {
        finder->group = (uint32_t)hash_bytes(info->source, strlen(info->source));
    }
    bool ok = task->is_of_view ? label_tiled_find(finder) : label_whole_find(finder, input);
    return ok || error_no_memory(err);
}
