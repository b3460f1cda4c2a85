/* SPDX-License-Identifier: MIT */
#pragma once
/* The symbols of QGIS: symbol layers into the parts of a rule. */

#include "style/import_draft.h"
#include "style/import_xml.h"

/* Adds the parts of a <symbol> to `rule`; `opacity` 0 … 1 is that of the layer. */
void import_qgis_symbol(struct import *import, struct import_rule *rule, const struct import_xml *symbol,
                        double opacity);

/* Attributes as QGIS writes them: "255,0,0,128" (and "…,rgb:1,0,0,0.5" behind), "MM", "1". */
bool import_qgis_color(const char *text, struct style_color *out_color);
enum import_unit import_qgis_unit(const char *text);
double import_qgis_number(const char *text, double otherwise);
/* A length of the XML, with a note when the unit is not known or means the ground. */
struct import_length import_qgis_length(struct import *import, size_t line, const char *number, const char *unit,
                                        double otherwise);
/* Notes the active data-defined properties in <data_defined_properties> or <dd_properties>. */
void import_qgis_note_overrides(struct import *import, const struct import_xml *holder);
