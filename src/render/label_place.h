/* SPDX-License-Identifier: MIT */
#pragma once
/* Who is shown: first the labels near the corners of squares, then those across edges, then those inside. Blocks of one
 * stage cannot touch, so each square comes to the same result on its own (docs/labels.md). */

#include "render/label_candidate.h"

/* A candidate that is shown. */
struct label_choice {
    const struct label_candidate *candidate;
    uint32_t way; /* of an upright text */
    bool shows_text;
    bool shows_icon;
};

struct label_choices {
    struct label_choice *items;
    size_t count;
};

/* The square's top left corner; NULL square_origin: one picture without stages. */
struct label_frame {
    bool has_squares;
    int64_t origin_x;
    int64_t origin_y;
};

/* Every label that is shown in or reaches into the square. Counts what became of the others. */
bool label_place_all(const struct label_frame *frame, const struct label_candidates *candidates, struct arena *arena,
                     struct label_choices *out_choices, struct label_stats *stats, struct error *err);
