"""The numbers of the law that plans are held against: ``data/law/<tahun>.toml``, a file an election; never in code."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boundaries.errors import PlanError
from boundaries.law.tables import data_directory


@dataclass(frozen=True)
class Regime:
    """Thresholds of one election, and where each rule stands in the law."""

    year: int
    chambers: Mapping[str, Mapping[str, Any]]
    yardsticks: Mapping[str, float]
    sources: Mapping[str, Mapping[str, str]]

    def seats_of_dapil(self, chamber: str) -> tuple[int, int]:
        """The fewest and the most seats of a dapil."""
        low, high = self.chambers[chamber]["kursi_dapil"]
        return int(low), int(high)

    def council_size(self, chamber: str, council: str, people: float) -> int | None:
        """The seats of a council by its people (DPRD); None where the law has no such rule."""
        rule = self.chambers[chamber]
        if council in rule.get("khusus", {}):
            return int(rule["khusus"][council])
        steps: Sequence[tuple[int, int]] = rule.get("jenjang", ())
        if not steps:
            return None
        return next((int(seats) for most, seats in steps if people <= most), int(rule["terbanyak"]))

    def source(self, rule: str) -> str:
        """Where a rule stands, and how that was seen."""
        found = self.sources[rule]
        return f"{found['pasal']} ({found['cara']})" if found["cara"] != "-" else found["pasal"]


def load_regime(year: int, directory: Path | None = None) -> Regime:
    """Read the thresholds in force in an election: those of the latest year not after it.

    Raises
    ------
    PlanError
        There are none so early.
    """
    directory = directory or data_directory() / "law"
    years = sorted(int(path.stem) for path in directory.glob("[0-9][0-9][0-9][0-9].toml"))
    past = [each for each in years if each <= year]
    if not past:
        raise PlanError(
            f"no thresholds for {year} in data/law; there are {', '.join(map(str, years))}: add a file"
        )
    value = tomllib.loads((directory / f"{past[-1]}.toml").read_text("utf-8"))
    chambers = {
        name: part for name, part in value.items() if isinstance(part, dict) and "kursi_dapil" in part
    }
    return Regime(past[-1], chambers, value["patokan"], value["dasar"])
