/* SPDX-License-Identifier: MIT */
#include "server/static_files.h"

#include "base/file.h"
#include "base/hash.h"
#include "server/handlers.h"
#include "tile/gzip.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_MAX = 4096,
    FILE_BYTES_MAX = 16 << 20,
    ALL_BYTES_MAX = 128 << 20,
    DEPTH_MAX = 16,
    PATH_BYTES = 4096,
    BROTLI_QUALITY = 9
};

struct static_file {
    char *name; /* below the folder: "vendor/leaflet/leaflet.css" */
    const char *type;
    bool is_text;
    struct tile_blob *blob;
    _Atomic(struct tile_blob *) gzip;   /* the same with a gzip copy; NULL: not yet there, or no text */
    _Atomic(struct tile_blob *) brotli; /* NULL: not yet there, or no gain */
};

struct static_files {
    struct static_file *files; /* by name */
    size_t count;
    size_t capacity;
    size_t bytes;
    pthread_t packer; /* compresses while we serve already */
    bool has_packer;
    atomic_bool is_ending;
};

static const struct {
    const char *suffix;
    const char *type;
    bool is_text;
} types[] = {
    {".css", "text/css; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".json", TYPE_JSON, true},
    {".map", TYPE_JSON, true},
    {".webmanifest", "application/manifest+json", true},
    {".svg", TYPE_SVG, true},
    {".txt", TYPE_TEXT, true},
    {".html", TYPE_HTML, true},
    {".png", TYPE_PNG, false},
    {".jpg", "image/jpeg", false},
    {".gif", "image/gif", false},
    {".webp", "image/webp", false},
    {".ico", "image/x-icon", false},
    {".woff2", "font/woff2", false},
    {".pbf", "application/x-protobuf", false},
};

static bool find_type(const char *name, const char **out_type, bool *out_is_text)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t suffix = strlen(types[i].suffix);
        if (length > suffix && strcmp(name + length - suffix, types[i].suffix) == 0) {
            *out_type = types[i].type;
            *out_is_text = types[i].is_text;
            return true;
        }
    }
    return false;
}

static struct tile_blob *make_gzip(const struct tile_blob *content)
{
    unsigned char *copy = malloc(content->size + 1);
    if (!copy) {
        return NULL;
    }
    memcpy(copy, content->data, content->size);
    return tile_blob_create(copy, content->size, GZIP_LEVEL_KEPT);
}

static struct tile_blob *make_brotli(const struct tile_blob *content)
{
    struct buffer packed;
    struct tile_blob *blob = NULL;
    buffer_init(&packed, content->size + 1024);
    if (content->size >= 256 && gzip_compress_brotli(content->data, content->size, BROTLI_QUALITY, &packed) &&
        packed.length < content->size) {
        size_t size;
        unsigned char *data = buffer_take(&packed, &size);
        blob = tile_blob_create(data, size, 0);
    }
    buffer_finish(&packed);
    return blob;
}

/* Takes the better part of a tenth of a second for all files, which the first request need not wait for, nor share its
 * processor with. */
static void *pack(void *context)
{
    struct static_files *files = context;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), 19); /* of this thread */
    for (size_t i = 0; i < files->count && !atomic_load(&files->is_ending); i++) {
        struct static_file *file = &files->files[i];
        if (file->is_text) {
            atomic_store(&file->gzip, make_gzip(file->blob));
        }
    }
    for (size_t i = 0; i < files->count && !atomic_load(&files->is_ending); i++) {
        struct static_file *file = &files->files[i];
        if (file->is_text) {
            atomic_store(&file->brotli, make_brotli(file->blob));
        }
    }
    return NULL;
}

static bool grow(struct static_files *files, struct error *err)
{
    if (files->count < files->capacity) {
        return true;
    }
    if (files->count >= FILES_MAX) {
        error_set(err, ERROR_TOO_LARGE, "more than %d files", FILES_MAX);
        return false;
    }
    size_t capacity = files->capacity ? files->capacity * 2 : 64;
    struct static_file *grown = realloc(files->files, capacity * sizeof *grown);
    if (!grown) {
        return error_no_memory(err);
    }
    files->files = grown;
    files->capacity = capacity;
    return true;
}

static bool read_one(struct static_files *files, const char *path, const char *name, struct error *err)
{
    struct static_file file = {0};
    struct buffer content;
    if (!find_type(name, &file.type, &file.is_text)) {
        return true;
    }
    if (!grow(files, err) || !file_read(path, FILE_BYTES_MAX, &content, err)) {
        return false;
    }
    files->bytes += content.length;
    if (files->bytes > ALL_BYTES_MAX) {
        buffer_finish(&content);
        error_set(err, ERROR_TOO_LARGE, "more than %d bytes of files", ALL_BYTES_MAX);
        return false;
    }
    size_t size = 0;
    if (!content.data) {
        buffer_append_byte(&content, 0); /* an empty file still has an address */
        content.length = 0;
    }
    unsigned char *data = buffer_take(&content, &size);
    buffer_finish(&content);
    file.blob = tile_blob_create(data, size, 0);
    file.name = strdup(name);
    assert(files->files); /* grow made room */
    files->files[files->count++] = file;
    return (file.blob && file.name) || error_no_memory(err);
}

static bool read_folder(struct static_files *files, const char *folder, const char *prefix, unsigned depth,
                        struct error *err)
{
    DIR *directory = depth <= DEPTH_MAX ? opendir(folder) : NULL;
    if (!directory) {
        error_set(err, ERROR_UNAVAILABLE, "could not read folder \"%s\": %s", folder,
                  depth > DEPTH_MAX ? "too deep" : strerror(errno));
        return false;
    }
    bool ok = true;
    for (struct dirent *entry = readdir(directory); entry && ok; entry = readdir(directory)) {
        char path[PATH_BYTES];
        char name[PATH_BYTES];
        struct stat status;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "node_modules") == 0) {
            continue;
        }
        int a = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        int b = snprintf(name, sizeof name, "%s%s", prefix, entry->d_name);
        if (a < 0 || b < 0 || (size_t)a >= sizeof path - 1 || (size_t)b >= sizeof name - 1 ||
            lstat(path, &status) != 0) {
            continue;
        }
        if (S_ISDIR(status.st_mode)) {
            name[b] = '/';
            name[b + 1] = '\0';
            ok = read_folder(files, path, name, depth + 1, err);
        } else if (S_ISREG(status.st_mode)) {
            ok = read_one(files, path, name, err);
        }
    }
    closedir(directory);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct static_file *)a)->name, ((const struct static_file *)b)->name);
}

bool static_files_create(const char *folder, struct static_files **out_files, struct error *err)
{
    struct static_files *files = calloc(1, sizeof *files);
    if (!files) {
        return error_no_memory(err);
    }
    if (folder && !read_folder(files, folder, "", 0, err)) {
        error_prefix(err, "www folder \"%s\"", folder);
        static_files_destroy(files);
        return false;
    }
    if (files->count > 0) {
        qsort(files->files, files->count, sizeof *files->files, by_name);
    }
    files->has_packer = pthread_create(&files->packer, NULL, pack, files) == 0;
    *out_files = files;
    return true;
}

void static_files_destroy(struct static_files *files)
{
    if (!files) {
        return;
    }
    atomic_store(&files->is_ending, true);
    if (files->has_packer) {
        pthread_join(files->packer, NULL);
    }
    for (size_t i = 0; i < files->count; i++) {
        tile_blob_unref(files->files[i].blob);
        tile_blob_unref(atomic_load(&files->files[i].gzip));
        tile_blob_unref(atomic_load(&files->files[i].brotli));
        free(files->files[i].name);
    }
    free(files->files);
    free(files);
}

size_t static_files_count(const struct static_files *files)
{
    return files->count;
}

static const struct static_file *find(const struct static_files *files, const char *name)
{
    size_t low = 0;
    size_t high = files ? files->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, files->files[middle].name);
        if (order == 0) {
            return &files->files[middle];
        }
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

const char *static_files_url(const struct handler_context *context, const char *file)
{
    const struct static_file *found = find(context->files, file);
    if (!found) {
        return arena_printf(context->arena, "/static/%s", file);
    }
    return arena_printf(context->arena, "/static/%s?v=%016llx", file, (unsigned long long)found->blob->hash);
}

void handle_static(const struct request *request, struct handler_context *context, struct response *response)
{
    const char *name = request_capture(request, 0);
    const struct static_file *file = find(context->files, name);
    if (!file) {
        response_problem(response, request, 404, "SRV-404", "no existe el archivo «%.128s»", name);
        return;
    }
    response->content_type = file->type;
    response->version = file->blob->hash;
    struct tile_blob *gzip = atomic_load(&file->gzip);
    struct tile_blob *brotli = atomic_load(&file->brotli);
    if (brotli && request_accepts(request->accept_encoding, "br")) {
        response->blob = tile_blob_ref(brotli);
        response->content_encoding = "br";
    } else {
        response->blob = tile_blob_ref(gzip ? gzip : file->blob);
    }
}
