#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Makes the layers of the demonstration city in layers/demo/out.

Everything is fictitious: a few hundred coordinates sketched by hand (seeds.py) give the look of the Laguna region, the
rest is drawn by seeded random numbers. Needs python3-gdal (Debian package). The same program gives the same files.

    layers/demo/make_city.py [--out FOLDER]
"""

import argparse
import math
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import deliver  # noqa: E402
import seeds  # noqa: E402
import services  # noqa: E402
from city import DEGREES, LAMBERT, UTM, Rng, metre  # noqa: E402
from deliver import Layer  # noqa: E402
from growth import City  # noqa: E402
from mesh import ring_area, ring_centre, ring_contains, ring_inside, ring_length  # noqa: E402
from movement import CYCLEWAYS, ROUTES, Streets  # noqa: E402
from relief import Relief  # noqa: E402
from seeds import HIERARCHY, SECONDARY  # noqa: E402
from society import FAMILIES, ZONES, Society  # noqa: E402

README = """Datos de demostración (ficticios)

Esta capa pertenece a la ciudad de demostración de Tesela. Fue generada por computadora a partir de un bosquejo;
no es información oficial ni describe predios, personas o servicios reales.
"""


def text(name, width=80):
    return (name, "text", width, 0)


def whole(name, width=9):
    return (name, "int", width, 0)


def real(name, width=14, decimals=2):
    return (name, "real", width, decimals)


def grow():
    city = City()
    city.lay_skeleton()
    city.settle()
    city.leave_fringe()
    city.lay_blocks()
    city.place_plots()
    city.lay_fields()
    society = Society(city)
    society.group_colonias()
    society.zone()
    society.populate()
    society.number_blocks()
    return city, society, Streets(city, society)


# -- layers ----------------------------------------------------------------------------------------------------------


def municipalities(city, society):
    layer = Layer("municipios", "polygon", [text("CVEGEO", 5), text("CVE_ENT", 2), text("CVE_MUN", 3), text("NOMGEO"),
                                            text("NOM_ENT", 40), whole("POBTOT"), real("AREA_KM2")])
    people = {}
    for block in society.blocks.values():
        people[block.dev.mun] = people.get(block.dev.mun, 0) + block.people
    for code in sorted(city.municipalities):
        rings = city.municipalities[code]
        area = sum(abs(ring_area(r)) for r in rings) / 1e6
        layer.add((code, code[:2], code[2:], *seeds.MUNICIPALITIES[code], people.get(code, 0), round(area, 2)),
                  [[r if ring_area(r) > 0 else r[::-1]] for r in rings])
    return layer


def localities(city, society):
    layer = Layer("localidades", "point", [text("cvegeo", 9), text("nombre"), text("nom_mun", 40), text("ambito", 10),
                                           whole("pobtot"), whole("rango", 2)])
    people = {}
    for block in society.blocks.values():
        people[block.dev.town[0] if block.dev.town else block.dev.mun] = people.get(
            block.dev.town[0] if block.dev.town else block.dev.mun, 0) + block.people
    for code, lon, lat, rank in (("05035", -103.4280, 25.5490, 1), ("10007", -103.4980, 25.5700, 2), ("10012", -103.5330, 25.5330, 2),
                                 ("05017", -103.2280, 25.5285, 2)):
        layer.add((code + "0001", seeds.MUNICIPALITIES[code][0] if code != "10012" else "Lerdo", seeds.MUNICIPALITIES[code][0],
                   "urbana", people.get(code, 0), rank), metre(lon, lat))
    for k, town in enumerate(seeds.TOWNS):
        count = people.get(town[0], 0)
        layer.add((f"{town[1]}{k + 20:04d}", town[0], seeds.MUNICIPALITIES[town[1]][0], "urbana" if count >= 2500 else "rural",
                   count, 3 if count >= 1800 else 4), metre(town[2], town[3]))
    return layer


def river(city, society):
    layer = Layer("rio_nazas", "polygon", [text("nombre", 60), text("tipo", 30), real("area_ha")])
    # The bed beyond the mesh follows the banks, inside it the faces of the mesh: both come from the same lines.
    ring = city.river_ring
    layer.add(("Río Nazas", "cauce", round(abs(ring_area(ring)) / 1e4, 2)), [[ring if ring_area(ring) > 0 else ring[::-1]]])
    rng = Rng("braids")
    centre = city.river_line
    widths = [math.dist(a, b) for a, b in zip(city.bank_left, city.bank_right)]
    strands = []
    for strand in range(5):
        phases = [rng.between(0, 6.28) for _ in range(4)]
        pace = rng.between(0.8, 1.25)
        line, at = [], 0.0
        for i, (x, y) in enumerate(centre):
            a, b = centre[max(0, i - 1)], centre[min(len(centre) - 1, i + 1)]
            length = math.dist(a, b) or 1.0
            if i:
                at += math.dist(centre[i - 1], centre[i])
            swing = (math.sin(at * pace / 150 + phases[0]) * 0.34 + math.sin(at * pace / 380 + phases[1]) * 0.5
                     + math.sin(at / 62 + phases[2]) * 0.12)
            shift = swing * widths[i] * 0.36
            breadth = widths[i] * (0.036 + 0.022 * math.sin(at / 210 + phases[3])) * (1.4 if strand == 0 else 0.8)
            nx, ny = -(b[1] - a[1]) / length, (b[0] - a[0]) / length
            line.append((x + nx * shift, y + ny * shift, nx * breadth, ny * breadth))
        strands.append(line)
    for strand, line in enumerate(strands):
        cut = [0, len(line) - 1] if strand == 0 else sorted({0, len(line) - 1} | {int(rng.random() * len(line)) for _ in range(26)})
        for k, (i, j) in enumerate(zip(cut, cut[1:])):
            if strand and k % 3 == 2:
                continue
            piece = line[i:j + 1]
            if len(piece) < 8:
                continue
            taper = [min(1.0, (n + 0.2) / 5, (len(piece) - 1 - n + 0.2) / 5) if strand else 1.0 for n in range(len(piece))]
            ring = [(x + dx * t, y + dy * t) for (x, y, dx, dy), t in zip(piece, taper)]
            ring += [(x - dx * t, y - dy * t) for (x, y, dx, dy), t in zip(piece[::-1], taper[::-1])]
            layer.add(("Río Nazas", "brazo", round(abs(ring_area(ring)) / 1e4, 2)), [[ring if ring_area(ring) > 0 else ring[::-1]]])
    return layer


def fields(city, society, relief):
    layer = Layer("suelo_rural", "polygon", [whole("id_parcela"), text("uso", 30), text("cultivo", 30), real("area_ha")])
    crops = ["alfalfa", "algodón", "maíz forrajero", "sorgo", "nogal", "vid", "avena", "descanso"]
    for number, face in enumerate(city.fields):
        points = city.mesh.points(face)
        x, y = ring_inside(points)
        edge = min(math.dist((x, y), p) for p in city.plain)
        rng = Rng("parcel", int(x), int(y))
        wild = society.wave("wild", x, y, 9000) * 0.5 + society.wave("wild2", x, y, 2600) * 0.3
        area = ring_area(points) / 1e4
        if relief.at(x, y) > 22 or edge < 2600 * max(0.0, 0.35 + wild) or area < 0.02:
            continue
        use = "agrícola"
        if wild > 0.52 or rng.chance(0.05):
            use = "matorral"
        if area < 6:
            use = "baldío"
        layer.add((number + 1, use, crops[int((rng.random() * 0.6 + 0.2 + 0.2 * society.wave("crop", x, y, 5000)) * 7.99) % 8]
                   if use == "agrícola" else None, round(area, 2)), [[points]])
    return layer


def canals(city, society, relief):
    layer = Layer("canales", "line", [text("nombre", 60), text("tipo", 30), real("longitud_m")])
    mesh = city.mesh
    parcels = set(city.fields)
    lines = []
    from network import chains
    edges = []
    for (a, b), street in sorted(mesh.street.items()):
        if street == -1 and mesh.left[(a, b)] in parcels and mesh.left[(b, a)] in parcels:
            edges.append((a, b))
    around = {}
    for a, b in edges:
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)
    used = set()
    # Straight on from parcel to parcel, as far as it goes.
    for start in edges:
        if start in used or not Rng("canal", *mesh.point(start[0])).chance(0.012):
            continue
        line = list(start)
        for way in (1, -1):
            while True:
                a, b = (line[-2], line[-1]) if way == 1 else (line[1], line[0])
                heading = math.atan2(mesh.ys[b] - mesh.ys[a], mesh.xs[b] - mesh.xs[a])
                best = None
                for c in sorted(around[b]):
                    if c == a or (min(b, c), max(b, c)) in used or c in line:
                        continue
                    turn = abs((math.atan2(mesh.ys[c] - mesh.ys[b], mesh.xs[c] - mesh.xs[b]) - heading + math.pi) % (2 * math.pi) - math.pi)
                    if turn < 0.6 and (best is None or turn < best[0]):
                        best = (turn, c)
                if best is None or len(line) > 60:
                    break
                line.append(best[1]) if way == 1 else line.insert(0, best[1])
        for a, b in zip(line, line[1:]):
            used.add((min(a, b), max(a, b)))
        points = [mesh.point(v) for v in line]
        length = sum(math.dist(p, q) for p, q in zip(points, points[1:]))
        if length > 1500 and relief.at(*points[len(points) // 2]) < 20:
            lines.append((length, points))
    lines.sort(key=lambda l: (-l[0], l[1][0]))
    # The middle of the river, for its name on the map.
    axis = [p for i, p in enumerate(city.river_line) if i % 4 == 0]
    layer.add(("Río Nazas", "eje de río", round(sum(math.dist(p, q) for p, q in zip(axis, axis[1:])), 1)), [axis])
    for n, (length, points) in enumerate(lines):
        kind = "canal principal" if n < 6 else "canal lateral" if n < 40 else "regadera"
        name = ["Canal del Sacramento", "Canal Santa Rosa", "Canal de Tlahualilo", "Canal San Ramón", "Canal Torreón", "Canal San Marcos"][n] \
            if n < 6 else f"Lateral {n - 5}"
        layer.add((name, kind, round(length, 1)), [points])
    return layer


def streets_layer(city, society, streets):
    layer = Layer("vialidades", "line", [whole("cve_via"), text("nombre", 80), text("tipo", 20), text("jerarquia", 20), whole("orden", 2),
                                         text("sentido", 10), whole("carriles", 2), whole("vel_max", 3), text("recubrimie", 30),
                                         text("camellon", 3), real("ancho_m", 6, 1), text("puente", 3), real("longitud_m", 12, 1)])
    rows = []
    for street, line, bridge in streets.lines:
        rows.append((street, streets.points(line), bridge))
    for dev in city.developments:
        for face, start, end, street in dev.cul_de_sacs:
            if face in society.blocks:
                rows.append((street, [city.mesh.point(start), end], False))
    for street, line in city.highways:
        rows.append((street, line, False))
    ids = {}
    for street, points, bridge in rows:
        name, hierarchy = city.streets[street]
        number = ids.setdefault(name, len(ids) + 1) if hierarchy <= SECONDARY else 100000 + street
        figures = streets.figures(street, Rng("street", street))
        layer.add((number, name, streets.kind(name), HIERARCHY[hierarchy], hierarchy + 1, *figures, "sí" if bridge else "no",
                   round(sum(math.dist(a, b) for a, b in zip(points, points[1:])), 1)), [points])
    return layer


def blocks(city, society):
    layer = Layer("manzanas", "polygon", [text("CVEGEO", 16), text("CVE_AGEB", 4), text("CVE_MZA", 3), text("AMBITO", 10), text("TIPOMZA", 20),
                                          whole("POBTOT"), whole("VIVTOT"), real("AREA_M2", 14, 1)])
    for face in sorted(society.blocks, key=lambda f: society.blocks[f].key):
        block = society.blocks[face]
        shape = society.inner(face)
        if not shape:
            continue
        kind = "parque o jardín" if block.park else "equipamiento" if block.place is not None or block.zone[0] == "E" else (
            "industrial" if block.zone[0] == "I" else "típica")
        area = sum(abs(ring_area(r)) * (1 if k == 0 else -1) for p in shape for k, r in enumerate(p))
        layer.add((block.key, block.key[9:13], block.key[13:], "urbana" if block.dev.town is None else "rural", kind, block.people,
                   block.homes, round(area, 1)), shape)
    return layer


def colonias(city, society):
    layer = Layer("colonias", "polygon", [text("cve_col", 8), text("nombre", 80), text("tipo", 30), text("municipio", 40), text("cod_postal", 5),
                                          whole("pobtot"), whole("p_0a14"), whole("p_65ymas"), real("graproes", 6, 2), whole("vivtot"),
                                          whole("vph_inter"), whole("vph_autom"), real("area_ha", 12, 2), real("densidad", 8, 1)])
    for n, colonia in enumerate(sorted(society.colonias, key=lambda c: (c.mun, c.name))):
        figures = society.figures(colonia.faces, colonia.mun)
        zone = {"05035": 27000, "05017": 27440, "10007": 35000, "10012": 35150}[colonia.mun]
        layer.add((f"{colonia.mun[2:]}{n + 1:04d}", colonia.name, colonia.kind, seeds.MUNICIPALITIES[colonia.mun][0],
                   f"{zone + (n * 7) % 290:05d}", *(figures.get(k) for k in ("pobtot", "p_0a14", "p_65ymas", "graproes", "vivtot", "vph_inter",
                                                                           "vph_autom", "area_ha", "densidad"))),
                  society.shapes(colonia.faces))
    return layer


def parks(city, society):
    layer = Layer("areas_verdes", "polygon", [whole("id_av"), text("nombre", 80), text("tipo", 30), real("area_m2", 14, 1), text("municipio", 40),
                                              text("estado", 20)])
    number = 0
    for face in sorted(society.blocks):
        block = society.blocks[face]
        if not block.park:
            continue
        shape = society.inner(face)
        if not shape:
            continue
        number += 1
        rng = Rng("park", int(block.x), int(block.y))
        layer.add((number, *block.park, round(sum(abs(ring_area(p[0])) for p in shape), 1), seeds.MUNICIPALITIES[block.dev.mun][0],
                   rng.choice(["bueno", "bueno", "regular", "malo"])), shape)
    return layer


def zones(city, society):
    layer = Layer("zonificacion", "polygon", [whole("id_zona"), text("clave", 6), text("uso", 60), text("familia", 30), real("cos_max", 5, 2),
                                              real("cus_max", 5, 2), whole("niv_max", 3), whole("lote_min", 6), real("area_ha", 12, 2)])
    rules = {"H1": (0.45, 0.9, 2, 600), "H2": (0.5, 1.2, 3, 300), "H3": (0.65, 1.6, 3, 160), "H5": (0.7, 1.8, 3, 120), "H6": (0.75, 2.1, 3, 105),
             "HB": (0.8, 2.0, 3, 120), "HE": (0.5, 1.0, 2, 400), "M1": (0.7, 2.1, 3, 160), "M2": (0.75, 3.0, 5, 200), "M3": (0.8, 4.8, 8, 300),
             "CU11": (0.75, 2.2, 3, 200), "CU12": (0.75, 3.0, 5, 250), "CU2": (0.75, 5.0, 9, 400), "CU3": (0.7, 6.0, 12, 800), "ZC": (0.9, 5.4, 8, 200),
             "S": (0.7, 2.1, 4, 500), "IL": (0.65, 1.3, 3, 600), "IM": (0.6, 1.2, 3, 1500), "IP": (0.55, 1.1, 3, 5000), "IE": (0.5, 1.0, 3, 5000)}
    for n, (key, faces) in enumerate(society.land_use()):
        rule = rules.get(key, (None, None, None, None))
        layer.add((n + 1, key, ZONES[key][0], FAMILIES[key[0]], *rule, round(sum(society.blocks[f].area for f in faces) / 1e4, 2)),
                  society.shapes(faces))
    return layer


def ageb(city, society):
    names = ["pobtot", "pobmas", "pobfem", "p_0a14", "p_15a64", "p_65ymas", "graproes", "pea", "vivtot", "tvivhab", "vivdes", "vph_inter",
             "vph_autom", "vph_pc", "vph_aguadv", "vph_drenaj", "area_ha", "densidad", "pct_inter"]
    reals = {"graproes", "area_ha", "densidad", "pct_inter"}
    layer = Layer("ageb", "polygon", [text("cvegeo", 13), text("cve_mun", 5), text("nom_mun", 40), text("cve_ageb", 4)] + [
        real(n) if n in reals else whole(n) for n in names])
    for key, mun, _, faces in society.ageb:
        figures = society.figures(faces, mun)
        layer.add((key, mun, seeds.MUNICIPALITIES[mun][0], key[9:], *(figures.get(n) for n in names)), society.shapes(faces))
    return layer


def hills(relief):
    layer = Layer("relieve", "polygon", [whole("alt_min", 5), whole("alt_max", 5), whole("nivel", 2)])
    for n, (low, high, polygons) in enumerate(relief.bands()):
        for polygon in polygons:
            layer.add((1120 + low, 1120 + high if high else None, n + 1), [polygon])
    return layer


def landmarks(city, society):
    layer = Layer("lugares", "point", [text("nombre", 80), text("tipo", 30)])
    for face, index in sorted(city.place_of.items(), key=lambda item: item[1]):
        name, kind = seeds.PLACES[index][:2]
        if society.blocks[face].park is None:
            layer.add((name, kind), ring_inside(city.mesh.points(face)))
    for name, lon, lat, kind in seeds.PEAKS:
        layer.add((name, kind), metre(lon, lat))
    return layer


def routes(city, society, streets):
    layer = Layer("rutas_transporte", "line", [whole("id_ruta", 4), text("ruta", 40), text("ramal", 40), text("color", 7), whole("desfase", 3),
                                               whole("unidades", 4), whole("intervalo", 3), real("long_km", 8, 2)])
    number = 0
    for n, (name, color, branches) in enumerate(ROUTES):
        for k, (branch, places) in enumerate(branches):
            number += 1
            line = streets.points(streets.way(places))
            rng = Rng("route", name, branch)
            length = sum(math.dist(a, b) for a, b in zip(line, line[1:])) / 1000
            layer.add((number, name, branch, color, (n * 2 + 2) % 5 - 2, rng.whole(8, 34), rng.choice([6, 8, 10, 12, 15, 20]), round(length, 2)), [line])
    return layer


def cycleways(city, society, streets):
    layer = Layer("ciclovias", "line", [whole("id_ciclo", 4), text("nombre", 60), text("estado", 12), text("tipo", 30), whole("anio", 4), real("long_km", 8, 2)])
    for n, (name, state, kind, places) in enumerate(CYCLEWAYS):
        line = streets.points(streets.way(places))
        rng = Rng("cycle", name)
        layer.add((n + 1, name, state, kind, rng.whole(2016, 2024) if state == "existente" else None,
                   round(sum(math.dist(a, b) for a, b in zip(line, line[1:])) / 1000, 2)), [line])
    return layer


def main():
    arguments = argparse.ArgumentParser(description="Genera las capas de la ciudad de demostración (datos ficticios).")
    here = os.path.dirname(os.path.abspath(__file__))
    arguments.add_argument("--out", default=os.path.join(here, "out"), help="carpeta de salida")
    arguments.add_argument("--quiet", action="store_true")
    options = arguments.parse_args()
    start = time.monotonic()

    def say(line):
        if not options.quiet:
            print(f"{time.monotonic() - start:6.1f} s  {line}", file=sys.stderr)

    city, society, streets = grow()
    relief = Relief()
    say(f"{len(society.blocks)} blocks, {len(streets.lines)} streets, {len(society.colonias)} colonias, {len(society.ageb)} AGEB")
    # All files are written beside the old ones first, so that a broken run leaves the old city whole.
    out = options.out.rstrip("/")
    work = out + ".new"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    write_all(work, city, society, streets, relief, say)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(work, out)
    say(f"written to {os.path.relpath(out)}")


def write_all(out, city, society, streets, relief, say):
    def done(layer):
        say(f"{layer.name}: {len(layer.rows)}")
        return layer

    # Latin-1 without .cpg, INEGI Lambert without authority code, as the Marco Geoestadístico was published for years.
    deliver.shapefile(out, done(municipalities(city, society)), LAMBERT, "ISO-8859-1", cpg=False, zipped="municipios.zip", readme=README)
    deliver.shapefile(out, done(localities(city, society)), DEGREES, "UTF-8")
    deliver.shapefile(out, done(river(city, society)), UTM, "ISO-8859-1", zipped="rio_nazas.zip")
    deliver.shapefile(out, done(canals(city, society, relief)), UTM, "ISO-8859-1", cpg=False)
    deliver.shapefile(out, done(fields(city, society, relief)), UTM, "UTF-8", zipped="suelo_rural.zip")
    deliver.shapefile(out, done(hills(relief)), UTM, "UTF-8", zipped="relieve.zip")
    deliver.shapefile(out, done(streets_layer(city, society, streets)), LAMBERT, "ISO-8859-1", cpg=False,
                      zipped="vialidades.zip", inside="Vialidades 2025/", readme=README)
    deliver.shapefile(out, done(blocks(city, society)), LAMBERT, "UTF-8", zipped="manzanas.zip")
    deliver.shapefile(out, done(colonias(city, society)), UTM, "ISO-8859-1", cpg=False, zipped="colonias.zip")
    deliver.shapefile(out, done(parks(city, society)), UTM, "ISO-8859-1", cpg="88591")
    deliver.shapefile(out, done(zones(city, society)), UTM, "CP1252", cpg="1252", language=0x57, zipped="zonificacion.zip", inside="PDDU/")
    deliver.shapefile(out, done(landmarks(city, society)), DEGREES, "ISO-8859-1", cpg=False, page_table=True)
    deliver.geopackage(out, done(ageb(city, society)), LAMBERT)
    deliver.shapefile(out, done(routes(city, society, streets)), DEGREES, "UTF-8", zipped="rutas_transporte.zip")
    deliver.geopackage(out, done(cycleways(city, society, streets)), UTM)
    deliver.table(out, done(services.schools(society)), bom=True)
    deliver.geojson(out, done(services.clinics(society)))
    deliver.table(out, done(services.lights(city, society, streets)))
    deliver.shapefile(out, done(services.wells(society)), UTM, "ISO-8859-1", cpg=False)
    deliver.table(out, done(services.accidents(city, society, streets)), encoding="latin-1", delimiter=";")


if __name__ == "__main__":
    main()
