/* SPDX-License-Identifier: MIT */
#include "ingest/source_parts.h"

#include "base/text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

const char *source_parts_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *source_parts_stem(const char *path, struct arena *arena)
{
    static const char *const extensions[] = {".zip",  ".shp", ".gpkg", ".geojson",  ".json",     ".csv",    ".txt",
                                             ".tsv",  ".kml", ".kmz",  ".fgb",      ".gz",       ".dxf",    ".ods",
                                             ".xlsx", ".pbf", ".osm",  ".geojsonl", ".geojsons", ".ndjson", ".jsonl",
                                             ".tif",  ".jp2", ".png",  ".tiff",     ".jpg"};
    char *stem = arena_strdup(arena, source_parts_base(path));
    for (int pass = 0; stem && pass < 2; pass++) {
        for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
            if (text_ends_with_any_case(stem, extensions[i])) {
                stem[strlen(stem) - strlen(extensions[i])] = '\0';
                break;
            }
        }
    }
    return stem;
}

static bool hash_file(EVP_MD_CTX *hash, const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return false;
    }
    unsigned char block[65536];
    size_t got;
    bool ok = true;
    while (ok && (got = fread(block, 1, sizeof block, file)) > 0) {
        ok = EVP_DigestUpdate(hash, block, got) == 1;
    }
    ok = ok && !ferror(file);
    fclose(file);
    return ok;
}

bool source_parts_hash(struct source *source, const struct source_part *parts, size_t count, struct error *err)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool ok = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; i < count && ok; i++) {
        if (count > 1) {
            ok = EVP_DigestUpdate(hash, parts[i].extension, strlen(parts[i].extension)) == 1;
        }
        if (ok && !hash_file(hash, parts[i].path)) {
            error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not read \"%s\"", "no se pudo leer «%s»",
                       parts[i].path);
            EVP_MD_CTX_free(hash);
            return false;
        }
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    ok = ok && EVP_DigestFinal_ex(hash, digest, &length) == 1;
    EVP_MD_CTX_free(hash);
    for (unsigned i = 0; i < length && 2 * (size_t)i + 3 <= sizeof source->sha256; i++) {
        snprintf(source->sha256 + 2 * (size_t)i, 3, "%02x", digest[i]);
    }
    return ok || error_no_memory(err);
}

const char *source_parts_place(struct source *source, const char *path, const char *extension, struct error *err)
{
    char real[PATH_MAX];
    const char *name = arena_printf(source->arena, "%s/layer%zu.%s", source->folder, source->layer_count, extension);
    if (!name) {
        error_no_memory(err);
        return NULL;
    }
    if (!realpath(path, real) || symlink(real, name) != 0) {
        error_tell(err, ERROR_UNAVAILABLE, "IMP-060", "could not prepare \"%s\": %s", "no se pudo preparar «%s»: %s",
                   path, strerror(errno));
        return NULL;
    }
    return name;
}

struct source_layer *source_parts_add_layer(struct source *source, const char *name, enum source_format format,
                                            struct error *err)
{
    if (source->layer_count == SOURCE_LAYERS_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "IMP-060", "the file has more than %d layers: split it",
                   "el archivo tiene más de %d capas: divídalo", (int)SOURCE_LAYERS_MAX);
        return NULL;
    }
    struct source_layer *layer = &source->layers[source->layer_count];
    *layer = (struct source_layer){.name = name, .format = format};
    return layer;
}

bool source_parts_same_stem(const struct source_part *a, const struct source_part *b)
{
    size_t length = strlen(a->name) - strlen(a->extension);
    return length == strlen(b->name) - strlen(b->extension) && strncasecmp(a->name, b->name, length) == 0;
}

const struct source_part *source_parts_beside(const struct source_part *parts, size_t count,
                                              const struct source_part *shp, const char *extension)
{
    const struct source_part *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(parts[i].extension, extension) == 0 && source_parts_same_stem(&parts[i], shp)) {
            size_t length = strlen(shp->name) - strlen(shp->extension);
            if (strncmp(parts[i].name, shp->name, length) == 0) {
                return &parts[i];
            }
            found = found ? found : &parts[i];
        }
    }
    return found;
}

bool source_parts_list(struct source *source, const char *path, struct source_part **out_parts, size_t *out_count,
                       struct error *err)
{
    static const char *const extensions[] = {"shp", "shx", "dbf", "prj", "qpj", "cpg", "cst", SOURCE_WORLD_EXTENSIONS};
    const char *base = source_parts_base(path);
    const char *dot = strrchr(base, '.');
    size_t stem = dot ? (size_t)(dot - base) : strlen(base);
    char *folder =
        base == path ? arena_strdup(source->arena, ".") : arena_strndup(source->arena, path, (size_t)(base - path));
    DIR *open_folder = folder ? opendir(folder) : NULL;
    struct source_part *parts = arena_array(source->arena, 64, sizeof *parts);
    size_t count = 0;
    if (!parts || !folder) {
        if (open_folder) {
            closedir(open_folder);
        }
        return error_no_memory(err);
    }
    parts[count++] = (struct source_part){.name = base, .extension = "shp", .path = path};
    for (struct dirent *entry = open_folder ? readdir(open_folder) : NULL; entry && count < 64;
         entry = readdir(open_folder)) {
        const char *name = entry->d_name;
        if (strlen(name) <= stem || name[stem] != '.' || strncasecmp(name, base, stem) != 0) {
            continue;
        }
        for (size_t i = 1; i < sizeof extensions / sizeof extensions[0]; i++) {
            if (strcasecmp(name + stem + 1, extensions[i]) == 0) {
                parts[count++] = (struct source_part){
                    .name = arena_strdup(source->arena, name),
                    .extension = extensions[i],
                    .path = arena_printf(source->arena, "%s/%s", folder, name),
                };
            }
        }
    }
    if (open_folder) {
        closedir(open_folder);
    }
    *out_parts = parts;
    *out_count = count;
    return true;
}

static int compare_parts(const void *a, const void *b)
{
    const struct source_part *left = a;
    const struct source_part *right = b;
    int order = strcmp(left->extension, right->extension);
    return order != 0 ? order : strcmp(left->name, right->name);
}

bool source_parts_used(struct source *source, const char *path, struct source_part used[SOURCE_PARTS_USED_MAX],
                       size_t *out_count, struct error *err)
{
    static const char *const extensions[] = {"shx", "dbf", "prj", "qpj", "cpg", "cst"};
    struct source_part *parts = NULL;
    size_t count = 0;
    if (!source_parts_list(source, path, &parts, &count, err)) {
        return false;
    }
    assert(parts && count > 0);
    size_t used_count = 0;
    used[used_count++] = parts[0];
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        const struct source_part *part = source_parts_beside(parts + 1, count - 1, &parts[0], extensions[i]);
        if (part) {
            used[used_count++] = *part;
        }
    }
    qsort(used, used_count, sizeof used[0], compare_parts);
    *out_count = used_count;
    return true;
}
