/* SPDX-License-Identifier: MIT */
/* Outlines of lines as edges of a raster.
 *
 * A line becomes a sum of pieces that are all wound the same way: a quadrilateral a segment, a wedge on the outer side
 * of a join, a cap at an end. Edges that two pieces share cancel and are not emitted; what is left is one outline that
 * runs through the vertex itself on the inner side of a sharp join. Pieces that overlap can only add, so a nonzero fill
 * has no holes, however often a line crosses itself. */

#include "draw/stroke.h"

#include "draw/hairline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_ON_STACK = 128,
    THIN_SHIFT = 6,       /* points within one quarter-pixel square count as one */
    ARC_DEPTH_MAX = 5,    /* at most 32 chords a quarter circle */
    OFFSET_ARC_DEPTH = 2, /* rounded corners of an offset line: 4 chords */
    NODES_PER_CORNER = 6  /* an offset corner has at most 2 + 3 points */
};

/* A chord may leave the circle by this many pixels. */
static const double ARC_ERROR_PX = 1.0 / 48;
/* A join that is drawn as a bevel is so flat below this mitre length that a mitre looks the same (as in MapLibre). */
static const double BEVEL_LIMIT = 1.05;
/* On its inner side an offset line's corners are mitred up to this length. */
static const double OFFSET_MITER_LIMIT = 2;
static const double WIDTH_MAX_PX = 8192;
static const double MITER_LIMIT_MAX = 100;
/* Finer dashes are drawn as a solid line. */
static const double DASH_PERIOD_MIN_PX = 1.0 / 16;
/* So are those of which more than this many periods fit into the largest picture and its surroundings. */
static const double DASH_PERIODS_MAX = 131072;
static const double PICTURE_DIAGONAL_MAX_PX = 8192;
static const double DASH_MAX_PX = 16777216;
/* Distances along a line are whole numbers of this unit, so that their sums do not depend on the order. */
static const double DISTANCE_ONE = 65536;

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

/* Both sides of a line at one end of a segment. */
struct sides {
    struct place right;
    struct place left;
};

/* ---- Small arithmetic ---- */

static int64_t round_to_int(double number)
{
    return (int64_t)(number < 0 ? number - 0.5 : number + 0.5);
}

static double dot(struct vector a, struct vector b)
{
    return a.x * b.x + a.y * b.y;
}

static double cross(struct vector a, struct vector b)
{
    return a.x * b.y - a.y * b.x;
}

/* To the right of a direction when y points down. */
static struct vector right_of(struct vector along)
{
    return (struct vector){-along.y, along.x};
}

static struct place offset_place(struct place at, struct vector by, double scale)
{
    return (struct place){at.x + round_to_int(by.x * scale), at.y + round_to_int(by.y * scale)};
}

static bool same_place(struct place a, struct place b)
{
    return a.x == b.x && a.y == b.y;
}

static void add_edge(struct raster *raster, struct place from, struct place to)
{
    raster_add_edge(raster, from.x, from.y, to.x, to.y);
}

/* The unit vector half-way from `a` to `b` (unit vectors); `ahead` when they are opposite. */
static struct vector bisect(struct vector a, struct vector b, struct vector ahead)
{
    struct vector sum = {a.x + b.x, a.y + b.y};
    double square = dot(sum, sum);
    if (square < 1e-12) {
        return ahead;
    }
    double scale = 1 / sqrt(square);
    return (struct vector){sum.x * scale, sum.y * scale};
}

/* ---- Arcs: only square roots and divisions, which are the same on every machine ---- */

/* How often a turn with this cosine must be halved until its chords are good enough. */
static int arc_depth(double radius, double cosine)
{
    int depth = 0;
    while (depth < ARC_DEPTH_MAX) {
        double half_cosine = sqrt((1 + cosine) / 2 > 0 ? (1 + cosine) / 2 : 0);
        if (radius * (1 - half_cosine) <= ARC_ERROR_PX * DRAW_ONE) {
            break;
        }
        cosine = half_cosine;
        depth++;
    }
    return depth;
}

/* Edges from `from` along the circle around `center` to the end of `b`; returns that end. Does not emit the last. */
static struct place arc_between(const struct pen *pen, struct place center, struct place from, struct vector a,
                                struct vector b, struct vector ahead, int depth)
{
    if (depth == 0) {
        return from;
    }
    struct vector middle = bisect(a, b, ahead);
    from = arc_between(pen, center, from, a, middle, ahead, depth - 1);
    struct place place = offset_place(center, middle, pen->half);
    add_edge(pen->raster, from, place);
    return arc_between(pen, center, place, middle, b, ahead, depth - 1);
}

static void add_arc(const struct pen *pen, struct place center, struct place from, struct place to, struct vector a,
                    struct vector b, struct vector ahead, int depth)
{
    from = arc_between(pen, center, from, a, b, ahead, depth);
    add_edge(pen->raster, from, to);
}

/* ---- Caps and joins ---- */

/* The end of a line that goes `along`, from its right side to its left. */
static void add_cap(const struct pen *pen, enum line_cap cap, struct place at, struct vector along, struct sides sides)
{
    if (cap == LINE_CAP_BUTT) {
        add_edge(pen->raster, sides.right, sides.left);
    } else if (cap == LINE_CAP_SQUARE) {
        struct place right = offset_place(sides.right, along, pen->half);
        struct place left = offset_place(sides.left, along, pen->half);
        add_edge(pen->raster, sides.right, right);
        add_edge(pen->raster, right, left);
        add_edge(pen->raster, left, sides.left);
    } else {
        struct vector normal = right_of(along);
        struct vector opposite = {-normal.x, -normal.y};
        struct place tip = offset_place(at, along, pen->half);
        add_arc(pen, at, sides.right, tip, normal, along, along, pen->arc_depth);
        add_arc(pen, at, tip, sides.left, along, opposite, along, pen->arc_depth);
    }
}

static struct sides sides_at(struct place at, struct vector normal, double half)
{
    int64_t x = round_to_int(normal.x * half);
    int64_t y = round_to_int(normal.y * half);
    return (struct sides){{at.x + x, at.y + y}, {at.x - x, at.y - y}};
}

struct corner {
    struct sides before; /* where the segment before ends */
    struct sides after;  /* where the segment after starts */
    bool shared;         /* both are the same: nothing lies between */
    bool is_miter;
    double cosine; /* of the turn */
};

static struct corner corner_between(const struct pen *pen, const struct node *before, const struct node *after)
{
    struct corner corner;
    double cosine = dot(before->along, after->along);
    double half_square = (1 + cosine) / 2; /* cos² of half the turn */
    struct vector a = right_of(before->along);
    struct vector b = right_of(after->along);
    corner.cosine = cosine;
    corner.is_miter = half_square >= pen->miter_square;
    corner.shared = false;
    if (corner.is_miter) {
        /* On the inner side the mitre point cuts half * tan(turn / 2) off both segments; each has two ends. */
        double shorter = before->length < after->length ? before->length : after->length;
        corner.shared = 4 * pen->half * pen->half * (1 - cosine) <= shorter * shorter * (1 + cosine);
    }
    if (corner.shared) {
        struct vector miter = {a.x + b.x, a.y + b.y};
        corner.before = sides_at(after->at, miter, pen->half / (1 + cosine));
        corner.after = corner.before;
    } else {
        corner.before = sides_at(after->at, a, pen->half);
        corner.after = sides_at(after->at, b, pen->half);
    }
    return corner;
}

/* Edges of the outer side from one segment to the next; `a` and `b` point to that side. */
static void add_outer(const struct pen *pen, struct place at, struct place from, struct place to, struct vector a,
                      struct vector b, struct vector ahead, const struct corner *corner)
{
    if (corner->is_miter) {
        struct vector miter = {a.x + b.x, a.y + b.y};
        struct place tip = offset_place(at, miter, pen->half / (1 + corner->cosine));
        add_edge(pen->raster, from, tip);
        add_edge(pen->raster, tip, to);
    } else if (pen->join == LINE_JOIN_ROUND) {
        add_arc(pen, at, from, to, a, b, ahead, arc_depth(pen->half, corner->cosine));
    } else {
        add_edge(pen->raster, from, to);
    }
}

/* Connects both sides of two segments that do not share their corner points. */
static void add_corner(const struct pen *pen, const struct node *before, const struct node *after,
                       const struct corner *corner)
{
    struct place at = after->at;
    struct vector a = right_of(before->along);
    struct vector b = right_of(after->along);
    if (cross(before->along, after->along) >= 0) { /* turns right (or back): the left side is outside */
        struct vector minus_a = {-a.x, -a.y};
        struct vector minus_b = {-b.x, -b.y};
        add_outer(pen, at, corner->after.left, corner->before.left, minus_b, minus_a, before->along, corner);
        add_edge(pen->raster, corner->before.right, at);
        add_edge(pen->raster, at, corner->after.right);
    } else {
        add_outer(pen, at, corner->before.right, corner->after.right, a, b, before->along, corner);
        add_edge(pen->raster, corner->after.left, at);
        add_edge(pen->raster, at, corner->before.left);
    }
}

/* A line without length: what its caps would draw. */
static void add_dot(const struct pen *pen, struct place at)
{
    struct vector along = {1, 0};
    struct vector back = {-1, 0};
    if (pen->cap_start == LINE_CAP_BUTT) {
        return;
    }
    struct sides sides = sides_at(at, right_of(along), pen->half);
    add_cap(pen, pen->cap_start, at, along, sides);
    add_cap(pen, pen->cap_start, at, back, (struct sides){sides.left, sides.right});
}

/* ---- One line ---- */

/* What two neighbouring segments need between them. A segment that cannot be seen is left out, and the outline is
 * closed by a straight edge where it would begin: that edge lies outside the picture. The visible segment keeps its own
 * corner points, so its edges are the same in every picture. */
static struct sides connect(const struct pen *pen, const struct node *before, const struct node *after,
                            struct sides *out_end)
{
    if (!before->visible && !after->visible) {
        *out_end = (struct sides){after->at, after->at};
        return *out_end;
    }
    struct corner corner = corner_between(pen, before, after);
    *out_end = corner.before;
    if (!after->visible) {
        add_edge(pen->raster, corner.before.right, corner.before.left);
    } else if (!before->visible) {
        add_edge(pen->raster, corner.after.left, corner.after.right);
    } else if (!corner.shared) {
        add_corner(pen, before, after, &corner);
    }
    return corner.after;
}

static void add_sides(const struct pen *pen, const struct sides *start, const struct sides *end)
{
    add_edge(pen->raster, start->right, end->right);
    add_edge(pen->raster, end->left, start->left);
}

static void draw_open(const struct pen *pen, const struct node *nodes, size_t count)
{
    size_t last = count - 2; /* the last segment */
    struct sides start = sides_at(nodes[0].at, right_of(nodes[0].along), pen->half);
    if (nodes[0].visible) {
        struct vector back = {-nodes[0].along.x, -nodes[0].along.y};
        add_cap(pen, pen->cap_start, nodes[0].at, back, (struct sides){start.left, start.right});
    }
    for (size_t i = 0; i < last; i++) {
        struct sides end;
        struct sides next = connect(pen, &nodes[i], &nodes[i + 1], &end);
        if (nodes[i].visible) {
            add_sides(pen, &start, &end);
        }
        start = next;
    }
    if (nodes[last].visible) {
        struct sides end = sides_at(nodes[last + 1].at, right_of(nodes[last].along), pen->half);
        add_sides(pen, &start, &end);
        add_cap(pen, pen->cap_end, nodes[last + 1].at, nodes[last].along, end);
    }
}

static void draw_closed(const struct pen *pen, const struct node *nodes, size_t count)
{
    struct sides end_of_last;
    struct sides start = connect(pen, &nodes[count - 1], &nodes[0], &end_of_last);
    for (size_t i = 0; i < count; i++) {
        struct sides end = end_of_last;
        struct sides next = start;
        if (i + 1 < count) {
            next = connect(pen, &nodes[i], &nodes[i + 1], &end);
        }
        if (nodes[i].visible) {
            add_sides(pen, &start, &end);
        }
        start = next;
    }
}

static void draw_path(const struct pen *pen, const struct path *path)
{
    if (path->count == 0) {
        return;
    }
    if (path->count == 1) {
        add_dot(pen, path->nodes[0].at);
    } else if (path->closed && path->count == 2) {
        /* There and back: drawn once, so that the rims of both ways do not add. */
        struct pen once = *pen;
        once.cap_start = once.cap_end = pen->join == LINE_JOIN_ROUND ? LINE_CAP_ROUND : LINE_CAP_BUTT;
        draw_open(&once, path->nodes, path->count);
    } else if (path->closed) {
        draw_closed(pen, path->nodes, path->count);
    } else {
        draw_open(pen, path->nodes, path->count);
    }
}

/* ---- Making paths ---- */

/* Where ink that touches the picture comes from. */
struct view {
    int64_t reach;
    int64_t right;
    int64_t bottom;
};

/* Without a branch for each side: nearly all ways are seen. */
static bool is_seen(const struct view *view, struct place a, struct place b)
{
    int64_t is_left = (a.x + view->reach) & (b.x + view->reach);
    int64_t is_above = (a.y + view->reach) & (b.y + view->reach);
    int64_t is_right = (view->right - a.x) & (view->right - b.x);
    int64_t is_below = (view->bottom - a.y) & (view->bottom - b.y);
    return (is_left | is_above | is_right | is_below) >= 0; /* each is negative when it is so */
}

/* Fills in the ways between the points of a path, of which no two neighbours are equal. */
static void measure_path(const struct raster *raster, struct path *path, int64_t reach)
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

/* True when a point adds nothing to a line that has come to `kept`. Depends on both points only, so neighbours that
 * see different stretches of a line agree. */
static bool is_near(struct place kept, struct place point)
{
    return kept.x >> THIN_SHIFT == point.x >> THIN_SHIFT && kept.y >> THIN_SHIFT == point.y >> THIN_SHIFT;
}

static struct place place_of(struct draw_point point)
{
    return (struct place){point.x, point.y};
}

/* The distinct points of a line; with `thin` those of a sub-pixel wiggle count as one. */
static size_t collect_nodes(struct node *nodes, const struct draw_point *points, size_t count, bool closed, bool thin)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct place place = place_of(points[i]);
        if (kept > 0 && same_place(nodes[kept - 1].at, place)) {
            continue;
        }
        bool last = !closed && i + 1 == count;
        if (thin && i > 0 && !last && is_near(place_of(points[i - 1]), place)) {
            continue;
        }
        nodes[kept++].at = place;
    }
    while (closed && kept > 1 && same_place(nodes[kept - 1].at, nodes[0].at)) {
        kept--;
    }
    return kept;
}

/* A ring of less than a pixel would lose its shape by thinning. */
static bool is_tiny(const struct draw_point *points, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int64_t dx = (int64_t)points[i].x - points[0].x;
        int64_t dy = (int64_t)points[i].y - points[0].y;
        if (dx > DRAW_ONE || dx < -DRAW_ONE || dy > DRAW_ONE || dy < -DRAW_ONE) {
            return false;
        }
    }
    return true;
}

static struct path make_path(struct node *nodes, const struct raster *raster, const struct draw_point *points,
                             size_t count, bool closed, bool thin, int64_t reach)
{
    size_t kept = collect_nodes(nodes, points, count, closed, thin && !(closed && is_tiny(points, count)));
    struct path path = {nodes, kept, closed && kept > 1};
    if (kept > 1) {
        measure_path(raster, &path, reach);
    }
    return path;
}

/* ---- Offset ---- */

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

/* ---- Bands: one line, or two with a gap ---- */

struct bands {
    double offsets[2]; /* fixed point, to the right */
    size_t count;
};

/* Draws a path once for each band. `spare` takes moved paths; NULL when no band is moved. */
static void draw_bands(const struct pen *pen, const struct bands *bands, const struct path *path, struct node *spare)
{
    for (size_t i = 0; i < bands->count; i++) {
        if (bands->offsets[i] == 0) {
            draw_path(pen, path);
        } else {
            struct path moved = offset_path(spare, pen, path, bands->offsets[i]);
            draw_path(pen, &moved);
        }
    }
}

/* ---- Dashes ---- */

/* One period of dashes in units of DISTANCE_ONE. */
struct dashes {
    const double *lengths_px;
    size_t count; /* of lengths_px; an odd pattern is gone through twice */
    int64_t period;
    int64_t start; /* distance of the line's first point */
};

static int64_t distance_of(double px)
{
    double bounded = px > 0 ? (px < DASH_MAX_PX ? px : DASH_MAX_PX) : 0;
    return (int64_t)(bounded * DISTANCE_ONE + 0.5);
}

/* False when the line is solid: no pattern, no gaps, or a pattern too fine to be seen. */
static bool read_dashes(struct dashes *dashes, const struct stroke *stroke)
{
    if (!stroke->dashes_px || stroke->dash_count == 0) {
        return false;
    }
    size_t steps = stroke->dash_count % 2 == 0 ? stroke->dash_count : 2 * stroke->dash_count;
    int64_t period = 0;
    int64_t gaps = 0;
    for (size_t i = 0; i < steps; i++) {
        int64_t length = distance_of(stroke->dashes_px[i % stroke->dash_count]);
        period += length;
        gaps += i % 2 == 1 ? length : 0;
    }
    double finest = (PICTURE_DIAGONAL_MAX_PX + 2 * stroke_reach_px(stroke)) / DASH_PERIODS_MAX;
    finest = finest > DASH_PERIOD_MIN_PX ? finest : DASH_PERIOD_MIN_PX;
    if (gaps == 0 || (double)period < finest * DISTANCE_ONE) {
        return false;
    }
    double start = stroke->dash_start_px;
    start = start > -1e12 ? (start < 1e12 ? start : 1e12) : 0;
    *dashes =
        (struct dashes){stroke->dashes_px, stroke->dash_count, period, (int64_t)floor(start * DISTANCE_ONE + 0.5)};
    return true;
}

/* A dashed line while it is cut up. Distances are those of the pattern: the first point has `start`. */
struct dash_walk {
    const struct pen *pen;
    const struct bands *bands;
    const struct path *line;  /* open; its last node has no way on */
    const int64_t *distances; /* of each node */
    struct node *run;         /* room for a dash */
    struct node *spare;
    size_t segment; /* where the last dash began */
    int64_t next;   /* dashes are numbered along the pattern; those before this one are done */
};

static struct place place_at(const struct node *node, int64_t beyond)
{
    return offset_place(node->at, node->along, (double)beyond * DRAW_ONE / DISTANCE_ONE);
}

/* Draws the stretch from `from` to `to` of the line. */
static void draw_dash(struct dash_walk *walk, int64_t from, int64_t to)
{
    const struct node *nodes = walk->line->nodes;
    size_t segments = walk->line->count - 1;
    const int64_t *distances = walk->distances;
    size_t first = walk->segment;
    while (first + 1 < segments && distances[first + 1] <= from) {
        first++;
    }
    walk->segment = first;
    size_t last = first;
    while (last + 1 < segments && distances[last + 1] < to) {
        last++;
    }
    struct path run = {walk->run, 0, false};
    for (size_t i = first; i <= last; i++) {
        struct node *node = &run.nodes[run.count++];
        *node = nodes[i];
        if (i == first) {
            node->at = place_at(&nodes[i], from - distances[i]);
        }
    }
    struct place end = to >= distances[segments] ? nodes[segments].at : place_at(&nodes[last], to - distances[last]);
    run.nodes[run.count++].at = end;
    /* Shortened ends: a way that rounding left without length is dropped, others are measured anew. */
    if (run.count > 1 && same_place(run.nodes[0].at, run.nodes[1].at)) {
        run.nodes++;
        run.count--;
    }
    if (run.count > 1 && same_place(run.nodes[run.count - 1].at, run.nodes[run.count - 2].at)) {
        run.count--;
    }
    for (size_t i = 0; i + 1 < run.count; i++) {
        struct node *node = &run.nodes[i];
        double dx = (double)(run.nodes[i + 1].at.x - node->at.x);
        double dy = (double)(run.nodes[i + 1].at.y - node->at.y);
        node->length = dx * node->along.x + dy * node->along.y;
    }
    struct pen pen = *walk->pen;
    if (pen.cap_start == LINE_CAP_SQUARE) { /* as in MapLibre, only a line's own ends are lengthened */
        pen.cap_start = from <= distances[0] ? LINE_CAP_SQUARE : LINE_CAP_BUTT;
        pen.cap_end = to >= distances[segments] ? LINE_CAP_SQUARE : LINE_CAP_BUTT;
    }
    if (run.count > 1) {
        draw_bands(&pen, walk->bands, &run, walk->spare);
    } else if (pen.cap_start == LINE_CAP_ROUND) {
        /* A dot: sideways by the direction of its segment. */
        struct vector normal = right_of(nodes[first].along);
        for (size_t i = 0; i < walk->bands->count; i++) {
            add_dot(&pen, offset_place(run.nodes[0].at, normal, walk->bands->offsets[i]));
        }
    }
}

/* Draws the dashes that touch the distances `low` … `high` and were not drawn yet. */
static void draw_dashes_between(struct dash_walk *walk, const struct dashes *dashes, int64_t low, int64_t high)
{
    int64_t line_start = walk->distances[0];
    int64_t line_end = walk->distances[walk->line->count - 1];
    int64_t turn = low / dashes->period - (low % dashes->period < 0 ? 1 : 0);
    int64_t from = turn * dashes->period;
    size_t steps = dashes->count % 2 == 0 ? dashes->count : 2 * dashes->count;
    for (int64_t number = turn * (int64_t)(steps / 2);;) {
        for (size_t i = 0; i < steps; i += 2, number++) {
            if (from > high) {
                return;
            }
            int64_t to = from + distance_of(dashes->lengths_px[i % dashes->count]);
            int64_t begin = from > line_start ? from : line_start;
            int64_t end = to < line_end ? to : line_end;
            bool inside = from == to ? begin <= end : begin < end;
            if (inside && end >= low && number >= walk->next) {
                draw_dash(walk, begin, end);
                walk->next = number + 1;
            }
            from = to + distance_of(dashes->lengths_px[(i + 1) % dashes->count]);
        }
    }
}

/* Cuts `*low` … `*high` (parts 0 … 1 of a way) to where start + part * way lies in min … max. */
static void cut_parts(double start, double way, double min, double max, double *low, double *high)
{
    if (way == 0) {
        if (start < min || start > max) {
            *high = -1;
        }
        return;
    }
    double a = (min - start) / way;
    double b = (max - start) / way;
    double first = a < b ? a : b;
    double last = a < b ? b : a;
    *low = first > *low ? first : *low;
    *high = last < *high ? last : *high;
}

static void draw_dashed(struct dash_walk *walk, const struct dashes *dashes)
{
    const struct raster *raster = walk->pen->raster;
    double margin = (double)walk->pen->reach + 2 * DRAW_ONE;
    double right = (double)raster_width_px(raster) * DRAW_ONE + margin;
    double bottom = (double)raster_height_px(raster) * DRAW_ONE + margin;
    for (size_t i = 0; i + 1 < walk->line->count; i++) {
        const struct node *node = &walk->line->nodes[i];
        if (!node->visible) {
            continue;
        }
        double low = 0;
        double high = 1;
        cut_parts((double)node->at.x, node->along.x * node->length, -margin, right, &low, &high);
        cut_parts((double)node->at.y, node->along.y * node->length, -margin, bottom, &low, &high);
        if (low > high) {
            continue;
        }
        double way = (double)(walk->distances[i + 1] - walk->distances[i]);
        draw_dashes_between(walk, dashes, walk->distances[i] + (int64_t)(way * low),
                            walk->distances[i] + (int64_t)(way * high));
    }
}

/* ---- Putting it together ---- */

static double bounded(double number, double limit)
{
    return number > -limit ? (number < limit ? number : limit) : (number <= -limit ? -limit : 0);
}

static struct bands bands_of(const struct stroke *stroke)
{
    double offset = bounded(stroke->offset_px, WIDTH_MAX_PX) * DRAW_ONE;
    double gap = bounded(stroke->gap_width_px, WIDTH_MAX_PX);
    double width = bounded(stroke->width_px, WIDTH_MAX_PX);
    if (gap > 0) {
        double apart = (gap + width) / 2 * DRAW_ONE;
        return (struct bands){{offset - apart, offset + apart}, 2};
    }
    return (struct bands){{offset, 0}, 1};
}

static double miter_limit_of(const struct stroke *stroke)
{
    switch (stroke->join) {
    case LINE_JOIN_MITER:
        return stroke->miter_limit > BEVEL_LIMIT ? bounded(stroke->miter_limit, MITER_LIMIT_MAX) : BEVEL_LIMIT;
    case LINE_JOIN_ROUND:
        return stroke->round_limit > 1 ? bounded(stroke->round_limit, 2) : 1;
    case LINE_JOIN_BEVEL:
        break;
    }
    return BEVEL_LIMIT;
}

double stroke_reach_px(const struct stroke *stroke)
{
    double half = stroke->width_px > 0 ? bounded(stroke->width_px, WIDTH_MAX_PX) / 2 : 0;
    double factor = miter_limit_of(stroke);
    if (stroke->cap == LINE_CAP_SQUARE && factor < 1.5) {
        factor = 1.5; /* a square's corner: √2 */
    }
    double offset = fabs(bounded(stroke->offset_px, WIDTH_MAX_PX));
    double gap = bounded(stroke->gap_width_px, WIDTH_MAX_PX);
    if (gap > 0) {
        offset += gap / 2 + half;
    }
    double offset_factor = factor > OFFSET_MITER_LIMIT ? factor : OFFSET_MITER_LIMIT;
    return half * factor + offset * offset_factor + 0.5;
}

static struct pen pen_of(struct raster *raster, const struct stroke *stroke)
{
    struct pen pen = {.raster = raster,
                      .half = bounded(stroke->width_px, WIDTH_MAX_PX) / 2 * DRAW_ONE,
                      .cap_start = stroke->cap,
                      .cap_end = stroke->cap,
                      .join = stroke->join,
                      .miter_limit = miter_limit_of(stroke),
                      .reach = (int64_t)(stroke_reach_px(stroke) * DRAW_ONE)};
    pen.miter_square = 1 / (pen.miter_limit * pen.miter_limit);
    pen.arc_depth = arc_depth(pen.half, 0);
    return pen;
}

static bool stroke_dashed(const struct pen *pen, const struct bands *bands, struct path *line, struct node *spare,
                          const struct dashes *dashes)
{
    bool ok = false;
    /* A dashed ring is cut open at its first point. */
    if (line->closed) {
        line->nodes[line->count].at = line->nodes[0].at;
        line->count++;
        line->closed = false;
    }
    int64_t *distances = malloc(line->count * sizeof *distances);
    struct node *run = malloc((line->count + 2) * sizeof *run);
    if (!distances || !run) {
        goto done;
    }
    distances[0] = dashes->start;
    for (size_t i = 0; i + 1 < line->count; i++) {
        double length = line->nodes[i].length * (DISTANCE_ONE / DRAW_ONE) + 0.5;
        distances[i + 1] = distances[i] + (int64_t)length;
    }
    struct dash_walk walk = {pen, bands, line, distances, run, spare, 0, INT64_MIN};
    draw_dashed(&walk, dashes);
    ok = true;
done:
    free(run);
    free(distances);
    return ok;
}

bool stroke_add(struct raster *raster, const struct draw_point *points, size_t count, bool closed,
                const struct stroke *stroke)
{
    if (count == 0 || !(stroke->width_px > 0)) {
        return true;
    }
    if (hairline_fits(stroke) && hairline_add(raster, points, count, closed, stroke)) {
        return true;
    }
    struct pen pen = pen_of(raster, stroke);
    struct bands bands = bands_of(stroke);
    struct dashes dashes = {0};
    bool dashed = read_dashes(&dashes, stroke);
    bool moved = bands.count > 1 || bands.offsets[0] != 0;
    bool ok = false;
    struct node stack[NODES_ON_STACK];
    struct node *nodes = stack;
    struct node *spare = NULL;
    if (count + 1 > NODES_ON_STACK) {
        nodes = malloc((count + 1) * sizeof *nodes);
    }
    if (moved) {
        spare = malloc((count + 2) * NODES_PER_CORNER * sizeof *spare);
    }
    if (!nodes || (moved && !spare)) {
        goto done;
    }
    struct path path = make_path(nodes, raster, points, count, closed, !dashed && !moved, pen.reach);
    if (dashed && path.count > 1) {
        ok = stroke_dashed(&pen, &bands, &path, spare, &dashes);
    } else {
        draw_bands(&pen, &bands, &path, spare);
        ok = true;
    }
done:
    free(spare);
    if (nodes != stack) {
        free(nodes);
    }
    return ok;
}
