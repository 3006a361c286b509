"""KML 2.2 for the legacy user: a placemark a row, named by its dapil, all columns as typed data.

Not by GDAL (3.12): its drivers keep the seven decimals, but have no place for the columns' titles and the origin of a
file, and write integers of 64 bits as text (docs/formats.md has the figures). Outsides run counter-clockwise, as KML
has it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from boundaries.exports.csvtable import PREFIX
from boundaries.law.columns import Attribute
from boundaries.release.dataset import Dataset
from boundaries.release.feature_file import geometry_texts
from boundaries.release.store import plain
from boundaries.release.writing import both, oriented, texts

_TYPES: Final = {"text": "string", "integer": "int", "real": "double"}
#: Blue lines, a fill that lets the map through (aabbggrr).
_STYLE: Final = (
    '<Style id="dapil"><LineStyle><color>ff8b3a1f</color><width>1.5</width></LineStyle>'
    "<PolyStyle><color>338b3a1f</color></PolyStyle></Style>\n"
)


def write_kml(dataset: Dataset, path: Path) -> None:
    """Write one document."""
    names = [column.name for column in dataset.columns]
    title = "nama_dapil" if "nama_dapil" in names else "nama"
    shapes = geometry_texts(oriented(dataset))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_head(dataset))
        for record, shape in zip(plain(dataset.frame[names]), shapes, strict=True):
            file.write(_placemark(dataset, record, record[title]))
            file.writelines(_geometry(shape.decode()))
            file.write("</Placemark>\n")
        file.write("</Document></kml>\n")


def _head(dataset: Dataset) -> Iterator[str]:
    """The document's own words: title, author, description, facts, style, and what the columns are."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield (
        '<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:atom="http://www.w3.org/2005/Atom">'
        f'<Document id="{escape(dataset.name)}">\n'
    )
    yield f"<name>{_escaped(dataset.title['id'])}</name>\n"
    yield f"<atom:author><atom:name>{_escaped(dataset.origin.attribution)}</atom:name></atom:author>\n"
    yield f"<description>{_escaped(both(dataset))}</description>\n"
    yield _STYLE
    yield f'<Schema name="{escape(dataset.name)}" id="kolom">\n'
    yield from (_field(column) for column in dataset.columns)
    yield "</Schema>\n<ExtendedData>\n"
    for name, text in texts(dataset.about()).items():
        yield f'<Data name="{name}"><value>{_escaped(text)}</value></Data>\n'
    yield "</ExtendedData>\n"


def _field(column: Attribute) -> str:
    label = _escaped(f"{column.title} | {column.title_en}")
    return (
        f'<SimpleField type="{_TYPES[column.kind]}" name="{column.name}"><displayName>{label}</displayName>'
        "</SimpleField>\n"
    )


def _placemark(dataset: Dataset, record: dict[str, Any], name: str) -> str:
    """Everything of a placemark but its shape; a null is left out. An XML id cannot begin with a digit."""
    key = record[dataset.key] if dataset.key == "id" else PREFIX + record[dataset.key]
    cells = "".join(
        f'<SimpleData name="{column}">{_escaped(value) if isinstance(value, str) else repr(value)}</SimpleData>'
        for column, value in record.items()
        if value is not None
    )
    return (
        f'<Placemark id="{key}"><name>{_escaped(name)}</name><styleUrl>#dapil</styleUrl>'
        f'<ExtendedData><SchemaData schemaUrl="#kolom">{cells}</SchemaData></ExtendedData>\n'
    )


def _geometry(text: str) -> Iterator[str]:
    """Turn the text of a GeoJSON MultiPolygon into KML: its numbers stay as they are written there."""
    coordinates = text[text.index("[[[[") + 4 : text.rindex("]]]]")]
    yield "<MultiGeometry>"
    for polygon in coordinates.split("]]],[[["):
        outside, *holes = polygon.replace("]],[[", "\n").replace("],[", " ").split("\n")
        yield f"<Polygon><outerBoundaryIs>{_ring(outside)}</outerBoundaryIs>"
        yield from (f"<innerBoundaryIs>{_ring(hole)}</innerBoundaryIs>" for hole in holes)
        yield "</Polygon>"
    yield "</MultiGeometry>"


def _ring(points: str) -> str:
    return f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"


def _escaped(text: str) -> str:
    """Escape for an element; a carriage return would be read back as a line feed."""
    return escape(text, {"\r": "&#13;"})
