/* SPDX-License-Identifier: MIT */
#pragma once
/* What the answers about layers share (OGC API - Features, part 1). */

#include "base/json_write.h"
#include "server/handler.h"

#define CRS84_URI "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

/* The layer the first capture names; answers 404 itself when there is none. */
const struct store_layer *collections_find(const struct request *request, const struct handler_context *context,
                                           struct response *response);
/* True when "f" is absent, "json" or "geojson"; answers 400 itself when it is something else. */
bool collections_check_format(const struct request *request, struct response *response);
/* [west, south, east, north] */
void collections_write_bbox(struct json_writer *writer, const struct bbox *box);
