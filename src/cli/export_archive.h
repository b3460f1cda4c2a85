/* SPDX-License-Identifier: MIT */
#pragma once
/* tesela export to archives of tiles: --format pmtiles|mbtiles. */

#include "tile/archive_writer.h"

#include <stdbool.h>

struct export_archive_options {
    const char *subject; /* a layer or a map */
    enum archive_kind kind;
    const char *out;
    const char *zooms;  /* "A-B"; NULL: 0-14 */
    const char *bbox;   /* "W,S,E,N"; NULL: all */
    const char *tiles;  /* "mvt" or "png"; NULL: mvt of layers, png of maps */
    const char *size;   /* png: "256" or "512"; NULL: 256 */
    const char *scale;  /* png: "1" or "2"; NULL: 1 */
    const char *data;   /* the data directory */
    const char *styles; /* NULL: none */
};

/* Returns the exit code. */
int export_archive(const struct export_archive_options *options);
