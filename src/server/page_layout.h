/* SPDX-License-Identifier: MIT */
#pragma once
/* What every page has: head, header, footer, language. */

#include "server/format_es.h"
#include "server/handler.h"

/* A page being written. */
struct page {
    const struct request *request;
    struct handler_context *context;
    struct buffer *out;
    enum language language;
};

/* "lang" of the request, else the first of its Accept-Language that we speak, else Spanish. */
enum language page_language(const struct request *request);

/* Starts an HTML answer: sets type and Vary. */
struct page page_start(const struct request *request, struct handler_context *context, struct response *response);
/* The text in the page's language; both are literals or escaped by html_print like any text. */
const char *page_say(const struct page *page, const char *spanish, const char *english);

struct page_head {
    const char *title;
    const char *description; /* for search engines and shared links; NULL */
    const char *path;        /* canonical, without host: "/mapas/colonias" */
    const char *image;       /* path of a picture for shared links; NULL */
    const char *body_class;
    bool has_viewer; /* load Leaflet and the viewer */
    bool is_bare;    /* no header and footer: for embedding */
    bool no_index;   /* not for search engines */
};

void page_begin(const struct page *page, const struct page_head *head);
void page_end(const struct page *page, const struct page_head *head);

/* "?lang=en" or "" to keep the language in links; `separator` is '?' or '&'. */
const char *page_language_query(const struct page *page, char separator);
/* A theme's title: the institute's own names for the slugs we know, else the slug made readable. */
const char *page_theme_title(const struct page *page, const char *theme);

/* A page for people instead of a problem for programs, when the request comes from a browser (Accept: text/html). False
 * when it does not: nothing was written. */
bool page_problem(const struct request *request, struct handler_context *context, struct response *response,
                  unsigned status, const char *code, const char *detail);
