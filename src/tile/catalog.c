/* SPDX-License-Identifier: MIT */
#include "tile/catalog.h"

#include "base/file.h"
#include "base/hash.h"
#include "render/map_images.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ARENA_BYTES_MAX = 256 << 20,
    STYLE_BYTES_MAX = 16 << 20,
    MAPS_MAX = 10000, /* files looked at in the styles folder */
    PATH_BYTES = 4096
};

static const char *const default_legal = "Versión de divulgación e información, no produce efectos jurídicos.";

struct catalog {
    atomic_uint references;
    struct arena *arena; /* the layers and the texts made here */
    struct store_layer_list layers;
    struct store_changes changes;
    struct archive_shelf *archives; /* NULL: none */
    struct catalog_map *maps;       /* by id */
    size_t map_count;
    uint64_t version;
    const struct sprite *images;
    uint64_t images_fingerprint; /* of their files */
};

/* What catalog_create carries from step to step. */
struct builder {
    struct catalog *catalog;
    const char *folder;
    catalog_problem *on_problem;
    void *context;
    bool is_again; /* there is a catalog already, which is better than one that lacks what cannot be read just now */
};

ptrdiff_t catalog_label_field(const struct store_layer *layer)
{
    bool has_points = layer->label && layer->kind == GEOMETRY_POLYGON && layer->raster.kind == STORE_RASTER_NONE;
    for (size_t i = 0; has_points && i < layer->field_count; i++) {
        if (strcmp(layer->fields[i].name, layer->label) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

uint64_t catalog_layer_version(const struct store_layer *layer)
{
    return hash_mix(hash_bytes(layer->id, strlen(layer->id)), (uint64_t)layer->serial);
}

/* A text that is either a string or an object {"es": …, "en": …}. */
static void read_localized(const struct value *object, const char *name, const char **out_es, const char **out_en)
{
    const struct value *member = value_member(object, name);
    if (!member) {
        return;
    }
    if (member->type == VALUE_STRING) {
        *out_es = member->string.data;
        return;
    }
    *out_es = value_member_string(member, "es");
    *out_en = value_member_string(member, "en");
    if (!*out_es) {
        *out_es = *out_en;
    }
}

/* The member as a string; of an object {"es": …} or {"name": …} the Spanish or the name. */
static const char *read_text(const struct value *object, const char *name)
{
    const struct value *member = value_member(object, name);
    if (!member) {
        return NULL;
    }
    if (member->type == VALUE_STRING) {
        return member->string.data;
    }
    const char *text = value_member_string(member, "es");
    return text ? text : value_member_string(member, "name");
}

static bool read_number(const struct value *object, const char *name, double *out)
{
    const struct value *member = value_member(object, name);
    if (!member || !value_is_number(member)) {
        return false;
    }
    *out = value_number(member);
    return true;
}

static bool read_center(const struct value *object, double *out_longitude, double *out_latitude)
{
    const struct value *center = value_member(object, "center");
    if (!center || center->type != VALUE_ARRAY || center->array.count < 2 ||
        !value_is_number(&center->array.items[0]) || !value_is_number(&center->array.items[1])) {
        return false;
    }
    double longitude = value_number(&center->array.items[0]);
    double latitude = value_number(&center->array.items[1]);
    if (!(longitude >= -180 && longitude <= 180 && latitude >= -90 && latitude <= 90)) {
        return false;
    }
    *out_longitude = longitude;
    *out_latitude = latitude;
    return true;
}

static bool read_state(struct catalog_map *map, const char *state, struct error *err)
{
    if (!state || strcmp(state, "publicar") == 0) {
        map->state = MAP_PUBLISH;
    } else if (strcmp(state, "revisar") == 0) {
        map->state = MAP_REVIEW;
    } else if (strcmp(state, "ignorar") == 0) {
        map->state = MAP_IGNORE;
    } else {
        error_tell(
            err, ERROR_INVALID, "MAP-002",
            "metadata \"tesela:map\": state \"%s\" is unknown; write \"publicar\", \"revisar\" or \"ignorar\"",
            "metadata \"tesela:map\": el estado \"%s\" no existe; escriba \"publicar\", \"revisar\" o \"ignorar\"",
            state);
        return false;
    }
    return true;
}

static double clamp_zoom(double zoom)
{
    return zoom < 0 ? 0 : zoom > GRID_ZOOM_MAX ? GRID_ZOOM_MAX : zoom;
}

/* The metadata count zooms as tiles of 256 px do, and so do maps here; the style's own zoom is MapLibre's, of a world
 * 512 px wide. */
static void read_zooms(struct catalog_map *map, const struct value *root)
{
    double zoom = 0;
    map->zoom = 12;
    map->min_zoom = 0;
    map->max_zoom = 20;
    if (read_number(map->metadata, "zoom", &zoom)) {
        map->zoom = clamp_zoom(zoom);
    } else if (read_number(root, "zoom", &zoom)) {
        map->zoom = clamp_zoom(zoom + 1);
    }
    if (read_number(map->metadata, "minzoom", &zoom)) {
        map->min_zoom = clamp_zoom(zoom);
    }
    if (read_number(map->metadata, "maxzoom", &zoom)) {
        map->max_zoom = clamp_zoom(zoom);
    }
    if (map->max_zoom < map->min_zoom) {
        map->max_zoom = map->min_zoom;
    }
}

static bool read_metadata(struct catalog_map *map, struct error *err)
{
    const struct value *root = style_json(map->style);
    map->metadata = value_member(value_member(root, "metadata"), "tesela:map");
    read_localized(map->metadata, "title", &map->title_es, &map->title_en);
    read_localized(map->metadata, "description", &map->description_es, &map->description_en);
    if (!map->title_es) {
        const char *name = value_member_string(root, "name");
        map->title_es = name ? name : map->id;
    }
    map->theme = read_text(map->metadata, "theme");
    map->source = read_text(map->metadata, "source");
    map->date = read_text(map->metadata, "date");
    map->legal = read_text(map->metadata, "legal");
    if (!map->legal || map->legal[0] == '\0') {
        map->legal = default_legal;
    }
    map->has_center = read_center(map->metadata, &map->center_lon, &map->center_lat) ||
                      read_center(root, &map->center_lon, &map->center_lat);
    read_zooms(map, root);
    return read_state(map, value_member_string(map->metadata, "state"), err);
}

/* Sets what depends on the layers and the images: extent and version. */
static void add_layers(const struct catalog *catalog, struct catalog_map *map)
{
    const struct store_layer *layers[256];
    size_t count = catalog_map_layers(catalog, map, layers, sizeof layers / sizeof layers[0]);
    map->bbox = bbox_empty();
    const struct style *style = map->style;
    map->look = hash_mix(style_hash(map->style), hash_bytes(map->id, strlen(map->id)));
    map->has_images = map_images_wanted(&style, 1) != 0;
    if (map->has_images) {
        map->look = hash_mix(map->look, map_images_hash(catalog->images));
    }
    map->version = map->look;
    for (size_t i = 0; i < count; i++) {
        struct bbox box = layers[i]->bbox;
        if (!bbox_is_empty(&box)) {
            if (box.min_x > box.max_x) { /* crosses the antimeridian: the union is the whole turn */
                box.min_x = -180;
                box.max_x = 180;
            }
            bbox_add_box(&map->bbox, &box);
        }
        map->version = hash_mix(map->version, catalog_layer_version(layers[i]));
    }
    if (map->version == 0) {
        map->version = 1; /* 0 means "no version" */
    }
    if (!map->has_center && !bbox_is_empty(&map->bbox)) {
        map->center_lon = (map->bbox.min_x + map->bbox.max_x) / 2;
        map->center_lat = (map->bbox.min_y + map->bbox.max_y) / 2;
    }
}

/* True when an expression ["id"] stands anywhere. */
static bool asks_for_ids(const struct value *json)
{
    bool asks = false;
    if (json->type == VALUE_ARRAY) {
        const struct value *items = json->array.items;
        asks = json->array.count == 1 && items[0].type == VALUE_STRING && text_is(items[0].string, "id");
        for (size_t i = 0; i < json->array.count && !asks; i++) {
            asks = asks_for_ids(&items[i]);
        }
    } else if (json->type == VALUE_OBJECT) {
        for (size_t i = 0; i < json->object.count && !asks; i++) {
            asks = asks_for_ids(&json->object.members[i].value);
        }
    }
    return asks;
}

static bool read_map(struct builder *builder, const char *path, const char *id, struct error *err)
{
    struct catalog *catalog = builder->catalog;
    struct buffer text;
    struct style *style = NULL;
    bool ok = false;
    if (!text_is_id(text_of(id))) {
        error_tell(
            err, ERROR_INVALID, "MAP-001",
            "\"%s\" cannot be a map's id; use lower case letters, digits, \"_\" and \"-\" in the file name",
            "\"%s\" no puede ser el id de un mapa; use minúsculas sin acento, dígitos, \"_\" y \"-\" en el nombre "
            "del archivo",
            id);
        return false;
    }
    if (!file_read(path, STYLE_BYTES_MAX, &text, err)) {
        return false;
    }
    struct catalog_map map = {.id = arena_strdup(catalog->arena, id)};
    if (!map.id) {
        error_no_memory(err);
        goto done;
    }
    if (!style_read(map.id, (struct text){(const char *)text.data, text.length}, &style, NULL, NULL, err)) {
        goto done;
    }
    map.style = style;
    if (!read_metadata(&map, err)) {
        goto done;
    }
    map.uses_ids = asks_for_ids(style_json(map.style));
    catalog->maps[catalog->map_count++] = map;
    style = NULL;
    ok = true;
done:
    style_unref(style);
    buffer_finish(&text);
    return ok;
}

static int is_style_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
}

/* Names sort by bytes without ".json" too, but "a-b.json" and "a.json" do not: ids are sorted afterwards. */
static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct catalog_map *)a)->id, ((const struct catalog_map *)b)->id);
}

static void tell(const struct builder *builder, const char *path, const struct error *problem)
{
    if (builder->on_problem) {
        builder->on_problem(builder->context, path, problem);
    }
}

static bool has_map(const struct catalog *catalog, const char *id)
{
    for (size_t i = 0; i < catalog->map_count; i++) {
        if (strcmp(catalog->maps[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void hand_on(struct error *err, const struct error *problem)
{
    if (err) {
        *err = *problem;
    }
}

/* True when another try may succeed: memory or descriptors ran out, and the file or folder is there to be read. */
static bool is_passing(const struct builder *builder, const char *path, const struct error *problem)
{
    return builder->is_again && problem->kind == ERROR_UNAVAILABLE && access(path, R_OK) == 0;
}

/* A file that makes no map is told. False: everything is to be read again later. */
static bool read_entry(struct builder *builder, const char *file, struct error *err)
{
    char path[PATH_BYTES];
    char id[256];
    struct error problem;
    int length = snprintf(path, sizeof path, "%s/%s", builder->folder, file);
    snprintf(id, sizeof id, "%.*s", (int)strlen(file) - 5, file);
    text_lower_id(id);
    if (length < 0 || (size_t)length >= sizeof path) {
        error_set(&problem, ERROR_TOO_LARGE, "the path is too long");
        tell(builder, file, &problem);
    } else if (has_map(builder->catalog, id)) {
        error_tell(&problem, ERROR_INVALID, "MAP-001",
                   "another file makes the map \"%s\" already: capitals do not count",
                   "otro archivo ya hace el mapa «%s»: las mayúsculas no cuentan", id);
        tell(builder, path, &problem);
    } else if (!read_map(builder, path, id, &problem)) {
        if (is_passing(builder, path, &problem)) {
            hand_on(err, &problem);
            return false;
        }
        tell(builder, path, &problem);
    }
    return true;
}

/* A folder that is not there is told, and makes no map. */
static bool refuse_folder(const struct builder *builder, int number, struct error *err)
{
    struct error problem;
    bool is_missing = number == ENOENT || number == ENOTDIR;
    error_tell(&problem, is_missing ? ERROR_NOT_FOUND : ERROR_UNAVAILABLE, "MAP-003",
               "could not read the styles folder: %s", "no se pudo leer la carpeta de estilos: %s", strerror(number));
    if (is_passing(builder, builder->folder, &problem)) {
        hand_on(err, &problem);
        return false;
    }
    tell(builder, builder->folder, &problem);
    return true;
}

static bool read_maps(struct builder *builder, struct error *err)
{
    struct catalog *catalog = builder->catalog;
    struct dirent **entries = NULL;
    int count = builder->folder ? scandir(builder->folder, &entries, is_style_file, by_name) : 0;
    if (count < 0) {
        return refuse_folder(builder, errno, err);
    }
    if (count > MAPS_MAX) {
        free_entries(entries, count);
        error_set(err, ERROR_TOO_LARGE, "styles folder \"%s\": more than %d files", builder->folder, MAPS_MAX);
        return false;
    }
    catalog->maps = calloc(count > 0 ? (size_t)count : 1, sizeof *catalog->maps);
    if (!catalog->maps) {
        free_entries(entries, count);
        return error_no_memory(err);
    }
    bool ok = true;
    for (int i = 0; i < count && ok; i++) {
        ok = read_entry(builder, entries[i]->d_name, err);
    }
    free_entries(entries, count);
    qsort(catalog->maps, catalog->map_count, sizeof *catalog->maps, by_id);
    return ok;
}

static bool icons_folder(const char *styles_folder, char out[PATH_BYTES])
{
    int length = styles_folder ? snprintf(out, PATH_BYTES, "%s/icons", styles_folder) : 0;
    return length > 0 && length < PATH_BYTES;
}

static bool read_images(struct builder *builder, const struct catalog *previous, struct error *err)
{
    struct catalog *catalog = builder->catalog;
    char folder[PATH_BYTES];
    struct sprite *images;
    if (!icons_folder(builder->folder, folder)) {
        return true;
    }
    const struct style **styles = arena_array(catalog->arena, catalog->map_count, sizeof *styles);
    if (!styles) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < catalog->map_count; i++) {
        styles[i] = catalog->maps[i].style;
    }
    uint64_t wanted = map_images_wanted(styles, catalog->map_count);
    if (wanted == 0) {
        return true;
    }
    catalog->images_fingerprint = hash_mix(map_images_fingerprint(folder), wanted);
    if (previous && previous->images && previous->images_fingerprint == catalog->images_fingerprint) {
        catalog->images = map_images_ref(previous->images);
        return true;
    }
    if (!map_images_read(folder, styles, catalog->map_count, builder->on_problem, builder->context, &images, err)) {
        return false;
    }
    catalog->images = images;
    return true;
}

static uint64_t whole_version(const struct catalog *catalog)
{
    uint64_t version = hash_mix(0, catalog->map_count);
    for (size_t i = 0; i < catalog->map_count; i++) {
        version = hash_mix(version, catalog->maps[i].version);
    }
    for (size_t i = 0; i < catalog->layers.count; i++) {
        version = hash_mix(version, catalog_layer_version(&catalog->layers.layers[i]));
    }
    return version ? version : 1;
}

bool catalog_create(struct store *store, const char *styles_folder, catalog_problem *on_problem, void *context,
                    struct catalog **out_catalog, struct error *err)
{
    return catalog_create_after(NULL, store, styles_folder, on_problem, context, out_catalog, err);
}

bool catalog_create_after(const struct catalog *previous, struct store *store, const char *styles_folder,
                          catalog_problem *on_problem, void *context, struct catalog **out_catalog, struct error *err)
{
    bool ok = false;
    struct catalog *catalog = calloc(1, sizeof *catalog);
    if (!catalog) {
        return error_no_memory(err);
    }
    atomic_init(&catalog->references, 1);
    struct builder builder = {catalog, styles_folder, on_problem, context, previous != NULL};
    catalog->arena = arena_create(ARENA_BYTES_MAX);
    if (!catalog->arena) {
        error_no_memory(err);
        goto done;
    }
    /* In this order: the layers may be newer than the changes, never older. */
    if (!store_change_list(store, catalog->arena, &catalog->changes, err) ||
        !store_list(store, catalog->arena, &catalog->layers, err) || !read_maps(&builder, err) ||
        !read_images(&builder, previous, err)) {
        goto done;
    }
    for (size_t i = 0; i < catalog->map_count; i++) {
        add_layers(catalog, &catalog->maps[i]);
    }
    catalog->version = whole_version(catalog);
    *out_catalog = catalog;
    catalog = NULL;
    ok = true;
done:
    catalog_unref(catalog);
    return ok;
}

struct catalog *catalog_ref(struct catalog *catalog)
{
    if (catalog) {
        atomic_fetch_add_explicit(&catalog->references, 1, memory_order_relaxed);
    }
    return catalog;
}

void catalog_unref(struct catalog *catalog)
{
    if (!catalog || atomic_fetch_sub_explicit(&catalog->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < catalog->map_count; i++) {
        style_unref(catalog->maps[i].style);
    }
    archive_shelf_unref(catalog->archives);
    free(catalog->maps);
    map_images_unref(catalog->images);
    arena_destroy(catalog->arena);
    free(catalog);
}

size_t catalog_map_count(const struct catalog *catalog)
{
    return catalog->map_count;
}

const struct catalog_map *catalog_map_at(const struct catalog *catalog, size_t index)
{
    assert(index < catalog->map_count);
    return &catalog->maps[index];
}

const struct catalog_map *catalog_map_find(const struct catalog *catalog, const char *id)
{
    if (catalog->map_count == 0) {
        return NULL;
    }
    const struct catalog_map wanted = {.id = id};
    return bsearch(&wanted, catalog->maps, catalog->map_count, sizeof *catalog->maps, by_id);
}

const struct store_layer_list *catalog_layers(const struct catalog *catalog)
{
    return &catalog->layers;
}

const struct store_layer *catalog_layer_find(const struct catalog *catalog, const char *id)
{
    return store_list_find(&catalog->layers, id);
}

const struct sprite *catalog_images(const struct catalog *catalog)
{
    return catalog->images;
}

static bool holds(const struct store_layer *const *layers, size_t count, const struct store_layer *layer)
{
    for (size_t i = 0; i < count; i++) {
        if (layers[i] == layer) {
            return true;
        }
    }
    return false;
}

size_t catalog_map_layers(const struct catalog *catalog, const struct catalog_map *map,
                          const struct store_layer **out_layers, size_t capacity)
{
    size_t count = 0;
    size_t source_count = style_source_count(map->style);
    for (size_t i = 0; i < source_count && count < capacity; i++) {
        const struct style_source_info *source = style_source_at(map->style, i);
        const struct store_layer *layer = source->layer_id ? catalog_layer_find(catalog, source->layer_id) : NULL;
        if (layer && !holds(out_layers, count, layer)) {
            out_layers[count++] = layer;
        }
    }
    return count;
}

struct catalog_zooms catalog_map_zooms(const struct catalog_map *map, const struct store_layer *layer)
{
    double min = GRID_ZOOM_MAX + 1;
    double max = 0;
    for (size_t i = 0; i < style_layer_count(map->style); i++) {
        const struct style_layer_info *info = style_layer_info(style_layer_at(map->style, i));
        const struct style_source_info *source = info->source ? style_source_find(map->style, info->source) : NULL;
        if (source && source->layer_id && strcmp(source->layer_id, layer->id) == 0) {
            min = fmin(min, fmax(floor(info->min_zoom), 0));
            max = fmax(max, ceil(info->max_zoom) - 1);
        }
    }
    if (min > max || min > GRID_ZOOM_MAX) {
        return (struct catalog_zooms){0, GRID_ZOOM_MAX};
    }
    return (struct catalog_zooms){(uint32_t)min, (uint32_t)fmin(max, GRID_ZOOM_MAX)};
}

uint64_t catalog_version(const struct catalog *catalog)
{
    return catalog->version;
}

void catalog_set_archives(struct catalog *catalog, struct archive_shelf *take_shelf)
{
    catalog->archives = take_shelf;
}

const struct archive_item *catalog_archive_find(const struct catalog *catalog, const char *id)
{
    return archive_shelf_find(catalog->archives, id);
}

const struct store_changes *catalog_changes(const struct catalog *catalog)
{
    return &catalog->changes;
}

uint64_t catalog_subject_version(const struct catalog *catalog, const char *id)
{
    const struct catalog_map *map = catalog_map_find(catalog, id);
    const struct store_layer *layer = catalog_layer_find(catalog, id);
    if (map && map->state == MAP_IGNORE) {
        map = NULL;
    }
    if (map && layer) {
        return hash_mix(map->version, catalog_layer_version(layer));
    }
    return map ? map->version : layer ? catalog_layer_version(layer) : 0;
}

uint64_t catalog_styles_fingerprint(const char *styles_folder)
{
    uint64_t fingerprint = 0;
    struct dirent **entries = NULL;
    int count = styles_folder ? scandir(styles_folder, &entries, is_style_file, by_name) : 0;
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        struct stat status;
        int length = snprintf(path, sizeof path, "%s/%s", styles_folder, entries[i]->d_name);
        if (length < 0 || (size_t)length >= sizeof path || stat(path, &status) != 0) {
            continue;
        }
        fingerprint = hash_bytes_seeded(entries[i]->d_name, strlen(entries[i]->d_name), fingerprint);
        fingerprint = hash_mix(fingerprint, (uint64_t)status.st_mtim.tv_sec);
        fingerprint = hash_mix(fingerprint, (uint64_t)status.st_mtim.tv_nsec);
        fingerprint = hash_mix(fingerprint, (uint64_t)status.st_size);
        fingerprint = hash_mix(fingerprint, (uint64_t)status.st_ino);
    }
    if (count >= 0) {
        free_entries(entries, count);
    }
    char folder[PATH_BYTES];
    uint64_t images = icons_folder(styles_folder, folder) ? map_images_fingerprint(folder) : 0;
    return images ? hash_mix(fingerprint, images) : fingerprint;
}
