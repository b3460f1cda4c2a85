/* SPDX-License-Identifier: MIT */
#pragma once
/* Tiles that cost nothing and can be held up, in place of tile_make at link time. The bytes of a tile name it:
 * "base 3/1/2 256@1 png". Tiles of zoom 21 fail; those of zoom 20 are 100 kB long. */

#include <stdbool.h>

/* While held, every worker that makes a tile or picture waits. */
void fake_tiles_hold(bool held);
/* How many were made since the start; how many are being made. */
int fake_tiles_made(void);
int fake_tiles_running(void);
