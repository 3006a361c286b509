"""``map-elected-<plan>.json`` and ``map-candidates-<plan>-<province>.json``: persons, asked for one card at a time.

Of a person only name, list number, party, gender, votes and election, as the sets have them; who was withdrawn
(``data/elections/withdrawn.csv``) is in none of them. A party is its number on the ballot; 0 is none (DPD).
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from boundaries.exports.mapdata.map_tables import Content
from boundaries.exports.mapdata.vote_tables import about, plain

_KEYS = ["kode_dapil", "nomor_partai", "nomor_urut"]


def elected(content: Content, plan: str) -> dict[str, Any]:
    """Make the members of a plan: dapil → [party, list number, name, gender, votes, place of the note]; or empty."""
    table = content.elections.find("terpilih", plan)
    rows = _of_release(content, plan, content.elections.rows(table))
    if table is None or not len(rows):
        return {}
    rows = rows.sort_values("suara", ascending=False, kind="stable").sort_values(
        ["kode_dapil", "nomor_partai"], kind="stable"
    )
    notes = sorted(set(rows["catatan"]) - {""})
    values = zip(
        plain(rows["nomor_partai"].fillna(0)), plain(rows["nomor_urut"]), rows["nama"], rows["jenis_kelamin"],
        plain(rows["suara"]), (notes.index(note) if note else None for note in rows["catatan"]), strict=True,
    )  # fmt: skip
    found: dict[str, list[list[Any]]] = {}
    for code, row in zip(rows["kode_dapil"], values, strict=True):
        found.setdefault(code, []).append(list(row))
    return {"plan": plan, **about(table), "notes": notes, "dapil": found}


def candidates(content: Content, plan: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each province with dapil and its candidates: dapil → [party, votes of the list, [[number, name, gender,
    votes, 1 if elected], ...]] a party.
    """
    tables = content.elections
    listed, voted = tables.find("calon", plan), tables.find("hasil-calon", plan)
    table = listed or voted
    if table is None:
        return
    votes = _of_release(content, plan, tables.rows(voted)).reindex(
        columns=[*_KEYS, "nama", "jenis_kelamin", "suara"]
    )
    lists = votes[votes["nomor_urut"] == 0]
    rows = _of_release(content, plan, tables.rows(table))
    rows = rows[rows["nomor_urut"] != 0].reindex(columns=[*_KEYS, "nama", "jenis_kelamin"])
    known = votes.drop_duplicates(_KEYS)[[*_KEYS, "suara"]]
    rows = rows.merge(known, on=_KEYS, how="left")
    rows["terpilih"] = _won(content, plan, rows)
    rows = rows.assign(nomor_partai=rows["nomor_partai"].fillna(0)).sort_values(_KEYS, kind="stable")
    of_list = {(code, number): count for code, number, count in zip(
        lists["kode_dapil"], lists["nomor_partai"].fillna(0), plain(lists["suara"]), strict=True)}  # fmt: skip
    told = {"plan": plan, **about(table)} | ({"suara": about(voted)} if voted else {})
    frame = content.dapil(plan).frame
    for province in sorted(set(frame["kode_provinsi"])):
        own = rows[rows["kode_dapil"].isin(frame["kode_dapil"][frame["kode_provinsi"] == province])]
        yield province, {**told, "dapil": _by_dapil(own, of_list)}


def _by_dapil(rows: pd.DataFrame, of_list: dict[tuple[str, int], Any]) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    numbers, votes = plain(rows["nomor_urut"]), plain(rows["suara"])
    last: tuple[str, int] | None = None
    for at, (code, party, name, gender, won) in enumerate(
        zip(
            rows["kode_dapil"],
            rows["nomor_partai"],
            rows["nama"],
            rows["jenis_kelamin"],
            rows["terpilih"],
            strict=True,
        )
    ):
        if (code, party) != last:
            last = (code, party)
            found.setdefault(code, []).append([int(party), of_list.get(last), []])
        found[code][-1][2].append([numbers[at], name, gender, votes[at], int(won)])
    return found


def _won(content: Content, plan: str, rows: pd.DataFrame) -> pd.Series:
    """Who is among the members, by list number, or by name where the list of members has no numbers."""
    members = _of_release(content, plan, content.elections.rows(content.elections.find("terpilih", plan)))
    if not len(members):
        return pd.Series(False, index=rows.index)
    column = "nama" if members["nomor_urut"].isna().all() else "nomor_urut"
    keys = ["kode_dapil", "nomor_partai", column]
    return pd.Series(pd.MultiIndex.from_frame(rows[keys].astype(str)).isin(
        pd.MultiIndex.from_frame(members[keys].astype(str))), index=rows.index)  # fmt: skip


def _of_release(content: Content, plan: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["kode_dapil"].isin(content.dapil(plan).frame["kode_dapil"])]
