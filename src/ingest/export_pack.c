/* SPDX-License-Identifier: MIT */
#include "ingest/export_pack.h"

#include "base/file.h"

#include <limits.h>
#include <stdio.h>
#include <zip.h>

static bool add(zip_t *zip, const char *folder, const char *stem, const char *part)
{
    char from[PATH_MAX];
    char name[PATH_MAX];
    if ((size_t)snprintf(from, sizeof from, "%s/%s.%s", folder, stem, part) >= sizeof from || !file_exists(from)) {
        return true;
    }
    snprintf(name, sizeof name, "%s.%s", stem, part);
    zip_source_t *source = zip_source_file(zip, from, 0, -1 /* to its end */);
    if (!source) {
        return false;
    }
    zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
        zip_source_free(source);
    }
    return index >= 0;
}

bool export_pack(const char *folder, const char *stem, const char *path, struct error *err)
{
    static const char *const parts[] = {"shp", "shx", "dbf", "prj", "cpg"};
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_EXCL, &code);
    bool ok = zip != NULL;
    for (size_t i = 0; ok && i < sizeof parts / sizeof *parts; i++) {
        ok = add(zip, folder, stem, parts[i]);
    }
    /* Reading and packing happen here. */
    if (ok && zip_close(zip) != 0) {
        ok = false;
    }
    if (!ok) {
        error_tell(err, ERROR_UNAVAILABLE, "EXP-002", "the zip could not be written: %.200s",
                   "no se pudo escribir el zip: %.200s", zip ? zip_strerror(zip) : "libzip");
        if (zip) {
            zip_discard(zip);
        }
    }
    return ok;
}
