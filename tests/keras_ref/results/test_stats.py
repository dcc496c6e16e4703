"""McNemar's p, mean and spread, against figures worked by hand or known."""

import numpy as np
import pytest

from keras_ref import results
from keras_ref.results.stats import student


def test_mcnemar():
    assert results.mcnemar(0, 0) == 1
    assert results.mcnemar(3, 3) == 1
    assert results.mcnemar(0, 5) == pytest.approx(2 / 32)
    assert results.mcnemar(1, 5) == pytest.approx(2 * 7 / 64) == results.mcnemar(5, 1)


def test_mean_and_spread():
    assert results.mean_sd([2.0]) == (2.0, 0.0)
    assert results.mean_sd([1.0, 3.0]) == pytest.approx((2.0, 2**0.5))


@pytest.mark.parametrize(
    ("t", "freedom", "p"),  # from the tables of Student's t
    [(12.7062, 1, 0.05), (2.7764, 4, 0.05), (2.2281, 10, 0.05), (1.9600, 1e6, 0.05), (63.657, 1, 0.01), (0, 7, 1)],
)
def test_students_t_is_that_of_the_tables(t, freedom, p):
    assert student(t, freedom) == pytest.approx(p, rel=1e-3) == student(-t, freedom)


def test_one_seed_is_a_paired_t_test_over_pictures():
    """Eight of ten pictures differ by nothing, two in favour of a: mean 0.2, variance 0.16 * 10 / 9 / 10."""
    a = np.array([[1, 1, 1, 0, 1, 0, 1, 1, 1, 1]], bool)
    b = np.array([[0, 0, 1, 0, 1, 0, 1, 1, 1, 1]], bool)
    assert results.paired(a, b) == pytest.approx(student(0.2 / np.sqrt(0.16 / 9), 9)) == results.paired(b, a)
    assert results.paired(a, a) == 1 and results.paired(np.ones((2, 4), bool), np.zeros((2, 4), bool)) == 0


def test_the_same_in_every_seed_is_no_more_than_one_seed():
    """Three seeds that agree on every picture know no more about pictures than one."""
    a, b = np.random.default_rng(0).random((2, 1, 50)) < [[[0.8]], [[0.6]]]
    one = results.paired(a, b)
    three = results.paired(np.repeat(a, 3, axis=0), np.repeat(b, 3, axis=0))
    assert three == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize(("seeds", "luck"), [(3, 0.0), (3, 0.08), (8, 0.08)])
def test_no_difference_is_seldom_called_one(seeds, luck):
    """Hard pictures, and seeds that are lucky on all of them: at p < 0.05 about one of twenty is wrong."""
    random, wrong, times = np.random.default_rng(5), 0, 600
    for _ in range(times):
        hard = random.beta(2, 1, 120)
        a, b = (
            random.random((seeds, 120)) < np.clip(hard + random.normal(0, luck, (seeds, 1)), 0, 1) for _ in range(2)
        )
        wrong += results.paired(a, b) < 0.05
    assert wrong / times < 0.08


def test_a_difference_is_found():
    random = np.random.default_rng(6)
    hard = random.beta(2, 1, 340)
    a, b = (random.random((5, 340)) < hard - lag for lag in (0, 0.1))
    assert results.paired(a, b) < 0.05
