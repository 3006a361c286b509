"""The lawful plans of councils as tables: one council in full, all councils a row each, drafts among them."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import PlanError
from boundaries.law.registry import load_registry
from boundaries.release.staging import writable
from boundaries.release.store import Release
from boundaries.release.writing import new_file
from boundaries.research.council import Council, councils
from boundaries.research.enumeration import renumbered
from boundaries.research.graph import SeaRule
from boundaries.research.legal_plans import (
    COMPLETE,
    Effort,
    Survey,
    lawful_draws,
    lawful_labels,
    of_plan,
    stands,
    survey,
)
from boundaries.research.own_plan import read_plan
from boundaries.research.plan_measures import FOLLOWING, MEASURES, PERMILLE
from boundaries.research.proposal import Proposal
from boundaries.research.work_units import done

Array = NDArray[Any]

#: Quantiles of every measure over all lawful plans, in per cent.
QUANTILES: Final = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100)
IN_LAW: Final = "hukum"


@dataclass(frozen=True)
class Asking:
    """Which plans are meant: chamber, election, reading of the law, weight (empty: the first known), links over the
    sea, a table of links to add and to take away, effort."""

    chamber: str
    year: int = 2024
    reading: str = FOLLOWING
    permille: int = PERMILLE
    weight: str = ""
    sea: SeaRule | None = None
    links: Path | None = None
    effort: Effort = Effort()  # noqa: RUF009 - frozen


@dataclass(frozen=True)
class Placed:
    """One plan: its name, the dapil (n,) of each unit, its measures (8); whether it is itself one of the lawful."""

    name: str
    labels: Array
    measures: Array
    lawful: bool


def one(release: Release, asked: Asking, council: str) -> Survey:
    """Survey one council."""
    (found,) = councils(
        release,
        asked.chamber,
        asked.year,
        only=[council],
        weight=asked.weight,
        sea=asked.sea,
        links=asked.links,
        registry=load_registry(),
    )
    return survey(found, asked.reading, asked.effort, asked.permille)


def draft(path: Path, found: Survey) -> Placed:
    """Read a draft and measure it, to be placed among all plans.

    Raises
    ------
    PlanError
        It is for another council, splits units, or leaves some out.
    """
    council = found.problem.council
    plan = read_plan(path, load_registry(), chamber=council.chamber, council=council.code, year=council.year)
    return placed(plan, found)


def placed(plan: Proposal, found: Survey) -> Placed:
    """Measure a plan of whole units."""
    council = found.problem.council
    owner = np.array([_holder(node, plan.members) for node in council.units])
    if (owner < 0).any():
        lacking = [council.units[n][0] for n in np.flatnonzero(owner < 0)]
        raise PlanError(
            f"{plan.name}: {', '.join(lacking[:5])} lies in no dapil, or in several; only plans of whole units can be "
            "placed among all"
        )
    seats = plan.dapil["kursi"].to_numpy() if plan.seats_given else None
    return Placed(plan.name, owner, of_plan(found.problem, owner, seats), stands(found.problem, owner, seats))


def _holder(node: Sequence[str], members: Mapping[str, int]) -> int:
    """The dapil of a node's units: that of each, or of the parts of each, if it is one."""
    rows = set()
    for unit in node:
        if unit in members:
            rows.add(members[unit])
        else:
            below = {row for code, row in members.items() if code.startswith(unit + ".")}
            rows |= below or {members.get(unit[:5], members.get(unit[:2], -1))}
    return rows.pop() if len(rows) == 1 else -1


# One council


def as_dict(found: Survey, drafts: Sequence[Placed] = ()) -> dict[str, Any]:
    """A survey for a machine, and for the lines that people read."""
    council, counted = found.problem.council, found.counted
    estimate = found.estimate or (None, None, None)
    plans = list(drafts)
    if found.law is not None:
        plans.insert(0, Placed(f"{council.chamber}-{council.year}", council.law, found.law,
                               stands(found.problem, council.law, council.law_seats)))  # fmt: skip
    return {
        "dewan": {
            "code": council.code, "name": council.name, "chamber": council.chamber, "year": council.year,
            "units": len(council.units), "seats": council.seats, "low": council.low, "high": council.high,
            "weight": council.weight, "links": council.links,
        },
        "bacaan": found.problem.reading,
        "metode": found.method,
        "sebab": counted.why,
        "rencana_kuota": counted.total if counted.complete else None,
        "kuota_menurut_jumlah_dapil": counted.by_dapil if counted.complete else {},
        "rencana_sah": found.number,
        "rencana_sah_taksiran": estimate[0], "sah_bawah": estimate[1], "sah_atas": estimate[2],
        "dicoba": found.tried,
        "sah_menurut_jumlah_dapil": found.by_dapil,
        "penghalang": [_blocking(council, unit) for unit in found.blocking],
        "terbelah": list(council.split),
        "pembelahan": found.forced,
        "ukuran": {name: {**quantiles(found.measures[:, n]), "arti": each.said, "satuan": each.unit,
                          "rumus": each.formula}
                   for n, (name, each) in enumerate(MEASURES.items())},
        "rencana": [{"nama": plan.name, "sah": plan.lawful, "ukuran": _named(plan.measures),
                     "persentil": found.percentile(plan.measures)} for plan in plans],
        "terbaik": [] if found.front is None else [
            {"dapil": dict(zip(("+".join(node) for node in council.units), (labels + 1).tolist(), strict=True)),
             "ukuran": _named(measures)}
            for labels, measures in zip(found.front.labels, found.front.measures, strict=True)],
        "cpu_detik": round(counted.seconds, 3),
    }  # fmt: skip


def _blocking(council: Council, unit: int) -> dict[str, Any]:
    """A unit by which there is no lawful plan: its people in prices of a seat, and its neighbours."""
    near = sorted(
        {int(n) for pair in council.pairs[(council.pairs == unit).any(axis=1)] for n in pair} - {int(unit)}
    )
    return {
        "unit": "+".join(council.units[unit]),
        "kuota": round(float(council.people[unit] * council.seats / council.people.sum()), 4),
        "tetangga": ["+".join(council.units[n]) for n in near],
    }


def _named(measures: Array) -> dict[str, float | None]:
    return {
        name: round(float(value), 6) if np.isfinite(value) else None  # a dapil without a seat has no price
        for name, value in zip(MEASURES, measures, strict=True)
    }


def quantiles(values: Array, which: Sequence[int] = QUANTILES) -> dict[str, float | None]:
    """Quantiles of a measure (each a value that some plan has); None where there is no plan or it is not known."""
    if not len(values) or np.isnan(values).any():
        return {f"p{each}": None for each in which}
    found = np.percentile(values, which, method="inverted_cdf")
    return {f"p{each}": round(float(value), 6) for each, value in zip(which, found, strict=True)}


def write_all(found: Survey, path: Path) -> Path:
    """Write all lawful plans: a row each, a column a unit with the number of its dapil, then the measures."""
    if found.method != COMPLETE:
        raise PlanError(
            f"{found.counted.total:,} plans within the quota are too many to list; draw some with --acak"
        )
    with new_file(path, over=True) as new, new.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_header(found))
        for labels, measures in lawful_labels(found):
            writer.writerows(_rows(labels, measures))
    return path


def draws(found: Survey, number: int, seed: int) -> str:
    """Draw lawful plans uniformly, as the same table."""
    labels, measures = lawful_draws(found.problem, found.counted, number, seed)
    lines = [_header(found), *_rows(labels, measures)]
    return "".join(",".join(map(str, line)) + "\n" for line in lines)


def _header(found: Survey) -> list[str]:
    return [*("+".join(node) for node in found.problem.council.units), *MEASURES]


def _rows(labels: Array, measures: Array) -> list[list[Any]]:
    return [
        [*(row + 1).tolist(), *("" if np.isnan(v) else round(float(v), 6) for v in values)]
        for row, values in zip(renumbered(labels), measures, strict=True)
    ]


def write(
    found: Survey, drafts: Sequence[Placed], folder: Path, release: Release | None = None
) -> list[Path]:
    """Write a survey: ``rencana.json``, what it says in full; ``sebaran.csv``, how often each value of each measure
    comes; ``bersama.csv``, how often two neighbours share a dapil; pictures of both, a map on `release`'s ground."""
    import json

    from boundaries.research.plan_pictures import pictures

    folder = writable(folder)
    stem = f"{found.problem.council.chamber}-{found.problem.council.year}-{found.problem.council.code}"
    texts = {"rencana.json": json.dumps(as_dict(found, drafts), ensure_ascii=False, indent=1) + "\n"}
    if found.lawful:
        for name, frame in (("sebaran", spread(found)), ("bersama", shared(found))):
            texts[f"{name}.csv"] = frame.to_csv(index=False, lineterminator="\n")
    files = [folder / f"{stem}-{name}" for name in texts]
    for path, text in zip(files, texts.values(), strict=True):
        with new_file(path, over=True) as new:
            new.write_text(text, encoding="utf-8", newline="\n")
    return [*files, *(pictures(found, drafts, folder, stem, release) if found.lawful else [])]


def spread(found: Survey, classes: int = 60) -> pd.DataFrame:
    """How many plans fall into each class of each measure: `ukuran`, `dari`, `sampai`, `rencana`."""
    frames = []
    for n, name in enumerate(MEASURES):
        values = found.measures[:, n]
        if np.isnan(values).any():
            continue
        distinct = np.unique(values)
        if len(distinct) <= classes:
            count = np.array([(values == each).sum() for each in distinct])
            low = high = distinct
        else:
            count, edges = np.histogram(values, classes)
            low, high = edges[:-1], edges[1:]
        frames.append(
            pd.DataFrame({"ukuran": name, "dari": low.round(6), "sampai": high.round(6), "rencana": count})
        )
    return pd.concat(frames, ignore_index=True)


def shared(found: Survey) -> pd.DataFrame:
    """The share of the lawful plans in which two neighbours lie in the same dapil, and whether they do in law."""
    council = found.problem.council
    assert found.together is not None
    a, b = council.pairs.T
    law = np.where(
        (council.law[a] < 0) | (council.law[b] < 0),
        "",
        np.where(council.law[a] == council.law[b], "ya", "tidak"),
    )
    names = np.array(["+".join(node) for node in council.units], dtype=object)
    return pd.DataFrame({
        "unit_a": names[a], "unit_b": names[b], "bagian": found.together[a, b].round(6), "hukum": law,
        "tetangga": np.where(council.border_m > 0, "darat", "laut"),
    })  # fmt: skip


# All councils


def table(
    release: Release,
    asked: Asking,
    *,
    workers: int = 1,
    dask: str = "",
    tell: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Survey every council of a chamber: a row each, sorted by code (`row_of`)."""
    found = councils(
        release, asked.chamber, asked.year, weight=asked.weight, sea=asked.sea, links=asked.links,
        registry=load_registry(),
    )  # fmt: skip
    rows = []
    for row in done(_surveyed, ((each, asked) for each in found), workers, dask):
        rows.append(row)
        tell(f"{row['dewan']} {row['nama']}: {row['metode']}")
    return pd.DataFrame(rows, dtype=object)  # whole numbers stay whole beside empty cells


def _surveyed(unit: tuple[Council, Asking]) -> dict[str, Any]:
    council, asked = unit
    return row_of(survey(council, asked.reading, asked.effort, asked.permille))


def row_of(found: Survey) -> dict[str, Any]:
    """A survey as one row.

    Columns: the council; weight, links, and `sidik`, the fingerprint of the graph (`Council.fingerprint`);
    `rencana_kuota`, connected plans within the quota (empty: not counted);
    `metode`; `rencana_sah` where all were tried, else its estimate with the ends of its interval of 95 %; of the plan
    in law what it splits, whether that was forced; of each measure its quantiles
    over the lawful plans, that of the plan in law, and where it stands (`_persentil`, 0 to 1).
    """
    council, counted = found.problem.council, found.counted
    low, middle, high = ((found.estimate or (None,) * 3)[n] for n in (1, 0, 2))
    fewest = min(found.by_dapil, default=None)
    row: dict[str, Any] = {
        "lembaga": council.chamber, "tahun": council.year, "dewan": council.code, "nama": council.name,
        "kursi": council.seats, "unit": len(council.units), "bobot": council.weight,
        "penduduk": int(council.people.sum()),
        "tautan": council.links, "sidik": council.fingerprint, "bacaan": found.problem.reading,
        "rencana_kuota": counted.total if counted.complete else None,
        "metode": found.method, "sebab": counted.why, "rencana_sah": found.number,
        "sah_taksiran": _whole(middle), "sah_bawah": _whole(low), "sah_atas": _whole(high),
        "jumlah_dapil_sah": ";".join(f"{k}:{v}" for k, v in found.by_dapil.items()) if found.method == COMPLETE else "",
        "dapil_paling_sedikit": fewest,
        "dapil_hukum": len(council.law_seats), "terbelah_hukum": ";".join(council.split), "pembelahan": found.forced,
    }  # fmt: skip
    places = found.percentile(found.law) if found.law is not None else {}
    for n, name in enumerate(MEASURES):
        for quantile, value in quantiles(found.measures[:, n]).items():
            row[f"{name}_{quantile}"] = value
        row[f"{name}_hukum"] = (
            None if found.law is None or np.isnan(found.law[n]) else round(float(found.law[n]), 6)
        )
        row[f"{name}_persentil"] = round(places[name], 6) if name in places else None
    return row


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
