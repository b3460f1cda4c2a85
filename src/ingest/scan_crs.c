/* SPDX-License-Identifier: MIT */
#include "ingest/scan_crs.h"

#include "geo/projection.h"

#include <math.h>
#include <string.h>

enum { EDGE_POINTS = 9 };

static void tell_guess(struct scan *scan, const struct crs_finding *guess, const char *english, const char *spanish)
{
    bool sure = guess->confidence >= CRS_CONFIDENCE_SURE;
    struct report_message *message;
    if (sure) {
        message = report_tell(scan->report, "IMP-020", REPORT_WARNING, "%s; %s was assumed", "%s; se supuso %s",
                              english, guess->code);
        message->spanish = arena_printf(scan->report->arena, "%s; se supuso %s", spanish, guess->code);
        report_cure(scan->report, message, "if that is wrong, load again with --srs EPSG:N",
                    "si no es correcto, cargue de nuevo con --srs EPSG:N");
    } else if (guess->code) {
        message = report_tell(scan->report, "IMP-020", REPORT_ERROR, "%s; the coordinates look like %s (%s, %.0f %%)",
                              "%s; las coordenadas parecen %s (%s, %.0f %%)", english, guess->code, guess->name,
                              guess->confidence * 100);
        message->spanish = arena_printf(scan->report->arena, "%s; las coordenadas parecen %s (%s, %.0f %%)", spanish,
                                        guess->code, guess->name, guess->confidence * 100);
        report_cure(scan->report, message, "if that is right, load with --srs %s; else give the right one",
                    "si es correcto, cargue con --srs %s; si no, indique el que corresponde", guess->code);
        scan->failed = true;
    } else {
        const struct bbox *box = &scan->extent;
        message = report_tell(scan->report, "IMP-020", REPORT_ERROR,
                              "%s, and the coordinates (%.10g, %.10g to %.10g, %.10g) do not tell it",
                              "%s, y las coordenadas (%.10g, %.10g a %.10g, %.10g) no lo indican", english, box->min_x,
                              box->min_y, box->max_x, box->max_y);
        message->spanish =
            arena_printf(scan->report->arena, "%s, y las coordenadas (%.10g, %.10g a %.10g, %.10g) no lo indican",
                         spanish, box->min_x, box->min_y, box->max_x, box->max_y);
        report_cure(scan->report, message, "ask who made the file, and load with --srs EPSG:N",
                    "pregunte a quien hizo el archivo y cargue con --srs EPSG:N");
        scan->failed = true;
    }
    report_at(scan->report, message, scan->layer->name, NULL);
}

static void tell_swapped(struct scan *scan)
{
    struct report_message *message = report_tell(
        scan->report, "IMP-021", REPORT_ERROR, "x and y seem exchanged: x is from %.6g to %.6g and y from %.6g to %.6g",
        "x e y parecen intercambiadas: x va de %.6g a %.6g e y de %.6g a %.6g", scan->extent.min_x, scan->extent.max_x,
        scan->extent.min_y, scan->extent.max_y);
    report_cure(
        scan->report, message,
        "exchange them (in QGIS: Processing, \"Swap X and Y coordinates\"; in a table: rename the columns)",
        "intercámbielas (en QGIS: Procesos, «Intercambiar coordenadas X e Y»; en una tabla: renombre las columnas)");
    report_at(scan->report, message, scan->layer->name, NULL);
    scan->failed = true;
}

/* What the file says of its system; confidence 0 when nothing of use. */
static bool read_declared(struct scan *scan, struct crs_finding *out, struct error *err)
{
    const struct feed_info *info = &scan->feed->info;
    *out = (struct crs_finding){0};
    if (info->srs_code) {
        if (!crs_from_option(info->srs_code, scan->arena, out, err)) {
            return false;
        }
        out->confidence = info->srs_confidence;
        bool said = info->srs_confidence >= 1;
        out->how_english = said ? "declared" : "by the names of the columns";
        out->how_spanish = said ? "declarado" : "por los nombres de las columnas";
        return true;
    }
    if (info->srs_wkt.length == 0) {
        return true;
    }
    struct error why;
    if (!crs_identify(info->srs_wkt, scan->arena, out, &why)) {
        struct report_message *message =
            report_tell(scan->report, "IMP-020", REPORT_WARNING, ".prj: %s", ".prj: %s", why.english);
        message->spanish = arena_printf(scan->report->arena, ".prj: %s", why.spanish);
        report_at(scan->report, message, scan->layer->name, NULL);
    }
    return true;
}

static void guess_system(struct scan *scan, const char *english, const char *spanish)
{
    if (crs_looks_swapped(&scan->extent)) {
        tell_swapped(scan);
        return;
    }
    crs_guess(&scan->extent, scan->arena, &scan->crs);
    tell_guess(scan, &scan->crs, english, spanish);
}

bool scan_crs_decide(struct scan *scan, const struct scan_wishes *wishes, struct error *err)
{
    struct crs_finding declared;
    if (!read_declared(scan, &declared, err)) {
        return false;
    }
    if (wishes->srs) {
        if (!crs_from_option(wishes->srs, scan->arena, &scan->crs, err)) {
            return false;
        }
        if (declared.confidence >= 1 && declared.code && scan->crs.code && strcmp(declared.code, scan->crs.code) != 0) {
            struct report_message *message =
                report_tell(scan->report, "IMP-020", REPORT_NOTICE, "the file declares %s; %s is used as you said",
                            "el archivo declara %s; se usa %s como usted indicó", declared.code, scan->crs.code);
            report_at(scan->report, message, scan->layer->name, NULL);
        }
    } else if (declared.confidence > 0) {
        scan->crs = declared;
    }
    if (bbox_is_empty(&scan->extent)) {
        return true;
    }
    if (scan->crs.confidence <= 0) {
        guess_system(scan, "the file does not tell its reference system",
                     "el archivo no dice su sistema de referencia");
        return true;
    }
    bool degrees = crs_is_geographic(&scan->crs);
    bool wide = scan->extent.min_x < -360 || scan->extent.max_x > 360 || scan->extent.min_y < -90.01 ||
                scan->extent.max_y > 90.01;
    if (degrees && wide) {
        if (wishes->srs || crs_looks_swapped(&scan->extent)) {
            if (crs_looks_swapped(&scan->extent)) {
                tell_swapped(scan);
                return true;
            }
            struct report_message *message =
                report_tell(scan->report, "IMP-021", REPORT_ERROR,
                            "%s is in degrees, but the coordinates go from %.10g, %.10g to %.10g, %.10g",
                            "%s está en grados, pero las coordenadas van de %.10g, %.10g a %.10g, %.10g", wishes->srs,
                            scan->extent.min_x, scan->extent.min_y, scan->extent.max_x, scan->extent.max_y);
            report_cure(scan->report, message, "give the projected system, such as EPSG:6372 or EPSG:32613, with --srs",
                        "indique el sistema proyectado, por ejemplo EPSG:6372 o EPSG:32613, con --srs");
            report_at(scan->report, message, scan->layer->name, NULL);
            scan->failed = true;
            return true;
        }
        /* A few stray coordinates are listed row by row; here all of the layer is meant. */
        if (scan->extent.min_x > 360 || scan->extent.max_x < -360 || scan->extent.min_y > 90.01 ||
            scan->extent.max_y < -90.01) {
            guess_system(scan, "the file claims degrees, but its coordinates are not",
                         "el archivo dice estar en grados, pero sus coordenadas no lo son");
        }
    }
    /* In metres that is a stamp beside the system's origin. */
    bool origin =
        scan->extent.min_x == 0 && scan->extent.max_x == 0 && scan->extent.min_y == 0 && scan->extent.max_y == 0;
    if (!degrees && !origin && crs_is_degree_range(&scan->extent)) {
        const char *system = scan->crs.code ? scan->crs.code : scan->crs.name;
        struct report_message *message =
            report_tell(scan->report, "IMP-021", wishes->srs ? REPORT_WARNING : REPORT_ERROR,
                        "%s is not in degrees, but the coordinates look like degrees (%.10g, %.10g to %.10g, %.10g)",
                        "%s no está en grados, pero las coordenadas parecen grados (%.10g, %.10g a %.10g, %.10g)",
                        system, scan->extent.min_x, scan->extent.min_y, scan->extent.max_x, scan->extent.max_y);
        report_cure(scan->report, message, "if they are degrees, load with --srs EPSG:4326; else with --srs %s",
                    "si son grados, cargue con --srs EPSG:4326; si no, con --srs %s", system);
        report_at(scan->report, message, scan->layer->name, NULL);
        scan->failed |= !wishes->srs;
    }
    return true;
}

bool scan_crs_place(struct scan *scan, struct error *err)
{
    scan->layer->bbox = bbox_empty();
    if (bbox_is_empty(&scan->extent) || !scan->crs.definition || scan->failed) {
        return true;
    }
    struct projection *projection = NULL;
    if (!projection_open(scan->crs.definition, &projection, err)) {
        return false;
    }
    double xy[2 * EDGE_POINTS * EDGE_POINTS];
    size_t count = 0;
    for (int i = 0; i < EDGE_POINTS; i++) {
        for (int j = 0; j < EDGE_POINTS; j++) {
            double u = (double)i / (EDGE_POINTS - 1);
            double v = (double)j / (EDGE_POINTS - 1);
            xy[2 * count] = scan->extent.min_x * (1 - u) + scan->extent.max_x * u;
            xy[2 * count + 1] = scan->extent.min_y * (1 - v) + scan->extent.max_y * v;
            count++;
        }
    }
    projection_to_lonlat(projection, xy, count);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(xy[2 * i]) && isfinite(xy[2 * i + 1])) {
            bbox_add(&scan->layer->bbox, xy[2 * i], xy[2 * i + 1]);
        }
    }
    projection_close(projection);
    return true;
}

void scan_crs_check(struct scan *scan)
{
    struct bbox area;
    const struct bbox *box = &scan->layer->bbox;
    if (scan->failed || bbox_is_empty(&scan->extent) || !crs_area(&scan->crs, &area) || area.min_x > area.max_x) {
        return;
    }
    /* Data of a narrow zone may reach into its neighbours; those of a country do not. */
    const double slack = area.max_x - area.min_x > 12 ? 0 : 5;
    bool outside = bbox_is_empty(box) || box->min_x > area.max_x + slack || box->max_x < area.min_x - slack ||
                   box->min_y > area.max_y + slack || box->max_y < area.min_y - slack;
    /* The same place with the sign of its longitude lost, or northern metres in a southern zone. */
    bool mirrored = !outside && box->min_x >= 86 && box->max_x <= 119 && box->min_y >= 14 && box->max_y <= 33.5;
    bool degrees = crs_is_geographic(&scan->crs);
    bool southern = !outside && !degrees && box->max_y < -56 && box->min_y > -78 && area.max_y >= 0;
    if (mirrored) {
        struct report_message *message =
            report_tell(scan->report, "IMP-021", REPORT_WARNING,
                        "the coordinates fall in Asia (longitude %.10g to %.10g): has the minus sign been lost?",
                        "las coordenadas caen en Asia (longitud %.10g a %.10g): ¿se perdió el signo menos?", box->min_x,
                        box->max_x);
        if (degrees) {
            report_cure(scan->report, message, "longitudes in Mexico are negative: mend the column and load again",
                        "en México las longitudes son negativas: corrija la columna y cargue de nuevo");
        } else {
            report_cure(scan->report, message,
                        "central meridians in Mexico are negative: give the right system with --srs",
                        "en México los meridianos centrales son negativos: indique el sistema correcto con --srs");
        }
        report_at(scan->report, message, scan->layer->name, NULL);
    }
    if (southern) {
        struct report_message *message = report_tell(
            scan->report, "IMP-021", REPORT_WARNING,
            "the coordinates fall near Antarctica (latitude %.10g to %.10g): is it a zone of the northern hemisphere?",
            "las coordenadas caen cerca de la Antártida (latitud %.10g a %.10g): ¿es una zona del hemisferio norte?",
            box->min_y, box->max_y);
        report_cure(scan->report, message, "give the right system, such as EPSG:32613, with --srs",
                    "indique el sistema correcto, por ejemplo EPSG:32613, con --srs");
        report_at(scan->report, message, scan->layer->name, NULL);
    }
    if (outside) {
        struct report_message *message =
            report_tell(scan->report, "IMP-021", REPORT_WARNING,
                        "the coordinates fall outside the area of %s: is that the right system?",
                        "las coordenadas caen fuera del área de %s: ¿es el sistema correcto?",
                        scan->crs.code ? scan->crs.code : scan->crs.name);
        report_cure(scan->report, message,
                    "look at the place on the map; if it is wrong, load again with --srs EPSG:N or exchange x and y",
                    "revise el lugar en el mapa; si está mal, cargue de nuevo con --srs EPSG:N o intercambie x e y");
        report_at(scan->report, message, scan->layer->name, NULL);
    }
}
