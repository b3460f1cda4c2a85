/* SPDX-License-Identifier: MIT */
/* What pixels of a map look like is tried out: at thousands of places of no map in particular, each layer is there or
 * not, full or at its edge, one over the other as the painter lays them. Colours of the style and the plain mixtures
 * that occur most are kept exactly; the palette spends the rest on what occurs along edges. */

#include "render/style_palette.h"

#include "base/hash.h"
#include "render/style_inks.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BYTES_MAX = 16 << 20,
    SAMPLES = 48 * 1024,
    INK_COLORS_MAX = 96, /* colours of the style itself that are kept exactly */
    EXACT_MAX = 144,     /* with plain mixtures */
    INVISIBLE = 2,       /* steps of 255 nobody sees */
    EXACT_SEEN_MIN = 3,  /* a mixture seen less often is not worth a colour */
    PALETTES_MAX = 48
};

/* Chances of 1024 that a layer is at a place; of lines, circles and letters, that any of their layers is. */
enum {
    CHANCE_FILL = 330,
    CHANCE_FILL_EDGE = 120, /* of those */
    CHANCE_FILL_AGAIN = 80, /* areas of a layer may overlap */
    CHANCE_LINES = 900,
    CHANCE_LINE_AT_EDGE = 700, /* borders are drawn where areas end */
    CHANCE_CIRCLES = 250,
    CHANCE_CIRCLE_AGAIN = 300,
    CHANCE_SYMBOLS = 300
};

/* ---- A place of the map ---- */

struct place {
    uint64_t random;
    struct pixel pixel;
    bool is_plain;                              /* nothing but full coverage so far */
    const char *edge;                           /* the source of an area that ends here; NULL: none */
    uint32_t chances[STYLE_FILL_EXTRUSION + 1]; /* by type of layer */
};

static uint32_t roll(struct place *place, uint32_t sides)
{
    uint64_t z = place->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z >> 40) % sides);
}

static bool happens(struct place *place, uint32_t chance)
{
    return roll(place, 1024) < chance;
}

/* Lays `above` over the place: fully with this chance, else as at an edge. */
static void lay(struct place *place, struct pixel above, uint32_t chance_full)
{
    uint8_t coverage = 255;
    if (above.a == 0) {
        return;
    }
    if (!happens(place, chance_full)) {
        coverage = (uint8_t)(1 + roll(place, 254));
        place->is_plain = false;
    }
    place->pixel = palette_blend(place->pixel, above, coverage);
}

static const struct ink *any_ink(struct place *place, const struct ink_layer *layer)
{
    return &layer->inks[roll(place, (uint32_t)layer->count)];
}

static struct pixel sum_of(struct pixel a, struct pixel b)
{
    return (struct pixel){(uint8_t)(a.r + b.r), (uint8_t)(a.g + b.g), (uint8_t)(a.b + b.b), (uint8_t)(a.a + b.a)};
}

/* Where an area ends, another of its layer may begin. */
static void lay_area(struct place *place, const struct ink_layer *layer)
{
    const struct ink *ink = any_ink(place, layer);
    if (!happens(place, CHANCE_FILL_EDGE)) {
        lay(place, ink->fill, 1024);
        return;
    }
    place->edge = layer->source;
    if (happens(place, 600)) {
        uint8_t share = (uint8_t)(1 + roll(place, 254));
        struct pixel one = palette_blend((struct pixel){0}, ink->fill, share);
        struct pixel other = palette_blend((struct pixel){0}, any_ink(place, layer)->fill, 255 - share);
        place->pixel = palette_blend(place->pixel, sum_of(one, other), 255);
        place->is_plain = false;
    } else {
        lay(place, ink->fill, 0);
    }
    if (ink->outline.a > 0) {
        lay(place, ink->outline, 100);
    }
}

static void lay_line(struct place *place, const struct ink_layer *layer)
{
    bool is_border = place->edge && layer->source && strcmp(place->edge, layer->source) == 0;
    if (happens(place, is_border ? CHANCE_LINE_AT_EDGE : place->chances[STYLE_LINE])) {
        lay(place, any_ink(place, layer)->fill, is_border ? 200 : 400);
    }
}

static void lay_circles(struct place *place, const struct ink_layer *layer)
{
    uint32_t chance = place->chances[STYLE_CIRCLE];
    for (int again = 0; again < 4 && happens(place, chance); again++) {
        const struct ink *ink = any_ink(place, layer);
        bool rim = happens(place, 400);
        lay(place, ink->fill, rim ? 300 : 900);
        if (rim) {
            lay(place, ink->outline, 300);
        }
        chance = CHANCE_CIRCLE_AGAIN; /* where there is one, others lie over it */
    }
}

/* All halos of a layer come before its letters; letters stand on their halos. */
static void lay_letters(struct place *place, const struct ink_layer *layer)
{
    const struct ink *ink = any_ink(place, layer);
    lay(place, ink->outline, 600);
    if (happens(place, 600)) {
        lay(place, ink->fill, 200);
    }
}

static void lay_layer(struct place *place, const struct ink_layer *layer)
{
    switch (layer->type) {
    case STYLE_BACKGROUND:
        lay(place, any_ink(place, layer)->fill, 1024);
        break;
    case STYLE_FILL:
        if (happens(place, place->chances[STYLE_FILL])) {
            lay_area(place, layer);
            for (int again = 0; again < 3 && happens(place, CHANCE_FILL_AGAIN); again++) {
                place->is_plain = false; /* too many mixtures to keep them exactly */
                lay_area(place, layer);
            }
        }
        break;
    case STYLE_LINE:
        lay_line(place, layer);
        break;
    case STYLE_CIRCLE:
        lay_circles(place, layer);
        break;
    case STYLE_SYMBOL:
        if (happens(place, place->chances[STYLE_SYMBOL])) {
            lay_letters(place, layer);
        }
        break;
    default:
        break;
    }
}

/* ---- The sample ---- */

struct sample {
    struct pixel pixels[SAMPLES];
    uint32_t plain[SAMPLES]; /* words of the plain ones */
    size_t plain_count;
};

static uint32_t word_of(struct pixel pixel)
{
    return (uint32_t)pixel.r | (uint32_t)pixel.g << 8 | (uint32_t)pixel.b << 16 | (uint32_t)pixel.a << 24;
}

/* However many layers the lines of a map are spread over, they cover no more of it. */
static void set_chances(struct place *place, const struct ink_layers *layers)
{
    uint32_t counts[STYLE_FILL_EXTRUSION + 1] = {0};
    for (size_t i = 0; i < layers->count; i++) {
        counts[layers->items[i].type]++;
    }
    place->chances[STYLE_FILL] = CHANCE_FILL;
    place->chances[STYLE_LINE] = CHANCE_LINES / (counts[STYLE_LINE] + 3);
    place->chances[STYLE_CIRCLE] = CHANCE_CIRCLES / (counts[STYLE_CIRCLE] + 1);
    place->chances[STYLE_SYMBOL] = CHANCE_SYMBOLS / (counts[STYLE_SYMBOL] + 1);
}

static void take_sample(struct sample *sample, const struct ink_layers *layers)
{
    struct place place = {.random = 20};
    set_chances(&place, layers);
    for (size_t i = 0; i < SAMPLES; i++) {
        place.pixel = (struct pixel){0, 0, 0, 0};
        place.is_plain = true;
        place.edge = NULL;
        for (size_t j = 0; j < layers->count; j++) {
            lay_layer(&place, &layers->items[j]);
        }
        sample->pixels[i] = place.pixel;
        if (place.is_plain) {
            sample->plain[sample->plain_count++] = word_of(place.pixel);
        }
    }
}

/* ---- What is kept exactly ---- */

struct exact {
    struct pixel pixels[EXACT_MAX];
    size_t count;
};

static int distance(struct pixel a, struct pixel b)
{
    int rg = abs(a.r - b.r) > abs(a.g - b.g) ? abs(a.r - b.r) : abs(a.g - b.g);
    int ba = abs(a.b - b.b) > abs(a.a - b.a) ? abs(a.b - b.b) : abs(a.a - b.a);
    return rg > ba ? rg : ba;
}

/* Keeps a colour unless one as near as `near` is kept already. */
static void keep(struct exact *exact, struct pixel pixel, int near, size_t most)
{
    for (size_t i = 0; i < exact->count; i++) {
        if (distance(exact->pixels[i], pixel) <= near) {
            return;
        }
    }
    if (exact->count < most) {
        exact->pixels[exact->count++] = pixel;
    }
}

static void keep_inks(struct exact *exact, const struct ink_layers *layers)
{
    for (size_t i = 0; i < layers->count; i++) {
        const struct ink_layer *layer = &layers->items[i];
        for (size_t j = 0; j < layer->count; j++) {
            if (layer->inks[j].fill.a == 255) {
                keep(exact, layer->inks[j].fill, 0, INK_COLORS_MAX);
            }
            if (layer->inks[j].outline.a == 255) {
                keep(exact, layer->inks[j].outline, 0, INK_COLORS_MAX);
            }
        }
    }
}

struct seen {
    uint32_t word;
    uint32_t count;
};

static int compare_words(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

/* The most seen first. */
static int compare_seen(const void *left, const void *right)
{
    const struct seen *a = left;
    const struct seen *b = right;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return (a->word > b->word) - (a->word < b->word);
}

static void keep_plain(struct exact *exact, struct sample *sample, struct seen *seen)
{
    size_t count = 0;
    qsort(sample->plain, sample->plain_count, sizeof sample->plain[0], compare_words);
    for (size_t i = 0; i < sample->plain_count; i++) {
        if (count == 0 || seen[count - 1].word != sample->plain[i]) {
            seen[count++] = (struct seen){sample->plain[i], 0};
        }
        seen[count - 1].count++;
    }
    qsort(seen, count, sizeof seen[0], compare_seen);
    for (size_t i = 0; i < count && seen[i].count >= EXACT_SEEN_MIN; i++) {
        uint32_t word = seen[i].word;
        keep(exact, (struct pixel){(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)},
             INVISIBLE, EXACT_MAX);
    }
}

static bool make_palette(const struct ink_layers *layers, struct arena *arena, struct palette **out_palette,
                         struct error *err)
{
    struct sample *sample = arena_alloc(arena, sizeof *sample);
    struct seen *seen = arena_array(arena, SAMPLES, sizeof *seen);
    struct exact exact = {.count = 0};
    if (!sample || !seen) {
        return error_no_memory(err);
    }
    take_sample(sample, layers);
    keep_inks(&exact, layers);
    keep_plain(&exact, sample, seen);
    *out_palette = palette_create(exact.pixels, exact.count, sample->pixels, SAMPLES);
    return *out_palette || error_no_memory(err);
}

bool style_palette_create(const struct style *style, const struct sprite *sprite, double zoom,
                          struct palette **out_palette, struct error *err)
{
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    struct ink_layers layers = {0};
    struct palette *palette = NULL;
    bool ok = arena ? style_inks_find(style, sprite, zoom, arena, &layers, err) : error_no_memory(err);
    if (ok && !layers.has_imagery) {
        ok = make_palette(&layers, arena, &palette, err);
    }
    ok = ok || (arena && arena_is_full(arena));
    arena_destroy(arena);
    if (ok) {
        *out_palette = palette;
    }
    return ok;
}

/* ---- Palettes made before ---- */

struct entry {
    uint64_t hash; /* of the style and its images */
    double zoom;
    uint64_t used; /* when; 0: the entry is free */
    struct palette *palette;
    struct palette_map *map; /* NULL: exact */
};

struct style_palettes {
    struct entry entries[PALETTES_MAX];
    uint64_t now;
};

struct style_palettes *style_palettes_create(void)
{
    return calloc(1, sizeof(struct style_palettes));
}

void style_palettes_destroy(struct style_palettes *palettes)
{
    for (size_t i = 0; palettes && i < PALETTES_MAX; i++) {
        palette_map_destroy(palettes->entries[i].map);
        palette_destroy(palettes->entries[i].palette);
    }
    free(palettes);
}

bool style_palettes_find(struct style_palettes *palettes, const struct style *style, const struct sprite *sprite,
                         double zoom, struct palette_map **out_map, struct error *err)
{
    uint64_t hash = hash_mix(style_hash(style), sprite_hash(sprite));
    struct entry *oldest = &palettes->entries[0];
    palettes->now++;
    for (size_t i = 0; i < PALETTES_MAX; i++) {
        struct entry *entry = &palettes->entries[i];
        if (entry->used > 0 && entry->hash == hash && entry->zoom == zoom) {
            entry->used = palettes->now;
            *out_map = entry->map;
            return true;
        }
        oldest = entry->used < oldest->used ? entry : oldest;
    }
    struct palette *palette;
    if (!style_palette_create(style, sprite, zoom, &palette, err)) {
        return false;
    }
    struct palette_map *map = palette ? palette_map_create(palette) : NULL;
    if (palette && !map) {
        palette_destroy(palette);
        return error_no_memory(err);
    }
    palette_map_destroy(oldest->map);
    palette_destroy(oldest->palette);
    *oldest = (struct entry){.hash = hash, .zoom = zoom, .used = palettes->now, .palette = palette, .map = map};
    *out_map = map;
    return true;
}
