"""Help for the tests of documents: sections, tables and words in backticks of a page."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "boundaries"
#: Every document by its path from the root.
PAGES = sorted(str(path.relative_to(ROOT)) for path in (*ROOT.glob("*.md"), *DOCS.glob("*.md")))


def script(name: str) -> ModuleType:
    """Return a script as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def section(page: str, head: str) -> str:
    """Return what stands under a heading of a page, until the next of its level."""
    level = len(head.partition(" ")[0])
    kept: list[str] = []
    inside = fenced = False
    for line in read(page).splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(rf"#{{1,{level}}} ", line):
            inside = line == head
        elif inside:
            kept.append(line)
    assert kept, f"{page} has no {head}"
    return "\n".join(kept)


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of a text: rows of cells, the heads first."""
    found: list[list[list[str]]] = [[]]
    for line in text.splitlines():
        if not line.startswith("|"):
            found.append([])
        elif not set(line) <= set("|-: "):
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return [table for table in found if table]


def table(page: str, head: str) -> list[list[str]]:
    """Return the rows of a page's table whose first head is `head`, without the heads."""
    return next(found[1:] for found in tables(read(page)) if found[0][0] == head)


def quoted(text: str) -> set[str]:
    """Return what stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", text))
