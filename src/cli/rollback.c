/* SPDX-License-Identifier: MIT */
/* tesela rollback: a version that was published before, again. */

#include "cli/cli.h"
#include "cli/version_change.h"

static bool roll_back(struct store_writer *writer, struct version_change *change, struct error *err)
{
    return store_writer_rollback(writer, change->layer, change->wanted, &change->from, &change->to, err);
}

int cli_rollback(int argc, char **argv)
{
    struct version_change change;
    int code = version_change_run(argc, argv, "rollback LAYER [VERSION] [--data DIR]", roll_back, &change);
    if (code == CLI_DONE) {
        cli_say(stdout, "%s: version %lld is published in place of version %lld",
                "%s: se publicó la versión %lld en lugar de la %lld", change.layer, (long long)change.to,
                (long long)change.from);
    }
    return code;
}
