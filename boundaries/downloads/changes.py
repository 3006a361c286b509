"""What changed from one release to the next: which dapil and units came, went or moved, and by how much ground."""

import shlex
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.ground.measures import area_m2
from boundaries.release.dataset import Datasets
from boundaries.release.store import Release

#: Columns that say where a line comes from or follow from it; a change of the polygon is told by `moved_km2`.
_FOLLOWS: Final = ("luas_km2", "sumber_batas", "lisensi")


def changes(before: Release | None, after: Release) -> dict[str, Any]:
    """Compare two releases layer by layer.

    Returns
    -------
    dict
        ``since``: the release before, None for the first. ``layers``: for each layer that differs ``added`` and
        ``removed`` (ids), and ``changed``: a list of ``id``, ``what`` (the columns of which the value is another,
        ``geometry``) and ``moved_km2``, the ground that changed sides (area of the symmetric difference in the
        equal-area projection EPSG:6933; 0 where only vertices differ). A layer that is not named is the same in both.
        Plans without a map (``tabel-…``) are compared like layers.
    """
    if before is None:
        return {"since": None, "layers": {}}
    layers = {}
    for name in sorted({*Datasets(before).layers, *Datasets(after).layers}):
        found = _layer(_read(before, name), _read(after, name))
        if any(found.values()):
            layers[name] = found
    return {"since": before.id, "layers": layers}


def _read(release: Release, name: str) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    if name not in Datasets(release).layers:
        return pd.DataFrame(index=pd.Index([], dtype=object)), np.empty(0, dtype=object)
    if name in release.layers:
        frame, geometry = release.read_layer(name)
    else:
        frame = release.read_table(name)
        geometry = np.full(len(frame), None, dtype=object)
    key = "id" if "id" in frame.columns else "kode"
    if frame[key].duplicated().any():
        raise ReleaseError(
            f"{release.id}, {name}: {key} is not unique; check it with: "
            f"dapil verify --release {shlex.quote(str(release.path))}"
        )
    return frame.set_index(key), geometry


def _layer(before: tuple[pd.DataFrame, Any], after: tuple[pd.DataFrame, Any]) -> dict[str, list[Any]]:
    old, new = before[0], after[0]
    both = new.index.intersection(old.index)
    return {
        "added": sorted(new.index.difference(old.index)),
        "removed": sorted(old.index.difference(new.index)),
        "changed": _changed(before, after, both),
    }


def _changed(before: tuple[pd.DataFrame, Any], after: tuple[pd.DataFrame, Any], both: pd.Index) -> list[Any]:
    if both.empty:
        return []
    old, new = before[0].loc[both], after[0].loc[both]
    shapes = before[1][before[0].index.get_indexer(both)], after[1][after[0].index.get_indexer(both)]
    moved = _moved_km2(*shapes)
    what = _columns(old, new)
    return [
        {"id": str(name), "what": [*what.get(name, []), *([] if ground is None else ["geometry"])],
         "moved_km2": ground or 0.0}
        for name, ground in sorted(zip(both, moved, strict=True), key=lambda pair: str(pair[0]))
        if name in what or ground is not None
    ]  # fmt: skip


def _columns(old: pd.DataFrame, new: pd.DataFrame) -> Mapping[Any, list[str]]:
    """For each row that differs the columns that do; a column that only one release has counts."""
    found: dict[Any, list[str]] = {}
    for column in [*new.columns, *(name for name in old.columns if name not in new.columns)]:
        if column in _FOLLOWS:
            continue
        one, two = (frame.get(column, pd.Series(None, frame.index)).astype(object) for frame in (old, new))
        other = ~((one == two) | (one.isna() & two.isna())).fillna(False).astype(bool)
        for name in other.index[other]:
            found.setdefault(name, []).append(column)
    return found


def _moved_km2(old: NDArray[np.object_], new: NDArray[np.object_]) -> list[float | None]:
    """The ground that changed sides, None where the polygons are the same to the vertex."""
    found: list[float | None] = [None] * len(old)
    differ = np.flatnonzero(shapely.to_wkb(shapely.normalize(old)) != shapely.to_wkb(shapely.normalize(new)))
    if differ.size:
        area = area_m2(shapely.symmetric_difference(old[differ], new[differ]))
        for position, value in zip(differ.tolist(), np.round(area / 1e6, 3).tolist(), strict=True):
            found[position] = value
    return found
