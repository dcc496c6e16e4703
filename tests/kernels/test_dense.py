"""The dense layer's product: on paper, kernel against definition, gradients, edges, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from minicnn.kernels.fused.activation import ACTIVATIONS
from tests.oracles import assert_adjoint, assert_gradient
from tests.strategies import DenseCase, dense_cases, normal
from tests.tolerances import assert_close, assert_same, sizes_of_dense

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
float64 = st.just("float64")


# ---- 1 on paper -----------------------------------------------------------------------------------------------------


@both
def test_two_inputs_three_units(functions):
    x, dy = np.float32([[1, 2]]), np.float32([[1, 0, 10]])
    kernel, bias = np.float32([[1, 2, 3], [4, 5, 6]]), np.float32([100, 200, 300])
    assert_same(functions.dense_forward(x, kernel, bias), np.float32([[109, 212, 315]]))
    assert_same(functions.dense_forward(x, kernel, None), np.float32([[9, 12, 15]]))
    assert_same(functions.dense_backward_input(dy, kernel), np.float32([[31, 64]]))
    assert_same(functions.dense_backward_kernel(dy, x), np.float32([[1, 0, 10], [2, 0, 20]]))


# ---- 2 kernel = reference -------------------------------------------------------------------------------------------


def check(x, kernel, bias, dy, only=("dense_forward", "dense_backward_input", "dense_backward_kernel")):
    arguments = {
        "dense_forward": (x, kernel, bias),
        "dense_backward_input": (dy, kernel),
        "dense_backward_kernel": (dy, x),
    }
    sizes = sizes_of_dense(x, kernel, bias, dy)
    for name in only:
        got, want = getattr(kernels, name)(*arguments[name]), getattr(reference, name)(*arguments[name])
        assert_close(got, want, name, "reference", sizes[name])


@given(dense_cases())
def test_kernels_equal_reference(case):
    check(*case.arrays())


# ---- 3 directional gradient check, 4 adjoint identity ---------------------------------------------------------------


@given(dense_cases(dtypes=float64, min_n=1))
def test_gradients_are_slopes_and_transposes(case):
    x, kernel, _, dy = case.arrays()
    rng = np.random.default_rng(case.seed + 1)
    y = kernels.dense_forward(x, kernel, None)
    dx, dkernel = kernels.dense_backward_input(dy, kernel), kernels.dense_backward_kernel(dy, x)
    assert_gradient(lambda x: kernels.dense_forward(x, kernel, None), x, dx, dy, rng)
    assert_gradient(lambda kernel: kernels.dense_forward(x, kernel, None), kernel, dkernel, dy, rng)
    assert_adjoint(y, dy, x, dx)
    assert_adjoint(y, dy, kernel, dkernel)


# ---- 6 edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 65])
@pytest.mark.parametrize("f", [1, 7, 16, 33])
@pytest.mark.parametrize("d", [1, 130])
def test_edges(n, d, f):
    check(*DenseCase(n, d, f, True, "float32", "contiguous", 1).arrays())


@pytest.mark.parametrize("n", [1, 3, 64])
def test_many_inputs(n):
    """Long sums may be cut into parts."""
    check(*DenseCase(n, 1100, 17, True, "float32", "contiguous", 1).arrays())


CUTS = {  # examples, inputs, units: how the three products are cut stands in matmul.py
    "rows of one tile among many": (71, 530, 70),
    "rows that are pages apart": (40, 1024, 33),
    "rows for many jobs, a sum in stretches": (700, 5000, 40),
    "rows for many jobs, a sum in parts of some stretches": (2000, 9001, 20),
    "few rows, wide tiles": (9, 1500, 128),
    "few rows, columns that fill no whole block": (5, 700, 1030),
    "one row": (1, 1500, 1024),
    "one row, the last columns overlap": (1, 700, 1000),
    "one row, pages apart": (1, 300, 1100),
    "a gradient in parts, gathered": (1700, 30, 420),
    "a gradient of more rows than one job has": (450, 1100, 70),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", CUTS.values(), ids=CUTS)
def test_however_it_is_cut(sizes, dtype):
    """Small whole numbers: every sum is exact, in any order."""
    n, d, f = sizes
    rng = np.random.default_rng(0)
    x, kernel, dy, bias = (rng.integers(-4, 5, size).astype(dtype) for size in ((n, d), (d, f), (n, f), (f,)))
    assert_same(kernels.dense_forward(x, kernel, bias), x @ kernel + bias)
    assert_same(kernels.dense_backward_input(dy, kernel), dy @ kernel.T)
    assert_same(kernels.dense_backward_kernel(dy, x), x.T @ dy)


@both
def test_nan_reaches_every_unit_of_its_row(functions):
    rng = np.random.default_rng(2)
    x, kernel = normal(rng, (3, 4), "float32"), rng.uniform(0.5, 1, (4, 5)).astype("float32")
    x[1, 2] = np.nan
    y = functions.dense_forward(x, kernel, None)
    assert_same(np.isnan(y), np.repeat([[False], [True], [False]], 5, axis=1))


@pytest.mark.parametrize("activation", [None, "relu", "relu6", "sigmoid", "softmax"])
def test_activation_equals_the_operation_after(activation):
    x, kernel, bias, _ = DenseCase(3, 6, 8, True, "float32", "contiguous", 1).arrays()
    x = 8 * x  # some above 6
    y = kernels.dense_forward(x, kernel, bias)
    want = y if activation is None else ACTIVATIONS[activation](y)
    assert_same(kernels.dense_forward(x, kernel, bias, activation=activation), want)
