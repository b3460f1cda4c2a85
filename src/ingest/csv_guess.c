/* SPDX-License-Identifier: MIT */
#include "ingest/csv_guess.h"

#include "ingest/csv_value.h"

void csv_guess_start(struct csv_guess *guess)
{
    *guess = (struct csv_guess){.integer = true,
                                .real = true,
                                .boolean = true,
                                .date = true,
                                .datetime = true,
                                .quoted = true,
                                .comma = true,
                                .groups = true,
                                .groups_whole = true};
}

static void guess_number(struct csv_guess *guess, struct text cell)
{
    char plain[40];
    bool marked;
    bool whole;
    guess->comma = guess->comma && csv_value_grouped(cell, '.', ',', plain, &marked, &whole);
    guess->groups = guess->groups && csv_value_grouped(cell, ',', '.', plain, &marked, &whole);
    guess->groups_whole = guess->groups_whole && guess->groups && whole && cell.length <= 24;
}

void csv_guess_note(struct csv_guess *guess, struct text cell, bool needless_quotes)
{
    char datetime[CSV_DATETIME_BYTES];
    guess->seen = true;
    guess->integer = guess->integer && csv_value_is_integer(cell);
    guess->real = guess->real && csv_value_is_real(cell);
    guess->boolean = guess->boolean && csv_value_is_boolean(cell);
    guess->date = guess->date && csv_value_is_date(cell);
    guess->datetime = guess->datetime && csv_value_datetime(cell, datetime);
    guess->quoted = guess->quoted && needless_quotes;
    if (guess->comma || guess->groups) {
        guess_number(guess, cell);
    }
}

bool csv_guess_is_number(const struct csv_guess *guess)
{
    return guess->integer || guess->real;
}

int csv_guess_comma_habit(const struct csv_guess *guesses, size_t count, bool comma_divides_cells)
{
    for (size_t i = 0; i < count; i++) {
        const struct csv_guess *guess = &guesses[i];
        if (guess->seen && !csv_guess_is_number(guess) && guess->comma != guess->groups) {
            return guess->comma ? 1 : -1;
        }
    }
    return comma_divides_cells ? -1 : 0;
}
