"""Max pooling: on paper, kernel against definition, gradients, ties, edges, errors. (Against Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import PoolCase, apart, pool_cases
from tests.tolerances import assert_close, assert_same, size_of_pooling

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
no_pads = ((0, 0), (0, 0))


def as_batch(rows, dtype="float32"):
    """Return a grid of numbers as one picture of one channel."""
    return np.array(rows, dtype)[None, :, :, None]


# ---- 1 on paper -----------------------------------------------------------------------------------------------------

rectified = as_batch(
    [
        [1, 0, 2, 3],
        [4, 6, 6, 8],
        [3, 1, 1, 0],
        [1, 2, 2, 4],
    ]
)


@both
def test_4x4_map_pooled_2x2_by_2(functions):
    y = functions.maxpool2d_forward(rectified, (2, 2), (2, 2), no_pads)
    assert_same(y, as_batch([[6, 8], [3, 4]]))
    dx = functions.maxpool2d_backward(as_batch([[10, 20], [30, 40]]), rectified, (2, 2), (2, 2), no_pads)
    assert_same(dx, as_batch([[0, 0, 0, 0], [0, 10, 0, 20], [30, 0, 0, 0], [0, 0, 0, 40]]))


@both
def test_windows_that_overlap_add_up(functions):
    dx = functions.maxpool2d_backward(as_batch([[1, 2], [4, 8]]), rectified[:, :3, 1:], (2, 2), (1, 1), no_pads)
    assert_same(dx, as_batch([[0, 0, 0], [5, 0, 10], [0, 0, 0]]))


# ---- 2 kernel = reference -------------------------------------------------------------------------------------------


def check(case, x, dy):
    assert_same(kernels.maxpool2d_forward(x, *case.how), reference.maxpool2d_forward(x, *case.how))
    dx, want = kernels.maxpool2d_backward(dy, x, *case.how), reference.maxpool2d_backward(dy, x, *case.how)
    assert_close(dx, want, "maxpool2d_backward", "reference", size_of_pooling(case, x, dy))


@given(pool_cases())
def test_kernels_equal_reference(case):
    check(case, *case.arrays())


# ---- 3 directional gradient check, 4 adjoint identity: near x, pooling only picks -----------------------------------


@given(pool_cases(dtypes=st.just("float64"), min_n=1))
def test_gradient_is_the_slope_and_the_transpose(case):
    rng = np.random.default_rng(case.seed)
    x, dy = apart(rng, case.x_shape), case.arrays()[1]
    dx = kernels.maxpool2d_backward(dy, x, *case.how)
    assert_gradient(lambda x: kernels.maxpool2d_forward(x, *case.how), x, dx, dy, rng)
    assert_adjoint(kernels.maxpool2d_forward(x, *case.how), dy, x, dx)


# ---- 6 edges --------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ties_go_to_the_first_in_row_order(functions, dtype):
    """Not to the last, not to the first column, and not in parts."""
    x = as_batch([[1, 5, 0], [5, 5, 0], [0, 0, 0]], dtype)
    dx = functions.maxpool2d_backward(as_batch([[1, 2], [4, 8]], dtype), x, (2, 2), (1, 1), no_pads)
    assert_same(dx, as_batch([[0, 3, 0], [4, 8, 0], [0, 0, 0]], dtype))


@both
def test_a_window_of_equal_numbers_gives_its_gradient_to_the_first_pixel_of_the_picture(functions):
    """Padding is not a pixel, also where the numbers are as small as numbers get."""
    for value in (0.0, -7.0, -np.inf):
        x = np.full((1, 3, 3, 1), value, "float32")
        pads = ((1, 1), (1, 1))
        assert_same(functions.maxpool2d_forward(x, (3, 3), (2, 2), pads), np.full((1, 2, 2, 1), value, "float32"))
        dx = functions.maxpool2d_backward(as_batch([[1, 2], [4, 8]]), x, (3, 3), (2, 2), pads)
        assert_same(dx, as_batch([[1, 2, 0], [4, 8, 0], [0, 0, 0]]))


@both
def test_padding_never_wins(functions):
    x = -np.arange(1, 10, dtype="float32").reshape(1, 3, 3, 1)
    y = functions.maxpool2d_forward(x, (2, 2), (2, 2), ((0, 1), (0, 1)))
    assert_same(y, as_batch([[-1, -3], [-7, -9]]))


@both
@pytest.mark.parametrize("first", [np.nan, 9.0], ids=["NaN first", "NaN last"])
def test_nan_reaches_every_window_that_sees_it(functions, first):
    x = np.float32(np.arange(16).reshape(1, 4, 4, 1))
    x[0, 1, 1, 0], x[0, 0, 0, 0] = np.nan, first
    y = functions.maxpool2d_forward(x, (2, 2), (1, 1), no_pads)[0, :, :, 0]
    assert_same(np.isnan(y), np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]], bool))
    dx = functions.maxpool2d_backward(as_batch([[1, 2, 0], [4, 8, 0], [0, 0, 0]]), x, (2, 2), (1, 1), no_pads)
    at_nan = [[1, 0, 0, 0], [0, 14, 0, 0]] if np.isnan(first) else [[0, 0, 0, 0], [0, 15, 0, 0]]
    assert_same(dx[:, :2], as_batch(at_nan))


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding"),
    [
        ((1, 1, 1, 2), (1, 1), (1, 1), "valid"),  # one pixel
        ((1, 1, 1, 2), (3, 3), (2, 2), "same"),
        ((1, 4, 4, 1), (3, 3), (2, 2), "same"),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same"),  # total padding 4 and 3
        ((1, 7, 8, 2), (2, 2), (3, 5), "valid"),  # strides longer than the window
        ((1, 5, 7, 3), (2, 2), (2, 2), "valid"),  # the last row and column are left over
        ((2, 7, 7, 33), (3, 3), (2, 2), "same"),
        ((0, 5, 5, 2), (2, 2), (2, 2), "valid"),  # no picture at all
    ],
)
@pytest.mark.parametrize("tied", [False, True])
def test_edges(x_shape, window, strides, padding, tied):
    case = PoolCase(x_shape, window, strides, padding, (1, 1), "float32", "contiguous", 1, tied=tied)
    check(case, *case.arrays())
