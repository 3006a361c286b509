"""What every export is made from: one table of a release with its geometry, its columns and where it all comes from."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.law.codes import ABROAD, LENGTH, finest
from boundaries.law.columns import Attribute, columns_of
from boundaries.law.doubts import caveats
from boundaries.law.nesting import under
from boundaries.release.store import FULL, Release

Text = Mapping[str, str]
_CLOSED: Final = {
    "id": " Bukan data terbuka: periksa lisensinya sebelum menyebarkan.",
    "en": " Not open data: read its licence before passing this on.",
}


@dataclass(frozen=True)
class Origin:
    """Where a dataset comes from: what every file names that can carry it. Texts by language: ``id``, ``en``."""

    release: str
    source: str
    source_title: Text
    attribution: str
    licence: str
    licence_spdx: str
    licence_url: str
    open: bool
    vintage: str
    homepage: str
    date: dt.date  # of the newest election: the same inputs give the same bytes, so it is never today's

    def about(self) -> dict[str, Any]:
        """The facts that every file carries that can carry JSON."""
        return {
            "release": self.release,
            "source": self.source,
            "attribution": self.attribution,
            "vintage": self.vintage,
            "licence": self.licence_spdx or self.licence,
            "licence_url": self.licence_url,
            "open": self.open,
        }

    @classmethod
    def of(cls, release: Release) -> "Origin":
        """Read the origin of a release from its manifest."""
        source = release.manifest["source"]
        licence = source.get("licence") or {}
        title = source.get("title") or source["id"]
        return cls(
            release=release.id,
            source=str(source["id"]),
            source_title=dict(title) if isinstance(title, Mapping) else {"id": str(title), "en": str(title)},
            attribution=str(source.get("attribution") or source["id"]),
            licence=str(licence.get("name") or licence.get("spdx") or ""),
            licence_spdx=str(licence.get("spdx") or ""),
            licence_url=str(licence.get("url") or ""),
            open=source.get("open") is not False,
            vintage=str(source.get("vintage") or ""),
            homepage=str(source.get("homepage") or ""),
            date=max(dt.date.fromisoformat(plan["mulai"]) for plan in release.manifest["plans"]),
        )

    def warning(self, language: str) -> str:
        """What goes behind the name of the licence, with a blank before it: nothing where the base map is open."""
        return "" if self.open else _CLOSED[language]


@dataclass(frozen=True)
class Dataset:
    """One table of a release, ready to be written in any format.

    ``name``: the layer's or table's name, with ``-<kode_provinsi>`` behind it where it was cut to a province.
    ``frame``: text columns hold str or None, integers int64 or Int64, reals float64; in the order of ``id`` (``kode``).
    ``geometry``: MultiPolygons in lon/lat degrees (CRS84, on the grid of 1e-7), one a row; None for a table.
    ``legal_basis``: the regulations of the plan; empty for units. ``detail``: that of the geometry, whose lines are
    at most ``tolerance_m`` metres off those of full detail.
    """

    name: str
    title: Text
    columns: tuple[Attribute, ...]
    frame: pd.DataFrame
    geometry: NDArray[np.object_] | None
    origin: Origin
    legal_basis: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    detail: str = FULL
    tolerance_m: float = 0.0

    @property
    def key(self) -> str:
        """The column that names a row: ``id`` of a dapil, ``kode`` of a unit."""
        return "id" if "id" in self.frame.columns else "kode"

    @property
    def year(self) -> int | None:
        """The election year; None for units."""
        return int(self.frame["tahun"].iloc[0]) if "tahun" in self.frame.columns and len(self.frame) else None

    def description(self, language: str) -> str:
        """One paragraph for a file's metadata: what, by which law, from which base map, under which licence."""
        words = {
            "id": ("Dasar hukum", "Batas", "Lisensi", "Rilis", "Garis disederhanakan, bergeser paling jauh"),
            "en": ("Legal basis", "Boundaries", "Licence", "Release", "Lines generalised, moved by at most"),
        }[language]
        moved = (
            f" {words[4]} {self.tolerance_m:g} m." if self.tolerance_m and self.geometry is not None else ""
        )
        law = f" {words[0]}: {'; '.join(self.legal_basis)}." if self.legal_basis else ""
        origin = self.origin
        closed = origin.warning(language)
        return (
            f"{self.title[language]}.{law} {words[1]}: {origin.source_title[language]} ({origin.attribution}), "
            f"{origin.vintage}. {words[2]}: {origin.licence}.{closed} {words[3]}: {origin.release}.{moved}"
        )

    def about(self) -> dict[str, Any]:
        """The same as facts, for formats that carry JSON: the same keys in every format."""
        origin = self.origin
        return {
            "name": self.name,
            "title": dict(self.title),
            "description": {language: self.description(language) for language in ("id", "en")},
            **origin.about(),
            "legal_basis": list(self.legal_basis),
            "notes": list(self.notes),
            "detail": self.detail,
            "tolerance_m": self.tolerance_m,
        }

    def of_province(self, code: str) -> "Dataset":
        """Cut to the rows of a province (its two digits). Raises ReleaseError where there is none."""
        chosen = (self.frame["kode_provinsi"] == code).to_numpy()
        if not chosen.any():
            known = ", ".join(sorted(set(self.frame["kode_provinsi"].dropna())))
            raise ReleaseError(f"{self.name} has nothing in province {code!r}; it has {known}")
        name = str(self.frame.loc[chosen, "nama_provinsi"].iloc[0])
        return replace(
            self,
            name=f"{self.name}-{code}",
            title={language: f"{text}, {name}" for language, text in self.title.items()},
            frame=self.frame[chosen].reset_index(drop=True),
            geometry=None if self.geometry is None else self.geometry[chosen],
        )


class Datasets:
    """The datasets of a release, each read once when first asked for; `assignment` and `members` as tables."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.origin = Origin.of(release)

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """Names of everything that can be exported: layers with geometry, then plans that are tables only."""
        tables = [plan["table"] for plan in self.release.manifest["plans"] if plan.get("table")]
        return (*self.release.layers, *tables)

    @cached_property
    def plans(self) -> dict[str, dict[str, Any]]:
        """The table ``plans`` by plan id."""
        rows = self.release.read_table("plans").to_dict("records")
        return {str(row["plan_id"]): {str(name): value for name, value in row.items()} for row in rows}

    def get(self, name: str, detail: str = FULL) -> Dataset:
        """Return a layer in a detail, or a table. Raises ReleaseError for a name that the release does not have."""
        if name not in self.layers:
            raise ReleaseError(f"{self.release.id} has no {name!r}; it has {', '.join(self.layers)}")
        if name in self.release.layers:
            frame, geometry = self.release.read_layer(name, detail)
        else:
            frame, geometry = self.release.read_table(name), None
        plan = self.plans.get(name.removeprefix("tabel-"))
        return Dataset(
            name=name,
            title=self.titles[name],
            columns=columns_of(name),
            frame=frame,
            geometry=geometry,
            origin=self.origin,
            legal_basis=(str(plan["dasar_hukum"]),) if plan else (),
            notes=tuple(caveats(plan, self.entry(str(plan["plan_id"])))) if plan else (),
            detail=detail,
            tolerance_m=self.release.tolerance_m(detail),
        )

    def entry(self, plan: str) -> Mapping[str, Any]:
        """What the manifest tells of a plan."""
        return next(each for each in self.release.manifest["plans"] if each["id"] == plan)

    def __iter__(self) -> Iterator[Dataset]:
        return map(self.get, self.layers)

    def rows(self, table: str, plan: str) -> pd.DataFrame:
        """Return the rows of ``members`` of one plan; of ``assignment`` a row for every base unit; in order."""
        frame = self._assignment if table == "assignment" else self._members
        rows = frame[frame["plan_id"] == plan].reset_index(drop=True)
        if table != "assignment":
            return rows
        row, at = under(rows["kode_unit"].to_numpy(dtype=str), self.base)
        if strange := sorted(set(rows["kode_unit"]) - set(rows["kode_unit"].iloc[row])):
            raise ReleaseError(
                f"{self.release.id}: assignment of {plan} names {strange[0]}, but there is no such unit; build it again"
            )
        codes = pd.Series(self.base[at].tolist(), dtype=rows["kode_unit"].dtype)
        spread = rows.iloc[row].reset_index(drop=True).assign(kode_unit=codes)
        return spread.sort_values("kode_unit", ignore_index=True)

    @cached_property
    def base(self) -> NDArray[np.str_]:
        """Codes of the base units, sorted: with a polygon, or named by the ledger or a plan without one."""
        layers = [name for name in self.release.layers if name.startswith("unit-")]
        codes = [code for name in layers for code in self.release.read_table(name)["kode"]]
        missing = [str(each["kode"]) for each in self.release.quality.get("missing", ())]
        named = [code for code in self._members["kode_unit"] if code != ABROAD[0]]
        return np.array(finest([*codes, *missing, *named]), dtype=str)

    @cached_property
    def divided(self) -> frozenset[str]:
        """The kecamatan of which a plan has the desa in several dapil, or outside of all."""
        length = LENGTH["kecamatan"]
        return frozenset(code[:length] for code in self._assignment["kode_unit"] if len(code) > length)

    def shown(self, table: str, plan: str) -> pd.DataFrame:
        """Return `rows` without those of dapil that the release leaves out.

        A dapil that the base map has no ground of, or only a part, is named in the manifest (``omitted``) instead.
        """
        rows = self.rows(table, plan)
        omitted = self.entry(plan)["omitted"]
        return rows[~(plan + "-" + rows["kode_dapil"]).isin(omitted)].reset_index(drop=True)

    def assigned(self, plan: str, province: str | None = None) -> pd.DataFrame:
        """Return the base units of a plan and the dapil of each, of the dapil that the release shows.

        `province`: only dapil of this province.
        """
        rows = self.shown("assignment", plan)
        if province is not None:
            rows = rows[
                rows["kode_dapil"].isin(set(self.get(plan).of_province(province).frame["kode_dapil"]))
            ]
        return rows.reset_index(drop=True)

    @cached_property
    def _assignment(self) -> pd.DataFrame:
        return self.release.read_table("assignment")

    @cached_property
    def _members(self) -> pd.DataFrame:
        return self.release.read_table("members")

    @cached_property
    def titles(self) -> dict[str, Text]:
        """The title of every layer and table, in both languages."""
        with closing(self.release.connect()) as connection:
            rows = connection.execute("SELECT table_name, identifier FROM gpkg_contents").fetchall()
        return {name: _both(title or name) for name, title in rows}


def _both(text: str) -> Text:
    indonesian, _, english = text.partition(" | ")
    return {"id": indonesian, "en": english or indonesian}
