"""What the map page reads beside the TopoJSON of the maps: small JSON files, each wanted at one moment.

======================================  ==============================================================
``map-index.json``                      elections, plans, provinces, source: what the first view needs
``map-facts-<plan>.json``               every dapil of a plan: seats, law, members, where its name stands
``map-facts-<plan>-<province>.json``    the same of a province alone, of DPRD kabupaten/kota: they are many
``map-kabkota.json``                    where every kabupaten and kota lies
``map-undrawn.json``                    ground that land encloses and the base map does not draw
``map-units.json``                      names of all units, and the dapil of each in every plan
``map-places.json``                     what units are called besides; places abroad where people vote
``map-names-<letter>.json``             names of desa that have a word with this letter at its beginning
``map-post-<figure>.json``              the units of post codes that begin with this figure
``map-compare-<chamber>-<y1>-<y2>.json``  what changed between two elections of a chamber
``map-results-<plan>.json``             votes and seats by party, turnout, women on lists, of every dapil
``map-elected-<plan>.json``             who was elected, by dapil
``map-candidates-<plan>-<province>.json`` candidates, with their votes where known
``map-votes-<plan>-<province>.json``    votes by kecamatan, where they are known
``map-carried-<chamber>-<y1>-<y2>.json``  votes of an election on the dapil of a later one
``map-units-<province>.topojson``       the base units of a province, to look a point up in the page
======================================  ==============================================================

`Content` reads the release once and knows the base units; the modules beside it write one kind of file each. The
same release gives the same bytes.
"""

from collections.abc import Collection, Iterator
from typing import Any

from boundaries.exports.basemap_topology import unit_topologies
from boundaries.exports.mapdata.carried_votes import carried
from boundaries.exports.mapdata.comparison import compare, pairs
from boundaries.exports.mapdata.dapil_rows import apart, facts
from boundaries.exports.mapdata.map_index import described, index, kabkota
from boundaries.exports.mapdata.map_tables import Content, packed
from boundaries.exports.mapdata.person_lists import candidates, elected
from boundaries.exports.mapdata.place_names import names_by_letter, places, post_codes
from boundaries.exports.mapdata.result_rows import results
from boundaries.exports.mapdata.undrawn_ground import undrawn_ground
from boundaries.exports.mapdata.unit_names import units
from boundaries.exports.mapdata.unit_votes import unit_votes
from boundaries.release.store import Release

__all__ = ["map_files"]


def map_files(release: Release, years: Collection[int] = ()) -> Iterator[tuple[str, bytes]]:
    """Give the name and the bytes of every ``map-*`` file of a release; the index, which tells of all, comes last.

    `years`: only these elections; by default all. Raises ReleaseError for a year that there is not, and where the
    release lacks its layer of kecamatan or contradicts itself.
    """
    content = Content(release, years)
    sizes: dict[str, int] = {}
    told: dict[str, dict[str, Any]] = {}
    for name, written in _files(content):
        sizes[name] = len(written)
        yield name, written
    for plan in content.plans:
        whole = facts(content, plan)
        written = packed(whole)
        sizes[f"map-facts-{plan}.json"] = len(written)
        yield f"map-facts-{plan}.json", written
        for province, part in apart(content, whole):
            yield f"map-facts-{plan}-{province}.json", packed(part)
    for plan, name, table in _of_elections(content):
        described(told.setdefault(plan, {}), name, table)
        yield name, packed(table)
    yield "map-index.json", packed(index(content, sizes, told))


def _files(content: Content) -> Iterator[tuple[str, bytes]]:
    yield "map-kabkota.json", packed(kabkota(content))
    yield "map-undrawn.json", packed(undrawn_ground(content))
    yield "map-units.json", packed(units(content))
    yield "map-places.json", packed(places(content))
    for letter, names in names_by_letter(content):
        yield f"map-names-{letter}.json", packed(names)
    for figure, posts in post_codes(content):
        yield f"map-post-{figure}.json", packed(posts)
    for before, after in pairs(content):
        chamber, _, first = before.rpartition("-")
        name = f"map-compare-{chamber}-{first}-{after.rpartition('-')[2]}.json"
        yield name, packed(compare(content, before, after))
    for province, topology in unit_topologies(content.release):
        yield f"map-units-{province}.topojson", topology


def _of_elections(content: Content) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give the plan, the name and the content of every file of results and persons that has any."""
    for plan in content.plans:
        for name, made in (("results", results(content, plan)), ("elected", elected(content, plan))):
            if made:
                yield plan, f"map-{name}-{plan}.json", made
        for province, made in candidates(content, plan):
            yield plan, f"map-candidates-{plan}-{province}.json", made
        if content.composed(plan):
            for province, made in unit_votes(content, plan):
                yield plan, f"map-votes-{plan}-{province}.json", made
    for before, after in pairs(content):
        if made := carried(content, before, after):
            chamber, _, year = before.rpartition("-")
            yield after, f"map-carried-{chamber}-{year}-{after.rpartition('-')[2]}.json", made
