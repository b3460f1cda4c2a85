/* SPDX-License-Identifier: MIT */
/* Making one tile or picture: what it needs is found in the store, handed to render, and encoded. */

#include "tile/tile_worker.h"

#include "render/map_images.h"
#include "render/sieve.h"
#include "store/raster_source.h"
#include "tile/archive_tile.h"
#include "tile/label_cache.h"
#include "tile/tile_raster.h"
#include "tile/tile_vector.h"

#include <stdlib.h>
#include <string.h>

enum {
    ARENA_BYTES_MAX = 768 << 20, /* of one job; past it the tile is refused as too large */
    SQUARES_MAX = 64,
    LAYERS_MAX = 256
};

bool tile_worker_init(struct tile_worker *worker, const char *data_folder, struct error *err)
{
    *worker = (struct tile_worker){.arena = arena_create(ARENA_BYTES_MAX)};
    if (!worker->arena) {
        error_no_memory(err);
        return false;
    }
    worker->painter = painter_create(err);
    if (!worker->painter || !store_open(data_folder, &worker->store, err) ||
        !raster_source_open(data_folder, &worker->rasters, err)) {
        tile_worker_finish(worker);
        return false;
    }
    return true;
}

void tile_worker_finish(struct tile_worker *worker)
{
    raster_source_close(worker->rasters);
    store_close(worker->store);
    painter_destroy(worker->painter);
    arena_destroy(worker->arena);
    *worker = (struct tile_worker){0};
}

/* What the makers of a picture and of its labels work on. */
struct picture_job {
    struct tile_worker *worker;
    const struct catalog *catalog;
    const struct style *style;
    enum tile_format format;
    struct render_assets assets;
};

static struct render_assets assets_of(const struct tile_worker *worker, const struct catalog *catalog)
{
    return (struct render_assets){.sprite = worker->images ? worker->images : catalog_images(catalog)};
}

/* What of a layer's features a need is about; nothing else is read. */
static bool find_features(const struct picture_job *job, const struct store_layer *layer,
                          const struct render_need *need, struct feature_list *out_found, struct error *err)
{
    struct arena *arena = job->worker->arena;
    struct text *columns = arena_array(arena, layer->field_count, sizeof *columns);
    if (!columns) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < layer->field_count; i++) {
        columns[i] = text_of(layer->fields[i].name);
    }
    struct render_sieve *sieve =
        render_sieve_create(job->style, need, &job->assets, columns, layer->field_count, arena);
    if (!sieve) {
        return error_no_memory(err);
    }
    struct store_wish wish = {render_sieve_columns(sieve), render_sieve_reads_ids(sieve), render_sieve_shows, sieve};
    return store_find_wanted(job->worker->store, layer, &need->area, need->zoom, &wish, arena, out_found, err);
}

/* Reads what each need asks for: features, rasters for `view`. A layer that is not loaded gives nothing: the
 * rest of the map is still shown. */
static bool find_inputs(const struct picture_job *job, const struct render_need *needs, size_t count,
                        const struct view *view, struct render_input **out_inputs, struct error *err)
{
    struct tile_worker *worker = job->worker;
    struct render_input *inputs = arena_array(worker->arena, count, sizeof *inputs);
    if (!inputs) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        inputs[i].source = needs[i].source;
        inputs[i].source_layer = needs[i].source_layer;
        const struct store_layer *layer = catalog_layer_find(job->catalog, needs[i].layer_id);
        if (layer && needs[i].kind != RENDER_NEED_FEATURES) {
            if (!tile_raster_find(worker, layer, &needs[i], view, &inputs[i], err)) {
                return false;
            }
        } else if (layer && !find_features(job, layer, &needs[i], &inputs[i].features, err)) {
            error_prefix(err, "layer \"%s\"", layer->id);
            return false;
        }
    }
    *out_inputs = inputs;
    return true;
}

static bool not_found(const char *subject, struct error *err)
{
    error_tell(err, ERROR_NOT_FOUND, "MAP-404", "there is no map or layer \"%s\"", "no existe el mapa o la capa «%s»",
               subject);
    return false;
}

/* --- labels --- */

static bool make_plan(void *context, struct label_square square, struct label_plan **out_plan, struct error *err)
{
    struct picture_job *job = context;
    struct render_need *needs;
    size_t count;
    struct render_input *inputs;
    return label_needs(job->style, square, job->worker->arena, &needs, &count, err) &&
           find_inputs(job, needs, count, NULL, &inputs, err) &&
           label_plan_create(job->worker->painter, job->style, &job->assets, square, inputs, count, job->worker->arena,
                             out_plan, err);
}

/* Plans of the squares a view touches: from the cache (held until released), or made for this picture alone. */
struct plans {
    size_t count;
    const struct label_plan *items[SQUARES_MAX];
    struct label_hold *holds[SQUARES_MAX];
    struct label_plan *own[SQUARES_MAX];
};

static void release_plans(struct plans *plans, struct label_cache *labels)
{
    for (size_t i = 0; i < plans->count; i++) {
        if (labels) {
            label_cache_release(labels, plans->holds[i]);
        }
        label_plan_destroy(plans->own[i]);
    }
}

static bool style_has_symbols(const struct style *style, double zoom)
{
    for (size_t i = 0; i < style_layer_count(style); i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        if (style_layer_info(layer)->type == STYLE_SYMBOL && render_shows(layer, zoom)) {
            return true;
        }
    }
    return false;
}

static bool find_plans(struct picture_job *job, struct label_cache *labels, uint64_t version, const struct view *view,
                       struct plans *out_plans, struct error *err)
{
    if (!style_has_symbols(job->style, view->zoom)) {
        return true;
    }
    struct label_square squares[SQUARES_MAX];
    size_t count = label_squares_of_view(view, squares, SQUARES_MAX);
    for (size_t i = 0; i < count && i < SQUARES_MAX; i++) {
        if (labels) {
            if (!label_cache_get(labels, version, squares[i], make_plan, job, &out_plans->holds[i], err)) {
                return false;
            }
            out_plans->items[i] = label_hold_plan(out_plans->holds[i]);
        } else {
            if (!make_plan(job, squares[i], &out_plans->own[i], err)) {
                return false;
            }
            out_plans->items[i] = out_plans->own[i];
        }
        out_plans->count = i + 1;
    }
    return true;
}

/* One plan for this picture alone: labels in MapLibre's order at the view's own zoom. */
static bool make_view_plan(struct picture_job *job, const struct view *view, struct plans *out_plans, struct error *err)
{
    if (!style_has_symbols(job->style, view->zoom)) {
        return true;
    }
    struct render_need *needs;
    size_t count;
    struct render_input *inputs;
    if (!label_needs_of_view(job->style, view, job->worker->arena, &needs, &count, err) ||
        !find_inputs(job, needs, count, view, &inputs, err) ||
        !label_plan_create_for_view(job->worker->painter, job->style, &job->assets, view, inputs, count,
                                    job->worker->arena, &out_plans->own[0], err)) {
        return false;
    }
    out_plans->items[0] = out_plans->own[0];
    out_plans->count = 1;
    return true;
}

bool tile_encode(struct tile_worker *worker, enum tile_format format, const struct canvas *canvas, struct buffer *out,
                 struct error *err)
{
    switch (format) {
    case TILE_JPEG:
        return render_encode_jpeg(canvas, out, err);
    case TILE_WEBP:
        return render_encode_webp(canvas, out, err);
    default:
        return render_encode_png(worker->painter, canvas, NULL, out, err);
    }
}

static bool encode(struct picture_job *job, const struct view *view, const struct canvas *canvas, struct buffer *out,
                   struct error *err)
{
    struct tile_worker *worker = job->worker;
    return worker->exact_colors || job->format != TILE_PNG
               ? tile_encode(worker, job->format, canvas, out, err)
               : render_encode_png_indexed(worker->painter, job->style, &job->assets, view->zoom, canvas, NULL, out,
                                           err);
}

/* Paints and encodes; releases the plans. */
static bool paint(struct picture_job *job, struct label_cache *labels, struct plans *plans, const struct view *view,
                  struct buffer *out, struct error *err)
{
    struct tile_worker *worker = job->worker;
    struct render_need *needs;
    size_t count;
    struct render_input *inputs;
    const struct canvas *canvas;
    bool ok = render_needs(job->style, view, worker->arena, &needs, &count, err) &&
              find_inputs(job, needs, count, view, &inputs, err) &&
              render_paint(worker->painter, job->style, &job->assets, view, inputs, count, plans->items, plans->count,
                           worker->arena, &canvas, err) &&
              encode(job, view, canvas, out, err);
    release_plans(plans, labels);
    return ok;
}

bool tile_make_view(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
                    const struct style *style, const struct view *view, enum tile_format format, struct buffer *out,
                    struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, style_name(style));
    bool is_map = map && map->style == style;
    struct label_cache *shared = is_map ? labels : NULL;
    struct picture_job job = {worker, catalog, style, format, assets_of(worker, catalog)};
    struct plans plans = {0};
    if (!find_plans(&job, shared, is_map ? map->version : 0, view, &plans, err)) {
        release_plans(&plans, shared);
        return false;
    }
    if (!label_plans_print(plans.items, plans.count, style, view, &worker->label_print)) {
        worker->label_print = 0;
    }
    return paint(&job, shared, &plans, view, out, err);
}

bool tile_make_picture(struct tile_worker *worker, const struct catalog *catalog, const struct style *style,
                       const struct view *view, enum tile_format format, struct buffer *out, struct error *err)
{
    struct picture_job job = {worker, catalog, style, format, assets_of(worker, catalog)};
    struct plans plans = {0};
    return make_view_plan(&job, view, &plans, err) && paint(&job, NULL, &plans, view, out, err);
}

bool tile_make_label_print(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
                           const struct tile_request *request, uint64_t *out_print, struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, request->subject);
    struct plans plans = {0};
    if (!map || !tile_format_is_picture(request->format)) {
        return not_found(request->subject, err);
    }
    struct picture_job job = {worker, catalog, map->style, request->format, assets_of(worker, catalog)};
    struct view view = view_of_tile(request->tile, request->size_px, request->pixel_ratio);
    bool ok = find_plans(&job, labels, map->version, &view, &plans, err) &&
              (label_plans_print(plans.items, plans.count, map->style, &view, out_print) || error_no_memory(err));
    release_plans(&plans, labels);
    return ok;
}

/* Of a map's layers those of features that it shows at this zoom: nobody asked for the outlines of its imagery. */
static size_t vector_layers(const struct catalog *catalog, const struct catalog_map *map, uint32_t z,
                            const struct store_layer *out_layers[LAYERS_MAX])
{
    size_t count = catalog_map_layers(catalog, map, out_layers, LAYERS_MAX);
    size_t kept = 0;
    for (size_t i = 0; i < count && i < LAYERS_MAX; i++) {
        struct catalog_zooms zooms = catalog_map_zooms(map, out_layers[i]);
        if (out_layers[i]->raster.kind == STORE_RASTER_NONE && z >= zooms.min && z <= zooms.max) {
            out_layers[kept++] = out_layers[i];
        }
    }
    return kept;
}

/* Without a folder of icons the sprite is empty: clients ask for it all the same. */
static bool make_sprite(const struct catalog *catalog, const struct catalog_map *map,
                        const struct tile_request *request, struct buffer *out, struct error *err)
{
    bool is_index = request->format == TILE_SPRITE_JSON;
    return map_images_write_sheet(catalog_images(catalog), map->style, request->pixel_ratio, is_index ? out : NULL,
                                  is_index ? NULL : out, err);
}

bool tile_make(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
               const struct tile_request *request, struct buffer *out, struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, request->subject);
    const struct store_layer *layer = catalog_layer_find(catalog, request->subject);
    worker->label_print = 0;
    switch (request->format) {
    case TILE_PNG:
    case TILE_JPEG:
    case TILE_WEBP: {
        if (!map && layer && layer->raster.kind != STORE_RASTER_NONE) {
            return tile_raster_make(worker, layer, request, out, err);
        }
        if (!map) {
            return not_found(request->subject, err);
        }
        struct view view = view_of_tile(request->tile, request->size_px, request->pixel_ratio);
        return tile_make_view(worker, catalog, labels, map->style, &view, request->format, out, err);
    }
    case TILE_MVT: {
        if (layer) {
            return tile_vector_make(worker, &layer, 1, request->tile, out, err);
        }
        if (!map) {
            return not_found(request->subject, err);
        }
        const struct store_layer *layers[LAYERS_MAX];
        size_t count = vector_layers(catalog, map, request->tile.z, layers);
        return tile_vector_make(worker, layers, count, request->tile, out, err);
    }
    case TILE_SPRITE_JSON:
    case TILE_SPRITE_PNG:
        return map ? make_sprite(catalog, map, request, out, err) : not_found(request->subject, err);
    case TILE_GLYPHS:
        return map_images_write_glyphs(text_of(request->subject), request->tile.x, out, err);
    case TILE_ARCHIVE:
        return archive_make_tile(catalog_archive_find(catalog, request->subject), request->tile, out, err);
    case TILE_GEOJSON:
        return layer ? tile_vector_make_geojson(worker, layer, request->tile, out, err)
                     : not_found(request->subject, err);
    }
    return not_found(request->subject, err);
}
