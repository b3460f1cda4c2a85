/* SPDX-License-Identifier: MIT */
/* The suite "render": draws each style with the renderer that serves tiles and compares with the reference's pictures.
 */
#include "conformance/page.h"
#include "conformance/picture.h"
#include "conformance/report.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, GROUPS_MAX = 64 };

/* What the manifest says of a test. */
struct entry {
    const char *group;
    const char *tier;
    double blank; /* how far the expected picture is from one of a single colour */
};

struct group {
    char name[64];
    size_t count;
    size_t strict;
    size_t tolerant;
};

struct render_suite {
    const struct fixture_options *options;
    struct assets assets;
    struct painter *painter;
    struct arena *manifest_arena;
    struct value manifest;
    struct group groups[GROUPS_MAX];
    size_t group_count;
    size_t blank_count;
    size_t blank_passed;
    struct page page;
};

static const struct value *find_entry(const struct render_suite *suite, const char *name)
{
    const struct value *list = &suite->manifest;
    for (size_t i = 0; list->type == VALUE_ARRAY && i < list->array.count; i++) {
        const char *id = value_member_string(&list->array.items[i], "id");
        if (id && strcmp(id, name) == 0) {
            return &list->array.items[i];
        }
    }
    return NULL;
}

/* A test that the manifest does not name is static when nothing is done to its style. */
static struct entry entry_of(const struct render_suite *suite, const char *name, const struct value *style)
{
    const struct value *json = find_entry(suite, name);
    const struct value *operations = value_member(value_member(value_member(style, "metadata"), "test"), "operations");
    const struct value *blank = value_member(json, "blank");
    const char *group = value_member_string(json, "category");
    const char *tier = value_member_string(json, "tier");
    struct entry entry = {group ? group : "other", tier ? tier : "static", blank ? value_number(blank) : -1};
    for (size_t i = 0; !tier && operations && operations->type == VALUE_ARRAY && i < operations->array.count; i++) {
        const struct value *first = operations->array.items[i].array.items;
        if (operations->array.items[i].array.count > 0 && !text_is(first->string, "wait") &&
            !text_is(first->string, "idle") && !text_is(first->string, "sleep")) {
            entry.tier = "style-ops";
        }
    }
    return entry;
}

/* The share of pixels that are not of the most frequent colour, by the same rule as pictures are compared. */
static double blank_difference(const struct picture *picture, double threshold)
{
    size_t count = (size_t)picture->width_px * picture->height_px;
    struct picture plain = {picture->width_px, picture->height_px, malloc(4 * count + 1)};
    uint32_t *table = calloc(1 << 16, sizeof *table);
    if (!plain.rgba || !table) {
        abort();
    }
    size_t best = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t word;
        memcpy(&word, picture->rgba + 4 * i, 4);
        uint32_t seen = ++table[(word * 2654435761u) >> 16];
        if (seen > most) {
            most = seen;
            best = i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(plain.rgba + 4 * i, picture->rgba + 4 * best, 4);
    }
    double difference = compare_pictures(&plain, picture, threshold, NULL);
    free(plain.rgba);
    free(table);
    return difference;
}

static void note_group(struct render_suite *suite, const char *name, bool strict, bool tolerant)
{
    size_t i = 0;
    while (i < suite->group_count && strcmp(suite->groups[i].name, name) != 0) {
        i++;
    }
    if (i == GROUPS_MAX) {
        return;
    }
    if (i == suite->group_count) {
        snprintf(suite->groups[suite->group_count++].name, sizeof suite->groups[i].name, "%s", name);
    }
    suite->groups[i].count++;
    suite->groups[i].strict += strict;
    suite->groups[i].tolerant += tolerant;
}

/* The lower left part. */
static void crop(struct picture *picture, uint32_t width_px, uint32_t height_px)
{
    if (width_px == 0 || height_px == 0 || width_px > picture->width_px || height_px > picture->height_px) {
        return;
    }
    for (uint32_t y = 0; y < height_px; y++) {
        memmove(picture->rgba + 4 * (size_t)y * width_px,
                picture->rgba + 4 * (size_t)(picture->height_px - height_px + y) * picture->width_px,
                4 * (size_t)width_px);
    }
    picture->width_px = width_px;
    picture->height_px = height_px;
}

struct verdict {
    double difference; /* 2: there is no expected picture */
    bool sizes_differ;
    double blank;
    char expected[2 * PATH_BYTES]; /* the nearest */
};

static int keep_pngs(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return strncmp(entry->d_name, "expected", 8) == 0 && length > 4 && strcmp(entry->d_name + length - 4, ".png") == 0;
}

static void compare_all(const char *folder, const struct picture *actual, const struct picture_parameters *parameters,
                        struct verdict *out_verdict)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, keep_pngs, alphasort);
    *out_verdict = (struct verdict){.difference = 2, .blank = 1, .sizes_differ = true};
    for (int i = 0; i < count; i++) {
        char path[2 * PATH_BYTES];
        struct picture expected;
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (!picture_read_png(path, &expected)) {
            continue;
        }
        crop(&expected, parameters->report_width_px, parameters->report_height_px);
        bool same_size = expected.width_px == actual->width_px && expected.height_px == actual->height_px;
        double difference = same_size ? compare_pictures(actual, &expected, parameters->threshold, NULL) : 1;
        if (difference < out_verdict->difference) {
            out_verdict->difference = difference;
            out_verdict->sizes_differ = !same_size;
            out_verdict->blank = blank_difference(&expected, parameters->threshold);
            snprintf(out_verdict->expected, sizeof out_verdict->expected, "%s", path);
        }
        free(expected.rgba);
    }
    free(entries);
}

static void judge(struct render_suite *suite, struct report *report, const char *name, const struct entry *entry,
                  const struct picture_parameters *parameters, const struct picture *actual)
{
    char folder[PATH_BYTES];
    struct verdict verdict;
    snprintf(folder, sizeof folder, "%.2000s/tests/%s", suite->options->folder, name);
    compare_all(folder, actual, parameters, &verdict);
    double blank = entry->blank >= 0 ? entry->blank : verdict.blank;
    double lenient = fmax(parameters->allowed, fmin(0.02, 0.1 * blank));
    bool strict = verdict.difference <= parameters->allowed;
    bool tolerant = verdict.difference <= lenient;
    bool passed = suite->options->verdict == FIXTURE_STRICT ? strict : tolerant;
    char reason[256];
    snprintf(reason, sizeof reason, "  %.6f of the pixels differ, %.6f may (%s%s)", verdict.difference,
             suite->options->verdict == FIXTURE_STRICT ? parameters->allowed : lenient,
             strict     ? "passes strictly"
             : tolerant ? "passes tolerantly"
                        : "passes neither way",
             verdict.difference == 1  ? "; the sizes differ"
             : verdict.difference > 1 ? "; no expected picture"
                                      : "");
    page_add(&suite->page, name, passed, reason, verdict.expected[0] ? verdict.expected : NULL, actual, parameters);
    if (blank <= parameters->allowed) {
        suite->blank_count++;
        suite->blank_passed += strict;
        if (!strict) {
            printf("blank test %s: something is drawn that should not be\n%s\n", name, reason);
        }
        return; /* a blank picture passes it: not counted */
    }
    note_group(suite, entry->group, strict, tolerant);
    report_add(report, name, passed ? REPORT_PASSED : REPORT_FAILED, reason);
}

static void run_test(void *subject, struct report *report, const char *name, struct arena *arena)
{
    struct render_suite *suite = subject;
    char path[PATH_BYTES];
    struct value style;
    struct error err = {0};
    struct picture_parameters parameters;
    struct picture actual = {0};
    snprintf(path, sizeof path, "%.2000s/tests/%s/style.json", suite->options->folder, name);
    if (!fixture_read_json(path, arena, &style, &err)) {
        report_add(report, name, REPORT_FAILED, err.english);
        return;
    }
    struct entry entry = entry_of(suite, name, &style);
    if (suite->options->tier && strcmp(suite->options->tier, entry.tier) != 0) {
        return;
    }
    picture_parameters_read(&style, &parameters);
    if (!picture_draw(suite->painter, &style, &parameters, &suite->assets, arena, &actual, &err)) {
        note_group(suite, entry.group, false, false);
        report_add(report, name, REPORT_FAILED, err.english);
        page_add(&suite->page, name, false, err.english, NULL, NULL, &parameters);
        return;
    }
    crop(&actual, parameters.report_width_px, parameters.report_height_px);
    judge(suite, report, name, &entry, &parameters, &actual);
    free(actual.rgba);
}

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

static void print_summary(const void *subject)
{
    struct render_suite suite = *(const struct render_suite *)subject;
    struct group all = {.name = "all"};
    qsort(suite.groups, suite.group_count, sizeof *suite.groups, compare_groups);
    printf("%-20s %6s %8s %9s\n", "group", "tests", "strict", "tolerant");
    for (size_t i = 0; i <= suite.group_count; i++) {
        const struct group *group = i < suite.group_count ? &suite.groups[i] : &all;
        printf("%-20s %6zu %8zu %9zu\n", group->name, group->count, group->strict, group->tolerant);
        all.count += group->count;
        all.strict += group->strict;
        all.tolerant += group->tolerant;
    }
    printf("%zu tests that a blank picture passes are not counted; %zu of them pass strictly\n", suite.blank_count,
           suite.blank_passed);
}

int render_run(const struct fixture_options *options)
{
    struct render_suite suite = {.options = options};
    struct error err = {0};
    char path[PATH_BYTES];
    assets_init(&suite.assets, options->folder, options->assets_path);
    suite.painter = painter_create(&err);
    suite.manifest_arena = arena_create(64 << 20);
    if (!suite.painter || !suite.manifest_arena || !page_open(&suite.page, options->diffs_path, options->verdict)) {
        fprintf(stderr, "could not begin: %s\n", err.english[0] ? err.english : "the folder for differences");
        return 4;
    }
    snprintf(path, sizeof path, "%s/manifest.json", options->folder);
    if (!fixture_read_json(path, suite.manifest_arena, &suite.manifest, &err)) {
        suite.manifest = value_null();
    }
    int code = report_each(options, "render", "tests", "/style.json", run_test, &suite, print_summary);
    page_close(&suite.page);
    painter_destroy(suite.painter);
    arena_destroy(suite.manifest_arena);
    return code;
}
