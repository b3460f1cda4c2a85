/* SPDX-License-Identifier: MIT */
/* Dashes are counted along the pattern from the line's first point, and only those near the picture are drawn: a long
 * line with fine dashes costs what is seen of it, and neighbours that see different stretches draw the same dashes. */

#include "draw/stroke_dash.h"

#include <stdlib.h>

/* Finer dashes are drawn as a solid line. */
static const double DASH_PERIOD_MIN_PX = 1.0 / 16;
/* So are those of which more than this many periods fit into the largest picture and its surroundings. */
static const double DASH_PERIODS_MAX = 131072;
static const double PICTURE_DIAGONAL_MAX_PX = 8192;
static const double DASH_MAX_PX = 16777216;
/* Distances along a line are whole numbers of this unit, so that their sums do not depend on the order. */
static const double DISTANCE_ONE = 65536;

static int64_t distance_of(double px)
{
    double bounded = px > 0 ? (px < DASH_MAX_PX ? px : DASH_MAX_PX) : 0;
    return (int64_t)(bounded * DISTANCE_ONE + 0.5);
}

bool stroke_dash_read(struct dashes *out_dashes, const struct stroke *stroke)
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
    *out_dashes =
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
        stroke_offset_draw_bands(&pen, walk->bands, &run, walk->spare);
    } else if (pen.cap_start == LINE_CAP_ROUND) {
        /* A dot: sideways by the direction of its segment. */
        struct vector normal = right_of(nodes[first].along);
        for (size_t i = 0; i < walk->bands->count; i++) {
            struct node spot = {.at = offset_place(run.nodes[0].at, normal, walk->bands->offsets[i])};
            stroke_draw_path(&pen, &(struct path){&spot, 1, false});
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

bool stroke_dash_draw(const struct pen *pen, const struct bands *bands, struct path *line, struct node *spare,
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
