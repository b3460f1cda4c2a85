/* SPDX-License-Identifier: MIT */
#include "draw/jpeg_encode.h"

#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs it */
#include <jpeglib.h>
#include <stdlib.h>

/* libjpeg leaves by a jump. */
struct guard {
    struct jpeg_error_mgr base; /* first: the library hands it back as this */
    jmp_buf leave;
};

static _Noreturn void leave(j_common_ptr info)
{
    struct guard *guard = (struct guard *)(void *)info->err;
    longjmp(guard->leave, 1);
}

static void say_nothing(j_common_ptr info)
{
    (void)info;
}

/* One row without alpha, over white. */
static void flatten(const uint8_t *rgba, uint32_t width, JSAMPLE *out)
{
    for (uint32_t x = 0; x < width; x++) {
        unsigned white = 255U - rgba[4 * x + 3];
        for (unsigned i = 0; i < 3; i++) {
            out[3 * x + i] = (JSAMPLE)(rgba[4 * x + i] + white);
        }
    }
}

static void compress(struct jpeg_compress_struct *info, const struct canvas *canvas, int quality, JSAMPLE *row)
{
    info->image_width = canvas->width_px;
    info->image_height = canvas->height_px;
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, quality, TRUE);
    info->optimize_coding = TRUE;
    jpeg_start_compress(info, TRUE);
    while (info->next_scanline < info->image_height) {
        flatten(canvas->rgba + (size_t)4 * canvas->width_px * info->next_scanline, canvas->width_px, row);
        JSAMPROW rows[1] = {row};
        jpeg_write_scanlines(info, rows, 1);
    }
    jpeg_finish_compress(info);
}

bool jpeg_encode(const struct canvas *canvas, int quality, struct buffer *out, struct error *err)
{
    struct jpeg_compress_struct info;
    struct guard guard;
    unsigned char *bytes = NULL;
    unsigned long size = 0;
    JSAMPLE *row = malloc((size_t)3 * canvas->width_px);
    if (!row) {
        return error_no_memory(err);
    }
    info.err = jpeg_std_error(&guard.base);
    guard.base.error_exit = leave;
    guard.base.output_message = say_nothing;
    volatile bool ok = false;
    if (setjmp(guard.leave) == 0) {
        jpeg_create_compress(&info);
        jpeg_mem_dest(&info, &bytes, &size);
        compress(&info, canvas, quality, row);
        ok = true;
    }
    jpeg_destroy_compress(&info);
    free(row);
    if (ok) {
        buffer_append(out, bytes, size);
    }
    free(bytes);
    if (!ok) {
        error_set(err, ERROR_INTERNAL, "the picture could not be written as JPEG");
        return false;
    }
    return !out->failed || error_no_memory(err);
}
