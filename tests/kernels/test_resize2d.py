"""Resizing: on paper, kernel against definition, the adjoint, what the weights add up to, NaN, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import kernels, reference
from tests.oracles import assert_adjoint
from tests.strategies import cases
from tests.tolerances import assert_close, assert_same

both = pytest.mark.parametrize("functions", [reference, kernels], ids=["reference", "kernels"])
every = pytest.mark.parametrize("interpolation", reference.INTERPOLATIONS)
sizes = st.integers(1, 13)


def both_taps(x, size, interpolation):
    return [reference.resize_taps(old, new, interpolation) for old, new in zip(x.shape[1:3], size, strict=True)]


@both
def test_on_paper(functions):
    x = np.float32([0, 4, 8]).reshape(1, 1, 3, 1)
    for interpolation, new, want in [
        ("nearest", 6, [0, 0, 4, 4, 8, 8]),
        ("bilinear", 6, [0, 1, 3, 5, 7, 8]),
        ("bilinear", 2, [1, 7]),  # the centres of the two lie at 0.25 and 1.75
        ("area", 2, [4 / 3, 20 / 3]),  # two thirds of the first and one of the second
        ("nearest", 1, [4]),
    ]:
        taps = both_taps(x, (1, new), interpolation)
        np.testing.assert_allclose(functions.resize2d_forward(x, *taps).ravel(), want, rtol=1e-6)
    taps = both_taps(x, (1, 6), "bilinear")
    dx = functions.resize2d_backward(np.ones((1, 1, 6, 1), "float32"), (1, 3), *taps)
    np.testing.assert_allclose(dx.ravel(), [2, 2, 2], rtol=1e-6)


@every
@given(case=cases(min_dims=4), size=st.tuples(sizes, sizes))
def test_equals_reference(interpolation, case, size):
    x, _ = case.arrays()
    taps = both_taps(x, size, interpolation)
    absolute = [reference.Taps(places, abs(weights)) for places, weights in taps]
    y = kernels.resize2d_forward(x, *taps)
    terms = taps[0].places.shape[1] * taps[1].places.shape[1] + 2
    want, scale = reference.resize2d_forward(x, *taps), reference.resize2d_forward(abs(x), *absolute)
    assert_close(y, want, "resize2d_forward", "reference", (scale, terms))
    (dy,) = case.arrays(y.shape)
    dx, want = (room.resize2d_backward(dy, x.shape[1:3], *taps) for room in (kernels, reference))
    scale = reference.resize2d_backward(abs(dy), x.shape[1:3], *absolute)
    assert_close(dx, want, "resize2d_backward", "reference", (scale, terms * max(1, size[0] * size[1])))
    if case.dtype == "float64":
        assert_adjoint(y, dy, x, dx)


@every
@given(old=st.integers(1, 40), new=st.integers(1, 40))
def test_weights_add_up_to_one_and_places_lie_inside(interpolation, old, new):
    places, weights = reference.resize_taps(old, new, interpolation)
    np.testing.assert_allclose(weights.sum(1), 1, rtol=1e-12)
    assert places.shape == weights.shape == (new, places.shape[1]) and 0 <= places.min() <= places.max() < old
    if old == new:
        assert_same((weights[..., None] * (places[..., None] == np.arange(old))).sum(1), np.eye(old))


def test_nearest_repeats():
    """For every whole factor that a layer may have, though places are computed in float32."""
    for factor in range(1, 12):
        for old in (1, 2, 7, 224):
            places, _ = reference.resize_taps(old, old * factor, "nearest")
            assert_same(places[:, 0], np.arange(old).repeat(factor))


@both
@pytest.mark.parametrize(
    ("interpolation", "new"),
    [("bilinear", 3), ("bicubic", 3), ("bicubic", 9), ("area", 2)],  # every third of 9 is an old pixel
)
def test_what_counts_nothing_may_be_nan(functions, interpolation, new):
    """A pixel makes NaN of those that read it alone, and so does a gradient."""
    taps = both_taps(np.empty((1, 1, 3, 1)), (1, new), interpolation)
    weights = np.zeros((new, 3))  # of old pixels in new ones, written out
    for i in range(new):
        np.add.at(weights[i], taps[1].places[i], taps[1].weights[i])
    for at in range(3):
        x = np.ones((1, 1, 3, 1))
        x[0, 0, at] = np.nan
        assert np.isnan(functions.resize2d_forward(x, *taps).ravel()).tolist() == (weights[:, at] != 0).tolist()
    for at in range(new):
        dy = np.ones((1, 1, new, 1))
        dy[0, 0, at] = np.inf
        dx = functions.resize2d_backward(dy, (1, 3), *taps)
        assert np.isfinite(dx.ravel()).tolist() == (weights[at] == 0).tolist()


def test_long_sums_keep_their_digits():
    """A million numbers that are added one after another in float32 are 1e-4 to 2e-3 off."""
    x = np.random.default_rng(1).uniform(1, 2, (1, 1000, 1000, 2)).astype("float32")
    y = kernels.resize2d_forward(x, *both_taps(x, (1, 1), "area"))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y[0, 0, 0], x.astype("float64").mean((0, 1, 2)), rtol=2e-7)
    whole = both_taps(x[:, :1, :1], (1000, 1000), "bilinear")
    dx = kernels.resize2d_backward(x, (1, 1), *whole)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx[0, 0, 0], x.astype("float64").sum((0, 1, 2)), rtol=2e-7)


def test_what_does_not_fit():
    x, taps = np.zeros((1, 4, 4, 2)), reference.resize_taps(8, 4, "nearest")
    with pytest.raises(ValueError) as error:
        kernels.resize2d_forward(x, taps, taps)
    assert str(error.value) == "`rows` must read pixels from 0 to 3. Received: places from 1 to 7."
    fine = reference.resize_taps(4, 8, "nearest")
    with pytest.raises(ValueError, match="`columns` must be places and weights of one shape"):
        kernels.resize2d_forward(x, fine, (fine.places, fine.weights[:3]))
    with pytest.raises(ValueError, match="`dy` must have shape"):
        kernels.resize2d_backward(x, (4, 4), fine, fine)
