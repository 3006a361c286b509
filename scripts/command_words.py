"""Bring the command's catalogue up to date: the Indonesian of every text that it says.

    python scripts/command_words.py

New texts come into ``boundaries/cli/locale/id/LC_MESSAGES/dapil.po`` empty, to be translated there; texts that are no
longer said go; then ``dapil.mo``, which gettext reads, is made of it. English is compiled too, each text standing for
itself: without it gettext takes a locale ``en:id`` for Indonesian. Texts
are what stands in ``_("…")`` in boundaries/cli, the errors of a few modules of the library, the help of every command
and option, and those of click's own that a person of this command meets.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

sys.path.insert(0, str(Path(__file__).parents[1]))

from boundaries.cli import main as command
from boundaries.cli.language import DOMAIN, LOCALE, Told

PO: Final = LOCALE / "id" / "LC_MESSAGES" / f"{DOMAIN}.po"
#: Modules whose errors a person meets most; those with a text that is the same each time are translated.
SPOKEN: Final = (
    (LOCALE.parents[1] / "release" / "store.py", "ReleaseError"),
    (LOCALE.parents[1] / "downloads" / "requested_file.py", "ReleaseError"),
    (LOCALE.parents[1] / "extras.py", "MissingExtra"),
)
#: click's own texts, one or (one, several); what a program says to its author is left out.
CLICK: Final[tuple[str | tuple[str, str], ...]] = (
    "Usage:", "Options", "Commands", "Positional arguments", "default: {default}", "env var: {var}",
    "Show this message and exit.", "Show the version and exit.", "%(prog)s, version %(version)s", "Error: {message}",
    "Try '{command} {option}' for help.", "No such command {name!r}.", "No such option {name!r}.",
    "Missing argument", "Missing option", "Missing parameter", "Invalid value: {message}",
    "Invalid value for {param_hint}: {message}", "Option {name!r} does not take a value.", "Aborted!",
    "{name} {filename!r} does not exist.", "{name} {filename!r} is a directory.", "{name} {filename!r} is a file.",
    "{name} {filename!r} is not readable.", "file", "directory", "path", "{value!r} is not a valid {number_type}.",
    "{value} is not in the range {range}.",
    ("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    ("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    ("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
)  # fmt: skip


def said() -> Iterator[str | tuple[str, str]]:
    """Yield every text, in the order of modules, then commands, then click's."""
    for path in sorted(LOCALE.parent.glob("*.py")):
        yield from _constants(path, "_")
    for path, error in SPOKEN:
        yield from _constants(path, error)
    yield from _helps(command)
    yield from CLICK


def _constants(path: Path, name: str) -> Iterator[str]:
    """Yield what a function is called with in a module, where it is a text and not made there."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == name
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def _helps(found: click.Command) -> Iterator[str]:
    for each in (found, *found.params):
        if isinstance(each, Told) and each.english:
            yield each.english
    if isinstance(found, click.Group):
        for name in sorted(found.commands):
            yield from _helps(found.commands[name])


def main() -> int:
    """Write the catalogue; return how many texts wait for a translation."""
    with PO.open("rb") as file:
        before = read_po(file, locale="id")
    after = Catalog(locale="id", header_comment=before.header_comment, fuzzy=False)
    after.mime_headers = before.mime_headers
    english = Catalog(locale="en", creation_date=before.creation_date, revision_date=before.revision_date)
    for text in dict.fromkeys(said()):
        english.add(text, text)
        known = before.get(text if isinstance(text, str) else text[0])
        after.add(text, known.string if known else "")
    with PO.open("wb") as file:
        write_po(file, after, width=120)
    with PO.with_suffix(".mo").open("wb") as file:
        write_mo(file, after)
    with (LOCALE / "en" / "LC_MESSAGES" / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, english)
    waiting = [each.id for each in after if each.id and not _done(each.string)]
    print("\n".join(map(repr, waiting)) or f"{len(after)} texts, all translated")
    return min(len(waiting), 100)


def _done(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
