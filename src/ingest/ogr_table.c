/* SPDX-License-Identifier: MIT */
#include "ingest/ogr_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What is said of the cells of one column that are asterisks, or that are not. */
static struct report_message *tell_column(const struct shapefile_numbers *numbers, bool starred, const char *name,
                                          size_t count, struct report *report)
{
    if (!starred) {
        return report_tell(report, "IMP-030", REPORT_WARNING,
                           "column \"%s\": %zu values are no numbers or dates; they become no value",
                           "columna «%s»: %zu valores no son números o fechas; quedan sin valor", name, count);
    }
    if (!numbers->is_filled) {
        return report_tell(report, "IMP-030", REPORT_NOTICE,
                           "column \"%s\": %zu cells of asterisks, as QGIS and GDAL write what has no value",
                           "columna «%s»: %zu celdas de asteriscos, como QGIS y GDAL escriben lo que no tiene valor",
                           name, numbers->starred_count);
    }
    return report_tell(report, "IMP-030", REPORT_WARNING,
                       "column \"%s\": %zu numbers did not fit and stand as asterisks; they become no value",
                       "columna «%s»: %zu números no cupieron y están como asteriscos; quedan sin valor", name,
                       numbers->starred_count);
}

/* The cells become no value; `starred` chooses which of the two kinds is told of. */
static void tell_bad_cells(struct feed_ogr *feed, const struct source_layer *layer, const struct shapefile_table *table,
                           const struct shapefile_faults *faults, bool starred, struct report *report)
{
    for (size_t column = 0; column < table->column_count; column++) {
        const struct shapefile_numbers *numbers = &faults->numbers[column];
        struct report_rows rows = {0};
        for (size_t i = 0; i < faults->cell_count; i++) {
            const struct shapefile_cell *cell = &faults->cells[i];
            if (cell->column != column || cell->starred != starred || cell->meaning != SHAPEFILE_NOTHING) {
                continue;
            }
            struct report_detail detail = {.row = (int64_t)cell->row + 1, .x = NAN, .y = NAN};
            if (rows.detail_count < REPORT_DETAILS_MAX) {
                bool said = !starred && text_is_utf8(text_of(cell->text));
                detail.english = said      ? arena_printf(feed->arena, "\"%s\" is no value of its type", cell->text)
                                 : starred ? "asterisks"
                                           : "unreadable value";
                detail.spanish = said      ? arena_printf(feed->arena, "«%s» no es un valor de su tipo", cell->text)
                                 : starred ? "asteriscos"
                                           : "valor ilegible";
            }
            if (!report_rows_add(&rows, report->arena, &detail)) {
                report->out_of_memory = true;
            }
        }
        if (rows.count == 0) {
            continue;
        }
        const char *name = text_is_utf8(text_of(table->columns[column].name)) ? table->columns[column].name : "?";
        struct report_message *message = tell_column(numbers, starred, name, rows.count, report);
        if (!starred || numbers->is_filled) {
            report_cure(report, message, "widen the column in the program that made it, and export the layer again",
                        "amplíe la columna en el programa de origen y exporte la capa de nuevo");
            report_take_rows(report, message, &rows);
        } else {
            report_rows_finish(&rows);
        }
        report_at(report, message, layer->name, name);
    }
}

/* Decimals with a comma, which OGR would cut off. */
static void tell_commas(const struct feed_ogr *feed, const struct source_layer *layer,
                        const struct shapefile_table *table, struct shapefile_faults *faults, struct report *report)
{
    for (size_t column = 0; column < table->column_count; column++) {
        bool is_real = column < feed->base.info.field_count && feed->columns[column] == (int)column &&
                       feed->fields[column].type == FIELD_REAL;
        const struct shapefile_cell *first = NULL;
        size_t count = 0;
        for (size_t i = 0; i < faults->cell_count; i++) {
            struct shapefile_cell *cell = &faults->cells[i];
            if (cell->column != column || cell->meaning != SHAPEFILE_COMMA) {
                continue;
            }
            if (!is_real) {
                cell->meaning = SHAPEFILE_NOTHING;
            } else {
                first = first ? first : cell;
                count++;
            }
        }
        if (count > 0) {
            const char *name = text_is_utf8(text_of(table->columns[column].name)) ? table->columns[column].name : "?";
            struct report_message *message =
                report_tell(report, "IMP-030", REPORT_NOTICE,
                            "column \"%s\" writes decimals with a comma (%zu values): \"%s\" is read as %.15g",
                            "la columna «%s» escribe los decimales con coma (%zu valores): «%s» se lee como %.15g",
                            name, count, first->text, first->number);
            report_at(report, message, layer->name, name);
        }
    }
}

/* Numbers with a fraction in a column that announces none: all of it is read as such. */
static void tell_fractions(struct feed_ogr *feed, const struct source_layer *layer, const struct shapefile_table *table,
                           struct shapefile_faults *faults, struct report *report)
{
    for (size_t column = 0; column < table->column_count; column++) {
        const struct shapefile_cell *first = NULL;
        size_t count = 0;
        for (size_t i = 0; i < faults->cell_count; i++) {
            const struct shapefile_cell *cell = &faults->cells[i];
            if (cell->column == column && cell->meaning == SHAPEFILE_FRACTION) {
                first = first ? first : cell;
                count++;
            }
        }
        bool known = column < feed->base.info.field_count && feed->columns[column] == (int)column;
        if (count == 0 || !known || feed->fields[column].type != FIELD_INTEGER) {
            continue;
        }
        feed->fields[column].type = FIELD_REAL;
        const char *name = text_is_utf8(text_of(table->columns[column].name)) ? table->columns[column].name : "?";
        struct report_message *message = report_tell(
            report, "IMP-030", REPORT_NOTICE,
            "column \"%s\" announces whole numbers and has %zu with decimals (%.15g): it is read with decimals",
            "la columna «%s» anuncia números enteros y tiene %zu con decimales (%.15g): se lee con decimales", name,
            count, first->number);
        report_at(report, message, layer->name, name);
    }
}

/* Columns of bytes would be read as text that means nothing. */
static void leave_binary(struct feed_ogr *feed, const struct shapefile_table *table, const bool *binary)
{
    struct feed_info *info = &feed->base.info;
    size_t kept = 0;
    if (table->column_count != info->field_count) {
        return;
    }
    for (size_t i = 0; i < info->field_count; i++) {
        if (binary[i]) {
            info->left_columns[info->left_column_count++] = feed->fields[i].name.data;
            continue;
        }
        feed->fields[kept] = feed->fields[i];
        feed->columns[kept] = feed->columns[i];
        feed->logical[kept++] = feed->logical[i];
    }
    info->field_count = kept;
}

/* What OGR would pass over without a word: deleted rows, numbers that did not fit, values that are none. */
static bool tell_faults(struct feed_ogr *feed, const struct source_layer *layer, const struct shapefile_table *table,
                        struct report *report, struct error *err)
{
    struct shapefile_faults faults = {0};
    if (!shapefile_find_faults(layer->dbf, table, feed->arena, &faults, err)) {
        return false;
    }
    feed->bad_cells = faults.cells;
    feed->bad_count = faults.cell_count;
    tell_commas(feed, layer, table, &faults, report);
    tell_fractions(feed, layer, table, &faults, report);
    tell_bad_cells(feed, layer, table, &faults, true, report);
    tell_bad_cells(feed, layer, table, &faults, false, report);
    leave_binary(feed, table, faults.binary);
    struct report_rows rows = {0};
    for (size_t i = 0; i < faults.deleted_count && faults.deleted[i] < layer->records; i++) {
        struct report_detail detail = {(int64_t)faults.deleted[i] + 1, NULL, "marked as deleted",
                                       "marcada como borrada",         NAN,  NAN};
        if (!report_rows_add(&rows, report->arena, &detail)) {
            report_rows_finish(&rows);
            return error_no_memory(err);
        }
    }
    if (rows.count > 0) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING, "%zu rows are marked as deleted in the .dbf and are not read",
            "%zu filas están marcadas como borradas en el .dbf y no se leen", rows.count);
        report_cure(report, message, "if they are wanted, restore them and export the layer again",
                    "si hacen falta, restáurelas y exporte la capa de nuevo");
        report_take_rows(report, message, &rows);
        report_at(report, message, layer->name, NULL);
    }
    return true;
}

/* The .dbf's own columns say what OGR does not: logical fields. */
bool ogr_table_look(struct feed_ogr *feed, const struct source_layer *layer, struct report *report, struct error *err)
{
    struct shapefile_table table;
    if (!shapefile_read_table(layer->dbf, feed->arena, &table, err)) {
        return false;
    }
    const char *language = encoding_of_language(table.language);
    if (!feed->base.info.encoding && language) {
        feed->base.info.encoding = language;
        feed->base.info.encoding_source = ENCODING_LANGUAGE;
    }
    if (table.column_count == feed->base.info.field_count) {
        for (size_t i = 0; i < table.column_count; i++) {
            feed->logical[i] = table.columns[i].type == 'L' && feed->fields[i].type == FIELD_STRING;
            feed->fields[i].type = feed->logical[i] ? FIELD_BOOLEAN : feed->fields[i].type;
        }
    }
    if (!tell_faults(feed, layer, &table, report, err)) {
        return false;
    }
    unsigned covered = 1;
    for (size_t i = 0; i < table.column_count; i++) {
        covered += table.columns[i].width;
    }
    if (covered > table.row_bytes) {
        error_tell(err, ERROR_INVALID, "IMP-060",
                   "the .dbf is damaged: its columns take %u bytes, its rows have %u; export the layer again",
                   "el .dbf está dañado: sus columnas ocupan %u bytes y sus filas %u; exporte la capa de nuevo",
                   covered, table.row_bytes);
        return false;
    }
    if (covered < table.row_bytes) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING,
            "the .dbf names columns for %u of the %u bytes of a row: part of the attributes may be missing",
            "el .dbf nombra columnas para %u de los %u bytes de cada fila: puede faltar parte de los atributos",
            covered, table.row_bytes);
        report_cure(report, message, "export the layer again", "exporte la capa de nuevo");
        report_at(report, message, layer->name, NULL);
    }
    if (table.rows < table.rows_told || table.rows != layer->records) {
        struct report_message *message = report_tell(
            report, "IMP-060", REPORT_WARNING, "the .shp has %u shapes, the .dbf %u rows (its header says %u)",
            "el .shp tiene %u formas y el .dbf %u filas (su encabezado dice %u)", layer->records, table.rows,
            table.rows_told);
        report_cure(report, message, "the parts may be of different exports: export the layer again",
                    "las partes pueden ser de exportaciones distintas: exporte la capa de nuevo");
        report_at(report, message, layer->name, NULL);
    }
    return true;
}

bool ogr_table_has_long_integers(const char *dbf, struct arena *arena)
{
    struct shapefile_table table;
    if (!dbf || !shapefile_read_table(dbf, arena, &table, NULL)) {
        return false;
    }
    for (size_t i = 0; i < table.column_count; i++) {
        const struct shapefile_column *column = &table.columns[i];
        if ((column->type == 'N' || column->type == 'F') && column->decimals == 0 && column->width > 18) {
            return true;
        }
    }
    return false;
}
