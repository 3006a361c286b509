"""Rule on the details: what is generalised is the same map, within the metres that the manifest says."""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.ground.seams import Seams
from boundaries.ground.soundness import invalid_units
from boundaries.release.store import STANDARD
from boundaries.verify.opened_release import Contents, Finding, Outcome

#: Metres in the longest degree of WGS 84; a distance in degrees is at most this in metres.
_DEGREE_M = 111_695.0


def details(contents: Contents) -> Outcome:
    """The detail standard has the rows of full; its base units are a coverage with all their parts, each line near its
    own, and every feature is the union of its base units."""
    release = contents.release
    if STANDARD not in release.manifest.get("details", {}):
        return Outcome("one detail only")
    layers = {name: release.read_layer(name, STANDARD) for name in contents.layers}
    found = [
        Finding("details", name, "", "rows of the detail standard", "those of full", "others")
        for name, (frame, _) in layers.items()
        if not frame.equals(contents.frame(name))
    ]
    if found:
        return Outcome(f"{len(layers)} layers", found)
    geometry = _base(contents, {name: shapes for name, (_, shapes) in layers.items()})
    found += _base_findings(contents, geometry, release.tolerance_m(STANDARD))
    seams, owners = Seams(geometry), _owners(contents)
    for name, (frame, shapes) in layers.items():
        found += [
            Finding(
                "details", name, str(frame.iloc[row, 0]), "union of its base units", "edge for edge", "not"
            )
            for row in seams.differing(owners[name], shapes)
        ]
    vertices = int(shapely.get_num_coordinates(geometry).sum())
    return Outcome(f"{len(layers)} layers on {vertices:,} vertices of base units", found)


def _base(contents: Contents, shapes: dict[str, NDArray[np.object_]]) -> NDArray[np.object_]:
    """The base units in the order of `contents.ground`, in the detail of `shapes`."""
    by_code = {
        code: shape
        for name in contents.unit_layers
        for code, shape in zip(contents.frame(name)["kode"], shapes[name], strict=True)
    }
    found = np.empty(len(contents.ground.codes), dtype=object)
    found[:] = [by_code[code] for code in contents.ground.codes]
    return found


def _base_findings(contents: Contents, light: NDArray[np.object_], tolerance_m: float) -> list[Finding]:
    full, codes = contents.ground.geometry, contents.ground.codes
    apart = shapely.hausdorff_distance(shapely.boundary(light), shapely.boundary(full)) * _DEGREE_M
    faults = {
        "valid in the coverage": np.isin(np.arange(len(light)), invalid_units(light)),
        "all parts": shapely.get_num_geometries(light) != shapely.get_num_geometries(full),
        f"lines within {tolerance_m:g} m": apart > tolerance_m + 1,
    }
    return [
        Finding("details", "base units", str(code), "standard", expected, "not")
        for expected, bad in faults.items()
        for code in codes[bad]
    ]


def _owners(contents: Contents) -> dict[str, NDArray[np.int64]]:
    """Layer → for every base unit the row that holds it, or -1."""
    codes = contents.ground.codes
    found = {}
    for name in contents.unit_layers:
        row = {code: at for at, code in enumerate(contents.frame(name)["kode"])}
        length = max(map(len, row))
        found[name] = np.array([row.get(code[:length], -1) if len(code) >= length else -1 for code in codes])
    rows = contents.frame("assignment")
    for name in contents.plan_layers:
        own = contents.spread(rows[rows["plan_id"] == name])
        of = dict(zip(own["kode_unit"], own["kode_dapil"], strict=True))
        row = {code: at for at, code in enumerate(contents.frame(name)["kode_dapil"])}
        found[name] = np.array([row.get(of.get(code, ""), -1) for code in codes])
    return found
