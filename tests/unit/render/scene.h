/* SPDX-License-Identifier: MIT */
#pragma once
/* A style and a handful of features, painted without a store: for tests of the renderer. */

#include "render/render.h"
#include "unit/geo/wkb.h"
#include "unit/test.h"

enum { SCENE_FEATURES_MAX = 512 };

/* All features are of one source "s"; their attributes are "kind" (text) and "size" (number). */
struct scene {
    struct arena *arena;
    struct painter *painter;
    struct style *style;
    struct feature features[SCENE_FEATURES_MAX];
    size_t count;
    size_t tuple_count; /* of the features, which then have theirs; 0: none */
};

static const struct field scene_fields[] = {{"kind", FIELD_STRING}, {"size", FIELD_REAL}};

/* `layers` is the JSON array of the style's layers, with ' for ". */
static inline void scene_init(struct scene *scene, const char *layers)
{
    struct error err = {0};
    *scene = (struct scene){.arena = arena_create(256 << 20)};
    scene->painter = painter_create(&err);
    assert_non_null(scene->painter);
    char *json = arena_printf(
        scene->arena, "{'version':8,'sources':{'s':{'type':'vector','url':'tesela://things'}},'layers':%s}", layers);
    for (char *at = json; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    if (!style_read("scene", text_of(json), &scene->style, NULL, NULL, &err)) {
        fail_msg("%s", err.english);
    }
}

static inline void scene_finish(struct scene *scene)
{
    style_unref(scene->style);
    painter_destroy(scene->painter);
    arena_destroy(scene->arena);
}

static inline void scene_add(struct scene *scene, const char *wkt, const char *kind, double size)
{
    struct buffer wkb = wkb_of(wkt);
    struct shape shape;
    struct feature *feature = &scene->features[scene->count];
    struct value *values = arena_array(scene->arena, 2, sizeof *values);
    assert_true(shape_from_wkb(wkb.data, wkb.length, scene->arena, &shape, NULL));
    assert_true(geometry_from_shape(&shape, 0, NULL, scene->arena, &feature->geometry));
    buffer_finish(&wkb);
    values[0] = value_of_string(kind);
    values[1] = value_of_real(size);
    feature->values = values;
    feature->row = (int64_t)++scene->count;
    feature->id = value_of_int(feature->row);
    feature->box = (struct world_box){INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = 0; i < feature->geometry.vertex_count; i++) {
        struct world_point point = feature->geometry.points[i];
        feature->box.min_x = point.x < feature->box.min_x ? point.x : feature->box.min_x;
        feature->box.max_x = point.x > feature->box.max_x ? point.x : feature->box.max_x;
        feature->box.min_y = point.y < feature->box.min_y ? point.y : feature->box.min_y;
        feature->box.max_y = point.y > feature->box.max_y ? point.y : feature->box.max_y;
    }
}

/* The picture, borrowed until the next one. */
static inline const struct canvas *scene_paint(struct scene *scene, const struct view *view)
{
    struct render_need *needs;
    size_t need_count;
    struct error err = {0};
    assert_true(render_needs(scene->style, view, scene->arena, &needs, &need_count, &err));
    struct render_input *inputs = arena_array(scene->arena, need_count, sizeof *inputs);
    struct feature *found = arena_array(scene->arena, scene->count, sizeof *found);
    for (size_t n = 0; n < need_count; n++) {
        size_t count = 0;
        for (size_t i = 0; i < scene->count; i++) {
            if (world_box_touches(&scene->features[i].box, &needs[n].area)) {
                found[count++] = scene->features[i];
            }
        }
        inputs[n] =
            (struct render_input){.source = needs[n].source,
                                  .source_layer = needs[n].source_layer,
                                  .features = {scene_fields, 2, count > 0 ? found : NULL, count, scene->tuple_count}};
    }
    const struct canvas *canvas;
    if (!render_paint(scene->painter, scene->style, NULL, view, inputs, need_count, NULL, 0, scene->arena, &canvas,
                      &err)) {
        fail_msg("%s", err.english);
    }
    return canvas;
}
