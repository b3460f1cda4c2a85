/* SPDX-License-Identifier: MIT */
/* Quadtree search with the best cell first: a cell whose middle is d from the outline and whose half diagonal is r
 * holds no point farther than d + r (D. Garcia-Castellanos and U. Lombardo, "Poles of inaccessibility", 2007; the
 * search is the one V. Agafonkin described for polylabel in 2016). */
#include "render/label_pole.h"

#include <math.h>

enum { CELLS_MAX = 512 }; /* open at once; far more than a polygon needs */

/* An edge of the outline, prepared for many measurements. */
struct side {
    double x;
    double y;
    double dx;
    double dy;
    double inverse; /* of the squared length */
};

struct outline {
    const struct label_point *points;
    const size_t *ends;
    size_t ring_count;
    struct side *sides;
    size_t side_count;
};

struct cell {
    double x;
    double y;
    double half;
    double distance; /* from the middle to the outline, negative outside */
    double most;     /* no point of the cell is farther from the outline */
};

/* A heap with the most promising cell on top. */
struct heap {
    size_t count;
    struct cell cells[CELLS_MAX];
};

/* Distance from the outline, negative outside. Once it is known to be less than `least_wanted` the rest is not looked
 * at: something below it is given. */
static double distance_to(const struct outline *outline, double x, double y, double least_wanted)
{
    bool inside = false;
    double enough = least_wanted > 0 ? least_wanted * least_wanted : 0;
    double least = HUGE_VAL;
    for (size_t i = 0; i < outline->side_count; i++) {
        const struct side *side = &outline->sides[i];
        double px = x - side->x;
        double py = y - side->y;
        /* Both ends on different sides of the level of the point, and the edge right of it there. */
        if ((py < 0) != (py < side->dy) &&
            (side->dy > 0 ? px * side->dy < side->dx * py : px * side->dy > side->dx * py)) {
            inside = !inside;
        }
        double t = (px * side->dx + py * side->dy) * side->inverse;
        t = t < 0 ? 0 : t > 1 ? 1 : t;
        double ex = px - t * side->dx;
        double ey = py - t * side->dy;
        double distance2 = ex * ex + ey * ey;
        least = distance2 < least ? distance2 : least;
        if (least < enough) {
            return -HUGE_VAL;
        }
    }
    return inside ? sqrt(least) : -sqrt(least);
}

static const double diagonal = 1.4142135623730951;

/* A cell that cannot be better than `good` by more than the precision may come out as hopeless as it is. */
static struct cell cell_at(const struct outline *outline, double x, double y, double half, double good)
{
    double radius = half * diagonal;
    struct cell cell = {x, y, half, distance_to(outline, x, y, good - radius), 0};
    cell.most = cell.distance + radius;
    return cell;
}

static bool prepare(struct outline *outline, struct arena *arena)
{
    size_t count = outline->ends[outline->ring_count - 1];
    outline->sides = arena_array(arena, count, sizeof *outline->sides);
    if (!outline->sides) {
        return false;
    }
    size_t start = 0;
    for (size_t r = 0; r < outline->ring_count; r++) {
        for (size_t i = start + 1; i < outline->ends[r]; i++) {
            struct label_point a = outline->points[i - 1];
            struct label_point b = outline->points[i];
            double dx = b.x - a.x;
            double dy = b.y - a.y;
            double length2 = dx * dx + dy * dy;
            outline->sides[outline->side_count++] = (struct side){a.x, a.y, dx, dy, length2 > 0 ? 1 / length2 : 0};
        }
        start = outline->ends[r];
    }
    return true;
}

static void push(struct heap *heap, struct cell cell)
{
    if (heap->count == CELLS_MAX || cell.most == -HUGE_VAL) {
        return;
    }
    size_t i = heap->count++;
    for (; i > 0 && heap->cells[(i - 1) / 2].most < cell.most; i = (i - 1) / 2) {
        heap->cells[i] = heap->cells[(i - 1) / 2];
    }
    heap->cells[i] = cell;
}

static struct cell pop(struct heap *heap)
{
    struct cell top = heap->cells[0];
    struct cell last = heap->cells[--heap->count];
    size_t i = 0;
    for (size_t child = 1; child < heap->count; child = 2 * i + 1) {
        child += child + 1 < heap->count && heap->cells[child + 1].most > heap->cells[child].most;
        if (heap->cells[child].most <= last.most) {
            break;
        }
        heap->cells[i] = heap->cells[child];
        i = child;
    }
    heap->cells[i] = last;
    return top;
}

/* Vertices closer than `tolerance` to the one before are left out: a coast of ten thousand vertices has its pole where
 * the coarse one has it. */
static bool thin(struct outline *outline, double tolerance, struct arena *arena)
{
    size_t total = outline->ends[outline->ring_count - 1];
    struct label_point *points = arena_array(arena, total, sizeof *points);
    size_t *ends = arena_array(arena, outline->ring_count, sizeof *ends);
    if (!points || !ends) {
        return false;
    }
    size_t count = 0;
    size_t start = 0;
    for (size_t r = 0; r < outline->ring_count; r++) {
        size_t end = outline->ends[r];
        size_t first = count;
        for (size_t i = start; i < end; i++) {
            struct label_point point = outline->points[i];
            bool keep = i == start || i + 1 == end || count == first;
            if (!keep) {
                keep = fabs(point.x - points[count - 1].x) + fabs(point.y - points[count - 1].y) >= tolerance;
            }
            if (keep) {
                points[count++] = point;
            }
        }
        ends[r] = count;
        start = end;
    }
    *outline = (struct outline){.points = points, .ends = ends, .ring_count = outline->ring_count};
    return true;
}

static struct label_point centroid_of(const struct outline *outline)
{
    double area = 0;
    struct label_point sum = {0, 0};
    struct label_point origin = outline->points[0];
    for (size_t i = 1; i < outline->ends[0]; i++) {
        double ax = outline->points[i - 1].x - origin.x;
        double ay = outline->points[i - 1].y - origin.y;
        double bx = outline->points[i].x - origin.x;
        double by = outline->points[i].y - origin.y;
        double cross = ax * by - bx * ay;
        sum.x += (ax + bx) * cross;
        sum.y += (ay + by) * cross;
        area += cross * 3;
    }
    if (area == 0) {
        return origin;
    }
    return (struct label_point){origin.x + sum.x / area, origin.y + sum.y / area};
}

static double outline_area(const struct world_point *points, size_t count)
{
    double twice = 0;
    for (size_t i = 1; i < count; i++) {
        double ax = (double)points[i - 1].x - (double)points[0].x;
        double ay = (double)points[i - 1].y - (double)points[0].y;
        double bx = (double)points[i].x - (double)points[0].x;
        double by = (double)points[i].y - (double)points[0].y;
        twice += ax * by - bx * ay;
    }
    return fabs(twice) / 2;
}

struct label_rings label_rings_largest(const struct geometry *geometry)
{
    struct label_rings rings = {.area = -1};
    size_t start = 0;
    for (size_t i = 0; i < geometry->part_count; i++) {
        size_t end = geometry->parts[i].end;
        double area = geometry->parts[i].is_hole ? -1 : outline_area(geometry->points + start, end - start);
        if (area > rings.area) {
            rings = (struct label_rings){.first = i, .start = start, .area = area};
        }
        start = end;
    }
    rings.last = rings.first + 1;
    while (rings.last < geometry->part_count && geometry->parts[rings.last].is_hole) {
        rings.last++;
    }
    rings.count = geometry->parts[rings.last - 1].end - rings.start;
    return rings;
}

bool label_pole_find(const struct label_point *points, const size_t *ends, size_t ring_count, double precision,
                     struct arena *arena, struct label_point *out_pole)
{
    bool is_exact = precision > 0; /* every step as asked for, whatever it costs */
    if (ring_count == 0 || ends[0] < 4) {
        return false;
    }
    struct label_point low = points[0];
    struct label_point high = low;
    for (size_t i = 1; i < ends[0]; i++) {
        low.x = fmin(low.x, points[i].x);
        low.y = fmin(low.y, points[i].y);
        high.x = fmax(high.x, points[i].x);
        high.y = fmax(high.y, points[i].y);
    }
    double side = fmin(high.x - low.x, high.y - low.y);
    if (side <= 0) {
        return false;
    }
    struct outline outline = {.points = points, .ends = ends, .ring_count = ring_count};
    if (!is_exact && ends[ring_count - 1] > 64 && !thin(&outline, side / 200, arena)) {
        return false;
    }
    if (!prepare(&outline, arena)) {
        return false;
    }
    struct label_point centroid = centroid_of(&outline);
    struct cell best = cell_at(&outline, centroid.x, centroid.y, 0, -HUGE_VAL);
    precision = is_exact ? precision : fmax(1, side / 32);
    if (!is_exact && best.distance * 2 >= side - precision) {
        *out_pole = centroid; /* touches both long sides: nothing is farther in */
        return true;
    }
    struct heap heap;
    heap.count = 0;
    struct cell middle = cell_at(&outline, (low.x + high.x) / 2, (low.y + high.y) / 2, 0, best.distance);
    best = !is_exact && middle.distance > best.distance ? middle : best;
    /* Long thin boxes are cut into at most 32 squares to start with. */
    double half = fmax(side, fmax(high.x - low.x, high.y - low.y) / 32) / 2;
    for (double x = low.x; x < high.x; x += 2 * half) {
        for (double y = low.y; y < high.y; y += 2 * half) {
            push(&heap, cell_at(&outline, x + half, y + half, half, is_exact ? -HUGE_VAL : best.distance + precision));
        }
    }
    while (heap.count > 0) {
        struct cell cell = pop(&heap);
        if (cell.distance > best.distance) {
            best = cell;
        }
        if (cell.most - best.distance <= precision) {
            if (is_exact) {
                continue; /* it may still be a little better itself */
            }
            break;
        }
        half = cell.half / 2;
        double good = is_exact ? -HUGE_VAL : best.distance + precision;
        push(&heap, cell_at(&outline, cell.x - half, cell.y - half, half, good));
        push(&heap, cell_at(&outline, cell.x + half, cell.y - half, half, good));
        push(&heap, cell_at(&outline, cell.x - half, cell.y + half, half, good));
        push(&heap, cell_at(&outline, cell.x + half, cell.y + half, half, good));
    }
    *out_pole = (struct label_point){best.x, best.y};
    return best.distance > 0;
}
