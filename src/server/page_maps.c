/* SPDX-License-Identifier: MIT */
/* Views and pictures of maps, and the data block of the viewer. */

#include "server/page_maps.h"

#include "base/json_write.h"
#include "geo/grid.h"
#include "server/html_write.h"

#include <math.h>
#include <string.h>

struct map_view map_view_default(const struct catalog_map *map)
{
    if (map->has_center || bbox_is_empty(&map->bbox)) {
        return (struct map_view){map->center_lat, map->center_lon, round(map->zoom)};
    }
    struct world_box box = grid_box(&map->bbox);
    double width = (double)(box.max_x - box.min_x);
    double height = (double)(box.max_y - box.min_y);
    struct map_view view = {.zoom = 0};
    grid_to_lonlat((double)box.min_x + width / 2, (double)box.min_y + height / 2, &view.longitude, &view.latitude);
    /* The deepest whole zoom at which the box fits; 760 x 460 leaves a margin. */
    double fit = fmax(fmax(width / 760, height / 460), 1);
    view.zoom = floor(log2((double)GRID_WORLD_UNITS / 256 / fit));
    view.zoom = fmin(fmax(view.zoom, map->min_zoom), fmin(map->max_zoom, 18));
    return view;
}

bool map_view_parse(const char *text, const struct catalog_map *map, struct map_view *out_view)
{
    double numbers[3];
    for (size_t i = 0; i < 3; i++) {
        size_t length = text ? strcspn(text, ",") : 0;
        if (length == 0 || !text_to_double((struct text){text, length}, &numbers[i]) ||
            (text[length] == ',') != (i < 2)) {
            return false;
        }
        text += length + (i < 2);
    }
    if (fabs(numbers[0]) > GRID_LATITUDE_MAX || fabs(numbers[1]) > 180) {
        return false;
    }
    *out_view = (struct map_view){numbers[0], numbers[1],
                                  fmin(fmax(round(numbers[2]), map->min_zoom), fmin(map->max_zoom, GRID_ZOOM_MAX))};
    return true;
}

char *map_picture_url(const struct catalog_map *map, const struct map_view *view, unsigned width, unsigned height,
                      struct arena *arena)
{
    char version[17];
    /* The viewer places tiles on whole pixels: so does the picture, or lines would jump by half of one. */
    struct world_point center = grid_from_lonlat(view->longitude, view->latitude);
    double units_per_px = (double)GRID_WORLD_UNITS / (256 * exp2(view->zoom));
    double longitude, latitude;
    grid_to_lonlat(round(center.x / units_per_px) * units_per_px, round(center.y / units_per_px) * units_per_px,
                   &longitude, &latitude);
    response_version_text(map->version, version);
    return arena_printf(arena, "/maps/%s.png?center=%.7f,%.7f&zoom=%g&size=%ux%u&v=%s", map->id, longitude, latitude,
                        view->zoom, width, height, version);
}

bool map_is_listed(const struct catalog_map *map)
{
    return map->state == MAP_PUBLISH;
}

bool map_is_opaque(const struct catalog_map *map)
{
    for (size_t i = 0; i < style_layer_count(map->style); i++) {
        const struct style_layer_info *info = style_layer_info(style_layer_at(map->style, i));
        if ((info->type == STYLE_BACKGROUND || info->type == STYLE_RASTER) && info->visible) {
            return true;
        }
    }
    return false;
}

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
