/* SPDX-License-Identifier: MIT */
/* tesela layers: what is published. */

#include "base/json_write.h"
#include "cli/cli.h"
#include "cli/version_text.h"
#include "store/store.h"

enum { LIST_BYTES_MAX = 256 * 1024 * 1024 };

/* The reader's language, else the other. */
static const char *pick_title(const char *english, const char *spanish)
{
    const char *picked = cli_pick(english, spanish);
    return picked ? picked : cli_pick(spanish, english);
}

static void write_fields(struct json_writer *json, const struct store_layer *layer)
{
    json_write_name(json, "fields");
    json_write_begin_array(json);
    for (size_t i = 0; i < layer->field_count; i++) {
        const struct store_field *field = &layer->fields[i];
        json_write_begin_object(json);
        json_write_member_string(json, "name", field->name);
        json_write_member_string(json, "type", field_type_name(field->type));
        json_write_member_string(json, "title", pick_title(field->title_en, field->title_es));
        json_write_end_object(json);
    }
    json_write_end_array(json);
}

static void write_layer(struct json_writer *json, const struct store_layer *layer)
{
    json_write_begin_object(json);
    json_write_member_string(json, "id", layer->id);
    json_write_member_string(json, "title", pick_title(layer->title_en, layer->title_es));
    json_write_member_string(json, "geometry", geometry_kind_name(layer->kind));
    json_write_member_int(json, "features", layer->feature_count);
    json_write_member_int(json, "version", layer->version);
    json_write_member_string(json, "loaded_at", layer->loaded_at);
    json_write_member_string(json, "srs", layer->srs);
    json_write_member_string(json, "key", layer->key);
    json_write_member_string(json, "table", layer->table);
    version_text_write_bbox(json, "bbox", &layer->bbox);
    write_fields(json, layer);
    json_write_end_object(json);
}

static bool print_json(const struct store_layer_list *list)
{
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, LIST_BYTES_MAX);
    json_write_init(&json, &out);
    json_write_begin_object(&json);
    json_write_name(&json, "layers");
    json_write_begin_array(&json);
    for (size_t i = 0; i < list->count; i++) {
        write_layer(&json, &list->layers[i]);
    }
    json_write_end_array(&json);
    json_write_end_object(&json);
    bool ok = cli_print_json(&out);
    buffer_finish(&out);
    return ok;
}

static const char *kind_word(enum geometry_kind kind)
{
    static const char *const spanish[] = {"tabla", "puntos", "líneas", "polígonos"};
    static const char *const english[] = {"table", "points", "lines", "polygons"};
    return cli_pick(english[kind], spanish[kind]);
}

static void print_list(const struct store_layer_list *list)
{
    if (list->count == 0) {
        cli_say(stdout, "no layers: load one with tesela load FILE",
                "no hay capas: cargue una con tesela load ARCHIVO");
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct store_layer *layer = &list->layers[i];
        const char *title = pick_title(layer->title_en, layer->title_es);
        cli_say(stdout, "%-28s %9lld %-9s  version %lld of %s  %s", "%-28s %9lld %-9s  versión %lld del %s  %s",
                layer->id, (long long)layer->feature_count, kind_word(layer->kind), (long long)layer->version,
                layer->loaded_at, title);
    }
}

int cli_layers(int argc, char **argv)
{
    static const char usage[] = "layers [--json] [--data DIR]";
    bool json = false;
    const char *data = NULL;
    const struct cli_option known[] = {{"--json", CLI_FLAG, &json}, {"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count > 0) {
        return cli_usage(NULL, usage);
    }
    int code = CLI_INTERNAL;
    struct store *store = NULL;
    struct store_layer_list list;
    struct arena *arena = arena_create(LIST_BYTES_MAX);
    if (!arena) {
        return cli_fail_no_memory();
    }
    if (!store_open(cli_data_directory(data), &store, &err) || !store_list(store, arena, &list, &err)) {
        code = cli_fail(&err);
    } else if (json) {
        code = print_json(&list) ? CLI_DONE : CLI_INTERNAL;
    } else {
        print_list(&list);
        code = CLI_DONE;
    }
    store_close(store);
    arena_destroy(arena);
    return code;
}
