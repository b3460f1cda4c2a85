/* SPDX-License-Identifier: MIT */
#include "server/collections.h"

#include "server/handlers.h"
#include "server/link.h"

#include <string.h>

const struct store_layer *collections_find(const struct request *request, const struct handler_context *context,
                                           struct response *response)
{
    const char *id = request_capture(request, 0);
    const struct store_layer *layer = catalog_layer_find(context->catalog, id);
    if (!layer) {
        response_problem(response, request, 404, "LAY-404",
                         "no existe la capa «%.64s»; la lista de capas está en /collections", id);
    }
    return layer;
}

bool collections_check_format(const struct request *request, struct response *response)
{
    const char *format = request_parameter(request, "f");
    if (!format || strcmp(format, "json") == 0 || strcmp(format, "geojson") == 0) {
        return true;
    }
    response_problem(response, request, 400, "SRV-012",
                     "parámetro «f»: «%.32s» no está disponible aquí; se admite json", format);
    return false;
}

void collections_write_bbox(struct json_writer *writer, const struct bbox *box)
{
    json_write_begin_array(writer);
    json_write_fixed(writer, box->min_x, 7);
    json_write_fixed(writer, box->min_y, 7);
    json_write_fixed(writer, box->max_x, 7);
    json_write_fixed(writer, box->max_y, 7);
    json_write_end_array(writer);
}

static void write_extent(struct json_writer *writer, const struct bbox *box)
{
    if (bbox_is_empty(box)) {
        return;
    }
    json_write_name(writer, "extent");
    json_write_begin_object(writer);
    json_write_name(writer, "spatial");
    json_write_begin_object(writer);
    json_write_name(writer, "bbox");
    json_write_begin_array(writer);
    collections_write_bbox(writer, box);
    json_write_end_array(writer);
    json_write_member_string(writer, "crs", CRS84_URI);
    json_write_end_object(writer);
    json_write_end_object(writer);
}

static void write_fields(struct json_writer *writer, const struct store_layer *layer)
{
    json_write_name(writer, "fields");
    json_write_begin_array(writer);
    for (size_t i = 0; i < layer->field_count; i++) {
        const struct store_field *field = &layer->fields[i];
        json_write_begin_object(writer);
        json_write_member_string(writer, "name", field->name);
        json_write_member_string(writer, "type", field_type_name(field->type));
        if (field->title_es) {
            json_write_member_string(writer, "title", field->title_es);
        }
        if (field->unit) {
            json_write_member_string(writer, "unit", field->unit);
        }
        json_write_end_object(writer);
    }
    json_write_end_array(writer);
}

static void write_links(struct json_writer *writer, const struct request *request, const struct store_layer *layer,
                        struct arena *arena)
{
    const char *self = arena_printf(arena, "/collections/%s", layer->id);
    json_write_name(writer, "links");
    json_write_begin_array(writer);
    link_write(writer, request, self, "self", TYPE_JSON, "Esta capa");
    link_write(writer, request, arena_printf(arena, "%s/items", self), "items", TYPE_GEOJSON, "Elementos (GeoJSON)");
    link_write(writer, request, arena_printf(arena, "/data/%s.geojson", layer->id), "enclosure", TYPE_GEOJSON,
               "Descarga completa (GeoJSON)");
    if (layer->kind != GEOMETRY_NONE) {
        link_write(writer, request, arena_printf(arena, "/tiles/%s.json", layer->id),
                   "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", TYPE_JSON,
                   "Teselas vectoriales (TileJSON)");
    }
    if (layer->license_url) {
        json_write_begin_object(writer);
        json_write_member_string(writer, "href", layer->license_url);
        json_write_member_string(writer, "rel", "license");
        if (layer->license_name) {
            json_write_member_string(writer, "title", layer->license_name);
        }
        json_write_end_object(writer);
    }
    json_write_end_array(writer);
}

static void write_collection(struct json_writer *writer, const struct request *request, const struct store_layer *layer,
                             struct arena *arena)
{
    json_write_begin_object(writer);
    json_write_member_string(writer, "id", layer->id);
    json_write_member_string(writer, "title", layer->title_es);
    if (layer->description_es) {
        json_write_member_string(writer, "description", layer->description_es);
    }
    if (layer->attribution) {
        json_write_member_string(writer, "attribution", layer->attribution);
    }
    write_extent(writer, &layer->bbox);
    json_write_member_string(writer, "itemType", "feature");
    json_write_name(writer, "crs");
    json_write_begin_array(writer);
    json_write_string(writer, CRS84_URI);
    json_write_end_array(writer);
    json_write_member_string(writer, "geometryType", geometry_kind_name(layer->kind));
    json_write_member_int(writer, "featureCount", layer->feature_count);
    json_write_member_int(writer, "version", layer->version);
    if (layer->loaded_at) {
        json_write_member_string(writer, "updated", layer->loaded_at);
    }
    if (layer->theme) {
        json_write_member_string(writer, "theme", layer->theme);
    }
    if (layer->source_name) {
        json_write_member_string(writer, "source", layer->source_name);
    }
    write_fields(writer, layer);
    write_links(writer, request, layer, arena);
    json_write_end_object(writer);
}

void handle_collection(const struct request *request, struct handler_context *context, struct response *response)
{
    const struct store_layer *layer = collections_find(request, context, response);
    struct json_writer writer;
    if (!layer || !collections_check_format(request, response)) {
        return;
    }
    json_write_init(&writer, &response->body);
    write_collection(&writer, request, layer, context->arena);
}

void handle_collections(const struct request *request, struct handler_context *context, struct response *response)
{
    const struct store_layer_list *list = catalog_layers(context->catalog);
    struct json_writer writer;
    if (!collections_check_format(request, response)) {
        return;
    }
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    json_write_name(&writer, "links");
    json_write_begin_array(&writer);
    link_write(&writer, request, "/collections", "self", TYPE_JSON, "Capas");
    json_write_end_array(&writer);
    json_write_name(&writer, "collections");
    json_write_begin_array(&writer);
    for (size_t i = 0; i < list->count; i++) {
        write_collection(&writer, request, &list->layers[i], context->arena);
    }
    json_write_end_array(&writer);
    json_write_end_object(&writer);
}
