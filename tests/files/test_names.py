"""Arrays by name: which layer they belong to, what they are called, and in which order HDF5 has them."""

import numpy as np
import pytest

from minicnn.files.names import Owners, array_names, in_order_of_training
from tests.files.entries import layer, sequential


@pytest.mark.parametrize(
    "name, owner",
    [
        ("conv/kernel:0", "conv"),  # the whole path comes before an ending
        ("conv2/kernel", "mid/conv2"),
        ("mid/conv/kernel", "mid/conv"),
        ("top/mid/conv/kernel", "mid/conv"),  # a model around that the file doesn't know
        ("deep/conv3/bias", "mid/deep/conv3"),
    ],
)
def test_owners(name, owner):
    assert Owners(["conv", "mid/conv", "mid/conv2", "mid/deep/conv3"]).find(name) == owner


def test_owners_that_are_not_clear():
    owners = Owners(["a/conv", "b/conv"])
    with pytest.raises(ValueError, match="its array 'conv/kernel' could belong to 2 layers"):
        owners.find("conv/kernel")
    with pytest.raises(ValueError, match="its array 'dense/kernel' belongs to no layer of its config"):
        owners.find("dense/kernel")
    with pytest.raises(ValueError, match="its array 'kernel' belongs to no layer of its config"):
        owners.find("kernel")


@pytest.mark.parametrize(
    "entry, count, names",
    [
        (layer("Conv2D", "c"), 2, ["kernel", "bias"]),
        (layer("Dense", "d"), 1, ["kernel"]),
        (layer("BatchNormalization", "b"), 4, ["gamma", "beta", "moving_mean", "moving_variance"]),
        (layer("BatchNormalization", "b", scale=False), 3, ["beta", "moving_mean", "moving_variance"]),
        (layer("BatchNormalization", "b", center=False, scale=False), 2, ["moving_mean", "moving_variance"]),
        (layer("SeparableConv2D", "s"), 2, ["depthwise_kernel", "pointwise_kernel"]),
        (layer("Odd", "o"), 4, ["kernel", "bias", "array_2", "array_3"]),
    ],
)
def test_array_names(entry, count, names):
    assert array_names(entry, count) == names


@pytest.mark.parametrize("frozen", ["nothing", "model", "inner", "layer"])
def test_what_is_trained_comes_first(frozen):
    norm = layer("BatchNormalization", "b", scale=False, trainable=frozen != "layer")
    inner = sequential("inner", [norm], [None, 2], trainable=frozen != "inner")
    model = sequential("m", [inner, layer("Dense", "d")], [None, 2], trainable=frozen != "model")
    weights = {"inner/b": [np.zeros(0)] * 3, "d": [np.ones(0)] * 2}
    names = [name for name, _ in in_order_of_training(model, weights)]
    moving = ["inner/b/moving_mean", "inner/b/moving_variance"]
    assert (
        names
        == {
            "nothing": ["inner/b/beta", "d/kernel", "d/bias", *moving],
            "model": ["inner/b/beta", *moving, "d/kernel", "d/bias"],
            "inner": ["d/kernel", "d/bias", "inner/b/beta", *moving],
            "layer": ["d/kernel", "d/bias", "inner/b/beta", *moving],
        }[frozen]
    )
