/* SPDX-License-Identifier: MIT */
#pragma once
/* The files that styles name by local:// and by the addresses of the original harness's servers. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"
#include "base/value.h"

struct assets {
    char folder[4096]; /* local:// and http://localhost:2900/ */
    char tiles[4096];  /* http://localhost:2901/: the real-world tiles beside the vector tile suite */
};

enum asset_answer {
    ASSET_FOUND,
    ASSET_MISSING, /* 404 */
    ASSET_EMPTY    /* 204 */
};

/* `folder`: the suite's; `own`: the folder given by the caller, or NULL. */
void assets_init(struct assets *assets, const char *folder, const char *own);
/* On ASSET_FOUND `out_content` is initialised and the caller finishes it. */
enum asset_answer assets_read(const struct assets *assets, struct text url, struct buffer *out_content);
/* A JSON asset into `arena`. */
bool assets_read_json(const struct assets *assets, struct text url, struct arena *arena, struct value *out_value);
