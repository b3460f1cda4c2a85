/* SPDX-License-Identifier: MIT */
#include "tile/archive_writer.h"

#include "base/hash.h"
#include "render/mvt_label.h"
#include "tile/archive_write.h"
#include "tile/gzip.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { PACKED_BYTES_MAX = 64 << 20, LAYERS_MAX = 256, VECTOR_LAYERS_BYTES_MAX = 8 << 20 };

bool archive_writer_open(enum archive_kind kind, const char *path, const struct archive_about *about,
                         struct archive_writer **out_writer, struct error *err)
{
    struct archive_writer *writer;
    bool ok = kind == ARCHIVE_PMTILES ? archive_writer_open_pmtiles(path, about, &writer, err)
                                      : archive_writer_open_mbtiles(path, about, &writer, err);
    if (ok) {
        buffer_init(&writer->packed, PACKED_BYTES_MAX);
        *out_writer = writer;
    }
    return ok;
}

bool archive_writer_wants(struct archive_writer *writer, struct tile_id tile)
{
    return !writer->wants || writer->wants(writer, tile);
}

/* Both formats want vector tiles in gzip: as they were packed by whoever made them, small ones here. */
bool archive_writer_add(struct archive_writer *writer, struct tile_id tile, const struct tile_blob *blob,
                        struct error *err)
{
    if (writer->about->format == TILE_PNG) {
        return writer->add(writer, tile, blob->data, blob->size, err);
    }
    if (blob->size == 0) {
        return true;
    }
    if (blob->gzip) {
        return writer->add(writer, tile, blob->gzip, blob->gzip_size, err);
    }
    buffer_clear(&writer->packed);
    if (!gzip_compress(blob->data, blob->size, GZIP_LEVEL_KEPT, &writer->packed) || writer->packed.failed) {
        return error_no_memory(err);
    }
    return writer->add(writer, tile, writer->packed.data, writer->packed.length, err);
}

bool archive_writer_finish(struct archive_writer *writer, struct error *err)
{
    return writer->finish(writer, err);
}

void archive_writer_close(struct archive_writer *writer)
{
    if (writer) {
        buffer_finish(&writer->packed);
        writer->close(writer);
    }
}

struct archive_writer_stats archive_writer_stats(const struct archive_writer *writer)
{
    return writer->stats;
}

bool archive_write_fail(const char *path, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "ARC-010", "could not write \"%s\": %s", "no se pudo escribir «%s»: %s", path,
               strerror(errno));
    return false;
}

void archive_write_vector_layers(const struct archive_about *about, struct json_writer *writer)
{
    if (about->format == TILE_MVT) {
        json_write_name(writer, "vector_layers");
        json_write_raw(writer, text_of(about->vector_layers ? about->vector_layers : "[]"));
    }
}

/* --- what is in it --- */

static const char *json_type(enum field_type type)
{
    return type == FIELD_BOOLEAN ? "Boolean" : type == FIELD_INTEGER || type == FIELD_REAL ? "Number" : "String";
}

/* The fields from `first` to before `last`. */
static void write_layer(struct json_writer *writer, const char *id, const struct store_layer *layer, size_t first,
                        size_t last, const struct archive_about *about)
{
    json_write_begin_object(writer);
    json_write_member_string(writer, "id", id);
    json_write_member_string(writer, "description", layer->title_es);
    json_write_member_int(writer, "minzoom", about->min_zoom);
    json_write_member_int(writer, "maxzoom", about->max_zoom);
    json_write_name(writer, "fields");
    json_write_begin_object(writer);
    for (size_t i = first; i < last; i++) {
        json_write_member_string(writer, layer->fields[i].name, json_type(layer->fields[i].type));
    }
    json_write_end_object(writer);
    json_write_end_object(writer);
}

static const char *vector_layers(const struct store_layer *const *layers, size_t count,
                                 const struct archive_about *about, struct arena *arena)
{
    struct buffer out;
    struct json_writer writer;
    buffer_init(&out, VECTOR_LAYERS_BYTES_MAX);
    json_write_init(&writer, &out);
    json_write_begin_array(&writer);
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t label = catalog_label_field(layers[i]);
        char name[MVT_LABEL_NAME_MAX];
        write_layer(&writer, layers[i]->id, layers[i], 0, layers[i]->field_count, about);
        if (label >= 0) {
            mvt_label_name(layers[i]->id, name);
            write_layer(&writer, name, layers[i], (size_t)label, (size_t)label + 1, about);
        }
    }
    json_write_end_array(&writer);
    const char *text = out.failed ? NULL : arena_strdup(arena, buffer_text(&out));
    buffer_finish(&out);
    return text;
}

/* The version of everything it is made from, and how. */
static uint64_t content_of(const struct catalog *catalog, const struct tile_request *request,
                           const struct archive_about *about)
{
    uint64_t hash = catalog_subject_version(catalog, request->subject);
    hash = hash_mix(hash, ((uint64_t)request->format << 32) | (request->size_px << 8) | request->pixel_ratio);
    hash = hash_mix(hash, ((uint64_t)about->min_zoom << 32) | about->max_zoom);
    return hash_bytes_seeded(&about->bounds, sizeof about->bounds, hash);
}

bool archive_about_subject(const struct catalog *catalog, const struct tile_request *request, struct arena *arena,
                           struct archive_about *out_about, struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, request->subject);
    const struct store_layer *layer = catalog_layer_find(catalog, request->subject);
    const struct store_layer *layers[LAYERS_MAX];
    size_t count = 0;
    struct archive_about about = *out_about;
    about.format = request->format;
    if (request->format == TILE_PNG ? map != NULL : !layer && map) {
        about.name = map->title_es;
        about.description = map->description_es;
        about.attribution = map->source;
        about.bounds = bbox_is_empty(&about.bounds) ? map->bbox : about.bounds;
        count = catalog_map_layers(catalog, map, layers, LAYERS_MAX);
    } else if (layer && request->format != TILE_PNG) {
        about.name = layer->title_es;
        about.description = layer->description_es;
        about.attribution = layer->attribution;
        about.bounds = bbox_is_empty(&about.bounds) ? layer->bbox : about.bounds;
        layers[count++] = layer;
    } else {
        error_tell(err, ERROR_NOT_FOUND, "MAP-404",
                   request->format == TILE_PNG ? "there is no map \"%s\"" : "there is no map or layer \"%s\"",
                   request->format == TILE_PNG ? "no existe el mapa «%s»" : "no existe el mapa o la capa «%s»",
                   request->subject);
        return false;
    }
    if (bbox_is_empty(&about.bounds)) {
        about.bounds = (struct bbox){-180, -GRID_LATITUDE_MAX, 180, GRID_LATITUDE_MAX};
    }
    about.bounds.min_y = fmax(about.bounds.min_y, -GRID_LATITUDE_MAX);
    about.bounds.max_y = fmin(about.bounds.max_y, GRID_LATITUDE_MAX);
    about.center_lon = (about.bounds.min_x + about.bounds.max_x) / 2;
    about.center_lat = (about.bounds.min_y + about.bounds.max_y) / 2;
    about.center_zoom = (about.min_zoom + about.max_zoom) / 2;
    if (request->format != TILE_PNG) {
        about.vector_layers = vector_layers(layers, count, &about, arena);
        if (!about.vector_layers) {
            return error_no_memory(err);
        }
    }
    about.content = content_of(catalog, request, &about);
    *out_about = about;
    return true;
}
