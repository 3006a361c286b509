"""What the map page reads beside the TopoJSON of the maps: small JSON files, each wanted at one moment.

======================================  ==============================================================
``map-index.json``                      elections, plans, provinces, source: what the first view needs
``map-facts-<plan>.json``               every dapil of a plan: seats, law, members, where its name stands
``map-kabkota.json``                    where every kabupaten and kota lies
``map-units.json``                      names of all units, and the dapil of each in every plan
``map-compare-<chamber>-<y1>-<y2>.json``  what changed between two elections of a chamber
``map-units-<province>.topojson``       the base units of a province, to look a point up in the page
======================================  ==============================================================

`Content` reads the release once and knows the base units; the modules beside it write one kind of file each. The
same release gives the same bytes.
"""

from collections.abc import Collection, Iterator

from boundaries.exports.basemap_topology import unit_topologies
from boundaries.exports.mapdata.comparison import compare, pairs
from boundaries.exports.mapdata.dapil_rows import facts
from boundaries.exports.mapdata.map_index import index, kabkota
from boundaries.exports.mapdata.map_tables import Content, packed
from boundaries.exports.mapdata.unit_names import units
from boundaries.release.store import Release

__all__ = ["map_files"]


def map_files(release: Release, years: Collection[int] = ()) -> Iterator[tuple[str, bytes]]:
    """Give the name and the bytes of every ``map-*`` file of a release; the index, which tells of all, comes last.

    `years`: only these elections; by default all. Raises ReleaseError for a year that there is not, and where the
    release lacks its layer of kecamatan or contradicts itself.
    """
    content = Content(release, years)
    sizes: dict[str, int] = {}
    for name, written in _files(content):
        sizes[name] = len(written)
        yield name, written
    yield "map-index.json", packed(index(content, sizes))


def _files(content: Content) -> Iterator[tuple[str, bytes]]:
    yield "map-kabkota.json", packed(kabkota(content))
    yield "map-units.json", packed(units(content))
    for plan in content.plans:
        yield f"map-facts-{plan}.json", packed(facts(content, plan))
    for before, after in pairs(content):
        chamber, _, first = before.rpartition("-")
        name = f"map-compare-{chamber}-{first}-{after.rpartition('-')[2]}.json"
        yield name, packed(compare(content, before, after))
    for province, topology in unit_topologies(content.release):
        yield f"map-units-{province}.topojson", topology
