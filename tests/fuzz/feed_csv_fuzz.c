/* SPDX-License-Identifier: MIT */
/* Any bytes as a table: it ends, and every row has its columns. */

#include "ingest/feed_csv.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int descriptor = memfd_create("table", MFD_CLOEXEC);
    struct arena *arena = arena_create((size_t)64 << 20);
    if (descriptor < 0 || !arena || write(descriptor, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    struct source_layer layer = {.name = "table", .format = SOURCE_CSV, .path = path};
    struct feed *feed = NULL;
    struct error err;
    if (feed_csv_open(&layer, NULL, &feed, &err)) {
        int64_t rows = 0;
        bool end = false;
        struct feed_feature feature;
        while (feed_next(feed, arena, &feature, &end, &err) && !end) {
            rows++;
            assert(feature.row == rows);
            assert(feature.values);
            arena_reset(arena);
        }
        assert(!end || rows == feed->info.feature_count);
        (void)rows;
        feed_close(feed);
    }
    arena_destroy(arena);
    close(descriptor);
    return 0;
}
