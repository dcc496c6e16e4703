"""Both global poolings: output and gradient as Keras's, ties included; errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import GlobalAveragePooling2D, GlobalMaxPooling2D, reference
from tests.keras_oracle import assert_parity, keras
from tests.strategies import cases, normal, ties

pictures = cases(min_dims=4).filter(lambda case: case.shape[0])


@given(pictures, st.booleans())
def test_average_equals_keras(case, keepdims):
    x, dy = drawn(case, keepdims, normal)
    y, dx = reference.global_avgpool2d_forward(abs(x)), reference.global_avgpool2d_backward(flat(abs(dy)), x.shape)
    y = y.reshape(dy.shape)
    pixels = x.shape[1] * x.shape[2]
    sizes = {"y": ("global_avgpool2d_forward", (y, pixels)), "dx": ("global_avgpool2d_backward", (dx, 1))}
    twin = keras.layers.GlobalAveragePooling2D(keepdims=keepdims, dtype=case.dtype)
    assert_parity(GlobalAveragePooling2D(keepdims), twin, x, dy, (), sizes)


@given(pictures, st.booleans())
def test_maximum_equals_keras(case, keepdims):
    """Small integers: nearly every channel has several maxima, which share the gradient."""
    x, dy = drawn(case, keepdims, ties)
    dx = reference.global_maxpool2d_backward(flat(abs(dy)), x, reference.global_maxpool2d_forward(x))
    twin = keras.layers.GlobalMaxPooling2D(keepdims=keepdims, dtype=case.dtype)
    sizes = {"dx": ("global_maxpool2d_backward", (dx, 1))}
    assert_parity(GlobalMaxPooling2D(keepdims), twin, x, dy, (), sizes)


def drawn(case, keepdims, numbers):
    rng = np.random.default_rng(case.seed)
    n, _, _, channels = case.shape
    output = (n, 1, 1, channels) if keepdims else (n, channels)
    return numbers(rng, case.shape, case.dtype), normal(rng, output, case.dtype)


def flat(dy):
    return dy.reshape(dy.shape[0], dy.shape[-1])


def test_shapes():
    layer = GlobalAveragePooling2D()
    layer.build((None, 5, None, 7))
    assert layer.output_shape == (None, 7)
    with pytest.raises(ValueError, match=r"Layer 'g' takes images .* Received: input_shape=\(None, 8\)\."):
        GlobalMaxPooling2D(name="g").build((None, 8))
