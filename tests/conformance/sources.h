/* SPDX-License-Identifier: MIT */
#pragma once
/* The sources of a style become inputs of the renderer: one for each tile and layer that the view touches. */

#include "conformance/assets.h"
#include "render/render.h"

struct source_inputs {
    struct render_input *items;
    size_t count;
    size_t capacity;
};

struct source_task {
    const struct assets *assets;
    const struct view *view;
    struct arena *arena;
    struct source_inputs *inputs;
};

/* Adds what a source of type geojson, vector, raster or image shows in the view; other types add nothing. */
bool sources_add(const struct source_task *task, const char *name, const struct value *json, struct error *err);

/* The same for raster and image sources. */
bool sources_add_imagery(const struct source_task *task, const char *name, const struct value *json, struct error *err);
bool sources_add_input(const struct source_task *task, const struct render_input *input);

/* Tiles of one zoom that a view touches, copies of the world included. */
struct tile_cover {
    uint32_t z;
    int64_t min_column; /* from the world's left edge; beyond it for copies */
    int64_t max_column;
    int64_t min_row;
    int64_t max_row;
};
struct tile_cover sources_cover(const struct view *view, uint32_t z);
/* The tile of a column and row, and by how many worlds it is moved. */
struct tile_id sources_tile(const struct tile_cover *cover, int64_t column, int64_t row, int64_t *out_worlds);

/* What a tiled source says, from its JSON and its TileJSON. */
struct tileset {
    const struct value *tiles; /* URL templates */
    uint32_t zoom_min;
    uint32_t zoom_max;
    bool is_tms;
    bool has_bounds;
    double bounds[4]; /* west, south, east, north */
    double tile_css_px;
};
bool sources_tileset(const struct source_task *task, const struct value *json, struct tileset *out_tileset);
bool sources_tileset_has(const struct tileset *tileset, struct tile_id tile);
enum asset_answer sources_fetch(const struct source_task *task, const struct tileset *tileset, struct tile_id tile,
                                struct buffer *out_content);
