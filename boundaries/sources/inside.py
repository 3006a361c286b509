"""The files that a descriptor names: inside its folder, and under a name that may be published.

A descriptor may come from a stranger, and what it names is read and its path is published. So nothing outside its
folder is read, whatever way leads there, and an absolute path (which holds the name of an account, and differs on
every machine) is taken only if it leads into the folder, and is then called by the file's name alone.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from boundaries.errors import SourceError

_MEND: Final = "copy the file into the folder of the descriptor and name it by its path from there, with /"


def check_inside(folder: Path, file: Path, shown: str) -> None:
    """Raise SourceError if `file`, all links followed, lies outside `folder`."""
    if not file.resolve().is_relative_to(folder.resolve()):
        raise SourceError(f"{shown} is outside the folder of the descriptor ({folder}); {_MEND}")


class Names:
    """The names that the files of one descriptor have; ``called``: absolute path → name."""

    def __init__(self, folder: Path, at: str) -> None:
        self.folder = folder
        self.at = at
        self.called: dict[str, str] = {}
        self._taken: dict[str, str] = {}

    def of(self, key: str, name: str) -> str:
        """Return the name under which a file that the descriptor names is known."""
        self.check(key, name)
        new = Path(name).name if Path(name).is_absolute() else name
        if self._taken.setdefault(new, name) != name:
            raise SourceError(
                f"{self.at}: key {key} names two files called {new}; write their paths from the folder of the "
                "descriptor"
            )
        if new != name:
            self.called[name] = new
        return new

    def check(self, key: str, name: str) -> None:
        """Raise SourceError for a path that leaves the folder, or that another system would read otherwise."""
        shown = f"{self.at}: key {key} names {name!r}, which"
        if not Path(name).is_absolute() and (
            "\\" in name or PureWindowsPath(name).drive or PurePosixPath(name).is_absolute()
        ):
            raise SourceError(f"{shown} is no path from the folder of the descriptor; {_MEND}")
        if ".." in PurePosixPath(name).parts:
            raise SourceError(f"{shown} is outside the folder of the descriptor ({self.folder}); {_MEND}")
        check_inside(self.folder, self.folder / name, shown)


def replaced(value: Any, called: Mapping[str, str]) -> Any:
    """Return what TOML gave with every absolute path replaced by its name."""
    if isinstance(value, Mapping):
        return {called.get(key, key): replaced(each, called) for key, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, called) for each in value]
    return called.get(value, value) if isinstance(value, str) else value
