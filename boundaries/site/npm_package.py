"""`dapil npm DIR`: the maps of a release as a package for npm, in the habit of us-atlas.

TopoJSON by chamber and year in two sizes, named ``<chamber>-<year>-<size>.json``, which bundlers import as they are;
the maps are those of the downloads, byte for byte. The same release gives the same bytes.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from boundaries.downloads import folder
from boundaries.errors import BoundariesError
from boundaries.exports import topojson
from boundaries.exports.mapdata.map_tables import chosen_plans
from boundaries.release.dataset import Origin
from boundaries.release.store import Release
from boundaries.site.folder_swap import Kind, new_folder
from boundaries.site.package_readme import package_readme
from boundaries.site.site_folder import lying

PACKAGE: Final = Kind("npm package", "index.json")
NAME: Final = "peta-dapil"
#: A package's name and version as npm takes them: a scope if any, small letters; three whole numbers (Semantic
#: Versioning 2.0.0, item 2).
_NAME: Final = re.compile(r"(?=.{1,214}$)(@[a-z0-9-][a-z0-9._-]*/)?[a-z0-9-][a-z0-9._-]*")
SIZES: Final = ("web", "overview")

Tell = Callable[[str], None]


class PackageError(BoundariesError):
    """A package cannot be called so."""

    exit_code = 2


@dataclass(frozen=True)
class Package:
    """A package that was written: where, what it is called, of which release, how many files and bytes."""

    path: Path
    name: str
    version: str
    release: str
    years: tuple[int, ...]
    files: int
    bytes: int


@dataclass(frozen=True)
class _Map:
    """A map in the package: name of its file, what it is of ("" for all chambers), its text, features by object."""

    name: str
    year: int
    chamber: str
    size: str
    content: bytes

    def told(self) -> dict[str, Any]:
        objects = json.loads(self.content)["objects"]
        return {
            "file": self.name,
            "year": self.year,
            "chamber": self.chamber or None,
            "size": self.size,
            "objects": {name: len(each["geometries"]) for name, each in objects.items()},
        }


def write_package(
    release: Release, directory: Path, *, years: Collection[int] = (), name: str = NAME, revision: int = 0,
    tell: Tell = lambda _: None,
) -> Package:  # fmt: skip
    """Write a release's national maps as an npm package, in place of one that was written there before.

    Parameters
    ----------
    directory
        Not there yet, empty, or a package of ours. Files of others in it stay.
    years
        Only these elections; by default all.
    name
        What the package is called, with its scope if it has one.
    revision
        The last number of the version: how many packages of the same elections and base map were published before.

    Raises
    ------
    PackageError
        npm would not take `name`.
    SiteError
        `directory` is something else, or cannot be written; what was there is untouched.
    ReleaseError
        The release has no such year, or cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise PackageError(
            f"{name!r} is no name of an npm package: small letters, digits, - . _, and @scope/ before it"
        )
    plans = chosen_plans(release, years)
    wanted: dict[int, list[str]] = {}
    for plan in plans.values():
        if plan.get("layer"):
            wanted.setdefault(int(plan["tahun"]), []).append(str(plan["lembaga"]))
    number = version(release, revision)
    with new_folder(directory, PACKAGE) as draft:
        told = []
        for each in _maps(release, wanted, tell):
            draft.write(each.name, each.content)
            told.append(each.told())
        draft.write("LICENSE", folder.licence_text(release).encode())
        draft.write("README.md", package_readme(release, name, number, told).encode())
        draft.write("package.json", _described(release, name, number))
        held = sorted(wanted)
        draft.finish({"package": name, "version": number, "release": release.id, "years": held, "maps": told})
    sizes = [int(each["bytes"]) for each in draft.files.values()]
    return Package(directory, name, number, release.id, tuple(held), len(sizes), sum(sizes))


def version(release: Release, revision: int = 0) -> str:
    """Return the package's version: year of the newest election, year of the base map, `revision`.

    A release is named by its content and knows no other before it, so whoever publishes counts. A base map without a
    year counts as 0.
    """
    origin = Origin.of(release)
    vintage = re.search(r"\d{4}", origin.vintage)
    return f"{origin.date.year}.{int(vintage[0]) if vintage else 0}.{revision}"


def _maps(release: Release, wanted: Mapping[int, Collection[str]], tell: Tell) -> Iterator[_Map]:
    listed = (folder.read(release) or {"files": []})["files"]
    for year, chambers in sorted(wanted.items()):
        needed = [
            (chamber, size)
            for size in SIZES
            for chamber in ("", *topojson.CHAMBERS)
            if chamber in ("", *chambers)
        ]
        entries = {(each["chamber"] or "", each["size"]): each for each in listed if _is_national(each, year)}
        whole = all(each in entries for each in needed)
        ready = lying(release, [entries[each] for each in needed]) if whole else []
        tell(f"npm: maps of {year}{'' if ready else ' (not in the downloads, so they are drawn)'}")
        texts = [content for _, content in ready] or _drawn(release, year, needed)
        for (chamber, size), content in zip(needed, texts, strict=True):
            yield _Map(f"{chamber or 'dapil'}-{year}-{size}.json", year, chamber, size, content)


def _is_national(entry: Mapping[str, Any], year: int) -> bool:
    mine = entry["format"] == "topojson" and entry["year"] == year
    return mine and not entry["province"] and entry["size"] in SIZES


def _drawn(release: Release, year: int, needed: Collection[tuple[str, str]]) -> list[bytes]:
    drawn = {(each.chamber, each.size): each.content for each in topojson.files(release, year, SIZES)}
    return [drawn[each] for each in needed]


def _described(release: Release, name: str, number: str) -> bytes:
    """Return package.json. A map that is not open data cannot be published by mistake: npm refuses ``private``."""
    origin = Origin.of(release)
    about: dict[str, Any] = {
        "name": name,
        "version": number,
        "description": f"Indonesia's electoral districts (dapil) as TopoJSON; boundaries: {origin.source_title['en']}",
        "keywords": ["topojson", "geojson", "map", "indonesia", "electoral-districts", "dapil", "pemilu"],
        "license": origin.licence_spdx if origin.open and origin.licence_spdx else "SEE LICENSE IN LICENSE",
        "author": "Peta Dapil",
        **({} if origin.open else {"private": True}),
        "type": "module",
        "files": ["*.json"],
        "sideEffects": False,
        "dapil": {"release": release.id, "source": origin.source, "attribution": origin.attribution},
    }
    return (json.dumps(about, ensure_ascii=False, indent=2) + "\n").encode()
