/* SPDX-License-Identifier: MIT */
#pragma once
/* The files that lie in a folder or an archive, before they are put together to layers. Seen by the parts of a source
 * only. */

#include "ingest/source.h"

/* World files: where a picture lies. */
#define SOURCE_WORLD_EXTENSIONS "tfw", "tifw", "tiffw", "pgw", "pngw", "jgw", "jpgw", "jpegw", "j2w", "jp2w", "wld"

enum { SOURCE_LAYERS_MAX = 200, SOURCE_PARTS_USED_MAX = 7 };

struct source_part {
    const char *name; /* with folders, for people */
    const char *extension;
    const char *path;
};

/* The name without its folders; borrowed from `path`. */
const char *source_parts_base(const char *path);

/* "dir/colonias.geojson.zip" gives "colonias". NULL without memory. */
char *source_parts_stem(const char *path, struct arena *arena);

/* The hash of the source: over one file, or over the parts of a shapefile in the order of their extensions. */
bool source_parts_hash(struct source *source, const struct source_part *parts, size_t count, struct error *err);

/* Gives the file at `path` the name that GDAL expects, without copying it. NULL with `err` filled on failure. */
const char *source_parts_place(struct source *source, const char *path, const char *extension, struct error *err);

/* The next layer, which counts only when `layer_count` is raised. NULL with `err` filled when there are too many. */
struct source_layer *source_parts_add_layer(struct source *source, const char *name, enum source_format format,
                                            struct error *err);

bool source_parts_same_stem(const struct source_part *a, const struct source_part *b);

/* The part beside `shp` with `extension`: the one spelled alike where two differ only in case. */
const struct source_part *source_parts_beside(const struct source_part *parts, size_t count,
                                              const struct source_part *shp, const char *extension);

/* The parts in the folder of the .shp at `path`, as if they had come in an archive. */
bool source_parts_list(struct source *source, const char *path, struct source_part **out_parts, size_t *out_count,
                       struct error *err);

/* Those of a shapefile that are used, whatever else has a like name. */
bool source_parts_used(struct source *source, const char *path, struct source_part used[SOURCE_PARTS_USED_MAX],
                       size_t *out_count, struct error *err);
