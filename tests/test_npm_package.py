"""The package for npm: complete, the same bytes again, and read by topojson-client where it was installed."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.exports import topojson
from boundaries.release.store import Release, open_release
from boundaries.site import npm_package
from boundaries.site.folder_swap import SiteError
from boundaries.site.npm_package import PackageError, version, write_package
from boundaries.site.site_folder import write_site
from tests.npm_packages import installed
from tests.small import make_small_release
from tests.test_site import contents, published  # noqa: F401


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("releases")))


@pytest.fixture(scope="module")
def package(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("npm") / "paket"
    write_package(release, directory)
    return directory


def test_every_chamber_of_every_election_is_there_in_both_sizes(release, package):
    found = contents(package)
    expected = {"package.json", "README.md", "LICENSE", "index.json"}
    for year in topojson.years(release):
        for file in topojson.files(release, year, npm_package.SIZES):
            name = file.name.replace(".topojson", ".json")
            expected.add(name)
            assert found[name] == file.content, name
    assert set(found) == expected


def test_the_index_tells_of_every_file(release, package):
    index = json.loads((package / "index.json").read_bytes())
    found = contents(package)
    assert {each["name"]: each["bytes"] for each in index["files"]} == {
        name: len(content) for name, content in found.items() if name != "index.json"
    }
    assert (index["release"], index["package"]) == (release.id, "peta-dapil")
    told = {each["file"]: each for each in index["maps"]}
    assert set(told) == {name for name in found if re.search(r"-\d{4}-(web|overview)\.json$", name)}
    rows = len(release.read_table("dprd-kabkota-2024"))
    assert told["dprd-kabkota-2024-web.json"]["objects"]["dprd-kabkota"] == rows
    assert told["dapil-2024-web.json"]["chamber"] is None


def test_what_npm_reads(release, package):
    described = json.loads((package / "package.json").read_bytes())
    assert (described["name"], described["license"]) == ("peta-dapil", "CC0-1.0")
    assert (
        described["version"]
        == version(release)
        == json.loads((package / "index.json").read_bytes())["version"]
    )
    assert re.fullmatch(r"2024\.\d+\.0", described["version"])
    assert described["dapil"]["release"] == release.id
    assert "private" not in described
    text = (package / "README.md").read_text()
    for word in (
        "Creative Commons Zero",
        "Negara contoh",
        "An example nation",
        release.id,
        "dpr-2024-web.json",
    ):
        assert word in text
    assert "Creative Commons Zero" in (package / "LICENSE").read_text()


def test_the_same_release_gives_the_same_bytes_drawn_or_taken_from_the_downloads(
    package, published, tmp_path, monkeypatch  # noqa: F811
):  # fmt: skip
    write_package(published, tmp_path / "drawn", years=[2019, 2024])
    monkeypatch.setattr(
        npm_package.topojson, "files", lambda *_, **__: pytest.fail("drawn though it lay ready")
    )
    write_package(published, tmp_path / "again", years=[2019, 2024])
    again = contents(tmp_path / "again")
    assert contents(tmp_path / "drawn") == again
    whole = contents(package)
    maps = [name for name in again if re.search(r"-\d{4}-", name)]
    assert maps
    assert all(again[name] == whole[name] for name in maps)
    assert not [name for name in again if "2014" in name]


def test_a_map_that_is_not_open_cannot_be_published_by_mistake(tmp_path):
    path = make_small_release(tmp_path / "releases")
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["source"]["open"] = False
    (path / "manifest.json").write_text(json.dumps(manifest))
    write_package(open_release(path), tmp_path / "paket", years=[2024])
    described = json.loads((tmp_path / "paket" / "package.json").read_bytes())
    assert described["private"] is True
    assert described["license"] == "SEE LICENSE IN LICENSE"
    text = (tmp_path / "paket" / "README.md").read_text()
    assert "Not open data" in text
    assert "Bukan data terbuka" in text


def test_a_site_and_a_package_do_not_take_each_others_place(release, package, tmp_path):
    write_site(release, tmp_path / "peta", years=[2024], web_only=True)
    with pytest.raises(SiteError, match=r"no npm package that dapil made \(index\.json"):
        write_package(release, tmp_path / "peta")
    with pytest.raises(SiteError, match=r"no site that dapil made \(site\.json"):
        write_site(release, package)


@pytest.mark.parametrize("name", ["Peta", "peta dapil", "@a/b/c", "", ".peta", "@/peta", "a" * 215])
def test_a_name_that_npm_refuses_is_refused(release, tmp_path, name):
    with pytest.raises(PackageError, match="no name of an npm package"):
        write_package(release, tmp_path / "paket", name=name)
    assert not (tmp_path / "paket").exists()


def test_the_command(release, tmp_path):
    arguments = ["npm", str(tmp_path / "paket"), "--release", str(release.path), "--year", "2024"]
    ended = CliRunner().invoke(main, [*arguments, "--name", "@desa/dapil", "--revision", "3", "--json"])
    assert ended.exit_code == 0, ended.output
    told = json.loads(ended.stdout)
    assert (told["name"], told["years"]) == ("@desa/dapil", [2024])
    assert told["version"].endswith(".3")
    assert told["files"] == len(contents(tmp_path / "paket")) - 1
    refused = CliRunner().invoke(main, [*arguments, "--name", "Desa"])
    assert refused.exit_code == 2
    assert "no name of an npm package" in refused.output


def test_topojson_client_reads_it_where_it_was_installed(package, release, tmp_path):
    """Packed as npm packs it, installed into a fresh folder, and the README's own lines run there."""
    fresh = tmp_path / "baru"
    installed(fresh, "topojson-client@3")
    packed = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", str(tmp_path)], cwd=package, capture_output=True, text=True,
        check=True, timeout=120,
    ).stdout.split()[-1]  # fmt: skip
    subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--offline", str(tmp_path / packed)],
        cwd=fresh,
        check=True,
        timeout=120,
    )
    assert contents(fresh / "node_modules" / "peta-dapil") == contents(package)
    code = re.search(r"```js\n(.+?)```", (package / "README.md").read_text(), re.DOTALL)
    assert code
    (fresh / "baca.mjs").write_text(code[1])
    told = subprocess.run(
        ["node", "baca.mjs"], cwd=fresh, capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == [str(len(release.read_table("dpr-2024"))), "MultiLineString"]
    (fresh / "semua.mjs").write_text(_ALL)
    told = subprocess.run(
        ["node", "semua.mjs"], cwd=fresh, capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 0, told.stderr
    index = json.loads((package / "index.json").read_bytes())
    assert json.loads(told.stdout) == {each["file"]: each["objects"] for each in index["maps"]}


#: Every map of the package, every object, turned into GeoJSON: how many features have a polygon with an outside.
_ALL = """
import { readFileSync, readdirSync } from "node:fs";
import { feature } from "topojson-client";
const folder = "node_modules/peta-dapil/", found = {};
for (const name of readdirSync(folder).filter((each) => /-\\d{4}-(web|overview)\\.json$/.test(each))) {
  const map = JSON.parse(readFileSync(folder + name, "utf8"));
  found[name] = {};
  for (const [object, value] of Object.entries(map.objects)) {
    const rings = ({ geometry }) => geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    found[name][object] = feature(map, value).features.filter(
      (each) => each.id && rings(each).length && rings(each).every(([outside]) => outside.length > 3)).length;
  }
}
console.log(JSON.stringify(found));
"""
