"""Our JavaScript modules as one classic script: browsers run no module from a folder that was opened from a disk.

No tool of the trade but a few rules, and every module keeps them or is refused: it imports by name from its own folder,
exports functions, classes and constants where they are declared, and does nothing else with either word. Each module
becomes a function that returns what it exports, run in the order of the imports; names of two modules never meet.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from boundaries.errors import BoundariesError

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_IMPORT: Final = re.compile(r'^import \{([^{}]*)\} from "\./([a-z][a-z0-9-]*\.js)";$', re.MULTILINE)
_EXPORT: Final = re.compile(rf"^export ((?:async )?function\*?|class|const) ({_NAME})\b", re.MULTILINE)
_CLAUSE: Final = re.compile(rf"({_NAME})(?: as ({_NAME}))?")
#: What else a line may begin with that only a module may hold; and what is read at run time.
_LEFT: Final = re.compile(r"^(?:import|export)\b.*$|\bimport\s*\(|\bimport\.meta\b", re.MULTILINE)
_AWAIT: Final = re.compile(r"^(?:(?:const|let|var) .*=\s*)?await\b.*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^\s*//.*$", re.MULTILINE)


class BundleError(BoundariesError):
    """A module does what the bundler does not understand."""


def bundle(folder: Path, entry: str = "main.js") -> str:
    """Return one classic script of the module `entry` and all that it imports, under ``"use strict"``.

    Raises
    ------
    BundleError
        A module is missing, imports itself in a circle, asks for a name that is not exported, or is written otherwise
        than the rules say; the message names the module and the line.
    """
    modules: dict[str, _Module] = {}
    _collect(folder, entry, (), modules)
    parts = [module.wrapped(modules) for module in modules.values()]
    return '(() => {\n"use strict";\n' + "".join(parts) + "})();\n"


def modules_of(folder: Path, entry: str = "main.js") -> list[str]:
    """Return the names of the modules that `entry` needs, in the order in which they are run."""
    modules: dict[str, _Module] = {}
    _collect(folder, entry, (), modules)
    return list(modules)


class _Module:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.imports = [(source, dict(_clauses(name, names))) for names, source in _IMPORT.findall(text)]
        self.exports = [found for _, found in _EXPORT.findall(text)]
        self.body = _EXPORT.sub(r"\1 \2", _IMPORT.sub("", text)).strip("\n")
        self._check()

    def _check(self) -> None:
        code = _COMMENT.sub("", self.body)
        for pattern, what in (
            (_LEFT, "an import or export of another form"),
            (_AWAIT, "await outside a function"),
        ):
            if found := pattern.search(code):
                raise BundleError(
                    f"{self.name}: {what} cannot be put into one script: {found.group().strip()[:80]}; "
                    'write import { a, b } from "./x.js"; and export function, class or const'
                )
        twice = {name for name in self.exports if self.exports.count(name) > 1}
        if twice:
            raise BundleError(f"{self.name} exports {', '.join(sorted(twice))} twice")

    def wrapped(self, modules: Mapping[str, "_Module"]) -> str:
        lines = []
        for source, names in self.imports:
            for name in names.values():
                if name not in modules[source].exports:
                    raise BundleError(f"{self.name} imports {name} from {source}, which does not export it")
            given = [own if own == name else f"{name}: {own}" for own, name in names.items()]
            lines.append(f"const {{ {', '.join(given)} }} = {_variable(source)};\n")
        given_out = f"return {{ {', '.join(self.exports)} }};\n" if self.exports else ""
        opened = f"// {self.name}\nconst {_variable(self.name)} = (() => {{\n"
        return f"{opened}{''.join(lines)}{self.body}\n{given_out}}})();\n"


def _collect(folder: Path, name: str, path: tuple[str, ...], modules: dict[str, _Module]) -> None:
    """Add a module after those that it imports."""
    if name in path:
        circle = " → ".join([*path[path.index(name) :], name])
        raise BundleError(f"modules import each other in a circle: {circle}; move what they share to a third")
    if name in modules:
        return
    try:
        text = (folder / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        asked = f" (imported by {path[-1]})" if path else ""
        raise BundleError(f"module {name}{asked} cannot be read: {error}") from None
    module = _Module(name, text)
    for source, _ in module.imports:
        _collect(folder, source, (*path, name), modules)
    modules[name] = module


def _clauses(module: str, text: str) -> Iterator[tuple[str, str]]:
    """Own name → exported name, of what stands between the braces."""
    for clause in filter(None, map(str.strip, text.split(","))):
        found = _CLAUSE.fullmatch(clause)
        if not found:
            raise BundleError(f"{module}: cannot read the import of {clause!r}")
        yield found[2] or found[1], found[1]


def _variable(name: str) -> str:
    return "$" + name.removesuffix(".js").replace("-", "_")
