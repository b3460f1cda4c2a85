/* SPDX-License-Identifier: MIT */
#pragma once
/* The line that tells how far a long command has come, where stderr is a terminal. */

#include <stdbool.h>
#include <stdint.h>

struct progress {
    int64_t shown_ns;   /* when the line was last written */
    int64_t started_ns; /* of the stage */
    int stage;
    bool any;
};

/* True when there is somebody to tell. */
bool progress_init(struct progress *progress);
/* At most ten times a second: "loading colonias: 1200 / 5000 (24 %), left: 3 s". `total` below 1: unknown. */
void progress_show(struct progress *progress, int stage, const char *verb, const char *what, int64_t done,
                   int64_t total);
/* Takes the line away. */
void progress_clear(const struct progress *progress);
