/* SPDX-License-Identifier: MIT */
#pragma once
/* What to do about a kind of message, where the message itself does not know better. */

struct report_remedy {
    const char *code;
    const char *english;
    const char *spanish;
};

/* Never NULL: of an unknown code the answer is general. */
const struct report_remedy *report_remedy_find(const char *code);
