/* SPDX-License-Identifier: MIT */
#pragma once
/* Zip archives from strangers. Names inside are never trusted: they are judged, then members are written under names
 * of our own. */

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

enum {
    ARCHIVE_ENTRIES_MAX = 500,
    ARCHIVE_NAME_BYTES_MAX = 255,
    ARCHIVE_DEPTH_MAX = 8,
    ARCHIVE_RATIO_MAX = 250 /* unpacked : packed, looked at after the first 64 MB */
};
#define ARCHIVE_UNPACKED_BYTES_MAX ((uint64_t)2 << 30)

struct archive_member {
    const char *name;      /* as in the archive, valid UTF-8: for people only */
    const char *extension; /* lower case, without the dot; "" when there is none */
    const char *path;      /* where its bytes are */
    uint64_t size;
};

struct archive {
    struct archive_member *members; /* what was unpacked */
    size_t member_count;
    const char **ignored; /* names of files that hold no map data */
    size_t ignored_count;
};

/* Unpacks from the zip at `path` the members with one of `extensions` into `folder`. Refuses the archive as a whole
 * when a name leads outside, a member is no regular file, is encrypted, occurs twice, lies about its size or checksum,
 * or when a bound above is passed. */
bool archive_unpack(const char *path, const char *folder, const char *const *extensions, size_t extension_count,
                    struct arena *arena, struct archive *out_archive, struct error *err);

/* Unpacks one gzip file to `out_path`, under the same bounds and with its checksum tested. */
bool archive_gunzip(const char *path, const char *out_path, struct error *err);
