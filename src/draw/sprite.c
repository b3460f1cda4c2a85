/* SPDX-License-Identifier: MIT */
#include "draw/sprite.h"

#include "base/hash.h"
#include "draw/png_encode.h"
#include "draw/sdf.h"
#include "draw/svg.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A few large sheets; what is beyond is a mistake or an attack. */
enum { IMAGES_MAX = 65536 };
static const size_t pixels_max = (size_t)32 << 20;

struct entry {
    struct sprite_image image; /* everything it points to follows in the same piece of memory */
    uint64_t hash;
};

struct sprite {
    atomic_uint references;
    struct entry **entries; /* by name, then pixel ratio */
    size_t count;
    size_t capacity;
    size_t pixels; /* of all images */
};

struct sprite *sprite_create(void)
{
    struct sprite *sprite = calloc(1, sizeof *sprite);
    if (sprite) {
        atomic_init(&sprite->references, 1);
    }
    return sprite;
}

/* Counting changes nothing that readers see. */
static struct sprite *writable(const struct sprite *sprite)
{
    union {
        const struct sprite *shared;
        struct sprite *owned;
    } pointer = {.shared = sprite};
    return pointer.owned;
}

struct sprite *sprite_ref(const struct sprite *sprite)
{
    struct sprite *owned = writable(sprite);
    if (owned) {
        atomic_fetch_add_explicit(&owned->references, 1, memory_order_relaxed);
    }
    return owned;
}

void sprite_unref(const struct sprite *sprite)
{
    struct sprite *owned = writable(sprite);
    if (!owned || atomic_fetch_sub_explicit(&owned->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < owned->count; i++) {
        free(owned->entries[i]);
    }
    free(owned->entries);
    free(owned);
}

static size_t pixel_count(const struct sprite_image *image)
{
    return (size_t)image->width_px * image->height_px;
}

static int compare(const struct sprite_image *image, struct text name, double pixel_ratio)
{
    int order = text_compare(image->name, name);
    return order != 0 ? order : (image->pixel_ratio > pixel_ratio) - (image->pixel_ratio < pixel_ratio);
}

/* The first entry not before (name, pixel ratio). */
static size_t place_of(const struct sprite *sprite, struct text name, double pixel_ratio)
{
    size_t low = 0;
    size_t high = sprite->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&sprite->entries[middle]->image, name, pixel_ratio) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void drop(struct sprite *sprite, size_t index)
{
    sprite->pixels -= pixel_count(&sprite->entries[index]->image);
    free(sprite->entries[index]);
    sprite->count--;
    memmove(&sprite->entries[index], &sprite->entries[index + 1], (sprite->count - index) * sizeof(struct entry *));
}

static uint64_t hash_of(const struct sprite_image *image)
{
    uint64_t hash = hash_bytes(image->name.data, image->name.length);
    const double numbers[] = {image->pixel_ratio, image->content[0], image->content[1], image->content[2],
                              image->content[3]};
    hash = hash_bytes_seeded(numbers, sizeof numbers, hash);
    hash = hash_bytes_seeded(image->stretch_x, image->stretch_x_count * sizeof *image->stretch_x, hash);
    hash = hash_bytes_seeded(image->stretch_y, image->stretch_y_count * sizeof *image->stretch_y, hash);
    hash = hash_mix(hash, (uint64_t)image->width_px << 32 | image->height_px);
    hash = hash_mix(hash, (uint64_t)image->text_fit_width << 8 | (uint64_t)image->text_fit_height << 4 |
                              (uint64_t)image->is_sdf << 1 | (uint64_t)image->has_content);
    return hash_bytes_seeded(image->pixels, pixel_count(image) * 4, hash);
}

/* One piece of memory with everything in it. */
static struct entry *copy_of(const struct sprite_image *image)
{
    size_t pixel_bytes = pixel_count(image) * 4;
    size_t zones = image->stretch_x_count + image->stretch_y_count;
    struct entry *entry =
        malloc(sizeof *entry + zones * sizeof(struct sprite_zone) + pixel_bytes + image->name.length + 1);
    if (!entry) {
        return NULL;
    }
    struct sprite_zone *zone = (struct sprite_zone *)(entry + 1);
    unsigned char *bytes = (unsigned char *)(zone + zones);
    char *name = (char *)bytes + pixel_bytes;
    entry->image = *image;
    for (size_t i = 0; i < zones; i++) {
        zone[i] = i < image->stretch_x_count ? image->stretch_x[i] : image->stretch_y[i - image->stretch_x_count];
    }
    memcpy(bytes, image->pixels, pixel_bytes);
    memcpy(name, image->name.data, image->name.length);
    name[image->name.length] = '\0';
    entry->image.stretch_x = zone;
    entry->image.stretch_y = zone + image->stretch_x_count;
    entry->image.pixels = bytes;
    entry->image.name.data = name;
    entry->hash = hash_of(&entry->image);
    return entry;
}

static bool make_room(struct sprite *sprite)
{
    if (sprite->count < sprite->capacity) {
        return true;
    }
    size_t capacity = sprite->capacity > 0 ? sprite->capacity * 2 : 32;
    struct entry **entries = realloc(sprite->entries, capacity * sizeof *entries);
    if (!entries) {
        return false;
    }
    sprite->entries = entries;
    sprite->capacity = capacity;
    return true;
}

bool sprite_add_image(struct sprite *sprite, const struct sprite_image *image, struct error *err)
{
    if (image->stretch_x_count > SPRITE_ZONES_MAX || image->stretch_y_count > SPRITE_ZONES_MAX) {
        error_set(err, ERROR_TOO_LARGE, "image \"%.*s\" has more than %d stretch zones", (int)image->name.length,
                  image->name.data, SPRITE_ZONES_MAX);
        return false;
    }
    if (image->width_px == 0 || image->height_px == 0 || !(image->pixel_ratio > 0) || !isfinite(image->pixel_ratio)) {
        error_set(err, ERROR_INVALID, "image \"%.*s\" has no size", (int)image->name.length, image->name.data);
        return false;
    }
    if (sprite->count >= IMAGES_MAX || pixel_count(image) > pixels_max - sprite->pixels) {
        error_tell(err, ERROR_TOO_LARGE, "STY-020", "more than %d images or %zu megapixels of them",
                   "más de %d imágenes o de %zu megapíxeles en total", IMAGES_MAX, pixels_max >> 20);
        return false;
    }
    struct entry *entry = copy_of(image);
    if (!entry || !make_room(sprite)) {
        free(entry);
        return error_no_memory(err);
    }
    size_t place = place_of(sprite, image->name, image->pixel_ratio);
    if (place < sprite->count && compare(&sprite->entries[place]->image, image->name, image->pixel_ratio) == 0) {
        drop(sprite, place);
    }
    memmove(&sprite->entries[place + 1], &sprite->entries[place], (sprite->count - place) * sizeof *sprite->entries);
    sprite->entries[place] = entry;
    sprite->count++;
    sprite->pixels += pixel_count(image);
    return true;
}

static bool add_canvas(struct sprite *sprite, struct text name, const struct canvas *canvas, double pixel_ratio,
                       bool is_sdf, struct error *err)
{
    return sprite_add_image(sprite,
                            &(struct sprite_image){.name = name,
                                                   .width_px = canvas->width_px,
                                                   .height_px = canvas->height_px,
                                                   .pixel_ratio = pixel_ratio,
                                                   .is_sdf = is_sdf,
                                                   .pixels = canvas->rgba},
                            err);
}

bool sprite_add_png(struct sprite *sprite, struct text name, const void *png, size_t png_size,
                    const struct sprite_options *options, struct error *err)
{
    struct canvas *canvas;
    if (!png_decode(png, png_size, &canvas, err)) {
        return false;
    }
    double ratio = options && options->pixel_ratio > 0 ? options->pixel_ratio : 1;
    bool ok = add_canvas(sprite, name, canvas, ratio, options && options->is_sdf, err);
    canvas_destroy(canvas);
    return ok;
}

/* Drawn with eight pixels to a CSS pixel or more, so that the outline is right within an eighth. */
static bool make_field(const void *svg, size_t svg_size, double pixel_ratio, struct canvas **out_field,
                       struct error *err)
{
    struct canvas *fine;
    double times = pixel_ratio <= 8 ? ceil(8 / pixel_ratio) : 1;
    if (!svg_rasterise(svg, svg_size, pixel_ratio * times, &fine, err)) {
        return false;
    }
    *out_field = sdf_of_canvas(fine, (uint32_t)times, pixel_ratio);
    canvas_destroy(fine);
    return *out_field || error_no_memory(err);
}

bool sprite_add_svg(struct sprite *sprite, struct text name, const void *svg, size_t svg_size,
                    const struct sprite_options *options, struct error *err)
{
    struct canvas *canvas;
    double ratio = options && options->pixel_ratio > 0 ? options->pixel_ratio : 1;
    bool is_sdf = options && options->is_sdf;
    if (!(is_sdf ? make_field(svg, svg_size, ratio, &canvas, err)
                 : svg_rasterise(svg, svg_size, ratio, &canvas, err))) {
        return false;
    }
    bool ok = add_canvas(sprite, name, canvas, ratio, is_sdf, err);
    canvas_destroy(canvas);
    return ok;
}

void sprite_remove(struct sprite *sprite, struct text name)
{
    size_t place = place_of(sprite, name, 0);
    while (place < sprite->count && text_equal(sprite->entries[place]->image.name, name)) {
        drop(sprite, place);
    }
}

const struct sprite_image *sprite_find(const struct sprite *sprite, struct text name, double pixel_ratio)
{
    if (!sprite) {
        return NULL;
    }
    size_t place = place_of(sprite, name, pixel_ratio);
    if (place < sprite->count && text_equal(sprite->entries[place]->image.name, name)) {
        return &sprite->entries[place]->image;
    }
    return place > 0 && text_equal(sprite->entries[place - 1]->image.name, name) ? &sprite->entries[place - 1]->image
                                                                                 : NULL;
}

bool sprite_has(const void *sprite, struct text name)
{
    return sprite_find(sprite, name, 1) != NULL;
}

size_t sprite_count(const struct sprite *sprite)
{
    return sprite ? sprite->count : 0;
}

const struct sprite_image *sprite_at(const struct sprite *sprite, size_t index)
{
    return &sprite->entries[index]->image;
}

uint64_t sprite_hash(const struct sprite *sprite)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < sprite_count(sprite); i++) {
        hash = hash_mix(hash, sprite->entries[i]->hash);
    }
    return hash;
}
