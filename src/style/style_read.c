/* SPDX-License-Identifier: MIT */
/* From the text of a style to its compiled layers; and how long it lives. */
#include "style/style.h"

#include "base/hash.h"
#include "base/text.h"
#include "style/legacy.h"
#include "style/style_check.h"
#include "style/style_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STYLE_BYTES_MAX = 64 << 20, MEMORY_BYTES_MAX = 512 << 20, REPORT_BYTES_MAX = 64 << 20 };

static bool read_sources(struct style *style)
{
    static const char prefix[] = "tesela://";
    const struct value *json = value_member(&style->json, "sources");
    size_t count = json && json->type == VALUE_OBJECT ? json->object.count : 0;
    style->sources = arena_array(style->arena, count, sizeof *style->sources);
    if (!style->sources) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct value_member *member = &json->object.members[i];
        struct style_source_info *source = &style->sources[i];
        source->name = arena_strndup(style->arena, member->name.data, member->name.length);
        source->json = &member->value;
        source->type = value_member_string(&member->value, "type");
        source->type = source->type ? source->type : "";
        source->url = value_member_string(&member->value, "url");
        if (source->url && strncmp(source->url, prefix, sizeof prefix - 1) == 0) {
            char *id = arena_strdup(style->arena, source->url + sizeof prefix - 1);
            if (!id) {
                return false;
            }
            text_lower_id(id);
            source->layer_id = id;
        }
        if (!source->name) {
            return false;
        }
    }
    style->source_count = count;
    return true;
}

/* "state" of the root holds {"name": {"default": value}}. */
static bool read_state(struct style *style)
{
    const struct value *json = value_member(&style->json, "state");
    size_t count = json && json->type == VALUE_OBJECT ? json->object.count : 0;
    struct value_member *members = arena_array(style->arena, count, sizeof *members);
    if (!members) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct value *initial = value_member(&json->object.members[i].value, "default");
        members[i].name = json->object.members[i].name;
        members[i].value = initial ? *initial : value_null();
    }
    style->global_state = (struct value){.type = VALUE_OBJECT, .object = {members, count}};
    return true;
}

/* The layer that a layer of the old kind "ref" takes its data from, else itself. */
static const struct value *referenced_layer(const struct value *layers, const struct value *layer)
{
    const char *ref = value_member_string(layer, "ref");
    for (size_t i = 0; ref && i < layers->array.count; i++) {
        const char *id = value_member_string(&layers->array.items[i], "id");
        if (id && strcmp(id, ref) == 0) {
            return &layers->array.items[i];
        }
    }
    return layer;
}

static double number_member(const struct value *json, const char *name, double otherwise)
{
    const struct value *member = value_member(json, name);
    return member && value_is_number(member) ? value_number(member) : otherwise;
}

static bool uses(const struct expr *expr, bool (*is_it)(enum expr_op op))
{
    if (is_it(expr->op)) {
        return true;
    }
    for (size_t i = 0; i < expr->count; i++) {
        if (expr->args[i] && uses(expr->args[i], is_it)) {
            return true;
        }
    }
    return false;
}

static bool sees_shape(enum expr_op op)
{
    return op == OP_WITHIN || op == OP_DISTANCE;
}

static bool sees_feature(enum expr_op op)
{
    switch (op) {
    case OP_ID:
    case OP_GEOMETRY_TYPE:
    case OP_WITHIN:
    case OP_DISTANCE:
    case OP_FEATURE_STATE:
    case OP_FILTER_ID_EQUAL:
    case OP_FILTER_ID_LESS:
    case OP_FILTER_ID_GREATER:
    case OP_FILTER_ID_LESS_EQUAL:
    case OP_FILTER_ID_GREATER_EQUAL:
    case OP_FILTER_TYPE_EQUAL:
    case OP_FILTER_HAS_ID:
    case OP_FILTER_TYPE_IN:
    case OP_FILTER_ID_IN:
        return true;
    default:
        return false;
    }
}

static const struct property_spec filter_spec = {.name = "filter",
                                                 .type = PROPERTY_BOOLEAN,
                                                 .length = -1,
                                                 .reads = PROPERTY_READS_ZOOM | PROPERTY_READS_FEATURE,
                                                 .rule = PROPERTY_DATA_DRIVEN};

static bool read_filter(struct style *style, struct style_layer *layer, const struct value *json,
                        struct expr_names *names, struct error *err)
{
    if (!json || json->type == VALUE_NULL) {
        return true;
    }
    struct value *converted = arena_alloc(style->arena, sizeof *converted);
    if (!converted) {
        return error_no_memory(err);
    }
    if (legacy_filter_is_expression(json)) {
        *converted = *json;
    } else {
        legacy_filter(json, style->arena, converted);
    }
    const struct expr_error *errors;
    if (!expr_compile(converted, &filter_spec, names, style->arena, &layer->filter, &errors)) {
        error_tell(err, ERROR_INVALID, "STY-030", "layer \"%s\": filter%s: %s", "capa \"%s\": filter%s: %s",
                   layer->info.id, errors->key, errors->message);
        return false;
    }
    layer->filter_json = json;
    layer->needs_shape = uses(layer->filter, sees_shape);
    layer->filter_sees_feature = uses(layer->filter, sees_feature);
    layer->sees_feature = layer->filter_sees_feature;
    if (layer->filter->op == OP_LITERAL) {
        layer->passes_nothing = !expr_truth(&layer->filter->literal);
        layer->filter = NULL;
    }
    return true;
}

static bool read_properties(struct style *style, struct style_layer *layer, const struct value *json, bool layout,
                            struct expr_names *names, struct error *err)
{
    const struct value *group = value_member(json, layout ? "layout" : "paint");
    for (size_t i = 0; group && group->type == VALUE_OBJECT && i < group->object.count; i++) {
        const struct value_member *member = &group->object.members[i];
        int found = property_find(layer->info.type, layout, member->name);
        if (found < 0) {
            continue; /* transitions and the unknown: the check has named them */
        }
        struct style_property_value *value = arena_alloc(style->arena, sizeof *value);
        const char *reason = "out of memory";
        if (!value || !style_property_compile((enum style_property)found, &member->value, &style->global_state, names,
                                              style->arena, value, &reason)) {
            error_tell(err, ERROR_INVALID, "STY-031", "layer \"%s\": %s: %s", "capa \"%s\": %s: %s", layer->info.id,
                       property_table[found].name, reason);
            return false;
        }
        layer->needs_shape = layer->needs_shape || (value->expr && uses(value->expr, sees_shape));
        layer->sees_feature = layer->sees_feature || (value->expr && uses(value->expr, sees_feature));
        layer->properties[found] = value;
    }
    return true;
}

static bool read_layer(struct style *style, struct style_layer *layer, const struct value *layers,
                       const struct value *json, struct error *err)
{
    const struct value *base = referenced_layer(layers, json);
    const char *type = value_member_string(base, "type");
    int known = property_layer_type(text_of(type));
    struct style_layer_info *info = &layer->info;
    layer->style = style;
    info->id = value_member_string(json, "id");
    if (!info->id || known < 0) {
        error_tell(err, ERROR_INVALID, "STY-032", "a layer lacks \"id\" or a known \"type\"",
                   "una capa no tiene \"id\" o un \"type\" conocido");
        return false;
    }
    info->type = (enum style_layer_type)known;
    info->source = value_member_string(base, "source");
    info->source_layer = value_member_string(base, "source-layer");
    info->min_zoom = number_member(base, "minzoom", 0);
    info->max_zoom = number_member(base, "maxzoom", 25); /* beyond every zoom */
    info->metadata = value_member(json, "metadata");
    struct expr_names names = {.arena = style->arena};
    if (!read_filter(style, layer, value_member(base, "filter"), &names, err) ||
        !read_properties(style, layer, base, true, &names, err) ||
        !read_properties(style, layer, json, false, &names, err)) {
        return false;
    }
    info->names = names.names;
    info->name_count = names.count;
    info->reads_any_name = names.reads_any;
    const struct style_property_value *visibility = layer->properties[STYLE_VISIBILITY];
    info->visible = !visibility || visibility->constant_index != STYLE_VISIBILITY_NONE;
    return true;
}

static bool is_same_json(const struct value *one, const struct value *other)
{
    return one == other || (one && other && value_equal(one, other));
}

static bool is_same_subject(const struct style_layer *one, const struct style_layer *other)
{
    return text_same_string(one->info.source, other->info.source) &&
           text_same_string(one->info.source_layer, other->info.source_layer) &&
           is_same_json(one->filter_json, other->filter_json);
}

static bool sees_the_same(const struct style_layer *one, const struct style_layer *other)
{
    return one->sees_feature == other->sees_feature && one->needs_shape == other->needs_shape;
}

/* Asked for each picture, so they are found out here: the layer itself when there is no earlier one. */
static void find_twins(const struct style *style, struct style_layer *layer)
{
    const struct style_layer *first = style->layers;
    while (!is_same_subject(first, layer)) {
        first++;
    }
    layer->same_subject = first;
    while (first->same_subject != layer->same_subject || !sees_the_same(first, layer)) {
        first++;
    }
    layer->same_features = first;
}

static bool read_layers(struct style *style, struct error *err)
{
    const struct value *json = value_member(&style->json, "layers");
    size_t count = json && json->type == VALUE_ARRAY ? json->array.count : 0;
    style->layers = arena_array(style->arena, count, sizeof *style->layers);
    if (!style->layers) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_layer(style, &style->layers[i], json, &json->array.items[i], err)) {
            return false;
        }
        find_twins(style, &style->layers[i]);
        size_t slots = style->layers[i].info.name_count;
        style->slots_max = slots > style->slots_max ? slots : style->slots_max;
    }
    style->layer_count = count;
    return true;
}

static bool read_defaults(struct style *style, struct error *err)
{
    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++) {
        const char *reason;
        if (!style_property_compile((enum style_property)i, NULL, NULL, NULL, style->arena, &style->defaults[i],
                                    &reason)) {
            error_set(err, ERROR_INTERNAL, "default of \"%s\": %s", property_table[i].name, reason);
            return false;
        }
    }
    return true;
}

static struct style *style_create(const char *name, struct text json)
{
    struct style *style = calloc(1, sizeof *style);
    if (!style) {
        return NULL;
    }
    atomic_init(&style->references, 1);
    style->hash = hash_bytes(json.data, json.length);
    style->arena = arena_create(MEMORY_BYTES_MAX);
    style->name = style->arena ? arena_strdup(style->arena, name) : NULL;
    if (!style->name) {
        style_unref(style);
        return NULL;
    }
    return style;
}

/* The first error of a report. */
static void tell_first_error(const struct style_report *report, struct error *err)
{
    size_t i = 0;
    while (i < report->count && report->messages[i].severity != STYLE_ERROR) {
        i++;
    }
    const struct style_message *message = &report->messages[i];
    if (!err || i == report->count) {
        return;
    }
    const char *colon = message->path[0] ? ": " : "";
    error_tell(err, ERROR_INVALID, "STY-020", "line %zu: %s%s%s", "línea %zu: %s%s%s", message->line, message->path,
               colon, message->english);
    snprintf(err->spanish, sizeof err->spanish, "línea %zu: %s%s%s", message->line, message->path, colon,
             message->spanish);
}

/* Runs the check; true when there is no error. */
static bool check(struct text json, struct style *style, struct arena *report_arena, struct style_report *out_report,
                  struct error *err)
{
    struct arena *own = report_arena ? NULL : arena_create(REPORT_BYTES_MAX);
    struct arena *arena = report_arena ? report_arena : own;
    struct style_report report = {NULL, 0, 0};
    bool ok = arena && style_check(json, &style->json, STYLE_CHECK_ALL, arena, &report);
    if (!ok) {
        error_no_memory(err);
    } else if (report.error_count > 0) {
        ok = false;
        tell_first_error(&report, err);
    }
    if (out_report && report_arena) {
        *out_report = report;
    }
    arena_destroy(own);
    return ok;
}

bool style_read(const char *name, struct text json, struct style **out_style, struct arena *report_arena,
                struct style_report *out_report, struct error *err)
{
    bool ok = false;
    struct style *style = NULL;
    if (out_report) {
        *out_report = (struct style_report){NULL, 0, 0};
    }
    if (json.length > STYLE_BYTES_MAX) {
        error_tell(err, ERROR_TOO_LARGE, "STY-010", "style \"%s\" has more than 64 MiB",
                   "el estilo \"%s\" tiene más de 64 MiB", name);
        return false;
    }
    style = style_create(name, json);
    if (!style) {
        error_no_memory(err);
        goto done;
    }
    if (!value_read_json(json, style->arena, &style->json, err) || !check(json, style, report_arena, out_report, err)) {
        goto done;
    }
    if (!read_sources(style) || !read_state(style)) {
        error_no_memory(err);
        goto done;
    }
    if (!read_defaults(style, err) || !read_layers(style, err)) {
        goto done;
    }
    *out_style = style;
    style = NULL;
    ok = true;
done:
    if (!ok) {
        error_prefix(err, "style \"%s\"", name);
    }
    style_unref(style);
    return ok;
}

struct style *style_ref(struct style *style)
{
    atomic_fetch_add_explicit(&style->references, 1, memory_order_relaxed);
    return style;
}

void style_unref(struct style *style)
{
    if (style && atomic_fetch_sub_explicit(&style->references, 1, memory_order_acq_rel) == 1) {
        arena_destroy(style->arena);
        free(style);
    }
}
