"""Intervals and McNemar, against figures worked by hand or known."""

import pytest

from keras_ref import stats


def test_interval_of_the_courses_accuracy():
    low, high = stats.wilson(283, 341)  # 0.83 at 341 pictures: +-4.0 points
    assert (high - low) / 2 == pytest.approx(0.040, abs=0.0005)
    assert low < 283 / 341 < high


def test_interval_stays_in_range():
    assert stats.wilson(0, 5)[0] == 0 and 0 < stats.wilson(0, 5)[1] < 0.5
    assert stats.wilson(5, 5)[1] == 1


def test_mcnemar():
    assert stats.mcnemar(0, 0) == 1
    assert stats.mcnemar(3, 3) == 1
    assert stats.mcnemar(0, 5) == pytest.approx(2 / 32)
    assert stats.mcnemar(1, 5) == pytest.approx(2 * 7 / 64) == stats.mcnemar(5, 1)


def test_mean_and_spread():
    assert stats.mean_sd([2.0]) == (2.0, 0.0)
    assert stats.mean_sd([1.0, 3.0]) == pytest.approx((2.0, 2**0.5))
