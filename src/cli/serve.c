/* SPDX-License-Identifier: MIT */
/* tesela serve: maps, tiles and data over HTTP until SIGTERM. */

#include "cli/cells_ready.h"
#include "cli/cli.h"
#include "server/server.h"

#include <malloc.h>
#include <stdlib.h>

enum { LARGE_PIECE_BYTES = 4 << 20 };

static const char usage[] = "serve [--listen ADDR:PORT] [--data DIR] [--styles DIR] [--www DIR] [--workers N] "
                            "[--cache-mb N] [--disk-cache-mb N] [--base-url URL] [--quiet]";

int cli_serve(int argc, char **argv)
{
    struct server_options options = {0};
    const char *workers = NULL;
    const char *cache_mb = NULL;
    const char *disk_mb = NULL;
    const struct cli_option accepted[] = {
        {"--listen", CLI_TEXT, &options.listen},     {"--data", CLI_TEXT, &options.data},
        {"--styles", CLI_TEXT, &options.styles},     {"--www", CLI_TEXT, &options.www},
        {"--workers", CLI_TEXT, &workers},           {"--cache-mb", CLI_TEXT, &cache_mb},
        {"--base-url", CLI_TEXT, &options.base_url}, {"--quiet", CLI_FLAG, &options.quiet},
        {"--disk-cache-mb", CLI_TEXT, &disk_mb},
    };
    struct error err = {0};
    size_t count;
    if (!cli_parse(argc, argv, accepted, sizeof accepted / sizeof *accepted, &count, &err)) {
        return cli_usage(&err, usage);
    }
    long worker_count = 0;
    long megabytes = 256;
    long disk_megabytes = 2048;
    if (count != 0) {
        return cli_usage(NULL, usage);
    }
    if ((workers && !cli_integer("--workers", workers, 1, 256, &worker_count, &err)) ||
        (cache_mb && !cli_integer("--cache-mb", cache_mb, 0, 1 << 20, &megabytes, &err)) ||
        (disk_mb && !cli_integer("--disk-cache-mb", disk_mb, 0, 1 << 24, &disk_megabytes, &err))) {
        return cli_usage(&err, usage);
    }
    options.listen = cli_setting(options.listen, "TESELA_LISTEN", "127.0.0.1:8080");
    options.data = cli_data_directory(options.data);
    char styles[4096];
    const char *found = cli_program_folder(options.styles, "TESELA_STYLES", "styles");
    snprintf(styles, sizeof styles, "%s", found ? found : "styles");
    options.styles = styles;
    options.www = cli_program_folder(options.www, "TESELA_WWW", "www");
    options.workers = (unsigned)worker_count;
    options.cache_bytes = (size_t)megabytes << 20;
    options.disk_bytes = megabytes > 0 ? (uint64_t)disk_megabytes << 20 : 0; /* --cache-mb 0: nothing is cached */
    /* Large pieces go back to the system when they are freed: otherwise each worker keeps what its largest picture
     * took. */
    mallopt(M_MMAP_THRESHOLD, LARGE_PIECE_BYTES);
    mallopt(M_TRIM_THRESHOLD, LARGE_PIECE_BYTES);
    if (!cells_ready(options.data, &err) || !server_run(&options, &err)) {
        return cli_fail(&err);
    }
    return CLI_DONE;
}
