/* SPDX-License-Identifier: MIT */
/* The check of a whole style: root, sources, layers, and what a flat map ignores. */
#include "style/style_check.h"

#include "style/check_value.h"

#include <string.h>

/* One member of an object: a value of `spec`, or what `check` looks at. */
struct field {
    const char *name;
    bool required;
    struct property_spec spec;
    void (*check)(struct check_report *report, const char *path, const struct value *value);
};

#define STRING .spec = {.type = PROPERTY_STRING, .length = -1}
#define NUMBER .spec = {.type = PROPERTY_NUMBER, .length = -1}
#define BOOLEAN .spec = {.type = PROPERTY_BOOLEAN, .length = -1}
#define ANYTHING .spec = {.type = PROPERTY_ANY, .length = -1}
#define NUMBERS(n) .spec = {.type = PROPERTY_ARRAY, .item = PROPERTY_NUMBER, .length = n}
#define STRINGS .spec = {.type = PROPERTY_ARRAY, .item = PROPERTY_STRING, .length = -1}
#define ONE_OF(list) .spec = {.type = PROPERTY_ENUM, .length = -1, .values = list}
#define BETWEEN(a, b)                                                                                                  \
    .spec = {                                                                                                          \
        .type = PROPERTY_NUMBER, .length = -1, .has_minimum = true, .has_maximum = true, .minimum = a, .maximum = b}
#define AT_LEAST(a) .spec = {.type = PROPERTY_NUMBER, .length = -1, .has_minimum = true, .minimum = a}
/* A value that may be an expression of the zoom. */
#define OF_ZOOM(kind)                                                                                                  \
    .spec = {.type = kind,                                                                                             \
             .length = -1,                                                                                             \
             .interpolated = true,                                                                                     \
             .reads = PROPERTY_READS_ZOOM,                                                                             \
             .rule = PROPERTY_DATA_CONSTANT}
#define UNIT_OF_ZOOM                                                                                                   \
    .spec = {.type = PROPERTY_NUMBER,                                                                                  \
             .length = -1,                                                                                             \
             .has_minimum = true,                                                                                      \
             .has_maximum = true,                                                                                      \
             .maximum = 1,                                                                                             \
             .interpolated = true,                                                                                     \
             .reads = PROPERTY_READS_ZOOM,                                                                             \
             .rule = PROPERTY_DATA_CONSTANT}

static const char *const vector_types[] = {"vector", NULL};
static const char *const raster_types[] = {"raster", NULL};
static const char *const raster_dem_types[] = {"raster-dem", NULL};
static const char *const geojson_types[] = {"geojson", NULL};
static const char *const video_types[] = {"video", NULL};
static const char *const image_types[] = {"image", NULL};
static const char *const source_types[] = {"vector", "raster", "raster-dem", "geojson", "video", "image", NULL};
static const char *const schemes[] = {"xyz", "tms", NULL};
static const char *const vector_encodings[] = {"mvt", "mlt", NULL};
static const char *const dem_encodings[] = {"terrarium", "mapbox", "custom", NULL};
static const char *const planes[] = {"map", "viewport", NULL};
static const char *const layer_types[] = {"fill",         "line",           "symbol", "circle",
                                          "heatmap",      "fill-extrusion", "raster", "hillshade",
                                          "color-relief", "background",     NULL};

static const struct field *find_field(const struct field *fields, struct text name)
{
    for (; fields->name; fields++) {
        if (text_is(name, fields->name)) {
            return fields;
        }
    }
    return NULL;
}

static void check_field(struct check_report *report, const char *path, const struct value *value,
                        const struct field *field)
{
    if (field->check) {
        field->check(report, path, value);
    } else {
        check_value(report, path, value, &field->spec, CHECK_PLAIN);
    }
}

/* "did you mean" for a name that is not among the fields. */
static const char *nearest_field(const struct field *fields, struct text name)
{
    const char *nearest = NULL;
    size_t best = 4;
    for (; fields->name; fields++) {
        size_t distance = text_edit_distance(name, text_of(fields->name));
        if (distance < best) {
            best = distance;
            nearest = fields->name;
        }
    }
    return nearest;
}

static void report_unknown(struct check_report *report, bool error, const char *path, const struct value *value,
                           struct text name, const char *nearest)
{
    bool hint = nearest && report->scope == STYLE_CHECK_ALL;
    void (*tell)(struct check_report *, const char *, const struct value *, const char *, ...) =
        error ? check_error : check_warning;
    tell(report, path, value, hint ? "unknown property \"%.*s\"; did you mean \"%s\"?" : "unknown property \"%.*s\"",
         (int)name.length, name.data, nearest ? nearest : "");
}

enum unknown { UNKNOWN_IS_ERROR, UNKNOWN_IS_FREE, UNKNOWN_IS_WARNED };

static void check_object(struct check_report *report, const char *path, const struct value *value,
                         const struct field *fields, enum unknown unknown)
{
    if (value->type != VALUE_OBJECT) {
        check_error(report, path, value, "object expected, %s found", check_type_name(value));
        return;
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        const struct field *field = find_field(fields, member->name);
        if (field) {
            check_field(report, check_member_path(report, path, member->name), &member->value, field);
        } else if (unknown == UNKNOWN_IS_ERROR) {
            report_unknown(report, true, path, &member->value, member->name, nearest_field(fields, member->name));
        } else if (unknown == UNKNOWN_IS_WARNED && report->scope == STYLE_CHECK_ALL) {
            report_unknown(report, false, path, &member->value, member->name, nearest_field(fields, member->name));
        }
    }
    for (const struct field *field = fields; field->name; field++) {
        if (field->required && !value_member(value, field->name)) {
            check_error(report, path, value, "missing required property \"%s\"", field->name);
        }
    }
}

/* Objects whose members are reported under their bare name: light, sky, terrain, projection. */
static void check_bare_object(struct check_report *report, const char *path, const struct value *value,
                              const struct field *fields)
{
    if (value->type != VALUE_OBJECT) {
        check_error(report, path, value, "object expected, %s found", check_type_name(value));
        return;
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        const char *inner = check_member_path(report, "", member->name);
        const struct field *field = find_field(fields, member->name);
        if (field) {
            check_field(report, inner, &member->value, field);
        } else {
            report_unknown(report, true, inner, &member->value, member->name, nearest_field(fields, member->name));
        }
    }
}

/* --- the root ----------------------------------------------------------------------------------------------- */

static void check_transition(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {{.name = "duration", AT_LEAST(0)}, {.name = "delay", AT_LEAST(0)}, {0}};
    check_object(report, path, value, fields, UNKNOWN_IS_ERROR);
}

static void check_light(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {{.name = "anchor",
                                           .spec = {.type = PROPERTY_ENUM,
                                                    .length = -1,
                                                    .values = planes,
                                                    .reads = PROPERTY_READS_ZOOM,
                                                    .rule = PROPERTY_DATA_CONSTANT}},
                                          {.name = "position",
                                           .spec = {.type = PROPERTY_ARRAY,
                                                    .item = PROPERTY_NUMBER,
                                                    .length = 3,
                                                    .interpolated = true,
                                                    .reads = PROPERTY_READS_ZOOM,
                                                    .rule = PROPERTY_DATA_CONSTANT}},
                                          {.name = "color", OF_ZOOM(PROPERTY_COLOR)},
                                          {.name = "intensity", UNIT_OF_ZOOM},
                                          {.name = "position-transition", .check = check_transition},
                                          {.name = "color-transition", .check = check_transition},
                                          {.name = "intensity-transition", .check = check_transition},
                                          {0}};
    check_bare_object(report, path, value, fields);
}

static void check_sky(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {
        {.name = "sky-color", OF_ZOOM(PROPERTY_COLOR)}, {.name = "horizon-color", OF_ZOOM(PROPERTY_COLOR)},
        {.name = "fog-color", OF_ZOOM(PROPERTY_COLOR)}, {.name = "fog-ground-blend", UNIT_OF_ZOOM},
        {.name = "horizon-fog-blend", UNIT_OF_ZOOM},    {.name = "sky-horizon-blend", UNIT_OF_ZOOM},
        {.name = "atmosphere-blend", UNIT_OF_ZOOM},     {0}};
    check_bare_object(report, path, value, fields);
}

static void check_terrain(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {{.name = "source", STRING}, {.name = "exaggeration", AT_LEAST(0)}, {0}};
    check_bare_object(report, path, value, fields);
}

static void check_projection(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {{.name = "type", OF_ZOOM(PROPERTY_PROJECTION)}, {0}};
    check_bare_object(report, path, value, fields);
}

static void check_state(struct check_report *report, const char *path, const struct value *value)
{
    if (value->type != VALUE_OBJECT) {
        check_error(report, path, value, "object expected, %s found", check_type_name(value));
    }
}

static void check_glyphs(struct check_report *report, const char *path, const struct value *value)
{
    if (value->type != VALUE_STRING) {
        check_string(report, path, value);
        return;
    }
    static const char *const tokens[] = {"{fontstack}", "{range}"};
    for (size_t i = 0; i < 2; i++) {
        if (!memmem(value->string.data, value->string.length, tokens[i], strlen(tokens[i]))) {
            check_error(report, path, value, "\"glyphs\" url must include a \"%s\" token", tokens[i]);
        }
    }
}

static bool repeated(const struct value *list, size_t index, const char *name)
{
    const char *text = value_member_string(&list->array.items[index], name);
    for (size_t i = 0; text && i < index; i++) {
        const char *other = value_member_string(&list->array.items[i], name);
        if (other && strcmp(other, text) == 0) {
            return true;
        }
    }
    return false;
}

static void check_sprite(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {
        {.name = "id", .required = true, STRING}, {.name = "url", .required = true, STRING}, {0}};
    if (value->type != VALUE_ARRAY) {
        check_string(report, path, value);
        return;
    }
    for (size_t i = 0; i < value->array.count; i++) {
        const struct value *sprite = &value->array.items[i];
        if (repeated(value, i, "id")) {
            check_error(report, path, value, "all the sprites' ids must be unique, but %s is duplicated",
                        value_member_string(sprite, "id"));
        }
        if (repeated(value, i, "url")) {
            check_error(report, path, value, "all the sprites' URLs must be unique, but %s is duplicated",
                        value_member_string(sprite, "url"));
        }
        check_object(report, check_item_path(report, path, i), sprite, fields, UNKNOWN_IS_ERROR);
    }
}

static void check_font_faces(struct check_report *report, const char *path, const struct value *value)
{
    static const struct field fields[] = {
        {.name = "url", .required = true, STRING}, {.name = "unicode-range", STRINGS}, {0}};
    if (value->type != VALUE_OBJECT) {
        check_error(report, path, value, "object expected, %s found", check_type_name(value));
        return;
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        const char *inner = check_member_path(report, path, member->name);
        if (member->value.type == VALUE_ARRAY) {
            for (size_t j = 0; j < member->value.array.count; j++) {
                check_object(report, check_item_path(report, inner, j), &member->value.array.items[j], fields,
                             UNKNOWN_IS_ERROR);
            }
        } else if (member->value.type != VALUE_STRING) {
            check_error(report, inner, &member->value, "string or array expected, %s found",
                        check_type_name(&member->value));
        }
    }
}

/* --- sources ------------------------------------------------------------------------------------------------ */

static void check_promote_id(struct check_report *report, const char *path, const struct value *value)
{
    if (value->type != VALUE_OBJECT) {
        check_string(report, path, value);
        return;
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        check_string(report, check_member_path(report, path, member->name), &member->value);
    }
}

static void check_coordinates(struct check_report *report, const char *path, const struct value *value)
{
    static const struct property_spec pair = {.type = PROPERTY_ARRAY, .item = PROPERTY_NUMBER, .length = 2};
    if (value->type != VALUE_ARRAY) {
        check_error(report, path, value, "array expected, %s found", check_type_name(value));
    } else if (value->array.count != 4) {
        check_error(report, path, value, "array length 4 expected, length %zu found", value->array.count);
    } else {
        for (size_t i = 0; i < 4; i++) {
            check_value(report, check_item_path(report, path, i), &value->array.items[i], &pair, CHECK_PLAIN);
        }
    }
}

#define TILE_FIELDS                                                                                                    \
    {.name = "url", STRING}, {.name = "tiles", STRINGS}, {.name = "bounds", NUMBERS(4)}, {.name = "minzoom", NUMBER},  \
        {.name = "maxzoom", NUMBER}, {.name = "attribution", STRING},                                                  \
    {                                                                                                                  \
        .name = "volatile", BOOLEAN                                                                                    \
    }

static const struct field vector_fields[] = {{.name = "type", .required = true, ONE_OF(vector_types)},
                                             TILE_FIELDS,
                                             {.name = "scheme", ONE_OF(schemes)},
                                             {.name = "promoteId", .check = check_promote_id},
                                             {.name = "encoding", ONE_OF(vector_encodings)},
                                             {0}};
static const struct field raster_fields[] = {{.name = "type", .required = true, ONE_OF(raster_types)},
                                             TILE_FIELDS,
                                             {.name = "scheme", ONE_OF(schemes)},
                                             {.name = "tileSize", NUMBER},
                                             {0}};
static const struct field raster_dem_fields[] = {{.name = "type", ONE_OF(raster_dem_types)},
                                                 TILE_FIELDS,
                                                 {.name = "tileSize", NUMBER},
                                                 {.name = "encoding", ONE_OF(dem_encodings)},
                                                 {.name = "redFactor", NUMBER},
                                                 {.name = "blueFactor", NUMBER},
                                                 {.name = "greenFactor", NUMBER},
                                                 {.name = "baseShift", NUMBER},
                                                 {0}};
static const struct field geojson_fields[] = {{.name = "type", .required = true, ONE_OF(geojson_types)},
                                              {.name = "data", .required = true, ANYTHING},
                                              {.name = "maxzoom", NUMBER},
                                              {.name = "attribution", STRING},
                                              {.name = "buffer", BETWEEN(0, 512)},
                                              {.name = "filter", .check = check_filter},
                                              {.name = "tolerance", NUMBER},
                                              {.name = "cluster", BOOLEAN},
                                              {.name = "clusterRadius", AT_LEAST(0)},
                                              {.name = "clusterMaxZoom", NUMBER},
                                              {.name = "clusterMinPoints", NUMBER},
                                              {.name = "clusterProperties", ANYTHING},
                                              {.name = "lineMetrics", BOOLEAN},
                                              {.name = "generateId", BOOLEAN},
                                              {.name = "promoteId", .check = check_promote_id},
                                              {0}};
static const struct field video_fields[] = {{.name = "type", .required = true, ONE_OF(video_types)},
                                            {.name = "urls", .required = true, STRINGS},
                                            {.name = "coordinates", .required = true, .check = check_coordinates},
                                            {0}};
static const struct field image_fields[] = {{.name = "type", .required = true, ONE_OF(image_types)},
                                            {.name = "url", .required = true, STRING},
                                            {.name = "coordinates", .required = true, .check = check_coordinates},
                                            {0}};

/* {"sum": ["+", ["get", "x"]]}: the operator, or an expression that reduces, and the expression of each point. */
static void check_cluster_property(struct check_report *report, const char *path, const struct value_member *member)
{
    const struct value *value = &member->value;
    const char *inner = check_member_path(report, path, member->name);
    if (value->type != VALUE_ARRAY || value->array.count < 2) {
        return;
    }
    check_expression(report, check_member_path(report, inner, text_of("map")), &value->array.items[1], NULL,
                     CHECK_CLUSTER);
    const struct value *reduce = &value->array.items[0];
    struct value accumulated_item = value_of_string("accumulated");
    struct value get_items[2] = {value_of_string("get"), value_of_text(member->name)};
    struct value items[3] = {*reduce,
                             {.type = VALUE_ARRAY, .array = {&accumulated_item, 1}},
                             {.type = VALUE_ARRAY, .array = {get_items, 2}}};
    struct value made = {.type = VALUE_ARRAY, .array = {items, 3}};
    check_expression(report, check_member_path(report, inner, text_of("reduce")),
                     reduce->type == VALUE_STRING ? &made : reduce, NULL, CHECK_CLUSTER);
}

static void check_geojson(struct check_report *report, const char *path, const struct value *value)
{
    check_object(report, path, value, geojson_fields, UNKNOWN_IS_ERROR);
    const struct value *properties = value_member(value, "clusterProperties");
    if (check_given(value_member(value, "cluster")) && properties && properties->type == VALUE_OBJECT) {
        for (size_t i = 0; i < properties->object.count; i++) {
            check_cluster_property(report, path, &properties->object.members[i]);
        }
    }
}

static void check_raster_dem(struct check_report *report, const char *path, const struct value *value)
{
    const struct value *encoding = value_member(value, "encoding");
    bool custom = encoding && encoding->type == VALUE_STRING && text_is(encoding->string, "custom");
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        const char *inner = check_member_path(report, "", member->name);
        const struct field *field = find_field(raster_dem_fields, member->name);
        bool factor = text_is(member->name, "redFactor") || text_is(member->name, "greenFactor") ||
                      text_is(member->name, "blueFactor") || text_is(member->name, "baseShift");
        if (factor && !custom) {
            bool text = encoding && encoding->type == VALUE_STRING;
            check_error(report, inner, &member->value,
                        "In \"%s\": \"%.*s\" is only valid when \"encoding\" is set to \"custom\". %s%.*s%s encoding "
                        "found",
                        path, (int)member->name.length, member->name.data, text ? "\"" : "Default",
                        text ? (int)encoding->string.length : 0, text ? encoding->string.data : "", text ? "\"" : "");
        } else if (field) {
            check_field(report, inner, &member->value, field);
        } else {
            report_unknown(report, true, inner, &member->value, member->name,
                           nearest_field(raster_dem_fields, member->name));
        }
    }
}

static void check_source(struct check_report *report, const char *path, const struct value *value)
{
    const struct value *type = value_member(value, "type");
    if (!check_given(type)) {
        check_error(report, path, value, "\"type\" is required");
        return;
    }
    struct text name = type->type == VALUE_STRING ? type->string : (struct text){"", 0};
    if (text_is(name, "vector")) {
        check_object(report, path, value, vector_fields, UNKNOWN_IS_WARNED);
    } else if (text_is(name, "raster")) {
        check_object(report, path, value, raster_fields, UNKNOWN_IS_WARNED);
    } else if (text_is(name, "raster-dem")) {
        check_raster_dem(report, path, value);
    } else if (text_is(name, "geojson")) {
        check_geojson(report, path, value);
    } else if (text_is(name, "video")) {
        check_object(report, path, value, video_fields, UNKNOWN_IS_ERROR);
    } else if (text_is(name, "image")) {
        check_object(report, path, value, image_fields, UNKNOWN_IS_ERROR);
    } else if (text_is(name, "canvas")) {
        check_error(report, path, NULL,
                    "Please use runtime APIs to add canvas sources, rather than including them in stylesheets.");
    } else {
        check_enum(report, check_member_path(report, path, text_of("type")), type, source_types);
    }
}

static void check_sources(struct check_report *report, const char *path, const struct value *value)
{
    if (value->type != VALUE_OBJECT) {
        check_error(report, path, value, "object expected, %s found", check_type_name(value));
        return;
    }
    for (size_t i = 0; i < value->object.count; i++) {
        const struct value_member *member = &value->object.members[i];
        check_source(report, check_member_path(report, path, member->name), &member->value);
    }
}

/* --- layers ------------------------------------------------------------------------------------------------- */

struct layer_check {
    struct check_report *report;
    const struct value *root;
    const struct value *layers;
    const struct value *layer;
    size_t index;
    const char *path;
    int type; /* enum style_layer_type, -1 when not known */
};

static const char *text_or(const struct value *object, const char *name, const char *otherwise)
{
    const char *text = value_member_string(object, name);
    return text ? text : otherwise;
}

static bool is_text(const struct value *value, const char *text)
{
    return value && value->type == VALUE_STRING && text_is(value->string, text);
}

static void check_layer_id(const struct layer_check *check)
{
    const struct value *id = value_member(check->layer, "id");
    for (size_t i = 0; check_given(id) && i < check->index; i++) {
        const struct value *other = value_member(&check->layers->array.items[i], "id");
        if (check_given(other) && value_equal(id, other)) {
            check_error(check->report, check->path, id, "duplicate layer id \"%s\", previously used at line %zu",
                        text_or(check->layer, "id", ""), json_lines_find(check->report->lines, other));
        }
    }
}

/* A layer that takes its data from another (older styles). Returns the other's type. */
static const struct value *check_ref(const struct layer_check *check)
{
    static const char *const prohibited[] = {"type", "source", "source-layer", "filter", "layout"};
    struct check_report *report = check->report;
    const struct value *ref = value_member(check->layer, "ref");
    const struct value *parent = NULL;
    for (size_t i = 0; i < sizeof prohibited / sizeof prohibited[0]; i++) {
        const struct value *member = value_member(check->layer, prohibited[i]);
        if (member) {
            check_error(report, check->path, member, "\"%s\" is prohibited for ref layers", prohibited[i]);
        }
    }
    for (size_t i = 0; i < check->layers->array.count; i++) {
        const struct value *other = &check->layers->array.items[i];
        const struct value *id = value_member(other, "id");
        parent = id && value_equal(id, ref) ? other : parent;
    }
    if (!parent) {
        check_error(report, check->path, ref, "ref layer \"%s\" not found", text_or(check->layer, "ref", ""));
        return NULL;
    }
    if (check_given(value_member(parent, "ref"))) {
        check_error(report, check->path, ref, "ref cannot reference another ref layer");
        return NULL;
    }
    return value_member(parent, "type");
}

static bool lacks_line_metrics(const struct value *layer, const struct value *source)
{
    const struct value *paint = value_member(layer, "paint");
    return check_given(value_member(paint, "line-gradient")) &&
           (!is_text(value_member(source, "type"), "geojson") || !check_given(value_member(source, "lineMetrics")));
}

static void check_layer_source(const struct layer_check *check, const struct value *type)
{
    struct check_report *report = check->report;
    const struct value *layer = check->layer;
    const char *id = text_or(layer, "id", "undefined");
    const struct value *name = value_member(layer, "source");
    if (!check_given(name)) {
        check_error(report, check->path, layer, "missing required property \"source\"");
        return;
    }
    const char *text = text_or(layer, "source", "");
    const struct value *source = value_member(value_member(check->root, "sources"), text);
    if (!check_given(source)) {
        check_error(report, check->path, name, "source \"%s\" not found", text);
        return;
    }
    const struct value *source_type = value_member(source, "type");
    bool dem = is_text(source_type, "raster-dem");
    bool relief = is_text(type, "hillshade") || is_text(type, "color-relief");
    if (is_text(source_type, "vector") && is_text(type, "raster")) {
        check_error(report, check->path, name, "layer \"%s\" requires a raster source", id);
    } else if (!dem && relief) {
        check_error(report, check->path, name, "layer \"%s\" requires a raster-dem source", id);
    } else if (is_text(source_type, "raster") && !is_text(type, "raster")) {
        check_error(report, check->path, name, "layer \"%s\" requires a vector source", id);
    } else if (is_text(source_type, "vector") && !check_given(value_member(layer, "source-layer"))) {
        check_error(report, check->path, layer, "layer \"%s\" must specify a \"source-layer\"", id);
    } else if (dem && !relief) {
        check_error(report, check->path, name,
                    "raster-dem source can only be used with layer type 'hillshade' or 'color-relief'.");
    } else if (is_text(type, "line") && lacks_line_metrics(layer, source)) {
        check_error(report, check->path, layer,
                    "layer \"%s\" specifies a line-gradient, which requires a GeoJSON source with `lineMetrics` "
                    "enabled.",
                    id);
    }
}

/* "{name}" alone in a property that knows no such tokens. */
static bool is_token(const struct value *value)
{
    const struct text text = value->string;
    return value->type == VALUE_STRING && text.length > 2 && text.data[0] == '{' && text.data[text.length - 1] == '}' &&
           !memchr(text.data + 1, '}', text.length - 2);
}

static void check_property(const struct layer_check *check, const char *path, const struct value_member *member,
                           bool layout)
{
    static const char transition[] = "-transition";
    struct check_report *report = check->report;
    const struct value *value = &member->value;
    enum style_layer_type type = (enum style_layer_type)check->type;
    size_t end = sizeof transition - 1;
    struct text name = member->name;
    if (!layout && name.length > end && memcmp(name.data + name.length - end, transition, end) == 0 &&
        property_find(type, false, (struct text){name.data, name.length - end}) >= 0) {
        check_transition(report, path, value);
        return;
    }
    int found = property_find(type, layout, name);
    if (found < 0) {
        report_unknown(report, true, path, value, name, property_nearest(type, layout, name));
        return;
    }
    const struct property_spec *spec = &property_table[found];
    bool data_driven = spec->rule == PROPERTY_DATA_DRIVEN || spec->rule == PROPERTY_CROSS_FADED_DATA_DRIVEN;
    if (data_driven && !spec->tokens && is_token(value)) {
        check_error(report, path, value,
                    "\"%s\" does not support interpolation syntax\nUse an identity property function instead: `{ "
                    "\"type\": \"identity\", \"property\": \"%.*s\" }`.",
                    spec->name, (int)value->string.length - 2, value->string.data + 1);
        return;
    }
    if (found == STYLE_TEXT_FONT && value->type == VALUE_OBJECT && is_text(value_member(value, "type"), "identity")) {
        check_error(report, path, value, "\"text-font\" does not support identity functions");
    }
    if (spec->ignored && report->scope == STYLE_CHECK_ALL) {
        check_warning(report, path, value, "property \"%s\" is ignored: %s", spec->name, spec->ignored);
    }
    check_value(report, path, value, spec, CHECK_PROPERTY);
}

static void check_properties(const struct layer_check *check, const char *path, const struct value *group, bool layout)
{
    if (group->type != VALUE_OBJECT) {
        check_error(check->report, path, group, "object expected, %s found", check_type_name(group));
        return;
    }
    for (size_t i = 0; check->type >= 0 && i < group->object.count; i++) {
        const struct value_member *member = &group->object.members[i];
        check_property(check, check_member_path(check->report, path, member->name), member, layout);
    }
}

static void check_layer_member(const struct layer_check *check, const struct value_member *member)
{
    static const struct field fields[] = {{.name = "id", STRING},
                                          {.name = "type", ONE_OF(layer_types)},
                                          {.name = "metadata", ANYTHING},
                                          {.name = "source", STRING},
                                          {.name = "source-layer", STRING},
                                          {.name = "minzoom", BETWEEN(0, 24)},
                                          {.name = "maxzoom", BETWEEN(0, 24)},
                                          {.name = "filter", .check = check_filter},
                                          {.name = "layout", ANYTHING},
                                          {.name = "paint", ANYTHING},
                                          {.name = "ref", ANYTHING},
                                          {0}};
    struct check_report *report = check->report;
    /* "paint.night" and the like are treated as "paint" */
    const char *dot = memchr(member->name.data, '.', member->name.length);
    struct text name = {member->name.data, dot ? (size_t)(dot - member->name.data) : member->name.length};
    const char *path = check_member_path(report, check->path, member->name);
    const struct field *field = find_field(fields, name);
    if (!field) {
        if (report->scope == STYLE_CHECK_ALL) {
            report_unknown(report, false, check->path, &member->value, member->name,
                           nearest_field(fields, member->name));
        }
        return;
    }
    bool layout = text_is(name, "layout");
    if (layout || text_is(name, "paint")) {
        check_properties(check, path, &member->value, layout);
    } else {
        check_field(report, path, &member->value, field);
    }
}

static void check_layer(struct check_report *report, const struct value *root, const struct value *layers, size_t index,
                        const char *path)
{
    const struct value *layer = &layers->array.items[index];
    struct layer_check check = {report, root, layers, layer, index, path, -1};
    if (layer->type != VALUE_OBJECT) {
        check_error(report, path, layer, "object expected, %s found", check_type_name(layer));
        return;
    }
    const struct value *type = value_member(layer, "type");
    const struct value *ref = value_member(layer, "ref");
    if (!check_given(type) && !check_given(ref)) {
        check_error(report, path, layer, "either \"type\" or \"ref\" is required");
    }
    check_layer_id(&check);
    if (ref) {
        const struct value *inherited = check_ref(&check);
        type = inherited ? inherited : type;
    } else if (!is_text(type, "background")) {
        check_layer_source(&check, type);
    }
    const struct value *paint = value_member(layer, "paint");
    if (is_text(type, "raster") && check_given(value_member(paint, "resampling")) &&
        check_given(value_member(paint, "raster-resampling"))) {
        check_error(report, path, paint,
                    "layer \"%s\" redundantly specifies \"resampling\" and \"raster-resampling\" paint properties, but "
                    "only one is allowed. It is advised to use \"resampling\".",
                    text_or(layer, "id", ""));
    }
    check.type = type && type->type == VALUE_STRING ? property_layer_type(type->string) : -1;
    for (size_t i = 0; i < layer->object.count; i++) {
        check_layer_member(&check, &layer->object.members[i]);
    }
    if (!value_member(layer, "id")) {
        check_error(report, path, layer, "missing required property \"id\"");
    }
    if (report->scope == STYLE_CHECK_ALL && check.type == STYLE_FILL_EXTRUSION) {
        check_warning(report, path, type, "layers of type \"fill-extrusion\" are ignored: a flat map has no pitch");
    }
}

static void check_layers(struct check_report *report, const struct value *root, const struct value *layers)
{
    if (layers->type != VALUE_ARRAY) {
        check_error(report, "layers", layers, "array expected, %s found", check_type_name(layers));
        return;
    }
    for (size_t i = 0; i < layers->array.count; i++) {
        check_layer(report, root, layers, i, check_item_path(report, "layers", i));
    }
}

/* --- all ---------------------------------------------------------------------------------------------------- */

static void check_version(struct check_report *report, const char *path, const struct value *value)
{
    static const char *const versions[] = {"8", NULL};
    if (!value_is_number(value) || value_number(value) != 8) {
        check_enum(report, path, value, versions);
    }
}

/* What stands in the root for other kinds of map than a flat one, seen from above with north up. */
static void warn_of_ignored(struct check_report *report, const struct value *root)
{
    static const struct {
        const char *name;
        const char *reason;
    } members[] = {{"pitch", "a flat map has no pitch"},     {"centerAltitude", "a flat map has no pitch"},
                   {"roll", "maps are drawn with north up"}, {"bearing", "maps are drawn with north up"},
                   {"light", "a flat map has no light"},     {"sky", "a flat map has no sky"},
                   {"terrain", "a flat map has no terrain"}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct value *member = value_member(root, members[i].name);
        bool zero = member && value_is_number(member) && value_number(member) == 0;
        if (check_given(member) && !zero) {
            check_warning(report, members[i].name, member, "property \"%s\" is ignored: %s", members[i].name,
                          members[i].reason);
        }
    }
    const struct value *projection = value_member(root, "projection");
    if (check_given(projection) && !is_text(value_member(projection, "type"), "mercator")) {
        check_warning(report, "projection", projection,
                      "property \"projection\" is ignored: maps are drawn in Web Mercator");
    }
}

static void check_root(struct check_report *report, const struct value *root)
{
    static const struct field fields[] = {{.name = "version", .required = true, .check = check_version},
                                          {.name = "name", STRING},
                                          {.name = "metadata", ANYTHING},
                                          {.name = "center", NUMBERS(2)},
                                          {.name = "centerAltitude", NUMBER},
                                          {.name = "zoom", NUMBER},
                                          {.name = "bearing", NUMBER},
                                          {.name = "pitch", NUMBER},
                                          {.name = "roll", NUMBER},
                                          {.name = "state", .check = check_state},
                                          {.name = "light", .check = check_light},
                                          {.name = "sky", .check = check_sky},
                                          {.name = "projection", .check = check_projection},
                                          {.name = "terrain", .check = check_terrain},
                                          {.name = "sources", .required = true, .check = check_sources},
                                          {.name = "sprite", .check = check_sprite},
                                          {.name = "glyphs", .check = check_glyphs},
                                          {.name = "font-faces", .check = check_font_faces},
                                          {.name = "transition", .check = check_transition},
                                          {.name = "layers", .required = true, ANYTHING},
                                          {.name = "constants", ANYTHING},
                                          {0}};
    check_object(report, "", root, fields, UNKNOWN_IS_WARNED);
    const struct value *layers = value_member(root, "layers");
    if (layers) {
        check_layers(report, root, layers);
    }
    const struct value *constants = value_member(root, "constants");
    if (check_given(constants)) {
        check_error(report, "constants", constants, "constants have been deprecated as of v8");
    }
    if (report->scope == STYLE_CHECK_ALL && root->type == VALUE_OBJECT) {
        warn_of_ignored(report, root);
    }
}

bool style_check(struct text json, const struct value *root, enum style_check_scope scope, struct arena *arena,
                 struct style_report *out_report)
{
    struct check_report report = {.arena = arena, .scope = scope};
    report.lines = json_lines_create(json, root, arena);
    if (!report.lines) {
        return false;
    }
    check_root(&report, root);
    return check_close(&report, out_report);
}
