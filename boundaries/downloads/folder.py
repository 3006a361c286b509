"""The folder ``downloads`` of a release: every file that people take away, and the list of them.

A release is offered as layers in every format, TopoJSON, vector tiles, tables, and metadata
(`boundaries.downloads.jobs` says which). The folder is made whole beside the release and moved in by one rename; once
it is there it is never changed, for its files are served as immutable. It is derived: it follows from ``dapil.gpkg``,
and it is not part of the release's name.
"""

import json
import logging
import math
import multiprocessing
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from boundaries.downloads import jobs, unfinished
from boundaries.downloads.changes import changes
from boundaries.downloads.file_facts import About
from boundaries.downloads.jobs import Job
from boundaries.downloads.listing import FORMAT, parse
from boundaries.downloads.unfinished import Unfinished
from boundaries.errors import ReleaseError
from boundaries.law.tables import data_directory
from boundaries.release.dataset import Origin
from boundaries.release.regular_file import other_kind, read_regular
from boundaries.release.staging import disk_trouble, locked, sync, sync_tree, writable
from boundaries.release.store import CURRENT, FOLDER, LIST, MANIFEST, Release, open_release, sha256, versions

log = logging.getLogger(__name__)

#: With fewer features than this one process is quicker than starting two.
_WORTH_PROCESSES: Final = 5_000
_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "LICENCE.txt": {"id": "Lisensi dan sumber", "en": "Licence and sources"},
    "changes.json": {"id": "Perubahan sejak rilis sebelumnya", "en": "Changes since the release before"},
    "datapackage.json": {"id": "Metadata Data Package v2", "en": "Metadata as Data Package v2"},
    "catalog.jsonld": {"id": "Metadata DCAT 3", "en": "Metadata as DCAT 3"},
    "SHA256SUMS": {"id": "Jumlah periksa semua berkas", "en": "Checksums of all files"},
}

Tell = Callable[[str], None]


def make(
    release: Release, folder: Path, *, previous: Release | None = None, years: Iterable[int] | None = None,
    processes: int | None = None, tell: Tell = log.debug,
) -> dict[str, Any]:  # fmt: skip
    """Write every download of a release into `folder` (new or empty) and return the list, as in ``downloads.json``.

    Parameters
    ----------
    previous
        The release that this one follows: ``changes.json`` compares them.
    years
        Only the plans of these elections (for trying out; a published folder holds all).
    processes
        How many at once; by default one a core, up to four, or one alone for a small release. Memory: up to 0.5 GB
        a process on the whole nation (`bench/exports.py`).

    Raises
    ------
    ReleaseError
        A file cannot be made; `folder` is then not to be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [job for job in jobs.jobs(release) if _wanted(job, years)]
    entries = []
    for found in _told(
        _done(chosen, release.path, folder, processes or _processes(release)), len(chosen), tell
    ):
        entries += found
    return _complete(release, folder, entries, previous)


def _complete(
    release: Release, folder: Path, entries: list[dict[str, Any]], previous: Release | None
) -> dict[str, Any]:
    """Write what describes the rest, and the list of all."""
    entries += metadata(release, previous, folder, entries)
    listed = {
        "format": FORMAT,
        "release": release.id,
        "previous": previous.id if previous else None,
        "versions": versions(),
        "files": sorted(entries, key=lambda each: str(each["name"])),
    }
    (folder / LIST).write_bytes(jobs.list_bytes(listed))
    return listed


def add(release: Release, *, tell: Tell = log.debug) -> Path:
    """Make the downloads of a release that has none yet and move them in; return the folder.

    A folder that is there and whole stays as it is. What is ready can be had before the rest
    (`boundaries.downloads.unfinished`), and a making that was killed goes on from there; two processes never make the
    same one. Raises ReleaseError where the folder is damaged (the mend is to
    remove it: nothing else of the release depends on it) or cannot be written.
    """
    target = release.path / FOLDER
    if target.exists():
        if faults := list(damage(release)):
            raise ReleaseError(
                f"{target} is damaged ({faults[0]}); remove it and make it again: {make_command(release.path)}"
            )
        return target
    out = writable(release.path.parent)
    unfinished.tidy(out)
    part = Unfinished(out, release.id)
    with _freed_if_full(out, part), part.alone(tell):
        if not target.exists():
            entries = _ready(release, part, _needed_first(release), tell)
            _complete(release, part.files, entries, predecessor(out, release))
            sync_tree(part.files)
            with locked(out):
                part.files.rename(target)
                sync(release.path)
        part.remove()
    return target


def begin(release: Release, out: Path, *, tell: Tell = log.debug) -> None:
    """Make only what the map page reads first, so that it can be had already; `add` goes on from there.

    `release` may still be on its way to `out`. Raises ReleaseError where that cannot be written.
    """
    if (out / release.id / FOLDER).exists():
        return
    part = Unfinished(writable(out), release.id)
    with _freed_if_full(out, part), part.alone(tell):
        _ready(release, part, jobs.of_map(release), tell)


def _needed_first(release: Release) -> list[Job]:
    """Return all jobs, those of the map page first."""
    first = jobs.of_map(release)
    return [*first, *(job for job in jobs.jobs(release) if job not in first)]


def _ready(release: Release, part: Unfinished, chosen: list[Job], tell: Tell) -> list[dict[str, Any]]:
    """Do the jobs that were not done before; return the entries of all."""
    before = {job: found for job in chosen if (found := part.done(job)) is not None}
    left = [job for job in chosen if job not in before]
    made = _done(left, release.path, part.files, _processes(release), part.journal)
    entries = [entry for found in before.values() for entry in found]
    for found in _told(made, len(chosen), tell, len(before)):
        entries += found
    return entries


@contextmanager
def _freed_if_full(out: Path, part: Unfinished) -> Iterator[None]:
    """Tell of a full disk in one sentence, and give the space back."""
    try:
        yield
    except Exception as error:
        full = disk_trouble(error, out, part.files)
        if full is None:
            raise
        part.remove()
        raise full from error


def make_command(release: Path) -> str:
    """Return the command that makes the downloads of the release at `release`."""
    return f"dapil export --all --release {shlex.quote(str(release))}"


def read(release: Release) -> dict[str, Any] | None:
    """Return the list of a release's downloads, None where it has none. Raises ReleaseError where it is damaged."""
    path = release.path / FOLDER / LIST
    if not path.parent.is_dir():
        return None
    try:
        content = read_regular(path)
        listing = parse(content, path.name)
        if listing.release != release.id:
            raise ValueError(f"it is of release {listing.release}")
        return dict(json.loads(content))
    except (OSError, ValueError, ReleaseError) as error:
        raise ReleaseError(
            f"{path} cannot be read ({error}); remove {path.parent} and make it again: "
            f"{make_command(release.path)}"
        ) from None


def damage(release: Release) -> Iterator[str]:
    """Yield what is wrong with the downloads of a release: files missing, of other bytes, or not listed."""
    listed = read(release)
    if listed is None:
        return
    folder = release.path / FOLDER
    known = {LIST}
    for each in listed["files"]:
        for name, told in ((each["name"], each), (f"{each['name']}.gz", each.get("gzip"))):
            if told is None:
                continue
            known.add(name)
            path = folder / name
            if not path.exists() and not path.is_symlink():
                yield f"{name} is missing"
            elif kind := other_kind(path):
                yield f"{name} is {kind}"
            elif path.stat().st_size != told["bytes"] or sha256(path) != told["sha256"]:
                yield f"{name} has other bytes than {LIST} says"
    for path in sorted(folder.iterdir()):
        if path.name not in known:
            yield f"{path.name} is not in {LIST}"


def predecessor(out: Path, release: Release) -> Release | None:
    """Return the release that came before in `out`, if there is one that can be read.

    That is the current one, or, where that is the release itself or younger (a release may get its downloads late),
    the youngest that is older by when its manifest was written. A copy may not have kept that: what the lists say of
    the order of releases comes first.
    """
    own = _written(release.path)
    others = [
        path
        for path in out.iterdir()
        if not path.is_symlink() and not path.name.startswith(".") and (path / MANIFEST).is_file()
    ]
    before = {path.name: _told_previous(path) for path in others}
    older = [
        path
        for path in others
        if path.name != release.id
        and release.id not in _ancestors(path.name, before)
        and (_written(path) < own or path.name in _ancestors(release.id, before))
    ]
    followed = {name for path in older for name in _ancestors(path.name, before)}
    current = (out / CURRENT).resolve()

    def rank(path: Path) -> tuple[bool, bool, float, str]:
        return path.resolve() != current, path.name in followed, -_written(path), path.name

    for path in sorted(older, key=rank):
        try:
            return open_release(path)
        except ReleaseError:
            continue
    return None


def _told_previous(path: Path) -> str | None:
    """Return which release the list of a release's downloads says came before it; None where it says nothing."""
    try:
        return parse(read_regular(path / FOLDER / LIST), LIST).previous
    except (OSError, ReleaseError):
        return None


def _ancestors(name: str, before: Mapping[str, str | None]) -> set[str]:
    """Return what came before a release, as far as the lists tell."""
    found: set[str] = set()
    at = before.get(name)
    while at is not None and at not in found:
        found.add(at)
        at = before.get(at)
    return found


def _written(path: Path) -> float:
    """When the manifest of a release was written; infinity where there is none."""
    try:
        return (path / MANIFEST).stat().st_mtime_ns
    except OSError:
        return math.inf


def _wanted(job: Job, years: Iterable[int] | None) -> bool:
    if years is None or job.kind == "map" or job.subject.startswith("unit-"):
        return True
    if job.kind == "elections":
        return any(f"-{year}" in job.subject for year in years)
    return any(job.subject.endswith(str(year)) for year in years)


def _processes(release: Release) -> int:
    features = sum(int(layer["features"]) for layer in release.manifest["layers"])
    return min(4, os.cpu_count() or 1) if features > _WORTH_PROCESSES else 1


def _told(
    done: Iterable[tuple[Job, list[dict[str, Any]]]], count: int, tell: Tell, before: int = 0
) -> Iterator[list[dict[str, Any]]]:
    """Tell of each job as it ends: which of how many."""
    for number, (job, found) in enumerate(done, before + 1):
        tell(f"downloads: {number} of {count}: {job.kind} {job.subject}".rstrip())
        yield found


def _done(
    chosen: list[Job],
    path: Path,
    folder: Path,
    processes: int,
    journal: Callable[[Job], Path | None] = lambda _: None,
) -> Iterator[tuple[Job, list[dict[str, Any]]]]:
    """Do jobs; give each with its entries as it ends, in the order of `chosen`."""
    if processes == 1 or len(chosen) < 2:
        for job in chosen:
            yield job, jobs.run(job, path, folder, journal(job))
        return
    # spawn: GDAL and threads of the libraries do not survive a fork
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            running = [pool.submit(jobs.run, job, path, folder, journal(job)) for job in chosen]
            for job, future in zip(chosen, running, strict=True):
                yield job, future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


# --- what describes the rest -------------------------------------------------------------------------


def metadata(
    release: Release, previous: Release | None, folder: Path, entries: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Write the files that describe the rest into `folder`; `entries`: those of the rest. Return their own."""
    from boundaries.exports.metadata import datapackage, dcat

    found: list[dict[str, Any]] = []
    # As the list has them, whoever makes them and in whatever order: so they can be made again.
    entries = json.loads(json.dumps(sorted(entries, key=lambda each: str(each["name"])), sort_keys=True))

    def put(name: str, content: bytes, media_type: str) -> None:
        (folder / name).write_bytes(content)
        about = About("metadata", media_type, "release", _TITLES[name], text=media_type != "text/plain")
        found.append(jobs.entry(folder, name, about))

    put("LICENCE.txt", licence_text(release).encode(), "text/plain")
    put("changes.json", _json(changes(previous, release)), "application/json")
    put("datapackage.json", datapackage.make(release, [*entries, *found]), "application/json")
    put("catalog.jsonld", dcat.make(release, [*entries, *found]), "application/ld+json")
    put("SHA256SUMS", _sums(release, [*entries, *found]).encode(), "text/plain")
    return found


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _sums(release: Release, entries: list[dict[str, Any]]) -> str:
    """``sha256sum -c``: the files of the folder and those of the release itself, by their names in the address."""
    sums = {str(each["name"]): str(each["sha256"]) for each in entries}
    sums |= {str(each["name"]): str(each["sha256"]) for each in release.manifest["files"]}
    sums[MANIFEST] = sha256(release.path / MANIFEST)
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def licence_text(release: Release) -> str:
    """Say under which terms a release stands: the base map's licence with its notice, and what is fact of law."""
    origin = Origin.of(release)
    notice = data_directory() / "sources" / f"{origin.source}.notice.txt"
    closed = (
        ""
        if origin.open
        else "NOT OPEN DATA / BUKAN DATA TERBUKA: do not pass this on without reading the licence below.\n\n"
    )
    laws = sorted({str(plan["dasar_hukum"]) for plan in release.manifest["plans"]})
    return (
        f"Peta Dapil, release {release.id}\n\n{closed}"
        f"Boundaries / batas: {origin.source_title['en']} ({origin.vintage})\n"
        f"{origin.attribution}\n{origin.homepage}\n"
        f"Licence / lisensi: {origin.licence}, {origin.licence_url}\n\n"
        "The outlines are not those of the base map: they were cleaned into a coverage without gaps or overlaps (see\n"
        "quality.csv), and in the sizes web and overview simplified. They are not the legal boundaries.\n"
        "Garis batas telah dibersihkan dan bukan batas resmi menurut hukum.\n\n"
        "Which units make up a dapil, and its seats, are facts of law / fakta hukum:\n"
        + "".join(f"- {law}\n" for law in laws)
        + (f"\n{'-' * 72}\n{notice.read_text(encoding='utf-8')}" if notice.is_file() else "")
    )
