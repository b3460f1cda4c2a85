/* SPDX-License-Identifier: MIT */
/* Any numbers as rings: what is proven simple GEOS must find valid, and rings around rings never go in circles.
 * The bytes: one that tells a number's size and the rings' roles, then for each ring how many vertices, then these. */

#include "ingest/ring_nesting.h"
#include "ingest/simple_rings.h"

#include <geos_c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RINGS_MAX = 12, VERTICES_MAX = 300 };

struct rings {
    double vertices[3 * (VERTICES_MAX + RINGS_MAX)];
    size_t vertex_count;
    struct simple_ring simple[RINGS_MAX];
    struct nested_ring nested[RINGS_MAX];
    size_t count;
};

struct input {
    const uint8_t *at;
    const uint8_t *end;
    bool doubles;
};

static void be_silent(const char *message, void *data)
{
    (void)message;
    (void)data;
}

/* As doubles anything may come, as small whole numbers vertices meet often. */
static bool take_number(struct input *in, double *out)
{
    if (in->doubles) {
        if (in->end - in->at < (ptrdiff_t)sizeof *out) {
            return false;
        }
        memcpy(out, in->at, sizeof *out);
        in->at += sizeof *out;
        return *out > -1e12 && *out < 1e12; /* what the reading of geometry lets pass */
    }
    if (in->at == in->end) {
        return false;
    }
    *out = (double)(int8_t)*in->at++ / 4;
    return true;
}

/* One closed ring; false when there are no more. */
static bool take_ring(struct input *in, struct rings *out, bool is_hole)
{
    size_t start = out->vertex_count;
    size_t wanted = in->at < in->end ? 3u + *in->at++ % 30u : 0;
    while (wanted > 0 && out->vertex_count - start < wanted && out->vertex_count < VERTICES_MAX) {
        double *vertex = out->vertices + 3 * out->vertex_count;
        if (!take_number(in, &vertex[0]) || !take_number(in, &vertex[1])) {
            break;
        }
        vertex[2] = 0;
        out->vertex_count++;
    }
    if (out->vertex_count - start < 3) {
        out->vertex_count = start;
        return false;
    }
    memcpy(out->vertices + 3 * out->vertex_count++, out->vertices + 3 * start, 3 * sizeof(double));
    out->simple[out->count] = (struct simple_ring){start, out->vertex_count, is_hole};
    out->nested[out->count] = (struct nested_ring){.start = start, .end = out->vertex_count};
    out->count++;
    return true;
}

static GEOSGeometry *ring_of(GEOSContextHandle_t geos, const struct rings *rings, const struct simple_ring *ring)
{
    GEOSCoordSequence *sequence = GEOSCoordSeq_create_r(geos, (unsigned)(ring->end - ring->start), 2);
    for (size_t i = ring->start; i < ring->end; i++) {
        GEOSCoordSeq_setXY_r(geos, sequence, (unsigned)(i - ring->start), rings->vertices[3 * i],
                             rings->vertices[3 * i + 1]);
    }
    return GEOSGeom_createLinearRing_r(geos, sequence);
}

static bool geos_finds_valid(const struct rings *rings)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSContext_setErrorMessageHandler_r(geos, be_silent, NULL);
    GEOSContext_setNoticeMessageHandler_r(geos, be_silent, NULL);
    GEOSGeometry *parts[RINGS_MAX];
    unsigned part_count = 0;
    for (size_t r = 0; r < rings->count;) {
        GEOSGeometry *holes[RINGS_MAX];
        unsigned hole_count = 0;
        size_t next = r + 1;
        while (next < rings->count && rings->simple[next].is_hole) {
            holes[hole_count++] = ring_of(geos, rings, &rings->simple[next++]);
        }
        parts[part_count++] =
            GEOSGeom_createPolygon_r(geos, ring_of(geos, rings, &rings->simple[r]), holes, hole_count);
        r = next;
    }
    GEOSGeometry *whole = GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, part_count);
    bool valid = GEOSisValid_r(geos, whole) == 1;
    GEOSGeom_destroy_r(geos, whole);
    GEOS_finish_r(geos);
    return valid;
}

static void check_nesting(struct rings *rings)
{
    if (!ring_nesting_find(rings->vertices, rings->nested, rings->count)) {
        abort(); /* so few can be told */
    }
    for (size_t i = 0; i < rings->count; i++) {
        size_t steps = 0;
        for (size_t at = rings->nested[i].around; at != SIZE_MAX; at = rings->nested[at].around) {
            if (at >= rings->count || ++steps > rings->count) {
                abort();
            }
        }
        if ((rings->nested[i].depth == 0) != (rings->nested[i].around == SIZE_MAX) || rings->nested[i].depth < steps) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct simple_rings work;
    static struct rings rings;
    rings.vertex_count = 0;
    rings.count = 0;
    if (size == 0) {
        simple_rings_finish(&work); /* nothing stays behind */
        work = (struct simple_rings){0};
        return 0;
    }
    uint8_t roles = data[0] >> 1;
    struct input in = {data + 1, data + size, data[0] & 1};
    while (rings.count < RINGS_MAX && take_ring(&in, &rings, rings.count > 0 && (roles >> rings.count % 7 & 1))) {
    }
    if (rings.count == 0) {
        return 0;
    }
    if (simple_rings_prove(&work, rings.vertices, rings.simple, rings.count) && !geos_finds_valid(&rings)) {
        abort();
    }
    check_nesting(&rings);
    simple_rings_finish(&work);
    work = (struct simple_rings){0};
    return 0;
}
