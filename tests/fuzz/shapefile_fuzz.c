/* SPDX-License-Identifier: MIT */
/* The readers of the parts of a shapefile on any bytes: as a table, as shapes, as an index, and what is made anew of
 * them. */
#include "base/arena.h"
#include "ingest/shapefile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int hold(const uint8_t *data, size_t size, char path[64])
{
    int descriptor = memfd_create("part", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size) {
        abort();
    }
    snprintf(path, 64, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

static void read_table(const char *path, struct arena *arena)
{
    struct shapefile_table table;
    struct shapefile_faults faults;
    if (!shapefile_read_table(path, arena, &table, NULL)) {
        return;
    }
    if (shapefile_find_faults(path, &table, arena, &faults, NULL)) {
        for (size_t i = 0; i < faults.cell_count; i++) {
            if (faults.cells[i].row >= table.rows || faults.cells[i].column >= table.column_count) {
                abort();
            }
        }
    }
    char fitted[64];
    snprintf(fitted, sizeof fitted, "/tmp/tesela-fuzz-%ld.dbf", (long)getpid());
    uint32_t wanted = table.rows % 1000 + 3;
    struct shapefile_table again;
    if (shapefile_fit_table(path, &table, wanted, fitted, NULL) &&
        (!shapefile_read_table(fitted, arena, &again, NULL) || again.rows != wanted)) {
        abort();
    }
    unlink(fitted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The first half as .shp, the second as .shx; all of it as .dbf. */
    char table[64];
    char shapes[64];
    char index[64];
    struct arena *arena = arena_create((size_t)64 << 20);
    int files[] = {hold(data, size, table), hold(data, size / 2, shapes),
                   hold(data + size / 2, size - size / 2, index)};
    struct shapefile_shapes found;
    if (!arena) {
        abort();
    }
    read_table(table, arena);
    (void)shapefile_read_header(table, &found, NULL);
    (void)shapefile_check_index(shapes, index, &found, NULL);
    char rebuilt[64];
    snprintf(rebuilt, sizeof rebuilt, "/tmp/tesela-fuzz-%ld.shx", (long)getpid());
    struct shapefile_shapes anew;
    if (shapefile_rebuild_index(table, rebuilt, &anew, NULL) &&
        (!shapefile_check_index(table, rebuilt, &found, NULL) || found.records != anew.records)) {
        abort();
    }
    unlink(rebuilt);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        close(files[i]);
    }
    arena_destroy(arena);
    return 0;
}
