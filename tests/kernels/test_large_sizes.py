"""Sizes that small cases never reach: outputs written past the caches, and Winograd's way for large kernels.

The oracle is NumPy in float64 on numbers drawn at random places, and for all numbers together an identity: of <A x, dy>
and <x, A^T dy> the one side is computed by NumPy from x, the kernel and dy alone (see `moments`).
"""

import numpy as np
import pytest

from minicnn import kernels
from minicnn.kernels.algorithms import winograd
from minicnn.kernels.machine import memory
from tests.tolerances import assert_same

NO_PADS, PADS = ((0, 0), (0, 0)), ((1, 1), (1, 1))
SAMPLES = 300


def draw(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def places(shape, seed=1):
    """Draw indices all over an array: its first and last numbers, and every corner of its second half, among them."""
    rng = np.random.default_rng(seed)
    drawn = [tuple(int(rng.integers(size)) for size in shape) for _ in range(SAMPLES)]
    ends = [tuple((size - 1) * (corner >> axis & 1) for axis, size in enumerate(shape)) for corner in range(16)]
    return drawn + ends


def window(x, n, i, j, size, before):
    """Cut the window of output (i, j) out of a picture, in float64, zeros round it; stride 1."""
    padded = np.zeros((*size, x.shape[3]))
    for a in range(size[0]):
        for b in range(size[1]):
            if 0 <= i + a - before < x.shape[1] and 0 <= j + b - before < x.shape[2]:
                padded[a, b] = x[n, i + a - before, j + b - before]
    return padded


def assert_convolution(y, x, kernel, before, units=16):
    """Look at single numbers of y = conv(x), stride 1."""
    eps = np.finfo(y.dtype).eps
    for n, i, j, f in places(y.shape):
        seen = window(x, n, i, j, kernel.shape[:2], before)
        want, size = (seen * kernel[..., f]).sum(), abs(seen * kernel[..., f]).sum()
        assert abs(y[n, i, j, f] - want) <= units * eps * np.sqrt(seen.size) * size, (n, i, j, f)


def assert_sums(y, x, kernel):
    """All numbers at once: with weights u for filters, and pads that show every pixel to every tap, sum y u = <s, K u>.

    Here s[c] is the sum of channel c over all pictures.
    """
    u = np.random.default_rng(2).standard_normal(kernel.shape[3])
    want = x.sum(axis=(0, 1, 2), dtype=np.float64) @ kernel.astype(np.float64).sum(axis=(0, 1)) @ u
    got = y.sum(axis=(0, 1, 2), dtype=np.float64) @ u
    assert abs(got - want) <= 1e-6 * np.sqrt(y.size) * abs(x).max() * abs(kernel).sum(axis=(0, 1, 2)).max()


# ---- Winograd where the transformed kernel is larger than a job may read --------------------------------------------


@pytest.mark.parametrize(
    ("shape", "filters"),
    [((1, 28, 28, 192), 192), ((2, 54, 50, 256), 256), ((5, 14, 14, 512), 512)],
    ids=["at once", "in two rounds, 256 channels as VGG", "512 channels as VGG"],
)
def test_winograd_step_by_step(shape, filters):
    """Pads of 2: every pixel is under every tap, so `assert_sums` knows the sum of all outputs. Case bigwino."""
    x, kernel = draw(shape), draw((3, 3, shape[3], filters), 1)
    assert 36 * kernel[0, 0].nbytes > winograd.SMALL_KERNEL
    y = kernels.conv2d_forward(x, kernel, None, (1, 1), ((2, 2), (2, 2)), algorithm="winograd")
    assert_convolution(y, x, kernel, 2)
    assert_sums(y, x, kernel)
    tiles = shape[0] * -(-y.shape[1] // 4) * -(-y.shape[2] // 4)
    assert tiles > winograd.TILES_PER_JOB  # more than one job
    dy = draw(y.shape, 3)
    dx = kernels.conv2d_backward_input(dy, kernel, shape, (1, 1), ((2, 2), (2, 2)))
    assert_convolution(dx, dy, kernel[::-1, ::-1].swapaxes(2, 3), 0)
    dkernel = kernels.conv2d_backward_kernel(dy, x, (3, 3), (1, 1), ((2, 2), (2, 2)))
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    for a, b, c, f in places(dkernel.shape)[::4]:
        products = padded[:, a : a + dy.shape[1], b : b + dy.shape[2], c].astype(np.float64) * dy[..., f]
        unit = np.finfo(np.float32).eps * np.sqrt(products.size) * abs(products).sum()
        assert abs(dkernel[a, b, c, f] - products.sum()) <= 4 * unit, (a, b, c, f)


def test_more_than_one_round_is_met():
    """The second case above transforms more tiles than fit at a time."""
    bytes_of_a_tile = 36 * (256 + 256) * 4
    assert 2 * 14 * 13 > winograd.BUFFERS // bytes_of_a_tile


# ---- outputs that are written past the caches: case streams ---------------------------------------------------------


def assert_streams(y):
    assert memory.streams(y), (y.shape, y.nbytes)


LARGE = (2, 260, 258, 32)  # 17 MB


def test_relu():
    x, dy = draw(LARGE), draw(LARGE, 1)
    y = kernels.relu_forward(x)
    assert_streams(y.reshape(-1))
    assert_same(y, np.maximum(x, 0))
    assert_same(kernels.relu_backward(dy, y), np.where(x > 0, dy, np.float32(0)))


@pytest.mark.parametrize(
    ("channels", "pool", "strides", "pads"),
    [(32, (3, 3), (1, 1), PADS), (32, (2, 1), (1, 1), NO_PADS), (48, (2, 2), (1, 1), NO_PADS)],
)
def test_max_pooling(channels, pool, strides, pads):
    x = draw((*LARGE[:3], channels))
    y = kernels.maxpool2d_forward(x, pool, strides, pads)
    assert_streams(y)
    padded = np.pad(x, ((0, 0), *pads, (0, 0)), constant_values=-np.inf)
    want = np.full(y.shape, -np.inf, np.float32)
    for a in range(pool[0]):
        for b in range(pool[1]):
            np.maximum(want, padded[:, a : a + y.shape[1], b : b + y.shape[2]], out=want)
    assert_same(y, want)


@pytest.mark.parametrize("activation", [None, "relu"])
def test_depthwise(activation):
    x, kernel, bias = draw(LARGE), draw((3, 3, 32, 1), 1), draw(32, 2)
    y = kernels.depthwise_conv2d_forward(x, kernel, bias, (1, 1), PADS, activation=activation)
    assert_streams(y)
    padded = np.pad(x, ((0, 0), *PADS, (0, 0))).astype(np.float64)
    want = np.broadcast_to(bias.astype(np.float64), y.shape).copy()
    for a in range(3):
        for b in range(3):
            want += padded[:, a : a + y.shape[1], b : b + y.shape[2]] * kernel[a, b, :, 0]
    np.testing.assert_allclose(y, want if activation is None else np.maximum(want, 0), atol=2e-5)
    if activation is None:
        dx = kernels.depthwise_conv2d_backward_input(y, kernel, x.shape, (1, 1), PADS)
        assert_streams(dx)
        assert abs(np.vdot(dx.astype(np.float64), x) - np.vdot(y.astype(np.float64), y - bias)) <= 1e-7 * np.vdot(y, y)


@pytest.mark.parametrize(("units", "limit"), [(128, None), (128, "relu6"), (144, None)])
def test_products(units, limit):
    """Whole numbers: every sum is exact, in any order."""
    rng = np.random.default_rng(0)
    a, b, bias = (rng.integers(-3, 4, shape).astype(np.float32) for shape in ((33_000, 24), (24, units), (units,)))
    y = kernels.dense_forward(a, b, bias, activation=limit)
    assert_streams(y)
    want = a @ b + bias
    assert_same(y, want if limit is None else np.clip(want, 0, 6))
    y = kernels.conv2d_forward(a.reshape(1, 300, 110, 24), b.reshape(1, 1, 24, units), bias, (1, 1), NO_PADS)
    assert_streams(y)
    assert_same(y.reshape(want.shape), want)


@pytest.mark.parametrize(("groups", "filters"), [(1, 64), (2, 64), (4, 80)])  # 20 each: lines, but no whole registers
def test_convolution(groups, filters):
    """Whole numbers again. The input's gradient streams as well, in phases where strides are 2."""
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, (2, 260, 258, 4)).astype(np.float32)
    kernel = rng.integers(-3, 4, (2, 3, 4 // groups, filters)).astype(np.float32)
    y = kernels.conv2d_forward(x, kernel, None, (1, 1), NO_PADS, (1, 1), groups, algorithm="direct")
    assert_streams(y)
    assert_same(y, correlated(x, kernel, groups))


@pytest.mark.parametrize("strides", [(1, 1), (2, 2)])
def test_convolutions_input_gradient(strides):
    rng = np.random.default_rng(0)
    kernel = rng.integers(-3, 4, (2, 2, 32, 3)).astype(np.float32)
    dy_shape = (2, 259, 257, 3) if strides == (1, 1) else (2, 130, 129, 3)
    dy = rng.integers(-3, 4, dy_shape).astype(np.float32)
    dx = kernels.conv2d_backward_input(dy, kernel, (2, 260, 258, 32), strides, NO_PADS)
    assert_streams(dx)
    want = np.zeros(dx.shape, np.float32)
    for a in range(2):
        for b in range(2):
            seen = want[:, a :: strides[0], b :: strides[1]][:, : dy.shape[1], : dy.shape[2]]
            seen += dy @ kernel[a, b].T
    assert_same(dx, want)


@pytest.mark.parametrize("filters", [32, 48])
def test_what_won_a_window(filters):
    """The gradient of a convolution, ReLU and pooling in one pass."""
    dy = draw((2, 130, 129, filters))
    winners = np.random.default_rng(1).integers(0, 4, dy.shape).astype(np.uint8)
    dz = kernels.maxpool2d_unpool(dy, winners, (2, 260, 258, filters), (2, 2), (2, 2))
    assert_streams(dz)
    want = np.zeros(dz.shape, np.float32)
    for number in range(4):
        want[:, number // 2 :: 2, number % 2 :: 2] = np.where(winners == number, dy, 0)
    assert_same(dz, want)


def correlated(x, kernel, groups):
    """Slide the kernel over x, valid, stride 1, by NumPy."""
    kh, kw, channels, filters = kernel.shape
    oh, ow, share = x.shape[1] - kh + 1, x.shape[2] - kw + 1, filters // groups
    y = np.zeros((len(x), oh, ow, filters), x.dtype)
    for g in range(groups):
        for a in range(kh):
            for b in range(kw):
                seen = x[:, a : a + oh, b : b + ow, g * channels : (g + 1) * channels]
                y[..., g * share : (g + 1) * share] += seen @ kernel[a, b, :, g * share : (g + 1) * share]
    return y
