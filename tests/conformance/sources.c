/* SPDX-License-Identifier: MIT */
#include "conformance/sources.h"

#include "base/json_write.h"
#include "conformance/cluster.h"
#include "conformance/geojson_cut.h"
#include "render/mvt_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNITS_PER_CSS_PX = CUT_EXTENT / 512, DEPTH_MAX = 10, URL_BYTES = 4096, SLICED_ZOOM_MAX = 18 };

static double number_of(const struct value *object, const char *name, double otherwise)
{
    const struct value *value = value_member(object, name);
    return value && value_is_number(value) ? value_number(value) : otherwise;
}

static bool flag_of(const struct value *object, const char *name)
{
    const struct value *value = value_member(object, name);
    return value && value->type == VALUE_BOOL && value->boolean;
}

/* --- tiles --- */

struct tile_cover sources_cover(const struct view *view, uint32_t z)
{
    double units = view_units_per_px(view);
    double width = (double)tile_width(z);
    double x = ((double)view->origin_x + (double)GRID_WORLD_UNITS / 2) / width;
    double y = ((double)view->origin_y + (double)GRID_WORLD_UNITS / 2) / width;
    double across = units * view->width_px / width;
    double down = units * view->height_px / width;
    const double hair = 1e-7; /* a picture that ends on the edge of a tile does not touch the next one */
    struct tile_cover cover = {.z = z,
                               .min_column = (int64_t)floor(x + hair),
                               .max_column = (int64_t)ceil(x + across - hair) - 1,
                               .min_row = (int64_t)fmax(0, floor(y + hair)),
                               .max_row = (int64_t)fmin(exp2(z) - 1, ceil(y + down - hair) - 1)};
    return cover;
}

struct tile_id sources_tile(const struct tile_cover *cover, int64_t column, int64_t row, int64_t *out_worlds)
{
    int64_t tiles = (int64_t)1 << cover->z;
    int64_t worlds = column >= 0 ? column / tiles : -((tiles - 1 - column) / tiles);
    *out_worlds = worlds;
    return (struct tile_id){cover->z, (uint32_t)(column - worlds * tiles), (uint32_t)row};
}

static struct render_frame *frame_of(const struct source_task *task, struct tile_id data, struct tile_id shown,
                                     int64_t worlds, double extent)
{
    struct render_frame *frame = arena_alloc(task->arena, sizeof *frame);
    struct world_box box = tile_box(data);
    int64_t shift = worlds * GRID_WORLD_UNITS;
    if (frame) {
        *frame = (struct render_frame){.origin_x = box.min_x + shift,
                                       .origin_y = box.min_y,
                                       .unit = (double)tile_width(data.z) / extent,
                                       .bounds = tile_box(shown)};
        frame->bounds.min_x += shift;
        frame->bounds.max_x += shift;
    }
    return frame;
}

bool sources_add_input(const struct source_task *task, const struct render_input *input)
{
    struct source_inputs *inputs = task->inputs;
    if (inputs->count == inputs->capacity) {
        size_t larger = inputs->capacity ? 2 * inputs->capacity : 64;
        struct render_input *items =
            arena_grow(task->arena, inputs->items, inputs->count * sizeof *items, larger * sizeof *items);
        if (!items) {
            return false;
        }
        inputs->items = items;
        inputs->capacity = larger;
    }
    inputs->items[inputs->count++] = *input;
    return true;
}

static bool add_input(const struct source_task *task, const char *source, const char *layer,
                      const struct feature_list *features, const struct render_frame *frame, bool keeps_nulls)
{
    struct render_input input = {
        .source = source, .source_layer = layer, .features = *features, .frame = frame, .keeps_nulls = keeps_nulls};
    return frame && sources_add_input(task, &input);
}

/* --- geojson --- */

/* The features that pass the source's own filter, by a layer with that filter. */
static bool filter_features(const struct source_task *task, const struct value *filter, struct flat_list *list,
                            struct error *err)
{
    struct buffer text;
    struct style *style = NULL;
    buffer_init(&text, 1 << 20);
    buffer_append_text(&text, "{\"version\":8,\"sources\":{\"s\":{\"type\":\"geojson\",\"data\":{\"type\":"
                              "\"FeatureCollection\",\"features\":[]}}},\"layers\":[{\"id\":\"l\",\"type\":\"circle\","
                              "\"source\":\"s\",\"filter\":");
    struct json_writer writer;
    json_write_init(&writer, &text);
    json_write_value(&writer, filter);
    buffer_append_text(&text, "}]}");
    bool ok = style_read("filter", (struct text){(const char *)text.data, text.length}, &style, NULL, NULL, err);
    buffer_finish(&text);
    if (!ok) {
        return false;
    }
    const struct style_layer *layer = style_layer_at(style, 0);
    struct text *columns = arena_array(task->arena, list->field_count, sizeof *columns);
    int32_t *slots = arena_array(task->arena, style_layer_info(layer)->name_count, sizeof *slots);
    if (!columns || !slots) {
        style_unref(style);
        return error_no_memory(err);
    }
    for (size_t i = 0; i < list->field_count; i++) {
        columns[i] = text_of(list->fields[i].name);
    }
    style_bind(layer, columns, list->field_count, slots);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct flat_feature *feature = &list->features[i];
        struct style_feature seen = {.geometry = (enum style_geometry)feature->kind,
                                     .id = feature->id,
                                     .values = feature->values,
                                     .columns = columns,
                                     .column_count = list->field_count,
                                     .slots = slots,
                                     .keeps_nulls = true};
        struct style_scope scope = {.feature = &seen, .arena = task->arena};
        if (style_filter(layer, &scope)) {
            list->features[kept++] = *feature;
        }
    }
    list->count = kept;
    style_unref(style);
    return true;
}

static bool add_geojson(const struct source_task *task, const char *name, const struct value *json, struct error *err)
{
    const struct value *data = value_member(json, "data");
    const struct value *filter = value_member(json, "filter");
    struct value read;
    if (data && data->type == VALUE_STRING) {
        if (!assets_read_json(task->assets, data->string, task->arena, &read)) {
            return true; /* nothing came: nothing is shown */
        }
        data = &read;
    }
    struct cut_options options = {.tolerance = number_of(json, "tolerance", 0.375) * UNITS_PER_CSS_PX,
                                  .buffer = number_of(json, "buffer", 128) * UNITS_PER_CSS_PX,
                                  .zoom_max = (uint32_t)number_of(json, "maxzoom", 18),
                                  .has_line_metrics = flag_of(json, "lineMetrics")};
    struct flat_list list;
    if (!data || !flat_read(data, &options, value_member_string(json, "promoteId"), flag_of(json, "generateId"),
                            task->arena, &list)) {
        return !data || error_no_memory(err);
    }
    if (filter && !filter_features(task, filter, &list, err)) {
        return false;
    }
    uint32_t z = (uint32_t)fmin(fmax(0, floor(task->view->zoom)), options.zoom_max);
    struct cluster_index *clusters = NULL;
    if (flag_of(json, "cluster") && !cluster_index_create(&list, json, z, task->arena, &clusters, err)) {
        return false;
    }
    struct tile_cover cover = sources_cover(task->view, z);
    for (int64_t row = cover.min_row; row <= cover.max_row; row++) {
        for (int64_t column = cover.min_column; column <= cover.max_column; column++) {
            int64_t worlds;
            struct tile_id tile = sources_tile(&cover, column, row, &worlds);
            struct feature_list features;
            bool ok = clusters ? cluster_index_cut(clusters, tile, task->arena, &features)
                               : flat_cut(&list, &options, tile, task->arena, &features);
            if (!ok || !add_input(task, name, NULL, &features, frame_of(task, tile, tile, worlds, CUT_EXTENT), true)) {
                return error_no_memory(err);
            }
        }
    }
    return true;
}

/* --- tilesets --- */

bool sources_tileset(const struct source_task *task, const struct value *json, struct tileset *out_tileset)
{
    static const double no_limit = 22;
    const struct value *url = value_member(json, "url");
    struct value read;
    const struct value *said = json;
    if (url && url->type == VALUE_STRING) {
        if (!assets_read_json(task->assets, url->string, task->arena, &read)) {
            return false;
        }
        said = &read;
    }
    const struct value *scheme = value_member(said, "scheme");
    const struct value *own_scheme = value_member(json, "scheme");
    const struct value *bounds = value_member(said, "bounds");
    scheme = own_scheme ? own_scheme : scheme;
    *out_tileset = (struct tileset){
        .tiles = value_member(said, "tiles"),
        .zoom_min = (uint32_t)number_of(said, "minzoom", number_of(json, "minzoom", 0)),
        .zoom_max = (uint32_t)fmin(24, number_of(said, "maxzoom", number_of(json, "maxzoom", no_limit))),
        .is_tms = scheme && scheme->type == VALUE_STRING && text_is(scheme->string, "tms"),
        .tile_css_px = number_of(json, "tileSize", number_of(said, "tileSize", 512))};
    if (bounds && bounds->type == VALUE_ARRAY && bounds->array.count == 4) {
        out_tileset->has_bounds = true;
        for (size_t i = 0; i < 4; i++) {
            out_tileset->bounds[i] = value_number(&bounds->array.items[i]);
        }
    }
    return out_tileset->tiles && out_tileset->tiles->type == VALUE_ARRAY && out_tileset->tiles->array.count > 0;
}

bool sources_tileset_has(const struct tileset *tileset, struct tile_id tile)
{
    if (!tileset->has_bounds) {
        return true;
    }
    const double *b = tileset->bounds;
    double width = (double)tile_width(tile.z);
    double half = (double)GRID_WORLD_UNITS / 2;
    struct world_point low = grid_from_lonlat(fmax(-180, b[0]), fmin(90, b[3]));
    struct world_point high = grid_from_lonlat(fmin(180, b[2]), fmax(-90, b[1]));
    /* the last world unit in the east and south stands for the edge itself */
    double max_x = high.x == INT32_MAX ? half : high.x;
    double max_y = high.y == INT32_MAX ? half : high.y;
    return tile.x >= floor((low.x + half) / width) && tile.x < ceil((max_x + half) / width) &&
           tile.y >= floor((low.y + half) / width) && tile.y < ceil((max_y + half) / width);
}

static void put_quadkey(struct tile_id tile, struct buffer *out)
{
    for (uint32_t i = tile.z; i > 0; i--) {
        uint32_t mask = 1u << (i - 1);
        buffer_append_byte(out, (unsigned char)('0' + ((tile.x & mask) ? 1 : 0) + ((tile.y & mask) ? 2 : 0)));
    }
}

static void put_bbox(struct tile_id tile, struct buffer *out)
{
    const double metres = 20037508.342789244 / ((double)GRID_WORLD_UNITS / 2);
    struct world_box box = tile_box(tile);
    buffer_printf(out, "%.10g,%.10g,%.10g,%.10g", (double)box.min_x * metres, -(double)box.max_y * metres,
                  (double)box.max_x * metres, -(double)box.min_y * metres);
}

enum asset_answer sources_fetch(const struct source_task *task, const struct tileset *tileset, struct tile_id tile,
                                struct buffer *out_content)
{
    const struct value *urls = tileset->tiles;
    const struct value *template = &urls->array.items[(tile.x + tile.y) % urls->array.count];
    if (template->type != VALUE_STRING) {
        return ASSET_MISSING;
    }
    struct buffer url;
    buffer_init(&url, URL_BYTES);
    uint32_t y = tileset->is_tms ? (uint32_t)(((uint64_t)1 << tile.z) - 1 - tile.y) : tile.y;
    for (const char *at = template->string.data; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        struct text word = end ? (struct text){at + 1, (size_t)(end - at - 1)} : (struct text){"", 0};
        if (text_is(word, "z")) {
            buffer_printf(&url, "%u", (unsigned)tile.z);
        } else if (text_is(word, "x")) {
            buffer_printf(&url, "%u", (unsigned)tile.x);
        } else if (text_is(word, "y")) {
            buffer_printf(&url, "%u", (unsigned)y);
        } else if (text_is(word, "prefix")) {
            buffer_printf(&url, "%x%x", (unsigned)tile.x % 16, (unsigned)tile.y % 16);
        } else if (text_is(word, "ratio")) {
            buffer_append_text(&url, task->view->pixel_ratio > 1 ? "@2x" : "");
        } else if (text_is(word, "quadkey")) {
            put_quadkey(tile, &url);
        } else if (text_is(word, "bbox-epsg-3857")) {
            put_bbox(tile, &url);
        } else {
            buffer_append_byte(&url, (unsigned char)*at);
            continue;
        }
        at = end;
    }
    enum asset_answer answer =
        assets_read(task->assets, (struct text){(const char *)url.data, url.length}, out_content);
    buffer_finish(&url);
    return answer;
}

/* --- vector tiles --- */

/* The tile's layers or, when it cannot be read, those of the nearest ancestor that can; `*out_data` is where they come
 * from. A vector tile that is not there (404, 204) is an empty one, as in the reference. */
static void read_tile(const struct source_task *task, const struct tileset *tileset, struct tile_id tile,
                      struct tile_id *out_data, struct mvt_tile_layer **out_layers, size_t *out_count)
{
    for (struct tile_id data = tile;; data = (struct tile_id){data.z - 1, data.x / 2, data.y / 2}) {
        struct buffer content;
        struct error err;
        *out_count = 0;
        if (!sources_tileset_has(tileset, data) || sources_fetch(task, tileset, data, &content) != ASSET_FOUND) {
            return;
        }
        void *bytes = arena_memdup(task->arena, content.data, content.length);
        size_t size = content.length;
        buffer_finish(&content);
        *out_data = data;
        if (bytes && mvt_read(bytes, size, task->arena, out_layers, out_count, &err)) {
            return;
        }
        *out_count = 0;
        if (data.z <= tileset->zoom_min || tile.z - data.z >= DEPTH_MAX) {
            return;
        }
    }
}

static bool add_vector(const struct source_task *task, const char *name, const struct value *json, struct error *err)
{
    struct tileset tileset;
    if (!sources_tileset(task, json, &tileset) || fmax(0, floor(task->view->zoom)) < tileset.zoom_min) {
        return true;
    }
    /* Above the last zoom the reference cuts tiles into those of the map's zoom, up to four below the map's last. */
    double zoom = fmax(0, floor(task->view->zoom));
    struct tile_cover cover = sources_cover(task->view, (uint32_t)fmin(zoom, fmax(tileset.zoom_max, SLICED_ZOOM_MAX)));
    for (int64_t row = cover.min_row; row <= cover.max_row; row++) {
        for (int64_t column = cover.min_column; column <= cover.max_column; column++) {
            int64_t worlds;
            struct tile_id tile = sources_tile(&cover, column, row, &worlds);
            uint32_t beyond = tile.z > tileset.zoom_max ? tile.z - tileset.zoom_max : 0;
            struct tile_id wanted = {tile.z - beyond, tile.x >> beyond, tile.y >> beyond};
            struct tile_id data = wanted;
            struct mvt_tile_layer *layers = NULL;
            size_t count = 0;
            if (!sources_tileset_has(&tileset, wanted)) {
                continue;
            }
            read_tile(task, &tileset, wanted, &data, &layers, &count);
            for (size_t i = 0; i < count; i++) {
                const struct render_frame *frame = frame_of(task, data, tile, worlds, layers[i].extent);
                if (!add_input(task, name, layers[i].name, &layers[i].features, frame, false)) {
                    return error_no_memory(err);
                }
            }
        }
    }
    return true;
}

bool sources_add(const struct source_task *task, const char *name, const struct value *json, struct error *err)
{
    const char *type = value_member_string(json, "type");
    if (type && strcmp(type, "geojson") == 0) {
        return add_geojson(task, name, json, err);
    }
    if (type && (strcmp(type, "raster") == 0 || strcmp(type, "image") == 0)) {
        return sources_add_imagery(task, name, json, err);
    }
    return !type || strcmp(type, "vector") != 0 || add_vector(task, name, json, err);
}
