/* SPDX-License-Identifier: MIT */
#pragma once
/* The journey of a foreign file into the store: recognise, decide, read, mend, reproject, write, publish. Everything
 * that happens is told in the report. */

#include "ingest/report.h"

enum ingest_stage { INGEST_LOOKING, INGEST_LOADING, INGEST_PUBLISHING };

struct ingest_options {
    const char *directory; /* the data directory; NULL: do not look at what is stored */
    const char *layer;     /* wished id; this and the next: NULL when not given */
    const char *title;
    const char *source_layer;
    const char *srs;
    const char *encoding;
    const char *key;
    const char *descriptor; /* path of a layers/<id>.json */
    bool strict;            /* refuse instead of mending or leaving out */
    bool dry_run;           /* all checks, no change */
    /* Told now and then; may be NULL. `total` is -1 when unknown. */
    void (*progress)(void *context, enum ingest_stage stage, const char *layer, int64_t done, int64_t total);
    void *context;
};

enum ingest_outcome {
    INGEST_DONE,
    INGEST_REJECTED, /* nothing changed; the report says why */
    INGEST_BROKEN    /* our fault or the machine's; the report says what */
};

/* What load would find and do, changing nothing: options as for ingest_load. */
enum ingest_outcome ingest_inspect(const char *path, const struct ingest_options *options, struct report *report);

/* Loads the layers of the file at `path`, replacing those that have the same id. All are checked before the first is
 * written. */
enum ingest_outcome ingest_load(const char *path, const struct ingest_options *options, struct report *report);

/* Whether the stored layer that the descriptor at `path` names was made from just this file and descriptor. */
bool ingest_is_current(const char *descriptor_path, const char *directory, bool *out_current, struct error *err);
