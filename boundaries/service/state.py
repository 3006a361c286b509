"""The release being served, complete or not at all, and the switch to the next one."""

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from pygeoapi.api import API

from boundaries import __version__
from boundaries.release.cache import Cache
from boundaries.release.common_ground import CommonGround
from boundaries.release.following import Following, Refused
from boundaries.release.lookup import Lookup
from boundaries.release.named import Names
from boundaries.release.store import CURRENT, FOLDER, LIST, MANIFEST, mapped, open_release
from boundaries.service.download_files import Store
from boundaries.service.html import Pages
from boundaries.service.map_page import MapPage
from boundaries.service.messages import Answer
from boundaries.service.ogcapi import catalog, openapi
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.layers import CACHE_BYTES, Layers
from boundaries.service.ogcapi.lineage import Lineage
from boundaries.service.ogcapi.query import Limits
from boundaries.service.problems import Problem

_PREPARED_BYTES: Final = 16 << 20
_DOCUMENT_BYTES: Final = 32 << 20
_MAX_AGE: Final = 60


class State:
    """Everything that is served of one release. A request takes one state and keeps it to its end.

    `store`: where the release's files may be, for the links to them.
    """

    def __init__(self, address: str, settings: Mapping[str, Any], store: Store | None = None) -> None:
        own = settings.get("dapil") or {}
        cache = int(own["cache_mb"]) << 20 if "cache_mb" in own else CACHE_BYTES
        self.layers = Layers.of(address, cache)
        package = self.layers.package
        self.manifest = package.manifest
        self.id = str(self.manifest["release"])
        #: Whether there is anything under /downloads.
        self.files = store is not None and store.root is not None
        self._store = store
        offered = _offered(store, self.id)
        #: Names of the downloads of the release.
        self.offered = frozenset(str(each["name"]) for each in offered)
        self.fingerprint = _fingerprint(self.id, settings, offered)
        #: Seconds for which an answer may be kept that another release may answer otherwise.
        self.max_age = int(own.get("max_age", _MAX_AGE))
        self.cache_control = f"public, max-age={self.max_age}"
        self.since = time.time()
        #: When the release was made, in seconds of the epoch; None for a database.
        self.made = _made(address)
        #: A newer release that cannot be served, if there is one.
        self.refused: Refused | None = None
        limits = settings["server"].get("limits") or {}
        self.limits = Limits(int(limits.get("default_items", 100)), int(limits.get("max_items", 10_000)))
        self.config = catalog.configuration(settings, self.manifest, self.layers, package, offered)
        self.notes = catalog.notes(self.layers, package)
        years = sorted({int(plan["tahun"]) for plan in mapped(self.manifest)})
        self.openapi = openapi.document(self.config, self.layers, self.limits, years, files=self.files)
        self.api = API(self.config, self.openapi)
        self.pages = _pages(self.config["metadata"]["identification"], self.layers, files=self.files)
        self.lineage = Lineage(package, set(self.layers))
        self.lookup = Lookup(package)
        self.names = Names(package, self.lookup)
        units = (layer.ids for name, layer in self.layers.items() if name.startswith("unit-"))
        self.common_ground = CommonGround(self.lookup, (code for ids in units for code in ids))
        self.map = MapPage(
            settings, self.manifest, lambda: self.layers["unit-provinsi"].all(), self._provinces_of_plans
        )
        self.documents: Cache[bytes] = Cache(_DOCUMENT_BYTES)
        self.prepared: Cache[Answer] = Cache(int(own.get("prepared_mb", 0)) << 20 or _PREPARED_BYTES)

    def _provinces_of_plans(self) -> dict[str, list[str]]:
        """Return the provinces of each plan that has a map."""
        plans = [str(plan["id"]) for plan in self.manifest["plans"] if plan.get("layer") in self.layers]
        return {plan: [str(code) for code in self.layers[plan].domain("kode_provinsi")] for plan in plans}

    def health(self) -> dict[str, Any]:
        """Return what /health tells: times are in seconds; the age is that of the release's manifest."""
        now = time.time()
        told = {
            "status": "ok",
            "release": self.id,
            "age_s": None if self.made is None else max(0, round(now - self.made)),
            "ready": True,
            "collections": len(self.layers),
            "serving_since_s": round(now - self.since),
            "version": __version__,
        }
        return told | self._downloads() | (self._passed_over() if self.refused else {})

    def _downloads(self) -> dict[str, Any]:
        """Return what /health tells of the downloads, and of what is made behind the service."""
        if self._store is None or not self.files:
            return {}
        making = self._store.making()
        try:
            there = self._store.shelf(self.id).listing is not None
        except Problem:
            there = False
        told: dict[str, Any] = {"downloads": there}
        if self.manifest.get("provisional"):
            told["provisional"] = True
        return told | ({"making": making.told} if making.told else {})

    def _passed_over(self) -> dict[str, Any]:
        """Return what /health tells of a newer release that cannot be served; the log says why in full."""
        refused = self.refused
        assert refused is not None
        again = max(0, round(refused.again - time.monotonic()))
        return {"refused": refused.release, "refused_tries": refused.tries, "refused_next_try_in_s": again}


class _Codes:
    """The codes of some layers: asked of them, not held again."""

    def __init__(self, layers: list[Layer]) -> None:
        self._layers = layers

    def __contains__(self, code: object) -> bool:
        return any(layer.position(str(code)) is not None for layer in self._layers)


def _pages(about: Mapping[str, Any], layers: Layers, *, files: bool) -> Pages:
    units = [layers[name] for name in layers if name.startswith("unit-")]
    provinces = layers["unit-provinsi"]
    return Pages(
        manifest=layers.package.manifest,
        title=about["title"],
        description=about["description"],
        collections=list(layers),
        backdrop=provinces.all(),
        units=_Codes(units),
        provinces={
            code: str(provinces.properties(at)["nama"]) for at, code in enumerate(provinces.ids.all())
        },
        files=files,
    )


def _made(address: str) -> float | None:
    """Return when the manifest of a release of files was written; None for a database."""
    try:
        return (Path(address) / MANIFEST).stat().st_mtime
    except OSError:
        return None


def _offered(store: Store | None, release: str) -> list[Mapping[str, Any]]:
    """Return the entries of the release's list of downloads; none where there are no files, or no good list."""
    try:
        shelf = store.shelf(release) if store is not None else None
    except Problem:
        return []
    return [each.about for each in shelf.listing] if shelf is not None and shelf.listing is not None else []


def _fingerprint(release: str, settings: Mapping[str, Any], offered: list[Mapping[str, Any]]) -> bytes:
    """Return what names this release as served by this version with these settings and these downloads."""
    told = [json.dumps(each, sort_keys=True, default=str) for each in (settings, offered)]
    text = "\n".join([release, __version__, *told])
    return hashlib.blake2b(text.encode(), digest_size=32).digest()


class Follower(Protocol):
    """Says which state a request is served from."""

    def get(self) -> State:
        """Return the state to serve this request from."""


class Current:
    """Follows ``current``: by the rule of `boundaries.release.following`, a new release takes the place of the old.

    So it is when a release gets downloads while it is served. The check is a readlink and a stat a request.
    While the new state is made ready (about a second for the nation), all go on with the old one: in a thread of
    its own if `background`, else in the request that saw the change, which then is the first to be served from the
    new one.
    """

    def __init__(
        self,
        root: Path,
        make: Callable[[str], State],
        *,
        background: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = root
        self._link = str(root / CURRENT)
        single = (root / MANIFEST).is_file()
        self._list = str((root if single else root / CURRENT) / FOLDER / LIST)
        self._make = make
        self._background = background
        target = self._look()
        self._following = Following(make(str(open_release(root).path)), target, clock)

    def _look(self) -> tuple[str, int]:
        """Return where the link points and when the list of downloads was written; what is away is "" or 0."""
        try:
            link = os.readlink(self._link)  # noqa: PTH115 - asked at every request
        except OSError:
            link = ""
        try:
            return link, os.stat(self._list).st_mtime_ns  # noqa: PTH116
        except OSError:
            return link, 0

    def _moved(self) -> tuple[str, int] | None:
        """Return what is there now if it is to be tried. What went away changes nothing of what is served."""
        served, (link, listed) = self._following.target, self._look()
        if link in ("", served[0]) and listed in (0, served[1]):
            self._following.forget()
            return None
        return (link, listed) if self._following.due((link, listed)) else None

    def get(self) -> State:
        """Return the state to serve this request from."""
        if self._moved() and self._following.begin():
            if self._background:
                threading.Thread(target=self._switch, name="release", daemon=True).start()
            else:
                self._switch()
        return self._following.state

    def _switch(self) -> None:
        """Make the new state ready and put it in place; the caller has taken the right, which this gives back."""
        try:
            target = self._moved()
            if target is not None:
                name = Path(target[0] or self._root).name
                self._following.go_over(target, name, lambda: self._make(str(open_release(self._root).path)))
        finally:
            self._following.end()
