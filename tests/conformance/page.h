/* SPDX-License-Identifier: MIT */
#pragma once
/* An HTML page of expected, actual and differing pictures, failures first looked at. */

#include "conformance/fixture.h"
#include "conformance/picture.h"

#include <stdio.h>

struct page {
    const char *folder; /* NULL: no page */
    FILE *file;
};

/* True without doing anything when `folder` is NULL. */
bool page_open(struct page *page, const char *folder, enum fixture_verdict verdict);
/* `expected_path` and `actual` may be NULL. */
void page_add(struct page *page, const char *name, bool passed, const char *reason, const char *expected_path,
              const struct picture *actual, const struct picture_parameters *parameters);
void page_close(struct page *page);
