"""Kernels as pictures: grey where a weight is 0, and the order of filters, taps and colours."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, Sequential, explain
from minicnn.models import tinyvgg


def test_every_weight_is_a_colour():
    model = tinyvgg((64, 64), 10, seed=0)
    kernel = model.params["conv2d/kernel"]
    found = explain.kernel_pictures(model)
    assert found.shape == (10, 3, 3, 3) and found.dtype == np.uint8
    for f, a, b, c in np.ndindex(found.shape):
        assert abs(float(found[f, a, b, c]) - (127.5 + 127.5 * kernel[a, b, c, f] / np.abs(kernel).max())) <= 0.51
    assert {int(found.min()), int(found.max())} & {0, 255}


def test_a_kernel_of_zeros_is_grey():
    model = Sequential([Input((4, 4, 3)), Conv2D(2, 2, name="one"), Conv2D(3, 2, name="two")], seed=0)
    model.params["one/kernel"][...] = 0
    assert (explain.kernel_pictures(model, "one") == 128).all()


@pytest.mark.parametrize(
    "layer, text",
    [
        ("two", "Received: 'two', a Conv2D whose kernel reads 2."),
        ("last", "Received: 'last', a Dense."),
        ("nobody", "`layer` must be one of"),
    ],
)
def test_errors(layer, text):
    layers = [Conv2D(2, 2, name="one"), Conv2D(3, 2, name="two"), Flatten(), Dense(2, name="last")]
    with pytest.raises(ValueError) as error:
        explain.kernel_pictures(Sequential([Input((4, 4, 3)), *layers]), layer)
    assert text in str(error.value)


def test_a_net_without_a_convolution():
    with pytest.raises(ValueError, match="Received: a model without a Conv2D."):
        explain.kernel_pictures(Sequential([Input((4,)), Dense(2)]))
