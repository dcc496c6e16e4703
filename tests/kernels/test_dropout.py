"""Dropout under a given mask: on paper, kernel against definition, transpose, edges. (The mask: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    """A fifth is dropped: the rest counts 1 / (1 - 1/5) = 5/4."""
    mask = np.array([True, False, True, True, True])
    for operation in (functions.dropout_forward, functions.dropout_backward):
        assert_same(operation(np.float64([4, 8, -8, 0, 2]), mask, 0.2), np.float64([5, 0, -10, 0, 2.5]))


@given(cases(), st.sampled_from([0.0, 0.2, 0.5, 0.9]))
def test_kernels_equal_reference(case, rate):
    x, dy = case.arrays()
    mask = np.random.default_rng(case.seed).random(case.shape) >= rate
    y, dx = reference.dropout_forward(x, mask, rate), reference.dropout_backward(dy, mask, rate)
    assert_close(kernels.dropout_forward(x, mask, rate), y, "dropout_forward", "reference", (abs(y), 1))
    assert_close(kernels.dropout_backward(dy, mask, rate), dx, "dropout_backward", "reference", (abs(dx), 1))


@given(cases(dtypes=st.just("float64")))
def test_backward_is_the_transpose(case):
    x, dy = case.arrays()
    mask = np.random.default_rng(case.seed).random(case.shape) >= 0.3
    y, dx = kernels.dropout_forward(x, mask, 0.3), kernels.dropout_backward(dy, mask, 0.3)
    assert_adjoint(y, dy, x, dx)


@both
def test_what_is_dropped_is_zero_whatever_it_was(functions):
    y = functions.dropout_forward(np.float32([np.nan, np.nan, np.inf, 1]), np.array([True, False, False, True]), 0.5)
    assert_same(y, np.float32([np.nan, 0, 0, 2]))
