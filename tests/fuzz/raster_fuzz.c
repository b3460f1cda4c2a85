/* SPDX-License-Identifier: MIT */
/* Any geometry as rings and strokes: no overflow, nothing left behind, and the same picture by any kernel and when all
 * of it is moved by whole pixels. */

#include "draw/stroke.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIDE = 96, WINDOW = 40, POINTS_MAX = 256 };

struct input {
    const uint8_t *data;
    size_t left;
};

static uint8_t take_byte(struct input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->data++;
}

static int32_t take_number(struct input *input)
{
    uint32_t number = 0;
    for (int i = 0; i < 4; i++) {
        number = number << 8 | take_byte(input);
    }
    return (int32_t)number;
}

/* Far away, near by, or a step from the last point. Far points keep room to be moved. */
static struct draw_point take_point(struct input *input, struct draw_point last)
{
    uint8_t kind = take_byte(input);
    if (kind % 8 == 0) {
        return (struct draw_point){take_number(input) / 2, take_number(input) / 2};
    }
    if (kind % 2 == 0) {
        return (struct draw_point){(take_byte(input) << 8 | take_byte(input)) - 16384,
                                   (take_byte(input) << 8 | take_byte(input)) - 16384};
    }
    return (struct draw_point){last.x + 3 * (int8_t)take_byte(input), last.y + 3 * (int8_t)take_byte(input)};
}

static struct stroke take_stroke(struct input *input, double dashes[4])
{
    struct stroke stroke = {.width_px = take_byte(input) / 16.0,
                            .offset_px = (int8_t)take_byte(input) / 16.0,
                            .gap_width_px = (int8_t)take_byte(input) / 16.0,
                            .cap = (enum line_cap)(take_byte(input) % 3),
                            .join = (enum line_join)(take_byte(input) % 3),
                            .miter_limit = take_byte(input) / 32.0,
                            .round_limit = 1.05,
                            .dashes_px = dashes,
                            .dash_count = take_byte(input) % 5};
    for (size_t i = 0; i < stroke.dash_count; i++) {
        dashes[i] = take_byte(input) / 8.0;
    }
    stroke.dash_start_px = take_number(input) / 65536.0;
    return stroke;
}

static void draw(struct raster *raster, struct input input, int32_t dx_px, int32_t dy_px, uint8_t *out_mask)
{
    enum fill_rule rule = take_byte(&input) % 2 == 0 ? FILL_NONZERO : FILL_EVEN_ODD;
    struct draw_point last = {0, 0};
    while (input.left > 0) {
        struct draw_point points[POINTS_MAX];
        double dashes[4];
        uint8_t kind = take_byte(&input);
        size_t count = take_byte(&input);
        struct stroke stroke = take_stroke(&input, dashes);
        for (size_t i = 0; i < count; i++) {
            last = take_point(&input, last);
            last.x = last.x > INT32_MAX / 2 - 4096 ? 0 : (last.x < INT32_MIN / 2 ? 0 : last.x);
            last.y = last.y > INT32_MAX / 2 - 4096 ? 0 : (last.y < INT32_MIN / 2 ? 0 : last.y);
            points[i] = (struct draw_point){last.x - dx_px * DRAW_ONE, last.y - dy_px * DRAW_ONE};
        }
        if (kind % 4 == 0) {
            raster_add_ring(raster, points, count);
        } else if (!stroke_add(raster, points, count, kind % 4 == 1, &stroke)) {
            abort();
        }
    }
    raster_mask(raster, rule, out_mask, raster_width_px(raster));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t portable[SIDE * SIDE];
    static uint8_t whole[SIDE * SIDE];
    static uint8_t window[WINDOW * WINDOW];
    static const uint8_t nothing[WINDOW * WINDOW];
    struct raster *raster = raster_create(SIDE, SIDE);
    if (!raster || size < 2) {
        raster_destroy(raster);
        return 0;
    }
    int32_t x = data[0] % (SIDE - WINDOW);
    int32_t y = data[1] % (SIDE - WINDOW);
    struct input input = {data + 2, size - 2};
    raster_set_kernel(raster, RASTER_KERNEL_PORTABLE);
    draw(raster, input, 0, 0, portable);
    raster_set_kernel(raster, RASTER_KERNEL_BEST);
    draw(raster, input, 0, 0, whole);
    if (memcmp(whole, portable, sizeof whole) != 0) {
        abort();
    }
    raster_begin(raster, WINDOW, WINDOW);
    draw(raster, input, x, y, window);
    for (int32_t row = 0; row < WINDOW; row++) {
        if (memcmp(window + row * WINDOW, whole + (row + y) * SIDE + x, WINDOW) != 0) {
            abort();
        }
    }
    raster_begin(raster, WINDOW, WINDOW);
    raster_mask(raster, FILL_NONZERO, window, WINDOW);
    if (memcmp(window, nothing, sizeof window) != 0) {
        abort();
    }
    raster_destroy(raster);
    return 0;
}
