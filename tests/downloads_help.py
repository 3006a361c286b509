"""A release with a small folder of downloads made by hand, of the form that `boundaries.downloads.folder` writes."""

import atexit
import functools
import hashlib
import json
import random
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boundaries.release.packing import QUICK, gzipped
from boundaries.release.store import FOLDER, LIST, MANIFEST, Release, open_release, sha256
from tests.small import make_small_release

#: name -> what `downloads.json` says of it beside bytes and hash; texts are packed.
ABOUT: Mapping[str, dict[str, Any]] = {
    "dpr-2024.gpkg": {"format": "gpkg", "media_type": "application/geopackage+sqlite3", "dataset": "dpr-2024"},
    "dpr-2024.geojson": {"format": "geojson", "media_type": "application/geo+json", "dataset": "dpr-2024"},
    "dpr-2024.csv": {"format": "csv", "media_type": "text/csv", "dataset": "dpr-2024"},
    "dpr-2024-32-web.topojson": {"format": "topojson", "media_type": "application/json", "dataset": "dpr-2024",
                                 "province": "32", "size": "web"},
    "dpr-2024.topojson": {"format": "topojson", "media_type": "application/json", "dataset": "dpr-2024",
                          "size": "full"},
    "dpr-2019.gpkg": {"format": "gpkg", "media_type": "application/geopackage+sqlite3", "dataset": "dpr-2019"},
    "dapil-2024.topojson": {"format": "topojson", "media_type": "application/json", "dataset": "dapil-2024",
                            "size": "full"},
    "dapil-2024.pmtiles": {"format": "pmtiles", "media_type": "application/vnd.pmtiles", "dataset": "dapil-2024"},
    "tabel-dprd-kabkota-2014.csv": {"format": "csv", "media_type": "text/csv",
                                    "dataset": "tabel-dprd-kabkota-2014"},
    "unit-kecamatan.gpkg": {"format": "gpkg", "media_type": "application/geopackage+sqlite3",
                            "dataset": "unit-kecamatan"},
    "map-index.json": {"format": "map", "media_type": "application/json", "dataset": "release"},
    "laporan-dpr-2024.html": {"format": "report", "media_type": "text/html", "dataset": "laporan-dpr-2024"},
    "empty.csv": {"format": "other", "media_type": "text/csv", "dataset": "release"},
}  # fmt: skip


@functools.cache
def contents(seed: int = 1) -> dict[str, bytes]:
    """Return the files by name; those of 2019 are the same for every seed."""
    made = {}
    for name in ABOUT:
        chance = random.Random(f"{name} {0 if '2019' in name else seed}")
        text = name.endswith(("json", "csv"))
        made[name] = (
            json.dumps([[chance.random() for _ in range(4)] for _ in range(1500)]).encode()
            if text
            else chance.randbytes(300_000 + chance.randrange(1000))
        )
    return made | {"empty.csv": b""}


def release_with_downloads(out: Path, seed: int = 1, changes: Mapping[str, Any] | None = None) -> Release:
    """Publish the small release in `out` and give it downloads."""
    made = _small()
    shutil.copytree(made, out, symlinks=True, dirs_exist_ok=True)
    release = open_release(out)
    give(release, contents(seed), changes)
    return release


@functools.cache
def _small() -> Path:
    """Make the small release, once; it goes with this process."""
    directory = Path(tempfile.mkdtemp(prefix="small-release-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    make_small_release(directory)
    return directory


def give(release: Release, files: Mapping[str, bytes], changes: Mapping[str, Any] | None = None) -> None:
    """Write the folder of downloads of a release."""
    folder = release.path / FOLDER
    folder.mkdir(exist_ok=True)
    entries = [
        _entry(folder, name, content, ABOUT.get(name, {"format": "other", "dataset": "release"}))
        for name, content in files.items()
    ]
    told = json.dumps(changes or {"since": None, "layers": {}}).encode()
    meta = {"format": "metadata", "dataset": "release"}
    entries.append(_entry(folder, "changes.json", told, meta | {"media_type": "application/json"}))
    entries.append(_entry(folder, "LICENCE.txt", b"terms\n", meta | {"media_type": "text/plain"}))
    sums = {each["name"]: each["sha256"] for each in (*entries, *release.manifest["files"])}
    sums[MANIFEST] = sha256(release.path / MANIFEST)
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
    entries.append(_entry(folder, "SHA256SUMS", text, meta | {"media_type": "text/plain"}))
    listed = {"format": 1, "release": release.id, "previous": None, "versions": {}}
    listed["files"] = sorted(entries, key=lambda each: each["name"])
    (folder / LIST).write_text(json.dumps(listed, indent=1, sort_keys=True))


@functools.cache
def packed(content: bytes) -> bytes:
    """Pack as `boundaries.downloads.jobs` does."""
    return gzipped(content, QUICK)


def _entry(folder: Path, name: str, content: bytes, about: Mapping[str, Any]) -> dict[str, Any]:
    (folder / name).write_bytes(content)
    year = next(
        (int(part) for part in name.replace(".", "-").split("-") if part in ("2014", "2019", "2024")), None
    )
    chamber = next((each for each in ("dprd-kabkota", "dpr") if each in name), None)
    found = {"year": year, "chamber": chamber, "province": None, "size": None, "media_type": "application/json",
             "title": {"id": f"Berkas {name}", "en": f"File {name}"}, "name": name} | dict(about)  # fmt: skip
    found |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    if about.get("media_type") in ("text/csv", "application/json", "application/geo+json"):
        small = packed(content)
        (folder / f"{name}.gz").write_bytes(small)
        found["gzip"] = {"bytes": len(small), "sha256": hashlib.sha256(small).hexdigest()}
    return found
