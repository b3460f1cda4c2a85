/* SPDX-License-Identifier: MIT */
/* tesela tile: one tile of a layer or map into a file, the same bytes that the server answers. */

#include "cli/cli.h"
#include "cli/picture.h"

#include "base/file.h"

#include <string.h>

static const char usage[] = "tile LAYER|MAP Z/X/Y --format mvt|geojson|png|jpg|webp [--size 256|512] [--scale 1|2] "
                            "[--data DIR] [--styles DIR] -o FILE";

static bool parse_format(const char *text, enum tile_format *out_format, struct error *err)
{
    static const struct {
        const char *name;
        enum tile_format format;
    } formats[] = {
        {"png", TILE_PNG}, {"mvt", TILE_MVT}, {"geojson", TILE_GEOJSON}, {"jpg", TILE_JPEG}, {"webp", TILE_WEBP}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(text, formats[i].name) == 0) {
            *out_format = formats[i].format;
            return true;
        }
    }
    error_tell(err, ERROR_INVALID, "CLI-003", "--format \"%s\" is not one of mvt, geojson, png, jpg, webp",
               "--format «%s» no es mvt, geojson, png, jpg ni webp", text);
    return false;
}

int cli_tile(int argc, char **argv)
{
    const char *format = NULL;
    const char *size = NULL;
    const char *scale = NULL;
    const char *data = NULL;
    const char *styles = NULL;
    const char *out = NULL;
    const struct cli_option accepted[] = {
        {"--format", CLI_TEXT, &format}, {"--size", CLI_TEXT, &size},     {"--scale", CLI_TEXT, &scale},
        {"--data", CLI_TEXT, &data},     {"--styles", CLI_TEXT, &styles}, {"-o", CLI_TEXT, &out},
    };
    struct error err = {0};
    size_t count;
    if (!cli_parse(argc, argv, accepted, sizeof accepted / sizeof *accepted, &count, &err)) {
        return cli_usage(&err, usage);
    }
    if (count > 0) {
        text_lower_id(argv[1]);
    }
    if (count != 2 || !format || !out || !text_is_id(text_of(argv[1]))) {
        return cli_usage(NULL, usage);
    }
    struct tile_request request = {.size_px = 256, .pixel_ratio = 1};
    long number = 256;
    long ratio = 1;
    if (!parse_format(format, &request.format, &err) || !picture_parse_tile(argv[2], &request.tile, &err) ||
        (size && !cli_integer("--size", size, 256, 512, &number, &err)) ||
        (scale && !cli_integer("--scale", scale, 1, 2, &ratio, &err))) {
        return cli_usage(&err, usage);
    }
    request.size_px = number == 512 ? 512 : 256;
    request.pixel_ratio = (uint32_t)ratio;
    memcpy(request.subject, argv[1], strlen(argv[1]) + 1);

    struct picture_desk desk;
    struct buffer bytes;
    buffer_init(&bytes, 256 << 20);
    bool ok =
        picture_desk_open(&desk, cli_data_directory(data), cli_program_folder(styles, "TESELA_STYLES", "styles"), &err);
    if (ok) {
        ok = tile_make(&desk.worker, desk.catalog, NULL, &request, &bytes, &err) &&
             file_write(out, bytes.data, bytes.length, &err);
        picture_desk_close(&desk);
    }
    buffer_finish(&bytes);
    if (!ok) {
        return cli_fail(&err);
    }
    return CLI_DONE;
}
