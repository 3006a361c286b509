"""Pictures of all lawful plans: the spread of each measure, with the plan in law and drafts; who shares a dapil, as a
table and as a map."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.errors import NotFound
from boundaries.extras import needed
from boundaries.law.codes import LENGTH
from boundaries.law.registry import load_registry
from boundaries.release.store import STANDARD, Release
from boundaries.release.writing import new_file
from boundaries.research.council import Council
from boundaries.research.legal_plans import COMPLETE, Survey
from boundaries.research.plan_measures import MEASURES
from boundaries.research.proposal import BLOCKS
from boundaries.research.zoning import read_units

Array = NDArray[Any]

_SIZE: Final = (10.0, 8.0)
_TALL: Final = (10.0, 10.0)
_UNITS: Final = {"bagian": "bagian | share", "kursi": "kursi | seats"}
FORMATS: Final = ("png", "svg")
_LAW: Final = "#b3261e"
_SHARE: Final = "bagian rencana dengan dapil yang sama | share of plans with the same dapil"
#: Letters in a line of a title, and in a name beside a table.
_WIDE: Final = 120
_NAME: Final = 24


def pictures(
    found: Survey, drafts: Sequence[Any], folder: Path, stem: str, release: Release | None = None
) -> list[Path]:
    """Draw ``<stem>-sebaran``, ``<stem>-bersama`` and, of units that `release` draws, ``<stem>-peta``, each as PNG
    and SVG; the numbers behind them stand beside."""
    with needed():
        import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": stem, "font.size": 8})
    paths = [
        *_kept(_spread(found, drafts), folder, f"{stem}-sebaran"),
        *_kept(_together(found), folder, f"{stem}-bersama"),
    ]
    shapes = _shapes(found.problem.council, release) if release is not None else {}
    return [*paths, *_kept(_map(found, shapes), folder, f"{stem}-peta")] if shapes else paths


def _kept(figure: Any, folder: Path, name: str) -> list[Path]:
    import matplotlib.pyplot as plt

    paths = [folder / f"{name}.{form}" for form in FORMATS]
    for path in paths:
        about = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        with new_file(path, over=True) as new:
            figure.savefig(new, dpi=120, metadata=about)
    plt.close(figure)
    return paths


def title(found: Survey) -> str:
    """What a picture says of itself, in lines: council, how many plans, weight and links."""
    council = found.problem.council
    count = (
        f"{found.lawful:,} rencana sah | lawful plans"
        if found.method == COMPLETE
        else f"{found.lawful:,} rencana sah dari undian | lawful plans that were drawn"
    )
    text = f"{council.name} ({council.chamber} {council.year}) · {count} · {council.weight}, {council.links}"
    return textwrap.fill(text, _WIDE, break_long_words=False, break_on_hyphens=False)


def _spread(found: Survey, drafts: Sequence[Any]) -> Any:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(4, 2, figsize=_TALL, layout="constrained")
    for n, (axis, measure) in enumerate(zip(axes.flat, MEASURES.values(), strict=True)):
        values = found.measures[:, n]
        axis.set_title("\n".join(measure.said))
        axis.set_xlabel(_UNITS.get(measure.unit, measure.unit))
        if np.isnan(values).any():
            axis.set_axis_off()
            continue
        whole = len(np.unique(values)) <= 40
        if whole:
            at, count = np.unique(values, return_counts=True)
            axis.bar(at, count, width=0.8 * (np.diff(at).min() if len(at) > 1 else 1), color="#9db7d5")
        else:
            axis.hist(values, 60, color="#9db7d5")
        axis.yaxis.set_major_formatter("{x:,.0f}")
        if (values == np.rint(values)).all():
            axis.xaxis.get_major_locator().set_params(integer=True)
        if found.law is not None and not np.isnan(found.law[n]):
            axis.axvline(found.law[n], color=_LAW, label="hukum | in law")
        for k, each in enumerate(drafts):
            if np.isfinite(each.measures[n]):
                axis.axvline(each.measures[n], color="black", linestyle=(0, (k + 1, 2)), label=each.name)
        if n == 0 and axis.get_legend_handles_labels()[0]:
            axis.legend()
    figure.suptitle(title(found))
    return figure


def _together(found: Survey) -> Any:
    """Units in the order of the plan in law, dark where two share a dapil in most plans; frames are the law's dapil."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    council = found.problem.council
    order = np.argsort(council.law, kind="stable")
    assert found.together is not None
    figure, axis = plt.subplots(figsize=_SIZE, layout="constrained")
    image = axis.imshow(found.together[np.ix_(order, order)], vmin=0, vmax=1, cmap="Blues")
    figure.colorbar(image, label=_SHARE)
    names = _names(council)
    axis.set_xticks(range(len(order)), [council.units[n][0] for n in order], rotation=90)
    axis.set_yticks(range(len(order)), [names[n] for n in order])
    law = council.law[order]
    for label in np.unique(law[law >= 0]):
        at = np.flatnonzero(law == label)
        axis.add_patch(Rectangle((at[0] - 0.5, at[0] - 0.5), len(at), len(at), fill=False, edgecolor=_LAW))
    if (law >= 0).any():
        axis.set_xlabel("bingkai: dapil dalam hukum | frames: dapil in law")
    figure.suptitle(title(found))
    return figure


def _names(council: Council) -> list[str]:
    """Code and name of each node; of several units those of the first, and how many more there are."""
    known = load_registry().names
    return [
        f"{textwrap.shorten(known.get(node[0], ''), _NAME, placeholder='…')} {node[0]}"
        + (f" +{len(node) - 1}" if len(node) > 1 else "")
        for node in council.units
    ]


def _shapes(council: Council, release: Release) -> dict[int, Any]:
    """The ground (degrees) of each node that has a polygon."""
    codes = [unit for node in council.units for unit in node]
    try:
        units = read_units(
            release, BLOCKS[council.chamber], sorted({each[: LENGTH["kabkota"]] for each in codes}), STANDARD
        )
    except NotFound:
        return {}
    at = dict(zip(units.codes.tolist(), units.geometry, strict=True))
    held = {n: [at[unit] for unit in node if unit in at] for n, node in enumerate(council.units)}
    return {n: shapely.union_all(shapes) for n, shapes in held.items() if shapes}


def _map(found: Survey, shapes: dict[int, Any]) -> Any:
    """Borders the darker, links over the sea as lines the darker, the more plans put both sides into one dapil; ground
    in the colours of the law's dapil, red their borders."""
    import matplotlib.pyplot as plt
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection, PolyCollection

    council, together = found.problem.council, found.together
    assert together is not None
    figure, axis = plt.subplots(figsize=_SIZE, layout="constrained")
    pastel = plt.get_cmap("Pastel1")
    for n, shape in shapes.items():
        rings = [shapely.get_coordinates(part.exterior) for part in shapely.get_parts(shape)]
        colour = pastel(council.law[n] % pastel.N) if council.law[n] >= 0 else "white"
        axis.add_collection(PolyCollection(rings, facecolor=colour, edgecolor="#b9b5a7", linewidth=0.4))
    shade = ScalarMappable(plt.Normalize(0, 1), "viridis_r")
    points = {n: shapely.get_coordinates(shape.representative_point())[0] for n, shape in shapes.items()}
    for (a, b), border in zip(council.pairs.tolist(), council.border_m, strict=True):
        if a not in shapes or b not in shapes:
            continue
        lines = _between(shapes[a], shapes[b]) if border > 0 else [np.stack([points[a], points[b]])]
        style = "solid" if border > 0 else (0, (2, 2))
        if border > 0 and council.law[a] >= 0 and council.law[b] >= 0 and council.law[a] != council.law[b]:
            axis.add_collection(LineCollection(lines, colors=_LAW, linewidths=5))
        axis.add_collection(
            LineCollection(lines, colors=[shade.to_rgba(together[a, b])], linewidths=2, linestyles=[style])
        )
    for n, (x, y) in points.items():
        axis.annotate(council.units[n][0].rpartition(".")[2], (x, y), ha="center", va="center")
    figure.colorbar(shade, ax=axis, label=_SHARE)
    axis.plot([], [], color=_LAW, linewidth=5, label="batas dapil dalam hukum | border of dapil in law")
    figure.legend(loc="outside lower center", title="warna: dapil dalam hukum | colours: dapil in law")
    axis.autoscale_view()
    axis.set_aspect(1 / np.cos(np.radians(np.mean([y for _, y in points.values()]))))
    axis.set_axis_off()
    figure.suptitle(title(found))
    return figure


def _between(one: Any, other: Any) -> list[Array]:
    """The lines that two polygons have in common."""
    shared = shapely.intersection(shapely.boundary(one), shapely.boundary(other))
    lines = [part for part in shapely.get_parts(shared) if part.geom_type == "LineString"]
    return [
        shapely.get_coordinates(line)
        for line in shapely.get_parts(shapely.line_merge(shapely.MultiLineString(lines)))
    ]
