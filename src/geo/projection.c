/* SPDX-License-Identifier: MIT */
#include "geo/projection.h"

#include "base/late_library.h"
#include "geo/projection_patch.h"

#include <math.h>
#include <proj.h>
#include <stdlib.h>
#include <string.h>

/* Opened when it is first needed. */
/* clang-format off */
#define CALLS(X) \
    X(proj_context_create) X(proj_context_destroy) X(proj_context_set_enable_network) X(proj_create_crs_to_crs) \
    X(proj_destroy) X(proj_errno_reset) X(proj_get_source_crs) X(proj_get_type) X(proj_log_func) \
    X(proj_normalize_for_visualization) X(proj_pj_info) X(proj_trans_generic)
/* clang-format on */
static struct {
    CALLS(LATE_LIBRARY_MEMBER)
} late;
static struct late_library library = LATE_LIBRARY(TESELA_PROJ_SONAME, CALLS, late);

enum { CRS_BYTES_MAX = 64 * 1024, FEW_POINTS = 4 /* go one by one: where they lie far apart a patch costs more */ };

struct projection {
    PJ_CONTEXT *context;
    PJ *transform;                      /* from the system to OGC:CRS84, axes as x, y */
    struct projection_patches *patches; /* NULL: not of a projected system */
    bool identity;
};

static void be_silent(void *data, int level, const char *message)
{
    (void)data;
    (void)level;
    (void)message;
}

/* PROJ would run operations, read files and URLs from some texts; only names and descriptions of systems pass. */
static bool is_allowed(const char *crs)
{
    size_t length = strlen(crs);
    return length > 0 && length <= CRS_BYTES_MAX && !strstr(crs, "+init") && !strstr(crs, "://") &&
           !strstr(crs, "+nadgrids") && !strstr(crs, "+geoidgrids") && !strstr(crs, "proj=pipeline");
}

static void transform_exactly(PJ *transform, PJ_DIRECTION direction, double *xy, size_t count)
{
    late.proj_errno_reset(transform);
    late.proj_trans_generic(transform, direction, xy, 2 * sizeof *xy, count, xy + 1, 2 * sizeof *xy, count, NULL, 0, 0,
                            NULL, 0, 0);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(xy[2 * i]) || !isfinite(xy[2 * i + 1])) {
            xy[2 * i] = HUGE_VAL;
            xy[2 * i + 1] = HUGE_VAL;
        }
    }
}

static void transform_forward(void *transform, double *xy, size_t count)
{
    transform_exactly(transform, PJ_FWD, xy, count);
}

/* Geographic systems differ by a shift of the datum, and have other units. */
static bool open_patches(struct projection *projection, struct error *err)
{
    PJ *source = late.proj_get_source_crs(projection->context, projection->transform);
    bool is_projected = source && late.proj_get_type(source) == PJ_TYPE_PROJECTED_CRS;
    late.proj_destroy(source);
    return !is_projected ||
           projection_patches_open(transform_forward, projection->transform, &projection->patches, err);
}

bool projection_open(const char *crs, struct projection **out_projection, struct error *err)
{
    int shown = strlen(crs) > 120 ? 120 : (int)strlen(crs);
    if (!is_allowed(crs)) {
        error_tell(err, ERROR_INVALID, "IMP-020", "reference system \"%.*s\" is not allowed: use an EPSG code or WKT",
                   "el sistema de referencia «%.*s» no se admite: use un código EPSG o WKT", shown, crs);
        return false;
    }
    if (!late_library_open(&library, err)) {
        return false;
    }
    bool ok = false;
    PJ *swapped = NULL;
    struct projection *projection = calloc(1, sizeof *projection);
    if (!projection) {
        return error_no_memory(err);
    }
    projection->context = late.proj_context_create();
    if (!projection->context) {
        error_no_memory(err);
        goto done;
    }
    late.proj_log_func(projection->context, NULL, be_silent);
    late.proj_context_set_enable_network(projection->context, 0);
    swapped = late.proj_create_crs_to_crs(projection->context, crs, "OGC:CRS84", NULL);
    projection->transform = swapped ? late.proj_normalize_for_visualization(projection->context, swapped) : NULL;
    if (!projection->transform) {
        error_tell(err, ERROR_INVALID, "IMP-020", "unknown reference system \"%.*s\": give one with --srs EPSG:N",
                   "sistema de referencia desconocido «%.*s»: indique uno con --srs EPSG:N", shown, crs);
        goto done;
    }
    const char *definition = late.proj_pj_info(projection->transform).definition;
    projection->identity = definition && (strstr(definition, "noop") != NULL || definition[0] == '\0');
    if (!projection->identity && !open_patches(projection, err)) {
        goto done;
    }
    *out_projection = projection;
    projection = NULL;
    ok = true;
done:
    late.proj_destroy(swapped);
    projection_close(projection);
    return ok;
}

void projection_close(struct projection *projection)
{
    if (!projection) {
        return;
    }
    projection_patches_close(projection->patches);
    late.proj_destroy(projection->transform);
    late.proj_context_destroy(projection->context);
    free(projection);
}

static size_t count_failed(const double *xy, size_t count)
{
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed += xy[2 * i] == HUGE_VAL;
    }
    return failed;
}

size_t projection_to_lonlat(struct projection *projection, double *xy, size_t count)
{
    if (projection->identity) {
        return 0;
    }
    if (projection->patches && count >= FEW_POINTS) {
        projection_patches_transform(projection->patches, xy, count);
    } else {
        transform_forward(projection->transform, xy, count);
    }
    return count_failed(xy, count);
}

size_t projection_from_lonlat(struct projection *projection, double *xy, size_t count)
{
    if (projection->identity) {
        return 0;
    }
    transform_exactly(projection->transform, PJ_INV, xy, count);
    return count_failed(xy, count);
}

bool projection_is_identity(const struct projection *projection)
{
    return projection->identity;
}
