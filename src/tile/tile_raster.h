/* SPDX-License-Identifier: MIT */
#pragma once
/* Raster layers for a picture: which of their tiles it needs, and a tile of a layer by itself. */

#include "tile/tile_worker.h"

/* The pieces of `layer` that `need` wants for `view`, in the worker's arena. None when the layer has no raster. */
bool tile_raster_find(struct tile_worker *worker, const struct store_layer *layer, const struct render_need *need,
                      const struct view *view, struct render_input *out_input, struct error *err);

/* A tile of a raster layer as PNG: imagery as it is; elevation in the code of raster-dem sources ("mapbox"), where
 * unknown ground lies at 0 m. Elevation is given in its own tiles only: 256 px, up to the layer's zoom_max. */
bool tile_raster_make(struct tile_worker *worker, const struct store_layer *layer, const struct tile_request *request,
                      struct buffer *out, struct error *err);
