"""The tables of a release as the map's data want them: plans, units and the dapil of every base unit."""

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from boundaries.errors import ReleaseError
from boundaries.exports.mapdata.vote_tables import ElectionTables
from boundaries.law.codes import ABROAD, LENGTH, LEVELS, finest, level
from boundaries.law.doubts import reasons
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.store import STANDARD, Release, mapped

Text = dict[str, str]

#: The chambers as the law names them.
CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
#: Columns of the ledger that the map tells.
LEDGER: Final = ("id_lama", "id_baru", "jenis", "bagian_lama_luas", "bagian_lama_tps")


class Content:
    """A release, read once. Order everywhere: plans as in the manifest, dapil by id, units by code."""

    def __init__(self, release: Release, years: Collection[int] = ()) -> None:
        self.release = release
        self.datasets = Datasets(release)
        self.plans = chosen_plans(release, years)
        self.elections = ElectionTables(release)
        self._dapil: dict[str, Dataset] = {}

    def dapil(self, plan: str) -> Dataset:
        """The dapil of a plan, sorted by id; without geometry where the plan is a table only."""
        if plan not in self._dapil:
            entry = self.plans[plan]
            found = self.datasets.get(str(entry.get("layer") or entry["table"]), STANDARD)
            if not found.frame["id"].is_monotonic_increasing or found.frame["id"].duplicated().any():
                raise ReleaseError(f"{self.release.id}: {plan} is not sorted by id; build the release again")
            self._dapil[plan] = found
        return self._dapil[plan]

    def composed(self, plan: str) -> bool:
        """Whether the members of each dapil are known, so that there is a map."""
        return "layer" in self.plans[plan]

    @cached_property
    def layers(self) -> dict[str, pd.DataFrame]:
        """The tables of the unit layers by level, sorted by code; of the desa those of divided kecamatan."""
        names = {name: f"unit-{name}" for name in LEVELS}
        found = {
            name: self.release.read_table(layer).sort_values("kode", ignore_index=True)
            for name, layer in names.items()
            if layer in self.release.layers
        }
        if "desa" in found:
            found["desa"] = found["desa"][self._wanted(found["desa"]["kode"])].reset_index(drop=True)
        return {name: frame for name, frame in found.items() if len(frame)}

    def _wanted(self, codes: Iterable[str]) -> list[bool]:
        """Which units are told of: all but the desa of kecamatan that lie whole in one dapil of every plan."""
        length = LENGTH["kecamatan"]
        return [len(code) <= length or code[:length] in self.datasets.divided for code in codes]

    @cached_property
    def unmapped(self) -> dict[str, str]:
        """Units that a plan names and the base map has no polygon of: code → name, sorted by code.

        Those of dapil that the release leaves out are not among them.
        """
        known = {code for frame in self.layers.values() for code in frame["kode"]} | {ABROAD[0]}
        composed = [plan for plan in self.plans if self.composed(plan)]
        members = [self.datasets.shown("members", plan) for plan in composed]
        named = pd.concat(members) if members else pd.DataFrame({"kode_unit": [], "nama_unit": []})
        names = dict(zip(named["kode_unit"], named["nama_unit"], strict=True))
        missing = {str(each["kode"]) for each in self.release.quality.get("missing", ())}
        base = {code for plan in composed for code in self.datasets.assigned(plan)["kode_unit"]} & missing
        lacking = sorted((names.keys() | base) - known)
        wanted = self._wanted(lacking)
        return {c: str(names.get(c) or c) for c, told in zip(lacking, wanted, strict=True) if told}

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Level → code → name, sorted by code; units without polygon are among them."""
        found = {
            name: dict(zip(frame["kode"], frame["nama"], strict=True)) for name, frame in self.layers.items()
        }
        for code, name in self.unmapped.items():
            found.setdefault(level(code), {})[code] = name
        return {name: dict(sorted(found.get(name, {}).items())) for name in LEVELS}

    @cached_property
    def base(self) -> NDArray[np.str_]:
        """Codes of the units that a page tells apart, sorted: the desa of divided kecamatan, every other kecamatan."""
        return np.array(finest(code for names in self.names.values() for code in names), dtype=str)

    @cached_property
    def area_km2(self) -> NDArray[np.float64]:
        """Area of every base unit; 0 for one without polygon."""
        areas: dict[str, float] = {}
        for frame in self.layers.values():
            areas.update(zip(frame["kode"], frame["luas_km2"].astype(float), strict=True))
        return np.array([areas.get(code, 0.0) for code in self.base.tolist()])

    @cached_property
    def people(self) -> dict[str, int]:
        """People of every unit of which they are known."""
        known = [frame.dropna(subset="penduduk") for frame in self.layers.values()]
        return {
            code: int(count)
            for frame in known
            for code, count in zip(frame["kode"], frame["penduduk"], strict=True)
        }

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """What became of each dapil (`LEDGER`); without a row where the release has no such table."""
        with closing(self.release.connect()) as connection:
            there = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name = 'riwayat'"
            ).fetchone()[0]
        return (
            self.release.read_table("riwayat") if there else pd.DataFrame(columns=list(LEDGER), dtype=object)
        )

    def assigned(self, plan: str) -> NDArray[np.int64]:
        """For every unit of `base` the row of its dapil in `dapil(plan)`, -1 where it is in none.

        Raises ReleaseError for a unit or a dapil that the release does not have.
        """
        rows = self.datasets.assigned(plan)
        found = np.full(len(self.base), -1)
        codes = rows["kode_unit"].to_numpy(dtype=str)
        at = np.searchsorted(self.base, codes, side="right") - 1
        known = at >= 0  # a base unit, or a desa in one
        known[known] = np.char.startswith(codes[known], self.base[at[known]])
        frame = self.dapil(plan).frame
        dapil = pd.Index(frame["kode_dapil"]).get_indexer(pd.Index(rows["kode_dapil"]))
        if not known.all() or (dapil < 0).any():
            wrong = rows[~known | (dapil < 0)].iloc[0]
            raise ReleaseError(
                f"{self.release.id}: assignment of {plan} puts {wrong['kode_unit']} into {wrong['kode_dapil']}, "
                "but there is no such unit or dapil; build the release again"
            )
        found[at] = dapil
        return found


def chosen_plans(release: Release, years: Collection[int] = ()) -> dict[str, Mapping[str, Any]]:
    """Plans by id, as the manifest tells of them; of some elections or of all. Raises ReleaseError for another year.

    A plan of which the release shows no dapil is not among them.
    """
    known = {int(plan["tahun"]) for plan in release.manifest["plans"]}
    if unknown := sorted(set(years) - known):
        raise ReleaseError(
            f"{release.id} has no election of {unknown[0]}; it has {', '.join(map(str, sorted(known)))}"
        )
    shown = {str(plan["id"]) for plan in mapped(release.manifest)}
    return {
        str(plan["id"]): plan
        for plan in release.manifest["plans"]
        if (not years or int(plan["tahun"]) in years) and (plan["id"] in shown or "layer" not in plan)
    }


def paired(own: str | None, english: str | None) -> list[Text]:
    """Take a column of reasons apart, and the one that says the same in English: each reason in both languages."""
    pairs = zip(reasons(own), reasons(english or own), strict=True)
    return [{"id": indonesian, "en": other} for indonesian, other in pairs]


def json_list(text: str | None) -> list[Any]:
    """Read a column that holds a JSON array; empty where it is null."""
    return list(json.loads(text or "[]"))


def packed(value: object) -> bytes:
    """Write JSON as small as it gets: UTF-8, no blanks, keys in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
