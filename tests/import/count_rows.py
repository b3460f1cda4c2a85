# SPDX-License-Identifier: MIT
"""How many rows GDAL reads of each file named on a line of the input, over all layers with geometry: a number, or "-"
when it opens none."""

import sys

from osgeo import gdal, ogr

ROWS_MAX = 100_000


def count(path):
    name = "/vsizip/{%s}" % path if path.lower().endswith((".zip", ".kmz")) else path
    dataset = gdal.OpenEx(name, gdal.OF_VECTOR)
    if dataset is None:
        return None
    rows = 0
    for number in range(dataset.GetLayerCount()):
        layer = dataset.GetLayer(number)
        if layer.GetGeomType() == ogr.wkbNone:
            continue
        while rows < ROWS_MAX and layer.GetNextFeature() is not None:
            rows += 1
    return rows


gdal.PushErrorHandler("CPLQuietErrorHandler")
for line in sys.stdin:
    try:
        counted = count(line.rstrip("\n"))
    except RuntimeError:
        counted = None
    print("-" if counted is None else counted, flush=True)
