"""Measure how far the lines of a release are from those of an independent one, by kabkota.

    python scripts/measure_accuracy.py RELEASE INDEPENDENT OUT.csv

    dapil build --source kemendagri-2025 --out build/a --no-downloads
    dapil build --source gadm-4.1 --out build/b --no-downloads
    python scripts/measure_accuracy.py build/a build/b data/sources/kemendagri-2025.accuracy.csv

For every border between two kecamatan that both maps have, pieces of at most some 220 m are measured to the same
border of the other map. A row a kabkota: kilometres of border measured, and the distance (metres) that half and nine
tenths of them do not exceed. A border between two kabkota counts in both. Only numbers are written: GADM's licence
allows measuring, not passing on. What the two maps say of each other says nothing about which of them is right; GADM is
of about 2012 and was placed by a bridge, so a distance is how far a line can be wrong, not how far it is.

To stderr: the same for the nation, and the intersection over union of every kecamatan of both.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from boundaries.ground.accuracy import border_distances, quantiles
from boundaries.ground.measures import area_m2
from boundaries.release.store import open_release

LAYER = "unit-kecamatan"
SHARES = np.array([0.5, 0.9])


def main(one: Path, other: Path, out: Path) -> None:
    """Measure and write."""
    frame, geometry = open_release(one).read_layer(LAYER)
    frame_b, geometry_b = open_release(other).read_layer(LAYER)
    codes, codes_b = (each["kode"].to_numpy(dtype=str) for each in (frame, frame_b))
    pieces = border_distances(codes, geometry, codes_b, geometry_b)
    table = by_kabkota(pieces)
    table.to_csv(out, index=False, lineterminator="\n")
    told = quantiles(*(pieces[name].to_numpy() for name in ("jarak_m", "panjang_m")), SHARES)
    iou = likeness(codes, geometry, codes_b, geometry_b)
    print(
        f"{pieces['panjang_m'].sum() / 1000:,.0f} km of border: half within {told[0]:,.0f} m, nine tenths within "
        f"{told[1]:,.0f} m\n{len(iou):,} kecamatan: median IoU {np.median(iou):.3f}",
        file=sys.stderr,
    )


def by_kabkota(pieces: pd.DataFrame) -> pd.DataFrame:
    """A row a kabkota that has a border in both maps."""
    sides = [pieces.assign(kode=pieces[side].str[:5]) for side in ("satu", "dua")]
    inner = sides[0]["kode"] == sides[1]["kode"]
    every = pd.concat([sides[0], sides[1][~inner]])
    rows = []
    for code, own in every.groupby("kode"):
        half, most = quantiles(own["jarak_m"].to_numpy(), own["panjang_m"].to_numpy(), SHARES)
        rows.append((code, round(own["panjang_m"].sum() / 1000, 1), round(half), round(most)))
    return pd.DataFrame(rows, columns=["kode", "batas_km", "beda_tengah_m", "beda_90_m"])


def likeness(
    codes: np.ndarray, geometry: np.ndarray, codes_b: np.ndarray, geometry_b: np.ndarray
) -> np.ndarray:
    """Intersection over union of the units that both maps have."""
    _, at, at_b = np.intersect1d(codes, codes_b, return_indices=True)
    both = area_m2(shapely.intersection(geometry[at], geometry_b[at_b]))
    return np.asarray(both / (area_m2(geometry[at]) + area_m2(geometry_b[at_b]) - both))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
