"""The one door for Python programs: what there is, the dapil of a chamber and year, the units, points looked up.

Every function takes ``release``: a directory of releases or one release in it, or the address of a service or mirror
(``https://…``); left away, the directory that ``DAPIL_RELEASES`` names, or else ``build``. From an address only the
files needed are fetched, kept in the cache (``BOUNDARIES_CACHE``) and checked against its list at every use.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from boundaries.errors import NotFound
from boundaries.exports.in_memory import OUTPUTS, delivered
from boundaries.law.codes import LEVELS
from boundaries.mirror.opened import layer_of, open_at
from boundaries.release.dataset import Dataset
from boundaries.release.lookup import CHAMBERS, QuestionError
from boundaries.release.point_table import check_points, point_table
from boundaries.sources import file_cache

Place = Path | str | None
#: How fine outlines are: every vertex, for a web map, for a map of the nation.
DETAILS: Final = ("full", "web", "overview")
_NO_MAP: Final = "{} is a table of names and seats: which units make up a dapil is not known"


def available(release: Place = None) -> pd.DataFrame:
    """Return what a release has: a row for every plan and for every level of units.

    Parameters
    ----------
    release : path or str, optional
        Where to read: see the module.

    Returns
    -------
    pandas.DataFrame
        ``layer`` (its name in files and in the service), ``lembaga`` and ``tahun`` (of a plan), ``tingkat`` (of units),
        ``geometry`` (False: a table of names and seats only), ``features``, ``kursi``, ``dasar_hukum``,
        ``sumber_batas``, ``lisensi``.

    Raises
    ------
    boundaries.BoundariesError
        There is no release, or it cannot be had.

    Examples
    --------
    >>> import boundaries
    >>> found = boundaries.available(boundaries.toy())
    >>> found[["layer", "lembaga", "tahun", "features", "kursi"]].head(3)
          layer lembaga  tahun  features  kursi
    0  dpr-2019     dpr   2019         4     20
    1  dpr-2024     dpr   2024         5     24
    2  dpd-2024     dpd   2024         3     12
    """
    with open_at(release) as opened:
        manifest, plans = opened.release.manifest, opened.plans()
    counts = {layer["name"]: layer["features"] for layer in manifest["layers"]}
    rows = [
        {
            "layer": layer_of(plan), "lembaga": plan["lembaga"], "tahun": plan["tahun"], "geometry": "layer" in plan,
            "features": plan["dapil"], "kursi": plan["kursi"], "dasar_hukum": plan["dasar_hukum"],
        }
        for plan in plans
    ] + [
        {"layer": f"unit-{level}", "tingkat": level, "geometry": True, "features": counts[f"unit-{level}"]}
        for level in LEVELS if f"unit-{level}" in counts
    ]  # fmt: skip
    columns = ["layer", "lembaga", "tahun", "tingkat", "geometry", "features", "kursi", "dasar_hukum"]
    source = manifest["source"]
    licence = source["licence"].get("spdx") or source["licence"]["name"]
    frame = pd.DataFrame(rows, columns=columns).astype({"tahun": "Int64", "kursi": "Int64"})
    return frame.assign(sumber_batas=source["id"], lisensi=licence)


def read(
    chamber: str, *, year: int | None = None, geometry: bool | None = None, detail: str = "full",
    province: str | None = None, output: str = "geopandas", release: Place = None,
) -> Any:  # fmt: skip
    """Return the dapil of a chamber in an election.

    Parameters
    ----------
    chamber : {"dpr", "dpd", "dprd-provinsi", "dprd-kabkota"}
        The chamber.
    year : int
        The election. There is no default: no map of today stands for that of another year.
    geometry : bool, optional
        With outlines (True), without (False), or with where they are known (default): of some plans only names and
        seats are, and these come as a DataFrame.
    detail : {"full", "web", "overview"}
        How fine outlines are: every vertex of the release, or simplified for a web map or for a map of the nation,
        neighbours still joined (docs/topojson.md).
    province : str, optional
        Only the dapil of a province, by its code: ``"32"``.
    output : {"geopandas", "arrow", "duckdb"}
        A GeoDataFrame (EPSG:4326, lon/lat; a DataFrame without outlines), an Arrow table (outlines as WKB), or a
        relation on DuckDB's default connection.
    release : path or str, optional
        Where to read: see the module.

    Returns
    -------
    geopandas.GeoDataFrame, pandas.DataFrame, pyarrow.Table or duckdb.DuckDBPyRelation
        The published columns (docs/python.md) in the order of ``id``. Codes are text, ``penduduk`` is Int64. ``attrs``
        (in Arrow the metadata ``dapil``) say source, licence, release, legal basis and what is doubtful.

    Raises
    ------
    boundaries.BoundariesError
        A chamber, year, province or detail that there is not; the message says what there is.

    Examples
    --------
    >>> import boundaries
    >>> toy = boundaries.toy()
    >>> dpr = boundaries.read("dpr", year=2024, release=toy)
    >>> dpr[["id", "nama_dapil", "kursi"]].head(2)
                  id      nama_dapil  kursi
    0  dpr-2024-3101   DKI JAKARTA I      4
    1  dpr-2024-3102  DKI JAKARTA II      4
    >>> dpr.attrs["licence"], dpr.attrs["official"]
    ('CC0-1.0', False)
    >>> boundaries.read("dpr", year=2024, province="32", detail="web", release=toy).geom_type.unique().tolist()
    ['MultiPolygon']
    >>> boundaries.read("dpr", release=toy)
    Traceback (most recent call last):
    boundaries.release.lookup.QuestionError: name the year: of dpr there are 2019, 2024
    """
    _known("chamber", chamber, CHAMBERS)
    _known("detail", detail, DETAILS)
    _known("output", output, OUTPUTS)
    with open_at(release) as opened:
        plan = opened.plan(chamber, year)
        if not plan.get("layer") and (geometry or detail != "full"):
            raise NotFound(_NO_MAP.format(plan["id"]))
        dataset = _cut(opened.dataset(layer_of(plan)), province, geometry)
        if detail != "full" and dataset.geometry is not None:
            dataset = opened.drawn(dataset, province, detail)
        return delivered(dataset, output)


def read_units(
    level: str, *, geometry: bool = True, province: str | None = None, output: str = "geopandas",
    release: Place = None,
) -> Any:  # fmt: skip
    """Return the administrative units of a level, as the base map of the release has them.

    Parameters
    ----------
    level : {"provinsi", "kabkota", "kecamatan", "desa"}
        The level.
    geometry, province, output, release
        As in `read`.

    Returns
    -------
    geopandas.GeoDataFrame, pandas.DataFrame, pyarrow.Table or duckdb.DuckDBPyRelation
        As in `read`, in the order of ``kode``; ``attrs["vintage"]`` is the year of the map.

    Raises
    ------
    boundaries.BoundariesError
        A level or province that there is not.

    Examples
    --------
    >>> import boundaries
    >>> boundaries.read_units("provinsi", geometry=False, release=boundaries.toy())[["kode", "nama"]]
      kode                   nama
    0   31  Daerah Khusus Jakarta
    1   32             Jawa Barat
    2   81                 Maluku
    """
    _known("level", level, LEVELS)
    _known("output", output, OUTPUTS)
    with open_at(release) as opened:
        if f"unit-{level}" not in opened.release.layers:
            raise NotFound(f"{opened.release.id} has no {level}; it has {', '.join(opened.release.layers)}")
        return delivered(_cut(opened.dataset(f"unit-{level}"), province, geometry), output)


def assignment(chamber: str, *, year: int | None = None, release: Place = None) -> pd.Series:
    """Return which dapil each unit belongs to: the law's table, unit by unit.

    Parameters
    ----------
    chamber, year, release
        As in `read`.

    Returns
    -------
    pandas.Series
        ``kode_dapil``, indexed by ``kode_unit``: every desa of the plan, or kecamatan where the base map
        has nothing finer.

    Raises
    ------
    boundaries.BoundariesError
        A chamber or year that there is not, or a plan of which only names and seats are known.

    Examples
    --------
    >>> import boundaries
    >>> boundaries.assignment("dprd-kabkota", year=2024, release=boundaries.toy()).head(3)
    kode_unit
    32.04.01.1004    320402
    32.04.01.2001    320401
    32.04.01.2002    320401
    Name: kode_dapil, dtype: object
    """
    _known("chamber", chamber, CHAMBERS)
    with open_at(release) as opened:
        plan = opened.plan(chamber, year)
        if not plan.get("layer"):
            raise NotFound(_NO_MAP.format(plan["id"]))
        return opened.assigned(plan["id"])


def lookup(lon: ArrayLike, lat: ArrayLike, *, year: int | None = None, release: Place = None) -> pd.DataFrame:
    """Return the dapil of every chamber at each of many points: all at once, a million in seconds.

    Parameters
    ----------
    lon, lat : array_like
        Degrees, WGS 84. Give all points at once: the outlines are read at every call.
    year : int
        The election.
    release : path or str, optional
        Where to read: see the module.

    Returns
    -------
    pandas.DataFrame
        A row a point, in their order (with the index of `lon` where that is a Series): ``kode_unit`` (the desa, or
        the kecamatan where the base map has nothing finer), ``di_darat``, ``jarak_m`` (0 on land), ``dekat_batas`` and
        ``tetangga`` (other units within 50 m, separated by semicolons, the nearest first), and a column a chamber with
        the ``kode_dapil``. As in the service, a point at sea takes the nearest unit within 5 km; further off there is
        nothing, and ``jarak_m`` is not known (but ground that land encloses and the base map does not draw has the
        nearest unit). A chamber that does not vote there, or whose composition is not known, has nothing either.

    Raises
    ------
    boundaries.BoundariesError
        A year that there is not, or a point that cannot be: the message names its place.

    Examples
    --------
    >>> import boundaries
    >>> found = boundaries.lookup([106.55, 106.75, 100], [-6.95, -6.95, 0], year=2024, release=boundaries.toy())
    >>> found[["kode_unit", "dpr", "dprd-kabkota"]].fillna("-")
           kode_unit   dpr dprd-kabkota
    0       31.71.01  3101            -
    1  32.04.01.1004  3202       320402
    2              -     -            -
    """
    x, y = np.asarray(lon, dtype="float64"), np.asarray(lat, dtype="float64")
    check_points(x, y)
    with open_at(release) as opened:
        plans = {plan["lembaga"]: plan["id"] for plan in opened.elected(year)}
        dapil = {chamber: dict(opened.assigned(plan)) for chamber, plan in plans.items()}
        found = point_table(*opened.ground(), dapil, x, y)
        return found.set_axis(lon.index) if isinstance(lon, pd.Series) else found


def toy() -> Path:
    """Write the toy nation into the cache and return its release: small, invented, for examples and trials.

    Returns
    -------
    pathlib.Path
        A release of three invented provinces (`boundaries.release.toy` says what is in it).

    Examples
    --------
    >>> import boundaries
    >>> boundaries.toy().name.startswith("contoh-1-")
    True
    """
    from boundaries.release.toy import make_small_release

    return make_small_release(file_cache.default() / "toy")


def _known(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise QuestionError(what, f"no {what} {value!r}; choose among {', '.join(allowed)}", allowed)


def _cut(dataset: Dataset, province: str | None, geometry: bool | None) -> Dataset:
    cut = dataset.of_province(province) if province is not None else dataset
    return replace(cut, geometry=None) if geometry is False else cut
