"""The pygeoapi provider: the layer of a release under pygeoapi's contract.

The service writes its own pages from the same :class:`~boundaries.service.ogcapi.layer.Layer`; this class is what
pygeoapi itself loads by the dotted name, in this service or in a stock one. ``data``: a release's directory (or
its dapil.gpkg), or ``postgresql://…`` of a published one; ``table``: the collection, such as ``dpr-2024``;
``storage_crs``: CRS84, for a filter's geometries. `dapil pygeoapi-config` writes all of it; docs/pygeoapi.md.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from pygeoapi.provider.base import BaseProvider, ProviderInvalidQueryError, ProviderItemNotFoundError

from boundaries.release.spliced import Part, plain
from boundaries.service import filters
from boundaries.service.crs import Area, area, get
from boundaries.service.ogcapi import query as query_module
from boundaries.service.ogcapi.layer import Question
from boundaries.service.ogcapi.layers import Layers
from boundaries.service.problems import Problem


class ReleaseProvider(BaseProvider):
    """Items of one layer: bbox, properties, datetime, sortby, filter, paging, crs; exact numberMatched; read only."""

    #: A stock pygeoapi makes a provider for each request: what the last one opened is kept for the next.
    _kept: ClassVar[Layers | None] = None

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self._fields: dict[str, dict[str, Any]]
        open_already = Layers.held(str(self.data)) is not None
        self._layers = Layers.of(str(self.data))
        if not open_already:
            ReleaseProvider._kept = self._layers
        self.layer = self._layers[provider_def["table"]]
        self.get_fields()

    def get_fields(self) -> dict[str, dict[str, Any]]:
        """Return the columns as JSON Schema."""
        if not self._fields:
            self._fields = {
                column.name: {"type": column.kind, "title": column.title} for column in self.layer.columns
            }
        return self._fields

    def query(self, offset: int = 0, limit: int = 10, resulttype: str = "results", bbox: Sequence[float] = (),
              datetime_: str | None = None, properties: Sequence[tuple[str, str]] = (),
              sortby: Sequence[dict[str, str]] = (), select_properties: Sequence[str] = (),
              skip_geometry: bool = False, q: str | None = None, filterq: Any = None,
              crs_transform_spec: Any = None, **_: Any) -> dict[str, Any]:  # fmt: skip
        """Return a page of features; `bbox` is in lon/lat, as pygeoapi has already moved it."""
        if q is not None:
            raise _refused("text search (q) is not supported by this collection")
        question = Question(
            area=_lonlat(bbox),
            period=_asked(query_module.period, datetime_) if datetime_ else None,
            equal=tuple((name, _asked(self._typed, name, text)) for name, text in properties),
            filter=None if filterq is None else self._filter(filterq),
            order=tuple((each["property"], each["order"] == "-") for each in sortby),
            select=tuple(select_properties) or None,
            geometry=not skip_geometry,
            crs=_crs(crs_transform_spec),
        )
        found = self.layer.find(question)
        page = [] if resulttype == "hits" else found[offset : offset + limit]
        parts = [Part(b"["), *self.layer.features(page, question), Part(b"]")]
        return {
            "type": "FeatureCollection",
            "features": json.loads(b"".join(plain(parts))),
            "numberMatched": len(found),
            "numberReturned": len(page),
        }

    def get(self, identifier: str, crs_transform_spec: Any = None, **_: Any) -> dict[str, Any]:
        """Return one feature."""
        position = self.layer.position(identifier)
        if position is None:
            raise ProviderItemNotFoundError(f"no item {identifier}")
        parts = self.layer.feature(position, _crs(crs_transform_spec))
        return dict(json.loads(b"".join([*plain(parts), b"}"])))

    def _typed(self, name: str, text: str) -> query_module.Scalar:
        return query_module.value(self.layer.column[name], text)

    def _filter(self, tree: Any) -> filters.Filter:
        """Bind pygeoapi's parsed filter to the columns, as the service's own are."""
        from boundaries.service.filters.from_pygeofilter import as_json

        try:
            return filters.parse(as_json(tree), "cql2-json", self.layer.queryables, get(query_module.CRS84))
        except filters.FilterError as error:
            allowed = error.allowed if isinstance(error.allowed, str) else ", ".join(error.allowed)
            raise _refused(f"filter: {error.detail}; allowed: {allowed}") from error


def _asked(read: Any, *values: str) -> Any:
    try:
        return read(*values)
    except Problem as problem:
        raise _refused(problem.detail) from problem


def _refused(why: str) -> ProviderInvalidQueryError:
    """Return what pygeoapi answers as 400 with these words; its ProviderQueryError would be a 500."""
    return ProviderInvalidQueryError(why, user_msg=why)


def _lonlat(bbox: Sequence[float]) -> Area | None:
    if not bbox:
        return None
    half = len(bbox) // 2
    return area((bbox[0], bbox[1], bbox[half], bbox[half + 1]), get(query_module.CRS84))


def _crs(spec: Any) -> query_module.Crs:
    return query_module.system("crs", spec.target_crs_uri if spec else None)
