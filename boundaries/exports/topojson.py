"""TopoJSON of a release: a year's chambers in one topology, one chamber, one chamber of one province; three sizes.

`topology_of` reads and builds, `sized` simplifies, `encode` writes bytes; `files` does all of it for a year. The same
release gives the same bytes. Polygons wind clockwise outside, as d3 wants them; coordinates are whole numbers,
delta-encoded; every arc is stored once. Format: the TopoJSON specification 1.0.
"""

import functools
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.exports import thinning
from boundaries.exports.generalise import generalise
from boundaries.exports.topology import Rings, Topology, arcs_of, build_topology, part, renumber
from boundaries.exports.topology_cost import cost
from boundaries.release import Release

Array = NDArray[Any]

CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
UNITS: Final = ("provinsi", "kabkota")
_DAPIL: Final = ("id", "kode_dapil", "nama_dapil", "kursi", "kode_provinsi", "kode_kabkota")
_UNIT: Final = ("kode", "nama")


@dataclass(frozen=True)
class Detail:
    """How fine a file is.

    ``step``: the cell of its grid in units of 1e-7 degree. ``tolerance_m``: see `generalise`; None for no
    simplification. ``island_m2`` and ``reach_m``: see `thinning.thin`; None keeps every island. ``provinsi``: whether
    a file of one chamber has the provinces too.
    """

    step: int
    tolerance_m: float | None = None
    island_m2: float | None = None
    reach_m: float | None = None
    provinsi: bool = True


FULL: Final = Detail(1)
#: Size → chamber ("" for all in one file) → detail. Goals, compressed: web 1 MB for all and 200 KB for dpr; overview
#: 80 KB for dpr. The provinces do not fit beside dpr and dpd there; they follow from ``kode_provinsi``. Eighteen
#: thousand islands alone are 140 KB, so the smallest (a tenth of a hectare) stay away from the web files of these two.
NATION: Final = {
    "full": dict.fromkeys(("", *CHAMBERS), FULL),
    "web": {
        "": Detail(10_000, 400),
        "dpr": Detail(12_500, 2_500, 1_000, 1_000, provinsi=False),
        "dpd": Detail(12_500, 2_500, 1_000, 1_000, provinsi=False),
        "dprd-provinsi": Detail(12_500, 800),
        "dprd-kabkota": Detail(10_000, 400),
    },
    "overview": {
        "": Detail(25_000, 1_600, 50_000, 2_500),
        "dpr": Detail(50_000, 4_000, 50_000, 2_500, provinsi=False),
        "dpd": Detail(50_000, 4_000, 50_000, 2_500, provinsi=False),
        "dprd-provinsi": Detail(25_000, 1_600, 50_000, 2_500, provinsi=False),
        "dprd-kabkota": Detail(25_000, 1_600, 50_000, 2_500, provinsi=False),
    },
}
#: The same for a file of one chamber in one province.
PROVINCE: Final = {"full": FULL, "web": Detail(2_000, 100), "overview": Detail(10_000, 400)}
SIZES: Final = tuple(NATION)
_FINER: Final = (1.0, 0.8, 0.6, 0.4, 0.2)


@dataclass(frozen=True)
class File:
    """One TopoJSON: its name, its bytes, and what `cost` measures it by.

    ``source`` is the topology as the release has it, ``drawn_from`` the same without the islands left out, and
    ``topology`` what is in the file; ``detail`` is what it came out with.
    """

    name: str
    content: bytes
    topology: Topology = field(repr=False)
    detail: Detail
    source: Topology = field(repr=False)
    drawn_from: Topology = field(repr=False)

    def cost(self) -> pd.DataFrame:
        """What simplification cost every feature: the columns of `topology_cost.cost` after the object's name."""
        tables = {
            name: cost(self.source, self.drawn_from, self.topology, name) for name in self.topology.rings
        }
        return pd.concat(tables, names=["object", None]).reset_index(0).reset_index(drop=True)

    def gzipped(self) -> bytes:
        """The content as gzip, the same every time."""
        return gzip.compress(self.content, compresslevel=9, mtime=0)


def years(release: Release) -> list[int]:
    """Years of which the release has a layer of some chamber."""
    return sorted({int(name.rpartition("-")[2]) for name in release.layers if not name.startswith("unit-")})


def topology_of(release: Release, year: int, chamber: str = "", *, provinsi: bool = True) -> Topology:
    """Read the layers of a year, all chambers and units or one chamber (and the provinces), into one topology.

    Raises ReleaseError where the release has no such layer.
    """
    layers = {name: f"{name}-{year}" for name in ([chamber] if chamber else CHAMBERS)}
    layers = {name: layer for name, layer in layers.items() if layer in release.layers}
    if not layers:
        raise ReleaseError(
            f"{release.id} has no layer of {chamber or 'any chamber'} in {year}; it has {', '.join(release.layers)}"
        )
    units = UNITS if not chamber else UNITS[:1] if provinsi else ()
    layers |= {name: f"unit-{name}" for name in units if f"unit-{name}" in release.layers}
    return build_topology({name: columns(*release.read_layer(layer)) for name, layer in layers.items()})


def landmarks(release: Release) -> Array:
    """The largest polygon of every base unit of the release: ground that no size leaves out."""
    finest = ("unit-kecamatan", "unit-desa"), ("unit-kabkota",), ("unit-provinsi",)
    found = [[name for name in names if name in release.layers] for names in finest]
    layers = next(filter(None, found))
    return np.concatenate([thinning.largest_parts(release.read_layer(name)[1]) for name in layers])


def thinned(topology: Topology, detail: Detail, ground: Array) -> Topology:
    """Leave out the islands that a detail has no room for; `ground`: see `landmarks`."""
    if detail.island_m2 is None:
        return topology
    return thinning.thin(topology, ground, detail.island_m2, detail.reach_m)


def sized(topology: Topology, detail: Detail) -> tuple[Topology, Detail]:
    """Simplify a topology (on the release's grid, thinned) to a detail; returns it and the detail it came out with.

    Where no valid outcome is possible on the grid of the detail, the next finer one is tried, with a smaller
    tolerance. Raises ReleaseError where none helped.
    """
    if detail.tolerance_m is None:
        return topology, detail
    reason = ""
    for factor in _FINER:
        tolerance = detail.tolerance_m * factor
        step = max(1, round(detail.step * factor))
        try:
            return generalise(topology, step, tolerance), replace(detail, step=step, tolerance_m=tolerance)
        except ReleaseError as error:
            reason = str(error)
    raise ReleaseError(f"no simplified topology: {reason}")


def files(
    release: Release, year: int, sizes: Sequence[str] = SIZES, *, nation: bool = True, provinces: bool = False
) -> Iterator[File]:
    """Make the TopoJSON files of a year: all chambers in one, each chamber; and each chamber in each province."""
    unknown = [size for size in sizes if size not in NATION]
    if unknown:
        raise ReleaseError(f"no size {unknown[0]!r}; choose among {', '.join(SIZES)}")
    sources = functools.cache(
        lambda chamber, provinsi: topology_of(release, year, chamber, provinsi=provinsi)
    )
    whole = sources("", True)
    ground = landmarks(release) if set(sizes) - {"full"} else None
    chambers = [name for name in CHAMBERS if name in whole.tables]
    for size in sizes:
        for chamber in ("", *chambers) if nation else ():
            detail = NATION[size][chamber]
            source = sources(chamber, detail.provinsi or not chamber)
            yield _file(release, [chamber or "dapil", str(year)], size, source, detail, ground)
        for chamber in chambers if provinces else ():
            source = sources(chamber, True)
            for code in sorted(set(source.tables[chamber]["kode_provinsi"])):
                own = of_province(source, chamber, code)
                yield _file(release, [chamber, str(year), code], size, own, PROVINCE[size], None)


def of_province(topology: Topology, chamber: str, code: str) -> Topology:
    """The features of a chamber in a province, and the province."""
    chosen = {chamber: (topology.tables[chamber]["kode_provinsi"] == code).to_numpy()}
    if "provinsi" in topology.tables:
        chosen["provinsi"] = (topology.tables["provinsi"]["kode"] == code).to_numpy()
    return part(topology, chosen)


def _file(
    release: Release, words: list[str], size: str, source: Topology, detail: Detail, ground: Array | None
) -> File:
    drawn_from = source if ground is None else thinned(source, detail, ground)
    topology, detail = sized(drawn_from, detail)
    name = "-".join([*words, *([] if size == "full" else [size])]) + ".topojson"
    facts = about(release, topology, size, detail.tolerance_m or 0)
    return File(name, encode(topology, facts), topology, detail, source, drawn_from)


def about(release: Release, topology: Topology, size: str, tolerance_m: float = 0) -> dict[str, Any]:
    """What the member ``about`` of a file says: release, attribution, licence, size, precision, tolerance."""
    origin = release.manifest["source"]
    licence = origin.get("licence", {})
    return {
        "release": release.id,
        "attribution": origin.get("attribution"),
        "licence": licence.get("spdx") or licence.get("name"),
        "size": size,
        "precision_deg": topology.grid.size,
        "tolerance_m": tolerance_m,
    }


# --- encoding ----------------------------------------------------------------------------------------


def encode(topology: Topology, facts: dict[str, Any] | None = None) -> bytes:
    """Write a topology as TopoJSON: compact, UTF-8, quantised, delta-encoded.

    `facts`: what stands in the member ``about`` of the topology (the specification allows foreign members).
    """
    ordered = renumber(topology, _order(topology))
    low, high = ordered.points.min(axis=0), ordered.points.max(axis=0)
    scale = topology.grid.size
    value: dict[str, Any] = {
        "type": "Topology",
        "bbox": [*topology.grid.degrees(low).tolist(), *topology.grid.degrees(high).tolist()],
        "transform": {"scale": [scale, scale], "translate": topology.grid.degrees(low).tolist()},
    }
    if facts:
        value["about"] = facts
    value["objects"] = {
        name: {"type": "GeometryCollection", "geometries": _geometries(ordered.tables[name], rings)}
        for name, rings in ordered.rings.items()
    }
    value["arcs"] = _deltas(ordered.points - low, ordered.starts)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _order(topology: Topology) -> Array:
    """Borders as they are met, then islands by feature from west to east: neighbours in the file are alike, which
    halves what the references cost when compressed."""
    owner = np.zeros(len(topology), dtype=np.int64)
    finest = max(topology.rings.values(), key=lambda rings: len(rings.feature))
    for rings in (*topology.rings.values(), finest):
        feature = np.repeat(np.arange(len(rings.feature) - 1), np.diff(rings.polygon[rings.feature]))
        owner[arcs_of(rings.refs)] = np.repeat(feature, np.diff(rings.ring))
    closed = topology.closed
    first = topology.points[topology.starts[:-1]]
    met = np.where(closed, 0, np.arange(len(topology)))
    return np.lexsort((first[:, 1], first[:, 0] * closed, met, owner * closed, closed))


def _deltas(points: Array, starts: Array) -> list[list[list[int]]]:
    steps = points.copy()
    steps[1:] -= points[:-1]
    steps[starts[:-1]] = points[starts[:-1]]
    values, cuts = steps.tolist(), starts.tolist()
    return [values[a:b] for a, b in pairwise(cuts)]


def _geometries(table: pd.DataFrame, rings: Rings) -> list[dict[str, Any]]:
    key = "id" if "id" in table.columns else "kode"
    found = []
    for record, polygons in zip(_records(table), _polygons(rings), strict=True):
        single = len(polygons) == 1
        found.append({
            "type": "Polygon" if single else "MultiPolygon",
            "id": record[key],
            "properties": record,
            "arcs": polygons[0] if single else polygons,
        })  # fmt: skip
    return found


def _polygons(rings: Rings) -> Iterator[list[list[list[int]]]]:
    """The arcs of each feature; its polygons in the order of their first arc."""
    refs, ring, polygon, feature = (
        a.tolist() for a in (rings.refs, rings.ring, rings.polygon, rings.feature)
    )
    each_ring = [refs[a:b] for a, b in pairwise(ring)]
    each_polygon = [each_ring[a:b] for a, b in pairwise(polygon)]
    for a, b in pairwise(feature):
        yield sorted(each_polygon[a:b], key=lambda p: p[0][0] if p[0][0] >= 0 else ~p[0][0])


def columns(frame: pd.DataFrame, geometry: Array) -> tuple[pd.DataFrame, Array]:
    """The columns that a map joins by; those without any value are left out."""
    names = _DAPIL if "kode_dapil" in frame.columns else _UNIT
    return frame[[n for n in names if n in frame.columns and frame[n].notna().any()]], geometry


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {
        name: table[name].astype(object).where(table[name].notna(), None).tolist() for name in table.columns
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
