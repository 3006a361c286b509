"""Re-check every invariant of a release from its files alone: what is published, not how it was made."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from time import process_time
from typing import Any, Final

from shapely.errors import ShapelyError

from boundaries.errors import ReleaseError
from boundaries.release.store import Release
from boundaries.verify import file_rules, geometry_rules, table_rules
from boundaries.verify.column_rules import columns
from boundaries.verify.detail_rules import details
from boundaries.verify.download_rules import downloads
from boundaries.verify.drawn_files import drawn_files
from boundaries.verify.election_rules import elections
from boundaries.verify.law_rules import Law, law_rule
from boundaries.verify.layer_files import layer_files
from boundaries.verify.ledger_rules import ledger
from boundaries.verify.opened_release import DAMAGE, Contents, Finding, Outcome, Rule
from boundaries.verify.package_rules import database

#: Every rule by its id, in the order in which they run: cheap ones first.
RULES: Final[Mapping[str, Rule]] = {
    "files": file_rules.hashes,
    "database": database,
    "layers": file_rules.layers,
    "plans": table_rules.plans,
    "totals": table_rules.totals,
    "identifiers": table_rules.identifiers,
    "columns": columns,
    "members": table_rules.members,
    "assignment": table_rules.assignment,
    "grounds": table_rules.grounds,
    "succession": table_rules.succession,
    "ledger": ledger,
    "shapes": geometry_rules.shapes,
    "coverage": geometry_rules.coverage,
    "sphere": geometry_rules.sphere,
    "dapil-unions": geometry_rules.dapil_unions,
    "unit-unions": geometry_rules.unit_unions,
    "holes": geometry_rules.holes,
    "areas": geometry_rules.areas,
    "details": details,
    "features": file_rules.features,
    "elections": elections,
    "downloads": downloads,
    "layer-files": layer_files,
    "drawn-files": drawn_files,
}
_SHOWN: Final = 20


@dataclass(frozen=True)
class Check:
    """One rule as it ran: its id, what it asserts, what it looked at, how many findings, CPU seconds."""

    id: str
    rule: str
    looked_at: str
    findings: int
    seconds: float


@dataclass(frozen=True)
class Report:
    """Everything that `verify` checked in one release, and every finding."""

    release: str
    checks: list[Check]
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether the release holds all that it promises."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {"ok": self.ok} | asdict(self)

    def as_text(self) -> str:
        """Return the report as a table for a person, and up to twenty findings under it."""
        lines = [
            f"{'ok' if not check.findings else 'FAIL':<5}{check.id:<14}{check.looked_at}"
            for check in self.checks
        ]
        for each in self.findings[:_SHOWN]:
            place = " ".join(part for part in (each.layer, each.feature) if part)
            lines.append(f"{each.check}: {place}: {each.what}: expected {each.expected}, found {each.found}")
        if len(self.findings) > _SHOWN:
            lines.append(f"... and {len(self.findings) - _SHOWN:,} more findings (--json tells them all)")
        verdict = "no finding" if self.ok else f"{len(self.findings):,} findings"
        return "\n".join([*lines, f"{self.release}: {len(self.checks)} checks, {verdict}"])


def verify(release: Release, progress: Callable[[str], None] | None = None, law: Law | None = None) -> Report:
    """Check a release (see `RULES`; open it with ``complete=False`` to see missing files as findings too).

    `progress` is told the id of each rule before it runs. With `law` one rule more holds the release against the law's
    tables. Where something else lies in a file's place (a link, a pipe) only that is told, and nothing read. Nothing is
    raised for a damaged release: a rule that cannot be checked is a finding. The manifest itself is not hashed: what it
    says is compared with the files and tables.
    """
    contents = Contents(release)
    checks, findings = [], []
    rules = dict(RULES) | ({"law": law_rule(law)} if law else {})
    if file_rules.irregular(release):
        rules = {"files": file_rules.regular}
    for name, rule in rules.items():
        if progress is not None:
            progress(name)
        start = process_time()
        outcome = outcome_of(name, rule, contents)
        asserts = (rule.__doc__ or "").strip()
        seconds = round(process_time() - start, 3)
        checks.append(Check(name, asserts, outcome.looked_at, len(outcome.findings), seconds))
        findings += outcome.findings
    return Report(release.id, checks, findings)


def outcome_of(name: str, rule: Rule, contents: Contents) -> Outcome:
    """Run one rule; what stops it is a finding."""
    try:
        return rule(contents)
    except (ReleaseError, ShapelyError, *DAMAGE) as error:
        why = f"{type(error).__name__}: {error}"
        return Outcome("could not be checked", [Finding(name, "", "", "the check", "to run", why)])
