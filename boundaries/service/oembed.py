"""``/oembed``: what an editor needs to put the map of a pasted address into a text (oembed.com, 1.0, type ``rich``).

An address of ``/map`` gives that view, one of ``/dapil/<id>`` the map with that dapil chosen.
"""

import json
import re
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from boundaries.law.spelling import spoken
from boundaries.service.html.links import Language, Page, segment
from boundaries.service.messages import Reply
from boundaries.service.ogcapi import query
from boundaries.service.ogcapi.routes import Call
from boundaries.service.problems import Problem, bad
from boundaries.site import map_html

#: What is read of a question; a provider passes over all else (oembed.com, 2.2).
_ASKED: Final = ("url", "maxwidth", "maxheight", "format")
#: The size where none is asked for, in CSS pixels.
_SIZE: Final = (720, 560)
#: The picture of /kartu.png, in pixels: told of only where it fits into what was asked for.
_PICTURE: Final = (1200, 630)
_PIXELS: Final = re.compile(r"[1-9]\d{0,5}", re.ASCII)
#: What stands behind the # of the map page; anything else is left out of the frame's address.
_VIEW: Final = re.compile(r"[a-z]{2,10}=[\w.,/-]{1,60}", re.ASCII)


def answer(call: Call) -> Reply:
    """Return the description of a frame. Raises the Problem: 404 for an address that is none of a map, 501 for XML."""
    asked = query.single([each for each in call.request.pairs() if each[0] in _ASKED], _ASKED)
    form = asked.get("format", "json")
    if form == "xml":
        raise Problem(501, "oEmbed is given as JSON only: format=json")
    query.one_of("format", form, ("json",))
    if "url" not in asked:
        raise bad("url", "is missing", "the address of /map or of a page /dapil/<id> of this service")
    size = [
        min(usual, _pixels(name, asked[name])) if name in asked else usual
        for name, usual in zip(("maxwidth", "maxheight"), _SIZE, strict=True)
    ]
    title, src, picture = _framed(call, asked["url"])
    told: dict[str, Any] = {
        "version": "1.0", "type": "rich", "title": title, "provider_name": "Peta Dapil",
        "provider_url": f"{call.base}/", "author_name": str(call.state.manifest["source"].get("attribution") or ""),
        "width": size[0], "height": size[1],
        "html": f'<iframe src="{escape(src)}" title="{escape(title)}" width="{size[0]}" height="{size[1]}" '
                'loading="lazy" style="border:0;max-width:100%"></iframe>',
    }  # fmt: skip
    most = [_pixels(name, asked[name]) if name in asked else None for name in ("maxwidth", "maxheight")]
    if all(limit is None or side <= limit for side, limit in zip(_PICTURE, most, strict=True)):
        told |= {"thumbnail_url": picture} | dict(
            zip(("thumbnail_width", "thumbnail_height"), _PICTURE, strict=True)
        )
    return call.reply(json.dumps(told, ensure_ascii=False).encode())


def _pixels(name: str, text: str) -> int:
    if not _PIXELS.fullmatch(text):
        raise bad(name, f"{text[:80]!r} is not a whole number", "a whole number from 1")
    return int(text)


def _framed(call: Call, url: str) -> tuple[str, str, str]:
    """Return title, address of the frame and address of the picture, for an address of this service.

    http and https count as one: a proxy may have changed the one for the other.
    """
    parts = urlsplit(url)
    own = urlsplit(call.base)
    path = parts.path.removeprefix(own.path).removesuffix("/")
    below = (
        parts.scheme in ("http", "https") and parts.netloc == own.netloc and parts.path.startswith(own.path)
    )
    wanted = dict(parse_qsl(parts.query)).get("lang", call.tongue)
    language: Language = "en" if wanted == "en" else "id"
    page = Page(call.base, "/map", "", language)
    if below and call.state.files:  # without files of a release the map has nothing to show
        if path == "/map":
            view = [
                each for each in parts.fragment.split("&") if _VIEW.fullmatch(each) and each != "bingkai=1"
            ]
            src = page.whole("/map") + "#" + "&".join([*view, "bingkai=1"])
            return map_html.title(language), src, page.absolute("/kartu.png", lang=language)
        if path.startswith("/dapil/") and (found := _dapil(call, page, path.removeprefix("/dapil/"))):
            return found
    raise Problem(404, f"no map of this service is at {url[:200]!r}")


def _dapil(call: Call, page: Page, name: str) -> tuple[str, str, str] | None:
    layer = call.state.layers.get(name.rpartition("-")[0])
    position = layer.position(name) if layer is not None and layer.is_plan else None
    if layer is None or position is None:
        return None
    row = layer.properties(position)
    words = call.state.pages.words(page.language)
    title = words("dapil.title", name=spoken(str(row["nama_dapil"])), chamber=words(f"chamber.{row['lembaga']}"),
                  year=row["tahun"])  # fmt: skip
    view = {"lembaga": row["lembaga"], "tahun": row["tahun"], "prov": row["kode_provinsi"], "dapil": name}
    told = "&".join(f"{key}={quote(str(value))}" for key, value in view.items() if value)
    picture = page.absolute(f"/dapil/{segment(name)}/kartu.png", lang=page.language)
    return title, f"{page.whole('/map')}#{told}&bingkai=1", picture
