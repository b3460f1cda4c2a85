/* SPDX-License-Identifier: MIT */
#pragma once
/* What the files that make strokes share: a line as its points and the ways between them, the pen it is drawn with, and
 * small arithmetic. For stroke*.c only. */

#include "draw/stroke.h"

#include <math.h>

struct vector {
    double x;
    double y;
};

struct place {
    int64_t x;
    int64_t y;
};

/* A point of a line, and the way to the next one. */
struct node {
    struct place at;
    struct vector along; /* unit; unset in the last node of an open line */
    double length;
    bool visible; /* ink of the way to the next node can touch the picture */
};

struct path {
    struct node *nodes;
    size_t count;
    bool closed;
};

/* What drawing one band needs to know. */
struct pen {
    struct raster *raster;
    double half; /* half the width, fixed point */
    enum line_cap cap_start;
    enum line_cap cap_end;
    enum line_join join;
    double miter_limit;  /* joins up to this length (in half widths) are mitres … */
    double miter_square; /* … so, squared, is one over this: cos² of half the turn */
    int arc_depth;       /* chords of a quarter circle: 1 << arc_depth */
    int64_t reach;       /* fixed point */
};

static inline int64_t round_to_int(double number)
{
    return (int64_t)(number < 0 ? number - 0.5 : number + 0.5);
}

static inline double dot(struct vector a, struct vector b)
{
    return a.x * b.x + a.y * b.y;
}

static inline double cross(struct vector a, struct vector b)
{
    return a.x * b.y - a.y * b.x;
}

/* To the right of a direction when y points down. */
static inline struct vector right_of(struct vector along)
{
    return (struct vector){-along.y, along.x};
}

static inline struct place offset_place(struct place at, struct vector by, double scale)
{
    return (struct place){at.x + round_to_int(by.x * scale), at.y + round_to_int(by.y * scale)};
}

static inline bool same_place(struct place a, struct place b)
{
    return a.x == b.x && a.y == b.y;
}

/* The unit vector half-way from `a` to `b` (unit vectors); `ahead` when they are opposite. */
static inline struct vector bisect(struct vector a, struct vector b, struct vector ahead)
{
    struct vector sum = {a.x + b.x, a.y + b.y};
    double square = dot(sum, sum);
    if (square < 1e-12) {
        return ahead;
    }
    double scale = 1 / sqrt(square);
    return (struct vector){sum.x * scale, sum.y * scale};
}

/* Where ink that touches the picture comes from. */
struct view {
    int64_t reach;
    int64_t right;
    int64_t bottom;
};

/* Without a branch for each side: nearly all ways are seen. */
static inline bool is_seen(const struct view *view, struct place a, struct place b)
{
    int64_t is_left = (a.x + view->reach) & (b.x + view->reach);
    int64_t is_above = (a.y + view->reach) & (b.y + view->reach);
    int64_t is_right = (view->right - a.x) & (view->right - b.x);
    int64_t is_below = (view->bottom - a.y) & (view->bottom - b.y);
    return (is_left | is_above | is_right | is_below) >= 0; /* each is negative when it is so */
}

/* Fills in the ways between the points of a path, of which no two neighbours are equal. */
static inline void measure_path(const struct raster *raster, struct path *path, int64_t reach)
{
    size_t segments = path->closed ? path->count : path->count - 1;
    struct view view = {.reach = reach,
                        .right = (int64_t)raster_width_px(raster) * DRAW_ONE + reach,
                        .bottom = (int64_t)raster_height_px(raster) * DRAW_ONE + reach};
    for (size_t i = 0; i < segments; i++) {
        struct node *node = &path->nodes[i];
        struct place next = path->nodes[i + 1 < path->count ? i + 1 : 0].at;
        double dx = (double)(next.x - node->at.x);
        double dy = (double)(next.y - node->at.y);
        node->length = sqrt(dx * dx + dy * dy);
        node->along = (struct vector){dx / node->length, dy / node->length};
        node->visible = is_seen(&view, node->at, next);
    }
}

/* Both sides of a line at one end of a segment. */
struct sides {
    struct place right;
    struct place left;
};

static inline struct sides stroke_sides_at(struct place at, struct vector normal, double half)
{
    int64_t x = round_to_int(normal.x * half);
    int64_t y = round_to_int(normal.y * half);
    return (struct sides){{at.x + x, at.y + y}, {at.x - x, at.y - y}};
}

/* --- in stroke.c --- */

/* The end of a line that goes `along`, from its right side to its left. */
void stroke_add_cap(const struct pen *pen, enum line_cap cap, struct place at, struct vector along, struct sides sides);
/* What two neighbouring segments need between them. A segment that cannot be seen is left out, and the outline is
 * closed by a straight edge where it would begin: that edge lies outside the picture. The visible segment keeps its own
 * corner points, so its edges are the same in every picture. Returns where the one after begins. */
struct sides stroke_connect(const struct pen *pen, const struct node *before, const struct node *after,
                            struct sides *out_end);
/* Draws the outline of one line, or a dot where there is one point only. */
void stroke_draw_path(const struct pen *pen, const struct path *path);
