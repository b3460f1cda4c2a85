/* SPDX-License-Identifier: MIT */
/* tesela rebuild: the cache of tile-ready geometry, made again from the truth. */

#include "cli/cli.h"

#include "store/store_writer.h"

int cli_rebuild(int argc, char **argv)
{
    const char *data = NULL;
    const struct cli_option accepted[] = {{"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count;
    if (!cli_parse(argc, argv, accepted, 1, &count, &err)) {
        return cli_usage(&err, "rebuild [LAYER] [--data DIR]");
    }
    if (count > 1) {
        return cli_usage(NULL, "rebuild [LAYER] [--data DIR]");
    }
    if (count == 1) {
        text_lower_id(argv[1]);
    }
    struct store_writer *writer;
    bool ok = store_writer_open(cli_data_directory(data), &writer, &err);
    if (ok) {
        ok = store_writer_rebuild_cells(writer, count == 1 ? argv[1] : NULL, &err);
        store_writer_close(writer);
    }
    if (!ok) {
        return cli_fail(&err);
    }
    return CLI_DONE;
}
