# SPDX-License-Identifier: MIT
"""Who lives where and what for: colonias, parks, land-use zones, blocks with their figures, AGEB."""

import math

import names
import seeds
from city import Rng
from growth import HALF_WIDTH, NO_STREET
from mesh import ring_area, ring_centre, ring_contains, ring_distance, ring_inside
from seeds import COLLECTOR, LOCAL, PRIMARY, REGIONAL, SECONDARY

# Land-use keys: description, people per hectare of the zone.
ZONES = {
    "H1": ("Habitacional densidad muy baja", 28), "H2": ("Habitacional densidad baja", 48), "H3": ("Habitacional densidad media", 86),
    "H5": ("Habitacional densidad alta", 128), "H6": ("Habitacional densidad muy alta", 158), "HB": ("Habitacional de barrio", 98),
    "HE": ("Habitacional ejidal", 46), "M1": ("Uso mixto de intensidad baja", 78), "M2": ("Uso mixto de intensidad media", 66),
    "M3": ("Uso mixto de intensidad alta", 52), "CU11": ("Corredor urbano de barrio", 62), "CU12": ("Corredor urbano distrital", 50),
    "CU2": ("Corredor urbano metropolitano", 34), "CU3": ("Corredor urbano regional", 18), "ZC": ("Zona centro", 44),
    "S": ("Servicios", 14), "IL": ("Industria ligera", 3), "IM": ("Industria mediana", 2), "IP": ("Industria pesada", 0),
    "IE": ("Industria con estudio especial", 1), "EE": ("Equipamiento de educación", 0), "ES": ("Equipamiento de salud", 0),
    "ECL": ("Equipamiento de cultura", 0), "ERD": ("Equipamiento de recreación y deporte", 0), "ECA": ("Equipamiento de comercio y abasto", 0),
    "ECT": ("Equipamiento de comunicaciones y transporte", 0), "EAP": ("Equipamiento de administración pública", 0),
    "EAS": ("Equipamiento de asistencia social", 0), "EI": ("Equipamiento de infraestructura", 0), "AV": ("Área verde", 0),
    "AR": ("Área de restricción por cauce", 6), "AI": ("Área de amortiguamiento industrial", 10),
}
FAMILIES = {"H": "Habitacional", "M": "Mixto", "C": "Corredor urbano", "Z": "Mixto", "S": "Servicios", "I": "Industrial",
            "E": "Equipamiento", "A": "Ambiental"}

POPULATION = 1_402_000


class Block:
    """What one built face is."""
    __slots__ = ("face", "dev", "zone", "people", "homes", "polygons", "area", "x", "y", "key", "colonia", "park", "place")


class Colonia:
    def __init__(self, number):
        self.number, self.developments, self.name, self.kind = number, [], None, None

    @property
    def faces(self):
        return [f for d in self.developments for f in d.faces]


class Society:
    def __init__(self, city):
        self.city, self.mesh = city, city.mesh
        self.dev_of = {f: d for d in city.developments for f in d.faces}
        self.blocks = {}
        for face in sorted(self.dev_of):
            block = Block()
            points = self.mesh.points(face)
            block.face, block.dev = face, self.dev_of[face]
            block.area = ring_area(points)
            block.x, block.y = ring_inside(points)
            block.zone = block.park = block.key = block.colonia = None
            block.place = city.place_of.get(face)
            block.people = block.homes = 0
            self.blocks[face] = block

    def wave(self, name, x, y, size):
        """A smooth number between about -1 and 1 over the plane."""
        rng = Rng("wave", name)
        total = 0.0
        for k in range(4):
            angle, phase = rng.between(0, 6.283), rng.between(0, 6.283)
            total += math.sin((x * math.cos(angle) + y * math.sin(angle)) * 6.283 / (size / (1 + 0.6 * k)) + phase) / (1 + 0.5 * k)
        return total / 2.1

    def near(self, x, y):
        """Blocks around a point (the cell of 700 m it lies in and the eight around)."""
        if not hasattr(self, "_cells"):
            self._cells = {}
            for face in sorted(self.blocks):
                block = self.blocks[face]
                self._cells.setdefault((int(block.x // 700), int(block.y // 700)), []).append(block)
        cx, cy = int(x // 700), int(y // 700)
        return [b for gx in (cx - 1, cx, cx + 1) for gy in (cy - 1, cy, cy + 1) for b in self._cells.get((gx, gy), ())]

    # -- colonias ------------------------------------------------------------------------------------------------

    def group_colonias(self):
        city, mesh = self.city, self.mesh
        neighbours = {}
        for face in sorted(self.dev_of):
            ring = mesh.rings[face]
            for i, b in enumerate(ring):
                a = ring[i - 1]
                other = self.dev_of.get(mesh.left[(b, a)])
                dev = self.dev_of[face]
                if other is None or other is dev or other.mun != dev.mun or (other.town is None) != (dev.town is None):
                    continue
                street = mesh.street_of(a, b)
                if street != NO_STREET and city.streets[street][1] <= SECONDARY and dev.town is None:
                    continue
                key = (dev.faces[0], other.faces[0])
                neighbours[key] = neighbours.get(key, 0.0) + math.dist(mesh.point(a), mesh.point(b))
        by_first = {d.faces[0]: d for d in city.developments}
        beside = {}
        for (a, b), length in sorted(neighbours.items()):
            if length > 120:
                beside.setdefault(a, []).append(b)
        area = {d.faces[0]: sum(self.blocks[f].area for f in d.faces) for d in city.developments}
        self.colonias = []
        towns = {}
        for dev in city.developments:
            if dev.colonia:
                continue
            first = dev.faces[0]
            if dev.town is not None:
                colonia = towns.get(dev.town[0])
                if colonia is None:
                    colonia = towns[dev.town[0]] = Colonia(len(self.colonias))
                    self.colonias.append(colonia)
                colonia.developments.append(dev)
                dev.colonia = colonia
                continue
            colonia = Colonia(len(self.colonias))
            self.colonias.append(colonia)
            rng = Rng("colonia", int(self.blocks[first].x), int(self.blocks[first].y))
            limit = {"traza": 58e4, "industria": 170e4, "curva": 60e4, "cerrada": 48e4}.get(dev.part.kind, 58e4) * rng.between(0.75, 1.4)
            members, size = [first], area[first]
            dev.colonia = colonia
            while size < limit:
                options = [b for m in members for b in beside.get(m, ()) if by_first[b].colonia is None
                           and by_first[b].town is None and by_first[b].part.use == dev.part.use and size + area[b] < limit * 1.25]
                if not options:
                    break
                pick = min(options, key=lambda b: math.dist(self._spot(by_first[b]), self._spot(dev)))
                members.append(pick)
                size += area[pick]
                by_first[pick].colonia = colonia
            colonia.developments = [by_first[m] for m in members]
        for colonia in self.colonias:
            for face in colonia.faces:
                self.blocks[face].colonia = colonia
        self._name_colonias()

    def _spot(self, dev):
        block = self.blocks[dev.faces[0]]
        return block.x, block.y

    def _name_colonias(self):
        from city import metre
        taken = set()
        spots = {}
        for colonia in self.colonias:
            faces = colonia.faces
            weight = sum(self.blocks[f].area for f in faces)
            spots[colonia.number] = (sum(self.blocks[f].x * self.blocks[f].area for f in faces) / weight,
                                     sum(self.blocks[f].y * self.blocks[f].area for f in faces) / weight)
            colonia.x, colonia.y = spots[colonia.number]
            colonia.area = weight
            colonia.dev = colonia.developments[0]
            colonia.mun = colonia.dev.mun
            if colonia.dev.town:
                colonia.name = colonia.dev.town[0]
                colonia.kind = "ejido" if colonia.dev.town[6] < 3000 else "pueblo"
                taken.add((colonia.mun, colonia.name))
        for name, lon, lat in seeds.COLONIAS:
            x, y = metre(lon, lat)
            mun = self.city.municipality(x, y)
            free = [c for c in self.colonias if c.name is None and c.mun == mun and
                    (c.dev.part.use.startswith("industria")) == ("Industrial" in name)]
            colonia = min(free, key=lambda c: math.dist((c.x, c.y), (x, y)))
            colonia.name = name
            taken.add((mun, name))
        pools = {"popular": names.POPULAR, "alto": names.HIGH, "medio": names.MIDDLE, "industria": names.INDUSTRY, "centro": names.CENTRE}
        pools = {k: Rng("names", k).shuffled(names.split(v)) for k, v in pools.items()}
        used = {k: 0 for k in pools}
        for colonia in self.colonias:
            part = colonia.dev.part
            level = ("industria" if part.use.startswith("industria") else
                     "centro" if part.use in ("centro", "mixto") else "popular" if part.standing < 0.4 else "alto" if part.standing > 0.78 else "medio")
            if colonia.kind is None:
                colonia.kind = {"industria": "industrial", "alto": "fraccionamiento", "popular": "colonia popular"}.get(
                    level, "colonia" if part.kind == "traza" else "fraccionamiento")
            if colonia.name is not None:
                continue
            pool = pools[level]
            while True:
                turn, at = divmod(used[level], len(pool))
                used[level] += 1
                name = pool[at]
                if turn:
                    suffix = names.MORE[(turn - 1 + at) % len(names.MORE)]
                    if name.endswith((" " + suffix, "Norte", "Sur", "Oriente", "II")) or name.startswith("Ampliación"):
                        continue
                    name = f"Ampliación {name}" if suffix == "Ampliación" else f"{name} {suffix}"
                if (colonia.mun, name) not in taken and all((m, name) not in taken for m in seeds.MUNICIPALITIES):
                    break
            colonia.name = name
            taken.add((colonia.mun, name))

    # -- land use ------------------------------------------------------------------------------------------------

    def zone(self):
        city, mesh = self.city, self.mesh
        self._parks()
        for face in sorted(self.blocks):
            block = self.blocks[face]
            if block.zone:
                continue
            if block.place is not None:
                block.zone = seeds.PLACES[block.place][2]
                continue
            part, dev = block.dev.part, block.dev
            here = Rng("zone", dev.faces[0])
            fronts = {}
            river = 0.0
            ring = mesh.rings[face]
            for i, b in enumerate(ring):
                a = ring[i - 1]
                length = math.dist(mesh.point(a), mesh.point(b))
                street = mesh.street_of(a, b)
                if city.kind.get(mesh.left[(b, a)]) == "rio":
                    river += length
                elif street != NO_STREET:
                    hierarchy = city.streets[street][1]
                    if hierarchy <= COLLECTOR:
                        fronts.setdefault(hierarchy, {}).setdefault(street, 0.0)
                        fronts[hierarchy][street] += length
            front = next((h for h in (REGIONAL, PRIMARY, SECONDARY, COLLECTOR) if sum(fronts.get(h, {}).values()) > 45), None)
            use = part.use
            if river > 60:
                block.zone = "AR"
            elif use.startswith("industria"):
                if front == REGIONAL:
                    block.zone = "S" if here.chance(0.4) else "IL"
                elif use == "industria pesada":
                    block.zone = here.choice(["IP", "IP", "IM", "IE", "IL"])
                else:
                    block.zone = here.choice(["IL", "IL", "IM", "IE"])
                if block.area < 110000 and front != REGIONAL and Rng("buffer", face).chance(0.5) and self._beside_homes(face):
                    block.zone = "AI"
            elif use == "pueblo":
                block.zone = "M1" if front in (PRIMARY, REGIONAL, SECONDARY) else "HE"
            elif front is not None and self._corridor(fronts[front], front, dev, block):
                pass
            elif use == "centro":
                near = math.hypot(block.x - part.x, block.y - part.y)
                block.zone = "ZC" if near < 750 else "M3" if near < 1150 else "HB" if here.chance(0.75) else "M2"
            elif use == "mixto":
                block.zone = here.choice(["M2", "HB", "HB", "M3"])
            else:
                value = part.standing + 0.10 * self.wave("density", block.dev.colonia.x, block.dev.colonia.y, 5200) + here.between(-0.06, 0.06)
                block.zone = "H1" if value > 0.86 else "H2" if value > 0.66 else "H3" if value > 0.46 else "H5" if value > 0.29 else "H6"
        self._amenities()

    def _beside_homes(self, face):
        ring = self.mesh.rings[face]
        others = [self.blocks.get(self.mesh.left[(b, ring[i - 1])]) for i, b in enumerate(ring)]
        return any(o is not None and not o.dev.part.use.startswith("industria") for o in others)

    def _corridor(self, streets, hierarchy, dev, block):
        street = max(streets, key=lambda s: streets[s])
        if streets[street] < 40:
            return False
        rng = Rng("corridor", self.city.streets[street][0], dev.area_id)
        if hierarchy == REGIONAL:
            block.zone = rng.choice(["CU3", "CU3", "S"])
        elif hierarchy == PRIMARY:
            block.zone = rng.choice(["CU2", "CU2", "CU3", "CU12"])
        elif hierarchy == SECONDARY:
            if rng.chance(0.72 if dev.part.kind in ("cerrada", "curva") else 0.3):
                return False
            block.zone = rng.choice(["CU12", "CU12", "CU11", "M2"])
        else:
            if rng.chance(0.93 if dev.part.kind in ("cerrada", "curva") else 0.76):
                return False
            block.zone = rng.choice(["M1", "CU11", "M1"])
        return True

    def _parks(self):
        """A green square for most colonias, more for the better-off ones."""
        self.parks = []
        for block in self.blocks.values():
            if block.place is not None and seeds.PLACES[block.place][1] in ("parque urbano", "plaza", "unidad deportiva", "club de golf"):
                block.park = (seeds.PLACES[block.place][0], seeds.PLACES[block.place][1])
        for colonia in self.colonias:
            rng = Rng("parks", int(colonia.x), int(colonia.y))
            part = colonia.dev.part
            if part.use.startswith("industria"):
                continue
            wish = 1 + (rng.chance(0.25 + part.standing * 0.6)) + (rng.chance(part.standing * 0.5))
            if rng.chance(0.25 - part.standing * 0.2):
                wish -= 1
            options = sorted((f for f in colonia.faces if 2800 < self.blocks[f].area < 22000 and self.blocks[f].place is None),
                             key=lambda f: (math.dist((self.blocks[f].x, self.blocks[f].y), (colonia.x, colonia.y)) * rng.between(0.6, 1.5)))
            for k, face in enumerate(options[:wish]):
                kind = "plaza" if k == 0 and part.kind == "traza" else rng.choice(["parque vecinal", "parque vecinal", "jardín", "cancha deportiva"])
                title = {"plaza": "Plaza", "parque vecinal": "Parque", "jardín": "Jardín", "cancha deportiva": "Cancha"}[kind]
                block = self.blocks[face]
                block.park = (f"{title} {colonia.name}" + (f" {k + 1}" if k else ""), kind)
                block.zone = "ERD" if kind == "cancha deportiva" else "AV"
        # Slivers along the river and between main streets are planted.
        for face in sorted(self.blocks):
            block = self.blocks[face]
            if block.place is None and block.park is None:
                ring = self.mesh.points(face)
                length = sum(math.dist(ring[i - 1], ring[i]) for i in range(len(ring)))
                if 2 * block.area / length < 17 or (block.area < 1600):
                    block.park = (f"Área ajardinada {block.dev.colonia.name}", "área ajardinada")
                    block.zone = "AV"

    def _amenities(self):
        """Single blocks for schools, clinics, markets, public offices, homes for the elderly and pumping stations."""
        for colonia in self.colonias:
            rng = Rng("amenities", int(colonia.x), int(colonia.y))
            if colonia.dev.part.use.startswith("industria"):
                continue
            free = [f for f in colonia.faces if self.blocks[f].place is None and self.blocks[f].park is None
                    and 3500 < self.blocks[f].area < 26000 and self.blocks[f].zone not in ("AR",)]
            free = rng.shuffled(free)
            wishes = []
            for key, chance in (("EE", 0.62), ("EE", 0.3), ("ES", 0.10), ("ECA", 0.08), ("EAP", 0.05), ("EAS", 0.05), ("EI", 0.08),
                                ("ECL", 0.03), ("ECT", 0.02)):
                if rng.chance(chance) and len(free) > len(wishes) * 6 + 4:
                    wishes.append(key)
            for key, face in zip(wishes, free):
                self.blocks[face].zone = key

    # -- people --------------------------------------------------------------------------------------------------

    def populate(self):
        total = 0.0
        for face in sorted(self.blocks):
            block = self.blocks[face]
            density = ZONES[block.zone][1]
            if block.park or block.place is not None:
                density = 0
            dev = block.dev
            rng = Rng("people", int(block.x), int(block.y))
            level = Rng("level", dev.faces[0]).between(0.72, 1.28)
            edge = 1.0
            block.people = block.area / 1e4 * density * level * (1 + 0.22 * self.wave("people", block.x, block.y, 3800)) * max(
                0.15, 1 + 0.22 * rng.bell()) * edge
            if rng.chance(0.025):
                block.people *= 0.1
            total += block.people
        scale = POPULATION / total
        for face in sorted(self.blocks):
            block = self.blocks[face]
            rng = Rng("homes", int(block.x), int(block.y))
            block.people = int(block.people * scale + 0.5)
            per_home = 2.9 + 0.9 * (0.6 - block.dev.part.standing) + 0.2 * rng.bell() * 0.5
            block.homes = int(block.people / max(2.2, per_home) * rng.between(1.05, 1.22) + 0.5)

    def number_blocks(self):
        """AGEB keys (13 characters) and block keys (16)."""
        areas = {}
        for face in sorted(self.blocks):
            areas.setdefault((self.blocks[face].dev.mun, self.blocks[face].dev.area_id), []).append(face)
        self.ageb = []
        counters = {}
        for (mun, area_id), faces in sorted(areas.items(), key=lambda item: (item[0][0], -self.blocks[item[1][0]].y // 900,
                                                                            self.blocks[item[1][0]].x)):
            town = self.blocks[faces[0]].dev.town
            locality = "0001" if town is None else f"{seeds.TOWNS.index(town) + 20:04d}"
            count = counters[mun] = counters.get(mun, 0) + 1
            digits = f"{count * 3 + 7:03d}"[-3:]
            check = sum(int(d) * w for d, w in zip(digits, (7, 3, 1))) % 11
            key = f"{mun}{locality}{digits}{'A' if check == 10 else check}"
            faces.sort(key=lambda f: (-self.blocks[f].y // 120, self.blocks[f].x))
            for n, face in enumerate(faces):
                self.blocks[face].key = f"{key}{n + 1:03d}"
            self.ageb.append((key, mun, locality, faces))
        return self.ageb

    def figures(self, faces, mun):
        """Census-like figures of a set of blocks; None where INEGI would not publish (hardly anybody lives there)."""
        people = sum(self.blocks[f].people for f in faces)
        homes = sum(self.blocks[f].homes for f in faces)
        area = sum(self.blocks[f].area for f in faces) / 1e4
        if people < 25:
            return {"pobtot": people, "area_ha": round(area, 2)}
        weight = sum(max(1, self.blocks[f].people) for f in faces)
        x = sum(self.blocks[f].x * max(1, self.blocks[f].people) for f in faces) / weight
        y = sum(self.blocks[f].y * max(1, self.blocks[f].people) for f in faces) / weight
        rng = Rng("figures", int(x), int(y))
        part = max((self.blocks[f] for f in faces), key=lambda b: b.people).dev.part
        standing = min(1.0, max(0.03, sum(self.blocks[f].dev.part.standing * max(1, self.blocks[f].people) for f in faces) / weight
                                + 0.10 * self.wave("standing", x, y, 6400) + 0.035 * rng.bell()))
        away = min(math.hypot(x - p.x, y - p.y) for p in self.city.parts if p.use == "centro") / 1000
        youth = min(1.0, away / 9.5)
        children = min(0.40, max(0.12, 0.165 + 0.15 * youth - 0.06 * (standing - 0.5) + 0.012 * rng.bell()))
        old = min(0.26, max(0.02, 0.155 - 0.105 * youth + 0.05 * (standing - 0.5) + 0.010 * rng.bell()))
        men = int(people * (0.488 + 0.008 * rng.bell()) + 0.5)
        lived = int(homes * min(0.98, max(0.55, 0.90 - 0.12 * youth + 0.08 * (standing - 0.5) + 0.03 * rng.bell())) + 0.5)

        def share(value):
            return int(lived * min(0.998, max(0.01, value)) + 0.5)

        return {
            "pobtot": people, "pobmas": men, "pobfem": people - men,
            "p_0a14": int(people * children + 0.5), "p_65ymas": int(people * old + 0.5),
            "p_15a64": people - int(people * children + 0.5) - int(people * old + 0.5),
            "graproes": round(min(16.2, max(5.8, 7.4 + 7.4 * standing - 0.5 * youth + 0.25 * rng.bell())), 2),
            "pea": int(people * (0.43 + 0.07 * standing + 0.012 * rng.bell()) + 0.5),
            "vivtot": homes, "tvivhab": lived, "vivdes": homes - lived,
            "vph_inter": share(0.34 + 0.66 * standing + 0.03 * rng.bell()), "vph_autom": share(0.30 + 0.68 * standing + 0.03 * rng.bell()),
            "vph_pc": share(0.12 + 0.80 * standing + 0.03 * rng.bell()), "vph_aguadv": share(0.985 - 0.03 * youth * (1 - standing)),
            "vph_drenaj": share(0.992 - 0.04 * youth * (1 - standing)), "area_ha": round(area, 2), "densidad": round(people / area, 1),
            "pct_inter": None if not lived else round(100.0 * share(0.34 + 0.66 * standing) / lived, 1),
        }

    # -- shapes --------------------------------------------------------------------------------------------------

    def shapes(self, faces):
        """Polygons (rings of points) the faces make together."""
        return [[[self.mesh.point(v) for v in shell]] + [[self.mesh.point(v) for v in h] for h in holes]
                for shell, holes in self.mesh.outline(faces)]

    def land_use(self):
        """[(key, faces)] of adjoining blocks with one key inside one AGEB-like area or colonia."""
        seen, out = set(), []
        for start in sorted(self.blocks):
            if start in seen:
                continue
            zone, colonia = self.blocks[start].zone, self.blocks[start].colonia
            group, queue = [], [start]
            seen.add(start)
            while queue:
                face = queue.pop()
                group.append(face)
                ring = self.mesh.rings[face]
                for i, b in enumerate(ring):
                    other = self.mesh.left[(b, ring[i - 1])]
                    if other in self.blocks and other not in seen and self.blocks[other].zone == zone and (
                            zone[0] in "CIZ" or self.blocks[other].colonia is colonia):
                        seen.add(other)
                        queue.append(other)
            out.append((zone, sorted(group)))
        return out

    def inner(self, face, ring=None):
        """The block itself: the face without half of the streets around it; a list of polygons."""
        from shrink import shrink
        mesh = self.mesh
        ring = ring or mesh.rings[face]
        widths = []
        for i, b in enumerate(ring):
            street = mesh.street_of(ring[i - 1], b)
            widths.append(1.0 if street == NO_STREET else HALF_WIDTH[self.city.streets[street][1]])
        dents = [(mesh.point(start), end) for f, start, end, _ in self.blocks[face].dev.cul_de_sacs if f == face]
        return shrink([mesh.point(v) for v in ring], widths, dents)
