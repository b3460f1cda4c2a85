/* SPDX-License-Identifier: MIT */
#include "ingest/ring_nesting.h"

#include "geo/bbox.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { RINGS_MAX = 5000, STEPS_MAX = 200 * 1000 * 1000 }; /* pairs of rings; pairs of a point and an edge */

enum side { OUTSIDE, ON_BORDER, INSIDE };

struct measured {
    struct bbox box;
    double area;
};

static struct measured measure(const double *vertices, const struct nested_ring *ring)
{
    struct measured out = {{HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL}, 0};
    const double *origin = vertices + 3 * ring->start;
    for (size_t i = ring->start; i + 1 < ring->end; i++) {
        const double *a = vertices + 3 * i;
        const double *b = a + 3;
        out.box.min_x = fmin(out.box.min_x, a[0]);
        out.box.max_x = fmax(out.box.max_x, a[0]);
        out.box.min_y = fmin(out.box.min_y, a[1]);
        out.box.max_y = fmax(out.box.max_y, a[1]);
        out.area += (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1]);
    }
    out.area = fabs(out.area) / 2;
    return out;
}

static enum side side_of(const double *vertices, const struct nested_ring *ring, double x, double y)
{
    bool inside = false;
    for (size_t i = ring->start; i + 1 < ring->end; i++) {
        const double *a = vertices + 3 * i;
        const double *b = a + 3;
        double turn = (b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1]);
        bool beside = x >= fmin(a[0], b[0]) && x <= fmax(a[0], b[0]) && y >= fmin(a[1], b[1]) && y <= fmax(a[1], b[1]);
        if (turn == 0 && beside) {
            return ON_BORDER;
        }
        if ((a[1] > y) != (b[1] > y) && (turn > 0) == (b[1] > a[1])) {
            inside = !inside;
        }
    }
    return inside ? INSIDE : OUTSIDE;
}

/* Vertices and the middles of edges, none outside and some inside. `*steps` counts the work. */
static bool surrounds(const double *vertices, const struct nested_ring *outer, const struct nested_ring *inner,
                      size_t *steps)
{
    bool some = false;
    for (size_t i = inner->start; i + 1 < inner->end; i++) {
        const double *a = vertices + 3 * i;
        const double *b = a + 3;
        *steps += 2 * (outer->end - outer->start);
        enum side vertex = side_of(vertices, outer, a[0], a[1]);
        enum side middle = side_of(vertices, outer, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        /* The middle of an edge that runs along the border is beside it by rounding. */
        bool along = vertex == ON_BORDER && side_of(vertices, outer, b[0], b[1]) == ON_BORDER;
        if (vertex == OUTSIDE || (middle == OUTSIDE && !along) || *steps > STEPS_MAX) {
            return false;
        }
        some |= vertex == INSIDE || (middle == INSIDE && !along);
    }
    return some;
}

bool ring_nesting_find(const double *vertices, struct nested_ring *rings, size_t count)
{
    size_t steps = 0;
    struct measured *measures = count <= RINGS_MAX ? malloc((count + 1) * sizeof *measures) : NULL;
    if (!measures) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        measures[i] = measure(vertices, &rings[i]);
        rings[i].around = SIZE_MAX;
        rings[i].depth = 0;
    }
    for (size_t i = 0; i < count && steps <= STEPS_MAX; i++) {
        for (size_t j = 0; j < count && steps <= STEPS_MAX; j++) {
            const struct bbox *outer = &measures[j].box;
            const struct bbox *inner = &measures[i].box;
            bool may = measures[j].area > measures[i].area && outer->min_x <= inner->min_x &&
                       outer->max_x >= inner->max_x && outer->min_y <= inner->min_y && outer->max_y >= inner->max_y;
            if (!may || !surrounds(vertices, &rings[j], &rings[i], &steps)) {
                continue;
            }
            if (rings[i].around == SIZE_MAX || measures[j].area < measures[rings[i].around].area) {
                rings[i].around = j;
            }
        }
    }
    /* Along the chain, and not by counting what surrounds it: what is only nearly inside by rounding must not give a
     * hole around a hole, which would be lost. Each ring around is larger, so chains end. */
    for (size_t i = 0; i < count && steps <= STEPS_MAX; i++) {
        for (size_t at = rings[i].around; at != SIZE_MAX; at = rings[at].around) {
            rings[i].depth++;
        }
    }
    free(measures);
    return steps <= STEPS_MAX;
}
