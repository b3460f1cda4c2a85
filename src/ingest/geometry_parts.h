/* SPDX-License-Identifier: MIT */
#pragma once
/* A geometry taken apart into points, lines and rings, and put together again: between WKB and what mends it. */

#include "base/buffer.h"
#include "ingest/repair.h"

struct geometry_part {
    size_t start; /* vertices */
    size_t end;
    enum geometry_kind kind;
    bool hole;
};

/* Vertices are x, y, z. The holes of a polygon follow its shell. */
struct geometry_parts {
    double *vertices;
    size_t vertex_count;
    size_t vertex_room;
    struct geometry_part *items;
    size_t count;
    size_t room;
};

void geometry_parts_finish(struct geometry_parts *parts);

/* Takes the place of what `parts` held. What is odd is noted in `result->flags`. False when the geometry cannot be
 * used: `result` says why. */
bool geometry_parts_read(struct geometry_parts *parts, const unsigned char *wkb, size_t size,
                         struct repair_result *result);

/* Writes the parts of `kind` as a multi geometry, in the place of what `out` holds. */
void geometry_parts_write(const struct geometry_parts *parts, enum geometry_kind kind, bool z, struct buffer *out);

/* The shell at that index and its holes: how many rings. */
size_t geometry_parts_rings(const struct geometry_parts *parts, size_t shell);

/* Say in `result` that the geometry is of no use, and why; always false. */
bool geometry_parts_unusable(struct repair_result *result, const char *english, const char *spanish);
bool geometry_parts_damaged(struct repair_result *result);
