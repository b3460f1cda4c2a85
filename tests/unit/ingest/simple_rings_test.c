/* SPDX-License-Identifier: MIT */
#include "ingest/simple_rings.h"

#include "unit/test.h"

#include <geos_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERTICES_MAX = 400, RINGS_MAX = 12, ROUNDS = 20000 };

struct polygon {
    double vertices[3 * VERTICES_MAX];
    size_t count;
    struct simple_ring rings[RINGS_MAX];
    size_t ring_count;
};

static GEOSContextHandle_t geos;

static void begin_ring(struct polygon *polygon, bool is_hole)
{
    polygon->rings[polygon->ring_count] = (struct simple_ring){polygon->count, polygon->count, is_hole};
}

static void put(struct polygon *polygon, double x, double y)
{
    polygon->vertices[3 * polygon->count] = x;
    polygon->vertices[3 * polygon->count + 1] = y;
    polygon->vertices[3 * polygon->count + 2] = NAN; /* heights are nobody's business */
    polygon->count++;
}

static void end_ring(struct polygon *polygon)
{
    struct simple_ring *ring = &polygon->rings[polygon->ring_count++];
    put(polygon, polygon->vertices[3 * ring->start], polygon->vertices[3 * ring->start + 1]);
    ring->end = polygon->count;
}

static GEOSGeometry *ring_of(const struct polygon *polygon, const struct simple_ring *ring)
{
    GEOSCoordSequence *sequence = GEOSCoordSeq_create_r(geos, (unsigned)(ring->end - ring->start), 2);
    for (size_t i = ring->start; i < ring->end; i++) {
        GEOSCoordSeq_setXY_r(geos, sequence, (unsigned)(i - ring->start), polygon->vertices[3 * i],
                             polygon->vertices[3 * i + 1]);
    }
    return GEOSGeom_createLinearRing_r(geos, sequence);
}

/* What GEOS says of the multipolygon. */
static bool is_valid(const struct polygon *polygon)
{
    GEOSGeometry *parts[RINGS_MAX];
    unsigned part_count = 0;
    for (size_t r = 0; r < polygon->ring_count;) {
        GEOSGeometry *holes[RINGS_MAX];
        unsigned hole_count = 0;
        size_t next = r + 1;
        while (next < polygon->ring_count && polygon->rings[next].is_hole) {
            holes[hole_count++] = ring_of(polygon, &polygon->rings[next++]);
        }
        parts[part_count++] = GEOSGeom_createPolygon_r(geos, ring_of(polygon, &polygon->rings[r]), holes, hole_count);
        r = next;
    }
    GEOSGeometry *whole = GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, parts, part_count);
    bool valid = GEOSisValid_r(geos, whole) == 1;
    GEOSGeom_destroy_r(geos, whole);
    return valid;
}

static double chance(void)
{
    return (double)rand() / RAND_MAX;
}

/* Around a centre; on a coarse grid now and then, so that vertices and segments meet. */
static void put_star(struct polygon *polygon, double x, double y, double radius, double rough, bool is_hole,
                     double grid)
{
    int count = 3 + rand() % 25;
    begin_ring(polygon, is_hole);
    for (int i = 0; i < count; i++) {
        double angle = (is_hole ? -1 : 1) * 6.283185307179586 * (i + rough * (chance() - 0.5)) / count;
        double r = radius * (1 - rough * 0.4 * chance());
        double px = x + r * cos(angle);
        double py = y + r * sin(angle);
        put(polygon, grid > 0 ? round(px / grid) * grid : px, grid > 0 ? round(py / grid) * grid : py);
    }
    end_ring(polygon);
}

/* Whatever is proven GEOS must find valid, too; and of what is plainly valid nearly all must be proven. */
static void never_proves_what_is_invalid(void **state)
{
    (void)state;
    struct simple_rings work = {0};
    int proven = 0;
    int refused = 0;
    int plain_refused = 0;
    srand(11);
    for (int round = 0; round < ROUNDS; round++) {
        static struct polygon polygon;
        polygon.count = 0;
        polygon.ring_count = 0;
        double rough = round % 4 == 0 ? 6 * chance() : 0.8;
        double grid = round % 3 == 0 ? 0.25 : 0;
        put_star(&polygon, 0, 0, 4, rough, false, grid);
        for (int hole = rand() % 3; hole > 0; hole--) {
            put_star(&polygon, 3 * chance() - 1.5, 3 * chance() - 1.5, 0.2 + chance(), rough, true, grid);
        }
        for (int more = rand() % 3; more > 0; more--) {
            put_star(&polygon, 14 * chance() - 7, 14 * chance() - 7, 0.2 + 3 * chance(), rough, false, grid);
        }
        bool ours = simple_rings_prove(&work, polygon.vertices, polygon.rings, polygon.ring_count);
        bool theirs = is_valid(&polygon);
        assert_true(!ours || theirs);
        proven += ours;
        refused += !theirs;
        plain_refused += theirs && !ours && grid == 0;
    }
    assert_true(proven > ROUNDS / 10);
    assert_true(refused > ROUNDS / 10);
    assert_true(plain_refused < proven / 10);
    simple_rings_finish(&work);
}

static bool prove(const double *xy, size_t count)
{
    struct simple_rings work = {0};
    struct polygon polygon = {0};
    begin_ring(&polygon, false);
    for (size_t i = 0; i < count; i++) {
        put(&polygon, xy[2 * i], xy[2 * i + 1]);
    }
    end_ring(&polygon);
    bool proven = simple_rings_prove(&work, polygon.vertices, polygon.rings, 1);
    simple_rings_finish(&work);
    return proven;
}

static void knows_plain_cases(void **state)
{
    (void)state;
    assert_true(prove((const double[]){0, 0, 4, 0, 4, 4, 0, 4}, 4));
    /* a vertex on a straight side */
    assert_true(prove((const double[]){0, 0, 2, 0, 4, 0, 4, 4, 0, 4}, 5));
    assert_true(
        prove((const double[]){655700.1, 2825600.2, 655713.7, 2825600.9, 655712.9, 2825640.3, 655699.5, 2825639}, 4));
    /* a bow tie, a spike, a line, a repeated vertex, a vertex on another side */
    assert_false(prove((const double[]){0, 0, 4, 4, 4, 0, 0, 4}, 4));
    assert_false(prove((const double[]){0, 0, 4, 0, 6, 0, 4, 0, 4, 4}, 5));
    assert_false(prove((const double[]){0, 0, 4, 0, 2, 0}, 3));
    assert_false(prove((const double[]){0, 0, 4, 0, 4, 0, 4, 4}, 4));
    assert_false(prove((const double[]){0, 0, 4, 0, 4, 4, 2, 0, 0, 4}, 5));
    assert_false(prove((const double[]){1, 1, 1, 1, 1, 1}, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_proves_what_is_invalid),
        cmocka_unit_test(knows_plain_cases),
    };
    geos = GEOS_init_r();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    GEOS_finish_r(geos);
    return failed;
}
