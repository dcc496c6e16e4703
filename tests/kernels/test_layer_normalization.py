"""Layer normalization: on paper, kernel against definition, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, sizes_of_layer_normalization

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
float64 = st.just("float64")
epsilons = st.sampled_from([1e-3, 1e-5, 0.5])


@st.composite
def normalized(draw, **how):
    """x, dy, axes, gamma, beta and epsilon."""
    case = draw(cases(min_dims=2, **how))
    axes = draw(st.lists(st.integers(1, len(case.shape) - 1), min_size=1, unique=True).map(sorted))
    wide = tuple(size if axis in axes else 1 for axis, size in enumerate(case.shape))
    x, dy, gamma, beta = case.arrays(case.shape, case.shape, wide, wide)
    return x, dy, axes, gamma, beta, draw(epsilons), case.seed


@both
def test_on_paper(functions):
    x, gamma, beta = np.float64([[1, 3], [50, 10]]), np.float64([[2, 4]]), np.float64([[1, 0]])
    y = functions.layer_normalization_forward(x, [1], gamma, beta, 0.0)
    np.testing.assert_allclose(y, [[-1, 4], [3, -4]])


@given(normalized())
def test_equals_reference(drawn):
    x, dy, axes, gamma, beta, epsilon, _ = drawn
    sizes = sizes_of_layer_normalization(x, dy, axes, gamma, beta, epsilon)
    got, want = (room.layer_normalization_forward(x, axes, gamma, beta, epsilon) for room in (kernels, reference))
    assert_close(got, want, "layer_normalization_forward", "reference", sizes["forward"])
    gots, wants = (room.layer_normalization_backward(dy, x, axes, gamma, epsilon) for room in (kernels, reference))
    for got, want, key in zip(gots, wants, ("dx", "dgamma", "dbeta"), strict=True):
        assert_close(got, want, f"layer_normalization_{key}", "reference", sizes[key])


@given(normalized(dtypes=float64))
def test_gradients_are_slopes(drawn):
    x, dy, axes, gamma, beta, epsilon, seed = drawn
    rng = np.random.default_rng(seed + 1)
    epsilon = max(epsilon, 0.01)  # else a step of the difference quotient bends
    x, gamma, beta = (np.ascontiguousarray(item) for item in (x, gamma, beta))
    dx, dgamma, dbeta = kernels.layer_normalization_backward(dy, x, axes, gamma, epsilon)

    def y(x=x, gamma=gamma, beta=beta):
        return kernels.layer_normalization_forward(x, axes, gamma, beta, epsilon)

    assert_gradient(lambda x: y(x=x), x, dx, dy, rng, step=1e-5)
    assert_gradient(lambda gamma: y(gamma=gamma), gamma, dgamma, dy, rng)
    assert_gradient(lambda beta: y(beta=beta), beta, dbeta, dy, rng)


def test_a_channel_that_never_changes_comes_out_as_beta():
    x, one = np.full((2, 5), 1e6, "float32"), np.ones((1, 5), "float32")
    np.testing.assert_array_equal(kernels.layer_normalization_forward(x, [1], one, 3 * one, 0.001), np.full((2, 5), 3))


@both
@pytest.mark.parametrize("size", [1e20, 1e-25])
def test_squares_beyond_float32(functions, size):
    """The square of such numbers is infinity, or 0, in float32."""
    x, one = np.float32([[size, -size]]), np.ones((1, 2), "float32")
    np.testing.assert_allclose(functions.layer_normalization_forward(x, [1], one, 0 * one, 0.0), [[1, -1]], rtol=1e-6)
    dx, *_ = functions.layer_normalization_backward(np.float32([[1, 2]]), x, [1], one, 0.0)
    np.testing.assert_allclose(dx, 0, atol=1e-6 / size)


def test_what_does_not_fit():
    x, one = np.zeros((2, 4)), np.ones((1, 4))
    with pytest.raises(ValueError) as error:
        kernels.layer_normalization_forward(x, [1], one[:, :3], one, 0.1)
    assert str(error.value) == "`gamma` must have sizes of 1, or those of x (2, 4). Received: gamma.shape=(1, 3)."
