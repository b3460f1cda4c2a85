/* SPDX-License-Identifier: MIT */
#include "conformance/operations.h"

#include <string.h>

/* --- documents are immutable: a change makes a copy of what lies above it --- */

/* `object` with the member set, or taken away when `value` is NULL. */
static struct value with_member(const struct value *object, struct text name, const struct value *value,
                                struct arena *arena)
{
    size_t count = object && object->type == VALUE_OBJECT ? object->object.count : 0;
    struct value_member *members = arena_array(arena, count + 1, sizeof *members);
    struct value changed = {.type = VALUE_OBJECT, .object = {members, 0}};
    bool done = false;
    for (size_t i = 0; members && i < count; i++) {
        struct value_member member = object->object.members[i];
        if (text_equal(member.name, name)) {
            if (!value) {
                continue;
            }
            member.value = *value;
            done = true;
        }
        members[changed.object.count++] = member;
    }
    if (members && value && !done) {
        members[changed.object.count++] = (struct value_member){name, *value};
    }
    return changed;
}

/* `array` with `item` put in at `index` (its length: at the end), or the item there taken away when it is NULL. */
static struct value with_item(const struct value *array, size_t index, const struct value *item, struct arena *arena)
{
    size_t count = array && array->type == VALUE_ARRAY ? array->array.count : 0;
    struct value *items = arena_array(arena, count + 1, sizeof *items);
    struct value changed = {.type = VALUE_ARRAY, .array = {items, 0}};
    for (size_t i = 0; items && i <= count; i++) {
        if (i == index && item) {
            items[changed.array.count++] = *item;
        }
        if (i < count && (item || i != index)) {
            items[changed.array.count++] = array->array.items[i];
        }
    }
    return changed;
}

static bool is_null(const struct value *value)
{
    return !value || value->type == VALUE_NULL;
}

/* --- layers --- */

static ptrdiff_t find_layer(const struct folded_style *folded, struct text id)
{
    const struct value *layers = value_member(&folded->style, "layers");
    for (size_t i = 0; layers && i < layers->array.count; i++) {
        const struct value *name = value_member(&layers->array.items[i], "id");
        if (name && name->type == VALUE_STRING && text_equal(name->string, id)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static void put_layers(struct folded_style *folded, struct value layers, struct arena *arena)
{
    folded->style = with_member(&folded->style, text_of("layers"), &layers, arena);
}

static void put_layer(struct folded_style *folded, size_t index, const struct value *layer, struct arena *arena)
{
    const struct value *layers = value_member(&folded->style, "layers");
    struct value without = with_item(layers, index, NULL, arena);
    put_layers(folded, with_item(&without, index, layer, arena), arena);
}

/* Sets `group`.`name` of a layer (group "": of the layer itself); null removes it. */
static void set_in_layer(struct folded_style *folded, struct text id, const char *group, struct text name,
                         const struct value *value, struct arena *arena)
{
    ptrdiff_t index = find_layer(folded, id);
    if (index < 0) {
        return;
    }
    struct value layer = value_member(&folded->style, "layers")->array.items[index];
    const struct value *kept = is_null(value) ? NULL : value;
    if (group[0] == '\0') {
        layer = with_member(&layer, name, kept, arena);
    } else {
        struct value inside = with_member(value_member(&layer, group), name, kept, arena);
        layer = with_member(&layer, text_of(group), &inside, arena);
    }
    put_layer(folded, (size_t)index, &layer, arena);
}

static void add_layer(struct folded_style *folded, const struct value *layer, const struct value *before,
                      struct arena *arena)
{
    const struct value *layers = value_member(&folded->style, "layers");
    const struct value *source = value_member(layer, "source");
    struct value added = *layer;
    ptrdiff_t index = before && before->type == VALUE_STRING ? find_layer(folded, before->string) : -1;
    if (source && source->type == VALUE_OBJECT) { /* a source of its own, under the layer's id */
        const struct value *id = value_member(layer, "id");
        struct value sources = with_member(value_member(&folded->style, "sources"), id->string, source, arena);
        folded->style = with_member(&folded->style, text_of("sources"), &sources, arena);
        added = with_member(layer, text_of("source"), id, arena);
    }
    put_layers(folded, with_item(layers, index < 0 ? layers->array.count : (size_t)index, &added, arena), arena);
}

/* A layer with `ref` takes what it shares from the layer named. */
static void resolve_refs(struct folded_style *folded, struct arena *arena)
{
    static const char *const shared[] = {"type", "source", "source-layer", "minzoom", "maxzoom", "filter", "layout"};
    const struct value *layers = value_member(&folded->style, "layers");
    for (size_t i = 0; layers && layers->type == VALUE_ARRAY && i < layers->array.count; i++) {
        struct value layer = layers->array.items[i];
        const struct value *ref = value_member(&layer, "ref");
        ptrdiff_t parent = ref && ref->type == VALUE_STRING ? find_layer(folded, ref->string) : -1;
        if (parent < 0) {
            continue;
        }
        layer = with_member(&layer, text_of("ref"), NULL, arena);
        for (size_t s = 0; s < sizeof shared / sizeof *shared; s++) {
            const struct value *value = value_member(&layers->array.items[parent], shared[s]);
            if (value) {
                layer = with_member(&layer, text_of(shared[s]), value, arena);
            }
        }
        put_layer(folded, i, &layer, arena);
        layers = value_member(&folded->style, "layers");
    }
}

/* --- the camera and the style as a whole --- */

static void take_center(struct folded_style *folded, const struct value *center)
{
    if (center && center->type == VALUE_ARRAY && center->array.count >= 2) {
        folded->longitude = value_number(&center->array.items[0]);
        folded->latitude = value_number(&center->array.items[1]);
        folded->has_camera = true;
    }
}

static void take_zoom(struct folded_style *folded, const struct value *zoom)
{
    if (zoom && value_is_number(zoom)) {
        folded->zoom = value_number(zoom);
        folded->has_camera = true;
    }
}

static void take_style(struct folded_style *folded, const struct value *style, struct arena *arena)
{
    folded->style = *style;
    resolve_refs(folded, arena);
    if (!folded->has_camera) {
        take_center(folded, value_member(style, "center"));
        take_zoom(folded, value_member(style, "zoom"));
    }
}

static void set_state(struct folded_style *folded, struct text name, const struct value *value, struct arena *arena)
{
    struct value empty = {.type = VALUE_OBJECT};
    struct value state = is_null(value) ? empty : with_member(&empty, text_of("default"), value, arena);
    struct value states = with_member(value_member(&folded->style, "state"), name, &state, arena);
    folded->style = with_member(&folded->style, text_of("state"), &states, arena);
}

/* --- images --- */

static void remove_image(struct folded_style *folded, struct text name)
{
    size_t kept = 0;
    for (size_t i = 0; i < folded->image_count; i++) {
        if (!text_equal(folded->images[i].name, name)) {
            folded->images[kept++] = folded->images[i];
        }
    }
    folded->image_count = kept;
}

static void add_image(struct folded_style *folded, const struct value *arguments, size_t count)
{
    if (count < 3 || folded->image_count == OPERATION_IMAGES_MAX) {
        return;
    }
    const struct value *options = count > 3 ? &arguments[3] : NULL;
    const struct value *ratio = value_member(options, "pixelRatio");
    const struct value *sdf = value_member(options, "sdf");
    remove_image(folded, arguments[1].string);
    folded->images[folded->image_count++] = (struct operation_image){.name = arguments[1].string,
                                                                     .path = arguments[2].string,
                                                                     .pixel_ratio = ratio ? value_number(ratio) : 1,
                                                                     .is_sdf = sdf && sdf->boolean};
}

/* --- one operation --- */

static bool set_style(struct folded_style *folded, const struct value *style, const struct assets *assets,
                      struct arena *arena)
{
    struct value read;
    if (style->type == VALUE_STRING) {
        if (!assets_read_json(assets, style->string, arena, &read)) {
            return false;
        }
        style = &read;
    }
    take_style(folded, style, arena);
    return true;
}

static bool apply(struct folded_style *folded, const struct value *operation, const struct assets *assets,
                  struct arena *arena)
{
    const struct value *arguments = operation->array.items;
    size_t count = operation->array.count;
    struct text name = arguments[0].string;
    struct text first = count > 1 && arguments[1].type == VALUE_STRING ? arguments[1].string : (struct text){"", 0};
    struct text second = count > 2 && arguments[2].type == VALUE_STRING ? arguments[2].string : (struct text){"", 0};
    const struct value *third = count > 3 ? &arguments[3] : NULL;
    if (text_is(name, "wait") || text_is(name, "idle") || text_is(name, "sleep")) {
        return true;
    }
    if (text_is(name, "setStyle") && count > 1) {
        return set_style(folded, &arguments[1], assets, arena);
    }
    if (text_is(name, "setPaintProperty")) {
        set_in_layer(folded, first, "paint", second, third, arena);
    } else if (text_is(name, "setLayoutProperty")) {
        set_in_layer(folded, first, "layout", second, third, arena);
    } else if (text_is(name, "setFilter")) {
        set_in_layer(folded, first, "", text_of("filter"), count > 2 ? &arguments[2] : NULL, arena);
    } else if (text_is(name, "setLayerZoomRange")) {
        set_in_layer(folded, first, "", text_of("minzoom"), count > 2 ? &arguments[2] : NULL, arena);
        set_in_layer(folded, first, "", text_of("maxzoom"), third, arena);
    } else if (text_is(name, "addLayer") && count > 1) {
        add_layer(folded, &arguments[1], count > 2 ? &arguments[2] : NULL, arena);
    } else if (text_is(name, "removeLayer")) {
        ptrdiff_t index = find_layer(folded, first);
        if (index >= 0) {
            put_layers(folded, with_item(value_member(&folded->style, "layers"), (size_t)index, NULL, arena), arena);
        }
    } else if (text_is(name, "addSource") || text_is(name, "removeSource")) {
        struct value sources = with_member(value_member(&folded->style, "sources"), first,
                                           text_is(name, "addSource") ? &arguments[2] : NULL, arena);
        folded->style = with_member(&folded->style, text_of("sources"), &sources, arena);
    } else if (text_is(name, "addImage")) {
        add_image(folded, arguments, count);
    } else if (text_is(name, "removeImage")) {
        remove_image(folded, first);
    } else if (text_is(name, "setZoom")) {
        take_zoom(folded, count > 1 ? &arguments[1] : NULL);
    } else if (text_is(name, "setCenter")) {
        take_center(folded, count > 1 ? &arguments[1] : NULL);
    } else if (text_is(name, "setGlobalStateProperty")) {
        set_state(folded, first, count > 2 ? &arguments[2] : NULL, arena);
    } else {
        return false;
    }
    return true;
}

bool operations_fold(const struct value *style, const struct assets *assets, struct arena *arena,
                     struct folded_style *out_folded, const char **out_reason)
{
    *out_folded = (struct folded_style){0};
    take_style(out_folded, style, arena);
    const struct value *operations = value_member(value_member(value_member(style, "metadata"), "test"), "operations");
    for (size_t i = 0; operations && operations->type == VALUE_ARRAY && i < operations->array.count; i++) {
        const struct value *operation = &operations->array.items[i];
        if (operation->type != VALUE_ARRAY || operation->array.count == 0 ||
            operation->array.items[0].type != VALUE_STRING || !apply(out_folded, operation, assets, arena)) {
            *out_reason = operation->type == VALUE_ARRAY && operation->array.count > 0 &&
                                  operation->array.items[0].type == VALUE_STRING
                              ? arena_printf(arena, "operation \"%s\" cannot be folded into the style",
                                             operation->array.items[0].string.data)
                              : "an operation is not a list";
            return false;
        }
    }
    return true;
}
