"""The map page as a folder: complete, replaced in one step, at nobody's cost, and working from a disk."""

import errno
import functools
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.downloads import jobs as files
from boundaries.downloads.jobs import Job
from boundaries.errors import ReleaseError
from boundaries.release.store import FOLDER, LIST, Release, open_release
from boundaries.site import folder_swap as folder
from boundaries.site import site_folder
from boundaries.site.folder_swap import SiteError, new_folder
from tests.html_help import read
from tests.page_modules import NODE, needs_node, run
from tests.small import make_small_release

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


@pytest.fixture(scope="module")
def site(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site") / "peta"
    site_folder.write_site(release, directory)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    return {p.relative_to(directory).as_posix(): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


# --- the folder --------------------------------------------------------------------------------------


def write(directory: Path, **files: str) -> None:
    with new_folder(directory) as draft:
        for name, text in files.items():
            draft.write(f"{name}.txt", text.encode())
        draft.finish({})


def write_twice(directory: Path) -> None:
    with new_folder(directory) as draft:
        draft.write("a.txt", b"2")
        draft.write("a.txt", b"3")


def left_behind(directory: Path) -> list[str]:
    return [path.name for path in directory.parent.iterdir() if path.name != directory.name]


@pytest.fixture(params=["exchange", "two renames"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a site goes, on a system that can exchange folders and on one that cannot."""
    if request.param == "two renames":
        monkeypatch.setattr(folder, "exchanged", lambda one, other: False)
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / "peta"


def test_a_new_site_takes_the_place_of_the_old(place):
    write(place, a="1", b="2")
    write(place, a="3", c="4")
    found = contents(place)
    assert {name for name in found if name != folder.SITE.list} == {"a.txt", "c.txt"}
    assert found["a.txt"] == b"3"
    assert [each["name"] for each in json.loads(found[folder.SITE.list])["files"]] == ["a.txt", "c.txt"]
    assert left_behind(place) == []


def test_files_of_others_stay(place):
    write(place, a="1")
    (place / ".git").mkdir()
    (place / ".git" / "HEAD").write_text("ref")
    (place / "CNAME").write_text("peta.example.org")
    (place / "link").symlink_to("CNAME")
    write(place, a="2")
    assert (place / ".git" / "HEAD").read_text() == "ref"
    assert (place / "CNAME").read_text() == "peta.example.org"
    assert (place / "link").readlink() == Path("CNAME")
    assert (place / "a.txt").read_text() == "2"


def test_a_file_of_others_in_the_way_is_told_and_left(place):
    write(place, a="1")
    (place / "b.txt").write_text("mine")
    with pytest.raises(SiteError, match=r"b\.txt is not ours"):
        write(place, a="2", b="ours")
    assert (place / "a.txt").read_text() == "1"
    assert (place / "b.txt").read_text() == "mine"
    assert left_behind(place) == []


@pytest.mark.parametrize("listed", [None, "{}", "[]", "no json", '{"format": 9, "files": []}'])
def test_a_folder_that_is_not_ours_is_refused(place, listed):
    place.mkdir()
    (place / "thesis.txt").write_text("dear")
    if listed is not None:
        (place / folder.SITE.list).write_text(listed)
    before = contents(place)
    with pytest.raises(SiteError, match="no site that dapil made"):
        write(place, a="1")
    assert contents(place) == before
    assert left_behind(place) == []


def test_an_empty_folder_and_a_folder_behind_a_link_are_taken(place):
    place.mkdir()
    write(place, a="1")
    link = place.with_name("link")
    link.symlink_to(place)
    write(link, a="2")
    assert link.is_symlink()
    assert (place / "a.txt").read_text() == "2"


def test_a_file_is_refused(place):
    place.write_text("a file")
    with pytest.raises(SiteError, match="is a file"):
        write(place, a="1")
    with pytest.raises(SiteError, match="cannot be written"):
        write(place / "below", a="1")


def test_a_failure_leaves_what_was_there(place):
    write(place, a="1")
    with pytest.raises(SiteError, match="twice"):
        write_twice(place)
    assert (place / "a.txt").read_text() == "1"
    assert left_behind(place) == []


def test_a_full_disk_is_told_and_leaves_what_was_there(place, monkeypatch):
    write(place, a="1")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def no_room(self: Path, content: bytes) -> int:
        raise full

    monkeypatch.setattr(Path, "write_bytes", no_room)
    with pytest.raises(SiteError, match=r"no room on the disk.*untouched"):
        write(place, a="2")
    monkeypatch.undo()
    assert (place / "a.txt").read_text() == "1"


def test_killed_while_writing_the_old_site_is_whole(tmp_path):
    """And the draft of the dead process is removed by the next one."""
    place = tmp_path / "here" / "peta"
    write(place, a="1")
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom boundaries.site.folder_swap import new_folder\n"
        f"with new_folder(Path({str(place)!r})) as draft:\n"
        "    draft.write('a.txt', b'2')\n    print('writing', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    assert (place / "a.txt").read_text() == "1"
    [draft] = left_behind(place)
    os.utime(place.with_name(draft), (time.time() - 60,) * 2)
    write(place, a="3")
    assert (place / "a.txt").read_text() == "3"
    assert left_behind(place) == []


def test_two_at_once_do_not_harm_each_other(tmp_path):
    place = tmp_path / "here" / "peta"
    with new_folder(place) as first:
        first.write("a.txt", b"first")
        os.utime(first.path, (time.time() - 60,) * 2)  # slow, but alive: its draft is not taken for stale
        write(place, a="second")
        first.finish({})
    assert (place / "a.txt").read_text() == "first"
    assert left_behind(place) == []


def test_killed_between_two_renames_the_old_site_comes_back(tmp_path):
    place = tmp_path / "here" / "peta"
    write(place, a="1")
    place.rename(place.with_name(".peta.before"))
    with pytest.raises(SiteError, match="twice"):
        write_twice(place)
    assert (place / "a.txt").read_text() == "1"


# --- the site ----------------------------------------------------------------------------------------


def test_the_list_tells_of_every_file(site):
    listed = json.loads((site / folder.SITE.list).read_bytes())
    found = contents(site)
    del found[folder.SITE.list]
    assert {each["name"]: each["bytes"] for each in listed["files"]} == {n: len(c) for n, c in found.items()}
    assert listed["years"] == [2014, 2019, 2024]


def test_the_same_release_gives_the_same_bytes(release, site, tmp_path):
    site_folder.write_site(release, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(site)


@pytest.mark.parametrize("name", ["index.html", "en.html"])
def test_pages_hold_relative_addresses_and_no_script_of_their_own(site, name):
    page = read((site / name).read_bytes())
    policy = page.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    for element in page.all():
        assert not {key for key in element.attributes if key.startswith("on") or key == "style"}, element.tag
        assert element.tag != "style"
        addresses = [element.attributes.get(key) for key in ("src", "href", "data-base", "data-worker")]
        for address in (*addresses, *element.attributes.get("data-scripts", "").split()):
            if not address or address.startswith("#"):
                continue
            if element.tag == "a" and address.startswith("https://"):
                continue  # a link that a person follows
            assert re.match(r"[a-z0-9./-]+$", address), address
            assert not address.startswith(("/", "..")), address
            assert (site / address).exists(), address
    for script in page.all("script"):
        assert not script.text
        assert script.attributes["src"]
        assert script.attributes.get("type") != "module"


def test_style_sheets_and_worker_name_what_is_there(site):
    for sheet in (site / "assets").glob("*.css"):
        for address in re.findall(r"url\(\s*[\"']?([^)\"'#]+)", sheet.read_text()):
            assert address.startswith("data:") or (sheet.parent / address).is_file(), address
    told = json.loads((site / "sw.js").read_text().partition("const DAPIL = ")[2].partition(";\n")[0])
    for name in (*told["pages"], *told["files"], *told["more"], *told["folders"]):
        assert (site / name).exists(), name


@needs_node
def test_twins_hand_over_the_very_text(site, tmp_path):
    script = tmp_path / "twins.js"
    script.write_text(
        'const fs = require("fs"), path = require("path"), folder = process.argv[2];\n'
        "let seen = 0; global.dapilData = (name, text) => {\n"
        '  if (fs.readFileSync(path.join(folder, name), "utf8") !== text) throw new Error(name);\n  seen++;\n};\n'
        'for (const name of fs.readdirSync(folder)) if (name.endsWith(".js")) require(path.join(folder, name));\n'
        "console.log(seen);\n"
    )
    ended = subprocess.run([NODE, script, site / "data"], capture_output=True, text=True, check=True)
    names = [path.name for path in (site / "data").iterdir() if path.suffix != ".js"]
    assert int(ended.stdout) == len(names)


def test_a_twin_is_a_script_whatever_stands_in_the_text():
    hostile = '{"nama":"</script><img onerror=x> \u2028 \\" `${a}`"}'.encode()
    text = site_folder.twin("x.json", hostile).decode()
    assert text.startswith('dapilData("x.json","')
    assert "\u2028" not in text
    assert json.loads(text[len('dapilData("x.json",') : -len(");\n")]) == hostile.decode()


def test_what_the_page_loads_is_there(release, site):
    """Overviews of every chamber, and every province of it finer; nothing else is carried along."""
    names = {path.name for path in (site / "data").iterdir() if path.suffix == ".topojson"}
    expected = set()
    for layer in release.layers:
        if layer.startswith("unit-"):
            continue
        expected.add(f"{layer}-overview.topojson")
        expected |= {
            f"{layer}-{code}-web.topojson" for code in set(release.read_table(layer)["kode_provinsi"])
        }
    assert {name for name in names if not name.startswith("map-")} == expected
    page = read((site / "index.html").read_bytes())
    [told] = [each.attributes["data-maps"] for each in page.all("script") if "data-maps" in each.attributes]
    plans = {plan: provinces for plan, *provinces in (each.split(" ") for each in told.split(","))}
    finer = {f"{plan}-{code}-web.topojson" for plan, provinces in plans.items() for code in provinces}
    assert finer == {name for name in expected if name.endswith("-web.topojson")}
    assert (site / "data" / "map-index.json").is_file()


def test_only_some_elections(release, tmp_path):
    told = site_folder.write_site(release, tmp_path / "peta", years=[2019])
    names = {path.name for path in (tmp_path / "peta" / "data").iterdir()}
    assert told.years == (2019,)
    assert json.loads((tmp_path / "peta" / "data" / "map-index.json").read_bytes())["years"] == [2019]
    assert "dpr-2019-overview.topojson" in names
    assert not [name for name in names if "2024" in name]
    with pytest.raises(ReleaseError, match=r"no election of 1999; it has 2014, 2019, 2024"):
        site_folder.write_site(release, tmp_path / "other", years=[2019, 1999])
    assert not (tmp_path / "other").exists()


def test_for_the_web_alone(release, site, tmp_path):
    told = site_folder.write_site(release, tmp_path / "peta", web_only=True)
    found = contents(tmp_path / "peta")
    assert told.twin_bytes == 0
    assert {name for name in contents(site) if not re.match(r"data/.*\.js$", name)} == set(found)
    assert "--web-only" in found["README.txt"].decode()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The small release with its TopoJSON among its downloads."""
    found = open_release(make_small_release(tmp_path_factory.mktemp("published")))
    folder = found.path / FOLDER
    folder.mkdir()
    entries = [
        each for year in (2019, 2024) for each in files.run(Job("topojson", str(year)), found.path, folder)
    ]
    listed = {"format": 1, "release": found.id, "previous": None, "versions": {}, "files": entries}
    (folder / LIST).write_bytes(files.list_bytes(listed))
    return found


def test_maps_come_from_the_downloads_where_the_release_has_them(published, site, tmp_path, monkeypatch):
    monkeypatch.setattr(
        site_folder.topojson, "files", lambda *_, **__: pytest.fail("drawn though it lay ready")
    )
    site_folder.write_site(published, tmp_path / "peta")
    assert contents(tmp_path / "peta") == contents(site)


def test_a_damaged_download_is_not_passed_on(published, site, tmp_path):
    path = published.path / "downloads" / "dpr-2024-overview.topojson"
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"MALUKU", b"MALUKA"))
    try:
        site_folder.write_site(published, tmp_path / "peta")
    finally:
        path.write_bytes(kept)
    assert contents(tmp_path / "peta") == contents(site)


def test_texts_tell_licence_source_and_how_to_publish(site):
    readme = (site / "README.txt").read_text()
    for word in (
        "Negara contoh",
        "An example nation",
        "Creative Commons Zero",
        "contoh-1",
        "2014, 2019, 2024",
        "gzip",
    ):
        assert word in readme
    assert "BUKAN DATA TERBUKA" not in readme
    licences = (site / "assets" / "LICENCES.txt").read_text()
    assert "Agafonkin" in licences
    assert "MIT License" in licences
    assert "Creative Commons Zero" in (site / "LICENCE.txt").read_text()


def test_a_closed_base_map_is_told_as_such(tmp_path):
    path = make_small_release(tmp_path / "releases")
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["source"]["open"] = False
    (path / "manifest.json").write_text(json.dumps(manifest))
    site_folder.write_site(open_release(path), tmp_path / "peta")
    text = (tmp_path / "peta" / "README.txt").read_text()
    assert "BUKAN DATA TERBUKA" in text
    assert "NOT OPEN DATA" in text


def test_the_command(release, tmp_path):
    run = CliRunner().invoke(
        main, ["site", str(tmp_path / "peta"), str(release.path), "--year", "2024", "--json"]
    )
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    found = contents(tmp_path / "peta")
    del found[folder.SITE.list]
    assert told["files"] == len(found)
    assert told["bytes"] == sum(map(len, found.values()))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("x")
    run = CliRunner().invoke(main, ["site", str(tmp_path / "mine"), "-r", str(release.path)])
    assert run.exit_code == 6
    assert "no site that dapil made" in run.stderr


# --- in a browser ------------------------------------------------------------------------------------


class Host:
    """Any web host, at `address` until it is stopped."""

    def __init__(self, directory: Path) -> None:
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

        handler = functools.partial(Quiet, directory=str(directory))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}/"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"needs {CHROMIUM}")
    options = [
        "--no-sandbox",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--disable-background-networking",
    ]
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=options)
        yield opened
        opened.close()


@pytest.mark.parametrize("way", ["disk", "host", "below a path of a host"])
def test_the_folder_works_where_it_lies(browser, site, tmp_path, way):
    """The first map is drawn, a place is found by name with all its dapil, and nothing is asked of anyone else."""
    if way == "disk":
        visit(browser, site.as_uri() + "/", "index.html")
    elif way == "host":
        visit(browser, "", "", Host(site))
    else:
        shutil.copytree(site, tmp_path / "a b" / "peta")
        visit(browser, "a%20b/peta/", "", Host(tmp_path))


def visit(browser, root: str, name: str, host: Host | None = None) -> None:
    root = host.address + root if host else root
    context = browser.new_context(viewport={"width": 390, "height": 780})
    page = context.new_page()
    strays, troubles = [], []
    context.on(
        "request",
        lambda request: request.url.startswith((root, "data:", "blob:")) or strays.append(request.url),
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: message.type == "error" and troubles.append(message.text))
    page.on("requestfailed", lambda request: "ABORTED" in request.failure or troubles.append(request.url))
    page.goto(root + name)
    page.wait_for_selector('html[data-ready="yes"]', state="attached")
    deadline = time.monotonic() + 120
    while page.evaluate(PAINTED) <= 3 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert page.evaluate(PAINTED) > 3
    page.fill("#cari", "ciwidey")
    page.wait_for_selector("#hasil [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    for dapil in ("Jawa Barat II", "Bandung"):
        panel.get_by_text(dapil).first.wait_for(state="attached")
    page.goto(root + "en.html#lembaga=dprd-kabkota&tahun=2024&prov=81")
    page.wait_for_selector('html[data-ready="yes"][lang="en"]', state="attached")
    panel.get_by_text("Maluku Tengah").first.wait_for(state="attached")
    assert strays == []
    assert troubles == []
    if host:
        without_a_network(page, root, host)
    context.close()


def without_a_network(page, root: str, host: Host) -> None:
    """After the first visit the page opens from what the browser kept."""
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.goto(root)
    page.wait_for_selector('html[data-ready="yes"]', state="attached")
    host.stop()
    page.goto(root + "en.html")
    page.wait_for_selector('html[data-ready="yes"][lang="en"]', state="attached")
    page.locator("#panel").get_by_text("Maluku").first.wait_for(state="attached")


#: How many different colours are on the map's canvases.
PAINTED = """() => new Set([...document.querySelectorAll('#map canvas')].flatMap((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const found = [];
  for (let at = 0; at < data.length; at += 4 * 97) found.push(data[at] * 65536 + data[at + 1] * 256 + data[at + 2]);
  return found;
})).size"""


@needs_node
@pytest.mark.parametrize(
    ("composed", "files"), [(False, []), (True, [["dpd-2014-overview.topojson", "dpd"]])]
)
def test_a_view_without_a_map_lies_on_the_land_of_another_or_on_none(composed, files):
    """On a base map of a part it can be that no dapil is whole: then there are tables only."""
    plans = {"dprd-kabkota-2014": {"composed": False}, "dpd-2014": {"composed": composed}}
    view = {"lembaga": "dprd-kabkota", "tahun": 2014}
    code = 'import { groundFiles } from "scene.js";\ntell(groundFiles(...given));'
    assert run(code, [{"years": [2014], "plans": plans}, view]) == files
