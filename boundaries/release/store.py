"""Releases: written whole or not at all, named by their content, switched in one step; and read back.

A release is written into a hidden *staging* directory beside the others, made durable, renamed to its id, and
only then does the symlink ``current`` move, by one rename. Killed at any moment, ``current`` points to what
it pointed to before.
"""

import hashlib
import json
import os
import platform
import secrets
import shlex
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries import __version__
from boundaries.errors import ReleaseError
from boundaries.release import feature_file
from boundaries.release.election_file import ARCHIVE, Elections, open_elections
from boundaries.release.exchange import put
from boundaries.release.geopackage import columns, read_rows, read_shapes
from boundaries.release.regular_file import other_kind, read_regular
from boundaries.release.staging import FULL as NO_ROOM
from boundaries.release.staging import disk_trouble, locked, open_staging, sync, sync_tree, writable

if TYPE_CHECKING:  # what only reads a release for the service needs neither
    import pandas as pd

FORMAT: Final = 5
MANIFEST: Final = "manifest.json"
#: The truth, in full detail: every vertex of the coverage.
GEOPACKAGE: Final = "dapil.gpkg"
#: The same layers generalised, for pages and answers; a release need not have it.
STANDARD_GEOPACKAGE: Final = "dapil-standard.gpkg"
FULL: Final = "full"
STANDARD: Final = "standard"
DETAILS: Final = (STANDARD, FULL)
CURRENT: Final = "current"
#: The folder of downloads, and the list of what is in it (`boundaries.downloads.folder`).
FOLDER: Final = "downloads"
LIST: Final = "downloads.json"

_MEDIA_TYPES: Final = {
    ".gpkg": "application/geopackage+sqlite3",
    ".json": "application/json",
    ".csv": "text/csv",
    ".zip": "application/zip",
}
#: Files that follow from others; a release is not named by them, for their bytes hang on the zlib or zstd at hand.
DERIVED: Final = (feature_file.NAME, STANDARD_GEOPACKAGE, ARCHIVE)
_REQUIRED: Final = ("release", "format", "source", "plans", "files", "layers")


@dataclass
class Staging:
    """A release in the making: write files into `path`, put the builder's part into `manifest`.

    The writer itself adds ``release``, ``format``, ``files``, ``layers`` and ``versions``. `finish` is called with
    the whole release, still in its staging directory, before anybody can see it: it may add the folder of downloads.
    After the ``with`` block `release` is the finished release.
    """

    path: Path
    source_id: str
    manifest: dict[str, Any] = field(default_factory=dict)
    finish: "Callable[[Release], object] | None" = None
    release: "Release | None" = None


@dataclass(frozen=True)
class Release:
    """A release on disk, opened for reading. Its directory is resolved once and never followed again."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The release's name: source and content."""
        return str(self.manifest["release"])

    @property
    def gpkg(self) -> Path:
        """The GeoPackage, in full detail."""
        return self.path / GEOPACKAGE

    def package(self, detail: str) -> Path:
        """The GeoPackage of a detail (`DETAILS`); where the release has only one, that of full detail."""
        if detail not in DETAILS:
            raise ReleaseError(f"no detail {detail!r}; choose among {', '.join(DETAILS)}")
        given = self.manifest.get("details", {}).get(detail)
        return self.path / given["file"] if given else self.gpkg

    def tolerance_m(self, detail: str) -> float:
        """How far a line of a detail may be from the line of the coverage, in metres."""
        return float(self.manifest.get("details", {}).get(detail, {}).get("tolerance_m", 0.0))

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers with geometry, in the manifest's order."""
        return tuple(layer["name"] for layer in self.manifest["layers"])

    @cached_property
    def quality(self) -> Mapping[str, Any]:
        """The ledger, ``quality.json``; empty where the release has none."""
        path = self.path / "quality.json"
        return _read_json(path) if path.is_file() else {}

    @cached_property
    def elections(self) -> Elections | None:
        """The election's tables; None where the release has none."""
        return open_elections(self.path)

    def read_layer(
        self, name: str, detail: str = FULL, within: Collection[str] = ()
    ) -> tuple["pd.DataFrame", NDArray[np.object_]]:
        """Return the attributes (nulls are None/NA, without ``fid``) and the MultiPolygons of a layer in a detail.

        `within`: of a layer of units, only those that are or lie under one of these codes, all of one level.
        """
        frame, geometry = self._read(name, self.package(detail), within=within)
        if geometry is None:
            raise ReleaseError(f"{self.gpkg}: {name!r} is a table without geometry; use read_table")
        return frame, geometry

    def read_shapes(self, name: str, detail: str = FULL) -> NDArray[np.object_]:
        """Return the MultiPolygons of a layer in a detail, without its attributes."""
        package = self.package(detail)
        with closing(self.connect(package)) as connection, _told(package, name):
            return read_shapes(connection, name)

    def read_table(self, name: str) -> "pd.DataFrame":
        """Return the attributes of a table or layer, in the order of ``fid``."""
        return self._read(name, self.gpkg, geometry=False)[0]

    def connect(self, package: Path | None = None) -> sqlite3.Connection:
        """Open a GeoPackage (by default that of full detail): read-only, immutable, no lock and no journal."""
        package = package or self.gpkg
        try:
            return sqlite3.connect(f"{package.as_uri()}?mode=ro&immutable=1", uri=True)
        except sqlite3.Error as error:
            raise ReleaseError(f"{package} cannot be opened ({error}); build the release again") from None

    def _read(
        self, name: str, package: Path, *, geometry: bool = True, within: Collection[str] = ()
    ) -> tuple["pd.DataFrame", NDArray[np.object_] | None]:
        with closing(self.connect(package)) as connection, _told(package, name):
            return read_rows(connection, name, geometry=geometry, within=within)


@contextmanager
def _told(package: Path, name: str) -> Iterator[None]:
    """Tell of what is wrong with a table as of a fault of the release."""
    try:
        yield
    except (sqlite3.Error, shapely.errors.GEOSException, ValueError, IndexError) as error:
        raise ReleaseError(f"{package}: {name!r} cannot be read: {error}") from None


def mapped(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the plans of which a release has a map.

    Not those that are tables only, and not those of which the base map shows no dapil whole: the manifest tells of
    these (``omitted``), but there is no layer.
    """
    return [plan for plan in manifest.get("plans", ()) if plan.get("layer") and int(plan["dapil"])]


def open_release(path: Path | str, *, complete: bool = True) -> Release:
    """Open a release by its own directory, or the current one of the directory of releases.

    Parameters
    ----------
    path
        ``DIR`` (then its ``current``), ``DIR/current`` or ``DIR/<release-id>``.
    complete
        Refuse a release with a file that is missing or of another length (`boundaries.verify.run` wants to see
        those too).

    Raises
    ------
    ReleaseError
        No release there, or one that this version cannot read.
    """
    directory = _resolve(Path(path))
    manifest = _read_json(directory / MANIFEST)
    lacking = [key for key in _REQUIRED if key not in manifest]
    if manifest.get("format", FORMAT) != FORMAT:
        raise ReleaseError(
            f"{directory}: release format {manifest['format']!r}, this version reads {FORMAT}; build the release "
            "again, or use the version of peta-dapil that made it"
        )
    if lacking:
        raise ReleaseError(f"{directory / MANIFEST} lacks {', '.join(lacking)}; build the release again")
    release = Release(directory, manifest)
    damage = _wrong_length(release) if complete else []
    if damage:
        raise ReleaseError(
            "{place} is damaged: {damage}; build the release again", place=directory, damage="; ".join(damage)
        )
    return release


@contextmanager
def new_release(out_dir: Path | str, source_id: str) -> Iterator[Staging]:
    """Give a staging directory; on success publish it as a release and make it the current one.

    Any failure removes the staging directory and leaves ``current`` as it was.

    Raises
    ------
    ReleaseError
        The directory cannot be written, or its disk is full (told once, with what was being written).
    """
    out = writable(Path(out_dir))
    with open_staging(out) as path:
        staging = Staging(path, source_id)
        try:
            yield staging
            staging.release = _publish(out, staging)
        except Exception as error:
            full = disk_trouble(error, out, staging.path)
            if full is None:
                raise
            raise full from error


def release_id(source_id: str, files: Mapping[str, str]) -> str:
    """Return the name of a release from the sha256 of each file but the manifest and the derived (by name)."""
    facts = sorted(files.keys() - {MANIFEST, *DERIVED})
    lines = "".join(f"{name} {files[name]}\n" for name in facts)
    return f"{source_id}-{hashlib.sha256(lines.encode()).hexdigest()[:12]}"


def told_of(name: str) -> dict[str, Any]:
    """What a manifest says of a file by its name alone: its media type, and whether it is derived (None: it is not)."""
    media_type = _MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")
    return {"media_type": media_type, "derived": True if name in DERIVED else None}


def sha256(path: Path) -> str:
    """Return the sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Write `value` so that the same value gives the same bytes: sorted keys, UTF-8, a line's end."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


# Publishing


def _publish(out: Path, staging: Staging) -> Release:
    draft = Release(staging.path.resolve(), staging.manifest)
    layers = _layers(draft)
    feature_file.write_features(
        staging.path / feature_file.NAME, feature_rows(draft, [layer["name"] for layer in layers])
    )
    files = {path.name: path for path in sorted(staging.path.iterdir())}
    files.pop(MANIFEST, None)
    hashes = {name: sha256(path) for name, path in files.items()}
    name = release_id(staging.source_id, hashes)
    manifest = staging.manifest | {
        "release": name,
        "format": FORMAT,
        "files": [
            {
                "name": name,
                "bytes": path.stat().st_size,
                "sha256": hashes[name],
            }
            | {key: value for key, value in told_of(name).items() if value is not None}
            for name, path in files.items()
        ],
        "layers": layers,
        "versions": versions() | staging.manifest.get("versions", {}),
    }
    for key in _REQUIRED:
        if key not in manifest:
            raise ReleaseError(f"the manifest lacks {key!r}; the build must put it into staging.manifest")
    write_json(staging.path / MANIFEST, manifest)
    if staging.finish is not None:
        # As it is read back: what is written of it must not hang on the order in which it was put together.
        staging.finish(Release(staging.path.resolve(), _read_json(staging.path / MANIFEST)))
    sync_tree(staging.path)
    with locked(out):
        target = _move_in(out, staging.path, name)
        switch(out, name)
    return open_release(target)


def feature_rows(release: Release, layers: Iterable[str]) -> Iterator[feature_file.Rows]:
    """Give the rows of every layer, sorted by name: so the years of a chamber stand together, in their order."""
    for name in sorted(layers):
        frame, geometries = release.read_layer(name, STANDARD)
        records = plain(frame)
        key = "id" if "id" in frame.columns else "kode"
        yield feature_file.Rows(name, [str(record[key]) for record in records], geometries, records)


def plain(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return rows as plain values for JSON: str, int, float, None."""
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _layers(draft: Release) -> list[dict[str, Any]]:
    """Describe each layer as it stands in the file."""
    query = "SELECT table_name, min_x, min_y, max_x, max_y FROM gpkg_contents WHERE data_type = 'features'"
    if not draft.gpkg.is_file():
        raise ReleaseError(f"{draft.gpkg.name} was not written; a release cannot do without it")
    with closing(draft.connect()) as connection:
        return [
            {
                "name": name,
                "features": connection.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0],
                "bbox": bbox,
                "columns": [column for column, _ in columns(connection, name)],
            }
            for name, *bbox in connection.execute(f"{query} ORDER BY rowid").fetchall()
        ]


def versions() -> dict[str, str]:
    """Return what made a release: this project, Python and the libraries that its bytes hang on."""
    import pyogrio  # here: a worker of the service never asks
    import pyproj

    return {
        "dapil": __version__,
        "python": platform.python_version(),
        "shapely": shapely.__version__,
        "geos": shapely.geos_version_string,
        "gdal": pyogrio.__gdal_version_string__,
        "pyogrio": pyogrio.__version__,
        "pyproj": pyproj.__version__,
        "numpy": np.__version__,
        "pandas": version("pandas"),
        **({"pyarrow": version("pyarrow")} if find_spec("pyarrow") else {}),  # an extra: downloads hang on it
        "deflate": version("deflate"),
        "sqlite": sqlite3.sqlite_version,
    }


def _move_in(out: Path, staged: Path, name: str) -> Path:
    """Give the staged release its name; an intact release of that name stays as it is."""
    target = out / name
    if not target.exists():
        staged.rename(target)
        sync(out)
        return target
    if not _intact(target):
        _mend(target, staged)
    _replace_folder(target, staged)
    return target


def _intact(directory: Path) -> bool:
    try:
        release = open_release(directory)
    except ReleaseError:
        return False
    known = {MANIFEST} | {file["name"] for file in release.manifest["files"]}
    return known == {path.name for path in directory.iterdir()} - {FOLDER} and all(
        sha256(directory / file["name"]) == file["sha256"] for file in release.manifest["files"]
    )


def _mend(target: Path, staged: Path) -> None:
    """Replace a damaged release file by file: each is swapped in one step, readers keep what they opened."""
    if not target.is_dir():
        raise ReleaseError(f"{target} is a file where a release belongs; move it away")
    wanted = {path.name for path in staged.iterdir()} - {FOLDER}
    for name in sorted(wanted, key=lambda name: name == MANIFEST):
        (staged / name).replace(target / name)
    for path in target.iterdir():
        if path.name not in wanted | {FOLDER}:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    sync(target)


def _replace_folder(target: Path, staged: Path) -> None:
    """Move the staged downloads in; what they replace (damaged, or `finish` would not have made them) goes last."""
    if not (staged / FOLDER).is_dir():
        return
    put(staged / FOLDER, target / FOLDER, staged / f"{FOLDER}.old")
    sync(target)


def switch(out: Path, name: str) -> None:
    """Point ``current`` to `name` by one rename."""
    current = out / CURRENT
    if current.exists() and not current.is_symlink():
        raise ReleaseError(f"{current} is no symlink; move it away, the release is in {out / name}")
    fresh = out / f".{CURRENT}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        fresh.symlink_to(name)
        fresh.replace(current)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        if error.errno in NO_ROOM:
            raise
        raise ReleaseError(
            f"{current} cannot be switched ({error.strerror}); the file system must allow symlinks, "
            f"the release itself is in {out / name}"
        ) from None
    sync(out)


# Reading


def _resolve(path: Path) -> Path:
    if (path / MANIFEST).is_file():
        return path.resolve()
    current = path / CURRENT
    if (current / MANIFEST).is_file():
        return current.resolve()
    if not path.exists() and not path.is_symlink():
        raise ReleaseError(
            "{path} does not exist; build a release with: dapil build --out {out}",
            path=path,
            out=shlex.quote(str(_releases(path))),
        )
    if not path.exists() or current.is_symlink():
        link = path if path.is_symlink() else current
        raise ReleaseError(
            "{link} points to {target}, which holds no release; build one with: dapil build --out {out}",
            link=link,
            target=link.readlink(),
            out=shlex.quote(str(link.parent)),
        )
    if path.is_file():
        raise ReleaseError("{path} is a file; name the directory of the release", path=path)
    others = sorted(each.parent.name for each in path.glob(f"*/{MANIFEST}"))
    if others:
        names = ", ".join(str(path / name) for name in others)
        raise ReleaseError("{path} holds no current release; name one of {names}", path=path, names=names)
    raise ReleaseError(
        "{path} holds no release (manifest.json or current is missing); build one with: dapil build --out {out}",
        path=path,
        out=shlex.quote(str(path)),
    )


def _releases(path: Path) -> Path:
    """Return the directory of releases that `path` lies in: a build makes ``current`` by itself."""
    return path.parent if path.name == CURRENT else path


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_regular(path))
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read: {error.strerror}; build the release again") from None
    except ValueError as error:
        raise ReleaseError(f"{path} is not JSON ({error}); build the release again") from None
    if not isinstance(value, dict):
        raise ReleaseError(f"{path} holds no object; build the release again")
    return value


def _wrong_length(release: Release) -> list[str]:
    found = []
    for file in release.manifest["files"]:
        name = str(file["name"])
        path = release.path / name
        if path.name != name:
            found.append(f"{name[:80]!r} is no name of a file in it")
        elif not path.exists() and not path.is_symlink():
            found.append(f"{name} is missing")
        elif kind := other_kind(path):
            found.append(f"{name} is {kind}")
        elif path.stat().st_size != file["bytes"]:
            found.append(f"{name} has {path.stat().st_size:,} bytes, not {file['bytes']:,}")
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
