/* SPDX-License-Identifier: MIT */
/* What the label plans of a map cost: `bench_plan DATA STYLES MAP TILES` plans the squares that the tiles of a file
 * (lines "z x y", 256 px) lie in, each once and in the order of the tiles, as a server does that was just started. It
 * prints by zoom how long finding the features and planning took, and a hash of all labels the tiles show: two programs
 * that print the same one show the same labels. Thread time. */

#include "base/hash.h"
#include "tile/label_cache.h"
#include "tile/tile_worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ZOOMS = 25, LABEL_BYTES_MAX = 512 << 20 };

struct sums {
    size_t tiles;
    size_t squares;
    double find_us;
    double plan_us;
    struct label_stats stats;
    size_t kept;
};

static struct sums *sums;
static double needs_us;

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Planning begins with the question what it needs; then features are found, then the plan is made. Names with two
 * underscores belong to the compiler; these are the linker's. */
#define WRAPPED(type, name, parameters)                                                                                \
    type real_##name parameters __asm__("__real_" #name);                                                              \
    type wrap_##name parameters __asm__("__wrap_" #name);                                                              \
    type wrap_##name parameters

WRAPPED(bool, label_needs,
        (const struct style *style, struct label_square square, struct arena *arena, struct render_need **out_needs,
         size_t *out_count, struct error *err))
{
    needs_us = now_us();
    return real_label_needs(style, square, arena, out_needs, out_count, err);
}

WRAPPED(bool, label_plan_create,
        (struct painter * painter, const struct style *style, const struct render_assets *assets,
         struct label_square square, const struct render_input *inputs, size_t input_count, struct arena *arena,
         struct label_plan **out_plan, struct error *err))
{
    double start = now_us();
    bool ok = real_label_plan_create(painter, style, assets, square, inputs, input_count, arena, out_plan, err);
    double end = now_us();
    sums->squares++;
    sums->find_us += start - needs_us;
    sums->plan_us += end - start;
    if (ok) {
        struct label_stats stats = label_plan_stats(*out_plan);
        sums->stats.candidates += stats.candidates;
        sums->stats.placed += stats.placed;
        sums->kept += label_plan_count(*out_plan);
    }
    return ok;
}

static void fail(const char *what, const struct error *err)
{
    fprintf(stderr, "bench_plan: %s: %s\n", what, err->english);
    exit(1);
}

static void print_sums(const char *name, const struct sums *sum)
{
    double squares = sum->squares > 0 ? (double)sum->squares : 1;
    double tiles = sum->tiles > 0 ? (double)sum->tiles : 1;
    printf("%5s %6zu %8zu %9.2f %9.2f %9.2f %11.0f %8.0f %8.0f\n", name, sum->tiles, sum->squares,
           sum->find_us / squares / 1e3, sum->plan_us / squares / 1e3, (sum->find_us + sum->plan_us) / tiles / 1e3,
           (double)sum->stats.candidates / squares, (double)sum->stats.placed / squares, (double)sum->kept / squares);
}

int main(int argc, char **argv)
{
    static struct sums zooms[ZOOMS];
    struct tile_worker worker;
    struct catalog *catalog;
    struct error err = {0};
    if (argc != 5) {
        fprintf(stderr, "usage: bench_plan DATA STYLES MAP TILES\n");
        return 2;
    }
    FILE *file = fopen(argv[4], "r");
    struct label_cache *labels = label_cache_create(LABEL_BYTES_MAX);
    if (!tile_worker_init(&worker, argv[1], &err) ||
        !catalog_create(worker.store, argv[2], NULL, NULL, &catalog, &err) || !labels || !file) {
        fail("cannot start", &err);
    }
    struct tile_request request = {.format = TILE_PNG, .size_px = 256, .pixel_ratio = 1};
    snprintf(request.subject, sizeof request.subject, "%s", argv[3]);
    uint64_t shown = 0;
    while (fscanf(file, "%u %u %u", &request.tile.z, &request.tile.x, &request.tile.y) == 3 && request.tile.z < ZOOMS) {
        uint64_t print;
        sums = &zooms[request.tile.z];
        sums->tiles++;
        arena_reset(worker.arena);
        if (!tile_make_label_print(&worker, catalog, labels, &request, &print, &err)) {
            fail(argv[3], &err);
        }
        shown = hash_mix(shown, print);
    }
    struct sums all = {0};
    printf("%5s %6s %8s %9s %9s %9s %11s %8s %8s\n", "zoom", "tiles", "squares", "find ms", "plan ms", "ms/tile",
           "candidates", "placed", "kept");
    for (size_t i = 0; i < ZOOMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%zu", i);
        all.tiles += zooms[i].tiles;
        all.squares += zooms[i].squares;
        all.find_us += zooms[i].find_us;
        all.plan_us += zooms[i].plan_us;
        all.stats.candidates += zooms[i].stats.candidates;
        all.stats.placed += zooms[i].stats.placed;
        all.kept += zooms[i].kept;
        if (zooms[i].tiles > 0) {
            print_sums(name, &zooms[i]);
        }
    }
    print_sums("all", &all);
    printf("shown: %016" PRIx64 "\n", shown);
    fclose(file);
    label_cache_destroy(labels);
    catalog_unref(catalog);
    tile_worker_finish(&worker);
    return 0;
}
