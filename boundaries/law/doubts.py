"""What is doubtful or lacking in a plan, in words: reasons one by one."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

#: Where one reason ends and the next begins, in a text of several.
_NEXT: Final = re.compile(r"(?<=[.)]); ")
#: The codes that a reason is about, behind its English half.
_CODES: Final = re.compile(r" \(\d\d[\d., ]*\)$")


def doubts(text: str, language: Literal["id", "en"]) -> list[str]:
    """Return the reasons of a ``ragu`` column, one a line, in one language.

    The column joins them as ``A | a (codes); B | b``. The codes stand behind the English half and belong to
    both. What cannot be taken apart safely is given whole.

    >>> doubts("ragu satu | doubt one (32.04); ragu dua | doubt two", "id")
    ['ragu satu (32.04)', 'ragu dua']
    """
    pieces = text.split(" | ")
    if len(pieces) == 1:
        return [text]
    indonesian, english = [pieces[0]], []
    for piece in pieces[1:-1]:
        cut = _NEXT.split(piece, maxsplit=1)
        if len(cut) == 1:
            return [text]
        english.append(cut[0])
        indonesian.append(cut[1])
    english.append(pieces[-1])
    if language == "en":
        return english
    return [
        own + (codes[0] if (codes := _CODES.search(other)) and not own.endswith(codes[0]) else "")
        for own, other in zip(indonesian, english, strict=True)
    ]


def caveats(plan: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    """Return what is to be known of a plan as ``Indonesian | English``.

    `plan`: its row of the table ``plans``: where it differs from the law's totals, and what is doubtful. `entry`: what
    the manifest tells of it: dapil that the release leaves out.

    >>> caveats({"ragu": '[{"hal": "ragu | doubt"}]'}, {})
    ['ragu | doubt']
    """
    told = [each for name in ("selisih", "ragu") for each in listed(plan.get(name))]
    found = [str(each["hal"]) for each in told if each.get("hal")]
    if omitted := len(entry.get("omitted") or ()):
        found.insert(
            0,
            f"{omitted:d} dapil tidak ada di rilis ini karena peta dasar tidak memuat seluruh wilayahnya | "
            f"{omitted:d} dapil are not in this release: the base map does not show all of their ground",
        )
    return found


def listed(value: Any) -> list[dict[str, Any]]:
    """Read a column of JSON: text in a GeoPackage, a list from a database."""
    return list(json.loads(value or "[]") if isinstance(value, str | None) else value)
