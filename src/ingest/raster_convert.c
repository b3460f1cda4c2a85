/* SPDX-License-Identifier: MIT */
#include "ingest/raster_convert.h"

#include "base/json_write.h"
#include "geo/grid.h"
#include "geo/projection.h"
#include "ingest/feed_raster.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <gdal_utils.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILE_PX = 256, SAMPLES_SIDE_MAX = 1024, JSON_BYTES_MAX = 65536 };

/* The darkest and the lightest fiftieth of the values are cut when imagery is not of bytes. */
static const double cut_share = 0.02;

static bool is_palette(GDALDatasetH dataset)
{
    return GDALGetRasterColorTable(GDALGetRasterBand(dataset, 1)) != NULL;
}

/* Heights are what one band of numbers that are not bytes usually holds. */
static bool is_elevation(const struct raster_convert *convert, GDALDatasetH dataset)
{
    if (convert->kind) {
        return strcmp(convert->kind, "elevation") == 0;
    }
    return GDALGetRasterCount(dataset) == 1 && !is_palette(dataset) &&
           GDALGetRasterDataType(GDALGetRasterBand(dataset, 1)) != GDT_Byte;
}

/* --- writing --- */

static int CPL_STDCALL tell_progress(double share, const char *words, void *context)
{
    const struct raster_convert *convert = context;
    (void)words;
    if (convert->progress) {
        convert->progress(convert->context, (int64_t)(share * 1000), 1000);
    }
    return TRUE;
}

static void CPL_STDCALL catch_error(CPLErr severity, CPLErrorNum number, const char *words)
{
    char *caught = CPLGetErrorHandlerUserData();
    (void)number;
    if (severity >= CE_Failure && caught[0] == '\0') {
        snprintf(caught, 200, "%s", words);
    }
}

/* Classes keep their values, so the most frequent of four stands for them; everything else is averaged. */
static char **list_options(const struct raster_convert *convert, GDALDatasetH dataset)
{
    const char *resampling = is_palette(dataset) ? "MODE" : "AVERAGE";
    char overview[64];
    snprintf(overview, sizeof overview, "OVERVIEW_RESAMPLING=%s", resampling);
    const char *const creation[] = {"COMPRESS=DEFLATE",
                                    is_palette(dataset) ? "PREDICTOR=NO" : "PREDICTOR=YES",
                                    "BLOCKSIZE=512",
                                    "BIGTIFF=IF_SAFER",
                                    "OVERVIEWS=IGNORE_EXISTING",
                                    "NUM_THREADS=1",
                                    overview};
    char **arguments = CSLAddString(NULL, "-of");
    arguments = CSLAddString(arguments, "COG");
    arguments = CSLAddString(arguments, "-a_srs");
    arguments = CSLAddString(arguments, convert->srs);
    for (size_t i = 0; i < sizeof creation / sizeof creation[0]; i++) {
        arguments = CSLAddString(arguments, "-co");
        arguments = CSLAddString(arguments, creation[i]);
    }
    return arguments;
}

static bool write_file(const struct raster_convert *convert, GDALDatasetH dataset, struct error *err)
{
    char caught[200] = "";
    char **arguments = list_options(convert, dataset);
    GDALTranslateOptions *options = arguments ? GDALTranslateOptionsNew(arguments, NULL) : NULL;
    CSLDestroy(arguments);
    if (!options) {
        return error_no_memory(err);
    }
    union {
        const struct raster_convert *given;
        void *passed;
    } context = {convert};
    GDALTranslateOptionsSetProgress(options, tell_progress, context.passed);
    CPLSetThreadLocalConfigOption("CPL_TMPDIR", convert->folder);
    CPLPushErrorHandlerEx(catch_error, caught);
    int usage = 0;
    GDALDatasetH written = GDALTranslate(convert->path, dataset, options, &usage);
    bool ok = written && caught[0] == '\0';
    if (written) {
        GDALClose(written);
    }
    CPLPopErrorHandler();
    GDALTranslateOptionsFree(options);
    if (!ok || caught[0] != '\0') {
        error_tell(err, ERROR_INVALID, "IMP-090", "the raster is damaged or could not be written (%.150s)",
                   "el ráster está dañado o no se pudo escribir (%.150s)", caught[0] != '\0' ? caught : "?");
        return false;
    }
    return true;
}

/* --- describing --- */

static int by_value(const void *a, const void *b)
{
    const float left = *(const float *)a;
    const float right = *(const float *)b;
    return left < right ? -1 : left > right;
}

/* Known values of up to three bands in a small picture of the whole. */
static bool sample_values(GDALDatasetH dataset, struct arena *arena, float **out_values, size_t *out_count)
{
    int width = GDALGetRasterXSize(dataset);
    int height = GDALGetRasterYSize(dataset);
    int columns = width < SAMPLES_SIDE_MAX ? width : SAMPLES_SIDE_MAX;
    int rows = height < SAMPLES_SIDE_MAX ? height : SAMPLES_SIDE_MAX;
    int bands = GDALGetRasterCount(dataset) < 3 ? 1 : 3;
    size_t plane = (size_t)columns * (size_t)rows;
    float *values = arena_alloc_raw(arena, (size_t)bands * plane * sizeof *values);
    size_t count = 0;
    if (!values) {
        return false;
    }
    for (int i = 1; i <= bands; i++) {
        GDALRasterBandH band = GDALGetRasterBand(dataset, i);
        int has = 0;
        float no_data = (float)GDALGetRasterNoDataValue(band, &has);
        float *into = values + count;
        if (GDALRasterIO(band, GF_Read, 0, 0, width, height, into, columns, rows, GDT_Float32, 0, 0) != CE_None) {
            continue;
        }
        for (size_t k = 0; k < plane; k++) {
            if (isfinite(into[k]) && !(has && into[k] == no_data)) {
                values[count++] = into[k];
            }
        }
    }
    *out_values = values;
    *out_count = count;
    return true;
}

static bool find_range(GDALDatasetH dataset, struct arena *arena, double out_range[2])
{
    float *values;
    size_t count;
    out_range[0] = 0;
    out_range[1] = 255;
    if (GDALGetRasterDataType(GDALGetRasterBand(dataset, 1)) == GDT_Byte) {
        const char *bits = GDALGetMetadataItem(GDALGetRasterBand(dataset, 1), "NBITS", "IMAGE_STRUCTURE");
        uint64_t depth = 8;
        if (bits && text_to_uint(text_of(bits), 8, &depth) && depth > 0) {
            out_range[1] = (double)((1U << depth) - 1);
        }
        return true;
    }
    if (!sample_values(dataset, arena, &values, &count)) {
        return false;
    }
    if (count > 0) {
        qsort(values, count, sizeof *values, by_value);
        out_range[0] = (double)values[(size_t)((double)(count - 1) * cut_share)];
        out_range[1] = (double)values[(size_t)((double)(count - 1) * (1 - cut_share))];
    }
    return true;
}

/* The zoom whose tiles have at least one pixel for each of the raster's, at its middle. */
static bool find_zoom(const struct raster_convert *convert, GDALDatasetH dataset, const double *t, unsigned *out_zoom,
                      struct error *err)
{
    struct projection *projection;
    if (!projection_open(convert->srs, &projection, err)) {
        return false;
    }
    double u = GDALGetRasterXSize(dataset) / 2.0;
    double v = GDALGetRasterYSize(dataset) / 2.0;
    double x = t[0] + t[1] * u + t[2] * v;
    double y = t[3] + t[4] * u + t[5] * v;
    double xy[6] = {x, y, x + t[1], y + t[4], x + t[2], y + t[5]};
    size_t failed = projection_to_lonlat(projection, xy, 3);
    projection_close(projection);
    for (size_t i = 0; failed == 0 && i < 3; i++) {
        grid_from_lonlat_exactly(xy[2 * i], fmax(-85, fmin(85, xy[2 * i + 1])), &xy[2 * i], &xy[2 * i + 1]);
    }
    double across = hypot(xy[2] - xy[0], xy[3] - xy[1]);
    double down = hypot(xy[4] - xy[0], xy[5] - xy[1]);
    double pixel = sqrt(across * down);
    double zoom = pixel > 0 && failed == 0 ? ceil(log2((double)GRID_WORLD_UNITS / TILE_PX / pixel) - 0.05) : 0;
    *out_zoom = (unsigned)fmax(0, fmin(GRID_ZOOM_MAX, zoom));
    return true;
}

static bool describe(const struct raster_convert *convert, GDALDatasetH dataset, struct arena *arena,
                     struct text *out_json, struct error *err)
{
    double transform[6];
    double range[2];
    unsigned zoom;
    struct buffer out;
    struct json_writer json;
    if (GDALGetGeoTransform(dataset, transform) != CE_None || !find_zoom(convert, dataset, transform, &zoom, err)) {
        return false;
    }
    if (!find_range(dataset, arena, range)) {
        return error_no_memory(err);
    }
    buffer_init(&out, JSON_BYTES_MAX);
    json_write_init(&json, &out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "kind", is_elevation(convert, dataset) ? "elevation" : "imagery");
    json_write_member_int(&json, "width", GDALGetRasterXSize(dataset));
    json_write_member_int(&json, "height", GDALGetRasterYSize(dataset));
    json_write_member_int(&json, "bands", GDALGetRasterCount(dataset));
    json_write_member_string(&json, "type", GDALGetDataTypeName(GDALGetRasterDataType(GDALGetRasterBand(dataset, 1))));
    json_write_member_int(&json, "max_zoom", (int64_t)zoom);
    json_write_name(&json, "transform");
    json_write_begin_array(&json);
    for (size_t i = 0; i < 6; i++) {
        json_write_double(&json, transform[i]);
    }
    json_write_end_array(&json);
    json_write_name(&json, "range");
    json_write_begin_array(&json);
    json_write_double(&json, range[0]);
    json_write_double(&json, range[1]);
    json_write_end_array(&json);
    json_write_end_object(&json);
    char *copy = out.failed ? NULL : arena_strndup(arena, (const char *)out.data, out.length);
    *out_json = (struct text){copy, copy ? out.length : 0};
    buffer_finish(&out);
    return copy != NULL || error_no_memory(err);
}

bool raster_convert(const struct raster_convert *convert, struct arena *arena, struct text *out_json, struct error *err)
{
    GDALDatasetH dataset = feed_raster_dataset(convert->feed);
    return write_file(convert, dataset, err) && describe(convert, dataset, arena, out_json, err);
}
