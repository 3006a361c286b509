"""What is doubtful in a plan, or to be known of it, in words: reasons one by one, in either language."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

Language = Literal["id", "en"]
#: What stands between the languages of a text in the tables of the law, and between the reasons of a column.
_BETWEEN: Final = " | "


def tongues(text: object) -> dict[str, str]:
    """Part ``Indonesian | English``; one text stands for both languages.

    >>> tongues("ragu | doubt"), tongues("ragu")["en"]
    ({'id': 'ragu', 'en': 'doubt'}, 'ragu')
    """
    indonesian, _, english = str(text).partition(_BETWEEN)
    return {"id": indonesian, "en": english or indonesian}


def column(name: str, language: Language) -> str:
    """Return the column that says in a language what `name` (``ragu``, ``catatan``) says in Indonesian."""
    return name if language == "id" else f"{name}_en"


def reasons(text: str | None) -> list[str]:
    """Take a column of reasons apart.

    >>> reasons("satu (32.04); lagi | dua"), reasons(None)
    (['satu (32.04); lagi', 'dua'], [])
    """
    return text.split(_BETWEEN) if text else []


def joined(told: Iterable[tuple[str, str]], language: Language) -> str | None:
    """Make a column of reasons: `told` are pairs of ``Indonesian | English`` and the unit that it is about, or "".

    The units of one reason are named behind it, once.

    >>> joined([("ragu | doubt", "32.04"), ("lagi", ""), ("ragu | doubt", "32.05")], "en")
    'doubt (32.04, 32.05) | lagi'
    """
    units: dict[str, list[str]] = {}
    for text, unit in told:
        units.setdefault(tongues(text)[language], []).extend([unit] if unit else [])
    found = [f"{text} ({', '.join(codes)})" if codes else text for text, codes in units.items()]
    return _BETWEEN.join(found) or None


def caveats(plan: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    """Return what is to be known of a plan as ``Indonesian | English``.

    `plan`: its row of the table ``plans``: where it differs from the law's totals, what is doubtful, and remarks.
    `entry`: what the manifest tells of it: dapil that the release leaves out.

    >>> caveats({"ragu": '[{"hal": "ragu"}]', "ragu_en": '[{"hal": "doubt"}]'}, {})
    ['ragu | doubt']
    """
    found = [str(each["hal"]) for each in listed(plan.get("selisih")) if each.get("hal")]
    found += [text for name in ("ragu", "catatan") for text in told(plan, name)]
    if omitted := len(entry.get("omitted") or ()):
        found.insert(
            0,
            f"{omitted:d} dapil tidak ada di rilis ini karena peta dasar tidak memuat seluruh wilayahnya | "
            f"{omitted:d} dapil are not in this release: the base map does not show all of their ground",
        )
    return found


def told(plan: Mapping[str, Any], name: str) -> list[str]:
    """Return what a row of the table ``plans`` says in ``ragu`` or ``catatan``, each ``Indonesian | English``."""
    own, other = listed(plan.get(name)), listed(plan.get(f"{name}_en"))
    english = [*(str(each["hal"]) for each in other), *[""] * (len(own) - len(other))]
    return [
        str(a["hal"]) + (f"{_BETWEEN}{b}" if b and b != a["hal"] else "")
        for a, b in zip(own, english, strict=True)
    ]


def listed(value: Any) -> list[dict[str, Any]]:
    """Read a column of JSON: text in a GeoPackage, a list from a database."""
    return list(json.loads(value or "[]") if isinstance(value, str | None) else value)
