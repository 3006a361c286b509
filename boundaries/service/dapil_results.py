"""Results for the page of a dapil: votes and seats of parties, and who was elected, from the release's own tables."""

from collections.abc import Mapping
from typing import Any

from boundaries.service.html.one_dapil import Elected, Party, Results
from boundaries.service.ogcapi.layer import Question
from boundaries.service.ogcapi.layers import Layers
from boundaries.service.ogcapi.table_layer import TableLayer

Row = Mapping[str, Any]


def results(layers: Layers, plan: str, code: str, language: str) -> Results | None:
    """Return the results of the dapil `code` of a plan; None where no table knows it."""
    elected = bool(_rows(layers, "terpilih", plan, code))
    table = _table(layers, "hasil", plan)
    votes = _rows(layers, "hasil", plan, code)
    if table is None or not votes:
        return Results((), "", "", elected=True) if elected else None
    names = _parties(layers, int(plan[-4:]))
    votes.sort(key=lambda row: -(row["suara"] or 0))
    parties = [
        Party(names.get(row["partai"], row["partai"]), row["suara"], row["kursi"])
        for row in votes
        if row["partai"]
    ]
    coverage = table.about["coverage" if language == "id" else "coverage_en"]
    return Results(parties, table.about["basis"], coverage, elected=elected)


def elected(layers: Layers, plan: str, code: str) -> list[Elected]:
    """Return who was elected in a dapil: what the official result says of each, and nothing else."""
    names = _parties(layers, int(plan[-4:]))
    return [
        Elected(
            row["nama"],
            names.get(row["partai"] or "", row["partai"] or ""),
            row["nomor_urut"],
            row["jenis_kelamin"] or "",
            row["suara"],
        )
        for row in _rows(layers, "terpilih", plan, code)
    ]


def _table(layers: Layers, set_name: str, plan: str) -> TableLayer | None:
    """Return the table of a set on a plan whose figures are not a count."""
    fitting = (each for each in layers.tables.values() if each.about["basis"] != "count")
    return next(
        (each for each in fitting if (each.about["set"], each.about["plan"]) == (set_name, plan)), None
    )


def _rows(layers: Layers, set_name: str, plan: str, code: str) -> list[Row]:
    table = _table(layers, set_name, plan)
    return [] if table is None else _asked(table, kode_dapil=code)


def _parties(layers: Layers, year: int) -> Mapping[str, str]:
    """Return what a party of an election is called, by its key."""
    table = layers.tables.get("partai")
    rows = [] if table is None else _asked(table, tahun=year)
    return {row["partai"]: row["singkatan"] or row["nama"] for row in rows}


def _asked(table: TableLayer, **equal: str | int) -> list[Row]:
    found = table.find(Question(equal=tuple(equal.items())))
    return [row for _, row in table.listed(found)]
