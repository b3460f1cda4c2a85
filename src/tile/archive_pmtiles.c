/* SPDX-License-Identifier: MIT */
/* Reading PMTiles: the root directory stays in memory, leaf directories in a few places that are written over. */
#include "tile/pmtiles_directory.h"
#include "tile/archive_reader.h"
#include "tile/gzip.h"
#include "tile/tile_order.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The specification has no bound for leaves in leaves; no writer makes more than one level. */
enum { LEAVES_KEPT = 64, LEAF_BYTES_MAX = 8 << 20, DEPTH_MAX = 4 };

struct kept_leaf {
    uint64_t offset;
    struct pmtiles_directory *directory; /* NULL: nothing kept here */
};

struct pmtiles {
    struct archive_file archive; /* first, so that a pointer to one is a pointer to the other */
    int fd;
    struct pmtiles_header header;
    struct pmtiles_directory *root;
    pthread_mutex_t lock; /* guards the leaves */
    struct kept_leaf leaves[LEAVES_KEPT];
};

static bool damaged(struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "ARC-002", "the archive is damaged, or was shortened",
               "el archivo está dañado o incompleto");
    return false;
}

/* Appends a part of the file. */
static bool read_part(const struct pmtiles *pmtiles, uint64_t offset, uint64_t length, struct buffer *out,
                      struct error *err)
{
    unsigned char *room = buffer_reserve(out, (size_t)length);
    if (!room) {
        return error_no_memory(err);
    }
    size_t have = 0;
    while (have < length) {
        ssize_t got = pread(pmtiles->fd, room + have, (size_t)length - have, (off_t)(offset + have));
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            return damaged(err);
        }
        have += got > 0 ? (size_t)got : 0;
    }
    out->length += have;
    return true;
}

/* A part that may be compressed. */
static bool read_packed(const struct pmtiles *pmtiles, uint64_t offset, uint64_t length, size_t bytes_max,
                        struct buffer *out, struct error *err)
{
    struct buffer packed;
    buffer_init(&packed, bytes_max);
    buffer_init(out, bytes_max);
    bool is_gzip = pmtiles->header.internal_compression == PMTILES_GZIP;
    bool ok = length <= bytes_max ? read_part(pmtiles, offset, length, is_gzip ? &packed : out, err) : damaged(err);
    if (ok && is_gzip) {
        ok = gzip_expand(packed.data, packed.length, out) || damaged(err);
    }
    buffer_finish(&packed);
    if (!ok) {
        buffer_finish(out);
    }
    return ok;
}

static bool read_directory(const struct pmtiles *pmtiles, uint64_t offset, uint64_t length,
                           struct pmtiles_directory **out, struct error *err)
{
    struct buffer bytes;
    if (!read_packed(pmtiles, offset, length, LEAF_BYTES_MAX, &bytes, err)) {
        return false;
    }
    bool ok = pmtiles_read_directory(bytes.data, bytes.length, out, err);
    buffer_finish(&bytes);
    return ok;
}

static bool lies_in(const struct pmtiles_entry *entry, struct pmtiles_part part)
{
    return entry->length <= part.length && entry->offset <= part.length - entry->length;
}

/* Looks for `id` in the leaf that `leaf` names. */
static bool find_in_leaf(struct pmtiles *pmtiles, struct pmtiles_entry leaf, uint64_t id, struct pmtiles_entry *out,
                         bool *out_found, struct error *err)
{
    const struct pmtiles_entry *entry = NULL;
    struct kept_leaf *place = &pmtiles->leaves[(leaf.offset * 0x9e3779b97f4a7c15u) >> 58];
    pthread_mutex_lock(&pmtiles->lock);
    bool is_kept = place->directory && place->offset == leaf.offset;
    if (is_kept) {
        entry = pmtiles_find(place->directory, id);
        *out = entry ? *entry : *out;
    }
    pthread_mutex_unlock(&pmtiles->lock);
    if (is_kept) {
        *out_found = entry != NULL;
        return true;
    }
    struct pmtiles_directory *directory;
    if (!lies_in(&leaf, pmtiles->header.leaves)) {
        return damaged(err);
    }
    if (!read_directory(pmtiles, pmtiles->header.leaves.offset + leaf.offset, leaf.length, &directory, err)) {
        return false;
    }
    entry = pmtiles_find(directory, id);
    *out_found = entry != NULL;
    *out = entry ? *entry : *out;
    pthread_mutex_lock(&pmtiles->lock);
    struct pmtiles_directory *old = place->directory;
    *place = (struct kept_leaf){leaf.offset, directory};
    pthread_mutex_unlock(&pmtiles->lock);
    free(old);
    return true;
}

static bool read_tile(struct archive_file *archive, struct tile_id tile, struct buffer *out, bool *out_found,
                      struct error *err)
{
    struct pmtiles *pmtiles = (struct pmtiles *)(void *)archive;
    uint64_t id = tile_order_id(tile);
    const struct pmtiles_entry *first = pmtiles_find(pmtiles->root, id);
    *out_found = first != NULL;
    if (!first) {
        return true;
    }
    struct pmtiles_entry entry = *first;
    for (unsigned depth = 0; *out_found && entry.run == 0; depth++) {
        if (depth == DEPTH_MAX) {
            return damaged(err);
        }
        if (!find_in_leaf(pmtiles, entry, id, &entry, out_found, err)) {
            return false;
        }
    }
    if (!*out_found) {
        return true;
    }
    if (entry.length > ARCHIVE_TILE_BYTES_MAX || !lies_in(&entry, pmtiles->header.tiles)) {
        return damaged(err);
    }
    return read_part(pmtiles, pmtiles->header.tiles.offset + entry.offset, entry.length, out, err);
}

static void close_pmtiles(struct archive_file *archive)
{
    struct pmtiles *pmtiles = (struct pmtiles *)(void *)archive;
    for (size_t i = 0; i < LEAVES_KEPT; i++) {
        free(pmtiles->leaves[i].directory);
    }
    pthread_mutex_destroy(&pmtiles->lock);
    free(pmtiles->root);
    if (pmtiles->fd >= 0) {
        close(pmtiles->fd);
    }
    free(pmtiles);
}

static bool describe(struct pmtiles *pmtiles, struct error *err)
{
    static const enum archive_type types[] = {[PMTILES_MVT] = ARCHIVE_MVT,
                                              [PMTILES_PNG] = ARCHIVE_PNG,
                                              [PMTILES_JPEG] = ARCHIVE_JPEG,
                                              [PMTILES_WEBP] = ARCHIVE_WEBP};
    const struct pmtiles_header *header = &pmtiles->header;
    bool is_known = header->type >= PMTILES_MVT && header->type <= PMTILES_WEBP;
    bool is_plain = header->tile_compression == PMTILES_NONE || header->tile_compression == PMTILES_GZIP ||
                    (header->tile_compression == PMTILES_COMPRESSION_UNKNOWN && header->type != PMTILES_MVT);
    if (!is_known || !is_plain) {
        error_tell(
            err, ERROR_INVALID, "ARC-003",
            "its tiles are of a kind that is not supported: only vector tiles, PNG, JPEG and WebP, plain or gzip",
            "sus teselas son de un tipo que no se admite: solo vectoriales, PNG, JPEG y WebP, sin comprimir o en "
            "gzip");
        return false;
    }
    struct archive_info *info = &pmtiles->archive.info;
    *info = (struct archive_info){.type = types[header->type],
                                  .is_gzip = header->tile_compression == PMTILES_GZIP,
                                  .min_zoom = header->min_zoom,
                                  .max_zoom = header->max_zoom,
                                  .bounds = header->bounds,
                                  .has_center = true,
                                  .center_lon = header->center_lon,
                                  .center_lat = header->center_lat,
                                  .center_zoom = header->center_zoom};
    struct buffer json;
    if (header->metadata.length > 0 && read_packed(pmtiles, header->metadata.offset, header->metadata.length,
                                                   ARCHIVE_METADATA_BYTES_MAX, &json, NULL)) {
        archive_read_metadata(&pmtiles->archive, (struct text){(const char *)json.data, json.length});
        buffer_finish(&json);
    }
    return true;
}

static bool read_head(struct pmtiles *pmtiles, struct error *err)
{
    struct stat status;
    struct buffer head;
    buffer_init(&head, PMTILES_HEADER_BYTES);
    bool ok = fstat(pmtiles->fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= PMTILES_HEADER_BYTES;
    if (!ok) {
        return damaged(err);
    }
    ok = read_part(pmtiles, 0, PMTILES_HEADER_BYTES, &head, err) &&
         pmtiles_read_header(head.data, head.length, (uint64_t)status.st_size, &pmtiles->header, err) &&
         read_directory(pmtiles, pmtiles->header.root.offset, pmtiles->header.root.length, &pmtiles->root, err) &&
         describe(pmtiles, err);
    buffer_finish(&head);
    return ok;
}

bool archive_open_pmtiles(const char *path, struct archive_file **out_archive, struct error *err)
{
    struct pmtiles *pmtiles = calloc(1, sizeof *pmtiles);
    if (!pmtiles) {
        return error_no_memory(err);
    }
    pthread_mutex_init(&pmtiles->lock, NULL);
    pmtiles->archive.read = read_tile;
    pmtiles->archive.close = close_pmtiles;
    pmtiles->archive.arena = arena_create((size_t)ARCHIVE_METADATA_BYTES_MAX * 4);
    pmtiles->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (pmtiles->fd < 0) {
        error_tell(err, ERROR_UNAVAILABLE, "ARC-004", "cannot be read: %s", "no se puede leer: %s", strerror(errno));
    }
    if (pmtiles->fd < 0 || !pmtiles->archive.arena || !read_head(pmtiles, err)) {
        archive_file_close(&pmtiles->archive);
        return false;
    }
    *out_archive = &pmtiles->archive;
    return true;
}
