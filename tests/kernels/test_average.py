"""Average: on paper, kernel against definition, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.kernels.joined import assert_gradients_are_slopes, assert_on_paper, assert_sum_equals_reference, joined
from tests.tolerances import assert_same


@pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
def test_on_paper(functions):
    assert_on_paper(functions, "average", [[3, 5], [7, 4.5]], [[[0.5, 1], [2, 4]], [[2.5, 5]]])


@given(joined("average"))
def test_equals_reference(drawn):
    assert_sum_equals_reference("average", drawn)


@given(joined("average", dtypes=st.just("float64")))
def test_gradients_are_slopes(drawn):
    assert_gradients_are_slopes("average", drawn)


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="`xs` must be arrays of one rank"):
        kernels.average_forward([a, a[0]])
    with pytest.raises(ValueError, match="`xs` must be a list of at least 2 arrays"):
        kernels.average_forward([a])


def test_three():
    assert_same(kernels.average_forward([np.float32([3]), np.float32([6]), np.float32([9])]), np.float32([6]))
