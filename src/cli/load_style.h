/* SPDX-License-Identifier: MIT */
#pragma once
/* Styles that come with a file: offered, or with --with-style turned into styles/<layer>.json. */

#include "ingest/ingest.h"

struct load_style_plan {
    bool wanted;        /* --with-style */
    const char *folder; /* where styles lie */
};

/* The folder of styles: `option` when not NULL, else where the server looks, else "styles". */
const char *load_style_folder(const char *option);

/* Tells `report` that the style is there, or converts and writes it, with what could not be carried over. A file that
 * is there already stays. */
void load_style_offer(const struct load_style_plan *plan, const struct ingest_style *style, bool look_only,
                      struct report *report);
