/* SPDX-License-Identifier: MIT */
/* tesela publish and unpublish: which version of a layer people see, if any. */

#include "cli/cli.h"
#include "cli/version_text.h"
#include "store/store_writer.h"

typedef bool version_change(struct store_writer *writer, const char *layer, int64_t version, int64_t *out_version,
                            struct error *err);

/* Reads "LAYER [VERSION]" and runs `change`; CLI_DONE when it was done. */
static int run(int argc, char **argv, const char *usage, version_change *change, const char **out_layer,
               int64_t *out_version)
{
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
    bool ok = store_writer_open(cli_data_directory(data), &writer, &err) &&
              change(writer, argv[1], wanted, out_version, &err);
    store_writer_close(writer);
    if (!ok) {
        cli_print_error(&err);
        return cli_exit_code(&err);
    }
    *out_layer = argv[1];
    return CLI_DONE;
}

int cli_publish(int argc, char **argv)
{
    const char *layer;
    int64_t version;
    int code = run(argc, argv, "publish LAYER [VERSION] [--data DIR]", store_writer_publish_version, &layer, &version);
    if (code == CLI_DONE) {
        cli_say(stdout, "%s: version %lld is published", "%s: se publicó la versión %lld", layer, (long long)version);
    }
    return code;
}

int cli_unpublish(int argc, char **argv)
{
    const char *layer;
    int64_t version;
    int code = run(argc, argv, "unpublish LAYER [VERSION] [--data DIR]", store_writer_withdraw, &layer, &version);
    if (code == CLI_DONE) {
        cli_say(stdout, "%s: no longer published; \"tesela publish %s\" brings version %lld back",
                "%s: ya no está publicada; «tesela publish %s» vuelve a mostrar la versión %lld", layer, layer,
                (long long)version);
    }
    return code;
}
