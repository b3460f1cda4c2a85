/* SPDX-License-Identifier: MIT */
#include "draw/svg.h"

#include "base/late_library.h"

#include <librsvg/rsvg.h>
#include <math.h>
#include <string.h>

/* Opened when it is first needed. */
/* clang-format off */
#define CALLS(X) \
    X(cairo_create) X(cairo_destroy) X(cairo_image_surface_create) X(cairo_image_surface_get_data) \
    X(cairo_image_surface_get_stride) X(cairo_surface_destroy) X(cairo_surface_flush) X(cairo_surface_status) \
    X(g_clear_error) X(g_object_unref) X(rsvg_handle_get_intrinsic_dimensions) \
    X(rsvg_handle_get_intrinsic_size_in_pixels) X(rsvg_handle_new_from_data) X(rsvg_handle_render_document) \
    X(rsvg_handle_set_dpi)
/* clang-format on */
static struct {
    CALLS(LATE_LIBRARY_MEMBER)
} late;
static struct late_library library = LATE_LIBRARY(TESELA_RSVG_SONAME, CALLS, late);

static const double side_max_css_px = 1024;
static const size_t bytes_max = (size_t)4 << 20;

/* The size the drawing says it has, or that of its view box. */
static bool size_of(RsvgHandle *handle, double *out_width, double *out_height)
{
    if (late.rsvg_handle_get_intrinsic_size_in_pixels(handle, out_width, out_height)) {
        return true;
    }
    gboolean has_box = FALSE;
    RsvgRectangle box = {0};
    late.rsvg_handle_get_intrinsic_dimensions(handle, NULL, NULL, NULL, NULL, &has_box, &box);
    *out_width = box.width;
    *out_height = box.height;
    return has_box;
}

/* Cairo keeps words of alpha, red, green, blue. */
static void copy_pixels(cairo_surface_t *surface, struct canvas *canvas)
{
    const unsigned char *from = late.cairo_image_surface_get_data(surface);
    size_t stride = (size_t)late.cairo_image_surface_get_stride(surface);
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        uint8_t *to = canvas->rgba + (size_t)y * canvas->width_px * 4;
        for (uint32_t x = 0; x < canvas->width_px; x++) {
            uint32_t word;
            memcpy(&word, from + y * stride + (size_t)x * 4, 4);
            to[x * 4] = (uint8_t)(word >> 16);
            to[x * 4 + 1] = (uint8_t)(word >> 8);
            to[x * 4 + 2] = (uint8_t)word;
            to[x * 4 + 3] = (uint8_t)(word >> 24);
        }
    }
}

/* The whole drawing scaled by `pixel_ratio` on a surface of whole CSS pixels. */
static bool draw(RsvgHandle *handle, double width, double height, double pixel_ratio, struct canvas **out_canvas,
                 struct error *err)
{
    bool ok = false;
    GError *problem = NULL;
    struct canvas *canvas =
        canvas_create((uint32_t)ceil(ceil(width) * pixel_ratio), (uint32_t)ceil(ceil(height) * pixel_ratio));
    if (!canvas) {
        return error_no_memory(err);
    }
    cairo_surface_t *surface =
        late.cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)canvas->width_px, (int)canvas->height_px);
    cairo_t *cairo = late.cairo_create(surface);
    RsvgRectangle place = {0, 0, width * pixel_ratio, height * pixel_ratio};
    if (!late.rsvg_handle_render_document(handle, cairo, &place, &problem)) {
        error_set(err, ERROR_INVALID, "could not draw SVG: %s", problem ? problem->message : "unknown reason");
        goto done;
    }
    late.cairo_surface_flush(surface);
    if (late.cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        error_no_memory(err);
        goto done;
    }
    copy_pixels(surface, canvas);
    *out_canvas = canvas;
    canvas = NULL;
    ok = true;
done:
    late.g_clear_error(&problem);
    late.cairo_destroy(cairo);
    late.cairo_surface_destroy(surface);
    canvas_destroy(canvas);
    return ok;
}

bool svg_rasterise(const void *bytes, size_t size, double pixel_ratio, struct canvas **out_canvas, struct error *err)
{
    if (size > bytes_max) {
        error_set(err, ERROR_TOO_LARGE, "SVG is larger than %zu MB", bytes_max >> 20);
        return false;
    }
    if (!late_library_open(&library, err)) {
        return false;
    }
    bool ok = false;
    GError *problem = NULL;
    double width = 0;
    double height = 0;
    /* Without a base address librsvg loads nothing that the drawing refers to. */
    RsvgHandle *handle = late.rsvg_handle_new_from_data(bytes, size, &problem);
    if (!handle) {
        error_set(err, ERROR_INVALID, "could not read SVG: %s", problem ? problem->message : "unknown reason");
        goto done;
    }
    late.rsvg_handle_set_dpi(handle, 96);
    if (!size_of(handle, &width, &height) || !(width > 0 && height > 0)) {
        error_set(err, ERROR_INVALID, "SVG has neither a size in pixels nor a view box");
        goto done;
    }
    if (width > side_max_css_px || height > side_max_css_px || !(pixel_ratio > 0 && pixel_ratio <= 16)) {
        error_set(err, ERROR_TOO_LARGE, "SVG of %g x %g pixels at ratio %g: at most %g pixels a side at ratio 16",
                  width, height, pixel_ratio, side_max_css_px);
        goto done;
    }
    ok = draw(handle, width, height, pixel_ratio, out_canvas, err);
done:
    late.g_clear_error(&problem);
    if (handle) {
        late.g_object_unref(handle);
    }
    return ok;
}
