/* SPDX-License-Identifier: MIT */
#pragma once
/* Why something could not be done: one kind, one stable code, one sentence in English and in Spanish.
 *
 * Functions that can fail return bool (or a pointer) and take `struct error *err` last; on failure it is filled, and
 * outputs are left untouched. The text lives inside the struct, so running out of memory can be reported too. */

#include <stdbool.h>

enum error_kind {
    ERROR_NONE,
    ERROR_INVALID,     /* the input is wrong: HTTP 400, exit code 2 */
    ERROR_NOT_FOUND,   /* no such layer, map, file, feature: HTTP 404, exit code 2 */
    ERROR_TOO_LARGE,   /* past a stated bound: HTTP 413 */
    ERROR_UNAVAILABLE, /* cannot be done now, may work later (busy, disk, file locked): HTTP 503 */
    ERROR_INTERNAL     /* our fault: HTTP 500, exit code 4 */
};

enum { ERROR_TEXT_BYTES = 512, ERROR_CODE_BYTES = 24 };

struct error {
    enum error_kind kind;
    char code[ERROR_CODE_BYTES]; /* stable, e.g. "IMP-020"; empty when none was given */
    char english[ERROR_TEXT_BYTES];
    char spanish[ERROR_TEXT_BYTES];
};

/* Fills `err` (which may be NULL) for readers of logs: the same English text serves both languages. */
void error_set(struct error *err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fills `err` for people: both formats take the same arguments in the same order. Say what could not be done, to
 * which named thing, why, and the cure. */
void error_tell(struct error *err, enum error_kind kind, const char *code, const char *english, const char *spanish,
                ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));

/* Puts "context: " before both texts. Each level that knows a name adds it once. */
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fills `err` with "out of memory" and returns false. */
bool error_no_memory(struct error *err);

const char *error_kind_name(enum error_kind kind);
