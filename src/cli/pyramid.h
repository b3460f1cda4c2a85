/* SPDX-License-Identifier: MIT */
#pragma once
/* What `tesela seed` and `tesela export` to archives share: zooms and area, progress, and an end that can be asked for.
 */

#include "base/error.h"
#include "geo/bbox.h"

#include <stdbool.h>
#include <stdint.h>

/* "14" or "10-16". */
bool pyramid_parse_zooms(const char *text, uint32_t *out_min, uint32_t *out_max, struct error *err);

/* From now on SIGINT and SIGTERM set a flag instead of ending the program. Returns the flag. */
const bool *pyramid_catch_signals(void);

/* One line on stderr, written over every now and then, where stderr is a terminal. */
struct pyramid_progress {
    bool is_shown;
    int64_t started_ns;
    int64_t told_ns;
    uint64_t made;
    uint64_t skipped;
};
void pyramid_progress_start(struct pyramid_progress *progress);
void pyramid_progress_tell(struct pyramid_progress *progress, uint32_t zoom);
/* Ends the line. */
void pyramid_progress_end(struct pyramid_progress *progress);
