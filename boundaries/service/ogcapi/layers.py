"""The layers of one release: one a table, and one a chamber over all its elections."""

import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Final
from weakref import WeakValueDictionary

from boundaries.release.cache import Cache
from boundaries.release.feature_source import FilePackage, Package
from boundaries.release.spliced import Part
from boundaries.release.store import open_release
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.table_layer import HELD_BYTES, TableLayer, Values, grounds_of

CACHE_BYTES: Final = 64 << 20
_CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")


class Layers(Mapping[str, Layer]):
    """All collections of a release, by name, in the order in which they are listed.

    Half of `cache_bytes` is for geometries that spatial questions need, half for texts in other systems.
    """

    _open: ClassVar["WeakValueDictionary[tuple[int, str, int], Layers]"] = WeakValueDictionary()
    _opening: ClassVar = threading.Lock()

    def __init__(self, package: Package, cache_bytes: int = CACHE_BYTES) -> None:
        self.package = package
        texts: Cache[Part] = Cache(cache_bytes // 2)
        names = [str(layer["name"]) for layer in package.manifest["layers"]]
        units = [name for name in names if name.startswith("unit-")]
        plans = [name for name in names if name not in units]
        self._layers = {name: Layer(package, name, texts=texts) for name in plans}
        for chamber in _CHAMBERS:
            years = sorted(name for name in plans if name.rpartition("-")[0] == chamber)
            if years:
                name = f"dapil-{chamber}"
                self._layers[name] = Layer(package, name, years, texts=texts)
        self._layers |= {name: Layer(package, name, texts=texts) for name in units}
        held: Cache[Values] = Cache(HELD_BYTES)
        #: The election's tables among them.
        self.tables: dict[str, TableLayer] = {}
        if (tables := package.elections) is not None:
            self.tables = {
                name: TableLayer(tables, name, grounds_of(about, self._layers), held)
                for name, about in tables.tables.items()
            }
        self._layers |= self.tables

    @classmethod
    def of(cls, address: str, cache_bytes: int | None = None) -> "Layers":
        """Return the layers at an address: one object as long as anything holds it (releases never change).

        Without `cache_bytes` it is any that is held, whatever its cache.

        `address`: a release's directory or a file in it, or ``postgresql://…`` with ``?release=`` its id.
        Raises ReleaseError.
        """
        with cls._opening:
            found = cls.held(address, cache_bytes)
            if found is None:
                size = CACHE_BYTES if cache_bytes is None else cache_bytes
                found = cls(open_package(address, size // 2), size)
                cls._open[os.getpid(), address, size] = found
            return found

    @classmethod
    def held(cls, address: str, cache_bytes: int | None = None) -> "Layers | None":
        """Return the layers at an address if anything holds them."""
        for (process, place, size), layers in list(
            cls._open.items()
        ):  # no connection may be carried over a fork
            if (process, place) == (os.getpid(), address) and cache_bytes in (None, size):
                return layers
        return None

    def __getitem__(self, name: str) -> Layer:
        return self._layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


def open_package(address: str, cache_bytes: int) -> Package:
    """Return the release at `address`. Raises ReleaseError."""
    if address.startswith(("postgresql:", "postgres:")):
        from boundaries.postgis.database_source import PostgisPackage

        return PostgisPackage(address, cache_bytes)
    path = Path(address)
    return FilePackage(open_release(path.parent if path.is_file() else path), cache_bytes)
