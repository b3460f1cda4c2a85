/* SPDX-License-Identifier: MIT */
#include "ingest/feed_csv.h"

#include "ingest/feed_ogr.h"
#include "ingest/feed_sheet.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    COLUMNS_MAX = 1000,
    ROW_BYTES_MAX = 16 * 1024 * 1024,
    LOOK_ROWS = 60, /* rows that decide on delimiter and header */
    BLOCK_BYTES = 1 << 18,
    DATETIME_BYTES = 64
};

/* How a column writes its numbers. */
enum number_style {
    NUMBER_PLAIN, /* 1234.5 */
    NUMBER_COMMA, /* 1.234,5 and 1234,5 */
    NUMBER_GROUPS /* 1,234.5 */
};

/* What the values of a column have been so far. */
struct guess {
    bool seen;
    bool integer;
    bool real;
    bool boolean;
    bool date;
    bool datetime;
    bool quoted;       /* every value stands in quotes that it does not need */
    bool comma;        /* all values can be read with a decimal comma */
    bool groups;       /* all values can be read with commas between thousands */
    bool groups_whole; /* … and have no decimals */
};

struct row {
    struct text *cells;
    bool *quoted;
    size_t count;
    bool any; /* some cell is not empty */
};

struct feed_csv {
    struct feed base;
    struct arena *arena;
    FILE *file;
    char *block;
    size_t block_at;
    size_t block_end;
    char delimiter;
    bool ended;
    char *text; /* the row at hand, unquoted */
    size_t text_room;
    struct text cells[COLUMNS_MAX];
    bool quoted[COLUMNS_MAX];
    size_t *offsets;
    int64_t lines_before; /* of title and header */
    int64_t row;
    size_t column_count;
    enum number_style *styles; /* of each column */
    struct feed_sheet *sheet;  /* where rows come from a spreadsheet and not from `file` */
    int x_column;              /* -1: none */
    int y_column;
    int wkt_column;   /* is the geometry and no field */
    bool quotes_tell; /* texts are quoted and other values are not */
    unsigned srid;    /* that geometries in text carry; 0: none does */
};

static int next_byte(struct feed_csv *feed)
{
    if (feed->block_at == feed->block_end) {
        feed->block_end = fread(feed->block, 1, BLOCK_BYTES, feed->file);
        feed->block_at = 0;
        if (feed->block_end == 0) {
            return EOF;
        }
    }
    return (unsigned char)feed->block[feed->block_at++];
}

static int peek_byte(struct feed_csv *feed)
{
    int byte = next_byte(feed);
    if (byte != EOF) {
        feed->block_at--;
    }
    return byte;
}

static void start_over(struct feed_csv *feed)
{
    if (feed->sheet) {
        feed_sheet_rewind(feed->sheet);
        return;
    }
    rewind(feed->file);
    feed->block_at = 0;
    feed->block_end = 0;
    feed->ended = false;
    if (peek_byte(feed) == 0xef && feed->block_end >= 3 && memcmp(feed->block, "\xef\xbb\xbf", 3) == 0) {
        feed->block_at = 3;
    }
}

static bool too_long(const struct feed_csv *feed, struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-060",
               "line %lld is longer than 16 MB or has more than %d columns: is a quotation mark missing before it?",
               "la línea %lld mide más de 16 MB o tiene más de %d columnas: ¿falta una comilla antes?",
               (long long)feed->row + 1, (int)COLUMNS_MAX);
    return false;
}

static bool put_byte(struct feed_csv *feed, size_t *length, char byte, struct error *err)
{
    if (*length + 1 >= feed->text_room) {
        if (feed->text_room >= ROW_BYTES_MAX) {
            return too_long(feed, err);
        }
        char *larger = realloc(feed->text, feed->text_room * 2);
        if (!larger) {
            return error_no_memory(err);
        }
        feed->text = larger;
        feed->text_room *= 2;
    }
    feed->text[(*length)++] = byte;
    return true;
}

static bool read_sheet_row(struct feed_csv *feed, struct row *out_row, bool *out_end, struct error *err)
{
    if (!feed_sheet_next(feed->sheet, feed->cells, COLUMNS_MAX, &out_row->count, out_end, err)) {
        return false;
    }
    out_row->cells = feed->cells;
    out_row->quoted = feed->quoted;
    out_row->any = false;
    for (size_t i = 0; !*out_end && i < out_row->count; i++) {
        out_row->any |= feed->cells[i].length > 0;
    }
    return true;
}

/* Splits the next line (or lines, where quotes hold line ends) into cells; `*out_end` when there is none. */
static bool read_row(struct feed_csv *feed, struct row *out_row, bool *out_end, struct error *err)
{
    if (feed->sheet) {
        return read_sheet_row(feed, out_row, out_end, err);
    }
    size_t length = 0;
    size_t count = 0;
    int byte = next_byte(feed);
    *out_end = byte == EOF;
    if (byte == EOF) {
        return true;
    }
    feed->offsets[0] = 0;
    feed->quoted[0] = false;
    bool in_quotes = false;
    bool at_start = true;
    for (;; byte = next_byte(feed)) {
        if (in_quotes) {
            if (byte == EOF) {
                error_tell(err, ERROR_INVALID, "IMP-060", "a quotation mark opened in line %lld is never closed",
                           "una comilla abierta en la línea %lld nunca se cierra", (long long)feed->row + 1);
                return false;
            }
            if (byte == '"' && peek_byte(feed) == '"') {
                next_byte(feed);
            } else if (byte == '"') {
                in_quotes = false;
                continue;
            }
            if (!put_byte(feed, &length, (char)byte, err)) {
                return false;
            }
            continue;
        }
        if (byte == '"' && at_start) {
            in_quotes = true;
            at_start = false;
            feed->quoted[count] = true;
            continue;
        }
        if (byte == '\r' && (peek_byte(feed) == '\n' || peek_byte(feed) == EOF)) {
            continue;
        }
        if (byte == EOF || byte == '\n' || byte == '\r') {
            break;
        }
        if (byte == feed->delimiter) {
            if (!put_byte(feed, &length, '\0', err)) {
                return false;
            }
            if (++count == COLUMNS_MAX) {
                return too_long(feed, err);
            }
            feed->offsets[count] = length;
            feed->quoted[count] = false;
            at_start = true;
            continue;
        }
        at_start = false;
        if (!put_byte(feed, &length, (char)byte, err)) {
            return false;
        }
    }
    count++;
    out_row->any = false;
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? feed->offsets[i + 1] - 1 : length;
        feed->cells[i] = (struct text){feed->text + feed->offsets[i], end - feed->offsets[i]};
        out_row->any |= feed->cells[i].length > 0;
    }
    out_row->cells = feed->cells;
    out_row->quoted = feed->quoted;
    out_row->count = count;
    return true;
}

static struct text trimmed(struct text text)
{
    while (text.length > 0 && isspace((unsigned char)text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length > 0 && isspace((unsigned char)text.data[text.length - 1])) {
        text.length--;
    }
    return text;
}

/* U+2212 and the dashes, which word processors make of a minus. */
static bool is_minus(struct text text, size_t at)
{
    static const char *const signs[] = {"\xe2\x88\x92", "\xe2\x80\x93", "\xe2\x80\x90", "\xe2\x80\x91"};
    bool found = false;
    for (size_t i = 0; i < 4; i++) {
        found |= text.length - at > 3 && memcmp(text.data + at, signs[i], 3) == 0;
    }
    return found;
}

/* 25°32'34.1" N, 103 24 24 W, 25º 32' 34'' */
static bool parse_sexagesimal(struct text text, double *out_number)
{
    char plain[64];
    size_t length = 0;
    double sign = 1;
    bool marked = false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (length + 2 >= sizeof plain) {
            return false;
        }
        if (is_minus(text, i)) {
            if (length > 0) {
                return false;
            }
            sign = -1;
            marked = true;
            i += 2;
            continue;
        }
        if (isdigit(byte) || byte == '.') {
            plain[length++] = (char)byte;
        } else if (byte == ',') {
            plain[length++] = '.';
        } else if (byte == '-' && length == 0) {
            sign = -1;
        } else if (byte == '+' && length == 0) {
            continue;
        } else if (strchr("WwOoSs", byte)) { /* oeste, sur */
            sign = -1;
            marked = true;
        } else if (strchr("NnEe", byte)) {
            marked = true;
        } else if (byte == ' ' || byte == '\'' || byte == '"' || byte == ':' || byte >= 0x80) {
            marked |= byte >= 0x80 || byte == '\'' || byte == ':';
            if (length > 0 && plain[length - 1] != ' ') {
                plain[length++] = ' ';
            }
        } else {
            return false;
        }
    }
    plain[length] = '\0';
    double parts[3] = {0};
    int read = 0;
    for (char *at = plain; read < 3 && *at != '\0'; read++) {
        char *end = NULL;
        parts[read] = strtod(at, &end);
        if (end == at) {
            break;
        }
        at = end;
        while (*at == ' ') {
            at++;
        }
    }
    if (!marked || read < 1 || parts[1] >= 60 || parts[2] >= 60) {
        return false;
    }
    *out_number = sign * (parts[0] + parts[1] / 60 + parts[2] / 3600);
    return true;
}

/* "660 079" and "2 826 013.50": blanks between thousands. */
static bool parse_spaced(struct text text, double *out_number)
{
    char plain[40];
    size_t length = 0;
    size_t digits = 0; /* since the last blank */
    bool grouped = false;
    bool decimals = false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool nbsp = byte == 0xc2 && i + 1 < text.length && (unsigned char)text.data[i + 1] == 0xa0;
        if (byte == ' ' || nbsp) {
            if (digits == 0 || digits > 3 || (grouped && digits != 3) || decimals) {
                return false;
            }
            grouped = true;
            digits = 0;
            i += nbsp;
            continue;
        }
        bool mark = byte == '.' || byte == ',';
        if (length + 1 >= sizeof plain || !(isdigit(byte) || mark || (byte == '-' && i == 0)) || (mark && decimals)) {
            return false;
        }
        if (mark && grouped && digits != 3) {
            return false;
        }
        decimals |= mark;
        digits += isdigit(byte) && !decimals;
        plain[length++] = mark ? '.' : (char)byte;
    }
    return grouped && digits == 3 && text_to_double((struct text){plain, length}, out_number);
}

/* Without the no-break blanks around that spreadsheets leave, in UTF-8 or an old encoding. */
static struct text without_margin(struct text text)
{
    text = trimmed(text);
    for (;;) {
        size_t wide = text.length > 2 && memcmp(text.data, "\xc2\xa0", 2) == 0 ? 2 : 0;
        wide = wide == 0 && text.length > 1 && (unsigned char)text.data[0] == 0xa0 ? 1 : wide;
        size_t tail = text.length > 2 && memcmp(text.data + text.length - 2, "\xc2\xa0", 2) == 0 ? 2 : 0;
        tail = tail == 0 && text.length > 1 && (unsigned char)text.data[text.length - 1] == 0xa0 ? 1 : tail;
        if (wide + tail == 0 || wide + tail >= text.length) {
            return text;
        }
        text = trimmed((struct text){text.data + wide, text.length - wide - tail});
    }
}

bool feed_csv_coordinate(struct text text, double *out_number)
{
    text = without_margin(text);
    if (text.length > 1 && text.data[0] == '+') {
        text.data++;
        text.length--;
    }
    if (parse_spaced(text, out_number)) {
        return true;
    }
    char plain[64];
    size_t length = 0;
    size_t dots = 0;
    size_t commas = 0;
    size_t last_dot = 0;
    size_t last_comma = 0;
    for (size_t i = 0; i < text.length; i++) {
        dots += text.data[i] == '.';
        commas += text.data[i] == ',';
        last_dot = text.data[i] == '.' ? i : last_dot;
        last_comma = text.data[i] == ',' ? i : last_comma;
    }
    if (dots == 0 && commas == 0) {
        return text_to_double(text, out_number) || parse_sexagesimal(text, out_number);
    }
    /* Whichever comes last and only once is the decimal mark; the other groups thousands. */
    char decimal = '.';
    if (commas > 0 && (dots == 0 || last_comma > last_dot)) {
        decimal = commas == 1 ? ',' : '.';
    } else if (dots > 1) {
        decimal = ',';
    }
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if ((byte == '.' || byte == ',') && byte != decimal) {
            continue;
        }
        if (length + 1 >= sizeof plain) {
            return false;
        }
        plain[length++] = byte == decimal ? '.' : byte;
    }
    return text_to_double((struct text){plain, length}, out_number) || parse_sexagesimal(text, out_number);
}

static bool is_integer(struct text text)
{
    size_t at = text.length > 0 && text.data[0] == '-';
    if (text.length == at || text.length - at > 19 || (text.data[at] == '0' && text.length - at > 1)) {
        return false; /* "05035" is a code and keeps its zero */
    }
    if (text.length - at == 19) {
        const char *most = at == 1 ? "9223372036854775808" : "9223372036854775807";
        if (memcmp(text.data + at, most, 19) > 0) {
            return false;
        }
    }
    for (size_t i = at; i < text.length; i++) {
        if (!isdigit((unsigned char)text.data[i])) {
            return false;
        }
    }
    return text.length - at > 0 && !(at == 1 && text.data[1] == '0');
}

static bool is_real(struct text text)
{
    double number;
    size_t at = text.length > 0 && text.data[0] == '-';
    bool code = text.length > at + 1 && text.data[at] == '0' && text.data[at + 1] != '.';
    /* Whole numbers beyond 64 bits are identifiers, and keep their digits as text. */
    bool huge = text.length - at >= 19 && !memchr(text.data, '.', text.length) &&
                !memchr(text.data, 'e', text.length) && !memchr(text.data, 'E', text.length);
    return !code && text.length <= 30 && text_to_double(text, &number) && (!huge || is_integer(text));
}

static bool is_date(struct text text)
{
    static const char shape[] = "dddd-dd-dd";
    if (text.length != 10) {
        return false;
    }
    for (size_t i = 0; i < 10; i++) {
        bool mark = text.data[i] == '-' || text.data[i] == '/';
        if (shape[i] == 'd' ? !isdigit((unsigned char)text.data[i]) : !mark) {
            return false;
        }
    }
    int month = (text.data[5] - '0') * 10 + text.data[6] - '0';
    int day = (text.data[8] - '0') * 10 + text.data[9] - '0';
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_word(struct text text, const char *word)
{
    return text.length == strlen(word) && strncasecmp(text.data, word, text.length) == 0;
}

static bool is_true(struct text text)
{
    return is_word(text, "true") || is_word(text, "verdadero");
}

static bool is_boolean(struct text text)
{
    return is_true(text) || is_word(text, "false") || is_word(text, "falso");
}

/* Two digits at `at`, at most `max`. */
static bool take_pair(struct text text, size_t *at, int max, int *out)
{
    if (text.length - *at < 2 || !isdigit((unsigned char)text.data[*at]) ||
        !isdigit((unsigned char)text.data[*at + 1])) {
        return false;
    }
    *out = (text.data[*at] - '0') * 10 + text.data[*at + 1] - '0';
    *at += 2;
    return *out <= max;
}

static bool take_byte(struct text text, size_t *at, char byte)
{
    bool there = *at < text.length && text.data[*at] == byte;
    *at += there;
    return there;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ISO 8601 in its extended form: "2020-03-15T10:00", a blank for the T, seconds with a fraction, "Z" or an offset. The
 * common spelling goes to `out`; false for everything else, days and hours that do not exist among it. */
static bool parse_datetime(struct text text, char out[DATETIME_BYTES])
{
    size_t at = 10;
    int hour;
    int minute;
    int second = 0;
    char fraction[16] = "";
    char zone[16] = "";
    if (text.length < 16 || text.length > 35 || !is_date((struct text){text.data, 10}) || text.data[4] != '-' ||
        text.data[7] != '-') {
        return false;
    }
    int year =
        (text.data[0] - '0') * 1000 + (text.data[1] - '0') * 100 + (text.data[2] - '0') * 10 + text.data[3] - '0';
    int month = (text.data[5] - '0') * 10 + text.data[6] - '0';
    int day = (text.data[8] - '0') * 10 + text.data[9] - '0';
    if (day > days_in(year, month) ||
        !(take_byte(text, &at, 'T') || take_byte(text, &at, 't') || take_byte(text, &at, ' ')) ||
        !take_pair(text, &at, 23, &hour) || !take_byte(text, &at, ':') || !take_pair(text, &at, 59, &minute)) {
        return false;
    }
    if (take_byte(text, &at, ':')) {
        if (!take_pair(text, &at, 59, &second)) {
            return false;
        }
        if (take_byte(text, &at, '.')) {
            size_t digits = 0;
            while (at < text.length && isdigit((unsigned char)text.data[at]) && digits < 9) {
                fraction[++digits] = text.data[at++];
            }
            fraction[0] = '.';
            while (digits > 0 && fraction[digits] == '0') {
                fraction[digits--] = '\0';
            }
            fraction[digits > 0 ? digits + 1 : 0] = '\0';
        }
    }
    char sign = at < text.length ? text.data[at] : '\0';
    if (sign == 'Z' || sign == 'z') {
        at++;
        memcpy(zone, "Z", 2);
    } else if (sign == '+' || sign == '-') {
        int zone_hour;
        int zone_minute = 0;
        at++;
        if (!take_pair(text, &at, 14, &zone_hour)) {
            return false;
        }
        take_byte(text, &at, ':');
        if (at < text.length && !take_pair(text, &at, 59, &zone_minute)) {
            return false;
        }
        snprintf(zone, sizeof zone, "%c%02d:%02d", sign, zone_hour % 100, zone_minute % 100);
    }
    if (at != text.length) {
        return false;
    }
    snprintf(out, DATETIME_BYTES, "%.10sT%02d:%02d:%02d%s%s", text.data, hour % 100, minute % 100, second % 100,
             fraction, zone);
    return true;
}

/* Digits, grouped in threes by `group` or not at all, then perhaps `decimal` and digits. `*out_plain` gets it with a
 * decimal point and without groups, `*out_marked` whether any mark was there, `*out_whole` whether no decimals are. */
static bool parse_grouped(struct text text, char group, char decimal, char out_plain[40], bool *out_marked,
                          bool *out_whole)
{
    size_t at = text.length > 0 && text.data[0] == '-';
    size_t length = at;
    size_t digits = 0; /* before the first group mark, then since the last */
    size_t first = at;
    bool grouped = false;
    if (text.length > 36) {
        return false;
    }
    out_plain[0] = '-';
    for (; at < text.length && text.data[at] != decimal; at++) {
        if (text.data[at] == group) {
            if (digits == 0 || digits > 3 || (grouped && digits != 3)) {
                return false;
            }
            grouped = true;
            digits = 0;
        } else if (isdigit((unsigned char)text.data[at])) {
            out_plain[length++] = text.data[at];
            digits++;
        } else {
            return false;
        }
    }
    /* "05,5" and "0,123" in groups are codes or something else. */
    bool code = (out_plain[first] == '0' && length - first > 1) || length - first > 18;
    if (digits == 0 || (grouped && digits != 3) || code) {
        return false;
    }
    *out_marked = grouped || at < text.length;
    *out_whole = at == text.length;
    if (at < text.length) {
        if (++at == text.length) {
            return false;
        }
        out_plain[length++] = '.';
        for (; at < text.length; at++) {
            if (!isdigit((unsigned char)text.data[at])) {
                return false;
            }
            out_plain[length++] = text.data[at];
        }
    }
    out_plain[length] = '\0';
    return true;
}

static void guess_number(struct guess *guess, struct text cell)
{
    char plain[40];
    bool marked;
    bool whole;
    guess->comma = guess->comma && parse_grouped(cell, '.', ',', plain, &marked, &whole);
    guess->groups = guess->groups && parse_grouped(cell, ',', '.', plain, &marked, &whole);
    guess->groups_whole = guess->groups_whole && guess->groups && whole && cell.length <= 24;
}

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
        struct row row;
        feed->delimiter = candidates[c];
        start_over(feed);
        while (rows < LOOK_ROWS && read_row(feed, &row, &end, NULL) && !end) {
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

static size_t count_filled(const struct row *row)
{
    size_t filled = 0;
    for (size_t i = 0; i < row->count; i++) {
        filled += trimmed(row->cells[i]).length > 0;
    }
    return filled;
}

/* Words, but years may stand among them: "Municipio, 2010, 2020". */
static bool looks_like_header(const struct row *row)
{
    size_t words = 0;
    for (size_t i = 0; i < row->count; i++) {
        struct text cell = trimmed(row->cells[i]);
        double number;
        char plain[40];
        bool marked;
        bool whole;
        bool year = cell.length == 4 && (cell.data[0] == '1' || cell.data[0] == '2') && is_integer(cell);
        bool numeric = cell.length > 0 &&
                       (text_to_double(cell, &number) || parse_grouped(cell, ',', '.', plain, &marked, &whole) ||
                        parse_grouped(cell, '.', ',', plain, &marked, &whole));
        if (numeric && !year) {
            return false;
        }
        words += cell.length > 0 && !year;
    }
    return words > 0;
}

static bool names_place(const struct row *header);

/* Skips title lines: the header is the first line about as full as the table whose cells are words. */
static bool find_header(struct feed_csv *feed, struct row *out_header, struct error *err)
{
    size_t fullest = 0;
    size_t rows = 0;
    bool end = false;
    struct row row;
    start_over(feed);
    while (rows < LOOK_ROWS && read_row(feed, &row, &end, err) && !end) {
        size_t filled = count_filled(&row);
        fullest = filled > fullest ? filled : fullest;
        rows++;
    }
    start_over(feed);
    feed->lines_before = 0;
    /* Of several lines of words (a header of two lines) the one that names coordinates is meant. */
    size_t first = 0;
    size_t chosen = 0;
    for (size_t i = 1; i <= rows; i++) {
        if (!read_row(feed, &row, &end, err)) {
            return false;
        }
        bool words = row.any && count_filled(&row) * 10 >= fullest * 6 && looks_like_header(&row);
        if (first > 0 && row.any && !words) {
            break;
        }
        first = words && first == 0 ? i : first;
        /* The last line is data, whatever it says. */
        if (words && (i < rows || i == first) && names_place(&row)) {
            chosen = i;
            break;
        }
    }
    chosen = chosen > 0 ? chosen : first;
    start_over(feed);
    for (size_t i = 0; i < chosen; i++) {
        if (!read_row(feed, &row, &end, err)) {
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
static const char *const wkt_names[AXIS_NAMES_MAX] = {"wkt",      "geom",        "geometry",  "geometria",
                                                      "the_geom", "wkt_geom",    "geom_wkt",  "wkb_geometry",
                                                      "shape",    "coordenadas", "st_astext", "wkb"};

/* The first column whose name is in `names`, in the order of the names: "longitud" wins over "x". */
static int find_column(const struct row *header, size_t columns, const char *const *names)
{
    for (size_t i = 0; i < AXIS_NAMES_MAX && names[i]; i++) {
        for (size_t j = 0; j < header->count && j < columns; j++) {
            char folded[64];
            size_t length = text_fold(trimmed(header->cells[j]), folded, sizeof folded);
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
    size_t length = text_fold(trimmed(name), folded, sizeof folded);
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
        bool axis = false;
        for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; j++) {
            axis |= strcmp(left[i], pairs[j][0]) == 0 && strcmp(right[i], pairs[j][1]) == 0;
        }
        if (!axis && strcmp(left[i], right[i]) != 0) {
            return false;
        }
        axes += axis;
    }
    return axes > 0;
}

static void find_pair(struct feed_csv *feed, const struct row *header)
{
    for (size_t i = 0; i < feed->column_count; i++) {
        for (size_t j = 0; j < feed->column_count; j++) {
            if (i != j && is_pair(header->cells[i], header->cells[j])) {
                feed->x_column = (int)i;
                feed->y_column = (int)j;
                return;
            }
        }
    }
}

static bool names_place(const struct row *header)
{
    return find_column(header, header->count, x_names) >= 0 && find_column(header, header->count, y_names) >= 0;
}

/* Column pairs with these names are degrees by their very name. */
static bool is_named_degrees(const char *name)
{
    return strncasecmp(name, "lon", 3) == 0 || strncasecmp(name, "lng", 3) == 0 || strcasecmp(name, "stop_lon") == 0;
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
    return memchr(cell.data, feed->delimiter, cell.length) || memchr(cell.data, '"', cell.length) ||
           memchr(cell.data, '\n', cell.length) || memchr(cell.data, '\r', cell.length);
}

static bool keep_header(struct feed_csv *feed, const struct row *header, struct feed_field **out_fields,
                        struct error *err)
{
    feed->column_count = header->count;
    /* A trailing delimiter makes a last column without name or values. */
    while (feed->column_count > 1 && trimmed(header->cells[feed->column_count - 1]).length == 0) {
        feed->column_count--;
    }
    struct feed_field *fields = arena_array(feed->arena, feed->column_count, sizeof *fields);
    bool quoted = false;
    bool bare = false;
    if (!fields) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < feed->column_count; i++) {
        struct text name = trimmed(header->cells[i]);
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
    feed->x_column = find_column(header, feed->column_count, x_names);
    feed->y_column = find_column(header, feed->column_count, y_names);
    feed->wkt_column = -1;
    if (feed->x_column < 0 || feed->y_column < 0) {
        find_pair(feed, header);
    }
    if (feed->x_column < 0 || feed->y_column < 0) {
        feed->wkt_column = find_column(header, feed->column_count, wkt_names);
        if (feed->wkt_column < 0) {
            return no_coordinates(feed, err);
        }
    } else {
        if (is_named_degrees(fields[feed->x_column].name.data)) {
            feed->base.info.srs_code = "EPSG:4326";
            feed->base.info.srs_confidence = 0.95;
        }
    }
    *out_fields = fields;
    return true;
}

static bool is_number_column(const struct guess *guess)
{
    return guess->integer || guess->real;
}

/* Whether commas in this table are decimal ones: 1 yes, -1 no, 0 nothing tells. "1,234" alone could be either. */
static int comma_habit(const struct feed_csv *feed, const struct guess *guesses)
{
    for (size_t i = 0; i < feed->column_count; i++) {
        const struct guess *guess = &guesses[i];
        if (guess->seen && !is_number_column(guess) && guess->comma != guess->groups) {
            return guess->comma ? 1 : -1;
        }
    }
    return !feed->sheet && feed->delimiter == ',' ? -1 : 0;
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
static void settle_types(struct feed_csv *feed, const struct guess *guesses, struct feed_field *fields,
                         struct report *report, const char *layer)
{
    int habit = comma_habit(feed, guesses);
    for (size_t i = 0; i < feed->column_count; i++) {
        const struct guess *guess = &guesses[i];
        fields[i].type = FIELD_STRING;
        if (!guess->seen) {
            continue;
        }
        if (is_number_column(guess) && feed->quotes_tell && guess->quoted) {
            continue; /* digits that whoever wrote the table calls text */
        }
        if (is_number_column(guess)) {
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
            feed->styles[i] = NUMBER_COMMA;
            tell_style(feed, report, layer, fields[i].name, "numbers with a decimal comma were read as numbers",
                       "los números con coma decimal se leyeron como números");
        } else if (guess->groups) {
            fields[i].type = guess->groups_whole ? FIELD_INTEGER : FIELD_REAL;
            feed->styles[i] = NUMBER_GROUPS;
            tell_style(feed, report, layer, fields[i].name,
                       "numbers with commas between thousands were read as numbers",
                       "los números con comas en los miles se leyeron como números");
        }
    }
}

/* The number of the reference system in PostGIS's spellings: "SRID=4326;POINT…", or hexadecimal. 0: none. */
static unsigned srid_of(struct text text)
{
    char head[20];
    snprintf(head, sizeof head, "%.*s", (int)(text.length < sizeof head ? text.length : sizeof head - 1), text.data);
    if (strncasecmp(head, "SRID=", 5) == 0) {
        return (unsigned)strtoul(head + 5, NULL, 10) % 1000000;
    }
    bool little = strncmp(head, "01", 2) == 0;
    if (text.length < 18 || strspn(head, "0123456789abcdefABCDEF") < 18 || (!little && strncmp(head, "00", 2) != 0)) {
        return 0;
    }
    unsigned char bytes[9];
    for (size_t i = 0; i < sizeof bytes; i++) {
        const char digits[] = {head[2 * i], head[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    if (!(bytes[little ? 4 : 1] & 0x20)) {
        return 0;
    }
    const unsigned char *at = bytes + 5;
    return little ? (unsigned)at[0] | (unsigned)at[1] << 8 | (unsigned)at[2] << 16 | (unsigned)at[3] << 24
                  : (unsigned)at[3] | (unsigned)at[2] << 8 | (unsigned)at[1] << 16 | (unsigned)at[0] << 24;
}

/* The system that the first geometry names holds for all; those of another are left out. */
static bool note_srid(struct feed_csv *feed, struct text cell)
{
    unsigned srid = feed->srid == 0 ? srid_of(cell) : 0;
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
    if (feed->wkt_column >= 0) {
        size_t wkt = (size_t)feed->wkt_column;
        size_t after = --feed->base.info.field_count - wkt;
        memmove(&fields[wkt], &fields[wkt + 1], after * sizeof *fields);
        memmove(&feed->styles[wkt], &feed->styles[wkt + 1], after * sizeof *feed->styles);
    }
}

/* Cells beyond the last column of the header have no name and are not kept. */
static bool note_ragged(const struct feed_csv *feed, const struct row *row, int64_t number, struct report_rows *ragged,
                        struct report *report)
{
    bool more = false;
    for (size_t i = feed->column_count; i < row->count; i++) {
        more |= trimmed(row->cells[i]).length > 0;
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

/* Reads the whole table once: types hold for every value or not at all. */
static bool find_types(struct feed_csv *feed, struct feed_field *fields, struct report *report, const char *layer,
                       struct report_rows *ragged, struct error *err)
{
    assert(fields);
    struct guess *guesses = arena_array(feed->arena, feed->column_count, sizeof *guesses);
    feed->styles = arena_array(feed->arena, feed->column_count, sizeof *feed->styles);
    if (!guesses || !feed->styles) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < feed->column_count; i++) {
        guesses[i] = (struct guess){.integer = true,
                                    .real = true,
                                    .boolean = true,
                                    .date = true,
                                    .datetime = true,
                                    .quoted = true,
                                    .comma = true,
                                    .groups = true,
                                    .groups_whole = true};
    }
    bool end = false;
    struct row row;
    char datetime[DATETIME_BYTES];
    int64_t count = 0;
    for (;;) {
        if (!read_row(feed, &row, &end, err)) {
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
        if (feed->wkt_column >= 0 && (size_t)feed->wkt_column < row.count &&
            !note_srid(feed, trimmed(row.cells[feed->wkt_column]))) {
            return error_no_memory(err);
        }
        for (size_t i = 0; i < feed->column_count && i < row.count; i++) {
            struct text cell = trimmed(row.cells[i]);
            if (cell.length == 0) {
                continue;
            }
            struct guess *guess = &guesses[i];
            guess->seen = true;
            guess->integer = guess->integer && is_integer(cell);
            guess->real = guess->real && is_real(cell);
            guess->boolean = guess->boolean && is_boolean(cell);
            guess->date = guess->date && is_date(cell);
            guess->datetime = guess->datetime && parse_datetime(cell, datetime);
            guess->quoted = guess->quoted && row.quoted[i] && !needs_quotes(feed, cell);
            feed->quotes_tell |= !row.quoted[i];
            if (guess->comma || guess->groups) {
                guess_number(guess, cell);
            }
        }
    }
    settle_types(feed, guesses, fields, report, layer);
    drop_geometry_text(feed, fields);
    feed->base.info.feature_count = count;
    return true;
}

static bool rewind_csv(struct feed *base, struct error *err)
{
    struct feed_csv *feed = (struct feed_csv *)base;
    struct row row;
    bool end = false;
    start_over(feed);
    feed->row = 0;
    for (int64_t i = 0; i < feed->lines_before; i++) {
        if (!read_row(feed, &row, &end, err)) {
            return false;
        }
    }
    return true;
}

static void close_csv(struct feed *base)
{
    struct feed_csv *feed = (struct feed_csv *)base;
    if (feed->file) {
        fclose(feed->file);
    }
    feed_sheet_close(feed->sheet);
    arena_destroy(feed->arena);
    free(feed->block);
    free(feed->text);
    free(feed->offsets);
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

/* "25.5428, -103.4067" as maps on telephones copy it, latitude first; the other way round where only that can be. */
static bool parse_place(struct text cell, double *out_x, double *out_y)
{
    const char *comma = cell.length > 0 ? memchr(cell.data, ',', cell.length) : NULL;
    if (!comma) {
        return false;
    }
    struct text first = trimmed((struct text){cell.data, (size_t)(comma - cell.data)});
    struct text second = trimmed((struct text){comma + 1, (size_t)(cell.data + cell.length - comma - 1)});
    double a;
    double b;
    if (!text_to_double(first, &a) || !text_to_double(second, &b)) {
        return false;
    }
    bool latitude_first = fabs(a) <= 90;
    *out_x = latitude_first ? b : a;
    *out_y = latitude_first ? a : b;
    return fabs(*out_x) <= 180 && fabs(*out_y) <= 90;
}

static bool read_geometry(struct feed_csv *feed, const struct row *row, struct arena *arena,
                          struct feed_feature *feature, struct error *err)
{
    if (feed->wkt_column >= 0) {
        struct text cell =
            (size_t)feed->wkt_column < row->count ? trimmed(row->cells[feed->wkt_column]) : (struct text){"", 0};
        double x;
        double y;
        if (parse_place(cell, &x, &y)) {
            return point_wkb(x, y, arena, feature) || error_no_memory(err);
        }
        if (cell.length > 0 && !feed_ogr_parse_geometry(cell, arena, &feature->wkb, &feature->wkb_size)) {
            feature->damage_english = "the geometry text cannot be read";
            feature->damage_spanish = "el texto de la geometría no se puede leer";
        } else if (cell.length > 0 && feed->srid != 0 && srid_of(cell) != feed->srid) {
            feature->damage_english = "the geometry is in another reference system (SRID) than the first";
            feature->damage_spanish = "la geometría está en otro sistema de referencia (SRID) que la primera";
        }
        return true;
    }
    struct text cells[2];
    const int columns[2] = {feed->x_column, feed->y_column};
    for (size_t i = 0; i < 2; i++) {
        cells[i] = (size_t)columns[i] < row->count ? trimmed(row->cells[columns[i]]) : (struct text){"", 0};
    }
    if (cells[0].length == 0 && cells[1].length == 0) {
        return true;
    }
    double x;
    double y;
    if (!feed_csv_coordinate(cells[0], &x) || !feed_csv_coordinate(cells[1], &y)) {
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
static struct value cell_value(const struct feed_csv *feed, size_t field, const struct row *row, size_t column,
                               struct arena *arena)
{
    enum field_type type = feed->base.info.fields[field].type;
    struct text cell = row->cells[column];
    bool quoted = row->quoted[column];
    struct text plain = trimmed(cell);
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
    if (feed->styles[field] != NUMBER_PLAIN) {
        bool comma = feed->styles[field] == NUMBER_COMMA;
        if (!parse_grouped(plain, comma ? '.' : ',', comma ? ',' : '.', rewritten, &marked, &whole)) {
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
        return value_of_bool(is_true(plain));
    }
    if (type == FIELD_DATETIME) {
        char datetime[DATETIME_BYTES];
        return parse_datetime(plain, datetime) ? value_of_string(arena_strdup(arena, datetime)) : value_null();
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
    struct row row = {0};
    do {
        if (!read_row(feed, &row, out_end, err)) {
            return false;
        }
        if (*out_end) {
            return true;
        }
    } while (!row.any);
    feed->row++;
    struct feed_feature feature = {.row = feed->row};
    struct value *values = arena_array(arena, feed->column_count, sizeof *values);
    if (!values) {
        return error_no_memory(err);
    }
    for (size_t i = 0, field = 0; i < feed->column_count && i < row.count; i++) {
        if ((int)i != feed->wkt_column) {
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
        return feed_sheet_open(layer->path, layer->format, layer->inner, &feed->sheet, err);
    }
    feed->file = fopen(layer->path, "rbe");
    if (!feed->file) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not open \"%s\"", "no se pudo abrir «%s»", layer->name);
        return false;
    }
    feed->delimiter = find_delimiter(feed);
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
    feed->text_room = 4096;
    feed->text = malloc(feed->text_room);
    feed->block = malloc(BLOCK_BYTES);
    feed->offsets = calloc(COLUMNS_MAX + 1, sizeof *feed->offsets);
    if (!feed->arena || !feed->text || !feed->block || !feed->offsets) {
        error_no_memory(err);
        goto done;
    }
    struct row header = {0};
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
