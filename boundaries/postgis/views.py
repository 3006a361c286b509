"""Views of the current release, for people in QGIS and SQL: their names stay while releases come and go.

One a table, under its name, and one a chamber over all its years (``dapil-dpr``), as the service's collections.
They are replaced in place, so that grants on them and what others built on them stay.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from psycopg import errors, sql

from boundaries.postgis.schema import Described, comments, described
from boundaries.release.store import Release

if TYPE_CHECKING:
    import psycopg

_CHAMBERS: Final = ("dpr", "dpd", "dprd-provinsi", "dprd-kabkota")


def write_views(connection: "psycopg.Connection[Any]", release: Release, schema: str, catalog: str) -> None:
    """Let the views in `catalog` show the release in `schema`, in the caller's transaction.

    Raises psycopg.Error; DependentObjectsStillExist where a view must be dropped on which others are built.
    """
    names = set()
    for view, query in _views(described(release), schema):
        names.add(view.name)
        place = sql.Identifier(catalog, view.name)
        create = sql.SQL("CREATE OR REPLACE VIEW {} AS {}").format(place, query)
        try:
            with connection.transaction():
                connection.execute(create)
        except (errors.InvalidTableDefinition, errors.FeatureNotSupported):  # columns are others than before
            connection.execute(sql.SQL("DROP VIEW {}").format(place))
            connection.execute(create)
        connection.execute(sql.SQL(";").join(comments(catalog, view.name, "VIEW", view)))
    for name in sorted(_shown(connection, catalog) - names):
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(catalog, name)))


def _views(tables: Sequence[Described], schema: str) -> Iterator[tuple[Described, sql.Composable]]:
    for table in tables:
        head = ["fid", "geom", "geom_full"] if table.is_layer else ["fid"]
        yield table, _select(schema, table, head)
    for chamber in _CHAMBERS:
        years = sorted(
            (t for t in tables if t.is_layer and t.name.rpartition("-")[0] == chamber), key=lambda t: t.name
        )
        if years:
            text = f"Dapil {chamber}, semua pemilu | Dapil of {chamber}, all elections"
            view = Described(f"dapil-{chamber}", years[-1].columns, text, is_layer=True)
            parts = [
                _select(schema, Described(t.name, view.columns, "", True), ["geom", "geom_full"])
                for t in years
            ]
            yield view, sql.SQL(" UNION ALL ").join(parts)


def _select(schema: str, table: Described, head: Sequence[str]) -> sql.Composable:
    names = [*head, *(column.name for column in table.columns)]
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    return sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier(schema, table.name))


def _shown(connection: "psycopg.Connection[Any]", catalog: str) -> set[str]:
    """Return the views in `catalog` that read straight from a release's tables."""
    rows = connection.execute(
        sql.SQL(
            "SELECT v.relname::text FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace "
            "JOIN pg_rewrite r ON r.ev_class = v.oid JOIN pg_depend d ON d.objid = r.oid AND d.refclassid = "
            "'pg_class'::regclass JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace m ON m.oid = "
            "t.relnamespace JOIN {} l ON l.schema_name = m.nspname WHERE n.nspname = %s AND v.relkind = 'v'"
        ).format(sql.Identifier(catalog, "releases")),
        (catalog,),
    )
    return {name for (name,) in rows}
