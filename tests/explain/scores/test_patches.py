"""What a filter looks for: the largest cell of its map, on each of several pictures."""

import numpy as np
import pytest

from minicnn import Conv2D, Dense, Flatten, Input, MaxPooling2D, ReLU, Sequential, Softmax, explain
from minicnn.data import wardrobe
from minicnn.models import tinyvgg


@pytest.mark.parametrize("layer", ["conv2d", "re_lu", "max_pooling2d", "conv2d_2", "re_lu_3"])
def test_patches_are_where_the_map_is_largest(layer):
    model = tinyvgg((64, 64), 10, seed=0)
    x = np.stack([wardrobe.draw(name, k) for k in range(4) for name in wardrobe.CLASS_NAMES]).astype(np.float32)
    names = [each.name for each in model.layers]
    part = Sequential([Input((64, 64, 3)), *model.layers[: names.index(layer) + 1]])
    maps = part.predict(x)[..., 3]
    peaks = maps.max((1, 2))
    found = explain.patches(model, layer, 3, x)
    order = np.argsort(-peaks, kind="stable")[:9]
    if layer.startswith("re_lu"):
        order = order[peaks[order] > 0]
    assert len(found) == len(order) and [each.picture for each in found] == order.tolist()
    for each in found:
        assert each.value == pytest.approx(peaks[each.picture], rel=1e-5)
        assert maps[each.picture][each.cell] == pytest.approx(each.value, rel=1e-5)


def test_the_part_of_the_picture_alone_makes_the_cell():
    """All other pixels may be anything."""
    layers = [Input((12, 12, 3)), Conv2D(4, 3, strides=2, name="first"), MaxPooling2D(2), Conv2D(5, 2, name="second")]
    model = Sequential([*layers, Flatten(), Dense(2), Softmax()], seed=0)
    x, rng = np.random.default_rng(0).normal(size=(3, 12, 12, 3)).astype(np.float32), np.random.default_rng(1)
    part = Sequential([layers[0], *layers[1:]])
    for picture, cell, value, rows, columns in explain.patches(model, "second", 2, x):
        other = rng.normal(size=x.shape[1:]).astype(np.float32)
        other[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = x[picture][np.ix_(rows, columns)]
        assert part.predict(other[None])[0][(*cell, 2)] == pytest.approx(value, rel=1e-4)


def test_pictures_in_which_the_relu_is_closed_are_none():
    model = Sequential([Input((4, 4, 1)), Conv2D(1, 1), ReLU(), Flatten(), Dense(2)])
    model.set_weights([np.ones((1, 1, 1, 1)), [-2.0], np.zeros((16, 2)), np.zeros(2)])
    x = np.stack([np.full((4, 4, 1), value, np.float32) for value in (1, 5, 2, 3)])
    assert [each.picture for each in explain.patches(model, "re_lu", 0, x)] == [1, 3]
    assert [each.picture for each in explain.patches(model, "conv2d", 0, x, count=3)] == [1, 3, 2]


@pytest.mark.parametrize(
    "more, text",
    [
        ({"channel": 4}, "`channel` must name one of the maps of 'conv2d'. Received: channel=4."),
        ({"channel": 0.5}, "Received: channel=0.5."),
        ({"layer": "dense"}, "`channel` must name one of the maps of 'dense'"),
        ({"layer": "nobody"}, "`layer` must be one of"),
        ({"count": 0}, "`count` must be a positive integer. Received: count=0."),
    ],
)
def test_errors(more, text):
    model = Sequential([Input((4, 4, 1)), Conv2D(4, 2), Flatten(), Dense(2)])
    with pytest.raises(ValueError, match=text):
        explain.patches(model, **{"layer": "conv2d", "channel": 0, "x": np.zeros((1, 4, 4, 1)), **more})
