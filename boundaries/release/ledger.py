"""The ledger of a release: what was measured about it, per unit, per plan and for the nation.

``quality.csv`` has one row a base unit; ``quality.json`` everything: totals, gaps kept, lost parts, units without
polygon, plans against the law's totals, doubts.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from boundaries.ground.base_units import BaseUnits
from boundaries.ground.coverage import Coverage
from boundaries.law.plans import Plan
from boundaries.law.registry import Registry

NOTABLE_PCT: Final = 2.0
"""Change of area in per cent from which a unit carries its reason."""

COLUMNS: Final = (
    "kode",
    "nama",
    "area_source_m2",
    "area_m2",
    "area_change_pct",
    "overlap_lost_m2",
    "gap_filled_m2",
    "parts_source",
    "parts",
    "invalid_source",
    "reason",
)


def unit_table(coverage: Coverage, base: BaseUnits, registry: Registry) -> pd.DataFrame:
    """One row a base unit: areas (m², equal-area), parts and invalid rings before and after, and the reason."""
    table = coverage.ledger.copy()
    table["nama"] = table["kode"].map(registry.names.get)
    told = table["kode"].isin(list(base.notes)) | (table["area_change_pct"].abs() > NOTABLE_PCT)
    table["reason"] = ""
    table.loc[told, "reason"] = [
        _reason(row, base.notes.get(str(row["kode"]), "")) for _, row in table[told].iterrows()
    ]
    return table[list(COLUMNS)]


def _reason(row: "pd.Series[Any]", note: str) -> str:
    reasons = [note] if note else []
    threshold = 0.002 * row["area_source_m2"]
    if row["overlap_lost_m2"] > threshold:
        reasons.append(
            f"overlap of {row['overlap_lost_m2'] / 1e6:.3f} km² resolved in favour of smaller parts"
        )
    if row["gap_filled_m2"] > threshold:
        reasons.append(f"{row['gap_filled_m2'] / 1e6:.3f} km² of gaps between units filled")
    return "; ".join(reasons) or "drawing residue of the source (edges matched, invalid rings rebuilt)"


def plan_entry(
    plan: Plan,
    features: pd.DataFrame,
    *,
    layer: str = "",
    table: str = "",
    omitted: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Facts of one plan for the manifest and the ledger, counts against the law's totals.

    `features`: the rows of `layer`, or of `table` where there is no layer. Both stand where a plan is known in part.
    """
    meta = plan.meta
    return {
        "id": plan.id,
        "lembaga": plan.chamber,
        "tahun": plan.year,
        "mulai": meta.mulai.isoformat(),
        "selesai": meta.selesai.isoformat() if meta.selesai else None,
        "dasar_hukum": meta.dasar_hukum,
        **({"layer": layer} if layer else {}),
        **({"table": table} if table else {}),
        "dapil": len(features),
        "kursi": int(features["kursi"].sum()),
        "dapil_law": meta.jumlah_dapil,
        "kursi_law": meta.jumlah_kursi,
        "selisih": [{"hal": d.hal, "kursi": d.kursi, "dapil": d.dapil} for d in meta.selisih],
        "ragu": len(meta.ragu),
        "omitted": dict(omitted or {}),
    }


def report(
    coverage: Coverage,
    base: BaseUnits,
    table: pd.DataFrame,
    plans: list[dict[str, Any]],
    doubts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the whole of ``quality.json``."""
    change = table["area_change_pct"].abs()
    shares = {f"units_over_{limit}_pct": int((change > limit).sum()) for limit in (1, 2, 5, 20)}
    return {
        "totals": coverage.totals | shares | {"area_change_median_pct": round(float(np.median(change)), 3)},
        "gaps_kept": coverage.gaps_kept.to_dict("records"),
        "lost_parts": coverage.lost_parts.to_dict("records"),
        "missing": base.missing.to_dict("records"),
        "plans": plans,
        "doubts": dict(doubts),
        "units_notable": table[table["reason"] != ""].to_dict("records"),
    }
