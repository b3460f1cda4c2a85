/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines of one tile of a source, in tile units, and the anchors of labels on them: MapLibre's way, for pictures. */

#include "base/arena.h"
#include "render/label_pole.h"

#include <stdint.h>

enum { LABEL_TILE_UNITS = 8192 }; /* across a tile, whatever its file says */

struct label_tile_line {
    const struct label_point *points;
    size_t count;
    bool is_hole;
};

struct label_tile_lines {
    struct label_tile_line *items;
    size_t count;
};

/* Lines that may be joined to others with the same words at their ends. */
struct label_tile_join {
    struct label_tile_lines *lines; /* only the first one joins; emptied where it went into another */
    uint64_t text_hash;
    bool has_text;
};
bool label_tile_lines_join(struct label_tile_join *joins, size_t count, struct arena *arena);

/* The pieces of lines inside the tile, cut at its edges. */
bool label_tile_clip(const struct label_tile_lines *lines, struct arena *arena, struct label_tile_lines *out_cut);

struct label_tile_anchor {
    double x; /* whole units */
    double y;
    size_t segment; /* the vertex before it */
};

/* What is to be put on a line; lengths in tile units. */
struct label_tile_wish {
    double spacing;
    double label_length;
    double end_gap;
    double angle_window; /* 0: angles do not matter */
    double max_angle;
    double magnified; /* by how much the tile is enlarged: anchors stay where those of finer tiles would be */
};

/* False when memory is out. */
bool label_tile_anchors(const struct label_tile_line *line, const struct label_tile_wish *wish, struct arena *arena,
                        struct label_tile_anchor **out_anchors, size_t *out_count);
/* The anchor in the middle; false when there is no room for a label. */
bool label_tile_center(const struct label_tile_line *line, const struct label_tile_wish *wish,
                       struct label_tile_anchor *out_anchor);

/* Anchors by their words, to keep equal ones apart. */
struct label_near;
struct label_near *label_near_create(struct arena *arena);
/* Notes an anchor unless one with the same words is nearer than `distance`. False when memory is out. */
bool label_near_put(struct label_near *near, uint64_t text_hash, double x, double y, double distance,
                    bool *out_too_near);
