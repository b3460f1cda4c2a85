/* SPDX-License-Identifier: MIT */
/* All vector tiles of a layer, zoom by zoom: found, encoded and compressed by one thread.
 *
 * bench_pyramid DATA LAYER [FIRST-LAST]      zooms, 0-14 unless told */
#include "render/mvt.h"
#include "store/store.h"
#include "tile/gzip.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct sums {
    uint64_t tiles;
    uint64_t bytes;
    uint64_t packed;
    uint64_t features;
    uint64_t features_max;
    uint64_t packed_max;
};

struct bench {
    struct store *store;
    const struct store_layer *layer;
    struct arena *arena;
    struct buffer tile;
    struct buffer packed;
};

/* Of this thread's own work: what else runs on the machine does not count. */
static int64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool make_tile(struct bench *bench, struct tile_id tile, struct sums *sums, struct error *err)
{
    struct world_box area = mvt_area(tile);
    struct mvt_layer layer = {.name = bench->layer->id};
    arena_reset(bench->arena);
    buffer_clear(&bench->tile);
    if (!store_find_for_vector(bench->store, bench->layer, &area, tile.z, bench->arena, &layer.features, err) ||
        !mvt_encode(&layer, 1, tile, bench->arena, &bench->tile, err)) {
        return false;
    }
    if (bench->tile.length == 0) {
        return true;
    }
    buffer_clear(&bench->packed);
    if (!gzip_compress(bench->tile.data, bench->tile.length, 1, &bench->packed)) {
        return error_no_memory(err);
    }
    size_t packed = bench->packed.length;
    sums->tiles++;
    sums->bytes += bench->tile.length;
    sums->packed += packed;
    sums->features += layer.features.count;
    sums->features_max = layer.features.count > sums->features_max ? layer.features.count : sums->features_max;
    sums->packed_max = packed > sums->packed_max ? packed : sums->packed_max;
    return true;
}

static uint32_t tile_at(int64_t unit, uint32_t z)
{
    int64_t index = (unit + GRID_WORLD_UNITS / 2) / tile_width(z);
    int64_t last = ((int64_t)1 << z) - 1;
    return (uint32_t)(index < 0 ? 0 : index > last ? last : index);
}

static bool make_zoom(struct bench *bench, uint32_t z, struct sums *total, struct error *err)
{
    struct world_box box = grid_box(&bench->layer->bbox);
    struct sums sums = {0};
    int64_t begun = thread_ns();
    for (uint32_t y = tile_at(box.min_y, z); y <= tile_at(box.max_y, z); y++) {
        for (uint32_t x = tile_at(box.min_x, z); x <= tile_at(box.max_x, z); x++) {
            if (!make_tile(bench, (struct tile_id){z, x, y}, &sums, err)) {
                return false;
            }
        }
    }
    double spent = (double)(thread_ns() - begun) / 1e9;
    double tiles = sums.tiles > 0 ? (double)sums.tiles : 1;
    printf("%4u %8llu %9.2f %9.2f %10.1f %10.1f %10llu %9.1f\n", z, (unsigned long long)sums.tiles, spent,
           spent * 1e3 / tiles, (double)sums.features / tiles, (double)sums.packed / tiles / 1e3,
           (unsigned long long)sums.features_max, (double)sums.packed_max / 1e3);
    total->tiles += sums.tiles;
    total->packed += sums.packed;
    return true;
}

int main(int argc, char **argv)
{
    unsigned first = 0;
    unsigned last = 14;
    struct error err = {0};
    struct store_layer_list list;
    struct bench bench = {.arena = arena_create((size_t)4 << 30)};
    buffer_init(&bench.tile, 256 << 20);
    buffer_init(&bench.packed, 256 << 20);
    if (argc < 3 || (argc > 3 && sscanf(argv[3], "%u-%u", &first, &last) != 2) || last > GRID_ZOOM_MAX) {
        fprintf(stderr, "use: bench_pyramid DATA LAYER [FIRST-LAST]\n");
        return 3;
    }
    struct arena *layers = arena_create((size_t)64 << 20);
    bool ok = bench.arena && layers && store_open(argv[1], &bench.store, &err) &&
              store_list(bench.store, layers, &list, &err);
    bench.layer = ok ? store_list_find(&list, argv[2]) : NULL;
    ok = ok && bench.layer;
    struct sums total = {0};
    int64_t begun = thread_ns();
    printf("zoom    tiles  proc. s   ms/tile   features      kB gz  most feat.   most kB\n");
    for (unsigned z = first; ok && z <= last; z++) {
        ok = make_zoom(&bench, z, &total, &err);
    }
    if (ok) {
        printf("%llu tiles, %.1f MB, %.2f s of one processor\n", (unsigned long long)total.tiles,
               (double)total.packed / 1e6, (double)(thread_ns() - begun) / 1e9);
    } else {
        fprintf(stderr, "%s\n", err.kind != ERROR_NONE ? err.english : "there is no such layer");
    }
    store_close(bench.store);
    arena_destroy(layers);
    arena_destroy(bench.arena);
    buffer_finish(&bench.tile);
    buffer_finish(&bench.packed);
    return ok ? 0 : 1;
}
