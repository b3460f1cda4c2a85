/* SPDX-License-Identifier: MIT */
/* tesela export: a layer as a file for other programs, a layer or map as an archive of tiles. */

#include "ingest/export.h"

#include "cli/cli.h"
#include "cli/export_archive.h"
#include "cli/progress.h"
#include "cli/report_text.h"
#include "cli/version_text.h"

#include <string.h>

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

static const char usage[] =
    "export LAYER -o FILE [--format gpkg|shp|geojson|csv|kml|fgb] [--srs EPSG:N] [--version N] [--hidden] [--json] "
    "[--data DIR]\n"
    "       tesela export LAYER|MAP --format pmtiles|mbtiles -o FILE [--zooms A-B] [--bbox W,S,E,N] [--tiles mvt|png] "
    "[--size 256|512] [--scale 1|2] [--data DIR] [--styles DIR]";

/* The name of an archive's format from what was asked, or from the file's name. */
static bool find_archive_kind(const char *format, const char *path, enum archive_kind *out_kind)
{
    bool is_pmtiles = format ? strcmp(format, "pmtiles") == 0 : text_ends_with(path, ".pmtiles");
    bool is_mbtiles = format ? strcmp(format, "mbtiles") == 0 : text_ends_with(path, ".mbtiles");
    *out_kind = is_pmtiles ? ARCHIVE_PMTILES : ARCHIVE_MBTILES;
    return is_pmtiles || is_mbtiles;
}

/* True when none of the options of one kind of export was given to the other. */
static bool check_options(const struct cli_option *options, size_t from, size_t to, bool is_archive, struct error *err)
{
    for (size_t i = from; i < to; i++) {
        bool given =
            options[i].kind == CLI_FLAG ? *(const bool *)options[i].out : *(const char *const *)options[i].out != NULL;
        if (given) {
            error_tell(err, ERROR_INVALID, "CLI-003", "%s is not an option of %s", "%s no es una opción para %s",
                       options[i].name, is_archive ? "pmtiles, mbtiles" : "gpkg, shp, geojson, csv, kml, fgb");
            return false;
        }
    }
    return true;
}

int cli_export(int argc, char **argv)
{
    struct export_options options = {0};
    struct export_archive_options archive = {0};
    const char *version = NULL;
    bool json = false;
    enum { COMMON = 3, OF_FILE = 7, ALL = 13 };
    const struct cli_option known[ALL] = {
        {"-o", CLI_TEXT, &options.path},
        {"--format", CLI_TEXT, &options.format},
        {"--data", CLI_TEXT, &archive.data},
        {"--srs", CLI_TEXT, &options.srs},
        {"--version", CLI_TEXT, &version},
        {"--hidden", CLI_FLAG, &options.with_hidden},
        {"--json", CLI_FLAG, &json},
        {"--zooms", CLI_TEXT, &archive.zooms},
        {"--bbox", CLI_TEXT, &archive.bbox},
        {"--tiles", CLI_TEXT, &archive.tiles},
        {"--size", CLI_TEXT, &archive.size},
        {"--scale", CLI_TEXT, &archive.scale},
        {"--styles", CLI_TEXT, &archive.styles},
    };
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, ALL, &count, &err) ||
        (version && !version_text_parse(version, &options.version, &err))) {
        return cli_usage(&err, usage);
    }
    if (count > 0) {
        text_lower_id(argv[1]);
    }
    if (count != 1 || !options.path || !text_is_id(text_of(argv[1]))) {
        return cli_usage(NULL, usage);
    }
    bool is_archive = find_archive_kind(options.format, options.path, &archive.kind);
    if (!check_options(known, is_archive ? COMMON : OF_FILE, is_archive ? OF_FILE : ALL, is_archive, &err)) {
        return cli_usage(&err, usage);
    }
    archive.data = cli_data_directory(archive.data);
    if (is_archive) {
        archive.subject = argv[1];
        archive.out = options.path;
        archive.styles = cli_program_folder(archive.styles, "TESELA_STYLES", "styles");
        return export_archive(&archive);
    }
    options.layer = argv[1];
    options.directory = archive.data;
    return run(&options, json);
}
