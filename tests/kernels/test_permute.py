"""Permute: on paper, kernel against definition and NumPy, there and back, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases
from tests.tolerances import assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    x = np.arange(6, dtype="float32").reshape(1, 1, 2, 3)
    y = functions.permute_forward(x, (2, 3, 1))
    assert_same(y, np.float32([[[[0], [1], [2]], [[3], [4], [5]]]]))
    assert_same(functions.permute_backward(y, (2, 3, 1)), x)


@given(cases(min_dims=2), st.data())
def test_equals_reference(case, data):
    dims = data.draw(st.permutations(range(1, len(case.shape))))
    x, _ = case.arrays()
    y = kernels.permute_forward(x, dims)
    assert_same(y, reference.permute_forward(x, dims))
    assert_same(y, np.transpose(x, (0, *dims)))
    (dy,) = case.arrays(y.shape)
    dx = kernels.permute_backward(dy, dims)
    assert_same(dx, reference.permute_backward(dy, dims))
    if case.dtype == "float64":
        assert_adjoint(y, dy, x, dx)


@pytest.mark.parametrize("dims", [(1,), (0, 1), (1, 1), (1, 2, 3)])
def test_what_makes_no_sense(dims):
    with pytest.raises(ValueError) as error:
        kernels.permute_forward(np.zeros((2, 3, 4)), dims)
    assert str(error.value) == f"`dims` must hold each of 1 to 2 once. Received: dims={dims}."
