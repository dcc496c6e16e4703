"""McNemar's p, mean and spread, against figures worked by hand or known."""

import pytest

from keras_ref import results


def test_mcnemar():
    assert results.mcnemar(0, 0) == 1
    assert results.mcnemar(3, 3) == 1
    assert results.mcnemar(0, 5) == pytest.approx(2 / 32)
    assert results.mcnemar(1, 5) == pytest.approx(2 * 7 / 64) == results.mcnemar(5, 1)


def test_mean_and_spread():
    assert results.mean_sd([2.0]) == (2.0, 0.0)
    assert results.mean_sd([1.0, 3.0]) == pytest.approx((2.0, 2**0.5))
