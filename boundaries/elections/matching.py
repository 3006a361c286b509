"""Which dapil each row of anybody's table is: by id, by code, or by name, tolerantly; every doubtful match is told."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from boundaries.errors import TableError
from boundaries.law import names

#: Columns that are taken without being asked for, the surest first.
USUAL: Final = ("id", "kode_dapil", "nama_dapil", "dapil")
_ROMAN: Final = re.compile(r"(x{0,3})(ix|iv|v?i{0,3})")
_SHORT: Final = {
    "sumut": "sumatera utara", "sumbar": "sumatera barat", "sumsel": "sumatera selatan", "babel": "bangka belitung",
    "kepri": "kepulauan riau", "jabar": "jawa barat", "jateng": "jawa tengah", "jatim": "jawa timur",
    "kalbar": "kalimantan barat", "kalteng": "kalimantan tengah", "kalsel": "kalimantan selatan",
    "kaltim": "kalimantan timur", "kaltara": "kalimantan utara", "sulut": "sulawesi utara",
    "sulteng": "sulawesi tengah", "sulsel": "sulawesi selatan", "sultra": "sulawesi tenggara",
    "sulbar": "sulawesi barat", "ntb": "nusa tenggara barat", "ntt": "nusa tenggara timur", "malut": "maluku utara",
    "diy": "daerah istimewa yogyakarta", "kab": "", "kabupaten": "", "dapil": "", "dp": "",
}  # fmt: skip


@dataclass
class Matches:
    """The dapil of every row (index: that of the table; empty where there is none), and what is to be told."""

    column: str
    codes: pd.Series
    doubtful: list[str] = field(default_factory=list)  #: a value, the dapil it was taken for
    unmatched: list[str] = field(default_factory=list)  #: a value, and why it has none
    without_rows: list[str] = field(default_factory=list)  #: dapil that no row is for


def match(table: pd.DataFrame, dapil: pd.DataFrame, on: str = "") -> Matches:
    """Find the dapil of every row.

    Parameters
    ----------
    table
        Text; index: lines.
    dapil
        ``id``, ``kode_dapil``, ``nama_dapil`` of a plan.
    on
        The column of `table` that says which dapil it is; by default the first of `USUAL` that it has.

    Raises
    ------
    TableError
        No such column, or none of the usual ones.
    """
    column = on or next((name for name in USUAL if name in table), "")
    if column not in table:
        raise TableError(
            f"no column {on or ' or '.join(USUAL)}; name the one that tells the dapil with --on, of "
            f"{', '.join(map(str, table.columns))}"
        )
    known = dict(zip(dapil["id"], dapil["kode_dapil"], strict=True)) | {
        code: code for code in dapil["kode_dapil"]
    }
    named = [
        (_read(name), name, code) for name, code in zip(dapil["nama_dapil"], dapil["kode_dapil"], strict=True)
    ]
    found = Matches(column, pd.Series("", index=table.index, dtype="str"))
    answers = {
        value: known.get(value.strip()) or _by_name(value, named, found) for value in table[column].unique()
    }
    found.codes = table[column].map(answers)
    taken = set(found.codes)
    found.without_rows = [f"{code} {name}" for _, name, code in named if code not in taken]
    return found


def _by_name(value: str, named: Sequence[tuple[tuple[str, int], str, str]], found: Matches) -> str:
    text, number = _read(value)
    only = Counter(names.letters(other) for (other, _), _, _ in named)
    numbered = [
        (other, name, code)
        for (other, own), name, code in named
        if own == number or ({own, number} == {0, 1} and only[names.letters(other)] == 1)
    ]
    same = [(name, code) for other, name, code in numbered if names.letters(other) == names.letters(text)]
    if len(same) == 1 and text:
        return same[0][1]
    like = same or [(name, code) for other, name, code in numbered if text and names.same(other, text)]
    if len(like) == 1:
        found.doubtful.append(f"{value!r} taken for {like[0][1]} {like[0][0]}")
        return like[0][1]
    why = (
        f"could be {', '.join(f'{code} {name}' for name, code in like[:4])}"
        if like
        else "is no dapil of the plan"
    )
    found.unmatched.append(f"{value!r} {why}")
    return ""


def _read(name: str) -> tuple[str, int]:
    """Return a name of a dapil without its number, abbreviations written out, and the number (0: none).

    >>> _read("Dapil Jabar IV"), _read("JAWA BARAT 4")
    (('jawa barat', 4), ('jawa barat', 4))
    """
    words = " ".join(_SHORT.get(word, word) for word in re.findall(r"[^\W_]+", name.casefold())).split()
    if len(words) > 1 and words[-1].isdigit():
        return " ".join(words[:-1]), int(words[-1])
    if len(words) > 1 and (roman := _ROMAN.fullmatch(words[-1])) and words[-1]:
        ones = {"": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
        return " ".join(words[:-1]), 10 * len(roman[1]) + ones[roman[2]]
    return " ".join(words), 0
