/* SPDX-License-Identifier: MIT */
/* A line moved sideways is a line of its own: a point moves along the normal of its way; a corner becomes the point
 * where both moved ways meet or, on the outer side of a sharp turn, a few points around it. */

#include "draw/stroke_offset.h"

/* The points that take the place of a corner on a line at `offset` to the right; returns how many. */
static size_t offset_corner(struct place *places, const struct pen *pen, const struct node *before,
                            const struct node *after, double offset)
{
    struct vector a = right_of(before->along);
    struct vector b = right_of(after->along);
    double cosine = dot(before->along, after->along);
    double half_square = (1 + cosine) / 2;
    bool outside = cross(before->along, after->along) * offset < 0;
    bool miter;
    if (outside) {
        miter = half_square * pen->miter_limit * pen->miter_limit >= 1;
    } else {
        double shorter = before->length < after->length ? before->length : after->length;
        miter = half_square * OFFSET_MITER_LIMIT * OFFSET_MITER_LIMIT >= 1 &&
                offset * offset * (1 - cosine) <= shorter * shorter * (1 + cosine);
    }
    if (miter) {
        struct vector sum = {a.x + b.x, a.y + b.y};
        places[0] = offset_place(after->at, sum, offset / (1 + cosine));
        return 1;
    }
    size_t count = 0;
    places[count++] = offset_place(after->at, a, offset);
    if (outside && pen->join == LINE_JOIN_ROUND) {
        struct vector ahead = offset > 0 ? before->along : (struct vector){-before->along.x, -before->along.y};
        struct vector middle = bisect(a, b, ahead);
        places[count++] = offset_place(after->at, bisect(a, middle, a), offset);
        places[count++] = offset_place(after->at, middle, offset);
        places[count++] = offset_place(after->at, bisect(middle, b, b), offset);
    }
    places[count++] = offset_place(after->at, b, offset);
    return count;
}

static void append_node(struct path *path, struct place place)
{
    if (path->count == 0 || !same_place(path->nodes[path->count - 1].at, place)) {
        path->nodes[path->count++].at = place;
    }
}

/* `path` moved sideways, into `nodes`, which has room for NODES_PER_CORNER times as many. */
static struct path offset_path(struct node *nodes, const struct pen *pen, const struct path *path, double offset)
{
    struct path moved = {nodes, 0, path->closed};
    size_t count = path->count;
    if (count == 1) {
        append_node(&moved, path->nodes[0].at);
        return moved;
    }
    for (size_t i = 0; i < count; i++) {
        struct place places[NODES_PER_CORNER];
        size_t found = 1;
        if (!path->closed && i == 0) {
            places[0] = offset_place(path->nodes[0].at, right_of(path->nodes[0].along), offset);
        } else if (!path->closed && i + 1 == count) {
            places[0] = offset_place(path->nodes[i].at, right_of(path->nodes[i - 1].along), offset);
        } else {
            found = offset_corner(places, pen, &path->nodes[i > 0 ? i - 1 : count - 1], &path->nodes[i], offset);
        }
        for (size_t j = 0; j < found; j++) {
            append_node(&moved, places[j]);
        }
    }
    while (moved.closed && moved.count > 1 && same_place(nodes[moved.count - 1].at, nodes[0].at)) {
        moved.count--;
    }
    if (moved.count > 1) {
        measure_path(pen->raster, &moved, pen->reach);
    } else {
        moved.closed = false;
    }
    return moved;
}

void stroke_offset_draw_bands(const struct pen *pen, const struct bands *bands, const struct path *path,
                              struct node *spare)
{
    for (size_t i = 0; i < bands->count; i++) {
        if (bands->offsets[i] == 0) {
            stroke_draw_path(pen, path);
        } else {
            struct path moved = offset_path(spare, pen, path, bands->offsets[i]);
            stroke_draw_path(pen, &moved);
        }
    }
}
