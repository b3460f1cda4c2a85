/* SPDX-License-Identifier: MIT */
#pragma once
/* Styles of QGIS 3 (QML): renderer and labels into a draft. */

#include "style/import_draft.h"
#include "style/import_xml.h"

/* `root` is <qgis>. `source` is the layer that the style is for. */
bool import_qml_read(struct import *import, const struct import_xml *root, const char *source, struct error *err);
