/* SPDX-License-Identifier: MIT */
#include "draw/hairline.h"

#include "draw/raster_patch.h"
#include "draw/raster_small.h"

#include <math.h>
#include <string.h>

/* Across a line of this width lies at most one border between pixels, however it runs: sqrt(1/2). */
static const double WIDTH_MAX_PX = 0.7;
/* A round end has the area of so many widths of line. */
static const double ROUND_END = 0.39269908169872414; /* pi / 8 */

bool hairline_fits(const struct stroke *stroke)
{
    return stroke->width_px <= WIDTH_MAX_PX && stroke->dash_count == 0 && stroke->offset_px == 0 &&
           !(stroke->gap_width_px > 0);
}

/* So many widths beyond its points may a line's ink lie: half of one along a segment that is longer at its corner and
 * as much aside, and half of the thickness of one in between the axes. */
static const double REACH = 1.20711; /* (1 + sqrt(2)) / 2 */

struct place {
    int64_t x;
    int64_t y;
};

/* A segment along the axis that it is closer to: level or upright. */
struct thin_line {
    int64_t from; /* on this axis */
    int64_t to;
    int64_t along;  /* an end of the segment, from which places on it are measured: on this axis … */
    int64_t across; /* … and on the other one */
    int64_t run;
    int64_t rise;
    float slope;
    float variance;  /* the square of … */
    float thickness; /* … the line's, along the other axis */
    float aside;     /* of the way it takes aside, what widens its boxes */
};

/* One segment, and by how much it is longer at its ends: what a cap adds, or what keeps a corner full. */
struct segment {
    struct place a;
    struct place b;
    int64_t height;
    int64_t more_at_a;
    int64_t more_at_b;
    bool is_level;
};

static inline struct thin_line line_of(const struct segment *segment, float width)
{
    bool level = segment->is_level;
    int64_t along = level ? segment->a.x : segment->a.y;
    int64_t across = level ? segment->a.y : segment->a.x;
    int64_t along_b = level ? segment->b.x : segment->b.y;
    int64_t across_b = level ? segment->b.y : segment->b.x;
    bool back = along > along_b;
    int64_t run = back ? along - along_b : along_b - along;
    int64_t rise = back ? across - across_b : across_b - across;
    float slope = (float)rise / (float)run;
    float variance = width * width * (1 + slope * slope);
    return (struct thin_line){
        .from = back ? along_b - segment->more_at_b : along - segment->more_at_a,
        .to = back ? along + segment->more_at_a : along_b + segment->more_at_b,
        .along = back ? along_b : along,
        .across = back ? across_b : across,
        .run = run,
        .rise = rise,
        .slope = slope,
        .variance = variance,
        .thickness = sqrtf(variance),
        .aside = slope * RASTER_SPREAD,
    };
}

static inline int64_t rounded(float number)
{
    float sum = number + RASTER_ROUND;
    int32_t bits;
    memcpy(&bits, &sum, sizeof bits);
    return bits - RASTER_ROUND_BITS;
}

/* What a line leaves between two places on its axis, within a row or column of pixels: a box, which lies in up to three
 * pixels. */
struct box {
    int64_t first; /* the pixel on the other axis where it begins */
    int32_t ink[3];
};

/* raster_small.c computes the same in the same steps. */
static inline struct box box_at(const struct thin_line *line, int64_t from, int64_t to)
{
    float length = (float)(to - from);
    float aside = line->aside * length;
    float width = sqrtf(line->variance + aside * aside);
    float density = (line->thickness + line->thickness) * length / width;
    int64_t ways = from + to - 2 * line->along;
    int64_t edge = line->across;
    if (line->run <= RASTER_SHORT) {
        edge += rounded(line->slope * ((float)ways * 0.5F) - width * 0.5F);
    } else {
        double middle = (double)line->rise / (double)line->run * ((double)ways * 0.5) - (double)(width * 0.5F);
        edge += (int64_t)(middle < 0 ? middle - 0.5 : middle + 0.5);
    }
    float reach = (float)(DRAW_ONE - (edge & (DRAW_ONE - 1)));
    int32_t one = (int32_t)rounded((reach < width ? reach : width) * density);
    int32_t two = (int32_t)rounded((reach + DRAW_ONE < width ? reach + DRAW_ONE : width) * density);
    int32_t all = (int32_t)rounded(width * density);
    return (struct box){edge >> 8, {one, two - one, all - two}};
}

/* Ink in one pixel: 2 * DRAW_ONE times its height, as much less right of it. */
static inline void add_ink(struct raster *raster, int64_t row, int64_t column, int32_t ink)
{
    uint32_t *cells = raster->cells + (size_t)row * raster->stride + (size_t)column;
    size_t right = (size_t)column + 1 < raster->width_px ? (size_t)column + 1 : (size_t)column;
    raster_count_edge(raster, (size_t)row);
    cells[0] += (uint32_t)ink;
    cells[1] -= (uint32_t)ink;
    raster_touch_cells(raster->bits + (size_t)row * raster->bit_words, (size_t)column, right);
}

/* The parts of a box in the pixels that it lies in, of which there are few. */
static void add_box(struct raster *raster, const struct thin_line *line, int64_t from, int64_t to, bool is_level)
{
    struct box box = box_at(line, from, to);
    for (int64_t i = 0; i < 3; i++) {
        int64_t row = is_level ? box.first + i : from >> 8;
        int64_t column = is_level ? from >> 8 : box.first + i;
        if (box.ink[i] > 0 && row >= 0 && row < (int64_t)raster->height_px && column >= 0 &&
            column < (int64_t)raster->width_px) {
            add_ink(raster, row, column, box.ink[i]);
        }
    }
}

/* A line in the picture's accumulation: in each column (or row) a box in a few rows (or columns). */
static void add_line(struct raster *raster, const struct thin_line *line, bool is_level)
{
    int64_t limit = is_level ? raster->right : raster->bottom;
    int64_t from = line->from > 0 ? line->from : 0;
    int64_t end = line->to < limit ? line->to : limit;
    while (from < end) {
        int64_t to = (from | (DRAW_ONE - 1)) + 1;
        to = to < line->to ? to : line->to;
        add_box(raster, line, from, to, is_level);
        from = to;
    }
}

/* The same for a patch: nothing is cut off. */
static void add_to_patch(uint32_t *cells, const struct thin_line *line, bool is_level)
{
    int64_t along = is_level ? 1 : RASTER_PATCH_STRIDE;
    int64_t across = is_level ? RASTER_PATCH_STRIDE : 1;
    for (int64_t from = line->from; from < line->to;) {
        int64_t to = (from | (DRAW_ONE - 1)) + 1;
        to = to < line->to ? to : line->to;
        struct box box = box_at(line, from, to);
        uint32_t *cell = cells + (from >> 8) * along + box.first * across;
        cell[0] += (uint32_t)box.ink[0];
        cell[across] += (uint32_t)box.ink[1];
        cell[2 * across] += (uint32_t)box.ink[2];
        from = to;
    }
}

static void add_segment(struct raster *raster, const struct segment *segment, float width)
{
    if (raster->patch.kind == RASTER_PATCH_INK) {
        struct thin_line line = line_of(segment, width);
        add_to_patch(raster->patch.cells, &line, segment->is_level);
        return;
    }
    struct place a = segment->a;
    struct place b = segment->b;
    int64_t left = (a.x < b.x ? a.x : b.x) - DRAW_ONE;
    int64_t right = (a.x < b.x ? b.x : a.x) + DRAW_ONE;
    int64_t top = (a.y < b.y ? a.y : b.y) - DRAW_ONE;
    int64_t bottom = (a.y < b.y ? b.y : a.y) + DRAW_ONE;
    if (right <= 0 || left >= raster->right || bottom <= 0 || top >= raster->bottom) {
        return;
    }
    struct thin_line line = line_of(segment, width);
    int64_t first = (segment->is_level ? top : line.from) >> 8;
    int64_t last = (segment->is_level ? bottom : line.to) >> 8;
    first = first > 0 ? first : 0;
    last = last < (int64_t)raster->height_px ? last : (int64_t)raster->height_px - 1;
    if (first > last || line.from >= line.to) {
        return;
    }
    raster_touch_rows(raster, first, last);
    add_line(raster, &line, segment->is_level);
}

/* A line while it is drawn: a segment waits for the one after it. Two places that are used in turns, since a copy would
 * have to wait for what was just written. */
struct walk {
    struct raster *raster;
    float width;
    int64_t half;
    struct place origin; /* of the patch, where it takes the line */
    struct segment segments[2];
    unsigned waiting;
    bool is_drawn; /* the one that waits is to be drawn, not only there to tell what comes before */
};

static void begin_segment(struct segment *segment, struct place a, struct place b)
{
    int64_t width = a.x < b.x ? b.x - a.x : a.x - b.x;
    segment->a = a;
    segment->b = b;
    segment->height = a.y < b.y ? b.y - a.y : a.y - b.y;
    segment->is_level = width > segment->height;
    segment->more_at_a = segment->more_at_b = 0;
}

/* Where a level segment and an upright one meet, the level one fills the corner and the upright one begins beside it:
 * both by as much, so that no ink is gained or lost. */
static void join(const struct walk *walk, struct segment *before, struct segment *after)
{
    if (before->is_level != after->is_level) {
        int64_t room = (before->is_level ? after : before)->height / 2;
        int64_t more = walk->half < room ? walk->half : room;
        before->more_at_b = before->is_level ? more : -more;
        after->more_at_a = -before->more_at_b;
    }
}

/* The next segment of the line; the one before it is drawn. */
static struct segment *walk_on(struct walk *walk, struct place a, struct place b)
{
    struct segment *before = &walk->segments[walk->waiting];
    struct segment *after = &walk->segments[walk->waiting ^ 1];
    begin_segment(after, a, b);
    join(walk, before, after);
    if (walk->is_drawn) {
        add_segment(walk->raster, before, walk->width);
    }
    walk->waiting ^= 1;
    walk->is_drawn = true;
    return after;
}

static void end_walk(struct walk *walk, int64_t more)
{
    struct segment *last = &walk->segments[walk->waiting];
    last->more_at_b = more;
    add_segment(walk->raster, last, walk->width);
}

/* What a cap adds on the axis of a segment; to one without length, nothing. */
static int64_t more_at_end(const struct segment *segment, double more)
{
    double dx = (double)(segment->b.x - segment->a.x);
    double dy = (double)(segment->b.y - segment->a.y);
    double length = sqrt(dx * dx + dy * dy);
    return length > 0 ? (int64_t)(more * fmax(fabs(dx), fabs(dy)) / length + 0.5) : 0;
}

static struct place place_of(const struct walk *walk, struct draw_point point)
{
    return (struct place){point.x - walk->origin.x, point.y - walk->origin.y};
}

static bool same_place(struct place a, struct place b)
{
    return a.x == b.x && a.y == b.y;
}

static void add_ring(struct walk *walk, const struct draw_point *points, size_t count)
{
    while (count > 1 && points[count - 1].x == points[0].x && points[count - 1].y == points[0].y) {
        count--;
    }
    struct place from = place_of(walk, points[0]);
    int64_t more_at_first = 0;
    begin_segment(&walk->segments[0], place_of(walk, points[count - 1]), from);
    for (size_t i = 1; i <= count; i++) {
        struct place to = place_of(walk, points[i < count ? i : 0]);
        if (!same_place(from, to)) {
            bool is_first = !walk->is_drawn;
            const struct segment *segment = walk_on(walk, from, to);
            more_at_first = is_first ? segment->more_at_a : more_at_first;
            from = to;
        }
    }
    end_walk(walk, -more_at_first);
}

static void add_open(struct walk *walk, const struct draw_point *points, size_t count, double more)
{
    struct place from = place_of(walk, points[0]);
    for (size_t i = 1; i < count; i++) {
        struct place to = place_of(walk, points[i]);
        if (same_place(from, to)) {
            continue;
        }
        if (walk->is_drawn) {
            walk_on(walk, from, to);
        } else {
            begin_segment(&walk->segments[0], from, to);
            walk->segments[0].more_at_a = more_at_end(&walk->segments[0], more);
            walk->is_drawn = true;
        }
        from = to;
    }
    end_walk(walk, more_at_end(&walk->segments[walk->waiting], more));
}

/* How many of the points differ from the one before, up to four. */
static size_t count_places(const struct draw_point *points, size_t count)
{
    size_t places = 1;
    for (size_t i = 1; i < count && places < 4; i++) {
        places += points[i].x != points[i - 1].x || points[i].y != points[i - 1].y;
    }
    return places;
}

/* A few pixels: all segments at once. False: they are to be drawn one by one. */
static bool add_small(struct raster *raster, const struct draw_point *points, size_t count, const struct walk *walk,
                      bool closed, double more)
{
    struct small_line line = {.is_closed = closed, .width = walk->width, .half = (float)walk->half};
    if (!closed) {
        struct segment segment;
        begin_segment(&segment, place_of(walk, points[0]), place_of(walk, points[1]));
        line.more_at_first = (float)more_at_end(&segment, more);
        begin_segment(&segment, place_of(walk, points[count - 2]), place_of(walk, points[count - 1]));
        line.more_at_last = (float)more_at_end(&segment, more);
    }
    return raster_small_add_line(raster, points, count, &line);
}

bool hairline_add(struct raster *raster, const struct draw_point *points, size_t count, bool closed,
                  const struct stroke *stroke)
{
    double width = stroke->width_px * DRAW_ONE;
    const double ends[] = {[LINE_CAP_BUTT] = 0, [LINE_CAP_ROUND] = width * ROUND_END, [LINE_CAP_SQUARE] = width / 2};
    size_t places = count_places(points, count);
    if (places < 2 || (closed && places < 4)) {
        return false;
    }
    struct walk walk = {.raster = raster, .width = (float)width, .half = (int64_t)(width / 2 + 0.5)};
    enum raster_patch_room room =
        raster_patch_take(raster, RASTER_PATCH_INK, points, count, (int32_t)(width * REACH) + 2);
    if (room == RASTER_PATCH_SMALL && add_small(raster, points, count, &walk, closed, ends[stroke->cap])) {
        raster_patch_keep(raster);
        return true;
    }
    if (room != RASTER_PATCH_NONE) {
        walk.origin = (struct place){raster->patch.x_px * DRAW_ONE, raster->patch.y_px * DRAW_ONE};
    }
    if (closed) {
        add_ring(&walk, points, count);
    } else {
        add_open(&walk, points, count, ends[stroke->cap]);
    }
    if (room == RASTER_PATCH_SMALL) {
        raster_patch_keep(raster);
    }
    return true;
}
