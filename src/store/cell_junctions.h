/* SPDX-License-Identifier: MIT */
#pragma once
/* Which vertices of a layer are junctions: their neighbours are not the same in all features.
 *
 * A table in which each vertex has a slot of four bytes. It has a bound: where too many vertices meet in one place of
 * the table all of them are taken for junctions, and one in some hundred is taken for another. That is so for all
 * features alike, and hardly ever does a vertex depend on one far away: an edit must not change what lies elsewhere. */

#include "base/error.h"
#include "geo/feature.h"

struct cell_junctions;

/* `vertices`: how many will be noted, about. */
bool cell_junctions_open(uint64_t vertices, struct cell_junctions **out_junctions, struct error *err);
void cell_junctions_close(struct cell_junctions *junctions);

/* By several threads at once; what comes of it does not depend on the order. */
void cell_junctions_note(struct cell_junctions *junctions, const struct geometry *geometry);
/* When all are noted: 1 for each vertex that is a junction, else 0. */
void cell_junctions_find(const struct cell_junctions *junctions, const struct world_point *points, uint32_t count,
                         unsigned char *out_found);
