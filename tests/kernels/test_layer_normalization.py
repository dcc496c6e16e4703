"""Layer and group normalization: on paper, kernel against definition, gradients, errors."""

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
    x, scale, shift = np.float64([[1, 3, 50, 10]]), np.float64([2, 4, 1, 1]), np.float64([1, 0, 0, 7])
    np.testing.assert_allclose(functions.group_normalization_forward(x, 2, scale, shift, 0.0), [[-1, 4, 1, 6]])


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


@given(cases(min_dims=2), st.integers(1, 3), st.integers(1, 3), epsilons)
def test_groups_equal_reference(case, groups, each, epsilon):
    shape, channels = (*case.shape[:-1], groups * each), (groups * each,)
    x, dy, gamma, beta = case.arrays(shape, shape, channels, channels)
    apart = (*shape[:-1], groups, each)
    factors = [item.reshape(*(1,) * (len(shape) - 1), groups, each) for item in (gamma, beta)]
    axes = [*range(1, len(shape) - 1), len(shape)]
    sizes = sizes_of_layer_normalization(x.reshape(apart), dy.reshape(apart), axes, *factors, epsilon)
    got, want = (room.group_normalization_forward(x, groups, gamma, beta, epsilon) for room in (kernels, reference))
    scale, count = sizes["forward"]
    assert_close(got, want, "layer_normalization_forward", "reference", (scale.reshape(shape), count))
    gots, wants = (room.group_normalization_backward(dy, x, groups, gamma, epsilon) for room in (kernels, reference))
    for got, want, key in zip(gots, wants, ("dx", "dgamma", "dbeta"), strict=True):
        scale, count = sizes[key]
        assert_close(got, want, f"layer_normalization_{key}", "reference", (scale.reshape(got.shape), count))


def test_extreme_groups_are_other_normalizations():
    """One group is the whole example; as many as channels is each map by itself."""
    x, one, zero = np.random.default_rng(0).normal(size=(2, 3, 4, 6)), np.ones(6), np.zeros(6)
    whole = kernels.layer_normalization_forward(x, [1, 2, 3], one.reshape(1, 1, 1, 6), zero.reshape(1, 1, 1, 6), 1e-3)
    alike = {"rtol": 1e-12, "atol": 1e-14}
    np.testing.assert_allclose(kernels.group_normalization_forward(x, 1, one, zero, 1e-3), whole, **alike)
    maps = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-3)
    np.testing.assert_allclose(kernels.group_normalization_forward(x, 6, one, zero, 1e-3), maps, **alike)


def test_a_channel_that_never_changes_comes_out_as_beta():
    x, one = np.full((2, 5), 1e6, "float32"), np.ones((1, 5), "float32")
    np.testing.assert_array_equal(kernels.layer_normalization_forward(x, [1], one, 3 * one, 0.001), np.full((2, 5), 3))


def test_what_does_not_fit():
    x, one = np.zeros((2, 4)), np.ones((1, 4))
    with pytest.raises(ValueError) as error:
        kernels.layer_normalization_forward(x, [1], one[:, :3], one, 0.1)
    assert str(error.value) == "`gamma` must have sizes of 1, or those of x (2, 4). Received: gamma.shape=(1, 3)."
    with pytest.raises(ValueError) as error:
        kernels.group_normalization_forward(x, 3, one[0], one[0], 0.1)
    assert str(error.value) == "`groups` must divide the 4 channels. Received: groups=3."
