/* SPDX-License-Identifier: MIT */
#include "cli/report_text.h"

#include "cli/cli.h"

enum { REPORT_BYTES_MAX = 1 << 30 };

enum report_language report_text_language(void)
{
    return cli_language() == CLI_SPANISH ? REPORT_SPANISH : REPORT_ENGLISH;
}

bool report_text_print_json(const struct report *report)
{
    struct buffer out;
    buffer_init(&out, REPORT_BYTES_MAX);
    report_write_json(report, report_text_language(), false, &out);
    bool ok = cli_print_json(&out);
    buffer_finish(&out);
    return ok;
}
