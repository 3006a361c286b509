"""Counts of lawful plans that were made once (``data/counts``), and what of them holds on a release.

To count all councils takes minutes, so no build does it. ``dapil plans --all`` wrote the tables; each row has the
fingerprint of the graph, people and seats it was counted on (`Council.fingerprint`), and stands only where those of the
release are the same. Every other row says that it is absent.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pandas as pd

from boundaries.law.tables import data_directory
from boundaries.research.council import Council
from boundaries.research.legal_plans import UNKNOWN
from boundaries.research.plan_measures import FOLLOWING

OTHER_GRAPH: Final = "counted on another graph"
NEVER: Final = "not counted"

Row = dict[str, str]


def counts_path(chamber: str, year: int = 2024) -> Path:
    """Where the counts of a chamber lie."""
    return data_directory() / "counts" / f"semua-rencana-{chamber}-{year}.csv"


def known_counts(chamber: str, year: int = 2024) -> dict[str, Row]:
    """The counts of a chamber, council → row, all as text (`boundaries.research.plan_tables.row_of`); none where there
    is no table."""
    path = counts_path(chamber, year)
    if not path.is_file():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return {str(row["dewan"]): {str(name): str(cell) for name, cell in row.items()}
            for row in table.to_dict("records")}  # fmt: skip


def count_of(council: Council, known: Mapping[str, Row]) -> Row | None:
    """The row of a council; None where there is none, or it was counted on another graph."""
    row = known.get(council.code)
    return row if row is not None and row["sidik"] == council.fingerprint else None


def holding(councils: Iterable[Council], known: Mapping[str, Row]) -> pd.DataFrame:
    """A row a council, as text: what was counted where it holds on these graphs, else its own facts and why not."""
    columns = list(next(iter(known.values()))) if known else []
    rows = []
    for council in councils:
        row = count_of(council, known)
        if row is None:
            own = {
                "lembaga": council.chamber, "tahun": council.year, "dewan": council.code, "nama": council.name,
                "kursi": council.seats, "unit": len(council.units), "bobot": council.weight,
                "penduduk": int(council.people.sum()), "tautan": council.links, "sidik": council.fingerprint,
                "bacaan": FOLLOWING,
                "metode": UNKNOWN, "sebab": OTHER_GRAPH if council.code in known else NEVER,
            }  # fmt: skip
            row = {name: str(own.get(name, "")) for name in columns}
        rows.append(row)
    return pd.DataFrame(rows, columns=columns, dtype=object)
