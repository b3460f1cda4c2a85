/* SPDX-License-Identifier: MIT */
#pragma once
/* The files of the www folder, read once at the start with compressed copies beside them (those in brotli a moment
 * later), so that serving one touches no disk and no path of a request ever reaches the file system. */

#include "server/handler.h"

/* Reads the files below `folder` (NULL: none). Left out are names that start with a dot, "node_modules", links, and
 * types the server does not know. Fails when there are more than 4096 files or 128 MiB. */
bool static_files_create(const char *folder, struct static_files **out_files, struct error *err);
void static_files_destroy(struct static_files *files); /* accepts NULL */
size_t static_files_count(const struct static_files *files);

/* "/static/viewer.js?v=0123456789abcdef" for the file "viewer.js" of the www folder; without ?v= when it is not there
 * or `context->files` is NULL. */
const char *static_files_url(const struct handler_context *context, const char *file);
