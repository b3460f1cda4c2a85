/* SPDX-License-Identifier: MIT */
#pragma once
/* What is looked for in a KML before the library that reads it sees it: links, tracks that would end it, and text in
 * encodings that it does not know. */

#include "ingest/report.h"
#include "ingest/source.h"

/* `*path` is the KML, and afterwards perhaps a copy in UTF-8 in the source's folder. */
bool source_kml_look(struct source *source, const char **path, struct report *report, struct error *err);
