/* SPDX-License-Identifier: MIT */
#include "render/label_tile_line.h"

#include "base/hash.h"

#include <math.h>

enum { NEAR_SLOTS = 256 };

static const double pi = 3.14159265358979323846;

static double distance(struct label_point a, struct label_point b)
{
    return hypot(b.x - a.x, b.y - a.y);
}

static bool is_same(struct label_point a, struct label_point b)
{
    return a.x == b.x && a.y == b.y;
}

static double length_of(const struct label_tile_line *line)
{
    double length = 0;
    for (size_t i = 1; i < line->count; i++) {
        length += distance(line->points[i - 1], line->points[i]);
    }
    return length;
}

static double rounded(double value)
{
    return floor(value + 0.5);
}

/* Joining: a table of loose ends, by words and place. */
struct loose_end {
    uint32_t join; /* +1; 0: none any more */
    uint64_t text_hash;
    struct label_point place;
    bool is_last;
    uint32_t next; /* +1 */
};

struct joiner {
    struct label_tile_join *joins;
    struct arena *arena;
    struct loose_end *ends;
    size_t end_count;
    uint32_t *slots;
    size_t slot_count;
};

static struct label_tile_line *first_line(const struct joiner *joiner, uint32_t join)
{
    struct label_tile_lines *lines = joiner->joins[join].lines;
    return lines->count > 0 ? &lines->items[0] : NULL;
}

static size_t slot_of(const struct joiner *joiner, uint64_t text_hash, struct label_point place, bool is_last)
{
    uint64_t hash = hash_mix(hash_mix(text_hash, (uint64_t)(int64_t)place.x), (uint64_t)(int64_t)place.y);
    return (size_t)(hash_mix(hash, is_last) & (joiner->slot_count - 1));
}

static struct loose_end *find_end(const struct joiner *joiner, uint64_t text_hash, struct label_point place,
                                  bool is_last)
{
    for (uint32_t at = joiner->slots[slot_of(joiner, text_hash, place, is_last)]; at; at = joiner->ends[at - 1].next) {
        struct loose_end *end = &joiner->ends[at - 1];
        if (end->join && end->text_hash == text_hash && end->is_last == is_last && is_same(end->place, place)) {
            return end;
        }
    }
    return NULL;
}

/* As a key of a table: what was there before is forgotten. */
static void put_end(struct joiner *joiner, uint64_t text_hash, struct label_point place, bool is_last, uint32_t join)
{
    struct loose_end *known = find_end(joiner, text_hash, place, is_last);
    if (known) {
        known->join = join + 1;
        return;
    }
    size_t slot = slot_of(joiner, text_hash, place, is_last);
    joiner->ends[joiner->end_count++] = (struct loose_end){join + 1, text_hash, place, is_last, joiner->slots[slot]};
    joiner->slots[slot] = (uint32_t)joiner->end_count;
}

/* `b` behind `a`, whose last vertex is b's first. */
static bool append(const struct joiner *joiner, struct label_tile_line *line, const struct label_tile_line *a,
                   const struct label_tile_line *b)
{
    size_t count = a->count + b->count - 1;
    struct label_point *points = arena_array(joiner->arena, count, sizeof *points);
    if (!points) {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i + 1 < a->count; i++) {
        points[at++] = a->points[i];
    }
    for (size_t i = 0; i < b->count; i++) {
        points[at++] = b->points[i];
    }
    *line = (struct label_tile_line){points, count, false};
    return true;
}

/* One more line: joined at its start, at its end, at both, or noted for those to come. */
static bool join_one(struct joiner *joiner, uint32_t number)
{
    const struct label_tile_join *join = &joiner->joins[number];
    struct label_tile_line *line = first_line(joiner, number);
    struct label_point start = line->points[0];
    struct label_point finish = line->points[line->count - 1];
    uint64_t text = join->text_hash;
    struct loose_end *before = find_end(joiner, text, start, true);
    struct loose_end *after = find_end(joiner, text, finish, false);
    uint32_t before_join = before ? before->join - 1 : 0;
    uint32_t after_join = after ? after->join - 1 : 0;
    if (!before && !after) {
        put_end(joiner, text, start, false, number);
        put_end(joiner, text, finish, true, number);
        return true;
    }
    struct label_tile_line *kept = first_line(joiner, before ? before_join : after_join);
    bool ok = before ? append(joiner, kept, kept, line) : append(joiner, kept, line, kept);
    join->lines->count = 0;
    if (before && after && before_join != after_join) {
        struct label_tile_line *rest = first_line(joiner, after_join);
        ok = ok && append(joiner, kept, kept, rest);
        joiner->joins[after_join].lines->count = 0;
        after->join = 0;
        before->join = 0;
        put_end(joiner, text, kept->points[kept->count - 1], true, before_join);
    } else if (before) {
        before->join = 0;
        put_end(joiner, text, finish, true, before_join);
    } else {
        after->join = 0;
        put_end(joiner, text, start, false, after_join);
    }
    return ok;
}

bool label_tile_lines_join(struct label_tile_join *joins, size_t count, struct arena *arena)
{
    struct joiner joiner = {.joins = joins, .arena = arena, .slot_count = 64};
    while (joiner.slot_count < 4 * count) {
        joiner.slot_count *= 2;
    }
    joiner.ends = arena_array(arena, 3 * count + 1, sizeof *joiner.ends);
    joiner.slots = arena_array(arena, joiner.slot_count, sizeof *joiner.slots);
    bool ok = joiner.ends && joiner.slots;
    for (size_t i = 0; ok && i < count; i++) {
        const struct label_tile_line *line = first_line(&joiner, (uint32_t)i);
        if (joins[i].has_text && line && line->count > 0) {
            ok = join_one(&joiner, (uint32_t)i);
        }
    }
    return ok;
}

/* Cutting. */
struct cutter {
    struct arena *arena;
    struct label_tile_lines *out;
    size_t capacity;
    struct label_point *points; /* of the piece under way */
    size_t count;
};

static bool end_piece(struct cutter *cutter)
{
    struct label_tile_lines *out = cutter->out;
    if (cutter->count == 0) {
        return true;
    }
    if (out->count == cutter->capacity) {
        size_t larger = cutter->capacity ? cutter->capacity * 2 : 8;
        void *grown =
            arena_grow(cutter->arena, out->items, cutter->capacity * sizeof *out->items, larger * sizeof *out->items);
        if (!grown) {
            return false;
        }
        out->items = grown;
        cutter->capacity = larger;
    }
    struct label_point *points = arena_memdup(cutter->arena, cutter->points, cutter->count * sizeof *points);
    if (!points) {
        return false;
    }
    out->items[out->count++] = (struct label_tile_line){points, cutter->count, false};
    cutter->count = 0;
    return true;
}

/* Cuts a segment at one side, where `value` of a point must not lie beyond. */
static bool cut_low(struct label_point *a, struct label_point *b, bool by_x, double side)
{
    double *va = by_x ? &a->x : &a->y;
    double *vb = by_x ? &b->x : &b->y;
    if (*va < side && *vb < side) {
        return false;
    }
    if (*va < side || *vb < side) {
        struct label_point *out = *va < side ? a : b;
        double share = (side - *va) / (*vb - *va);
        double x = by_x ? side : a->x + (b->x - a->x) * share;
        double y = by_x ? a->y + (b->y - a->y) * share : side;
        *out = (struct label_point){rounded(x), rounded(y)};
    }
    return true;
}

static bool cut_high(struct label_point *a, struct label_point *b, bool by_x, double side)
{
    double *va = by_x ? &a->x : &a->y;
    double *vb = by_x ? &b->x : &b->y;
    if (*va >= side && *vb >= side) {
        return false;
    }
    if (*va >= side || *vb >= side) {
        struct label_point *out = *va >= side ? a : b;
        double share = (side - *va) / (*vb - *va);
        double x = by_x ? side : a->x + (b->x - a->x) * share;
        double y = by_x ? a->y + (b->y - a->y) * share : side;
        *out = (struct label_point){rounded(x), rounded(y)};
    }
    return true;
}

bool label_tile_clip(const struct label_tile_lines *lines, struct arena *arena, struct label_tile_lines *out_cut)
{
    size_t longest = 0;
    for (size_t i = 0; i < lines->count; i++) {
        longest = lines->items[i].count > longest ? lines->items[i].count : longest;
    }
    *out_cut = (struct label_tile_lines){NULL, 0};
    struct cutter cutter = {.arena = arena, .out = out_cut};
    cutter.points = arena_array(arena, longest + 2, sizeof *cutter.points);
    bool ok = cutter.points != NULL;
    for (size_t i = 0; ok && i < lines->count; i++) {
        const struct label_tile_line *line = &lines->items[i];
        for (size_t j = 0; ok && j + 1 < line->count; j++) {
            struct label_point a = line->points[j];
            struct label_point b = line->points[j + 1];
            if (!cut_low(&a, &b, true, 0) || !cut_low(&a, &b, false, 0) || !cut_high(&a, &b, true, LABEL_TILE_UNITS) ||
                !cut_high(&a, &b, false, LABEL_TILE_UNITS)) {
                continue;
            }
            if (cutter.count == 0 || !is_same(cutter.points[cutter.count - 1], a)) {
                ok = end_piece(&cutter);
                cutter.points[cutter.count++] = a;
            }
            cutter.points[cutter.count++] = b;
        }
        ok = ok && end_piece(&cutter);
    }
    return ok;
}

static double turn_at(struct label_point a, struct label_point b, struct label_point c)
{
    double turn = atan2(a.y - b.y, a.x - b.x) - atan2(b.y - c.y, b.x - c.x);
    return fabs(fmod(turn + 3 * pi, 2 * pi) - pi);
}

/* MapLibre's checkMaxAngle: room for half a label on both sides, and no sharp turns in between. */
static bool has_room(const struct label_tile_line *line, const struct label_tile_anchor *anchor,
                     const struct label_tile_wish *wish)
{
    const struct label_point *points = line->points;
    struct label_point at = {anchor->x, anchor->y};
    size_t index = anchor->segment + 1;
    double along = 0;
    while (along > -wish->label_length / 2) {
        if (index == 0) {
            return false;
        }
        index--;
        along -= distance(points[index], at);
        at = points[index];
    }
    if (index + 1 < line->count) {
        along += distance(points[index], points[index + 1]);
    }
    index++;
    size_t oldest = index; /* first corner that still counts */
    double oldest_along = along;
    double turns = 0;
    while (along < wish->label_length / 2) {
        if (index + 1 >= line->count) {
            return false;
        }
        turns += turn_at(points[index - 1], points[index], points[index + 1]);
        while (along - oldest_along > wish->angle_window) {
            turns -= turn_at(points[oldest - 1], points[oldest], points[oldest + 1]);
            oldest_along += distance(points[oldest], points[oldest + 1]);
            oldest++;
        }
        if (turns > wish->max_angle) {
            return false;
        }
        along += distance(points[index], points[index + 1]);
        index++;
    }
    return true;
}

static bool is_inside(double x, double y)
{
    return x >= 0 && x < LABEL_TILE_UNITS && y >= 0 && y < LABEL_TILE_UNITS;
}

/* Anchors at `offset` and every `spacing` behind it. */
static size_t sample(const struct label_tile_line *line, const struct label_tile_wish *wish, double offset,
                     double spacing, double length, struct label_tile_anchor *anchors, size_t capacity)
{
    double start = 0;
    double marked = offset - spacing;
    size_t count = 0;
    for (size_t i = 0; i + 1 < line->count; i++) {
        struct label_point a = line->points[i];
        struct label_point b = line->points[i + 1];
        double step = distance(a, b);
        while (marked + spacing < start + step && count < capacity) {
            marked += spacing;
            double share = (marked - start) / step;
            double x = a.x + (b.x - a.x) * share;
            double y = a.y + (b.y - a.y) * share;
            struct label_tile_anchor anchor = {rounded(x), rounded(y), i};
            if (is_inside(x, y) && marked - wish->label_length / 2 >= 0 && marked + wish->label_length / 2 <= length &&
                (wish->angle_window <= 0 || has_room(line, &anchor, wish))) {
                anchors[count++] = anchor;
            }
        }
        start += step;
    }
    return count;
}

bool label_tile_anchors(const struct label_tile_line *line, const struct label_tile_wish *wish, struct arena *arena,
                        struct label_tile_anchor **out_anchors, size_t *out_count)
{
    *out_count = 0;
    *out_anchors = NULL;
    if (line->count < 2) {
        return true;
    }
    struct label_point first = line->points[0];
    bool goes_on = first.x == 0 || first.x == LABEL_TILE_UNITS || first.y == 0 || first.y == LABEL_TILE_UNITS;
    double spacing = wish->spacing;
    if (spacing - wish->label_length < spacing / 4) {
        spacing = wish->label_length + spacing / 4;
    }
    double offset = goes_on ? fmod(spacing / 2 * wish->magnified, spacing)
                            : fmod((wish->label_length / 2 + wish->end_gap) * wish->magnified, spacing);
    double length = length_of(line);
    size_t capacity = (size_t)fmin(100000, length / fmax(spacing, 1)) + 2;
    struct label_tile_anchor *anchors = arena_array(arena, capacity, sizeof *anchors);
    if (!anchors) {
        return false;
    }
    size_t count = sample(line, wish, offset, spacing, length, anchors, capacity);
    if (count == 0 && !goes_on) {
        count = sample(line, wish, length / 2, spacing, length, anchors, capacity);
    }
    *out_anchors = anchors;
    *out_count = count;
    return true;
}

bool label_tile_center(const struct label_tile_line *line, const struct label_tile_wish *wish,
                       struct label_tile_anchor *out_anchor)
{
    double middle = length_of(line) / 2;
    double start = 0;
    for (size_t i = 0; i + 1 < line->count; i++) {
        struct label_point a = line->points[i];
        struct label_point b = line->points[i + 1];
        double step = distance(a, b);
        if (start + step > middle) {
            double share = (middle - start) / step;
            *out_anchor =
                (struct label_tile_anchor){rounded(a.x + (b.x - a.x) * share), rounded(a.y + (b.y - a.y) * share), i};
            return wish->angle_window <= 0 || has_room(line, out_anchor, wish);
        }
        start += step;
    }
    return false;
}

struct near_anchor {
    uint64_t text_hash;
    double x;
    double y;
    uint32_t next; /* +1 */
};

struct label_near {
    struct arena *arena;
    struct near_anchor *items;
    size_t count;
    size_t capacity;
    uint32_t slots[NEAR_SLOTS];
};

struct label_near *label_near_create(struct arena *arena)
{
    struct label_near *near = arena_alloc(arena, sizeof *near);
    if (near) {
        near->arena = arena;
    }
    return near;
}

bool label_near_put(struct label_near *near, uint64_t text_hash, double x, double y, double least, bool *out_too_near)
{
    uint32_t *slot = &near->slots[hash_mix(text_hash, 0) % NEAR_SLOTS];
    *out_too_near = false;
    for (uint32_t at = *slot; at; at = near->items[at - 1].next) {
        const struct near_anchor *other = &near->items[at - 1];
        if (other->text_hash == text_hash && hypot(other->x - x, other->y - y) < least) {
            *out_too_near = true;
            return true;
        }
    }
    if (near->count == near->capacity) {
        size_t larger = near->capacity ? near->capacity * 2 : 64;
        void *grown =
            arena_grow(near->arena, near->items, near->capacity * sizeof *near->items, larger * sizeof *near->items);
        if (!grown) {
            return false;
        }
        near->items = grown;
        near->capacity = larger;
    }
    near->items[near->count++] = (struct near_anchor){text_hash, x, y, *slot};
    *slot = (uint32_t)near->count;
    return true;
}
