"""Drafts in the browser: the page's rules find what `boundaries.research.check` finds; bad files are told by line."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from boundaries.errors import PlanError
from boundaries.exports.mapdata.draft_files import outlines
from boundaries.law.codes import ABROAD
from boundaries.law.plans import load_plans
from boundaries.law.registry import Registry
from boundaries.release.store import Release
from boundaries.research import named_units, own_plan
from boundaries.research.adjacency import find_borders
from boundaries.research.apportionment import largest_remainder
from boundaries.research.browser_case import BrowserCases
from boundaries.research.check import check, with_seats
from boundaries.research.contiguity import Terrain
from boundaries.research.council import Council, councils
from boundaries.research.findings import Case
from boundaries.research.legal_plans import of_plan
from boundaries.research.own_plan import read_plan
from boundaries.research.people import People
from boundaries.research.plan_measures import MEASURES, problem
from boundaries.research.plan_tables import QUANTILES, quantiles
from boundaries.research.proposal import of_law
from boundaries.research.regime import load_regime
from scripts.bundle import MODULES
from tests.page_modules import needs_node, run

Array = NDArray[Any]
CHAMBER = "dprd-kabkota"
#: Councils of few and many kecamatan; in 32.04 and 95.01 several kecamatan have a figure only together.
COUNCILS = ("12.71", "32.04", "81.01", "95.01", "32.18")
DRAFTS = 40  # of each

CHECKED = """
import { check } from "rules.js";
import { readDraft } from "reading.js";
import { isCounted, measuresOf } from "standing.js";
tell(given.map(({ council, index, texts }) => texts.map((text) => {
  const { plan, findings } = check(council, index, readDraft(text, council));
  return { findings, seats: plan.seats, measures: measuresOf(council, plan), counted: isCounted(council, plan) };
})));
"""


def ground(codes: list[str], seed: int, *, water: bool) -> Terrain:
    """Squares on a grid, with water in it: some lie 300 m from what they would touch."""
    rng = np.random.default_rng(seed)
    wide = int(np.ceil(np.sqrt(1.4 * len(codes))))
    cells = np.sort(rng.choice(wide * wide, len(codes), replace=False)) if water else np.arange(len(codes))
    x, y = (
        start + np.cumsum(0.02 + 0.01 * rng.random(wide + 1)) for start in (107, -7)
    )  # no two areas are the same
    inset = np.where(water & (rng.random(len(codes)) < 0.15), 0.0014, 0.0)
    column, row = cells % wide, cells // wide
    shapes = shapely.box((x[column] + inset).round(7), (y[row] + inset).round(7), (x[column + 1] - inset).round(7),
                         (y[row + 1] - inset).round(7))  # fmt: skip
    geometry = np.array([shapely.MultiPolygon([each]) for each in shapes])
    borders = find_borders(geometry)
    return Terrain(np.array(codes), geometry, borders, borders.coast_m)


class Bench:
    """One council for both: the browser's file, and Python's case of a draft; on made-up ground, or that of `cases`."""

    def __init__(
        self, code: str, registry: Registry, people: People, seed: int, cases: BrowserCases | None = None
    ) -> None:
        self.registry, self.people = registry, people
        self.law, self.above = (of_law(load_plans(registry=registry, only=[f"{name}-2024"])[0])
                                for name in (CHAMBER, "dprd-provinsi"))  # fmt: skip
        self.units = [each for each in registry.at("kecamatan") if each.startswith(code + ".")]
        if cases is None:
            cases, self.council = self._made_up(code, seed)
        else:
            (self.council,) = councils(cases.release, CHAMBER, only=[code], registry=registry, people=people)
        self.cases, self.terrain = cases, cases.terrain
        self.file = json.loads(json.dumps(cases.case(self.council, self.law, self.above, {})))
        self.measures = tuple(MEASURES)
        self.index = {"ambang": dict(cases.regime.yardsticks)}

    def _made_up(self, code: str, seed: int) -> tuple[BrowserCases, Council]:
        terrain = ground(self.units, seed, water=code != "32.18")
        rows = self.law.councils[code]
        rng = np.random.default_rng(seed)
        council = Council(
            CHAMBER, 2024, code, self.registry.names[code], int(self.law.dapil["kursi"].to_numpy()[rows].sum()), 3, 12,
            tuple((unit,) for unit in self.units), rng.integers(1000, 90_000, len(self.units)), "penduduk_2023",
            terrain.borders.pairs, terrain.borders.length_m, np.zeros(len(self.units), int), np.array([3]),
            rng.integers(-1, 3, len(self.units)), "tanpa",
        )  # fmt: skip
        cases = BrowserCases.__new__(BrowserCases)
        cases.registry, cases.people, cases.regime = self.registry, self.people, load_regime(2024)
        cases.release = Release(Path(), {"release": "contoh"})
        cases.__dict__["terrain"] = terrain
        return cases, council

    def report(self, path: Path) -> list[dict[str, Any]]:
        """What Python finds of a draft."""
        proposal = read_plan(path, self.registry, chamber=CHAMBER, council=self.council.code)
        case = Case(
            proposal, load_regime(2024), self.people, self.registry, self.terrain, self.law, self.above
        )
        return list(check(with_seats(case, self.council.seats), {}).as_dict()["temuan"])


def drafts(bench: Bench, number: int, seed: int) -> list[str]:
    """Drafts as tables: units thrown together, or grown from seeds; names and separators as people write them; some
    with seats of their own, some that lack a unit."""
    rng = np.random.default_rng(seed)
    units, found = len(bench.units), []
    near = [np.flatnonzero((bench.council.pairs == n).any(axis=1)) for n in range(units)]
    for n in range(number):
        count = int(rng.integers(1, 8))
        label = rng.integers(0, count, units)
        if n % 2:
            label = np.full(units, -1)
            label[rng.choice(units, count, replace=False)] = np.arange(count)
            for _ in range(400):
                unit = int(rng.integers(units))
                beside = label[bench.council.pairs[near[unit]].ravel()] if len(near[unit]) else label
                if label[unit] < 0 and (beside >= 0).any():
                    label[unit] = rng.choice(beside[beside >= 0])
            label[label < 0] = 0
        names = [
            ["Dapil {}", "Barat {}", "X{}"][n % 3].format(k + 1 if n % 5 else k + 2) for k in range(count)
        ]
        if n % 7 == 6:  # codes, or what only looks like codes
            head = bench.council.code.replace(".", "") if n % 2 else "9999"
            names = [head + f"{k + 1:02d}" for k in range(count)]
        used = sorted(set(label.tolist()))
        seats = ""
        given: dict[int, int] = {}
        if n % 4 == 3:
            left = bench.council.seats - len(used)
            share = rng.multinomial(left, np.full(len(used), 1 / len(used))) + 1
            given, seats = dict(zip(used, share.tolist(), strict=True)), ",kursi"
        rows = [
            f"{unit},{names[k]}" + (f",{given[k]}" if given else "")
            for unit, k in zip(bench.units, label, strict=True)
        ]
        text = "\n".join([f"kode,dapil{seats}", *rows]) + "\n"
        found.append(text.replace(",", ";") if n % 3 == 1 else "\ufeff" + text if n % 3 == 2 else text)
    return found


def same(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """One finding of both."""
    assert (mine["rule"], mine["status"], mine["dapil"], mine["units"]) == (
        theirs["aturan"], theirs["hasil"], theirs["dapil"], theirs["wilayah"])  # fmt: skip
    told = [theirs["keterangan"]["id"], theirs["keterangan"]["en"]]
    gap = theirs["nilai"].get("celah_m")
    if mine["rule"] == "d" and theirs["nilai"] and theirs["nilai"]["jenis"] != "laut" and gap >= 500:
        told = [
            re.sub(r"celah [\d.]+ m", "celah lebih dari 500 m", told[0]),
            re.sub(r"gap [\d,]+ m", "gap over 500 m", told[1]),
        ]
    assert mine["said"] == told
    for name, value in mine["value"].items():
        wanted = theirs["nilai"][name]
        assert value == (wanted if name == "kursi_menurut" else pytest.approx(wanted, abs=1e-6)), name


def agree(benches: list[Bench], number: int, path: Path) -> set[tuple[str, str]]:
    """Hold drafts of each council against the law in both; gives which rules ended how."""
    texts = [drafts(bench, number, seed) for seed, bench in enumerate(benches)]
    told = run(CHECKED, [{"council": bench.file, "index": bench.index, "texts": mine}
                         for bench, mine in zip(benches, texts, strict=True)])  # fmt: skip
    statuses = set()
    for bench, mine, answers in zip(benches, texts, told, strict=True):
        for text, answer in zip(mine, answers, strict=True):
            path.write_text(text, "utf-8")
            theirs = bench.report(path)
            assert len(answer["findings"]) == len(theirs)
            for one, other in zip(answer["findings"], theirs, strict=True):
                same(one, other)
                statuses.add((one["rule"], one["status"]))
            of = {unit: line for line in text.splitlines() for unit in [line.split(";")[0].split(",")[0]]}
            names = [re.split("[,;]", of[unit])[1] for unit in bench.units]
            order = list(dict.fromkeys(sorted(names, key=lambda name: (int(re.sub(r"\D", "", name)), name))))
            label = np.array([order.index(name) for name in names])
            seats = np.array(answer["seats"])
            if seats.min() < 1:
                assert answer["measures"] is None
                continue
            wanted = of_plan(problem(bench.council), label, seats)
            for name, value in zip(MEASURES, wanted, strict=True):
                assert answer["measures"][name] == pytest.approx(value, rel=1e-6, abs=1e-9), (
                    name
                )  # borders to the mm
            assert answer["counted"] == counted(bench.council, label, seats)
    return statuses


@pytest.mark.slow
@needs_node
def test_the_browser_finds_what_python_finds(registry: Registry, tmp_path: Path) -> None:
    people = People(registry)
    benches = [Bench(code, registry, people, seed) for seed, code in enumerate(COUNCILS)]
    statuses = agree(benches, DRAFTS, tmp_path / "draft.csv")
    wanted_statuses = {("A1", "lulus"), ("A1", "gagal"), ("A7", "lulus"), ("A7", "perhatian"), ("A8", "perhatian"),
                       ("a", "lulus"), ("a", "perhatian"), ("d", "gagal"), ("d", "perhatian"), ("d", "lulus"),
                       ("e", "gagal"), ("e", "lulus"), ("g", "perhatian")}  # fmt: skip
    assert wanted_statuses <= statuses


@pytest.mark.national
@needs_node
def test_the_browser_finds_what_python_finds_on_real_ground(
    nation: Release, registry: Registry, tmp_path: Path
) -> None:
    people, cases = People(registry), BrowserCases(nation, registry)
    codes = ("12.71", "33.13", "53.05", "73.71", "81.08", "91.05")  # towns, land, islands
    benches = [Bench(code, registry, people, 0, cases) for code in codes]
    assert all(len(bench.units) == len(bench.council.units) for bench in benches)
    statuses = agree(benches, 12, tmp_path / "draft.csv")
    assert {("d", "gagal"), ("d", "perhatian"), ("d", "lulus")} <= statuses


def counted(council: Council, label: Array, seats: Array) -> bool:
    """Whether a plan is among those that are counted, reckoned apart."""
    import networkx as nx

    graph = nx.Graph(council.pairs.tolist())
    graph.add_nodes_from(range(len(label)))
    whole = all(
        nx.is_connected(graph.subgraph(np.flatnonzero(label == k).tolist())) for k in set(label.tolist())
    )
    due = largest_remainder(np.bincount(label, council.people), council.seats)
    return whole and bool(((due.seats >= 3) & (due.seats <= 12) & ((due.seats == seats) | due.tied)).all())


@needs_node
def test_numbers_are_written_as_python_writes_them() -> None:
    values = [
        11.25,
        11.75,
        0.5,
        1.5,
        2.5,
        0.15,
        2.675,
        0.125,
        1.005,
        8.0,
        1e6 + 0.5,
        *np.random.default_rng(3).random(200),
    ]
    code = 'import { fixed } from "shares.js";\ntell(given.map((v) => [0, 1, 2].map((f) => fixed(v, f))));'
    assert run(code, values) == [[f"{value:.{n}f}" for n in (0, 1, 2)] for value in values]


@needs_node
def test_a_place_among_all_plans_is_where_it_is() -> None:
    values = np.sort(np.random.default_rng(2).integers(0, 12, 300) / 7).astype(np.float32)
    count = {"persen": list(QUANTILES), "sebaran": {"mal": list(quantiles(values).values())}}
    asked = [float(each) for each in [*np.unique(values), -1.0, 0.5, 99.0]]
    code = 'import { placeAmong } from "standing.js";\ntell(given.asked.map((v) => placeAmong(given.count, "mal", v)));'
    for value, (low, high) in zip(asked, run(code, {"count": count, "asked": asked}), strict=True):
        less = 100 * float((values < np.float32(value)).mean())
        assert low <= less <= high
        assert high - low <= 25
    assert run(code, {"count": count, "asked": [float(values[0])]}) == [[0, 0]]


BAD = [
    ("", "line 1: no column kode"),
    ("kode,dapil\n", "no unit in it"),
    ("a,b\n1,2\n", "no column kode"),
    ("kode,x\n12.71.01,2\n", "no column dapil"),
    ("kode,dapil\n99.01.01,1\n", 'line 2: "99.01.01" is no kecamatan in 12.71'),
    ("kode,dapil\n12.71.01.1001,1\n", "is part of one kecamatan: only whole ones here; use dapil check"),
    ("kode,dapil\n12.71.01,\n", "12.71.01 has no dapil"),
    ("kode,dapil\n12.71.01,=A1\n", "is a formula"),
    ("kode,dapil\n12.71.01,1\n12.71.01,2\n", "line 3: 12.71.01 stands in line 2 already"),
    ("kode,dapil\n12.71.01,Barat 1\n12.71.02,barat1\n", 'is written "Barat 1" above'),
    *(
        (f"kode,dapil\n12.71.01,Barat 1\n12.71.02,{each}\n", 'is written "Barat 1" above')
        for each in ("Barat\xa01", "Barat 1\u200b", "Barat １", "Ba\xadrat 1")
    ),
    *(
        (f"kode,dapil\n12.71.01,{each}\n", "is no name; write one of letters and digits, 200 at most")
        for each in ("-", "?", "…", "a\x01", "x" * 201)
    ),
    ("kode,dapil\n12.71.01,-2+3\n", "is a formula; write its value"),
    ("kode,dapil,kursi\n12.71.01,1,x\n", 'kursi "x" is no whole number'),
    ("kode,dapil,kursi\n12.71.01,1,3\n12.71.02,1,4\n", "is 4 here, 3 above"),
    ("kode,dapil,kursi\n12.71.01,1,3\n12.71.02,2,\n", "dapil 2 has no kursi"),
    ("kode,dapil,kursi\n12.71.01,1,3\n", "the dapil have 3 seats, the council 50"),
]


@pytest.fixture(scope="module")
def medan() -> Bench:
    from boundaries.law.registry import load_registry

    registry = load_registry()
    return Bench("12.71", registry, People(registry), 3)


@needs_node
def test_bad_drafts_are_told_by_line(medan: Bench) -> None:
    code = """import { readDraft } from "reading.js";
    const problems = (text) => { try { readDraft(text, given.council); return []; } catch (e) { return e.problems; } };
    tell(given.texts.map(problems));"""
    told = run(code, {"council": medan.file, "texts": [text for text, _ in BAD]})
    for (text, wanted), problems in zip(BAD, told, strict=True):
        assert any(wanted in en for _, en in problems), (text, problems)
        assert all(id_ != en for id_, en in problems if "…" not in id_)


def test_names_of_dapil_are_refused_by_both(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for text, told in BAD:
        if told.startswith(("is no name", "is a formula", 'is written "')):
            path.write_text(text, "utf-8")
            with pytest.raises(PlanError, match=told.replace('"', "'")):
                read_plan(path, registry)


@needs_node
def test_spoilt_codes_and_quotes_are_read(medan: Bench) -> None:
    code = """import { readDraft, tableOf } from "reading.js";
    const draft = readDraft(given.text, given.council);
    tell([draft, tableOf(given.council, draft)]);"""
    text = 'GEOID,District\r\n12-71-1,"Dapil ""A"", 2"\r\n127102,Dapil 10\r\nunit-12.71.03,Dapil 9\r\n'
    draft, table = run(code, {"council": medan.file, "text": text})
    assert draft["names"] == ["Dapil 9", "Dapil 10", 'Dapil "A", 2']
    assert draft["label"][:4] == [2, 1, 0, -1]
    assert [en for _, en in draft["notes"]] == [
        'line 2: "12-71-1" read as 12.71.01',
        'line 3: "127102" read as 12.71.02',
    ]
    assert table.splitlines()[1] == '12.71.01,Medan Kota,"Dapil ""A"", 2"'


#: A draft of Medan as people write it: what it says of its first kecamatan, and how many lines are told.
SHAPES = [
    ("Kecamatan;Daerah Pemilihan\nKEC. MEDAN KOTA;Medan 1\nmedan-sunggal;Medan 2\n", {"01": 0, "02": 1}, 0),
    ("Dapil\tWilayah\tKursi\n1\tMedan Kota, Medan Helvetia\t20\n2\tMedan Sunggal dan Medan Denai\t30\n",
     {"01": 0, "02": 1, "03": 0, "04": 1}, 0),
    ("RANCANGAN DAPIL\n\nKabupaten/Kota,Kecamatan,Dapil,Jumlah Kursi\nKota Medan,Medan Kota,1,50\nJUMLAH,,,50\n",
     {"01": 0}, 2),
    ("kode_kec,nama,dapil\n127101,salah,A\n12.71.02,salah,B\n", {"01": 0, "02": 1}, 1),
    ("kode,dapil,ket\n12.71.01,A,total\n12.71.02,B,\n,,Total\n", {"01": 0, "02": 1}, 1),
    ('"","kode","dapil","ket"\n"1","12.71.01","A","a;b;c;d;e;f;g"\n"2","12.71.02","B, C",""\n', {"01": 0, "02": 1}, 0),
    ("Distrik,No. Dapil\nDistrik Medan Kota,1\nMedan Denai,2\n", {"01": 0, "04": 1}, 0),
    ("No.,Nama Kecamatan,Nama Dapil\n1,Médan Kota,a\n2,Medan Sunggal (baru),b\n", {"01": 0, "02": 1}, 0),
    ("id,kode_dapil,nama_dapil,lembaga,kode_kabkota,nama_kabkota,kursi,wilayah\n"
     "x,127101,A,dprd-kabkota,12.71,Kota Medan,20,12.71.01 Medan Kota; 12.71.03 Medan Helvetia\n"
     "y,127102,B,dprd-kabkota,12.71,Kota Medan,30,12.71.02 Medan Sunggal\n", {"01": 0, "02": 1, "03": 0}, 0),
    ("nama_dapil,wilayah\nA,12.71.01 Medan Kota; 12.71.03 Medan Helvetia\nB,12.71.02 medan sunggal\n",
     {"01": 0, "02": 1, "03": 0}, 0),
    ("No,Dapil,Kecamatan,Kursi\n1,A,Medan Kota,20\n2,B,Medan Sunggal,30\nJUMLAH,,,50\n,,\"Medan, 1/5/2027\",\nKetua\n",
     {"01": 0, "02": 1}, 3),
    ("No,Dapil,Kecamatan\n1,A,Medan Kota\n2,B,Medan Sunggal\nCatatan: Medan Kota dulu di B\n", {"01": 0, "02": 1}, 1),
]  # fmt: skip


@needs_node
@pytest.mark.parametrize(("text", "label", "told"), SHAPES)
def test_drafts_of_many_shapes_are_read_alike(
    text: str, label: dict[str, int], told: int, medan: Bench, tmp_path: Path
) -> None:
    code = """import { readDraft } from "reading.js";
    tell(readDraft(given.text, given.council));"""
    draft = run(code, {"council": medan.file, "text": text})
    wanted = [label.get(unit[-2:], -1) for unit in medan.units]
    assert (draft["label"], len(draft["notes"])) == (wanted, told)
    path = tmp_path / "rancangan.csv"
    path.write_text(text, "utf-8")
    plan = read_plan(path, medan.registry, chamber=CHAMBER, council="12.71")
    assert [plan.members.get(unit, -1) for unit in medan.units] == wanted
    assert {note.partition(":")[0] for note, _ in plan.notes if note.startswith("baris")} == {
        note.partition(":")[0] for note, _ in draft["notes"]
    }
    assert dict(read_plan(path, medan.registry).members) == dict(plan.members)  # the council is found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kecamatan,dapil\nMedan Kota,1\nMedan Sungal,1\n", "3: 'Medan Sungal' is no unit of 12.71"),
        ("desa,dapil\nMedan Kota,1\n", "desa have the same name"),
        ("kecamatan,dapil\nPasar Baru,1\nBukan Nama,2\nJuga Bukan,2\n", "no council has units of these names"),
        ("wilayah,dapil\nBogor,1\nBandung,2\n", "may be 32.01 Kabupaten Bogor or 32.71 Kota Bogor; give the code"),
        ("kabkota,kecamatan,dapil\nKota Medan,Medan Kota,1\nKota Binjai,Binjai Kota,1\n", "units of 2 councils"),
        ("kabkota,kecamatan,dapil\nKota Medam,Medan Kota,1\n", "'Kota Medam' is no kabkota or provinsi"),
        ("wilayah,dapil\n12.71.01 Medan Kota,1\n12.71.02 Medan Denai,2\n", "12.71.02 is Medan Sunggal; mend one"),
        # A subtotal is no foot: what stands below it, before another, must have its dapil.
        ("dapil,kecamatan\n1,Medan Kota\n,Jumlah\n,Medan Sunggal\n,Jumlah\n", "12.71.02 has no dapil"),
        ("dapil,kecamatan\n1,Medan Kota\n,Jumlah\n,Medan Sunggal\n2,Medan Denai\n", "12.71.02 has no dapil"),
        ("dapil,kecamatan\n1,Medan Kota\n,Jumlah\n2,Medan Denai\n,Medan Sunggal\n", "12.71.02 has no dapil"),
        ("kode,dapil,kursi\n12.71.01,1,20\n12.71.02,2,30\nJumlah,,55\n", "the total says 55 seats, the dapil have 50"),
    ],
)  # fmt: skip
def test_names_that_are_not_sure_are_refused(
    text: str, told: str, registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "rancangan.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(PlanError, match=re.escape(told)):
        read_plan(path, registry)


@pytest.mark.parametrize(
    ("plan", "councils"),
    [
        ("dpr-2024", ["31", "73", "32"]),  # voters abroad; a name with "dan"; one council of many dapil
        ("dprd-provinsi-2024", ["12", "16", "36"]),  # kecamatan of kabkota that are split
        ("dprd-kabkota-2024", ["11.07", "95.04", "96.03"]),  # names with signs in them
    ],
)
def test_own_tables_of_dapil_are_drafts(
    plan: str, councils: list[str], registry: Registry, tmp_path: Path
) -> None:
    """Who changes a row of what is published has a draft: with nothing changed it is the plan in law."""
    (law,) = load_plans(registry=registry, only=[plan])
    members = law.members
    members = members.assign(text=members["kode_unit"].map(lambda code: f"{code} {registry.names[code]}"))
    lists = members.groupby("kode_dapil", sort=False)["text"].agg("; ".join).rename("wilayah")
    lists[lists.index == "3102"] += f"; {' '.join(ABROAD)}"  # a release says so of the dapil that has them
    table = law.dapil.join(lists, on="kode_dapil").assign(
        id=plan + "-" + law.dapil["kode_dapil"], lembaga=law.chamber, kunci=1
    )
    for council in councils:
        mine = table[table["kode_kabkota" if "." in council else "kode_provinsi"] == council]
        mine.to_csv(path := tmp_path / "rancangan.csv", index=False)
        read = read_plan(path, registry)
        assert (read.chamber, set(read.dapil["dewan"])) == (law.chamber, {council})
        wanted = members[members["kode_dapil"].isin(mine["kode_dapil"])]
        found = {unit: read.dapil["kode_dapil"][n] for unit, n in read.members.items()}
        assert found == dict(zip(wanted["kode_unit"], wanted["kode_dapil"], strict=True))
        assert (
            read.dapil.set_index("kode_dapil")["kursi"].to_dict()
            == mine.set_index("kode_dapil")["kursi"].to_dict()
        )
        assert any("Luar Negeri" in en for _, en in read.notes) == (council == "31" and plan == "dpr-2024")


def test_names_of_columns_are_the_same_in_the_browser() -> None:
    script = (MODULES / "draft" / "reading.js").read_text("utf-8")
    for name, words in {
        "UNIT": own_plan.UNIT, "NAME": named_units.UNIT, "DAPIL": own_plan.DAPIL, "SEATS": own_plan.SEATS,
        "TOTAL": own_plan.TOTAL, "OWN": own_plan.OWN,
    }.items():  # fmt: skip
        written = re.search(rf"^const {name} = (\[.*\]);$", script, re.MULTILINE)
        assert written, name
        assert tuple(json.loads(written[1])) == words, name


def test_ninety_thousand_names_are_refused_at_once(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "rancangan.csv"
    rows = "".join(f"Bukan {n},Kab. Tiada {n % 50_000},{n % 9}\n" for n in range(90_000))
    path.write_text("kecamatan,kabupaten,dapil\n" + rows, "utf-8")
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(named_units.names, "letters", lambda name: asked.append(name) or name)
        patch.setattr(named_units.names, "same", lambda one, other: asked.append(other) or False)
        for council in ("", "12.71"):
            with pytest.raises(PlanError):
                read_plan(path, registry, council=council)
    assert len(asked) < 700_000  # some times a name, not some times a name and council


def test_outlines_are_drawn_on_a_small_grid() -> None:
    square = shapely.box(107, -7, 107.2, -6.9)
    dot = shapely.box(107.1, -6.95, 107.1 + 1e-7, -6.95 + 1e-7)
    found = outlines(
        np.array([shapely.MultiPolygon([each]) for each in (square, dot)]),
        np.array(["a", "b"]),
        ["b", "a", "c"],
    )
    assert (found["lebar"], found["tinggi"]) == (1000, 504)
    assert found["jalur"][0].endswith("h4v4h-4z"), "what is smaller than a cell is still to be seen"
    assert found["jalur"][2] == ""
    moves = [int(each) for each in re.findall(r"-?\d+", found["jalur"][1])]
    assert len(moves) == 8
    assert max(map(abs, moves)) <= 1000
