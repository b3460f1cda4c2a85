/* SPDX-License-Identifier: MIT */
#include "draw/line_field.h"

#include "draw/image_paint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a pixel knows of the line. */
struct line_spot {
    float distance; /* from the line moved by its offset; pixels */
    float across;   /* the same, signed: positive to the right of the line's direction */
    float along;    /* pixels from its first point */
};

struct line_field {
    struct line_spot *spots; /* of the whole canvas; distance is INFINITY where nothing was noted */
    uint32_t *row_low;       /* the columns noted in each row */
    uint32_t *row_high;
    size_t room;
    size_t row_room;
};

struct line_field *line_field_create(void)
{
    return calloc(1, sizeof(struct line_field));
}

void line_field_destroy(struct line_field *line_field)
{
    if (line_field) {
        free(line_field->spots);
        free(line_field->row_low);
        free(line_field->row_high);
        free(line_field);
    }
}

static bool make_room(struct line_field *field, const struct canvas *canvas)
{
    size_t pixels = (size_t)canvas->width_px * canvas->height_px;
    if (pixels > field->room) {
        struct line_spot *spots = realloc(field->spots, pixels * sizeof *spots);
        if (!spots) {
            return false;
        }
        field->spots = spots;
        field->room = pixels;
        for (size_t i = 0; i < pixels; i++) {
            spots[i].distance = INFINITY;
        }
    }
    if (canvas->height_px > field->row_room) {
        uint32_t *low = realloc(field->row_low, canvas->height_px * sizeof *low);
        field->row_low = low ? low : field->row_low;
        uint32_t *high = realloc(field->row_high, canvas->height_px * sizeof *high);
        field->row_high = high ? high : field->row_high;
        if (!low || !high) {
            return false;
        }
        field->row_room = canvas->height_px;
    }
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        field->row_low[y] = UINT32_MAX;
        field->row_high[y] = 0;
    }
    return true;
}

/* --- the line in pieces --- */

struct vector {
    double x;
    double y;
};

/* A straight piece in pixels. */
struct segment {
    struct vector from;
    struct vector to;
    struct vector direction; /* of length 1 */
    double length;
    double along; /* of its first point */
};

struct tracer {
    struct line_field *field;
    const struct canvas *canvas;
    const struct line_paint *paint;
    double outset; /* how far from the line a pixel may be */
    double offset; /* to the right */
};

static void note(struct tracer *tracer, uint32_t x, uint32_t y, double distance, double across, double along)
{
    struct line_field *field = tracer->field;
    struct line_spot *spot = &field->spots[(size_t)y * tracer->canvas->width_px + x];
    if (distance < tracer->outset && (float)distance < spot->distance) {
        *spot = (struct line_spot){(float)distance, (float)across, (float)along};
        field->row_low[y] = x < field->row_low[y] ? x : field->row_low[y];
        field->row_high[y] = x > field->row_high[y] ? x : field->row_high[y];
    }
}

/* Columns [*low, *high) of the canvas in which `base + slope * column` lies between the limits; a pixel more on each
 * side, since what is noted is decided for each pixel. */
static void narrow(double base, double slope, double least, double most, double *low, double *high)
{
    if (fabs(slope) < 1e-9) {
        if (base < least - 1 || base > most + 1) {
            *high = *low;
        }
        return;
    }
    double a = (least - base) / slope;
    double b = (most - base) / slope;
    *low = fmax(*low, floor(fmin(a, b)) - 1);
    *high = fmin(*high, ceil(fmax(a, b)) + 2);
}

/* Rows of the canvas within `reach` of a stretch. */
static void rows_of(const struct tracer *tracer, double a, double b, double reach, uint32_t *out_low,
                    uint32_t *out_high)
{
    double height = tracer->canvas->height_px;
    *out_low = (uint32_t)fmin(height, fmax(0, floor(fmin(a, b) - reach)));
    *out_high = (uint32_t)fmin(height, fmax(0, ceil(fmax(a, b) + reach)));
}

/* The band along a segment, from `before` ahead of its first point to `after` beyond its last. */
static void trace_segment(struct tracer *tracer, const struct segment *segment, double before, double after)
{
    double reach = tracer->outset + fabs(tracer->offset) + fmax(before, after);
    uint32_t low_row;
    uint32_t high_row;
    rows_of(tracer, segment->from.y, segment->to.y, reach, &low_row, &high_row);
    struct vector d = segment->direction;
    for (uint32_t y = low_row; y < high_row; y++) {
        double dy = y + 0.5 - segment->from.y;
        double low = 0;
        double high = tracer->canvas->width_px;
        double start = 0.5 - segment->from.x; /* column 0, from the segment's first point */
        narrow(start * d.x + dy * d.y, d.x, -before, segment->length + after, &low, &high);
        narrow(dy * d.x - start * d.y - tracer->offset, -d.y, -tracer->outset, tracer->outset, &low, &high);
        for (double column = low; column < high; column++) {
            double dx = column + 0.5 - segment->from.x;
            double along = dx * d.x + dy * d.y;
            double across = dy * d.x - dx * d.y - tracer->offset;
            if (along >= -before && along <= segment->length + after) {
                note(tracer, (uint32_t)column, y, fabs(across), across, segment->along + along);
            }
        }
    }
}

enum corner_shape { CORNER_MITER, CORNER_BEVEL, CORNER_ROUND };

/* The wedge outside a corner, or, with `b` NULL, the half disc beyond an end; `a` leads to it, `b` away from it. */
static void trace_wedge(struct tracer *tracer, const struct segment *a, const struct segment *b, struct vector corner,
                        double along, enum corner_shape shape, double miter)
{
    double turn = b ? a->direction.x * b->direction.y - a->direction.y * b->direction.x : 0;
    double reach = (tracer->outset + fabs(tracer->offset)) * (shape == CORNER_MITER ? fmax(1, miter) : 1);
    double side = turn > 0 ? -1 : 1; /* the outer side; 1: to the right */
    uint32_t low_row;
    uint32_t high_row;
    rows_of(tracer, corner.y, corner.y, reach, &low_row, &high_row);
    uint32_t low_column = (uint32_t)fmin(tracer->canvas->width_px, fmax(0, floor(corner.x - reach)));
    uint32_t high_column = (uint32_t)fmin(tracer->canvas->width_px, fmax(0, ceil(corner.x + reach)));
    for (uint32_t y = low_row; y < high_row; y++) {
        for (uint32_t x = low_column; x < high_column; x++) {
            double dx = x + 0.5 - corner.x;
            double dy = y + 0.5 - corner.y;
            double ahead = dx * a->direction.x + dy * a->direction.y;
            double behind = b ? dx * b->direction.x + dy * b->direction.y : -1;
            if (ahead < 0 || behind > 0) {
                continue;
            }
            double on_a = dy * a->direction.x - dx * a->direction.y;
            double across = b ? side * sqrt(dx * dx + dy * dy) : on_a;
            double distance = fabs(b ? across - tracer->offset : sqrt(dx * dx + dy * dy));
            if (b && shape == CORNER_MITER) {
                double on_b = dy * b->direction.x - dx * b->direction.y;
                across = side * fmax(side * on_a, side * on_b);
                distance = fabs(across - tracer->offset);
            } else if (b && shape == CORNER_BEVEL) {
                /* The chord between the outer ends of both bands. */
                double across_edge = tracer->outset + side * tracer->offset;
                struct vector middle = {-a->direction.y - b->direction.y, a->direction.x + b->direction.x};
                double size = sqrt(middle.x * middle.x + middle.y * middle.y) / 2;
                double height = size > 0 ? side * (dx * middle.x + dy * middle.y) / (2 * size) : 0;
                if (height > across_edge * size) {
                    continue;
                }
            }
            note(tracer, x, y, distance, across - (b ? tracer->offset : 0), along);
        }
    }
}

/* --- joins and caps --- */

static void trace_corner(struct tracer *tracer, const struct segment *a, const struct segment *b)
{
    const struct stroke *stroke = &tracer->paint->stroke;
    double cosine = a->direction.x * b->direction.x + a->direction.y * b->direction.y;
    double half = sqrt(fmax(0, (1 + cosine) / 2)); /* cosine of half the turn */
    double miter = half > 1e-6 ? 1 / half : INFINITY;
    enum corner_shape shape = stroke->join == LINE_JOIN_ROUND   ? CORNER_ROUND
                              : stroke->join == LINE_JOIN_BEVEL ? CORNER_BEVEL
                                                                : CORNER_MITER;
    if (shape == CORNER_ROUND && miter < stroke->round_limit) {
        shape = CORNER_MITER;
    }
    if (shape == CORNER_BEVEL && miter < 1.05) {
        shape = CORNER_MITER;
    }
    if (shape == CORNER_MITER && miter > stroke->miter_limit) {
        shape = CORNER_BEVEL;
    }
    trace_wedge(tracer, a, b, b->from, b->along, shape, miter);
}

static void trace_end(struct tracer *tracer, const struct segment *segment, bool at_start)
{
    if (tracer->paint->stroke.cap != LINE_CAP_ROUND) {
        return;
    }
    struct segment outward = *segment;
    struct vector right = {-segment->direction.y, segment->direction.x};
    struct vector corner = at_start ? segment->from : segment->to;
    corner.x += right.x * tracer->offset;
    corner.y += right.y * tracer->offset;
    if (at_start) {
        outward.direction = (struct vector){-segment->direction.x, -segment->direction.y};
    }
    struct tracer centred = *tracer;
    centred.offset = 0;
    trace_wedge(&centred, &outward, NULL, corner, at_start ? segment->along : segment->along + segment->length,
                CORNER_ROUND, 1);
}

static bool make_segment(struct draw_point a, struct draw_point b, double along, struct segment *out_segment)
{
    double dx = ((double)b.x - a.x) / DRAW_ONE;
    double dy = ((double)b.y - a.y) / DRAW_ONE;
    double length = sqrt(dx * dx + dy * dy);
    if (length == 0) {
        return false;
    }
    *out_segment = (struct segment){.from = {(double)a.x / DRAW_ONE, (double)a.y / DRAW_ONE},
                                    .to = {(double)b.x / DRAW_ONE, (double)b.y / DRAW_ONE},
                                    .direction = {dx / length, dy / length},
                                    .length = length,
                                    .along = along};
    return true;
}

/* Returns the line's length. */
static double trace(struct tracer *tracer, const struct draw_point *points, size_t count, bool closed)
{
    struct segment first = {0};
    struct segment last = {0};
    double along = 0;
    double square = tracer->paint->stroke.cap == LINE_CAP_SQUARE && !closed ? tracer->outset : 0;
    size_t steps = count > 1 ? count - 1 : 0;
    bool is_open_ring =
        closed && count > 1 && (points[0].x != points[count - 1].x || points[0].y != points[count - 1].y);
    steps += is_open_ring;
    for (size_t i = 0; i < steps; i++) {
        struct segment segment;
        if (!make_segment(points[i], points[(i + 1) % count], along, &segment)) {
            continue;
        }
        bool is_first = first.length == 0;
        along += segment.length;
        if (!is_first) {
            trace_segment(tracer, &last, last.along == 0 ? square : 0, 0);
            trace_corner(tracer, &last, &segment);
        } else {
            first = segment;
        }
        last = segment;
    }
    if (last.length == 0) {
        return 0;
    }
    trace_segment(tracer, &last, last.along == 0 ? square : 0, square);
    if (closed) {
        struct segment again = first;
        again.along = along;
        trace_corner(tracer, &last, &again);
    } else {
        trace_end(tracer, &first, true);
        trace_end(tracer, &last, false);
    }
    return along;
}

/* --- colour --- */

/* How much of a dash there is: 1 inside, falling over one pixel at its ends. */
static double dash_share(const struct line_paint *paint, double along, double distance)
{
    const struct stroke *stroke = &paint->stroke;
    double period = 0;
    for (size_t i = 0; i < stroke->dash_count; i++) {
        period += stroke->dashes_px[i];
    }
    size_t repeats = stroke->dash_count % 2 == 1 ? 2 : 1;
    period *= (double)repeats;
    if (stroke->dash_count == 0 || !(period > 0)) {
        return 1;
    }
    double at = fmod(along + stroke->dash_start_px, period);
    at = at < 0 ? at + period : at;
    double best = -INFINITY; /* how far inside the nearest dash */
    double half = stroke->cap == LINE_CAP_ROUND ? stroke->width_px / 2 : 0;
    for (int turn = -1; turn <= 1; turn++) {
        double start = turn * period;
        for (size_t i = 0; i < stroke->dash_count * repeats; i++) {
            double length = stroke->dashes_px[i % stroke->dash_count];
            if (i % 2 == 0) {
                double outside = fmax(0, fmax(start - at, at - start - length));
                double inside = fmin(at - start, start + length - at);
                double depth = half > 0 ? half - sqrt(outside * outside + distance * distance) : inside;
                best = fmax(best, length > 0 || half > 0 ? depth : -INFINITY);
            }
            start += length;
        }
    }
    return fmin(1, fmax(0, best + 0.5));
}

static struct pixel color_at(const struct tracer *tracer, const struct line_spot *spot, double length)
{
    const struct line_paint *paint = tracer->paint;
    if (paint->image) {
        /* As MapLibre does: a pixel of the repeated image on each side belongs to the period. */
        double x = spot->along / paint->image_period_px;
        double y = 0.5 - 0.5 * spot->across / tracer->outset;
        return image_repeat_at(paint->image, (x - floor(x)) * (paint->image->width_px + 2.0) - 1,
                               y * (paint->image->height_px + 2.0) - 1);
    }
    if (paint->gradient) {
        double share = length > 0 ? fmin(1, fmax(0, spot->along / length)) : 0;
        return paint->gradient[(size_t)(share * (double)(paint->gradient_count - 1) + 0.5)];
    }
    return paint->pixel;
}

static void blend(uint8_t *rgba, struct pixel above, double share)
{
    double rest = 1 - above.a * share / 255;
    rgba[0] = (uint8_t)(above.r * share + rgba[0] * rest + 0.5);
    rgba[1] = (uint8_t)(above.g * share + rgba[1] * rest + 0.5);
    rgba[2] = (uint8_t)(above.b * share + rgba[2] * rest + 0.5);
    rgba[3] = (uint8_t)(above.a * share + rgba[3] * rest + 0.5);
}

static void paint_spots(struct tracer *tracer, struct canvas *canvas, double length)
{
    const struct line_paint *paint = tracer->paint;
    const struct line_field *field = tracer->field;
    double inset = paint->stroke.gap_width_px > 0 ? paint->stroke.gap_width_px / 2 + 0.5 : 0;
    double softness = paint->blur_px + 1;
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        for (uint32_t x = field->row_low[y]; x <= field->row_high[y] && x < canvas->width_px; x++) {
            struct line_spot *spot = &field->spots[(size_t)y * canvas->width_px + x];
            if (spot->distance == INFINITY) {
                continue;
            }
            double inward = inset > 0 ? (double)spot->distance - (inset - softness) : INFINITY;
            double share = fmin(inward, tracer->outset - (double)spot->distance) / softness;
            share = fmin(1, fmax(0, share)) * paint->opacity;
            share *= paint->image ? 1 : dash_share(paint, spot->along, spot->distance);
            if (share > 0) {
                blend(canvas->rgba + 4 * ((size_t)y * canvas->width_px + x), color_at(tracer, spot, length), share);
            }
            spot->distance = INFINITY;
        }
    }
}

bool line_field_paint(struct line_field *field, struct canvas *canvas, const struct draw_point *points, size_t count,
                      bool closed, const struct line_paint *paint)
{
    if (!make_room(field, canvas)) {
        return false;
    }
    double half_gap = paint->stroke.gap_width_px / 2;
    double half = paint->stroke.width_px / 2;
    struct tracer tracer = {.field = field,
                            .canvas = canvas,
                            .paint = paint,
                            .outset = half_gap + half * (half_gap > 0 ? 2 : 1) + 0.5,
                            .offset = paint->stroke.offset_px};
    double length = trace(&tracer, points, count, closed);
    paint_spots(&tracer, canvas, length);
    return true;
}
