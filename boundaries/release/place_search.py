"""Finding a place by what a person types: the rules of `boundaries/site/modules/search/find.js`, on arrays.

Page and service give the same answers (``tests/search_cases.json`` asks both). Slips of the fingers are counted by
rapidfuzz. A desa is looked at where one of its words begins with the letter of a word typed: so the page need not have
the names of all 83,762.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from boundaries.law.codes import ABROAD
from boundaries.law.spelling import HINTS, ROMAN, WORDS, letter, sounded, spelled
from boundaries.release.packed_texts import PackedTexts

Array = NDArray[Any]

_LEVELS: Final = {2: "provinsi", 5: "kabkota", 8: "kecamatan", 13: "desa"}
_TITLES: Final = re.compile(r"^(kabupaten|kota)( administrasi)? ")
_NUMBER: Final = re.compile(r" (\d+|[ivx]+)$")
#: What counts beside how alike a name is, which is 100 at most.
_HINTED, _CHAMBER, _EXACT, _LETTERS, _OTHER, _KIND = 14, 20, 40, 1.5, 16, 1
#: A number as the chamber writes it (II is DPR's), and the chamber that is shown: less than parts a dapil from a unit.
_NUMERAL, _SHOWN = 2, 1.8
#: A name in the list answers before one that is not, where both are as alike.
_UNLISTED = 0.5
#: Of dapil that answer alike that of the DPR comes first.
_DPR = 0.5
_WEIGHT: Final = {"provinsi": 5, "kabkota": 4, "dapil": 2, "kecamatan": 2, "luar-negeri": 1, "desa": 0}
#: From this on a word is so like one of the name itself that those around it do not matter.
_LIKE: Final = 60
#: From this likeness (of 100) on a name is offered where none answers.
_NEAR: Final = 50
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True)
class Entry:
    """What can be found: a unit, a dapil (`kode` is its id) or a place abroad (``99.01.01``); `di`: what it lies in."""

    kode: str
    nama: str
    tingkat: str
    lembaga: str = ""
    di: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Typed:
    """Words typed: how alike each is to every known word, and all as one word."""

    tables: list[Array]
    joined: str


@dataclass(frozen=True)
class _Asked:
    bare: _Typed
    pair: _Typed
    whole: _Typed
    hints: frozenset[str]
    chambers: tuple[str, ...] | None
    said: list[bytes]
    told: bytes
    letters: int
    numerals: tuple[str, ...]
    chamber: str


class _Words:
    """All words that are known, as they sound, each once: sorted at the end."""

    def __init__(self) -> None:
        self.at: dict[str, int] = {}
        self._written: dict[str, int] = {}

    def places(self, plain: str) -> list[int]:
        """Return the words of a name as numbers; a name without any has the empty word."""
        return [self._place(word) for word in plain.split() or [""]]

    def _place(self, word: str) -> int:
        place = self._written.get(word)
        if place is None:
            place = self._written[word] = self.at.setdefault(sounded(word), len(self.at))
        return place

    def frozen(self) -> tuple[list[str], Array]:
        """Return the words in order, and the place of each number in it."""
        words = sorted(self.at)
        place = np.empty(len(words), dtype=np.int32)
        place[[self.at[word] for word in words]] = np.arange(len(words))
        return words, place


class _Runs:
    """Lists of words, one after the other: what the best of each is in a table of all words."""

    def __init__(self, lists: Sequence[Sequence[int]], place: Array) -> None:
        self.count = np.array([len(each) for each in lists], dtype=np.int32)
        self._starts = np.cumsum(self.count) - self.count
        self.words = place[np.fromiter((word for each in lists for word in each), dtype=np.int32)]

    def best(self, table: Array) -> Array:
        """Return the largest value of each list (n,)."""
        return np.maximum.reduceat(table[self.words], self._starts) if len(self.words) else table[:0]

    def union(self, bits: Array) -> Array:
        """Return the bits of each list joined (n,)."""
        return np.bitwise_or.reduceat(bits[self.words], self._starts) if len(self.words) else bits[:0]


class _Names:
    """Names (n,): the entry `of` each, as written (`plain`), as words and as one word."""

    def __init__(self, of: list[int], plain: list[str], words: _Words) -> None:
        self.of = np.array(of, dtype=np.int64)
        self.plain = np.array([text.encode() for text in plain], dtype=bytes)
        self.length = np.array([len(text) for text in plain], dtype=np.int32)
        self._lists = [words.places(text) for text in plain]

    def freeze(self, words: list[str], place: Array) -> None:
        """Take the final places of the words."""
        self.runs = _Runs(self._lists, place)
        joined = [sounded("".join(words[place[word]] for word in each)) for each in self._lists]
        self.known = sorted(set(joined))
        at = {text: number for number, text in enumerate(self.known)}
        self.joined = np.array([at[text] for text in joined], dtype=np.int32)
        del self._lists


class _Few:
    """A column of a few different texts."""

    def __init__(self, values: Iterable[str]) -> None:
        told = list(values)
        self._names = sorted(set(told))
        at = {name: number for number, name in enumerate(self._names)}
        self._of = np.array([at[value] for value in told], dtype=np.int8)

    def __getitem__(self, row: int) -> str:
        return self._names[self._of[row]]

    def among(self, names: Iterable[str], rows: Any = slice(None)) -> Array:
        """Return which rows have one of some texts."""
        wanted = [at for at, name in enumerate(self._names) if name in set(names)]
        return np.isin(self._of[rows], wanted)


class Places:
    """All that can be found in a release and an election: made once (a second for the nation), then only read."""

    def __init__(
        self,
        units: Mapping[str, str],
        dapil: Iterable[tuple[str, str, str]] = (),
        *,
        other: Iterable[tuple[str, str]] = (),
        abroad: Iterable[tuple[str, str, str]] = (),
        post: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        """Make it of `units` kode → nama, `dapil` (id, nama_dapil, lembaga); the others: see law.spelling."""
        self._post = post
        besides: dict[str, list[str]] = {}
        for kode, nama in other:
            besides.setdefault(kode, []).append(nama)
        rows = [(kode, units[kode], _LEVELS[len(kode)], "") for kode in sorted(units)]
        rows += [(id_, nama, "dapil", lembaga) for id_, nama, lembaga in dapil]
        for kode, nama, english in ((*ABROAD, "Abroad"), *abroad):
            rows.append((kode, nama, "luar-negeri", ""))
            besides[kode] = [english] if english else []
        codes, names, levels, chambers = zip(*rows, strict=True)
        self._kode = np.array([text.encode() for text in codes], dtype=bytes)
        self._nama, self._tingkat, self._lembaga = PackedTexts(names), _Few(levels), _Few(chambers)
        years = [int(kode.rsplit("-", 2)[-2]) if level == "dapil" else 0 for kode, _, level, _ in rows]
        self._year = np.array(years, dtype=np.int16)
        self._names = {kode: nama for kode, nama, level, _ in rows if level not in ("desa", "dapil")}
        self._index(rows, besides)

    def _index(self, rows: list[tuple[str, str, str, str]], besides: Mapping[str, list[str]]) -> None:
        words, plain, title = _Words(), [], []
        titled: dict[int, bytes] = {}
        also_of: list[int] = []
        also: list[str] = []
        for entry, (kode, nama, level, _) in enumerate(rows):
            text = " ".join(spelled(nama))
            title.append(level)
            if level == "kabkota":
                title[-1] = "kota" if text.startswith("kota") else "kabupaten"
                titled[entry] = text.encode()
                text = _TITLES.sub("", text)
            elif level == "desa" and kode[9] == "1":
                title[-1] = "kelurahan"
            plain.append(text)
            common = (
                [WORDS["also"][text]] if level in ("provinsi", "kabkota") and text in WORDS["also"] else []
            )
            called = _called_as(kode, text, besides) if level == "dapil" else ()
            for name in (*common, *besides.get(kode, ()), *called):
                also_of.append(entry)
                also.append(_TITLES.sub("", " ".join(spelled(name))))
        #: The whole names of those that have a title before the name, and which they are.
        self._full, self._titled = (
            np.array([*titled.values()], dtype=bytes),
            np.array([*titled], dtype=np.int64),
        )
        self._title = _Few(title)
        self._own = _Names(list(range(len(rows))), plain, words)
        self._also = _Names(also_of, also, words)
        around = self._around_words(rows, words)
        self.words, place = words.frozen()
        for names in (self._own, self._also):
            names.freeze(self.words, place)
        self._around = _Runs(around, place)
        bits = np.array([1 << _bit(letter(word)) if word else 0 for word in self.words], dtype=np.int64)
        self._letters = np.where(self._tingkat.among(["desa"]), self._own.runs.union(bits), -1)

    def _around_words(self, rows: list[tuple[str, str, str, str]], words: _Words) -> list[list[int]]:
        """The words around places: a list for each unit that holds some, and `_within` for each entry; 0 is none."""
        within: dict[str, int] = {"": 0}
        lists = [words.places("")]
        of = []
        for kode, _, level, _ in rows:
            above = "" if level == "dapil" else kode[: {13: 8, 8: 5, 5: 2}.get(len(kode), 0)]
            if above not in within:
                within[above] = len(lists)
                held = [
                    self._names[above[:n]] for n in (8, 5, 2) if len(above) >= n and above[:n] in self._names
                ]
                plain = [" ".join(spelled(name)) for name in held]
                text = " ".join(f"{each} {WORDS['also'].get(each, '')}" for each in plain)
                lists.append(words.places(text))
            of.append(within[above])
        self._within = np.array(of, dtype=np.int32)
        return lists

    def find(self, text: str, most: int = 8, *, year: int = 0, chamber: str = "") -> list[Entry]:
        """Return the best entries for a text, best first; none for less than two letters.

        Of `year` are the dapil; of several that answer alike, that of `chamber` comes first.
        """
        words = spelled(text)
        if len("".join(words)) < 2:
            return []
        if re.fullmatch(r"[0-9]{2,10}", digits := "".join(words)):
            return self._of_code(digits, most)
        asked = self._asked(words, chamber)
        of_year = (self._year == 0) | (self._year == year) | (year == 0)
        looked = np.flatnonzero((self._letters & asked.letters != 0) & of_year)
        score = self._rank(asked, looked)
        kept = np.flatnonzero(score > 0)
        order = np.lexsort((self._kode[looked[kept]], self._own.length[looked[kept]], -score[kept]))
        return [self._entry(int(looked[kept[at]])) for at in order[:most]]

    def nearest(self, text: str, most: int = 5) -> list[Entry]:
        """Return places whose names are most like a text of which `find` knows none."""
        asked = sounded("".join(sounded(word) for word in spelled(text)))
        found = process.extract(asked, self._own.known, scorer=fuzz.ratio, limit=most, score_cutoff=_NEAR)
        rows = [int(np.flatnonzero(self._own.joined == at)[0]) for _, _, at in found]
        return [self._entry(row) for row in rows]

    def _entry(self, at: int) -> Entry:
        kode, nama, level, lembaga = (
            self._kode[at].decode(), self._nama[at], self._tingkat[at], self._lembaga[at]
        )  # fmt: skip
        lengths = () if level == "dapil" else (8, 5, 2)
        above = tuple(self._names[kode[:n]] for n in lengths if n < len(kode) and kode[:n] in self._names)
        return Entry(kode, nama, level, lembaga, above)

    def _of_code(self, digits: str, most: int) -> list[Entry]:
        """Places of a post code, then those whose code begins so, whether it was written with dots or without."""
        post = np.flatnonzero(np.isin(self._kode, [kode.encode() for kode in self._post.get(digits, ())]))
        bare = np.char.replace(self._kode, b".", b"")
        units = ~self._tingkat.among(("dapil", "luar-negeri"))
        found = np.flatnonzero(units & np.char.startswith(bare, digits.encode()))
        order = np.lexsort((self._kode[found], np.char.str_len(self._kode[found])))
        return [self._entry(int(at)) for at in (*post, *found[order])][:most]

    def _asked(self, words: list[str], chamber: str) -> _Asked:
        chambers, rest = chambers_in(words)
        named = [word for word in rest if word not in WORDS["idle"]]
        plain = [word for word in named if word not in HINTS]
        tables: dict[str, Array] = {}

        def typed(chosen: list[str]) -> _Typed:
            sounds = [sounded(word) for word in chosen]
            tables.update({sound: self._likeness(sound) for sound in sounds if sound not in tables})
            return _Typed([tables[sound] for sound in sounds], sounded("".join(sounds)))

        letters = {_bit(letter(sounded(word))) for word in plain or named}
        return _Asked(
            typed(plain),
            typed(self._paired(plain)),
            typed([word for word in named if word != "dapil"]),
            _levels_in(named),
            chambers,
            [" ".join(each).encode() for each in (words, plain, named)],
            " ".join(HINTS.get(w, "administrasi" if w == "adm" else w) for w in rest).encode(),
            sum(1 << bit for bit in letters),
            tuple(word for word in words if word in ROMAN),
            chamber,
        )

    def _paired(self, words: list[str]) -> list[str]:
        """Write two neighbours as one word of a name: "sumber sari malang" is Sumbersari in Malang.

        [] where they are none, or no other word.
        """
        for first in range(len(words) - 1 if len(words) > 2 else 0):
            joined = words[first] + words[first + 1]
            at = bisect_left(self.words, sound := sounded(joined))
            if at < len(self.words) and self.words[at] == sound:
                return [*words[:first], joined, *words[first + 2 :]]
        return []

    def _likeness(self, typed: str) -> Array:
        """How like one word that was typed is to each word that is known, 0 to 100."""
        if re.fullmatch(r"\d+", typed):
            found = np.zeros(len(self.words))
        else:
            found = _slipped(typed, self.words, 66, 14)
            if len(typed) >= 2:
                begin, end = bisect_left(self.words, typed), bisect_left(self.words, typed + _LAST)
                found[begin:end] = [88 - min(8, len(word) - len(typed)) for word in self.words[begin:end]]
        at = bisect_left(self.words, typed)
        if at < len(self.words) and self.words[at] == typed:
            found[at] = 100
        return found

    def _rank(self, asked: _Asked, looked: Array) -> Array:
        """The score of the entries `looked` at, 0 for what does not answer."""
        score = self._scores(self._own, asked.bare, around=True)
        also = self._scores(self._also, asked.bare, around=False)
        np.maximum.at(score, self._also.of, also - _UNLISTED * (also > 0))
        if asked.pair.joined:
            score = np.maximum(score, self._scores(self._own, asked.pair, around=True) - 1)
        if asked.hints and len(asked.whole.tables) > len(asked.bare.tables):
            score = np.maximum(score, self._scores(self._own, asked.whole, around=True) - 1)
        score = score[looked]
        return np.where(score > 0, score + self._besides(asked, looked), 0)

    def _scores(self, names: _Names, typed: _Typed, *, around: bool) -> Array:
        """How well each name answers: each word typed is found in it, or (one at least in the name) around it."""
        if not typed.joined or not len(names.of):
            return np.zeros(len(names.of))
        own, total, found = (np.zeros(len(names.of)) for _ in range(3))
        for table in typed.tables:
            here = names.runs.best(table)
            there = np.where(here >= _LIKE, 0, self._around.best(table)[self._within] * 0.7 if around else 0)
            found += (here > 0) | (there > 0)
            own += np.where(here >= there, here, 0)
            total += np.maximum(here, there)
        count = len(typed.tables)
        joined = _joined(typed.joined, names.known)[names.joined]
        extra = np.maximum(0, names.runs.count - count)
        score = np.where(own > 0, np.maximum(joined, total / count * 0.9 - extra * 2), 0)
        score = np.where(found == count, score, joined)
        at = bisect_left(names.known, typed.joined)
        if at < len(names.known) and names.known[at] == typed.joined:
            score[names.joined == at] = 100
        return score

    def _besides(self, asked: _Asked, looked: Array) -> Array:
        """What counts beside how alike a name is: level, title and chamber as they were said, and the very letters."""
        plain = self._own.plain[looked]
        weight = np.zeros(len(looked))
        for name, value in _WEIGHT.items():
            weight[self._tingkat.among([name], looked)] = value
        weight += _HINTED * (
            self._title.among(asked.hints, looked) | self._tingkat.among(asked.hints, looked)
        )
        dapil = self._tingkat.among(["dapil"], looked)
        if asked.hints:  # its whole name, title and all
            named = self._own.plain == asked.told
            named[self._titled] = self._full == asked.told
            whole = named[looked]
            for each in ("provinsi", "kabupaten", "kota", "kecamatan", "desa", "kelurahan"):
                rest = asked.told.removeprefix(f"{each} ".encode())
                if rest != asked.told:
                    called = ("desa", "kelurahan") if each in ("desa", "kelurahan") else (each,)
                    whole |= self._title.among(called, looked) & (plain == rest)
            weight += _EXACT * whole
            kind = "kelurahan" if "kelurahan" in asked.hints else "desa"
            weight += _KIND * (("desa" in asked.hints) & self._title.among([kind], looked))
        very = np.isin(
            self._own.plain, asked.said
        )  # letter by letter, and not only as it sounds: III is not 3
        very[self._also.of[np.isin(self._also.plain, asked.said)]] = True
        weight += _LETTERS * very[looked]
        for numeral in asked.numerals:
            weight += _NUMERAL * (dapil & np.char.endswith(plain, f" {numeral}".encode()))
        weight += _DPR * self._lembaga.among(["dpr"], looked)
        if asked.chamber:
            weight += _SHOWN * (dapil & self._lembaga.among([asked.chamber], looked))
        if "kota" in asked.hints:
            spaced = np.char.add(np.char.add(b" ", plain), b" ")
            weight -= _OTHER * (dapil & (np.char.find(spaced, b" kota ") < 0))
        if asked.chambers:
            mine = self._lembaga.among(asked.chambers, looked)
            weight += np.where(dapil, np.where(mine, _CHAMBER, -_OTHER), 0)
        return weight


def _called_as(kode: str, plain: str, besides: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what a dapil is called when its province, kabupaten or kota goes by another name: "Kota Solo 2"."""
    code = kode.rpartition("-")[2]
    owner = f"{code[:2]}.{code[2:4]}" if kode.startswith("dprd-kabkota") else code[:2]
    number = _NUMBER.search(plain)
    title = "kota " if plain.startswith("kota ") else ""
    names = (_TITLES.sub("", " ".join(spelled(name))) for name in besides.get(owner, ()))
    return [f"{title}{name}{number[0] if number else ''}" for name in names]


def _levels_in(words: list[str]) -> frozenset[str]:
    """Return the levels that are named; who says kelurahan may mean a desa, too."""
    found = {HINTS[word] for word in words if word in HINTS}
    return frozenset(found | ({"desa"} if "kelurahan" in found else set()))


def chambers_in(words: list[str]) -> tuple[tuple[str, ...] | None, list[str]]:
    """Return the chambers that are named, and the other words: DPRD takes the level behind it, DPR and DPD their RI."""
    rest: list[str] = []
    chambers: tuple[str, ...] | None = None
    at = 0
    while at < len(words):
        found = WORDS["chambers"].get(words[at])
        after = words[at + 1] if at + 1 < len(words) else ""
        if not found:
            rest.append(words[at])
        else:
            level = HINTS.get(after, "")
            one = WORDS["dprd_of"].get(level) if len(found) > 1 else None
            chambers = (one,) if one else tuple(found)
            # A dapil may be called "Kota ..."
            at += bool((one and level != "kota") or (len(found) == 1 and after == "ri"))
        at += 1
    return chambers, rest


def _joined(typed: str, known: list[str]) -> Array:
    """How like a name as one word is to each of `known` (sorted): "Gunung Kidul" is Gunungkidul."""
    found = _slipped(typed, known, 70, 12)
    if len(typed) >= 4:
        begin, end = bisect_left(known, typed), bisect_left(known, typed + _LAST)
        found[begin:end] = [82 - (len(name) - len(typed)) for name in known[begin:end]]
    return found


def _slipped(typed: str, known: list[str], best: int, each: int) -> Array:
    """`best` less `each` for every slip (a swap counts once) between a text and every known one; else 0."""
    allowed = 0 if len(typed) < 4 else 1 if len(typed) < 7 else 2
    if not allowed:
        return np.zeros(len(known))
    [far] = process.cdist([typed], known, scorer=OSA.distance, score_cutoff=allowed, dtype=np.int32)
    return np.where(far <= allowed, best - each * far.astype(float), 0)


def _bit(first: str) -> int:
    return ord(first) - ord("a") + 1 if "a" <= first <= "z" else 0
