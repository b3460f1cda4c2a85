/* SPDX-License-Identifier: MIT */
/* Features as GeoJSON (RFC 7946). What fits into one piece is answered whole; more is streamed: the store is asked for
 * one piece after the other, so that the memory needed does not depend on how much is asked for. */

#include "base/clock.h"
#include "base/hash.h"
#include "geo/geojson.h"
#include "server/collections.h"
#include "server/handlers.h"
#include "server/link.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE_BYTES = 64 * 1024, FIRST_PIECE_BYTES = 512 * 1024, LIMIT_DEFAULT = 10, LIMIT_MAX = 10000 };

/* What stands before each value of a feature: its name as JSON. Made once for an answer. */
struct property_names {
    struct buffer text;
    size_t *ends;
};

/* The extent of what was written. Longitudes are kept twice, as they are and on a turn that starts at the prime
 * meridian, so that features on both sides of the antimeridian get a narrow box (RFC 7946, section 5.2). */
struct extent {
    struct bbox plain;
    struct bbox turned;
};

struct items_stream {
    struct catalog *catalog; /* keeps the layer alive */
    const struct store_layer *layer;
    struct bbox bbox;
    struct store_selection *selection; /* of `bbox`; NULL: all items */
    uint64_t offset;                   /* of the first piece; 0 afterwards */
    uint64_t remaining;
    int64_t after_row;
    struct property_names names;
    struct buffer head;  /* the text before the features */
    struct buffer links; /* behind them, where the next page's link wants the last row at `row_at`; empty: none */
    size_t row_at;       /* 0: there is no next page */
    struct buffer first; /* the first piece, made with the head */
    size_t piece_bytes;
    bool has_begun;
    bool has_ended;
    bool has_item;
    struct extent extent;
};

/* One piece being written. */
struct piece {
    struct items_stream *stream;
    struct tile_worker *worker;
    struct buffer *out;
    bool is_full;
    bool failed;
};

static void add_part(struct extent *extent, const double *xy, uint32_t from, uint32_t to)
{
    struct bbox part = bbox_empty();
    for (uint32_t i = from; i < to; i++) {
        bbox_add(&part, xy[2 * i], xy[2 * i + 1]);
    }
    if (bbox_is_empty(&part)) {
        return;
    }
    bbox_add_box(&extent->plain, &part);
    if (part.max_x <= 0) {
        part.min_x += 360;
        part.max_x += 360;
    } else if (part.min_x < 0) {
        part.min_x = 0; /* lies on the seam of the turn: no gain from it */
        part.max_x = 360;
    }
    bbox_add_box(&extent->turned, &part);
}

static void add_shape(struct extent *extent, const struct shape *shape)
{
    uint32_t from = 0;
    for (uint32_t i = 0; i < shape->part_count; i++) {
        /* Every point of a multipoint may lie on another side. */
        if (shape->kind == GEOMETRY_POINT) {
            for (uint32_t k = from; k < shape->parts[i].end; k++) {
                add_part(extent, shape->xy, k, k + 1);
            }
        } else {
            add_part(extent, shape->xy, from, shape->parts[i].end);
        }
        from = shape->parts[i].end;
    }
}

static struct bbox extent_box(const struct extent *extent)
{
    struct bbox box = extent->plain;
    if (extent->turned.max_x - extent->turned.min_x < box.max_x - box.min_x && extent->turned.max_x > 180) {
        box.min_x = extent->turned.min_x > 180 ? extent->turned.min_x - 360 : extent->turned.min_x;
        box.max_x = extent->turned.max_x - 360;
    }
    return box;
}

static void finish_names(struct property_names *names)
{
    buffer_finish(&names->text);
    free(names->ends);
    names->ends = NULL;
}

static bool make_names(const struct store_layer *layer, struct property_names *out_names)
{
    struct property_names names = {.ends = calloc(layer->field_count + 1, sizeof *names.ends)};
    buffer_init(&names.text, RESPONSE_BODY_MAX);
    for (size_t i = 0; names.ends && i < layer->field_count; i++) {
        struct json_writer writer;
        json_write_init(&writer, &names.text);
        buffer_append_text(&names.text, i > 0 ? "," : "");
        json_write_name(&writer, layer->fields[i].name);
        names.ends[i] = names.text.length;
    }
    if (!names.ends || names.text.failed) {
        finish_names(&names);
        return false;
    }
    *out_names = names;
    return true;
}

static void write_properties(struct buffer *out, const struct property_names *names, const struct value *values,
                             size_t count)
{
    size_t start = 0;
    buffer_append_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        struct json_writer writer;
        buffer_append(out, names->text.data + start, names->ends[i] - start);
        start = names->ends[i];
        json_write_init(&writer, out);
        json_write_value(&writer, &values[i]);
    }
    buffer_append_byte(out, '}');
}

/* The members of a feature up to and with its properties; the object is left open. */
static bool write_feature(struct json_writer *writer, const struct property_names *names,
                          const struct store_layer *layer, const struct store_item *item, struct arena *arena,
                          struct shape *out_shape)
{
    struct shape shape = item->shape;
    if (!shape_wind(&shape, arena)) {
        return false;
    }
    json_write_begin_object(writer);
    json_write_member_string(writer, "type", "Feature");
    if (item->id.type != VALUE_NULL) {
        json_write_name(writer, "id");
        json_write_value(writer, &item->id);
    }
    json_write_name(writer, "geometry");
    geojson_write_shape(writer, &shape);
    json_write_name(writer, "properties");
    json_write_raw(writer, (struct text){"", 0});
    write_properties(writer->out, names, item->values, layer->field_count);
    *out_shape = shape;
    return true;
}

static bool visit(void *context, const struct store_item *item)
{
    struct piece *piece = context;
    struct items_stream *stream = piece->stream;
    struct json_writer writer;
    struct shape shape;
    if (stream->has_item) {
        buffer_append_text(piece->out, ",\n");
    }
    json_write_init(&writer, piece->out);
    if (!write_feature(&writer, &stream->names, stream->layer, item, piece->worker->arena, &shape)) {
        piece->failed = true;
        return false;
    }
    json_write_end_object(&writer);
    add_shape(&stream->extent, &shape);
    arena_reset(piece->worker->arena);
    stream->has_item = true;
    stream->after_row = item->row;
    stream->remaining--;
    piece->is_full = piece->out->length >= stream->piece_bytes;
    return !piece->is_full && stream->remaining > 0;
}

static void write_tail(const struct items_stream *stream, struct buffer *out)
{
    buffer_append_text(out, "\n]");
    struct bbox box = extent_box(&stream->extent);
    if (!bbox_is_empty(&box)) {
        struct json_writer writer;
        buffer_append_text(out, ",\"bbox\":");
        json_write_init(&writer, out);
        collections_write_bbox(&writer, &box);
    }
    if (stream->links.length > 0) {
        char row[32];
        buffer_append(out, stream->links.data, stream->row_at);
        if (stream->row_at > 0) {
            buffer_append(out, row, text_put_int(stream->after_row, row));
        }
        buffer_append(out, stream->links.data + stream->row_at, stream->links.length - stream->row_at);
    }
    buffer_append_text(out, "}\n");
}

static bool make_piece(struct items_stream *stream, struct handler_context *context, struct buffer *out, bool *out_end,
                       struct error *err)
{
    struct piece piece = {.stream = stream, .worker = context->worker, .out = out};
    struct store_query query = {.bbox = stream->selection ? &stream->bbox : NULL,
                                .limit = stream->remaining,
                                .offset = stream->offset,
                                .after_row = stream->after_row,
                                .selection = stream->selection};
    if (!stream->has_begun) {
        buffer_append(out, stream->head.data, stream->head.length);
        stream->has_begun = true;
    }
    if (stream->remaining > 0 && !store_items(context->worker->store, stream->layer, &query, visit, &piece, err)) {
        return false;
    }
    if (piece.failed || out->failed) {
        return error_no_memory(err);
    }
    stream->offset = 0; /* what follows starts at after_row */
    *out_end = !piece.is_full || stream->remaining == 0;
    if (*out_end) {
        write_tail(stream, out);
    }
    return !out->failed || error_no_memory(err);
}

static bool next_piece(void *state, struct handler_context *context, struct buffer *out, bool *out_end,
                       struct error *err)
{
    struct items_stream *stream = state;
    if (stream->first.length > 0) {
        buffer_append(out, stream->first.data, stream->first.length);
        buffer_finish(&stream->first);
        *out_end = stream->has_ended;
        return !out->failed || error_no_memory(err);
    }
    return make_piece(stream, context, out, out_end, err);
}

static void destroy_stream(void *state)
{
    struct items_stream *stream = state;
    catalog_unref(stream->catalog);
    store_selection_destroy(stream->selection);
    finish_names(&stream->names);
    buffer_finish(&stream->head);
    buffer_finish(&stream->links);
    buffer_finish(&stream->first);
    free(stream);
}

/* What stands before and behind the features. */
struct frame {
    struct buffer head;
    struct buffer links;
    size_t row_at;
};

static void no_memory(struct response *response, const struct request *request)
{
    response_problem(response, request, 503, "SRV-503", "no hay memoria para atender la solicitud");
}

/* Answers with the query's items: whole when they fit into a first piece, as a stream otherwise. Takes `selection`
 * (NULL without a bbox) and what is in `frame`. */
static void answer(struct response *response, const struct request *request, struct handler_context *context,
                   const struct store_layer *layer, const struct store_query *query, struct store_selection *selection,
                   struct frame *frame)
{
    struct items_stream *stream = calloc(1, sizeof *stream);
    struct error err;
    if (!stream) {
        store_selection_destroy(selection);
        buffer_finish(&frame->head);
        buffer_finish(&frame->links);
        no_memory(response, request);
        return;
    }
    *stream = (struct items_stream){.catalog = catalog_ref(context->catalog),
                                    .layer = layer,
                                    .bbox = query->bbox ? *query->bbox : bbox_empty(),
                                    .selection = selection,
                                    .offset = query->offset,
                                    .remaining = query->limit,
                                    .after_row = query->after_row,
                                    .head = frame->head,
                                    .links = frame->links,
                                    .row_at = frame->row_at,
                                    .piece_bytes = FIRST_PIECE_BYTES,
                                    .extent = {bbox_empty(), bbox_empty()}};
    buffer_init(&stream->first, RESPONSE_BODY_MAX);
    if (frame->head.failed || frame->links.failed || !make_names(layer, &stream->names)) {
        destroy_stream(stream);
        no_memory(response, request);
        return;
    }
    /* A download is asked for without a worker: whole layers are seldom small. */
    if (context->worker && !make_piece(stream, context, &stream->first, &stream->has_ended, &err)) {
        destroy_stream(stream);
        response_error(response, request, &err);
        return;
    }
    response->content_type = TYPE_GEOJSON;
    if (stream->has_ended) {
        buffer_finish(&response->body);
        response->body = stream->first;
        buffer_init(&stream->first, RESPONSE_BODY_MAX);
        destroy_stream(stream);
        return;
    }
    stream->piece_bytes = PIECE_BYTES;
    response->is_stream = true;
    response->stream = (struct response_stream){next_piece, destroy_stream, stream};
}

/* --- /collections/{layer}/items --- */

struct items_query {
    uint64_t limit;
    uint64_t offset;
    struct bbox bbox;
    bool has_bbox;
    bool has_cursor; /* it goes on where a page ended */
    uint64_t serial; /* of the layer's version then */
    uint64_t matched;
    uint64_t after_row;
};

/* "serial-matched-offset-row", whole numbers: what a page's link to the next one says. */
static bool read_cursor(const struct request *request, struct items_query *query, struct error *err)
{
    const char *value = request_parameter(request, "cursor");
    uint64_t *numbers[] = {&query->serial, &query->matched, &query->offset, &query->after_row};
    struct text rest = text_of(value ? value : "");
    query->has_cursor = value != NULL;
    for (size_t i = 0; value && i < 4; i++) {
        const char *dash = i < 3 ? memchr(rest.data, '-', rest.length) : NULL;
        size_t length = dash ? (size_t)(dash - rest.data) : rest.length;
        if ((i < 3) != (dash != NULL) ||
            !text_to_uint((struct text){rest.data, length}, (uint64_t)1 << 40, numbers[i])) {
            error_tell(err, ERROR_INVALID, "SRV-012",
                       "parameter \"cursor\": \"%.64s\" is not from a link to a next page",
                       "parámetro «cursor»: «%.64s» no viene de un enlace a la página siguiente", value);
            return false;
        }
        rest = dash ? (struct text){dash + 1, rest.length - length - 1} : rest;
    }
    return true;
}

/* Dates are understood but no layer has times that features could be chosen by, so all of them match (OGC 17-069r4,
 * section 7.15.4). */
static bool check_datetime(const struct request *request, struct error *err)
{
    const char *value = request_parameter(request, "datetime");
    if (!value) {
        return true;
    }
    size_t length = strlen(value);
    bool ok = length > 0 && length <= 80 && strspn(value, "0123456789-+:.TZtz/") == length;
    const char *slash = strchr(value, '/');
    ok = ok && (!slash || !strchr(slash + 1, '/'));
    ok = ok && (value[0] == '.' || value[0] == '/' || (length >= 10 && value[4] == '-' && value[7] == '-'));
    if (!ok) {
        error_tell(err, ERROR_INVALID, "SRV-012",
                   "parameter \"datetime\": \"%.64s\" is not a date or an interval (RFC 3339)",
                   "parámetro «datetime»: «%.64s» no es una fecha ni un intervalo (RFC 3339)", value);
    }
    return ok;
}

static bool read_query(const struct request *request, struct items_query *out_query, struct error *err)
{
    *out_query = (struct items_query){.limit = LIMIT_DEFAULT};
    if (!request_uint(request, "limit", 1, UINT64_MAX, &out_query->limit, err) ||
        !request_uint(request, "offset", 0, (uint64_t)1 << 40, &out_query->offset, err) ||
        !request_bbox(request, "bbox", &out_query->bbox, &out_query->has_bbox, err) ||
        !read_cursor(request, out_query, err) || !check_datetime(request, err)) {
        return false;
    }
    /* More than the maximum is no error but gives the maximum (OGC 17-069r4, requirement 20). */
    if (out_query->limit > LIMIT_MAX) {
        out_query->limit = LIMIT_MAX;
    }
    return true;
}

/* `place`: "offset=20", or a cursor. */
static const char *page_path(const struct request *request, const struct store_layer *layer,
                             const struct items_query *query, const char *place, struct arena *arena)
{
    const char *bbox = query->has_bbox ? link_escape(text_of(request_parameter(request, "bbox")), arena) : NULL;
    const char *datetime = request_parameter(request, "datetime");
    const char *when = datetime ? link_escape(text_of(datetime), arena) : NULL;
    return arena_printf(arena, "/collections/%s/items?f=json&limit=%llu%s%s%s%s&%s", layer->id,
                        (unsigned long long)query->limit, bbox ? "&bbox=" : "", bbox ? bbox : "",
                        when ? "&datetime=" : "", when ? when : "", place ? place : "");
}

/* ,"links":[…]: the next page's begins behind the last row of this one, which is known when it was written. */
static void write_page_links(struct frame *frame, const struct request *request, const struct store_layer *layer,
                             const struct items_query *query, uint64_t matched, struct arena *arena)
{
    struct json_writer writer;
    struct buffer *out = &frame->links;
    const char *own = request_parameter(request, "cursor");
    own = own ? arena_printf(arena, "cursor=%s", own)
              : arena_printf(arena, "offset=%llu", (unsigned long long)query->offset);
    buffer_append_text(out, ",\"links\":");
    json_write_init(&writer, out);
    json_write_begin_array(&writer);
    if (query->offset + query->limit < matched) {
        static const char behind_row[] = "\",\"rel\":\"next\"";
        const char *next = arena_printf(arena, "cursor=%lld-%llu-%llu-", (long long)layer->serial,
                                        (unsigned long long)matched, (unsigned long long)query->offset + query->limit);
        link_write(&writer, request, page_path(request, layer, query, next, arena), "next", TYPE_GEOJSON,
                   "Página siguiente");
        const char *text = buffer_text(out);
        const char *found = strstr(text, behind_row);
        frame->row_at = found ? (size_t)(found - text) : 0;
    }
    link_write(&writer, request, page_path(request, layer, query, own, arena), "self", TYPE_GEOJSON, "Esta página");
    if (query->offset > 0) {
        uint64_t before = query->offset > query->limit ? query->offset - query->limit : 0;
        const char *place = arena_printf(arena, "offset=%llu", (unsigned long long)before);
        link_write(&writer, request, page_path(request, layer, query, place, arena), "prev", TYPE_GEOJSON,
                   "Página anterior");
    }
    link_write(&writer, request, arena_printf(arena, "/collections/%s", layer->id), "collection", TYPE_JSON,
               layer->title_es);
    json_write_end_array(&writer);
}

static void write_page_head(struct buffer *out, uint64_t matched, uint64_t returned, int64_t now)
{
    struct json_writer writer;
    char time_text[32];
    clock_format(now, time_text, sizeof time_text);
    json_write_init(&writer, out);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "type", "FeatureCollection");
    json_write_member_string(&writer, "timeStamp", time_text);
    json_write_member_int(&writer, "numberMatched", (int64_t)matched);
    json_write_member_int(&writer, "numberReturned", (int64_t)returned);
    buffer_append_text(out, ",\"features\":[\n");
}

static uint64_t query_hash(const struct request *request, const struct store_layer *layer,
                           const struct items_query *query)
{
    uint64_t hash = hash_mix(catalog_layer_version(layer), query->limit);
    hash = hash_mix(hash, query->offset);
    /* Links repeat the address as the client wrote it. */
    hash = hash_bytes_seeded(request->base_url, strlen(request->base_url), hash);
    for (size_t i = 0; i < request->parameter_count; i++) {
        hash = hash_bytes_seeded(request->parameters[i].name, strlen(request->parameters[i].name), hash);
        hash = hash_bytes_seeded(request->parameters[i].value, strlen(request->parameters[i].value), hash);
    }
    return hash;
}

void handle_items(const struct request *request, struct handler_context *context, struct response *response)
{
    const struct store_layer *layer = collections_find(request, context, response);
    struct items_query query;
    struct error err;
    if (!layer || !collections_check_format(request, response)) {
        return;
    }
    if (!read_query(request, &query, &err)) {
        response_error(response, request, &err);
        return;
    }
    if (query.has_cursor && query.serial != (uint64_t)layer->serial) {
        response_problem(response, request, 410, "ITM-410",
                         "la capa «%s» cambió desde la página anterior; empiece de nuevo por la primera", layer->id);
        return;
    }
    struct store_query store_query = {.bbox = query.has_bbox ? &query.bbox : NULL,
                                      .limit = query.limit,
                                      .offset = query.has_cursor ? 0 : query.offset,
                                      .after_row = (int64_t)query.after_row,
                                      .needs_no_count = query.has_cursor};
    struct store *store = context->worker->store;
    struct store_selection *selection = NULL;
    uint64_t matched = query.matched;
    if (query.has_bbox ? !store_select(store, layer, &store_query, &selection, &err)
                       : !query.has_cursor && !store_count(store, layer, &store_query, &matched, &err)) {
        response_error(response, request, &err);
        return;
    }
    matched = selection && !query.has_cursor ? selection->count : matched;
    uint64_t left = matched > query.offset ? matched - query.offset : 0;
    store_query.limit = left < query.limit ? left : query.limit;
    int64_t now = (int64_t)time(NULL);
    struct frame frame = {.row_at = 0};
    buffer_init(&frame.head, 1 << 20);
    buffer_init(&frame.links, 1 << 20);
    write_page_head(&frame.head, matched, store_query.limit, now);
    write_page_links(&frame, request, layer, &query, matched, context->arena);
    response->etag_seed = query_hash(request, layer, &query);
    response->etag_time = now;
    answer(response, request, context, layer, &store_query, selection, &frame);
}

/* --- /collections/{layer}/items/{id} --- */

void handle_item(const struct request *request, struct handler_context *context, struct response *response)
{
    const struct store_layer *layer = collections_find(request, context, response);
    const char *id = request_capture(request, 1);
    struct store_item item;
    struct shape shape;
    struct error err;
    if (!layer || !collections_check_format(request, response)) {
        return;
    }
    if (!store_item(context->worker->store, layer, id, context->worker->arena, &item, &err)) {
        if (err.kind == ERROR_NOT_FOUND) {
            response_problem(response, request, 404, "ITM-404", "la capa «%s» no tiene un elemento con id «%.64s»",
                             layer->id, id);
        } else {
            response_error(response, request, &err);
        }
        return;
    }
    struct json_writer writer;
    struct property_names names = {0};
    json_write_init(&writer, &response->body);
    response->content_type = TYPE_GEOJSON;
    bool ok = make_names(layer, &names) && write_feature(&writer, &names, layer, &item, context->worker->arena, &shape);
    finish_names(&names);
    if (!ok) {
        no_memory(response, request);
        return;
    }
    const char *escaped = link_escape(text_of(id), context->arena);
    json_write_name(&writer, "links");
    json_write_begin_array(&writer);
    link_write(&writer, request, arena_printf(context->arena, "/collections/%s/items/%s", layer->id, escaped), "self",
               TYPE_GEOJSON, "Este elemento");
    link_write(&writer, request, arena_printf(context->arena, "/collections/%s", layer->id), "collection", TYPE_JSON,
               layer->title_es);
    json_write_end_array(&writer);
    json_write_end_object(&writer);
}

/* --- /data/{layer}.geojson --- */

void handle_data_geojson(const struct request *request, struct handler_context *context, struct response *response)
{
    const struct store_layer *layer = collections_find(request, context, response);
    if (!layer) {
        return;
    }
    struct json_writer writer;
    struct frame frame = {.row_at = 0};
    buffer_init(&frame.head, 1 << 20);
    buffer_init(&frame.links, 1);
    json_write_init(&writer, &frame.head);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "type", "FeatureCollection");
    json_write_member_string(&writer, "name", layer->id);
    if (layer->attribution) {
        json_write_member_string(&writer, "attribution", layer->attribution);
    }
    buffer_append_text(&frame.head, ",\"features\":[\n");
    response->version = catalog_layer_version(layer);
    response->etag_seed = hash_mix(response->version, 1);
    struct store_query query = {.limit = INT64_MAX};
    answer(response, request, context, layer, &query, NULL, &frame);
    response_add_header(response, "Content-Disposition",
                        arena_printf(context->arena, "attachment; filename=\"%s.geojson\"", layer->id));
}
