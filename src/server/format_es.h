/* SPDX-License-Identifier: MIT */
#pragma once
/* Numbers, dates and words as people in Mexico (es-MX) read them, and in English (en-US, which writes numbers alike).
 * The same rules as Intl in the browser; no locale of the machine is asked. */

#include "base/arena.h"
#include "geo/feature.h"

enum language { LANGUAGE_ES, LANGUAGE_EN };

/* `spanish`, unless the language is English and there is an English text. */
const char *format_pick(enum language language, const char *spanish, const char *english);

/* "1,234,567.891": grouped by three, at most `decimals_max` (0 to 15) decimals, zeros at the end dropped. "−0" is "0".
 * NaN and infinities give "sin dato" / "no data". At least 64 bytes; returns the length. Numbers of 10^15 and more are
 * written as the shortest decimal. */
size_t format_number(enum language language, double number, unsigned decimals_max, char out[64]);
size_t format_integer(int64_t number, char out[32]);

/* "2015-03-18" gives "18 de marzo de 2015" / "March 18, 2015"; "2015-03" gives "marzo de 2015"; a time behind the date
 * ("2015-03-18T10:30:00Z") is added as "10:30". What is no date comes back unchanged. NULL when memory is out. */
char *format_date(enum language language, struct text date, struct arena *arena);

/* The value of a field for people: numbers grouped, dates in words, "Sí"/"No", "sin dato" for null and empty text.
 * Integers of four digits in a column that speaks of years ("anio", "año", "year") are not grouped. */
char *format_field_value(enum language language, const char *field_name, enum field_type type,
                         const struct value *value, struct arena *arena);
/* A range of a legend: "1,000 – 2,500", "menos de 1,000", "2,500 o más"; `has_low`/`has_high` say which ends there are.
 */
char *format_range(enum language language, bool has_low, double low, bool has_high, double high, const char *unit,
                   struct arena *arena);
/* "uso_de_suelo" gives "Uso de suelo": a name for people where nobody gave one. */
char *format_humanised(struct text name, struct arena *arena);
