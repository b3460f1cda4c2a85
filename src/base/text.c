/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text text_of(const char *string)
{
    return (struct text){string ? string : "", string ? strlen(string) : 0};
}

bool text_equal(struct text a, struct text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool text_same_string(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_is(struct text text, const char *string)
{
    return text_equal(text, text_of(string));
}

static const char *find_ending(const char *text, const char *ending)
{
    size_t length = strlen(text);
    size_t tail = strlen(ending);
    return length > tail ? text + length - tail : NULL;
}

bool text_ends_with(const char *text, const char *ending)
{
    const char *end = find_ending(text, ending);
    return end && strcmp(end, ending) == 0;
}

bool text_ends_with_any_case(const char *text, const char *ending)
{
    const char *end = find_ending(text, ending);
    return end && strcasecmp(end, ending) == 0;
}

int text_compare(struct text a, struct text b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common > 0 ? memcmp(a.data, b.data, common) : 0;
    if (order != 0) {
        return order;
    }
    return a.length < b.length ? -1 : a.length > b.length;
}

/* Length and value of the well-formed sequence at `bytes`; 0 when it is not one. */
static size_t decode(const unsigned char *bytes, size_t room, uint32_t *out_code_point)
{
    unsigned first = bytes[0];
    if (first < 0x80) {
        *out_code_point = first;
        return 1;
    }
    size_t length;
    uint32_t value;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
        value = first & 0x1fu;
    } else if (first >= 0xe0 && first <= 0xef) {
        length = 3;
        value = first & 0x0fu;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        value = first & 0x07u;
    } else {
        return 0;
    }
    if (room < length) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0u) != 0x80u) {
            return 0;
        }
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *out_code_point = value;
    return length;
}

uint32_t text_next_code_point(struct text text, size_t *position)
{
    uint32_t code_point = 0xfffd;
    size_t length = decode((const unsigned char *)text.data + *position, text.length - *position, &code_point);
    *position += length > 0 ? length : 1;
    return length > 0 ? code_point : 0xfffd;
}

size_t text_put_code_point(uint32_t code_point, char out[4])
{
    if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) {
        code_point = 0xfffd;
    }
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xc0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xe0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code_point & 0x3f));
    return 4;
}

bool text_is_utf8(struct text text)
{
    size_t position = 0;
    while (position < text.length) {
        uint32_t code_point;
        size_t length = decode((const unsigned char *)text.data + position, text.length - position, &code_point);
        if (length == 0) {
            return false;
        }
        position += length;
    }
    return true;
}

/* The bytes of a character at `at` that lacks its last ones, since the text was cut; 0: it is none. */
static size_t cut_length(struct text text, size_t at)
{
    static const char *const ends[] = {"\xc2\xbb", "\xe2\x80", "\"", ")"};
    unsigned char lead = (unsigned char)text.data[at];
    size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    size_t length = 1;
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    while (length < whole && at + length < text.length && ((unsigned char)text.data[at + length] & 0xc0) == 0x80) {
        length++;
    }
    bool ends_here = at + length == text.length;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t size = strlen(ends[i]);
        ends_here |= text.length - at - length >= size && memcmp(text.data + at + length, ends[i], size) == 0;
    }
    return length < whole && ends_here ? length : 0;
}

size_t text_mend_utf8(struct text text, char *out, size_t room)
{
    size_t put = 0;
    for (size_t at = 0; at < text.length;) {
        uint32_t code_point = 0;
        char bytes[4];
        size_t length = decode((const unsigned char *)text.data + at, text.length - at, &code_point);
        if (length == 0) {
            unsigned char byte = (unsigned char)text.data[at];
            size_t cut = cut_length(text, at);
            if (cut > 0) {
                at += cut;
                continue;
            }
            code_point = byte >= 0xa0 ? byte : '?';
            length = 1;
        }
        size_t size = text_put_code_point(code_point, bytes);
        if (put + size >= room) {
            break;
        }
        memcpy(out + put, bytes, size);
        put += size;
        at += length;
    }
    out[put] = '\0';
    return put;
}

bool text_is_id(struct text text)
{
    if (text.length == 0 || text.length > 64) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (i == 0 || (c != '_' && c != '-'))) {
            return false;
        }
    }
    return true;
}

void text_lower_id(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'A' && *text <= 'Z') {
            *text = (char)(*text - 'A' + 'a');
        }
    }
}

/* The unaccented lower-case letter for the Latin-1 and Latin Extended-A letters, 0 where there is none. */
static char base_letter(uint32_t code_point)
{
    static const char latin1[] = "aaaaaaaceeeeiiiidnooooo ouuuuy saaaaaaaceeeeiiiidnooooo ouuuuy y"; /* U+00C0… */
    static const char extended_a[] = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
                                     "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"; /* U+0100… */
    if (code_point >= 0xc0 && code_point <= 0xff) {
        char letter = latin1[code_point - 0xc0];
        return letter == ' ' ? 0 : letter;
    }
    if (code_point >= 0x100 && code_point < 0x100 + sizeof extended_a - 1) {
        return extended_a[code_point - 0x100];
    }
    return 0;
}

size_t text_fold(struct text text, char *out, size_t size)
{
    size_t length = 0;
    size_t position = 0;
    while (position < text.length) {
        uint32_t code_point = text_next_code_point(text, &position);
        if (code_point >= 0x300 && code_point <= 0x36f) {
            continue; /* a combining accent */
        }
        char folded[4];
        size_t count;
        if (code_point >= 'A' && code_point <= 'Z') {
            folded[0] = (char)(code_point + 32);
            count = 1;
        } else if (base_letter(code_point) != 0) {
            folded[0] = base_letter(code_point);
            count = 1;
        } else {
            count = text_put_code_point(code_point, folded);
        }
        if (length + count + 1 > size) {
            break;
        }
        memcpy(out + length, folded, count);
        length += count;
    }
    if (size > 0) {
        out[length] = '\0';
    }
    return length;
}

size_t text_edit_distance(struct text a, struct text b)
{
    enum { LENGTH_MAX = 64 };
    if (a.length > LENGTH_MAX || b.length > LENGTH_MAX) {
        return 1000;
    }
    size_t row[LENGTH_MAX + 1];
    for (size_t j = 0; j <= b.length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t above = row[j];
            size_t best = diagonal + (a.data[i - 1] != b.data[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[b.length];
}

bool text_to_uint(struct text text, uint64_t max, uint64_t *out_number)
{
    if (text.length == 0 || text.length > 20) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, digit, &number)) {
            return false;
        }
    }
    if (number > max) {
        return false;
    }
    *out_number = number;
    return true;
}

/* strtod follows the locale of the process; the program never calls setlocale for LC_NUMERIC, so this is "C". */
bool text_to_double(struct text text, double *out_number)
{
    char copy[64];
    if (text.length == 0 || text.length >= sizeof copy) {
        return false;
    }
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E')) {
            return false;
        }
    }
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    char *end;
    double number = strtod(copy, &end);
    if (end != copy + text.length || !isfinite(number)) {
        return false;
    }
    *out_number = number;
    return true;
}

size_t text_put_int(int64_t number, char out[32])
{
    char digits[20];
    size_t count = 0;
    char *at = out;
    uint64_t magnitude = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[count++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (number < 0) {
        *at++ = '-';
    }
    while (count > 0) {
        *at++ = digits[--count];
    }
    *at = '\0';
    return (size_t)(at - out);
}

/* Most numbers that people write have few decimals: such a one is a whole number divided by a power of ten, both exact
 * as double, and when the quotient (the double nearest to it) is the number itself, the decimal is its shortest form.
 * Returns 0 for others. */
static size_t put_short_decimal(double number, char out[32])
{
    static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double magnitude = fabs(number);
    for (size_t decimals = 1; decimals <= 6 && magnitude >= 1e-4 && magnitude * tens[decimals] < 1e15; decimals++) {
        int64_t steps = (int64_t)(magnitude * tens[decimals] + 0.5);
        if ((double)steps / tens[decimals] != magnitude) {
            continue;
        }
        int64_t whole = steps / (int64_t)tens[decimals];
        int64_t fraction = steps % (int64_t)tens[decimals];
        size_t length = 0;
        if (number < 0) {
            out[length++] = '-';
        }
        length += text_put_int(whole, out + length);
        out[length++] = '.';
        for (size_t i = decimals; i-- > 0; fraction /= 10) {
            out[length + i] = (char)('0' + fraction % 10);
        }
        length += decimals;
        out[length] = '\0';
        return length;
    }
    return 0;
}

size_t text_put_double(double number, char out[32])
{
    if (!isfinite(number)) {
        memcpy(out, "null", 5);
        return 4;
    }
    if (number == 0) {
        memcpy(out, "0", 2);
        return 1;
    }
    if (fabs(number) < 1e15 && number == (double)(int64_t)number) {
        return text_put_int((int64_t)number, out);
    }
    size_t short_length = put_short_decimal(number, out);
    if (short_length > 0) {
        return short_length;
    }
    int length = 0;
    for (int digits = 15; digits <= 17; digits++) {
        length = snprintf(out, 32, "%.*g", digits, number);
        if (strtod(out, NULL) == number) {
            break;
        }
    }
    return (size_t)length;
}
