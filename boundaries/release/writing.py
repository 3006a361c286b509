"""How one file of an export comes into being: whole or not at all, and only from what every format can hold."""

import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.law.columns import Attribute
from boundaries.release.dataset import Dataset
from boundaries.release.geopackage import IncompleteError
from boundaries.release.staging import disk_trouble

_MULTIPOLYGON: Final = shapely.GeometryType.MULTIPOLYGON
#: More than fits where a write has just failed for want of room.
_PROBE: Final = 1 << 20
#: What XML 1.0 cannot hold and C strings end at; none of it belongs in a name.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def format_ending(path: Path, endings: Collection[str]) -> str:
    """Return the ending of a file to be written, in small letters; ReleaseError where it is none of `endings`."""
    ending = path.suffix.casefold()
    if ending not in endings:
        raise ReleaseError(f"{path}: no format ends so; end it in {', '.join(endings)}")
    return ending


@contextmanager
def new_file(path: Path, *, over: bool = False) -> Iterator[Path]:
    """Give a path of the same name in an empty directory; what is written there becomes `path` in one step.

    Other files written beside it are removed with the directory. Whatever fails, no part of a file stays. `over`: a
    file that is there stays until then, and makes room for the new one.

    Raises
    ------
    ReleaseError
        `path` exists, its directory or itself cannot be written, or the disk is full.
    """
    if not over and os.path.lexists(path):
        raise ReleaseError(f"{path} exists; an export is written once, remove it or give another path")
    try:
        room = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except FileNotFoundError:
        raise ReleaseError(f"{path.parent} does not exist; make the directory first") from None
    except OSError as error:
        raise disk_trouble(error, path.parent, path) or ReleaseError(
            f"{path.parent} cannot be written: {error.strerror}; name another directory"
        ) from error
    try:
        yield room / path.name
        (room / path.name).replace(path)
    except (IncompleteError, OSError, RuntimeError, sqlite3.Error) as error:
        told = disk_trouble(error, path.parent, room) or _probed(path.parent, room)
        raise told or ReleaseError(f"{path} cannot be written: {error}") from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _probed(out: Path, room: Path) -> ReleaseError | None:
    """Ask the disk itself: GDAL swallows a failed write, and stumbles over something else later."""
    probe = room / ".probe"
    try:
        probe.write_bytes(bytes(_PROBE))
    except OSError as error:
        probe.unlink(missing_ok=True)
        return disk_trouble(error, out, room)
    return None


def check_rows(dataset: Dataset) -> None:
    """Refuse what some format would lose: no rows, a column that is missing, characters that no name has.

    Raises
    ------
    ReleaseError
        Names the column and the row.
    """
    if not len(dataset.frame):
        raise ReleaseError(f"{dataset.name} has no rows; there is nothing to write")
    for column in dataset.columns:
        if column.name not in dataset.frame:
            raise ReleaseError(f"{dataset.name}: no column {column.name!r}; the contract names it, add it")
        if column.kind != "text":
            continue
        texts = dataset.frame[column.name].dropna().tolist()
        other = next((value for value in texts if not isinstance(value, str)), None)
        if other is not None:
            raise ReleaseError(
                f"{dataset.name}, column {column.name}: {other!r} is {type(other).__name__}; codes and names are text"
            )
        if _UNWRITABLE.search("".join(texts)):
            text = next(value for value in texts if _UNWRITABLE.search(value))
            row = dataset.frame.loc[dataset.frame[column.name] == text, dataset.key].iloc[0]
            raise ReleaseError(
                f"{dataset.name}, column {column.name}, {row}: control characters in {text!r:.60}; XML and DBF "
                "cannot hold them, take them out of the plan"
            )


def oriented(dataset: Dataset) -> NDArray[np.object_]:
    """Return the MultiPolygons of a dataset, outsides counter-clockwise (RFC 7946), holes clockwise.

    Raises
    ------
    ReleaseError
        A row has no polygon.
    """
    geometry = np.asarray(dataset.geometry, dtype=object)
    bad = np.flatnonzero((shapely.get_type_id(geometry) != _MULTIPOLYGON) | shapely.is_empty(geometry))
    if bad.size or len(geometry) != len(dataset.frame):
        row = dataset.frame[dataset.key].iloc[bad[0]] if bad.size else f"{len(geometry)} geometries"
        raise ReleaseError(f"{dataset.name}, {row}: every row needs one filled MultiPolygon; build again")
    return np.asarray(shapely.orient_polygons(geometry))


def facts(dataset: Dataset) -> dict[str, Any]:
    """Return what a file tells of itself: `Dataset.about` and its columns in both languages."""
    return {**dataset.about(), "columns": [_described(column) for column in dataset.columns]}


def texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return facts for a format that holds text only: what is none stands as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for name, value in facts.items()
    }


def both(dataset: Dataset) -> str:
    """Return the description in both languages, the way the columns are described."""
    return f"{dataset.description('id')} | {dataset.description('en')}"


def both_titles(dataset: Dataset) -> str:
    """Return the title in both languages."""
    return f"{dataset.title['id']} | {dataset.title['en']}"


def _described(column: Attribute) -> dict[str, Any]:
    return {
        "name": column.name,
        "type": column.kind,
        "title": {"id": column.title, "en": column.title_en},
        "description": {"id": column.indonesian, "en": column.english},
        **({"unit": column.unit} if column.unit else {}),
    }
