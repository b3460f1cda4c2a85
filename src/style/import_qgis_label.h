/* SPDX-License-Identifier: MIT */
#pragma once
/* The labels of QGIS. */

#include "style/import_draft.h"
#include "style/import_xml.h"

enum import_geometry { IMPORT_GEOMETRY_UNKNOWN, IMPORT_GEOMETRY_POINT, IMPORT_GEOMETRY_LINE, IMPORT_GEOMETRY_POLYGON };

/* Adds the label of <settings> to `rule`, narrowed to the scales at which it is shown. */
void import_qgis_label(struct import *import, struct import_rule *rule, const struct import_xml *settings,
                       enum import_geometry geometry, double opacity);

/* "text-font" for a family: it itself, and behind it the font that comes with the maps. */
struct value import_label_font(struct import *import, size_t line, const char *family, bool is_bold, bool is_italic);
