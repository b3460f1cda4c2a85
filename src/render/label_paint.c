/* SPDX-License-Identifier: MIT */
/* Painting of placed labels. A label that several plans hold is painted once, by the first square of the view that it
 * touches; the order of labels is their own, never that of the plans. So the bytes of a picture do not depend on how
 * the area is cut into pictures. */
#include "render/label_plan.h"

#include "base/hash.h"
#include "render/painter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How a plan's positions become 1/256 device pixels of the picture. */
struct mapping {
    double scale;     /* device pixels per CSS pixel at the plan's zoom: of positions */
    double ratio;     /* the same at the view's zoom: of sizes */
    int64_t origin_x; /* 1/256 device pixels of the world */
    int64_t origin_y;
};

/* A label to be painted, and where its anchor is in the picture. */
struct shown {
    const struct label *label;
    const struct label_glyph *glyphs;
    int64_t x; /* 1/256 device pixels of the picture */
    int64_t y;
    int64_t world_x; /* 1/256 CSS pixels, with the copy of the world it is shown in */
    bool by_height;
};

struct shown_list {
    struct shown *items;
    size_t count;
    size_t capacity;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return quotient - (a % b != 0 && a < 0);
}

static struct mapping mapping_of(const struct label_plan *plan, const struct view *view)
{
    double scale = view->pixel_ratio * exp2(view->zoom - plan->zoom);
    double units = label_scale_of_zoom(view->zoom) * view->pixel_ratio;
    return (struct mapping){scale, view->pixel_ratio, label_position(view->origin_x, units),
                            label_position(view->origin_y, units)};
}

static int64_t scaled(int64_t value, double scale)
{
    return (int64_t)floor((double)value * scale + 0.5);
}

static struct label_box ink_in_picture(const struct shown *shown, const struct mapping *mapping)
{
    const struct label_box *ink = &shown->label->ink;
    double ratio = mapping->ratio / LABEL_ONE;
    double x = (double)shown->x / LABEL_ONE;
    double y = (double)shown->y / LABEL_ONE;
    return (struct label_box){(int32_t)floor(x + ink->min_x * ratio), (int32_t)floor(y + ink->min_y * ratio),
                              (int32_t)ceil(x + ink->max_x * ratio) + 1, (int32_t)ceil(y + ink->max_y * ratio) + 1};
}

static bool touches(const struct shown *shown, const struct mapping *mapping, const struct view *view)
{
    /* Far away ones would not fit the box's numbers. */
    int64_t far = (int64_t)1 << 28;
    if (shown->x < -far || shown->x > far || shown->y < -far || shown->y > far) {
        return false;
    }
    struct label_box box = ink_in_picture(shown, mapping);
    return box.max_x > 0 && box.max_y > 0 && box.min_x < (int32_t)view->width_px &&
           box.min_y < (int32_t)view->height_px;
}

static bool put_shown(struct shown_list *list, const struct shown *shown)
{
    if (list->count == list->capacity) {
        size_t larger = list->capacity ? list->capacity * 2 : 256;
        struct shown *grown = realloc(list->items, larger * sizeof *grown);
        if (!grown) {
            return false;
        }
        list->items = grown;
        list->capacity = larger;
    }
    list->items[list->count++] = *shown;
    return true;
}

/* The squares of a picture, columns unwrapped. */
struct squares {
    int64_t left;
    int64_t top;
    int64_t right;
    int64_t bottom;
};

static struct squares squares_of(const struct view *view, int32_t zoom)
{
    struct world_box box = view_box(view);
    int64_t units = (int64_t)ldexp(LABEL_SQUARE_PX, 23 - zoom);
    int64_t half = GRID_WORLD_UNITS / 2;
    return (struct squares){floor_divide(box.min_x + half, units), floor_divide(box.min_y + half, units),
                            floor_divide(box.max_x - 1 + half, units), floor_divide(box.max_y - 1 + half, units)};
}

/* The first square of the picture, row by row, that holds ink of the label is the plan's own at this column. */
static bool is_painted_here(const struct label_plan *plan, const struct shown *shown, const struct squares *squares,
                            int64_t column)
{
    int64_t side = LABEL_SQUARE_PX * LABEL_ONE;
    int64_t half = label_world_width(plan->square.zoom) / 2;
    int64_t first_column = floor_divide(shown->world_x + shown->label->ink.min_x + half, side);
    int64_t first_row = floor_divide(shown->label->y + shown->label->ink.min_y + half, side);
    int64_t owner_column = first_column > squares->left ? first_column : squares->left;
    int64_t owner_row = first_row > squares->top ? first_row : squares->top;
    return owner_column == column && owner_row == plan->square.row;
}

/* Labels of one layer of a plan in one copy of the world. */
static bool find_in_copy(const struct label_plan *plan, const struct label_layer *layer, int64_t copy,
                         const struct squares *squares, const struct view *view, struct shown_list *list)
{
    struct mapping mapping = mapping_of(plan, view);
    bool has_squares = !plan->is_of_view && plan->square.zoom >= 2;
    int64_t world = plan->is_of_view ? 0 : label_world_width(plan->square.zoom);
    int64_t column = plan->square.column;
    if (has_squares) {
        column += copy * (world / ((int64_t)LABEL_SQUARE_PX * LABEL_ONE));
        if (column < squares->left || column > squares->right) {
            return true;
        }
    }
    for (size_t i = 0; i < layer->count; i++) {
        const struct label *label = &plan->labels[layer->first + i];
        struct shown shown = {.label = label,
                              .glyphs = plan->glyphs + label->first_glyph,
                              .world_x = label->x + copy * world,
                              .by_height = layer->by_height};
        shown.x = scaled(shown.world_x, mapping.scale) - mapping.origin_x;
        shown.y = scaled(label->y, mapping.scale) - mapping.origin_y;
        if (!touches(&shown, &mapping, view) || (has_squares && !is_painted_here(plan, &shown, squares, column))) {
            continue;
        }
        if (!put_shown(list, &shown)) {
            return false;
        }
    }
    return true;
}

static bool find_in_plan(const struct label_plan *plan, uint64_t layer_hash, const struct view *view,
                         struct shown_list *list)
{
    for (size_t i = 0; i < plan->layer_count; i++) {
        const struct label_layer *layer = &plan->layers[i];
        if (layer->id_hash != layer_hash) {
            continue;
        }
        if (plan->is_of_view) {
            return find_in_copy(plan, layer, 0, NULL, view, list);
        }
        struct squares squares = squares_of(view, plan->square.zoom);
        struct world_box box = view_box(view);
        int64_t half = GRID_WORLD_UNITS / 2;
        int64_t first = floor_divide(box.min_x + half, GRID_WORLD_UNITS);
        int64_t last = floor_divide(box.max_x - 1 + half, GRID_WORLD_UNITS);
        for (int64_t copy = first; copy <= last; copy++) {
            if (!find_in_copy(plan, layer, copy, &squares, view, list)) {
                return false;
            }
        }
        return true;
    }
    return true;
}

static int compare_shown(const void *left, const void *right)
{
    const struct shown *a = left;
    const struct shown *b = right;
    if (a->by_height && a->label->y != b->label->y) {
        return a->label->y < b->label->y ? -1 : 1;
    }
    int order = label_order_compare(&a->label->order, &b->label->order);
    return order != 0 ? order : (a->world_x > b->world_x) - (a->world_x < b->world_x);
}

static void add_glyphs(struct text_engine *text, const struct shown *shown, const struct mapping *mapping,
                       const struct text_ink *ink, uint32_t mark, bool all)
{
    for (size_t i = 0; i < shown->label->glyph_count; i++) {
        const struct label_glyph *glyph = &shown->glyphs[i];
        if (!all && glyph->mark != mark) {
            continue;
        }
        int64_t x = shown->x + scaled(glyph->x, mapping->ratio);
        int64_t y = shown->y + scaled(glyph->y, mapping->ratio);
        if (shown->label->upright) {
            text_engine_add(text, glyph->font, glyph->glyph, (double)glyph->scale, ink, x, y);
        } else {
            text_engine_add_turned(text, glyph->font, glyph->glyph, (double)glyph->scale, ink, x, y,
                                   (double)glyph->cosine, (double)glyph->sine);
        }
    }
}

static struct color color_of_mark(uint32_t mark)
{
    return (struct color){(float)(mark >> 24) / 255.0f, (float)(mark >> 16 & 255) / 255.0f,
                          (float)(mark >> 8 & 255) / 255.0f, (float)(mark & 255) / 255.0f};
}

static void paint_halo(struct text_engine *text, const struct shown *shown, const struct mapping *mapping,
                       struct canvas *canvas)
{
    const struct label_look *look = &shown->label->look;
    struct pixel pixel = pixel_from_color(look->halo_color, look->opacity);
    if (look->halo_px <= 0 || pixel.a == 0) {
        return;
    }
    struct label_box box = ink_in_picture(shown, mapping);
    const struct text_ink ink = {look->size_px * mapping->ratio, look->halo_px * mapping->ratio,
                                 look->halo_blur_px * mapping->ratio};
    if (text_engine_begin(text, canvas, box.min_x, box.min_y, box.max_x, box.max_y)) {
        add_glyphs(text, shown, mapping, &ink, 0, true);
        text_engine_end(text, canvas, pixel);
    }
}

/* Glyphs of one colour at a time. */
static void paint_fill(struct text_engine *text, const struct shown *shown, const struct mapping *mapping,
                       struct canvas *canvas)
{
    const struct label *label = shown->label;
    struct label_box box = ink_in_picture(shown, mapping);
    const struct text_ink ink = {label->look.size_px * mapping->ratio, 0, 0};
    for (size_t i = 0; i < label->glyph_count; i++) {
        uint32_t mark = shown->glyphs[i].mark;
        bool done = false;
        for (size_t j = 0; j < i && !done; j++) {
            done = shown->glyphs[j].mark == mark;
        }
        struct color color = mark ? color_of_mark(mark) : label->look.color;
        struct pixel pixel = pixel_from_color(color, label->look.opacity);
        if (done || pixel.a == 0 || !text_engine_begin(text, canvas, box.min_x, box.min_y, box.max_x, box.max_y)) {
            continue;
        }
        add_glyphs(text, shown, mapping, &ink, mark, false);
        text_engine_end(text, canvas, pixel);
    }
}

bool label_plans_paint(const struct label_plan *const *plans, size_t plan_count, struct painter *painter,
                       const struct style_layer *layer, const struct view *view, struct canvas *canvas,
                       struct error *err)
{
    struct shown_list list = {0};
    uint64_t layer_hash = label_layer_hash(layer);
    for (size_t i = 0; i < plan_count; i++) {
        if (!find_in_plan(plans[i], layer_hash, view, &list)) {
            free(list.items);
            return error_no_memory(err);
        }
    }
    if (list.count > 0) {
        qsort(list.items, list.count, sizeof *list.items, compare_shown);
        struct mapping mapping = mapping_of(plans[0], view);
        /* All halos first: none may cover a neighbour's letters. */
        for (size_t i = 0; i < list.count; i++) {
            paint_halo(painter->text, &list.items[i], &mapping, canvas);
        }
        for (size_t i = 0; i < list.count; i++) {
            paint_fill(painter->text, &list.items[i], &mapping, canvas);
        }
    }
    free(list.items);
    return true;
}

static uint64_t mix_real(uint64_t hash, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    return hash_mix(hash, bits);
}

static uint64_t mix_color(uint64_t hash, struct color color)
{
    hash = mix_real(mix_real(hash, (double)color.r), (double)color.g);
    return mix_real(mix_real(hash, (double)color.b), (double)color.a);
}

/* All that paint_halo and paint_fill look at, and no row numbers: those change with every row that comes before.
 * Whoever lets labels show more adds it here, or tiles will be taken for unchanged that are not. */
static uint64_t mix_label(uint64_t hash, const struct shown *shown)
{
    const struct label *label = shown->label;
    const struct label_look *look = &label->look;
    hash = hash_mix(hash_mix(hash, (uint64_t)shown->world_x), (uint64_t)label->y);
    hash = hash_mix(hash, ((uint64_t)(uint32_t)label->ink.min_x << 32) | (uint32_t)label->ink.min_y);
    hash = hash_mix(hash, ((uint64_t)(uint32_t)label->ink.max_x << 32) | (uint32_t)label->ink.max_y);
    hash = mix_color(mix_color(hash, look->color), look->halo_color);
    hash = mix_real(mix_real(hash, look->opacity), look->size_px);
    hash = mix_real(mix_real(hash, look->halo_px), look->halo_blur_px);
    hash = hash_mix(hash, label->glyph_count * 2 + label->upright);
    for (size_t i = 0; i < label->glyph_count; i++) {
        const struct label_glyph *glyph = &shown->glyphs[i];
        hash = hash_mix(hash, ((uint64_t)glyph->font << 32) | glyph->glyph);
        hash = hash_mix(hash, ((uint64_t)(uint32_t)glyph->x << 32) | (uint32_t)glyph->y);
        hash = mix_real(hash_mix(hash, glyph->mark), (double)glyph->scale);
        hash = mix_real(mix_real(hash, (double)glyph->cosine), (double)glyph->sine);
    }
    return hash;
}

bool label_plans_print(const struct label_plan *const *plans, size_t plan_count, const struct style *style,
                       const struct view *view, uint64_t *out_print)
{
    uint64_t print = plan_count;
    for (size_t i = 0; i < style_layer_count(style); i++) {
        struct shown_list list = {0};
        uint64_t layer_hash = label_layer_hash(style_layer_at(style, i));
        bool ok = true;
        for (size_t k = 0; k < plan_count && ok; k++) {
            ok = find_in_plan(plans[k], layer_hash, view, &list);
        }
        if (list.count > 0) {
            qsort(list.items, list.count, sizeof *list.items, compare_shown);
        }
        print = hash_mix(print, list.count);
        for (size_t k = 0; k < list.count; k++) {
            print = mix_label(print, &list.items[k]);
        }
        free(list.items);
        if (!ok) {
            return false;
        }
    }
    *out_print = print != 0 ? print : 1;
    return true;
}

bool label_plan_paint(const struct label_plan *plan, struct painter *painter, const struct style_layer *layer,
                      const struct view *view, struct canvas *canvas, struct error *err)
{
    return label_plans_paint(&plan, 1, painter, layer, view, canvas, err);
}
