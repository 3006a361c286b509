"""The map page in the service: ``/map``, its service worker ``/map-sw.js``, and what the page may load; ``/uji``.

The page is the same for every reader of a language; what is shown stands behind the # of its address, which no browser
sends. Its data are the downloads of the release.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote, urlsplit

import numpy as np
from numpy.typing import NDArray

from boundaries import __version__
from boundaries.errors import BoundariesError
from boundaries.service.html.links import Language, Page
from boundaries.service.html.nation_outline import Outline, nation_outline
from boundaries.site import draft_html
from boundaries.site import map_html as site
from boundaries.site.parts import ASSETS, FOLDER

#: What a background map may be called: everything else would open the policy further than one host.
_PLACES: Final = ("{z}", "{x}", "{y}")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{tiles}; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors *"
)
#: Of the page of drafts: it loads data of this service and sends nothing.
DRAFT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
#: Of the service worker: it runs under the policy of its own answer and not of the page's, and may fetch from here.
WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'"


class MapPage:
    """The page of one release. `settings`: ``dapil: map:`` of the configuration: ``tiles``, ``attribution``.

    `provinces` gives the polygons of the provinces (lon/lat), of which the first picture is made when it is asked for;
    `maps` which provinces each plan with a map has.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        manifest: Mapping[str, Any],
        provinces: Callable[[], NDArray[np.object_]],
        maps: Callable[[], Mapping[str, Sequence[str]]],
    ) -> None:
        self._provinces = provinces
        self._asked_maps = maps
        own = (settings.get("dapil") or {}).get("map") or {}
        self._manifest = manifest
        self._tiles = str(own.get("tiles") or "")
        self._attribution = str(own.get("attribution") or "")
        self._release = quote(str(manifest["release"]), safe="")
        #: The Content-Security-Policy of the page: others may frame it; pictures also from the host of the tiles.
        self.policy = _POLICY.format(tiles=f" {_origin(self._tiles)}" if self._tiles else "")

    def page(self, page: Page) -> bytes:
        """Return the page in its language."""
        return site.render(page.language, self._paths(page), self._manifest, self._maps, self._outline)

    @cached_property
    def _maps(self) -> Mapping[str, Sequence[str]]:
        return self._asked_maps()

    @cached_property
    def _outline(self) -> Outline:
        return nation_outline(self._provinces())

    def drafts(self, page: Page) -> bytes:
        """Return the page that holds drafts against the law, in its language."""
        return draft_html.render(page.language, self._paths(page), self._manifest, map_page=page.to("/map"))

    def worker(self, page: Page) -> bytes:
        """Return the service worker: what it keeps is told by addresses of this service."""
        root, assets = page.prefix, self._assets(page)
        pages = [f"{root}/map", *(f"{root}/map?lang={language}" for language in site.LANGUAGES)]
        files = [f"{assets}{name}" for name in ASSETS]
        base = self._base(page)
        more = [f"{base}{name}" for name in site.first_files(self._manifest)]
        version = f"{self._release}-{FOLDER.removeprefix('map.')}-{__version__}"
        return site.worker(version, pages, files, more, [assets, base])

    def _paths(self, page: Page) -> site.Paths:
        other: Language = "en" if page.language == "id" else "id"
        assets = self._assets(page)
        return site.Paths(
            base=self._base(page),
            other=page.here(language=other),
            asset=lambda name: f"{assets}{name}",
            api=f"{page.prefix}/",
            downloads=f"{page.prefix}/downloads/{self._release}/",
            worker=f"{page.prefix}/map-sw.js",
            scope=f"{page.prefix}/map",
            card=page.absolute("/kartu.png", lang=page.language),
            url=page.whole(page.path),
            manifest=f"{page.prefix}/manifest.webmanifest",
            oembed=page.oembed("/map"),
            tiles=self._tiles,
            tiles_attribution=self._attribution,
        )

    def _base(self, page: Page) -> str:
        return f"{page.prefix}/downloads/{self._release}/"

    def _assets(self, page: Page) -> str:
        return f"{page.prefix}/static/{FOLDER}/"


def _origin(tiles: str) -> str:
    """Return the one origin that tiles come from. Raises BoundariesError where the pattern has not exactly one."""
    parts = urlsplit(tiles)
    if parts.scheme != "https" or not parts.hostname or any(place not in tiles for place in _PLACES):
        raise BoundariesError(
            f"dapil: map: tiles: {tiles!r} is no pattern of tiles; write https://host/{{z}}/{{x}}/{{y}}.png, "
            "or leave it out: the map needs none"
        )
    if any(sign in parts.netloc for sign in "{}*;, '\"@"):
        raise BoundariesError(
            f"dapil: map: tiles: the host {parts.netloc!r} must be one name, without {{s}} or *"
        )
    return f"https://{parts.netloc}"
