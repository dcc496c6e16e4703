"""Depthwise convolution: on paper, kernel against definition, gradients, edges, errors. (Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import DepthwiseCase, depthwise_cases, normal
from tests.tolerances import assert_close, assert_same, sizes_of_depthwise_conv2d

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
float64 = st.just("float64")
no_pads = ((0, 0), (0, 0))


# ---- 1 on paper -----------------------------------------------------------------------------------------------------


def picture(*channels, dtype="float32"):
    """Return grids of numbers as one picture, a grid a channel."""
    return np.stack([np.array(channel, dtype) for channel in channels], axis=-1)[None]


@both
def test_each_channel_meets_its_own_filter(functions):
    x = picture([[1, 2, 3], [4, 5, 6]], [[10, 20, 30], [40, 50, 60]])
    kernel = np.float32([[[[1], [0]], [[0], [1]]]])  # (1, 2, 2, 1): channel 0 keeps the left pixel, channel 1 the right
    y = functions.depthwise_conv2d_forward(x, kernel, np.float32([0.5, 0]), (1, 1), no_pads)
    assert_same(y, picture([[1.5, 2.5], [4.5, 5.5]], [[20, 30], [50, 60]]))


@both
def test_filters_of_one_channel_lie_side_by_side(functions):
    x = np.float32([[[[1, 10]]]])
    kernel = np.float32([[[[1, 2, 3], [4, 5, 6]]]])  # (1, 1, 2, 3)
    y = functions.depthwise_conv2d_forward(x, kernel, None, (1, 1), no_pads)
    assert_same(y, np.float32([[[[1, 2, 3, 40, 50, 60]]]]))


@both
def test_backward_on_paper(functions):
    """One output pixel of channel 1 has gradient 10: its window gets 10 * its filter, the filter 10 * its window."""
    x = picture([[1, 2], [3, 4]], [[5, 6], [7, 8]])
    kernel = np.stack([np.ones((2, 2)), [[1, 2], [3, 4]]], axis=-1)[..., None].astype("float32")
    dy = np.float32([[[[0, 10]]]])
    dx = functions.depthwise_conv2d_backward_input(dy, kernel, x.shape, (1, 1), no_pads)
    assert_same(dx, picture([[0, 0], [0, 0]], [[10, 20], [30, 40]]))
    dkernel = functions.depthwise_conv2d_backward_kernel(dy, x, (2, 2), (1, 1), no_pads)
    assert_same(dkernel[..., 0], picture([[0, 0], [0, 0]], [[50, 60], [70, 80]])[0])


# ---- 2 kernel = reference -------------------------------------------------------------------------------------------


def check(case):
    x, kernel, bias, dy = case.arrays()
    arguments = {
        "depthwise_conv2d_forward": (x, kernel, bias),
        "depthwise_conv2d_backward_input": (dy, kernel, x.shape),
        "depthwise_conv2d_backward_kernel": (dy, x, case.window),
    }
    sizes = sizes_of_depthwise_conv2d(case, x, kernel, bias, dy)
    for name, given_ in arguments.items():
        got, want = getattr(kernels, name)(*given_, *case.how), getattr(reference, name)(*given_, *case.how)
        assert_close(got, want, name, "reference", sizes[name])


@given(depthwise_cases())
def test_kernels_equal_reference(case):
    check(case)


# ---- 3 directional gradient check, 4 adjoint identity ---------------------------------------------------------------


@given(depthwise_cases(dtypes=float64, min_n=1))
def test_gradients_are_slopes_and_transposes(case):
    x, kernel, _, dy = case.arrays()
    rng = np.random.default_rng(case.seed + 1)
    y = kernels.depthwise_conv2d_forward(x, kernel, None, *case.how)
    dx = kernels.depthwise_conv2d_backward_input(dy, kernel, x.shape, *case.how)
    dkernel = kernels.depthwise_conv2d_backward_kernel(dy, x, case.window, *case.how)
    assert_gradient(lambda x: kernels.depthwise_conv2d_forward(x, kernel, None, *case.how), x, dx, dy, rng)
    assert_gradient(lambda k: kernels.depthwise_conv2d_forward(x, k, None, *case.how), kernel, dkernel, dy, rng)
    assert_adjoint(y, dy, x, dx)
    assert_adjoint(y, dy, kernel, dkernel)


@given(depthwise_cases(dtypes=float64, min_n=1))
def test_is_a_convolution_with_a_group_for_each_channel(case):
    """C groups, and the kernel's (KH, KW, C, M) read as (KH, KW, 1, C * M)."""
    x, kernel, bias, _ = case.arrays()
    grouped = np.ascontiguousarray(kernel).reshape(*case.window, 1, -1)
    want = reference.conv2d_forward(x, grouped, bias, *case.how, x.shape[3])
    np.testing.assert_allclose(kernels.depthwise_conv2d_forward(x, kernel, bias, *case.how), want, atol=1e-12)


# ---- 6 edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 7, 16, 33])
@pytest.mark.parametrize("window", [(3, 3), (5, 5), (1, 4), (2, 7)])
def test_numbers_of_channels_and_taps(channels, window):
    """Taps are taken three at a time; a remainder follows one by one."""
    check(DepthwiseCase((2, 8, 9, channels), window, (1, 1), "same", (1, 1), "float32", "contiguous", 1))


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding", "dilation"),
    [
        ((1, 1, 1, 2), (1, 1), (1, 1), "valid", (1, 1)),  # one pixel
        ((1, 1, 1, 2), (3, 3), (1, 1), "same", (1, 1)),  # one pixel, the rest of the window lies outside
        ((1, 1, 2, 2), (5, 7), (2, 2), "same", (1, 1)),
        ((1, 4, 4, 1), (3, 3), (2, 2), "same", (1, 1)),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same", (1, 1)),  # total padding 4 and 3
        ((1, 7, 8, 2), (2, 3), (4, 5), "valid", (1, 1)),  # strides longer than the window: pixels that nobody sees
        ((1, 7, 8, 2), (2, 3), (4, 5), "same", (1, 1)),
        ((1, 6, 6, 1), (3, 3), (2, 2), "valid", (1, 1)),  # the last row and column are left over
        ((1, 9, 9, 2), (3, 3), (1, 1), "same", (2, 4)),
        ((1, 3, 2, 2), (3, 3), (1, 1), "same", (3, 3)),  # dilated past the picture
        ((0, 5, 5, 2), (3, 3), (1, 1), "same", (1, 1)),  # no picture at all
    ],
)
def test_edges(x_shape, window, strides, padding, dilation):
    check(DepthwiseCase(x_shape, window, strides, padding, dilation, "float32", "contiguous", 1, multiplier=2))


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_reach_every_output_that_sees_them(functions, bad):
    rng = np.random.default_rng(2)
    x, kernel = normal(rng, (2, 6, 7, 3), "float32"), rng.uniform(0.5, 1, (3, 3, 3, 2)).astype("float32")
    x[1, 2, 3, 1] = bad
    y = functions.depthwise_conv2d_forward(x, kernel, None, (1, 1), ((1, 1), (1, 1)))
    touched = np.zeros(y.shape, bool)
    touched[1, 1:4, 2:5, 2:4] = True
    np.testing.assert_array_equal(~np.isfinite(y), touched)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_bits_do_not_depend_on_threads(threads):
    rng = np.random.default_rng(5)
    x, kernel, bias = (normal(rng, shape, "float32") for shape in [(7, 40, 37, 20), (3, 3, 20, 1), (20,)])
    how = (1, 1), ((1, 1), (1, 1))
    before = kernels.get_num_threads()
    results = []
    try:
        for count in (1, threads):
            kernels.set_num_threads(count)
            y = kernels.depthwise_conv2d_forward(x, kernel, bias, *how)
            dx = kernels.depthwise_conv2d_backward_input(y, kernel, x.shape, *how)
            results.append((y, dx, kernels.depthwise_conv2d_backward_kernel(y, x, (3, 3), *how)))
    finally:
        kernels.set_num_threads(before)
    for got, want in zip(*results, strict=True):
        assert_same(got, want)


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (
            {"kernel": np.zeros((3, 3, 4, 1), "float32")},
            ValueError,
            "`kernel` must have C = 2 channels. Received: kernel.shape=(3, 3, 4, 1).",
        ),
        (
            {"kernel": np.zeros((3, 9, 2, 1), "float32")},
            ValueError,
            "`kernel` must fit into its padded input of 5 pixels. Received: a window over 9 pixels.",
        ),
        ({"bias": np.zeros(3, "float32")}, ValueError, "`bias` must have shape (2,). Received: bias.shape=(3,)."),
        (
            {"kernel": np.zeros((3, 3, 2, 1))},
            TypeError,
            "`kernel` must have the dtype of the first array, float32. Received: kernel.dtype=float64.",
        ),
        ({"x": np.zeros((5, 5, 2), "float32")}, ValueError, "`x` must have 4 axes. Received: x.shape=(5, 5, 2)."),
    ],
)
def test_arrays_that_do_not_fit(change, error, sentence):
    arrays = {
        "x": np.zeros((1, 5, 5, 2), "float32"),
        "kernel": np.zeros((3, 3, 2, 1), "float32"),
        "bias": np.zeros(2, "float32"),
    } | change
    with pytest.raises(error) as raised:
        kernels.depthwise_conv2d_forward(*arrays.values(), (1, 1), no_pads)
    assert str(raised.value) == sentence


def test_a_gradient_of_a_wrong_shape():
    dy, x, kernel = (np.zeros(shape, "float32") for shape in [(1, 2, 3, 2), (1, 5, 5, 2), (3, 3, 2, 1)])
    for call in (
        lambda: kernels.depthwise_conv2d_backward_input(dy, kernel, x.shape, (1, 1), no_pads),
        lambda: kernels.depthwise_conv2d_backward_kernel(dy, x, (3, 3), (1, 1), no_pads),
    ):
        with pytest.raises(ValueError) as raised:
            call()
        assert str(raised.value) == "`dy` must have shape (1, 3, 3, 2). Received: dy.shape=(1, 2, 3, 2)."
