/* SPDX-License-Identifier: MIT */
#include "unit/tile/fake_store.h"

#include "store/store_change.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store {
    int unused;
};

static atomic_int_fast64_t point_count = 3;
static atomic_uint_fast64_t generation = 1;

void fake_points_set(int64_t count)
{
    atomic_store(&point_count, count);
}

void fake_generation_set(uint64_t number)
{
    atomic_store(&generation, number);
}

static const struct store_field point_fields[] = {
    {.name = "nombre", .type = FIELD_STRING, .title_es = "Nombre"},
    {.name = "valor", .type = FIELD_REAL, .title_es = "Valor", .unit = "m"},
};

bool store_open(const char *directory, struct store **out_store, struct error *err)
{
    (void)directory;
    *out_store = calloc(1, sizeof **out_store);
    return *out_store || error_no_memory(err);
}

void store_close(struct store *store)
{
    free(store);
}

bool store_generation(struct store *store, uint64_t *out_generation, struct error *err)
{
    (void)store;
    (void)err;
    *out_generation = atomic_load(&generation);
    return true;
}

bool store_list(struct store *store, struct arena *arena, struct store_layer_list *out_list, struct error *err)
{
    (void)store;
    struct store_layer *layers = arena_array(arena, 3, sizeof *layers);
    if (!layers) {
        return error_no_memory(err);
    }
    int64_t serial = (int64_t)atomic_load(&generation);
    layers[0] = (struct store_layer){.id = "calles", .kind = GEOMETRY_LINE, .bbox = bbox_empty(), .title_es = "Calles"};
    layers[1] = (struct store_layer){.id = "islas",
                                     .kind = GEOMETRY_POLYGON,
                                     .bbox = {179, -1, -179, 1},
                                     .feature_count = 2,
                                     .title_es = "Islas <b>\"raras\"</b>",
                                     .fields = point_fields,
                                     .field_count = 1};
    layers[2] = (struct store_layer){.id = "puntos",
                                     .kind = GEOMETRY_POINT,
                                     .bbox = {-103.5, 25.5, -103.3, 25.6},
                                     .feature_count = atomic_load(&point_count),
                                     .title_es = "Puntos",
                                     .attribution = "Fuente: prueba",
                                     .fields = point_fields,
                                     .field_count = 2};
    for (int i = 0; i < 3; i++) {
        layers[i].version = serial;
        layers[i].serial = serial * 10 + i;
        layers[i].loaded_at = "2026-11-21T07:15:42Z";
    }
    *out_list = (struct store_layer_list){layers, 3};
    return true;
}

bool store_change_list(struct store *store, struct arena *arena, struct store_changes *out_changes, struct error *err)
{
    static const struct world_box north_west[] = {{INT32_MIN, INT32_MIN, -1000000, -1000000}};
    static const struct store_change_area bands[] = {{.boxes = north_west, .box_count = 1}};
    size_t count = atomic_load(&generation);
    struct store_change *changes = arena_array(arena, count, sizeof *changes);
    (void)store;
    if (!changes) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        changes[i] = (struct store_change){.mark = 1000 + i, .layer = "puntos", .bands = i > 0 ? bands : NULL};
    }
    *out_changes = (struct store_changes){changes[count - 1].mark, changes, count};
    return true;
}

struct store_change_area store_change_at(const struct store_change *change, double zoom)
{
    (void)zoom;
    return change->bands ? change->bands[0] : (struct store_change_area){.is_whole = true};
}

struct store_change_area store_change_for_vector(const struct store_change *change, uint32_t z)
{
    return store_change_at(change, z);
}

const struct store_layer *store_list_find(const struct store_layer_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->layers[i].id, id) == 0) {
            return &list->layers[i];
        }
    }
    return NULL;
}

static int64_t count_of(const struct store_layer *layer)
{
    return strcmp(layer->id, "puntos") == 0 ? atomic_load(&point_count) : strcmp(layer->id, "islas") == 0 ? 2 : 0;
}

/* Calls `visit` with the item of a row. */
static bool with_item(const struct store_layer *layer, int64_t row, store_item_visitor *visit, void *context)
{
    char name[64];
    double xy[22];
    struct shape_part parts[2];
    struct value values[2] = {value_null(), value_null()};
    struct store_item item = {.row = row, .values = values};
    if (strcmp(layer->id, "puntos") == 0) {
        snprintf(name, sizeof name, "punto \"%lld\"\n", (long long)row);
        xy[0] = -103.5 + 0.0000001 * (double)(row % 2000000);
        xy[1] = 25.5;
        parts[0] = (struct shape_part){.end = 1};
        item.id = value_of_int(row);
        item.shape = (struct shape){GEOMETRY_POINT, 1, 1, parts, xy};
        values[1] = value_of_real((double)row / 3);
    } else if (row == 1) {
        const double west_and_east[20] = {179,  -1, 180,  -1, 180,  1, 179,  1, 179,  -1,
                                          -180, -1, -179, -1, -179, 1, -180, 1, -180, -1};
        memcpy(xy, west_and_east, sizeof west_and_east);
        parts[0] = (struct shape_part){.end = 5};
        parts[1] = (struct shape_part){.end = 10};
        snprintf(name, sizeof name, "isla");
        item.id = value_of_string("isla uno");
        item.shape = (struct shape){GEOMETRY_POLYGON, 2, 10, parts, xy};
    } else {
        snprintf(name, sizeof name, "perdida");
        item.id = value_of_string("ñandú & <x>");
        item.shape = (struct shape){.kind = GEOMETRY_POLYGON};
    }
    values[0] = value_of_string(name);
    return visit(context, &item);
}

bool store_items(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 store_item_visitor *visit, void *context, struct error *err)
{
    (void)store;
    (void)err;
    int64_t row = query->after_row + 1 + (int64_t)query->offset;
    uint64_t left = query->limit;
    for (; row <= count_of(layer) && left > 0; row++, left--) {
        if (!with_item(layer, row, visit, context)) {
            return true;
        }
    }
    return true;
}

bool store_select(struct store *store, const struct store_layer *layer, const struct store_query *query,
                  struct store_selection **out_selection, struct error *err)
{
    (void)store;
    (void)query;
    *out_selection = calloc(1, sizeof **out_selection);
    if (!*out_selection) {
        return error_no_memory(err);
    }
    (*out_selection)->count = (uint64_t)count_of(layer);
    return true;
}

void store_selection_destroy(struct store_selection *selection)
{
    free(selection);
}

bool store_count(struct store *store, const struct store_layer *layer, const struct store_query *query,
                 uint64_t *out_count, struct error *err)
{
    (void)store;
    (void)query;
    (void)err;
    *out_count = (uint64_t)count_of(layer);
    return true;
}

struct copied {
    struct arena *arena;
    struct store_item *out;
};

static bool copy_item(void *context, const struct store_item *item)
{
    struct copied *copied = context;
    struct shape *shape = &copied->out->shape;
    struct value *values = arena_memdup(copied->arena, item->values, 2 * sizeof *values);
    *copied->out = *item;
    shape->xy = arena_memdup(copied->arena, item->shape.xy, 2 * sizeof(double) * item->shape.vertex_count);
    shape->parts = arena_memdup(copied->arena, item->shape.parts, sizeof *shape->parts * item->shape.part_count);
    values[0] = value_of_string(arena_strndup(copied->arena, values[0].string.data, values[0].string.length));
    copied->out->values = values;
    return true;
}

bool store_item(struct store *store, const struct store_layer *layer, const char *id, struct arena *arena,
                struct store_item *out_item, struct error *err)
{
    struct copied copied = {arena, out_item};
    (void)store;
    for (int64_t row = 1; row <= count_of(layer); row++) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)row);
        bool is_it = strcmp(layer->id, "puntos") == 0 ? strcmp(text, id) == 0
                                                      : strcmp(id, row == 1 ? "isla uno" : "ñandú & <x>") == 0;
        if (is_it) {
            with_item(layer, row, copy_item, &copied);
            return true;
        }
    }
    error_set(err, ERROR_NOT_FOUND, "no item \"%s\"", id);
    return false;
}

bool store_touches(struct store *store, const struct store_layer *layer, const struct world_box *area,
                   bool *out_touches, struct error *err)
{
    (void)store;
    (void)layer;
    (void)area;
    (void)err;
    *out_touches = true;
    return true;
}

bool store_find(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                struct arena *arena, struct feature_list *out_found, struct error *err)
{
    (void)store;
    (void)layer;
    (void)area;
    (void)zoom;
    (void)arena;
    (void)err;
    *out_found = (struct feature_list){0};
    return true;
}

bool store_find_wanted(struct store *store, const struct store_layer *layer, const struct world_box *area, double zoom,
                       const struct store_wish *wish, struct arena *arena, struct feature_list *out_found,
                       struct error *err)
{
    (void)wish;
    return store_find(store, layer, area, zoom, arena, out_found, err);
}
