"""Gradient ascent: each step goes up the slope that differences tell, and the filter answers more and more."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, Sequential, explain
from minicnn.files import make_card
from minicnn.models import tinyvgg


def net(**settings):
    """A small net in float64; its convolution's ReLU is its own."""
    layers = [Conv2D(3, 3, activation="relu", name="first"), MaxPooling2D(2, name="pool"), Flatten()]
    return Sequential([Input((7, 6, 2)), *layers, Dense(4, activation="tanh", name="last")], seed=2).astype("float64")


def part(model, layer):
    """Return the layers up to one, by hand."""
    names = [each.name for each in model.layers]
    return Sequential([Input((7, 6, 2)), *model.layers[: names.index(layer) + 1]]).astype("float64")


@pytest.mark.parametrize("layer, channel", [("first", 1), ("pool", 2), ("last", 3)])
def test_a_step_follows_the_differences(layer, channel):
    model = net()
    model.classifier = make_card(["a", "b", "c", "d"], (7, 6), scale=1 / 255, offset=-0.5)
    x = np.random.default_rng(1).normal(0, 0.1, (7, 6, 2))
    cut = part(model, layer)

    def value(picture):
        return cut.forward(picture[None])[0, ..., channel].mean()

    slope = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        for sign in (1, -1):
            moved = x.copy()
            moved[at] += sign * 1e-6
            slope[at] += sign * value(moved) / 2e-6
    found = explain.gradient_ascent(model, layer, channel, steps=1, rate=1e-3, x=x)
    want = x + 1e-3 * slope / np.sqrt((slope**2).mean())
    np.testing.assert_allclose(found.x, want, atol=1e-7)
    np.testing.assert_allclose(found.values, [value(x), value(found.x)], rtol=1e-9)
    assert found.values[1] > found.values[0]


def test_before_a_relu_that_is_closed_there_is_a_slope():
    model = net()
    model.params["first/bias"][...] = -99
    stuck = explain.gradient_ascent(model, "first", 0, steps=3)
    assert (stuck.values == 0).all() and stuck.x.shape == (7, 6, 2)
    free = explain.gradient_ascent(model, "first (before relu)", 0, steps=3)
    assert (np.diff(free.values) > 0).all()


def test_pixels_stay_pixels_and_a_seed_repeats():
    model = tinyvgg((64, 64), 10, seed=0)
    found = explain.gradient_ascent(model, "conv2d_2", 4, steps=8, rate=0.2)
    assert found.x.min() >= 0 and found.x.max() <= 255 and found.values[-1] > found.values[0]
    again = explain.gradient_ascent(model, "conv2d_2", 4, steps=8, rate=0.2)
    np.testing.assert_array_equal(found.x, again.x)
    assert not np.array_equal(found.x, explain.gradient_ascent(model, "conv2d_2", 4, steps=8, rate=0.2, seed=1).x)


@pytest.mark.parametrize(
    "more, text",
    [
        ({"layer": "nobody"}, "`layer` must be one of"),
        ({"channel": 3}, "`channel` must name one of the 3 of 'first'. Received: channel=3."),
        ({"channel": 0.0}, "Received: channel=0.0."),
        ({"steps": 0}, "`steps` must be a positive integer. Received: steps=0."),
        ({"rate": 0}, "`rate` must be a positive number. Received: rate=0."),
        ({"x": np.zeros((2, 7, 6, 2))}, "`x` must be one picture, (H, W, C). Received: shape (2, 7, 6, 2)."),
    ],
)
def test_errors(more, text):
    with pytest.raises(ValueError) as error:
        explain.gradient_ascent(net(), **{"layer": "first", "channel": 1} | more)
    assert text in str(error.value)
