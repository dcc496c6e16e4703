"""Multiply, stretched Add and Normalization: on paper, kernel against definition, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
either, float64 = st.sampled_from(["float32", "float64"]), st.just("float64")


@st.composite
def factors(draw, dtypes=either):
    """Two to four arrays of which some axes are stretched, and a cotangent for their product."""
    case = draw(cases(min_dims=2, dtypes=dtypes))
    count = draw(st.integers(2, 4))
    stretched = draw(st.lists(st.lists(st.booleans(), min_size=len(case.shape), max_size=len(case.shape)),
                              min_size=count - 1, max_size=count - 1))  # fmt: skip
    shapes = [case.shape, *(tuple(1 if one else size for one, size in zip(axes, case.shape, strict=True))
                            for axes in stretched)]  # fmt: skip
    *xs, dy = case.arrays(*shapes, case.shape)
    return xs, dy, case.seed


@both
def test_on_paper(functions):
    xs = [np.float32([[1, 2], [3, 4]]), np.float32([[10, 100]])]
    assert_same(functions.multiply_forward(xs), np.float32([[10, 200], [30, 400]]))
    dxs = functions.multiply_backward(np.float32([[1, 0], [2, 1]]), xs)
    assert_same(dxs[0], np.float32([[10, 0], [20, 100]]))
    assert_same(dxs[1], np.float32([[7, 4]]))


@given(factors())
def test_multiply_equals_reference(drawn):
    xs, dy, _ = drawn
    y = reference.multiply_forward(xs)
    assert_close(kernels.multiply_forward(xs), y, "multiply_forward", "reference", (abs(y), len(xs)))
    wants = reference.multiply_backward(dy, xs)
    sizes = reference.multiply_backward(abs(dy), [abs(x) for x in xs])
    for got, want, size in zip(kernels.multiply_backward(dy, xs), wants, sizes, strict=True):
        assert_close(got, want, "multiply_backward", "reference", (size, len(xs) + max(1, y.size)))


@both
def test_stretched_add_on_paper(functions):
    xs = [np.float32([[1, 2], [3, 4]]), np.float32([[10, 100]])]
    assert_same(functions.add_forward(xs), np.float32([[11, 102], [13, 104]]))
    dxs = functions.add_backward(np.float32([[1, 0], [2, 1]]), [(2, 2), (1, 2)])
    assert_same(dxs[0], np.float32([[1, 0], [2, 1]]))
    assert_same(dxs[1], np.float32([[3, 1]]))


@given(factors())
def test_stretched_add_equals_reference(drawn):
    xs, dy, _ = drawn
    y, size = reference.add_forward(xs), reference.add_forward([abs(x) for x in xs])
    for order in (xs, xs[::-1]):  # the first may be the one that is stretched
        assert_close(kernels.add_forward(order), y, "add_forward", "reference", (size, len(xs)))
    shapes = [x.shape for x in xs]
    wants, sizes = reference.add_backward(dy, shapes), reference.add_backward(abs(dy), shapes)
    for got, want, size in zip(kernels.add_backward(dy, shapes), wants, sizes, strict=True):
        assert_close(got, want, "add_backward", "reference", (size, max(1, y.size)))


@given(factors(dtypes=float64))
def test_stretched_add_gradients_are_slopes(drawn):
    xs, dy, seed = drawn
    rng = np.random.default_rng(seed + 1)
    for index, (x, dx) in enumerate(zip(xs, kernels.add_backward(dy, [x.shape for x in xs]), strict=True)):

        def total(x, index=index):
            return kernels.add_forward([*xs[:index], x, *xs[index + 1 :]])

        assert_gradient(total, x, dx, dy, rng)


@given(factors(dtypes=float64))
def test_multiply_gradients_are_slopes(drawn):
    xs, dy, seed = drawn
    rng = np.random.default_rng(seed + 1)
    for index, (x, dx) in enumerate(zip(xs, kernels.multiply_backward(dy, xs), strict=True)):

        def product(x, index=index):
            return kernels.multiply_forward([*xs[:index], x, *xs[index + 1 :]])

        assert_gradient(product, x, dx, dy, rng)


@both
def test_zeros_do_not_spoil_the_gradient(functions):
    """y / x would be 0 / 0 here."""
    dxs = functions.multiply_backward(np.float32([2]), [np.float32([0]), np.float32([3]), np.float32([5])])
    assert_same(np.stack(dxs), np.float32([[30], [0], [0]]))


@both
def test_normalization_on_paper(functions):
    """Variance 0 is divided by 1e-7, not by 0."""
    mean, variance = np.float64([[1, 2, 3]]), np.float64([[4, 9, 0]])
    y = functions.normalization_forward(np.float64([[5, 8, 3 + 1e-6]]), mean, variance)
    np.testing.assert_allclose(y, [[2, 2, 10]], rtol=1e-8)
    np.testing.assert_allclose(functions.normalization_backward(np.float64([[6, 6, 6]]), variance), [[3, 2, 6e7]])


@given(cases(min_dims=2), st.booleans())
def test_normalization_equals_reference(case, of_each_channel):
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


def test_arrays_that_do_not_fit():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError) as error:
        kernels.multiply_forward([x, np.zeros(3)])
    assert str(error.value) == "`xs` must be arrays of one rank. Received: shapes [(2, 3), (3,)]."
    with pytest.raises(TypeError, match="`xs` must have the dtype of the first array, float64"):
        kernels.multiply_forward([x, x.astype("float32")])
    with pytest.raises(ValueError) as error:
        kernels.multiply_backward(x[:1], [x, x])
    assert str(error.value) == "`dy` must have shape (2, 3). Received: dy.shape=(1, 3)."


def test_constants_larger_than_the_pictures():
    """They would make an output larger than x."""
    with pytest.raises(ValueError, match="`mean` must have sizes of 1, or those of x"):
        kernels.normalization_forward(np.ones((2, 3, 3, 1)), np.zeros((1, 1, 1, 4)), np.ones((1, 1, 1, 4)))


def test_more_axes_than_a_walk_has():
    """Every second axis is stretched: six, of which no two can be taken together."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 3, 1, 2, 1)), rng.normal(size=(1, 3, 1, 2, 1, 4))
    assert_same(kernels.multiply_forward([a, b]), a * b)
    x, mean, variance = rng.normal(size=(2, 3, 3, 2, 2, 4)), a, a**2
    want = reference.normalization_forward(x, mean, variance)
    np.testing.assert_allclose(kernels.normalization_forward(x, mean, variance), want, rtol=1e-14)
