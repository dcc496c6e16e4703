"""Transposed convolution: on paper, kernel against definition, the adjoint of conv2d, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import conv_cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
alone = conv_cases().filter(lambda case: case.groups == 1)  # whose x is our output, whose y our input
alone64 = conv_cases(dtypes=st.just("float64")).filter(lambda case: case.groups == 1)


def transposed(case):
    """x, kernel, bias, dy and the settings of the transposed convolution that goes with a convolution."""
    dy, kernel, _, x = case.arrays()
    bias = np.random.default_rng(case.seed).normal(size=dy.shape[3]).astype(case.dtype)
    return x, kernel, bias, dy, (case.strides, case.pads, case.dilation)


@both
def test_on_paper(functions):
    """A 2 x 2 picture under a 2 x 2 window: side by side with stride 2, summed where stride 1 lets them overlap."""
    x, kernel = np.float32([[1, 2], [3, 4]]).reshape(1, 2, 2, 1), np.float32([[1, 10], [0, -1]]).reshape(2, 2, 1, 1)
    none = (0, 0), (0, 0)
    y = functions.conv2d_transpose_forward(x, kernel, np.float32([0.5]), (4, 4), (2, 2), none)
    want = [[1, 10, 2, 20], [0, -1, 0, -2], [3, 30, 4, 40], [0, -3, 0, -4]]
    assert_same(y[0, :, :, 0], np.float32(want) + np.float32(0.5))
    y = functions.conv2d_transpose_forward(x, kernel, None, (3, 3), (1, 1), none)
    assert_same(y[0, :, :, 0], np.float32([[1, 12, 20], [3, 33, 38], [0, -3, -4]]))
    dx = functions.conv2d_transpose_backward_input(np.ones_like(y), kernel, (1, 1), none)
    assert_same(dx, np.full((1, 2, 2, 1), 10, "float32"))
    dkernel = functions.conv2d_transpose_backward_kernel(np.ones_like(y), x, (2, 2), (1, 1), none)
    assert_same(dkernel, np.full((2, 2, 1, 1), 10, "float32"))


@given(alone)
def test_equals_reference(case):
    x, kernel, bias, dy, how = transposed(case)
    size, absolute = dy.shape[1:3], abs(kernel)
    want = reference.conv2d_transpose_forward(x, kernel, bias, size, *how)
    scale = reference.conv2d_transpose_forward(abs(x), absolute, abs(bias), size, *how)
    got = kernels.conv2d_transpose_forward(x, kernel, bias, size, *how)
    assert_close(got, want, "conv2d_backward_input", "reference", (scale, kernel[:, :, 0].size + 1))
    want = reference.conv2d_transpose_backward_input(dy, kernel, *how)
    scale = reference.conv2d_transpose_backward_input(abs(dy), absolute, *how)
    got = kernels.conv2d_transpose_backward_input(dy, kernel, *how)
    assert_close(got, want, "conv2d_forward", "reference", (scale, kernel[..., 0].size))
    want = reference.conv2d_transpose_backward_kernel(dy, x, case.window, *how)
    scale = reference.conv2d_transpose_backward_kernel(abs(dy), abs(x), case.window, *how)
    got = kernels.conv2d_transpose_backward_kernel(dy, x, case.window, *how)
    assert_close(got, want, "conv2d_backward_kernel", "reference", (scale, max(1, x[..., 0].size)))


@given(alone64)
def test_it_is_the_transpose_of_a_convolution(case):
    x, kernel, _, dy, how = transposed(case)
    y = kernels.conv2d_transpose_forward(x, kernel, None, dy.shape[1:3], *how)
    assert_adjoint(y, dy, x, reference.conv2d_forward(dy, kernel, None, *how))


@given(alone64)
def test_gradients_are_slopes(case):
    x, kernel, bias, dy, how = transposed(case)
    rng, size = np.random.default_rng(case.seed + 1), dy.shape[1:3]
    dx = kernels.conv2d_transpose_backward_input(dy, kernel, *how)
    assert_gradient(lambda x: kernels.conv2d_transpose_forward(x, kernel, bias, size, *how), x, dx, dy, rng)
    dkernel = kernels.conv2d_transpose_backward_kernel(dy, x, case.window, *how)
    assert_gradient(lambda k: kernels.conv2d_transpose_forward(x, k, bias, size, *how), kernel, dkernel, dy, rng)


def test_what_does_not_fit():
    x, kernel, none = np.zeros((1, 2, 2, 3)), np.zeros((2, 2, 4, 3)), ((0, 0), (0, 0))
    with pytest.raises(ValueError, match=r"`bias` must have shape \(4,\). Received: bias.shape=\(3,\)"):
        kernels.conv2d_transpose_forward(x, kernel, np.zeros(3), (3, 3), (1, 1), none)
    with pytest.raises(ValueError, match=r"`dy` must have shape \(1, 3, 3, 3\). Received: dy.shape=\(1, 2, 2, 3\)"):
        kernels.conv2d_transpose_forward(x, kernel, None, (4, 4), (1, 1), none)
