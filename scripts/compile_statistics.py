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
    "luas_2024.csv": ("area/area_2025.csv", {"kode": "unit_code", "luas_km2": "area_km2"}),
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
    "tps_desa_2024.csv": ("population/tps_desa_2024.csv", {"kode": "unit_code", "tps": "tps"}),
}


def main(facts: Path, data: Path) -> None:
    """Write every table with its chosen columns, sorted by its first."""
    (data / "statistics").mkdir(parents=True, exist_ok=True)
    for name, (source, columns) in TABLES.items():
        with (facts / source).open(encoding="utf-8", newline="") as file:
            rows = sorted([row[c].strip() for c in columns.values()] for row in csv.DictReader(file))
        if "population/" in source:  # without a code or a figure a row says nothing
            rows = [row for row in rows if all(row)]
        with (data / "statistics" / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([{"yes": "ya", "no": "tidak"}.get(cell, cell) for cell in row] for row in rows)
        print(name, len(rows))
    people(facts, data)
    borders(facts, data)


def write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """Write a table, sorted by its first column."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))
    print(path.name, len(rows))


def people(facts: Path, data: Path) -> None:
    """Inhabitants by kecamatan; `meliputi`: kecamatan made since out of this one, whose people are in its figure."""
    made: dict[str, set[str]] = {}
    with (facts / "2024/unit_changes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "new" and row["unit_level"] == "district":
                made.setdefault(row["code_2024"], set()).add(row["code_2025"])
    with (facts / "population/kecamatan_2023.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            [
                row["unit_code"],
                row["population"],
                row["households"],
                ";".join(sorted(made.get(row["unit_code"], ()))),
            ]
            for row in csv.DictReader(file)
            if row["population"]
        ]
    header = ["kode", "penduduk", "keluarga", "meliputi"]
    write(data / "statistics" / "penduduk_kecamatan_2023.csv", header, rows)


#: How a kecamatan is known to lie on a border, as the table calls it.
BASIS = {"both": "sumber dan peta", "geometry": "peta", "source only": "sumber", "weak": "lemah"}


def borders(facts: Path, data: Path) -> None:
    """Kecamatan on a land border with another country, and how long their outer edge near it is."""
    with (facts / "borders/land_border_kecamatan.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            [
                row["unit_code"],
                row["neighbour"],
                row["outer_edge_km_within_6km_of_border"],
                BASIS[row["basis"]],
            ]
            for row in csv.DictReader(file)
        ]
    write(data / "statistics" / "batas_negara.csv", ["kode", "negara", "tepi_km", "dasar"], rows)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else "data"))
