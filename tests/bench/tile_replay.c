/* SPDX-License-Identifier: MIT */
#include "bench/tile_replay.h"

#include "bench/tile_stages.h"

#include <cairo.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DASHES_MAX = 16, RUNS_MAX = 4000 };

/* A ring, a line, or the painting of those before it. */
struct step {
    enum { STEP_RING, STEP_STROKE, STEP_SWEEP } kind;
    struct draw_point *points;
    size_t count;
    bool closed;
    struct stroke stroke;
    double dashes_px[DASHES_MAX];
    enum sweep sweep;
    enum fill_rule rule;
    struct pixel pixel;
};

struct steps {
    struct step *items;
    size_t count;
    size_t capacity;
};

static struct {
    bool records;
    struct steps fills;
    struct steps strokes;
    bool has_fill; /* since the last sweep */
    bool has_stroke;
    struct canvas *picture;
} noted;

/* ---- Noting ---- */

static void *must(void *memory)
{
    if (!memory) {
        fprintf(stderr, "bench_tile: out of memory\n");
        exit(1);
    }
    return memory;
}

static struct step *add_step(struct steps *steps)
{
    if (steps->count == steps->capacity) {
        steps->capacity = steps->capacity ? 2 * steps->capacity : 1024;
        steps->items = must(realloc(steps->items, steps->capacity * sizeof *steps->items));
    }
    struct step *step = &steps->items[steps->count++];
    *step = (struct step){0};
    return step;
}

static void clear_steps(struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        free(steps->items[i].points);
    }
    steps->count = 0;
}

void replay_begin(bool records)
{
    clear_steps(&noted.fills);
    clear_steps(&noted.strokes);
    canvas_destroy(noted.picture);
    noted.picture = NULL;
    noted.has_fill = noted.has_stroke = false;
    noted.records = records;
}

bool replay_records(void)
{
    return noted.records;
}

static void copy_points(struct step *step, const struct draw_point *points, size_t count)
{
    step->points = must(malloc((count + 1) * sizeof *points));
    memcpy(step->points, points, count * sizeof *points);
    step->count = count;
}

void replay_note_ring(const struct draw_point *points, size_t count)
{
    struct step *step = add_step(&noted.fills);
    step->kind = STEP_RING;
    step->closed = true;
    copy_points(step, points, count);
    noted.has_fill = true;
}

void replay_note_stroke(const struct draw_point *points, size_t count, bool closed, const struct stroke *stroke)
{
    if (stroke->offset_px != 0 || stroke->gap_width_px > 0) {
        return;
    }
    struct step *step = add_step(&noted.strokes);
    step->kind = STEP_STROKE;
    step->closed = closed;
    step->stroke = *stroke;
    for (size_t i = 0; i < stroke->dash_count && i < DASHES_MAX; i++) {
        step->dashes_px[i] = stroke->dashes_px[i];
    }
    copy_points(step, points, count);
    noted.has_stroke = true;
}

void replay_note_sweep(enum sweep sweep, enum fill_rule rule, struct pixel pixel)
{
    struct steps *lists[] = {noted.has_fill ? &noted.fills : NULL, noted.has_stroke ? &noted.strokes : NULL};
    for (size_t i = 0; i < 2; i++) {
        if (lists[i]) {
            struct step *step = add_step(lists[i]);
            step->kind = STEP_SWEEP;
            step->sweep = sweep;
            step->rule = rule;
            step->pixel = pixel;
        }
    }
    noted.has_fill = noted.has_stroke = false;
}

void replay_note_picture(const struct canvas *canvas)
{
    if (noted.records && !noted.picture) {
        noted.picture = must(canvas_create(canvas->width_px, canvas->height_px));
        memcpy(noted.picture->rgba, canvas->rgba, 4 * (size_t)canvas->width_px * canvas->height_px);
    }
}

/* ---- Drawing again ---- */

struct scene {
    const struct steps *steps;
    struct raster *raster;
    struct canvas *canvas;
    cairo_t *cairo;
};

static void draw_ours(void *subject)
{
    struct scene *scene = subject;
    for (size_t i = 0; i < scene->steps->count; i++) {
        struct step *step = &scene->steps->items[i];
        if (step->kind == STEP_RING) {
            raster_add_ring(scene->raster, step->points, step->count);
        } else if (step->kind == STEP_STROKE) {
            step->stroke.dashes_px = step->dashes_px;
            stroke_add(scene->raster, step->points, step->count, step->closed, &step->stroke);
        } else if (step->sweep == SWEEP_FILL) {
            raster_fill(scene->raster, scene->canvas, step->rule, &(struct paint){.pixel = step->pixel});
        } else if (step->sweep == SWEEP_APART) {
            raster_fill_apart(scene->raster, scene->canvas, step->rule, step->pixel);
        } else {
            raster_merge(scene->raster, step->rule);
        }
    }
    raster_fill_merged(scene->raster, scene->canvas, (struct pixel){0, 0, 0, 255});
    raster_discard(scene->raster);
}

static void trace(cairo_t *cairo, const struct step *step)
{
    cairo_new_sub_path(cairo);
    for (size_t i = 0; i < step->count; i++) {
        cairo_line_to(cairo, (double)step->points[i].x / DRAW_ONE, (double)step->points[i].y / DRAW_ONE);
    }
    if (step->closed) {
        cairo_close_path(cairo);
    }
}

static void set_pen(cairo_t *cairo, const struct step *step)
{
    static const cairo_line_cap_t caps[] = {CAIRO_LINE_CAP_BUTT, CAIRO_LINE_CAP_ROUND, CAIRO_LINE_CAP_SQUARE};
    static const cairo_line_join_t joins[] = {CAIRO_LINE_JOIN_MITER, CAIRO_LINE_JOIN_BEVEL, CAIRO_LINE_JOIN_ROUND};
    cairo_set_line_width(cairo, step->stroke.width_px);
    cairo_set_line_cap(cairo, caps[step->stroke.cap]);
    cairo_set_line_join(cairo, joins[step->stroke.join]);
    cairo_set_miter_limit(cairo, step->stroke.miter_limit);
    cairo_set_dash(cairo, step->dashes_px, (int)step->stroke.dash_count, step->stroke.dash_start_px);
}

static void set_color(cairo_t *cairo, struct pixel pixel)
{
    double alpha = pixel.a > 0 ? pixel.a : 1;
    cairo_set_source_rgba(cairo, pixel.r / alpha, pixel.g / alpha, pixel.b / alpha, pixel.a / 255.0);
}

static void draw_cairo(void *subject)
{
    struct scene *scene = subject;
    const struct step *line = NULL; /* of the path that is being made */
    cairo_new_path(scene->cairo);
    for (size_t i = 0; i < scene->steps->count; i++) {
        const struct step *step = &scene->steps->items[i];
        if (step->kind != STEP_SWEEP) {
            trace(scene->cairo, step);
            line = step->kind == STEP_STROKE ? step : NULL;
            continue;
        }
        set_color(scene->cairo, step->pixel);
        if (line) {
            set_pen(scene->cairo, line);
            cairo_stroke(scene->cairo);
        } else {
            cairo_set_fill_rule(scene->cairo,
                                step->rule == FILL_NONZERO ? CAIRO_FILL_RULE_WINDING : CAIRO_FILL_RULE_EVEN_ODD);
            cairo_fill(scene->cairo);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double replay_median_us(double seconds, void (*run)(void *subject), void *subject)
{
    static double runs[RUNS_MAX];
    size_t count = 0;
    double start = stages_now_us();
    while (count < RUNS_MAX && (count < 5 || stages_now_us() - start < seconds * 1e6)) {
        double before = stages_now_us();
        run(subject);
        runs[count++] = stages_now_us() - before;
    }
    qsort(runs, count, sizeof runs[0], by_size);
    return runs[count / 2];
}

static void replay(const struct steps *steps, double seconds, struct replay_figures *out_figures)
{
    uint32_t width = noted.picture ? noted.picture->width_px : 256;
    uint32_t height = noted.picture ? noted.picture->height_px : 256;
    noted.records = false;
    *out_figures = (struct replay_figures){0};
    for (size_t i = 0; i < steps->count; i++) {
        out_figures->shapes += steps->items[i].kind != STEP_SWEEP;
        out_figures->points += steps->items[i].count;
    }
    if (out_figures->shapes == 0) {
        return;
    }
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)width, (int)height);
    struct scene scene = {steps, must(raster_create(width, height)), must(canvas_create(width, height)),
                          cairo_create(surface)};
    out_figures->ours_us = replay_median_us(seconds, draw_ours, &scene);
    out_figures->cairo_us = replay_median_us(seconds, draw_cairo, &scene);
    cairo_destroy(scene.cairo);
    cairo_surface_destroy(surface);
    canvas_destroy(scene.canvas);
    raster_destroy(scene.raster);
}

void replay_fills(double seconds, struct replay_figures *out_figures)
{
    replay(&noted.fills, seconds, out_figures);
}

void replay_strokes(double seconds, struct replay_figures *out_figures)
{
    replay(&noted.strokes, seconds, out_figures);
}

/* ---- PNG ---- */

struct libpng_job {
    unsigned char *rgb;
    size_t bytes;
};

static void count_bytes(png_structp png, png_bytep bytes, png_size_t size)
{
    struct libpng_job *job = png_get_io_ptr(png);
    (void)bytes;
    job->bytes += size;
}

static void encode_by_libpng(void *subject)
{
    struct libpng_job *job = subject;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    job->bytes = 0;
    png_set_write_fn(png, job, count_bytes, NULL);
    png_set_IHDR(png, info, noted.picture->width_px, noted.picture->height_px, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (uint32_t y = 0; y < noted.picture->height_px; y++) {
        png_write_row(png, job->rgb + (size_t)y * noted.picture->width_px * 3);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

void replay_libpng(double seconds, double *out_us, size_t *out_bytes)
{
    *out_us = 0;
    *out_bytes = 0;
    if (!noted.picture) {
        return;
    }
    size_t pixels = (size_t)noted.picture->width_px * noted.picture->height_px;
    struct libpng_job job = {.rgb = must(malloc(pixels * 3))};
    for (size_t i = 0; i < pixels; i++) {
        memcpy(job.rgb + i * 3, noted.picture->rgba + i * 4, 3);
    }
    *out_us = replay_median_us(seconds, encode_by_libpng, &job);
    *out_bytes = job.bytes;
    free(job.rgb);
}
