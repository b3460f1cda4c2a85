/* SPDX-License-Identifier: MIT */
#include "ingest/csv_geometry.h"

#include "ingest/csv_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct text csv_geometry_cell(struct text cell)
{
    cell = csv_value_trimmed(cell);
    bool marked = cell.length > 2 && (cell.data[0] == '0' || cell.data[0] == '\\') &&
                  (cell.data[1] == 'x' || cell.data[1] == 'X');
    return marked ? (struct text){cell.data + 2, cell.length - 2} : cell;
}

unsigned csv_geometry_srid(struct text text)
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

bool csv_geometry_place(struct text cell, double *out_x, double *out_y)
{
    const char *comma = cell.length > 0 ? memchr(cell.data, ',', cell.length) : NULL;
    if (!comma) {
        return false;
    }
    struct text first = csv_value_trimmed((struct text){cell.data, (size_t)(comma - cell.data)});
    struct text second = csv_value_trimmed((struct text){comma + 1, (size_t)(cell.data + cell.length - comma - 1)});
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
