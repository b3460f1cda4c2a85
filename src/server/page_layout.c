/* SPDX-License-Identifier: MIT */
/* What every page has: head, header, footer, language. */

#include "server/page_layout.h"

#include "server/html_write.h"
#include "server/pages.h"
#include "server/static_files.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The weight of the part of Accept-Language at `part`, up to the next comma; 1 when none is given. */
static double language_weight(const char *part)
{
    size_t length = strcspn(part, ",");
    for (size_t i = 0; i + 2 < length; i++) {
        if (part[i] == ';') {
            const char *at = part + i + 1 + strspn(part + i + 1, " ");
            if (strncasecmp(at, "q=", 2) == 0) {
                size_t digits = strspn(at + 2, "0123456789.");
                double weight = 0;
                return text_to_double((struct text){at + 2, digits}, &weight) ? weight : 0;
            }
        }
    }
    return 1;
}

enum language page_language(const struct request *request)
{
    const char *asked = request_parameter(request, "lang");
    if (asked && *asked) {
        return strncasecmp(asked, "en", 2) == 0 ? LANGUAGE_EN : LANGUAGE_ES;
    }
    double spanish = 0, english = 0;
    for (const char *part = request->accept_language; part && *part;) {
        part += strspn(part, ", ");
        double weight = language_weight(part);
        if (strncasecmp(part, "es", 2) == 0 && weight > spanish) {
            spanish = weight;
        } else if (strncasecmp(part, "en", 2) == 0 && weight > english) {
            english = weight;
        }
        part += strcspn(part, ",");
    }
    return english > spanish ? LANGUAGE_EN : LANGUAGE_ES;
}

struct page page_start(const struct request *request, struct handler_context *context, struct response *response)
{
    response->content_type = TYPE_HTML;
    response->vary = "Accept-Language";
    return (struct page){request, context, &response->body, page_language(request)};
}

const char *page_say(const struct page *page, const char *spanish, const char *english)
{
    return format_pick(page->language, spanish, english);
}

const char *page_language_query(const struct page *page, char separator)
{
    /* Spanish needs no parameter unless the browser asks for English. */
    if (!request_parameter(page->request, "lang")) {
        return "";
    }
    if (page->language == LANGUAGE_EN) {
        return separator == '?' ? "?lang=en" : "&lang=en";
    }
    return separator == '?' ? "?lang=es" : "&lang=es";
}

const char *page_theme_title(const struct page *page, const char *theme)
{
    static const struct {
        const char *slug, *es, *en;
    } themes[] = {
        {"base", "Mapa base", "Base map"},
        {"planes", "Planes y programas", "Plans and programmes"},
        {"planes-y-programas", "Planes y programas", "Plans and programmes"},
        {"uso-de-suelo", "Planes y programas", "Plans and programmes"},
        {"indicadores", "Indicadores georreferenciados", "Mapped indicators"},
        {"indicadores-georreferenciados", "Indicadores georreferenciados", "Mapped indicators"},
        {"poblacion", "Población", "Population"},
        {"inventario", "Inventario urbano", "Urban inventory"},
        {"inventario-urbano", "Inventario urbano", "Urban inventory"},
        {"movilidad", "Movilidad", "Mobility"},
        {"medio-ambiente", "Medio ambiente", "Environment"},
        {"riesgos", "Riesgos", "Risks"},
        {"limites", "Límites", "Boundaries"},
        {"equipamiento", "Equipamiento", "Public facilities"},
    };
    if (!theme || !*theme) {
        return page_say(page, "Otros mapas", "Other maps");
    }
    /* "Inventario urbano", "inventario_urbano" and "inventario-urbano" are one theme. */
    char slug[80];
    text_fold(text_of(theme), slug, sizeof slug);
    for (char *at = slug; *at; at++) {
        *at = *at == ' ' || *at == '_' ? '-' : *at;
    }
    for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
        if (strcmp(slug, themes[i].slug) == 0) {
            return page_say(page, themes[i].es, themes[i].en);
        }
    }
    char *words = format_humanised(text_of(theme), page->context->arena);
    for (char *at = words; at && *at; at++) {
        *at = *at == '-' ? ' ' : *at;
    }
    return words ? words : theme;
}

static void put_style_sheet(const struct page *page, const char *file)
{
    html_print(page->out, "<link rel=\"stylesheet\" href=\"%s\">\n", static_files_url(page->context, file));
}

/* Leaflet is a classic script (its ES module is four times as large), so it is fetched with "defer", which runs before
 * modules. Modules are told in advance, so that no round trip is lost on imports. */
static void put_viewer(const struct page *page)
{
    html_print(page->out,
               "<link rel=\"modulepreload\" href=\"/static/js/adapter_leaflet.js\">\n"
               "<link rel=\"modulepreload\" href=\"/static/js/view_state.js\">\n"
               "<script defer src=\"%s\"></script>\n<script type=\"module\" src=\"%s\"></script>\n",
               static_files_url(page->context, "vendor/leaflet/leaflet.js"),
               static_files_url(page->context, "js/viewer.js"));
}

static void put_head(const struct page *page, const struct page_head *head)
{
    struct buffer *out = page->out;
    const char *base = page->request->base_url ? page->request->base_url : "";
    html_print(out,
               "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n",
               page->language == LANGUAGE_EN ? "en" : "es-MX", head->title);
    if (head->description) {
        html_print(out,
                   "<meta name=\"description\" content=\"%s\">\n<meta property=\"og:description\" content=\"%s\">\n",
                   head->description, head->description);
    }
    html_print(out, "<meta property=\"og:title\" content=\"%s\">\n", head->title);
    if (head->image) {
        html_print(out, "<meta property=\"og:image\" content=\"%s%s\">\n", base, head->image);
    }
    if (head->no_index) {
        html_print(out, "<meta name=\"robots\" content=\"noindex\">\n");
    } else if (head->path) {
        html_print(out,
                   "<link rel=\"canonical\" href=\"%s%s\">\n"
                   "<link rel=\"alternate\" hreflang=\"es-MX\" href=\"%s%s?lang=es\">\n"
                   "<link rel=\"alternate\" hreflang=\"en\" href=\"%s%s?lang=en\">\n",
                   base, head->path, base, head->path, base, head->path);
    }
    html_print(out, "<link rel=\"icon\" type=\"image/svg+xml\" href=\"%s\">\n",
               static_files_url(page->context, "icon.svg"));
    if (head->has_viewer) {
        put_style_sheet(page, "vendor/leaflet/leaflet.css"); /* before ours, which changes what it says */
    }
    put_style_sheet(page, "css/page.css");
    if (head->has_viewer) {
        put_viewer(page);
    }
    html_print(out, "</head>\n");
}

void page_begin(const struct page *page, const struct page_head *head)
{
    struct buffer *out = page->out;
    put_head(page, head);
    html_print(out, "<body class=\"%s\">\n", head->body_class ? head->body_class : "page");
    if (head->is_bare) {
        return;
    }
    bool english = page->language == LANGUAGE_EN;
    html_print(
        out,
        "<a class=\"skip\" href=\"#contenido\">%s</a>\n<header class=\"site-header\">\n<div class=\"bar\">\n"
        "<a class=\"brand\" href=\"/%s\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M3 3h8v8H3zM13 "
        "3h8v8h-8zM3 13h8v8H3z\"/><path class=\"accent\" d=\"M13 13h8v8h-8z\"/></svg><span>Tesela</span></a>\n"
        "<nav aria-label=\"%s\">\n<a href=\"/mapas%s\">%s</a>\n<a href=\"/collections\">%s</a>\n",
        page_say(page, "Saltar al contenido", "Skip to content"), page_language_query(page, '?'),
        page_say(page, "Principal", "Main"), page_language_query(page, '?'), page_say(page, "Mapas", "Maps"),
        page_say(page, "Datos", "Data"));
    html_print(out, "<a href=\"%s?lang=%s\" lang=\"%s\" hreflang=\"%s\">%s</a>\n</nav>\n</div>\n</header>\n",
               head->path ? head->path : "/", english ? "es" : "en", english ? "es-MX" : "en", english ? "es-MX" : "en",
               english ? "Español" : "English");
}

void page_end(const struct page *page, const struct page_head *head)
{
    struct buffer *out = page->out;
    if (!head->is_bare) {
        html_print(
            out, "<footer class=\"site-footer\">\n<div class=\"bar\">\n<p>%s</p>\n<p>%s</p>\n</div>\n</footer>\n",
            page_say(page, "Versión de divulgación e información, no produce efectos jurídicos.",
                     "Published for information only; it has no legal effect."),
            page_say(
                page,
                "Este sitio no usa cookies ni rastreadores. Su ubicación la usa sólo su navegador, para centrar el "
                "mapa.",
                "This site uses no cookies and no trackers. Only your browser uses your location, to centre "
                "the map."));
    }
    html_print(out, "</body>\n</html>\n");
}

bool page_problem(const struct request *request, struct handler_context *context, struct response *response,
                  unsigned status, const char *code, const char *detail)
{
    if (!request_prefers(request->accept, "text/html", "application/json")) {
        return false;
    }
    buffer_clear(&response->body);
    struct page page = page_start(request, context, response);
    struct page_head head = {.title = page_say(&page, "No se encontró la página · Tesela", "Page not found · Tesela"),
                             .body_class = "page",
                             .no_index = true};
    response->status = status;
    response->problem_code = code;
    if (status != 404) {
        head.title = page_say(&page, "No se pudo mostrar la página · Tesela", "The page cannot be shown · Tesela");
    }
    page_begin(&page, &head);
    html_print(page.out,
               "<main id=\"contenido\" class=\"text\">\n<h1>%s</h1>\n<p>%s</p>\n<p><a class=\"button\" "
               "href=\"/mapas\">%s</a></p>\n<p class=\"quiet\">%s: %s</p>\n</main>\n",
               status == 404 ? page_say(&page, "No encontramos esta página", "We cannot find this page")
                             : page_say(&page, "No se pudo mostrar esta página", "This page cannot be shown"),
               detail, page_say(&page, "Ver todos los mapas", "See all maps"), page_say(&page, "Código", "Code"), code);
    page_end(&page, &head);
    return true;
}
