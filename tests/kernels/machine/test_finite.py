"""Finite sums: a NaN or an infinity anywhere shows, whatever is left over at the end of a job."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels


@given(st.integers(1, 40_000), st.sampled_from(["float32", "float64"]), st.sampled_from([np.nan, np.inf, -np.inf]),
       st.data())  # fmt: skip
def test_one_number_anywhere(size, dtype, bad, data):
    x = np.linspace(-1, 1, size, dtype=dtype)
    assert kernels.sums_are_finite(x)
    x[data.draw(st.integers(0, size - 1))] = bad
    assert not kernels.sums_are_finite(x)


def test_infinities_of_both_signs_do_not_cancel():
    x = np.zeros(1000)
    x[3], x[700] = np.inf, -np.inf
    assert not kernels.sums_are_finite(x)


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2), ()])
def test_edges(shape):
    assert kernels.sums_are_finite(np.ones(shape))
