"""The sets of election tables in ``data/elections``: a schema each, and tables by year and chamber.

``schema.json`` is a Frictionless table schema with titles and meanings in both languages; ``tables.csv`` lists the
tables with their basis and coverage. ``withdrawn.csv`` names candidates who are not to be shown: their rows leave
every table.
"""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from boundaries.errors import NotFound
from boundaries.law.tables import data_directory, read_table

Kind = Literal["string", "integer", "number"]
_LIST: Final = (
    "tabel", "set", "tahun", "lembaga", "plan", "basis", "lengkap", "cakupan", "cakupan_en", "asal", "lisensi",
)  # fmt: skip
#: What names a candidacy; also the columns of withdrawn.csv.
CANDIDACY: Final = ("tahun", "lembaga", "kode_dapil", "nomor_partai", "nomor_urut")


@dataclass(frozen=True)
class Field:
    """A column of a set: `title` and `description` are Indonesian, `title_en` and `description_en` say the same."""

    name: str
    type: Kind
    title: str
    title_en: str
    description: str
    description_en: str
    required: bool = False
    enum: tuple[str, ...] = ()
    pattern: str = ""
    minimum: int | None = None
    maximum: int | None = None
    used_by: str = ""


@dataclass(frozen=True)
class Schema:
    """A set: its columns, its key, and whether its rows name persons."""

    name: str
    title: str
    title_en: str
    description: str
    description_en: str
    alternative_titles: tuple[str, ...]
    persons: bool
    fields: tuple[Field, ...]
    key: tuple[str, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The columns that a table cannot do without."""
        return tuple(field.name for field in self.fields if field.required)


@dataclass(frozen=True)
class Table:
    """A table of a set: what it covers (``Indonesian``, ``English``), what its figures rest on, where it is from."""

    name: str
    set: str
    year: str
    chamber: str
    plan: str
    basis: str
    coverage: str
    coverage_en: str
    origin: str
    licence: str
    complete: bool
    path: Path


def directory() -> Path:
    """Return ``data/elections``."""
    return data_directory() / "elections"


@lru_cache
def set_names() -> tuple[str, ...]:
    """Return the names of all sets."""
    return tuple(sorted(path.parent.name for path in directory().glob("*/schema.json")))


@lru_cache
def schema(name: str) -> Schema:
    """Return the schema of a set.

    Raises
    ------
    NotFound
        There is no such set; the message lists those there are.
    """
    if name not in set_names():
        raise NotFound("no set {name}; there are {names}", name=name, names=", ".join(set_names()))
    found = json.loads((directory() / name / "schema.json").read_text("utf-8"))
    return Schema(
        key=tuple(found["primaryKey"]),
        fields=tuple(_field(each) for each in found["fields"]),
        alternative_titles=tuple(found["alternative_titles"]),
        **{
            part: found[part]
            for part in ("name", "title", "title_en", "description", "description_en", "persons")
        },
    )


def _field(found: dict[str, Any]) -> Field:
    limits = found.pop("constraints", {})
    return Field(**found, **{**limits, **({"enum": tuple(limits["enum"])} if "enum" in limits else {})})


@lru_cache
def catalogue() -> dict[str, Table]:
    """Return every table by its name, in the order of ``tables.csv``."""
    return {
        str(row["tabel"]): _table(row)
        for row in read_table(directory() / "tables.csv", _LIST).to_dict("records")
    }


def _table(row: dict[Any, Any]) -> Table:
    return Table(
        name=row["tabel"], set=row["set"], year=row["tahun"], chamber=row["lembaga"], plan=row["plan"],
        basis=row["basis"], coverage=row["cakupan"], coverage_en=row["cakupan_en"], origin=row["asal"],
        licence=row["lisensi"], complete=row["lengkap"] == "ya", path=_path(row["set"], row["tabel"]),
    )  # fmt: skip


def _path(set_name: str, table: str) -> Path:
    plain = directory() / set_name / f"{table}.csv"
    return plain if plain.exists() else plain.with_name(f"{table}.csv.xz")


def table(name: str) -> Table:
    """Return what is known of a table.

    Raises
    ------
    NotFound
        There is no such table; the message lists those of the set or all sets.
    """
    found = catalogue()
    if name in found:
        return found[name]
    like = [each.name for each in found.values() if name.startswith(each.set)] or list(set_names())
    raise NotFound("no table {name}; there are {names}", name=name, names=", ".join(like))


def read_set(name: str) -> pd.DataFrame:
    """Read a table: the columns of its set's schema, typed, without the rows that were withdrawn.

    Returns
    -------
    DataFrame
        Text as text (``""`` where empty), whole numbers Int64, others Float64 (``<NA>`` where empty).
        The index is the line in the file.

    Examples
    --------
    >>> rows = read_set("hasil-dpr-2024").query("kode_dapil == '1101' and kursi > 0")
    >>> rows[["partai", "suara", "kursi"]].head(2).to_numpy().tolist()
    [['pkb', 320033, 1], ['pdip', 133277, 1]]
    """
    found = table(name)
    return typed(without_withdrawn(read_table(found.path, schema(found.set).columns)), schema(found.set))


def typed(frame: pd.DataFrame, described: Schema) -> pd.DataFrame:
    """Return a frame of text in the types of its schema; the text must conform."""
    numbers = {
        field.name: _numbers(frame[field.name], field.type)
        for field in described.fields
        if field.type != "string" and field.name in frame
    }
    return frame.assign(**numbers)


def _numbers(text: pd.Series, kind: Kind) -> pd.Series:
    values = text.to_numpy(dtype=object)
    blank = values == ""
    numbers = np.where(blank, "0", values).astype("int64" if kind == "integer" else "float64")
    made = pd.arrays.IntegerArray if kind == "integer" else pd.arrays.FloatingArray
    return pd.Series(made(numbers, blank), index=text.index)


def without_withdrawn(frame: pd.DataFrame, withdrawn: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a frame of text without the candidacies of ``withdrawn.csv``; one that names no candidates as it is."""
    withdrawn = read_table(directory() / "withdrawn.csv", CANDIDACY) if withdrawn is None else withdrawn
    if withdrawn.empty or not set(CANDIDACY) <= set(frame.columns):
        return frame
    gone = pd.MultiIndex.from_frame(withdrawn[list(CANDIDACY)])
    return frame[~pd.MultiIndex.from_frame(frame[list(CANDIDACY)]).isin(gone)]


def of_plan(set_name: str, plan: str) -> Table | None:
    """Return the table of a set on a plan whose figures are not a count, or None."""
    fitting = [each for each in catalogue().values() if (each.set, each.plan) == (set_name, plan)]
    return next((each for each in fitting if each.basis != "count"), None)
