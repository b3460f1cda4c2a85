/* SPDX-License-Identifier: MIT */
/* tesela rollback: a version that was published before, again. */

#include "cli/cli.h"
#include "cli/version_text.h"
#include "store/store_writer.h"

int cli_rollback(int argc, char **argv)
{
    static const char usage[] = "rollback LAYER [VERSION] [--data DIR]";
    const char *data = NULL;
    const struct cli_option known[] = {{"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    int64_t wanted = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err) ||
        (count == 2 && !version_text_parse(argv[2], &wanted, &err))) {
        return cli_usage(&err, usage);
    }
    if (count < 1 || count > 2) {
        return cli_usage(NULL, usage);
    }
    struct store_writer *writer = NULL;
    int64_t from;
    int64_t to;
    bool ok = store_writer_open(cli_data_directory(data), &writer, &err) &&
              store_writer_rollback(writer, argv[1], wanted, &from, &to, &err);
    store_writer_close(writer);
    if (!ok) {
        cli_print_error(&err);
        return cli_exit_code(&err);
    }
    cli_say(stdout, "%s: version %lld is published in place of version %lld",
            "%s: se publicó la versión %lld en lugar de la %lld", argv[1], (long long)to, (long long)from);
    return CLI_DONE;
}
