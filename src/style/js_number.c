/* SPDX-License-Identifier: MIT */
/* Numbers as ECMAScript reads and writes them. */
#include "style/js_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The digits and the exponent of the shortest decimal that reads back as `number` (positive, finite). */
static int shortest_digits(double number, char digits[20], int *out_exponent)
{
    char text[40];
    for (int precision = 0; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, number);
        if (strtod(text, NULL) == number) {
            break;
        }
    }
    int count = 0;
    const char *at = text;
    for (; *at && *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9' && count < 19) {
            digits[count++] = *at;
        }
    }
    *out_exponent = *at == 'e' ? (int)strtol(at + 1, NULL, 10) + 1 : 1;
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    digits[count] = '\0';
    return count;
}

size_t js_number_format(double number, char out[JS_NUMBER_BYTES])
{
    if (isnan(number)) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, "NaN");
    }
    if (isinf(number)) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, number < 0 ? "-Infinity" : "Infinity");
    }
    if (number == 0) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, "0");
    }
    if (fabs(number) < 1e15 && number == floor(number)) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, "%lld", (long long)number);
    }
    const char *sign = number < 0 ? "-" : "";
    char digits[20];
    int n = 0; /* value = 0.digits x 10^n */
    int k = shortest_digits(fabs(number), digits, &n);
    if (k <= n && n <= 21) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, "%s%s%.*s", sign, digits, n - k, "00000000000000000000");
    }
    if (0 < n && n <= 21) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, "%s%.*s.%s", sign, n, digits, digits + n);
    }
    if (-6 < n && n <= 0) {
        return (size_t)snprintf(out, JS_NUMBER_BYTES, "%s0.%.*s%s", sign, -n, "000000", digits);
    }
    return (size_t)snprintf(out, JS_NUMBER_BYTES, "%s%c%s%se%+d", sign, digits[0], k > 1 ? "." : "", digits + 1, n - 1);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Decimal digits with optional point and exponent: what StrDecimalLiteral allows. */
static bool is_decimal(const char *at, const char *end)
{
    if (at < end && (*at == '+' || *at == '-')) {
        at++;
    }
    size_t digits = 0;
    for (; at < end && is_digit(*at); at++) {
        digits++;
    }
    if (at < end && *at == '.') {
        for (at++; at < end && is_digit(*at); at++) {
            digits++;
        }
    }
    if (digits == 0) {
        return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-')) {
            at++;
        }
        if (at == end || !is_digit(*at)) {
            return false;
        }
        while (at < end && is_digit(*at)) {
            at++;
        }
    }
    return at == end;
}

static double parse_radix(const char *at, const char *end, int radix)
{
    double number = 0;
    if (at == end) {
        return NAN;
    }
    for (; at < end; at++) {
        int digit = is_digit(*at)                ? *at - '0'
                    : (*at >= 'a' && *at <= 'f') ? *at - 'a' + 10
                    : (*at >= 'A' && *at <= 'F') ? *at - 'A' + 10
                                                 : 99;
        if (digit >= radix) {
            return NAN;
        }
        number = number * radix + digit;
    }
    return number;
}

double js_number_parse(struct text text)
{
    const char *at = text.data;
    const char *end = text.length ? text.data + text.length : text.data;
    while (at < end && is_blank(*at)) {
        at++;
    }
    while (end > at && is_blank(end[-1])) {
        end--;
    }
    size_t length = (size_t)(end - at);
    if (length == 0) {
        return 0;
    }
    if (length > 2 && at[0] == '0') {
        switch (at[1]) {
        case 'x':
        case 'X':
            return parse_radix(at + 2, end, 16);
        case 'o':
        case 'O':
            return parse_radix(at + 2, end, 8);
        case 'b':
        case 'B':
            return parse_radix(at + 2, end, 2);
        default:
            break;
        }
    }
    double sign = 1;
    const char *word = at;
    if (*word == '+' || *word == '-') {
        sign = *word == '-' ? -1 : 1;
        word++;
    }
    if ((size_t)(end - word) == 8 && memcmp(word, "Infinity", 8) == 0) {
        return sign * INFINITY;
    }
    if (!is_decimal(at, end)) {
        return NAN;
    }
    char small[64];
    if (length < sizeof small) {
        memcpy(small, at, length);
        small[length] = '\0';
        return strtod(small, NULL);
    }
    char *copy = malloc(length + 1);
    if (!copy) {
        return NAN;
    }
    memcpy(copy, at, length);
    copy[length] = '\0';
    double number = strtod(copy, NULL);
    free(copy);
    return number;
}

double js_number_round(double number)
{
    double down = floor(number);
    return number - down >= 0.5 ? down + 1 : down;
}
