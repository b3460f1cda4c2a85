/* SPDX-License-Identifier: MIT */
/* From a style to the groups and entries of its legend. */

#include "server/legend.h"

#include "base/text.h"
#include "render/render.h"
#include "server/legend_classes.h"

#include <math.h>
#include <string.h>

enum { SET_MAX = 8, RELIEF_STOPS_MAX = 64 };

/* Style layers that draw the same features: same source, source layer and filter. */
struct layer_set {
    size_t members[SET_MAX]; /* indices of style layers, bottom first */
    size_t count;
};

struct maker {
    const struct style *style;
    double zoom;
    const struct store_layer_list *layers;
    enum language language;
    struct arena *arena;
    struct legend *legend;
    size_t capacity;
};

static const struct value *layer_json(const struct style *style, size_t index)
{
    const struct value *layers = value_member(style_json(style), "layers");
    return layers && layers->type == VALUE_ARRAY && index < layers->array.count ? &layers->array.items[index] : NULL;
}

static const struct style_layer_info *info_at(const struct maker *maker, size_t index)
{
    return style_layer_info(style_layer_at(maker->style, index));
}

static const struct value *legend_metadata(const struct style_layer_info *info)
{
    return value_member(info->metadata, "tesela:legend");
}

/* {"es": …, "en": …} or plain text. NULL when there is neither. */
static const char *localised(const struct value *text, enum language language, struct arena *arena)
{
    if (!text) {
        return NULL;
    }
    if (text->type == VALUE_STRING) {
        return arena_strndup(arena, text->string.data, text->string.length);
    }
    return format_pick(language, value_member_string(text, "es"), value_member_string(text, "en"));
}

static bool is_hidden(const struct style_layer_info *info)
{
    const struct value *hidden = value_member(legend_metadata(info), "hidden");
    return hidden && hidden->type == VALUE_BOOL && hidden->boolean;
}

static bool has_title(const struct maker *maker, size_t index)
{
    return value_member(legend_metadata(info_at(maker, index)), "title") != NULL;
}

/* Shown at the legend's zoom, as far as the layer itself has zooms near it. */
static double zoom_for(const struct maker *maker, const struct style_layer *layer)
{
    const struct style_layer_info *info = style_layer_info(layer);
    double zoom = maker->zoom;
    if (render_shows(layer, zoom)) {
        return zoom;
    }
    if (zoom < info->min_zoom) {
        zoom = info->min_zoom + 1;
    }
    if (zoom >= info->max_zoom) {
        zoom = info->max_zoom - 0.01;
    }
    return zoom;
}

static bool is_same_subject(const struct maker *maker, size_t a, size_t b)
{
    return style_same_subject(style_layer_at(maker->style, a), style_layer_at(maker->style, b));
}

static bool is_drawn(const struct style_layer_info *info)
{
    return info->visible && info->type != STYLE_BACKGROUND && info->type != STYLE_FILL_EXTRUSION &&
           info->type != STYLE_HILLSHADE;
}

/* The paint property that tells classes apart, most telling first; NULL-terminated. */
static const char *const *telling_properties(enum style_layer_type type)
{
    static const char *const fill[] = {"fill-color", "fill-opacity", NULL};
    static const char *const line[] = {"line-color", "line-width", NULL};
    static const char *const circle[] = {"circle-color", "circle-radius", "circle-stroke-color", NULL};
    static const char *const symbol[] = {"text-color", NULL};
    static const char *const none[] = {NULL};
    switch (type) {
    case STYLE_FILL:
        return fill;
    case STYLE_LINE:
        return line;
    case STYLE_CIRCLE:
        return circle;
    case STYLE_SYMBOL:
        return symbol;
    default:
        return none;
    }
}

static const struct value *telling_expression(const struct maker *maker, size_t index)
{
    const struct value *paint = value_member(layer_json(maker->style, index), "paint");
    for (const char *const *name = telling_properties(info_at(maker, index)->type); *name; name++) {
        const struct value *expression = value_member(paint, *name);
        if (expression && legend_classes_field(expression).length > 0) {
            return expression;
        }
    }
    return NULL;
}

static struct style_color faded(struct style_color color, double opacity)
{
    color.a *= opacity < 0 ? 0 : opacity > 1 ? 1 : opacity;
    return color;
}

static void mark_fill(const struct style_layer *layer, const struct style_scope *scope, struct legend_mark *mark)
{
    double opacity = style_number(layer, STYLE_FILL_OPACITY, scope);
    mark->kind = MARK_FILL;
    mark->color = faded(style_color(layer, STYLE_FILL_COLOR, scope), opacity);
    mark->has_outline = style_is_set(layer, STYLE_FILL_OUTLINE_COLOR);
    if (mark->has_outline) {
        mark->outline = faded(style_color(layer, STYLE_FILL_OUTLINE_COLOR, scope), opacity);
        mark->width = 1;
    }
}

static double clamped(double number, double low, double high)
{
    return number < low ? low : number > high ? high : number;
}

static void mark_line(const struct style_layer *layer, const struct style_scope *scope, struct legend_mark *mark)
{
    double dashes[8];
    double width = style_number(layer, STYLE_LINE_WIDTH, scope);
    mark->kind = MARK_LINE;
    mark->color = faded(style_color(layer, STYLE_LINE_COLOR, scope), style_number(layer, STYLE_LINE_OPACITY, scope));
    mark->width = width > 0 ? clamped(width, 1, 10) : 0;
    mark->round_cap = style_enum(layer, STYLE_LINE_CAP, scope) == 1;
    size_t count = style_numbers(layer, STYLE_LINE_DASHARRAY, scope, dashes, 8);
    mark->dash_count = count > 4 ? 4 : count;
    for (size_t i = 0; i < mark->dash_count; i++) {
        mark->dash[i] = clamped(dashes[i] * mark->width, 0.5, 16);
    }
}

static void mark_circle(const struct style_layer *layer, const struct style_scope *scope, struct legend_mark *mark)
{
    double stroke = style_number(layer, STYLE_CIRCLE_STROKE_WIDTH, scope);
    mark->kind = MARK_CIRCLE;
    mark->color =
        faded(style_color(layer, STYLE_CIRCLE_COLOR, scope), style_number(layer, STYLE_CIRCLE_OPACITY, scope));
    mark->radius = clamped(style_number(layer, STYLE_CIRCLE_RADIUS, scope), 2, 8);
    mark->has_outline = stroke > 0;
    mark->outline = faded(style_color(layer, STYLE_CIRCLE_STROKE_COLOR, scope),
                          style_number(layer, STYLE_CIRCLE_STROKE_OPACITY, scope));
    mark->width = clamped(stroke, 0, 3);
}

static void mark_symbol(const struct style_layer *layer, const struct style_scope *scope, struct legend_mark *mark)
{
    mark->kind = MARK_TEXT;
    mark->color = faded(style_color(layer, STYLE_TEXT_COLOR, scope), style_number(layer, STYLE_TEXT_OPACITY, scope));
    mark->has_outline = style_number(layer, STYLE_TEXT_HALO_WIDTH, scope) > 0;
    mark->outline = style_color(layer, STYLE_TEXT_HALO_COLOR, scope);
    mark->width = clamped(style_number(layer, STYLE_TEXT_HALO_WIDTH, scope), 0, 2);
}

/* Five colours from the lowest stop to the highest; without stops there is nothing to show. */
static bool mark_relief(const struct style_layer *layer, const struct style_scope *scope, struct legend_mark *mark)
{
    double stops[RELIEF_STOPS_MAX];
    size_t count = style_ramp_stops(layer, STYLE_COLOR_RELIEF_COLOR, stops, RELIEF_STOPS_MAX);
    count = count < RELIEF_STOPS_MAX ? count : RELIEF_STOPS_MAX;
    size_t first = count > 1 && !isfinite(stops[0]) ? 1 : 0; /* a step begins at minus infinity */
    for (size_t i = 0; count > 0 && i < 5; i++) {
        double share = (double)i / 4;
        double metres = stops[first] * (1 - share) + stops[count - 1] * share;
        if (!style_ramp_at(layer, STYLE_COLOR_RELIEF_COLOR, scope, metres, &mark->ramp[i])) {
            return false;
        }
    }
    return count > 0;
}

static bool make_mark(const struct style_layer *layer, const struct style_scope *scope, struct legend_mark *mark)
{
    switch (style_layer_info(layer)->type) {
    case STYLE_FILL:
        mark_fill(layer, scope, mark);
        return true;
    case STYLE_LINE:
        mark_line(layer, scope, mark);
        return mark->width > 0;
    case STYLE_CIRCLE:
        mark_circle(layer, scope, mark);
        return true;
    case STYLE_SYMBOL:
        mark_symbol(layer, scope, mark);
        return true;
    case STYLE_HEATMAP:
        mark->kind = MARK_RAMP;
        return style_ramp(layer, STYLE_HEATMAP_COLOR, scope, mark->ramp, 5);
    case STYLE_COLOR_RELIEF:
        mark->kind = MARK_RAMP;
        return mark_relief(layer, scope, mark);
    case STYLE_RASTER:
        mark->kind = MARK_PICTURE;
        return true;
    case STYLE_BACKGROUND:
    case STYLE_HILLSHADE:
    case STYLE_FILL_EXTRUSION:
        break;
    }
    return false;
}

static enum style_geometry geometry_for(enum style_layer_type type)
{
    return type == STYLE_FILL   ? STYLE_GEOMETRY_POLYGON
           : type == STYLE_LINE ? STYLE_GEOMETRY_LINE
                                : STYLE_GEOMETRY_POINT;
}

static struct style_feature feature_like(const struct style_layer_info *info, const struct legend_example *example,
                                         const int32_t *slots)
{
    return (struct style_feature){.geometry = geometry_for(info->type),
                                  .values = example->values,
                                  .columns = example->names,
                                  .column_count = example->count,
                                  .slots = slots};
}

/* Evaluates one style layer for a feature like `example`. False when it draws nothing or memory is out. */
static bool mark_of_layer(const struct maker *maker, size_t index, const struct legend_example *example, double zoom,
                          struct legend_mark *mark)
{
    const struct style_layer *layer = style_layer_at(maker->style, index);
    const struct style_layer_info *info = style_layer_info(layer);
    int32_t *slots = arena_array(maker->arena, info->name_count + 1, sizeof *slots);
    if (!slots || !render_shows(layer, zoom)) {
        return false;
    }
    style_bind(layer, example->names, example->count, slots);
    struct style_feature feature = feature_like(info, example, slots);
    struct style_scope scope = {.zoom = zoom, .feature = &feature, .arena = maker->arena};
    *mark = (struct legend_mark){0};
    return make_mark(layer, &scope, mark);
}

/* True when style layer `index` belongs into the swatch of `primary`: casings to lines, outlines to fills, rings to
 * circles. Labels only where nothing else is drawn. */
static bool is_companion(const struct maker *maker, size_t index, size_t primary)
{
    enum style_layer_type type = info_at(maker, index)->type;
    enum style_layer_type primary_type = info_at(maker, primary)->type;
    return type == primary_type || (primary_type == STYLE_FILL && type == STYLE_LINE);
}

static bool is_mark_visible(const struct legend_mark *mark)
{
    return mark->css_color || mark->color.a > 0.01 || (mark->has_outline && mark->outline.a > 0.01) ||
           mark->kind == MARK_RAMP || mark->kind == MARK_PICTURE;
}

/* Draws the entry's swatch: each layer of the set that belongs to it, as the map would for this feature. False when
 * the layer that the entry is about shows nothing of it. */
static bool draw_entry(const struct maker *maker, const struct layer_set *set, size_t primary,
                       const struct legend_example *example, const char *css_color, struct legend_entry *entry)
{
    double zoom = zoom_for(maker, style_layer_at(maker->style, primary));
    bool is_visible = false;
    for (size_t i = 0; i < set->count && entry->mark_count < LEGEND_MARKS_MAX; i++) {
        size_t index = set->members[i];
        struct legend_mark *mark = &entry->marks[entry->mark_count];
        if (!is_companion(maker, index, primary) || !mark_of_layer(maker, index, example, zoom, mark)) {
            continue;
        }
        if (index == primary) {
            mark->css_color = css_color;
            is_visible = is_mark_visible(mark);
        }
        entry->mark_count += 1;
    }
    return is_visible;
}

static const struct store_layer *store_layer_of(const struct maker *maker, const struct style_layer_info *info)
{
    const struct style_source_info *source = info->source ? style_source_find(maker->style, info->source) : NULL;
    if (!source || !source->layer_id || !maker->layers) {
        return NULL;
    }
    return store_list_find(maker->layers, source->layer_id);
}

static const struct store_field *field_of(const struct store_layer *layer, struct text name)
{
    for (size_t i = 0; layer && i < layer->field_count; i++) {
        if (text_is(name, layer->fields[i].name)) {
            return &layer->fields[i];
        }
    }
    return NULL;
}

/* What the layer is called: its own title in the legend, else the store's, else its id made readable. */
static const char *subject_title(const struct maker *maker, const struct style_layer_info *info,
                                 const struct store_layer *layer)
{
    if (layer) {
        return format_pick(maker->language, layer->title_es, layer->title_en);
    }
    return format_humanised(text_of(info->source_layer ? info->source_layer : info->id), maker->arena);
}

/* The label of a class: what the metadata says under its key, else what the class says. NULL leaves the class out. */
static const char *class_label(const struct maker *maker, const struct style_layer_info *info,
                               const struct legend_class *class)
{
    const struct value *labels = value_member(legend_metadata(info), "labels");
    const struct value *said = class->key ? value_member(labels, class->key) : NULL;
    if (said && said->type == VALUE_BOOL) {
        return NULL;
    }
    const char *label = localised(said, maker->language, maker->arena);
    return label ? label : class->label;
}

/* True when the layer's filter reads nothing that the example lacks, and refuses it. */
static bool is_filtered_out(const struct maker *maker, size_t index, const struct legend_example *example)
{
    const struct style_layer *layer = style_layer_at(maker->style, index);
    const struct style_layer_info *info = style_layer_info(layer);
    if (info->reads_any_name) {
        return false;
    }
    for (size_t i = 0; i < info->name_count; i++) {
        bool known = false;
        for (size_t j = 0; j < example->count; j++) {
            known = known || text_equal(info->names[i], example->names[j]);
        }
        if (!known) {
            return false;
        }
    }
    int32_t *slots = arena_array(maker->arena, info->name_count + 1, sizeof *slots);
    if (!slots) {
        return false;
    }
    style_bind(layer, example->names, example->count, slots);
    struct style_feature feature = feature_like(info, example, slots);
    struct style_scope scope = {.zoom = zoom_for(maker, layer), .feature = &feature, .arena = maker->arena};
    return !style_filter(layer, &scope);
}

static struct legend_group *add_group(struct maker *maker, const struct style_layer_info *info, size_t entries_max)
{
    if (maker->legend->count == maker->capacity) {
        return NULL;
    }
    struct legend_group *group = &maker->legend->groups[maker->legend->count];
    const struct store_layer *layer = store_layer_of(maker, info);
    *group = (struct legend_group){0};
    group->layer_id = layer ? layer->id : info->source_layer ? info->source_layer : info->source;
    group->min_zoom = info->min_zoom > 0 ? info->min_zoom + 1 : 0;
    group->max_zoom = info->max_zoom + 1;
    group->entries = arena_array(maker->arena, entries_max, sizeof *group->entries);
    if (!group->entries) {
        return NULL;
    }
    maker->legend->count += 1;
    return group;
}

static void merge_examples(struct legend_example *into, const struct legend_example *from)
{
    for (size_t i = 0; i < from->count && into->count < LEGEND_EXAMPLE_FIELDS_MAX; i++) {
        bool known = false;
        for (size_t j = 0; j < into->count; j++) {
            known = known || text_equal(into->names[j], from->names[i]);
        }
        if (!known) {
            into->names[into->count] = from->names[i];
            into->values[into->count++] = from->values[i];
        }
    }
}

/* A group with an entry for each class. */
static bool add_classes(struct maker *maker, const struct layer_set *set, size_t primary,
                        const struct legend_example *filtered, struct legend_classes *classes)
{
    const struct style_layer_info *info = info_at(maker, primary);
    const struct store_layer *layer = store_layer_of(maker, info);
    const struct store_field *field = field_of(layer, classes->field);
    struct legend_group *group = add_group(maker, info, classes->count);
    if (!group) {
        return false;
    }
    const char *title = localised(value_member(legend_metadata(info), "title"), maker->language, maker->arena);
    group->title = title ? title : subject_title(maker, info, layer);
    group->field = field && field->title_es ? format_pick(maker->language, field->title_es, field->title_en) : NULL;
    group->field = text_same_string(group->field, group->title) ? NULL : group->field;
    group->unit = field ? field->unit : NULL;
    for (size_t i = 0; i < classes->count; i++) {
        struct legend_class *class = &classes->items[i];
        struct legend_entry *entry = &group->entries[group->count];
        *entry = (struct legend_entry){0};
        entry->label = class_label(maker, info, class);
        entry->key = class->key ? class->key : "";
        merge_examples(&class->example, filtered);
        if (!entry->label || is_filtered_out(maker, primary, &class->example)) {
            continue;
        }
        group->count += draw_entry(maker, set, primary, &class->example, class->css_color, entry);
    }
    return true;
}

/* A group of one entry. Its title says what it is of, in case several of one layer are put together later. */
static bool add_single(struct maker *maker, const struct layer_set *set, size_t primary,
                       const struct legend_example *filtered, const char *filter_label)
{
    const struct style_layer_info *info = info_at(maker, primary);
    struct legend_group *group = add_group(maker, info, 1);
    if (!group) {
        return false;
    }
    struct legend_entry *entry = &group->entries[0];
    const char *title = localised(value_member(legend_metadata(info), "title"), maker->language, maker->arena);
    group->title = subject_title(maker, info, store_layer_of(maker, info));
    entry->label = title ? title : filter_label ? filter_label : group->title;
    entry->key = "";
    group->count = draw_entry(maker, set, primary, filtered, NULL, entry) ? 1 : 0;
    return true;
}

static bool add_candidate(struct maker *maker, const struct layer_set *set, size_t primary)
{
    const struct style_layer_info *info = info_at(maker, primary);
    const struct value *expression = telling_expression(maker, primary);
    const struct store_field *field = field_of(store_layer_of(maker, info), legend_classes_field(expression));
    struct legend_example filtered = {.count = 0};
    const char *filter_label = legend_example_satisfy(
        &filtered, style_filter_json(style_layer_at(maker->style, primary)), maker->language, NULL, maker->arena);
    struct legend_classes classes;
    if (!legend_classes_find(expression, maker->language, field ? field->unit : NULL, maker->arena, &classes)) {
        return false;
    }
    return classes.count > 1 ? add_classes(maker, set, primary, &filtered, &classes)
                             : add_single(maker, set, primary, &filtered, filter_label);
}

/* Which layers of the set the legend speaks of: each with a title of its own, and of the others the topmost one that
 * tells classes apart, or the topmost one at all. Label layers only when they have a title. */
static bool add_set(struct maker *maker, const struct layer_set *set)
{
    bool has_titled = false;
    for (size_t i = set->count; i-- > 0;) {
        if (has_title(maker, set->members[i]) && !is_hidden(info_at(maker, set->members[i]))) {
            has_titled = true;
            if (!add_candidate(maker, set, set->members[i])) {
                return false;
            }
        }
    }
    if (has_titled) {
        return true;
    }
    size_t best = SIZE_MAX;
    bool best_tells = false;
    for (size_t i = set->count; i-- > 0;) {
        size_t index = set->members[i];
        enum style_layer_type type = info_at(maker, index)->type;
        if (is_hidden(info_at(maker, index)) || type == STYLE_SYMBOL || type == STYLE_RASTER) {
            continue;
        }
        bool tells = telling_expression(maker, index) != NULL;
        if (best == SIZE_MAX || (tells && !best_tells)) {
            best = index;
            best_tells = tells;
        }
    }
    return best == SIZE_MAX || add_candidate(maker, set, best);
}

/* The set of style layer `index` when it is the topmost of its set; otherwise an empty one. */
static struct layer_set set_of(const struct maker *maker, size_t index)
{
    struct layer_set set = {.count = 0};
    size_t layer_count = style_layer_count(maker->style);
    for (size_t other = index + 1; other < layer_count; other++) {
        if (is_drawn(info_at(maker, other)) && is_same_subject(maker, index, other)) {
            return set;
        }
    }
    for (size_t other = 0; other <= index && set.count < SET_MAX; other++) {
        if (is_drawn(info_at(maker, other)) && is_same_subject(maker, index, other)) {
            set.members[set.count++] = other;
        }
    }
    return set;
}

static bool has_label(const struct legend_group *group, const char *label)
{
    for (size_t i = 0; i < group->count; i++) {
        if (strcmp(group->entries[i].label, label) == 0) {
            return true;
        }
    }
    return false;
}

/* Puts the only entry of `group` behind those of `before`. The same thing drawn by two layers (near and far, bridge and
 * road) is said once. */
static bool join_group(struct maker *maker, struct legend_group *before, const struct legend_group *group)
{
    before->min_zoom = fmin(before->min_zoom, group->min_zoom);
    before->max_zoom = fmax(before->max_zoom, group->max_zoom);
    if (has_label(before, group->entries[0].label)) {
        return true;
    }
    struct legend_entry *joined = arena_array(maker->arena, before->count + 1, sizeof *joined);
    if (!joined) {
        return false;
    }
    memcpy(joined, before->entries, before->count * sizeof *joined);
    joined[before->count] = group->entries[0];
    before->entries = joined;
    before->count += 1;
    return true;
}

static bool is_single(const struct legend_group *group)
{
    return group->count > 0 && group->entries[0].key[0] == '\0';
}

/* True when the only entry of `group` repeats the title of another group of its layer: a casing with a filter of its
 * own, say. */
static bool is_repeated(const struct legend *legend, const struct legend_group *group)
{
    for (size_t i = 0; i < legend->count && is_single(group); i++) {
        const struct legend_group *other = &legend->groups[i];
        if (other != group && other->count > 1 && text_same_string(other->layer_id, group->layer_id) &&
            text_same_string(other->title, group->entries[0].label)) {
            return true;
        }
    }
    return false;
}

/* Puts neighbouring groups of one entry and one layer together, drops empty groups, and takes the title from groups
 * whose only entry says it. */
static bool tidy_groups(struct maker *maker)
{
    struct legend *legend = maker->legend;
    size_t kept = 0;
    for (size_t i = 0; i < legend->count; i++) {
        struct legend_group *group = &legend->groups[i];
        struct legend_group *before = kept > 0 ? &legend->groups[kept - 1] : NULL;
        if (group->count == 0 || is_repeated(legend, group)) {
            continue;
        }
        if (before && is_single(group) && is_single(before) && text_same_string(group->layer_id, before->layer_id)) {
            if (!join_group(maker, before, group)) {
                return false;
            }
            continue;
        }
        legend->groups[kept++] = *group;
    }
    legend->count = kept;
    for (size_t i = 0; i < kept; i++) {
        if (legend->groups[i].count == 1 && is_single(&legend->groups[i])) {
            legend->groups[i].title = NULL;
        }
    }
    return true;
}

bool legend_make(const struct style *style, double zoom, const struct store_layer_list *layers, enum language language,
                 struct arena *arena, struct legend *out_legend, struct error *err)
{
    struct legend legend = {NULL, 0};
    struct maker maker = {style, zoom, layers, language, arena, &legend, style_layer_count(style) + 1};
    legend.groups = arena_array(arena, maker.capacity, sizeof *legend.groups);
    if (!legend.groups) {
        return error_no_memory(err);
    }
    for (size_t i = style_layer_count(style); i-- > 0;) {
        if (!is_drawn(info_at(&maker, i))) {
            continue;
        }
        struct layer_set set = set_of(&maker, i);
        if (set.count > 0 && !add_set(&maker, &set)) {
            return error_no_memory(err);
        }
    }
    if (!tidy_groups(&maker)) {
        return error_no_memory(err);
    }
    *out_legend = legend;
    return true;
}
