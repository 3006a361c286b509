"""What a site has at its root for others than readers: sitemaps, robots.txt, icons, manifest, feed of releases."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from boundaries.release.store import mapped
from boundaries.service.download_files import Shelf, Store
from boundaries.service.html.links import segment
from boundaries.service.messages import Reply
from boundaries.service.negotiation import LANGUAGES
from boundaries.service.ogcapi.routes import Call
from boundaries.service.problems import Problem
from boundaries.service.state import State
from boundaries.site.map_html import card_words

LOGGER = logging.getLogger(__name__)
#: What Front hands to `answer`, by the first part of the path.
NAMES: Final = frozenset(
    {
        "sitemap.xml",
        "sitemap",
        "icon-192.png",
        "icon-512.png",
        "robots.txt",
        "favicon.ico",
        "manifest.webmanifest",
        "releases.atom",
        "kartu.png",
    }
)
_SITEMAP: Final = "application/xml"
#: Sides of the icon in pixels that browsers want before they offer to install a page.
_ICONS: Final = (192, 512)
#: Seconds for which the feed may be kept: a release that comes is in it by then.
_FEED: Final = "public, max-age=300"
#: A release whose changes cannot be read still has an entry.
_CHANGES: Final = "changes.json"


def answer(call: Call, store: Store) -> Reply:
    """Return one of `NAMES`. Raises the Problem."""
    match call.path:
        case ["sitemap.xml"]:
            return _plain(call, _SITEMAP, lambda: _index(call))
        case ["sitemap", name] if name in _parts(call.state):
            return _plain(call, _SITEMAP, lambda: _sitemap(call, name))
        case ["robots.txt"]:
            return _plain(call, "text/plain", lambda: _robots(call))
        case ["favicon.ico"]:
            return _plain(call, "image/png", lambda: icon(48))
        case ["icon-192.png" | "icon-512.png" as name]:
            return _plain(call, "image/png", lambda: icon(int(name[5:8])))
        case ["manifest.webmanifest"]:
            return _plain(call, "application/manifest+json", lambda: _manifest(call))
        case ["kartu.png"]:
            call.read(("lang",), ("png",))
            return call.kept("/kartu.png", lambda: _card(call), "image/png")
        case ["releases.atom"]:
            call.read(("lang",), ("atom",))
            return call.reply(_feed(call, store), "application/atom+xml", cache=_FEED)
    raise Problem(404, f"there is nothing at {call.request.raw_path[:200]!r}; begin at {call.base}/")


def _plain(call: Call, media: str, write: Any) -> Reply:
    call.read((), ("file",))
    # The addresses in it are those by which the service was asked.
    return call.kept(f"{'/'.join(call.path)} {call.base}", write, media)


def made(state: State) -> datetime:
    """Return when the release being served was made: its manifest's own time, or when it began to be served."""
    return datetime.fromtimestamp(state.made or state.since, UTC)


def _parts(state: State) -> dict[str, list[str]]:
    """Return the sitemaps and the paths in each: pages that `_robots` allows, and the dapil of each election."""
    pages = [
        "/",
        *(["/map", "/uji", "/downloads/"] if state.files else []),
        "/pakai",
        "/tentang",
        "/collections",
    ]
    pages += [f"/collections/{segment(name)}" for name in state.layers]
    years = sorted({int(plan["tahun"]) for plan in mapped(state.manifest)}, reverse=True)
    return {"pages.xml": pages} | {
        f"dapil-{year}.xml": [
            f"/dapil/{segment(id_)}"
            for name, layer in state.layers.items()
            if layer.is_plan and name.endswith(f"-{year}")
            for id_ in layer.ids
        ]
        for year in years
    }


def _index(call: Call) -> bytes:
    day = made(call.state).date().isoformat()
    rows = "".join(
        f"<sitemap><loc>{escape(call.base)}/sitemap/{name}</loc><lastmod>{day}</lastmod></sitemap>\n"
        for name in _parts(call.state)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{_SCHEMA}">\n{rows}</sitemapindex>\n'.encode()


_SCHEMA: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def _sitemap(call: Call, name: str) -> bytes:
    """Return one sitemap: every page in both languages, each naming the other (at most some 5,000 of 50,000)."""
    day = made(call.state).date().isoformat()
    rows = "".join(_entries(call.base, path, day) for path in _parts(call.state)[name])
    head = f'<urlset xmlns="{_SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{rows}</urlset>\n'.encode()


def _entries(base: str, path: str, day: str) -> str:
    addresses = {language: f"{base}{path}?lang={language}" for language in LANGUAGES}
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{language}" href={quoteattr(href)}/>'
        for language, href in addresses.items()
    )
    return "".join(
        f"<url><loc>{escape(href)}</loc><lastmod>{day}</lastmod>{others}</url>\n"
        for href in addresses.values()
    )


def _robots(call: Call) -> bytes:
    # What a crawler needs not: answers by the point, and every page of features in every order.
    return (
        "User-agent: *\nDisallow: /lookup?\nDisallow: /collections/*/items\n"
        f"Allow: /\n\nSitemap: {call.base}/sitemap.xml\n"
    ).encode()


def _manifest(call: Call) -> bytes:
    root = call.page().prefix
    start = f"{root}/map" if call.state.files else f"{root}/"
    return json.dumps(
        {
            "name": "Peta Dapil", "short_name": "Peta Dapil", "lang": "id", "start_url": start, "scope": f"{root}/",
            "display": "standalone", "background_color": "#fbfaf8", "theme_color": "#a8112c",
            "description": "Saya masuk dapil mana? Peta daerah pemilihan Indonesia.",
            "icons": [
                {"src": f"{root}/static/{_icon()}", "type": "image/svg+xml", "sizes": "any"},
                *({"src": f"{root}/icon-{n}.png", "type": "image/png", "sizes": f"{n}x{n}"} for n in _ICONS),
            ],
        },
        ensure_ascii=False,
    ).encode()  # fmt: skip


def _icon() -> str:
    from boundaries.service.html.assets import ASSET

    return ASSET["icon.svg"]


def icon(size: int) -> bytes:
    """Return the sign of the site as PNG, `size` pixels a side."""
    from boundaries.site.card_picture import sign

    return sign(size)


def _card(call: Call) -> bytes:
    from boundaries.site.card_picture import Card, picture

    provinces = call.state.layers["unit-provinsi"].all()
    source = call.state.manifest["source"]
    about = Card(*card_words(call.tongue), "", str(source.get("attribution") or ""))
    return picture(about, None, list(provinces))


# --- the feed ----------------------------------------------------------------------------------------


def _feed(call: Call, store: Store) -> bytes:
    """Return the releases here as Atom, the newest first, each with what changed since the one before."""
    words = call.state.pages.words(call.tongue)
    shelves = list(store) if store.root is not None else []
    entries = "".join(_entry(call, store, shelf) for shelf in shelves)
    newest = _when(shelves[0]) if shelves else made(call.state)
    here = f"{call.base}/releases.atom?lang={call.tongue}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xml:lang="{call.tongue}">\n<title>{escape(words("feed.title"))}</title>\n<id>{escape(call.base)}/</id>\n'
        f'<updated>{_time(newest)}</updated>\n<link rel="self" href={quoteattr(here)}/>\n'
        f"<link href={quoteattr(call.base + '/downloads/')}/>\n<author><name>Peta Dapil</name></author>\n"
        f"{entries}</feed>\n"
    ).encode()


def _entry(call: Call, store: Store, shelf: Shelf) -> str:
    words = call.state.pages.words(call.tongue)
    href = f"{call.base}/downloads/{segment(shelf.id)}/"
    return (
        f"<entry><title>{escape(words('feed.entry', release=shelf.id))}</title><id>{escape(href)}</id>"
        f"<updated>{_time(_when(shelf))}</updated><link href={quoteattr(href + '?lang=' + call.tongue)}/>"
        f"<summary>{escape(_changed(call, store, shelf))}</summary></entry>\n"
    )


def _changed(call: Call, store: Store, shelf: Shelf) -> str:
    """Return in a sentence what changed since the release before; empty where that is not told."""
    words = call.state.pages.words(call.tongue)
    if _CHANGES not in shelf.files:
        return ""
    try:
        with store.open(shelf.files[_CHANGES]) as stream:
            told = json.loads(stream.read())
        layers = dict(told["layers"])
    except (Problem, ValueError, KeyError, AttributeError, OSError) as error:
        LOGGER.error("%s of %s cannot be told: %s", _CHANGES, shelf.id, error)
        return ""
    if not told.get("since"):
        return words("feed.first")
    names = [
        name
        for name, each in layers.items()
        if any(each.get(kind) for kind in ("changed", "added", "removed"))
    ]
    if not names:
        return words("feed.same", since=told["since"])
    return words("feed.changes", since=told["since"], layers=", ".join(sorted(names)))


def _when(shelf: Shelf) -> datetime:
    return datetime.fromtimestamp(shelf.made, UTC)


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
