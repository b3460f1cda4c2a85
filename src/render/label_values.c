/* SPDX-License-Identifier: MIT */
#include "render/label_values.h"

#include "render/render_assets.h"

#include <math.h>

/* MapLibre: how far a text anchored at its top or bottom may be moved towards its anchor, since a line has blank space
 * above its letters. */
static const double blank_above_em = 7.0 / 24;

/* At which zoom a number is evaluated. */
enum moment { AT_LAYOUT, AT_PICTURE, AT_BOX, AT_MOST };

static const struct {
    enum style_property property;
    enum moment moment;
} numbers[LABEL_NUMBER_COUNT] = {
    [LABEL_TEXT_SIZE] = {STYLE_TEXT_SIZE, AT_PICTURE},
    [LABEL_TEXT_SIZE_LAYOUT] = {STYLE_TEXT_SIZE, AT_LAYOUT},
    [LABEL_TEXT_SIZE_BOX] = {STYLE_TEXT_SIZE, AT_BOX},
    [LABEL_TEXT_SIZE_MOST] = {STYLE_TEXT_SIZE, AT_MOST},
    [LABEL_MAX_WIDTH] = {STYLE_TEXT_MAX_WIDTH, AT_LAYOUT},
    [LABEL_LINE_HEIGHT] = {STYLE_TEXT_LINE_HEIGHT, AT_LAYOUT},
    [LABEL_LETTER_SPACING] = {STYLE_TEXT_LETTER_SPACING, AT_LAYOUT},
    [LABEL_RADIAL_OFFSET] = {STYLE_TEXT_RADIAL_OFFSET, AT_LAYOUT},
    [LABEL_MAX_ANGLE] = {STYLE_TEXT_MAX_ANGLE, AT_LAYOUT},
    [LABEL_TEXT_ROTATE] = {STYLE_TEXT_ROTATE, AT_LAYOUT},
    [LABEL_TEXT_PADDING] = {STYLE_TEXT_PADDING, AT_LAYOUT},
    [LABEL_SPACING] = {STYLE_SYMBOL_SPACING, AT_LAYOUT},
    [LABEL_SORT_KEY] = {STYLE_SYMBOL_SORT_KEY, AT_LAYOUT},
    [LABEL_ICON_SIZE] = {STYLE_ICON_SIZE, AT_PICTURE},
    [LABEL_ICON_SIZE_BOX] = {STYLE_ICON_SIZE, AT_BOX},
    [LABEL_ICON_ROTATE] = {STYLE_ICON_ROTATE, AT_LAYOUT},
    [LABEL_TEXT_OPACITY] = {STYLE_TEXT_OPACITY, AT_PICTURE},
    [LABEL_TEXT_HALO_WIDTH] = {STYLE_TEXT_HALO_WIDTH, AT_PICTURE},
    [LABEL_TEXT_HALO_BLUR] = {STYLE_TEXT_HALO_BLUR, AT_PICTURE},
    [LABEL_ICON_OPACITY] = {STYLE_ICON_OPACITY, AT_PICTURE},
    [LABEL_ICON_HALO_WIDTH] = {STYLE_ICON_HALO_WIDTH, AT_PICTURE},
    [LABEL_ICON_HALO_BLUR] = {STYLE_ICON_HALO_BLUR, AT_PICTURE},
};

static const enum style_property choices[LABEL_CHOICE_COUNT] = {
    [LABEL_PLACEMENT] = STYLE_SYMBOL_PLACEMENT,
    [LABEL_TEXT_ANCHOR] = STYLE_TEXT_ANCHOR,
    [LABEL_TEXT_JUSTIFY] = STYLE_TEXT_JUSTIFY,
    [LABEL_TEXT_TRANSFORM] = STYLE_TEXT_TRANSFORM,
    [LABEL_TEXT_OVERLAP] = STYLE_TEXT_OVERLAP,
    [LABEL_TEXT_ROTATION] = STYLE_TEXT_ROTATION_ALIGNMENT,
    [LABEL_ICON_ANCHOR] = STYLE_ICON_ANCHOR,
    [LABEL_ICON_OVERLAP] = STYLE_ICON_OVERLAP,
    [LABEL_ICON_ROTATION] = STYLE_ICON_ROTATION_ALIGNMENT,
    [LABEL_ICON_FIT] = STYLE_ICON_TEXT_FIT,
};

static const enum style_property colors[LABEL_COLOR_COUNT] = {
    [LABEL_TEXT_COLOR] = STYLE_TEXT_COLOR,
    [LABEL_TEXT_HALO_COLOR] = STYLE_TEXT_HALO_COLOR,
    [LABEL_ICON_COLOR] = STYLE_ICON_COLOR,
    [LABEL_ICON_HALO_COLOR] = STYLE_ICON_HALO_COLOR,
};

static const struct {
    enum style_property property;
    enum moment moment;
} lists[LABEL_LIST_COUNT] = {
    [LABEL_TEXT_OFFSET] = {STYLE_TEXT_OFFSET, AT_LAYOUT},
    [LABEL_ICON_OFFSET] = {STYLE_ICON_OFFSET, AT_LAYOUT},
    [LABEL_ICON_PADDING] = {STYLE_ICON_PADDING, AT_LAYOUT},
    [LABEL_ICON_FIT_PADDING] = {STYLE_ICON_TEXT_FIT_PADDING, AT_LAYOUT},
    [LABEL_TEXT_TRANSLATE] = {STYLE_TEXT_TRANSLATE, AT_PICTURE},
    [LABEL_ICON_TRANSLATE] = {STYLE_ICON_TRANSLATE, AT_PICTURE},
};

static bool varies(const struct label_style *style, enum style_property property)
{
    return style_dependence(style->layer, property) & STYLE_DEPENDS_ON_FEATURE;
}

static uint32_t read_stack(const struct label_style *style, const struct style_scope *scope)
{
    struct text names[TEXT_STACK_FONTS_MAX];
    size_t count = style_texts(style->layer, STYLE_TEXT_FONT, scope, names, TEXT_STACK_FONTS_MAX);
    count = count > TEXT_STACK_FONTS_MAX ? TEXT_STACK_FONTS_MAX : count;
    return text_engine_stack(style->task->painter->text, names, count);
}

/* In squares the room taken is that of the size shown: all zooms but the whole one are painted from the same plan. */
static double zoom_at(const struct label_task *task, enum moment moment)
{
    switch (moment) {
    case AT_PICTURE:
        return task->zoom;
    case AT_BOX:
        return task->is_of_view ? task->layout_zoom + 1 : task->zoom;
    case AT_MOST:
        return task->is_of_view ? 18 : task->zoom;
    case AT_LAYOUT:
        break;
    }
    return task->layout_zoom;
}

static struct style_scope scope_at(const struct label_style *style, const struct style_feature *feature, double zoom)
{
    const struct render_assets *assets = style->task->assets;
    return (struct style_scope){.zoom = zoom,
                                .feature = feature,
                                .arena = style->task->arena,
                                .has_image = sprite_has,
                                .images = assets ? assets->sprite : NULL,
                                .letters_apart = assets && assets->glyphs};
}

struct style_scope label_style_scope(const struct label_style *style, const struct style_feature *feature)
{
    return scope_at(style, feature, style->task->layout_zoom);
}

/* Padding in the order of CSS: what is missing is as its opposite. */
static void fill_padding(double *list, size_t count)
{
    list[1] = count > 1 ? list[1] : list[0];
    list[2] = count > 2 ? list[2] : list[0];
    list[3] = count > 3 ? list[3] : list[1];
}

static void read_list(struct label_style *style, size_t number, const struct style_scope *scope)
{
    double *list = style->values.lists[number];
    list[0] = list[1] = list[2] = list[3] = 0;
    size_t count = style_numbers(style->layer, lists[number].property, scope, list, 4);
    if (number == LABEL_ICON_PADDING) {
        fill_padding(list, count);
    }
}

static void evaluate(struct label_style *style, const struct style_feature *feature)
{
    bool of_feature = feature != NULL;
    struct label_values *values = &style->values;
    struct style_scope scope = label_style_scope(style, feature);
    struct style_scope paint = scope_at(style, feature, style->task->zoom);
    for (size_t i = 0; i < LABEL_NUMBER_COUNT; i++) {
        if (style->number_varies[i] == of_feature) {
            scope.zoom = zoom_at(style->task, numbers[i].moment);
            values->numbers[i] = style_number(style->layer, numbers[i].property, &scope);
        }
    }
    scope.zoom = style->task->layout_zoom;
    for (size_t i = 0; i < LABEL_CHOICE_COUNT; i++) {
        if (style->choice_varies[i] == of_feature) {
            values->choices[i] = style_enum(style->layer, choices[i], &scope);
        }
    }
    for (size_t i = 0; i < LABEL_COLOR_COUNT; i++) {
        if (style->color_varies[i] == of_feature) {
            struct style_color color = style_color(style->layer, colors[i], &paint);
            values->colors[i] = (struct color){(float)color.r, (float)color.g, (float)color.b, (float)color.a};
        }
    }
    for (size_t i = 0; i < LABEL_LIST_COUNT; i++) {
        if (style->list_varies[i] == of_feature) {
            read_list(style, i, lists[i].moment == AT_PICTURE ? &paint : &scope);
        }
    }
    if (style->font_varies == of_feature) {
        values->stack = read_stack(style, &scope);
    }
}

void label_style_evaluate(struct label_style *style, const struct style_feature *feature)
{
    evaluate(style, feature);
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

static void read_modes(struct label_style *style, const struct style_scope *scope)
{
    struct text names[2];
    size_t count = style_texts(style->layer, STYLE_TEXT_WRITING_MODE, scope, names, 2);
    bool has_vertical = false;
    for (size_t i = 0; i < count && i < 2; i++) {
        bool vertical = text_is(names[i], "vertical");
        has_vertical = has_vertical || vertical;
        style->modes[style->mode_count++] =
            vertical ? STYLE_TEXT_WRITING_MODE_VERTICAL : STYLE_TEXT_WRITING_MODE_HORIZONTAL;
    }
    if (!has_vertical || style->values.choices[LABEL_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_POINT) {
        style->mode_count = 0;
    }
}

static void read_anchors(struct label_style *style, const struct style_scope *scope)
{
    struct text names[LABEL_ANCHORS_MAX];
    size_t count = style_texts(style->layer, STYLE_TEXT_VARIABLE_ANCHOR, scope, names, LABEL_ANCHORS_MAX);
    for (size_t i = 0; i < count && i < LABEL_ANCHORS_MAX; i++) {
        style->anchor_count += anchor_of_name(names[i], &style->anchors[style->anchor_count]);
    }
    style->has_anchor_offsets = style_is_set(style->layer, STYLE_TEXT_VARIABLE_ANCHOR_OFFSET);
    style->has_variable_anchors = style->anchor_count > 0 || style->has_anchor_offsets;
}

static void read_flags(struct label_style *style, const struct style_scope *scope)
{
    const struct style_layer *layer = style->layer;
    const struct render_assets *assets = style->task->assets;
    const struct label_values *values = &style->values;
    bool along = values->choices[LABEL_PLACEMENT] != STYLE_SYMBOL_PLACEMENT_POINT;
    style->has_text = style_is_set(layer, STYLE_TEXT_FIELD) && !(assets && assets->has_no_text);
    style->has_icon = style_is_set(layer, STYLE_ICON_IMAGE) && assets && assets->sprite;
    style->has_radial_offset = style_is_set(layer, STYLE_TEXT_RADIAL_OFFSET);
    style->sorts_by_y = style_enum(layer, STYLE_SYMBOL_Z_ORDER, scope) == STYLE_SYMBOL_Z_ORDER_VIEWPORT_Y;
    style->sorts_by_key = style_dependence(layer, STYLE_SYMBOL_SORT_KEY) != 0 && !style->sorts_by_y;
    style->text_allows_overlap = style_bool(layer, STYLE_TEXT_ALLOW_OVERLAP, scope);
    style->icon_allows_overlap = style_bool(layer, STYLE_ICON_ALLOW_OVERLAP, scope);
    style->text_ignores = style_bool(layer, STYLE_TEXT_IGNORE_PLACEMENT, scope);
    style->icon_ignores = style_bool(layer, STYLE_ICON_IGNORE_PLACEMENT, scope);
    style->text_optional = style_bool(layer, STYLE_TEXT_OPTIONAL, scope);
    style->icon_optional = style_bool(layer, STYLE_ICON_OPTIONAL, scope);
    style->text_keeps_upright = style_bool(layer, STYLE_TEXT_KEEP_UPRIGHT, scope);
    style->icon_keeps_upright = style_bool(layer, STYLE_ICON_KEEP_UPRIGHT, scope);
    style->text_along = along && values->choices[LABEL_TEXT_ROTATION] != STYLE_TEXT_ROTATION_ALIGNMENT_VIEWPORT;
    int icon_rotation = values->choices[LABEL_ICON_ROTATION];
    style->icon_along = along && (icon_rotation == STYLE_ALIGNMENT_MAP || icon_rotation == STYLE_ALIGNMENT_AUTO);
}

void label_style_init(struct label_style *style, const struct label_task *task, uint32_t layer_index)
{
    *style = (struct label_style){
        .task = task, .layer = style_layer_at(task->style, layer_index), .layer_index = layer_index};
    for (size_t i = 0; i < LABEL_NUMBER_COUNT; i++) {
        style->number_varies[i] = varies(style, numbers[i].property);
    }
    for (size_t i = 0; i < LABEL_CHOICE_COUNT; i++) {
        style->choice_varies[i] = varies(style, choices[i]);
    }
    for (size_t i = 0; i < LABEL_COLOR_COUNT; i++) {
        style->color_varies[i] = varies(style, colors[i]);
    }
    for (size_t i = 0; i < LABEL_LIST_COUNT; i++) {
        style->list_varies[i] = varies(style, lists[i].property);
    }
    style->font_varies = varies(style, STYLE_TEXT_FONT);
    evaluate(style, NULL);
    struct style_scope scope = label_style_scope(style, NULL);
    read_flags(style, &scope);
    read_modes(style, &scope);
    read_anchors(style, &scope);
}

void label_anchor_shares(int anchor, double *out_x, double *out_y)
{
    bool left = anchor == STYLE_ANCHOR_LEFT || anchor == STYLE_ANCHOR_TOP_LEFT || anchor == STYLE_ANCHOR_BOTTOM_LEFT;
    bool right =
        anchor == STYLE_ANCHOR_RIGHT || anchor == STYLE_ANCHOR_TOP_RIGHT || anchor == STYLE_ANCHOR_BOTTOM_RIGHT;
    bool top = anchor == STYLE_ANCHOR_TOP || anchor == STYLE_ANCHOR_TOP_LEFT || anchor == STYLE_ANCHOR_TOP_RIGHT;
    bool bottom =
        anchor == STYLE_ANCHOR_BOTTOM || anchor == STYLE_ANCHOR_BOTTOM_LEFT || anchor == STYLE_ANCHOR_BOTTOM_RIGHT;
    *out_x = left ? 0 : right ? 1 : 0.5;
    *out_y = top ? 0 : bottom ? 1 : 0.5;
}

/* MapLibre's evaluateVariableOffset: away from the anchor by the radius, or by the absolute text-offset. */
static void offset_from_anchor(const struct label_style *style, int anchor, bool by_radius, double *out_x,
                               double *out_y)
{
    const struct label_values *values = &style->values;
    double share_x;
    double share_y;
    label_anchor_shares(anchor, &share_x, &share_y);
    double right = share_x == 0 ? 1 : share_x == 1 ? -1 : 0;
    double down = share_y == 0 ? 1 : share_y == 1 ? -1 : 0;
    if (by_radius) {
        double radius = fmax(0, values->numbers[LABEL_RADIAL_OFFSET]);
        double both = right != 0 && down != 0 ? radius / 1.4142135623730951 : radius;
        *out_x = right * both;
        *out_y = down * (both - blank_above_em);
        return;
    }
    *out_x = right * fabs(values->lists[LABEL_TEXT_OFFSET][0]);
    *out_y = down * (fabs(values->lists[LABEL_TEXT_OFFSET][1]) - blank_above_em);
}

void label_style_offset(const struct label_style *style, double *out_x_em, double *out_y_em)
{
    if (style->values.numbers[LABEL_RADIAL_OFFSET] != 0) {
        offset_from_anchor(style, style->values.choices[LABEL_TEXT_ANCHOR], true, out_x_em, out_y_em);
        return;
    }
    *out_x_em = style->values.lists[LABEL_TEXT_OFFSET][0];
    *out_y_em = style->values.lists[LABEL_TEXT_OFFSET][1];
}

size_t label_style_tries(const struct label_style *style, const struct style_feature *feature,
                         struct label_try out_tries[LABEL_ANCHORS_MAX])
{
    if (style->has_anchor_offsets) {
        struct style_anchor_offset offsets[LABEL_ANCHORS_MAX];
        struct style_scope scope = label_style_scope(style, feature);
        size_t count =
            style_anchor_offsets(style->layer, STYLE_TEXT_VARIABLE_ANCHOR_OFFSET, &scope, offsets, LABEL_ANCHORS_MAX);
        count = count > LABEL_ANCHORS_MAX ? LABEL_ANCHORS_MAX : count;
        for (size_t i = 0; i < count; i++) {
            double share_x;
            double share_y;
            label_anchor_shares((int)offsets[i].anchor, &share_x, &share_y);
            double blank = share_y == 0 ? -blank_above_em : share_y == 1 ? blank_above_em : 0;
            out_tries[i] = (struct label_try){offsets[i].anchor, offsets[i].x, offsets[i].y + blank};
        }
        if (count > 0) {
            return count;
        }
    }
    for (size_t i = 0; i < style->anchor_count; i++) {
        out_tries[i].anchor = style->anchors[i];
        offset_from_anchor(style, (int)style->anchors[i], style->has_radial_offset, &out_tries[i].x_em,
                           &out_tries[i].y_em);
    }
    return style->anchor_count;
}

static enum label_overlap overlap_of(int choice, bool allows)
{
    switch (choice) {
    case STYLE_OVERLAP_NEVER:
        return LABEL_OVERLAP_NEVER;
    case STYLE_OVERLAP_ALWAYS:
        return LABEL_OVERLAP_ALWAYS;
    case STYLE_OVERLAP_COOPERATIVE:
        return LABEL_OVERLAP_COOPERATIVE;
    default:
        return allows ? LABEL_OVERLAP_ALWAYS : LABEL_OVERLAP_NEVER;
    }
}

enum label_overlap label_style_text_overlap(const struct label_style *style)
{
    return overlap_of(style->values.choices[LABEL_TEXT_OVERLAP], style->text_allows_overlap);
}

enum label_overlap label_style_icon_overlap(const struct label_style *style)
{
    return overlap_of(style->values.choices[LABEL_ICON_OVERLAP], style->icon_allows_overlap);
}
