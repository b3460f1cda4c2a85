/* SPDX-License-Identifier: MIT */
#pragma once
/* OGC filters and expressions. */

#include "style/import_expr.h"
#include "style/import_xml.h"

/* The expression of a <Filter> (its one child), or of an expression element. False with the trouble. */
bool import_sld_filter(struct import *import, const struct import_xml *filter, struct import_expr **out_expr,
                       struct import_trouble *out_trouble);
/* Mixed content of texts and expressions: the texts joined. */
bool import_sld_mixed(struct import *import, const struct import_xml *element, struct import_expr **out_expr,
                      struct import_trouble *out_trouble);
