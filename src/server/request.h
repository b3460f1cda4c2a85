/* SPDX-License-Identifier: MIT */
#pragma once
/* One request as handlers see it: checked by the gate, matched by the router. Immutable; lives as long as the
 * exchange. */

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "geo/bbox.h"

#include <stdbool.h>
#include <stddef.h>

enum request_method { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_OTHER };

enum { REQUEST_CAPTURES_MAX = 4, REQUEST_PARAMETERS_MAX = 32 };

/* Decoded, valid UTF-8, without control characters. */
struct request_parameter {
    const char *name;
    const char *value;
};

struct request {
    enum request_method method;                 /* handlers see GET or HEAD and need not tell them apart */
    const char *method_name;                    /* as it came */
    const char *target;                         /* as it came: path and query, still escaped */
    const char *path;                           /* decoded: "/mapas/colonias" */
    const char *captures[REQUEST_CAPTURES_MAX]; /* what stood in the {} of the route, in order */
    size_t capture_count;
    const struct request_parameter *parameters; /* only names the route knows, each at most once */
    size_t parameter_count;
    const char *base_url; /* "http://host:port" or --base-url, without a slash at the end */
    const char *accept;   /* headers; NULL when absent */
    const char *accept_encoding;
    const char *accept_language;
    const char *if_none_match;
};

/* The capture, "" when there is no such. */
const char *request_capture(const struct request *request, size_t index);
/* The parameter's value, NULL when absent. "?a" and "?a=" give "". */
const char *request_parameter(const struct request *request, const char *name);

/* Each reads one parameter: true with `*out` untouched when absent; false with a telling error when it is malformed or
 * out of range. */
bool request_uint(const struct request *request, const char *name, uint64_t min, uint64_t max, uint64_t *out,
                  struct error *err);
bool request_double(const struct request *request, const char *name, double min, double max, double *out,
                    struct error *err);
bool request_bbox(const struct request *request, const char *name, struct bbox *out, bool *out_present,
                  struct error *err);
/* "a,b" or "axb" with `separator`, e.g. center=-103.4,25.5 and size=800x600. */
bool request_pair(const struct request *request, const char *name, char separator, double out[2], bool *out_present,
                  struct error *err);

/* True when the header value `accept` names `type` ("text/html"), or a wildcard for it, with a higher weight than
 * `other` (RFC 9110, section 12.5.1). A NULL or empty header prefers neither. */
bool request_prefers(const char *accept, const char *type, const char *other);
/* True when `accept` gives `type` a weight above 0: for content codings ("gzip", "br"). */
bool request_accepts(const char *accept, const char *type);
/* True when JSON is wanted rather than HTML: f=json, or by Accept. f=html wins over Accept. */
bool request_wants_json(const struct request *request);
