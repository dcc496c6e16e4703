"""Convolution: on paper, kernel against definition, gradients, edges, errors. (Against Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from minicnn.kernels.fused.activation import ACTIVATIONS
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import ConvCase, conv_cases, normal, wide_conv_cases
from tests.tolerances import assert_close, assert_same, sizes_of_conv2d

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
float64 = st.just("float64")
no_pads = ((0, 0), (0, 0))


# ---- 1 on paper -----------------------------------------------------------------------------------------------------

picture = np.array(
    [
        [1, 1, 1, 0, 0],
        [0, 1, 1, 1, 0],
        [0, 0, 1, 1, 1],
        [0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0],
    ]
)
diagonals = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def as_batch(rows, dtype="float32"):
    """Return a grid of numbers as one picture of one channel."""
    return np.array(rows, dtype)[None, :, :, None]


def as_kernel(rows, dtype="float32"):
    """Return a grid of numbers as one filter over one channel."""
    return np.array(rows, dtype)[:, :, None, None]


@both
def test_5x5_picture_under_a_3x3_filter(functions):
    y = functions.conv2d_forward(as_batch(picture), as_kernel(diagonals), None, (1, 1), no_pads)
    assert_same(y, as_batch([[4, 3, 4], [2, 4, 3], [2, 3, 4]]))


@both
def test_the_same_with_stride_2_and_a_bias(functions):
    y = functions.conv2d_forward(as_batch(picture), as_kernel(diagonals), np.float32([0.5]), (2, 2), no_pads)
    assert_same(y, as_batch([[4.5, 4.5], [2.5, 4.5]]))


@both
def test_zeros_around_the_picture_keep_its_size(functions):
    y = functions.conv2d_forward(as_batch(picture), as_kernel(diagonals), None, (1, 1), ((1, 1), (1, 1)))
    assert_same(y, as_batch([[2, 2, 3, 1, 1], [1, 4, 3, 4, 1], [1, 2, 4, 3, 3], [1, 2, 3, 4, 1], [0, 2, 2, 1, 1]]))


@both
def test_dilation_spreads_the_taps(functions):
    y = functions.conv2d_forward(as_batch(picture), as_kernel(diagonals), None, (1, 1), no_pads, (2, 2))
    assert_same(y, as_batch([[2]]))  # the centre and one of the four corners


@both
def test_groups_see_only_their_channels(functions):
    x = np.float32([[1, 10, 100, 1000]]).reshape(1, 1, 1, 4)
    kernel = np.float32([[1, 1, 2, 2], [1, 0, 0, 1]]).reshape(1, 1, 2, 4)  # (KH, KW, channels of a group, F)
    y = functions.conv2d_forward(x, kernel, None, (1, 1), no_pads, (1, 1), 2)
    assert_same(y, np.float32([11, 1, 200, 1200]).reshape(1, 1, 1, 4))


@both
def test_backward_on_paper(functions):
    """One output pixel has gradient 10: its window of x gets 10 * kernel, the kernel gets 10 * its window."""
    dy = as_batch([[0, 10], [0, 0]])
    x, kernel = as_batch([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), as_kernel([[1, 2], [3, 4]])
    dx = functions.conv2d_backward_input(dy, kernel, (1, 3, 3, 1), (1, 1), no_pads)
    assert_same(dx, as_batch([[0, 10, 20], [0, 30, 40], [0, 0, 0]]))
    assert_same(functions.conv2d_backward_kernel(dy, x, (2, 2), (1, 1), no_pads), as_kernel([[20, 30], [50, 60]]))


# ---- 2 kernel = reference -------------------------------------------------------------------------------------------


def check(case, only=("conv2d_forward", "conv2d_backward_input", "conv2d_backward_kernel")):
    x, kernel, bias, dy = case.arrays()
    arguments = {
        "conv2d_forward": (x, kernel, bias),
        "conv2d_backward_input": (dy, kernel, x.shape),
        "conv2d_backward_kernel": (dy, x, case.window),
    }
    sizes = sizes_of_conv2d(case, x, kernel, bias, dy)
    for name in only:
        inputs = arguments[name]
        got, want = getattr(kernels, name)(*inputs, *case.how), getattr(reference, name)(*inputs, *case.how)
        assert_close(got, want, name, "reference", sizes[name])


@given(conv_cases())
def test_kernels_equal_reference(case):
    check(case)


@given(wide_conv_cases())
def test_kernels_equal_reference_on_wide_pictures(case):
    check(case)


# ---- 3 directional gradient check -----------------------------------------------------------------------------------


@given(conv_cases(dtypes=float64, min_n=1))
def test_gradients_are_slopes(case):
    x, kernel, _, dy = case.arrays()
    rng = np.random.default_rng(case.seed + 1)
    dx = kernels.conv2d_backward_input(dy, kernel, x.shape, *case.how)
    dkernel = kernels.conv2d_backward_kernel(dy, x, case.window, *case.how)
    assert_gradient(lambda x: kernels.conv2d_forward(x, kernel, None, *case.how), x, dx, dy, rng)
    assert_gradient(lambda kernel: kernels.conv2d_forward(x, kernel, None, *case.how), kernel, dkernel, dy, rng)


# ---- 4 adjoint identity ---------------------------------------------------------------------------------------------


@given(conv_cases(dtypes=float64, min_n=1))
def test_backward_is_the_transpose(case):
    x, kernel, _, dy = case.arrays()
    y = kernels.conv2d_forward(x, kernel, None, *case.how)
    assert_adjoint(y, dy, x, kernels.conv2d_backward_input(dy, kernel, x.shape, *case.how))
    assert_adjoint(y, dy, kernel, kernels.conv2d_backward_kernel(dy, x, case.window, *case.how))


# ---- 6 edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filters", [1, 7, 16, 33])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_odd_numbers_of_filters(filters, dtype):
    """Loops that take several filters at once have a remainder."""
    check(ConvCase((2, 6, 5, 3), (3, 3), (1, 1), "same", (1, 1), dtype, "contiguous", 1, filters=filters))


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding"),
    [
        ((1, 1, 1, 2), (1, 1), (1, 1), "valid"),  # one pixel
        ((1, 1, 1, 2), (3, 3), (1, 1), "same"),  # one pixel, the rest of the window lies outside
        ((1, 1, 1, 2), (5, 4), (2, 2), "same"),
        ((1, 4, 4, 1), (3, 3), (2, 2), "same"),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same"),  # total padding 4 and 3
        ((1, 7, 8, 2), (2, 2), (4, 5), "valid"),  # strides longer than the window: pixels that nobody sees
        ((1, 7, 8, 2), (2, 2), (4, 5), "same"),
        ((1, 6, 6, 1), (3, 3), (2, 2), "valid"),  # the last row and column are left over
        ((1, 3, 9, 2), (3, 1), (1, 1), "valid"),  # the window is as high as the picture
        ((0, 5, 5, 2), (3, 3), (1, 1), "same"),  # no picture at all
    ],
)
def test_edges(x_shape, window, strides, padding):
    check(ConvCase(x_shape, window, strides, padding, (1, 1), "float32", "contiguous", 1, filters=3))


def test_what_a_padding_word_means_is_an_end_to_end_matter():
    """Size 4 under 3 taps with stride 2 sees pixels 0-2 and 2-4: the zero stands after, not before."""
    x = np.arange(1, 5, dtype="float64").reshape(1, 1, 4, 1)
    pads = reference.window_pads("same", (1, 4), (1, 3), (1, 2))
    y = kernels.conv2d_forward(x, np.float64([1, 10, 100]).reshape(1, 3, 1, 1), None, (1, 2), pads)
    assert_same(y, np.float64([321, 43]).reshape(1, 1, 2, 1))


@both
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_inf_reach_every_output_that_sees_them(functions, bad):
    rng = np.random.default_rng(2)
    x, kernel = normal(rng, (2, 6, 7, 2), "float32"), rng.uniform(0.5, 1, (3, 3, 2, 4)).astype("float32")
    x[1, 2, 3, 1] = bad
    y = functions.conv2d_forward(x, kernel, None, (1, 1), ((1, 1), (1, 1)))
    touched = np.zeros(y.shape, bool)
    touched[1, 1:4, 2:5] = True
    np.testing.assert_array_equal(~np.isfinite(y), touched)


def test_nothing_given_is_changed():
    rng = np.random.default_rng(3)
    x, kernel, bias = normal(rng, (1, 5, 5, 2)), normal(rng, (3, 3, 2, 4)), normal(rng, (4,))
    dy = normal(rng, (1, 5, 5, 4))
    before = [array.copy() for array in (x, kernel, bias, dy)]
    pads = ((1, 1), (1, 1))
    kernels.conv2d_forward(x, kernel, bias, (1, 1), pads)
    kernels.conv2d_backward_input(dy, kernel, x.shape, (1, 1), pads)
    kernels.conv2d_backward_kernel(dy, x, (3, 3), (1, 1), pads)
    for array, copy in zip((x, kernel, bias, dy), before, strict=True):
        assert_same(array, copy)


@pytest.mark.parametrize("activation", [None, "relu", "relu6", "sigmoid", "softmax"])
@pytest.mark.parametrize("algorithm", ["direct", "winograd", "im2col"])
def test_activation_equals_the_operation_after(activation, algorithm):
    rng = np.random.default_rng(4)
    x, kernel, bias = (normal(rng, shape, "float32") for shape in [(2, 5, 4, 3), (3, 3, 3, 8), (8,)])
    how = (3 * x, kernel, bias, (1, 1), ((1, 1), (0, 1)))
    y = kernels.conv2d_forward(*how, algorithm=algorithm)
    assert y.min() < 0 and y.max() > 6
    want = y if activation is None else ACTIVATIONS[activation](y)
    assert_same(kernels.conv2d_forward(*how, algorithm=algorithm, activation=activation), want)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_bits_do_not_depend_on_threads(threads):
    rng = np.random.default_rng(5)
    x, kernel, bias = (normal(rng, shape, "float32") for shape in [(7, 20, 17, 3), (3, 3, 3, 8), (8,)])
    how = (1, 1), ((1, 1), (1, 1))
    before = kernels.get_num_threads()
    results = []
    try:
        for count in (1, threads):
            kernels.set_num_threads(count)
            y = kernels.conv2d_forward(x, kernel, bias, *how)
            dx = kernels.conv2d_backward_input(y, kernel, x.shape, *how)
            results.append((y, dx, kernels.conv2d_backward_kernel(y, x, (3, 3), *how), kernels.bias_backward(y)))
    finally:
        kernels.set_num_threads(before)
    for got, want in zip(*results, strict=True):
        assert_same(got, want)


def test_settings_may_be_lists_and_groups_are_no_bool():
    x, kernel = np.ones((1, 3, 3, 1)), np.ones((2, 2, 1, 1))
    y = kernels.conv2d_forward(x, kernel, None, (1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    assert_same(kernels.conv2d_forward(x, kernel, None, [1, 1], [[0, 0], [0, 0]], [1, 1], 1), y)
    with pytest.raises(ValueError, match="`groups` must be a positive integer. Received: groups=True."):
        kernels.conv2d_forward(x, kernel, None, (1, 1), ((0, 0), (0, 0)), (1, 1), True)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    "strides, dilation", [((2, 2), (2, 2)), ((2, 1), (3, 1)), ((3, 2), (2, 3)), ((1, 2), (2, 1)), ((2, 3), (1, 2))]
)
def test_strides_and_dilation_together(strides, dilation, groups):
    """No layer has both on one axis, since Keras refuses it; the functions do, and are held against the definition."""
    rng = np.random.default_rng(1)
    x, kernel = rng.standard_normal((2, 11, 12, 4)), rng.standard_normal((3, 2, 4 // groups, 6))
    pads = (1, 2), (0, 3)
    y = reference.conv2d_forward(x, kernel, None, strides, pads, dilation, groups)
    dy = rng.standard_normal(y.shape)
    more = strides, pads, dilation, groups
    np.testing.assert_allclose(kernels.conv2d_forward(x, kernel, None, *more), y, atol=1e-12)
    for name, arguments in (("input", (dy, kernel, x.shape)), ("kernel", (dy, x, (3, 2)))):
        got, want = (getattr(room, f"conv2d_backward_{name}")(*arguments, *more) for room in (kernels, reference))
        np.testing.assert_allclose(got, want, atol=1e-12)


def test_the_gradient_of_a_strided_and_dilated_convolution_on_paper():
    """H = 5, two taps two apart, two windows two apart: pixel 2 is seen by both, pixels 1 and 3 by none."""
    dy, kernel = np.array([2.0, 3.0])[None, :, None, None], np.array([5.0, 7.0])[:, None, None, None]
    dx = kernels.conv2d_backward_input(dy, kernel, (1, 5, 1, 1), (2, 1), no_pads, (2, 1))
    assert dx.reshape(-1).tolist() == [10, 0, 14 + 15, 0, 21]
