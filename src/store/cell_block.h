/* SPDX-License-Identifier: MIT */
#pragma once
/* A block of cells.sqlite: up to 64 features that lie near each other. It begins with two indexes. For columns of few
 * different values (a class of streets, a use of land) which features have which value, as a bit for each feature:
 * whoever knows which classes are shown knows which features are, and what the values of these are, at once (ADR 0016).
 * And a record of each feature, all of one size: row, box, and where its geometry and its attributes end, so that those
 * of no interest are not looked at, and those of interest in any order. Then come the geometries. Attributes lie
 * elsewhere, as bytes of their own: a picture seldom needs more of them than the classes say (ADR 0024). docs/store.md
 * has the layout. Every function that reads survives arbitrary bytes. */

#include "store/cell.h"

enum {
    CELL_BLOCK_BYTES = 5000, /* with or without attributes: three in a database page of 16 KiB; larger features stand
                                alone */
    CELL_BLOCK_FEATURES = CELL_OUTLINES_MAX
};

/* One feature in a block. */
struct cell_feature {
    int64_t row;
    struct world_box box;
    bool attributes_elsewhere;
    struct cell_cursor geometry;
    struct cell_cursor attributes; /* none where the block has got none, or those of the feature are elsewhere */
};

/* --- writing --- */

/* What the record of a feature says. */
struct cell_entry {
    int64_t row;
    bool attributes_elsewhere;
    struct world_box box;
    uint32_t geometry_end;
    uint32_t attributes_end;
};

struct cell_block_maker {
    struct buffer geometries;
    struct buffer attributes;
    struct buffer classes; /* scratch */
    size_t count;
    bool has_elsewhere;
    struct cell_entry entries[CELL_BLOCK_FEATURES];
};

void cell_block_init(struct cell_block_maker *maker, size_t bytes_max);
void cell_block_finish(struct cell_block_maker *maker);
/* Empties it. */
void cell_block_begin(struct cell_block_maker *maker);
/* True when the block by now, or its attributes, would be too long with so many more. */
bool cell_block_is_full(const struct cell_block_maker *maker, size_t content_length, size_t attributes_length);
/* `content` is geometry and attributes as cell.h writes them; the last `attributes_length` bytes are the latter. The
 * caller sees to it that there are at most CELL_BLOCK_FEATURES. */
void cell_block_put(struct cell_block_maker *maker, int64_t row, const struct world_box *box, bool attributes_elsewhere,
                    struct text content, size_t attributes_length);
/* Appends the block; its attributes are those in the maker. `field_count`: of them. */
void cell_block_write(struct cell_block_maker *maker, size_t field_count, struct buffer *out);

/* --- reading --- */

/* A number of a record. */
struct cell_column {
    uint32_t at; /* in the record */
    uint32_t mask;
};

struct cell_block {
    size_t count;
    int64_t first_row; /* what rows and places are counted from */
    int32_t origin_x;
    int32_t origin_y;
    struct cell_cursor classes;
    const unsigned char *records;
    size_t record_bytes;
    uint64_t row_mask;
    struct cell_column place[2]; /* x and y */
    struct cell_column size[2];
    struct cell_column geometry_end;
    struct cell_column attributes_end;
    struct cell_cursor geometries;
    size_t attributes_length;
    struct cell_cursor attributes; /* NULL until they are there */
};

enum cell_result cell_block_open(struct text bytes, struct cell_block *out_block);
/* Hands the block its attributes. */
enum cell_result cell_block_add_attributes(struct cell_block *block, struct text bytes);
enum cell_result cell_block_feature(const struct cell_block *block, size_t index, struct cell_feature *out_feature);
/* The attributes of a feature alone: none where they are elsewhere. */
enum cell_result cell_block_attributes(const struct cell_block *block, size_t index, bool *out_elsewhere,
                                       struct cell_cursor *out_attributes);
/* The features with a bit in `chosen`, in the order of the block: what is drawn of each, without a tuple, and its row.
 */
enum cell_result cell_block_outlines(const struct cell_block *block, uint64_t chosen, unsigned shift,
                                     struct arena *arena, struct cell_outline *out_outlines, int64_t *out_rows);
/* Those of the features with a bit in `among` whose boxes touch the area. */
uint64_t cell_block_touching(const struct cell_block *block, uint64_t among, struct cell_box area);
/* A bit for each feature. */
uint64_t cell_block_all(const struct cell_block *block);

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
