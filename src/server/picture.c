/* SPDX-License-Identifier: MIT */
/* /maps/{map}.png: one picture of an area, by bbox and width/height or by center, zoom and size. */

#include "server/handlers.h"

#include <math.h>
#include <stdio.h>

enum { SIDE_MAX = 4096, SIDE_DEFAULT = 800 };
static const double pixels_max = 16e6; /* device pixels */

struct picture_query {
    uint64_t width; /* CSS pixels */
    uint64_t height;
    uint64_t scale; /* device pixels per CSS pixel */
};

static bool refuse(struct error *err, const char *english, const char *spanish)
{
    error_tell(err, ERROR_INVALID, "SRV-012", "%s", "%s", english);
    snprintf(err->spanish, sizeof err->spanish, "%s", spanish); /* error_tell gives both texts the same arguments */
    return false;
}

static bool read_size(const struct request *request, double aspect, struct picture_query *out, struct error *err)
{
    double size[2];
    bool has_size = false;
    *out = (struct picture_query){0, 0, 1};
    if (!request_pair(request, "size", 'x', size, &has_size, err) ||
        !request_uint(request, "width", 1, SIDE_MAX, &out->width, err) ||
        !request_uint(request, "height", 1, SIDE_MAX, &out->height, err) ||
        !request_uint(request, "scale", 1, 3, &out->scale, err)) {
        return false;
    }
    if (has_size) {
        if (out->width || out->height) {
            return refuse(err, "give either \"size\" or \"width\" and \"height\"",
                          "indique «size» o bien «width» y «height», no ambos");
        }
        if (!(size[0] >= 1 && size[0] <= SIDE_MAX && size[1] >= 1 && size[1] <= SIDE_MAX) ||
            floor(size[0]) != size[0] || floor(size[1]) != size[1]) {
            return refuse(err, "parameter \"size\": sides are whole numbers from 1 to 4096",
                          "parámetro «size»: los lados son números enteros de 1 a 4096");
        }
        out->width = (uint64_t)size[0];
        out->height = (uint64_t)size[1];
    }
    /* A side that is not given follows from the other and the shape of the area. */
    if (!out->width && !out->height) {
        out->width = aspect >= 1 ? SIDE_DEFAULT : (uint64_t)fmax(1, round(SIDE_DEFAULT * aspect));
    }
    if (!out->width) {
        out->width = (uint64_t)fmin(SIDE_MAX, fmax(1, round((double)out->height * aspect)));
    } else if (!out->height) {
        out->height = (uint64_t)fmin(SIDE_MAX, fmax(1, round((double)out->width / aspect)));
    }
    if ((double)(out->width * out->height * out->scale * out->scale) > pixels_max) {
        return refuse(err, "the picture would have more than 16 million pixels",
                      "la imagen tendría más de 16 millones de pixeles; reduzca el tamaño o «scale»");
    }
    return true;
}

/* The smallest view of the wanted size that shows all of `box`. */
static bool view_of_box(const struct request *request, const struct bbox *box, struct view *out_view, struct error *err)
{
    struct world_box area = grid_box(box);
    double width = (double)(area.max_x - area.min_x);
    double height = (double)(area.max_y - area.min_y);
    struct picture_query query;
    if (!(width > 0 && height > 0)) {
        return refuse(err, "parameter \"bbox\": the area is empty", "parámetro «bbox»: el área está vacía");
    }
    if (!read_size(request, width / height, &query, err)) {
        return false;
    }
    double units_per_px = fmax(width / (double)query.width, height / (double)query.height);
    double zoom = log2((double)GRID_WORLD_UNITS / 512 / units_per_px);
    zoom = fmin(fmax(zoom, -2), GRID_ZOOM_MAX);
    double longitude;
    double latitude;
    grid_to_lonlat(((double)area.min_x + (double)area.max_x) / 2, ((double)area.min_y + (double)area.max_y) / 2,
                   &longitude, &latitude);
    *out_view =
        view_of_center(longitude, latitude, zoom, (uint32_t)query.width, (uint32_t)query.height, (double)query.scale);
    return true;
}

static bool view_of_query(const struct request *request, const struct catalog_map *map, struct view *out_view,
                          struct error *err)
{
    double center[2] = {map->center_lon, map->center_lat};
    bool has_center = false;
    double zoom = map->zoom;
    struct picture_query query;
    if (!request_pair(request, "center", ',', center, &has_center, err) ||
        !request_double(request, "zoom", 0, GRID_ZOOM_MAX + 1, &zoom, err) ||
        !read_size(request, 4.0 / 3, &query, err)) {
        return false;
    }
    if (!(center[0] >= -180 && center[0] <= 180 && center[1] >= -90 && center[1] <= 90)) {
        return refuse(err, "parameter \"center\": longitude,latitude in degrees",
                      "parámetro «center»: debe ser longitud,latitud en grados");
    }
    *out_view = view_of_center(center[0], center[1], zoom - 1, (uint32_t)query.width, (uint32_t)query.height,
                               (double)query.scale);
    return true;
}

static bool read_view(const struct request *request, const struct catalog_map *map, struct view *out_view,
                      struct error *err)
{
    struct bbox box;
    bool has_box = false;
    if (!request_bbox(request, "bbox", &box, &has_box, err)) {
        return false;
    }
    if (has_box && (request_parameter(request, "center") || request_parameter(request, "zoom"))) {
        return refuse(err, "give either \"bbox\" or \"center\" and \"zoom\"",
                      "indique «bbox» o bien «center» y «zoom», no ambos");
    }
    bool shows_all = !has_box && !request_parameter(request, "center") && !request_parameter(request, "zoom") &&
                     !map->has_center && !bbox_is_empty(&map->bbox);
    if (shows_all) {
        box = map->bbox;
        has_box = true;
    }
    return has_box ? view_of_box(request, &box, out_view, err) : view_of_query(request, map, out_view, err);
}

void handle_picture(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *id = request_capture(request, 0);
    const struct catalog_map *map = catalog_map_find(context->catalog, id);
    struct error err;
    struct view view;
    if (!map || map->state == MAP_IGNORE) {
        response_problem(response, request, 404, "MAP-404", "no existe el mapa «%.64s»", id);
        return;
    }
    if (!read_view(request, map, &view, &err) ||
        !tile_make_picture(context->worker, context->catalog, map->style, &view, TILE_PNG, &response->body, &err)) {
        response_error(response, request, &err);
        return;
    }
    response->content_type = TYPE_PNG;
    response->version = map->version;
}
