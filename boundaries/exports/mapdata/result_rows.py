"""``map-results-<plan>.json``: of every dapil what themes and cards need: votes, seats, turnout, women.

What a figure rests on stands beside it (``votes``, ``seats``, ``turnout``, ``women``): table, basis, coverage in both
languages, of how many dapil, and of a count its polling stations. Nothing is joined across tables of another basis.
"""

from typing import Any, Final

import pandas as pd

from boundaries.exports.mapdata.map_tables import Content
from boundaries.exports.mapdata.party_colours import GREY
from boundaries.exports.mapdata.vote_tables import about, plain_rows

#: Columns of the rows; ``suara`` and ``kursi`` are lists in the order of ``parties`` (null: not on the ballot).
COLUMNS: Final = (
    "kode_dapil", "suara", "kursi", "tps", "tps_terhitung", "terdaftar", "pengguna", "partisipasi", "calon",
    "perempuan", "daftar", "daftar_kurang",
)  # fmt: skip


def results(content: Content, plan: str) -> dict[str, Any]:
    """Make the file of a plan; empty where no table tells of it."""
    tables = content.elections
    codes = content.dapil(plan).frame["kode_dapil"].astype(str).tolist()
    found = tables.find("hasil", plan)
    rows = _own(tables.rows(found), codes)
    columns: dict[str, dict[str, Any]] = {name: {} for name in COLUMNS}
    made: dict[str, Any] = {"plan": plan, "parties": []}
    if found and len(rows):
        made["parties"] = _parties(content, plan, rows)
        numbers = [number for _, number, *_ in made["parties"]]
        for column, named, basis in (("suara", "votes", "basis"), ("kursi", "seats", "basis_kursi")):
            known = rows[rows[column].notna()]
            if len(known):
                columns[column] = _by_party(known, column, numbers)
                made[named] = {
                    **about(found, "; ".join(sorted(set(known[basis])))), "dapil": len(columns[column]),
                    **_doubts(known, {number: short for _, number, short, *_ in made["parties"]}),
                }  # fmt: skip
        if found.basis == "count" and "votes" in made:
            first = rows.drop_duplicates("kode_dapil").set_index("kode_dapil")
            columns |= {name: {str(code): int(count) for code, count in first[name].dropna().items()}
                        for name in ("tps", "tps_terhitung")}  # fmt: skip
            made["votes"] |= {name: int(first[name].sum()) for name in ("tps", "tps_terhitung")}
    _turnout(content, plan, codes, columns, made)
    _women(content, plan, codes, columns, made)
    if made.keys() == {"plan", "parties"}:
        return {}
    given = [[code, *(columns[name].get(code) for name in COLUMNS[1:])] for code in codes]
    return made | {"columns": COLUMNS, "rows": given}


def _own(rows: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """The rows of dapil that the release has."""
    return rows[rows["kode_dapil"].isin(codes)]


def _parties(content: Content, plan: str, rows: pd.DataFrame) -> list[list[Any]]:
    """Key, number, short name, name and colour of each party on a ballot, by number."""
    names = content.elections.parties(int(plan[-4:]))
    colours = content.elections.colours
    keys = rows.drop_duplicates("nomor_partai").sort_values("nomor_partai")
    return [
        [key, int(number), _short(names, number, key), _name(names, number, key), colours.get(key, GREY)]
        for key, number in zip(keys["partai"], keys["nomor_partai"], strict=True)
    ]


def _short(names: pd.DataFrame, number: int, key: str) -> str:
    return str(names["singkatan"].get(number) or key.upper())


def _name(names: pd.DataFrame, number: int, key: str) -> str:
    return str(names["nama"].get(number) or key)


def _by_party(rows: pd.DataFrame, column: str, numbers: list[int]) -> dict[str, list[int | None]]:
    wide = rows.pivot(index="kode_dapil", columns="nomor_partai", values=column).reindex(columns=numbers)
    return dict(zip(map(str, wide.index), plain_rows(wide), strict=True))


def _doubts(rows: pd.DataFrame, short: dict[int, str]) -> dict[str, Any]:
    """The dapil of which a row is doubtful, and why; what concerns some parties names them (`short`, by number)."""
    found = {}
    for why, own in rows[rows["ragu"] != ""].groupby("ragu"):
        parties = sorted(set(own["nomor_partai"]))
        there = rows["nomor_partai"][rows["kode_dapil"].isin(own["kode_dapil"])].nunique()
        named = f"{', '.join(short[each] for each in parties)}: " if len(parties) < there else ""
        told = " | ".join(f"{named}{part}" for part in str(why).split(" | "))
        found[told] = sorted(set(own["kode_dapil"]))
    return {"ragu": found} if found else {}


def _turnout(content: Content, plan: str, codes: list[str], columns: Any, made: dict[str, Any]) -> None:
    """Voters listed and come; of some only the share is known. A share over 1, and nobody come, are no figures."""
    chamber = plan[:-5]
    tables = content.elections
    found = (
        tables.find("partisipasi", plan, pemilu=chamber, tingkat="dapil")
        or tables.find("partisipasi", plan, pemilu="dprd-provinsi", tingkat="dapil")
    )  # fmt: skip
    rows = tables.rows(found)
    if found is None or not len(rows):
        return
    rows = rows[rows["kode_wilayah"].isin(codes)].set_index("kode_wilayah")
    counted = (rows["pengguna"] / rows["terdaftar"]).astype("Float64").mask(rows["pengguna"] == 0)
    share = counted.fillna(rows["partisipasi_persen"] / 100)
    share = share[share.notna() & (share <= 1)].astype(float)
    if not len(share):
        return
    columns["partisipasi"] = share.round(4).to_dict()
    for name in ("terdaftar", "pengguna"):
        columns[name] = rows.loc[share.index, name].dropna().astype(int).to_dict()
    made["turnout"] = about(found) | {"dapil": len(share), "pemilu": str(rows["pemilu"].iloc[0])}
    if found.basis == "count":
        made["turnout"] |= {"tps": int(rows["tps"].sum()), "tps_terhitung": int(rows["tps_konsisten"].sum())}


def _women(content: Content, plan: str, codes: list[str], columns: Any, made: dict[str, Any]) -> None:
    """Candidates and women among them on all lists of a dapil; lists, and those with less than 30 % women."""
    tables = content.elections
    found = tables.find("daftar-calon", plan)
    lists = _own(tables.rows(found), codes)
    if found and len(lists):
        by = lists.assign(kurang=(lists["perempuan_30"] == "tidak").astype(int)).groupby("kode_dapil")
        sums = by[["calon", "perempuan", "kurang"]].sum().astype(int)
        columns |= {"calon": sums["calon"].to_dict(), "perempuan": sums["perempuan"].to_dict()}
        columns |= {"daftar": by.size().to_dict(), "daftar_kurang": sums["kurang"].to_dict()}
        made["women"] = about(found) | {"dapil": len(sums)}
        return
    found = tables.find("calon", plan)
    persons = _own(tables.rows(found), codes)
    known = persons[persons["jenis_kelamin"] != ""] if len(persons) else persons
    if found and len(known):
        women = known.assign(p=(known["jenis_kelamin"] == "P").astype(int)).groupby("kode_dapil")["p"]
        columns |= {"calon": women.size().to_dict(), "perempuan": women.sum().to_dict()}
        made["women"] = about(found) | {"dapil": len(women)}
