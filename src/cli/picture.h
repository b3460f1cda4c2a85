/* SPDX-License-Identifier: MIT */
#pragma once
/* What the commands that draw share: a worker, the catalog, and how tiles and maps are named. */

#include "tile/tile_worker.h"

struct picture_desk {
    struct tile_worker worker;
    struct catalog *catalog;
    const struct sprite *images; /* of a style that is not in the catalog */
    const char *styles_folder;
};

/* Opens the store and reads the styles; tells styles that cannot be read on stderr. */
bool picture_desk_open(struct picture_desk *desk, const char *data_folder, const char *styles_folder,
                       struct error *err);
void picture_desk_close(struct picture_desk *desk);

/* The style of the map `name`, or of the file when the name ends in ".json" (then `*out_own` is the caller's to unref,
 * and its images come from the folder "icons" beside it, or else from that of the styles folder). */
bool picture_desk_style(struct picture_desk *desk, const char *name, struct style **out_own,
                        const struct style **out_style, struct error *err);

enum { PICTURE_PATH_BYTES = 4096 };
/* The folder "icons" beside a style file; false when the path is too long. */
bool picture_icons_beside(const char *style_path, char out[PICTURE_PATH_BYTES]);

/* "14/3490/6963" */
bool picture_parse_tile(const char *text, struct tile_id *out_tile, struct error *err);
