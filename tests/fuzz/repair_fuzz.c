/* SPDX-License-Identifier: MIT */
/* Any bytes as geometry: what is kept reads back as a shape of the promised kind, with finite coordinates. */

#include "ingest/repair.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* GEOS 3.11 loses some bytes when its buffer gives up on absurd coordinates; to be recognised it needs whole stacks. */
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:geos::operation::buffer";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct repair *repair; /* kept for all inputs, as for all features of a layer */
    struct error err;
    struct repair_result result;
    if (!repair && !repair_open(&repair, &err)) {
        abort();
    }
    struct arena *arena = arena_create((size_t)64 << 20);
    if (!arena || size > 4096) {
        arena_destroy(arena);
        return 0;
    }
    if (repair_geometry(repair, data, size, GEOMETRY_NONE, size % 2 == 0, REPAIR_MEND, arena, &result, &err) &&
        result.fate == REPAIR_KEPT) {
        struct shape shape;
        bool ok = shape_from_wkb(result.wkb, result.wkb_size, arena, &shape, &err);
        assert(ok && shape.kind == result.kind && shape.part_count > 0);
        for (uint32_t i = 0; ok && i < 2 * shape.vertex_count; i++) {
            assert(isfinite(shape.xy[i]));
        }
        (void)ok;
    }
    arena_destroy(arena);
    return 0;
}
