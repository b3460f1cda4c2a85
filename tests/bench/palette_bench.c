/* SPDX-License-Identifier: MIT */
/* What the palettes of styles cost and save: `bench_palette DATA STYLES [MAP…]` paints tiles of each map at z10 to z18
 * around its centre and prints, by zoom: bytes with libpng's defaults, exact, and indexed; time for choosing the
 * palette (once a zoom), mapping and encoding a tile; how far colours are off. With `--write FOLDER` first, tiles are
 * written. */

#include "base/file.h"
#include "draw/png_encode.h"
#include "render/style_palette.h"
#include "tile/tile_worker.h"

#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ZOOM_MIN = 10, ZOOM_MAX = 18, TILES = 9, REPEATS = 5 };

static double now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void fail(const char *what, const struct error *err)
{
    fprintf(stderr, "bench_palette: %s: %s\n", what, err->english);
    exit(1);
}

struct figures {
    size_t tiles;
    size_t fallbacks; /* encoded exactly because too many pixels were missed */
    double libpng_bytes;
    double libpng_ms;
    double exact_bytes;
    double exact_ms;
    double indexed_bytes;
    double indexed_ms;
    double map_ms;
    double first_map_ms; /* nothing looked up yet */
    double palette_ms;
    size_t palettes;
    double squares; /* of differences, over all channels */
    double channels;
    double psnr_min;
    int worst;
    size_t missed;
    size_t pixels;
    size_t changed_flats; /* pixels inside areas of one colour that are off by more than 2 */
    size_t flats;
};

/* What a straightforward server emits: RGB by libpng with its defaults. */
static void encode_by_libpng(const struct canvas *canvas, struct figures *figures)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = canvas->width_px, .height = canvas->height_px, .format = PNG_FORMAT_RGB};
    size_t pixels = (size_t)canvas->width_px * canvas->height_px;
    unsigned char *rgb = malloc(pixels * 3);
    png_alloc_size_t size = 0;
    for (size_t i = 0; rgb && i < pixels; i++) {
        memcpy(rgb + i * 3, canvas->rgba + i * 4, 3);
    }
    double start = now_ms();
    if (rgb && png_image_write_get_memory_size(image, size, 0, rgb, 0, NULL)) {
        /* Asking for the size encodes once. */
        figures->libpng_ms += now_ms() - start;
        figures->libpng_bytes += (double)size;
    }
    free(rgb);
}

static void compare(const struct canvas *canvas, const struct palette *palette, const uint8_t *indices,
                    struct figures *figures)
{
    size_t width = canvas->width_px;
    double squares = 0;
    for (size_t i = 0; i < width * canvas->height_px; i++) {
        const uint8_t *was = canvas->rgba + i * 4;
        struct pixel pixel = palette_color(palette, indices[i]);
        int off[3] = {was[0] - pixel.r, was[1] - pixel.g, was[2] - pixel.b};
        bool changed = false;
        for (int channel = 0; channel < 3; channel++) {
            int size = abs(off[channel]);
            squares += size * size;
            figures->worst = size > figures->worst ? size : figures->worst;
            changed = changed || size > 2;
        }
        size_t x = i % width;
        size_t y = i / width;
        if (x > 0 && y > 0 && x + 1 < width && y + 1 < canvas->height_px && memcmp(was, was - 4, 4) == 0 &&
            memcmp(was, was + 4, 4) == 0 && memcmp(was, was - width * 4, 4) == 0 &&
            memcmp(was, was + width * 4, 4) == 0) {
            figures->flats++;
            figures->changed_flats += changed;
        }
    }
    double channels = 3.0 * (double)width * canvas->height_px;
    double psnr = squares > 0 ? 10 * log10(255 * 255 * channels / squares) : 99;
    figures->psnr_min = psnr < figures->psnr_min ? psnr : figures->psnr_min;
    figures->squares += squares;
    figures->channels += channels;
}

static void measure(struct png_encoder *encoder, const struct canvas *canvas, struct palette_map *map,
                    struct figures *figures)
{
    size_t pixels = (size_t)canvas->width_px * canvas->height_px;
    uint8_t *indices = malloc(pixels);
    bool used[PALETTE_COLORS_MAX];
    struct buffer out;
    if (!indices) {
        exit(1);
    }
    buffer_init(&out, 64 << 20);
    encode_by_libpng(canvas, figures);
    double start = now_ms();
    size_t missed = palette_map_canvas(map, canvas, indices, used);
    figures->first_map_ms += now_ms() - start;
    start = now_ms();
    for (int i = 0; i < REPEATS; i++) {
        palette_map_canvas(map, canvas, indices, used);
    }
    figures->map_ms += (now_ms() - start) / REPEATS;
    start = now_ms();
    for (int i = 0; i < REPEATS; i++) {
        out.length = 0;
        png_encode(encoder, canvas, NULL, &out, NULL);
    }
    figures->exact_ms += (now_ms() - start) / REPEATS;
    figures->exact_bytes += (double)out.length;
    start = now_ms();
    for (int i = 0; i < REPEATS; i++) {
        out.length = 0;
        png_encode_with_palette(encoder, canvas, map, NULL, &out, NULL);
    }
    figures->indexed_ms += (now_ms() - start) / REPEATS;
    figures->indexed_bytes += (double)out.length;
    figures->missed += missed;
    figures->pixels += pixels;
    figures->fallbacks += missed > pixels / 1000;
    figures->tiles++;
    compare(canvas, palette_map_palette(map), indices, figures);
    buffer_finish(&out);
    free(indices);
}

static void write_pair(const char *folder, const char *name, const struct buffer *exact, const struct canvas *canvas,
                       struct png_encoder *encoder, struct palette_map *map)
{
    char path[512];
    struct buffer out;
    buffer_init(&out, 64 << 20);
    png_encode_with_palette(encoder, canvas, map, NULL, &out, NULL);
    snprintf(path, sizeof path, "%s/%s-exact.png", folder, name);
    file_write(path, exact->data, exact->length, NULL);
    snprintf(path, sizeof path, "%s/%s-indexed.png", folder, name);
    file_write(path, out.data, out.length, NULL);
    buffer_finish(&out);
}

static struct tile_id tile_near(const struct catalog_map *map, unsigned z, size_t number)
{
    const double pi = 3.14159265358979323846;
    double lon = map->has_center ? map->center_lon : (map->bbox.min_x + map->bbox.max_x) / 2;
    double lat = map->has_center ? map->center_lat : (map->bbox.min_y + map->bbox.max_y) / 2;
    double side = ldexp(1, (int)z);
    double x = (lon + 180) / 360 * side;
    double y = (1 - asinh(tan(lat * pi / 180)) / pi) / 2 * side;
    double step = fmax(1, ldexp(1, (int)z - 14)); /* the same part of the city at every zoom */
    x += step * ((double)(number % 3) - 1);
    y += step * ((double)(number / 3) - 1);
    return (struct tile_id){z, (uint32_t)x, (uint32_t)y};
}

static void run_zoom(struct tile_worker *worker, const struct catalog *catalog, const struct catalog_map *map,
                     unsigned z, struct png_encoder *encoder, const char *folder, struct figures *figures)
{
    struct palette *palette = NULL;
    struct error err = {0};
    struct view view = view_of_tile((struct tile_id){z, 0, 0}, 256, 1);
    double start = now_ms();
    if (!style_palette_create(map->style, catalog_images(catalog), view.zoom, &palette, &err)) {
        fail(map->id, &err);
    }
    figures->palette_ms += now_ms() - start;
    figures->palettes++;
    struct palette_map *colors = palette ? palette_map_create(palette) : NULL;
    for (size_t i = 0; i < TILES && colors; i++) {
        struct tile_request request = {.format = TILE_PNG, .size_px = 256, .pixel_ratio = 1};
        struct buffer png;
        struct canvas *canvas;
        request.tile = tile_near(map, z, i);
        snprintf(request.subject, sizeof request.subject, "%s", map->id);
        buffer_init(&png, 64 << 20);
        arena_reset(worker->arena);
        if (!tile_make(worker, catalog, NULL, &request, &png, &err) ||
            !png_decode(png.data, png.length, &canvas, &err)) {
            fail(map->id, &err);
        }
        measure(encoder, canvas, colors, figures);
        if (folder && i == 4) {
            char name[128];
            snprintf(name, sizeof name, "%s-%u", map->id, z);
            write_pair(folder, name, &png, canvas, encoder, colors);
        }
        canvas_destroy(canvas);
        buffer_finish(&png);
    }
    palette_map_destroy(colors);
    palette_destroy(palette);
}

static void print_figures(const char *name, const struct figures *f)
{
    double n = (double)f->tiles;
    if (f->tiles == 0) {
        return;
    }
    printf(
        "%-22s %5.1f %5.1f %5.1f KB | %6.2f %5.2f %5.2f ms, map %.3f (first %.3f), palette %5.1f ms | PSNR %4.1f (min "
        "%4.1f) dB, worst %3d, missed %.4f %%, flats off %5.2f %%, exact tiles %zu of %zu\n",
        name, f->libpng_bytes / n / 1024, f->exact_bytes / n / 1024, f->indexed_bytes / n / 1024, f->libpng_ms / n,
        f->exact_ms / n, f->indexed_ms / n, f->map_ms / n, f->first_map_ms / n, f->palette_ms / (double)f->palettes,
        10 * log10(255 * 255 * f->channels / fmax(f->squares, 1e-9)), f->psnr_min, f->worst,
        100 * (double)f->missed / (double)f->pixels, 100 * (double)f->changed_flats / fmax(1, (double)f->flats),
        f->fallbacks, f->tiles);
    fflush(stdout);
}

static void add_figures(struct figures *sum, const struct figures *f)
{
    sum->tiles += f->tiles;
    sum->fallbacks += f->fallbacks;
    sum->libpng_bytes += f->libpng_bytes;
    sum->libpng_ms += f->libpng_ms;
    sum->exact_bytes += f->exact_bytes;
    sum->exact_ms += f->exact_ms;
    sum->indexed_bytes += f->indexed_bytes;
    sum->indexed_ms += f->indexed_ms;
    sum->map_ms += f->map_ms;
    sum->first_map_ms += f->first_map_ms;
    sum->palette_ms += f->palette_ms;
    sum->palettes += f->palettes;
    sum->squares += f->squares;
    sum->channels += f->channels;
    sum->psnr_min = fmin(sum->psnr_min, f->psnr_min);
    sum->worst = f->worst > sum->worst ? f->worst : sum->worst;
    sum->missed += f->missed;
    sum->pixels += f->pixels;
    sum->changed_flats += f->changed_flats;
    sum->flats += f->flats;
}

static bool is_wanted(const char *id, int argc, char **argv, int first)
{
    bool wanted = first >= argc;
    for (int i = first; i < argc; i++) {
        wanted = wanted || strcmp(argv[i], id) == 0;
    }
    return wanted;
}

int main(int argc, char **argv)
{
    const char *folder = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--write") == 0) {
        folder = argv[2];
        first = 3;
    }
    if (argc < first + 2) {
        fprintf(stderr, "usage: bench_palette [--write FOLDER] DATA STYLES [MAP...]\n");
        return 2;
    }
    struct tile_worker worker;
    struct catalog *catalog;
    struct error err = {0};
    if (!tile_worker_init(&worker, argv[first], &err) ||
        !catalog_create(worker.store, argv[first + 1], NULL, NULL, &catalog, &err)) {
        fail("cannot start", &err);
    }
    worker.exact_colors = true;
    struct png_encoder *encoder = png_encoder_create();
    struct figures all = {.psnr_min = 99};
    printf("bytes a tile: libpng's defaults, exact, indexed | time a tile: the same, ...\n");
    for (size_t i = 0; i < catalog_map_count(catalog); i++) {
        const struct catalog_map *map = catalog_map_at(catalog, i);
        if (!is_wanted(map->id, argc, argv, first + 2)) {
            continue;
        }
        struct figures whole = {.psnr_min = 99};
        for (unsigned z = ZOOM_MIN; z <= ZOOM_MAX; z++) {
            char name[64];
            struct figures figures = {.psnr_min = 99};
            run_zoom(&worker, catalog, map, z, encoder, folder, &figures);
            snprintf(name, sizeof name, "%.17s z%u", map->id, z);
            if (first + 2 < argc) {
                print_figures(name, &figures);
            }
            add_figures(&whole, &figures);
        }
        print_figures(map->id, &whole);
        add_figures(&all, &whole);
    }
    print_figures("all", &all);
    png_encoder_destroy(encoder);
    catalog_unref(catalog);
    tile_worker_finish(&worker);
    return 0;
}
