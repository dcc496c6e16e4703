"""AveragePooling2D: output and gradient as Keras's, edges."""

import pytest
from hypothesis import given

from minicnn import AveragePooling2D
from tests.keras_oracle import assert_parity, keras
from tests.strategies import PoolCase, pool_cases
from tests.tolerances import sizes_of_avgpool2d


def check(case):
    x, dy = case.arrays()
    forward, backward = sizes_of_avgpool2d(case, x, dy)
    sizes = {"y": ("avgpool2d_forward", forward), "dx": ("avgpool2d_backward", backward)}
    settings = {"pool_size": case.window, "strides": case.strides, "padding": case.padding}
    twin = keras.layers.AveragePooling2D(**settings, dtype=case.dtype)
    assert_parity(AveragePooling2D(**settings), twin, x, dy, (), sizes)


@given(pool_cases(shifted=False, min_n=1))
def test_equals_keras(case):
    """With padding="same" this says what a window over the edge is divided by."""
    check(case)


@pytest.mark.parametrize(
    ("x_shape", "window", "strides", "padding"),
    [
        ((1, 1, 1, 2), (3, 3), (2, 2), "same"),
        ((1, 4, 4, 1), (3, 3), (2, 2), "same"),  # total padding 1: the odd pixel goes after
        ((1, 5, 6, 1), (5, 4), (1, 1), "same"),  # total padding 4 and 3
        ((1, 7, 8, 2), (2, 2), (3, 5), "valid"),  # strides longer than the window
    ],
)
def test_edges_equal_keras(x_shape, window, strides, padding):
    check(PoolCase(x_shape, window, strides, padding, (1, 1), "float64", "contiguous", 1))


def test_shapes():
    assert AveragePooling2D().compute_output_shape((None, 5, 6, 7)) == (None, 2, 3, 7)
