"""``/dapil/<id>``: the page of one dapil, its picture for chats, its files, and who was elected there.

The page may be found by search engines. Names of persons stand on ``/dapil/<id>/terpilih``, which asks them to keep
out.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from boundaries.errors import BoundariesError
from boundaries.exports.offered_formats import OFFERED
from boundaries.law.codes import ABROAD
from boundaries.law.columns import columns_of
from boundaries.law.spelling import spoken
from boundaries.release.common_ground import Common
from boundaries.release.lookup import CHAMBERS
from boundaries.release.store import FULL, Release, mapped
from boundaries.service import dapil_results
from boundaries.service.html.feature_table import members
from boundaries.service.html.links import Language, Page, segment
from boundaries.service.html.one_dapil import Election, OneDapil, Other, Shared
from boundaries.service.html.pages import LANGUAGES
from boundaries.service.html.texts import tongue
from boundaries.service.messages import NOINDEX, Reply
from boundaries.service.ogcapi.layer import Layer
from boundaries.service.ogcapi.routes import Call
from boundaries.service.problems import Problem, missing
from boundaries.service.state import State

if TYPE_CHECKING:
    from boundaries.release.dataset import Dataset

_COMMON: Final = ("f", "lang")
_LEVELS: Final = {2: "unit-provinsi", 5: "unit-kabkota", 8: "unit-kecamatan", 13: "unit-desa"}
_NEAR: Final = 40


def answer(call: Call) -> Reply:
    """Return what is asked of a dapil. Raises the Problem."""
    match call.path:
        case ["dapil", name]:
            return _page(call, *_found(call.state, name))
        case ["dapil", name, "kartu.png"]:
            return _card(call, *_found(call.state, name))
        case ["dapil", name, "terpilih"]:
            return _elected(call, *_found(call.state, name))
        case ["dapil", name, file] if file.startswith(f"{name}."):
            return _file(call, *_found(call.state, name), file.removeprefix(name))
    raise Problem(
        404, f"there is nothing at {call.request.raw_path[:200]!r}; begin at {call.base}/collections"
    )


def _found(state: State, name: str) -> tuple[Layer, int]:
    layer = state.layers.get(name.rpartition("-")[0])
    position = layer.position(name) if layer is not None and layer.is_plan else None
    if layer is None or position is None:
        raise _nowhere(state, name)
    return layer, position


def _nowhere(state: State, name: str) -> Problem:
    """Return why there is no page: of some plans names and seats are known and no ground, which is not nothing."""
    plan = name.rpartition("-")[0]
    tables = [
        str(each["table"]) for each in state.manifest["plans"] if each["id"] == plan and "table" in each
    ]
    if not tables:
        return missing("dapil", name)
    return Problem(
        404,
        f"no ground is known of a dapil {name!r}: of dapil of {plan} without ground names and seats are in the "
        f"downloads, as {tables[0]}",
    )


def _page(call: Call, layer: Layer, position: int) -> Reply:
    call.read(_COMMON, ("html",))
    name = layer.ids[position]

    def write() -> bytes:
        document = {"type": "Feature", "id": name, "properties": layer.properties(position), "links": []}
        around = _touching(layer, position)
        return call.state.pages.dapil(
            call.page(), document, _told(call, layer, position, around), collection=call.about(layer.name),
            columns=layer.columns, shape=layer.geometries([position])[0],
            neighbours=[(layer.ids[at], str(layer.properties(at)["nama_dapil"]), shape) for at, shape in around],
        )  # fmt: skip

    return call.kept(f"/dapil/{name}", write)


def _touching(layer: Layer, position: int) -> list[tuple[int, shapely.Geometry]]:
    """Return the dapil of the same plan whose ground meets that of one: positions and shapes."""
    boxes = layer.bounds()
    west, south, east, north = boxes[position]
    meet = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    meet[position] = False
    near = np.flatnonzero(meet)[:_NEAR]
    shapes = layer.geometries(near)
    return list(zip(near.tolist(), shapes, strict=True))


def _told(call: Call, layer: Layer, position: int, around: Sequence[tuple[int, Any]]) -> OneDapil:
    state, page = call.state, call.page()
    row = layer.properties(position)
    name, chamber, year = str(row["id"]), str(row["lembaga"]), int(str(row["tahun"]))
    ground = [each.code for each in members(str(row["wilayah"] or "")) if each.code]
    shape = layer.geometries([position])[0]
    shapely.prepare(shape)
    beside = [_other(page, layer, at) for at, each in around if shape.intersects(each)]
    years = sorted(int(each["tahun"]) for each in mapped(state.manifest) if each["lembaga"] == chamber)
    earlier = [each for each in years if each < year]
    later = [each for each in years if each > year]
    return OneDapil(
        id=name, chamber=chamber, year=year,
        people=_people(state, ground), abroad=ABROAD[0] in ground, neighbours=beside,
        before=_election(call, chamber, earlier[-1], name, year, ground) if earlier and ground else None,
        after=_election(call, chamber, later[0], name, year, ground) if later and ground else None,
        chambers={
            other: [_linked(call, each) for each in state.common_ground.common(other, year, ground) if each.seat.id]
            for other in CHAMBERS if other != chamber and ground
        },
        results=dapil_results.results(state.layers, f"{chamber}-{year}", str(row["kode_dapil"]), call.tongue),
        files=[(f"{page.prefix}/dapil/{segment(name)}/{segment(name)}{each.suffix}",
                *_titled(each.title, page.language))
               for each in OFFERED.values()],
    )  # fmt: skip


def _titled(title: Mapping[str, str], language: Language) -> tuple[str, str]:
    """Return a format's name and what it is for."""
    name, _, purpose = tongue(title, language).partition(": ")
    return name, purpose


def _other(page: Page, layer: Layer, at: int) -> Other:
    row = layer.properties(at)
    seats = None if row["kursi"] is None else int(str(row["kursi"]))
    return Other(
        page.to(f"/dapil/{segment(layer.ids[at])}"), spoken(str(row["nama_dapil"])), seats, layer.ids[at]
    )


def _linked(call: Call, each: Common) -> Other:
    seat = each.seat
    held = seat.id is not None and seat.id.rpartition("-")[0] in call.state.layers
    href = call.page().to(f"/dapil/{segment(str(seat.id))}") if held else ""
    return Other(href, spoken(seat.nama_dapil or ""), seat.kursi, seat.id or "")


def _people(state: State, ground: Sequence[str]) -> tuple[int, int] | None:
    """Return the inhabitants of some units and the year of the count; None where one is not known."""
    rows = [_unit(state, code) for code in ground if code != ABROAD[0]]
    counts = [(row or {}).get("penduduk") for row in rows]
    years = {(row or {}).get("penduduk_tahun") for row in rows}
    if not counts or None in counts or len(years) != 1 or None in years:
        return None
    return sum(int(str(each)) for each in counts), int(str(years.pop()))


def _unit(state: State, code: str) -> Mapping[str, Any] | None:
    layer = state.layers.get(_LEVELS.get(len(code), ""))
    position = layer.position(code) if layer is not None else None
    return layer.properties(position) if layer is not None and position is not None else None


def _area(state: State, codes: Sequence[str]) -> float:
    return sum(float((_unit(state, code) or {}).get("luas_km2") or 0) for code in codes)


def _election(
    call: Call, chamber: str, other: int, name: str, year: int, ground: Sequence[str]
) -> Election | None:
    """Tell which dapil of another election the ground lay in, and what else the first of them held."""
    state = call.state
    found = [each for each in state.common_ground.common(chamber, other, ground) if each.seat.id]
    if not found:
        return None
    areas = {each.seat.id: _area(state, each.units) for each in found}
    whole = _area(state, [code for code in ground if code != ABROAD[0]])
    found.sort(key=lambda each: (-areas[each.seat.id], str(each.seat.id)))
    first = found[0].seat
    layer = state.layers.get(f"{chamber}-{other}")
    position = layer.position(str(first.id)) if layer else None
    its = str(layer.properties(position)["wilayah"] or "") if layer and position is not None else ""
    rest = state.common_ground.common(chamber, year, [each.code for each in members(its) if each.code])
    apart = [each for each in rest if each.seat.id != name]
    shared = [
        Shared(_linked(call, each), areas[each.seat.id] / whole if whole else None, _names(state, each.units))
        for each in found
    ]
    gone = [Shared(_linked(call, each), None, _names(state, each.units)) for each in apart]
    return Election(other, len(found) == 1 and not apart, shared, gone)


def _names(state: State, codes: Sequence[str]) -> list[str]:
    return [str((_unit(state, code) or {}).get("nama") or code) for code in codes]


# --- results -----------------------------------------------------------------------------------------


def _elected(call: Call, layer: Layer, position: int) -> Reply:
    call.read(_COMMON, ("html",))
    row = layer.properties(position)
    people = dapil_results.elected(call.state.layers, layer.name, str(row["kode_dapil"]))
    if not people:
        raise Problem(404, f"who was elected in {row['id']} is not known here")

    def write() -> bytes:
        return call.state.pages.elected(call.page(), str(row["id"]), spoken(str(row["nama_dapil"])), people)

    found = call.kept(f"/dapil/{row['id']}/terpilih", write)
    found.headers.append(NOINDEX)
    return found


# --- files -------------------------------------------------------------------------------------------


def _card(call: Call, layer: Layer, position: int) -> Reply:
    """``/dapil/<id>/kartu.png``: what chats show of a link, 1200 by 630; drawn when first asked for, and kept."""
    call.read(("lang",), ("png",))
    from boundaries.site.card_picture import Card, picture

    row = layer.properties(position)

    def write() -> bytes:
        words = call.state.pages.words(call.tongue)
        seats = words("seats", count=row["kursi"]) if row["kursi"] is not None else ""
        about = Card(
            name=spoken(str(row["nama_dapil"])),
            what=f"{words('chamber.' + str(row['lembaga']))} {row['tahun']}",
            figure=seats,
            note=str(call.state.manifest["source"].get("attribution") or ""),
        )
        return picture(
            about, layer.geometries([position])[0], [shape for _, shape in _touching(layer, position)]
        )

    return call.kept(f"/dapil/{row['id']}/kartu.png", write, "image/png")


def _file(call: Call, layer: Layer, position: int, suffix: str) -> Reply:
    """``/dapil/<id>/<id>.gpkg`` and the like: one dapil in each format, as the downloads write whole plans."""
    call.read((), ("file",))
    form = next((each for each in OFFERED.values() if each.suffix == suffix), None)
    if form is None:
        raise Problem(
            404, f"no format {suffix[:20]!r}; there are {', '.join(each.suffix for each in OFFERED.values())}"
        )
    name = layer.ids[position]

    def write() -> bytes:
        from boundaries.exports.formats import FORMATS  # what writes files is loaded when a file is asked for

        dataset = _dataset(call.state, layer, position, form.detail)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}{suffix}"
            FORMATS[form.id].write(dataset, path)
            return path.read_bytes()

    try:
        found = call.kept(f"/dapil/{name}/{suffix}", write, form.media_type)
    except (BoundariesError, ImportError) as error:
        raise Problem(404, f"{name} cannot be had as {form.id} here: {error}") from None
    found.headers.append(("Content-Disposition", f'attachment; filename="{name}{suffix}"'))
    return found


def _dataset(state: State, layer: Layer, position: int, detail: str) -> "Dataset":
    import pandas as pd

    from boundaries.release.dataset import Dataset, Origin

    row = layer.properties(position)
    columns = columns_of(layer.name)
    frame = pd.DataFrame({each.name: [row.get(each.name)] for each in columns})
    frame = frame.astype({"penduduk": "Int64"})
    release = Release(Path(), dict(state.manifest))
    shapes = layer.full([position]) if detail == FULL else layer.geometries([position])
    name, chamber = spoken(str(row["nama_dapil"])), f"chamber.{row['lembaga']}"
    title: dict[str, str] = {
        language: state.pages.words(language)(
            "dapil.title", name=name, chamber=words(chamber), year=row["tahun"]
        )
        for language in LANGUAGES
        if (words := state.pages.words(language))
    }
    return Dataset(
        name=layer.ids[position], title=title, columns=columns, frame=frame, geometry=shapes,
        origin=Origin.of(release), legal_basis=(str(row["dasar_hukum"]),), detail=detail,
        tolerance_m=release.tolerance_m(detail),
    )  # fmt: skip


def linked(call: Call, layer: Layer, position: int) -> str:
    """Return schema.org's description of a dapil as JSON that may stand inside a page."""
    row = layer.properties(position)
    place = {"@context": "https://schema.org", "@type": "AdministrativeArea", "name": row["nama_dapil"],
             "identifier": row["id"], "url": f"{call.base}/dapil/{row['id']}"}  # fmt: skip
    return json.dumps(place, ensure_ascii=False).replace("<", "\\u003c")
