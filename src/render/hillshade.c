/* SPDX-License-Identifier: MIT */
/* hillshade layers: the slope at each elevation (Horn's eight neighbours, exaggerated at small scales as MapLibre does
 * it), mixed between them, and lit. */

#include "render/elevation_layer.h"
#include "render/hillshade_light.h"
#include "render/layer_paint.h"

#include <math.h>

/* Steeper slopes than this are cut. */
static const float slope_max = 4;

/* Slopes at the elevations of one row, from column -1 to width. */
struct slope_row {
    int32_t y;
    float *east;
    float *south;
};

struct hillshade {
    struct hillshade_lighting lighting;
    struct arena *arena;
    struct slope_row rows[2]; /* those used last, by parity of y */
    float *east;              /* of the picture's row */
    float *south;
    float scale; /* eight times the rise between neighbours becomes a slope */
    double top;  /* the piece's latitudes in radians */
    double bottom;
};

/* MapLibre's exaggeration: none from zoom 15 on, more the farther out. */
static float scale_of(const struct render_raster *piece)
{
    double zoom = piece->zoom;
    double factor = zoom < 2 ? 0.4 : zoom < 4.5 ? 0.35 : 0.3;
    double exaggeration = zoom < 15 ? (zoom - 15) * factor : 0;
    /* 8 * 40075016.7 m / (width * 2^zoom) is eight times the width of a pixel at the equator. */
    return (float)(piece->width_px / exp2(exaggeration + 28.2562 - zoom));
}

static double latitude_of(double world_y)
{
    double longitude;
    double latitude;
    grid_to_lonlat(0, world_y, &longitude, &latitude);
    return latitude * 3.14159265358979323846 / 180;
}

static bool begin_piece(void *brush, const struct elevation *grid, const struct render_raster *piece)
{
    struct hillshade *shade = brush;
    for (size_t i = 0; i < 2; i++) {
        struct slope_row *row = &shade->rows[i];
        *row = (struct slope_row){
            .y = INT32_MIN,
            .east = arena_array(shade->arena, (size_t)grid->width + 2, sizeof *row->east),
            .south = arena_array(shade->arena, (size_t)grid->width + 2, sizeof *row->south),
        };
        if (!row->east || !row->south) {
            return false;
        }
    }
    shade->scale = scale_of(piece);
    shade->top = latitude_of(piece->corners[0].y);
    shade->bottom = latitude_of(piece->corners[2].y);
    return true;
}

static inline float known(float metres, float otherwise)
{
    return isnan(metres) ? otherwise : metres;
}

static inline float cut(float slope)
{
    return slope > slope_max ? slope_max : slope < -slope_max ? -slope_max : slope;
}

static const struct slope_row *slopes_of(struct hillshade *shade, const struct elevation *grid, int32_t y)
{
    struct slope_row *row = &shade->rows[y & 1];
    if (row->y == y) {
        return row;
    }
    const float *above = elevation_row(grid, y - 1);
    const float *here = elevation_row(grid, y);
    const float *below = elevation_row(grid, y + 1);
    int32_t width = (int32_t)grid->width;
    for (int32_t x = -1; x <= width; x++) {
        float e = here[x];
        float a = known(above[x - 1], e);
        float b = known(above[x], e);
        float c = known(above[x + 1], e);
        float d = known(here[x - 1], e);
        float f = known(here[x + 1], e);
        float g = known(below[x - 1], e);
        float h = known(below[x], e);
        float i = known(below[x + 1], e);
        /* An unknown elevation gives NaN, which comparisons in cut() let through. */
        row->east[x + 1] = cut(((c + f + f + i) - (a + d + d + g)) * shade->scale + 0 * e);
        row->south[x + 1] = cut(((g + h + h + i) - (a + b + b + c)) * shade->scale + 0 * e);
    }
    row->y = y;
    return row;
}

static void paint_row(void *brush, const struct elevation_row_place *place, uint32_t *out)
{
    struct hillshade *shade = brush;
    const struct raster_axis *across = place->across;
    const struct slope_row *above = slopes_of(shade, place->grid, place->first);
    const struct slope_row *below = slopes_of(shade, place->grid, place->second);
    size_t count = across->to - across->from;
    /* Mercator makes the ground look larger towards the poles, and slopes flatter. */
    double latitude = shade->top * (1 - place->share) + shade->bottom * place->share;
    float stretch = (float)(1 / cos(latitude));
    for (size_t i = 0; i < count; i++) {
        int32_t first = across->first[i] + 1;
        int32_t second = across->second[i] + 1;
        uint32_t weight = across->weight[i];
        float east = elevation_mix(elevation_mix(above->east[first], above->east[second], weight),
                                   elevation_mix(below->east[first], below->east[second], weight), place->weight);
        float south = elevation_mix(elevation_mix(above->south[first], above->south[second], weight),
                                    elevation_mix(below->south[first], below->south[second], weight), place->weight);
        shade->east[i] = east * stretch;
        shade->south[i] = south * stretch;
    }
    hillshade_light_row(&shade->lighting, shade->east, shade->south, count, out);
}

bool hillshade_paint(const struct render_layer_context *context, struct error *err)
{
    size_t width = context->view->width_px;
    struct hillshade shade = {
        .lighting = hillshade_light_of(context),
        .arena = context->arena,
        .east = arena_array(context->arena, width, sizeof *shade.east),
        .south = arena_array(context->arena, width, sizeof *shade.south),
    };
    if (!shade.east || !shade.south) {
        return error_no_memory(err);
    }
    return shade.lighting.exaggeration <= 0 || elevation_layer_paint(context, begin_piece, paint_row, &shade, err);
}
