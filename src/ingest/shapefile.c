/* SPDX-License-Identifier: MIT */
#include "ingest/shapefile.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SHP_HEADER_BYTES = 100,
    DBF_COLUMNS_MAX = 2046,
    ENTRIES_CHECKED_MAX = 200000,
    WINDOW_BYTES = 128 * 1024,
    WINDOW_RECORD_BYTES_MAX = 16 * 1024 /* longer ones are not worth reading what lies behind */
};

#define FITTED_BYTES_MAX ((uint64_t)2 << 30)

static uint32_t big32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint32_t little32(const unsigned char *bytes)
{
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

static void put_big32(unsigned char *out, uint32_t value)
{
    out[0] = (unsigned char)(value >> 24);
    out[1] = (unsigned char)(value >> 16);
    out[2] = (unsigned char)(value >> 8);
    out[3] = (unsigned char)value;
}

static void put_little32(unsigned char *out, uint32_t value)
{
    out[0] = (unsigned char)value;
    out[1] = (unsigned char)(value >> 8);
    out[2] = (unsigned char)(value >> 16);
    out[3] = (unsigned char)(value >> 24);
}

static FILE *open_sized(const char *path, uint64_t *out_size)
{
    struct stat info;
    FILE *file = fopen(path, "rbe");
    if (!file || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        if (file) {
            fclose(file);
        }
        return NULL;
    }
    *out_size = (uint64_t)info.st_size;
    return file;
}

static bool is_shape_type(uint32_t type)
{
    switch (type) {
    case 0:
    case 1:
    case 3:
    case 5:
    case 8:
    case 11:
    case 13:
    case 15:
    case 18:
    case 21:
    case 23:
    case 25:
    case 28:
    case 31:
        return true;
    default:
        return false;
    }
}

/* Wide text columns keep the upper byte of their width where others have decimals (Clipper's rule); where the widths
 * fill the row without it, that byte means nothing. */
static void widen_text(struct shapefile_table *table)
{
    unsigned total = 1;
    for (size_t i = 0; i < table->column_count; i++) {
        total += table->columns[i].width;
    }
    for (size_t i = 0; i < table->column_count; i++) {
        struct shapefile_column *column = &table->columns[i];
        if (column->type == 'C') {
            column->width += total == table->row_bytes ? 0 : column->decimals << 8;
            column->decimals = 0;
        }
    }
}

bool shapefile_read_table(const char *path, struct arena *arena, struct shapefile_table *out_table, struct error *err)
{
    bool ok = false;
    uint64_t size = 0;
    FILE *file = open_sized(path, &size);
    unsigned char head[32];
    struct shapefile_table table = {0};
    if (!file || fread(head, 1, sizeof head, file) != sizeof head) {
        goto damaged;
    }
    table.rows_told = little32(head + 4);
    table.header_bytes = (unsigned)(head[8] | head[9] << 8);
    table.row_bytes = (unsigned)(head[10] | head[11] << 8);
    table.language = head[29];
    if (table.header_bytes < 33 || table.row_bytes < 1 || table.header_bytes > size) {
        goto damaged;
    }
    uint64_t room = (size - table.header_bytes) / table.row_bytes;
    table.rows = room < table.rows_told ? (uint32_t)room : table.rows_told;
    size_t count_max = (table.header_bytes - 32) / 32;
    table.columns = arena_array(arena, count_max + 1, sizeof *table.columns);
    if (!table.columns) {
        error_no_memory(err);
        goto done;
    }
    for (size_t i = 0; i < count_max && i < DBF_COLUMNS_MAX; i++) {
        unsigned char entry[32];
        if (fread(entry, 1, sizeof entry, file) != sizeof entry || entry[0] == 0x0d || entry[0] == 0) {
            break;
        }
        struct shapefile_column *column = &table.columns[table.column_count++];
        memcpy(column->name, entry, 11);
        column->type = (char)entry[11];
        column->width = entry[16];
        column->decimals = entry[17];
    }
    widen_text(&table);
    *out_table = table;
    ok = true;
    goto done;
damaged:
    error_tell(err, ERROR_INVALID, "IMP-060", "the .dbf file is damaged: export the layer again",
               "el archivo .dbf está dañado: exporte la capa de nuevo");
done:
    if (file) {
        fclose(file);
    }
    return ok;
}

bool shapefile_fit_table(const char *path, const struct shapefile_table *table, uint32_t records, const char *out,
                         struct error *err)
{
    bool ok = false;
    FILE *in = fopen(path, "rbe");
    FILE *to = fopen(out, "wbxe");
    size_t room = table->header_bytes > table->row_bytes ? table->header_bytes : table->row_bytes;
    unsigned char *block = malloc(room);
    if (!block) {
        error_no_memory(err);
        goto done;
    }
    if ((uint64_t)records * table->row_bytes > FITTED_BYTES_MAX) {
        error_tell(err, ERROR_INVALID, "IMP-060", "the .dbf does not fit the .shp: export the layer again",
                   "el .dbf no corresponde al .shp: exporte la capa de nuevo");
        goto done;
    }
    bool good = in && to && fread(block, 1, table->header_bytes, in) == table->header_bytes;
    if (good) {
        put_little32(block + 4, records);
        good = fwrite(block, 1, table->header_bytes, to) == table->header_bytes;
    }
    for (uint32_t i = 0; good && i < records; i++) {
        size_t got = fread(block, 1, table->row_bytes, in);
        if (got < table->row_bytes) {
            memset(block, ' ', table->row_bytes);
        }
        good = fwrite(block, 1, table->row_bytes, to) == table->row_bytes;
    }
    if (!good || fflush(to) != 0) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not copy the .dbf", "no se pudo copiar el .dbf");
        goto done;
    }
    ok = true;
done:
    if (in) {
        fclose(in);
    }
    if (to) {
        fclose(to);
    }
    free(block);
    return ok;
}

static bool is_number(const char *text, size_t length)
{
    size_t at = length > 0 && (text[0] == '-' || text[0] == '+');
    size_t digits = 0;
    size_t points = 0;
    for (; at < length && (isdigit((unsigned char)text[at]) || text[at] == '.'); at++) {
        digits += text[at] != '.';
        points += text[at] == '.';
    }
    if (digits == 0 || points > 1) {
        return false;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at += 1u + (size_t)(at + 1 < length && (text[at + 1] == '-' || text[at + 1] == '+'));
        if (at == length) {
            return false;
        }
        while (at < length && isdigit((unsigned char)text[at])) {
            at++;
        }
        double number;
        return at == length && text_to_double((struct text){text, length}, &number); /* not so large as 1e400 */
    }
    return at == length;
}

/* YYYYMMDD; all noughts stand for no date. */
static bool is_date(const char *text, size_t length)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (length != 8) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        if (!isdigit((unsigned char)text[i])) {
            return false;
        }
    }
    if (memcmp(text, "00000000", 8) == 0) {
        return true;
    }
    int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0';
    int month = (text[4] - '0') * 10 + text[5] - '0';
    int day = (text[6] - '0') * 10 + text[7] - '0';
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && (month != 2 || day < 29 || leap);
}

/* One or two digits at `*at`, as two in `out`. */
static bool take_two(const char *text, size_t length, size_t *at, char out[2])
{
    size_t digits = 0;
    while (digits < 2 && *at + digits < length && isdigit((unsigned char)text[*at + digits])) {
        digits++;
    }
    out[0] = digits == 2 ? text[*at] : '0';
    out[1] = digits > 0 ? text[*at + digits - 1] : '0';
    *at += digits;
    return digits > 0;
}

/* "2024-02-29", "2024/2/29" and what begins so (a time may follow), as YYYY-MM-DD. */
static bool reform_date(const char *text, size_t length, char out[24])
{
    char date[] = "YYYYMMDD";
    size_t at = 5;
    bool parted = length >= 8 && (text[4] == '-' || text[4] == '/') && take_two(text, length, &at, date + 4) &&
                  at < length && text[at++] == text[4] && take_two(text, length, &at, date + 6);
    memcpy(date, text, parted ? 4 : 0);
    if (!parted || !is_date(date, strlen(date))) {
        return false;
    }
    snprintf(out, 24, "%.4s-%.2s-%.2s", date, date + 4, date + 6);
    return true;
}

/* Whether a number says more than its leading digits do. */
static bool has_fraction(const char *text, size_t length, double *out_number)
{
    bool power = memchr(text, 'e', length) || memchr(text, 'E', length);
    return (power || memchr(text, '.', length)) && text_to_double((struct text){text, length}, out_number) &&
           (power || floor(*out_number) != *out_number);
}

/* Whether the cell says what its column's type does not allow. */
static bool is_fault(const struct shapefile_column *column, const char *cell, struct shapefile_numbers *numbers,
                     struct shapefile_cell *out)
{
    size_t start = 0;
    size_t end = strnlen(cell, column->width);
    while (start < end && isspace((unsigned char)cell[start])) {
        start++;
    }
    while (end > start && isspace((unsigned char)cell[end - 1])) {
        end--;
    }
    size_t length = end - start;
    bool dated = column->type == 'D';
    if (length == 0) {
        return false;
    }
    if (dated && column->width != 8 && length <= 20 && reform_date(cell + start, length, out->text)) {
        out->meaning = SHAPEFILE_DATE;
        return true;
    }
    if (dated ? is_date(cell + start, length) : is_number(cell + start, length)) {
        numbers->is_filled = numbers->is_filled || (!dated && length == column->width);
        bool fraction = !dated && column->decimals == 0 && has_fraction(cell + start, length, &out->number);
        out->meaning = fraction ? SHAPEFILE_FRACTION : SHAPEFILE_NOTHING;
        return fraction;
    }
    out->starred = cell[start] == '*' && column->type != 'D';
    numbers->starred_count += out->starred;
    snprintf(out->text, sizeof out->text, "%.*s", (int)(length > 20 ? 20 : length), cell + start);
    return true;
}

/* Whether a cell of the types that FoxPro and dBASE 7 write as bytes holds such. */
static bool holds_bytes(const struct shapefile_column *column, const char *cell)
{
    if (column->type == '\0' || !strchr("IBOYT@+", column->type)) {
        return false;
    }
    for (unsigned i = 0; i < column->width; i++) {
        if ((unsigned char)cell[i] < 0x20) {
            return true;
        }
    }
    return false;
}

/* Arrays of the faults grow by doubling in the arena, which they share the life of. */
static bool make_room(struct arena *arena, void **items, size_t size, size_t count)
{
    if (count > 0 && (count & (count - 1)) != 0) {
        return true;
    }
    if (count > 0 && count < 16) {
        return true;
    }
    void *larger = arena_alloc_raw(arena, (count == 0 ? 16 : count * 2) * size);
    if (larger && count > 0) {
        memcpy(larger, *items, count * size);
    }
    *items = larger ? larger : *items;
    return larger != NULL;
}

/* "-1,5": what stands for a number where the decimal mark is a comma. Says how many digits follow it. */
static bool parse_comma(const char *cell, double *out_number, unsigned *out_decimals)
{
    char plain[24];
    size_t length = strlen(cell);
    const char *comma = strchr(cell, ',');
    if (!comma || length >= 20) {
        return false; /* what is longer was cut */
    }
    memcpy(plain, cell, length + 1);
    plain[comma - cell] = '.';
    *out_decimals = (unsigned)(length - (size_t)(comma - cell) - 1);
    return *out_decimals > 0 && *out_decimals == strspn(comma + 1, "0123456789") &&
           text_to_double((struct text){plain, length}, out_number);
}

/* A column of numbers with decimals that never has a point and has commas writes its decimals with a comma. Where
 * always three digits follow, they may be thousands, unless three decimals are what the column has. */
static void find_commas(const struct shapefile_table *table, const struct shapefile_numbers *numbers,
                        struct shapefile_cell *cells, size_t count)
{
    for (unsigned column = 0; column < table->column_count; column++) {
        const struct shapefile_column *about = &table->columns[column];
        bool certain = about->decimals == 3;
        if (numbers[column].has_point || about->type == 'D' || about->decimals == 0) {
            continue;
        }
        double number;
        unsigned decimals;
        for (size_t i = 0; i < count && !certain; i++) {
            certain = cells[i].column == column && parse_comma(cells[i].text, &number, &decimals) && decimals != 3;
        }
        for (size_t i = 0; i < count && certain; i++) {
            if (cells[i].column == column && parse_comma(cells[i].text, &number, &decimals)) {
                cells[i].meaning = SHAPEFILE_COMMA;
                cells[i].number = number;
            }
        }
    }
}

bool shapefile_find_faults(const char *path, const struct shapefile_table *table, struct arena *arena,
                           struct shapefile_faults *out_faults, struct error *err)
{
    bool ok = false;
    uint64_t size = 0;
    FILE *file = open_sized(path, &size);
    char *buffer = malloc(WINDOW_BYTES); /* of the file: must live until it is closed */
    char *row = malloc((size_t)table->row_bytes + 1);
    struct shapefile_numbers *numbers = arena_array(arena, table->column_count + 1, sizeof *numbers);
    bool *binary = arena_array(arena, table->column_count + 1, sizeof *binary);
    void *cells = NULL;
    void *deleted = NULL;
    size_t cell_count = 0;
    size_t deleted_count = 0;
    if (!row || !buffer || !numbers || !binary) {
        error_no_memory(err);
        goto done;
    }
    if (!file || setvbuf(file, buffer, _IOFBF, WINDOW_BYTES) != 0 ||
        fseeko(file, (off_t)table->header_bytes, SEEK_SET) != 0) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not read the .dbf", "no se pudo leer el .dbf");
        goto done;
    }
    for (uint32_t i = 0; i < table->rows && fread(row, 1, table->row_bytes, file) == table->row_bytes; i++) {
        if (row[0] == '*') {
            if (!make_room(arena, &deleted, sizeof(uint32_t), deleted_count)) {
                error_no_memory(err);
                goto done;
            }
            ((uint32_t *)deleted)[deleted_count++] = i;
            continue;
        }
        size_t at = 1;
        for (unsigned j = 0; j < table->column_count; at += table->columns[j].width, j++) {
            const struct shapefile_column *column = &table->columns[j];
            struct shapefile_cell cell = {.row = i, .column = j};
            bool checked = column->type == 'N' || column->type == 'F' || column->type == 'D';
            if (at + column->width > table->row_bytes) {
                continue;
            }
            if (!checked) {
                binary[j] = binary[j] || holds_bytes(column, row + at);
                continue;
            }
            numbers[j].has_point = numbers[j].has_point || memchr(row + at, '.', column->width);
            if (!is_fault(column, row + at, &numbers[j], &cell) ||
                (cell.starred && !numbers[j].is_filled && numbers[j].starred_count > SHAPEFILE_STARS_MAX)) {
                continue;
            }
            if (!make_room(arena, &cells, sizeof cell, cell_count)) {
                error_tell(err, ERROR_TOO_LARGE, "IMP-030",
                           "the .dbf has too many values that are no numbers or dates: export the layer again",
                           "el .dbf tiene demasiados valores que no son números o fechas: exporte la capa de nuevo");
                goto done;
            }
            ((struct shapefile_cell *)cells)[cell_count++] = cell;
        }
    }
    find_commas(table, numbers, cells, cell_count);
    *out_faults = (struct shapefile_faults){numbers, cells, cell_count, deleted, deleted_count, binary};
    ok = true;
done:
    if (file) {
        fclose(file);
    }
    free(buffer);
    free(row);
    return ok;
}

static bool read_header(FILE *file, struct shapefile_shapes *shapes)
{
    unsigned char head[SHP_HEADER_BYTES];
    if (fread(head, 1, sizeof head, file) != sizeof head || big32(head) != 9994 ||
        !is_shape_type(little32(head + 32))) {
        return false;
    }
    shapes->type = (int)little32(head + 32);
    return true;
}

static bool refuse_shapes(struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-060", "the .shp file is damaged or is no shapefile: export the layer again",
               "el archivo .shp está dañado o no es un shapefile: exporte la capa de nuevo");
    return false;
}

bool shapefile_read_header(const char *shp, struct shapefile_shapes *out_shapes, struct error *err)
{
    uint64_t size = 0;
    FILE *file = open_sized(shp, &size);
    struct shapefile_shapes shapes = {0};
    bool ok = file && read_header(file, &shapes);
    if (file) {
        fclose(file);
    }
    if (!ok) {
        return refuse_shapes(err);
    }
    *out_shapes = shapes;
    return true;
}

/* A stretch of the file, so that heads of records that follow one another do not take a system call each. */
struct window {
    int file;
    unsigned char *bytes;
    uint64_t start;
    size_t length;
};

static bool read_head_of_record(struct window *window, uint64_t offset, uint64_t record_bytes, unsigned char head[8])
{
    if (record_bytes > WINDOW_RECORD_BYTES_MAX) {
        return pread(window->file, head, 8, (off_t)offset) == 8;
    }
    if (offset < window->start || offset + 8 > window->start + window->length) {
        ssize_t got = pread(window->file, window->bytes, WINDOW_BYTES, (off_t)offset);
        window->start = offset;
        window->length = got > 0 ? (size_t)got : 0;
    }
    if (window->length < 8) {
        return false;
    }
    memcpy(head, window->bytes + (offset - window->start), 8);
    return true;
}

bool shapefile_check_index(const char *shp, const char *shx, struct shapefile_shapes *out_shapes, struct error *err)
{
    bool ok = false;
    uint64_t shp_size = 0;
    uint64_t shx_size = 0;
    FILE *shapes_file = open_sized(shp, &shp_size);
    FILE *index_file = open_sized(shx, &shx_size);
    struct shapefile_shapes shapes = {0};
    struct shapefile_shapes ignored = {0};
    struct window window = {.bytes = malloc(WINDOW_BYTES)};
    if (!window.bytes) {
        error_no_memory(err);
        goto done;
    }
    if (!shapes_file || !read_header(shapes_file, &shapes)) {
        refuse_shapes(err);
        goto done;
    }
    if (!index_file || !read_header(index_file, &ignored)) {
        goto damaged;
    }
    /* GDAL reads as many entries as the header tells. */
    unsigned char told[4];
    if (fseeko(index_file, 24, SEEK_SET) != 0 || fread(told, 1, sizeof told, index_file) != sizeof told ||
        (uint64_t)big32(told) * 2 > shx_size || fseeko(index_file, SHP_HEADER_BYTES, SEEK_SET) != 0) {
        goto damaged;
    }
    window.file = fileno(shapes_file);
    uint64_t total = 0;
    uint32_t damaged_entries = 0;
    unsigned char entry[8];
    uint64_t entries = big32(told) > SHP_HEADER_BYTES / 2 ? ((uint64_t)big32(told) * 2 - SHP_HEADER_BYTES) / 8 : 0;
    while (fread(entry, 1, sizeof entry, index_file) == sizeof entry) {
        uint64_t offset = (uint64_t)big32(entry) * 2;
        uint64_t length = (uint64_t)big32(entry + 4) * 2;
        /* Deleted records are kept by some programs as empty entries. */
        if (length > 0 && (offset < SHP_HEADER_BYTES || offset + 8 > shp_size)) {
            goto damaged;
        }
        /* The record says its length, too; an entry that points elsewhere would give any bytes as a shape. */
        unsigned char head[8];
        if (length > 0 && shapes.records < entries && shapes.records < ENTRIES_CHECKED_MAX &&
            read_head_of_record(&window, offset, length, head)) {
            /* A wrong length alone does no harm, and some writers leave it so. */
            bool deleted = big32(head + 4) == 0;
            damaged_entries += !deleted && (uint64_t)big32(head + 4) * 2 != length && big32(head) != shapes.records + 1;
        }
        total += length + 8;
        shapes.records++;
    }
    if (damaged_entries > 0) {
        goto damaged;
    }
    if (shapes.records == UINT32_MAX || total > 2 * shp_size + 8 * (uint64_t)shapes.records) {
        goto damaged;
    }
    shapes.records = shapes.records < entries ? shapes.records : (uint32_t)entries;
    *out_shapes = shapes;
    ok = true;
    goto done;
damaged:
    error_tell(err, ERROR_INVALID, "IMP-060", "the .shx file does not fit the .shp",
               "el archivo .shx no corresponde al .shp");
done:
    free(window.bytes);
    if (shapes_file) {
        fclose(shapes_file);
    }
    if (index_file) {
        fclose(index_file);
    }
    return ok;
}

/* Copies the index entries of all sound records; the file position is just past the header. */
static bool index_records(FILE *in, uint64_t size, FILE *out, struct shapefile_shapes *shapes)
{
    uint64_t at = SHP_HEADER_BYTES;
    while (at + 12 <= size) {
        unsigned char head[12];
        if (fseeko(in, (off_t)at, SEEK_SET) != 0 || fread(head, 1, sizeof head, in) != sizeof head) {
            break;
        }
        uint64_t length = (uint64_t)big32(head + 4) * 2;
        uint32_t type = little32(head + 8);
        if (length < 4 || at + 8 + length > size || (type != 0 && (int)type != shapes->type) || at / 2 > INT32_MAX) {
            shapes->unread_at = at;
            break;
        }
        unsigned char entry[8];
        put_big32(entry, (uint32_t)(at / 2));
        put_big32(entry + 4, (uint32_t)(length / 2));
        if (fwrite(entry, 1, sizeof entry, out) != sizeof entry) {
            return false;
        }
        shapes->records++;
        at += 8 + length;
    }
    return true;
}

uint32_t shapefile_count_entries(const char *shx)
{
    uint64_t size = 0;
    FILE *file = open_sized(shx, &size);
    if (file) {
        fclose(file);
    }
    uint64_t entries = size > SHP_HEADER_BYTES ? (size - SHP_HEADER_BYTES) / 8 : 0;
    return entries < UINT32_MAX ? (uint32_t)entries : UINT32_MAX;
}

bool shapefile_rebuild_index(const char *shp, const char *shx, struct shapefile_shapes *out_shapes, struct error *err)
{
    bool ok = false;
    uint64_t size = 0;
    FILE *in = open_sized(shp, &size);
    FILE *out = NULL;
    struct shapefile_shapes shapes = {0};
    unsigned char head[SHP_HEADER_BYTES];
    if (!in || !read_header(in, &shapes)) {
        refuse_shapes(err);
        goto done;
    }
    rewind(in);
    if (fread(head, 1, sizeof head, in) != sizeof head) {
        refuse_shapes(err);
        goto done;
    }
    out = fopen(shx, "wbe");
    if (!out || fwrite(head, 1, sizeof head, out) != sizeof head || !index_records(in, size, out, &shapes)) {
        goto cannot_write;
    }
    put_big32(head + 24, (uint32_t)(SHP_HEADER_BYTES / 2 + (uint64_t)shapes.records * 4));
    rewind(out);
    if (fwrite(head, 1, sizeof head, out) != sizeof head || fflush(out) != 0) {
        goto cannot_write;
    }
    *out_shapes = shapes;
    ok = true;
    goto done;
cannot_write:
    error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not write a temporary index \"%s\"",
               "no se pudo escribir un índice temporal «%s»", shx);
done:
    if (in) {
        fclose(in);
    }
    if (out) {
        fclose(out);
    }
    return ok;
}
