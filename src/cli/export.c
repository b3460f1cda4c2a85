/* SPDX-License-Identifier: MIT */
/* tesela export: a layer or map into one file. */

#include "cli/cli.h"
#include "cli/export_archive.h"

#include <string.h>

static const char usage[] = "export LAYER|MAP --format pmtiles|mbtiles -o FILE [--zooms A-B] [--bbox W,S,E,N] "
                            "[--tiles mvt|png] [--size 256|512] [--scale 1|2] [--data DIR] [--styles DIR]";

int cli_export(int argc, char **argv)
{
    struct export_archive_options options = {0};
    const char *format = NULL;
    const struct cli_option accepted[] = {
        {"--format", CLI_TEXT, &format},         {"-o", CLI_TEXT, &options.out},
        {"--zooms", CLI_TEXT, &options.zooms},   {"--bbox", CLI_TEXT, &options.bbox},
        {"--tiles", CLI_TEXT, &options.tiles},   {"--size", CLI_TEXT, &options.size},
        {"--scale", CLI_TEXT, &options.scale},   {"--data", CLI_TEXT, &options.data},
        {"--styles", CLI_TEXT, &options.styles},
    };
    struct error err = {0};
    size_t count;
    if (!cli_parse(argc, argv, accepted, sizeof accepted / sizeof *accepted, &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count != 1 || !text_is_id(text_of(argv[1])) || !options.out || !format) {
        return cli_usage(NULL, usage);
    }
    options.subject = argv[1];
    options.data = cli_data_directory(options.data);
    options.styles = cli_program_folder(options.styles, "TESELA_STYLES", "styles");
    if (strcmp(format, "pmtiles") == 0 || strcmp(format, "mbtiles") == 0) {
        options.kind = format[0] == 'p' ? ARCHIVE_PMTILES : ARCHIVE_MBTILES;
        return export_archive(&options);
    }
    error_tell(&err, ERROR_INVALID, "CLI-003", "--format \"%s\" is not one of pmtiles, mbtiles",
               "--format «%s» no es pmtiles ni mbtiles", format);
    return cli_usage(&err, usage);
}
