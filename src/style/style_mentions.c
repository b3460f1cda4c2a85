/* SPDX-License-Identifier: MIT */
/* Names are read off the JSON: those an image expression can come to, without evaluating it. */

#include "style/style_mentions.h"

#include <string.h>

enum { NAMES_MAX = 65536 };

struct collector {
    struct arena *arena;
    const char *layer_id;
    struct style_image_name *images;
    size_t image_count;
    size_t image_capacity;
    struct style_font_stack *stacks;
    size_t stack_count;
    size_t stack_capacity;
    bool has_computed_images;
    bool has_text;
    bool failed; /* memory is out */
};

/* Room for one more element. */
static void *room(struct collector *collector, void *items, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    size_t larger = *capacity > 0 ? *capacity * 2 : 16;
    void *grown = larger <= NAMES_MAX ? arena_grow(collector->arena, items, *capacity * size, larger * size) : NULL;
    if (!grown) {
        collector->failed = true;
        return NULL;
    }
    *capacity = larger;
    return grown;
}

static void add_image(struct collector *collector, struct text name)
{
    if (name.length == 0) {
        return;
    }
    if (memchr(name.data, '{', name.length)) { /* a token: {maki} */
        collector->has_computed_images = true;
        return;
    }
    for (size_t i = 0; i < collector->image_count; i++) {
        if (text_equal(collector->images[i].name, name)) {
            return;
        }
    }
    struct style_image_name *images = room(collector, collector->images, &collector->image_capacity,
                                           collector->image_count, sizeof *collector->images);
    if (images) {
        collector->images = images;
        images[collector->image_count++] = (struct style_image_name){collector->layer_id, name};
    }
}

static void read_images(struct collector *collector, const struct value *value);

/* Results of a form: each `step`th argument from `first` on, and the last one. */
static void read_results(struct collector *collector, const struct value_array *form, size_t first, size_t step)
{
    for (size_t i = first; i < form->count; i += step) {
        read_images(collector, &form->items[i]);
    }
    if (form->count > first && (form->count - 1 - first) % step != 0) {
        read_images(collector, &form->items[form->count - 1]);
    }
}

static void read_image_form(struct collector *collector, const struct value_array *form)
{
    struct text name =
        form->count > 0 && form->items[0].type == VALUE_STRING ? form->items[0].string : (struct text){"", 0};
    if (text_is(name, "image") || text_is(name, "coalesce") || text_is(name, "to-string") || text_is(name, "string")) {
        read_results(collector, form, 1, 1);
    } else if (text_is(name, "match")) {
        read_results(collector, form, 3, 2);
    } else if (text_is(name, "case") || text_is(name, "step")) {
        read_results(collector, form, 2, 2);
    } else if (!text_is(name, "literal")) {
        collector->has_computed_images = true;
    }
}

/* A function of the old syntax: {"stops": [[input, output], …], "default": …}. */
static void read_image_function(struct collector *collector, const struct value *function)
{
    const struct value *stops = value_member(function, "stops");
    const struct value *otherwise = value_member(function, "default");
    if (!stops || stops->type != VALUE_ARRAY) {
        collector->has_computed_images = true;
        return;
    }
    for (size_t i = 0; i < stops->array.count; i++) {
        const struct value *stop = &stops->array.items[i];
        if (stop->type == VALUE_ARRAY && stop->array.count == 2) {
            read_images(collector, &stop->array.items[1]);
        }
    }
    if (otherwise) {
        read_images(collector, otherwise);
    }
}

static void read_images(struct collector *collector, const struct value *value)
{
    if (value->type == VALUE_STRING) {
        add_image(collector, value->string);
    } else if (value->type == VALUE_ARRAY) {
        read_image_form(collector, &value->array);
    } else if (value->type == VALUE_OBJECT) {
        read_image_function(collector, value);
    }
}

static void add_stack(struct collector *collector, const struct value_array *fonts)
{
    struct text *names = arena_array(collector->arena, fonts->count, sizeof *names);
    if (!names) {
        collector->failed = true;
        return;
    }
    for (size_t i = 0; i < fonts->count; i++) {
        names[i] = fonts->items[i].string;
    }
    for (size_t i = 0; i < collector->stack_count; i++) {
        const struct style_font_stack *known = &collector->stacks[i];
        bool same = known->count == fonts->count;
        for (size_t j = 0; j < fonts->count && same; j++) {
            same = text_equal(known->fonts[j], names[j]);
        }
        if (same) {
            return;
        }
    }
    struct style_font_stack *stacks = room(collector, collector->stacks, &collector->stack_capacity,
                                           collector->stack_count, sizeof *collector->stacks);
    if (stacks) {
        collector->stacks = stacks;
        stacks[collector->stack_count++] = (struct style_font_stack){collector->layer_id, names, fonts->count};
    }
}

static bool is_list_of_strings(const struct value *value)
{
    if (value->type != VALUE_ARRAY || value->array.count == 0) {
        return false;
    }
    for (size_t i = 0; i < value->array.count; i++) {
        if (value->array.items[i].type != VALUE_STRING) {
            return false;
        }
    }
    return true;
}

/* Lists of names anywhere in the value; an expression's own have "literal" in front. */
static void read_fonts(struct collector *collector, const struct value *value, bool is_list_wanted)
{
    if (value->type == VALUE_OBJECT) {
        for (size_t i = 0; i < value->object.count; i++) {
            read_fonts(collector, &value->object.members[i].value, true);
        }
    } else if (value->type == VALUE_ARRAY && value->array.count > 0) {
        const struct value *first = &value->array.items[0];
        bool is_literal = first->type == VALUE_STRING && text_is(first->string, "literal");
        if (is_list_wanted && !is_literal && is_list_of_strings(value)) {
            add_stack(collector, &value->array);
            return;
        }
        for (size_t i = 0; i < value->array.count; i++) {
            read_fonts(collector, &value->array.items[i], is_literal || first->type != VALUE_STRING);
        }
    }
}

/* Images and fonts inside a formatted text. */
static void read_text_field(struct collector *collector, const struct value *value)
{
    if (value->type == VALUE_OBJECT) {
        for (size_t i = 0; i < value->object.count; i++) {
            const struct value_member *member = &value->object.members[i];
            if (text_is(member->name, "text-font")) {
                read_fonts(collector, &member->value, true);
            } else {
                read_text_field(collector, &member->value);
            }
        }
    } else if (value->type == VALUE_ARRAY && value->array.count > 0) {
        const struct value *first = &value->array.items[0];
        if (first->type == VALUE_STRING && text_is(first->string, "image")) {
            read_image_form(collector, &value->array);
            return;
        }
        for (size_t i = 0; i < value->array.count; i++) {
            read_text_field(collector, &value->array.items[i]);
        }
    }
}

static bool is_image_property(struct text name)
{
    static const char ending[] = "-pattern";
    size_t length = sizeof ending - 1;
    return text_is(name, "icon-image") ||
           (name.length > length && memcmp(name.data + name.length - length, ending, length) == 0);
}

static void read_properties(struct collector *collector, const struct value *properties)
{
    for (size_t i = 0; properties && properties->type == VALUE_OBJECT && i < properties->object.count; i++) {
        const struct value_member *member = &properties->object.members[i];
        if (is_image_property(member->name)) {
            read_images(collector, &member->value);
        } else if (text_is(member->name, "text-field")) {
            read_text_field(collector, &member->value);
        }
    }
}

static void read_text_font(struct collector *collector, const struct value *layout)
{
    static const struct value names[] = {
        {.type = VALUE_STRING, .string = {"Open Sans Regular", 17}},
        {.type = VALUE_STRING, .string = {"Arial Unicode MS Regular", 24}},
    };
    static const struct value_array otherwise = {names, 2};
    const struct value *font = value_member(layout, "text-font");
    collector->has_text = true;
    if (font && font->type != VALUE_NULL) {
        read_fonts(collector, font, true);
    } else {
        add_stack(collector, &otherwise);
    }
}

bool style_mentions_find(const struct style *style, struct arena *arena, struct style_mentions *out_mentions)
{
    struct collector collector = {.arena = arena};
    const struct value *layers = value_member(style_json(style), "layers");
    for (size_t i = 0; layers && layers->type == VALUE_ARRAY && i < layers->array.count; i++) {
        const struct value *layer = &layers->array.items[i];
        const struct value *layout = value_member(layer, "layout");
        collector.layer_id = value_member_string(layer, "id");
        read_properties(&collector, layout);
        read_properties(&collector, value_member(layer, "paint"));
        if (value_member(layout, "text-field")) {
            read_text_font(&collector, layout);
        }
    }
    if (collector.failed) {
        return false;
    }
    *out_mentions = (struct style_mentions){.images = collector.images,
                                            .image_count = collector.image_count,
                                            .has_computed_images = collector.has_computed_images,
                                            .stacks = collector.stacks,
                                            .stack_count = collector.stack_count,
                                            .has_text = collector.has_text};
    return true;
}
