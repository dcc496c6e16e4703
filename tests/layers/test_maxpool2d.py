"""MaxPooling2D: output and gradient as Keras's, ties included; settings, open sizes, errors."""

import numpy as np
import pytest
from hypothesis import given

from minicnn import MaxPooling2D
from tests.keras_oracle import assert_parity, keras
from tests.strategies import PoolCase, pool_cases
from tests.tolerances import assert_same, size_of_pooling


def check_against_keras(case):
    x, dy = case.arrays()
    sizes = {"dx": ("maxpool2d_backward", size_of_pooling(case, x, dy))}
    settings = {"pool_size": case.window, "strides": case.strides, "padding": case.padding}
    assert_parity(MaxPooling2D(**settings), keras.layers.MaxPooling2D(**settings, dtype=case.dtype), x, dy, (), sizes)


# ---- 5 Keras --------------------------------------------------------------------------------------------------------


@given(pool_cases(shifted=False, min_n=1))
def test_equals_keras(case):
    check_against_keras(case)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 2)])
def test_ties_go_where_keras_sends_them(dtype, padding, strides):
    """Every window of a rectified map of small integers has ties."""
    check_against_keras(PoolCase((2, 9, 8, 3), (3, 3), strides, padding, (1, 1), dtype, "contiguous", 1, tied=True))


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding"),
    [
        ((2, 1, 1, 2), (1, 1), (1, 1), "valid"),  # one pixel
        ((1, 1, 1, 2), (3, 3), (2, 2), "same"),
        ((1, 4, 4, 1), (3, 3), (2, 2), "same"),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same"),  # total padding 4 and 3
        ((1, 7, 8, 2), (2, 2), (3, 5), "valid"),  # strides longer than the window
        ((1, 5, 7, 3), (2, 2), (2, 2), "valid"),  # the last row and column are left over
    ],
)
def test_edges_equal_keras(x_shape, window, strides, padding):
    check_against_keras(PoolCase(x_shape, window, strides, padding, (1, 1), "float64", "contiguous", 1))


# ---- the layer ------------------------------------------------------------------------------------------------------


def test_strides_are_the_window_by_default():
    layer = MaxPooling2D()
    assert (layer.pool_size, layer.strides, layer.padding) == ((2, 2), (2, 2), "valid")
    assert MaxPooling2D((3, 1)).strides == (3, 1)
    assert layer.compute_output_shape((None, 5, 6, 7)) == (None, 2, 3, 7)
    assert layer.compute_output_shape((None, None, 6, 7)) == (None, None, 3, 7)
    assert MaxPooling2D(3, 2, "same").compute_output_shape((None, 5, 6, 7)) == (None, 3, 3, 7)


def test_nan_stays_visible():
    """Keras's pooling may drop it."""
    x = np.ones((1, 2, 4, 1), "float32")
    x[0, 1, 0, 0] = np.nan
    assert_same(MaxPooling2D()(x), np.float32([np.nan, 1]).reshape(1, 1, 2, 1))


# ---- 7 errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"pool_size": 0}, "`pool_size` must be a positive integer. Received: pool_size=0."),
        ({"pool_size": (2,)}, "`pool_size` must be one positive integer or two. Received: pool_size=(2,)."),
        ({"strides": (1, -1)}, "`strides` must be a positive integer. Received: strides=-1."),
        ({"padding": "SAME"}, "`padding` must be one of 'valid', 'same'. Received: padding='SAME'."),
    ],
)
def test_settings_that_make_no_sense(settings, sentence):
    with pytest.raises(ValueError) as error:
        MaxPooling2D(**settings)
    assert str(error.value) == sentence


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"Layer 'pool' takes images .* Received: input_shape=\(None, 8\)\."):
        MaxPooling2D(name="pool").build((None, 8))
    with pytest.raises(ValueError, match="a window over 3 pixels .* on an input of 2 pixels"):
        MaxPooling2D(3).build((None, 2, 9, 1))
