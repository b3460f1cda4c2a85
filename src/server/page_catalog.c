/* SPDX-License-Identifier: MIT */
/* The home page and the catalogue: every published map by theme, with a small picture and what it is about. */

#include "server/html_write.h"
#include "server/map_view.h"
#include "server/page_layout.h"
#include "server/pages.h"

#include "base/json_write.h"

#include <string.h>

enum { PREVIEW_WIDTH = 320, PREVIEW_HEIGHT = 200 };

/* The listed maps by the title of their theme, in the order in which themes first appear; "base" first of all. */
struct theme_list {
    const char **titles;
    size_t count;
};

static const char *theme_of(const struct page *page, const struct catalog_map *map)
{
    return page_theme_title(page, map->theme);
}

static bool collect_themes(const struct page *page, struct theme_list *out_themes)
{
    const struct catalog *catalog = page->context->catalog;
    size_t map_count = catalog_map_count(catalog);
    struct theme_list themes = {arena_array(page->context->arena, map_count + 1, sizeof(char *)), 0};
    if (!themes.titles) {
        return false;
    }
    for (size_t i = 0; i < map_count; i++) {
        const struct catalog_map *map = catalog_map_at(catalog, i);
        const char *title = theme_of(page, map);
        bool known = !map_is_listed(map);
        for (size_t j = 0; j < themes.count && !known; j++) {
            known = strcmp(themes.titles[j], title) == 0;
        }
        if (!known) {
            themes.titles[themes.count++] = title;
        }
    }
    *out_themes = themes;
    return true;
}

/* The first sentence or so, for a card. */
static struct text shortened(const char *text)
{
    size_t length = text ? strcspn(text, "\r\n") : 0;
    if (length > 180) {
        length = 180;
        while (length > 100 && text[length] != ' ') {
            length -= 1;
        }
    }
    return (struct text){text, length};
}

static void put_card(const struct page *page, const struct catalog_map *map)
{
    struct arena *arena = page->context->arena;
    struct map_view view = map_view_default(map);
    view.zoom = view.zoom > map->min_zoom + 1 ? view.zoom - 1 : view.zoom;
    const char *description = format_pick(page->language, map->description_es, map->description_en);
    struct text summary = shortened(description);
    html_print(page->out,
               "<li class=\"card\">\n<img src=\"%s\" width=\"%d\" height=\"%d\" alt=\"\" loading=\"lazy\" "
               "decoding=\"async\">\n<div>\n<h3><a href=\"/mapas/%s%s\">%s</a></h3>\n",
               map_picture_url(map, &view, PREVIEW_WIDTH, PREVIEW_HEIGHT, arena), PREVIEW_WIDTH, PREVIEW_HEIGHT,
               map->id, page_language_query(page, '?'), format_pick(page->language, map->title_es, map->title_en));
    if (summary.length > 0) {
        html_print(page->out, "<p>%.*s%s</p>\n", (int)summary.length, summary.data,
                   description[summary.length] && description[summary.length] != '\n' ? "…" : "");
    }
    if (map->source || map->date) {
        html_print(page->out, "<p class=\"quiet\">%s%s%s</p>\n", map->source, map->source && map->date ? " · " : "",
                   map->date ? format_date(page->language, text_of(map->date), arena) : "");
    }
    html_print(page->out, "</div>\n</li>\n");
}

static size_t listed_count(const struct catalog *catalog)
{
    size_t count = 0;
    for (size_t i = 0; i < catalog_map_count(catalog); i++) {
        count += map_is_listed(catalog_map_at(catalog, i));
    }
    return count;
}

static void put_themes(const struct page *page)
{
    const struct catalog *catalog = page->context->catalog;
    struct theme_list themes;
    if (!collect_themes(page, &themes)) {
        return;
    }
    for (size_t i = 0; i < themes.count; i++) {
        html_print(page->out, "<section class=\"theme\">\n<h2>%s</h2>\n<ul class=\"cards\">\n", themes.titles[i]);
        for (size_t j = 0; j < catalog_map_count(catalog); j++) {
            const struct catalog_map *map = catalog_map_at(catalog, j);
            if (map_is_listed(map) && strcmp(theme_of(page, map), themes.titles[i]) == 0) {
                put_card(page, map);
            }
        }
        html_print(page->out, "</ul>\n</section>\n");
    }
}

static void put_empty(const struct page *page)
{
    html_print(page->out, "<p>%s</p>\n<pre><code>tesela load colonias.zip</code></pre>\n",
               page_say(page,
                        "Todavía no hay mapas publicados. Cargue una capa y ponga un estilo en la carpeta de estilos:",
                        "There are no published maps yet. Load a layer and put a style into the styles folder:"));
}

static void put_catalogue(const struct page *page, const struct page_head *head, const char *heading, const char *lead)
{
    page_begin(page, head);
    html_print(page->out, "<main id=\"contenido\" class=\"wide\">\n<h1>%s</h1>\n<p class=\"lead\">%s</p>\n", heading,
               lead);
    if (listed_count(page->context->catalog) == 0) {
        put_empty(page);
    } else {
        put_themes(page);
    }
    html_print(page->out, "</main>\n");
    page_end(page, head);
}

void handle_home(const struct request *request, struct handler_context *context, struct response *response)
{
    struct page page = page_start(request, context, response);
    const char *lead = page_say(&page,
                                "Mapas de la ciudad para consultar, compartir y reutilizar: toque un mapa para "
                                "explorarlo, ver su leyenda y descargar sus datos.",
                                "Maps of the city to explore, share and reuse: open a map to look around, read its "
                                "legend and download its data.");
    struct page_head head = {.title = page_say(&page, "Mapas de la ciudad · Tesela", "City maps · Tesela"),
                             .description = lead,
                             .path = "/",
                             .body_class = "page"};
    put_catalogue(&page, &head, page_say(&page, "Mapas de la ciudad", "City maps"), lead);
}

static void write_map_json(struct json_writer *json, const struct request *request, const struct catalog_map *map,
                           enum language language, struct arena *arena)
{
    const char *base = request->base_url ? request->base_url : "";
    json_write_begin_object(json);
    json_write_member_string(json, "id", map->id);
    json_write_member_string(json, "title", format_pick(language, map->title_es, map->title_en));
    json_write_member_string(json, "description", format_pick(language, map->description_es, map->description_en));
    json_write_member_string(json, "theme", map->theme);
    json_write_member_string(json, "source", map->source);
    json_write_member_string(json, "date", map->date);
    json_write_member_string(json, "legal", map->legal);
    json_write_member_string(json, "page", arena_printf(arena, "%s/mapas/%s", base, map->id));
    json_write_member_string(json, "tilejson", arena_printf(arena, "%s/tiles/%s.json", base, map->id));
    json_write_member_string(json, "style", arena_printf(arena, "%s/styles/%s.json", base, map->id));
    json_write_member_string(json, "legend", arena_printf(arena, "%s/legend/%s", base, map->id));
    json_write_end_object(json);
}

static void answer_maps_json(const struct request *request, struct handler_context *context, struct response *response)
{
    struct json_writer json;
    response->content_type = TYPE_JSON;
    json_write_init(&json, &response->body);
    json_write_begin_object(&json);
    json_write_name(&json, "maps");
    json_write_begin_array(&json);
    for (size_t i = 0; i < catalog_map_count(context->catalog); i++) {
        const struct catalog_map *map = catalog_map_at(context->catalog, i);
        if (map_is_listed(map)) {
            write_map_json(&json, request, map, page_language(request), context->arena);
        }
    }
    json_write_end_array(&json);
    json_write_end_object(&json);
}

void handle_maps(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *format = request_parameter(request, "f");
    if (format && strcmp(format, "json") == 0) {
        answer_maps_json(request, context, response);
        return;
    }
    struct page page = page_start(request, context, response);
    const char *lead = page_say(&page, "Todos los mapas publicados, por tema.", "All published maps, by theme.");
    struct page_head head = {.title = page_say(&page, "Todos los mapas · Tesela", "All maps · Tesela"),
                             .description = lead,
                             .path = "/mapas",
                             .body_class = "page"};
    put_catalogue(&page, &head, page_say(&page, "Todos los mapas", "All maps"), lead);
}

void handle_sitemap(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *base = request->base_url ? request->base_url : "";
    response->content_type = "application/xml; charset=utf-8";
    html_print(&response->body,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n<url><loc>%s/</loc></url>\n"
               "<url><loc>%s/mapas</loc></url>\n",
               base, base);
    for (size_t i = 0; i < catalog_map_count(context->catalog); i++) {
        const struct catalog_map *map = catalog_map_at(context->catalog, i);
        if (map_is_listed(map)) {
            html_print(&response->body, "<url><loc>%s/mapas/%s</loc></url>\n", base, map->id);
        }
    }
    html_print(&response->body, "</urlset>\n");
}
