"""SGD: on paper, kernel against definition, in place, along a product, errors. (Keras: tests/optimizers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import dtypes, seeds, shapes

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    w, g, m = np.array([1.0, 2.0]), np.array([10.0, -10.0]), np.array([0.5, 0.5])
    functions.sgd_step(w, g, None, 0.1, 0.0, False)
    np.testing.assert_allclose(w, [0, 3], atol=1e-15)
    functions.sgd_step(w, g, m, 0.1, 0.5, False)  # m = 0.25 -+ 1
    np.testing.assert_allclose([m, w], [[-0.75, 1.25], [-0.75, 4.25]])
    functions.sgd_step(w, g, m, 0.1, 0.5, True)  # m = -0.375 - 1, 0.625 + 1; w += m / 2 -+ 1
    np.testing.assert_allclose([m, w], [[-1.375, 1.625], [-2.4375, 6.0625]])


@given(shapes(), dtypes, seeds, st.booleans(), st.booleans())
def test_equals_reference(shape, dtype, seed, momentum, nesterov):
    rng = np.random.default_rng(seed)
    w, g, m = (rng.normal(size=shape).astype(dtype) for _ in range(3))
    how = (0.3, 0.8, nesterov) if momentum else (0.3, 0.0, False)
    got, want = ([w.copy(), g.copy(), m.copy() if momentum else None] for _ in range(2))
    kernels.sgd_step(*got, *how)
    reference.sgd_step(*want, *how)
    limit = 8 * np.finfo(dtype).eps
    np.testing.assert_allclose(got[0], want[0], rtol=limit, atol=limit)
    if momentum:
        np.testing.assert_allclose(got[2], want[2], rtol=limit, atol=limit)
    np.testing.assert_array_equal(got[1], g)


def check_along_a_product(examples, inputs, units, dtype, seed, momentum, nesterov):
    """Step along x.T @ dy as the reference steps along that product, made before."""
    rng = np.random.default_rng(seed)
    x, dy, w, m = (
        rng.normal(size=shape).astype(dtype)
        for shape in ((examples, inputs), (examples, units), (inputs, units), (inputs, units))
    )
    how = (m if momentum else None, 0.3, 0.8 if momentum else 0.0, nesterov and momentum)
    want_w, want_m = w.copy(), m.copy()
    reference.sgd_step(want_w, reference.dense_backward_kernel(dy, x), want_m if momentum else None, *how[1:])
    kernels.sgd_step(w, kernels.Product(dy, x), *how)
    size = np.finfo(dtype).eps * 8 * (1 + np.abs(x).T @ np.abs(dy))
    assert (np.abs(w - want_w) <= size).all() and (np.abs(m - want_m) <= size).all()


@given(st.integers(0, 9), st.integers(1, 40), st.integers(1, 40), dtypes, seeds, st.booleans(), st.booleans())
def test_along_a_product(examples, inputs, units, dtype, seed, momentum, nesterov):
    """What is made on the way is what `dense_backward_kernel` makes, whatever is left over at the end of a tile."""
    check_along_a_product(examples, inputs, units, dtype, seed, momentum, nesterov)


@pytest.mark.parametrize("examples", [256, 257])
def test_a_product_over_many_examples_and_jobs(examples):
    """More examples than are made on the way; more rows than one job has."""
    x = np.arange(examples * 700).reshape(examples, 700) % 7.0
    dy = np.arange(examples * 50).reshape(examples, 50) % 5.0
    w = np.zeros((700, 50))
    kernels.sgd_step(w, kernels.Product(dy, x), None, 1.0, 0.0, False)
    np.testing.assert_array_equal(w, -x.T @ dy)


def test_a_product_that_does_not_fit():
    x, dy = np.ones((2, 3)), np.ones((2, 4))
    with pytest.raises(ValueError, match="`w` must have shape"):
        kernels.sgd_step(np.ones((4, 3)), kernels.Product(dy, x), None, 0.1, 0.0, False)
    with pytest.raises(ValueError, match="`dy` must have shape"):
        kernels.sgd_step(np.ones((3, 4)), kernels.Product(dy[:1], x), None, 0.1, 0.0, False)


def test_more_weights_than_one_job_holds():
    w, g = np.ones(100_001, "float32"), np.arange(100_001, dtype="float32")
    kernels.sgd_step(w, g, None, 0.5, 0.0, False)
    np.testing.assert_array_equal(w, 1 - g / 2)


@pytest.mark.parametrize("bad", [np.ones((2, 3))[:, ::2], np.ones((3, 2)).T])
def test_weights_must_lie_where_they_can_be_changed(bad):
    with pytest.raises(ValueError, match="`w` must be C-contiguous, aligned and writable"):
        kernels.sgd_step(bad, np.ones(bad.shape), None, 0.1, 0.0, False)
    with pytest.raises(ValueError, match="`g` must"):
        kernels.sgd_step(np.ones(3), np.ones(2), None, 0.1, 0.0, False)
