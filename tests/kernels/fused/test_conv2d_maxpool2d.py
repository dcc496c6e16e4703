"""Convolution, ReLU and pooling in one pass: the same bits as one after the other, forward and backward."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import conv_cases, ties
from tests.tolerances import assert_same

PADS = ((0, 0), (0, 0))
pools = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.integers(0, 1)).map(
    lambda drawn: (drawn[:2], (drawn[0] + drawn[2], drawn[1] + drawn[3]))
)


def check(x, kernel, bias, how, pool, dy=None):
    """Against the convolution's kernel, which has tests of its own, and the definition of pooling."""
    z = kernels.conv2d_forward(x, kernel, bias, *how, activation="relu")
    y, winners = kernels.conv2d_maxpool2d_forward(x, kernel, bias, *how, *pool)
    assert_same(y, reference.maxpool2d_forward(z, *pool, PADS))
    dy = np.random.default_rng(1).normal(size=y.shape).astype(y.dtype) if dy is None else dy
    dz = kernels.maxpool2d_unpool(dy, winners, z.shape, *pool)
    assert_same(dz, reference.maxpool2d_backward(dy, z, *pool, PADS))
    return z


@given(conv_cases(), pools)
def test_the_same_as_one_after_the_other(case, pool):
    assume(all(k <= size for k, size in zip(pool[0], case.output_size, strict=True)))
    x, kernel, bias, _ = case.arrays()
    check(x, kernel, bias, case.how, pool)


@given(conv_cases(), pools, st.sampled_from([np.nan, np.inf, -np.inf]), st.integers(0, 2**32 - 1))
def test_ties_and_numbers_that_are_not_finite(case, pool, odd, seed):
    """Small whole numbers tie in nearly every window; a NaN is the maximum of its window, the first one wins."""
    assume(all(k <= size for k, size in zip(pool[0], case.output_size, strict=True)))
    rng = np.random.default_rng(seed)
    x, kernel = ties(rng, case.x_shape, case.dtype), ties(rng, case.kernel_shape, case.dtype)
    x[rng.random(x.shape) < 0.1] = odd
    with np.errstate(invalid="ignore"):
        check(x, kernel, None, case.how, pool)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "x_shape, kernel_shape, pads",
    [
        ((2, 20, 19, 3), (3, 3, 3, 32), 0),  # strips
        ((1, 40, 140, 64), (5, 5, 64, 32), 2),  # strips, many weights
        ((2, 9, 11, 64), (5, 5, 64, 32), 0),  # as many for few pixels: the convolution as a whole
        ((2, 22, 18, 32), (3, 3, 32, 40), 1),  # Winograd
    ],
)
def test_each_way_of_computing_it(x_shape, kernel_shape, pads, dtype):
    rng = np.random.default_rng(0)
    x, kernel, bias = (rng.normal(size=shape).astype(dtype) for shape in (x_shape, kernel_shape, kernel_shape[3:]))
    for pool in (((2, 2), (2, 2)), ((3, 2), (3, 3)), ((4, 5), (5, 5))):
        check(x, kernel, bias, ((1, 1), ((pads, pads), (pads, pads)), (1, 1), 1), pool)


def test_a_gradient_that_is_streamed_past_the_caches():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 260, 260, 1)).astype("float32")
    z = check(x, rng.normal(size=(3, 3, 1, 16)).astype("float32"), None, ((1, 1), PADS, (1, 1), 1), ((2, 2), (2, 2)))
    assert z.nbytes >= 1 << 24


def test_the_largest_window():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 19, 36, 2)).astype("float32")
    check(x, rng.normal(size=(1, 1, 2, 3)).astype("float32"), None, ((1, 1), PADS, (1, 1), 1), ((15, 17), (15, 17)))


@pytest.mark.parametrize("pool", [((3, 3), (2, 3)), ((2, 2), (2, 1)), ((16, 16), (16, 16))])
def test_other_windows_are_refused(pool):
    sentence = re.escape(
        f"Windows must not overlap, nor have more than 255 pixels. Received: pool_size={pool[0]}, strides={pool[1]}."
    )
    x, kernel = np.zeros((1, 20, 20, 1), "float32"), np.zeros((1, 1, 1, 1), "float32")
    with pytest.raises(ValueError, match=sentence):
        kernels.conv2d_maxpool2d_forward(x, kernel, None, (1, 1), PADS, (1, 1), 1, *pool)
    with pytest.raises(ValueError, match=sentence):
        kernels.maxpool2d_unpool(x, np.zeros(x.shape, np.uint8), x.shape, *pool)


def test_winners_are_checked():
    dy, winners = np.zeros((1, 2, 2, 3), "float32"), np.zeros((1, 2, 2, 2), np.uint8)
    with pytest.raises(ValueError, match=re.escape("`winners` must have shape (1, 2, 2, 3).")):
        kernels.maxpool2d_unpool(dy, winners, (1, 4, 4, 3), (2, 2), (2, 2))
    with pytest.raises(TypeError, match=re.escape("`winners` must be uint8. Received: winners.dtype=int64.")):
        kernels.maxpool2d_unpool(dy, np.zeros(dy.shape, np.int64), (1, 4, 4, 3), (2, 2), (2, 2))
