/* SPDX-License-Identifier: MIT */
/* tesela render: one picture of a map or of a style file. */

#include "cli/cli.h"
#include "cli/picture.h"

#include "base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "render MAP|STYLE.json (--tile Z/X/Y [--size 256|512] | --center LON,LAT --zoom Z --size WxH | "
    "--bbox W,S,E,N --size WxH) [--scale 1|2|3] [--data DIR] [--styles DIR] -o OUT.png|.jpg|.webp";

struct render_options {
    const char *tile;
    const char *center;
    const char *zoom;
    const char *size;
    const char *bbox;
    const char *scale;
    const char *data;
    const char *styles;
    const char *out;
};

/* By the name of the file; PNG when it says nothing. */
static enum tile_format format_of(const char *out)
{
    return text_ends_with_any_case(out, ".jpg") || text_ends_with_any_case(out, ".jpeg") ? TILE_JPEG
           : text_ends_with_any_case(out, ".webp")                                       ? TILE_WEBP
                                                                                         : TILE_PNG;
}

static bool parse_size(const char *text, uint32_t *out_width, uint32_t *out_height, struct error *err)
{
    const char *cross = text ? strchr(text, 'x') : NULL;
    uint64_t width = 0;
    uint64_t height = 0;
    if (!cross || !text_to_uint((struct text){text, (size_t)(cross - text)}, 4096, &width) ||
        !text_to_uint(text_of(cross + 1), 4096, &height) || width == 0 || height == 0) {
        error_tell(err, ERROR_INVALID, "CLI-003", "--size \"%s\" is not WIDTHxHEIGHT, 1 to 4096 each",
                   "--size «%s» no es ANCHOxALTO, de 1 a 4096 cada uno", text ? text : "");
        return false;
    }
    *out_width = (uint32_t)width;
    *out_height = (uint32_t)height;
    return true;
}

static bool tile_view(const struct render_options *options, uint32_t scale, struct view *out_view, struct error *err)
{
    struct tile_id tile;
    uint32_t size = 256;
    if (options->size && strcmp(options->size, "256") != 0 && strcmp(options->size, "512") != 0) {
        error_tell(err, ERROR_INVALID, "CLI-003", "--size of a tile is 256 or 512, not \"%s\"",
                   "--size de una tesela es 256 o 512, no «%s»", options->size);
        return false;
    }
    if (options->size && strcmp(options->size, "512") == 0) {
        size = 512;
    }
    if (!picture_parse_tile(options->tile, &tile, err)) {
        return false;
    }
    *out_view = view_of_tile(tile, size, scale);
    return true;
}

static bool center_view(const struct render_options *options, uint32_t scale, struct view *out_view, struct error *err)
{
    uint32_t width;
    uint32_t height;
    double zoom;
    const char *comma = strchr(options->center, ',');
    double longitude;
    double latitude;
    if (!parse_size(options->size, &width, &height, err) ||
        !cli_number("--zoom", options->zoom ? options->zoom : "", 0, GRID_ZOOM_MAX, &zoom, err)) {
        return false;
    }
    if (!comma || !text_to_double((struct text){options->center, (size_t)(comma - options->center)}, &longitude) ||
        !text_to_double(text_of(comma + 1), &latitude) || fabs(longitude) > 180 || fabs(latitude) > 90) {
        error_tell(err, ERROR_INVALID, "CLI-003", "--center \"%s\" is not LON,LAT in degrees",
                   "--center «%s» no es LON,LAT en grados", options->center);
        return false;
    }
    *out_view = view_of_center(longitude, latitude, zoom, width, height, scale);
    return true;
}

static bool bbox_view(const struct render_options *options, uint32_t scale, struct view *out_view, struct error *err)
{
    struct bbox bbox;
    uint32_t width;
    uint32_t height;
    if (!bbox_parse(text_of(options->bbox), &bbox, err) || !parse_size(options->size, &width, &height, err)) {
        return false;
    }
    *out_view = view_of_bbox(&bbox, width, height, scale);
    return true;
}

static bool make_view(const struct render_options *options, struct view *out_view, struct error *err)
{
    int ways = (options->tile != NULL) + (options->center != NULL) + (options->bbox != NULL);
    long scale = 1;
    if (ways != 1) {
        error_tell(err, ERROR_INVALID, "CLI-004", "give one of --tile, --center and --bbox",
                   "indique uno de --tile, --center y --bbox");
        return false;
    }
    if (options->scale && !cli_integer("--scale", options->scale, 1, 3, &scale, err)) {
        return false;
    }
    if (options->tile) {
        return tile_view(options, (uint32_t)scale, out_view, err);
    }
    return options->center ? center_view(options, (uint32_t)scale, out_view, err)
                           : bbox_view(options, (uint32_t)scale, out_view, err);
}

int cli_render(int argc, char **argv)
{
    struct render_options options = {0};
    const struct cli_option accepted[] = {
        {"--tile", CLI_TEXT, &options.tile}, {"--center", CLI_TEXT, &options.center},
        {"--zoom", CLI_TEXT, &options.zoom}, {"--size", CLI_TEXT, &options.size},
        {"--bbox", CLI_TEXT, &options.bbox}, {"--scale", CLI_TEXT, &options.scale},
        {"--data", CLI_TEXT, &options.data}, {"--styles", CLI_TEXT, &options.styles},
        {"-o", CLI_TEXT, &options.out},
    };
    struct error err = {0};
    size_t count;
    if (!cli_parse(argc, argv, accepted, sizeof accepted / sizeof *accepted, &count, &err)) {
        return cli_usage(&err, usage);
    }
    struct view view;
    if (count != 1 || !options.out) {
        return cli_usage(NULL, usage);
    }
    if (!text_ends_with(argv[1], ".json")) {
        text_lower_id(argv[1]);
    }
    if (!make_view(&options, &view, &err)) {
        return cli_usage(&err, usage);
    }
    enum tile_format format = format_of(options.out);
    struct picture_desk desk;
    struct buffer png;
    struct style *own_style = NULL;
    const struct style *style = NULL;
    buffer_init(&png, 256 << 20);
    bool ok = picture_desk_open(&desk, cli_data_directory(options.data),
                                cli_program_folder(options.styles, "TESELA_STYLES", "styles"), &err);
    if (ok) {
        desk.worker.exact_colors = true; /* for comparing and printing: nothing is saved on bytes here */
        ok = picture_desk_style(&desk, argv[1], &own_style, &style, &err) &&
             (options.tile ? tile_make_view(&desk.worker, desk.catalog, NULL, style, &view, format, &png, &err)
                           : tile_make_picture(&desk.worker, desk.catalog, style, &view, format, &png, &err)) &&
             file_write(options.out, png.data, png.length, &err);
        style_unref(own_style);
        picture_desk_close(&desk);
    }
    buffer_finish(&png);
    if (!ok) {
        return cli_fail(&err);
    }
    return CLI_DONE;
}
