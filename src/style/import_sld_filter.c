/* SPDX-License-Identifier: MIT */
#include "style/import_sld_filter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 20 };

static bool convert(struct import *import, const struct import_xml *xml, unsigned depth, struct import_expr **out,
                    struct import_trouble *why);

static bool refuse(struct import_trouble *why, const struct import_xml *xml)
{
    const char *name = import_xml_get(xml, "name");
    snprintf(why->english, sizeof why->english, "<%.40s>%s%.60s", xml->name, name ? " " : "", name ? name : "");
    snprintf(why->spanish, sizeof why->spanish, "<%.40s>%s%.60s", xml->name, name ? " " : "", name ? name : "");
    return false;
}

static const struct import_xml *element(const struct import_xml *at)
{
    while (at && !at->name) {
        at = at->next;
    }
    return at;
}

/* Every child element as an item. */
static bool convert_children(struct import *import, const struct import_xml *xml, unsigned depth,
                             struct import_expr *into, struct import_trouble *why)
{
    for (const struct import_xml *child = element(xml->first); child; child = element(child->next)) {
        struct import_expr *item;
        if (!convert(import, child, depth + 1, &item, why)) {
            return false;
        }
        import_expr_add(import, into, item);
    }
    return true;
}

static bool convert_compare(struct import *import, const struct import_xml *xml, char op, unsigned depth,
                            struct import_expr **out, struct import_trouble *why)
{
    const char *match_case = import_xml_get(xml, "matchCase");
    *out = import_expr_make(import, IMPORT_COMPARE, op, 0);
    if (!*out || !convert_children(import, xml, depth, *out, why)) {
        return false;
    }
    (*out)->ignores_case = match_case && strcmp(match_case, "false") == 0;
    return (*out)->count == 2 ? true : refuse(why, xml);
}

static bool convert_between(struct import *import, const struct import_xml *xml, unsigned depth,
                            struct import_expr **out, struct import_trouble *why)
{
    const struct import_xml *subject = element(xml->first);
    const struct import_xml *ends[] = {import_xml_child(xml, "LowerBoundary"), import_xml_child(xml, "UpperBoundary")};
    struct import_expr *operand;
    *out = import_expr_make(import, IMPORT_AND, 0, 0);
    if (!*out || !subject || !ends[0] || !ends[1] || !convert(import, subject, depth + 1, &operand, why)) {
        return *out && subject && ends[0] && ends[1] ? false : refuse(why, xml);
    }
    for (size_t i = 0; i < 2; i++) {
        struct import_expr *limit;
        if (!import_sld_mixed(import, ends[i], &limit, why)) {
            return false;
        }
        import_expr_add(import, *out, import_expr_make(import, IMPORT_COMPARE, i == 0 ? 'G' : 'L', 2, operand, limit));
    }
    return true;
}

static bool convert_like(struct import *import, const struct import_xml *xml, unsigned depth, struct import_expr **out,
                         struct import_trouble *why)
{
    const char *any = import_xml_get(xml, "wildCard");
    const char *one = import_xml_get(xml, "singleChar");
    const char *escape = import_xml_get(xml, "escapeChar");
    const char *match_case = import_xml_get(xml, "matchCase");
    escape = escape ? escape : import_xml_get(xml, "escape");
    *out = import_expr_make(import, IMPORT_LIKE, match_case && strcmp(match_case, "false") == 0 ? 'i' : 0, 0);
    if (!*out || !convert_children(import, xml, depth, *out, why)) {
        return false;
    }
    (*out)->any = any && any[0] ? any[0] : '*';
    (*out)->one = one ? one[0] : '\0';
    (*out)->escape = escape ? escape[0] : '\0';
    return (*out)->count == 2 ? true : refuse(why, xml);
}

static bool convert_call(struct import *import, const struct import_xml *xml, unsigned depth, struct import_expr **out,
                         struct import_trouble *why)
{
    const char *name = import_xml_get(xml, "name");
    char *lower = arena_strdup(import->arena, name ? name : "");
    for (size_t i = 0; lower && lower[i]; i++) {
        lower[i] = (char)tolower((unsigned char)lower[i]);
    }
    *out = import_expr_make(import, IMPORT_CALL, 0, 0);
    if (!*out || !lower) {
        import->failed = true;
        return false;
    }
    (*out)->value = value_of_string(lower);
    return convert_children(import, xml, depth, *out, why);
}

static bool convert_leaf(struct import *import, const struct import_xml *xml, struct import_expr **out)
{
    bool is_literal = strcmp(xml->name, "Literal") == 0;
    const char *text = import_xml_text(xml, import->arena);
    *out = import_expr_make(import, is_literal ? IMPORT_LITERAL : IMPORT_FIELD, 0, 0);
    if (!*out || !text) {
        import->failed = true;
        return false;
    }
    if (!is_literal) {
        /* "ns:name" is the attribute "name". */
        const char *colon = strrchr(text, ':');
        text = colon ? colon + 1 : text;
    }
    (*out)->value = value_of_string(text);
    (*out)->is_untyped = is_literal;
    return true;
}

static bool convert(struct import *import, const struct import_xml *xml, unsigned depth, struct import_expr **out,
                    struct import_trouble *why)
{
    static const struct {
        const char *name;
        enum import_expr_kind kind;
        char op;
        size_t count_min;
        size_t count_max;
    } kinds[] = {{"And", IMPORT_AND, 0, 1, 500},
                 {"Or", IMPORT_OR, 0, 1, 500},
                 {"Not", IMPORT_NOT, 0, 1, 1},
                 {"PropertyIsNull", IMPORT_IS_NULL, 0, 1, 1},
                 {"PropertyIsNil", IMPORT_IS_NULL, 0, 1, 1},
                 {"Add", IMPORT_ARITHMETIC, '+', 2, 2},
                 {"Sub", IMPORT_ARITHMETIC, '-', 2, 2},
                 {"Mul", IMPORT_ARITHMETIC, '*', 2, 2},
                 {"Div", IMPORT_ARITHMETIC, '/', 2, 2}};
    static const struct {
        const char *name;
        char op;
    } comparisons[] = {{"PropertyIsEqualTo", '='},     {"PropertyIsNotEqualTo", '!'},
                       {"PropertyIsLessThan", '<'},    {"PropertyIsLessThanOrEqualTo", 'L'},
                       {"PropertyIsGreaterThan", '>'}, {"PropertyIsGreaterThanOrEqualTo", 'G'}};
    if (depth > DEPTH_MAX) {
        return refuse(why, xml);
    }
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        if (strcmp(xml->name, comparisons[i].name) == 0) {
            return convert_compare(import, xml, comparisons[i].op, depth, out, why);
        }
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(xml->name, kinds[i].name) == 0) {
            *out = import_expr_make(import, kinds[i].kind, kinds[i].op, 0);
            if (!*out || !convert_children(import, xml, depth, *out, why)) {
                return false;
            }
            bool fits = (*out)->count >= kinds[i].count_min && (*out)->count <= kinds[i].count_max;
            return fits ? true : refuse(why, xml);
        }
    }
    if (strcmp(xml->name, "Literal") == 0 || strcmp(xml->name, "PropertyName") == 0 ||
        strcmp(xml->name, "ValueReference") == 0) {
        return convert_leaf(import, xml, out);
    }
    if (strcmp(xml->name, "PropertyIsBetween") == 0) {
        return convert_between(import, xml, depth, out, why);
    }
    if (strcmp(xml->name, "PropertyIsLike") == 0) {
        return convert_like(import, xml, depth, out, why);
    }
    if (strcmp(xml->name, "Function") == 0) {
        return convert_call(import, xml, depth, out, why);
    }
    return refuse(why, xml);
}

bool import_sld_filter(struct import *import, const struct import_xml *filter, struct import_expr **out_expr,
                       struct import_trouble *out_trouble)
{
    *out_trouble = (struct import_trouble){"out of memory", "falta memoria"};
    const struct import_xml *only = element(filter->first);
    if (!only || element(only->next)) {
        return refuse(out_trouble, filter);
    }
    return convert(import, only, 0, out_expr, out_trouble);
}

bool import_sld_mixed(struct import *import, const struct import_xml *element_with, struct import_expr **out_expr,
                      struct import_trouble *out_trouble)
{
    struct import_expr *joined = import_expr_make(import, IMPORT_CALL, 0, 0);
    *out_trouble = (struct import_trouble){"out of memory", "falta memoria"};
    if (!joined) {
        return false;
    }
    joined->value = value_of_string("concat");
    for (const struct import_xml *part = element_with->first; part; part = part->next) {
        struct import_expr *item;
        bool is_blank = part->text && !part->text[strspn(part->text, " \t\r\n")];
        if (is_blank) {
            continue; /* indentation between elements */
        }
        if (part->name) {
            if (!convert(import, part, 1, &item, out_trouble)) {
                return false;
            }
        } else {
            item = import_expr_make(import, IMPORT_LITERAL, 0, 0);
            bool is_alone = part == element_with->first && !part->next;
            if (item) {
                item->is_untyped = true;
                item->value =
                    import_string(import, is_alone ? import_xml_text(element_with, import->arena) : part->text);
            }
        }
        import_expr_add(import, joined, item);
    }
    if (joined->count == 0) {
        return refuse(out_trouble, element_with);
    }
    *out_expr = joined->count == 1 ? joined->items[0] : joined;
    return !import->failed;
}
