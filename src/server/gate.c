/* SPDX-License-Identifier: MIT */
#include "server/gate.h"

#include <string.h>

static bool refuse(struct gate_refusal *out, unsigned status, const char *code, const char *detail)
{
    *out = (struct gate_refusal){status, code, detail};
    return false;
}

static bool is_alpha(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

static int hex_digit(unsigned char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986, section 3.3 and 3.4: pchar without "%", and "/"; the query also has "?". */
static bool may_stand_bare(unsigned char c, bool in_query)
{
    return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/", c)) || (in_query && c == '?');
}

/* --- the target ----------------------------------------------------------------------------------------------------
 */

/* Decodes one piece of the target. NULL with a refusal when it is malformed. */
static char *decode(struct text raw, bool in_query, struct arena *arena, struct gate_refusal *out_refusal)
{
    char *out = arena_alloc_raw(arena, raw.length + 1);
    size_t length = 0;
    if (!out) {
        refuse(out_refusal, 503, "SRV-503", "no hay memoria para atender la solicitud");
        return NULL;
    }
    for (size_t i = 0; i < raw.length; i++) {
        unsigned char c = (unsigned char)raw.data[i];
        if (c == '%') {
            int high = i + 2 < raw.length ? hex_digit((unsigned char)raw.data[i + 1]) : -1;
            int low = i + 2 < raw.length ? hex_digit((unsigned char)raw.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                refuse(out_refusal, 400, "SRV-001",
                       "la dirección tiene un «%» que no va seguido de dos dígitos hexadecimales");
                return NULL;
            }
            c = (unsigned char)(high * 16 + low);
            i += 2;
            if (c < 0x20 || c == 0x7f || (!in_query && (c == '/' || c == '\\'))) {
                refuse(out_refusal, 400, "SRV-001",
                       "la dirección tiene un carácter escapado que no se admite (%00, %2f, %5c o de control)");
                return NULL;
            }
        } else if (!may_stand_bare(c, in_query)) {
            refuse(out_refusal, 400, "SRV-001", "la dirección tiene un carácter que debe ir escapado con «%»");
            return NULL;
        } else if (in_query && c == '+') {
            c = ' ';
        }
        out[length++] = (char)c;
    }
    out[length] = '\0';
    if (!text_is_utf8((struct text){out, length})) {
        refuse(out_refusal, 400, "SRV-001", "la dirección no es UTF-8 válido");
        return NULL;
    }
    return out;
}

static bool check_segments(const char *path, struct gate_refusal *out_refusal)
{
    const char *segment = path + 1;
    for (;;) {
        size_t length = strcspn(segment, "/");
        bool is_last = segment[length] == '\0';
        if ((length == 0 && !is_last) || (length == 1 && segment[0] == '.') ||
            (length == 2 && segment[0] == '.' && segment[1] == '.')) {
            return refuse(out_refusal, 400, "SRV-001", "la ruta tiene un segmento vacío, «.» o «..»");
        }
        if (is_last) {
            return true;
        }
        segment += length + 1;
    }
}

static bool read_parameter(struct text raw, struct arena *arena, struct gate_target *out,
                           struct gate_refusal *out_refusal)
{
    if (out->parameter_count == REQUEST_PARAMETERS_MAX) {
        return refuse(out_refusal, 414, "SRV-002", "la dirección tiene más de 32 parámetros");
    }
    const char *equals = memchr(raw.data, '=', raw.length);
    size_t name_length = equals ? (size_t)(equals - raw.data) : raw.length;
    struct text value = {raw.data + raw.length, 0};
    if (equals) {
        value = (struct text){equals + 1, raw.length - name_length - 1};
    }
    struct request_parameter *parameter = &out->parameters[out->parameter_count];
    parameter->name = decode((struct text){raw.data, name_length}, true, arena, out_refusal);
    parameter->value = parameter->name ? decode(value, true, arena, out_refusal) : NULL;
    if (!parameter->value) {
        return false;
    }
    out->parameter_count++;
    return true;
}

static bool read_query(struct text raw, struct arena *arena, struct gate_target *out, struct gate_refusal *out_refusal)
{
    size_t start = 0;
    for (size_t i = 0; i <= raw.length; i++) {
        if (i < raw.length && raw.data[i] != '&') {
            continue;
        }
        struct text piece = {raw.data + start, i - start};
        if (piece.length > 0 && !read_parameter(piece, arena, out, out_refusal)) {
            return false;
        }
        start = i + 1;
    }
    return true;
}

bool gate_read_target(struct text raw, struct arena *arena, struct gate_target *out_target,
                      struct gate_refusal *out_refusal)
{
    struct gate_target target = {0};
    if (raw.length > GATE_TARGET_BYTES_MAX) {
        return refuse(out_refusal, 414, "SRV-002", "la dirección pasa de 8192 bytes");
    }
    if (raw.length == 0 || raw.data[0] != '/') {
        return refuse(out_refusal, 400, "SRV-001", "la dirección debe empezar con «/»");
    }
    const char *question = memchr(raw.data, '?', raw.length);
    size_t path_length = question ? (size_t)(question - raw.data) : raw.length;
    char *path = decode((struct text){raw.data, path_length}, false, arena, out_refusal);
    if (!path || !check_segments(path, out_refusal)) {
        return false;
    }
    target.path = path;
    if (question &&
        !read_query((struct text){question + 1, raw.length - path_length - 1}, arena, &target, out_refusal)) {
        return false;
    }
    *out_target = target;
    return true;
}

/* --- headers ---------------------------------------------------------------------------------------------------------
 */

static bool name_is(struct text name, const char *wanted)
{
    if (name.length != strlen(wanted)) {
        return false;
    }
    for (size_t i = 0; i < name.length; i++) {
        if (lower((unsigned char)name.data[i]) != (unsigned char)wanted[i]) {
            return false;
        }
    }
    return true;
}

static size_t count_of(const struct gate_header *headers, size_t count, const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += name_is(headers[i].name, name) ? 1 : 0;
    }
    return found;
}

struct text gate_find_header(const struct gate_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (name_is(headers[i].name, name)) {
            return headers[i].value;
        }
    }
    return (struct text){"", 0};
}

/* RFC 9110, section 5.6.2: token. */
static bool is_token(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (!is_alpha(c) && !is_digit(c) && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return text.length > 0;
}

static bool is_field_value(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool port_is_valid(struct text port)
{
    uint64_t number;
    return port.length >= 1 && port.length <= 5 && text_to_uint(port, 65535, &number);
}

bool gate_host_is_valid(struct text host)
{
    if (host.length == 0 || host.length > GATE_HOST_BYTES_MAX) {
        return false;
    }
    size_t end = 0;
    if (host.data[0] == '[') {
        end = 1;
        while (end < host.length &&
               (hex_digit((unsigned char)host.data[end]) >= 0 || host.data[end] == ':' || host.data[end] == '.')) {
            end++;
        }
        if (end < 3 || end == host.length || host.data[end] != ']') {
            return false;
        }
        end++;
    } else {
        while (end < host.length &&
               (is_alpha((unsigned char)host.data[end]) || is_digit((unsigned char)host.data[end]) ||
                host.data[end] == '-' || host.data[end] == '.' || host.data[end] == '_')) {
            end++;
        }
        if (end == 0 || host.data[0] == '.' || host.data[0] == '-') {
            return false;
        }
    }
    return end == host.length ||
           (host.data[end] == ':' && port_is_valid((struct text){host.data + end + 1, host.length - end - 1}));
}

static bool starts_with_name(struct text name, const char *start)
{
    size_t length = strlen(start);
    return name.length >= length && name_is((struct text){name.data, length}, start);
}

/* libmicrohttpd 0.9.75 appends a folded line ("Transfer-Encoding: x", then " chunked" on a line of its own) to the
 * header's name. Such a header would be another one for a proxy that unfolds lines. */
static bool hides_framing(struct text name)
{
    static const char *const framing[] = {"transfer-encoding", "content-length", "content-encoding", "host"};
    for (size_t i = 0; i < sizeof framing / sizeof framing[0]; i++) {
        if (starts_with_name(name, framing[i]) && name.length > strlen(framing[i])) {
            return true;
        }
    }
    return false;
}

static bool check_framing(const struct gate_header *headers, size_t count, struct gate_refusal *out_refusal)
{
    size_t lengths = count_of(headers, count, "content-length");
    size_t codings = count_of(headers, count, "transfer-encoding");
    if (codings > 0 && (lengths > 0 || codings > 1)) {
        return refuse(out_refusal, 400, "SRV-003",
                      "Transfer-Encoding junto a Content-Length o repetido: la solicitud es ambigua");
    }
    if (codings > 0) {
        return refuse(out_refusal, 501, "SRV-007", "no se admiten cuerpos con Transfer-Encoding");
    }
    if (lengths > 1) {
        return refuse(out_refusal, 400, "SRV-003", "Content-Length repetido: la solicitud es ambigua");
    }
    if (lengths == 1) {
        struct text length = gate_find_header(headers, count, "content-length");
        uint64_t bytes = 0;
        if (!text_to_uint(length, UINT64_MAX, &bytes)) {
            return refuse(out_refusal, 400, "SRV-003", "Content-Length no es un número");
        }
        if (bytes > 0) {
            return refuse(out_refusal, 400, "SRV-008", "esta dirección no admite un cuerpo en la solicitud");
        }
    }
    if (count_of(headers, count, "content-encoding") > 0) {
        return refuse(out_refusal, 415, "SRV-009", "no se admiten cuerpos comprimidos (Content-Encoding)");
    }
    return true;
}

static bool check_host(const char *version, const struct gate_header *headers, size_t count,
                       struct gate_refusal *out_refusal)
{
    size_t hosts = count_of(headers, count, "host");
    if (hosts > 1 || (hosts == 0 && strcmp(version, "HTTP/1.1") == 0)) {
        return refuse(out_refusal, 400, "SRV-003", "debe haber exactamente un encabezado Host");
    }
    if (hosts == 1 && !gate_host_is_valid(gate_find_header(headers, count, "host"))) {
        return refuse(out_refusal, 400, "SRV-003", "el encabezado Host no es un nombre de servidor válido");
    }
    return true;
}

bool gate_check_headers(const char *version, const struct gate_header *headers, size_t count,
                        struct gate_refusal *out_refusal)
{
    size_t bytes = 0;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0) {
        return refuse(out_refusal, 505, "SRV-005", "solo se habla HTTP/1.1 y HTTP/1.0");
    }
    if (count > GATE_HEADERS_MAX) {
        return refuse(out_refusal, 431, "SRV-004", "la solicitud tiene más de 64 encabezados");
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_token(headers[i].name) || !is_field_value(headers[i].value) || hides_framing(headers[i].name)) {
            return refuse(out_refusal, 400, "SRV-003", "la solicitud tiene un encabezado mal formado");
        }
        bytes += headers[i].name.length + headers[i].value.length + 4;
    }
    if (bytes > GATE_HEADER_BYTES_MAX) {
        return refuse(out_refusal, 431, "SRV-004", "los encabezados pasan de 16 KiB");
    }
    return check_host(version, headers, count, out_refusal) && check_framing(headers, count, out_refusal);
}
