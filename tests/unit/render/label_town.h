/* SPDX-License-Identifier: MIT */
#pragma once
/* A made-up town of points, streets cut at their crossings, winding rivers and quarters, and a store that finds its
 * features by area: for tests and measurements of labels. */

#include "base/hash.h"
#include "render/label.h"
#include "render/label_plan.h"
#include "render/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOWN_POINTS, TOWN_STREETS, TOWN_QUARTERS, TOWN_LISTS };

static const char *const town_sources[TOWN_LISTS] = {"points", "streets", "quarters"};
static const struct field town_fields[] = {{"name", FIELD_STRING}, {"rank", FIELD_REAL}};

struct town {
    struct arena *arena;   /* the features */
    struct arena *scratch; /* one plan or picture */
    struct painter *painter;
    struct style *style;
    const struct render_assets *assets; /* NULL: none */
    struct feature *features[TOWN_LISTS];
    size_t counts[TOWN_LISTS];
    size_t capacities[TOWN_LISTS];
    uint64_t seed;
};

static inline uint64_t town_random(struct town *town)
{
    town->seed = hash_mix(town->seed, 0x9e3779b97f4a7c15u);
    return town->seed >> 11;
}

static inline double town_share(struct town *town)
{
    return (double)(town_random(town) % 1000003) / 1000003;
}

/* `layers`: the style's JSON array of layers, with ' for ". */
static inline bool town_init(struct town *town, const char *layers, uint64_t seed, struct error *err)
{
    *town = (struct town){
        .arena = arena_create((size_t)512 << 20), .scratch = arena_create((size_t)512 << 20), .seed = seed};
    town->painter = painter_create(err);
    char *json = arena_printf(town->arena,
                              "{'version':8,'sources':{"
                              "'points':{'type':'vector','url':'tesela://points'},"
                              "'streets':{'type':'vector','url':'tesela://streets'},"
                              "'quarters':{'type':'vector','url':'tesela://quarters'}},'layers':%s}",
                              layers);
    for (char *at = json; *at != '\0'; at++) {
        *at = *at == '\'' ? '"' : *at;
    }
    return town->painter && style_read("town", text_of(json), &town->style, NULL, NULL, err);
}

static inline void town_finish(struct town *town)
{
    style_unref(town->style);
    painter_destroy(town->painter);
    arena_destroy(town->scratch);
    arena_destroy(town->arena);
}

static inline void town_add(struct town *town, int list, enum geometry_kind kind, const struct world_point *points,
                            size_t count, const char *name, double rank)
{
    if (town->counts[list] == town->capacities[list]) {
        size_t larger = town->capacities[list] ? town->capacities[list] * 2 : 256;
        town->features[list] =
            arena_grow(town->arena, town->features[list], town->capacities[list] * sizeof *town->features[list],
                       larger * sizeof *town->features[list]);
        town->capacities[list] = larger;
    }
    struct feature *feature = &town->features[list][town->counts[list]++];
    struct shape_part *part = arena_array(town->arena, 1, sizeof *part);
    struct value *values = arena_array(town->arena, 2, sizeof *values);
    part->end = (uint32_t)count;
    values[0] = value_of_string(arena_strdup(town->arena, name));
    values[1] = value_of_real(rank);
    *feature = (struct feature){
        .row = (int64_t)town->counts[list],
        .box = {points[0].x, points[0].y, points[0].x, points[0].y},
        .geometry = {.kind = kind,
                     .part_count = 1,
                     .vertex_count = (uint32_t)count,
                     .parts = part,
                     .points = arena_memdup(town->arena, points, count * sizeof *points)},
        .values = values,
    };
    feature->id = value_of_int(feature->row);
    for (size_t i = 0; i < count; i++) {
        feature->box.min_x = points[i].x < feature->box.min_x ? points[i].x : feature->box.min_x;
        feature->box.min_y = points[i].y < feature->box.min_y ? points[i].y : feature->box.min_y;
        feature->box.max_x = points[i].x > feature->box.max_x ? points[i].x : feature->box.max_x;
        feature->box.max_y = points[i].y > feature->box.max_y ? points[i].y : feature->box.max_y;
    }
}

/* One to four words. */
static inline void town_name(struct town *town, char out[128])
{
    static const char *const words[] = {
        "Torreón",   "San", "Ñuble",  "Ángeles",    "del",   "Río",     "Nazas",    "Centro", "Jardín", "Bosque",
        "Campestre", "La",  "Rosita", "Ampliación", "Núñez", "Antigua", "Hacienda", "Güemes", "Norte",  "Residencial"};
    size_t length = 0;
    size_t count = 1 + town_random(town) % 4;
    for (size_t i = 0; i < count; i++) {
        const char *word = words[town_random(town) % (sizeof words / sizeof *words)];
        length += (size_t)snprintf(out + length, 128 - length, "%s%s", i > 0 ? " " : "", word);
    }
}

static inline struct world_point town_at(const struct world_box *box, double x, double y)
{
    return (struct world_point){(int32_t)((double)box->min_x + (double)(box->max_x - box->min_x) * x),
                                (int32_t)((double)box->min_y + (double)(box->max_y - box->min_y) * y)};
}

static inline void town_add_points(struct town *town, const struct world_box *box, size_t count)
{
    char name[128];
    for (size_t i = 0; i < count; i++) {
        struct world_point point = town_at(box, town_share(town), town_share(town));
        town_name(town, name);
        town_add(town, TOWN_POINTS, GEOMETRY_POINT, &point, 1, name, (double)(town_random(town) % 5));
    }
}

/* `side` x `side` streets, a piece from crossing to crossing. */
static inline void town_add_streets(struct town *town, const struct world_box *box, size_t side)
{
    char name[128];
    for (size_t i = 0; i < 2 * side; i++) {
        town_name(town, name);
        size_t number = i / 2;
        for (size_t j = 0; j + 1 < side; j++) {
            struct world_point ends[2];
            for (size_t e = 0; e < 2; e++) {
                double along = (double)(j + e) / (double)side;
                double across = (double)number / (double)side + 0.3 / (double)side * sin(along * 9 + (double)number);
                ends[e] = i % 2 ? town_at(box, along, across) : town_at(box, across, along);
            }
            town_add(town, TOWN_STREETS, GEOMETRY_LINE, ends, 2, name, 3);
        }
    }
}

static inline void town_add_rivers(struct town *town, const struct world_box *box, size_t count)
{
    char name[128];
    struct world_point points[400];
    for (size_t i = 0; i < count; i++) {
        double heading = town_share(town) * 6.283;
        double x = town_share(town);
        double y = town_share(town);
        for (size_t j = 0; j < 400; j++) {
            points[j] = town_at(box, x, y);
            heading += (town_share(town) - 0.5) * 0.5;
            x += cos(heading) * 0.004;
            y += sin(heading) * 0.004;
        }
        town_name(town, name);
        town_add(town, TOWN_STREETS, GEOMETRY_LINE, points, 400, name, 1);
    }
}

static inline void town_add_quarters(struct town *town, const struct world_box *box, size_t count)
{
    char name[128];
    struct world_point points[25];
    for (size_t i = 0; i < count; i++) {
        double x = town_share(town);
        double y = town_share(town);
        double size = 0.005 + 0.03 * town_share(town);
        for (size_t j = 0; j < 24; j++) {
            double angle = (double)j / 24 * 6.283185307179586;
            double radius = size * (0.6 + 0.4 * town_share(town));
            points[j] = town_at(box, x + radius * cos(angle), y + radius * sin(angle));
        }
        points[24] = points[0];
        town_name(town, name);
        town_add(town, TOWN_QUARTERS, GEOMETRY_POLYGON, points, 25, name, (double)(town_random(town) % 3));
    }
}

/* What a store would find for the needs, with copies across the antimeridian. */
static inline struct render_input *town_find(struct town *town, const struct render_need *needs, size_t need_count)
{
    struct render_input *inputs = arena_array(town->scratch, need_count + 1, sizeof *inputs);
    for (size_t n = 0; n < need_count; n++) {
        int list = 0;
        while (strcmp(town_sources[list], needs[n].source) != 0) {
            list++;
        }
        struct feature *found = arena_array(town->scratch, 3 * town->counts[list] + 1, sizeof *found);
        size_t count = 0;
        for (size_t i = 0; i < town->counts[list]; i++) {
            for (int64_t copy = -1; copy <= 1; copy++) {
                struct feature feature = town->features[list][i];
                feature.shift_x = copy * GRID_WORLD_UNITS;
                struct world_box box = feature.box;
                box.min_x += feature.shift_x;
                box.max_x += feature.shift_x;
                if (world_box_touches(&box, &needs[n].area)) {
                    found[count++] = feature;
                }
            }
        }
        inputs[n] = (struct render_input){.source = needs[n].source,
                                          .source_layer = needs[n].source_layer,
                                          .features = {town_fields, 2, found, count}};
    }
    return inputs;
}

/* The plan of a square from no more than what it says it needs. */
static inline struct label_plan *town_plan(struct town *town, struct label_square square, struct error *err)
{
    struct render_need *needs;
    size_t need_count;
    struct label_plan *plan = NULL;
    arena_reset(town->scratch);
    if (!label_needs(town->style, square, town->scratch, &needs, &need_count, err)) {
        return NULL;
    }
    struct render_input *inputs = town_find(town, needs, need_count);
    if (!label_plan_create(town->painter, town->style, town->assets, square, inputs, need_count, town->scratch, &plan,
                           err)) {
        return NULL;
    }
    return plan;
}

/* Paints the labels of all layers; the caller destroys the canvas. */
static inline struct canvas *town_paint(struct town *town, const struct view *view,
                                        const struct label_plan *const *plans, size_t plan_count, struct error *err)
{
    struct canvas *canvas = canvas_create(view->width_px, view->height_px);
    canvas_clear(canvas, (struct pixel){232, 228, 216, 255});
    for (size_t i = 0; i < style_layer_count(town->style); i++) {
        if (!label_plans_paint(plans, plan_count, town->painter, town->assets, style_layer_at(town->style, i), view,
                               canvas, err)) {
            canvas_destroy(canvas);
            return NULL;
        }
    }
    return canvas;
}
