/* SPDX-License-Identifier: MIT */
/* Views and pictures of maps. */

#include "server/map_view.h"

#include "geo/grid.h"
#include "server/response.h"

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
