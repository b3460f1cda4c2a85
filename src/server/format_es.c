/* SPDX-License-Identifier: MIT */
/* Numbers and dates for people, es-MX first. */

#include "server/format_es.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const months_es[] = {"enero", "febrero", "marzo",      "abril",   "mayo",      "junio",
                                        "julio", "agosto",  "septiembre", "octubre", "noviembre", "diciembre"};
static const char *const months_en[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

const char *format_pick(enum language language, const char *spanish, const char *english)
{
    return language == LANGUAGE_EN && english ? english : spanish;
}

/* Copies `digits` ("-1234567") with a comma between groups of three. */
static size_t put_grouped(const char *digits, size_t length, char *out)
{
    size_t at = 0;
    if (length > 0 && digits[0] == '-') {
        out[0] = '-';
        at = 1;
        digits += 1;
        length -= 1;
    }
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return at;
}

size_t format_integer(int64_t number, char out[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)number);
    return put_grouped(digits, (size_t)length, out);
}

/* `number` rounded half away from zero at the decimal digits people see, as Intl does: "%.*f" alone would round the
 * binary value, so that 1.005 gave 1.00. The shortest decimal of the double is what people mean. */
static void round_decimal(double number, unsigned decimals, char *out, size_t size)
{
    char shortest[32];
    text_put_double(number, shortest);
    const char *point = strchr(shortest, '.');
    size_t behind = point && !strpbrk(shortest, "eE") ? strlen(point + 1) : 0;
    double nudged = number;
    if (behind == (size_t)decimals + 1 && point[decimals + 1] == '5') {
        nudged = nextafter(number, number < 0 ? -HUGE_VAL : HUGE_VAL);
        nudged += (nudged - number) * 4;
    }
    snprintf(out, size, "%.*f", (int)decimals, nudged);
}

size_t format_number(enum language language, double number, unsigned decimals_max, char out[64])
{
    if (!isfinite(number)) {
        return (size_t)snprintf(out, 64, "%s", format_pick(language, "sin dato", "no data"));
    }
    if (fabs(number) >= 1e15) {
        return (size_t)snprintf(out, 64, "%.15g", number);
    }
    char plain[64];
    round_decimal(number, decimals_max > 15 ? 15 : decimals_max, plain, sizeof plain);
    char *point = strchr(plain, '.');
    size_t whole = point ? (size_t)(point - plain) : strlen(plain);
    if (point) {
        size_t end = strlen(plain);
        while (plain[end - 1] == '0') {
            plain[--end] = '\0';
        }
        if (plain[end - 1] == '.') {
            plain[--end] = '\0';
            point = NULL;
        }
    }
    if (strcmp(plain, "-0") == 0) {
        return (size_t)snprintf(out, 64, "0");
    }
    size_t length = put_grouped(plain, whole, out);
    if (point) {
        length += (size_t)snprintf(out + length, 64 - length, "%s", point);
    }
    return length;
}

/* Exactly `count` digits at `at`. */
static bool read_digits(struct text text, size_t at, size_t count, unsigned *out_number)
{
    if (at + count > text.length) {
        return false;
    }
    uint64_t number = 0;
    if (!text_to_uint((struct text){text.data + at, count}, 9999, &number)) {
        return false;
    }
    *out_number = (unsigned)number;
    return true;
}

char *format_date(enum language language, struct text date, struct arena *arena)
{
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0;
    bool has_month = read_digits(date, 0, 4, &year) && date.length >= 7 && date.data[4] == '-' &&
                     read_digits(date, 5, 2, &month) && month >= 1 && month <= 12;
    if (!has_month || (date.length > 7 && (date.data[7] != '-' || !read_digits(date, 8, 2, &day))) ||
        (date.length > 7 && (day < 1 || day > 31)) ||
        (date.length > 10 && date.data[10] != 'T' && date.data[10] != ' ')) {
        return arena_strndup(arena, date.data, date.length);
    }
    if (day == 0) {
        return language == LANGUAGE_EN ? arena_printf(arena, "%s %u", months_en[month - 1], year)
                                       : arena_printf(arena, "%s de %u", months_es[month - 1], year);
    }
    const char *clock = "";
    if (date.length >= 16 && date.data[13] == ':' && read_digits(date, 11, 2, &hour) &&
        read_digits(date, 14, 2, &minute)) {
        clock = arena_printf(arena, ", %02u:%02u", hour, minute);
    }
    if (!clock) {
        return NULL;
    }
    return language == LANGUAGE_EN ? arena_printf(arena, "%s %u, %u%s", months_en[month - 1], day, year, clock)
                                   : arena_printf(arena, "%u de %s de %u%s", day, months_es[month - 1], year, clock);
}

/* True for columns whose numbers are years, telephone numbers or keys: grouping would falsify them. */
static bool is_plain_number(const char *field_name)
{
    char folded[80];
    text_fold(text_of(field_name), folded, sizeof folded);
    static const char *const words[] = {"anio", "ano",      "year", "cve", "clave", "codigo",
                                        "cp",   "telefono", "tel",  "id",  "folio"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        const char *at = strstr(folded, words[i]);
        for (; at; at = strstr(at + 1, words[i])) {
            bool starts = at == folded || at[-1] == '_';
            bool ends = at[length] == '\0' || at[length] == '_' || (at[length] >= '0' && at[length] <= '9');
            if (starts && ends) {
                return true;
            }
        }
    }
    return false;
}

static char *no_data(enum language language, struct arena *arena)
{
    return arena_strdup(arena, format_pick(language, "sin dato", "no data"));
}

char *format_field_value(enum language language, const char *field_name, enum field_type type,
                         const struct value *value, struct arena *arena)
{
    char number[64];
    switch (value->type) {
    case VALUE_BOOL:
        return arena_strdup(arena, value->boolean ? format_pick(language, "Sí", "Yes") : "No");
    case VALUE_INT:
        if (type == FIELD_BOOLEAN) {
            return arena_strdup(arena, value->integer ? format_pick(language, "Sí", "Yes") : "No");
        }
        if (is_plain_number(field_name)) {
            return arena_printf(arena, "%lld", (long long)value->integer);
        }
        format_integer(value->integer, number);
        return arena_strdup(arena, number);
    case VALUE_REAL:
        if (is_plain_number(field_name) && fabs(value->real) < 1e15) {
            return arena_printf(arena, "%.15g", value->real);
        }
        /* Four digits that count are enough for people; small numbers keep theirs. */
        format_number(language, value->real, fabs(value->real) >= 1 ? 3 : 6, number);
        return arena_strdup(arena, number);
    case VALUE_STRING:
        if (value->string.length == 0) {
            return no_data(language, arena);
        }
        if (type == FIELD_DATE || type == FIELD_DATETIME) {
            return format_date(language, value->string, arena);
        }
        return arena_strndup(arena, value->string.data, value->string.length);
    case VALUE_NULL:
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        break;
    }
    return no_data(language, arena);
}

char *format_range(enum language language, bool has_low, double low, bool has_high, double high, const char *unit,
                   struct arena *arena)
{
    char low_text[64];
    char high_text[64];
    format_number(language, low, 3, low_text);
    format_number(language, high, 3, high_text);
    const char *space = unit && *unit ? " " : "";
    unit = unit ? unit : "";
    if (has_low && has_high) {
        return arena_printf(arena, "%s – %s%s%s", low_text, high_text, space, unit);
    }
    if (has_low) {
        return arena_printf(arena, "%s%s%s %s", low_text, space, unit, format_pick(language, "o más", "or more"));
    }
    if (has_high) {
        return arena_printf(arena, "%s %s%s%s", format_pick(language, "Menos de", "Under"), high_text, space, unit);
    }
    return no_data(language, arena);
}

char *format_humanised(struct text name, struct arena *arena)
{
    char *out = arena_strndup(arena, name.data, name.length);
    if (!out) {
        return NULL;
    }
    for (size_t i = 0; out[i]; i++) {
        if (out[i] == '_') {
            out[i] = ' ';
        }
    }
    if (out[0] >= 'a' && out[0] <= 'z') {
        out[0] = (char)(out[0] - 'a' + 'A');
    }
    return out;
}
