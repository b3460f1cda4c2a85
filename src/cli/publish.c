/* SPDX-License-Identifier: MIT */
/* tesela publish and unpublish: which version of a layer people see, if any. */

#include "cli/cli.h"
#include "cli/version_change.h"

static bool publish(struct store_writer *writer, struct version_change *change, struct error *err)
{
    return store_writer_publish_version(writer, change->layer, change->wanted, &change->to, err);
}

static bool withdraw(struct store_writer *writer, struct version_change *change, struct error *err)
{
    return store_writer_withdraw(writer, change->layer, change->wanted, &change->from, err);
}

int cli_publish(int argc, char **argv)
{
    struct version_change change;
    int code = version_change_run(argc, argv, "publish LAYER [VERSION] [--data DIR]", publish, &change);
    if (code == CLI_DONE) {
        cli_say(stdout, "%s: version %lld is published", "%s: se publicó la versión %lld", change.layer,
                (long long)change.to);
    }
    return code;
}

int cli_unpublish(int argc, char **argv)
{
    struct version_change change;
    int code = version_change_run(argc, argv, "unpublish LAYER [VERSION] [--data DIR]", withdraw, &change);
    if (code == CLI_DONE) {
        cli_say(stdout, "%s: no longer published; \"tesela publish %s\" brings version %lld back",
                "%s: ya no está publicada; «tesela publish %s» vuelve a mostrar la versión %lld", change.layer,
                change.layer, (long long)change.from);
    }
    return code;
}
