/* SPDX-License-Identifier: MIT */
#include "ingest/report_remedy.h"

#include <stddef.h>
#include <string.h>

static const struct report_remedy remedies[] = {
    {"IMP-010", "look at the text; if it is wrong, load again with --encoding, or export the layer in UTF-8",
     "revise el texto; si está mal, cargue de nuevo con --encoding o exporte la capa en UTF-8"},
    {"IMP-020", "find out the reference system, and load with --srs EPSG:N",
     "averigüe el sistema de referencia y cargue con --srs EPSG:N"},
    {"IMP-021", "check the reference system (--srs EPSG:N) and the order of the coordinates, and mend the listed rows",
     "revise el sistema de referencia (--srs EPSG:N) y el orden de las coordenadas, y corrija las filas enumeradas"},
    {"IMP-030", "mend the columns or the listed cells where the file was made, and export it again",
     "corrija las columnas o las celdas enumeradas en el programa de origen y exporte de nuevo"},
    {"IMP-031", "mend the listed rows, or choose another column with --key",
     "corrija las filas enumeradas o elija otra columna con --key"},
    {"IMP-040", "check the styles that use the layer; if the change was not meant, export with the same columns",
     "revise los estilos que usan la capa; si el cambio no era intencional, exporte con las mismas columnas"},
    {"IMP-050", "look at the listed rows (in QGIS: Processing, \"Fix geometries\") and export the layer again",
     "revise las filas enumeradas (en QGIS: Procesos, «Corregir geometrías») y exporte la capa de nuevo"},
    {"IMP-052", "split the layer into one file for each kind of geometry",
     "divida la capa en un archivo por tipo de geometría"},
    {"IMP-053", "check whether the layer was exported with a filter", "revise si la capa se exportó con un filtro"},
    {"IMP-060", "export or fetch the file again, best as GeoPackage or as a zip with all parts of the shapefile",
     "exporte o descargue de nuevo el archivo, de preferencia como GeoPackage o como zip con todas las partes del "
     "shapefile"},
    {"IMP-061", "open the file in QGIS and export it as GeoPackage; if it is very large, split it",
     "abra el archivo en QGIS y expórtelo como GeoPackage; si es muy grande, divídalo"},
    {"IMP-070", "choose the layer's id with --layer: lower case without accents, digits, \"-\" and \"_\"",
     "elija el identificador con --layer: minúsculas sin acento, números, «-» y «_»"},
    {"IMP-080", "mend the descriptor where the message says", "corrija la ficha donde indica el mensaje"},
    {"IMP-090", "georeference the raster (in QGIS: Layer, Georeferencer) and export it as GeoTIFF",
     "georreferencie el ráster (en QGIS: Capa, Georreferenciador) y expórtelo como GeoTIFF"},
};

static const struct report_remedy general = {"", "look up the code's page, and export the layer again",
                                             "consulte la página del código y exporte la capa de nuevo"};

const struct report_remedy *report_remedy_find(const char *code)
{
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++) {
        if (strcmp(remedies[i].code, code) == 0) {
            return &remedies[i];
        }
    }
    return &general;
}
