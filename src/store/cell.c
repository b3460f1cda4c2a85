/* SPDX-License-Identifier: MIT */
/* Bands, the keys of rows, and the nodes of the tree. */
#include "store/cell.h"

#include "store/cell_number.h"

#include <math.h>

enum { FORMAT_NODE = 0xA1, NODE_HEAD_BYTES = 10, NODE_BOX_BYTES = 16 };

static const int64_t bits_40 = CELL_ROW_MAX;

/* Of each band but the last, which has full precision: the deepest style zoom, and the bits that its grid drops. The
 * grid is an eighth of a CSS pixel at that zoom; finer at 11, so that an area as small as a house block is true. */
static const struct {
    unsigned char zoom;
    unsigned char shift;
} bands[CELL_BAND_FULL] = {{2, 18}, {3, 17}, {4, 16},  {5, 15}, {6, 14}, {7, 13},
                           {8, 12}, {9, 11}, {10, 10}, {11, 7}, {13, 7}};

unsigned cell_band(double zoom)
{
    unsigned band = 0;
    while (band < CELL_BAND_FULL && zoom > bands[band].zoom) {
        band++;
    }
    return band;
}

unsigned cell_band_made(unsigned made, unsigned band)
{
    while (band < CELL_BAND_FULL && !(made >> band & 1)) {
        band++;
    }
    return band;
}

unsigned cell_shift(unsigned band)
{
    return band < CELL_BAND_FULL ? bands[band].shift : 0;
}

/* At style zoom s a CSS pixel is 2^(23-s) units wide. */
unsigned cell_pixel_log2(unsigned band)
{
    return 23U - bands[band].zoom;
}

double cell_tolerance(unsigned band, enum geometry_kind kind)
{
    if (band >= CELL_BAND_FULL) {
        return 0;
    }
    double grid = (double)(1U << bands[band].shift);
    return kind == GEOMETRY_LINE ? ldexp(1.0 / 8, (int)cell_pixel_log2(band)) : grid;
}

int64_t cell_node_id(int64_t serial, unsigned band, unsigned level, uint64_t index)
{
    return serial << 40 | (int64_t)band << 36 | (int64_t)level << 34 | (int64_t)index;
}

int64_t cell_item_id(int64_t serial, int64_t row)
{
    return serial << 40 | (row & bits_40);
}

/* --- the tree --- */

void cell_put_node(struct buffer *out, int64_t stamp, unsigned child_level, const struct cell_box *boxes, size_t count)
{
    unsigned char head[NODE_HEAD_BYTES] = {FORMAT_NODE, (unsigned char)child_level};
    put_u64(head + 2, (uint64_t)stamp);
    buffer_append(out, head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        unsigned char bytes[NODE_BOX_BYTES];
        put_u32(bytes, (uint32_t)boxes[i].min_x);
        put_u32(bytes + 4, (uint32_t)boxes[i].min_y);
        put_u32(bytes + 8, (uint32_t)boxes[i].max_x);
        put_u32(bytes + 12, (uint32_t)boxes[i].max_y);
        buffer_append(out, bytes, sizeof bytes);
    }
}

enum cell_result cell_get_node(struct text bytes, unsigned level, struct cell_node *out_node)
{
    const unsigned char *start = (const unsigned char *)bytes.data;
    if (bytes.length < NODE_HEAD_BYTES || start[0] != FORMAT_NODE || start[1] >= level) {
        return CELL_DAMAGED;
    }
    size_t rest = bytes.length - NODE_HEAD_BYTES;
    if (rest % NODE_BOX_BYTES != 0 || rest / NODE_BOX_BYTES > CELL_FANOUT) {
        return CELL_DAMAGED;
    }
    *out_node =
        (struct cell_node){(int64_t)get_u64(start + 2), start[1], rest / NODE_BOX_BYTES, start + NODE_HEAD_BYTES};
    return CELL_OK;
}

struct cell_box cell_node_box(const struct cell_node *node, size_t index)
{
    const unsigned char *bytes = node->boxes + index * NODE_BOX_BYTES;
    return (struct cell_box){(int32_t)get_u32(bytes), (int32_t)get_u32(bytes + 4), (int32_t)get_u32(bytes + 8),
                             (int32_t)get_u32(bytes + 12)};
}
