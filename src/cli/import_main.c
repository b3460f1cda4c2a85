/* SPDX-License-Identifier: MIT */
/* The program that reads and writes foreign files. `tesela` becomes it for these commands (import_program.h). */

#include "cli/cli.h"

#include <string.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"export", cli_export},
    {"inspect", cli_inspect},
    {"load", cli_load},
};

int main(int argc, char **argv)
{
    cli_begin();
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    cli_say(
        stderr,
        "tesela-import: this program is a part of tesela: run \"tesela load\", \"tesela inspect\", \"tesela export\"",
        "tesela-import: este programa es parte de tesela: use «tesela load», «tesela inspect», «tesela export»");
    return CLI_USAGE;
}
