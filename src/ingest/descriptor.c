/* SPDX-License-Identifier: MIT */
#include "ingest/descriptor.h"

#include "base/file.h"
#include "base/json_write.h"
#include "ingest/encoding.h"

#include <stdio.h>
#include <string.h>

/* As the store reads it (store/raster_file.h). */
#define RASTER_MEMBER "tesela:raster"

enum { DESCRIPTOR_BYTES_MAX = 1024 * 1024 };

enum expected { TEXT, TRANSLATED, FLAG, TEXTS, SOURCE, LICENSE, FIELDS, RASTER };

struct key {
    const char *name;
    enum expected expected;
};

static const struct key descriptor_keys[] = {
    {"id", TEXT},          {"title", TRANSLATED},  {"description", TRANSLATED},
    {"file", TEXT},        {"source_layer", TEXT}, {"srs", TEXT},
    {"encoding", TEXT},    {"key", TEXT},          {"label", TEXT},
    {"fields", FIELDS},    {"theme", TEXT},        {"keywords", TEXTS},
    {"source", SOURCE},    {"license", LICENSE},   {"attribution", TEXT},
    {"responsible", TEXT}, {"update", TEXT},       {"raster", RASTER},
};

static const struct key field_keys[] = {
    {"title", TRANSLATED}, {"description", TRANSLATED}, {"unit", TEXT}, {"hidden", FLAG}};
static const struct key source_keys[] = {{"name", TEXT}, {"url", TEXT}, {"date", TEXT}};
static const struct key license_keys[] = {{"name", TEXT}, {"url", TEXT}};
static const struct key raster_keys[] = {{"kind", TEXT}};
static const struct key language_keys[] = {{"es", TEXT}, {"en", TEXT}};

static const struct key *find_key(const struct key *keys, size_t count, struct text name, const char **out_nearest)
{
    size_t best = 5;
    *out_nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        if (text_is(name, keys[i].name)) {
            return &keys[i];
        }
        size_t distance = text_edit_distance(name, text_of(keys[i].name));
        if (distance < best) {
            best = distance;
            *out_nearest = keys[i].name;
        }
    }
    return NULL;
}

static bool check_object(const struct value *value, const struct key *keys, size_t count, const char *where,
                         struct error *err);

static bool refuse(const char *where, const char *english, const char *spanish, struct error *err)
{
    if (err) {
        *err = (struct error){.kind = ERROR_INVALID, .code = "IMP-080"};
        snprintf(err->english, sizeof err->english, "\"%.200s\" should be %s", where, english);
        snprintf(err->spanish, sizeof err->spanish, "«%.200s» debe ser %s", where, spanish);
    }
    return false;
}

static bool check_fields(const struct value *value, const char *where, struct error *err)
{
    if (value->type != VALUE_OBJECT) {
        return refuse(where, "an object", "un objeto", err);
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        char inner[280];
        snprintf(inner, sizeof inner, "%.200s.%.*s", where, (int)(member->name.length > 60 ? 60 : member->name.length),
                 member->name.data);
        if (!check_object(&member->value, field_keys, sizeof field_keys / sizeof field_keys[0], inner, err)) {
            return false;
        }
    }
    return true;
}

static bool check_texts(const struct value *value, const char *where, struct error *err)
{
    bool ok = value->type == VALUE_ARRAY;
    for (size_t i = 0; ok && i < value->array.count; i++) {
        ok = value->array.items[i].type == VALUE_STRING;
    }
    return ok || refuse(where, "a list of texts", "una lista de textos", err);
}

static bool check_raster(const struct value *value, const char *where, struct error *err)
{
    const char *kind = value_member_string(value, "kind");
    if (!check_object(value, raster_keys, sizeof raster_keys / sizeof raster_keys[0], where, err)) {
        return false;
    }
    return !kind || strcmp(kind, "imagery") == 0 || strcmp(kind, "elevation") == 0 ||
           refuse("raster.kind", "\"imagery\" or \"elevation\"", "\"imagery\" o \"elevation\"", err);
}

static bool check_value(const struct value *value, enum expected expected, const char *where, struct error *err)
{
    switch (expected) {
    case TEXT:
        return value->type == VALUE_STRING || refuse(where, "a text", "un texto", err);
    case FLAG:
        return value->type == VALUE_BOOL || refuse(where, "true or false", "true o false", err);
    case TRANSLATED:
        return value->type == VALUE_STRING ||
               check_object(value, language_keys, sizeof language_keys / sizeof language_keys[0], where, err);
    case TEXTS:
        return check_texts(value, where, err);
    case SOURCE:
        return check_object(value, source_keys, sizeof source_keys / sizeof source_keys[0], where, err);
    case LICENSE:
        return check_object(value, license_keys, sizeof license_keys / sizeof license_keys[0], where, err);
    case FIELDS:
        return check_fields(value, where, err);
    case RASTER:
        return check_raster(value, where, err);
    }
    return false;
}

static bool check_object(const struct value *value, const struct key *keys, size_t count, const char *where,
                         struct error *err)
{
    if (value->type != VALUE_OBJECT) {
        return refuse(where[0] != '\0' ? where : "{…}", "an object", "un objeto", err);
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        int shown = (int)(member->name.length > 60 ? 60 : member->name.length);
        const char *nearest = NULL;
        const struct key *key = find_key(keys, count, member->name, &nearest);
        char inner[352];
        snprintf(inner, sizeof inner, "%.240s%s%.*s", where, where[0] != '\0' ? "." : "", shown, member->name.data);
        if (!key && nearest) {
            error_tell(err, ERROR_INVALID, "IMP-080", "unknown key \"%s\": did you mean \"%s\"?",
                       "clave desconocida «%s»: ¿quiso decir «%s»?", inner, nearest);
            return false;
        }
        if (!key) {
            error_tell(err, ERROR_INVALID, "IMP-080", "unknown key \"%s\": remove it",
                       "clave desconocida «%s»: quítela", inner);
            return false;
        }
        if (!check_value(&member->value, key->expected, inner, err)) {
            return false;
        }
    }
    return true;
}

static bool check_id(const struct descriptor *descriptor, struct error *err)
{
    if (descriptor->id && !text_is_id(text_of(descriptor->id))) {
        error_tell(err, ERROR_INVALID, "IMP-070",
                   "id \"%.80s\" should have only a-z, 0-9, _ and - (at most 64, starting with a letter or digit)",
                   "el id «%.80s» debe tener solo a-z, 0-9, _ y - (hasta 64, empezando por letra o dígito)",
                   value_member_string(&descriptor->value, "id"));
        return false;
    }
    char canonical[ENCODING_NAME_BYTES];
    if (descriptor->encoding && !encoding_canonical(text_of(descriptor->encoding), canonical)) {
        error_tell(err, ERROR_INVALID, "IMP-010", "unknown encoding \"%.80s\": use UTF-8, windows-1252 or CP850",
                   "codificación desconocida «%.80s»: use UTF-8, windows-1252 o CP850", descriptor->encoding);
        return false;
    }
    return true;
}

bool descriptor_parse(struct text json, const char *name, struct arena *arena, struct descriptor *out_descriptor,
                      struct error *err)
{
    struct descriptor descriptor = {0};
    if (!value_read_json(json, arena, &descriptor.value, err)) {
        if (err && err->code[0] == '\0') {
            snprintf(err->code, sizeof err->code, "IMP-080");
        }
        error_prefix(err, "\"%s\"", name);
        return false;
    }
    const struct value *value = &descriptor.value;
    bool ok = check_object(value, descriptor_keys, sizeof descriptor_keys / sizeof descriptor_keys[0], "", err);
    if (ok) {
        const char *id = value_member_string(value, "id");
        char *small = id ? arena_strdup(arena, id) : NULL;
        if (id && !small) {
            return error_no_memory(err);
        }
        if (small) {
            text_lower_id(small);
        }
        descriptor.id = small;
        descriptor.file = value_member_string(value, "file");
        descriptor.source_layer = value_member_string(value, "source_layer");
        descriptor.srs = value_member_string(value, "srs");
        descriptor.encoding = value_member_string(value, "encoding");
        descriptor.key = value_member_string(value, "key");
        descriptor.label = value_member_string(value, "label");
        descriptor.raster_kind = value_member_string(value_member(value, "raster"), "kind");
        ok = check_id(&descriptor, err);
    }
    if (!ok) {
        error_prefix(err, "\"%s\"", name);
        return false;
    }
    *out_descriptor = descriptor;
    return true;
}

bool descriptor_read(const char *path, struct arena *arena, struct descriptor *out_descriptor, struct error *err)
{
    struct buffer content;
    if (!file_read(path, DESCRIPTOR_BYTES_MAX, &content, err)) {
        return false;
    }
    struct descriptor descriptor;
    struct text json = {arena_memdup(arena, content.data, content.length), content.length};
    buffer_finish(&content);
    if (!json.data) {
        return error_no_memory(err);
    }
    if (!descriptor_parse(json, path, arena, &descriptor, err)) {
        return false;
    }
    descriptor.path = arena_strdup(arena, path);
    const char *slash = strrchr(path, '/');
    if (descriptor.file && descriptor.file[0] != '/' && slash) {
        descriptor.file = arena_printf(arena, "%.*s/%s", (int)(slash - path), path, descriptor.file);
    }
    *out_descriptor = descriptor;
    return true;
}

struct override {
    const char *name;
    const char *text;
    bool drop;
};

static void write_title(struct json_writer *json, const char *title)
{
    json_write_name(json, "title");
    json_write_begin_object(json);
    json_write_member_string(json, "es", title);
    json_write_end_object(json);
}

struct text descriptor_write(const struct value *base, const struct descriptor_change *change, struct arena *arena)
{
    const struct override overrides[] = {
        {"id", change->id, false},
        {"key", change->key, change->drop_key},
        {"label", NULL, change->drop_label},
        {"file", change->file, true},
        {"source_layer", change->source_layer, true},
        {"srs", change->srs, true},
        {"encoding", change->encoding, true},
        {"tesela:sha256", change->sha256, true},
        {RASTER_MEMBER, NULL, true},
    };
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, 4 * (size_t)DESCRIPTOR_BYTES_MAX);
    json_write_init(&json, &out);
    json_write_begin_object(&json);
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        if (overrides[i].text) {
            json_write_member_string(&json, overrides[i].name, overrides[i].text);
        }
    }
    if (change->title) {
        write_title(&json, change->title);
    }
    struct value raster;
    if (change->raster.length > 0 && value_read_json(change->raster, arena, &raster, NULL)) {
        json_write_name(&json, RASTER_MEMBER);
        json_write_value(&json, &raster);
    }
    for (size_t i = 0; base && base->type == VALUE_OBJECT && i < base->object.count; i++) {
        const struct value_member *member = &base->object.members[i];
        bool dropped = change->title && text_is(member->name, "title");
        for (size_t j = 0; j < sizeof overrides / sizeof overrides[0]; j++) {
            dropped |= text_is(member->name, overrides[j].name) && (overrides[j].text || overrides[j].drop);
        }
        if (!dropped) {
            json_write_name_text(&json, member->name);
            json_write_value(&json, &member->value);
        }
    }
    json_write_end_object(&json);
    struct text text = {0};
    if (!out.failed) {
        char *copy = arena_strndup(arena, (const char *)out.data, out.length);
        text = (struct text){copy, copy ? out.length : 0};
    }
    buffer_finish(&out);
    return text;
}

const char *descriptor_field_title(const struct value *descriptor, const char *field, const char *language)
{
    const struct value *title = value_member(value_member(value_member(descriptor, "fields"), field), "title");
    if (!title) {
        return NULL;
    }
    if (title->type == VALUE_STRING) {
        return title->string.data;
    }
    const char *text = value_member_string(title, language);
    return text ? text : value_member_string(title, "es");
}
