/* SPDX-License-Identifier: MIT */
#pragma once
/* Files of text in UTF-16, as Windows programs save "Unicode text", made UTF-8. */

#include "base/error.h"

#include <stddef.h>

enum utf16_order { UTF16_NONE, UTF16_LITTLE, UTF16_BIG };

/* By the byte order mark, or, without one, by the noughts beside nearly every letter. */
enum utf16_order utf16_order_of(const unsigned char *head, size_t size);

/* Copies the file at `path` to `out_path` as UTF-8. Half a surrogate pair becomes U+FFFD. The head of an XML file,
 * which would go on claiming UTF-16, is blanked. */
bool utf16_copy(const char *path, enum utf16_order order, const char *out_path, struct error *err);
