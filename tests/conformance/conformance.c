/* SPDX-License-Identifier: MIT */
/* tesela-conformance: runs folders of fixtures of the MapLibre style specification and of vector tiles. */
#include "conformance/fixture.h"

#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: tesela-conformance expressions|validation|render|mvt DIR [--verdict strict|tolerant] [--json OUT]\n"
    "                          [--filter NAME] [--known FILE]\n"
    "       render only:       [--tier static|style-ops] [--write-diffs DIR] [--assets DIR]\n";

static const struct {
    const char *name;
    int (*run)(const struct fixture_options *options);
} suites[] = {
    {"expressions", expressions_run}, {"validation", validation_run}, {"render", render_run}, {"mvt", mvt_run}};

static bool parse_options(int argc, char **argv, struct fixture_options *options)
{
    for (int i = 3; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!value) {
            return false;
        }
        if (strcmp(argv[i], "--verdict") == 0 && strcmp(value, "strict") == 0) {
            options->verdict = FIXTURE_STRICT;
        } else if (strcmp(argv[i], "--verdict") == 0 && strcmp(value, "tolerant") == 0) {
            options->verdict = FIXTURE_TOLERANT;
        } else if (strcmp(argv[i], "--json") == 0) {
            options->json_path = value;
        } else if (strcmp(argv[i], "--filter") == 0) {
            options->filter = value;
        } else if (strcmp(argv[i], "--known") == 0) {
            options->known_path = value;
        } else if (strcmp(argv[i], "--tier") == 0 &&
                   (strcmp(value, "static") == 0 || strcmp(value, "style-ops") == 0)) {
            options->tier = value;
        } else if (strcmp(argv[i], "--write-diffs") == 0) {
            options->diffs_path = value;
        } else if (strcmp(argv[i], "--assets") == 0) {
            options->assets_path = value;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct fixture_options options = {.verdict = FIXTURE_STRICT};
    if (argc < 3 || !parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return 3;
    }
    options.folder = argv[2];
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (strcmp(argv[1], suites[i].name) == 0) {
            return suites[i].run(&options);
        }
    }
    fputs(usage, stderr);
    return 3;
}
