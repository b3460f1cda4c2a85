/* SPDX-License-Identifier: MIT */
#include "conformance/assets.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES_MAX = 64 << 20, PATH_BYTES = 8192 };

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void assets_init(struct assets *assets, const char *folder, const char *own)
{
    static const char *const near[] = {"assets", "../assets", "../render/assets"};
    static const char *const tiles[] = {"../../mvt/real-world", "../mvt/real-world", "mvt/real-world"};
    snprintf(assets->folder, sizeof assets->folder, "%s", own ? own : "");
    for (size_t i = 0; !own && i < sizeof near / sizeof *near; i++) {
        snprintf(assets->folder, sizeof assets->folder, "%s/%s", folder, near[i]);
        if (is_folder(assets->folder)) {
            break;
        }
    }
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        snprintf(assets->tiles, sizeof assets->tiles, "%.4000s/%s", assets->folder, tiles[i]);
        if (is_folder(assets->tiles)) {
            break;
        }
    }
}

static bool starts_with(struct text text, const char *start, struct text *out_rest)
{
    size_t length = strlen(start);
    if (text.length < length || memcmp(text.data, start, length) != 0) {
        return false;
    }
    *out_rest = (struct text){text.data + length, text.length - length};
    return true;
}

/* %20 and the like. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        unsigned code;
        if (from[0] == '%' && sscanf(from + 1, "%2x", &code) == 1) {
            *to++ = (char)code;
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static bool path_of(const struct assets *assets, struct text url, char path[PATH_BYTES])
{
    struct text rest;
    const char *folder = assets->folder;
    if (starts_with(url, "http://localhost:2901/", &rest)) {
        folder = assets->tiles;
    } else if (!starts_with(url, "local://", &rest) && !starts_with(url, "http://localhost:2900/", &rest) &&
               !starts_with(url, "./", &rest)) {
        if (memchr(url.data, ':', url.length)) {
            return false; /* elsewhere */
        }
        rest = url;
    }
    while (rest.length > 0 && rest.data[0] == '/') {
        rest = (struct text){rest.data + 1, rest.length - 1};
    }
    const char *query = memchr(rest.data, '?', rest.length);
    int length = (int)(query ? query - rest.data : (ptrdiff_t)rest.length);
    char name[PATH_BYTES / 2];
    snprintf(name, sizeof name, "%.*s", length, rest.data);
    unescape(name);
    if (strstr(name, "..")) {
        return false;
    }
    snprintf(path, PATH_BYTES, "%.4000s/%s", folder, name);
    return true;
}

enum asset_answer assets_read(const struct assets *assets, struct text url, struct buffer *out_content)
{
    char path[PATH_BYTES];
    struct error err;
    if (!path_of(assets, url, path)) {
        return ASSET_MISSING;
    }
    if (file_read(path, FILE_BYTES_MAX, out_content, &err)) {
        return ASSET_FOUND;
    }
    return strstr(path, "/sparse204/1-") ? ASSET_EMPTY : ASSET_MISSING;
}

bool assets_read_json(const struct assets *assets, struct text url, struct arena *arena, struct value *out_value)
{
    struct buffer content;
    struct error err;
    if (assets_read(assets, url, &content) != ASSET_FOUND) {
        return false;
    }
    char *kept = arena_strndup(arena, (const char *)content.data, content.length);
    bool ok = kept && value_read_json((struct text){kept, content.length}, arena, out_value, &err);
    buffer_finish(&content);
    return ok;
}
