"""RMSprop: on paper, kernel against definition, in place, errors. (Keras: tests/optimizers.)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.strategies import dtypes, seeds, shapes

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])


@both
def test_on_paper(functions):
    w, g, v, m, mean = (np.array([value]) for value in (1.0, 4.0, 0.0, 0.5, 0.0))
    functions.rmsprop_step(w, g, v, 0.5, 0.75, 0.0)  # v = 16 / 4
    np.testing.assert_allclose([v[0], w[0]], [4, 0])
    functions.rmsprop_step(w, g, v, 0.5, 0.75, 0.0, 1.0, 0.5, m)  # v = 3 + 4, m = 1 / 4 + 2 / sqrt(7)
    np.testing.assert_allclose([v[0], m[0], w[0]], [7, 0.25 + 2 / np.sqrt(7), -0.25 - 2 / np.sqrt(7)])
    w[0], v[0] = 1, 0
    functions.rmsprop_step(w, g, v, 0.5, 0.75, 0.0, 0.25, mean=mean)  # v = 4, mean = 1
    np.testing.assert_allclose([mean[0], w[0]], [1, 0.25 - 2 / np.sqrt(3)])


@given(shapes(), dtypes, seeds, st.sampled_from([1.0, 0.75]), st.booleans(), st.booleans())
def test_equals_reference(shape, dtype, seed, keep, momentum, centered):
    rng = np.random.default_rng(seed)
    w, g, m = (rng.normal(size=shape).astype(dtype) for _ in range(3))
    v, mean = ((rng.random(shape) + least).astype(dtype) for least in (1, 0))
    got, want = ([array.copy() for array in (w, g, v, m, mean)] for _ in range(2))
    for functions, (w, g_, v, m, mean) in ((kernels, got), (reference, want)):
        more = (m if momentum else None, mean if centered else None)
        functions.rmsprop_step(w, g_, v, 0.01, 0.9, 1e-3, keep, 0.8, *more)
    limit = 64 * np.finfo(dtype).eps  # v - mean^2 is a difference
    for index in (0, 2, 3, 4):
        np.testing.assert_allclose(got[index], want[index], rtol=limit, atol=limit)
    np.testing.assert_array_equal(got[1], g)


def test_nan_and_infinity_reach_the_weights():
    for bad in (np.nan, np.inf):
        for m in (None, np.zeros(2)):
            w, g = np.ones(2), np.array([bad, 1.0])
            kernels.rmsprop_step(w, g, np.zeros(2), 0.1, 0.9, 1e-7, 1.0, 0.5, m)
            assert np.isnan(w[0]) and np.isfinite(w[1])


@pytest.mark.parametrize("more", [False, True])
def test_more_weights_than_one_job_holds(more):
    w, g, v, m = np.ones(100_001), np.full(100_001, 2.0), np.zeros(100_001), np.zeros(100_001)
    kernels.rmsprop_step(w, g, v, 0.5, 0.0, 0.0, 1.0, 0.5, m if more else None)  # v = 4: down by 0.5
    np.testing.assert_array_equal(w, 0.5)


@pytest.mark.parametrize("bad", [np.ones((2, 3))[:, ::2], np.ones((3, 2)).T])
def test_arrays_must_lie_where_they_can_be_changed(bad):
    w, g, v, m, mean = (np.ones(bad.shape) for _ in range(5))
    for name in ("w", "v", "m", "mean"):
        arrays = {"w": w, "g": g, "v": v, "m": m, "mean": mean} | {name: bad}
        with pytest.raises(ValueError, match=f"`{name}` must be C-contiguous, aligned and writable"):
            kernels.rmsprop_step(**arrays, rate=0.1, rho=0.9, epsilon=1e-7)
    with pytest.raises(ValueError, match="`g` must"):
        kernels.rmsprop_step(np.ones(3), np.ones(2), np.ones(3), 0.1, 0.9, 1e-7)
