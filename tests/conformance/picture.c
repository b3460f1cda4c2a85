/* SPDX-License-Identifier: MIT */
#include "conformance/picture.h"

#include "base/json_write.h"
#include "conformance/camera.h"
#include "conformance/operations.h"
#include "conformance/sources.h"
#include "render/label.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STYLE_BYTES_MAX = 64 << 20, URL_BYTES = 4096, PART_PX = 4096, CANVAS_PX = 8192 };

static double number_of(const struct value *object, const char *name, double otherwise)
{
    const struct value *value = value_member(object, name);
    return value && value_is_number(value) ? value_number(value) : otherwise;
}

void picture_parameters_read(const struct value *style, struct picture_parameters *out_parameters)
{
    const struct value *test = value_member(value_member(style, "metadata"), "test");
    *out_parameters = (struct picture_parameters){
        .width_css_px = number_of(test, "width", 512),
        .height_css_px = number_of(test, "height", 512),
        .pixel_ratio = number_of(test, "pixelRatio", 1),
        .allowed = number_of(test, "allowed", 0.00025),
        .threshold = number_of(test, "threshold", 0.1285),
        .zoom_max = number_of(test, "maxZoom", 22),
        .report_width_px = (uint32_t)number_of(test, "reportWidth", 0),
        .report_height_px = (uint32_t)number_of(test, "reportHeight", 0),
    };
    /* The reference lowers the ratio to what its canvas holds (maxCanvasSize, there 8192). */
    double side_px = fmax(out_parameters->width_css_px, out_parameters->height_css_px) * out_parameters->pixel_ratio;
    if (side_px > CANVAS_PX) {
        out_parameters->pixel_ratio *= CANVAS_PX / side_px;
    }
}

/* --- images and glyphs --- */

/* Everything the drawing of one test holds on to. */
struct drawing {
    struct painter *painter;
    const struct assets *assets;
    struct arena *arena;
    struct folded_style folded;
    struct view view;
    struct style *style;
    struct sprite *sprite;
    struct glyph_ranges *glyphs;
    const char *glyph_url;
    struct render_assets render_assets;
    struct source_inputs inputs;
    struct label_plan *plan;
};

static bool read_asset(const struct drawing *drawing, const char *url, struct buffer *out_content)
{
    return assets_read(drawing->assets, text_of(url), out_content) == ASSET_FOUND;
}

static void add_sheet(struct drawing *drawing, struct text id, const char *url)
{
    const char *fine = drawing->view.pixel_ratio > 1 ? "@2x" : "";
    struct buffer json;
    struct buffer png;
    struct error err;
    if (!read_asset(drawing, arena_printf(drawing->arena, "%s%s.json", url, fine), &json)) {
        return;
    }
    if (read_asset(drawing, arena_printf(drawing->arena, "%s%s.png", url, fine), &png)) {
        sprite_add_sheet(drawing->sprite, id, (struct text){(const char *)json.data, json.length}, png.data, png.length,
                         &err);
        buffer_finish(&png);
    }
    buffer_finish(&json);
}

static bool load_images(struct drawing *drawing, struct error *err)
{
    const struct value *sprite = value_member(&drawing->folded.style, "sprite");
    drawing->sprite = sprite_create();
    if (!drawing->sprite) {
        return error_no_memory(err);
    }
    if (sprite && sprite->type == VALUE_STRING) {
        add_sheet(drawing, text_of("default"), sprite->string.data);
    }
    for (size_t i = 0; sprite && sprite->type == VALUE_ARRAY && i < sprite->array.count; i++) {
        const char *id = value_member_string(&sprite->array.items[i], "id");
        const char *url = value_member_string(&sprite->array.items[i], "url");
        if (id && url) {
            add_sheet(drawing, text_of(id), url);
        }
    }
    for (size_t i = 0; i < drawing->folded.image_count; i++) {
        const struct operation_image *image = &drawing->folded.images[i];
        struct sprite_options options = {.pixel_ratio = image->pixel_ratio, .is_sdf = image->is_sdf};
        struct buffer png;
        struct error problem;
        if (assets_read(drawing->assets, image->path, &png) == ASSET_FOUND) {
            sprite_add_png(drawing->sprite, image->name, png.data, png.length, &options, &problem);
            buffer_finish(&png);
        }
    }
    return true;
}

static bool load_glyphs(void *context, struct text stack, uint32_t range_start, struct buffer *out_bytes)
{
    const struct drawing *drawing = context;
    struct buffer url;
    struct buffer content;
    buffer_init(&url, URL_BYTES);
    for (const char *at = drawing->glyph_url; *at; at++) {
        if (strncmp(at, "{fontstack}", 11) == 0) {
            buffer_append(&url, stack.data, stack.length);
            at += 10;
        } else if (strncmp(at, "{range}", 7) == 0) {
            buffer_printf(&url, "%u-%u", (unsigned)range_start, (unsigned)range_start + GLYPH_PBF_RANGE - 1);
            at += 6;
        } else {
            buffer_append_byte(&url, (unsigned char)*at);
        }
    }
    bool found =
        assets_read(drawing->assets, (struct text){(const char *)url.data, url.length}, &content) == ASSET_FOUND;
    buffer_finish(&url);
    if (found) {
        buffer_append(out_bytes, content.data, content.length);
        buffer_finish(&content);
    }
    return found;
}

static bool load_assets(struct drawing *drawing, struct error *err)
{
    drawing->glyph_url = value_member_string(&drawing->folded.style, "glyphs");
    if (drawing->glyph_url) {
        drawing->glyphs = glyph_ranges_create(load_glyphs, drawing);
        if (!drawing->glyphs) {
            return error_no_memory(err);
        }
    }
    if (!load_images(drawing, err)) {
        return false;
    }
    const struct value *test = value_member(value_member(&drawing->folded.style, "metadata"), "test");
    const struct value *crossing = value_member(test, "crossSourceCollisions");
    drawing->render_assets =
        (struct render_assets){.sprite = drawing->sprite,
                               .glyphs = drawing->glyphs,
                               .sources_apart = crossing && crossing->type == VALUE_BOOL && !crossing->boolean,
                               .has_no_text = !drawing->glyph_url};
    return true;
}

/* --- style and sources --- */

static bool read_style(struct drawing *drawing, struct error *err)
{
    struct buffer text;
    struct json_writer writer;
    buffer_init(&text, STYLE_BYTES_MAX);
    json_write_init(&writer, &text);
    json_write_value(&writer, &drawing->folded.style);
    bool ok = style_read("test", (struct text){(const char *)text.data, text.length}, &drawing->style, NULL, NULL, err);
    buffer_finish(&text);
    return ok;
}

static bool load_sources(struct drawing *drawing, struct error *err)
{
    const struct value *sources = value_member(&drawing->folded.style, "sources");
    struct source_task task = {
        .assets = drawing->assets, .view = &drawing->view, .arena = drawing->arena, .inputs = &drawing->inputs};
    for (size_t i = 0; sources && sources->type == VALUE_OBJECT && i < sources->object.count; i++) {
        const struct value_member *member = &sources->object.members[i];
        const char *name = arena_strndup(drawing->arena, member->name.data, member->name.length);
        if (!name || !sources_add(&task, name, &member->value, err)) {
            return name || error_no_memory(err);
        }
    }
    return true;
}

/* Straight colours from premultiplied ones, as a canvas is read back in a browser, at column, row of the picture. */
static void copy_part(const struct canvas *canvas, struct picture *picture, uint32_t column, uint32_t row)
{
    for (uint32_t y = 0; y < canvas->height_px; y++) {
        const uint8_t *from = canvas->rgba + 4 * (size_t)y * canvas->width_px;
        uint8_t *to = picture->rgba + 4 * ((size_t)(row + y) * picture->width_px + column);
        for (uint32_t x = 0; x < canvas->width_px; x++, from += 4, to += 4) {
            uint32_t alpha = from[3];
            for (int c = 0; c < 3; c++) {
                uint32_t straight = alpha ? (from[c] * 255u + alpha / 2) / alpha : 0;
                to[c] = (uint8_t)(straight > 255 ? 255 : straight);
            }
            to[3] = (uint8_t)alpha;
        }
    }
}

/* One part of the picture: it fits to its neighbours as tiles do. */
static bool draw_part(struct drawing *drawing, struct picture *picture, uint32_t column, uint32_t row,
                      struct error *err)
{
    const struct canvas *canvas;
    const struct label_plan *plan = drawing->plan;
    struct view view = drawing->view;
    double units = view_units_per_px(&view);
    view.origin_x += llround(column * units);
    view.origin_y += llround(row * units);
    view.width_px = view.width_px - column < PART_PX ? view.width_px - column : PART_PX;
    view.height_px = view.height_px - row < PART_PX ? view.height_px - row : PART_PX;
    if (!render_paint(drawing->painter, drawing->style, &drawing->render_assets, &view, drawing->inputs.items,
                      drawing->inputs.count, &plan, 1, drawing->arena, &canvas, err)) {
        return false;
    }
    copy_part(canvas, picture, column, row);
    return true;
}

static bool draw(struct drawing *drawing, struct picture *out_picture, struct error *err)
{
    const struct view *view = &drawing->view;
    if (!read_style(drawing, err) || !load_assets(drawing, err) || !load_sources(drawing, err)) {
        return false;
    }
    if (!label_plan_create_for_view(drawing->painter, drawing->style, &drawing->render_assets, view,
                                    drawing->inputs.items, drawing->inputs.count, drawing->arena, &drawing->plan,
                                    err)) {
        return false;
    }
    struct picture picture = {view->width_px, view->height_px,
                              malloc(4 * (size_t)view->width_px * view->height_px + 1)};
    bool ok = picture.rgba || error_no_memory(err);
    for (uint32_t row = 0; ok && row < view->height_px; row += PART_PX) {
        for (uint32_t column = 0; ok && column < view->width_px; column += PART_PX) {
            ok = draw_part(drawing, &picture, column, row, err);
        }
    }
    if (!ok) {
        free(picture.rgba);
        return false;
    }
    *out_picture = picture;
    return true;
}

bool picture_draw(struct painter *painter, const struct value *style, const struct picture_parameters *parameters,
                  const struct assets *assets, struct arena *arena, struct picture *out_picture, struct error *err)
{
    struct drawing *drawing = arena_alloc(arena, sizeof *drawing);
    const char *reason;
    if (!drawing) {
        return error_no_memory(err);
    }
    drawing->painter = painter;
    drawing->assets = assets;
    drawing->arena = arena;
    if (!operations_fold(style, assets, arena, &drawing->folded, &reason)) {
        error_set(err, ERROR_INVALID, "%s", reason);
        return false;
    }
    struct camera camera = {.longitude = drawing->folded.longitude,
                            .latitude = drawing->folded.latitude,
                            .zoom = drawing->folded.zoom,
                            .zoom_max = parameters->zoom_max,
                            .width_css_px = parameters->width_css_px,
                            .height_css_px = parameters->height_css_px,
                            .pixel_ratio = parameters->pixel_ratio};
    drawing->view = camera_view(&camera);
    bool ok = draw(drawing, out_picture, err);
    label_plan_destroy(drawing->plan);
    style_unref(drawing->style);
    sprite_unref(drawing->sprite);
    glyph_ranges_destroy(drawing->glyphs);
    return ok;
}
