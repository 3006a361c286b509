"""The table, the goals with their verdicts, and the same as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .cases import HTML, ITEMS
from .measure import OURS, Cell, Results

CONSTANT = "constant"
PEER, FLAT, PAGES, SPREAD = ORDER = (
    "ours vs the fastest peer",
    "ours vs the constant server",
    "our HTML vs the fastest peer's JSON",
    "our p99 over our p50",
)
FASTER, NEAR, PAGE, TAIL = 10.0, 3.0, 5.0, 5.0


@dataclass(frozen=True)
class Goal:
    """One comparison. `verdict` is PASS, MISS, or "-" where one side was not measured."""

    goal: str
    case: str
    gzip: bool
    clients: int
    measure: str
    value: float | None
    bound: float
    at_least: bool
    against: str

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "-"
        return "PASS" if (self.value >= self.bound if self.at_least else self.value < self.bound) else "MISS"


def table(results: Results, cases: Sequence[str], servers: Sequence[str], clients: Sequence[int]) -> str:
    """All figures as text: one block without gzip, one with; one line for each case and server."""
    lines: list[str] = []
    for gzip in (False, True):
        lines += [
            "",
            f"{'With' if gzip else 'Without'} gzip. cpu: CPU ms a request; req/s; p50, p99: latency in ms",
        ]
        heads = "".join(f"  |{f'{n} client' + 's' * (n > 1):^37}" for n in clients)
        lines.append(f"{'':<43}{heads}  |{'1 client, repeated URL':^36}")
        columns = f"  |{'cpu':>10}{'req/s':>9}{'p50':>9}{'p99':>9}" * (len(clients) + 1)
        lines.append(f"{'case':<22}{'server':<12}{'body':>9}{columns}")
        for case in cases:
            lines += [_line(results, case, gzip, name, clients, name == servers[0]) for name in servers]
    return "\n".join(lines)


def _line(results: Results, case: str, gzip: bool, name: str, clients: Sequence[int], first: bool) -> str:
    job = results.jobs.get((case, gzip, name))
    start = f"{case if first else '':<22}{name:<12}"[: 22 + 12]
    if job is None:
        return f"{start}{'-':>9}"
    mark = " " if job.compressed or not gzip else "="
    text = f"{start}{mark}{_size(job.body_bytes):>8}"
    for count in clients:
        text += "  |" + _cell(results.cells.get((case, gzip, count, False), {}).get(name))
    return text + "  |" + _cell(results.cells.get((case, gzip, 1, True), {}).get(name))


def _cell(cell: Cell | None) -> str:
    if cell is None or not cell.cpu_ms:
        return f"{'-':>10}{'-':>9}{'-':>9}{'-':>9}"
    return f"{cell.cpu:10.3f}{cell.per_second:9.1f}{_ms(cell.quantile(0.5))}{_ms(cell.quantile(0.99))}"


def _ms(value: float | None) -> str:
    return f"{'-':>9}" if value is None else f"{value:9.2f}"


def _size(count: float) -> str:
    return (
        f"{count:.0f} B"
        if count < 10_000
        else f"{count / 1000:.0f} kB"
        if count < 1e6
        else f"{count / 1e6:.2f} MB"
    )


def notes(results: Results, cases: Sequence[str]) -> str:
    """What could not be asked or was not timed, and why; the same reason for both encodings is told once."""
    told: dict[tuple[str, str], list[str]] = {}
    for (case, gzip, name), reason in results.cannot.items():
        told.setdefault((name, reason), []).append(f"{case}{' (gzip)' if gzip else ''}")
    lines = []
    for (name, reason), where in told.items():
        plain = [w for w in where if not w.endswith("(gzip)")]
        lines.append(f"- {name}, {', '.join(plain or where)}: {reason}")
    uncompressed = [
        (name, case)
        for (case, gzip, name), job in results.jobs.items()
        if gzip and not job.compressed and case in cases
    ]
    for server in dict.fromkeys(name for name, _ in uncompressed):
        where = [case for name, case in uncompressed if name == server and case != "304"]
        if where:
            lines.append(f"= {server} was asked for gzip and sent it uncompressed: {', '.join(where)}")
    return "\n".join(lines)


def goals(results: Results, cases: Sequence[str], peers: Sequence[str], clients: Sequence[int]) -> list[Goal]:
    """Every goal for every case, encoding and number of clients that were measured."""
    found: list[Goal] = []
    for gzip in (False, True):
        for case in cases:
            for count in clients:
                found += _goals_of(results, case, gzip, count, peers)
    return sorted(found, key=lambda goal: (ORDER.index(goal.goal), goal.measure))


def _goals_of(results: Results, case: str, gzip: bool, count: int, peers: Sequence[str]) -> Iterator[Goal]:
    cells = {n: c for n, c in results.cells.get((case, gzip, count, False), {}).items() if c.cpu_ms}
    ours = cells.get(OURS)
    if case in ITEMS:
        for measure in ("CPU", "req/s"):
            value, peer = _fastest(ours, {n: cells[n] for n in peers if n in cells}, measure)
            yield Goal(PEER, case, gzip, count, measure, value, FASTER, True, peer)
    flat = cells.get(CONSTANT)
    value = ours.cpu / flat.cpu if ours and flat else None
    yield Goal(FLAT, case, gzip, count, "CPU", value, NEAR, False, CONSTANT)
    if case in HTML:
        plain = results.cells.get((HTML[case], gzip, count, False), {})
        value, peer = _fastest(ours, {n: plain[n] for n in peers if n in plain and plain[n].cpu_ms}, "CPU")
        inverse = 1 / value if value else None
        yield Goal(PAGES, case, gzip, count, "CPU", inverse, PAGE, False, peer)
    p50, p99 = (ours.quantile(0.5), ours.quantile(0.99)) if ours else (None, None)
    spread = p99 / p50 if p50 and p99 else None
    yield Goal(SPREAD, case, gzip, count, "latency", spread, TAIL, False, "")


def _fastest(ours: Cell | None, peers: dict[str, Cell], measure: str) -> tuple[float | None, str]:
    """How many times as fast as the fastest of `peers` we are, and which that is."""
    if ours is None or not peers:
        return None, "-"
    if measure == "CPU":
        name = min(peers, key=lambda n: peers[n].cpu)
        return peers[name].cpu / ours.cpu, name
    name = max(peers, key=lambda n: peers[n].per_second)
    return ours.per_second / peers[name].per_second, name


def verdicts(found: Sequence[Goal]) -> str:
    """The goals as text, each comparison with its verdict, and a sum for each goal."""
    lines: list[str] = []
    for name in dict.fromkeys((g.goal, g.measure) for g in found):
        group = [g for g in found if (g.goal, g.measure) == name]
        passed, missed = (sum(g.verdict == word for g in group) for word in ("PASS", "MISS"))
        bound = f"{'at least' if group[0].at_least else 'under'} {group[0].bound:g}x"
        verdict = "MISS" if missed else "PASS" if passed else "-"
        unknown = len(group) - passed - missed
        lines += [
            "",
            f"{verdict}  {name[0]}, {name[1]}, {bound}: {passed} pass, {missed} miss, {unknown} not measured",
        ]
        for g in group:
            if g.value is None:
                continue
            value = f"{g.value:.2f}x"
            how = f"{'gzip' if g.gzip else 'plain'}, {g.clients} client{'s' * (g.clients > 1)}"
            lines.append(f"      {g.case:<22}{how:<18}{value:>9}  {g.verdict:<5}{g.against}".rstrip())
    return "\n".join(lines)


def as_json(results: Results, found: Sequence[Goal], about: dict[str, Any]) -> dict[str, Any]:
    """Everything that was measured, for a program. Latencies in ms, CPU in ms a request."""
    rows = []
    for (case, gzip, count, repeated), cells in results.cells.items():
        for name, cell in cells.items():
            if not cell.cpu_ms:
                continue
            job = results.jobs[case, gzip, name]
            rows.append({
                "case": case, "gzip": gzip, "clients": count, "repeated_url": repeated, "server": name,
                "cpu_ms": cell.cpu, "cpu_ms_rounds": cell.cpu_ms, "requests_per_s": cell.per_second,
                "p50_ms": cell.quantile(0.5), "p99_ms": cell.quantile(0.99), "requests": len(cell.latencies),
                "reconnects": cell.reconnects, "body_bytes": job.body_bytes, "compressed": job.compressed,
                "urls": 1 if repeated else len(job.timed),
            })  # fmt: skip
    cannot = [{"case": c, "gzip": g, "server": n, "why": why} for (c, g, n), why in results.cannot.items()]
    return about | {
        "results": rows,
        "cannot": cannot,
        "goals": [asdict(g) | {"verdict": g.verdict} for g in found],
    }
