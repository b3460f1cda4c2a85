/* SPDX-License-Identifier: MIT */
#pragma once
/* Inside the check: values, functions, expressions and filters against what a property allows. */

#include "style/check_report.h"
#include "style/property_table.h"

/* What stands around a value that may be an expression. */
enum check_context { CHECK_PLAIN, CHECK_PROPERTY, CHECK_FILTER, CHECK_CLUSTER };

/* "number", "array", "null", … */
const char *check_type_name(const struct value *value);
/* True for a value that is neither absent nor null: numbers, texts and so on all count as given. */
bool check_given(const struct value *value);

/* A value of the property `spec`: plain, function or expression. */
void check_value(struct check_report *report, const char *path, const struct value *value,
                 const struct property_spec *spec, enum check_context context);
/* Only an expression (the value of clusterProperties). */
void check_expression(struct check_report *report, const char *path, const struct value *value,
                      const struct property_spec *spec, enum check_context context);
void check_filter(struct check_report *report, const char *path, const struct value *value);
void check_enum(struct check_report *report, const char *path, const struct value *value, const char *const *values);
void check_string(struct check_report *report, const char *path, const struct value *value);
