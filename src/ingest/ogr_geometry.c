/* SPDX-License-Identifier: MIT */
#include "ingest/ogr_geometry.h"

#include "ingest/ogr_dataset.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <ogr_api.h>
#include <string.h>
#include <strings.h>

/* PostGIS puts the number of the reference system after the type, and marks that with a bit of the type. */
static int drop_srid(GByte *bytes, int size)
{
    if (!bytes || size < 9) {
        return size;
    }
    GByte *flags = bytes + (bytes[0] == 1 ? 4 : 1);
    if (!(*flags & 0x20)) {
        return size;
    }
    *flags &= (GByte)~0x20u;
    memmove(bytes + 5, bytes + 9, (size_t)size - 9);
    return size - 4;
}

/* "POINTZ(1 2 3)" as some databases write for "POINT Z (1 2 3)". */
static char *part_dimensions(const char *wkt, struct arena *arena)
{
    size_t word = strcspn(wkt, " (");
    size_t marks = 0;
    while (word > 4 && marks < 2 && marks < word && strchr("ZMzm", wkt[word - 1 - marks])) {
        marks++;
    }
    return marks == 0 ? arena_strdup(arena, wkt)
                      : arena_printf(arena, "%.*s %s", (int)(word - marks), wkt, wkt + word - marks);
}

bool ogr_geometry_parse(struct text text, struct arena *arena, const unsigned char **out_wkb, size_t *out_size)
{
    ogr_dataset_set_up();
    char *copy = arena_strndup(arena, text.data, text.length);
    if (!copy || text.length < 10) {
        return false;
    }
    OGRGeometryH geometry = NULL;
    CPLPushErrorHandler(CPLQuietErrorHandler);
    bool is_hex =
        copy[0] == '0' && (copy[1] == '0' || copy[1] == '1') && strspn(copy, "0123456789abcdefABCDEF") == text.length;
    if (is_hex) {
        int size = 0;
        GByte *bytes = CPLHexToBinary(copy, &size);
        size = drop_srid(bytes, size);
        if (bytes && OGR_G_CreateFromWkb(bytes, NULL, &geometry, size) != OGRERR_NONE) {
            geometry = NULL;
        }
        CPLFree(bytes);
    } else {
        /* "SRID=4326;POINT(…)" is PostGIS's spelling. */
        char *at = strncasecmp(copy, "SRID=", 5) == 0 && strchr(copy, ';') ? strchr(copy, ';') + 1 : copy;
        if (at[0] == '{') {
            geometry = OGR_G_CreateGeometryFromJson(at);
        } else {
            char *spaced = part_dimensions(at, arena);
            if (!spaced || OGR_G_CreateFromWkt(&spaced, NULL, &geometry) != OGRERR_NONE) {
                geometry = NULL;
            }
        }
    }
    bool ok = false;
    if (geometry && OGR_G_HasCurveGeometry(geometry, 1)) {
        OGRGeometryH linear = OGR_G_GetLinearGeometry(geometry, 0, NULL);
        OGR_G_DestroyGeometry(geometry);
        geometry = linear;
    }
    if (geometry) {
        size_t size = (size_t)OGR_G_WkbSize(geometry);
        unsigned char *wkb = arena_alloc_raw(arena, size);
        if (wkb && OGR_G_ExportToIsoWkb(geometry, wkbNDR, wkb) == OGRERR_NONE) {
            *out_wkb = wkb;
            *out_size = size;
            ok = true;
        }
    }
    OGR_G_DestroyGeometry(geometry);
    CPLPopErrorHandler();
    return ok;
}
