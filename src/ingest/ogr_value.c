/* SPDX-License-Identifier: MIT */
#include "ingest/ogr_value.h"

#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct value date_value(OGRFeatureH feature, int column, enum field_type type, struct arena *arena)
{
    int year;
    int month;
    int day;
    int hour;
    int minute;
    int zone;
    float second;
    if (!OGR_F_GetFieldAsDateTimeEx(feature, column, &year, &month, &day, &hour, &minute, &second, &zone)) {
        return value_null();
    }
    char text[64];
    if (type == FIELD_DATE) {
        snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        return value_of_string(arena_strdup(arena, text));
    }
    int whole = (int)second;
    int thousandths = (int)((second - (float)whole) * 1000 + 0.5f);
    if (thousandths >= 1000) {
        thousandths = 999;
    }
    size_t length = 0;
    if (type == FIELD_DATETIME) {
        length = (size_t)snprintf(text, sizeof text, "%04d-%02d-%02dT", year, month, day);
    }
    length += (size_t)snprintf(text + length, sizeof text - length, "%02d:%02d:%02d", hour, minute, whole);
    if (thousandths > 0) {
        length += (size_t)snprintf(text + length, sizeof text - length, ".%03d", thousandths);
    }
    /* OGR's flag: 0 unknown, 1 local, 100 UTC, each step 15 minutes. */
    if (type == FIELD_DATETIME && zone == 100) {
        snprintf(text + length, sizeof text - length, "Z");
    } else if (type == FIELD_DATETIME && zone > 1) {
        int minutes = (zone - 100) * 15;
        snprintf(text + length, sizeof text - length, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
                 abs(minutes) % 60);
    }
    return value_of_string(arena_strdup(arena, text));
}

static struct value logical_value(const char *text)
{
    switch (text[0]) {
    case 'T':
    case 't':
    case 'Y':
    case 'y':
    case 'S': /* sí */
    case 's':
    case '1':
        return value_of_bool(true);
    case 'F':
    case 'f':
    case 'N':
    case 'n':
    case '0':
        return value_of_bool(false);
    default:
        return value_null();
    }
}

static const struct shapefile_cell *find_bad_cell(const struct feed_ogr *feed, int64_t row, int column)
{
    size_t low = 0;
    size_t high = feed->bad_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct shapefile_cell *cell = &feed->bad_cells[middle];
        if (cell->row < row || (cell->row == row && (int)cell->column < column)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < feed->bad_count && feed->bad_cells[low].row == row && (int)feed->bad_cells[low].column == column;
    return found ? &feed->bad_cells[low] : NULL;
}

/* "Torre\U+00F3n": how drawings write what their code page lacks. What it stands for is never longer. */
static void unescape_drawing(char *text)
{
    size_t put = 0;
    for (size_t at = 0; text[at] != '\0';) {
        if (strncmp(text + at, "\\U+", 3) == 0 && strspn(text + at + 3, "0123456789abcdefABCDEF") >= 4) {
            const char digits[] = {text[at + 3], text[at + 4], text[at + 5], text[at + 6], '\0'};
            uint32_t code = (uint32_t)strtoul(digits, NULL, 16);
            bool plain = code >= 0x20 && (code < 0xd800 || code > 0xdfff);
            put += text_put_code_point(plain ? code : 0xfffd, text + put);
            at += 7;
        } else {
            text[put++] = text[at++];
        }
    }
    text[put] = '\0';
}

struct value ogr_value_of(const struct feed_ogr *feed, void *feature, size_t i, struct arena *arena)
{
    int column = feed->columns[i];
    const struct shapefile_cell *bad = feed->bad_count > 0 ? find_bad_cell(feed, OGR_F_GetFID(feature), column) : NULL;
    enum field_type type = feed->base.info.fields[i].type;
    if (bad && bad->meaning == SHAPEFILE_DATE && type == FIELD_DATE) {
        return value_of_string(arena_strdup(arena, bad->text));
    }
    if (bad) {
        bool number = bad->meaning == SHAPEFILE_COMMA || bad->meaning == SHAPEFILE_FRACTION;
        return number ? value_of_real(bad->number) : value_null();
    }
    if (!OGR_F_IsFieldSetAndNotNull(feature, column)) {
        return value_null();
    }
    switch (type) {
    case FIELD_INTEGER:
        return value_of_int(OGR_F_GetFieldAsInteger64(feature, column));
    case FIELD_BOOLEAN:
        if (!feed->logical[i]) {
            return value_of_bool(OGR_F_GetFieldAsInteger(feature, column) != 0);
        }
        return logical_value(OGR_F_GetFieldAsString(feature, column));
    case FIELD_REAL:
        return value_of_real(OGR_F_GetFieldAsDouble(feature, column));
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        return date_value(feature, column, type, arena);
    case FIELD_STRING:
        break;
    }
    char *copy = arena_strdup(arena, OGR_F_GetFieldAsString(feature, column));
    if (copy && feed->format == SOURCE_DXF) {
        unescape_drawing(copy);
    }
    return value_of_string(copy);
}
