/* SPDX-License-Identifier: MIT */
#pragma once
/* The points of a geometry in the bytes of cells, read number by number as docs/store.md has them: what the quick ways
 * of store/cell_steps.h are held against. For bytes that cell_get_geometry has taken. */

#include "store/cell.h"

static inline uint64_t plain_varint(const unsigned char **at)
{
    uint64_t value = 0;
    for (unsigned i = 0;; i++) {
        uint64_t byte = *(*at)++;
        value |= (byte & 127) << (7 * i);
        if (byte < 128) {
            return value;
        }
    }
}

static inline uint64_t plain_signed_varint(const unsigned char **at)
{
    uint64_t value = plain_varint(at);
    return value >> 1 ^ (0 - (value & 1));
}

static inline uint64_t plain_step(const unsigned char **at, unsigned width)
{
    if (width == 0) {
        return plain_signed_varint(at);
    }
    int step = width == 1 ? (int8_t)(*at)[0] : (int16_t)(uint16_t)((*at)[0] | (*at)[1] << 8);
    *at += width;
    return (uint64_t)(int64_t)step;
}

static inline int32_t plain_unit(uint64_t place, unsigned shift)
{
    int64_t unit = (int64_t)(place << shift);
    return unit > INT32_MAX ? INT32_MAX : unit < INT32_MIN ? INT32_MIN : (int32_t)unit;
}

/* True when the bytes say what was read of them. */
static inline bool plain_geometry_is(const unsigned char *at, unsigned shift, uint32_t part_count,
                                     const struct shape_part *read_parts, const struct world_point *read_points)
{
    uint64_t parts = plain_varint(&at);
    unsigned width = 0;
    uint64_t lone = 0;
    if (parts == 0) {
        uint64_t head = plain_varint(&at);
        width = head & 2 ? 2 : 1;
        lone = head & 1 ? head >> 2 : 0;
        parts = head & 1 ? 1 : head >> 2;
    }
    bool same = parts == part_count;
    uint64_t end = 0;
    for (uint64_t p = 0; same && p < parts; p++) {
        uint64_t size = lone > 0 ? lone << 1 : plain_varint(&at);
        end += size >> 1;
        same = read_parts[p].end == end && read_parts[p].is_hole == (size & 1);
    }
    uint64_t x = 0;
    uint64_t y = 0;
    for (uint64_t i = 0; same && i < end; i++) {
        x += plain_step(&at, i > 0 ? width : 0);
        y += plain_step(&at, i > 0 ? width : 0);
        same = read_points[i].x == plain_unit(x, shift) && read_points[i].y == plain_unit(y, shift);
    }
    return same;
}
