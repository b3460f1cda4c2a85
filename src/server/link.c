/* SPDX-License-Identifier: MIT */
#include "server/link.h"

#include <string.h>

void link_write(struct json_writer *writer, const struct request *request, const char *path, const char *rel,
                const char *type, const char *title)
{
    json_write_begin_object(writer);
    json_write_name(writer, "href");
    struct buffer href;
    buffer_init(&href, 64 * 1024);
    buffer_append_text(&href, request->base_url);
    buffer_append_text(&href, path);
    json_write_string(writer, buffer_text(&href));
    buffer_finish(&href);
    json_write_member_string(writer, "rel", rel);
    if (type) {
        json_write_member_string(writer, "type", type);
    }
    if (title) {
        json_write_member_string(writer, "title", title);
    }
    json_write_end_object(writer);
}

const char *link_escape(struct text text, struct arena *arena)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    char *out = arena_alloc_raw(arena, text.length * 3 + 1);
    size_t length = 0;
    if (!out) {
        return NULL;
    }
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c != '\0' && strchr(unreserved, c)) {
            out[length++] = (char)c;
        } else {
            out[length++] = '%';
            out[length++] = hex[c >> 4];
            out[length++] = hex[c & 15];
        }
    }
    out[length] = '\0';
    return out;
}
