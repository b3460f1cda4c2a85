/* SPDX-License-Identifier: MIT */
#pragma once
/* What load and inspect share: running the import of one file, its progress and its report. */

#include "cli/load_style.h"

enum load_print {
    LOAD_WHOLE, /* the report for people */
    LOAD_BRIEF, /* one line for a layer, and messages above notice */
    LOAD_JSON
};

/* Inspects or loads the file at `path`, prints the report on stdout and returns the exit code. Progress is shown where
 * stderr is a terminal. */
int load_run(const char *path, const struct ingest_options *options, const struct load_style_plan *styles, bool inspect,
             enum load_print print);
