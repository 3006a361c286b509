"""Rule on the downloads that are drawn: TopoJSON, tiles, data of the map page, metadata. Made again and compared.

A line that was generalised proves nothing by itself: within its tolerance it may be anywhere. But the same release
gives the same bytes, so each file is made again from the GeoPackages and must be the one that lies there. Where the
list names other versions of the libraries that write, bytes may differ; what TopoJSON says is held against the tables.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from boundaries.downloads import folder, jobs
from boundaries.errors import ReleaseError
from boundaries.extras import MissingExtra
from boundaries.release.store import FOLDER, Release, open_release, plain, versions
from boundaries.verify.opened_release import Contents, Finding, Outcome

_KINDS: Final = (
    "topojson", "pmtiles", "map", "drafts", "elections", "graphs", "counts", "succession", "reports", "project",
)  # fmt: skip
#: What sums all others is a rule of its own; and it hangs on them.
_LAST: Final = ("SHA256SUMS",)


def drawn_files(contents: Contents) -> Outcome:
    """TopoJSON, tiles, data of the map page and metadata, made again from the release, are the files that are there."""
    release = contents.release
    listed = folder.read(release)
    if listed is None:
        return Outcome("no downloads")
    found = _names(contents, {str(each["name"]) for each in listed["files"]})
    found += [
        finding
        for each in listed["files"]
        if each["format"] == "topojson"
        for finding in _topojson(contents, each)
    ]
    told, here = dict(listed.get("versions", {})), versions()
    others = sorted(key for key in told.keys() | here.keys() if told.get(key) != here.get(key))
    if others:
        return Outcome(
            f"not made again: other versions of {', '.join(others)} made them; TopoJSON was read", found
        )
    entries, count = {str(each["name"]): each for each in listed["files"]}, 0
    try:
        for own in _again(release, listed):
            name, count = str(own["name"]), count + 1
            given = entries.get(name, {})
            found += [
                Finding("drawn-files", "", name, f"{key}, made again", str(value), str(given.get(key)))
                for key, value in json.loads(json.dumps(own)).items()
                if key != "gzip" and given.get(key) != value
            ]
    except MissingExtra as error:
        return Outcome(f"{count} files made again; the rest not, for want of an extra ({error})", found)
    return Outcome(f"{count:,} files made again", found)


def _names(contents: Contents, listed: set[str]) -> list[Finding]:
    """Every year has its TopoJSON, in each size, of all chambers, of each, and of each in each province; and tiles."""
    wanted = set()
    years: dict[str, list[str]] = {}
    for layer in contents.plan_layers:
        chamber, _, year = layer.rpartition("-")
        years.setdefault(year, []).append(chamber)
    for year, chambers in years.items():
        wanted |= {f"dapil-{year}.pmtiles", f"quality-topojson-{year}.csv"}
        for size in ("", "-web", "-overview"):
            wanted |= {f"{chamber}-{year}{size}.topojson" for chamber in ("dapil", *chambers)}
            for chamber in chambers:
                provinces = set(contents.frame(f"{chamber}-{year}")["kode_provinsi"])
                wanted |= {f"{chamber}-{year}-{code}{size}.topojson" for code in provinces}
    return [Finding("drawn-files", "", name, "the file", "listed", "not") for name in sorted(wanted - listed)]


def _again(release: Release, listed: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Make the files again, a job at a time; give what the list says of each."""
    for job in jobs.jobs(release):
        if job.kind in _KINDS:
            with TemporaryDirectory() as scratch:
                yield from jobs.run(job, release.path, Path(scratch))
    entries = [each for each in listed["files"] if each["format"] != "metadata"]
    with TemporaryDirectory() as scratch:
        for each in folder.metadata(release, _previous(release, listed), Path(scratch), entries):
            if each["name"] not in _LAST and (each["name"] != "changes.json" or _comparable(release, listed)):
                yield each


def _previous(release: Release, listed: Mapping[str, Any]) -> Release | None:
    try:
        return open_release(release.path.parent / str(listed["previous"])) if listed.get("previous") else None
    except ReleaseError:
        return None


def _comparable(release: Release, listed: Mapping[str, Any]) -> bool:
    """Whether the release that ``changes.json`` compares with lies beside this one."""
    return not listed.get("previous") or _previous(release, listed) is not None


def _topojson(contents: Contents, each: Mapping[str, Any]) -> list[Finding]:
    """A TopoJSON has the features of its layers, with their facts; it names the release and its licence."""
    name = str(each["name"])
    file = json.loads((contents.release.path / FOLDER / name).read_bytes())
    source = contents.release.manifest["source"]
    licence = source["licence"]
    wanted = {
        "release": contents.release.id,
        "attribution": source.get("attribution"),
        "licence": licence.get("spdx") or licence.get("name"),
        "size": each["size"],
    }
    about = file.get("about", {})
    faults = [f"{key} is {about.get(key)!r}" for key, value in wanted.items() if about.get(key) != value]
    for key, content in file["objects"].items():
        layer = f"unit-{key}" if f"unit-{key}" in contents.layers else f"{key}-{each['year']}"
        faults += _features(contents, layer, content["geometries"], each["province"])
    return [
        Finding("drawn-files", str(each["dataset"]), name, "read back", "the release's", fault)
        for fault in faults[:5]
    ]


def _features(
    contents: Contents, layer: str, features: list[dict[str, Any]], province: str | None
) -> Iterator[str]:
    if layer not in contents.layers:
        yield f"an object that is no layer: {layer}"
        return
    frame = contents.frame(layer)
    key = "id" if "id" in frame else "kode"
    rows = frame if not province else frame[frame["kode_provinsi"] == province]
    own = {record[key]: record for record in plain(rows)}
    if sorted(str(each["id"]) for each in features) != sorted(own):
        yield f"other features of {layer}"
        return
    for each in features:
        row = own[each["id"]]
        wrong = [
            name for name, value in each.get("properties", {}).items() if name in row and row[name] != value
        ]
        if wrong:
            yield f"{', '.join(wrong)} of {each['id']}"
