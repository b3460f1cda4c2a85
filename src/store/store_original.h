/* SPDX-License-Identifier: MIT */
#pragma once
/* The features of one version as they were loaded: all columns, coordinates to the bit in the reference system of the
 * source. For exports. */

#include "store/store_version.h"

struct store_originals;

struct store_original_column {
    const char *name;
    enum field_type type;
    bool hidden;
};

/* What is known of all features. */
struct store_originals_info {
    const struct store_original_column *columns;
    size_t column_count;
    bool has_z;
    bool has_multi_points; /* points only: some feature has several, so that all are multi points */
};

struct store_original {
    int64_t row;
    const unsigned char *wkb; /* ISO WKB: point or multi point, multi line, multi polygon. NULL: no geometry */
    size_t wkb_size;
    const struct value *values; /* of all columns */
};

/* Begins to read `version` in row order, in constant memory. Until it is closed the store shows one state, and nothing
 * else may be read through it. ERROR_NOT_FOUND when the version was dropped meanwhile. */
bool store_originals_open(struct store *store, const struct store_version *version,
                          struct store_originals **out_originals, struct error *err);
void store_originals_close(struct store_originals *originals);
const struct store_originals_info *store_originals_info(const struct store_originals *originals);

/* The next feature, valid until the next call; `*out_end` after the last. */
bool store_originals_next(struct store_originals *originals, struct store_original *out_original, bool *out_end,
                          struct error *err);
/* Back to the first one: of the same state. */
void store_originals_rewind(struct store_originals *originals);
