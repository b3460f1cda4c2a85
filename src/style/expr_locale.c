/* SPDX-License-Identifier: MIT */
/* Case, collation and numbers of a locale: the door to ICU. */
#include "style/expr.h"

#include <stdio.h>
#include <string.h>
#include <unicode/ucasemap.h>
#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/unumberformatter.h>
#include <unicode/ustring.h>

enum { LOCALE_BYTES = 160, NUMBER_UNITS = 512, SHORT_UNITS = 256 };

/* Where a style names no locale; the same on every machine. */
static const char default_locale[] = "es_MX";

/* The ICU name of a BCP 47 tag; false when it is not well-formed. */
static bool locale_of_tag(struct text tag, char out[LOCALE_BYTES])
{
    char copy[LOCALE_BYTES];
    if (!tag.data || tag.length == 0 || tag.length >= sizeof copy) {
        return false;
    }
    memcpy(copy, tag.data, tag.length);
    copy[tag.length] = '\0';
    UErrorCode status = U_ZERO_ERROR;
    int32_t parsed = 0;
    uloc_forLanguageTag(copy, out, LOCALE_BYTES, &parsed, &status);
    return U_SUCCESS(status) && (size_t)parsed == tag.length && out[0] != '\0';
}

static void name_locale(struct text tag, char out[LOCALE_BYTES])
{
    if (!locale_of_tag(tag, out)) {
        snprintf(out, LOCALE_BYTES, "%s", default_locale);
    }
}

struct text expr_locale_case(struct text text, bool upper, struct arena *arena)
{
    UErrorCode status = U_ZERO_ERROR;
    UCaseMap *map = ucasemap_open("", 0, &status);
    struct text result = {"", 0};
    if (U_FAILURE(status)) {
        return result;
    }
    size_t capacity = text.length * 3 + 1; /* no mapping grows text more */
    char *out = arena_alloc_raw(arena, capacity);
    if (out && text.length < INT32_MAX / 4) {
        int32_t length =
            upper ? ucasemap_utf8ToUpper(map, out, (int32_t)capacity, text.data, (int32_t)text.length, &status)
                  : ucasemap_utf8ToLower(map, out, (int32_t)capacity, text.data, (int32_t)text.length, &status);
        if (U_SUCCESS(status)) {
            result = (struct text){out, (size_t)length};
        }
    }
    ucasemap_close(map);
    return result;
}

/* A collator that searches: base letters only, with accents, with case, or all three. */
static UCollator *open_collator(const struct expr_value *collator)
{
    char name[LOCALE_BYTES];
    char search[LOCALE_BYTES + 32];
    name_locale(collator->collator.locale, name);
    snprintf(search, sizeof search, "%s%scollation=search", name, strchr(name, '@') ? ";" : "@");
    UErrorCode status = U_ZERO_ERROR;
    UCollator *opened = ucol_open(search, &status);
    if (U_FAILURE(status)) {
        return NULL;
    }
    bool cased = collator->collator.case_sensitive;
    bool accented = collator->collator.diacritic_sensitive;
    ucol_setAttribute(opened, UCOL_STRENGTH, accented ? (cased ? UCOL_TERTIARY : UCOL_SECONDARY) : UCOL_PRIMARY,
                      &status);
    ucol_setAttribute(opened, UCOL_CASE_LEVEL, cased && !accented ? UCOL_ON : UCOL_OFF, &status);
    return opened;
}

int expr_locale_compare(struct text a, struct text b, const struct expr_value *collator)
{
    UCollator *opened = open_collator(collator);
    if (!opened) {
        return text_compare(a, b);
    }
    UErrorCode status = U_ZERO_ERROR;
    UCollationResult order = ucol_strcollUTF8(opened, a.data, (int32_t)a.length, b.data, (int32_t)b.length, &status);
    ucol_close(opened);
    return U_FAILURE(status) ? text_compare(a, b) : (int)order;
}

/* True when ICU has data for the language. */
static bool knows_language(const char *name)
{
    char wanted[16];
    UErrorCode status = U_ZERO_ERROR;
    uloc_getLanguage(name, wanted, sizeof wanted, &status);
    for (int32_t i = 0; U_SUCCESS(status) && i < uloc_countAvailable(); i++) {
        const char *known = uloc_getAvailable(i);
        size_t length = strcspn(known, "_");
        if (strlen(wanted) == length && strncmp(known, wanted, length) == 0) {
            return true;
        }
    }
    return false;
}

struct text expr_locale_resolve(const struct expr_value *collator, struct arena *arena)
{
    char name[LOCALE_BYTES];
    char tag[LOCALE_BYTES];
    name_locale(collator->collator.locale, name);
    if (!knows_language(name)) {
        snprintf(name, sizeof name, "%s", default_locale);
    }
    UErrorCode status = U_ZERO_ERROR;
    uloc_toLanguageTag(name, tag, sizeof tag, false, &status);
    char *kept = U_SUCCESS(status) ? arena_strdup(arena, tag) : NULL;
    return text_of(kept ? kept : "es-MX");
}

/* Names of units are words joined by hyphens. */
static bool is_unit(struct text unit)
{
    for (size_t i = 0; i < unit.length; i++) {
        char c = unit.data[i];
        if (!(c >= 'a' && c <= 'z') && c != '-') {
            return false;
        }
    }
    return unit.length <= 60;
}

/* ICU's description of the format: "currency/MXN .00##". */
static bool write_skeleton(const struct expr_number_format *format, UChar out[SHORT_UNITS])
{
    char skeleton[SHORT_UNITS];
    int length = snprintf(skeleton, sizeof skeleton, "rounding-mode-half-up");
    bool currency = format->currency.length > 0;
    if (currency) {
        if (format->currency.length != 3) {
            return false;
        }
        length +=
            snprintf(skeleton + length, sizeof skeleton - (size_t)length, " currency/%.3s", format->currency.data);
    }
    if (format->unit.length > 0) {
        if (!is_unit(format->unit)) {
            return false;
        }
        length += snprintf(skeleton + length, sizeof skeleton - (size_t)length, " unit/%.*s unit-width-short",
                           (int)format->unit.length, format->unit.data);
    }
    int low = format->fraction_min;
    int high = format->fraction_max;
    if (!currency || low >= 0 || high >= 0) {
        int usual_low = currency ? 2 : 0;
        int usual_high = currency ? 2 : 3;
        if (low < 0) {
            low = high >= 0 && high < usual_low ? high : usual_low;
        }
        if (high < 0) {
            high = low > usual_high ? low : usual_high;
        }
        high = high < low ? low : high;
        length +=
            snprintf(skeleton + length, sizeof skeleton - (size_t)length, " %s", high > 0 ? "." : "precision-integer");
        for (int i = 0; i < high && length < SHORT_UNITS - 2; i++) {
            skeleton[length++] = i < low ? '0' : '#';
        }
        skeleton[length] = '\0';
    }
    u_uastrncpy(out, skeleton, SHORT_UNITS);
    return true;
}

static struct text to_utf8(const UChar *units, int32_t count, struct arena *arena)
{
    size_t capacity = (size_t)count * 3 + 1;
    char *out = arena_alloc_raw(arena, capacity);
    int32_t length = 0;
    UErrorCode status = U_ZERO_ERROR;
    if (!out) {
        return (struct text){"", 0};
    }
    u_strToUTF8(out, (int32_t)capacity, &length, units, count, &status);
    return U_SUCCESS(status) ? (struct text){out, (size_t)length} : (struct text){"", 0};
}

struct text expr_locale_number(double number, const struct expr_number_format *format, struct arena *arena)
{
    struct text result = {"", 0};
    char name[LOCALE_BYTES];
    UChar skeleton[SHORT_UNITS];
    UChar units[NUMBER_UNITS];
    name_locale(format->locale, name);
    if (!write_skeleton(format, skeleton)) {
        return result;
    }
    UErrorCode status = U_ZERO_ERROR;
    UNumberFormatter *formatter = unumf_openForSkeletonAndLocale(skeleton, -1, name, &status);
    UFormattedNumber *formatted = unumf_openResult(&status);
    unumf_formatDouble(formatter, number, formatted, &status);
    int32_t length = unumf_resultToString(formatted, units, NUMBER_UNITS, &status);
    if (U_SUCCESS(status)) {
        result = to_utf8(units, length, arena);
    }
    unumf_closeResult(formatted);
    unumf_close(formatter);
    return result;
}
