/* SPDX-License-Identifier: MIT */
#pragma once
/* Styled Layer Descriptors (SLD 1.0, SE and SLD 1.1) into a draft. */

#include "style/import_draft.h"
#include "style/import_xml.h"

/* `root` is <StyledLayerDescriptor> or a single <FeatureTypeStyle>. `source` is the layer that the style is for; NULL:
 * each named layer is the layer of that name, and `otherwise` where it has none. */
bool import_sld_read(struct import *import, const struct import_xml *root, const char *source, const char *otherwise,
                     struct error *err);
