/* SPDX-License-Identifier: MIT */
#include "cli/cells_ready.h"

#include "cli/cli.h"
#include "store/store_writer.h"

bool cells_ready(const char *data, struct error *err)
{
    struct store *store;
    if (!store_open(data, &store, err)) {
        return false;
    }
    bool complete = false;
    bool ok = store_cells_are_complete(store, &complete, err);
    store_close(store);
    if (!ok || complete) {
        return ok;
    }
    struct store_writer *writer;
    if (!store_writer_open(data, &writer, err)) {
        return false;
    }
    cli_say(stderr, "tesela: rebuilding cells.sqlite", "tesela: se rehace cells.sqlite");
    ok = store_writer_complete_cells(writer, err);
    store_writer_close(writer);
    return ok;
}
