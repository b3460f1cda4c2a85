/* SPDX-License-Identifier: MIT */
#include "store/cell_generalise.h"

#include "store/cell.h"
#include "store/cell_thin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- ranks --- */

/* A chain between two kept vertices, and the rank of the one that cut it off. */
struct chain {
    uint32_t first;
    uint32_t last;
    unsigned char rank;
};

/* A polygon of a feature of several that is too small for the band, by the square of two pixels it lies in. */
struct islet {
    int64_t square_x;
    int64_t square_y;
    double x;
    double y;
    double area;
    uint32_t part;
};

struct cell_generaliser {
    const struct geometry *geometry;
    double size;          /* of the whole feature: square units of area, units of length, or 1 */
    double extent;        /* the longer side of its box */
    uint32_t shells;      /* polygons it has */
    double *areas;        /* of each part; those of holes are negative */
    struct islet *islets; /* as much room as for parts */
    double tolerances[GEOMETRY_POLYGON + 1][CELL_BANDS]; /* squared, in world units; that of the full band is 0 */
    double least[CELL_BANDS][GEOMETRY_POLYGON + 1];      /* what is not small, by band and kind */
    unsigned char *ranks;                                /* of each vertex: the first band that has it */
    uint32_t vertex_room;
    struct chain *chains; /* still to be looked at */
    size_t chain_count;
    size_t chain_room;
    struct world_point *left; /* the vertices that the coarser bands may still have, with their ranks */
    unsigned char *left_ranks;
    uint32_t *left_ends;        /* of parts */
    struct world_point *points; /* of the band asked for */
    struct shape_part *parts;
    uint32_t part_room;
};

bool cell_generaliser_open(struct cell_generaliser **out_generaliser, struct error *err)
{
    struct cell_generaliser *generaliser = calloc(1, sizeof *generaliser);
    if (!generaliser) {
        return error_no_memory(err);
    }
    for (unsigned b = 0; b < CELL_BAND_FULL; b++) {
        for (enum geometry_kind kind = GEOMETRY_LINE; kind <= GEOMETRY_POLYGON; kind++) {
            double tolerance = cell_tolerance(b, kind);
            generaliser->tolerances[kind][b] = tolerance * tolerance;
            generaliser->least[b][kind] = cell_thinner_least(b, kind);
        }
    }
    *out_generaliser = generaliser;
    return true;
}

void cell_generaliser_close(struct cell_generaliser *generaliser)
{
    if (generaliser) {
        free(generaliser->ranks);
        free(generaliser->chains);
        free(generaliser->points);
        free(generaliser->left);
        free(generaliser->left_ranks);
        free(generaliser->left_ends);
        free(generaliser->parts);
        free(generaliser->areas);
        free(generaliser->islets);
        free(generaliser);
    }
}

static bool reserve(struct cell_generaliser *generaliser, const struct geometry *geometry)
{
    if (geometry->vertex_count > generaliser->vertex_room) {
        /* A square in the place of a triangle takes one vertex more. */
        uint32_t room = geometry->vertex_count + geometry->vertex_count / 2 + 8;
        free(generaliser->ranks);
        free(generaliser->left_ranks);
        free(generaliser->left);
        free(generaliser->points);
        generaliser->vertex_room = 0;
        generaliser->ranks = malloc(room);
        generaliser->left_ranks = malloc(room);
        generaliser->left = malloc((size_t)room * sizeof *generaliser->left);
        generaliser->points = malloc((size_t)room * sizeof *generaliser->points);
        if (!generaliser->ranks || !generaliser->left_ranks || !generaliser->left || !generaliser->points) {
            return false;
        }
        generaliser->vertex_room = room;
    }
    if (geometry->part_count > generaliser->part_room) {
        uint32_t room = geometry->part_count + geometry->part_count / 2;
        free(generaliser->left_ends);
        free(generaliser->parts);
        free(generaliser->areas);
        free(generaliser->islets);
        generaliser->part_room = 0;
        generaliser->left_ends = malloc((size_t)room * sizeof *generaliser->left_ends);
        generaliser->parts = malloc((size_t)room * sizeof *generaliser->parts);
        generaliser->areas = malloc((size_t)room * sizeof *generaliser->areas);
        generaliser->islets = malloc((size_t)room * sizeof *generaliser->islets);
        if (!generaliser->left_ends || !generaliser->parts || !generaliser->areas || !generaliser->islets) {
            return false;
        }
        generaliser->part_room = room;
    }
    return true;
}

static bool push(struct cell_generaliser *generaliser, uint32_t first, uint32_t last, unsigned char rank)
{
    if (last - first < 2) {
        return true;
    }
    if (generaliser->chain_count == generaliser->chain_room) {
        size_t room = generaliser->chain_room < 32 ? 64 : generaliser->chain_room * 2;
        struct chain *chains = realloc(generaliser->chains, room * sizeof *chains);
        if (!chains) {
            return false;
        }
        generaliser->chains = chains;
        generaliser->chain_room = room;
    }
    generaliser->chains[generaliser->chain_count++] = (struct chain){first, last, rank};
    return true;
}

static bool is_less(struct world_point a, struct world_point b)
{
    return a.x != b.x ? a.x < b.x : a.y < b.y;
}

/* The vertex of a chain farthest from the segment between its ends, and its distance squared. Of two that are equally
 * far the lesser one, and the ends in a fixed order: so that both directions give the same to the bit. */
static uint32_t farthest(const struct world_point *points, const struct chain *chain, double *out_distance)
{
    struct world_point a = points[chain->first];
    struct world_point b = points[chain->last];
    if (is_less(b, a)) {
        struct world_point swapped = a;
        a = b;
        b = swapped;
    }
    double dx = (double)b.x - a.x;
    double dy = (double)b.y - a.y;
    double length = dx * dx + dy * dy;
    double most = -1;
    uint32_t best = chain->first + 1;
    for (uint32_t i = chain->first + 1; i < chain->last; i++) {
        double px = (double)points[i].x - a.x;
        double py = (double)points[i].y - a.y;
        double along = px * dx + py * dy;
        double distance;
        if (along <= 0) {
            distance = px * px + py * py;
        } else if (along >= length) {
            double qx = (double)points[i].x - b.x;
            double qy = (double)points[i].y - b.y;
            distance = qx * qx + qy * qy;
        } else {
            double across = px * dy - py * dx;
            distance = across * across / length;
        }
        if (distance > most || (distance == most && is_less(points[i], points[best]))) {
            most = distance;
            best = i;
        }
    }
    *out_distance = most;
    return best;
}

static unsigned char rank_of(const struct cell_generaliser *generaliser, double distance)
{
    const double *tolerances = generaliser->tolerances[generaliser->geometry->kind];
    unsigned char band = 0;
    while (band < CELL_BAND_FULL && distance <= tolerances[band]) {
        band++;
    }
    return band;
}

static bool rank_chains(struct cell_generaliser *generaliser, const struct world_point *points, unsigned char *ranks)
{
    while (generaliser->chain_count > 0) {
        struct chain chain = generaliser->chains[--generaliser->chain_count];
        double distance;
        uint32_t best = farthest(points, &chain, &distance);
        unsigned char rank = rank_of(generaliser, distance);
        if (rank == CELL_BAND_FULL) {
            continue; /* as are all between */
        }
        rank = rank < chain.rank ? chain.rank : rank;
        ranks[best] = rank;
        if (!push(generaliser, chain.first, best, rank) || !push(generaliser, best, chain.last, rank)) {
            return false;
        }
    }
    return true;
}

/* The vertex of a ring farthest from `from`; of equals the least. */
static uint32_t opposite(const struct world_point *points, uint32_t count, uint32_t from)
{
    double most = -1;
    uint32_t best = from;
    for (uint32_t i = 0; i < count; i++) {
        double dx = (double)points[i].x - points[from].x;
        double dy = (double)points[i].y - points[from].y;
        double distance = dx * dx + dy * dy;
        if (distance > most || (distance == most && is_less(points[i], points[best]))) {
            most = distance;
            best = i;
        }
    }
    return best;
}

/* A ring that shares nothing, or one vertex, needs ends for its chains all the same: an island and the hole it fills
 * must choose alike wherever they begin. */
static void anchor_ring(const struct world_point *points, uint32_t distinct, unsigned char *ranks)
{
    uint32_t kept = 0;
    uint32_t one = 0;
    for (uint32_t i = 0; i < distinct; i++) {
        if (ranks[i] == 0) {
            kept++;
            one = i;
        }
    }
    if (kept >= 2) {
        return;
    }
    for (uint32_t i = 0; i < distinct && kept == 0; i++) {
        one = is_less(points[i], points[one]) ? i : one;
    }
    ranks[one] = 0;
    ranks[opposite(points, distinct, one)] = 0;
}

/* The chain that runs over a ring's seam is looked at in a copy where it lies in one piece. */
static bool rank_seam(struct cell_generaliser *generaliser, const struct world_point *points, uint32_t distinct,
                      unsigned char *ranks, uint32_t first_kept, uint32_t last_kept)
{
    uint32_t head = distinct - last_kept; /* from the last kept one up to the seam */
    uint32_t size = head + first_kept + 1;
    if (size < 3) {
        return true;
    }
    struct world_point *copy = generaliser->points;
    unsigned char *copied = malloc(size);
    if (!copied) {
        return false;
    }
    for (uint32_t i = 0; i < size; i++) {
        copy[i] = points[(last_kept + i) % distinct];
        copied[i] = CELL_BAND_FULL;
    }
    bool ok = push(generaliser, 0, size - 1, 0) && rank_chains(generaliser, copy, copied);
    for (uint32_t i = 1; ok && i + 1 < size; i++) {
        ranks[(last_kept + i) % distinct] = copied[i];
    }
    free(copied);
    return ok;
}

static bool rank_part(struct cell_generaliser *generaliser, const struct world_point *points, uint32_t count,
                      bool is_ring, const struct cell_junctions *junctions, unsigned char *ranks)
{
    uint32_t distinct = is_ring ? count - 1 : count;
    memset(ranks, 0, count);
    if (junctions) {
        cell_junctions_find(junctions, points, count, ranks);
    }
    for (uint32_t i = 0; i < count; i++) {
        ranks[i] = ranks[i] ? 0 : CELL_BAND_FULL;
    }
    if (is_ring) {
        anchor_ring(points, distinct, ranks);
    } else {
        ranks[0] = 0;
        ranks[count - 1] = 0;
    }
    uint32_t first_kept = 0;
    while (ranks[first_kept] != 0) {
        first_kept++;
    }
    uint32_t last_kept = first_kept;
    for (uint32_t i = first_kept + 1; i < distinct; i++) {
        if (ranks[i] == 0) {
            if (!push(generaliser, last_kept, i, 0)) {
                return false;
            }
            last_kept = i;
        }
    }
    if (!rank_chains(generaliser, points, ranks)) {
        return false;
    }
    if (!is_ring) {
        return true;
    }
    bool ok = rank_seam(generaliser, points, distinct, ranks, first_kept, last_kept);
    ranks[count - 1] = ranks[0];
    return ok;
}

static double area_of(const struct world_point *points, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 1; i + 1 < count; i++) {
        double ax = (double)points[i].x - points[0].x;
        double ay = (double)points[i].y - points[0].y;
        double bx = (double)points[i + 1].x - points[0].x;
        double by = (double)points[i + 1].y - points[0].y;
        sum += ax * by - bx * ay;
    }
    return fabs(sum) / 2;
}

static double length_of(const struct world_point *points, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        double dx = (double)points[i + 1].x - points[i].x;
        double dy = (double)points[i + 1].y - points[i].y;
        sum += sqrt(dx * dx + dy * dy);
    }
    return sum;
}

static void measure(struct cell_generaliser *generaliser)
{
    const struct geometry *geometry = generaliser->geometry;
    int64_t west = INT64_MAX;
    int64_t north = INT64_MAX;
    int64_t east = INT64_MIN;
    int64_t south = INT64_MIN;
    uint32_t start = 0;
    generaliser->size = geometry->kind == GEOMETRY_POINT ? 1 : 0;
    generaliser->shells = 0;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        const struct shape_part *part = &geometry->parts[p];
        const struct world_point *points = geometry->points + start;
        double size = 0;
        if (geometry->kind == GEOMETRY_POLYGON) {
            size = part->is_hole ? -area_of(points, part->end - start) : area_of(points, part->end - start);
        } else if (geometry->kind == GEOMETRY_LINE) {
            size = length_of(points, part->end - start);
        }
        generaliser->areas[p] = size;
        generaliser->size += size;
        generaliser->shells += !part->is_hole;
        start = part->end;
    }
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        struct world_point point = geometry->points[i];
        west = point.x < west ? point.x : west;
        east = point.x > east ? point.x : east;
        north = point.y < north ? point.y : north;
        south = point.y > south ? point.y : south;
    }
    generaliser->extent = geometry->vertex_count > 0 ? fmax((double)(east - west), (double)(south - north)) : 0;
}

/* Rings are left open: where one begins may go. */
static void begin_bands(struct cell_generaliser *generaliser)
{
    const struct geometry *geometry = generaliser->geometry;
    bool is_ring = geometry->kind == GEOMETRY_POLYGON;
    uint32_t start = 0;
    uint32_t count = 0;
    for (uint32_t p = 0; p < geometry->part_count && geometry->kind != GEOMETRY_POINT; p++) {
        uint32_t end = geometry->parts[p].end - (is_ring ? 1 : 0);
        for (uint32_t i = start; i < end; i++) {
            if (generaliser->ranks[i] < CELL_BAND_FULL) {
                generaliser->left[count] = geometry->points[i];
                generaliser->left_ranks[count++] = generaliser->ranks[i];
            }
        }
        generaliser->left_ends[p] = count;
        start = geometry->parts[p].end;
    }
}

/* Drops the vertices that neither `band` nor a coarser one has. */
static void drop_finer(struct cell_generaliser *generaliser, unsigned band)
{
    uint32_t start = 0;
    uint32_t count = 0;
    for (uint32_t p = 0; p < generaliser->geometry->part_count; p++) {
        uint32_t end = generaliser->left_ends[p];
        for (uint32_t i = start; i < end; i++) {
            if (generaliser->left_ranks[i] <= band) {
                generaliser->left[count] = generaliser->left[i];
                generaliser->left_ranks[count++] = generaliser->left_ranks[i];
            }
        }
        generaliser->left_ends[p] = count;
        start = end;
    }
}

bool cell_generaliser_seen_from(struct cell_generaliser *generaliser, const struct geometry *geometry,
                                unsigned *out_band, struct error *err)
{
    generaliser->geometry = geometry;
    if (!reserve(generaliser, geometry)) {
        return error_no_memory(err);
    }
    measure(generaliser);
    double size = geometry->kind == GEOMETRY_POLYGON ? generaliser->size : generaliser->extent;
    unsigned band = 0;
    while (geometry->kind != GEOMETRY_POINT && band < CELL_BAND_FULL &&
           size < generaliser->least[band][geometry->kind]) {
        band++;
    }
    *out_band = band;
    return true;
}

bool cell_generaliser_set(struct cell_generaliser *generaliser, const struct geometry *geometry,
                          const struct cell_junctions *junctions, struct error *err)
{
    generaliser->geometry = geometry;
    generaliser->chain_count = 0;
    if (!reserve(generaliser, geometry)) {
        return error_no_memory(err);
    }
    measure(generaliser);
    uint32_t start = 0;
    for (uint32_t p = 0; p < geometry->part_count && geometry->kind != GEOMETRY_POINT; p++) {
        uint32_t count = geometry->parts[p].end - start;
        if (!rank_part(generaliser, geometry->points + start, count, geometry->kind == GEOMETRY_POLYGON, junctions,
                       generaliser->ranks + start)) {
            return error_no_memory(err);
        }
        start = geometry->parts[p].end;
    }
    begin_bands(generaliser);
    return true;
}

/* --- bands --- */

static bool is_same(struct world_point a, struct world_point b)
{
    return a.x == b.x && a.y == b.y;
}

__extension__ typedef __int128 wide;

/* Whether b lies on the way from a to c: it can go, even where it is a junction, for the border stays where it is. */
static bool is_between(struct world_point a, struct world_point b, struct world_point c)
{
    wide abx = (int64_t)b.x - a.x;
    wide aby = (int64_t)b.y - a.y;
    wide bcx = (int64_t)c.x - b.x;
    wide bcy = (int64_t)c.y - b.y;
    return abx * bcy == aby * bcx && abx * bcx + aby * bcy > 0;
}

/* Appends a vertex to `out`, dropping what says nothing: repetitions, vertices on a straight line and, in rings, spikes
 * that run back along themselves. */
static uint32_t append(struct world_point *out, uint32_t count, struct world_point point, bool is_ring)
{
    for (;;) {
        if (count > 0 && is_same(out[count - 1], point)) {
            return count;
        }
        if (count > 1 && is_ring && is_same(out[count - 2], point)) {
            count--;
            continue;
        }
        if (count > 1 && is_between(out[count - 2], out[count - 1], point)) {
            count--;
            continue;
        }
        out[count] = point;
        return count + 1;
    }
}

static uint32_t reduce_part(const struct world_point *points, uint32_t count, bool is_ring, unsigned band,
                            struct world_point *out)
{
    unsigned shift = cell_shift(band);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        kept = append(out, kept, (struct world_point){grid_snap(points[i].x, shift), grid_snap(points[i].y, shift)},
                      is_ring);
    }
    if (is_ring && kept > 0) {
        struct world_point first = out[0];
        kept = append(out, kept, first, true);
    }
    return kept;
}

/* What a band is being made of. */
struct reduction {
    struct cell_generaliser *generaliser;
    unsigned band;
    uint32_t vertices;
    uint32_t parts;
    uint32_t islets;
};

static bool keep_part(struct reduction *reduction, uint32_t part, uint32_t least)
{
    struct cell_generaliser *generaliser = reduction->generaliser;
    const struct geometry *geometry = generaliser->geometry;
    uint32_t start = part > 0 ? generaliser->left_ends[part - 1] : 0;
    uint32_t kept =
        reduce_part(generaliser->left + start, generaliser->left_ends[part] - start, geometry->kind == GEOMETRY_POLYGON,
                    reduction->band, generaliser->points + reduction->vertices);
    if (kept < least) {
        return false;
    }
    reduction->vertices += kept;
    generaliser->parts[reduction->parts++] = (struct shape_part){reduction->vertices, geometry->parts[part].is_hole};
    return true;
}

static void note_islet(struct reduction *reduction, uint32_t part, double area)
{
    struct cell_generaliser *generaliser = reduction->generaliser;
    const struct geometry *geometry = generaliser->geometry;
    int64_t width = (int64_t)2 << cell_pixel_log2(reduction->band);
    uint32_t start = part > 0 ? geometry->parts[part - 1].end : 0;
    double x = 0;
    double y = 0;
    for (uint32_t i = start; i < geometry->parts[part].end; i++) {
        x += geometry->points[i].x;
        y += geometry->points[i].y;
    }
    x /= (double)(geometry->parts[part].end - start);
    y /= (double)(geometry->parts[part].end - start);
    generaliser->islets[reduction->islets++] =
        (struct islet){(int64_t)floor(x / (double)width), (int64_t)floor(y / (double)width), x, y, area, part};
}

static int compare_islets(const void *a, const void *b)
{
    const struct islet *left = a;
    const struct islet *right = b;
    if (left->square_y != right->square_y) {
        return left->square_y < right->square_y ? -1 : 1;
    }
    if (left->square_x != right->square_x) {
        return left->square_x < right->square_x ? -1 : 1;
    }
    return left->part < right->part ? -1 : left->part > right->part;
}

static int32_t to_grid(double unit, unsigned shift)
{
    double limited = fmin(fmax(floor(unit + 0.5), (double)INT32_MIN), (double)INT32_MAX);
    return grid_snap((int32_t)limited, shift);
}

/* A square around (x, y), wound as shells are. */
static void draw_islet(struct reduction *reduction, double x, double y, double area)
{
    struct cell_generaliser *generaliser = reduction->generaliser;
    unsigned shift = cell_shift(reduction->band);
    double half = sqrt(area) / 2;
    int32_t west = to_grid(x - half, shift);
    int32_t north = to_grid(y - half, shift);
    int32_t east = to_grid(x + half, shift);
    int32_t south = to_grid(y + half, shift);
    if (west >= east || north >= south) {
        return;
    }
    struct world_point *points = generaliser->points + reduction->vertices;
    points[0] = (struct world_point){west, north};
    points[1] = (struct world_point){west, south};
    points[2] = (struct world_point){east, south};
    points[3] = (struct world_point){east, north};
    points[4] = points[0];
    reduction->vertices += 5;
    generaliser->parts[reduction->parts++] = (struct shape_part){reduction->vertices, false};
}

/* What does not make a square of half a pixel waits for the next square's. Returns what is left over. */
static double draw_islets(struct reduction *reduction)
{
    struct islet *islets = reduction->generaliser->islets;
    double pixel = (double)(UINT64_C(1) << cell_pixel_log2(reduction->band));
    double left = 0;
    if (reduction->islets > 1) {
        qsort(islets, reduction->islets, sizeof *islets, compare_islets);
    }
    for (uint32_t i = 0; i < reduction->islets;) {
        uint32_t largest = i;
        double area = left;
        uint32_t j = i;
        for (; j < reduction->islets && islets[j].square_x == islets[i].square_x &&
               islets[j].square_y == islets[i].square_y;
             j++) {
            area += islets[j].area;
            largest = islets[j].area > islets[largest].area ? j : largest;
        }
        left = area;
        if (area >= pixel * pixel / 4) {
            draw_islet(reduction, islets[largest].x, islets[largest].y, fmin(area, 4 * pixel * pixel));
            left = 0;
        }
        i = j;
    }
    return left;
}

static void reduce_polygons(struct reduction *reduction)
{
    const struct cell_generaliser *generaliser = reduction->generaliser;
    const struct geometry *geometry = generaliser->geometry;
    double least = generaliser->least[reduction->band][GEOMETRY_POLYGON];
    for (uint32_t p = 0; p < geometry->part_count;) {
        uint32_t next = p + 1;
        double area = generaliser->areas[p];
        while (next < geometry->part_count && geometry->parts[next].is_hole) {
            area += generaliser->areas[next++];
        }
        /* A polygon alone is told to be small by the caller. */
        if ((area >= least || generaliser->shells == 1) && keep_part(reduction, p, 4)) {
            for (uint32_t hole = p + 1; hole < next; hole++) {
                keep_part(reduction, hole, 4);
            }
        } else if (generaliser->shells > 1) {
            note_islet(reduction, p, fmax(area, 0));
        }
        p = next;
    }
}

void cell_generaliser_band(struct cell_generaliser *generaliser, unsigned band, struct geometry *out_geometry,
                           double *out_small)
{
    const struct geometry *geometry = generaliser->geometry;
    if (geometry->kind == GEOMETRY_POINT) {
        *out_geometry = *geometry;
        *out_small = geometry->part_count == 1 ? 1 : 0;
        return;
    }
    struct reduction reduction = {generaliser, band, 0, 0, 0};
    double least = generaliser->least[band][geometry->kind];
    double ink = generaliser->size;
    bool is_small;
    drop_finer(generaliser, band);
    if (geometry->kind == GEOMETRY_POLYGON) {
        reduce_polygons(&reduction);
        if (generaliser->shells > 1) {
            ink = draw_islets(&reduction);
        }
        is_small = generaliser->shells == 1 && generaliser->size < least;
    } else {
        for (uint32_t p = 0; p < geometry->part_count; p++) {
            keep_part(&reduction, p, 2);
        }
        is_small = generaliser->extent < least;
    }
    *out_geometry =
        (struct geometry){geometry->kind, reduction.parts, reduction.vertices, generaliser->parts, generaliser->points};
    *out_small = is_small || reduction.parts == 0 ? ink : 0;
}
