/* SPDX-License-Identifier: MIT */
#include "tile/tile_raster.h"

#include "store/raster_source.h"

#include <math.h>
#include <string.h>

enum {
    TILES_MAX = 1024, /* of one picture */
    BORDER_PX = 3     /* of elevation that is read around: slopes reach two pixels */
};

/* Tiles of one zoom that touch an area; `max_x` may lie worlds away. */
struct tile_range {
    uint32_t z;
    int64_t min_x;
    int64_t max_x;
    int64_t min_y;
    int64_t max_y;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static int64_t bounded(int64_t at, int64_t low, int64_t high)
{
    return at < low ? low : at > high ? high : at;
}

/* The zoom whose tiles of 256 px are nearest to the picture's pixels. Imagery is as sharp as the device; slopes look
 * alike at any pixel ratio. */
static uint32_t zoom_of(const struct store_layer *layer, const struct view *view, bool is_imagery)
{
    double wanted = floor(view->zoom + 1 + (is_imagery ? log2(view->pixel_ratio) : 0) + 0.5);
    return (uint32_t)fmax(0, fmin(layer->raster.zoom_max, wanted));
}

static struct tile_range range_of(const struct world_box *area, uint32_t z, bool with_border)
{
    int64_t width = tile_width(z);
    int64_t half = GRID_WORLD_UNITS / 2;
    int64_t border = with_border ? BORDER_PX * (width / RASTER_TILE_PX) : 0;
    int64_t last = ((int64_t)1 << z) - 1;
    return (struct tile_range){
        .z = z,
        .min_x = floor_divide(area->min_x - border + half, width),
        .max_x = floor_divide(area->max_x + border + half, width),
        .min_y = bounded(floor_divide(area->min_y - border + half, width), 0, last),
        .max_y = bounded(floor_divide(area->max_y + border + half, width), 0, last),
    };
}

/* Whether the layer's box, which may cross the antimeridian, touches the tile. */
static bool has_tile(const struct store_layer *layer, struct tile_id tile)
{
    struct world_box box = tile_box(tile);
    struct world_box all = grid_box(&layer->bbox);
    for (int64_t world = -1; world <= 1; world++) {
        struct world_box moved = {all.min_x + world * GRID_WORLD_UNITS, all.min_y, all.max_x + world * GRID_WORLD_UNITS,
                                  all.max_y};
        if (world_box_touches(&box, &moved)) {
            return true;
        }
    }
    return false;
}

/* Reads one tile, and adds it when there is something in it. */
static bool add_piece(struct tile_worker *worker, const struct store_layer *layer, const struct render_need *need,
                      struct tile_id tile, int64_t world, struct render_input *input, struct render_raster *pieces,
                      struct error *err)
{
    struct raster_tile pixels;
    bool as_metres = need->kind == RENDER_NEED_ELEVATION;
    if (!has_tile(layer, tile)) {
        return true;
    }
    if (!raster_source_tile(worker->rasters, layer, tile, as_metres, worker->arena, &pixels, err)) {
        error_prefix(err, "layer \"%s\"", layer->id);
        return false;
    }
    if (pixels.is_empty) {
        return true;
    }
    struct render_raster piece = render_raster_of_tile(tile, world);
    piece.kind = as_metres ? RENDER_RASTER_ELEVATION : RENDER_RASTER_COLOR;
    piece.width_px = piece.height_px = RASTER_TILE_PX;
    piece.rgba = pixels.rgba;
    piece.metres = pixels.metres;
    pieces[input->raster_count++] = piece;
    return true;
}

bool tile_raster_find(struct tile_worker *worker, const struct store_layer *layer, const struct render_need *need,
                      const struct view *view, struct render_input *out_input, struct error *err)
{
    if (layer->raster.kind == STORE_RASTER_NONE) {
        return true;
    }
    bool is_imagery = need->kind == RENDER_NEED_IMAGERY;
    struct tile_range range = range_of(&need->area, zoom_of(layer, view, is_imagery), !is_imagery);
    uint64_t count = (uint64_t)(range.max_x - range.min_x + 1) * (uint64_t)(range.max_y - range.min_y + 1);
    if (count > TILES_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "TIL-004", "the picture would take %llu tiles of \"%s\"",
                   "la imagen requeriría %llu teselas de «%s»", (unsigned long long)count, layer->id);
        return false;
    }
    struct render_raster *pieces = arena_array(worker->arena, (size_t)count, sizeof *pieces);
    if (!pieces) {
        return error_no_memory(err);
    }
    int64_t around = (int64_t)1 << range.z;
    for (int64_t y = range.min_y; y <= range.max_y; y++) {
        for (int64_t x = range.min_x; x <= range.max_x; x++) {
            int64_t world = floor_divide(x, around);
            struct tile_id tile = {range.z, (uint32_t)(x - world * around), (uint32_t)y};
            if (!add_piece(worker, layer, need, tile, world, out_input, pieces, err)) {
                return false;
            }
        }
    }
    out_input->rasters = pieces;
    return true;
}

/* --- a tile by itself --- */

static bool paint_imagery(struct tile_worker *worker, const struct store_layer *layer,
                          const struct tile_request *request, struct buffer *out, struct error *err)
{
    const char *json = arena_printf(worker->arena,
                                    "{\"version\":8,\"sources\":{\"r\":{\"type\":\"raster\",\"url\":\"tesela://%s\"}},"
                                    "\"layers\":[{\"id\":\"r\",\"type\":\"raster\",\"source\":\"r\"}]}",
                                    layer->id);
    struct style *style = NULL;
    struct view view = view_of_tile(request->tile, request->size_px, request->pixel_ratio);
    struct render_need *needs;
    size_t count;
    const struct canvas *canvas;
    struct render_input input = {.source = "r"};
    if (!json) {
        return error_no_memory(err);
    }
    bool ok = style_read(layer->id, text_of(json), &style, NULL, NULL, err) &&
              render_needs(style, &view, worker->arena, &needs, &count, err) &&
              tile_raster_find(worker, layer, &needs[0], &view, &input, err) &&
              render_paint(worker->painter, style, NULL, &view, &input, 1, NULL, 0, worker->arena, &canvas, err) &&
              tile_encode(worker, request->format, canvas, out, err);
    style_unref(style);
    return ok;
}

/* Tenths of a metre above -10000 m in three bytes. */
static void encode_metres(float metres, uint8_t *out)
{
    double known = isnan(metres) ? 0 : (double)metres;
    uint32_t code = (uint32_t)fmax(0, fmin(0xffffff, floor((known + 10000) * 10 + 0.5)));
    out[0] = (uint8_t)(code >> 16);
    out[1] = (uint8_t)(code >> 8);
    out[2] = (uint8_t)code;
    out[3] = 255;
}

static bool code_elevation(struct tile_worker *worker, const struct store_layer *layer,
                           const struct tile_request *request, struct buffer *out, struct error *err)
{
    struct raster_tile tile = {.is_empty = true};
    struct canvas canvas = {RASTER_TILE_PX, RASTER_TILE_PX, NULL};
    if (request->size_px != RASTER_TILE_PX || request->pixel_ratio != 1 || request->tile.z > layer->raster.zoom_max ||
        request->format != TILE_PNG) {
        error_tell(err, ERROR_NOT_FOUND, "TIL-005",
                   "elevation \"%s\" is given as .png tiles of 256 px up to zoom %u: clients enlarge those",
                   "la elevación «%s» se entrega en teselas .png de 256 px hasta el zoom %u: el cliente las amplía",
                   layer->id, (unsigned)layer->raster.zoom_max);
        return false;
    }
    if (has_tile(layer, request->tile) &&
        !raster_source_tile(worker->rasters, layer, request->tile, true, worker->arena, &tile, err)) {
        error_prefix(err, "layer \"%s\"", layer->id);
        return false;
    }
    canvas.rgba = arena_alloc_raw(worker->arena, (size_t)4 * RASTER_TILE_PX * RASTER_TILE_PX);
    if (!canvas.rgba) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < RASTER_TILE_PX * RASTER_TILE_PX; i++) {
        encode_metres(tile.is_empty ? NAN : tile.metres[i], canvas.rgba + 4 * i);
    }
    return tile_encode(worker, TILE_PNG, &canvas, out, err);
}

bool tile_raster_make(struct tile_worker *worker, const struct store_layer *layer, const struct tile_request *request,
                      struct buffer *out, struct error *err)
{
    return layer->raster.kind == STORE_RASTER_ELEVATION ? code_elevation(worker, layer, request, out, err)
                                                        : paint_imagery(worker, layer, request, out, err);
}
