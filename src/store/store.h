/* SPDX-License-Identifier: MIT */
#pragma once
/* The map data at rest: reading. `tesela.sqlite` (SpatiaLite) is the truth; `cells.sqlite` is a cache of tile-ready
 * geometry that can be deleted and rebuilt. One store per thread; any number of processes may read while one writes. */

#include "base/arena.h"
#include "geo/bbox.h"
#include "geo/feature.h"

enum { STORE_TITLE_LANGUAGES = 2 };

/* A column with what its descriptor says of it. Texts are NULL where the descriptor is silent. */
struct store_field {
    const char *name;
    enum field_type type;
    const char *title_es;
    const char *title_en;
    const char *unit;
    bool hidden; /* kept in the truth, not shown or served */
};

/* A layer of pixels: one file beside the database, of which the layer's only feature is the outline. */
enum store_raster_kind { STORE_RASTER_NONE, STORE_RASTER_IMAGERY, STORE_RASTER_ELEVATION };

struct store_raster {
    enum store_raster_kind kind; /* STORE_RASTER_NONE: a layer of features */
    uint32_t width_px;
    uint32_t height_px;
    uint32_t bands;
    const char *type;    /* of a value, as GDAL calls it: "Byte", "Float32" */
    double transform[6]; /* from pixels to the layer's reference system, as GDAL has it */
    double low;          /* imagery that is not of bytes: what is shown black … */
    double high;         /* … and white */
    uint32_t zoom_max;   /* tiles of 256 px at this zoom show every pixel */
};

/* A published version of a layer: immutable. Everything lives in the arena it was read into. */
struct store_layer {
    const char *id;
    int64_t version; /* grows by one with each load of the layer */
    int64_t serial;  /* unique over all layers and versions of the data directory: for cache keys */
    int64_t stamp;   /* random; the cells of this very version carry the same */
    enum geometry_kind kind;
    int64_t feature_count;            /* features with a geometry or without */
    struct bbox bbox;                 /* degrees; empty when no feature has a geometry */
    const struct store_field *fields; /* without hidden ones; in the order of `struct feature.values` */
    size_t field_count;
    const char *key;      /* the field that gives feature ids, NULL: the row number of the source */
    const char *label;    /* the field that names a feature, NULL when none */
    const char *title_es; /* never NULL: the id when the descriptor has none */
    const char *title_en;
    const char *description_es;
    const char *description_en;
    const char *theme;
    const char *attribution;
    const char *source_name;
    const char *source_url;
    const char *source_date;
    const char *license_name;
    const char *license_url;
    const char *loaded_at; /* "2026-11-21T07:15:42Z" */
    const char *srs;       /* of the truth, e.g. "EPSG:6372"; WKT where it has no code */
    const char *table;     /* the table of this version in tesela.sqlite */
    struct store_raster raster;
    struct value descriptor; /* the whole descriptor, an object */
};

struct store_layer_list {
    const struct store_layer *layers; /* by id */
    size_t count;
};

struct store;

/* Opens the data directory for reading. An absent or empty directory is an empty store, not an error. */
bool store_open(const char *directory, struct store **out_store, struct error *err);
void store_close(struct store *store);

/* A number that changes whenever something was published, unpublished or removed by any process. Costs a few
 * microseconds: meant to be asked before each request. */
bool store_generation(struct store *store, uint64_t *out_generation, struct error *err);

/* The published layers. */
bool store_list(struct store *store, struct arena *arena, struct store_layer_list *out_list, struct error *err);
const struct store_layer *store_list_find(const struct store_layer_list *list, const char *id);

/* True when every published layer has its cells; otherwise store_find and store_items of some layers fail with
 * ERROR_UNAVAILABLE until store_writer_rebuild_cells was run. Looks at the list of versions only: damage inside
 * cells.sqlite shows when it is read. */
bool store_cells_are_complete(struct store *store, bool *out_complete, struct error *err);

/* Features of `layer` whose box touches `area`, with geometry good for style zoom `zoom` (512 px world at zoom 0) at
 * pixel ratio 2: lines are within an eighth of a pixel of where they are, and borders that features share stay shared.
 * At far zooms one small feature may stand for several (docs/store.md): then its box is that of what is drawn.
 * `area` may reach beyond the world: copies across the antimeridian come with shift_x. Rows ascending.
 * Cost: some rows of the tree, one row for dozens of features, and decoding (0.15 us a feature). Fails with
 * ERROR_TOO_LARGE when more than the arena holds. */
bool store_find(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                struct arena *arena, struct feature_list *out_found, struct error *err);

/* How much of a layer's features is wanted. */
struct store_wish {
    const bool *columns; /* field_count: values of the others come as null */
    bool ids;            /* false: `id` comes as null */
    /* Asked once for each distinct tuple of the wanted columns; false: its features are left out. NULL: all are wanted.
     */
    bool (*shows)(void *context, const struct value *values);
    void *context;
};

/* store_find, which reads and decodes only what is wished for. The list has tuples: features whose wanted values are
 * equal share one array of values and one `tuple`. */
bool store_find_wanted(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                       const struct store_wish *wish, struct arena *arena, struct feature_list *out_found,
                       struct error *err);

/* Whether the box of any feature touches `area`. Reads the nodes of the tree that touch it, and one block. */
bool store_touches(struct store *store, const struct store_layer *layer, const struct world_box *area,
                   bool *out_touches, struct error *err);

/* store_find for vector tiles of zoom `z`. Up to zoom 14 a layer in which one tile would be too large is shown at this
 * zoom as at a farther one, where small features stand for several: so few tiles have to be reduced
 * (tile/tile_vector.h). Ids and values are left unread (feature_list_values), for as long as `arena` and `layer` are
 * there: of a tile that is reduced many are not needed. */
bool store_find_for_vector(struct store *store, const struct store_layer *layer, const struct world_box *area,
                           uint32_t z, struct arena *arena, struct feature_list *out_found, struct error *err);

/* One feature as protocols show it: longitude and latitude at the full precision of the truth. */
struct store_item {
    int64_t row;
    struct value id;
    struct shape shape;         /* degrees; part_count 0 when the feature has no geometry */
    const struct value *values; /* field_count of the layer */
};

/* Called for each item; its content lives until the call returns. Return false to stop. */
typedef bool store_item_visitor(void *context, const struct store_item *item);

struct store_selection;

struct store_query {
    const struct bbox *bbox; /* NULL: all. May cross the antimeridian. Tests the features' boxes, then their geometry */
    uint64_t limit;
    uint64_t offset;
    int64_t after_row; /* only rows greater than this: for going on where a page or chunk ended; 0 from the start */
    const struct store_selection *selection; /* of this bbox, found before; NULL: it is looked for */
    bool needs_no_count;                     /* store_select may leave `count` 0 where they are too many to hold */
};

/* Which items meet a box, found once for an answer that is counted first and then given in pieces. Belongs to no store
 * handle. */
struct store_selection {
    uint64_t count;
    int64_t *rows; /* ascending; NULL when they are too many to hold: store_items goes through the items instead */
};
/* Of the query's bbox (not NULL) and after_row. */
bool store_select(struct store *store, const struct store_layer *layer, const struct store_query *query,
                  struct store_selection **out_selection, struct error *err);
void store_selection_destroy(struct store_selection *selection);

/* Visits the items of `layer` in row order in constant memory. */
bool store_items(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 store_item_visitor *visit, void *context, struct error *err);
/* How many items the query's bbox matches (limit and offset not applied). */
bool store_count(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 uint64_t *out_count, struct error *err);
/* The item whose id, written as text, is `id`. ERROR_NOT_FOUND when there is none. */
bool store_item(struct store *store, const struct store_layer *layer, const char *id, struct arena *arena,
                struct store_item *out_item, struct error *err);
