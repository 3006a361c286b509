"""What ``/pakai`` shows: for each program the few lines that take the data from this service, with its own address.

Every text is run as it stands by ``tests/test_service_use.py`` where its program is at hand.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from boundaries.service.html.links import Language

_MAP: Final = '<!doctype html>\n<meta charset="utf-8">\n<div id="map" style="height: 400px"></div>\n'


@dataclass(frozen=True)
class Snippet:
    """A program's name, what its lines are (a file's ending, "" for steps to follow), the lines, and what to know."""

    id: str
    title: str
    kind: str
    text: str
    note: str = ""


#: What is said beside the lines: by snippet, in both languages.
_NOTES: Final[dict[str, tuple[str, str]]] = {
    "geopandas": (
        "Tanpa limit, /items memberi 100 baris saja dan read_file tidak mengatakannya: DPRD kabupaten/kota punya "
        "lebih dari 2.000. Berkas di /downloads selalu utuh.",
        "Without limit, /items gives 100 rows only and read_file does not say so: DPRD kabupaten/kota has over 2,000. "
        "The files under /downloads are always whole.",
    ),
    "excel": (
        "Data > From Text/CSV, lalu Transform Data: jadikan kolom kode bertipe Text. Kalau tidak, 32.10 menjadi 32,1. "
        "Atau tempel baris ini di Advanced Editor.",
        "Data > From Text/CSV, then Transform Data: make the columns of codes Text, or 32.10 becomes 32.1. "
        "Or paste these lines into the Advanced Editor.",
    ),
    "qgis": (
        "Layer > Add Layer > Add WFS / OGC API - Features Layer > New, isi URL ini, lalu Connect.",
        "Layer > Add Layer > Add WFS / OGC API - Features Layer > New, enter this URL, then Connect.",
    ),
    "leaflet": ("Simpan sebagai halaman HTML.", "Save as an HTML page."),
    "maplibre": (
        "Ubin vektor semua lembaga dalam satu berkas; perlu pmtiles.js.",
        "Vector tiles of all chambers in one file; needs pmtiles.js.",
    ),
    "d3": ("TopoJSON: garis bersama tersimpan sekali.", "TopoJSON: shared lines are kept once."),
    "curl": (
        "Dapil di suatu titik; dapil setiap baris sebuah tabel titik (paling banyak 1.000), beserta seberapa pasti: "
        "galat_m, mungkin, ragu; dan satu peta utuh sebagai GeoPackage.",
        "The dapil at a point; that of every row of a table of points (1,000 at most), and how sure it is: galat_m, "
        "mungkin, ragu; and a whole map as GeoPackage.",
    ),
    "r": ("Perlu paket sf.", "Needs the package sf."),
    "duckdb": ("Kode dibaca sebagai teks.", "Codes are read as text."),
    "observable": ("Satu sel di notebook.", "One cell of a notebook."),
}


def snippets(base: str, plan: str, files: Collection[str], language: Language) -> list[Snippet]:
    """Return the lines for every program.

    `base`: the address of the service; `plan`: such as ``dpr-2024``; `files`: names under ``/downloads/latest/``, so
    that nothing is named that is not there.
    """
    chamber, _, year = plan.rpartition("-")
    latest = f"{base}/downloads/latest"
    items = f"{base}/collections/{plan}/items?f=json&limit=10000"
    geojson = f"{latest}/{plan}.geojson" if f"{plan}.geojson" in files else items
    topology, tiles, table = f"{plan}-web.topojson", f"dapil-{year}.pmtiles", f"{plan}.csv"
    found = [
        ("qgis", "QGIS", "", base),
        ("curl", "curl", "sh", _curl(base, latest, plan, f"{plan}.gpkg" in files)),
        ("geopandas", "Python (geopandas)", "py", _geopandas(geojson, items)),
        ("r", "R (sf)", "r", f'library(sf)\ndapil <- st_read("{geojson}")\nplot(dapil["kursi"])'),
    ]
    if table in files:
        found += [
            ("duckdb", "DuckDB", "sql", _duckdb(f"{latest}/{table}")),
            ("excel", "Excel (Power Query)", "m", _excel(f"{latest}/{table}")),
        ]
    found.append(("leaflet", "Leaflet", "html", _leaflet(geojson)))
    if tiles in files:
        found.append(("maplibre", "MapLibre", "html", _maplibre(f"{latest}/{tiles}", chamber)))
    if topology in files:
        found += [
            ("d3", "D3", "html", _d3(f"{latest}/{topology}", chamber)),
            ("observable", "Observable", "js", _observable(f"{latest}/{topology}", chamber)),
        ]
    at = ("id", "en").index(language)
    return [Snippet(*each, note=_NOTES[each[0]][at]) for each in found]


def _curl(base: str, latest: str, plan: str, whole: bool) -> str:
    lines = [
        f'curl "{base}/lookup?lon=106.8272&lat=-6.1754&f=json"',
        "printf 'nama,lon,lat\\nMonas,106.8272,-6.1754\\nJeddah,39.19,21.49\\n' > titik.csv",
        f'curl --data-binary @titik.csv -H "Content-Type: text/csv" "{base}/lookup" -o titik-dapil.csv',
    ]
    return "\n".join([*lines, f'curl -L -O "{latest}/{plan}.gpkg"'] if whole else lines)


def _geopandas(geojson: str, items: str) -> str:
    return (
        f'import geopandas\n\ndapil = geopandas.read_file("{geojson}")\nprint(len(dapil), dapil["kursi"].sum())\n\n'
        f'# straight from the service: say how many\nsome = geopandas.read_file("{items}")\nprint(len(some))'
    )


def _duckdb(table: str) -> str:
    return (
        "INSTALL httpfs; LOAD httpfs;\n"
        "SELECT nama_provinsi, count(*) AS dapil, sum(kursi::INTEGER) AS kursi\n"
        f"FROM read_csv('{table}', all_varchar = true)\nGROUP BY 1 ORDER BY kursi DESC;"
    )


def _excel(table: str) -> str:
    return (
        f'let\n  raw = Csv.Document(Web.Contents("{table}"), [Delimiter = ",", Encoding = 65001]),\n'
        "  rows = Table.PromoteHeaders(raw, [PromoteAllScalars = true]),\n"
        '  typed = Table.TransformColumnTypes(rows, {{"kode_dapil", type text}, {"kode_provinsi", type text}, '
        '{"kursi", Int64.Type}})\nin\n  typed'
    )


def _leaflet(geojson: str) -> str:
    return (
        '<link rel="stylesheet" href="https://unpkg.com/leaflet@1.9.4/dist/leaflet.css">\n'
        f'<script src="https://unpkg.com/leaflet@1.9.4/dist/leaflet.js"></script>\n{_MAP}<script type="module">\n'
        f'const dapil = await (await fetch("{geojson}")).json();\n'
        'const map = L.map("map");\n'
        'const layer = L.geoJSON(dapil, {\n  style: { weight: 1, color: "#7c0c20" },\n'
        "  onEachFeature: ({ properties: p }, each) => each.bindTooltip(`${p.nama_dapil}: ${p.kursi} kursi`),\n"
        "}).addTo(map);\nmap.fitBounds(layer.getBounds());\n</script>"
    )


def _maplibre(tiles: str, chamber: str) -> str:
    return (
        '<link rel="stylesheet" href="https://unpkg.com/maplibre-gl@5/dist/maplibre-gl.css">\n'
        '<script src="https://unpkg.com/maplibre-gl@5/dist/maplibre-gl.js"></script>\n'
        f'<script src="https://unpkg.com/pmtiles@4/dist/pmtiles.js"></script>\n{_MAP}<script>\n'
        'maplibregl.addProtocol("pmtiles", new pmtiles.Protocol().tile);\n'
        "const map = new maplibregl.Map({\n"
        '  container: "map", center: [118, -2.5], zoom: 3.5,\n'
        "  style: { version: 8, layers: [\n"
        f'    {{ id: "isi", type: "fill", source: "dapil", "source-layer": "{chamber}",\n'
        '      paint: { "fill-color": ["interpolate", ["linear"], ["get", "kursi"], 3, "#fde0dd", 12, "#a8112c"] } },\n'
        f'    {{ id: "garis", type: "line", source: "dapil", "source-layer": "{chamber}" }},\n'
        f'  ], sources: {{ dapil: {{ type: "vector", url: "pmtiles://{tiles}" }} }} }},\n'
        "});\n</script>"
    )


def _d3(topology: str, chamber: str) -> str:
    return (
        '<script src="https://unpkg.com/d3@7/dist/d3.min.js"></script>\n'
        '<script src="https://unpkg.com/topojson-client@3/dist/topojson-client.min.js"></script>\n'
        '<svg id="map" viewBox="0 0 960 400"></svg>\n<script type="module">\n'
        f'const topology = await d3.json("{topology}");\n'
        f'const {{ features }} = topojson.feature(topology, topology.objects["{chamber}"]);\n'
        'const all = { type: "FeatureCollection", features };\n'
        "const path = d3.geoPath(d3.geoEquirectangular().fitSize([960, 400], all));\n"
        "const most = d3.max(features, (d) => d.properties.kursi);\n"
        "const shade = d3.scaleSequential(d3.interpolateReds).domain([0, most]);\n"
        'd3.select("#map").selectAll("path").data(features).join("path")\n'
        '  .attr("d", path).attr("fill", (d) => shade(d.properties.kursi)).attr("stroke", "white")\n'
        '  .append("title").text((d) => `${d.properties.nama_dapil}: ${d.properties.kursi} kursi`);\n</script>'
    )


def _observable(topology: str, chamber: str) -> str:
    return (
        f'dapil = {{\n  const topology = await d3.json("{topology}");\n'
        f'  return topojson.feature(topology, topology.objects["{chamber}"]);\n}}'
    )
