/* SPDX-License-Identifier: MIT */
#include "ingest/image.h"

#include "geo/projection.h"
#include "ingest/crs.h"
#include "ingest/feed_ogr.h"

#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>

enum { EDGE_POINTS = 9 };

/* The declared system, as crs.c understands it; confidence 0 when none or an unknown one. */
static void find_system(GDALDatasetH dataset, struct arena *arena, struct crs_finding *out)
{
    *out = (struct crs_finding){0};
    OGRSpatialReferenceH srs = GDALGetSpatialRef(dataset);
    char *wkt = NULL;
    static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (srs && OSRExportToWktEx(srs, &wkt, options) == OGRERR_NONE && wkt) {
        crs_identify(text_of(wkt), arena, out, NULL);
    }
    CPLPopErrorHandler();
    VSIFree(wkt);
}

/* Degrees of the picture's area, walked by a net since a turned or projected one has no straight sides. */
static void find_extent(const double *transform, int width, int height, const char *definition,
                        struct report_layer *layer)
{
    struct projection *projection = NULL;
    if (!projection_open(definition, &projection, NULL)) {
        return;
    }
    double xy[2 * EDGE_POINTS * EDGE_POINTS];
    size_t count = 0;
    for (int i = 0; i < EDGE_POINTS; i++) {
        for (int j = 0; j < EDGE_POINTS; j++) {
            double u = (double)width * i / (EDGE_POINTS - 1);
            double v = (double)height * j / (EDGE_POINTS - 1);
            xy[2 * count] = transform[0] + transform[1] * u + transform[2] * v;
            xy[2 * count + 1] = transform[3] + transform[4] * u + transform[5] * v;
            count++;
        }
    }
    projection_to_lonlat(projection, xy, count);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(xy[2 * i]) && isfinite(xy[2 * i + 1])) {
            bbox_add(&layer->bbox, xy[2 * i], xy[2 * i + 1]);
        }
    }
    projection_close(projection);
}

bool image_refuse(const char *path, const char *name, struct report *report, struct error *err)
{
    static const char *const drivers[] = {"GTiff", "JP2OpenJPEG", "PNG", "JPEG", NULL};
    feed_ogr_set_up();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, NULL, NULL);
    CPLPopErrorHandler();
    if (!dataset || GDALGetRasterCount(dataset) == 0) {
        error_tell(err, ERROR_INVALID, "IMP-090", "the raster (image) cannot be read: export it again",
                   "no se puede leer el ráster (imagen): expórtelo de nuevo");
        goto done;
    }
    struct report_layer *layer = report_add_layer(report, name);
    if (!layer) {
        error_no_memory(err);
        goto done;
    }
    layer->geometry = "raster";
    struct crs_finding crs;
    double transform[6];
    bool placed = GDALGetGeoTransform(dataset, transform) == CE_None;
    find_system(dataset, report->arena, &crs);
    if (crs.definition) {
        layer->srs_code = crs.code;
        layer->srs_name = crs.name;
        layer->srs_confidence = crs.confidence;
        layer->srs_how_english = crs.how_english;
        layer->srs_how_spanish = crs.how_spanish;
    }
    int width = GDALGetRasterXSize(dataset);
    int height = GDALGetRasterYSize(dataset);
    if (placed && crs.definition) {
        find_extent(transform, width, height, crs.definition, layer);
    }
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    int has_value = 0;
    double value = GDALGetRasterNoDataValue(band, &has_value);
    char no_data[40] = "-";
    if (has_value) {
        snprintf(no_data, sizeof no_data, "%.9g", value);
    }
    char where[64] = "-";
    if (placed) {
        snprintf(where, sizeof where, "%.10g, %.10g", transform[0], transform[3]);
    }
    error_tell(err, ERROR_INVALID, "IMP-090",
               "raster of %d x %d pixels, bands: %d, type: %s, no-data: %s, upper left corner: %s. Raster layers come "
               "in a later version: nothing was loaded",
               "ráster de %d x %d píxeles, bandas: %d, tipo: %s, sin dato: %s, esquina superior izquierda: %s. Las "
               "capas ráster llegarán en una versión posterior: no se cargó nada",
               width, height, GDALGetRasterCount(dataset), GDALGetDataTypeName(GDALGetRasterDataType(band)), no_data,
               where);
done:
    if (dataset) {
        GDALClose(dataset);
    }
    return false;
}
