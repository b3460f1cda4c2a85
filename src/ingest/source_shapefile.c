/* SPDX-License-Identifier: MIT */
#include "ingest/source_shapefile.h"

#include "base/buffer.h"
#include "base/file.h"
#include "ingest/encoding.h"
#include "ingest/shapefile.h"

#include <ctype.h>
#include <string.h>

enum { LABEL_BYTES_MAX = 64 };

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
static bool prepare_index(struct source *source, struct source_layer *layer, const struct source_part *shx,
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
        return source_parts_place(source, shx->path, "shx", err) != NULL;
    }
    if (!shapefile_rebuild_index(layer->path, index, &shapes, err)) {
        return false;
    }
    layer->records = shapes.records;
    if (shx) {
        struct report_message *message =
            report_tell(report, "IMP-060", REPORT_WARNING,
                        "the .shx (of %u shapes) does not fit the .shp, in which %u can be read: it was made anew",
                        "el .shx (de %u formas) no corresponde al .shp, en el que se pueden leer %u: se rehízo",
                        shapefile_count_entries(shx->path), shapes.records);
        report_cure(report, message, "compare the number of features; if some are missing, export the layer again",
                    "compare el número de elementos; si faltan, exporte la capa de nuevo");
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
static const struct source_part *only_table(const struct source *source, const struct source_part *parts, size_t count)
{
    const struct source_part *dbf = NULL;
    const struct source_part *shp = NULL;
    const struct source_part *shx = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct source_part **slot = strcmp(parts[i].extension, "dbf") == 0   ? &dbf
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
static bool place_table(struct source *source, struct source_layer *layer, const struct source_part *dbf,
                        struct report *report, struct error *err)
{
    struct shapefile_table table;
    if (!shapefile_read_table(dbf->path, source->arena, &table, NULL) || table.rows >= layer->records) {
        layer->dbf = source_parts_place(source, dbf->path, "dbf", err);
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

bool source_shapefile_add(struct source *source, const struct source_part *parts, size_t count,
                          const struct source_part *shp, struct report *report, struct error *err)
{
    struct shapefile_shapes shapes;
    char *readable = encoding_readable(shp->name, source->arena);
    char *name = readable ? source_parts_stem(readable, source->arena) : NULL;
    struct source_layer *layer = name ? source_parts_add_layer(source, name, SOURCE_SHAPEFILE, err) : NULL;
    if (!layer) {
        return name ? false : error_no_memory(err);
    }
    if (!shapefile_read_header(shp->path, &shapes, err)) {
        error_prefix(err, "%s", source_parts_base(shp->name));
        return false;
    }
    const struct source_part *dbf = source_parts_beside(parts, count, shp, "dbf");
    dbf = dbf ? dbf : only_table(source, parts, count);
    const struct source_part *prj = source_parts_beside(parts, count, shp, "prj");
    prj = prj ? prj : source_parts_beside(parts, count, shp, "qpj"); /* QGIS 2 wrote both */
    const struct source_part *cpg = source_parts_beside(parts, count, shp, "cpg");
    cpg = cpg ? cpg : source_parts_beside(parts, count, shp, "cst");
    layer->path = source_parts_place(source, shp->path, "shp", err);
    if (!layer->path || !prepare_index(source, layer, source_parts_beside(parts, count, shp, "shx"), report, err)) {
        return false;
    }
    if (dbf) {
        if (!place_table(source, layer, dbf, report, err)) {
            return false;
        }
        if (!source_parts_same_stem(dbf, shp)) {
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
