/* SPDX-License-Identifier: MIT */
#include "render/map_images.h"

#include "base/hash.h"
#include "base/json_write.h"
#include "draw/png_encode.h"
#include "draw/sprite_folder.h"
#include "style/style_mentions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES_MAX = 32 << 20, SHEET_SIDE_MAX_PX = 8192, SHEET_WIDTH_MIN_PX = 64 };

/* What several styles use. */
struct wishes {
    struct style_mentions *mentions;
    size_t count;
};

static bool collect(const struct style *const *styles, size_t count, struct arena *arena, struct wishes *out_wishes)
{
    struct wishes wishes = {arena_array(arena, count, sizeof *wishes.mentions), count};
    for (size_t i = 0; wishes.mentions && i < count; i++) {
        if (!style_mentions_find(styles[i], arena, &wishes.mentions[i])) {
            return false;
        }
    }
    *out_wishes = wishes;
    return wishes.mentions != NULL;
}

static bool is_mentioned(const struct style_mentions *mentions, struct text name)
{
    for (size_t i = 0; i < mentions->image_count; i++) {
        if (text_equal(mentions->images[i].name, name)) {
            return true;
        }
    }
    return mentions->has_computed_images;
}

static bool is_wished(const void *context, struct text name)
{
    const struct wishes *wishes = context;
    for (size_t i = 0; i < wishes->count; i++) {
        if (is_mentioned(&wishes->mentions[i], name)) {
            return true;
        }
    }
    return false;
}

bool map_images_read(const char *folder, const struct style *const *styles, size_t style_count,
                     map_images_problem *on_problem, void *context, struct sprite **out_images, struct error *err)
{
    bool ok = false;
    struct wishes wishes;
    struct sprite *images = sprite_create();
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    if (!images || !arena || !collect(styles, style_count, arena, &wishes)) {
        error_no_memory(err);
        goto done;
    }
    if (!sprite_folder_read(folder, images, is_wished, &wishes, on_problem, context, err)) {
        goto done;
    }
    *out_images = images;
    images = NULL;
    ok = true;
done:
    sprite_unref(images);
    arena_destroy(arena);
    return ok;
}

uint64_t map_images_wanted(const struct style *const *styles, size_t style_count)
{
    struct wishes wishes;
    uint64_t hash = 0;
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    if (!arena || !collect(styles, style_count, arena, &wishes)) {
        arena_destroy(arena);
        return 1; /* without memory for the question the answer is yes */
    }
    for (size_t i = 0; i < wishes.count; i++) {
        const struct style_mentions *mentions = &wishes.mentions[i];
        hash = mentions->has_computed_images ? hash_mix(hash, 1) : hash;
        for (size_t j = 0; j < mentions->image_count; j++) {
            hash = hash_bytes_seeded(mentions->images[j].name.data, mentions->images[j].name.length, hash);
        }
    }
    arena_destroy(arena);
    return hash;
}

void map_images_unref(const struct sprite *images)
{
    sprite_unref(images);
}

const struct sprite *map_images_ref(const struct sprite *images)
{
    return sprite_ref(images);
}

uint64_t map_images_hash(const struct sprite *images)
{
    return sprite_hash(images);
}

uint64_t map_images_fingerprint(const char *folder)
{
    return sprite_folder_fingerprint(folder);
}

/* An image and its place in the sheet. */
struct item {
    const struct sprite_image *image;
    uint32_t x;
    uint32_t y;
};

static int higher_first(const void *a, const void *b)
{
    const struct sprite_image *first = ((const struct item *)a)->image;
    const struct sprite_image *second = ((const struct item *)b)->image;
    if (first->height_px != second->height_px) {
        return first->height_px > second->height_px ? -1 : 1;
    }
    return text_compare(first->name, second->name);
}

static int by_name(const void *a, const void *b)
{
    return text_compare(((const struct item *)a)->image->name, ((const struct item *)b)->image->name);
}

/* Each name once, at the pixel ratio that fits best. */
static bool choose(const struct sprite *images, const struct style *style, double pixel_ratio, struct arena *arena,
                   struct item **out_items, size_t *out_count)
{
    struct style_mentions mentions;
    struct item *items = arena_array(arena, sprite_count(images), sizeof *items);
    if (!items || !style_mentions_find(style, arena, &mentions)) {
        return false;
    }
    size_t count = 0;
    for (size_t i = 0; i < sprite_count(images); i++) {
        struct text name = sprite_at(images, i)->name;
        bool is_again = i > 0 && text_equal(sprite_at(images, i - 1)->name, name);
        if (!is_again && is_mentioned(&mentions, name)) {
            items[count++].image = sprite_find(images, name, pixel_ratio);
        }
    }
    *out_items = items;
    *out_count = count;
    return true;
}

/* Rows of images, the highest first, about as wide as high altogether. */
static void pack(struct item *items, size_t count, uint32_t *out_width, uint32_t *out_height)
{
    double area = 0;
    uint32_t width = SHEET_WIDTH_MIN_PX;
    for (size_t i = 0; i < count; i++) {
        area += (double)items[i].image->width_px * items[i].image->height_px;
        width = items[i].image->width_px > width ? items[i].image->width_px : width;
    }
    uint32_t side = (uint32_t)ceil(sqrt(area));
    width = side > width ? side : width;
    qsort(items, count, sizeof *items, higher_first);
    uint32_t x = 0;
    uint32_t y = 0;
    uint32_t row = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sprite_image *image = items[i].image;
        if (x + image->width_px > width) {
            x = 0;
            y += row;
            row = 0;
        }
        items[i].x = x;
        items[i].y = y;
        x += image->width_px;
        row = image->height_px > row ? image->height_px : row;
    }
    qsort(items, count, sizeof *items, by_name);
    *out_width = width;
    *out_height = y + row > 0 ? y + row : 1;
}

static void write_zones(struct json_writer *json, const char *name, const struct sprite_zone *zones, size_t count)
{
    if (count == 0) {
        return;
    }
    json_write_name(json, name);
    json_write_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        json_write_begin_array(json);
        json_write_double(json, zones[i].from);
        json_write_double(json, zones[i].to);
        json_write_end_array(json);
    }
    json_write_end_array(json);
}

static void write_fit(struct json_writer *json, const char *name, enum sprite_fit fit)
{
    if (fit != SPRITE_FIT_STRETCH_OR_SHRINK) {
        json_write_member_string(json, name, fit == SPRITE_FIT_STRETCH_ONLY ? "stretchOnly" : "proportional");
    }
}

static void write_item(struct json_writer *json, const struct item *item)
{
    const struct sprite_image *image = item->image;
    json_write_name_text(json, image->name);
    json_write_begin_object(json);
    json_write_member_int(json, "width", image->width_px);
    json_write_member_int(json, "height", image->height_px);
    json_write_member_int(json, "x", item->x);
    json_write_member_int(json, "y", item->y);
    json_write_member_double(json, "pixelRatio", image->pixel_ratio);
    if (image->is_sdf) {
        json_write_member_bool(json, "sdf", true);
    }
    write_zones(json, "stretchX", image->stretch_x, image->stretch_x_count);
    write_zones(json, "stretchY", image->stretch_y, image->stretch_y_count);
    if (image->has_content) {
        json_write_name(json, "content");
        json_write_begin_array(json);
        for (size_t i = 0; i < 4; i++) {
            json_write_double(json, image->content[i]);
        }
        json_write_end_array(json);
    }
    write_fit(json, "textFitWidth", image->text_fit_width);
    write_fit(json, "textFitHeight", image->text_fit_height);
    json_write_end_object(json);
}

static void write_index(const struct item *items, size_t count, struct buffer *out)
{
    struct json_writer json;
    json_write_init(&json, out);
    json_write_begin_object(&json);
    for (size_t i = 0; i < count; i++) {
        write_item(&json, &items[i]);
    }
    json_write_end_object(&json);
}

static bool write_picture(const struct item *items, size_t count, uint32_t width, uint32_t height, struct buffer *out,
                          struct error *err)
{
    struct canvas *sheet = canvas_create(width, height);
    struct png_encoder *encoder = png_encoder_create();
    bool ok = sheet && encoder;
    for (size_t i = 0; i < count && ok; i++) {
        const struct sprite_image *image = items[i].image;
        for (uint32_t row = 0; row < image->height_px; row++) {
            memcpy(sheet->rgba + (((size_t)items[i].y + row) * width + items[i].x) * 4,
                   image->pixels + (size_t)row * image->width_px * 4, (size_t)image->width_px * 4);
        }
    }
    ok = ok ? png_encode(encoder, sheet, &(struct png_options){.level = 9}, out, err) : error_no_memory(err);
    png_encoder_destroy(encoder);
    canvas_destroy(sheet);
    return ok;
}

bool map_images_write_sheet(const struct sprite *images, const struct style *style, double pixel_ratio,
                            struct buffer *out_json, struct buffer *out_png, struct error *err)
{
    bool ok = false;
    struct item *items;
    size_t count;
    uint32_t width;
    uint32_t height;
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    if (!arena || !choose(images, style, pixel_ratio, arena, &items, &count)) {
        error_no_memory(err);
        goto done;
    }
    pack(items, count, &width, &height);
    if (width > SHEET_SIDE_MAX_PX || height > SHEET_SIDE_MAX_PX) {
        error_tell(err, ERROR_TOO_LARGE, "STY-022", "the images of style \"%s\" do not fit a sheet of %d pixels a side",
                   "las imágenes del estilo «%s» no caben en una hoja de %d píxeles por lado", style_name(style),
                   SHEET_SIDE_MAX_PX);
        goto done;
    }
    if (out_json) {
        write_index(items, count, out_json);
    }
    ok = !out_png || write_picture(items, count, width, height, out_png, err);
done:
    arena_destroy(arena);
    return ok;
}

bool map_images_write_glyphs(struct text stack, uint32_t range_start, struct buffer *out, struct error *err)
{
    return glyph_pbf_write(stack, range_start, out, NULL, err);
}
