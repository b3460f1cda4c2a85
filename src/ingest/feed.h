/* SPDX-License-Identifier: MIT */
#pragma once
/* Pulls the features of one layer out of a foreign file, as they stand there: text not yet decoded, geometry not yet
 * checked. A feed belongs to one thread. */

#include "base/arena.h"
#include "base/error.h"
#include "geo/feature.h"
#include "ingest/encoding.h"
#include "ingest/source.h"

struct feed_field {
    struct text name; /* raw bytes */
    enum field_type type;
    unsigned width; /* bytes, of text columns that have a fixed width; else 0 */
};

struct feed_info {
    const struct feed_field *fields;
    size_t field_count;
    int64_t feature_count; /* -1 when only reading tells */
    struct text srs_wkt;   /* empty: none declared */
    const char *srs_code;  /* "EPSG:4326" where the format itself fixes it; else NULL */
    double srs_confidence; /* of srs_code */
    const char *encoding;  /* declared, canonical; NULL: not */
    enum encoding_source encoding_source;
    const char **left_columns; /* columns that cannot be carried (binary) */
    size_t left_column_count;
};

struct feed_feature {
    int64_t row;              /* from 1, as in the source */
    const unsigned char *wkb; /* ISO WKB, little endian; NULL: no geometry */
    size_t wkb_size;
    const char *damage_english; /* not NULL: there is a geometry, but it cannot be read */
    const char *damage_spanish;
    const struct value *values; /* field_count; strings are raw bytes, numbers may be infinite or none */
};

struct feed;

/* What one kind of file does. */
struct feed_kind {
    bool (*next)(struct feed *feed, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
                 struct error *err);
    bool (*rewind)(struct feed *feed, struct error *err);
    void (*close)(struct feed *feed);
};

struct feed {
    const struct feed_kind *kind;
    struct feed_info info;
};

/* Opens a layer. What is odd but bearable is told to `report`. */
bool feed_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err);
void feed_close(struct feed *feed);

/* The next feature, in `arena`; `*out_end` is set after the last one. */
bool feed_next(struct feed *feed, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
               struct error *err);
/* Back to the first feature. */
bool feed_rewind(struct feed *feed, struct error *err);
