/* SPDX-License-Identifier: MIT */
/* All vector tiles of a layer or map, zoom by zoom, made and bounded as by the server and compressed for a client that
 * takes gzip, by one thread.
 *
 * bench_pyramid DATA SUBJECT [TILES] [STYLES]
 *
 * TILES: zooms "FIRST-LAST", 0-14 unless told, or a file with a line "z x y" for each tile, ordered by zoom. SUBJECT is
 * a layer, or a map of STYLES. */
#include "tile/gzip.h"
#include "tile/tile_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TILE_BYTES_MAX = 64 << 20 };

struct sums {
    uint64_t tiles;
    double made;
    double packed;
    uint64_t bytes;
    uint64_t packed_bytes;
    uint64_t packed_bytes_max;
};

struct bench {
    struct tile_worker worker;
    struct catalog *catalog;
    struct tile_request request;
    struct buffer tile;
    struct buffer packed;
    unsigned zoom; /* of `sums` */
    struct sums sums;
    struct sums total;
};

/* Of this thread's own work: what else runs on the machine does not count. */
static double thread_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_sums(const char *zoom, const struct sums *sums)
{
    double tiles = sums->tiles > 0 ? (double)sums->tiles : 1;
    printf("%4s %8llu %9.3f %9.3f %9.3f %10.1f %9.1f %9.1f\n", zoom, (unsigned long long)sums->tiles,
           sums->made + sums->packed, sums->made * 1e3 / tiles, sums->packed * 1e3 / tiles,
           (double)sums->bytes / tiles / 1e3, (double)sums->packed_bytes / tiles / 1e3,
           (double)sums->packed_bytes_max / 1e3);
}

static void end_zoom(struct bench *bench)
{
    struct sums *sums = &bench->sums;
    struct sums *total = &bench->total;
    char zoom[16];
    snprintf(zoom, sizeof zoom, "%u", bench->zoom);
    if (sums->tiles > 0) {
        print_sums(zoom, sums);
    }
    total->tiles += sums->tiles;
    total->made += sums->made;
    total->packed += sums->packed;
    total->bytes += sums->bytes;
    total->packed_bytes += sums->packed_bytes;
    if (sums->packed_bytes_max > total->packed_bytes_max) {
        total->packed_bytes_max = sums->packed_bytes_max;
    }
    *sums = (struct sums){0};
}

/* Tiles without features count in the time alone. */
static bool make_tile(struct bench *bench, struct tile_id tile, struct error *err)
{
    struct sums *sums = &bench->sums;
    double begun = thread_seconds();
    arena_reset(bench->worker.arena);
    buffer_clear(&bench->tile);
    buffer_clear(&bench->packed);
    bench->request.tile = tile;
    if (!tile_make(&bench->worker, bench->catalog, NULL, &bench->request, &bench->tile, err)) {
        return false;
    }
    double made = thread_seconds();
    if (!gzip_compress(bench->tile.data, bench->tile.length, GZIP_LEVEL_SERVED, &bench->packed)) {
        return error_no_memory(err);
    }
    sums->made += made - begun;
    sums->packed += thread_seconds() - made;
    if (bench->tile.length > 0) {
        sums->tiles++;
        sums->bytes += bench->tile.length;
        sums->packed_bytes += bench->packed.length;
        if (bench->packed.length > sums->packed_bytes_max) {
            sums->packed_bytes_max = bench->packed.length;
        }
    }
    return true;
}

static uint32_t tile_at(int64_t unit, uint32_t z)
{
    int64_t index = (unit + GRID_WORLD_UNITS / 2) / tile_width(z);
    int64_t last = ((int64_t)1 << z) - 1;
    return (uint32_t)(index < 0 ? 0 : index > last ? last : index);
}

static bool make_zoom(struct bench *bench, uint32_t z, const struct bbox *degrees, struct error *err)
{
    struct world_box box = grid_box(degrees);
    bench->zoom = z;
    for (uint32_t y = tile_at(box.min_y, z); y <= tile_at(box.max_y, z); y++) {
        for (uint32_t x = tile_at(box.min_x, z); x <= tile_at(box.max_x, z); x++) {
            if (!make_tile(bench, (struct tile_id){z, x, y}, err)) {
                return false;
            }
        }
    }
    end_zoom(bench);
    return true;
}

static bool make_list(struct bench *bench, const char *path, struct error *err)
{
    struct tile_id tile;
    bool ok = true;
    FILE *file = fopen(path, "r");
    if (!file) {
        error_set(err, ERROR_NOT_FOUND, "there is no list \"%s\"", path);
        return false;
    }
    while (ok && fscanf(file, "%u %u %u", &tile.z, &tile.x, &tile.y) == 3) {
        if (tile.z != bench->zoom) {
            end_zoom(bench);
            bench->zoom = tile.z;
        }
        ok = make_tile(bench, tile, err);
    }
    fclose(file);
    end_zoom(bench);
    return ok;
}

static bool run(struct bench *bench, const char *tiles, struct error *err)
{
    const struct store_layer *layer = catalog_layer_find(bench->catalog, bench->request.subject);
    const struct catalog_map *map = catalog_map_find(bench->catalog, bench->request.subject);
    unsigned first;
    unsigned last;
    int length = 0;
    if (!layer && !map) {
        error_set(err, ERROR_NOT_FOUND, "there is no layer or map \"%s\"", bench->request.subject);
        return false;
    }
    printf("zoom    tiles  proc. s   made ms packed ms         kB     kB gz   most kB\n");
    if (sscanf(tiles, "%2u-%2u%n", &first, &last, &length) != 2 || tiles[length] != 0 || last > GRID_ZOOM_MAX) {
        return make_list(bench, tiles, err);
    }
    bool ok = true;
    for (unsigned z = first; ok && z <= last; z++) {
        ok = make_zoom(bench, z, layer ? &layer->bbox : &map->bbox, err);
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct bench bench = {.request = {.format = TILE_MVT}};
    if (argc < 3 || strlen(argv[2]) >= sizeof bench.request.subject) {
        fprintf(stderr, "use: bench_pyramid DATA SUBJECT [TILES] [STYLES]\n");
        return 3;
    }
    memcpy(bench.request.subject, argv[2], strlen(argv[2]) + 1);
    buffer_init(&bench.tile, TILE_BYTES_MAX);
    buffer_init(&bench.packed, TILE_BYTES_MAX);
    bool ok = tile_worker_init(&bench.worker, argv[1], &err) &&
              catalog_create(bench.worker.store, argc > 4 ? argv[4] : NULL, NULL, NULL, &bench.catalog, &err) &&
              run(&bench, argc > 3 ? argv[3] : "0-14", &err);
    if (ok) {
        print_sums("all", &bench.total);
    } else {
        fprintf(stderr, "bench_pyramid: %s\n", err.english);
    }
    catalog_unref(bench.catalog);
    tile_worker_finish(&bench.worker);
    buffer_finish(&bench.tile);
    buffer_finish(&bench.packed);
    return ok ? 0 : 1;
}
