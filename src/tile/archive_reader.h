/* SPDX-License-Identifier: MIT */
#pragma once
/* What stands behind `struct archive_file`. For the files of the archives only. */

#include "base/arena.h"
#include "base/value.h"
#include "tile/archive_file.h"

enum { ARCHIVE_TILE_BYTES_MAX = 32 << 20, ARCHIVE_METADATA_BYTES_MAX = 16 << 20 };

struct archive_file {
    struct arena *arena; /* the texts of `info` */
    struct archive_info info;
    bool (*read)(struct archive_file *archive, struct tile_id tile, struct buffer *out, bool *out_found,
                 struct error *err);
    void (*close)(struct archive_file *archive);
};

bool archive_open_pmtiles(const char *path, struct archive_file **out_archive, struct error *err);
bool archive_open_mbtiles(const char *path, struct archive_file **out_archive, struct error *err);

/* Takes name, description, attribution and vector_layers from metadata in JSON. What is not as it should be is left
 * out. */
void archive_read_metadata(struct archive_file *archive, struct text json);
