"""One file of a release on request: any layer, province, format and size, to a path or into a pipe."""

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from boundaries.errors import ReleaseError
from boundaries.exports.csvtable import unit_names, write_assignment
from boundaries.exports.formats import FORMATS
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.staging import disk_trouble
from boundaries.release.store import DETAILS, FULL, STANDARD, Release, mapped

CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
SIZES: Final = (FULL, STANDARD, "web", "overview")
#: Formats that are not written from one layer: suffix and what they hold.
_OTHERS: Final[Mapping[str, str]] = {
    "topojson": ".topojson",
    "pmtiles": ".pmtiles",
    "assignment": "-assignment.csv",
}
#: Formats that hold rows only.
_PLAIN: Final = (*(name for name, each in FORMATS.items() if not each.needs_geometry), "assignment")
NAMES: Final = (*FORMATS, *_OTHERS)
#: How a file's name ends, and the formats that it may be of; the first is meant where none is named.
ENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "-assignment.csv": ("assignment", "csv"), ".csv": ("csv", "assignment"), ".gpkg": ("gpkg",),
    ".geojson": ("geojson",), ".json": ("geojson", "topojson"), ".topojson": ("topojson",), ".fgb": ("fgb",),
    ".parquet": ("parquet",), ".geoparquet": ("parquet",), ".shp.zip": ("shp",), ".zip": ("shp",),
    ".shp": ("shp",), ".kml": ("kml",), ".pmtiles": ("pmtiles",),
}  # fmt: skip
#: The files of a Shapefile that is not packed.
_LOOSE: Final = (".shx", ".dbf", ".prj", ".cpg", ".qix", ".shp")

Write = Callable[[Path], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked for. Without a chamber and a layer: every chamber of the year, where the format can hold it.

    ``size``: a detail of the release, or a drawing of TopoJSON; by default the detail that the format is offered in.
    """

    format: str
    chamber: str | None = None
    year: int | None = None
    province: str | None = None
    size: str = ""
    layer: str | None = None


@dataclass(frozen=True)
class Export:
    """A file that can be written: the name that it would have, and what writes it to a path that does not exist.

    `text`: a person can read it in a terminal.
    """

    name: str
    write: Write
    text: bool = False


def format_of(path: Path, given: str | None) -> str:
    """Return the format of a file to be written: what its name ends in says it, or `given`, or both the same.

    A directory, and a name without an ending, say nothing: `given`, or gpkg. Raises ReleaseError where the name
    contradicts `given`, or ends in what is no format and none is given.
    """
    if path.is_dir() or not path.suffix:
        return given or "gpkg"
    name = path.name.lower()
    meant = next((formats for ending, formats in ENDINGS.items() if name.endswith(ending)), ())
    if given is None and not meant:
        raise ReleaseError(
            "{name}: {ending} is no ending of a format; choose among {endings}, or name a --format",
            name=path.name,
            ending=path.suffix,
            endings=", ".join(ENDINGS),
        )
    if given in NAMES and meant and given not in meant:
        raise ReleaseError(
            "{name} is the name of {meant}, and --format says {given}: leave --format away, or end the name in "
            "{endings}",
            name=path.name,
            meant="/".join(meant),
            given=given,
            endings=", ".join(end for end, formats in ENDINGS.items() if given in formats),
        )
    return given or meant[0]


def find(release: Release, wanted: Wanted) -> Export:
    """Return the file that is asked for. Raises ReleaseError that names what is wrong and what there is."""
    _known("format", wanted.format, NAMES)
    if wanted.size:
        _known("size", wanted.size, SIZES)
    if wanted.chamber is not None:
        _known("chamber", wanted.chamber, CHAMBERS)
    if wanted.size and wanted.format in _PLAIN:
        raise ReleaseError(
            "{format} holds no outlines, so it has no sizes: leave --size away", format=wanted.format
        )
    if wanted.layer and (wanted.chamber or wanted.year):
        raise ReleaseError("--layer names chamber and year already; leave --chamber and --year away")
    if wanted.format == "topojson":
        return _topojson(release, wanted)
    if wanted.format == "pmtiles":
        return _pmtiles(release, wanted)
    return _layer(release, wanted)


def save(export: Export, path: Path) -> Path:
    """Write the file to `path`, or under its own name into that directory; return where it is.

    By one rename: what was there before stays until the new file is whole. A ``.shp`` is unpacked beside its zip, which
    holds the legend and all attributes in full. Raises ReleaseError where it cannot be written.
    """
    if path.is_dir():
        path = path / export.name
    if path.exists() and not path.is_file():
        raise ReleaseError("{path} is no file; leave -o away to write to standard output", path=path)
    if path.suffix.lower() == ".shp":
        return _unpacked(save(export, path.with_name(f"{path.name}.zip")), path)
    if not path.parent.is_dir():
        raise ReleaseError("{place} is no directory; make it first", place=path.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=".dapil-", dir=path.parent) as directory:
            part = Path(directory) / export.name
            with _told(path.parent, part):
                export.write(part)
                part.replace(path)
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    return path


def _unpacked(archive: Path, path: Path) -> Path:
    """Put the parts of a packed Shapefile beside it, under the name of `path`, ``.shp`` as the last."""
    with (
        zipfile.ZipFile(archive) as packed,
        tempfile.TemporaryDirectory(prefix=".dapil-", dir=path.parent) as place,
    ):
        inside = {Path(name).suffix: name for name in packed.namelist() if Path(name).suffix in _LOOSE}
        with _told(path.parent, path):
            for suffix in _LOOSE:
                (Path(place) / suffix).write_bytes(packed.read(inside[suffix]))
            for suffix in _LOOSE:
                (Path(place) / suffix).replace(path.with_suffix(suffix))
    return path


def pipe(export: Export, stream: IO[bytes]) -> None:
    """Write the file into `stream`: whole or not at all, for it is made in a temporary file before."""
    with tempfile.TemporaryDirectory(prefix="dapil-") as directory:
        path = Path(directory) / export.name
        with _told(path.parent, path):
            export.write(path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)
        stream.flush()


@contextmanager
def _told(place: Path, path: Path) -> Iterator[None]:
    """Tell of a full disk, or of one that cannot be written, in the project's own words."""
    try:
        yield
    except Exception as error:
        full = disk_trouble(error, place, place)
        if full is not None:
            raise ReleaseError(
                "no room on the disk of {place} for {name}; free some space or name another place",
                place=place,
                name=path.name.lstrip("."),
            ) from error
        if isinstance(error, OSError):
            raise _unwritable(place, error) from None
        raise


def _unwritable(place: Path, error: OSError) -> ReleaseError:
    return ReleaseError(
        "{place} cannot be written: {why}; name another place", place=place, why=error.strerror
    )


def _known(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ReleaseError(
            "no {option} {value!r}; choose among {allowed}",
            option=option,
            value=value,
            allowed=", ".join(allowed),
        )


# --- the kinds ---------------------------------------------------------------------------------------


def _years(release: Release, chamber: str | None) -> list[int]:
    """Years with a layer of the chamber, or of any."""
    plans = mapped(release.manifest)
    return sorted({int(plan["tahun"]) for plan in plans if chamber in (None, plan["lembaga"])})


def _year(release: Release, wanted: Wanted) -> int:
    years = _years(release, wanted.chamber)
    chamber = wanted.chamber or "/".join(CHAMBERS)
    if not years:
        raise ReleaseError("{release} has no map of {chamber}", release=release.id, chamber=chamber)
    if wanted.year is None:
        return years[-1]
    if wanted.year not in years:
        raise ReleaseError(
            "{release} has no map of {chamber} in {year}; there is {years}",
            release=release.id,
            chamber=chamber,
            year=wanted.year,
            years=", ".join(map(str, years)),
        )
    return wanted.year


def _layer(release: Release, wanted: Wanted) -> Export:
    datasets = Datasets(release)
    if wanted.layer is None and wanted.chamber is None:
        if wanted.format == "gpkg" and not (wanted.year or wanted.province) and wanted.size in ("", *DETAILS):
            package = release.package(wanted.size or FULL)
            return Export(package.name, lambda path: _copy(package, path))
        raise ReleaseError(
            "{format} holds one layer: name a --chamber or a --layer (all chambers together: --format topojson, "
            "--format pmtiles, or --format gpkg without --year, --province and --size)",
            format=wanted.format,
        )
    name = wanted.layer or _named(release, datasets, wanted)
    form = FORMATS.get(wanted.format)
    usual = form.detail if form else FULL
    dataset = datasets.get(name, wanted.size if wanted.size in DETAILS else usual)
    if wanted.size not in ("", *DETAILS):
        dataset = _sized(release, dataset, wanted)
    if wanted.province is not None:
        dataset = dataset.of_province(wanted.province)
    if wanted.format == "assignment":
        return _assignment(datasets, dataset, name, wanted.province)
    assert form is not None  # the others have been dealt with
    size = "" if wanted.size in ("", usual) else f"-{wanted.size}"
    return Export(f"{dataset.name}{size}{form.suffix}", lambda path: form.write(dataset, path), form.text)


def _named(release: Release, datasets: Datasets, wanted: Wanted) -> str:
    """The layer of a chamber and year; its table where the composition is not known."""
    name = f"{wanted.chamber}-{wanted.year}"
    table = f"tabel-{name}"
    known = name not in datasets.layers and table in datasets.layers
    return table if known else f"{wanted.chamber}-{_year(release, wanted)}"


def _assignment(datasets: Datasets, dataset: Dataset, name: str, province: str | None) -> Export:
    if name not in datasets.plans:
        raise ReleaseError(
            "{name} is no plan whose composition is known: it assigns no unit to a dapil", name=name
        )
    rows = datasets.assigned(name, province)

    def write(path: Path) -> None:
        write_assignment(dataset, rows, unit_names(datasets), path)

    return Export(f"{dataset.name}-assignment.csv", write, True)


def _sized(release: Release, dataset: Dataset, wanted: Wanted) -> Dataset:
    """The dataset with the simplified polygons of its TopoJSON: neighbours stay joined, no dapil vanishes."""
    from boundaries.exports import topojson

    chamber = dataset.name.rpartition("-")[0]
    if dataset.geometry is None or chamber not in CHAMBERS:
        raise ReleaseError(
            "sizes are made of plans with a map; {name} is none: leave --size away", name=dataset.name
        )
    file = topojson.one(release, int(dataset.year or 0), chamber, wanted.province or "", wanted.size)
    found = dict(
        zip(file.topology.tables[chamber]["id"], file.topology.polygons(chamber), strict=True)
    )  # in a province: its dapil only
    chosen = dataset.frame["id"].isin(found.keys()).to_numpy()
    frame = dataset.frame[chosen].reset_index(drop=True)
    geometry = dataset.geometry[chosen].copy()
    geometry[:] = [found[each] for each in frame["id"]]
    words = {"id": "garis disederhanakan", "en": "lines simplified"}
    title = {
        language: f"{text} ({words[language]}: {wanted.size})" for language, text in dataset.title.items()
    }
    return replace(dataset, title=title, frame=frame, geometry=geometry)


def _topojson(release: Release, wanted: Wanted) -> Export:
    from boundaries.exports import topojson

    if wanted.layer:
        raise ReleaseError(
            "TopoJSON holds chambers, with provinsi and kabkota: name --chamber and --year instead"
        )
    if wanted.province and not wanted.chamber:
        raise ReleaseError("a TopoJSON of a province holds one chamber: name it with --chamber")
    file = topojson.one(
        release, _year(release, wanted), wanted.chamber or "", wanted.province or "", wanted.size or STANDARD
    )
    return Export(file.name, lambda path: _put(file.content, path), True)


def _pmtiles(release: Release, wanted: Wanted) -> Export:
    from boundaries.exports.pmtiles import write_pmtiles

    if wanted.chamber or wanted.layer or wanted.province or wanted.size:
        raise ReleaseError("PMTiles hold all chambers of a year at every zoom: only --year can be chosen")
    year = _year(release, wanted)
    return Export(f"dapil-{year}.pmtiles", lambda path: write_pmtiles(release, year, path))


def _copy(source: Path, path: Path) -> None:
    shutil.copyfile(source, path)


def _put(content: bytes, path: Path) -> None:
    path.write_bytes(content)
