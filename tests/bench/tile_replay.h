/* SPDX-License-Identifier: MIT */
#pragma once
/* The shapes of a tile as they were drawn, drawn again: by our kernel and by Cairo, fills and strokes apart; and its
 * pixels as PNG by libpng with its defaults. */

#include "draw/canvas.h"
#include "draw/raster.h"
#include "draw/stroke.h"

#include <stdbool.h>
#include <stddef.h>

enum sweep { SWEEP_FILL, SWEEP_MERGE, SWEEP_APART };

/* Forgets what was noted; with `records` notes the next tile. */
void replay_begin(bool records);
bool replay_records(void);

void replay_note_ring(const struct draw_point *points, size_t count);
void replay_note_stroke(const struct draw_point *points, size_t count, bool closed, const struct stroke *stroke);
/* What was noted since the last sweep is painted. */
void replay_note_sweep(enum sweep sweep, enum fill_rule rule, struct pixel pixel);
void replay_note_picture(const struct canvas *canvas);

struct replay_figures {
    size_t shapes; /* rings, lines */
    size_t points;
    double ours_us;
    double cairo_us;
};

/* Medians of repeated runs of about `seconds` each. Lines with offsets or gaps are left out, as Cairo has none. */
void replay_fills(double seconds, struct replay_figures *out_figures);
void replay_strokes(double seconds, struct replay_figures *out_figures);

/* Of the picture: RGB by libpng with its defaults. */
void replay_libpng(double seconds, double *out_us, size_t *out_bytes);

/* Median microseconds of a call. */
double replay_median_us(double seconds, void (*run)(void *subject), void *subject);
