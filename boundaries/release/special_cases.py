"""What is otherwise in some places than a voter may expect: said beside the answer by page, service and command.

The page has the same in `boundaries/site/modules/search/special.js`; tests/test_lookup_agreement.py holds the two
together.
"""

from collections.abc import Iterable
from typing import Final, Protocol

Text = dict[str, str]

ACEH: Final = "11"
#: Kecamatan that lie whole in the new capital (UU 3/2022). Its own DPRD and dapil are not set by any law yet.
CAPITAL: Final = "64.09.04"
_ACEH: Final = {
    "id": "Di Aceh DPRD provinsi disebut DPRA dan DPRD kabupaten/kota disebut DPRK (UU 11/2006).",
    "en": "In Aceh the DPRD provinsi is called DPRA and the DPRD kabupaten/kota DPRK (UU 11/2006).",
}
_CAPITAL: Final = {
    "id": "Sepaku termasuk Ibu Kota Nusantara (UU 3/2022), yang belum punya dapil sendiri: pada 2024 wilayah ini "
    "memilih bersama Kalimantan Timur.",
    "en": "Sepaku is part of the new capital Nusantara (UU 3/2022), which has no dapil of its own yet: in 2024 this "
    "ground voted with Kalimantan Timur.",
}
_CAPITAL_SINCE: Final = 2024
_WITHIN: Final = {
    "id": "Pada pemilu {year} wilayah ini memilih sebagai bagian dari {name}.",
    "en": "In the election of {year} this ground voted as part of {name}.",
}
#: Said of a point that is farther off land than units reach.
NOT_HERE: Final = {
    "id": "Titik ini tidak di daratan Indonesia. Pemilih di luar negeri memilih DPR di dapil ini.",
    "en": "This point is not on land of Indonesia. Voters abroad elect the DPR in this dapil.",
}
#: Why there is no dapil abroad, by chamber.
NONE_ABROAD: Final = {
    chamber: {
        "id": f"Pemilih di luar negeri tidak memilih {name}.",
        "en": f"Voters abroad elect no {name}.",
    }
    for chamber, name in (
        ("dpr", "DPR"),
        ("dpd", "DPD"),
        ("dprd-provinsi", "DPRD provinsi"),
        ("dprd-kabkota", "DPRD kabupaten/kota"),
    )
}


class Elected(Protocol):
    """What is read of a dapil: the provinsi that it belonged to in its election."""

    @property
    def kode_provinsi(self) -> str | None: ...  # noqa: D102
    @property
    def nama_provinsi(self) -> str | None: ...  # noqa: D102


def remarks(code: str, year: int, seats: Iterable[Elected]) -> tuple[Text, ...]:
    """Return what is to be said of a unit in an election; `seats`: its dapil.

    A provinsi that was made later (pemekaran, as Papua's four of 2022) shows by the provinsi of its dapil.
    """
    found = [_ACEH] if code.startswith(ACEH) else []
    if year >= _CAPITAL_SINCE and code.startswith(CAPITAL):
        found.append(_CAPITAL)
    others = {s.nama_provinsi for s in seats if s.kode_provinsi and s.kode_provinsi != code[:2]}
    for name in sorted(each for each in others if each):
        found.append({language: text.format(year=year, name=name) for language, text in _WITHIN.items()})
    return tuple(found)
