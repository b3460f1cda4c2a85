/* SPDX-License-Identifier: MIT */
#include "tile/pmtiles_directory.h"

#include "tile/tile_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "PMTiles\3";
enum { MAGIC_BYTES = 8, ENTRY_BYTES_MIN = 4 };

/* --- the header --- */

static void put_number(struct buffer *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        buffer_append_byte(out, (unsigned char)(number >> (8 * i)));
    }
}

static uint64_t get_number(const unsigned char *bytes, unsigned count)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < count; i++) {
        number |= (uint64_t)bytes[i] << (8 * i);
    }
    return number;
}

static void put_degrees(struct buffer *out, double degrees)
{
    put_number(out, (uint32_t)(int32_t)llround(degrees * 1e7), 4);
}

static double get_degrees(const unsigned char *bytes)
{
    return (double)(int32_t)(uint32_t)get_number(bytes, 4) / 1e7;
}

static void put_part(struct buffer *out, struct pmtiles_part part)
{
    put_number(out, part.offset, 8);
    put_number(out, part.length, 8);
}

void pmtiles_write_header(const struct pmtiles_header *header, struct buffer *out)
{
    buffer_append(out, magic, MAGIC_BYTES);
    put_part(out, header->root);
    put_part(out, header->metadata);
    put_part(out, header->leaves);
    put_part(out, header->tiles);
    put_number(out, header->addressed_count, 8);
    put_number(out, header->entry_count, 8);
    put_number(out, header->content_count, 8);
    put_number(out, header->is_clustered, 1);
    put_number(out, header->internal_compression, 1);
    put_number(out, header->tile_compression, 1);
    put_number(out, header->type, 1);
    put_number(out, header->min_zoom, 1);
    put_number(out, header->max_zoom, 1);
    put_degrees(out, header->bounds.min_x);
    put_degrees(out, header->bounds.min_y);
    put_degrees(out, header->bounds.max_x);
    put_degrees(out, header->bounds.max_y);
    put_number(out, header->center_zoom, 1);
    put_degrees(out, header->center_lon);
    put_degrees(out, header->center_lat);
}

static bool refuse(struct error *err, const char *english, const char *spanish)
{
    error_tell(err, ERROR_INVALID, "ARC-001", "not a usable PMTiles archive: %s%.0s",
               "no es un archivo PMTiles útil: %.0s%s", english, spanish);
    return false;
}

static bool get_part(const unsigned char *bytes, uint64_t file_bytes, struct pmtiles_part *out)
{
    *out = (struct pmtiles_part){get_number(bytes, 8), get_number(bytes + 8, 8)};
    return out->length <= file_bytes && out->offset <= file_bytes - out->length;
}

bool pmtiles_read_header(const unsigned char *bytes, size_t size, uint64_t file_bytes,
                         struct pmtiles_header *out_header, struct error *err)
{
    struct pmtiles_header header = {0};
    if (size < PMTILES_HEADER_BYTES || memcmp(bytes, magic, MAGIC_BYTES) != 0) {
        return refuse(err, "it does not begin as version 3 does", "no empieza como la versión 3");
    }
    if (!get_part(bytes + 8, file_bytes, &header.root) || !get_part(bytes + 24, file_bytes, &header.metadata) ||
        !get_part(bytes + 40, file_bytes, &header.leaves) || !get_part(bytes + 56, file_bytes, &header.tiles)) {
        return refuse(err, "a part lies beyond its end; it is not complete",
                      "una parte está más allá del final; no está completo");
    }
    header.addressed_count = get_number(bytes + 72, 8);
    header.entry_count = get_number(bytes + 80, 8);
    header.content_count = get_number(bytes + 88, 8);
    header.is_clustered = bytes[96] == 1;
    header.internal_compression = bytes[97] <= PMTILES_ZSTD ? bytes[97] : PMTILES_COMPRESSION_UNKNOWN;
    header.tile_compression = bytes[98] <= PMTILES_ZSTD ? bytes[98] : PMTILES_COMPRESSION_UNKNOWN;
    header.type = bytes[99] <= PMTILES_AVIF ? bytes[99] : PMTILES_UNKNOWN;
    header.min_zoom = bytes[100];
    header.max_zoom = bytes[101];
    header.bounds = (struct bbox){get_degrees(bytes + 102), get_degrees(bytes + 106), get_degrees(bytes + 110),
                                  get_degrees(bytes + 114)};
    header.center_zoom = bytes[118];
    header.center_lon = get_degrees(bytes + 119);
    header.center_lat = get_degrees(bytes + 123);
    if (header.min_zoom > header.max_zoom || header.max_zoom > TILE_ORDER_ZOOM_MAX) {
        return refuse(err, "its zooms are wrong", "sus niveles de acercamiento son incorrectos");
    }
    if (header.internal_compression != PMTILES_NONE && header.internal_compression != PMTILES_GZIP) {
        return refuse(err, "its directories are compressed in a way that is not supported (only gzip is)",
                      "sus directorios están comprimidos de un modo que no se admite (solo gzip)");
    }
    *out_header = header;
    return true;
}

/* --- directories --- */

void pmtiles_write_directory(const struct pmtiles_entry *entries, size_t count, struct buffer *out)
{
    uint64_t last_id = 0;
    buffer_append_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        buffer_append_varint(out, entries[i].id - last_id);
        last_id = entries[i].id;
    }
    for (size_t i = 0; i < count; i++) {
        buffer_append_varint(out, entries[i].run);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_append_varint(out, entries[i].length);
    }
    for (size_t i = 0; i < count; i++) {
        bool follows = i > 0 && entries[i].offset == entries[i - 1].offset + entries[i - 1].length;
        buffer_append_varint(out, follows ? 0 : entries[i].offset + 1);
    }
}

struct cursor {
    const unsigned char *at;
    const unsigned char *end;
};

static bool get_varint(struct cursor *cursor, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
        uint64_t byte = *cursor->at++;
        if (shift == 63 && byte > 1) {
            return false;
        }
        number |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = number;
            return number <= max;
        }
    }
    return false;
}

static bool read_entries(struct cursor *cursor, struct pmtiles_directory *directory)
{
    struct pmtiles_entry *entries = directory->entries;
    uint64_t id_end = tile_order_first(TILE_ORDER_ZOOM_MAX + 1);
    uint64_t number;
    uint64_t id = 0;
    for (size_t i = 0; i < directory->count; i++) {
        if (!get_varint(cursor, id_end - 1 - id, &number) || (i > 0 && number == 0)) {
            return false;
        }
        id += number;
        entries[i].id = id;
    }
    for (size_t i = 0; i < directory->count; i++) {
        uint64_t next = i + 1 < directory->count ? entries[i + 1].id : id_end;
        if (!get_varint(cursor, UINT32_MAX, &number) || number > next - entries[i].id) {
            return false;
        }
        entries[i].run = (uint32_t)number;
    }
    for (size_t i = 0; i < directory->count; i++) {
        if (!get_varint(cursor, UINT32_MAX, &number) || number == 0) {
            return false;
        }
        entries[i].length = (uint32_t)number;
    }
    for (size_t i = 0; i < directory->count; i++) {
        if (!get_varint(cursor, (uint64_t)INT64_MAX, &number) || (number == 0 && i == 0)) {
            return false;
        }
        entries[i].offset = number > 0 ? number - 1 : entries[i - 1].offset + entries[i - 1].length;
        if (entries[i].offset > (uint64_t)INT64_MAX) {
            return false;
        }
    }
    return true;
}

bool pmtiles_read_directory(const unsigned char *bytes, size_t size, struct pmtiles_directory **out_directory,
                            struct error *err)
{
    struct cursor cursor = {bytes, bytes + size};
    uint64_t count;
    /* So many entries need at least so many bytes. */
    if (!get_varint(&cursor, size / ENTRY_BYTES_MIN, &count)) {
        return refuse(err, "a directory is damaged", "un directorio está dañado");
    }
    struct pmtiles_directory *directory = malloc(sizeof *directory + (size_t)count * sizeof directory->entries[0]);
    if (!directory) {
        return error_no_memory(err);
    }
    directory->count = (size_t)count;
    if (!read_entries(&cursor, directory)) {
        free(directory);
        return refuse(err, "a directory is damaged", "un directorio está dañado");
    }
    *out_directory = directory;
    return true;
}

const struct pmtiles_entry *pmtiles_find(const struct pmtiles_directory *directory, uint64_t id)
{
    size_t low = 0;
    size_t high = directory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (directory->entries[middle].id <= id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return NULL;
    }
    const struct pmtiles_entry *entry = &directory->entries[low - 1];
    return entry->run == 0 || id - entry->id < entry->run ? entry : NULL;
}
