/* SPDX-License-Identifier: MIT */
#pragma once
/* Labels: which are shown and where, decided for squares of the world and not for tiles, so that every tile that a
 * label touches shows the same (docs/labels.md).
 *
 * At each whole style zoom the world is cut into squares of LABEL_SQUARE_PX CSS pixels. Labels near the corners of a
 * square are placed first, then those that cross its edges, then those inside; blocks of one stage cannot touch, so
 * each square can be planned on its own and all agree. A label longer than LABEL_REACH_PX CSS pixels is not placed. */

#include "render/render.h"

enum { LABEL_SQUARE_PX = 2048, LABEL_REACH_PX = 512 };

/* One square at one zoom. */
struct label_square {
    int32_t zoom;   /* whole style zoom */
    int64_t column; /* from the world's left edge; wraps around */
    int64_t row;
};

/* The squares a view touches, at most 4 for a tile. A view of fractional zoom uses floor(zoom). */
size_t label_squares_of_view(const struct view *view, struct label_square *out_squares, size_t capacity);

/* What planning a square needs: features around it (the square and the reach of labels of its neighbours' edges). */
bool label_needs(const struct style *style, struct label_square square, struct arena *arena,
                 struct render_need **out_needs, size_t *out_count, struct error *err);

/* Places the labels of a square. The plan is immutable, may be shared between threads, and is destroyed by the caller.
 * True with an empty plan when the style has no symbol layer at this zoom. */
bool label_plan_create(struct painter *painter, const struct style *style, const struct render_assets *assets,
                       struct label_square square, const struct render_input *inputs, size_t input_count,
                       struct arena *arena, struct label_plan **out_plan, struct error *err);
void label_plan_destroy(struct label_plan *plan);
/* Bytes it occupies: for a bounded cache. */
size_t label_plan_size(const struct label_plan *plan);
size_t label_plan_count(const struct label_plan *plan);

/* Paints the labels of one symbol layer that touch the view, each once although several of the plans may hold it, in an
 * order that does not depend on the view. Called by render_paint, with the plans of label_squares_of_view (or with the
 * single plan of label_plan_create_for_view). */
bool label_plans_paint(const struct label_plan *const *plans, size_t plan_count, struct painter *painter,
                       const struct render_assets *assets, const struct style_layer *layer, const struct view *view,
                       struct canvas *canvas, struct error *err);
/* A hash of everything that painting the plans into the view would show: views of equal prints show equal labels. Never
 * 0. False: memory is out. */
bool label_plans_print(const struct label_plan *const *plans, size_t plan_count, const struct style *style,
                       const struct view *view, uint64_t *out_print);
/* label_plans_paint for one plan: only right where the view touches no other square. */
bool label_plan_paint(const struct label_plan *plan, struct painter *painter, const struct render_assets *assets,
                      const struct style_layer *layer, const struct view *view, struct canvas *canvas,
                      struct error *err);

/* One picture that is not a tile: labels placed at the view's own zoom, fractional or not, all together and in
 * MapLibre's order, none of it shared with other pictures. */
bool label_needs_of_view(const struct style *style, const struct view *view, struct arena *arena,
                         struct render_need **out_needs, size_t *out_count, struct error *err);
bool label_plan_create_for_view(struct painter *painter, const struct style *style, const struct render_assets *assets,
                                const struct view *view, const struct render_input *inputs, size_t input_count,
                                struct arena *arena, struct label_plan **out_plan, struct error *err);

/* What became of the candidates, for measurements and checks. */
struct label_stats {
    size_t candidates; /* labels that were tried */
    size_t placed;     /* those that are shown, or would be beside the square */
    size_t too_long;   /* not tried: longer than LABEL_REACH_PX */
    size_t collided;   /* no room */
    size_t repeated;   /* the same text stands close by on another piece of the line */
};
struct label_stats label_plan_stats(const struct label_plan *plan);
