"""Hard SiLU: on paper, kernel against definition, gradient, edges, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same, sizes_of_activation

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    x = np.float64([-4, -3, 0, 1.5, 3, 5])
    assert_same(functions.hard_silu_forward(x), np.float64([0, 0, 0, 1.125, 3, 5]))
    assert_same(functions.hard_silu_backward(np.full(6, 7.0), x), np.float64([0, 0, 3.5, 7, 7, 7]))


@given(cases())
def test_equals_reference(case):
    x, dy = case.arrays()
    x = 4 * x
    want = reference.hard_silu_forward(x)
    forward, backward = sizes_of_activation(x, want, dy)
    assert_close(kernels.hard_silu_forward(x), want, "hard_silu_forward", "reference", forward)
    got, want = (room.hard_silu_backward(dy, x) for room in (kernels, reference))
    assert_close(got, want, "hard_silu_backward", "reference", backward)


@given(cases(dtypes=st.just("float64")))
def test_gradient_is_the_slope(case):
    x, dy = case.arrays()
    x = np.ascontiguousarray(4 * x)
    for kink in (-3, 3):  # no step of the difference quotient may cross a corner
        x[abs(x - kink) < 0.01] += 0.02
    dx = kernels.hard_silu_backward(dy, x)
    assert_gradient(kernels.hard_silu_forward, x, dx, dy, np.random.default_rng(case.seed))


@both
def test_far_out_and_nan(functions):
    x = np.float32([1e4, -1e4, np.nan])
    np.testing.assert_allclose(functions.hard_silu_forward(x), [1e4, 0, np.nan])
    np.testing.assert_allclose(functions.hard_silu_backward(np.ones_like(x), x)[:2], [1, 0])


def test_shapes_that_do_not_fit():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError) as error:
        kernels.hard_silu_backward(x, x[:1])
    assert str(error.value) == "`x` must have shape (2, 3). Received: x.shape=(1, 3)."
