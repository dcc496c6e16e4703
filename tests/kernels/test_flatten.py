"""Flatten: on paper, kernel against definition, there and back."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases
from tests.tolerances import assert_same


@pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
def test_on_paper(functions):
    """Row by row, in the row pixel by pixel, in the pixel channel by channel."""
    x = np.float32([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]])  # (1, H, W, C) = (1, 2, 2, 2)
    assert_same(functions.flatten_forward(x), np.float32([[1, 2, 3, 4, 5, 6, 7, 8]]))
    assert_same(functions.flatten_backward(np.float32([[1, 2, 3, 4, 5, 6, 7, 8]]), x.shape), x)


@given(cases())
def test_kernels_equal_reference_and_the_transpose(case):
    x, dy = case.arrays()
    y, dy = kernels.flatten_forward(x), np.ascontiguousarray(dy).reshape(case.shape[0], -1 if dy.size else 0)
    assert_same(y, reference.flatten_forward(x))
    if x.size:
        dx = kernels.flatten_backward(dy, case.shape)
        assert_same(dx, reference.flatten_backward(dy, case.shape))
        assert_adjoint(y.astype("float64"), dy.astype("float64"), x.astype("float64"), dx.astype("float64"))


@pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
def test_no_picture_at_all(functions):
    y = functions.flatten_forward(np.zeros((0, 2, 3, 4), "float32"))
    assert_same(y, np.zeros((0, 24), "float32"))
    assert_same(functions.flatten_backward(y, (0, 2, 3, 4)), np.zeros((0, 2, 3, 4), "float32"))
