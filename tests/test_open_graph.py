"""What chats and search engines read of a link: Open Graph, held against its own rules and by a library's reader."""

import io
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.release.store import Release, open_release
from boundaries.site import site_folder
from tests.downloads_help import contents, give
from tests.html_help import Node, read
from tests.npm_packages import installed
from tests.service_help import app_of
from tests.small_elections import make_small_elections

ROOT = "http://localhost"
AWAY = "https://peta.example.org/dapil/"
LOCALES = {"id": "id_ID", "en": "en_GB"}
PATHS = (
    "/", "/map", "/uji", "/dapil/dpr-2024-3202", "/dapil/dpd-2024-32", "/collections", "/collections/dpr-2024",
    "/collections/dpr-2024/items", "/collections/dpr-2024/items/dpr-2024-3202", "/collections/unit-kecamatan",
    "/downloads/", "/downloads/latest/", "/lookup", "/pakai", "/tentang", "/openapi", "/conformance",
)  # fmt: skip
Fetch = Callable[[str], bytes]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    out = tmp_path_factory.mktemp("graph")
    make_small_elections(out)
    give(open_release(out), contents(1))
    return open_release(out)


@pytest.fixture(scope="module")
def fetch(release: Release) -> Iterator[Fetch]:
    """What the service answers at a whole address; the picture of each address is fetched once."""
    kept: dict[str, bytes] = {}
    with app_of(release.path.parent).test_client() as client:

        def answer(address: str) -> bytes:
            assert address.startswith(ROOT)
            if address not in kept:
                accepted = {"Accept": "text/html,image/png"}
                reply = client.get(address.removeprefix(ROOT), headers=accepted, follow_redirects=True)
                assert reply.status_code == 200, address
                kept[address] = reply.data
            return kept[address]

        yield answer


@pytest.fixture(scope="module")
def site(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "peta"
    site_folder.write_site(release, folder, years=[2024], web_only=True, address=AWAY.rstrip("/"))
    return folder


def graph(page: Node) -> dict[str, str]:
    """Return what a page says of itself; each property stands once."""
    rows = [(each.attributes.get("property") or each.attributes.get("name") or "", each.attributes["content"])
            for each in page.all("meta") if "content" in each.attributes]  # fmt: skip
    told = [(name, text) for name, text in rows if name.startswith(("og:", "twitter:"))]
    assert len(dict(told)) == len(told)
    return dict(told)


def is_right(address: str, text: bytes, language: str, fetch: Fetch) -> dict[str, str]:
    """Hold a page against ogp.me: what must be there, whole addresses, a picture of the size that is told."""
    image = pytest.importorskip("PIL.Image")
    page = read(text)
    told = graph(page)
    assert told["og:type"] == "website"
    assert told["og:site_name"] == "Peta Dapil"
    assert 1 < len(told["og:title"]) <= 95
    assert 20 <= len(told["og:description"]) <= 300, told["og:description"]
    assert told["og:title"] in page.one("head").one("title").text
    assert told["og:locale"] == LOCALES[language]
    assert {told["og:locale"], told["og:locale:alternate"]} == set(LOCALES.values())
    assert told["twitter:card"] == "summary_large_image"
    assert urlsplit(told["og:url"]).scheme in ("http", "https")
    assert told["og:url"] == address
    assert told["og:image:alt"]
    assert told["og:image:type"] == "image/png"
    with image.open(io.BytesIO(fetch(told["og:image"]))) as opened:
        assert opened.format == "PNG"
        assert (str(opened.width), str(opened.height)) == (told["og:image:width"], told["og:image:height"])
        assert opened.size == (1200, 630)
    return told


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("path", PATHS)
def test_a_link_to_the_service_tells_what_it_leads_to(
    release: Release, fetch: Fetch, path: str, language: str
) -> None:
    asked = f"{ROOT}{path}?lang={language}"
    text = fetch(asked)
    # One dapil has two pages, and the newest release two addresses: the lasting one is told.
    lasting = {
        "/collections/dpr-2024/items/dpr-2024-3202": "/dapil/dpr-2024-3202",
        "/downloads/latest/": f"/downloads/{release.id}/",
    }.get(path, path)
    told = is_right(f"{ROOT}{lasting}?lang={language}", text, language, fetch)
    assert ("/dapil/" in told["og:image"]) == ("/dpr-2024-" in path or "/dpd-2024-" in path)
    assert f"lang={language}" in told["og:image"]


@pytest.mark.parametrize("language", LOCALES)
def test_a_link_to_a_folder_on_the_web_tells_what_it_leads_to(site: Path, language: str) -> None:
    for names in (site_folder.PAGES, site_folder.DRAFT_PAGES):
        name = names[language]
        text = (site / name).read_bytes()
        is_right(f"{AWAY}{name}", text, language, lambda each: (site / each.removeprefix(AWAY)).read_bytes())
        canonical = [each.attributes["href"] for each in read(text).all("link")
                     if each.attributes["rel"] == "canonical"]  # fmt: skip
        assert canonical == [f"{AWAY}{name}"]


@pytest.mark.parametrize(
    "address", ["peta.example.org", "file:///srv/peta", "https://", "https://x.org/?a=1"]
)
def test_what_is_no_address_on_the_web_is_refused(release: Release, address: str, tmp_path: Path) -> None:
    command = ["site", str(tmp_path / "peta"), "--release", str(release.path), "--address", address]
    ended = CliRunner().invoke(main, command)
    assert ended.exit_code == 2
    assert address in ended.output
    assert not (tmp_path / "peta").exists()


def test_a_library_reads_the_same(fetch: Fetch, site: Path, tmp_path: Path) -> None:
    """open-graph-scraper, of npm, finds what `graph` finds, and calls it a success."""
    installed(tmp_path, "open-graph-scraper@6")
    pages = {f"{ROOT}{path}?lang=id": fetch(f"{ROOT}{path}?lang=id").decode() for path in PATHS}
    pages |= {f"{AWAY}{name}": (site / name).read_text("utf-8") for name in site_folder.PAGES.values()}
    script = """
        const ogs = require("open-graph-scraper");
        const pages = JSON.parse(require("fs").readFileSync(0));
        (async () => {
            const told = {};
            for (const [address, html] of Object.entries(pages)) told[address] = await ogs({ html });
            for (const each of Object.values(told)) { delete each.html; delete each.response; }
            console.log(JSON.stringify(told));
        })();
    """
    ended = subprocess.run(
        ["node", "-e", script],
        cwd=tmp_path,
        input=json.dumps(pages),
        capture_output=True,
        text=True,
        check=True,
    )
    for address, told in json.loads(ended.stdout).items():
        result, ours = told["result"], graph(read(pages[address].encode()))
        assert (told["error"], result["success"]) == (False, True), address
        assert result["ogTitle"] == ours["og:title"]
        assert result["ogUrl"] == ours["og:url"]
        assert result["ogDescription"] == ours["og:description"]
        assert result["ogLocale"] == ours["og:locale"]
        assert result["ogLocaleAlternate"] == ours["og:locale:alternate"]
        assert result["twitterCard"] == ours["twitter:card"]
        [picture] = result["ogImage"]
        assert picture["url"] == ours["og:image"]
        assert picture["alt"] == ours["og:image:alt"]
        assert (int(picture["width"]), int(picture["height"])) == (1200, 630)
