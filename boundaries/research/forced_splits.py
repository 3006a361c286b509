"""Rule A6b: whether the law's whole units had to be split, answered by all plans that split none.

The question costs as much as the count of a council's plans (`boundaries.research.legal_plans`), so it is asked where
a split was found and time is given. A lawful plan of whole units shows that none had to be split; a complete count
without one, that some had to; anything else leaves the question open and says why.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from boundaries.errors import BoundariesError
from boundaries.release.store import Release
from boundaries.research.check import Report
from boundaries.research.council import Council, councils
from boundaries.research.findings import ATTENTION, PASSED, UNKNOWN, Finding, comma
from boundaries.research.legal_plans import COMPLETE, Effort, Survey, survey

RULE: Final = "A6b"


def with_forced_splits(report: Report, release: Release, seconds: float) -> Report:
    """Answer A6b where it is open.

    Parameters
    ----------
    seconds
        CPU seconds of the counts of all councils together, in the order of their codes (to list what was counted may
        take some more, once); 0 leaves the report as it is. What is told so hangs on the machine, and says the limit.
    """
    if seconds <= 0:
        return report
    findings, left = list(report.findings), seconds
    for n, finding in enumerate(findings):
        if finding.rule != RULE or finding.status != UNKNOWN:
            continue
        if left <= 0:
            findings[n] = _open(finding, f"{seconds:g} s")
        else:
            began = time.process_time()
            findings[n] = _answered(finding, report, release, left)
            left -= time.process_time() - began
    return replace(report, findings=tuple(findings))


def _answered(finding: Finding, report: Report, release: Release, seconds: float) -> Finding:
    case = report.case
    try:
        (council,) = councils(
            release, case.proposal.chamber, case.proposal.year, only=[finding.council], registry=case.registry,
            people=case.people,
        )  # fmt: skip
        seats = int(case.seats(finding.council).sum())
        found = survey(council.of_seats(seats), effort=Effort(seconds=seconds))
    except BoundariesError as error:
        return _open(finding, str(error))
    value = {"bobot": council.weight, "kursi": seats, "dicoba": found.tried, "sah": found.lawful}
    if found.lawful:
        return replace(
            finding, status=ATTENTION, value=value | {"contoh": _one(council, found)},
            said=(f"pembelahan tidak terpaksa: {_number(found, 'undian')} susunan utuh sah ({council.weight})",
                  f"no split was forced: {_number(found, 'draws')} of plans that split none are lawful "
                  f"({council.weight})"),
        )  # fmt: skip
    if found.method == COMPLETE:
        return replace(
            finding, status=PASSED, value=value,
            said=("pembelahan terpaksa, terbukti dari hitungan lengkap: "
                  f"{comma(f'{found.tried:,}')} susunan utuh memenuhi kuota, tidak satu pun sah ({council.weight})",
                  f"the split was forced, proved by complete count: {found.tried:,} plans of whole units hold the "
                  f"quota, none of them is lawful ({council.weight})"),
        )  # fmt: skip
    return _open(finding, found.counted.why or f"{found.tried:,} draws, none lawful")


def _open(finding: Finding, why: str) -> Finding:
    return replace(
        finding, said=(f"{finding.said[0]}; tidak selesai: {why}", f"{finding.said[1]}; not done: {why}")
    )


def _number(found: Survey, draws: str) -> str:
    of = f"{found.lawful:,} / {found.tried:,}"
    of = comma(of) if draws == "undian" else of
    return of if found.method == COMPLETE else f"{of} {draws}"


def _one(council: Council, found: Survey) -> Sequence[Sequence[str]]:
    """One such plan: the units of each dapil."""
    assert found.front is not None
    labels = found.front.labels[0]
    return [
        [unit for node in np.flatnonzero(labels == label) for unit in council.units[node]]
        for label in np.unique(labels)
    ]
