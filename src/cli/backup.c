/* SPDX-License-Identifier: MIT */
/* tesela backup: a copy of the truth, taken while it is in use. */

#include "base/clock.h"
#include "cli/cli.h"
#include "store/store_backup.h"

#include <unistd.h>

static void show(void *context, int64_t done, int64_t total)
{
    int64_t *shown_ns = context;
    int64_t now = clock_monotonic_ns();
    if (total > 0 && now - *shown_ns > 100 * 1000 * 1000) {
        *shown_ns = now;
        fprintf(stderr, "\r\033[K%lld %%", (long long)(done * 100 / total));
        fflush(stderr);
    }
}

int cli_backup(int argc, char **argv)
{
    static const char usage[] = "backup DEST [--data DIR]";
    const char *data = NULL;
    const struct cli_option known[] = {{"--data", CLI_TEXT, &data}};
    struct error err = {0};
    size_t count = 0;
    if (!cli_parse(argc, argv, known, sizeof known / sizeof known[0], &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count != 1 || argv[1][0] == '\0') {
        return cli_usage(NULL, usage);
    }
    struct store_backup made;
    int64_t shown_ns = 0;
    bool watched = isatty(STDERR_FILENO) != 0;
    bool ok = store_backup(cli_data_directory(data), argv[1], watched ? show : NULL, &shown_ns, &made, &err);
    if (watched && shown_ns > 0) {
        fputs("\r\033[K", stderr);
    }
    if (!ok) {
        return cli_fail(&err);
    }
    cli_say(stdout, "%s: %lld published layers, %lld versions, %.1f MB, checked",
            "%s: %lld capas publicadas, %lld versiones, %.1f MB, verificado", made.path, (long long)made.layers,
            (long long)made.versions, (double)made.bytes / 1e6);
    return CLI_DONE;
}
