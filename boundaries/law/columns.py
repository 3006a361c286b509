"""Every published column, in one place: its type, its name for a person, what it means, its unit.

The GeoPackage's ``gpkg_data_columns`` and the service's schemas are both written from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

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


def _index(attributes: Iterable[Attribute]) -> dict[str, Attribute]:
    return {attribute.name: attribute for attribute in attributes}


_ALL: Final = _index(
    [
        Attribute("id", "text", "ID", "ID", "Pengenal tetap dapil: lembaga-tahun-kode_dapil.",
                  "Stable identifier of the dapil: lembaga-tahun-kode_dapil."),
        Attribute("kode_dapil", "text", "Kode dapil", "Dapil code",
                  "Kode dapil: kode wilayah dan nomor urut dapil.",
                  "Code of the dapil: code of its territory and its number there."),
        Attribute("nama_dapil", "text", "Nama dapil", "Dapil name",
                  "Nama daerah pemilihan menurut dasar hukumnya.",
                  "Name of the electoral district as its legal basis writes it."),
        Attribute("lembaga", "text", "Lembaga", "Chamber",
                  "Lembaga yang dipilih: dpr, dpd, dprd-provinsi atau dprd-kabkota.",
                  "Chamber elected: dpr, dpd, dprd-provinsi or dprd-kabkota."),
        Attribute("tahun", "integer", "Tahun pemilu", "Election year", "Tahun pemilu.",
                  "Year of the election."),
        Attribute("mulai", "text", "Mulai berlaku", "In force from",
                  "Tanggal mulai berlaku (ISO 8601): hari pemungutan suara.",
                  "First day in force (ISO 8601): the day of the vote."),
        Attribute("selesai", "text", "Selesai berlaku", "In force until",
                  "Tanggal pemilu berikutnya (ISO 8601): berlaku sampai sehari sebelumnya; "
                  "kosong selama masih berlaku.",
                  "Day of the next election (ISO 8601): in force until the day before; "
                  "empty while in force."),
        Attribute("kode_provinsi", "text", "Kode provinsi", "Province code",
                  "Kode provinsi menurut Kemendagri.", "Kemendagri code of the province."),
        Attribute("nama_provinsi", "text", "Provinsi", "Province", "Nama provinsi.", "Name of the province."),
        Attribute("kode_kabkota", "text", "Kode kabupaten/kota", "Regency or city code",
                  "Kode kabupaten/kota menurut Kemendagri; kosong bila tidak tertentu.",
                  "Kemendagri code of the regency or city; empty where there is no single one."),
        Attribute("nama_kabkota", "text", "Kabupaten/kota", "Regency or city",
                  "Nama kabupaten/kota; kosong bila tidak tertentu.",
                  "Name of the regency or city; empty where there is no single one."),
        Attribute("kode_kecamatan", "text", "Kode kecamatan", "Kecamatan code",
                  "Kode kecamatan menurut Kemendagri; kosong di atas tingkat kecamatan.",
                  "Kemendagri code of the kecamatan; empty above that level."),
        Attribute("nama_kecamatan", "text", "Kecamatan", "Kecamatan",
                  "Nama kecamatan; kosong di atas tingkat kecamatan.",
                  "Name of the kecamatan; empty above that level."),
        Attribute("kursi", "integer", "Kursi", "Seats", "Jumlah kursi yang diperebutkan di dapil.",
                  "Seats to be won in the dapil.", "kursi"),
        Attribute("penduduk", "integer", "Penduduk", "Population",
                  "Jumlah penduduk yang menjadi dasar penetapan kursi; kosong bila tidak diketahui.",
                  "Population on which the seats were set; empty where not known.", "jiwa"),
        Attribute("wilayah", "text", "Wilayah", "Member units",
                  "Wilayah administratif pembentuk dapil: kode dan nama, dipisahkan titik koma.",
                  "Administrative units that make up the dapil: code and name, separated by semicolons."),
        Attribute("luas_km2", "real", "Luas (km²)", "Area (km²)",
                  "Luas pada elipsoid WGS 84 menurut poligon yang diterbitkan; bukan luas resmi.",
                  "Area of the published polygon on the ellipsoid WGS 84; not the official area.", "km2"),
        Attribute("dasar_hukum", "text", "Dasar hukum", "Legal basis",
                  "Peraturan yang menetapkan dapil dan kursinya.",
                  "The regulation that sets the dapil and its seats."),
        Attribute("sumber_batas", "text", "Sumber batas", "Boundary source",
                  "Peta dasar asal garis batas.", "The base map that the boundary lines come from."),
        Attribute("lisensi", "text", "Lisensi", "Licence", "Lisensi data batas.",
                  "Licence of the boundary data."),
        Attribute("ocd_id", "text", "OCD-ID", "OCD-ID",
                  "Pengenal Open Civic Data; kosong bila tidak diketahui.",
                  "Open Civic Data division identifier; empty where not known."),
        Attribute("ragu", "text", "Keraguan", "Doubt",
                  "Mengapa baris ini atau salah satu wilayahnya diragukan; kosong bila tidak.",
                  "Why this row or one of its members is doubtful; empty where it is not."),
        Attribute("kode", "text", "Kode wilayah", "Unit code", "Kode wilayah menurut Kemendagri.",
                  "Kemendagri code of the unit."),
        Attribute("nama", "text", "Nama wilayah", "Unit name", "Nama wilayah administratif.",
                  "Name of the administrative unit."),
        Attribute("tingkat", "text", "Tingkat", "Level",
                  "Tingkat wilayah: provinsi, kabkota, kecamatan atau desa.",
                  "Level of the unit: provinsi, kabkota, kecamatan or desa."),
        Attribute("plan_id", "text", "Rencana dapil", "Plan", "Lembaga dan tahun: lembaga-tahun.",
                  "Chamber and year: lembaga-tahun."),
        Attribute("jumlah_dapil", "integer", "Jumlah dapil", "Number of dapil",
                  "Jumlah dapil menurut dasar hukum.", "Number of dapil by the legal basis.", "dapil"),
        Attribute("jumlah_kursi", "integer", "Jumlah kursi", "Number of seats",
                  "Jumlah kursi menurut dasar hukum.", "Number of seats by the legal basis.", "kursi"),
        Attribute("komposisi", "integer", "Komposisi diketahui", "Composition known",
                  "1 bila wilayah pembentuk tiap dapil diketahui; 0 bila hanya nama dan kursinya.",
                  "1 where the members of each dapil are known; 0 where only names and seats are."),
        Attribute("wilayah_dikecualikan", "text", "Wilayah dikecualikan", "Territory left out",
                  "Kode wilayah di luar rencana ini (larik JSON).",
                  "Codes of units outside this plan (a JSON array)."),
        Attribute("selisih", "text", "Selisih", "Differences",
                  "Selisih dari jumlah menurut hukum yang diterbitkan apa adanya (larik JSON).",
                  "Differences from the law's totals that are published as found (a JSON array)."),
        Attribute("sumber", "text", "Sumber", "Sources", "Sumber fakta rencana ini (larik JSON).",
                  "Where the plan's facts come from (a JSON array)."),
        Attribute("kode_unit", "text", "Kode wilayah", "Unit code",
                  "Kode 2025 wilayah anggota; mencakup seluruh wilayah di bawahnya.",
                  "Code of 2025 of the member unit; stands for all the ground under it."),
        Attribute("nama_unit", "text", "Nama wilayah", "Unit name", "Nama wilayah anggota.",
                  "Name of the member unit."),
        Attribute("kode_lama", "text", "Kode lama", "Former code",
                  "Kode yang dikenal saat rencana ditetapkan; kosong bila sama.",
                  "The code that the plan knew; empty where it is the same."),
        Attribute("bagian", "text", "Bagian", "Part",
                  "Huruf bagian menurut hukum bila wilayah dibagi; kosong bila utuh.",
                  "The law's letter for a part of a split unit; empty where it is whole."),
        Attribute("bukti", "text", "Bukti", "Evidence",
                  "Asal fakta; kosong bila dari sumber utama tahun itu.",
                  "Where the fact comes from; empty where it is the year's main source."),
        Attribute("catatan", "text", "Catatan", "Note", "Catatan tentang dapil.", "A note on the dapil."),
    ]
)  # fmt: skip

_DOUBTS: Final = Attribute(
    "ragu", "text", "Keraguan", "Doubts",
    "Hal yang diragukan dalam rencana ini (larik JSON).", "What is doubtful in this plan (a JSON array).",
)  # fmt: skip


def _pick(names: str) -> tuple[Attribute, ...]:
    return tuple(_ALL[name] for name in names.split())


#: Columns of a plan layer, in the order of the contract.
PLAN: Final = _pick(
    "id kode_dapil nama_dapil lembaga tahun mulai selesai kode_provinsi nama_provinsi kode_kabkota "
    "nama_kabkota kursi penduduk wilayah luas_km2 dasar_hukum sumber_batas lisensi ocd_id ragu"
)
#: Columns of a plan without composition: what needs a polygon or members is left out.
PLAN_TABLE: Final = _pick(
    "id kode_dapil nama_dapil lembaga tahun mulai selesai kode_provinsi nama_provinsi kode_kabkota "
    "nama_kabkota kursi penduduk dasar_hukum ragu"
)
#: Columns of a unit layer.
UNIT: Final = _pick(
    "kode nama tingkat kode_provinsi nama_provinsi kode_kabkota nama_kabkota kode_kecamatan nama_kecamatan "
    "luas_km2 sumber_batas lisensi"
)
#: Columns of the table ``plans``: one row a plan.
PLANS: Final = (
    *_pick(
        "plan_id lembaga tahun mulai selesai dasar_hukum jumlah_dapil jumlah_kursi komposisi "
        "wilayah_dikecualikan"
    ),
    _DOUBTS,
    *_pick("selisih sumber"),
)
#: Columns of the table ``members``.
MEMBERS: Final = _pick("plan_id lembaga kode_dapil kode_unit nama_unit kode_lama bagian bukti ragu")
#: Columns of the table ``assignment``: every base unit of every plan.
ASSIGNMENT: Final = _pick("plan_id kode_unit kode_dapil")


def columns_of(table: str) -> tuple[Attribute, ...]:
    """Return the columns of a table of the release by its name, without geometry and primary key.

    >>> [column.name for column in columns_of("assignment")]
    ['plan_id', 'kode_unit', 'kode_dapil']
    """
    fixed = {"plans": PLANS, "members": MEMBERS, "assignment": ASSIGNMENT}
    if table in fixed:
        return fixed[table]
    if table.startswith("unit-"):
        return UNIT
    return PLAN_TABLE if table.startswith("tabel-") else PLAN
