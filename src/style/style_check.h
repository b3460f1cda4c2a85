/* SPDX-License-Identifier: MIT */
#pragma once
/* The check of a style against the specification: every finding with its place and what to do about it. */

#include "style/style.h"

enum style_check_scope {
    STYLE_CHECK_SPECIFICATION, /* what the specification's own check finds */
    STYLE_CHECK_ALL            /* and unknown names, and what a flat map ignores */
};

/* Checks the document `root`, read from `json` (for line numbers). False when memory is out. */
bool style_check(struct text json, const struct value *root, enum style_check_scope scope, struct arena *arena,
                 struct style_report *out_report);
