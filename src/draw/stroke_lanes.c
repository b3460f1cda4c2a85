/* SPDX-License-Identifier: MIT */
/* Outlines of plain lines with AVX2: the ways between points and the corners are computed four at once, in the same
 * steps as in stroke.c and with the same results. Where all is plain, which is nearly everywhere, both sides of the
 * line are chains from corner to corner; what is not (sharp turns, ways that cannot be seen) is left to stroke.c. */

#include "draw/stroke_lanes.h"

#include "draw/raster_cells.h"
#include "draw/raster_lanes.h"

#ifdef DRAW_HAS_AVX2

enum {
    SPARE = 4,        /* points behind the last that are read and written as well */
    FAR_LOG2 = 29,    /* coordinates below 2 to this are sums of whole numbers of 32 bits with what is added here */
    HALF_LOG2 = 21,   /* half a width is */
    EVEN_LANES = 0x55 /* x of four points */
};

typedef double f64x4 __attribute__((vector_size(32)));

/* The line, and what is known of the way from each point to the next one and of each corner. */
struct lanes {
    size_t count;
    const struct draw_point *at;
    uint64_t seen;   /* a bit for each way: its ink can touch the picture */
    uint64_t shared; /* a bit for each point: the ways before and after have their corner points in common */
    double along_x[STROKE_LANES_MAX + SPARE];
    double along_y[STROKE_LANES_MAX + SPARE];
    double lengths[STROKE_LANES_MAX + SPARE];
    struct draw_point right[STROKE_LANES_MAX + SPARE];
    struct draw_point left[STROKE_LANES_MAX + SPARE];
};

LANES f64x4 all_of_double(double number)
{
    return (f64x4){number, number, number, number};
}

LANES f64x4 load_doubles(const double *numbers)
{
    return (f64x4)_mm256_loadu_pd(numbers);
}

LANES i32x8 load_points(const struct draw_point *points)
{
    return (i32x8)_mm256_loadu_si256((const __m256i *)(const void *)points);
}

LANES void store_points(struct draw_point *points, i32x8 four)
{
    _mm256_storeu_si256((__m256i *)(void *)points, (__m256i)four);
}

/* Bits 0, 2, 4 and 6 as bits 0 to 3. */
static inline uint64_t every_other(uint32_t bits)
{
    return (bits & 1) | (bits >> 1 & 2) | (bits >> 2 & 4) | (bits >> 3 & 8);
}

/* As measure_path. False when the line goes so far that numbers could wrap around. */
LANES bool measure(const struct pen *pen, struct lanes *lanes)
{
    const struct raster *raster = pen->raster;
    int32_t reach = (int32_t)pen->reach;
    int32_t right = (int32_t)raster->right + reach;
    int32_t bottom = (int32_t)raster->bottom + reach;
    i32x8 margin = all_of_int(reach);
    i32x8 limits = {right, bottom, right, bottom, right, bottom, right, bottom};
    i32x8 far = {0};
    for (size_t i = 0; i + 1 < lanes->count; i += 4) {
        i32x8 from = load_points(&lanes->at[i]);
        i32x8 to = load_points(&lanes->at[i + 1]);
        far |= (from ^ from >> 31) | (to ^ to >> 31);
        i32x8 way = (i32x8)_mm256_permutevar8x32_epi32((__m256i)difference_of(to, from),
                                                       _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
        f64x4 dx = (f64x4)_mm256_cvtepi32_pd(_mm256_castsi256_si128((__m256i)way));
        f64x4 dy = (f64x4)_mm256_cvtepi32_pd(_mm256_extracti128_si256((__m256i)way, 1));
        f64x4 length = (f64x4)_mm256_sqrt_pd((__m256d)(dx * dx + dy * dy));
        _mm256_storeu_pd(&lanes->lengths[i], (__m256d)length);
        _mm256_storeu_pd(&lanes->along_x[i], (__m256d)(dx / length));
        _mm256_storeu_pd(&lanes->along_y[i], (__m256d)(dy / length));
        i32x8 outside =
            (sum_of(from, margin) & sum_of(to, margin)) | (difference_of(limits, from) & difference_of(limits, to));
        uint32_t bits = (uint32_t)_mm256_movemask_ps((__m256)outside);
        lanes->seen |= every_other(~(bits | bits >> 1)) << i;
    }
    return _mm256_testz_si256((__m256i)far, _mm256_set1_epi32(-(1 << FAR_LOG2)));
}

/* As corner_between, for the points from `first` up to `end`. */
LANES void turn(const struct pen *pen, struct lanes *lanes, size_t first, size_t end)
{
    const f64x4 one = all_of_double(1);
    const f64x4 half = all_of_double(pen->half);
    const f64x4 square = all_of_double(4 * pen->half * pen->half);
    for (size_t i = first; i < end; i += 4) {
        f64x4 before_x = load_doubles(&lanes->along_x[i - 1]);
        f64x4 before_y = load_doubles(&lanes->along_y[i - 1]);
        f64x4 after_x = load_doubles(&lanes->along_x[i]);
        f64x4 after_y = load_doubles(&lanes->along_y[i]);
        f64x4 shorter =
            (f64x4)_mm256_min_pd(_mm256_loadu_pd(&lanes->lengths[i - 1]), _mm256_loadu_pd(&lanes->lengths[i]));
        f64x4 cosine = before_x * after_x + before_y * after_y;
        f64x4 scale = half / (one + cosine);
        f64x4 aside_x = -(before_y + after_y) * scale;
        f64x4 aside_y = (before_x + after_x) * scale;
        __m256d is_shared =
            _mm256_and_pd(_mm256_cmp_pd((__m256d)((one + cosine) / 2), _mm256_set1_pd(pen->miter_square), _CMP_GE_OQ),
                          _mm256_cmp_pd((__m256d)(square * (one - cosine)),
                                        (__m256d)(shorter * shorter * (one + cosine)), _CMP_LE_OQ));
        const __m256d sign = _mm256_set1_pd(-0.0);
        const __m256d nearest = _mm256_set1_pd(0.5);
        __m256d round_x = _mm256_or_pd(_mm256_and_pd((__m256d)aside_x, sign), nearest);
        __m256d round_y = _mm256_or_pd(_mm256_and_pd((__m256d)aside_y, sign), nearest);
        __m128i x = _mm256_cvttpd_epi32((__m256d)(aside_x + (f64x4)round_x));
        __m128i y = _mm256_cvttpd_epi32((__m256d)(aside_y + (f64x4)round_y));
        __m256i aside = _mm256_set_m128i(_mm_unpackhi_epi32(x, y), _mm_unpacklo_epi32(x, y));
        __m256i at = (__m256i)load_points(&lanes->at[i]);
        store_points(&lanes->right[i], (i32x8)_mm256_add_epi32(at, aside));
        store_points(&lanes->left[i], (i32x8)_mm256_sub_epi32(at, aside));
        lanes->shared |= (uint64_t)_mm256_movemask_pd(is_shared) << i;
    }
}

static struct draw_point point_of(struct place place)
{
    return (struct draw_point){(int32_t)place.x, (int32_t)place.y};
}

static void set_sides(struct lanes *lanes, size_t i, struct sides sides)
{
    lanes->right[i] = point_of(sides.right);
    lanes->left[i] = point_of(sides.left);
}

static struct node node_at(const struct lanes *lanes, size_t i)
{
    return (struct node){.at = {lanes->at[i].x, lanes->at[i].y},
                         .along = {lanes->along_x[i], lanes->along_y[i]},
                         .length = lanes->lengths[i],
                         .visible = (lanes->seen >> i & 1) != 0};
}

static void add_run(const struct pen *pen, const struct lanes *lanes, size_t first, size_t last)
{
    raster_add_chain(pen->raster, &lanes->right[first], last - first + 1, false);
    raster_add_chain(pen->raster, &lanes->left[first], last - first + 1, true);
}

/* The corner at point `i` is not plain: the run that began at `first` ends there. Returns where the next one begins. */
static size_t add_corner(const struct pen *pen, struct lanes *lanes, size_t i, size_t first)
{
    struct node before = node_at(lanes, i - 1);
    struct node after = node_at(lanes, i);
    struct sides end;
    struct sides start = stroke_connect(pen, &before, &after, &end);
    if (before.visible) {
        set_sides(lanes, i, end);
        add_run(pen, lanes, first, i);
    }
    set_sides(lanes, i, start);
    return i;
}

/* The corners after `first`, up to the one at `end`, where the line ends. */
static void add_runs(const struct pen *pen, struct lanes *lanes, size_t end)
{
    uint64_t plain = lanes->shared & lanes->seen & lanes->seen << 1;
    uint64_t inner = ((UINT64_C(1) << end) - 1) & ~UINT64_C(1);
    size_t first = 0;
    for (uint64_t left = inner & ~plain; left != 0; left &= left - 1) {
        first = add_corner(pen, lanes, (size_t)__builtin_ctzll(left), first);
    }
    if ((lanes->seen >> (end - 1) & 1) != 0) {
        add_run(pen, lanes, first, end);
    }
}

static void draw_open(const struct pen *pen, struct lanes *lanes)
{
    size_t last = lanes->count - 1;
    struct node begin = node_at(lanes, 0);
    struct node end = node_at(lanes, last - 1);
    struct place at = {lanes->at[last].x, lanes->at[last].y};
    struct sides sides = stroke_sides_at(begin.at, right_of(begin.along), pen->half);
    set_sides(lanes, 0, sides);
    if (begin.visible) {
        struct vector back = {-begin.along.x, -begin.along.y};
        stroke_add_cap(pen, pen->cap_start, begin.at, back, (struct sides){sides.left, sides.right});
    }
    sides = stroke_sides_at(at, right_of(end.along), pen->half);
    set_sides(lanes, last, sides);
    if (end.visible) {
        stroke_add_cap(pen, pen->cap_end, at, end.along, sides);
    }
    add_runs(pen, lanes, last);
}

/* The first point of the ring stands at its end as well, and there is a way on from there. */
static void draw_closed(const struct pen *pen, struct lanes *lanes)
{
    size_t last = lanes->count - 1;
    if ((lanes->shared & lanes->seen & lanes->seen << 1) >> last & 1) {
        lanes->right[0] = lanes->right[last];
        lanes->left[0] = lanes->left[last];
    } else {
        struct node before = node_at(lanes, last - 1);
        struct node after = node_at(lanes, last);
        struct sides end;
        set_sides(lanes, 0, stroke_connect(pen, &before, &after, &end));
        set_sides(lanes, last, end);
    }
    add_runs(pen, lanes, last);
}

DRAW_AVX2 static bool prepare(const struct pen *pen, struct lanes *lanes, bool closed)
{
    size_t last = lanes->count - 1;
    if (!measure(pen, lanes)) {
        return false;
    }
    if (closed) {
        lanes->along_x[last] = lanes->along_x[0];
        lanes->along_y[last] = lanes->along_y[0];
        lanes->lengths[last] = lanes->lengths[0];
        lanes->seen = (lanes->seen & ((UINT64_C(1) << last) - 1)) | (lanes->seen & 1) << last;
    }
    turn(pen, lanes, 1, closed ? last + 1 : last);
    return true;
}

bool stroke_lanes_draw(const struct pen *pen, struct draw_point *points, size_t count, bool closed)
{
    struct lanes lanes;
    if (!pen->raster->has_avx2 || count < 2 + (size_t)closed || count + closed > STROKE_LANES_MAX ||
        !(pen->half < 1 << HALF_LOG2)) {
        return false;
    }
    if (closed) {
        points[count] = points[0];
    }
    lanes.count = count + closed;
    lanes.at = points;
    lanes.seen = 0;
    lanes.shared = 0;
    memset(&points[lanes.count], 0, SPARE * sizeof *points);
    if (!prepare(pen, &lanes, closed)) {
        return false;
    }
    if (closed) {
        draw_closed(pen, &lanes);
    } else {
        draw_open(pen, &lanes);
    }
    return true;
}

#else

bool stroke_lanes_draw(const struct pen *pen, struct draw_point *points, size_t count, bool closed)
{
    (void)pen;
    (void)points;
    (void)count;
    (void)closed;
    return false;
}

#endif
