/* SPDX-License-Identifier: MIT */
#pragma once
/* What became of the rows of a layer while they were loaded: listed as they pass, told in the end. */

#include "ingest/repair.h"
#include "ingest/report.h"

struct row_fates {
    struct report_rows unusable;
    struct report_rows misplaced;
    struct report_rows other_kind;
    struct report_rows mended;
    struct report_rows closed;
    struct report_rows dropped_parts;
    struct report_rows other_parts;
    struct report_rows zero_length;
    struct report_rows heights;
    struct report_rows odd_text;
    struct report_rows cut_text;
    struct report_rows lost_text;
    struct report_rows lost_before; /* text that had U+FFFD in the file */
    struct report_rows infinite;    /* numbers that became no value */
    struct report_rows no_number;
};

/* Lists one row: that of `base`, with what happened to it. */
bool row_fates_list(struct report_rows *rows, const struct report_detail *base, const char *english,
                    const char *spanish, struct arena *arena, struct error *err);

/* Lists what the mending did to a geometry. */
bool row_fates_list_repair(struct row_fates *fates, const struct repair_result *result, struct report_detail *detail,
                           struct arena *arena, struct error *err);

/* Lists what the decoding did to texts: `outcome` holds enum encoding_outcome. */
bool row_fates_list_text(struct row_fates *fates, unsigned outcome, const struct report_detail *detail,
                         struct arena *arena, struct error *err);

/* Whether anything was left out, mended or lost. */
bool row_fates_any_loss(const struct row_fates *fates);

/* A message for each fate that a row of `layer` met. */
void row_fates_tell(struct row_fates *fates, const char *layer, struct report *report);
void row_fates_finish(struct row_fates *fates);
