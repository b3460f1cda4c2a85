/* SPDX-License-Identifier: MIT */
#pragma once
/* Upper and lower case of text-transform: Latin, Greek and Cyrillic, independent of the machine's locale. Spanish keeps
 * its accents: "Ángel Núñez" becomes "ÁNGEL NÚÑEZ". */

#include "base/arena.h"
#include "base/text.h"

/* The text in `arena`, or the text itself when nothing changes or memory is out. */
struct text label_case_upper(struct text text, struct arena *arena);
struct text label_case_lower(struct text text, struct arena *arena);
