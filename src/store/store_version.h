/* SPDX-License-Identifier: MIT */
#pragma once
/* The versions of a layer that are kept: served, older, drafts. */

#include "store/store.h"

enum store_version_state {
    STORE_VERSION_PUBLISHED, /* served */
    STORE_VERSION_WITHDRAWN, /* was served when the layer was withdrawn */
    STORE_VERSION_KEPT,      /* was served before */
    STORE_VERSION_DRAFT      /* never served */
};

/* "published", "withdrawn", "kept", "draft". */
const char *store_version_state_name(enum store_version_state state);

struct store_version {
    struct store_layer layer;
    enum store_version_state state;
    const char *source_file;
    const char *source_sha256;
    bool has_z;
    bool has_cells; /* otherwise they are built when it is published */
};

struct store_version_list {
    const struct store_version *versions; /* newest first */
    size_t count;
};

/* ERROR_NOT_FOUND when no version of the layer is kept. */
bool store_version_list(struct store *store, const char *layer_id, struct arena *arena,
                        struct store_version_list *out_list, struct error *err);
/* The version with this number, or NULL. */
const struct store_version *store_version_find(const struct store_version_list *list, int64_t version);

/* What each layer is now, served or not: the served version, else the one that was served when the layer was withdrawn,
 * else the newest. With `drafts` a draft that is newer than that comes first. By id. */
bool store_version_latest(struct store *store, bool drafts, struct arena *arena, struct store_layer_list *out_list,
                          struct error *err);
