/* SPDX-License-Identifier: MIT */
/* Colours that are not in use are left out, the others move up: a colour's new number is how many before it are in use.
 * That is what those before its eight have, plus some bits to count, and so 32 indices are renumbered at once. */

#include "draw/png_rows.h"

#include "draw/blend.h"
#include "draw/cpu.h"

#include <stdbool.h>

enum { LANES = 32, PART = 256 };

unsigned png_rows_depth(size_t colors)
{
    return colors <= 2 ? 1 : colors <= 4 ? 2 : colors <= 16 ? 4 : 8;
}

/* ---- New numbers ---- */

/* Of each eight indices: the number of the first, and a bit for each after which it goes up. By 16 and twice the same:
 * a processor looks up 16 bytes, in each half of a vector its own. */
struct steps {
    const uint8_t *numbers;
    uint8_t firsts[2][LANES];
    uint8_t ups[2][LANES];
};

typedef void renumber_fn(const struct steps *steps, const uint8_t *indices, size_t count, uint8_t *out);

static void renumber(const struct steps *steps, const uint8_t *indices, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = steps->numbers[indices[i]];
    }
}

#ifdef DRAW_HAS_AVX2

typedef char i8x32 __attribute__((vector_size(LANES)));
typedef uint8_t u8x32 __attribute__((vector_size(LANES)));

DRAW_AVX2 BLEND_INLINE i8x32 load(const uint8_t *bytes)
{
    i8x32 lanes;
    memcpy(&lanes, bytes, sizeof lanes);
    return lanes;
}

DRAW_AVX2 static void renumber_avx2(const struct steps *steps, const uint8_t *indices, size_t count, uint8_t *out)
{
    static const uint8_t bits_before[LANES] = {0, 1, 3, 7, 15, 31, 63, 127, 0, 1, 3, 7, 15, 31, 63, 127,
                                               0, 1, 3, 7, 15, 31, 63, 127, 0, 1, 3, 7, 15, 31, 63, 127};
    static const uint8_t bit_counts[LANES] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
                                              0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    i8x32 before = load(bits_before);
    i8x32 counts = load(bit_counts);
    i8x32 firsts[2] = {load(steps->firsts[0]), load(steps->firsts[1])};
    i8x32 ups[2] = {load(steps->ups[0]), load(steps->ups[1])};
    const blend_u32x8 none = {0};
    const blend_u32x8 low = none + 0x0f0f0f0f;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        blend_u32x8 here;
        memcpy(&here, indices + i, sizeof here);
        i8x32 index = (i8x32)here;
        i8x32 eight = (i8x32)(here >> 3 & low);
        i8x32 first = __builtin_ia32_pblendvb256(__builtin_ia32_pshufb256(firsts[0], eight),
                                                 __builtin_ia32_pshufb256(firsts[1], eight), index);
        i8x32 up = __builtin_ia32_pblendvb256(__builtin_ia32_pshufb256(ups[0], eight),
                                              __builtin_ia32_pshufb256(ups[1], eight), index) &
                   __builtin_ia32_pshufb256(before, (i8x32)(here & low));
        u8x32 numbers = (u8x32)first + (u8x32)__builtin_ia32_pshufb256(counts, up & (i8x32)low) +
                        (u8x32)__builtin_ia32_pshufb256(counts, (i8x32)((blend_u32x8)up >> 4 & low));
        memcpy(out + i, &numbers, sizeof numbers);
    }
    renumber(steps, indices + i, count - i, out + i);
}
/* False where numbers go down or leap within eight. */
static bool set_steps(struct steps *steps, const uint8_t numbers[PNG_ROWS_COLORS_MAX])
{
    unsigned all = 0;
    for (size_t i = 0; i < PNG_ROWS_COLORS_MAX; i += 8) {
        unsigned ups = 0;
        for (size_t j = 0; j < 7; j++) {
            unsigned up = (unsigned)(numbers[i + j + 1] - numbers[i + j]);
            all |= up;
            ups |= (up & 1) << j;
        }
        for (size_t half = 0; half < LANES; half += 16) {
            steps->firsts[i / 128][half + i / 8 % 16] = numbers[i];
            steps->ups[i / 128][half + i / 8 % 16] = (uint8_t)ups;
        }
    }
    return all <= 1;
}
#endif

static renumber_fn *choose_renumber(struct steps *steps, const uint8_t numbers[PNG_ROWS_COLORS_MAX])
{
    steps->numbers = numbers;
#ifdef DRAW_HAS_AVX2
    if (cpu_has_avx2() && set_steps(steps, numbers)) {
        return renumber_avx2;
    }
#endif
    return renumber;
}

/* ---- Rows ---- */

/* The last byte is filled up with zeros. */
BLEND_INLINE unsigned char *pack(const uint8_t *indices, size_t count, unsigned depth, unsigned char *out)
{
    size_t per_byte = 8 / depth;
    size_t whole = count / per_byte;
    for (size_t i = 0; i < whole; i++) {
        unsigned byte = 0;
        for (size_t j = 0; j < per_byte; j++) {
            byte = byte << depth | indices[i * per_byte + j];
        }
        out[i] = (unsigned char)byte;
    }
    if (whole * per_byte < count) {
        unsigned byte = 0;
        for (size_t i = whole * per_byte; i < (whole + 1) * per_byte; i++) {
            byte = byte << depth | (i < count ? indices[i] : 0U);
        }
        out[whole++] = (unsigned char)byte;
    }
    return out + whole;
}

static unsigned char *pack_part(const uint8_t *indices, size_t count, unsigned depth, unsigned char *out)
{
    switch (depth) { /* constants let the compiler unroll */
    case 1:
        return pack(indices, count, 1, out);
    case 2:
        return pack(indices, count, 2, out);
    case 4:
        return pack(indices, count, 4, out);
    default:
        memcpy(out, indices, count);
        return out + count;
    }
}

size_t png_rows_pack(const uint8_t *indices, size_t width, size_t height, unsigned depth,
                     const uint8_t numbers[PNG_ROWS_COLORS_MAX], unsigned char *out)
{
    struct steps steps;
    renumber_fn *kernel = numbers ? choose_renumber(&steps, numbers) : NULL;
    unsigned char *start = out;
    for (size_t y = 0; y < height; y++, indices += width) {
        *out++ = 0;
        for (size_t x = 0; x < width; x += PART) {
            size_t count = width - x < PART ? width - x : PART;
            uint8_t renumbered[PART];
            const uint8_t *part = indices + x;
            if (kernel && depth == 8) {
                kernel(&steps, part, count, out);
                out += count;
                continue;
            }
            if (kernel) {
                kernel(&steps, part, count, renumbered);
                part = renumbered;
            }
            out = pack_part(part, count, depth, out);
        }
    }
    return (size_t)(out - start);
}
