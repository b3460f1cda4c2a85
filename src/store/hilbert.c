/* SPDX-License-Identifier: MIT */
#include "store/hilbert.h"

static uint32_t middle(int64_t low, int64_t high)
{
    return (uint32_t)((low + high) / 2) ^ UINT32_C(0x80000000);
}

uint64_t hilbert_key(const struct world_box *box)
{
    uint32_t x = middle(box->min_x, box->max_x);
    uint32_t y = middle(box->min_y, box->max_y);
    uint64_t key = 0;
    for (int bit = 31; bit >= 0; bit--) {
        uint32_t right = x >> bit & 1;
        uint32_t down = y >> bit & 1;
        key = key << 2 | ((3 * right) ^ down);
        if (!down) {
            uint32_t flip = 0 - right; /* all ones when the quadrant is mirrored */
            uint32_t swapped = x ^ flip;
            x = y ^ flip;
            y = swapped;
        }
    }
    return key;
}
