/* SPDX-License-Identifier: MIT */
#pragma once
/* Numbers as the style specification means them: text and arithmetic of ECMAScript. */

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { JS_NUMBER_BYTES = 32 };

/* The text of a number as ECMAScript writes it (ECMA-262, Number::toString): "1", "0.5", "1e+21", "NaN". Returns the
 * length; `out` is NUL-terminated. */
size_t js_number_format(double number, char out[JS_NUMBER_BYTES]);

/* The number a text stands for (ECMA-262, StringToNumber): blanks around it are ignored, nothing is 0, and what is no
 * number gives NaN. */
double js_number_parse(struct text text);

/* Rounds half towards plus infinity, as Math.round. */
double js_number_round(double number);
