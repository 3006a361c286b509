"""Several plans of one ground beside each other: tables, and one page in both languages that needs no network."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from boundaries.release.writing import new_file
from boundaries.research.check import ALL
from boundaries.research.draft_distance import Distance
from boundaries.research.draft_measures import MEASURES
from boundaries.research.findings import STATUSES, comma
from boundaries.research.report import MOST_DRAWN, STYLE, belongs, draw, shapes_of, words
from boundaries.research.workbench import Draft

#: Measures of a dapil that stand in a table of a row a dapil.
_OF_DAPIL: Final = (
    "kode_dapil", "nama_dapil", "kursi", "penduduk", "luas_km2", "keliling_km", "batas_dalam_km", "batas_dalam",
    "polsby_popper", "schwartzberg", "reock", "selubung", "potongan", "lewat_laut", "sebaran_km", "log_pohon",
)  # fmt: skip
_WORDS: Final = {
    "id": {"title": "Rancangan dapil berdampingan", "measures": "Ukuran", "law": "Terhadap hukum", "maps": "Peta",
           "distance": "Jarak dari yang pertama", "moved": "Penduduk yang berganti dapil utama",
           "information": "Variasi informasi (nat)", "rand": "Indeks Rand", "same": "Dapil dengan wilayah sama",
           "by": "Menurut", "rule": "Aturan", "sea": "Reock dan selubung dihitung juga di atas laut.",
           "none": "tidak diketahui", "dapil": "Tiap dapil",
           "note": "Tidak ada nilai keseluruhan: ukuran berdampingan, hukum dan asas dinilai satu per satu."},
    "en": {"title": "Drafts of dapil side by side", "measures": "Measures", "law": "Held against the law",
           "maps": "Maps", "distance": "Distance from the first", "moved": "People who change their main dapil",
           "information": "Variation of information (nat)", "rand": "Rand index", "same": "Dapil on the same ground",
           "by": "By", "rule": "Rule", "sea": "Reock and hull are taken over the sea as well.",
           "none": "not known", "dapil": "Every dapil",
           "note": "There is no total score: measures stand side by side, law and principles are told one by one."},
}  # fmt: skip


def measures_table(drafts: Sequence[Draft]) -> pd.DataFrame:
    """A row a measure: name, unit, formula, and a column a plan."""
    table = pd.DataFrame([(each.name, each.unit, each.formula) for each in MEASURES],
                         columns=["ukuran", "satuan", "rumus"])  # fmt: skip
    for name, draft in zip(names(drafts), drafts, strict=True):
        table[name] = [draft.scores.plan[each.name] for each in MEASURES]
    return table


def names(drafts: Sequence[Draft]) -> list[str]:
    """What the plans are called, each once."""
    found: list[str] = []
    for draft in drafts:
        same = sum(each == draft.name or each.startswith(f"{draft.name} (") for each in found)
        found.append(f"{draft.name} ({same + 1})" if same else draft.name)
    return found


def dapil_table(drafts: Sequence[Draft]) -> pd.DataFrame:
    """A row a dapil of every plan, with its measures."""
    tables = [
        draft.scores.dapil[list(_OF_DAPIL)].assign(rencana=name)
        for name, draft in zip(names(drafts), drafts, strict=True)
    ]
    whole = pd.concat(tables, ignore_index=True)
    return whole[["rencana", *_OF_DAPIL]]


def as_dict(drafts: Sequence[Draft], distances: Sequence[Distance]) -> dict[str, Any]:
    """Everything, for JSON; what is not known is null."""
    rows = json.loads(dapil_table(drafts).to_json(orient="records"))
    return {
        "ukuran": [{"id": each.name, "satuan": each.unit, "rumus": each.formula,
                    "nama": dict(zip(("id", "en"), each.title, strict=True))} for each in MEASURES],
        "rencana": [
            {"nama": name, "bobot": draft.scores.weight,
             "nilai": {key: None if np.isnan(value) else value for key, value in draft.scores.plan.items()},
             "hasil": draft.report.counts() if draft.report else None}
            for name, draft in zip(names(drafts), drafts, strict=True)
        ],
        "dapil": rows,
        "jarak": [
            {"dari": names(drafts)[0], "ke": name, "berganti": each.moved, "variasi_informasi": each.information,
             "rand": each.rand, "wilayah_sama": each.same, "bobot": each.weight}
            for name, each in zip(names(drafts)[1:], distances, strict=True)
        ],
    }  # fmt: skip


def write_comparison(drafts: Sequence[Draft], distances: Sequence[Distance], directory: Path) -> list[Path]:
    """Write ``banding.html``, ``banding.json``, ``ukuran.csv`` and ``dapil.csv``; return the files."""
    files = {
        "banding.html": page(drafts, distances),
        "banding.json": json.dumps(as_dict(drafts, distances), ensure_ascii=False, indent=1) + "\n",
        "ukuran.csv": measures_table(drafts).to_csv(index=False, lineterminator="\n"),
        "dapil.csv": dapil_table(drafts).to_csv(index=False, lineterminator="\n"),
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with new_file(directory / name) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
    return [directory / name for name in files]


def page(drafts: Sequence[Draft], distances: Sequence[Distance]) -> str:
    """The plans as one HTML page: nothing from outside, no script; Indonesian first, English by a switch."""
    drawn = [_drawn(draft) for draft in drafts]
    body = "".join(
        f'<main class="{each}" lang="{each}">{_body(drafts, distances, drawn, each)}</main>'
        for each in ("id", "en")
    )
    title = escape(" · ".join(names(drafts)))
    return (
        f'<!doctype html><html lang="id"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}{_STYLE}</style>"
        '<input class="l" type="radio" name="l" id="id" checked><input class="l" type="radio" name="l" id="en">'
        '<nav><label for="id">Bahasa Indonesia</label> <label for="en">English</label></nav>'
        f"{body}</html>\n"
    )


_STYLE: Final = """
.maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}figure{margin:0}
figcaption{font-weight:600}th.n{text-align:right}td:first-child{width:auto}
"""


def _body(drafts: Sequence[Draft], distances: Sequence[Distance], drawn: Sequence[str], language: str) -> str:
    say, at = _WORDS[language], 0 if language == "id" else 1
    titles = [escape(name) for name in names(drafts)]
    heads = "".join(f'<th class="n">{title}</th>' for title in titles)
    case = drafts[0].case
    council = ", ".join(case.name(code) for code in list(case.councils)[:3])
    parts = [
        f"<h1>{say['title']}</h1><p>{escape(case.proposal.chamber)}, {escape(council)}</p><p>{say['note']}</p>"
    ]
    figures = "".join(
        f"<figure>{svg}<figcaption>{title}</figcaption></figure>"
        for title, svg in zip(titles, drawn, strict=True) if svg
    )  # fmt: skip
    parts.append(f'<h2>{say["maps"]}</h2><div class="maps">{figures}</div>')
    if drafts[0].report:
        parts.append(f"<h2>{say['law']}</h2>{_law(drafts, heads, say, language, at)}")
    rows = []
    for each in MEASURES:
        values = "".join(f'<td class="n">{_number(draft.scores.plan[each.name], each.unit, say, language)}</td>'
                         for draft in drafts)  # fmt: skip
        rows.append(
            f"<tr><td>{escape(each.title[at])}<br><span class=t>{escape(each.formula)}</span></td>{values}</tr>"
        )
    weights = "".join(f'<td class="n">{escape(draft.scores.weight) or say["none"]}</td>' for draft in drafts)
    parts.append(
        f"<h2>{say['measures']}</h2><table><tr><th></th>{heads}</tr><tr><td>{say['by']}</td>{weights}</tr>"
        f'{"".join(rows)}</table><p class="t">{say["sea"]}</p>'
    )
    if distances:
        parts.append(
            f"<h2>{say['distance']}: {titles[0]}</h2>{_distances(titles[1:], distances, say, language)}"
        )
    return "".join(parts)


def _law(drafts: Sequence[Draft], heads: str, say: dict[str, str], language: str, at: int) -> str:
    """A row a rule: how many findings of each status, and what is not passed."""
    told, heads = words(language), heads.replace(' class="n"', "")
    rows = []
    for rule in ALL:
        cells, name = [], rule.id
        for draft in drafts:
            found = (
                [each for each in draft.report.findings if belongs(each.rule, rule.id)]
                if draft.report
                else []
            )
            name = found[0].rule if found else name
            marks = [f'<span class="h {status}">{told[status]}{f": {count}" if len(found) > 1 else ""}</span>'
                     for status in STATUSES if (count := sum(each.status == status for each in found))]  # fmt: skip
            said = [escape(each.said[at]) for each in found][:3]
            cells.append(f"<td>{' '.join(marks)}<br><span class=t>{'<br>'.join(said)}</span></td>")
        if not any('class="h' in cell for cell in cells):  # of a whole chamber, or of a DPRD alone
            continue
        rows.append(f"<tr><td>{name}. {escape(rule.title[at])}</td>{''.join(cells)}</tr>")
    return f"<table><tr><th>{say['rule']}</th>{heads}</tr>{''.join(rows)}</table>"


def _distances(
    titles: Sequence[str], distances: Sequence[Distance], say: dict[str, str], language: str
) -> str:
    heads = "".join(f'<th class="n">{title}</th>' for title in titles)
    rows = [
        (say["moved"], [f"{each.moved:.1%}" for each in distances]),
        (say["information"], [f"{each.information:.3f}" for each in distances]),
        (say["rand"], [f"{each.rand:.3f}" for each in distances]),
        (say["same"], [str(each.same) for each in distances]),
        (say["by"], [each.weight for each in distances]),
    ]
    body = "".join(
        f"<tr><td>{name}</td>{''.join(f'<td class=n>{_comma(value, language)}</td>' for value in values)}</tr>"
        for name, values in rows
    )
    return f"<table><tr><th></th>{heads}</tr>{body}</table>"


def _number(value: float, unit: str, say: dict[str, str], language: str) -> str:
    if np.isnan(value):
        return say["none"]
    text = (
        f"{value:,.0f}"
        if float(value).is_integer()
        else f"{value:,.4g}"
        if abs(value) < 1000
        else f"{value:,.0f}"
    )
    return _comma(text, language) + (f" {unit}" if unit else "")


def _comma(text: str, language: str) -> str:
    """Indonesian writes a comma before fractions and points between thousands."""
    return text if language == "en" or not text[:1].isdigit() else comma(text)


def _drawn(draft: Draft) -> str:
    if draft.report is None and len(draft.case.proposal.dapil) > MOST_DRAWN:
        return ""
    table = draft.case.proposal.dapil
    return draw(table, shapes_of(draft.case, draft.units)) if len(table) <= MOST_DRAWN else ""
