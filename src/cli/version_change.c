/* SPDX-License-Identifier: MIT */
#include "cli/version_change.h"

#include "cli/cli.h"
#include "cli/version_text.h"

int version_change_run(int argc, char **argv, const char *usage,
                       bool (*run)(struct store_writer *writer, struct version_change *change, struct error *err),
                       struct version_change *out_change)
{
    const char *data = NULL;
    const struct cli_option known[] = {{"--data", CLI_TEXT, &data}};
    struct version_change change = {0};
    struct store_writer *writer = NULL;
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err) ||
        (count == 2 && !version_text_parse(argv[2], &change.wanted, &err))) {
        return cli_usage(&err, usage);
    }
    if (count < 1 || count > 2) {
        return cli_usage(NULL, usage);
    }
    text_lower_id(argv[1]);
    change.layer = argv[1];
    bool ok = store_writer_open(cli_data_directory(data), &writer, &err) && run(writer, &change, &err);
    store_writer_close(writer);
    if (!ok) {
        return cli_fail(&err);
    }
    *out_change = change;
    return CLI_DONE;
}
