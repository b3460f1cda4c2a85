/* SPDX-License-Identifier: MIT */
#pragma once
/* What the suites share: options, the list of cases, results, and numbers compared as the fixtures want it. */

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
    const char *json_path;  /* where to write the results; NULL: nowhere */
    const char *known_path; /* list of known failures; NULL: none */
};

struct fixture_result {
    char *name;
    bool passed;
    bool skipped;
    bool known;   /* listed as a known failure */
    char *reason; /* why it failed */
};

struct fixture_run {
    const struct fixture_options *options;
    const char *suite;
    struct fixture_result *results;
    size_t count;
    size_t capacity;
};

/* The names of all files below `folder` that end in `ending`, without the ending, in order. The caller frees each and
 * the list. False when the folder cannot be read. */
bool fixture_list(const char *folder, const char *ending, char ***out_names, size_t *out_count);

/* Reads a JSON file into `arena`. */
bool fixture_read_json(const char *path, struct arena *arena, struct value *out_value, struct error *err);

bool fixture_wanted(const struct fixture_run *run, const char *name);
/* Notes a result; `reason` is copied and may be NULL. */
void fixture_add(struct fixture_run *run, const char *name, bool passed, const char *reason);

/* Prints failures and the closing count, writes the JSON. Returns the exit code: 0 when only known failures failed. */
int fixture_close(struct fixture_run *run);

/* Cut down to six significant digits, but no coarser than whole numbers: as the reference harness does. */
double fixture_cut(double number);
/* Equal as JSON with numbers cut; the order of members does not count. */
bool fixture_equal(const struct value *expected, const struct value *actual);

/* The suites; exit codes. */
int expressions_run(const struct fixture_options *options);
int validation_run(const struct fixture_options *options);
