/* SPDX-License-Identifier: MIT */
#pragma once
/* Well-known binary for tests, written from well-known text with two numbers a vertex: "POLYGON((0 0,1 0,1 1,0 0))". */

#include "base/buffer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static inline void wkb_put_u32(struct buffer *out, uint32_t number)
{
    buffer_append(out, &number, 4);
}

static inline void wkb_put_run(const char **at, struct buffer *out, bool counted)
{
    size_t where = out->length;
    uint32_t count = 0;
    if (counted) {
        wkb_put_u32(out, 0);
    }
    (*at)++; /* ( */
    for (;;) {
        char *end;
        double xy[2] = {strtod(*at, &end), 0};
        xy[1] = strtod(end, &end);
        buffer_append(out, xy, sizeof xy);
        count++;
        *at = end + 1;
        if (*end == ')') {
            break;
        }
    }
    if (counted) {
        memcpy(out->data + where, &count, 4);
    }
}

static inline void wkb_put(const char **at, struct buffer *out);

/* `depth` levels of brackets around runs: polygons have one. */
static inline void wkb_put_list(const char **at, struct buffer *out, uint32_t member_type)
{
    size_t where = out->length;
    uint32_t count = 0;
    wkb_put_u32(out, 0);
    (*at)++;
    for (;;) {
        if (member_type != 0) {
            buffer_append_byte(out, 1);
            wkb_put_u32(out, member_type);
        }
        if (member_type == 3) {
            wkb_put_list(at, out, 0);
        } else {
            wkb_put_run(at, out, member_type != 1);
        }
        count++;
        if (*(*at)++ == ')') {
            break;
        }
    }
    memcpy(out->data + where, &count, 4);
}

static inline void wkb_put(const char **at, struct buffer *out)
{
    static const char *const names[] = {"POINT(",      "LINESTRING(",      "POLYGON(",
                                        "MULTIPOINT(", "MULTILINESTRING(", "MULTIPOLYGON("};
    for (uint32_t type = 1; type <= 6; type++) {
        size_t length = strlen(names[type - 1]) - 1;
        if (strncmp(*at, names[type - 1], length + 1) != 0) {
            continue;
        }
        *at += length;
        buffer_append_byte(out, 1);
        wkb_put_u32(out, type);
        if (type <= 2) {
            wkb_put_run(at, out, type == 2);
        } else {
            wkb_put_list(at, out, type == 3 ? 0 : type - 3);
        }
        return;
    }
    abort();
}

/* The caller finishes the buffer. */
static inline struct buffer wkb_of(const char *wkt)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    wkb_put(&wkt, &out);
    return out;
}
