/* SPDX-License-Identifier: MIT */
#pragma once
/* The gate: what a request must look like before anything else looks at it. The HTTP library lets smuggled framing,
 * cut-off paths and worse through; here every request is refused that two programs could read differently.
 * Nothing here knows the library. docs/server.md lists the rules. */

#include "server/request.h"

enum {
    GATE_TARGET_BYTES_MAX = 8192, /* path and query, as they come */
    GATE_HEADERS_MAX = 64,
    GATE_HEADER_BYTES_MAX = 16384, /* of all headers together */
    GATE_HOST_BYTES_MAX = 255
};

/* Why a request is refused: the connection is closed after any of these. */
struct gate_refusal {
    unsigned status;    /* 400, 413, 414, 415, 431, 501, 505 */
    const char *code;   /* "SRV-001" … */
    const char *detail; /* Spanish */
};

/* The request's target, decoded. */
struct gate_target {
    const char *path; /* starts with "/"; no empty, "." or ".." segment, except that it may end in "/" */
    struct request_parameter parameters[REQUEST_PARAMETERS_MAX];
    size_t parameter_count;
};

/* Reads "/path?a=b&c=d" as it came. Escapes are decoded once; refused are bad ones, %2f and %5c in the path, control
 * characters, bytes that are not UTF-8, and characters that must be escaped (RFC 3986). */
bool gate_read_target(struct text raw, struct arena *arena, struct gate_target *out_target,
                      struct gate_refusal *out_refusal);

struct gate_header {
    struct text name;
    struct text value;
};

/* Checks version and headers: framing above all. Bodies are not accepted: `Content-Length: 0` is all there may be. */
bool gate_check_headers(const char *version, const struct gate_header *headers, size_t count,
                        struct gate_refusal *out_refusal);

/* The value of the header `name` (lower case), an empty text when absent. */
struct text gate_find_header(const struct gate_header *headers, size_t count, const char *name);

/* True for "name", "name:port", "1.2.3.4:80", "[::1]:8080": what may become part of a link. */
bool gate_host_is_valid(struct text host);
