/* SPDX-License-Identifier: MIT */
#include "tile/tile_order.h"

uint64_t tile_order_first(uint32_t z)
{
    return (((uint64_t)1 << (2 * z)) - 1) / 3;
}

/* Turns the quarter in which a point lies so that the curve goes on from the one before (Hilbert curve, d to x, y and
 * back as in PMTiles specification 3, section 4.1.1). */
static void turn(uint64_t side, uint64_t *x, uint64_t *y, uint64_t right, uint64_t down)
{
    if (down != 0) {
        return;
    }
    if (right != 0) {
        *x = side - 1 - *x;
        *y = side - 1 - *y;
    }
    uint64_t swapped = *x;
    *x = *y;
    *y = swapped;
}

uint64_t tile_order_id(struct tile_id tile)
{
    uint64_t x = tile.x;
    uint64_t y = tile.y;
    uint64_t place = 0;
    for (uint64_t side = ((uint64_t)1 << tile.z) / 2; side > 0; side /= 2) {
        uint64_t right = (x & side) > 0;
        uint64_t down = (y & side) > 0;
        place += side * side * ((3 * right) ^ down);
        x &= side - 1;
        y &= side - 1;
        turn(side, &x, &y, right, down);
    }
    return tile_order_first(tile.z) + place;
}

bool tile_order_tile(uint64_t id, struct tile_id *out_tile)
{
    uint32_t z = 0;
    while (z <= TILE_ORDER_ZOOM_MAX && tile_order_first(z + 1) <= id) {
        z++;
    }
    if (z > TILE_ORDER_ZOOM_MAX) {
        return false;
    }
    uint64_t place = id - tile_order_first(z);
    uint64_t x = 0;
    uint64_t y = 0;
    for (uint64_t side = 1; side < (uint64_t)1 << z; side *= 2) {
        uint64_t right = (place / 2) & 1;
        uint64_t down = (place ^ right) & 1;
        turn(side, &x, &y, right, down);
        x += side * right;
        y += side * down;
        place /= 4;
    }
    *out_tile = (struct tile_id){z, (uint32_t)x, (uint32_t)y};
    return true;
}
