/* SPDX-License-Identifier: MIT */
#include "ingest/gdal_drivers.h"

#include "ingest/ogr_dataset.h"

#include <cpl_conv.h>
#include <gdal.h>
#include <stdbool.h>
#include <string.h>

/* No VRT and no other format whose files name further files, no databases, no web services. */
static const char *const allowed[] = {
    "ESRI Shapefile",
    "GPKG",
    "GeoJSON",
    "GeoJSONSeq",
    "FlatGeobuf",
    "LIBKML",
    "CSV",
    "ODS",
    "XLSX",
    "DXF",
    "OSM",
    "GTiff",
    "COG",
    "JP2OpenJPEG",
    "PNG",
    "JPEG",
    "MEM",
    "Memory",
};

void gdal_drivers_limit(void)
{
    ogr_dataset_set_up();
    for (int i = GDALGetDriverCount() - 1; i >= 0; i--) {
        GDALDriverH driver = GDALGetDriver(i);
        bool keep = false;
        for (size_t j = 0; j < sizeof allowed / sizeof allowed[0]; j++) {
            keep |= strcmp(GDALGetDriverShortName(driver), allowed[j]) == 0;
        }
        if (!keep) {
            GDALDeregisterDriver(driver);
            GDALDestroyDriver(driver);
        }
    }
}
