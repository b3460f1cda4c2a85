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
    const struct label_plan *plan;
    const struct label_layer *layer;
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
                              .plan = plan,
                              .layer = layer};
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

/* In a picture MapLibre's order: tile by tile, and of two at one height the earlier one lies above. */
static int compare_in_picture(const struct shown *a, const struct shown *b)
{
    const struct label_order *x = &a->label->order;
    const struct label_order *y = &b->label->order;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    if (a->label->y != b->label->y) {
        return a->label->y < b->label->y ? -1 : 1;
    }
    return (x->row < y->row) - (x->row > y->row);
}

static int compare_shown(const void *left, const void *right)
{
    const struct shown *a = left;
    const struct shown *b = right;
    if (a->layer->by_height && a->plan->is_of_view) {
        return compare_in_picture(a, b);
    }
    if (a->layer->by_height && a->label->y != b->label->y) {
        return a->label->y < b->label->y ? -1 : 1;
    }
    int order = label_order_compare(&a->label->order, &b->label->order);
    return order != 0 ? order : (a->world_x > b->world_x) - (a->world_x < b->world_x);
}

/* True for labels whose halos all lie below all of their letters. */
static bool is_same_group(const struct shown *a, const struct shown *b)
{
    bool same_key = !a->layer->by_key || a->label->order.sort_key == b->label->order.sort_key;
    return same_key && (!a->plan->is_of_view || a->label->order.rank == b->label->order.rank);
}

/* Everything painting needs. */
struct brush {
    struct text_engine *text;
    struct glyph_ranges *ranges; /* NULL: none */
    struct canvas *canvas;
    struct mapping mapping;
};

static bool is_outline(const struct label_glyph *glyph)
{
    return !(glyph->font & TEXT_FONT_SDF);
}

static void add_glyphs(const struct brush *brush, const struct shown *shown, const struct text_ink *ink, uint32_t mark,
                       bool all)
{
    double ratio = brush->mapping.ratio;
    for (size_t i = 0; i < shown->label->glyph_count; i++) {
        const struct label_glyph *glyph = &shown->glyphs[i];
        if (!is_outline(glyph) || (!all && glyph->mark != mark)) {
            continue;
        }
        int64_t x = shown->x + scaled(glyph->x, ratio);
        int64_t y = shown->y + scaled(glyph->y, ratio);
        if (shown->label->upright) {
            text_engine_add(brush->text, glyph->font, glyph->glyph, (double)glyph->scale, ink, x, y);
        } else {
            text_engine_add_turned(brush->text, glyph->font, glyph->glyph, (double)glyph->scale, ink, x, y,
                                   (double)glyph->cosine, (double)glyph->sine);
        }
    }
}

/* Places are whole 1/256 pixels and offsets 1/65536: sums are exact, so that a picture next door comes to the same. */
static double exact(double px)
{
    return floor(px * 65536 + 0.5) / 65536;
}

/* From units of `unit_px` CSS pixels, (left, top) CSS pixels from a point of the label, to the canvas. */
static struct image_matrix matrix_of(const struct brush *brush, const struct shown *shown, int32_t x, int32_t y,
                                     double cosine, double sine, double left, double top, double unit_x_px,
                                     double unit_y_px)
{
    double ratio = brush->mapping.ratio;
    double at_x = (double)(shown->x + scaled(x, ratio)) / LABEL_ONE;
    double at_y = (double)(shown->y + scaled(y, ratio)) / LABEL_ONE;
    return (struct image_matrix){.a = cosine * unit_x_px * ratio,
                                 .b = sine * unit_x_px * ratio,
                                 .c = -sine * unit_y_px * ratio,
                                 .d = cosine * unit_y_px * ratio,
                                 .e = at_x + exact((cosine * left - sine * top) * ratio),
                                 .f = at_y + exact((sine * left + cosine * top) * ratio)};
}

static const struct sprite_image *image_of(const struct shown *shown, uint32_t number, double ratio)
{
    const struct label_plan *plan = shown->plan;
    return number < plan->image_count ? sprite_find(plan->sprite, plan->images[number], ratio) : NULL;
}

static struct image_sdf_ink field_ink(const struct brush *brush, const struct label_look *look, struct color color,
                                      double scale, bool is_halo)
{
    return (struct image_sdf_ink){.color = color,
                                  .opacity = look->opacity,
                                  .is_halo = is_halo,
                                  .halo_width_px = look->halo_px,
                                  .halo_blur_px = look->halo_blur_px,
                                  .scale = scale,
                                  .pixel_ratio = brush->mapping.ratio};
}

/* An image among letters. */
static void paint_letter_image(const struct brush *brush, const struct shown *shown, const struct label_glyph *glyph,
                               bool is_halo)
{
    const struct sprite_image *image = image_of(shown, glyph->glyph, brush->mapping.ratio);
    if (!image || is_halo) {
        return;
    }
    const struct label_look *look = &shown->label->look;
    double unit = (double)glyph->scale / image->pixel_ratio;
    struct image_matrix matrix =
        matrix_of(brush, shown, glyph->x, glyph->y, (double)glyph->cosine, (double)glyph->sine, 0, 0, unit, unit);
    if (image->is_sdf) {
        struct image_sdf_ink ink = field_ink(brush, look, look->color, (double)glyph->scale, false);
        image_paint_sdf(brush->canvas, image, &matrix, &ink);
    } else {
        bool stays = shown->layer->text_stays && image->pixel_ratio == brush->mapping.ratio;
        image_paint(brush->canvas, image, &matrix, stays ? IMAGE_NEAREST : IMAGE_SMOOTH, look->opacity);
    }
}

static void paint_letter(const struct brush *brush, const struct shown *shown, const struct label_glyph *glyph,
                         struct color color, bool is_halo)
{
    const struct label_plan *plan = shown->plan;
    uint32_t stack = glyph->font & ~TEXT_FONT_SDF;
    const struct glyph_sdf *field = brush->ranges && stack < plan->stack_count
                                        ? glyph_ranges_find(brush->ranges, plan->stacks[stack], glyph->glyph)
                                        : NULL;
    if (!field || !field->bitmap) {
        return;
    }
    const struct label_look *look = &shown->label->look;
    double em = look->size_px / GLYPH_PBF_EM_PX;
    double unit = em * (double)glyph->scale;
    struct image_matrix pen =
        matrix_of(brush, shown, glyph->x, glyph->y, (double)glyph->cosine, (double)glyph->sine, 0, 0, unit, unit);
    struct image_sdf_ink ink = field_ink(brush, look, color, em, is_halo);
    glyph_sdf_paint(brush->canvas, field, &pen, &ink);
}

static struct color color_of_mark(uint32_t mark)
{
    return (struct color){(float)(mark >> 24) / 255.0f, (float)(mark >> 16 & 255) / 255.0f,
                          (float)(mark >> 8 & 255) / 255.0f, (float)(mark & 255) / 255.0f};
}

/* Glyphs that are no outlines, one after the other. */
static void paint_fields(const struct brush *brush, const struct shown *shown, bool is_halo)
{
    const struct label_look *look = &shown->label->look;
    for (size_t i = 0; i < shown->label->glyph_count && shown->label->has_fields; i++) {
        const struct label_glyph *glyph = &shown->glyphs[i];
        if (glyph->font == TEXT_FONT_IMAGE) {
            paint_letter_image(brush, shown, glyph, is_halo);
        } else if (!is_outline(glyph)) {
            struct color own = glyph->mark ? color_of_mark(glyph->mark) : look->color;
            paint_letter(brush, shown, glyph, is_halo ? look->halo_color : own, is_halo);
        }
    }
}

static void paint_halo(const struct brush *brush, const struct shown *shown)
{
    const struct label_look *look = &shown->label->look;
    struct pixel pixel = pixel_from_color(look->halo_color, look->opacity);
    if (shown->label->glyph_count == 0 || look->halo_px <= 0 || pixel.a == 0) {
        return;
    }
    paint_fields(brush, shown, true);
    double ratio = brush->mapping.ratio;
    struct label_box box = ink_in_picture(shown, &brush->mapping);
    const struct text_ink ink = {look->size_px * ratio, look->halo_px * ratio, look->halo_blur_px * ratio};
    if (text_engine_begin(brush->text, brush->canvas, box.min_x, box.min_y, box.max_x, box.max_y)) {
        add_glyphs(brush, shown, &ink, 0, true);
        text_engine_end(brush->text, brush->canvas, pixel);
    }
}

/* Glyphs of one colour at a time. */
static void paint_fill(const struct brush *brush, const struct shown *shown)
{
    const struct label *label = shown->label;
    struct label_box box = ink_in_picture(shown, &brush->mapping);
    const struct text_ink ink = {label->look.size_px * brush->mapping.ratio, 0, 0};
    paint_fields(brush, shown, false);
    for (size_t i = 0; i < label->glyph_count; i++) {
        uint32_t mark = shown->glyphs[i].mark;
        bool done = !is_outline(&shown->glyphs[i]);
        for (size_t j = 0; j < i && !done; j++) {
            done = is_outline(&shown->glyphs[j]) && shown->glyphs[j].mark == mark;
        }
        struct color color = mark ? color_of_mark(mark) : label->look.color;
        struct pixel pixel = pixel_from_color(color, label->look.opacity);
        if (done || pixel.a == 0 ||
            !text_engine_begin(brush->text, brush->canvas, box.min_x, box.min_y, box.max_x, box.max_y)) {
            continue;
        }
        add_glyphs(brush, shown, &ink, mark, false);
        text_engine_end(brush->text, brush->canvas, pixel);
    }
}

static void paint_icon(const struct brush *brush, const struct shown *shown, bool is_halo)
{
    if (shown->label->mark == 0) {
        return;
    }
    const struct label_mark *mark = &shown->plan->marks[shown->label->mark - 1];
    const struct label_look *look = &mark->look;
    const struct sprite_image *image = image_of(shown, mark->image, brush->mapping.ratio);
    if (!image || (is_halo && (!image->is_sdf || look->halo_px <= 0))) {
        return;
    }
    bool stays = shown->layer->icons_stay && image->pixel_ratio == brush->mapping.ratio;
    enum image_filter filter = stays ? IMAGE_NEAREST : IMAGE_SMOOTH;
    struct image_sdf_ink ink = field_ink(brush, look, is_halo ? look->halo_color : look->color, look->size_px, is_halo);
    if (mark->is_fitted) {
        struct image_matrix matrix = matrix_of(brush, shown, mark->x, mark->y, mark->cosine, mark->sine, 0, 0, 1, 1);
        image_paint_stretched(brush->canvas, image, &mark->box, look->size_px, &matrix, filter, look->opacity,
                              image->is_sdf ? &ink : NULL);
        return;
    }
    struct image_matrix matrix = matrix_of(brush, shown, mark->x, mark->y, mark->cosine, mark->sine, mark->box.left,
                                           mark->box.top, (mark->box.right - mark->box.left) / image->width_px,
                                           (mark->box.bottom - mark->box.top) / image->height_px);
    if (image->is_sdf) {
        image_paint_sdf(brush->canvas, image, &matrix, &ink);
    } else {
        image_paint(brush->canvas, image, &matrix, filter, look->opacity);
    }
}

/* Icons below texts; in each the halos of a group below all of its inside, so that none covers a neighbour. */
static void paint_list(const struct brush *brush, const struct shown *items, size_t count)
{
    for (int texts = 0; texts < 2; texts++) {
        for (size_t start = 0, end = 0; start < count; start = end) {
            for (end = start + 1; end < count && is_same_group(&items[start], &items[end]);) {
                end++;
            }
            for (size_t i = start; i < end; i++) {
                if (texts) {
                    paint_halo(brush, &items[i]);
                } else {
                    paint_icon(brush, &items[i], true);
                }
            }
            for (size_t i = start; i < end; i++) {
                if (texts) {
                    paint_fill(brush, &items[i]);
                } else {
                    paint_icon(brush, &items[i], false);
                }
            }
        }
    }
}

bool label_plans_paint(const struct label_plan *const *plans, size_t plan_count, struct painter *painter,
                       const struct render_assets *assets, const struct style_layer *layer, const struct view *view,
                       struct canvas *canvas, struct error *err)
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
        const struct brush brush = {.text = painter->text,
                                    .ranges = assets ? assets->glyphs : NULL,
                                    .canvas = canvas,
                                    .mapping = mapping_of(plans[0], view)};
        paint_list(&brush, list.items, list.count);
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

static uint64_t mix_look(uint64_t hash, const struct label_look *look)
{
    hash = mix_color(mix_color(hash, look->color), look->halo_color);
    hash = mix_real(mix_real(hash, look->opacity), look->size_px);
    return mix_real(mix_real(hash, look->halo_px), look->halo_blur_px);
}

static uint64_t mix_text(uint64_t hash, struct text text)
{
    return hash_bytes_seeded(text.data, text.length, hash);
}

/* Numbers of a plan's names mean something else in another plan: the names themselves count. */
static uint64_t mix_glyph(uint64_t hash, const struct shown *shown, const struct label_glyph *glyph)
{
    const struct label_plan *plan = shown->plan;
    if (glyph->font == TEXT_FONT_IMAGE) {
        hash = mix_text(hash, plan->images[glyph->glyph]);
    } else if (!is_outline(glyph)) {
        hash = mix_text(hash_mix(hash, glyph->glyph), plan->stacks[glyph->font & ~TEXT_FONT_SDF]);
    } else {
        hash = hash_mix(hash, ((uint64_t)glyph->font << 32) | glyph->glyph);
    }
    hash = hash_mix(hash, ((uint64_t)(uint32_t)glyph->x << 32) | (uint32_t)glyph->y);
    hash = mix_real(hash_mix(hash, glyph->mark), (double)glyph->scale);
    return mix_real(mix_real(hash, (double)glyph->cosine), (double)glyph->sine);
}

static uint64_t mix_icon(uint64_t hash, const struct shown *shown, const struct label_mark *mark)
{
    hash = mix_text(hash, shown->plan->images[mark->image]);
    hash = mix_real(mix_real(hash, mark->box.left), mark->box.top);
    hash = mix_real(mix_real(hash, mark->box.right), mark->box.bottom);
    hash = hash_mix(hash, ((uint64_t)(uint32_t)mark->x << 32) | (uint32_t)mark->y);
    hash = mix_real(mix_real(hash, mark->cosine), mark->sine);
    return mix_look(hash_mix(hash, mark->is_fitted), &mark->look);
}

/* All that the painting above looks at, and no row numbers: those change with every row that comes before. Whoever lets
 * labels show more adds it here, or tiles will be taken for unchanged that are not. (The images themselves are in the
 * look of the map.) */
static uint64_t mix_label(uint64_t hash, const struct shown *shown)
{
    const struct label *label = shown->label;
    hash = hash_mix(hash_mix(hash, (uint64_t)shown->world_x), (uint64_t)label->y);
    hash = hash_mix(hash, ((uint64_t)(uint32_t)label->ink.min_x << 32) | (uint32_t)label->ink.min_y);
    hash = hash_mix(hash, ((uint64_t)(uint32_t)label->ink.max_x << 32) | (uint32_t)label->ink.max_y);
    hash = mix_look(hash, &label->look);
    hash = hash_mix(hash, label->glyph_count * 4 + label->upright * 2 + label->has_fields);
    for (size_t i = 0; i < label->glyph_count; i++) {
        hash = mix_glyph(hash, shown, &shown->glyphs[i]);
    }
    return label->mark > 0 ? mix_icon(hash, shown, &shown->plan->marks[label->mark - 1]) : hash;
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

bool label_plan_paint(const struct label_plan *plan, struct painter *painter, const struct render_assets *assets,
                      const struct style_layer *layer, const struct view *view, struct canvas *canvas,
                      struct error *err)
{
    return label_plans_paint(&plan, 1, painter, assets, layer, view, canvas, err);
}
