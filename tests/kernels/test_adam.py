"""Adam: on paper, kernel against definition, in place, errors. (Keras: tests/optimizers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import dtypes, seeds, shapes

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    w, g, m, v = (np.array([value]) for value in (1.0, 4.0, 0.0, 0.0))
    functions.adam_step(w, g, m, v, 0.5, 0.75, 0.5, 0.0)  # m = 4/4, v = 16/2
    np.testing.assert_allclose([m[0], v[0], w[0]], [1, 8, 1 - 0.5 / np.sqrt(8)])


@both
def test_the_largest_so_far_on_paper(functions):
    w, g, m, v, top = (np.array([value]) for value in (1.0, 4.0, 0.0, 0.0, 16.0))
    functions.adam_step(w, g, m, v, 0.5, 0.75, 0.5, 0.0, 0.75, top)  # m = 4/4, v = 16/2, which is less than 16
    np.testing.assert_allclose([v[0], top[0], w[0]], [8, 16, 0.75 - 0.5 / 4])


@given(shapes(), dtypes, seeds, st.sampled_from([1.0, 0.75]), st.booleans())
def test_equals_reference(shape, dtype, seed, keep, amsgrad):
    rng = np.random.default_rng(seed)
    w, g, m = (rng.normal(size=shape).astype(dtype) for _ in range(3))
    v, top = (rng.random(shape).astype(dtype) for _ in range(2))
    got, want = ([array.copy() for array in (w, g, m, v, top)] for _ in range(2))
    for functions, arrays in ((kernels, got), (reference, want)):
        functions.adam_step(*arrays[:4], 0.01, 0.9, 0.999, 1e-7, keep, arrays[4] if amsgrad else None)
    limit = 8 * np.finfo(dtype).eps
    for index in (0, 2, 3, 4):
        np.testing.assert_allclose(got[index], want[index], rtol=limit, atol=limit)
    np.testing.assert_array_equal(got[1], g)


def test_more_weights_than_one_job_holds():
    w, g, m, v = np.ones(100_001), np.full(100_001, 2.0), np.zeros(100_001), np.zeros(100_001)
    kernels.adam_step(w, g, m, v, 0.5, 0.5, 0.75, 0.0)  # m = 2 / 2, v = 4 / 4: every weight goes down by 0.5
    np.testing.assert_array_equal(w, 0.5)
    top = np.full_like(w, 4.0)
    kernels.adam_step(w, g, np.zeros_like(w), np.zeros_like(w), 0.5, 0.5, 0.75, 0.0, 1.0, top)
    np.testing.assert_array_equal(w, 0.25)


def test_nan_and_infinity_reach_the_weights():
    for bad in (np.nan, np.inf):
        for top in (None, np.ones(2)):
            w, g = np.ones(2), np.array([bad, 1.0])
            kernels.adam_step(w, g, np.zeros(2), np.zeros(2), 0.1, 0.9, 0.99, 1e-7, 1.0, top)
            assert np.isnan(w[0]) and np.isfinite(w[1])


@pytest.mark.parametrize("bad", [np.ones((2, 3))[:, ::2], np.ones((3, 2)).T])
def test_arrays_must_lie_where_they_can_be_changed(bad):
    good = [np.ones(bad.shape) for _ in range(4)]
    for index, name in ((0, "w"), (2, "m"), (3, "v")):
        arrays = [*good[:index], bad, *good[index + 1 :]]
        with pytest.raises(ValueError, match=f"`{name}` must be C-contiguous, aligned and writable"):
            kernels.adam_step(*arrays, 0.1, 0.9, 0.999, 1e-7)
    with pytest.raises(ValueError, match="`g` must"):
        kernels.adam_step(np.ones(3), np.ones(2), np.ones(3), np.ones(3), 0.1, 0.9, 0.999, 1e-7)
