"""Files of the election's tables: each as CSV, Parquet and XLSX, results also with the outlines of their dapil."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from boundaries.downloads.file_facts import About
from boundaries.elections.result_layer import result_layer
from boundaries.elections.sheets import xlsx_bytes
from boundaries.elections.wide import add_style
from boundaries.exports.formats import FORMATS
from boundaries.extras import needed
from boundaries.release.dataset import Datasets
from boundaries.release.election_file import Elections, as_csv
from boundaries.release.store import FULL, STANDARD, Release

#: A sheet with more rows takes too long to open (and to write): CSV and Parquet have them.
SHEET_ROWS: Final = 60_000
#: Formats of results with outlines: ending and detail.
_LAYERS: Final = {
    "gpkg": (".gpkg", FULL),
    "geojson": (".geojson", STANDARD),
    "parquet": ("-peta.parquet", FULL),
}
_SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def election_files(release: Release, name: str, folder: Path) -> Iterator[tuple[str, About]]:
    """Write a table in every format that can hold it."""
    with needed():
        import pyarrow.parquet as pq

    elections = _of(release)
    about, rows = elections.tables[name], elections.arrow(name)
    title = {"id": f"{about['title']} {name}", "en": f"{about['title_en']} {name}"}

    def told(kind: str, media_type: str, *, text: bool = False) -> About:
        return About(
            f"table-{kind}", media_type, name, title, text, year=about["year"], chamber=about["chamber"]
        )

    (folder / f"{name}.csv").write_bytes(as_csv(rows))
    yield f"{name}.csv", told("csv", "text/csv", text=True)
    pq.write_table(rows, folder / f"{name}.parquet", compression="zstd", compression_level=6)
    yield f"{name}.parquet", told("parquet", "application/vnd.apache.parquet")
    if len(rows) <= SHEET_ROWS:
        (folder / f"{name}.xlsx").write_bytes(xlsx_bytes(rows, str(about["set"])))
        yield f"{name}.xlsx", told("xlsx", _SHEET)
    if about["set"] == "hasil" and about["plan"] in release.layers:
        yield from _layers(release, elections, name, folder)


def _layers(release: Release, elections: Elections, name: str, folder: Path) -> Iterator[tuple[str, About]]:
    about, datasets = elections.tables[name], Datasets(release)
    parties = elections.frame("partai") if "partai" in elections.tables else None
    for kind, (ending, detail) in _LAYERS.items():
        layer = result_layer(elections, name, datasets.get(str(about["plan"]), detail))
        file = folder / f"{name}{ending}"
        FORMATS[kind].write(layer, file)
        if kind == "gpkg":
            add_style(file, name, layer.frame, parties)
        media_type: Any = FORMATS[kind].media_type
        yield file.name, About(f"results-{kind}", media_type, name, layer.title, FORMATS[kind].text, year=about["year"],
                               chamber=about["chamber"], size=detail)  # fmt: skip


def _of(release: Release) -> Elections:
    assert release.elections is not None
    return release.elections
