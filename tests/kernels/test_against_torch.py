"""Convolution and pooling of any setting against PyTorch, where it is installed: a thousand settings a run.

PyTorch computes in float64, from the same numbers, so it is exact beside float32. Sums of absolute values, which say
how much rounding is allowed, are PyTorch's as well.
"""

import numpy as np
import pytest
from hypothesis import given, settings

from minicnn import kernels
from tests.strategies import conv_cases, depthwise_cases, pool_cases
from tests.tolerances import assert_close, assert_same

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
CONVOLUTIONS, DEPTHWISE, POOLS = 500, 250, 250


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """For PyTorch: its threads would spend longer on meeting than on such small pictures."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def framed(x, pads, value=0.0):
    """Return pictures (N, H, W, C) as PyTorch's (N, C, H, W), with a frame of their own."""
    x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x.astype(np.float64), 3, 1))).requires_grad_()
    (top, bottom), (left, right) = pads
    return x, torch.nn.functional.pad(x, (left, right, top, bottom), value=value)


def back(tensor, dtype):
    """Return a tensor (N, C, H, W) as pictures (N, H, W, C)."""
    return np.moveaxis(tensor.detach().numpy(), 1, 3).astype(dtype)


def convolved(x, kernel, bias, dy, strides, pads, dilation, groups):
    """Convolve in PyTorch: y, dx, and dkernel as (KH, KW, C // groups, F)."""
    leaf, padded = framed(x, pads)
    weights = torch.from_numpy(np.ascontiguousarray(kernel.astype(np.float64).transpose(3, 2, 0, 1))).requires_grad_()
    bias = None if bias is None else torch.from_numpy(bias.astype(np.float64))
    y = torch.nn.functional.conv2d(padded, weights, bias, strides, 0, dilation, groups)
    y.backward(torch.from_numpy(np.ascontiguousarray(np.moveaxis(dy.astype(np.float64), 3, 1))))
    return back(y, x.dtype), back(leaf.grad, x.dtype), weights.grad.numpy().transpose(2, 3, 1, 0).astype(x.dtype)


def check(operation, got, arrays, how, groups, reshape=lambda array: array):
    """Hold y, dx and dkernel against PyTorch's."""
    x, kernel, bias, dy = arrays
    want = convolved(*arrays, *how, groups)
    sizes = convolved(*(None if array is None else abs(array.astype(np.float64)) for array in arrays), *how, groups)
    terms = kernel[..., 0].size + 1, kernel[:, :, 0].size, max(1, dy[..., 0].size)
    for name, own, other, size, count in zip(
        ("forward", "backward_input", "backward_kernel"), got, want, sizes, terms, strict=True
    ):
        assert_close(
            own,
            reshape(other) if name == "backward_kernel" else other,
            f"{operation}_{name}",
            "reference",
            (reshape(size) if name == "backward_kernel" else size, count),
        )


@settings(max_examples=CONVOLUTIONS)
@given(conv_cases(min_n=1))
def test_convolutions(case):
    x, kernel, bias, dy = arrays = case.arrays()
    strides, pads, dilation, groups = case.how
    got = (
        kernels.conv2d_forward(x, kernel, bias, *case.how),
        kernels.conv2d_backward_input(dy, kernel, x.shape, *case.how),
        kernels.conv2d_backward_kernel(dy, x, case.window, *case.how),
    )
    check("conv2d", got, arrays, (strides, pads, dilation), groups)


@settings(max_examples=DEPTHWISE)
@given(depthwise_cases(min_n=1))
def test_depthwise_convolutions(case):
    """A group for each channel: the kernel's (KH, KW, C, M) read as (KH, KW, 1, C * M)."""
    x, kernel, bias, dy = case.arrays()
    got = (
        kernels.depthwise_conv2d_forward(x, kernel, bias, *case.how),
        kernels.depthwise_conv2d_backward_input(dy, kernel, x.shape, *case.how),
        kernels.depthwise_conv2d_backward_kernel(dy, x, case.window, *case.how),
    )
    grouped = np.ascontiguousarray(kernel).reshape(*case.window, 1, -1)
    check(
        "depthwise_conv2d", got, (x, grouped, bias, dy), case.how, x.shape[3], lambda array: array.reshape(kernel.shape)
    )


@settings(max_examples=POOLS)
@given(pool_cases(min_n=1))
def test_poolings(case):
    """Ties too: PyTorch gives the gradient to the first maximum, as we do. Averages leave out what lies outside."""
    x, dy = case.arrays()
    dy = np.rint(4 * dy)  # whole numbers: sums are exact in any order
    cotangent = torch.from_numpy(np.ascontiguousarray(np.moveaxis(dy.astype(np.float64), 3, 1)))
    leaf, padded = framed(x, case.pads, -np.inf)
    y = torch.nn.functional.max_pool2d(padded, case.window, case.strides)
    y.backward(cotangent)
    assert_same(kernels.maxpool2d_forward(x, *case.how), back(y, x.dtype))
    assert_same(kernels.maxpool2d_backward(dy, x, *case.how), back(leaf.grad, x.dtype))

    def averaged(x, cotangent):
        leaf, padded = framed(x, case.pads)
        seen = torch.nn.functional.avg_pool2d(framed(np.ones_like(x), case.pads)[1], case.window, case.strides)
        y = torch.nn.functional.avg_pool2d(padded, case.window, case.strides) / seen.detach()
        y.backward(cotangent)
        return back(y, x.dtype), back(leaf.grad, x.dtype)

    want, sizes = averaged(x, cotangent), averaged(abs(x), abs(cotangent))
    got = kernels.avgpool2d_forward(x, *case.how), kernels.avgpool2d_backward(dy, x.shape, *case.how)
    for name, own, other, size in zip(("forward", "backward"), got, want, sizes, strict=True):
        assert_close(own, other, f"avgpool2d_{name}", "reference", (size, case.window[0] * case.window[1]))
