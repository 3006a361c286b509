"""Whether the desa of a map make up whole kecamatan.

A kecamatan is the union of its desa. One of which some desa are not in the file, or with one that nobody has, would be
published as if it were whole, smaller or larger than it is; nothing else in a release shows it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from boundaries.law.codes import LENGTH
from boundaries.law.registry import Registry
from boundaries.sources.raw_units import RawUnits

_SHOWN: Final = 5


def faults(
    at: str, levels: Sequence[RawUnits], registry: Registry, missing: Collection[str] = ()
) -> Iterator[str]:
    """Yield a sentence for every kecamatan that is drawn from some of its desa, or from a desa that is none.

    `levels`: the units of a map in Kemendagri codes; `missing`: desa of which the source says that it lacks them. A
    kecamatan that is drawn itself too may have few desa: its outline holds the others.
    """
    drawn: dict[str, set[str]] = defaultdict(set)
    outlines = {str(code) for raw in levels if raw.level == "kecamatan" for code in raw.codes}
    for raw in levels:
        if raw.level == "desa":
            for code in raw.codes:
                drawn[str(code)[: LENGTH["kecamatan"]]].add(str(code))
    for kecamatan, desa in sorted(drawn.items()):
        children = registry.children(kecamatan) if kecamatan in registry else ()
        if not children:
            continue  # what has no such kecamatan is refused with the code itself
        if foreign := sorted(desa - set(children)):
            yield (
                f"{at}: {_few(foreign)} {'is' if len(foreign) == 1 else 'are'} no desa of {kecamatan} "
                f"{registry.names[kecamatan]} (it has {children[0]} to {children[-1]}, {len(children)} in all); "
                "correct the code"
            )
        lacking = sorted(set(children) - desa - set(missing))
        if lacking and kecamatan not in outlines:
            yield (
                f"{at}: {kecamatan} {registry.names[kecamatan]} has {len(children)} desa, the file "
                f"{len(desa & set(children))} of them: {_few(lacking)} not drawn; add them, leave the whole kecamatan "
                "out, or list them in a file <id>.missing.csv (kode,alasan) and name that with the key missing"
            )


def _few(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return ", ".join(codes[:_SHOWN]) + more
