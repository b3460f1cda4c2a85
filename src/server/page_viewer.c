/* SPDX-License-Identifier: MIT */
/* The data block of the viewer: the map, its view, the maps that can be stacked, and what the viewer says. */

#include "server/page_viewer.h"

#include "base/json_write.h"
#include "geo/grid.h"
#include "server/html_write.h"

#include <math.h>

/* What the viewer says, by the names its modules use. */
static const struct {
    const char *name, *es, *en;
} viewer_texts[] = {
    {"zoomIn", "Acercar", "Zoom in"},
    {"zoomOut", "Alejar", "Zoom out"},
    {"mapHelp", "Flechas: mover. Más y menos: acercar y alejar. Entrar: qué hay en el centro. Escape: cerrar.",
     "Arrows: move. Plus and minus: zoom. Enter: what is at the centre. Escape: close."},
    {"mapRole", "mapa", "map"},
    {"moved", "Centro {lat}, {lon}; nivel de acercamiento {zoom}", "Centre {lat}, {lon}; zoom level {zoom}"},
    {"here", "Qué hay aquí", "What is here"},
    {"hereCount", "{count} elementos aquí", "{count} features here"},
    {"hereMore", "Hay más elementos: acerque el mapa para distinguirlos.",
     "There are more: zoom in to tell them apart."},
    {"nothing", "No hay elementos del mapa en este punto.", "There is nothing of this map at this point."},
    {"coordinates", "Coordenadas", "Coordinates"},
    {"searching", "Consultando…", "Looking…"},
    {"identifyFailed", "No se pudo consultar este punto. Revise su conexión e intente de nuevo.",
     "This point could not be looked up. Check your connection and try again."},
    {"close", "Cerrar", "Close"},
    {"back", "Volver a la lista", "Back to the list"},
    {"zoomTo", "Acercar a este elemento", "Zoom to this feature"},
    {"source", "Fuente", "Source"},
    {"tilesFailed", "No se pudo cargar una parte del mapa.", "A part of the map could not be loaded."},
    {"retry", "Reintentar", "Try again"},
    {"locating", "Buscando su ubicación…", "Finding your location…"},
    {"located", "Mapa centrado en su ubicación.", "Map centred on your location."},
    {"locateFailed", "Su navegador no dio la ubicación.", "Your browser gave no location."},
    {"locateOutside", "Su ubicación está fuera de este mapa.", "Your location is outside this map."},
    {"copied", "Enlace copiado", "Link copied"},
    {"copyFailed", "No se pudo copiar: seleccione el texto y cópielo.", "Could not copy: select the text and copy it."},
    {"larger", "Mapa grande", "Large map"},
    {"smaller", "Mapa normal", "Normal map"},
    {"visible", "Mostrar {title}", "Show {title}"},
    {"opacity", "Opacidad de {title}", "Opacity of {title}"},
    {"remove", "Quitar {title}", "Remove {title}"},
    {"raise", "Subir {title}", "Move {title} up"},
    {"added", "{title} agregado al mapa", "{title} added to the map"},
    {"removed", "{title} quitado del mapa", "{title} removed from the map"},
    {"shown", "{title}: visible", "{title}: shown"},
    {"hidden", "{title}: oculto", "{title}: hidden"},
    {"noLayers", "Ningún mapa está activo. Active uno en «Mapas superpuestos».",
     "No map is active. Activate one under “Stacked maps”."},
    {"add", "Agregar", "Add"},
    {"full", "Se pueden superponer hasta {max} mapas.", "Up to {max} maps can be stacked."},
    {"twoFingers", "Use dos dedos para mover el mapa", "Use two fingers to move the map"},
    {"ctrlWheel", "Use Ctrl + rueda para acercar el mapa", "Use Ctrl + wheel to zoom the map"},
};

static void write_map_entry(struct json_writer *json, const struct page *page, const struct catalog_map *map)
{
    char version[17];
    response_version_text(map->version, version);
    json_write_begin_object(json);
    json_write_member_string(json, "id", map->id);
    json_write_member_string(json, "title", format_pick(page->language, map->title_es, map->title_en));
    json_write_member_string(json, "version", version);
    json_write_member_bool(json, "opaque", map_is_opaque(map));
    json_write_member_string(json, "attribution", map->source);
    json_write_end_object(json);
}

static void write_maps(struct json_writer *json, const struct page *page, const struct catalog_map *current)
{
    const struct catalog *catalog = page->context->catalog;
    json_write_name(json, "maps");
    json_write_begin_array(json);
    write_map_entry(json, page, current);
    for (size_t i = 0; i < catalog_map_count(catalog); i++) {
        const struct catalog_map *map = catalog_map_at(catalog, i);
        if (map != current && map_is_listed(map)) {
            write_map_entry(json, page, map);
        }
    }
    json_write_end_array(json);
}

static void write_view(struct json_writer *json, const struct catalog_map *map, const struct map_view *view)
{
    json_write_name(json, "view");
    json_write_begin_object(json);
    json_write_name(json, "lat");
    json_write_fixed(json, view->latitude, 6);
    json_write_name(json, "lon");
    json_write_fixed(json, view->longitude, 6);
    json_write_member_double(json, "zoom", view->zoom);
    json_write_end_object(json);
    json_write_member_double(json, "minZoom", map->min_zoom);
    json_write_member_double(json, "maxZoom", fmin(map->max_zoom, GRID_ZOOM_MAX));
    json_write_name(json, "bounds");
    if (bbox_is_empty(&map->bbox)) {
        json_write_null(json);
        return;
    }
    const double corners[] = {map->bbox.min_x, map->bbox.min_y, map->bbox.max_x, map->bbox.max_y};
    json_write_begin_array(json);
    for (size_t i = 0; i < 4; i++) {
        json_write_fixed(json, corners[i], 6);
    }
    json_write_end_array(json);
}

void page_put_viewer_data(const struct page *page, const struct catalog_map *map, const struct map_view *view,
                          bool is_embedded)
{
    struct json_writer json;
    html_print(page->out, "<script type=\"application/json\" id=\"viewer-data\">");
    /* json_write escapes '<', so nothing in it can end the element. */
    json_write_init(&json, page->out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "map", map->id);
    json_write_member_string(&json, "language", page->language == LANGUAGE_EN ? "en" : "es-MX");
    json_write_member_bool(&json, "embedded", is_embedded);
    write_view(&json, map, view);
    write_maps(&json, page, map);
    json_write_name(&json, "texts");
    json_write_begin_object(&json);
    for (size_t i = 0; i < sizeof viewer_texts / sizeof *viewer_texts; i++) {
        json_write_member_string(&json, viewer_texts[i].name, page_say(page, viewer_texts[i].es, viewer_texts[i].en));
    }
    json_write_end_object(&json);
    json_write_end_object(&json);
    html_print(page->out, "</script>\n");
}
