# SPDX-License-Identifier: MIT
"""Streets as lines, and what moves along them: bus routes, cycle lanes, traffic lights, accidents."""

import heapq
import math

from city import Rng, metre
from growth import HALF_WIDTH, NO_STREET
from network import chains
from seeds import COLLECTOR, HIERARCHY, LOCAL, PRIMARY, REGIONAL, SECONDARY

KINDS = ("Periférico", "Boulevard", "Calzada", "Avenida", "Calle", "Cerrada", "Privada", "Circuito", "Carretera", "Diagonal",
         "Paseo", "Libramiento", "Camino")

# Bus routes: name, colour, branches; each branch is a list of places (longitude, latitude) it passes.
ROUTES = [
    ("Ruta Norte", "#b2182b", [("Viñedos", [(-103.398, 25.617), (-103.406, 25.592), (-103.4250, 25.5795), (-103.448, 25.5528), (-103.4602, 25.5397)]),
                               ("Senderos", [(-103.4230, 25.6070), (-103.389, 25.599), (-103.389, 25.583), (-103.425, 25.5612), (-103.4555, 25.5420)])]),
    ("Ruta Sur", "#2166ac", [("Zaragoza Sur", [(-103.370, 25.480), (-103.378, 25.500), (-103.402, 25.511), (-103.41, 25.5358), (-103.4474, 25.5402), (-103.46, 25.5397)]),
                             ("Metropolitana", [(-103.3980, 25.4880), (-103.4265, 25.5140), (-103.4305, 25.535), (-103.4600, 25.5397)])]),
    ("Ruta Centro", "#1b7837", [("Abastos", [(-103.39, 25.5400), (-103.4158, 25.5478), (-103.4474, 25.5462), (-103.4690, 25.5445)]),
                                ("Alameda", [(-103.4790, 25.5265), (-103.4672, 25.5342), (-103.4552, 25.5420), (-103.4370, 25.5570), (-103.4185, 25.564)])]),
    ("Dorada", "#b58900", [("Oriente", [(-103.3240, 25.5100), (-103.340, 25.5172), (-103.3570, 25.5355), (-103.39, 25.5360), (-103.4300, 25.535), (-103.4602, 25.5385)]),
                           ("La Merced", [(-103.3430, 25.5620), (-103.3570, 25.5355), (-103.40, 25.5435), (-103.4300, 25.5440), (-103.4474, 25.5430), (-103.4600, 25.5397)])]),
    ("Jacarandas", "#762a83", [("Las Etnias", [(-103.3690, 25.5250), (-103.388, 25.519), (-103.4010, 25.530), (-103.43, 25.544), (-103.4552, 25.5420)]),
                               ("Valle Oriente", [(-103.3480, 25.5000), (-103.3590, 25.5200), (-103.3720, 25.5358), (-103.4158, 25.5478), (-103.4590, 25.5455)])]),
    ("Campo Alianza", "#e66101", [("Alianza", [(-103.4690, 25.5370), (-103.4474, 25.5334), (-103.4310, 25.5260), (-103.4190, 25.5255), (-103.4075, 25.5245), (-103.3915, 25.5280)])]),
    ("San Joaquín", "#01665e", [("San Joaquín", [(-103.4875, 25.5235), (-103.4700, 25.5290), (-103.4660, 25.5338), (-103.4660, 25.5505), (-103.4440, 25.5690), (-103.4250, 25.5795)]),
                                ("Constitución", [(-103.4602, 25.5385), (-103.4590, 25.5545), (-103.4437, 25.5800), (-103.4230, 25.6070)])]),
    ("Polvorera", "#8c510a", [("Oriente", [(-103.4580, 25.5295), (-103.4450, 25.5275), (-103.4010, 25.5300), (-103.3870, 25.5362), (-103.3905, 25.5480)])]),
    ("Periférico", "#3f51b5", [("Circuito", [(-103.4140, 25.5005), (-103.3800, 25.4985), (-103.3590, 25.5200), (-103.3585, 25.5510), (-103.3730, 25.5780), (-103.4080, 25.5815), (-103.4440, 25.5805)])]),
    ("Torreón-Gómez-Lerdo", "#d6006e", [("Boulevard", [(-103.4474, 25.5402), (-103.4600, 25.5397), (-103.4785, 25.5440), (-103.4950, 25.5525), (-103.5125, 25.5440), (-103.5240, 25.5400), (-103.5455, 25.5330)]),
                                        ("Victoria", [(-103.4600, 25.5397), (-103.4785, 25.5440), (-103.4787, 25.5560), (-103.5030, 25.5595), (-103.5222, 25.5590), (-103.5240, 25.5400)])]),
    ("Torreón-Matamoros", "#5d4037", [("Carretera", [(-103.4474, 25.5334), (-103.3570, 25.5355), (-103.2800, 25.5315), (-103.2290, 25.5290)]),
                                      ("Mieleras", [(-103.3630, 25.5660), (-103.3240, 25.5640), (-103.2820, 25.5560), (-103.2350, 25.5450), (-103.2260, 25.5365)])]),
    ("Santa Rosa", "#00838f", [("Filadelfia", [(-103.5290, 25.5800), (-103.5100, 25.5800), (-103.4746, 25.5815), (-103.4770, 25.5690), (-103.4785, 25.5440), (-103.4600, 25.5397)]),
                               ("Parque Industrial", [(-103.4880, 25.6200), (-103.4900, 25.5970), (-103.4945, 25.5650), (-103.4950, 25.5525)])]),
    ("Campestre", "#7cb342", [("Campestre", [(-103.5125, 25.6000), (-103.5100, 25.5800), (-103.5120, 25.5655), (-103.5030, 25.5595), (-103.4787, 25.5560)]),
                              ("Las Huertas", [(-103.5450, 25.6170), (-103.5300, 25.6060), (-103.4880, 25.6095), (-103.4720, 25.5945), (-103.4640, 25.5705)])]),
    ("Lerdo-Ciudad Juárez", "#ad1457", [("Ciudad Juárez", [(-103.6060, 25.5140), (-103.5640, 25.5270), (-103.5260, 25.5380), (-103.5245, 25.5500)]),
                                        ("Nazareno", [(-103.6360, 25.5560), (-103.5960, 25.5560), (-103.5640, 25.5490), (-103.5245, 25.5500), (-103.5125, 25.5440)])]),
    ("San Pedro", "#455a64", [("La Unión", [(-103.3420, 25.6180), (-103.3580, 25.6000), (-103.3890, 25.5830), (-103.4120, 25.5668), (-103.4480, 25.5528), (-103.4600, 25.5487)]),
                              ("La Partida", [(-103.2900, 25.5885), (-103.3240, 25.5640), (-103.3630, 25.5660), (-103.3930, 25.5555), (-103.4250, 25.5612)])]),
    ("Esmeralda", "#827717", [("Esmeralda", [(-103.4420, 25.6370), (-103.4640, 25.6270), (-103.4720, 25.6075), (-103.4745, 25.5820), (-103.4785, 25.5560)])]),
]

# Cycle lanes: name, state, kind, places.
CYCLEWAYS = [
    ("Ciclovía Colón", "existente", "confinada", [(-103.4478, 25.5334), (-103.4480, 25.5528), (-103.4440, 25.5690)]),
    ("Paseo del Río Nazas", "existente", "compartida con peatones", [(-103.4880, 25.5348), (-103.4610, 25.5537), (-103.4437, 25.5800), (-103.4230, 25.6070)]),
    ("Ciclovía Revolución", "existente", "confinada", [(-103.4660, 25.5338), (-103.4300, 25.5350), (-103.4100, 25.5358)]),
    ("Ciclovía Juárez", "existente", "carril exclusivo", [(-103.4720, 25.5398), (-103.4474, 25.5402), (-103.4300, 25.5410)]),
    ("Ciclovía Cuauhtémoc", "existente", "carril exclusivo", [(-103.4305, 25.5350), (-103.4312, 25.5592)]),
    ("Ciclovía La Rosita", "existente", "carril exclusivo", [(-103.4250, 25.5612), (-103.3930, 25.5555)]),
    ("Ciclovía Viñedos", "existente", "confinada", [(-103.4080, 25.5815), (-103.4060, 25.6020), (-103.3985, 25.6160)]),
    ("Ciclovía Miguel Alemán", "existente", "confinada", [(-103.4860, 25.5495), (-103.5125, 25.5440), (-103.5250, 25.5393)]),
    ("Ciclovía Victoria", "existente", "carril exclusivo", [(-103.4787, 25.5560), (-103.5030, 25.5595)]),
    ("Ciclovía Bravo", "proyectada", "carril exclusivo", [(-103.4690, 25.5445), (-103.4474, 25.5462), (-103.4158, 25.5478)]),
    ("Ciclovía Independencia", "proyectada", "confinada", [(-103.4590, 25.5487), (-103.4250, 25.5612), (-103.3850, 25.5765)]),
    ("Ciclovía Reforma", "proyectada", "confinada", [(-103.4370, 25.5570), (-103.4000, 25.5435), (-103.3572, 25.5370)]),
    ("Ciclovía Las Fuentes", "proyectada", "carril exclusivo", [(-103.4300, 25.5440), (-103.4010, 25.5300), (-103.3670, 25.5070)]),
    ("Ciclovía Santa Fe", "proyectada", "confinada", [(-103.4020, 25.5110), (-103.3600, 25.5175), (-103.3310, 25.5170)]),
    ("Ciclovía Saltillo 400", "proyectada", "prioridad ciclista", [(-103.4165, 25.5355), (-103.4185, 25.5640)]),
    ("Ciclovía Moctezuma", "proyectada", "carril exclusivo", [(-103.3930, 25.5360), (-103.3780, 25.5000)]),
    ("Ciclovía Mieleras", "proyectada", "confinada", [(-103.3630, 25.5660), (-103.3240, 25.5640), (-103.2820, 25.5560)]),
    ("Ciclovía Rebollo Acosta", "proyectada", "confinada", [(-103.4640, 25.5705), (-103.4945, 25.5665), (-103.5270, 25.5650)]),
    ("Ciclovía Agustín Castro", "proyectada", "carril exclusivo", [(-103.4950, 25.5525), (-103.4900, 25.5970)]),
    ("Ciclovía Guadalupe Victoria", "proyectada", "prioridad ciclista", [(-103.5240, 25.5520), (-103.5275, 25.5180)]),
    ("Ciclovía Ejército Mexicano", "proyectada", "confinada", [(-103.4785, 25.5560), (-103.4720, 25.6075)]),
    ("Ciclovía Las Torres", "proyectada", "carril exclusivo", [(-103.3430, 25.5620), (-103.3400, 25.5172)]),
    ("Ciclovía Matamoros", "proyectada", "prioridad ciclista", [(-103.2505, 25.5360), (-103.2085, 25.5360)]),
    ("Ciclovía Senderos", "proyectada", "carril exclusivo", [(-103.4230, 25.6070), (-103.3740, 25.5920)]),
]


class Streets:
    def __init__(self, city, society):
        self.city, self.mesh = city, city.mesh
        built = society.blocks
        self.edges = {}
        self.degree = {}
        for (a, b), street in sorted(self.mesh.street.items()):
            if street == NO_STREET:
                continue
            sides = (self.mesh.left[(a, b)], self.mesh.left[(b, a)])
            hierarchy = city.streets[street][1]
            if hierarchy > SECONDARY and not any(s in built for s in sides):
                continue
            self.edges[(a, b)] = street
            for v in (a, b):
                self.degree.setdefault(v, []).append(street)
        self.river = {f for f in city.kind if city.kind[f] == "rio"}
        self._lines(built)

    def _lines(self, built):
        """[(street, vertices, bridge)]: local streets run through, main streets end at other main streets."""
        city, mesh = self.city, self.mesh
        hierarchy = [h for _, h in city.streets]
        by_street = {}
        for (a, b), street in self.edges.items():
            bridge = mesh.left[(a, b)] in self.river and mesh.left[(b, a)] in self.river
            by_street.setdefault((street, bridge), []).append((a, b))
        self.lines = []
        for (street, bridge), edges in sorted(by_street.items()):
            stop = set()
            if hierarchy[street] <= COLLECTOR:
                for edge in edges:
                    for v in edge:
                        others = {s for s in self.degree[v] if s != street}
                        if any(hierarchy[s] <= min(SECONDARY, hierarchy[street] + 1) for s in others):
                            stop.add(v)
            for line in chains(edges, stop):
                self.lines.append((street, line, bridge))
        self.graph()

    def graph(self):
        """Weighted neighbours of each vertex: wide streets are quicker. And the corners of main streets."""
        main = sorted({v for edge, s in self.edges.items() if self.city.streets[s][1] <= SECONDARY for v in edge})
        self.main = [(v, self.mesh.xs[v], self.mesh.ys[v]) for v in main]
        cost = [0.55, 0.6, 0.75, 1.15, 1.9]
        self.beside = {}
        for (a, b), street in sorted(self.edges.items()):
            length = math.dist(self.mesh.point(a), self.mesh.point(b)) * cost[self.city.streets[street][1]]
            self.beside.setdefault(a, []).append((b, length))
            self.beside.setdefault(b, []).append((a, length))

    def nearest(self, x, y):
        """The corner of a main street nearest to a point; None when there is none within 900 m."""
        return min(((math.hypot(px - x, py - y), v) for v, px, py in self.main if abs(px - x) < 900 and abs(py - y) < 900),
                   default=(0.0, None))[1]

    def way(self, places):
        """Vertices of the quickest way past the places (longitude, latitude)."""
        stops = [self.nearest(*metre(lon, lat)) for lon, lat in places]
        if None in stops:
            raise AssertionError(f"no main street near {places[stops.index(None)]}")
        path = [stops[0]]
        for start, goal in zip(stops, stops[1:]):
            path += self._shortest(start, goal)[1:]
        tidy = []
        for v in path:  # no to and fro
            if len(tidy) > 1 and tidy[-2] == v:
                tidy.pop()
            else:
                tidy.append(v)
        return tidy

    def _shortest(self, start, goal):
        gx, gy = self.mesh.point(goal)
        best = {start: 0.0}
        before = {}
        heap = [(0.0, 0.0, start)]
        while heap:
            _, distance, v = heapq.heappop(heap)
            if v == goal:
                path = [v]
                while v != start:
                    v = before[v]
                    path.append(v)
                return path[::-1]
            if distance > best[v]:
                continue
            for w, length in self.beside[v]:
                d = distance + length
                if d < best.get(w, math.inf):
                    best[w] = d
                    before[w] = v
                    heapq.heappush(heap, (d + 0.55 * math.hypot(self.mesh.xs[w] - gx, self.mesh.ys[w] - gy), d, w))
        raise AssertionError("the street network is not connected")

    def points(self, line):
        return [self.mesh.point(v) for v in line]

    def kind(self, name):
        first = name.split(" ")[0]
        return first if first in KINDS else "Calle"

    def figures(self, street, rng):
        """Direction, lanes, speed limit, surface, median, width of a street."""
        name, hierarchy = self.city.streets[street]
        lanes = [6, 6, 4, 2, 2][hierarchy]
        if hierarchy == REGIONAL and not name.startswith("Periférico"):
            lanes = 4
        if name.startswith("Camino"):
            lanes = 2
        one_way = hierarchy >= COLLECTOR and rng.chance(0.32 if hierarchy == LOCAL else 0.2)
        surface = "pavimento asfáltico"
        if hierarchy <= SECONDARY and rng.chance(0.35) and not name.startswith(("Camino", "Carretera", "Libramiento")):
            surface = "pavimento hidráulico"
        if hierarchy == LOCAL and rng.chance(0.12):
            surface = "terracería"
        return ("único" if one_way else "doble", lanes, [80, 60, 50, 40, 30][hierarchy], surface,
                "sí" if lanes >= 6 or (hierarchy == SECONDARY and rng.chance(0.5)) else "no",
                round(2 * HALF_WIDTH[hierarchy], 1))

    def crossings(self):
        """[(vertex, [streets])] where main streets meet."""
        out = []
        for v in sorted(self.degree):
            streets = sorted(set(self.degree[v]), key=lambda s: (self.city.streets[s][1], s))
            if len(streets) > 1 and self.city.streets[streets[1]][1] <= COLLECTOR and self.city.streets[streets[0]][1] <= SECONDARY:
                out.append((v, streets))
        return out
