/* SPDX-License-Identifier: MIT */
#include "draw/sprite_folder.h"

#include "base/file.h"
#include "base/hash.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 8192, PATH_BYTES = 4096, NAME_BYTES = 512, FILE_BYTES_MAX = 32 << 20 };

struct reader {
    struct sprite *sprite;
    sprite_folder_wanted *wanted;
    const void *wishes;
    sprite_folder_problem *on_problem;
    void *context;
    size_t file_count;
};

/* A file's name taken apart: "pin@2x.sdf.png". */
struct parts {
    char stem[NAME_BYTES];
    double pixel_ratio;
    bool is_sdf;
};

static bool cut_ending(char *name, const char *ending)
{
    if (!text_ends_with(name, ending)) {
        return false;
    }
    name[strlen(name) - strlen(ending)] = '\0';
    return true;
}

static bool take_apart(const char *name, const char *ending, struct parts *out_parts)
{
    *out_parts = (struct parts){.pixel_ratio = 1};
    if (strlen(name) >= sizeof out_parts->stem) {
        return false;
    }
    memcpy(out_parts->stem, name, strlen(name) + 1);
    if (!cut_ending(out_parts->stem, ending)) {
        return false;
    }
    out_parts->is_sdf = cut_ending(out_parts->stem, ".sdf");
    out_parts->pixel_ratio = cut_ending(out_parts->stem, "@2x") ? 2 : 1;
    return text_is_utf8(text_of(out_parts->stem));
}

/* "folder/name" in `out`; false when that is too long. */
static bool join(const char *folder, const char *name, char out[PATH_BYTES])
{
    int length = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
    return length > 0 && length < PATH_BYTES;
}

/* "prefix:stem", or the stem where there is no prefix. */
static struct text full_name(const char *prefix, const char *stem, char out[2 * NAME_BYTES + 2])
{
    int length = snprintf(out, 2 * NAME_BYTES + 2, "%s%s%s", prefix, prefix[0] ? ":" : "", stem);
    return (struct text){out, (size_t)length};
}

static bool add_drawing(struct reader *reader, struct text name, const struct buffer *svg, bool is_sdf,
                        struct error *err)
{
    bool ok = true;
    for (int ratio = 1; ratio <= 2 && ok; ratio++) {
        ok = sprite_add_svg(reader->sprite, name, svg->data, svg->length, &(struct sprite_options){ratio, is_sdf}, err);
    }
    return ok;
}

/* The picture of a sheet lies beside its index. */
static bool add_sheet(struct reader *reader, const char *json_path, struct text prefix, const struct buffer *json,
                      struct error *err)
{
    char path[PATH_BYTES];
    struct buffer png;
    snprintf(path, sizeof path, "%.*s.png", (int)strlen(json_path) - 5, json_path);
    if (!file_read(path, FILE_BYTES_MAX, &png, err)) {
        error_prefix(err, "the picture of the sheet");
        return false;
    }
    bool ok = sprite_add_sheet(reader->sprite, prefix, (struct text){(const char *)json->data, json->length}, png.data,
                               png.length, err);
    buffer_finish(&png);
    return ok;
}

static bool has_index(const char *png_path)
{
    char path[PATH_BYTES + 8];
    snprintf(path, sizeof path, "%.*s.json", (int)strlen(png_path) - 4, png_path);
    return file_exists(path);
}

/* One file; what is neither drawing, picture nor index is passed over. */
static bool add_file(struct reader *reader, const char *path, const char *file, const char *prefix, struct error *err)
{
    struct parts parts;
    char name[2 * NAME_BYTES + 2];
    bool is_svg = take_apart(file, ".svg", &parts);
    bool is_png = !is_svg && take_apart(file, ".png", &parts) && !has_index(path);
    bool is_sheet = !is_svg && !is_png && take_apart(file, ".json", &parts);
    if (!is_svg && !is_png && !is_sheet) {
        return true;
    }
    struct text full = full_name(prefix, parts.stem, name);
    if (!is_sheet && reader->wanted && !reader->wanted(reader->wishes, full)) {
        return true;
    }
    struct buffer bytes;
    if (!file_read(path, FILE_BYTES_MAX, &bytes, err)) {
        return false;
    }
    bool ok;
    if (is_svg) {
        ok = add_drawing(reader, full, &bytes, parts.is_sdf, err);
    } else if (is_png) {
        ok = sprite_add_png(reader->sprite, full, bytes.data, bytes.length,
                            &(struct sprite_options){parts.pixel_ratio, parts.is_sdf}, err);
    } else {
        ok = add_sheet(reader, path, full, &bytes, err);
    }
    buffer_finish(&bytes);
    return ok;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `visit` for each file of the folder and of those right below, in a fixed order. */
typedef bool visitor(void *context, const char *path, const char *file, const char *prefix, const struct stat *status,
                     struct error *err);

static bool walk(const char *folder, const char *prefix, visitor *visit, void *context, struct error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_shown, by_name);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        const char *file = entries[i]->d_name;
        char path[PATH_BYTES];
        struct stat status;
        if (ok && join(folder, file, path) && stat(path, &status) == 0) {
            if (S_ISREG(status.st_mode)) {
                ok = visit(context, path, file, prefix, &status, err);
            } else if (S_ISDIR(status.st_mode) && prefix[0] == '\0' && strlen(file) < NAME_BYTES) {
                ok = walk(path, file, visit, context, err);
            }
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool visit_to_read(void *context, const char *path, const char *file, const char *prefix,
                          const struct stat *status, struct error *err)
{
    (void)status;
    struct reader *reader = context;
    struct error problem = {0};
    if (++reader->file_count > FILES_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "STY-021", "icons: more than %d files", "íconos: más de %d archivos",
                   FILES_MAX);
        return false;
    }
    if (!add_file(reader, path, file, prefix, &problem) && reader->on_problem) {
        reader->on_problem(reader->context, path, &problem);
    }
    return true;
}

bool sprite_folder_read(const char *folder, struct sprite *sprite, sprite_folder_wanted *wanted, const void *wishes,
                        sprite_folder_problem *on_problem, void *context, struct error *err)
{
    struct reader reader = {sprite, wanted, wishes, on_problem, context, 0};
    return walk(folder, "", visit_to_read, &reader, err);
}

static bool visit_to_hash(void *context, const char *path, const char *file, const char *prefix,
                          const struct stat *status, struct error *err)
{
    (void)path;
    (void)err;
    uint64_t *fingerprint = context;
    *fingerprint = hash_bytes_seeded(prefix, strlen(prefix), *fingerprint);
    *fingerprint = hash_bytes_seeded(file, strlen(file), *fingerprint);
    *fingerprint = hash_mix(*fingerprint, (uint64_t)status->st_mtim.tv_sec);
    *fingerprint = hash_mix(*fingerprint, (uint64_t)status->st_mtim.tv_nsec);
    *fingerprint = hash_mix(*fingerprint, (uint64_t)status->st_size);
    return true;
}

uint64_t sprite_folder_fingerprint(const char *folder)
{
    uint64_t fingerprint = 0;
    (void)walk(folder, "", visit_to_hash, &fingerprint, NULL);
    return fingerprint;
}
