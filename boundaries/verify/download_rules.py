"""Rule on the folder of downloads: whole, as listed, and of this release."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from boundaries.downloads import folder
from boundaries.downloads.listing import sums
from boundaries.errors import ReleaseError
from boundaries.release.regular_file import read_regular
from boundaries.release.store import FOLDER, MANIFEST, sha256
from boundaries.verify.opened_release import Contents, Finding, Outcome

_SUMS: Final = "SHA256SUMS"
#: Formats that are text: their files lie there packed as well.
_PACKED: Final = ("assignment", "csv", "geojson", "kml", "map", "metadata", "quality", "topojson")


def downloads(contents: Contents) -> Outcome:
    """Every download has the bytes that the list says, packed or not; the sums name all of them."""
    release = contents.release
    try:
        listed = folder.read(release)
    except ReleaseError as error:
        return Outcome(
            "the list", [Finding("downloads", "", folder.LIST, "the list", "readable", str(error))]
        )
    if listed is None:
        return Outcome(f"none ({folder.make_command(release.path)} makes them)")
    found = [Finding("downloads", "", each, "files", "as listed", "not") for each in folder.damage(release)]
    if not found:
        place = release.path / FOLDER
        for each in listed["files"]:
            found += _packed(place, each)
        found += _sums(contents, listed)
    size = sum(each["bytes"] for each in listed["files"])
    return Outcome(f"{len(listed['files']):,} files, {size / 1e6:,.1f} MB", found)


def _packed(place: Path, each: dict[str, Any]) -> list[Finding]:
    """The packed twin of a file gives the file; every text but the plainest has one."""
    if "gzip" not in each:
        bare = each["format"] not in _PACKED or each["media_type"] == "text/plain"
        return (
            [] if bare else [Finding("downloads", "", each["name"], "packed", f"{each['name']}.gz", "none")]
        )
    with gzip.open(place / f"{each['name']}.gz", "rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() == each["sha256"]:
        return []
    return [Finding("downloads", "", f"{each['name']}.gz", "unpacked", each["sha256"], digest.hexdigest())]


def _sums(contents: Contents, listed: Mapping[str, Any]) -> list[Finding]:
    """SHA256SUMS names every file of the folder and of the release, and no other, with its hash."""
    release = contents.release
    told = sums(read_regular(release.path / FOLDER / _SUMS), _SUMS)
    expected = {
        str(each["name"]): str(each["sha256"]) for each in (*release.manifest["files"], *listed["files"])
    }
    expected |= {MANIFEST: sha256(release.path / MANIFEST)}
    expected.pop(_SUMS, None)
    return [
        Finding("downloads", "", name, _SUMS, expected.get(name, "none"), told.get(name, "none"))
        for name in sorted(told.keys() | expected.keys())
        if told.get(name) != expected.get(name)
    ]
