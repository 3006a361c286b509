"""A colour for each party, near its own, that can be told from the others by the colour-blind too.

The colours of ``partai`` are those of logos: five of them are red, four dark blue. Parties are taken by their seats in
the elections of the DPR, the largest first. Each keeps its colour, or the nearest tint or shade of it that differs
enough from all before it for normal sight, protanopia and deuteranopia (Machado, Oliveira and Fernandes 2009). Where
none does, the one that differs most is taken: names in words stand beside every colour.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Least difference (CIE 1976) between two parties, in each way of seeing.
LEAST: Final = 22.0
#: What a party without a colour of its own starts from.
GREY: Final = "#8a8f94"
#: Linear RGB as it is seen: by most, without red cones, without green cones.
_SIGHT: Final = np.array(
    [
        np.eye(3),
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ]
)
_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE: Final = np.array([0.95047, 1.0, 1.08883])
_SHADES: Final = np.linspace(-0.6, 0.75, 28)  # towards black, towards white
_GREYED: Final = (0.0, 0.25, 0.5)


def party_colours(own: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each party a colour.

    Parameters
    ----------
    own
        Party and colour (``#rrggbb``, or empty), the most important first.

    Examples
    --------
    >>> party_colours([("a", "#d52027"), ("b", "#d52027")])["a"]
    '#d52027'
    """
    found: dict[str, str] = {}
    taken = np.empty((0, 3, 3))
    for party, colour in own:
        choices = _choices(colour or GREY)
        seen = _seen(choices)
        away = _distance(seen[:, None], taken[None]).min(axis=(1, 2), initial=1e3)
        change = _distance(seen[:, 0], seen[0, 0])
        enough = away >= LEAST
        best = int(np.argmin(np.where(enough, change, np.inf)) if enough.any() else np.argmax(away))
        found[party] = "#" + "".join(f"{round(float(part) * 255):02x}" for part in choices[best])
        taken = np.concatenate([taken, seen[best : best + 1]])
    return found


def differences(one: str, other: str) -> Array:
    """Return how much two colours differ (CIE 1976) for normal sight, protanopia and deuteranopia: (3,)."""
    seen = _seen(np.array([_read(one), _read(other)]))
    return _distance(seen[0], seen[1])


def _read(colour: str) -> list[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _choices(colour: str) -> Array:
    """The colour itself, then tints, shades and greyer ones of it, in sRGB from 0 to 1: (n, 3)."""
    base = np.array(_read(colour))
    made = [base]
    for greyed in _GREYED:
        duller = base * (1 - greyed) + base.mean() * greyed
        made += [duller * (1 - shade) + shade if shade > 0 else duller * (1 + shade) for shade in _SHADES]
    return np.array(made)


def _seen(colours: Array) -> Array:
    """Lab of colours (n, 3) in each way of seeing: (n, 3 sights, 3)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    as_seen = np.clip(np.einsum("sij,nj->nsi", _SIGHT, linear), 0, 1)
    xyz = as_seen @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def _distance(one: Any, other: Any) -> Array:
    return np.asarray(np.sqrt(((one - other) ** 2).sum(axis=-1)))
