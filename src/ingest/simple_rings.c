/* SPDX-License-Identifier: MIT */
/* Segments are put into as many columns as there are segments and swept from the left; only pairs whose boxes meet are
 * tested. Signs of orientations are trusted when they exceed the rounding error (J. R. Shewchuk, "Adaptive Precision
 * Floating-Point Arithmetic and Fast Robust Geometric Predicates", 1997, bound A); else nothing is proven. */
#include "ingest/simple_rings.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STRIDE = 3, RINGS_MAX = 64, SEGMENTS_MAX = 1 << 24, TESTS_PER_SEGMENT = 64, TESTS_AT_LEAST = 4096 };

static const double orientation_error = 3.3306690738754716e-16;
static const double product_error = 1e-15;

struct segment {
    double min_x;
    double max_x;
    double min_y;
    double max_y;
    uint32_t from; /* vertex; the segment ends at the one after */
    uint32_t next; /* the segment that begins where this one ends */
    uint32_t column;
    uint32_t last_column;
};

/* A segment that the sweep has reached and not yet left, with what most pairs are told apart by. */
struct active {
    double min_y;
    double max_y;
    uint32_t segment;
    uint32_t last_column;
};

struct sweep {
    const double *vertices;
    struct segment *segments;
    struct active *active;
    uint32_t *order;   /* segments by column */
    uint32_t *columns; /* where each column starts in `order` */
    uint32_t count;
};

void simple_rings_finish(struct simple_rings *work)
{
    free(work->memory);
    *work = (struct simple_rings){0};
}

static bool reserve(struct simple_rings *work, size_t bytes)
{
    if (bytes <= work->room) {
        return true;
    }
    free(work->memory);
    work->room = 0;
    work->memory = malloc(bytes * 2);
    if (work->memory) {
        work->room = bytes * 2;
    }
    return work->memory != NULL;
}

/* The sign of the turn from `a` over `b` to `c`; 0 when it cannot be told. */
static int turn(const double *a, const double *b, const double *c)
{
    double left = (a[0] - c[0]) * (b[1] - c[1]);
    double right = (a[1] - c[1]) * (b[0] - c[0]);
    double area = left - right;
    double error = orientation_error * (fabs(left) + fabs(right));
    return area > error ? 1 : area < -error ? -1 : 0;
}

static bool is_apart(const double *p, const double *q, const double *r, const double *s)
{
    int to_r = turn(p, q, r);
    if (to_r != 0 && to_r == turn(p, q, s)) {
        return true;
    }
    int to_p = turn(r, s, p);
    return to_p != 0 && to_p == turn(r, s, q);
}

/* Whether the segments a-b and b-c have nothing in common but b: they do not run back along themselves. */
static bool meets_once(const double *a, const double *b, const double *c)
{
    if (turn(a, b, c) != 0) {
        return true;
    }
    double x = (a[0] - b[0]) * (c[0] - b[0]);
    double y = (a[1] - b[1]) * (c[1] - b[1]);
    return x + y < -product_error * (fabs(x) + fabs(y));
}

static bool set_segment(struct sweep *sweep, uint32_t from, uint32_t next)
{
    const double *a = sweep->vertices + STRIDE * (size_t)from;
    const double *b = a + STRIDE;
    if (a[0] == b[0] && a[1] == b[1]) {
        return false;
    }
    sweep->segments[sweep->count++] = (struct segment){.min_x = a[0] < b[0] ? a[0] : b[0],
                                                       .max_x = a[0] < b[0] ? b[0] : a[0],
                                                       .min_y = a[1] < b[1] ? a[1] : b[1],
                                                       .max_y = a[1] < b[1] ? b[1] : a[1],
                                                       .from = from,
                                                       .next = next};
    return true;
}

static bool set_segments(struct sweep *sweep, const struct simple_ring *rings, size_t ring_count)
{
    for (size_t r = 0; r < ring_count; r++) {
        uint32_t first = sweep->count;
        uint32_t last = first + (uint32_t)(rings[r].end - rings[r].start) - 2;
        for (size_t v = rings[r].start; v + 1 < rings[r].end; v++) {
            if (!set_segment(sweep, (uint32_t)v, sweep->count == last ? first : sweep->count + 1)) {
                return false;
            }
        }
    }
    return true;
}

/* Columns are of equal width, so that they are found by a product; rounding is the same for both ends of all. */
static bool put_in_columns(struct sweep *sweep)
{
    double low = sweep->segments[0].min_x;
    double high = sweep->segments[0].max_x;
    for (uint32_t i = 1; i < sweep->count; i++) {
        low = sweep->segments[i].min_x < low ? sweep->segments[i].min_x : low;
        high = sweep->segments[i].max_x > high ? sweep->segments[i].max_x : high;
    }
    double scale = (double)(sweep->count - 1) / (high - low);
    if (!isfinite(scale)) {
        return false;
    }
    memset(sweep->columns, 0, (sweep->count + 1) * sizeof *sweep->columns);
    for (uint32_t i = 0; i < sweep->count; i++) {
        struct segment *segment = &sweep->segments[i];
        double first = (segment->min_x - low) * scale;
        double last = (segment->max_x - low) * scale;
        double limit = (double)(sweep->count - 1);
        segment->column = (uint32_t)(first < limit ? first : limit);
        segment->last_column = (uint32_t)(last < limit ? last : limit);
        sweep->columns[segment->column + 1]++;
    }
    for (uint32_t c = 0; c < sweep->count; c++) {
        sweep->columns[c + 1] += sweep->columns[c];
    }
    for (uint32_t i = 0; i < sweep->count; i++) {
        sweep->order[sweep->columns[sweep->segments[i].column]++] = i;
    }
    return true;
}

static bool pair_is_sound(const struct sweep *sweep, uint32_t one, uint32_t other)
{
    const struct segment *a = &sweep->segments[one];
    const struct segment *b = &sweep->segments[other];
    if (a->max_x < b->min_x || b->max_x < a->min_x) {
        return true;
    }
    const double *p = sweep->vertices + STRIDE * (size_t)a->from;
    const double *r = sweep->vertices + STRIDE * (size_t)b->from;
    if (a->next == other) {
        return meets_once(p, p + STRIDE, r + STRIDE);
    }
    if (b->next == one) {
        return meets_once(r, r + STRIDE, p + STRIDE);
    }
    return is_apart(p, p + STRIDE, r, r + STRIDE);
}

static bool no_segments_meet(struct sweep *sweep)
{
    uint64_t tests_left = (uint64_t)sweep->count * TESTS_PER_SEGMENT + TESTS_AT_LEAST;
    struct active *active = sweep->active;
    uint32_t count = 0;
    for (uint32_t i = 0; i < sweep->count; i++) {
        const struct segment *segment = &sweep->segments[sweep->order[i]];
        struct active now = {segment->min_y, segment->max_y, sweep->order[i], segment->last_column};
        if (tests_left < count) {
            return false;
        }
        tests_left -= count;
        for (uint32_t j = 0; j < count;) {
            if (active[j].last_column < segment->column) {
                active[j] = active[--count];
                continue;
            }
            bool apart = (active[j].max_y < now.min_y) | (now.max_y < active[j].min_y);
            if (!apart && !pair_is_sound(sweep, active[j].segment, now.segment)) {
                return false;
            }
            j++;
        }
        active[count++] = now;
    }
    return true;
}

enum place { PLACE_OUT, PLACE_IN, PLACE_UNKNOWN };

static enum place place_in_ring(const double *point, const double *vertices, const struct simple_ring *ring)
{
    bool inside = false;
    for (size_t v = ring->start; v + 1 < ring->end; v++) {
        const double *a = vertices + STRIDE * v;
        const double *b = a + STRIDE;
        if ((a[1] > point[1]) != (b[1] > point[1])) {
            int side = a[1] < b[1] ? turn(a, b, point) : turn(b, a, point);
            if (side == 0) {
                return PLACE_UNKNOWN;
            }
            inside ^= side > 0;
        }
    }
    return inside ? PLACE_IN : PLACE_OUT;
}

/* The rings do not meet: one vertex tells for all. */
static bool nesting_is_sound(const double *vertices, const struct simple_ring *rings, size_t ring_count)
{
    size_t shell = 0;
    for (size_t i = 0; i < ring_count; i++) {
        const double *point = vertices + STRIDE * rings[i].start;
        if (!rings[i].is_hole) {
            shell = i;
        } else if (place_in_ring(point, vertices, &rings[shell]) != PLACE_IN) {
            return false;
        }
        for (size_t j = 0; j < ring_count; j++) {
            bool alike = rings[i].is_hole == rings[j].is_hole;
            if (i != j && alike && place_in_ring(point, vertices, &rings[j]) != PLACE_OUT) {
                return false;
            }
        }
    }
    return true;
}

bool simple_rings_prove(struct simple_rings *work, const double *vertices, const struct simple_ring *rings,
                        size_t ring_count)
{
    size_t segments = 0;
    for (size_t r = 0; r < ring_count; r++) {
        if (rings[r].end - rings[r].start < 4 || rings[r].end > UINT32_MAX) {
            return false;
        }
        segments += rings[r].end - rings[r].start - 1;
    }
    if (ring_count == 0 || ring_count > RINGS_MAX || segments > SEGMENTS_MAX || rings[0].is_hole ||
        !reserve(work, segments * (sizeof(struct segment) + sizeof(struct active) + 2 * sizeof(uint32_t)) +
                           sizeof(uint32_t))) {
        return false;
    }
    struct sweep sweep = {.vertices = vertices, .segments = work->memory};
    sweep.active = (struct active *)(sweep.segments + segments);
    sweep.order = (uint32_t *)(sweep.active + segments);
    sweep.columns = sweep.order + segments;
    return set_segments(&sweep, rings, ring_count) && put_in_columns(&sweep) && no_segments_meet(&sweep) &&
           (ring_count == 1 || nesting_is_sound(vertices, rings, ring_count));
}
