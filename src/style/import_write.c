/* SPDX-License-Identifier: MIT */
/* From the rules of a draft to the layers of a MapLibre style.
 *
 * Rules that exclude each other and draw the same kinds of things (the classes of a thematic map) become one layer for
 * each thing drawn, with "match" or "case"; every other rule becomes layers of its own with its filter. */
#include "style/import_draft.h"
#include "style/property_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLATS_MAX = 4000, RUN_MAX = 400, BREAKS_MAX = 256, DEPTH_MAX = 36, LAYERS_MAX = 4000 };

/* A rule with everything its place among the rules adds to it. */
struct flat {
    const struct import_rule *rule;
    const char *source;
    struct value filter;
    double min_zoom;
    double max_zoom;
    size_t siblings_begin; /* of a rule for the rest: the flats of its siblings begin here */
    size_t sibling_count;  /* … and so many siblings there are */
    bool is_rest;
};

enum class_kind { CLASS_NONE, CLASS_TEXTS, CLASS_RANGE };

/* Which values of which attribute a filter takes. */
struct class {
    enum class_kind kind;
    const struct value *subject;
    const struct value *texts;
    size_t text_count;
    double low, high;
    bool low_open, high_open;
};

struct layer {
    struct value json;
    int pass;
    size_t order;
};

struct writer {
    struct import *import;
    const char *source; /* of the rules that are being flattened */
    struct flat *flats;
    size_t flat_count;
    struct layer *layers;
    size_t layer_count;
    size_t names[8]; /* how many layers of each kind have a name */
};

static struct value call(struct import *import, const char *name, struct value a)
{
    return import_list(import, 2, value_of_string(name), a);
}

/* ---- rules to flats ---- */

static bool is_shown(const struct import_rule *rule, double from, double to)
{
    return rule->min_zoom < to && rule->max_zoom > from;
}

/* What `rule` takes at the zooms `from` to `to`, all of which it is shown at: VALUE_NULL for everything. False when
 * that is not known. */
static bool taken_by(struct import *import, const struct import_rule *rule, double from, double to,
                     struct value *out_filter)
{
    if (rule->is_broken) {
        return false;
    }
    *out_filter = rule->filter;
    if (rule->has_symbol || !rule->first) {
        return true;
    }
    size_t count = 1;
    struct value items[RUN_MAX + 1];
    items[0] = value_of_string("any");
    for (const struct import_rule *child = rule->first; child; child = child->next) {
        struct value filter;
        if (!is_shown(child, from, to)) {
            continue;
        }
        if (child->is_else) {
            return true; /* what the others leave is taken by this one */
        }
        if (count > RUN_MAX || !taken_by(import, child, from, to, &filter)) {
            return false;
        }
        if (filter.type == VALUE_NULL) {
            return true;
        }
        items[count++] = filter;
    }
    struct value any = count > 1 ? import_array(import, items, count) : value_of_bool(false);
    *out_filter = import_both(import, rule->filter, any);
    return true;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void add_breaks(const struct import_rule *rule, double *breaks, size_t *count)
{
    if (*count + 2 <= BREAKS_MAX) {
        breaks[(*count)++] = rule->min_zoom;
        breaks[(*count)++] = rule->max_zoom;
    }
    if (!rule->has_symbol) {
        for (const struct import_rule *child = rule->first; child; child = child->next) {
            add_breaks(child, breaks, count);
        }
    }
}

static void add_flat(struct writer *writer, struct flat flat)
{
    if (import_depth(&flat.filter) > DEPTH_MAX) {
        import_note(writer->import, flat.rule->line, "the conditions are nested too deeply: the rule is left out",
                    "las condiciones están demasiado anidadas: se omite la regla");
        return;
    }
    if (writer->flat_count == FLATS_MAX) {
        import_note(writer->import, flat.rule->line, "more than %d rules: the rest is left out",
                    "más de %d reglas: se omiten las demás", (int)FLATS_MAX);
        return;
    }
    writer->flats[writer->flat_count++] = flat;
}

static void flatten(struct writer *writer, const struct import_rule *parent, struct value filter, double from,
                    double to);

static void flatten_rule(struct writer *writer, const struct import_rule *rule, struct value filter, double from,
                         double to, size_t siblings_begin, size_t sibling_count, bool is_rest)
{
    struct flat flat = {.rule = rule,
                        .source = writer->source,
                        .filter = filter,
                        .min_zoom = fmax(from, rule->min_zoom),
                        .max_zoom = fmin(to, rule->max_zoom),
                        .siblings_begin = siblings_begin,
                        .sibling_count = sibling_count,
                        .is_rest = is_rest};
    if (flat.min_zoom >= flat.max_zoom) {
        return;
    }
    if (rule->part_count > 0) {
        add_flat(writer, flat);
    }
    flatten(writer, rule, filter, flat.min_zoom, flat.max_zoom);
}

/* The rule for the rest between two zooms where the same siblings are shown throughout. */
static void flatten_rest_between(struct writer *writer, const struct import_rule *parent,
                                 const struct import_rule *rest, struct value filter, double from, double to,
                                 size_t siblings_begin)
{
    struct import *import = writer->import;
    struct value items[RUN_MAX + 1];
    size_t count = 1;
    size_t sibling_count = 0;
    items[0] = value_of_string("any");
    for (const struct import_rule *sibling = parent->first; sibling; sibling = sibling->next) {
        struct value taken;
        sibling_count += !sibling->is_else;
        if (sibling->is_else || !is_shown(sibling, from, to)) {
            continue;
        }
        if (count > RUN_MAX || !taken_by(import, sibling, from, to, &taken)) {
            import_note(import, rest->line,
                        "the rule for the rest depends on a rule that was left out: it is left out too",
                        "la regla «todo lo demás» depende de una regla omitida: también se omite");
            return;
        }
        if (taken.type == VALUE_NULL) {
            return; /* nothing is left */
        }
        items[count++] = taken;
    }
    if (count > 1) {
        filter = import_both(import, filter, call(import, "!", import_array(import, items, count)));
    }
    filter = import_both(import, filter, rest->filter);
    flatten_rule(writer, rest, filter, from, to, siblings_begin, sibling_count, true);
}

static void flatten_rest(struct writer *writer, const struct import_rule *parent, const struct import_rule *rest,
                         struct value filter, double from, double to, size_t siblings_begin)
{
    double breaks[BREAKS_MAX];
    size_t count = 0;
    for (const struct import_rule *sibling = parent->first; sibling; sibling = sibling->next) {
        add_breaks(sibling, breaks, &count);
    }
    from = fmax(from, rest->min_zoom);
    to = fmin(to, rest->max_zoom);
    qsort(breaks, count, sizeof *breaks, compare_doubles);
    for (size_t i = 0; i <= count; i++) {
        double end = i < count ? fmin(breaks[i], to) : to;
        if (end > from) {
            flatten_rest_between(writer, parent, rest, filter, from, end, siblings_begin);
            from = end;
        }
    }
}

static void flatten(struct writer *writer, const struct import_rule *parent, struct value filter, double from,
                    double to)
{
    size_t begin = writer->flat_count;
    for (const struct import_rule *rule = parent->first; rule; rule = rule->next) {
        if (rule->is_broken) {
            continue;
        }
        if (rule->is_else) {
            flatten_rest(writer, parent, rule, filter, from, to, begin);
        } else {
            flatten_rule(writer, rule, import_both(writer->import, filter, rule->filter), from, to, begin, 0, false);
        }
    }
}

/* ---- classes ---- */

static const struct value *item(const struct value *array, size_t index)
{
    return array->type == VALUE_ARRAY && index < array->array.count ? &array->array.items[index] : NULL;
}

static bool is_call(const struct value *value, const char *name)
{
    const struct value *head = item(value, 0);
    return head && head->type == VALUE_STRING && text_is(head->string, name);
}

/* ["!=", x, null] */
static bool is_guard(const struct value *value)
{
    const struct value *last = item(value, 2);
    return is_call(value, "!=") && last && last->type == VALUE_NULL;
}

static bool narrow(struct class *class, const struct value *comparison)
{
    static const char *const names[] = {"==", ">", ">=", "<", "<="};
    const struct value *left = item(comparison, 1);
    const struct value *right = item(comparison, 2);
    size_t which = 0;
    while (which < 5 && !is_call(comparison, names[which])) {
        which++;
    }
    if (which == 5 || !left || !right || !value_is_number(right) || !is_call(left, "to-number")) {
        return false;
    }
    const struct value *subject = item(left, 1);
    if (!subject || (class->kind != CLASS_NONE && !value_equal(subject, class->subject))) {
        return false;
    }
    double number = value_number(right);
    class->kind = CLASS_RANGE;
    class->subject = subject;
    if (which <= 2 && number >= class->low) {
        class->low = number;
        class->low_open = which == 1;
    }
    if ((which == 0 || which > 2) && number <= class->high) {
        class->high = number;
        class->high_open = which == 3;
    }
    return true;
}

static struct class class_of(const struct value *filter)
{
    struct class none = {.kind = CLASS_NONE, .low = -INFINITY, .high = INFINITY};
    struct class found = none;
    const struct value *right = item(filter, 2);
    if (is_call(filter, "==") && right && right->type == VALUE_STRING) {
        return (struct class){.kind = CLASS_TEXTS, .subject = item(filter, 1), .texts = right, .text_count = 1};
    }
    if (is_call(filter, "in") && right && is_call(right, "literal") && item(right, 1)) {
        const struct value *list = item(right, 1);
        for (size_t i = 0; list->type == VALUE_ARRAY && i < list->array.count; i++) {
            if (list->array.items[i].type != VALUE_STRING) {
                return none;
            }
        }
        bool usable = list->type == VALUE_ARRAY && list->array.count > 0;
        return usable ? (struct class){.kind = CLASS_TEXTS,
                                       .subject = item(filter, 1),
                                       .texts = list->array.items,
                                       .text_count = list->array.count}
                      : none;
    }
    if (!is_call(filter, "all")) {
        return narrow(&found, filter) ? found : none;
    }
    for (size_t i = 1; i < filter->array.count; i++) {
        if (!is_guard(item(filter, i)) && !narrow(&found, item(filter, i))) {
            return none;
        }
    }
    return found;
}

static bool are_exclusive(const struct class *a, const struct class *b)
{
    if (a->kind == CLASS_NONE || a->kind != b->kind || !value_equal(a->subject, b->subject)) {
        return false;
    }
    if (a->kind == CLASS_RANGE) {
        return a->high < b->low || b->high < a->low || (a->high == b->low && (a->high_open || b->low_open)) ||
               (b->high == a->low && (b->high_open || a->low_open));
    }
    for (size_t i = 0; i < a->text_count; i++) {
        for (size_t j = 0; j < b->text_count; j++) {
            if (value_equal(&a->texts[i], &b->texts[j])) {
                return false;
            }
        }
    }
    return true;
}

static bool same_place(const struct flat *a, const struct flat *b)
{
    return a->min_zoom == b->min_zoom && a->max_zoom == b->max_zoom && strcmp(a->source, b->source) == 0;
}

/* How many flats from `begin` on exclude each other; the last may be for the rest. */
static size_t run_length(const struct writer *writer, size_t begin, struct class *classes)
{
    size_t count = 0;
    while (begin + count < writer->flat_count && count < RUN_MAX) {
        const struct flat *flat = &writer->flats[begin + count];
        struct class *class = &classes[count];
        if (count > 0 && !same_place(flat, &writer->flats[begin])) {
            break;
        }
        if (flat->is_rest) {
            bool covers = count > 0 && flat->siblings_begin == begin && flat->sibling_count == count &&
                          flat->rule->filter.type == VALUE_NULL;
            *class = (struct class){.kind = CLASS_NONE};
            return count + covers;
        }
        *class = class_of(&flat->filter);
        for (size_t i = 0; i < count; i++) {
            if (!are_exclusive(&classes[i], class)) {
                return count;
            }
        }
        count++;
        if (class->kind == CLASS_NONE) {
            break;
        }
    }
    return count;
}

static bool may_differ(const struct import_part *part, const struct import_property *property)
{
    int type = property_layer_type(text_of(part->type));
    int found =
        type < 0 ? -1 : property_find((enum style_layer_type)type, property->is_layout, text_of(property->name));
    /* The specification lets these differ by feature, but most programs that read it do not yet. */
    bool is_young = strcmp(property->name, "line-dasharray") == 0 || strcmp(property->name, "line-cap") == 0;
    return found >= 0 && !is_young && (property_table[found].reads & PROPERTY_READS_FEATURE);
}

static bool same_property(const struct import_property *a, const struct import_property *b)
{
    if (a->is_length || b->is_length) {
        return a->is_length == b->is_length && a->length.fixed == b->length.fixed &&
               a->length.ground == b->length.ground;
    }
    return value_equal(&a->value, &b->value);
}

/* True when the two rules draw the same kinds of things and differ only in what may differ by feature. */
static bool same_build(const struct import_rule *a, const struct import_rule *b)
{
    if (a->part_count != b->part_count) {
        return false;
    }
    for (size_t i = 0; i < a->part_count; i++) {
        const struct import_part *left = &a->parts[i];
        const struct import_part *right = &b->parts[i];
        if (strcmp(left->type, right->type) != 0 || left->pass != right->pass ||
            left->property_count != right->property_count) {
            return false;
        }
        for (size_t j = 0; j < left->property_count; j++) {
            const struct import_property *p = &left->properties[j];
            const struct import_property *q = &right->properties[j];
            if (strcmp(p->name, q->name) != 0 || p->is_length != q->is_length ||
                (!same_property(p, q) && !may_differ(left, p))) {
                return false;
            }
        }
    }
    return true;
}

/* ---- layers ---- */

static struct value object_of(struct import *import, const struct value_member *members, size_t count)
{
    struct value_member *copy = arena_array(import->arena, count, sizeof *copy);
    if (!copy) {
        import->failed = true;
        return value_null();
    }
    if (count > 0) {
        memcpy(copy, members, count * sizeof *copy);
    }
    return (struct value){.type = VALUE_OBJECT, .object = {copy, count}};
}

static struct value object_1(struct import *import, const char *name, struct value value)
{
    struct value_member member = {text_of(name), value};
    return object_of(import, &member, 1);
}

/* The rules that one layer stands for. */
struct members {
    const struct flat *flats[RUN_MAX];
    const struct class *classes[RUN_MAX];
    size_t count;
    bool has_rest; /* the last one */
    struct value filter;
};

static struct value rounded(double number)
{
    return value_of_real(round(number * 1e4) / 1e4);
}

/* The value by class: `values` are those of the members. */
static struct value by_class(struct import *import, const struct members *members, const struct value *values)
{
    bool all_same = true;
    for (size_t i = 1; i < members->count; i++) {
        all_same = all_same && value_equal(&values[0], &values[i]);
    }
    if (all_same) {
        return values[0];
    }
    bool by_text = members->classes[0]->kind == CLASS_TEXTS;
    struct value *items = arena_array(import->arena, members->count * 2 + 3, sizeof *items);
    if (!items) {
        import->failed = true;
        return value_null();
    }
    size_t count = 0;
    items[count++] = value_of_string(by_text ? "match" : "case");
    if (by_text) {
        items[count++] = *members->classes[0]->subject;
    }
    for (size_t i = 0; i < members->count - members->has_rest; i++) {
        const struct class *class = members->classes[i];
        struct value texts =
            by_text ? (struct value){.type = VALUE_ARRAY, .array = {class->texts, class->text_count}} : value_null();
        items[count++] = !by_text ? members->flats[i]->filter : class->text_count == 1 ? class->texts[0] : texts;
        items[count++] = values[i];
    }
    items[count++] = values[members->count - 1];
    return import_array(import, items, count);
}

static struct value property_value(struct import *import, const struct members *members, size_t part, size_t property)
{
    struct value at_near[RUN_MAX];
    struct value at_far[RUN_MAX];
    bool grows = false;
    for (size_t i = 0; i < members->count; i++) {
        const struct import_property *each = &members->flats[i]->rule->parts[part].properties[property];
        grows = grows || (each->is_length && each->length.ground != 0);
    }
    for (size_t i = 0; i < members->count; i++) {
        const struct import_property *each = &members->flats[i]->rule->parts[part].properties[property];
        const struct import_length *length = &each->length;
        double far = length->fixed + length->ground;
        double near = length->fixed + length->ground * exp2(24);
        at_far[i] = !each->is_length ? each->value : grows ? value_of_real(far) : rounded(length->fixed);
        at_near[i] = value_of_real(round(near));
    }
    if (!grows) {
        return by_class(import, members, at_far);
    }
    struct value base = import_list(import, 2, value_of_string("exponential"), value_of_int(2));
    return import_list(import, 7, value_of_string("interpolate"), base, import_list(import, 1, value_of_string("zoom")),
                       value_of_int(0), by_class(import, members, at_far), value_of_int(24),
                       by_class(import, members, at_near));
}

static struct value properties_of(struct import *import, const struct members *members, size_t part, bool is_layout)
{
    struct value_member list[IMPORT_PROPERTIES_MAX];
    size_t count = 0;
    const struct import_part *first = &members->flats[0]->rule->parts[part];
    for (size_t i = 0; i < first->property_count; i++) {
        if (first->properties[i].is_layout == is_layout) {
            list[count++] =
                (struct value_member){text_of(first->properties[i].name), property_value(import, members, part, i)};
        }
    }
    return count > 0 ? object_of(import, list, count) : value_null();
}

static bool has_label(const struct flat *flat)
{
    return flat->rule->label && flat->rule->label[0];
}

static struct value titled(struct import *import, const char *text)
{
    return object_1(import, "es", import_string(import, text));
}

/* The part that the legend speaks of: the first fill, else the last thing drawn. */
static size_t main_part(const struct import_rule *rule)
{
    for (size_t i = 0; i < rule->part_count; i++) {
        if (strcmp(rule->parts[i].type, "fill") == 0) {
            return i;
        }
    }
    return rule->part_count - 1;
}

/* What the legend says of the layer; null for nothing of its own. */
static struct value legend_of(struct import *import, const struct members *members, size_t part)
{
    const struct flat *first = members->flats[0];
    if (strcmp(first->rule->parts[part].type, "symbol") == 0) {
        return object_1(import, "hidden", value_of_bool(true));
    }
    if (members->count == 1) {
        bool speaks = has_label(first) && part == main_part(first->rule);
        return speaks ? object_1(import, "title", titled(import, first->rule->label)) : value_null();
    }
    struct value_member labels[RUN_MAX + 1];
    size_t count = 0;
    for (size_t i = 0; i < members->count; i++) {
        const struct class *class = members->classes[i];
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        bool is_rest = members->has_rest && i + 1 == members->count;
        struct value key = is_rest                      ? value_of_string("*")
                           : class->kind == CLASS_TEXTS ? class->texts[0]
                                                        : import_string(import, index);
        if (has_label(members->flats[i]) && key.type == VALUE_STRING) {
            labels[count++] = (struct value_member){key.string, titled(import, members->flats[i]->rule->label)};
        }
    }
    if (!members->has_rest) {
        labels[count++] = (struct value_member){text_of("*"), value_of_bool(false)};
    }
    return object_1(import, "labels", object_of(import, labels, count));
}

static struct value layer_id(struct writer *writer, const char *source, const char *type)
{
    static const char *const types[] = {"fill", "line", "circle", "symbol"};
    static const char *const words[] = {"relleno", "linea", "punto", "rotulo"};
    size_t which = 0;
    while (which < 3 && strcmp(types[which], type) != 0) {
        which++;
    }
    char id[160];
    size_t number = ++writer->names[which];
    if (number == 1) {
        snprintf(id, sizeof id, "%s-%s", source, words[which]);
    } else {
        snprintf(id, sizeof id, "%s-%s-%zu", source, words[which], number);
    }
    return import_string(writer->import, id);
}

static void add_layer(struct writer *writer, const struct members *members, size_t part)
{
    struct import *import = writer->import;
    const struct flat *first = members->flats[0];
    const struct import_part *drawn = &first->rule->parts[part];
    struct value_member list[12];
    size_t count = 0;
    if (writer->layer_count == LAYERS_MAX) {
        import_note(import, first->rule->line, "more than %d layers: the rest is left out",
                    "más de %d capas: se omiten las demás", (int)LAYERS_MAX);
        return;
    }
#define MEMBER(name, value) list[count++] = (struct value_member){text_of(name), value}
    MEMBER("id", layer_id(writer, first->source, drawn->type));
    MEMBER("type", import_string(import, drawn->type));
    struct value legend = legend_of(import, members, part);
    if (legend.type != VALUE_NULL) {
        MEMBER("metadata", object_1(import, "tesela:legend", legend));
    }
    MEMBER("source", import_string(import, first->source));
    MEMBER("source-layer", import_string(import, first->source));
    if (first->min_zoom > 0) {
        MEMBER("minzoom", value_of_real(first->min_zoom));
    }
    if (first->max_zoom < 24) {
        MEMBER("maxzoom", value_of_real(first->max_zoom));
    }
    if (members->filter.type != VALUE_NULL) {
        MEMBER("filter", members->filter);
    }
    struct value layout = properties_of(import, members, part, true);
    struct value paint = properties_of(import, members, part, false);
    if (layout.type != VALUE_NULL) {
        MEMBER("layout", layout);
    }
    if (paint.type != VALUE_NULL) {
        MEMBER("paint", paint);
    }
#undef MEMBER
    size_t order = writer->layer_count;
    bool has_pass = import->uses_levels || strcmp(drawn->type, "symbol") == 0; /* labels are always on top */
    writer->layers[writer->layer_count++] =
        (struct layer){object_of(import, list, count), has_pass ? drawn->pass : 0, order};
}

static struct value limit(struct import *import, const struct value *subject, const char *op, double number,
                          double beside)
{
    struct value as_number = import_list(import, 3, value_of_string("to-number"), *subject, value_of_real(beside));
    return import_list(import, 3, value_of_string(op), as_number, value_of_real(number));
}

/* Ranges that follow one another without a gap are one range. False when they do not. */
static bool join_ranges(struct import *import, const struct members *members, struct value *out_filter)
{
    const struct class *first = members->classes[0];
    const struct class *last = members->classes[members->count - 1];
    for (size_t i = 0; i < members->count; i++) {
        const struct class *class = members->classes[i];
        const struct class *before = i > 0 ? members->classes[i - 1] : NULL;
        if (class->kind != CLASS_RANGE ||
            (before && (before->high != class->low || before->high_open == class->low_open))) {
            return false;
        }
    }
    if (!isfinite(first->low) || !isfinite(last->high)) {
        return false;
    }
    struct value known = import_list(import, 3, value_of_string("!="), *first->subject, value_null());
    struct value low = limit(import, first->subject, first->low_open ? ">" : ">=", first->low, first->low - 1);
    struct value high = limit(import, first->subject, last->high_open ? "<" : "<=", last->high, last->high + 1);
    *out_filter = import_list(import, 4, value_of_string("all"), known, low, high);
    return true;
}

/* The filter of members of a run: what they take together. */
static struct value filter_of(struct writer *writer, const struct members *members, size_t begin, size_t run,
                              const bool *is_member)
{
    struct import *import = writer->import;
    struct value items[RUN_MAX + 2];
    size_t count = 0;
    struct value joined;
    if (members->count == 1) {
        return members->flats[0]->filter;
    }
    if (!members->has_rest && join_ranges(import, members, &joined)) {
        return joined;
    }
    items[count++] = value_of_string("any");
    for (size_t i = 0; i < run; i++) {
        if (is_member[i] != members->has_rest) {
            items[count++] = writer->flats[begin + i].filter;
        }
    }
    if (members->has_rest) {
        return count == 1 ? value_null() : call(import, "!", import_array(import, items, count));
    }
    if (members->classes[0]->kind != CLASS_TEXTS) {
        return import_array(import, items, count);
    }
    size_t texts = 0;
    for (size_t i = 0; i < members->count; i++) {
        texts += members->classes[i]->text_count;
    }
    struct value *all = arena_array(import->arena, texts, sizeof *all);
    if (!all) {
        import->failed = true;
        return value_null();
    }
    texts = 0;
    for (size_t i = 0; i < members->count; i++) {
        memcpy(all + texts, members->classes[i]->texts, members->classes[i]->text_count * sizeof *all);
        texts += members->classes[i]->text_count;
    }
    return import_list(import, 5, value_of_string("match"), *members->classes[0]->subject,
                       import_array(import, all, texts), value_of_bool(true), value_of_bool(false));
}

/* The layers of a run: for each build among its rules one layer per part. */
static void add_run(struct writer *writer, size_t begin, size_t run, const struct class *classes)
{
    bool done[RUN_MAX] = {false};
    struct members *members = arena_alloc(writer->import->arena, sizeof *members);
    if (!members) {
        writer->import->failed = true;
        return;
    }
    for (size_t i = 0; i < run; i++) {
        bool is_member[RUN_MAX] = {false};
        if (done[i]) {
            continue;
        }
        members->count = 0;
        members->has_rest = false;
        for (size_t j = i; j < run; j++) {
            if (!done[j] && same_build(writer->flats[begin + i].rule, writer->flats[begin + j].rule)) {
                done[j] = is_member[j] = true;
                members->flats[members->count] = &writer->flats[begin + j];
                members->classes[members->count++] = &classes[j];
                members->has_rest = members->has_rest || writer->flats[begin + j].is_rest;
            }
        }
        members->has_rest = members->has_rest && members->count > 1;
        members->filter = filter_of(writer, members, begin, run, is_member);
        for (size_t part = 0; part < writer->flats[begin + i].rule->part_count; part++) {
            add_layer(writer, members, part);
        }
    }
}

static int compare_layers(const void *a, const void *b)
{
    const struct layer *x = a;
    const struct layer *y = b;
    int by_pass = (x->pass > y->pass) - (x->pass < y->pass);
    return by_pass != 0 ? by_pass : (x->order > y->order) - (x->order < y->order);
}

/* ---- the document ---- */

static struct value sources_of(struct writer *writer)
{
    struct import *import = writer->import;
    struct value_member list[64];
    size_t count = 0;
    for (size_t i = 0; i < writer->flat_count; i++) {
        const char *source = writer->flats[i].source;
        bool known = false;
        for (size_t j = 0; j < count; j++) {
            known = known || text_is(list[j].name, source);
        }
        if (known || count == 64) {
            continue;
        }
        struct value_member members[] = {
            {text_of("type"), value_of_string("vector")},
            {text_of("url"), import_string(import, arena_printf(import->arena, "tesela://%s", source))}};
        list[count++] = (struct value_member){text_of(source), object_of(import, members, 2)};
    }
    return object_of(import, list, count);
}

static struct value document_of(struct writer *writer, const char *title)
{
    struct import *import = writer->import;
    struct value_member map[3];
    size_t count = 0;
    map[count++] = (struct value_member){text_of("title"), titled(import, title)};
    if (import->description && import->description[0]) {
        map[count++] = (struct value_member){text_of("description"), titled(import, import->description)};
    }
    map[count++] = (struct value_member){text_of("state"), value_of_string("revisar")};
    struct value *layers = arena_array(import->arena, writer->layer_count, sizeof *layers);
    for (size_t i = 0; layers && i < writer->layer_count; i++) {
        layers[i] = writer->layers[i].json;
    }
    import->failed = import->failed || !layers;
    struct value_member root[] = {
        {text_of("version"), value_of_int(8)},
        {text_of("name"), import_string(import, title)},
        {text_of("metadata"), object_1(import, "tesela:map", object_of(import, map, count))},
        {text_of("sources"), sources_of(writer)},
        {text_of("glyphs"), value_of_string("/fonts/{fontstack}/{range}.pbf")},
        {text_of("layers"), {.type = VALUE_ARRAY, .array = {layers, layers ? writer->layer_count : 0}}}};
    return object_of(import, root, sizeof root / sizeof *root);
}

static void put_string(struct buffer *out, struct text text)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\') {
            buffer_append_byte(out, '\\');
            buffer_append_byte(out, byte);
        } else if (byte < 0x20) {
            buffer_printf(out, "\\u%04x", byte);
        } else {
            buffer_append_byte(out, byte);
        }
    }
    buffer_append_byte(out, '"');
}

static void put(struct buffer *out, const struct value *value, unsigned indent, bool on_one_line);

static void put_break(struct buffer *out, unsigned indent, bool on_one_line, bool is_first)
{
    if (on_one_line) {
        buffer_append_text(out, is_first ? "" : " ");
        return;
    }
    buffer_append_byte(out, '\n');
    for (unsigned i = 0; i < indent; i++) {
        buffer_append_text(out, "  ");
    }
}

static void put_items(struct buffer *out, const struct value *value, unsigned indent, bool on_one_line)
{
    bool is_object = value->type == VALUE_OBJECT;
    size_t count = is_object ? value->object.count : value->array.count;
    buffer_append_byte(out, is_object ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buffer_append_byte(out, ',');
        }
        put_break(out, indent + 1, on_one_line, i == 0);
        if (is_object) {
            put_string(out, value->object.members[i].name);
            buffer_append_text(out, ": ");
        }
        put(out, is_object ? &value->object.members[i].value : &value->array.items[i], indent + 1, on_one_line);
    }
    if (count > 0 && !on_one_line) {
        put_break(out, indent, false, true);
    }
    buffer_append_byte(out, is_object ? '}' : ']');
}

/* True when the value fits a line of an indented file. */
static bool is_short(const struct value *value, size_t *left)
{
    size_t count = value->type == VALUE_OBJECT  ? value->object.count
                   : value->type == VALUE_ARRAY ? value->array.count
                                                : 0;
    size_t size = value->type == VALUE_STRING ? value->string.length + 2 : 6;
    for (size_t i = 0; i < count && size <= *left; i++) {
        bool is_object = value->type == VALUE_OBJECT;
        size += is_object ? value->object.members[i].name.length + 4 : 2;
        size_t rest = *left - (size <= *left ? size : *left);
        size_t before = rest;
        if (!is_short(is_object ? &value->object.members[i].value : &value->array.items[i], &rest)) {
            return false;
        }
        size += before - rest;
    }
    if (size > *left) {
        return false;
    }
    *left -= size;
    return true;
}

static void put(struct buffer *out, const struct value *value, unsigned indent, bool on_one_line)
{
    char number[32];
    size_t room = 100;
    switch (value->type) {
    case VALUE_NULL:
        buffer_append_text(out, "null");
        break;
    case VALUE_BOOL:
        buffer_append_text(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        buffer_printf(out, "%lld", (long long)value->integer);
        break;
    case VALUE_REAL:
        text_put_double(value->real, number);
        buffer_append_text(out, number);
        break;
    case VALUE_STRING:
        put_string(out, value->string);
        break;
    case VALUE_ARRAY:
    case VALUE_OBJECT:
        put_items(out, value, indent, on_one_line || (indent > 2 && is_short(value, &room)));
        break;
    }
}

bool import_draft_write(struct import *import, const char *name, struct buffer *out, struct error *err)
{
    struct writer writer = {.import = import};
    struct class *classes = arena_array(import->arena, RUN_MAX + 1, sizeof *classes);
    writer.flats = arena_array(import->arena, FLATS_MAX, sizeof *writer.flats);
    writer.layers = arena_array(import->arena, LAYERS_MAX, sizeof *writer.layers);
    if (!writer.flats || !writer.layers || !classes) {
        return error_no_memory(err);
    }
    for (const struct import_rule *set = import->root.first; set; set = set->next) {
        writer.source = set->source;
        flatten(&writer, set, set->filter, set->min_zoom, set->max_zoom);
    }
    for (size_t begin = 0; begin < writer.flat_count && !import->failed;) {
        size_t run = run_length(&writer, begin, classes);
        run = run > 0 ? run : 1;
        /* Class by class the subjects live in the flats' filters, which stay where they are. */
        add_run(&writer, begin, run, classes);
        begin += run;
    }
    qsort(writer.layers, writer.layer_count, sizeof *writer.layers, compare_layers);
    const char *title = import->title && import->title[0] ? import->title : name;
    struct value document = document_of(&writer, title);
    if (import->failed) {
        return error_no_memory(err);
    }
    if (writer.layer_count == 0) {
        error_tell(err, ERROR_INVALID, "IMP-080", "nothing of the style could be carried over",
                   "nada del estilo se pudo convertir");
        return false;
    }
    put(out, &document, 0, false);
    buffer_append_byte(out, '\n');
    if (out->failed) {
        return error_no_memory(err);
    }
    return true;
}
