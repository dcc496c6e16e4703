"""A model as the page knows it: a list of small operations with their settings, and the arrays that they read.

An activation inside a layer becomes an operation of its own ("conv2d (before relu)", then "conv2d"), a separable
convolution its two halves: so the page has one simple rule an operation, and every mask and every sum can be looked at.
The names are those of the terminal (inside.py).
"""

import numpy as np

from ...layers.augmentation import AUGMENTATIONS
from ..terms import inside
from ..terms.activations import activation_of
from ..terms.places import layer_path, unfold

WINDOW = ("Conv2D", "DepthwiseConv2D", "MaxPooling2D", "AveragePooling2D")
AS_IT_IS = (
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "Flatten",
    "Reshape",
    "Add",
    "Multiply",
    "Concatenate",
    "ZeroPadding2D",
    "Cropping2D",
    "LeakyReLU",
    "ELU",
)
IDENTITY = ("Dropout", "SpatialDropout2D", "InputLayer", *AUGMENTATIONS)


def describe(model):
    """Write a model down for the page.

    Returns
    -------
    nodes : list of dict      in running order: name, kind, inputs (positions in this list), shape, settings, engine
        (the key that `Model.forward(record=)` uses for this output, None inside a layer), of (the layer's key),
        arrays (their names), weights (what the model calls each: "conv2d/kernel"), learns (the names of those that do)
    arrays : function of a model      the float32 arrays of all nodes, in the same order, for any copy of this model

    Raises
    ------
    ValueError: a layer that the page does not know, or a size that is open.
    """
    nodes, at, getters, of, learning = [], {}, [], [], model.params

    def add(name, kind, inputs, shape, settings, engine, arrays=()):
        if None in shape:
            raise ValueError(
                f"The page needs known sizes; give Input its height and width. Received: {name!r} of "
                f"shape {tuple(shape)}."
            )
        weights = {key: f"{layer_path(of[-1])}/{weight}" for key, weight, _ in arrays}
        nodes.append(
            {
                "name": name,
                "kind": kind,
                "inputs": inputs,
                "shape": [int(size) for size in shape],
                "settings": settings,
                "engine": engine,
                "of": of[-1],
                "arrays": list(weights),
                "weights": list(weights.values()),
                "learns": [key for key, weight in weights.items() if weight in learning],
            }
        )
        getters.extend(getter for *_, getter in arrays)
        return len(nodes) - 1

    for key, place in unfold(model).items():
        of.append(key)
        inputs = [at[source] for source in place.sources]
        at[key] = _add(add, key, place, inputs, nodes)
    return nodes, lambda other: [np.asarray(getter(other), np.float32) for getter in getters]


def _add(add, key, place, inputs, nodes):
    """Add the operations of one place; return the position of its output."""
    layer, kind = place.layer, place.kind
    shape = place.shape[1:]
    if kind == "SeparableConv2D":
        half = (*shape[:2], layer.params["pointwise_kernel"].shape[2])
        made = add(
            inside.named(key, inside.DEPTHWISE),
            "DepthwiseConv2D",
            inputs,
            half,
            _window(layer, nodes[inputs[0]]),
            None,
            [_array(key, "params", "depthwise_kernel", "kernel")],
        )
        one = {
            "size": [1, 1],
            "strides": [1, 1],
            "pads": [[0, 0], [0, 0]],
            "dilation": [1, 1],
            "padding": "valid",
            "groups": 1,
        }
        arrays = [_array(key, "params", "pointwise_kernel", "kernel"), *_bias(layer, key)]
        return _activated(add, key, layer, "Conv2D", [made], shape, one, arrays)
    if kind in ("Conv2D", "DepthwiseConv2D"):
        settings = {**_window(layer, nodes[inputs[0]]), "groups": getattr(layer, "groups", 1)}
        arrays = [_array(key, "params", "kernel"), *_bias(layer, key)]
        return _activated(add, key, layer, kind, inputs, shape, settings, arrays)
    if kind == "Dense":
        if len(shape) != 1:
            raise ValueError(
                f"The page shows Dense on a row of numbers only; put a Flatten before it. "
                f"Received: {key!r} of shape {shape}."
            )
        arrays = [_array(key, "params", "kernel"), *_bias(layer, key)]
        return _activated(add, key, layer, kind, inputs, shape, {}, arrays)
    if kind == "BatchNormalization":
        arrays = [
            *(_array(key, "params", name) for name in layer.params),
            *(_array(key, "state", name) for name in layer.state),
        ]
        return add(key, kind, inputs, shape, {"epsilon": layer.epsilon}, key, arrays)
    if kind == "Normalization":
        arrays = [("factor", "factor", _normal(key, shape, 1)), ("shift", "shift", _normal(key, shape, 0))]
        return add(key, kind, inputs, shape, {}, key, arrays)
    if kind == "Rescaling":
        scale, offset = zip(*map(layer.constants, range(shape[-1])), strict=True)
        return add(key, kind, inputs, shape, {"scale": scale, "offset": offset}, key)
    if kind in ("ReLU", "Sigmoid", "Softmax", "Activation"):
        if kind == "Softmax" and layer.axis not in (-1, len(shape)):
            raise ValueError(f"The page shows Softmax along the last axis only. Received: {key!r}, axis={layer.axis}.")
        return add(key, "Activation", inputs, shape, {"function": activation_of(layer) or "linear"}, key)
    if kind in WINDOW:
        return add(key, kind, inputs, shape, _window(layer, nodes[inputs[0]]), key)
    if kind in IDENTITY:
        return add(
            key, "Dropout" if "Dropout" in kind else "Identity" if place.sources else "Input", inputs, shape, {}, key
        )
    if kind in AS_IT_IS:
        if kind == "Concatenate" and layer.axis not in (-1, len(shape)):
            raise ValueError(f"The page shows Concatenate along the last axis only. Received: {key!r}.")
        names = {
            "ZeroPadding2D": ("padding",),
            "Cropping2D": ("cropping",),
            "LeakyReLU": ("negative_slope",),
            "ELU": ("alpha",),
        }
        return add(key, kind, inputs, shape, {name: getattr(layer, name) for name in names.get(kind, ())}, key)
    raise ValueError(f"The page does not know layers of class {kind}. Received: {key!r}.")


def _activated(add, key, layer, kind, inputs, shape, settings, arrays):
    """Add an operation with a kernel, and its activation behind it as one of its own."""
    name = activation_of(layer)
    made = add(inside.named(key, inside.before(layer)), kind, inputs, shape, settings, None if name else key, arrays)
    return made if name is None else add(key, "Activation", [made], shape, {"function": name}, key)


def _window(layer, source):
    return {
        "size": layer.taps,
        "strides": layer.strides,
        "pads": layer.pads(source["shape"][:2]),
        "dilation": layer.dilation_rate,
        "padding": layer.padding,
    }


def _array(key, where, weight, name=None):
    """Give an array's name in its operation and in its layer, and how to get it from a model."""
    path = layer_path(key)
    return name or weight, weight, lambda model: getattr(model.get_layer(path), where)[weight]


def _bias(layer, key):
    return [_array(key, "params", "bias")] if layer.use_bias else []


def _normal(key, shape, at):
    """Normalization as y = x * factor + shift, both stretched over the example."""

    def array(model):
        layer = model.get_layer(layer_path(key))
        mean, deviation = layer.constants((1, *shape))
        return 1 / deviation if at else -mean / deviation

    return array
