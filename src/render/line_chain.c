/* SPDX-License-Identifier: MIT */
#include "render/line_chain.h"

#include "base/hash.h"

#include <string.h>

enum { NO_LINE = 0, NO_JOINT = -1 };

/* Where lines begin and end: the number of the one from 1, NO_LINE, or NO_JOINT where there are several or its segment
 * is long. */
struct junction {
    int64_t x;
    int64_t y;
    int32_t begins;
    int32_t ends;
};

/* A piece: a feature of one short open line, from its lesser end to its greater one. */
struct line {
    const struct layer_feature *item;
    bool is_turned; /* against the order of its points */
    uint32_t start; /* numbers of junctions, from 0 */
    uint32_t end;
};

struct chainer {
    struct arena *arena;
    double joint_square; /* of the length of a segment at a joint, at most */
    struct line *lines;
    size_t line_count;
    struct junction *junctions; /* an open table */
    size_t room;                /* a power of two */
};

static bool is_piece(const struct feature *feature, double css_px)
{
    const struct geometry *geometry = &feature->geometry;
    const struct world_point *points = geometry->points;
    const struct world_box *box = &feature->box;
    size_t last = geometry->vertex_count - 1;
    double most = LINE_CHAIN_PIECE_CSS_PX * css_px;
    return (double)(box->max_x - box->min_x) <= most && (double)(box->max_y - box->min_y) <= most &&
           geometry->kind == GEOMETRY_LINE && geometry->part_count == 1 && geometry->vertex_count > 1 &&
           (points[0].x != points[last].x || points[0].y != points[last].y);
}

/* A junction is free when no line touches it. */
static bool is_free(const struct junction *junction)
{
    return junction->begins == NO_LINE && junction->ends == NO_LINE;
}

static uint32_t junction_at(struct chainer *chainer, int64_t x, int64_t y)
{
    size_t place = hash_mix((uint64_t)x, (uint64_t)y) & (chainer->room - 1);
    struct junction *junctions = chainer->junctions;
    while (!is_free(&junctions[place]) && (junctions[place].x != x || junctions[place].y != y)) {
        place = (place + 1) & (chainer->room - 1);
    }
    junctions[place].x = x;
    junctions[place].y = y;
    return (uint32_t)place;
}

/* `end` and `next` are the last point of the line there and the one beside it. */
static void meet(const struct chainer *chainer, int32_t *at_junction, const struct world_point *end,
                 const struct world_point *next)
{
    double dx = (double)next->x - end->x;
    double dy = (double)next->y - end->y;
    bool is_short = dx * dx + dy * dy <= chainer->joint_square;
    *at_junction = *at_junction == NO_LINE && is_short ? (int32_t)chainer->line_count + 1 : NO_JOINT;
}

static void add_line(struct chainer *chainer, const struct layer_feature *item)
{
    const struct feature *feature = item->feature;
    const struct world_point *first = feature->geometry.points;
    const struct world_point *last = first + feature->geometry.vertex_count - 1;
    struct line *line = &chainer->lines[chainer->line_count];
    line->item = item;
    line->is_turned = last->x != first->x ? last->x < first->x : last->y < first->y;
    const struct world_point *start = line->is_turned ? last : first;
    const struct world_point *end = line->is_turned ? first : last;
    ptrdiff_t step = line->is_turned ? -1 : 1;
    line->start = junction_at(chainer, start->x + feature->shift_x, start->y);
    meet(chainer, &chainer->junctions[line->start].begins, start, start + step);
    line->end = junction_at(chainer, end->x + feature->shift_x, end->y);
    meet(chainer, &chainer->junctions[line->end].ends, end, end - step);
    chainer->line_count++;
}

/* The line that goes on where this one ends; NULL: none, or it is not clear which. */
static const struct line *next_of(const struct chainer *chainer, const struct line *line)
{
    const struct junction *junction = &chainer->junctions[line->end];
    bool is_clear = junction->ends > NO_LINE && junction->begins > NO_LINE;
    return is_clear ? &chainer->lines[junction->begins - 1] : NULL;
}

static bool has_one_before(const struct chainer *chainer, const struct line *line)
{
    const struct junction *junction = &chainer->junctions[line->start];
    return junction->ends > NO_LINE && junction->begins > NO_LINE;
}

/* Copies the points of a line but for its first one, which the line before it has. */
static size_t append(struct world_point *points, size_t count, const struct line *line, bool with_first)
{
    const struct world_point *from = line->item->feature->geometry.points;
    size_t own = line->item->feature->geometry.vertex_count;
    for (size_t i = with_first ? 0 : 1; i < own; i++) {
        points[count++] = from[line->is_turned ? own - 1 - i : i];
    }
    return count;
}

/* The line and those that follow it as one feature; as it is where none does. False: memory is out. */
static bool put_together(const struct chainer *chainer, const struct line *first, struct layer_feature *out_item)
{
    const struct feature *own = first->item->feature;
    size_t room = 1;
    for (const struct line *line = first; line; line = next_of(chainer, line)) {
        room += line->item->feature->geometry.vertex_count - 1;
    }
    *out_item = *first->item;
    if (room == own->geometry.vertex_count && !first->is_turned) {
        return true;
    }
    struct feature *whole = arena_memdup(chainer->arena, own, sizeof *whole);
    struct shape_part *part = arena_alloc(chainer->arena, sizeof *part);
    struct world_point *points = arena_alloc_raw(chainer->arena, room * sizeof *points);
    if (!whole || !part || !points) {
        return false;
    }
    size_t count = 0;
    for (const struct line *line = first; line; line = next_of(chainer, line)) {
        count = append(points, count, line, line == first);
        world_box_add_box(&whole->box, &line->item->feature->box);
    }
    part->end = (uint32_t)count;
    whole->geometry = (struct geometry){GEOMETRY_LINE, 1, (uint32_t)count, part, points};
    out_item->feature = whole;
    return true;
}

static void add_item(struct layer_features *chains, const struct layer_feature *item)
{
    chains->items[chains->count++] = *item;
    chains->part_count += item->part_count;
    chains->vertex_count += item->feature->geometry.vertex_count;
}

static bool put_all_together(const struct chainer *chainer, struct layer_features *chains)
{
    for (size_t i = 0; i < chainer->line_count; i++) {
        struct layer_feature whole;
        if (has_one_before(chainer, &chainer->lines[i])) {
            continue;
        }
        if (!put_together(chainer, &chainer->lines[i], &whole)) {
            return false;
        }
        add_item(chains, &whole);
    }
    return true;
}

static struct layer_features *make_chains(const struct layer_features *found, double css_px, struct arena *arena)
{
    struct chainer chainer = {.arena = arena,
                              .room = 16,
                              .joint_square = css_px * css_px * (LINE_CHAIN_JOINT_CSS_PX * LINE_CHAIN_JOINT_CSS_PX),
                              .lines = arena_alloc_raw(arena, found->count * sizeof *chainer.lines)};
    while (chainer.room < 3 * found->count) {
        chainer.room *= 2;
    }
    struct layer_features *chains = arena_alloc(arena, sizeof *chains);
    struct layer_feature *items = arena_alloc_raw(arena, found->count * sizeof *items);
    chainer.junctions = arena_array(arena, chainer.room, sizeof *chainer.junctions);
    if (!chainer.lines || !chainer.junctions || !chains || !items) {
        return NULL;
    }
    chains->items = items;
    for (size_t i = 0; i < found->count; i++) {
        layer_features_ahead(found, i);
        if (is_piece(found->items[i].feature, css_px)) {
            add_line(&chainer, &found->items[i]);
        } else {
            add_item(chains, &found->items[i]);
        }
    }
    return put_all_together(&chainer, chains) ? chains : NULL;
}

struct layer_features *line_chains_find(struct layer_features *found, double css_px, struct arena *arena)
{
    if (css_px == 0) {
        return found;
    }
    if (!found->chains) {
        found->chains = make_chains(found, css_px, arena);
    }
    return found->chains;
}
