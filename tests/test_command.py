"""The command ``dapil``: one habit in all commands, and what it says when it cannot go on works when it is done."""

import gettext
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pyogrio
import pytest
from babel.messages.pofile import read_po
from click.shell_completion import BashComplete
from click.testing import CliRunner, Result

import boundaries.build
from boundaries.cli import main, taking
from boundaries.downloads import requested_file
from boundaries.release.store import Release, open_release
from scripts import command_words
from tests.small import make_small_release

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "boundaries"
READERS = (
    "check", "compare", "crosswalk", "export", "graph", "info", "join", "ledger", "lookup",
    "map", "npm", "plans", "publish", "pygeoapi-config", "sample", "score", "site", "verify",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture
def release(made: Path, tmp_path: Path) -> Release:
    """The small release where a user has it: in build, beneath the directory in which the command runs."""
    shutil.copytree(made.parent, tmp_path / "build", symlinks=True)
    return open_release(tmp_path / "build")


def dapil(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


# One habit


def test_every_command_that_reads_a_release_is_given_it_alike() -> None:
    for name, command in main.commands.items():
        options = {each.name: each for each in command.params if isinstance(each, click.Option)}
        assert ("release" in options) == (name in READERS), name
        if name in READERS:
            assert set(options["release"].opts) == {"-r", "--release"}
            assert options["release"].default == Path("build/current")
            assert "former" not in command.get_usage(click.Context(command)).lower()


def test_a_release_is_taken_as_an_argument_too_as_it_was_and_not_twice(made: Path) -> None:
    assert dapil("info", made).stdout == dapil("info", "-r", made).stdout
    assert (
        dapil("lookup", "106.55", "-6.95", made).stdout
        == dapil("lookup", "106.55", "-6.95", "-r", made).stdout
    )
    twice = dapil("info", made, "-r", made)
    assert twice.exit_code == 2
    assert f"{made} and --release {made}; name one" in twice.stderr


@pytest.mark.parametrize(
    "ending", [each for each in requested_file.ENDINGS if each not in (".pmtiles", ".shp")]
)
def test_the_ending_says_the_format(made: Path, tmp_path: Path, ending: str) -> None:
    form = requested_file.ENDINGS[ending][0]
    named, usual = tmp_path / f"X{ending.upper()}", tmp_path / "usual"
    assert dapil("export", "-r", made, "--chamber", "dpr", "-o", named).exit_code == 0
    assert dapil("export", "-r", made, "--chamber", "dpr", "--format", form, "-o", usual).exit_code == 0
    assert named.read_bytes() == usual.read_bytes()


@pytest.mark.parametrize(
    ("name", "form", "told"),
    [
        ("x.geojson", "gpkg", ["x.geojson", "geojson", ".gpkg"]),
        ("x.json", "csv", ["geojson/topojson", ".csv"]),
        ("x.csv", "shp", ["csv/assignment", ".shp.zip"]),
        ("x.xlsx", None, [".xlsx", ".csv", "--format"]),
        ("x.geojson", "dwg", ["'dwg'"]),
    ],
)
def test_a_name_that_contradicts_the_format_is_refused(
    made: Path, tmp_path: Path, name: str, form: str | None, told: list[str]
) -> None:
    words = ["--format", form] if form else []
    result = dapil("export", "-r", made, "--chamber", "dpr", *words, "-o", tmp_path / name)
    assert result.exit_code == 6
    assert all(each in result.stderr for each in told), result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_shp_opens_beside_its_zip(made: Path, tmp_path: Path) -> None:
    assert (
        dapil("export", "-r", made, "--chamber", "dpr", "-o", tmp_path / "x.shp").stdout
        == f"{tmp_path}/x.shp\n"
    )
    loose, packed = (pyogrio.read_dataframe(tmp_path / name) for name in ("x.shp", "x.shp.zip"))
    assert loose.equals(packed)
    assert len(loose) == 5
    assert {each.suffix for each in tmp_path.iterdir()} == {
        ".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".zip"}  # fmt: skip


def test_what_is_no_file_is_not_replaced_by_one(made: Path) -> None:
    result = dapil("export", "-r", made, "--chamber", "dpr", "--format", "csv", "-o", "/dev/null")
    assert result.exit_code == 6
    assert "/dev/null is no file" in result.stderr
    assert not Path("/dev/null").is_file()


def test_the_choices_are_those_of_the_library() -> None:
    assert set(taking.FORMATS) == set(requested_file.NAMES)
    assert (taking.CHAMBERS, taking.SIZES) == (requested_file.CHAMBERS, requested_file.SIZES)


@pytest.mark.parametrize(
    ("words", "begun", "offered"),
    [
        ([], "ex", ["export"]),
        (["export", "--format"], "ge", ["geojson"]),
        (["export", "--chamber"], "dprd", ["dprd-provinsi", "dprd-kabkota"]),
        (["lookup", "1", "2"], "--rel", ["--release"]),
    ],
)
def test_a_shell_completes(words: list[str], begun: str, offered: list[str]) -> None:
    found = BashComplete(main, {}, "dapil", "_DAPIL_COMPLETE").get_completions(words, begun)
    assert [each.value for each in found] == offered


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", [["info"], ["info", "--json"], ["export", "--chamber", "dpr"], ["--help"]])
def test_a_full_disk_behind_a_redirect_is_one_sentence(made: Path, words: list[str]) -> None:
    given = words if words == ["--help"] else [*words, "-r", str(made)]
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "boundaries.cli", *given]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 6
    assert re.fullmatch(r"dapil: standard output cannot be written: .*; .*another place\n", done.stderr)


# Mends


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Result]:
    """Run the command that stands behind ``: dapil`` in a message; a build gives the small release."""

    def build(out: Path, **given: Any) -> Any:
        return SimpleNamespace(release=open_release(make_small_release(out)), choice="")

    def follow(message: str) -> Result:
        command = re.search(
            r"dapil (?=build|export|verify|info)(.*?)(?: makes them\)|\)|$)", message, re.MULTILINE
        )
        assert command is not None, message
        return dapil(*shlex.split(command[1]))

    monkeypatch.setattr(boundaries.build, "build", build)
    monkeypatch.chdir(tmp_path)
    return follow


def test_without_a_release_one_sentence_says_how_to_make_one(followed: Callable[[str], Result]) -> None:
    bare = dapil()
    assert bare.exit_code == 2
    assert bare.stderr.strip().splitlines() == [
        "There is no release in build yet; make one with: dapil build"
    ]
    assert followed(bare.stderr).exit_code == 0
    assert dapil("info").exit_code == 0
    assert dapil().stderr == ""


@pytest.mark.parametrize("given", ["build/current", "build", "else where/current", "else where"])
@pytest.mark.parametrize("state", ["absent", "dangling", "empty"])
def test_what_is_no_release_says_how_to_make_one_there(
    followed: Callable[[str], Result], given: str, state: str
) -> None:
    out = Path(given.removesuffix("/current"))
    if state != "absent":
        out.mkdir()
    if state == "dangling":
        (out / "current").symlink_to("gone")
    told = dapil("info", "-r", given)
    assert told.exit_code == 6
    assert followed(told.stderr).exit_code == 0, told.stderr
    assert dapil("info", "-r", given).exit_code == 0
    assert dapil("build", "--out", out).exit_code == 0  # the next one finds its place


def test_releases_without_a_current_one_are_named_as_they_are_given(
    followed: Callable[[str], Result], release: Release
) -> None:
    Path("build/current").unlink()
    told = dapil("info", "-r", "build")
    name = told.stderr.rpartition("name one of ")[2].strip()
    assert dapil("info", "-r", name).exit_code == 0


@pytest.mark.slow
def test_downloads_are_made_by_what_is_said(followed: Callable[[str], Result], release: Release) -> None:
    given = "else where/current"
    Path("build").rename("else where")
    told = dapil("info", "-r", given)
    assert "no downloads; make them with: dapil" in told.stdout
    assert "makes them)" in dapil("verify", "-r", given).stdout
    assert followed(told.stdout).exit_code == 0
    folder = Path(given) / "downloads"
    assert folder.is_dir()
    assert dapil("verify", "-r", given).exit_code == 0
    for spoil in ("downloads.json", "dpr-2024.csv"):
        (folder / spoil).write_text("")
        told = dapil("export", "--all", "-r", given)
        assert told.exit_code == 6
        shutil.rmtree(folder)
        assert followed(told.stderr).exit_code == 0, told.stderr
        assert dapil("export", "--all", "-r", given).exit_code == 0


def commands() -> Iterator[tuple[str, str]]:
    """Every command that a message, a page or a document tells someone to give, with the file that tells it."""
    name = rf"(?:{'|'.join(sorted(main.commands, key=len, reverse=True))})"
    for path in [
        *PACKAGE.rglob("*.py"),
        *PACKAGE.rglob("*.html"),
        *(PACKAGE / "site" / "assets").glob("words.js"),
    ]:
        text = re.sub(r'"\n\s*f?"', "", path.read_text("utf-8"))
        for found in re.finditer(rf"(?:: |<code>|\()dapil ({name}\b[^\n\"'<]*)", text):
            yield str(path.relative_to(ROOT)), found[1]
    for path in (*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")):
        for found in re.finditer(
            rf"(?:^    |^\$ \.venv/bin/|^|`)dapil ({name}\b[^\n`|#>]*)", path.read_text("utf-8"), re.M
        ):
            yield path.name, found[1]


#: What stands for a value in a document.
STAND_INS = {"[RELEASE]": "", "[--": "--", "]": "", "…": "x", "...": "x", "DIR [": "DIR "}


@pytest.mark.parametrize(("place", "told"), sorted(set(commands())))
def test_every_command_that_is_told_anywhere_can_be_given(place: str, told: str) -> None:
    words = re.sub(r"\{[^{}]*\}+|\$\{[^}]*\}", "x", told)
    for stand_in, value in STAND_INS.items():
        words = words.replace(stand_in, value)
    name, *given = shlex.split(words.strip(" .;,)"))
    given = [word.rstrip(",;.)") or "x" for word in given]
    try:
        main.commands[name].make_context(name, given, resilient_parsing=False)
    except click.MissingParameter:
        pass  # its name alone, in a sentence
    except click.exceptions.Exit:
        assert "--help" in given
    except click.BadParameter as error:
        if "does not exist" not in error.message:  # a file of whoever follows
            raise


# Languages


PLACES = re.compile(r"\{[a-z_]*|%\(\w+\)s|--[a-z-]+|BOUNDARIES_[A-Z]+|DAPIL_[A-Z]+")
SAID = {
    "en": {
        "info": "source   contoh-1", "export --help": "Usage:", "lookup 106.55 -6.95": "4 seats",
        "info --bad": "No such option", "export --size tiny": "choose among full", "map --help": "Draw a layer",
    },
    "id": {
        "info": "sumber   contoh-1", "export --help": "Pemakaian:", "lookup 106.55 -6.95": "4 kursi",
        "info --bad": "Tidak ada opsi", "export --size tiny": "pilih di antara full",
        "map --help": "Gambar satu lapisan",
    },
}  # fmt: skip


def test_every_text_is_there_in_both_languages() -> None:
    """What is said in the source is English; the catalogue has its Indonesian, with the same places to fill."""
    with command_words.PO.open("rb") as file:
        catalogue = read_po(file)
    said = set(command_words.said())
    assert {each.id for each in catalogue if each.id} == said
    for each in catalogue:
        if each.id and isinstance(each.id, str):
            assert each.string, each.id
            assert sorted(PLACES.findall(each.id)) == sorted(PLACES.findall(each.string)), each.id
        assert not each.fuzzy, each.id
    for language in ("id", "en"):
        compiled = gettext.translation(command_words.DOMAIN, str(command_words.LOCALE), [language])
        for each in catalogue:
            if isinstance(each.id, str) and each.id:
                assert compiled.gettext(each.id) == (each.string if language == "id" else each.id)
            elif each.id:
                assert compiled.ngettext(*each.id, 2) == (each.string[0] if language == "id" else each.id[1])


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANGUAGE": "id"}, "id"),
        ({"LANGUAGE": "en:id"}, "en"),
        ({"LANGUAGE": "jv:id"}, "id"),
        ({"LC_ALL": "id_ID.UTF-8"}, "id"),
        ({"LC_MESSAGES": "id_ID"}, "id"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(made: Path, variables: dict[str, str], language: str) -> None:
    env = dict.fromkeys(("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")) | variables
    for words, told in SAID[language].items():
        output = CliRunner(env=env).invoke(main, [*words.split(), "-r", str(made)]).output
        assert told in output, output
        other = SAID["en" if language == "id" else "id"][words]
        assert other not in output, output


@pytest.mark.parametrize(
    "arguments",
    [
        ["seats", "--plan", "dpr-2024", "--threshold"],
        ["plans", "--council", "32.18", "--batas-waktu"],
        ["check", "dpr-2024", "--batas-waktu"],
    ],
)
@pytest.mark.parametrize("number", ["nan", "inf", "-1"])
def test_numbers_that_are_none_are_refused(arguments: list[str], number: str) -> None:
    """click's own ranges hold nan: a share that is none ended in a traceback, and a limit that is none in no limit."""
    told = CliRunner().invoke(main, [*arguments, number])
    assert told.exit_code == 2
    assert number in told.output
    assert arguments[-1] in told.output
