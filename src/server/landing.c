/* SPDX-License-Identifier: MIT */
/* "/" for programs, what the interface conforms to, and what search engines may read. */

#include "server/collections.h"
#include "server/handlers.h"
#include "server/link.h"
#include "server/pages.h"

#include <string.h>

static void write_map(struct json_writer *writer, const struct request *request, const struct catalog_map *map,
                      struct arena *arena)
{
    json_write_begin_object(writer);
    json_write_member_string(writer, "id", map->id);
    json_write_member_string(writer, "title", map->title_es);
    if (map->description_es) {
        json_write_member_string(writer, "description", map->description_es);
    }
    if (map->theme) {
        json_write_member_string(writer, "theme", map->theme);
    }
    json_write_name(writer, "links");
    json_write_begin_array(writer);
    link_write(writer, request, arena_printf(arena, "/mapas/%s", map->id), "alternate", "text/html", "Página del mapa");
    link_write(writer, request, arena_printf(arena, "/tiles/%s.json", map->id), "describedby", TYPE_JSON, "TileJSON");
    link_write(writer, request, arena_printf(arena, "/styles/%s.json", map->id), "stylesheet", TYPE_JSON,
               "Estilo MapLibre");
    link_write(writer, request, arena_printf(arena, "/maps/%s.png", map->id), "preview", TYPE_PNG, "Imagen");
    json_write_end_array(writer);
    json_write_end_object(writer);
}

static void write_landing(const struct request *request, struct handler_context *context, struct buffer *out)
{
    struct json_writer writer;
    json_write_init(&writer, out);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "title", "Tesela");
    json_write_member_string(&writer, "description", "Mapas y capas de datos geográficos municipales");
    json_write_name(&writer, "links");
    json_write_begin_array(&writer);
    link_write(&writer, request, "/?f=json", "self", TYPE_JSON, "Este documento");
    link_write(&writer, request, "/", "alternate", "text/html", "Catálogo de mapas");
    link_write(&writer, request, "/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0",
               "Descripción de la interfaz (OpenAPI 3.0)");
    link_write(&writer, request, "/conformance", "conformance", TYPE_JSON, "Clases de conformidad");
    link_write(&writer, request, "/collections", "data", TYPE_JSON, "Capas");
    json_write_end_array(&writer);
    json_write_name(&writer, "maps");
    json_write_begin_array(&writer);
    for (size_t i = 0; i < catalog_map_count(context->catalog); i++) {
        const struct catalog_map *map = catalog_map_at(context->catalog, i);
        if (map->state == MAP_PUBLISH) {
            write_map(&writer, request, map, context->arena);
        }
    }
    json_write_end_array(&writer);
    json_write_end_object(&writer);
}

void handle_landing(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *format = request_parameter(request, "f");
    if (format && strcmp(format, "json") != 0 && strcmp(format, "html") != 0) {
        response_problem(response, request, 400, "SRV-012", "parámetro «f»: «%.32s» no existe; se admite json o html",
                         format);
        return;
    }
    if (request_wants_json(request)) {
        write_landing(request, context, &response->body);
    } else {
        handle_home(request, context, response);
    }
    response->vary = response->vary ? "Accept, Accept-Language" : "Accept";
}

void handle_conformance(const struct request *request, struct handler_context *context, struct response *response)
{
    static const char *const classes[] = {
        "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    };
    struct json_writer writer;
    (void)context;
    if (!collections_check_format(request, response)) {
        return;
    }
    json_write_init(&writer, &response->body);
    json_write_begin_object(&writer);
    json_write_name(&writer, "conformsTo");
    json_write_begin_array(&writer);
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        json_write_string(&writer, classes[i]);
    }
    json_write_end_array(&writer);
    json_write_end_object(&writer);
}

/* Pages, yes; tiles and data page by page, no. */
void handle_robots(const struct request *request, struct handler_context *context, struct response *response)
{
    (void)context;
    response->content_type = TYPE_TEXT;
    buffer_printf(&response->body,
                  "User-agent: *\nDisallow: /tiles/\nDisallow: /collections/\nDisallow: /identify/\nDisallow: /data/\n"
                  "Disallow: /metrics\nSitemap: %s/sitemap.xml\n",
                  request->base_url);
}
