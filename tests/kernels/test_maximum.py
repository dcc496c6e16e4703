"""Maximum: on paper, kernel against definition, gradients, ties, NaN, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.kernels.joined import assert_extreme_equals_reference, assert_gradients_are_slopes, assert_on_paper, joined
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    """Where both are 5 the first one takes the gradient."""
    assert_on_paper(functions, "maximum", [[5, 5], [9, 5]], [[[0, 2], [4, 0]], [[1, 8]]])


@given(joined("maximum"), st.booleans())
def test_equals_reference(drawn, tied):
    assert_extreme_equals_reference("maximum", drawn, tied)


@given(joined("maximum", dtypes=st.just("float64")))
def test_gradients_are_slopes(drawn):
    assert_gradients_are_slopes("maximum", drawn)


@both
def test_nan_and_infinity_travel(functions):
    a, b = np.float32([np.nan, 1, np.inf, -np.inf]), np.float32([1, np.nan, 2, 2])
    assert_same(functions.maximum_forward([a, b]), np.float32([np.nan, np.nan, np.inf, 2]))


@both
def test_the_first_nan_takes_the_gradient(functions):
    """It is what y is; a number never wins over it, whatever comes between."""
    xs = [np.float32([[np.nan, 1, 1, np.nan]]), np.float32([[1, np.nan, 3, np.nan]]), np.float32([[2, 2, np.nan, 1]])]
    dxs = functions.maximum_backward(np.float32([[1, 2, 4, 8]]), xs)
    for dx, want in zip(dxs, ([[1, 0, 0, 8]], [[0, 2, 0, 0]], [[0, 0, 4, 0]]), strict=True):
        assert_same(dx, np.float32(want))


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="`xs` must be arrays of one rank"):
        kernels.maximum_forward([a, a[0]])
    with pytest.raises(ValueError) as error:
        kernels.maximum_backward(a[:1], [a, a])
    assert str(error.value) == "`dy` must have shape (2, 3). Received: dy.shape=(1, 3)."


def test_more_numbers_than_one_job_holds():
    a = np.random.default_rng(1).normal(size=(3, 20_000))
    assert_same(kernels.maximum_forward([a, a[:1]]), np.maximum(a, a[:1]))
