/* SPDX-License-Identifier: MIT */
#include "store/raster_level.h"

#include "base/late_library.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_frmts.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Opened when it is first needed. */
/* clang-format off */
#define CALLS(X) \
    X(CPLGetErrorHandlerUserData) X(CPLPopErrorHandler) X(CPLPushErrorHandlerEx) X(CPLSetConfigOption) \
    X(GDALChecksumImage) X(GDALClose) X(GDALGetColorEntryAsRGB) X(GDALGetColorEntryCount) X(GDALGetMaskBand) \
    X(GDALGetMaskFlags) X(GDALGetOverview) X(GDALGetOverviewCount) X(GDALGetRasterBand) \
    X(GDALGetRasterBandXSize) X(GDALGetRasterBandYSize) X(GDALGetRasterColorInterpretation) \
    X(GDALGetRasterColorTable) X(GDALGetRasterCount) X(GDALGetRasterNoDataValue) X(GDALGetRasterOffset) \
    X(GDALGetRasterScale) X(GDALGetRasterXSize) X(GDALGetRasterYSize) X(GDALOpenEx) X(GDALRasterIO) \
    X(GDALRegister_GTiff) X(GDALSetCacheMax64)
/* clang-format on */
static struct {
    CALLS(LATE_LIBRARY_MEMBER)
} late;
static struct late_library library = LATE_LIBRARY(TESELA_GDAL_SONAME, CALLS, late);

/* Decoded blocks of all files and threads. */
#define BLOCK_CACHE_BYTES ((GIntBig)128 << 20)

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Only what we wrote ourselves is read here: no other driver, no side files, no network. */
static void set_up(void)
{
    late.CPLSetConfigOption("GDAL_DRIVER_PATH", "disable");
    late.CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    late.CPLSetConfigOption("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR");
    late.CPLSetConfigOption("PROJ_NETWORK", "OFF");
    late.GDALRegister_GTiff();
    late.GDALSetCacheMax64(BLOCK_CACHE_BYTES);
}

/* GDAL's first complaint, for our message. */
static void CPL_STDCALL catch_error(CPLErr severity, CPLErrorNum number, const char *words)
{
    char *caught = late.CPLGetErrorHandlerUserData();
    (void)number;
    if (severity >= CE_Failure && caught[0] == '\0') {
        snprintf(caught, 200, "%s", words);
    }
}

static bool damaged(const char *words, struct error *err)
{
    error_tell(err, ERROR_UNAVAILABLE, "STO-035", "its raster file cannot be read (%.150s): load the layer again",
               "no se puede leer su archivo ráster (%.150s): cargue la capa de nuevo", words);
    return false;
}

void raster_level_close(struct raster_level_file *file)
{
    if (file->dataset) {
        late.GDALClose(file->dataset);
    }
    *file = (struct raster_level_file){0};
}

/* --- what the bands are --- */

static void choose_bands(struct raster_level_file *file)
{
    static const GDALColorInterp wanted[] = {GCI_RedBand, GCI_GreenBand, GCI_BlueBand};
    int count = late.GDALGetRasterCount(file->dataset);
    int colors = 0;
    for (int i = 1; i <= count; i++) {
        colors += late.GDALGetRasterColorInterpretation(late.GDALGetRasterBand(file->dataset, i)) != GCI_AlphaBand;
    }
    file->is_gray = colors < 3;
    for (int i = 0; i < 3; i++) {
        file->bands[i] = file->is_gray ? 1 : i + 1;
        for (int band = 1; !file->is_gray && band <= count; band++) {
            if (late.GDALGetRasterColorInterpretation(late.GDALGetRasterBand(file->dataset, band)) == wanted[i]) {
                file->bands[i] = band;
                break;
            }
        }
        int has = 0;
        file->nodata[i] = late.GDALGetRasterNoDataValue(late.GDALGetRasterBand(file->dataset, file->bands[i]), &has);
        file->has_nodata[i] = has != 0;
    }
}

static uint32_t premultiplied(const GDALColorEntry *entry)
{
    uint32_t alpha = (uint32_t)entry->c4 & 255;
    const short straight[3] = {entry->c1, entry->c2, entry->c3};
    uint32_t word = alpha << 24;
    for (unsigned i = 0; i < 3; i++) {
        word |= (((uint32_t)straight[i] & 255) * alpha + 127) / 255 << 8 * i;
    }
    return word;
}

static void read_palette(struct raster_level_file *file)
{
    GDALRasterBandH band = late.GDALGetRasterBand(file->dataset, 1);
    GDALColorTableH table = file->is_gray ? late.GDALGetRasterColorTable(band) : NULL;
    int count = table ? late.GDALGetColorEntryCount(table) : 0;
    for (int i = 0; i < count && i < 256; i++) {
        GDALColorEntry entry;
        late.GDALGetColorEntryAsRGB(table, i, &entry);
        file->palette[i] = premultiplied(&entry);
    }
    file->has_palette = count > 0;
}

static bool read_levels(struct raster_level_file *file, struct error *err)
{
    GDALRasterBandH band = late.GDALGetRasterBand(file->dataset, 1);
    int overviews = late.GDALGetOverviewCount(band);
    file->widths[0] = late.GDALGetRasterXSize(file->dataset);
    file->heights[0] = late.GDALGetRasterYSize(file->dataset);
    file->level_count = 1;
    for (int i = 0; i < overviews && file->level_count < RASTER_LEVELS_MAX; i++) {
        GDALRasterBandH overview = late.GDALGetOverview(band, i);
        int width = overview ? late.GDALGetRasterBandXSize(overview) : 0;
        int height = overview ? late.GDALGetRasterBandYSize(overview) : 0;
        if (width <= 0 || height <= 0 || width > file->widths[file->level_count - 1]) {
            return damaged("odd overviews", err);
        }
        file->widths[file->level_count] = width;
        file->heights[file->level_count] = height;
        file->level_count++;
    }
    return true;
}

bool raster_level_open(const char *path, const struct store_raster *about, struct raster_level_file *out_file,
                       struct error *err)
{
    static const char *const drivers[] = {"GTiff", NULL};
    char caught[200] = "";
    struct raster_level_file file = {.about = about, .scale = 1};
    if (!late_library_open(&library, err)) {
        return false;
    }
    pthread_once(&once, set_up);
    late.CPLPushErrorHandlerEx(catch_error, caught);
    file.dataset = late.GDALOpenEx(path, GDAL_OF_RASTER | GDAL_OF_READONLY, drivers, NULL, NULL);
    late.CPLPopErrorHandler();
    if (!file.dataset) {
        return damaged(caught[0] != '\0' ? caught : "no GeoTIFF", err);
    }
    if (late.GDALGetRasterXSize(file.dataset) != (int)about->width_px ||
        late.GDALGetRasterYSize(file.dataset) != (int)about->height_px ||
        late.GDALGetRasterCount(file.dataset) != (int)about->bands) {
        raster_level_close(&file);
        return damaged("another size than described", err);
    }
    choose_bands(&file);
    read_palette(&file);
    GDALRasterBandH band = late.GDALGetRasterBand(file.dataset, file.bands[0]);
    file.has_mask = (late.GDALGetMaskFlags(band) & GMF_PER_DATASET) != 0;
    int has = 0;
    double scale = late.GDALGetRasterScale(band, &has);
    file.scale = has && scale != 0 ? scale : 1;
    double offset = late.GDALGetRasterOffset(band, &has);
    file.offset = has ? offset : 0;
    if (!read_levels(&file, err)) {
        raster_level_close(&file);
        return false;
    }
    *out_file = file;
    return true;
}

/* --- reading --- */

static GDALRasterBandH band_at(const struct raster_level_file *file, int band, size_t level)
{
    GDALRasterBandH whole = late.GDALGetRasterBand(file->dataset, band);
    return level == 0 ? whole : late.GDALGetOverview(whole, (int)level - 1);
}

static bool read_plane(GDALRasterBandH band, const struct raster_level_window *window, GDALDataType type, void *out,
                       struct error *err)
{
    char caught[200] = "";
    late.CPLPushErrorHandlerEx(catch_error, caught);
    bool ok = band && late.GDALRasterIO(band, GF_Read, window->x, window->y, window->width, window->height, out,
                                        window->width, window->height, type, 0, 0) == CE_None;
    late.CPLPopErrorHandler();
    return ok || damaged(caught, err);
}

static size_t pixels_of(const struct raster_level_window *window)
{
    return (size_t)window->width * (size_t)window->height;
}

static bool read_mask(const struct raster_level_file *file, const struct raster_level_window *window, uint8_t *out,
                      struct error *err)
{
    if (!file->has_mask) {
        memset(out, 255, pixels_of(window));
        return true;
    }
    GDALRasterBandH band = band_at(file, file->bands[0], window->level);
    return read_plane(band ? late.GDALGetMaskBand(band) : NULL, window, GDT_Byte, out, err);
}

static bool is_nodata(const struct raster_level_file *file, int band, float value)
{
    return isnan(value) || (file->has_nodata[band] && value == (float)file->nodata[band]);
}

bool raster_level_metres(const struct raster_level_file *file, const struct raster_level_window *window,
                         struct arena *arena, float **out_metres, struct error *err)
{
    size_t count = pixels_of(window);
    float *metres = arena_alloc_raw(arena, count * sizeof *metres);
    uint8_t *mask = arena_alloc_raw(arena, count);
    if (!metres || !mask) {
        return error_no_memory(err);
    }
    if (!read_plane(band_at(file, file->bands[0], window->level), window, GDT_Float32, metres, err) ||
        !read_mask(file, window, mask, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool known = mask[i] >= 128 && !is_nodata(file, 0, metres[i]) && isfinite(metres[i]);
        metres[i] = known ? (float)((double)metres[i] * file->scale + file->offset) : NAN;
    }
    *out_metres = metres;
    return true;
}

/* Values as bytes: those of other types are spread between the described limits. */
static uint8_t shade_of(const struct store_raster *about, float value)
{
    double share = ((double)value - about->low) / (about->high - about->low);
    return (uint8_t)(share > 0 ? (share < 1 ? share * 255 + 0.5 : 255) : 0);
}

static uint32_t color_of(const struct raster_level_file *file, const float *values, uint8_t mask)
{
    int colors = file->is_gray ? 1 : 3;
    bool unknown = true;
    for (int i = 0; i < colors; i++) {
        unknown = unknown && is_nodata(file, i, values[i]);
    }
    if (unknown || mask == 0) {
        return 0;
    }
    if (file->has_palette) {
        int index = values[0] >= 0 && values[0] <= 255 ? (int)values[0] : -1;
        uint32_t word = index < 0 ? 0 : file->palette[index];
        return mask >= 128 ? word : 0;
    }
    uint32_t word = (uint32_t)mask << 24;
    for (unsigned i = 0; i < 3; i++) {
        uint32_t shade = shade_of(file->about, values[file->is_gray ? 0 : i]);
        word |= (shade * mask + 127) / 255 << 8 * i;
    }
    return word;
}

bool raster_level_colors(const struct raster_level_file *file, const struct raster_level_window *window,
                         struct arena *arena, uint8_t **out_rgba, struct error *err)
{
    size_t count = pixels_of(window);
    size_t colors = file->is_gray ? 1 : 3;
    float *planes = arena_alloc_raw(arena, colors * count * sizeof *planes);
    uint8_t *mask = arena_alloc_raw(arena, count);
    uint8_t *rgba = arena_alloc_raw(arena, 4 * count);
    if (!planes || !mask || !rgba) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < colors; i++) {
        if (!read_plane(band_at(file, file->bands[i], window->level), window, GDT_Float32, planes + i * count, err)) {
            return false;
        }
    }
    if (!read_mask(file, window, mask, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        float values[3] = {planes[i], planes[(colors - 1) / 2 * count + i], planes[(colors - 1) * count + i]};
        uint32_t word = color_of(file, values, mask[i]);
        memcpy(rgba + 4 * i, &word, 4);
    }
    *out_rgba = rgba;
    return true;
}

bool raster_level_read_all(const struct raster_level_file *file, struct error *err)
{
    for (size_t level = 0; level < file->level_count; level++) {
        for (int band = 1; band <= (int)file->about->bands; band++) {
            char caught[200] = "";
            late.CPLPushErrorHandlerEx(catch_error, caught);
            (void)late.GDALChecksumImage(band_at(file, band, level), 0, 0, file->widths[level], file->heights[level]);
            late.CPLPopErrorHandler();
            if (caught[0] != '\0') {
                return damaged(caught, err);
            }
        }
    }
    return true;
}
