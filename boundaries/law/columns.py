"""Every published column, in one place: its type, its name for a person, what it means, its unit.

``columns.csv`` has a row a column; a row with ``only_in`` is for that table alone. The GeoPackage's
``gpkg_data_columns``, the service's schemas and the data package are all written from here.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["text", "integer", "real"]


@dataclass(frozen=True)
class Attribute:
    """A column: `title` and `indonesian` are Indonesian, `title_en` and `english` say the same in English."""

    name: str
    kind: Kind
    title: str
    title_en: str
    indonesian: str
    english: str
    unit: str = ""

    @property
    def description(self) -> str:
        """The contract's ``Indonesian text | English text``."""
        return f"{self.indonesian} | {self.english}"


def _table() -> dict[tuple[str, str], Attribute]:
    """The rows of the file by the one table that each is for (empty: for all) and name."""
    text = Path(__file__).with_name("columns.csv").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(text), strict=True))
    return {(row.pop("only_in"), row["name"]): Attribute(**row) for row in rows}


_ALL: Final = _table()


def _pick(names: str, table: str = "") -> tuple[Attribute, ...]:
    return tuple(_ALL.get((table, name)) or _ALL["", name] for name in names.split())


#: Columns of a plan layer, in the order of the contract.
PLAN: Final = _pick(
    "id kode_dapil nama_dapil nama_lain lembaga tahun mulai selesai kode_provinsi nama_provinsi kode_kabkota "
    "nama_kabkota kursi penduduk wilayah wilayah_id luas_km2 dasar_hukum sumber_batas lisensi ocd_id ocd_asal "
    "ragu ragu_en catatan catatan_en"
)
#: Columns of a plan without composition: what needs a polygon or members is left out.
PLAN_TABLE: Final = _pick(
    "id kode_dapil nama_dapil nama_lain lembaga tahun mulai selesai kode_provinsi nama_provinsi kode_kabkota "
    "nama_kabkota kursi penduduk dasar_hukum ragu ragu_en catatan catatan_en"
)
#: Columns of a unit layer.
UNIT: Final = _pick(
    "kode nama tingkat kode_provinsi nama_provinsi kode_kabkota nama_kabkota kode_kecamatan nama_kecamatan "
    "luas_km2 penduduk penduduk_tahun tps tps_tahun sumber_batas lisensi",
    "unit",
)
#: Columns of the table ``plans``: one row a plan.
PLANS: Final = _pick(
    "plan_id lembaga tahun mulai selesai dasar_hukum jumlah_dapil jumlah_kursi komposisi sebagian "
    "wilayah_dikecualikan luar_negeri ragu ragu_en catatan catatan_en selisih sumber",
    "plans",
)
#: Columns of the table ``members``.
MEMBERS: Final = _pick("plan_id lembaga kode_dapil kode_unit nama_unit kode_lama bagian bukti ragu ragu_en")
#: Columns of the table ``assignment``: of every plan the largest units that lie whole in one dapil.
ASSIGNMENT: Final = _pick("plan_id kode_unit kode_dapil")
#: Columns of the table ``accuracy``: one row a kabkota, how sure its lines are.
ACCURACY: Final = _pick(
    "kode nama luas_km2 luas_resmi_km2 rasio_luas batas_km beda_tengah_m beda_90_m", "accuracy"
)
#: Columns of the table ``riwayat``: what became of each dapil from one election to the next.
SUCCESSION: Final = _pick(
    "lembaga id_lama id_baru wilayah_id_lama wilayah_id_baru jenis bagian_lama_luas bagian_lama_tps unit_masuk "
    "unit_keluar kursi_lama kursi_baru dasar",
    "riwayat",
)
#: Columns of ``<plan>-assignment.csv``; primary key ``kunci`` (or ``kode_unit``), foreign key ``id``.
ASSIGNMENT_FILE: Final = _pick("kunci kode_unit nama_unit tingkat id kode_dapil nama_dapil lembaga tahun")
#: The last column of every CSV: the code of the row's unit, in a form that no spreadsheet takes for a number.
(KEY,) = _pick("kunci")
#: Columns of ``quality-topojson-<year>.csv``.
LEDGER: Final = _pick("file object id area_error_pct moved_pct hausdorff_m islands islands_drawn", "ledger")


def columns_of(table: str) -> tuple[Attribute, ...]:
    """Return the columns of a table of the release by its name, without geometry and primary key.

    >>> [column.name for column in columns_of("assignment")]
    ['plan_id', 'kode_unit', 'kode_dapil']
    """
    fixed = {
        "plans": PLANS, "members": MEMBERS, "assignment": ASSIGNMENT, "accuracy": ACCURACY, "riwayat": SUCCESSION,
    }  # fmt: skip
    if table in fixed:
        return fixed[table]
    if table.startswith("unit-"):
        return UNIT
    return PLAN_TABLE if table.startswith("tabel-") else PLAN
