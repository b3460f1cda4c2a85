/* SPDX-License-Identifier: MIT */
#pragma once
/* How large plain text is, from the widths of its words, which are kept: of most texts nobody wants to know more, since
 * there is no room for them. */

#include "draw/text_cache.h"
#include "draw/text_layout.h"

/* What text_layout_make would find, without making it. `widths`: what is known of words. False when the text is not
 * plain Latin words with single blanks between them in one font each, or memory is out. */
bool text_measure(const struct text_layout_fonts *fonts, struct text_cache *widths, const struct text_section *section,
                  const struct text_wish *wish, struct text_size *out_size);
