"""Subtract: on paper, kernel against definition, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.kernels.joined import assert_gradients_are_slopes, assert_on_paper, assert_sum_equals_reference, joined
from tests.tolerances import assert_same


@pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
def test_on_paper(functions):
    assert_on_paper(functions, "subtract", [[-4, 0], [4, -1]], [[[1, 2], [4, 8]], [[-5, -10]]])


@given(joined("subtract"))
def test_equals_reference(drawn):
    assert_sum_equals_reference("subtract", drawn)


@given(joined("subtract", dtypes=st.just("float64")))
def test_gradients_are_slopes(drawn):
    assert_gradients_are_slopes("subtract", drawn)


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="`xs` must be two arrays. Received: 3."):
        kernels.subtract_forward([a, a, a])
    with pytest.raises(ValueError, match="`xs` must be arrays of one rank"):
        kernels.subtract_forward([a, a[0]])


def test_more_axes_than_a_walk_has():
    """Every second axis is stretched: six, of which no two can be taken together."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 3, 1, 2, 1)), rng.normal(size=(1, 3, 1, 2, 1, 4))
    assert_same(kernels.subtract_forward([a, b]), a - b)


def test_more_numbers_than_one_job_holds():
    a = np.random.default_rng(1).normal(size=(3, 20_000))
    assert_same(kernels.subtract_forward([a, a[:1]]), a - a[:1])
