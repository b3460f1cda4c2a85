/* SPDX-License-Identifier: MIT */
#include "ingest/scan_columns.h"

#include <string.h>

/* The names of a .dbf are cut at ten bytes, which may be the middle of a letter. */
enum { NAME_BYTES_MAX = 120, DBF_NAME_BYTES = 10 };

static bool is_taken(const struct field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The column's name without control characters and blanks around it. */
static const char *clean_name(struct text text, size_t number, struct arena *arena)
{
    char out[NAME_BYTES_MAX + 1];
    size_t length = 0;
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        uint32_t code = text_next_code_point(text, &at);
        if (code < 0x20 || code == 0x7f || code == 0xfffd || (code >= 0x80 && code < 0xa0)) {
            continue;
        }
        if (length + (at - start) > NAME_BYTES_MAX) {
            break;
        }
        if (length == 0 && code == ' ') {
            continue;
        }
        memcpy(out + length, text.data + start, at - start);
        length += at - start;
    }
    while (length > 0 && out[length - 1] == ' ') {
        length--;
    }
    out[length] = '\0';
    return length > 0 ? arena_strdup(arena, out) : arena_printf(arena, "col_%zu", number);
}

/* Names in a table's own encoding may differ from that of its values ("AÑO" typed elsewhere). */
bool scan_columns_name(struct scan *scan, struct error *err)
{
    const struct feed_info *info = &scan->feed->info;
    bool ok = false;
    struct encoding *encoding = NULL;
    struct field *fields = arena_array(scan->arena, info->field_count, sizeof *fields);
    if (!fields) {
        return error_no_memory(err);
    }
    if (!encoding_open(&scan->encoding, &encoding, err)) {
        return false;
    }
    for (size_t i = 0; i < info->field_count; i++) {
        unsigned outcome;
        struct text text = encoding_decode(encoding, info->fields[i].name, DBF_NAME_BYTES, scan->arena, &outcome);
        const char *name = text.data ? clean_name(text, i + 1, scan->arena) : NULL;
        const char *unique = name;
        for (int copy = 2; unique && is_taken(fields, i, unique); copy++) {
            unique = arena_printf(scan->arena, "%s_%d", name, copy);
        }
        if (!unique) {
            error_no_memory(err);
            goto done;
        }
        if (unique != name) {
            struct report_message *message = report_tell(
                scan->report, "IMP-030", REPORT_WARNING, "column \"%s\" occurs twice: the later one is \"%s\"",
                "la columna «%s» aparece dos veces: la segunda se llama «%s»", name, unique);
            report_at(scan->report, message, scan->layer->name, name);
        }
        fields[i] = (struct field){.name = unique, .type = info->fields[i].type};
    }
    scan->fields = fields;
    scan->field_count = info->field_count;
    ok = true;
done:
    encoding_close(encoding);
    return ok;
}

static ptrdiff_t find_field(const struct scan *scan, const char *name)
{
    for (size_t i = 0; i < scan->field_count; i++) {
        if (strcmp(scan->fields[i].name, name) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static const char *nearest_field(const struct scan *scan, const char *name)
{
    const char *nearest = "";
    size_t best = SIZE_MAX;
    char folded[128];
    text_fold(text_of(name), folded, sizeof folded);
    for (size_t i = 0; i < scan->field_count; i++) {
        char other[128];
        text_fold(text_of(scan->fields[i].name), other, sizeof other);
        size_t distance = text_edit_distance(text_of(folded), text_of(other));
        if (distance < best) {
            best = distance;
            nearest = scan->fields[i].name;
        }
    }
    return nearest;
}

void scan_columns_check(struct scan *scan, const struct scan_wishes *wishes)
{
    scan->key = -1;
    if (wishes->key) {
        scan->key = find_field(scan, wishes->key);
        if (scan->key < 0) {
            struct report_message *message =
                report_tell(scan->report, "IMP-031", wishes->key_is_needed ? REPORT_ERROR : REPORT_WARNING,
                            "there is no column \"%s\" to identify features; the nearest is \"%s\"",
                            "no hay ninguna columna «%s» que identifique los elementos; la más parecida es «%s»",
                            wishes->key, nearest_field(scan, wishes->key));
            report_cure(scan->report, message, "give the key with --key, or in the descriptor",
                        "indique la clave con --key o en el descriptor");
            report_at(scan->report, message, scan->layer->name, wishes->key);
            scan->failed |= wishes->key_is_needed;
        }
    }
    const char *label = value_member_string(wishes->descriptor, "label");
    if (label && find_field(scan, label) < 0) {
        struct report_message *message =
            report_tell(scan->report, "IMP-030", REPORT_WARNING,
                        "there is no column \"%s\" to label features with; the nearest is \"%s\"",
                        "no hay ninguna columna «%s» para rotular los elementos; la más parecida es «%s»", label,
                        nearest_field(scan, label));
        report_at(scan->report, message, scan->layer->name, label);
    }
    const struct value *fields = value_member(wishes->descriptor, "fields");
    for (size_t i = 0; fields && fields->type == VALUE_OBJECT && i < fields->object.count; i++) {
        const char *name =
            arena_strndup(scan->arena, fields->object.members[i].name.data, fields->object.members[i].name.length);
        if (name && find_field(scan, name) < 0) {
            struct report_message *message = report_tell(
                scan->report, "IMP-030", REPORT_WARNING,
                "the descriptor speaks of column \"%s\", which the file does not have; the nearest is \"%s\"",
                "el descriptor menciona la columna «%s», que el archivo no tiene; la más parecida es «%s»", name,
                nearest_field(scan, name));
            report_at(scan->report, message, scan->layer->name, name);
        }
    }
}

bool scan_columns_list(struct scan *scan, const struct scan_wishes *wishes, struct error *err)
{
    struct arena *arena = scan->report->arena;
    struct report_field *fields = arena_array(arena, scan->field_count, sizeof *fields);
    if (!fields) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < scan->field_count; i++) {
        const char *spanish = descriptor_field_title(wishes->descriptor, scan->fields[i].name, "es");
        const char *english = descriptor_field_title(wishes->descriptor, scan->fields[i].name, "en");
        fields[i] = (struct report_field){
            .name = arena_strdup(arena, scan->fields[i].name),
            .type = scan->fields[i].type,
            .title_english = english ? arena_strdup(arena, english) : NULL,
            .title_spanish = spanish ? arena_strdup(arena, spanish) : NULL,
        };
    }
    scan->layer->fields = fields;
    scan->layer->field_count = scan->field_count;
    const struct feed_info *info = &scan->feed->info;
    for (size_t i = 0; i < info->left_column_count; i++) {
        struct report_message *message =
            report_tell(scan->report, "IMP-030", REPORT_WARNING, "column \"%s\" holds binary data and was left out",
                        "la columna «%s» contiene datos binarios y no se cargó", info->left_columns[i]);
        report_at(scan->report, message, scan->layer->name, info->left_columns[i]);
    }
    return true;
}
