/* SPDX-License-Identifier: MIT */
/* Vector tiles of others: damaged ones must be refused or read within their bounds, and what is read must hold its
 * promises. */
#include "render/mvt_read.h"

#include <stdlib.h>

enum { ARENA_BYTES_MAX = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise) {
        abort();
    }
}

static void check_feature(const struct mvt_tile_layer *layer, const struct feature *feature)
{
    const struct geometry *geometry = &feature->geometry;
    uint32_t start = 0;
    bool has_shell = false;
    for (uint32_t p = 0; p < geometry->part_count; p++) {
        uint32_t end = geometry->parts[p].end;
        uint32_t least = geometry->kind == GEOMETRY_POLYGON ? 4 : geometry->kind == GEOMETRY_LINE ? 2 : 1;
        require(end >= start + least);
        has_shell = has_shell || !geometry->parts[p].is_hole;
        require(has_shell);
        if (geometry->kind == GEOMETRY_POLYGON) {
            require(geometry->points[start].x == geometry->points[end - 1].x &&
                    geometry->points[start].y == geometry->points[end - 1].y);
        }
        start = end;
    }
    require(start == geometry->vertex_count);
    for (uint32_t i = 0; i < geometry->vertex_count; i++) {
        require(geometry->points[i].x >= feature->box.min_x && geometry->points[i].x <= feature->box.max_x &&
                geometry->points[i].y >= feature->box.min_y && geometry->points[i].y <= feature->box.max_y);
    }
    for (size_t i = 0; i < layer->features.field_count; i++) {
        require(feature->values[i].type <= VALUE_STRING);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    struct mvt_tile_layer *layers;
    size_t count;
    struct error err;
    if (arena && mvt_read(data, size, arena, &layers, &count, &err)) {
        for (size_t i = 0; i < count; i++) {
            require(layers[i].name && layers[i].extent > 0 && layers[i].version > 0);
            for (size_t f = 0; f < layers[i].features.count; f++) {
                check_feature(&layers[i], &layers[i].features.features[f]);
            }
        }
    }
    arena_destroy(arena);
    return 0;
}
