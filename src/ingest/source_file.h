/* SPDX-License-Identifier: MIT */
#pragma once
/* The layers of one file that is neither a shapefile nor an archive. */

#include "ingest/source_content.h"
#include "ingest/source_parts.h"

/* The content of `*path`. Text in UTF-16 is made UTF-8 first: `*path` is then the copy. */
bool source_file_look(struct source *source, const char **path, enum content *out_content, struct error *err);

/* Adds the layers of the file at `path`, which people know as `name`: none when `content` is not for it. */
bool source_file_add(struct source *source, const char *path, const char *name, enum content content,
                     struct report *report, struct error *err);

/* Adds the sheets whose header names coordinates; the others are told. */
bool source_file_add_sheets(struct source *source, const char *path, enum source_format format, const char *extension,
                            struct report *report, struct error *err);

/* Adds a raster and the small files that GDAL looks for beside it: where it lies, and its mask. The .prj is read by the
 * feed. */
bool source_file_add_raster(struct source *source, const char *path, const char *name, const struct source_part *parts,
                            size_t count, struct error *err);
