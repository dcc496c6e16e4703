"""The definitions sum in float64 and round once: 1e8 + 1 - 1e8 is 1, though in float32 1e8 + 1 is 1e8."""

import numpy as np

from minicnn import reference
from tests.tolerances import assert_same

numbers = np.float32([1e8, 1, -1e8])
ones = np.ones(3, "float32")
one = np.float32([1])


def test_conv2d():
    how = (1, 1), ((0, 0), (0, 0))
    row, kernel = numbers.reshape(1, 1, 3, 1), ones.reshape(1, 3, 1, 1)
    assert_same(reference.conv2d_forward(row, kernel, None, *how), one.reshape(1, 1, 1, 1))
    pixel, filters = numbers.reshape(1, 1, 1, 3), ones.reshape(1, 1, 1, 3)
    assert_same(reference.conv2d_backward_input(pixel, filters, (1, 1, 1, 1), *how), one.reshape(1, 1, 1, 1))
    assert_same(reference.conv2d_backward_kernel(row, ones.reshape(row.shape), (1, 1), *how), one.reshape(1, 1, 1, 1))


def test_dense_and_bias():
    assert_same(reference.dense_forward(numbers[None], ones[:, None], None), one[None])
    assert_same(reference.dense_backward_input(numbers[None], ones[None]), one[None])
    assert_same(reference.dense_backward_kernel(numbers[:, None], ones[:, None]), one[None])
    assert_same(reference.bias_backward(numbers[:, None]), one)


def test_maxpool2d():
    """One pixel that wins three windows."""
    x, dy = np.float32([0, 0, 9, 0, 0]).reshape(1, 1, 5, 1), numbers.reshape(1, 1, 3, 1)
    dx = reference.maxpool2d_backward(dy, x, (1, 3), (1, 1), ((0, 0), (0, 0)))
    assert_same(dx, np.float32([0, 0, 1, 0, 0]).reshape(1, 1, 5, 1))


def test_softmax_backward():
    """dy's mean, the sum of dy * y, is 1/4."""
    y = np.full(3, 0.25, "float32")
    assert_same(reference.softmax_backward(numbers, y)[1:2], np.float32([0.25 * (1 - 0.25)]))
