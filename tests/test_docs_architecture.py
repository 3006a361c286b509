"""docs/architecture.md is held to the code: every wing and module, and the shapes that pass between them."""

import ast
import importlib
import re
from pathlib import Path
from typing import Any

from tests.docs_help import PACKAGE, PAGES, ROOT, quoted, read, section, tables

PAGE = "docs/architecture.md"
#: Wings whose modules are named by what they are: a module a format, a page, a command.
BY_KIND = {"exports", "service", "cli", "errors", "build", "api", "extras"}


def house() -> tuple[dict[str, str], list[list[str]]]:
    """Return what is said of each wing, and the rows about the service."""
    wings, service = tables(section(PAGE, "## The house"))
    return {name.strip("`").rstrip("/"): said for name, _, said in wings[1:]}, service[1:]


def wings() -> set[str]:
    found = [path for path in PACKAGE.iterdir() if path.suffix in ("", ".py")]
    return {path.stem for path in found if not path.stem.startswith("_")}


def modules_of(wing: str) -> set[str]:
    """Return the modules and folders of a wing, however deep."""
    found = [path for path in (PACKAGE / wing).rglob("*") if path.suffix == ".py" or path.is_dir()]
    return {path.stem for path in found if not path.stem.startswith("_")}


def test_every_wing_is_drawn_and_described() -> None:
    assert set(house()[0]) == wings()
    picture = section(PAGE, "## The house").partition("| wing |")[0]
    assert [wing for wing in sorted(wings()) if not re.search(rf"\b{wing}:", picture)] == []


def test_every_module_that_is_named_is_there() -> None:
    described, service = house()
    for wing, said in described.items():
        for each in quoted(said):
            if "." not in each and not each.startswith("DAPIL"):
                assert each.rstrip("/") in modules_of(wing) | wings(), (wing, each)
    for names, job in service:
        for each in quoted(names) | {each for each in quoted(job) if re.fullmatch("[a-z_]+", each)} - {
            "current"
        }:
            assert each.rstrip("/") in modules_of("service"), each


def test_every_module_is_named() -> None:
    described, service = house()
    for wing, said in described.items():
        if wing not in BY_KIND:
            top = {path.stem for path in (PACKAGE / wing).glob("*.py") if not path.stem.startswith("_")}
            assert top <= quoted(said), wing
    named = {each.rstrip("/") for row in service for each in quoted(row[0])}
    assert {each.stem for each in (PACKAGE / "service").iterdir() if not each.stem.startswith("_")} <= named


def test_modules_that_are_named_elsewhere_are_there() -> None:
    files = [
        path
        for base in (PACKAGE, ROOT / "tests", ROOT / "scripts", ROOT / "bench")
        for path in base.rglob("*.*")
    ]
    known = {"/".join(path.parts[at:]) for path in (*files, *ROOT.glob("*.py")) for at in range(-5, 0)}
    missing = [
        (page, each) for page in PAGES for each in sorted(quoted(read(page)))
        if (re.fullmatch(r"[\w/]+\.(py|js|mjs)", each) and each not in known)
        or (re.fullmatch(r"boundaries(\.\w+)+", each) and not importable(each))
    ]  # fmt: skip
    assert missing == []


def importable(dotted: str) -> bool:
    """Return whether a dotted name is a module, or leads to something in one."""
    parts = dotted.split(".")
    for at in range(len(parts), 0, -1):
        try:
            held: Any = importlib.import_module(".".join(parts[:at]))
        except ModuleNotFoundError:
            continue
        for name in parts[at:]:
            held = getattr(held, name, None)
        return held is not None
    return False


# Shapes


def defined(place: Path) -> dict[str, list[str]]:
    """Return what a module, or the modules of a folder, define: functions with arguments, classes with members."""
    found: dict[str, list[str]] = {}
    for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = _arguments(node)
            elif isinstance(node, ast.ClassDef):
                found[node.name] = [
                    ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign)
                ]
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
                found[node.name] += [each.name for each in methods]
                found |= {f"{node.name}.{each.name}": _arguments(each)[1:] for each in methods}
    return found


def _arguments(node: ast.FunctionDef) -> list[str]:
    return [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]


def test_the_shapes_are_those_of_the_code() -> None:
    (block,) = re.findall(
        r"```python\n(.*?)```", section(PAGE, "## Shapes that pass between modules"), re.DOTALL
    )
    held: dict[str, list[str]] = {}
    owner, seen = "", 0
    for line in filter(None, block.splitlines()):
        code = re.sub(r"\s+#.*|\s*->.*", "", line)
        if place := re.match(r"# ([\w/]+(?:\.py)?)", line):
            held, owner = defined(PACKAGE / place[1]), ""
        elif found := re.match(r"class (\w+)", code):
            owner = found[1]
            assert owner in held, line
        elif found := re.match(r"    (\w+):", code):
            assert found[1] in held[owner], line
        elif found := re.match(r"(    )?(?:def )?(?:(\w+)\(\w+\)\.)?(\w+)\((.*)\)$", code):
            of = found[2] or (owner if found[1] else "")
            told = re.findall(r"(?:^|, )(\w+)(?=[:,= ]|$)", re.sub(r"\[[^]]*\]", "", found[4]))
            assert told == held[f"{of}.{found[3]}" if of else found[3]], line
        else:
            assert line.startswith("@"), line
        seen += 1
    assert seen > 40
