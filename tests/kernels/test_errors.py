"""What the kernels refuse, and in which words. Their loops would read foreign memory where a shape is wrong."""

import re

import numpy as np
import pytest

from minicnn import kernels

ONE = (1, 1)
NO_PADS = ((0, 0), (0, 0))


def array(*shape, dtype="float32"):
    return np.zeros(shape, dtype)


def forward(x=None, kernel=None, bias=None, strides=ONE, pads=NO_PADS, dilation=ONE, groups=1, **more):
    x = array(2, 6, 5, 4) if x is None else x
    kernel = array(3, 2, 4, 8) if kernel is None else kernel
    return kernels.conv2d_forward(x, kernel, bias, strides, pads, dilation, groups, **more)


def backward_input(dy=None, kernel=None, input_shape=(2, 6, 5, 4), groups=1):
    dy, kernel = array(2, 4, 4, 8) if dy is None else dy, array(3, 2, 4, 8) if kernel is None else kernel
    return kernels.conv2d_backward_input(dy, kernel, input_shape, ONE, NO_PADS, ONE, groups)


def backward_kernel(dy=None, x=None, kernel_size=(3, 2), groups=1):
    dy, x = array(2, 4, 4, 8) if dy is None else dy, array(2, 6, 5, 4) if x is None else x
    return kernels.conv2d_backward_kernel(dy, x, kernel_size, ONE, NO_PADS, ONE, groups)


def pool(x=None, pool_size=(2, 2), strides=(2, 2), pads=NO_PADS):
    return kernels.maxpool2d_forward(array(2, 6, 5, 4) if x is None else x, pool_size, strides, pads)


def unpool(dy=None, x=None, pool_size=(2, 2), pads=NO_PADS):
    dy, x = array(2, 3, 2, 4) if dy is None else dy, array(2, 6, 5, 4) if x is None else x
    return kernels.maxpool2d_backward(dy, x, pool_size, (2, 2), pads)


def dense(x=None, kernel=None, bias=None, **more):
    return kernels.dense_forward(
        array(2, 3) if x is None else x, array(3, 4) if kernel is None else kernel, bias, **more
    )


VALUE = [
    (
        lambda: forward(kernel=array(3, 2, 3, 8)),
        "`kernel` must have C // groups = 4 input channels. Received: kernel.shape=(3, 2, 3, 8).",
    ),
    (lambda: forward(groups=3), "`groups` must divide the 4 channels and the 8 filters. Received: groups=3."),
    (
        lambda: forward(residual=array(2, 4, 4, 7)),
        "`residual` must have shape (2, 4, 4, 8). Received: residual.shape=(2, 4, 4, 7).",
    ),
    (
        lambda: forward(residual=array(2, 4, 4, 8)),
        "`residual` needs a 1x1 kernel, groups=1 and no im2col. Received: kernel.shape=(3, 2, 4, 8), groups=1, "
        "algorithm='auto'.",
    ),
    (lambda: forward(groups=0), "`groups` must be a positive integer. Received: groups=0."),
    (lambda: forward(x=array(6, 5, 4)), "`x` must have 4 axes. Received: x.shape=(6, 5, 4)."),
    (lambda: forward(kernel=array(3, 4, 8)), "`kernel` must have 4 axes. Received: kernel.shape=(3, 4, 8)."),
    (lambda: forward(bias=array(7)), "`bias` must have shape (8,). Received: bias.shape=(7,)."),
    (lambda: forward(bias=array(1, 8)), "`bias` must have 1 axes. Received: bias.shape=(1, 8)."),
    (
        lambda: forward(strides=(0, 1)),
        "`strides` must be two whole numbers, each at least 1. Received: strides=(0, 1).",
    ),
    (lambda: forward(strides=2), "`strides` must be two whole numbers, each at least 1. Received: strides=2."),
    (
        lambda: forward(dilation=(1, 1.5)),
        "`dilation` must be two whole numbers, each at least 1. Received: dilation=(1, 1.5).",
    ),
    (
        lambda: forward(pads=ONE),
        "`pads` must be ((top, bottom), (left, right)), whole numbers, 0 or more. Received: pads=(1, 1).",
    ),
    (
        lambda: forward(pads=((0, -1), (0, 0))),
        "`pads` must be ((top, bottom), (left, right)), whole numbers, 0 or more. Received: pads=((0, -1), (0, 0)).",
    ),
    (
        lambda: forward(dilation=(3, 1)),
        "`kernel` must fit into its padded input of 6 pixels. Received: a window over 7 pixels.",
    ),
    (
        lambda: forward(activation="tanh"),
        '`activation` must be None, "relu", "relu6", "sigmoid" or "softmax". Received: activation=\'tanh\'.',
    ),
    (
        lambda: forward(algorithm="magic"),
        '`algorithm` must be "auto", "direct", "winograd" or "im2col". Received: algorithm=\'magic\'.',
    ),
    (
        lambda: backward_input(dy=array(2, 4, 4, 7)),
        "`dy` must have shape (2, 4, 4, 8). Received: dy.shape=(2, 4, 4, 7).",
    ),
    (
        lambda: backward_input(input_shape=(2, 6, 6, 4)),
        "`dy` must have shape (2, 4, 5, 8). Received: dy.shape=(2, 4, 4, 8).",
    ),
    (
        lambda: backward_input(input_shape=(2, 6, 5, 3)),
        "`kernel` must have C // groups = 3 input channels. Received: kernel.shape=(3, 2, 4, 8).",
    ),
    (lambda: backward_input(groups=3), "`groups` must divide the 4 channels and the 8 filters. Received: groups=3."),
    (
        lambda: backward_kernel(dy=array(1, 4, 4, 8)),
        "`dy` must have shape (2, 4, 4, 8). Received: dy.shape=(1, 4, 4, 8).",
    ),
    (
        lambda: backward_kernel(kernel_size=(3, 3)),
        "`dy` must have shape (2, 4, 3, 8). Received: dy.shape=(2, 4, 4, 8).",
    ),
    (
        lambda: backward_kernel(kernel_size=3),
        "`kernel_size` must be two whole numbers, each at least 1. Received: kernel_size=3.",
    ),
    (lambda: pool(x=array(6, 5)), "`x` must have 4 axes. Received: x.shape=(6, 5)."),
    (
        lambda: pool(pool_size=(2, 0)),
        "`pool_size` must be two whole numbers, each at least 1. Received: pool_size=(2, 0).",
    ),
    (
        lambda: pool(pads=((2, 0), (0, 0))),
        "`pads` must each be smaller than the window. Received: pads=((2, 0), (0, 0)).",
    ),
    (lambda: unpool(dy=array(2, 3, 3, 4)), "`dy` must have shape (2, 3, 2, 4). Received: dy.shape=(2, 3, 3, 4)."),
    (lambda: dense(kernel=array(4, 4)), "`kernel` must have shape (3, 4). Received: kernel.shape=(4, 4)."),
    (lambda: dense(x=array(3)), "`x` must have 2 axes. Received: x.shape=(3,)."),
    (lambda: dense(bias=array(3)), "`bias` must have shape (4,). Received: bias.shape=(3,)."),
    (
        lambda: dense(activation="tanh"),
        '`activation` must be None, "relu", "relu6", "sigmoid" or "softmax". Received: activation=\'tanh\'.',
    ),
    (
        lambda: kernels.dense_backward_input(array(2, 5), array(3, 4)),
        "`kernel` must have shape (3, 5). Received: kernel.shape=(3, 4).",
    ),
    (
        lambda: kernels.dense_backward_kernel(array(2, 4), array(3, 3)),
        "`x` must have shape (2, 3). Received: x.shape=(3, 3).",
    ),
    (lambda: kernels.relu_backward(array(2, 4), array(2, 3)), "`y` must have shape (2, 4). Received: y.shape=(2, 3)."),
    (lambda: kernels.sigmoid_backward(array(2, 4), array(8)), "`y` must have shape (2, 4). Received: y.shape=(8,)."),
    (
        lambda: kernels.softmax_backward(array(2, 4), array(4, 2)),
        "`y` must have shape (2, 4). Received: y.shape=(4, 2).",
    ),
    (lambda: kernels.softmax_forward(array(2, 0)), "`x` must have a last axis of 1 or more. Received: x.shape=(2, 0)."),
    (
        lambda: kernels.flatten_backward(array(2, 4), (2, 2, 3)),
        "`dy` must have shape (2, 6). Received: dy.shape=(2, 4).",
    ),
    (
        lambda: kernels.dropout_forward(array(2, 4), np.ones(4, bool), 0.5),
        "`mask` must have shape (2, 4). Received: mask.shape=(4,).",
    ),
    (
        lambda: kernels.dropout_forward(array(2), np.ones(2, bool), 1.0),
        "`rate` must be at least 0 and below 1. Received: rate=1.0.",
    ),
    (lambda: kernels.set_num_threads(0), "`n` must be a positive integer. Received: n=0."),
]
TYPE = [
    (lambda: forward(x=array(2, 6, 5, 4, dtype="uint8")), "`x` must be float32 or float64. Received: x.dtype=uint8."),
    (lambda: forward(x=[[1.0]]), "`x` must be a NumPy array. Received: list."),
    (
        lambda: forward(kernel=array(3, 2, 4, 8, dtype="float64")),
        "`kernel` must have the dtype of the first array, float32. Received: kernel.dtype=float64.",
    ),
    (
        lambda: dense(bias=array(4, dtype="float64")),
        "`bias` must have the dtype of the first array, float32. Received: bias.dtype=float64.",
    ),
    (
        lambda: unpool(x=array(2, 6, 5, 4, dtype="float64")),
        "`x` must have the dtype of the first array, float32. Received: x.dtype=float64.",
    ),
    (
        lambda: kernels.bias_backward(array(2, 4, dtype="float16")),
        "`dy` must be float32 or float64. Received: dy.dtype=float16.",
    ),
    (lambda: kernels.dropout_backward(array(2), array(2), 0.5), "`mask` must be bool. Received: mask.dtype=float32."),
]


@pytest.mark.parametrize(("call", "sentence"), VALUE, ids=[sentence for _, sentence in VALUE])
def test_values(call, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        call()


@pytest.mark.parametrize(("call", "sentence"), TYPE, ids=[sentence for _, sentence in TYPE])
def test_types(call, sentence):
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        call()


def test_the_window_of_a_pooling_must_fit():
    with pytest.raises(
        ValueError, match=r"`pool_size` must fit into its padded input of 5 pixels\. Received: a window over 6"
    ):
        pool(pool_size=(2, 6))


def test_nothing_here_is_wrong():
    """The calls above differ from good ones in one argument alone."""
    assert forward().shape == (2, 4, 4, 8)
    assert backward_input().shape == (2, 6, 5, 4) and backward_kernel().shape == (3, 2, 4, 8)
    assert pool().shape == (2, 3, 2, 4) and unpool().shape == (2, 6, 5, 4)
    assert dense().shape == (2, 4)
