"""What a dapil was in the election before and what became of it, as links of its item."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from boundaries.release.feature_source import Package

#: Relations of RFC 5829 to the election before and after.
BEFORE: Final = "predecessor-version"
AFTER: Final = "successor-version"
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "tetap": ("wilayah dan kode sama", "same ground and code"),
    "ganti-kode": ("wilayah sama, kode lain", "same ground, another code"),
    "tambah": ("wilayah bertambah", "ground was added"),
    "kurang": ("wilayah berkurang", "ground was taken away"),
    "tukar": ("wilayah bertukar", "ground was added and taken away"),
    "pecah": ("dipecah", "split"),
    "gabung": ("digabung", "merged"),
}
_TABLE: Final = "riwayat"


@dataclass(frozen=True)
class Relative:
    """A dapil before or after: the relation, its id and collection, and what happened (a key of `KINDS`)."""

    rel: str
    id: str
    kind: str

    @property
    def collection(self) -> str:
        """The plan that it is of."""
        return self.id.rpartition("-")[0]

    def title(self) -> str:
        """What happened, in both languages."""
        when = {BEFORE: ("Sebelumnya", "before"), AFTER: ("Sesudahnya", "after")}[self.rel]
        said = KINDS.get(self.kind, (self.kind, self.kind))
        return f"{when[0]}: {self.id}, {said[0]} / {when[1]}: {said[1]}"

    def link(self, base: str, media: str) -> dict[str, str]:
        """The link of an item."""
        href = f"{base}/collections/{quote(self.collection)}/items/{quote(self.id, safe='')}"
        return {"rel": self.rel, "type": media, "title": self.title(), "href": href}


class Lineage:
    """The relatives of every dapil of a release, from its table ``riwayat``; none where it has no such table."""

    def __init__(self, package: Package, collections: Collection[str]) -> None:
        self._of: dict[str, list[Relative]] = {}
        if _TABLE not in package.tables:
            return
        for old, new, kind in package.records(_TABLE, ["id_lama", "id_baru", "jenis"]):
            if not old or not new or any(each.rpartition("-")[0] not in collections for each in (old, new)):
                continue
            self._of.setdefault(new, []).append(Relative(BEFORE, old, kind))
            self._of.setdefault(old, []).append(Relative(AFTER, new, kind))

    def of(self, name: str) -> list[Relative]:
        """The dapil before, then those after."""
        return sorted(self._of.get(name, ()), key=lambda each: (each.rel != BEFORE, each.id))
