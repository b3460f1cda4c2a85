/* SPDX-License-Identifier: MIT */
#include "render/feature_shape.h"

#include <math.h>

enum { UNITS = 8192, WHOLE_ZOOM = 18 };

const struct style_shape *feature_shape_make(const struct render_input *input, const struct feature *feature,
                                             struct arena *arena)
{
    const struct geometry *geometry = &feature->geometry;
    struct style_shape *shape = arena_alloc(arena, sizeof *shape);
    struct style_point *points = arena_array(arena, geometry->vertex_count, sizeof *points);
    size_t *ends = arena_array(arena, geometry->part_count, sizeof *ends);
    if (!shape || !points || !ends || geometry->vertex_count == 0) {
        return NULL;
    }
    double first_x;
    double first_y;
    render_input_place(input, feature, geometry->points[0], &first_x, &first_y);
    double world = (double)GRID_WORLD_UNITS;
    double size = world / exp2(WHOLE_ZOOM);
    if (input->frame) {
        const struct world_box *bounds = &input->frame->bounds;
        size = (double)(bounds->max_x - bounds->min_x);
        first_x = (double)bounds->min_x;
        first_y = (double)bounds->min_y;
    }
    double column = floor((first_x + world / 2) / size);
    double row = floor((first_y + world / 2) / size);
    double left = column * size - world / 2;
    double top = row * size - world / 2;
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        double x;
        double y;
        render_input_place(input, feature, geometry->points[i], &x, &y);
        points[i] = (struct style_point){floor((x - left) / size * UNITS + 0.5), floor((y - top) / size * UNITS + 0.5)};
    }
    for (uint32_t i = 0; i < geometry->part_count; i++) {
        ends[i] = geometry->parts[i].end;
    }
    double tiles = world / size;
    *shape = (struct style_shape){.tile_z = (uint32_t)lround(log2(tiles)),
                                  .tile_x = (uint32_t)(column - floor(column / tiles) * tiles),
                                  .tile_y = (uint32_t)fmax(0, row),
                                  .part_count = geometry->part_count,
                                  .part_ends = ends,
                                  .points = points};
    return shape;
}
