"""Multiply: on paper, kernel against definition, gradients, errors. (Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import stretched_cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    xs = [np.float32([[1, 2], [3, 4]]), np.float32([[10, 100]])]
    assert_same(functions.multiply_forward(xs), np.float32([[10, 200], [30, 400]]))
    dxs = functions.multiply_backward(np.float32([[1, 0], [2, 1]]), xs)
    assert_same(dxs[0], np.float32([[10, 0], [20, 100]]))
    assert_same(dxs[1], np.float32([[7, 4]]))


@given(stretched_cases())
def test_equals_reference(drawn):
    xs, dy, _ = drawn
    y = reference.multiply_forward(xs)
    assert_close(kernels.multiply_forward(xs), y, "multiply_forward", "reference", (abs(y), len(xs)))
    wants = reference.multiply_backward(dy, xs)
    sizes = reference.multiply_backward(abs(dy), [abs(x) for x in xs])
    for got, want, size in zip(kernels.multiply_backward(dy, xs), wants, sizes, strict=True):
        assert_close(got, want, "multiply_backward", "reference", (size, len(xs) + max(1, y.size)))


@given(stretched_cases(dtypes=st.just("float64")))
def test_gradients_are_slopes(drawn):
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


def test_more_axes_than_a_walk_has():
    """Every second axis is stretched: six, of which no two can be taken together."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 3, 1, 2, 1)), rng.normal(size=(1, 3, 1, 2, 1, 4))
    assert_same(kernels.multiply_forward([a, b]), a * b)
