/* SPDX-License-Identifier: MIT */
#include "ingest/source.h"

#include "base/buffer.h"
#include "base/file.h"
#include "ingest/archive.h"
#include "ingest/encoding.h"
#include "ingest/feed_csv.h"
#include "ingest/feed_ogr.h"
#include "ingest/ogr_dataset.h"
#include "ingest/feed_sheet.h"
#include "ingest/sha256.h"
#include "ingest/shapefile.h"
#include "ingest/source_content.h"
#include "ingest/staging.h"
#include "ingest/utf16.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* World files: where a picture lies. */
#define WORLD_EXTENSIONS "tfw", "tifw", "tiffw", "pgw", "pngw", "jgw", "jpgw", "jpegw", "j2w", "jp2w", "wld"

enum { LAYERS_MAX = 200, LABEL_BYTES_MAX = 64 };

/* The parts that lie in a folder or an archive, before they are put together to layers. */
struct part {
    const char *name; /* with folders, for people */
    const char *extension;
    const char *path;
};

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

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "dir/colonias.geojson.zip" gives "colonias". */
static char *stem_of(const char *path, struct arena *arena)
{
    static const char *const extensions[] = {".zip",  ".shp", ".gpkg", ".geojson",  ".json",     ".csv",    ".txt",
                                             ".tsv",  ".kml", ".kmz",  ".fgb",      ".gz",       ".dxf",    ".ods",
                                             ".xlsx", ".pbf", ".osm",  ".geojsonl", ".geojsons", ".ndjson", ".jsonl",
                                             ".tif",  ".jp2", ".png",  ".tiff",     ".jpg"};
    char *stem = arena_strdup(arena, base_name(path));
    for (int pass = 0; stem && pass < 2; pass++) {
        for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
            if (text_ends_with_any_case(stem, extensions[i])) {
                stem[strlen(stem) - strlen(extensions[i])] = '\0';
                break;
            }
        }
    }
    return stem;
}

/* The content of `*path`. Text in UTF-16 is made UTF-8 first: `*path` is then the copy. */
static bool look_at(struct source *source, const char **path, enum content *out_content, struct error *err)
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

static bool hash_file(crypto_hash_sha256_state *state, const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return false;
    }
    unsigned char block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        sha256_update(state, block, got);
    }
    bool ok = !ferror(file);
    fclose(file);
    return ok;
}

/* Over one file, or over the parts of a shapefile in the order of their extensions. */
static bool hash_parts(struct source *source, const struct part *parts, size_t count, struct error *err)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++) {
        if (count > 1) {
            sha256_update(&state, parts[i].extension, strlen(parts[i].extension));
        }
        if (!hash_file(&state, parts[i].path)) {
            error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not read \"%s\"", "no se pudo leer «%s»",
                       parts[i].path);
            return false;
        }
    }
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(source->sha256, sizeof source->sha256, digest, sizeof digest);
    return true;
}

/* Gives the file at `path` the name that GDAL expects, without copying it. NULL with `err` filled on failure. */
static const char *place(struct source *source, const char *path, const char *extension, struct error *err)
{
    char real[PATH_MAX];
    const char *name = arena_printf(source->arena, "%s/layer%zu.%s", source->folder, source->layer_count, extension);
    if (!name) {
        error_no_memory(err);
        return NULL;
    }
    if (!realpath(path, real) || symlink(real, name) != 0) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not prepare \"%s\": %s", "no se pudo preparar «%s»: %s",
                   path, strerror(errno));
        return NULL;
    }
    return name;
}

static struct source_layer *add_layer(struct source *source, const char *name, enum source_format format,
                                      struct error *err)
{
    if (source->layer_count == LAYERS_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-060", "the file has more than %d layers: split it",
                   "el archivo tiene más de %d capas: divídalo", (int)LAYERS_MAX);
        return NULL;
    }
    struct source_layer *layer = &source->layers[source->layer_count];
    *layer = (struct source_layer){.name = name, .format = format};
    return layer;
}

static bool same_stem(const struct part *a, const struct part *b)
{
    size_t length = strlen(a->name) - strlen(a->extension);
    return length == strlen(b->name) - strlen(b->extension) && strncasecmp(a->name, b->name, length) == 0;
}

/* The part beside `shp` with `extension`: the one spelled alike where two differ only in case. */
static const struct part *beside(const struct part *parts, size_t count, const struct part *shp, const char *extension)
{
    const struct part *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(parts[i].extension, extension) == 0 && same_stem(&parts[i], shp)) {
            size_t length = strlen(shp->name) - strlen(shp->extension);
            if (strncmp(parts[i].name, shp->name, length) == 0) {
                return &parts[i];
            }
            found = found ? found : &parts[i];
        }
    }
    return found;
}

static const char *read_label(struct source *source, const char *path)
{
    struct buffer content;
    struct error why;
    if (!file_read(path, 4096, &content, &why)) {
        return NULL;
    }
    size_t start = content.length >= 3 && memcmp(content.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (start < content.length && isspace(content.data[start])) {
        start++;
    }
    size_t end = start;
    while (end < content.length && content.data[end] >= 0x20 && content.data[end] < 0x7f &&
           end - start < LABEL_BYTES_MAX) {
        end++;
    }
    const char *label = arena_strndup(source->arena, (const char *)content.data + start, end - start);
    buffer_finish(&content);
    return label && label[0] != '\0' ? label : NULL;
}

static void tell_missing(struct report *report, const char *layer, const char *extension, const char *english,
                         const char *spanish)
{
    struct report_message *message = report_tell(report, "IMP-060", REPORT_WARNING, "the .%s is missing: %s",
                                                 "falta el .%s: %s", extension, english);
    message->spanish = arena_printf(report->arena, "falta el .%s: %s", extension, spanish);
    report_cure(report, message, "send all parts of the shapefile in one zip",
                "envíe todas las partes del shapefile en un zip");
    report_at(report, message, layer, NULL);
}

/* The .shx is an index and can be made anew from the .shp. */
static bool prepare_index(struct source *source, struct source_layer *layer, const struct part *shx,
                          struct report *report, struct error *err)
{
    struct shapefile_shapes shapes;
    const char *index = arena_printf(source->arena, "%s/layer%zu.shx", source->folder, source->layer_count);
    if (!index) {
        return error_no_memory(err);
    }
    struct error why;
    if (shx && shapefile_check_index(layer->path, shx->path, &shapes, &why)) {
        layer->records = shapes.records;
        return place(source, shx->path, "shx", err) != NULL;
    }
    if (!shapefile_rebuild_index(layer->path, index, &shapes, err)) {
        return false;
    }
    layer->records = shapes.records;
    if (shx) {
        struct report_message *message =
            report_tell(report, "IMP-060", REPORT_WARNING, "the .shx does not fit the .shp: it was made anew",
                        "el .shx no corresponde al .shp: se rehízo");
        report_at(report, message, layer->name, NULL);
    } else {
        tell_missing(report, layer->name, "shx", "it was made anew from the .shp", "se rehízo a partir del .shp");
    }
    if (shapes.unread_at > 0) {
        struct report_message *message =
            report_tell(report, "IMP-060", REPORT_WARNING,
                        "the .shp is damaged after shape %u (byte %llu): what follows cannot be read",
                        "el .shp está dañado después de la forma %u (byte %llu): lo que sigue no se puede leer",
                        shapes.records, (unsigned long long)shapes.unread_at);
        report_cure(report, message, "export the layer again and compare the number of features",
                    "exporte la capa de nuevo y compare el número de elementos");
        report_at(report, message, layer->name, NULL);
    }
    return true;
}

/* Where there are one .shp and one .dbf only, of different names and equally long, they belong together. */
static const struct part *only_table(const struct source *source, const struct part *parts, size_t count)
{
    const struct part *dbf = NULL;
    const struct part *shp = NULL;
    const struct part *shx = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct part **slot = strcmp(parts[i].extension, "dbf") == 0   ? &dbf
                                   : strcmp(parts[i].extension, "shp") == 0 ? &shp
                                   : strcmp(parts[i].extension, "shx") == 0 ? &shx
                                                                            : NULL;
        if (slot && *slot) {
            return NULL;
        }
        if (slot) {
            *slot = &parts[i];
        }
    }
    struct shapefile_table table;
    struct shapefile_shapes shapes;
    bool fits = dbf && shp && shx && shapefile_read_table(dbf->path, source->arena, &table, NULL) &&
                shapefile_check_index(shp->path, shx->path, &shapes, NULL) && table.rows == shapes.records;
    return fits ? dbf : NULL;
}

/* A table with fewer rows than there are shapes would take the shapes without one with it. */
static bool place_table(struct source *source, struct source_layer *layer, const struct part *dbf,
                        struct report *report, struct error *err)
{
    struct shapefile_table table;
    if (!shapefile_read_table(dbf->path, source->arena, &table, NULL) || table.rows >= layer->records) {
        layer->dbf = place(source, dbf->path, "dbf", err);
        return layer->dbf != NULL;
    }
    layer->dbf = arena_printf(source->arena, "%s/layer%zu.dbf", source->folder, source->layer_count);
    if (!layer->dbf) {
        return error_no_memory(err);
    }
    if (!shapefile_fit_table(dbf->path, &table, layer->records, layer->dbf, err)) {
        return false;
    }
    struct report_message *message = report_tell(
        report, "IMP-060", REPORT_WARNING,
        "the .shp has %u shapes, the .dbf %u rows (its header says %u): shapes without a row are kept without "
        "attributes",
        "el .shp tiene %u formas y el .dbf %u filas (su encabezado dice %u): las formas sin fila se conservan sin "
        "atributos",
        layer->records, table.rows, table.rows_told);
    report_cure(report, message, "the parts may be of different exports: export the layer again",
                "las partes pueden ser de exportaciones distintas: exporte la capa de nuevo");
    report_at(report, message, layer->name, NULL);
    return true;
}

static bool add_shapefile(struct source *source, const struct part *parts, size_t count, const struct part *shp,
                          struct report *report, struct error *err)
{
    struct shapefile_shapes shapes;
    char *readable = encoding_readable(shp->name, source->arena);
    char *name = readable ? stem_of(readable, source->arena) : NULL;
    struct source_layer *layer = name ? add_layer(source, name, SOURCE_SHAPEFILE, err) : NULL;
    if (!layer) {
        return name ? false : error_no_memory(err);
    }
    if (!shapefile_read_header(shp->path, &shapes, err)) {
        error_prefix(err, "%s", base_name(shp->name));
        return false;
    }
    const struct part *dbf = beside(parts, count, shp, "dbf");
    dbf = dbf ? dbf : only_table(source, parts, count);
    const struct part *prj = beside(parts, count, shp, "prj");
    const struct part *cpg = beside(parts, count, shp, "cpg");
    cpg = cpg ? cpg : beside(parts, count, shp, "cst");
    layer->path = place(source, shp->path, "shp", err);
    if (!layer->path || !prepare_index(source, layer, beside(parts, count, shp, "shx"), report, err)) {
        return false;
    }
    if (dbf) {
        if (!place_table(source, layer, dbf, report, err)) {
            return false;
        }
        if (!same_stem(dbf, shp)) {
            struct report_message *message = report_tell(
                report, "IMP-060", REPORT_WARNING, "\"%s\" was taken for the attributes, though its name differs",
                "«%s» se tomó como tabla de atributos, aunque su nombre es distinto", dbf->name);
            report_at(report, message, layer->name, NULL);
        }
    } else {
        tell_missing(report, layer->name, "dbf", "the features have no attributes",
                     "los elementos no tienen atributos");
    }
    layer->prj = prj ? prj->path : NULL;
    layer->label = cpg ? read_label(source, cpg->path) : NULL;
    source->layer_count++;
    return true;
}

/* One layer of a container, or only its features of one kind. */
static bool add_inner(struct source *source, const char *name, const char *path, enum source_format format,
                      const struct feed_ogr_entry *entry, unsigned kind, struct error *err)
{
    struct source_layer *layer = add_layer(source, name, format, err);
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
    const char *placed = place(source, path, extension, err);
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

/* The sheets whose header names coordinates; the others are told. */
static bool add_sheets(struct source *source, const char *path, enum source_format format, const char *extension,
                       struct report *report, struct error *err)
{
    const char **names = NULL;
    size_t count = 0;
    const char *placed = place(source, path, extension, err);
    if (!placed || !feed_sheet_list(placed, format, source->arena, &names, &count, err)) {
        return false;
    }
    struct error first = {0};
    size_t before = source->layer_count;
    for (size_t i = 0; i < count; i++) {
        struct error why = {0};
        struct source_layer *layer = add_layer(source, names[i], format, err);
        if (!layer) {
            return false;
        }
        layer->path = placed;
        layer->inner = names[i];
        if (feed_csv_has_coordinates(layer, &why)) {
            source->layer_count++;
            continue;
        }
        error_prefix(&why, "%s", names[i]);
        first = first.kind == ERROR_NONE ? why : first;
        struct report_message *message =
            report_tell(report, "IMP-030", REPORT_NOTICE, "sheet %s", "hoja %s", why.english);
        message->spanish = arena_printf(report->arena, "hoja %s", why.spanish);
    }
    if (source->layer_count == before) {
        if (count == 0) {
            error_tell(err, ERROR_INVALID, "IMP-030", "no sheet of \"%s\" has any cells",
                       "ninguna hoja de «%s» tiene celdas", base_name(path));
        } else if (err) {
            *err = first;
        }
        return false;
    }
    return true;
}

/* Small files that GDAL looks for beside a raster: where it lies, and its mask. The .prj is read by the feed. */
static bool add_raster(struct source *source, const char *path, const char *name, const struct part *parts,
                       size_t count, struct error *err)
{
    static const char *const extensions[] = {WORLD_EXTENSIONS};
    const char *dot = strrchr(base_name(name), '.');
    struct part raster = {name, dot ? dot + 1 : "", path};
    char extension[8];
    snprintf(extension, sizeof extension, "%s", dot ? dot + 1 : "tif");
    for (char *at = extension; *at != '\0'; at++) {
        *at = (char)(isalnum((unsigned char)*at) ? tolower((unsigned char)*at) : 'x');
    }
    char *stem = stem_of(name, source->arena);
    struct source_layer *layer = stem ? add_layer(source, stem, SOURCE_RASTER, err) : NULL;
    if (!layer) {
        return stem ? false : error_no_memory(err);
    }
    layer->path = place(source, path, extension, err);
    if (!layer->path) {
        return false;
    }
    for (size_t i = 0; dot && i < sizeof extensions / sizeof extensions[0]; i++) {
        const struct part *world = beside(parts, count, &raster, extensions[i]);
        if (world) {
            if (!place(source, world->path, "wld", err)) {
                return false;
            }
            break;
        }
    }
    const struct part *prj = dot ? beside(parts, count, &raster, "prj") : NULL;
    layer->prj = prj ? prj->path : NULL;
    source->layer_count++;
    return true;
}

static bool add_single(struct source *source, const char *path, const char *name, enum source_format format,
                       const char *extension, struct error *err)
{
    char *readable = encoding_readable(name, source->arena);
    char *stem = readable ? stem_of(readable, source->arena) : NULL;
    struct source_layer *layer = stem ? add_layer(source, stem, format, err) : NULL;
    if (!layer) {
        return stem ? false : error_no_memory(err);
    }
    layer->path = place(source, path, extension, err);
    if (!layer->path) {
        return false;
    }
    source->layer_count++;
    return true;
}

/* What a KML file says elsewhere, and never is fetched; and what the library that reads it does not survive. */
static bool look_into_kml(const char *path, struct report *report, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    bool tracks = false;
    bool links = false;
    FILE *file = fopen(path, "rbe");
    while (file && getdelim(&line, &room, '>', file) >= 0) {
        const char *tag = strrchr(line, '<');
        tracks |= tag && strncmp(tag, "<gx:MultiTrack", 14) == 0;
        links |= tag && (strncmp(tag, "<NetworkLink>", 13) == 0 || strncmp(tag, "<NetworkLink ", 13) == 0);
    }
    free(line);
    if (file) {
        fclose(file);
    }
    if (links) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING, "the KML points to other files (NetworkLink); they are not fetched",
            "el KML remite a otros archivos (NetworkLink); no se descargan");
        report_cure(report, message, "in Google Earth, save the linked places as KML, and load that file",
                    "en Google Earth guarde los lugares enlazados como KML y cargue ese archivo");
    }
    if (tracks) {
        error_tell(
            err, ERROR_INVALID, "IMP-060",
            "the KML has tracks of several parts (gx:MultiTrack), which are not read: open it in Google Earth or QGIS "
            "and export it as GeoPackage",
            "el KML tiene recorridos de varias partes (gx:MultiTrack), que no se leen: ábralo en QGIS y expórtelo "
            "como GeoPackage");
        return false;
    }
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
                       base_name(path), base_name(beside_it));
            return true;
        }
    }
    return false;
}

/* Adds the layers of one file that is neither a shapefile nor an archive. */
static bool add_file(struct source *source, const char *path, const char *name, enum content content,
                     struct report *report, struct error *err)
{
    switch (content) {
    case CONTENT_SQLITE:
        if (is_unfinished(path, err)) {
            return false;
        }
        return add_container(source, path, SOURCE_GEOPACKAGE, "gpkg", report, err);
    case CONTENT_KML:
        if (!look_into_kml(path, report, err)) {
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

/* The parts in the folder of the .shp at `path`, as if they had come in an archive. */
static bool list_beside(struct source *source, const char *path, struct part **out_parts, size_t *out_count,
                        struct error *err)
{
    static const char *const extensions[] = {"shp", "shx", "dbf", "prj", "cpg", "cst", WORLD_EXTENSIONS};
    const char *base = base_name(path);
    const char *dot = strrchr(base, '.');
    size_t stem = dot ? (size_t)(dot - base) : strlen(base);
    char *folder =
        base == path ? arena_strdup(source->arena, ".") : arena_strndup(source->arena, path, (size_t)(base - path));
    DIR *open_folder = folder ? opendir(folder) : NULL;
    struct part *parts = arena_array(source->arena, 64, sizeof *parts);
    size_t count = 0;
    if (!parts || !folder) {
        if (open_folder) {
            closedir(open_folder);
        }
        return error_no_memory(err);
    }
    parts[count++] = (struct part){.name = base, .extension = "shp", .path = path};
    for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; entry && count < 64;
         entry = readdir(open_folder)) {
        const char *name = entry->d_name;
        if (strlen(name) <= stem || name[stem] != '.' || strncasecmp(name, base, stem) != 0) {
            continue;
        }
        for (size_t i = 1; i < sizeof extensions / sizeof extensions[0]; i++) {
            if (strcasecmp(name + stem + 1, extensions[i]) == 0) {
                parts[count++] = (struct part){
                    .name = arena_strdup(source->arena, name),
                    .extension = extensions[i],
                    .path = arena_printf(source->arena, "%s/%s", folder, name),
                };
            }
        }
    }
    if (open_folder) {
        closedir(open_folder);
    }
    *out_parts = parts;
    *out_count = count;
    return true;
}

static int compare_parts(const void *a, const void *b)
{
    const struct part *left = a;
    const struct part *right = b;
    int order = strcmp(left->extension, right->extension);
    return order != 0 ? order : strcmp(left->name, right->name);
}

/* Only what is used counts, whatever else has a like name. */
enum { PARTS_USED_MAX = 6 };

static bool use_parts(struct source *source, const char *path, struct part used[PARTS_USED_MAX], size_t *out_count,
                      struct error *err)
{
    static const char *const extensions[] = {"shx", "dbf", "prj", "cpg", "cst"};
    struct part *parts = NULL;
    size_t count = 0;
    if (!list_beside(source, path, &parts, &count, err)) {
        return false;
    }
    assert(parts && count > 0);
    size_t used_count = 0;
    used[used_count++] = parts[0];
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        const struct part *part = beside(parts + 1, count - 1, &parts[0], extensions[i]);
        if (part) {
            used[used_count++] = *part;
        }
    }
    qsort(used, used_count, sizeof used[0], compare_parts);
    *out_count = used_count;
    return true;
}

static bool open_shapefile(struct source *source, const char *path, struct report *report, struct error *err)
{
    struct part used[PARTS_USED_MAX];
    size_t count = 0;
    if (!use_parts(source, path, used, &count, err) || !hash_parts(source, used, count, err)) {
        return false;
    }
    source->format = "shapefile";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(used[i].extension, "shp") == 0) {
            return add_shapefile(source, used, count, &used[i], report, err);
        }
    }
    return false;
}

static void tell_ignored(const struct archive *archive, struct report *report)
{
    static const char *const quiet[] = {".sbn",  ".sbx", ".xml",  ".qix", ".qpj", ".fbn", ".fbx",
                                        ".ain",  ".aih", ".atx",  ".lyr", ".txt", ".pdf", ".md",
                                        ".html", ".htm", ".docx", ".doc", ".jpg", ".png"};
    for (size_t i = 0; i < archive->ignored_count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof quiet / sizeof quiet[0]; j++) {
            known |= text_ends_with_any_case(archive->ignored[i], quiet[j]);
        }
        if (!known) {
            report_tell(report, "IMP-060", REPORT_NOTICE, "\"%s\" in the archive is no layer and was ignored",
                        "«%s» en el archivo no es una capa y se ignoró", archive->ignored[i]);
        }
    }
}

static bool refuse_archive(const struct source *source, const struct archive *archive, struct error *err)
{
    for (size_t i = 0; i < archive->member_count; i++) {
        if (strcmp(archive->members[i].extension, "dbf") == 0) {
            error_tell(
                err, ERROR_INVALID, "IMP-060",
                "archive \"%s\" has \"%.100s\" but no .shp, so there is no geometry: send all parts of the shapefile",
                "el archivo «%s» tiene «%.100s» pero ningún .shp, así que no hay geometría: envíe todas las "
                "partes del shapefile",
                base_name(source->file), archive->members[i].name);
            return false;
        }
    }
    for (size_t i = 0; i < archive->ignored_count; i++) {
        const char *inner = archive->ignored[i];
        if (text_ends_with_any_case(inner, ".zip") || text_ends_with_any_case(inner, ".kmz") ||
            text_ends_with_any_case(inner, ".gz") || text_ends_with_any_case(inner, ".rar") ||
            text_ends_with_any_case(inner, ".7z") || text_ends_with_any_case(inner, ".xlsx") ||
            text_ends_with_any_case(inner, ".ods")) {
            error_tell(
                err, ERROR_INVALID, "IMP-060",
                "archive \"%s\" has \"%.100s\" and no layer of its own: unpack it and load what is inside",
                "el archivo «%s» contiene «%.100s» y ninguna capa suelta: descomprímalo y cargue lo que trae dentro",
                base_name(source->file), inner);
            return false;
        }
    }
    error_tell(err, ERROR_INVALID, "IMP-060",
               "there is no layer in archive \"%s\": it should hold a shapefile, GeoPackage, GeoJSON, KML or CSV",
               "no hay ninguna capa en el archivo «%s»: debería contener un shapefile, GeoPackage, GeoJSON, KML o CSV",
               base_name(source->file));
    return false;
}

static bool is_picture(const char *extension)
{
    static const char *const pictures[] = {"tif", "tiff", "jp2", "png", "jpg", "jpeg"};
    bool found = false;
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        found |= strcmp(extension, pictures[i]) == 0;
    }
    return found;
}

static bool add_members(struct source *source, const struct part *parts, size_t count, bool tables,
                        struct report *report, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        if (strcmp(part->extension, "shp") == 0) {
            if (!tables && !add_shapefile(source, parts, count, part, report, err)) {
                return false;
            }
            continue;
        }
        static const char *const sidecars[] = {"shx", "dbf", "prj", "cpg", "cst", WORLD_EXTENSIONS};
        bool sidecar = false;
        for (size_t j = 0; j < sizeof sidecars / sizeof sidecars[0]; j++) {
            sidecar |= strcmp(part->extension, sidecars[j]) == 0;
        }
        /* What is named like a picture and is none is no table either. */
        sidecar |= tables && is_picture(part->extension);
        enum content content = CONTENT_UNKNOWN;
        const char *file = part->path;
        if (sidecar || !look_at(source, &file, &content, err)) {
            if (sidecar) {
                continue;
            }
            return false;
        }
        if ((content == CONTENT_TEXT) == tables && !add_file(source, file, part->name, content, report, err)) {
            error_prefix(err, "%s", part->name);
            return false;
        }
    }
    return true;
}

/* Rasters are the layers of an archive that has no others; beside others they are told. Pictures without a world file
 * are logos and previews. */
static bool add_rasters(struct source *source, const struct part *parts, size_t count, struct report *report,
                        struct error *err)
{
    bool has_others = source->layer_count > 0;
    for (size_t i = 0; i < count; i++) {
        static const char *const world[] = {WORLD_EXTENSIONS};
        enum content content = CONTENT_UNKNOWN;
        bool placed = strcmp(parts[i].extension, "tif") == 0 || strcmp(parts[i].extension, "tiff") == 0 ||
                      strcmp(parts[i].extension, "jp2") == 0;
        for (size_t k = 0; k < sizeof world / sizeof world[0]; k++) {
            placed = placed || beside(parts, count, &parts[i], world[k]) != NULL;
        }
        if (!placed || !source_content_read(parts[i].path, &content, NULL) || content != CONTENT_RASTER) {
            continue;
        }
        if (has_others) {
            report_tell(report, "IMP-090", REPORT_NOTICE,
                        "the raster \"%s\" beside other layers was left out: give it by itself",
                        "se omitió el ráster «%s», que viene junto a otras capas: entréguelo por separado",
                        parts[i].name);
        } else if (!add_raster(source, parts[i].path, parts[i].name, parts, count, err)) {
            error_prefix(err, "%s", parts[i].name);
            return false;
        }
    }
    return true;
}

/* Spreadsheets are archives, too. Their members were judged like those of any other. */
static bool is_book(const struct archive *archive, enum source_format *out_format)
{
    bool mime_type = false;
    bool content = false;
    /* They may hold pictures: a thumbnail of the first page, a logo. */
    for (size_t i = 0; i < archive->member_count; i++) {
        if (!is_picture(archive->members[i].extension)) {
            return false;
        }
    }
    for (size_t i = 0; i < archive->ignored_count; i++) {
        if (strcmp(archive->ignored[i], "xl/workbook.xml") == 0) {
            *out_format = SOURCE_XLSX;
            return true;
        }
        mime_type |= strcmp(archive->ignored[i], "mimetype") == 0;
        content |= strcmp(archive->ignored[i], "content.xml") == 0;
    }
    *out_format = SOURCE_ODS;
    return mime_type && content;
}

static bool open_archive(struct source *source, const char *path, struct report *report, struct error *err)
{
    static const char *const extensions[] = {"shp",     "shx",  "dbf",      "prj",    "cpg",           "cst", "gpkg",
                                             "geojson", "json", "geojsonl", "ndjson", "fgb",           "kml", "csv",
                                             "tsv",     "txt",  "dxf",      "pbf",    "osm",           "tif", "tiff",
                                             "jp2",     "png",  "jpg",      "jpeg",   WORLD_EXTENSIONS};
    struct archive archive;
    enum source_format book = SOURCE_ODS;
    struct part whole = {.name = path, .extension = "", .path = path};
    if (!hash_parts(source, &whole, 1, err) ||
        !archive_unpack(path, source->folder, extensions, sizeof extensions / sizeof extensions[0], source->arena,
                        &archive, err)) {
        return false;
    }
    struct part *parts = arena_array(source->arena, archive.member_count, sizeof *parts);
    if (!parts) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < archive.member_count; i++) {
        parts[i] = (struct part){archive.members[i].name, archive.members[i].extension, archive.members[i].path};
    }
    if (is_book(&archive, &book)) {
        source->format = source_format_name(book);
        return add_sheets(source, path, book, book == SOURCE_ODS ? "ods" : "xlsx", report, err);
    }
    /* Tables of text beside real layers are notes to them; alone they are the layer. */
    if (!add_members(source, parts, archive.member_count, false, report, err) ||
        !add_rasters(source, parts, archive.member_count, report, err) ||
        (source->layer_count == 0 && !add_members(source, parts, archive.member_count, true, report, err))) {
        return false;
    }
    if (source->layer_count == 0) {
        return refuse_archive(source, &archive, err);
    }
    tell_ignored(&archive, report);
    source->format = arena_printf(source->arena, "zip (%s)", source_format_name(source->layers[0].format));
    return true;
}

/* One file packed by itself: "colonias.geojson.gz". */
static bool open_packed(struct source *source, const char *path, struct report *report, struct error *err)
{
    enum content content = CONTENT_UNKNOWN;
    struct part whole = {.name = path, .extension = "", .path = path};
    const char *unpacked = arena_printf(source->arena, "%s/unpacked", source->folder);
    size_t length = strlen(path);
    char *name = arena_strndup(source->arena, path, text_ends_with_any_case(path, ".gz") ? length - 3 : length);
    if (!unpacked || !name) {
        return error_no_memory(err);
    }
    if (!hash_parts(source, &whole, 1, err) || !archive_gunzip(path, unpacked, err) ||
        !look_at(source, &unpacked, &content, err) || !add_file(source, unpacked, name, content, report, err)) {
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
                       base_name(path));
            return true;
        }
    }
    return false;
}

static bool open_raster(struct source *source, const char *path, struct error *err)
{
    struct part *parts;
    size_t count;
    source->format = source_format_name(SOURCE_RASTER);
    return list_beside(source, path, &parts, &count, err) &&
           add_raster(source, path, base_name(path), parts, count, err);
}

static bool open_content(struct source *source, const char *path, struct report *report, struct error *err)
{
    enum content content = CONTENT_UNKNOWN;
    const char *file = path;
    if (!look_at(source, &file, &content, err)) {
        return false;
    }
    if (refuse_part(path, err)) {
        return false;
    }
    if (content == CONTENT_ZIP) {
        return open_archive(source, path, report, err);
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
            base_name(path));
        return false;
    }
    struct part whole = {.name = path, .extension = "", .path = path};
    if (!hash_parts(source, &whole, 1, err) || !add_file(source, file, path, content, report, err)) {
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
                       base_name(path));
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
    source->stem = source->file ? stem_of(source->file, arena) : NULL;
    source->layers = arena_array(arena, LAYERS_MAX, sizeof *source->layers);
    if (!source->file || !source->stem || !source->layers) {
        error_no_memory(err);
        goto done;
    }
    if (sodium_init() < 0) {
        error_set(err, ERROR_INTERNAL, "libsodium could not be started");
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
    struct part used[PARTS_USED_MAX] = {{.name = path, .extension = "", .path = path}};
    size_t count = 1;
    if (!source_content_read(path, &content, err) ||
        (content == CONTENT_SHP && !use_parts(&source, path, used, &count, err)) ||
        !hash_parts(&source, used, count, err)) {
        goto done;
    }
    memcpy(out_sha256, source.sha256, sizeof source.sha256);
    ok = true;
done:
    arena_destroy(arena);
    return ok;
}
