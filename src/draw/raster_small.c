/* SPDX-License-Identifier: MIT */
#include "draw/raster_small.h"

#include "draw/raster_lanes.h"

#ifdef DRAW_HAS_AVX2

enum {
    SIDE = RASTER_SMALL_SIDE,
    LINE_SIDE = RASTER_SMALL_LINE_SIDE,
    LINE_HALVES = LINE_SIDE / GROUP,
    HALF = GROUP / 2,
    STRIDE = RASTER_PATCH_STRIDE,
    SIGN = LANES_SIGN
};

/* ---- Eight numbers at once ---- */

/* Rounded as RASTER_ROUND does. */
LANES blend_u32x8 whole_numbers_of(f32x8 numbers)
{
    return (blend_u32x8)_mm256_cvtps_epi32((__m256)numbers);
}

/* Points `first` … `first` + 3 of `count`; zeros in place of those that are not there. */
LANES blend_u32x8 load_four(const struct draw_point *points, size_t first, size_t count)
{
    static const int32_t masks[] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0};
    i32x8 mask;
    memcpy(&mask, masks + 2 * (GROUP + first - (count < GROUP ? count : GROUP)), sizeof mask);
    return (blend_u32x8)_mm256_maskload_epi32(&points[first].x, (__m256i)mask);
}

/* What each has more than the one before it. */
LANES blend_u32x8 differences_of(blend_u32x8 sums)
{
    return sums - __builtin_shufflevector((blend_u32x8){0}, sums, 0, 8, 9, 10, 11, 12, 13, 14);
}

/* ---- Rings ---- */

/* Where eight points lie in the patch (in which order does not matter); of fewer, the others anywhere. */
LANES void place(const struct draw_point *points, size_t count, blend_u32x8 corner, f32x8 *out_x, f32x8 *out_y)
{
    f32x8 a = __builtin_convertvector((i32x8)(load_four(points, 0, count) - corner), f32x8);
    f32x8 b = __builtin_convertvector((i32x8)(load_four(points, HALF, count) - corner), f32x8);
    *out_x = __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14);
    *out_y = __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15);
}

/* Eight edges in each row: of each the left end, the width, and its height as a factor of areas (docs/rasteriser.md:
 * ramps). */
struct pieces {
    f32x8 left[SIDE];
    f32x8 width[SIDE];
    f32x8 steep[SIDE];
    f32x8 height[SIDE];
    uint64_t is_there; /* a bit for each: a byte for the rows of each edge */
};

/* The bytes of eight numbers. */
LANES uint64_t bytes_of_all(i32x8 numbers)
{
    __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128((__m256i)numbers), _mm256_extracti128_si256((__m256i)numbers, 1));
    return (uint64_t)_mm_cvtsi128_si64(_mm_packus_epi16(words, words));
}

/* Cuts up to eight of a ring's edges at the rows, each between a point and the next one. */
LANES void find_pieces(struct pieces *pieces, const struct draw_point *points, size_t count, blend_u32x8 corner,
                       size_t rows)
{
    f32x8 x0;
    f32x8 y0;
    f32x8 x_way;
    f32x8 y_way;
    place(points, count, corner, &x0, &y0);
    place(points + 1, count, corner, &x_way, &y_way);
    x_way -= x0;
    y_way -= y0;
    i32x8 rises = is_below_zero(y_way);
    x0 += where(rises, x_way);
    y0 += where(rises, y_way);
    i32x8 sign = rises & SIGN;
    f32x8 dx = (f32x8)((i32x8)x_way ^ sign);
    f32x8 dy = without_sign(y_way);
    f32x8 divisor = greater(dy, all_of(1));
    f32x8 half = (f32x8)(((i32x8)dx & SIGN) | (i32x8)all_of(0.5F));
    f32x8 x = x0;
    f32x8 done = {0};
    f32x8 below = all_of(DRAW_ONE) - y0;
    i32x8 bit = all_of_int(1);
    i32x8 is_there = {0};
    for (size_t i = 0; i < rows; i++) {
        /* How far below its upper end an edge leaves the row. */
        f32x8 fallen = lesser(greater(below, (f32x8){0}), dy);
        f32x8 end = x0 + truncated(dx * fallen / divisor + half);
        f32x8 fall = fallen - done;
        f32x8 height = (f32x8)((i32x8)fall ^ sign);
        f32x8 width = without_sign(end - x);
        pieces->left[i] = lesser(x, end);
        pieces->width[i] = width;
        pieces->steep[i] = height / greater(width, all_of(1));
        pieces->height[i] = height + height;
        is_there |= (i32x8)((i32x8)fall > 0) & bit;
        bit += bit;
        x = end;
        done = fallen;
        below += all_of(DRAW_ONE);
    }
    pieces->is_there = bytes_of_all(is_there);
}

/* Adds the doubled area right of each piece and left of the right border of each pixel to the sums of its row. Piece
 * after piece of an edge, which lie in rows of their own: none waits for the one before it. */
LANES void add_pieces(blend_u32x8 sums[SIDE], const struct pieces *pieces)
{
    const f32x8 borders = {1 * DRAW_ONE, 2 * DRAW_ONE, 3 * DRAW_ONE, 4 * DRAW_ONE,
                           5 * DRAW_ONE, 6 * DRAW_ONE, 7 * DRAW_ONE, 8 * DRAW_ONE};
    for (uint64_t left = pieces->is_there; left != 0; left &= left - 1) {
        uint32_t bit = (uint32_t)__builtin_ctzll(left);
        uint32_t row = bit % SIDE;
        uint32_t edge = bit / SIDE;
        f32x8 from_left = greater(borders - all_of(((const float *)&pieces->left[row])[edge]), (f32x8){0});
        f32x8 reach = lesser(from_left, all_of(((const float *)&pieces->width[row])[edge]));
        f32x8 area = reach * reach * all_of(((const float *)&pieces->steep[row])[edge]) +
                     (from_left - reach) * all_of(((const float *)&pieces->height[row])[edge]);
        sums[row] += whole_numbers_of(area);
    }
}

/* How many rows or columns a shape of at most `side` may have in a patch of so many, which may hold a larger one. */
static inline size_t at_most(size_t side, size_t count)
{
    return count < side ? count : side;
}

/* A closed ring. */
DRAW_AVX2 static void add_ring(struct raster_patch *patch, const struct draw_point *points, size_t count)
{
    uint32_t left = (uint32_t)patch->x_px * DRAW_ONE;
    uint32_t top = (uint32_t)patch->y_px * DRAW_ONE;
    const blend_u32x8 corner = {left, top, left, top, left, top, left, top};
    size_t rows = at_most(SIDE, patch->rows);
    blend_u32x8 sums[SIDE];
    /* Of a loop GCC makes "rep stos", which takes longer than all of the divisions. */
    sums[0] = sums[1] = sums[2] = sums[3] = sums[4] = sums[5] = sums[6] = sums[7] = (blend_u32x8){0};
    for (size_t done = 0; done + 1 < count; done += GROUP) {
        struct pieces pieces;
        find_pieces(&pieces, points + done, count - 1 - done, corner, rows);
        add_pieces(sums, &pieces);
    }
    for (size_t i = 0; i < rows; i++) {
        blend_u32x8 row;
        memcpy(&row, patch->cells + i * STRIDE, sizeof row);
        row += differences_of(sums[i]);
        memcpy(patch->cells + i * STRIDE, &row, sizeof row);
    }
}

void raster_small_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    const struct draw_point *last = &points[count - 1];
    struct draw_point closed[RASTER_SMALL_POINTS + 1];
    if (points[0].x != last->x || points[0].y != last->y) {
        memcpy(closed, points, count * sizeof *points);
        closed[count++] = points[0];
        points = closed;
    }
    add_ring(&raster->patch, points, count);
}

/* ---- Thin lines: hairline.c tells what is computed ---- */

LANES f32x8 rounded(f32x8 numbers)
{
    return numbers + all_of(RASTER_ROUND) - all_of(RASTER_ROUND);
}

LANES f32x8 choose(i32x8 mask, f32x8 yes, f32x8 no)
{
    return (f32x8)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
}

LANES f32x8 root(f32x8 numbers)
{
    return (f32x8)_mm256_sqrt_ps((__m256)numbers);
}

/* The way from a point to the next one. */
struct way {
    f32x8 x;
    f32x8 y;
    i32x8 is_level;
};

LANES struct way way_of(f32x8 from_x, f32x8 from_y, f32x8 to_x, f32x8 to_y)
{
    struct way way = {.x = to_x - from_x, .y = to_y - from_y};
    way.is_level = is_below_zero(without_sign(way.y) - without_sign(way.x));
    return way;
}

/* By how much a segment is longer where it meets another one. */
LANES f32x8 more_at_corner(const struct way *way, const struct way *other, f32x8 half)
{
    f32x8 height = without_sign(choose(way->is_level, other->y, way->y));
    f32x8 more = lesser(half, truncated(height * 0.5F));
    return where(way->is_level ^ other->is_level, (f32x8)((i32x8)more ^ (~way->is_level & SIGN)));
}

/* Eight segments, each along the axis that it is closer to. */
struct thin_lines {
    f32x8 from;
    f32x8 to;
    f32x8 along;
    f32x8 across;
    f32x8 slope;
    f32x8 variance;
    f32x8 thickness;
    f32x8 aside;
    i32x8 is_level;
};

/* The segments from points[1] on, of which there are `count`. */
LANES struct thin_lines lines_of(const struct draw_point *points, size_t count, size_t done, blend_u32x8 corner,
                                 const struct small_line *line)
{
    /* In the order of place(). */
    const i32x8 number = (i32x8){0, 1, 4, 5, 2, 3, 6, 7} + (int32_t)done;
    f32x8 x[4];
    f32x8 y[4];
    for (size_t i = 0; i < 4; i++) {
        place(points + i, GROUP, corner, &x[i], &y[i]);
    }
    struct way before = way_of(x[0], y[0], x[1], y[1]);
    struct way way = way_of(x[1], y[1], x[2], y[2]);
    struct way after = way_of(x[2], y[2], x[3], y[3]);
    i32x8 is_first = (i32x8)(number == 0);
    i32x8 is_last = (i32x8)(number == (int32_t)count - 1);
    f32x8 more_at_a = more_at_corner(&way, &before, all_of(line->half)) + where(is_first, all_of(line->more_at_first));
    f32x8 more_at_b = more_at_corner(&way, &after, all_of(line->half)) + where(is_last, all_of(line->more_at_last));
    f32x8 a = choose(way.is_level, x[1], y[1]);
    f32x8 b = choose(way.is_level, x[2], y[2]);
    f32x8 across_a = choose(way.is_level, y[1], x[1]);
    f32x8 across_b = choose(way.is_level, y[2], x[2]);
    i32x8 is_back = is_below_zero(b - a);
    f32x8 rise = (f32x8)((i32x8)(across_b - across_a) ^ (is_back & SIGN));
    f32x8 low = lesser(a, b);
    f32x8 high = greater(a, b);
    f32x8 slope = rise / greater(high - low, all_of(1));
    f32x8 variance = all_of(line->width * line->width) * (all_of(1) + slope * slope);
    i32x8 is_there = (i32x8)(number < (int32_t)count);
    return (struct thin_lines){
        .from = where(is_there, low - choose(is_back, more_at_b, more_at_a)),
        .to = where(is_there, high + choose(is_back, more_at_a, more_at_b)),
        .along = low,
        .across = choose(is_back, across_b, across_a),
        .slope = slope,
        .variance = variance,
        .thickness = root(variance),
        .aside = slope * all_of(RASTER_SPREAD),
        .is_level = way.is_level,
    };
}

/* The boxes of eight segments in eight rows (of the level ones: columns) of the patch, from `first` on. */
struct boxes {
    f32x8 edge[SIDE];
    f32x8 width[SIDE];
    f32x8 density[SIDE];
    uint64_t is_there; /* a bit for each: a byte for the rows of each segment */
};

LANES void find_boxes(struct boxes *boxes, const struct thin_lines *lines, size_t first, size_t rows)
{
    f32x8 border = all_of((float)((int32_t)first * DRAW_ONE));
    f32x8 from = lesser(greater(border, lines->from), lines->to);
    i32x8 bit = all_of_int(1);
    i32x8 is_there = {0};
    for (size_t i = 0; i < rows; i++) {
        border += all_of(DRAW_ONE);
        f32x8 to = lesser(greater(border, lines->from), lines->to);
        f32x8 length = to - from;
        f32x8 aside = lines->aside * length;
        f32x8 width = root(lines->variance + aside * aside);
        f32x8 middle = (from + to) * 0.5F - lines->along;
        boxes->edge[i] = lines->across + rounded(lines->slope * middle - width * 0.5F);
        boxes->width[i] = width;
        boxes->density[i] = (lines->thickness + lines->thickness) * length / width;
        is_there |= is_below_zero(from - to) & bit;
        bit += bit;
        from = to;
    }
    boxes->is_there = bytes_of_all(is_there);
}

/* Ink left of the right border of each pixel, of upright segments in rows, of level ones in columns: each in `halves`
 * of eight pixels. */
struct ink {
    blend_u32x8 rows[LINE_SIDE][LINE_HALVES];
    blend_u32x8 columns[LINE_SIDE][LINE_HALVES];
};

LANES void add_boxes(struct ink *ink, const struct boxes *boxes, size_t first, i32x8 is_level, size_t halves)
{
    const f32x8 borders = {1 * DRAW_ONE, 2 * DRAW_ONE, 3 * DRAW_ONE, 4 * DRAW_ONE,
                           5 * DRAW_ONE, 6 * DRAW_ONE, 7 * DRAW_ONE, 8 * DRAW_ONE};
    const float *edge = (const float *)boxes->edge;
    const float *width = (const float *)boxes->width;
    const float *density = (const float *)boxes->density;
    int32_t columns[GROUP];
    is_level &= LINE_SIDE;
    memcpy(columns, &is_level, sizeof columns);
    blend_u32x8(*sums)[LINE_HALVES] = ink->rows + first;
    for (uint64_t left = boxes->is_there; left != 0; left &= left - 1) {
        size_t bit = (size_t)__builtin_ctzll(left);
        size_t row = bit % SIDE;
        size_t segment = bit / SIDE;
        size_t i = row * GROUP + segment;
        blend_u32x8 *sum = sums[row + (size_t)columns[segment]];
        f32x8 right = borders - all_of(edge[i]);
        for (size_t half = 0; half < halves; half++) {
            f32x8 reach = lesser(greater(right, (f32x8){0}), all_of(width[i]));
            sum[half] += whole_numbers_of(reach * all_of(density[i]));
            right += all_of(SIDE * DRAW_ONE);
        }
    }
}

/* Columns become rows. */
LANES void transpose(blend_u32x8 rows[GROUP])
{
    blend_u32x8 pairs[GROUP];
    blend_u32x8 fours[GROUP];
    for (size_t i = 0; i < GROUP; i += 2) {
        pairs[i] = __builtin_shufflevector(rows[i], rows[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        pairs[i + 1] = __builtin_shufflevector(rows[i], rows[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (size_t i = 0; i < GROUP; i += 4) {
        for (size_t j = 0; j < 2; j++) {
            fours[i + 2 * j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            fours[i + 2 * j + 1] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        rows[i] = __builtin_shufflevector(fours[i], fours[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        rows[i + 4] = __builtin_shufflevector(fours[i], fours[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* What was added to one half of a row (or column), of which `sums` are the halves. */
LANES blend_u32x8 half_of(const blend_u32x8 *sums, size_t half)
{
    blend_u32x8 before = half > 0 ? sums[half - 1] : (blend_u32x8){0};
    return sums[half] - __builtin_shufflevector(before, sums[half], 7, 8, 9, 10, 11, 12, 13, 14);
}

/* Adds eight rows of eight pixels to the patch, or as many rows of them as there are. */
LANES void add_square(uint32_t *cells, const struct ink *ink, size_t x, size_t y, size_t rows, size_t columns)
{
    blend_u32x8 square[SIDE];
    size_t there = columns - x * SIDE;
    for (size_t i = 0; i < SIDE; i++) {
        square[i] = i < there ? half_of(ink->columns[x * SIDE + i], y) : (blend_u32x8){0};
    }
    transpose(square);
    cells += y * SIDE * STRIDE + x * SIDE;
    for (size_t i = 0; i < SIDE && y * SIDE + i < rows; i++) {
        blend_u32x8 row;
        memcpy(&row, cells + i * STRIDE, sizeof row);
        row += half_of(ink->rows[y * SIDE + i], x) + square[i];
        memcpy(cells + i * STRIDE, &row, sizeof row);
    }
}

/* `points`: those of `count` segments, and one before and one behind them. `halves`: 1 up to eight pixels. */
LANES void add_segments(struct raster_patch *patch, const struct draw_point *points, size_t count,
                        const struct small_line *line, size_t halves)
{
    uint32_t left = (uint32_t)patch->x_px * DRAW_ONE;
    uint32_t top = (uint32_t)patch->y_px * DRAW_ONE;
    const blend_u32x8 corner = {left, top, left, top, left, top, left, top};
    size_t rows = at_most(halves * SIDE, patch->rows);
    size_t columns = at_most(halves * SIDE, patch->columns);
    size_t turns = rows > columns ? rows : columns;
    struct ink ink;
    for (size_t i = 0; i < turns; i++) {
        for (size_t half = 0; half < halves; half++) {
            ink.rows[i][half] = ink.columns[i][half] = (blend_u32x8){0};
        }
    }
    for (size_t done = 0; done < count; done += GROUP) {
        struct thin_lines lines = lines_of(points + done, count, done, corner, line);
        for (size_t first = 0; first < turns; first += SIDE) {
            struct boxes boxes;
            find_boxes(&boxes, &lines, first, at_most(SIDE, turns - first));
            add_boxes(&ink, &boxes, first, lines.is_level, halves);
        }
    }
    for (size_t y = 0; y * SIDE < rows; y++) {
        for (size_t x = 0; x * SIDE < columns; x++) {
            add_square(patch->cells, &ink, x, y, rows, columns);
        }
    }
}

DRAW_AVX2 static void add_line(struct raster_patch *patch, const struct draw_point *points, size_t count,
                               const struct small_line *line)
{
    if (patch->rows <= SIDE && patch->columns <= SIDE) {
        add_segments(patch, points, count, line, 1);
    } else {
        add_segments(patch, points, count, line, LINE_HALVES);
    }
}

static bool is_same(const struct draw_point *a, const struct draw_point *b)
{
    return a->x == b->x && a->y == b->y;
}

/* As far behind `to` as that is behind `from`. */
static struct draw_point beyond(const struct draw_point *from, const struct draw_point *to)
{
    return (struct draw_point){(int32_t)(2 * (uint32_t)to->x - (uint32_t)from->x),
                               (int32_t)(2 * (uint32_t)to->y - (uint32_t)from->y)};
}

bool raster_small_add_line(struct raster *raster, const struct draw_point *points, size_t count,
                           const struct small_line *line)
{
    struct draw_point around[RASTER_SMALL_POINTS + 4 + GROUP];
    bool repeats = false;
    around[1] = points[0];
    for (size_t i = 1; i < count; i++) {
        around[i + 1] = points[i];
        repeats |= is_same(&points[i], &points[i - 1]);
    }
    if (line->is_closed && !is_same(&points[0], &points[count - 1])) {
        around[++count] = points[0];
    }
    if (repeats) {
        return false;
    }
    /* Before and behind: the ring goes round, an open line on as it came. */
    const struct draw_point *end = &around[count];
    around[0] = line->is_closed ? end[-1] : beyond(&around[2], &around[1]);
    around[count + 1] = line->is_closed ? around[2] : beyond(&end[-1], end);
    memset(&around[count + 2], 0, (GROUP + 1) * sizeof around[0]);
    add_line(&raster->patch, around, count - 1, line);
    return true;
}

#else

void raster_small_add_ring(struct raster *raster, const struct draw_point *points, size_t count)
{
    (void)raster;
    (void)points;
    (void)count;
}

bool raster_small_add_line(struct raster *raster, const struct draw_point *points, size_t count,
                           const struct small_line *line)
{
    (void)raster;
    (void)points;
    (void)count;
    (void)line;
    return false;
}

#endif
