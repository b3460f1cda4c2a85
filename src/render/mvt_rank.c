/* SPDX-License-Identifier: MIT */
#include "render/mvt_rank.h"

#include "base/hash.h"

#include <string.h>

enum { RANK_STEP_LOG2 = 4, RANKS = 128 << RANK_STEP_LOG2 }; /* sixteen ranks for each doubling */

/* The logarithm of `number` (1 or more) to the base of two, in steps of 2^-RANK_STEP_LOG2: a float's exponent and the
 * first bits of its fraction, which bend a little where a logarithm does not. */
static unsigned log2_steps(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return (bits >> (23 - RANK_STEP_LOG2)) - (127U << RANK_STEP_LOG2);
}

/* A power of two, so that multiplying by it is exact. */
static double px_per_unit(uint32_t z)
{
    return MVT_TILE_PX / (double)tile_width(z);
}

/* How much speaks for a feature: the logarithm of its size in pixels (points have none), and chance, which adds n or
 * more with a probability of one in 2^n. Of things of one size half have one more than the least, a quarter two more,
 * and what is twice as large is twice as likely to stay. It is the feature's own in every tile of a zoom. */
static unsigned feature_rank(const struct feature *feature, double scale)
{
    const struct world_box *box = &feature->box;
    double width = (double)(box->max_x - box->min_x) * scale;
    double height = (double)(box->max_y - box->min_y) * scale;
    double size = feature->geometry.kind == GEOMETRY_POLYGON ? width * height
                  : feature->geometry.kind == GEOMETRY_LINE  ? width + height
                                                             : 0;
    uint64_t hash = hash_mix(0, (uint64_t)feature->row) >> 32;
    unsigned chance = (32U << RANK_STEP_LOG2) - log2_steps((float)(hash | 1));
    unsigned rank = log2_steps((float)(size < 1e12 ? 1 + size : 1e12)) + chance;
    return rank < RANKS ? rank : RANKS - 1;
}

/* Two bytes a vertex, and for each value its key, its number and something of itself. */
size_t mvt_rank_weight(const struct mvt_layer *layer, const struct feature *feature)
{
    return 8 + (size_t)2 * feature->geometry.vertex_count + 8 * layer->features.field_count;
}

unsigned mvt_rank_of_share(const struct mvt_layer *layer, struct tile_id tile, double share)
{
    size_t counts[RANKS] = {0};
    double weights[RANKS] = {0};
    size_t left = layer->features.count;
    double weight = 0;
    double scale = px_per_unit(tile.z);
    for (size_t i = 0; i < layer->features.count; i++) {
        const struct feature *feature = &layer->features.features[i];
        unsigned rank = feature_rank(feature, scale);
        double own = (double)mvt_rank_weight(layer, feature);
        counts[rank]++;
        weights[rank] += own;
        weight += own;
    }
    double wanted = share * weight;
    unsigned rank = 0;
    while (rank < RANKS - 1 && weight > wanted && left > counts[rank]) {
        left -= counts[rank];
        weight -= weights[rank++];
    }
    return rank;
}

size_t mvt_rank_choose(const struct feature_list *list, struct tile_id tile, unsigned rank_min, uint32_t *out_kept)
{
    double scale = px_per_unit(tile.z);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        out_kept[count] = (uint32_t)i;
        count += rank_min == 0 || feature_rank(&list->features[i], scale) >= rank_min;
    }
    return count;
}
