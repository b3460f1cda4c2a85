/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines that labels run along: whole features, never clipped pieces, measured from the feature's own first vertex.
 * Where a street comes in pieces with equal text, a label longer than its piece goes on along the next ones. What a
 * label sees of them is within half its length of its anchor, so the result does not depend on what else was read. */

#include "base/arena.h"
#include "geo/feature.h"
#include "render/label_pole.h"

#include <stdint.h>

/* One part of a feature in CSS pixels from its first vertex; equal neighbours dropped. */
struct label_line {
    int64_t origin_x; /* the first vertex, 1/256 CSS pixels of the world */
    int64_t origin_y;
    const struct label_point *points;
    size_t count;
    double length;
    uint64_t text_hash;
    int64_t row; /* of the feature */
    uint32_t part;
    bool is_ring;
};

/* False when memory is out; the count may be below 2 where the part collapses. */
bool label_line_read(const struct world_point *points, size_t count, int64_t shift_x, double scale, struct arena *arena,
                     struct label_line *out_line);

/* The lines of one style layer with text, found by where they end. */
struct label_network;
struct label_network *label_network_create(const struct label_line *lines, size_t count, struct arena *arena);

/* Part of a line around an anchor: vertices with their distance along the line from the anchor, negative before it. */
struct label_path_point {
    double x; /* CSS pixels from the anchor */
    double y;
    double along;
};

struct label_path {
    const struct label_path_point *points;
    size_t count;
};

/* Where on a line one is; starts as zero and only goes forward, so that a long line is walked once. */
struct label_cursor {
    size_t segment;
    double start; /* distance of the segment's first vertex from the line's */
};

/* The point `along` the line from its start, in CSS pixels from its first vertex. The line has at least 2 vertices. */
struct label_point label_line_seek(const struct label_line *line, double along, struct label_cursor *cursor);

/* The path from `before` CSS pixels before to `after` behind the anchor, which lies `along` from the line's start; it
 * goes on along the network (may be NULL) where the line is too short. False when it stays too short or memory is out.
 * `*out_x`, `*out_y`: the anchor in 1/256 CSS pixels of the world. */
bool label_path_cut(const struct label_line *line, const struct label_network *network, double along,
                    struct label_cursor *cursor, double before, double after, struct arena *arena,
                    struct label_path *out_path, int64_t *out_x, int64_t *out_y);
/* The same way back: distances change sign. */
bool label_path_reverse(struct label_path *path, struct arena *arena);
/* The point at a distance, which must lie within the path. `cursor` starts as 0 and speeds up rising distances. */
struct label_point label_path_at(const struct label_path *path, double along, size_t *cursor);
/* The sum of all turns between two distances; and whether the turns within any `window` of it exceed `most`. Radians.
 */
double label_path_bend(const struct label_path *path, double from, double to, double window, double most,
                       bool *out_too_sharp);
