/* SPDX-License-Identifier: MIT */
#include "cli/export_archive.h"

#include "cli/cli.h"
#include "cli/picture.h"
#include "cli/pyramid.h"

#include "tile/tile_pyramid.h"

#include <string.h>

enum { ZOOM_DEFAULT_MAX = 14 };

struct export
{
    struct archive_writer *writer;
    struct pyramid_progress progress;
};

static bool is_wanted(void *context, struct tile_id tile)
{
    struct export *export = context;
    bool wanted = archive_writer_wants(export->writer, tile);
    export->progress.skipped += !wanted;
    return wanted;
}

static bool keep(void *context, struct tile_id tile, struct tile_blob *blob, struct error *err)
{
    struct export *export = context;
    export->progress.made++;
    pyramid_progress_tell(&export->progress, tile.z);
    return archive_writer_add(export->writer, tile, blob, err);
}

/* Reads the options into what is to be made. */
static bool choose(const struct export_archive_options *options, const struct catalog *catalog,
                   struct tile_pyramid *pyramid, struct archive_about *about, struct arena *arena, struct error *err)
{
    struct tile_request *request = &pyramid->request;
    bool is_layer = catalog_layer_find(catalog, options->subject) != NULL;
    const char *tiles = options->tiles ? options->tiles : is_layer ? "mvt" : "png";
    long size = 256;
    long scale = 1;
    if (strcmp(tiles, "mvt") != 0 && strcmp(tiles, "png") != 0) {
        error_tell(err, ERROR_INVALID, "CLI-003", "--tiles \"%s\" is not one of mvt, png",
                   "--tiles «%s» no es mvt ni png", tiles);
        return false;
    }
    if ((options->size && !cli_integer("--size", options->size, 256, 512, &size, err)) ||
        (options->scale && !cli_integer("--scale", options->scale, 1, 2, &scale, err))) {
        return false;
    }
    request->format = strcmp(tiles, "png") == 0 ? TILE_PNG : TILE_MVT;
    request->size_px = size == 512 ? 512 : 256;
    request->pixel_ratio = (uint32_t)scale;
    memcpy(request->subject, options->subject, strlen(options->subject) + 1);
    pyramid->max_zoom = ZOOM_DEFAULT_MAX;
    about->bounds = bbox_empty();
    if ((options->zooms && !pyramid_parse_zooms(options->zooms, &pyramid->min_zoom, &pyramid->max_zoom, err)) ||
        (options->bbox && !bbox_parse(text_of(options->bbox), &about->bounds, err))) {
        return false;
    }
    about->min_zoom = pyramid->min_zoom;
    about->max_zoom = pyramid->max_zoom;
    if (!archive_about_subject(catalog, request, arena, about, err)) {
        return false;
    }
    pyramid->area = about->bounds;
    pyramid->skip_empty = request->format == TILE_MVT; /* pictures have a background */
    return true;
}

static bool make(const struct export_archive_options *options, struct tile_pyramid *pyramid,
                 const struct archive_about *about, bool *out_complete, struct error *err)
{
    struct export export = {0};
    if (!archive_writer_open(options->kind, options->out, about, &export.writer, err)) {
        return false;
    }
    pyramid_progress_start(&export.progress);
    bool ok = tile_pyramid_make(pyramid, is_wanted, keep, &export, out_complete, err) &&
              (!*out_complete || archive_writer_finish(export.writer, err));
    pyramid_progress_end(&export.progress);
    if (ok && *out_complete) {
        struct archive_writer_stats stats = archive_writer_stats(export.writer);
        cli_say(stdout, "%s: %llu tiles, %llu different ones", "%s: %llu teselas, %llu distintas", options->out,
                (unsigned long long)stats.tiles, (unsigned long long)stats.contents);
    }
    archive_writer_close(export.writer);
    return ok;
}

int export_archive(const struct export_archive_options *options)
{
    struct error err = {0};
    struct picture_desk desk;
    struct archive_about about = {0};
    struct tile_pyramid pyramid = {.data_folder = options->data};
    bool complete = false;
    struct arena *arena = arena_create((size_t)64 << 20);
    bool ok = arena != NULL || error_no_memory(&err);
    if (ok && picture_desk_open(&desk, options->data, options->styles, &err)) {
        pyramid.catalog = desk.catalog;
        pyramid.ended = pyramid_catch_signals();
        ok = choose(options, desk.catalog, &pyramid, &about, arena, &err) &&
             make(options, &pyramid, &about, &complete, &err);
        picture_desk_close(&desk);
    } else {
        ok = false;
    }
    arena_destroy(arena);
    if (!ok) {
        cli_print_error(&err);
        return cli_exit_code(&err);
    }
    if (!complete) {
        cli_say(stderr, "tesela: ended before its time; nothing was written to \"%s\"",
                "tesela: terminó antes de tiempo; no se escribió «%s»", options->out);
        return CLI_WARNINGS;
    }
    return CLI_DONE;
}
