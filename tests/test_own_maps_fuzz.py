"""Broken maps of one's own: never a traceback, and what is read is all that the file holds.

`FUZZ_OWN_MAPS=500 pytest tests/test_own_maps_fuzz.py` tries 500 of every format; the suite fewer. The seeds are fixed.
"""

import functools
import os
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from boundaries import sources
from boundaries.errors import BoundariesError
from boundaries.ground.coverage import clean
from boundaries.ground.measures import area_m2
from boundaries.law.registry import load_registry
from boundaries.sources.claims import check_claims
from tests import own_maps_help as maps

COUNT = int(os.environ.get("FUZZ_OWN_MAPS", "40"))
#: Areas are told to 0.1 m² a unit.
ROUNDING_M2 = 1.0


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    frame = maps.units()
    for form in maps.FORMATS:
        maps.write(frame, folder / f"map.{form}")
    return folder


def outcome(folder: Path, main: Path, whole_m2: float) -> str:
    """Read a map as a build does, and say how it went; "lost" is what must never be."""
    source = sources.load_source(maps.descriptor(folder, main.name))
    try:
        (units,) = sources.read_needed(source, sources.fetch(source), sources.Need())
        check_claims(source, (units,), registry())
        coverage = clean(units.codes, units.geometry)
    except BoundariesError as error:
        return "told" if 20 < len(str(error)) < 4000 else f"badly told: {error}"
    read = area(units.geometry)
    held = maps.drawn(main)
    if held is not None and abs(read - area(held)) > ROUNDING_M2:
        return f"lost: {read} m² read of {area(held)}"
    totals = coverage.totals
    if abs(coverage.ledger["area_source_m2"].sum() - read) > ROUNDING_M2:
        return f"lost: the ledger has another area than the {read} m² read"
    if abs(read - totals["overlap_m2"] + totals["gaps_filled_m2"] - area(coverage.geometry)) > ROUNDING_M2:
        return "lost: area in is not area out and what the ledger tells"
    if held is None and abs(read - whole_m2) > ROUNDING_M2:
        return f"read otherwise, without a judge: {read / whole_m2:.6f} of the whole map"
    return "read whole"


def area(shapes: Any) -> float:
    return float(area_m2(shapely.make_valid(np.array(shapes, dtype=object), method="structure")).sum())


registry = functools.cache(load_registry)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", maps.FORMATS)
def test_a_broken_map_is_read_whole_or_told(tmp_path: Path, good: Path, form: str) -> None:
    whole = area(maps.units().geometry.to_numpy())
    seen: dict[str, list[int]] = defaultdict(list)
    for seed in range(COUNT):
        try:
            said = outcome(tmp_path / str(seed), maps.broken(tmp_path / str(seed), form, seed, good), whole)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what must not be
            said = f"{type(error).__name__}: {error}"
        seen[said].append(seed)
        shutil.rmtree(tmp_path / str(seed))
    print(form, {said: len(seeds) for said, seeds in seen.items()})  # noqa: T201 - the figures of a long run
    wrong = {said: seeds for said, seeds in seen.items() if said not in ("told", "read whole")}
    assert wrong == {}
    assert len(seen["told"]) > COUNT / 20
    assert len(seen["read whole"]) > COUNT / 20
