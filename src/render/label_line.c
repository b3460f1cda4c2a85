/* SPDX-License-Identifier: MIT */
#include "render/label_line.h"

#include "base/hash.h"
#include "render/label_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOINED_MAX = 64, /* pieces one label may run along */
    TURNS_KEPT = 16,
    FEW_POINTS = 32
};

static double distance(double dx, double dy)
{
    return sqrt(dx * dx + dy * dy);
}

bool label_line_read(const struct world_point *points, size_t count, int64_t shift_x, double scale, struct arena *arena,
                     struct label_line *out_line)
{
    struct label_line line = {0};
    struct label_point *read = arena_array(arena, count, sizeof *read);
    if (!read) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        int64_t x = label_position(points[i].x + shift_x, scale);
        int64_t y = label_position(points[i].y, scale);
        if (line.count == 0) {
            line.origin_x = x;
            line.origin_y = y;
        }
        struct label_point point = {(double)(x - line.origin_x) / LABEL_ONE, (double)(y - line.origin_y) / LABEL_ONE};
        if (line.count > 0) {
            double step = distance(point.x - read[line.count - 1].x, point.y - read[line.count - 1].y);
            if (step == 0) {
                continue;
            }
            line.length += step;
        }
        read[line.count++] = point;
    }
    line.points = read;
    line.is_ring = line.count > 2 && read[line.count - 1].x == 0 && read[line.count - 1].y == 0;
    *out_line = line;
    return true;
}

/* An end of a line, in a table keyed by text and place. */
struct end {
    uint32_t line;
    bool is_last;
    uint32_t next; /* in the chain of its slot, +1; 0: none */
};

struct label_network {
    const struct label_line *lines;
    struct end *ends;
    uint32_t *slots; /* end + 1 */
    size_t slot_count;
};

static void end_place(const struct label_line *line, bool is_last, int64_t *out_x, int64_t *out_y)
{
    struct label_point point = line->points[is_last ? line->count - 1 : 0];
    *out_x = line->origin_x + (int64_t)(point.x * LABEL_ONE);
    *out_y = line->origin_y + (int64_t)(point.y * LABEL_ONE);
}

static size_t slot_of(const struct label_network *network, uint64_t text_hash, int64_t x, int64_t y)
{
    uint64_t hash = hash_mix(hash_mix(text_hash, (uint64_t)x), (uint64_t)y);
    return (size_t)(hash & (network->slot_count - 1));
}

struct label_network *label_network_create(const struct label_line *lines, size_t count, struct arena *arena)
{
    struct label_network *network = arena_alloc(arena, sizeof *network);
    if (!network) {
        return NULL;
    }
    network->slot_count = 64;
    while (network->slot_count < 4 * count) {
        network->slot_count *= 2;
    }
    network->lines = lines;
    network->ends = arena_array(arena, 2 * count, sizeof *network->ends);
    network->slots = arena_array(arena, network->slot_count, sizeof *network->slots);
    if (!network->ends || !network->slots) {
        return NULL;
    }
    for (size_t i = 0; i < 2 * count; i++) {
        const struct label_line *line = &lines[i / 2];
        if (line->count < 2 || line->is_ring) {
            continue;
        }
        int64_t x;
        int64_t y;
        end_place(line, i & 1, &x, &y);
        size_t slot = slot_of(network, line->text_hash, x, y);
        network->ends[i] = (struct end){(uint32_t)(i / 2), i & 1, network->slots[slot]};
        network->slots[slot] = (uint32_t)i + 1;
    }
    return network;
}

/* The direction in which an end is left, away from the line. */
static struct label_point way_out(const struct label_line *line, bool is_last)
{
    struct label_point tip = line->points[is_last ? line->count - 1 : 0];
    struct label_point inner = line->points[is_last ? line->count - 2 : 1];
    double dx = tip.x - inner.x;
    double dy = tip.y - inner.y;
    double length = distance(dx, dy);
    return (struct label_point){dx / length, dy / length};
}

/* A piece on the way from an anchor: which line, and entered at which end. */
struct step {
    const struct label_line *line;
    bool enters_at_last;
};

static bool is_on_way(const struct step *steps, size_t count, const struct label_line *line)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].line == line) {
            return true;
        }
    }
    return false;
}

/* The line that goes on from an end most nearly straight, and by less than a right angle. */
static bool next_step(const struct label_network *network, const struct label_line *from, bool at_last,
                      const struct step *used, size_t used_count, struct step *out_step)
{
    int64_t x;
    int64_t y;
    end_place(from, at_last, &x, &y);
    struct label_point out = way_out(from, at_last);
    double best_cosine = 0;
    struct step best = {NULL, false};
    for (uint32_t at = network->slots[slot_of(network, from->text_hash, x, y)]; at; at = network->ends[at - 1].next) {
        const struct end *end = &network->ends[at - 1];
        const struct label_line *line = &network->lines[end->line];
        int64_t line_x;
        int64_t line_y;
        end_place(line, end->is_last, &line_x, &line_y);
        if (line->text_hash != from->text_hash || line_x != x || line_y != y || is_on_way(used, used_count, line)) {
            continue;
        }
        struct label_point in = way_out(line, end->is_last);
        double cosine = -(in.x * out.x + in.y * out.y);
        bool better = cosine > best_cosine ||
                      (best.line && cosine == best_cosine &&
                       (line->row < best.line->row || (line->row == best.line->row && line->part < best.line->part)));
        if (better) {
            best_cosine = cosine;
            best = (struct step){line, end->is_last};
        }
    }
    *out_step = best;
    return best.line != NULL;
}

/* A path being put together. */
struct cutter {
    const struct label_line *line;
    int64_t anchor_x;
    int64_t anchor_y;
    struct label_path_point *points;
    size_t count;
    size_t capacity;
    struct arena *arena;
};

static bool put_point(struct cutter *cutter, double x, double y, double along)
{
    if (cutter->count == cutter->capacity) {
        void *grown = arena_alloc_raw(cutter->arena, 2 * cutter->capacity * sizeof *cutter->points);
        if (!grown) {
            return false;
        }
        memcpy(grown, cutter->points, cutter->count * sizeof *cutter->points);
        cutter->points = grown;
        cutter->capacity *= 2;
    }
    cutter->points[cutter->count++] = (struct label_path_point){x, y, along};
    return true;
}

/* Follows the vertices of a line in one direction until `length` is reached. Distances are positive here. */
static bool follow(struct cutter *cutter, const struct label_line *line, size_t first, bool backwards, double length)
{
    /* Exact: both are multiples of 1/256. */
    double base_x = (double)(line->origin_x - cutter->anchor_x) / LABEL_ONE;
    double base_y = (double)(line->origin_y - cutter->anchor_y) / LABEL_ONE;
    for (size_t i = first; i < line->count; i = backwards ? i - 1 : i + 1) {
        const struct label_path_point *last = &cutter->points[cutter->count - 1];
        if (last->along >= length) {
            break;
        }
        double x = base_x + line->points[i].x;
        double y = base_y + line->points[i].y;
        double step = distance(x - last->x, y - last->y);
        if (step > 0 && !put_point(cutter, x, y, last->along + step)) {
            return false;
        }
        /* Backwards the index ends below 0, which is above any count. */
    }
    return true;
}

/* Most ways have few points: these need no memory of the arena. */
struct few_points {
    struct label_path_point items[FEW_POINTS];
};

/* The way from the anchor in one direction, on along the network where the line ends first. */
static bool walk(struct cutter *cutter, const struct label_network *network, size_t first, bool backwards,
                 struct step *steps, size_t *step_count, double length, struct few_points *room)
{
    cutter->points = room->items;
    cutter->count = 0;
    cutter->capacity = FEW_POINTS;
    if (!put_point(cutter, 0, 0, 0) || !follow(cutter, cutter->line, first, backwards, length)) {
        return false;
    }
    const struct label_line *at = cutter->line;
    bool at_last = !backwards;
    while (cutter->points[cutter->count - 1].along < length && network && !cutter->line->is_ring &&
           *step_count < JOINED_MAX) {
        struct step step;
        if (!next_step(network, at, at_last, steps, *step_count, &step)) {
            break;
        }
        steps[(*step_count)++] = step;
        size_t second = step.enters_at_last ? step.line->count - 2 : 1;
        if (!follow(cutter, step.line, second, step.enters_at_last, length)) {
            return false;
        }
        at = step.line;
        at_last = !step.enters_at_last;
    }
    /* Rounded anchors may miss the end by a hair. */
    return cutter->points[cutter->count - 1].along >= length - 1.0 / LABEL_ONE;
}

struct label_point label_line_seek(const struct label_line *line, double along, struct label_cursor *cursor)
{
    for (;;) {
        struct label_point a = line->points[cursor->segment];
        struct label_point b = line->points[cursor->segment + 1];
        double step = distance(b.x - a.x, b.y - a.y);
        if (cursor->start + step >= along || cursor->segment + 2 == line->count) {
            double t = fmax(0, fmin(1, (along - cursor->start) / step));
            return (struct label_point){a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
        }
        cursor->start += step;
        cursor->segment++;
    }
}

bool label_path_cut(const struct label_line *line, const struct label_network *network, double along,
                    struct label_cursor *cursor, double before, double after, struct arena *arena,
                    struct label_path *out_path, int64_t *out_x, int64_t *out_y)
{
    struct label_point anchor = label_line_seek(line, along, cursor);
    size_t segment = cursor->segment;
    struct cutter cutter = {.line = line, .arena = arena};
    cutter.anchor_x = line->origin_x + (int64_t)floor(anchor.x * LABEL_ONE + 0.5);
    cutter.anchor_y = line->origin_y + (int64_t)floor(anchor.y * LABEL_ONE + 0.5);
    struct step steps[JOINED_MAX + 1];
    struct few_points rooms[2];
    steps[0] = (struct step){line, false};
    size_t step_count = 1;
    if (!walk(&cutter, network, segment, true, steps, &step_count, before, &rooms[0])) {
        return false;
    }
    struct label_path_point *back = cutter.points;
    size_t back_count = cutter.count;
    if (!walk(&cutter, network, segment + 1, false, steps, &step_count, after, &rooms[1])) {
        return false;
    }
    size_t count = back_count + cutter.count - 1;
    struct label_path_point *points = arena_alloc_raw(arena, count * sizeof *points);
    if (!points) {
        return false;
    }
    for (size_t i = 0; i < back_count; i++) {
        struct label_path_point point = back[back_count - 1 - i];
        points[i] = (struct label_path_point){point.x, point.y, -point.along};
    }
    for (size_t i = 1; i < cutter.count; i++) {
        points[back_count - 1 + i] = cutter.points[i];
    }
    *out_path = (struct label_path){points, count};
    *out_x = cutter.anchor_x;
    *out_y = cutter.anchor_y;
    return true;
}

bool label_path_reverse(struct label_path *path, struct arena *arena)
{
    struct label_path_point *points = arena_array(arena, path->count, sizeof *points);
    if (!points) {
        return false;
    }
    for (size_t i = 0; i < path->count; i++) {
        points[i] = path->points[path->count - 1 - i];
        points[i].along = -points[i].along;
    }
    path->points = points;
    return true;
}

struct label_point label_path_at(const struct label_path *path, double along, size_t *cursor)
{
    size_t i = *cursor;
    if (i > 0 && path->points[i].along > along) {
        i = 0;
    }
    while (i + 2 < path->count && path->points[i + 1].along < along) {
        i++;
    }
    *cursor = i;
    const struct label_path_point *a = &path->points[i];
    if (i + 1 >= path->count) {
        return (struct label_point){a->x, a->y};
    }
    const struct label_path_point *b = a + 1;
    double t = (along - a->along) / (b->along - a->along);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return (struct label_point){a->x + (b->x - a->x) * t, a->y + (b->y - a->y) * t};
}

static double turn_at(const struct label_path *path, size_t i)
{
    const struct label_path_point *p = path->points + i;
    double ax = p[0].x - p[-1].x;
    double ay = p[0].y - p[-1].y;
    double bx = p[1].x - p[0].x;
    double by = p[1].y - p[0].y;
    double across = ax * by - ay * bx;
    double ahead = ax * bx + ay * by;
    return across == 0 && ahead > 0 ? 0 : fabs(atan2(across, ahead));
}

double label_path_bend(const struct label_path *path, double from, double to, double window, double most,
                       bool *out_too_sharp)
{
    double total = 0;
    double recent = 0;
    size_t oldest = 1; /* first vertex counted in `recent` */
    double turns[TURNS_KEPT];
    *out_too_sharp = false;
    for (size_t i = 1; i + 1 < path->count; i++) {
        if (path->points[i].along < from || path->points[i].along > to) {
            oldest = i + 1;
            continue;
        }
        double turn = turn_at(path, i);
        turns[i % TURNS_KEPT] = turn;
        total += turn;
        recent += turn;
        while (oldest < i && path->points[i].along - path->points[oldest].along > window) {
            recent -= i - oldest < TURNS_KEPT ? turns[oldest % TURNS_KEPT] : turn_at(path, oldest);
            oldest++;
        }
        *out_too_sharp = *out_too_sharp || recent > most;
    }
    return total;
}
