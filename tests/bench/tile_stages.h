/* SPDX-License-Identifier: MIT */
#pragma once
/* What each stage of a tile costs, without a word about it in the program: the linker hands the calls between rooms to
 * this file (-Wl,--wrap), which looks at the clock and passes them on. Time goes to the innermost stage; labels,
 * heatmaps, circles and rasters keep what they draw. One thread. */

#include <stddef.h>

enum stage {
    STAGE_OTHER, /* between the stages below: loops, needs, the arena */
    STAGE_FIND,
    STAGE_STYLE,
    STAGE_PROJECT,
    STAGE_FILL_EDGES,
    STAGE_STROKE_EDGES,
    STAGE_SWEEP,
    STAGE_DECORATION, /* patterns, circles, soft lines */
    STAGE_LABEL_PLAN,
    STAGE_LABELS, /* and icons */
    STAGE_HEATMAP,
    STAGE_RASTER_READ,
    STAGE_RASTER_PAINT,
    STAGE_PALETTE,
    STAGE_PNG,
    STAGE_COUNT
};

extern const char *const stage_names[STAGE_COUNT];

/* By stage since the last start; what looking at the clock costs is taken off. */
struct stage_times {
    double us[STAGE_COUNT];    /* of processor time: the shares of it that the ticks have */
    double ticks[STAGE_COUNT]; /* of a counter that goes on while other threads run: medians of many runs tell better */
};

void stages_start(void);
void stages_stop(struct stage_times *out_times);

/* Microseconds of this thread's processor time. */
double stages_now_us(void);
