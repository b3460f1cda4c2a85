/* SPDX-License-Identifier: MIT */
#include "ingest/feed_sheet.h"

#include "ingest/ogr_dataset.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_minixml.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <limits.h>
#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKBOOK_BYTES_MAX = 1 << 20 };

struct feed_sheet {
    GDALDatasetH dataset;
    OGRLayerH layer;
    OGRFeatureH row; /* whose cells are lent out */
    int columns;
};

/* Header and types are found by us, by the same rules as in text: GDAL would round numbers to 15 digits, and takes
 * title lines for the header. */
static GDALDatasetH open_book(const char *path, enum source_format format, struct error *err)
{
    static const char *const switches[] = {"OGR_ODS_HEADERS", "OGR_XLSX_HEADERS", "OGR_ODS_FIELD_TYPES",
                                           "OGR_XLSX_FIELD_TYPES"};
    static const char *const values[] = {"DISABLE", "DISABLE", "STRING", "STRING"};
    const char *const drivers[] = {format == SOURCE_ODS ? "ODS" : "XLSX", NULL};
    ogr_dataset_set_up();
    for (size_t i = 0; i < 4; i++) {
        CPLSetThreadLocalConfigOption(switches[i], values[i]);
    }
    CPLPushErrorHandler(CPLQuietErrorHandler);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, NULL, NULL);
    /* Sheets are parsed when they are first asked for. */
    for (int i = 0; dataset && i < GDALDatasetGetLayerCount(dataset); i++) {
        OGR_L_GetLayerDefn(GDALDatasetGetLayer(dataset, i));
    }
    CPLPopErrorHandler();
    for (size_t i = 0; i < 4; i++) {
        CPLSetThreadLocalConfigOption(switches[i], NULL);
    }
    if (!dataset) {
        error_tell(err, ERROR_INVALID, "IMP-060",
                   "the spreadsheet cannot be read: save it again, or save the sheet as CSV (UTF-8)",
                   "no se puede leer la hoja de cálculo: guárdela de nuevo o guarde la hoja como CSV (UTF-8)");
    }
    return dataset;
}

/* The description of an XLSX book (ECMA-376 part 1, 18.2.27), NULL when it cannot be read: then all sheets are shown.
 */
static CPLXMLNode *read_workbook(const char *path)
{
    char name[PATH_MAX + 32];
    CPLXMLNode *book = NULL;
    snprintf(name, sizeof name, "/vsizip/{%s}/xl/workbook.xml", path);
    VSILFILE *file = VSIFOpenL(name, "rb");
    char *text = file ? malloc(WORKBOOK_BYTES_MAX + 1) : NULL;
    size_t length = text ? VSIFReadL(text, 1, WORKBOOK_BYTES_MAX, file) : 0;
    if (length > 0) {
        text[length] = '\0';
        CPLPushErrorHandler(CPLQuietErrorHandler);
        book = CPLParseXMLString(text);
        CPLPopErrorHandler();
        CPLStripXMLNamespace(book, NULL, TRUE);
    }
    free(text);
    if (file) {
        VSIFCloseL(file);
    }
    return book;
}

static bool says_true(const char *value)
{
    return strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
}

static bool is_hidden(CPLXMLNode *book, const char *name)
{
    const CPLXMLNode *sheets = book ? CPLGetXMLNode(book, "=workbook.sheets") : NULL;
    for (const CPLXMLNode *sheet = sheets ? sheets->psChild : NULL; sheet; sheet = sheet->psNext) {
        if (sheet->eType == CXT_Element && strcmp(CPLGetXMLValue(sheet, "name", ""), name) == 0) {
            return strcmp(CPLGetXMLValue(sheet, "state", "visible"), "visible") != 0;
        }
    }
    return false;
}

static bool list_sheets(GDALDatasetH dataset, CPLXMLNode *book, struct arena *arena,
                        struct feed_sheet_entry **out_entries, size_t *out_count, struct error *err)
{
    int count = GDALDatasetGetLayerCount(dataset);
    struct feed_sheet_entry *entries = arena_array(arena, (size_t)count + 1, sizeof *entries);
    size_t kept = 0;
    if (!entries) {
        return error_no_memory(err);
    }
    for (int i = 0; i < count; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(dataset, i);
        if (OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(layer)) == 0) {
            continue;
        }
        const char *name = arena_strdup(arena, OGR_L_GetName(layer));
        if (!name) {
            return error_no_memory(err);
        }
        entries[kept++] = (struct feed_sheet_entry){name, is_hidden(book, name)};
    }
    *out_entries = entries;
    *out_count = kept;
    return true;
}

bool feed_sheet_list(const char *path, enum source_format format, struct arena *arena,
                     struct feed_sheet_entry **out_entries, size_t *out_count, struct error *err)
{
    CPLXMLNode *book = format == SOURCE_XLSX ? read_workbook(path) : NULL;
    GDALDatasetH dataset = NULL;
    bool ok = false;
    if (book && says_true(CPLGetXMLValue(book, "=workbook.workbookPr.date1904", ""))) {
        error_tell(
            err, ERROR_INVALID, "IMP-060",
            "the spreadsheet counts dates from 1904, which would come out wrong: switch its 1904 date system off, "
            "look at its dates, and save it again, or save the sheet as CSV (UTF-8)",
            "la hoja de cálculo cuenta las fechas desde 1904 y saldrían mal: desactive su sistema de fechas 1904, "
            "revise las fechas y guárdela de nuevo, o guarde la hoja como CSV (UTF-8)");
        goto done;
    }
    dataset = open_book(path, format, err);
    ok = dataset && list_sheets(dataset, book, arena, out_entries, out_count, err);
done:
    if (dataset) {
        GDALClose(dataset);
    }
    CPLDestroyXMLNode(book);
    return ok;
}

bool feed_sheet_open(const char *path, enum source_format format, const char *name, struct feed_sheet **out_sheet,
                     struct error *err)
{
    struct feed_sheet *sheet = calloc(1, sizeof *sheet);
    if (!sheet) {
        return error_no_memory(err);
    }
    sheet->dataset = open_book(path, format, err);
    sheet->layer = sheet->dataset ? GDALDatasetGetLayerByName(sheet->dataset, name) : NULL;
    if (!sheet->layer) {
        if (sheet->dataset) {
            error_tell(err, ERROR_INVALID, "IMP-060", "there is no sheet \"%.80s\"", "no hay ninguna hoja «%.80s»",
                       name);
        }
        feed_sheet_close(sheet);
        return false;
    }
    sheet->columns = OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(sheet->layer));
    *out_sheet = sheet;
    return true;
}

void feed_sheet_close(struct feed_sheet *sheet)
{
    if (!sheet) {
        return;
    }
    OGR_F_Destroy(sheet->row);
    if (sheet->dataset) {
        GDALClose(sheet->dataset);
    }
    free(sheet);
}

bool feed_sheet_next(struct feed_sheet *sheet, struct text *cells, size_t cells_max, size_t *out_count, bool *out_end,
                     struct error *err)
{
    if ((size_t)sheet->columns > cells_max) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-030", "%d columns are more than %zu: keep only those that are needed",
                   "%d columnas son más de %zu: conserve solo las necesarias", sheet->columns, cells_max);
        return false;
    }
    OGR_F_Destroy(sheet->row);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    sheet->row = OGR_L_GetNextFeature(sheet->layer);
    CPLPopErrorHandler();
    *out_end = !sheet->row;
    for (int i = 0; sheet->row && i < sheet->columns; i++) {
        bool set = OGR_F_IsFieldSetAndNotNull(sheet->row, i);
        cells[i] = set ? text_of(OGR_F_GetFieldAsString(sheet->row, i)) : text_of("");
    }
    *out_count = sheet->row ? (size_t)sheet->columns : 0;
    return true;
}

void feed_sheet_rewind(struct feed_sheet *sheet)
{
    OGR_L_ResetReading(sheet->layer);
}
