/* SPDX-License-Identifier: MIT */
#include "render/label_shape.h"

#include "base/hash.h"
#include "draw/sprite.h"
#include "draw/text_script.h"
#include "render/label_case.h"
#include "render/render_assets.h"

#include <math.h>
#include <string.h>

enum { SECTIONS_MAX = 32 };

static const double pi = 3.14159265358979323846;

double label_ink_margin_px(const struct label_look *look)
{
    double halo = look->halo_px > 0 ? look->halo_px + 1.19 * look->halo_blur_px : 0;
    return 0.35 * look->size_px + halo + 2;
}

bool label_is_too_long(const struct label_task *task, struct label_box reach)
{
    /* Seen from the anchor as well, since features are looked for that far around. */
    struct label_box with_anchor = label_box_joined(reach, (struct label_box){0, 0, 0, 0});
    int32_t most = LABEL_REACH_PX * LABEL_ONE;
    return !task->is_of_view &&
           (with_anchor.max_x - with_anchor.min_x >= most || with_anchor.max_y - with_anchor.min_y >= most);
}

static bool meets(const struct label_box_wide *a, const struct label_box_wide *b)
{
    return a->min_x <= b->max_x && b->min_x <= a->max_x && a->min_y <= b->max_y && b->min_y <= a->max_y;
}

bool label_concerns(const struct label_task *task, const struct label_box_wide *anchors, double bound_px)
{
    if (!task->has_square || !(bound_px < LABEL_REACH_PX)) {
        return true;
    }
    int64_t by = label_fixed(bound_px) + LABEL_ONE;
    struct label_box_wide reach = {anchors->min_x - by, anchors->min_y - by, anchors->max_x + by, anchors->max_y + by};
    const struct label_box_wide *square = &task->square;
    bool found = meets(&reach, square);
    int64_t corner = (int64_t)LABEL_REACH_PX * LABEL_ONE;
    for (int i = 0; i < 4 && !found; i++) {
        int64_t x = i & 1 ? square->max_x : square->min_x;
        int64_t y = i & 2 ? square->max_y : square->min_y;
        struct label_box_wide around = {x - corner, y - corner, x + corner, y + corner};
        found = meets(&reach, &around);
    }
    return found;
}

/* Where a feature's text comes from, ready for setting. */
struct words {
    struct text_section sections[SECTIONS_MAX];
    struct text images[SECTIONS_MAX];
    size_t count;
    uint64_t hash;
    bool allows_spacing;
    bool allows_vertical;
};

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
static uint32_t section_stack(const struct label_style *style, const struct style_section *section)
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
    return count > 0 ? text_engine_stack(style->task->painter->text, names, count) : style->values.stack;
}

static const struct sprite_image *find_image(const struct label_task *task, struct text name)
{
    return task->assets ? sprite_find(task->assets->sprite, name, 1) : NULL;
}

static enum text_align align_of(const struct style_section *section)
{
    return section->vertical_align == STYLE_ALIGN_TOP      ? TEXT_ALIGN_TOP
           : section->vertical_align == STYLE_ALIGN_CENTER ? TEXT_ALIGN_CENTER
                                                           : TEXT_ALIGN_BOTTOM;
}

static struct text transformed(const struct label_style *style, struct text text)
{
    int transform = style->values.choices[LABEL_TEXT_TRANSFORM];
    return transform == STYLE_TEXT_TRANSFORM_UPPERCASE   ? label_case_upper(text, style->task->arena)
           : transform == STYLE_TEXT_TRANSFORM_LOWERCASE ? label_case_lower(text, style->task->arena)
                                                         : text;
}

static void put_image(const struct label_style *style, const struct style_section *section, struct words *out)
{
    const struct sprite_image *image = find_image(style->task, section->image);
    if (image) {
        out->images[out->count] = image->name;
        out->sections[out->count++] = (struct text_section){.scale = section->scale > 0 ? section->scale : 1,
                                                            .align = align_of(section),
                                                            .is_image = true,
                                                            .width_px = image->width_px / image->pixel_ratio,
                                                            .height_px = image->height_px / image->pixel_ratio};
        out->hash = hash_bytes_seeded(image->name.data, image->name.length, out->hash + 1);
    }
}

/* False when there is nothing to show. */
static bool read_words(const struct label_style *style, const struct style_feature *feature, struct words *out)
{
    struct style_scope scope = label_style_scope(style, feature);
    struct style_section sections[SECTIONS_MAX];
    size_t count = style_formatted(style->layer, STYLE_TEXT_FIELD, &scope, sections, SECTIONS_MAX);
    count = count > SECTIONS_MAX ? SECTIONS_MAX : count;
    out->count = 0; /* not all of it: it is large */
    out->hash = 0;
    out->allows_spacing = true;
    out->allows_vertical = false;
    bool is_shown = false;
    for (size_t i = 0; i < count; i++) {
        if (sections[i].image.length > 0) {
            put_image(style, &sections[i], out);
            is_shown = is_shown || out->count > 0;
            continue;
        }
        if (sections[i].text.length == 0) {
            continue;
        }
        struct text text = transformed(style, sections[i].text);
        out->hash = hash_bytes_seeded(text.data, text.length, out->hash);
        out->sections[out->count++] = (struct text_section){.text = text,
                                                            .stack = section_stack(style, &sections[i]),
                                                            .scale = sections[i].scale > 0 ? sections[i].scale : 1,
                                                            .mark = mark_of(&sections[i]),
                                                            .align = align_of(&sections[i])};
        out->allows_spacing = out->allows_spacing && text_allows_spacing(text);
        out->allows_vertical = out->allows_vertical || text_allows_vertical(text);
        for (size_t j = 0; j < text.length && !is_shown; j++) {
            is_shown = text.data[j] != ' ' && text.data[j] != '\n';
        }
    }
    return is_shown;
}

static enum text_justify justify_of_anchor(int anchor)
{
    double share_x;
    double share_y;
    label_anchor_shares(anchor, &share_x, &share_y);
    return share_x == 0 ? TEXT_JUSTIFY_LEFT : share_x == 1 ? TEXT_JUSTIFY_RIGHT : TEXT_JUSTIFY_CENTER;
}

static enum text_justify justify_of(const struct label_style *style, int anchor)
{
    if (style->text_along) {
        return TEXT_JUSTIFY_CENTER;
    }
    switch (style->values.choices[LABEL_TEXT_JUSTIFY]) {
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

/* Numbers of the engine and of the words become those that a plan keeps. */
static bool keep_pieces(const struct label_task *task, const struct text *images, const struct text_layout *layout,
                        struct label_piece *pieces)
{
    for (size_t i = 0; i < layout->glyph_count; i++) {
        const struct text_glyph *glyph = &layout->glyphs[i];
        uint32_t font = glyph->font;
        uint32_t number = glyph->glyph;
        bool ok = true;
        if (font == TEXT_FONT_IMAGE) {
            ok = label_names_put(task->images, images[number], &number);
        } else if (font != UINT32_MAX && (font & TEXT_FONT_SDF)) {
            ok = label_names_put(task->stacks, text_engine_stack_names(task->painter->text, font & ~TEXT_FONT_SDF),
                                 &font);
            font |= TEXT_FONT_SDF;
        }
        if (!ok) {
            return false;
        }
        pieces[i] = (struct label_piece){font,
                                         number,
                                         glyph->x,
                                         glyph->y,
                                         glyph->scale,
                                         glyph->unit_x,
                                         glyph->unit_width,
                                         glyph->mark,
                                         glyph->turned_back,
                                         glyph->has_ink};
    }
    return true;
}

/* Sets sections; `images` are those among them. */
static bool set_sections(const struct label_task *task, const struct text_section *sections, size_t count,
                         const struct text *images, const struct text_wish *wish, struct label_layout *out_layout)
{
    const struct text_layout *layout = text_engine_layout(task->painter->text, sections, count, wish);
    struct label_piece *pieces = layout ? arena_alloc_raw(task->arena, layout->glyph_count * sizeof *pieces) : NULL;
    if (!pieces || !keep_pieces(task, images, layout, pieces)) {
        return false;
    }
    *out_layout = (struct label_layout){.pieces = pieces,
                                        .count = layout->glyph_count,
                                        .width_em = layout->width_em,
                                        .height_em = layout->height_em,
                                        .ink_right_em = layout->width_em,
                                        .is_vertical = layout->is_vertical};
    for (size_t i = 0; i < out_layout->count; i++) {
        out_layout->ink_left_em = fmin(out_layout->ink_left_em, (double)pieces[i].unit_x);
        out_layout->ink_right_em =
            fmax(out_layout->ink_right_em, (double)pieces[i].unit_x + (double)pieces[i].unit_width);
    }
    return true;
}

bool label_layout_set(const struct label_task *task, struct label_layout *layout)
{
    const struct label_unset *unset = layout->unset;
    return set_sections(task, &unset->section, 1, NULL, &unset->wish, layout);
}

/* Plain text that may find no room is only measured for now. */
static bool measure_words(const struct label_style *style, const struct words *words, const struct text_wish *wish,
                          struct label_layout *out_layout)
{
    struct text_size size;
    if (words->count != 1 || style->text_along ||
        !text_engine_measure(style->task->painter->text, &words->sections[0], wish, &size)) {
        return false;
    }
    struct label_unset *unset = arena_alloc_raw(style->task->arena, sizeof *unset);
    if (!unset) {
        return false;
    }
    *unset = (struct label_unset){words->sections[0], *wish};
    *out_layout = (struct label_layout){
        .unset = unset, .width_em = size.width_em, .height_em = size.height_em, .ink_right_em = size.width_em};
    return true;
}

/* NULL when memory is out. */
static struct label_layout *set_words(const struct label_style *style, const struct words *words,
                                      enum text_justify justify, bool vertical)
{
    const struct label_values *values = &style->values;
    bool one_line = values->choices[LABEL_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_POINT;
    const struct text_wish wish = {
        .max_width_em = one_line ? HUGE_VAL : values->numbers[LABEL_MAX_WIDTH],
        .line_height_em = values->numbers[LABEL_LINE_HEIGHT],
        .letter_spacing_em = words->allows_spacing ? values->numbers[LABEL_LETTER_SPACING] : 0,
        .justify = justify,
        .size_px = values->numbers[LABEL_TEXT_SIZE_LAYOUT],
        .breaking_size_px = values->numbers[LABEL_TEXT_SIZE_BOX],
        .vertical = vertical,
        .turns_all_back = vertical && !style->text_along,
    };
    struct label_layout *kept = arena_alloc_raw(style->task->arena, sizeof *kept);
    if (!kept) {
        return NULL;
    }
    bool ok = measure_words(style, words, &wish, kept) ||
              set_sections(style->task, words->sections, words->count, words->images, &wish, kept);
    return ok ? kept : NULL;
}

/* Room is taken in sixteenths of a pixel, cut off towards the anchor, as MapLibre stores it in tile units. */
static double cut_px(double px)
{
    return trunc(px * 16) / 16;
}

static struct label_rect room_of(const struct label_text *text, const struct label_layout *layout, double left_em,
                                 double top_em, bool is_vertical)
{
    double size = text->box_size_px;
    double pad = text->padding_px;
    struct label_rect rect = {left_em * size - pad, top_em * size - pad, (left_em + layout->width_em) * size + pad,
                              (top_em + layout->height_em) * size + pad};
    if (text->is_rotated || is_vertical) {
        rect =
            label_rect_turned(&rect, is_vertical ? -text->sine : text->cosine, is_vertical ? text->cosine : text->sine);
    }
    return (struct label_rect){cut_px(rect.left), cut_px(rect.top), cut_px(rect.right), cut_px(rect.bottom)};
}

/* Fills ink and moves everything by the translation. */
static void finish_way(const struct label_text *text, struct label_way *way, struct label_rect room)
{
    double size = text->look.size_px;
    struct label_rect block = {(way->x_em + way->layout->ink_left_em) * size, way->y_em * size,
                               (way->x_em + way->layout->ink_right_em) * size,
                               (way->y_em + way->layout->height_em) * size};
    block = label_rect_turned(&block, way->is_vertical ? -text->sine : text->cosine,
                              way->is_vertical ? text->cosine : text->sine);
    int32_t x = label_fixed(text->translate_x_px);
    int32_t y = label_fixed(text->translate_y_px);
    double shift_x = way->moves_icon ? way->shift_x_px * size / text->box_size_px : 0;
    double shift_y = way->moves_icon ? way->shift_y_px * size / text->box_size_px : 0;
    way->ink = label_box_moved(label_box_grown(label_box_of(&block), label_ink_margin_px(&text->look)),
                               x + label_fixed(shift_x), y + label_fixed(shift_y));
    way->box = label_box_moved(label_box_of(&room), x, y);
}

static struct label_way single_way(const struct label_text *text, struct label_layout *layout, bool is_vertical)
{
    struct label_way way = {.layout = layout,
                            .x_em = text->offset_x_em - text->share_x * layout->width_em,
                            .y_em = text->offset_y_em - text->share_y * layout->height_em,
                            .is_vertical = is_vertical,
                            .overlap = text->overlap};
    finish_way(text, &way, room_of(text, layout, way.x_em, way.y_em, is_vertical));
    return way;
}

/* MapLibre sets such a text about its anchor and moves it by its box, padding included. */
static struct label_way moved_way(const struct label_text *text, struct label_layout *layout,
                                  const struct label_try *wanted, bool is_vertical)
{
    double share_x;
    double share_y;
    label_anchor_shares((int)wanted->anchor, &share_x, &share_y);
    struct label_way way = {.layout = layout,
                            .x_em = -0.5 * layout->width_em,
                            .y_em = -0.5 * layout->height_em,
                            .is_vertical = is_vertical,
                            .moves_icon = true};
    struct label_rect room = room_of(text, layout, way.x_em, way.y_em, is_vertical);
    way.shift_x_px = (0.5 - share_x) * (room.right - room.left) + wanted->x_em * text->box_size_px;
    way.shift_y_px = (0.5 - share_y) * (room.bottom - room.top) + wanted->y_em * text->box_size_px;
    room.left += way.shift_x_px;
    room.right += way.shift_x_px;
    room.top += way.shift_y_px;
    room.bottom += way.shift_y_px;
    finish_way(text, &way, room);
    return way;
}

/* The ways being collected. */
struct way_list {
    struct label_way *items;
    uint32_t count;
    struct label_box reach;
    bool was_too_long;
};

static void put_way(const struct label_task *task, struct way_list *list, const struct label_way *way)
{
    struct label_box reach = label_box_joined(way->box, way->ink);
    reach = list->count > 0 ? label_box_joined(reach, list->reach) : reach;
    if (label_is_too_long(task, reach)) {
        list->was_too_long = true;
        return;
    }
    list->items[list->count++] = *way;
    list->reach = reach;
}

static bool put_moved_ways(const struct label_style *style, const struct words *words, const struct label_text *text,
                           const struct label_try *tries, size_t try_count, bool is_vertical, struct way_list *list)
{
    struct label_layout *layouts[3] = {NULL, NULL, NULL};
    int passes = text->overlap != LABEL_OVERLAP_NEVER ? 2 : 1;
    for (int pass = 0; pass < passes; pass++) {
        for (size_t i = 0; i < try_count; i++) {
            enum text_justify justify = justify_of(style, (int)tries[i].anchor);
            struct label_layout **layout = &layouts[justify];
            if (!*layout) {
                *layout = is_vertical ? text->vertical : set_words(style, words, justify, false);
            }
            if (!*layout) {
                return false;
            }
            struct label_way way = moved_way(text, *layout, &tries[i], is_vertical);
            way.overlap = pass > 0 ? text->overlap : LABEL_OVERLAP_NEVER;
            put_way(style->task, list, &way);
        }
    }
    return true;
}

static bool put_mode(const struct label_style *style, const struct words *words, const struct label_text *text,
                     const struct label_try *tries, size_t try_count, bool is_vertical, struct way_list *list)
{
    if (try_count > 0) {
        return put_moved_ways(style, words, text, tries, try_count, is_vertical, list);
    }
    struct label_way way = single_way(text, is_vertical ? text->vertical : text->across, is_vertical);
    put_way(style->task, list, &way);
    return true;
}

/* The ways to show an upright text, in the order of the style. */
static bool find_ways(const struct label_style *style, const struct style_feature *feature, const struct words *words,
                      struct label_text *text)
{
    struct label_try tries[LABEL_ANCHORS_MAX];
    size_t try_count = style->has_variable_anchors ? label_style_tries(style, feature, tries) : 0;
    struct way_list list = {0};
    size_t most = try_count > 0 ? 4 * try_count : style->mode_count > 0 ? 2 : 1;
    list.items = arena_alloc_raw(style->task->arena, most * sizeof *list.items);
    if (!list.items) {
        return false;
    }
    bool ok = true;
    if (style->mode_count > 0 && text->vertical) {
        for (size_t i = 0; ok && i < style->mode_count; i++) {
            bool vertical = style->modes[i] == STYLE_TEXT_WRITING_MODE_VERTICAL;
            ok = put_mode(style, words, text, tries, try_count, vertical, &list);
        }
    } else {
        ok = put_mode(style, words, text, tries, try_count, false, &list);
    }
    text->ways = list.items;
    text->way_count = list.count;
    text->reach = list.reach;
    if (list.count == 0 && list.was_too_long) {
        style->task->stats->too_long++;
    }
    return ok;
}

static struct label_look text_look(const struct label_values *values)
{
    return (struct label_look){
        .color = values->colors[LABEL_TEXT_COLOR],
        .halo_color = values->colors[LABEL_TEXT_HALO_COLOR],
        .opacity = values->numbers[LABEL_TEXT_OPACITY],
        .size_px = values->numbers[LABEL_TEXT_SIZE],
        .halo_px = values->colors[LABEL_TEXT_HALO_COLOR].a > 0 ? fmax(0, values->numbers[LABEL_TEXT_HALO_WIDTH]) : 0,
        .halo_blur_px = fmax(0, values->numbers[LABEL_TEXT_HALO_BLUR])};
}

static void fill_text(const struct label_style *style, const struct words *words, struct label_text *text)
{
    const struct label_values *values = &style->values;
    double turn = values->numbers[LABEL_TEXT_ROTATE] * pi / 180;
    *text = (struct label_text){.look = text_look(values),
                                .box_size_px = values->numbers[LABEL_TEXT_SIZE_BOX],
                                .image_scale =
                                    values->numbers[LABEL_TEXT_SIZE_LAYOUT] > 0
                                        ? values->numbers[LABEL_TEXT_SIZE] / values->numbers[LABEL_TEXT_SIZE_LAYOUT]
                                        : 1,
                                .most_size_px = values->numbers[LABEL_TEXT_SIZE_MOST],
                                .is_rotated = turn != 0,
                                .cosine = turn != 0 ? cos(turn) : 1,
                                .sine = turn != 0 ? sin(turn) : 0,
                                .padding_px = values->numbers[LABEL_TEXT_PADDING],
                                .translate_x_px = values->lists[LABEL_TEXT_TRANSLATE][0],
                                .translate_y_px = values->lists[LABEL_TEXT_TRANSLATE][1],
                                .overlap = label_style_text_overlap(style),
                                .blocks_others = !style->text_ignores,
                                .is_optional = style->text_optional,
                                .hash = words->hash};
    label_anchor_shares(values->choices[LABEL_TEXT_ANCHOR], &text->share_x, &text->share_y);
    if (!style->has_variable_anchors || style->text_along) {
        label_style_offset(style, &text->offset_x_em, &text->offset_y_em);
    }
}

/* A bound on the size of a text in ems of the box, from its letters alone: 1.2 em for each, where none can be wider
 * than letters are. False: nothing is known. */
static bool bound_words(const struct words *words, const struct label_values *values, double *out_width_em,
                        double *out_height_em)
{
    const unsigned char wide = 0xD6; /* leads from U+0580 on: scripts that join, stack, or have square letters */
    unsigned letters = 0;
    unsigned breaks = 0;
    double scale = 1;
    for (size_t i = 0; i < words->count; i++) {
        const struct text_section *section = &words->sections[i];
        if (section->is_image) {
            return false;
        }
        unsigned char most = 0;
        for (size_t j = 0; j < section->text.length; j++) {
            unsigned char byte = (unsigned char)section->text.data[j];
            bool is_digit = (unsigned char)(byte - '0') < 10;
            bool is_letter = (unsigned char)((byte | 0x20) - 'a') < 26;
            most = byte > most ? byte : most;
            letters += byte < 0x80 || byte >= 0xC0;
            breaks += byte < 0x80 && !is_digit && !is_letter;
        }
        if (most >= wide) {
            return false;
        }
        scale = fmax(scale, section->scale);
    }
    double spacing = fmax(0, values->numbers[LABEL_LETTER_SPACING]);
    *out_width_em = scale * (1.2 * letters + 2) + spacing * letters;
    *out_height_em = scale * ((breaks + 1) * fmax(1, values->numbers[LABEL_LINE_HEIGHT]) + 1);
    return true;
}

/* How far from its anchor a text with a single position can reach, before it is set. */
static double bound_of(const struct label_style *style, const struct words *words, const struct label_text *text)
{
    double width_em;
    double height_em;
    bool is_at_point = style->values.choices[LABEL_PLACEMENT] == STYLE_SYMBOL_PLACEMENT_POINT; /* else lines join */
    if (style->task->is_of_view || !is_at_point || style->text_along || style->has_icon ||
        style->has_variable_anchors || style->mode_count > 0 || text->is_rotated ||
        !bound_words(words, &style->values, &width_em, &height_em)) {
        return HUGE_VAL;
    }
    double size = fmax(text->box_size_px, text->look.size_px);
    double across = width_em * fmax(text->share_x, 1 - text->share_x) + fabs(text->offset_x_em);
    double down = height_em * fmax(text->share_y, 1 - text->share_y) + fabs(text->offset_y_em);
    double moved = fmax(fabs(text->translate_x_px), fabs(text->translate_y_px));
    return fmax(across, down) * size + fmax(0, text->padding_px) + label_ink_margin_px(&text->look) + moved;
}

bool label_shape_text(struct label_style *style, const struct style_feature *feature,
                      const struct label_box_wide *anchors, const struct label_text **out_text, double *out_bound_px,
                      bool *out_is_far)
{
    struct words words;
    *out_text = NULL;
    *out_bound_px = HUGE_VAL;
    *out_is_far = false;
    const struct label_values *values = &style->values;
    if (!style->has_text || !(values->numbers[LABEL_TEXT_SIZE] > 0) || !(values->numbers[LABEL_TEXT_SIZE_BOX] > 0) ||
        !read_words(style, feature, &words)) {
        return true;
    }
    struct label_text *text = arena_alloc_raw(style->task->arena, sizeof *text);
    if (!text) {
        return false;
    }
    fill_text(style, &words, text);
    *out_bound_px = bound_of(style, &words, text);
    *out_is_far = anchors && !label_concerns(style->task, anchors, *out_bound_px);
    if (*out_is_far) {
        return true;
    }
    int anchor = values->choices[LABEL_TEXT_ANCHOR];
    text->across = set_words(style, &words, justify_of(style, anchor), false);
    bool wants_vertical =
        words.allows_vertical && (style->mode_count > 0 || (style->text_along && style->text_keeps_upright));
    if (wants_vertical) {
        enum text_justify justify = style->mode_count > 0 ? TEXT_JUSTIFY_LEFT : justify_of(style, anchor);
        text->vertical = set_words(style, &words, justify, true);
    }
    if (!text->across || (wants_vertical && !text->vertical)) {
        return false;
    }
    if (text->across->count == 0 && !text->across->unset) {
        return true; /* no font has any of it */
    }
    *out_text = text;
    return style->text_along || find_ways(style, feature, &words, text);
}

/* The icon around a layout whose block lies at (x, y) ems of `size_px`. At icon size 1. */
static struct label_rect fitted_rect(const struct label_style *style, const struct sprite_image *image,
                                     const struct label_layout *layout, double x_em, double y_em, double size_px)
{
    const struct label_values *values = &style->values;
    const double *offset = values->lists[LABEL_ICON_OFFSET];
    const double *padding = values->lists[LABEL_ICON_FIT_PADDING];
    int fit = values->choices[LABEL_ICON_FIT];
    double width = image->width_px / image->pixel_ratio;
    double height = image->height_px / image->pixel_ratio;
    struct label_rect text = {x_em * size_px, y_em * size_px, (x_em + layout->width_em) * size_px,
                              (y_em + layout->height_em) * size_px};
    struct label_rect rect;
    if (fit == STYLE_ICON_TEXT_FIT_WIDTH || fit == STYLE_ICON_TEXT_FIT_BOTH) {
        rect.left = offset[0] + text.left - padding[3];
        rect.right = offset[0] + text.right + padding[1];
    } else {
        rect.left = offset[0] + (text.left + text.right - width) / 2;
        rect.right = rect.left + width;
    }
    if (fit == STYLE_ICON_TEXT_FIT_HEIGHT || fit == STYLE_ICON_TEXT_FIT_BOTH) {
        rect.top = offset[1] + text.top - padding[0];
        rect.bottom = offset[1] + text.bottom + padding[2];
    } else {
        rect.top = offset[1] + (text.top + text.bottom - height) / 2;
        rect.bottom = rect.top + height;
    }
    struct image_box box = {rect.left, rect.top, rect.right, rect.bottom};
    box = image_text_fit_box(image, box);
    return (struct label_rect){box.left, box.top, box.right, box.bottom};
}

static struct label_rect plain_rect(const struct label_style *style, const struct sprite_image *image)
{
    const double *offset = style->values.lists[LABEL_ICON_OFFSET];
    double width = image->width_px / image->pixel_ratio;
    double height = image->height_px / image->pixel_ratio;
    double share_x;
    double share_y;
    label_anchor_shares(style->values.choices[LABEL_ICON_ANCHOR], &share_x, &share_y);
    double left = offset[0] - width * share_x;
    double top = offset[1] - height * share_y;
    return (struct label_rect){left, top, left + width, top + height};
}

static struct label_rect times(const struct label_rect *rect, double size)
{
    return (struct label_rect){rect->left * size, rect->top * size, rect->right * size, rect->bottom * size};
}

/* `rect` at icon size 1. `cosine`, `sine`: how the room is turned. */
static void fill_frame(const struct label_style *style, const struct label_icon *icon, struct label_rect rect,
                       double cosine, double sine, struct label_icon_frame *out)
{
    const struct label_values *values = &style->values;
    const double *padding = values->lists[LABEL_ICON_PADDING];
    const struct sprite_image *image = icon->image;
    double size = values->numbers[LABEL_ICON_SIZE_BOX];
    double ratio = image->pixel_ratio;
    struct label_rect room = times(&rect, size);
    room.left -= padding[3];
    room.top -= padding[0];
    room.right += padding[1];
    room.bottom += padding[2];
    struct label_rect ink = times(&rect, icon->look.size_px);
    if (icon->is_fitted && image->has_content) {
        room.left -= image->content[0] / ratio * size;
        room.top -= image->content[1] / ratio * size;
        room.right += (image->width_px - image->content[2]) / ratio * size;
        room.bottom += (image->height_px - image->content[3]) / ratio * size;
    }
    if (sine != 0 || cosine != 1) {
        room = label_rect_turned(&room, cosine, sine);
    }
    room = (struct label_rect){cut_px(room.left), cut_px(room.top), cut_px(room.right), cut_px(room.bottom)};
    int32_t x = label_fixed(icon->translate_x_px);
    int32_t y = label_fixed(icon->translate_y_px);
    ink = label_rect_turned(&ink, icon->cosine, icon->sine);
    double frame = image->has_content ? fmax(image->width_px, image->height_px) / ratio * icon->look.size_px : 0;
    double halo = icon->look.halo_px > 0 ? icon->look.halo_px + 1.19 * icon->look.halo_blur_px : 0;
    out->rect = icon->is_fitted ? rect : times(&rect, icon->look.size_px);
    out->box = label_box_moved(label_box_of(&room), x, y);
    out->ink = label_box_moved(label_box_grown(label_box_of(&ink), frame + halo + icon->look.size_px + 2), x, y);
}

static void fill_fits(const struct label_style *style, const struct label_text *text, struct label_icon *icon)
{
    const struct label_layout *layout = text->across;
    double x_em = text->offset_x_em;
    double y_em = text->offset_y_em;
    double share_x = style->has_variable_anchors ? 0.5 : text->share_x;
    double share_y = style->has_variable_anchors ? 0.5 : text->share_y;
    struct label_rect rect = fitted_rect(style, icon->image, layout, x_em - share_x * layout->width_em,
                                         y_em - share_y * layout->height_em, text->box_size_px);
    fill_frame(style, icon, rect, icon->cosine, icon->sine, &icon->across);
    if (text->vertical && style->mode_count > 0) {
        layout = text->vertical;
        rect = fitted_rect(style, icon->image, layout, x_em - share_x * layout->width_em,
                           y_em - share_y * layout->height_em, text->box_size_px);
        fill_frame(style, icon, rect, -text->sine, text->cosine, &icon->vertical);
        icon->has_vertical = true;
    }
}

bool label_shape_icon(struct label_style *style, const struct style_feature *feature, const struct label_text *text,
                      const struct label_icon **out_icon)
{
    *out_icon = NULL;
    const struct label_values *values = &style->values;
    double size = values->numbers[LABEL_ICON_SIZE];
    if (!style->has_icon || !(size > 0)) {
        return true;
    }
    struct style_scope scope = label_style_scope(style, feature);
    struct text name = style_text(style->layer, STYLE_ICON_IMAGE, &scope);
    const struct sprite_image *image = name.length > 0 ? find_image(style->task, name) : NULL;
    if (!image) {
        return true;
    }
    struct label_icon *icon = arena_alloc(style->task->arena, sizeof *icon);
    if (!icon) {
        return false;
    }
    double turn = values->numbers[LABEL_ICON_ROTATE] * pi / 180;
    *icon = (struct label_icon){
        .image = image,
        .look = {.color = values->colors[LABEL_ICON_COLOR],
                 .halo_color = values->colors[LABEL_ICON_HALO_COLOR],
                 .opacity = values->numbers[LABEL_ICON_OPACITY],
                 .size_px = size,
                 .halo_px = image->is_sdf ? fmax(0, values->numbers[LABEL_ICON_HALO_WIDTH]) : 0,
                 .halo_blur_px = fmax(0, values->numbers[LABEL_ICON_HALO_BLUR])},
        .cosine = turn != 0 ? cos(turn) : 1,
        .sine = turn != 0 ? sin(turn) : 0,
        .translate_x_px = values->lists[LABEL_ICON_TRANSLATE][0],
        .translate_y_px = values->lists[LABEL_ICON_TRANSLATE][1],
        .offset_x_px = values->lists[LABEL_ICON_OFFSET][0],
        .offset_y_px = values->lists[LABEL_ICON_OFFSET][1],
        .is_fitted = values->choices[LABEL_ICON_FIT] != STYLE_ICON_TEXT_FIT_NONE && text,
        .needs_text = values->choices[LABEL_ICON_FIT] != STYLE_ICON_TEXT_FIT_NONE && style->has_variable_anchors,
        .width_px = image->width_px / image->pixel_ratio,
        .overlap = label_style_icon_overlap(style),
        .blocks_others = !style->icon_ignores,
        .is_optional = style->icon_optional,
    };
    if (icon->is_fitted) {
        fill_fits(style, text, icon);
    } else {
        fill_frame(style, icon, plain_rect(style, image), icon->cosine, icon->sine, &icon->across);
    }
    *out_icon = icon;
    return true;
}
