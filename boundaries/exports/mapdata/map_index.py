"""``map-index.json``: what the page must know before it draws anything; ``map-kabkota.json``: where those lie."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.exports.mapdata.comparison import pairs
from boundaries.exports.mapdata.dapil_rows import parts
from boundaries.exports.mapdata.map_tables import CHAMBERS, Content, json_list
from boundaries.law.doubts import caveats, tongues
from boundaries.release.store import STANDARD

FORMAT: Final = 1
#: What the results of a plan may have.
PARTS: Final = ("votes", "seats", "turnout", "women")
#: Decimals of the boxes of kabupaten and kota: a view is moved there, nothing is measured by them.
_DECIMALS: Final = 3
_ORIGIN: Final = ("attribution", "licence", "licence_url", "open", "vintage", "homepage")


def index(
    content: Content, sizes: Mapping[str, int], results: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Make the index; `sizes`: other ``map-*`` files and their bytes; `results`: what `described` says of each plan.

    Files of elections are many, and follow from the latter, so they are not among ``files``; nor are those of facts by
    province, which follow from ``parts`` of a plan.
    """
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
        "files": dict(sorted(sizes.items())),
        "results": {plan: told for plan, told in sorted(results.items()) if told},
    }  # fmt: skip


def described(told: dict[str, Any], name: str, made: Mapping[str, Any]) -> None:
    """Add to what is told of a plan what a file of its election holds: parts by name → [how many dapil, basis].

    ``elected`` and ``units`` → basis, ``candidates`` → 1, ``carried`` → the earlier elections.
    """
    kind = name.split("-")[1]
    if kind == "results":
        told |= {part: [made[part]["dapil"], made[part]["basis"]] for part in PARTS if part in made}
    elif kind == "carried":
        told["carried"] = [*told.get("carried", []), made["from"]]
    else:
        told |= {{"votes": "units"}.get(kind, kind): made["basis"]}


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
        "parts": parts(content, plan),
        "composed": content.composed(plan),
        "table": not content.composed(plan),
        "compare": [int(before.rpartition("-")[2]) for before, after in pairs(content) if after == plan],
        "layer": entry.get("layer") or entry["table"],
        "mulai": entry["mulai"],
        "selesai": entry["selesai"],
        "dasar_hukum": entry["dasar_hukum"],
        "excluded": json_list(row["wilayah_dikecualikan"]),
        "abroad": f"{plan}-{row['luar_negeri']}" if row["luar_negeri"] else "",
        "rest": content.composed(plan) and "table" in entry,
        "notes": [tongues(text) for text in caveats(row, entry)],
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
