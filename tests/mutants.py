"""Ways to spoil a release, by kind, each with the rule that must see it though every hash is made to fit again.

`copy` links the files of a release; a mutant writes only what it changes. What a mutant is: `Mutant`.
"""

import gzip
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boundaries.release.store import release_id, sha256, write_json

PLAN, UNITS, TABLE = "dprd-kabkota-2024", "unit-kecamatan", "dprd-provinsi-2024"


@dataclass(frozen=True)
class Mutant:
    """One way to spoil: its kind, what is changed, the rule that must find it, and how it is done to a copy."""

    kind: str
    what: str
    rule: str
    change: Callable[[Path], object]

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.what}"


def copy(source: Path, target: Path) -> Path:
    """Link every file of a release into a new place."""
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if path.is_dir():
            continue
        to.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, to)
    return target


def write(path: Path, content: bytes) -> None:
    """Put other bytes in a file's place; the file that was linked stays what it was."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def text(path: Path, change: Callable[[str], str]) -> None:
    old = path.read_bytes().decode()
    new = change(old)
    assert new != old, f"{path.name} was not changed"
    write(path, new.encode())


def a_json(path: Path, change: Callable[[Any], object]) -> None:
    value = json.loads(path.read_bytes())
    before = json.dumps(value)
    change(value)
    assert json.dumps(value) != before, f"{path.name} was not changed"
    write(path, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def sql(path: Path, *statements: str) -> None:
    """Change a database through SQLite; its triggers need functions of GDAL: they are put away meanwhile."""
    write(path, path.read_bytes())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    changed = [connection.execute(statement).rowcount for statement in statements]
    for _, made in triggers:
        connection.execute(made)
    connection.commit()
    connection.close()
    assert all(count for count in changed), f"{statements} changed nothing"


def seal(root: Path) -> None:
    """Make every hash, length, name and sum fit what lies there."""
    manifest = json.loads((root / "manifest.json").read_bytes())
    for file in manifest["files"]:
        path = root / file["name"]
        file["bytes"], file["sha256"] = path.stat().st_size, sha256(path)
    names = {file["name"]: file["sha256"] for file in manifest["files"]}
    manifest["release"] = release_id(manifest["source"]["id"], names)
    (root / "manifest.json").unlink()
    write_json(root / "manifest.json", manifest)
    place = root / "downloads"
    listed = json.loads((place / "downloads.json").read_bytes())
    listed["release"] = manifest["release"]
    for each in listed["files"]:
        path = place / each["name"]
        facts = {"bytes": path.stat().st_size, "sha256": sha256(path)}
        if facts["sha256"] != each["sha256"] and "gzip" in each:
            packed = place / f"{each['name']}.gz"
            write(packed, gzip.compress(path.read_bytes(), 1, mtime=0))
        if "gzip" in each:
            packed = place / f"{each['name']}.gz"
            each["gzip"] = {"bytes": packed.stat().st_size, "sha256": sha256(packed)}
        each.update(facts)
    sums = {each["name"]: each["sha256"] for each in listed["files"] if each["name"] != "SHA256SUMS"}
    sums |= names | {"manifest.json": sha256(root / "manifest.json")}
    content = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    write(place / "SHA256SUMS", content)
    for each in listed["files"]:
        if each["name"] == "SHA256SUMS":
            each.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    write(place / "downloads.json", (json.dumps(listed, ensure_ascii=False) + "\n").encode())


def sqls(kind: str, rule: str, table: str, changes: dict[str, str], where: str) -> Iterator[Mutant]:
    for column, value in changes.items():
        statement = f'UPDATE "{table}" SET "{column}" = {value} WHERE {where}'

        def change(root: Path, statement: str = statement) -> None:
            sql(root / "dapil.gpkg", statement)

        yield Mutant(kind, f"{table}.{column}", rule, change)
