/* SPDX-License-Identifier: MIT */
#include "ingest/source.h"

#include "base/text.h"
#include "ingest/archive.h"
#include "ingest/encoding.h"
#include "ingest/ogr_dataset.h"
#include "ingest/source_archive.h"
#include "ingest/source_file.h"
#include "ingest/source_shapefile.h"
#include "ingest/staging.h"

#include <string.h>
#include <strings.h>

const char *source_format_name(enum source_format format)
{
    static const char *const names[] = {"shapefile", "GeoPackage", "GeoJSON", "FlatGeobuf",    "KML",     "CSV",
                                        "DXF",       "ODS",        "XLSX",    "OpenStreetMap", "GeoJSON", "raster"};
    return names[format];
}

void source_slug(const char *name, char out[65])
{
    char folded[512];
    size_t length = text_fold(text_of(name), folded, sizeof folded);
    size_t put = 0;
    for (size_t i = 0; i < length && put < 64; i++) {
        unsigned char byte = (unsigned char)folded[i];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
        if (plain && byte != '_') {
            out[put++] = (char)byte;
        } else if (put > 0 && out[put - 1] != '_') {
            out[put++] = '_';
        }
    }
    while (put > 0 && (out[put - 1] == '_' || out[put - 1] == '-')) {
        put--;
    }
    size_t skip = 0;
    while (skip < put && (out[skip] == '_' || out[skip] == '-')) {
        skip++;
    }
    memmove(out, out + skip, put - skip);
    out[put - skip] = '\0';
    if (put == skip) {
        memcpy(out, "capa", 5);
    }
}

static bool open_shapefile(struct source *source, const char *path, struct report *report, struct error *err)
{
    struct source_part used[SOURCE_PARTS_USED_MAX];
    size_t count = 0;
    if (!source_parts_used(source, path, used, &count, err) || !source_parts_hash(source, used, count, err)) {
        return false;
    }
    source->format = "shapefile";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(used[i].extension, "shp") == 0) {
            return source_shapefile_add(source, used, count, &used[i], report, err);
        }
    }
    return false;
}

/* One file packed by itself: "colonias.geojson.gz". */
static bool open_packed(struct source *source, const char *path, struct report *report, struct error *err)
{
    enum content content = CONTENT_UNKNOWN;
    struct source_part whole = {.name = path, .extension = "", .path = path};
    const char *unpacked = arena_printf(source->arena, "%s/unpacked", source->folder);
    size_t length = strlen(path);
    char *name = arena_strndup(source->arena, path, text_ends_with_any_case(path, ".gz") ? length - 3 : length);
    if (!unpacked || !name) {
        return error_no_memory(err);
    }
    if (!source_parts_hash(source, &whole, 1, err) || !archive_gunzip(path, unpacked, err) ||
        !source_file_look(source, &unpacked, &content, err) ||
        !source_file_add(source, unpacked, name, content, report, err)) {
        return false;
    }
    if (source->layer_count == 0) {
        return source_content_refuse(name, content, err);
    }
    source->format = arena_printf(source->arena, "gzip (%s)", source_format_name(source->layers[0].format));
    return source->format || error_no_memory(err);
}

static bool refuse_part(const char *path, struct error *err)
{
    static const char *const parts[] = {".dbf", ".shx", ".prj", ".cpg", ".cst", ".sbn", ".sbx"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (text_ends_with_any_case(path, parts[i])) {
            error_tell(err, ERROR_INVALID, "IMP-060",
                       "\"%s\" is one part of a shapefile: give the .shp (its parts beside it), or all in one zip",
                       "«%s» es una parte de un shapefile: indique el .shp (con sus partes al lado) o todo en un zip",
                       source_parts_base(path));
            return true;
        }
    }
    return false;
}

static bool open_raster(struct source *source, const char *path, struct error *err)
{
    struct source_part *parts;
    size_t count;
    source->format = source_format_name(SOURCE_RASTER);
    return source_parts_list(source, path, &parts, &count, err) &&
           source_file_add_raster(source, path, source_parts_base(path), parts, count, err);
}

static bool open_content(struct source *source, const char *path, struct report *report, struct error *err)
{
    enum content content = CONTENT_UNKNOWN;
    const char *file = path;
    if (!source_file_look(source, &file, &content, err)) {
        return false;
    }
    if (refuse_part(path, err)) {
        return false;
    }
    if (content == CONTENT_ZIP) {
        return source_archive_open(source, path, report, err);
    }
    if (content == CONTENT_SHP) {
        return open_shapefile(source, path, report, err);
    }
    if (content == CONTENT_GZIP) {
        return open_packed(source, path, report, err);
    }
    bool telling = content == CONTENT_LFS_POINTER || content == CONTENT_OTHER_ARCHIVE || content == CONTENT_EMPTY;
    if (!telling && (text_ends_with_any_case(path, ".shp") || text_ends_with_any_case(path, ".zip"))) {
        error_tell(
            err, ERROR_INVALID, "IMP-060",
            "\"%s\" is not what its name says (neither shapefile nor zip inside): export or fetch it again",
            "«%s» no es lo que dice su nombre (no contiene un shapefile ni un zip): exporte o descargue de nuevo",
            source_parts_base(path));
        return false;
    }
    struct source_part whole = {.name = path, .extension = "", .path = path};
    if (!source_parts_hash(source, &whole, 1, err) || !source_file_add(source, file, path, content, report, err)) {
        return false;
    }
    if (content == CONTENT_RASTER) {
        return open_raster(source, path, err);
    }
    if (source->layer_count == 0) {
        if (content == CONTENT_SQLITE || content == CONTENT_KML || content == CONTENT_DXF || content == CONTENT_OSM) {
            error_tell(err, ERROR_INVALID, "IMP-060",
                       "there is no layer with geometry in \"%s\": export it as GeoPackage, GeoJSON or shapefile",
                       "no hay ninguna capa con geometría en «%s»: expórtela como GeoPackage, GeoJSON o shapefile",
                       source_parts_base(path));
            return false;
        }
        return source_content_refuse(path, content, err);
    }
    source->format = source_format_name(source->layers[0].format);
    return true;
}

bool source_open(const char *path, struct report *report, struct source **out_source, struct error *err)
{
    ogr_dataset_set_up();
    bool ok = false;
    struct arena *arena = arena_create((size_t)16 << 20);
    struct source *source = arena ? arena_alloc(arena, sizeof *source) : NULL;
    if (!source) {
        arena_destroy(arena);
        return error_no_memory(err);
    }
    source->arena = arena;
    source->file = encoding_readable(path, arena);
    source->stem = source->file ? source_parts_stem(source->file, arena) : NULL;
    source->layers = arena_array(arena, SOURCE_LAYERS_MAX, sizeof *source->layers);
    if (!source->file || !source->stem || !source->layers) {
        error_no_memory(err);
        goto done;
    }
    if (!staging_create(source->arena, &source->folder, err) || !open_content(source, path, report, err)) {
        goto done;
    }
    report->sha256 = arena_strdup(report->arena, source->sha256);
    report->format = arena_strdup(report->arena, source->format);
    *out_source = source;
    source = NULL;
    ok = true;
done:
    source_close(source);
    return ok;
}

void source_close(struct source *source)
{
    if (!source) {
        return;
    }
    staging_remove(source->folder);
    arena_destroy(source->arena);
}

const struct source_layer *source_find(const struct source *source, const char *name)
{
    for (size_t i = 0; i < source->layer_count; i++) {
        if (strcmp(source->layers[i].name, name) == 0) {
            return &source->layers[i];
        }
    }
    for (size_t i = 0; i < source->layer_count; i++) {
        if (strcasecmp(source->layers[i].name, name) == 0) {
            return &source->layers[i];
        }
    }
    return NULL;
}

bool source_hash(const char *path, char out_sha256[65], struct error *err)
{
    bool ok = false;
    enum content content = CONTENT_UNKNOWN;
    struct arena *arena = arena_create((size_t)1 << 20);
    if (!arena) {
        return error_no_memory(err);
    }
    struct source source = {.arena = arena};
    struct source_part used[SOURCE_PARTS_USED_MAX] = {{.name = path, .extension = "", .path = path}};
    size_t count = 1;
    if (!source_content_read(path, &content, err) ||
        (content == CONTENT_SHP && !source_parts_used(&source, path, used, &count, err)) ||
        !source_parts_hash(&source, used, count, err)) {
        goto done;
    }
    memcpy(out_sha256, source.sha256, sizeof source.sha256);
    ok = true;
done:
    arena_destroy(arena);
    return ok;
}
