"""Every cache of the service holds no more bytes than its limit: real ones are counted, not what the cache says."""

import ctypes
import gc
import json
import random
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pygeoapi.linked_data import geojson2jsonld
from werkzeug.test import EnvironBuilder

from boundaries.postgis.database_source import PostgisPackage
from boundaries.release.cache import Cache
from boundaries.release.geometry_cache import Shapes
from boundaries.release.store import FOLDER, LIST, MANIFEST
from boundaries.service import crs as crs_module
from boundaries.service import download_files, state
from boundaries.service.app import create_app, load_settings
from boundaries.service.crs import SUPPORTED
from boundaries.service.download_files import Store
from boundaries.service.html import STATIC
from boundaries.service.messages import Answer, Request
from boundaries.service.ogcapi import routes
from boundaries.service.ogcapi.layer import Question
from boundaries.service.ogcapi.layers import Layers
from boundaries.service.static_files import _body
from tests.postgres import Cluster, cluster, published, source
from tests.small import make_small_release
from tests.test_service_foreign_files import put_list

__all__ = ["cluster", "source"]

MB = 1 << 20
#: What is measured beside the entries: tables that grow in steps, objects that the interpreter keeps for itself.
SLACK = 300_000


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_small_release(tmp_path_factory.mktemp("releases"))


class _Malloc(ctypes.Structure):
    """Struct mallinfo2 of glibc."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
        )
    ]  # fmt: skip


@contextmanager
def grown() -> Iterator[Callable[[], int]]:
    """Give how many bytes more Python's objects hold than at the beginning."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    def now() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    try:
        yield now
    finally:
        tracemalloc.stop()


def current(app: Any) -> state.State:
    found: state.State = app.wsgi_app._current.get()
    return found


def settings(**own: int) -> dict[str, Any]:
    told = load_settings()
    return told | {"dapil": told.get("dapil", {}) | own}


@pytest.mark.parametrize("size", [0, 40, 5_000])
def test_a_cache_holds_no_more_than_its_limit(size: int) -> None:
    held: Cache[bytes] = Cache(MB)
    with grown() as real:
        for number in range(20_000):
            held.put((f"/an/address/{number}", "id", "html"), bytes(size + number % 7), size + 40)
        assert real() <= MB + SLACK
        assert real() >= MB * 0.5  # what is counted is there
    assert held.bytes <= MB


def test_the_key_of_an_entry_counts() -> None:
    held: Cache[bytes] = Cache(MB)
    with grown() as real:
        for number in range(1_000):
            held.put((f"{number:09}" * 1_000, "id"), b"", 33)
        assert real() <= MB + SLACK


@pytest.mark.slow
def test_prepared_answers_hold_their_limit(source: str) -> None:
    """From a database an answer is a view of bytes that nothing else holds."""
    app = create_app(source, settings(prepared_mb=1))
    client, prepared = app.test_client(), current(app).prepared
    ids = [each["id"] for each in client.get("/collections/dapil-dpr/items").json["features"]]
    paths = [f"/collections/dapil-dpr/items/{each}" for each in ids] + ["/collections/dapil-dpr/items"]

    def ask(rounds: range) -> None:
        for number in rounds:
            for path in paths:
                for coding in ("gzip", "identity"):
                    answer = client.get(
                        path, base_url=f"http://h{number}.test", headers={"Accept-Encoding": coding}
                    )
                    assert answer.status_code == 200
                    answer.close()

    ask(range(1))
    with grown() as real:
        ask(range(1, 60))
        assert prepared.bytes <= MB
        assert len(prepared) > 10
        assert real() <= MB + SLACK


def test_an_answer_costs_all_that_its_views_keep(cluster: Cluster, release: Path) -> None:
    """A view of ten bytes keeps the whole row alive."""
    package = PostgisPackage(published(cluster, release), 0)
    first, count = package.span("dpr-2024")
    with grown() as real:
        answers = []
        for row in [*range(first, first + count)] * 20:
            parts = [package.shape(row), package.facts(row)]
            buffers = [part.text for part in parts]
            answers.append(Answer(200, [("Content-Type", "application/json")] * 10, buffers))
        assert sum(each.cost for each in answers) >= real() * 0.9


@pytest.mark.slow
def test_documents_hold_their_limit(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_DOCUMENT_BYTES", MB)
    app = create_app(release, settings(prepared_mb=1))
    client, documents = app.test_client(), current(app).documents

    def ask(rounds: range) -> None:
        for number in rounds:
            for path in ("/", "/conformance", "/collections/dapil-dpr"):
                assert client.get(f"{path}?f=html", base_url=f"http://h{number}.test").status_code == 200

    ask(range(5))
    with grown() as real:
        ask(range(5, 100))
        assert MB * 0.8 <= documents.bytes <= MB
        assert real() <= 2 * MB + SLACK  # and a MB of prepared answers


def test_texts_in_other_systems_hold_their_limit(release: Path) -> None:
    limit = 100_000
    layers = Layers.of(str(release), 2 * limit)
    layer = layers["dapil-dprd-kabkota"]
    texts = layer._texts

    def ask() -> None:
        for crs in SUPPORTED:
            layer.features(range(len(layer)), Question(crs=crs_module.get(crs)))

    with grown() as real:
        ask()
        assert limit * 0.5 <= texts.bytes <= limit
        assert real() <= limit + SLACK


def polygon(random_: random.Random) -> shapely.Geometry:
    """A MultiPolygon of some parts, as a coast has them."""
    parts = []
    for part in range(random_.choice((1, 1, 5, 60))):
        turn = np.linspace(0, 2 * np.pi, random_.choice((5, 40, 400)), endpoint=False)
        parts.append(shapely.Polygon(np.c_[3 * part + np.cos(turn), np.sin(turn)]))
    return shapely.MultiPolygon(parts)


def test_geometries_hold_their_limit_also_after_they_were_asked() -> None:
    """GEOS takes its memory from malloc, which tells how much that is."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        pytest.skip("needs glibc 2.33")
    libc.mallinfo2.restype = _Malloc

    def used() -> int:
        gc.collect()
        told = libc.mallinfo2()
        return int(told.uordblks + told.hblkhd)

    made = shapely.to_wkb(np.array([polygon(random.Random(seed)) for seed in range(400)], dtype=object))
    limit = 4 * MB
    literal = shapely.box(-10, -10, 1.5, 0.5)
    before = used()
    shapes = Shapes(limit, lambda rows: shapely.from_wkb(made[rows]))
    for start in range(0, 400, 20):
        found = shapes.get(range(start, start + 20))
        shapely.prepare(literal)
        shapely.intersects(literal, found)
        shapely.touches(literal, found)
        del found
    assert limit * 0.7 <= used() - before <= limit * 1.1


def test_texts_of_a_database_hold_their_limit(cluster: Cluster, release: Path) -> None:
    limit = 30_000
    package = PostgisPackage(published(cluster, release), 4 * limit)
    rows = [
        row
        for table in ("dpr-2024", "dprd-kabkota-2024", "unit-kecamatan")
        for row in range(*span(package, table))
    ]
    with grown() as real:
        for row in rows:
            package.facts(row)
        assert limit * 0.5 <= package._texts.bytes <= limit
        assert real() <= limit + SLACK


def span(package: PostgisPackage, table: str) -> tuple[int, int]:
    first, count = package.span(table)
    return first, first + count


@pytest.mark.slow
def test_lists_of_releases_hold_their_limit(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each release of a directory has a list; all are looked through for the page of releases."""
    monkeypatch.setattr(download_files, "_SHELVES_BYTES", MB)
    (tmp_path / "one" / FOLDER).mkdir(parents=True)
    shutil.copy(release / MANIFEST, tmp_path / "one" / MANIFEST)
    put_list(tmp_path / "one", {f"dapil-{number}.csv": (b"a\n", "text/csv") for number in range(300)})
    manifest = json.loads((release / MANIFEST).read_bytes())
    listed = json.loads((tmp_path / "one" / FOLDER / LIST).read_bytes())
    for number in range(30):
        place = tmp_path / "all" / f"contoh-1-{number:012}"
        (place / FOLDER).mkdir(parents=True)
        (place / MANIFEST).write_text(json.dumps(manifest | {"release": place.name}))
        (place / FOLDER / LIST).write_text(json.dumps(listed | {"release": place.name}))
    store = Store(tmp_path / "all")
    with grown() as real:
        assert len(list(store)) == 30
        assert len(list(store)) == 30
        assert store._shelves.bytes >= MB * 0.5
        assert MB * 0.4 <= real() <= MB + SLACK


def test_what_was_found_sound_holds_its_limit(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_files, "_SOUND_BYTES", 100_000)
    place = tmp_path / "contoh-1-0"
    (place / FOLDER).mkdir(parents=True)
    manifest = json.loads((release / MANIFEST).read_bytes())
    (place / MANIFEST).write_text(json.dumps(manifest | {"release": place.name}))
    put_list(place, {f"dapil-{number}.csv": (b"a\n", "text/csv") for number in range(1_000)})
    store = Store(tmp_path)
    shelf = store.shelf(place.name)
    with grown() as real:
        for name in shelf.listing.files:  # type: ignore[union-attr]
            store.open(shelf.file(name)).close()
        assert 50_000 <= store._sound.bytes <= 100_000
        assert real() <= 100_000 + SLACK


@pytest.mark.slow
def test_headers_of_requests_are_not_heaped_up() -> None:
    """An attacker's are as long as the server lets them be, and each is another."""
    random_, environ = random.Random(1), EnvironBuilder("/").get_environ()

    def ask(count: int) -> None:
        for _ in range(count):
            odd = random_.randbytes(4_000).hex()
            headers = dict.fromkeys(("ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "HOST"), odd)
            Request(environ | {f"HTTP_{name}": text for name, text in headers.items() if name != "HOST"})
            Request(environ | {"HTTP_HOST": odd[:300]})

    ask(3)
    with grown() as real:
        ask(60)
        assert real() <= MB


def test_a_host_that_is_no_name_is_refused(release: Path) -> None:
    client = create_app(release).test_client()
    assert client.get("/", base_url=f"http://{'a.' * 125}test").status_code == 200
    assert client.get("/", base_url=f"http://{'a.' * 150}test").status_code == 400


def test_packed_static_files_are_no_more_than_there_are() -> None:
    packed = [name for name, path in STATIC.items() if path.suffix in (".css", ".js", ".svg")]
    held = sum(len(_body(name, coding)) for name in packed for coding in ("br", "gzip"))
    assert held <= sum(STATIC[name].stat().st_size for name in packed) <= 8 * MB
    assert _body.cache_info().currsize <= 128


@pytest.mark.slow
def test_pygeoapi_keeps_nothing_of_a_request(release: Path) -> None:
    """Its list of conformance classes grows at every request: that route is our own."""
    app = create_app(release)
    api = current(app).api
    feature = app.test_client().get("/collections/dapil-dpr/items").json["features"][0]

    def ask(count: int) -> None:
        for _ in range(count):
            for form in ("json", "jsonld"):
                routes._described(SimpleCall(app), None, form)
            geojson2jsonld(
                api, json.loads(json.dumps(feature | {"links": []})), "dapil-dpr", "http://h.test/x"
            )

    ask(3)
    with grown() as real:
        ask(100)  # a list that grows by one class a request would take more
        assert real() <= 150_000


class SimpleCall:
    """As much of a call as pygeoapi's documents need."""

    def __init__(self, app: Any) -> None:
        self.state, self.language = current(app), "id"
