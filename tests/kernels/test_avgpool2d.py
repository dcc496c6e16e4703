"""Average pooling: on paper, kernel against definition, gradients, edges, errors. (Against Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import PoolCase, pool_cases
from tests.tolerances import assert_close, assert_same, sizes_of_avgpool2d

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


def as_batch(rows, dtype="float32"):
    """Return a grid of numbers as one picture of one channel."""
    return np.array(rows, dtype)[None, :, :, None]


@both
def test_4x4_map_pooled_2x2_by_2(functions):
    x = as_batch([[1, 0, 2, 3], [4, 7, 6, 5], [3, 1, 1, 0], [1, 3, 2, 5]])
    no_pads = ((0, 0), (0, 0))
    assert_same(functions.avgpool2d_forward(x, (2, 2), (2, 2), no_pads), as_batch([[3, 4], [2, 2]]))
    dx = functions.avgpool2d_backward(as_batch([[4, 8], [12, 16]]), x.shape, (2, 2), (2, 2), no_pads)
    assert_same(dx, as_batch([[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]))


@both
def test_a_window_over_the_edge_is_divided_by_the_pixels_that_it_has(functions):
    x, pads = as_batch([[1, 2, 6], [3, 4, 8], [5, 7, 9]]), ((0, 1), (0, 1))
    assert_same(functions.avgpool2d_forward(x, (2, 2), (2, 2), pads), as_batch([[2.5, 7], [6, 9]]))
    dx = functions.avgpool2d_backward(as_batch([[4, 4], [4, 4]]), x.shape, (2, 2), (2, 2), pads)
    assert_same(dx, as_batch([[1, 1, 2], [1, 1, 2], [2, 2, 4]]))


def check(case):
    x, dy = case.arrays()
    forward, backward = sizes_of_avgpool2d(case, x, dy)
    got, want = kernels.avgpool2d_forward(x, *case.how), reference.avgpool2d_forward(x, *case.how)
    assert_close(got, want, "avgpool2d_forward", "reference", forward)
    got = kernels.avgpool2d_backward(dy, x.shape, *case.how)
    assert_close(got, reference.avgpool2d_backward(dy, x.shape, *case.how), "avgpool2d_backward", "reference", backward)


@given(pool_cases())
def test_kernels_equal_reference(case):
    check(case)


@given(pool_cases(dtypes=st.just("float64"), min_n=1))
def test_backward_is_the_slope_and_the_transpose(case):
    x, dy = case.arrays()
    y, dx = kernels.avgpool2d_forward(x, *case.how), kernels.avgpool2d_backward(dy, x.shape, *case.how)
    rng = np.random.default_rng(case.seed + 1)
    assert_gradient(lambda x: kernels.avgpool2d_forward(x, *case.how), x, dx, dy, rng)
    assert_adjoint(y, dy, x, dx)


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding"),
    [
        ((1, 1, 1, 2), (1, 1), (1, 1), "valid"),  # one pixel
        ((1, 1, 1, 2), (3, 3), (2, 2), "same"),
        ((1, 5, 6, 1), (5, 4), (1, 1), "same"),  # total padding 4 and 3
        ((1, 7, 8, 2), (2, 2), (3, 5), "valid"),  # strides longer than the window
        ((1, 5, 7, 33), (2, 2), (2, 2), "valid"),  # the last row and column are left over
        ((0, 5, 5, 2), (2, 2), (2, 2), "valid"),  # no picture at all
    ],
)
def test_edges(x_shape, window, strides, padding):
    check(PoolCase(x_shape, window, strides, padding, (1, 1), "float32", "contiguous", 1))


def test_arrays_that_do_not_fit():
    x, dy, no_pads = np.zeros((1, 3, 3, 1), "float32"), np.zeros((1, 2, 2, 1), "float32"), ((0, 0), (0, 0))
    for call, sentence in [
        (
            lambda: kernels.avgpool2d_forward(x, (4, 4), (1, 1), no_pads),
            "`pool_size` must fit into its padded input of 3 pixels. Received: a window over 4 pixels.",
        ),
        (
            lambda: kernels.avgpool2d_backward(dy, x.shape, (3, 3), (1, 1), no_pads),
            "`dy` must have shape (1, 1, 1, 1). Received: dy.shape=(1, 2, 2, 1).",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == sentence


def test_long_sums_keep_their_digits():
    """A quarter of a million numbers that are added one after another in float32 are 3e-6 off."""
    x = np.random.default_rng(1).uniform(1, 2, (1, 500, 500, 2)).astype("float32")
    how = (500, 500), (1, 1), ((0, 0), (0, 0))
    y = kernels.avgpool2d_forward(x, *how)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y[0, 0, 0], x.astype("float64").mean((0, 1, 2)), rtol=2e-7)
    dy, how = x[:, :41, :41], ((60, 60), (1, 1), ((0, 0), (0, 0)))
    dx = kernels.avgpool2d_backward(dy, (1, 100, 100, 2), *how)  # all windows hold the pixel in the middle
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx[0, 50, 50], dy.astype("float64").sum((0, 1, 2)) / 60**2, rtol=4e-7)
