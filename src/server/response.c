/* SPDX-License-Identifier: MIT */
#include "server/response.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/json_write.h"
#include "base/log.h"
#include "tile/gzip.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GZIP_SIZE_MIN = 512, GZIP_LEVEL = 5, ETAG_BYTES = 32 };

/* Scripts, styles and data from here only; pages may be embedded elsewhere, since nothing in them acts. */
static const char html_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; "
    "frame-ancestors *";
/* SVG may hold scripts when it is opened as a page of its own. */
static const char picture_policy[] = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

void response_init(struct response *response, struct arena *arena)
{
    *response = (struct response){.arena = arena, .status = 200, .content_type = TYPE_JSON};
    buffer_init(&response->body, RESPONSE_BODY_MAX);
}

static void drop_content(struct response *response)
{
    buffer_finish(&response->body);
    buffer_init(&response->body, RESPONSE_BODY_MAX);
    tile_blob_unref(response->blob);
    response->blob = NULL;
    response->use_gzip_of_blob = false;
    response->content_encoding = NULL;
    response->wants_tile = false;
    if (response->is_stream && response->stream.destroy) {
        response->stream.destroy(response->stream.state);
    }
    response->is_stream = false;
    response->stream = (struct response_stream){0};
}

void response_finish(struct response *response)
{
    drop_content(response);
    buffer_finish(&response->body);
}

void response_add_header(struct response *response, const char *name, const char *value)
{
    assert(response->header_count < RESPONSE_HEADERS_MAX);
    if (value && response->header_count < RESPONSE_HEADERS_MAX) {
        response->headers[response->header_count++] = (struct response_header){name, value};
    }
}

void response_version_text(uint64_t version, char out[17])
{
    snprintf(out, 17, "%016llx", (unsigned long long)version);
}

/* --- errors ------------------------------------------------------------------------------------------------------ */

static const char *title_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Solicitud incorrecta"},
        {404, "No encontrado"},
        {405, "Método no permitido"},
        {406, "Formato no disponible"},
        {410, "Ya no está"},
        {408, "La solicitud tardó demasiado"},
        {413, "Demasiado grande"},
        {414, "Dirección demasiado larga"},
        {415, "Tipo de contenido no admitido"},
        {431, "Encabezados demasiado grandes"},
        {500, "Error interno"},
        {501, "No implementado"},
        {503, "Servicio no disponible por ahora"},
        {505, "Versión de HTTP no admitida"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (titles[i].status == status) {
            return titles[i].title;
        }
    }
    return "Error";
}

static void write_problem(struct response *response, const struct request *request, unsigned status, const char *code,
                          const char *detail)
{
    drop_content(response);
    response->header_count = 0;
    response->status = status;
    response->etag_seed = 0;
    response->etag_time = 0;
    response->content_type = TYPE_PROBLEM;
    response->cache = status == 404 ? RESPONSE_CACHE_PUBLIC : RESPONSE_CACHE_NONE;
    response->version = 0;
    response->problem_code = arena_strdup(response->arena, code);
    if (status == 503) {
        /* Not all at once again. */
        response_add_header(response, "Retry-After", (clock_monotonic_ns() >> 10) % 2 == 0 ? "1" : "2");
    }
    char type[64];
    snprintf(type, sizeof type, "urn:tesela:error:%s", code);
    struct json_writer writer;
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "type", type);
    json_write_member_string(&writer, "title", title_of(status));
    json_write_member_int(&writer, "status", (int64_t)status);
    json_write_member_string(&writer, "detail", detail);
    json_write_member_string(&writer, "code", code);
    if (request && request->target) {
        json_write_member_string(&writer, "instance", request->target);
    }
    json_write_end_object(&writer);
}

void response_problem(struct response *response, const struct request *request, unsigned status, const char *code,
                      const char *detail, ...)
{
    char text[1024];
    va_list args;
    va_start(args, detail);
    vsnprintf(text, sizeof text, detail, args);
    va_end(args);
    write_problem(response, request, status, code, text);
}

void response_error(struct response *response, const struct request *request, const struct error *err)
{
    static const struct {
        unsigned status;
        const char *code;
    } by_kind[] = {
        [ERROR_NONE] = {500, "SRV-500"},        [ERROR_INVALID] = {400, "SRV-400"},
        [ERROR_NOT_FOUND] = {404, "SRV-404"},   [ERROR_TOO_LARGE] = {413, "SRV-413"},
        [ERROR_UNAVAILABLE] = {503, "SRV-503"}, [ERROR_INTERNAL] = {500, "SRV-500"},
    };
    if (err->kind == ERROR_INTERNAL || err->kind == ERROR_NONE || (err->kind == ERROR_UNAVAILABLE && !err->code[0])) {
        log_event(LOG_ERROR, "request_failed", "path=\"%s\" reason=\"%s\"",
                  request && request->target ? request->target : "-", err->english);
    }
    size_t kind = (size_t)err->kind < sizeof by_kind / sizeof by_kind[0] ? (size_t)err->kind : ERROR_INTERNAL;
    const char *code = err->code[0] ? err->code : by_kind[kind].code;
    /* What went wrong inside may name files and tables: that is for the log. */
    const char *detail = by_kind[kind].status == 500 ? "ocurrió un error interno; ya quedó registrado"
                         : kind == ERROR_UNAVAILABLE && !err->code[0]
                             ? "el servicio no está disponible en este momento; intente de nuevo"
                             : err->spanish;
    write_problem(response, request, by_kind[kind].status, code, detail);
}

/* --- sealing ------------------------------------------------------------------------------------------------------ */

static bool is_text(const char *type)
{
    return strncmp(type, "text/", 5) == 0 || strstr(type, "json") || strstr(type, "xml") || strstr(type, "javascript");
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Replaces the body by a compressed one when the client takes it and it is smaller. */
static void compress(struct response *response, const struct request *request)
{
    bool takes_gzip = request && request_accepts(request->accept_encoding, "gzip");
    if (response->content_encoding || !takes_gzip) {
        return;
    }
    if (response->is_stream) {
        response->content_encoding = "gzip";
    } else if (response->blob) {
        response->use_gzip_of_blob = response->blob->gzip != NULL;
        response->content_encoding = response->blob->gzip ? "gzip" : NULL;
    } else if (response->body.length >= GZIP_SIZE_MIN && is_text(response->content_type)) {
        struct buffer packed;
        buffer_init(&packed, RESPONSE_BODY_MAX);
        if (gzip_compress(response->body.data, response->body.length, GZIP_LEVEL, &packed) && !packed.failed &&
            packed.length < response->body.length) {
            buffer_finish(&response->body);
            response->body = packed;
            response->content_encoding = "gzip";
        } else {
            buffer_finish(&packed);
        }
    }
}

/* The next ETag of a list, without the mark of weak ones: taken as strong (RFC 9110, section 13.1.2). */
static struct text next_etag(const char **list)
{
    *list += strspn(*list, " \t,");
    if ((*list)[0] == 'W' && (*list)[1] == '/') {
        *list += 2;
    }
    struct text tag = {*list, strcspn(*list, ",")};
    *list += tag.length;
    while (tag.length > 0 && (tag.data[tag.length - 1] == ' ' || tag.data[tag.length - 1] == '\t')) {
        tag.length--;
    }
    return tag;
}

/* Equal, or made at another time from the same content: "<hash>.<time>-<encoding>". */
static bool same_content(struct text a, struct text b, bool has_time)
{
    const char *a_end = memchr(a.data, has_time ? '.' : '"', a.length);
    const char *b_end = memchr(b.data, has_time ? '.' : '"', b.length);
    if (!has_time || !a_end || !b_end) {
        return text_equal(a, b);
    }
    struct text a_rest = {a_end, (size_t)(a.data + a.length - a_end)};
    struct text b_rest = {b_end, (size_t)(b.data + b.length - b_end)};
    const char *a_encoding = memchr(a_rest.data, '-', a_rest.length);
    const char *b_encoding = memchr(b_rest.data, '-', b_rest.length);
    struct text a_tail = {a_encoding, a_encoding ? (size_t)(a.data + a.length - a_encoding) : 0};
    struct text b_tail = {b_encoding, b_encoding ? (size_t)(b.data + b.length - b_encoding) : 0};
    return text_equal((struct text){a.data, (size_t)(a_end - a.data)},
                      (struct text){b.data, (size_t)(b_end - b.data)}) &&
           a_tail.length == b_tail.length && (a_tail.length == 0 || text_equal(a_tail, b_tail));
}

/* The ETag of `list` ("*" or several) that is good for content with `etag`; empty when none is. */
static struct text find_etag(const char *list, const char *etag, bool has_time)
{
    for (struct text tag = next_etag(&list); tag.length > 0; tag = next_etag(&list)) {
        if (text_is(tag, "*")) {
            return text_of(etag);
        }
        if (same_content(tag, text_of(etag), has_time)) {
            return tag;
        }
    }
    return (struct text){"", 0};
}

/* The hash of what is said, before compression; the encoding is a part of the tag, since other bytes travel. */
static uint64_t content_hash(const struct response *response)
{
    if (response->etag_seed != 0) {
        return response->etag_seed;
    }
    return response->blob ? response->blob->hash : hash_bytes(response->body.data, response->body.length);
}

static void add_cache_control(struct response *response, const struct request *request)
{
    char version[17];
    response_version_text(response->version, version);
    const char *asked = request ? request_parameter(request, "v") : NULL;
    const char *value = "public, max-age=300, stale-while-revalidate=86400";
    if (response->cache == RESPONSE_CACHE_NONE) {
        value = "no-store";
    } else if (response->cache == RESPONSE_CACHE_STALE) {
        value = "public, max-age=0, must-revalidate";
    } else if (response->status == 404) {
        value = "public, max-age=30";
    } else if (response->version != 0 && asked && strcmp(asked, version) == 0 && response->status < 400) {
        value = "public, max-age=31536000, immutable";
    }
    response_add_header(response, "Cache-Control", value);
}

static void add_vary(struct response *response)
{
    bool varies_by_encoding = response->is_stream || is_text(response->content_type) || response->content_encoding ||
                              (response->blob && response->blob->gzip) ||
                              strcmp(response->content_type, TYPE_MVT) == 0 ||
                              strcmp(response->content_type, TYPE_GLYPHS) == 0;
    if (response->vary && varies_by_encoding) {
        response_add_header(response, "Vary", arena_printf(response->arena, "%s, Accept-Encoding", response->vary));
    } else if (response->vary || varies_by_encoding) {
        response_add_header(response, "Vary", response->vary ? response->vary : "Accept-Encoding");
    }
}

static void add_fixed_headers(struct response *response)
{
    response_add_header(response, "Access-Control-Allow-Origin", "*");
    response_add_header(response, "Access-Control-Expose-Headers", "ETag, Link, Retry-After");
    response_add_header(response, "X-Content-Type-Options", "nosniff");
    response_add_header(response, "Cross-Origin-Resource-Policy", "cross-origin");
    response_add_header(response, "Timing-Allow-Origin", "*");
    response_add_header(response, "Referrer-Policy", "strict-origin-when-cross-origin");
    if (starts_with(response->content_type, "text/html")) {
        response_add_header(response, "Content-Security-Policy", html_policy);
    } else if (starts_with(response->content_type, "image/svg")) {
        response_add_header(response, "Content-Security-Policy", picture_policy);
    }
}

static bool has_content(const struct response *response)
{
    return response->status != 204 && response->status != 304;
}

/* Compresses, names the content by its ETag, and drops it when the client has it. */
static void seal_content(struct response *response, const struct request *request)
{
    uint64_t hash = content_hash(response);
    compress(response, request);
    char time_text[20] = "";
    bool has_time = response->etag_time != 0;
    if (has_time) {
        snprintf(time_text, sizeof time_text, ".%llx", (unsigned long long)response->etag_time);
    }
    const char *encoding = response->content_encoding;
    const char *etag = arena_printf(response->arena, "\"%016llx%s%s%s\"", (unsigned long long)hash, time_text,
                                    encoding ? "-" : "", encoding ? encoding : "");
    if (!etag) {
        return;
    }
    add_vary(response); /* a 304 has it as the 200 would */
    struct text known = {"", 0};
    if (request && request->if_none_match && response->status == 200) {
        known = find_etag(request->if_none_match, etag, has_time);
    }
    if (known.length > 0) {
        etag = arena_strndup(response->arena, known.data, known.length);
        drop_content(response);
        response->status = 304;
    }
    response_add_header(response, "ETag", etag);
}

void response_seal(struct response *response, const struct request *request)
{
    if (response->body.no_memory) {
        struct error err;
        error_no_memory(&err);
        response_error(response, request, &err);
    } else if (response->body.failed) {
        response_problem(response, request, 413, "SRV-413", "la respuesta sería demasiado grande");
    }
    if (has_content(response)) {
        seal_content(response, request);
    }
    if (response->status != 304) {
        if (has_content(response)) {
            response_add_header(response, "Content-Type", response->content_type);
        }
        if (response->content_encoding) {
            response_add_header(response, "Content-Encoding", response->content_encoding);
        }
    }
    add_cache_control(response, request);
    add_fixed_headers(response);
    if (response->close) {
        response_add_header(response, "Connection", "close");
    }
}
