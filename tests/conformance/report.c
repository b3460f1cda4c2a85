/* SPDX-License-Identifier: MIT */
#include "conformance/report.h"

#include "base/file.h"
#include "base/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, JSON_BYTES_MAX = 64 << 20, ARENA_BYTES_MAX = 1 << 30 };

bool report_wanted(const struct report *report, const char *name)
{
    return !report->options->filter || strstr(name, report->options->filter);
}

void report_add(struct report *report, const char *name, enum report_outcome outcome, const char *reason)
{
    if (report->count == report->capacity) {
        report->capacity = report->capacity ? report->capacity * 2 : 256;
        report->results = realloc(report->results, report->capacity * sizeof *report->results);
        if (!report->results) {
            abort();
        }
    }
    report->results[report->count++] = (struct report_result){
        .name = strdup(name), .outcome = outcome, .reason = reason && outcome != REPORT_PASSED ? strdup(reason) : NULL};
}

/* Marks what the list of known failures names: lines "suite name: reason", or "suite strict name: reason" for those
 * that pass tolerantly; '#' begins a comment. */
static void mark_known(struct report *report)
{
    FILE *file = report->options->known_path ? fopen(report->options->known_path, "r") : NULL;
    char line[PATH_BYTES];
    size_t suite_length = strlen(report->suite);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, report->suite, suite_length) != 0 || line[suite_length] != ' ') {
            continue;
        }
        char *name = line + suite_length + 1;
        if (strncmp(name, "strict ", 7) == 0) {
            if (report->options->verdict != FIXTURE_STRICT) {
                continue;
            }
            name += 7;
        }
        name[strcspn(name, ":\n")] = '\0';
        for (size_t i = 0; i < report->count; i++) {
            report->results[i].known = report->results[i].known || strcmp(report->results[i].name, name) == 0;
        }
    }
    if (file) {
        fclose(file);
    }
}

static const char *const outcome_names[] = {"passed", "failed", "skipped"};

static void write_json(const struct report *report, size_t passed, size_t failed, size_t skipped)
{
    struct buffer out;
    struct json_writer writer;
    struct error err;
    buffer_init(&out, JSON_BYTES_MAX);
    json_write_init(&writer, &out);
    json_write_begin_object(&writer);
    json_write_member_string(&writer, "suite", report->suite);
    json_write_member_string(&writer, "verdict", report->options->verdict == FIXTURE_STRICT ? "strict" : "tolerant");
    json_write_member_int(&writer, "passed", (int64_t)passed);
    json_write_member_int(&writer, "failed", (int64_t)failed);
    json_write_member_int(&writer, "skipped", (int64_t)skipped);
    json_write_name(&writer, "tests");
    json_write_begin_array(&writer);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_result *result = &report->results[i];
        json_write_begin_object(&writer);
        json_write_member_string(&writer, "name", result->name);
        json_write_member_string(&writer, "result", outcome_names[result->outcome]);
        json_write_member_bool(&writer, "known", result->known);
        if (result->reason) {
            json_write_member_string(&writer, "reason", result->reason);
        }
        json_write_end_object(&writer);
    }
    json_write_end_array(&writer);
    json_write_end_object(&writer);
    if (out.failed || !file_write(report->options->json_path, out.data, out.length, &err)) {
        fprintf(stderr, "could not write \"%s\"\n", report->options->json_path);
    }
    buffer_finish(&out);
}

int report_close(struct report *report)
{
    size_t passed = 0;
    size_t failed = 0;
    size_t skipped = 0;
    size_t unexpected = 0;
    mark_known(report);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_result *result = &report->results[i];
        passed += result->outcome == REPORT_PASSED;
        skipped += result->outcome == REPORT_SKIPPED;
        failed += result->outcome == REPORT_FAILED;
        if (result->outcome == REPORT_FAILED) {
            printf("FAIL %s%s\n%s\n", result->name, result->known ? " (known)" : "",
                   result->reason ? result->reason : "");
            unexpected += !result->known;
        } else if (result->outcome == REPORT_PASSED && result->known) {
            printf("FAIL %s: is listed as a known failure and passes\n", result->name);
            unexpected++;
        }
    }
    if (report->options->json_path) {
        write_json(report, passed, failed, skipped);
    }
    for (size_t i = 0; i < report->count; i++) {
        free(report->results[i].name);
        free(report->results[i].reason);
    }
    free(report->results);
    printf("%zu passed, %zu failed, %zu skipped\n", passed, failed, skipped);
    return unexpected > 0 ? 1 : 0;
}

int report_each(const struct fixture_options *options, const char *suite, const char *below, const char *ending,
                report_function *function, void *subject, void (*summary)(const void *subject))
{
    struct report report = {.options = options, .suite = suite};
    char **names = NULL;
    size_t count = 0;
    char folder[PATH_BYTES];
    snprintf(folder, sizeof folder, "%s/%s", options->folder, below);
    if (!fixture_list(folder, ending, &names, &count)) {
        fprintf(stderr, "could not read the folder \"%s\"\n", folder);
        return 2;
    }
    struct arena *arena = arena_create(ARENA_BYTES_MAX);
    for (size_t i = 0; arena && i < count; i++) {
        if (report_wanted(&report, names[i])) {
            function(subject, &report, names[i], arena);
        }
        arena_reset(arena);
    }
    for (size_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
    arena_destroy(arena);
    if (summary) {
        summary(subject);
    }
    return report_close(&report);
}
