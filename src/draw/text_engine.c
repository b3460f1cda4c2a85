/* SPDX-License-Identifier: MIT */
#include "draw/text_engine.h"

#include "base/arena.h"
#include "base/hash.h"
#include "draw/font.h"
#include "draw/glyph.h"
#include "draw/glyph_pbf.h"
#include "draw/text_cache.h"
#include "draw/text_layout.h"
#include "draw/text_mask.h"
#include "draw/text_measure.h"
#include "draw/text_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAYOUT_BYTES_MAX = 8 << 20,
    WIDTH_BYTES_MAX = 2 << 20,
    GLYPH_BYTES_MAX = 8 << 20,
    SCRATCH_BYTES_MAX = 16 << 20,
    COMMON_LETTERS = 0x250, /* Latin: the font of each is remembered */
    PHASES = 4,
    SIZE_STEPS = 64 /* sizes of cached glyphs are told apart by this part of a pixel */
};

struct stack {
    uint64_t hash;
    char *names; /* joined by commas */
    uint32_t fonts[TEXT_STACK_FONTS_MAX];
    uint32_t font_count;
    enum text_stack_quality quality;
    uint32_t latin[COMMON_LETTERS]; /* font + 1; 0: not looked for yet */
};

struct text_engine {
    const struct font_list *fonts; /* NULL on a machine without */
    struct font_face **faces;      /* by font number, opened when first used */
    uint32_t stack_count;
    struct stack *stacks[TEXT_STACKS_MAX];
    struct text_words *words;
    struct text_cache *widths; /* of words */
    struct text_cache *layouts;
    struct text_cache *glyphs;
    struct text_cache *others; /* code point and first font -> font */
    struct arena *scratch;
    struct raster *raster;
    struct glyph_path path;
    struct text_mask mask;
    uint8_t *coverage; /* scratch of one glyph */
    float *distances;
    size_t pixel_capacity;
    uint64_t missing;
    struct glyph_ranges *ranges; /* borrowed; NULL: the machine's fonts */
    const struct glyph_ranges *last_ranges;
    uint64_t range_sets; /* tells layouts made with one set of ranges from those of another */
};

void text_engine_destroy(struct text_engine *engine)
{
    if (!engine) {
        return;
    }
    for (size_t i = 0; engine->faces && i < font_list_count(engine->fonts); i++) {
        font_face_close(engine->faces[i]);
    }
    free(engine->faces);
    for (uint32_t i = 0; i < engine->stack_count; i++) {
        free(engine->stacks[i]->names);
        free(engine->stacks[i]);
    }
    text_words_destroy(engine->words);
    text_cache_destroy(engine->widths);
    text_cache_destroy(engine->layouts);
    text_cache_destroy(engine->glyphs);
    text_cache_destroy(engine->others);
    arena_destroy(engine->scratch);
    raster_destroy(engine->raster);
    glyph_path_finish(&engine->path);
    text_mask_finish(&engine->mask);
    free(engine->coverage);
    free(engine->distances);
    free(engine);
}

struct text_engine *text_engine_create(void)
{
    struct text_engine *engine = calloc(1, sizeof *engine);
    if (!engine) {
        return NULL;
    }
    engine->fonts = font_list_get(NULL);
    if (engine->fonts && font_list_count(engine->fonts) > 0) {
        engine->faces = calloc(font_list_count(engine->fonts), sizeof(struct font_face *));
    }
    engine->words = text_words_create();
    engine->widths = text_cache_create(WIDTH_BYTES_MAX);
    engine->layouts = text_cache_create(LAYOUT_BYTES_MAX);
    engine->glyphs = text_cache_create(GLYPH_BYTES_MAX);
    engine->others = text_cache_create(1 << 20);
    engine->scratch = arena_create(SCRATCH_BYTES_MAX);
    engine->raster = raster_create(GLYPH_SIDE_MAX_PX, GLYPH_SIDE_MAX_PX);
    if (!engine->words || !engine->widths || !engine->layouts || !engine->glyphs || !engine->others ||
        !engine->scratch || !engine->raster) {
        text_engine_destroy(engine);
        return NULL;
    }
    return engine;
}

/* Exact finds go before nearest ones: "Foo Bold,Open Sans Bold" is Open Sans Bold. */
static void find_stack(struct text_engine *engine, struct stack *stack, const struct text *names, size_t count)
{
    static const struct text nameless = {"", 0};
    stack->quality = TEXT_STACK_SUBSTITUTED;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count && stack->font_count < TEXT_STACK_FONTS_MAX; i++) {
            bool exact = false;
            uint32_t font = font_list_find(engine->fonts, names[i], &exact);
            if (font == FONT_NONE || exact != (pass == 0)) {
                continue;
            }
            enum text_stack_quality quality = exact ? TEXT_STACK_EXACT : TEXT_STACK_NEAREST;
            stack->quality = quality < stack->quality ? quality : stack->quality;
            stack->fonts[stack->font_count++] = font;
        }
    }
    if (stack->font_count == 0) {
        uint32_t font = font_list_substitute(engine->fonts, count > 0 ? names[0] : nameless);
        if (font != FONT_NONE) {
            stack->fonts[stack->font_count++] = font;
        }
    }
}

static char *join_names(const struct text *names, size_t count)
{
    size_t size = 1;
    for (size_t i = 0; i < count; i++) {
        size += names[i].length + 1;
    }
    char *joined = malloc(size);
    size_t at = 0;
    for (size_t i = 0; joined && i < count; i++) {
        if (i > 0) {
            joined[at++] = ',';
        }
        if (names[i].length > 0) {
            memcpy(joined + at, names[i].data, names[i].length);
        }
        at += names[i].length;
    }
    if (joined) {
        joined[at] = '\0';
    }
    return joined;
}

uint32_t text_engine_stack(struct text_engine *engine, const struct text *names, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = hash_bytes_seeded(names[i].data, names[i].length, hash);
    }
    for (uint32_t i = 0; i < engine->stack_count; i++) {
        if (engine->stacks[i]->hash == hash) {
            return i;
        }
    }
    struct stack *stack = engine->stack_count < TEXT_STACKS_MAX ? calloc(1, sizeof *stack) : NULL;
    char *joined = stack ? join_names(names, count) : NULL;
    if (!joined) {
        free(stack);
        return 0; /* too many: the first one does */
    }
    stack->hash = hash;
    stack->names = joined;
    if (engine->fonts) {
        find_stack(engine, stack, names, count);
    }
    engine->stacks[engine->stack_count] = stack;
    return engine->stack_count++;
}

enum text_stack_quality text_engine_stack_quality(const struct text_engine *engine, uint32_t stack)
{
    return stack < engine->stack_count ? engine->stacks[stack]->quality : TEXT_STACK_SUBSTITUTED;
}

const char *text_engine_stack_font(const struct text_engine *engine, uint32_t stack)
{
    bool known = stack < engine->stack_count && engine->stacks[stack]->font_count > 0;
    return known ? font_list_name(engine->fonts, engine->stacks[stack]->fonts[0]) : "";
}

struct text text_engine_stack_names(const struct text_engine *engine, uint32_t stack)
{
    return text_of(stack < engine->stack_count ? engine->stacks[stack]->names : NULL);
}

void text_engine_use_ranges(struct text_engine *engine, struct glyph_ranges *ranges)
{
    if (ranges && ranges != engine->last_ranges) {
        engine->last_ranges = ranges;
        engine->range_sets++;
    }
    engine->ranges = ranges;
}

uint64_t text_engine_missing_characters(const struct text_engine *engine)
{
    return engine->missing;
}

/* The font of the machine that has a character the stack lacks; remembered, since all fonts are asked. */
static uint32_t other_font(struct text_engine *engine, uint32_t like, uint32_t code_point)
{
    uint32_t key[2] = {like, code_point};
    uint32_t *known = text_cache_find(engine->others, key, sizeof key);
    if (known) {
        return *known;
    }
    uint32_t font = font_list_with(engine->fonts, like, code_point);
    known = text_cache_put(engine->others, key, sizeof key, sizeof *known);
    if (known) {
        *known = font;
    }
    return font;
}

static bool is_invisible(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
           (code >= 0xfe00 && code <= 0xfe0f) || code == 0xfeff;
}

static uint32_t find_font(struct text_engine *engine, const struct stack *stack, uint32_t code_point)
{
    for (uint32_t i = 0; i < stack->font_count; i++) {
        if (font_list_has(engine->fonts, stack->fonts[i], code_point)) {
            return stack->fonts[i];
        }
    }
    uint32_t first = stack->font_count > 0 ? stack->fonts[0] : FONT_NONE;
    if (first == FONT_NONE || is_invisible(code_point)) {
        return first;
    }
    uint32_t other = other_font(engine, first, code_point);
    if (other == FONT_NONE) {
        engine->missing++;
        return first; /* its box for what is missing */
    }
    return other;
}

static uint32_t choose_font(void *context, uint32_t stack_number, uint32_t code_point)
{
    struct text_engine *engine = context;
    if (stack_number >= engine->stack_count) {
        return FONT_NONE;
    }
    if (engine->ranges) {
        return TEXT_FONT_SDF | stack_number;
    }
    struct stack *stack = engine->stacks[stack_number];
    if (code_point >= COMMON_LETTERS) {
        return find_font(engine, stack, code_point);
    }
    if (stack->latin[code_point] == 0) {
        stack->latin[code_point] = find_font(engine, stack, code_point) + 1;
    }
    return stack->latin[code_point] - 1;
}

static struct font_face *face_of(struct text_engine *engine, uint32_t font)
{
    if (!engine->faces || font >= font_list_count(engine->fonts)) {
        return NULL;
    }
    if (!engine->faces[font]) {
        engine->faces[font] = font_face_open(engine->fonts, font, NULL);
    }
    return engine->faces[font];
}

static struct hb_font_t *shaper_of(void *context, uint32_t font, double *out_units)
{
    struct font_face *face = face_of(context, font);
    if (!face) {
        return NULL;
    }
    *out_units = (double)font_face_units(face);
    return font_face_shaper(face);
}

static bool range_glyph(void *context, uint32_t stack, uint32_t code_point, double *out_advance, bool *out_has_ink)
{
    struct text_engine *engine = context;
    const struct glyph_sdf *glyph =
        glyph_ranges_find(engine->ranges, text_engine_stack_names(engine, stack), code_point);
    if (!glyph) {
        return false;
    }
    *out_advance = (double)glyph->advance_px / GLYPH_PBF_EM_PX;
    *out_has_ink = glyph->bitmap != NULL;
    return true;
}

/* All that a layout depends on, as bytes. NULL when memory is out. */
static unsigned char *layout_key(struct text_engine *engine, const struct text_section *sections, size_t count,
                                 const struct text_wish *wish, size_t *out_size)
{
    double numbers[] = {
        wish->max_width_em,      wish->line_height_em,
        wish->letter_spacing_em, (double)wish->justify + (wish->vertical ? 8 : 0) + (wish->turns_all_back ? 16 : 0),
        (double)count,           wish->size_px,
        wish->breaking_size_px,  engine->ranges ? (double)engine->range_sets : 0};
    size_t size = sizeof numbers;
    for (size_t i = 0; i < count; i++) {
        size += sections[i].text.length + 5 * sizeof(double);
    }
    unsigned char *key = arena_alloc_raw(engine->scratch, size);
    if (!key) {
        return NULL;
    }
    memcpy(key, numbers, sizeof numbers);
    unsigned char *at = key + sizeof numbers;
    for (size_t i = 0; i < count; i++) {
        double section[5] = {sections[i].scale, (double)sections[i].stack * 4294967296.0 + (double)sections[i].mark,
                             (double)sections[i].text.length * 8 + (sections[i].is_image ? 4 : 0) +
                                 (double)sections[i].align,
                             sections[i].width_px, sections[i].height_px};
        memcpy(at, section, sizeof section);
        memcpy(at + sizeof section, sections[i].text.data ? sections[i].text.data : "", sections[i].text.length);
        at += sizeof section + sections[i].text.length;
    }
    *out_size = size;
    return key;
}

static struct text_layout_fonts fonts_of(struct text_engine *engine)
{
    return (struct text_layout_fonts){engine, engine->words, choose_font, shaper_of,
                                      engine->ranges ? range_glyph : NULL};
}

bool text_engine_measure(struct text_engine *engine, const struct text_section *section, const struct text_wish *wish,
                         struct text_size *out_size)
{
    const struct text_layout_fonts fonts = fonts_of(engine);
    return text_measure(&fonts, engine->widths, section, wish, out_size);
}

/* What is kept: the layout and its glyphs behind it. */
struct kept_layout {
    struct text_layout layout;
    struct text_glyph glyphs[];
};

const struct text_layout *text_engine_layout(struct text_engine *engine, const struct text_section *sections,
                                             size_t count, const struct text_wish *wish)
{
    arena_reset(engine->scratch);
    size_t key_size = 0;
    unsigned char *key = layout_key(engine, sections, count, wish, &key_size);
    if (!key) {
        return NULL;
    }
    struct kept_layout *kept = text_cache_find(engine->layouts, key, key_size);
    if (kept) {
        return &kept->layout;
    }
    const struct text_layout_fonts fonts = fonts_of(engine);
    struct text_layout made;
    if (!text_layout_make(&fonts, sections, count, wish, engine->scratch, &made)) {
        return NULL;
    }
    size_t glyph_bytes = made.glyph_count * sizeof *made.glyphs;
    kept = text_cache_put(engine->layouts, key, key_size, sizeof *kept + glyph_bytes);
    if (!kept) {
        return NULL;
    }
    kept->layout = made;
    if (glyph_bytes > 0) {
        memcpy(kept->glyphs, made.glyphs, glyph_bytes);
    }
    kept->layout.glyphs = kept->glyphs;
    return &kept->layout;
}

/* A glyph's coverage around its pen. */
struct glyph_picture {
    struct glyph_box box;
    uint8_t coverage[];
};

struct glyph_key {
    uint32_t font;
    uint32_t glyph;
    uint32_t size; /* 1 / SIZE_STEPS pixels */
    uint16_t halo; /* likewise */
    uint16_t blur;
    uint16_t phase_x; /* 24.8: where in its pixel the pen is */
    uint16_t phase_y;
    float cosine;
    float sine;
};

static bool reserve_pixels(struct text_engine *engine, const struct glyph_box *box)
{
    size_t count = glyph_distance_stride(box) * (size_t)box->height;
    if (count <= engine->pixel_capacity) {
        return true;
    }
    free(engine->coverage);
    free(engine->distances);
    engine->coverage = malloc(count);
    engine->distances = malloc(count * sizeof *engine->distances);
    engine->pixel_capacity = engine->coverage && engine->distances ? count : 0;
    return engine->pixel_capacity > 0;
}

/* Reads the outline into the engine's scratch and says which pixels it touches: none for blanks. */
static bool read_outline(struct text_engine *engine, const struct glyph_key *key, struct glyph_box *out_box)
{
    *out_box = (struct glyph_box){0, 0, 0, 0};
    struct font_face *face = face_of(engine, key->font);
    if (!face) {
        return true;
    }
    const struct glyph_transform transform = {.scale = (double)key->size / SIZE_STEPS / (double)font_face_units(face),
                                              .cosine = (double)key->cosine,
                                              .sine = (double)key->sine,
                                              .shift_x = key->phase_x,
                                              .shift_y = key->phase_y};
    if (!glyph_path_read(&engine->path, face, key->glyph, &transform)) {
        return !engine->path.failed;
    }
    double reach =
        key->halo > 0 ? glyph_halo_reach_px((double)key->halo / SIZE_STEPS, (double)key->blur / SIZE_STEPS) : 0;
    *out_box = glyph_box_of(&engine->path, reach);
    return out_box->width == 0 || reserve_pixels(engine, out_box);
}

static struct glyph_picture *put_picture(struct text_engine *engine, const struct glyph_key *key,
                                         const struct glyph_box *box)
{
    size_t pixels = (size_t)box->width * (size_t)box->height;
    struct glyph_picture *picture = text_cache_put(engine->glyphs, key, sizeof *key, sizeof *picture + pixels);
    if (picture) {
        picture->box = *box;
    }
    return picture;
}

/* The glyph itself, which will be wanted after its halo, cut from the larger picture that the halo needs. */
static void keep_filled(struct text_engine *engine, const struct glyph_key *halo_key, const struct glyph_box *larger)
{
    struct glyph_key key = *halo_key;
    key.halo = 0;
    key.blur = 0;
    struct glyph_box box = glyph_box_of(&engine->path, 0);
    if (text_cache_find(engine->glyphs, &key, sizeof key)) {
        return;
    }
    struct glyph_picture *picture = put_picture(engine, &key, &box);
    for (int32_t y = 0; picture && y < box.height; y++) {
        const uint8_t *from =
            engine->coverage + (y + box.top - larger->top) * larger->width + (box.left - larger->left);
        int32_t count = larger->left + larger->width - box.left;
        memcpy(picture->coverage + y * box.width, from, (size_t)(count < box.width ? count : box.width));
    }
}

static const struct glyph_picture *picture_of(struct text_engine *engine, const struct glyph_key *key)
{
    struct glyph_picture *picture = text_cache_find(engine->glyphs, key, sizeof *key);
    if (picture) {
        return picture;
    }
    struct glyph_box box;
    if (!read_outline(engine, key, &box)) {
        return NULL;
    }
    if (box.width > 0) {
        glyph_fill(&engine->path, &box, engine->raster, engine->coverage);
        if (key->halo > 0) {
            keep_filled(engine, key, &box);
        }
    }
    picture = put_picture(engine, key, &box);
    if (!picture || box.width == 0) {
        return picture;
    }
    if (key->halo > 0) {
        glyph_widen(&engine->path, &box, (double)key->halo / SIZE_STEPS, (double)key->blur / SIZE_STEPS,
                    engine->distances, engine->coverage, picture->coverage);
    } else {
        memcpy(picture->coverage, engine->coverage, (size_t)box.width * (size_t)box.height);
    }
    return picture;
}

static uint32_t steps_of(double pixels, uint32_t most)
{
    double steps = floor(pixels * SIZE_STEPS + 0.5);
    return steps <= 0 ? 0 : steps >= most ? most : (uint32_t)steps;
}

/* Whole part of a / 2^shift, rounded down. */
static int64_t floor_shift(int64_t a, int shift)
{
    return a >= 0 ? a >> shift : -((-a + ((int64_t)1 << shift) - 1) >> shift);
}

bool text_engine_begin(struct text_engine *engine, const struct canvas *canvas, int32_t min_x, int32_t min_y,
                       int32_t max_x, int32_t max_y)
{
    int32_t width = (int32_t)canvas->width_px;
    int32_t height = (int32_t)canvas->height_px;
    int32_t left = min_x > 0 ? min_x : 0;
    int32_t top = min_y > 0 ? min_y : 0;
    int32_t right = max_x < width ? max_x : width;
    int32_t bottom = max_y < height ? max_y : height;
    return left < right && top < bottom && text_mask_begin(&engine->mask, left, top, right - left, bottom - top);
}

/* Adds a glyph whose pen is at a position whose fractions are those of the key. */
static void add_picture(struct text_engine *engine, struct glyph_key *key, double scale, const struct text_ink *ink,
                        int64_t x_256, int64_t y_256)
{
    key->size = steps_of(ink->size_px * scale, 1u << 20);
    key->halo = (uint16_t)steps_of(ink->halo_px, UINT16_MAX);
    key->blur = key->halo > 0 ? (uint16_t)steps_of(ink->halo_blur_px, UINT16_MAX) : 0;
    key->phase_x = (uint16_t)(x_256 & (DRAW_ONE - 1));
    key->phase_y = (uint16_t)(y_256 & (DRAW_ONE - 1));
    const struct glyph_picture *picture = picture_of(engine, key);
    if (picture) {
        text_mask_add(&engine->mask, picture->coverage, picture->box.width, picture->box.height,
                      floor_shift(x_256, 8) + picture->box.left, floor_shift(y_256, 8) + picture->box.top,
                      key->halo > 0);
    }
}

void text_engine_add(struct text_engine *engine, uint32_t font, uint32_t glyph, double scale,
                     const struct text_ink *ink, int64_t x_256, int64_t y_256)
{
    struct glyph_key key = {.font = font, .glyph = glyph, .cosine = 1, .sine = 0};
    int64_t step = DRAW_ONE / PHASES;
    add_picture(engine, &key, scale, ink, floor_shift(x_256 + step / 2, 6) * step,
                floor_shift(y_256 + DRAW_ONE / 2, 8) * DRAW_ONE);
}

void text_engine_add_turned(struct text_engine *engine, uint32_t font, uint32_t glyph, double scale,
                            const struct text_ink *ink, int64_t x_256, int64_t y_256, double cosine, double sine)
{
    struct glyph_key key = {.font = font, .glyph = glyph, .cosine = (float)cosine, .sine = (float)sine};
    add_picture(engine, &key, scale, ink, x_256, y_256);
}

void text_engine_end(struct text_engine *engine, struct canvas *canvas, struct pixel pixel)
{
    text_mask_paint(&engine->mask, canvas, pixel);
}
