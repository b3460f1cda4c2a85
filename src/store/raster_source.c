/* SPDX-License-Identifier: MIT */
#include "store/raster_source.h"

#include "store/raster_file.h"
#include "store/raster_level.h"
#include "store/raster_warp.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES_MAX = 16, /* open at once */
    TILES_MAX = 64, /* kept: 256 KiB each */
    TILE_PIXELS = RASTER_TILE_PX * RASTER_TILE_PX,
    WINDOW_PIXELS_MAX = 4096 * 4096,
    MIX_ONE = 256
};

struct open_file {
    int64_t serial; /* of the version; 0: free */
    uint64_t used;
    struct store_raster about;
    struct raster_level_file file;
    struct projection *projection;
};

struct kept_tile {
    int64_t serial; /* 0: free */
    uint64_t used;
    struct tile_id tile;
    bool as_metres;
    bool is_empty;
    unsigned char *bytes; /* TILE_PIXELS * 4; made when first used */
};

struct raster_source {
    char directory[PATH_MAX];
    uint64_t clock;
    struct open_file files[FILES_MAX];
    struct kept_tile tiles[TILES_MAX];
    struct arena *arena; /* of the tile that is being made */
};

static const size_t arena_bytes_max = (size_t)512 << 20;

bool raster_source_open(const char *directory, struct raster_source **out_source, struct error *err)
{
    struct raster_source *source = calloc(1, sizeof *source);
    if (!source) {
        return error_no_memory(err);
    }
    source->arena = arena_create(arena_bytes_max);
    if (!source->arena) {
        raster_source_close(source);
        return error_no_memory(err);
    }
    if ((size_t)snprintf(source->directory, sizeof source->directory, "%s", directory) >= sizeof source->directory) {
        error_set(err, ERROR_INVALID, "the path of the data directory is too long");
        raster_source_close(source);
        return false;
    }
    *out_source = source;
    return true;
}

static void close_file(struct open_file *file)
{
    raster_level_close(&file->file);
    projection_close(file->projection);
    *file = (struct open_file){0};
}

void raster_source_close(struct raster_source *source)
{
    if (!source) {
        return;
    }
    for (size_t i = 0; i < FILES_MAX; i++) {
        close_file(&source->files[i]);
    }
    for (size_t i = 0; i < TILES_MAX; i++) {
        free(source->tiles[i].bytes);
    }
    arena_destroy(source->arena);
    free(source);
}

static bool open_layer(const char *directory, const struct store_layer *layer, struct open_file *out_file,
                       struct error *err)
{
    char path[PATH_MAX];
    out_file->about = layer->raster;
    out_file->about.type = ""; /* lives in the layer's arena */
    if (!raster_file_path(directory, layer->table, path, sizeof path)) {
        error_set(err, ERROR_INVALID, "the path of the data directory is too long");
        return false;
    }
    return raster_level_open(path, &out_file->about, &out_file->file, err) &&
           projection_open(layer->srs, &out_file->projection, err);
}

/* The open file of the layer's version, opened in the place of the one that was used longest ago. */
static struct open_file *find_file(struct raster_source *source, const struct store_layer *layer, struct error *err)
{
    struct open_file *oldest = &source->files[0];
    source->clock++;
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct open_file *file = &source->files[i];
        if (file->serial == layer->serial) {
            file->used = source->clock;
            return file;
        }
        oldest = file->used < oldest->used ? file : oldest;
    }
    close_file(oldest);
    if (!open_layer(source->directory, layer, oldest, err)) {
        close_file(oldest);
        return NULL;
    }
    oldest->serial = layer->serial;
    oldest->used = source->clock;
    return oldest;
}

/* --- making a tile --- */

/* What is read for a tile: a window of a level, perhaps halved further. */
struct patch {
    struct raster_level_window window;
    double scale_x; /* from pixels of the full size to those of the patch */
    double scale_y;
    double left; /* the patch's first pixel, in its own */
    double top;
    uint32_t width;
    uint32_t height;
    unsigned halvings;
};

/* The smallest level that still has a pixel for each of the tile's, and how often it is halved when all are larger. */
static void choose_level(const struct open_file *file, double step, struct patch *patch)
{
    size_t level = 0;
    double whole = file->file.widths[0];
    while (level + 1 < file->file.level_count && whole / file->file.widths[level + 1] <= step * 1.0001) {
        level++;
    }
    double rest = step / (whole / file->file.widths[level]);
    patch->window.level = level;
    patch->halvings = rest >= 2 ? (unsigned)floor(log2(rest)) : 0;
    double halved = exp2(patch->halvings);
    patch->scale_x = file->file.widths[level] / whole / halved;
    patch->scale_y = (double)file->file.heights[level] / file->file.heights[0] / halved;
}

/* The window that the net's points span, grown by what mixing needs, on whole multiples of the halving. */
static bool find_window(const struct open_file *file, const struct raster_warp *warp, struct patch *patch)
{
    double low_x = INFINITY;
    double low_y = INFINITY;
    double high_x = -INFINITY;
    double high_y = -INFINITY;
    size_t side = warp->cells + 1;
    for (size_t i = 0; i < side * side; i++) {
        if (isfinite(warp->x[i]) && isfinite(warp->y[i])) {
            low_x = fmin(low_x, warp->x[i]);
            high_x = fmax(high_x, warp->x[i]);
            low_y = fmin(low_y, warp->y[i]);
            high_y = fmax(high_y, warp->y[i]);
        }
    }
    int whole_x = file->file.widths[patch->window.level];
    int whole_y = file->file.heights[patch->window.level];
    double grain = exp2(patch->halvings);
    double left = fmax(0, (floor(low_x * patch->scale_x) - 2) * grain);
    double top = fmax(0, (floor(low_y * patch->scale_y) - 2) * grain);
    double right = fmin(whole_x, (ceil(high_x * patch->scale_x) + 2) * grain);
    double bottom = fmin(whole_y, (ceil(high_y * patch->scale_y) + 2) * grain);
    if (!(left < right && top < bottom)) {
        return false;
    }
    patch->window.x = (int)left;
    patch->window.y = (int)top;
    patch->window.width = (int)(right - left);
    patch->window.height = (int)(bottom - top);
    patch->left = left / grain;
    patch->top = top / grain;
    patch->width = (uint32_t)patch->window.width;
    patch->height = (uint32_t)patch->window.height;
    return true;
}

static uint32_t half_of(uint32_t size)
{
    return (size + 1) / 2;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Each pixel the mean of four, in place. */
static void halve_colors(uint8_t *rgba, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < half_of(height); y++) {
        const uint8_t *above = rgba + (size_t)4 * width * (2 * y);
        const uint8_t *below = rgba + (size_t)4 * width * lesser(2 * y + 1, height - 1);
        for (uint32_t x = 0; x < half_of(width); x++) {
            size_t left = 4 * (size_t)(2 * x);
            size_t right = 4 * (size_t)lesser(2 * x + 1, width - 1);
            for (size_t i = 0; i < 4; i++) {
                rgba[4 * ((size_t)y * half_of(width) + x) + i] =
                    (uint8_t)((above[left + i] + above[right + i] + below[left + i] + below[right + i] + 2) / 4);
            }
        }
    }
}

static void halve_metres(float *metres, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < half_of(height); y++) {
        const float *above = metres + (size_t)width * (2 * y);
        const float *below = metres + (size_t)width * lesser(2 * y + 1, height - 1);
        for (uint32_t x = 0; x < half_of(width); x++) {
            uint32_t left = 2 * x;
            uint32_t right = lesser(2 * x + 1, width - 1);
            const float four[4] = {above[left], above[right], below[left], below[right]};
            float sum = 0;
            float known = 0;
            for (size_t i = 0; i < 4; i++) {
                sum += isnan(four[i]) ? 0 : four[i];
                known += isnan(four[i]) ? 0 : 1;
            }
            metres[(size_t)y * half_of(width) + x] = known > 0 ? sum / known : NAN;
        }
    }
}

/* Where the middle of a pixel of the tile lies, in pixels of the full size. */
static void place_of(const struct raster_warp *warp, uint32_t column, uint32_t row, double *out_x, double *out_y)
{
    size_t side = warp->cells + 1;
    size_t cell_x = column / warp->step_px;
    size_t cell_y = row / warp->step_px;
    double u = ((double)(column % warp->step_px) + 0.5) / (double)warp->step_px;
    double v = ((double)(row % warp->step_px) + 0.5) / (double)warp->step_px;
    size_t corner = cell_y * side + cell_x;
    const double weights[4] = {(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v};
    const size_t corners[4] = {corner, corner + 1, corner + side, corner + side + 1};
    *out_x = 0;
    *out_y = 0;
    for (size_t i = 0; i < 4; i++) {
        *out_x += warp->x[corners[i]] * weights[i];
        *out_y += warp->y[corners[i]] * weights[i];
    }
}

/* The four pixels of the patch that one of the tile is mixed from. */
struct mix {
    size_t at[4];
    uint32_t right; /* weights of the right and the lower ones, in 1 / MIX_ONE */
    uint32_t lower;
};

static double within(double number, double high)
{
    return fmin(high, fmax(0, number));
}

static bool find_mix(const struct open_file *file, const struct patch *patch, double x, double y, struct mix *out_mix)
{
    const struct store_raster *about = &file->about;
    if (!(x >= 0 && y >= 0 && x < about->width_px && y < about->height_px)) {
        return false; /* outside, or nowhere */
    }
    double across = x * patch->scale_x - 0.5 - patch->left;
    double down = y * patch->scale_y - 0.5 - patch->top;
    double left = floor(across);
    double top = floor(down);
    size_t first_x = (size_t)within(left, patch->width - 1.0);
    size_t second_x = (size_t)within(left + 1, patch->width - 1.0);
    size_t first_y = (size_t)within(top, patch->height - 1.0);
    size_t second_y = (size_t)within(top + 1, patch->height - 1.0);
    *out_mix = (struct mix){
        .at = {first_y * patch->width + first_x, first_y * patch->width + second_x, second_y * patch->width + first_x,
               second_y * patch->width + second_x},
        .right = (uint32_t)((across - left) * MIX_ONE + 0.5),
        .lower = (uint32_t)((down - top) * MIX_ONE + 0.5),
    };
    return true;
}

static void mix_color(const uint8_t *rgba, const struct mix *mix, uint8_t *out)
{
    for (size_t i = 0; i < 4; i++) {
        uint32_t top = rgba[4 * mix->at[0] + i] * (MIX_ONE - mix->right) + rgba[4 * mix->at[1] + i] * mix->right;
        uint32_t bottom = rgba[4 * mix->at[2] + i] * (MIX_ONE - mix->right) + rgba[4 * mix->at[3] + i] * mix->right;
        out[i] = (uint8_t)((top * (MIX_ONE - mix->lower) + bottom * mix->lower + MIX_ONE * MIX_ONE / 2) >> 16);
    }
}

/* Between known and unknown the nearest decides; between known ones all take part. */
static float mix_metres(const float *metres, const struct mix *mix)
{
    size_t nearest = (mix->lower * 2 > MIX_ONE ? 2U : 0U) + (mix->right * 2 > MIX_ONE ? 1U : 0U);
    if (isnan(metres[mix->at[nearest]])) {
        return NAN;
    }
    float four[4];
    for (size_t i = 0; i < 4; i++) {
        four[i] = isnan(metres[mix->at[i]]) ? metres[mix->at[nearest]] : metres[mix->at[i]];
    }
    float right = (float)mix->right / MIX_ONE;
    float top = four[0] + (four[1] - four[0]) * right;
    float bottom = four[2] + (four[3] - four[2]) * right;
    return top + (bottom - top) * ((float)mix->lower / MIX_ONE);
}

static bool make_colors(struct raster_source *source, const struct open_file *file, const struct raster_warp *warp,
                        struct patch *patch, uint8_t *out, struct error *err)
{
    uint8_t *rgba;
    if (!raster_level_colors(&file->file, &patch->window, source->arena, &rgba, err)) {
        return false;
    }
    for (unsigned i = 0; i < patch->halvings; i++) {
        halve_colors(rgba, patch->width, patch->height);
        patch->width = half_of(patch->width);
        patch->height = half_of(patch->height);
    }
    for (uint32_t i = 0; i < TILE_PIXELS; i++) {
        struct mix mix;
        double x;
        double y;
        place_of(warp, i % RASTER_TILE_PX, i / RASTER_TILE_PX, &x, &y);
        if (find_mix(file, patch, x, y, &mix)) {
            mix_color(rgba, &mix, out + 4 * (size_t)i);
        }
    }
    return true;
}

static bool make_metres(struct raster_source *source, const struct open_file *file, const struct raster_warp *warp,
                        struct patch *patch, float *out, struct error *err)
{
    float *metres;
    if (!raster_level_metres(&file->file, &patch->window, source->arena, &metres, err)) {
        return false;
    }
    for (unsigned i = 0; i < patch->halvings; i++) {
        halve_metres(metres, patch->width, patch->height);
        patch->width = half_of(patch->width);
        patch->height = half_of(patch->height);
    }
    for (uint32_t i = 0; i < TILE_PIXELS; i++) {
        struct mix mix;
        double x;
        double y;
        place_of(warp, i % RASTER_TILE_PX, i / RASTER_TILE_PX, &x, &y);
        out[i] = find_mix(file, patch, x, y, &mix) ? mix_metres(metres, &mix) : NAN;
    }
    return true;
}

/* Fills `kept`; its bytes are there. */
static bool make_tile(struct raster_source *source, const struct open_file *file, struct kept_tile *kept,
                      struct error *err)
{
    struct patch patch = {0};
    struct raster_warp warp;
    arena_reset(source->arena);
    double step = raster_warp_step(file->projection, &file->about, kept->tile.z, RASTER_TILE_PX);
    choose_level(file, step > 0 ? step : 1, &patch);
    if (!raster_warp_make(file->projection, &file->about, kept->tile, RASTER_TILE_PX, 1 / patch.scale_x, source->arena,
                          &warp, err)) {
        return false;
    }
    kept->is_empty = !find_window(file, &warp, &patch);
    if (kept->is_empty) {
        return true;
    }
    if ((int64_t)patch.window.width * patch.window.height > WINDOW_PIXELS_MAX) {
        error_set(err, ERROR_TOO_LARGE, "its raster has too few overviews for this zoom: load the layer again");
        return false;
    }
    memset(kept->bytes, 0, (size_t)TILE_PIXELS * 4);
    return kept->as_metres ? make_metres(source, file, &warp, &patch, (float *)(void *)kept->bytes, err)
                           : make_colors(source, file, &warp, &patch, kept->bytes, err);
}

/* --- the door --- */

static struct kept_tile *find_tile(struct raster_source *source, int64_t serial, struct tile_id tile, bool as_metres,
                                   bool *out_found)
{
    struct kept_tile *oldest = &source->tiles[0];
    source->clock++;
    for (size_t i = 0; i < TILES_MAX; i++) {
        struct kept_tile *kept = &source->tiles[i];
        if (kept->serial == serial && kept->tile.z == tile.z && kept->tile.x == tile.x && kept->tile.y == tile.y &&
            kept->as_metres == as_metres) {
            kept->used = source->clock;
            *out_found = true;
            return kept;
        }
        oldest = kept->used < oldest->used ? kept : oldest;
    }
    unsigned char *bytes = oldest->bytes ? oldest->bytes : malloc((size_t)TILE_PIXELS * 4);
    *oldest = (struct kept_tile){.used = source->clock, .tile = tile, .as_metres = as_metres, .bytes = bytes};
    *out_found = false;
    return bytes ? oldest : NULL;
}

bool raster_source_tile(struct raster_source *source, const struct store_layer *layer, struct tile_id tile,
                        bool as_metres, struct arena *arena, struct raster_tile *out_tile, struct error *err)
{
    bool found;
    struct kept_tile *kept = find_tile(source, layer->serial, tile, as_metres, &found);
    if (!kept) {
        return error_no_memory(err);
    }
    if (!found) {
        const struct open_file *file = find_file(source, layer, err);
        if (!file || !make_tile(source, file, kept, err)) {
            return false;
        }
        kept->serial = layer->serial;
    }
    *out_tile = (struct raster_tile){.is_empty = kept->is_empty};
    if (!kept->is_empty) {
        void *copy = arena_memdup(arena, kept->bytes, (size_t)TILE_PIXELS * 4);
        if (!copy) {
            return error_no_memory(err);
        }
        out_tile->rgba = as_metres ? NULL : copy;
        out_tile->metres = as_metres ? copy : NULL;
    }
    return true;
}

bool raster_source_check(const char *directory, const struct store_layer *layer, bool full, struct error *err)
{
    struct open_file file = {0};
    bool ok = open_layer(directory, layer, &file, err) && (!full || raster_level_read_all(&file.file, err));
    close_file(&file);
    return ok;
}
