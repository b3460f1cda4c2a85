/* SPDX-License-Identifier: MIT */
#pragma once
/* The icons and patterns an operator keeps as files. In the folder and in the folders right below it:
 *
 *   hospital.svg            the image "hospital", rasterised for pixel ratios 1 and 2
 *   logo.png, logo@2x.png   "logo" as it is
 *   pin.sdf.svg             "pin" as a distance field: it takes icon-color and a halo
 *   pin.sdf.png             the same, made by another program
 *   old.json, old.png       a sheet: its images are called "old:NAME" (and old@2x.json, old@2x.png)
 *   maki/hospital.svg       "maki:hospital"
 */

#include "draw/sprite.h"

/* Told of a file that is left out. */
typedef void sprite_folder_problem(void *context, const char *path, const struct error *problem);

/* Whether an image of this name is of use: drawings take time. Sheets are read in any case. */
typedef bool sprite_folder_wanted(const void *wishes, struct text name);

/* Adds those that are wanted (NULL: all) to `sprite`. A folder that is not there has none. False only when memory is
 * out or there are too many. */
bool sprite_folder_read(const char *folder, struct sprite *sprite, sprite_folder_wanted *wanted, const void *wishes,
                        sprite_folder_problem *on_problem, void *context, struct error *err);
/* Names, sizes and times of the files as one number; 0 without a folder. */
uint64_t sprite_folder_fingerprint(const char *folder);
