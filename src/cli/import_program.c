/* SPDX-License-Identifier: MIT */
#include "cli/import_program.h"

#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char name[] = "tesela-import";

/* The path of the program of that name in the folder of this one; "" when it does not fit. */
static void find_beside(char out[IMPORT_PROGRAM_PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", out, IMPORT_PROGRAM_PATH_MAX - sizeof name);
    out[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(out, '/');
    if (slash) {
        memcpy(slash + 1, name, sizeof name);
    }
}

int import_program_run(char **argv)
{
    char path[IMPORT_PROGRAM_PATH_MAX];
    find_beside(path);
    execv(path, argv);
    struct error err = {0};
    error_tell(&err, ERROR_INTERNAL, "CLI-005",
               "program \"%s\" could not be run (%s): it belongs beside tesela; install or build both",
               "no se pudo ejecutar el programa «%s» (%s): va junto a tesela; instale o compile ambos", path,
               strerror(errno));
    return cli_fail(&err);
}
