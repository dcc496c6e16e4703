"""The model as the page describes it: each window with all of its settings."""

import base64
import zlib

import numpy as np
import pytest

from minicnn import BatchNormalization, Concatenate, Conv2D, Input, Model, Sequential, Softmax
from minicnn.explain.page.blobs import Blobs
from minicnn.explain.page.nodes import describe
from tests.explain.nets import NETS


@pytest.mark.parametrize("name", NETS)
def test_a_window_has_every_setting(name):
    """The padding laboratory takes any of them: a separable convolution's 1x1 half, too."""
    windows = [node["settings"] for node in describe(NETS[name]())[0] if "size" in node.get("settings", {})]
    assert windows
    for settings in windows:
        assert {"size", "strides", "pads", "dilation", "padding"} <= settings.keys()


def along(axis):
    """Return a softmax along an axis."""
    return Sequential([Input((4, 5, 3)), Softmax(axis=axis)])


def normalized(axis):
    """Return a batch normalization along an axis."""
    return Sequential([Input((4, 5, 3)), BatchNormalization(axis=axis)])


def joined(axis):
    """Return two inputs beside each other along an axis."""
    x = Input((4, 4, 3))
    return Model(x, Concatenate(axis=axis)([x, Conv2D(3, 1)(x)]))


@pytest.mark.parametrize("net, what", [(along, "Softmax"), (joined, "Concatenate"), (normalized, "BatchNormalization")])
def test_only_the_last_axis_is_shown_by_either_of_its_names(net, what):
    assert describe(net(-1))[0][-1]["shape"] == describe(net(3))[0][-1]["shape"]
    for axis in (1, 2, -2, -3):
        with pytest.raises(ValueError, match=f"The page shows {what} along the last axis only. Received: "):
            describe(net(axis))


def test_every_array_of_a_page_begins_at_a_multiple_of_four():
    """JavaScript makes a Float32Array there and nowhere else."""
    rng, blobs = np.random.default_rng(0), Blobs()
    arrays = [
        rng.integers(0, 256, 5, np.uint8),
        rng.random(3, np.float32),
        rng.integers(0, 256, (1, 2), np.uint8),
        rng.integers(0, 256, 4, np.uint8),
        rng.random((2, 2)),
    ]
    places = [blobs.add(array) for array in arrays]
    raw = zlib.decompress(base64.b64decode(blobs.text()))
    assert len(raw) == blobs.size and [kind for *_, kind in places] == ["b", "f", "b", "b", "f"]
    for array, (start, count, kind) in zip(arrays, places, strict=True):
        assert start % 4 == 0
        found = np.frombuffer(raw, np.uint8 if kind == "b" else "<f4", count, start)
        np.testing.assert_array_equal(found, array.ravel().astype(found.dtype))
