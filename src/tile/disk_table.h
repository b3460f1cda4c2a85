/* SPDX-License-Identifier: MIT */
#pragma once
/* The tables inside tiles.sqlite. For the files of the disk cache only. */

#include "base/error.h"
#include "tile/tile_cache.h"

struct sqlite3;
struct sqlite3_stmt;

/* An entry of the table `tile`. */
struct disk_entry {
    int64_t id; /* series and tile_order_id */
    uint64_t look;
    uint64_t mark;
    uint64_t hash;  /* of the bytes: under it they lie in `blob` */
    uint64_t check; /* of the bytes, another one */
    int64_t turn;
    uint64_t sum; /* of all but `turn`, and of the key: a flipped bit shows */
};

uint64_t disk_entry_sum(const struct disk_entry *entry, const struct tile_key *key);

enum { DISK_SERIES_MAX = (1 << 17) - 1 };
int64_t disk_entry_id(int64_t series, struct tile_id tile);

/* Makes tables and views where missing; fails when the file is not ours, damaged, or of another layout. */
bool disk_table_prepare(struct sqlite3 *db, struct error *err);

/* The number under which all tiles of a subject, format and size are kept. 0: there is none. */
bool disk_table_series(struct sqlite3 *db, struct sqlite3_stmt *find, const struct tile_request *request,
                       int64_t *out_series);
extern const char disk_table_find_series[];
bool disk_table_add_series(struct sqlite3 *db, const struct tile_request *request, int64_t *out_series,
                           struct error *err);

/* The entry of a tile; false when there is none. */
bool disk_table_entry(struct sqlite3_stmt *find, int64_t id, struct disk_entry *out_entry);
extern const char disk_table_find_tile[];
