/* SPDX-License-Identifier: MIT */
#include "tile/tile_key.h"

#include "base/hash.h"
#include "tile/program_hash.h"

#include <string.h>

static void tell_missing(enum tile_format format, const char *subject, struct error *err)
{
    if (tile_format_is_picture(format) || format == TILE_SPRITE_JSON) {
        error_tell(err, ERROR_NOT_FOUND, "MAP-404", "there is no map \"%s\"", "no existe el mapa «%s»", subject);
    } else {
        error_tell(err, ERROR_NOT_FOUND, "LAY-404", "there is no layer \"%s\"", "no existe la capa «%s»", subject);
    }
}

static bool layer_has_raster(const struct store_layer *layer)
{
    return layer && layer->raster.kind != STORE_RASTER_NONE;
}

bool tile_key_find(const struct catalog *catalog, const struct tile_request *request, struct tile_key *out_key,
                   struct error *err)
{
    const struct catalog_map *map = catalog_map_find(catalog, request->subject);
    const struct store_layer *layer = catalog_layer_find(catalog, request->subject);
    uint64_t look = hash_mix(program_hash(), (uint64_t)request->format);
    if (map && map->state == MAP_IGNORE) {
        map = NULL;
    }
    const struct archive_item *archive =
        request->format == TILE_ARCHIVE ? catalog_archive_find(catalog, request->subject) : NULL;
    bool is_picture = tile_format_is_picture(request->format);
    bool is_of_layer =
        request->format == TILE_MVT || request->format == TILE_GEOJSON || (is_picture && layer_has_raster(layer));
    if (archive) {
        look = hash_mix(look, archive->version);
    } else if (request->format == TILE_GLYPHS) {
        look = hash_mix(look, 1); /* the machine's fonts stay the same while the program runs */
    } else if ((is_picture || request->format == TILE_SPRITE_JSON) && map) {
        look = hash_mix(look, map->look);
    } else if (is_of_layer && layer) {
        look = hash_mix(look, 1); /* of a layer's tiles all is in its versions */
    } else if (request->format == TILE_MVT && map) {
        look = hash_mix(look, map->look);
    } else {
        tell_missing(request->format, request->subject, err);
        return false;
    }
    *out_key = (struct tile_key){look, *request};
    return true;
}

uint64_t tile_key_hash(const struct tile_key *key)
{
    const struct tile_request *request = &key->request;
    uint64_t hash = hash_bytes_seeded(request->subject, strlen(request->subject), key->look);
    hash = hash_mix(hash, ((uint64_t)request->tile.x << 32) | request->tile.y);
    return hash_mix(hash, ((uint64_t)request->tile.z << 32) | ((uint64_t)request->size_px << 16) |
                              ((uint64_t)request->pixel_ratio << 8) | (uint64_t)request->format);
}

bool tile_key_equal(const struct tile_key *a, const struct tile_key *b)
{
    return a->look == b->look && a->request.tile.x == b->request.tile.x && a->request.tile.y == b->request.tile.y &&
           a->request.tile.z == b->request.tile.z && a->request.format == b->request.format &&
           a->request.size_px == b->request.size_px && a->request.pixel_ratio == b->request.pixel_ratio &&
           strcmp(a->request.subject, b->request.subject) == 0;
}
