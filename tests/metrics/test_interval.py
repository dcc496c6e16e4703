"""The 95% interval of an accuracy: by hand, at the ends, and against what a score test accepts."""

import math

import pytest

from minicnn.metrics import interval


def test_by_hand():
    assert interval(283, 341) == pytest.approx((0.7864, 0.8661), abs=5e-5)
    assert interval(1, 2) == pytest.approx((0.0945, 0.9055), abs=5e-5)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 50), (50, 50), (3, 50), (25.5, 50)])
def test_its_ends_are_where_the_score_test_gives_up(right, n):
    """|share - p| = z * sqrt(p (1 - p) / n) holds at both ends, but for those that lie at 0 or 1."""
    for end in interval(right, n):
        distance = 1.959964 * math.sqrt(end * (1 - end) / n)
        assert abs(right / n - end) == pytest.approx(distance, abs=1e-7)


@pytest.mark.parametrize("n", [1, 7, 341])
def test_it_holds_the_share_and_stays_within_0_and_1(n):
    for right in range(n + 1):
        low, high = interval(right, n)
        assert 0 <= low < high <= 1 and low - 1e-12 <= right / n <= high + 1e-12


@pytest.mark.parametrize(("right", "n", "name"), [(0, 0, "n"), (1, -1, "n"), (3, 2, "right"), (-1, 2, "right")])
def test_what_is_no_share_is_refused(right, n, name):
    with pytest.raises(ValueError, match=f"`{name}` must .* Received: "):
        interval(right, n)
