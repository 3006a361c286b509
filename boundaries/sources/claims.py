"""What a map of one's own says of its units, held against the registry: codes, names, and that each has a polygon.

A wrong code is a wrong unit, and nothing else shows it: two units under one code make one with twice the ground, two
codes exchanged move both. A file mostly knows better, for it has the names. So its names are compared with those of
the registry (`boundaries.law.names`, tolerant); what can only be a wrong code is refused, what may be another name
is told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from boundaries.errors import SourceError
from boundaries.law import codes as kode
from boundaries.law import names
from boundaries.law.registry import Registry
from boundaries.law.tables import refuse, where
from boundaries.sources import children
from boundaries.sources.descriptor import Source
from boundaries.sources.raw_units import RawUnits

_FEW: Final = 4
"""Units from which names that mostly do not fit say that the codes, or the field of the names, are others."""


def check_claims(
    source: Source, levels: Sequence[RawUnits], registry: Registry, missing: Collection[str] = ()
) -> dict[str, str]:
    """Check the units of a local source; return what a person must be told: code → sentence.

    `missing`: codes that the descriptor lists as units without a polygon. Raises SourceError naming every unit of
    which the code must be wrong, or that stands in the file without a polygon.
    """
    if not source.local:
        return {}  # its files are those that were looked at when their hashes were listed
    at = where(source.descriptor)
    told: dict[str, str] = {}
    for raw in levels:
        refuse(_without_polygon(at, raw, missing), SourceError)
        if source.code_style == "own":
            continue  # its names are those of other units; the bridge says whose ground they are
        rows = _names_of(raw)
        if source.reader == "ogr" and not source.levels[raw.level].name:
            told |= _drawn_often(rows)
            continue
        refuse(_one_code_for_two(at, rows), SourceError)
        strange = _strange(rows, registry)
        refuse(_other_unit(at, rows, strange, registry), SourceError)
        refuse(_other_codes(at, raw, rows, strange, registry), SourceError)
        told |= {
            code: f"called {name!r} in the source, {registry.names[code]!r} in the list of units"
            for code, name in strange.items()
        }
    if source.code_style != "own":
        refuse(children.faults(at, levels, registry, missing), SourceError)
    return told


def _names_of(raw: RawUnits) -> Mapping[str, tuple[str, ...]]:
    """Code → the name of each row that has it; one without letters (the code once more) says nothing."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, name in zip(raw.codes, raw.names, strict=True):
        found[str(code)].append(str(name).strip() if any(c.isalpha() for c in str(name)) else "")
    return {code: tuple(each) for code, each in found.items()}


def _without_polygon(at: str, raw: RawUnits, missing: Collection[str]) -> Iterator[str]:
    for code in raw.without_geometry:
        if code not in missing:
            yield (
                f"{at}: {code} stands in the file without a polygon, or with one that cannot be read; mend it, or list "
                "it in a file <id>.missing.csv (kode,alasan) and name that with the key missing"
            )


def _one_code_for_two(at: str, rows: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The same code with the same name is one unit in several rows (islands); with another it is a slip."""
    for code, called in rows.items():
        other = next((name for name in called[1:] if not names.same(called[0], name)), None)
        if other is not None:
            yield (
                f"{at}: code {code} stands at {called[0]!r} and at {other!r}: two units under one code; correct the "
                "code of one, or give both rows the name of the unit if they are its parts"
            )


def _strange(rows: Mapping[str, tuple[str, ...]], registry: Registry) -> dict[str, str]:
    """Code → the name in the file, where it is not that of the registry."""
    return {
        code: called[0]
        for code, called in rows.items()
        if code in registry and not names.same(called[0], registry.names[code])
    }


def _other_unit(
    at: str, rows: Mapping[str, tuple[str, ...]], strange: Mapping[str, str], registry: Registry
) -> Iterator[str]:
    """Units that bear the name of another: of a neighbour under the same parent, or of one that bears theirs."""
    for code, called in rows.items():
        if code not in registry or names.letters(called[0]) == names.letters(registry.names[code]):
            continue
        twin = _neighbour(code, called[0], registry) or _exchanged(code, strange, registry)
        if twin:
            yield (
                f"{at}: {code} is called {called[0]!r} in the file, but {code} is {registry.names[code]!r} and "
                f"{registry.names[twin]!r} is {twin}; correct the code, or the name"
            )


def _neighbour(code: str, name: str, registry: Registry) -> str | None:
    """Return the unit beside `code` under the same parent that is called `name`, and fits it better."""
    above = kode.parent(code)
    near = [c for c in (registry.children(above) if above else registry.at("provinsi")) if c != code]
    wanted = names.letters(name)
    to_the_letter = next((c for c in near if names.letters(registry.names[c]) == wanted), None)
    if to_the_letter or names.equal(name, registry.names[code]):
        return to_the_letter
    return next((c for c in near if names.equal(name, registry.names[c])), None)


def _exchanged(code: str, strange: Mapping[str, str], registry: Registry) -> str | None:
    """Return the unit, wherever it lies, that bears the name of `code` and whose name `code` bears."""
    if code not in strange:
        return None
    wanted = registry.names[code]
    return next(
        (
            c
            for c, name in strange.items()
            if names.equal(strange[code], registry.names[c]) and names.same(name, wanted)
        ),
        None,
    )


def _other_codes(
    at: str,
    raw: RawUnits,
    rows: Mapping[str, tuple[str, ...]],
    strange: Mapping[str, str],
    registry: Registry,
) -> Iterator[str]:
    """Names that mostly do not fit: codes of BPS look like those of Kemendagri."""
    known = [code for code in rows if code in registry]
    if len(strange) >= _FEW and 2 * len(strange) > len(known):
        code, name = next(iter(strange.items()))
        yield (
            f"{at}: {len(strange)} of {len(known)} names at the level {raw.level} are not those of their codes "
            f"({code} is {registry.names[code]!r}, in the file {name!r}): the codes are others than Kemendagri's of "
            "2025 (those of BPS look the same), which needs a bridge; or the key name names another field: correct it, "
            "or leave it out"
        )


def _drawn_often(rows: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Without names, nothing tells the parts of a unit from two units under one code: it is told."""
    return {
        code: f"made of {len(called)} rows of the source with this code, which has no names to compare"
        for code, called in rows.items()
        if len(called) > 1
    }
