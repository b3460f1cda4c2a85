/* SPDX-License-Identifier: MIT */
/* "/identify/{map}": from request to answer. */

#include "server/identify.h"
#include "server/page_layout.h"
#include "server/pages.h"

#include "geo/grid.h"

#include <string.h>

/* "feature=layer:id". */
static void answer_feature(const struct request *request, struct handler_context *context, struct response *response,
                           const struct catalog_map *map, const char *feature, double zoom)
{
    struct error err = {0};
    const char *colon = strchr(feature, ':');
    const char *layer_id = colon ? arena_strndup(context->arena, feature, (size_t)(colon - feature)) : NULL;
    const struct store_layer *layer = layer_id ? catalog_layer_find(context->catalog, layer_id) : NULL;
    if (!layer) {
        response_problem(response, request, 404, "IDE-003",
                         "no hay un elemento «%.80s»; escriba capa:identificador, por ejemplo colonias:12", feature);
        return;
    }
    if (!identify_write_item(context->worker->store, map, layer, colon + 1, zoom, page_language(request),
                             context->arena, &response->body, &err)) {
        response_error(response, request, &err);
    }
}

static void answer_point(const struct request *request, struct handler_context *context, struct response *response,
                         const struct catalog_map *map, double zoom)
{
    struct error err = {0};
    struct identify_result result;
    double longitude = 0, latitude = 0;
    double radius = IDENTIFY_RADIUS_DEFAULT_PX;
    if (!request_parameter(request, "lon") || !request_parameter(request, "lat")) {
        response_problem(response, request, 400, "IDE-001",
                         "faltan lon y lat: el punto en grados, por ejemplo lon=-103.4067&lat=25.5428");
        return;
    }
    if (!request_double(request, "lon", -180, 180, &longitude, &err) ||
        !request_double(request, "lat", -90, 90, &latitude, &err) ||
        !request_double(request, "radius", 0, IDENTIFY_RADIUS_MAX_PX, &radius, &err) ||
        !identify_find(context->worker->store, context->catalog, map, longitude, latitude, zoom, radius, context->arena,
                       &result, &err) ||
        !identify_write_json(&result, map, longitude, latitude, zoom, page_language(request), context->arena,
                             &response->body, &err)) {
        response_error(response, request, &err);
    }
}

void handle_identify(const struct request *request, struct handler_context *context, struct response *response)
{
    struct error err = {0};
    const char *id = request_capture(request, 0);
    const struct catalog_map *map = catalog_map_find(context->catalog, id);
    if (!map || map->state == MAP_IGNORE) {
        response_problem(response, request, 404, "MAP-001", "no hay un mapa «%.80s»; la lista está en /mapas", id);
        return;
    }
    double zoom = map->zoom;
    if (!request_double(request, "zoom", 0, GRID_ZOOM_MAX + 2, &zoom, &err)) {
        response_error(response, request, &err);
        return;
    }
    response->content_type = TYPE_JSON;
    response->vary = "Accept-Language";
    const char *feature = request_parameter(request, "feature");
    if (feature) {
        answer_feature(request, context, response, map, feature, zoom);
    } else {
        answer_point(request, context, response, map, zoom);
    }
}
