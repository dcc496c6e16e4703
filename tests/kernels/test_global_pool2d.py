"""Global pooling: on paper, kernel against definition, gradients, ties, edges, errors. (Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import apart, cases, normal, ties
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
pictures = cases(min_dims=4)
float64 = cases(min_dims=4, dtypes=st.just("float64"))
x_on_paper = np.float32([[[[1, 5], [2, 5]], [[3, 0], [6, 2]]]])  # (1, 2, 2, 2)


@both
def test_on_paper(functions):
    """Channel 0 is 1 2 3 6; channel 1 is 5 5 0 2, where two pixels share the maximum's gradient."""
    dy = np.float32([[8, 4]])
    assert_same(functions.global_avgpool2d_forward(x_on_paper), np.float32([[3, 3]]))
    dx = functions.global_avgpool2d_backward(dy, x_on_paper.shape)
    assert_same(dx, np.float32([[[[2, 1], [2, 1]], [[2, 1], [2, 1]]]]))
    y = functions.global_maxpool2d_forward(x_on_paper)
    assert_same(y, np.float32([[6, 5]]))
    dx = functions.global_maxpool2d_backward(dy, x_on_paper, y)
    assert_same(dx, np.float32([[[[0, 2], [0, 2]], [[0, 0], [8, 0]]]]))


@given(pictures, st.booleans())
def test_kernels_equal_reference(case, tied):
    rng = np.random.default_rng(case.seed)
    x = ties(rng, case.shape, case.dtype) if tied else normal(rng, case.shape, case.dtype, case.layout)
    dy = normal(rng, (case.shape[0], case.shape[3]), case.dtype, case.layout)
    y = reference.global_avgpool2d_forward(x)
    size = reference.global_avgpool2d_forward(abs(x))
    assert_close(kernels.global_avgpool2d_forward(x), y, "global_avgpool2d_forward", "reference", (size, 1))
    dx = reference.global_avgpool2d_backward(dy, x.shape)
    got = kernels.global_avgpool2d_backward(dy, x.shape)
    assert_close(got, dx, "global_avgpool2d_backward", "reference", (abs(dx), 1))
    y = reference.global_maxpool2d_forward(x)
    assert_same(kernels.global_maxpool2d_forward(x), y)
    dx = reference.global_maxpool2d_backward(dy, x, y)
    got = kernels.global_maxpool2d_backward(dy, x, y)
    assert_close(got, dx, "global_maxpool2d_backward", "reference", (abs(dx), 1))


@given(float64)
def test_backward_is_the_slope_and_the_transpose(case):
    rng = np.random.default_rng(case.seed)
    x, dy = apart(rng, case.shape), normal(rng, (case.shape[0], case.shape[3]))
    y, dx = kernels.global_avgpool2d_forward(x), kernels.global_avgpool2d_backward(dy, x.shape)
    assert_gradient(kernels.global_avgpool2d_forward, x, dx, dy, rng)
    assert_adjoint(y, dy, x, dx)
    y = kernels.global_maxpool2d_forward(x)
    assert_gradient(kernels.global_maxpool2d_forward, x, kernels.global_maxpool2d_backward(dy, x, y), dy, rng)


@pytest.mark.parametrize("channels", [1, 63, 64, 65, 200])
def test_numbers_of_channels(channels):
    """Jobs are blocks of 64 channels."""
    x = normal(np.random.default_rng(1), (2, 3, 5, channels), "float32")
    np.testing.assert_allclose(kernels.global_avgpool2d_forward(x), x.mean(axis=(1, 2)), atol=1e-6)
    assert_same(kernels.global_maxpool2d_forward(x), x.max(axis=(1, 2)))


@both
@pytest.mark.parametrize("place", [0, 1, 3])
def test_nan_travels(functions, place):
    x = x_on_paper.copy()
    x.reshape(4, 2)[place, 0] = np.nan
    for forward in (functions.global_avgpool2d_forward, functions.global_maxpool2d_forward):
        assert_same(np.isnan(forward(x)), np.array([[True, False]]))


def test_arrays_that_do_not_fit():
    x, dy = np.zeros((2, 3, 3, 4), "float32"), np.zeros((2, 3), "float32")
    for call, sentence in [
        (
            lambda: kernels.global_avgpool2d_forward(x[:, :0]),
            "`x` must have at least one pixel and one channel. Received: x.shape=(2, 0, 3, 4).",
        ),
        (
            lambda: kernels.global_avgpool2d_backward(dy, x.shape),
            "`dy` must have shape (2, 4). Received: dy.shape=(2, 3).",
        ),
        (
            lambda: kernels.global_maxpool2d_backward(dy, x, dy),
            "`dy` must have shape (2, 4). Received: dy.shape=(2, 3).",
        ),
    ]:
        with pytest.raises(ValueError) as error:
            call()
        assert str(error.value) == sentence
