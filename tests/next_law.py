"""Plans of the next law, made of those of 2024: chambers that vote on different days (MK 135/PUU-XXII/2024)."""

from collections.abc import Iterable
from pathlib import Path

#: (chamber, year, its day): DPR and DPD in 2029, the DPRD about 2031. The days are invented.
ADDED = (
    ("dpr", 2029, "2029-02-14"), ("dpd", 2029, "2029-02-14"),
    ("dprd-provinsi", 2031, "2031-06-25"), ("dprd-kabkota", 2031, "2031-06-25"),
)  # fmt: skip


def add_plans(directory: Path, added: Iterable[tuple[str, int, str]] = ADDED) -> None:
    """Write plans into `directory` (one of plans, with ``2024``) as copies of those of 2024, as anybody would."""
    for chamber, year, day in added:
        new = directory / str(year)
        new.mkdir(exist_ok=True)
        for name in ("dapil.csv", "members.csv"):
            text = (directory / "2024" / name).read_text("utf-8")
            own = [line for line in text.splitlines(True) if line.split(",")[0] in ("lembaga", chamber)]
            there = new / name
            there.write_text(
                there.read_text("utf-8") + "".join(own[1:]) if there.exists() else "".join(own), "utf-8"
            )
        toml = (directory / "2024" / f"{chamber}.toml").read_text("utf-8")
        (new / f"{chamber}.toml").write_text(
            toml.replace("2024\n", f"{year}\n", 1).replace("2024-02-14", day, 1), "utf-8"
        )
