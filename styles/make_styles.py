#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the maps of the demonstration city, styles/<map>.json, from shared pieces.

The JSON files are what the server reads; they are kept in the repository and may be read or copied as they are. Change
this program and run it again instead of editing them, so that all maps keep one base:

    styles/make_styles.py            write the files
    styles/make_styles.py --check    exit 1 when a file differs from what would be written
"""

import json
import os
import sys

REGULAR, SEMIBOLD, BOLD, ITALIC = (["Open Sans " + w] for w in ("Regular", "Semibold", "Bold", "Italic"))
LEGAL = "Versión de divulgación e información, no produce efectos jurídicos."
SOURCE = "Fuente: datos de demostración (ficticios) de Tesela, ciudad de demostración"
DATE = "2025-01-15"
CENTER = [-103.432, 25.552]

# Colours of the ground, quiet enough to carry a theme.
LAND, OUTSIDE = "#f5f1e8", "#efeae0"
RELIEF = ["#ede5d6", "#e7dccb", "#e0d3be", "#d8c8b0", "#cfbca2", "#c5af93", "#baa284", "#ae9575"]
FIELD, ORCHARD, FALLOW, SCRUB, IDLE = "#e7ecd8", "#dde7c9", "#ece9d6", "#efe8d6", "#eeeae1"
BED, BRAID = "#e6dcc3", "#d3dfe0"
CANAL = "#a9c6d4"
URBAN, BLOCK, BLOCK_EDGE = "#f1ede6", "#e6e0d5", "#d8d0c2"
PARK, PARK_EDGE = "#cfe0b8", "#b4cd98"
LIMIT = "#a58fb0"
INK, INK_SOFT, INK_WATER, INK_PARK, HALO = "#3b3a37", "#6d685f", "#4e7f95", "#4d6f37", "#ffffff"

HIERARCHY = ["regional", "primaria", "secundaria", "colectora", "local"]


def es(spanish, english):
    return {"es": spanish, "en": english}


def zoomed(*stops, base=1.5):
    """Exponential interpolation over zoom."""
    return ["interpolate", ["exponential", base], ["zoom"]] + list(stops)


def faded(*stops):
    return ["interpolate", ["linear"], ["zoom"]] + list(stops)


def is_(field, value):
    return ["==", ["get", field], value]


def any_of(field, values):
    return ["match", ["get", field], values, True, False]


def layer(id_, kind, source, paint, layout=None, filter_=None, minzoom=None, maxzoom=None, legend=None):
    out = {"id": id_, "type": kind}
    out["metadata"] = {"tesela:legend": legend or {"hidden": True}}
    if source:
        out["source"] = source
        out["source-layer"] = source
    if minzoom is not None:
        out["minzoom"] = minzoom
    if maxzoom is not None:
        out["maxzoom"] = maxzoom
    if filter_:
        out["filter"] = filter_
    if layout:
        out["layout"] = layout
    if paint:
        out["paint"] = paint
    return out


# -- the ground ------------------------------------------------------------------------------------------------------


def ground(legend=False, blocks=True):
    """Everything below the streets."""
    def say(spanish, english, **more):
        return {"title": es(spanish, english), **more} if legend else None

    layers = [
        layer("fondo", "background", None, {"background-color": OUTSIDE}),
        layer("municipios-fondo", "fill", "municipios", {"fill-color": LAND}),
        layer("relieve", "fill", "relieve",
              {"fill-color": ["step", ["get", "nivel"], RELIEF[0]] + [v for n, c in enumerate(RELIEF[1:]) for v in (n + 2, c)],
               "fill-opacity": faded(4, 0.6, 9, 0.9, 16, 0.75)}, minzoom=5),
        layer("suelo-rural", "fill", "suelo_rural",
              {"fill-color": ["match", ["get", "uso"], "agrícola", ["match", ["get", "cultivo"], ["nogal", "vid"], ORCHARD, ["descanso", "avena"], FALLOW, FIELD],
                              "matorral", SCRUB, IDLE],
               "fill-opacity": faded(6, 0.6, 10, 1)}, minzoom=6,
              legend=say("Suelo rural", "Rural land", labels={"agrícola": es("Parcelas agrícolas", "Farm plots"), "matorral": es("Matorral", "Scrub"),
                                                             "*": es("Baldío", "Vacant land")})),
        layer("parcelas-linde", "line", "suelo_rural", {"line-color": "#d6dcc2", "line-width": zoomed(11, 0.3, 14, 0.8, 17, 1.4)}, minzoom=11.5),
        layer("rio-cauce", "fill", "rio_nazas", {"fill-color": BED}, filter_=is_("tipo", "cauce"), minzoom=6,
              legend=say("Cauce del río Nazas (seco)", "Bed of the Nazas river (dry)")),
        layer("rio-cauce-orilla", "line", "rio_nazas", {"line-color": "#d2c5a5", "line-width": zoomed(10, 0.4, 16, 1.6)},
              filter_=is_("tipo", "cauce"), minzoom=10),
        layer("rio-brazos", "fill", "rio_nazas", {"fill-color": BRAID, "fill-opacity": faded(9, 0.5, 13, 0.95)}, filter_=is_("tipo", "brazo"), minzoom=9),
        layer("canales", "line", "canales", {
            "line-color": CANAL, "line-width": ["interpolate", ["exponential", 1.5], ["zoom"],
                                                9, ["match", ["get", "tipo"], "canal principal", 0.7, 0.25],
                                                13, ["match", ["get", "tipo"], "canal principal", 1.8, 0.9],
                                                17, ["match", ["get", "tipo"], "canal principal", 6, 2.6]]},
              layout={"line-join": "round", "line-cap": "round"}, filter_=["!=", ["get", "tipo"], "eje de río"], minzoom=9,
              legend=say("Canales de riego", "Irrigation canals")),
        layer("zona-urbana", "fill", "colonias",
              {"fill-color": faded(8, "#e4ddd0", 12, "#e8e2d7", 13.5, URBAN)}, minzoom=6),
    ]
    if blocks:
        layers += [
            layer("manzanas", "fill", "manzanas", {
                "fill-color": ["match", ["get", "TIPOMZA"], "equipamiento", "#e3dccb", "industrial", "#e0dbd6", BLOCK],
                "fill-opacity": faded(12.5, 0, 13.2, 1)}, minzoom=12.5),
            layer("manzanas-borde", "line", "manzanas", {"line-color": BLOCK_EDGE, "line-width": zoomed(14, 0.3, 17, 1.0), "line-opacity": faded(14, 0, 14.8, 1)},
                  minzoom=14),
        ]
    layers += [
        layer("areas-verdes", "fill", "areas_verdes", {"fill-color": PARK, "fill-opacity": faded(9, 0.6, 12, 1)}, minzoom=9.5,
              legend=say("Parques, plazas y jardines", "Parks, squares and gardens")),
        layer("areas-verdes-borde", "line", "areas_verdes", {"line-color": PARK_EDGE, "line-width": zoomed(13, 0.3, 17, 1.2)}, minzoom=13),
    ]
    return layers


# width of the roadway by zoom and hierarchy, and what the casing adds
ROAD_WIDTH = {
    "regional": (6, 0.5, 8, 1.0, 10, 1.9, 12, 3.4, 14, 7.5, 16, 20, 18, 66), "primaria": (8, 0.5, 10, 1.2, 12, 2.6, 14, 6, 16, 16, 18, 50),
    "secundaria": (9, 0.4, 10, 0.7, 12, 1.7, 14, 4.4, 16, 12, 18, 36), "colectora": (11, 0.4, 12, 0.8, 14, 3.2, 16, 9, 18, 28),
    "local": (12.5, 0.3, 13, 0.6, 14, 1.7, 15, 3.6, 16, 6.8, 18, 21),
}
CASING = {"regional": 1.6, "primaria": 1.4, "secundaria": 1.3, "colectora": 1.2, "local": 1.0}
ROAD_ZOOM = {"regional": 6, "primaria": 8, "secundaria": 9, "colectora": 11, "local": 12.5}
CASING_ZOOM = {"regional": 9, "primaria": 10, "secundaria": 11.5, "colectora": 13, "local": 14}

ROADS_FULL = {"regional": ("#f6d58f", "#c99a4e"), "primaria": ("#fbe6b8", "#cfae72"), "secundaria": ("#ffffff", "#c4baa8"),
              "colectora": ("#ffffff", "#cfc7b8"), "local": ("#ffffff", "#dad3c6")}
ROADS_QUIET = {"regional": ("#ffffff", "#bdb4a4"), "primaria": ("#ffffff", "#c6beb0"), "secundaria": ("#ffffff", "#cec7ba"),
               "colectora": ("#ffffff", "#d6d0c4"), "local": ("#fdfcfa", "#ded8cd")}
ROAD_TITLES = {"regional": es("Vía regional y periférico", "Regional road and ring road"), "primaria": es("Vialidad primaria", "Primary street"),
               "secundaria": es("Vialidad secundaria", "Secondary street"), "colectora": es("Vialidad colectora", "Collector street"),
               "local": es("Calle local", "Local street")}


def road_width(kind, add=0.0):
    stops = ROAD_WIDTH[kind]
    return zoomed(*[round(v + add, 2) if i % 2 else v for i, v in enumerate(stops)])


def roads(colors, legend=False, opacity=None, low="#b9ae9c"):
    """Casings first, from the least street to the greatest, then the roadways."""
    layers = []
    line = {"line-join": "round", "line-cap": "round"}
    for kind in reversed(HIERARCHY):
        paint = {"line-color": colors[kind][1], "line-width": road_width(kind, CASING[kind])}
        start = CASING_ZOOM[kind]
        paint["line-opacity"] = faded(start, 0, start + 0.7, opacity or 1)
        layers.append(layer(f"vialidad-{kind}-borde", "line", "vialidades", paint,
                            {"line-join": "round", "line-cap": "butt"}, is_("jerarquia", kind), minzoom=start,
                            legend={"title": ROAD_TITLES[kind]} if legend else None))
    for kind in reversed(HIERARCHY):
        start = CASING_ZOOM[kind]
        color = colors[kind][0]
        if kind in ("regional", "primaria", "secundaria"):  # darker while there is no casing
            color = faded(start - 0.5, colors[kind][1] if kind != "secundaria" else low, start + 1.0, colors[kind][0])
        paint = {"line-color": color, "line-width": road_width(kind)}
        if opacity:
            paint["line-opacity"] = opacity
        layers.append(layer(f"vialidad-{kind}", "line", "vialidades", paint, line, is_("jerarquia", kind), minzoom=ROAD_ZOOM[kind],
                            legend={"title": ROAD_TITLES[kind]} if legend else None))
    return layers


def limits(legend=False):
    title = {"title": es("Límite municipal", "Municipal limit")} if legend else None
    return [
        layer("limite-municipal-halo", "line", "municipios", {"line-color": LIMIT, "line-opacity": 0.16, "line-width": zoomed(5, 1.5, 10, 4, 14, 7)},
              {"line-join": "round"}, legend=title),
        layer("limite-municipal", "line", "municipios", {"line-color": LIMIT, "line-width": zoomed(5, 0.5, 10, 1.0, 14, 1.6), "line-dasharray": [4, 2, 1, 2],
                                                          "line-opacity": faded(11, 0.95, 14, 0.6)},
              {"line-join": "round"}, legend=title),
    ]


def street_labels(color=INK_SOFT, halo=HALO, quiet=False):
    """Names along the streets, the greater streets first in rank."""
    layers = []
    for kind, start, sizes, font, spacing in (
            ("local", 15.2, (15, 9, 18, 13), REGULAR, 260), ("colectora", 14.2, (14, 9.5, 18, 14), REGULAR, 300),
            ("secundaria", 13, (13, 9.5, 18, 15), REGULAR, 340), ("primaria", 12, (12, 10, 18, 16), SEMIBOLD, 380),
            ("regional", 11.2, (11, 10, 18, 16), SEMIBOLD, 420)):
        layers.append(layer(f"rotulo-{kind}", "symbol", "vialidades",
                            {"text-color": color if kind in ("local", "colectora") or quiet else INK, "text-halo-color": halo, "text-halo-width": 1.4},
                            {"symbol-placement": "line", "symbol-spacing": spacing, "text-field": ["get", "nombre"], "text-font": font,
                             "text-size": faded(*sizes), "text-padding": 4, "text-max-angle": 32},
                            is_("jerarquia", kind), minzoom=start + (0.6 if quiet and kind != "regional" else 0)))
    return layers


def place_labels(colonias=True, colonia_zoom=12.8):
    layers = [
        layer("rotulo-canales", "symbol", "canales", {"text-color": INK_WATER, "text-halo-color": HALO, "text-halo-width": 1.2},
              {"symbol-placement": "line", "symbol-spacing": 500, "text-field": ["get", "nombre"], "text-font": ITALIC, "text-size": faded(12, 9.5, 16, 12)},
              is_("tipo", "canal principal"), minzoom=12),
        layer("rotulo-areas-verdes", "symbol", "areas_verdes", {"text-color": INK_PARK, "text-halo-color": "#f4f8ec", "text-halo-width": 1.3},
              {"text-field": ["get", "nombre"], "text-font": ITALIC, "text-size": faded(13, 9.5, 17, 12.5), "text-max-width": 7},
              minzoom=15.4),
        layer("rotulo-parques-grandes", "symbol", "areas_verdes", {"text-color": INK_PARK, "text-halo-color": "#f4f8ec", "text-halo-width": 1.3},
              {"text-field": ["get", "nombre"], "text-font": ITALIC, "text-size": faded(12, 9.5, 15, 12), "text-max-width": 7},
              [">", ["get", "area_m2"], 40000], minzoom=12.8, maxzoom=15.4),
        layer("rotulo-rio", "symbol", "canales", {"text-color": INK_WATER, "text-halo-color": "#f3ecd8", "text-halo-width": 1.2},
              {"symbol-placement": "line", "symbol-spacing": 520, "text-field": ["get", "nombre"], "text-font": ITALIC, "text-letter-spacing": 0.12,
               "text-size": faded(9, 10, 13, 13, 17, 18), "text-max-angle": 40}, is_("tipo", "eje de río"), minzoom=9),
    ]
    layers += [
        layer("rotulo-cerros", "symbol", "lugares", {"text-color": "#7d6448", "text-halo-color": "#f4ecde", "text-halo-width": 1.3},
              {"text-field": ["get", "nombre"], "text-font": ITALIC, "text-letter-spacing": 0.08, "text-size": faded(9, 9.5, 14, 13), "text-max-width": 7},
              any_of("tipo", ["cerro", "sierra"]), minzoom=9, maxzoom=16),
        layer("rotulo-lugares", "symbol", "lugares", {"text-color": "#6a5a72", "text-halo-color": HALO, "text-halo-width": 1.4},
              {"text-field": ["get", "nombre"], "text-font": REGULAR, "text-size": faded(12.5, 9.5, 16, 13), "text-max-width": 8},
              ["!", any_of("tipo", ["cerro", "sierra"])], minzoom=12.7),
    ]
    if colonias:
        layers.append(layer(
            "rotulo-colonias", "symbol", "colonias", {"text-color": "#5f5648", "text-halo-color": HALO, "text-halo-width": 1.4,
                                                      "text-opacity": faded(colonia_zoom, 0.75, colonia_zoom + 1, 1)},
            {"text-field": ["get", "nombre"], "text-font": SEMIBOLD, "text-transform": "uppercase", "text-letter-spacing": 0.06,
             "text-size": faded(12, 8.5, 15, 11.5, 17, 14), "text-max-width": 8, "text-padding": 6},
            ["!", any_of("tipo", ["ejido", "pueblo"])], minzoom=colonia_zoom, maxzoom=17.2))
    return layers


def town_labels():
    """Names of towns and cities, over everything else."""
    far = {"text-color": INK, "text-halo-color": HALO, "text-halo-width": 1.8}
    return [
        layer("rotulo-ejidos", "symbol", "localidades", {"text-color": INK_SOFT, "text-halo-color": HALO, "text-halo-width": 1.3},
              {"text-field": ["get", "nombre"], "text-font": REGULAR, "text-size": faded(10.5, 9.5, 14, 13), "text-max-width": 8, "text-padding": 4},
              is_("rango", 4), minzoom=10.4, maxzoom=15.5),
        layer("rotulo-pueblos", "symbol", "localidades", {"text-color": INK, "text-halo-color": HALO, "text-halo-width": 1.4},
              {"text-field": ["get", "nombre"], "text-font": REGULAR, "text-size": faded(9, 9.5, 14, 14), "text-max-width": 8, "text-padding": 4},
              is_("rango", 3), minzoom=9.4, maxzoom=15.5),
        # Far out the four names stand around their cities, which are closer to each other than the names are long.
        layer("rotulo-ciudades-lejos", "symbol", "localidades", far,
              {"text-field": ["get", "nombre"], "text-font": BOLD, "text-size": faded(7, 9.5, 9, 11.5),
               "text-anchor": ["match", ["get", "nombre"], "Gómez Palacio", "bottom-right", "Lerdo", "top-right", "left"],
               "text-max-width": 20, "text-padding": 2}, is_("rango", 2), minzoom=7, maxzoom=10),
        layer("rotulo-torreon-lejos", "symbol", "localidades", far,
              {"text-field": ["get", "nombre"], "text-font": BOLD, "text-size": faded(4, 10, 9, 15), "text-anchor": "top-left", "text-padding": 2},
              is_("rango", 1), minzoom=4, maxzoom=10),
        layer("rotulo-ciudades", "symbol", "localidades", far,
              {"text-field": ["get", "nombre"], "text-font": BOLD,
               "text-size": ["interpolate", ["linear"], ["zoom"], 10, ["match", ["get", "rango"], 1, 17, 13], 13, ["match", ["get", "rango"], 1, 24, 19]],
               "text-max-width": 9, "text-padding": 3}, ["<=", ["get", "rango"], 2], minzoom=10, maxzoom=13),
    ]


# -- putting a map together --------------------------------------------------------------------------------------------


def base(theme_layers=(), above=(), top=(), colonias=False):
    """Ground, theme, quiet streets, limits, labels; `above` lies over the streets, `top` over the names too."""
    return (ground() + list(theme_layers) + roads(ROADS_QUIET) + limits() + list(above) + street_labels(quiet=True) +
            place_labels(colonias) + list(top) + town_labels())


def a_map(title, description, theme, layers, popup, center=CENTER, zoom=13, minzoom=5, maxzoom=19, keywords=()):
    sources = []
    for one in layers:
        if one.get("source") and one["source"] not in sources:
            sources.append(one["source"])
    return {
        "version": 8, "name": title["es"],
        "metadata": {"tesela:map": {
            "title": title, "description": description, "theme": theme, "source": SOURCE, "date": DATE, "legal": LEGAL, "state": "publicar",
            "center": list(center), "zoom": zoom, "minzoom": minzoom, "maxzoom": maxzoom, "keywords": list(keywords), "popup": popup}},
        "center": list(center), "zoom": zoom - 1,
        "sources": {s: {"type": "vector", "url": "tesela://" + s} for s in sorted(sources)},
        "glyphs": "/fonts/{fontstack}/{range}.pbf",
        "layers": layers,
    }


DEMO = " Datos de demostración (ficticios)."
DEMO_EN = " Demonstration data (fictitious)."
P_COLONIA = {"title": "nombre", "fields": ["tipo", "municipio", "pobtot", "densidad", "area_ha"]}
P_STREET = {"title": "nombre", "fields": ["jerarquia", "sentido", "carriles", "vel_max", "recubrimie"]}
P_PARK = {"title": "nombre", "fields": ["tipo", "area_m2", "estado"]}
P_TOWN = {"title": "nombre", "fields": ["nom_mun", "ambito", "pobtot"]}


def base_map():
    layers = ground(legend=True) + roads(ROADS_FULL, legend=True) + limits(legend=True) + street_labels() + place_labels(True) + town_labels()
    return a_map(es("Mapa base de La Laguna", "Base map of La Laguna"),
                 es("Calles por jerarquía, manzanas, parques, el cauce del Nazas, los canales de riego y los cuatro municipios de la zona metropolitana. "
                    "Sirve de fondo a los demás mapas y para orientarse: acérquese para ver los nombres de colonias y calles." + DEMO,
                    "Streets by hierarchy, blocks, parks, the bed of the Nazas, irrigation canals and the four municipalities of the metropolitan area. "
                    "The ground of all other maps: zoom in for the names of neighbourhoods and streets." + DEMO_EN),
                 "Inventario urbano", layers,
                 {"vialidades": P_STREET, "colonias": P_COLONIA, "areas_verdes": P_PARK, "localidades": P_TOWN,
                  "municipios": {"title": "NOMGEO", "fields": ["NOM_ENT", "POBTOT", "AREA_KM2"]}},
                 keywords=["mapa base", "calles", "manzanas"])


COLONIA_KINDS = [("colonia", "#cfdcec", es("Colonia", "Neighbourhood")), ("fraccionamiento", "#e7d9ec", es("Fraccionamiento", "Development")),
                 ("colonia popular", "#f6e0c4", es("Colonia popular", "Working-class neighbourhood")), ("industrial", "#d9d7d2", es("Parque o zona industrial", "Industrial estate")),
                 ("pueblo", "#dbe8cf", es("Pueblo", "Town")), ("ejido", "#ecebc6", es("Ejido", "Ejido village"))]


def colonias_map():
    kinds = [v for k, c, _ in COLONIA_KINDS for v in (k, c)]
    labels = {k: t for k, _, t in COLONIA_KINDS}
    labels["*"] = False
    theme = [
        layer("colonias", "fill", "colonias", {"fill-color": ["match", ["get", "tipo"]] + kinds + ["#e5e5e5"], "fill-opacity": faded(9, 0.95, 13, 0.82, 16, 0.55)},
              legend={"title": es("Tipo de asentamiento", "Kind of settlement"), "labels": labels}, minzoom=6),
    ]
    above = [
        layer("colonias-borde-claro", "line", "colonias", {"line-color": "#ffffff", "line-width": zoomed(10, 0.6, 13, 3, 16, 6), "line-opacity": 0.8},
              {"line-join": "round"}, minzoom=10.5),
        layer("colonias-borde", "line", "colonias", {"line-color": "#6b5b7b", "line-width": zoomed(9, 0.25, 11, 0.6, 13, 1.2, 16, 2.4),
                                                     "line-opacity": faded(9, 0.5, 12, 0.95)}, {"line-join": "round"}, minzoom=9,
              legend={"title": es("Límite de colonia", "Neighbourhood limit")}),
    ]
    layers = ground() + theme + roads(ROADS_QUIET, opacity=0.75) + limits() + above + street_labels(quiet=True)[1:] + place_labels(False) + town_labels()
    layers.append(layer("rotulo-colonias", "symbol", "colonias", {"text-color": "#43384f", "text-halo-color": HALO, "text-halo-width": 1.6},
                        {"text-field": ["get", "nombre"], "text-font": SEMIBOLD, "text-size": faded(11.5, 9, 14, 12.5, 17, 17), "text-max-width": 7,
                         "text-padding": 3}, ["!", any_of("tipo", ["ejido", "pueblo"])], minzoom=11.6))
    return a_map(es("Colonias", "Neighbourhoods"),
                 es("Límites y nombres de las colonias, fraccionamientos, parques industriales, pueblos y ejidos de los cuatro municipios. "
                    "Toque una colonia para ver cuántas personas viven en ella, su densidad y su escolaridad." + DEMO,
                    "Limits and names of neighbourhoods, developments, industrial estates, towns and villages of the four municipalities. "
                    "Touch one to see how many people live there, its density and schooling." + DEMO_EN),
                 "Inventario urbano", layers,
                 {"colonias": {"title": "nombre", "fields": ["tipo", "municipio", "cod_postal", "pobtot", "p_0a14", "p_65ymas", "graproes", "vivtot",
                                                             "vph_inter", "vph_autom", "area_ha", "densidad"]}}, zoom=14, keywords=["colonias", "límites"])


ZONES = [
    ("H1", "#fff5b8", es("H1 Habitacional densidad muy baja", "H1 Housing, very low density")), ("H2", "#fde98f", es("H2 Habitacional densidad baja", "H2 Housing, low density")),
    ("H3", "#fbd35c", es("H3 Habitacional densidad media", "H3 Housing, medium density")), ("H5", "#f0ae36", es("H5 Habitacional densidad alta", "H5 Housing, high density")),
    ("H6", "#d98a24", es("H6 Habitacional densidad muy alta", "H6 Housing, very high density")), ("HB", "#dcbf98", es("HB Habitacional de barrio", "HB Traditional quarter")),
    ("HE", "#c3b46c", es("HE Habitacional ejidal", "HE Village housing")),
    ("M1", "#fdd2c6", es("M1 Uso mixto de intensidad baja", "M1 Mixed use, low intensity")), ("M2", "#ec8d78", es("M2 Uso mixto de intensidad media", "M2 Mixed use, medium intensity")),
    ("M3", "#cf5743", es("M3 Uso mixto de intensidad alta", "M3 Mixed use, high intensity")), ("ZC", "#8f2f3b", es("ZC Zona centro", "ZC City centre")),
    ("CU11", "#f5c3dc", es("CU11 Corredor urbano de barrio", "CU11 Local corridor")), ("CU12", "#e68bb9", es("CU12 Corredor urbano distrital", "CU12 District corridor")),
    ("CU2", "#cb4f93", es("CU2 Corredor urbano metropolitano", "CU2 Metropolitan corridor")), ("CU3", "#95246b", es("CU3 Corredor urbano regional", "CU3 Regional corridor")),
    ("S", "#a48f7a", es("S Servicios", "S Services")),
    ("IL", "#cfc2e4", es("IL Industria ligera", "IL Light industry")), ("IM", "#a593cd", es("IM Industria mediana", "IM Medium industry")),
    ("IP", "#7263a8", es("IP Industria pesada", "IP Heavy industry")), ("IE", "#43326f", es("IE Industria con estudio especial", "IE Industry, special study")),
    ("EE", "#9cc7ee", es("EE Equipamiento de educación", "EE Education")), ("ES", "#6ca6d8", es("ES Equipamiento de salud", "ES Health")),
    ("ECL", "#3f7fc0", es("ECL Equipamiento de cultura", "ECL Culture")), ("ERD", "#8fcfc6", es("ERD Recreación y deporte", "ERD Recreation and sport")),
    ("ECA", "#2c817b", es("ECA Comercio y abasto", "ECA Markets and supply")), ("ECT", "#8b98a8", es("ECT Comunicaciones y transporte", "ECT Communications and transport")),
    ("EAP", "#2456a6", es("EAP Administración pública", "EAP Public administration")), ("EAS", "#d6edf9", es("EAS Asistencia social", "EAS Social assistance")),
    ("EI", "#5d6b7c", es("EI Infraestructura", "EI Infrastructure")),
    ("AV", "#5ba64b", es("AV Área verde", "AV Green area")), ("AR", "#c8ecc0", es("AR Área de restricción por cauce", "AR River reserve")),
    ("AI", "#a9ad52", es("AI Área de amortiguamiento industrial", "AI Industrial buffer")),
]
DARK_ZONES = ["ZC", "CU3", "CU2", "IP", "IE", "ECL", "EAP", "EI", "M3", "ECA"]


# What stays apart for those who see colours less well: industry, green areas, facilities.
HATCHES = [(["IL", "IM", "IP", "IE"], "trama-diagonal"), (["AV", "AR", "AI", "ERD"], "trama-puntos"), (["EE", "ES", "ECL", "ECA", "ECT", "EAP", "EAS", "EI"], "trama-cruz")]


def zoning_map():
    fills = [v for k, c, _ in ZONES for v in (k, c)]
    labels = {k: t for k, _, t in ZONES}
    labels["*"] = False
    theme = [
        layer("zonas", "fill", "zonificacion", {"fill-color": ["match", ["get", "clave"]] + fills + ["#e5e5e5"], "fill-opacity": faded(9, 1, 15, 0.9)},
              legend={"title": es("Zonificación secundaria", "Secondary zoning"), "labels": labels}, minzoom=6),
        layer("zonas-trama", "fill", "zonificacion",
              {"fill-pattern": ["match", ["get", "clave"]] + [v for keys, hatch in HATCHES for v in (keys, hatch)] + [HATCHES[0][1]], "fill-opacity": faded(11.5, 0, 13, 0.8)},
              filter_=any_of("clave", [k for keys, _ in HATCHES for k in keys]), minzoom=11.5),
    ]
    above = [
        layer("zonas-borde-claro", "line", "zonificacion", {"line-color": "#ffffff", "line-width": zoomed(13, 0.8, 16, 3.4), "line-opacity": 0.65},
              {"line-join": "round"}, minzoom=13),
        layer("zonas-borde", "line", "zonificacion", {"line-color": "#4b4740", "line-width": zoomed(11, 0.2, 13, 0.6, 16, 1.2), "line-opacity": faded(11, 0, 12.5, 0.75)},
              {"line-join": "round"}, minzoom=11, legend={"title": es("Límite de zona", "Zone limit")}),
    ]
    layers = (ground(blocks=False) + theme + roads(ROADS_QUIET, opacity=0.6, low="#f3efe6") + limits() + above + street_labels(quiet=True) + place_labels(False) + town_labels() +
              [layer("rotulo-zonas", "symbol", "zonificacion",
                     {"text-color": ["match", ["get", "clave"], DARK_ZONES, "#ffffff", "#2f2b25"],
                      "text-halo-color": ["match", ["get", "clave"], DARK_ZONES, "#3a3440", "#ffffff"], "text-halo-width": 1.2},
                     {"text-field": ["get", "clave"], "text-font": BOLD, "text-size": faded(13, 9, 16, 13, 18, 16), "text-padding": 2}, None, minzoom=13)])
    return a_map(es("Zonificación secundaria", "Secondary zoning"),
                 es("Uso del suelo permitido en cada zona: habitacional por densidad, mixto, corredores urbanos, industria, equipamiento y áreas verdes. "
                    "Toque una zona para conocer su clave y los límites de construcción (COS, CUS, niveles y lote mínimo)." + DEMO,
                    "Permitted land use of each zone: housing by density, mixed use, corridors, industry, facilities and green areas. "
                    "Touch a zone for its key and building limits." + DEMO_EN),
                 "Planes y programas", layers,
                 {"zonificacion": {"title": "uso", "fields": ["clave", "familia", "cos_max", "cus_max", "niv_max", "lote_min", "area_ha"]}}, zoom=14,
                 keywords=["uso de suelo", "zonificación", "PDDU"])


SCHOOLS = [("preescolar", "#e3a21a", es("Preescolar", "Pre-school")), ("primaria", "#d1495b", es("Primaria", "Primary")), ("secundaria", "#7b4fa3", es("Secundaria", "Lower secondary")),
           ("media superior", "#1f78a4", es("Media superior", "Upper secondary")), ("superior", "#0b5d4e", es("Superior", "University"))]


def schools_map():
    colors = [v for k, c, _ in SCHOOLS for v in (k, c)]
    labels = {k: t for k, _, t in SCHOOLS}
    labels["*"] = False

    def points(id_, levels, sector, title, small, big):
        private = sector == "privado"
        fill = ["match", ["get", "nivel"]] + colors + ["#888888"]
        return layer(id_, "circle", "centros_educativos",
                     {"circle-color": "#ffffff" if private else fill, "circle-stroke-color": fill if private else "#ffffff",
                      "circle-stroke-width": zoomed(9, 0.4, 13, 1.4, 17, 2.6) if private else zoomed(9, 0.2, 13, 0.9, 17, 1.6),
                      "circle-radius": zoomed(9, small * 0.35, 12, small * 0.62, 14, small, 18, big)},
                     filter_=["all", any_of("nivel", levels), is_("sector", sector)], minzoom=8,
                     legend={"title": title, "labels": {**{k: v for k, v in labels.items() if k in levels}, **{k: False for k in labels if k not in levels}}})
    basic, higher = ["preescolar", "primaria", "secundaria"], ["media superior", "superior"]
    above = [
        points("escuelas-basica-publicas", basic, "público", es("Educación básica, pública", "Basic education, public"), 4.2, 9),
        points("escuelas-basica-privadas", basic, "privado", es("Educación básica, privada", "Basic education, private"), 3.6, 8),
        points("escuelas-superior-publicas", higher, "público", es("Media superior y superior, pública", "Upper secondary and university, public"), 6, 12),
        points("escuelas-superior-privadas", higher, "privado", es("Media superior y superior, privada", "Upper secondary and university, private"), 5.2, 11),
    ]
    name = layer("rotulo-escuelas", "symbol", "centros_educativos", {"text-color": "#2f2b25", "text-halo-color": HALO, "text-halo-width": 1.5},
                 {"text-field": ["get", "nombre"], "text-font": REGULAR, "text-size": faded(15, 9.5, 18, 12.5), "text-anchor": "top", "text-offset": [0, 0.75],
                  "text-max-width": 9, "text-padding": 3}, None, minzoom=15)
    layers = base(top=above, colonias=True) + [name]
    return a_map(es("Centros educativos", "Schools"),
                 es("Escuelas públicas (punto lleno) y privadas (anillo) por nivel, de preescolar a superior. Toque un punto para ver su turno, su matrícula y "
                    "su plantilla docente; acérquese para leer los nombres." + DEMO,
                    "Public (solid) and private (ring) schools by level, from pre-school to university. Touch a point for its shift, students and teachers." + DEMO_EN),
                 "Inventario urbano", layers,
                 {"centros_educativos": {"title": "nombre", "fields": ["nivel", "sector", "turno", "matricula", "docentes", "colonia", "municipio", "cct"]}},
                 zoom=14, keywords=["escuelas", "educación"])


HEALTH = [("hospital", "#a50f3c", es("Hospital", "Hospital"), 7.5), ("unidad de medicina familiar", "#1769aa", es("Unidad de medicina familiar", "Family medicine unit"), 6),
          ("centro de salud", "#0f8a7e", es("Centro de salud", "Health centre"), 5), ("clínica privada", "#8a6d1f", es("Clínica privada", "Private clinic"), 4.4)]


HEALTH_ICONS = [("hospital", "maki:hospital"), ("unidad de medicina familiar", "maki:doctor"), ("centro de salud", "maki:heart"), ("clínica privada", "maki:pharmacy")]


def health_map():
    labels = {k: t for k, _, t, _ in HEALTH}
    labels["*"] = False
    sizes = [v for k, _, _, s in HEALTH for v in (k, s)]

    def size(factor):
        return ["*", factor, ["match", ["get", "tipo"]] + sizes + [4]]
    above = [layer("salud", "circle", "salud", {
        "circle-color": ["match", ["get", "tipo"]] + [v for k, c, _, _ in HEALTH for v in (k, c)] + ["#888888"],
        "circle-radius": ["interpolate", ["exponential", 1.5], ["zoom"], 8, size(0.3), 12, size(0.75), 15, size(1.1), 18, size(1.7)],
        "circle-stroke-color": "#ffffff", "circle-stroke-width": zoomed(9, 0.4, 14, 1.4, 18, 2.2)},
        layout={"circle-sort-key": ["match", ["get", "tipo"], "hospital", 3, "unidad de medicina familiar", 2, "centro de salud", 1, 0]},
        minzoom=8, legend={"title": es("Unidades de salud", "Health facilities"), "labels": labels})]
    above.append(layer("salud-icono", "symbol", "salud", {"icon-color": "#ffffff"},
                       {"icon-image": ["match", ["get", "tipo"]] + [v for k, icon in HEALTH_ICONS for v in (k, icon)] + ["maki:doctor"],
                        "icon-size": ["interpolate", ["exponential", 1.5], ["zoom"], 12, size(0.0675), 15, size(0.099), 18, size(0.153)], "icon-allow-overlap": True,
                        "icon-ignore-placement": True}, minzoom=14))
    names_ = [layer("rotulo-salud", "symbol", "salud", {"text-color": "#2f2b25", "text-halo-color": HALO, "text-halo-width": 1.5},
                    {"text-field": ["get", "nombre"], "text-font": REGULAR, "text-size": faded(14, 9.5, 18, 12.5), "text-anchor": "top", "text-offset": [0, 0.8],
                     "text-max-width": 9}, None, minzoom=14.2),
              layer("rotulo-hospitales", "symbol", "salud", {"text-color": "#7c0b2d", "text-halo-color": HALO, "text-halo-width": 1.6},
                    {"text-field": ["get", "nombre"], "text-font": SEMIBOLD, "text-size": faded(12, 9.5, 16, 13), "text-anchor": "top", "text-offset": [0, 0.9],
                     "text-max-width": 9}, is_("tipo", "hospital"), minzoom=12.2, maxzoom=14.2)]
    return a_map(es("Infraestructura de salud", "Health facilities"),
                 es("Hospitales, unidades de medicina familiar, centros de salud y clínicas privadas, con la institución a la que pertenecen. "
                    "Toque una unidad para saber si atiende urgencias y cuántos consultorios tiene." + DEMO,
                    "Hospitals, family medicine units, health centres and private clinics with their institution. Touch one to see whether it takes emergencies." + DEMO_EN),
                 "Inventario urbano", base(top=above, colonias=True) + names_,
                 {"salud": {"title": "nombre", "fields": ["tipo", "institucion", "urgencias", "camas", "consultorios", "colonia", "municipio"]}}, zoom=13,
                 keywords=["salud", "hospitales"])


ROUTE_COLORS = [("Ruta Norte", "#b2182b"), ("Ruta Sur", "#2166ac"), ("Ruta Centro", "#1b7837"), ("Dorada", "#b58900"), ("Jacarandas", "#762a83"), ("Campo Alianza", "#e66101"),
                ("San Joaquín", "#01665e"), ("Polvorera", "#8c510a"), ("Periférico", "#3f51b5"), ("Torreón-Gómez-Lerdo", "#d6006e"), ("Torreón-Matamoros", "#5d4037"),
                ("Santa Rosa", "#00838f"), ("Campestre", "#7cb342"), ("Lerdo-Ciudad Juárez", "#ad1457"), ("San Pedro", "#455a64"), ("Esmeralda", "#827717")]


def routes_map():
    labels = {k: es(k, k) for k, _ in ROUTE_COLORS}
    labels["*"] = False
    colors = ["match", ["get", "ruta"]] + [v for pair in ROUTE_COLORS for v in pair] + ["#777777"]
    # Routes on one street lie side by side: each has a drawing lane from −2 to 2.
    shift = ["interpolate", ["exponential", 1.4], ["zoom"], 9, 0, 11, ["*", 1.1, ["get", "desfase"]], 14, ["*", 3.1, ["get", "desfase"]], 18, ["*", 7, ["get", "desfase"]]]
    line = {"line-join": "round", "line-cap": "round"}
    above = [
        layer("rutas-borde", "line", "rutas_transporte", {"line-color": "#ffffff", "line-width": zoomed(9, 1.2, 11, 2.4, 14, 4.6, 18, 9), "line-offset": shift, "line-opacity": 0.9},
              line, minzoom=9, legend={"title": es("Rutas", "Routes"), "labels": labels}),
        layer("rutas", "line", "rutas_transporte", {"line-color": colors, "line-width": zoomed(7, 0.6, 9, 0.9, 11, 1.6, 14, 3.0, 18, 6.2), "line-offset": shift},
              line, minzoom=7, legend={"title": es("Rutas", "Routes"), "labels": labels}),
    ]
    name = layer("rotulo-rutas", "symbol", "rutas_transporte", {"text-color": colors, "text-halo-color": HALO, "text-halo-width": 1.8},
                 {"symbol-placement": "line", "symbol-spacing": 420, "text-field": ["concat", ["get", "ruta"], " · ", ["get", "ramal"]], "text-font": SEMIBOLD,
                  "text-size": faded(12, 9.5, 16, 12.5), "text-padding": 12, "text-max-angle": 30}, None, minzoom=12.4)
    return a_map(es("Rutas de transporte público", "Bus routes"),
                 es("Recorrido de las rutas de autobús y sus ramales. Donde varias rutas comparten una calle se dibujan lado a lado. Toque una línea para ver "
                    "cada cuánto pasa, con cuántas unidades cuenta y cuánto mide." + DEMO,
                    "The bus routes and their branches. Where routes share a street they are drawn side by side. Touch a line for headway, vehicles and length." + DEMO_EN),
                 "Movilidad", base(above=above, colonias=True) + [name],
                 {"rutas_transporte": {"title": "ruta", "fields": ["ramal", "intervalo", "unidades", "long_km"]}}, zoom=13, keywords=["autobuses", "transporte público"])


INFRA = {"regional": ("#8c1d40", 1.25), "primaria": ("#d9542b", 1.1), "secundaria": ("#e9a13b", 1.0), "colectora": ("#6aa9b5", 0.7), "local": ("#b8b4ac", 0.5)}


def infrastructure_map():
    layers = ground()
    line = {"line-join": "round", "line-cap": "round"}
    for kind in reversed(HIERARCHY):
        if kind in ("regional", "primaria", "secundaria"):
            layers.append(layer(f"via-{kind}-borde", "line", "vialidades", {"line-color": "#ffffff", "line-opacity": 0.85, "line-width": road_width(kind, 1.6)},
                                {"line-join": "round"}, is_("jerarquia", kind), minzoom=10, legend={"title": ROAD_TITLES[kind]}))
    for kind in reversed(HIERARCHY):
        color, factor = INFRA[kind]
        stops = [round(v * factor * (0.62 if i > len(ROAD_WIDTH[kind]) - 5 else 1), 2) if i % 2 else v for i, v in enumerate(ROAD_WIDTH[kind])]
        layers.append(layer(f"via-{kind}", "line", "vialidades", {"line-color": color, "line-width": zoomed(*stops)}, line, is_("jerarquia", kind),
                            minzoom={"regional": 6, "primaria": 7.5, "secundaria": 8.5, "colectora": 10.5, "local": 12.5}[kind], legend={"title": ROAD_TITLES[kind]}))
    layers.append(layer("via-puente", "line", "vialidades", {"line-color": "#1f1f1f", "line-width": zoomed(10, 0.8, 13, 1.4, 16, 3), "line-gap-width": zoomed(10, 1.5, 13, 4.5, 16, 14)},
                        {"line-cap": "butt"}, is_("puente", "sí"), minzoom=11, legend={"title": es("Puente sobre el Nazas", "Bridge over the Nazas")}))
    layers += limits()
    layers.append(layer("semaforos", "circle", "semaforos",
                        {"circle-color": ["match", ["get", "tipo"], "vehicular y peatonal", "#1b6e53", "#ffffff"], "circle-stroke-color": "#1b6e53",
                         "circle-radius": zoomed(12, 1.2, 14, 3, 18, 7), "circle-stroke-width": zoomed(12, 0.6, 16, 2)},
                        minzoom=12.8, legend={"title": es("Cruce con semáforo", "Traffic lights"),
                                            "labels": {"vehicular y peatonal": es("Con fase peatonal", "With pedestrian phase"), "*": es("Sólo vehicular", "Vehicles only")}}))
    layers += street_labels() + place_labels(False) + town_labels()
    return a_map(es("Infraestructura vial", "Street infrastructure"),
                 es("Jerarquía de la red vial, desde las vías regionales y el periférico hasta las calles locales, con los puentes sobre el Nazas y los cruces "
                    "semaforizados. Toque una calle para ver sus carriles, sentido, velocidad máxima y recubrimiento." + DEMO,
                    "Hierarchy of the street network from regional roads to local streets, with bridges and traffic lights. Touch a street for its lanes, direction and speed limit." + DEMO_EN),
                 "Inventario urbano", layers, {"vialidades": {"title": "nombre", "fields": ["tipo", "jerarquia", "sentido", "carriles", "vel_max", "recubrimie", "camellon", "ancho_m"]},
                                               "semaforos": {"title": "cruce", "fields": ["tipo", "sincroniza", "cruce_peat"]}}, zoom=13, keywords=["vialidad", "jerarquía vial"])


CYCLE = [("confinada", "#0b6e4f", es("Confinada", "Separated")), ("carril exclusivo", "#2b9b6a", es("Carril exclusivo", "Exclusive lane")),
         ("compartida con peatones", "#2c7fb8", es("Compartida con peatones", "Shared with pedestrians")), ("prioridad ciclista", "#8cb82b", es("Prioridad ciclista", "Cycle priority street"))]


def cycle_map():
    labels = {k: t for k, _, t in CYCLE}
    labels["*"] = False
    color = ["match", ["get", "tipo"]] + [v for k, c, _ in CYCLE for v in (k, c)] + ["#777777"]
    above = [
        layer("ciclovias-borde", "line", "ciclovias", {"line-color": "#ffffff", "line-width": zoomed(9, 1.8, 12, 4.2, 16, 9)}, {"line-join": "round", "line-cap": "round"},
              minzoom=9),
        layer("ciclovias-proyectadas", "line", "ciclovias", {"line-color": "#c2571a", "line-width": zoomed(8, 0.7, 12, 1.9, 16, 4.2), "line-dasharray": [2.2, 1.4]},
              {"line-join": "round"}, is_("estado", "proyectada"), minzoom=7, legend={"title": es("Ciclovía proyectada", "Planned cycle lane")}),
        layer("ciclovias-existentes", "line", "ciclovias", {"line-color": color, "line-width": zoomed(8, 0.9, 12, 2.6, 16, 5.6)}, {"line-join": "round", "line-cap": "round"},
              is_("estado", "existente"), minzoom=7, legend={"title": es("Ciclovía existente", "Existing cycle lane"), "labels": {**labels, "prioridad ciclista": False}}),
    ]
    name = layer("rotulo-ciclovias", "symbol", "ciclovias", {"text-color": ["match", ["get", "estado"], "existente", "#0b5a41", "#93400f"], "text-halo-color": HALO, "text-halo-width": 1.8},
                 {"symbol-placement": "line", "symbol-spacing": 420, "text-field": ["get", "nombre"], "text-font": SEMIBOLD, "text-size": faded(12, 10, 16, 13), "text-max-angle": 30,
                  "text-offset": [0, -1.0]}, None, minzoom=12)
    return a_map(es("Red ciclista", "Cycle network"),
                 es("Ciclovías existentes según su tipo y tramos proyectados de la red metropolitana. Toque un tramo para saber cuándo se construyó y cuánto mide." + DEMO,
                    "Existing cycle lanes by kind and planned stretches of the metropolitan network. Touch one to see when it was built and its length." + DEMO_EN),
                 "Movilidad", base(above=above, colonias=False) + [name],
                 {"ciclovias": {"title": "nombre", "fields": ["estado", "tipo", "anio", "long_km"]}}, zoom=13, keywords=["ciclovías", "bicicleta"])


def choropleth(field, first, classes, none_title, title, labels=None):
    """`classes`: [(lower end, colour)]; areas without a value are grey, with their own entry in the legend."""
    step = ["step", ["get", field], first] + [v for c in classes for v in c]
    return [
        layer("sin-dato", "fill", "ageb", {"fill-color": "#dcd9d4"}, filter_=["==", ["get", field], None], minzoom=6,
              legend={"title": none_title}),
        layer("clases", "fill", "ageb", {"fill-color": step, "fill-opacity": faded(9, 0.95, 14, 0.86, 17, 0.7)}, filter_=["!=", ["get", field], None], minzoom=6,
              legend={"title": title, **({"labels": labels} if labels else {})}),
        layer("ageb-borde", "line", "ageb", {"line-color": "#ffffff", "line-width": zoomed(10, 0.25, 13, 0.9, 16, 2), "line-opacity": 0.9}, {"line-join": "round"}, minzoom=10),
    ]


def choropleth_map(title, description, theme_name, parts, value, fields, label_from=13.6, keywords=()):
    layers = ground(blocks=False) + parts + roads(ROADS_QUIET, opacity=0.55, low="#ffffff") + limits() + street_labels(quiet=True) + place_labels(False) + town_labels()
    layers.append(layer("rotulo-valor", "symbol", "ageb", {"text-color": "#26221c", "text-halo-color": "#ffffff", "text-halo-width": 1.6},
                        {"text-field": ["to-string", ["get", value]], "text-font": SEMIBOLD, "text-size": faded(13, 10, 17, 15), "text-padding": 4},
                        ["!=", ["get", value], None], minzoom=label_from))
    return a_map(title, description, theme_name, layers, {"ageb": {"title": "cvegeo", "fields": fields}}, zoom=13, keywords=keywords)


NO_DATA = es("Sin dato o sin habitantes", "No data or no inhabitants")


def population_map():
    parts = choropleth("pobtot", "#e3f1ec", [(400, "#bfe0d8"), (900, "#8cc6c0"), (1600, "#559fa9"), (2600, "#2f7690"), (4200, "#1c4c6e")],
                       NO_DATA, es("Población total", "Total population"))
    parts[0]["filter"] = ["<", ["get", "pobtot"], 25]
    parts[1]["filter"] = [">=", ["get", "pobtot"], 25]
    return choropleth_map(es("Población por AGEB", "Population by AGEB"),
                          es("Habitantes de cada área geoestadística básica (AGEB), en seis clases. Toque un área para ver su población por sexo y edad; acérquese para "
                             "leer la cifra de cada una." + DEMO,
                             "Inhabitants of each basic geostatistical area in six classes. Touch an area for its population by sex and age." + DEMO_EN),
                          "Indicadores georreferenciados", parts, "pobtot",
                          ["pobtot", "pobmas", "pobfem", "p_0a14", "p_15a64", "p_65ymas", "densidad", "vivtot", "nom_mun"], keywords=["población", "censo", "AGEB"])


def density_map():
    parts = choropleth("densidad", "#fdf3d7", [(20, "#fadf9f"), (30, "#f3b969"), (40, "#e08a4a"), (55, "#bb5638"), (75, "#7f2a33")],
                       NO_DATA, es("Habitantes por hectárea", "Inhabitants per hectare"))
    return choropleth_map(es("Densidad de población", "Population density"),
                          es("Habitantes por hectárea en cada AGEB. Las densidades altas aparecen en las colonias populares de la periferia y en los barrios; "
                             "el centro y los corredores comerciales se han despoblado." + DEMO,
                             "Inhabitants per hectare in each AGEB." + DEMO_EN),
                          "Indicadores georreferenciados", parts, "densidad", ["densidad", "pobtot", "area_ha", "vivtot", "nom_mun"], keywords=["densidad"])


def schooling_map():
    parts = choropleth("graproes", "#f0eaf5", [(8.5, "#d5c7e4"), (9.5, "#b59dcf"), (10.5, "#9272b6"), (11.5, "#6d4a98"), (13, "#472a70")],
                       NO_DATA, es("Grado promedio de escolaridad (años)", "Average years of schooling"))
    return choropleth_map(es("Grado de escolaridad", "Years of schooling"),
                          es("Años de escuela aprobados en promedio por la población de 15 años y más en cada AGEB: nueve equivalen a secundaria terminada y doce a "
                             "preparatoria." + DEMO, "Average years of schooling of the population aged 15 and over in each AGEB." + DEMO_EN),
                          "Indicadores georreferenciados", parts, "graproes", ["graproes", "pobtot", "pea", "nom_mun"], keywords=["escolaridad", "educación"])


def internet_map():
    parts = choropleth("pct_inter", "#eef4e3", [(50, "#cfe3b4"), (57, "#a3cc86"), (64, "#6dac66"), (72, "#3d8351"), (85, "#1d563c")],
                       NO_DATA, es("Viviendas con internet (%)", "Dwellings with internet (%)"))
    return choropleth_map(es("Viviendas con internet", "Dwellings with internet"),
                          es("Porcentaje de viviendas particulares habitadas que disponen de internet en cada AGEB." + DEMO,
                             "Share of inhabited dwellings with internet in each AGEB." + DEMO_EN),
                          "Indicadores georreferenciados", parts, "pct_inter", ["pct_inter", "vph_inter", "vph_pc", "vph_autom", "tvivhab", "nom_mun"], keywords=["internet", "vivienda"])


PARKS = [("parque urbano", "#2e7d4f", es("Parque urbano", "City park")), ("parque vecinal", "#6fb35a", es("Parque vecinal", "Neighbourhood park")), ("plaza", "#b9a63a", es("Plaza", "Square")),
         ("jardín", "#a9d18e", es("Jardín", "Garden")), ("cancha deportiva", "#3f9fa8", es("Cancha deportiva", "Sports court")), ("unidad deportiva", "#1f6f8b", es("Unidad deportiva", "Sports centre")),
         ("club de golf", "#8fbf8f", es("Club de golf (privado)", "Golf club (private)")), ("área ajardinada", "#c9dfb3", es("Área ajardinada", "Planted area"))]


def parks_map():
    labels = {k: t for k, _, t in PARKS}
    labels["*"] = False
    theme = [
        layer("areas", "fill", "areas_verdes", {"fill-color": ["match", ["get", "tipo"]] + [v for k, c, _ in PARKS for v in (k, c)] + ["#cccccc"]}, minzoom=7,
              legend={"title": es("Áreas verdes por tipo", "Green areas by kind"), "labels": labels}),
        layer("areas-borde", "line", "areas_verdes", {"line-color": "#2f5d33", "line-width": zoomed(10, 0.2, 14, 0.9, 17, 1.6)}, {"line-join": "round"}, minzoom=10),
    ]
    return a_map(es("Áreas verdes", "Green areas"),
                 es("Parques, plazas, jardines y espacios deportivos de la ciudad, por tipo. Toque un espacio para conocer su superficie y su estado de conservación." + DEMO,
                    "Parks, squares, gardens and sports grounds by kind. Touch one for its area and condition." + DEMO_EN),
                 "Medio ambiente", base(theme), {"areas_verdes": P_PARK}, zoom=14, keywords=["parques", "áreas verdes"])


SEVERITY = [("sólo daños", "#e0b23c", es("Sólo daños", "Damage only")), ("con lesionados", "#d9622b", es("Con personas lesionadas", "With injuries")),
            ("con fallecidos", "#5b1a3a", es("Con personas fallecidas", "Fatal"))]


def accidents_map():
    above = []
    for n, (kind, color, title) in enumerate(SEVERITY):
        above.append(layer("incidentes-" + ("danos", "lesionados", "fallecidos")[n], "circle", "incidentes_viales",
                           {"circle-color": color, "circle-opacity": faded(9, 0.45, 13, 0.72, 16, 0.9), "circle-radius": zoomed(8, 0.8 + 0.4 * n, 12, 2.0 + 0.8 * n, 15, 4.2 + 1.4 * n, 18, 8 + 2 * n),
                            "circle-stroke-color": "#ffffff", "circle-stroke-width": zoomed(11, 0, 13, 0.6, 17, 1.4)},
                           filter_=is_("gravedad", kind), minzoom=8, legend={"title": title}))
    return a_map(es("Incidentes viales 2024", "Road accidents 2024"),
                 es("Percances viales registrados durante 2024 según su gravedad. Se concentran en los cruces de las vialidades primarias y en el periférico." + DEMO,
                    "Road accidents of 2024 by severity. They concentrate at the crossings of primary streets and on the ring road." + DEMO_EN),
                 "Movilidad", base(top=above, colonias=False), {"incidentes_viales": {"title": "tipo", "fields": ["gravedad", "fecha", "hora", "lesionados", "vialidad"]}}, zoom=13,
                 keywords=["seguridad vial", "accidentes"])


def wells_map():
    above = [
        layer("pozos-sin-dato", "circle", "pozos", {"circle-color": "#ffffff", "circle-stroke-color": "#6f7c85", "circle-radius": zoomed(9, 2, 13, 4.5, 17, 9),
                                                    "circle-stroke-width": zoomed(9, 0.6, 14, 1.6)}, filter_=["==", ["get", "arsenico"], None], minzoom=8,
              legend={"title": es("Sin análisis", "Not analysed")}),
        layer("pozos", "circle", "pozos",
              {"circle-color": ["step", ["get", "arsenico"], "#4393c3", 0.01, "#f2c14e", 0.025, "#c8452f"], "circle-stroke-color": "#ffffff",
               "circle-radius": ["interpolate", ["exponential", 1.4], ["zoom"], 8, ["interpolate", ["linear"], ["get", "gasto_lps"], 10, 1.2, 80, 2.4],
                                 13, ["interpolate", ["linear"], ["get", "gasto_lps"], 10, 4, 80, 9], 17, ["interpolate", ["linear"], ["get", "gasto_lps"], 10, 8, 80, 18]],
               "circle-stroke-width": zoomed(9, 0.4, 14, 1.4)}, filter_=["!=", ["get", "arsenico"], None], minzoom=8,
              legend={"title": es("Arsénico en el agua (mg/l); el tamaño indica el gasto", "Arsenic in the water (mg/l); size shows the yield"),
                      "labels": {"<": es("Menos de 0.010", "Below 0.010"), "0.01": es("0.010 a 0.025", "0.010 to 0.025"), "0.025": es("Más de 0.025", "Above 0.025")}}),
    ]
    return a_map(es("Pozos y calidad del agua", "Wells and water quality"),
                 es("Pozos de agua potable e industriales por contenido de arsénico. El tamaño del círculo es proporcional al gasto." + DEMO,
                    "Drinking water and industrial wells by arsenic content; the circle grows with the yield." + DEMO_EN),
                 "Medio ambiente", base(top=above, colonias=False), {"pozos": {"title": "nombre", "fields": ["uso", "arsenico", "gasto_lps", "prof_m", "estado"]}}, zoom=12,
                 keywords=["agua", "pozos", "arsénico"])


MAPS = {
    "base": base_map, "colonias": colonias_map, "zonificacion": zoning_map, "centros-educativos": schools_map, "salud": health_map, "rutas-transporte": routes_map,
    "infraestructura-vial": infrastructure_map, "red-ciclista": cycle_map, "poblacion-ageb": population_map, "densidad-poblacion": density_map,
    "grado-escolaridad": schooling_map, "viviendas-internet": internet_map, "areas-verdes": parks_map, "incidentes-viales": accidents_map, "pozos-agua": wells_map,
}


def written(style):
    """JSON that people can read: one line for a short value, indented otherwise."""
    def put(value, indent):
        flat = json.dumps(value, ensure_ascii=False)
        if len(flat) + indent <= 116 or not isinstance(value, (dict, list)):
            return flat
        pad = " " * (indent + 2)
        if isinstance(value, dict):
            return "{\n" + ",\n".join(pad + json.dumps(k, ensure_ascii=False) + ": " + put(v, indent + 2) for k, v in value.items()) + "\n" + " " * indent + "}"
        if all(not isinstance(v, (dict, list)) for v in value) or (value and isinstance(value[0], str) and value[0] in ("match", "step", "interpolate", "case")):
            lines, line = [], ""
            for v in value:
                item = json.dumps(v, ensure_ascii=False)
                if line and len(line) + len(item) + indent > 110:
                    lines.append(line)
                    line = ""
                line += (", " if line else "") + item
            return "[" + (",\n" + pad).join(lines + [line]) + "]"
        return "[\n" + ",\n".join(pad + put(v, indent + 2) for v in value) + "\n" + " " * indent + "]"
    return put(style, 0) + "\n"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    check = "--check" in sys.argv[1:]
    stale = []
    for name, make in MAPS.items():
        path = os.path.join(here, name + ".json")
        text = written(make())
        json.loads(text)
        if check:
            if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
                stale.append(name)
        else:
            with open(path, "w", encoding="utf-8", newline="\n") as out:
                out.write(text)
    for name in stale:
        print(f"styles/{name}.json differs from what styles/make_styles.py writes", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
