/* SPDX-License-Identifier: MIT */
#include "tile/archive_file.h"

#include "base/json_write.h"
#include "tile/archive_reader.h"

#include <string.h>

bool archive_file_is_name(const char *file_name)
{
    return text_ends_with(file_name, ".pmtiles") || text_ends_with(file_name, ".mbtiles");
}

bool archive_file_open(const char *path, struct archive_file **out_archive, struct error *err)
{
    bool ok = text_ends_with(path, ".pmtiles") ? archive_open_pmtiles(path, out_archive, err)
                                               : archive_open_mbtiles(path, out_archive, err);
    if (!ok) {
        error_prefix(err, "\"%s\"", path);
    }
    return ok;
}

void archive_file_close(struct archive_file *archive)
{
    if (archive) {
        struct arena *arena = archive->arena;
        archive->close(archive);
        arena_destroy(arena);
    }
}

const struct archive_info *archive_file_info(const struct archive_file *archive)
{
    return &archive->info;
}

bool archive_file_read(struct archive_file *archive, struct tile_id tile, struct buffer *out, bool *out_found,
                       struct error *err)
{
    if (tile.z < archive->info.min_zoom || tile.z > archive->info.max_zoom) {
        *out_found = false;
        return true;
    }
    return archive->read(archive, tile, out, out_found, err);
}

static const char *copy_member(struct archive_file *archive, const struct value *object, const char *name)
{
    const char *text = value_member_string(object, name);
    return text ? arena_strdup(archive->arena, text) : NULL;
}

void archive_read_metadata(struct archive_file *archive, struct text json)
{
    struct value root;
    if (!value_read_json(json, archive->arena, &root, NULL) || root.type != VALUE_OBJECT) {
        return;
    }
    struct archive_info *info = &archive->info;
    info->name = info->name ? info->name : copy_member(archive, &root, "name");
    info->description = info->description ? info->description : copy_member(archive, &root, "description");
    info->attribution = info->attribution ? info->attribution : copy_member(archive, &root, "attribution");
    const struct value *layers = value_member(&root, "vector_layers");
    if (layers && layers->type == VALUE_ARRAY) {
        struct buffer text;
        struct json_writer writer;
        buffer_init(&text, ARCHIVE_METADATA_BYTES_MAX);
        json_write_init(&writer, &text);
        json_write_value(&writer, layers);
        info->vector_layers = text.failed ? NULL : arena_strdup(archive->arena, buffer_text(&text));
        buffer_finish(&text);
    }
}
