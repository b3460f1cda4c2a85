/* SPDX-License-Identifier: MIT */
/* tesela versions: what is kept of a layer. */

#include "cli/cli.h"
#include "cli/version_text.h"

#include <string.h>

enum { ARENA_BYTES_MAX = 256 * 1024 * 1024 };

static bool print_json(const char *layer, const struct store_version_list *list)
{
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, ARENA_BYTES_MAX);
    json_write_init(&json, &out);
    json_write_begin_object(&json);
    json_write_member_string(&json, "layer", layer);
    json_write_name(&json, "versions");
    json_write_begin_array(&json);
    for (size_t i = 0; i < list->count; i++) {
        json_write_begin_object(&json);
        version_text_write(&json, &list->versions[i]);
        json_write_end_object(&json);
    }
    json_write_end_array(&json);
    json_write_end_object(&json);
    bool ok = cli_print_json(&out);
    buffer_finish(&out);
    return ok;
}

static void print_list(const struct store_version_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct store_version *version = &list->versions[i];
        const struct bbox *box = &version->layer.bbox;
        char extent[120] = "-";
        if (!bbox_is_empty(box)) {
            snprintf(extent, sizeof extent, "%.5f,%.5f,%.5f,%.5f", box->min_x, box->min_y, box->max_x, box->max_y);
        }
        const char *slash = strrchr(version->source_file, '/');
        cli_say(stdout, "%4lld  %-10s  %s  %9lld features   %s  %.12s  %s",
                "%4lld  %-10s  %s  %9lld elementos  %s  %.12s  %s", (long long)version->layer.version,
                version_text_state(version->state), version->layer.loaded_at, (long long)version->layer.feature_count,
                extent, version->source_sha256[0] != '\0' ? version->source_sha256 : "-",
                slash ? slash + 1 : version->source_file);
    }
}

int cli_versions(int argc, char **argv)
{
    static const char usage[] = "versions LAYER [--json] [--data DIR]";
    bool json = false;
    const char *data = NULL;
    const struct cli_option known[] = {{"--json", CLI_FLAG, &json}, {"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count != 1) {
        return cli_usage(NULL, usage);
    }
    text_lower_id(argv[1]);
    int code = CLI_INTERNAL;
    struct store *store = NULL;
    struct store_version_list list;
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    if (!arena) {
        return cli_fail_no_memory();
    }
    if (!store_open(cli_data_directory(data), &store, &err) ||
        !store_version_list(store, argv[1], arena, &list, &err)) {
        code = cli_fail(&err);
    } else if (json) {
        code = print_json(argv[1], &list) ? CLI_DONE : CLI_INTERNAL;
    } else {
        print_list(&list);
        code = CLI_DONE;
    }
    store_close(store);
    arena_destroy(arena);
    return code;
}
