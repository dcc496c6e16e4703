"""Group normalization: on paper, kernel against definition, against other normalizations, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases, normal
from tests.tolerances import assert_close, sizes_of_layer_normalization

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
epsilons = st.sampled_from([1e-3, 1e-5, 0.5])


@both
def test_on_paper(functions):
    x, scale, shift = np.float64([[1, 3, 50, 10]]), np.float64([2, 4, 1, 1]), np.float64([1, 0, 0, 7])
    np.testing.assert_allclose(functions.group_normalization_forward(x, 2, scale, shift, 0.0), [[-1, 4, 1, 6]])


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


def test_gradients_are_slopes():
    rng = np.random.default_rng(1)
    x, dy = normal(rng, (2, 3, 2, 6)), normal(rng, (2, 3, 2, 6))
    gamma, beta = normal(rng, (6,)), normal(rng, (6,))
    dx, dgamma, dbeta = kernels.group_normalization_backward(dy, x, 3, gamma, 0.01)

    def y(x=x, gamma=gamma, beta=beta):
        return kernels.group_normalization_forward(x, 3, gamma, beta, 0.01)

    assert_gradient(lambda x: y(x=x), x, dx, dy, rng, step=1e-5)
    assert_gradient(lambda gamma: y(gamma=gamma), gamma, dgamma, dy, rng)
    assert_gradient(lambda beta: y(beta=beta), beta, dbeta, dy, rng)


def test_what_does_not_fit():
    x, one = np.zeros((2, 4)), np.ones(4)
    with pytest.raises(ValueError) as error:
        kernels.group_normalization_forward(x, 3, one, one, 0.1)
    assert str(error.value) == "`groups` must divide the 4 channels. Received: groups=3."
