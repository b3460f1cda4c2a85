/* SPDX-License-Identifier: MIT */
#include "server/request.h"

#include <ctype.h>
#include <string.h>

const char *request_capture(const struct request *request, size_t index)
{
    return index < request->capture_count ? request->captures[index] : "";
}

const char *request_parameter(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->parameter_count; i++) {
        if (strcmp(request->parameters[i].name, name) == 0) {
            return request->parameters[i].value;
        }
    }
    return NULL;
}

bool request_uint(const struct request *request, const char *name, uint64_t min, uint64_t max, uint64_t *out,
                  struct error *err)
{
    const char *value = request_parameter(request, name);
    uint64_t number = 0;
    if (!value) {
        return true;
    }
    if (!text_to_uint(text_of(value), max, &number) || number < min) {
        error_tell(err, ERROR_INVALID, "SRV-012", "parameter \"%s\": \"%.64s\" is not a whole number from %llu to %llu",
                   "parámetro «%s»: «%.64s» no es un número entero de %llu a %llu", name, value,
                   (unsigned long long)min, (unsigned long long)max);
        return false;
    }
    *out = number;
    return true;
}

bool request_double(const struct request *request, const char *name, double min, double max, double *out,
                    struct error *err)
{
    const char *value = request_parameter(request, name);
    double number = 0;
    if (!value) {
        return true;
    }
    if (!text_to_double(text_of(value), &number) || !(number >= min && number <= max)) {
        error_tell(err, ERROR_INVALID, "SRV-012", "parameter \"%s\": \"%.64s\" is not a number from %g to %g",
                   "parámetro «%s»: «%.64s» no es un número de %g a %g", name, value, min, max);
        return false;
    }
    *out = number;
    return true;
}

bool request_bbox(const struct request *request, const char *name, struct bbox *out, bool *out_present,
                  struct error *err)
{
    const char *value = request_parameter(request, name);
    *out_present = value != NULL;
    if (!value) {
        return true;
    }
    if (!bbox_parse(text_of(value), out, err)) {
        error_tell(err, ERROR_INVALID, "SRV-012",
                   "parameter \"%s\": \"%.128s\" is not west,south,east,north in degrees (CRS84)",
                   "parámetro «%s»: «%.128s» no es oeste,sur,este,norte en grados (CRS84)", name, value);
        return false;
    }
    return true;
}

bool request_pair(const struct request *request, const char *name, char separator, double out[2], bool *out_present,
                  struct error *err)
{
    const char *value = request_parameter(request, name);
    *out_present = value != NULL;
    if (!value) {
        return true;
    }
    const char *middle = strchr(value, separator);
    double first = 0;
    double second = 0;
    if (!middle || !text_to_double((struct text){value, (size_t)(middle - value)}, &first) ||
        !text_to_double(text_of(middle + 1), &second)) {
        error_tell(err, ERROR_INVALID, "SRV-012", "parameter \"%s\": \"%.64s\" is not two numbers with \"%c\" between",
                   "parámetro «%s»: «%.64s» no son dos números con «%c» en medio", name, value, separator);
        return false;
    }
    out[0] = first;
    out[1] = second;
    return true;
}

/* --- what the client prefers --- */

static struct text trimmed(struct text text)
{
    while (text.length > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t')) {
        text.length--;
    }
    return text;
}

/* Cuts `*rest` at the next `separator`. */
static struct text next_piece(struct text *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->length);
    struct text piece = {rest->data, end ? (size_t)(end - rest->data) : rest->length};
    size_t step = piece.length + (end ? 1 : 0);
    rest->data += step;
    rest->length -= step;
    return trimmed(piece);
}

static bool equal_ignoring_case(struct text a, struct text b)
{
    if (a.length != b.length) {
        return false;
    }
    for (size_t i = 0; i < a.length; i++) {
        if (tolower((unsigned char)a.data[i]) != tolower((unsigned char)b.data[i])) {
            return false;
        }
    }
    return true;
}

/* How exactly a media range fits: 3 the type itself, 2 "text" with any subtype, 1 anything, 0 not. */
static int fit(struct text range, struct text type)
{
    const char *slash = memchr(type.data, '/', type.length);
    size_t main_length = slash ? (size_t)(slash - type.data) + 1 : 0;
    if (equal_ignoring_case(range, type)) {
        return 3;
    }
    if (main_length > 0 && range.length == main_length + 1 && range.data[main_length] == '*' &&
        equal_ignoring_case((struct text){range.data, main_length}, (struct text){type.data, main_length})) {
        return 2;
    }
    return text_is(range, "*/*") || text_is(range, "*") ? 1 : 0;
}

/* The weight `accept` gives to `type`: that of the range that fits best; 0 when none does. */
static double weight(const char *accept, const char *type)
{
    struct text rest = text_of(accept);
    int best_fit = 0;
    double best = 0;
    while (rest.length > 0) {
        struct text element = next_piece(&rest, ',');
        int this_fit = fit(next_piece(&element, ';'), text_of(type));
        double quality = 1;
        while (element.length > 0) {
            struct text option = next_piece(&element, ';');
            if (option.length > 2 && (option.data[0] == 'q' || option.data[0] == 'Q') && option.data[1] == '=' &&
                !text_to_double((struct text){option.data + 2, option.length - 2}, &quality)) {
                quality = 0;
            }
        }
        if (this_fit > best_fit) {
            best_fit = this_fit;
            best = quality;
        }
    }
    return best;
}

bool request_prefers(const char *accept, const char *type, const char *other)
{
    return accept && weight(accept, type) > weight(accept, other);
}

bool request_accepts(const char *accept, const char *type)
{
    return accept && weight(accept, type) > 0;
}

bool request_wants_json(const struct request *request)
{
    const char *format = request_parameter(request, "f");
    if (format) {
        return strcmp(format, "json") == 0;
    }
    return request_prefers(request->accept, "application/json", "text/html");
}
