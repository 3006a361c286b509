"""A plan held against the law: every rule, one after another; and what is said beside their findings."""

from dataclasses import dataclass, replace
from typing import Any, Final

from boundaries.errors import PlanError
from boundaries.research.apportionment import largest_remainder
from boundaries.research.arithmetic import RULES
from boundaries.research.findings import FAILED, STATUSES, Case, Finding, Rule
from boundaries.research.principles import PRINCIPLES

ALL: Final[tuple[Rule, ...]] = (*RULES, *PRINCIPLES)

#: What no rule can reckon, said in every report (Indonesian, English).
NOT_RECKONED: Final = (
    ("Laporan ini menyebut angka pasal yang tidak terpenuhi dan asas yang tersentuh; sah atau tidaknya rencana adalah "
     "wewenang KPU dan pengadilan.",
     "This report tells which number of which article is not met and which principle is touched; whether a plan is "
     "lawful is for the KPU and the courts."),
    ("DAK2 2022, penduduk yang dipakai KPU untuk 2024, tidak ditemukan di sumber terbuka. Angka 2024 memakai penduduk "
     "akhir 2024 (kabkota), 2023 (kecamatan), atau TPS; namanya tertulis di tiap angka.",
     "DAK2 of 2022, the people the KPU used for 2024, is in no open source found. Figures of 2024 rest on people at "
     "the end of 2024 (kabkota), of 2023 (kecamatan) or on polling stations; each says which."),
    ("Dapil DPR DKI Jakarta II juga memilih untuk warga di luar negeri, yang tidak ada di wilayah mana pun: penduduk "
     "per kursinya tanpa mereka.",
     "DPR dapil DKI Jakarta II also elects for voters abroad, who are in no unit: its people a seat leave them out."),
    ("Jalan, feri, waktu tempuh, budaya, minoritas, pengecualian bencana: tidak ada dalam data.",
     "Roads, ferries, travel time, culture, minorities, exceptions after disasters: not in the data."),
    ("Keterputusan wilayah dinilai di atas peta dasar rilis ini.",
     "Whether ground hangs together is judged on the base map of this release."),
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """All findings about a plan, in the order of the rules, then of the councils."""

    case: Case
    findings: tuple[Finding, ...]
    base: dict[str, Any]

    def counts(self) -> dict[str, int]:
        """How many findings of each status: told beside each other, never added up to a score."""
        return {status: sum(each.status == status for each in self.findings) for status in STATUSES}

    @property
    def failed(self) -> list[Finding]:
        """Findings that break a number of the law."""
        return [each for each in self.findings if each.status == FAILED]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        regime = self.case.regime
        rules = {rule.id: rule for rule in ALL}
        return {
            "rencana": self.case.proposal.name,
            "lembaga": self.case.proposal.chamber,
            "tahun": self.case.proposal.year,
            "ambang": regime.year,
            **self.base,
            "jumlah": self.counts(),
            "catatan": [{"id": one, "en": two} for one, two in (*self.case.proposal.notes, *NOT_RECKONED)],
            "aturan": [
                {"id": rule.id, "nama": {"id": rule.title[0], "en": rule.title[1]}, "rumus": rule.formula,
                 "dasar": regime.source(rule.id)} for rule in ALL if rule.id in rules
            ],
            "temuan": [_row(each) for each in self.findings],
        }  # fmt: skip


def check(case: Case, base: dict[str, Any]) -> Report:
    """Hold a plan against every rule. `base`: release and licence, as they stand in the report."""
    found = [finding for rule in ALL for finding in rule.look(case)]
    return Report(case, tuple(found), base)


def _row(each: Finding) -> dict[str, Any]:
    return {
        "aturan": each.rule,
        "hasil": each.status,
        "dewan": each.council,
        "dapil": list(each.dapil),
        "wilayah": list(each.units),
        "keterangan": {"id": each.said[0], "en": each.said[1]},
        "perbaikan": {"id": each.mend[0], "en": each.mend[1]},
        "nilai": dict(each.value),
    }


def with_seats(case: Case, total: int | None) -> Case:
    """Give a plan without seats those that follow from its people; the council's size from the law, or `total`.

    Raises
    ------
    PlanError
        People are not known, the seats given are not `total`, or a dapil has no people.
    """
    proposal = case.proposal
    if proposal.seats_given:
        found = int(proposal.dapil["kursi"].sum())
        if total is not None and found != total:
            raise PlanError(f"the dapil have {found} seats, the council {total}; mend kursi or --kursi")
        return case
    (council,) = proposal.councils
    people, counted = case.council_people(council), case.counted(council)
    if not counted or (people is None and total is None):
        raise PlanError(f"people of {council} are not known by dapil; give --penduduk, or a column kursi")
    size = total or case.regime.council_size(
        proposal.chamber, council, float(people.value.sum()) if people else 0
    )
    if size is None:
        raise PlanError(f"the law has no size for a council of {proposal.chamber}; give --kursi")
    dapil = proposal.dapil.assign(kursi=largest_remainder(counted[0].value, size).seats)
    notes = (
        *proposal.notes,
        (f"kursi {size}, dibagi menurut {counted[0].name}", f"{size} seats, by {counted[0].name}"),
    )
    return replace(case, proposal=replace(proposal, dapil=dapil, notes=notes))
