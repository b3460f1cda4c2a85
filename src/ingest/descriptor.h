/* SPDX-License-Identifier: MIT */
#pragma once
/* Layer descriptors (layers/<id>.json): what people say of a layer. Unknown keys are errors that name the nearest known
 * one, since a misspelt key would otherwise be a wish that nobody hears. */

#include "base/arena.h"
#include "base/value.h"

struct descriptor {
    const char *path; /* of the .json; NULL when it does not come from a file */
    const char *id;   /* this and what follows: NULL when not given */
    const char *file; /* relative to the descriptor's folder, resolved */
    const char *source_layer;
    const char *srs;
    const char *encoding;
    const char *key;
    const char *label;
    const char *raster_kind; /* "imagery", "elevation" */
    struct value value;      /* the whole object */
};

/* Reads and checks the file at `path`. Everything lives in `arena`. */
bool descriptor_read(const char *path, struct arena *arena, struct descriptor *out_descriptor, struct error *err);

/* The same for text that is at hand; `name` stands in messages. */
bool descriptor_parse(struct text json, const char *name, struct arena *arena, struct descriptor *out_descriptor,
                      struct error *err);

/* What is set over a descriptor; NULL keeps what is there. */
struct descriptor_change {
    const char *id;
    const char *title;
    const char *key;
    const char *file;
    const char *source_layer;
    const char *srs;
    const char *encoding;
    const char *sha256; /* of the source: kept with the stored descriptor, as "tesela:sha256" */
    struct text raster; /* JSON that describes its pixels, kept as "tesela:raster"; empty: it has none */
    bool drop_key;
    bool drop_label;
};

/* `base` (NULL or an object) with the changes, as JSON in `arena`; NULL data when memory is out. */
struct text descriptor_write(const struct value *base, const struct descriptor_change *change, struct arena *arena);

/* The title of a field in "es" or "en"; NULL when it has none. */
const char *descriptor_field_title(const struct value *descriptor, const char *field, const char *language);
