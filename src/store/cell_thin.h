/* SPDX-License-Identifier: MIT */
#pragma once
/* What is too small to be seen for itself, in one band.
 *
 * The band's world is divided into squares of a few pixels. A small feature that is alone in its square is what it is.
 * Of several one stands for all: drawn by lot in proportion to their size, as large as they are together. The lot is a
 * hash of the geometry: neither rows that were inserted elsewhere nor other values change who stands.
 * What is more than the square holds goes on to the next square along the curve. So a tile holds no more of them than
 * it has squares, ink and colours are kept on the whole, and each decision is the feature's, never a tile's. */

#include "store/cell_spool.h"

#include "base/buffer.h"
#include "geo/feature.h"

struct cell_thinner {
    unsigned band;
    enum geometry_kind kind;
    bool each;       /* every feature is taken to be alone in its square */
    bool is_open;    /* a square was begun */
    uint64_t square; /* its place on the curve */
    uint64_t count;  /* of features in it */
    uint64_t lot;    /* of the last one, and how many of the same came before it */
    uint64_t equals;
    double total; /* their ink: square units, units or points */
    double carried;
    struct cell_record chosen; /* its attributes lie in `bytes` */
    struct buffer content; /* of the first one in the square, as the band would have it; empty: nothing of it is left */
    double chosen_way[2];  /* of a line: from its first vertex to its last */
    struct buffer bytes;
};

/* Called with what the band gets: `content` is geometry and inlined attributes. */
typedef bool cell_thinner_taker(void *context, unsigned band, const struct cell_record *record, struct text content,
                                struct error *err);

/* With `each` all features are kept: a layer of few needs no thinning, only that nothing of it vanishes. */
void cell_thinner_open(struct cell_thinner *thinner, unsigned band, enum geometry_kind kind, bool each);
void cell_thinner_close(struct cell_thinner *thinner);

/* A feature too small for the band, in the order of the spool. */
struct cell_small {
    const struct cell_record *record;
    uint64_t lot;
    double ink;          /* its area, length, or 1 for a point */
    double way[2];       /* of a line */
    struct text content; /* as the band would have it; may be empty */
};

/* The lot of a feature by its geometry in the spool. */
uint64_t cell_thinner_lot(struct text geometry);

bool cell_thinner_add(struct cell_thinner *thinner, const struct cell_small *feature, cell_thinner_taker *take,
                      void *context, struct error *err);
/* Ends the last square. */
bool cell_thinner_finish(struct cell_thinner *thinner, cell_thinner_taker *take, void *context, struct error *err);

/* Below this a feature is too small for the band: square units of area, units of extent. Points always are. */
double cell_thinner_least(unsigned band, enum geometry_kind kind);
