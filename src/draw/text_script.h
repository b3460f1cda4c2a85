/* SPDX-License-Identifier: MIT */
#pragma once
/* What kind of character one is, as MapLibre's layout of text asks (after Unicode's VerticalOrientation.txt). */

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

bool text_is_blank(uint32_t code);
/* Marks, joiners and variation selectors, which belong to the letter before them. */
bool text_joins_previous(uint32_t code);
/* A line may end after it without a blank: ideographs, kana and the like. */
bool text_breaks_anywhere(uint32_t code);
/* Drawn upright in vertical text. */
bool text_is_upright(uint32_t code);
/* Of the Arabic script: letters that join. */
bool text_is_arabic(uint32_t code);
/* False for scripts whose letters hang together. */
bool text_allows_spacing(struct text text);
/* True when one of the characters is upright in vertical text. */
bool text_allows_vertical(struct text text);
/* The form of a punctuation mark in vertical text between `previous` and `next` (0: none); the mark itself when there
 * is no such form or a neighbour lies on its side. */
uint32_t text_vertical_form(uint32_t code, uint32_t previous, uint32_t next);
