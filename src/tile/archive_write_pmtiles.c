/* SPDX-License-Identifier: MIT */
/* Tiles come in the order of their ids, so their bytes and their entries are appended to two files beside the archive.
 * At the end the directories are built from the entries, some thousands at a time, and everything is put together. */
#include "tile/pmtiles_directory.h"
#include "tile/archive_write.h"

#include "base/hash.h"
#include "tile/gzip.h"
#include "tile/tile_order.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SEEN_COUNT = 1 << 20, /* contents remembered: 32 MB; past that some equal ones are stored twice */
    LEAF_ENTRIES = 4096,
    LEAVES_MAX = 1 << 20,
    GZIP_LEVEL = 9,
    COPY_BYTES = 1 << 20,
    METADATA_BYTES_MAX = 16 << 20
};

/* A content that is in the file. */
struct seen {
    uint64_t hash;
    uint64_t check;
    uint64_t offset;
    uint32_t length;
};

/* A file that is written from its beginning to its end, and read again. */
struct stack {
    char path[PATH_MAX];
    FILE *file;
};

struct pmtiles_writer {
    struct archive_writer writer; /* first, so that a pointer to one is a pointer to the other */
    char path[PATH_MAX];
    struct stack tiles;
    struct stack entries;
    struct stack leaves;
    struct stack out;
    struct seen *seen;
    uint64_t tile_bytes;
    uint64_t entry_count;
    uint64_t leaf_bytes;
    struct pmtiles_entry last; /* not yet written: may become longer. length 0: none */
};

static bool open_stack(struct stack *stack, const char *path, const char *end, struct error *err)
{
    if ((size_t)snprintf(stack->path, sizeof stack->path, "%s%s", path, end) >= sizeof stack->path) {
        error_set(err, ERROR_INVALID, "the path \"%s\" is too long", path);
        return false;
    }
    stack->file = fopen(stack->path, "w+be");
    return stack->file || archive_write_fail(stack->path, err);
}

static void remove_stack(struct stack *stack)
{
    if (stack->file) {
        fclose(stack->file);
        unlink(stack->path);
        stack->file = NULL;
    }
}

static bool append(struct stack *stack, const void *bytes, size_t size, struct error *err)
{
    return fwrite(bytes, 1, size, stack->file) == size || archive_write_fail(stack->path, err);
}

static bool write_last(struct pmtiles_writer *writer, struct error *err)
{
    if (writer->last.length == 0) {
        return true;
    }
    writer->entry_count++;
    return append(&writer->entries, &writer->last, sizeof writer->last, err);
}

static bool add(struct archive_writer *base, struct tile_id tile, const void *bytes, size_t size, struct error *err)
{
    struct pmtiles_writer *writer = (struct pmtiles_writer *)(void *)base;
    struct pmtiles_entry *last = &writer->last;
    uint64_t id = tile_order_id(tile);
    uint64_t hash = hash_bytes(bytes, size);
    uint64_t check = hash_bytes_seeded(bytes, size, 1);
    struct seen *seen = &writer->seen[hash % SEEN_COUNT];
    bool is_known = seen->length == size && seen->hash == hash && seen->check == check;
    base->stats.tiles++;
    if (!is_known) {
        if (!append(&writer->tiles, bytes, size, err)) {
            return false;
        }
        *seen = (struct seen){hash, check, writer->tile_bytes, (uint32_t)size};
        writer->tile_bytes += size;
        base->stats.contents++;
        base->stats.bytes += size;
    } else if (last->offset == seen->offset && last->length == size && id == last->id + last->run) {
        last->run++;
        return true;
    }
    if (!write_last(writer, err)) {
        return false;
    }
    *last = (struct pmtiles_entry){id, seen->offset, (uint32_t)size, 1};
    return true;
}

/* --- putting it together --- */

static bool pack_directory(const struct pmtiles_entry *entries, size_t count, struct buffer *out, struct error *err)
{
    struct buffer plain;
    buffer_init(&plain, PMTILES_DIRECTORY_BYTES_MAX);
    pmtiles_write_directory(entries, count, &plain);
    bool ok = !plain.failed && gzip_compress(plain.data, plain.length, GZIP_LEVEL, out) && !out->failed;
    buffer_finish(&plain);
    return ok || error_no_memory(err);
}

/* Writes leaves of `each` entries and gathers what points to them. */
static bool write_leaves(struct pmtiles_writer *writer, size_t each, struct pmtiles_entry *pointers, size_t *out_count,
                         struct error *err)
{
    struct pmtiles_entry *entries = malloc(each * sizeof *entries);
    struct buffer leaf;
    size_t count = 0;
    size_t got;
    bool ok = entries != NULL || error_no_memory(err);
    buffer_init(&leaf, PMTILES_DIRECTORY_BYTES_MAX);
    rewind(writer->entries.file);
    rewind(writer->leaves.file);
    writer->leaf_bytes = 0;
    while (ok && (got = fread(entries, sizeof *entries, each, writer->entries.file)) > 0 && count < LEAVES_MAX) {
        buffer_clear(&leaf);
        ok = pack_directory(entries, got, &leaf, err) && append(&writer->leaves, leaf.data, leaf.length, err);
        pointers[count++] = (struct pmtiles_entry){entries[0].id, writer->leaf_bytes, (uint32_t)leaf.length, 0};
        writer->leaf_bytes += leaf.length;
    }
    buffer_finish(&leaf);
    free(entries);
    *out_count = count;
    return ok;
}

/* The root directory must lie in the first 16 KiB. With few entries it holds them all; otherwise it points to leaves,
 * which are made larger until it is short enough. */
static bool build_directories(struct pmtiles_writer *writer, struct buffer *root, struct error *err)
{
    size_t room = PMTILES_ROOT_END_MAX - PMTILES_HEADER_BYTES;
    struct pmtiles_entry *pointers = malloc(LEAVES_MAX * sizeof *pointers);
    size_t count = 0;
    bool ok = pointers != NULL || error_no_memory(err);
    if (ok && writer->entry_count <= LEAF_ENTRIES) {
        rewind(writer->entries.file);
        count = fread(pointers, sizeof *pointers, LEAF_ENTRIES, writer->entries.file);
        ok = count == writer->entry_count ? pack_directory(pointers, count, root, err)
                                          : archive_write_fail(writer->entries.path, err);
    }
    bool fits = ok && writer->entry_count <= LEAF_ENTRIES && root->length <= room;
    for (size_t each = LEAF_ENTRIES; ok && !fits; each *= 2) {
        while (writer->entry_count / each >= LEAVES_MAX) {
            each *= 2;
        }
        buffer_clear(root);
        ok = write_leaves(writer, each, pointers, &count, err) && pack_directory(pointers, count, root, err);
        fits = root->length <= room;
    }
    free(pointers);
    return ok;
}

static bool write_metadata(const struct archive_about *about, struct buffer *out, struct error *err)
{
    struct buffer json;
    struct json_writer writer;
    buffer_init(&json, METADATA_BYTES_MAX);
    json_write_init(&writer, &json);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "name", about->name ? about->name : "");
    if (about->description) {
        json_write_member_string(&writer, "description", about->description);
    }
    if (about->attribution) {
        json_write_member_string(&writer, "attribution", about->attribution);
    }
    json_write_member_string(&writer, "type", "baselayer");
    json_write_member_string(&writer, "version", "1");
    json_write_member_string(&writer, "generator", "tesela " TESELA_VERSION);
    archive_write_vector_layers(about, &writer);
    json_write_end_object(&writer);
    bool ok = !json.failed && gzip_compress(json.data, json.length, GZIP_LEVEL, out) && !out->failed;
    buffer_finish(&json);
    return ok || error_no_memory(err);
}

static struct pmtiles_header make_header(const struct pmtiles_writer *writer, uint64_t root, uint64_t metadata)
{
    const struct archive_about *about = writer->writer.about;
    struct pmtiles_header header = {.root = {PMTILES_HEADER_BYTES, root},
                                    .addressed_count = writer->writer.stats.tiles,
                                    .entry_count = writer->entry_count,
                                    .content_count = writer->writer.stats.contents,
                                    .is_clustered = true,
                                    .internal_compression = PMTILES_GZIP,
                                    .tile_compression = about->format == TILE_PNG ? PMTILES_NONE : PMTILES_GZIP,
                                    .type = about->format == TILE_PNG ? PMTILES_PNG : PMTILES_MVT,
                                    .min_zoom = about->min_zoom,
                                    .max_zoom = about->max_zoom,
                                    .center_zoom = about->center_zoom,
                                    .bounds = about->bounds,
                                    .center_lon = about->center_lon,
                                    .center_lat = about->center_lat};
    header.metadata = (struct pmtiles_part){header.root.offset + root, metadata};
    header.leaves = (struct pmtiles_part){header.metadata.offset + metadata, writer->leaf_bytes};
    header.tiles = (struct pmtiles_part){header.leaves.offset + writer->leaf_bytes, writer->tile_bytes};
    return header;
}

static bool copy(struct stack *from, uint64_t length, struct stack *to, struct error *err)
{
    unsigned char *piece = malloc(COPY_BYTES);
    bool ok = piece != NULL || error_no_memory(err);
    rewind(from->file);
    while (ok && length > 0) {
        size_t want = length < COPY_BYTES ? (size_t)length : COPY_BYTES;
        ok = fread(piece, 1, want, from->file) == want ? append(to, piece, want, err)
                                                       : archive_write_fail(from->path, err);
        length -= want;
    }
    free(piece);
    return ok;
}

static bool put_together(struct pmtiles_writer *writer, const struct buffer *root, const struct buffer *metadata,
                         struct error *err)
{
    struct pmtiles_header header = make_header(writer, root->length, metadata->length);
    struct buffer head;
    buffer_init(&head, PMTILES_HEADER_BYTES);
    pmtiles_write_header(&header, &head);
    bool ok = open_stack(&writer->out, writer->path, ".part", err) &&
              append(&writer->out, head.data, head.length, err) &&
              append(&writer->out, root->data, root->length, err) &&
              append(&writer->out, metadata->data, metadata->length, err) &&
              copy(&writer->leaves, writer->leaf_bytes, &writer->out, err) &&
              copy(&writer->tiles, writer->tile_bytes, &writer->out, err);
    buffer_finish(&head);
    if (!ok) {
        return false;
    }
    if (fflush(writer->out.file) != 0 || fsync(fileno(writer->out.file)) != 0 ||
        rename(writer->out.path, writer->path) != 0) {
        return archive_write_fail(writer->path, err);
    }
    fclose(writer->out.file);
    writer->out.file = NULL;
    return true;
}

static bool finish(struct archive_writer *base, struct error *err)
{
    struct pmtiles_writer *writer = (struct pmtiles_writer *)(void *)base;
    struct buffer root;
    struct buffer metadata;
    buffer_init(&root, PMTILES_DIRECTORY_BYTES_MAX);
    buffer_init(&metadata, METADATA_BYTES_MAX);
    bool ok = write_last(writer, err) && build_directories(writer, &root, err) &&
              write_metadata(base->about, &metadata, err) && put_together(writer, &root, &metadata, err);
    writer->last.length = 0;
    buffer_finish(&root);
    buffer_finish(&metadata);
    return ok;
}

static void close_writer(struct archive_writer *base)
{
    struct pmtiles_writer *writer = (struct pmtiles_writer *)(void *)base;
    remove_stack(&writer->tiles);
    remove_stack(&writer->entries);
    remove_stack(&writer->leaves);
    remove_stack(&writer->out);
    free(writer->seen);
    free(writer);
}

bool archive_writer_open_pmtiles(const char *path, const struct archive_about *about,
                                 struct archive_writer **out_writer, struct error *err)
{
    struct pmtiles_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return error_no_memory(err);
    }
    writer->writer.about = about;
    writer->writer.add = add;
    writer->writer.finish = finish;
    writer->writer.close = close_writer;
    writer->seen = calloc(SEEN_COUNT, sizeof *writer->seen);
    bool ok = writer->seen != NULL || error_no_memory(err);
    if ((size_t)snprintf(writer->path, sizeof writer->path, "%s", path) >= sizeof writer->path) {
        error_set(err, ERROR_INVALID, "the path \"%s\" is too long", path);
        ok = false;
    }
    ok = ok && open_stack(&writer->tiles, path, ".tiles.part", err) &&
         open_stack(&writer->entries, path, ".entries.part", err) &&
         open_stack(&writer->leaves, path, ".leaves.part", err);
    if (!ok) {
        close_writer(&writer->writer);
        return false;
    }
    *out_writer = &writer->writer;
    return true;
}
