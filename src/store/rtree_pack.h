/* SPDX-License-Identifier: MIT */
#pragma once
/* Fills an empty R*Tree table of SQLite at once: about 1 us an entry, where inserting one by one takes 15. */

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct sqlite3;

/* In the order of the columns of the table. */
struct rtree_entry {
    uint64_t key; /* entries are packed in this order: neighbours on the map should be neighbours here */
    int64_t id;
    float min_x;
    float max_x;
    float min_y;
    float max_y;
};

/* The box of doubles as floats, rounded outwards as the R*Tree does. */
void rtree_entry_set_box(struct rtree_entry *entry, double min_x, double min_y, double max_x, double max_y);

/* Sorts `entries` and writes them into the tables behind `table`, which must be empty (format: "The shadow tables" in
 * SQLite's R*Tree documentation). Inside a transaction of the caller. */
bool rtree_pack(struct sqlite3 *db, const char *table, struct rtree_entry *entries, size_t count, struct error *err);
