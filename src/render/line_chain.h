/* SPDX-License-Identifier: MIT */
#pragma once
/* Lines that continue each other, put together: a street is often cut into a feature for each block, and one stroke
 * along all of it costs a fraction of a hundred strokes with two ends each, and has no notches where the pieces meet.
 *
 * Short lines of one part are joined where exactly two of them meet end to end, each with a short segment. Each goes
 * from its lesser end (by x, then y) to its greater one, so that no chain runs in a circle and what is joined at a
 * place depends on the lines that touch it alone. A picture that finds what lies LINE_CHAIN_REACH_CSS_PX around its ink
 * knows all lines that touch a segment it shows, where they may be joined to it, and draws it as its neighbours do. */

#include "render/layer_features.h"

/* Lines are short whose box is at most so wide and high, segments that are at most so long. */
enum {
    LINE_CHAIN_PIECE_CSS_PX = 16,
    LINE_CHAIN_JOINT_CSS_PX = 6,
    LINE_CHAIN_REACH_CSS_PX = LINE_CHAIN_JOINT_CSS_PX + 1
};

/* `found`, or what it becomes; of row, values and id, what is put together has those of the first. `css_px`: the width
 * of a CSS pixel in units of the features; 0: every feature stays as it is. Everything lives in `arena` or where it
 * lay, and is found once. NULL: memory is out. Linear in features and their vertices. */
struct layer_features *line_chains_find(struct layer_features *found, double css_px, struct arena *arena);
