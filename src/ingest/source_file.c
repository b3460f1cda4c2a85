/* SPDX-License-Identifier: MIT */
#include "ingest/source_file.h"

#include "base/text.h"
#include "ingest/encoding.h"
#include "ingest/feed_csv.h"
#include "ingest/feed_ogr.h"
#include "ingest/feed_sheet.h"
#include "ingest/source_kml.h"
#include "ingest/utf16.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool source_file_look(struct source *source, const char **path, enum content *out_content, struct error *err)
{
    if (!source_content_read(*path, out_content, err)) {
        return false;
    }
    if (*out_content != CONTENT_UTF16) {
        return true;
    }
    unsigned char head[512];
    FILE *file = fopen(*path, "rbe");
    size_t size = file ? fread(head, 1, sizeof head, file) : 0;
    if (file) {
        fclose(file);
    }
    const char *copy = arena_printf(source->arena, "%s/utf8-%u", source->folder, source->copies++);
    if (!copy) {
        return error_no_memory(err);
    }
    if (!utf16_copy(*path, utf16_order_of(head, size), copy, err)) {
        return false;
    }
    *path = copy;
    return source_content_read(copy, out_content, err);
}

/* One layer of a container, or only its features of one kind. */
static bool add_inner(struct source *source, const char *name, const char *path, enum source_format format,
                      const struct feed_ogr_entry *entry, unsigned kind, struct error *err)
{
    struct source_layer *layer = source_parts_add_layer(source, name, format, err);
    if (!layer) {
        return false;
    }
    layer->path = path;
    layer->inner = entry->name;
    layer->index = entry->index;
    layer->kind = kind;
    source->layer_count++;
    return true;
}

/* A drawing holds what is one layer here, points, lines and polygons, side by side: each kind becomes a layer. */
static bool add_kinds(struct source *source, const char *name, const char *path, enum source_format format,
                      const struct feed_ogr_entry *entry, struct report *report, struct error *err)
{
    static const char *const suffixes[] = {"", "puntos", "lineas", "poligonos"};
    unsigned kinds = 0;
    for (unsigned kind = GEOMETRY_POINT; kind <= GEOMETRY_POLYGON; kind++) {
        kinds += entry->kinds[kind] > 0;
    }
    if (kinds <= 1) {
        return add_inner(source, name, path, format, entry, GEOMETRY_NONE, err);
    }
    bool with_empty = true;
    for (unsigned kind = GEOMETRY_POINT; kind <= GEOMETRY_POLYGON; kind++) {
        if (entry->kinds[kind] == 0) {
            continue;
        }
        const char *title = arena_printf(source->arena, "%s_%s", name, suffixes[kind]);
        if (!title) {
            return error_no_memory(err);
        }
        if (!add_inner(source, title, path, format, entry, kind, err)) {
            return false;
        }
        source->layers[source->layer_count - 1].with_empty = with_empty;
        with_empty = false;
    }
    struct report_message *message = report_tell(
        report, "IMP-052", REPORT_NOTICE,
        "\"%s\" has points (%lld), lines (%lld) and polygons (%lld) together: each kind is a layer of its own",
        "«%s» tiene puntos (%lld), líneas (%lld) y polígonos (%lld) juntos: cada tipo es una capa", name,
        (long long)entry->kinds[GEOMETRY_POINT], (long long)entry->kinds[GEOMETRY_LINE],
        (long long)entry->kinds[GEOMETRY_POLYGON]);
    report_cure(report, message, "to load one of them, choose it with --source-layer",
                "para cargar una sola, elíjala con --source-layer");
    return true;
}

static int64_t count_features(const struct feed_ogr_entry *entry)
{
    return entry->kinds[0] + entry->kinds[1] + entry->kinds[2] + entry->kinds[3];
}

static bool add_container(struct source *source, const char *path, enum source_format format, const char *extension,
                          struct report *report, struct error *err)
{
    struct feed_ogr_entry *entries = NULL;
    size_t count = 0;
    const char *placed = source_parts_place(source, path, extension, err);
    if (!placed || !feed_ogr_list(placed, format, source->arena, &entries, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct feed_ogr_entry *entry = &entries[i];
        if (entry->counted && count_features(entry) == 0) {
            continue;
        }
        if (format == SOURCE_OSM && strcmp(entry->name, "other_relations") == 0) {
            report_tell(report, "IMP-060", REPORT_NOTICE,
                        "%lld relations that are neither areas nor routes (\"other_relations\") were left out",
                        "se omitieron %lld relaciones que no son áreas ni rutas («other_relations»)",
                        (long long)count_features(entry));
            continue;
        }
        /* The one layer of a drawing has a name that says nothing ("entities"). */
        const char *name = format == SOURCE_DXF ? source->stem : entry->name;
        bool apart = format == SOURCE_DXF || format == SOURCE_KML;
        if (apart ? !add_kinds(source, name, placed, format, entry, report, err)
                  : !add_inner(source, name, placed, format, entry, GEOMETRY_NONE, err)) {
            return false;
        }
    }
    return true;
}

static void tell_sheet(struct report *report, const struct error *why)
{
    struct report_message *message = report_tell(report, "IMP-030", REPORT_NOTICE, "sheet %s", "hoja %s", why->english);
    message->spanish = arena_printf(report->arena, "hoja %s", why->spanish);
}

bool source_file_add_sheets(struct source *source, const char *path, enum source_format format, const char *extension,
                            struct report *report, struct error *err)
{
    struct feed_sheet_entry *sheets = NULL;
    size_t count = 0;
    const char *placed = source_parts_place(source, path, extension, err);
    if (!placed || !feed_sheet_list(placed, format, source->arena, &sheets, &count, err)) {
        return false;
    }
    struct error first = {0};
    size_t before = source->layer_count;
    for (size_t i = 0; i < count; i++) {
        struct error why = {0};
        if (sheets[i].is_hidden) {
            error_tell(&first, ERROR_INVALID, "IMP-030",
                       "%s is hidden in the spreadsheet: show it there if it is wanted",
                       "%s está oculta en la hoja de cálculo: muéstrela ahí si hace falta", sheets[i].name);
            tell_sheet(report, &first);
            continue;
        }
        struct source_layer *layer = source_parts_add_layer(source, sheets[i].name, format, err);
        if (!layer) {
            return false;
        }
        layer->path = placed;
        layer->inner = sheets[i].name;
        if (feed_csv_has_coordinates(layer, &why)) {
            source->layer_count++;
            continue;
        }
        error_prefix(&why, "%s", sheets[i].name);
        first = first.kind == ERROR_NONE ? why : first;
        tell_sheet(report, &why);
    }
    if (source->layer_count == before) {
        if (count == 0) {
            error_tell(err, ERROR_INVALID, "IMP-030", "no sheet of \"%s\" has any cells",
                       "ninguna hoja de «%s» tiene celdas", source_parts_base(path));
        } else if (err) {
            *err = first;
        }
        return false;
    }
    return true;
}

bool source_file_add_raster(struct source *source, const char *path, const char *name, const struct source_part *parts,
                            size_t count, struct error *err)
{
    static const char *const extensions[] = {SOURCE_WORLD_EXTENSIONS};
    const char *dot = strrchr(source_parts_base(name), '.');
    struct source_part raster = {name, dot ? dot + 1 : "", path};
    char extension[8];
    snprintf(extension, sizeof extension, "%s", dot ? dot + 1 : "tif");
    for (char *at = extension; *at != '\0'; at++) {
        *at = (char)(isalnum((unsigned char)*at) ? tolower((unsigned char)*at) : 'x');
    }
    char *stem = source_parts_stem(name, source->arena);
    struct source_layer *layer = stem ? source_parts_add_layer(source, stem, SOURCE_RASTER, err) : NULL;
    if (!layer) {
        return stem ? false : error_no_memory(err);
    }
    layer->path = source_parts_place(source, path, extension, err);
    if (!layer->path) {
        return false;
    }
    for (size_t i = 0; dot && i < sizeof extensions / sizeof extensions[0]; i++) {
        const struct source_part *world = source_parts_beside(parts, count, &raster, extensions[i]);
        if (world) {
            if (!source_parts_place(source, world->path, "wld", err)) {
                return false;
            }
            break;
        }
    }
    const struct source_part *prj = dot ? source_parts_beside(parts, count, &raster, "prj") : NULL;
    layer->prj = prj ? prj->path : NULL;
    source->layer_count++;
    return true;
}

static bool add_single(struct source *source, const char *path, const char *name, enum source_format format,
                       const char *extension, struct error *err)
{
    char *readable = encoding_readable(name, source->arena);
    char *stem = readable ? source_parts_stem(readable, source->arena) : NULL;
    struct source_layer *layer = stem ? source_parts_add_layer(source, stem, format, err) : NULL;
    if (!layer) {
        return stem ? false : error_no_memory(err);
    }
    layer->path = source_parts_place(source, path, extension, err);
    if (!layer->path) {
        return false;
    }
    source->layer_count++;
    return true;
}

/* Changes that SQLite keeps beside the file until another program closes it would be missing without a word. */
static bool is_unfinished(const char *path, struct error *err)
{
    static const char *const ends[] = {"-wal", "-journal"};
    for (size_t i = 0; i < 2; i++) {
        char beside_it[PATH_MAX];
        struct stat info;
        int length = snprintf(beside_it, sizeof beside_it, "%s%s", path, ends[i]);
        if (length > 0 && (size_t)length < sizeof beside_it && stat(beside_it, &info) == 0 && info.st_size > 0) {
            error_tell(err, ERROR_INVALID, "IMP-060",
                       "\"%s\" is still open in another program, or was not closed properly (\"%s\" lies beside it): "
                       "close it there, or export the layer again",
                       "«%s» sigue abierto en otro programa o no se cerró bien (junto a él está «%s»): ciérrelo ahí o "
                       "exporte la capa de nuevo",
                       source_parts_base(path), source_parts_base(beside_it));
            return true;
        }
    }
    return false;
}

bool source_file_add(struct source *source, const char *path, const char *name, enum content content,
                     struct report *report, struct error *err)
{
    switch (content) {
    case CONTENT_SQLITE:
        if (is_unfinished(path, err)) {
            return false;
        }
        return add_container(source, path, SOURCE_GEOPACKAGE, "gpkg", report, err);
    case CONTENT_KML:
        if (!source_kml_look(source, &path, report, err)) {
            return false;
        }
        return add_container(source, path, SOURCE_KML, "kml", report, err);
    case CONTENT_OSM:
        return add_container(source, path, SOURCE_OSM, text_ends_with_any_case(name, ".osm") ? "osm" : "osm.pbf",
                             report, err);
    case CONTENT_DXF:
        return add_container(source, path, SOURCE_DXF, "dxf", report, err);
    case CONTENT_GEOJSON:
        return add_single(source, path, name, SOURCE_GEOJSON, "geojson", err);
    case CONTENT_GEOJSON_SEQUENCE:
        return add_single(source, path, name, SOURCE_GEOJSON_SEQUENCE, "geojsonl", err);
    case CONTENT_FLATGEOBUF:
        return add_single(source, path, name, SOURCE_FLATGEOBUF, "fgb", err);
    case CONTENT_TEXT:
        return add_single(source, path, name, SOURCE_CSV, "csv", err);
    default:
        break;
    }
    return true;
}
