/* SPDX-License-Identifier: MIT */
#include "render/label.h"

#include "base/hash.h"
#include "base/text.h"
#include "render/label_candidate.h"
#include "render/label_copy.h"
#include "render/label_place.h"
#include "render/label_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Features are looked for this far around a square: labels that meet the square around a corner have their anchor
 * within two reaches of the corner, and what runs along lines sees half a reach of line to either side. The rest is for
 * boxes that are a little less exact than geometry. */
static const double area_margin_px = 2 * LABEL_REACH_PX + 8;
/* Labels of one picture may be as long as they like; the rest of an enlarged tile is left out. */
static const double picture_margin_px = 16384;
static const double line_area_margin_px = 2.5 * LABEL_REACH_PX + 8;

uint64_t label_layer_hash(const struct style_layer *layer)
{
    const char *id = style_layer_info(layer)->id;
    return hash_bytes(id, strlen(id));
}

double label_scale_of_zoom(double zoom)
{
    return exp2(zoom - 23) * LABEL_ONE;
}

int64_t label_position(int64_t units, double scale)
{
    return (int64_t)floor((double)units * scale + 0.5);
}

int64_t label_world_width(int32_t zoom)
{
    return label_position(GRID_WORLD_UNITS, label_scale_of_zoom(zoom));
}

int label_order_compare(const struct label_order *a, const struct label_order *b)
{
    if (a->sort_key != b->sort_key) {
        return a->sort_key < b->sort_key ? -1 : 1;
    }
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->row != b->row) {
        return a->row < b->row ? -1 : 1;
    }
    if (a->part != b->part) {
        return a->part < b->part ? -1 : 1;
    }
    if (a->number != b->number) {
        return a->number < b->number ? -1 : 1;
    }
    if (a->x != b->x) {
        return a->x < b->x ? -1 : 1;
    }
    return (a->y > b->y) - (a->y < b->y);
}

/* World units across a square; below zoom 2 it is wider than the world. */
static int64_t square_units(int32_t zoom)
{
    return (int64_t)ldexp(LABEL_SQUARE_PX, 23 - zoom);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return quotient - (a % b != 0 && a < 0);
}

size_t label_squares_of_view(const struct view *view, struct label_square *out_squares, size_t capacity)
{
    int32_t zoom = (int32_t)floor(view->zoom);
    if (zoom < 2) {
        if (capacity > 0) {
            out_squares[0] = (struct label_square){zoom, 0, 0};
        }
        return 1;
    }
    struct world_box box = view_box(view);
    int64_t units = square_units(zoom);
    int64_t left = floor_divide(box.min_x + GRID_WORLD_UNITS / 2, units);
    int64_t top = floor_divide(box.min_y + GRID_WORLD_UNITS / 2, units);
    int64_t right = floor_divide(box.max_x - 1 + GRID_WORLD_UNITS / 2, units);
    int64_t bottom = floor_divide(box.max_y - 1 + GRID_WORLD_UNITS / 2, units);
    int64_t columns = GRID_WORLD_UNITS / units;
    size_t count = 0;
    for (int64_t row = top; row <= bottom; row++) {
        for (int64_t i = left; i <= right && i - left < columns; i++) {
            if (count < capacity) {
                out_squares[count] = (struct label_square){zoom, i - floor_divide(i, columns) * columns, row};
            }
            count++;
        }
    }
    return count;
}

static struct world_box square_box(struct label_square square)
{
    int64_t units = square_units(square.zoom);
    int64_t x = square.column * units - GRID_WORLD_UNITS / 2;
    int64_t y = square.row * units - GRID_WORLD_UNITS / 2;
    if (square.zoom < 2) {
        return (struct world_box){-GRID_WORLD_UNITS / 2, -GRID_WORLD_UNITS / 2, GRID_WORLD_UNITS / 2,
                                  GRID_WORLD_UNITS / 2};
    }
    return (struct world_box){x, y, x + units, y + units};
}

static struct world_box grown(struct world_box box, double css_px, double zoom)
{
    int64_t by = (int64_t)ceil(css_px * exp2(23 - zoom));
    return (struct world_box){box.min_x - by, box.min_y - by, box.max_x + by, box.max_y + by};
}

static void put_need(struct render_need *needs, size_t *count, const struct render_need *need)
{
    for (size_t i = 0; i < *count; i++) {
        if (text_same_string(needs[i].source, need->source) &&
            text_same_string(needs[i].source_layer, need->source_layer)) {
            if (need->area.min_x < needs[i].area.min_x) {
                needs[i].area = need->area;
            }
            return;
        }
    }
    needs[(*count)++] = *need;
}

static bool find_needs(const struct style *style, double zoom, struct world_box box, double margin, double line_margin,
                       struct arena *arena, struct render_need **out_needs, size_t *out_count, struct error *err)
{
    size_t layer_count = style_layer_count(style);
    struct render_need *needs = arena_array(arena, layer_count, sizeof *needs);
    if (!needs) {
        return error_no_memory(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < layer_count; i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        if (!label_layer_is_shown(layer, zoom)) {
            continue;
        }
        const struct style_layer_info *info = style_layer_info(layer);
        const struct style_source_info *source = style_source_find(style, info->source);
        if (!source || !source->layer_id) {
            continue;
        }
        double around = label_layer_is_along_lines(layer, zoom) ? line_margin : margin;
        struct render_need need = {RENDER_NEED_FEATURES,
                                   info->source,
                                   info->source_layer,
                                   source->layer_id,
                                   grown(box, around, zoom),
                                   zoom,
                                   true};
        put_need(needs, &count, &need);
    }
    *out_needs = needs;
    *out_count = count;
    return true;
}

bool label_needs(const struct style *style, struct label_square square, struct arena *arena,
                 struct render_need **out_needs, size_t *out_count, struct error *err)
{
    return find_needs(style, square.zoom, square_box(square), area_margin_px, line_area_margin_px, arena, out_needs,
                      out_count, err);
}

bool label_needs_of_view(const struct style *style, const struct view *view, struct arena *arena,
                         struct render_need **out_needs, size_t *out_count, struct error *err)
{
    return find_needs(style, view->zoom, view_box(view), LABEL_REACH_PX, LABEL_REACH_PX, arena, out_needs, out_count,
                      err);
}

void label_plan_destroy(struct label_plan *plan)
{
    if (!plan) {
        return;
    }
    free(plan->layers);
    free(plan->labels);
    free(plan->glyphs);
    free(plan->marks);
    free(plan->images);
    free(plan->stacks);
    sprite_unref(plan->sprite);
    free(plan);
}

size_t label_plan_size(const struct label_plan *plan)
{
    size_t bytes = sizeof *plan + plan->layer_count * sizeof *plan->layers + plan->label_count * sizeof *plan->labels +
                   plan->glyph_count * sizeof *plan->glyphs + plan->mark_count * sizeof *plan->marks;
    for (size_t i = 0; i < plan->image_count; i++) {
        bytes += sizeof *plan->images + plan->images[i].length;
    }
    for (size_t i = 0; i < plan->stack_count; i++) {
        bytes += sizeof *plan->stacks + plan->stacks[i].length;
    }
    return bytes;
}

size_t label_plan_count(const struct label_plan *plan)
{
    return plan->label_count;
}

struct label_stats label_plan_stats(const struct label_plan *plan)
{
    return plan->stats;
}

/* True when ink of the label lies in the square: the others were placed only because they decide. */
static bool is_kept(const struct label_task *task, const struct label_frame *frame, const struct label_choice *choice)
{
    struct label_box ink = label_copy_ink(choice);
    int64_t left = choice->candidate->x - frame->origin_x + ink.min_x;
    int64_t top = choice->candidate->y - frame->origin_y + ink.min_y;
    int64_t right = choice->candidate->x - frame->origin_x + ink.max_x;
    int64_t bottom = choice->candidate->y - frame->origin_y + ink.max_y;
    if (task->is_of_view) {
        return true;
    }
    int64_t side = LABEL_SQUARE_PX * LABEL_ONE;
    if (task->one_world) {
        /* The world is narrower than a square, and what crosses its side would have to be cut. */
        int64_t width = (int64_t)(LABEL_ONE * exp2(9 + task->zoom));
        return left >= 0 && right <= width && bottom >= 0 && top <= side;
    }
    return left < side && right >= 0 && top < side && bottom >= 0;
}

static bool make_plan(struct label_task *task, const struct label_frame *frame, struct label_plan *plan,
                      struct error *err)
{
    struct label_candidates candidates = {0};
    const struct render_assets *assets = task->assets;
    task->stats = &plan->stats;
    task->images = label_names_create(task->arena);
    task->stacks = label_names_create(task->arena);
    if (!task->images || !task->stacks) {
        return error_no_memory(err);
    }
    text_engine_use_ranges(task->painter->text, assets ? assets->glyphs : NULL);
    for (uint32_t i = 0; i < style_layer_count(task->style); i++) {
        const struct style_layer *layer = style_layer_at(task->style, i);
        if (label_layer_is_shown(layer, task->zoom) && !label_candidates_find(task, i, &candidates, err)) {
            error_prefix(err, "labels of layer \"%s\"", style_layer_info(layer)->id);
            return false;
        }
    }
    struct label_choices choices;
    if (!label_place_all(frame, &candidates, task->arena, &choices, &plan->stats, err)) {
        return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < choices.count; i++) {
        if (is_kept(task, frame, &choices.items[i])) {
            choices.items[kept++] = choices.items[i];
        }
    }
    choices.count = kept;
    return label_copy_choices(plan, task, &choices) || error_no_memory(err);
}

static struct label_box_wide area_of(struct world_box box, double scale)
{
    return (struct label_box_wide){label_position(box.min_x, scale), label_position(box.min_y, scale),
                                   label_position(box.max_x, scale), label_position(box.max_y, scale)};
}

static bool create_plan(struct label_task *task, const struct label_frame *frame, struct label_square square,
                        struct label_plan **out_plan, struct error *err)
{
    struct label_plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        return error_no_memory(err);
    }
    plan->is_of_view = task->is_of_view;
    plan->zoom = task->zoom;
    plan->square = square;
    if (!make_plan(task, frame, plan, err)) {
        label_plan_destroy(plan);
        return false;
    }
    *out_plan = plan;
    return true;
}

bool label_plan_create(struct painter *painter, const struct style *style, const struct render_assets *assets,
                       struct label_square square, const struct render_input *inputs, size_t input_count,
                       struct arena *arena, struct label_plan **out_plan, struct error *err)
{
    struct world_box box = square_box(square);
    double scale = label_scale_of_zoom(square.zoom);
    struct label_task task = {
        .painter = painter,
        .style = style,
        .assets = assets,
        .zoom = square.zoom,
        .layout_zoom = square.zoom,
        .scale = scale,
        .area = area_of(grown(box, area_margin_px, square.zoom), scale),
        .square = area_of(box, scale),
        .has_square = square.zoom >= 2,
        .one_world = square.zoom < 2,
        .inputs = inputs,
        .input_count = input_count,
        .arena = arena,
    };
    struct label_frame frame = {true, label_position(box.min_x, scale), label_position(box.min_y, scale)};
    return create_plan(&task, &frame, square, out_plan, err);
}

bool label_plan_create_for_view(struct painter *painter, const struct style *style, const struct render_assets *assets,
                                const struct view *view, const struct render_input *inputs, size_t input_count,
                                struct arena *arena, struct label_plan **out_plan, struct error *err)
{
    struct world_box box = view_box(view);
    double scale = label_scale_of_zoom(view->zoom);
    struct label_task task = {
        .painter = painter,
        .style = style,
        .assets = assets,
        .zoom = view->zoom,
        .layout_zoom = floor(view->zoom),
        .view_box = box,
        .scale = scale,
        .area = area_of(grown(box, picture_margin_px, view->zoom), scale),
        .is_of_view = true,
        .inputs = inputs,
        .input_count = input_count,
        .arena = arena,
    };
    struct label_frame frame = {false, label_position(box.min_x, scale), label_position(box.min_y, scale)};
    struct label_square nowhere = {(int32_t)floor(view->zoom), 0, 0};
    return create_plan(&task, &frame, nowhere, out_plan, err);
}
