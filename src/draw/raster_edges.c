/* SPDX-License-Identifier: MIT */
#include "draw/raster_edges.h"

#include "draw/raster_edge.h"
#include "draw/raster_lanes.h"

void raster_edges_add_now(struct raster *raster, int64_t x0, int64_t y0, int64_t x1, int64_t y1)
{
    struct edge_target target = {raster, raster->cells, raster->stride};
    add_edge(&target, x0, y0, x1, y1);
}

#ifdef DRAW_HAS_AVX2

enum {
    ROWS_MAX = 17,
    LENGTH_MAX = 4095, /* across and down: products of two such ways are whole numbers in floats */
    PIXELS_AT_ONCE = 3 /* that a piece may lie in; a fourth cell takes what is right of them */
};

LANES i32x8 lesser_int(i32x8 a, i32x8 b)
{
    return (i32x8)_mm256_min_epi32((__m256i)a, (__m256i)b);
}

LANES i32x8 greater_int(i32x8 a, i32x8 b)
{
    return (i32x8)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

LANES i32x8 choose_int(i32x8 mask, i32x8 yes, i32x8 no)
{
    return (i32x8)_mm256_blendv_epi8((__m256i)no, (__m256i)yes, (__m256i)mask);
}

LANES f32x8 float_of(i32x8 numbers)
{
    return __builtin_convertvector(numbers, f32x8);
}

LANES uint32_t bits_of(i32x8 mask)
{
    return (uint32_t)_mm256_movemask_ps((__m256)mask);
}

/* Eight edges, the upper end first. */
struct edges {
    i32x8 x0;
    i32x8 y0;
    i32x8 dx;
    i32x8 dy;
    i32x8 up; /* all bits: it was given from its lower end */
};

LANES struct edges load_edges(const struct raster_waiting_edge *waiting, const uint8_t *which)
{
    i32x8 two[RASTER_GROUP / 2];
    for (size_t i = 0; i < RASTER_GROUP / 2; i++) {
        two[i] = (i32x8)_mm256_loadu2_m128i((const __m128i *)&waiting[which[i + RASTER_GROUP / 2]],
                                            (const __m128i *)&waiting[which[i]]);
    }
    i32x8 from_a = __builtin_shufflevector(two[0], two[1], 0, 8, 1, 9, 4, 12, 5, 13);
    i32x8 from_b = __builtin_shufflevector(two[2], two[3], 0, 8, 1, 9, 4, 12, 5, 13);
    i32x8 to_a = __builtin_shufflevector(two[0], two[1], 2, 10, 3, 11, 6, 14, 7, 15);
    i32x8 to_b = __builtin_shufflevector(two[2], two[3], 2, 10, 3, 11, 6, 14, 7, 15);
    struct edges edges = {.x0 = __builtin_shufflevector(from_a, from_b, 0, 1, 8, 9, 4, 5, 12, 13),
                          .y0 = __builtin_shufflevector(from_a, from_b, 2, 3, 10, 11, 6, 7, 14, 15)};
    i32x8 x1 = __builtin_shufflevector(to_a, to_b, 0, 1, 8, 9, 4, 5, 12, 13);
    i32x8 y1 = __builtin_shufflevector(to_a, to_b, 2, 3, 10, 11, 6, 7, 14, 15);
    edges.up = (i32x8)(y1 < edges.y0);
    i32x8 swap_x = (edges.x0 ^ x1) & edges.up;
    i32x8 swap_y = (edges.y0 ^ y1) & edges.up;
    edges.x0 ^= swap_x;
    edges.y0 ^= swap_y;
    edges.dx = difference_of(x1 ^ swap_x, edges.x0);
    edges.dy = difference_of(y1 ^ swap_y, edges.y0);
    return edges;
}

/* Those that are short and lie within the picture. */
LANES i32x8 are_easy(const struct raster *raster, const struct edges *edges)
{
    i32x8 x1 = sum_of(edges->x0, edges->dx);
    i32x8 y1 = sum_of(edges->y0, edges->dy);
    i32x8 beyond = difference_of(all_of_int((int32_t)raster->right - 1), greater_int(edges->x0, x1)) |
                   difference_of(all_of_int((int32_t)raster->bottom), y1) | edges->x0 | x1 | edges->y0;
    i32x8 length = (i32x8)_mm256_abs_epi32((__m256i)edges->dx) | edges->dy;
    return (i32x8)(beyond >= 0) & (i32x8)((length & ~LENGTH_MAX) == 0);
}

/* Where the pieces of eight edges in a row go. */
struct places {
    uint32_t row[RASTER_GROUP];
    uint32_t cell[RASTER_GROUP];
    uint32_t bit_byte[RASTER_GROUP]; /* of the touched bits … */
    uint32_t bits[RASTER_GROUP];     /* … these, from this byte on */
};

/* Numbers one by one, though a vector has four: the next piece is often one of the same line, some cells beside this
 * one, and a vector cannot be loaded before a store that covers part of it has reached the cache. */
LANES void add_at(uint32_t *cells, uint8_t *bytes, uint32_t *row_edges, const struct places *places, size_t lane,
                  uint32_t differences[PIXELS_AT_ONCE + 1][RASTER_GROUP])
{
    row_edges[places->row[lane]]++;
    cells += places->cell[lane];
    bytes += places->bit_byte[lane];
    cells[0] += differences[0][lane];
    cells[1] += differences[1][lane];
    cells[2] += differences[2][lane];
    cells[3] += differences[3][lane];
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    bits = (uint16_t)(bits | places->bits[lane]);
    memcpy(bytes, &bits, sizeof bits);
}

/* The part of each edge in one row, in pixels of its own. */
struct row_pieces {
    i32x8 left;
    f32x8 begin; /* within the pixel */
    f32x8 width;
    f32x8 height; /* signed */
};

/* Of pieces the doubled area right of it and left of a border of pixels. */
LANES blend_u32x8 area_until(f32x8 from_left, f32x8 width, f32x8 steep, f32x8 height)
{
    f32x8 reach = lesser(from_left, width);
    f32x8 area = reach * reach * steep + (from_left - reach) * (height + height);
    return (blend_u32x8)(area + all_of(RASTER_ROUND)) - (uint32_t)RASTER_ROUND_BITS;
}

LANES void store(uint32_t *numbers, blend_u32x8 from)
{
    memcpy(numbers, &from, sizeof from);
}

/* Adds to four cells of each piece. */
LANES void add_pieces(const struct raster *raster, const struct places *places, const struct row_pieces *pieces)
{
    uint32_t *cells = raster->cells;
    uint8_t *bytes = (uint8_t *)raster->bits;
    uint32_t *row_edges = raster->row_edges;
    f32x8 steep = pieces->height / greater(pieces->width, all_of(1));
    blend_u32x8 one = area_until(all_of(1 * DRAW_ONE) - pieces->begin, pieces->width, steep, pieces->height);
    blend_u32x8 two = area_until(all_of(2 * DRAW_ONE) - pieces->begin, pieces->width, steep, pieces->height);
    blend_u32x8 three =
        area_until(all_of(PIXELS_AT_ONCE * DRAW_ONE) - pieces->begin, pieces->width, steep, pieces->height);
    blend_u32x8 full = (blend_u32x8) __builtin_convertvector(pieces->height, i32x8) * (2 * DRAW_ONE);
    three -= two;
    two -= one;
    uint32_t differences[PIXELS_AT_ONCE + 1][RASTER_GROUP];
    store(differences[0], one);
    store(differences[1], two - one);
    store(differences[2], three - two);
    store(differences[3], full - three);
    for (size_t lane = 0; lane < RASTER_GROUP; lane++) {
        add_at(cells, bytes, row_edges, places, lane, differences);
    }
}

/* Adds one piece: to eight cells at once. */
LANES void add_wide(struct raster *raster, size_t row, int32_t left, float width, float height)
{
    size_t pixel = (size_t)left >> 8;
    size_t right = (size_t)left + (size_t)width;
    size_t beyond = (right + (DRAW_ONE - 1)) >> 8; /* right of the last pixel */
    uint32_t *cells = raster->cells + row * raster->stride;
    f32x8 from_left = (f32x8){1 * DRAW_ONE, 2 * DRAW_ONE, 3 * DRAW_ONE, 4 * DRAW_ONE,
                              5 * DRAW_ONE, 6 * DRAW_ONE, 7 * DRAW_ONE, 8 * DRAW_ONE} -
                      all_of((float)(left & (DRAW_ONE - 1)));
    f32x8 steep = all_of(height / width);
    blend_u32x8 area_before = {0};
    blend_u32x8 part_before = {0};
    for (size_t x = pixel; x <= beyond; x += RASTER_GROUP) {
        blend_u32x8 area = area_until(from_left, all_of(width), steep, all_of(height));
        blend_u32x8 part = area - __builtin_shufflevector(area_before, area, 7, 8, 9, 10, 11, 12, 13, 14);
        blend_u32x8 sums;
        memcpy(&sums, cells + x, sizeof sums);
        sums += part - __builtin_shufflevector(part_before, part, 7, 8, 9, 10, 11, 12, 13, 14);
        memcpy(cells + x, &sums, sizeof sums);
        from_left += RASTER_GROUP * DRAW_ONE;
        area_before = area;
        part_before = part;
    }
    raster_touch_cells(raster->bits + row * raster->bit_words, pixel,
                       beyond < raster->width_px ? beyond : raster->width_px - 1);
}

/* Adds those pieces one by one that lie in more than PIXELS_AT_ONCE pixels, and takes them out of `pieces`. */
LANES void take_wide_pieces(struct raster *raster, struct row_pieces *pieces, i32x8 are_wide, i32x8 row)
{
    int32_t lefts[RASTER_GROUP];
    float widths[RASTER_GROUP];
    float heights[RASTER_GROUP];
    int32_t rows[RASTER_GROUP];
    memcpy(lefts, &pieces->left, sizeof lefts);
    memcpy(widths, &pieces->width, sizeof widths);
    memcpy(heights, &pieces->height, sizeof heights);
    memcpy(rows, &row, sizeof rows);
    for (uint32_t left = bits_of(are_wide); left != 0; left &= left - 1) {
        size_t lane = (size_t)__builtin_ctz(left);
        add_wide(raster, (size_t)rows[lane], lefts[lane], widths[lane], heights[lane]);
    }
    pieces->width = where(~are_wide, pieces->width);
    pieces->height = where(~are_wide, pieces->height);
}

LANES struct places places_of(const struct raster *raster, const struct row_pieces *pieces, i32x8 row)
{
    i32x8 pixel = pieces->left >> 8;
    i32x8 right = pieces->left + __builtin_convertvector(pieces->width, i32x8);
    i32x8 group = pixel >> 3;
    i32x8 group_last = lesser_int(right + (DRAW_ONE - 1), all_of_int((int32_t)raster->right - 1)) >> 11;
    i32x8 first = group & ~7; /* of the byte */
    i32x8 bits = (i32x8)_mm256_sllv_epi32(_mm256_set1_epi32(1), (__m256i)(group - first)) |
                 (i32x8)_mm256_sllv_epi32(_mm256_set1_epi32(1), (__m256i)(group_last - first));
    i32x8 cell = row * all_of_int((int32_t)raster->stride) + pixel;
    i32x8 bit_byte = row * all_of_int((int32_t)(raster->bit_words * sizeof *raster->bits)) + (group >> 3);
    bits &= (i32x8)(pieces->height != 0); /* nothing is added: nothing was touched */
    struct places places;
    memcpy(places.row, &row, sizeof row);
    memcpy(places.cell, &cell, sizeof cell);
    memcpy(places.bit_byte, &bit_byte, sizeof bit_byte);
    memcpy(places.bits, &bits, sizeof bits);
    return places;
}

/* Cuts eight edges at the rows. */
LANES void add_eight(struct raster *raster, const struct edges *edges)
{
    i32x8 row_last = (edges->y0 + edges->dy - 1) >> 8;
    f32x8 dx = float_of(edges->dx);
    f32x8 divisor = greater(float_of(edges->dy), all_of(1));
    f32x8 half = (f32x8)((edges->dx & LANES_SIGN) | (i32x8)all_of(0.5F));
    i32x8 row = edges->y0 >> 8;
    i32x8 x = edges->x0;
    i32x8 done = {0};
    i32x8 fallen = all_of_int(DRAW_ONE) - (edges->y0 & (DRAW_ONE - 1));
    for (;;) {
        fallen = lesser_int(fallen, edges->dy);
        i32x8 end = edges->x0 + __builtin_convertvector(dx * float_of(fallen) / divisor + half, i32x8);
        struct row_pieces pieces = {.left = lesser_int(x, end)};
        pieces.begin = float_of(pieces.left & (DRAW_ONE - 1));
        pieces.width = without_sign(float_of(end - x));
        pieces.height = (f32x8)((i32x8)float_of(fallen - done) ^ (edges->up & LANES_SIGN));
        i32x8 are_wide = is_below_zero(all_of(PIXELS_AT_ONCE * DRAW_ONE) - (pieces.begin + pieces.width));
        if (bits_of(are_wide) != 0) {
            take_wide_pieces(raster, &pieces, are_wide, row);
        }
        struct places places = places_of(raster, &pieces, row);
        add_pieces(raster, &places, &pieces);
        i32x8 goes_on = (i32x8)(row < row_last);
        if (bits_of(goes_on) == 0) {
            return;
        }
        row -= goes_on;
        x = end;
        done = fallen;
        fallen += DRAW_ONE;
    }
}

LANES int32_t least_of(i32x8 numbers)
{
    numbers = lesser_int(numbers, __builtin_shufflevector(numbers, numbers, 4, 5, 6, 7, 0, 1, 2, 3));
    numbers = lesser_int(numbers, __builtin_shufflevector(numbers, numbers, 2, 3, 0, 1, 6, 7, 4, 5));
    return numbers[0] < numbers[1] ? numbers[0] : numbers[1];
}

/* Bounds the rows that have had too many edges. Not after each few: RASTER_UNBOUNDED_MAX more do no harm. */
static void bound_rows(struct raster *raster, size_t count)
{
    raster->unbounded += count;
    if (raster->unbounded + RASTER_WAITING_MAX <= RASTER_UNBOUNDED_MAX) {
        return;
    }
    raster->unbounded = 0;
    for (size_t row = raster->row_min; row <= raster->row_max; row++) {
        if (raster->row_edges[row] > RASTER_ROW_EDGES_MAX) {
            raster_bound_row(raster, row);
        }
    }
}

/* In how many rows each edge lies. Zero, and already dealt with: those that are not drawn by eights. */
DRAW_AVX2 static void find_rows(struct raster *raster, const struct raster_waiting_edge *waiting, size_t count,
                                uint8_t *out_rows)
{
    static const uint8_t in_turn[RASTER_GROUP] = {0, 1, 2, 3, 4, 5, 6, 7};
    i32x8 first = all_of_int(INT32_MAX);
    i32x8 last_negative = all_of_int(1);
    for (size_t done = 0; done < count; done += RASTER_GROUP) {
        struct edges edges = load_edges(waiting + done, in_turn);
        i32x8 is_easy = are_easy(raster, &edges);
        i32x8 falls = (i32x8)(edges.dy != 0);
        for (uint32_t left = bits_of(falls & ~is_easy); left != 0; left &= left - 1) {
            const struct raster_waiting_edge *edge = waiting + done + __builtin_ctz(left);
            raster_edges_add_now(raster, edge->x0, edge->y0, edge->x1, edge->y1);
        }
        is_easy &= falls;
        i32x8 row_first = edges.y0 >> 8;
        i32x8 row_last = sum_of(edges.y0, difference_of(edges.dy, all_of_int(1))) >> 8;
        first = lesser_int(first, choose_int(is_easy, row_first, all_of_int(INT32_MAX)));
        last_negative = lesser_int(last_negative, choose_int(is_easy, -row_last, all_of_int(1)));
        i32x8 rows = (row_last - row_first + 1) & is_easy;
        __m128i words =
            _mm_packs_epi32(_mm256_castsi256_si128((__m256i)rows), _mm256_extracti128_si256((__m256i)rows, 1));
        _mm_storeu_si64(out_rows + done, _mm_packus_epi16(words, words));
    }
    int32_t row_min = least_of(first);
    int32_t row_max = -least_of(last_negative);
    if (row_min <= row_max) {
        raster_touch_rows(raster, row_min, row_max);
    }
}

/* Eights of edges that lie in as many rows: none waits for another one. */
DRAW_AVX2 static void add_waiting(struct raster *raster, const struct raster_waiting_edge *waiting, size_t count)
{
    uint8_t rows[RASTER_WAITING_MAX];
    uint8_t order[RASTER_WAITING_MAX + RASTER_GROUP];
    uint8_t ends[ROWS_MAX + 1] = {0};
    find_rows(raster, waiting, count, rows);
    for (size_t i = 0; i < count; i++) {
        ends[rows[i]]++;
    }
    for (size_t i = 1; i <= ROWS_MAX; i++) {
        ends[i] = (uint8_t)(ends[i] + ends[i - 1]);
    }
    size_t none = ends[0];
    for (size_t i = count; i-- > 0;) {
        order[--ends[rows[i]]] = (uint8_t)i;
    }
    memset(order + count, RASTER_WAITING_MAX, RASTER_GROUP);
    for (size_t i = none; i < count; i += RASTER_GROUP) {
        struct edges edges = load_edges(waiting, order + i);
        add_eight(raster, &edges);
    }
    bound_rows(raster, count);
}

void raster_edges_add_waiting(struct raster *raster)
{
    size_t count = raster->waiting_count;
    size_t filled = (count + RASTER_GROUP - 1) / RASTER_GROUP * RASTER_GROUP;
    memset(raster->waiting + count, 0, (filled - count) * sizeof *raster->waiting);
    raster->waiting_count = 0;
    add_waiting(raster, raster->waiting, count);
}

#else

void raster_edges_add_waiting(struct raster *raster)
{
    (void)raster;
}

#endif
