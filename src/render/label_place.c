/* SPDX-License-Identifier: MIT */
#include "render/label_place.h"

#include "base/hash.h"
#include "render/label_along.h"
#include "render/label_box.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SQUARE = LABEL_SQUARE_PX * LABEL_ONE,
    REACH = LABEL_REACH_PX * LABEL_ONE,
    BIN = 64 * LABEL_ONE,
    BINS = 96,  /* a side of the table of bins; places beyond wrap around */
    BLOCKS = 9, /* 4 corners, 4 edges, the inside */
    AHEAD = 8,  /* what is looked at so soon is fetched from memory now */
    CACHE_LINE = 64
};

/* Room taken: a box, or a circle. In the frame's coordinates. */
struct taken {
    struct label_box box;
    int32_t radius; /* 0: the box itself; else the circle in it */
    uint32_t group; /* others are not in its way */
    bool yields;    /* may be overlapped by those that may overlap some */
    uint32_t next;  /* in the bin's chain, +1 */
};

struct placer {
    struct arena *arena;
    struct taken *taken;
    size_t taken_count;
    size_t taken_capacity;
    uint32_t *cells; /* first of each bin, +1 */
    struct link *links;
    size_t link_count;
    size_t link_capacity;
    struct repeat *repeats;
    size_t repeat_count;
    uint32_t *repeat_slots;
    size_t repeat_slot_count;
    struct label_choices choices;
    struct label_stats *stats;
    bool failed;
};

/* An entry of a bin. */
struct link {
    uint32_t taken;
    uint32_t next; /* +1 */
};

/* A label along a line that is shown, by its text. */
struct repeat {
    const struct label_candidate *candidate;
    uint32_t next; /* +1 */
};

/* A candidate and where it is in the frame. */
struct entry {
    struct label_candidate *candidate;
    double sort_key; /* the candidate's order as far as it nearly always goes: candidates lie far apart in memory */
    int64_t row;
    uint32_t rank;
    uint32_t layer;
    struct label_box reach;
    int32_t x;
    int32_t y;
    uint32_t block;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return quotient - (a % b != 0 && a < 0);
}

/* Which line k * SQUARE, if any, comes within `margin` of the closed range. At most one does. */
static bool find_line(int32_t low, int32_t high, int32_t margin, int64_t *out_line)
{
    int64_t line = floor_divide((int64_t)high + margin, SQUARE);
    *out_line = line;
    return line * SQUARE >= (int64_t)low - margin;
}

/* The number of the block that decides, 0 … 3 corners, 4 … 7 edges, 8 inside; BLOCKS when it is not this square's. */
static uint32_t block_of(const struct label_box *reach)
{
    int64_t column;
    int64_t row;
    bool near_x = find_line(reach->min_x, reach->max_x, REACH, &column);
    bool near_y = find_line(reach->min_y, reach->max_y, REACH, &row);
    bool own_column = column == 0 || column == 1;
    bool own_row = row == 0 || row == 1;
    if (near_x && near_y) {
        return own_column && own_row ? (uint32_t)(row * 2 + column) : BLOCKS;
    }
    int64_t line;
    bool in_columns = floor_divide(reach->min_x, SQUARE) == 0;
    bool in_rows = floor_divide(reach->min_y, SQUARE) == 0;
    if (find_line(reach->min_x, reach->max_x, 0, &line)) {
        return own_column && in_rows ? (uint32_t)(4 + line) : BLOCKS;
    }
    if (find_line(reach->min_y, reach->max_y, 0, &line)) {
        return own_row && in_columns ? (uint32_t)(6 + line) : BLOCKS;
    }
    return in_columns && in_rows ? BLOCKS - 1 : BLOCKS;
}

/* The order within a layer. */
static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    if (a->sort_key != b->sort_key) {
        return a->sort_key < b->sort_key ? -1 : 1;
    }
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->row != b->row) {
        return a->row < b->row ? -1 : 1;
    }
    return label_order_compare(&a->candidate->order, &b->candidate->order);
}

static uint32_t bin_of(int32_t x, int32_t y)
{
    int64_t column = floor_divide(x, BIN) % BINS;
    int64_t row = floor_divide(y, BIN) % BINS;
    column += column < 0 ? BINS : 0;
    row += row < 0 ? BINS : 0;
    return (uint32_t)(row * BINS + column);
}

/* Things that only touch overlap, as in MapLibre. */
static bool boxes_overlap(const struct label_box *a, const struct label_box *b)
{
    return a->min_x <= b->max_x && b->min_x <= a->max_x && a->min_y <= b->max_y && b->min_y <= a->max_y;
}

static int64_t outside(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low - value : value > high ? value - high : 0;
}

static bool overlap(const struct taken *a, const struct taken *b)
{
    if (!boxes_overlap(&a->box, &b->box)) {
        return false;
    }
    if (a->radius == 0 && b->radius == 0) {
        return true;
    }
    const struct taken *circle = a->radius > 0 ? a : b;
    const struct taken *other = circle == a ? b : a;
    int64_t x = (int64_t)circle->box.min_x + circle->radius;
    int64_t y = (int64_t)circle->box.min_y + circle->radius;
    int64_t dx;
    int64_t dy;
    int64_t reach = circle->radius;
    if (other->radius > 0) {
        dx = x - other->box.min_x - other->radius;
        dy = y - other->box.min_y - other->radius;
        reach += other->radius;
    } else {
        dx = outside(x, other->box.min_x, other->box.max_x);
        dy = outside(y, other->box.min_y, other->box.max_y);
    }
    int64_t distance2 = dx * dx + dy * dy;
    return other->radius > 0 ? distance2 < reach * reach : distance2 <= reach * reach;
}

static bool is_free(const struct placer *placer, const struct taken *wanted, enum label_overlap mode)
{
    if (mode == LABEL_OVERLAP_ALWAYS) {
        return true;
    }
    for (int32_t y = wanted->box.min_y;; y = y + BIN < wanted->box.max_y ? y + BIN : wanted->box.max_y) {
        for (int32_t x = wanted->box.min_x;; x = x + BIN < wanted->box.max_x ? x + BIN : wanted->box.max_x) {
            for (uint32_t at = placer->cells[bin_of(x, y)]; at; at = placer->links[at - 1].next) {
                assert(placer->taken && placer->links); /* something is in the bin */
                const struct taken *taken = &placer->taken[placer->links[at - 1].taken];
                if (taken->group == wanted->group && !(mode == LABEL_OVERLAP_COOPERATIVE && taken->yields) &&
                    overlap(taken, wanted)) {
                    return false;
                }
            }
            if (x == wanted->box.max_x) {
                break;
            }
        }
        if (y == wanted->box.max_y) {
            return true;
        }
    }
}

static bool grow_array(struct arena *arena, void **array, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    size_t larger = *capacity ? *capacity * 2 : 1024;
    void *grown = arena_grow(arena, *array, *capacity * size, larger * size);
    if (!grown) {
        return false;
    }
    *array = grown;
    *capacity = larger;
    return true;
}

static bool put_link(struct placer *placer, uint32_t bin, uint32_t taken)
{
    void *links = placer->links;
    if (!grow_array(placer->arena, &links, &placer->link_capacity, placer->link_count, sizeof *placer->links)) {
        return false;
    }
    placer->links = links;
    placer->links[placer->link_count++] = (struct link){taken, placer->cells[bin]};
    placer->cells[bin] = (uint32_t)placer->link_count;
    return true;
}

static void take(struct placer *placer, const struct taken *wanted)
{
    void *all = placer->taken;
    if (!grow_array(placer->arena, &all, &placer->taken_capacity, placer->taken_count, sizeof *placer->taken)) {
        placer->failed = true;
        return;
    }
    placer->taken = all;
    uint32_t number = (uint32_t)placer->taken_count++;
    placer->taken[number] = *wanted;
    for (int64_t y = floor_divide(wanted->box.min_y, BIN); y <= floor_divide(wanted->box.max_y, BIN); y++) {
        for (int64_t x = floor_divide(wanted->box.min_x, BIN); x <= floor_divide(wanted->box.max_x, BIN); x++) {
            if (!put_link(placer, bin_of((int32_t)(x * BIN), (int32_t)(y * BIN)), number)) {
                placer->failed = true;
                return;
            }
        }
    }
}

static struct taken taken_by_box(const struct entry *entry, const struct label_box *box, enum label_overlap overlap)
{
    return (struct taken){.box = label_box_moved(*box, entry->x, entry->y),
                          .group = entry->candidate->group,
                          .yields = overlap != LABEL_OVERLAP_NEVER};
}

static struct taken taken_by_circle(const struct entry *entry, const struct label_circle *circle)
{
    struct label_box box = {circle->x - circle->radius, circle->y - circle->radius, circle->x + circle->radius,
                            circle->y + circle->radius};
    struct taken taken = taken_by_box(entry, &box, entry->candidate->text->overlap);
    taken.radius = circle->radius;
    return taken;
}

static size_t repeat_slot(const struct placer *placer, const struct label_candidate *candidate)
{
    return (size_t)(hash_mix(candidate->text->hash, candidate->layer) & (placer->repeat_slot_count - 1));
}

/* True when the same words stand nearer than they should. Pieces of one feature have been spaced along it already, so
 * there only bends bring them together. */
static bool is_repeated(const struct placer *placer, const struct label_candidate *candidate)
{
    for (uint32_t at = placer->repeat_slots[repeat_slot(placer, candidate)]; at; at = placer->repeats[at - 1].next) {
        const struct label_candidate *other = placer->repeats[at - 1].candidate;
        if (other->layer != candidate->layer || other->text->hash != candidate->text->hash) {
            continue;
        }
        int64_t dx = other->x - candidate->x;
        int64_t dy = other->y - candidate->y;
        int64_t least = (int64_t)candidate->repeat_margin + other->repeat_margin;
        bool same_line = other->order.row == candidate->order.row && other->order.part == candidate->order.part;
        least = same_line ? least / 2 : least;
        /* Nothing beyond the margins is asked: reach boxes that are apart must not know of each other. */
        if (llabs(dx) < least && llabs(dy) < least && dx * dx + dy * dy < least * least) {
            return true;
        }
    }
    return false;
}

static void note_repeat(struct placer *placer, const struct label_candidate *candidate)
{
    size_t slot = repeat_slot(placer, candidate);
    placer->repeats[placer->repeat_count++] = (struct repeat){candidate, placer->repeat_slots[slot]};
    placer->repeat_slots[slot] = (uint32_t)placer->repeat_count;
}

/* Where an icon takes room, with a text shown one way or another. */
static struct label_box icon_box(const struct label_candidate *candidate, const struct label_way *way)
{
    const struct label_icon *icon = candidate->icon;
    struct label_box box = way && way->is_vertical && icon->has_vertical ? icon->vertical.box : icon->across.box;
    if (way && way->moves_icon && icon->is_fitted) {
        box = label_box_moved(box, label_fixed(way->shift_x_px), label_fixed(way->shift_y_px));
    }
    return box;
}

/* Sets a text that was waiting for its turn; false when it does not fit or memory is out. */
static bool set_waiting(struct placer *placer, struct label_candidate *candidate)
{
    bool fits = true;
    if (candidate->waits) {
        placer->failed = placer->failed || !label_along_set(candidate->waits, &candidate->path, candidate, &fits);
        candidate->waits = NULL;
    }
    return fits && !placer->failed;
}

/* Room for a text along a line. */
static bool finds_circles(struct placer *placer, const struct entry *entry)
{
    const struct label_candidate *candidate = entry->candidate;
    for (size_t i = 0; i < candidate->circle_count; i++) {
        struct taken wanted = taken_by_circle(entry, &candidate->circles[i]);
        if (!is_free(placer, &wanted, candidate->text->overlap)) {
            return false;
        }
    }
    return true;
}

/* The first way there is room for. An icon around a text that may go several ways must find room as well. */
static bool finds_way(struct placer *placer, const struct entry *entry, uint32_t *out_way)
{
    const struct label_candidate *candidate = entry->candidate;
    const struct label_text *text = candidate->text;
    const struct label_icon *icon = candidate->icon;
    for (uint32_t i = 0; i < text->way_count; i++) {
        const struct label_way *way = &text->ways[i];
        struct taken wanted = taken_by_box(entry, &way->box, text->overlap);
        if (!is_free(placer, &wanted, way->overlap)) {
            continue;
        }
        if (way->moves_icon && icon && icon->is_fitted && icon->overlap == LABEL_OVERLAP_NEVER) {
            struct label_box box = icon_box(candidate, way);
            wanted = taken_by_box(entry, &box, icon->overlap);
            if (!is_free(placer, &wanted, way->overlap)) {
                continue;
            }
        }
        *out_way = i;
        return true;
    }
    return false;
}

static void take_text(struct placer *placer, const struct entry *entry, uint32_t way)
{
    const struct label_candidate *candidate = entry->candidate;
    if (candidate->repeat_margin > 0) {
        note_repeat(placer, candidate);
    }
    if (!candidate->text->blocks_others) {
        return;
    }
    if (!candidate->runs_along) {
        struct taken taken = taken_by_box(entry, &candidate->text->ways[way].box, candidate->text->overlap);
        take(placer, &taken);
    }
    for (size_t i = 0; i < candidate->circle_count; i++) {
        struct taken taken = taken_by_circle(entry, &candidate->circles[i]);
        take(placer, &taken);
    }
}

/* What of a label is shown: text and icon go together unless one of them may be alone. */
static bool place(struct placer *placer, const struct entry *entry, struct label_choice *out)
{
    const struct label_candidate *candidate = entry->candidate;
    const struct label_text *text = candidate->text;
    const struct label_icon *icon = candidate->icon;
    *out = (struct label_choice){.candidate = candidate};
    if (candidate->repeat_margin > 0 && is_repeated(placer, candidate)) {
        placer->stats->repeated++;
        return false;
    }
    if (!set_waiting(placer, entry->candidate)) {
        return false;
    }
    if (text) {
        out->shows_text = candidate->runs_along ? finds_circles(placer, entry) : finds_way(placer, entry, &out->way);
    }
    const struct label_way *way = text && !candidate->runs_along && out->shows_text ? &text->ways[out->way] : NULL;
    struct taken wanted = {0};
    if (icon) {
        struct label_box box = icon_box(candidate, way);
        wanted = taken_by_box(entry, &box, icon->overlap);
        out->shows_icon = is_free(placer, &wanted, icon->overlap);
    }
    bool icon_alone = !text || text->is_optional;
    bool text_alone = !icon || icon->is_optional;
    bool both = out->shows_icon && out->shows_text;
    out->shows_text = text_alone ? out->shows_text : both;
    out->shows_icon = icon_alone ? out->shows_icon : both;
    if (out->shows_text) {
        take_text(placer, entry, out->way);
    }
    if (out->shows_icon && icon->blocks_others) {
        take(placer, &wanted);
    }
    out->shows_icon = out->shows_icon && (!icon->needs_text || out->shows_text);
    placer->stats->collided += !out->shows_text && !out->shows_icon;
    return out->shows_text || out->shows_icon;
}

static bool placer_init(struct placer *placer, size_t count, struct arena *arena, struct label_stats *stats)
{
    *placer = (struct placer){.arena = arena, .stats = stats, .repeat_slot_count = 64};
    while (placer->repeat_slot_count < 2 * count) {
        placer->repeat_slot_count *= 2;
    }
    placer->cells = arena_array(arena, (size_t)BINS * BINS, sizeof *placer->cells);
    placer->repeats = arena_array(arena, count, sizeof *placer->repeats);
    placer->repeat_slots = arena_array(arena, placer->repeat_slot_count, sizeof *placer->repeat_slots);
    placer->choices.items = arena_array(arena, count, sizeof *placer->choices.items);
    return placer->cells && placer->repeats && placer->repeat_slots && placer->choices.items;
}

static struct entry entry_of(const struct label_frame *frame, struct label_candidate *candidate)
{
    struct entry entry = {.candidate = candidate,
                          .sort_key = candidate->order.sort_key,
                          .row = candidate->order.row,
                          .rank = candidate->order.rank,
                          .layer = candidate->layer,
                          .x = (int32_t)(candidate->x - frame->origin_x),
                          .y = (int32_t)(candidate->y - frame->origin_y)};
    entry.reach = label_box_moved(candidate->reach, entry.x, entry.y);
    entry.block = frame->has_squares ? block_of(&entry.reach) : 0;
    return entry;
}

/* Sorts what is of one block and layer. Points without a key come in their order. */
static void sort_bucket(struct entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_entries(&entries[i - 1], &entries[i]) > 0) {
            qsort(entries, count, sizeof *entries, compare_entries);
            return;
        }
    }
}

static size_t slot_of(const struct entry *entry, size_t layers)
{
    return entry->block * layers + (layers - 1 - entry->layer);
}

/* By block, then later layers first, then the order within the layer. `entries` are in the order of their layers.
 * NULL when memory is out. */
static struct entry *sort_entries(const struct entry *entries, size_t count, struct arena *arena)
{
    size_t layers = count > 0 ? (size_t)entries[count - 1].layer + 1 : 0;
    size_t *starts = arena_array(arena, layers * BLOCKS + 1, sizeof *starts);
    struct entry *sorted = arena_alloc_raw(arena, count * sizeof *sorted);
    if (!starts || !sorted) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        starts[slot_of(&entries[i], layers) + 1]++;
    }
    for (size_t i = 0; i < layers * BLOCKS; i++) {
        starts[i + 1] += starts[i];
    }
    for (size_t i = 0; i < count; i++) {
        sorted[starts[slot_of(&entries[i], layers)]++] = entries[i];
    }
    for (size_t i = 0, from = 0; i < layers * BLOCKS; from = starts[i++]) {
        sort_bucket(sorted + from, starts[i] - from);
    }
    return sorted;
}

/* Those this square has a say in, in the order of their turn. NULL when memory is out. */
static struct entry *find_entries(const struct label_frame *frame, const struct label_candidates *candidates,
                                  struct arena *arena, size_t *out_count)
{
    struct entry *entries = arena_alloc_raw(arena, candidates->count * sizeof *entries);
    size_t count = 0;
    for (size_t i = 0; entries && i < candidates->count; i++) {
        __builtin_prefetch(candidates->items[i + AHEAD < candidates->count ? i + AHEAD : i]);
        struct entry entry = entry_of(frame, candidates->items[i]);
        if (entry.block < BLOCKS) {
            entries[count++] = entry;
        }
    }
    *out_count = count;
    return entries ? sort_entries(entries, count, arena) : NULL;
}

/* Candidates lie far apart in memory. */
static void fetch(const struct label_candidate *candidate)
{
    for (size_t at = 0; at < sizeof *candidate; at += CACHE_LINE) {
        __builtin_prefetch((const char *)candidate + at);
    }
}

bool label_place_all(const struct label_frame *frame, const struct label_candidates *candidates, struct arena *arena,
                     struct label_choices *out_choices, struct label_stats *stats, struct error *err)
{
    size_t count = 0;
    struct entry *entries = find_entries(frame, candidates, arena, &count);
    struct placer placer;
    if (!entries || !placer_init(&placer, count, arena, stats)) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        fetch(entries[i + AHEAD < count ? i + AHEAD : i].candidate);
        placer.choices.count += place(&placer, &entries[i], &placer.choices.items[placer.choices.count]);
    }
    if (placer.failed) {
        return error_no_memory(err);
    }
    stats->candidates += count;
    stats->placed += placer.choices.count;
    *out_choices = placer.choices;
    return true;
}
