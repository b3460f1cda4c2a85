/* SPDX-License-Identifier: MIT */
/* What a tile costs, stage by stage: `bench_tile DATA STYLES MAP TILES [SECONDS]` renders tiles of a map as the server
 * does (its tile cache apart) and prints a table for the median one and the slowest one, beside Cairo for the same
 * fills and strokes and libpng's defaults for the same pixels; with 0 SECONDS, one of the mean of all tiles. TILES is a
 * file with a line "z x y" for each tile, or zooms "13-16", of which nine tiles around the map's centre are taken. */

#include "bench/tile_replay.h"
#include "base/hash.h"
#include "bench/tile_stages.h"
#include "tile/label_cache.h"
#include "tile/tile_worker.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TILES_MAX = 4096,
    TRIES = 3,
    MEAN_TRIES = 9,
    RUNS_MAX = 400,
    LABEL_BYTES_MAX = 256 << 20,
    PNG_BYTES_MAX = 64 << 20
};

struct bench {
    struct tile_worker worker;
    struct catalog *catalog;
    const struct catalog_map *map;
    struct label_cache *labels;
    struct buffer png;
    double seconds;
};

struct timed_tile {
    struct tile_id id;
    double us; /* the best of some tries */
};

static void fail(const char *what, const struct error *err)
{
    fprintf(stderr, "bench_tile: %s: %s\n", what, err ? err->english : "");
    exit(1);
}

/* ---- Tiles ---- */

static void add_tile(struct timed_tile *tiles, size_t *count, struct tile_id id)
{
    if (*count < TILES_MAX) {
        tiles[(*count)++].id = id;
    }
}

static void tiles_around(const struct catalog_map *map, unsigned z, struct timed_tile *tiles, size_t *count)
{
    const double pi = 3.14159265358979323846;
    double lon = map->has_center ? map->center_lon : (map->bbox.min_x + map->bbox.max_x) / 2;
    double lat = map->has_center ? map->center_lat : (map->bbox.min_y + map->bbox.max_y) / 2;
    double side = ldexp(1, (int)z);
    double x = (lon + 180) / 360 * side;
    double y = (1 - asinh(tan(lat * pi / 180)) / pi) / 2 * side;
    for (int row = -1; row <= 1; row++) {
        for (int column = -1; column <= 1; column++) {
            if (x + column >= 0 && x + column < side && y + row >= 0 && y + row < side) {
                add_tile(tiles, count, (struct tile_id){z, (uint32_t)(x + column), (uint32_t)(y + row)});
            }
        }
    }
}

static size_t read_tiles(const char *path, const struct catalog_map *map, struct timed_tile *tiles)
{
    size_t count = 0;
    unsigned first;
    unsigned last;
    int length = 0;
    if (sscanf(path, "%2u-%2u%n", &first, &last, &length) == 2 && path[length] == 0) {
        for (unsigned z = first; z <= last && z <= 24; z++) {
            tiles_around(map, z, tiles, &count);
        }
        return count;
    }
    FILE *file = fopen(path, "r");
    struct tile_id id;
    while (file && fscanf(file, "%u %u %u", &id.z, &id.x, &id.y) == 3) {
        add_tile(tiles, &count, id);
    }
    if (file) {
        fclose(file);
    }
    return count;
}

/* ---- Measuring ---- */

static double make_tile(struct bench *bench, struct tile_id id)
{
    struct tile_request request = {.format = TILE_PNG, .tile = id, .size_px = 256, .pixel_ratio = 1};
    struct error err = {0};
    snprintf(request.subject, sizeof request.subject, "%s", bench->map->id);
    buffer_clear(&bench->png);
    double start = stages_now_us();
    arena_reset(bench->worker.arena);
    if (!tile_make(&bench->worker, bench->catalog, bench->labels, &request, &bench->png, &err)) {
        fail(bench->map->id, &err);
    }
    return stages_now_us() - start;
}

static int by_time(const void *a, const void *b)
{
    double x = ((const struct timed_tile *)a)->us;
    double y = ((const struct timed_tile *)b)->us;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Microseconds of planning for all tiles, each made once so that plans, palettes and glyphs are there afterwards. */
static double warm_up(struct bench *bench, const struct timed_tile *tiles, size_t count)
{
    double plans = 0;
    for (size_t i = 0; i < count; i++) {
        struct stage_times times;
        stages_start();
        make_tile(bench, tiles[i].id);
        stages_stop(&times);
        plans += times.us[STAGE_LABEL_PLAN];
    }
    return plans;
}

struct figures {
    struct tile_id id;
    double total_us; /* without looking at the clock in between */
    struct stage_times stages;
    size_t png_bytes;
    struct replay_figures fills;
    struct replay_figures strokes;
    double libpng_us;
    size_t libpng_bytes;
};

/* Runs with and without the stages' clock in turns; medians. The stages share the time without the clock. */
static void measure(struct bench *bench, struct tile_id id, struct figures *out)
{
    static double totals[RUNS_MAX];
    static double stages[STAGE_COUNT][RUNS_MAX];
    size_t count = 0;
    double start = stages_now_us();
    while (count < RUNS_MAX && (count < 5 || stages_now_us() - start < bench->seconds * 1e6)) {
        struct stage_times times;
        totals[count] = make_tile(bench, id);
        stages_start();
        make_tile(bench, id);
        stages_stop(&times);
        for (size_t i = 0; i < STAGE_COUNT; i++) {
            stages[i][count] = times.ticks[i];
        }
        count++;
    }
    *out = (struct figures){.id = id, .png_bytes = bench->png.length};
    qsort(totals, count, sizeof totals[0], by_size);
    out->total_us = totals[count / 2];
    double all = 1;
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        qsort(stages[i], count, sizeof stages[i][0], by_size);
        all += stages[i][count / 2];
    }
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        out->stages.us[i] = stages[i][count / 2] * out->total_us / all;
    }
    replay_begin(true);
    make_tile(bench, id);
    replay_fills(bench->seconds / 4, &out->fills);
    replay_strokes(bench->seconds / 4, &out->strokes);
    replay_libpng(bench->seconds / 4, &out->libpng_us, &out->libpng_bytes);
    replay_begin(false);
}

/* ---- Printing ---- */

static void print_replay(const char *name, const struct replay_figures *figures, size_t count)
{
    printf("| %s |", name);
    for (size_t i = 0; i < count; i++) {
        const struct replay_figures *f = &figures[i];
        if (f->shapes == 0) {
            printf(" – |");
        } else {
            printf(" %.2f / %.2f ms, %.1fx (%zu shapes, %zu points) |", f->ours_us / 1e3, f->cairo_us / 1e3,
                   f->cairo_us / f->ours_us, f->shapes, f->points);
        }
    }
    printf("\n");
}

static void print_figures(const struct figures *figures, size_t count)
{
    printf("| stage, us |");
    for (size_t i = 0; i < count; i++) {
        printf(" %s %u/%u/%u |", i == 0 ? "median" : "dense", figures[i].id.z, figures[i].id.x, figures[i].id.y);
    }
    printf("\n| --- |");
    for (size_t i = 0; i < count; i++) {
        printf(" ---: |");
    }
    for (size_t stage = 0; stage < STAGE_COUNT; stage++) {
        double most = 0;
        for (size_t i = 0; i < count; i++) {
            most = fmax(most, figures[i].stages.us[stage]);
        }
        if (most < 0.5) {
            continue;
        }
        printf("\n| %s |", stage_names[stage]);
        for (size_t i = 0; i < count; i++) {
            printf(" %.0f |", figures[i].stages.us[stage]);
        }
    }
    printf("\n| **the tile** |");
    for (size_t i = 0; i < count; i++) {
        printf(" **%.0f** |", figures[i].total_us);
    }
    struct replay_figures fills[2];
    struct replay_figures strokes[2];
    for (size_t i = 0; i < count; i++) {
        fills[i] = figures[i].fills;
        strokes[i] = figures[i].strokes;
    }
    printf("\n");
    print_replay("fills: ours / Cairo", fills, count);
    print_replay("strokes: ours / Cairo", strokes, count);
    printf("| PNG: ours / libpng's defaults |");
    for (size_t i = 0; i < count; i++) {
        double ours = figures[i].stages.us[STAGE_PALETTE] + figures[i].stages.us[STAGE_PNG];
        printf(" %.2f / %.2f ms, %.0fx (%.1f / %.1f kB) |", ours / 1e3, figures[i].libpng_us / 1e3,
               figures[i].libpng_us / ours, (double)figures[i].png_bytes / 1e3, (double)figures[i].libpng_bytes / 1e3);
    }
    printf("\n");
}

/* The mean of all tiles, of which each stage is the best of some runs; and what tells whether two programs draw the
 * same. */
struct mean {
    struct stage_times stages;
    double total_us;
    double bytes;
    uint64_t hash;
};

/* All tiles in turns: a tile that is made again at once finds a processor that has learned it by heart. */
static struct mean mean_of(struct bench *bench, const struct timed_tile *tiles, size_t count)
{
    static struct stage_times best[TILES_MAX];
    static double totals[TILES_MAX]; /* without looking at the clock in between */
    struct mean mean = {0};
    double all_ticks = 0;
    double all_us = 0;
    for (int turn = 0; turn < MEAN_TRIES; turn++) {
        for (size_t i = 0; i < count; i++) {
            double us = make_tile(bench, tiles[i].id);
            totals[i] = turn == 0 ? us : fmin(totals[i], us);
        }
        for (size_t i = 0; i < count; i++) {
            struct stage_times times;
            struct timespec from;
            struct timespec to;
            clock_gettime(CLOCK_MONOTONIC, &from);
            stages_start();
            make_tile(bench, tiles[i].id);
            stages_stop(&times);
            clock_gettime(CLOCK_MONOTONIC, &to);
            all_us += (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
            for (size_t stage = 0; stage < STAGE_COUNT; stage++) {
                double ticks = times.ticks[stage];
                best[i].ticks[stage] = turn == 0 ? ticks : fmin(best[i].ticks[stage], ticks);
                all_ticks += ticks;
            }
            if (turn == 0) {
                mean.bytes += (double)bench->png.length / (double)count;
                mean.hash = hash_mix(mean.hash, hash_bytes(bench->png.data, bench->png.length));
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        mean.total_us += totals[i] / (double)count;
        for (size_t stage = 0; stage < STAGE_COUNT; stage++) {
            mean.stages.us[stage] += best[i].ticks[stage] * all_us / all_ticks / (double)count;
        }
    }
    return mean;
}

static void print_mean(const struct mean *mean)
{
    printf("| stage, us | mean |\n| --- | ---: |\n");
    for (size_t stage = 0; stage < STAGE_COUNT; stage++) {
        if (mean->stages.us[stage] >= 0.5) {
            printf("| %s | %.0f |\n", stage_names[stage], mean->stages.us[stage]);
        }
    }
    printf("| **the tile** | **%.0f** |\n| kB, hash | %.1f, %016" PRIx64 " |\n", mean->total_us, mean->bytes / 1e3,
           mean->hash);
}

static void run(struct bench *bench, const char *tile_list)
{
    static struct timed_tile tiles[TILES_MAX];
    size_t count = read_tiles(tile_list, bench->map, tiles);
    if (count == 0) {
        fail(tile_list, &(struct error){.english = "no tiles"});
    }
    double plans = warm_up(bench, tiles, count);
    double sum = 0;
    if (bench->seconds <= 0) {
        struct mean mean = mean_of(bench, tiles, count);
        print_mean(&mean);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        tiles[i].us = 1e12;
        for (int j = 0; j < TRIES; j++) {
            tiles[i].us = fmin(tiles[i].us, make_tile(bench, tiles[i].id));
        }
        sum += tiles[i].us;
    }
    qsort(tiles, count, sizeof tiles[0], by_time);
    printf("%s, %zu tiles: mean %.0f, median %.0f, 95th %.0f, slowest %.0f us", bench->map->id, count,
           sum / (double)count, tiles[count / 2].us, tiles[count * 95 / 100].us, tiles[count - 1].us);
    printf("; label plans %.0f us a tile\n\n", plans / (double)count);
    struct figures figures[2];
    measure(bench, tiles[count / 2].id, &figures[0]);
    measure(bench, tiles[count - 1].id, &figures[1]);
    print_figures(figures, 2);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: bench_tile DATA STYLES MAP TILES [SECONDS]\n");
        return 2;
    }
    struct bench bench = {.seconds = argc > 5 ? atof(argv[5]) : 1};
    struct error err = {0};
    if (!tile_worker_init(&bench.worker, argv[1], &err) ||
        !catalog_create(bench.worker.store, argv[2], NULL, NULL, &bench.catalog, &err)) {
        fail("cannot start", &err);
    }
    bench.map = catalog_map_find(bench.catalog, argv[3]);
    bench.labels = label_cache_create(LABEL_BYTES_MAX);
    if (!bench.map || !bench.labels) {
        fail("there is no map", &(struct error){.english = "see STYLES"});
    }
    buffer_init(&bench.png, PNG_BYTES_MAX);
    run(&bench, argv[4]);
    replay_begin(false);
    buffer_finish(&bench.png);
    label_cache_destroy(bench.labels);
    catalog_unref(bench.catalog);
    tile_worker_finish(&bench.worker);
    return 0;
}
