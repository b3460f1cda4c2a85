/* SPDX-License-Identifier: MIT */
#pragma once
/* What there is to serve at one moment: the published layers of the store and the maps of the styles folder. Immutable,
 * shared by counting; when something is published or a style file changes, a new catalog takes its place. */

#include "store/store_change.h"
#include "style/style.h"
#include "tile/archive_shelf.h"

struct sprite; /* draw/sprite.h */

/* A map: a style with root metadata "tesela:map". Texts are NULL where the metadata is silent. */
struct catalog_map {
    const char *id;       /* file name without ".json" */
    struct style *style;  /* owned by the catalog */
    const char *title_es; /* never NULL */
    const char *title_en;
    const char *description_es;
    const char *description_en;
    const char *theme;
    const char *source; /* "Fuente: …" */
    const char *date;   /* "2020-03-15" or "2020" */
    const char *legal;  /* never NULL: the default legal note */
    enum map_state {
        MAP_PUBLISH,
        MAP_REVIEW,
        MAP_IGNORE
    } state; /* "publicar", "revisar" (served, not listed), "ignorar" (not served) */
    bool has_center;
    double center_lon; /* degrees */
    double center_lat;
    double zoom; /* of 256 px tiles, as Leaflet counts: the metadata's zoom, or the style's zoom + 1 */
    double min_zoom;
    double max_zoom;
    struct bbox bbox;             /* degrees: of the layers it shows */
    bool has_images;              /* its style draws with icons or patterns */
    bool uses_ids;                /* the style asks for features' ids */
    uint64_t look;                /* hash of the style text, and of the images where it has some: tiles of one look are
                                     one series */
    uint64_t version;             /* the same with the serials of its layers: changes when its tiles may */
    const struct value *metadata; /* the "tesela:map" object */
};

struct catalog;

/* Reads styles and icons from `styles_folder` and layers from `store`. A style or icon that cannot be read is left out
 * and told to `on_problem` (may be NULL); the others are served. */
typedef void catalog_problem(void *context, const char *style_path, const struct error *problem);
bool catalog_create(struct store *store, const char *styles_folder, catalog_problem *on_problem, void *context,
                    struct catalog **out_catalog, struct error *err);
/* The same, taking over from `previous` (may be NULL) the images where their files did not change. With a `previous` it
 * fails when a file cannot be read just now, for want of memory or descriptors: no map is lost by that. */
bool catalog_create_after(const struct catalog *previous, struct store *store, const char *styles_folder,
                          catalog_problem *on_problem, void *context, struct catalog **out_catalog, struct error *err);
struct catalog *catalog_ref(struct catalog *catalog);
void catalog_unref(struct catalog *catalog);

size_t catalog_map_count(const struct catalog *catalog);
const struct catalog_map *catalog_map_at(const struct catalog *catalog, size_t index); /* by id */
const struct catalog_map *catalog_map_find(const struct catalog *catalog, const char *id);
const struct store_layer_list *catalog_layers(const struct catalog *catalog);
const struct store_layer *catalog_layer_find(const struct catalog *catalog, const char *id);
/* The icons and patterns in the folder "icons" of the styles folder (render/map_images.h) that the maps use, shared by
 * all of them; NULL when there are none. */
const struct sprite *catalog_images(const struct catalog *catalog);
/* Whole zooms of vector tiles, both included. */
struct catalog_zooms {
    uint32_t min;
    uint32_t max;
};
/* At which zooms a map's vector tiles have `layer`, one of its store layers: where a layer of the style shows it at
 * this style zoom or before the next; everywhere when no layer of the style does. A map's tiles carry what it shows:
 * whoever wants a layer as such asks for the layer's own tiles. */
struct catalog_zooms catalog_map_zooms(const struct catalog_map *map, const struct store_layer *layer);
/* The distinct store layers a map uses, in the order of its sources; those not in the store are left out. */
size_t catalog_map_layers(const struct catalog *catalog, const struct catalog_map *map,
                          const struct store_layer **out_layers, size_t capacity);
/* Changes whenever the content does. */
uint64_t catalog_version(const struct catalog *catalog);
/* Archives that are served beside layers and maps; a layer or map of the same id goes before. The catalog takes over a
 * reference; before anybody else has it. */
void catalog_set_archives(struct catalog *catalog, struct archive_shelf *take_shelf);
const struct archive_item *catalog_archive_find(const struct catalog *catalog, const char *id);
/* What was published until this catalog was read: the marks that finished tiles carry. */
const struct store_changes *catalog_changes(const struct catalog *catalog);

/* The field whose values stand at the label points of a layer's vector tiles (render/mvt_label.h): the layer's label,
 * of polygon layers. -1: it has no label points. */
ptrdiff_t catalog_label_field(const struct store_layer *layer);

/* A layer's number for cache keys and ?v=: changes when the layer is loaded anew. */
uint64_t catalog_layer_version(const struct store_layer *layer);
/* The number for what is known by `id` as tiles: the map's version, the layer's, or both mixed; 0 when there is
 * neither. Maps in state MAP_IGNORE do not count. */
uint64_t catalog_subject_version(const struct catalog *catalog, const char *id);

/* Names, sizes and times of the files in a styles folder and of its icons as one number: changes when the folder should
 * be read again. */
uint64_t catalog_styles_fingerprint(const char *styles_folder);
