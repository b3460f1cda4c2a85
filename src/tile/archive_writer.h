/* SPDX-License-Identifier: MIT */
#pragma once
/* Writes tiles into one file: PMTiles version 3 or MBTiles 1.3. Equal tiles are stored once. The file appears under its
 * name when it is complete. */

#include "base/arena.h"
#include "tile/tile_service.h"

/* What is in the archive, for its metadata. Texts may be NULL. */
struct archive_about {
    enum tile_format format; /* TILE_MVT or TILE_PNG */
    uint32_t min_zoom;
    uint32_t max_zoom;
    struct bbox bounds;
    double center_lon;
    double center_lat;
    uint32_t center_zoom;
    const char *name;
    const char *description;
    const char *attribution;
    const char *vector_layers; /* JSON: an array; TILE_MVT only */
    uint64_t content;          /* a number for what goes in: work that was interrupted goes on only with the same */
};

/* The metadata of a subject in the catalog. ERROR_NOT_FOUND when there is none. */
bool archive_about_subject(const struct catalog *catalog, const struct tile_request *request, struct arena *arena,
                           struct archive_about *out_about, struct error *err);

struct archive_writer;

enum archive_kind { ARCHIVE_PMTILES, ARCHIVE_MBTILES };

/* `about` must stay until the end. MBTiles go on where an interrupted writing of the same content ended:
 * archive_writer_wants says what is missing. */
bool archive_writer_open(enum archive_kind kind, const char *path, const struct archive_about *about,
                         struct archive_writer **out_writer, struct error *err);
/* False for a tile that an earlier, interrupted writing put there. */
bool archive_writer_wants(struct archive_writer *writer, struct tile_id tile);
/* In the order of tile_order. Vector tiles without bytes are left out. */
bool archive_writer_add(struct archive_writer *writer, struct tile_id tile, const struct tile_blob *blob,
                        struct error *err);
/* Completes the file and gives it its name. */
bool archive_writer_finish(struct archive_writer *writer, struct error *err);
/* Drops what was not finished; MBTiles stay for the next attempt. Accepts NULL. */
void archive_writer_close(struct archive_writer *writer);

struct archive_writer_stats {
    uint64_t tiles;
    uint64_t contents; /* different ones */
    uint64_t bytes;    /* of the contents */
};
struct archive_writer_stats archive_writer_stats(const struct archive_writer *writer);
