/* SPDX-License-Identifier: MIT */
#pragma once
/* The layers of a zip archive, and what to say of one that has none. */

#include "ingest/source_parts.h"

/* Adds the layers of the archive at `path`; fails when it has none. */
bool source_archive_open(struct source *source, const char *path, struct report *report, struct error *err);
