/* SPDX-License-Identifier: MIT */
#pragma once
/* The reading half of a load, which meets the foreign bytes and so runs in a process with few rights: recognise,
 * decide, read, mend, reproject. What it finds goes into a stream; it touches no store. */

#include "ingest/descriptor.h"
#include "ingest/import_stream.h"

/* What was known before the file was opened. */
struct journey_task {
    const char *path;
    const struct ingest_options *options;
    const struct store_layer_list *stored;
    const struct descriptor *descriptor; /* NULL: none */
    bool inspect;                        /* look only, but closely */
    const char *folder;                  /* private: a raster's file is left there as "<layer id>.tif" */
};

/* Sends progress, layers with their features, and the report. What fails in the file is told in `report` and by the
 * outcome; what fails in the stream ends it. */
enum ingest_outcome journey_run(const struct journey_task *task, struct import_stream *stream, struct report *report);
