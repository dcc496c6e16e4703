"""The gradient of a bias: on paper, kernel against definition, adjoint, edges."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases, normal
from tests.tolerances import assert_close, assert_same, size_of_bias


@pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
def test_on_paper(functions):
    dy = np.float32([[[[1, 10], [2, 20]]], [[[3, 30], [4, 40]]]])  # (N, OH, OW, F) = (2, 1, 2, 2)
    assert_same(functions.bias_backward(dy), np.float32([10, 100]))
    assert_same(functions.bias_backward(dy[:, 0, 0]), np.float32([4, 40]))


def check(dy):
    got, want = kernels.bias_backward(dy), reference.bias_backward(dy)
    assert_close(got, want, "bias_backward", "reference", size_of_bias(dy))


@given(cases(min_dims=2))
def test_kernel_equals_reference(case):
    check(case.arrays()[0])


@given(cases(min_dims=2))
def test_through_a_relu_first(case):
    """Bit for bit as the ReLU's own kernel and the sum after it; NaN in y lets nothing through."""
    dy, y = case.arrays()
    if y.size:
        y.flat[0] = np.nan
    dz, dbias = kernels.relu_bias_backward(dy, y)
    assert_same(dz, kernels.relu_backward(dy, y))
    assert_same(dbias, kernels.bias_backward(dz))


@pytest.mark.parametrize("shape", [(300, 9, 11, 7), (0, 3, 3, 5), (2000, 33), (1, 1, 1, 1)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_many_terms_one_and_none(shape, dtype):
    check(normal(np.random.default_rng(1), shape, dtype))


@given(cases(min_dims=2))
def test_backward_is_the_transpose_of_spreading(case):
    rng = np.random.default_rng(case.seed)
    dy, bias = normal(rng, case.shape), normal(rng, case.shape[-1:])
    assert_adjoint(np.broadcast_to(bias, case.shape), dy, bias, kernels.bias_backward(dy))
