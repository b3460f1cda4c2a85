/* SPDX-License-Identifier: MIT */
#pragma once
/* What a style draws with besides features: its images and, where it brings them, its glyphs. */

#include "draw/glyph_pbf.h"
#include "draw/sprite.h"

struct render_assets {
    const struct sprite *sprite; /* NULL: no images */
    struct glyph_ranges *glyphs; /* NULL: the fonts of the machine. Belongs to the painter's thread */
    bool sources_apart;          /* labels of different sources may overlap */
    bool has_no_text;            /* the style has no glyphs and shall have none from the machine (conformance runs) */
};
