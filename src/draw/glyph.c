/* SPDX-License-Identifier: MIT */
#include "draw/glyph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void glyph_path_finish(struct glyph_path *path)
{
    free(path->points);
    free(path->ring_ends);
    memset(path, 0, sizeof *path);
}

/* Where the outline is while it is being read: in pixels, not yet rounded. */
struct reader {
    struct glyph_path *path;
    const struct glyph_transform *transform;
    double x;
    double y;
};

static bool reserve(void **array, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *grown = realloc(*array, larger * size);
    if (!grown) {
        return false;
    }
    *array = grown;
    *capacity = larger;
    return true;
}

static int32_t to_fixed(double pixels)
{
    return (int32_t)floor(pixels * DRAW_ONE + 0.5);
}

static void put_point(struct reader *reader, double x, double y)
{
    struct glyph_path *path = reader->path;
    void *points = path->points;
    if (!reserve(&points, &path->point_capacity, path->point_count, sizeof *path->points)) {
        path->failed = true;
        return;
    }
    path->points = points;
    reader->x = x;
    reader->y = y;
    path->points[path->point_count++] =
        (struct draw_point){to_fixed(x) + reader->transform->shift_x, to_fixed(y) + reader->transform->shift_y};
}

static void close_ring(struct glyph_path *path)
{
    uint32_t start = path->ring_count > 0 ? path->ring_ends[path->ring_count - 1] : 0;
    if (path->point_count < start + 3u) {
        path->point_count = start;
        return;
    }
    void *ends = path->ring_ends;
    if (!reserve(&ends, &path->ring_capacity, path->ring_count, sizeof *path->ring_ends)) {
        path->failed = true;
        return;
    }
    path->ring_ends = ends;
    path->ring_ends[path->ring_count++] = (uint32_t)path->point_count;
}

/* Font units, y upwards, to pixels, y downwards. */
static struct reader moved(const struct reader *reader, double x, double y)
{
    const struct glyph_transform *t = reader->transform;
    double right = x * t->scale;
    double down = -y * t->scale;
    struct reader at = *reader;
    at.x = right * t->cosine - down * t->sine;
    at.y = right * t->sine + down * t->cosine;
    return at;
}

static void on_move(void *context, double x, double y)
{
    struct reader *reader = context;
    close_ring(reader->path);
    struct reader to = moved(reader, x, y);
    put_point(reader, to.x, to.y);
}

static void on_line(void *context, double x, double y)
{
    struct reader *reader = context;
    struct reader to = moved(reader, x, y);
    put_point(reader, to.x, to.y);
}

/* Enough pieces for a curve whose control polygon bends by (x, y) pixels to be right within a fortieth of a pixel. */
static int pieces_for(double x, double y)
{
    double bend = sqrt(x * x + y * y);
    return (int)fmin(32, fmax(1, ceil(sqrt(bend * 10))));
}

static void on_quad(void *context, double cx, double cy, double x, double y)
{
    struct reader *reader = context;
    struct reader from = *reader;
    struct reader control = moved(reader, cx, cy);
    struct reader to = moved(reader, x, y);
    int pieces = pieces_for((from.x - 2 * control.x + to.x) / 2, (from.y - 2 * control.y + to.y) / 2);
    for (int i = 1; i < pieces; i++) {
        double t = (double)i / pieces;
        double a = (1 - t) * (1 - t);
        double b = 2 * t * (1 - t);
        double c = t * t;
        put_point(reader, a * from.x + b * control.x + c * to.x, a * from.y + b * control.y + c * to.y);
    }
    put_point(reader, to.x, to.y);
}

static void on_cubic(void *context, double ax, double ay, double bx, double by, double x, double y)
{
    struct reader *reader = context;
    struct reader from = *reader;
    struct reader a = moved(reader, ax, ay);
    struct reader b = moved(reader, bx, by);
    struct reader to = moved(reader, x, y);
    double bend_x = fmax(fabs(from.x - 2 * a.x + b.x), fabs(a.x - 2 * b.x + to.x));
    double bend_y = fmax(fabs(from.y - 2 * a.y + b.y), fabs(a.y - 2 * b.y + to.y));
    int pieces = pieces_for(bend_x, bend_y);
    for (int i = 1; i < pieces; i++) {
        double t = (double)i / pieces;
        double u = 1 - t;
        double w0 = u * u * u;
        double w1 = 3 * t * u * u;
        double w2 = 3 * t * t * u;
        double w3 = t * t * t;
        put_point(reader, w0 * from.x + w1 * a.x + w2 * b.x + w3 * to.x, w0 * from.y + w1 * a.y + w2 * b.y + w3 * to.y);
    }
    put_point(reader, to.x, to.y);
}

bool glyph_path_read(struct glyph_path *path, struct font_face *face, uint32_t glyph,
                     const struct glyph_transform *transform)
{
    path->point_count = 0;
    path->ring_count = 0;
    path->failed = false;
    struct reader reader = {path, transform, 0, 0};
    const struct font_outline_sink sink = {&reader, on_move, on_line, on_quad, on_cubic};
    if (!font_face_outline(face, glyph, &sink)) {
        return false;
    }
    close_ring(path);
    return !path->failed;
}

struct glyph_box glyph_box_of(const struct glyph_path *path, double reach_px)
{
    struct glyph_box none = {0, 0, 0, 0};
    if (path->ring_count == 0) {
        return none;
    }
    struct draw_point low = path->points[0];
    struct draw_point high = low;
    for (size_t i = 1; i < path->point_count; i++) {
        struct draw_point point = path->points[i];
        low.x = point.x < low.x ? point.x : low.x;
        low.y = point.y < low.y ? point.y : low.y;
        high.x = point.x > high.x ? point.x : high.x;
        high.y = point.y > high.y ? point.y : high.y;
    }
    double left = floor((double)low.x / DRAW_ONE - reach_px);
    double top = floor((double)low.y / DRAW_ONE - reach_px);
    double width = ceil((double)high.x / DRAW_ONE + reach_px) - left;
    double height = ceil((double)high.y / DRAW_ONE + reach_px) - top;
    /* Edges in the last column of a full group of cells spill into the raster's margin, which a picture of another
     * width would find again: the column after them is ours as well. */
    width += fmod(width, 8) == 0 ? 1 : 0;
    if (width > GLYPH_SIDE_MAX_PX || height > GLYPH_SIDE_MAX_PX) {
        return none;
    }
    return (struct glyph_box){(int32_t)left, (int32_t)top, (int32_t)width, (int32_t)height};
}

void glyph_fill(const struct glyph_path *path, const struct glyph_box *box, struct raster *raster,
                uint8_t *out_coverage)
{
    raster_begin(raster, (uint32_t)box->width, (uint32_t)box->height);
    struct draw_point ring[256];
    uint32_t start = 0;
    for (size_t i = 0; i < path->ring_count; i++) {
        uint32_t end = path->ring_ends[i];
        struct draw_point *points = path->points + start;
        uint32_t count = end - start;
        struct draw_point *moved_points = count <= 256 ? ring : malloc(count * sizeof *moved_points);
        if (moved_points) {
            for (uint32_t j = 0; j < count; j++) {
                moved_points[j] =
                    (struct draw_point){points[j].x - box->left * DRAW_ONE, points[j].y - box->top * DRAW_ONE};
            }
            raster_add_ring(raster, moved_points, count);
        }
        if (moved_points != ring) {
            free(moved_points);
        }
        start = end;
    }
    raster_mask(raster, FILL_NONZERO, out_coverage, (size_t)box->width);
}

/* Four pixels at a time; each lane is plain arithmetic, so every processor gives the same. */
typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) f32x4 choose(i32x4 which, f32x4 a, f32x4 b)
{
    return (f32x4)(((i32x4)a & which) | ((i32x4)b & ~which));
}

/* Lowers the squared distances of the pixels within `reach` of a segment, and of some beside them. */
static void splat_segment(const struct glyph_box *box, double ax, double ay, double bx, double by, double reach,
                          float *distances)
{
    int32_t x0 = (int32_t)fmax(0, floor(fmin(ax, bx) - reach));
    int32_t x1 = (int32_t)fmin(box->width, ceil(fmax(ax, bx) + reach));
    int32_t y0 = (int32_t)fmax(0, floor(fmin(ay, by) - reach));
    int32_t y1 = (int32_t)fmin(box->height, ceil(fmax(ay, by) + reach));
    float dx = (float)(bx - ax);
    float dy = (float)(by - ay);
    float length2 = dx * dx + dy * dy;
    float inverse = length2 > 0 ? 1 / length2 : 0;
    const f32x4 steps = {0.5f, 1.5f, 2.5f, 3.5f};
    const f32x4 zero = {0};
    const f32x4 one = zero + 1;
    size_t stride = glyph_distance_stride(box);
    for (int32_t y = y0; y < y1; y++) {
        float py = (float)y + 0.5f - (float)ay;
        for (int32_t x = x0; x < x1; x += 4) {
            float *at = distances + (size_t)y * stride + x;
            f32x4 known;
            memcpy(&known, at, sizeof known);
            f32x4 px = steps + ((float)x - (float)ax);
            f32x4 t = (px * dx + py * dy) * inverse;
            t = choose(t < zero, zero, t);
            t = choose(t > one, one, t);
            f32x4 ex = px - t * dx;
            f32x4 ey = py - t * dy;
            f32x4 distance2 = ex * ex + ey * ey;
            known = choose(distance2 < known, distance2, known);
            memcpy(at, &known, sizeof known);
        }
    }
}

/* Segments of a ring with the shortest ones joined: a twentieth of a pixel does not show in a halo. */
static void splat_ring(const struct glyph_path *path, uint32_t start, uint32_t end, const struct glyph_box *box,
                       double reach, float *distances)
{
    const int32_t least = DRAW_ONE / 2;
    struct draw_point from = path->points[end - 1];
    for (uint32_t i = start; i < end; i++) {
        struct draw_point to = path->points[i];
        if (i + 1 < end && abs(to.x - from.x) + abs(to.y - from.y) < least) {
            continue;
        }
        splat_segment(box, (double)from.x / DRAW_ONE - box->left, (double)from.y / DRAW_ONE - box->top,
                      (double)to.x / DRAW_ONE - box->left, (double)to.y / DRAW_ONE - box->top, reach, distances);
        from = to;
    }
}

/* Half the width of the edge of a blurred halo: MapLibre's halo shader in pixels (1.19 a pixel of blur). */
static double edge_of(double blur_px)
{
    return 0.5 + 1.19 * blur_px;
}

double glyph_halo_reach_px(double halo_px, double blur_px)
{
    return halo_px + edge_of(blur_px);
}

size_t glyph_distance_stride(const struct glyph_box *box)
{
    return (size_t)box->width + 4;
}

/* From -edge beyond the halo (full) to +edge (none). */
static uint8_t halo_coverage(float distance, float halo, float edge, bool is_soft)
{
    float share = 0.5f - (distance - halo) / (2 * edge);
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    if (is_soft) {
        share = share * share * (3 - 2 * share);
    }
    return (uint8_t)(share * 255 + 0.5f);
}

void glyph_widen(const struct glyph_path *path, const struct glyph_box *box, double halo_px, double blur_px,
                 float *distances, const uint8_t *coverage, uint8_t *out_coverage)
{
    size_t stride = glyph_distance_stride(box);
    double reach = glyph_halo_reach_px(halo_px, blur_px);
    float far = (float)(reach * reach);
    for (size_t i = 0; i < stride * (size_t)box->height; i++) {
        distances[i] = far;
    }
    uint32_t start = 0;
    for (size_t i = 0; i < path->ring_count; i++) {
        splat_ring(path, start, path->ring_ends[i], box, reach, distances);
        start = path->ring_ends[i];
    }
    float edge = (float)edge_of(blur_px);
    for (int32_t y = 0; y < box->height; y++) {
        for (int32_t x = 0; x < box->width; x++) {
            size_t at = (size_t)y * (size_t)box->width + (size_t)x;
            float distance2 = distances[(size_t)y * stride + (size_t)x];
            bool inside = coverage[at] >= 128;
            uint8_t widened = inside ? 255 : 0;
            if (distance2 < far) {
                float distance = sqrtf(distance2);
                widened = halo_coverage(inside ? -distance : distance, (float)halo_px, edge, blur_px > 0);
            }
            out_coverage[at] = blur_px > 0 || widened > coverage[at] ? widened : coverage[at];
        }
    }
}
