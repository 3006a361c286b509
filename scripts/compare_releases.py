"""Compare the dapil of two releases of different sources: IoU per dapil, on a common equal-area plane.

    python scripts/compare_releases.py build/A build/B iou.csv

Prints a table of the distribution per plan; writes one row a dapil (id, area_a_km2, area_b_km2, iou).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from boundaries.ground.measures import area_m2
from boundaries.release.store import open_release


def compare(a: Path, b: Path) -> pd.DataFrame:
    """Return one row a dapil of both releases."""
    one, two = open_release(a), open_release(b)
    rows = []
    for layer in one.layers:
        if layer.startswith("unit-") or layer not in two.layers:
            continue
        frame_a, geometry_a = one.read_layer(layer)
        frame_b, geometry_b = two.read_layer(layer)
        both = frame_a[["id"]].reset_index().merge(frame_b[["id"]].reset_index(), on="id")
        first, second = geometry_a[both["index_x"]], geometry_b[both["index_y"]]
        shared = area_m2(shapely.intersection(first, second))
        area_a, area_b = area_m2(first), area_m2(second)
        iou = shared / (area_a + area_b - shared)
        rows.append(
            pd.DataFrame(
                {
                    "plan": layer,
                    "id": both["id"],
                    "area_a_km2": (area_a / 1e6).round(3),
                    "area_b_km2": (area_b / 1e6).round(3),
                    "iou": iou.round(4),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def summary(table: pd.DataFrame) -> str:
    """Return a Markdown table: per plan the number of dapil, quantiles of IoU, and how many are poor."""
    lines = ["| plan | dapil | median | 10 % | 1 % | least | under 0.9 | under 0.5 |", "|---|" + "---:|" * 7]
    for plan, group in table.groupby("plan"):
        iou = group["iou"].to_numpy()
        figures = [np.median(iou), np.quantile(iou, 0.1), np.quantile(iou, 0.01), iou.min()]
        cells = [
            str(len(iou)),
            *(f"{f:.3f}" for f in figures),
            str((iou < 0.9).sum()),
            str((iou < 0.5).sum()),
        ]
        lines.append(f"| {plan} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    result = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    result.drop(columns="plan").to_csv(sys.argv[3], index=False, lineterminator="\n")
    print(summary(result))
