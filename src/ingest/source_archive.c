/* SPDX-License-Identifier: MIT */
#include "ingest/source_archive.h"

#include "base/text.h"
#include "ingest/archive.h"
#include "ingest/source_file.h"
#include "ingest/source_shapefile.h"

#include <string.h>

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
                source_parts_base(source->file), archive->members[i].name);
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
                source_parts_base(source->file), inner);
            return false;
        }
    }
    error_tell(err, ERROR_INVALID, "IMP-060",
               "there is no layer in archive \"%s\": it should hold a shapefile, GeoPackage, GeoJSON, KML or CSV",
               "no hay ninguna capa en el archivo «%s»: debería contener un shapefile, GeoPackage, GeoJSON, KML o CSV",
               source_parts_base(source->file));
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

static bool add_members(struct source *source, const struct source_part *parts, size_t count, bool tables,
                        struct report *report, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct source_part *part = &parts[i];
        if (strcmp(part->extension, "shp") == 0) {
            if (!tables && !source_shapefile_add(source, parts, count, part, report, err)) {
                return false;
            }
            continue;
        }
        static const char *const sidecars[] = {"shx", "dbf", "prj", "qpj", "cpg", "cst", SOURCE_WORLD_EXTENSIONS};
        bool sidecar = false;
        for (size_t j = 0; j < sizeof sidecars / sizeof sidecars[0]; j++) {
            sidecar |= strcmp(part->extension, sidecars[j]) == 0;
        }
        /* What is named like a picture and is none is no table either. */
        sidecar |= tables && is_picture(part->extension);
        enum content content = CONTENT_UNKNOWN;
        const char *file = part->path;
        if (sidecar || !source_file_look(source, &file, &content, err)) {
            if (sidecar) {
                continue;
            }
            return false;
        }
        if ((content == CONTENT_TEXT) == tables && !source_file_add(source, file, part->name, content, report, err)) {
            error_prefix(err, "%s", part->name);
            return false;
        }
    }
    return true;
}

/* Rasters are the layers of an archive that has no others; beside others they are told. Pictures without a world file
 * are logos and previews. */
static bool add_rasters(struct source *source, const struct source_part *parts, size_t count, struct report *report,
                        struct error *err)
{
    bool has_others = source->layer_count > 0;
    for (size_t i = 0; i < count; i++) {
        static const char *const world[] = {SOURCE_WORLD_EXTENSIONS};
        enum content content = CONTENT_UNKNOWN;
        bool placed = strcmp(parts[i].extension, "tif") == 0 || strcmp(parts[i].extension, "tiff") == 0 ||
                      strcmp(parts[i].extension, "jp2") == 0;
        for (size_t k = 0; k < sizeof world / sizeof world[0]; k++) {
            placed = placed || source_parts_beside(parts, count, &parts[i], world[k]) != NULL;
        }
        if (!placed || !source_content_read(parts[i].path, &content, NULL) || content != CONTENT_RASTER) {
            continue;
        }
        if (has_others) {
            report_tell(report, "IMP-090", REPORT_NOTICE,
                        "the raster \"%s\" beside other layers was left out: give it by itself",
                        "se omitió el ráster «%s», que viene junto a otras capas: entréguelo por separado",
                        parts[i].name);
        } else if (!source_file_add_raster(source, parts[i].path, parts[i].name, parts, count, err)) {
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

bool source_archive_open(struct source *source, const char *path, struct report *report, struct error *err)
{
    static const char *const extensions[] = {
        "shp",  "shx",      "dbf",    "prj",  "qpj", "cpg", "cst", "gpkg", "geojson",
        "json", "geojsonl", "ndjson", "fgb",  "kml", "csv", "tsv", "txt",  "dxf",
        "pbf",  "osm",      "tif",    "tiff", "jp2", "png", "jpg", "jpeg", SOURCE_WORLD_EXTENSIONS};
    struct archive archive;
    enum source_format book = SOURCE_ODS;
    struct source_part whole = {.name = path, .extension = "", .path = path};
    if (!source_parts_hash(source, &whole, 1, err) ||
        !archive_unpack(path, source->folder, extensions, sizeof extensions / sizeof extensions[0], source->arena,
                        &archive, err)) {
        return false;
    }
    struct source_part *parts = arena_array(source->arena, archive.member_count, sizeof *parts);
    if (!parts) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < archive.member_count; i++) {
        parts[i] = (struct source_part){archive.members[i].name, archive.members[i].extension, archive.members[i].path};
    }
    if (is_book(&archive, &book)) {
        source->format = source_format_name(book);
        return source_file_add_sheets(source, path, book, book == SOURCE_ODS ? "ods" : "xlsx", report, err);
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
