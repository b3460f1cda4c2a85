/* SPDX-License-Identifier: MIT */
/* Outlines of lines as edges of a raster.
 *
 * A line becomes a sum of pieces that are all wound the same way: a quadrilateral a segment, a wedge on the outer side
 * of a join, a cap at an end. Edges that two pieces share cancel and are not emitted; what is left is one outline that
 * runs through the vertex itself on the inner side of a sharp join. Pieces that overlap can only add, so a nonzero fill
 * has no holes, however often a line crosses itself. */

#include "draw/stroke.h"

#include "draw/hairline.h"
#include "draw/stroke_dash.h"
#include "draw/stroke_lanes.h"
#include "draw/stroke_offset.h"
#include "draw/stroke_path.h"

#include <math.h>
#include <stdlib.h>

enum {
    NODES_ON_STACK = 128,
    THIN_SHIFT = 6,   /* points within one quarter-pixel square count as one */
    ARC_DEPTH_MAX = 5 /* at most 32 chords a quarter circle */
};

/* A chord may leave the circle by this many pixels. */
static const double ARC_ERROR_PX = 1.0 / 48;
/* A join that is drawn as a bevel is so flat below this mitre length that a mitre looks the same (as in MapLibre). */
static const double BEVEL_LIMIT = 1.05;
static const double WIDTH_MAX_PX = 8192;
static const double MITER_LIMIT_MAX = 100;

static void add_edge(struct raster *raster, struct place from, struct place to)
{
    raster_add_edge(raster, from.x, from.y, to.x, to.y);
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

void stroke_add_cap(const struct pen *pen, enum line_cap cap, struct place at, struct vector along, struct sides sides)
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
        corner.before = stroke_sides_at(after->at, miter, pen->half / (1 + cosine));
        corner.after = corner.before;
    } else {
        corner.before = stroke_sides_at(after->at, a, pen->half);
        corner.after = stroke_sides_at(after->at, b, pen->half);
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
    struct sides sides = stroke_sides_at(at, right_of(along), pen->half);
    stroke_add_cap(pen, pen->cap_start, at, along, sides);
    stroke_add_cap(pen, pen->cap_start, at, back, (struct sides){sides.left, sides.right});
}

/* ---- One line ---- */

struct sides stroke_connect(const struct pen *pen, const struct node *before, const struct node *after,
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
    struct sides start = stroke_sides_at(nodes[0].at, right_of(nodes[0].along), pen->half);
    if (nodes[0].visible) {
        struct vector back = {-nodes[0].along.x, -nodes[0].along.y};
        stroke_add_cap(pen, pen->cap_start, nodes[0].at, back, (struct sides){start.left, start.right});
    }
    for (size_t i = 0; i < last; i++) {
        struct sides end;
        struct sides next = stroke_connect(pen, &nodes[i], &nodes[i + 1], &end);
        if (nodes[i].visible) {
            add_sides(pen, &start, &end);
        }
        start = next;
    }
    if (nodes[last].visible) {
        struct sides end = stroke_sides_at(nodes[last + 1].at, right_of(nodes[last].along), pen->half);
        add_sides(pen, &start, &end);
        stroke_add_cap(pen, pen->cap_end, nodes[last + 1].at, nodes[last].along, end);
    }
}

static void draw_closed(const struct pen *pen, const struct node *nodes, size_t count)
{
    struct sides end_of_last;
    struct sides start = stroke_connect(pen, &nodes[count - 1], &nodes[0], &end_of_last);
    for (size_t i = 0; i < count; i++) {
        struct sides end = end_of_last;
        struct sides next = start;
        if (i + 1 < count) {
            next = stroke_connect(pen, &nodes[i], &nodes[i + 1], &end);
        }
        if (nodes[i].visible) {
            add_sides(pen, &start, &end);
        }
        start = next;
    }
}

void stroke_draw_path(const struct pen *pen, const struct path *path)
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

/* True when a point adds nothing to a line that has come to `kept`. Depends on both points only, so neighbours that
 * see different stretches of a line agree. */
static bool is_near(struct draw_point kept, struct draw_point point)
{
    return kept.x >> THIN_SHIFT == point.x >> THIN_SHIFT && kept.y >> THIN_SHIFT == point.y >> THIN_SHIFT;
}

static bool same_point(struct draw_point a, struct draw_point b)
{
    return a.x == b.x && a.y == b.y;
}

/* The distinct points of a line; with `thin` those of a sub-pixel wiggle count as one. */
static size_t collect_points(struct draw_point *out, const struct draw_point *points, size_t count, bool closed,
                             bool thin)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && same_point(out[kept - 1], points[i])) {
            continue;
        }
        bool last = !closed && i + 1 == count;
        if (thin && i > 0 && !last && is_near(points[i - 1], points[i])) {
            continue;
        }
        out[kept++] = points[i];
    }
    while (closed && kept > 1 && same_point(out[kept - 1], out[0])) {
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

/* Of points that differ from their neighbours. */
static struct path make_path(struct node *nodes, const struct raster *raster, const struct draw_point *points,
                             size_t count, bool closed, int64_t reach)
{
    struct path path = {nodes, count, closed && count > 1};
    for (size_t i = 0; i < count; i++) {
        nodes[i].at = (struct place){points[i].x, points[i].y};
    }
    if (count > 1) {
        measure_path(raster, &path, reach);
    }
    return path;
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
    bool dashed = stroke_dash_read(&dashes, stroke);
    bool moved = bands.count > 1 || bands.offsets[0] != 0;
    bool ok = false;
    struct draw_point few_points[NODES_ON_STACK + STROKE_LANES_ROOM];
    struct draw_point *kept = few_points;
    struct node few_nodes[NODES_ON_STACK];
    struct node *nodes = few_nodes;
    struct node *spare = NULL;
    if (count + 1 > NODES_ON_STACK) {
        kept = malloc((count + STROKE_LANES_ROOM) * sizeof *kept);
        nodes = malloc((count + 1) * sizeof *nodes);
    }
    if (moved) {
        spare = malloc((count + 2) * NODES_PER_CORNER * sizeof *spare);
    }
    if (!kept || !nodes || (moved && !spare)) {
        goto done;
    }
    bool thin = !dashed && !moved && !(closed && is_tiny(points, count));
    count = collect_points(kept, points, count, closed, thin);
    ok = true;
    if (!dashed && !moved && stroke_lanes_draw(&pen, kept, count, closed)) {
        goto done;
    }
    struct path path = make_path(nodes, raster, kept, count, closed, pen.reach);
    if (dashed && path.count > 1) {
        ok = stroke_dash_draw(&pen, &bands, &path, spare, &dashes);
    } else {
        stroke_offset_draw_bands(&pen, &bands, &path, spare);
    }
done:
    free(spare);
    if (kept != few_points) {
        free(kept);
    }
    if (nodes != few_nodes) {
        free(nodes);
    }
    return ok;
}
