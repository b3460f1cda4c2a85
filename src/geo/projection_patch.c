/* SPDX-License-Identifier: MIT */
#include "geo/projection_patch.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 4, TESTS = 9, SLOTS = 1024, COLUMN_MAX = 1 << 20 };

static const double side = 16384;
static const double error_max = 1e-11; /* degrees */

/* Chebyshev's nodes of four, in squares from -1 to 1: cos(pi / 8) and cos(3 pi / 8), each with both signs. */
static const double node_far = 0.92387953251128674;
static const double node_near = 0.38268343236508978;

enum state { EMPTY, FITTED, EXACT };

/* Longitude and latitude side by side: both are worked out at once. */
typedef double pair __attribute__((vector_size(16)));

struct patch {
    pair terms[NODES][NODES]; /* by powers of the way in x, then in y */
    double middle[2];
    int32_t column;
    int32_t row;
    enum state state;
};

struct projection_patches {
    projection_exact *exact;
    void *context;
    struct patch slots[SLOTS];
};

bool projection_patches_open(projection_exact *exact, void *context, struct projection_patches **out_patches,
                             struct error *err)
{
    struct projection_patches *patches = calloc(1, sizeof *patches);
    if (!patches) {
        return error_no_memory(err);
    }
    patches->exact = exact;
    patches->context = context;
    *out_patches = patches;
    return true;
}

void projection_patches_close(struct projection_patches *patches)
{
    free(patches);
}

static pair evaluate(const struct patch *patch, const double point[2])
{
    double u = (point[0] - patch->middle[0]) * (2 / side);
    double v = (point[1] - patch->middle[1]) * (2 / side);
    pair along[NODES];
    for (size_t i = 0; i < NODES; i++) {
        const pair *terms = patch->terms[i];
        along[i] = ((terms[3] * v + terms[2]) * v + terms[1]) * v + terms[0];
    }
    return ((along[3] * u + along[2]) * u + along[1]) * u + along[0];
}

/* Values at the four nodes, in the order far, -far, near, -near, become the terms of the cubic through them. */
static void interpolate(pair *first, size_t step)
{
    double far_squared = node_far * node_far;
    double apart = far_squared - node_near * node_near;
    pair even_far = (first[0] + first[step]) * 0.5;
    pair even_near = (first[2 * step] + first[3 * step]) * 0.5;
    pair odd_far = (first[0] - first[step]) * (0.5 / node_far);
    pair odd_near = (first[2 * step] - first[3 * step]) * (0.5 / node_near);
    pair second = (even_far - even_near) * (1 / apart);
    pair third = (odd_far - odd_near) * (1 / apart);
    first[0] = even_far - second * far_squared;
    first[step] = odd_far - third * far_squared;
    first[2 * step] = second;
    first[3 * step] = third;
}

/* Compared at corners, in the middle and in between. */
static bool is_true(const struct patch *patch, double (*tests)[2], double (*found)[2])
{
    for (size_t i = 0; i < TESTS; i++) {
        pair guess = evaluate(patch, tests[i]);
        if (!(fabs(guess[0] - found[i][0]) <= error_max) || !(fabs(guess[1] - found[i][1]) <= error_max)) {
            return false;
        }
    }
    return true;
}

static void fit(struct projection_patches *patches, struct patch *patch)
{
    static const double nodes[NODES] = {node_far, -node_far, node_near, -node_near};
    static const double places[TESTS][2] = {{-1, -1},    {-1, 1},      {1, -1},      {1, 1},       {0, 0},
                                            {-0.7, 0.1}, {0.65, -0.2}, {0.1, 0.675}, {-0.15, -0.7}};
    double xy[NODES * NODES + TESTS][2];
    double tests[TESTS][2];
    for (size_t i = 0; i < NODES * NODES; i++) {
        xy[i][0] = patch->middle[0] + nodes[i / NODES] * (side / 2);
        xy[i][1] = patch->middle[1] + nodes[i % NODES] * (side / 2);
    }
    for (size_t i = 0; i < TESTS; i++) {
        tests[i][0] = patch->middle[0] + places[i][0] * (side / 2);
        tests[i][1] = patch->middle[1] + places[i][1] * (side / 2);
    }
    memcpy(xy + (size_t)NODES * NODES, tests, sizeof tests);
    patches->exact(patches->context, &xy[0][0], NODES * NODES + TESTS);
    for (size_t i = 0; i < NODES * NODES; i++) {
        patch->terms[i / NODES][i % NODES] = (pair){xy[i][0], xy[i][1]};
    }
    for (size_t i = 0; i < NODES; i++) {
        interpolate(patch->terms[i], 1);
    }
    for (size_t i = 0; i < NODES; i++) {
        interpolate(&patch->terms[0][i], NODES);
    }
    patch->state = is_true(patch, tests, xy + (size_t)NODES * NODES) ? FITTED : EXACT;
}

/* The square of a point; NULL far away from everything. */
static const struct patch *find(struct projection_patches *patches, const double point[2])
{
    double column = floor(point[0] / side);
    double row = floor(point[1] / side);
    if (!(fabs(column) < COLUMN_MAX) || !(fabs(row) < COLUMN_MAX)) {
        return NULL;
    }
    int32_t c = (int32_t)column;
    int32_t r = (int32_t)row;
    struct patch *patch = &patches->slots[((uint32_t)c + 37U * (uint32_t)r) % SLOTS];
    if (patch->state == EMPTY || patch->column != c || patch->row != r) {
        *patch = (struct patch){.middle = {(column + 0.5) * side, (row + 0.5) * side}, .column = c, .row = r};
        fit(patches, patch);
    }
    return patch;
}

static bool is_in(const struct patch *patch, const double point[2])
{
    double x = point[0] - patch->middle[0];
    double y = point[1] - patch->middle[1];
    return x >= -side / 2 && x < side / 2 && y >= -side / 2 && y < side / 2;
}

void projection_patches_transform(struct projection_patches *patches, double *xy, size_t count)
{
    const struct patch *patch = NULL;
    for (size_t i = 0; i < count; i++) {
        double *point = xy + 2 * i;
        if (!patch || !is_in(patch, point)) {
            patch = find(patches, point);
        }
        if (patch && patch->state == FITTED) {
            pair found = evaluate(patch, point);
            point[0] = found[0];
            point[1] = found[1];
        } else {
            patches->exact(patches->context, point, 1);
        }
    }
}
