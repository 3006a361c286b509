"""What every page of a release says alike: its name, its source and licence, how to cite it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundaries.release.store import mapped
from boundaries.service.html.citing import Work, forms
from boundaries.service.html.links import Language
from boundaries.service.html.texts import tongue


@dataclass(frozen=True)
class Source:
    """The base map of a release, in one language."""

    id: str
    title: str
    attribution: str
    licence: str
    licence_url: str
    homepage: str
    vintage: str
    open: bool


@dataclass(frozen=True)
class Told:
    """The constant facts of a release, in one language; templates know it as ``site``."""

    language: Language
    title: str
    description: str
    release: str
    source: Source
    collections: Sequence[str]
    units: Container[str]
    provinces: Mapping[str, str]
    years: Sequence[int]
    manifest: Mapping[str, Any]
    files: bool  # whether there is anything under /downloads

    @property
    def name(self) -> str:
        """What the service is called in the head of every page: its title up to a comma."""
        return self.title.partition(",")[0]

    def cited(self, url: str, title: str = "") -> dict[str, str]:
        """Return the citation of the release, or of a page of it, in the forms of `citing.forms`."""
        year = (
            self.source.vintage[:4] if self.source.vintage[:4].isdigit() else str(max(self.years, default=0))
        )
        return forms(Work(self.name, title or self.title, year, self.release, url))

    @property
    def citation(self) -> str:
        """The words to cite the release by."""
        name, lines = ("rilis", "Batas") if self.language == "id" else ("release", "Boundaries")
        return f"Peta Dapil, {name} {self.release}. {lines}: {self.source.attribution}."


def told(
    language: Language,
    manifest: Mapping[str, Any],
    title: Mapping[str, str],
    description: Mapping[str, str],
    collections: Sequence[str],
    units: Container[str],
    provinces: Mapping[str, str],
    files: bool = False,
) -> Told:
    """Read a release's manifest for the pages."""
    years = {int(plan["tahun"]) for plan in mapped(manifest)}
    return Told(
        language=language,
        title=tongue(title, language),
        description=tongue(description, language),
        release=str(manifest["release"]),
        source=_source(manifest["source"], language),
        collections=collections,
        units=units,
        provinces=provinces,
        years=sorted(years, reverse=True),
        manifest=manifest,
        files=files,
    )


def _source(source: Mapping[str, Any], language: Language) -> Source:
    title = tongue(source.get("title") or source["id"], language)
    licence = source.get("licence")
    table: Mapping[str, Any] = licence if isinstance(licence, Mapping) else {"name": licence or ""}
    return Source(
        id=str(source["id"]),
        title=title,
        attribution=tongue(source.get("attribution") or title, language),
        licence=str(table.get("name") or table.get("spdx") or ""),
        licence_url=str(source.get("licence_url") or table.get("url") or ""),
        homepage=str(source.get("homepage") or source.get("url") or ""),
        vintage=str(source.get("vintage") or ""),
        open=source.get("open") is not False,
    )
