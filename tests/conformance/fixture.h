/* SPDX-License-Identifier: MIT */
#pragma once
/* What the suites share: options, the list of cases, and numbers compared as the fixtures want it. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>

enum fixture_verdict { FIXTURE_STRICT, FIXTURE_TOLERANT };

struct fixture_options {
    const char *folder; /* with manifest.json and tests/ */
    const char *filter; /* part of a case's name; NULL: all */
    enum fixture_verdict verdict;
    const char *json_path;   /* where to write the results; NULL: nowhere */
    const char *known_path;  /* list of known failures; NULL: none */
    const char *tier;        /* render: "static" or "style-ops"; NULL: both */
    const char *diffs_path;  /* render: folder for pictures and an HTML page; NULL: none */
    const char *assets_path; /* render: where local:// lies; NULL: in the folder or beside it */
};

/* The names of all files below `folder` that end in `ending`, without the ending, in order. The caller frees each and
 * the list. False when the folder cannot be read. */
bool fixture_list(const char *folder, const char *ending, char ***out_names, size_t *out_count);

/* Reads a JSON file into `arena`. */
bool fixture_read_json(const char *path, struct arena *arena, struct value *out_value, struct error *err);

/* Cut down to six significant digits, but no coarser than whole numbers: as the reference harness does. */
double fixture_cut(double number);
/* Equal as JSON with numbers cut; the order of members does not count. */
bool fixture_equal(const struct value *expected, const struct value *actual);

/* The suites; exit codes. */
int expressions_run(const struct fixture_options *options);
int validation_run(const struct fixture_options *options);
int render_run(const struct fixture_options *options);
int mvt_run(const struct fixture_options *options);
