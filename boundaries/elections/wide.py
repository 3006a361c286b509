"""Results as a layer of the map: a row a dapil, with winner, margin, votes and seats of each party; drawn by winner."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import pandas as pd

from boundaries.elections.sets import read_set, table
from boundaries.errors import TableError
from boundaries.release.geopackage import Style, add_styles

#: What a party without a colour in the table of parties is drawn in.
_GREY: Final = "#9a9a9a"


def wide(name: str) -> pd.DataFrame:
    """Return a table of results by dapil and party as a row a dapil.

    Returns
    -------
    DataFrame
        ``kode_dapil``, ``suara_sah`` (sum of the parties), ``pemenang`` (the key of the party with the most votes,
        several joined by semicolons where alike; empty without votes), ``selisih`` (votes before the next),
        ``kursi_terbanyak`` (likewise by seats), ``basis``, ``basis_kursi``, then ``suara_<partai>`` and
        ``kursi_<partai>`` by ballot number.

    Raises
    ------
    TableError
        The table is none of results by dapil and party.
    """
    if table(name).set != "hasil":
        raise TableError(f"{name} is not a table of results by dapil and party; name one of the set hasil")
    return wide_rows(read_set(name))


def wide_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the set ``hasil`` as a row a dapil; see `wide`."""
    rows = rows.sort_values(["kode_dapil", "nomor_partai"], kind="stable")
    parties = rows.drop_duplicates("partai").sort_values("nomor_partai")["partai"].tolist()
    by = rows.groupby("kode_dapil", sort=True)
    found = pd.DataFrame(
        {
            "suara_sah": by["suara"].sum(min_count=1),
            "pemenang": by[["partai", "suara"]].apply(lambda own: _first(own, "suara")),
            "selisih": by["suara"].apply(_margin).astype("Int64"),
            "kursi_terbanyak": by[["partai", "kursi"]].apply(lambda own: _first(own, "kursi")),
            "basis": by["basis"].first(),
            "basis_kursi": by["basis_kursi"].first(),
        }
    )
    for column in ("suara", "kursi"):
        each = rows.pivot(index="kode_dapil", columns="partai", values=column)[parties]
        found = found.join(
            each.add_prefix(f"{column}_").rename(columns=lambda party: party.replace("-", "_"))
        )
    return found.reset_index()


def _first(own: pd.DataFrame, column: str) -> str:
    most = own[column].max()
    return "" if pd.isna(most) or not most else ";".join(own["partai"][own[column] == most])


def _margin(votes: pd.Series) -> Any:
    best = votes.dropna().nlargest(2).tolist()
    return best[0] - best[1] if len(best) == 2 else pd.NA


def colours(parties: pd.DataFrame | None = None) -> dict[str, str]:
    """Return the colour of every party that has one, the latest election's first of several.

    `parties`: rows of the set ``partai``; the project's own without.
    """
    rows = (read_set("partai") if parties is None else parties).query("warna != ''").sort_values("tahun")
    return {
        party: colour.partition(";")[0] for party, colour in zip(rows["partai"], rows["warna"], strict=True)
    }


def add_style(path: Path, layer: str, frame: pd.DataFrame, parties: pd.DataFrame | None = None) -> None:
    """Write a style into a GeoPackage: QGIS draws the dapil by winner (or by most seats, without votes) at once.

    `parties`: see `colours`.
    """
    column = "pemenang" if (frame["pemenang"].fillna("") != "").any() else "kursi_terbanyak"
    values = [str(value) for value in frame[column].fillna("").value_counts().index]
    described = f"dapil: {column}"
    with closing(sqlite3.connect(path)) as database, database:
        add_styles(
            database, [Style(layer, column, _qml(column, values, colours(parties)), "", described, True)]
        )


def _qml(column: str, values: list[str], known: dict[str, str]) -> str:
    """A style of categories: a fill a party, with its name in words."""
    categories = "".join(
        f'<category render="true" symbol="{place}" value={quoteattr(value)} label={quoteattr(value or "-")}/>'
        for place, value in enumerate(values)
    )
    symbols = "".join(
        f'<symbol type="fill" name="{place}"><layer class="SimpleFill" enabled="1"><Option type="Map">'
        f'<Option type="QString" name="color" value="{known.get(value.partition(";")[0], _GREY)}"/>'
        '<Option type="QString" name="style" value="solid"/>'
        '<Option type="QString" name="outline_color" value="#ffffff"/>'
        '<Option type="QString" name="outline_width" value="0.1"/></Option></layer></symbol>'
        for place, value in enumerate(values)
    )
    return (
        f'<!DOCTYPE qgis><qgis version="3.22" styleCategories="Symbology"><renderer-v2 type="categorizedSymbol" '
        f'attr="{column}"><categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2></qgis>'
    )
