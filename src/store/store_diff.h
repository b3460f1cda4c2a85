/* SPDX-License-Identifier: MIT */
#pragma once
/* What changed between two versions of a layer: columns, and features by their key, or by content where there is none.
 *
 * Both tables are gone through once for each two million features, and only hashes are held: 64 bytes a feature pair.
 * Columns that one version lacks are told as such and do not make every feature a changed one. */

#include "store/store_version.h"

struct store_diff_column {
    const char *name;
    bool in_from;
    bool in_to;
    enum field_type from_type;
    enum field_type to_type;
    int64_t changed; /* features that have another value here; only where matched by key */
};

struct store_diff_feature {
    int64_t from_row; /* 0: added */
    int64_t to_row;   /* 0: removed */
    struct value id;
    bool geometry;      /* changed features: another geometry */
    const bool *fields; /* changed features: a flag for each column */
};

struct store_diff_list {
    const struct store_diff_feature *features; /* by row */
    size_t count;
};

enum store_diff_geometry {
    STORE_DIFF_EXACT,  /* coordinates to the bit */
    STORE_DIFF_PLANE,  /* x and y: the versions differ in Z, or in single and multi points */
    STORE_DIFF_DEGREES /* to 2 * 10^-7 degrees (2 cm): the versions differ in their reference system */
};

enum store_diff_pixels {
    STORE_DIFF_NO_PIXELS, /* one of the versions is no raster */
    STORE_DIFF_SAME_PIXELS,
    STORE_DIFF_OTHER_PIXELS /* the files differ */
};

struct store_diff {
    bool by_key;
    enum store_diff_pixels pixels;
    enum store_diff_geometry geometry;
    const struct store_diff_column *columns; /* of the first version, then those that only the second has */
    size_t column_count;
    int64_t added;
    int64_t removed;
    int64_t unchanged;
    int64_t changed; /* 0 unless matched by key */
    int64_t geometry_changed;
    int64_t attributes_changed;
    struct store_diff_list added_features; /* at most list_max of each */
    struct store_diff_list removed_features;
    struct store_diff_list changed_features;
};

struct store_diff_options {
    size_t list_max;      /* features to list of each kind */
    int64_t features_max; /* held at once; 0: two million */
};

/* `from` and `to` are versions of one layer. Everything in `out_diff` lives in `arena`. ERROR_NOT_FOUND when one of
 * them was dropped meanwhile. */
bool store_diff(struct store *store, const struct store_version *from, const struct store_version *to,
                const struct store_diff_options *options, struct arena *arena, struct store_diff *out_diff,
                struct error *err);
