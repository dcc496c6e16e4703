"""Every way to compute a convolution gives the same result, within what its rounding allows."""

from unittest import mock

import numpy as np
import pytest

from minicnn import kernels, reference
from minicnn.kernels.algorithms import winograd, winograd_gradient
from tests.tolerances import sizes_of_conv2d

ONE = (1, 1)
ALGORITHMS = ["auto", "direct", "winograd", "im2col"]
CASES = [  # x, filters, pads: tiles of 4x4 with 0 to 3 pixels left over, one lane to several blocks
    ((1, 3, 3, 1), 1, ((0, 0), (0, 0))),
    ((2, 9, 7, 3), 5, ((1, 1), (1, 1))),
    ((1, 6, 12, 17), 33, ((0, 1), (2, 0))),
    ((2, 13, 14, 40), 70, ((1, 1), (1, 1))),
    ((3, 18, 5, 32), 32, ((3, 2), (0, 0))),
    ((2, 30, 30, 64), 48, ((1, 1), (1, 1))),
    ((1, 14, 23, 200), 192, ((1, 1), (1, 1))),  # a transformed kernel of 5 MB: step by step for many tiles
]


def draw(shape, filters, dtype):
    rng = np.random.default_rng(shape[1])
    x, bias = rng.standard_normal(shape), rng.standard_normal(filters)
    kernel = rng.standard_normal((3, 3, shape[3], filters))
    return x.astype(dtype), kernel.astype(dtype), bias.astype(dtype)


def assert_near(y, x, kernel, exact, size):
    """Compare with a sum in float64. `size` is sum|x||w|; Winograd was 1.5 units off at worst, the direct sum 0.15."""
    terms = kernel[..., 0].size
    unit = np.finfo(y.dtype).eps * np.sqrt(terms + 36) * size
    assert (np.abs(y - exact) <= 3 * unit + np.finfo(y.dtype).eps * np.abs(exact)).all()


@pytest.mark.parametrize("shape, filters, pads", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_forward(algorithm, dtype, shape, filters, pads):
    x, kernel, bias = draw(shape, filters, dtype)
    y = kernels.conv2d_forward(x, kernel, bias, ONE, pads, algorithm=algorithm, activation="relu")
    wide = (x.astype("float64"), kernel.astype("float64"), bias.astype("float64"))
    exact = kernels.conv2d_forward(*wide, ONE, pads, algorithm="direct", activation="relu")
    size = kernels.conv2d_forward(*map(np.abs, wide), ONE, pads, algorithm="direct")
    assert y.dtype == dtype
    assert_near(y, x, kernel, exact, size.max())


@pytest.mark.parametrize("shape, filters, pads", CASES)
def test_input_gradient(shape, filters, pads):
    """From 32 channels on this is Winograd's in float32, and never in float64."""
    x, kernel, _ = draw(shape, filters, "float32")
    y_shape = kernels.conv2d_forward(x, kernel, None, ONE, pads).shape
    dy = np.random.default_rng(1).standard_normal(y_shape)
    wide = (dy, kernel.astype("float64"))
    dx = kernels.conv2d_backward_input(dy.astype("float32"), kernel, shape, ONE, pads)
    exact = kernels.conv2d_backward_input(*wide, shape, ONE, pads)
    size = kernels.conv2d_backward_input(*map(np.abs, wide), shape, ONE, pads)
    assert_near(dx, x, kernel.swapaxes(2, 3), exact, size.max())


@pytest.mark.parametrize("shape, filters, pads", [*CASES, ((40, 18, 18, 96), 80, ((1, 1), (1, 1)))])
def test_kernel_gradient(shape, filters, pads):
    """Winograd's from 32 channels and 32 tiles on; the last case takes more tiles than are transformed at a time."""
    x, kernel, _ = draw(shape, filters, "float32")
    y_shape = kernels.conv2d_forward(x, kernel, None, ONE, pads).shape
    dy = np.random.default_rng(1).standard_normal(y_shape).astype("float32")
    wide = (dy.astype("float64"), x.astype("float64"))
    dkernel = kernels.conv2d_backward_kernel(dy, x, (3, 3), ONE, pads)
    exact = kernels.conv2d_backward_kernel(*wide, (3, 3), ONE, pads)
    size = kernels.conv2d_backward_kernel(*map(np.abs, wide), (3, 3), ONE, pads).max()
    unit = np.finfo("float32").eps * np.sqrt(np.prod(y_shape[:3])) * size
    assert (np.abs(dkernel - exact) <= 2 * unit).all()


def check_winograd(case):
    """Check output and gradients of a 3x3 convolution by Winograd's method, where it would not pay and in float64 too.

    A sum may be off by what the largest is rounded to, as in `assert_near`.
    """
    x, kernel, bias, dy = case.arrays()
    want = {
        "conv2d_forward": reference.conv2d_forward(x, kernel, bias, *case.how),
        "conv2d_backward_input": reference.conv2d_backward_input(dy, kernel, x.shape, *case.how),
        "conv2d_backward_kernel": reference.conv2d_backward_kernel(dy, x, case.window, *case.how),
    }
    with (
        mock.patch.object(winograd, "pays", return_value=True),
        mock.patch.object(winograd, "convolve", wraps=winograd.convolve) as convolve,
        mock.patch.object(winograd_gradient, "kernel_gradient", wraps=winograd_gradient.kernel_gradient) as gradient,
    ):
        got = {
            "conv2d_forward": kernels.conv2d_forward(x, kernel, bias, *case.how),
            "conv2d_backward_input": kernels.conv2d_backward_input(dy, kernel, x.shape, *case.how),
            "conv2d_backward_kernel": kernels.conv2d_backward_kernel(dy, x, case.window, *case.how),
        }
    assert (convolve.call_count, gradient.call_count) == (2, 1)
    sizes, eps = sizes_of_conv2d(case, x, kernel, bias, dy), np.finfo(case.dtype).eps
    for operation, right in want.items():
        scale, terms = sizes[operation]
        allowed = 3 * eps * np.sqrt(terms + 36) * scale.max() + eps * np.abs(right)
        assert got[operation].shape == right.shape and got[operation].dtype == right.dtype
        assert (np.abs(got[operation] - right) <= allowed).all(), operation


@pytest.mark.parametrize("where", ["x", "dy"])
def test_gradients_of_what_is_not_finite(where):
    """One NaN in x touches its channel's weights alone; one in dy its filter's, and in dx its window."""
    x, kernel, _ = draw((2, 12, 12, 32), 32, "float32")
    dy = np.random.default_rng(1).standard_normal(x.shape).astype("float32")
    {"x": x, "dy": dy}[where][1, 5, 6, 7] = np.nan
    dkernel = kernels.conv2d_backward_kernel(dy, x, (3, 3), ONE, ((1, 1), (1, 1)))
    dx = kernels.conv2d_backward_input(dy, kernel, x.shape, ONE, ((1, 1), (1, 1)))
    bad = np.zeros(dkernel.shape, bool)
    bad[(slice(None), slice(None), 7) if where == "x" else (..., 7)] = True
    np.testing.assert_array_equal(np.isnan(dkernel), bad)
    bad = np.zeros(dx.shape, bool)
    if where == "dy":
        bad[1, 4:7, 5:8] = True
    np.testing.assert_array_equal(np.isnan(dx), bad)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("activation", [None, "relu"])
def test_what_is_not_finite_reaches_its_windows_only(poison, activation):
    """Winograd would spread it over a tile of 4x4 outputs: such a batch is computed directly."""
    x, kernel, bias = draw((2, 12, 12, 32), 32, "float32")
    x[1, 5, 6, 7] = poison
    y = kernels.conv2d_forward(x, kernel, bias, ONE, ((1, 1), (1, 1)), algorithm="winograd", activation=activation)
    expected = kernels.conv2d_forward(x, kernel, bias, ONE, ((1, 1), (1, 1)), algorithm="direct", activation=activation)
    np.testing.assert_array_equal(y, expected)
    touched = np.zeros(y.shape[:3], bool)
    touched[1, 4:7, 5:8] = True
    assert np.isfinite(y[~touched]).all()
    assert not np.isfinite(y[touched]).all()


def test_im2col_with_every_setting():
    rng = np.random.default_rng(0)
    x, kernel = rng.standard_normal((2, 9, 8, 6)), rng.standard_normal((3, 2, 3, 4))
    for strides, dilation in (((2, 3), ONE), (ONE, (2, 1))):
        how = (strides, ((1, 0), (2, 1)), dilation, 2)
        y = kernels.conv2d_forward(x, kernel, None, *how, algorithm="im2col")
        np.testing.assert_allclose(y, kernels.conv2d_forward(x, kernel, None, *how, algorithm="direct"), atol=1e-13)


def test_winograd_says_what_it_cannot_do():
    x, kernel, _ = draw((1, 9, 9, 2), 2, "float32")
    with pytest.raises(ValueError, match=r"needs a 3x3 kernel and strides, dilation and groups of 1\. Received: "):
        kernels.conv2d_forward(x, kernel, None, (2, 2), ((0, 0), (0, 0)), algorithm="winograd")
    with pytest.raises(ValueError, match=r'`algorithm` must be "auto", "direct", "winograd" or "im2col"\. Received: '):
        kernels.conv2d_forward(x, kernel, None, ONE, ((0, 0), (0, 0)), algorithm="fft")
