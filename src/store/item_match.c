/* SPDX-License-Identifier: MIT */
#include "store/item_match.h"

static bool holds(const struct bbox *box, const double *point)
{
    return point[0] >= box->min_x && point[0] <= box->max_x && point[1] >= box->min_y && point[1] <= box->max_y;
}

/* Cuts the parameter range of a segment by one side of the box (Liang and Barsky 1984). */
static bool cut(double direction, double distance, double *low, double *high)
{
    if (direction == 0) {
        return distance >= 0;
    }
    double at = distance / direction;
    if (direction < 0) {
        *low = at > *low ? at : *low;
    } else {
        *high = at < *high ? at : *high;
    }
    return *low <= *high;
}

static bool segment_meets(const struct bbox *box, const double *a, const double *b)
{
    double dx = b[0] - a[0];
    double dy = b[1] - a[1];
    double low = 0;
    double high = 1;
    return cut(-dx, a[0] - box->min_x, &low, &high) && cut(dx, box->max_x - a[0], &low, &high) &&
           cut(-dy, a[1] - box->min_y, &low, &high) && cut(dy, box->max_y - a[1], &low, &high);
}

static bool run_meets(const struct bbox *box, const double *xy, uint32_t count)
{
    for (uint32_t i = 0; i + 1 < count; i++) {
        if (segment_meets(box, xy + 2 * (size_t)i, xy + 2 * (size_t)i + 2)) {
            return true;
        }
    }
    return count == 1 && holds(box, xy);
}

static bool any_inside(const struct shape *shape, const struct bbox *box)
{
    for (uint32_t i = 0; i < shape->vertex_count; i++) {
        if (holds(box, shape->xy + 2 * (size_t)i)) {
            return true;
        }
    }
    return false;
}

/* Crossings of a ray to the east with the rings, holes included (even-odd rule). */
static bool is_inside(const struct shape *shape, double x, double y)
{
    bool inside = false;
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        for (uint32_t i = start; i + 1 < shape->parts[p].end; i++) {
            const double *a = shape->xy + 2 * (size_t)i;
            const double *b = a + 2;
            if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) {
                inside = !inside;
            }
        }
        start = shape->parts[p].end;
    }
    return inside;
}

bool item_match_box(const struct shape *shape, const struct bbox *box)
{
    if (any_inside(shape, box)) {
        return true;
    }
    if (shape->kind == GEOMETRY_POINT) {
        return false;
    }
    uint32_t start = 0;
    for (uint32_t p = 0; p < shape->part_count; p++) {
        if (run_meets(box, shape->xy + 2 * (size_t)start, shape->parts[p].end - start)) {
            return true;
        }
        start = shape->parts[p].end;
    }
    /* No border meets the box: it lies wholly inside or wholly outside, holes counted. */
    return shape->kind == GEOMETRY_POLYGON && is_inside(shape, box->min_x, box->min_y);
}

bool item_match(const struct shape *shape, const struct bbox *box)
{
    if (box->min_x <= box->max_x) {
        return item_match_box(shape, box);
    }
    struct bbox east = {box->min_x, box->min_y, 180, box->max_y};
    struct bbox west = {-180, box->min_y, box->max_x, box->max_y};
    return item_match_box(shape, &east) || item_match_box(shape, &west);
}
