/* SPDX-License-Identifier: MIT */
/* A picture on a quadrilateral is the perspective view of a plane, as MapLibre draws it: exact for parallelograms, and
 * the nearer the corners come to a triangle the more it is stretched like a sheet of rubber instead (bilinearly), since
 * perspective would then press most of the picture into a sliver. Corners without a perspective view (concave, crossed)
 * get the rubber sheet.
 *
 * Pure perspective is undone for each pixel. The rest is drawn as a mesh of triangles, which needs no inverse. */

#include "render/raster_quad.h"

#include "render/raster_texture.h"

#include <math.h>

enum { MESH = 16 /* cells in each direction */ };

/* Foreshortening up to which a warp is pure perspective, and from which it is pure rubber. */
static const double perspective_until = 4;
static const double rubber_from = 512;

struct quad {
    struct raster_sheet *sheet;
    const struct raster_color *color;
    struct raster_texture texture;
    bool nearest;
    uint32_t *row;
    struct render_corner corners[4]; /* pixels of the picture */
    double perspective_x;            /* the denominator at u, v is 1 + perspective_x * u + perspective_y * v */
    double perspective_y;
    double rubber; /* 0: perspective, 1: bilinear */
};

static bool is_parallelogram(const struct render_corner *c)
{
    return c[0].x + c[2].x == c[1].x + c[3].x && c[0].y + c[2].y == c[1].y + c[3].y;
}

/* P. Heckbert, Fundamentals of Texture Mapping and Image Warping (1989), section 2.2.3. */
static void find_perspective(struct quad *quad)
{
    const struct render_corner *c = quad->corners;
    double sum_x = c[0].x - c[1].x + c[2].x - c[3].x;
    double sum_y = c[0].y - c[1].y + c[2].y - c[3].y;
    double right_x = c[1].x - c[2].x;
    double right_y = c[1].y - c[2].y;
    double down_x = c[3].x - c[2].x;
    double down_y = c[3].y - c[2].y;
    double determinant = right_x * down_y - right_y * down_x;
    double x = (sum_x * down_y - down_x * sum_y) / determinant;
    double y = (right_x * sum_y - sum_x * right_y) / determinant;
    double least = fmin(fmin(1, 1 + x), fmin(1 + x + y, 1 + y));
    double most = fmax(fmax(1, 1 + x), fmax(1 + x + y, 1 + y));
    double foreshortening = most / least;
    quad->rubber = 1;
    if (determinant != 0 && foreshortening >= 1 && foreshortening < rubber_from) {
        double blend = (1 - perspective_until / foreshortening) / (1 - perspective_until / rubber_from);
        quad->rubber = fmax(0, blend);
        quad->perspective_x = x;
        quad->perspective_y = y;
    }
}

/* Where the picture's u, v (0 … 1) comes to lie. */
static struct render_corner point_at(const struct quad *quad, double u, double v)
{
    const struct render_corner *c = quad->corners;
    double weights[4] = {(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v};
    double px = quad->perspective_x;
    double py = quad->perspective_y;
    double bends[4] = {1, 1 + px, 1 + px + py, 1 + py};
    struct render_corner rubber = {0, 0};
    struct render_corner plane = {0, 0};
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        rubber.x += c[i].x * weights[i];
        rubber.y += c[i].y * weights[i];
        plane.x += c[i].x * weights[i] * bends[i];
        plane.y += c[i].y * weights[i] * bends[i];
        sum += weights[i] * bends[i];
    }
    double share = quad->rubber;
    return (struct render_corner){rubber.x * share + plane.x / sum * (1 - share),
                                  rubber.y * share + plane.y / sum * (1 - share)};
}

/* --- rows of pixels --- */

static bool rows_of(const struct quad *quad, const struct render_corner *points, size_t count, uint32_t *out_low,
                    uint32_t *out_high, uint32_t *out_left, uint32_t *out_right)
{
    struct render_corner low = points[0];
    struct render_corner high = points[0];
    for (size_t i = 1; i < count; i++) {
        low = (struct render_corner){fmin(low.x, points[i].x), fmin(low.y, points[i].y)};
        high = (struct render_corner){fmax(high.x, points[i].x), fmax(high.y, points[i].y)};
    }
    double width = quad->sheet->canvas->width_px;
    double height = quad->sheet->canvas->height_px;
    if (!(high.x > 0 && high.y > 0 && low.x < width && low.y < height)) {
        return false;
    }
    *out_left = (uint32_t)fmax(0, floor(low.x - 0.5));
    *out_right = (uint32_t)fmin(width, ceil(high.x + 0.5));
    *out_low = (uint32_t)fmax(0, floor(low.y - 0.5));
    *out_high = (uint32_t)fmin(height, ceil(high.y + 0.5));
    return true;
}

static void lay(const struct quad *quad, uint32_t x, uint32_t y, size_t count)
{
    raster_color_apply(quad->color, quad->row, count);
    raster_sheet_lay(quad->sheet, x, y, quad->row, count, false);
}

static uint32_t sample(const struct quad *quad, double u, double v)
{
    return raster_texture_sample(&quad->texture, u * quad->texture.width_px, v * quad->texture.height_px,
                                 quad->nearest);
}

/* The way back from the picture's pixels: x, y, 1 times these rows gives u, v and their denominator. */
static bool invert(const struct quad *quad, double out[3][3])
{
    const struct render_corner *c = quad->corners;
    double g = quad->perspective_x;
    double h = quad->perspective_y;
    double a = c[1].x - c[0].x + g * c[1].x;
    double b = c[3].x - c[0].x + h * c[3].x;
    double d = c[1].y - c[0].y + g * c[1].y;
    double e = c[3].y - c[0].y + h * c[3].y;
    double x = c[0].x;
    double y = c[0].y;
    double rows[3][3] = {
        {e - y * h, x * h - b, b * y - x * e},
        {y * g - d, a - x * g, x * d - a * y},
        {d * h - e * g, b * g - a * h, a * e - b * d},
    };
    double determinant = a * rows[0][0] + b * rows[1][0] + x * rows[2][0];
    if (!(fabs(determinant) > 0)) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            out[i][k] = rows[i][k] / determinant;
        }
    }
    return true;
}

static void paint_plane(const struct quad *quad)
{
    double back[3][3];
    uint32_t low;
    uint32_t high;
    uint32_t left;
    uint32_t right;
    if (!invert(quad, back) || !rows_of(quad, quad->corners, 4, &low, &high, &left, &right)) {
        return;
    }
    for (uint32_t line = low; line < high; line++) {
        double y = line + 0.5;
        for (uint32_t column = left; column < right; column++) {
            double x = column + 0.5;
            double bend = back[2][0] * x + back[2][1] * y + back[2][2];
            double u = (back[0][0] * x + back[0][1] * y + back[0][2]) / bend;
            double v = (back[1][0] * x + back[1][1] * y + back[1][2]) / bend;
            bool inside = bend > 0 && u >= 0 && u < 1 && v >= 0 && v < 1;
            quad->row[column - left] = inside ? sample(quad, u, v) : 0;
        }
        lay(quad, left, line, right - left);
    }
}

/* --- mesh --- */

struct mesh_point {
    struct render_corner at;
    double u;
    double v;
};

/* Twice the area left of a → b as seen from `point`; the same number with the other sign for b → a, so that a pixel on
 * a common edge belongs to one of two triangles. */
static double side(struct render_corner a, struct render_corner b, double x, double y)
{
    bool turned = a.x > b.x || (a.x == b.x && a.y > b.y);
    struct render_corner from = turned ? b : a;
    struct render_corner to = turned ? a : b;
    double area = (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x);
    return turned ? -area : area;
}

static bool holds(double area, struct render_corner a, struct render_corner b)
{
    bool is_top_left = (a.y == b.y && b.x > a.x) || b.y < a.y;
    return area > 0 || (area == 0 && is_top_left);
}

static void paint_triangle(const struct quad *quad, const struct mesh_point *a, const struct mesh_point *b,
                           const struct mesh_point *c)
{
    double area = side(a->at, b->at, c->at.x, c->at.y);
    if (area < 0) {
        const struct mesh_point *other = b;
        b = c;
        c = other;
        area = -area;
    }
    struct render_corner points[3] = {a->at, b->at, c->at};
    uint32_t low;
    uint32_t high;
    uint32_t left;
    uint32_t right;
    if (!(area > 0) || !rows_of(quad, points, 3, &low, &high, &left, &right)) {
        return;
    }
    for (uint32_t line = low; line < high; line++) {
        double y = line + 0.5;
        for (uint32_t column = left; column < right; column++) {
            double x = column + 0.5;
            double of_c = side(a->at, b->at, x, y);
            double of_a = side(b->at, c->at, x, y);
            double of_b = side(c->at, a->at, x, y);
            bool inside = holds(of_c, a->at, b->at) && holds(of_a, b->at, c->at) && holds(of_b, c->at, a->at);
            quad->row[column - left] = inside ? sample(quad, (a->u * of_a + b->u * of_b + c->u * of_c) / area,
                                                       (a->v * of_a + b->v * of_b + c->v * of_c) / area)
                                              : 0;
        }
        lay(quad, left, line, right - left);
    }
}

static void paint_mesh(const struct quad *quad)
{
    struct mesh_point points[MESH + 1][MESH + 1];
    for (size_t y = 0; y <= MESH; y++) {
        for (size_t x = 0; x <= MESH; x++) {
            double u = (double)x / MESH;
            double v = (double)y / MESH;
            points[y][x] = (struct mesh_point){point_at(quad, u, v), u, v};
        }
    }
    for (size_t y = 0; y < MESH; y++) {
        for (size_t x = 0; x < MESH; x++) {
            paint_triangle(quad, &points[y][x], &points[y + 1][x], &points[y][x + 1]);
            paint_triangle(quad, &points[y][x + 1], &points[y + 1][x], &points[y + 1][x + 1]);
        }
    }
}

/* --- all of it --- */

/* Texels to a pixel along the longest edges: above 1 the picture is shown smaller than it is. */
static double texels_per_px(const struct quad *quad)
{
    const struct render_corner *c = quad->corners;
    double across = fmax(hypot(c[1].x - c[0].x, c[1].y - c[0].y), hypot(c[2].x - c[3].x, c[2].y - c[3].y));
    double down = fmax(hypot(c[3].x - c[0].x, c[3].y - c[0].y), hypot(c[2].x - c[1].x, c[2].y - c[1].y));
    return fmax(quad->texture.width_px / across, quad->texture.height_px / down);
}

bool raster_quad_paint(struct raster_sheet *sheet, const struct render_raster *raster, const struct raster_color *color,
                       bool nearest, struct arena *arena)
{
    struct quad quad = {
        .sheet = sheet,
        .color = color,
        .texture = raster_texture_of(raster),
        .row = arena_array(arena, sheet->canvas->width_px, sizeof *quad.row),
    };
    if (!quad.row) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        quad.corners[i] = (struct render_corner){(raster->corners[i].x - sheet->origin_x) / sheet->units,
                                                 (raster->corners[i].y - sheet->origin_y) / sheet->units};
    }
    quad.nearest = nearest && texels_per_px(&quad) <= 1;
    if (!is_parallelogram(raster->corners)) {
        find_perspective(&quad);
    }
    if (quad.rubber > 0) {
        paint_mesh(&quad);
    } else {
        paint_plane(&quad);
    }
    return true;
}
