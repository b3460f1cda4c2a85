/* SPDX-License-Identifier: MIT */
#include "cli/picture.h"

#include "base/file.h"
#include "cli/cli.h"
#include "render/map_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STYLE_BYTES_MAX = 8 << 20 };

static void tell_problem(void *context, const char *path, const struct error *problem)
{
    (void)context;
    cli_say(stderr, "tesela: warning: \"%s\" is left out: %s", "tesela: aviso: «%s» no se usa: %s", path,
            cli_pick(problem->english, problem->spanish));
}

bool picture_desk_open(struct picture_desk *desk, const char *data_folder, const char *styles_folder, struct error *err)
{
    *desk = (struct picture_desk){.styles_folder = styles_folder};
    if (!tile_worker_init(&desk->worker, data_folder, err)) {
        return false;
    }
    if (!catalog_create(desk->worker.store, styles_folder, tell_problem, NULL, &desk->catalog, err)) {
        tile_worker_finish(&desk->worker);
        return false;
    }
    return true;
}

void picture_desk_close(struct picture_desk *desk)
{
    catalog_unref(desk->catalog);
    map_images_unref(desk->images);
    tile_worker_finish(&desk->worker);
}

static bool read_style_file(const char *path, struct style **out_style, struct error *err)
{
    struct buffer text;
    if (!file_read(path, STYLE_BYTES_MAX, &text, err)) {
        return false;
    }
    bool ok = style_read(path, (struct text){(const char *)text.data, text.length}, out_style, NULL, NULL, err);
    buffer_finish(&text);
    return ok;
}

bool picture_icons_beside(const char *style_path, char out[PICTURE_PATH_BYTES])
{
    const char *slash = strrchr(style_path, '/');
    int folder_length = slash ? (int)(slash - style_path) : 1;
    int length = snprintf(out, PICTURE_PATH_BYTES, "%.*s/icons", folder_length, slash ? style_path : ".");
    return length > 0 && length < PICTURE_PATH_BYTES;
}

static bool read_images(struct picture_desk *desk, const char *style_path, const struct style *style, struct error *err)
{
    char folder[PICTURE_PATH_BYTES];
    char common[PICTURE_PATH_BYTES];
    struct stat status;
    struct sprite *images;
    int length = snprintf(common, sizeof common, "%s/icons", desk->styles_folder ? desk->styles_folder : ".");
    bool is_beside = picture_icons_beside(style_path, folder) && stat(folder, &status) == 0;
    if (map_images_wanted(&style, 1) == 0 || (!is_beside && (length < 0 || length >= PICTURE_PATH_BYTES))) {
        return true;
    }
    if (!map_images_read(is_beside ? folder : common, &style, 1, tell_problem, NULL, &images, err)) {
        return false;
    }
    desk->images = images;
    desk->worker.images = images;
    return true;
}

bool picture_desk_style(struct picture_desk *desk, const char *name, struct style **out_own,
                        const struct style **out_style, struct error *err)
{
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".json") == 0) {
        if (!read_style_file(name, out_own, err) || !read_images(desk, name, *out_own, err)) {
            return false;
        }
        *out_style = *out_own;
        return true;
    }
    const struct catalog_map *map = catalog_map_find(desk->catalog, name);
    if (!map) {
        error_tell(err, ERROR_NOT_FOUND, "MAP-404", "there is no map \"%s\" in the styles folder",
                   "no existe el mapa «%s» en la carpeta de estilos", name);
        return false;
    }
    *out_style = map->style;
    return true;
}

bool picture_parse_tile(const char *text, struct tile_id *out_tile, struct error *err)
{
    uint64_t numbers[3];
    const char *at = text;
    bool ok = true;
    for (int i = 0; i < 3 && ok; i++) {
        const char *end = i < 2 ? strchr(at, '/') : at + strlen(at);
        ok = end && text_to_uint((struct text){at, (size_t)(end - at)}, UINT32_MAX, &numbers[i]);
        at = ok && i < 2 ? end + 1 : at;
    }
    struct tile_id tile = {0};
    if (ok) {
        tile = (struct tile_id){(uint32_t)numbers[0], (uint32_t)numbers[1], (uint32_t)numbers[2]};
    }
    if (!ok || !tile_is_valid(tile)) {
        error_tell(err, ERROR_INVALID, "CLI-003", "\"%s\" is not a tile: Z/X/Y with Z up to %d and X, Y below 2^Z",
                   "«%s» no es una tesela: Z/X/Y con Z hasta %d y X, Y menores que 2^Z", text, GRID_ZOOM_MAX);
        return false;
    }
    *out_tile = tile;
    return true;
}
