/* SPDX-License-Identifier: MIT */
#pragma once
/* What the process that reads a foreign file may see of the disk. */

#include "base/arena.h"
#include "base/error.h"
#include "ingest/isolation.h"

/* The file at `path` with its companions of the same name (the parts of a shapefile, world files), and the data and
 * modules of the libraries; for writing only `folder`. Fills the paths of `out_isolation`; they live in `arena`. */
bool intake_paths_find(const char *path, const char *folder, struct arena *arena, struct isolation *out_isolation,
                       struct error *err);
