/* SPDX-License-Identifier: MIT */
/* Node: two bytes depth (root only), two bytes number of cells, then cells of a 64-bit id and four 32-bit coordinates,
 * all big-endian. The root is node 1; leaves have depth 0. */
#include "store/rtree_pack.h"

#include "store/database.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_BYTES = 4, CELL_BYTES = 24, NODE_BYTES_MAX = 65536 };

struct pack {
    struct sqlite3 *db;
    const char *table;
    struct sqlite3_stmt *put_node;
    struct sqlite3_stmt *put_rowid;
    struct sqlite3_stmt *put_parent;
    unsigned char *node;
    size_t node_bytes;
    size_t fanout;
    int64_t next_node;
};

static float round_down(double number)
{
    float rounded = (float)number;
    return (double)rounded > number ? nextafterf(rounded, -HUGE_VALF) : rounded;
}

static float round_up(double number)
{
    float rounded = (float)number;
    return (double)rounded < number ? nextafterf(rounded, HUGE_VALF) : rounded;
}

void rtree_entry_set_box(struct rtree_entry *entry, double min_x, double min_y, double max_x, double max_y)
{
    entry->min_x = round_down(min_x);
    entry->max_x = round_up(max_x);
    entry->min_y = round_down(min_y);
    entry->max_y = round_up(max_y);
}

static int compare_entries(const void *a, const void *b)
{
    const struct rtree_entry *left = a;
    const struct rtree_entry *right = b;
    if (left->key != right->key) {
        return left->key < right->key ? -1 : 1;
    }
    return left->id < right->id ? -1 : left->id > right->id;
}

static void put_big(unsigned char *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        out[i] = (unsigned char)(number >> (8 * (bytes - 1 - i)));
    }
}

static void put_float(unsigned char *out, float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_big(out, bits, 4);
}

static void put_cell(unsigned char *out, const struct rtree_entry *entry)
{
    put_big(out, (uint64_t)entry->id, 8);
    put_float(out + 8, entry->min_x);
    put_float(out + 12, entry->max_x);
    put_float(out + 16, entry->min_y);
    put_float(out + 20, entry->max_y);
}

static bool put_pair(struct pack *pack, struct sqlite3_stmt *statement, int64_t key, int64_t number, struct error *err)
{
    sqlite3_bind_int64(statement, 1, key);
    sqlite3_bind_int64(statement, 2, number);
    return database_step_done(pack->db, statement, err);
}

static bool put_node(struct pack *pack, int64_t number, unsigned depth, const struct rtree_entry *entries, size_t count,
                     struct error *err)
{
    memset(pack->node, 0, pack->node_bytes);
    put_big(pack->node, depth, 2);
    put_big(pack->node + 2, count, 2);
    for (size_t i = 0; i < count; i++) {
        put_cell(pack->node + HEAD_BYTES + i * CELL_BYTES, &entries[i]);
    }
    sqlite3_bind_int64(pack->put_node, 1, number);
    sqlite3_bind_blob64(pack->put_node, 2, pack->node, pack->node_bytes, SQLITE_STATIC);
    return database_step_done(pack->db, pack->put_node, err);
}

/* Says of each entry in which node it is: features in the one table, nodes in the other. */
static bool put_places(struct pack *pack, int64_t node, unsigned level, const struct rtree_entry *entries, size_t count,
                       struct error *err)
{
    struct sqlite3_stmt *statement = level == 0 ? pack->put_rowid : pack->put_parent;
    for (size_t i = 0; i < count; i++) {
        if (!put_pair(pack, statement, entries[i].id, node, err)) {
            return false;
        }
    }
    return true;
}

static struct rtree_entry cover(int64_t node, const struct rtree_entry *entries, size_t count)
{
    struct rtree_entry whole = entries[0];
    whole.id = node;
    for (size_t i = 1; i < count; i++) {
        whole.min_x = fminf(whole.min_x, entries[i].min_x);
        whole.max_x = fmaxf(whole.max_x, entries[i].max_x);
        whole.min_y = fminf(whole.min_y, entries[i].min_y);
        whole.max_y = fmaxf(whole.max_y, entries[i].max_y);
    }
    return whole;
}

/* Writes one level and replaces the entries by those of its nodes. Nodes share the entries evenly, so that none is
 * nearly empty. */
static bool pack_level(struct pack *pack, unsigned level, struct rtree_entry *entries, size_t *count, struct error *err)
{
    size_t nodes = (*count + pack->fanout - 1) / pack->fanout;
    size_t start = 0;
    for (size_t n = 0; n < nodes; n++) {
        size_t end = *count * (n + 1) / nodes;
        int64_t number = pack->next_node++;
        if (!put_node(pack, number, 0, entries + start, end - start, err) ||
            !put_places(pack, number, level, entries + start, end - start, err)) {
            return false;
        }
        entries[n] = cover(number, entries + start, end - start);
        start = end;
    }
    *count = nodes;
    return true;
}

static bool pack_all(struct pack *pack, struct rtree_entry *entries, size_t count, struct error *err)
{
    unsigned level = 0;
    while (count > pack->fanout) {
        if (!pack_level(pack, level, entries, &count, err)) {
            return false;
        }
        level++;
    }
    return put_node(pack, 1, level, entries, count, err) && put_places(pack, 1, level, entries, count, err);
}

static bool open_pack(struct pack *pack, struct error *err)
{
    int64_t bytes;
    if (!database_number(pack->db, 0, &bytes, err, "SELECT length(data) FROM \"%w_node\" WHERE nodeno=1",
                         pack->table)) {
        return false;
    }
    if (bytes < HEAD_BYTES + 2 * CELL_BYTES || bytes > NODE_BYTES_MAX) {
        error_set(err, ERROR_INTERNAL, "spatial index \"%s\": unexpected node size %lld", pack->table,
                  (long long)bytes);
        return false;
    }
    pack->node_bytes = (size_t)bytes;
    pack->fanout = (pack->node_bytes - HEAD_BYTES) / CELL_BYTES;
    pack->next_node = 2;
    pack->node = malloc(pack->node_bytes);
    if (!pack->node) {
        return error_no_memory(err);
    }
    return database_preparef(pack->db, &pack->put_node, err, "INSERT OR REPLACE INTO \"%w_node\" VALUES (?1, ?2)",
                             pack->table) &&
           database_preparef(pack->db, &pack->put_rowid, err, "INSERT INTO \"%w_rowid\" VALUES (?1, ?2)",
                             pack->table) &&
           database_preparef(pack->db, &pack->put_parent, err, "INSERT INTO \"%w_parent\" VALUES (?1, ?2)",
                             pack->table);
}

bool rtree_pack(struct sqlite3 *db, const char *table, struct rtree_entry *entries, size_t count, struct error *err)
{
    if (count == 0) {
        return true;
    }
    qsort(entries, count, sizeof *entries, compare_entries);
    struct pack pack = {.db = db, .table = table};
    /* A defensive connection refuses to write the tables behind a virtual one. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    bool ok = open_pack(&pack, err) && pack_all(&pack, entries, count, err);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_finalize(pack.put_node);
    sqlite3_finalize(pack.put_rowid);
    sqlite3_finalize(pack.put_parent);
    free(pack.node);
    return ok;
}
