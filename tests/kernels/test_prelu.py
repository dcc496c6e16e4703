"""PReLU: on paper, kernel against definition, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
float64 = st.just("float64")


@st.composite
def rectified(draw, **how):
    """Numbers, a cotangent and slopes, some of whose axes share one."""
    case = draw(cases(min_dims=2, **how))
    shared = draw(st.lists(st.booleans(), min_size=len(case.shape) - 1, max_size=len(case.shape) - 1))
    slopes = tuple(1 if one else size for one, size in zip(shared, case.shape[1:], strict=True))
    return *case.arrays(case.shape, case.shape, slopes), case.seed


@both
def test_prelu_on_paper(functions):
    x, alpha = np.float32([[-4, 0, 4], [-2, 2, -1]]), np.float32([0.5, 3, -2])
    assert_same(functions.prelu_forward(x, alpha), np.float32([[-2, 0, 4], [-1, 2, 2]]))
    dx, dalpha = functions.prelu_backward(np.float32([[1, 2, 3], [4, 5, 6]]), x, alpha)
    assert_same(dx, np.float32([[0.5, 0, 3], [2, 5, -12]]))
    assert_same(dalpha, np.float32([-12, 0, -6]))


@given(rectified())
def test_prelu_equals_reference(drawn):
    x, dy, alpha, _ = drawn
    want = reference.prelu_forward(x, alpha)
    assert_close(kernels.prelu_forward(x, alpha), want, "multiply_forward", "reference", (abs(want), 1))
    (dx, dalpha), (want_dx, want_dalpha) = (room.prelu_backward(dy, x, alpha) for room in (kernels, reference))
    assert_close(dx, want_dx, "multiply_forward", "reference", (abs(want_dx), 1))
    _, size = reference.prelu_backward(abs(dy), -abs(x), alpha)
    assert_close(dalpha, want_dalpha, "multiply_backward", "reference", (abs(size), max(1, x.size)))


@given(rectified(dtypes=float64))
def test_prelu_gradients_are_slopes(drawn):
    x, dy, alpha, seed = drawn
    rng = np.random.default_rng(seed + 1)
    x = np.where(abs(x) < 0.01, 0.02, x)  # no step may cross 0
    dx, dalpha = kernels.prelu_backward(dy, x, alpha)
    assert_gradient(lambda x: kernels.prelu_forward(x, alpha), x, dx, dy, rng)
    assert_gradient(lambda alpha: kernels.prelu_forward(x, alpha), np.ascontiguousarray(alpha), dalpha, dy, rng)


def test_slopes_that_do_not_fit():
    with pytest.raises(ValueError) as error:
        kernels.prelu_forward(np.zeros((2, 3, 4)), np.zeros((2, 4)))
    assert str(error.value) == "`alpha` must have sizes of 1, or those of x (3, 4). Received: alpha.shape=(2, 4)."
