"""``map-places.json``, ``map-names-<letter>.json``, ``map-post-<figure>.json``: what the page's search knows besides.

The first has what units are called beside their names in map-units.json, and the places abroad where people vote. The
second kind has the names of all desa, a file for each letter that a word of a name begins with (as it sounds), the
third the units of post codes, a file for each first figure: the page fetches those of what is typed.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from boundaries.exports.mapdata.map_tables import Content
from boundaries.exports.mapdata.unit_names import coded
from boundaries.law.codes import ABROAD, LENGTH
from boundaries.law.registry import load_registry
from boundaries.law.spelling import abroad, letters_of, other_names
from boundaries.law.spelling import post_codes as units_of_posts


def places(content: Content) -> dict[str, Any]:
    """Make ``map-places.json``; a name of a unit that the release does not have is left out."""
    known = {code for names in content.names.values() for code in names} | set(desa(content))
    return {
        "other": [[code, name] for code, name in other_names() if code in known],
        "abroad": [[*ABROAD, "Abroad"], *map(list, abroad())],
    }


def names_by_letter(content: Content) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the letter and the content of each ``map-names-<letter>.json``, in order."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for code, name in desa(content).items():
        for letter in letters_of(name):
            found[letter][code] = name
    for letter in sorted(found):
        yield letter, coded(found[letter])


def post_codes(content: Content) -> Iterator[tuple[str, dict[str, list[list[str]]]]]:
    """Give the first figure and the content of each ``map-post-<figure>.json``: post code → its units, code and name.

    A unit that the release does not have is left out.
    """
    known = {code: name for names in content.names.values() for code, name in names.items()} | desa(content)
    found: dict[str, dict[str, list[list[str]]]] = defaultdict(dict)
    for post, codes in units_of_posts().items():
        if units := [[code, known[code]] for code in codes if code in known]:
            found[post[0]][post] = units
    yield from sorted(found.items())


def desa(content: Content) -> dict[str, str]:
    """Code → name of every desa of the release, with a polygon or without, by code."""
    found: dict[str, str] = {}
    if "unit-desa" in content.release.layers:
        table = content.release.read_table("unit-desa")
        found = dict(zip(table["kode"], table["nama"], strict=True))
        listed = load_registry().names
        missing = (str(each["kode"]) for each in content.release.quality.get("missing", ()))
        found |= {code: listed[code] for code in missing if len(code) == LENGTH["desa"] and code in listed}
    return dict(sorted(found.items()))
