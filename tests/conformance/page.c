/* SPDX-License-Identifier: MIT */
#include "conformance/page.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Render tests</title>\n"
    "<style>body{font:14px sans-serif;margin:1em}img{image-rendering:pixelated;border:1px solid #999;min-width:128px;"
    "background:conic-gradient(#eee 25%,#fff 0 50%,#eee 0 75%,#fff 0) 0 0/16px 16px}figure{display:inline-block;"
    "margin:.3em}section{border-top:1px solid #ccc}.passed{opacity:.6}.failed h2{color:#a00}h2{font-size:1em}"
    "body.only .passed{display:none}</style>\n"
    "<label><input type=\"checkbox\" onchange=\"document.body.classList.toggle('only',this.checked)\"> failures only"
    "</label>\n";

bool page_open(struct page *page, const char *folder, enum fixture_verdict verdict)
{
    char path[PATH_BYTES];
    struct error err;
    *page = (struct page){folder, NULL};
    if (!folder) {
        return true;
    }
    snprintf(path, sizeof path, "%s/index.html", folder);
    page->file = file_make_folder(folder, &err) ? fopen(path, "w") : NULL;
    if (page->file) {
        fprintf(page->file, "%s<h1>%s</h1>\n", head, verdict == FIXTURE_STRICT ? "Strict" : "Tolerant");
    }
    return page->file;
}

static void put_escaped(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (strchr("<>&\"'", *text)) {
            fprintf(file, "&#%d;", *text);
        } else {
            fputc(*text, file);
        }
    }
}

static void put_figure(const struct page *page, const char *file_name, const char *kind, const struct picture *picture)
{
    char path[2 * PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s-%s.png", page->folder, file_name, kind);
    if (picture_write_png(path, picture)) {
        fprintf(page->file,
                "<figure><img src=\"%s-%s.png\" alt=\"\" width=\"%u\"><figcaption>%s</figcaption></figure>\n",
                file_name, kind, picture->width_px < 200 ? picture->width_px * 3 : picture->width_px, kind);
    }
}

void page_add(struct page *page, const char *name, bool passed, const char *reason, const char *expected_path,
              const struct picture *actual, const struct picture_parameters *parameters)
{
    if (!page->file) {
        return;
    }
    char file_name[PATH_BYTES];
    snprintf(file_name, sizeof file_name, "%s", name);
    for (char *at = file_name; *at; at++) {
        *at = strchr("/#@,% ?&", *at) ? '_' : *at;
    }
    fprintf(page->file, "<section class=\"%s\"><h2>", passed ? "passed" : "failed");
    put_escaped(page->file, name);
    fputs("</h2><p>", page->file);
    put_escaped(page->file, reason);
    fputs("</p>\n", page->file);
    struct picture expected = {0};
    if (expected_path && picture_read_png(expected_path, &expected)) {
        put_figure(page, file_name, "expected", &expected);
    }
    if (actual) {
        put_figure(page, file_name, "actual", actual);
    }
    if (expected.rgba && actual && expected.width_px == actual->width_px && expected.height_px == actual->height_px) {
        struct picture diff = {actual->width_px, actual->height_px,
                               malloc(4 * (size_t)actual->width_px * actual->height_px)};
        if (diff.rgba) {
            compare_pictures(actual, &expected, parameters->threshold, &diff);
            put_figure(page, file_name, "diff", &diff);
        }
        free(diff.rgba);
    }
    free(expected.rgba);
    fputs("</section>\n", page->file);
}

void page_close(struct page *page)
{
    if (page->file) {
        fclose(page->file);
        page->file = NULL;
    }
}
