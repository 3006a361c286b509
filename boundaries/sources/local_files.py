"""The files of a map that lies beside its descriptor: all that is read of it, each with its hash."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pooch

from boundaries.errors import SourceError
from boundaries.law.tables import where
from boundaries.sources import shapefile_parts
from boundaries.sources.descriptor import FileFact, Source
from boundaries.sources.inside import check_inside
from boundaries.sources.own_formats import MAPINFO_PARTS


def found(source: Source, wanted: Mapping[str, FileFact]) -> Iterator[tuple[str, Path, str]]:
    """Yield (name, file, sha256) of every file that makes up the maps `wanted` of a local source.

    Each map stands under the name that the descriptor gives it; a File Geodatabase as its folder, with the hash of the
    list of its files, and those files. Raises SourceError for a file that is not there, is not the expected one or
    lies outside.
    """
    for fact in wanted.values():
        main = source.beside(fact.path)
        if main.is_dir() and main.suffix.lower() == ".gdb":
            files = {Path(fact.path, p.name).as_posix(): p for p in _parts(main)}
        elif main.is_file():
            files = {fact.path: main} | {
                Path(fact.path).with_name(p.name).as_posix(): p for p in _parts(main)
            }
        else:
            raise SourceError(f"{where(source.descriptor)}: file {fact.path} is not there; put it at {main}")
        for file in files.values():
            check_inside(source.descriptor.parent, file, f"{where(source.descriptor)}: {file}")
        digests = {name: pooch.file_hash(str(file), alg="sha256") for name, file in files.items()}
        if fact.path not in files:
            listed = "".join(f"{digest}  {files[name].name}\n" for name, digest in sorted(digests.items()))
            files, digests = (
                {fact.path: main} | files,
                digests | {fact.path: sha256(listed.encode()).hexdigest()},
            )
        if fact.sha256 and digests[fact.path] != fact.sha256:
            raise SourceError(
                f"{main}: not the expected file: expected sha256 {fact.sha256}, found {digests[fact.path]}; restore "
                "it, or correct the key sha256"
            )
        yield from ((name, file, digests[name]) for name, file in files.items())


def _parts(main: Path) -> tuple[Path, ...]:
    """Return the other files of a map. Locks of a File Geodatabase come and go: they are none of it."""
    suffix = main.suffix.lower()
    if suffix == ".gdb":
        return tuple(p for p in sorted(main.iterdir()) if p.is_file() and p.suffix.lower() != ".lock")
    if suffix == ".shp":
        return shapefile_parts.parts_of(main)
    if suffix in (".tab", ".mif"):
        beside = [p for p in sorted(main.parent.glob("*")) if p.stem == main.stem]
        return tuple(p for p in beside if p.suffix.casefold() in MAPINFO_PARTS)
    return ()
