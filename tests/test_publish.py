"""``dapil publish``: a release is in the database whole or not at all, and every failure says its mend."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.errors import ReleaseError
from boundaries.extras import MissingExtra
from boundaries.law import columns
from boundaries.postgis import publish as publish_module
from boundaries.postgis.connect import Address, schema_of
from boundaries.postgis.publish import publish
from boundaries.release.store import Release, open_release
from tests.postgres import Cluster, unprivileged, wait_until
from tests.small import make_small_release
from tests.test_service_server import another_release

SECRET = "kata-sandi-rahasia"


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    out = tmp_path_factory.mktemp("releases")
    return [open_release(path) for path in
            (make_small_release(out), another_release(out, 7), another_release(out, 9))]  # fmt: skip


@pytest.fixture
def release(releases: list[Release]) -> Release:
    return releases[0]


@pytest.fixture
def database(cluster: Cluster) -> str:
    return cluster.database()


@pytest.fixture
def ask(cluster: Cluster, database: str) -> Callable[..., list[tuple[Any, ...]]]:
    def ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
        with cluster.connect(database) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    return ask


def snapshot(ask: Callable[..., list[tuple[Any, ...]]]) -> list[Any]:
    """Return everything that a failed publish might have left: relations, views, releases, rights."""
    found: list[Any] = ask(
        "SELECT nspname, relname, relkind, c.oid, relacl::text, CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) "
        "END FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname LIKE 'dapil%' ORDER BY 1, 2"
    )
    found += ask("SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1")
    if ask("SELECT to_regclass('dapil.releases')") != [(None,)]:
        found += ask("SELECT * FROM dapil.releases ORDER BY 1")
    return found


def current(ask: Callable[..., list[tuple[Any, ...]]]) -> str:
    return ask("SELECT id FROM dapil.releases WHERE is_current")[0][0]


def run(*words: str, **env: str) -> Any:
    return CliRunner(env=env).invoke(main, ["publish", *words])


# What is there afterwards


def test_tables_are_the_geopackage_s_with_real_types(release, database, ask):
    done = publish(release, database)
    rows = ask(
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c WHERE table_schema = %s "
        "ORDER BY table_name, ordinal_position",
        done.schema,
    )
    types = {(table, name): kind for table, name, kind in rows}
    names = [name for table, name, _ in rows if table == "dpr-2024"]
    assert names == ["fid", "geom", "geom_full", *(column.name for column in columns.PLAN)]
    expected = {"mulai": "date", "selesai": "date", "kursi": "integer", "luas_km2": "double precision",
                "kode_dapil": "text", "penduduk": "integer"}  # fmt: skip
    assert {name: types["dpr-2024", name] for name in expected} == expected
    assert types["plans", "mulai"] == "date"
    geometry = ask(
        "SELECT f_table_name, type, srid FROM geometry_columns WHERE f_table_schema = %s", done.schema
    )
    assert {row[1:] for row in geometry} == {("MULTIPOLYGON", 4326)}
    assert {row[0] for row in geometry} == set(release.layers)
    assert ask(f'SELECT count(*) FROM {done.schema}."dpr-2024" WHERE NOT ST_IsValid(geom)') == [(0,)]


def test_schema_tables_and_every_column_are_explained_in_both_languages(release, database, ask):
    done = publish(release, database)
    for schema in (done.schema, "dapil"):
        assert " | " in ask("SELECT obj_description(%s::regnamespace, 'pg_namespace')", schema)[0][0]
        silent = ask(
            "SELECT relname, attname FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 WHERE "
            "relnamespace = %s::regnamespace AND relkind IN ('r', 'v') AND attname NOT IN ('fid', 'geom') AND "
            "(col_description(c.oid, attnum) IS NULL OR col_description(c.oid, attnum) NOT LIKE '%% | %%')",
            schema,
        )
        assert silent == []
    kursi = next(column for column in columns.PLAN if column.name == "kursi")
    told = ask("SELECT col_description('dapil.\"dpr-2024\"'::regclass, attnum) FROM pg_attribute "
               "WHERE attrelid = 'dapil.\"dpr-2024\"'::regclass AND attname = 'kursi'")  # fmt: skip
    assert told == [(kursi.description,)]


def test_keys_indexes_and_references_hold(cluster, release, database, ask):
    from psycopg import errors

    schema = publish(release, database).schema
    indexes = [row[0] for row in ask("SELECT indexdef FROM pg_indexes WHERE schemaname = %s", schema)]
    for layer in release.layers:
        own = [text for text in indexes if f'."{layer}" ' in text]
        assert sum("USING gist (geom)" in text for text in own) == 1, layer
        assert sum("UNIQUE" in text for text in own) == 2, "fid, and id or kode"
    assert any('."dpr-2024" USING btree (kode_provinsi)' in text for text in indexes)
    wrong = [
        (
            f"INSERT INTO {schema}.assignment VALUES (9999, 'dpr-1900', '31', '3101')",
            errors.ForeignKeyViolation,
        ),
        (f"UPDATE {schema}.\"unit-kabkota\" SET kode_provinsi = '99'", errors.ForeignKeyViolation),
        (f'UPDATE {schema}."dpr-2024" SET tahun = 2019', errors.CheckViolation),
        (f"UPDATE {schema}.\"dpr-2024\" SET id = 'x'", errors.UniqueViolation),
    ]
    for statement, error in wrong:
        with pytest.raises(error):
            ask(statement)


def test_views_follow_the_current_release_and_what_hangs_on_them_stays(cluster, releases, database, ask):
    publish(releases[0], database)
    ask('CREATE VIEW public.mine AS SELECT id, kursi FROM dapil."dpr-2024"')
    ask("DROP ROLE IF EXISTS looker")
    ask("CREATE ROLE looker")
    ask('GRANT SELECT ON dapil."dpr-2024" TO looker')
    publish(releases[1], database)
    assert {kursi for _, kursi in ask("SELECT * FROM public.mine")} == {7}
    assert ask("SELECT has_table_privilege('looker', 'dapil.\"dpr-2024\"', 'SELECT')") == [(True,)]
    ask('REVOKE SELECT ON dapil."dpr-2024" FROM looker')
    years = ask('SELECT tahun, count(*) FROM dapil."dapil-dpr" GROUP BY 1 ORDER BY 1')
    assert years == [(2019, 4), (2024, 5)]
    plan = "\n".join(row[0] for row in ask('EXPLAIN SELECT * FROM dapil."dapil-dpr" WHERE tahun = 2024'))
    assert "dpr-2024" in plan
    assert "dpr-2019" not in plan


def test_a_view_of_no_current_table_goes(releases, database, ask):
    publish(releases[0], database)
    ask('CREATE VIEW dapil."dpr-1999" AS SELECT * FROM ' + schema_of(releases[0].id) + '."dpr-2019"')
    ask("CREATE VIEW dapil.mine AS SELECT 1 AS one")
    publish(releases[1], database)
    views = {name for (name,) in ask("SELECT viewname FROM pg_views WHERE schemaname = 'dapil'")}
    assert "dpr-1999" not in views
    assert {"mine", "dpr-2024", "dapil-dpr", "plans"} <= views


def test_the_same_release_again_is_compared_and_left(release, database, ask):
    assert publish(release, database).state == "published"
    before = snapshot(ask)
    assert publish(release, database).state == "verified"
    assert snapshot(ask) == before


@pytest.mark.parametrize(
    "damage",
    ['UPDATE {}."dpr-2024" SET kursi = 99 WHERE fid = 1', 'DELETE FROM {}."unit-desa" WHERE fid = 2',
     'UPDATE {}."dpd-2024" SET geom = ST_Multi(ST_Buffer(geom, 1e-6)) WHERE fid = 1',
     "UPDATE {}.features SET text = text || 'x' WHERE row = 7", "DROP TABLE {}.columns",
     "UPDATE {}.features SET deflate = substr(deflate, 2) WHERE row = 7", "DROP TABLE {}.assignment CASCADE",
     "UPDATE {}.features SET crc_before = crc_before + 1 WHERE row = 3",
     "UPDATE {}.columns SET title = 'x' WHERE position = 0 AND table_name = 'plans'",
     "UPDATE dapil.releases SET manifest = manifest || '{{\"format\": 1}}'",
     "UPDATE dapil.releases SET manifest = manifest || '{{\"more\": 1}}'"],
)  # fmt: skip
def test_a_damaged_release_is_refused_until_it_is_replaced(release, database, ask, damage):
    schema = publish(release, database).schema
    ask("SET session_replication_role = replica;" + damage.format(schema))
    with pytest.raises(ReleaseError, match=r"not as it is in .*--replace"):
        publish(release, database)
    assert publish(release, database, replace=True).state == "replaced"
    assert publish(release, database).state == "verified"


def test_an_older_release_can_be_made_current_again(releases, database, ask):
    for each in (releases[0], releases[1], releases[0]):
        publish(each, database)
        assert current(ask) == each.id
    assert [row[0] for row in ask("SELECT id FROM dapil.releases ORDER BY published DESC")] == [
        releases[0].id, releases[1].id,
    ]  # fmt: skip


def test_keep_drops_the_oldest_and_never_the_current_one(releases, database, ask):
    for each in releases:
        publish(each, database)
    done = publish(releases[0], database, keep=2)  # the oldest is current now
    assert done.dropped == (releases[1].id,)
    schemas = {name for (name,) in ask("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'dapil\\_%'")}
    assert schemas == {schema_of(releases[0].id), schema_of(releases[2].id)}
    assert publish(releases[2], database, keep=1).dropped == (releases[0].id,)
    assert current(ask) == releases[2].id


def test_keep_leaves_what_other_objects_hang_on(releases, database, ask):
    publish(releases[0], database)
    ask(f'CREATE VIEW public.old AS SELECT id FROM {schema_of(releases[0].id)}."dpr-2024"')
    done = publish(releases[1], database, keep=1)
    assert (done.dropped, done.kept) == ((), (releases[0].id,))
    assert len(ask("SELECT * FROM public.old")) == 5


def test_who_may_read_may_read_the_next_release_too(cluster, releases, database, ask):
    ask("DROP ROLE IF EXISTS reader")
    ask("CREATE ROLE reader LOGIN")
    publish(releases[0], database, grant=["reader"])
    publish(releases[1], database)
    address = database.replace("dapil@", "reader@")
    for each in releases[:2]:
        with cluster.connect(address) as connection:
            rows = connection.execute(f'SELECT count(*) FROM {schema_of(each.id)}."dpr-2024"').fetchall()
            assert rows == [(5,)]
    from boundaries.service.ogcapi.layers import Layers

    assert len(Layers.of(address)["dpr-2024"]) == 5
    with pytest.raises(ReleaseError, match=r"forbids it.*nothing was changed"):
        publish(releases[2], address)
    ask("DROP OWNED BY reader")


# Whatever fails, nothing changed


def steps(release: Release, database: str, **options: Any) -> list[str]:
    told: list[str] = []
    publish(release, database, tell=told.append, **options)
    return told


@pytest.mark.parametrize("there", [False, True], ids=["first", "replaced"])
def test_a_lost_connection_at_any_step_changes_nothing(cluster, releases, database, ask, there):
    publish(releases[0], database)
    if there:
        publish(releases[1], database)
        publish(releases[0], database)
    before = snapshot(ask)
    for step in (1, 5, 14, 15, 16, 17, 18):
        told: list[str] = []

        def tell(text: str, told: list[str] = told, step: int = step) -> None:
            told.append(text)
            if len(told) == step:
                ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid()")  # fmt: skip

        with pytest.raises(ReleaseError, match=r"connection .* was lost.*nothing was changed"):
            publish(releases[1], database, replace=there, tell=tell)
        assert len(told) == step
        assert snapshot(ask) == before
    assert len(steps(releases[1], database, replace=there)) == 18, "the last step was among them"
    assert current(ask) == releases[1].id


def test_a_killed_program_changes_nothing(cluster, releases, database, ask):
    publish(releases[0], database)
    before = snapshot(ask)
    program = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from boundaries.postgis.publish import publish
        from boundaries.release.store import open_release
        def tell(step):
            if step == sys.argv[3]:
                os.kill(os.getpid(), signal.SIGKILL)
        publish(open_release(Path(sys.argv[1])), sys.argv[2], tell=tell)
    """)
    for step in ("table unit-kabkota", "making it the current release"):
        done = subprocess.run(
            [sys.executable, "-c", program, str(releases[1].path), database, step],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}, check=False,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL
        alone = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert wait_until(lambda: ask(alone) == [(0,)])  # noqa: B023 - called at once
        assert snapshot(ask) == before


@pytest.mark.parametrize(
    ("tag", "code", "words"),
    [("CREATE TABLE", "53100", "the disk of .* is full .*--keep"),
     ("CREATE INDEX", "53100", "the disk of .* is full .*--keep"),
     ("CREATE VIEW", "53100", "the disk of .* is full .*--keep"),
     ("CREATE INDEX", "22003", "refuses the rows .*dapil verify"),
     ("COMMENT", "XX000", "answers with an error"), ("CREATE VIEW", "55P03", "in use for too long")],
)  # fmt: skip
def test_a_failing_statement_changes_nothing_and_names_the_mend(releases, database, ask, tag, code, words):
    publish(releases[0], database)
    ask(f"""CREATE FUNCTION public.fail() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'made to fail' USING ERRCODE = '{code}'; END $$""")
    ask(f"CREATE EVENT TRIGGER fail ON ddl_command_end WHEN TAG IN ('{tag}') EXECUTE FUNCTION public.fail()")
    before = snapshot(ask)
    with pytest.raises(ReleaseError, match=f"{words}.*") as caught:
        publish(releases[1], database)
    assert "nothing was changed" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert snapshot(ask) == before
    ask("DROP EVENT TRIGGER fail")


def test_a_view_that_is_held_for_too_long_is_told(cluster, releases, database, ask, monkeypatch):
    publish(releases[0], database)
    before = snapshot(ask)
    monkeypatch.setattr(publish_module, "_LOCK_TIMEOUT", "200ms")
    with cluster.connect(database) as connection, connection.transaction():
        connection.execute('SELECT count(*) FROM dapil."dpr-2024"').fetchall()
        with pytest.raises(ReleaseError, match=r"in use for too long .*wait for long queries"):
            publish(releases[1], database)
    assert snapshot(ask) == before
    assert publish(releases[1], database).state == "published"


def test_a_disk_that_is_full_changes_nothing(cluster, release, database, ask):
    directory = Path(tempfile.mkdtemp(dir=cluster.directory))
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(directory)]
    if os.getuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        space = directory / "space"
        space.mkdir()
        os.chown(space, *unprivileged())
        ask(f"CREATE TABLESPACE tiny LOCATION '{space}'")
        with cluster.connect() as connection:
            connection.execute(f"ALTER DATABASE {database.rpartition('/')[2]} SET default_tablespace = tiny")
        before = snapshot(ask)
        with pytest.raises(
            ReleaseError, match=r"the disk of .* is full .*No space left.*nothing was changed"
        ):
            publish(release, database)
        assert snapshot(ask) == before
        with cluster.connect() as connection:
            connection.execute(f"DROP DATABASE {database.rpartition('/')[2]}; ")
            connection.execute("DROP TABLESPACE tiny")
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def test_what_was_written_wrongly_is_not_published(releases, database, ask, monkeypatch):
    from boundaries.postgis import schema as publish_schema

    publish(releases[0], database)
    before = snapshot(ask)
    dated = publish_schema._dated
    monkeypatch.setattr(publish_schema, "_dated", lambda record, dates: (*dated(record, dates)[:-1], "x"))
    with pytest.raises(ReleaseError, match=r"not what was sent: the rows of .* differ"):
        publish(releases[1], database)
    assert snapshot(ask) == before


def test_two_publishers_wait_for_each_other(cluster, releases, database, ask):
    import threading

    told: list[str] = []
    inside, done = threading.Event(), []

    def slow(step: str) -> None:
        inside.set()
        wait_until(lambda: any("waiting" in text for text in told))

    first = threading.Thread(target=lambda: done.append(publish(releases[0], database, tell=slow)))
    first.start()
    assert inside.wait(10)
    done.append(publish(releases[1], database, tell=told.append))
    first.join()
    assert [each.release for each in done] == [releases[0].id, releases[1].id]
    assert told[0] == "waiting for another dapil publish to end"
    assert current(ask) == releases[1].id


# One sentence for each thing that is wrong


def test_the_command_tells_and_ends_with_its_code(release, database):
    done = run("--to", database, "--json", str(release.path))
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["state"], told["release"], told["features"]) == ("published", release.id, 53)
    again = run(str(release.path), DAPIL_DATABASE=database)
    assert again.exit_code == 0
    assert again.stdout.startswith(
        f"verified {release.id} in {database}, schema {told['schema']}: 53 features"
    )
    assert run("--to", database, "--keep", "0", str(release.path)).exit_code == 2
    assert run(str(release.path), DAPIL_DATABASE="").exit_code == 2


def test_a_wrong_address_or_database_is_one_sentence_with_the_mend(cluster, release, database, ask):
    ask("DROP ROLE IF EXISTS secretive")
    ask("CREATE ROLE secretive LOGIN PASSWORD 'another'")
    here = f"127.0.0.1:{cluster.port}"
    cases = {
        f"postgresql://secretive:{SECRET}@{here}/postgres": "password authentication failed.*check user and password",
        f"postgresql://secretive@{here}/postgres": "no password supplied.*PGPASSWORD",
        f"postgresql://dapil:{SECRET}@{here}/nowhere": 'database "nowhere" does not exist.*createdb',
        f"postgresql://nobody:{SECRET}@{here}/postgres": 'role "nobody" does not exist.*createuser',
        f"postgresql://dapil:{SECRET}@127.0.0.1:1/postgres": "refused.*check that the server runs",
        f"postgresql://dapil:{SECRET}@nowhere.invalid/postgres": "cannot connect.*check the name of the host",
        f"postgresql://dapil:{SECRET}@x@{here}/postgres": "not of the form postgresql://user@host",
        f"postgresql://dapil:{SECRET}/x@{here}/postgres": "not of the form postgresql://user@host",
        f"postgresql://dapil:%zz{SECRET}@{here}/postgres": "cannot be read",
        f"postgresql://dapil@{here}/postgres?nonsense={SECRET}": "cannot be read",
        f"postgresql://dapil@{here}/postgres?pool_size=0&password={SECRET}": "pool_size",
        f"mysql://dapil:{SECRET}@{here}/postgres": "not of the form postgresql://user@host",
    }  # fmt: skip
    for address, words in cases.items():
        done = run("--to", address, str(release.path))
        assert done.exit_code == 6, (address, done.output)
        assert re.search(words, done.stderr), (words, done.stderr)
        assert done.stderr.startswith("dapil: ")
        assert done.stderr.count("\n") == 1
        assert SECRET not in done.output
    ask("DROP ROLE secretive")


def test_no_password_is_told_anywhere(cluster, release, database, caplog):
    address = database.replace("dapil@", f"dapil:{SECRET}@") + f"?application_name=x&password={SECRET}"
    with caplog.at_level("DEBUG"):
        told: list[str] = []
        done = publish(release, address, tell=told.append)
        place = Address.parse(address)
        from boundaries.service.ogcapi.layers import Layers

        package = Layers.of(address).package
        package.facts(3)
    for text in (repr(done), repr(place), str(told), package.address, repr(vars(package)), caplog.text):
        assert SECRET not in text
    assert package.address == f"{database}?application_name=x&release={release.id}"


def test_without_postgis_a_superuser_or_an_installation_is_asked_for(cluster, release, ask, monkeypatch):
    bare = cluster.database(postgis=False)
    ask("DROP ROLE IF EXISTS plain")
    ask("CREATE ROLE plain LOGIN")
    name = bare.rpartition("/")[2]
    ask(f"GRANT CREATE ON DATABASE {name} TO plain")
    with pytest.raises(ReleaseError, match="let a superuser run there: CREATE EXTENSION postgis"):
        publish(release, bare.replace("dapil@", "plain@"))
    ask(f"REVOKE CREATE ON DATABASE {name} FROM plain")
    fetching = publish_module.fetching
    monkeypatch.setattr(
        publish_module, "fetching",
        lambda connection: lambda q, v=(): [] if "pg_available" in q else fetching(connection)(q, v),
    )  # fmt: skip
    with pytest.raises(ReleaseError, match=r"install it there .*postgis-3"):
        publish(release, bare)
    monkeypatch.undo()
    assert publish(release, bare).state == "published", "created where it may be"


def test_postgis_may_live_in_another_schema(cluster, release):
    elsewhere = cluster.database(postgis=False)
    with cluster.connect(elsewhere) as connection:
        connection.execute("CREATE SCHEMA extensions; CREATE EXTENSION postgis SCHEMA extensions")
    assert publish(release, elsewhere).state == "published"
    from boundaries.service.ogcapi.layers import Layers

    assert len(Layers.of(elsewhere)["dpr-2024"].geometries([0, 1])) == 2


def test_an_old_server_another_encoding_and_a_standby_are_refused(cluster, release, database, monkeypatch):
    monkeypatch.setattr(publish_module, "OLDEST", 990000)
    with pytest.raises(ReleaseError, match="99 or later is needed: upgrade the server"):
        publish(release, database)
    monkeypatch.undo()
    with cluster.connect() as connection:
        connection.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(ReleaseError, match=r"encoded in LATIN1; make the database with: createdb"):
        publish(release, cluster.address("latin"))
    with pytest.raises(ReleaseError, match=r"standby, .* name the primary"):
        publish_module._check_server(lambda query: [("UTF8", True)], 150000, Address.parse(database))


def test_a_role_that_is_not_there_is_named(release, database, ask):
    before = snapshot(ask)
    with pytest.raises(ReleaseError, match=r"no role 'nobody' .*CREATE ROLE .nobody. LOGIN"):
        publish(release, database, grant=["nobody"])
    assert snapshot(ask) == before


def test_without_the_extra_the_extra_is_named(release, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] in ("psycopg", "psycopg_pool")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = run("--to", "postgresql://h/d", str(release.path))
    assert done.exit_code == MissingExtra.exit_code == 2
    assert "pip install 'peta-dapil[postgis]'" in done.stderr
    from boundaries.service.ogcapi.layers import Layers

    with pytest.raises(MissingExtra, match="peta-dapil\\[postgis\\]"):
        Layers.of("postgresql://h/d")


@pytest.mark.parametrize(
    ("release_id", "schema"),
    [("kemendagri-2025-ea6d621736f1", "dapil_kemendagri_2025_ea6d621736f1"),
     ("gadm-4.1-0123456789ab", "dapil_gadm_4.1_0123456789ab")],
)  # fmt: skip
def test_the_schema_is_named_by_the_release(release_id, schema):
    assert schema_of(release_id) == schema


def test_long_names_of_releases_stay_apart():
    long = "sebuah-sumber-dengan-nama-yang-sangat-panjang-sekali-tahun-2025"
    names = {schema_of(f"{long}-{number:012x}") for number in range(3)}
    assert len(names) == 3
    assert max(map(len, names)) <= 63
