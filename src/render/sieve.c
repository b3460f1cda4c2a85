/* SPDX-License-Identifier: MIT */
#include "render/sieve.h"

#include "base/text.h"
#include "render/label_candidate.h"

#include <math.h>

/* A style layer whose filter looks at attributes only. */
struct mesh {
    const struct style_layer *layer;
    int32_t *slots;
};

struct render_sieve {
    bool *columns;
    bool reads_ids;
    bool shows_all; /* a layer has no filter, or one that sees more than attributes */
    struct mesh *meshes;
    size_t mesh_count;
    const struct text *names;
    size_t name_count;
    struct style_scope scope;
};

static bool is_of(const struct style_layer *layer, const struct render_need *need)
{
    const struct style_layer_info *info = style_layer_info(layer);
    if (!info->source || !text_same_string(info->source, need->source) ||
        !text_same_string(info->source_layer, need->source_layer)) {
        return false;
    }
    return need->is_for_labels ? label_layer_is_shown(layer, need->zoom)
                               : info->type != STYLE_SYMBOL && render_shows(layer, need->zoom);
}

static bool add_layer(struct render_sieve *sieve, const struct style_layer *layer, struct arena *arena)
{
    const struct style_layer_info *info = style_layer_info(layer);
    int32_t *slots = arena_array(arena, info->name_count, sizeof *slots);
    if (!slots) {
        return false;
    }
    style_bind(layer, sieve->names, sieve->name_count, slots);
    for (size_t i = 0; i < info->name_count; i++) {
        if (slots[i] >= 0) {
            sieve->columns[slots[i]] = true;
        }
    }
    for (size_t i = 0; info->reads_any_name && i < sieve->name_count; i++) {
        sieve->columns[i] = true;
    }
    sieve->reads_ids = sieve->reads_ids || !style_sees_attributes_only(layer);
    if (!style_filter_sees_attributes_only(layer) || !(style_filter_dependence(layer) & STYLE_DEPENDS_ON_FEATURE)) {
        sieve->shows_all = true; /* one that depends on the zoom alone is rare, and true where it matters */
    } else {
        sieve->meshes[sieve->mesh_count++] = (struct mesh){layer, slots};
    }
    return true;
}

struct render_sieve *render_sieve_create(const struct style *style, const struct render_need *need,
                                         const struct render_assets *assets, const struct text *columns,
                                         size_t column_count, struct arena *arena)
{
    size_t layer_count = style_layer_count(style);
    struct render_sieve *sieve = arena_alloc(arena, sizeof *sieve);
    if (!sieve) {
        return NULL;
    }
    *sieve = (struct render_sieve){
        .columns = arena_array(arena, column_count, sizeof *sieve->columns),
        .meshes = arena_array(arena, layer_count, sizeof *sieve->meshes),
        .names = columns,
        .name_count = column_count,
        .scope = {.zoom = need->is_for_labels ? floor(need->zoom) : need->zoom,
                  .arena = arena,
                  .has_image = assets || need->is_for_labels ? sprite_has : NULL,
                  .images = assets ? assets->sprite : NULL,
                  .letters_apart = need->is_for_labels && assets && assets->glyphs},
    };
    if (!sieve->columns || !sieve->meshes) {
        return NULL;
    }
    for (size_t i = 0; i < layer_count; i++) {
        const struct style_layer *layer = style_layer_at(style, i);
        if (is_of(layer, need) && !add_layer(sieve, layer, arena)) {
            return NULL;
        }
    }
    return sieve;
}

const bool *render_sieve_columns(const struct render_sieve *sieve)
{
    return sieve->columns;
}

bool render_sieve_reads_ids(const struct render_sieve *sieve)
{
    return sieve->reads_ids;
}

bool render_sieve_shows(void *context, const struct value *values)
{
    const struct render_sieve *sieve = context;
    if (sieve->shows_all) {
        return true;
    }
    struct style_feature seen = {.values = values, .columns = sieve->names, .column_count = sieve->name_count};
    struct style_scope scope = sieve->scope;
    scope.feature = &seen;
    for (size_t i = 0; i < sieve->mesh_count; i++) {
        seen.slots = sieve->meshes[i].slots;
        if (style_filter(sieve->meshes[i].layer, &scope)) {
            return true;
        }
    }
    return false;
}
