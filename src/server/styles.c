/* SPDX-License-Identifier: MIT */
/* /styles/{map}.json: the map's style for MapLibre GL clients. What is ours in it ("tesela://" sources, relative
 * addresses) becomes absolute, and it is told where its images and fonts are. */

#include "base/json_write.h"
#include "server/collections.h"
#include "server/handlers.h"
#include "style/style_mentions.h"

#include <string.h>

static bool is_tesela_url(const struct value *value)
{
    return value && value->type == VALUE_STRING && value->string.length > 9 &&
           memcmp(value->string.data, "tesela://", 9) == 0;
}

/* Raster layers come in pictures of 256 px, which clients do not learn from a template. */
static void write_raster_source(struct json_writer *writer, const struct store_layer *layer, const struct value *source)
{
    json_write_member_int(writer, "tileSize", 256);
    if (!value_member(source, "maxzoom")) {
        json_write_member_int(writer, "maxzoom", layer->raster.zoom_max);
    }
    if (layer->raster.kind == STORE_RASTER_ELEVATION) {
        json_write_member_string(writer, "encoding", "mapbox");
    }
    if (!value_member(source, "bounds") && layer->bbox.min_x <= layer->bbox.max_x) {
        json_write_name(writer, "bounds");
        collections_write_bbox(writer, &layer->bbox);
    }
}

static bool is_own_member(struct text name, bool is_raster)
{
    return text_is(name, "url") || text_is(name, "tiles") ||
           (is_raster && (text_is(name, "tileSize") || text_is(name, "encoding")));
}

/* A source of the store becomes tiles by template; another source stays as it is. */
static void write_source(struct json_writer *writer, const struct request *request, struct handler_context *context,
                         const struct value *source)
{
    const struct value *url = value_member(source, "url");
    if (!is_tesela_url(url)) {
        json_write_value(writer, source);
        return;
    }
    char *layer_id = arena_strndup(context->arena, url->string.data + 9, url->string.length - 9);
    if (!layer_id) {
        buffer_fail_for_memory(writer->out);
        return;
    }
    text_lower_id(layer_id);
    const struct store_layer *layer = catalog_layer_find(context->catalog, layer_id);
    bool is_raster = layer && layer->raster.kind != STORE_RASTER_NONE;
    char version[17];
    response_version_text(layer ? catalog_subject_version(context->catalog, layer_id) : 0, version);
    json_write_begin_object(writer);
    for (size_t i = 0; i < source->object.count; i++) {
        const struct value_member *member = &source->object.members[i];
        if (!is_own_member(member->name, is_raster)) {
            json_write_name_text(writer, member->name);
            json_write_value(writer, &member->value);
        }
    }
    json_write_name(writer, "tiles");
    json_write_begin_array(writer);
    json_write_string(writer,
                      arena_printf(context->arena, "%s/tiles/%s/{z}/{x}/{y}.%s%s%s", request->base_url, layer_id,
                                   is_raster ? "png" : "mvt", layer ? "?v=" : "", layer ? version : ""));
    json_write_end_array(writer);
    if (is_raster) {
        write_raster_source(writer, layer, source);
    } else if (!value_member(source, "maxzoom")) {
        json_write_member_int(writer, "maxzoom", 18);
    }
    if (layer && layer->attribution && !value_member(source, "attribution")) {
        json_write_member_string(writer, "attribution", layer->attribution);
    }
    json_write_end_object(writer);
}

static void write_sources(struct json_writer *writer, const struct request *request, struct handler_context *context,
                          const struct value *sources)
{
    if (sources->type != VALUE_OBJECT) {
        json_write_value(writer, sources);
        return;
    }
    json_write_begin_object(writer);
    for (size_t i = 0; i < sources->object.count; i++) {
        json_write_name_text(writer, sources->object.members[i].name);
        write_source(writer, request, context, &sources->object.members[i].value);
    }
    json_write_end_object(writer);
}

static bool draws_our_layer(const struct value *sources, const struct value *style_layer)
{
    const char *source = value_member_string(style_layer, "source");
    return source && sources && is_tesela_url(value_member(value_member(sources, source), "url"));
}

/* A client compares "source-layer" with what stands in the tiles to the letter: the layer's id, small. */
static void write_layer(struct json_writer *writer, struct arena *arena, const struct value *sources,
                        const struct value *style_layer)
{
    if (!draws_our_layer(sources, style_layer)) {
        json_write_value(writer, style_layer);
        return;
    }
    const char *source_layer = value_member_string(style_layer, "source-layer");
    char *small = source_layer ? arena_strdup(arena, source_layer) : NULL;
    if (small) {
        text_lower_id(small);
    }
    json_write_begin_object(writer);
    for (size_t i = 0; i < style_layer->object.count; i++) {
        const struct value_member *member = &style_layer->object.members[i];
        json_write_name_text(writer, member->name);
        if (small && text_is(member->name, "source-layer")) {
            json_write_string(writer, small);
        } else {
            json_write_value(writer, &member->value);
        }
    }
    json_write_end_object(writer);
}

static void write_layers(struct json_writer *writer, struct arena *arena, const struct value *sources,
                         const struct value *layers)
{
    json_write_begin_array(writer);
    for (size_t i = 0; i < layers->array.count; i++) {
        write_layer(writer, arena, sources, &layers->array.items[i]);
    }
    json_write_end_array(writer);
}

/* "/sprites/base" becomes absolute; "https://…" stays. */
static void write_address(struct json_writer *writer, const struct request *request, struct arena *arena,
                          const struct value *value)
{
    if (value->type == VALUE_STRING && value->string.length > 0 && value->string.data[0] == '/') {
        json_write_string(
            writer, arena_printf(arena, "%s%.*s", request->base_url, (int)value->string.length, value->string.data));
    } else {
        json_write_value(writer, value);
    }
}

/* Where the images and the fonts are that the style needs and does not say where to find. */
static void write_assets(struct json_writer *writer, const struct request *request, struct handler_context *context,
                         const struct catalog_map *map)
{
    const struct value *root = style_json(map->style);
    struct style_mentions mentions;
    char version[17];
    if (!style_mentions_find(map->style, context->arena, &mentions)) {
        buffer_fail_for_memory(writer->out);
        return;
    }
    if (map->has_images && !value_member(root, "sprite")) {
        response_version_text(map->version, version);
        json_write_member_string(
            writer, "sprite", arena_printf(context->arena, "%s/sprites/%s?v=%s", request->base_url, map->id, version));
    }
    if (mentions.has_text && !value_member(root, "glyphs")) {
        json_write_member_string(writer, "glyphs",
                                 arena_printf(context->arena, "%s/fonts/{fontstack}/{range}.pbf", request->base_url));
    }
}

void handle_style(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *id = request_capture(request, 0);
    const struct catalog_map *map = catalog_map_find(context->catalog, id);
    if (!map || map->state == MAP_IGNORE) {
        response_problem(response, request, 404, "MAP-404", "no existe el mapa «%.64s»", id);
        return;
    }
    const struct value *root = style_json(map->style);
    struct json_writer writer;
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    for (size_t i = 0; i < root->object.count; i++) {
        const struct value_member *member = &root->object.members[i];
        json_write_name_text(&writer, member->name);
        if (text_is(member->name, "sources")) {
            write_sources(&writer, request, context, &member->value);
        } else if (text_is(member->name, "layers") && member->value.type == VALUE_ARRAY) {
            write_layers(&writer, context->arena, value_member(root, "sources"), &member->value);
        } else if (text_is(member->name, "sprite") || text_is(member->name, "glyphs")) {
            write_address(&writer, request, context->arena, &member->value);
        } else {
            json_write_value(&writer, &member->value);
        }
    }
    write_assets(&writer, request, context, map);
    json_write_end_object(&writer);
    response->version = map->version;
}
