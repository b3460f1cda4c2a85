/* SPDX-License-Identifier: MIT */
/* The suite "validation": check each style and compare the list of problems with the reference's. */
#include "conformance/report.h"

#include "base/file.h"
#include "style/style_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 16 << 20, PATH_BYTES = 4096, FILE_BYTES_MAX = 32 << 20 };

struct tally {
    size_t styles;
    size_t identical;
    size_t same_places;
    size_t same_verdicts;
    size_t pairs;       /* (path, line) in the fixtures */
    size_t pairs_found; /* of those, reported by us */
};

/* "path: text"; the path ends at the first colon and blank. */
static size_t path_length(const char *message)
{
    const char *end = strstr(message, ": ");
    return end ? (size_t)(end - message) : 0;
}

struct finding {
    struct text path;
    const char *message; /* whole */
    size_t line;
    bool is_error;
};

static void read_expected(const struct value *json, struct finding *findings)
{
    for (size_t i = 0; i < json->array.count; i++) {
        const struct value *item = &json->array.items[i];
        const char *message = value_member_string(item, "message");
        const char *severity = value_member_string(item, "severity");
        const struct value *line = value_member(item, "line");
        message = message ? message : "";
        findings[i] = (struct finding){.path = {message, path_length(message)},
                                       .message = message,
                                       .line = line ? (size_t)value_number(line) : 0,
                                       .is_error = !severity || strcmp(severity, "warning") != 0};
    }
}

static void read_actual(const struct style_report *report, struct arena *arena, struct finding *findings)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct style_message *message = &report->messages[i];
        const char *whole =
            message->path[0] ? arena_printf(arena, "%s: %s", message->path, message->english) : message->english;
        findings[i] = (struct finding){.path = {whole, path_length(whole)},
                                       .message = whole,
                                       .line = message->line,
                                       .is_error = message->severity == STYLE_ERROR};
    }
}

static bool same_place(const struct finding *a, const struct finding *b)
{
    return a->line == b->line && text_equal(a->path, b->path);
}

/* How many of `a` have a partner of their own in `b`. */
static size_t count_partners(const struct finding *a, size_t a_count, const struct finding *b, size_t b_count,
                             struct arena *arena)
{
    bool *used = arena_array(arena, b_count + 1, sizeof *used);
    size_t partners = 0;
    for (size_t i = 0; used && i < a_count; i++) {
        for (size_t j = 0; j < b_count; j++) {
            if (!used[j] && same_place(&a[i], &b[j])) {
                used[j] = true;
                partners++;
                break;
            }
        }
    }
    return partners;
}

static bool identical(const struct finding *a, size_t a_count, const struct finding *b, size_t b_count)
{
    if (a_count != b_count) {
        return false;
    }
    for (size_t i = 0; i < a_count; i++) {
        if (a[i].line != b[i].line || a[i].is_error != b[i].is_error || strcmp(a[i].message, b[i].message) != 0) {
            return false;
        }
    }
    return true;
}

static void print_findings(struct buffer *out, const char *title, const struct finding *a, size_t a_count,
                           const struct finding *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++) {
        bool found = false;
        for (size_t j = 0; j < b_count && !found; j++) {
            found = a[i].line == b[j].line && a[i].is_error == b[j].is_error && strcmp(a[i].message, b[j].message) == 0;
        }
        if (!found) {
            buffer_printf(out, "  %s line %zu %s: %s\n", title, a[i].line, a[i].is_error ? "error" : "warning",
                          a[i].message);
        }
    }
}

static bool check_style(const char *path, struct arena *arena, struct style_report *out_report, struct error *err)
{
    struct buffer content;
    struct value root;
    if (!file_read(path, FILE_BYTES_MAX, &content, err)) {
        return false;
    }
    char *kept = arena_strndup(arena, (const char *)content.data, content.length);
    struct text json = {kept, content.length};
    buffer_finish(&content);
    return kept && value_read_json(json, arena, &root, err) &&
           style_check(json, &root, STYLE_CHECK_SPECIFICATION, arena, out_report);
}

static void run_fixture(void *subject, struct report *report, const char *name, struct arena *arena)
{
    struct tally *tally = subject;
    char path[PATH_BYTES];
    struct value expected_json;
    struct style_report findings = {NULL, 0, 0};
    struct error err = {0};
    snprintf(path, sizeof path, "%s/tests/%s.output.json", report->options->folder, name);
    if (!fixture_read_json(path, arena, &expected_json, &err)) {
        report_add(report, name, REPORT_FAILED, err.english);
        return;
    }
    snprintf(path, sizeof path, "%s/tests/%s.input.json", report->options->folder, name);
    if (!check_style(path, arena, &findings, &err)) {
        report_add(report, name, REPORT_FAILED, err.english);
        return;
    }
    size_t expected_count = expected_json.array.count;
    struct finding *expected = arena_array(arena, expected_count + 1, sizeof *expected);
    struct finding *actual = arena_array(arena, findings.count + 1, sizeof *actual);
    if (!expected || !actual) {
        report_add(report, name, REPORT_FAILED, "out of memory");
        return;
    }
    read_expected(&expected_json, expected);
    read_actual(&findings, arena, actual);
    bool equal = identical(expected, expected_count, actual, findings.count);
    size_t partners = count_partners(expected, expected_count, actual, findings.count, arena);
    bool places = partners == expected_count && findings.count == expected_count;
    bool expected_valid = true;
    for (size_t i = 0; i < expected_count; i++) {
        expected_valid = expected_valid && !expected[i].is_error;
    }
    tally->styles++;
    tally->identical += equal;
    tally->same_places += places;
    tally->same_verdicts += expected_valid == (findings.error_count == 0);
    tally->pairs += expected_count;
    tally->pairs_found += partners;
    struct buffer reason;
    buffer_init(&reason, TEXT_BYTES_MAX);
    print_findings(&reason, "expected", expected, expected_count, actual, findings.count);
    print_findings(&reason, "actual  ", actual, findings.count, expected, expected_count);
    if (reason.length == 0) {
        buffer_append_text(&reason, "  the order differs\n");
    }
    bool passed = report->options->verdict == FIXTURE_STRICT ? equal : places;
    report_add(report, name, passed ? REPORT_PASSED : REPORT_FAILED, buffer_text(&reason));
    buffer_finish(&reason);
}

static void print_summary(const void *subject)
{
    const struct tally *tally = subject;
    printf("identical lists %zu of %zu, same places %zu of %zu, right verdicts %zu of %zu, places found %zu of %zu\n",
           tally->identical, tally->styles, tally->same_places, tally->styles, tally->same_verdicts, tally->styles,
           tally->pairs_found, tally->pairs);
}

int validation_run(const struct fixture_options *options)
{
    struct tally tally = {0};
    return report_each(options, "validation", "tests", ".input.json", run_fixture, &tally, print_summary);
}
