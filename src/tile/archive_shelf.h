/* SPDX-License-Identifier: MIT */
#pragma once
/* The archives that are served: the files ID.pmtiles and ID.mbtiles of one folder, `archives` in the data directory.
 * Immutable, shared by counting; when the folder changes, another shelf takes its place. */

#include "tile/archive_file.h"

struct archive_shelf;

struct archive_item {
    char *id;
    struct archive_file *archive;
    uint64_t version; /* of the file */
};

/* Told of each file that cannot be served. */
typedef void archive_problem(void *context, const char *path, const struct error *problem);

/* A folder that is not there is an empty shelf. NULL: memory is out. */
struct archive_shelf *archive_shelf_create(const char *folder, archive_problem *on_problem, void *context);
struct archive_shelf *archive_shelf_ref(struct archive_shelf *shelf); /* accepts NULL */
void archive_shelf_unref(struct archive_shelf *shelf);                /* accepts NULL */

/* NULL when there is none of this id. Accepts a NULL shelf. */
const struct archive_item *archive_shelf_find(const struct archive_shelf *shelf, const char *id);
size_t archive_shelf_count(const struct archive_shelf *shelf);

/* Names, sizes and times of the files as one number: changes when the folder should be read again. */
uint64_t archive_shelf_fingerprint(const char *folder);
