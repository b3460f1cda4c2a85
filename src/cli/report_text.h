/* SPDX-License-Identifier: MIT */
#pragma once
/* Reports of import and export in the output of commands. */

#include "ingest/report.h"

/* The reader's language. */
enum report_language report_text_language(void);
/* The report object and a line end on stdout; false when that failed. */
bool report_text_print_json(const struct report *report);
