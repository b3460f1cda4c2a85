/* SPDX-License-Identifier: MIT */
#pragma once
/* What stands behind `struct archive_writer`. For the files of the archives only. */

#include "base/json_write.h"
#include "tile/archive_writer.h"

struct archive_writer {
    const struct archive_about *about;
    struct archive_writer_stats stats;
    struct buffer packed; /* the tile at hand, compressed */
    bool (*wants)(struct archive_writer *writer, struct tile_id tile);
    bool (*add)(struct archive_writer *writer, struct tile_id tile, const void *bytes, size_t size, struct error *err);
    bool (*finish)(struct archive_writer *writer, struct error *err);
    void (*close)(struct archive_writer *writer);
};

bool archive_writer_open_pmtiles(const char *path, const struct archive_about *about,
                                 struct archive_writer **out_writer, struct error *err);
bool archive_writer_open_mbtiles(const char *path, const struct archive_about *about,
                                 struct archive_writer **out_writer, struct error *err);

/* "could not write …: reason" of errno. */
bool archive_write_fail(const char *path, struct error *err);
/* The members that PMTiles keep as a whole and MBTiles in a row of their own: vector_layers. */
void archive_write_vector_layers(const struct archive_about *about, struct json_writer *writer);
