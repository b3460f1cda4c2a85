/* SPDX-License-Identifier: MIT */
/* Choosing: colours that must be exact first, then again and again the one that the palette meets worst, then a few
 * rounds of moving each chosen colour to the middle of those it stands for. Compared with median cut, this knows what
 * the exact colours already cover and keeps the worst error small. */

#include "draw/palette.h"

#include "draw/blend.h"
#include "draw/cpu.h"

#include <math.h>
#include <stdlib.h>

enum {
    LANES = 8,
    GROUPS = PALETTE_COLORS_MAX / LANES,
    BIN_SLOTS = 1 << 16,      /* of the table of the sample's colours; a power of two */
    BINS_MAX = BIN_SLOTS / 2, /* further colours of a sample are left out */
    ROUNDS = 3,               /* of moving colours to the middle */
    MEMO_SLOTS = 1 << 14
};

typedef float floats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t masks __attribute__((vector_size(LANES * sizeof(float))));

/* Components apart, whole numbers kept as floats: squares of distances stay below 2^24 and are exact. Padded with
 * copies of the first colour. */
struct palette {
    floats channels[4][GROUPS];
    uint32_t words[PALETTE_COLORS_MAX];
    size_t count;
};

/* ---- Nearest ---- */

BLEND_INLINE floats spread(float value)
{
    return (floats){0} + value;
}

BLEND_INLINE floats lesser(floats a, floats b)
{
    masks mask = a < b;
    return (floats)(((masks)a & mask) | ((masks)b & ~mask));
}

static void set_color(struct palette *palette, size_t index, uint32_t word)
{
    palette->words[index] = word;
    for (unsigned channel = 0; channel < 4; channel++) {
        palette->channels[channel][index / LANES][index % LANES] = (float)(word >> 8 * channel & 255);
    }
}

/* Squared distance times GROUPS plus the group of LANES colours: a whole number below 2^23, so that the least one tells
 * both. */
BLEND_INLINE size_t nearest(const struct palette *palette, uint32_t word)
{
    floats r = spread((float)(word & 255));
    floats g = spread((float)(word >> 8 & 255));
    floats b = spread((float)(word >> 16 & 255));
    floats a = spread((float)(word >> 24));
    floats group = spread(0);
    floats least = spread(1e9F);
    for (size_t i = 0; i < GROUPS; i++) {
        floats dr = palette->channels[0][i] - r;
        floats dg = palette->channels[1][i] - g;
        floats db = palette->channels[2][i] - b;
        floats da = palette->channels[3][i] - a;
        least = lesser((dr * dr + dg * dg + db * db + da * da) * spread(GROUPS) + group, least);
        group += 1;
    }
    size_t best = 0;
    for (size_t lane = 1; lane < LANES; lane++) {
        best = least[lane] < least[best] ? lane : best;
    }
    return ((size_t)least[best] % GROUPS) * LANES + best;
}

static size_t nearest_portable(const struct palette *palette, uint32_t word)
{
    return nearest(palette, word);
}

#ifdef DRAW_HAS_AVX2
DRAW_AVX2 static size_t nearest_avx2(const struct palette *palette, uint32_t word)
{
    return nearest(palette, word);
}
#endif

typedef size_t nearest_kernel(const struct palette *palette, uint32_t word);

/* Whole numbers in every version: all find the same. */
static nearest_kernel *choose_kernel(void)
{
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2()) {
        return nearest_avx2;
    }
#endif
    return nearest_portable;
}

/* ---- Cubes ---- */

/* Opaque colours that agree in the upper six bits of red, green and blue. All of a cube take the same colour: the one
 * of the palette that lies in it, or else the one nearest to its middle. Only where several lie in a cube each of its
 * colours takes the nearest. */
enum { CUBE_SIDE = 4, CUBES = 1 << 18 };
static const uint32_t CUBE_MASK = UINT32_C(0xfffcfcfc);
static const uint32_t CUBE_MIDDLE = UINT32_C(0x00020202);

/* Of an opaque colour. Cubes that are near each other are near in memory: a picture's lie in a small part of it. */
#define CUBE_OF(word)                                                                                                  \
    (((word) >> 2 & 0x3) | ((word) >> 8 & 0xc) | ((word) >> 14 & 0x30) | ((word) << 2 & 0x3c0) |                       \
     ((word) >> 2 & 0x3c00) | ((word) >> 6 & 0x3c000))

/* How many of the palette's colours lie in the cube of a colour, and the first of them. */
static size_t count_in_cube(const struct palette *palette, uint32_t word, size_t *out_first)
{
    size_t count = 0;
    for (size_t i = palette->count; i-- > 0;) {
        if (((palette->words[i] ^ word) & CUBE_MASK) == 0) {
            *out_first = i;
            count++;
        }
    }
    return count;
}

/* What a colour takes; `out_is_for_all`: so does all of its cube. */
static size_t take(nearest_kernel *kernel, const struct palette *palette, uint32_t word, bool *out_is_for_all)
{
    size_t first = 0;
    size_t inside = word >> 24 == 255 ? count_in_cube(palette, word, &first) : 2;
    *out_is_for_all = inside < 2;
    if (inside == 1) {
        return first;
    }
    if (inside > 1) {
        return kernel(palette, word);
    }
    return kernel(palette, (word & CUBE_MASK) | CUBE_MIDDLE);
}

size_t palette_nearest(const struct palette *palette, struct pixel pixel)
{
    bool is_for_all;
    return take(choose_kernel(), palette, blend_word(pixel), &is_for_all);
}

size_t palette_count(const struct palette *palette)
{
    return palette->count;
}

struct pixel palette_color(const struct palette *palette, size_t index)
{
    return blend_pixel(palette->words[index]);
}

/* ---- The sample ---- */

struct pixel palette_blend(struct pixel below, struct pixel above, uint8_t coverage)
{
    return blend_pixel(blend_over(blend_word(below), blend_scale(blend_word(above), coverage)));
}

/* Colours of the sample that agree in the upper six bits of each channel, as one. */
struct bin {
    uint32_t key;
    uint32_t count;
    uint32_t sums[4];
};

/* The bins as points, components apart. */
struct points {
    size_t count; /* padded to LANES with points of weight 0 */
    floats *channels[4];
    floats *weights;
    floats *errors; /* squared distance to the nearest chosen colour */
    void *memory;
};

static size_t count_bins(struct bin *bins, uint16_t *slots, const struct pixel *sample, size_t sample_count)
{
    size_t count = 0;
    for (size_t i = 0; i < sample_count; i++) {
        uint32_t word = blend_word(sample[i]);
        uint32_t key = word >> 2 & UINT32_C(0x3f3f3f3f);
        size_t slot = (key * UINT32_C(2654435761)) >> 16;
        while (slots[slot] != 0 && bins[slots[slot] - 1].key != key) {
            slot = (slot + 1) % BIN_SLOTS;
        }
        if (slots[slot] == 0) {
            if (count == BINS_MAX) {
                continue;
            }
            bins[count] = (struct bin){.key = key};
            slots[slot] = (uint16_t)++count;
        }
        struct bin *bin = &bins[slots[slot] - 1];
        bin->count++;
        for (unsigned channel = 0; channel < 4; channel++) {
            bin->sums[channel] += word >> 8 * channel & 255;
        }
    }
    return count;
}

static bool points_init(struct points *points, const struct bin *bins, size_t count)
{
    size_t groups = (count + LANES - 1) / LANES;
    floats *memory = aligned_alloc(sizeof(floats), (groups + 1) * 6 * sizeof(floats));
    if (!memory) {
        return false;
    }
    memset(memory, 0, (groups + 1) * 6 * sizeof(floats));
    *points = (struct points){.count = groups * LANES, .memory = memory};
    for (size_t channel = 0; channel < 4; channel++) {
        points->channels[channel] = memory + channel * groups;
    }
    points->weights = memory + 4 * groups;
    points->errors = memory + 5 * groups;
    for (size_t i = 0; i < count; i++) {
        for (size_t channel = 0; channel < 4; channel++) {
            /* Rounded, so that a chosen colour is one that pixels can have. */
            uint32_t mean = (bins[i].sums[channel] + bins[i].count / 2) / bins[i].count;
            points->channels[channel][i / LANES][i % LANES] = (float)mean;
        }
        /* Fourth roots: rare colours count nearly as much as common ones, since far off ones would be seen. */
        points->weights[i / LANES][i % LANES] = sqrtf(sqrtf((float)bins[i].count));
    }
    for (size_t i = 0; i < groups; i++) {
        points->errors[i] = spread(1e9F);
    }
    return true;
}

static bool read_sample(struct points *points, const struct pixel *sample, size_t sample_count)
{
    struct bin *bins = malloc(BINS_MAX * sizeof *bins);
    uint16_t *slots = calloc(BIN_SLOTS, sizeof *slots);
    bool ok = bins && slots && points_init(points, bins, count_bins(bins, slots, sample, sample_count));
    free(bins);
    free(slots);
    return ok;
}

/* ---- Choosing ---- */

static uint32_t word_of_point(const struct points *points, size_t index)
{
    uint32_t word = 0;
    for (unsigned channel = 0; channel < 4; channel++) {
        word |= (uint32_t)points->channels[channel][index / LANES][index % LANES] << 8 * channel;
    }
    return word;
}

/* Takes a colour just chosen into the points' errors; returns the point that is met worst, by error and weight. */
static size_t note_color(struct points *points, uint32_t word)
{
    floats r = spread((float)(word & 255));
    floats g = spread((float)(word >> 8 & 255));
    floats b = spread((float)(word >> 16 & 255));
    floats a = spread((float)(word >> 24));
    float worst = -1;
    size_t found = 0;
    for (size_t i = 0; i < points->count / LANES; i++) {
        floats dr = points->channels[0][i] - r;
        floats dg = points->channels[1][i] - g;
        floats db = points->channels[2][i] - b;
        floats da = points->channels[3][i] - a;
        floats distance = dr * dr + dg * dg + db * db + da * da;
        floats error = lesser(distance, points->errors[i]);
        floats score = error * points->weights[i];
        points->errors[i] = error;
        for (size_t lane = 0; lane < LANES; lane++) {
            if (score[lane] > worst) {
                worst = score[lane];
                found = i * LANES + lane;
            }
        }
    }
    return found;
}

static bool has_color(const struct palette *palette, uint32_t word)
{
    for (size_t i = 0; i < palette->count; i++) {
        if (palette->words[i] == word) {
            return true;
        }
    }
    return false;
}

static size_t add_exact(struct palette *palette, const struct pixel *exact, size_t exact_count)
{
    for (size_t i = 0; i < exact_count && palette->count < PALETTE_COLORS_MAX; i++) {
        uint32_t word = blend_word(exact[i]);
        if (!has_color(palette, word)) {
            set_color(palette, palette->count++, word);
        }
    }
    return palette->count;
}

static void pad(struct palette *palette)
{
    for (size_t i = palette->count; i < PALETTE_COLORS_MAX; i++) {
        set_color(palette, i, palette->words[0]);
    }
}

static void add_worst(struct palette *palette, struct points *points)
{
    size_t worst = 0;
    for (size_t i = 0; i < palette->count; i++) {
        worst = note_color(points, palette->words[i]);
    }
    while (palette->count < PALETTE_COLORS_MAX && points->count > 0) {
        if (points->errors[worst / LANES][worst % LANES] == 0 || points->weights[worst / LANES][worst % LANES] == 0) {
            return; /* all are met exactly */
        }
        uint32_t word = word_of_point(points, worst);
        set_color(palette, palette->count++, word);
        worst = note_color(points, word);
    }
}

/* Moves every colour that need not be exact to the weighted middle of the points nearest to it. */
static void move_to_middle(struct palette *palette, const struct points *points, size_t exact_count)
{
    static const struct sum {
        double weight;
        double channels[4];
    } none = {0};
    struct sum sums[PALETTE_COLORS_MAX];
    nearest_kernel *find_nearest = choose_kernel();
    for (size_t i = 0; i < PALETTE_COLORS_MAX; i++) {
        sums[i] = none;
    }
    for (size_t i = 0; i < points->count; i++) {
        double weight = (double)points->weights[i / LANES][i % LANES];
        if (weight > 0) {
            struct sum *sum = &sums[find_nearest(palette, word_of_point(points, i))];
            sum->weight += weight;
            for (size_t channel = 0; channel < 4; channel++) {
                sum->channels[channel] += weight * (double)points->channels[channel][i / LANES][i % LANES];
            }
        }
    }
    for (size_t i = exact_count; i < palette->count; i++) {
        uint32_t word = 0;
        for (unsigned channel = 0; channel < 4; channel++) {
            word |= (uint32_t)(sums[i].channels[channel] / sums[i].weight + 0.5) << 8 * channel;
        }
        if (sums[i].weight > 0) {
            set_color(palette, i, word);
        }
    }
}

struct palette *palette_create(const struct pixel *exact, size_t exact_count, const struct pixel *sample,
                               size_t sample_count)
{
    struct points points = {0};
    struct palette *palette = aligned_alloc(sizeof(floats), sizeof *palette);
    if (!palette || exact_count + sample_count == 0 || !read_sample(&points, sample, sample_count)) {
        free(palette);
        return NULL;
    }
    palette->count = 0;
    size_t fixed = add_exact(palette, exact, exact_count);
    if (fixed == 0) {
        set_color(palette, palette->count++, word_of_point(&points, 0));
    }
    add_worst(palette, &points);
    pad(palette);
    for (int round = 0; round < ROUNDS && palette->count == PALETTE_COLORS_MAX; round++) {
        move_to_middle(palette, &points, fixed);
    }
    free(points.memory);
    return palette;
}

void palette_destroy(struct palette *palette)
{
    free(palette);
}

/* ---- Mapping ---- */

typedef size_t map_rows_fn(struct palette_map *map, const struct canvas *canvas, uint8_t *out_indices, bool *out_used);

/* What cubes take, found when one is met first; what single colours take (translucent ones, and those of cubes in which
 * colours differ) for the ones met last: one slot a hash, the later one stays. */
struct palette_map {
    const struct palette *palette;
    nearest_kernel *nearest;
    map_rows_fn *map_rows;
    uint8_t cubes[CUBES]; /* index, or ASK */
    struct memo {
        uint32_t word;
        uint32_t found; /* index, and MISSED */
    } memo[MEMO_SLOTS];
};

/* A cube that was not met before, or whose colours differ, or that takes the last of 256 colours. */
enum { ASK = PALETTE_COLORS_MAX - 1, MISSED = 1 << 8 };

/* Pixels that are mapped at once; and before it is looked whether any of them asks: long enough for the indices to have
 * reached memory, and what is read again is still near. */
enum { STRETCH = 32, PART = 1024 };

static size_t slot_of(uint32_t word)
{
    return (word * UINT32_C(2654435761)) >> 18;
}

/* Whether `met` is off by more than PALETTE_ERROR_MAX for a colour whose red, green and blue are those of `word` or up
 * to `more` larger. */
static bool is_off(uint32_t word, uint32_t met, int more)
{
    bool off = false;
    for (unsigned shift = 0; shift < 32; shift += 8) {
        int from = (int)(word >> shift & 255) - (int)(met >> shift & 255);
        int to = shift < 24 ? from + more : from;
        off |= to > PALETTE_ERROR_MAX || from < -PALETTE_ERROR_MAX;
    }
    return off;
}

static uint32_t find(const struct palette_map *map, uint32_t word)
{
    bool is_for_all;
    size_t index = take(map->nearest, map->palette, word, &is_for_all);
    return (uint32_t)index | (is_off(word, map->palette->words[index], 0) ? MISSED : 0U);
}

/* Writes down what the cube of an opaque colour takes, when it is the same for all of it and none is missed. */
static void meet_cube(struct palette_map *map, uint32_t word)
{
    bool is_for_all;
    size_t index = take(map->nearest, map->palette, word, &is_for_all);
    if (is_for_all && !is_off(word & CUBE_MASK, map->palette->words[index], CUBE_SIDE - 1)) {
        map->cubes[CUBE_OF(word)] = (uint8_t)index;
    }
}

static uint32_t look_up(struct palette_map *map, uint32_t word)
{
    if (word >> 24 == 255 && map->cubes[CUBE_OF(word)] != ASK) {
        return map->cubes[CUBE_OF(word)];
    }
    struct memo *memo = &map->memo[slot_of(word)];
    if (memo->word != word) {
        *memo = (struct memo){word, find(map, word)};
        if (word >> 24 == 255) {
            meet_cube(map, word);
        }
    }
    return memo->found;
}

/* Pixels one by one; `*last` becomes the last of them. Returns how many are missed, but for those of index ASK: these
 * are left to ask_again. */
static size_t map_pixels(struct palette_map *map, const uint8_t *pixels, size_t count, uint8_t *out_indices,
                         bool *out_used, struct memo *last)
{
    size_t missed = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, pixels + i * 4, 4);
        if (i == 0 || word != last->word) {
            uint32_t found = look_up(map, word);
            *last = (struct memo){word, (uint8_t)found == ASK ? ASK : found};
            out_used[(uint8_t)found] = true;
        }
        out_indices[i] = (uint8_t)last->found;
        missed += (last->found & MISSED) != 0;
    }
    return missed;
}

static size_t ask_again(struct palette_map *map, const uint8_t *pixels, size_t count, uint8_t *indices, bool *out_used)
{
    size_t missed = 0;
    for (size_t i = 0; i < count; i++) {
        if (indices[i] == ASK) {
            uint32_t word;
            memcpy(&word, pixels + i * 4, 4);
            uint32_t found = look_up(map, word);
            indices[i] = (uint8_t)found;
            out_used[(uint8_t)found] = true;
            missed += (found & MISSED) != 0;
        }
    }
    return missed;
}

typedef uint8_t u8x32 __attribute__((vector_size(32)));

BLEND_INLINE bool is_zero(blend_u32x8 words)
{
    uint64_t pairs[4];
    memcpy(pairs, &words, sizeof pairs);
    return (pairs[0] | pairs[1] | pairs[2] | pairs[3]) == 0;
}

/* As map_pixels, for STRETCH of them. Many stretches are of the colour before them. In nearly all others cubes tell,
 * and whether they do is looked at later: here, each pixel costs what it takes to read and write. `met` is as
 * `out_used`, but says nothing about ASK. */
BLEND_INLINE size_t map_stretch(struct palette_map *map, const uint8_t *pixels, uint8_t *out_indices, bool *out_used,
                                bool *met, struct memo *last)
{
    blend_u32x8 words[STRETCH / LANES];
    blend_u32x8 before = (blend_u32x8){0} + last->word;
    blend_u32x8 different = {0};
    blend_u32x8 translucent = {0};
    for (size_t group = 0; group < STRETCH / LANES; group++) {
        words[group] = blend_load(pixels + group * LANES * 4);
        different |= words[group] ^ before;
        translucent |= ~words[group];
    }
    if (is_zero(different)) {
        memset(out_indices, (uint8_t)last->found, STRETCH);
        return last->found & MISSED ? STRETCH : 0;
    }
    if (!is_zero(translucent >> 24)) {
        return map_pixels(map, pixels, STRETCH, out_indices, out_used, last);
    }
    uint8_t found = ASK;
    for (size_t group = 0; group < STRETCH / LANES; group++) {
        blend_u32x8 cubes = CUBE_OF(words[group]);
        for (size_t i = 0; i < LANES; i++) {
            found = map->cubes[cubes[i]];
            *out_indices++ = found;
            met[found] = true;
        }
    }
    *last = (struct memo){words[STRETCH / LANES - 1][LANES - 1], found};
    return 0;
}

/* The stretches just mapped in which something was not told. */
BLEND_INLINE size_t check_stretches(struct palette_map *map, const uint8_t *pixels, size_t count, uint8_t *indices,
                                    bool *out_used)
{
    size_t missed = 0;
    for (size_t i = 0; i < count; i += STRETCH) {
        u8x32 found;
        memcpy(&found, indices + i, sizeof found);
        if (!is_zero((blend_u32x8)(found == ASK))) {
            missed += ask_again(map, pixels + i * 4, STRETCH, indices + i, out_used);
        }
    }
    return missed;
}

BLEND_INLINE size_t map_rows(struct palette_map *map, const struct canvas *canvas, uint8_t *out_indices, bool *out_used)
{
    const uint8_t *pixels = canvas->rgba;
    size_t left = (size_t)canvas->width_px * canvas->height_px;
    size_t missed = 0;
    bool met[PALETTE_COLORS_MAX] = {0};
    struct memo last = {0, ASK};
    map_pixels(map, pixels, left > 0, out_indices, out_used, &last); /* the first is taken for the one before it */
    while (left > 0) {
        size_t part = left < PART ? left : PART;
        size_t stretches = part - part % STRETCH;
        for (size_t i = 0; i < stretches; i += STRETCH) {
            missed += map_stretch(map, pixels + i * 4, out_indices + i, out_used, met, &last);
        }
        missed += check_stretches(map, pixels, stretches, out_indices, out_used);
        pixels += stretches * 4;
        out_indices += stretches;
        missed += map_pixels(map, pixels, part - stretches, out_indices, out_used, &last);
        missed += ask_again(map, pixels, part - stretches, out_indices, out_used);
        pixels += (part - stretches) * 4;
        out_indices += part - stretches;
        left -= part;
    }
    for (size_t i = 0; i < ASK; i++) {
        out_used[i] |= met[i];
    }
    return missed;
}

static size_t map_rows_portable(struct palette_map *map, const struct canvas *canvas, uint8_t *out_indices,
                                bool *out_used)
{
    return map_rows(map, canvas, out_indices, out_used);
}

#ifdef DRAW_HAS_AVX2
DRAW_AVX2 static size_t map_rows_avx2(struct palette_map *map, const struct canvas *canvas, uint8_t *out_indices,
                                      bool *out_used)
{
    return map_rows(map, canvas, out_indices, out_used);
}
#endif

static map_rows_fn *choose_map_rows(void)
{
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2()) {
        return map_rows_avx2;
    }
#endif
    return map_rows_portable;
}

size_t palette_map_canvas(struct palette_map *map, const struct canvas *canvas, uint8_t *out_indices,
                          bool out_used[PALETTE_COLORS_MAX])
{
    memset(out_used, 0, PALETTE_COLORS_MAX * sizeof out_used[0]);
    return map->map_rows(map, canvas, out_indices, out_used);
}

struct palette_map *palette_map_create(const struct palette *palette)
{
    struct palette_map *map = malloc(sizeof *map);
    if (map) {
        map->palette = palette;
        map->nearest = choose_kernel();
        map->map_rows = choose_map_rows();
        memset(map->cubes, ASK, sizeof map->cubes);
        /* Every slot holds a true answer from the start: that for the word 0, which is looked up in slot 0 alone. */
        struct memo none = {0, find(map, 0)};
        for (size_t i = 0; i < MEMO_SLOTS; i++) {
            map->memo[i] = none;
        }
    }
    return map;
}

void palette_map_destroy(struct palette_map *map)
{
    free(map);
}

const struct palette *palette_map_palette(const struct palette_map *map)
{
    return map->palette;
}
