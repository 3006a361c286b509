"""``map-votes-<plan>-<province>.json``: votes by kecamatan, of a plan that has them, with the share of stations."""

from collections.abc import Iterator
from typing import Any

from boundaries.exports.mapdata.map_tables import Content
from boundaries.exports.mapdata.vote_tables import about, plain, plain_rows


def unit_votes(content: Content, plan: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each province of the map and its rows: ``[unit, stations, counted, doubtful, votes by party]``.

    Votes stand in the order of ``numbers`` (of parties on the ballot; null: not on it). Units whose ground is not known
    today are left out; ``tanpa`` is how many votes they have.
    """
    table = content.elections.find("hasil-wilayah", plan)
    if table is None:
        return
    rows = content.elections.rows(table)
    placed = rows["kode_unit"] != ""
    lost = int(rows["suara"][~placed].sum())
    rows = rows[placed]
    numbers = sorted({int(number) for number in rows["nomor_partai"]})
    first = rows.drop_duplicates("kode_unit").set_index("kode_unit")
    doubtful = set(rows["kode_unit"][rows["ragu"] != ""])
    wide = rows.pivot(index="kode_unit", columns="nomor_partai", values="suara").reindex(columns=numbers)
    told = {"plan": plan, **about(table), "numbers": numbers, "tanpa": lost}
    stations = plain(first["tps"].reindex(wide.index))
    counted = plain((first["tps"] - first["tps_kosong"]).reindex(wide.index))
    made = [
        [unit, stations[at], counted[at], int(unit in doubtful), votes]
        for at, (unit, votes) in enumerate(zip(wide.index, plain_rows(wide), strict=True))
    ]
    for province in sorted({code[:2] for code in content.base.tolist()}):
        yield province, {**told, "rows": [row for row in made if row[0][:2] == province]}
