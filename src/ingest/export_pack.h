/* SPDX-License-Identifier: MIT */
#pragma once
/* The parts of a shapefile in one zip. */

#include "base/error.h"

/* Packs the files `stem`.shp, .shx, .dbf, .prj and .cpg of `folder` that are there into a new zip at `path`. */
bool export_pack(const char *folder, const char *stem, const char *path, struct error *err);
