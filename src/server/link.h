/* SPDX-License-Identifier: MIT */
#pragma once
/* Links in JSON answers (RFC 8288 relations), and text made fit for a URL. */

#include "base/json_write.h"
#include "server/request.h"

/* One link object: {"href": base_url + path, "rel", "type", "title"}; `type` and `title` may be NULL. */
void link_write(struct json_writer *writer, const struct request *request, const char *path, const char *rel,
                const char *type, const char *title);

/* `text` with everything but unreserved characters escaped (RFC 3986, section 2.3); NULL when memory is out. */
const char *link_escape(struct text text, struct arena *arena);
