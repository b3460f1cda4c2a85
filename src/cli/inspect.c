/* SPDX-License-Identifier: MIT */
/* tesela inspect: the report that load would give, changing nothing. */

#include "cli/cli.h"
#include "cli/load.h"

int cli_inspect(int argc, char **argv)
{
    static const char usage[] = "inspect FILE… [--layer ID] [--source-layer NAME] [--srs EPSG:N] [--encoding ENC] "
                                "[--key FIELD] [--descriptor FILE.json] [--data DIR] [--json]";
    struct ingest_options options = {0};
    bool json = false;
    const char *data = NULL;
    const struct cli_option known[] = {
        {"--layer", CLI_ID, &options.layer}, {"--source-layer", CLI_TEXT, &options.source_layer},
        {"--srs", CLI_TEXT, &options.srs},   {"--encoding", CLI_TEXT, &options.encoding},
        {"--key", CLI_TEXT, &options.key},   {"--descriptor", CLI_TEXT, &options.descriptor},
        {"--data", CLI_TEXT, &data},         {"--json", CLI_FLAG, &json},
    };
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count == 0) {
        return cli_usage(NULL, usage);
    }
    options.directory = cli_data_directory(data);
    struct load_style_plan styles = {.folder = load_style_folder(NULL)};
    int worst = CLI_DONE;
    for (size_t i = 1; i <= count; i++) {
        int code = load_run(argv[i], &options, &styles, true, json ? LOAD_JSON : LOAD_WHOLE);
        worst = code > worst ? code : worst;
    }
    return worst;
}
