"""Whether two names are those of one unit: tolerant of spelling, abbreviations and words such as Kabupaten.

Own maps write `KEC. BOGOR SEL.`, `Bogor-Selatan` or `Bogor Slatan` for Bogor Selatan. What parts neighbours from each
other is never tolerated: another direction, another numeral, kota against kabupaten.
"""

import difflib
import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_BRACKETS: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_KABUPATEN: Final = frozenset({"kabupaten", "kab"})
_ADMINISTRATIVE: Final = frozenset({"administrasi", "adm", "administratif"})
#: Words before a name that say what the unit is (of provinsi, kecamatan and desa; kabkota are told apart by theirs).
_KINDS: Final = frozenset(
    (
        *(
            "provinsi",
            "propinsi",
            "prov",
            "prop",
            "kecamatan",
            "kec",
            "distrik",
            "dist",
            "desa",
            "ds",
            "kelurahan",
        ),
        *("kel", "gampong", "gp", "nagari", "nag", "kampung", "kp", "lembang", "pekon"),
    )
)
#: Words in which neighbours differ; each row holds the spellings and abbreviations of one word.
_GROUPS: Final = (
    *(("utara", "utr", "ut"), ("selatan", "sel", "slt"), ("timur", "tim", "tmr"), ("barat", "bar", "brt")),
    *(
        ("tengah", "teng", "tgh"),
        ("tenggara", "tgr"),
        ("laut",),
        ("darat",),
        ("hulu", "ulu"),
        ("hilir", "ilir"),
    ),
    *(("atas",), ("bawah",), ("besar", "gadang"), ("kecil",), ("baru",), ("lama",), ("dalam",), ("luar",)),
    *(("1", "i", "satu"), ("2", "ii", "dua"), ("3", "iii", "tiga"), ("4", "iv", "empat"), ("5", "v", "lima")),
    *(("6", "vi", "enam"), ("7", "vii", "tujuh"), ("8", "viii", "delapan"), ("9", "ix", "sembilan")),
    *(("10", "x", "sepuluh"), ("11", "xi"), ("12", "xii"), ("13", "xiii")),
)
_PARTING: Final = {word: group[0] for group in _GROUPS for word in group}
#: Words that are written in other words.
_ALSO: Final = {
    **{
        "sei": "sungai",
        "dki": "daerah khusus",
        "dkj": "daerah khusus",
        "di": "daerah istimewa",
        "diy": "yogyakarta",
    },
    **{"ibukota": "", "djokjakarta": "yogyakarta", "jogjakarta": "yogyakarta"},
}
_OLD_SPELLING: Final = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("sj", "sy"), ("y", "i"))
_ALIKE: Final = 0.85
"""Share of letters in common (`difflib`) from which two words are one word, written otherwise."""
_SHORT: Final = 4
"""Letters up to which a word may be an abbreviation of a longer one (Kep, Tj, Gn, Mdn)."""


@lru_cache(maxsize=1 << 17)
def same(one: str, other: str) -> bool:
    """Return whether two names can be those of one unit; True where one of them is empty.

    >>> same("KAB. BOGOR", "Kabupaten Bogor"), same("Kab. Bogor", "Kota Bogor"), same("Bogor Barat", "Bogor Utara")
    (True, False, False)
    """
    if one == other:
        return True
    kind, words = _read(one)
    other_kind, other_words = _read(other)
    if not words or not other_words:
        return True
    if {kind, other_kind} == {"kota", "kabupaten"}:
        return False
    return _same_words(words, other_words) or (
        "kota" in (kind, other_kind) and _same_words(_whole(kind, words), _whole(other_kind, other_words))
    )


def equal(one: str, other: str) -> bool:
    """Return whether two names are written alike but for capitals, accents, blanks, signs, and the words of a kind."""
    kind, words = _read(one)
    other_kind, other_words = _read(other)
    kinds = {kind, other_kind}
    return bool(words) and "".join(words) == "".join(other_words) and kinds != {"kota", "kabupaten"}


def letters(name: str) -> str:
    """Return the letters of a name, and whether it says kota or kabupaten: what is the same is the same name.

    >>> letters("Kec. Manna"), letters("KOTA MANNA"), letters("Kab. Bogor")
    ('manna', 'kotamanna', 'kabupatenbogor')
    """
    kind, words = _read(name)
    return kind + "".join(words)


def _read(name: str) -> tuple[str, tuple[str, ...]]:
    """Return (kota, kabupaten or nothing; the words of a name without its kind)."""
    text = unicodedata.normalize("NFKD", _BRACKETS.sub(" ", name).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c) and c not in "'’`ʼ")
    words = " ".join(_ALSO.get(word, word) for word in _WORD.findall(text)).split()
    while len(words) > 1 and words[0] in _KINDS:
        words = words[1:]
    kind = ""
    if len(words) > 1 and (words[0] in _KABUPATEN or words[0] == "kota"):
        kind = "kota" if words[0] == "kota" else "kabupaten"
        words = words[1:]
        if len(words) > 1 and words[0] in _ADMINISTRATIVE:
            words = words[1:]
    return kind, tuple(words)


def _whole(kind: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words with a Kota that is part of the name: kecamatan Kota Kudus, Kotabaru."""
    return ("kota", *words) if kind == "kota" else words


def _same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if "".join(one) == "".join(other):
        return True
    if len(one) == len(other) and all(_same_word(a, b) for a, b in zip(one, other, strict=True)):
        return True
    if _parting(one) != _parting(other):
        return False
    return _alike("".join(map(_modern, one)), "".join(map(_modern, other)))


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    parting = [_PARTING.get(word) for word in (one, other)]
    if all(parting):
        return parting[0] == parting[1]
    short, long = sorted((one, other), key=len)
    if len(short) <= _SHORT and _abbreviates(short, long):
        return True
    return _alike(_modern(one), _modern(other))


def _abbreviates(short: str, long: str) -> bool:
    """Whether `short` begins `long` and is at most half of it (Kep), or has only consonants of it, in order (Tj)."""
    if long.startswith(short):
        return 2 * len(short) <= len(long)
    letters = iter(long)
    return (
        short[0] == long[0]
        and len(short) < len(long)
        and not set(short[1:]) & set("aeiou")
        and all(letter in letters for letter in short)
    )


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() >= _ALIKE


def _modern(word: str) -> str:
    for old, new in _OLD_SPELLING:
        word = word.replace(old, new)
    return re.sub(r"(.)\1", r"\1", word)


def _parting(words: tuple[str, ...]) -> list[str]:
    return sorted(_PARTING[word] for word in words if word in _PARTING)
