/* SPDX-License-Identifier: MIT */
#pragma once
/* The files of raster layers: `rasters/<table>.tif` in the data directory, one for each version, never changed. A file
 * is in its place before the transaction that names it, and goes after the one that forgets it; what dies in between is
 * swept by the next writer. */

#include "store/store.h"

struct sqlite3;

/* What a descriptor says under RASTER_FILE_MEMBER. False when there is something that makes no sense; without the
 * member the kind is STORE_RASTER_NONE. */
#define RASTER_FILE_MEMBER "tesela:raster"
bool raster_file_describe(const struct value *descriptor, struct store_raster *out_raster, struct error *err);

/* The path of a version's file. False when it is too long. */
bool raster_file_path(const char *directory, const char *table, char *out_path, size_t capacity);

/* Copies the file at `from` to the place of `table`, synced. */
bool raster_file_take(const char *directory, const char *table, const char *from, struct error *err);

/* Whether the files of two versions are the same, byte for byte. */
bool raster_file_compare(const char *directory, const char *a, const char *b, bool *out_same, struct error *err);

/* Removes the files that no version in `db` owns. What cannot be removed now is left to the next time. */
void raster_file_sweep(const char *directory, struct sqlite3 *db);

/* Copies the files of the versions in `db` to `folder`, except for those that are there with the same size: files are
 * never changed, so a folder may serve several backups. */
bool raster_file_backup(const char *directory, struct sqlite3 *db, const char *folder, int64_t *out_bytes,
                        struct error *err);
