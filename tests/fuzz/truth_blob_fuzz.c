/* SPDX-License-Identifier: MIT */
/* WKB from the reading of foreign files. What is accepted must be a blob of the promised form. The first byte chooses
 * kind and height. */
#include "store/truth_blob.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct error err;
    struct truth_blob about;
    struct buffer blob;
    buffer_init(&blob, 1 << 24);
    enum geometry_kind kind = (enum geometry_kind)(GEOMETRY_POINT + data[0] % 3);
    bool has_z = (data[0] & 128) != 0;
    if (truth_blob_from_wkb(data + 1, size - 1, kind, has_z, 4326, &blob, &about, &err) && !about.is_empty) {
        bool sound = blob.length >= 60 && blob.data[0] == 0 && blob.data[38] == 0x7c &&
                     blob.data[blob.length - 1] == 0xfe && isfinite(about.bbox.min_x) &&
                     about.bbox.min_x <= about.bbox.max_x;
        if (!sound) {
            abort();
        }
    }
    buffer_finish(&blob);
    return 0;
}
