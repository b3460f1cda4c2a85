/* SPDX-License-Identifier: MIT */
/* Requests as hostile clients write them, through the gate, the router and the readers of parameters. What is let
 * through must keep the promises that handlers rely on. The input is the target, then one header ("Name: value") a
 * line. */
#include "server/gate.h"
#include "server/router.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise) {
        abort();
    }
}

static struct text next_line(struct text *rest)
{
    const char *end = rest->length > 0 ? memchr(rest->data, '\n', rest->length) : NULL;
    struct text line = {rest->data, end ? (size_t)(end - rest->data) : rest->length};
    size_t step = line.length + (end ? 1 : 0);
    rest->data += step;
    rest->length -= step;
    return line;
}

static bool is_clean(const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return false;
        }
    }
    return text_is_utf8(text_of(text));
}

static void check_path(const char *path)
{
    require(path[0] == '/' && is_clean(path) && !strchr(path, '\\'));
    for (const char *segment = path; segment; segment = strchr(segment + 1, '/')) {
        size_t length = strcspn(segment + 1, "/");
        require(!(length == 1 && segment[1] == '.') && !(length == 2 && segment[1] == '.' && segment[2] == '.'));
        require(length > 0 || segment[1] == '\0');
    }
}

static void read_values(const struct request *request)
{
    struct error err;
    uint64_t whole = 5;
    double number = 5;
    double pair[2] = {0, 0};
    struct bbox box;
    bool present = false;
    require(!request_uint(request, "limit", 1, 10000, &whole, &err) || (whole >= 1 && whole <= 10000));
    require(!request_double(request, "zoom", 0, 23, &number, &err) || (number >= 0 && number <= 23));
    if (request_bbox(request, "bbox", &box, &present, &err) && present) {
        require(fabs(box.min_x) <= 180 && fabs(box.max_x) <= 180 && box.min_y >= -90 && box.max_y <= 90 &&
                box.min_y <= box.max_y);
    }
    if (request_pair(request, "size", 'x', pair, &present, &err) && present) {
        require(isfinite(pair[0]) && isfinite(pair[1]));
    }
    request_wants_json(request);
}

static void route(const struct gate_target *target, struct request *request, struct arena *arena)
{
    struct error err;
    size_t count = 0;
    const struct route *found = router_match(target->path, arena, request->captures, &count);
    if (!found) {
        return;
    }
    require(count <= REQUEST_CAPTURES_MAX);
    for (size_t i = 0; i < count; i++) {
        require(request->captures[i][0] != '\0');
        require(strcasestr(target->path, request->captures[i]) != NULL); /* ids become small */
    }
    if (router_check_parameters(found, target->parameters, target->parameter_count, &err)) {
        for (size_t i = 0; i < target->parameter_count; i++) {
            require(strchr(found->parameters, '*') || strstr(found->parameters, target->parameters[i].name));
        }
    } else {
        require(err.kind == ERROR_INVALID);
    }
}

static void check_headers(struct text rest)
{
    struct gate_header headers[GATE_HEADERS_MAX + 8];
    struct gate_refusal refusal = {0};
    size_t count = 0;
    while (rest.length > 0 && count < sizeof headers / sizeof headers[0]) {
        struct text line = next_line(&rest);
        const char *colon = line.length > 0 ? memchr(line.data, ':', line.length) : NULL;
        size_t name = colon ? (size_t)(colon - line.data) : line.length;
        headers[count++] = (struct gate_header){
            {line.data, name}, {line.data + (colon ? name + 1 : name), colon ? line.length - name - 1 : 0}};
    }
    if (!gate_check_headers("HTTP/1.1", headers, count, &refusal)) {
        require(refusal.status >= 400 && refusal.code && refusal.detail);
        return;
    }
    struct text host = gate_find_header(headers, count, "host");
    struct text length = gate_find_header(headers, count, "content-length");
    require(count <= GATE_HEADERS_MAX && gate_host_is_valid(host));
    require(gate_find_header(headers, count, "transfer-encoding").length == 0);
    for (size_t i = 0; i < length.length; i++) {
        require(length.data[i] == '0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(4 << 20);
    struct text rest = {(const char *)data, size};
    struct text raw = next_line(&rest);
    struct gate_target target;
    struct gate_refusal refusal = {0};
    require(arena != NULL);
    if (gate_read_target(raw, arena, &target, &refusal)) {
        char *accept = arena_strndup(arena, rest.data, rest.length < 4096 ? rest.length : 4096);
        struct request request = {
            .parameters = target.parameters, .parameter_count = target.parameter_count, .accept = accept};
        check_path(target.path);
        require(target.parameter_count <= REQUEST_PARAMETERS_MAX);
        for (size_t i = 0; i < target.parameter_count; i++) {
            require(is_clean(target.parameters[i].name) && is_clean(target.parameters[i].value));
        }
        route(&target, &request, arena);
        read_values(&request);
        request_accepts(accept, "gzip");
    } else {
        require(refusal.status >= 400 && refusal.code && refusal.detail);
    }
    check_headers(rest);
    arena_destroy(arena);
    return 0;
}
