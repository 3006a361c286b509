"""Check the lines of a release: its kecamatan against those of an independent one, its dapil against the source's desa.

    python scripts/check_lines.py RELEASE INDEPENDENT

    dapil build --source kemendagri-2025 --out build/a --no-downloads
    dapil build --source gadm-4.1 --out build/b --no-downloads
    python scripts/check_lines.py build/a build/b

Two questions. How alike (intersection over union) are the kecamatan of both releases, and would the outlines that the
source draws of kecamatan be more alike? And does a point inside each desa, as the source draws it, lie in the dapil
that the law's table says, of every plan? Only numbers are printed: GADM's licence allows measuring, not passing on.
"""

import sys
from pathlib import Path

import numpy as np
import shapely

from boundaries import sources
from boundaries.ground.measures import area_m2
from boundaries.ground.repair import repair
from boundaries.release.dataset import Datasets
from boundaries.release.store import Release, open_release

LAYER = "unit-kecamatan"


def main(one: Path, other: Path) -> None:
    """Measure and print."""
    release = open_release(one)
    chosen = sources.choose(str(release.manifest["source"]["id"]), need=sources.Need(("kecamatan", "desa")))
    raw = {level: sources.read_units(chosen.source, chosen.fetched, level) for level in ("kecamatan", "desa")}
    print(nearness(release, open_release(other), raw["kecamatan"]))
    print("\n".join(desa_in_dapil(release, raw["desa"])))


def nearness(release: Release, independent: Release, outlines: sources.RawUnits) -> str:
    """How alike the kecamatan of two releases are, beside how alike the source's own outlines would be."""
    frame, made = release.read_layer(LAYER)
    frame_b, theirs = independent.read_layer(LAYER)
    there = np.array([g is not None and not g.is_empty for g in outlines.geometry], dtype=bool)
    maps = [
        (frame["kode"].to_numpy(dtype=str), made),
        (outlines.codes[there].astype(str), repair(outlines.geometry[there])[0]),
        (frame_b["kode"].to_numpy(dtype=str), theirs),
    ]
    common = sorted(set.intersection(*(set(codes.tolist()) for codes, _ in maps)))
    made, drawn, theirs = (
        shapes[np.argsort(codes)][np.searchsorted(np.sort(codes), common)] for codes, shapes in maps
    )
    found, other = likeness(made, theirs), likeness(drawn, theirs)
    return (
        f"{len(common):,} kecamatan: median IoU {np.median(found):.3f}, by their own outlines {np.median(other):.3f}; "
        f"nearer than the outline in {100 * (found > other).mean():.1f} %"
    )


def likeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union, pair by pair."""
    both = area_m2(shapely.intersection(one, other))
    return np.asarray(both / (area_m2(one) + area_m2(other) - both))


def desa_in_dapil(release: Release, desa: sources.RawUnits) -> list[str]:
    """A line a plan: of the desa that the source draws, how many have a point in the dapil that the law says."""
    there = np.array([g is not None and not g.is_empty for g in desa.geometry], dtype=bool)
    codes = desa.codes[there].astype(str)
    tree = shapely.STRtree(shapely.point_on_surface(repair(desa.geometry[there])[0]))
    told, datasets = [], Datasets(release)
    for plan in (name for name in release.layers if not name.startswith("unit-")):
        law = dict(datasets.assigned(plan)[["kode_unit", "kode_dapil"]].itertuples(index=False, name=None))
        frame, shapes = release.read_layer(plan)
        dapil, at = tree.query(shapes, predicate="intersects")
        found = dict(zip(codes[at].tolist(), frame["kode_dapil"].to_numpy()[dapil].tolist(), strict=True))
        asked = [code for code in codes.tolist() if code in law]
        wrong = sorted({code for code in asked if found.get(code) != law[code]})
        named = f": {' '.join(wrong[:20])}" if wrong else ""
        told.append(f"{plan}: {len(asked) - len(wrong):,} of {len(asked):,} desa in their dapil{named}")
    return told


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
