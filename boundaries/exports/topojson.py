"""TopoJSON of a release: a year's chambers in one topology, one chamber, one chamber of one province; three sizes.

A year is *drawn* a few times, as a whole: as it stands in the detail ``standard`` of the release, and simplified to the
details of `DRAWINGS`. Every file is cut
out of a drawing (`boundaries.topology.cutting`), so files of the same drawing agree with each other point for point:
a province with its neighbour, a chamber with the others. The same release gives the same bytes. Polygons wind clockwise
outside, as d3 wants them; coordinates are whole numbers, delta-encoded; every arc is stored once.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.release.store import FULL, STANDARD, Release
from boundaries.topology.arcs import Topology
from boundaries.topology.cutting import cut_all, objects
from boundaries.topology.details import (
    CHAMBERS,
    DRAWINGS,
    UNITS,
    Detail,
    Drawing,
    columns,
    landmarks,
    sized,
    thinned,
    topology_of,
)
from boundaries.topology.encoding import Labels, encode, labels_of

Array = NDArray[Any]

__all__ = [
    "CHAMBERS", "DRAWINGS", "NATION", "PROVINCE", "SIZES", "UNITS", "Detail", "Drawing", "File", "Year", "about",
    "columns", "encode", "files", "landmarks", "one", "sized", "thinned", "topology_of", "years",
]  # fmt: skip

_WEB: Final = dict.fromkeys(("", "dprd-provinsi", "dprd-kabkota"), "web")
_OVERVIEW: Final = dict.fromkeys(_WEB, "overview")
#: Size → chamber ("" for all in one file) → the drawing that the file is cut from.
NATION: Final[Mapping[str, Mapping[str, str]]] = {
    STANDARD: dict.fromkeys(("", *CHAMBERS), STANDARD),
    "web": _WEB | dict.fromkeys(("dpr", "dpd"), "web-dpr"),
    "overview": _OVERVIEW | dict.fromkeys(("dpr", "dpd"), "overview-dpr"),
}
#: Size → the drawing for a file of one chamber in one province.
PROVINCE: Final[Mapping[str, str]] = {STANDARD: STANDARD, "web": "province", "overview": "web"}
SIZES: Final = tuple(NATION)


@dataclass(frozen=True)
class File:
    """One TopoJSON: its name, its bytes, what it is of ("" for all chambers, for the nation), and its topology."""

    name: str
    content: bytes
    size: str
    chamber: str
    province: str
    topology: Topology = field(repr=False)
    drawing: Drawing = field(repr=False)

    @property
    def detail(self) -> Detail:
        """How fine it is."""
        return self.drawing.detail

    def cost(self) -> pd.DataFrame:
        """What simplification cost every feature: ``object``, then the columns of `topology_cost.COLUMNS`.

        Cutting moves nothing, so it is what the drawing cost; that is measured once for all its files.
        """
        tables = []
        for name, table in self.topology.tables.items():
            found = self.drawing.costs.of(name)
            own = found["id"].isin(table.iloc[:, 0])
            tables.append(found[own].assign(object=name))
        joined = pd.concat(tables, ignore_index=True)
        return joined[["object", *joined.columns.drop("object")]]

    def gzipped(self) -> bytes:
        """The content as gzip, the same every time."""
        return gzip.compress(self.content, compresslevel=9, mtime=0)


def years(release: Release) -> list[int]:
    """Years of which the release has a layer of some chamber."""
    return sorted({int(name.rpartition("-")[2]) for name in release.layers if not name.startswith("unit-")})


def files(
    release: Release, year: int, sizes: Sequence[str] = SIZES, *, nation: bool = True, provinces: bool = False
) -> Iterator[File]:
    """Make the TopoJSON files of a year: each chamber, and each in each province; all chambers in one.

    Raises ReleaseError for a size that there is not, or a year of which the release has no layer.
    """
    for size in sizes:
        _check_size(size)
    drawn = Year(release, year)
    for size in sizes:
        for chamber in drawn.chambers:
            if nation:
                yield drawn.nation(chamber, size)
            if provinces:
                yield from drawn.provinces(chamber, size)
        if nation:
            yield drawn.nation("", size)


def one(release: Release, year: int, chamber: str = "", province: str = "", size: str = STANDARD) -> File:
    """Make one of the files of `files`: the same bytes.

    Raises ReleaseError where there is no such file; a file of a province is of one chamber.
    """
    _check_size(size)
    drawn = Year(release, year)
    if chamber not in ("", *drawn.chambers):
        raise ReleaseError(
            f"{release.id} has no layer of {chamber} in {year}; it has {', '.join(drawn.chambers)}"
        )
    if not province:
        return drawn.nation(chamber, size)
    if not chamber:
        raise ReleaseError(f"a TopoJSON of province {province} is of one chamber; name it")
    return next(drawn.provinces(chamber, size, province))


def _check_size(size: str) -> None:
    if size not in NATION:
        raise ReleaseError(f"no size {size!r}; choose among {', '.join(SIZES)}")


class Year:
    """The drawings of a year, each made when it is first asked for, and the files that are cut out of them."""

    def __init__(self, release: Release, year: int) -> None:
        self._release, self._year = release, year
        self._whole = topology_of(release, year)
        self._labels: Labels = labels_of(self._whole.tables)
        self._drawings: dict[str, Drawing] = {}
        self.chambers = [name for name in CHAMBERS if name in self._whole.tables]

    def drawing(self, name: str) -> Drawing:
        """One of `DRAWINGS`. Raises ReleaseError where it cannot be drawn."""
        if name not in self._drawings:
            detail, source = DRAWINGS[name], self._whole
            if detail.only:
                source = objects(source, [each for each in detail.only if each in self.chambers])
            drawn_from = thinned(source, detail, self._landmarks) if detail.island_m2 else source
            topology, detail = sized(drawn_from, detail)
            self._drawings[name] = Drawing(name, detail, source, drawn_from, topology)
        return self._drawings[name]

    def nation(self, chamber: str, size: str) -> File:
        """The file of a chamber, or of all ("")."""
        drawing = self.drawing(NATION[size][chamber])
        has = drawing.topology.rings
        names = [name for name in (chamber, "provinsi") if name in has] if chamber else list(has)
        return self._file(drawing, objects(drawing.topology, names), size, chamber, "")

    def provinces(self, chamber: str, size: str, province: str = "") -> Iterator[File]:
        """The files of a chamber in each province, or in one. Raises ReleaseError where it has nothing there."""
        drawing = self.drawing(PROVINCE[size])
        tables = drawing.topology.tables
        known = sorted(set(tables[chamber]["kode_provinsi"]))
        if province and province not in known:
            raise ReleaseError(
                f"{chamber}-{self._year} has nothing in province {province!r}; it has {', '.join(known)}"
            )
        chosen = [province] if province else known
        place = {code: number for number, code in enumerate(chosen)}
        groups = {chamber: _numbered(tables[chamber]["kode_provinsi"], place)}
        if "provinsi" in tables:
            groups["provinsi"] = _numbered(tables["provinsi"]["kode"], place)
        pieces = cut_all(drawing.topology, groups, len(chosen))
        for code, piece in zip(chosen, pieces, strict=True):
            yield self._file(drawing, piece, size, chamber, code)

    @cached_property
    def _landmarks(self) -> Array:
        return landmarks(self._release)

    def _file(self, drawing: Drawing, topology: Topology, size: str, chamber: str, province: str) -> File:
        words = [chamber or "dapil", str(self._year), province, "" if size == STANDARD else size]
        facts = about(self._release, topology, size, drawing.detail)
        content = encode(topology, facts, self._labels)
        name = "-".join(filter(None, words)) + ".topojson"
        return File(name, content, size, chamber, province, topology, drawing)


def _numbered(codes: pd.Series, place: Mapping[str, int]) -> Array:
    return codes.map(place).fillna(-1).to_numpy(dtype=np.int64)


def about(release: Release, topology: Topology, size: str, detail: Detail | None = None) -> dict[str, Any]:
    """What the member ``about`` of a file says: release, attribution, licence, size, precision, tolerance; and at how
    many places of the drawing lines were moved aside for room, if at any."""
    tolerance_m = (detail.tolerance_m if detail else None) or 0
    origin = release.manifest["source"]
    licence = origin.get("licence", {})
    return {
        "release": release.id,
        "attribution": origin.get("attribution"),
        "licence": licence.get("spdx") or licence.get("name"),
        "size": size,
        "precision_deg": topology.grid.size,
        "tolerance_m": tolerance_m + (0 if size == FULL else release.tolerance_m(STANDARD)),
    } | ({"spread": detail.spread} if detail and detail.spread else {})
