"""What OpenAPI 3.0 cannot say, told to schemathesis: loaded by it through ``SCHEMATHESIS_HOOKS``.

Requests that are meant to be right are made right where a JSON Schema cannot: CQL2 is a grammar, a box has its
lower corner first, and some parameters go only together. Half of them ask for what there is, so that more than
404s is tried. Nothing else is mended: a request that is meant to be wrong goes out as it was made.
"""

import json
import os
import random
import urllib.request
from functools import lru_cache
from typing import Any

import schemathesis

FILTERS = (
    "kursi > 8",
    "nama_dapil LIKE 'J%'",
    "selesai IS NULL",
    "S_INTERSECTS(geometry, BBOX(106, -7, 107, -6))",
)
UNIT_FILTERS = (
    "luas_km2 > 800", "nama LIKE 'K%'", "kode_provinsi IN ('31', '81')",
    "S_WITHIN(geometry, BBOX(95, -11, 141, 6))",
)  # fmt: skip
TREE = '{"op":"=","args":[{"property":"lisensi"},"CC0-1.0"]}'
TIMES = ("2024-02-14", "2019-04-17/..", "../2019-01-01T00:00:00Z", "2018-01-01/2030-12-31")
BOXES = ("106.5,-7,107,-6.5", "95,-11,141,6", "170,-11,-170,6", "106.5,-7,0,107,-6.5,9")


@lru_cache
def _ids(collection: str) -> list[str]:
    address = os.environ["CONFORMANCE_ADDRESS"]
    with urllib.request.urlopen(
        f"{address}/collections/{collection}/items?limit=3&skipGeometry=true"
    ) as answer:
        return [feature["id"] for feature in json.load(answer)["features"]]


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Pass over what is no fault although a schema must call it one.

    A limit above the maximum gives the maximum (Features Part 1, /req/core/fc-limit-response-1); the page of
    /lookup without a point is the form in which one is asked for.
    """
    query = case.query or {}
    if case.path == "/lookup" and query.get("f") == "html" and not {"lon", "lat"} <= query.keys():
        return False
    try:
        return int(query.get("limit", 1)) <= 10_000
    except (TypeError, ValueError):
        return True


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Mend what is meant to be right."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return case
    draw = random.Random(json.dumps([case.path, case.query, case.path_parameters], default=str))
    path, query = case.path, case.query
    collection = path.split("/")[2] if path.startswith("/collections/") else ""
    if "{featureId}" in path and draw.random() < 0.5:
        case.path_parameters = {"featureId": draw.choice(_ids(collection))}
    if path == "/lookup" and case.method.upper() == "POST":
        lon, lat = draw.uniform(106.5, 107.5), draw.uniform(-7, -6.6)
        point = {"type": "Point", "coordinates": [lon, lat]}
        feature = {"type": "Feature", "properties": None, "geometry": point}
        table = {"type": "FeatureCollection", "features": [feature]}
        case.body = table if "json" in (case.media_type or "") else f"lon,lat\n{lon},{lat}\n"
    elif path == "/lookup":
        case.query = query = _asked(query or {}, draw)
    if query and query.get("f") == "jsonld":
        query.pop("crs", None)  # JSON-LD has lon/lat only
    if path.endswith("/items"):
        filters = UNIT_FILTERS if collection.startswith("unit-") else FILTERS
        _mend(query, filters, draw)
        if case.method.upper() == "POST":
            case.body = json.loads(TREE) if "json" in (case.media_type or "") else draw.choice(filters)
    return case


def _asked(query: Any, draw: random.Random) -> Any:
    """A point or a name, never both nor a half, a chamber only beside a name: half of the points lie on ground."""
    if query.get("nama", "").strip() and draw.random() < 0.5:
        name = {"nama": draw.choice(("ciwidey", "jeddah", query["nama"]))}
        return {key: value for key, value in query.items() if key not in ("lon", "lat")} | name
    query = {key: value for key, value in query.items() if key not in ("nama", "lembaga")}
    if draw.random() < 0.5 or not {"lon", "lat"} <= query.keys():
        query |= {"lon": draw.uniform(106.5, 107.5), "lat": draw.uniform(-7, -6.6)}
    return query


def _mend(query: Any, filters: tuple[str, ...], draw: random.Random) -> None:
    """Mend the parameters of /items; lists are already written as texts."""
    if "filter" in query:
        query["filter"] = TREE if query.get("filter-lang") == "cql2-json" else draw.choice(filters)
        if "BBOX" in query["filter"]:  # lon/lat
            query.pop("filter-crs", None)
    else:
        query.pop("filter-lang", None)
        query.pop("filter-crs", None)
    query.pop("bbox-crs", None)  # the boxes are lon/lat; without a box it is refused
    if "bbox" in query:
        query["bbox"] = draw.choice(BOXES)
    if "datetime" in query:
        query["datetime"] = draw.choice(TIMES)
    if isinstance(query.get("sortby"), str):
        names = {name.lstrip("+-"): name for name in query["sortby"].split(",")}
        query["sortby"] = ",".join(names.values())
