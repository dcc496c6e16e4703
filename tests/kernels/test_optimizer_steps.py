"""SGD and Adam: on paper, kernel against definition, in place, errors. (Ten steps against Keras: tests/models.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import dtypes, seeds, shapes

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_sgd_on_paper(functions):
    w, g, m = np.array([1.0, 2.0]), np.array([10.0, -10.0]), np.array([0.5, 0.5])
    functions.sgd_step(w, g, None, 0.1, 0.0, False)
    np.testing.assert_allclose(w, [0, 3], atol=1e-15)
    functions.sgd_step(w, g, m, 0.1, 0.5, False)  # m = 0.25 -+ 1
    np.testing.assert_allclose([m, w], [[-0.75, 1.25], [-0.75, 4.25]])
    functions.sgd_step(w, g, m, 0.1, 0.5, True)  # m = -0.375 - 1, 0.625 + 1; w += m / 2 -+ 1
    np.testing.assert_allclose([m, w], [[-1.375, 1.625], [-2.4375, 6.0625]])


@both
def test_adam_on_paper(functions):
    w, g, m, v = (np.array([value]) for value in (1.0, 4.0, 0.0, 0.0))
    functions.adam_step(w, g, m, v, 0.5, 0.75, 0.5, 0.0)  # m = 4/4, v = 16/2
    np.testing.assert_allclose([m[0], v[0], w[0]], [1, 8, 1 - 0.5 / np.sqrt(8)])


@given(shapes(), dtypes, seeds, st.booleans())
def test_kernels_equal_reference(shape, dtype, seed, nesterov):
    rng = np.random.default_rng(seed)
    w, g, m = (rng.normal(size=shape).astype(dtype) for _ in range(3))
    v = rng.random(shape).astype(dtype)
    for step, arrays, settings in (
        ("sgd_step", (w, g, None), (0.3, 0.0, False)),
        ("sgd_step", (w, g, m), (0.3, 0.8, nesterov)),
        ("adam_step", (w, g, m, v), (0.01, 0.9, 0.999, 1e-7)),
    ):
        got, want = ([None if a is None else a.copy() for a in arrays] for _ in range(2))
        getattr(kernels, step)(*got, *settings)
        getattr(reference, step)(*want, *settings)
        for one, other in zip(got, want, strict=True):
            if one is not None:
                np.testing.assert_allclose(one, other, rtol=8 * np.finfo(dtype).eps, atol=8 * np.finfo(dtype).eps)
        np.testing.assert_array_equal(got[1], g)


@given(st.integers(0, 9), st.integers(1, 40), st.integers(1, 40), dtypes, seeds, st.booleans(), st.booleans())
def test_along_a_product(examples, inputs, units, dtype, seed, momentum, nesterov):
    """What is made on the way is what `dense_backward_kernel` makes, whatever is left over at the end of a tile."""
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
