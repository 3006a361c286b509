"""The files of a source on this machine, hash-checked: from a mirror, the cache or upstream."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, Literal

from tqdm import tqdm

from boundaries.errors import SourceError
from boundaries.law import codes
from boundaries.law.codes import LEVELS, Level
from boundaries.sources import file_cache, local_files, upstream
from boundaries.sources.descriptor import FileFact, Source, available, load_source

MIRROR_VARIABLE: Final = "BOUNDARIES_MIRROR"

Way = Literal["mirror", "cache", "upstream", "local"]


class SourceUnavailable(SourceError):  # noqa: N818 - nothing is wrong with the source; it is out of reach
    """No way led to the files of a source; another source may do."""


@dataclass(frozen=True)
class Need:
    """What a build reads: whole `levels`, and the desa of the kecamatan in `split`."""

    levels: tuple[Level, ...] = ("kecamatan",)
    split: tuple[str, ...] = ()


@dataclass(frozen=True)
class FetchedFile:
    """A file on this machine that is what the source says: `way` is how it came."""

    path: str
    file: Path
    bytes: int
    sha256: str
    way: Way


@dataclass(frozen=True)
class Fetched:
    """The files of a source, by their path in it; `room`: the folder where more that follows from them is kept."""

    source_id: str
    files: Mapping[str, FetchedFile]
    room: Path | None = None

    @property
    def came(self) -> str:
        """How the files came, for a person: ``84 from the mirror, 26 from the cache``."""
        counts = Counter(f.way for f in self.files.values())
        words = {"mirror": "from the mirror", "cache": "from the cache", "upstream": "from upstream"}
        return ", ".join(
            f"{n} {words.get(way, 'beside the descriptor')}" for way, n in sorted(counts.items())
        )


@dataclass(frozen=True)
class Choice:
    """The source that was chosen, its files, and the reason as a sentence."""

    source: Source
    fetched: Fetched
    why: str


def levels_for(source: Source, need: Need) -> tuple[tuple[Level, frozenset[str] | None], ...]:
    """Return the levels of `source` to read, each with the kabkota it may be limited to (None: all).

    A source with a bridge is read at its finest level. In place of a level that a source lacks it is read at all
    finer ones (but not in place of provinsi, which are only evidence); if nothing is left to read below the provinsi,
    at all levels that it has, so that a message can say what it lacks.
    """
    have = [level for level in LEVELS if level in source.levels]
    if source.bridge:
        return ((have[-1], None),)
    chosen: dict[Level, frozenset[str] | None] = {}
    for level in need.levels:
        finer = [have_ for have_ in have if LEVELS.index(have_) >= LEVELS.index(level)]
        chosen |= dict.fromkeys([level] if level in have else finer if level != "provinsi" else [])
    if not chosen.keys() - {"provinsi"}:
        chosen |= dict.fromkeys(have)
    if need.split and "desa" in have and "desa" not in chosen:
        chosen["desa"] = frozenset(codes.ancestor(code, "kabkota") for code in need.split)
    return tuple((level, chosen[level]) for level in have if level in chosen)


def fetch(
    source: Source,
    *,
    need: Need | None = None,
    cache: Path | None = None,
    mirror: Path | None = None,
    progress: bool | None = None,
) -> Fetched:
    """Return the files of `source` that `need` asks for (None: all kecamatan), each with the right hash.

    Parameters
    ----------
    cache
        Where fetched files are kept; by default ``BOUNDARIES_CACHE``, or the platform's cache for users.
    mirror
        A folder with the files as ``<mirror>/<source id>/<path>``; by default ``BOUNDARIES_MIRROR``. They are
        read in place.
    progress
        Whether to show a bar on stderr; None: only on a terminal.

    Raises
    ------
    SourceUnavailable
        No way led to the files; the message lists what was tried.
    SourceError
        A mirror holds a wrong file, or the cache cannot be written.
    """
    need = need or Need()
    chosen = [p for level, kabkota in levels_for(source, need) for p in source.paths(level, kabkota)]
    wanted = {path: source.facts[path] for path in dict.fromkeys(chosen)}
    if source.local:
        return Fetched(source.id, _local(source, wanted))
    return _Search(source, wanted, cache, mirror, progress).run()


def choose(
    preference: str | Path = "auto",
    *,
    need: Need | None = None,
    cache: Path | None = None,
    mirror: Path | None = None,
    progress: bool | None = None,
) -> Choice:
    """Return the source to build on: the one preferred; with ``auto`` the first to be had, open ones first.

    A wrong file in a mirror is an error, never a reason to take another source.
    """
    names = available() if str(preference) == "auto" else (preference,)
    failed: list[SourceUnavailable] = []
    for each in names:
        source = load_source(each)
        try:
            fetched = fetch(source, need=need, cache=cache, mirror=mirror, progress=progress)
        except SourceUnavailable as error:
            failed.append(error)
        else:
            return Choice(source, fetched, _why(source, fetched, failed, str(preference)))
    raise SourceUnavailable("\n".join(map(str, failed)))


def _why(source: Source, fetched: Fetched, failed: list[SourceUnavailable], preference: str) -> str:
    asked = "asked for" if preference != "auto" else "the open map, and its files can be had"
    if failed:
        asked = "because the others cannot be had:\n" + "\n".join(map(str, failed))
    closed = "" if source.open else f"\nNot open data ({source.licence.name}): do not publish it as such."
    return f"{source.id} ({fetched.came}): {asked}{closed}"


# --- beside the descriptor -------------------------------------------------------------------------


def _local(source: Source, wanted: Mapping[str, FileFact]) -> dict[str, FetchedFile]:
    return {
        name: FetchedFile(name, file, file.stat().st_size, digest, "local")
        for name, file, digest in local_files.found(source, wanted)
    }


# --- mirror, cache, upstream -----------------------------------------------------------------------


class _Search:
    """One search for the files of a source: what is found, what still lacks, what was tried."""

    def __init__(
        self,
        source: Source,
        wanted: Mapping[str, FileFact],
        cache: Path | None,
        mirror: Path | None,
        progress: bool | None,
    ) -> None:
        self.source = source
        self.wanted = wanted
        self.root = (cache or file_cache.default()) / source.id
        self.mirror = _mirror_of(source, mirror)
        self.progress = sys.stderr.isatty() if progress is None else progress
        self.found: dict[str, FetchedFile] = {}
        self.tried: list[str] = []

    def run(self) -> Fetched:
        file_cache.sweep(self.root)
        for look in (self._in_mirror, self._in_cache, self._in_packs, self._upstream):
            if self.lacking:
                look()
        if self.lacking:
            raise SourceUnavailable(self._message())
        return Fetched(self.source.id, {path: self.found[path] for path in self.wanted}, self.root)

    @property
    def lacking(self) -> dict[str, FileFact]:
        return {path: fact for path, fact in self.wanted.items() if path not in self.found}

    def _take(self, paths: Collection[str], root: Path, way: Way) -> None:
        for path in paths:
            fact = self.wanted[path]
            assert fact.bytes is not None  # the list of files of every source that is not local has it
            self.found[path] = FetchedFile(path, root / path, fact.bytes, fact.sha256, way)

    def _in_mirror(self) -> None:
        if self.mirror is None:
            self.tried.append(f"mirror: {MIRROR_VARIABLE} is not set")
            return
        for path, fact in self.lacking.items():
            file = self.mirror / path
            if not file.is_file():
                continue
            if wrong := _fault(fact, file):
                raise SourceError(
                    f"{file}: the mirror has a wrong file: {wrong}; copy it again from "
                    f"{self._origin()}, or remove it so that it is fetched"
                )
            self._take([path], self.mirror, "mirror")
        self.tried.append(f"mirror {self.mirror}: {self._count()}")

    def _in_cache(self) -> None:
        before, spoilt = len(self.found), 0
        for path, fact in self.lacking.items():
            file = self.root / path
            if not file.is_file():
                continue
            if _fault(fact, file):
                spoilt += 1  # fetched anew, and replaced only by a file with the right hash
            else:
                self._take([path], self.root, "cache")
        note = f" ({spoilt} with a wrong hash)" if spoilt else ""
        self.tried.append(f"cache {self.root}: {len(self.found) - before} of {len(self.wanted)} files{note}")

    def _in_packs(self) -> None:
        for pack in self.source.packs if self.mirror else ():
            assert self.mirror is not None
            archive = self.mirror / pack.path
            inside = {p: f for p, f in self.lacking.items() if fnmatchcase(p, pack.files)}
            if not inside or not archive.is_file():
                continue
            if wrong := _fault(FileFact(pack.path, sha256=pack.sha256), archive):
                raise SourceError(
                    f"{archive}: the mirror has a wrong file: {wrong}; copy it again, or remove it"
                )
            with self._bar(inside.values()) as step:
                self._take(file_cache.unpack(archive, pack, inside, self.root, step), self.root, "mirror")
            self.tried.append(f"archive {archive}: {self._count()}")

    def _upstream(self) -> None:
        for place in self.source.upstream:
            lacking = self.lacking
            if not lacking:
                return
            try:
                with self._bar(lacking.values()) as step:
                    upstream.bring(self.source, place, list(lacking.values()), self.root, step)
            except upstream.UpstreamError as error:
                self.tried.append(str(error))
            came = [path for path, fact in lacking.items() if _there(fact, self.root / path)]
            self._take(came, self.root, "upstream")

    @contextmanager
    def _bar(self, facts: Iterable[FileFact]):  # type: ignore[no-untyped-def]
        sizes = [fact.bytes or 0 for fact in facts]
        with tqdm(
            total=sum(sizes),
            desc=f"{self.source.id}: {len(sizes)} files, {sum(sizes) / 1e6:,.1f} MB",
            unit="B",
            unit_scale=True,
            file=sys.stderr,
            disable=not self.progress,
        ) as bar:
            step: Callable[[int], object] = bar.update
            yield step

    def _count(self) -> str:
        return f"{len(self.found)} of {len(self.wanted)} files"

    def _origin(self) -> str:
        return self.source.homepage or self.source.publisher

    def _coarser(self) -> str:
        """What is to be had without the desa, where these lack."""
        levels = self.source.levels
        if not {"kecamatan", "desa"} <= levels.keys():
            return ""
        desa = self.source.paths("desa")
        if not self.lacking.keys() & set(desa):
            return ""
        return ", or build on the coarse outlines of kecamatan (--base kecamatan)"

    def _message(self) -> str:
        lacking = list(self.lacking)
        tried = "\n".join(f"  - {line}" for line in self.tried)
        return (
            f"source {self.source.id} cannot be had: {len(lacking)} of {len(self.wanted)} files are lacking "
            f"(the first: {lacking[0]}). Tried:\n{tried}\n"
            f"Connect to the network, or put the files at <folder>/{self.source.id}/{lacking[0]} (and so on) "
            f"and set {MIRROR_VARIABLE}=<folder>, or choose another source (--source){self._coarser()}"
        )


def _mirror_of(source: Source, mirror: Path | None) -> Path | None:
    if mirror is None and os.environ.get(MIRROR_VARIABLE):
        mirror = Path(os.environ[MIRROR_VARIABLE]).expanduser()
    if mirror is not None and not mirror.is_dir():
        raise SourceError(f"{mirror}: the mirror ({MIRROR_VARIABLE}) is no folder; correct it, or unset it")
    return mirror / source.id if mirror else None


def _fault(fact: FileFact, file: Path) -> str:
    try:
        return file_cache.fault(fact, file)
    except OSError as error:
        raise SourceError(f"{file}: cannot be read ({error.strerror}); let this user read it") from error


def _there(fact: FileFact, file: Path) -> bool:
    return file.is_file() and not _fault(fact, file)
