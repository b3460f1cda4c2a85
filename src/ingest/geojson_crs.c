/* SPDX-License-Identifier: MIT */
#include "ingest/geojson_crs.h"

#include "ingest/crs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES = 64 * 1024 };

/* Behind the string whose quote stands at `at`; the end where it is cut. */
static size_t behind_string(struct text text, size_t at)
{
    for (at++; at < text.length && text.data[at] != '"'; at++) {
        at += text.data[at] == '\\';
    }
    return at < text.length ? at + 1 : text.length;
}

static size_t behind_blanks(struct text text, size_t at)
{
    while (at < text.length && isspace((unsigned char)text.data[at])) {
        at++;
    }
    return at;
}

/* The value of the member "crs" of the outermost object, up to its last bracket; no data when there is none. */
static struct text find_member(struct text text)
{
    static const char name[] = "\"crs\"";
    int depth = 0;
    size_t start = 0;
    for (size_t at = 0; at < text.length;) {
        char byte = text.data[at];
        if (byte == '"') {
            size_t end = behind_string(text, at);
            bool ours = depth == 1 && start == 0 && end - at == sizeof name - 1 &&
                        memcmp(text.data + at, name, sizeof name - 1) == 0;
            at = behind_blanks(text, end);
            if (ours && at < text.length && text.data[at] == ':') {
                start = behind_blanks(text, at + 1);
                at = start;
                if (at < text.length && text.data[at] == '"') {
                    return (struct text){text.data + at, behind_string(text, at) - at};
                }
                if (at == text.length || text.data[at] != '{') {
                    return (struct text){0};
                }
            }
            continue;
        }
        depth += byte == '{' || byte == '[';
        depth -= byte == '}' || byte == ']';
        at++;
        if (start > 0 && depth == 1) {
            return (struct text){text.data + start, at - start};
        }
    }
    return (struct text){0};
}

/* The string that stands for the system: the value of "name", else nothing. */
static struct text named(struct text member)
{
    static const char name[] = "\"name\"";
    const char *end = member.data + member.length;
    for (const char *from = member.data; from;) {
        const char *at = memmem(from, (size_t)(end - from), name, sizeof name - 1);
        if (!at) {
            break;
        }
        from = at + sizeof name - 1;
        size_t colon = behind_blanks(member, (size_t)(from - member.data));
        size_t value = colon < member.length && member.data[colon] == ':' ? behind_blanks(member, colon + 1) : colon;
        if (value > colon && value < member.length && member.data[value] == '"') {
            size_t behind = behind_string(member, value);
            return (struct text){member.data + value + 1, behind - value - 2};
        }
    }
    return (struct text){0};
}

struct text geojson_crs_unknown(const char *path, struct arena *arena)
{
    char *head = arena_alloc_raw(arena, HEAD_BYTES);
    FILE *file = fopen(path, "rbe");
    size_t size = head && file ? fread(head, 1, HEAD_BYTES, file) : 0;
    if (file) {
        fclose(file);
    }
    struct text member = size > 0 ? find_member((struct text){head, size}) : (struct text){0};
    if (!member.data) {
        return member;
    }
    if (memmem(member.data, member.length, "\"EPSG\"", 6)) {
        return (struct text){0}; /* the form of 2008 with a bare code, which GDAL reads */
    }
    struct text name = named(member);
    struct crs_finding finding;
    struct error why;
    static const char degrees[] = "CRS84";
    bool known = name.length > 0 && (memmem(name.data, name.length, degrees, sizeof degrees - 1) ||
                                     crs_identify(name, arena, &finding, &why));
    if (!known) {
        /* "urn:ogc:def:crs:EPSG:6.9:6372" and "EPSG::32613": the digits at the end are the code. */
        size_t digits = 0;
        while (digits < name.length && isdigit((unsigned char)name.data[name.length - digits - 1])) {
            digits++;
        }
        struct text code = {name.data + name.length - digits, digits};
        known = digits >= 4 && memmem(name.data, name.length, "EPSG", 4) && crs_identify(code, arena, &finding, &why);
    }
    return known ? (struct text){0} : name.length > 0 ? name : member;
}
