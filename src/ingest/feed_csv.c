/* SPDX-License-Identifier: MIT */
#include "ingest/feed_csv.h"

#include "ingest/csv_columns.h"
#include "ingest/csv_geometry.h"
#include "ingest/csv_guess.h"
#include "ingest/csv_rows.h"
#include "ingest/csv_value.h"
#include "ingest/ogr_geometry.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { LOOK_ROWS = 60 }; /* that decide on delimiter and header */

struct feed_csv {
    struct feed base;
    struct arena *arena;
    struct csv_rows rows;
    int64_t lines_before; /* of title and header */
    size_t column_count;
    enum csv_number_style *styles; /* of each column */
    struct csv_columns places;     /* `geometry` is the geometry and no field */
    bool packed;                   /* 1032436 is 103°24'36" */
    bool quotes_tell;              /* texts are quoted and other values are not */
    unsigned srid;                 /* that geometries in text carry; 0: none does */
};

/* The delimiter that splits the first lines into the most and most even pieces. */
static char find_delimiter(struct feed_csv *feed)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    char best = ',';
    double best_score = 0;
    for (size_t c = 0; c < sizeof candidates; c++) {
        size_t counts[LOOK_ROWS];
        size_t rows = 0;
        bool end = false;
        struct csv_row row;
        feed->rows.delimiter = candidates[c];
        csv_rows_rewind(&feed->rows);
        while (rows < LOOK_ROWS && csv_rows_next(&feed->rows, &row, &end, NULL) && !end) {
            counts[rows++] = row.count;
        }
        /* How many lines have the most frequent number of cells. */
        for (size_t i = 0; i < rows; i++) {
            size_t same = 0;
            for (size_t j = 0; j < rows; j++) {
                same += counts[j] == counts[i];
            }
            double score = counts[i] > 1 ? (double)same * (double)same * log2((double)counts[i] + 1) : 0;
            if (score > best_score) {
                best_score = score;
                best = candidates[c];
            }
        }
    }
    return best;
}

static size_t count_filled(const struct csv_row *row)
{
    size_t filled = 0;
    for (size_t i = 0; i < row->count; i++) {
        filled += csv_value_trimmed(row->cells[i]).length > 0;
    }
    return filled;
}

/* Words, but years may stand among them: "Municipio, 2010, 2020". */
static bool looks_like_header(const struct csv_row *row)
{
    size_t words = 0;
    for (size_t i = 0; i < row->count; i++) {
        struct text cell = csv_value_trimmed(row->cells[i]);
        double number;
        char plain[40];
        bool marked;
        bool whole;
        bool year = cell.length == 4 && (cell.data[0] == '1' || cell.data[0] == '2') && csv_value_is_integer(cell);
        bool numeric = cell.length > 0 &&
                       (text_to_double(cell, &number) || csv_value_grouped(cell, ',', '.', plain, &marked, &whole) ||
                        csv_value_grouped(cell, '.', ',', plain, &marked, &whole));
        if (numeric && !year) {
            return false;
        }
        words += cell.length > 0 && !year;
    }
    return words > 0;
}

/* Skips title lines: the header is the first line about as full as the table whose cells are words. */
static bool find_header(struct feed_csv *feed, struct csv_row *out_header, struct error *err)
{
    size_t fullest = 0;
    size_t rows = 0;
    bool end = false;
    struct csv_row row;
    csv_rows_rewind(&feed->rows);
    while (rows < LOOK_ROWS && csv_rows_next(&feed->rows, &row, &end, err) && !end) {
        size_t filled = count_filled(&row);
        fullest = filled > fullest ? filled : fullest;
        rows++;
    }
    csv_rows_rewind(&feed->rows);
    feed->lines_before = 0;
    /* Of several lines of words (a header of two lines) the one that names coordinates is meant. */
    size_t first = 0;
    size_t chosen = 0;
    for (size_t i = 1; i <= rows; i++) {
        if (!csv_rows_next(&feed->rows, &row, &end, err)) {
            return false;
        }
        bool words = row.any && count_filled(&row) * 10 >= fullest * 6 && looks_like_header(&row);
        if (first > 0 && row.any && !words) {
            break;
        }
        first = words && first == 0 ? i : first;
        /* The last line is data, whatever it says. */
        if (words && (i < rows || i == first) && csv_columns_name_place(&row)) {
            chosen = i;
            break;
        }
    }
    chosen = chosen > 0 ? chosen : first;
    csv_rows_rewind(&feed->rows);
    for (size_t i = 0; i < chosen; i++) {
        if (!csv_rows_next(&feed->rows, &row, &end, err)) {
            return false;
        }
    }
    feed->lines_before = (int64_t)chosen;
    if (chosen > 0) {
        *out_header = row;
        return true;
    }
    error_tell(err, ERROR_INVALID, "IMP-030",
               "no line with column names was found: the first line of the table should name its columns",
               "no se encontró una línea con nombres de columnas: la primera línea de la tabla debe nombrarlas");
    return false;
}

static bool no_coordinates(const struct feed_csv *feed, struct error *err)
{
    char names[200] = "";
    for (size_t i = 0; i < feed->column_count && strlen(names) < 150; i++) {
        size_t length = strlen(names);
        struct text name = feed->base.info.fields[i].name;
        snprintf(names + length, sizeof names - length, "%s%.*s", i == 0 ? "" : ", ",
                 (int)(name.length > 30 ? 30 : name.length), name.data);
    }
    struct encoding_choice choice = {.name = "UTF-8"};
    struct encoding *encoding = NULL;
    unsigned outcome = 0;
    struct text shown = text_of("");
    if (encoding_open(&choice, &encoding, NULL)) {
        shown = encoding_decode(encoding, text_of(names), 0, feed->arena, &outcome);
        encoding_close(encoding);
    }
    error_tell(err, ERROR_INVALID, "IMP-030",
               "the table has no columns with coordinates (columns: %.*s): name them lon and lat, x and y, or wkt; a "
               "table without a place must first be joined to its layer (in QGIS: Properties, Joins) and exported",
               "la tabla no tiene columnas con coordenadas (columnas: %.*s): nómbrelas lon y lat, x e y, o wkt; una "
               "tabla sin lugar debe unirse antes a su capa (en QGIS: Propiedades, Uniones) y exportarse",
               (int)shown.length, shown.data ? shown.data : "");
    return false;
}

static bool needs_quotes(const struct feed_csv *feed, struct text cell)
{
    return memchr(cell.data, feed->rows.delimiter, cell.length) || memchr(cell.data, '"', cell.length) ||
           memchr(cell.data, '\n', cell.length) || memchr(cell.data, '\r', cell.length);
}

static bool keep_header(struct feed_csv *feed, const struct csv_row *header, struct feed_field **out_fields,
                        struct error *err)
{
    feed->column_count = header->count;
    /* A trailing delimiter makes a last column without name or values. */
    while (feed->column_count > 1 && csv_value_trimmed(header->cells[feed->column_count - 1]).length == 0) {
        feed->column_count--;
    }
    struct feed_field *fields = arena_array(feed->arena, feed->column_count, sizeof *fields);
    bool quoted = false;
    bool bare = false;
    if (!fields) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < feed->column_count; i++) {
        struct text name = csv_value_trimmed(header->cells[i]);
        const char *copy = name.length > 0 ? arena_strndup(feed->arena, name.data, name.length)
                                           : arena_printf(feed->arena, "col_%zu", i + 1);
        if (!copy) {
            return error_no_memory(err);
        }
        fields[i] = (struct feed_field){.name = text_of(copy), .type = FIELD_STRING};
        quoted |= header->quoted[i] && !needs_quotes(feed, header->cells[i]);
        bare |= !header->quoted[i];
    }
    feed->quotes_tell = quoted && bare;
    feed->base.info.fields = fields;
    feed->base.info.field_count = feed->column_count;
    feed->places = csv_columns_find(header, feed->column_count);
    if (feed->places.x < 0 || feed->places.y < 0) {
        if (feed->places.geometry < 0) {
            return no_coordinates(feed, err);
        }
    } else if (feed->places.degrees) {
        feed->base.info.srs_code = "EPSG:4326";
        feed->base.info.srs_confidence = 0.95;
    }
    *out_fields = fields;
    return true;
}

static void tell_style(const struct feed_csv *feed, struct report *report, const char *layer, struct text column,
                       const char *english, const char *spanish)
{
    if (!report) {
        return;
    }
    char name[128];
    struct encoding_choice choice;
    struct encoding_evidence evidence = {0};
    struct encoding *encoding = NULL;
    unsigned outcome = 0;
    struct text shown = text_of("?");
    encoding_evidence_add(&evidence, column, 0);
    encoding_decide(&evidence, NULL, ENCODING_UNDECLARED, &choice);
    if (encoding_open(&choice, &encoding, NULL)) {
        shown = encoding_decode(encoding, column, 0, feed->arena, &outcome);
        encoding_close(encoding);
    }
    snprintf(name, sizeof name, "%.*s", (int)(shown.length > 100 ? 100 : shown.length), shown.data ? shown.data : "");
    struct report_message *message =
        report_tell(report, "IMP-030", REPORT_NOTICE, "column \"%s\": %s", "columna «%s»: %s", name, english);
    message->spanish = arena_printf(report->arena, "columna «%s»: %s", name, spanish);
    report_at(report, message, layer, name);
}

/* Types from what was seen. Each reading that is not the plain one is told. */
static void settle_types(struct feed_csv *feed, const struct csv_guess *guesses, struct feed_field *fields,
                         struct report *report, const char *layer)
{
    int habit = csv_guess_comma_habit(guesses, feed->column_count, !feed->rows.sheet && feed->rows.delimiter == ',');
    for (size_t i = 0; i < feed->column_count; i++) {
        const struct csv_guess *guess = &guesses[i];
        fields[i].type = FIELD_STRING;
        if (!guess->seen) {
            continue;
        }
        if (csv_guess_is_number(guess) && feed->quotes_tell && guess->quoted) {
            continue; /* digits that whoever wrote the table calls text */
        }
        if (csv_guess_is_number(guess)) {
            fields[i].type = guess->integer ? FIELD_INTEGER : FIELD_REAL;
        } else if (guess->date) {
            fields[i].type = FIELD_DATE;
        } else if (guess->datetime) {
            fields[i].type = FIELD_DATETIME;
        } else if (guess->boolean && !(feed->quotes_tell && guess->quoted)) {
            fields[i].type = FIELD_BOOLEAN;
        } else if (guess->comma && guess->groups && habit == 0) {
            tell_style(feed, report, layer, fields[i].name,
                       "its commas may be decimal ones or divide thousands; it was kept as text",
                       "sus comas pueden ser decimales o separar miles; se conservó como texto");
        } else if (guess->comma && (!guess->groups || habit > 0)) {
            fields[i].type = FIELD_REAL;
            feed->styles[i] = CSV_NUMBER_COMMA;
            tell_style(feed, report, layer, fields[i].name, "numbers with a decimal comma were read as numbers",
                       "los números con coma decimal se leyeron como números");
        } else if (guess->groups) {
            fields[i].type = guess->groups_whole ? FIELD_INTEGER : FIELD_REAL;
            feed->styles[i] = CSV_NUMBER_GROUPS;
            tell_style(feed, report, layer, fields[i].name,
                       "numbers with commas between thousands were read as numbers",
                       "los números con comas en los miles se leyeron como números");
        }
    }
}

/* The system that the first geometry names holds for all; those of another are left out. */
static bool note_srid(struct feed_csv *feed, struct text cell)
{
    unsigned srid = feed->srid == 0 ? csv_geometry_srid(cell) : 0;
    if (srid == 0) {
        return true;
    }
    feed->srid = srid;
    feed->base.info.srs_code = arena_printf(feed->arena, "EPSG:%u", srid);
    feed->base.info.srs_confidence = 1;
    return feed->base.info.srs_code != NULL;
}

/* The text of the geometry is no field beside it. */
static void drop_geometry_text(struct feed_csv *feed, struct feed_field *fields)
{
    if (feed->places.geometry >= 0) {
        size_t wkt = (size_t)feed->places.geometry;
        size_t after = --feed->base.info.field_count - wkt;
        memmove(&fields[wkt], &fields[wkt + 1], after * sizeof *fields);
        memmove(&feed->styles[wkt], &feed->styles[wkt + 1], after * sizeof *feed->styles);
    }
}

/* Cells beyond the last column of the header have no name and are not kept. */
static bool note_ragged(const struct feed_csv *feed, const struct csv_row *row, int64_t number,
                        struct report_rows *ragged, struct report *report)
{
    bool more = false;
    for (size_t i = feed->column_count; i < row->count; i++) {
        more |= csv_value_trimmed(row->cells[i]).length > 0;
    }
    if (!more || !report) {
        return true;
    }
    struct report_detail detail = {number, NULL, "more cells than the header", "más celdas que el encabezado",
                                   NAN,    NAN};
    return report_rows_add(ragged, report->arena, &detail);
}

static void tell_ragged(struct report_rows *ragged, const char *layer, struct report *report)
{
    if (ragged->count == 0) {
        return;
    }
    struct report_message *message = report_tell(
        report, "IMP-030", REPORT_WARNING,
        "%zu rows have more cells than the header has columns; the last cells are not kept",
        "%zu filas tienen más celdas que columnas el encabezado; las últimas celdas no se conservan", ragged->count);
    report_cure(report, message, "name all columns, and put text with the delimiter inside into quotation marks",
                "nombre todas las columnas y ponga entre comillas el texto que contiene el separador");
    report_take_rows(report, message, ragged);
    report_at(report, message, layer, NULL);
}

/* Whether both coordinates of a row can be degrees, minutes and seconds in one number. */
static void note_packed(const struct feed_csv *feed, const struct csv_row *row, int64_t *packed, int64_t *unpacked)
{
    if (!feed->places.degrees || (size_t)feed->places.x >= row->count || (size_t)feed->places.y >= row->count) {
        return;
    }
    struct text x = csv_value_trimmed(row->cells[feed->places.x]);
    struct text y = csv_value_trimmed(row->cells[feed->places.y]);
    double ignored;
    if (x.length + y.length > 0) {
        bool both = csv_value_packed(x, true, &ignored) && csv_value_packed(y, false, &ignored);
        *packed += both;
        *unpacked += !both;
    }
}

static void tell_packed(struct report *report, const char *layer)
{
    struct report_message *message = report_tell(
        report, "IMP-021", REPORT_WARNING,
        "the coordinates are degrees, minutes and seconds in one number (1032436 is 103°24'36\"); longitudes are west",
        "las coordenadas son grados, minutos y segundos en un solo número (1032436 es 103°24'36\"); las longitudes son "
        "oeste");
    report_cure(report, message, "look at the place on the map", "revise el lugar en el mapa");
    report_at(report, message, layer, NULL);
}

/* Reads the whole table once: types hold for every value or not at all. */
static bool find_types(struct feed_csv *feed, struct feed_field *fields, struct report *report, const char *layer,
                       struct report_rows *ragged, struct error *err)
{
    assert(fields);
    struct csv_guess *guesses = arena_array(feed->arena, feed->column_count, sizeof *guesses);
    feed->styles = arena_array(feed->arena, feed->column_count, sizeof *feed->styles);
    if (!guesses || !feed->styles) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < feed->column_count; i++) {
        csv_guess_start(&guesses[i]);
    }
    bool end = false;
    struct csv_row row;
    int64_t count = 0;
    int64_t packed = 0;
    int64_t unpacked = 0;
    for (;;) {
        if (!csv_rows_next(&feed->rows, &row, &end, err)) {
            return false;
        }
        if (end) {
            break;
        }
        if (!row.any) {
            continue;
        }
        count++;
        assert(row.cells);
        if (!note_ragged(feed, &row, count, ragged, report)) {
            return error_no_memory(err);
        }
        if (feed->places.geometry >= 0 && (size_t)feed->places.geometry < row.count &&
            !note_srid(feed, csv_geometry_cell(row.cells[feed->places.geometry]))) {
            return error_no_memory(err);
        }
        note_packed(feed, &row, &packed, &unpacked);
        for (size_t i = 0; i < feed->column_count && i < row.count; i++) {
            struct text cell = csv_value_trimmed(row.cells[i]);
            if (cell.length == 0) {
                continue;
            }
            csv_guess_note(&guesses[i], cell, row.quoted[i] && !needs_quotes(feed, cell));
            feed->quotes_tell |= !row.quoted[i];
        }
    }
    feed->packed = packed > 0 && unpacked == 0;
    if (feed->packed) {
        tell_packed(report, layer);
    }
    settle_types(feed, guesses, fields, report, layer);
    drop_geometry_text(feed, fields);
    feed->base.info.feature_count = count;
    return true;
}

static bool rewind_csv(struct feed *base, struct error *err)
{
    struct feed_csv *feed = (struct feed_csv *)base;
    struct csv_row row;
    bool end = false;
    csv_rows_rewind(&feed->rows);
    feed->rows.row = 0;
    for (int64_t i = 0; i < feed->lines_before; i++) {
        if (!csv_rows_next(&feed->rows, &row, &end, err)) {
            return false;
        }
    }
    return true;
}

static void close_csv(struct feed *base)
{
    struct feed_csv *feed = (struct feed_csv *)base;
    csv_rows_close(&feed->rows);
    arena_destroy(feed->arena);
    free(feed);
}

/* ISO WKB of a point. */
static bool point_wkb(double x, double y, struct arena *arena, struct feed_feature *feature)
{
    unsigned char *wkb = arena_alloc_raw(arena, 21);
    if (!wkb) {
        return false;
    }
    static const unsigned char head[] = {1, 1, 0, 0, 0};
    memcpy(wkb, head, sizeof head);
    memcpy(wkb + 5, &x, sizeof x);
    memcpy(wkb + 13, &y, sizeof y);
    feature->wkb = wkb;
    feature->wkb_size = 21;
    return true;
}

static struct text cell_or_nought(const struct csv_row *row, int column)
{
    struct text cell = column >= 0 && (size_t)column < row->count ? csv_value_trimmed(row->cells[column]) : text_of("");
    return cell.length > 0 ? cell : text_of("0");
}

/* Degrees, minutes and seconds from columns of their own: "103:24:36.5". */
static struct text join_units(const struct feed_csv *feed, const struct csv_row *row, size_t axis, struct text degrees,
                              struct arena *arena)
{
    struct text minutes = cell_or_nought(row, feed->places.minutes[axis]);
    struct text seconds = cell_or_nought(row, feed->places.seconds[axis]);
    if (degrees.length + minutes.length + seconds.length > 60) {
        return degrees;
    }
    char *joined = arena_printf(arena, "%.*s:%.*s:%.*s", (int)degrees.length, degrees.data, (int)minutes.length,
                                minutes.data, (int)seconds.length, seconds.data);
    return joined ? text_of(joined) : degrees;
}

static bool read_geometry(struct feed_csv *feed, const struct csv_row *row, struct arena *arena,
                          struct feed_feature *feature, struct error *err)
{
    if (feed->places.geometry >= 0) {
        struct text cell = (size_t)feed->places.geometry < row->count
                               ? csv_geometry_cell(row->cells[feed->places.geometry])
                               : (struct text){"", 0};
        double x;
        double y;
        if (csv_geometry_place(cell, &x, &y)) {
            return point_wkb(x, y, arena, feature) || error_no_memory(err);
        }
        if (cell.length > 0 && !ogr_geometry_parse(cell, arena, &feature->wkb, &feature->wkb_size)) {
            feature->damage_english = "the geometry text cannot be read";
            feature->damage_spanish = "el texto de la geometría no se puede leer";
        } else if (cell.length > 0 && feed->srid != 0 && csv_geometry_srid(cell) != feed->srid) {
            feature->damage_english = "the geometry is in another reference system (SRID) than the first";
            feature->damage_spanish = "la geometría está en otro sistema de referencia (SRID) que la primera";
        }
        return true;
    }
    struct text cells[2];
    const int columns[2] = {feed->places.x, feed->places.y};
    for (size_t i = 0; i < 2; i++) {
        cells[i] = (size_t)columns[i] < row->count ? csv_value_trimmed(row->cells[columns[i]]) : (struct text){"", 0};
    }
    if (cells[0].length == 0 && cells[1].length == 0) {
        return true;
    }
    double x;
    double y;
    if (feed->packed && csv_value_packed(cells[0], true, &x) && csv_value_packed(cells[1], false, &y)) {
        return point_wkb(x, y, arena, feature) || error_no_memory(err);
    }
    for (size_t i = 0; i < 2 && feed->places.minutes[i] >= 0; i++) {
        cells[i] = join_units(feed, row, i, cells[i], arena);
    }
    if (!csv_value_coordinate(cells[0], &x) || !csv_value_coordinate(cells[1], &y)) {
        feature->damage_english = arena_printf(arena, "\"%.*s\", \"%.*s\" are no coordinates",
                                               (int)(cells[0].length > 40 ? 40 : cells[0].length), cells[0].data,
                                               (int)(cells[1].length > 40 ? 40 : cells[1].length), cells[1].data);
        feature->damage_spanish =
            arena_printf(arena, "«%.*s», «%.*s» no son coordenadas", (int)(cells[0].length > 40 ? 40 : cells[0].length),
                         cells[0].data, (int)(cells[1].length > 40 ? 40 : cells[1].length), cells[1].data);
        return true;
    }
    return point_wkb(x, y, arena, feature) || error_no_memory(err);
}

/* The value of `field`, which stands in the cell `column`. */
static struct value cell_value(const struct feed_csv *feed, size_t field, const struct csv_row *row, size_t column,
                               struct arena *arena)
{
    enum field_type type = feed->base.info.fields[field].type;
    struct text cell = row->cells[column];
    bool quoted = row->quoted[column];
    struct text plain = csv_value_trimmed(cell);
    double number;
    char rewritten[40];
    bool marked;
    bool whole;
    if (type == FIELD_STRING) {
        /* A quoted nothing is a text without characters, a bare one is no value. */
        if (cell.length == 0 && !quoted) {
            return value_null();
        }
        char *copy = arena_strndup(arena, cell.data, cell.length);
        return copy ? value_of_text((struct text){copy, cell.length}) : value_null();
    }
    if (plain.length == 0) {
        return value_null();
    }
    if (feed->styles[field] != CSV_NUMBER_PLAIN) {
        bool comma = feed->styles[field] == CSV_NUMBER_COMMA;
        if (!csv_value_grouped(plain, comma ? '.' : ',', comma ? ',' : '.', rewritten, &marked, &whole)) {
            return value_null();
        }
        plain = text_of(rewritten);
    }
    if (type == FIELD_INTEGER) {
        char digits[32];
        snprintf(digits, sizeof digits, "%.*s", (int)plain.length, plain.data);
        return value_of_int(strtoll(digits, NULL, 10));
    }
    if (type == FIELD_REAL) {
        return text_to_double(plain, &number) ? value_of_real(number) : value_null();
    }
    if (type == FIELD_BOOLEAN) {
        return value_of_bool(csv_value_is_true(plain));
    }
    if (type == FIELD_DATETIME) {
        char datetime[CSV_DATETIME_BYTES];
        return csv_value_datetime(plain, datetime) ? value_of_string(arena_strdup(arena, datetime)) : value_null();
    }
    char *copy = arena_strndup(arena, plain.data, plain.length);
    for (char *at = copy; at && *at != '\0'; at++) {
        *at = type == FIELD_DATE && *at == '/' ? '-' : *at;
    }
    return copy ? value_of_text((struct text){copy, plain.length}) : value_null();
}

static bool next_csv(struct feed *base, struct arena *arena, struct feed_feature *out_feature, bool *out_end,
                     struct error *err)
{
    struct feed_csv *feed = (struct feed_csv *)base;
    struct csv_row row = {0};
    do {
        if (!csv_rows_next(&feed->rows, &row, out_end, err)) {
            return false;
        }
        if (*out_end) {
            return true;
        }
    } while (!row.any);
    feed->rows.row++;
    struct feed_feature feature = {.row = feed->rows.row};
    struct value *values = arena_array(arena, feed->column_count, sizeof *values);
    if (!values) {
        return error_no_memory(err);
    }
    for (size_t i = 0, field = 0; i < feed->column_count && i < row.count; i++) {
        if ((int)i != feed->places.geometry) {
            values[field] = cell_value(feed, field, &row, i, arena);
            field++;
        }
    }
    feature.values = values;
    if (!read_geometry(feed, &row, arena, &feature, err)) {
        return false;
    }
    *out_feature = feature;
    return true;
}

static const struct feed_kind csv_kind = {.next = next_csv, .rewind = rewind_csv, .close = close_csv};

static bool open_rows(struct feed_csv *feed, const struct source_layer *layer, struct error *err)
{
    if (layer->format == SOURCE_ODS || layer->format == SOURCE_XLSX) {
        feed->base.info.encoding = "UTF-8";
        feed->base.info.encoding_source = ENCODING_FORMAT;
        return feed_sheet_open(layer->path, layer->format, layer->inner, &feed->rows.sheet, err);
    }
    feed->rows.file = fopen(layer->path, "rbe");
    if (!feed->rows.file) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not open \"%s\"", "no se pudo abrir «%s»", layer->name);
        return false;
    }
    feed->rows.delimiter = find_delimiter(feed);
    return true;
}

/* Opens the table and finds its header; with `whole` it is read through for its types. */
static bool open_table(const struct source_layer *layer, bool whole, struct report *report, struct feed **out_feed,
                       struct error *err)
{
    bool ok = false;
    struct report_rows ragged = {0};
    struct feed_csv *feed = calloc(1, sizeof *feed);
    if (!feed) {
        return error_no_memory(err);
    }
    feed->base.kind = &csv_kind;
    feed->arena = arena_create((size_t)16 << 20);
    if (!feed->arena) {
        error_no_memory(err);
        goto done;
    }
    if (!csv_rows_open(&feed->rows, err)) {
        goto done;
    }
    struct csv_row header = {0};
    struct feed_field *fields = NULL;
    if (!open_rows(feed, layer, err) || !find_header(feed, &header, err) || !keep_header(feed, &header, &fields, err)) {
        goto done;
    }
    if (whole && (!find_types(feed, fields, report, layer->name, &ragged, err) || !rewind_csv(&feed->base, err))) {
        goto done;
    }
    if (report) {
        tell_ragged(&ragged, layer->name, report);
    }
    *out_feed = &feed->base;
    feed = NULL;
    ok = true;
done:
    report_rows_finish(&ragged);
    if (feed) {
        close_csv(&feed->base);
    }
    return ok;
}

bool feed_csv_open(const struct source_layer *layer, struct report *report, struct feed **out_feed, struct error *err)
{
    return open_table(layer, true, report, out_feed, err);
}

bool feed_csv_has_coordinates(const struct source_layer *layer, struct error *err)
{
    struct feed *feed = NULL;
    if (!open_table(layer, false, NULL, &feed, err)) {
        return false;
    }
    close_csv(feed);
    return true;
}
