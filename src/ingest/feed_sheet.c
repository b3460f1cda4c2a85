/* SPDX-License-Identifier: MIT */
#include "ingest/feed_sheet.h"

#include "ingest/ogr_dataset.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>

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

bool feed_sheet_list(const char *path, enum source_format format, struct arena *arena, const char ***out_names,
                     size_t *out_count, struct error *err)
{
    GDALDatasetH dataset = open_book(path, format, err);
    if (!dataset) {
        return false;
    }
    bool ok = false;
    int count = GDALDatasetGetLayerCount(dataset);
    const char **names = arena_array(arena, (size_t)count + 1, sizeof *names);
    size_t kept = 0;
    for (int i = 0; names && i < count; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(dataset, i);
        if (OGR_FD_GetFieldCount(OGR_L_GetLayerDefn(layer)) == 0) {
            continue;
        }
        names[kept] = arena_strdup(arena, OGR_L_GetName(layer));
        if (!names[kept++]) {
            names = NULL;
        }
    }
    GDALClose(dataset);
    if (!names) {
        error_no_memory(err);
    } else {
        *out_names = names;
        *out_count = kept;
        ok = true;
    }
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
