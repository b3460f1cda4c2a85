/* SPDX-License-Identifier: MIT */
#pragma once
/* What citizens see: the catalogue of maps, one page for each map, its table and legend, and what is at a point.
 *
 *   path                  needs      parameters
 *   /                     catalog    lang
 *   /mapas                catalog    f lang
 *   /mapas/{map}          catalog    v lang embed capas opacidad sel      (the last three are for the viewer)
 *   /mapas/{map}/tabla    a worker   capa pagina lang
 *   /legend/{map}         catalog    f lang v
 *   /identify/{map}       a worker   lon lat zoom radius feature lang
 *   /sitemap.xml          catalog
 *
 * People's links carry parameters of others (utm_…, fbclid): the pages ignore what they do not know. */

#include "server/handler.h"

/* The published maps by theme. */
handler handle_home;
handler handle_maps;
/* A picture of the map, legend, data, how to cite and to use it; the viewer upgrades the picture. v=lat,lon,zoom says
 * what part is shown, embed=1 leaves only the map, for <iframe>. */
handler handle_map_page;
/* The features of one of the map's layers (capa), 50 a page. */
handler handle_map_table;
/* JSON, or f=html, f=svg. */
handler handle_legend;
/* The features within `radius` px of lon, lat at `zoom` (of 256 px tiles); or feature=layer:id. */
handler handle_identify;
/* The pages, for search engines. */
handler handle_sitemap;
/* A page for people instead of a problem for programs, when the request comes from a browser (Accept: text/html). False
 * when it does not: nothing was written. */
bool page_problem(const struct request *request, struct handler_context *context, struct response *response,
                  unsigned status, const char *code, const char *detail);
