/* SPDX-License-Identifier: MIT */
#pragma once
/* What is to be done with each layer of a file: which are meant, under which id they are stored, what people wished,
 * and the look that decides how they are read. Seen by the parts of a journey only. */

#include "ingest/journey.h"
#include "ingest/repair.h"
#include "ingest/scan.h"
#include "ingest/source.h"

enum { JOURNEY_PLANS_MAX = 200, JOURNEY_PROGRESS_STEP = 1000 };

#define JOURNEY_FEATURE_BYTES ((size_t)1 << 30)

#define DEGREES_SLACK 1e-6

/* What is to be done with one layer of the file. */
struct plan {
    const struct source_layer *from;
    struct scan scan;
    char id[65];
    const struct store_layer *old; /* the stored layer of this id, or NULL */
    const struct value *base;      /* the descriptor to start from, or NULL */
    bool own_descriptor;           /* `base` comes from a file and not from the store */
    const char *srs;               /* wishes: the option, else the descriptor's */
    const char *encoding;
    const char *key;
    struct text raster; /* JSON that describes the pixels */
    /* A large layer is read once: loaded by what its first features say, and looked at whole meanwhile. When the look
     * comes to other conclusions it is loaded again by those. */
    bool guessed;
    struct scan guess;
};

struct journey {
    const char *folder;
    const struct ingest_options *options;
    struct report *report;
    struct arena *arena;
    struct source *source;
    struct import_stream *stream;
    const struct store_layer_list *stored;
    struct descriptor descriptor;
    bool has_descriptor;
    struct repair *repair;
    struct plan *plans;
    size_t plan_count;
};

/* Which layers of the file are meant: fills the plans. */
bool journey_plan_choose(struct journey *journey, struct error *err);

/* Makes ready the plan at `index`: id, wishes, feed, and the look at the layer. With `check` that is a close one, else
 * large layers are only guessed at. `scan.failed` says that the layer must not be loaded. */
bool journey_plan_prepare(struct journey *journey, size_t index, bool check, struct error *err);

/* What people said about the layer, as the look takes it. */
struct scan_wishes journey_plan_wishes(const struct journey *journey, const struct plan *plan);

/* What follows for the stored layer of the same id, after a look that is complete. */
void journey_plan_tell_stored(struct journey *journey, struct plan *plan);

/* What a layer is called that nobody named. */
const char *journey_plan_title(const struct journey *journey, const struct plan *plan);

/* Progress that cannot be told is no reason to stop: what follows will fail by itself. */
void journey_plan_progress(const struct journey *journey, enum ingest_stage stage, const char *layer, int64_t done,
                           int64_t total);
/* The same for those who do a stage: `context` is a journey_stage. */
struct journey_stage {
    const struct journey *journey;
    enum ingest_stage stage;
    const char *layer;
};
void journey_plan_tell(void *context, int64_t done, int64_t total);
