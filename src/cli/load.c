/* SPDX-License-Identifier: MIT */
/* tesela load: files into layers. */

#include "cli/load.h"

#include "cli/cells_ready.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/report_text.h"
#include "ingest/descriptor.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DESCRIPTORS_MAX = 1000 };

/* One file on its way, as it is told. */
struct telling {
    struct progress progress;
    const struct load_style_plan *styles;
    bool look_only;
    struct report *report;
};

static void show_progress(void *context, enum ingest_stage stage, const char *layer, int64_t done, int64_t total)
{
    static const char *const english[] = {"reading", "loading", "publishing"};
    static const char *const spanish[] = {"leyendo", "cargando", "publicando"};
    struct telling *telling = context;
    progress_show(&telling->progress, (int)stage, cli_pick(english[stage], spanish[stage]), layer, done, total);
}

static void take_style(void *context, const struct ingest_style *style)
{
    const struct telling *telling = context;
    load_style_offer(telling->styles, style, telling->look_only, telling->report);
}

static void print_brief(const struct report *report, enum report_language language, bool draft)
{
    for (const struct report_layer *layer = report->layers; layer; layer = layer->next) {
        if (layer->version > 0) {
            cli_say(stdout, "%s: version %lld%s, %lld features", "%s: versión %lld%s, %lld elementos", layer->id,
                    (long long)layer->version, draft ? cli_pick(" (draft)", " (borrador)") : "",
                    (long long)layer->loaded);
        }
    }
    report_print_messages(report, language, REPORT_WARNING, stdout);
}

/* How a draft becomes what people see. */
static void tell_drafts(const struct report *report)
{
    for (const struct report_layer *layer = report->layers; layer; layer = layer->next) {
        if (layer->version > 0) {
            cli_say(stdout, "%s: version %lld is a draft: \"tesela publish %s\" shows it",
                    "%s: la versión %lld es un borrador: «tesela publish %s» la muestra", layer->id,
                    (long long)layer->version, layer->id);
        }
    }
}

int load_run(const char *path, const struct ingest_options *options, const struct load_style_plan *styles, bool inspect,
             enum load_print print)
{
    enum report_language language = report_text_language();
    struct telling telling = {.styles = styles, .look_only = inspect || options->dry_run};
    struct ingest_options whole = *options;
    struct report *report = report_create(path);
    if (!report) {
        return cli_fail_no_memory();
    }
    telling.report = report;
    whole.context = &telling;
    whole.style = take_style;
    if (progress_init(&telling.progress)) {
        whole.progress = show_progress;
    }
    enum ingest_outcome outcome = inspect ? ingest_inspect(path, &whole, report) : ingest_load(path, &whole, report);
    progress_clear(&telling.progress);
    bool printed = true;
    if (print == LOAD_JSON) {
        printed = report_text_print_json(report);
    } else {
        if (print == LOAD_WHOLE) {
            report_print(report, language, stdout);
            if (options->draft) {
                tell_drafts(report);
            }
        } else {
            print_brief(report, language, options->draft);
        }
        fflush(stdout);
        if (outcome != INGEST_DONE) {
            if (inspect) {
                cli_say(stderr, "tesela: \"%s\" cannot be loaded as it is", "tesela: «%s» no se puede cargar así",
                        path);
            } else {
                cli_say(stderr, "tesela: \"%s\" was not loaded", "tesela: «%s» no se cargó", path);
            }
        }
    }
    enum report_severity worst = report_worst(report);
    bool short_of_memory = report->out_of_memory;
    report_destroy(report);
    if (outcome == INGEST_BROKEN || !printed || short_of_memory) {
        return CLI_INTERNAL;
    }
    if (outcome == INGEST_REJECTED) {
        return CLI_REJECTED;
    }
    return worst >= REPORT_WARNING ? CLI_WARNINGS : CLI_DONE;
}

static const char usage[] = "load FILE… [--layer ID] [--title T] [--source-layer NAME] [--srs EPSG:N] [--encoding ENC] "
                            "[--key FIELD] [--descriptor FILE.json] [--draft] [--strict] [--dry-run] [--with-style] "
                            "[--styles DIR] [--data DIR] [--json]\n"
                            "       tesela load --all FOLDER [--draft] [--with-style] [--data DIR]";

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One line for each layer, and its report where there is something to say. */
static int load_descriptor(const char *path, const struct ingest_options *options, const struct load_style_plan *styles,
                           bool json)
{
    struct error err = {0};
    bool current = false;
    if (!ingest_is_current(path, options->directory, options->draft, &current, &err)) {
        return cli_fail(&err);
    }
    if (current) {
        cli_say(stdout, "%s: unchanged", "%s: sin cambios", path);
        return CLI_DONE;
    }
    struct arena *arena = arena_create((size_t)16 << 20);
    struct descriptor descriptor;
    int code = CLI_INTERNAL;
    if (!arena || !descriptor_read(path, arena, &descriptor, &err)) {
        if (arena) {
            cli_print_error(&err);
            code = cli_exit_code(&err);
        }
        arena_destroy(arena);
        return code;
    }
    struct ingest_options whole = *options;
    whole.descriptor = path;
    code = load_run(descriptor.file, &whole, styles, false, json ? LOAD_JSON : LOAD_BRIEF);
    arena_destroy(arena);
    return code;
}

static int load_folder(const char *folder, const struct ingest_options *options, const struct load_style_plan *styles,
                       bool json)
{
    struct error err = {0};
    DIR *open_folder = opendir(folder);
    if (!open_folder) {
        error_tell(&err, ERROR_NOT_FOUND, "IMP-080", "folder \"%s\" cannot be opened",
                   "la carpeta «%s» no se puede abrir", folder);
        cli_print_error(&err);
        return CLI_REJECTED;
    }
    char **paths = calloc(DESCRIPTORS_MAX, sizeof *paths);
    size_t count = 0;
    for (struct dirent *entry = readdir(open_folder); paths && entry && count < DESCRIPTORS_MAX;
         entry = readdir(open_folder)) {
        size_t length = strlen(entry->d_name);
        if (length <= 5 || entry->d_name[0] == '.' || strcmp(entry->d_name + length - 5, ".json") != 0) {
            continue;
        }
        size_t room = strlen(folder) + length + 2;
        char *path = malloc(room);
        if (path) {
            size_t end = strlen(folder);
            bool slash = end > 0 && folder[end - 1] == '/';
            snprintf(path, room, "%s%s%s", folder, slash ? "" : "/", entry->d_name);
            paths[count++] = path;
        }
    }
    closedir(open_folder);
    int worst = paths ? CLI_DONE : CLI_INTERNAL;
    if (paths) {
        qsort(paths, count, sizeof *paths, by_text);
    }
    for (size_t i = 0; i < count; i++) {
        int code = load_descriptor(paths[i], options, styles, json);
        worst = code > worst ? code : worst;
        free(paths[i]);
    }
    free(paths);
    if (!cells_ready(options->directory, &err)) {
        int code = cli_fail(&err);
        worst = code > worst ? code : worst;
    }
    return worst;
}

int cli_load(int argc, char **argv)
{
    struct ingest_options options = {0};
    bool json = false;
    const char *data = NULL;
    const char *all = NULL;
    struct load_style_plan styles = {0};
    const struct cli_option known[] = {
        {"--layer", CLI_ID, &options.layer},
        {"--title", CLI_TEXT, &options.title},
        {"--source-layer", CLI_TEXT, &options.source_layer},
        {"--srs", CLI_TEXT, &options.srs},
        {"--encoding", CLI_TEXT, &options.encoding},
        {"--key", CLI_TEXT, &options.key},
        {"--descriptor", CLI_TEXT, &options.descriptor},
        {"--draft", CLI_FLAG, &options.draft},
        {"--strict", CLI_FLAG, &options.strict},
        {"--dry-run", CLI_FLAG, &options.dry_run},
        {"--all", CLI_TEXT, &all},
        {"--with-style", CLI_FLAG, &styles.wanted},
        {"--styles", CLI_TEXT, &styles.folder},
        {"--data", CLI_TEXT, &data},
        {"--json", CLI_FLAG, &json},
    };
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    options.directory = cli_data_directory(data);
    styles.folder = load_style_folder(styles.folder);
    bool one = options.layer || options.title || options.source_layer || options.key || options.descriptor;
    if ((all != NULL) == (count > 0) || (all && (one || options.srs || options.encoding))) {
        return cli_usage(NULL, usage);
    }
    if (all) {
        return load_folder(all, &options, &styles, json);
    }
    if (count > 1 && one) {
        error_tell(&err, ERROR_INVALID, "CLI-001",
                   "--layer, --title, --source-layer, --key and --descriptor speak of one file, but %zu are given",
                   "--layer, --title, --source-layer, --key y --descriptor son de un solo archivo, pero hay %zu",
                   count);
        return cli_usage(&err, usage);
    }
    int worst = CLI_DONE;
    for (size_t i = 1; i <= count; i++) {
        int code = load_run(argv[i], &options, &styles, false, json ? LOAD_JSON : LOAD_WHOLE);
        worst = code > worst ? code : worst;
    }
    return worst;
}
