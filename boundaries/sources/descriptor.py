"""A base map as data: ``data/sources/<id>.toml``, read strictly into typed, frozen classes.

docs/sources.md explains every key.
"""

import dataclasses
import json
import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final, Literal

from boundaries.errors import SourceError, TableError
from boundaries.law.codes import Level
from boundaries.law.tables import data_directory, read_table, where
from boundaries.sources import inside

Reader = Literal["sql-dump", "ogr"]
AxisOrder = Literal["lonlat", "latlon"]
CodeStyle = Literal["dotted", "undotted", "own"]
Method = Literal["http", "npm"]

_BESIDE: Final = ("files", "bridge", "missing", "accuracy", "coarse_accuracy")
_NO_KEYS: Final = frozenset({"descriptor", "places", "said"})
_HEX: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Licence:
    """Under which terms the source is published: its SPDX identifier if it has one, its name, its text."""

    name: str
    url: str
    spdx: str = ""


@dataclass(frozen=True)
class Upstream:
    """One place that has the files: ``http`` (`url` with ``{path}``) or ``npm`` (`package`, through npm)."""

    method: Method
    url: str = ""
    package: str = ""


@dataclass(frozen=True)
class Pack:
    """An archive that holds files of the source: `member` (with ``{path}``) is a file's name inside it."""

    path: str
    member: str = "{path}"
    files: str = "*"
    sha256: str = ""


@dataclass(frozen=True)
class LevelFiles:
    """The files of one level, and the fields of its code and name.

    `files` are patterns over the paths of the source. A ``{kabkota}`` in a pattern is the code of a kabkota
    (``{provinsi}`` that of its provinsi): such files are fetched and read only for the kabkota asked for.
    """

    files: tuple[str, ...]
    code: str = ""
    name: str = ""
    layer: str = ""
    count: int = 0

    @property
    def by_kabkota(self) -> bool:
        """Whether the files are split by kabkota, and so may be had in part."""
        return any("{kabkota}" in pattern for pattern in self.files)


@dataclass(frozen=True)
class FileFact:
    """One file of a source: its path there, and its size and hash if they are known."""

    path: str
    bytes: int | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Source:
    """One published base map of units: what the descriptor says, checked.

    ``places``: where a file lies that is known by another name than its path (`boundaries.sources.inside`).
    ``said``: what the descriptor says, without the absolute paths in it; empty: its own bytes.
    """

    id: str
    title: Mapping[str, str]
    publisher: str
    attribution: str
    vintage: str
    open: bool
    licence: Licence
    reader: Reader
    levels: Mapping[Level, LevelFiles]
    descriptor: Path
    homepage: str = ""
    axis_order: AxisOrder = "lonlat"
    crs: str = ""
    code_style: CodeStyle = "dotted"
    partial: bool = False
    places: Mapping[str, str] = field(default_factory=dict)
    said: bytes = b""
    upstream: tuple[Upstream, ...] = ()
    packs: tuple[Pack, ...] = ()
    files: str = ""
    bridge: str = ""
    missing: str = ""
    accuracy: str = ""
    coarse_accuracy: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)

    @property
    def local(self) -> bool:
        """Whether the files lie beside the descriptor (no list of hashes: a person's own map)."""
        return not self.files

    @cached_property
    def facts(self) -> Mapping[str, FileFact]:
        """Path → size and hash of every file of the source."""
        if not self.local:
            return _read_facts(self.beside(self.files))
        paths = dict.fromkeys(p for level in self.levels.values() for p in level.files)
        return {p: FileFact(p, sha256=self.sha256.get(p, "")) for p in paths}

    def beside(self, name: str) -> Path:
        """Return the path of a file that the descriptor names."""
        return self.descriptor.parent / self.places.get(name, name)

    def text_of(self, name: str) -> bytes:
        """Return the bytes of a table beside the descriptor; of the descriptor itself what is no path of a machine."""
        own = name == self.descriptor.name and self.said
        return own or self.beside(name).read_bytes()

    def paths(self, level: Level, kabkota: typing.Collection[str] | None = None) -> tuple[str, ...]:
        """Return the paths of the files of `level`; of a level split by kabkota only those of `kabkota`.

        Raises SourceError if the source has no such level, or no file for one of `kabkota`.
        """
        if level not in self.levels:
            have = ", ".join(self.levels)
            raise SourceError(
                f"source {self.id} has no level {level} (it has {have}); add [levels.{level}] to it"
            )
        found: dict[str, None] = {}
        for pattern in self.levels[level].files:
            if "{kabkota}" in pattern and kabkota is not None:
                asked = (self._of_kabkota(pattern, code) for code in sorted(kabkota))
                found |= dict.fromkeys(path for path in asked if path)
            else:
                glob = pattern.replace("{kabkota}", "*").replace("{provinsi}", "*")
                found |= dict.fromkeys(p for p in self.facts if p == glob or fnmatchcase(p, glob))
        return tuple(found)

    def _of_kabkota(self, pattern: str, code: str) -> str:
        path = pattern.format(kabkota=code, provinsi=code[:2])
        if path not in self.facts:
            if self.partial:
                return ""
            raise SourceError(
                f"{where(self.descriptor)}: source {self.id} has no file for kabkota {code} ({path})"
            )
        return path


def available() -> tuple[str, ...]:
    """Return the ids of the sources that come with the project, those of open data first."""
    sources = [read_descriptor(p) for p in sorted((data_directory() / "sources").glob("*.toml"))]
    return tuple(s.id for s in sorted(sources, key=lambda s: (not s.open, s.id)))


def load_source(id_or_path: str | Path) -> Source:
    """Return a source by the id of one that comes with the project, or by the path of a descriptor."""
    text = str(id_or_path)
    if text.endswith(".toml") or len(Path(text).parts) > 1:
        return read_descriptor(Path(text))
    path = data_directory() / "sources" / f"{text}.toml"
    if not path.is_file():
        raise SourceError(
            f"no source {text!r}: there are {', '.join(available())}; "
            "for a map of your own give the path of its .toml"
        )
    return read_descriptor(path)


def read_descriptor(path: Path) -> Source:
    """Read and check one descriptor. Every fault is a SourceError that names file, key and mend."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceError(f"{where(path)}: no such descriptor; give the path of a .toml file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{where(path)}: cannot be read ({error}); save it as UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{where(path)}: not valid TOML: {error}") from None
    table.setdefault("id", path.stem)
    if foreign := sorted(_NO_KEYS & set(table)):
        raise SourceError(f"{where(path)}: unknown key {foreign[0]}; remove it")
    source: Source = _build(Source, {**table, "descriptor": path.resolve()}, where(path), "")
    source = _settled(source, table, where(path))
    _check(source, where(path))
    return source


def _settled(source: Source, table: Mapping[str, Any], at: str) -> Source:
    """Return `source` with every path checked, and each absolute one called by its file's name."""
    names = inside.Names(source.descriptor.parent, at)
    levels = {
        level: dataclasses.replace(
            each, files=tuple(names.of(f"levels.{level}.files", f) for f in each.files)
        )
        for level, each in source.levels.items()
    }
    beside: dict[str, Any] = {
        key: names.of(key, getattr(source, key)) for key in _BESIDE if getattr(source, key, "")
    }
    for pack in source.packs:
        names.check("packs.path", pack.path)
    if not (called := names.called):
        return source
    return dataclasses.replace(
        source,
        levels=levels,
        sha256={called.get(name, name): digest for name, digest in source.sha256.items()},
        places={name: path for path, name in called.items()},
        said=json.dumps(inside.replaced(table, called), sort_keys=True, default=str).encode(),
        **beside,
    )


def _check(source: Source, at: str) -> None:
    """Check what no type can say."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", source.id):
        raise SourceError(
            f"{at}: id {source.id!r} stands in file names and addresses: write a key id of a-z, 0-9, '.', '_' and '-'"
        )
    if not source.levels:
        raise SourceError(f"{at}: key levels is empty; add at least one table like [levels.kecamatan]")
    if missing := [language for language in ("id", "en") if language not in source.title]:
        raise SourceError(
            f'{at}: key title lacks {", ".join(missing)}; write title = {{ id = "...", en = "..." }}'
        )
    if source.code_style == "own" and not source.bridge:
        raise SourceError(
            f'{at}: code_style = "own" needs the key bridge: a CSV file with the columns id,kode'
        )
    for key in _BESIDE:
        name = getattr(source, key)
        if name and not source.beside(name).is_file():
            raise SourceError(
                f"{at}: key {key} names {name}, which is not beside the descriptor; put it there"
            )
    for level, files in source.levels.items():
        if not source.paths(level):
            raise SourceError(f"{at}: key levels.{level}.files matches no file; name one that exists")
        if source.reader == "ogr" and not files.code:
            raise SourceError(f"{at}: key levels.{level}.code is missing; name the field that holds the code")
    for upstream in source.upstream:
        key = "package" if upstream.method == "npm" else "url"
        if not getattr(upstream, key):
            raise SourceError(f"{at}: upstream of method {upstream.method} lacks the key {key}")
    if unknown := sorted(set(source.sha256) - set(source.facts)):
        raise SourceError(f"{at}: key sha256 names {unknown[0]}, which is a file of no level")


def _read_facts(path: Path) -> Mapping[str, FileFact]:
    try:
        frame = read_table(path, ["path", "bytes", "sha256"])
    except TableError as error:
        raise SourceError(str(error)) from None
    facts: dict[str, FileFact] = {}
    for line, name, size, digest in frame.itertuples():
        if not (size.isdecimal() and len(digest) == 64 and set(digest) <= _HEX):
            raise SourceError(
                f"{where(path, line)}: expected path,bytes,sha256 (64 hex digits); restore the line"
            )
        if name in facts or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise SourceError(
                f"{where(path, line)}: path {name} stands twice or leaves the source; remove it"
            )
        facts[name] = FileFact(name, int(size), digest)
    return facts


# --- TOML table → dataclass ------------------------------------------------------------------------


def _build(cls: type, table: Mapping[str, Any], at: str, prefix: str) -> Any:
    """Make `cls` from `table`; `prefix` is the key under which the table stands."""
    fields = {f.name: f for f in dataclasses.fields(cls)}
    hints = typing.get_type_hints(cls)
    if unknown := [k for k in table if k not in fields]:
        known = ", ".join(f for f in fields if f not in _NO_KEYS)
        raise SourceError(f"{at}: unknown key {prefix}{unknown[0]}; remove it (known here: {known})")
    required = [n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING]
    if lacking := [n for n in required if n not in table]:
        raise SourceError(
            f"{at}: key {prefix}{lacking[0]} is missing; add it (docs/sources.md says what it holds)"
        )
    return cls(**{k: _value(hints[k], v, at, f"{prefix}{k}") for k, v in table.items()})


def _value(hint: Any, value: Any, at: str, key: str) -> Any:
    """Return `value` as the type `hint`, or raise SourceError."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _build(typing.cast(type, hint), value, at, f"{key}.")
    if origin is tuple and isinstance(value, list):
        return tuple(_value(arguments[0], v, at, f"{key}[{i}]") for i, v in enumerate(value, 1))
    if origin is not None and isinstance(value, dict) and issubclass(origin, Mapping):
        pairs = {_value(arguments[0], k, at, f"{key}.{k}"): v for k, v in value.items()}
        return types.MappingProxyType(
            {k: _value(arguments[1], v, at, f"{key}.{k}") for k, v in pairs.items()}
        )
    accepts: Callable[[Any], bool] = (
        (lambda v: v in arguments)
        if origin is Literal
        else lambda v: isinstance(hint, type) and type(v) is hint
    )
    if accepts(value) or (hint is Path and isinstance(value, Path)):
        return value
    wanted = " or ".join(map(repr, arguments)) if origin is Literal else _describe(hint)
    raise SourceError(f"{at}: key {key} is {value!r}; it must be {wanted}")


def _describe(hint: Any) -> str:
    words = {str: "text in quotes", bool: "true or false", int: "a whole number"}
    return words.get(hint, "a list" if typing.get_origin(hint) is tuple else "a table")
