/* SPDX-License-Identifier: MIT */
#pragma once
/* A copy of the truth, taken while others read and write. */

#include "base/error.h"

#include <stdint.h>

/* Called now and then with the pages done and all pages. */
typedef void store_backup_progress(void *context, int64_t done, int64_t total);

struct store_backup {
    char path[4096]; /* of the copy */
    int64_t bytes;
    int64_t layers;
    int64_t versions;
};

/* Copies the truth of the data directory as it is at this instant to `destination`: a file that does not exist, or an
 * existing folder, in which "tesela.sqlite" is made. The files of raster layers go to the folder "rasters" beside it,
 * those that another backup put there apart. The copy appears as a whole or not at all, is synced, and was
 * checked by SQLite. One file without a log: it can be moved, and put into an empty data directory. */
bool store_backup(const char *directory, const char *destination, store_backup_progress *progress, void *context,
                  struct store_backup *out_backup, struct error *err);
