"""How names of places are written and spoken: titles, short forms, old spelling; and what places are called besides.

The words stand in ``place_words.json``, from which `scripts/bundle.py` writes the page's `placewords.js`: page and
service read a text the same way (`boundaries/site/modules/search/spelling.js` has the same functions).
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from boundaries.law.tables import data_directory, read_cells

WORDS: Final[Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("place_words.json").read_text(encoding="utf-8")
)
HINTS: Final[Mapping[str, str]] = WORDS["hints"]
ROMAN: Final[Mapping[str, str]] = {word: str(at) for at, word in enumerate(WORDS["roman"], 1)}
_SHORT: Final = {word: full.split() for word, full in WORDS["short"].items()}
_QUOTES: Final = re.compile("['’‘`ʼ]")
_OTHER: Final = re.compile(r"[\W_]+")
_TWICE: Final = re.compile(r"([^\W\d_])\1+")
#: Under which letter a word that begins with none is kept.
OTHER_LETTER: Final = "0"


def spelled(text: str) -> list[str]:
    """Return the words of a text, with what is short for another written out.

    >>> spelled("Kep. Jabar"), spelled("DKI Jakarta")
    (['kepulauan', 'jawa', 'barat'], ['dki', 'jakarta'])
    """
    words = _folded(text).split()
    found: list[str] = []
    for at, word in enumerate(words):
        full = _SHORT.get(word, [word])
        follows = len(full) > 1 and at + 1 < len(words) and full[-1] == words[at + 1]
        found += full[:-1] if follows else full  # "DKI Jakarta" says it already
    return found


@lru_cache(maxsize=1 << 12)  # most words of all desa are said once: 64 thousand of them took 20 MB
def sounded(word: str) -> str:
    """Return what two spellings have in common: oe = u, dj = j, tj = c, doubled letters once, II = 2.

    >>> sounded("bandoeng"), sounded("tjirebon"), sounded("iii")
    ('bandung', 'cirebon', '3')
    """
    if word in ROMAN:
        return ROMAN[word]
    for old, new in WORDS["sounds"]:
        word = word.replace(old, new)
    return _TWICE.sub(r"\1", word)


_UPPER: Final = frozenset({"DKI", "DI"})
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def spoken(name: str) -> str:
    """Return a name that the law writes in capitals as a person writes it.

    >>> spoken("DKI JAKARTA II"), spoken("Kota Solok 2")
    ('DKI Jakarta II', 'Kota Solok 2')
    """
    if name != name.upper():
        return name
    kept = _UPPER | {word.upper() for word in ROMAN}
    return _WORD.sub(lambda found: found[0] if found[0] in kept else found[0].capitalize(), name)


def letter(word: str) -> str:
    """Return the letter under which a word (as sounded) is kept: a to z, or `OTHER_LETTER`."""
    return word[0] if "a" <= word[0] <= "z" else OTHER_LETTER


def letters_of(name: str) -> frozenset[str]:
    """Return the letters under which a name is kept: those that its words begin with.

    >>> sorted(letters_of("Cilandak Barat"))
    ['b', 'c']
    """
    return frozenset(letter(sounded(word)) for word in spelled(name))


def other_names() -> list[tuple[str, str]]:
    """Return (kode, nama) of what units are called besides: ``data/units/nama_lain.csv``, with its sources."""
    path = data_directory() / "units" / "nama_lain.csv"
    return [(kode, nama) for kode, nama, *_ in read_cells(path, ("kode", "nama", "jenis", "sumber"))]


def abroad() -> list[tuple[str, str, str]]:
    """Return (kode, nama, English name or "") of the countries and missions where voters abroad were registered."""
    path = data_directory() / "units" / "luar_negeri.csv"
    return [(kode, nama, english) for kode, nama, english in read_cells(path, ("kode", "nama", "nama_en"))]


def post_codes() -> dict[str, list[str]]:
    """Return the units of each post code: ``data/units/kode_pos.csv``; a help to search, not an official list."""
    found: dict[str, list[str]] = {}
    for post, code in sorted(read_cells(data_directory() / "units" / "kode_pos.csv", ("kode_pos", "kode"))):
        found.setdefault(post, []).append(code)
    return found


def _folded(text: str) -> str:
    """Letters and digits only, in small, without accents."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M")
    )
    return _OTHER.sub(" ", _QUOTES.sub("", plain.lower())).strip()
