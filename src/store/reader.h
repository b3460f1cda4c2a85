/* SPDX-License-Identifier: MIT */
#pragma once
/* What stands behind `struct store`: two read-only connections, their statements, and scratch memory. For the files of
 * this room only. */

#include "base/buffer.h"
#include "store/cell_block.h"
#include "store/store.h"

#include <limits.h>
#include <sys/types.h>

struct sqlite3;
struct sqlite3_stmt;

/* A file that may appear, vanish or be replaced while the store is open. */
struct reader_file {
    char path[PATH_MAX];
    struct sqlite3 *db; /* NULL: not there */
    dev_t device;
    ino_t inode;
};

/* A grown array that is kept between calls. */
struct reader_scratch {
    void *items;
    size_t bytes;
};

struct store {
    struct reader_file truth;
    struct reader_file cells;
    uint64_t reopened; /* how often a file was found replaced: part of the generation */
    unsigned depth;    /* of nested reads of the cells */
    unsigned bands;    /* a bit for each that the version has that reader_begin was called for last */
    unsigned char vector_bands[CELL_VECTOR_ZOOMS]; /* of that version */
    struct sqlite3_stmt *generation;
    struct sqlite3_stmt *begin;
    struct sqlite3_stmt *commit;
    struct sqlite3_stmt *node;
    struct sqlite3_stmt *attributes; /* of a block */
    struct sqlite3_stmt *item;
    struct sqlite3_stmt *items; /* of a range of rows */
    struct sqlite3_stmt *version;
    struct sqlite3_stmt *ident;
    struct reader_scratch block;  /* the bytes of one */
    struct reader_scratch values; /* its attributes */
    struct reader_scratch found;
    struct reader_scratch own;
    struct reader_scratch places;
    struct reader_scratch key;
    struct reader_scratch ids;
    struct reader_scratch candidates;
};

/* Opens files that appeared or were replaced since. */
bool reader_refresh(struct store *store, struct error *err);
void reader_close(struct store *store);

/* Between these two all reads of the cells see one state. They nest. */
bool reader_begin(struct store *store, const struct store_layer *layer, struct error *err);
void reader_end(struct store *store);

/* Fails with what the cells' connection says; damage gets its cure. */
bool reader_fail(struct store *store, const struct store_layer *layer, struct error *err);
bool reader_damaged(const struct store_layer *layer, struct error *err);
/* The arena of an answer is full, or memory is out. */
bool reader_no_room(const struct store_layer *layer, const struct arena *arena, struct error *err);
/* More features than an answer can hold. */
bool reader_too_many(const struct store_layer *layer, struct error *err);
/* The cells of this version are not there. */
bool reader_missing(const struct store_layer *layer, struct error *err);

/* Makes room for `count` items of `size` bytes, keeping what is there. NULL when memory is out. */
void *reader_scratch_grow(struct reader_scratch *scratch, size_t count, size_t size);

/* The bytes of a column: valid until the statement is stepped or reset. */
struct text reader_column(struct sqlite3_stmt *statement, int column);

/* The band that stands for `band` in the version that reader_begin was called for last: itself, or where cells have not
 * been made for it the next finer one. What is read from it has that one's grid. */
unsigned reader_band(const struct store *store, unsigned band);

enum reader_next { READER_GO_ON, READER_STOP, READER_FAIL };

/* A block that touches an area. */
struct reader_block {
    struct cell_block cells; /* without attributes, until reader_attributes is asked for them */
    struct cell_box area;
    bool is_inside; /* the boxes of all its features lie in the area */
    int64_t id;
    struct reader_walk *walk;
};

/* Calls `visit` for every block of `band`, or of the one that stands for it, that touches `area` (clamped to the world
 * by the caller). The block is valid during the call. */
typedef enum reader_next reader_block_visitor(void *context, struct reader_block *block, struct error *err);
bool reader_walk_blocks(struct store *store, const struct store_layer *layer, unsigned band,
                        const struct world_box *area, reader_block_visitor *visit, void *context, struct error *err);

/* Fetches the attributes of the block's features; they are valid as long as the arena, with NULL as the block. */
bool reader_attributes(struct reader_block *block, struct arena *arena, struct error *err);
/* Those of the block's features whose boxes touch the area: a bit for each. */
uint64_t reader_touching(const struct reader_block *block, uint64_t among);

/* reader_walk_blocks for every feature in them whose box touches `area`, with its attributes or without. */
typedef enum reader_next reader_visitor(void *context, const struct cell_feature *feature, struct error *err);
bool reader_walk(struct store *store, const struct store_layer *layer, unsigned band, const struct world_box *area,
                 bool with_attributes, reader_visitor *visit, void *context, struct error *err);

/* The part of `area`, moved by `shift_x` to the west, that lies in the world; false when none does. */
bool reader_area_in_world(const struct world_box *area, int64_t shift_x, struct world_box *out_part);
