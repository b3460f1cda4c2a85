/* SPDX-License-Identifier: MIT */
/* Any bytes as an SLD or QML: what is imported must be a style that is read. */
#include "style/import_style.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 128 << 20, OUT_BYTES = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct import_options options = {"fuzz", NULL, IMPORT_LATITUDE};
    struct style_report report;
    struct error err = {0};
    struct buffer out;
    struct arena *arena = arena_create(ARENA_BYTES);
    if (!arena) {
        return 0;
    }
    buffer_init(&out, OUT_BYTES);
    bool ok = import_style((struct text){(const char *)data, size}, &options, arena, &out, &report, &err);
    /* The importer reads its own result: that it is no style is our mistake, not that of the file. */
    if (!ok && err.kind == ERROR_INTERNAL && err.code[0] != '\0') {
        abort();
    }
    buffer_finish(&out);
    arena_destroy(arena);
    return 0;
}
