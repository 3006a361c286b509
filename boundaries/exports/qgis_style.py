"""How QGIS draws a layer at once: seats in shades, names, aliases of columns, map tips; as QML, SLD and project.

Downloads of one layer carry the style (``layer_styles``). The release's own ``dapil.gpkg`` does not: its bytes name the
release, and a colour is no fact. The project ``dapil.qgs`` opens that file with all its layers grouped by year.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd

from boundaries.law.columns import Attribute, columns_of
from boundaries.release.dataset import Dataset, Datasets
from boundaries.release.geopackage import Style
from boundaries.release.store import GEOPACKAGE, Release

PROJECT: Final = "dapil.qgs"
#: From few seats to many, as R, G, B; the map page has the same hue for DPR.
_SHADES: Final = ((253, 224, 221), (250, 178, 170), (232, 121, 118), (203, 66, 82), (145, 18, 45))
_UNITS: Final = (244, 242, 236)
_CLASSES: Final = len(_SHADES)
#: Names are drawn from this scale on (1 : n).
_NAMED: Final = {"dpr": 8_000_000, "dpd": 20_000_000, "dprd-provinsi": 3_000_000, "dprd-kabkota": 800_000}
_TIP: Final = {
    "id": '<b>[% "{name}" %]</b><br>{plan}<small>[% "{code}" %]</small>',
    "en": '<b>[% "{name}" %]</b><br>{plan}<small>[% "{code}" %]</small>',
}
_SEATS: Final = {"id": "kursi", "en": "seats"}
_CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")
_UNIT_GROUP: Final = "Satuan wilayah"


def styles(dataset: Dataset) -> list[Style]:
    """Return the styles of a layer in both languages, the Indonesian one first: it is what QGIS shows at once."""
    return [
        Style(dataset.name, {"id": "Peta Dapil", "en": "Peta Dapil (English)"}[language], qml(dataset, language),
              sld(dataset, language), dataset.title[language], default=language == "id")
        for language in ("id", "en")
    ]  # fmt: skip


def qml(dataset: Dataset, language: str) -> str:
    """Return the style as QGIS 3 reads it."""
    head = '<!DOCTYPE qgis>\n<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="1">'
    return f"{head}{_body(dataset, language)}</qgis>\n"


def classes(values: Sequence[int]) -> list[tuple[int, int]]:
    """Return ranges of seats (least, most), at most five, about as many dapil in each.

    >>> classes([3, 3, 4, 5, 8, 10])
    [(3, 3), (4, 4), (5, 5), (8, 8), (10, 10)]
    """
    found = np.unique(np.asarray(values, dtype=int))
    if len(found) <= _CLASSES:
        return [(int(each), int(each)) for each in found]
    cuts = np.unique(np.quantile(np.asarray(values), np.linspace(0, 1, _CLASSES + 1)).round().astype(int))
    firsts = [
        int(cuts[0]),
        *(int(found[np.searchsorted(found, cut, "right")]) for cut in cuts[1:-1] if cut < found[-1]),
    ]
    firsts = sorted(set(firsts))
    ends = [int(found[np.searchsorted(found, then) - 1]) for _, then in pairwise(firsts)]
    return list(zip(firsts, [*ends, int(found[-1])], strict=True))


def _body(dataset: Dataset, language: str) -> str:
    name, code = ("nama_dapil", "kode_dapil") if "nama_dapil" in dataset.frame else ("nama", "kode")
    plan = f'[% "kursi" %] {_SEATS[language]}<br>' if "kursi" in dataset.frame else ""
    tip = _TIP[language].format(name=name, code=code, plan=plan)
    return (
        f"{_renderer(dataset, language)}{_labels(dataset, name)}{_aliases(dataset.columns, language)}"
        f"<previewExpression>{escape(chr(34) + name + chr(34))}</previewExpression><mapTip>{escape(tip)}</mapTip>"
    )


def _seats(dataset: Dataset) -> list[tuple[int, int]]:
    return classes(dataset.frame["kursi"].dropna().tolist()) if "kursi" in dataset.frame else []


def _colour(place: int, count: int) -> tuple[int, int, int]:
    return _SHADES[round(place * (_CLASSES - 1) / max(count - 1, 1))]


def _renderer(dataset: Dataset, language: str) -> str:
    ranges = _seats(dataset)
    if not ranges:
        return f'<renderer-v2 type="singleSymbol"><symbols>{_symbol(0, _UNITS)}</symbols></renderer-v2>'
    rows = "".join(
        f'<range lower="{low}" upper="{high}" symbol="{at}" render="true" '
        f"label={quoteattr(_told(low, high, language))}/>"
        for at, (low, high) in enumerate(ranges)
    )
    symbols = "".join(_symbol(at, _colour(at, len(ranges))) for at in range(len(ranges)))
    return (
        f'<renderer-v2 type="graduatedSymbol" attr="kursi" graduatedMethod="GraduatedColor">'
        f"<ranges>{rows}</ranges><symbols>{symbols}</symbols></renderer-v2>"
    )


def _told(low: int, high: int, language: str) -> str:
    return f"{low if low == high else f'{low}-{high}'} {_SEATS[language]}"


def _symbol(name: int, colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    props = {
        "color": f"{red},{green},{blue},255", "style": "solid", "outline_color": "255,255,255,255",
        "outline_style": "solid", "outline_width": "0.15", "outline_width_unit": "MM",
    }  # fmt: skip
    told = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in props.items())
    return (
        f'<symbol type="fill" name="{name}" alpha="1"><layer class="SimpleFill" enabled="1" pass="0" locked="0">'
        f"{told}</layer></symbol>"
    )


def _labels(dataset: Dataset, name: str) -> str:
    least = _NAMED.get(dataset.name.removeprefix("tabel-").rpartition("-")[0], 1_000_000)
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName="{name}" fontSize="8" fontSizeUnit="Point" textColor="27,34,41,255" isExpression="0">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255"/></text-style>'
        '<placement placement="4" priority="5"/>'
        f'<rendering scaleVisibility="1" scaleMin="{least}" scaleMax="0" drawLabels="1" fontMinPixelSize="3"/>'
        "</settings></labeling>"
    )


def _aliases(columns: Iterable[Attribute], language: str) -> str:
    rows = "".join(
        f'<alias field="{each.name}" index="{at + 1}" '
        f"name={quoteattr(each.title if language == 'id' else each.title_en)}/>"
        for at, each in enumerate(columns)
    )
    return f"<aliases>{rows}</aliases>"


def sld(dataset: Dataset, language: str) -> str:
    """Return the same shades as a Styled Layer Descriptor 1.0, for GeoServer and others."""
    ranges = _seats(dataset)
    rules = [
        _rule(_told(low, high, language), _colour(at, len(ranges)), (low, high))
        for at, (low, high) in enumerate(ranges)
    ] or [_rule(dataset.title[language], _UNITS, None)]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<StyledLayerDescriptor version="1.0.0" '
        'xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">\n'
        f"<NamedLayer><Name>{escape(dataset.name)}</Name><UserStyle><Title>{escape(dataset.title[language])}</Title>"
        f"<FeatureTypeStyle>{''.join(rules)}</FeatureTypeStyle></UserStyle></NamedLayer>\n</StyledLayerDescriptor>\n"
    )


def _rule(title: str, colour: tuple[int, int, int], seats: tuple[int, int] | None) -> str:
    fill = "#{:02x}{:02x}{:02x}".format(*colour)
    held = (
        "<ogc:Filter><ogc:PropertyIsBetween><ogc:PropertyName>kursi</ogc:PropertyName>"
        f"<ogc:LowerBoundary><ogc:Literal>{seats[0]}</ogc:Literal></ogc:LowerBoundary>"
        f"<ogc:UpperBoundary><ogc:Literal>{seats[1]}</ogc:Literal></ogc:UpperBoundary></ogc:PropertyIsBetween></ogc:Filter>"
        if seats
        else ""
    )
    return (
        f"<Rule><Name>{escape(title)}</Name><Title>{escape(title)}</Title>{held}<PolygonSymbolizer>"
        f'<Fill><CssParameter name="fill">{fill}</CssParameter></Fill><Stroke><CssParameter name="stroke">#ffffff'
        '</CssParameter><CssParameter name="stroke-width">0.5</CssParameter></Stroke></PolygonSymbolizer></Rule>'
    )


# --- the project -------------------------------------------------------------------------------------


def project(release: Release) -> bytes:
    """Return a QGIS project of all layers of ``dapil.gpkg``, which lies beside it: grouped by year, then by chamber.

    The newest DPR is shown; the licence and the source stand in the metadata of each layer.
    """
    datasets = Datasets(release)
    layers = [_described(datasets, name) for name in release.layers]
    years = sorted({each.year for each in layers if each.year}, reverse=True)
    newest = next((each.name for year in years for each in layers if each.name == f"dpr-{year}"), "")
    groups = [
        _group(f"Pemilu {year}", [each for chamber in _CHAMBERS for each in layers if each.name == f"{chamber}-{year}"],
               newest)
        for year in years
    ]  # fmt: skip
    groups.append(_group(_UNIT_GROUP, [each for each in layers if each.year is None], newest))
    maps = "".join(_layer(each, release) for each in layers)
    box = next(
        each["bbox"] for each in release.manifest["layers"] if each["name"] == (newest or layers[0].name)
    )
    extent = "".join(
        f"<{key}>{value}</{key}>" for key, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    )
    return (
        f'<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">\n<qgis version="3.22.0" projectname="Peta Dapil">'
        f"<title>Peta Dapil {escape(release.id)}</title><projectCrs>{_CRS}</projectCrs>"
        f"<layer-tree-group>{''.join(groups)}</layer-tree-group>"
        f'<mapcanvas name="theMapCanvas"><units>degrees</units><extent>{extent}</extent>'
        f"<destinationsrs>{_CRS}</destinationsrs></mapcanvas>"
        f"<projectlayers>{maps}</projectlayers>"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths></properties>'
        "</qgis>\n"
    ).encode()


def _described(datasets: Datasets, name: str) -> Dataset:
    """Return a layer without its outlines, of units without rows: all that a style hangs on."""
    columns = columns_of(name)
    plan = "kursi" in {each.name for each in columns}
    names = [each.name for each in columns]
    frame = datasets.release.read_table(name) if plan else pd.DataFrame(columns=names)
    law = datasets.plans.get(name)
    return Dataset(
        name=name, title=datasets.titles[name], columns=columns, frame=frame, geometry=None, origin=datasets.origin,
        legal_basis=(str(law["dasar_hukum"]),) if law else (),
    )  # fmt: skip


_CRS: Final = (
    "<spatialrefsys><proj4>+proj=longlat +datum=WGS84 +no_defs</proj4><srsid>3452</srsid><srid>4326</srid>"
    "<authid>EPSG:4326</authid><description>WGS 84</description><projectionacronym>longlat</projectionacronym>"
    "<ellipsoidacronym>EPSG:7030</ellipsoidacronym><geographicflag>true</geographicflag></spatialrefsys>"
)


def _group(name: str, layers: Sequence[Dataset], shown: str) -> str:
    rows = "".join(
        f'<layer-tree-layer id="{_id(each.name)}" name={quoteattr(each.title["id"])} providerKey="ogr" expanded="0" '
        f'checked="{"Qt::Checked" if each.name == shown else "Qt::Unchecked"}" source={quoteattr(_source(each.name))}/>'
        for each in layers
    )
    checked = "Qt::Checked" if any(each.name == shown for each in layers) else "Qt::Unchecked"
    open_ = int(checked == "Qt::Checked")
    head = f'<layer-tree-group name={quoteattr(name)} checked="{checked}" expanded="{open_}">'
    return f"{head}{rows}</layer-tree-group>"


def _id(name: str) -> str:
    """The layer's id in the project; QGIS gives another to one of ten characters or fewer."""
    return f"peta_dapil_{name.replace('-', '_')}"


def _source(name: str) -> str:
    return f"./{GEOPACKAGE}|layername={name}"


def _layer(dataset: Dataset, release: Release) -> str:
    return (
        '<maplayer type="vector" geometry="Polygon" wkbType="MultiPolygon" hasScaleBasedVisibilityFlag="0" '
        f'styleCategories="AllStyleCategories" labelsEnabled="1"><id>{_id(dataset.name)}</id>'
        f"<datasource>{escape(_source(dataset.name))}</datasource><layername>{escape(dataset.title['id'])}</layername>"
        f'<srs>{_CRS}</srs><provider encoding="UTF-8">ogr</provider>{_metadata(dataset, release)}'
        f"{_body(dataset, 'id')}</maplayer>"
    )


def _metadata(dataset: Dataset, release: Release) -> str:
    """Return what QGIS shows as the layer's information: what it is, whose lines, which licence."""
    origin = dataset.origin
    rights = f"{origin.licence}{origin.warning('id')}"
    return (
        f"<resourceMetadata><identifier>{escape(release.id)}/{escape(dataset.name)}</identifier>"
        f"<type>dataset</type><title>{escape(dataset.title['id'])}</title>"
        f"<abstract>{escape(dataset.description('id') + chr(10) + dataset.description('en'))}</abstract>"
        f"<license>{escape(rights)}</license><rights>{escape(origin.attribution)}</rights>"
        f'<links><link name="Lisensi" type="WWW:LINK" url={quoteattr(origin.licence_url)} description="" format="" '
        'mimeType="" size=""/></links></resourceMetadata>'
    )
