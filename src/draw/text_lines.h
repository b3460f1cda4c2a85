/* SPDX-License-Identifier: MIT */
#pragma once
/* Shaped letters become lines of placed glyphs, broken, stacked and justified as MapLibre does it. What is between the
 * two halves of a layout; seen by text_layout.c and text_lines.c only. */

#include "base/arena.h"
#include "draw/text_engine.h"

struct text_letter {
    uint32_t code;
    uint32_t section;
    uint32_t font; /* FONT_NONE: nothing is drawn and no room is taken */
    uint32_t script;
    int level;
    double advance; /* em, of the cluster that starts here; 0 inside one */
    bool takes_room;
};

/* Letters of one font, section, script and direction. */
struct text_run {
    size_t start;
    size_t end;
    size_t first_glyph;
    size_t glyph_count;
};

struct text_shaped {
    uint32_t glyph;
    uint32_t letter; /* where its cluster starts */
    double advance;  /* em, scaled by the section */
    double x;
    double y; /* downwards */
    bool has_ink;
};

struct text_lines {
    const struct text_section *sections;
    const struct text_wish *wish;
    struct arena *arena;
    struct text_letter *letters;
    size_t letter_count;
    struct text_run *runs;
    size_t run_count;
    struct text_shaped *shaped;
    size_t shaped_count;
};

/* True for characters a line may end after. */
bool text_line_may_end(uint32_t code);

/* A place where a line may end, and the best way to get there (MapLibre's line_break: least raggedness). */
struct text_cut {
    size_t end; /* the line holds the letters before it */
    double x;
    double badness;
    ptrdiff_t before; /* the cut before it, -1: none */
};
/* Lines are measured in 24ths of an em: the penalties of breaks are in squares of it. */
#define TEXT_CUT_MEASURE 24.0
/* How long lines should be when all of it has length `total` and none may be longer than this. */
double text_cut_target(double total, double max_width_em);
struct text_cut text_cut_best(const struct text_cut *cuts, size_t count, size_t end, double x, double target,
                              double penalty, bool is_last);

/* False when memory is out. */
bool text_lines_place(const struct text_lines *lines, struct text_layout *out_layout);
