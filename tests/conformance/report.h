/* SPDX-License-Identifier: MIT */
#pragma once
/* Results of a suite: noted one by one, printed at the end, written as JSON, held against the list of known failures.
 */

#include "conformance/fixture.h"

enum report_outcome { REPORT_PASSED, REPORT_FAILED, REPORT_SKIPPED };

struct report_result {
    char *name;
    enum report_outcome outcome;
    bool known;   /* listed as a known failure */
    char *reason; /* why it failed */
};

struct report {
    const struct fixture_options *options;
    const char *suite;
    struct report_result *results;
    size_t count;
    size_t capacity;
};

/* Runs one case; `name` is its path without the ending that was looked for. */
typedef void report_function(void *subject, struct report *report, const char *name, struct arena *arena);

/* Runs every file of the folder `below` in options->folder that ends in `ending` and is wanted, then prints `summary`
 * (may be NULL) and the result. Returns the exit code. */
int report_each(const struct fixture_options *options, const char *suite, const char *below, const char *ending,
                report_function *function, void *subject, void (*summary)(const void *subject));

bool report_wanted(const struct report *report, const char *name);
/* Notes a result; `reason` is copied and may be NULL. */
void report_add(struct report *report, const char *name, enum report_outcome outcome, const char *reason);
/* Prints failures and the closing count, writes the JSON. Returns the exit code: 0 when only known failures failed. */
int report_close(struct report *report);
