# SPDX-License-Identifier: MIT
"""Shared ground of the generator: the seeded random numbers and the plane (UTM 13N metres) everything is drawn in."""

import random

from osgeo import osr

osr.UseExceptions()

SEED = "tesela-demo-1"


class Rng:
    """Random numbers that depend on a name only, so that parts can be changed without touching the others."""

    def __init__(self, *name):
        self._random = random.Random(SEED + ":" + ":".join(str(n) for n in name)).random

    def random(self):
        return self._random()

    def between(self, low, high):
        return low + (high - low) * self._random()

    def whole(self, low, high):
        return low + int(self._random() * (high - low + 1))

    def choice(self, items):
        return items[int(self._random() * len(items))]

    def chance(self, probability):
        return self._random() < probability

    def bell(self):
        """About normal, mean 0, deviation 1."""
        return sum(self._random() for _ in range(12)) - 6.0

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = int(self._random() * (i + 1))
            items[i], items[j] = items[j], items[i]
        return items


def reference(code):
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(code)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


UTM, DEGREES, LAMBERT = 32613, 4326, 6372
_transforms = {}


def transform(points, source, target):
    """Points [(x, y)] from one EPSG code to another, x east and y north on both sides."""
    if source == target:
        return list(points)
    key = (source, target)
    if key not in _transforms:
        _transforms[key] = osr.CoordinateTransformation(reference(source), reference(target))
    return [(p[0], p[1]) for p in _transforms[key].TransformPoints([(x, y) for x, y in points])]


def metres(points):
    """Longitude, latitude pairs to UTM metres."""
    return transform([(p[0], p[1]) for p in points], DEGREES, UTM)


def metre(lon, lat):
    return metres([(lon, lat)])[0]
