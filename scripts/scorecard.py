"""Make ``data/elections/scorecard.json`` and the pages ``docs/scorecard.md`` and ``.id.md`` from the tables.

A test holds them to the tables: whoever changes one runs this and commits both.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from boundaries.elections import scorecard
from boundaries.law.plans import load_plans

ROOT: Final = Path(__file__).parents[1]
JSON: Final = ROOT / "data" / "elections" / "scorecard.json"
PAGES: Final = {"en": ROOT / "docs" / "scorecard.md", "id": ROOT / "docs" / "scorecard.id.md"}
#: Levels of rows, where English has another word.
_LEVELS: Final = {"orang": "person", "nasional": "nation", "provinsi": "province"}
_SIGNS: Final = {"yes": "●", "part": "◐", "no": "○", "unknown": "?"}
_WORDS: Final = {
    "en": {
        "twin": "*[Bahasa Indonesia](scorecard.id.md)*",
        "head": "# Scorecard of the election's tables",
        "intro": "Each of [the election's tables](elections.md) by the nine principles of open election data (NDI). "
        "Every mark is computed from the tables, their schemas and the list of them by `dapil data scorecard`; "
        "the same as JSON: [scorecard.json](../data/elections/scorecard.json). "
        "● yes, ◐ part, ○ no, ? unknown.",
        "principles": "## The principles, and how a mark is found",
        "principle": "principle", "rule": "mark",
        "sets": "## The sets", "set": "set", "tables": "tables", "rows": "rows", "of": "tables with ● by principle",
        "all": "## Every table", "table": "table", "basis": "basis", "level": "level",
        "systems": "## The systems of KPU, and what of them is here",
        "system": "system", "holds": "holds", "here": "sets here", "years": "years", "complete": "complete tables",
        "none": "none", "plans": "plans ([data](data.md))",
    },
    "id": {
        "twin": "*[English](scorecard.md)*",
        "head": "# Rapor tabel pemilu",
        "intro": "Setiap [tabel pemilu](elections.id.md) menurut sembilan prinsip data pemilu terbuka (NDI). "
        "Semua nilai dihitung dari tabel, skema, dan daftarnya oleh `dapil data scorecard`; yang sama sebagai JSON: "
        "[scorecard.json](../data/elections/scorecard.json). ● ya, ◐ sebagian, ○ tidak, ? tidak diketahui.",
        "principles": "## Prinsip, dan cara nilainya ditemukan",
        "principle": "prinsip", "rule": "nilai",
        "sets": "## Himpunan", "set": "himpunan", "tables": "tabel", "rows": "baris",
        "of": "tabel dengan ● per prinsip",
        "all": "## Setiap tabel", "table": "tabel", "basis": "basis", "level": "tingkat",
        "systems": "## Sistem KPU, dan apa darinya yang ada di sini",
        "system": "sistem", "holds": "isinya", "here": "himpunan di sini", "years": "tahun",
        "complete": "tabel lengkap", "none": "tidak ada", "plans": "rencana dapil ([data](data.id.md))",
    },
}  # fmt: skip


def page(language: str, marked: Sequence[scorecard.Scored]) -> str:
    """Return the page in a language (``id`` or ``en``) from the marks of all tables."""
    words = _WORDS[language]
    names = list(scorecard.PRINCIPLES)
    lines = [words["head"], "", words["twin"], "", words["intro"], "", words["principles"], ""]
    lines += _head(words["principle"], words["rule"])
    lines += [f"| {title[language]} | {rule[language]} |" for title, rule in scorecard.PRINCIPLES.values()]
    lines += ["", words["sets"], "", f"{words['of'].capitalize()}.", ""]
    titles = [title[language] for title, _ in scorecard.PRINCIPLES.values()]
    lines += _head(words["set"], words["tables"], words["rows"], *titles)
    by_set: dict[str, list[scorecard.Scored]] = {}
    for each in marked:
        by_set.setdefault(each.set, []).append(each)
    for name, own in by_set.items():
        held = [each for each in own if each.rows]
        cells = [_share(held, principle) for principle in names]
        rows = _number(sum(each.rows for each in held), language)
        lines.append(f"| `{name}` | {len(held)} | {rows} | {' | '.join(cells)} |")
    lines += ["", words["all"], ""]
    lines += _head(words["table"], words["basis"], words["level"], words["rows"], *titles)
    for each in marked:
        if each.rows:
            signs = " | ".join(_SIGNS[each.marks[name]] for name in names)
            rows = _number(each.rows, language)
            level = _LEVELS.get(each.level, each.level) if language == "en" else each.level
            lines.append(f"| `{each.table}` | {each.basis} | {level} | {rows} | {signs} |")
    lines += ["", words["systems"], ""]
    lines += _head(
        *(words[name] for name in ("system", "holds", "here", "tables", "complete", "rows", "years"))
    )
    lines += [_system(name, told, language) for name, told in scorecard.systems(marked).items()]
    return "\n".join(lines) + "\n"


def _head(*cells: str) -> list[str]:
    return [f"| {' | '.join(cells)} |", f"|{' --- |' * len(cells)}"]


def _share(held: list[scorecard.Scored], principle: str) -> str:
    marks = Counter(each.marks[principle] for each in held)
    if not held or set(marks) == {"unknown"}:
        return "?" if held else "○"
    return f"{marks['yes']}/{len(held)}"


def _number(count: int, language: str) -> str:
    text = f"{count:,}"
    return text.replace(",", ".") if language == "id" else text


def _system(name: str, told: dict[str, object], language: str) -> str:
    words = _WORDS[language]
    holds = scorecard.SYSTEMS[name][language]
    if name == "Sidapil":
        plans = load_plans()
        years = ", ".join(str(year) for year in sorted({plan.year for plan in plans}))
        dapil = _number(sum(len(plan.dapil) for plan in plans), language)
        held = ", ".join([words["plans"], *(f"`{each}`" for each in told["sets"])])  # type: ignore[attr-defined]
        return f"| {name} | {holds} | {held} | {len(plans)} | - | {dapil} | {years} |"
    names = ", ".join(f"`{each}`" for each in told["sets"]) or words["none"]  # type: ignore[attr-defined]
    years = ", ".join(told["years"]) or "-"  # type: ignore[arg-type]
    rows = _number(int(str(told["rows"])), language)
    return f"| {name} | {holds} | {names} | {told['tables']} | {told['complete']} | {rows} | {years} |"


def made() -> dict[Path, str]:
    """Return the text of every file that this makes."""
    report = json.dumps(scorecard.report(), ensure_ascii=False, indent=1) + "\n"
    return {JSON: report, **{path: page(language, scorecard.scores()) for language, path in PAGES.items()}}


def main() -> int:
    """Write the files that differ."""
    for path, text in made().items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
