/* SPDX-License-Identifier: MIT */
/* What drawing costs: fills and strokes beside Cairo, PNG beside libpng's defaults, in one run on one machine.
 *
 * Thread CPU time, medians of repeated runs. `bench_raster [SECONDS]`: about how long each figure is measured. */

#include "draw/png_encode.h"
#include "draw/stroke.h"

#include <cairo.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIDE = 256, COAST_POINTS = 1118, ROAD_POINTS = 1000, RUNS_MAX = 2000 };

static double seconds_wanted = 0.2;

/* ---- Measuring ---- */

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median microseconds of a call. */
static double median_us(void (*run)(void *subject), void *subject)
{
    static double runs[RUNS_MAX];
    size_t count = 0;
    double start = now_us();
    while (count < RUNS_MAX && (count < 5 || now_us() - start < seconds_wanted * 1e6)) {
        double before = now_us();
        run(subject);
        runs[count++] = now_us() - before;
    }
    qsort(runs, count, sizeof runs[0], by_size);
    return runs[count / 2];
}

/* ---- Shapes ---- */

static uint64_t random_state = 7;

static double random_unit(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

/* A closed, wrinkled outline in a square of `size` pixels. */
static void make_coast(struct draw_point *points, size_t count, double size)
{
    random_state = 7;
    double wrinkle = 0;
    for (size_t i = 0; i < count; i++) {
        double angle = 6.283185307179586 * (double)i / (double)count;
        wrinkle = 0.9 * wrinkle + 0.06 * (random_unit() - 0.5);
        double radius = size * (0.32 + 0.1 * sin(5 * angle) + 0.06 * sin(17 * angle) + 0.4 * wrinkle);
        points[i].x = (int32_t)lround((size / 2 + radius * cos(angle)) * DRAW_ONE);
        points[i].y = (int32_t)lround((size / 2 + radius * sin(angle)) * DRAW_ONE);
    }
}

/* A road that wanders through the picture in steps of `step` pixels. */
static void make_road(struct draw_point *points, size_t count, double step)
{
    random_state = 11;
    double x = SIDE / 2.0;
    double y = SIDE / 2.0;
    double angle = 1;
    for (size_t i = 0; i < count; i++) {
        points[i] = (struct draw_point){(int32_t)lround(x * DRAW_ONE), (int32_t)lround(y * DRAW_ONE)};
        angle += (random_unit() - 0.5) * 0.8;
        if (x < 20 || y < 20 || x > SIDE - 20 || y > SIDE - 20) {
            angle = atan2(SIDE / 2.0 - y, SIDE / 2.0 - x) + (random_unit() - 0.5);
        }
        x += step * cos(angle);
        y += step * sin(angle);
    }
}

/* How many lines between pixels the edges of a ring cross. */
static double crossings_of(const struct draw_point *points, size_t count)
{
    double crossings = 0;
    for (size_t i = 0; i < count; i++) {
        struct draw_point a = points[i];
        struct draw_point b = points[(i + 1) % count];
        crossings += abs((a.x >> 8) - (b.x >> 8)) + abs((a.y >> 8) - (b.y >> 8));
    }
    return crossings;
}

/* ---- Fills and strokes ---- */

struct job {
    struct raster *raster;
    struct canvas *canvas;
    cairo_t *cairo;
    const struct draw_point *points;
    size_t count;
    bool closed;
    struct stroke stroke;
    struct paint paint;
};

static void fill_ours(void *subject)
{
    struct job *job = subject;
    raster_add_ring(job->raster, job->points, job->count);
    raster_fill(job->raster, job->canvas, FILL_NONZERO, &job->paint);
}

static void add_ours(void *subject)
{
    struct job *job = subject;
    raster_add_ring(job->raster, job->points, job->count);
    raster_discard(job->raster);
}

static void stroke_ours(void *subject)
{
    struct job *job = subject;
    stroke_add(job->raster, job->points, job->count, job->closed, &job->stroke);
    raster_fill(job->raster, job->canvas, FILL_NONZERO, &job->paint);
}

static void trace(const struct job *job)
{
    cairo_new_path(job->cairo);
    for (size_t i = 0; i < job->count; i++) {
        cairo_line_to(job->cairo, (double)job->points[i].x / DRAW_ONE, (double)job->points[i].y / DRAW_ONE);
    }
    if (job->closed) {
        cairo_close_path(job->cairo);
    }
}

static void fill_cairo(void *subject)
{
    struct job *job = subject;
    trace(job);
    cairo_fill(job->cairo);
}

static void stroke_cairo(void *subject)
{
    static const cairo_line_cap_t caps[] = {CAIRO_LINE_CAP_BUTT, CAIRO_LINE_CAP_ROUND, CAIRO_LINE_CAP_SQUARE};
    static const cairo_line_join_t joins[] = {CAIRO_LINE_JOIN_MITER, CAIRO_LINE_JOIN_BEVEL, CAIRO_LINE_JOIN_ROUND};
    struct job *job = subject;
    cairo_set_line_width(job->cairo, job->stroke.width_px);
    cairo_set_line_cap(job->cairo, caps[job->stroke.cap]);
    cairo_set_line_join(job->cairo, joins[job->stroke.join]);
    cairo_set_miter_limit(job->cairo, job->stroke.miter_limit);
    trace(job);
    cairo_stroke(job->cairo);
}

static void report_fills(struct job *job)
{
    static struct draw_point coast[COAST_POINTS];
    double sizes[] = {8, 64, 256};
    printf("fill of %d segments        ours us   cairo us   ratio   ns/segment   ns/crossing (adding only)\n",
           COAST_POINTS);
    for (size_t i = 0; i < 3; i++) {
        make_coast(coast, COAST_POINTS, sizes[i]);
        job->points = coast;
        job->count = COAST_POINTS;
        job->closed = true;
        double add = median_us(add_ours, job);
        double ours = median_us(fill_ours, job);
        double theirs = median_us(fill_cairo, job);
        printf("  %3.0f px                  %9.1f  %9.1f  %5.1fx  %10.1f   %8.1f\n", sizes[i], ours, theirs,
               theirs / ours, 1000 * add / COAST_POINTS, 1000 * add / crossings_of(coast, COAST_POINTS));
    }
}

static void report_strokes(struct job *job)
{
    static struct draw_point road[ROAD_POINTS];
    double steps[] = {2, 5, 20};
    double widths[] = {0.7, 2, 8};
    printf("stroke of %d segments, round   ours us   cairo us   ratio   ns/segment\n", ROAD_POINTS - 1);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            make_road(road, ROAD_POINTS, steps[i]);
            job->points = road;
            job->count = ROAD_POINTS;
            job->closed = false;
            job->stroke = (struct stroke){.width_px = widths[j],
                                          .cap = LINE_CAP_ROUND,
                                          .join = LINE_JOIN_ROUND,
                                          .miter_limit = 2,
                                          .round_limit = 1.05};
            double ours = median_us(stroke_ours, job);
            double theirs = median_us(stroke_cairo, job);
            printf("  steps of %2.0f px, %3.1f px wide  %9.1f  %9.1f  %5.1fx  %10.1f\n", steps[i], widths[j], ours,
                   theirs, theirs / ours, 1000 * ours / (ROAD_POINTS - 1));
        }
    }
}

static void report_sweeps(struct job *job)
{
    struct draw_point square[] = {
        {0, 0}, {SIDE * DRAW_ONE, 0}, {SIDE * DRAW_ONE, SIDE * DRAW_ONE}, {0, SIDE * DRAW_ONE}};
    struct pixel pixels[] = {{60, 120, 180, 255}, {60, 60, 60, 128}};
    job->points = square;
    job->count = 4;
    printf("whole tile of %d px          opaque us   translucent us\n", SIDE);
    enum raster_kernel kernels[] = {RASTER_KERNEL_PORTABLE, RASTER_KERNEL_AVX2};
    for (size_t i = 0; i < 2; i++) {
        if (!raster_set_kernel(job->raster, kernels[i])) {
            continue;
        }
        double us[2];
        for (size_t j = 0; j < 2; j++) {
            job->paint.pixel = pixels[j];
            us[j] = median_us(fill_ours, job);
        }
        printf("  %-24s %9.1f   %9.1f\n", i == 0 ? "portable" : "AVX2", us[0], us[1]);
    }
    raster_set_kernel(job->raster, RASTER_KERNEL_BEST);
    job->paint.pixel = pixels[0];
}

/* ---- PNG ---- */

struct png_job {
    struct png_encoder *encoder;
    struct canvas *canvas;
    struct buffer out;
    size_t size;
};

static void encode_ours(void *subject)
{
    struct png_job *job = subject;
    buffer_clear(&job->out);
    png_encode(job->encoder, job->canvas, NULL, &job->out, NULL);
    job->size = job->out.length;
}

static void count_bytes(png_structp png, png_bytep bytes, png_size_t size)
{
    struct png_job *job = png_get_io_ptr(png);
    (void)bytes;
    job->size += size;
}

static void encode_libpng(void *subject)
{
    struct png_job *job = subject;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    job->size = 0;
    png_set_write_fn(png, job, count_bytes, NULL);
    png_set_IHDR(png, info, job->canvas->width_px, job->canvas->height_px, 8, PNG_COLOR_TYPE_RGB_ALPHA,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (uint32_t y = 0; y < job->canvas->height_px; y++) {
        png_write_row(png, job->canvas->rgba + (size_t)y * job->canvas->width_px * 4);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

/* A picture like a town's: areas, roads with casings, thin outlines. */
static void draw_town(struct job *job, int features)
{
    static struct draw_point points[ROAD_POINTS];
    struct pixel ground = {242, 239, 233, 255};
    canvas_clear(job->canvas, ground);
    for (int i = 0; i < features; i++) {
        double x = random_unit() * SIDE;
        double y = random_unit() * SIDE;
        make_coast(points, 40, 4 + 4.0 * (i % 9));
        for (size_t j = 0; j < 40; j++) {
            points[j].x += (int32_t)(x * DRAW_ONE);
            points[j].y += (int32_t)(y * DRAW_ONE);
        }
        random_state = (uint64_t)i * 977 + 5;
        uint8_t shade = (uint8_t)(150 + i % 5 * 18);
        job->paint.pixel = (struct pixel){shade, (uint8_t)(shade + 20), (uint8_t)(shade - 20), 255};
        raster_add_ring(job->raster, points, 40);
        raster_fill(job->raster, job->canvas, FILL_NONZERO, &job->paint);
        if (i % 8 == 0) {
            struct draw_point road[] = {{(int32_t)(x * DRAW_ONE), 0}, {(int32_t)(y * DRAW_ONE), SIDE * DRAW_ONE}};
            for (int inner = 0; inner < 2; inner++) {
                struct stroke stroke = {.width_px = inner ? 4 : 6};
                uint8_t white = inner ? 255 : 160;
                job->paint.pixel = (struct pixel){white, white, white, 255};
                stroke_add(job->raster, road, 2, false, &stroke);
                raster_fill(job->raster, job->canvas, FILL_NONZERO, &job->paint);
            }
        }
    }
}

static void report_png(struct job *job)
{
    struct png_job png = {.encoder = png_encoder_create(), .canvas = job->canvas};
    int features[] = {0, 6, 60, 600};
    buffer_init(&png.out, 16 << 20);
    printf("PNG of %d px                 ours us   bytes    libpng defaults us   bytes    ratio\n", SIDE);
    for (size_t i = 0; i < 4; i++) {
        draw_town(job, features[i]);
        double ours = median_us(encode_ours, &png);
        size_t ours_bytes = png.size;
        double theirs = median_us(encode_libpng, &png);
        printf("  %3d areas               %9.1f  %7zu    %12.1f     %7zu   %5.1fx\n", features[i], ours, ours_bytes,
               theirs, png.size, theirs / ours);
    }
    buffer_finish(&png.out);
    png_encoder_destroy(png.encoder);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        seconds_wanted = atof(argv[1]);
    }
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, SIDE, SIDE);
    struct job job = {.raster = raster_create(SIDE, SIDE),
                      .canvas = canvas_create(SIDE, SIDE),
                      .cairo = cairo_create(surface),
                      .paint = {.pixel = {60, 120, 180, 255}}};
    if (!job.raster || !job.canvas) {
        return 1;
    }
    cairo_set_source_rgba(job.cairo, 60 / 255.0, 120 / 255.0, 180 / 255.0, 1);
    report_fills(&job);
    report_strokes(&job);
    report_sweeps(&job);
    report_png(&job);
    cairo_destroy(job.cairo);
    cairo_surface_destroy(surface);
    canvas_destroy(job.canvas);
    raster_destroy(job.raster);
    return 0;
}
