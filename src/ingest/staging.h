/* SPDX-License-Identifier: MIT */
#pragma once
/* Private temporary folders, named after the process they belong to, so that those of a killed one can be told and
 * swept. */

#include "base/arena.h"
#include "base/error.h"

/* Makes a folder under $TMPDIR (else /tmp), after sweeping the folders of processes that are gone. */
bool staging_create(struct arena *arena, const char **out_folder, struct error *err);
/* The same beside the file `path`, on its file system. */
bool staging_create_beside(const char *path, struct arena *arena, const char **out_folder, struct error *err);

/* Removes the folder with all that is in it; links are removed and not followed. Accepts NULL. */
void staging_remove(const char *folder);
