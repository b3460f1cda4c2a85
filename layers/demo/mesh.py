# SPDX-License-Identifier: MIT
"""The planar subdivision of the demonstration city.

Every face (a block, a parcel, a stretch of river bed) is a ring of vertices of one shared table and knows its neighbours,
so that whatever is made from faces (blocks, colonias, zones, AGEB) has borders that are equal to the last digit.
Faces are only ever split or merged; nothing is noded or snapped afterwards.
"""

import math


def ring_area(points):
    """Signed area, positive when counter-clockwise."""
    total = 0.0
    x0, y0 = points[-1]
    for x1, y1 in points:
        total += x0 * y1 - x1 * y0
        x0, y0 = x1, y1
    return total / 2


def ring_length(points):
    return sum(math.dist(points[i - 1], points[i]) for i in range(len(points)))


def ring_contains(points, x, y):
    inside = False
    x0, y0 = points[-1]
    for x1, y1 in points:
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
        x0, y0 = x1, y1
    return inside


def ring_distance(points, x, y):
    """Distance of a point from the ring's line."""
    best = math.inf
    x0, y0 = points[-1]
    for x1, y1 in points:
        dx, dy = x1 - x0, y1 - y0
        size = dx * dx + dy * dy
        t = 0.0 if size == 0 else max(0.0, min(1.0, ((x - x0) * dx + (y - y0) * dy) / size))
        best = min(best, (x0 + t * dx - x) ** 2 + (y0 + t * dy - y) ** 2)
        x0, y0 = x1, y1
    return math.sqrt(best)


def ring_centre(points):
    """Centroid of the area."""
    area = cx = cy = 0.0
    ox, oy = points[0]
    x0, y0 = points[-1][0] - ox, points[-1][1] - oy
    for px, py in points:
        x1, y1 = px - ox, py - oy
        cross = x0 * y1 - x1 * y0
        area += cross
        cx += (x0 + x1) * cross
        cy += (y0 + y1) * cross
        x0, y0 = x1, y1
    if area == 0:
        return points[0]
    return ox + cx / (3 * area), oy + cy / (3 * area)


def ring_inside(points):
    """A point well inside: the centroid, or else the middle of the widest horizontal cut through the ring."""
    x, y = ring_centre(points)
    if ring_contains(points, x, y) and ring_distance(points, x, y) > 4:
        return x, y
    low = min(p[1] for p in points)
    high = max(p[1] for p in points)
    best = (-1.0, x, y)
    for step in range(1, 12):
        level = low + (high - low) * step / 12 + 0.0137
        cuts = []
        x0, y0 = points[-1]
        for x1, y1 in points:
            if (y0 > level) != (y1 > level):
                cuts.append(x0 + (level - y0) * (x1 - x0) / (y1 - y0))
            x0, y0 = x1, y1
        cuts.sort()
        for a, b in zip(cuts[::2], cuts[1::2]):
            best = max(best, (b - a, (a + b) / 2, level))
    return best[1], best[2]


def ring_box(points):
    """Smallest enclosing rectangle: (angle of the long side, long, short)."""
    pts = sorted(set(points))

    def half(seq):
        out = []
        for p in seq:
            while len(out) > 1 and ((out[-1][0] - out[-2][0]) * (p[1] - out[-2][1])
                                    - (out[-1][1] - out[-2][1]) * (p[0] - out[-2][0])) <= 0:
                out.pop()
            out.append(p)
        return out[:-1]

    hull = half(pts) + half(pts[::-1])
    best = None
    for i, (x1, y1) in enumerate(hull):
        x0, y0 = hull[i - 1]
        angle = math.atan2(y1 - y0, x1 - x0)
        c, s = math.cos(angle), math.sin(angle)
        us = [x * c + y * s for x, y in hull]
        vs = [y * c - x * s for x, y in hull]
        du, dv = max(us) - min(us), max(vs) - min(vs)
        if best is None or du * dv < best[0]:
            best = (du * dv, angle, du, dv) if du >= dv else (du * dv, angle + math.pi / 2, dv, du)
    return best[1], best[2], best[3]


def line_crosses(line, points):
    """Whether a line from the ring to the ring crosses or touches it on the way."""
    last = len(line) - 2
    for k in range(last + 1):
        (ax, ay), (bx, by) = line[k], line[k + 1]
        west, east = (ax, bx) if ax < bx else (bx, ax)
        south, north = (ay, by) if ay < by else (by, ay)
        cx, cy = points[-1]
        for dx, dy in points:
            if not ((cx < west and dx < west) or (cx > east and dx > east) or (cy < south and dy < south) or (cy > north and dy > north)):
                c = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
                d = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
                a = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
                b = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
                if (c > 0) != (d > 0) and (a > 0) != (b > 0) and c != d and a != b:
                    t = a / (a - b)  # along the line's piece; its own ends may touch
                    near = t * math.dist((ax, ay), (bx, by)) if k == 0 and t < 0.5 else (
                        (1 - t) * math.dist((ax, ay), (bx, by)) if k == last and t >= 0.5 else 1.0)
                    if near > 0.05:
                        return True
            cx, cy = dx, dy
    return False


class Frame:
    """Two families of lines, u = constant and v = constant: a turned grid, gently bent when asked."""

    def __init__(self, x, y, angle, bend_u=0.0, bend_v=0.0, wave=900.0, phase=0.0):
        self.x, self.y = x, y
        self.c, self.s = math.cos(angle), math.sin(angle)
        self.bend_u, self.bend_v = bend_u, bend_v
        self.k = 2 * math.pi / wave
        self.phase = phase
        self.straight = bend_u == 0 and bend_v == 0

    def uv(self, x, y):
        x, y = x - self.x, y - self.y
        p, q = x * self.c + y * self.s, y * self.c - x * self.s
        if self.straight:
            return p, q
        u = p + self.bend_u * math.sin(self.k * q + self.phase)
        return u, q + self.bend_v * math.sin(self.k * 1.13 * u + 1.7 * self.phase)

    def xy(self, u, v):
        if not self.straight:
            v = v - self.bend_v * math.sin(self.k * 1.13 * u + 1.7 * self.phase)
            u = u - self.bend_u * math.sin(self.k * v + self.phase)
        return self.x + u * self.c - v * self.s, self.y + u * self.s + v * self.c


class Polar:
    """Rings round a centre (u = radius) and spokes (v = arc length at radius `unit`)."""
    straight = False

    def __init__(self, x, y, unit, turn):
        self.x, self.y, self.unit, self.turn = x, y, unit, turn

    def uv(self, x, y):
        dx, dy = x - self.x, y - self.y
        angle = (math.atan2(dy, dx) - self.turn + math.pi) % (2 * math.pi) - math.pi
        return math.hypot(dx, dy), angle * self.unit

    def xy(self, u, v):
        angle = v / self.unit + self.turn
        return self.x + u * math.cos(angle), self.y + u * math.sin(angle)


def thin(points, tolerance):
    """Douglas-Peucker."""
    if len(points) < 3:
        return points
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = math.hypot(x1 - x0, y1 - y0) or 1e-9
    far, at = 0.0, 0
    for i in range(1, len(points) - 1):
        d = abs((x1 - x0) * (points[i][1] - y0) - (y1 - y0) * (points[i][0] - x0)) / length
        if d > far:
            far, at = d, i
    if far <= tolerance:
        return [points[0], points[-1]]
    return thin(points[:at + 1], tolerance)[:-1] + thin(points[at:], tolerance)


class Mesh:
    def __init__(self):
        self.xs, self.ys = [], []
        self.rings = {}    # face -> vertices, counter-clockwise
        self.left = {}     # (a, b) -> face on the left; -1 is the outside
        self.street = {}   # (min, max) -> street, -1 when the edge is no street
        self.faces_made = 0

    def vertex(self, x, y):
        self.xs.append(round(x, 2))
        self.ys.append(round(y, 2))
        return len(self.xs) - 1

    def point(self, vertex):
        return self.xs[vertex], self.ys[vertex]

    def points(self, face):
        return [(self.xs[v], self.ys[v]) for v in self.rings[face]]

    def street_of(self, a, b):
        return self.street[(a, b) if a < b else (b, a)]

    def set_street(self, a, b, street):
        self.street[(a, b) if a < b else (b, a)] = street

    def add_face(self, ring):
        face = self.faces_made
        self.faces_made += 1
        self.rings[face] = ring
        for i, b in enumerate(ring):
            self.left[(ring[i - 1], b)] = face
        return face

    def build(self, edges):
        """Faces from a noded network: edges {(a, b): street}. Returns the number of outer rings (1 when connected)."""
        around = {}
        for a, b in edges:
            around.setdefault(a, []).append(b)
            around.setdefault(b, []).append(a)
            self.set_street(a, b, edges[a, b])
        after = {}
        for v in sorted(around):
            fan = sorted(around[v], key=lambda w: math.atan2(self.ys[w] - self.ys[v], self.xs[w] - self.xs[v]))
            for i, w in enumerate(fan):
                after[(w, v)] = fan[i - 1]  # clockwise neighbour of the way back
        seen, outer = set(), 0
        for start in sorted(after):
            if start in seen:
                continue
            ring, (a, b) = [], start
            while (a, b) not in seen:
                seen.add((a, b))
                ring.append(b)
                a, b = b, after[(a, b)]
            if ring_area([self.point(v) for v in ring]) > 0:
                self.add_face(ring)
            else:
                outer += 1
                for i, v in enumerate(ring):
                    self.left[(ring[i - 1], v)] = -1
        return outer

    def split_edge(self, a, b, x, y):
        c = self.vertex(x, y)
        street = self.street.pop((a, b) if a < b else (b, a))
        self.set_street(a, c, street)
        self.set_street(c, b, street)
        for p, q in ((a, b), (b, a)):
            face = self.left.pop((p, q))
            self.left[(p, c)] = face
            self.left[(c, q)] = face
            if face >= 0:
                ring = self.rings[face]
                at = ring.index(p)
                if ring[(at + 1) % len(ring)] != q:  # a vertex met twice by one ring
                    at = next(i for i in range(len(ring)) if ring[i] == p and ring[(i + 1) % len(ring)] == q)
                ring.insert(at + 1, c)
        return c

    def split_face(self, face, a, b, path, street):
        """Splits a face by a line from vertex a to vertex b; returns both new faces (left and right of the line)."""
        ring = self.rings.pop(face)
        i, j = ring.index(a), ring.index(b)
        there = ring[i:j + 1] if i <= j else ring[i:] + ring[:j + 1]  # a … b along the ring
        back = ring[j:i + 1] if j <= i else ring[j:] + ring[:i + 1]   # b … a along the ring
        inner = [self.vertex(x, y) for x, y in path]
        chain = [a] + inner + [b]
        for p, q in zip(chain, chain[1:]):
            self.set_street(p, q, street)
        return self.add_face(back + inner), self.add_face(there + inner[::-1])

    def cut(self, face, frame, axis, level, street, min_area, min_width, snap=9.0, step=22.0):
        """Cuts a face along the frame's line u (axis 0) or v (axis 1) = level wherever both parts are big enough.
        Returns the faces that it consists of afterwards."""
        ring = self.rings[face]
        count = len(ring)
        places = [frame.uv(self.xs[v], self.ys[v]) for v in ring]
        sides = [p[axis] - level for p in places]
        if max(sides) < min_width * 0.5 or min(sides) > -min_width * 0.5:
            return [face]
        signs = [0 if abs(s) < 0.06 else (1 if s > 0 else -1) for s in sides]
        crossings = []
        solid = [i for i in range(count) if signs[i]]
        for k, j in enumerate(solid):
            i = solid[k - 1]
            if signs[i] == signs[j]:
                continue
            if (i + 1) % count == j:
                crossings.append(self._crossing(frame, axis, level, ring[i], ring[j], sides[i], sides[j], snap))
            else:
                v = ring[(i + 1) % count]
                crossings.append((places[(i + 1) % count][1 - axis], v, None, self.point(v)))
        crossings.sort()
        points = [(self.xs[v], self.ys[v]) for v in ring]
        pairs = []
        for first, second in zip(crossings[::2], crossings[1::2]):
            if math.dist(first[3], second[3]) < min_width or (first[2] is None and second[2] is None
                                                              and first[1] == second[1]):
                continue
            path = self._path(frame, axis, level, first, second, step)
            line = [first[3]] + path + [second[3]]
            probes = [line[len(line) // 2]] if path else []
            probes += [((p[0] + q[0]) / 2, (p[1] + q[1]) / 2) for p, q in zip(line, line[1:])]
            if len(probes) > 9:
                probes = probes[::len(probes) // 8]
            total = sum(math.dist(p, q) for p, q in zip(line, line[1:]))
            if all(ring_contains(points, *p) for p in probes) and all(
                    ring_distance(points, *p) > min(min_width * 0.45, total * 0.2,
                                                    0.42 * min(math.dist(p, line[0]), math.dist(p, line[-1])))
                    for p in probes) and not line_crosses(line, points):
                pairs.append((first, second, path))
        if not pairs:
            return [face]
        ends = []
        for first, second, path in pairs:
            ends.append((self._at(first), self._at(second), path))
        faces = [face]
        for a, b, path in ends:
            for k, candidate in enumerate(faces):
                ring = self.rings[candidate]
                if a in ring and b in ring:
                    break
            else:
                continue
            if self._good(candidate, a, b, path, min_area, min_width):
                faces[k:k + 1] = self.split_face(candidate, a, b, path, street)
        return faces

    def _crossing(self, frame, axis, level, a, b, side_a, side_b, snap):
        xa, ya, xb, yb = self.xs[a], self.ys[a], self.xs[b], self.ys[b]
        low, high, t = 0.0, 1.0, side_a / (side_a - side_b)
        if not frame.straight:
            for _ in range(24):
                side = frame.uv(xa + t * (xb - xa), ya + t * (yb - ya))[axis] - level
                if (side > 0) == (side_a > 0):
                    low = t
                else:
                    high = t
                t = (low + high) / 2
        length = math.hypot(xb - xa, yb - ya)
        x, y = xa + t * (xb - xa), ya + t * (yb - ya)
        along = frame.uv(x, y)[1 - axis]
        if t * length < snap and t <= 0.5:
            return along, a, None, (xa, ya)
        if (1 - t) * length < snap:
            return along, b, None, (xb, yb)
        return along, a, b, (x, y)

    def _at(self, crossing):
        _, a, b, (x, y) = crossing
        if b is None:
            return a
        if (a, b) not in self.left:  # split meanwhile by the crossing of another pair: never on the same spot
            raise AssertionError("an edge is crossed twice by one line")
        return self.split_edge(a, b, x, y)

    @staticmethod
    def _path(frame, axis, level, first, second, step):
        if frame.straight:
            return []
        s0, s1 = first[0], second[0]
        count = max(2, int(abs(s1 - s0) / step))

        def at(s):
            return frame.xy(level, s) if axis == 0 else frame.xy(s, level)

        # Where an end was drawn to a corner nearby, the whole line leans towards it: no hook at the end.
        (ax, ay), (bx, by) = at(s0), at(s1)
        lean = (first[3][0] - ax, first[3][1] - ay, second[3][0] - bx, second[3][1] - by)
        line = [first[3]]
        for i in range(1, count):
            t = i / count
            x, y = at(s0 + (s1 - s0) * t)
            line.append((x + lean[0] * (1 - t) + lean[2] * t, y + lean[1] * (1 - t) + lean[3] * t))
        line.append(second[3])
        return thin(line, 0.35)[1:-1]

    def _good(self, face, a, b, path, min_area, min_width):
        ring = self.rings[face]
        i, j = ring.index(a), ring.index(b)
        if a == b or (i + 1) % len(ring) == j or (j + 1) % len(ring) == i:
            return False
        for part, inner in ((ring[i:j + 1] if i <= j else ring[i:] + ring[:j + 1], path[::-1]),
                            (ring[j:i + 1] if j <= i else ring[j:] + ring[:i + 1], path)):
            points = [self.point(v) for v in part] + inner
            area = ring_area(points)
            if area < min_area or 2 * area / ring_length(points) < min_width * 0.4:
                return False
        return True

    def outline(self, faces):
        """Polygons that the faces make together: a list of (outer ring, [holes]) of vertices. Rings are simple."""
        faces = set(faces)
        out = {}
        for face in sorted(faces):
            ring = self.rings[face]
            for i, b in enumerate(ring):
                a = ring[i - 1]
                if self.left[(b, a)] not in faces:
                    out.setdefault(a, []).append(b)
        rings, used = [], set()
        for start in sorted(out):
            for to in sorted(out[start]):
                if (start, to) in used:
                    continue
                ring, a, b = [], start, to
                while (a, b) not in used:
                    used.add((a, b))
                    ring.append(b)
                    a, b = b, self._leftmost(a, b, out[b])
                rings += self._simple(ring)
        shells = [r for r in rings if ring_area([self.point(v) for v in r]) > 0]
        holes = [r for r in rings if ring_area([self.point(v) for v in r]) < 0]
        shells.sort(key=lambda r: abs(ring_area([self.point(v) for v in r])))
        polygons = [(shell, []) for shell in shells]
        for hole in holes:
            inside = ring_inside([self.point(v) for v in hole][::-1])
            for shell, mine in polygons:
                if ring_contains([self.point(v) for v in shell], *inside):
                    mine.append(hole)
                    break
        return polygons

    def _leftmost(self, a, b, choices):
        if len(choices) == 1:
            return choices[0]
        back = math.atan2(self.ys[a] - self.ys[b], self.xs[a] - self.xs[b])

        def turn(c):
            way = (back - math.atan2(self.ys[c] - self.ys[b], self.xs[c] - self.xs[b])) % (2 * math.pi)
            return way if way > 1e-12 else 2 * math.pi
        return min(choices, key=turn)

    @staticmethod
    def _simple(ring):
        """Takes loops out of a ring that meets a vertex twice."""
        done, stack, at = [], [], {}
        for v in ring:
            if v in at:
                loop = stack[at[v]:]
                for w in loop:
                    at.pop(w, None)
                del stack[len(stack) - len(loop):]
                done.append(loop)
            at[v] = len(stack)
            stack.append(v)
        done.append(stack)
        return [r for r in done if len(r) > 2]

    def merge(self, faces):
        """Joins faces to one; None (and nothing changes) when they are not one piece without holes."""
        outline = self.outline(faces)
        if len(outline) != 1 or outline[0][1]:
            return None
        faces = set(faces)
        for face in sorted(faces):
            ring = self.rings[face]
            for i, b in enumerate(ring):
                a = ring[i - 1]
                if self.left.get((b, a)) in faces and self.left.get((a, b)) in faces:
                    self.street.pop((a, b) if a < b else (b, a), None)
        for face in sorted(faces):
            ring = self.rings.pop(face)
            for i, b in enumerate(ring):
                self.left.pop((ring[i - 1], b), None)
        return self.add_face(list(outline[0][0]))
