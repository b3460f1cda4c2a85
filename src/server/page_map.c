/* SPDX-License-Identifier: MIT */
/* The page of one map: useful as it is, and the ground on which the viewer builds. */

#include "server/html_write.h"
#include "server/legend.h"
#include "server/page_viewer.h"
#include "server/pages.h"

#include "base/json_write.h"
#include "geo/grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The picture people see first. Two widths and a phone's, each cut out around the same centre at the same scale, so
 * that the live map can take its place without anything moving. */
enum {
    PICTURE_WIDTH = 800,
    PICTURE_HEIGHT = 500,
    WIDE_WIDTH = 1200,
    WIDE_HEIGHT = 640,
    PHONE_WIDTH = 520,
    PHONE_HEIGHT = 400
};
enum { LAYERS_MAX = 32 };

struct map_page {
    struct page page;
    const struct catalog_map *map;
    struct map_view view;
    const char *title;
    const char *description;
    const struct store_layer *layers[LAYERS_MAX];
    size_t layer_count;
    bool is_embedded;
};

/* ---- the map ---- */

static struct map_view moved(const struct map_page *map_page, double right_px, double down_px, double zoom_by)
{
    struct map_view view = map_page->view;
    struct world_point center = grid_from_lonlat(view.longitude, view.latitude);
    double units_per_px = (double)GRID_WORLD_UNITS / (256 * exp2(view.zoom));
    double edge = (double)GRID_WORLD_UNITS / 2 - 1;
    double x = fmin(fmax(center.x + right_px * units_per_px, -edge), edge);
    double y = fmin(fmax(center.y + down_px * units_per_px, -edge), edge);
    grid_to_lonlat(x, y, &view.longitude, &view.latitude);
    view.zoom = fmin(fmax(view.zoom + zoom_by, map_page->map->min_zoom), fmin(map_page->map->max_zoom, GRID_ZOOM_MAX));
    return view;
}

static void put_move_link(const struct map_page *map_page, struct map_view view, const char *symbol, const char *says)
{
    html_print(map_page->page.out,
               "<li><a href=\"/mapas/%s?v=%.6f,%.6f,%.2f%s%s#mapa\"><span aria-hidden=\"true\">%s"
               "</span><span class=\"sr\">%s</span></a></li>\n",
               map_page->map->id, view.latitude, view.longitude, view.zoom, map_page->is_embedded ? "&embed=1" : "",
               page_language_query(&map_page->page, '&'), symbol, says);
}

static void put_move_links(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    html_print(page->out, "<nav class=\"move-links\" aria-label=\"%s\">\n<ul>\n",
               page_say(page, "Mover el mapa", "Move the map"));
    put_move_link(map_page, moved(map_page, -PICTURE_WIDTH / 2.0, 0, 0), "←", page_say(page, "Al oeste", "West"));
    put_move_link(map_page, moved(map_page, 0, -PICTURE_HEIGHT / 2.0, 0), "↑", page_say(page, "Al norte", "North"));
    put_move_link(map_page, moved(map_page, 0, PICTURE_HEIGHT / 2.0, 0), "↓", page_say(page, "Al sur", "South"));
    put_move_link(map_page, moved(map_page, PICTURE_WIDTH / 2.0, 0, 0), "→", page_say(page, "Al este", "East"));
    put_move_link(map_page, moved(map_page, 0, 0, 1), "+", page_say(page, "Acercar", "Zoom in"));
    put_move_link(map_page, moved(map_page, 0, 0, -1), "−", page_say(page, "Alejar", "Zoom out"));
    html_print(page->out, "</ul>\n</nav>\n");
}

static void put_picture(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    struct arena *arena = page->context->arena;
    const struct catalog_map *map = map_page->map;
    html_print(page->out,
               "<picture class=\"map-picture\">\n<source media=\"(max-width: 32rem)\" srcset=\"%s\">\n"
               "<source media=\"(min-width: 90rem)\" srcset=\"%s\">\n"
               "<img id=\"map-picture\" src=\"%s\" width=\"%d\" height=\"%d\" alt=\"%s: %s\" fetchpriority=\"high\">\n"
               "</picture>\n",
               map_picture_url(map, &map_page->view, PHONE_WIDTH, PHONE_HEIGHT, arena),
               map_picture_url(map, &map_page->view, WIDE_WIDTH, WIDE_HEIGHT, arena),
               map_picture_url(map, &map_page->view, PICTURE_WIDTH, PICTURE_HEIGHT, arena), PICTURE_WIDTH,
               PICTURE_HEIGHT, page_say(page, "Mapa", "Map"), map_page->title);
}

/* A button of the viewer: hidden until there is a script to serve it. */
static void put_tool(const struct map_page *map_page, const char *id, const char *label)
{
    html_print(map_page->page.out, "<button type=\"button\" id=\"%s\">%s</button>\n", id, label);
}

static void put_map(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    struct buffer *out = page->out;
    html_print(out, "<section class=\"map-area\" id=\"mapa\" aria-label=\"%s\">\n<div class=\"map-frame\">\n",
               page_say(page, "Mapa", "Map"));
    if (!map_page->is_embedded) {
        html_print(out, "<a class=\"skip\" href=\"#leyenda\">%s</a>\n",
                   page_say(page, "Saltar el mapa", "Skip the map"));
    }
    put_picture(map_page);
    html_print(
        out,
        "<div class=\"map-live\" id=\"map\" aria-label=\"%s\" hidden></div>\n"
        "<div class=\"crosshair\" aria-hidden=\"true\"></div>\n"
        "<div class=\"map-note\" id=\"map-note\" hidden></div>\n"
        "<section class=\"panel\" id=\"panel\" tabindex=\"-1\" hidden></section>\n</div>\n<div class=\"map-bar\">\n",
        map_page->title);
    put_move_links(map_page);
    html_print(out, "<div class=\"tools\" id=\"tools\" hidden>\n");
    put_tool(map_page, "tool-share", page_say(page, "Compartir", "Share"));
    put_tool(map_page, "tool-locate", page_say(page, "Mi ubicación", "My location"));
    put_tool(map_page, "tool-large", page_say(page, "Mapa grande", "Large map"));
    put_tool(map_page, "tool-print", page_say(page, "Imprimir", "Print"));
    html_print(
        out,
        "</div>\n</div>\n<p class=\"legal\">%s%s%s</p>\n<p class=\"sr\" id=\"live\" role=\"status\"></p>\n</section>\n",
        map_page->map->source ? map_page->map->source : "", map_page->map->source ? " · " : "", map_page->map->legal);
}

/* ---- beside the map ---- */

static bool put_legend(const struct map_page *map_page, struct error *err)
{
    const struct page *page = &map_page->page;
    struct legend legend;
    if (!legend_make(map_page->map->style, map_view_default(map_page->map).zoom, catalog_layers(page->context->catalog),
                     page->language, page->context->arena, &legend, err)) {
        return false;
    }
    html_print(page->out,
               "<section class=\"legend\" id=\"leyenda\" tabindex=\"-1\" aria-labelledby=\"leyenda-t\">\n<h2 "
               "id=\"leyenda-t\">%s</h2>\n",
               page_say(page, "Leyenda", "Legend"));
    html_print(page->out, "<div id=\"legends\">\n");
    legend_write_html(&legend, 3, page->out);
    html_print(page->out, "</div>\n</section>\n");
    return true;
}

/* The viewer fills it. It stands below the legend, so nothing in sight moves when it appears. */
static void put_stack(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    html_print(page->out,
               "<section class=\"stack\" id=\"stack\" aria-labelledby=\"stack-t\" hidden>\n<h2 id=\"stack-t\">%s</h2>\n"
               "<p class=\"quiet\">%s</p>\n<ul id=\"stack-list\"></ul>\n"
               "<div class=\"add\"><label for=\"stack-add\">%s</label><select id=\"stack-add\"></select>"
               "<button type=\"button\" id=\"stack-add-button\">%s</button></div>\n</section>\n",
               page_say(page, "Mapas superpuestos", "Stacked maps"),
               page_say(page, "El de arriba cubre a los de abajo.", "The one on top covers those below."),
               page_say(page, "Agregar otro mapa", "Add another map"), page_say(page, "Agregar", "Add"));
}

/* ---- below the map ---- */

static void put_layer(const struct map_page *map_page, const struct store_layer *layer)
{
    const struct page *page = &map_page->page;
    const char *description = format_pick(page->language, layer->description_es, layer->description_en);
    char count[32];
    format_integer(layer->feature_count, count);
    html_print(page->out, "<li>\n<h3>%s</h3>\n", format_pick(page->language, layer->title_es, layer->title_en));
    html_paragraphs(page->out, description);
    html_print(page->out, "<p class=\"quiet\">%s %s", count,
               page_say(page, layer->feature_count == 1 ? "elemento" : "elementos",
                        layer->feature_count == 1 ? "feature" : "features"));
    if (layer->source_name) {
        html_print(page->out, " · %s: %s", page_say(page, "Fuente", "Source"), layer->source_name);
    }
    if (layer->source_date) {
        html_print(page->out, " · %s", format_date(page->language, text_of(layer->source_date), page->context->arena));
    }
    if (layer->license_name) {
        html_print(page->out, " · %s: %s", page_say(page, "Licencia", "Licence"), layer->license_name);
    }
    html_print(page->out,
               "</p>\n<ul class=\"links\">\n<li><a href=\"/mapas/%s/tabla?capa=%s%s\">%s</a></li>\n"
               "<li><a href=\"/data/%s.geojson\">GeoJSON</a></li>\n"
               "<li><a href=\"/collections/%s\">OGC API Features</a></li>\n"
               "<li><a href=\"/tiles/%s.json\">TileJSON (MVT)</a></li>\n</ul>\n</li>\n",
               map_page->map->id, layer->id, page_language_query(page, '&'), page_say(page, "Ver tabla", "See table"),
               layer->id, layer->id, layer->id);
}

static void put_layers(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    if (map_page->layer_count == 0) {
        return;
    }
    html_print(page->out, "<section aria-labelledby=\"datos-t\">\n<h2 id=\"datos-t\">%s</h2>\n<ul class=\"layers\">\n",
               page_say(page, "Capas y datos de este mapa", "Layers and data of this map"));
    for (size_t i = 0; i < map_page->layer_count; i++) {
        put_layer(map_page, map_page->layers[i]);
    }
    html_print(page->out, "</ul>\n</section>\n");
}

static void put_share(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    const char *base = page->request->base_url ? page->request->base_url : "";
    html_print(page->out,
               "<section aria-labelledby=\"compartir-t\" id=\"compartir\">\n<h2 id=\"compartir-t\">%s</h2>\n"
               "<label for=\"share-link\">%s</label>\n<div class=\"copy\"><input id=\"share-link\" readonly "
               "value=\"%s/mapas/%s\"><button type=\"button\" data-copy=\"share-link\" hidden>%s</button></div>\n",
               page_say(page, "Compartir", "Share"), page_say(page, "Enlace", "Link"), base, map_page->map->id,
               page_say(page, "Copiar", "Copy"));
    html_print(
        page->out,
        "<label for=\"share-embed\">%s</label>\n<div class=\"copy\"><textarea id=\"share-embed\" rows=\"3\" readonly>"
        "&lt;iframe src=&quot;%s/mapas/%s?embed=1&quot; title=&quot;%s&quot; width=&quot;100%%&quot; "
        "height=&quot;520&quot; loading=&quot;lazy&quot;&gt;&lt;/iframe&gt;</textarea>"
        "<button type=\"button\" data-copy=\"share-embed\" hidden>%s</button></div>\n",
        page_say(page, "Para insertar en otra página", "To embed in another page"), base, map_page->map->id,
        map_page->title, page_say(page, "Copiar", "Copy"));
    html_print(page->out, "<h3>%s</h3>\n<p class=\"cite\" id=\"cite\">%s%s«%s»%s%s. %s/mapas/%s</p>\n</section>\n",
               page_say(page, "Cómo citar", "How to cite"), map_page->map->source ? map_page->map->source : "",
               map_page->map->source ? ". " : "", map_page->title, map_page->map->date ? ", " : "",
               map_page->map->date ? format_date(page->language, text_of(map_page->map->date), page->context->arena)
                                   : "",
               base, map_page->map->id);
}

static void put_use(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    const char *base = page->request->base_url ? page->request->base_url : "";
    const char *id = map_page->map->id;
    html_print(page->out,
               "<details class=\"use\">\n<summary><h2>%s</h2></summary>\n<p>%s</p>\n<dl>\n<dt>XYZ (PNG, 256 px)</dt>"
               "<dd><code>%s/tiles/%s/{z}/{x}/{y}.png</code></dd>\n<dt>XYZ (PNG, 256 px, @2x)</dt>"
               "<dd><code>%s/tiles/%s/{z}/{x}/{y}@2x.png</code></dd>\n",
               page_say(page, "Usar este mapa en QGIS o en su sitio", "Use this map in QGIS or on your site"),
               page_say(page, "Sin clave ni registro; cite la fuente.", "No key, no sign-up; cite the source."), base,
               id, base, id);
    html_print(page->out,
               "<dt>TileJSON</dt><dd><a href=\"/tiles/%s.json\"><code>%s/tiles/%s.json</code></a></dd>\n"
               "<dt>%s</dt><dd><a href=\"/styles/%s.json\"><code>%s/styles/%s.json</code></a></dd>\n"
               "<dt>%s</dt><dd><a href=\"/legend/%s\">JSON</a> · <a href=\"/legend/%s?f=svg\">SVG</a></dd>\n</dl>\n",
               id, base, id, page_say(page, "Estilo MapLibre", "MapLibre style"), id, base, id,
               page_say(page, "Leyenda", "Legend"), id, id);
    html_print(
        page->out,
        "<p>%s</p>\n<pre><code>L.tileLayer('%s/tiles/%s/{z}/{x}/{y}.png', { maxZoom: %d }).addTo(map)</code></pre>\n"
        "</details>\n",
        page_say(page, "En QGIS: Capa › Añadir capa › Añadir capa XYZ, y pegue la dirección XYZ. En Leaflet:",
                 "In QGIS: Layer › Add Layer › Add XYZ Layer, and paste the XYZ address. In Leaflet:"),
        base, id, (int)map_page->map->max_zoom);
}

static void put_facts(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    const struct catalog_map *map = map_page->map;
    html_print(page->out, "<p class=\"facts\">");
    html_print(page->out, "<span>%s</span>", page_theme_title(page, map->theme));
    if (map->date) {
        html_print(page->out, "<span><time datetime=\"%s\">%s</time></span>", map->date,
                   format_date(page->language, text_of(map->date), page->context->arena));
    }
    if (map->state == MAP_REVIEW) {
        html_print(page->out, "<span class=\"draft\">%s</span>",
                   page_say(page, "En revisión: todavía no publicado", "Under review: not yet published"));
    }
    html_print(page->out, "</p>\n");
}

/* schema.org, for search engines: data, not code. */
static void put_linked_data(const struct map_page *map_page)
{
    const struct page *page = &map_page->page;
    const char *base = page->request->base_url ? page->request->base_url : "";
    struct json_writer json;
    html_print(page->out, "<script type=\"application/ld+json\">");
    json_write_init(&json, page->out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "@context", "https://schema.org");
    json_write_member_string(&json, "@type", "Map");
    json_write_member_string(&json, "name", map_page->title);
    if (map_page->description) {
        json_write_member_string(&json, "description", map_page->description);
    }
    json_write_member_string(&json, "url", arena_printf(page->context->arena, "%s/mapas/%s", base, map_page->map->id));
    json_write_member_string(&json, "inLanguage", page->language == LANGUAGE_EN ? "en" : "es-MX");
    if (map_page->map->date) {
        json_write_member_string(&json, "dateModified", map_page->map->date);
    }
    json_write_end_object(&json);
    html_print(page->out, "</script>\n");
}

static bool put_body(const struct map_page *map_page, struct error *err)
{
    const struct page *page = &map_page->page;
    struct buffer *out = page->out;
    if (map_page->is_embedded) {
        html_print(out,
                   "<main class=\"embed\">\n<h1><a href=\"/mapas/%s\" target=\"_blank\" rel=\"noopener\">%s</a></h1>\n",
                   map_page->map->id, map_page->title);
        put_map(map_page);
        html_print(out, "</main>\n");
        page_put_viewer_data(page, map_page->map, &map_page->view, true);
        return true;
    }
    html_print(out,
               "<main id=\"contenido\" class=\"wide\">\n<nav class=\"crumbs\" aria-label=\"%s\"><a "
               "href=\"/mapas%s\">%s</a></nav>\n<h1>%s</h1>\n",
               page_say(page, "Ruta", "Breadcrumb"), page_language_query(page, '?'), page_say(page, "Mapas", "Maps"),
               map_page->title);
    put_facts(map_page);
    if (map_page->description) {
        html_print(out, "<div class=\"lead\">\n");
        html_paragraphs(out, map_page->description);
        html_print(out, "</div>\n");
    }
    html_print(out, "<div class=\"map-columns\">\n");
    put_map(map_page);
    html_print(out, "<div class=\"beside\">\n");
    if (!put_legend(map_page, err)) {
        return false;
    }
    put_stack(map_page);
    html_print(out, "</div>\n</div>\n<div class=\"below\">\n");
    put_layers(map_page);
    put_share(map_page);
    put_use(map_page);
    html_print(out, "</div>\n</main>\n");
    put_linked_data(map_page);
    page_put_viewer_data(page, map_page->map, &map_page->view, false);
    return true;
}

/* ---- request ---- */

static const struct catalog_map *find_map(const struct handler_context *context, const char *id)
{
    const struct catalog_map *map = catalog_map_find(context->catalog, id);
    return map && map->state != MAP_IGNORE ? map : NULL;
}

void handle_map_page(const struct request *request, struct handler_context *context, struct response *response)
{
    struct error err = {0};
    const char *id = request_capture(request, 0);
    const struct catalog_map *map = find_map(context, id);
    if (!map) {
        const char *detail = arena_printf(
            context->arena,
            page_language(request) == LANGUAGE_EN ? "There is no map “%.80s”." : "No hay un mapa «%.80s».", id);
        if (!page_problem(request, context, response, 404, "MAP-001", detail ? detail : "")) {
            response_problem(response, request, 404, "MAP-001", "no hay un mapa «%.80s»; la lista está en /mapas", id);
        }
        return;
    }
    struct map_page map_page = {.page = page_start(request, context, response), .map = map};
    map_page.title = format_pick(map_page.page.language, map->title_es, map->title_en);
    map_page.description = format_pick(map_page.page.language, map->description_es, map->description_en);
    map_page.view = map_view_default(map);
    /* A broken link still shows the map, from its beginning. */
    map_view_parse(request_parameter(request, "v"), map, &map_page.view);
    map_page.layer_count = catalog_map_layers(context->catalog, map, map_page.layers, LAYERS_MAX);
    map_page.layer_count = map_page.layer_count > LAYERS_MAX ? LAYERS_MAX : map_page.layer_count;
    map_page.is_embedded = request_parameter(request, "embed") && strcmp(request_parameter(request, "embed"), "1") == 0;
    struct page_head head = {.title = arena_printf(context->arena, "%s · Tesela", map_page.title),
                             .description = map_page.description,
                             .path = arena_printf(context->arena, "/mapas/%s", map->id),
                             .image =
                                 map_picture_url(map, &map_page.view, PICTURE_WIDTH, PICTURE_HEIGHT, context->arena),
                             .body_class = map_page.is_embedded ? "page-embed" : "page page-map",
                             .has_viewer = true,
                             .is_bare = map_page.is_embedded,
                             .no_index = map_page.is_embedded || !map_is_listed(map)};
    page_begin(&map_page.page, &head);
    if (!put_body(&map_page, &err)) {
        response_error(response, request, &err);
        return;
    }
    page_end(&map_page.page, &head);
}

void handle_legend(const struct request *request, struct handler_context *context, struct response *response)
{
    struct error err = {0};
    const char *id = request_capture(request, 0);
    const struct catalog_map *map = find_map(context, id);
    enum language language = page_language(request);
    struct legend legend;
    if (!map) {
        response_problem(response, request, 404, "MAP-001", "no hay un mapa «%.80s»; la lista está en /mapas", id);
        return;
    }
    if (!legend_make(map->style, map_view_default(map).zoom, catalog_layers(context->catalog), language, context->arena,
                     &legend, &err)) {
        response_error(response, request, &err);
        return;
    }
    const char *format = request_parameter(request, "f");
    const char *title = format_pick(language, map->title_es, map->title_en);
    response->version = map->version;
    response->vary = "Accept-Language";
    if (!format || strcmp(format, "json") == 0) {
        response->content_type = TYPE_JSON;
        legend_write_json(&legend, map->id, title, &response->body);
    } else if (strcmp(format, "svg") == 0) {
        response->content_type = TYPE_SVG;
        legend_write_svg(&legend, title, &response->body);
    } else if (strcmp(format, "html") == 0) {
        response->content_type = TYPE_HTML;
        legend_write_html(&legend, 3, &response->body);
    } else {
        response_problem(response, request, 400, "MAP-002",
                         "formato de leyenda «%.32s» desconocido; use json, svg o html", format);
    }
}
