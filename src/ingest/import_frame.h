/* SPDX-License-Identifier: MIT */
#pragma once
/* What the process that reads foreign files says to the one that writes the store: frames of a type, a length and that
 * many bytes, in the machine's own byte order. This is the end where they arrive; it trusts nothing in them, since
 * whoever took over the other end writes what it likes. */

#include "ingest/ingest.h"
#include "store/store_writer.h"

enum {
    IMPORT_NO_TEXT = -1, /* the length of a text that is not there */
    IMPORT_HEADER_BYTES = 8,
    IMPORT_FIELDS_MAX = 4096,
    IMPORT_STYLE_BYTES_MAX = 8 << 20,
    IMPORT_BATCH_BYTES = 1 << 20, /* written at once */
    IMPORT_FRAME_BYTES_MAX = 512 << 20
};

enum import_frame_type {
    IMPORT_PROGRESS = 1,
    IMPORT_BEGIN,   /* a version of a layer */
    IMPORT_FEATURE, /* of the layer begun */
    IMPORT_REPORT,  /* all there is to tell up to here; takes the place of the one before */
    IMPORT_PUBLISH, /* the layer begun is complete */
    IMPORT_STYLE,   /* a style that the file has for one of its layers */
    IMPORT_END      /* the last one: what is complete is published when it says so */
};

/* What a feature comes with. Where nothing is projected the shape is that of the WKB. */
enum import_geometry { IMPORT_NO_GEOMETRY, IMPORT_WKB_AND_SHAPE, IMPORT_WKB };

struct import_progress {
    enum ingest_stage stage;
    const char *layer;
    int64_t done;
    int64_t total;
};

struct import_publish {
    int64_t loaded;
    int64_t left_out;
};

struct import_frame {
    enum import_frame_type type;
    union {
        struct import_progress progress;
        struct store_writer_layer layer;
        struct store_writer_feature feature;
        struct import_publish publish;
        struct ingest_style style;
        enum ingest_outcome outcome;
    };
};

/* The bytes that follow a header. False when there is no such frame. */
bool import_frame_size(const unsigned char header[IMPORT_HEADER_BYTES], size_t *out_size);

/* Reads one whole frame, header included. A feature has `field_count` values. What is in the frame lives in `arena`, or
 * borrows from `bytes`; a report takes the place of what `report` says. Fails with IMP-061 when the bytes are not what
 * a sound process sends. */
bool import_frame_read(const unsigned char *bytes, size_t size, size_t field_count, struct arena *arena,
                       struct report *report, struct import_frame *out_frame, struct error *err);
