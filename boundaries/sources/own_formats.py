"""The formats in which people have maps: each recognised by its own signs before GDAL opens it.

GDAL chooses a driver by what a file holds, not by its ending, and has drivers that read other files and addresses
(VRT, GDALG, WFS and more). So a file is opened only if its first bytes are those of the format that its ending
promises, and JSON, which several drivers read, under the name of the driver that is meant. docs/sources.md names the
formats. What is packed is unpacked into a folder of its own first and checked the same way.
"""

import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from boundaries.errors import SourceError
from boundaries.sources import shapefile_parts

READ: Final = (
    "GeoPackage (.gpkg), GeoJSON (.geojson, .json), Shapefile (.shp), File Geodatabase (a folder .gdb), FlatGeobuf "
    "(.fgb), KML (.kml, .kmz), MapInfo (.tab, .mif), each also in a .zip"
)
JSON: Final = (".geojson", ".json")
_CONVERT: Final = "save it as GeoPackage: ogr2ogr kecamatan.gpkg"
_PACKED: Final = (".zip", ".kmz")
_LOOK: Final = 4096
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
#: What an archive may hold unpacked, and how many times its own size: no map is denser.
_MOST_BYTES: Final = 8 << 30
_MOST_TIMES: Final = 200
_KML_ROOT: Final = re.compile(rb"(<\?xml[^>]*\?>)?\s*(<!--.*?-->\s*)*<([\w.-]+:)?kml[\s>]", re.DOTALL)
#: Parts of a MapInfo map beside its main file.
MAPINFO_PARTS: Final = (".dat", ".map", ".id", ".ind", ".mid")


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Yield what GDAL may open for `path`: itself, or what an archive holds. Raises SourceError for anything else."""
    if path.suffix.lower() not in _PACKED or path.is_dir():
        check(path, str(path))
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="dapil-") as folder:
        inner = _unpacked(path, Path(folder))
        check(inner, f"{path} ({inner.relative_to(folder)})")
        yield inner


def named(path: Path) -> str | Path:
    """Return what GDAL is given for a file, so that no other driver takes it."""
    return f"GeoJSON:{path.resolve()}" if path.suffix.lower() in JSON else path


def check(path: Path, shown: str) -> None:
    """Raise SourceError unless `path` is of one of the formats, and in a state in which it can be read whole."""
    rule = _RULES.get(path.suffix.lower())
    if rule is None:
        raise SourceError(f"{shown}: not a format that is read: {READ}; {_CONVERT} {path.name}")
    rule(path, shown)


# --- archives --------------------------------------------------------------------------------------


def _unpacked(path: Path, folder: Path) -> Path:
    """Unpack an archive into `folder`; return the one map in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [member for member in archive.infolist() if not _foreign(member)]
            size = sum(member.file_size for member in files)
            if size > min(_MOST_BYTES, _MOST_TIMES * max(path.stat().st_size, 1 << 20)):
                raise SourceError(
                    f"{path}: would be {size:,} bytes unpacked; unpack it yourself if it is to be trusted"
                )
            for member in files:
                archive.extract(member, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise SourceError(
            f"{path}: cannot be unpacked ({error}); pack it again, without a password"
        ) from None
    maps = sorted({_dataset(folder, PurePosixPath(member.filename)) for member in files} - {None}, key=str)
    if path.suffix.lower() == ".kmz":  # its doc.kml may only list the others
        maps = [each for each in maps if each and b"<Placemark" in (folder / each).read_bytes()]
    if len(maps) != 1:
        found = ", ".join(str(each) for each in maps) or "none"
        raise SourceError(f"{path}: must hold one map ({READ}), holds {found}; pack each map by itself")
    return folder / str(maps[0])


def _foreign(member: zipfile.ZipInfo) -> bool:
    """Whether a member is no file of the map: a folder, what macOS adds, or a name that leaves the archive."""
    parts = PurePosixPath(member.filename).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return (
        member.is_dir() or hidden or not parts or "\\" in member.filename or member.filename.startswith("/")
    )


def _dataset(folder: Path, name: PurePosixPath) -> PurePosixPath | None:
    """Return the map that a member of an archive is, or belongs to as one of the files of a .gdb."""
    for above in name.parents:
        if above.suffix.lower() == ".gdb":
            return above
    return name if name.suffix.lower() in _RULES and (folder / name).is_file() else None


# --- one rule a format -----------------------------------------------------------------------------


def _head(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOK)
    except OSError as error:
        raise SourceError(f"{shown}: cannot be read ({error.strerror}); restore the file") from None


def _is_not(shown: str, what: str) -> SourceError:
    return SourceError(
        f"{shown}: is no {what} inside, whatever its name says; restore the file, or name it rightly"
    )


def _geojson(path: Path, shown: str) -> None:
    head = _head(path, shown)
    if head.startswith(_UTF16) or head[1:2] == b"\0" or head[:1] == b"\0":
        raise SourceError(f"{shown}: is text in UTF-16; save it as UTF-8")
    if not head.removeprefix(_BOM).lstrip().startswith(b"{"):
        raise _is_not(shown, "GeoJSON")


def _geopackage(path: Path, shown: str) -> None:
    head = _head(path, shown)
    if not head.startswith(b"SQLite format 3\0"):
        raise _is_not(shown, "GeoPackage")
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.is_file() and beside.stat().st_size:
            raise SourceError(
                f"{shown}: {beside.name} beside it holds changes that are not in it yet; close the program that has "
                "it open (QGIS), or save it anew, then build again"
            )
    # A database that keeps a log, and has none now, is read without one: there may be no room for it.
    whole = "immutable=1" if head[18:20] == b"\2\2" else "mode=ro"
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?{whole}", uri=True, timeout=1)
        ) as connection:
            wrong = _wrong_tables(connection)
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise SourceError(
                f"{shown}: another program is writing it; close that program (QGIS), then build again"
            ) from None
        wrong = str(error)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        wrong = str(error)
    if wrong != "ok":
        raise SourceError(f"{shown}: is damaged ({wrong.splitlines()[-1]}); restore the file")


def _wrong_tables(connection: sqlite3.Connection) -> str:
    """Return what is wrong with a GeoPackage as a database, ``ok`` if nothing is.

    A virtual table other than the index of a layer (rtree) may read files elsewhere.
    """
    tables = connection.execute("SELECT lower(name), lower(coalesce(sql, '')) FROM sqlite_master").fetchall()
    if lacking := {"gpkg_contents", "gpkg_geometry_columns"} - {name for name, _ in tables}:
        return f"it has no table {min(lacking)}"
    for name, sql in tables:
        if re.match(r"create\s+virtual\b", sql) and set(re.findall(r"\busing\W+(\w+)", sql)) != {"rtree"}:
            return f"its table {name} is a virtual one, of which a map has no need"
    return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])


def _shapefile(path: Path, shown: str) -> None:
    shapefile_parts.check(path, shown)


def _geodatabase(path: Path, shown: str) -> None:
    if not path.is_dir() or not any(path.glob("*.gdbtable")):
        raise SourceError(
            f"{shown}: is no folder with the tables of a File Geodatabase (*.gdbtable); copy the whole folder .gdb, "
            "or pack it in a .zip"
        )


def _flatgeobuf(path: Path, shown: str) -> None:
    if not _head(path, shown).startswith(b"fgb\x03fgb"):
        raise _is_not(shown, "FlatGeobuf")


def _kml(path: Path, shown: str) -> None:
    head = _head(path, shown)
    text = head.removeprefix(_BOM).lstrip()
    if head.startswith(_UTF16):
        raise SourceError(f"{shown}: is text in UTF-16; save it as UTF-8")
    if not _KML_ROOT.match(text) or b"<OGR" in text or b"opengis.net/gml" in text:
        raise _is_not(shown, "KML")


def _mapinfo(path: Path, shown: str) -> None:
    head = _head(path, shown).lower().lstrip()
    if not head.startswith((b"!table", b"version")):
        raise _is_not(shown, "MapInfo map")
    if b"create view" in head or b"seamless" in head or b"type linked" in head or b"type raster" in head:
        raise SourceError(f"{shown}: is made of other tables; save it as one table of its own")
    needed = (".mid",) if path.suffix.lower() == ".mif" else (".dat", ".map", ".id")
    there = {part.suffix.casefold() for part in path.parent.glob("*") if part.stem == path.stem}
    if lacking := [suffix for suffix in needed if suffix not in there]:
        raise SourceError(
            f"{shown}: its {lacking[0]} is not beside it; ask for the map again with all its parts"
        )


_RULES: Final[dict[str, Callable[[Path, str], None]]] = {
    ".geojson": _geojson,
    ".json": _geojson,
    ".gpkg": _geopackage,
    ".shp": _shapefile,
    ".gdb": _geodatabase,
    ".fgb": _flatgeobuf,
    ".kml": _kml,
    ".tab": _mapinfo,
    ".mif": _mapinfo,
}
#: Suffixes of files and folders that are read.
KINDS: Final = frozenset((*_RULES, *_PACKED))
