"""Denormal numbers, those below the smallest normal one: kernels compute with them, on every thread, as NumPy does.

TensorFlow takes them for 0 in its threads. Here they stay: what rounds nothing equals NumPy to the bit, a ReLU's slope
and a pool's winner are those of the numbers that are there, and PyTorch and ONNX Runtime keep them too.
"""

import numpy as np
import pytest

from minicnn import get_num_threads, kernels, reference, set_num_threads

TINY = np.float32(1e-40)
STEP = np.finfo(np.float32).smallest_subnormal


@pytest.fixture(params=[1, 3])
def threads(request):
    before = get_num_threads()
    set_num_threads(request.param)
    yield request.param
    set_num_threads(before)
    assert np.float32(1e-40) * np.float32(0.5) > 0 and 5e-324 / 1 > 0  # nor does a call change the caller's arithmetic


@pytest.mark.parametrize("count", [9, 100_001])  # the second is shared between threads
def test_what_rounds_nothing_equals_numpy(threads, count):
    x = np.random.default_rng(count).integers(-9, 9, count).astype(np.float32) * STEP
    np.testing.assert_array_equal(kernels.relu_forward(x), np.maximum(x, 0))
    np.testing.assert_array_equal(kernels.add_forward([x, x[::-1]]), x + x[::-1])
    y = kernels.relu_forward(x)
    np.testing.assert_array_equal(kernels.relu_backward(np.ones_like(y), y), x > 0)


def test_the_largest_of_denormal_numbers_wins(threads):
    x = np.arange(64 * 64 * 16, dtype=np.float32).reshape(1, 64, 64, 16)[:, ::-1] * STEP
    settings = (2, 2), (2, 2), ((0, 0), (0, 0))
    np.testing.assert_array_equal(kernels.maxpool2d_forward(x, *settings), reference.maxpool2d_forward(x, *settings))


@pytest.mark.parametrize("size", [5, 40])
def test_convolutions_and_products_of_denormal_weights(threads, size):
    rng = np.random.default_rng(0)
    x, kernel = rng.uniform(-1, 1, (2, size, size, 8)), rng.uniform(-1, 1, (3, 3, 8, 16))
    x, kernel, bias = x.astype(np.float32), kernel.astype(np.float32) * TINY, np.full(16, TINY, np.float32)
    how = (1, 1), ((1, 1), (1, 1))
    want = reference.conv2d_forward(*(each.astype(np.float64) for each in (x, kernel, bias)), *how)
    terms = 3 * 3 * 8 + 1  # each product, or each sum, may be rounded to the next multiple of STEP
    np.testing.assert_allclose(kernels.conv2d_forward(x, kernel, bias, *how), want, rtol=0, atol=terms * STEP)
    assert np.abs(want).max() > 100 * terms * STEP
    rows, matrix = x.reshape(-1, 8), kernel[0, 0]
    want = rows.astype(np.float64) @ matrix.astype(np.float64) + bias
    np.testing.assert_allclose(kernels.dense_forward(rows, matrix, bias), want, rtol=0, atol=9 * STEP)
