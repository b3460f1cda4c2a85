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
 * People's links carry parameters of others (utm_…, fbclid): the pages of maps ignore what they do not know ("*"
 * in the router). */

#include "server/handler.h"
#include "server/page_layout.h" /* page_problem */

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
