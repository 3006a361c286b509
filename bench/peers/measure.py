"""Verify first, then time: what is asked of each server, in which order, and what is counted."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from .base import CannotDoError, Server, say
from .cases import Question, Truth, questions
from .client import Request, Response, Run, WrongAnswerError, fetch, raw_request
from .constant import Constant
from .cpu import cpu_seconds
from .verify import check

OURS = "ours"
#: A server that takes longer than this for one answer is given one round and few requests.
SLOW = 0.5


@dataclass
class Job:
    """What one server is asked in one case, with or without gzip: only requests whose answers were verified."""

    timed: list[Request]
    warm: list[Request]
    body_bytes: float  # mean length of a body as sent
    compressed: bool
    latency: float  # seconds, median while verifying


@dataclass
class Cell:
    """What was measured of a job with a number of clients: one entry a round, latencies of all rounds together."""

    cpu_ms: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    wall: float = 0.0
    reconnects: int = 0

    def add(self, run: Run, roots: Sequence[int], seconds: float, at_least: int) -> None:
        """Run one round."""
        before = cpu_seconds(roots)
        sample = run(seconds, at_least)
        used = cpu_seconds(roots) - before
        count = len(sample.latencies)
        self.cpu_ms.append(used / count * 1000)
        self.rate.append(count / sample.wall)
        self.latencies += sample.latencies
        self.wall += sample.wall
        self.reconnects += sample.reconnects

    @property
    def cpu(self) -> float:
        """CPU ms a request, median of the rounds."""
        return statistics.median(self.cpu_ms)

    @property
    def per_second(self) -> float:
        """Requests a second, median of the rounds."""
        return statistics.median(self.rate)

    def quantile(self, q: float) -> float | None:
        """Latency in ms at `q`; None where there are too few requests to tell (fewer than 2 beyond it)."""
        beyond = len(self.latencies) * (1 - q)
        if beyond < 2:
            return None
        return 1000 * sorted(self.latencies)[int(len(self.latencies) * q)]


#: case, with gzip, clients, the same URL over and over; server.
Key = tuple[str, bool, int, bool]


@dataclass
class Results:
    jobs: dict[tuple[str, bool, str], Job] = field(default_factory=dict)
    cannot: dict[tuple[str, bool, str], str] = field(default_factory=dict)
    cells: dict[Key, dict[str, Cell]] = field(default_factory=dict)

    def cell(self, key: Key, server: str) -> Cell:
        return self.cells.setdefault(key, {}).setdefault(server, Cell())


class Bench:
    """Runs the cases. `seconds` is the length of a round; `patience` bounds the verification of one job."""

    def __init__(
        self, truth: Truth, cases: Iterable[str], seconds: float, rounds: int, patience: float
    ) -> None:
        self._truth, self._cases = truth, list(cases)
        self._seconds, self._rounds, self._patience = seconds, rounds, patience
        self.results = Results()

    def verify(self, server: Server, capture: Constant | None = None) -> None:
        """Ask `server` everything once and keep the requests that it answers rightly."""
        for case in self._cases:
            timed, warm = questions(self._truth, case)
            for gzip in (False, True):
                key = case, gzip, server.name
                try:
                    self.results.jobs[key] = self._job(server, timed, warm, gzip, capture)
                except (CannotDoError, WrongAnswerError, OSError, ValueError, KeyError, TypeError) as error:
                    self.results.cannot[key] = f"{type(error).__name__}: {error}"[:300]

    def verify_constant(self, server: Constant) -> None:
        """Give the constant server the very requests of ours; the first few of each case are verified."""
        for (case, gzip, name), job in list(self.results.jobs.items()):
            if name != OURS:
                continue
            key = case, gzip, server.name
            try:
                for question, request in zip(questions(self._truth, case)[0], job.timed[:3], strict=False):
                    check(self._truth, question, fetch(server.port, request.raw))
                self.results.jobs[key] = job
            except (WrongAnswerError, OSError, ValueError) as error:
                self.results.cannot[key] = f"{type(error).__name__}: {error}"[:300]

    def _job(
        self,
        server: Server,
        timed: list[Question],
        warm: list[Question],
        gzip: bool,
        capture: Constant | None,
    ) -> Job:
        requests: list[Request] = []
        taken: list[float] = []
        bodies: list[int] = []
        compressed = False
        end = time.monotonic() + self._patience
        for question in timed:
            # The captured server needs every answer; the others may stop early, but not before 3.
            if capture is None and len(requests) >= 3 and time.monotonic() > end:
                break
            request, response, seconds = self._one(server, question, gzip)
            check(self._truth, question, response)
            if capture:
                capture.keep(request.path, server.headers(question, gzip), response)
            requests.append(request)
            taken.append(seconds)
            bodies.append(len(response.body))
            compressed |= "content-encoding" in response.headers
        warming = [self._loose(server, q, gzip, capture) for q in warm[:20]] if taken[0] < SLOW else requests
        return Job(requests, warming, statistics.fmean(bodies), compressed, statistics.median(taken))

    def _one(self, server: Server, question: Question, gzip: bool) -> tuple[Request, Response, float]:
        path, headers = server.path(question), server.headers(question, gzip)
        raw = raw_request(path, headers)
        start = time.perf_counter()
        response = fetch(server.port, raw)
        taken = time.perf_counter() - start
        # Answers carry the time, which gzip packs to a few bytes more or less; chunks have heads of their own.
        size = len(response.body)
        slack = 64 + (size // 50 if gzip or "transfer-encoding" in response.headers else 0)
        renamed = question.case != "304"
        request = Request(raw, path, renamed, response.status, max(0, size - slack), size + slack)
        return request, response, taken

    def _loose(self, server: Server, question: Question, gzip: bool, capture: Constant | None) -> Request:
        """A request to warm up with: only its status is checked."""
        path, headers = server.path(question), server.headers(question, gzip)
        raw = raw_request(path, headers)
        if capture:
            capture.keep(path, headers, fetch(server.port, raw))
        return Request(raw, path, False, 304 if question.case == "304" else 200)

    def time(self, servers: Sequence[Server], clients: Sequence[int]) -> None:
        """Time all cases; within a case the servers take turns, so that noise on the machine meets all."""
        for case in self._cases:
            start = time.monotonic()
            for gzip in (False, True):
                able = [s for s in servers if (case, gzip, s.name) in self.results.jobs]
                for server in able:
                    self._guard(server, case, gzip, self._warm)
                for count in clients:
                    self._rounds_of(able, (case, gzip, count, False))
                self._rounds_of(able, (case, gzip, 1, True))
            say(f"  {case}: {time.monotonic() - start:.0f} s")

    def _warm(self, server: Server, job: Job) -> None:
        if job.latency < SLOW:
            Run(server.port, job.warm, 8)(self._seconds / 2, 8)

    def _rounds_of(self, servers: Sequence[Server], key: Key) -> None:
        case, gzip, clients, repeated = key
        runs: dict[str, Run] = {}
        for turn in range(self._rounds):
            shift = turn % max(1, len(servers))
            for server in [*servers[shift:], *servers[:shift]]:
                job = self.results.jobs.get((case, gzip, server.name))
                if job is None:
                    continue
                asked = job.timed[:1] if repeated else job.timed
                run = runs.setdefault(server.name, Run(server.port, asked, clients, repeated))
                self._guard(server, case, gzip, partial(self._round, key, run))

    def _round(self, key: Key, run: Run, server: Server, job: Job) -> None:
        clients, repeated = key[2:]
        cell = self.results.cell(key, server.name)
        if cell.wall > max(1.5, 4 * self._seconds):
            return  # a slow server: the rounds so far told enough
        seconds = self._seconds / 2 if repeated else self._seconds
        cell.add(run, server.roots(), seconds, max(clients, 2 if job.latency > SLOW else 4))

    def _guard(self, server: Server, case: str, gzip: bool, work: Callable[[Server, Job], None]) -> None:
        """Do `work`; a server that answers otherwise than verified loses its figures of this case."""
        key = case, gzip, server.name
        if key not in self.results.jobs:
            return
        try:
            work(server, self.results.jobs[key])
        except (WrongAnswerError, OSError) as error:
            self.results.cannot[key] = f"while timed: {error}"[:300]
            del self.results.jobs[key]
            for cell_key, cells in self.results.cells.items():
                if cell_key[:2] == (case, gzip):
                    cells.pop(server.name, None)
