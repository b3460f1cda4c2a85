/* SPDX-License-Identifier: MIT */
#pragma once
/* Generalises spooled features for the bands on all processors. A band that would hardly differ from the next finer one
 * is left out: that is judged by a sample before anything is handed on. What comes out, and in what order, does not
 * depend on the number of processors. */

#include "store/cell_spool.h"

#include "geo/shape.h"

/* Called in the caller's thread, for each band in the order of the spool but for those that stand for many. `content`:
 * geometry and inlined attributes, as a block has them. */
typedef bool cell_crew_taker(void *context, unsigned band, const struct cell_record *record, struct text content,
                             struct error *err);

struct cell_crew_task {
    struct cell_spool *spool;
    enum geometry_kind kind;
    uint64_t shape_count;
    uint64_t vertex_count;
    cell_crew_taker *take;
    void *context;
};

/* `*out_bands`: a bit for each band that was made; the full one always is. */
bool cell_crew_run(const struct cell_crew_task *task, unsigned *out_bands, struct error *err);
