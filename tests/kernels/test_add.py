"""Add: on paper, kernel against definition, stretched axes, gradients, errors. (Keras: tests/layers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_gradient
from tests.strategies import cases, stretched_cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    a, b = np.float32([[1, 2]]), np.float32([[10, 20]])
    assert_same(functions.add_forward([a, b, a]), np.float32([[12, 24]]))


@given(cases(), st.integers(2, 4))
def test_equals_reference(case, count):
    xs = case.arrays(*[case.shape] * count)
    error = np.abs(kernels.add_forward(xs).astype("float64") - reference.add_forward(xs))
    assert (error <= count * np.finfo(case.dtype).eps * sum(abs(x) for x in xs)).all()


@both
def test_stretched_on_paper(functions):
    xs = [np.float32([[1, 2], [3, 4]]), np.float32([[10, 100]])]
    assert_same(functions.add_forward(xs), np.float32([[11, 102], [13, 104]]))
    dxs = functions.add_backward(np.float32([[1, 0], [2, 1]]), [(2, 2), (1, 2)])
    assert_same(dxs[0], np.float32([[1, 0], [2, 1]]))
    assert_same(dxs[1], np.float32([[3, 1]]))


@given(stretched_cases())
def test_stretched_equals_reference(drawn):
    xs, dy, _ = drawn
    y, size = reference.add_forward(xs), reference.add_forward([abs(x) for x in xs])
    for order in (xs, xs[::-1]):  # the first may be the one that is stretched
        assert_close(kernels.add_forward(order), y, "add_forward", "reference", (size, len(xs)))
    shapes = [x.shape for x in xs]
    wants, sizes = reference.add_backward(dy, shapes), reference.add_backward(abs(dy), shapes)
    for got, want, size in zip(kernels.add_backward(dy, shapes), wants, sizes, strict=True):
        assert_close(got, want, "add_backward", "reference", (size, max(1, y.size)))


@given(stretched_cases(dtypes=st.just("float64")))
def test_stretched_gradients_are_slopes(drawn):
    xs, dy, seed = drawn
    rng = np.random.default_rng(seed + 1)
    for index, (x, dx) in enumerate(zip(xs, kernels.add_backward(dy, [x.shape for x in xs]), strict=True)):

        def total(x, index=index):
            return kernels.add_forward([*xs[:index], x, *xs[index + 1 :]])

        assert_gradient(total, x, dx, dy, rng)


def test_more_numbers_than_one_job_holds():
    a = np.arange(40_000.0).reshape(2, 20_000)
    assert_same(kernels.add_forward([a, a]), 2 * a)


def test_what_does_not_fit():
    a = np.ones((2, 3))
    with pytest.raises(ValueError, match="could not be broadcast|shape mismatch"):
        kernels.add_forward([a, a[:, :2]])
    with pytest.raises(ValueError, match="`xs` must be arrays of one rank"):
        kernels.add_forward([a, a[0]])
    with pytest.raises(ValueError, match="`dy` must have shape"):
        kernels.add_backward(a[:1], [(2, 3), (1, 3)])
    for xs in ([], [a]):
        with pytest.raises(ValueError, match="`xs` must be a list of at least 2 arrays"):
            kernels.add_forward(xs)
    with pytest.raises(TypeError, match="`xs` must be a NumPy array"):
        kernels.add_forward([[1.0], [2.0]])
    with pytest.raises(TypeError, match="`xs` must have the dtype"):
        kernels.add_forward([a, a.astype("float32")])
