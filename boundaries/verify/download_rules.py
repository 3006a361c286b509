"""Rule on the folder of downloads: whole, as listed, and of this release."""

import csv
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from boundaries.downloads import folder
from boundaries.errors import ReleaseError
from boundaries.release.store import FOLDER
from boundaries.verify.opened_release import Contents, Finding, Outcome


def downloads(contents: Contents) -> Outcome:
    """Every download has the bytes that the list says, packed or not; tables and TopoJSON hold the release's ids."""
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
            found += _ids(contents, place, each)
        found += _sums(release.path, place)
    size = sum(each["bytes"] for each in listed["files"])
    return Outcome(f"{len(listed['files']):,} files, {size / 1e6:,.1f} MB", found)


def _packed(place: Path, each: dict[str, Any]) -> list[Finding]:
    """The packed twin of a file gives the file."""
    if "gzip" not in each:
        return []
    with gzip.open(place / f"{each['name']}.gz", "rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() == each["sha256"]:
        return []
    return [Finding("downloads", "", f"{each['name']}.gz", "unpacked", each["sha256"], digest.hexdigest())]


def _ids(contents: Contents, place: Path, each: dict[str, Any]) -> list[Finding]:
    """A table of attributes, or a TopoJSON of the whole nation, names every feature of its layers and no other."""
    path = place / each["name"]
    if each["format"] == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        told = {each["dataset"]: [row.get("id") or row.get("kode") for row in rows]}
    elif each["format"] == "topojson" and not each["province"]:
        objects = json.loads(path.read_bytes())["objects"]
        told = {
            f"unit-{name}" if name in ("provinsi", "kabkota") else f"{name}-{each['year']}": [
                feature["id"] for feature in content["geometries"]
            ]
            for name, content in objects.items()
        }
    else:
        return []
    return [
        Finding("downloads", layer, each["name"], "ids", "those of the layer", "others")
        for layer, ids in told.items()
        if sorted(map(str, ids)) != _expected(contents, layer)
    ]


def _expected(contents: Contents, layer: str) -> list[str]:
    frame = contents.frame(layer)
    return sorted(frame["id" if "id" in frame.columns else "kode"].astype(str))


def _sums(root: Path, place: Path) -> list[Finding]:
    """SHA256SUMS is right about the release's own files too (of the others the list has been checked)."""
    found = []
    for line in (place / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        told, _, name = line.partition("  ")
        path = place / name if (place / name).is_file() else root / name
        if not path.is_file():
            found.append(Finding("downloads", "", name, "SHA256SUMS", "a file of the release", "missing"))
            continue
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != told:
            found.append(Finding("downloads", "", name, "SHA256SUMS", told, actual))
    return found
