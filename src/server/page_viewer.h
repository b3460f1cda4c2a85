/* SPDX-License-Identifier: MIT */
#pragma once
/* What the viewer (www/js) starts from. */

#include "server/map_view.h"
#include "server/page_layout.h"

/* <script type="application/json">: what the viewer starts from. Data, not code: the policy allows it. */
void page_put_viewer_data(const struct page *page, const struct catalog_map *map, const struct map_view *view,
                          bool is_embedded);
