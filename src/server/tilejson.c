/* SPDX-License-Identifier: MIT */
/* /tiles/{subject}.json: TileJSON 3.0 of a map (its pictures and, beside them, its vector tiles) or of a layer. */

#include "render/mvt_label.h"
#include "server/collections.h"
#include "server/handlers.h"

#include <math.h>
#include <string.h>

enum { LAYERS_MAX = 256 };

static void write_field(struct json_writer *writer, const struct store_field *field)
{
    json_write_member_string(writer, field->name, field->title_es ? field->title_es : field_type_name(field->type));
}

/* The points for names of a polygon layer. */
static void write_label_layer(struct json_writer *writer, const struct store_layer *layer, struct catalog_zooms zooms,
                              size_t field)
{
    char name[MVT_LABEL_NAME_MAX];
    mvt_label_name(layer->id, name);
    json_write_begin_object(writer);
    json_write_member_string(writer, "id", name);
    json_write_member_string(writer, "description", layer->title_es);
    json_write_member_string(writer, "geometry_type", geometry_kind_name(GEOMETRY_POINT));
    json_write_member_int(writer, "minzoom", zooms.min);
    json_write_member_int(writer, "maxzoom", zooms.max);
    json_write_name(writer, "fields");
    json_write_begin_object(writer);
    write_field(writer, &layer->fields[field]);
    json_write_end_object(writer);
    json_write_end_object(writer);
}

static void write_vector_layer(struct json_writer *writer, const struct store_layer *layer, struct catalog_zooms zooms)
{
    json_write_begin_object(writer);
    json_write_member_string(writer, "id", layer->id);
    json_write_member_string(writer, "description", layer->title_es);
    json_write_member_string(writer, "geometry_type", geometry_kind_name(layer->kind));
    json_write_member_int(writer, "minzoom", zooms.min);
    json_write_member_int(writer, "maxzoom", zooms.max);
    json_write_name(writer, "fields");
    json_write_begin_object(writer);
    for (size_t i = 0; i < layer->field_count; i++) {
        write_field(writer, &layer->fields[i]);
    }
    json_write_end_object(writer);
    json_write_end_object(writer);
}

static void write_tiles(struct json_writer *writer, const struct request *request, const char *subject,
                        const char *suffix, uint64_t version, struct arena *arena)
{
    char version_text[17];
    response_version_text(version, version_text);
    json_write_begin_array(writer);
    json_write_string(writer, arena_printf(arena, "%s/tiles/%s/{z}/{x}/{y}%s?v=%s", request->base_url, subject, suffix,
                                           version_text));
    json_write_end_array(writer);
}

/* The extent a zoom-0 box has at most: TileJSON wants bounds inside the Mercator world. */
static struct bbox clamp_bounds(struct bbox box)
{
    box.min_y = fmax(box.min_y, -GRID_LATITUDE_MAX);
    box.max_y = fmin(box.max_y, GRID_LATITUDE_MAX);
    return box;
}

/* The zoom at which `box` about fills a screen of 800 px. */
static double zoom_that_fits(const struct bbox *box, double min_zoom, double max_zoom)
{
    double width = fmax(box->max_x - box->min_x, 2 * (box->max_y - box->min_y));
    double zoom = width > 0 ? floor(log2(360 * 800 / (256 * width))) : 16;
    return fmin(fmax(zoom, min_zoom), max_zoom);
}

static void write_place(struct json_writer *writer, struct bbox box, bool has_center, double longitude, double latitude,
                        double zoom)
{
    if (!bbox_is_empty(&box)) {
        box = clamp_bounds(box);
        json_write_name(writer, "bounds");
        collections_write_bbox(writer, &box);
        if (!has_center) {
            double east = box.max_x < box.min_x ? box.max_x + 360 : box.max_x;
            longitude = (box.min_x + east) / 2;
            longitude = longitude > 180 ? longitude - 360 : longitude;
            latitude = (box.min_y + box.max_y) / 2;
            has_center = true;
        }
    }
    if (has_center) {
        json_write_name(writer, "center");
        json_write_begin_array(writer);
        json_write_fixed(writer, longitude, 7);
        json_write_fixed(writer, latitude, 7);
        json_write_int(writer, (int64_t)floor(zoom));
        json_write_end_array(writer);
    }
}

/* `map` NULL: the layer's own tiles. */
static void write_vector_layers(struct json_writer *writer, const struct catalog_map *map,
                                const struct store_layer *const *layers, size_t count)
{
    json_write_name(writer, "vector_layers");
    json_write_begin_array(writer);
    for (size_t i = 0; i < count; i++) {
        if (layers[i]->raster.kind == STORE_RASTER_NONE) {
            struct catalog_zooms zooms = {0, GRID_ZOOM_MAX};
            ptrdiff_t label = catalog_label_field(layers[i]);
            if (map) {
                zooms = catalog_map_zooms(map, layers[i]);
            }
            write_vector_layer(writer, layers[i], zooms);
            if (label >= 0) {
                write_label_layer(writer, layers[i], zooms, (size_t)label);
            }
        }
    }
    json_write_end_array(writer);
}

static void write_map(struct json_writer *writer, const struct request *request, struct handler_context *context,
                      const struct catalog_map *map)
{
    const struct store_layer *layers[LAYERS_MAX];
    size_t count = catalog_map_layers(context->catalog, map, layers, LAYERS_MAX);
    json_write_member_string(writer, "name", map->title_es);
    if (map->description_es) {
        json_write_member_string(writer, "description", map->description_es);
    }
    if (map->source) {
        json_write_member_string(writer, "attribution", map->source);
    }
    json_write_member_string(writer, "legal", map->legal);
    json_write_name(writer, "tiles");
    write_tiles(writer, request, map->id, ".png", map->version, context->arena);
    json_write_member_int(writer, "tileSize", 256);
    json_write_member_string(writer, "format", "png");
    json_write_member_string(writer, "scheme", "xyz");
    json_write_member_int(writer, "minzoom", (int64_t)floor(map->min_zoom));
    json_write_member_int(writer, "maxzoom", (int64_t)floor(map->max_zoom));
    write_place(writer, map->bbox, map->has_center, map->center_lon, map->center_lat, map->zoom);
    write_vector_layers(writer, map, layers, count);
    json_write_name(writer, "vector_tiles");
    write_tiles(writer, request, map->id, ".mvt", catalog_subject_version(context->catalog, map->id), context->arena);
}

static void write_layer(struct json_writer *writer, const struct request *request, struct handler_context *context,
                        const struct store_layer *layer)
{
    json_write_member_string(writer, "name", layer->title_es);
    if (layer->description_es) {
        json_write_member_string(writer, "description", layer->description_es);
    }
    if (layer->attribution) {
        json_write_member_string(writer, "attribution", layer->attribution);
    }
    bool is_raster = layer->raster.kind != STORE_RASTER_NONE;
    int zoom_max = is_raster ? (int)layer->raster.zoom_max : GRID_ZOOM_MAX;
    json_write_name(writer, "tiles");
    write_tiles(writer, request, layer->id, is_raster ? ".png" : ".mvt",
                catalog_subject_version(context->catalog, layer->id), context->arena);
    json_write_member_string(writer, "format", is_raster ? "png" : "pbf");
    json_write_member_string(writer, "scheme", "xyz");
    json_write_member_int(writer, "minzoom", 0);
    json_write_member_int(writer, "maxzoom", zoom_max);
    write_place(writer, layer->bbox, false, 0, 0, zoom_that_fits(&layer->bbox, 0, zoom_max));
    if (is_raster) {
        json_write_member_int(writer, "tileSize", 256);
        if (layer->raster.kind == STORE_RASTER_ELEVATION) {
            json_write_member_string(writer, "encoding", "mapbox");
        }
        return;
    }
    write_vector_layers(writer, NULL, &layer, 1);
    json_write_name(writer, "geojson_tiles");
    write_tiles(writer, request, layer->id, ".geojson", catalog_layer_version(layer), context->arena);
}

static void write_archive(struct json_writer *writer, const struct request *request, struct handler_context *context,
                          const struct archive_item *item)
{
    static const char *const suffixes[] = {
        [ARCHIVE_MVT] = ".mvt", [ARCHIVE_PNG] = ".png", [ARCHIVE_JPEG] = ".jpg", [ARCHIVE_WEBP] = ".webp"};
    static const char *const formats[] = {
        [ARCHIVE_MVT] = "pbf", [ARCHIVE_PNG] = "png", [ARCHIVE_JPEG] = "jpg", [ARCHIVE_WEBP] = "webp"};
    const struct archive_info *info = archive_file_info(item->archive);
    json_write_member_string(writer, "name", info->name ? info->name : item->id);
    if (info->description) {
        json_write_member_string(writer, "description", info->description);
    }
    if (info->attribution) {
        json_write_member_string(writer, "attribution", info->attribution);
    }
    json_write_name(writer, "tiles");
    write_tiles(writer, request, item->id, suffixes[info->type], item->version, context->arena);
    json_write_member_string(writer, "format", formats[info->type]);
    json_write_member_string(writer, "scheme", "xyz");
    json_write_member_int(writer, "minzoom", info->min_zoom);
    json_write_member_int(writer, "maxzoom", info->max_zoom);
    write_place(writer, info->bounds, info->has_center, info->center_lon, info->center_lat, info->center_zoom);
    if (info->type == ARCHIVE_MVT) {
        json_write_name(writer, "vector_layers");
        json_write_raw(writer, text_of(info->vector_layers ? info->vector_layers : "[]"));
    }
}

void handle_tilejson(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *subject = request_capture(request, 0);
    const struct catalog_map *map = catalog_map_find(context->catalog, subject);
    const struct store_layer *layer = catalog_layer_find(context->catalog, subject);
    if (map && map->state == MAP_IGNORE) {
        map = NULL;
    }
    const struct archive_item *archive = map || layer ? NULL : catalog_archive_find(context->catalog, subject);
    if (!map && !layer && !archive) {
        response_problem(response, request, 404, "MAP-404", "no existe el mapa ni la capa «%.64s»", subject);
        return;
    }
    struct json_writer writer;
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "tilejson", "3.0.0");
    json_write_member_string(&writer, "id", subject);
    json_write_member_string(&writer, "version", "1.0.0");
    if (archive) {
        write_archive(&writer, request, context, archive);
    } else if (map) {
        write_map(&writer, request, context, map);
    } else {
        write_layer(&writer, request, context, layer);
    }
    json_write_end_object(&writer);
    response->version = archive ? archive->version : catalog_subject_version(context->catalog, subject);
}
