/* SPDX-License-Identifier: MIT */
#include "ingest/export_dbf.h"

#include "ingest/export_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    TEXT_BYTES_MAX = 254,
    NUMBER_BYTES_MAX = 31, /* GDAL and QGIS read up to 32 */
    COLUMNS_MAX = 255,
    HEAD_BYTES = 32,
    COUNT_OFFSET = 4,
    NAME_BYTES = 11
};

struct column {
    char type; /* C, N, L, D */
    unsigned width;
    unsigned decimals;
    int64_t cut;  /* texts that were too long */
    int64_t lost; /* values that the type cannot hold */
};

struct export_dbf {
    const struct export_job *job;
    struct export_file file;
    struct column *columns;
    int64_t rows;
};

static unsigned smaller(int64_t number, unsigned most)
{
    return number < 1 ? 1 : number > (int64_t)most ? most : (unsigned)number;
}

static struct column choose(const struct export_column *column)
{
    const struct export_column_stats *stats = &column->stats;
    switch (column->type) {
    case FIELD_BOOLEAN:
        return (struct column){.type = 'L', .width = 1};
    case FIELD_DATE:
        return (struct column){.type = 'D', .width = 8};
    case FIELD_INTEGER:
        return (struct column){.type = 'N', .width = smaller(stats->whole_bytes, 20)};
    case FIELD_REAL: {
        /* Without decimals it would be read as a column of whole numbers. */
        unsigned whole = smaller(stats->whole_bytes, NUMBER_BYTES_MAX - 2);
        unsigned decimals = smaller(stats->decimals, NUMBER_BYTES_MAX - 1 - whole);
        return (struct column){.type = 'N', .width = whole + 1 + decimals, .decimals = decimals};
    }
    case FIELD_STRING:
    case FIELD_DATETIME:
    case FIELD_TIME:
        break;
    }
    return (struct column){.type = 'C', .width = smaller(stats->longest, TEXT_BYTES_MAX)};
}

static void tell_choice(const struct export_job *job, const struct export_column *column, const struct column *chosen)
{
    const struct export_column_stats *stats = &column->stats;
    if (column->type == FIELD_DATETIME || column->type == FIELD_TIME) {
        export_tell_column(job, column, "EXP-022", REPORT_NOTICE, "times are text in a shapefile",
                           "en un shapefile las horas son texto");
    }
    if (stats->empties > 0) {
        export_tell_column(job, column, "EXP-021", REPORT_NOTICE,
                           "a shapefile has no empty texts: they become no value",
                           "un shapefile no distingue textos vacíos: quedan sin valor");
    }
    if (stats->blank_ends > 0) {
        export_tell_column(job, column, "EXP-021", REPORT_NOTICE, "blanks at the end of texts are lost in a shapefile",
                           "en un shapefile se pierden los espacios al final de los textos");
    }
    if (column->type == FIELD_REAL && stats->decimals > chosen->decimals) {
        export_tell_column(job, column, "EXP-021", REPORT_WARNING,
                           "a shapefile has no room for all digits of these numbers: they are rounded",
                           "en un shapefile no caben todas las cifras de estos números: se redondean");
    }
}

static void put_head(struct export_dbf *dbf, unsigned row_bytes)
{
    const struct export_job *job = dbf->job;
    size_t head_bytes = HEAD_BYTES + job->column_count * HEAD_BYTES + 1;
    unsigned char head[HEAD_BYTES] = {3, 126, 1, 1};
    head[8] = (unsigned char)head_bytes;
    head[9] = (unsigned char)(head_bytes >> 8);
    head[10] = (unsigned char)row_bytes;
    head[11] = (unsigned char)(row_bytes >> 8);
    buffer_append(&dbf->file.out, head, sizeof head);
    for (size_t i = 0; i < job->column_count; i++) {
        unsigned char field[HEAD_BYTES] = {0};
        size_t length = strlen(job->columns[i].written);
        memcpy(field, job->columns[i].written, length < NAME_BYTES ? length : NAME_BYTES - 1);
        field[11] = (unsigned char)dbf->columns[i].type;
        field[16] = (unsigned char)dbf->columns[i].width;
        field[17] = (unsigned char)dbf->columns[i].decimals;
        buffer_append(&dbf->file.out, field, sizeof field);
    }
    buffer_append_byte(&dbf->file.out, '\r');
}

bool export_dbf_open(const struct export_job *job, const char *path, struct export_dbf **out_dbf, struct error *err)
{
    unsigned row_bytes = 1;
    if (job->column_count > COLUMNS_MAX) {
        error_tell(err, ERROR_INVALID, "EXP-020", "a shapefile holds %d columns, the layer has %zu: choose gpkg",
                   "un shapefile admite %d columnas y la capa tiene %zu: elija gpkg", (int)COLUMNS_MAX,
                   job->column_count);
        return false;
    }
    struct export_dbf *dbf = calloc(1, sizeof *dbf);
    if (!dbf) {
        return error_no_memory(err);
    }
    dbf->job = job;
    dbf->columns = calloc(job->column_count + 1, sizeof *dbf->columns);
    if (!dbf->columns || !export_file_open(path, &dbf->file, err)) {
        bool told = dbf->columns != NULL;
        export_dbf_close(dbf);
        return told ? false : error_no_memory(err);
    }
    for (size_t i = 0; i < job->column_count; i++) {
        dbf->columns[i] = choose(&job->columns[i]);
        row_bytes += dbf->columns[i].width;
        tell_choice(job, &job->columns[i], &dbf->columns[i]);
    }
    put_head(dbf, row_bytes);
    *out_dbf = dbf;
    return true;
}

void export_dbf_close(struct export_dbf *dbf)
{
    if (dbf) {
        export_file_close(&dbf->file);
        free(dbf->columns);
        free(dbf);
    }
}

/* At most `width` bytes, and no half character. */
static size_t cut(struct text text, unsigned width)
{
    size_t length = text.length;
    if (length > width) {
        length = width;
        while (length > 0 && ((unsigned char)text.data[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return length;
}

static void put_blanks(struct buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buffer_append_byte(out, ' ');
    }
}

static void put_number(struct export_dbf *dbf, struct column *column, const struct value *value)
{
    char text[400];
    int length = value->type == VALUE_INT ? snprintf(text, sizeof text, "%lld", (long long)value->integer)
                                          : snprintf(text, sizeof text, "%.*f", (int)column->decimals, value->real);
    if (length <= 0 || (unsigned)length > column->width || (value->type == VALUE_REAL && !isfinite(value->real))) {
        column->lost++;
        put_blanks(&dbf->file.out, column->width);
        return;
    }
    put_blanks(&dbf->file.out, column->width - (unsigned)length);
    buffer_append(&dbf->file.out, text, (size_t)length);
}

static void put_text(struct export_dbf *dbf, struct column *column, struct text text)
{
    size_t length = cut(text, column->width);
    column->cut += length < text.length;
    buffer_append(&dbf->file.out, text.data, length);
    put_blanks(&dbf->file.out, column->width - length);
}

/* "2020-03-15" is "20200315" here. */
static void put_date(struct export_dbf *dbf, struct column *column, struct text text)
{
    if (text.length != 10 || text.data[4] != '-' || text.data[7] != '-') {
        column->lost++;
        put_blanks(&dbf->file.out, column->width);
        return;
    }
    buffer_append(&dbf->file.out, text.data, 4);
    buffer_append(&dbf->file.out, text.data + 5, 2);
    buffer_append(&dbf->file.out, text.data + 8, 2);
}

bool export_dbf_add(struct export_dbf *dbf, const struct value *values, struct error *err)
{
    buffer_append_byte(&dbf->file.out, ' ');
    for (size_t i = 0; i < dbf->job->column_count; i++) {
        const struct value *value = &values[dbf->job->columns[i].source];
        struct column *column = &dbf->columns[i];
        if (column->type == 'L') {
            buffer_append_byte(&dbf->file.out, value->type != VALUE_BOOL ? '?' : value->boolean ? 'T' : 'F');
        } else if (value->type == VALUE_INT || value->type == VALUE_REAL) {
            put_number(dbf, column, value);
        } else if (value->type != VALUE_STRING) {
            put_blanks(&dbf->file.out, column->width);
        } else if (column->type == 'D') {
            put_date(dbf, column, value->string);
        } else {
            put_text(dbf, column, value->string);
        }
    }
    dbf->rows++;
    return export_file_flush(&dbf->file, err);
}

bool export_dbf_finish(struct export_dbf *dbf, struct error *err)
{
    buffer_append_byte(&dbf->file.out, 0x1a);
    if (!export_file_finish(&dbf->file, err)) {
        return false;
    }
    uint32_t rows = (uint32_t)dbf->rows;
    if (pwrite(dbf->file.fd, &rows, sizeof rows, COUNT_OFFSET) != sizeof rows) {
        error_tell(err, ERROR_UNAVAILABLE, "EXP-002", "could not write \"%s\"", "no se pudo escribir «%s»",
                   dbf->file.path);
        return false;
    }
    for (size_t i = 0; i < dbf->job->column_count; i++) {
        const struct column *column = &dbf->columns[i];
        char english[120];
        char spanish[120];
        if (column->cut > 0) {
            snprintf(english, sizeof english, "%lld texts are longer than %d bytes and were cut",
                     (long long)column->cut, (int)TEXT_BYTES_MAX);
            snprintf(spanish, sizeof spanish, "%lld textos pasan de %d bytes y se cortaron", (long long)column->cut,
                     (int)TEXT_BYTES_MAX);
            export_tell_column(dbf->job, &dbf->job->columns[i], "EXP-021", REPORT_WARNING, english, spanish);
        }
        if (column->lost > 0) {
            snprintf(english, sizeof english, "%lld values do not fit and were left empty", (long long)column->lost);
            snprintf(spanish, sizeof spanish, "%lld valores no caben y quedaron vacíos", (long long)column->lost);
            export_tell_column(dbf->job, &dbf->job->columns[i], "EXP-021", REPORT_WARNING, english, spanish);
        }
    }
    return true;
}
