"""What is served under ``/static/``, and what the pages may load.

A name holds the first figures of its file's SHA-256: a file of that name never changes and may be kept for good.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

from boundaries.site.parts import ASSETS as MAP_ASSETS
from boundaries.site.parts import DRAFT_ASSETS
from boundaries.site.parts import FOLDER as MAP_FOLDER

_HERE: Final = Path(__file__).parent / "assets"
_SWAGGER: Final = ("swagger-ui.css", "swagger-ui-bundle.js")


def _hashed(path: Path) -> str:
    return f"{path.stem}.{hashlib.sha256(path.read_bytes()).hexdigest()[:10]}{path.suffix}"


def _files() -> dict[str, Path]:
    own = sorted(path for path in _HERE.iterdir() if path.suffix in (".css", ".js", ".svg"))
    return {path.name: path for path in (*own, *(Path(swagger_ui_path) / name for name in _SWAGGER))}


#: The name under /static/ of a file by its plain name: ``ASSET["site.css"]``.
ASSET: Final[Mapping[str, str]] = MappingProxyType({name: _hashed(path) for name, path in _files().items()})
#: Name under /static/ -> file on disk: own assets, those of dependencies, and the folder of the map page.
STATIC: Final[Mapping[str, Path]] = MappingProxyType(
    {ASSET[name]: path for name, path in _files().items()}
    | {f"{MAP_FOLDER}/{name}": path for name, path in {**MAP_ASSETS, **DRAFT_ASSETS}.items()}
)

_COMMON: Final = (
    "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
)
#: The Content-Security-Policy of every page but one.
CSP: Final = _COMMON + "style-src 'self'"
#: That of the page of /openapi. Swagger UI 4.15 runs under the same: it styles through the DOM, and its own
#: pictures are data: addresses in its style sheet.
CSP_OPENAPI: Final = CSP
