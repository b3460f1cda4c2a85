/* SPDX-License-Identifier: MIT */
#pragma once
/* The operations of a render test folded into its style: the picture is that of the final state. */

#include "conformance/assets.h"

enum { OPERATION_IMAGES_MAX = 64 };

/* An image added at run time. */
struct operation_image {
    struct text name;
    struct text path; /* below the assets */
    double pixel_ratio;
    bool is_sdf;
};

struct folded_style {
    struct value style;
    bool has_camera; /* an operation or a style before has set one: it is kept by setStyle */
    double zoom;
    double longitude;
    double latitude;
    struct operation_image images[OPERATION_IMAGES_MAX];
    size_t image_count;
};

/* `style` is the whole document with metadata.test. False with a reason for an operation that is not known. */
bool operations_fold(const struct value *style, const struct assets *assets, struct arena *arena,
                     struct folded_style *out_folded, const char **out_reason);
