"""Batch normalization: on paper, kernel against definition, gradients, edges, errors. (Against Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases, normal
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
float64 = st.just("float64")
some = cases(min_dims=2).filter(lambda case: case.shape[0])
EPSILON = 1e-3


# ---- 1 on paper -----------------------------------------------------------------------------------------------------


@both
def test_two_channels(functions):
    """Channel 0 is 1, 3: mean 2, variance 1 (not 2: divided by the count). Channel 1 is 10, 14: mean 12, variance 4."""
    x = np.float64([[1, 10], [3, 14]])
    mean, variance = functions.batch_normalization_moments(x)
    assert_same(mean, np.float64([2, 12]))
    assert_same(variance, np.float64([1, 4]))
    gamma, beta = np.float64([1, 10]), np.float64([0, 5])
    y = functions.batch_normalization_forward(x, mean, variance, gamma, beta, 0.0)
    np.testing.assert_allclose(y, [[-1, -5], [1, 15]], rtol=1e-15)


@both
def test_backward_on_paper(functions):
    """With xhat = -1, 1 and dy = 3, 5: dbeta 8, dgamma 2; in training 3 - 8/2 + 2/2 = 0 is left: two numbers are
    always -1 and 1 after normalization, whatever they were."""
    x, dy = np.float64([[1], [3]]), np.float64([[3], [5]])
    mean, variance, gamma = np.float64([2]), np.float64([1]), np.float64([7])
    dx, dgamma, dbeta = functions.batch_normalization_backward(dy, x, mean, variance, gamma, 0.0, True)
    assert_same(dx, np.zeros((2, 1)))
    assert_same(dgamma, np.float64([2]))
    assert_same(dbeta, np.float64([8]))
    assert_same(functions.batch_normalization_backward(dy, x, mean, variance, gamma, 0.0, False)[0], 7 * dy)


# ---- 2 kernel = reference -------------------------------------------------------------------------------------------


def drawn(case, with_gamma, with_beta):
    rng = np.random.default_rng(case.seed)
    channels = case.shape[-1:]
    x, dy = (normal(rng, case.shape, case.dtype, case.layout) for _ in range(2))
    mean, gamma, beta = (normal(rng, channels, case.dtype, case.layout) for _ in range(3))
    variance = rng.uniform(0, 2, channels).astype(case.dtype)
    return x, dy, mean, variance, gamma if with_gamma else None, beta if with_beta else None


@given(cases(min_dims=2), st.booleans(), st.booleans())
def test_forward_equals_reference(case, with_gamma, with_beta):
    x, _, mean, variance, gamma, beta = drawn(case, with_gamma, with_beta)
    arguments = x, mean, variance, gamma, beta, EPSILON
    got, want = kernels.batch_normalization_forward(*arguments), reference.batch_normalization_forward(*arguments)
    scale = (1 if gamma is None else abs(gamma)) / np.sqrt(variance + EPSILON)
    size = (abs(x) + abs(mean)) * scale + (0 if beta is None else abs(beta))
    assert_close(got, want, "batch_normalization_forward", "reference", (size, 4))


@given(some)
def test_moments_equal_reference(case):
    x, *_ = drawn(case, False, False)
    got, want = kernels.batch_normalization_moments(x), reference.batch_normalization_moments(x)
    axes = tuple(range(x.ndim - 1))
    assert_close(got[0], want[0], "batch_normalization_mean", "reference", (abs(x).mean(axis=axes), 1))
    assert_close(got[1], want[1], "batch_normalization_variance", "reference", ((x * x).mean(axis=axes), 1))


@given(cases(min_dims=2), st.booleans(), st.booleans())
def test_backward_equals_reference(case, with_gamma, training):
    x, dy, mean, variance, gamma, _ = drawn(case, with_gamma, False)
    arguments = dy, x, mean, variance, gamma, EPSILON, training
    got, want = kernels.batch_normalization_backward(*arguments), reference.batch_normalization_backward(*arguments)
    sizes = sizes_of_backward(dy, x, mean, variance, gamma, training)
    for name, one, other in zip(("dx", "dgamma", "dbeta"), got, want, strict=True):
        assert_close(one, other, f"batch_normalization_{name}", "reference", sizes[name])


def sizes_of_backward(dy, x, mean, variance, gamma, training):
    """Size every gradient: the terms that are added to it, absolutely."""
    inverse = 1 / np.sqrt(variance.astype("float64") + EPSILON)
    xhat, count = (abs(x) + abs(mean)) * inverse, max(1, x.size // x.shape[-1])
    axes = tuple(range(x.ndim - 1))
    dgamma, dbeta = (abs(dy) * xhat).sum(axis=axes), abs(dy).sum(axis=axes, dtype="float64")
    dx = abs(dy) + (dbeta / count + xhat * dgamma / count if training else 0)
    scale = inverse * (1 if gamma is None else abs(gamma))
    return {"dx": (dx * scale, 8), "dgamma": (dgamma, count), "dbeta": (dbeta, count)}


@given(cases(min_dims=2), st.sampled_from([None, "relu", "relu6"]), st.booleans())
def test_an_activation_and_a_residual_are_those_of_their_own_kernels(case, activation, training):
    """Bit for bit, so that a net may run either way; on the way back the cut is found again from x."""
    x, dy, mean, variance, gamma, beta = drawn(case, True, True)
    arguments, back = (x, mean, variance, gamma, beta, EPSILON), (x, mean, variance, gamma, EPSILON, training)
    functions = {
        None: (lambda y: y, lambda dy, y: dy),
        "relu": (kernels.relu_forward, kernels.relu_backward),
        "relu6": (
            lambda y: kernels.clipped_relu_forward(y, 6.0),
            lambda dy, y: kernels.clipped_relu_backward(dy, y, 6.0),
        ),
    }
    cut, slope = functions[activation]
    y = cut(kernels.batch_normalization_forward(*arguments))
    assert_same(kernels.batch_normalization_forward(*arguments, activation=activation), y)
    added = cut(kernels.add_forward([kernels.batch_normalization_forward(*arguments), dy]))
    assert_same(kernels.batch_normalization_forward(*arguments, activation=activation, residual=dy), added)
    got = kernels.batch_normalization_backward(dy, *back, activation=activation, beta=beta)
    for one, other in zip(got, kernels.batch_normalization_backward(slope(dy, y), *back), strict=True):
        assert_same(one, other)


# ---- 3 directional gradient check -----------------------------------------------------------------------------------


@given(cases(min_dims=2, dtypes=float64).filter(lambda case: case.shape[0]), st.booleans())
def test_gradients_are_slopes(case, training):
    """In training mean and variance move with x; at inference they stay."""
    x, dy, mean, variance, gamma, beta = drawn(case, True, True)
    rng = np.random.default_rng(case.seed + 1)

    def forward(x, gamma, beta):
        moments = kernels.batch_normalization_moments(x) if training else (mean, variance)
        return kernels.batch_normalization_forward(x, *moments, gamma, beta, 0.1)

    moments = kernels.batch_normalization_moments(x) if training else (mean, variance)
    dx, dgamma, dbeta = kernels.batch_normalization_backward(dy, x, *moments, gamma, 0.1, training)
    assert_gradient(lambda x: forward(x, gamma, beta), x, dx, dy, rng)
    assert_gradient(lambda gamma: forward(x, gamma, beta), gamma, dgamma, dy, rng)
    assert_gradient(lambda beta: forward(x, gamma, beta), beta, dbeta, dy, rng)


# ---- 6 edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 1000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_moments_of_many_rows_far_from_zero(rows, dtype):
    """At a mean of 1000 the difference of mean squares would have no digit left in float32."""
    x = (1000 + np.random.default_rng(1).normal(size=(rows, 3))).astype(dtype)
    mean, variance = kernels.batch_normalization_moments(x)
    np.testing.assert_allclose(mean, x.mean(axis=0, dtype="float64"), rtol=16 * np.finfo(dtype).eps)
    np.testing.assert_allclose(variance, x.var(axis=0, dtype="float64"), rtol=1e-6, atol=1e-9)


@both
def test_a_channel_that_never_changes_is_not_divided_by_zero(functions):
    x = np.full((4, 2), 3.0, "float32")
    y = functions.batch_normalization_forward(x, *functions.batch_normalization_moments(x), None, None, 1e-3)
    assert_same(y, np.zeros((4, 2), "float32"))


@both
def test_nan_spoils_its_channel_alone(functions):
    x = normal(np.random.default_rng(2), (5, 3), "float32")
    x[2, 1] = np.nan
    y = functions.batch_normalization_forward(x, *functions.batch_normalization_moments(x), None, None, 1e-3)
    assert_same(np.isnan(y), np.repeat([[False, True, False]], 5, axis=0))


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_bits_do_not_depend_on_threads(threads):
    rng = np.random.default_rng(5)
    x, dy = normal(rng, (3000, 30), "float32"), normal(rng, (3000, 30), "float32")
    before = kernels.get_num_threads()
    results = []
    try:
        for count in (1, threads):
            kernels.set_num_threads(count)
            moments = kernels.batch_normalization_moments(x)
            y = kernels.batch_normalization_forward(x, *moments, None, None, 1e-3)
            back = kernels.batch_normalization_backward(dy, x, *moments, None, 1e-3, True)
            results.append((*moments, y, *back))
    finally:
        kernels.set_num_threads(before)
    for got, want in zip(*results, strict=True):
        assert_same(got, want)


# ---- 7 errors -------------------------------------------------------------------------------------------------------


def test_arrays_that_do_not_fit():
    x, c = np.zeros((4, 3), "float32"), np.zeros(3, "float32")
    for call, sentence in [
        (
            lambda: kernels.batch_normalization_forward(x, c, c[:2], None, None, 1e-3),
            "`variance` must have shape (3,). Received: variance.shape=(2,).",
        ),
        (
            lambda: kernels.batch_normalization_backward(x[:2], x, c, c, None, 1e-3, True),
            "`dy` must have shape (4, 3). Received: dy.shape=(2, 3).",
        ),
        (
            lambda: kernels.batch_normalization_moments(x[:0]),
            "`x` must hold at least one row. Received: x.shape=(0, 3).",
        ),
        (
            lambda: kernels.batch_normalization_forward(x, c, c, None, None, 1e-3, residual=x[:2]),
            "`residual` must have shape (4, 3). Received: residual.shape=(2, 3).",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == sentence
