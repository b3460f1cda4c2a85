/* SPDX-License-Identifier: MIT */
#include "store/layer_read.h"

#include "store/database.h"
#include "store/raster_file.h"

#include <sqlite3.h>
#include <string.h>

enum column {
    COLUMN_SERIAL,
    COLUMN_LAYER,
    COLUMN_VERSION,
    COLUMN_STAMP,
    COLUMN_TABLE,
    COLUMN_KIND,
    COLUMN_HAS_Z,
    COLUMN_SRS,
    COLUMN_DESCRIPTOR,
    COLUMN_FIELDS,
    COLUMN_MIN_X,
    COLUMN_MIN_Y,
    COLUMN_MAX_X,
    COLUMN_MAX_Y,
    COLUMN_FEATURES,
    COLUMN_LOADED_AT
};

const char layer_read_columns[] = "v.serial, v.layer, v.version, v.stamp, v.table_name, v.kind, v.has_z, v.srs,"
                                  " v.descriptor, v.fields, v.min_x, v.min_y, v.max_x, v.max_y, v.feature_count,"
                                  " v.loaded_at";

static struct text column_text(struct sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return (struct text){text ? text : "", text ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

static const char *copy_text(struct sqlite3_stmt *statement, int column, struct arena *arena)
{
    struct text text = column_text(statement, column);
    return arena_strndup(arena, text.data, text.length);
}

/* {"es": …, "en": …}, or one text for both. */
static const char *translated(const struct value *object, const char *member, const char *language)
{
    const struct value *value = value_member(object, member);
    if (value && value->type == VALUE_STRING) {
        return strcmp(language, "es") == 0 ? value->string.data : NULL;
    }
    return value_member_string(value, language);
}

bool layer_read_is_hidden(const struct value *descriptor, const char *field)
{
    const struct value *hidden = value_member(value_member(value_member(descriptor, "fields"), field), "hidden");
    return hidden && hidden->type == VALUE_BOOL && hidden->boolean;
}

ptrdiff_t layer_read_key(const struct value *descriptor, const char *const *names, size_t count)
{
    const char *key = value_member_string(descriptor, "key");
    for (size_t i = 0; key && i < count; i++) {
        if (strcmp(names[i], key) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static void describe(const struct value *descriptor, struct store_layer *layer)
{
    const struct value *source = value_member(descriptor, "source");
    const struct value *license = value_member(descriptor, "license");
    const char *title = translated(descriptor, "title", "es");
    layer->title_es = title ? title : layer->id;
    layer->title_en = translated(descriptor, "title", "en");
    layer->description_es = translated(descriptor, "description", "es");
    layer->description_en = translated(descriptor, "description", "en");
    layer->label = value_member_string(descriptor, "label");
    layer->theme = value_member_string(descriptor, "theme");
    layer->attribution = value_member_string(descriptor, "attribution");
    layer->source_name = value_member_string(source, "name");
    layer->source_url = value_member_string(source, "url");
    layer->source_date = value_member_string(source, "date");
    layer->license_name = value_member_string(license, "name");
    layer->license_url = value_member_string(license, "url");
}

static bool read_column(const struct value *json, const struct value *descriptor, struct layer_column *out,
                        struct error *err)
{
    const char *type = value_member_string(json, "type");
    out->name = value_member_string(json, "name");
    out->column = value_member_string(json, "column");
    if (!out->name || !out->column || !type || !field_type_parse(type, &out->type)) {
        error_set(err, ERROR_UNAVAILABLE, "its list of fields is damaged");
        return false;
    }
    out->hidden = layer_read_is_hidden(descriptor, out->name);
    return true;
}

static void describe_field(const struct layer_column *column, const struct value *descriptor, struct store_field *out)
{
    const struct value *about = value_member(value_member(descriptor, "fields"), column->name);
    out->name = column->name;
    out->type = column->type;
    out->title_es = translated(about, "title", "es");
    out->title_en = translated(about, "title", "en");
    out->unit = value_member_string(about, "unit");
}

static bool read_fields(struct text json, struct arena *arena, struct layer_record *record, struct error *err)
{
    struct value list;
    if (!value_read_json(json, arena, &list, err)) {
        return false;
    }
    size_t count = list.type == VALUE_ARRAY ? list.array.count : 0;
    struct layer_column *columns = arena_array(arena, count, sizeof *columns);
    struct store_field *fields = arena_array(arena, count, sizeof *fields);
    const char **names = arena_array(arena, count, sizeof *names);
    if (!columns || !fields || !names) {
        return error_no_memory(err);
    }
    size_t shown = 0;
    for (size_t i = 0; i < count; i++) {
        if (!read_column(&list.array.items[i], &record->layer.descriptor, &columns[i], err)) {
            return false;
        }
        names[i] = columns[i].name;
        if (!columns[i].hidden) {
            describe_field(&columns[i], &record->layer.descriptor, &fields[shown++]);
        }
    }
    record->columns = columns;
    record->column_count = count;
    record->layer.fields = fields;
    record->layer.field_count = shown;
    record->key_column = layer_read_key(&record->layer.descriptor, names, count);
    record->layer.key = record->key_column >= 0 ? names[record->key_column] : NULL;
    return true;
}

static enum geometry_kind kind_of(struct text name)
{
    for (int kind = GEOMETRY_NONE; kind <= GEOMETRY_POLYGON; kind++) {
        if (text_is(name, geometry_kind_name((enum geometry_kind)kind))) {
            return (enum geometry_kind)kind;
        }
    }
    return GEOMETRY_NONE;
}

static struct bbox read_bbox(struct sqlite3_stmt *statement)
{
    if (sqlite3_column_type(statement, COLUMN_MIN_X) == SQLITE_NULL) {
        return bbox_empty();
    }
    return (struct bbox){sqlite3_column_double(statement, COLUMN_MIN_X), sqlite3_column_double(statement, COLUMN_MIN_Y),
                         sqlite3_column_double(statement, COLUMN_MAX_X),
                         sqlite3_column_double(statement, COLUMN_MAX_Y)};
}

bool layer_read(struct sqlite3_stmt *statement, struct arena *arena, struct layer_record *out_record, struct error *err)
{
    struct layer_record record = {0};
    struct store_layer *layer = &record.layer;
    layer->id = copy_text(statement, COLUMN_LAYER, arena);
    layer->table = copy_text(statement, COLUMN_TABLE, arena);
    layer->srs = copy_text(statement, COLUMN_SRS, arena);
    layer->loaded_at = copy_text(statement, COLUMN_LOADED_AT, arena);
    if (!layer->id || !layer->table || !layer->srs || !layer->loaded_at) {
        return error_no_memory(err);
    }
    layer->serial = sqlite3_column_int64(statement, COLUMN_SERIAL);
    layer->version = sqlite3_column_int64(statement, COLUMN_VERSION);
    layer->stamp = sqlite3_column_int64(statement, COLUMN_STAMP);
    layer->feature_count = sqlite3_column_int64(statement, COLUMN_FEATURES);
    layer->kind = kind_of(column_text(statement, COLUMN_KIND));
    layer->bbox = read_bbox(statement);
    record.has_z = sqlite3_column_int(statement, COLUMN_HAS_Z) != 0;
    if (!value_read_json(column_text(statement, COLUMN_DESCRIPTOR), arena, &layer->descriptor, err) ||
        !read_fields(column_text(statement, COLUMN_FIELDS), arena, &record, err) ||
        !raster_file_describe(&layer->descriptor, &layer->raster, err)) {
        error_prefix(err, "layer \"%s\"", layer->id);
        return false;
    }
    describe(&layer->descriptor, layer);
    *out_record = record;
    return true;
}

bool layer_read_all(struct sqlite3 *db, struct sqlite3_stmt *statement, struct arena *arena,
                    struct store_layer_list *out_list, struct error *err)
{
    struct store_layer *layers = NULL;
    size_t count = 0;
    size_t capacity = 0;
    bool ok = true;
    int code = sqlite3_step(statement);
    for (; ok && code == SQLITE_ROW; code = sqlite3_step(statement)) {
        struct layer_record record;
        if (count == capacity) {
            size_t grown = capacity * 2 + 16;
            layers = arena_grow(arena, layers, capacity * sizeof *layers, grown * sizeof *layers);
            capacity = grown;
        }
        ok = layers ? layer_read(statement, arena, &record, err) : error_no_memory(err);
        if (ok) {
            layers[count++] = record.layer;
        }
    }
    if (ok && code != SQLITE_DONE) {
        ok = database_fail(db, err);
    }
    sqlite3_finalize(statement);
    if (ok) {
        *out_list = (struct store_layer_list){layers, count};
    }
    return ok;
}

bool layer_read_version(struct sqlite3 *db, const struct store_layer *layer, struct arena *arena,
                        struct layer_record *out_record, struct error *err)
{
    struct sqlite3_stmt *statement = NULL;
    if (!database_preparef(db, &statement, err,
                           "SELECT %s FROM tesela_version AS v WHERE v.serial=%lld AND v.stamp=%lld",
                           layer_read_columns, (long long)layer->serial, (long long)layer->stamp)) {
        return false;
    }
    int code = sqlite3_step(statement);
    bool ok = code == SQLITE_ROW && layer_read(statement, arena, out_record, err);
    if (code == SQLITE_DONE) {
        error_tell(err, ERROR_NOT_FOUND, "STO-015",
                   "layer \"%.80s\" has no version %lld: see \"tesela versions %.80s\"",
                   "la capa «%.80s» no tiene la versión %lld: consulte «tesela versions %.80s»", layer->id,
                   (long long)layer->version, layer->id);
    } else if (code != SQLITE_ROW) {
        database_fail(db, err);
    }
    sqlite3_finalize(statement);
    return ok;
}

struct value layer_read_value(struct sqlite3_stmt *statement, int column, enum field_type type)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
        return value_null();
    }
    switch (type) {
    case FIELD_INTEGER:
        return value_of_int(sqlite3_column_int64(statement, column));
    case FIELD_REAL:
        return value_of_real(sqlite3_column_double(statement, column));
    case FIELD_BOOLEAN:
        return value_of_bool(sqlite3_column_int(statement, column) != 0);
    case FIELD_STRING:
    case FIELD_DATE:
    case FIELD_DATETIME:
    case FIELD_TIME:
        break;
    }
    return value_of_text(column_text(statement, column));
}
