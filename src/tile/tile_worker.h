/* SPDX-License-Identifier: MIT */
#pragma once
/* What one worker thread owns: a store handle, a painter, an arena. Everything that reads the store or draws while
 * serving runs on a worker; the command line uses one directly. */

#include "render/label.h"
#include "render/render.h"
#include "tile/catalog.h"

struct tile_worker {
    struct store *store;
    struct painter *painter;
    struct raster_source *rasters;
    const struct sprite *images; /* instead of the catalog's: for a style that is not in it. Not owned; NULL */
    struct arena *arena;         /* reset before each job */
    struct buffer *packed; /* gets a tile compressed (GZIP_LEVEL_SERVED) where making it takes that. Not owned; NULL */
    uint64_t label_print;  /* set by tile_make: of the labels of the last picture (label_plans_print); 0: none known */
    bool exact_colors;     /* PNG exactly as painted; otherwise in the palette of the map's style */
};

bool tile_worker_init(struct tile_worker *worker, const char *data_folder, struct error *err);
void tile_worker_finish(struct tile_worker *worker);

enum tile_format {
    TILE_PNG,
    TILE_MVT,
    TILE_GEOJSON,
    TILE_JPEG,
    TILE_WEBP,
    TILE_ARCHIVE,     /* as it lies in an archive, not compressed */
    TILE_SPRITE_JSON, /* what clients need beside tiles: the images of a map's style … */
    TILE_SPRITE_PNG,
    TILE_GLYPHS /* … and of its fonts */
};

static inline bool tile_format_is_picture(enum tile_format format)
{
    return format == TILE_PNG || format == TILE_JPEG || format == TILE_WEBP || format == TILE_SPRITE_PNG;
}

/* True when it is drawn from layers, so that it depends on their changes and is kept on disk. */
static inline bool tile_format_is_drawn(enum tile_format format)
{
    return format < TILE_ARCHIVE;
}

enum { TILE_SUBJECT_BYTES = 256 };

/* One tile of a map (pictures, MVT) or of a layer (MVT, GeoJSON; pictures of raster layers); the sprite of a map; 256
 * glyphs of a font stack. */
struct tile_request {
    enum tile_format format;
    char subject[TILE_SUBJECT_BYTES]; /* id of a map or layer; names of fonts */
    struct tile_id tile;              /* glyphs: x is the first character */
    uint32_t size_px;                 /* PNG: 256 or 512 CSS pixels */
    uint32_t pixel_ratio;             /* PNG, sprite: 1 or 2 */
};

struct label_cache; /* plans of label squares, shared by workers, bounded (tile/label_cache.h) */

/* Makes the tile's bytes. ERROR_NOT_FOUND when there is no such map or layer. A tile without features is a valid empty
 * tile. `labels` may be NULL: plans are then made and dropped. */
bool tile_make(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
               const struct tile_request *request, struct buffer *out, struct error *err);

/* What tile_make would set `label_print` to, without drawing the tile. For pictures only. */
bool tile_make_label_print(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
                           const struct tile_request *request, uint64_t *out_print, struct error *err);

/* Appends a picture as PNG with its own colours, JPEG or WebP. */
bool tile_encode(struct tile_worker *worker, enum tile_format format, const struct canvas *canvas, struct buffer *out,
                 struct error *err);

/* The view of a tile as PNG, JPEG or WebP: labels are those of the squares it lies in, so that neighbours join. */
bool tile_make_view(struct tile_worker *worker, const struct catalog *catalog, struct label_cache *labels,
                    const struct style *style, const struct view *view, enum tile_format format, struct buffer *out,
                    struct error *err);

/* One picture of an area: labels placed for it alone, at its own zoom. */
bool tile_make_picture(struct tile_worker *worker, const struct catalog *catalog, const struct style *style,
                       const struct view *view, enum tile_format format, struct buffer *out, struct error *err);
