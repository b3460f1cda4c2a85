/* SPDX-License-Identifier: MIT */
#include "ingest/utf16.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_BYTES = 400, LETTERS_MIN = 8, HEAD_BYTES = 200 };

#define BYTES_MAX ((uint64_t)2 << 30)

enum utf16_order utf16_order_of(const unsigned char *head, size_t size)
{
    if (size >= 2 && head[0] == 0xff && head[1] == 0xfe) {
        return UTF16_LITTLE;
    }
    if (size >= 2 && head[0] == 0xfe && head[1] == 0xff) {
        return UTF16_BIG;
    }
    size_t pairs = (size < LOOK_BYTES ? size : LOOK_BYTES) / 2;
    size_t little = 0;
    size_t big = 0;
    for (size_t i = 0; i < pairs; i++) {
        little += head[2 * i] >= 0x09 && head[2 * i + 1] == 0;
        big += head[2 * i] == 0 && head[2 * i + 1] >= 0x09;
    }
    if (pairs < LETTERS_MIN) {
        return UTF16_NONE;
    }
    return little * 10 >= pairs * 9 ? UTF16_LITTLE : big * 10 >= pairs * 9 ? UTF16_BIG : UTF16_NONE;
}

/* The next unit; -1 at the end. An odd last byte is no unit. */
static long next_unit(FILE *in, enum utf16_order order)
{
    int first = getc(in);
    int second = first == EOF ? EOF : getc(in);
    if (second == EOF) {
        return -1;
    }
    return order == UTF16_LITTLE ? first | second << 8 : first << 8 | second;
}

static bool copy(FILE *in, enum utf16_order order, FILE *out)
{
    uint64_t written = 0;
    long unit = next_unit(in, order);
    if (unit == 0xfeff) {
        unit = next_unit(in, order);
    }
    while (unit >= 0) {
        uint32_t code = (uint32_t)unit;
        unit = next_unit(in, order);
        if (code >= 0xd800 && code < 0xdc00 && unit >= 0xdc00 && unit < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)unit - 0xdc00);
            unit = next_unit(in, order);
        } else if (code >= 0xd800 && code < 0xe000) {
            code = 0xfffd;
        }
        char bytes[4];
        size_t length = text_put_code_point(code, bytes);
        written += length;
        if (written > BYTES_MAX || fwrite(bytes, 1, length, out) != length) {
            return false;
        }
    }
    return !ferror(in);
}

static bool blank_xml_head(FILE *file)
{
    char head[HEAD_BYTES] = "";
    if (fseek(file, 0, SEEK_SET) != 0) {
        return false;
    }
    size_t size = fread(head, 1, sizeof head - 1, file);
    const char *end = strncmp(head, "<?xml", 5) == 0 ? strstr(head, "?>") : NULL;
    if (!end || size == 0) {
        return true;
    }
    size_t length = (size_t)(end - head) + 2;
    memset(head, ' ', length);
    return fseek(file, 0, SEEK_SET) == 0 && fwrite(head, 1, length, file) == length;
}

bool utf16_copy(const char *path, enum utf16_order order, const char *out_path, struct error *err)
{
    FILE *in = fopen(path, "rbe");
    FILE *out = fopen(out_path, "w+bxe");
    bool ok = in && out && copy(in, order, out) && blank_xml_head(out) && fflush(out) == 0;
    if (in) {
        fclose(in);
    }
    if (out) {
        fclose(out);
    }
    if (!ok) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not make UTF-8 of the text in UTF-16 (larger than 2 GB?)",
                   "no se pudo convertir a UTF-8 el texto en UTF-16 (¿mide más de 2 GB?)");
    }
    return ok;
}
