"""What the map page is made of: own modules and style sheet, and Leaflet from its package. Nothing from outside."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from xstatic.pkg import leaflet

_HERE: Final = Path(__file__).parent / "assets"
_LEAFLET: Final = Path(leaflet.BASE_DIR)


def _files() -> dict[str, Path]:
    lying = (*_HERE.iterdir(), *_HERE.with_name("modules").iterdir())
    own = {path.name: path for path in sorted(lying) if path.suffix in (".js", ".css", ".svg")}
    return own | {name: _LEAFLET / name for name in ("leaflet.js", "leaflet.css")}


def _digest(files: Mapping[str, Path]) -> str:
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:10]


#: Name → file on disk.
ASSETS: Final[Mapping[str, Path]] = MappingProxyType(_files())
#: The modules, `main.js` last; they import each other by relative names, so they lie in one folder.
MODULES: Final = tuple(
    sorted((name for name in ASSETS if name.endswith(".js") and name not in ("sw.js", "leaflet.js")),
           key=lambda name: (name == "main.js", name))
)  # fmt: skip
#: A folder named by all that is in it: what lies there never changes.
FOLDER: Final = f"map.{_digest(ASSETS)}"
