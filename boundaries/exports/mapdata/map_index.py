"""``map-index.json``: what the page must know before it draws anything; ``map-kabkota.json``: where those lie."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.exports.mapdata.comparison import pairs
from boundaries.exports.mapdata.map_tables import CHAMBERS, Content, both, json_list
from boundaries.law.doubts import caveats
from boundaries.release.store import STANDARD

FORMAT: Final = 1
#: Decimals of the boxes of kabupaten and kota: a view is moved there, nothing is measured by them.
_DECIMALS: Final = 2
_DESA: Final = {
    "id": "Dari desa dan kelurahan, hanya yang berada di kecamatan yang dibagi antardapil yang dapat dicari menurut "
    "nama; untuk desa lain carilah kecamatannya, atau ketuk peta.",
    "en": "Of the desa and kelurahan only those in a kecamatan that is divided between dapil can be found by name; "
    "for any other look for its kecamatan, or tap the map.",
}
_ORIGIN: Final = ("attribution", "licence", "licence_url", "open", "vintage", "homepage")


def index(content: Content, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Make the index; `sizes`: every other ``map-*`` file and its bytes."""
    origin = asdict(content.datasets.origin)
    plans = {plan: _plan(content, plan) for plan in content.plans}
    provinces = _boxes(content, "provinsi")
    return {
        "format": FORMAT,
        "release": content.release.id,
        "source": {"id": origin["source"], "title": origin["source_title"]} | {n: origin[n] for n in _ORIGIN},
        "years": sorted({plan["tahun"] for plan in plans.values()}, reverse=True),
        "chambers": [name for name in CHAMBERS if any(plan["lembaga"] == name for plan in plans.values())],
        "plans": plans,
        "provinces": [{"kode": code, "nama": name, "bbox": box} for code, name, *box in provinces],
        "bbox": _around([box for _, _, *box in provinces]),
        "collections": {plan: f"collections/{plan}" for plan in plans if content.composed(plan)},
        "search": {"desa": _DESA},
        "files": dict(sorted(sizes.items())),
    }  # fmt: skip


def kabkota(content: Content) -> dict[str, Any]:
    """Make ``map-kabkota.json``: code, name and box of every kabupaten and kota."""
    return {"kabkota": [[code, name, _outward(box)] for code, name, *box in _boxes(content, "kabkota")]}


def _plan(content: Content, plan: str) -> dict[str, Any]:
    entry, row = content.plans[plan], content.datasets.plans[plan]
    return {
        "lembaga": entry["lembaga"],
        "tahun": int(entry["tahun"]),
        "dapil": int(entry["dapil"]),
        "kursi": int(entry["kursi"]),
        "kursi_hukum": int(row["jumlah_kursi"]),
        "composed": content.composed(plan),
        "table": not content.composed(plan),
        "compare": [int(before.rpartition("-")[2]) for before, after in pairs(content) if after == plan],
        "layer": entry.get("layer") or entry["table"],
        "mulai": entry["mulai"],
        "selesai": entry["selesai"],
        "dasar_hukum": entry["dasar_hukum"],
        "excluded": json_list(row["wilayah_dikecualikan"]),
        "notes": [both(text) for text in caveats(row, entry)],
        "sources": json_list(row["sumber"]),
    }


def _boxes(content: Content, level: str) -> list[tuple[Any, ...]]:
    """Code, name, west, south, east, north of every unit of a level, by code; on the grid of the release."""
    if f"unit-{level}" not in content.release.layers:
        return []
    frame, geometry = content.release.read_layer(f"unit-{level}", STANDARD)
    boxes: NDArray[np.float64] = shapely.bounds(geometry)
    rows = zip(frame["kode"], frame["nama"], *boxes.T.tolist(), strict=True)
    return sorted(rows)


def _outward(box: Iterable[float]) -> list[float]:
    """Round a box so that nothing of what was in it falls outside."""
    west, south, east, north = np.array(list(box)) * 10**_DECIMALS
    found = np.array([np.floor(west), np.floor(south), np.ceil(east), np.ceil(north)]) / 10**_DECIMALS
    return [float(value) for value in found]


def _around(boxes: list[list[float]]) -> list[float]:
    if not boxes:
        return []
    table = np.array(boxes)
    return [*table[:, :2].min(axis=0).tolist(), *table[:, 2:].max(axis=0).tolist()]
