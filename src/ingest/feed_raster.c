/* SPDX-License-Identifier: MIT */
#include "ingest/feed_raster.h"

#include "base/file.h"
#include "ingest/ogr_dataset.h"

#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGE_STEPS = 32, FIELDS = 4, ARENA_BYTES = 4 << 20, PRJ_BYTES_MAX = 65536 };

/* Beyond this a header is a lie or a matter for tiles made elsewhere: 2^37 values. */
#define VALUES_MAX ((double)(1ULL << 37))

struct feed_raster {
    struct feed base;
    struct arena *arena;
    GDALDatasetH dataset;
    double transform[6];
    bool is_read;
};

static const struct feed_field outline_fields[FIELDS] = {
    {{"ancho", 5}, FIELD_INTEGER, 0},
    {{"alto", 4}, FIELD_INTEGER, 0},
    {{"bandas", 6}, FIELD_INTEGER, 0},
    {{"tipo", 4}, FIELD_STRING, 0},
};

static struct feed_raster *of(struct feed *feed)
{
    return (struct feed_raster *)(void *)feed;
}

static GDALRasterBandH first_band(const struct feed_raster *feed)
{
    return GDALGetRasterBand(feed->dataset, 1);
}

/* --- the outline --- */

static void put(unsigned char **at, const void *bytes, size_t size)
{
    memcpy(*at, bytes, size);
    *at += size;
}

/* A ring along the edges, with points between the corners since straight edges bend in other systems. */
static bool write_outline(const struct feed_raster *feed, struct arena *arena, struct feed_feature *out)
{
    uint32_t count = 4 * EDGE_STEPS + 1;
    size_t size = 1 + 3 * sizeof(uint32_t) + (size_t)count * 2 * sizeof(double);
    unsigned char *wkb = arena_alloc_raw(arena, size);
    if (!wkb) {
        return false;
    }
    const unsigned char little = 1;
    const uint32_t type = 3;
    const uint32_t rings = 1;
    unsigned char *at = wkb;
    put(&at, &little, 1);
    put(&at, &type, sizeof type);
    put(&at, &rings, sizeof rings);
    put(&at, &count, sizeof count);
    double width = GDALGetRasterXSize(feed->dataset);
    double height = GDALGetRasterYSize(feed->dataset);
    const double corners[5][2] = {{0, 0}, {0, height}, {width, height}, {width, 0}, {0, 0}};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t edge = i == count - 1 ? 3 : i / EDGE_STEPS;
        double share = i == count - 1 ? 1 : (double)(i % EDGE_STEPS) / EDGE_STEPS;
        double u = corners[edge][0] + (corners[edge + 1][0] - corners[edge][0]) * share;
        double v = corners[edge][1] + (corners[edge + 1][1] - corners[edge][1]) * share;
        const double *t = feed->transform;
        double xy[2] = {t[0] + t[1] * u + t[2] * v, t[3] + t[4] * u + t[5] * v};
        put(&at, xy, sizeof xy);
    }
    out->wkb = wkb;
    out->wkb_size = size;
    return true;
}

static bool next_outline(struct feed *base, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
                         struct error *err)
{
    struct feed_raster *feed = of(base);
    *out_end = feed->is_read;
    if (feed->is_read) {
        return true;
    }
    feed->is_read = true;
    struct value *values = arena_array(arena, FIELDS, sizeof *values);
    *out_feature = (struct feed_feature){.row = 1, .values = values};
    if (!values || !write_outline(feed, arena, out_feature)) {
        return error_no_memory(err);
    }
    values[0] = value_of_int(GDALGetRasterXSize(feed->dataset));
    values[1] = value_of_int(GDALGetRasterYSize(feed->dataset));
    values[2] = value_of_int(GDALGetRasterCount(feed->dataset));
    values[3] = value_of_string(GDALGetDataTypeName(GDALGetRasterDataType(first_band(feed))));
    return true;
}

static bool rewind_outline(struct feed *base, struct error *err)
{
    (void)err;
    of(base)->is_read = false;
    return true;
}

static void close_raster(struct feed *base)
{
    struct feed_raster *feed = of(base);
    if (feed->dataset) {
        GDALClose(feed->dataset);
    }
    arena_destroy(feed->arena);
    free(feed);
}

/* --- opening --- */

static bool refuse(const char *english, const char *spanish, struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-090", "%s", "%s", english);
    if (err) {
        snprintf(err->spanish, sizeof err->spanish, "%s", spanish);
    }
    return false;
}

static bool is_shown(const struct feed_raster *feed, struct error *err)
{
    int bands = GDALGetRasterCount(feed->dataset);
    double width = GDALGetRasterXSize(feed->dataset);
    double height = GDALGetRasterYSize(feed->dataset);
    if (width * height * bands > VALUES_MAX) {
        return refuse("the raster is too large: cut it into sheets", "el ráster es demasiado grande: divídalo en hojas",
                      err);
    }
    for (int i = 1; i <= bands; i++) {
        if (GDALDataTypeIsComplex(GDALGetRasterDataType(GDALGetRasterBand(feed->dataset, i)))) {
            return refuse("the raster's values are complex numbers (radar): make a picture of them first",
                          "los valores del ráster son números complejos (radar): genere primero una imagen", err);
        }
    }
    return true;
}

static bool find_place(struct feed_raster *feed, struct error *err)
{
    const double *t = feed->transform;
    if (GDALGetGeoTransform(feed->dataset, feed->transform) != CE_None) {
        if (GDALGetGCPCount(feed->dataset) > 0) {
            return refuse("the raster has control points only: rectify it (QGIS: Raster > Projections > Warp)",
                          "el ráster solo tiene puntos de control: rectifíquelo (QGIS: Ráster > Proyecciones > "
                          "Combar)",
                          err);
        }
        return refuse("the raster does not say where it lies: give its world file (.tfw, .pgw, .jgw) beside it, or "
                      "georeference it",
                      "el ráster no dice dónde está: entregue su archivo de mundo (.tfw, .pgw, .jgw) al lado, o "
                      "georreferéncielo",
                      err);
    }
    for (size_t i = 0; i < 6; i++) {
        if (!isfinite(t[i])) {
            return refuse("the raster's place is not a number", "la posición del ráster no es un número", err);
        }
    }
    if (!(fabs(t[1] * t[5] - t[2] * t[4]) > 0)) {
        return refuse("the raster's pixels have no size", "los píxeles del ráster no tienen tamaño", err);
    }
    return true;
}

/* What the file declares, else a .prj beside it. */
static bool find_system(struct feed_raster *feed, const char *prj, struct error *err)
{
    static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
    OGRSpatialReferenceH srs = GDALGetSpatialRef(feed->dataset);
    char *wkt = NULL;
    const char *copy = NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    bool declared = srs && !OSRIsLocal(srs) && OSRExportToWktEx(srs, &wkt, options) == OGRERR_NONE && wkt;
    CPLPopErrorHandler();
    struct buffer content;
    if (declared) {
        copy = arena_strdup(feed->arena, wkt);
    } else if (prj && file_read(prj, PRJ_BYTES_MAX, &content, NULL)) {
        copy = arena_strndup(feed->arena, (const char *)content.data, content.length);
        buffer_finish(&content);
    } else {
        copy = "";
    }
    VSIFree(wkt);
    if (!copy) {
        return error_no_memory(err);
    }
    feed->base.info.srs_wkt = text_of(copy);
    return true;
}

bool feed_raster_open(const struct source_layer *layer, struct report *report, struct feed **out_feed,
                      struct error *err)
{
    static const char *const drivers[] = {"GTiff", "JP2OpenJPEG", "PNG", "JPEG", NULL};
    static const struct feed_kind kind = {next_outline, rewind_outline, close_raster};
    (void)report;
    struct feed_raster *feed = calloc(1, sizeof *feed);
    if (!feed) {
        return error_no_memory(err);
    }
    feed->base.kind = &kind;
    feed->base.info = (struct feed_info){.fields = outline_fields, .field_count = FIELDS, .feature_count = 1};
    feed->arena = arena_create(ARENA_BYTES);
    ogr_dataset_set_up();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    feed->dataset = GDALOpenEx(layer->path, GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, NULL, NULL);
    CPLPopErrorHandler();
    bool ok;
    if (!feed->arena) {
        ok = error_no_memory(err);
    } else if (!feed->dataset || GDALGetRasterCount(feed->dataset) == 0) {
        ok = refuse("the raster (image) cannot be read: export it again",
                    "no se puede leer el ráster (imagen): expórtelo de nuevo", err);
    } else {
        ok = is_shown(feed, err) && find_place(feed, err) && find_system(feed, layer->prj, err);
    }
    if (!ok) {
        close_raster(&feed->base);
        return false;
    }
    *out_feed = &feed->base;
    return true;
}

/* --- what is told --- */

void *feed_raster_dataset(struct feed *feed)
{
    return of(feed)->dataset;
}

bool feed_raster_describe(struct feed *feed, struct report *report, struct report_layer *layer)
{
    const struct feed_raster *raster = of(feed);
    GDALRasterBandH band = first_band(raster);
    const double *t = raster->transform;
    int has_value = 0;
    double value = GDALGetRasterNoDataValue(band, &has_value);
    layer->geometry = "raster";
    layer->raster = (struct report_raster){
        .width = GDALGetRasterXSize(raster->dataset),
        .height = GDALGetRasterYSize(raster->dataset),
        .bands = GDALGetRasterCount(raster->dataset),
        .overviews = GDALGetOverviewCount(band),
        .type = arena_strdup(report->arena, GDALGetDataTypeName(GDALGetRasterDataType(band))),
        .no_data = has_value ? arena_printf(report->arena, "%.9g", value) : NULL,
        .has_mask = (GDALGetMaskFlags(band) & GMF_PER_DATASET) != 0,
        .pixel_x = hypot(t[1], t[4]),
        .pixel_y = hypot(t[2], t[5]),
    };
    return layer->raster.type && (!has_value || layer->raster.no_data);
}
