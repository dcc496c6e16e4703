"""Augmentation's settings against 8.10 and 8.11, measured on what comes out: a plane stays a plane.

A picture whose values are its own coordinates is changed; inside, where no edge is copied, the values that come out are
an affine function of the place, and its matrix is what was done to the picture.
"""

import numpy as np
import pytest

from keras_ref import pictures, runtime

pytestmark = pytest.mark.traced  # thousands of draws, one trace

SIDE, DRAWS = 101, 300


def _matrices(name):
    """Return what changes do to the plane: (DRAWS, 2, 2) matrices and (DRAWS, 2) shifts of the middle, in pixels."""
    tf, _ = runtime.load()
    middle = (SIDE - 1) / 2
    ys, xs = np.mgrid[:SIDE, :SIDE].astype(np.float32) - middle
    plane = np.stack([xs, ys, np.ones_like(xs)], axis=-1)
    change = tf.function(pictures.transformer(name, SIDE, SIDE))
    inside = np.s_[40:61, 40:61]
    places = plane[inside].reshape(-1, 3)
    matrices, shifts = [], []
    for pair in pictures.seeds([f"{k}.jpg" for k in range(DRAWS)], 1, 1):
        out = change(tf.constant(plane), tf.constant(pair)).numpy()[inside].reshape(-1, 3)
        fitted, *_ = np.linalg.lstsq(places, out[:, :2], rcond=None)
        np.testing.assert_allclose(places @ fitted, out[:, :2], atol=2e-2)
        matrices.append(fitted[:2].T)
        shifts.append(fitted[2])
    return np.array(matrices), np.array(shifts)


def _taken_apart(matrices, flipped):
    """Return rotation (degrees), zooms, slant (degrees) of matrices that are turn @ [[zx, slant], [0, zy]] @ flip."""
    upright = np.where((np.linalg.det(matrices) < 0)[:, None, None], matrices @ flipped, matrices)
    turn = np.degrees(np.arctan2(upright[:, 1, 0], upright[:, 0, 0]))
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    back = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], 1) @ upright
    return turn, back[:, 0, 0], back[:, 1, 1], np.degrees(np.arctan(back[:, 0, 1] / back[:, 1, 1]))


def _of_shear(slant):
    """Return how far the middle moves when the upper edge stays where it is, as Keras shears: (DRAWS, 2) pixels."""
    return np.stack([np.tan(np.radians(slant)) * (SIDE - 1) / 2, np.zeros_like(slant)], axis=-1)


def _reaches(values, low, high, slack=0.0):
    """Check that values fill low..high: none beyond, and of 300 drawn evenly some within 3% of either end."""
    near = 0.03 * (high - low)
    assert low - slack <= values.min() <= low + near, (values.min(), low)
    assert high - near <= values.max() <= high + slack, (values.max(), high)


def test_light_is_8_11():
    """Shear 10 degrees, zoom 0.1, half of the pictures turned left to right; no rotation, no shift, not upside down."""
    matrices, shifts = _matrices("light")
    turn, zoom_x, zoom_y, slant = _taken_apart(matrices, np.diag([-1, 1]))
    np.testing.assert_allclose(turn, 0, atol=0.1)
    np.testing.assert_allclose(shifts, _of_shear(slant), atol=0.2)
    assert 0.4 < (np.linalg.det(matrices) < 0).mean() < 0.6
    _reaches(zoom_x, 0.9, 1.1, 2e-3)
    _reaches(zoom_y, 0.9, 1.1, 2e-3)
    assert 9.5 < np.abs(slant).max() <= 10.1
    assert np.abs(np.corrcoef(zoom_x, zoom_y)[0, 1]) < 0.2  # drawn apart


def test_course_is_8_10():
    """Rotation 30 degrees, shifts 10 px, shear 10 degrees, zoom 0.1, half of the pictures upside down."""
    matrices, shifts = _matrices("course")
    turn, zoom_x, zoom_y, slant = _taken_apart(matrices, np.diag([1, -1]))
    _reaches(turn, -30, 30, 0.1)
    assert 0.4 < (np.linalg.det(matrices) < 0).mean() < 0.6
    _reaches(zoom_x, 0.9, 1.1, 2e-3)
    _reaches(zoom_y, 0.9, 1.1, 2e-3)
    assert 9.5 < np.abs(slant).max() <= 10.1
    back = np.exp(-1j * np.radians(turn)) * (shifts @ [1, 1j])  # the shift was made before the picture was turned
    right, down = (np.stack([back.real, back.imag], axis=-1) - _of_shear(slant)).T
    _reaches(right, -10, 10, 0.2)
    _reaches(down, -10, 10, 0.2)


def test_pictures_of_one_name_change_alike_and_others_do_not():
    pairs = pictures.seeds(["a.jpg", "b.jpg", "a.jpg"], 1, 1)
    assert (pairs[0] == pairs[2]).all() and (pairs[0] != pairs[1]).any()
    for seed, epoch in ((1, 2), (2, 1)):
        assert (pictures.seeds(["a.jpg"], seed, epoch)[0] != pairs[0]).any()


@pytest.mark.parametrize("name", ["light", "course"])
def test_the_edges_are_copied_outwards(name):
    """fill_mode nearest: a picture of one colour stays that colour."""
    change = pictures.transformer(name, 71, 71)
    tf, _ = runtime.load()
    flat = tf.fill((71, 71, 3), 0.25)
    for pair in pictures.seeds(["a.jpg", "b.jpg", "c.jpg"], 3, 2):
        np.testing.assert_allclose(change(flat, tf.constant(pair)), 0.25, atol=1e-5)
