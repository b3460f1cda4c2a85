/* SPDX-License-Identifier: MIT */
/* Any bytes as a PMTiles archive: opened, described, and asked for tiles. */

#include "tile/pmtiles_directory.h"
#include "tile/archive_reader.h"
#include "tile/tile_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* An assertion that stays in release builds. */
static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* What a directory says must hold for every id. */
static void check_directory(const uint8_t *bytes, size_t size)
{
    struct pmtiles_directory *directory;
    if (!pmtiles_read_directory(bytes, size, &directory, NULL)) {
        return;
    }
    for (size_t i = 0; i < directory->count; i++) {
        const struct pmtiles_entry *entry = &directory->entries[i];
        must(pmtiles_find(directory, entry->id) == entry);
        must(i == 0 || entry->id > directory->entries[i - 1].id);
    }
    /* Written again it is read as the same. */
    struct buffer again;
    struct pmtiles_directory *second;
    buffer_init(&again, 64 << 20);
    pmtiles_write_directory(directory->entries, directory->count, &again);
    must(pmtiles_read_directory(again.data, again.length, &second, NULL));
    must(second->count == directory->count);
    buffer_finish(&again);
    free(second);
    free(directory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    struct archive_file *archive;
    check_directory(bytes, size);
    int fd = memfd_create("archive", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (archive_open_pmtiles(path, &archive, NULL)) {
        for (uint64_t id = 0; id < 400; id += 3) {
            struct tile_id tile;
            struct buffer out;
            bool found;
            buffer_init(&out, 1 << 20);
            if (tile_order_tile(id * id, &tile)) {
                archive_file_read(archive, tile, &out, &found, NULL);
            }
            buffer_finish(&out);
        }
        archive_file_close(archive);
    }
    close(fd);
    return 0;
}
