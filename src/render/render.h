/* SPDX-License-Identifier: MIT */
#pragma once
/* A style and features become a picture. Pure: no I/O (fonts apart, which are read once), no state that outlives the
 * call except caches of shaped text and glyphs in the painter; equal input gives equal bytes. */

#include "base/arena.h"
#include "base/buffer.h"
#include "draw/canvas.h"
#include "geo/feature.h"
#include "render/render_assets.h"
#include "render/render_raster.h"
#include "style/style.h"

/* What part of the world a picture shows, and how large. */
struct view {
    int64_t origin_x; /* world units of the picture's top left corner; may lie beyond the world */
    int64_t origin_y;
    double zoom;        /* style zoom: the world is 512 * 2^zoom CSS pixels wide */
    double pixel_ratio; /* device pixels per CSS pixel: 1, 2 */
    uint32_t width_px;  /* device pixels */
    uint32_t height_px;
};

/* The tile at `tile`, `size_px` CSS pixels wide (256: style zoom z - 1; 512: style zoom z). */
struct view view_of_tile(struct tile_id tile, uint32_t size_px, uint32_t pixel_ratio);
/* A picture centred on longitude, latitude. */
struct view view_of_center(double longitude, double latitude, double zoom, uint32_t width_css_px,
                           uint32_t height_css_px, double pixel_ratio);
/* The area `bbox` (degrees), as large as fits into the picture and centred in it. */
struct view view_of_bbox(const struct bbox *bbox, uint32_t width_css_px, uint32_t height_css_px, double pixel_ratio);
/* World units of one device pixel. */
double view_units_per_px(const struct view *view);
struct world_box view_box(const struct view *view);

/* True when the layer is visible at this style zoom. A tile of 256 px at z = 0 has style zoom -1: a layer without
 * minzoom is shown there too. */
bool render_shows(const struct style_layer *layer, double zoom);

/* What a source gives: features of a layer, or the pixels of a raster one as they are or as elevations. */
enum render_need_kind { RENDER_NEED_FEATURES, RENDER_NEED_IMAGERY, RENDER_NEED_ELEVATION };

/* Data some layers of the style want. */
struct render_need {
    enum render_need_kind kind;
    const char *source;       /* the style's source name */
    const char *source_layer; /* may be NULL */
    const char *layer_id;     /* of the store, from the source's url "tesela://<id>" */
    struct world_box area;    /* the view and the reach of strokes, circles and the like */
    double zoom;              /* style zoom: which layers are shown */
    bool is_for_labels;       /* of symbol layers, else of all others */
};

/* What painting `view` needs: one entry for each (source, source layer) with a layer visible at this zoom. */
bool render_needs(const struct style *style, const struct view *view, struct arena *arena,
                  struct render_need **out_needs, size_t *out_count, struct error *err);

/* Where features lie that come from one tile of a source, in units of that tile. */
struct render_frame {
    int64_t origin_x; /* world units of the tile's (0, 0); copies of the world lie GRID_WORLD_UNITS apart */
    int64_t origin_y;
    double unit;             /* world units per unit of the tile */
    struct world_box bounds; /* world units: fills and lines end here, points outside are left to the neighbour */
};

/* What was found for a need: features, or those of one tile of the source (then there are several inputs of one name),
 * or pieces of a raster. Tiles do not overlap unless they stand for others that
 * are missing: the first given is seen, as is a smaller one before its ancestor. Elevations: with the tiles around
 * those that are seen, since slopes reach across borders; without them the last pixels are repeated. */
struct render_input {
    const char *source;
    const char *source_layer;
    struct feature_list features;
    const struct render_frame *frame; /* NULL: world units. Else geometry and boxes of features are in its units */
    bool keeps_nulls;                 /* a null is an attribute that is there (GeoJSON), not one that is missing */
    const struct render_raster *rasters;
    size_t raster_count;
};

/* True when the input is of this source and source layer (NULL: none). */
bool render_input_is_of(const struct render_input *input, const char *source, const char *source_layer);
/* A point of a feature of the input in world units, copies included. */
void render_input_place(const struct render_input *input, const struct feature *feature, struct world_point point,
                        double *out_x, double *out_y);
/* True when a point of a feature (world units) is this input's to draw. */
bool render_input_owns(const struct render_input *input, double x, double y);

struct label_plan; /* render/label.h */

struct painter; /* scratch memory, rasters, fonts, glyph caches of one thread */
struct painter *painter_create(struct error *err);
void painter_destroy(struct painter *painter);

/* Paints `view` into a canvas of the painter, valid until the next call. `plans` hold the labels (may be empty).
 * `assets`: NULL when the style has none. */
bool render_paint(struct painter *painter, const struct style *style, const struct render_assets *assets,
                  const struct view *view, const struct render_input *inputs, size_t input_count,
                  const struct label_plan *const *plans, size_t plan_count, struct arena *arena,
                  const struct canvas **out_canvas, struct error *err);

/* Appends the painter's last picture as PNG. */
bool render_encode_png(struct painter *painter, const struct canvas *canvas, const char *text, struct buffer *out,
                       struct error *err);
/* As JPEG (over white) or WebP, for imagery. */
bool render_encode_jpeg(const struct canvas *canvas, struct buffer *out, struct error *err);
bool render_encode_webp(const struct canvas *canvas, struct buffer *out, struct error *err);
/* The same in the palette of the style at this zoom, a half to a third of the size: every colour of the style as it is,
 * mixtures along edges nearly. Tiles of one zoom agree where they meet. Exact where the palette does not fit. */
bool render_encode_png_indexed(struct painter *painter, const struct style *style, const struct render_assets *assets,
                               double zoom, const struct canvas *canvas, const char *text, struct buffer *out,
                               struct error *err);
