/* SPDX-License-Identifier: MIT */
#pragma once
/* Which coordinate reference system a layer is in: by the parameters of what it declares (never by its name), else
 * guessed from the coordinates, with a confidence. */

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "geo/bbox.h"

/* From here on a system is taken without asking. */
#define CRS_CONFIDENCE_SURE 0.75

struct crs_finding {
    const char *code;       /* "EPSG:6372"; NULL where it has none */
    const char *definition; /* what projection_open takes: the code, or WKT */
    const char *name;
    double confidence; /* 0 … 1; 0: nothing is known */
    const char *how_english;
    const char *how_spanish;
};

/* What `wkt` (the text of a .prj or of a data set, any dialect) describes. Fails when it is not a reference system or
 * one with tricks: PROJ pipelines, file names, URLs, bottomless nesting. */
bool crs_identify(struct text wkt, struct arena *arena, struct crs_finding *out_finding, struct error *err);

/* "EPSG:6372", "6372", or WKT, as a person gives it. */
bool crs_from_option(const char *option, struct arena *arena, struct crs_finding *out_finding, struct error *err);

/* A guess from the extent of the coordinates as they stand in the file (x first). Confidence 0 when there is none. */
void crs_guess(const struct bbox *extent, struct arena *arena, struct crs_finding *out_finding);

/* True when x and y look exchanged: Mexican latitudes in x and longitudes in y. */
bool crs_looks_swapped(const struct bbox *extent);

/* Whether the coordinates can be degrees. */
bool crs_is_degree_range(const struct bbox *extent);
/* Whether the finding is a geographic system in degrees. */
bool crs_is_geographic(const struct crs_finding *finding);

/* The area in degrees for which the system is meant; false when it does not say. */
bool crs_area(const struct crs_finding *finding, struct bbox *out_area);
