"""The release being served, complete or not at all, and the switch to the next one."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pygeoapi.api import API

from boundaries.errors import BoundariesError
from boundaries.release import CURRENT, open_release
from boundaries.service import catalog, openapi
from boundaries.service.layer import Layer
from boundaries.service.lookup import Lookup
from boundaries.service.provider import CACHE_BYTES, Layers
from boundaries.service.query import Limits

LOGGER = logging.getLogger(__name__)


class State:
    """Everything that is served of one release. A request takes one state and keeps it to its end."""

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        release = open_release(path)
        own = settings.get("dapil") or {}
        self.manifest = release.manifest
        self.id = release.id
        cache = int(own["cache_mb"]) << 20 if "cache_mb" in own else CACHE_BYTES
        self._held = Layers.of(release.gpkg, cache)
        self.layers: dict[str, Layer] = {name: self._held[name] for name in release.layers}
        limits = settings["server"].get("limits") or {}
        self.limits = Limits(int(limits.get("default_items", 100)), int(limits.get("max_items", 10_000)))
        config = catalog.configuration(settings, self.manifest, self.layers, self._held.package)
        years = sorted({int(plan["tahun"]) for plan in self.manifest["plans"] if plan.get("layer")})
        self.openapi = openapi.document(config, self.layers, self.limits, years)
        self.api = API(config, self.openapi)
        self.documents: dict[tuple[str, ...], bytes] = {}

    @cached_property
    def lookup(self) -> Lookup:
        """The point lookup, made when first asked for."""
        return Lookup.from_package(self._held.package)


class Current:
    """Follows ``current``: a new release is made ready in full, then takes the place of the old one.

    The check is one readlink a request. While one request makes the new state ready, the others go on with
    the old one. A release that cannot be read is logged once and passed over; the old one stays.
    """

    def __init__(self, root: Path, make: Callable[[Path], State]) -> None:
        self._root = root
        self._make = make
        self._lock = threading.Lock()
        self._target = self._look()
        self._state = make(open_release(root).path)

    def _look(self) -> str:
        try:
            return str((self._root / CURRENT).readlink())
        except OSError:
            return ""

    def get(self) -> State:
        """Return the state to serve this request from."""
        if self._look() not in ("", self._target) and self._lock.acquire(blocking=False):
            try:
                self._switch()
            finally:
                self._lock.release()
        return self._state

    def _switch(self) -> None:
        target = self._look()
        if target in ("", self._target):
            return
        try:
            self._state = self._make(open_release(self._root).path)
        except (BoundariesError, sqlite3.Error, LookupError, ValueError, TypeError, OSError) as error:
            LOGGER.error("release %s cannot be served, keeping %s: %s", target, self._state.id, error)
        self._target = target
