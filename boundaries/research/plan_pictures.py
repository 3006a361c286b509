"""Pictures of all lawful plans: the spread of each measure, with the plan in law and drafts; who shares a dapil."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from boundaries.extras import needed
from boundaries.research.legal_plans import COMPLETE, Survey
from boundaries.research.plan_measures import MEASURES

_SIZE: Final = (10.0, 8.0)
FORMATS: Final = ("png", "svg")


def pictures(found: Survey, drafts: Sequence[Any], folder: Path, stem: str) -> list[Path]:
    """Draw ``<stem>-sebaran`` and ``<stem>-bersama``, each as PNG and SVG; the numbers behind them stand beside."""
    with needed():
        import matplotlib
    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": stem, "font.size": 8})
    return [
        *_kept(_spread(found, drafts), folder, f"{stem}-sebaran"),
        *_kept(_together(found), folder, f"{stem}-bersama"),
    ]


def _kept(figure: Any, folder: Path, name: str) -> list[Path]:
    import matplotlib.pyplot as plt

    paths = [folder / f"{name}.{form}" for form in FORMATS]
    for path in paths:
        figure.savefig(
            path, dpi=120, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None}
        )
    plt.close(figure)
    return paths


def title(found: Survey) -> str:
    """What a picture says of itself: council, how many plans, weight and links."""
    council = found.problem.council
    count = (
        f"{found.lawful:,} rencana sah"
        if found.method == COMPLETE
        else f"undian: {found.lawful:,} rencana sah"
    )
    return f"{council.name} ({council.chamber} {council.year}) · {count} · {council.weight}, {council.links}"


def _spread(found: Survey, drafts: Sequence[Any]) -> Any:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(4, 2, figsize=_SIZE, layout="constrained")
    for n, (axis, (name, measure)) in enumerate(zip(axes.flat, MEASURES.items(), strict=True)):
        values = found.measures[:, n]
        axis.set_title(f"{measure.said[0]} | {measure.said[1]}")
        axis.set_xlabel(measure.unit)
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
        if found.law is not None and not np.isnan(found.law[n]):
            axis.axvline(found.law[n], color="#b3261e", label="hukum | in law")
        for k, each in enumerate(drafts):
            axis.axvline(each.measures[n], color="black", linestyle=(0, (k + 1, 2)), label=each.name)
        if n == 0 and axis.get_legend_handles_labels()[0]:
            axis.legend()
        del name
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
    figure.colorbar(image, label="bagian rencana dengan dapil yang sama | share of plans with the same dapil")
    names = [council.units[n][0] for n in order]
    axis.set_xticks(range(len(names)), names, rotation=90)
    axis.set_yticks(range(len(names)), names)
    law = council.law[order]
    for label in np.unique(law[law >= 0]):
        at = np.flatnonzero(law == label)
        axis.add_patch(
            Rectangle((at[0] - 0.5, at[0] - 0.5), len(at), len(at), fill=False, edgecolor="#b3261e")
        )
    figure.suptitle(title(found))
    return figure
