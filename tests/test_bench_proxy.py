"""What is reckoned of election day, and that the documents show the proxy that was measured."""

import re
from collections import Counter

import pytest

from bench.proxy import CONFIG, Costs, Tally, reckoned
from tests.docs_help import DOCS


@pytest.mark.parametrize("page", ["scale.md", "scale.id.md"])
def test_the_documents_show_the_proxy_that_was_measured(page: str) -> None:
    block = re.search(r"```nginx\n(.+?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    assert block
    shown = {line.strip() for line in block[1].splitlines() if "proxy_" in line}
    measured = {
        line.strip().replace("{folder}/cache", "/var/cache/nginx/dapil") for line in CONFIG.splitlines()
    }
    assert len(shown) == 11
    assert shown <= measured


def test_a_share_is_of_all_that_was_asked() -> None:
    tally = Tally(
        cache=Counter(HIT=90, STALE=4, MISS=5, EXPIRED=1), bytes=Counter(kept=900, origin=100), visitors=10
    )
    costs = Costs.of(tally, proxy_s=0.02, origin_s=0.05)
    assert (costs.requests, costs.origin_requests, costs.share) == (10, 0.6, 0.94)
    assert (costs.bytes, costs.origin_bytes, costs.share_bytes) == (100, 10, 0.9)
    assert (costs.proxy_ms, costs.origin_ms) == (2, 5)


def test_an_hour_is_reckoned_from_one_visitor() -> None:
    one = Costs(20, 0.1, 900_000, 100, 1.0, 0.1, 0.99, 0.99)
    direct = Costs(20, 20, 900_000, 900_000, 0.0, 9.0, 0.0, 0.0)
    told = reckoned(one, direct, 3_600_000)
    for figure in (
        "1,000 visitors/s",
        "20,000 requests/s",
        "7.20 Gbit/s",
        "3.24 TB",
        "proxy 1.00",
        "without one 9.0",
    ):
        assert figure in told
