"""Tables of ten million rows: every command that takes one refuses it by its size, before it is read."""

import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from boundaries.cli import main
from boundaries.elections.table_check import check_table
from boundaries.elections.tabular import read_any
from boundaries.errors import BoundariesError, PlanError, TableError
from boundaries.law import tables
from boundaries.law.registry import Registry
from boundaries.release.store import Release, open_release
from boundaries.research.linktable import read_links
from boundaries.research.own_plan import read_people, read_plan
from tests.small import make_small_release


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return open_release(make_small_release(tmp_path_factory.mktemp("small")))


#: The least that ten million rows have: ``11.01,1`` and the end of a line; of a map a point each.
ROWS = 10_000_000
TABLE = 8 * ROWS
MAP = 60 * ROWS

Reader = Callable[[Path], object]


def sparse(path: Path, size: int) -> Path:
    """A file of so many bytes of which nothing is on the disk."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """No such file may be read as a whole."""
    whole = Path.read_bytes

    def read(self: Path) -> bytes:
        assert self.stem != "r", f"{self.name} was read"
        return whole(self)

    monkeypatch.setattr(Path, "read_bytes", read)


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    ("name", "size"),
    [(f"r.{ending}", TABLE) for ending in ("csv", "json")]
    + [(f"r.{ending}", MAP) for ending in ("gpkg", "geojson", "fgb", "shp", "kml")],
)
def test_a_plan(name: str, size: int, registry: Registry, tmp_path: Path) -> None:
    path = sparse(tmp_path / name, size)
    with pytest.raises(PlanError, match=rf"{name}: {size:,} bytes, .*; keep"):
        read_plan(path, registry, ground=lambda: pytest.fail("units were read"))


@pytest.mark.usefixtures("unread")
def test_the_parts_of_a_map_count(registry: Registry, tmp_path: Path) -> None:
    path = sparse(tmp_path / "r.shp", 100)
    sparse(tmp_path / "r.dbf", MAP)
    sparse(tmp_path / "other.dbf", 2 * MAP)
    with pytest.raises(PlanError, match=r"r\.dbf: .* bytes"):
        read_plan(path, registry, ground=lambda: pytest.fail("units were read"))


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    "read",
    [
        lambda path: check_table(path, "hasil"),
        read_any,
        lambda path: read_links(path, set()),
        lambda path: read_people(path, Registry({})),
    ],
)
def test_a_table(read: Reader, tmp_path: Path) -> None:
    with pytest.raises(BoundariesError, match=r"r\.csv: 80,000,000 bytes, .*; keep"):
        read(sparse(tmp_path / "r.csv", TABLE))


@pytest.mark.parametrize("read", [lambda path: check_table(path, "hasil"), read_any])
def test_a_packed_table_that_is_small_itself(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openpyxl, "load_workbook", lambda _: pytest.fail("the sheet was read"))
    sheet, packed = tmp_path / "r.xlsx", tmp_path / "r.csv.xz"
    with (
        zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(200):
            part.write(bytes(1 << 20))
    with lzma.open(packed, "wb", preset=0) as text:
        for _ in range(100):
            text.write(bytes(1 << 20))
    assert max(sheet.stat().st_size, packed.stat().st_size) < 1 << 20
    for path in (sheet, packed):
        with pytest.raises(TableError, match=r"unpacked, more than the .*; keep"):
            read(path)


def test_more_lines_than_a_spreadsheet_has(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a,b\n" + "1,2\n" * (1 << 20))
    for read in (read_any, lambda path: read_plan(path, registry), lambda path: read_people(path, registry)):
        with pytest.raises(BoundariesError, match=r"1,048,577 lines, .*; keep"):
            read(path)


def test_more_rows_than_there_are_units(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("kode,dapil\n" + "32.18.01,1\n" * 100_000)
    with pytest.raises(PlanError, match="100,000 rows, and there are "):
        read_plan(path, registry)


def test_what_is_meant_is_sought_only_for_what_is_shown(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Registry, "suggest", lambda _, code: asked.append(code) or "write another")
    path = tmp_path / "r.csv"
    path.write_text("kode,dapil\n" + "".join(f"99.{n:04d},1\n" for n in range(1000)))
    with pytest.raises(PlanError, match="and 990 more"):
        read_plan(path, registry)
    path.write_text("kode,penduduk\n" + "".join(f"99.{n:04d},1\n" for n in range(1000)))
    with pytest.raises(PlanError, match="and 990 more"):
        read_people(path, registry)
    assert len(asked) == 2 * tables.SHOWN


def test_a_packed_table_is_read_as_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "r.csv.xz"
    path.write_bytes(lzma.compress(b"dapil,x\nA,1\n"))
    assert read_any(path).to_dict("records") == [{"dapil": "A", "x": "1"}]
    path.write_bytes(lzma.compress(b"dapil,x\nA,1\n")[:-8])
    with pytest.raises(TableError, match="cut off"):
        read_any(path)
    (tmp_path / "r.csv").write_bytes(b"dapil\r,x\nA,1\n")
    with pytest.raises(TableError):
        read_any(tmp_path / "r.csv")


def test_what_is_large_and_right_is_read(tmp_path: Path) -> None:
    rows = tables.MOST_LINES - 1
    path = tmp_path / "r.csv"
    path.write_text("a,b\n" + "1,2\n" * rows)
    assert len(read_any(path)) == rows


@pytest.mark.usefixtures("unread")
@pytest.mark.parametrize(
    "words",
    [
        ["check", "r.csv"],
        ["check", "r.gpkg"],
        ["score", "r.csv"],
        ["compare", "r.csv", "r.json"],
        ["crosswalk", "dpr-2024", "r.csv"],
        ["graph", "--level", "kabkota", "--tautan", "r.csv"],
        ["join", "r.csv", "--plan", "dpr-2024", "-o", "out.gpkg"],
    ],
    ids=" ".join,
)
def test_the_command_says_it_in_one_sentence(words: list[str], release: Release, tmp_path: Path) -> None:
    for name, size in (("r.csv", TABLE), ("r.json", TABLE), ("r.gpkg", MAP)):
        sparse(tmp_path / name, size)
    named = [str(tmp_path / word) if word.startswith(("r.", "out.")) else word for word in words]
    ran = CliRunner().invoke(main, [*named, "-r", str(release.path)])
    assert ran.exit_code == 3, ran.output
    assert "bytes, more than the" in ran.output
    assert isinstance(ran.exception, SystemExit)


def test_a_packed_file_says_nothing_of_itself(tmp_path: Path) -> None:
    """An archive that is cut off declares no size: who reads it says what is wrong."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a", b"x" * 1000)
    path = tmp_path / "r.xlsx"
    path.write_bytes(buffer.getvalue()[:-30])
    with pytest.raises(TableError, match="cannot be read as XLSX"):
        read_any(path)
