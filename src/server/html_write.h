/* SPDX-License-Identifier: MIT */
#pragma once
/* HTML text into a buffer: the one writer, so that everything that is not markup is escaped the same way.
 *
 * Markup is written only as the format of html_print, a literal in our sources; whatever is inserted by %s is escaped
 * for text and for attribute values in double quotes. There is no way to insert foreign markup. */

#include "base/buffer.h"
#include "base/text.h"

/* Writes `format` as markup. Conversions: %s (escaped; NULL writes nothing), %.*s (int length, then text; escaped),
 * %d, %u, %zu, %lld, %llu, and %.Nf with N up to 9. Anything else is a mistake of the programmer. */
void html_print(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Text, escaped: & < > " ' are named, control characters and invalid UTF-8 become U+FFFD. */
void html_text(struct buffer *out, struct text text);
/* Descriptions as people write them: escaped, an empty line starts a new <p>. */
void html_paragraphs(struct buffer *out, const char *text);
/* A value of a query string: everything except unreserved characters (RFC 3986, 2.3) and "," ":" "/" is %-escaped. */
void html_query_value(struct buffer *out, const char *text);
