/* SPDX-License-Identifier: MIT */
#pragma once
/* The frames of import_frame.h as they are written, by the process that reads foreign files. */

#include "ingest/import_frame.h"

struct import_stream;

/* Writes to the descriptor `to`, which stays the caller's. */
bool import_stream_open(int to, struct import_stream **out_stream, struct error *err);
void import_stream_close(struct import_stream *stream);

/* Sent at most ten times a second, and then at once. */
bool import_stream_progress(struct import_stream *stream, const struct import_progress *progress, struct error *err);
bool import_stream_begin(struct import_stream *stream, const struct store_writer_layer *layer, struct error *err);
/* `shape_is_wkb`: the feature's shape is what shape_from_wkb makes of its WKB, and is not sent. */
bool import_stream_add(struct import_stream *stream, const struct store_writer_feature *feature, bool shape_is_wkb,
                       struct error *err);
bool import_stream_report(struct import_stream *stream, const struct report *report, struct error *err);
bool import_stream_publish(struct import_stream *stream, const struct import_publish *publish, struct error *err);
bool import_stream_style(struct import_stream *stream, const struct ingest_style *style, struct error *err);
bool import_stream_end(struct import_stream *stream, enum ingest_outcome outcome, struct error *err);
