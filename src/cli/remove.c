/* SPDX-License-Identifier: MIT */
/* tesela remove: a layer with all its versions. */

#include "cli/cli.h"
#include "store/store_writer.h"

int cli_remove(int argc, char **argv)
{
    static const char usage[] = "remove LAYER… [--data DIR]";
    const char *data = NULL;
    const struct cli_option known[] = {{"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count == 0) {
        return cli_usage(NULL, usage);
    }
    const char *directory = cli_data_directory(data);
    struct store_writer *writer = NULL;
    if (!store_writer_open(directory, &writer, &err)) {
        return cli_fail(&err);
    }
    int worst = CLI_DONE;
    for (size_t i = 1; i <= count; i++) {
        text_lower_id(argv[i]);
        if (store_writer_remove(writer, argv[i], &err)) {
            cli_say(stdout, "layer \"%s\" was removed", "se quitó la capa «%s»", argv[i]);
            continue;
        }
        cli_print_error(&err);
        int code = cli_exit_code(&err);
        worst = code > worst ? code : worst;
    }
    store_writer_close(writer);
    return worst;
}
