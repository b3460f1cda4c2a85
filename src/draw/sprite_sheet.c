/* SPDX-License-Identifier: MIT */
/* Sheets of images as MapLibre reads them: foreign bytes. */

#include "draw/sprite.h"

#include "base/value.h"
#include "draw/png_encode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 1024 };
static const size_t json_memory_max = (size_t)64 << 20;

/* A whole number 0 … max. */
static bool read_size(const struct value *entry, const char *name, uint32_t max, uint32_t *out_size)
{
    const struct value *value = value_member(entry, name);
    double number = value && value_is_number(value) ? value_number(value) : -1;
    if (!(number >= 0 && number <= max) || number != floor(number)) {
        return false;
    }
    *out_size = (uint32_t)number;
    return true;
}

/* [[from, to], …], rising, inside 0 … size. False when it is something else. */
static bool read_zones(const struct value *value, double size, struct sprite_zone *zones, size_t *out_count)
{
    *out_count = 0;
    if (!value || value->type == VALUE_NULL) {
        return true;
    }
    if (value->type != VALUE_ARRAY || value->array.count > SPRITE_ZONES_MAX) {
        return false;
    }
    double last = 0;
    for (size_t i = 0; i < value->array.count; i++) {
        const struct value *pair = &value->array.items[i];
        if (pair->type != VALUE_ARRAY || pair->array.count != 2 || !value_is_number(&pair->array.items[0]) ||
            !value_is_number(&pair->array.items[1])) {
            return false;
        }
        struct sprite_zone zone = {value_number(&pair->array.items[0]), value_number(&pair->array.items[1])};
        if (!(zone.from >= last && zone.to > zone.from && zone.to <= size)) {
            return false;
        }
        zones[i] = zone;
        last = zone.to;
    }
    *out_count = value->array.count;
    return true;
}

static bool read_content(const struct value *value, struct sprite_image *image)
{
    if (!value || value->type == VALUE_NULL) {
        return true;
    }
    if (value->type != VALUE_ARRAY || value->array.count != 4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (!value_is_number(&value->array.items[i])) {
            return false;
        }
        image->content[i] = value_number(&value->array.items[i]);
    }
    const double *content = image->content;
    image->has_content = content[0] >= 0 && content[1] >= 0 && content[2] > content[0] && content[3] > content[1] &&
                         content[2] <= image->width_px && content[3] <= image->height_px;
    return image->has_content;
}

static enum sprite_fit read_fit(const struct value *entry, const char *name)
{
    const char *word = value_member_string(entry, name);
    if (word && strcmp(word, "stretchOnly") == 0) {
        return SPRITE_FIT_STRETCH_ONLY;
    }
    return word && strcmp(word, "proportional") == 0 ? SPRITE_FIT_PROPORTIONAL : SPRITE_FIT_STRETCH_OR_SHRINK;
}

/* The entry's image, its pixels in `pixels` (of the size of the sheet). False when it does not fit. */
static bool read_entry(const struct value *entry, const struct canvas *sheet, uint8_t *pixels,
                       struct sprite_zone *zones, struct sprite_image *image)
{
    uint32_t x;
    uint32_t y;
    if (entry->type != VALUE_OBJECT || !read_size(entry, "x", sheet->width_px, &x) ||
        !read_size(entry, "y", sheet->height_px, &y) ||
        !read_size(entry, "width", sheet->width_px - x, &image->width_px) ||
        !read_size(entry, "height", sheet->height_px - y, &image->height_px) || image->width_px == 0 ||
        image->height_px == 0) {
        return false;
    }
    const struct value *ratio = value_member(entry, "pixelRatio");
    image->pixel_ratio = ratio && value_is_number(ratio) ? value_number(ratio) : 1;
    const struct value *sdf = value_member(entry, "sdf");
    image->is_sdf = sdf && sdf->type == VALUE_BOOL && sdf->boolean;
    image->text_fit_width = read_fit(entry, "textFitWidth");
    image->text_fit_height = read_fit(entry, "textFitHeight");
    image->stretch_x = zones;
    image->stretch_y = zones + SPRITE_ZONES_MAX;
    if (!(image->pixel_ratio > 0 && image->pixel_ratio <= 64) ||
        !read_zones(value_member(entry, "stretchX"), image->width_px, zones, &image->stretch_x_count) ||
        !read_zones(value_member(entry, "stretchY"), image->height_px, zones + SPRITE_ZONES_MAX,
                    &image->stretch_y_count) ||
        !read_content(value_member(entry, "content"), image)) {
        return false;
    }
    size_t row_bytes = (size_t)image->width_px * 4;
    for (uint32_t row = 0; row < image->height_px; row++) {
        memcpy(pixels + row * row_bytes, sheet->rgba + ((size_t)(y + row) * sheet->width_px + x) * 4, row_bytes);
    }
    image->pixels = pixels;
    return true;
}

static bool add_entries(struct sprite *sprite, struct text prefix, const struct value *index,
                        const struct canvas *sheet, struct error *err)
{
    bool ok = false;
    struct sprite_zone zones[2 * SPRITE_ZONES_MAX];
    char name[NAME_BYTES_MAX * 2 + 2];
    bool is_plain = prefix.length == 0 || text_is(prefix, "default");
    uint8_t *pixels = malloc((size_t)sheet->width_px * sheet->height_px * 4);
    if (!pixels) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < index->object.count; i++) {
        const struct value_member *member = &index->object.members[i];
        struct sprite_image image = {0};
        if (member->name.length > NAME_BYTES_MAX || prefix.length > NAME_BYTES_MAX ||
            !read_entry(&member->value, sheet, pixels, zones, &image)) {
            continue;
        }
        size_t length = 0;
        if (!is_plain) {
            memcpy(name, prefix.data, prefix.length);
            name[prefix.length] = ':';
            length = prefix.length + 1;
        }
        if (member->name.length > 0) {
            memcpy(name + length, member->name.data, member->name.length);
        }
        image.name = (struct text){name, length + member->name.length};
        if (!sprite_add_image(sprite, &image, err)) {
            goto done;
        }
    }
    ok = true;
done:
    free(pixels);
    return ok;
}

bool sprite_add_sheet(struct sprite *sprite, struct text prefix, struct text json, const void *png, size_t png_size,
                      struct error *err)
{
    bool ok = false;
    struct canvas *sheet = NULL;
    struct value index;
    struct arena *arena = arena_create(json_memory_max);
    if (!arena) {
        return error_no_memory(err);
    }
    if (!value_read_json(json, arena, &index, err)) {
        error_prefix(err, "sprite index");
        goto done;
    }
    if (index.type != VALUE_OBJECT) {
        error_set(err, ERROR_INVALID, "sprite index: not a JSON object");
        goto done;
    }
    if (!png_decode(png, png_size, &sheet, err)) {
        error_prefix(err, "sprite picture");
        goto done;
    }
    ok = add_entries(sprite, prefix, &index, sheet, err);
done:
    canvas_destroy(sheet);
    arena_destroy(arena);
    return ok;
}
