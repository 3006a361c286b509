"""The routes under ``/downloads``: a file for ever, the way to the latest, and pages that say what there is."""

import json
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from boundaries.downloads.listing import extent
from boundaries.errors import ReleaseError
from boundaries.release.election_file import ARCHIVE, PERSON_FILES
from boundaries.release.store import LIST, Release
from boundaries.service.delivery import OPEN_TO_ALL, deliver
from boundaries.service.download_files import Damaged, Shelf, Store
from boundaries.service.html.download_page import Offer
from boundaries.service.messages import NOINDEX, Answer, Reply, Request
from boundaries.service.ogcapi import documents, query
from boundaries.service.ogcapi.routes import Call
from boundaries.service.problems import Problem
from boundaries.service.state import State

LOGGER = logging.getLogger(__name__)
LATEST: Final = "latest"
_FORMS: Final = ("json", "html")
_COMMON: Final = ("f", "lang")
_CHANGES: Final = "changes.json"
_REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def answer(store: Store, state: State, request: Request, environ: Mapping[str, Any]) -> Answer | Reply:
    """Return a file or a redirect as it goes out, a page as a reply. Raises the Problem."""
    call = Call(state, request)
    match call.path:
        case ["downloads"]:
            return _index(call, store)
        case ["downloads", release]:
            params = call.read(_COMMON, _FORMS)
            if release == LATEST:
                store.shelf(state.id)  # the 404 of a release that is not here
                tail = f"?{request.raw_query}" if params else ""
                return _elsewhere(f"{call.base}/downloads/{state.id}/{tail}")
            return _release(call, store, store.shelf(release))
        case ["downloads", release, name] if not request.raw_path.endswith("/"):
            query.single(request.pairs(), ())
            if release == LATEST:
                store.shelf(state.id).file(name)
                return _elsewhere(f"{call.base}/downloads/{state.id}/{name}")
            return _file(store, release, name, request, environ)
        case ["laporan", plan] if not request.raw_path.endswith("/"):
            query.single(request.pairs(), ())
            return _report(store, state, plan, request, environ)
    raise Problem(404, f"there is nothing at {request.raw_path[:200]!r}; begin at {call.base}/downloads/")


def _file(store: Store, release: str, name: str, request: Request, environ: Mapping[str, Any]) -> Answer:
    """Return a file; where its folder was put in place of another meanwhile, that of the new list."""
    shelf = store.shelf(release)
    try:
        found = deliver(store, release, shelf.file(name), request, environ)
    except Damaged:
        fresh = store.shelf(release)
        if fresh.stamp == shelf.stamp:
            raise
        found = deliver(store, release, fresh.file(name), request, environ)
    return replace(found, headers=[*found.headers, NOINDEX]) if _names_persons(shelf, name) else found


def _names_persons(shelf: Shelf, name: str) -> bool:
    """Whether a file has rows of persons: a table of a set that has them, of the map page, or all tables together."""
    tables = {each["name"] for each in shelf.manifest.get("elections", ()) if each["persons"]}
    return name == ARCHIVE or name.startswith(PERSON_FILES) or name.partition(".")[0] in tables


def _report(store: Store, state: State, plan: str, request: Request, environ: Mapping[str, Any]) -> Answer:
    """``/laporan/<plan>``: the report of a plan as a page, of the release being served; it has its style in itself."""
    found = _file(store, state.id, f"laporan-{plan}.html", request, environ)
    own = {"Content-Security-Policy": _REPORT_POLICY, "Cache-Control": state.cache_control}
    kept = [each for each in found.headers if each[0] not in (*own, "Content-Disposition")]
    return replace(found, headers=[*kept, *own.items()])


def _elsewhere(address: str) -> Answer:
    """Return the way to an address of today; it may be another tomorrow, so nobody keeps it."""
    headers = [("Location", address), ("Content-Length", "0"), ("Cache-Control", "no-cache"), *OPEN_TO_ALL]
    return Answer(302, headers, [])


def _index(call: Call, store: Store) -> Reply:
    """``/downloads/``: every release, the newest first."""
    call.read(_COMMON, _FORMS)
    making = store.making()
    version = f"{store.stamp()} {making}"

    def write() -> bytes:
        links = documents.self_links("/downloads/", call.form, _FORMS)
        document: dict[str, Any] = {
            "current": call.state.id,
            "releases": [_summary(call, each) for each in store],
        }
        if making.told:
            document["making"] = making.told
        text = json.dumps(document | {"links": links}, ensure_ascii=False).encode()
        return call.state.pages.downloads(call.page(), call.placed(text)) if call.form == "html" else text

    return _kept(call, "/downloads/", version, write)


def _summary(call: Call, shelf: Shelf) -> dict[str, Any]:
    """Return what the list of releases says of one; addresses are those of any host."""
    source = shelf.manifest["source"]
    here = f"{documents.PLACEHOLDER}/downloads/{shelf.id}/"
    files = [each.about for each in shelf.listing or ()]
    told = extent(files)
    return {
        "id": shelf.id,
        "current": shelf.id == call.state.id,
        "previous": shelf.listing.previous if shelf.listing is not None else None,
        "source": source["id"],
        "vintage": source.get("vintage"),
        "licence": source.get("licence"),
        "open": source.get("open") is not False,
        "files": told.files if shelf.listing is not None else None,
        "bytes": told.bytes,
        "links": [
            {"rel": "item", "type": "text/html", "href": here},
            *([{"rel": "item", "type": "application/json", "href": here + LIST}] if files else []),
        ],
    }  # fmt: skip


def _release(call: Call, store: Store, shelf: Shelf) -> Reply:
    """``/downloads/<release>/``: its list; a page also where there are no downloads yet."""
    if call.form == "json":
        file = shelf.file(LIST)
        return _kept(call, f"/downloads/{shelf.id}/", shelf.stamp, lambda: _whole(store, shelf, file.name))

    def write() -> bytes:
        current = shelf.id == call.state.id
        notes = call.state.notes if current else {}
        offer = Offer(
            release=shelf.id,
            manifest=shelf.manifest,
            files=[each.about for each in shelf.listing or ()],
            roots=[shelf.files[each["name"]] for each in shelf.manifest["files"] if each["name"] in shelf.files],
            lacking="" if shelf.listing is not None else shelf.lacking,
            making=shelf.making.of(shelf.id),
            current=current,
            latest=call.state.id,
            notes={name: told[call.language] for name, told in notes.items()},
            changes=_changes(store, shelf),
            linked=_linked(call, shelf),
        )  # fmt: skip
        return call.state.pages.download(call.page(), offer)

    version = shelf.stamp if shelf.listing is not None else f"{shelf.stamp} {shelf.lacking}"
    return _kept(call, f"/downloads/{shelf.id}/", version, write)


def _kept(call: Call, key: str, version: str, write: Any) -> Reply:
    """Return a document that is written once as long as the files are the same."""
    reply = call.kept(f"{key} {version}", write)
    reply.version = version
    return reply


def _whole(store: Store, shelf: Shelf, name: str) -> bytes:
    with store.open(shelf.file(name)) as stream:
        return stream.read()


def _changes(store: Store, shelf: Shelf) -> Mapping[str, Any] | None:
    """Return what changed since the release before, None where that is not told or cannot be read."""
    if _CHANGES not in shelf.files:
        return None
    try:
        found = json.loads(_whole(store, shelf, _CHANGES))
        return found if isinstance(found.get("layers"), dict) else None
    except (Problem, ValueError, AttributeError) as error:
        LOGGER.error("%s of %s cannot be told: %s", _CHANGES, shelf.id, error)
        return None


def _linked(call: Call, shelf: Shelf) -> str:
    """Return schema.org's description as JSON that may stand inside a page; empty where there is nothing to tell."""
    if shelf.listing is None:
        return ""
    from boundaries.exports.metadata import schemaorg

    release = Release(shelf.path, shelf.manifest)
    entries = [dict(each.about) for each in shelf.listing]
    folder = f"{call.base}/downloads/{shelf.id}/"
    try:
        return schemaorg.script(schemaorg.document(release, entries, folder, call.language))
    except (ReleaseError, LookupError, sqlite3.Error) as error:
        LOGGER.error("%s cannot be described: %s", shelf.id, error)
        return ""
