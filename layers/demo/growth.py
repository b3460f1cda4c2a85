# SPDX-License-Identifier: MIT
"""Grows the city: skeleton of main streets and river, super-blocks, developments, blocks."""

import math

import names
import seeds
from city import DEGREES, UTM, Rng, metre, metres, transform
from mesh import Frame, Mesh, Polar, ring_area, ring_box, ring_centre, ring_contains, ring_distance, ring_inside
from network import chains, join_ends, node, offset, prune, rough, smooth
from seeds import COLLECTOR, LOCAL, PRIMARY, REGIONAL, SECONDARY

NO_STREET = -1
# Half of the space between facing blocks, metres, by hierarchy.
HALF_WIDTH = [24.0, 17.0, 11.5, 8.0, 5.5]


class Part:
    def __init__(self, index, seed):
        self.index = index
        (self.kind, lon, lat, turn, self.across, self.along, self.standing, self.use) = seed
        if self.kind not in ("traza", "industria"):
            self.across, self.along = self.across * 1.24, self.along * 1.5
        elif self.use not in ("centro", "pueblo"):
            self.across, self.along = self.across * 1.12, self.along * 1.24
        self.x, self.y = metre(lon, lat)
        self.angle = math.radians(turn)
        self.frame = Frame(self.x, self.y, self.angle)
        self.grid = index  # parts with one number share their grid


class Development:
    """A piece of the city that was laid out at one time."""

    def __init__(self, face, part, area_id, mun, town=None):
        self.face, self.faces = face, [face]
        self.part, self.area_id, self.mun, self.town = part, area_id, mun, town
        self.built = True
        self.colonia = None
        self.cul_de_sacs = []


class City:
    def __init__(self):
        self.mesh = Mesh()
        self.streets = []        # (name, hierarchy)
        self.highways = []       # (street, line): roads that leave the mesh
        self.parts = [Part(i, s) for i, s in enumerate(seeds.PARTS)]
        self.parts[1].frame, self.parts[1].across = self.parts[0].frame, self.parts[0].across
        self.parts[1].along, self.parts[1].grid = self.parts[0].along, 0
        self.kind = {}           # face -> "rio", "rural"
        self.developments = []
        self.mun_of_super = {}
        self.areas = 0
        self.place_of = {}       # face -> index into PLACES
        self.canal_edges = []
        self._collector = Rng("collectors").shuffled(names.split(names.COLLECTORS))
        self._collectors_used = 0

    def street(self, name, hierarchy):
        self.streets.append((name, hierarchy))
        return len(self.streets) - 1

    def collector_name(self):
        self._collectors_used += 1
        return self._collector[self._collectors_used % len(self._collector)]

    # -- skeleton ------------------------------------------------------------------------------------------------

    def lay_skeleton(self):
        river = metres(seeds.RIVER)
        centre = smooth(river, 70)
        widths = [w for _, _, w in seeds.RIVER]
        ripple = Rng("river")
        phases = [ripple.between(0, 6.28) for _ in range(12)]

        def width(t, side):
            at = t * (len(widths) - 1)
            i = min(int(at), len(widths) - 2)
            base = widths[i] + (widths[i + 1] - widths[i]) * (at - i)
            wave = sum(math.sin(t * f + phases[k + 6 * side]) * a for k, (f, a) in
                       enumerate(((47, 0.12), (113, 0.10), (211, 0.08), (420, 0.07), (930, 0.05), (1750, 0.035))))
            return base / 2 * (1 + wave)

        self.river_line = centre
        self.bank_left = offset(centre, lambda t: width(t, 0))
        self.bank_right = offset(centre, lambda t: -width(t, 1))
        self.river_ring = self.bank_left + self.bank_right[::-1]

        roads = []
        for name, hierarchy, line in seeds.ROADS:
            line = [self.parts[0].frame.xy(p[1] * self.parts[0].along, p[2] * self.parts[0].across) if p[0] == "n" else metre(*p)
                    for p in line]
            roads.append((self.street(name, hierarchy), smooth(line, 70)))
        roads = join_ends(roads, 130)
        lines = list(roads)
        lines.append((NO_STREET, self.bank_left))
        lines.append((NO_STREET, self.bank_right))
        plain = smooth(metres(seeds.PLAIN + seeds.PLAIN[:1]), 200)
        lines.append((NO_STREET, plain))
        self.plain = plain
        self.urban = []
        for name, (mun, line) in seeds.URBAN.items():
            ring = rough(metres(line), Rng("urban", name), 0.18, 2)
            lines.append((NO_STREET, ring))
            if ring[0] != ring[-1]:  # an edge from the river to the river: close it along the river
                ends = [min(range(len(centre)), key=lambda k: math.dist(centre[k], p)) for p in (ring[-1], ring[0])]
                step = 1 if ends[0] < ends[1] else -1
                ring = ring + [centre[k] for k in range(ends[0], ends[1] + step, step)]
            self.urban.append((name, mun, ring))
        self.towns = []
        for town in seeds.TOWNS:
            name, mun, lon, lat, size, turn, _ = town
            x, y = metre(lon, lat)
            rng = Rng("town", name)
            ring = []
            for k in range(8):
                angle = math.radians(turn) + k * math.pi / 4
                reach = size * (1.0 if k % 2 == 0 else 1.15) * rng.between(0.78, 1.12)
                ring.append((x + reach * math.cos(angle), y + reach * math.sin(angle) * 0.85))
            lines.append((NO_STREET, ring + ring[:1]))
            self.towns.append((town, ring))
        points, edges = node(lines, lambda s: 9 if s == NO_STREET else self.streets[s][1])
        edges, taken = prune(edges)
        self._keep_highways(points, taken)
        number = {}
        for a, b in sorted(edges):
            for v in (a, b):
                if v not in number:
                    number[v] = self.mesh.vertex(*points[v])
        outer = self.mesh.build({(number[a], number[b]): s for (a, b), s in sorted(edges.items())})
        if outer != 1:
            raise AssertionError(f"the skeleton falls into {outer} pieces")
        self._limits()

    def _keep_highways(self, points, taken):
        by_street = {}
        for (a, b), s in taken.items():
            if s != NO_STREET and self.streets[s][1] <= SECONDARY:
                by_street.setdefault(s, []).append((a, b))
        for s in sorted(by_street):
            for line in chains(by_street[s]):
                line = [points[v] for v in line]
                length = sum(math.dist(p, q) for p, q in zip(line, line[1:]))
                if length > 900 and not ring_contains(self.plain, *line[len(line) // 2]):
                    self.highways.append((s, line))

    def _limits(self):
        """Municipal polygons (rings in UTM) from the arcs; the river is the limit between Torreón and Gómez Palacio."""
        arcs = {}
        for name, line in seeds.LIMITS.items():
            amount = 0.0 if name == "gomez-lerdo" else 0.12
            line = metres(line)
            arcs[name] = rough(line, Rng("limit", name), amount, 4) if amount else smooth(line, 120)
        start, end = arcs["gomez-lerdo"][0], arcs["torreon-matamoros"][0]
        i = min(range(len(self.river_line)), key=lambda k: math.dist(self.river_line[k], start))
        j = min(range(len(self.river_line)), key=lambda k: math.dist(self.river_line[k], end))
        river = [start] + self.river_line[i + 1:j] + [end]
        back = {k: v[::-1] for k, v in arcs.items()}

        def ring(*pieces):
            out = []
            for piece in pieces:
                out += piece[:-1]
            return out

        self.municipalities = {
            "05035": [ring(river, arcs["torreon-matamoros"], back["torreon-lerdo"]),
                      ring(arcs["torreon-sur"], back["lerdo-sur"])],
            "10007": [ring(arcs["gomez-lerdo"], arcs["gomez"], river[::-1])],
            "05017": [ring(arcs["matamoros"], back["lerdo-matamoros"], back["torreon-matamoros"])],
            "10012": [ring(arcs["torreon-lerdo"], arcs["lerdo-matamoros"], arcs["lerdo"], arcs["lerdo-sur"],
                           arcs["lerdo-oeste"], back["gomez-lerdo"])],
        }

    def municipality(self, x, y):
        for code in sorted(self.municipalities):
            if any(ring_contains(ring, x, y) for ring in self.municipalities[code]):
                return code
        return "05035"

    # -- developments --------------------------------------------------------------------------------------------

    def part_at(self, x, y):
        return min(self.parts, key=lambda p: math.hypot(p.x - x, p.y - y))

    def settle(self):
        """Decides what each face of the skeleton is and splits what is built up into developments."""
        mesh = self.mesh
        for face in sorted(mesh.rings):
            points = mesh.points(face)
            x, y = ring_inside(points)
            if ring_contains(self.river_ring, x, y):
                self.kind[face] = "rio"
                continue
            town = next((t for t, ring in self.towns if ring_contains(ring, x, y)), None)
            urban = next((u for u in self.urban if ring_contains(u[2], x, y)), None)
            if town:
                self._settle_town(face, town)
            elif urban:
                mun = urban[1]
                if mun == "10007" and self.municipality(x, y) == "10012":
                    mun = "10012"
                self._settle_city(face, mun)
            else:
                self.kind[face] = "rural"

    def _settle_town(self, face, town):
        part = Part(1000 + seeds.TOWNS.index(town), ("popular", town[2], town[3], town[5], 72, 120, 0.22, "pueblo"))
        part.kind = "traza"
        self.areas += 1
        self.developments.append(Development(face, part, self.areas, town[1], town))

    def _settle_city(self, face, mun):
        x, y = ring_inside(self.mesh.points(face))
        part = self.part_at(x, y)
        if part.kind == "traza":
            self._split_grid(face, part, mun)
        else:
            self._split(face, mun, None, 0)

    def _split_grid(self, face, part, mun):
        """A part with one grid: every sixth and seventh line is a collector, and the grid goes on beyond main streets."""
        faces = [face]
        for axis, every in ((1, 7), (0, 6)):
            lines = []
            spacing = part.across if axis == 1 else part.along
            for k in range(-60, 61):
                if k % every == 0:
                    lines.append((k * spacing, self._grid_street(part, axis, k)))
            faces = [g for f in faces for g in self.subdivide(f, part.frame, axis, lines, 60000, 160)]
        for f in sorted(faces):
            self.areas += 1
            self.developments.append(Development(f, part, self.areas, mun))

    def _grid_street(self, part, axis, k):
        key = (part.grid, axis, k)
        if not hasattr(self, "_grid_names"):
            self._grid_names = {}
        if key not in self._grid_names:
            every = 6 if axis == 0 else 7
            hierarchy = COLLECTOR if k % every == 0 else LOCAL
            if part.grid == 0:
                table = names.CENTRE_CALLES if axis == 0 else names.CENTRE_AVENIDAS
                name = table.get(k) or (f"Calle {abs(k) + 2}" if axis == 0 else f"Avenida {abs(k) + 4}")
            elif part.use == "pueblo":
                theme = names.split(names.THEMES[Rng("town names", part.index).choice(["próceres", "revolución", "fechas"])])
                name = "Calle " + theme[(2 * k + axis) % len(theme)]
            elif axis == 0:
                name = "Calle " + Rng("grid", part.index, "calles").shuffled(names.split(names.THEMES["ciudades"]) + names.split(
                    names.THEMES["próceres"]) + names.split(names.THEMES["revolución"]))[k % 60]
            else:
                name = "Avenida " + Rng("grid", part.index, "avenidas").shuffled(names.split(names.THEMES["estados"]) + names.split(
                    names.THEMES["próceres"]) + names.split(names.THEMES["árboles"]))[k % 60]
            self._grid_names[key] = self.street(name, hierarchy)
        return self._grid_names[key]

    def _split(self, face, mun, area_id, depth):
        """Halves a piece again and again, across its long side, until it is a development."""
        mesh = self.mesh
        points = mesh.points(face)
        area = ring_area(points)
        x, y = ring_inside(points)
        part = self.part_at(x, y)
        rng = Rng("split", int(x), int(y))
        target = {"fracc": 40, "curva": 46, "cerrada": 38, "popular": 46, "industria": 110, "traza": 40}[part.kind] * 1e4
        if area_id is None and area < (88e4 if part.kind != "industria" else 160e4) * rng.between(0.8, 1.25):
            self.areas += 1
            area_id = self.areas
        if area < target * rng.between(0.8, 1.5) or depth > 12:
            if area_id is None:
                self.areas += 1
                area_id = self.areas
            self.developments.append(Development(face, part, area_id, mun))
            return
        turn, long_side, short_side = ring_box(points)
        if area > 1.5e6:
            hierarchy, bend = SECONDARY, 0.05
        else:
            hierarchy, bend = COLLECTOR, 0.035
        if part.kind in ("curva", "cerrada"):
            bend *= 2.2
        # The middle of the box, along the long side.
        c, s = math.cos(turn), math.sin(turn)
        us = [px * c + py * s for px, py in points]
        vs = [py * c - px * s for px, py in points]
        um, vm = (min(us) + max(us)) / 2, (min(vs) + max(vs)) / 2
        cx, cy = um * c - vm * s, um * s + vm * c
        frame = Frame(cx, cy, turn, bend_u=short_side * bend * rng.between(-1, 1), wave=short_side * rng.between(1.2, 2.2),
                      phase=rng.between(0, 6.28))
        street = self.street(self.collector_name(), hierarchy)
        for attempt in range(3):
            level = long_side * rng.between(-0.10, 0.10) * (attempt + 1)
            parts = mesh.cut(face, frame, 0, level, street, 50000, 110, snap=40, step=30)
            if len(parts) > 1:
                break
        else:
            frame = Frame(cx, cy, turn)
            parts = mesh.cut(face, frame, 1, 0.0, street, 50000, 90, snap=40)
        if len(parts) == 1:
            if area_id is None:
                self.areas += 1
                area_id = self.areas
            self.developments.append(Development(face, part, area_id, mun))
            return
        for f in parts:
            self._split(f, mun, area_id, depth + 1)

    def subdivide(self, face, frame, axis, lines, min_area, min_width, snap=9.0):
        """Cuts along those of `lines` [(level, street)] that meet the face, the middle one first."""
        values = [frame.uv(x, y)[axis] for x, y in self.mesh.points(face)]
        low, high = min(values), max(values)
        lines = [l for l in lines if low + min_width * 0.5 < l[0] < high - min_width * 0.5]
        if not lines:
            return [face]
        at = len(lines) // 2
        level, street = lines[at]
        faces = self.mesh.cut(face, frame, axis, level, street, min_area, min_width, snap=snap)
        rest = lines[:at] + lines[at + 1:]
        if not rest:
            return faces
        out = []
        for f in faces:
            out += self.subdivide(f, frame, axis, rest, min_area, min_width, snap)
        return out

    # -- blocks --------------------------------------------------------------------------------------------------

    def leave_fringe(self):
        """Some developments at the edge of the city are not built yet."""
        for dev in self.developments:
            ring = self.mesh.rings[dev.face]
            edge = 0.0
            for i, b in enumerate(ring):
                a = ring[i - 1]
                if self.mesh.street_of(a, b) == NO_STREET and self.kind.get(self.mesh.left[(b, a)]) == "rural":
                    edge += math.dist(self.mesh.point(a), self.mesh.point(b))
            x, y = ring_inside(self.mesh.points(dev.face))
            rng = Rng("fringe", int(x), int(y))
            area = ring_area(self.mesh.points(dev.face))
            old = math.hypot(x - self.parts[0].x, y - self.parts[0].y) < 4200
            if dev.town is None and not old and edge > 120 and (rng.chance(0.38) or (area < 60000 and rng.chance(0.6))):
                dev.built = False
                self.kind[dev.face] = "rural"
        self.developments = [d for d in self.developments if d.built]
        self._riverside()

    def _riverside(self):
        """Streets along the river banks of the city."""
        mesh = self.mesh
        sides = {}
        for dev in self.developments:
            ring = mesh.rings[dev.face]
            for i, b in enumerate(ring):
                a = ring[i - 1]
                if mesh.street_of(a, b) == NO_STREET and self.kind.get(mesh.left[(b, a)]) == "rio":
                    if dev.mun not in sides:
                        sides[dev.mun] = self.street(f"Paseo Ribereño de {seeds.MUNICIPALITIES[dev.mun][0]}", COLLECTOR)
                    mesh.set_street(a, b, sides[dev.mun])

    def lay_blocks(self):
        for number, dev in enumerate(self.developments):
            self._lay(dev, number)

    def _lay(self, dev, number):
        part, mesh = dev.part, self.mesh
        points = mesh.points(dev.face)
        x, y = ring_inside(points)
        rng = Rng("blocks", int(x), int(y))
        if part.kind == "traza":
            frame, faces = part.frame, [dev.face]
            for axis, spacing in ((1, part.across), (0, part.along)):
                values = [frame.uv(px, py)[axis] for px, py in points]
                first, last = int(min(values) // spacing), int(max(values) // spacing) + 1
                lines = [(k * spacing, self._grid_street(part, axis, k)) for k in range(first, last + 1)]
                faces = [g for f in faces for g in self.subdivide(f, frame, axis, lines, part.across * part.along * 0.22, 38)]
            dev.faces = sorted(faces)
            return
        across, along = part.across * rng.between(0.92, 1.12), part.along * rng.between(0.85, 1.2)
        theme = rng.choice(self._themes(part))
        dev.theme = theme
        pool = rng.shuffled(names.split(names.THEMES[theme]))
        turn, long_side, short_side = ring_box(points)
        if rng.chance(0.2):
            turn = part.angle
        cx, cy = ring_centre(points)
        kind = part.kind
        if kind in ("curva", "cerrada") and rng.chance(0.2) and short_side > 420 and self._lay_rings(
                dev, rng, pool, cx, cy, turn, short_side, across, along):
            return
        if kind in ("curva", "cerrada"):
            frame = Frame(cx, cy, turn, bend_u=rng.between(8, 30), bend_v=rng.between(14, 44), wave=rng.between(420, 900),
                          phase=rng.between(0, 6.28))
            axes = ((1, across), (0, along))
        elif kind == "fracc" and rng.chance(0.45):
            frame = Frame(cx, cy, turn, bend_v=rng.between(6, 22), wave=rng.between(600, 1100), phase=rng.between(0, 6.28))
            axes = ((1, across), (0, along))
        else:
            frame = Frame(cx, cy, turn)
            axes = ((1, across), (0, along))
        faces = [dev.face]
        broken = kind in ("fracc", "curva", "cerrada") and rng.chance(0.4)  # cross streets end at the next street
        used = 0

        def named(order):
            nonlocal used
            word = "Calle" if order == 0 else rng.choice(["Calle", "Calle", "Avenida", "Privada"])
            if theme == "números":
                word = "Calle" if order == 0 else "Avenida"
            used += 1
            return self.street(f"{word} {pool[(used - 1) % len(pool)]}", LOCAL)

        for order, (axis, spacing) in enumerate(axes):
            own = broken and order == 1
            groups = [[f] for f in faces] if own else [faces]
            faces = []
            for group in groups:
                values = [frame.uv(px, py)[axis] for f in group for px, py in mesh.points(f)]
                low, high = min(values), max(values)
                pieces = max(1, round((high - low) / spacing))
                lines = [(low + (high - low) * k / pieces, named(order)) for k in range(1, pieces)]
                for f in group:
                    faces += self.subdivide(f, frame, axis, lines, across * along * 0.3, min(across * 0.62, 60))
        if kind != "industria":  # what the lines left too large is halved on its own
            faces = [g for f in faces for g in self._halve(f, across * along * 2.4, named, min(across * 0.62, 60))]
        dev.faces = sorted(faces)
        if kind == "cerrada":
            self._cul_de_sacs(dev, rng, pool, across)

    def _halve(self, face, limit, named, width):
        points = self.mesh.points(face)
        if ring_area(points) < limit:
            return [face]
        turn, long_side, _ = ring_box(points)
        x, y = ring_centre(points)
        for axis in (0, 1):
            parts = self.mesh.cut(face, Frame(x, y, turn), axis, 0.0, named(1), limit * 0.15, width)
            if len(parts) > 1:
                return [g for f in parts for g in self._halve(f, limit, named, width)]
        return [face]

    def _lay_rings(self, dev, rng, pool, cx, cy, turn, short_side, across, along):
        """Streets round a centre: one straight street through it, circuits, and spokes between them."""
        mesh = self.mesh
        halves = mesh.cut(dev.face, Frame(cx, cy, turn), 1, 0.0, self.street(f"Avenida {pool[0]}", LOCAL), 30000, 90)
        if len(halves) != 2:
            return False
        circuits = [self.street(f"Circuito {pool[k % len(pool)]}", LOCAL) for k in range(1, 30)]
        unit = short_side * 0.32
        faces = []
        for half in halves:
            side = 1 if Frame(cx, cy, turn).uv(*ring_inside(mesh.points(half)))[1] > 0 else -1
            frame = Polar(cx, cy, unit, turn + side * math.pi / 2)
            rings = [(across * (k + 0.85), circuits[k]) for k in range(25)]
            steps = max(2, round(math.pi * unit / along))
            spokes = [(math.pi * unit * ((k + 1) / steps - 0.5), self.street(f"Calle {pool[(7 + k + 5 * (side > 0)) % len(pool)]}", LOCAL))
                      for k in range(steps - 1)]
            for ring in self.subdivide(half, frame, 0, rings, across * along * 0.25, min(across * 0.62, 60)):
                inner = min(frame.uv(*p)[0] for p in mesh.points(ring)) < across * 0.5
                faces += [ring] if inner else self.subdivide(ring, frame, 1, spokes, across * along * 0.25, min(across * 0.6, 60))

        def named(order):
            return self.street(f"Privada {pool[int(rng.random() * len(pool))]}", LOCAL)

        dev.faces = sorted(g for f in faces for g in self._halve(f, across * along * 2.6, named, 50))
        return True

    def _cul_de_sacs(self, dev, rng, pool, across):
        """Dead ends into the deeper blocks."""
        mesh = self.mesh
        for face in dev.faces:
            points = mesh.points(face)
            turn, long_side, short_side = ring_box(points)
            if short_side < across * 0.95 or long_side < 150 or not rng.chance(0.5):
                continue
            ring = mesh.rings[face]
            sides = [(math.dist(points[i - 1], points[i]), i) for i in range(len(ring))
                     if mesh.street_of(ring[i - 1], ring[i]) != NO_STREET]
            if not sides or max(sides)[0] < 60:
                continue
            length, i = max(sides)
            a, b = ring[i - 1], ring[i]
            (ax, ay), (bx, by) = mesh.point(a), mesh.point(b)
            t = rng.between(0.4, 0.6)
            px, py = ax + (bx - ax) * t, ay + (by - ay) * t
            depth = short_side * rng.between(0.5, 0.6)
            ex, ey = px - (by - ay) / length * depth, py + (bx - ax) / length * depth
            if ring_contains(points, ex, ey) and ring_distance(points, ex, ey) > 24:
                start = mesh.split_edge(a, b, px, py)
                dev.cul_de_sacs.append((face, start, (round(ex, 2), round(ey, 2)),
                                        self.street(f"Cerrada {rng.choice(pool)}", LOCAL)))

    @staticmethod
    def _themes(part):
        if part.use == "residencial":
            return ["viñas", "España", "árboles", "aves", "piedras", "músicos"]
        if part.use.startswith("industria"):
            return ["oficios", "estados", "piedras"]
        if part.use == "popular":
            return ["flores", "revolución", "próceres", "fechas", "números", "oficios", "santos", "ríos"]
        return ["flores", "árboles", "ríos", "estados", "ciudades", "planetas", "aves", "santos", "músicos"]

    def place_plots(self):
        """Joins blocks to the large plots of PLACES."""
        mesh = self.mesh
        dev_of = {f: d for d in self.developments for f in d.faces}
        centre = {f: ring_centre(mesh.points(f)) for f in dev_of}
        busy = {f for d in self.developments for f, *_ in d.cul_de_sacs}
        self.places = []
        for index, (name, kind, use, lon, lat, width, height, turn) in enumerate(seeds.PLACES):
            x, y = metre(lon, lat)
            frame = Frame(x, y, math.radians(turn))
            near = min(centre, key=lambda f: math.dist(centre[f], (x, y)))
            inside = [f for f in centre if f not in self.place_of and all(
                abs(d) <= h / 2 + 6 for d, h in zip(frame.uv(*centre[f]), (width, height)))]
            if near not in inside:
                inside.append(near)
            group, grown = {near}, True
            while grown:
                grown = False
                for f in sorted(inside):
                    if f in group:
                        continue
                    ring = mesh.rings[f]
                    for i, b in enumerate(ring):
                        a = ring[i - 1]
                        s = mesh.street_of(a, b)
                        # Streets drawn by hand are never built over.
                        if mesh.left[(b, a)] in group and (s == NO_STREET or s >= len(seeds.ROADS)):
                            group.add(f)
                            grown = True
                            break
            group = self._whole(group - set(self.place_of), centre)
            face = mesh.merge(group) if len(group) > 1 else group[0]
            if len(group) > 1:
                home = max(sorted({dev_of[f].area_id for f in group}),
                           key=lambda a: sum(1 for f in group if dev_of[f].area_id == a))
                home = next(d for d in self.developments if d.area_id == home and any(f in d.faces for f in group))
                for f in group:
                    dev_of[f].faces.remove(f)
                    dev_of[f].cul_de_sacs = [c for c in dev_of[f].cul_de_sacs if c[0] != f]
                    del dev_of[f], centre[f]
                home.faces = sorted(home.faces + [face])
                dev_of[face] = home
                centre[face] = ring_centre(mesh.points(face))
            self.place_of[face] = index
        self.developments = [d for d in self.developments if d.faces]

    def _whole(self, group, centre):
        """The largest piece of a group of blocks, with what it encloses."""
        outline = max(self.mesh.outline(group), key=lambda p: ring_area([self.mesh.point(v) for v in p[0]]))
        shell = [self.mesh.point(v) for v in outline[0]]
        west, east = min(p[0] for p in shell), max(p[0] for p in shell)
        south, north = min(p[1] for p in shell), max(p[1] for p in shell)
        inside = [f for f in centre if west < centre[f][0] < east and south < centre[f][1] < north and f not in self.place_of
                  and ring_contains(shell, *ring_inside(self.mesh.points(f)))]
        return sorted(inside) or sorted(group)[:1]

    # -- country -------------------------------------------------------------------------------------------------

    def lay_fields(self):
        """Parcels of the irrigated plain; some of the lines between them are canals."""
        self.fields = []
        self.canals = []
        canal_number = 0
        for face in [f for f in sorted(self.kind) if self.kind[f] == "rural"]:
            points = self.mesh.points(face)
            x, y = ring_inside(points)
            rng = Rng("fields", int(x), int(y))
            if ring_area(points) < 90000:
                self.fields.append(face)
                continue
            lon, lat = transform([(x, y)], UTM, DEGREES)[0]
            turn = math.radians(18 * math.sin(lon * 23.0) + 14 * math.cos(lat * 31.0) + 8)
            frame = Frame(x, y, turn, bend_u=rng.between(-25, 25), bend_v=rng.between(-25, 25), wave=2600, phase=rng.between(0, 6))
            across, along = rng.between(230, 330), rng.between(620, 980)
            faces = [face]
            for axis, spacing in ((0, along), (1, across)):
                out = []
                for f in faces:
                    values = [frame.uv(px, py)[axis] for px, py in self.mesh.points(f)]
                    low, high = min(values), max(values)
                    shift = rng.between(-0.25, 0.25) * spacing if axis == 1 else 0.0
                    lines = []
                    for k in range(int(low // spacing), int(high // spacing) + 2):
                        lines.append((k * spacing + shift, NO_STREET))
                    out += self.subdivide(f, frame, axis, lines, across * along * 0.18, 90, snap=30.0)
                faces = out
            self.fields += faces
        self.fields.sort()
