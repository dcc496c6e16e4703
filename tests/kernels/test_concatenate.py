"""Concatenate: on paper, kernel against definition, errors. (Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import cases
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    a, b = np.float32([[1, 2]]), np.float32([[10, 20]])
    assert_same(functions.concatenate_forward([a, b], 0), np.float32([[1, 2], [10, 20]]))
    assert_same(functions.concatenate_forward([a, b[:, :1]], 1), np.float32([[1, 2, 10]]))


@given(cases(), st.data())
def test_equals_reference(case, data):
    axis = data.draw(st.integers(0, len(case.shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    xs = case.arrays(*[(*case.shape[:axis], size, *case.shape[axis + 1 :]) for size in sizes])
    assert_same(kernels.concatenate_forward(xs, axis), reference.concatenate_forward(xs, axis))


def test_more_numbers_than_one_job_holds():
    a, b = np.arange(40_000.0).reshape(2, 20_000), -np.arange(20_000.0).reshape(2, 10_000)
    assert_same(kernels.concatenate_forward([a, b], 1), np.concatenate([a, b], 1))
    tall = np.arange(90_000.0).reshape(30_000, 3)
    assert_same(kernels.concatenate_forward([tall, -tall], 1), np.concatenate([tall, -tall], 1))


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="`xs` must have shape"):
        kernels.concatenate_forward([a, a[:, :1]], 0)
    for axis in (-1, 2):
        with pytest.raises(ValueError, match="`axis` must be one of 2, counted from 0"):
            kernels.concatenate_forward([a, a], axis)
