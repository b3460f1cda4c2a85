/* SPDX-License-Identifier: MIT */
#include "ingest/scan.h"

#include "base/text.h"
#include "ingest/key_set.h"
#include "ingest/scan_columns.h"
#include "ingest/scan_crs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_COLUMNS_MAX = 40, KEY_VALUES_MAX = 4 << 20, PROGRESS_STEP = 1000 };

#define FEATURE_ARENA_BYTES ((size_t)512 << 20)

struct findings {
    struct encoding_evidence evidence;
    int64_t nulls;
    int64_t invalid;
    int64_t kinds[4]; /* features by enum geometry_kind */
    int64_t singles;
    int64_t multis;
    int64_t mixed; /* features with parts of several kinds */
    bool has_z;
    bool has_m;
    struct report_rows null_rows;
    struct report_rows origins; /* points at 0, 0 */
    struct report_rows unusable;
    struct report_rows invalid_rows;
    struct report_rows infinite;
    struct report_rows duplicates; /* of the key */
    struct report_rows keyless;
    struct key_set *keys;
    struct bbox boxes[4]; /* of each kind */
};

static bool is_missing(const struct value *value)
{
    return value->type == VALUE_NULL || (value->type == VALUE_STRING && value->string.length == 0);
}

/* --- one pass --- */

static bool note_keys(struct scan *scan, struct findings *found, const struct feed_feature *feature, ptrdiff_t key)
{
    for (size_t i = 0; i < scan->feed->info.field_count; i++) {
        struct key_set *set = &found->keys[i];
        if (set->out) {
            continue;
        }
        const struct value *value = &feature->values[i];
        bool missing = is_missing(value);
        bool fresh = !missing && key_set_add(set, value);
        if (fresh && set->count <= KEY_VALUES_MAX) {
            continue;
        }
        if ((ptrdiff_t)i != key) {
            key_set_drop(set);
            continue;
        }
        struct report_detail detail = {.row = feature->row,
                                       .english = missing ? "no value" : "the value occurs before",
                                       .spanish = missing ? "sin valor" : "el valor aparece antes",
                                       .x = NAN,
                                       .y = NAN};
        char text[64];
        if (value->type == VALUE_INT) {
            snprintf(text, sizeof text, "%lld", (long long)value->integer);
            detail.key = text;
        } else if (value->type == VALUE_STRING && text_is_utf8(value->string)) {
            snprintf(text, sizeof text, "%.*s", (int)(value->string.length > 40 ? 40 : value->string.length),
                     value->string.data);
            detail.key = text;
        }
        if (!fresh && !report_rows_add(missing ? &found->keyless : &found->duplicates, scan->report->arena, &detail)) {
            return false;
        }
    }
    return true;
}

static bool note_geometry(struct scan *scan, struct findings *found, const struct feed_feature *feature, bool check,
                          struct repair *repair, struct arena *arena, struct error *err)
{
    if (feature->damage_english) {
        struct report_detail detail = {feature->row, NULL, feature->damage_english, feature->damage_spanish, NAN, NAN};
        return report_rows_add(&found->unusable, scan->report->arena, &detail) || error_no_memory(err);
    }
    struct repair_result result;
    if (!repair_geometry(repair, feature->wkb, feature->wkb_size, GEOMETRY_NONE, true,
                         check ? REPAIR_CHECK : REPAIR_LOOK, arena, &result, err)) {
        return false;
    }
    struct report_detail detail = {feature->row, NULL, result.english, result.spanish, result.x, result.y};
    if (result.fate == REPAIR_EMPTY) {
        found->nulls++;
        detail.english = "no geometry";
        detail.spanish = "sin geometría";
        return report_rows_add(&found->null_rows, scan->report->arena, &detail) || error_no_memory(err);
    }
    if (result.fate == REPAIR_UNUSABLE) {
        return report_rows_add(&found->unusable, scan->report->arena, &detail) || error_no_memory(err);
    }
    if (result.flags & (REPAIR_INVALID | REPAIR_CLOSED_RING | REPAIR_ZERO_LENGTH | REPAIR_DROPPED_PART)) {
        found->invalid++;
        if (!detail.english) {
            bool line = (result.flags & REPAIR_ZERO_LENGTH) != 0;
            bool ring = (result.flags & REPAIR_CLOSED_RING) != 0;
            detail.english = line   ? "a line without length"
                             : ring ? "a ring is not closed"
                                    : "a part has too few vertices";
            detail.spanish = line   ? "una línea sin longitud"
                             : ring ? "un anillo no está cerrado"
                                    : "una parte tiene muy pocos vértices";
        }
        if (check && !report_rows_add(&found->invalid_rows, scan->report->arena, &detail)) {
            return error_no_memory(err);
        }
    }
    bool origin = result.kind == GEOMETRY_POINT && result.bbox.min_x == 0 && result.bbox.max_x == 0 &&
                  result.bbox.min_y == 0 && result.bbox.max_y == 0;
    struct report_detail beside = {feature->row, NULL, "the point is 0, 0", "el punto es 0, 0", 0, 0};
    if (origin && !report_rows_add(&found->origins, scan->report->arena, &beside)) {
        return error_no_memory(err);
    }
    found->kinds[result.kind]++;
    found->singles += (result.flags & REPAIR_WAS_SINGLE) != 0;
    found->multis += (result.flags & REPAIR_WAS_MULTI) != 0;
    found->mixed += (result.flags & REPAIR_OTHER_PARTS) != 0;
    found->has_z |= (result.flags & REPAIR_HAS_Z) != 0;
    found->has_m |= (result.flags & REPAIR_HAD_M) != 0;
    bbox_add_box(&found->boxes[result.kind], &result.bbox);
    return true;
}

struct scan_pass {
    struct findings found;
    size_t column_count;
    ptrdiff_t key; /* the wished key's column, -1: none */
};

bool scan_note(struct scan *scan, struct scan_pass *pass, const struct feed_feature *feature, bool check,
               struct repair *repair, struct arena *arena, struct error *err)
{
    const struct feed_info *info = &scan->feed->info;
    struct findings *found = &pass->found;
    scan->features++;
    bool noted = false;
    for (size_t i = 0; i < info->field_count; i++) {
        if (info->fields[i].type == FIELD_STRING && feature->values[i].type == VALUE_STRING) {
            encoding_evidence_add(&found->evidence, feature->values[i].string, info->fields[i].width);
        } else if (check && !noted && feature->values[i].type == VALUE_REAL && isinf(feature->values[i].real)) {
            struct report_detail detail = {feature->row, NULL, "an infinite number", "un número infinito", NAN, NAN};
            noted = true;
            if (!report_rows_add(&found->infinite, scan->report->arena, &detail)) {
                return error_no_memory(err);
            }
        }
    }
    if (!note_keys(scan, found, feature, pass->key)) {
        return error_no_memory(err);
    }
    return note_geometry(scan, found, feature, check, repair, arena, err);
}

static bool read_all(struct scan *scan, struct scan_pass *pass, bool check, struct repair *repair,
                     void (*progress)(void *context, int64_t done, int64_t total), void *context, struct error *err)
{
    bool ok = false;
    struct arena *arena = arena_create(FEATURE_ARENA_BYTES);
    if (!arena) {
        return error_no_memory(err);
    }
    for (;;) {
        struct feed_feature feature;
        bool end = false;
        arena_reset(arena);
        if (!feed_next(scan->feed, arena, &feature, &end, err)) {
            goto done;
        }
        if (end) {
            break;
        }
        if (!scan_note(scan, pass, &feature, check, repair, arena, err)) {
            goto done;
        }
        if (progress && scan->features % PROGRESS_STEP == 0) {
            progress(context, scan->features, scan->feed->info.feature_count);
        }
    }
    ok = true;
done:
    arena_destroy(arena);
    return ok;
}

/* --- decisions --- */

static void tell_encoding(struct scan *scan, const struct findings *found)
{
    const struct encoding_choice *choice = &scan->encoding;
    const struct encoding_evidence *evidence = &found->evidence;
    bool beyond_ascii = evidence->utf8 + evidence->utf8_cut + evidence->other > 0;
    const char *declared = scan->feed->info.encoding;
    struct report_message *message = NULL;
    if (evidence->twice > 0) {
        message = report_tell(
            scan->report, "IMP-010", REPORT_WARNING,
            "%llu values were made UTF-8 twice before they came here (\"Torre\xc3\x83\xc2\xb3n\"); they are kept so",
            "%llu valores se codificaron dos veces antes de llegar (se ven como «Torre\xc3\x83\xc2\xb3n»); se "
            "conservan "
            "así",
            (unsigned long long)evidence->twice);
        report_cure(scan->report, message, "export from the original, or mend the text in QGIS",
                    "exporte desde el original, o corrija el texto en QGIS");
        report_at(scan->report, message, scan->layer->name, NULL);
        message = NULL;
    }
    if (choice->contradicted) {
        message = report_tell(scan->report, "IMP-010", REPORT_WARNING, "encoding: %s; read as %s",
                              "codificación: %s; leída como %s", choice->how_english, choice->name);
        message->spanish =
            arena_printf(scan->report->arena, "codificación: %s; leída como %s", choice->how_spanish, choice->name);
    } else if (!choice->said && !declared && evidence->other > 0) {
        message = report_tell(scan->report, "IMP-010", REPORT_WARNING,
                              "the file does not declare its encoding; its bytes look like %s (%.0f %%)",
                              "el archivo no declara su codificación; sus bytes parecen %s (%.0f %%)", choice->name,
                              choice->confidence * 100);
    } else if (!choice->said && !declared && beyond_ascii) {
        message = report_tell(scan->report, "IMP-010", REPORT_NOTICE,
                              "the file does not declare its encoding; every value is %s",
                              "el archivo no declara su codificación; todos los valores son %s", choice->name);
    }
    if (message) {
        report_at(scan->report, message, scan->layer->name, NULL);
        if (message->severity == REPORT_WARNING) {
            report_cure(scan->report, message,
                        "look at the sample values; if they are wrong, load again with --encoding",
                        "revise los valores de muestra; si están mal, cargue de nuevo con --encoding");
        }
    }
}

static bool decide_encoding(struct scan *scan, const struct scan_wishes *wishes, const struct findings *found,
                            struct error *err)
{
    const struct feed_info *info = &scan->feed->info;
    char canonical[ENCODING_NAME_BYTES];
    const char *declared = info->encoding;
    enum encoding_source source = info->encoding_source;
    if (wishes->encoding) {
        if (!encoding_canonical(text_of(wishes->encoding), canonical)) {
            error_tell(err, ERROR_INVALID, "IMP-010", "unknown encoding \"%.60s\": use UTF-8, windows-1252 or CP850",
                       "codificación desconocida «%.60s»: use UTF-8, windows-1252 o CP850", wishes->encoding);
            return false;
        }
        declared = canonical;
        source = ENCODING_OPTION;
    }
    struct encoding_evidence evidence = found->evidence;
    for (size_t i = 0; i < info->field_count; i++) {
        encoding_evidence_add(&evidence, info->fields[i].name, 0);
    }
    encoding_decide(&evidence, declared, source, &scan->encoding);
    if (strncmp(scan->encoding.name, "UTF-16", 6) == 0) {
        error_tell(err, ERROR_INVALID, "IMP-010",
                   "the .dbf is declared to be UTF-16, which no .dbf can hold: export it in UTF-8",
                   "se declara que el .dbf está en UTF-16, lo que un .dbf no admite: expórtelo en UTF-8");
        return false;
    }
    tell_encoding(scan, found);
    struct encoding *encoding = NULL;
    if (!encoding_open(&scan->encoding, &encoding, err)) {
        return false;
    }
    struct report_layer *layer = scan->layer;
    bool has_text = false;
    for (size_t i = 0; i < info->field_count; i++) {
        has_text |= info->fields[i].type == FIELD_STRING;
    }
    layer->encoding_name = has_text ? arena_strdup(scan->report->arena, scan->encoding.name) : NULL;
    layer->encoding_confidence = scan->encoding.confidence;
    layer->encoding_how_english = scan->encoding.how_english;
    layer->encoding_how_spanish = scan->encoding.how_spanish;
    for (size_t i = 0; i < found->evidence.sample_count && layer->sample_count < REPORT_SAMPLES_MAX; i++) {
        unsigned outcome;
        struct text raw = {(const char *)found->evidence.samples[i].bytes, found->evidence.samples[i].length};
        struct text text = encoding_decode(encoding, raw, 0, scan->report->arena, &outcome);
        char *copy = text.data ? arena_strndup(scan->report->arena, text.data, text.length) : NULL;
        if (copy) {
            layer->samples[layer->sample_count++] = copy;
        }
    }
    encoding_close(encoding);
    return true;
}

static void decide_kind(struct scan *scan, const struct findings *found)
{
    static const char *const english[] = {"none", "points", "lines", "polygons"};
    static const char *const spanish[] = {"ninguna", "puntos", "líneas", "polígonos"};
    static const char *const names[] = {"none", "point", "linestring", "polygon"};
    unsigned kinds = 0;
    scan->kind = GEOMETRY_NONE;
    for (int kind = GEOMETRY_POINT; kind <= GEOMETRY_POLYGON; kind++) {
        kinds += found->kinds[kind] > 0;
        if (found->kinds[kind] > 0 && found->kinds[kind] >= found->kinds[scan->kind]) {
            scan->kind = (enum geometry_kind)kind;
        }
    }
    scan->extent = found->boxes[scan->kind];
    scan->has_z = found->has_z;
    struct report_layer *layer = scan->layer;
    layer->geometry = kinds > 1 ? "mixed"
                      : kinds == 0
                          ? "none"
                          : arena_printf(scan->report->arena, "%s%s%s%s", found->multis > 0 ? "multi" : "",
                                         names[scan->kind], found->has_z ? " z" : "", found->has_m ? " m" : "");
    if (kinds > 1) {
        int64_t others = 0;
        for (int kind = GEOMETRY_POINT; kind <= GEOMETRY_POLYGON; kind++) {
            others += (enum geometry_kind)kind == scan->kind ? 0 : found->kinds[kind];
        }
        struct report_message *message =
            report_tell(scan->report, "IMP-052", REPORT_WARNING,
                        "the layer mixes geometries: %lld %s are loaded, %lld others left out",
                        "la capa mezcla geometrías: se cargan %lld %s y se omiten %lld de otro tipo",
                        (long long)found->kinds[scan->kind], english[scan->kind], (long long)others);
        message->spanish = arena_printf(scan->report->arena,
                                        "la capa mezcla geometrías: se cargan %lld %s y se omiten %lld de otro tipo",
                                        (long long)found->kinds[scan->kind], spanish[scan->kind], (long long)others);
        report_cure(scan->report, message, "split it into one file for each kind of geometry",
                    "divídala en un archivo por tipo de geometría");
        report_at(scan->report, message, layer->name, NULL);
    }
    scan->is_empty = scan->features == 0 && scan->has_siblings;
    if (scan->is_empty) {
        struct report_message *message =
            report_tell(scan->report, "IMP-053", REPORT_WARNING,
                        "the layer has no features: it is not loaded, the others of the file are",
                        "la capa no tiene elementos: no se carga; las demás del archivo sí");
        report_cure(scan->report, message,
                    "check whether it was exported with a filter; what was stored of it before stays as it is",
                    "revise si se exportó con un filtro; lo que ya estaba guardado de ella queda como está");
        report_at(scan->report, message, layer->name, NULL);
    } else if (kinds == 0) {
        struct report_message *message =
            scan->features == 0
                ? report_tell(scan->report, "IMP-050", REPORT_ERROR, "the layer has no features",
                              "la capa no tiene elementos")
                : report_tell(scan->report, "IMP-050", REPORT_ERROR,
                              "no feature has a usable geometry (there are %lld features)",
                              "ningún elemento tiene una geometría utilizable (hay %lld)", (long long)scan->features);
        report_cure(scan->report, message, "export the layer again", "exporte la capa de nuevo");
        report_at(scan->report, message, layer->name, NULL);
        scan->failed = true;
    }
    if (found->has_m) {
        struct report_message *message = report_tell(scan->report, "IMP-051", REPORT_NOTICE,
                                                     "measures (M) are not kept", "las medidas (M) no se conservan");
        report_at(scan->report, message, layer->name, NULL);
    }
}

static void tell_rows(struct scan *scan, struct findings *found, bool check)
{
    struct report *report = scan->report;
    const char *name = scan->layer->name;
    if (found->nulls > 0) {
        struct report_message *message =
            report_tell(report, "IMP-050", REPORT_WARNING, "%lld features have no geometry; their attributes are kept",
                        "%lld elementos no tienen geometría; se conservan sus atributos", (long long)found->nulls);
        report_take_rows(report, message, &found->null_rows);
        report_at(report, message, name, NULL);
    }
    if (found->origins.count > 0 && (int64_t)found->origins.count < found->kinds[GEOMETRY_POINT]) {
        struct report_message *message =
            report_tell(report, "IMP-021", REPORT_WARNING,
                        "%zu points lie exactly at 0, 0, which usually stands for an unknown place; they are kept",
                        "%zu puntos están exactamente en 0, 0, que suele significar lugar desconocido; se conservan",
                        found->origins.count);
        report_cure(report, message, "give them their place, or leave the coordinates empty, and load again",
                    "deles su lugar o deje vacías las coordenadas y cargue de nuevo");
        report_take_rows(report, message, &found->origins);
        report_at(report, message, name, NULL);
    }
    if (check && found->invalid_rows.count > 0) {
        struct report_message *message =
            report_tell(report, "IMP-050", REPORT_WARNING, "%zu features have invalid geometry; loading mends it",
                        "%zu elementos tienen geometría inválida; al cargar se repara", found->invalid_rows.count);
        report_take_rows(report, message, &found->invalid_rows);
        report_at(report, message, name, NULL);
    }
    /* Where nothing is loaded these are the reasons. */
    bool all = found->kinds[GEOMETRY_POINT] + found->kinds[GEOMETRY_LINE] + found->kinds[GEOMETRY_POLYGON] == 0;
    if ((check || all) && found->unusable.count > 0) {
        struct report_message *message = report_tell(
            report, "IMP-050", REPORT_WARNING, "%zu features have unusable geometry; loading leaves them out",
            "%zu elementos tienen geometría inutilizable; al cargar se omiten", found->unusable.count);
        report_take_rows(report, message, &found->unusable);
        report_at(report, message, name, NULL);
    }
    if (found->infinite.count > 0) {
        struct report_message *message = report_tell(
            report, "IMP-030", REPORT_WARNING, "%zu features have infinite numbers; loading keeps them as no value",
            "%zu elementos tienen números infinitos; al cargar quedan sin valor", found->infinite.count);
        report_take_rows(report, message, &found->infinite);
        report_at(report, message, name, NULL);
    }
    struct report_rows *const wrong[] = {&found->duplicates, &found->keyless};
    for (size_t i = 0; scan->key >= 0 && i < 2; i++) {
        if (wrong[i]->count == 0) {
            continue;
        }
        struct report_message *message = report_tell(
            report, "IMP-031", REPORT_ERROR, "column \"%s\" cannot identify features: %zu rows have %s",
            "la columna «%s» no puede identificar los elementos: %zu filas tienen %s", scan->fields[scan->key].name,
            wrong[i]->count, i == 0 ? "a value that another row has" : "no value");
        message->spanish = arena_printf(
            report->arena, "la columna «%s» no puede identificar los elementos: %zu filas %s",
            scan->fields[scan->key].name, wrong[i]->count, i == 0 ? "repiten el valor de otra" : "no tienen valor");
        report_cure(report, message, "mend the column, or choose another with --key",
                    "corrija la columna o elija otra con --key");
        report_take_rows(report, message, wrong[i]);
        report_at(report, message, name, scan->fields[scan->key].name);
        scan->failed = true;
    }
}

static void list_keys(struct scan *scan, const struct findings *found)
{
    for (size_t i = 0; i < scan->field_count && scan->layer->key_count < REPORT_KEYS_MAX; i++) {
        if (!found->keys[i].out && found->keys[i].count > 0) {
            scan->layer->keys[scan->layer->key_count++] = arena_strdup(scan->report->arena, scan->fields[i].name);
        }
    }
}

static bool conclude(struct scan *scan, const struct scan_wishes *wishes, struct findings *found, bool check,
                     struct error *err)
{
    struct report_layer *layer = scan->layer;
    layer->features = scan->features;
    layer->null_geometries = found->nulls;
    layer->invalid_geometries = check ? found->invalid : -1;
    decide_kind(scan, found);
    if (!decide_encoding(scan, wishes, found, err) || !scan_columns_name(scan, err) ||
        !scan_columns_list(scan, wishes, err)) {
        return false;
    }
    scan_columns_check(scan, wishes);
    tell_rows(scan, found, check);
    list_keys(scan, found);
    if (!scan_crs_decide(scan, wishes, err) || !scan_crs_place(scan, check, err)) {
        return false;
    }
    scan_crs_check(scan);
    if (scan->crs.definition) {
        layer->srs_code = scan->crs.code ? arena_strdup(scan->report->arena, scan->crs.code) : NULL;
        layer->srs_name = arena_strdup(scan->report->arena, scan->crs.name);
        layer->srs_confidence = scan->crs.confidence;
        layer->srs_how_english = scan->crs.how_english;
        layer->srs_how_spanish = scan->crs.how_spanish;
    }
    return true;
}

/* The wished key's column by its raw name, before names are decoded: ASCII names, which keys have, are the same. */
static ptrdiff_t key_before_names(const struct scan *scan, const char *key)
{
    for (size_t i = 0; key && i < scan->feed->info.field_count; i++) {
        if (text_is(scan->feed->info.fields[i].name, key)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

void scan_pass_close(struct scan_pass *pass)
{
    if (!pass) {
        return;
    }
    struct findings *found = &pass->found;
    for (size_t i = 0; found->keys && i < pass->column_count; i++) {
        key_set_drop(&found->keys[i]);
    }
    free(found->keys);
    report_rows_finish(&found->null_rows);
    report_rows_finish(&found->origins);
    report_rows_finish(&found->unusable);
    report_rows_finish(&found->invalid_rows);
    report_rows_finish(&found->infinite);
    report_rows_finish(&found->duplicates);
    report_rows_finish(&found->keyless);
    free(pass);
}

bool scan_begin(struct scan *scan, const struct scan_wishes *wishes, struct scan_pass **out_pass, struct error *err)
{
    const struct feed_info *info = &scan->feed->info;
    struct scan_pass *pass = calloc(1, sizeof *pass);
    if (!pass) {
        return error_no_memory(err);
    }
    struct findings *found = &pass->found;
    pass->column_count = info->field_count;
    found->keys = calloc(info->field_count + 1, sizeof *found->keys);
    if (!found->keys) {
        scan_pass_close(pass);
        return error_no_memory(err);
    }
    for (size_t i = 0; i < 4; i++) {
        found->boxes[i] = bbox_empty();
    }
    pass->key = key_before_names(scan, wishes->key);
    for (size_t i = 0; i < info->field_count; i++) {
        bool can = info->fields[i].type == FIELD_STRING || info->fields[i].type == FIELD_INTEGER;
        found->keys[i].out = (!can || i >= KEY_COLUMNS_MAX) && (ptrdiff_t)i != pass->key;
        if (!can && (ptrdiff_t)i == pass->key) {
            found->keys[i].out = true;
        }
    }
    *out_pass = pass;
    return true;
}

bool scan_conclude(struct scan *scan, struct scan_pass *pass, const struct scan_wishes *wishes, bool check,
                   struct error *err)
{
    return conclude(scan, wishes, &pass->found, check, err);
}

bool scan_run(struct scan *scan, const struct scan_wishes *wishes, bool check, struct repair *repair,
              void (*progress)(void *context, int64_t done, int64_t total), void *context, struct error *err)
{
    struct scan_pass *pass = NULL;
    bool ok = scan_begin(scan, wishes, &pass, err) && read_all(scan, pass, check, repair, progress, context, err) &&
              scan_conclude(scan, pass, wishes, check, err);
    scan_pass_close(pass);
    return ok;
}

bool scan_agrees(const struct scan *scan, const struct scan *other)
{
    bool same = scan->failed == other->failed && scan->kind == other->kind && scan->has_z == other->has_z &&
                scan->key == other->key && scan->field_count == other->field_count &&
                text_same_string(scan->crs.definition, other->crs.definition) &&
                strcmp(scan->encoding.name, other->encoding.name) == 0 &&
                strcmp(scan->encoding.fallback, other->encoding.fallback) == 0 &&
                scan->encoding.said == other->encoding.said;
    for (size_t i = 0; same && i < scan->field_count; i++) {
        same = scan->fields[i].type == other->fields[i].type &&
               text_same_string(scan->fields[i].name, other->fields[i].name);
    }
    return same;
}
