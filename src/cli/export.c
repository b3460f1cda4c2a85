/* SPDX-License-Identifier: MIT */
/* tesela export: a layer as a file for other programs. */

#include "ingest/export.h"

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/report_text.h"
#include "cli/version_text.h"

static void show(void *context, int64_t done, int64_t total)
{
    progress_show(context, 0, cli_pick("writing", "escribiendo"), "", done, total);
}

static int run(struct export_options *options, bool json)
{
    struct error err = {0};
    struct progress progress;
    struct report *report = report_create(options->path);
    if (!report) {
        return cli_fail_no_memory();
    }
    if (progress_init(&progress)) {
        options->progress = show;
        options->context = &progress;
    }
    bool ok = export_run(options, report, &err);
    progress_clear(&progress);
    int code = CLI_DONE;
    if (!ok) {
        report_tell_error(report, &err);
        code = cli_exit_code(&err);
    } else if (report_worst(report) >= REPORT_WARNING) {
        code = CLI_WARNINGS;
    }
    if (json) {
        code = report_text_print_json(report) ? code : CLI_INTERNAL;
    } else if (!ok) {
        cli_print_error(&err);
    } else {
        const struct report_layer *layer = report->layers;
        cli_say(stdout, "%s: version %lld, %lld features, written to %s", "%s: versión %lld, %lld elementos, en %s",
                layer->id, (long long)layer->version, (long long)layer->loaded, options->path);
        report_print_messages(report, report_text_language(), REPORT_NOTICE, stdout);
    }
    report_destroy(report);
    return code;
}

int cli_export(int argc, char **argv)
{
    static const char usage[] = "export LAYER -o FILE [--format gpkg|shp|geojson|csv|kml|fgb] [--srs EPSG:N] "
                                "[--version N] [--hidden] [--json] [--data DIR]";
    struct export_options options = {0};
    const char *data = NULL;
    const char *version = NULL;
    bool json = false;
    const struct cli_option known[] = {
        {"-o", CLI_TEXT, &options.path},
        {"--format", CLI_TEXT, &options.format},
        {"--srs", CLI_TEXT, &options.srs},
        {"--version", CLI_TEXT, &version},
        {"--hidden", CLI_FLAG, &options.with_hidden},
        {"--json", CLI_FLAG, &json},
        {"--data", CLI_TEXT, &data},
    };
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err) ||
        (version && !version_text_parse(version, &options.version, &err))) {
        return cli_usage(&err, usage);
    }
    if (count != 1 || !options.path) {
        return cli_usage(NULL, usage);
    }
    options.layer = argv[1];
    options.directory = cli_data_directory(data);
    return run(&options, json);
}
