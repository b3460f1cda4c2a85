/* SPDX-License-Identifier: MIT */
/* Glyph ranges made from the machine's fonts. Distances are computed exactly from the flattened outlines (FreeType's
 * own distance field differs from version to version and by up to some units), in the convention of all makers of such
 * files: an em of 24 pixels, 8 pixels to the range of a byte, a quarter of it inside. */

#include "draw/glyph_pbf.h"

#include "draw/font.h"
#include "draw/glyph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hb.h>

enum { FONTS_MAX = 8, SIDE_MAX_PX = 255 };
/* `top` counts from a line this far above the baseline, as in fonts like Open Sans. The same for all fonts, so that
 * those of a stack share their baseline; the labels of our own pictures use it as well. */
enum { ASCENDER_PX = 26 };
/* Outlines are read larger than they are needed: a curve is then right within a hundredth of a pixel. */
enum { FINE = 4, PATH_ONE = DRAW_ONE * FINE };
static const double radius_px = 8;
static const double cutoff = 0.25;

struct maker {
    const struct font_list *fonts;
    uint32_t stack[FONTS_MAX];
    size_t stack_count;
    uint32_t face_numbers[GLYPH_PBF_RANGE]; /* fonts that are open */
    struct font_face *faces[GLYPH_PBF_RANGE];
    size_t face_count;
    struct glyph_path path;
    uint8_t *bitmap; /* of the largest glyph so far */
    size_t bitmap_capacity;
};

static bool stack_has(const struct maker *maker, uint32_t font)
{
    for (size_t i = 0; i < maker->stack_count; i++) {
        if (maker->stack[i] == font) {
            return true;
        }
    }
    return false;
}

static struct text trimmed(struct text name)
{
    while (name.length > 0 && name.data[0] == ' ') {
        name = (struct text){name.data + 1, name.length - 1};
    }
    while (name.length > 0 && name.data[name.length - 1] == ' ') {
        name.length--;
    }
    return name;
}

/* Exact finds before the nearest, as the text engine has it. Returns whether there is an exact one. */
static bool find_stack(struct maker *maker, struct text names)
{
    bool any_exact = false;
    struct text first = {"", 0};
    for (int pass = 0; pass < 2; pass++) {
        struct text rest = names;
        while (rest.length > 0) {
            const char *comma = memchr(rest.data, ',', rest.length);
            size_t length = comma ? (size_t)(comma - rest.data) : rest.length;
            struct text name = trimmed((struct text){rest.data, length});
            size_t used = comma ? length + 1 : length;
            rest = (struct text){rest.data + used, rest.length - used};
            first = first.length > 0 ? first : name;
            bool exact = false;
            uint32_t font = font_list_find(maker->fonts, name, &exact);
            if (font != FONT_NONE && exact == (pass == 0) && !stack_has(maker, font) &&
                maker->stack_count < FONTS_MAX) {
                maker->stack[maker->stack_count++] = font;
                any_exact = any_exact || exact;
            }
        }
    }
    if (maker->stack_count == 0) {
        uint32_t font = font_list_substitute(maker->fonts, first);
        if (font != FONT_NONE) {
            maker->stack[maker->stack_count++] = font;
        }
    }
    return any_exact;
}

static uint32_t choose_font(const struct maker *maker, uint32_t code_point)
{
    for (size_t i = 0; i < maker->stack_count; i++) {
        if (font_list_has(maker->fonts, maker->stack[i], code_point)) {
            return maker->stack[i];
        }
    }
    return maker->stack_count > 0 ? font_list_with(maker->fonts, maker->stack[0], code_point) : FONT_NONE;
}

static struct font_face *face_of(struct maker *maker, uint32_t font)
{
    for (size_t i = 0; i < maker->face_count; i++) {
        if (maker->face_numbers[i] == font) {
            return maker->faces[i];
        }
    }
    struct font_face *face = maker->face_count < GLYPH_PBF_RANGE ? font_face_open(maker->fonts, font, NULL) : NULL;
    if (face) {
        maker->face_numbers[maker->face_count] = font;
        maker->faces[maker->face_count++] = face;
    }
    return face;
}

/* --- distances --- */

/* Squared distance of (x, y) to a segment. */
static double distance_2(double x, double y, const struct draw_point *a, const struct draw_point *b)
{
    double along_x = b->x - a->x;
    double along_y = b->y - a->y;
    double from_x = x - a->x;
    double from_y = y - a->y;
    double length_2 = along_x * along_x + along_y * along_y;
    double t = length_2 > 0 ? (from_x * along_x + from_y * along_y) / length_2 : 0;
    t = t > 0 ? (t < 1 ? t : 1) : 0;
    double off_x = from_x - t * along_x;
    double off_y = from_y - t * along_y;
    return off_x * off_x + off_y * off_y;
}

/* How often the edge goes around the point: a step of -1, 0 or 1. */
static int winding(double x, double y, const struct draw_point *a, const struct draw_point *b)
{
    if ((a->y <= y) == (b->y <= y)) {
        return 0;
    }
    double crossing = a->x + (y - a->y) / (double)(b->y - a->y) * (double)(b->x - a->x);
    return crossing > x ? (b->y > a->y ? 1 : -1) : 0;
}

/* The byte for a point of the path. */
static uint8_t field_at(const struct glyph_path *path, double x, double y)
{
    double nearest_2 = INFINITY;
    int turns = 0;
    uint32_t start = 0;
    for (size_t ring = 0; ring < path->ring_count; ring++) {
        uint32_t end = path->ring_ends[ring];
        for (uint32_t i = start; i < end; i++) {
            const struct draw_point *a = &path->points[i];
            const struct draw_point *b = &path->points[i + 1 < end ? i + 1 : start];
            nearest_2 = fmin(nearest_2, distance_2(x, y, a, b));
            turns += winding(x, y, a, b);
        }
        start = end;
    }
    double distance = fmin(sqrt(nearest_2) / PATH_ONE, radius_px) * (256 / radius_px);
    double value = (turns != 0 ? -distance : distance) + cutoff * 256;
    return (uint8_t)(255 - (int)(value < 0 ? 0 : (value > 255 ? 255 : value)));
}

/* The box of the outline on whole pixels, rounded to the nearest. */
struct extent {
    int32_t left;
    int32_t top; /* downwards from the baseline */
    int32_t width;
    int32_t height;
};

static int32_t to_px(int64_t fixed)
{
    return (int32_t)floor((double)fixed / PATH_ONE + 0.5);
}

static struct extent extent_of(const struct glyph_path *path)
{
    if (path->point_count == 0) {
        return (struct extent){0};
    }
    struct draw_point low = path->points[0];
    struct draw_point high = low;
    for (size_t i = 1; i < path->point_count; i++) {
        const struct draw_point *point = &path->points[i];
        low.x = point->x < low.x ? point->x : low.x;
        low.y = point->y < low.y ? point->y : low.y;
        high.x = point->x > high.x ? point->x : high.x;
        high.y = point->y > high.y ? point->y : high.y;
    }
    struct extent extent = {to_px(low.x), to_px(low.y), 0, 0};
    extent.width = to_px(high.x) - extent.left;
    extent.height = to_px(high.y) - extent.top;
    return extent;
}

static bool fill_bitmap(struct maker *maker, const struct extent *extent, size_t *out_size)
{
    int32_t width = extent->width + 2 * GLYPH_PBF_BORDER_PX;
    int32_t height = extent->height + 2 * GLYPH_PBF_BORDER_PX;
    size_t size = (size_t)width * (size_t)height;
    if (size > maker->bitmap_capacity) {
        uint8_t *larger = realloc(maker->bitmap, size);
        if (!larger) {
            return false;
        }
        maker->bitmap = larger;
        maker->bitmap_capacity = size;
    }
    uint8_t *to = maker->bitmap;
    for (int32_t y = 0; y < height; y++) {
        for (int32_t x = 0; x < width; x++) {
            *to++ = field_at(&maker->path, (extent->left - GLYPH_PBF_BORDER_PX + x + 0.5) * PATH_ONE,
                             (extent->top - GLYPH_PBF_BORDER_PX + y + 0.5) * PATH_ONE);
        }
    }
    *out_size = size;
    return true;
}

/* --- the file --- */

static void put_number(struct buffer *out, uint32_t field, uint64_t number)
{
    buffer_append_varint(out, field << 3);
    buffer_append_varint(out, number);
}

static void put_signed(struct buffer *out, uint32_t field, int32_t number)
{
    put_number(out, field, number < 0 ? (uint64_t)(-(int64_t)number) * 2 - 1 : (uint64_t)number * 2);
}

static void put_bytes(struct buffer *out, uint32_t field, const void *bytes, size_t size)
{
    buffer_append_varint(out, field << 3 | 2);
    buffer_append_varint(out, size);
    buffer_append(out, bytes, size);
}

/* False when memory is out. A character without a font leaves nothing. */
static bool put_glyph(struct maker *maker, uint32_t code_point, struct buffer *glyph, struct buffer *out)
{
    uint32_t font = choose_font(maker, code_point);
    struct font_face *face = font != FONT_NONE ? face_of(maker, font) : NULL;
    uint32_t number = face ? font_face_glyph(face, code_point) : 0;
    if (number == 0) {
        return true;
    }
    double scale = (double)GLYPH_PBF_EM_PX / font_face_units(face);
    struct glyph_transform upright = {.scale = scale * FINE, .cosine = 1};
    if (!glyph_path_read(&maker->path, face, number, &upright)) {
        return !maker->path.failed;
    }
    struct extent extent = extent_of(&maker->path);
    double advance = hb_font_get_glyph_h_advance(font_face_shaper(face), number) * scale;
    buffer_clear(glyph);
    put_number(glyph, 1, code_point);
    bool has_ink = extent.width > 0 && extent.height > 0 && extent.width <= SIDE_MAX_PX && extent.height <= SIDE_MAX_PX;
    if (has_ink) {
        size_t size;
        if (!fill_bitmap(maker, &extent, &size)) {
            return false;
        }
        put_bytes(glyph, 2, maker->bitmap, size);
    }
    put_number(glyph, 3, has_ink ? (uint64_t)extent.width : 0);
    put_number(glyph, 4, has_ink ? (uint64_t)extent.height : 0);
    put_signed(glyph, 5, has_ink ? extent.left : 0);
    put_signed(glyph, 6, has_ink ? -extent.top - ASCENDER_PX : -ASCENDER_PX);
    put_number(glyph, 7, advance > 0 ? (uint64_t)(advance + 0.5) : 0);
    put_bytes(out, 3, glyph->data, glyph->length);
    return !glyph->failed;
}

static bool put_range(struct maker *maker, struct text names, uint32_t start, struct buffer *out)
{
    bool ok = true;
    struct buffer glyph;
    struct buffer stack;
    buffer_init(&glyph, 1 << 20);
    buffer_init(&stack, out->length_max);
    struct buffer text;
    buffer_init(&text, 32);
    buffer_printf(&text, "%u-%u", start, start + GLYPH_PBF_RANGE - 1);
    put_bytes(&stack, 1, names.data, names.length);
    put_bytes(&stack, 2, text.data, text.length);
    for (uint32_t i = 0; i < GLYPH_PBF_RANGE && ok; i++) {
        ok = put_glyph(maker, start + i, &glyph, &stack);
    }
    put_bytes(out, 1, stack.data, stack.length);
    ok = ok && !stack.failed && !text.failed && !out->failed;
    buffer_finish(&text);
    buffer_finish(&glyph);
    buffer_finish(&stack);
    return ok;
}

bool glyph_pbf_write(struct text stack, uint32_t range_start, struct buffer *out, bool *out_exact, struct error *err)
{
    bool ok = false;
    struct maker maker = {.fonts = font_list_get(err)};
    if (!maker.fonts) {
        return false;
    }
    if (range_start % GLYPH_PBF_RANGE != 0 || range_start > 0xff00) {
        error_set(err, ERROR_INVALID, "%u is not the start of a glyph range", range_start);
        return false;
    }
    bool exact = find_stack(&maker, stack);
    ok = put_range(&maker, stack, range_start, out);
    if (!ok) {
        error_no_memory(err);
    } else if (out_exact) {
        *out_exact = exact;
    }
    for (size_t i = 0; i < maker.face_count; i++) {
        font_face_close(maker.faces[i]);
    }
    glyph_path_finish(&maker.path);
    free(maker.bitmap);
    return ok;
}
