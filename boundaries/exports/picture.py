"""A layer of a release as one picture (PNG, SVG or PDF), with its legend, source and licence in it."""

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from boundaries.errors import NotFound, ReleaseError
from boundaries.release.store import STANDARD, Release

Array = NDArray[Any]

_INCHES: Final = 15.0
_DPI: Final = 160
_SEA, _LINE, _INK = "#f4f7f9", "#ffffff", "#22303c"


def draw(release: Release, layer: str, output: Path) -> None:
    """Draw `layer` to `output`, coloured by seats (a plan) or plainly (units).

    Lines are thinned for the size of the picture by a coverage simplification, so that neighbours stay joined and
    no feature vanishes. Raises NotFound for an unknown layer, ReleaseError where the file cannot be written.
    """
    if layer not in release.layers:
        raise NotFound(f"no layer {layer!r} in release {release.id}; there are {', '.join(release.layers)}")
    frame, geometry = release.read_layer(layer, STANDARD)
    west, south, east, north = shapely.total_bounds(geometry)
    pad = 0.02 * (east - west)
    per_pixel = (east - west) / (_INCHES * _DPI)
    thin = shapely.coverage_simplify(geometry, per_pixel)
    height = _INCHES * (north - south + 3.4 * pad) / (east - west + 2 * pad)
    figure = Figure(figsize=(_INCHES, height), dpi=_DPI, facecolor=_SEA)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(west - pad, east + pad)
    axes.set_ylim(south - 1.6 * pad, north + 1.8 * pad)
    colours, legend = _colours(frame)
    outlines = [_outline(g) for g in thin]
    axes.add_collection(PathCollection(outlines, facecolors=colours, edgecolors=_LINE, linewidths=0.45))
    _words(axes, release, layer, frame, legend)
    try:
        figure.savefig(output, facecolor=_SEA, metadata=_metadata(output, release))
    except (OSError, ValueError) as error:
        raise ReleaseError(
            f"cannot draw {output}: {error}; name a .png, .svg or .pdf in a folder that exists"
        ) from error


def _colours(frame: pd.DataFrame) -> tuple[Array, list[Patch]]:
    if "kursi" not in frame:
        return np.full(len(frame), "#7a9db5", dtype=object), []
    seats = frame["kursi"].to_numpy()
    values = np.unique(seats)
    shades = mpl.colormaps["YlGnBu"](np.linspace(0.25, 0.95, len(values)))
    patches = [Patch(facecolor=s, label=str(v)) for s, v in zip(shades, values, strict=True)]
    return shades[np.searchsorted(values, seats)], patches


def _outline(geometry: shapely.Geometry) -> Outline:
    rings = shapely.get_rings(shapely.get_parts(geometry))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(xy), Outline.LINETO, dtype=np.uint8)
    first = np.r_[True, ring[1:] != ring[:-1]]
    codes[first] = Outline.MOVETO
    codes[np.r_[first[1:], True]] = Outline.CLOSEPOLY
    return Outline(xy, codes)


def _words(axes: Any, release: Release, layer: str, frame: pd.DataFrame, legend: list[Patch]) -> None:
    source = release.manifest["source"]
    title = f"{layer}: {len(frame):,} " + (
        f"dapil, {frame['kursi'].sum():,} kursi" if "kursi" in frame else "wilayah"
    )
    axes.text(0.015, 0.965, title, transform=axes.transAxes, va="top", size=19, weight="bold", color=_INK)
    open_or_not = "" if source["open"] else " (bukan data terbuka / not open data)"
    credit = f"Peta Dapil, rilis {release.id}. Batas: {source['attribution']}{open_or_not}"
    axes.text(0.015, 0.02, credit, transform=axes.transAxes, va="bottom", size=8.5, color=_INK)
    if legend:
        box = axes.legend(handles=legend, title="Kursi", ncols=len(legend), loc="lower right", frameon=False)
        box.get_title().set_color(_INK)


def _metadata(output: Path, release: Release) -> dict[str, Any]:
    """Fixed metadata, so that the same release gives the same bytes."""
    if output.suffix.lower() == ".png":
        return {"Software": "Peta Dapil", "Source": release.id}
    return (
        {"Creator": "Peta Dapil", "Date": None} if output.suffix.lower() == ".svg" else {"CreationDate": None}
    )
