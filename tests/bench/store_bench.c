/* SPDX-License-Identifier: MIT */
/* How fast layers are loaded and found again.
 *
 *   bench_store [features [directory]]
 *
 * Makes `features` (default 100000) blocks of a city with 20 vertices and six attributes in EPSG:6372, loads them into
 * `directory` (default: a temporary one, removed), and finds tiles of several zooms in it. Prints time per feature; the
 * decoded bytes are in memory of the file system, as on a server that has been running. */

#include "base/clock.h"
#include "geo/projection.h"
#include "store/store_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VERTICES = 21, WKB_BYTES = 9 + 9 + 4 + VERTICES * 16, FIELDS = 6 };

static struct error err;

static void check(bool ok)
{
    if (!ok) {
        fprintf(stderr, "%s %s\n", err.code, err.english);
        exit(1);
    }
}

static void put_u32(unsigned char **at, uint32_t number)
{
    memcpy(*at, &number, 4);
    *at += 4;
}

/* A rounded block of about 80 m around a place of a square city. */
static void make_block(int64_t number, int64_t across, unsigned char *wkb, double *xy)
{
    double x = 2350000 + 100.0 * (double)(number % across);
    double y = 1500000 + 100.0 * (double)(number / across);
    for (int i = 0; i < VERTICES; i++) {
        double angle = 6.283185307179586 * (i % (VERTICES - 1)) / (VERTICES - 1);
        double radius = 40 + 3 * sin((double)(number * 7 + i % (VERTICES - 1)));
        xy[2 * i] = x + radius * cos(angle);
        xy[2 * i + 1] = y + radius * sin(angle);
    }
    unsigned char *at = wkb;
    *at++ = 1;
    put_u32(&at, 6);
    put_u32(&at, 1);
    *at++ = 1;
    put_u32(&at, 3);
    put_u32(&at, 1);
    put_u32(&at, VERTICES);
    memcpy(at, xy, VERTICES * 16);
}

static void load(const char *directory, int64_t count)
{
    static const struct field fields[FIELDS] = {{"cvegeo", FIELD_STRING},  {"nombre", FIELD_STRING},
                                                {"pobtot", FIELD_INTEGER}, {"vivtot", FIELD_INTEGER},
                                                {"densidad", FIELD_REAL},  {"fecha", FIELD_DATE}};
    struct store_writer_layer layer = {.id = "manzanas",
                                       .kind = GEOMETRY_POLYGON,
                                       .srs = "EPSG:6372",
                                       .fields = fields,
                                       .field_count = FIELDS,
                                       .descriptor_json = text_of("{\"key\": \"cvegeo\"}")};
    struct store_writer *writer;
    struct projection *projection;
    check(projection_open("EPSG:6372", &projection, &err));
    check(store_writer_open(directory, &writer, &err));
    check(store_writer_begin(writer, &layer, &err));
    int64_t across = (int64_t)ceil(sqrt((double)count));
    int64_t outside = 0; /* making and projecting the blocks is not the store's work */
    int64_t start = clock_monotonic_ns();
    for (int64_t i = 0; i < count; i++) {
        unsigned char wkb[WKB_BYTES];
        double xy[2 * VERTICES];
        char key[32];
        int64_t began = clock_monotonic_ns();
        make_block(i, across, wkb, xy);
        projection_to_lonlat(projection, xy, VERTICES);
        snprintf(key, sizeof key, "05035%011lld", (long long)i);
        outside += clock_monotonic_ns() - began;
        struct shape_part part = {VERTICES, false};
        struct value values[FIELDS] = {value_of_string(key),         value_of_string("Colonia Centro"),
                                       value_of_int(i % 997),        value_of_int(i % 311),
                                       value_of_real((double)i / 7), value_of_string("2020-03-15")};
        struct store_writer_feature feature = {.source_row = i + 1,
                                               .wkb = wkb,
                                               .wkb_size = sizeof wkb,
                                               .shape = {GEOMETRY_POLYGON, 1, VERTICES, &part, xy},
                                               .values = values};
        check(store_writer_add(writer, &feature, &err));
    }
    int64_t added = clock_monotonic_ns();
    check(store_writer_publish(writer, NULL, &err));
    int64_t published = clock_monotonic_ns();
    store_writer_close(writer);
    projection_close(projection);
    printf("load      %8lld features: add %.2f us, publish %.2f us a feature, together %.2f s\n", (long long)count,
           (double)(added - start - outside) / 1e3 / (double)count, (double)(published - added) / 1e3 / (double)count,
           (double)(published - start - outside) / 1e9);
}

static void find(struct store *store, const struct store_layer *layer, uint32_t zoom)
{
    struct arena *arena = arena_create((size_t)1 << 30);
    struct world_box world = grid_box(&layer->bbox);
    int64_t width = tile_width(zoom);
    uint64_t found = 0;
    uint64_t vertices = 0;
    int tiles = 0;
    int64_t start = clock_monotonic_ns();
    int64_t end = start + 1000000000;
    srand(1);
    while (clock_monotonic_ns() < end || tiles < 3) {
        int64_t x = world.min_x + (int64_t)((double)(world.max_x - world.min_x) * rand() / RAND_MAX);
        int64_t y = world.min_y + (int64_t)((double)(world.max_y - world.min_y) * rand() / RAND_MAX);
        x = (int64_t)floor((double)x / (double)width) * width;
        y = (int64_t)floor((double)y / (double)width) * width;
        struct world_box area = {x, y, x + width, y + width};
        struct feature_list list;
        check(store_find(store, layer, &area, zoom - 1.0, arena, &list, &err));
        found += list.count;
        for (size_t i = 0; i < list.count; i++) {
            vertices += list.features[i].geometry.vertex_count;
        }
        arena_reset(arena);
        tiles++;
    }
    double us = (double)(clock_monotonic_ns() - start) / 1e3;
    printf("find z%-2u  %8.1f features a tile, %4.1f vertices a feature: %8.1f us a tile, %.2f us a feature\n", zoom,
           (double)found / tiles, (double)vertices / (double)(found ? found : 1), us / tiles,
           us / (double)(found ? found : 1));
    arena_destroy(arena);
}

static bool count_item(void *context, const struct store_item *item)
{
    *(uint64_t *)context += item->shape.vertex_count;
    return true;
}

static void scan(struct store *store, const struct store_layer *layer)
{
    uint64_t vertices = 0;
    struct store_query all = {.limit = UINT64_MAX};
    int64_t start = clock_monotonic_ns();
    check(store_items(store, layer, &all, count_item, &vertices, &err));
    printf("items     %.2f us an item\n", (double)(clock_monotonic_ns() - start) / 1e3 / (double)layer->feature_count);
    start = clock_monotonic_ns();
    enum { TIMES = 1000 };
    uint64_t sum = 0;
    for (int i = 0; i < TIMES; i++) {
        uint64_t generation;
        check(store_generation(store, &generation, &err));
        sum += generation;
    }
    printf("generation %.2f us (%llu)\n", (double)(clock_monotonic_ns() - start) / 1e3 / TIMES,
           (unsigned long long)(sum / TIMES));
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? atoll(argv[1]) : 100000;
    char temporary[] = "/tmp/tesela_bench_XXXXXX";
    const char *directory = argc > 2 ? argv[2] : mkdtemp(temporary);
    if (!directory || count < 1) {
        return 2;
    }
    load(directory, count);
    struct store *store;
    struct store_layer_list list;
    struct arena *arena = arena_create((size_t)1 << 24);
    check(store_open(directory, &store, &err));
    check(store_list(store, arena, &list, &err));
    static const uint32_t zooms[] = {10, 12, 14, 15, 16, 18};
    for (size_t i = 0; i < sizeof zooms / sizeof *zooms; i++) {
        find(store, &list.layers[0], zooms[i]);
    }
    scan(store, &list.layers[0]);
    store_close(store);
    arena_destroy(arena);
    if (argc <= 2) {
        char command[64];
        snprintf(command, sizeof command, "rm -rf '%s'", directory);
        return system(command) == 0 ? 0 : 1;
    }
    return 0;
}
