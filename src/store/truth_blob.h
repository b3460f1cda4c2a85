/* SPDX-License-Identifier: MIT */
#pragma once
/* Geometry as SpatiaLite keeps it: "BLOB-Geometry" of the SpatiaLite documentation, little-endian. */

#include "base/buffer.h"
#include "base/error.h"
#include "geo/shape.h"

struct truth_blob {
    bool is_empty;    /* the WKB holds no vertex: nothing was written */
    bool is_multi;    /* points only: more than one */
    struct bbox bbox; /* of the original coordinates */
};

/* Converts ISO or extended WKB to a blob in `out` (cleared first). Coordinates are copied to the bit. Lines and
 * polygons become multi types, a multipoint of one becomes a point; Z is added as 0 or dropped as `has_z` says, M
 * dropped. Fails on damaged bytes, another kind than `kind`, and coordinates that are not finite. */
bool truth_blob_from_wkb(const unsigned char *wkb, size_t size, enum geometry_kind kind, bool has_z, int32_t srid,
                         struct buffer *out, struct truth_blob *out_about, struct error *err);

/* Reads a blob back as ISO WKB in `arena`, coordinates to the bit. Bytes may be arbitrary: false for what is no simple
 * or multi geometry of one kind. */
bool truth_blob_to_wkb(const unsigned char *blob, size_t size, struct arena *arena, const unsigned char **out_wkb,
                       size_t *out_size, struct error *err);
/* Reads a blob back. Bytes may be arbitrary: false for what is no simple or multi geometry of one kind. A NULL blob
 * gives a shape without parts. */
bool truth_blob_to_shape(const unsigned char *blob, size_t size, struct arena *arena, struct shape *out_shape,
                         struct error *err);
/* The coordinates of a blob without its head: equal bytes are equal geometries of one layout. */
struct text truth_blob_content(const unsigned char *blob, size_t size);
