"""Compile statistics by unit into ``data/statistics``: run once, kept to show how the data came about.

    python scripts/compile_statistics.py FACTS [DATA]

Codes are of 2025 and text; see data/statistics/README.md for sources and licences.
"""

import csv
import sys
from pathlib import Path

#: Output file -> (input file, {output column: input column}).
TABLES = {
    "penduduk_2024.csv": ("2024/population.csv", {"kode": "unit_code", "penduduk": "population"}),
    "tps_2024.csv": ("2024/tps_2024.csv", {"kode": "unit_code", "tps": "tps", "kode_kpu": "kpu_tps_code"}),
    "dak2_2019.csv": (
        "2019/units_dak2.csv",
        {
            "kode": "unit_code",
            "kode_2019": "unit_code_2019",
            "penduduk": "population_dak2",
            "kursi_dprd": "dprd_seats",
        },
    ),
    "sensus_2010.csv": (
        "2024/population_district_2010.csv",
        {
            "kode_bps": "bps_code_2010",
            "kecamatan": "district_2010",
            "kabkota": "regency_2010",
            "laki_laki": "male",
            "perempuan": "female",
            "penduduk": "population_2010",
            "kode": "unit_code",
            "kecamatan_kabkota_tetap": "regency_kecamatan_set_unchanged",
        },
    ),
}


def main(facts: Path, data: Path) -> None:
    """Write every table with its chosen columns, sorted by its first."""
    (data / "statistics").mkdir(parents=True, exist_ok=True)
    for name, (source, columns) in TABLES.items():
        with (facts / source).open(encoding="utf-8", newline="") as file:
            rows = sorted([row[c].strip() for c in columns.values()] for row in csv.DictReader(file))
        with (data / "statistics" / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([{"yes": "ya", "no": "tidak"}.get(cell, cell) for cell in row] for row in rows)
        print(name, len(rows))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else "data"))
