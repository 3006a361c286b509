"""What is known about a plan as a whole: its ``<lembaga>.toml``, typed and checked."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, cast

from boundaries.errors import PlanError
from boundaries.law.tables import refuse, where

CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")


@dataclass(frozen=True)
class Doubt:
    """Something to be known of a plan, as ``Indonesian | English`` (`hal`), and the dapil or units that it is about."""

    hal: str
    dapil: tuple[str, ...] = ()
    kode: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A difference from the law's totals that is published as found."""

    hal: str
    kursi: int | None = None
    dapil: int | None = None
    kode: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """Where the facts of a plan come from."""

    judul: str
    url: str = ""
    versi: str = ""


@dataclass(frozen=True)
class PlanMeta:
    """The toml of a plan; the names are its keys (see docs/plans.md).

    ``ragu`` is about where a dapil lies, what it is made of and how many seats it has; ``catatan`` about all else.
    """

    lembaga: str
    tahun: int
    mulai: date
    dasar_hukum: str
    jumlah_dapil: int
    jumlah_kursi: int
    komposisi: bool
    sebagian: bool = False
    luar_negeri: str = ""
    selesai: date | None = None
    wilayah_dikecualikan: tuple[str, ...] = ()
    ragu: tuple[Doubt, ...] = ()
    catatan: tuple[Doubt, ...] = ()
    selisih: tuple[Difference, ...] = ()
    sumber: tuple[Reference, ...] = ()


_REQUIRED: Final = ("lembaga", "tahun", "mulai", "dasar_hukum", "jumlah_dapil", "jumlah_kursi", "komposisi")
_TABLES: Final[dict[str, type]] = {
    "ragu": Doubt,
    "catatan": Doubt,
    "selisih": Difference,
    "sumber": Reference,
}
_TYPES: Final[dict[str, tuple[type, str]]] = {
    "lembaga": (str, 'text in quotes, e.g. "dpr"'),
    "tahun": (int, "a whole number, e.g. 2024"),
    "mulai": (date, "a date without quotes, e.g. 2024-02-14"),
    "selesai": (date, "a date without quotes, e.g. 2024-02-14, or leave it out while the plan is in force"),
    "dasar_hukum": (str, "text in quotes"),
    "jumlah_dapil": (int, "a whole number without quotes"),
    "jumlah_kursi": (int, "a whole number without quotes"),
    "komposisi": (bool, "true or false"),
    "sebagian": (bool, "true, or leave it out"),
    "luar_negeri": (str, 'the code of a dapil in quotes, e.g. "3102"'),
    "wilayah_dikecualikan": (list, 'a list of codes, e.g. ["31"]'),
    "hal": (str, "text in quotes"),
    "judul": (str, "text in quotes"),
    "url": (str, "text in quotes"),
    "versi": (str, "text in quotes"),
    "kursi": (int, "a whole number"),
    "kode": (list, 'a list of codes, e.g. ["32.04"]'),
}


def read_meta(path: Path) -> PlanMeta:
    """Read the toml of one plan.

    Raises
    ------
    PlanError
        Not TOML or not UTF-8, a key that is missing, unknown or of the wrong type, dates that contradict
        each other or the year, a name that is not the file's.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise PlanError(f"{where(path)}: cannot be read ({error.strerror}); put the file there") from None
    except UnicodeDecodeError:
        raise PlanError(f"{where(path)}: not UTF-8; save the file as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{where(path)}: not TOML: {error}; mend that place") from None
    refuse(_key_faults(path, text, data), PlanError)
    meta = _build(data)
    refuse(_contradictions(path, text, meta), PlanError)
    return meta


def _key_faults(path: Path, text: str, data: dict[str, Any]) -> Iterator[str]:
    for key in _REQUIRED:
        if key not in data:
            yield f"{where(path)}: no {key}; write {key} = {_TYPES[key][1]}"
    known = {f.name for f in fields(PlanMeta)}
    for key, value in data.items():
        place = where(path, _line(text, key))
        if key not in known:
            yield f"{place}: unknown key {key}; remove it or write one of {', '.join(sorted(known))}"
        elif key in _TABLES:
            yield from _table_faults(path, text, key, value)
        else:
            yield from _type_fault(place, key, value)


def _table_faults(path: Path, text: str, name: str, value: object) -> Iterator[str]:
    place = where(path, _line(text, f"[[{name}]]") or _line(text, name))
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        yield f"{place}: {name} must be tables; write [[{name}]]"
        return
    known = [f.name for f in fields(_TABLES[name])]
    for entry in value:
        if known[0] not in entry:
            yield f"{place}: a [[{name}]] has no {known[0]}; write {known[0]} = {_TYPES[known[0]][1]}"
        for key, cell in entry.items():
            if key not in known:
                yield f"{place}: unknown key {key} in [[{name}]]; it may have {', '.join(known)}"
            elif key == "dapil":
                kind = int if name == "selisih" else list
                yield from _type_fault(
                    place, key, cell, (kind, "a whole number" if kind is int else "a list of codes")
                )
            else:
                yield from _type_fault(place, key, cell)


def _type_fault(
    place: str, key: str, value: object, expected: tuple[type, str] | None = None
) -> Iterator[str]:
    kind, description = expected or _TYPES[key]
    right = isinstance(value, kind) and not (isinstance(value, bool) and kind is int)
    if kind is date:
        right = right and not isinstance(value, datetime)
    if kind is list:
        right = right and all(isinstance(entry, str) for entry in cast(list[object], value))
    if not right:
        yield f"{place}: {key} = {value!r} is a {type(value).__name__}; write {description}"


def _build(data: dict[str, Any]) -> PlanMeta:
    plain: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k not in _TABLES
    }
    tables: dict[str, Any] = {
        name: tuple(
            kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()})
            for entry in data[name]
        )
        for name, kind in _TABLES.items()
        if name in data
    }
    return PlanMeta(**plain, **tables)


def _contradictions(path: Path, text: str, meta: PlanMeta) -> Iterator[str]:
    def at(key: str) -> str:
        return where(path, _line(text, key))

    folder = path.parent.name
    if meta.lembaga not in CHAMBERS:
        yield f"{at('lembaga')}: lembaga {meta.lembaga!r}; write one of {', '.join(CHAMBERS)}"
    elif meta.lembaga != path.stem:
        yield f"{at('lembaga')}: lembaga {meta.lembaga!r}, but the file is {path.name}; make them one"
    if str(meta.tahun) != folder:
        yield f"{at('tahun')}: tahun {meta.tahun}, but the folder is {folder}; make them one"
    if meta.mulai.year != meta.tahun:
        yield f"{at('mulai')}: mulai {meta.mulai} is not in {meta.tahun}; write the day of the election"
    if meta.selesai is not None and meta.selesai <= meta.mulai:
        yield (
            f"{at('selesai')}: selesai {meta.selesai} is not after mulai {meta.mulai}; "
            "write the day of the next election"
        )
    if meta.sebagian and not (meta.komposisi and meta.lembaga == "dprd-kabkota"):
        yield (
            f"{at('sebagian')}: sebagian is for a dprd-kabkota of which the members of some kabkota are known; "
            "write komposisi = true too, or remove it"
        )
    for key in ("jumlah_dapil", "jumlah_kursi"):
        if getattr(meta, key) <= 0:
            yield f"{at(key)}: {key} must be above 0; write the law's total"


def _line(text: str, key: str) -> int | None:
    """Return the line on which `key` (or a table header) first stands."""
    pattern = re.escape(key) if key.startswith("[") else rf"{re.escape(key)}\s*="
    found = re.search(rf"^\s*{pattern}", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else None
