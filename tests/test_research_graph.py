"""People on the ground and the graph of neighbours: exact, complete, and read by others."""

import json
import warnings
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from pyproj import Geod

from boundaries.cli import main, researching
from boundaries.errors import CoverageError, PlanError, TableError
from boundaries.ground import edges
from boundaries.law.registry import Registry
from boundaries.law.tables import data_directory, read_table
from boundaries.release.store import Release, open_release
from boundaries.research import graph_files
from boundaries.research.adjacency import find_borders
from boundaries.research.frontiers import find_frontiers
from boundaries.research.graph import Graph, SeaRule, build_graph, inspect
from boundaries.research.people import DIVIDED, OFFICIAL, SUMMED, WEIGHTS, People
from boundaries.research.zoning import GRAPH_LEVELS, read_units
from tests.small import base_units, make_small_release

GEOD = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="module")
def small(release: Release, people: People) -> Graph:
    return build_graph(release, "dasar", people)


def statistics(name: str) -> pd.DataFrame:
    return pd.read_csv(data_directory() / "statistics" / name, dtype=str, keep_default_na=False)


# People


@pytest.mark.parametrize(
    ("weight", "table", "column"),
    [
        ("penduduk_2023", "penduduk_kecamatan_2023.csv", "penduduk"),
        ("penduduk_2024", "penduduk_2024.csv", "penduduk"),
        ("tps_2024", "tps_desa_2024.csv", "tps"),
    ],
)
def test_no_figure_is_lost_and_none_counted_twice(
    people: People, weight: str, table: str, column: str
) -> None:
    rows = statistics(table)
    rows = rows[rows["kode"].str.len() != 2]
    assert people.figures(weight).value.sum() == rows[column].astype(int).sum()


def test_a_figure_stands_for_the_ground_it_was_counted_on(people: People) -> None:
    # Toili Jaya was made of Toili after the count: neither has a figure of its own, both together have Toili's.
    each = people.of_units("penduduk_2023", ["72.01.09", "72.01.24"])
    assert np.isnan(each.value).all()
    assert set(each.origin) == {""}
    both = people.figures("penduduk_2023").over(people.zones(["72.01.09", "72.01.24"], [0, 0]), 1)
    assert both.value.tolist() == [36822]


def test_sums_agree_whatever_the_zones(people: People, registry: Registry) -> None:
    kecamatan = people.of_units("tps_2024", registry.descendants("32.01", "kecamatan"))
    kabkota = people.of_units("tps_2024", ["32.01"])
    assert kecamatan.value.sum() == kabkota.value[0]
    assert set(kabkota.origin) == {SUMMED}
    assert people.of_units("penduduk_2023", ["32.01.01"]).origin.tolist() == [OFFICIAL]


def test_what_is_not_known_is_empty_and_never_zero(people: People, registry: Registry) -> None:
    for name in WEIGHTS:
        sums = people.of_units(name, registry.at("kecamatan"))
        assert not (sums.value == 0).any(), name
        assert (np.isnan(sums.value) == (sums.origin == "")).all()
        assert ((sums.known == 1) == (sums.origin != "")).all()


def test_an_estimate_adds_up_to_what_it_divides(people: People, registry: Registry) -> None:
    desa = registry.descendants("32.01.01", "desa")
    estimate = people.of_units("taksiran_penduduk_2023", desa)
    assert set(estimate.origin) == {DIVIDED}
    assert estimate.value.sum() == pytest.approx(people.of_units("penduduk_2023", ["32.01.01"]).value[0])


def test_a_weight_that_is_none_is_told(people: People) -> None:
    with pytest.raises(PlanError, match="penduduk_2023"):
        people.figures("orang")


# Borders


def test_borders_are_those_of_the_polygons() -> None:
    shapes = np.array(list(base_units().values()), dtype=object)
    found = find_borders(shapes, lambda edges: np.hypot(*((edges[:, 1] - edges[:, 0]) / 1e7).T))
    told = {tuple(pair): length for pair, length in zip(found.pairs.tolist(), found.length_m, strict=True)}
    for a in range(len(shapes)):
        for b in range(a + 1, len(shapes)):
            shared = shapely.length(shapely.intersection(shapes[a], shapes[b]))
            assert told.get((a, b), 0) == pytest.approx(shared, rel=1e-9, abs=1e-12)
    assert found.perimeter_m == pytest.approx(shapely.length(shapes), rel=1e-9)


def test_lengths_and_areas_are_geodesic() -> None:
    shapes = np.array(list(base_units().values()), dtype=object)
    found = find_borders(shapes)
    for n, shape in enumerate(shapes):
        rings = [ring for part in shape.geoms for ring in (part.exterior, *part.interiors)]
        assert found.perimeter_m[n] == pytest.approx(
            sum(GEOD.geometry_length(ring) for ring in rings), rel=1e-6
        )
    inside = np.zeros(len(shapes))
    np.add.at(inside, found.pairs.ravel(), np.repeat(found.length_m, 2))
    assert found.perimeter_m == pytest.approx(inside + found.coast_m)


def test_polygons_that_are_no_coverage_are_refused() -> None:
    square = shapely.box(0, 0, 1, 1)
    with pytest.raises(CoverageError, match="more than two"):
        find_borders(np.array([square, square, square]))


@pytest.mark.parametrize("mix", [None, (0, 0), (1, 0)])
def test_edges_find_each_other_even_where_all_mix_to_one_number(
    mix: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mix:
        monkeypatch.setattr(edges, "_MIX", np.array(mix, dtype=np.uint64))
    random = np.random.default_rng(5)
    keys = random.permutation(400)[:300]
    low, high = np.divmod(np.concatenate([keys, keys[:120]]), 20)
    order = random.permutation(len(low))
    low, high = low[order], high[order]
    other = edges.counterparts(low, high)
    assert other is not None
    for n, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        alike = np.flatnonzero((low == a) & (high == b)).tolist()
        assert other[n] == (n if len(alike) == 1 else sum(alike) - n)
    assert edges.counterparts(np.append(low, low[other > np.arange(len(low))][:1]),
                              np.append(high, high[other > np.arange(len(low))][:1])) is None  # fmt: skip


def test_a_border_with_another_country_is_no_coast() -> None:
    codes, outer = np.array(["53.04.02", "53.01.26", "61.12.01"]), np.array([37_700.0, 35_200.0, 5_000.0])
    found = find_frontiers(codes, outer)
    assert found.country.tolist() == ["Timor-Leste", "Timor-Leste", ""]
    assert (outer - found.length_m).tolist() == [0, 13_600, 5_000]  # landlocked; a coast too; no border


# The graph


def test_every_province_is_one_piece(small: Graph) -> None:
    assert set(small.about["bagian_per_provinsi"].values()) == {1}
    alone = small.edges[(small.edges["kode_a"] == "81.71.01") | (small.edges["kode_b"] == "81.71.01")]
    assert set(alone["jenis"]) == {"laut"}
    assert (small.edges["kode_a"] < small.edges["kode_b"]).all()
    assert (small.edges["kode_a"].str[:2] == small.edges["kode_b"].str[:2])[
        small.edges["jenis"] == "laut"
    ].all()


def as_in_the_nation(part: Graph, nation: Graph) -> set[tuple[str, str]]:
    """Hold the nodes and edges of a part against those of the nation; gives the edges that only the part has."""
    whole = nation.nodes.set_index("kode").loc[part.nodes["kode"]]
    for name in ("pantai_m", "asing_m", "keliling_m", "luas_m2"):
        assert part.nodes[name].tolist() == whole[name].tolist(), name
    edges = part.edges.set_index(["kode_a", "kode_b"])
    inside = nation.edges[nation.edges[["kode_a", "kode_b"]].isin(set(whole.index)).all(axis=1)]
    inside = inside.set_index(["kode_a", "kode_b"])
    pd.testing.assert_frame_equal(edges.loc[inside.index], inside, check_dtype=False)
    shared = np.bincount(part.pairs.ravel(), np.repeat(part.land_m, 2), len(part.nodes))
    outer = part.nodes[["pantai_m", "asing_m", "luar_m"]].sum(axis=1).to_numpy()
    assert outer + shared == pytest.approx(part.nodes["keliling_m"].to_numpy(), abs=0.01)
    assert part.nodes["tepi"].tolist() == (outer > 0).tolist()
    return set(edges.index.difference(inside.index))


@pytest.mark.parametrize("code", ["31", "32", "81", "32.04", "32.10", "31.71", "81.71"])
def test_a_part_has_the_coasts_and_links_of_the_nation(
    code: str, small: Graph, release: Release, people: People
) -> None:
    part = build_graph(release, "dasar", people, within=[code])
    assert set(part.nodes["kode"]) == {each for each in small.codes if each.startswith(code)}
    assert as_in_the_nation(part, small) == set()
    assert (part.nodes["luar_m"].sum() > 0) == (code[:2] != "81")
    assert not small.nodes["luar_m"].any()


@pytest.mark.national
def test_parts_of_the_nation_have_its_coasts_and_links(nation: Release, people: People) -> None:
    """Provinces and kabkota with coast, with none, on a land border; others' land cuts Karanganyar in two."""
    whole = build_graph(nation, "kecamatan", people, weights=(), plans=False)
    for code in ("32", "61", "32.01", "32.18", "53.04", "61.01", "81.08", "33.13"):
        part = build_graph(nation, "kecamatan", people, within=[code], weights=(), plans=False)
        more = as_in_the_nation(part, whole)
        assert more == ({("33.13.12", "33.13.13")} if code == "33.13" else set()), code
        assert set(part.about["bagian_per_provinsi"].values()) == {1}
    (link,) = part.edges[part.edges["jenis"] == "laut"].to_dict("records")
    assert link["asal"] == "terdekat"
    assert link["lintas_darat_m"] == pytest.approx(link["jarak_m"], rel=0.01), "all of it is land of others"
    assert part.nodes["pantai_m"].sum() == 0


def test_without_sea_links_an_island_stands_alone(release: Release, people: People) -> None:
    bare = build_graph(release, "dasar", people, sea=SeaRule.parse("tanpa"))
    told = inspect(bare)["provinsi"]["81"]
    assert (told["darat"], told["semua"], told["sendiri"]) == (2, 2, 1)
    nearest = build_graph(release, "dasar", people, sea=SeaRule.parse("terdekat"))
    assert (nearest.edges["asal"] == "terdekat").sum() == 1


def test_a_link_has_the_gap_of_the_polygons(small: Graph, release: Release) -> None:
    units = read_units(release, "dasar")
    shape = dict(zip(units.codes, units.geometry, strict=True))
    for edge in small.edges[small.edges["jenis"] == "laut"].itertuples():
        line = shapely.shortest_line(shape[edge.kode_a], shape[edge.kode_b])
        assert edge.jarak_m == pytest.approx(GEOD.geometry_length(line), rel=0.01)
        assert edge.lintas_darat_m < 100


@pytest.mark.parametrize("level", GRAPH_LEVELS)
def test_every_level_has_its_dapil(level: str, release: Release, people: People) -> None:
    made = build_graph(release, level, people, within=["32"])
    assert set(made.nodes["kode_provinsi"]) == {"32"}
    split = made.nodes[made.nodes["kode"] == "32.04.01"]
    assert (split["dprd_kabkota_2024"] == "").all()  # in two dapil: none can be told
    assert (made.nodes["dpr_2024"] != "").all() == (level != "kabkota")  # Bandung lies in both


def test_a_link_table_adds_and_takes_away(
    small: Graph, release: Release, people: People, tmp_path: Path
) -> None:
    first = small.edges.iloc[0]
    path = tmp_path / "tautan.csv"
    path.write_text(
        f"kode_a,kode_b,jenis,jarak_m\n{first.kode_b},{first.kode_a},hapus,\n81.71.01,32.10.01,feri,9000\n"
    )
    made = build_graph(release, "dasar", people, links=path)
    assert len(made.edges) == len(small.edges)
    ferry = made.edges[made.edges["jenis"] == "feri"].iloc[0]
    assert (ferry.kode_a, ferry.kode_b, ferry.asal) == ("32.10.01", "81.71.01", "tautan.csv")
    assert [line.split(": ")[1].split(" ")[0] for line in made.about["tautan"]] == ["dihapus", "ditambah"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("99.99.99,32.10.01,feri", "99.99.99"),
        ("32.10.01,32.10.01,feri", "itself"),
        ("32.10.01,32.10.02,kapal", "jembatan"),
        ("32.10.01,32.10.02,feri,jauh", "jauh"),
    ],
)  # fmt: skip
def test_a_wrong_link_is_told_with_its_line(
    row: str, told: str, release: Release, people: People, tmp_path: Path
) -> None:
    path = tmp_path / "tautan.csv"
    path.write_text("kode_a,kode_b,jenis,jarak_m\n" + row + "," * (3 - row.count(",")) + "\n")
    with pytest.raises(TableError, match=rf"tautan.csv:2.*{told}"):
        build_graph(release, "dasar", people, links=path)


@pytest.mark.parametrize("text", ["jauh", "tetangga:x", "terdekat:5", "tanpa:1", ""])
def test_a_rule_for_the_sea_that_is_none_is_told(text: str) -> None:
    with pytest.raises(PlanError, match="tetangga:200"):
        SeaRule.parse(text)


# Files


def test_the_same_graph_is_read_by_others(small: Graph, tmp_path: Path) -> None:
    for form in graph_files.FORMS:
        graph_files.write_graph(small, form, tmp_path, "graf")
    from_json = networkx.adjacency_graph(json.loads((tmp_path / "graf.json").read_text()))
    from_xml = networkx.read_graphml(tmp_path / "graf.graphml")
    table = pd.read_csv(tmp_path / "graf-redist.csv", dtype=str, keep_default_na=False)
    beside = dict(zip(table["urut"], table["kode"], strict=True))
    from_redist = {
        frozenset((row.kode, beside[n])) for row in table.itertuples() for n in row.tetangga.split(";") if n
    }
    edges = {frozenset(pair) for pair in zip(small.edges["kode_a"], small.edges["kode_b"], strict=True)}
    assert {frozenset(edge) for edge in from_json.edges} == edges
    assert {frozenset(edge) for edge in from_xml.edges} == edges
    assert from_redist == edges
    assert dict(from_json.nodes(data="area")) == dict(from_xml.nodes(data="area"))
    assert dict(from_json.nodes(data="area")) == dict(
        zip(small.nodes["kode"], small.nodes["luas_m2"], strict=True)
    )


def test_a_weight_that_some_node_lacks_is_left_out_and_named(small: Graph) -> None:
    value = json.loads(graph_files.gerrychain(small, "x")["x.json"])
    lacking = value["graph"]["bobot_tidak_lengkap"]
    assert "penduduk_2024" in lacking
    for node in value["nodes"]:
        assert not set(lacking) & node.keys()
        assert {name for name in small.about["bobot"] if name not in lacking} <= node.keys()


def test_gerrychain_and_igraph_read_it_without_a_warning(small: Graph, tmp_path: Path) -> None:
    gerrychain, igraph = pytest.importorskip("gerrychain"), pytest.importorskip("igraph")
    graph_files.write_graph(small, "json", tmp_path, "graf")
    graph_files.write_graph(small, "graphml", tmp_path, "graf")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = gerrychain.Graph.from_json(str(tmp_path / "graf.json"))
        other = igraph.Graph.Read_GraphML(str(tmp_path / "graf.graphml"))
    assert (len(read.nodes), len(read.edges)) == (len(small.nodes), len(small.edges))
    assert (other.vcount(), other.ecount()) == (len(small.nodes), len(small.edges))


def test_the_same_release_gives_the_same_bytes(release: Release, small: Graph, people: People) -> None:
    again = build_graph(release, "dasar", people)
    for form in graph_files.FORMS.values():
        assert form(small, "graf") == form(again, "graf")


def test_the_command_writes_the_files(release: Release, tmp_path: Path) -> None:
    args = ["graph", "-r", str(release.path), "--province", "32", "--format", "csv", "-o", str(tmp_path)]
    ran = CliRunner().invoke(main, args)
    assert ran.exit_code == 0, ran.output
    names = {f"graf-dasar-32-{part}" for part in ("simpul.csv", "sisi.csv", "tentang.json")}
    assert {path.name for path in tmp_path.iterdir()} == names
    nodes = pd.read_csv(tmp_path / "graf-dasar-32-simpul.csv", dtype=str)
    assert nodes["kode"].str.startswith("32.").all()
    assert nodes["tps_2024_asal"].dropna().isin([OFFICIAL, SUMMED]).all()


def test_the_command_offers_what_there_is() -> None:
    assert set(researching.LEVELS) == set(GRAPH_LEVELS)
    assert set(researching.GRAPH_FORMATS) == set(graph_files.FORMS)


def test_tables_of_statistics_are_read_strictly() -> None:
    path = data_directory() / "statistics" / "batas_negara.csv"
    assert len(read_table(path, ("kode", "negara", "tepi_km", "dasar"))) == 80
