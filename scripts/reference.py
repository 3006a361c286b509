"""Write docs/reference.md and its twin docs/reference.id.md: what there is, read off the code.

    python scripts/reference.py

Commands with their options, exit codes, formats, sizes, columns, settings, routes and parameters, each from where the
program has it. What the code says in Indonesian too (the command, columns, formats) is taken from there; the rest
stands in ``docs/reference.po``, where a text that is new comes in empty, to be translated, and one that is said no more
goes.
"""

import gettext
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Literal

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

sys.path.insert(0, str(Path(__file__).parents[1]))

from boundaries.cli import main as command
from boundaries.cli.language import DOMAIN, LOCALE, Told
from boundaries.downloads.requested_file import ENDINGS, NAMES, SIZES
from boundaries.exports.formats import FORMATS
from boundaries.law import columns
from boundaries.release.toy import make_small_release
from boundaries.service.app import create_app
from boundaries.service.ops.settings import PREFIX, Settings

Language = Literal["en", "id"]
ROOT: Final = Path(__file__).parents[1]
Rows = Iterable[tuple[str, ...]]
PO: Final = ROOT / "docs" / "reference.po"
PAGES: Final[dict[Language, Path]] = {
    "en": ROOT / "docs" / "reference.md",
    "id": ROOT / "docs" / "reference.id.md",
}
#: Formats that are not of one layer, and so have no title of their own in the code.
OTHERS: Final = {
    "topojson": "TopoJSON: for maps on the web; the chambers of a year, or one, neighbours joined",
    "pmtiles": "PMTiles: vector tiles of all chambers of a year, for any web host",
    "assignment": "CSV: every kecamatan (or desa) and its dapil",
}
DETAIL: Final = {
    "full": "Every vertex of the release",
    "standard": "Lines moved by at most 200 m, less where units are small; neighbours stay joined",
    "web": "Simplified for maps on the web; neighbours stay joined",
    "overview": "Simplified further, for the whole nation on a small screen; neighbours stay joined",
}
#: Routes that the OpenAPI document leaves out: they are for browsers and operators.
UNLISTED: Final = {
    "/map": "The map page",
    "/map-sw.js": "What lets the map page work without a network",
    "/static/{file}": "Scripts and styles of the pages",
    "/metrics": "Metrics for Prometheus; see DAPIL_METRICS",
}


class Page:
    """One language: its texts (`waiting`: those without a translation; `said`: all that were asked for)."""

    def __init__(self, language: Language, known: Catalog) -> None:
        self.language = language
        self.said: list[str] = []
        self.waiting: list[str] = []
        self._known = known
        self._command = gettext.translation(DOMAIN, str(LOCALE), [language])

    def __call__(self, text: str) -> str:
        """Return a text of the code, or of this script, in the language."""
        self.said.append(text)
        if self.language == "en":
            return text
        message = self._known.get(text)
        if message is None or not message.string:
            self.waiting.append(text)
            return text
        return str(message.string)

    def of_command(self, text: str) -> str:
        """Return a text of the command ``dapil``: its own catalogue has it."""
        return self._command.gettext(text)

    def of_two(self, indonesian: str, english: str) -> str:
        """Return one of two texts that stand beside each other in the code."""
        return indonesian if self.language == "id" else english


def page(_: Page) -> str:
    """Return the whole page."""
    twin = "[English](reference.md)" if _.language == "id" else "[Bahasa Indonesia](reference.id.md)"
    parts = [
        f"# {_('Reference')}",
        f"*{twin}*",
        _("Everything by its name. `python scripts/reference.py` writes this page from the code: do not edit it."),
        *(each for section in SECTIONS for each in section(_)),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _table(_: Page, heads: str, rows: Rows) -> str:
    """Return a table; `heads` are texts with a bar between them."""
    names = [_(head) for head in heads.split(" | ")]
    lines = [names, ["---"] * len(names), *(map(_cell, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _code(text: object) -> str:
    return f"`{text}`"


# The command


def commands(_: Page) -> Iterator[str]:
    """Every command with what it takes."""
    yield f"## {_('Commands')}"
    for name, found in _each(command):
        assert isinstance(found, Told)
        assert found.english is not None
        yield f"### `dapil {name}`"
        yield from _paragraphs(_.of_command(found.english))
        yield _table(_, "given | default | what it says", _parameters(_, found))


def _each(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name in full: ``data check``."""
    for name, found in sorted(group.commands.items()):
        if isinstance(found, click.Group):
            yield from _each(found, f"{before}{name} ")
        else:
            yield f"{before}{name}", found


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help; what click leaves as it stands (after a backspace) is a block."""
    for part in re.split(r"\n\s*\n", text):
        kept = part.removeprefix("\b\n")
        yield f"```text\n{kept}\n```" if kept != part else " ".join(part.split())


def _parameters(_: Page, found: click.Command) -> Rows:
    context = click.Context(found, info_name=found.name)
    for each in found.params:
        if isinstance(each, click.Option):
            metavar = "" if each.is_flag else f" {each.make_metavar(context)}"
            names = ", ".join(_code(name) for name in (*each.opts, *each.secondary_opts))
            usual = each.opts[0] if each.secondary_opts else each.default
            shown = _code(usual) if each.show_default and usual is not None else ""
            told = _.of_command(each.english) if isinstance(each, Told) and each.english else ""
            yield f"{names}{metavar and ' ' + _code(metavar.strip())}", shown, told
        elif each.get_usage_pieces(context):  # a former argument is taken and not shown
            yield (
                _code(each.make_metavar(context)),
                _code(each.default) if isinstance(each.default, str) else "",
                _("in this place"),
            )


def exit_codes(_: Page) -> Iterator[str]:
    """The codes as the command's own help tells them."""
    assert isinstance(command, Told)
    assert command.english is not None
    told = _.of_command(command.english).replace("\n", " ").rpartition(": ")[2]
    yield f"## {_('Exit codes')}"
    yield _table(_, "code | meaning", re.findall(r"(\d) (.+?)(?:, (?=\d)|\.$)", told))


# What can be had


def formats(_: Page) -> Iterator[str]:
    """Formats and sizes of `dapil export` and of the downloads."""
    yield f"## {_('Formats')}"
    yield _table(_, "`--format` | endings of `-o` | what", _formats(_))
    yield f"## {_('Sizes')}"
    yield _table(_, "`--size` | what", ((_code(size), _(DETAIL[size])) for size in SIZES))


def _formats(_: Page) -> Rows:
    for name in NAMES:
        endings = ", ".join(_code(ending) for ending, meant in ENDINGS.items() if name in meant)
        yield _code(name), endings, FORMATS[name].title[_.language] if name in FORMATS else _(OTHERS[name])


#: Where columns stand, each with its columns in their order.
TABLES: Final = (
    ("Dapil: `<chamber>-<year>`", columns.PLAN),
    ("Dapil of a table without a map: `tabel-<chamber>-<year>`", columns.PLAN_TABLE),
    ("Units: `unit-<level>`", columns.UNIT),
    ("Assignment as a file: `<chamber>-<year>-assignment.csv`", columns.ASSIGNMENT_FILE),
    ("Every CSV: its last column", (columns.KEY,)),
    ("Table `plans` of `dapil.gpkg`", columns.PLANS),
    ("Table `members` of `dapil.gpkg`", columns.MEMBERS),
    ("Table `assignment` of `dapil.gpkg`", columns.ASSIGNMENT),
    ("Table `accuracy` of `dapil.gpkg`", columns.ACCURACY),
    ("Table `riwayat` of `dapil.gpkg`", columns.SUCCESSION),
    ("What simplification cost: `quality-topojson-<year>.csv`", columns.LEDGER),
)


def published_columns(_: Page) -> Iterator[str]:
    """Every published column, a table for each table."""
    yield f"## {_('Columns')}"
    yield _("Codes are text: `32.10` is never 32.1. Geometry and primary key are not listed.")
    for title, held in TABLES:
        yield f"### {_(title)}"
        rows = (
            (
                _code(each.name),
                _(each.kind),
                each.unit,
                _.of_two(each.title, each.title_en),
                _.of_two(each.indonesian, each.english),
            )
            for each in held
        )
        yield _table(_, "column | type | unit | title | meaning", rows)


# The service


def settings(_: Page) -> Iterator[str]:
    """The settings of the service."""
    yield f"## {_('Settings of the service')}"
    yield _("An argument (`--max-url`) goes before its variable (`DAPIL_MAX_URL`).")
    yield _table(_, "variable | argument | default | what", (
        (_code(PREFIX + each.name.upper()), _code("--" + each.name.replace("_", "-")), _default(each.default),
         _(each.metadata["about"]))
        for each in fields(Settings)
    ))  # fmt: skip


def _default(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Path):
        return _code(value.name)
    return _code(f"{value:g}" if isinstance(value, float) else value)


def routes(_: Page) -> Iterator[str]:
    """Routes and parameters, from the service's own OpenAPI document."""
    document = openapi()
    shared = document["components"]["parameters"]
    yield f"## {_('Routes of the service')}"
    yield _table(_, "route | method | what", _routes(_, document["paths"]))
    yield f"## {_('Parameters of the routes')}"
    own: dict[str, str] = {}
    for each in (*shared.values(), *document["paths"]["/lookup"]["get"]["parameters"]):
        if "$ref" not in each:
            own.setdefault(each["name"], each["description"])
    rows = [(_code(name), _(text)) for name, text in own.items()]
    yield _table(
        _, "parameter | what", [*rows, (_("any column"), _("Only features whose column equals this"))]
    )


def openapi() -> dict[str, Any]:
    """Return the document of a service on the small release, without the collections but one."""
    with tempfile.TemporaryDirectory() as directory:
        made = make_small_release(Path(directory))
        (made / "downloads").mkdir()
        client = create_app(Path(directory), downloads=Path(directory)).test_client()
        document: dict[str, Any] = client.get("/openapi?f=json&lang=en").json
    for path in list(document["paths"]):
        if path.startswith("/collections/"):
            told = document["paths"].pop(path)
            if path.split("/")[2] == "dpr-2024":
                document["paths"][path.replace("dpr-2024", "{id}", 1)] = told
    return document


#: What a route of a collection gives, for its summary names the collection.
OF_A_COLLECTION: Final = {
    "": "A collection: a plan, a chamber over all elections, or a level of units",
    "/schema": "Its columns as JSON Schema",
    "/queryables": "Its columns that a filter may name",
    "/csvw": "What the columns of its CSV mean, as CSV on the Web",
    "/items": "Its features; by POST, those of a filter in the body",
    "/items/{featureId}": "One feature",
}


def _routes(_: Page, paths: dict[str, Any]) -> Rows:
    for path, methods in paths.items():
        _before, collection, rest = path.partition("/collections/{id}")
        text = OF_A_COLLECTION[rest] if collection else methods["get"]["summary"]
        yield _code(path), ", ".join(method.upper() for method in methods), _(text)
    for path, text in UNLISTED.items():
        yield _code(path), "GET", _(text)


SECTIONS: Final[tuple[Callable[[Page], Iterator[str]], ...]] = (
    commands, exit_codes, formats, published_columns, settings, routes,
)  # fmt: skip


def made() -> dict[Language, tuple[str, Page]]:
    """Return both pages, with what each said."""
    known = Catalog(locale="id")
    with suppress(FileNotFoundError), PO.open("rb") as file:
        known = read_po(file, locale="id")
    told = {language: Page(language, known) for language in PAGES}
    return {language: (page(each), each) for language, each in told.items()}


def main() -> int:
    """Write both pages and the catalogue; return how many texts wait for a translation."""
    both = made()
    english, indonesian = both["en"][1], both["id"][1]
    catalogue = Catalog(locale="id", header_comment="# Indonesian of docs/reference.md, where the code has none.",
                        fuzzy=False)  # fmt: skip
    for text in dict.fromkeys(english.said):
        message = indonesian._known.get(text)
        catalogue.add(text, message.string if message else "")
    with PO.open("wb") as file:
        write_po(file, catalogue, width=120, omit_header=True)
    for language, (text, _) in both.items():
        PAGES[language].write_text(text, "utf-8")
    waiting = list(dict.fromkeys(indonesian.waiting))
    print("\n".join(waiting) or "all translated")
    return min(len(waiting), 100)


if __name__ == "__main__":
    sys.exit(main())
