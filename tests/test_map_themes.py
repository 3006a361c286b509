"""The themes of the map page in a real browser, from a folder that was opened from a disk: nothing but files."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boundaries.elections import toy_tables
from boundaries.release.store import open_release
from boundaries.site.site_folder import PAGES, write_site
from tests.browser_help import DESKTOP, PHONE, Visit, chromium, visit_in
from tests.small import make_small_release

SCREENS = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("themes")
    write_site(open_release(make_small_release(place / "releases")), place / "peta")
    return place / "peta"


@pytest.fixture(scope="module")
def contexts(browser: Any) -> Iterator[dict[str, Any]]:
    settings = {"service_workers": "block", "reduced_motion": "reduce", "accept_downloads": True}
    made = {name: browser.new_context(**settings, **screen) for name, screen in SCREENS.items()}
    yield made
    for context in made.values():
        context.close()


@pytest.fixture
def desk(contexts: dict[str, Any], site: Path) -> Iterator[Visit]:
    with visit_in(contexts["desktop"], site.as_uri()) as found:
        yield found


def opened(visit: Visit, hash_: str = "", language: str = "id") -> Visit:
    """Open the page anew and wait until all of the view is there."""
    visit.page.goto("about:blank")
    visit.page.goto(f"{visit.base}/{PAGES[language]}{hash_}")  # type: ignore[index]
    visit.page.wait_for_selector("html[data-ready='yes'][data-whole]")
    return visit


def legend(visit: Visit) -> str:
    visit.settle()
    return str(visit.page.locator("#legend").inner_text())


def files(visit: Visit) -> set[str]:
    return {url.rpartition("/")[2].removesuffix(".js") for url in visit.requests}


def winners() -> dict[str, str]:
    """The party with the most votes in each dapil of the DPR of 2024, by its short name."""
    rows = toy_tables.read_set("hasil-dpr-2024")
    names = {key: short for key, short, *_ in toy_tables.PARTIES}
    best = rows.loc[rows.groupby("kode_dapil")["suara"].idxmax()]
    return dict(zip(best["kode_dapil"], best["partai"].map(names), strict=True))


# --- the menu ---


def test_results_are_asked_for_only_when_a_theme_is_chosen(desk: Visit) -> None:
    opened(desk)
    assert not any(name.startswith("map-results") for name in files(desk))
    desk.page.select_option("#tema", "pemenang")
    desk.page.locator(".themetable").wait_for()
    assert desk.hash["tema"] == "pemenang"
    assert {
        name for name in files(desk) if "results" in name or "elected" in name or "candidates" in name
    } == {"map-results-dpr-2024.json"}


@pytest.mark.parametrize(("language", "reason"), [("id", "suara belum ditemukan"), ("en", "no votes found")])
def test_what_a_plan_has_no_data_for_is_there_with_the_reason_and_cannot_be_chosen(
    desk: Visit, language: str, reason: str
) -> None:
    opened(desk, "#lembaga=dprd-kabkota&tahun=2014", language)
    option = desk.page.locator("#tema option[value=pemenang]")
    assert option.is_disabled()
    assert reason in option.inner_text()
    assert desk.page.locator("#tema option[value=luas]").is_enabled()


def test_a_theme_that_the_next_plan_lacks_gives_way_aloud(desk: Visit) -> None:
    opened(desk, "#lembaga=dpr&tahun=2024&tema=partisipasi")
    desk.page.locator("#lembaga-dpd").check()
    desk.page.locator("#panel .note", has_text="Partisipasi").wait_for()
    assert "tema" not in desk.hash
    opened(desk, "#lembaga=dpd&tahun=2024&tema=pemenang")
    assert "tema" not in desk.hash or desk.page.locator("#tema").input_value() == "kursi"


def test_every_theme_is_chosen_by_key_and_says_what_it_shows(desk: Visit) -> None:
    opened(desk)
    shown = []
    desk.page.locator("#tema").focus()
    for _ in range(20):
        before = desk.page.locator("#tema").input_value()
        desk.page.keyboard.press("ArrowDown")
        desk.page.wait_for_selector("html[data-whole]")
        chosen = desk.page.locator("#tema").input_value()
        if chosen == before:
            break
        shown.append(chosen)
        assert len(legend(desk).split("\n")) > 1, chosen
        assert desk.page.evaluate("document.activeElement.id") == "tema"
    assert {"penduduk", "perubahan-kursi", "luas", "polos", "pemenang", "selisih", "suara-partai", "perubahan-partai",
            "titik", "terbanyak", "kursi-partai", "partisipasi", "perempuan"} <= set(shown)  # fmt: skip


# --- what they show ---


def test_the_winner_stands_in_words_in_legend_table_and_under_the_pointer(desk: Visit) -> None:
    opened(desk, "#lembaga=dpr&tahun=2024&tema=pemenang")
    won = winners()
    told = legend(desk)
    for party in set(won.values()):
        assert f"{party} {list(won.values()).count(party)}" in told
    assert "hasil resmi" in told
    cells = desk.page.locator(".themetable tbody tr").all_inner_texts()
    assert len(cells) == 5
    assert any("Maluku" in row and won["8101"] in row for row in cells)
    assert "Partai dengan suara terbanyak" in desk.page.title()


def test_a_table_is_sorted_by_each_column_and_taken_as_csv(desk: Visit) -> None:
    opened(desk, "#lembaga=dpr&tahun=2024&tema=suara-partai&partai=kenanga")
    rows = toy_tables.read_set("hasil-dpr-2024")
    shares = (
        rows[rows["partai"] == "kenanga"].set_index("kode_dapil")["suara"]
        / rows.groupby("kode_dapil")["suara"].sum()
    )
    values = desk.page.locator(".themetable tbody tr td:nth-child(2)")
    parse = [float(text.rstrip("%\xa0 ").replace(",", ".")) for text in values.all_inner_texts()]
    assert parse == sorted(parse, reverse=True)
    head = desk.page.locator(".themetable thead th").nth(1)
    assert head.get_attribute("aria-sort") == "descending"
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    with desk.page.expect_download() as coming:
        desk.page.locator("button.csv").click()
    assert coming.value.suggested_filename == "peta-dapil-dpr-2024-suara-partai-kenanga.csv"
    text = Path(coming.value.path()).read_text("utf-8-sig")
    read = {row["kode_dapil"]: row for row in csv.DictReader(io.StringIO(text))}
    for code, share in shares.items():
        assert float(read[code]["suara_partai"]) == pytest.approx(float(share))
    assert {row["basis"] for row in read.values()} == {"official"}
    assert {row["tabel"] for row in read.values()} == {"hasil-dpr-2024"}


def test_a_count_says_so_with_its_stations_and_goes_down_to_the_kecamatan(desk: Visit) -> None:
    opened(desk, "#lembaga=dprd-kabkota&tahun=2024&tema=pemenang")
    assert "HITUNGAN, bukan hasil resmi: 75,0" in legend(desk)
    assert "HITUNGAN" in desk.panel
    opened(desk, "#lembaga=dprd-kabkota&tahun=2024&prov=32&tema=pemenang&rinci=kecamatan")
    desk.page.locator(".themetable tbody tr", has_text="Ciwidey").wait_for()
    assert "per kecamatan" in legend(desk)
    assert desk.page.locator("#rinci").is_checked()
    assert "map-votes-dprd-kabkota-2024-32.json" in files(desk)
    desk.page.locator("#rinci").uncheck()
    desk.page.locator(".themetable tbody tr", has_text="Bandung 1").first.wait_for()
    assert "rinci" not in desk.hash


def test_a_party_across_elections_says_how_exact_it_is(desk: Visit) -> None:
    opened(desk, "#lembaga=dpr&tahun=2024&tema=perubahan-partai&partai=melati", "en")
    told = legend(desk)
    assert "Votes of Melati, 2019 → 2024" in told
    assert "inhabitants of kecamatan" in told
    row = desk.page.locator(".themetable tbody tr", has_text="Maluku")
    assert "100.0%" in row.inner_text()  # all of its ground is the same


def test_seats_by_party_are_dots_in_the_colours_of_the_parties(desk: Visit) -> None:
    opened(desk, "#lembaga=dpr&tahun=2024&tema=titik")
    assert desk.page.locator("[data-view=kursi]").get_attribute("aria-pressed") == "true"
    rows = toy_tables.read_set("hasil-dpr-2024")
    for key, short, *_ in toy_tables.PARTIES:
        assert f"{short} {rows[rows['partai'] == key]['kursi'].sum()}" in legend(desk)
    svg = desk.svg()
    assert all(party["colour"] in svg for party in shown_parties(desk))


def shown_parties(visit: Visit) -> list[dict[str, str]]:
    """The parties of the DPR of 2024 as the page has them: short name and colour."""
    text = (Path(visit.base.removeprefix("file://")) / "data" / "map-results-dpr-2024.json").read_text(
        "utf-8"
    )
    return [{"short": short, "colour": colour} for _, _, short, _, colour in json.loads(text)["parties"]]


def test_a_picture_carries_the_title_and_legend_of_the_theme(desk: Visit) -> None:
    opened(desk, "#lembaga=dprd-kabkota&tahun=2024&tema=pemenang")
    svg = desk.svg()
    assert "Partai dengan suara terbanyak, DPRD kabupaten/kota 2024" in svg
    assert "HITUNGAN, bukan hasil resmi" in svg


# --- the card of a dapil ---


@pytest.mark.parametrize("screen", SCREENS)
def test_a_card_tells_who_was_elected_and_fetches_candidates_on_request(
    contexts: dict[str, Any], site: Path, screen: str
) -> None:
    with visit_in(contexts[screen], site.as_uri()) as visit:
        opened(visit, "#lembaga=dpr&tahun=2024&prov=32&dapil=dpr-2024-3201")
        visit.page.locator(".persons").first.wait_for()
        members = toy_tables.read_set("terpilih-dpr-2024").query("kode_dapil == '3201'")
        for name in members["nama"]:
            assert name in visit.panel
        bar = visit.page.locator(".seatsbar")
        assert bar.get_attribute("aria-label").startswith("Kursi tiap partai: ")
        assert sum(map(int, bar.locator("span").all_inner_texts())) == 6
        assert "79,3" in visit.panel  # turnout
        assert "79.332 dari 100.000 pemilih terdaftar" in visit.panel
        assert not any("candidates" in name for name in files(visit))
        visit.page.locator(".results details summary", has_text="Calon").first.click()
        visit.page.locator(".results details details").first.wait_for()
        assert "map-candidates-dpr-2024-32.json" in files(visit)
        assert "tanpa diindeks mesin pencari" in visit.panel


@pytest.mark.slow
def test_a_card_without_results_has_none(desk: Visit) -> None:
    opened(desk, "#lembaga=dpd&tahun=2024&prov=32&dapil=dpd-2024-32")
    assert desk.page.locator(".results").count() == 0
