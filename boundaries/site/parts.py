"""What the map page is made of: one script of own modules, one style sheet, and Leaflet from its package.

The script `assets/map.js` is made of `modules/` by `scripts/bundle.py` and tracked, so that neither a wheel nor a
checkout needs a bundler. Browsers run it in a page that was opened from a disk as well, where they run no module.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from xstatic.pkg import leaflet

_HERE: Final = Path(__file__).parent / "assets"
_LEAFLET: Final = Path(leaflet.BASE_DIR)
#: What the page loads, name → file on disk.
ASSETS: Final[Mapping[str, Path]] = MappingProxyType(
    {name: _LEAFLET / name for name in ("leaflet.js", "leaflet.css")}
    | {name: _HERE / name for name in ("early.js", "first.js", "map.js", "map.css", "icon.svg")}
)
#: What the page of drafts loads besides.
DRAFT_ASSETS: Final[Mapping[str, Path]] = MappingProxyType(
    {name: _HERE / name for name in ("uji.js", "uji.css")}
)
#: The service worker's text, without what it must be told.
WORKER: Final = _HERE / "sw.js"


def _digest(files: Mapping[str, Path]) -> str:
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:10]


#: A folder named by all that is in it: what lies there never changes.
FOLDER: Final = f"map.{_digest({**ASSETS, **DRAFT_ASSETS, WORKER.name: WORKER})}"
