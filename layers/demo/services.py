# SPDX-License-Identifier: MIT
"""Points of the city: schools, clinics, traffic lights, wells, road accidents."""

import math

import names
import seeds
from city import Rng
from deliver import Layer
from seeds import COLLECTOR, PRIMARY, REGIONAL, SECONDARY

HEROES = names.split(names.THEMES["próceres"]) + names.split(names.THEMES["revolución"]) + [
    "Sor Juana Inés de la Cruz", "Rosario Castellanos", "Gabriela Mistral", "Jaime Torres Bodet", "José Vasconcelos", "Rafael Ramírez",
    "Gregorio Torres Quintero", "Juan Escutia", "Cuauhtémoc", "Nezahualcóyotl", "Ramón López Velarde", "Amado Nervo", "Octavio Paz",
    "Alfonso Reyes", "Justo Sierra", "Enrique C. Rébsamen", "María Montessori", "Carmen Serdán", "Narciso Mendoza", "Niños Héroes"]
SAINTS = ["Colegio Cervantes", "Instituto Británico", "Colegio La Paz", "Colegio Americano de la Laguna", "Instituto Nazas", "Colegio Villa de las Letras",
          "Centro Educativo del Bosque", "Instituto Francés", "Colegio Los Ángeles", "Colegio Hispano", "Instituto Montreal", "Colegio Cumbres del Norte"]


def _pick(society, rng, count, apart, weight):
    """Faces for `count` points at least `apart` metres from each other, likelier where weight(block) is high."""
    faces = sorted(society.blocks)
    sums, total = [], 0.0
    for f in faces:
        total += max(0.0, weight(society.blocks[f]))
        sums.append(total)
    import bisect
    chosen, cells, tries = [], {}, 0
    while len(chosen) < count and tries < count * 40:
        tries += 1
        block = society.blocks[faces[min(len(faces) - 1, bisect.bisect(sums, rng.random() * total))]]
        cx, cy = int(block.x // apart), int(block.y // apart)
        near = [c for gx in (cx - 1, cx, cx + 1) for gy in (cy - 1, cy, cy + 1) for c in cells.get((gx, gy), ())]
        if any(math.hypot(c.x - block.x, c.y - block.y) < apart for c in near):
            continue
        cells.setdefault((cx, cy), []).append(block)
        chosen.append(block)
    return chosen


def schools(society):
    layer = Layer("centros_educativos", "point", [
        ("cct", "text", 10, 0), ("nombre", "text", 80, 0), ("nivel", "text", 20, 0), ("sector", "text", 10, 0), ("turno", "text", 12, 0),
        ("matricula", "int", 6, 0), ("docentes", "int", 5, 0), ("colonia", "text", 80, 0), ("municipio", "text", 40, 0)])
    levels = [("preescolar", 380, 420, (45, 190), "JN", 0.24), ("primaria", 390, 430, (150, 560), "PR", 0.16), ("secundaria", 140, 700, (220, 880), "ES", 0.20),
              ("media superior", 78, 800, (300, 1700), "CT", 0.38), ("superior", 34, 900, (450, 7800), "SU", 0.45)]
    serial = 0
    for level, count, apart, size, code, private in levels:
        rng = Rng("schools", level)

        def weight(block, level=level):
            if block.park or block.place is not None and seeds.PLACES[block.place][1] != "universidad":
                return 0.0
            if block.place is not None:
                return 4000.0 if level == "superior" else 0.0
            if block.zone[0] == "I":
                return 0.0
            return block.people * (1.0 if level in ("preescolar", "primaria") else 0.6) + (900 if block.zone == "EE" else 0)
        for n, block in enumerate(_pick(society, rng, count, apart, weight)):
            standing = block.dev.part.standing
            sector = "privado" if rng.chance(private * (0.35 + 1.3 * standing)) else "público"
            students = int(rng.between(size[0], size[0] + (size[1] - size[0]) * rng.random()) * (0.6 if sector == "privado" else 1.0))
            hero = rng.choice(HEROES)
            if sector == "privado":
                name = rng.choice(SAINTS) if level != "superior" else rng.choice(
                    ["Universidad Privada del Nazas", "Instituto Universitario de La Laguna", "Universidad del Desierto", "Centro Universitario Noas"])
            else:
                name = {"preescolar": f"Jardín de Niños {hero}", "primaria": f"Escuela Primaria {hero}",
                        "secundaria": f"Escuela Secundaria {'Técnica' if n % 3 == 0 else 'General'} No. {n + 1} {hero}",
                        "media superior": f"{rng.choice(['CBTIS', 'CETIS', 'COBAC', 'Preparatoria'])} No. {n + 4}",
                        "superior": rng.choice(["Facultad de Ingeniería", "Facultad de Medicina", "Escuela Normal", "Instituto Tecnológico", "Universidad Politécnica",
                                                "Facultad de Ciencias Políticas", "Facultad de Contaduría", "Universidad Tecnológica"])}[level]
                if block.place is not None and level == "superior":
                    name = seeds.PLACES[block.place][0]
            serial += 1
            layer.add((f"{block.dev.mun[:2]}{'D' if sector == 'público' else 'P'}{code}{serial:04d}{'ABCDEFGHJKLMNPRSTUVXYZ'[serial % 22]}", name, level, sector,
                       rng.choice(["matutino", "matutino", "vespertino", "mixto"]) if level != "superior" else "mixto", students,
                       max(3, int(students / rng.between(17, 29))), block.colonia.name, seeds.MUNICIPALITIES[block.dev.mun][0]),
                      (block.x + rng.between(-8, 8), block.y + rng.between(-8, 8)))
    return layer


def clinics(society):
    layer = Layer("salud", "point", [
        ("clues", "text", 11, 0), ("nombre", "text", 80, 0), ("tipo", "text", 30, 0), ("institucion", "text", 30, 0), ("camas", "int", 5, 0),
        ("consultorios", "int", 5, 0), ("urgencias", "text", 3, 0), ("colonia", "text", 80, 0), ("municipio", "text", 40, 0)])
    serial = 0
    kinds = [("hospital", 24, 1100, (40, 260)), ("unidad de medicina familiar", 26, 1300, (0, 0)), ("centro de salud", 78, 750, (0, 0)),
             ("clínica privada", 46, 450, (4, 24))]
    for kind, count, apart, beds in kinds:
        rng = Rng("clinics", kind)

        def weight(block, kind=kind):
            if block.place is not None and seeds.PLACES[block.place][1] == "hospital":
                return 60000.0 if kind == "hospital" else 0.0
            if block.park or block.place is not None or block.zone[0] == "I":
                return 0.0
            if kind == "clínica privada":
                return block.people * block.dev.part.standing ** 2 + (200 if block.zone[0] in "CZ" else 0)
            return block.people + (1500 if block.zone == "ES" else 0)
        for n, block in enumerate(_pick(society, rng, count, apart, weight)):
            serial += 1
            owner = {"hospital": rng.choice(["IMSS", "ISSSTE", "Secretaría de Salud", "Privada"]), "unidad de medicina familiar": rng.choice(["IMSS", "IMSS", "ISSSTE"]),
                     "centro de salud": "Secretaría de Salud", "clínica privada": "Privada"}[kind]
            name = {"hospital": f"Hospital {rng.choice(['General', 'de Especialidades', 'Regional', 'Ángeles del Nazas', 'Materno Infantil'])} {block.colonia.name}",
                    "unidad de medicina familiar": f"Unidad de Medicina Familiar No. {n + 60}", "centro de salud": f"Centro de Salud {block.colonia.name}",
                    "clínica privada": f"Clínica {rng.choice(['San José', 'Santa Lucía', 'del Parque', 'La Salud', 'Nazas', 'del Bosque'])} {block.colonia.name}"}[kind]
            if block.place is not None:
                name = seeds.PLACES[block.place][0]
            layer.add((f"{'CL' if block.dev.mun[:2] == '05' else 'DG'}DEM{serial:06d}", name, kind, owner, int(rng.between(*beds)) if beds[1] else None,
                       rng.whole(2, 14) if kind != "hospital" else rng.whole(12, 60), "sí" if kind == "hospital" or rng.chance(0.1) else "no",
                       block.colonia.name, seeds.MUNICIPALITIES[block.dev.mun][0]), (block.x + rng.between(-6, 6), block.y + rng.between(-6, 6)))
    return layer


def lights(city, society, streets):
    layer = Layer("semaforos", "point", [("id_sem", "int", 6, 0), ("cruce", "text", 120, 0), ("tipo", "text", 30, 0), ("sincroniza", "text", 3, 0),
                                         ("cruce_peat", "text", 3, 0)])
    taken = []
    for v, crossing in streets.crossings():
        x, y = city.mesh.point(v)
        second = city.streets[crossing[1]][1]
        rng = Rng("lights", int(x), int(y))
        if second == COLLECTOR and not rng.chance(0.35):
            continue
        if any(math.hypot(x - px, y - py) < 130 for px, py in taken):
            continue
        if not any(abs(b.x - x) < 350 and abs(b.y - y) < 350 for b in society.near(x, y)):
            continue
        taken.append((x, y))
        layer.add((len(taken), f"{city.streets[crossing[0]][0]} y {city.streets[crossing[1]][0]}",
                   "vehicular y peatonal" if rng.chance(0.6) else "vehicular", "sí" if city.streets[crossing[0]][1] <= PRIMARY and rng.chance(0.7) else "no",
                   "sí" if rng.chance(0.55) else "no"), (x, y))
    return layer


def wells(society):
    layer = Layer("pozos", "point", [("id_pozo", "int", 5, 0), ("nombre", "text", 40, 0), ("uso", "text", 20, 0), ("prof_m", "int", 5, 0), ("gasto_lps", "real", 8, 1),
                                     ("arsenico", "real", 8, 4), ("estado", "text", 12, 0)])
    rng = Rng("wells")
    for n, block in enumerate(_pick(society, rng, 190, 650, lambda b: b.area ** 0.5 * (0.3 if b.zone[0] == "I" else 1.0))):
        layer.add((n + 1, f"Pozo {n + 1}", "industrial" if block.zone[0] == "I" else "agua potable", rng.whole(140, 420), round(rng.between(12, 78), 1),
                   round(max(0.002, 0.012 + 0.008 * society.wave("arsenic", block.x, block.y, 9000) + 0.002 * rng.bell()), 4) if rng.chance(0.93) else None,
                   "en operación" if rng.chance(0.86) else "inactivo"), (block.x, block.y))
    return layer


def accidents(city, society, streets):
    layer = Layer("incidentes_viales", "point", [("folio", "text", 12, 0), ("fecha", "text", 10, 0), ("hora", "int", 2, 0), ("tipo", "text", 30, 0),
                                                 ("gravedad", "text", 20, 0), ("lesionados", "int", 3, 0), ("vialidad", "text", 80, 0)])
    rng = Rng("accidents")
    weight = [5.0, 4.0, 2.4, 1.0, 0.12]
    edges, sums, total = [], [], 0.0
    import bisect
    hot = {v: 1 + 3.5 * (city.streets[s[1]][1] <= SECONDARY) for v, s in streets.crossings()}
    for (a, b), street in sorted(streets.edges.items()):
        x, y = city.mesh.point(a)
        total += math.dist(city.mesh.point(a), city.mesh.point(b)) * weight[city.streets[street][1]] * (
            1.0 if society.near(x, y) else 0.06) * (1 + hot.get(a, 0) + hot.get(b, 0))
        edges.append((a, b, street))
        sums.append(total)
    for n in range(2600):
        a, b, street = edges[min(len(edges) - 1, bisect.bisect(sums, rng.random() * total))]
        (x0, y0), (x1, y1) = city.mesh.point(a), city.mesh.point(b)
        t = rng.random()
        t = t * t if a in hot and b not in hot else 1 - t * t if b in hot and a not in hot else t
        month, day = rng.whole(1, 12), rng.whole(1, 28)
        severity = "sólo daños" if rng.chance(0.70) else "con lesionados" if rng.chance(0.95) else "con fallecidos"
        layer.add((f"D{n + 1:06d}", f"2024-{month:02d}-{day:02d}", int(min(23, max(0, 14 + 5.2 * rng.bell() / 1.6))),
                   rng.choice(["choque por alcance", "choque lateral", "choque por alcance", "atropellamiento", "volcadura", "caída de motociclista", "salida del camino"]),
                   severity, 0 if severity == "sólo daños" else rng.whole(1, 3), city.streets[street][0]),
                  (x0 + (x1 - x0) * t + rng.between(-4, 4), y0 + (y1 - y0) * t + rng.between(-4, 4)))
    return layer
