"""Documents are held to the code: what there is is described, and what is described is there."""

import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from boundaries.cli import main
from boundaries.downloads.requested_file import NAMES, SIZES
from boundaries.errors import BoundariesError
from boundaries.exports.formats import FORMATS
from boundaries.extras import MissingExtra
from boundaries.law import columns
from boundaries.release.toy import make_small_release
from boundaries.service.ops.settings import PREFIX, Settings, SettingsError
from tests.docs_help import DOCS, PACKAGE, PAGES, ROOT, quoted, read, script, section, table, tables
from tests.service_help import app_of

reference = script("reference")
BOTH = ("docs/reference.md", "docs/reference.id.md")


# The reference


def test_the_reference_is_what_the_code_says() -> None:
    for language, (text, page) in reference.made().items():
        assert not page.waiting, "translate these in docs/reference.po"
        path = reference.PAGES[language]
        assert path.read_text("utf-8") == text, f"{path.name} is behind; run python scripts/reference.py"


def test_every_published_column_is_in_the_reference() -> None:
    assert {each for _, held in reference.TABLES for each in held} == set(columns._ALL.values())


def _commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, those of groups within."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield before + name, command


@pytest.mark.parametrize("page", BOTH)
def test_every_command_and_option_is_in_the_reference(page: str) -> None:
    for name, command in _commands(main):
        told = quoted(section(page, f"### `dapil {name}`"))
        for each in command.params:
            assert {*each.opts, *each.secondary_opts} <= told or each.param_type_name == "argument", name


@pytest.mark.parametrize("page", BOTH)
def test_every_format_and_size_is_in_the_reference(page: str) -> None:
    assert [row[0] for row in table(page, "`--format`")] == [f"`{name}`" for name in NAMES]
    assert [row[0] for row in table(page, "`--size`")] == [f"`{name}`" for name in SIZES]


def test_every_format_of_a_layer_is_told() -> None:
    assert {row[1] for row in table("docs/formats.md", "format")} == {
        f"`{each.suffix}`" for each in FORMATS.values()
    }


# Exit codes


def _family(of: type[BoundariesError]) -> Iterator[type[BoundariesError]]:
    yield of
    for each in of.__subclasses__():
        yield from _family(each)


def exit_codes() -> list[int]:
    family = [each for each in _family(BoundariesError) if each.__module__.startswith("boundaries.")]
    assert {SettingsError, MissingExtra} <= set(family)
    return sorted({0, *(each.exit_code for each in family)})


@pytest.mark.parametrize(
    ("page", "head"),
    [
        ("docs/cli.md", "## Exit codes"),
        ("docs/cli.id.md", "## Kode akhir"),
        ("docs/reference.md", "## Exit codes"),
        ("docs/reference.id.md", "## Kode akhir"),
    ],
)
def test_every_exit_code_is_told(page: str, head: str) -> None:
    ((_, *rows),) = tables(section(page, head))
    assert [int(code) for code, _ in rows] == exit_codes()


def test_every_exit_code_is_told_in_the_architecture() -> None:
    told = re.findall(r"(?:^|· )(\d) ", section("docs/architecture.md", "## Exit codes"), re.MULTILINE)
    assert [int(code) for code in told] == exit_codes()


# The service


def test_every_setting_is_told_with_its_default() -> None:
    told: dict[str, str] = {}
    for names, default, _ in table("docs/operation.md", "setting"):
        told |= zip(re.findall(r"DAPIL_\w+", names), default.split(", "), strict=True)
    assert set(told) == {PREFIX + each.name.upper() for each in fields(Settings)}
    for each in fields(Settings):
        value = each.default.name if isinstance(each.default, Path) else each.default
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        assert told[PREFIX + each.name.upper()] == f"`{shown}`" or value is None, each.name


def test_every_variable_that_is_told_is_read_somewhere() -> None:
    places = [*PACKAGE.rglob("*.py"), *ROOT.glob("*.py"), ROOT / "compose.yaml", ROOT / "Makefile"]
    known = {PREFIX + each.name.upper() for each in fields(Settings)}
    known |= set(re.findall(r"[A-Z]+_[A-Z_]+[A-Z]", "".join(path.read_text("utf-8") for path in places)))
    told = re.findall(r"\b(?:DAPIL|BOUNDARIES)_[A-Z_]+[A-Z]\b", "".join(map(read, PAGES)))
    assert set(told) <= known


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_small_release(tmp_path_factory.mktemp("releases"))
    (made / "downloads").mkdir()
    return made.parent


def test_every_route_and_parameter_is_told() -> None:
    document = reference.openapi()
    words = set(re.findall(r"[\w-]+", " ".join(quoted(section("docs/service.md", "## Routes")))))
    for path in document["paths"]:
        assert set(re.findall(r"[\w-]+", path)) <= words, path
    shared = [
        *document["components"]["parameters"].values(),
        *document["paths"]["/lookup"]["get"]["parameters"],
    ]
    assert {each["name"] for each in shared if "name" in each} <= words


#: What is only behind the server, what is named by its hash, and what needs downloads (test_service_downloads).
ELSEWHERE = ("/metrics", "/static/{file}", "/laporan/{plan}", "/laporan/<plan>")


def test_every_route_that_is_told_answers(toy: Path) -> None:
    client = app_of(toy).test_client()
    routes = [route for row in table("docs/service.md", "route") for route in _routes(row[0])]
    routes += [row[0].strip("`") for row in table("docs/reference.md", "route")]
    assert set(ELSEWHERE) <= set(routes)
    values = {"id": "dpr-2024", "featureId": "dpr-2024-3101", "release": "latest", "file": "manifest.json"}
    for route in set(routes) - set(ELSEWHERE):
        path = re.sub(r"[{<](\w+)[}>]", lambda place: values[place[1]], route)
        if path.startswith("/lookup"):
            path = "/lookup?lon=106.55&lat=-6.95&year=2024"
        if path.startswith("/oembed"):
            path = "/oembed?url=http://localhost/map"
        assert client.get(path).status_code in (200, 302), path


def _routes(cell: str) -> Iterator[str]:
    """Yield the routes of a cell; `/queryables` alone goes on where the one before it ends."""
    before = ""
    for route in re.findall(r"`([^`]+)`", cell):
        before = before.rpartition("/")[0] + route if route == "/queryables" else route
        yield before


def test_questions_that_are_shown_are_answered(toy: Path) -> None:
    client = app_of(toy).test_client()
    shown = {
        path
        for page in PAGES
        if not page.startswith("docs/sandbox.")  # asked of the nation: test_sandbox.py
        for path in quoted(read(page))
        if re.match(r"/collections/\S+\?.*=[^&=]+$", path)
    }
    asked = {path for path in shown if not re.search(r"[{<…]", path)}
    assert len(asked) >= 4
    for path in asked:
        assert client.get(path).status_code == 200, path


# Columns


def test_columns_stand_in_their_order() -> None:
    told = section("docs/architecture.md", "## A release").partition(
        "Columns of a plan layer, in this order:"
    )[2]
    plan, _, unit = told.partition("Columns of a unit layer:")
    for part, held in ((plan, columns.PLAN), (unit.partition("`id` of a unit")[0], columns.UNIT)):
        assert re.findall(r"`([a-z_0-9]+)`", part) == [each.name for each in held]
    text = section("docs/python.md", "## Columns")
    for start, held in (("- dapil: ", columns.PLAN), ("- units: ", columns.UNIT)):
        told = re.split(r"\n- |\n\n|;", text.partition(start)[2])[0]
        assert re.findall(r"`([a-z_0-9]+)`", told) == [*(each.name for each in held), "geometry"]


def test_columns_of_the_tables_of_the_law_are_told() -> None:
    words = set(re.findall(r"\w+", read("docs/plans.md") + read("docs/architecture.md")))
    for path in (*(ROOT / "data" / "plans").glob("*/*.csv"), *(ROOT / "data" / "units").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            assert set(next(csv.reader(file))) <= words, path


# Finding one's way


def test_every_document_is_in_the_table_of_contents() -> None:
    for page in ("docs/index.md", "docs/index.id.md"):
        text = read(page).partition("```{toctree}")[0]
        linked = {(DOCS / link).resolve() for link in re.findall(r"\]\(([^)#]+\.md)", text)}
        wanted = {ROOT / each for each in PAGES if not each.endswith(".id.md")} - {DOCS / "index.md"}
        if page.endswith(".id.md"):
            twins = {path: path.with_suffix(".id.md") for path in wanted}
            wanted = {twin if twin.exists() else path for path, twin in twins.items()}
        assert wanted <= linked, page


@pytest.mark.slow
def test_pages_are_made_without_a_broken_link_and_load_nothing_from_outside(tmp_path: Path) -> None:
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--conf-dir", str(DOCS)]
    command = [sys.executable, "-m", "sphinx", *options, str(ROOT), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > len(PAGES)
    for path in pages:
        tags = r"<(?:script|link|img|iframe|source|video|audio)\b[^>]*?\b(?:src|href)=\"([^\"]*)"
        loaded = re.findall(tags, path.read_text("utf-8"))
        assert not [each for each in loaded if re.match(r"(https?:)?//", each)], path
        assert "\N{EN DASH}all" not in path.read_text("utf-8"), path  # an option as it is typed: --all
    for path in tmp_path.rglob("*.css"):
        assert not re.search(r"url\([\"']?(https?:)?//|@import", path.read_text("utf-8")), path
    assert 'lang="id"' in (tmp_path / "README.id.html").read_text("utf-8")
    assert 'lang="en"' in (tmp_path / "README.html").read_text("utf-8")


def test_the_make_commands_that_are_told_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for page in PAGES:
        told = re.findall(r"(?:`|^)(?:[A-Z_]+=\S+ )?make ([a-z-]+)", read(page), re.MULTILINE)
        assert set(told) <= targets, page
