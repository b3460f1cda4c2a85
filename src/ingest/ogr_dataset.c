/* SPDX-License-Identifier: MIT */
#include "ingest/ogr_dataset.h"

#include "base/text.h"
#include "ingest/sql_patience.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <ogr_srs_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* GDAL's own words end in our messages and never on the user's terminal. */
static void CPL_STDCALL catch_error(CPLErr severity, CPLErrorNum number, const char *message)
{
    (void)number;
    char *caught = CPLGetErrorHandlerUserData();
    /* A date in a spelling of its own that was understood is no damage. */
    if (severity >= CE_Warning && caught[0] == '\0' && !strstr(message, "successfully parsed")) {
        snprintf(caught, 200, "%s", message);
    }
}

void ogr_dataset_listen(char caught[OGR_DAMAGE_BYTES])
{
    CPLPushErrorHandlerEx(catch_error, caught);
}

/* Which tags of OpenStreetMap become columns; the rest stays together in "other_tags". GDAL's own list names few that
 * a plan of a city is drawn by. */
static const char osm_settings[] =
    "closed_ways_are_polygons=aeroway,amenity,boundary,building,craft,geological,historic,landuse,leisure,military,"
    "natural,office,place,shop,sport,tourism,highway=platform,public_transport=platform\n"
    "attribute_name_laundering=yes\n"
    "[points]\nosm_id=yes\n"
    "attributes=name,place,amenity,shop,office,tourism,leisure,historic,highway,public_transport,railway,natural,"
    "man_made,power,barrier,ref,population\n"
    "unsignificant=created_by,converted_by,source,time,ele,attribution\n"
    "ignore=created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[lines]\nosm_id=yes\n"
    "attributes=name,highway,ref,oneway,surface,lanes,maxspeed,bridge,tunnel,layer,waterway,railway,aeroway,aerialway,"
    "barrier,power,man_made\n"
    "ignore=created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[multipolygons]\nosm_id=yes\nosm_way_id=yes\n"
    "attributes=name,type,building,landuse,leisure,natural,water,waterway,amenity,shop,office,tourism,historic,place,"
    "boundary,admin_level,aeroway,man_made,sport\n"
    "ignore=area,created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[multilinestrings]\nosm_id=yes\nattributes=name,type,route,ref,network,operator\n"
    "ignore=area,created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n"
    "[other_relations]\nosm_id=yes\nattributes=name,type\n"
    "ignore=area,created_by,converted_by,source,time,ele,note,todo,openGeoDB:,fixme,FIXME\n";

#define OSM_SETTINGS_PATH "/vsimem/tesela-osm.ini"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void)
{
    /* No plugin folders, no network, nothing written beside the data. */
    CPLSetConfigOption("GDAL_DRIVER_PATH", "disable");
    CPLSetConfigOption("GDAL_PAM_ENABLED", "NO");
    CPLSetConfigOption("PROJ_NETWORK", "OFF");
    CPLSetConfigOption("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "none");
    /* Text comes as raw bytes: decoding is ours. */
    CPLSetConfigOption("SHAPE_ENCODING", "");
    CPLSetConfigOption("SHAPE_RESTORE_SHX", "NO");
    /* Attributes of the GeoJSON standard are kept as text where they are no plain values. */
    CPLSetConfigOption("OGR_GEOJSON_ARRAY_AS_STRING", "YES");
    OSRSetPROJEnableNetwork(0);
    GDALAllRegister();
    VSILFILE *settings = VSIFOpenL(OSM_SETTINGS_PATH, "wb");
    if (settings) {
        VSIFWriteL(osm_settings, 1, sizeof osm_settings - 1, settings);
        VSIFCloseL(settings);
    }
}

static const char *driver_of(enum source_format format)
{
    switch (format) {
    case SOURCE_SHAPEFILE:
        return "ESRI Shapefile";
    case SOURCE_GEOPACKAGE:
        return "GPKG";
    case SOURCE_GEOJSON:
        return "GeoJSON";
    case SOURCE_GEOJSON_SEQUENCE:
        return "GeoJSONSeq";
    case SOURCE_FLATGEOBUF:
        return "FlatGeobuf";
    case SOURCE_KML:
        return "LIBKML";
    case SOURCE_DXF:
        return "DXF";
    case SOURCE_OSM:
        return "OSM";
    case SOURCE_CSV:
    case SOURCE_ODS:
    case SOURCE_XLSX:
    case SOURCE_RASTER:
        break;
    }
    return NULL;
}

void ogr_dataset_set_up(void)
{
    pthread_once(&once, set_up);
}

/* Large extracts need a file for their nodes: it belongs beside the data, in the private folder. */
static void prepare_osm(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (slash && (size_t)(slash - path) < sizeof folder) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        CPLSetThreadLocalConfigOption("CPL_TMPDIR", folder);
    }
}

/* The private folder says nothing to people, and differs each time; nor do places in the library's source. */
void ogr_dataset_hide_folder(char *words, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    for (char *at = words; length > 0 && *at != '\0'; at++) {
        if (strncmp(at, path, length) == 0) {
            memmove(at, at + length, strlen(at + length) + 1);
        }
    }
    const char *source = strstr(words, ".cpp, ");
    const char *after = source ? strstr(source, ": ") : NULL;
    if (after && strncmp(words, "./", 2) == 0) {
        memmove(words, after + 2, strlen(after + 2) + 1);
    }
}

/* Whether the file has text beyond ASCII, all of it UTF-8. */
static bool is_utf8_file(const char *path)
{
    bool utf8 = true;
    bool beyond = false;
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "rbe");
    for (ssize_t length; file && utf8 && (length = getline(&line, &room, file)) >= 0;) {
        struct text text = {line, (size_t)length};
        utf8 = text_is_utf8(text);
        for (size_t i = 0; i < text.length && !beyond; i++) {
            beyond = (unsigned char)text.data[i] >= 0x80;
        }
    }
    free(line);
    if (file) {
        fclose(file);
    }
    return utf8 && beyond;
}

/* What a drawing's header says of its text and GDAL does not know: code pages of DOS and of old Macintoshes. The value
 * stands two lines behind the name (DXF reference, group code 3). NULL: GDAL decides. */
static const char *old_code_page(const char *path, char out[16])
{
    enum { LINES_MAX = 4000 };
    const char *found = NULL;
    char line[80];
    int value_at = 0;
    FILE *file = fopen(path, "rbe");
    for (int i = 1; file && i <= LINES_MAX && !found && fgets(line, sizeof line, file); i++) {
        line[strcspn(line, "\r\n")] = '\0';
        const char *word = line + strspn(line, " ");
        if (strcmp(word, "$DWGCODEPAGE") == 0) {
            value_at = i + 2;
        } else if (i == value_at && strncasecmp(word, "dos", 3) == 0 && strspn(word + 3, "0123456789") == 3) {
            snprintf(out, 16, "CP%.3s", word + 3);
            found = out;
        } else if (i == value_at && strcasecmp(word, "mac-roman") == 0) {
            found = "MACINTOSH";
        } else if (i == value_at) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return found;
}

void *ogr_dataset_open(const char *path, enum source_format format, bool adjust_types, struct error *err)
{
    ogr_dataset_set_up();
    char caught[200] = "";
    const char *const drivers[] = {driver_of(format), NULL};
    static const char *const gpkg_options[] = {"LIST_ALL_TABLES=NO", NULL};
    static const char *const json_options[] = {"ARRAY_AS_STRING=YES", "DATE_AS_STRING=NO", NULL};
    static const char *const osm_options[] = {"CONFIG_FILE=" OSM_SETTINGS_PATH, NULL};
    static const char *const shape_options[] = {"ADJUST_TYPE=YES", NULL};
    const char *const *options = format == SOURCE_GEOPACKAGE                  ? gpkg_options
                                 : format == SOURCE_GEOJSON                   ? json_options
                                 : format == SOURCE_OSM                       ? osm_options
                                 : format == SOURCE_SHAPEFILE && adjust_types ? shape_options
                                                                              : NULL;
    if (format == SOURCE_OSM) {
        prepare_osm(path);
    }
    if (format == SOURCE_DXF) {
        /* Since 2007 drawings are UTF-8, whatever code page they name. */
        char page[16];
        CPLSetThreadLocalConfigOption("DXF_ENCODING", is_utf8_file(path) ? "UTF-8" : old_code_page(path, page));
    }
    if (format == SOURCE_GEOPACKAGE) {
        sql_patience_set_up();
    }
    ogr_dataset_listen(caught);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers, options, NULL);
    CPLPopErrorHandler();
    if (!dataset) {
        ogr_dataset_hide_folder(caught, path);
        const char *name = source_format_name(format);
        if (caught[0] != '\0') {
            error_tell(err, ERROR_INVALID, "IMP-060", "the %s cannot be read (\"%.150s\"): export it again",
                       "no se puede leer el %s («%.150s»): expórtelo de nuevo", name, caught);
        } else {
            error_tell(err, ERROR_INVALID, "IMP-060", "the %s cannot be read (unknown content): export it again",
                       "no se puede leer el %s (contenido desconocido): expórtelo de nuevo", name);
        }
    }
    return dataset;
}
