"""How figures are judged and shown; what they are is measured by `make bench`."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest

from bench import load, record
from bench.house import Figure, ratio


@pytest.mark.parametrize(
    ("values", "bounds", "verdict"),
    [
        ([150, 250, 300], {"least": 200}, "reached"),
        ([150, 190, 900], {"least": 200}, "MISSED"),
        ([390, 410, 420], {"least": 200, "goal": 400}, "goal reached"),
        ([3, 4, 90], {"most": 5, "goal": 2.5}, "reached"),
        ([1, 2, 90], {"most": 5, "goal": 2.5}, "goal reached"),
        ([5.1], {"most": 5}, "MISSED"),
        ([7], {}, ""),
    ],
)
def test_the_median_is_judged(values: list[float], bounds: dict[str, float], verdict: str) -> None:
    assert Figure("one", values, "ms", **bounds).verdict == verdict


def test_each_repeat_is_compared_with_the_floor_of_the_same_repeat() -> None:
    assert list(ratio("one", [10, 40], [20, 40], least=0.4).values) == [0.5, 1.0]


def test_arrivals_come_at_the_rate_asked_for_and_not_evenly() -> None:
    moments = list(islice(load.arrivals(100), 2_000))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert moments == sorted(moments) and 18 < moments[-1] < 22
    assert max(gaps) > 5 * sum(gaps) / len(gaps)


def test_the_page_shows_median_spread_and_verdict() -> None:
    row = record._row(Figure("submit: p95", [80, 90, 120], "ms", most=100))
    assert row == "| p95 | 90 ms | 80 to 120, n=3 | at most 100 | reached |"
