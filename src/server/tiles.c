/* SPDX-License-Identifier: MIT */
/* /tiles/…: which tile is wanted. Making it is the tile service's. */

#include "server/handlers.h"

#include <stdio.h>
#include <string.h>

/* Digits only, no sign, no leading zero: every tile has one address. */
static bool is_plain_number(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && strspn(text, "0123456789") == length && (length == 1 || text[0] != '0');
}

/* Reads z, x, y from the captures after the subject. Answers 400 or 404 itself. */
static bool read_tile(const struct request *request, struct response *response, struct tile_id *out_tile)
{
    uint64_t numbers[3];
    static const char *const names[] = {"z", "x", "y"};
    bool is_outside = false;
    for (size_t i = 0; i < 3; i++) {
        const char *text = request_capture(request, i + 1);
        if (!is_plain_number(text)) {
            response_problem(
                response, request, 400, "SRV-013",
                "%s = «%.32s» no es un número de tesela; use solo dígitos, sin signo ni ceros a la izquierda", names[i],
                text);
            return false;
        }
        /* Numbers too large to read are outside as well. */
        if (!text_to_uint(text_of(text), UINT32_MAX, &numbers[i])) {
            is_outside = true;
            numbers[i] = UINT32_MAX;
        }
    }
    struct tile_id tile = {(uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
    if (is_outside || tile.z > GRID_ZOOM_MAX || !tile_is_valid(tile)) {
        response_problem(response, request, 404, "SRV-014",
                         "la tesela %.10s/%.10s/%.10s está fuera de los límites: z de 0 a %d, x y y de 0 a 2^z - 1",
                         request_capture(request, 1), request_capture(request, 2), request_capture(request, 3),
                         GRID_ZOOM_MAX);
        return false;
    }
    *out_tile = tile;
    return true;
}

static bool is_served_map(const struct handler_context *context, const char *id)
{
    const struct catalog_map *map = catalog_map_find(context->catalog, id);
    return map && map->state != MAP_IGNORE;
}

/* An archive of tiles of this type, where no map or layer has its name. */
static const struct archive_item *find_archive(const struct handler_context *context, const char *id,
                                               enum archive_type type)
{
    const struct archive_item *item = catalog_archive_find(context->catalog, id);
    bool is_hidden = is_served_map(context, id) || catalog_layer_find(context->catalog, id);
    return item && !is_hidden && archive_file_info(item->archive)->type == type ? item : NULL;
}

/* Answers with a tile of an archive, or that there is none such; false when there is no such archive. */
static bool want_archive_tile(const struct request *request, struct handler_context *context, struct response *response,
                              enum archive_type type)
{
    static const char *const types[] = {
        [ARCHIVE_MVT] = TYPE_MVT, [ARCHIVE_PNG] = TYPE_PNG, [ARCHIVE_JPEG] = TYPE_JPEG, [ARCHIVE_WEBP] = TYPE_WEBP};
    const char *subject = request_capture(request, 0);
    const struct archive_item *item = find_archive(context, subject, type);
    struct tile_request tile = {.format = TILE_ARCHIVE, .size_px = 256, .pixel_ratio = 1};
    if (!item) {
        return false;
    }
    if (read_tile(request, response, &tile.tile)) {
        snprintf(tile.subject, sizeof tile.subject, "%s", subject);
        response->content_type = types[type];
        response->wants_tile = true;
        response->tile = tile;
        response->version = item->version;
    }
    return true;
}

static void want_tile(const struct request *request, struct handler_context *context, struct response *response,
                      enum tile_format format, uint32_t size_px, uint32_t pixel_ratio)
{
    static const char *const types[] = {[TILE_PNG] = TYPE_PNG,
                                        [TILE_MVT] = TYPE_MVT,
                                        [TILE_GEOJSON] = TYPE_GEOJSON,
                                        [TILE_JPEG] = TYPE_JPEG,
                                        [TILE_WEBP] = TYPE_WEBP};
    const char *subject = request_capture(request, 0);
    struct tile_request tile = {.format = format, .size_px = size_px, .pixel_ratio = pixel_ratio};
    if (!read_tile(request, response, &tile.tile)) {
        return;
    }
    bool is_map = is_served_map(context, subject);
    const struct store_layer *layer = catalog_layer_find(context->catalog, subject);
    bool is_layer = layer != NULL;
    bool is_picture = tile_format_is_picture(format);
    bool is_raster = layer && layer->raster.kind != STORE_RASTER_NONE;
    if (is_picture && !is_map && !is_raster) {
        response_problem(response, request, 404, "MAP-404", "no existe el mapa «%.64s»%s", subject,
                         is_layer ? "; es una capa: pida .mvt o .geojson" : "");
        return;
    }
    if ((format == TILE_MVT && !is_map && !is_layer) || (format == TILE_GEOJSON && !is_layer)) {
        response_problem(response, request, 404, "LAY-404", "no existe la capa «%.64s»", subject);
        return;
    }
    snprintf(tile.subject, sizeof tile.subject, "%s", subject);
    response->content_type = types[format];
    response->wants_tile = true;
    response->tile = tile;
    response->version = is_picture && is_map ? catalog_map_find(context->catalog, subject)->version
                        : is_picture         ? catalog_layer_version(layer)
                                             : catalog_subject_version(context->catalog, subject);
}

void handle_tile_png(const struct request *request, struct handler_context *context, struct response *response)
{
    if (!want_archive_tile(request, context, response, ARCHIVE_PNG)) {
        want_tile(request, context, response, TILE_PNG, 256, 1);
    }
}

void handle_tile_png_2x(const struct request *request, struct handler_context *context, struct response *response)
{
    want_tile(request, context, response, TILE_PNG, 256, 2);
}

void handle_tile_png_512(const struct request *request, struct handler_context *context, struct response *response)
{
    want_tile(request, context, response, TILE_PNG, 512, 1);
}

void handle_tile_png_512_2x(const struct request *request, struct handler_context *context, struct response *response)
{
    want_tile(request, context, response, TILE_PNG, 512, 2);
}

void handle_tile_mvt(const struct request *request, struct handler_context *context, struct response *response)
{
    if (!want_archive_tile(request, context, response, ARCHIVE_MVT)) {
        want_tile(request, context, response, TILE_MVT, 512, 1);
    }
}

void handle_tile_geojson(const struct request *request, struct handler_context *context, struct response *response)
{
    want_tile(request, context, response, TILE_GEOJSON, 512, 1);
}

void handle_tile_jpeg(const struct request *request, struct handler_context *context, struct response *response)
{
    if (!want_archive_tile(request, context, response, ARCHIVE_JPEG)) {
        want_tile(request, context, response, TILE_JPEG, 256, 1);
    }
}

void handle_tile_jpeg_2x(const struct request *request, struct handler_context *context, struct response *response)
{
    want_tile(request, context, response, TILE_JPEG, 256, 2);
}

void handle_tile_webp(const struct request *request, struct handler_context *context, struct response *response)
{
    if (!want_archive_tile(request, context, response, ARCHIVE_WEBP)) {
        want_tile(request, context, response, TILE_WEBP, 256, 1);
    }
}

void handle_tile_webp_2x(const struct request *request, struct handler_context *context, struct response *response)
{
    want_tile(request, context, response, TILE_WEBP, 256, 2);
}
