/* SPDX-License-Identifier: MIT */
#pragma once
/* A block of cells.sqlite: up to 64 features that lie near each other, with two indexes in front of them. Where each
 * feature ends, so that those of no interest are not looked at. And for columns of few different values (a class of
 * streets, a use of land) which features have which value, as a bit for each feature: whoever knows which classes are
 * shown knows which features are, and what the values of these are, at once (ADR 0016). docs/store.md has the layout.
 * Every function that reads survives arbitrary bytes. */

#include "store/cell.h"

enum {
    CELL_BLOCK_BYTES = 5000, /* three in a database page of 16 KiB; larger features stand alone */
    CELL_BLOCK_FEATURES = 64
};

/* One feature in a block. */
struct cell_feature {
    int64_t row;
    struct world_box box;
    bool attributes_elsewhere;
    struct cell_cursor content; /* geometry, then attributes unless they are elsewhere */
};

/* The corner that boxes are counted from. */
struct cell_origin {
    int32_t x;
    int32_t y;
};

/* --- writing --- */

struct cell_block_maker {
    struct cell_origin origin;
    struct buffer features;
    struct buffer classes; /* scratch */
    size_t count;
    bool has_elsewhere;
    uint32_t ends[CELL_BLOCK_FEATURES];
    uint32_t attributes[CELL_BLOCK_FEATURES]; /* where those of a feature begin */
};

void cell_block_init(struct cell_block_maker *maker, size_t bytes_max);
void cell_block_finish(struct cell_block_maker *maker);
/* Empties it. */
void cell_block_begin(struct cell_block_maker *maker, struct cell_origin origin);
/* About how long the block is by now. */
size_t cell_block_length(const struct cell_block_maker *maker);
/* `content` is geometry and attributes as cell.h writes them; the last `attributes_length` bytes are the latter. The
 * caller sees to it that there are at most CELL_BLOCK_FEATURES. */
void cell_block_put(struct cell_block_maker *maker, int64_t row, const struct world_box *box, bool attributes_elsewhere,
                    struct text content, size_t attributes_length);
/* Appends the block. `field_count`: of the attributes. */
void cell_block_write(struct cell_block_maker *maker, size_t field_count, struct buffer *out);

/* --- reading --- */

struct cell_block {
    struct cell_origin origin;
    size_t count;
    struct cell_cursor classes;
    const unsigned char *ends;
    size_t end_bytes; /* of one */
    struct cell_cursor features;
};

enum cell_result cell_block_open(struct text bytes, struct cell_block *out_block);
enum cell_result cell_block_feature(const struct cell_block *block, size_t index, struct cell_feature *out_feature);

/* A column of few values. */
struct cell_class {
    uint64_t field;
    size_t count; /* of values */
    struct cell_cursor values;
};

/* The next of `classes`, in the order of fields; false at the end, and where the bytes make no sense. */
bool cell_block_next_class(struct cell_cursor *classes, struct cell_class *out_class);
/* The next value of the class, and a bit for each feature that has it. A feature has one value only, in sound bytes. */
bool cell_class_next(struct cell_class *class, uint64_t *out_features, struct cell_cursor *out_value);
