/* SPDX-License-Identifier: MIT */
#pragma once
/* The header and the directories of PMTiles (specification version 3): bytes to numbers and back. Bytes may be
 * anybody's: every number is checked before it is used. */

#include "base/buffer.h"
#include "base/error.h"
#include "geo/bbox.h"

#include <stdint.h>

enum { PMTILES_HEADER_BYTES = 127, PMTILES_ROOT_END_MAX = 16384, PMTILES_DIRECTORY_BYTES_MAX = 64 << 20 };

enum pmtiles_compression { PMTILES_COMPRESSION_UNKNOWN, PMTILES_NONE, PMTILES_GZIP, PMTILES_BROTLI, PMTILES_ZSTD };
enum pmtiles_type { PMTILES_UNKNOWN, PMTILES_MVT, PMTILES_PNG, PMTILES_JPEG, PMTILES_WEBP, PMTILES_AVIF };

struct pmtiles_part {
    uint64_t offset;
    uint64_t length;
};

struct pmtiles_header {
    struct pmtiles_part root;
    struct pmtiles_part metadata;
    struct pmtiles_part leaves;
    struct pmtiles_part tiles;
    uint64_t addressed_count;
    uint64_t entry_count;
    uint64_t content_count;
    bool is_clustered;
    enum pmtiles_compression internal_compression;
    enum pmtiles_compression tile_compression;
    enum pmtiles_type type;
    uint32_t min_zoom;
    uint32_t max_zoom;
    uint32_t center_zoom;
    struct bbox bounds; /* degrees */
    double center_lon;
    double center_lat;
};

void pmtiles_write_header(const struct pmtiles_header *header, struct buffer *out);
/* `file_bytes`: all parts must lie in that many bytes. */
bool pmtiles_read_header(const unsigned char *bytes, size_t size, uint64_t file_bytes,
                         struct pmtiles_header *out_header, struct error *err);

/* `run` tiles from `id` on have the same content; run 0: a leaf directory for the tiles from `id` on. */
struct pmtiles_entry {
    uint64_t id;
    uint64_t offset;
    uint32_t length;
    uint32_t run;
};

struct pmtiles_directory {
    size_t count;
    struct pmtiles_entry entries[];
};

/* Appends the entries, not compressed. Ids ascend. */
void pmtiles_write_directory(const struct pmtiles_entry *entries, size_t count, struct buffer *out);
/* Reads uncompressed bytes. The caller frees the result. Fails unless ids ascend and runs do not overlap. */
bool pmtiles_read_directory(const unsigned char *bytes, size_t size, struct pmtiles_directory **out_directory,
                            struct error *err);
/* The entry that speaks of the tile `id`: its own, or of the leaf in which it may be; NULL. */
const struct pmtiles_entry *pmtiles_find(const struct pmtiles_directory *directory, uint64_t id);
