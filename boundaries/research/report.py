"""A report as files: one page that opens without a network, in both languages, with a map; tables; a draft."""

import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from boundaries.law.plans import DAPIL_COLUMNS, MEMBER_COLUMNS
from boundaries.release.writing import new_file
from boundaries.research.check import ALL, NOT_RECKONED, Report
from boundaries.research.findings import ATTENTION, FAILED, PASSED, UNKNOWN, Case, Finding, comma
from boundaries.research.zoning import Units, dapil_of

Array = NDArray[Any]

#: Plans of more dapil have no map on their page: nobody could read it.
MOST_DRAWN: Final = 130
_WIDE: Final = 900.0
#: More notes on how a draft was read are folded.
_SHOWN: Final = 12
_WORDS: Final = {
    "id": {
        "check": "Uji rencana dapil terhadap hukum", "dapil": "Dapil", "units": "Wilayah", "seats": "Kursi",
        "people": "Penduduk", "price": "Penduduk per kursi", "off": "Selisih", "rule": "Aturan", "said": "Keterangan",
        "source": "Dasar", "result": "Hasil", "notes": "Catatan", "formula": "Rumus", "mend": "Perbaikan",
        "map": "Peta",
        PASSED: "lulus", FAILED: "gagal", ATTENTION: "perhatian", UNKNOWN: "tak dapat dihitung", "by": "menurut",
        "none": "tidak diketahui", "toofew": "Tanpa peta: terlalu banyak dapil. Lihat halaman peta.",
        "computed": "Kursi dihitung dari penduduk.", "read": "Cara berkas dibaca",
    },
    "en": {
        "check": "A plan of dapil held against the law", "dapil": "Dapil", "units": "Units", "seats": "Seats",
        "people": "People", "price": "People a seat", "off": "Difference", "rule": "Rule", "said": "Finding",
        "source": "Source", "result": "Result", "notes": "Notes", "formula": "Formula", "mend": "Mend", "map": "Map",
        PASSED: "passed", FAILED: "failed", ATTENTION: "attention", UNKNOWN: "cannot be reckoned", "by": "by",
        "none": "not known", "toofew": "No map: too many dapil. See the map page.",
        "computed": "Seats are reckoned from the people.", "read": "How the file was read",
    },
}  # fmt: skip
STYLE: Final = """
body{font:16px/1.45 system-ui,sans-serif;margin:1.5rem auto;
max-width:70rem;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%;font-size:.92rem}
td:first-child{width:11rem}.f td:nth-child(2){width:4rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid #ddd}td.n{text-align:right}
.gagal{background:#f8d0cc}.perhatian{background:#fdeec2}.lulus{background:#d8efd8}.tak-dapat-dihitung{background:#e6e6e6}
.h{padding:.1rem .45rem;border-radius:.3rem;white-space:nowrap}svg{width:100%;height:auto;border:1px solid #ddd}
.t{font-size:.85rem;color:#555}input.l{position:absolute;opacity:0}
label{cursor:pointer;padding:.2rem .6rem;border:1px solid #888}
#id:checked~.en,#en:checked~.id{display:none}
#id:checked~nav label[for=id],#en:checked~nav label[for=en]{background:#1b1b1b;color:#fff}
input:focus-visible~nav{outline:2px solid #06c}@media print{nav{display:none}}
"""
_COLOURS: Final = ("#8dd3c7", "#ffffb3", "#bebada", "#fb8072", "#80b1d3", "#fdb462", "#b3de69", "#fccde5", "#d9d9d9",
                   "#bc80bd", "#ccebc5", "#ffed6f")  # fmt: skip


def words(language: str) -> dict[str, str]:
    """The words of a page: ``id`` or ``en``."""
    return _WORDS[language]


def write_report(report: Report, units: Units, directory: Path) -> list[Path]:
    """Write ``laporan.html``, ``laporan.json``, ``dapil.csv``, ``dapil.geojson`` and the draft of the plan.

    `units`: the base units of the plan's ground, for the drawing; the standard detail will do.
    """
    shapes = shapes_of(report.case, units)
    table = dapil_table(report)
    draft = f"rencana/{report.case.proposal.year}"
    files = {
        "laporan.html": page(report, table, shapes),
        "laporan.json": json.dumps(report.as_dict(), ensure_ascii=False, indent=1) + "\n",
        "dapil.csv": table.to_csv(index=False, lineterminator="\n"),
        "dapil.geojson": _geojson(table, shapes),
        f"{draft}/dapil.csv": _draft_dapil(report),
        f"{draft}/members.csv": _draft_members(report),
        f"{draft}/{report.case.proposal.chamber}.toml": _draft_toml(report),
    }
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        with new_file(directory / name) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
    return [directory / name for name in files]


def dapil_table(report: Report) -> pd.DataFrame:
    """A row a dapil: units, seats, people by the best weight known for its council, price of a seat, difference."""
    case = report.case
    table = case.proposal.dapil[["kode_dapil", "nama_dapil", "dewan", "kursi"]].copy()
    held: list[list[str]] = [[] for _ in range(len(table))]
    for unit, row in sorted(case.proposal.members.items()):
        held[row].append(unit)
    table["wilayah"] = [
        "; ".join(f"{code} {case.registry.names.get(code, '')}" for code in each) for each in held
    ]
    people, weight = np.full(len(table), np.nan), np.full(len(table), "", dtype=object)
    off = np.full(len(table), np.nan)
    for council, rows in case.councils.items():
        if counted := case.counted(council):
            people[rows], weight[rows] = counted[0].value, counted[0].name
            off[rows] = (
                people[rows]
                / table["kursi"].to_numpy()[rows]
                / (people[rows].sum() / case.seats(council).sum())
            )
    table["penduduk"] = pd.Series(people).round().astype("Int64")
    table["bobot"] = weight
    table["penduduk_per_kursi"] = (people / table["kursi"]).round(1)
    table["selisih_persen"] = ((off - 1) * 100).round(2)
    return table


def shapes_of(case: Case, units: Units) -> Array:
    """The dapil (n,) as MultiPolygons; empty where none of their units has a polygon."""
    proposal = case.proposal
    members = {unit: str(row) for unit, row in proposal.members.items()}
    owner = np.array([int(each) if each else -1 for each in dapil_of(units.codes, members)])
    found = np.full(len(proposal.dapil), shapely.MultiPolygon(), dtype=object)
    for row in np.unique(owner[owner >= 0]):
        found[row] = shapely.coverage_union_all(units.geometry[owner == row])
    return found


def _geojson(table: pd.DataFrame, shapes: Array) -> str:
    rows = json.loads(table.to_json(orient="records"))
    features = [
        {"type": "Feature", "id": row["kode_dapil"], "properties": row,
         "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(rows, shapes, strict=True)
    ]  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False) + "\n"


# The page


def page(report: Report, table: pd.DataFrame, shapes: Array) -> str:
    """The report as one HTML page: nothing from outside, no script; Indonesian first, English by a switch."""
    title = escape(f"{report.case.proposal.name} - {_WORDS['id']['check']}")
    drawn = draw(table, shapes) if len(table) <= MOST_DRAWN else ""
    body = "".join(
        f'<main class="{language}" lang="{language}">{"".join(_body(report, table, drawn, language))}</main>'
        for language in ("id", "en")
    )
    return (
        f'<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style>"
        '<input class="l" type="radio" name="l" id="id" checked><input class="l" type="radio" name="l" id="en">'
        '<nav><label for="id">Bahasa Indonesia</label> <label for="en">English</label></nav>'
        f"{body}</html>\n"
    )


def _body(report: Report, table: pd.DataFrame, drawn: str, language: str) -> Iterator[str]:
    say, at = _WORDS[language], 0 if language == "id" else 1
    proposal = report.case.proposal
    councils = ", ".join(report.case.name(code) for code in list(report.case.councils)[:3])
    yield f"<h1>{say['check']}: {escape(proposal.name)}</h1>"
    base = "; ".join(str(report.base[name]) for name in ("rilis", "atribusi") if name in report.base)
    yield f"<p>{escape(proposal.chamber)}, {escape(councils)}. {escape(base)}</p>"
    counts = report.counts()
    yield "<p>" + " ".join(f'<span class="h {s}">{say[s]}: {n}</span>' for s, n in counts.items()) + "</p>"
    yield f"<h2>{say['map']}</h2>{drawn or say['toofew']}"
    yield f"<h2>{say['dapil']}</h2>{_dapil(table, language, computed=not proposal.seats_given)}"
    for rule in ALL:
        found = [each for each in report.findings if belongs(each.rule, rule.id)]
        if found:
            source = report.case.regime.source("A4" if found[0].rule == "A4" else rule.id)
            yield f"<h2>{escape(found[0].rule)}. {escape(rule.title[at])}</h2>"
            yield f'<p class="t">{escape(rule.formula)} - {say["source"]}: {escape(source)}</p>{_found(found, say, at)}'
    yield f"<h2>{say['notes']}</h2>{_list(NOT_RECKONED, at)}"
    if proposal.notes:
        many = len(proposal.notes)
        yield f"<details{'' if many > _SHOWN else ' open'}><summary>{say['read']} ({many})</summary>"
        yield f"{_list(proposal.notes, at)}</details>"


def _list(notes: Sequence[tuple[str, str]], at: int) -> str:
    return "<ul>" + "".join(f"<li>{escape(note[at])}</li>" for note in notes) + "</ul>"


def belongs(found: str, rule: str) -> bool:
    """Whether a finding is told under a rule: A4 with A3, A6b with A6."""
    return found in (rule, {"A3": "A4", "A6": "A6b"}.get(rule))


def _dapil(table: pd.DataFrame, language: str, *, computed: bool) -> str:
    say, told = _WORDS[language], comma if language == "id" else str
    head = "".join(f"<th>{say[name]}</th>" for name in ("dapil", "seats", "people", "price", "off", "units"))
    rows = []
    for row in table.to_dict("records"):
        people = say["none"] if pd.isna(row["penduduk"]) else told(f"{row['penduduk']:,}")
        price = "" if pd.isna(row["penduduk"]) else told(f"{row['penduduk_per_kursi']:,.0f}")
        off = "" if pd.isna(row["selisih_persen"]) else told(f"{row['selisih_persen']:+.1f} %")
        rows.append(
            f"<tr><td>{escape(str(row['nama_dapil']))}<br><span class=t>{escape(str(row['kode_dapil']))}</span></td>"
            f"<td class=n>{row['kursi']}</td>"
            f"<td class=n>{people}<br><span class=t>{escape(str(row['bobot']))}</span></td>"
            f"<td class=n>{price}</td><td class=n>{off}</td><td>{escape(str(row['wilayah']))}</td></tr>"
        )
    note = f"<p>{say['computed']}</p>" if computed else ""
    return f"{note}<table><tr>{head}</tr>{''.join(rows)}</table>"


def _found(found: list[Finding], say: dict[str, str], at: int) -> str:
    rows = []
    for each in found:
        mend = f" <i>{say['mend']}: {escape(each.mend[at])}</i>" if each.mend[at] else ""
        shown = f'<span class="h {each.status}">{say[each.status]}</span>'
        rows.append(
            f"<tr><td>{shown}</td><td>{escape(each.council)}</td><td>{escape(each.said[at])}{mend}</td></tr>"
        )
    return f"<table class=f>{''.join(rows)}</table>"


def draw(table: pd.DataFrame, shapes: Array) -> str:
    """The dapil as SVG, north up, a degree of longitude shrunk to the middle latitude."""
    there = ~shapely.is_empty(shapes)
    if not there.any():
        return ""
    west, south, east, north = shapely.total_bounds(shapes[there])
    shrink = float(np.cos(np.radians((south + north) / 2)))
    scale = _WIDE / max((east - west) * shrink, north - south)
    flat = shapely.transform(
        shapes, lambda xy: np.column_stack([(xy[:, 0] - west) * shrink, north - xy[:, 1]]) * scale
    )
    flat = shapely.coverage_simplify(flat, 1.0)
    high = (north - south) * scale
    parts, labels = [], []
    for n, shape in enumerate(flat):
        if shape.is_empty:
            continue
        name = escape(f"{table['nama_dapil'].iat[n]} ({table['kursi'].iat[n]})")
        place = shapely.point_on_surface(shape)
        parts.append(f'<path d="{_path(shape)}" fill="{_COLOURS[n % len(_COLOURS)]}" stroke="#444" stroke-width="1">'
                     f"<title>{name}</title></path>")  # fmt: skip
        if len(table) <= 20:
            labels.append(f'<text x="{place.x:.0f}" y="{place.y:.0f}" text-anchor="middle" font-size="17" '
                         f'stroke="#fff" stroke-width="4" paint-order="stroke">{name}</text>')  # fmt: skip
    wide = (east - west) * shrink * scale
    return f'<svg viewBox="0 0 {wide:.0f} {high:.0f}" role="img">{"".join(parts + labels)}</svg>'


def _path(shape: Any) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    lines = (" ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) for ring in rings)
    return " ".join(f"M{line}Z" for line in lines)


# The draft


def _draft_dapil(report: Report) -> str:
    proposal = report.case.proposal
    regency = proposal.chamber == "dprd-kabkota"
    table = pd.DataFrame({
        "lembaga": proposal.chamber,
        "kode_dapil": proposal.dapil["kode_dapil"],
        "nama_dapil": proposal.dapil["nama_dapil"],
        "kode_provinsi": proposal.dapil["dewan"].str[:2],
        "kode_kabkota": proposal.dapil["dewan"] if regency else "",
        "kursi": proposal.dapil["kursi"],
        "penduduk": proposal.dapil["penduduk"],
        "catatan": "",
    })[list(DAPIL_COLUMNS)]  # fmt: skip
    return table.to_csv(index=False, lineterminator="\n")


def _draft_members(report: Report) -> str:
    proposal, names = report.case.proposal, report.case.registry.names
    codes = proposal.dapil["kode_dapil"].tolist()
    rows = [
        (proposal.chamber, codes[row], unit, names.get(unit, ""), "", "", "", "")
        for unit, row in sorted(proposal.members.items(), key=lambda each: (each[1], each[0]))
    ]
    return pd.DataFrame(rows, columns=list(MEMBER_COLUMNS)).to_csv(index=False, lineterminator="\n")


def _draft_toml(report: Report) -> str:
    """Facts of the draft; what it does not speak of is excluded, so that it can be read by itself."""
    proposal, registry = report.case.proposal, report.case.registry
    outside = list(proposal.excluded)
    if not proposal.whole:
        council = next(iter(proposal.councils))
        outside = [code for code in registry.at("provinsi") if code != council[:2]]
        outside += [code for code in registry.children(council[:2]) if len(council) > 2 and code != council]
    lines = [
        f'lembaga = "{proposal.chamber}"',
        f"tahun = {proposal.year}",
        f"mulai = {proposal.year}-01-01  # write the day of the election",
        'dasar_hukum = "rancangan"',
        f"jumlah_dapil = {len(proposal.dapil)}",
        f"jumlah_kursi = {int(proposal.dapil['kursi'].sum())}",
        "komposisi = true",
        f"wilayah_dikecualikan = {json.dumps(outside)}",
    ]
    return "\n".join(lines) + "\n"
