"""What is doubtful or lacking in a plan: told once, in both languages, the same in files and pages."""

from boundaries.law.doubts import caveats, joined, reasons, told


def test_caveats_are_what_is_lacking_then_differences_then_doubts() -> None:
    plan = {"selisih": '[{"hal": "selisih | difference"}, {"kursi": 1}]', "ragu": '[{"hal": "ragu | doubt"}]'}
    lacking, *others = caveats(
        plan, {"omitted": {"dpr-2024-1101": "no ground", "dpr-2024-1102": "only a part"}}
    )
    assert lacking.startswith("2 dapil tidak ada di rilis ini")
    assert "| 2 dapil are not in this release" in lacking
    assert others == ["selisih | difference", "ragu | doubt"]


def test_a_plan_without_doubts_has_no_caveats_and_a_database_gives_lists() -> None:
    assert caveats({"selisih": None, "ragu": "[]"}, {"omitted": {}}) == []
    assert caveats({"ragu": [{"hal": "ragu"}]}, {}) == ["ragu"]


def test_each_language_has_a_column_and_each_reason_its_units() -> None:
    found = [
        ("satu; dua | one, two", "32.04"),
        ("Tiga. | Three.", ""),
        ("satu; dua | one, two", "32.05"),
        ("lagi", ""),
    ]
    own, english = joined(found, "id"), joined(found, "en")
    assert reasons(own) == ["satu; dua (32.04, 32.05)", "Tiga.", "lagi"]
    assert reasons(english) == ["one, two (32.04, 32.05)", "Three.", "lagi"]
    assert joined([], "id") is None
    assert reasons(None) == reasons("") == []


def test_doubts_stand_apart_from_remarks_in_the_table_of_plans() -> None:
    plan = {"ragu": '[{"hal": "ragu"}]', "ragu_en": '[{"hal": "doubt"}]', "catatan": '[{"hal": "catatan"}]'}
    assert told(plan, "ragu") == ["ragu | doubt"]
    assert told(plan, "catatan") == ["catatan"]
    assert caveats(plan, {}) == ["ragu | doubt", "catatan"]
