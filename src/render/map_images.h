/* SPDX-License-Identifier: MIT */
#pragma once
/* The images of maps (draw/sprite_folder.h), and what clients that draw the same style by themselves are handed: a
 * sprite of the images a style uses, glyph ranges of its fonts. */

#include "base/buffer.h"
#include "render/render_assets.h"
#include "style/style.h"

/* Told of a file that is left out. */
typedef void map_images_problem(void *context, const char *path, const struct error *problem);

/* Reads the images in a folder that the styles use (all of it, where names are made from attributes); none when it is
 * not there. The caller unrefs the sprite: map_images_unref. */
bool map_images_read(const char *folder, const struct style *const *styles, size_t style_count,
                     map_images_problem *on_problem, void *context, struct sprite **out_images, struct error *err);
/* A hash of the names the styles use; 0 when they use none: nothing need be read. */
uint64_t map_images_wanted(const struct style *const *styles, size_t style_count);
void map_images_unref(const struct sprite *images);
const struct sprite *map_images_ref(const struct sprite *images);
/* Of names and contents; 0 when there are none. */
uint64_t map_images_hash(const struct sprite *images);
/* Of names, sizes and times of the files: changes when the folder should be read again. */
uint64_t map_images_fingerprint(const char *folder);

/* The sheet of the images `style` uses, at a pixel ratio: its index (JSON) and its picture (PNG); either may be NULL.
 * Equal images give equal bytes. */
bool map_images_write_sheet(const struct sprite *images, const struct style *style, double pixel_ratio,
                            struct buffer *out_json, struct buffer *out_png, struct error *err);
/* The glyphs of a font stack as clients want them (draw/glyph_pbf.h). */
bool map_images_write_glyphs(struct text stack, uint32_t range_start, struct buffer *out, struct error *err);
