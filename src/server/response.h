/* SPDX-License-Identifier: MIT */
#pragma once
/* One answer, as handlers make it. What every answer carries (CORS, ETag, Cache-Control, nosniff, the content security
 * policy of HTML, compression, 304, HEAD) is added afterwards in one place, response_seal; handlers only fill `body`,
 * `content_type` and what differs from the default.
 *
 * HTML is sent with a strict content security policy: scripts and style sheets from /static/ only; no inline script, no
 * <style>, no style="" attribute, no on… attribute. Setting element.style from a script is fine. */

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "server/request.h"
#include "tile/tile_service.h"

#include <stdint.h>

enum { RESPONSE_BODY_MAX = 64 << 20, RESPONSE_HEADERS_MAX = 20 };

#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_SVG "image/svg+xml; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_GEOJSON "application/geo+json"
#define TYPE_PNG "image/png"
#define TYPE_JPEG "image/jpeg"
#define TYPE_WEBP "image/webp"
#define TYPE_MVT "application/vnd.mapbox-vector-tile"
#define TYPE_GLYPHS "application/x-protobuf"
#define TYPE_XML "application/xml; charset=utf-8"
#define TYPE_PROBLEM "application/problem+json"

enum response_cache {
    RESPONSE_CACHE_PUBLIC, /* 5 minutes, then revalidated; immutable when ?v= is the current version */
    RESPONSE_CACHE_STALE,  /* a tile before the last publish, while the new one is made: asked for again at once */
    RESPONSE_CACHE_NONE    /* no-store: health, metrics, refusals of the moment */
};

struct response_header {
    const char *name;
    const char *value; /* in the response's arena, or a literal */
};

struct handler_context;

/* An answer made piece by piece, for results of any size in constant memory. */
struct response_stream {
    /* Appends the next piece (some 64 KiB) to `out` and sets `*out_end` with the last one. Runs on a worker. */
    bool (*next)(void *state, struct handler_context *context, struct buffer *out, bool *out_end, struct error *err);
    void (*destroy)(void *state);
    void *state;
};

struct response {
    struct arena *arena;      /* lives as long as the exchange */
    unsigned status;          /* 200 at first */
    const char *content_type; /* TYPE_JSON at first */
    struct buffer body;       /* at most RESPONSE_BODY_MAX */
    enum response_cache cache;
    uint64_t version; /* of what is shown; response_version_text(version) is the ?v= that makes it immutable. 0: none */
    uint64_t etag_seed; /* hash of what decides the content; always of streams. 0: hashed from the body */
    int64_t etag_time;  /* answers that state the time they were made, in seconds: part of the ETag, but one of another
                           time is still good for a 304. 0: none */
    const char *vary;   /* "Accept" where the answer depends on it; NULL */
    bool close;         /* end the connection afterwards */
    struct tile_blob *blob;       /* shared bytes instead of `body`; unref'd by response_finish */
    const char *content_encoding; /* of `body` or `blob` when they are compressed already; NULL */
    bool use_gzip_of_blob;        /* set by response_seal: send blob->gzip */
    bool wants_tile;              /* the answer is this tile: the server asks the tile service for it */
    struct tile_request tile;
    bool is_stream; /* the answer comes from `stream` */
    struct response_stream stream;
    struct response_header headers[RESPONSE_HEADERS_MAX];
    size_t header_count;
    const char *problem_code; /* of errors, for the log */
};

void response_init(struct response *response, struct arena *arena);
void response_finish(struct response *response);

/* Adds a header; both texts must outlive the response (a literal, or from its arena). */
void response_add_header(struct response *response, const char *name, const char *value);

/* Forgets what was written and answers application/problem+json. `detail` is Spanish: what is wrong with which named
 * thing, and the cure. */
void response_problem(struct response *response, const struct request *request, unsigned status, const char *code,
                      const char *detail, ...) __attribute__((format(printf, 5, 6)));
/* The same from an error: its kind gives the status. */
void response_error(struct response *response, const struct request *request, const struct error *err);

/* Completes a finished response with what every answer carries: compression, ETag, 304 for a known ETag, Cache-Control,
 * Vary, CORS, nosniff, the policy for HTML. `request` is NULL when there was none to speak of (refused at the gate).
 * Not for one that still wants a tile. */
void response_seal(struct response *response, const struct request *request);

/* "%016x". */
void response_version_text(uint64_t version, char out[17]);
