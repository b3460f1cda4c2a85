/* SPDX-License-Identifier: MIT */
/* tesela seed: makes tiles of a map beforehand, into the cache on disk that the server reads. */

#include "cli/cli.h"
#include "cli/picture.h"
#include "cli/pyramid.h"

#include "tile/disk_cache.h"
#include "tile/tile_pyramid.h"
#include "tile/tile_touch.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "seed MAP [--zooms A-B] [--bbox W,S,E,N] [--format png|mvt] [--size 256|512] [--scale 1|2] [--disk-cache-mb N] "
    "[--data DIR] [--styles DIR]";

enum { ZOOM_DEFAULT_MAX = 16, NICENESS = 10, DISK_MB_DEFAULT = 2048 };

struct seed {
    struct catalog *catalog;
    struct disk_cache *cache;
    struct disk_reader *reader;
    struct tile_request request;
    struct pyramid_progress progress;
};

static struct tile_key key_of(const struct seed *seed, struct tile_id tile)
{
    struct tile_request request = seed->request;
    struct tile_key key = {0};
    request.tile = tile;
    tile_key_find(seed->catalog, &request, &key, NULL);
    return key;
}

/* What is there and still right stays. */
static bool is_wanted(void *context, struct tile_id tile)
{
    struct seed *seed = context;
    struct tile_key key = key_of(seed, tile);
    uint64_t mark;
    bool is_there = disk_reader_has(seed->reader, &key, &mark) &&
                    tile_touch_since(seed->catalog, &key.request, mark) == TILE_UNTOUCHED;
    seed->progress.skipped += is_there;
    return !is_there;
}

static bool keep(void *context, struct tile_id tile, struct tile_blob *blob, struct error *err)
{
    struct seed *seed = context;
    struct tile_key key = key_of(seed, tile);
    (void)err;
    disk_cache_put(seed->cache, &key, catalog_changes(seed->catalog)->mark, blob, true);
    seed->progress.made++;
    pyramid_progress_tell(&seed->progress, tile.z);
    return true;
}

static int tell_end(struct seed *seed, bool complete)
{
    struct disk_cache_stats stats;
    disk_cache_flush(seed->cache);
    disk_cache_stats(seed->cache, &stats);
    pyramid_progress_end(&seed->progress);
    cli_say(stdout, "%llu tiles made, %llu were there; tiles.sqlite has %llu MB",
            "%llu teselas hechas, %llu ya estaban; tiles.sqlite tiene %llu MB", (unsigned long long)seed->progress.made,
            (unsigned long long)seed->progress.skipped, (unsigned long long)(stats.bytes >> 20));
    if (stats.evicted > 0) {
        cli_say(stderr, "tesela: warning: the cache is full, %llu older tiles went: give it more with --disk-cache-mb",
                "tesela: aviso: la caché está llena, salieron %llu teselas anteriores: amplíela con --disk-cache-mb",
                (unsigned long long)stats.evicted);
    }
    if (stats.written < seed->progress.made) {
        cli_say(
            stderr, "tesela: error: %llu tiles could not be kept: is the data directory writable, the disk full?",
            "tesela: error: no se pudieron guardar %llu teselas: ¿se puede escribir en el directorio de datos, está "
            "lleno el disco?",
            (unsigned long long)(seed->progress.made - stats.written));
        return CLI_REJECTED;
    }
    if (!complete) {
        cli_say(stderr, "tesela: ended before its time; run it again to go on",
                "tesela: terminó antes de tiempo; ejecútela de nuevo para continuar");
        return CLI_WARNINGS;
    }
    return stats.evicted > 0 ? CLI_WARNINGS : CLI_DONE;
}

static int run(struct seed *seed, struct tile_pyramid *pyramid, uint64_t disk_bytes)
{
    struct error err = {0};
    bool complete = false;
    bool ok = false;
    int code = CLI_INTERNAL;
    seed->cache = disk_cache_create(pyramid->data_folder, disk_bytes);
    if (seed->cache) {
        disk_cache_flush(seed->cache);
        seed->reader = disk_reader_create(seed->cache);
    }
    if (seed->cache && seed->reader) {
        pyramid_progress_start(&seed->progress);
        ok = tile_pyramid_make(pyramid, is_wanted, keep, seed, &complete, &err);
    } else {
        error_no_memory(&err);
    }
    if (ok) {
        code = tell_end(seed, complete);
    } else {
        pyramid_progress_end(&seed->progress);
        cli_print_error(&err);
        code = cli_exit_code(&err);
    }
    disk_reader_destroy(seed->reader);
    disk_cache_destroy(seed->cache);
    return code;
}

static bool choose_area(const struct catalog *catalog, const char *name, const char *bbox, const char *zooms,
                        struct tile_pyramid *pyramid, struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, name);
    if (!map) {
        error_tell(err, ERROR_NOT_FOUND, "MAP-404", "there is no map \"%s\"", "no existe el mapa «%s»", name);
        return false;
    }
    pyramid->area = map->bbox;
    pyramid->min_zoom = (uint32_t)floor(map->min_zoom);
    pyramid->max_zoom = (uint32_t)fmin(floor(map->max_zoom), ZOOM_DEFAULT_MAX);
    pyramid->max_zoom = pyramid->max_zoom < pyramid->min_zoom ? pyramid->min_zoom : pyramid->max_zoom;
    if ((bbox && !bbox_parse(text_of(bbox), &pyramid->area, err)) ||
        (zooms && !pyramid_parse_zooms(zooms, &pyramid->min_zoom, &pyramid->max_zoom, err))) {
        return false;
    }
    if (bbox_is_empty(&pyramid->area)) {
        error_tell(err, ERROR_INVALID, "MAP-005", "map \"%s\" shows no features: give an area with --bbox",
                   "el mapa «%s» no muestra elementos: indique un área con --bbox", name);
        return false;
    }
    return true;
}

int cli_seed(int argc, char **argv)
{
    const char *zooms = NULL;
    const char *bbox = NULL;
    const char *format = "png";
    const char *size = NULL;
    const char *scale = NULL;
    const char *disk_mb = NULL;
    const char *data = NULL;
    const char *styles = NULL;
    const struct cli_option accepted[] = {
        {"--zooms", CLI_TEXT, &zooms}, {"--bbox", CLI_TEXT, &bbox},     {"--format", CLI_TEXT, &format},
        {"--size", CLI_TEXT, &size},   {"--scale", CLI_TEXT, &scale},   {"--disk-cache-mb", CLI_TEXT, &disk_mb},
        {"--data", CLI_TEXT, &data},   {"--styles", CLI_TEXT, &styles},
    };
    struct error err = {0};
    size_t count;
    long size_px = 256;
    long ratio = 1;
    long megabytes = DISK_MB_DEFAULT;
    if (!cli_parse(argc, argv, accepted, sizeof accepted / sizeof *accepted, &count, &err)) {
        return cli_usage(&err, usage);
    }
    bool is_png = strcmp(format, "png") == 0;
    if (count > 0) {
        text_lower_id(argv[1]);
    }
    if (count != 1 || !text_is_id(text_of(argv[1])) || (!is_png && strcmp(format, "mvt") != 0)) {
        return cli_usage(NULL, usage);
    }
    if ((size && !cli_integer("--size", size, 256, 512, &size_px, &err)) ||
        (scale && !cli_integer("--scale", scale, 1, 2, &ratio, &err)) ||
        (disk_mb && !cli_integer("--disk-cache-mb", disk_mb, 1, 1 << 24, &megabytes, &err))) {
        return cli_usage(&err, usage);
    }
    struct seed seed = {.request = {.format = is_png ? TILE_PNG : TILE_MVT}};
    seed.request.size_px = !is_png || size_px == 512 ? 512 : 256; /* as the server asks */
    seed.request.pixel_ratio = is_png ? (uint32_t)ratio : 1;
    memcpy(seed.request.subject, argv[1], strlen(argv[1]) + 1);

    struct picture_desk desk;
    struct tile_pyramid pyramid = {.data_folder = cli_data_directory(data), .skip_empty = true};
    if (!picture_desk_open(&desk, pyramid.data_folder, cli_program_folder(styles, "TESELA_STYLES", "styles"), &err)) {
        cli_print_error(&err);
        return cli_exit_code(&err);
    }
    int code;
    if (choose_area(desk.catalog, argv[1], bbox, zooms, &pyramid, &err)) {
        if (nice(NICENESS) == -1) { /* a server on the same machine comes first */
            cli_say(stderr, "tesela: goes on at full priority", "tesela: continúa con prioridad normal");
        }
        pyramid.ended = pyramid_catch_signals();
        pyramid.catalog = desk.catalog;
        pyramid.request = seed.request;
        seed.catalog = desk.catalog;
        code = run(&seed, &pyramid, (uint64_t)megabytes << 20);
    } else {
        cli_print_error(&err);
        code = cli_exit_code(&err);
    }
    picture_desk_close(&desk);
    return code;
}
