/* SPDX-License-Identifier: MIT */
#pragma once
/* Sorts more features than memory holds along the Hilbert curve: what does not fit goes in sorted runs to a temporary
 * file without a name, and the runs are merged when they are read back. */

#include "base/buffer.h"
#include "base/error.h"
#include "geo/feature.h"

#include <stddef.h>
#include <stdint.h>

/* One feature on its way into the bands. */
struct cell_record {
    uint64_t key; /* place on the curve */
    int64_t row;
    struct world_box box; /* within int32_t */
    bool attributes_elsewhere;
    struct text geometry; /* as cell_spool_put_geometry wrote it */
    struct text attributes;
};

/* Geometry as it is in memory, so that it is not worked out each time it is looked at. */
void cell_spool_put_geometry(struct buffer *out, const struct geometry *geometry);
/* Points into the text, which must lie at a multiple of four. False when its length is not what it says. */
bool cell_spool_get_geometry(struct text text, enum geometry_kind kind, struct geometry *out_geometry);

struct cell_spool;

/* `folder`: where the temporary file goes, should it be needed. `memory_max` bounds what is kept in memory; a feature
 * larger than that is kept alone. */
bool cell_spool_open(const char *folder, size_t memory_max, struct cell_spool **out_spool, struct error *err);
void cell_spool_close(struct cell_spool *spool);

bool cell_spool_add(struct cell_spool *spool, const struct cell_record *record, struct error *err);

/* Starts reading from the first feature; nothing may be added after that. May be called again. */
bool cell_spool_rewind(struct cell_spool *spool, struct error *err);
/* The next feature by key, then row. Its texts live until the next call. */
bool cell_spool_next(struct cell_spool *spool, struct cell_record *out_record, bool *out_end, struct error *err);
