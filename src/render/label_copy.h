/* SPDX-License-Identifier: MIT */
#pragma once
/* Chosen candidates become the labels of a plan, which outlives the memory they were found in. */

#include "render/label_place.h"

/* The ink of a label, from its anchor. */
struct label_box label_copy_ink(const struct label_choice *choice);
/* Fills the plan's layers, labels, glyphs, icons and names. False when memory is out. */
bool label_copy_choices(struct label_plan *plan, const struct label_task *task, const struct label_choices *choices);
