"""The map page's state under node: numbers of addresses and of distances, files that do not come, years that change."""

from pathlib import Path

import pytest

from tests.page_modules import module, needs_node, run

pytestmark = needs_node

INDEX = {"years": [2024, 2019], "provinces": [],
         "plans": {f"dpr-{year}": {"lembaga": "dpr", "tahun": year} for year in (2024, 2019)},
         "files": {"map-compare-dpr-2019-2024.json": {}}}  # fmt: skip
READ = """import { readState, writeState } from "address.js";
const index = { ...given.index };
tell(given.hashes.map((hash) => readState(hash, index)).map((state) => ({ ...state, hash: writeState(state) })));
"""


@pytest.mark.parametrize(
    ("titik", "read"),
    [
        ("-6.95,106.55", {"lat": -6.95, "lon": 106.55}), ("0,100", {"lat": 0, "lon": 100}),
        ("-6.95, 106.55", {"lat": -6.95, "lon": 106.55}), ("-0.00001,100.5", {"lat": -0.00001, "lon": 100.5}),
        (",", None), ("1,", None), (",1", None), ("", None), ("0x10,1e2", None), ("1e1,100", None),
        ("Infinity,0", None),
        ("91,100", None), ("1,181", None), ("1,2,3", None), ("1", None), ("--1,100", None), ("1.,100", None),
    ],
)  # fmt: skip
def test_a_point_is_read_only_if_it_is_one(titik, read):
    [state] = run(READ, {"index": INDEX, "hashes": [f"#titik={titik}"]})
    assert state["titik"] == read


def test_other_numbers_of_an_address_are_read_alike():
    hashes = ["#tahun=2019", "#tahun=0x7e3", "#tahun=2.019e3", "#tahun=", "#banding=2019", "#banding=2019.0e0",
              "#peta=//", "#peta=5/,/1", "#peta=5/-2/118", "#peta=0x5/-2/118"]  # fmt: skip
    states = run(READ, {"index": INDEX, "hashes": hashes})
    assert [state["tahun"] for state in states[:4]] == [2019, 2024, 2024, 2024]
    assert [state["banding"] for state in states[4:6]] == [2019, 0]
    assert [state["peta"] for state in states[6:]] == [None, None, [5, -2, 118], None]


def test_a_link_is_read_though_its_signs_were_escaped():
    hashes = [
        "#lembaga%3Ddpr%26tahun%3D2019",
        "#lembaga=dpr&amp;tahun=2019",
        "#tahun%3d2019",
        "#tahun%3D2019%",
        "#%",
    ]
    assert [state["tahun"] for state in run(READ, {"index": INDEX, "hashes": hashes})] == [
        2019,
        2019,
        2019,
        2024,
        2024,
    ]


def test_a_dapil_says_of_which_chamber_and_election_it_is():
    """Whatever stands beside it: the release has that dapil, so the page must not say that it is not there."""
    hashes = [
        "#dapil=dpr-2019-3202",
        "#lembaga=dpr&tahun=2024&dapil=dpr-2019-3202",
        "#tahun=2019&dapil=dpd-2024-32",
    ]
    states = run(READ, {"index": INDEX, "hashes": hashes})
    assert [state["tahun"] for state in states] == [2019, 2019, 2019]
    assert [state["dapil"] for state in states] == ["dpr-2019-3202", "dpr-2019-3202", "dpd-2024-32"]


def test_what_is_written_is_read_again():
    hashes = [
        "#lembaga=dpr&tahun=2019&titik=-6.95,106.55&peta=10.25/-6.9512/106.55",
        "#lembaga=dpr&tahun=2024&banding=2019",
    ]
    assert [state["hash"] for state in run(READ, {"index": INDEX, "hashes": hashes})] == hashes


def test_distances_are_told_as_they_are_rounded():
    code = 'import { distance, speak } from "words.js";\nspeak("en");\ntell(given.map(distance));'
    told = {0: "0 m", 9.96: "10 m", 9.94: "9.9 m", 24.4: "24 m", 999.4: "999 m", 999.5: "1 km", 999.6: "1 km",
            1000: "1 km", 1249: "1.2 km", 9960: "10 km", 340_400: "340 km"}  # fmt: skip
    assert dict(zip(told, run(code, list(told)), strict=True)) == told


# --- files -------------------------------------------------------------------------------------------

#: A page opened from a disk: `script(name)` is what its script does, `error` where there is none.
DISK = """import { load, setDataBase } from "load.js";
globalThis.location = { protocol: "file:" };
globalThis.window = globalThis;
const scripts = { good: () => dapilData("good", '{"a": 1}'), silent: () => {},
  other: () => dapilData("good", '{"a": 2}'), broken: () => dapilData("broken", "<html>") };
globalThis.document = {
  createElement: () => ({ remove() {} }),
  head: { append(script) { setTimeout(() => {
    const does = scripts[script.src.replace(/^data\\/(.*)\\.js$/, "$1")];
    if (does) does();
    (does ? script.onload : script.onerror)();
  }); } },
};
setDataBase("data/");
const late = (name) => new Promise((resolve) => setTimeout(resolve, 2000, name + " never ends"));
const ended = (name) => load(name).then((value) => value, (error) => [error.name, error.file, error.status]);
tell(await Promise.all(given.map((name) => Promise.race([ended(name), late(name)]))));
process.exit();
"""


def test_a_script_that_hands_nothing_over_has_failed():
    """Whether it is not there, is another page in its place, or hands over another file or no JSON."""
    names = ["good", "missing", "silent", "broken"]
    failed = [["LoadError", name, 0] for name in names[1:]]
    assert run(DISK, names) == [{"a": 1}, *failed]
    assert run(DISK, ["other"]) == [["LoadError", "other", 0]]


def test_a_file_that_is_cut_off_is_told_as_one_that_did_not_come():
    code = """import { load } from "load.js";
globalThis.location = { protocol: "https:" };
globalThis.fetch = async () => new Response(given);
tell(await load("x.json").catch((error) => [error.name, error.file, error.status]));
"""
    assert run(code, '{"a": [1,') == ["LoadError", "x.json", 0]
    assert run(code, '{"a": 1}') == {"a": 1}


# --- years that change while something loads ---------------------------------------------------------

#: The search box on a page that is as good as none; the files of 2024 are held until `free` lets them go.
BOX = Path(__file__).with_name("searchbox_stub.mjs").read_text("utf-8")


def box(code: str) -> object:
    return run(BOX.replace("SEARCHBOX", module("searchbox.js")) + code)


def test_names_of_a_year_that_come_late_are_not_those_of_the_year_that_is_shown():
    told = box("""
box.places();                      // the field has the focus
await rest();
app.state.tahun = 2019;
await type("dpr jawa barat ii");   // of 2019, which is there at once
const before = shown();
free();
await rest();                      // 2024 comes
await box.choose(0);
tell([before, gone]);
""")
    assert told == [["dpr-2019-1"], [[2019, "dpr-2019-1"]]]


def test_a_search_that_waits_while_the_year_changes_answers_for_the_new_one():
    told = box("""
const looking = type("dpr jawa barat ii");
await rest();
app.state.tahun = 2019;
free();
await looking;
tell(shown());
""")
    assert told == ["dpr-2019-1"]


def test_a_result_of_another_year_is_not_gone_to_but_looked_for_again():
    told = box("""
free();
await type("dpr jawa barat ii");
const before = shown();
app.state.tahun = 2019;
await box.choose(0);
tell([before, gone, shown()]);
""")
    assert told == [["dpr-2024-1"], [], ["dpr-2019-1"]]


def test_years_that_fail_are_asked_for_again_and_do_not_undo_the_next():
    told = box("""
const fetch = globalThis.fetch;
globalThis.fetch = async (name) => {
  if (!name.includes("2024")) return fetch(name);
  await held;
  throw new Error("no network");
};
const failing = box.places().catch((error) => error.name);
await rest();
app.state.tahun = 2019;
const coming = box.places();
free();
const name = await failing;
tell([name, coming === box.places(), (await coming).year]);
""")
    assert told[:2] == ["LoadError", True]


def test_a_position_that_comes_after_another_place_was_chosen_is_left():
    told = box("""
let found;
navigator.geolocation = { getCurrentPosition: (done) => (found = done) };
free();
await type("dpr jawa barat ii");
box.locate();
await box.choose(0);
found({ coords: { latitude: -6, longitude: 106, accuracy: 5 } });
const once = gone.length;
box.locate();
found({ coords: { latitude: -6, longitude: 106, accuracy: 5 } });
tell([once, gone.length]);
""")
    assert told == [1, 2]


def test_a_file_that_is_being_made_is_asked_for_again_and_told():
    """503 with Retry-After: the page waits and says so; another error is one at once."""
    told = run("""
import { load, setDataBase } from "load.js";
globalThis.location = { protocol: "http:" };
const waits = [];
globalThis.setTimeout = (done, ms) => { waits.push(ms); queueMicrotask(done); };
const answers = { "a.json": [503, 503, 200], "b.json": [404] };
globalThis.fetch = async (address) => {
  const status = answers[address.slice(5)].shift();
  return { ok: status === 200, status, headers: new Map([["Retry-After", "7"]]), json: async () => ({ status }) };
};
const said = [];
setDataBase("data/", (file) => said.push(file));
const found = await load("a.json");
const failed = await load("b.json").catch(({ status }) => status);
tell([found, failed, waits, said]);
""")
    assert told == [{"status": 200}, 404, [7000, 7000], ["a.json", None, "a.json", None]]


def test_a_link_that_names_a_dapil_fits_it_and_not_its_province():
    code = """import { App } from "app.js";
const index = { provinces: [{ kode: "32", bbox: [0, 0, 9, 9] }], bbox: [-9, -9, 9, 9] };
const facts = { byId: new Map([["dpr-2024-3202", { bbox: [1, 2, 3, 4] }]]) };
tell(given.map(([dapil, before]) => {
  let shown = null;
  const app = Object.create(App.prototype);
  const state = { dapil, prov: "32", kab: "", peta: null, titik: null };
  Object.assign(app, { state, known: { facts, index }, shown: { fit: (box) => (shown = box) } });
  app.fit({ before: before && { ...state } });
  return shown;
}));
"""
    asked = [["dpr-2024-3202", False], ["", False], ["dpr-2024-9999", False], ["dpr-2024-3202", True]]
    assert run(code, asked) == [[1, 2, 3, 4], [0, 0, 9, 9], [0, 0, 9, 9], None]
