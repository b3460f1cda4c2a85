# SPDX-License-Identifier: MIT
"""From hand-drawn lines to a noded network: smoothing, joining of loose ends, crossing points, pruning."""

import math


def smooth(points, step=60.0):
    """A centripetal-like Catmull-Rom curve through the points."""
    if len(points) < 3:
        return list(points)
    ends = [(2 * points[0][0] - points[1][0], 2 * points[0][1] - points[1][1])]
    tail = [(2 * points[-1][0] - points[-2][0], 2 * points[-1][1] - points[-2][1])]
    p = ends + list(points) + tail
    line = [points[0]]
    for i in range(1, len(p) - 2):
        count = max(1, int(math.dist(p[i], p[i + 1]) / step))
        for k in range(1, count + 1):
            t = k / count
            line.append(tuple(
                0.5 * (2 * p[i][d] + (p[i + 1][d] - p[i - 1][d]) * t
                       + (2 * p[i - 1][d] - 5 * p[i][d] + 4 * p[i + 1][d] - p[i + 2][d]) * t * t
                       + (3 * p[i][d] - p[i - 1][d] - 3 * p[i + 1][d] + p[i + 2][d]) * t ** 3) for d in (0, 1)))
    return line


def rough(points, rng, amount, rounds):
    """Roughens a line by moving the middle of each piece sideways (and half as far each round)."""
    for _ in range(rounds):
        line = [points[0]]
        for a, b in zip(points, points[1:]):
            shift = (rng.random() * 2 - 1) * amount
            line.append(((a[0] + b[0]) / 2 - (b[1] - a[1]) * shift, (a[1] + b[1]) / 2 + (b[0] - a[0]) * shift))
            line.append(b)
        points = line
    return points


def offset(points, distance):
    """The line moved to its left; `distance` is a number or a function of the position (0 … 1)."""
    line = []
    for i, (x, y) in enumerate(points):
        a, b = points[max(0, i - 1)], points[min(len(points) - 1, i + 1)]
        length = math.dist(a, b) or 1.0
        d = distance(i / (len(points) - 1)) if callable(distance) else distance
        line.append((x - (b[1] - a[1]) / length * d, y + (b[0] - a[0]) / length * d))
    return line


def nearest_on(line, x, y):
    best = (math.inf, x, y)
    for (x0, y0), (x1, y1) in zip(line, line[1:]):
        dx, dy = x1 - x0, y1 - y0
        size = dx * dx + dy * dy
        t = 0.0 if size == 0 else max(0.0, min(1.0, ((x - x0) * dx + (y - y0) * dy) / size))
        px, py = x0 + t * dx, y0 + t * dy
        best = min(best, (math.hypot(px - x, py - y), px, py))
    return best


def join_ends(lines, reach):
    """Prolongs each loose end to the nearest other line within `reach`, and a little over it, so that they cross."""
    joined = []
    for k, (street, line) in enumerate(lines):
        line = list(line)
        for end in (0, -1):
            x, y = line[end]
            found = min((nearest_on(other, x, y) for j, (_, other) in enumerate(lines) if j != k),
                        default=(math.inf, 0, 0))
            ahead = (found[1] - x) * (x - line[1 if end == 0 else -2][0]) + (found[2] - y) * (y - line[1 if end == 0 else -2][1])
            if 0.5 < found[0] <= reach and ahead > 0:
                over = 3.0 / found[0]
                tip = (found[1] + (found[1] - x) * over, found[2] + (found[2] - y) * over)
                line.insert(0, tip) if end == 0 else line.append(tip)
        joined.append((street, line))
    return joined


def node(lines, rank, merge=6.0):
    """Crosses all lines. `rank(street)` decides (lowest wins) where two lie on each other.
    Returns (points, {(a, b): street})."""
    segments = []
    for street, line in lines:
        for a, b in zip(line, line[1:]):
            if math.dist(a, b) > 0.05:
                segments.append((street, a, b))
    cells = {}
    size = 400.0
    for i, (_, a, b) in enumerate(segments):
        for cx in range(int(min(a[0], b[0]) // size), int(max(a[0], b[0]) // size) + 1):
            for cy in range(int(min(a[1], b[1]) // size), int(max(a[1], b[1]) // size) + 1):
                cells.setdefault((cx, cy), []).append(i)
    cuts = [[] for _ in segments]
    done = set()
    for cell in sorted(cells):
        members = cells[cell]
        for n, i in enumerate(members):
            for j in members[n + 1:]:
                if (i, j) in done:
                    continue
                done.add((i, j))
                hit = _cross(segments[i][1:], segments[j][1:])
                if hit:
                    cuts[i].append(hit)
                    cuts[j].append(hit)
    points, grid = [], {}

    def vertex(x, y):
        cx, cy = int(x // merge), int(y // merge)
        for gx in (cx - 1, cx, cx + 1):
            for gy in (cy - 1, cy, cy + 1):
                for v in grid.get((gx, gy), ()):
                    if math.dist(points[v], (x, y)) < merge:
                        return v
        points.append((x, y))
        grid.setdefault((cx, cy), []).append(len(points) - 1)
        return len(points) - 1

    for hits in cuts:  # crossings first: they attract the ends near them
        for hit in hits:
            vertex(*hit)
    edges = {}
    for (street, a, b), hits in zip(segments, cuts):
        chain = [a] + sorted(hits, key=lambda p: math.dist(a, p)) + [b]
        ids = [vertex(*p) for p in chain]
        for p, q in zip(ids, ids[1:]):
            if p != q:
                key = (min(p, q), max(p, q))
                if key not in edges or rank(street) < rank(edges[key]):
                    edges[key] = street
    return points, edges


def _cross(one, two):
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = two
    rx, ry, sx, sy = bx - ax, by - ay, dx - cx, dy - cy
    turn = rx * sy - ry * sx
    if abs(turn) < 1e-9:
        return None
    t = ((cx - ax) * sy - (cy - ay) * sx) / turn
    u = ((cx - ax) * ry - (cy - ay) * rx) / turn
    if -1e-9 <= t <= 1 + 1e-9 and -1e-9 <= u <= 1 + 1e-9:
        return ax + t * rx, ay + t * ry
    return None


def prune(edges):
    """Takes dead ends away. Returns (what stays, what was taken)."""
    around = {}
    for a, b in edges:
        around.setdefault(a, set()).add(b)
        around.setdefault(b, set()).add(a)
    loose = [v for v in around if len(around[v]) == 1]
    taken = {}
    while loose:
        v = loose.pop()
        if len(around[v]) != 1:
            continue
        w = around[v].pop()
        around[w].discard(v)
        key = (min(v, w), max(v, w))
        taken[key] = edges[key]
        if len(around[w]) == 1:
            loose.append(w)
    return {k: s for k, s in edges.items() if k not in taken}, taken


def chains(edges, stop=frozenset()):
    """Joins edges [(a, b)] to lines of vertices, ending at forks and at the vertices in `stop`."""
    around = {}
    for a, b in edges:
        around.setdefault(a, []).append(b)
        around.setdefault(b, []).append(a)
    for v in around:
        around[v].sort()
    used, lines = set(), []

    def walk(a, b):
        line = [a, b]
        used.add((min(a, b), max(a, b)))
        while len(around[b]) == 2 and b not in stop and b != line[0]:
            c = around[b][0] if around[b][1] == a else around[b][1]
            if (min(b, c), max(b, c)) in used:
                break
            used.add((min(b, c), max(b, c)))
            line.append(c)
            a, b = b, c
        return line

    for only_ends in (True, False):
        for v in sorted(around):
            if only_ends and len(around[v]) == 2 and v not in stop:
                continue
            for w in around[v]:
                if (min(v, w), max(v, w)) not in used:
                    lines.append(walk(v, w))
    return lines
