/* SPDX-License-Identifier: MIT */
#pragma once
/* Verifies a data directory: nothing is changed, readers and writers go on.
 *
 * What it finds has a stable code:
 *   CHK-001  tesela.sqlite is damaged or cannot be read
 *   CHK-002  cells.sqlite is damaged
 *   CHK-003  a layer points to a version that is not there
 *   CHK-004  a version without its table, or with other columns
 *   CHK-005  a table that SpatiaLite does not know, or knows otherwise
 *   CHK-006  a spatial index that is missing, damaged or of other features
 *   CHK-007  more or fewer features than were loaded
 *   CHK-008  a view that does not show the published version
 *   CHK-009  a geometry that cannot be read
 *   CHK-010  a published version without its cells
 *   CHK-011  cells that are not what the truth gives
 *   CHK-012  notice: leftovers, which the next writer drops
 *   CHK-013  notice: tables with geometry that belong to no version
 *   CHK-014  the file of a raster layer is missing, damaged or of another size */

#include "base/error.h"

#include <stdint.h>

enum store_problem_severity { STORE_PROBLEM_NOTICE, STORE_PROBLEM_ERROR };

struct store_problem {
    enum store_problem_severity severity;
    const char *layer; /* NULL: of the whole directory */
    int64_t version;   /* 0: of the whole layer */
    struct error what; /* with its code */
    struct error cure; /* what to do about it */
};

typedef void store_problem_visitor(void *context, const struct store_problem *problem);

struct store_check {
    int64_t layers; /* published */
    int64_t versions;
    int64_t features; /* of the versions, all of which were counted */
    int64_t compared; /* features whose cells were compared with the truth */
    int64_t errors;
    int64_t notices;
};

struct store_check_options {
    bool full; /* each feature and block, not a sample; the last check of the indexes in cells.sqlite */
    store_problem_visitor *visit;
    void *context;
};

/* False only when checking itself was not possible; what is wrong with the data goes to `visit`. An absent data
 * directory is ERROR_NOT_FOUND. */
bool store_check(const char *directory, const struct store_check_options *options, struct store_check *out_check,
                 struct error *err);
