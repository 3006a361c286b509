"""Read a page as a browser would: a small strict tree over the standard library's HTML parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_RING = re.compile(r" ?-?\d+(?: |(?=-))-?\d+ ?(?:h0|l(?: ?-?\d+(?: |(?=-))-?\d+)+ z) ?")
VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator[Node]:
        """Every element below this one, in order; of `tags` only, if given."""
        for child in self.children:
            if isinstance(child, Node):
                if not tags or child.tag in tags:
                    yield child
                yield from child.all(*tags)

    def one(self, tag: str, **attributes: str) -> Node:
        found = [each for each in self.all(tag) if attributes.items() <= each.attributes.items()]
        assert len(found) == 1, f"{len(found)} <{tag}> with {attributes}"
        return found[0]

    def texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, Node):
                yield from child.texts()
            elif child.strip():
                yield re.sub(r"\s+", " ", child.strip())

    @property
    def text(self) -> str:
        return " ".join(self.texts())


class _Reader(HTMLParser):
    """Refuses what is not balanced: every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("#document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}> at {self.getpos()}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(page: bytes) -> Node:
    """Return the document; AssertionError where an element is not closed."""
    text = page.decode("utf-8")
    assert text.startswith("<!doctype html>")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is never closed"
    return reader.open[0]


def vertices(path: str) -> list[list[tuple[int, int]]]:
    """Return the absolute places of path data, ring after ring: dots (M h0) and lines (M l z), nothing else.

    A browser stops at the first thing in a path that it cannot read, so that is an AssertionError.
    """
    rings: list[list[tuple[int, int]]] = []
    for piece in path.split("M")[1:]:
        assert _RING.fullmatch(piece), piece
        start, *steps = re.split(r"[lh]", piece.replace("z", ""))
        x, y = _pairs(start)[0]
        ring = [(x, y)]
        for dx, dy in _pairs(steps[0]) if "l" in piece else ():
            x, y = x + dx, y + dy
            ring.append((x, y))
        rings.append(ring)
    return rings


def _pairs(text: str) -> list[tuple[int, int]]:
    numbers = [int(number) for number in re.findall(r"-?\d+", text)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))
