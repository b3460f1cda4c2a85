/* SPDX-License-Identifier: MIT */
#pragma once
/* Tiles in one file of somebody else's making, to be served as they are: PMTiles version 3 and MBTiles 1.3. Immutable
 * once opened; thread-safe. The file may be replaced by another (renamed over it): who has it open keeps the old one.
 */

#include "base/buffer.h"
#include "base/error.h"
#include "geo/grid.h"

enum archive_type { ARCHIVE_MVT, ARCHIVE_PNG, ARCHIVE_JPEG, ARCHIVE_WEBP };

struct archive_info {
    enum archive_type type;
    bool is_gzip; /* how tiles come out of archive_read, where they do not say otherwise by their first bytes */
    uint32_t min_zoom;
    uint32_t max_zoom;
    struct bbox bounds; /* degrees */
    bool has_center;
    double center_lon;
    double center_lat;
    uint32_t center_zoom;
    const char *name; /* NULL where the file is silent; live as long as the archive */
    const char *description;
    const char *attribution;
    const char *vector_layers; /* JSON: an array; NULL */
};

struct archive_file;

/* True for names that end in ".pmtiles" or ".mbtiles". */
bool archive_file_is_name(const char *file_name);
bool archive_file_open(const char *path, struct archive_file **out_archive, struct error *err);
/* Accepts NULL. */
void archive_file_close(struct archive_file *archive);
const struct archive_info *archive_file_info(const struct archive_file *archive);

/* Appends the tile as it lies in the file. Sets `*out_found` to whether it is there. */
bool archive_file_read(struct archive_file *archive, struct tile_id tile, struct buffer *out, bool *out_found,
                       struct error *err);
