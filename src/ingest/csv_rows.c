/* SPDX-License-Identifier: MIT */
#include "ingest/csv_rows.h"

#include <stdlib.h>
#include <string.h>

enum { ROW_BYTES_MAX = 16 * 1024 * 1024, BLOCK_BYTES = 1 << 18 };

bool csv_rows_open(struct csv_rows *rows, struct error *err)
{
    rows->text_room = 4096;
    rows->text = malloc(rows->text_room);
    rows->block = malloc(BLOCK_BYTES);
    rows->offsets = calloc(CSV_COLUMNS_MAX + 1, sizeof *rows->offsets);
    return (rows->text && rows->block && rows->offsets) || error_no_memory(err);
}

void csv_rows_close(struct csv_rows *rows)
{
    if (rows->file) {
        fclose(rows->file);
    }
    feed_sheet_close(rows->sheet);
    free(rows->block);
    free(rows->text);
    free(rows->offsets);
}

static int next_byte(struct csv_rows *rows)
{
    if (rows->block_at == rows->block_end) {
        rows->block_end = fread(rows->block, 1, BLOCK_BYTES, rows->file);
        rows->block_at = 0;
        if (rows->block_end == 0) {
            return EOF;
        }
    }
    return (unsigned char)rows->block[rows->block_at++];
}

static int peek_byte(struct csv_rows *rows)
{
    int byte = next_byte(rows);
    if (byte != EOF) {
        rows->block_at--;
    }
    return byte;
}

void csv_rows_rewind(struct csv_rows *rows)
{
    if (rows->sheet) {
        feed_sheet_rewind(rows->sheet);
        return;
    }
    rewind(rows->file);
    rows->block_at = 0;
    rows->block_end = 0;
    rows->ended = false;
    if (peek_byte(rows) == 0xef && rows->block_end >= 3 && memcmp(rows->block, "\xef\xbb\xbf", 3) == 0) {
        rows->block_at = 3;
    }
}

static bool too_long(const struct csv_rows *rows, struct error *err)
{
    error_tell(err, ERROR_INVALID, "IMP-060",
               "line %lld is longer than 16 MB or has more than %d columns: is a quotation mark missing before it?",
               "la línea %lld mide más de 16 MB o tiene más de %d columnas: ¿falta una comilla antes?",
               (long long)rows->row + 1, (int)CSV_COLUMNS_MAX);
    return false;
}

static bool put_byte(struct csv_rows *rows, size_t *length, char byte, struct error *err)
{
    if (*length + 1 >= rows->text_room) {
        if (rows->text_room >= ROW_BYTES_MAX) {
            return too_long(rows, err);
        }
        char *larger = realloc(rows->text, rows->text_room * 2);
        if (!larger) {
            return error_no_memory(err);
        }
        rows->text = larger;
        rows->text_room *= 2;
    }
    rows->text[(*length)++] = byte;
    return true;
}

static bool read_sheet_row(struct csv_rows *rows, struct csv_row *out_row, bool *out_end, struct error *err)
{
    if (!feed_sheet_next(rows->sheet, rows->cells, CSV_COLUMNS_MAX, &out_row->count, out_end, err)) {
        return false;
    }
    out_row->cells = rows->cells;
    out_row->quoted = rows->quoted;
    out_row->any = false;
    for (size_t i = 0; !*out_end && i < out_row->count; i++) {
        out_row->any |= rows->cells[i].length > 0;
    }
    return true;
}

/* Splits the next line (or lines, where quotes hold line ends) into cells; `*out_end` when there is none. */
bool csv_rows_next(struct csv_rows *rows, struct csv_row *out_row, bool *out_end, struct error *err)
{
    if (rows->sheet) {
        return read_sheet_row(rows, out_row, out_end, err);
    }
    size_t length = 0;
    size_t count = 0;
    int byte = next_byte(rows);
    *out_end = byte == EOF;
    if (byte == EOF) {
        return true;
    }
    rows->offsets[0] = 0;
    rows->quoted[0] = false;
    bool in_quotes = false;
    bool at_start = true;
    for (;; byte = next_byte(rows)) {
        if (in_quotes) {
            if (byte == EOF) {
                error_tell(err, ERROR_INVALID, "IMP-060", "a quotation mark opened in line %lld is never closed",
                           "una comilla abierta en la línea %lld nunca se cierra", (long long)rows->row + 1);
                return false;
            }
            if (byte == '"' && peek_byte(rows) == '"') {
                next_byte(rows);
            } else if (byte == '"') {
                in_quotes = false;
                continue;
            }
            if (!put_byte(rows, &length, (char)byte, err)) {
                return false;
            }
            continue;
        }
        if (byte == '"' && at_start) {
            in_quotes = true;
            at_start = false;
            rows->quoted[count] = true;
            continue;
        }
        if (byte == '\r' && (peek_byte(rows) == '\n' || peek_byte(rows) == EOF)) {
            continue;
        }
        if (byte == EOF || byte == '\n' || byte == '\r') {
            break;
        }
        if (byte == rows->delimiter) {
            if (!put_byte(rows, &length, '\0', err)) {
                return false;
            }
            if (++count == CSV_COLUMNS_MAX) {
                return too_long(rows, err);
            }
            rows->offsets[count] = length;
            rows->quoted[count] = false;
            at_start = true;
            continue;
        }
        at_start = false;
        if (!put_byte(rows, &length, (char)byte, err)) {
            return false;
        }
    }
    count++;
    out_row->any = false;
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? rows->offsets[i + 1] - 1 : length;
        rows->cells[i] = (struct text){rows->text + rows->offsets[i], end - rows->offsets[i]};
        out_row->any |= rows->cells[i].length > 0;
    }
    out_row->cells = rows->cells;
    out_row->quoted = rows->quoted;
    out_row->count = count;
    return true;
}
