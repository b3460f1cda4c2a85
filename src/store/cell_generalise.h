/* SPDX-License-Identifier: MIT */
#pragma once
/* Fewer vertices for far zooms, alike on both sides of a shared border.
 *
 * Vertices where rings or lines part (their neighbours are not the same in all features: junctions) are kept in every
 * band. Between two junctions each feature has the same chain of vertices, and Douglas-Peucker on the chain, which does
 * not care in what direction it is walked, says once for each vertex from which band on it is needed: its rank. */

#include "store/cell_junctions.h"

#include "geo/feature.h"

/* Working memory. Belongs to one thread. */
struct cell_generaliser;

bool cell_generaliser_open(struct cell_generaliser **out_generaliser, struct error *err);
void cell_generaliser_close(struct cell_generaliser *generaliser);

/* The coarsest band in which a feature is not too small to be seen for itself; 0 for points. */
bool cell_generaliser_seen_from(struct cell_generaliser *generaliser, const struct geometry *geometry,
                                unsigned *out_band, struct error *err);
/* Ranks the vertices of a feature in world units. Junctions may be NULL: then none is. `geometry` is borrowed until the
 * next call. */
bool cell_generaliser_set(struct cell_generaliser *generaliser, const struct geometry *geometry,
                          const struct cell_junctions *junctions, struct error *err);
/* The feature as `band`, not the full one, has it; without a part when nothing of it is left. `*out_small`: it is too
 * small to be seen for itself, and goes to a cell_thinner with this ink; else 0. Small parts of a larger feature become
 * squares as large as they are together. Bands are asked for from the finest to the coarsest. Lives until the next
 * call. */
void cell_generaliser_band(struct cell_generaliser *generaliser, unsigned band, struct geometry *out_geometry,
                           double *out_small);
