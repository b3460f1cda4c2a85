/* SPDX-License-Identifier: MIT */
#pragma once
/* `tiles.sqlite` as the one thread that writes it sees it: opened, made anew when it is damaged, let go when it was
 * deleted, and brought up to date by batches of orders. For the files of the disk cache only. */

#include "tile/tile_blob.h"
#include "tile/tile_key.h"

#include <limits.h>
#include <stdatomic.h>
#include <sys/stat.h>

struct sqlite3;
struct sqlite3_stmt;

enum disk_order_kind { DISK_PUT, DISK_CONFIRM, DISK_TOUCH, DISK_DROP };

/* What is to be done with one tile. */
struct disk_order {
    enum disk_order_kind kind;
    struct tile_key key;
    uint64_t mark;
    uint64_t old_mark;
    struct tile_blob *blob;
    struct disk_order *next;
};

struct disk_file {
    char path[PATH_MAX];
    uint64_t bytes_max;

    /* For every thread. */
    atomic_uint_fast64_t epoch; /* changes with the file: readers open it again */
    atomic_bool is_damaged;     /* a reader met damage of the file: it is dropped at the next look */
    atomic_int_fast64_t turn;   /* counts batches */
    atomic_uint_fast64_t damaged, written, evicted, bytes;

    /* The writer's own. */
    struct sqlite3 *db; /* NULL: no file now */
    struct sqlite3_stmt *find_series;
    struct sqlite3_stmt *find_tile;
    struct sqlite3_stmt *put_tile;
    struct sqlite3_stmt *put_blob;
    struct sqlite3_stmt *drop_tile;
    struct sqlite3_stmt *drop_blob;
    struct sqlite3_stmt *touch;
    ino_t inode;
    dev_t device;
    int64_t retry_at_ns;
    int64_t look_at_ns;
    bool has_complained;
};

/* True when there is a file to write to. One that is no cache of ours, or damaged, is replaced. */
bool disk_file_open(struct disk_file *file);
void disk_file_close(struct disk_file *file);
/* Drops a file that is damaged; lets go of one that was deleted or replaced, which is looked for once a second. */
void disk_file_look(struct disk_file *file);
/* All of the list or nothing; what cannot be kept is not. */
void disk_file_write(struct disk_file *file, const struct disk_order *orders);
