/* SPDX-License-Identifier: MIT */
#include "cli/style_needs.h"

#include "cli/picture.h"
#include "draw/text_engine.h"
#include "render/map_images.h"
#include "style/style_mentions.h"

#include <string.h>

struct list {
    struct arena *arena;
    struct style_message *messages;
    size_t count;
    size_t capacity;
};

static void add(struct list *list, const char *layer_id, const char *property, const char *english, const char *spanish)
{
    if (list->count == list->capacity) {
        size_t larger = list->capacity * 2 + 8;
        struct style_message *grown =
            arena_grow(list->arena, list->messages, list->capacity * sizeof *grown, larger * sizeof *grown);
        if (!grown) {
            return;
        }
        list->messages = grown;
        list->capacity = larger;
    }
    const char *where = arena_printf(list->arena, "layers[\"%s\"].%s", layer_id ? layer_id : "", property);
    if (where && english && spanish) {
        list->messages[list->count++] = (struct style_message){STYLE_WARNING, 0, where, english, spanish};
    }
}

static void note_file(void *context, const char *path, const struct error *problem)
{
    struct list *list = context;
    add(list, NULL, "icons", arena_printf(list->arena, "\"%s\" is left out: %s", path, problem->english),
        arena_printf(list->arena, "«%s» no se usa: %s", path, problem->spanish));
}

static void check_images(const char *path, const struct style *style, const struct style_mentions *mentions,
                         struct list *list)
{
    char folder[PICTURE_PATH_BYTES];
    struct sprite *images = NULL;
    if (!picture_icons_beside(path, folder) || !map_images_read(folder, &style, 1, note_file, list, &images, NULL)) {
        return;
    }
    for (size_t i = 0; i < mentions->image_count; i++) {
        struct text name = mentions->images[i].name;
        if (!sprite_has(images, name)) {
            add(list, mentions->images[i].layer_id, "image",
                arena_printf(list->arena, "there is no image \"%.*s\" in \"%s\"; nothing is drawn for it",
                             (int)name.length, name.data, folder),
                arena_printf(list->arena, "no hay imagen «%.*s» en «%s»; no se dibuja", (int)name.length, name.data,
                             folder));
        }
    }
    map_images_unref(images);
}

static const char *joined(const struct style_font_stack *stack, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < stack->count && text; i++) {
        text =
            arena_printf(arena, "%s%s%.*s", text, i > 0 ? ", " : "", (int)stack->fonts[i].length, stack->fonts[i].data);
    }
    return text ? text : "";
}

static void check_fonts(const struct style_mentions *mentions, struct list *list)
{
    struct text_engine *engine = mentions->stack_count > 0 ? text_engine_create() : NULL;
    for (size_t i = 0; engine && i < mentions->stack_count; i++) {
        const struct style_font_stack *stack = &mentions->stacks[i];
        uint32_t number = text_engine_stack(engine, stack->fonts, stack->count);
        const char *used = text_engine_stack_font(engine, number);
        if (text_engine_stack_quality(engine, number) != TEXT_STACK_EXACT) {
            const char *names = joined(stack, list->arena);
            add(list, stack->layer_id, "layout.text-font",
                arena_printf(list->arena, "none of the fonts %s is installed; \"%s\" is used", names, used),
                arena_printf(list->arena, "ninguna de las fuentes %s está instalada; se usa «%s»", names, used));
        }
    }
    text_engine_destroy(engine);
}

void style_needs_check(const char *path, const struct style *style, struct arena *arena, struct style_report *report)
{
    struct style_mentions mentions;
    struct list list = {.arena = arena};
    if (!style_mentions_find(style, arena, &mentions)) {
        return;
    }
    check_images(path, style, &mentions, &list);
    check_fonts(&mentions, &list);
    struct style_message *all = arena_array(arena, report->count + list.count, sizeof *all);
    if (!all || list.count == 0) {
        return;
    }
    if (report->count > 0) {
        memcpy(all, report->messages, report->count * sizeof *all);
    }
    memcpy(all + report->count, list.messages, list.count * sizeof *all);
    report->messages = all;
    report->count += list.count;
}
