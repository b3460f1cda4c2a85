/* SPDX-License-Identifier: MIT */
#pragma once
/* Styles of other programs as styles of ours: SLD 1.0 and 1.1, and QML of QGIS 3 (docs/style-import.md). */

#include "base/buffer.h"
#include "style/style.h"

struct import_options {
    const char *name;  /* of the file without folder and ending: the title and the layer where the file names none */
    const char *layer; /* id of the layer that the style is for; NULL: what the file says */
    double latitude;   /* degrees; where metres of the ground are measured */
};

/* The latitude where none is given: the middle of the Comarca Lagunera. */
#define IMPORT_LATITUDE 25.55

/* Turns the XML into a style (JSON, appended to `out`). The report, which lives in `arena`, lists what was not carried
 * over with its line in the XML; it is made even when false is returned. */
bool import_style(struct text xml, const struct import_options *options, struct arena *arena, struct buffer *out,
                  struct style_report *out_report, struct error *err);
