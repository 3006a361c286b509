"""Peta Dapil: the law's tables and a real base map, turned into maps of every dapil.

What a program may rely on is named here, and described in docs/python.md; all other modules are the project's own and
may change. Importing the package is cheap: a name is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boundaries.api import assignment as assignment
    from boundaries.api import available as available
    from boundaries.api import lookup as lookup
    from boundaries.api import read as read
    from boundaries.api import read_units as read_units
    from boundaries.api import toy as toy
    from boundaries.errors import BoundariesError as BoundariesError

__version__ = "0.1.0"

_HOME = {
    "available": "boundaries.api",  # what there is
    "read": "boundaries.api",  # the dapil of a chamber and year
    "read_units": "boundaries.api",  # provinsi, kabkota, kecamatan, desa
    "assignment": "boundaries.api",  # which dapil a unit belongs to
    "lookup": "boundaries.api",  # which dapil a point lies in
    "toy": "boundaries.api",  # an invented nation to try all this on
    "BoundariesError": "boundaries.errors",  # what all of them raise
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*_HOME, "__version__"]
