"""Results as a dataset of the release: a dapil a row with its outline, votes and seats of each party, turnout."""

from dataclasses import replace
from typing import Any, Final

import pandas as pd

from boundaries.elections.wide import wide_rows
from boundaries.law.columns import Attribute
from boundaries.release.dataset import Dataset
from boundaries.release.election_file import Elections

#: What is taken of the plan.
_PLAN: Final = (
    "id", "kode_dapil", "nama_dapil", "lembaga", "tahun", "kode_provinsi", "nama_provinsi", "kode_kabkota",
    "nama_kabkota", "kursi", "penduduk", "sumber_batas", "lisensi",
)  # fmt: skip
_COLUMNS: Final = {
    each.name: each
    for each in (
        Attribute(
            "suara_sah",
            "integer",
            "Suara sah",
            "Valid votes",
            "Jumlah suara sah semua partai.",
            "Valid votes of all parties.",
        ),
        Attribute(
            "pemenang",
            "text",
            "Pemenang",
            "Winner",
            "Partai dengan suara terbanyak; beberapa bila sama.",
            "The party with the most votes; several where alike.",
        ),
        Attribute(
            "selisih",
            "integer",
            "Selisih",
            "Margin",
            "Suara pemenang dikurangi suara partai berikutnya.",
            "Votes of the winner less those of the next.",
        ),
        Attribute(
            "kursi_terbanyak",
            "text",
            "Kursi terbanyak",
            "Most seats",
            "Partai dengan kursi terbanyak; beberapa bila sama.",
            "The party with the most seats; several where alike.",
        ),
        Attribute(
            "basis",
            "text",
            "Basis suara",
            "Basis of the votes",
            "Dasar angka suara: official, count, press, inferred.",
            "What the votes rest on: official, count, press, inferred.",
        ),
        Attribute(
            "basis_kursi",
            "text",
            "Basis kursi",
            "Basis of the seats",
            "Dasar angka kursi.",
            "What the seats rest on.",
        ),
        Attribute(
            "terdaftar", "integer", "Terdaftar", "Registered", "Pemilih terdaftar.", "Registered voters."
        ),
        Attribute(
            "pengguna",
            "integer",
            "Pengguna",
            "Voting",
            "Pemilih yang memakai hak pilih.",
            "Voters who voted.",
        ),
        Attribute(
            "partisipasi_persen",
            "real",
            "Partisipasi",
            "Turnout",
            "Pengguna dari terdaftar, persen.",
            "Voting of registered, per cent.",
        ),
        Attribute(
            "basis_partisipasi",
            "text",
            "Basis partisipasi",
            "Basis of the turnout",
            "Dasar angka partisipasi.",
            "What the turnout rests on.",
        ),
    )
}
_TURNOUT: Final = ("terdaftar", "pengguna", "partisipasi_persen")


def result_layer(elections: Elections, name: str, plan: Dataset) -> Dataset:
    """Return the table of results `name` on the dapil of its `plan`, in the plan's detail.

    Dapil that the map does not show are left out; a dapil without a row stays, its figures empty.
    """
    about = elections.tables[name]
    rows = wide_rows(elections.frame(name))
    turnout = _turnout(elections, str(about["plan"]), str(about["basis"]))
    if turnout is not None:
        rows = rows.merge(turnout, on="kode_dapil", how="left")
    own = [each for each in _PLAN if each in plan.frame.columns]
    frame = plan.frame[own].merge(rows, on="kode_dapil", how="left", sort=False)
    columns = [each for each in plan.columns if each.name in own]
    described = [_attribute(each) for each in rows.columns if each != "kode_dapil"]
    for each in described:
        if each.kind == "text":
            frame[each.name] = (
                frame[each.name]
                .astype(object)
                .where(frame[each.name].notna() & (frame[each.name] != ""), None)
            )
    end = (
        {"id": "hitungan, bukan hasil resmi", "en": "a count, not official"}
        if about["basis"] == "count"
        else None
    )
    title = {
        language: f"{about[f'title{suffix}']}, {plan.title[language]}"
        + (f" ({end[language]})" if end else "")
        for language, suffix in (("id", ""), ("en", "_en"))
    }
    notes = (*plan.notes, f"{about['coverage']} | {about['coverage_en']}")
    ordered = [each.name for each in (*columns, *described)]
    return replace(
        plan, name=name, title=title, columns=(*columns, *described), frame=frame[ordered], notes=notes
    )


def _turnout(elections: Elections, plan: str, basis: str) -> pd.DataFrame | None:
    """The turnout of the same election on the same dapil, a count only beside a count; None where there is none."""
    chamber = plan.rpartition("-")[0]
    for name, about in elections.tables.items():
        if (
            about["set"] != "partisipasi"
            or about["plan"] != plan
            or (about["basis"] == "count") != (basis == "count")
        ):
            continue
        rows = elections.frame(name)
        rows = rows[(rows["tingkat"] == "dapil") & rows["pemilu"].isin([chamber, "legislatif"])]
        if len(rows) and rows["kode_wilayah"].is_unique:
            found: Any = rows[["kode_wilayah", *_TURNOUT, "basis"]]
            return found.rename(columns={"kode_wilayah": "kode_dapil", "basis": "basis_partisipasi"})
    return None


def _attribute(name: str) -> Attribute:
    if name in _COLUMNS:
        return _COLUMNS[name]
    what, _, party = name.partition("_")
    word, english = {"suara": ("Suara", "Votes"), "kursi": ("Kursi", "Seats")}[what]
    return Attribute(name, "integer", f"{word} {party}", f"{english}: {party}", f"{word} partai {party} di dapil.",
                     f"{english} of the party {party} in the dapil.")  # fmt: skip
