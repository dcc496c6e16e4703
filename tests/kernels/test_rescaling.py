"""Rescaling: on paper, kernel against definition, gradient, edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
constants = st.sampled_from([1 / 255, 1 / 127.5, 3.0, -0.5, 0.0]), st.sampled_from([0.0, -1.0, 0.25])


@both
def test_on_paper(functions):
    """Pixels of 0..256 become -1..1."""
    assert_same(functions.rescaling_forward(np.float64([0, 128, 256]), 1 / 128, -1.0), np.float64([-1, 0, 1]))
    assert_same(functions.rescaling_backward(np.float64([2, 0, -4]), 0.5), np.float64([1, 0, -2]))


@given(cases(), *constants)
def test_kernels_equal_reference(case, scale, offset):
    x, dy = case.arrays()
    y, dx = reference.rescaling_forward(x, scale, offset), reference.rescaling_backward(dy, scale)
    size = abs(x * scale) + abs(offset), 2
    assert_close(kernels.rescaling_forward(x, scale, offset), y, "rescaling_forward", "reference", size)
    assert_close(kernels.rescaling_backward(dy, scale), dx, "rescaling_backward", "reference", (abs(dx), 1))


@given(cases(dtypes=st.just("float64")), *constants)
def test_gradient_is_the_slope(case, scale, offset):
    x, dy = case.arrays()
    dx = kernels.rescaling_backward(dy, scale)
    assert_gradient(lambda x: kernels.rescaling_forward(x, scale, offset), x, dx, dy, np.random.default_rng(case.seed))


@both
def test_nan_and_inf_pass(functions):
    y = functions.rescaling_forward(np.float32([np.nan, np.inf, -np.inf]), -2.0, 1.0)
    assert_same(y, np.float32([np.nan, -np.inf, np.inf]))
