/* SPDX-License-Identifier: MIT */
/* PNG out: libpng writes the frame (signature, header, palette, text); what is in the one IDAT of indexed pictures is
 * ours (png_deflate.c), that of others libdeflate's. */

#include "draw/png_encode.h"

#include "draw/blend.h"
#include "draw/png_deflate.h"
#include "draw/png_rows.h"

#include <libdeflate.h>
#include <limits.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

enum {
    COLORS_MAX = 256,
    SLOTS = 1024, /* of the table of colours; a power of two */
    LEVEL_DEFAULT = 1,
    LEVEL_MAX = 12,
    MISSED_SHARE = 1000, /* one pixel of so many may be off by more than PALETTE_ERROR_MAX */
    DECODE_PIXELS_MAX = 16 * 1024 * 1024
};

struct png_encoder {
    struct png_deflate *deflate;
    struct libdeflate_compressor *compressors[LEVEL_MAX + 1]; /* made when first needed */
    unsigned char *scanlines;                                 /* filter byte and samples of every row */
    size_t scanlines_size;
    unsigned char *deflated;
    size_t deflated_size;
};

/* The distinct colours of a picture, in order of appearance until they are sorted. */
struct colors {
    uint32_t words[COLORS_MAX]; /* premultiplied */
    size_t count;
    uint16_t slots[SLOTS]; /* index + 1 into words; 0 is free */
};

/* ---- Colours ---- */

static size_t slot_of(const struct colors *colors, uint32_t word)
{
    size_t slot = (word * UINT32_C(2654435761)) >> 22;
    while (colors->slots[slot] != 0 && colors->words[colors->slots[slot] - 1] != word) {
        slot = (slot + 1) % SLOTS;
    }
    return slot;
}

enum { RUN = 8 }; /* pixels that are compared at once */

static bool is_run(const uint8_t *pixels, uint32_t word)
{
    uint64_t pairs[RUN / 2];
    uint64_t pair = (uint64_t)word << 32 | word;
    uint64_t different = 0;
    memcpy(pairs, pixels, sizeof pairs);
    for (int i = 0; i < RUN / 2; i++) {
        different |= pairs[i] ^ pair;
    }
    return different == 0;
}

/* True when the canvas has at most COLORS_MAX colours, which are then in `colors`. Writes the index of each pixel.
 */
static bool find_colors(struct colors *colors, const struct canvas *canvas, uint8_t *out_indices)
{
    size_t count = (size_t)canvas->width_px * canvas->height_px;
    uint32_t previous = 0;
    uint8_t index = 0;
    colors->count = 0;
    memset(colors->slots, 0, sizeof colors->slots);
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, canvas->rgba + i * 4, 4);
        if (word == previous && i > 0) {
            while (i + RUN < count && is_run(canvas->rgba + i * 4, word)) {
                memset(out_indices + i, index, RUN);
                i += RUN;
            }
            memcpy(&word, canvas->rgba + i * 4, 4);
        }
        if (word != previous || i == 0) {
            size_t slot = slot_of(colors, word);
            if (colors->slots[slot] == 0) {
                if (colors->count == COLORS_MAX) {
                    return false;
                }
                colors->words[colors->count++] = word;
                colors->slots[slot] = (uint16_t)colors->count;
            }
            index = (uint8_t)(colors->slots[slot] - 1);
            previous = word;
        }
        out_indices[i] = index;
    }
    return true;
}

/* Translucent colours first, so that the transparency chunk ends with them; fills `out_map` with the new indices. */
static size_t sort_colors(struct colors *colors, uint8_t out_map[COLORS_MAX])
{
    uint32_t sorted[COLORS_MAX];
    size_t placed = 0;
    size_t translucent = 0;
    for (int opaque = 0; opaque < 2; opaque++) {
        for (size_t i = 0; i < colors->count; i++) {
            if ((colors->words[i] >> 24 == 255) == (opaque == 1)) {
                out_map[i] = (uint8_t)placed;
                sorted[placed++] = colors->words[i];
            }
        }
        translucent = opaque == 0 ? placed : translucent;
    }
    memcpy(colors->words, sorted, placed * sizeof sorted[0]);
    return translucent;
}

/* The straight value of a premultiplied component; alpha is not 0. */
static uint8_t straight(uint32_t component, uint32_t alpha)
{
    uint32_t value = (component * 255 + alpha / 2) / alpha;
    return (uint8_t)(value < 255 ? value : 255);
}

static struct pixel straight_pixel(uint32_t word)
{
    uint32_t alpha = word >> 24;
    if (alpha == 255) {
        return blend_pixel(word);
    }
    if (alpha == 0) {
        return (struct pixel){0, 0, 0, 0};
    }
    return (struct pixel){straight(word & 255, alpha), straight(word >> 8 & 255, alpha),
                          straight(word >> 16 & 255, alpha), (uint8_t)alpha};
}

/* ---- Scanlines ---- */

static bool is_opaque(const struct canvas *canvas)
{
    size_t count = (size_t)canvas->width_px * canvas->height_px;
    uint8_t all = 255;
    for (size_t i = 0; i < count; i++) {
        all &= canvas->rgba[i * 4 + 3];
    }
    return all == 255;
}

static void put_row(unsigned char *out, const uint8_t *row, size_t width, bool opaque)
{
    for (size_t x = 0; x < width; x++) {
        uint32_t word;
        memcpy(&word, row + x * 4, 4);
        struct pixel pixel = opaque ? blend_pixel(word) : straight_pixel(word);
        *out++ = pixel.r;
        *out++ = pixel.g;
        *out++ = pixel.b;
        if (!opaque) {
            *out++ = pixel.a;
        }
    }
}

static size_t put_true_color(unsigned char *out, const struct canvas *canvas, bool opaque)
{
    size_t width = canvas->width_px;
    size_t row_bytes = width * (opaque ? 3 : 4);
    for (size_t y = 0; y < canvas->height_px; y++) {
        unsigned char *line = out + y * (row_bytes + 1);
        line[0] = 0;
        put_row(line + 1, canvas->rgba + y * width * 4, width, opaque);
    }
    return canvas->height_px * (row_bytes + 1);
}

/* ---- Encoder ---- */

struct png_encoder *png_encoder_create(void)
{
    struct png_encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder) {
        encoder->deflate = png_deflate_create();
        if (!encoder->deflate) {
            free(encoder);
            return NULL;
        }
    }
    return encoder;
}

void png_encoder_destroy(struct png_encoder *encoder)
{
    if (encoder) {
        for (int level = 0; level <= LEVEL_MAX; level++) {
            if (encoder->compressors[level]) {
                libdeflate_free_compressor(encoder->compressors[level]);
            }
        }
        png_deflate_destroy(encoder->deflate);
        free(encoder->scanlines);
        free(encoder->deflated);
        free(encoder);
    }
}

static bool reserve(unsigned char **memory, size_t *size, size_t needed)
{
    if (*size < needed) {
        unsigned char *grown = malloc(needed);
        if (!grown) {
            return false;
        }
        free(*memory);
        *memory = grown;
        *size = needed;
    }
    return true;
}

/* The zlib stream of an indexed picture's scanlines, in encoder->deflated; 0 when memory is out. */
static size_t deflate_indexed(struct png_encoder *encoder, size_t size, size_t row_size)
{
    if (!reserve(&encoder->deflated, &encoder->deflated_size, png_deflate_bound(size))) {
        return 0;
    }
    return png_deflate_pack(encoder->deflate, encoder->scanlines, size, row_size, encoder->deflated);
}

/* The same by libdeflate, for any picture. */
static size_t deflate_scanlines(struct png_encoder *encoder, size_t size, int level)
{
    struct libdeflate_compressor **compressor = &encoder->compressors[level];
    if (!*compressor) {
        *compressor = libdeflate_alloc_compressor(level);
        if (!*compressor) {
            return 0;
        }
    }
    size_t bound = libdeflate_zlib_compress_bound(*compressor, size);
    if (!reserve(&encoder->deflated, &encoder->deflated_size, bound)) {
        return 0;
    }
    return libdeflate_zlib_compress(*compressor, encoder->scanlines, size, encoder->deflated, bound);
}

/* What the frame says about the picture. */
struct frame {
    uint32_t width;
    uint32_t height;
    int bit_depth;
    int color_type;
    const struct colors *palette; /* of an indexed picture; else NULL */
    size_t translucent;           /* palette entries with an alpha of their own */
    const char *text;
};

static void write_bytes(png_structp png, png_bytep bytes, png_size_t size)
{
    buffer_append(png_get_io_ptr(png), bytes, size);
}

static void flush_bytes(png_structp png)
{
    (void)png;
}

static void on_png_error(png_structp png, png_const_charp message)
{
    struct error *err = png_get_error_ptr(png);
    error_set(err, ERROR_INVALID, "%s", message);
    longjmp(*png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

static void on_png_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void set_palette(png_structp png, png_infop info, const struct frame *frame)
{
    png_color colors[COLORS_MAX];
    png_byte alphas[COLORS_MAX];
    for (size_t i = 0; i < frame->palette->count; i++) {
        struct pixel pixel = straight_pixel(frame->palette->words[i]);
        colors[i] = (png_color){pixel.r, pixel.g, pixel.b};
        alphas[i] = pixel.a;
    }
    png_set_PLTE(png, info, colors, (int)frame->palette->count);
    if (frame->translucent > 0) {
        png_set_tRNS(png, info, alphas, (int)frame->translucent, NULL);
    }
}

static bool is_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 128) {
            return false;
        }
    }
    return true;
}

/* libpng takes text by pointers to what it promises not to change. */
static void set_text(png_structp png, png_infop info, const char *text)
{
    png_text entry = {0};
    char key[] = "Description";
    char language[] = "";
    union {
        const char *borrowed;
        char *given;
    } content = {.borrowed = text};
    entry.compression = is_ascii(text) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    entry.key = key;
    entry.text = content.given;
    entry.lang = language;
    entry.lang_key = language;
    png_set_text(png, info, &entry, 1);
}

/* As png_write_chunk does, but with libdeflate's checksum: zlib's took 9 of 150 us of a tile. */
static void write_idat(png_structp png, const unsigned char *idat, size_t size)
{
    static const png_byte type[4] = {'I', 'D', 'A', 'T'};
    png_byte word[4];
    if (size > PNG_UINT_31_MAX) {
        png_error(png, "picture is too large");
    }
    png_save_uint_32(word, (png_uint_32)size);
    write_bytes(png, word, sizeof word);
    buffer_append(png_get_io_ptr(png), type, sizeof type);
    buffer_append(png_get_io_ptr(png), idat, size);
    png_save_uint_32(word, libdeflate_crc32(libdeflate_crc32(0, type, sizeof type), idat, size));
    write_bytes(png, word, sizeof word);
}

/* Everything that may jump; nothing here owns anything. */
static void write_chunks(png_structp png, png_infop info, const struct frame *frame, const unsigned char *idat,
                         size_t idat_size)
{
    static const png_byte IEND[5] = "IEND";
    png_set_IHDR(png, info, frame->width, frame->height, frame->bit_depth, frame->color_type, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (frame->palette) {
        set_palette(png, info, frame);
    }
    if (frame->text && frame->text[0]) {
        set_text(png, info, frame->text);
    }
    png_write_info(png, info);
    write_idat(png, idat, idat_size);
    png_write_chunk(png, IEND, NULL, 0);
}

static bool write_frame(const struct frame *frame, const unsigned char *idat, size_t idat_size, struct buffer *out,
                        struct error *err)
{
    size_t length_before = out->length;
    png_infop info = NULL;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, err, on_png_error, on_png_warning);
    if (png) {
        info = png_create_info_struct(png);
    }
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return error_no_memory(err);
    }
    if (setjmp(*png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)))) {
        png_destroy_write_struct(&png, &info);
        out->length = length_before;
        return false;
    }
    png_set_write_fn(png, out, write_bytes, flush_bytes);
    write_chunks(png, info, frame, idat, idat_size);
    png_destroy_write_struct(&png, &info);
    if (out->no_memory) {
        return error_no_memory(err);
    }
    if (out->failed) {
        out->length = length_before;
        error_set(err, ERROR_TOO_LARGE, "PNG does not fit into %zu bytes", out->length_max);
        return false;
    }
    return true;
}

/* Room for the scanlines of any kind; the indices are kept at its end, behind those of an indexed picture. */
static bool reserve_scanlines(struct png_encoder *encoder, const struct canvas *canvas, uint8_t **out_indices,
                              struct error *err)
{
    size_t pixels = (size_t)canvas->width_px * canvas->height_px;
    if (pixels == 0 || canvas->width_px > INT_MAX || canvas->height_px > INT_MAX) {
        error_set(err, ERROR_INVALID, "a PNG cannot be %u x %u pixels", canvas->width_px, canvas->height_px);
        return false;
    }
    if (!reserve(&encoder->scanlines, &encoder->scanlines_size, pixels * 4 + canvas->height_px)) {
        return error_no_memory(err);
    }
    *out_indices = encoder->scanlines + pixels * 3 + canvas->height_px;
    return true;
}

/* Packs an indexed picture of colours sorted with their translucent ones first, and says so in `frame`; returns the
 * size of the scanlines. */
static size_t put_indexed(struct png_encoder *encoder, const struct canvas *canvas, const struct colors *colors,
                          const uint8_t *indices, const uint8_t *numbers, struct frame *frame)
{
    frame->palette = colors;
    frame->color_type = PNG_COLOR_TYPE_PALETTE;
    frame->bit_depth = (int)png_rows_depth(colors->count);
    return png_rows_pack(indices, canvas->width_px, canvas->height_px, (unsigned)frame->bit_depth, numbers,
                         encoder->scanlines);
}

static bool write_scanlines(struct png_encoder *encoder, size_t size, const struct frame *frame,
                            const struct png_options *options, struct buffer *out, struct error *err)
{
    int level = options ? options->level : 0;
    size_t deflated;
    if (frame->palette && level <= 0) {
        deflated = deflate_indexed(encoder, size, size / frame->height);
    } else {
        level = level > 0 ? level : LEVEL_DEFAULT;
        deflated = deflate_scanlines(encoder, size, level < LEVEL_MAX ? level : LEVEL_MAX);
    }
    return deflated == 0 ? error_no_memory(err) : write_frame(frame, encoder->deflated, deflated, out, err);
}

static struct frame frame_of(const struct canvas *canvas, const struct png_options *options)
{
    return (struct frame){
        .width = canvas->width_px, .height = canvas->height_px, .bit_depth = 8, .text = options ? options->text : NULL};
}

bool png_encode(struct png_encoder *encoder, const struct canvas *canvas, const struct png_options *options,
                struct buffer *out, struct error *err)
{
    uint8_t *indices;
    if (!reserve_scanlines(encoder, canvas, &indices, err)) {
        return false;
    }
    struct frame frame = frame_of(canvas, options);
    struct colors colors;
    size_t size;
    if (find_colors(&colors, canvas, indices)) {
        uint8_t map[COLORS_MAX];
        frame.translucent = sort_colors(&colors, map);
        size = put_indexed(encoder, canvas, &colors, indices, map, &frame);
    } else {
        bool opaque = is_opaque(canvas);
        frame.color_type = opaque ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
        size = put_true_color(encoder->scanlines, canvas, opaque);
    }
    return write_scanlines(encoder, size, &frame, options, out, err);
}

/* The palette's colours that a picture has, sorted, and where each of the palette's indices went. Returns how many are
 * translucent. */
static size_t keep_used(struct colors *colors, const struct palette *palette, const bool used[PALETTE_COLORS_MAX],
                        uint8_t out_map[COLORS_MAX])
{
    uint8_t map[COLORS_MAX];
    colors->count = 0;
    for (size_t i = 0; i < COLORS_MAX; i++) {
        map[i] = (uint8_t)i;
        if (used[i]) {
            colors->words[colors->count++] = blend_word(palette_color(palette, i));
        }
    }
    size_t translucent = sort_colors(colors, map);
    for (size_t i = 0, kept = 0; i < COLORS_MAX; i++) {
        out_map[i] = map[kept];
        kept += used[i];
    }
    return translucent;
}

/* True, with all colours up to the last that is used, when most of them are and none of those is translucent: leaving
 * out the others would save less than it costs. */
static bool keep_all(struct colors *colors, const struct palette *palette, const bool used[PALETTE_COLORS_MAX])
{
    size_t used_count = 0;
    colors->count = 0;
    for (size_t i = 0; i < palette_count(palette); i++) {
        colors->words[i] = blend_word(palette_color(palette, i));
        used_count += used[i];
        colors->count = used[i] ? i + 1 : colors->count;
        if (used[i] && colors->words[i] >> 24 != 255) {
            return false;
        }
    }
    return used_count > PALETTE_COLORS_MAX / 2;
}

bool png_encode_with_palette(struct png_encoder *encoder, const struct canvas *canvas, struct palette_map *map,
                             const struct png_options *options, struct buffer *out, struct error *err)
{
    uint8_t *indices;
    if (!reserve_scanlines(encoder, canvas, &indices, err)) {
        return false;
    }
    size_t pixels = (size_t)canvas->width_px * canvas->height_px;
    bool used[PALETTE_COLORS_MAX];
    size_t missed = palette_map_canvas(map, canvas, indices, used);
    if (missed > pixels / MISSED_SHARE) {
        return png_encode(encoder, canvas, options, out, err);
    }
    struct frame frame = frame_of(canvas, options);
    struct colors colors;
    uint8_t new_indices[COLORS_MAX];
    size_t size;
    if (keep_all(&colors, palette_map_palette(map), used)) {
        size = put_indexed(encoder, canvas, &colors, indices, NULL, &frame);
    } else {
        frame.translucent = keep_used(&colors, palette_map_palette(map), used, new_indices);
        size = put_indexed(encoder, canvas, &colors, indices, new_indices, &frame);
    }
    return write_scanlines(encoder, size, &frame, options, out, err);
}

/* ---- Decoder ---- */

struct source {
    const uint8_t *bytes;
    size_t left;
};

static void read_bytes(png_structp png, png_bytep bytes, png_size_t size)
{
    struct source *source = png_get_io_ptr(png);
    if (size > source->left) {
        png_error(png, "file ends too early");
    }
    memcpy(bytes, source->bytes, size);
    source->bytes += size;
    source->left -= size;
}

static void premultiply(struct canvas *canvas)
{
    size_t count = (size_t)canvas->width_px * canvas->height_px;
    for (size_t i = 0; i < count; i++) {
        uint8_t *pixel = canvas->rgba + i * 4;
        uint32_t alpha = pixel[3];
        for (int channel = 0; channel < 3; channel++) {
            pixel[channel] = (uint8_t)blend_mul(pixel[channel], alpha);
        }
    }
}

/* A decoder's handles, outside the function that libpng jumps back to. */
struct decoder {
    png_structp png;
    png_infop info;
    struct source source;
    struct canvas *canvas;
    png_bytep *rows;
};

/* Reads all of the picture as 8-bit RGBA. May jump. */
static bool read_picture(struct decoder *decoder, struct error *err)
{
    png_structp png = decoder->png;
    png_infop info = decoder->info;
    png_set_read_fn(png, &decoder->source, read_bytes);
    png_set_user_limits(png, DECODE_PIXELS_MAX, DECODE_PIXELS_MAX);
    png_set_chunk_cache_max(png, 64);
    png_set_chunk_malloc_max(png, 4 << 20);
    png_read_info(png, info);
    uint32_t width = png_get_image_width(png, info);
    uint32_t height = png_get_image_height(png, info);
    if ((uint64_t)width * height > DECODE_PIXELS_MAX) {
        error_set(err, ERROR_TOO_LARGE, "PNG of %u x %u pixels is larger than 16 megapixels", width, height);
        return false;
    }
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    decoder->canvas = canvas_create(width, height);
    decoder->rows = malloc(height * sizeof *decoder->rows);
    if (!decoder->canvas || !decoder->rows) {
        return error_no_memory(err);
    }
    if (png_get_rowbytes(png, info) != (size_t)width * 4) {
        error_set(err, ERROR_INTERNAL, "PNG rows are not RGBA");
        return false;
    }
    for (uint32_t y = 0; y < height; y++) {
        decoder->rows[y] = decoder->canvas->rgba + (size_t)y * width * 4;
    }
    png_read_image(png, decoder->rows);
    return true;
}

static bool read_guarded(struct decoder *decoder, struct error *err)
{
    if (setjmp(*png_set_longjmp_fn(decoder->png, longjmp, sizeof(jmp_buf)))) {
        return false;
    }
    return read_picture(decoder, err);
}

bool png_decode(const void *bytes, size_t size, struct canvas **out_canvas, struct error *err)
{
    bool ok = false;
    struct decoder decoder = {.source = {bytes, size}};
    decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, err, on_png_error, on_png_warning);
    if (decoder.png) {
        decoder.info = png_create_info_struct(decoder.png);
    }
    if (!decoder.info) {
        error_no_memory(err);
        goto done;
    }
    if (!read_guarded(&decoder, err)) {
        error_prefix(err, "could not read PNG");
        goto done;
    }
    premultiply(decoder.canvas);
    *out_canvas = decoder.canvas;
    decoder.canvas = NULL;
    ok = true;
done:
    png_destroy_read_struct(&decoder.png, &decoder.info, NULL);
    canvas_destroy(decoder.canvas);
    free(decoder.rows);
    return ok;
}
