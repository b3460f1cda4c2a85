/* SPDX-License-Identifier: MIT */
#include "render/label_copy.h"

#include "render/label_box.h"
#include "render/render_assets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct label_names *label_names_create(struct arena *arena)
{
    struct label_names *names = arena_alloc(arena, sizeof *names);
    if (names) {
        names->arena = arena;
    }
    return names;
}

bool label_names_put(struct label_names *names, struct text name, uint32_t *out_number)
{
    for (size_t i = 0; i < names->count; i++) {
        if (text_equal(names->items[i], name)) {
            *out_number = (uint32_t)i;
            return true;
        }
    }
    if (names->count == names->capacity) {
        size_t larger = names->capacity ? names->capacity * 2 : 16;
        void *grown = arena_grow(names->arena, names->items, names->capacity * sizeof *names->items,
                                 larger * sizeof *names->items);
        if (!grown) {
            return false;
        }
        names->items = grown;
        names->capacity = larger;
    }
    *out_number = (uint32_t)names->count;
    names->items[names->count++] = name;
    return true;
}

/* Names and behind them their letters, in one piece of memory. NULL when memory is out. */
static struct text *keep_names(const struct label_names *names)
{
    size_t bytes = names->count * sizeof *names->items + 1;
    for (size_t i = 0; i < names->count; i++) {
        bytes += names->items[i].length;
    }
    struct text *kept = malloc(bytes);
    char *letters = kept ? (char *)(kept + names->count) : NULL;
    for (size_t i = 0; kept && i < names->count; i++) {
        size_t length = names->items[i].length;
        if (length > 0) {
            memcpy(letters, names->items[i].data, length);
        }
        kept[i] = (struct text){letters, length};
        letters += length;
    }
    return kept;
}

static const struct label_way *way_of(const struct label_choice *choice)
{
    const struct label_candidate *candidate = choice->candidate;
    bool upright = choice->shows_text && !candidate->runs_along;
    return upright ? &candidate->text->ways[choice->way] : NULL;
}

static double way_scale(const struct label_text *text)
{
    return text->look.size_px / text->box_size_px;
}

static struct label_box icon_ink(const struct label_choice *choice)
{
    const struct label_candidate *candidate = choice->candidate;
    const struct label_icon *icon = candidate->icon;
    const struct label_way *way = way_of(choice);
    struct label_box ink = way && way->is_vertical && icon->has_vertical ? icon->vertical.ink : icon->across.ink;
    if (candidate->icon_sine != 0 || candidate->icon_cosine != 1) {
        int32_t far = 0;
        int32_t sides[4] = {-ink.min_x, -ink.min_y, ink.max_x, ink.max_y};
        for (int i = 0; i < 4; i++) {
            far = sides[i] > far ? sides[i] : far;
        }
        far = far + far / 2;
        ink = (struct label_box){-far, -far, far, far};
    }
    if (way && way->is_vertical && icon->has_vertical) {
        struct label_rect turned = {-ink.max_y, ink.min_x, -ink.min_y, ink.max_x};
        ink = (struct label_box){(int32_t)turned.left, (int32_t)turned.top, (int32_t)turned.right,
                                 (int32_t)turned.bottom};
    }
    if (way && way->moves_icon && icon->is_fitted) {
        double scale = way_scale(candidate->text);
        ink = label_box_moved(ink, label_fixed(way->shift_x_px * scale), label_fixed(way->shift_y_px * scale));
    }
    return label_box_moved(ink, candidate->icon_x, candidate->icon_y);
}

struct label_box label_copy_ink(const struct label_choice *choice)
{
    const struct label_candidate *candidate = choice->candidate;
    const struct label_way *way = way_of(choice);
    struct label_box text = way ? way->ink : candidate->ink;
    if (!choice->shows_icon) {
        return text;
    }
    struct label_box icon = icon_ink(choice);
    return choice->shows_text ? label_box_joined(text, icon) : icon;
}

static int32_t rounded(double value)
{
    return (int32_t)floor(value * LABEL_ONE + 0.5);
}

static size_t copy_upright(const struct label_text *text, const struct label_way *way, struct label_glyph *out)
{
    double size = text->look.size_px;
    double cosine = way->is_vertical ? -text->sine : text->cosine;
    double sine = way->is_vertical ? text->cosine : text->sine;
    double scale = way_scale(text);
    double move_x = text->translate_x_px + (way->moves_icon ? way->shift_x_px * scale : 0);
    double move_y = text->translate_y_px + (way->moves_icon ? way->shift_y_px * scale : 0);
    size_t count = 0;
    for (size_t i = 0; i < way->layout->count; i++) {
        const struct label_piece *piece = &way->layout->pieces[i];
        if (!piece->has_ink) {
            continue;
        }
        double x = (way->x_em + (double)piece->x) * size;
        double y = (way->y_em + (double)piece->y) * size;
        out[count++] = (struct label_glyph){
            .font = piece->font,
            .glyph = piece->glyph,
            .scale = piece->font == TEXT_FONT_IMAGE ? piece->scale * (float)text->image_scale : piece->scale,
            .x = rounded(x * cosine - y * sine + move_x),
            .y = rounded(x * sine + y * cosine + move_y),
            .cosine = (float)(piece->turned_back ? sine : cosine),
            .sine = (float)(piece->turned_back ? -cosine : sine),
            .mark = piece->mark,
        };
    }
    return count;
}

static void copy_text(struct label_plan *plan, const struct label_choice *choice, struct label *label)
{
    const struct label_candidate *candidate = choice->candidate;
    const struct label_way *way = way_of(choice);
    struct label_glyph *glyphs = plan->glyphs + plan->glyph_count;
    label->look = candidate->text->look;
    label->first_glyph = plan->glyph_count;
    if (way) {
        label->glyph_count = copy_upright(candidate->text, way, glyphs);
        label->upright = !candidate->text->is_rotated && !way->is_vertical;
    } else {
        label->glyph_count = candidate->glyph_count;
        label->upright = candidate->upright;
        memcpy(glyphs, candidate->glyphs, candidate->glyph_count * sizeof *glyphs);
    }
    for (size_t i = 0; i < label->glyph_count; i++) {
        label->has_fields = label->has_fields || (glyphs[i].font & TEXT_FONT_SDF);
    }
    plan->glyph_count += label->glyph_count;
}

/* False when memory for its name is out. */
static bool copy_icon(struct label_plan *plan, const struct label_task *task, const struct label_choice *choice,
                      struct label *label)
{
    const struct label_candidate *candidate = choice->candidate;
    const struct label_icon *icon = candidate->icon;
    const struct label_way *way = way_of(choice);
    bool stands = way && way->is_vertical && icon->has_vertical;
    const struct label_rect *rect = stands ? &icon->vertical.rect : &icon->across.rect;
    double x = icon->translate_x_px;
    double y = icon->translate_y_px;
    if (way && way->moves_icon && icon->is_fitted) {
        x += way->shift_x_px * way_scale(candidate->text);
        y += way->shift_y_px * way_scale(candidate->text);
    }
    double line_cosine = stands ? 0 : candidate->icon_cosine;
    double line_sine = stands ? 1 : candidate->icon_sine;
    struct label_mark *mark = &plan->marks[plan->mark_count];
    *mark = (struct label_mark){
        .box = {rect->left, rect->top, rect->right, rect->bottom},
        .x = candidate->icon_x + rounded(x),
        .y = candidate->icon_y + rounded(y),
        .cosine = icon->cosine * line_cosine - icon->sine * line_sine,
        .sine = icon->sine * line_cosine + icon->cosine * line_sine,
        .is_fitted = icon->is_fitted,
        .look = icon->look,
    };
    label->mark = (uint32_t)++plan->mark_count;
    return label_names_put(task->images, icon->image->name, &mark->image);
}

static bool copy_label(struct label_plan *plan, const struct label_task *task, const struct label_choice *choice)
{
    const struct label_candidate *candidate = choice->candidate;
    struct label *label = &plan->labels[plan->label_count++];
    *label =
        (struct label){.x = candidate->x, .y = candidate->y, .ink = label_copy_ink(choice), .order = candidate->order};
    if (choice->shows_text) {
        copy_text(plan, choice, label);
    }
    return !choice->shows_icon || copy_icon(plan, task, choice, label);
}

static int compare_labels(const void *left, const void *right)
{
    const struct label *a = left;
    const struct label *b = right;
    return label_order_compare(&a->order, &b->order);
}

/* True when MapLibre reads images smoothly because they could be seen at an angle. */
static bool lies_in_map(const struct style_layer *layer, enum style_property pitch, enum style_property rotation,
                        const struct style_scope *scope)
{
    int alignment = style_enum(layer, pitch, scope);
    if (alignment != STYLE_ALIGNMENT_AUTO) {
        return alignment == STYLE_ALIGNMENT_MAP;
    }
    int turn = style_enum(layer, rotation, scope);
    int automatic =
        rotation == STYLE_TEXT_ROTATION_ALIGNMENT ? STYLE_TEXT_ROTATION_ALIGNMENT_AUTO : (int)STYLE_ALIGNMENT_AUTO;
    bool on_line = style_enum(layer, STYLE_SYMBOL_PLACEMENT, scope) != STYLE_SYMBOL_PLACEMENT_POINT;
    return turn == automatic ? on_line : turn == STYLE_ALIGNMENT_MAP;
}

/* How the labels of a layer are painted. MapLibre: those that may overlap from top to bottom, so that lower ones lie
 * above, unless there is a symbol-sort-key. */
static struct label_layer describe_layer(const struct style_layer *layer, double zoom, size_t first)
{
    struct style_scope scope = {.zoom = zoom};
    int order = style_enum(layer, STYLE_SYMBOL_Z_ORDER, &scope);
    bool has_key = style_dependence(layer, STYLE_SYMBOL_SORT_KEY) != 0;
    bool size_stays = !(style_dependence(layer, STYLE_ICON_SIZE) & (STYLE_DEPENDS_ON_FEATURE)) &&
                      style_number(layer, STYLE_ICON_SIZE, &scope) == 1;
    bool angle_stays = !(style_dependence(layer, STYLE_ICON_ROTATE) & STYLE_DEPENDS_ON_FEATURE) &&
                       style_number(layer, STYLE_ICON_ROTATE, &scope) == 0;
    return (struct label_layer){
        .id_hash = label_layer_hash(layer),
        .by_height = order == STYLE_SYMBOL_Z_ORDER_VIEWPORT_Y || (order == STYLE_SYMBOL_Z_ORDER_AUTO && !has_key),
        .by_key = order != STYLE_SYMBOL_Z_ORDER_VIEWPORT_Y && has_key,
        .icons_stay = size_stays && angle_stays &&
                      !lies_in_map(layer, STYLE_ICON_PITCH_ALIGNMENT, STYLE_ICON_ROTATION_ALIGNMENT, &scope),
        .text_stays = !(style_dependence(layer, STYLE_TEXT_SIZE) & STYLE_DEPENDS_ON_ZOOM) &&
                      !lies_in_map(layer, STYLE_TEXT_PITCH_ALIGNMENT, STYLE_TEXT_ROTATION_ALIGNMENT, &scope),
        .first = first};
}

/* Of texts that were only measured, those that are shown are set now. */
static bool set_texts(const struct label_task *task, const struct label_choices *choices)
{
    for (size_t i = 0; i < choices->count; i++) {
        const struct label_way *way = way_of(&choices->items[i]);
        if (way && way->layout->unset && !label_layout_set(task, way->layout)) {
            return false;
        }
    }
    return true;
}

static size_t count_glyphs(const struct label_choices *choices)
{
    size_t count = 0;
    for (size_t i = 0; i < choices->count; i++) {
        const struct label_way *way = way_of(&choices->items[i]);
        count += way ? way->layout->count : choices->items[i].shows_text ? choices->items[i].candidate->glyph_count : 0;
    }
    return count;
}

static bool copy_layers(struct label_plan *plan, const struct label_task *task, const struct label_choices *choices)
{
    for (size_t i = 0; i < style_layer_count(task->style); i++) {
        struct label_layer entry = describe_layer(style_layer_at(task->style, i), task->zoom, plan->label_count);
        for (size_t j = 0; j < choices->count; j++) {
            if (choices->items[j].candidate->layer == i && !copy_label(plan, task, &choices->items[j])) {
                return false;
            }
        }
        entry.count = plan->label_count - entry.first;
        if (entry.count > 0) {
            qsort(plan->labels + entry.first, entry.count, sizeof *plan->labels, compare_labels);
            plan->layers[plan->layer_count++] = entry;
        }
    }
    return true;
}

bool label_copy_choices(struct label_plan *plan, const struct label_task *task, const struct label_choices *choices)
{
    if (!set_texts(task, choices)) {
        return false;
    }
    plan->layers = calloc(style_layer_count(task->style) + 1, sizeof *plan->layers);
    plan->labels = calloc(choices->count + 1, sizeof *plan->labels);
    plan->glyphs = calloc(count_glyphs(choices) + 1, sizeof *plan->glyphs);
    plan->marks = calloc(choices->count + 1, sizeof *plan->marks);
    if (!plan->layers || !plan->labels || !plan->glyphs || !plan->marks || !copy_layers(plan, task, choices)) {
        return false;
    }
    plan->images = keep_names(task->images);
    plan->stacks = keep_names(task->stacks);
    plan->image_count = plan->images ? task->images->count : 0;
    plan->stack_count = plan->stacks ? task->stacks->count : 0;
    plan->sprite = task->assets && task->assets->sprite ? sprite_ref(task->assets->sprite) : NULL;
    return plan->images && plan->stacks;
}
