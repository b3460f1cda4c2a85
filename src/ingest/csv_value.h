/* SPDX-License-Identifier: MIT */
#pragma once
/* What the text of a cell may stand for: a coordinate, a number as one country or another writes it, a time, a truth
 * value. */

#include "base/text.h"

#include <stdbool.h>

enum { CSV_DATETIME_BYTES = 64 };

/* Without blanks around. */
struct text csv_value_trimmed(struct text text);

/* "-103.4067", "-103,4067", "1,234,567.8", "1.234.567,8", "25°32'34.1\" N": false when it is none of these. */
bool csv_value_coordinate(struct text text, double *out_number);

/* Degrees, minutes and seconds as one whole number, as INEGI's tables of localities have them: 1032436 is 103°24'36".
 * Longitudes, which are west, come out negative; false for what lies outside of Mexico. */
bool csv_value_packed(struct text text, bool longitude, double *out_degrees);

/* A whole number of up to 64 bits; "05035" is a code and none. */
bool csv_value_is_integer(struct text text);
bool csv_value_is_real(struct text text);

/* Digits, grouped in threes by `group` or not at all, then perhaps `decimal` and digits. `out_plain` gets it with a
 * decimal point and without groups, `*out_marked` whether any mark was there, `*out_whole` whether no decimals are. */
bool csv_value_grouped(struct text text, char group, char decimal, char out_plain[40], bool *out_marked,
                       bool *out_whole);

/* "2020-03-15" or with strokes. */
bool csv_value_is_date(struct text text);

/* ISO 8601 with date, hour and minute; `out` gets it with "T" and seconds. */
bool csv_value_datetime(struct text text, char out[CSV_DATETIME_BYTES]);

/* true, false, verdadero, falso in any case. */
bool csv_value_is_boolean(struct text text);
bool csv_value_is_true(struct text text);
