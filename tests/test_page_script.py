"""The one script of the map page: made of the modules that lie beside it, all of them, none leading back to itself."""

import re
import subprocess
from graphlib import TopologicalSorter
from posixpath import basename, dirname, join, normpath

import pytest

from boundaries.site.parts import ASSETS
from scripts import bundle
from tests.page_modules import NODE

#: Folders of the modules from the ground up: one imports itself and what stands before it. "" are app.js and main.js.
FLOORS = ("state", "draw", "search", "panel", "share", "draft", "")


def imports() -> dict[str, set[str]]:
    """Module → the modules that it imports, by their names below the folder of all."""
    found = {}
    for name, path in bundle.sources().items():
        asked = re.findall(r'\bfrom "([^"]+)";$', path.read_text("utf-8"), re.MULTILINE)
        found[name] = {normpath(join(dirname(name), each)) for each in asked}
    return found


def test_the_script_is_made_of_these_modules() -> None:
    for script in bundle.BUNDLES.values():
        head = script.read_text("utf-8").partition("*/")[0]
        assert f"({bundle.digest()})" in head, "a module was changed: run `make bundle`"


def test_esbuild_makes_the_same_script() -> None:
    try:
        made = {script: bundle.bundle(entry) for entry, script in bundle.BUNDLES.items()}
    except FileNotFoundError:
        pytest.skip("needs npm, to have esbuild")
    assert {script: script.read_bytes() for script in made} == made
    assert bundle.BUNDLES["main.js"] == ASSETS["map.js"]


def test_the_script_is_whole_and_asks_for_nothing() -> None:
    text = ASSETS["map.js"].read_text("utf-8")
    assert not re.search(r"\bimport\b\s*[({\"']|\bexport\s*[{*]|\beval\(|new Function\b", text)
    if NODE is None:
        pytest.skip("needs node, to read the script")
    subprocess.run([NODE, "--check", ASSETS["map.js"]], check=True, capture_output=True)


def test_every_module_is_of_use_and_none_leads_back_to_itself() -> None:
    graph = imports()
    order = list(TopologicalSorter(graph).static_order())
    assert set(order) == set(graph)
    reached, waiting = set(), list(bundle.BUNDLES)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += graph[name]
    assert reached == set(graph)


def test_imports_run_downwards_only_and_a_name_stands_once() -> None:
    graph = imports()
    assert {dirname(name) for name in graph} == set(FLOORS)
    upward = [
        f"{name} imports {used}"
        for name, uses in graph.items()
        for used in sorted(uses)
        if FLOORS.index(dirname(used)) > FLOORS.index(dirname(name))
    ]
    assert upward == []
    assert len({basename(name) for name in graph}) == len(graph)
