/* SPDX-License-Identifier: MIT */
#pragma once
/* The first look at a layer: one pass that says what is in it, and the decisions that follow from it (columns,
 * encoding, reference system, geometry kind). Everything odd becomes a message. */

#include "ingest/crs.h"
#include "ingest/descriptor.h"
#include "ingest/encoding.h"
#include "ingest/feed.h"
#include "ingest/repair.h"
#include "ingest/report.h"

/* What people have said about the layer; NULL where nothing. */
struct scan_wishes {
    const char *srs;
    const char *encoding;
    const char *key;
    bool key_is_needed;             /* a missing key is an error; else it was inherited and is dropped */
    const struct value *descriptor; /* NULL or an object: for titles and to check its fields */
};

struct scan {
    struct feed *feed;
    struct report *report;
    struct report_layer *layer; /* filled by scan_run */
    struct arena *arena;
    struct field *fields; /* decoded, cleaned, unique */
    size_t field_count;
    struct encoding_choice encoding;
    struct crs_finding crs;
    enum geometry_kind kind;
    bool has_z;
    struct bbox extent; /* as in the file */
    ptrdiff_t key;      /* index of the key field, -1: none */
    bool has_siblings;  /* given: other layers of the file are loaded, too */
    bool is_empty;      /* no feature at all, and siblings: told, and nothing to load */
    bool failed;        /* an error was told: do not load */
    int64_t features;
};

/* Reads the whole feed once. With `check` polygons are tested for validity, too. What is found goes to `scan->layer`
 * and to messages; `scan->failed` says that the layer must not be loaded. False only when reading itself broke down
 * (told in `err`). `progress` may be NULL. */
bool scan_run(struct scan *scan, const struct scan_wishes *wishes, bool check, struct repair *repair,
              void (*progress)(void *context, int64_t done, int64_t total), void *context, struct error *err);

/* The same in steps, for features that are read for another purpose, too: begin, note each feature, conclude. Whatever
 * happens, the pass is closed in the end. */
struct scan_pass;

bool scan_begin(struct scan *scan, const struct scan_wishes *wishes, struct scan_pass **out_pass, struct error *err);
bool scan_note(struct scan *scan, struct scan_pass *pass, const struct feed_feature *feature, bool check,
               struct repair *repair, struct arena *arena, struct error *err);
bool scan_conclude(struct scan *scan, struct scan_pass *pass, const struct scan_wishes *wishes, bool check,
                   struct error *err);
void scan_pass_close(struct scan_pass *pass);

/* True when features would be loaded alike after either. */
bool scan_agrees(const struct scan *scan, const struct scan *other);
