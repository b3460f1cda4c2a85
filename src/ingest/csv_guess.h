/* SPDX-License-Identifier: MIT */
#pragma once
/* What the values of a column may be, all of them: whole numbers, numbers with a comma, dates. */

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* How a column writes its numbers. */
enum csv_number_style {
    CSV_NUMBER_PLAIN, /* 1234.5 */
    CSV_NUMBER_COMMA, /* 1.234,5 and 1234,5 */
    CSV_NUMBER_GROUPS /* 1,234.5 */
};

/* What the values of a column have been so far. */
struct csv_guess {
    bool seen;
    bool integer;
    bool real;
    bool boolean;
    bool date;
    bool datetime;
    bool quoted;       /* every value stands in quotes that it does not need */
    bool comma;        /* all values can be read with a decimal comma */
    bool groups;       /* all values can be read with commas between thousands */
    bool groups_whole; /* … and have no decimals */
};

/* Before the first value anything is possible. */
void csv_guess_start(struct csv_guess *guess);

/* Takes note of a value that is not empty. */
void csv_guess_note(struct csv_guess *guess, struct text cell, bool needless_quotes);

bool csv_guess_is_number(const struct csv_guess *guess);

/* Whether commas in this table are decimal ones: 1 yes, -1 no, 0 nothing tells. "1,234" alone could be either. */
int csv_guess_comma_habit(const struct csv_guess *guesses, size_t count, bool comma_divides_cells);
