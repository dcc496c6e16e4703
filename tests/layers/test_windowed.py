"""Windows of convolutions and poolings: where they stand, counted by hand; the layer's answers are its forward's."""

import numpy as np
import pytest

from minicnn import AveragePooling2D, Conv2D, DepthwiseConv2D, MaxPooling2D, SeparableConv2D
from minicnn.layers import Windowed

LAYERS = {
    "Conv2D": lambda **how: Conv2D(3, (3, 2), **how),
    "DepthwiseConv2D": lambda **how: DepthwiseConv2D((3, 2), **how),
    "SeparableConv2D": lambda **how: SeparableConv2D(3, (3, 2), **how),
    "MaxPooling2D": lambda **how: MaxPooling2D((3, 2), **how),
    "AveragePooling2D": lambda **how: AveragePooling2D((3, 2), **how),
}
HOW = [{"strides": 1}, {"strides": 2}, {"strides": (1, 3)}, {"strides": 1, "dilation_rate": (2, 1)}]


def places(size, span, step, pad):
    """Return the first pixels of all windows that stand on an image with its padding, tried one by one."""
    return [start for start in range(-pad[0], size + pad[1], step) if start + span <= size + pad[1]]


@pytest.mark.parametrize(
    ("kind", "how"),
    [(kind, how) for kind in LAYERS for how in HOW if "dilation_rate" not in how or "Pooling" not in kind],
    ids=str,
)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("sizes", [(5, 4), (8, 9)])
def test_pads_and_output_sizes(kind, padding, how, sizes):
    layer = LAYERS[kind](padding=padding, **how)
    assert isinstance(layer, Windowed) and layer.taps == (3, 2)
    window, steps = (5, 2) if "dilation_rate" in how else (3, 2), layer.strides
    pads, outputs = layer.pads(sizes), layer.output_sizes(sizes)
    for axis, size, span, step, pad, count in zip((1, 2), sizes, window, steps, pads, outputs, strict=True):
        assert len(places(size, span, step, pad)) == count
        if padding == "valid":
            assert pad == (0, 0)
        else:
            assert count == -(-size // step) and 0 <= pad[1] - pad[0] <= 1
        reads = layer.reads(axis, np.arange(count), (None, *sizes, 4))
        assert reads.first.tolist() == places(size, span, step, pad) and reads.step == step
        assert (reads.last - reads.first + 1 == span).all() and reads.gap == layer.dilation_rate[axis - 1]
    assert (
        layer(np.zeros((2, *sizes, 4), "float32")).shape[1:3]
        == outputs
        == layer.compute_output_shape((2, *sizes, 4))[1:3]
    )


def test_sizes_that_are_open():
    layer = Conv2D(3, 3, padding="same", strides=2)
    assert layer.output_sizes((None, 7)) == (None, 4) and layer.pads((None, 7)) == ((0, 0), (1, 1))


def test_a_layer_without_a_window_says_so():
    with pytest.raises(NotImplementedError):
        Windowed().taps  # noqa: B018
