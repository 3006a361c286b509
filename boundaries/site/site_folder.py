"""`dapil site DIR`: the map page as a folder, for any web host and for a double click.

Addresses are relative, so the folder works at any place. Browsers fetch nothing in a page that was opened from a disk,
so every data file has a twin that hands over the same text as a script. The same release gives the same bytes.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from boundaries.downloads import folder
from boundaries.errors import BoundariesError
from boundaries.exports import topojson
from boundaries.exports.mapdata import map_files
from boundaries.exports.mapdata.draft_files import draft_files
from boundaries.exports.mapdata.map_tables import chosen_plans
from boundaries.release.store import FOLDER, STANDARD, Release
from boundaries.site import draft_html, map_html
from boundaries.site import parts as files
from boundaries.site.folder_swap import Draft, new_folder
from boundaries.site.parts import ASSETS, DRAFT_ASSETS
from boundaries.site.readme import readme

_HERE: Final = Path(__file__).parent
PAGES: Final[Mapping[map_html.Language, str]] = {"id": "index.html", "en": "en.html"}
CARDS: Final[Mapping[map_html.Language, str]] = {"id": "kartu.png", "en": "kartu-en.png"}
DRAFT_PAGES: Final[Mapping[map_html.Language, str]] = {"id": "uji.html", "en": "uji-en.html"}
#: What the page may load. It carries this itself, since not every host lets one say so.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'none'"
)
_PACKAGED: Final = "images"  # of Leaflet: its style sheet names them
_PROVINCE: Final = re.compile(r"data/(?P<plan>[a-z-]+-\d{4})-(?P<province>\d\d)-web\.topojson")

Tell = Callable[[str], None]


class AddressError(BoundariesError):
    """A text is no address of a folder on the web."""

    exit_code = 2


@dataclass(frozen=True)
class Site:
    """A site that was written: where, of which release, how many files and bytes, of them the twins."""

    path: Path
    release: str
    years: tuple[int, ...]
    files: int
    bytes: int
    twin_bytes: int


def write_site(
    release: Release, directory: Path, *, years: Collection[int] = (), web_only: bool = False, address: str = "",
    tell: Tell = lambda _: None,
) -> Site:  # fmt: skip
    """Write the map page of a release as a folder, in place of one that was written there before.

    Parameters
    ----------
    directory
        Not there yet, empty, or a site of ours. Files of others in it stay.
    years
        Only these elections; by default all.
    web_only
        Leave out the twins of the data: half the size, and it opens from a web host only.
    address
        Where the folder will lie on the web (http or https). Chats and search engines want whole addresses: with it
        the pages name theirs, and a picture of 1200 by 630 for chats is made.

    Raises
    ------
    SiteError
        `directory` is something else, or cannot be written; what was there is untouched.
    ReleaseError
        The release has no such year, or cannot be read.
    AddressError
        `address` is no folder on the web.
    """
    plans = chosen_plans(release, years)
    root = _root(address) if address else ""
    with new_folder(directory) as draft:
        for name, content in _data(release, plans, years, tell):
            draft.write(f"data/{name}", content)
            if not web_only:
                draft.write(f"data/{name}.js", twin(name, content))
        tell("site: pages")
        for name, content in _shell(release, plans, _maps(draft.files), root):
            draft.write(name, content)
        if root:
            for language, name in CARDS.items():
                draft.write(name, _card(release, language))
        held = sorted({int(plan["tahun"]) for plan in plans.values()})
        draft.write("README.txt", readme(release, held, draft.files, web_only=web_only).encode())
        draft.finish({"release": release.id, "years": held})
    return _told(directory, release, held, draft)


def _root(address: str) -> str:
    """Return the address of the folder, with a slash at its end. Raises AddressError where it is none of the web."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise AddressError(
            "{address} is no address of a folder on the web, such as https://example.org/peta/",
            address=address,
        )
    return quote(address.rstrip("/"), safe=":/%~@!$&'()*+,;=[]") + "/"


def twin(name: str, content: bytes) -> bytes:
    """The script that hands a data file over: ``dapilData(name, text)``; see load.js."""
    text = (
        json.dumps(content.decode(), ensure_ascii=False)
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
    return f"dapilData({json.dumps(name)},{text});\n".encode()


def _told(directory: Path, release: Release, years: list[int], draft: Draft) -> Site:
    sizes = {name: int(each["bytes"]) for name, each in draft.files.items()}
    twins = sum(size for name, size in sizes.items() if name.startswith("data/") and name.endswith(".js"))
    return Site(directory, release.id, tuple(years), len(sizes), sum(sizes.values()), twins)


# --- data --------------------------------------------------------------------------------------------


def _data(
    release: Release, plans: Mapping[str, Mapping[str, Any]], years: Collection[int], tell: Tell
) -> Iterator[tuple[str, bytes]]:
    tell("site: names, seats and members")
    yield from map_files(
        release, years
    )  # made by this version, which the page belongs to; never taken from a folder
    tell("site: drafts")
    yield from draft_files(release)
    wanted: dict[int, list[str]] = {}
    for plan in plans.values():
        if plan.get("layer"):
            wanted.setdefault(int(plan["tahun"]), []).append(str(plan["lembaga"]))
    listed = (folder.read(release) or {"files": []})["files"]
    for year, chambers in sorted(wanted.items(), reverse=True):
        ours = [each for each in listed if _is_ours(each, year, chambers)]
        whole = {each["chamber"] for each in ours if not each["province"]} == set(chambers)
        ready = lying(release, ours) if whole else []
        tell(f"site: maps of {year}{'' if ready else ' (not in the downloads, so they are drawn)'}")
        yield from ready or _drawn(release, year, chambers)


def _is_ours(entry: Mapping[str, Any], year: int, chambers: Collection[str]) -> bool:
    """Whether a download is a map that the page reads: the nation as an overview, and each province finer."""
    size = "web" if entry["province"] else "overview"
    mine = entry["year"] == year and entry["chamber"] in chambers
    return mine and entry["format"] == "topojson" and entry["size"] == size


def lying(release: Release, entries: Collection[Mapping[str, Any]]) -> list[tuple[str, bytes]]:
    """Return files of the downloads, of entries of their list; empty where one is missing or is not what is said."""
    found = []
    for each in entries:
        path = release.path / FOLDER / each["name"]
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != each["sha256"]:
            return []
        found.append((str(each["name"]), content))
    return found


def _drawn(release: Release, year: int, chambers: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The same maps, drawn now: about ten seconds a year for the nation."""
    nation = topojson.files(release, year, ("overview",))
    provinces = topojson.files(release, year, ("web",), nation=False, provinces=True)
    for file in (*nation, *provinces):
        if file.chamber in chambers:
            yield file.name, file.content


# --- pages and assets --------------------------------------------------------------------------------


def _maps(files: Iterable[str]) -> dict[str, list[str]]:
    """Return the provinces that have a map of their own, by plan."""
    found: dict[str, list[str]] = {}
    for name in files:
        if match := _PROVINCE.fullmatch(name):
            found.setdefault(match["plan"], []).append(match["province"])
    return found


def _shell(
    release: Release, plans: Mapping[str, Mapping[str, Any]], maps: Mapping[str, list[str]], root: str
) -> Iterator[tuple[str, bytes]]:
    """Everything but the data: pages, script, styles, service worker, licences. `root`: its address, where known."""
    for language, name in PAGES.items():
        other = next(each for each in PAGES if each != language)
        paths = map_html.Paths(
            base="data/", other=PAGES[other], asset=lambda name: f"assets/{name}", worker="sw.js",
            scope="./", policy=POLICY, url=root and f"{root}{name}", card=root and f"{root}{CARDS[language]}",
        )  # fmt: skip
        yield name, map_html.render(language, paths, release.manifest, maps)
        paths = replace(paths, other=DRAFT_PAGES[other], url=root and f"{root}{DRAFT_PAGES[language]}")
        yield DRAFT_PAGES[language], draft_html.render(language, paths, release.manifest, map_page=name)
    for name, path in {**ASSETS, **DRAFT_ASSETS}.items():
        yield f"assets/{name}", path.read_bytes()
    for path in sorted((ASSETS["leaflet.css"].parent / _PACKAGED).iterdir()):
        yield f"assets/{_PACKAGED}/{path.name}", path.read_bytes()
    yield "sw.js", _worker(release, plans)
    licences = [path.read_text("utf-8") for path in sorted((_HERE / "licences").glob("*.txt"), reverse=True)]
    yield "assets/LICENCES.txt", f"\n{'-' * 72}\n\n".join(licences).encode()
    yield "LICENCE.txt", folder.licence_text(release).encode()


def _card(release: Release, language: map_html.Language) -> bytes:
    """The picture that chats show of the pages: the provinces."""
    from boundaries.site.card_picture import Card, picture

    source = release.manifest["source"]
    about = Card(*map_html.card_words(language), "", str(source.get("attribution") or ""))
    return picture(about, None, list(release.read_shapes("unit-provinsi", STANDARD)))


def _worker(release: Release, plans: Mapping[str, Mapping[str, Any]]) -> bytes:
    years = ".".join(sorted({str(plan["tahun"]) for plan in plans.values()}))
    version = hashlib.sha256(f"{release.id} {files.FOLDER} {years}".encode()).hexdigest()[:16]
    first = map_html.first_files({"plans": list(plans.values())})
    kept = [f"assets/{name}" for name in ASSETS]
    return map_html.worker(
        version, ["./", *PAGES.values()], kept, [f"data/{name}" for name in first], ["assets/", "data/"]
    )
