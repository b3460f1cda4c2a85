/* SPDX-License-Identifier: MIT */
#pragma once
/* tesela-import, the program beside this one that reads and writes foreign files. GDAL is linked with it alone: to be
 * linked with GDAL takes longer than all the rest of a server's start. */

enum { IMPORT_PROGRAM_PATH_MAX = 4096 };

/* Becomes it, for a command with its whole argument list ("tesela", "load" …); comes back, with an exit code, only when
 * that failed, which was told. */
int import_program_run(char **argv);
