/* SPDX-License-Identifier: MIT */
/* Features as GeoJSON (RFC 7946), streamed: the store is asked for one piece after the other, so that the memory needed
 * does not depend on how much is asked for. */

#include "base/clock.h"
#include "base/hash.h"
#include "geo/geojson.h"
#include "server/collections.h"
#include "server/handlers.h"
#include "server/link.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE_BYTES = 64 * 1024, LIMIT_DEFAULT = 10, LIMIT_MAX = 10000 };

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
    char *head; /* the text before the features */
    bool has_begun;
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

/* The members of a feature up to and with its properties; the object is left open. */
static bool write_feature(struct json_writer *writer, const struct store_layer *layer, const struct store_item *item,
                          struct arena *arena, struct shape *out_shape)
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
    json_write_begin_object(writer);
    for (size_t i = 0; i < layer->field_count; i++) {
        json_write_name(writer, layer->fields[i].name);
        json_write_value(writer, &item->values[i]);
    }
    json_write_end_object(writer);
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
    if (!write_feature(&writer, stream->layer, item, piece->worker->arena, &shape)) {
        piece->failed = true;
        return false;
    }
    json_write_end_object(&writer);
    add_shape(&stream->extent, &shape);
    arena_reset(piece->worker->arena);
    stream->has_item = true;
    stream->after_row = item->row;
    stream->remaining--;
    piece->is_full = piece->out->length >= PIECE_BYTES;
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
    buffer_append_text(out, "}\n");
}

static bool next_piece(void *state, struct handler_context *context, struct buffer *out, bool *out_end,
                       struct error *err)
{
    struct items_stream *stream = state;
    struct piece piece = {.stream = stream, .worker = context->worker, .out = out};
    struct store_query query = {.bbox = stream->selection ? &stream->bbox : NULL,
                                .limit = stream->remaining,
                                .offset = stream->offset,
                                .after_row = stream->after_row,
                                .selection = stream->selection};
    if (!stream->has_begun) {
        buffer_append_text(out, stream->head);
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
    return true;
}

static void destroy_stream(void *state)
{
    struct items_stream *stream = state;
    catalog_unref(stream->catalog);
    store_selection_destroy(stream->selection);
    free(stream->head);
    free(stream);
}

/* Makes the response a stream of the query's items. Takes `selection` (NULL without a bbox) and `head` (initialised by
 * the caller). */
static void start_stream(struct response *response, const struct request *request, struct handler_context *context,
                         const struct store_layer *layer, const struct store_query *query,
                         struct store_selection *selection, struct buffer *head)
{
    struct items_stream *stream = head->failed ? NULL : calloc(1, sizeof *stream);
    char *text = NULL;
    buffer_append_byte(head, '\0');
    if (stream && !head->failed) {
        size_t length;
        text = (char *)buffer_take(head, &length);
    }
    buffer_finish(head);
    if (!text) {
        free(stream);
        store_selection_destroy(selection);
        response_problem(response, request, 503, "SRV-503", "no hay memoria para atender la solicitud");
        return;
    }
    *stream = (struct items_stream){.catalog = catalog_ref(context->catalog),
                                    .layer = layer,
                                    .selection = selection,
                                    .offset = query->offset,
                                    .remaining = query->limit,
                                    .head = text,
                                    .extent = {bbox_empty(), bbox_empty()}};
    if (query->bbox) {
        stream->bbox = *query->bbox;
    }
    response->content_type = TYPE_GEOJSON;
    response->is_stream = true;
    response->stream = (struct response_stream){next_piece, destroy_stream, stream};
}

/* --- /collections/{layer}/items --- */

struct items_query {
    uint64_t limit;
    uint64_t offset;
    struct bbox bbox;
    bool has_bbox;
};

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
        !request_bbox(request, "bbox", &out_query->bbox, &out_query->has_bbox, err) || !check_datetime(request, err)) {
        return false;
    }
    /* More than the maximum is no error but gives the maximum (OGC 17-069r4, requirement 20). */
    if (out_query->limit > LIMIT_MAX) {
        out_query->limit = LIMIT_MAX;
    }
    return true;
}

static const char *page_path(const struct request *request, const struct store_layer *layer,
                             const struct items_query *query, uint64_t offset, struct arena *arena)
{
    const char *bbox = query->has_bbox ? link_escape(text_of(request_parameter(request, "bbox")), arena) : NULL;
    const char *datetime = request_parameter(request, "datetime");
    const char *when = datetime ? link_escape(text_of(datetime), arena) : NULL;
    return arena_printf(arena, "/collections/%s/items?f=json&limit=%llu&offset=%llu%s%s%s%s", layer->id,
                        (unsigned long long)query->limit, (unsigned long long)offset, bbox ? "&bbox=" : "",
                        bbox ? bbox : "", when ? "&datetime=" : "", when ? when : "");
}

static void write_page_links(struct json_writer *writer, const struct request *request, const struct store_layer *layer,
                             const struct items_query *query, uint64_t matched, struct arena *arena)
{
    json_write_name(writer, "links");
    json_write_begin_array(writer);
    link_write(writer, request, page_path(request, layer, query, query->offset, arena), "self", TYPE_GEOJSON,
               "Esta página");
    if (query->offset + query->limit < matched) {
        link_write(writer, request, page_path(request, layer, query, query->offset + query->limit, arena), "next",
                   TYPE_GEOJSON, "Página siguiente");
    }
    if (query->offset > 0) {
        uint64_t before = query->offset > query->limit ? query->offset - query->limit : 0;
        link_write(writer, request, page_path(request, layer, query, before, arena), "prev", TYPE_GEOJSON,
                   "Página anterior");
    }
    link_write(writer, request, arena_printf(arena, "/collections/%s", layer->id), "collection", TYPE_JSON,
               layer->title_es);
    json_write_end_array(writer);
}

static void write_page_head(struct buffer *out, const struct request *request, const struct store_layer *layer,
                            const struct items_query *query, uint64_t matched, uint64_t returned, int64_t now,
                            struct arena *arena)
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
    write_page_links(&writer, request, layer, query, matched, arena);
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
    struct store_query store_query = {
        .bbox = query.has_bbox ? &query.bbox : NULL, .limit = query.limit, .offset = query.offset};
    struct store *store = context->worker->store;
    struct store_selection *selection = NULL;
    uint64_t matched = 0;
    if (query.has_bbox ? !store_select(store, layer, &store_query, &selection, &err)
                       : !store_count(store, layer, &store_query, &matched, &err)) {
        response_error(response, request, &err);
        return;
    }
    matched = selection ? selection->count : matched;
    uint64_t left = matched > query.offset ? matched - query.offset : 0;
    store_query.limit = left < query.limit ? left : query.limit;
    int64_t now = (int64_t)time(NULL);
    struct buffer head;
    buffer_init(&head, 1 << 20);
    write_page_head(&head, request, layer, &query, matched, store_query.limit, now, context->arena);
    response->etag_seed = query_hash(request, layer, &query);
    response->etag_time = now;
    start_stream(response, request, context, layer, &store_query, selection, &head);
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
    json_write_init(&writer, &response->body);
    response->content_type = TYPE_GEOJSON;
    if (!write_feature(&writer, layer, &item, context->worker->arena, &shape)) {
        response_problem(response, request, 503, "SRV-503", "no hay memoria para atender la solicitud");
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
    struct buffer head;
    buffer_init(&head, 1 << 20);
    json_write_init(&writer, &head);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "type", "FeatureCollection");
    json_write_member_string(&writer, "name", layer->id);
    if (layer->attribution) {
        json_write_member_string(&writer, "attribution", layer->attribution);
    }
    buffer_append_text(&head, ",\"features\":[\n");
    response->version = catalog_layer_version(layer);
    response->etag_seed = hash_mix(response->version, 1);
    struct store_query query = {.limit = INT64_MAX};
    start_stream(response, request, context, layer, &query, NULL, &head);
    response_add_header(response, "Content-Disposition",
                        arena_printf(context->arena, "attachment; filename=\"%s.geojson\"", layer->id));
}
