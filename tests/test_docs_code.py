"""Every block of code in README and documents: run on the toy nation, or only read, with the reason."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from boundaries.downloads import folder
from boundaries.exports.csvtable import restore_codes
from boundaries.release.store import Release, open_release
from boundaries.release.toy import make_small_release
from boundaries.research.graph import build_graph
from boundaries.research.graph_files import write_graph
from boundaries.sources import load_source
from tests.postgres import Cluster, published
from tests.r_language import needs_r, r_says
from tests.service_help import app_of, served

ROOT = Path(__file__).parents[1]
PROGRAM = 'from boundaries.cli import main; main(prog_name="dapil")'
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "data").rglob("*.md")])


@dataclass(frozen=True)
class Block:
    """A block: the document, its line there, its language and text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    for path in PAGES:
        for token in MarkdownIt().parse(path.read_text("utf-8")):
            if token.type in ("fence", "code_block"):
                assert token.map is not None
                yield Block(path.name, token.map[0] + 1, token.info.split(" ")[0], token.content)


def twin(block: Block) -> bool:
    """Whether it stands in a twin as well: test_docs.py holds that both are the same but for their comments."""
    return block.page.endswith(".id.md") and block.language != "console"


ALL = [each for each in blocks() if not twin(each)]

#: Blocks that are only read, by their document and how they begin: what they would need.
ONLY_READ = {
    ("README.md", "make "): "installs, builds and serves the nation; make itself reads it, below",
    ("CONTRIBUTING.md", "make "): "is the tests; make itself reads it, below",
    ("benchmarks.md", "make bench"): "ten minutes",
    ("conformance.md", "python scripts/conformance.py"): "the nation, and minutes",
    ("gadm.md", "python scripts/compare"): "two releases of the nation",
    ("operation.md", "docker "): "a container engine",
    ("operation.md", "python bench/load.py"): "ten minutes",
    ("operation.md", "limit_req_zone"): "nginx",
    ("scale.md", "proxy_cache_path"): "nginx; test_bench_proxy.py holds it to what was measured",
    ("scale.md", "python bench/proxy.py"): "the nation, nginx, and minutes",
    ("postgis.md", "pip install"): "installs, and ends in a server; test_postgis.py does the steps",
    ("pygeoapi.md", "dapil pygeoapi-config"): "ends in a server; test_pygeoapi.py does the steps",
    ("all-plans.md", "dapil plans"): "real councils; test_research_plans.py does the steps",
    ("all-plans.md", "dapil sample"): "real councils, and minutes; test_research_chains.py does the steps",
    ("all-plans.md", "pip install"): "installs, and ends in a server; test_research_units.py does the steps",
    ("elections.md", "dapil data totals"): "the tables of the nation; test_elections_release.py does it",
    ("research.md", "map <- redist"): "redist, an R package that is nowhere at hand",
    ("research.md", "dapil score"): "drafts of a real council; test_research_scores.py does the steps",
    ("architecture.md", "# law/registry.py"): "shapes; test_docs.py holds them to the code",
}  # fmt: skip
#: What is no code: pictures, a layout, a line of a log, a synopsis, the help of a command.
NO_CODE = {"text"}
#: What only the pages know.
OF_SPHINX = {"{toctree}", "{eval-rst}"}


def reason(block: Block) -> str | None:
    return next(
        (why for (page, begins), why in ONLY_READ.items()
         if block.page == page and block.text.startswith(begins)), None,
    )  # fmt: skip


#: Documents whose blocks of the shell start many commands, some over all plans in law.
MANY_COMMANDS = {"research.md", "elections.md"}


def of(*languages: str, run: bool = True) -> pytest.MarkDecorator:
    found = [
        pytest.param(each, marks=[pytest.mark.slow] if each.page in MANY_COMMANDS and run else [])
        for each in ALL if each.language in languages and (reason(each) is None) == run
    ]  # fmt: skip
    return pytest.mark.parametrize("block", found, ids=str)


def test_every_block_names_its_language_and_is_tried() -> None:
    tried = {"sh", "console", "python", "json", "toml", "sql", "r"}
    left = [
        str(each) for each in ALL if each.language not in tried | NO_CODE | OF_SPHINX and not reason(each)
    ]
    assert left == []


def test_every_reason_is_of_a_block() -> None:
    used = {
        (page, begins) for page, begins in ONLY_READ for each in ALL
        if each.page == page and each.text.startswith(begins)
    }  # fmt: skip
    assert used == set(ONLY_READ)


# The toy nation


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the toy nation in ``build``, with downloads."""
    home = tmp_path_factory.mktemp("home")
    folder.add(open_release(make_small_release(home / "build")))
    return home


@pytest.fixture(scope="module")
def service(toy: Path) -> Iterator[str]:
    with served(app_of(toy / "build")) as base:
        yield base


@pytest.fixture
def here(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of one's own with the toy nation in ``build``; the current one."""
    shutil.copytree(toy / "build", tmp_path / "build", symlinks=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOUNDARIES_CACHE", str(tmp_path / "cache"))
    return tmp_path


def shell(text: str, at: Path, service: str = "", language: str = "en") -> str:
    """Run a script as a reader would who has ``dapil`` and the service; return what it writes to its output."""
    programs = at / "programs"
    programs.mkdir()
    dapil = programs / "dapil"
    dapil.write_text(f"""#!/bin/sh\nexec {sys.executable} -c '{PROGRAM}' "$@"\n""")
    dapil.chmod(0o755)
    python = programs / "python"  # a link to that of a virtual environment would not know its packages
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    for host in ("http://127.0.0.1:5000", "https://dapil.example.org"):
        text = text.replace(host, service)
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "LANGUAGE": language}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text.replace(".venv/bin/", "")], cwd=at, env=env, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


# What is run


def _datapackage(at: Path) -> Path:
    return at / "build" / "current" / "downloads"


#: Where a block of a shell stands, if not beside ``build``.
AT: dict[tuple[str, str], Callable[[Path], Path]] = {("metadata.md", "frictionless"): _datapackage}


@of("sh")
def test_a_block_of_the_shell_runs(block: Block, here: Path, service: str) -> None:
    for program in ("curl", "jq"):
        if f"{program} " in block.text and shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    at = next((place(here) for (page, begins), place in AT.items()
               if block.page == page and block.text.startswith(begins)), here)  # fmt: skip
    shell(block.text, at, service)


def _saved(at: Path) -> dict[str, Any]:
    shutil.copy(at / "build" / "current" / "downloads" / "dpr-2024.csv", "saved-by-a-spreadsheet.csv")
    return {"pandas": pd, "restore_codes": restore_codes}


def _entries(at: Path) -> dict[str, Any]:
    release = open_release(at / "build")
    listed = folder.read(release)
    assert listed is not None
    return {"release": release, "entries": listed["files"]}


def _out(at: Path) -> dict[str, Any]:
    (at / "build").rename("releases")
    (at / "out").mkdir()
    return {"out": at / "out"}


#: What a block of Python finds there, as the text around it says.
GIVEN: dict[str, Callable[[Path], dict[str, Any]]] = {
    "formats.md": _saved,
    "metadata.md": _entries,
    "topojson.md": _out,
}


@of("python")
def test_a_block_of_python_runs(block: Block, here: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    given = GIVEN.get(block.page, lambda at: {})(here)
    exec(compile(block.text, str(block), "exec"), {"__name__": "__main__", **given})


@of("r")
def test_a_block_of_r_runs(block: Block, here: Path, request: pytest.FixtureRequest) -> None:
    needs_r("igraph")
    made = build_graph(
        open_release(here / "build"), "dasar", request.getfixturevalue("people"), within=["32"]
    )
    for form in ("csv", "graphml", "redist"):
        write_graph(made, form, here, "graf-dasar-32")
    told = r_says(block.text + "cat(nrow(units), length(adj), igraph::vcount(g), sum(lengths(adj)) / 2,"
                  " igraph::ecount(g), units$kode[[1]])", here)  # fmt: skip
    units = pd.read_csv(here / "graf-dasar-32-simpul.csv", dtype=str)
    edges = pd.read_csv(here / "graf-dasar-32-sisi.csv", dtype=str)
    nodes, links = len(units), len(edges)
    assert told.split() == [str(each) for each in (nodes, nodes, nodes, links, links, units["kode"][0])]


@of("toml")
def test_a_descriptor_is_read(block: Block, tmp_path: Path) -> None:
    assert tomllib.loads(block.text)
    path = tmp_path / "my-map.toml"
    path.write_text(block.text, "utf-8")
    for name in ("kecamatan.shp", "desa.gpkg"):
        (tmp_path / name).touch()
    assert load_source(str(path)).open


@of("sql")
def test_a_query_is_answered(block: Block, request: pytest.FixtureRequest) -> None:
    if block.page == "service.md":
        client = app_of(request.getfixturevalue("toy") / "build").test_client()
        for line in block.text.splitlines():
            asked = client.get("/collections/dpr-2024/items", query_string={"filter": line})
            assert asked.status_code == 200, (line, asked.text)
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    address = published(cluster, request.getfixturevalue("toy") / "build")
    database = address.rpartition("/")[2].partition("?")[0]
    with cluster.connect(address) as connection, connection.transaction(force_rollback=True):
        if "CREATE ROLE" not in block.text:
            connection.execute("CREATE ROLE dapil_reader")
        connection.execute(block.text.replace("DATABASE dapil ", f'DATABASE "{database}" '))


# What is read


@of("sh", run=False)
def test_a_shell_can_read_it(block: Block) -> None:
    subprocess.run(["bash", "-n", "-c", block.text], check=True)
    for line in block.text.splitlines():
        words = line.partition("#")[0].split()
        if words[0] == "make":
            told = subprocess.run(
                ["make", "-n", words[1]], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert told.returncode == 0, told.stderr
        if words[0] == "python":
            assert (ROOT / words[1]).is_file(), line


def test_braces_of_nginx_are_closed() -> None:
    blocks = [each for each in ALL if each.language == "nginx"]
    assert {each.page for each in blocks} == {"operation.md", "scale.md"}
    for block in blocks:
        assert block.text.count("{") == block.text.count("}")
        assert all(line.strip().endswith(("{", "}", ";")) for line in
                   (each.partition("#")[0] for each in block.text.splitlines()) if line.strip())  # fmt: skip


# What is shown of the nation


@pytest.mark.national
@of("console")
def test_what_is_shown_of_the_nation_is_what_it_says(block: Block, nation: Release, tmp_path: Path) -> None:
    (tmp_path / "build").symlink_to(nation.path.parent)
    command, _, shown = block.text.partition("\n")
    language = "id" if block.page.endswith(".id.md") else "en"
    assert shell(command.removeprefix("$ "), tmp_path, language=language) == shown


@of("json")
def test_json_can_be_read(block: Block) -> None:
    assert json.loads(block.text)


@pytest.mark.national
def test_the_lookup_that_is_shown_is_what_the_nation_answers(nation: Release) -> None:
    (block,) = (each for each in ALL if each.language == "json" and each.page == "service.md")
    client = app_of(nation.path).test_client()
    answer = client.get("/lookup?lon=106.8&lat=-6.2&year=2024&f=json").json["dapil"][0]
    shown = json.loads(block.text)
    assert {name: answer[name] for name in shown} == shown
