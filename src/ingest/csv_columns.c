/* SPDX-License-Identifier: MIT */
#include "ingest/csv_columns.h"

#include "ingest/csv_value.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { AXIS_NAMES_MAX = 32 };

static const char *const x_names[AXIS_NAMES_MAX] = {"lon",
                                                    "long",
                                                    "longitud",
                                                    "longitude",
                                                    "lng",
                                                    "lon_dec",
                                                    "longitud_dec",
                                                    "lon_decimal",
                                                    "coord_x",
                                                    "x_coord",
                                                    "coordx",
                                                    "x",
                                                    "este",
                                                    "easting",
                                                    "point_x",
                                                    "utm_x",
                                                    "x_utm",
                                                    "longitud_decimal",
                                                    "stop_lon",
                                                    "coordenada_x",
                                                    "xcoord",
                                                    "x_longitud",
                                                    "longitud_x",
                                                    "pos_x",
                                                    "cx"};
static const char *const y_names[AXIS_NAMES_MAX] = {
    "lat",     "lati",        "latitud",         "latitude", "lati_dec",
    "lat_dec", "latitud_dec", "lat_decimal",     "coord_y",  "y_coord",
    "coordy",  "y",           "norte",           "northing", "point_y",
    "utm_y",   "y_utm",       "latitud_decimal", "stop_lat", "coordenada_y",
    "ycoord",  "y_latitud",   "latitud_y",       "pos_y",    "cy"};
static const char *const wkt_names[AXIS_NAMES_MAX] = {
    "wkt",          "geom",      "geometry",     "geometria", "the_geom", "wkt_geom",  "geom_wkt",
    "wkb_geometry", "shape",     "coordenadas",  "st_astext", "wkb",      "geo_shape", "geo_point_2d",
    "geo_point",    "ubicacion", "localizacion", "location",  "poligono", "geojson"};

/* The first column whose name is in `names`, in the order of the names: "longitud" wins over "x". */
static int find_column(const struct csv_row *header, size_t columns, const char *const *names)
{
    for (size_t i = 0; i < AXIS_NAMES_MAX && names[i]; i++) {
        for (size_t j = 0; j < header->count && j < columns; j++) {
            char folded[64];
            size_t length = text_fold(csv_value_trimmed(header->cells[j]), folded, sizeof folded);
            for (size_t k = 0; k < length; k++) {
                folded[k] = folded[k] == ' ' || folded[k] == '-' || folded[k] == '.' ? '_' : folded[k];
            }
            if (strcmp(folded, names[i]) == 0) {
                return (int)j;
            }
        }
    }
    return -1;
}

enum { WORDS_MAX = 6, WORD_BYTES = 24 };

/* The words of a column's name: "Longitud (grados)" gives "longitud" and "grados". */
static size_t split_name(struct text name, char words[WORDS_MAX][WORD_BYTES])
{
    char folded[80];
    size_t length = text_fold(csv_value_trimmed(name), folded, sizeof folded);
    size_t count = 0;
    size_t put = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && isalnum((unsigned char)folded[i])) {
            if (count < WORDS_MAX && put + 1 < WORD_BYTES) {
                words[count][put++] = folded[i];
            }
        } else if (put > 0) {
            words[count++][put] = '\0';
            put = 0;
        }
    }
    return count;
}

/* Whether the names differ only in that one says longitude where the other says latitude: "X_GEO" and "Y_GEO". */
static bool is_pair(struct text x, struct text y)
{
    static const char *const pairs[][2] = {
        {"longitud", "latitud"}, {"longitude", "latitude"}, {"lon", "lat"},          {"long", "lat"}, {"lng", "lat"},
        {"este", "norte"},       {"east", "north"},         {"easting", "northing"}, {"x", "y"},
    };
    char left[WORDS_MAX][WORD_BYTES] = {""};
    char right[WORDS_MAX][WORD_BYTES] = {""};
    size_t count = split_name(x, left);
    if (count == 0 || count != split_name(y, right)) {
        return false;
    }
    size_t axes = 0;
    for (size_t i = 0; i < count; i++) {
        /* "Longitud (W)" and "Latitud (N)" say the same of their hemispheres. */
        bool hemispheres = strlen(left[i]) == 1 && strchr("woe", left[i][0]) && strcmp(right[i], "n") == 0;
        bool axis = false;
        for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; j++) {
            axis |= strcmp(left[i], pairs[j][0]) == 0 && strcmp(right[i], pairs[j][1]) == 0;
        }
        if (!axis && !hemispheres && strcmp(left[i], right[i]) != 0) {
            return false;
        }
        axes += axis;
    }
    return axes > 0;
}

enum { DEGREE_WORDS, MINUTE_WORDS, SECOND_WORDS };

static bool is_unit(const char *word, int unit)
{
    static const char *const units[][8] = {
        {"g", "gr", "gra", "grad", "grados", "deg", "d", NULL},
        {"m", "mi", "min", "minutos", "minutes", NULL},
        {"s", "se", "seg", "segundos", "sec", "seconds", NULL},
    };
    for (size_t i = 0; units[unit][i]; i++) {
        if (strcmp(word, units[unit][i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The column named as `column` is, but for a word of one unit that is there one of another; -1: none. */
static int find_unit(const struct csv_row *header, size_t columns, size_t column, int unit, int other)
{
    char words[WORDS_MAX][WORD_BYTES] = {""};
    size_t count = split_name(header->cells[column], words);
    for (size_t j = 0; j < columns; j++) {
        char theirs[WORDS_MAX][WORD_BYTES] = {""};
        size_t units = 0;
        bool same = j != column && split_name(header->cells[j], theirs) == count;
        for (size_t k = 0; same && k < count; k++) {
            bool differs = is_unit(words[k], unit) && is_unit(theirs[k], other);
            units += differs;
            same = differs || strcmp(words[k], theirs[k]) == 0;
        }
        if (same && units == 1) {
            return (int)j;
        }
    }
    return -1;
}

bool csv_columns_name_place(const struct csv_row *header)
{
    return find_column(header, header->count, x_names) >= 0 && find_column(header, header->count, y_names) >= 0;
}

/* Column pairs with these names are degrees by their very name. */
static bool is_named_degrees(struct text name)
{
    static const char whole[] = "stop_lon";
    return (name.length >= 3 && (strncasecmp(name.data, "lon", 3) == 0 || strncasecmp(name.data, "lng", 3) == 0)) ||
           (name.length == sizeof whole - 1 && strncasecmp(name.data, whole, sizeof whole - 1) == 0);
}

struct csv_columns csv_columns_find(const struct csv_row *header, size_t count)
{
    struct csv_columns found = {.x = find_column(header, count, x_names),
                                .y = find_column(header, count, y_names),
                                .geometry = -1,
                                .minutes = {-1, -1},
                                .seconds = {-1, -1}};
    for (size_t i = 0; (found.x < 0 || found.y < 0) && i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            bool part = find_unit(header, count, i, MINUTE_WORDS, DEGREE_WORDS) >= 0 ||
                        find_unit(header, count, i, SECOND_WORDS, DEGREE_WORDS) >= 0;
            if (i != j && !part && is_pair(header->cells[i], header->cells[j])) {
                found.x = (int)i;
                found.y = (int)j;
                break;
            }
        }
    }
    if (found.x < 0 || found.y < 0) {
        found.geometry = find_column(header, count, wkt_names);
    } else {
        found.degrees = is_named_degrees(csv_value_trimmed(header->cells[found.x]));
        for (size_t axis = 0; axis < 2; axis++) {
            size_t column = (size_t)(axis == 0 ? found.x : found.y);
            found.minutes[axis] = find_unit(header, count, column, DEGREE_WORDS, MINUTE_WORDS);
            found.seconds[axis] = find_unit(header, count, column, DEGREE_WORDS, SECOND_WORDS);
        }
    }
    return found;
}
