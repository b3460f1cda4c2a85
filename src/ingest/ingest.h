/* SPDX-License-Identifier: MIT */
#pragma once
/* The journey of a foreign file into the store: recognise, decide, read, mend, reproject, write, publish. Everything
 * that happens is told in the report. */

#include "ingest/report.h"

enum ingest_stage { INGEST_LOOKING, INGEST_LOADING, INGEST_PUBLISHING };

/* A style that stands beside a layer in its file, as it stands there: foreign text. */
struct ingest_style {
    const char *layer;  /* the id that the layer is, or would be, loaded as */
    const char *source; /* the layer's name in the file */
    const char *name;   /* of the style; may be empty */
    struct text xml;    /* QML or SLD */
};

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
    bool draft;             /* load without publishing */
    bool dry_run;           /* all checks, no change */
    /* Told now and then; may be NULL. `total` is -1 when unknown. */
    void (*progress)(void *context, enum ingest_stage stage, const char *layer, int64_t done, int64_t total);
    /* Told after the load (or look) has succeeded, for each layer that brings a style; may be NULL. */
    void (*style)(void *context, const struct ingest_style *style);
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
 * written, and all are published at once or none. */
enum ingest_outcome ingest_load(const char *path, const struct ingest_options *options, struct report *report);

/* Whether the stored layer that the descriptor at `path` names was made from just this file and descriptor: what is or
 * was served, or with `draft` a newer draft, too. */
bool ingest_is_current(const char *descriptor_path, const char *directory, bool draft, bool *out_current,
                       struct error *err);
