"""Normalization: on paper, kernel against definition, errors. (Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import cases
from tests.tolerances import assert_close

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    """Variance 0 is divided by 1e-7, not by 0."""
    mean, variance = np.float64([[1, 2, 3]]), np.float64([[4, 9, 0]])
    y = functions.normalization_forward(np.float64([[5, 8, 3 + 1e-6]]), mean, variance)
    np.testing.assert_allclose(y, [[2, 2, 10]], rtol=1e-8)
    np.testing.assert_allclose(functions.normalization_backward(np.float64([[6, 6, 6]]), variance), [[3, 2, 6e7]])


@given(cases(min_dims=2), st.booleans())
def test_equals_reference(case, of_each_channel):
    x, dy = case.arrays()
    rng = np.random.default_rng(case.seed)
    shape = case.shape[-1:] if of_each_channel else ()
    mean, variance = rng.normal(size=shape).astype(case.dtype), rng.uniform(0.1, 4, shape).astype(case.dtype)
    mean, variance = np.asarray(mean), np.asarray(variance)
    y, dx = reference.normalization_forward(x, mean, variance), reference.normalization_backward(dy, variance)
    size = (abs(x) + abs(mean)) / np.sqrt(variance)
    got = kernels.normalization_forward(x, mean, variance)
    assert_close(got, y, "normalization_forward", "reference", (size, 3))
    assert_close(kernels.normalization_backward(dy, variance), dx, "normalization_backward", "reference", (abs(dx), 2))


def test_constants_larger_than_the_pictures():
    """They would make an output larger than x."""
    with pytest.raises(ValueError, match="`mean` must have sizes of 1, or those of x"):
        kernels.normalization_forward(np.ones((2, 3, 3, 1)), np.zeros((1, 1, 1, 4)), np.ones((1, 1, 1, 4)))


def test_more_axes_than_a_walk_has():
    """Every second axis of mean and variance is stretched: six, of which no two can be taken together."""
    rng = np.random.default_rng(0)
    x, mean = rng.normal(size=(2, 3, 3, 2, 2, 4)), rng.normal(size=(2, 1, 3, 1, 2, 1))
    want = reference.normalization_forward(x, mean, mean**2)
    np.testing.assert_allclose(kernels.normalization_forward(x, mean, mean**2), want, rtol=1e-14)
