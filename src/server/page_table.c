/* SPDX-License-Identifier: MIT */
/* The table behind a map: every feature of a layer with readable titles and values, a page at a time. For people who
 * do not see the map it is the map. */

#include "server/html_write.h"
#include "server/page_layout.h"
#include "server/map_view.h"
#include "server/pages.h"

#include <string.h>

enum { ROWS_PER_PAGE = 50, LAYERS_MAX = 32, CELL_BYTES_MAX = 400 };

struct table {
    const struct page *page;
    const struct store_layer *layer;
};

static bool put_row(void *context, const struct store_item *item)
{
    const struct table *table = context;
    const struct page *page = table->page;
    html_print(page->out, "<tr>");
    for (size_t i = 0; i < table->layer->field_count; i++) {
        const struct store_field *field = &table->layer->fields[i];
        bool is_number = field->type == FIELD_INTEGER || field->type == FIELD_REAL;
        char *text =
            format_field_value(page->language, field->name, field->type, &item->values[i], page->context->arena);
        size_t length = text ? strlen(text) : 0;
        html_print(page->out, is_number ? "<td class=\"number\">%.*s</td>" : "<td>%.*s</td>",
                   (int)(length > CELL_BYTES_MAX ? CELL_BYTES_MAX : length), text ? text : "");
    }
    html_print(page->out, "</tr>\n");
    return true;
}

static void put_header(const struct table *table)
{
    const struct page *page = table->page;
    html_print(page->out, "<thead><tr>");
    for (size_t i = 0; i < table->layer->field_count; i++) {
        const struct store_field *field = &table->layer->fields[i];
        const char *title = format_pick(page->language, field->title_es, field->title_en);
        bool is_number = field->type == FIELD_INTEGER || field->type == FIELD_REAL;
        html_print(page->out,
                   is_number ? "<th scope=\"col\" class=\"number\">%s%s%s%s</th>" : "<th scope=\"col\">%s%s%s%s</th>",
                   title ? title : format_humanised(text_of(field->name), page->context->arena),
                   field->unit ? " (" : "", field->unit ? field->unit : "", field->unit ? ")" : "");
    }
    html_print(page->out, "</tr></thead>\n");
}

static void put_pager(const struct table *table, const char *map_id, uint64_t number, uint64_t page_count)
{
    const struct page *page = table->page;
    html_print(page->out, "<nav class=\"pager\" aria-label=\"%s\">\n", page_say(page, "Páginas", "Pages"));
    if (number > 1) {
        html_print(page->out,
                   "<a class=\"button\" rel=\"prev\" href=\"/mapas/%s/tabla?capa=%s&pagina=%llu%s\">%s</a>\n", map_id,
                   table->layer->id, (unsigned long long)number - 1, page_language_query(page, '&'),
                   page_say(page, "Anterior", "Previous"));
    }
    html_print(page->out, "<span>%s %llu %s %llu</span>\n", page_say(page, "Página", "Page"),
               (unsigned long long)number, page_say(page, "de", "of"), (unsigned long long)page_count);
    if (number < page_count) {
        html_print(page->out,
                   "<a class=\"button\" rel=\"next\" href=\"/mapas/%s/tabla?capa=%s&pagina=%llu%s\">%s</a>\n", map_id,
                   table->layer->id, (unsigned long long)number + 1, page_language_query(page, '&'),
                   page_say(page, "Siguiente", "Next"));
    }
    html_print(page->out, "</nav>\n");
}

static bool put_table(struct table *table, const struct catalog_map *map, uint64_t number, struct error *err)
{
    const struct page *page = table->page;
    uint64_t total = (uint64_t)(table->layer->feature_count > 0 ? table->layer->feature_count : 0);
    uint64_t page_count = total == 0 ? 1 : (total + ROWS_PER_PAGE - 1) / ROWS_PER_PAGE;
    struct store_query query = {.limit = ROWS_PER_PAGE, .offset = (number - 1) * ROWS_PER_PAGE};
    const char *map_title = format_pick(page->language, map->title_es, map->title_en);
    const char *title = format_pick(page->language, table->layer->title_es, table->layer->title_en);
    char count[32];
    format_integer((int64_t)total, count);
    html_print(page->out,
               "<main id=\"contenido\" class=\"wide\">\n<nav class=\"crumbs\" aria-label=\"%s\"><a href=\"/mapas%s\">%s"
               "</a> › <a href=\"/mapas/%s%s\">%s</a></nav>\n<h1>%s</h1>\n<p class=\"facts\"><span>%s %s</span></p>\n",
               page_say(page, "Ruta", "Breadcrumb"), page_language_query(page, '?'), page_say(page, "Mapas", "Maps"),
               map->id, page_language_query(page, '?'), map_title, title, count,
               page_say(page, total == 1 ? "elemento" : "elementos", total == 1 ? "feature" : "features"));
    html_print(page->out, "<div class=\"table-scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table>\n",
               title);
    put_header(table);
    html_print(page->out, "<tbody>\n");
    if (!store_items(page->context->worker->store, table->layer, &query, put_row, table, err)) {
        return false;
    }
    html_print(page->out, "</tbody>\n</table>\n</div>\n");
    put_pager(table, map->id, number, page_count);
    html_print(page->out, "<p class=\"legal\">%s</p>\n</main>\n", map->legal);
    return true;
}

/* The layer asked for, which must be one of the map's; without "capa" the first of them. */
static const struct store_layer *find_layer(const struct catalog *catalog, const struct catalog_map *map,
                                            const char *asked)
{
    const struct store_layer *layers[LAYERS_MAX];
    size_t count = catalog_map_layers(catalog, map, layers, LAYERS_MAX);
    for (size_t i = 0; i < count && i < LAYERS_MAX; i++) {
        if (!asked || strcmp(layers[i]->id, asked) == 0) {
            return layers[i];
        }
    }
    return NULL;
}

void handle_map_table(const struct request *request, struct handler_context *context, struct response *response)
{
    struct error err = {0};
    uint64_t number = 1;
    const char *asked = request_parameter(request, "capa");
    const struct catalog_map *map = catalog_map_find(context->catalog, request_capture(request, 0));
    const struct store_layer *layer = map && map->state != MAP_IGNORE ? find_layer(context->catalog, map, asked) : NULL;
    if (!layer) {
        const char *detail =
            page_language(request) == LANGUAGE_EN ? "This map has no such layer." : "Este mapa no tiene esa capa.";
        if (!page_problem(request, context, response, 404, "MAP-003", detail)) {
            response_problem(response, request, 404, "MAP-003", "el mapa «%.80s» no tiene la capa «%.80s»",
                             request_capture(request, 0), asked ? asked : "");
        }
        return;
    }
    if (!request_uint(request, "pagina", 1, 1000000, &number, &err)) {
        response_error(response, request, &err);
        return;
    }
    struct page page = page_start(request, context, response);
    struct table table = {&page, layer};
    struct page_head head = {.title = arena_printf(context->arena, "%s · %s · Tesela",
                                                   format_pick(page.language, layer->title_es, layer->title_en),
                                                   format_pick(page.language, map->title_es, map->title_en)),
                             .path = arena_printf(context->arena, "/mapas/%s/tabla", map->id),
                             .body_class = "page",
                             .no_index = number > 1 || !map_is_listed(map)};
    page_begin(&page, &head);
    if (!put_table(&table, map, number, &err)) {
        response_error(response, request, &err);
        return;
    }
    page_end(&page, &head);
}
