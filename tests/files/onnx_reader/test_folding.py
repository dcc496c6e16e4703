"""What a node takes from constants, and what it doesn't: short lists of integers, single numbers, axes."""

import numpy as np
import pytest

from minicnn.files.onnx_reader import folding


@pytest.mark.parametrize("kind", ["int32", "int64", "uint8"])
def test_short_lists_of_integers(kind):
    assert folding.whole_numbers(np.arange(64).astype(kind), "axes") == list(range(64))
    assert folding.whole_numbers(np.array(3, kind), "axes") == [3]


@pytest.mark.parametrize(
    "array",
    [None, np.ones((1, 2), np.int64), np.ones(2, np.float32), np.array([True]), np.arange(65), np.array(["a"], object)],
    ids=["none", "two axes", "floats", "booleans", "too many", "texts"],
)
def test_what_is_no_short_list(array):
    with pytest.raises(ValueError, match="`axes` must be a short list of integers, and constant. Received: "):
        folding.whole_numbers(array, "axes")


@pytest.mark.parametrize("array", [np.array(2.5), np.array([2.5]), np.array([[2.5]], np.float32)])
def test_one_number(array):
    assert folding.one_number(array, "alpha") == 2.5


@pytest.mark.parametrize("array", [None, np.ones(2), np.zeros(0), np.array(["a"], object), np.array([1j])])
def test_what_is_not_one_number(array):
    with pytest.raises(ValueError, match="`alpha` must be one number, and constant. Received: "):
        folding.one_number(array, "alpha")


@pytest.mark.parametrize("axis", [-5, 4, 1.0, None, "1"])
def test_an_axis_that_is_none(axis):
    with pytest.raises(ValueError, match="`axis` must be one of 4 axes. Received: "):
        folding.axis_of(axis, 4)


def test_axes_from_both_ends():
    assert [folding.axis_of(axis, 4) for axis in range(-4, 4)] == [0, 1, 2, 3, 0, 1, 2, 3]
