"""What is doubtful or lacking in a plan: told once, in both languages, the same in files and pages."""

from boundaries.law.doubts import caveats


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
