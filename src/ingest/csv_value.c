/* SPDX-License-Identifier: MIT */
#include "ingest/csv_value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text csv_value_trimmed(struct text text)
{
    while (text.length > 0 && isspace((unsigned char)text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && isspace((unsigned char)text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

/* U+2212 and the dashes, which word processors make of a minus. */
static bool is_minus(struct text text, size_t at)
{
    static const char *const signs[] = {"\xe2\x88\x92", "\xe2\x80\x93", "\xe2\x80\x90", "\xe2\x80\x91"};
    bool found = false;
    for (size_t i = 0; i < 4; i++) {
        found |= text.length - at > 3 && memcmp(text.data + at, signs[i], 3) == 0;
    }
    return found;
}

/* Whether two digits follow each blank: "103 24 24.5" is degrees, minutes and seconds without any mark. */
static bool has_pairs(const char *plain)
{
    for (const char *at = strchr(plain, ' '); at; at = strchr(at + 1, ' ')) {
        if (!isdigit((unsigned char)at[1]) || !isdigit((unsigned char)at[2])) {
            return false;
        }
    }
    return true;
}

/* 25°32'34.1" N, 103 24 24 W, 25º 32' 34'' */
static bool parse_sexagesimal(struct text text, double *out_number)
{
    char plain[64];
    size_t length = 0;
    double sign = 1;
    bool marked = false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (length + 2 >= sizeof plain) {
            return false;
        }
        if (is_minus(text, i)) {
            if (length > 0) {
                return false;
            }
            sign = -1;
            marked = true;
            i += 2;
            continue;
        }
        if (isdigit(byte) || byte == '.') {
            plain[length++] = (char)byte;
        } else if (byte == ',') {
            plain[length++] = '.';
        } else if (byte == '-' && length == 0) {
            sign = -1;
        } else if (byte == '+' && length == 0) {
            continue;
        } else if (strchr("WwOoSs", byte)) { /* oeste, sur */
            sign = -1;
            marked = true;
        } else if (strchr("NnEe", byte)) {
            marked = true;
        } else if (byte == ' ' || byte == '\'' || byte == '"' || byte == ':' || byte >= 0x80) {
            marked |= byte >= 0x80 || byte == '\'' || byte == ':';
            if (length > 0 && plain[length - 1] != ' ') {
                plain[length++] = ' ';
            }
        } else {
            return false;
        }
    }
    plain[length] = '\0';
    double parts[3] = {0};
    int read = 0;
    char *at = plain;
    for (; read < 3 && *at != '\0'; read++) {
        char *end = NULL;
        parts[read] = strtod(at, &end);
        if (end == at) {
            break;
        }
        at = end;
        while (*at == ' ') {
            at++;
        }
    }
    marked |= read == 3 && *at == '\0' && has_pairs(plain);
    if (!marked || read < 1 || parts[1] >= 60 || parts[2] >= 60) {
        return false;
    }
    *out_number = sign * (parts[0] + parts[1] / 60 + parts[2] / 3600);
    return true;
}

/* "660 079" and "2 826 013.50": blanks between thousands. */
static bool parse_spaced(struct text text, double *out_number)
{
    char plain[40];
    size_t length = 0;
    size_t digits = 0; /* since the last blank */
    bool grouped = false;
    bool decimals = false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool nbsp = byte == 0xc2 && i + 1 < text.length && (unsigned char)text.data[i + 1] == 0xa0;
        if (byte == ' ' || nbsp) {
            if (digits == 0 || digits > 3 || (grouped && digits != 3) || decimals) {
                return false;
            }
            grouped = true;
            digits = 0;
            i += nbsp;
            continue;
        }
        bool mark = byte == '.' || byte == ',';
        if (length + 1 >= sizeof plain || !(isdigit(byte) || mark || (byte == '-' && i == 0)) || (mark && decimals)) {
            return false;
        }
        if (mark && grouped && digits != 3) {
            return false;
        }
        decimals |= mark;
        digits += isdigit(byte) && !decimals;
        plain[length++] = mark ? '.' : (char)byte;
    }
    return grouped && digits == 3 && text_to_double((struct text){plain, length}, out_number);
}

/* Without the no-break blanks around that spreadsheets leave, in UTF-8 or an old encoding. */
static struct text without_margin(struct text text)
{
    text = csv_value_trimmed(text);
    for (;;) {
        size_t wide = text.length > 2 && memcmp(text.data, "\xc2\xa0", 2) == 0 ? 2 : 0;
        wide = wide == 0 && text.length > 1 && (unsigned char)text.data[0] == 0xa0 ? 1 : wide;
        size_t tail = text.length > 2 && memcmp(text.data + text.length - 2, "\xc2\xa0", 2) == 0 ? 2 : 0;
        tail = tail == 0 && text.length > 1 && (unsigned char)text.data[text.length - 1] == 0xa0 ? 1 : tail;
        if (wide + tail == 0 || wide + tail >= text.length) {
            return text;
        }
        text = csv_value_trimmed((struct text){text.data + wide, text.length - wide - tail});
    }
}

bool csv_value_coordinate(struct text text, double *out_number)
{
    text = without_margin(text);
    if (text.length > 1 && text.data[0] == '+') {
        text.data++;
        text.length--;
    }
    if (parse_spaced(text, out_number)) {
        return true;
    }
    char plain[64];
    size_t length = 0;
    size_t dots = 0;
    size_t commas = 0;
    size_t last_dot = 0;
    size_t last_comma = 0;
    for (size_t i = 0; i < text.length; i++) {
        dots += text.data[i] == '.';
        commas += text.data[i] == ',';
        last_dot = text.data[i] == '.' ? i : last_dot;
        last_comma = text.data[i] == ',' ? i : last_comma;
    }
    if (dots == 0 && commas == 0) {
        return text_to_double(text, out_number) || parse_sexagesimal(text, out_number);
    }
    /* Whichever comes last and only once is the decimal mark; the other groups thousands. */
    char decimal = '.';
    if (commas > 0 && (dots == 0 || last_comma > last_dot)) {
        decimal = commas == 1 ? ',' : '.';
    } else if (dots > 1) {
        decimal = ',';
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if ((byte == '.' || byte == ',') && byte != decimal) {
            continue;
        }
        if (length + 1 >= sizeof plain) {
            return false;
        }
        plain[length++] = byte == decimal ? '.' : byte;
    }
    return text_to_double((struct text){plain, length}, out_number) || parse_sexagesimal(text, out_number);
}

bool csv_value_packed(struct text text, bool longitude, double *out_degrees)
{
    if (longitude && text.length > 1 && text.data[0] == '-') {
        text.data++;
        text.length--;
    }
    uint64_t number = 0;
    if (text.length < 6 || text.length > 7 || !text_to_uint(text, 1200000, &number)) {
        return false;
    }
    uint64_t degrees = number / 10000;
    uint64_t minutes = number / 100 % 100;
    uint64_t seconds = number % 100;
    bool inside = longitude ? degrees >= 86 && degrees <= 118 : degrees >= 14 && degrees <= 32;
    *out_degrees = (longitude ? -1 : 1) * ((double)degrees + (double)minutes / 60 + (double)seconds / 3600);
    return inside && minutes < 60 && seconds < 60;
}

bool csv_value_is_integer(struct text text)
{
    size_t at = text.length > 0 && text.data[0] == '-';
    if (text.length == at || text.length - at > 19 || (text.data[at] == '0' && text.length - at > 1)) {
        return false; /* "05035" is a code and keeps its zero */
    }
    if (text.length - at == 19) {
        const char *most = at == 1 ? "9223372036854775808" : "9223372036854775807";
        if (memcmp(text.data + at, most, 19) > 0) {
            return false;
        }
    }
    for (size_t i = at; i < text.length; i++) {
        if (!isdigit((unsigned char)text.data[i])) {
            return false;
        }
    }
    return text.length - at > 0 && !(at == 1 && text.data[1] == '0');
}

bool csv_value_is_real(struct text text)
{
    double number;
    size_t at = text.length > 0 && text.data[0] == '-';
    bool code = text.length > at + 1 && text.data[at] == '0' && text.data[at + 1] != '.';
    /* Whole numbers beyond 64 bits are identifiers, and keep their digits as text. */
    bool huge = text.length - at >= 19 && !memchr(text.data, '.', text.length) &&
                !memchr(text.data, 'e', text.length) && !memchr(text.data, 'E', text.length);
    /* "+528717123456" is a telephone number. */
    bool phone = text.length >= 11 && text.data[0] == '+' && !memchr(text.data, '.', text.length);
    return !code && !phone && text.length <= 30 && text_to_double(text, &number) &&
           (!huge || csv_value_is_integer(text));
}

bool csv_value_is_date(struct text text)
{
    static const char shape[] = "dddd-dd-dd";
    if (text.length != 10) {
        return false;
    }
    for (size_t i = 0; i < 10; i++) {
        bool mark = text.data[i] == '-' || text.data[i] == '/';
        if (shape[i] == 'd' ? !isdigit((unsigned char)text.data[i]) : !mark) {
            return false;
        }
    }
    int month = (text.data[5] - '0') * 10 + text.data[6] - '0';
    int day = (text.data[8] - '0') * 10 + text.data[9] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_word(struct text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

bool csv_value_is_true(struct text text)
{
    return is_word(text, "true") || is_word(text, "verdadero");
}

bool csv_value_is_boolean(struct text text)
{
    return csv_value_is_true(text) || is_word(text, "false") || is_word(text, "falso");
}

/* Two digits at `at`, at most `max`. */
static bool take_pair(struct text text, size_t *at, int max, int *out)
{
    if (text.length - *at < 2 || !isdigit((unsigned char)text.data[*at]) ||
        !isdigit((unsigned char)text.data[*at + 1])) {
        return false;
    }
    *out = (text.data[*at] - '0') * 10 + text.data[*at + 1] - '0';
    *at += 2;
    return *out <= max;
}

static bool take_byte(struct text text, size_t *at, char byte)
{
    bool there = *at < text.length && text.data[*at] == byte;
    *at += there;
    return there;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ISO 8601 in its extended form: "2020-03-15T10:00", a blank for the T, seconds with a fraction, "Z" or an offset. The
 * common spelling goes to `out`; false for everything else, days and hours that do not exist among it. */
bool csv_value_datetime(struct text text, char out[CSV_DATETIME_BYTES])
{
    size_t at = 10;
    int hour;
    int minute;
    int second = 0;
    char fraction[16] = "";
    char zone[16] = "";
    if (text.length < 16 || text.length > 35 || !csv_value_is_date((struct text){text.data, 10}) ||
        text.data[4] != '-' || text.data[7] != '-') {
        return false;
    }
    int year =
        (text.data[0] - '0') * 1000 + (text.data[1] - '0') * 100 + (text.data[2] - '0') * 10 + text.data[3] - '0';
    int month = (text.data[5] - '0') * 10 + text.data[6] - '0';
    int day = (text.data[8] - '0') * 10 + text.data[9] - '0';
    if (day > days_in(year, month) ||
        !(take_byte(text, &at, 'T') || take_byte(text, &at, 't') || take_byte(text, &at, ' ')) ||
        !take_pair(text, &at, 23, &hour) || !take_byte(text, &at, ':') || !take_pair(text, &at, 59, &minute)) {
        return false;
    }
    if (take_byte(text, &at, ':')) {
        if (!take_pair(text, &at, 59, &second)) {
            return false;
        }
        if (take_byte(text, &at, '.')) {
            size_t digits = 0;
            while (at < text.length && isdigit((unsigned char)text.data[at]) && digits < 9) {
                fraction[++digits] = text.data[at++];
            }
            fraction[0] = '.';
            while (digits > 0 && fraction[digits] == '0') {
                fraction[digits--] = '\0';
            }
            fraction[digits > 0 ? digits + 1 : 0] = '\0';
        }
    }
    char sign = at < text.length ? text.data[at] : '\0';
    if (sign == 'Z' || sign == 'z') {
        at++;
        memcpy(zone, "Z", 2);
    } else if (sign == '+' || sign == '-') {
        int zone_hour;
        int zone_minute = 0;
        at++;
        if (!take_pair(text, &at, 14, &zone_hour)) {
            return false;
        }
        take_byte(text, &at, ':');
        if (at < text.length && !take_pair(text, &at, 59, &zone_minute)) {
            return false;
        }
        snprintf(zone, sizeof zone, "%c%02d:%02d", sign, zone_hour % 100, zone_minute % 100);
    }
    if (at != text.length) {
        return false;
    }
    snprintf(out, CSV_DATETIME_BYTES, "%.10sT%02d:%02d:%02d%s%s", text.data, hour % 100, minute % 100, second % 100,
             fraction, zone);
    return true;
}

/* Digits, grouped in threes by `group` or not at all, then perhaps `decimal` and digits. `*out_plain` gets it with a
 * decimal point and without groups, `*out_marked` whether any mark was there, `*out_whole` whether no decimals are. */
bool csv_value_grouped(struct text text, char group, char decimal, char out_plain[40], bool *out_marked,
                       bool *out_whole)
{
    size_t at = text.length > 0 && text.data[0] == '-';
    size_t length = at;
    size_t digits = 0; /* before the first group mark, then since the last */
    size_t first = at;
    bool grouped = false;
    if (text.length > 36) {
        return false;
    }
    out_plain[0] = '-';
    for (; at < text.length && text.data[at] != decimal; at++) {
        if (text.data[at] == group) {
            if (digits == 0 || digits > 3 || (grouped && digits != 3)) {
                return false;
            }
            grouped = true;
            digits = 0;
        } else if (isdigit((unsigned char)text.data[at])) {
            out_plain[length++] = text.data[at];
            digits++;
        } else {
            return false;
        }
    }
    /* "05,5" and "0,123" in groups are codes or something else. */
    bool code = (out_plain[first] == '0' && length - first > 1) || length - first > 18;
    if (digits == 0 || (grouped && digits != 3) || code) {
        return false;
    }
    *out_marked = grouped || at < text.length;
    *out_whole = at == text.length;
    if (at < text.length) {
        if (++at == text.length) {
            return false;
        }
        out_plain[length++] = '.';
        for (; at < text.length; at++) {
            if (!isdigit((unsigned char)text.data[at])) {
                return false;
            }
            out_plain[length++] = text.data[at];
        }
    }
    out_plain[length] = '\0';
    return true;
}
