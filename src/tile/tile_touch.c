/* SPDX-License-Identifier: MIT */
#include "tile/tile_touch.h"

#include "render/mvt.h"

#include <math.h>
#include <string.h>

enum { ARENA_BYTES_MAX = 4 << 20, SQUARES_MAX = 64 };

/* The area of a layer that a tile is made from. */
struct footprint {
    const char *layer;
    struct world_box area;
    double zoom;
    bool is_of_labels;
};

struct footprints {
    struct footprint *items;
    size_t count;
    size_t capacity;
};

static bool add(struct footprints *list, struct arena *arena, const char *layer, struct world_box area, double zoom,
                bool is_of_labels)
{
    if (list->count == list->capacity) {
        size_t size = sizeof *list->items;
        size_t capacity = list->capacity * 2 + 16;
        list->items = arena_grow(arena, list->items, list->capacity * size, capacity * size);
        list->capacity = capacity;
        if (!list->items) {
            return false;
        }
    }
    list->items[list->count++] = (struct footprint){layer, area, zoom, is_of_labels};
    return true;
}

static bool add_needs(struct footprints *list, struct arena *arena, const struct render_need *needs, size_t count,
                      double zoom, bool are_of_labels)
{
    for (size_t i = 0; i < count; i++) {
        if (!add(list, arena, needs[i].layer_id, needs[i].area, zoom, are_of_labels)) {
            return false;
        }
    }
    return true;
}

/* What tile_make_png asks the store for. */
static bool find_of_picture(const struct style *style, const struct tile_request *request, struct arena *arena,
                            struct footprints *list)
{
    struct view view = view_of_tile(request->tile, request->size_px, request->pixel_ratio);
    struct render_need *needs;
    size_t count;
    if (!render_needs(style, &view, arena, &needs, &count, NULL) ||
        !add_needs(list, arena, needs, count, view.zoom, false)) {
        return false;
    }
    struct label_square squares[SQUARES_MAX];
    size_t square_count = label_squares_of_view(&view, squares, SQUARES_MAX);
    for (size_t i = 0; i < square_count && i < SQUARES_MAX; i++) {
        if (!label_needs(style, squares[i], arena, &needs, &count, NULL) ||
            !add_needs(list, arena, needs, count, squares[i].zoom, true)) {
            return false;
        }
    }
    return true;
}

/* A layer's own picture. */
static bool find_of_raster(const struct catalog *catalog, const struct tile_request *request, struct arena *arena,
                           struct footprints *list)
{
    struct view view = view_of_tile(request->tile, request->size_px, request->pixel_ratio);
    return catalog_layer_find(catalog, request->subject) &&
           add(list, arena, request->subject, view_box(&view), view.zoom, false);
}

static bool uses_layer(const struct catalog_map *map, const char *layer)
{
    for (size_t i = 0; i < style_source_count(map->style); i++) {
        const struct style_source_info *source = style_source_at(map->style, i);
        if (source->layer_id && strcmp(source->layer_id, layer) == 0) {
            return true;
        }
    }
    return false;
}

/* The box, and its copies beyond the sides of the world. */
static bool box_touches(const struct world_box *box, int64_t reach, const struct world_box *area)
{
    for (int64_t shift = -GRID_WORLD_UNITS; shift <= GRID_WORLD_UNITS; shift += GRID_WORLD_UNITS) {
        struct world_box moved = {box->min_x + shift - reach, box->min_y - reach, box->max_x + shift + reach,
                                  box->max_y + reach};
        if (world_box_touches(&moved, area)) {
            return true;
        }
    }
    return false;
}

static bool area_touches(const struct store_change_area *area, int64_t reach, const struct world_box *box)
{
    bool touches = area->is_whole;
    for (size_t i = 0; i < area->box_count && !touches; i++) {
        touches = box_touches(&area->boxes[i], reach, box);
    }
    return touches;
}

/* A tile and what decides its content. */
struct subject {
    const struct tile_request *request;
    const struct catalog_map *map; /* NULL: the layer named by the request */
    bool is_picture;
    bool shows_ids;
    struct footprints footprints;
};

static bool describe(const struct catalog *catalog, const struct tile_request *request, struct arena *arena,
                     struct subject *out)
{
    const struct catalog_map *map = catalog_map_find(catalog, request->subject);
    *out = (struct subject){.request = request, .shows_ids = true};
    if (tile_format_is_picture(request->format)) {
        out->map = map;
        out->is_picture = true;
        out->shows_ids = map && map->uses_ids;
        return map ? find_of_picture(map->style, request, arena, &out->footprints)
                   : find_of_raster(catalog, request, arena, &out->footprints);
    }
    struct world_box area = mvt_area(request->tile);
    if (catalog_layer_find(catalog, request->subject)) {
        return add(&out->footprints, arena, request->subject, area, request->tile.z, false);
    }
    out->map = map;
    for (size_t i = 0; map && i < style_source_count(map->style); i++) {
        const struct style_source_info *source = style_source_at(map->style, i);
        if (source->layer_id && !add(&out->footprints, arena, source->layer_id, area, request->tile.z, false)) {
            return false;
        }
    }
    return map != NULL;
}

/* How far from its outline a raster may show. A picture reads (tile_raster.c) the layer's tiles of 256 px that touch
 * the area and a border of three pixels, and of those only the ones that touch the outline's box: so nothing comes from
 * farther than a tile and the border. A higher pixel ratio reads smaller tiles, and none lies deeper than the layer's
 * own zoom. */
static int64_t raster_reach(double zoom, uint32_t deepest)
{
    int64_t width = tile_width((uint32_t)fmax(0, fmin(deepest, floor(zoom + 1))));
    return width + width / 64;
}

static bool footprint_is_touched(const struct subject *subject, const struct footprint *footprint,
                                 const struct store_change *change)
{
    struct store_change_area area = subject->is_picture ? store_change_at(change, footprint->zoom)
                                                        : store_change_for_vector(change, subject->request->tile.z);
    int64_t reach = change->is_raster ? raster_reach(footprint->zoom, change->raster_zoom) : 0;
    return strcmp(footprint->layer, change->layer) == 0 && area_touches(&area, reach, &footprint->area);
}

static enum tile_touch touch_of(const struct subject *subject, const struct store_change *change)
{
    if (!change->layer) {
        return TILE_TOUCHED;
    }
    bool concerns =
        subject->map ? uses_layer(subject->map, change->layer) : strcmp(subject->request->subject, change->layer) == 0;
    if (!concerns) {
        return TILE_UNTOUCHED;
    }
    if (!change->bands || (change->has_new_ids && subject->shows_ids)) {
        return TILE_TOUCHED;
    }
    enum tile_touch touch = TILE_UNTOUCHED;
    for (size_t i = 0; i < subject->footprints.count && touch != TILE_TOUCHED; i++) {
        const struct footprint *footprint = &subject->footprints.items[i];
        if (footprint_is_touched(subject, footprint, change)) {
            touch = footprint->is_of_labels ? TILE_LABELS_TOUCHED : TILE_TOUCHED;
        }
    }
    return touch;
}

enum tile_touch tile_touch_since(const struct catalog *catalog, const struct tile_request *request, uint64_t mark)
{
    const struct store_changes *changes = catalog_changes(catalog);
    /* Another file is another look, as are other images. */
    if (mark == changes->mark || !tile_format_is_drawn(request->format)) {
        return TILE_UNTOUCHED;
    }
    size_t after = changes->count;
    while (after > 0 && changes->changes[after - 1].mark != mark) {
        after--;
    }
    /* What the list does not tell may have come after its last entry too. */
    if (after == 0 || changes->changes[changes->count - 1].mark != changes->mark) {
        return TILE_TOUCHED;
    }
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    struct subject subject;
    enum tile_touch touch = arena && describe(catalog, request, arena, &subject) ? TILE_UNTOUCHED : TILE_TOUCHED;
    for (size_t i = after; i < changes->count && touch != TILE_TOUCHED; i++) {
        enum tile_touch now = touch_of(&subject, &changes->changes[i]);
        touch = now > touch ? now : touch;
    }
    arena_destroy(arena);
    return touch;
}
