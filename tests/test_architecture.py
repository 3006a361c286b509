"""The house: imports run downwards only, and a name says one thing."""

import ast
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: From the ground up; a wing imports itself and what stands before it. docs/architecture.md draws the same.
FLOORS = (
    "errors", "extras", "law", "sources", "ground", "release", "topology", "elections", "research", "exports",
    "downloads", "verify", "postgis", "mirror", "site", "service", "api", "build", "cli",
)  # fmt: skip

#: The same inside the service.
SERVICE = ("problems", "crs", "filters", "html", "ogcapi", "")


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    paths = sorted((ROOT / "boundaries").rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }


def imports(path: Path, known: set[str]) -> set[str]:
    """Modules of the package that a module imports, at its head or later."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & known
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known if names <= known else (names & known) | {node.module}
    return found


GRAPH = {name: imports(path, set(modules())) for name, path in modules().items()}


def wing(module: str) -> str:
    return [*module.split("."), ""][1]


def test_every_wing_has_its_floor() -> None:
    assert {wing(name) for name in GRAPH} == {*FLOORS, ""}


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_run_downwards_only(floor: str) -> None:
    allowed = {"", *FLOORS[: FLOORS.index(floor) + 1]}
    upward = [
        f"{name} imports {used}"
        for name, uses in GRAPH.items() if wing(name) == floor
        for used in sorted(uses) if wing(used) not in allowed
    ]  # fmt: skip
    assert upward == []


def test_no_module_leads_back_to_itself() -> None:
    packages = {name for name, path in modules().items() if path.name == "__init__.py"}
    TopologicalSorter({name: uses for name, uses in GRAPH.items() if name not in packages}).prepare()


def test_a_name_stands_once() -> None:
    names = Counter(name.rpartition(".")[2] for name in GRAPH if not name.endswith("__main__"))
    assert {name: count for name, count in names.items() if count > 1} == {}
