/* SPDX-License-Identifier: MIT */
#pragma once
/* Pieces of UTF-8 text, and the checks every room needs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed text: pointer and length, not ours to free, not necessarily NUL-terminated. */
struct text {
    const char *data;
    size_t length;
};

struct text text_of(const char *string); /* NULL gives an empty text */
bool text_equal(struct text a, struct text b);
/* True for equal strings, and where both are NULL. */
bool text_same_string(const char *a, const char *b);
bool text_is(struct text text, const char *string);
/* True when `text` ends with `ending` and has something before it, as a file's name has before ".zip". */
bool text_ends_with(const char *text, const char *ending);
/* The same, with A and a alike (ASCII). */
bool text_ends_with_any_case(const char *text, const char *ending);
/* Order of bytes, which for UTF-8 is the order of code points. */
int text_compare(struct text a, struct text b);

/* The code point at `*position` (advanced past it); U+FFFD for an invalid sequence, of which one byte is consumed. */
uint32_t text_next_code_point(struct text text, size_t *position);
/* Writes 1 to 4 bytes to `out` and returns how many; an invalid code point is written as U+FFFD. */
size_t text_put_code_point(uint32_t code_point, char out[4]);
/* True when `text` is well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates). */
bool text_is_utf8(struct text text);
/* A sentence that foreign words got into, made UTF-8: bytes that are none are read as Latin-1, but for a character that
 * was cut off before a quotation mark or the end. `out` ends with a NUL and a whole character; returns its length. */
size_t text_mend_utf8(struct text text, char *out, size_t room);

/* True for the ids of layers and maps: [a-z0-9] then at most 63 of [a-z0-9_-]. Ids are looked up, never joined to a
 * path unchecked. */
bool text_is_id(struct text text);
/* Ids are the same in either case: makes ASCII capitals small, in place, before an id that somebody wrote is checked
 * or looked up. */
void text_lower_id(char *text);

/* Lower case without accents for Spanish and other Latin text ("Núñez" gives "nunez"), other characters kept.
 * Returns the length written, at most `size` - 1; the result is NUL-terminated. */
size_t text_fold(struct text text, char *out, size_t size);

/* The number of single-character edits between two words (Levenshtein 1966), up to 64 bytes each; used for "did you
 * mean". Longer words give a large number. */
size_t text_edit_distance(struct text a, struct text b);

/* Strict decimal digits only, no sign, no blanks, at most `max`. */
bool text_to_uint(struct text text, uint64_t max, uint64_t *out_number);
/* A finite decimal number such as "-103.4067" or "1e3", all of the text, in the C locale. */
bool text_to_double(struct text text, double *out_number);

/* In decimal digits, NUL-terminated; returns the length. */
size_t text_put_int(int64_t number, char out[32]);
/* The shortest decimal that reads back as the same double (at most 32 bytes with the NUL); "null" for NaN and
 * infinities. Returns the length. */
size_t text_put_double(double number, char out[32]);
