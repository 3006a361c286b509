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


def add_style(path: Path, layer: str, frame: pd.DataFrame, parties: pd.DataFrame | None = None) -> None:
    """Write a style into a GeoPackage: QGIS draws the dapil at once, each party in its colour and with its name.

    By winner; by most seats where the votes of most dapil are not known. `parties`: rows of the set ``partai``; the
    project's own without. Of a party's names and colours those of the latest election count, the first of several.
    """
    rows = (read_set("partai") if parties is None else parties).sort_values("tahun", kind="stable")
    short = dict(zip(rows["partai"], rows["singkatan"], strict=True))
    coloured = rows.query("warna != ''")
    colours = dict(zip(coloured["partai"], coloured["warna"].str.partition(";")[0], strict=True))
    won = frame["pemenang"].fillna("") != ""
    column = "pemenang" if 2 * won.sum() > len(won) else "kursi_terbanyak"
    values = [str(value) for value in frame[column].fillna("").value_counts().index]
    named = {value: ", ".join(short.get(each, each) for each in value.split(";")) or "-" for value in values}
    fills = [colours.get(value.partition(";")[0], _GREY) for value in values]
    style = Style(layer, column, _qml(column, named, fills), "", f"dapil: {column}", True)
    with closing(sqlite3.connect(path)) as database, database:
        add_styles(database, [style])


def _qml(column: str, named: dict[str, str], fills: list[str]) -> str:
    """A style of categories: a fill a value, with its name in words."""
    categories = "".join(
        f'<category render="true" symbol="{place}" value={quoteattr(value)} label={quoteattr(name)}/>'
        for place, (value, name) in enumerate(named.items())
    )
    symbols = "".join(
        f'<symbol type="fill" name="{place}"><layer class="SimpleFill" enabled="1"><Option type="Map">'
        f'<Option type="QString" name="color" value="{fill}"/>'
        '<Option type="QString" name="style" value="solid"/>'
        '<Option type="QString" name="outline_color" value="#ffffff"/>'
        '<Option type="QString" name="outline_width" value="0.1"/></Option></layer></symbol>'
        for place, fill in enumerate(fills)
    )
    return (
        f'<!DOCTYPE qgis><qgis version="3.22" styleCategories="Symbology"><renderer-v2 type="categorizedSymbol" '
        f'attr="{column}"><categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2></qgis>'
    )
