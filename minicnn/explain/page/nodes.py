"""A model as the page knows it: a list of small operations with their settings, and the arrays that they read.

An activation inside a layer becomes an operation of its own ("conv2d (before relu)", then "conv2d"), a separable
convolution its two halves: so the page has one simple rule an operation, and every mask and every sum can be looked at.
The names are those of the terminal (terms/inside.py). To teach the page a layer, write its function and list it in
`OPERATIONS`, and its mathematics in web/layers.js.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...layers import AUGMENTATIONS
from ...models import Model
from ...types import Array
from ..terms import Place, activation_of, bend_of, inside, layer_path, pixel_weights, unfold

Node = dict[str, Any]  # see `describe`
Call = Any  # a Place, whose layer is of the class that the operation is listed for
POINTWISE = {
    "size": [1, 1],
    "strides": [1, 1],
    "pads": [[0, 0], [0, 0]],
    "dilation": [1, 1],
    "padding": "valid",
    "groups": 1,
}  # of a separable convolution's 1x1 half


class Weights(NamedTuple):
    """An array of an operation: its names, and how to get it from a model.

    Attributes
    ----------
    name : str
        In the operation: "kernel".
    weight : str
        In the layer: "pointwise_kernel".
    get : callable
        Model -> array.
    """

    name: str
    weight: str
    get: Callable[[Model], Array]


class Listed:
    """The operations so far.

    Attributes
    ----------
    nodes : list of dict
        See `describe`.
    getters : list of callable
        Model -> array, one an array of the operations.
    """

    def __init__(self, learning: Iterable[str]) -> None:
        self.nodes: list[Node] = []
        self.getters: list[Callable[[Model], Array]] = []
        self._learning = set(learning)

    def add(
        self,
        at: Place,
        kind: str,
        inputs: list[int],
        settings: dict[str, Any],
        arrays: Sequence[Weights] = (),
        part: str | None = None,
        shape: Sequence[int | None] | None = None,
    ) -> int:
        """Add an operation.

        Parameters
        ----------
        at : Place
            The layer's call that it is, or is a part of.
        kind : str
            Its name in web/layers.js.
        inputs : list of int
            The operations that it reads.
        settings : dict
        arrays : list of Weights
        part : str, optional
            What of the layer it is, see terms/inside.py; by default its output.
        shape : tuple, optional
            Of its output, without the batch; by default the layer's. Rows and columns alone get an axis of one channel.

        Returns
        -------
        index : int
            Its own position.

        Raises
        ------
        ValueError
            A size is open.
        """
        name, shape = inside.named(at.key, part), at.shape[1:] if shape is None else shape
        if None in shape:
            raise ValueError(
                f"The page needs known sizes; give Input its height and width. Received: {name!r} of "
                f"shape {tuple(shape)}."
            )
        weights = {array.name: f"{layer_path(at.key)}/{array.weight}" for array in arrays}
        shape = (*shape, 1) if len(shape) == 2 else shape
        self.nodes.append(
            {
                "name": name,
                "kind": kind,
                "inputs": inputs,
                "shape": [int(side) for side in shape if side is not None],
                "settings": settings,
                "engine": at.key if part is None else None,
                "of": at.key,
                "arrays": list(weights),
                "weights": list(weights.values()),
                "learns": [name for name, weight in weights.items() if weight in self._learning],
            }
        )
        self.getters += [array.get for array in arrays]
        return len(self.nodes) - 1


def describe(model: Model) -> tuple[list[Node], Callable[[Model], list[Array]]]:
    """Describe a model to the page.

    Parameters
    ----------
    model : Model

    Returns
    -------
    nodes : list of dict
        In running order: name, kind, inputs (positions in this list), shape, settings, engine (the key that
        `Model.forward(record=)` uses for this output, None inside a layer), of (the layer's key), arrays (their
        names), weights (what the model calls each: "conv2d/kernel"), learns (the names of those that do).
    arrays : callable
        Model -> the float32 arrays of all nodes, in the same order, for any copy of this model.

    Raises
    ------
    ValueError
        A layer that the page does not know, or a size that is open.

    Examples
    --------
    >>> from minicnn import Conv2D, Input, Sequential
    >>> model = Sequential([Input((5, 5, 1)), Conv2D(2, 3, activation="relu")])
    >>> nodes, arrays = describe(model)
    >>> [(node["name"], node["kind"], node["inputs"]) for node in nodes[1:]]
    [('conv2d (before relu)', 'Conv2D', [0]), ('conv2d', 'Activation', [1])]
    >>> [array.shape for array in arrays(model)]
    [(3, 3, 1, 2), (2,)]
    """
    made, at = Listed(model.params), {}
    places = unfold(model)
    for key, place in places.items():
        operation = OPERATIONS.get(place.kind)
        if operation is None:
            raise ValueError(f"The page does not know layers of class {place.kind}. Received: {key!r}.")
        _check_axes(places, place)
        at[key] = operation(made, place, [at[source] for source in place.sources])
    return made.nodes, lambda other: [np.asarray(get(other), np.float32) for get in made.getters]


# ---- a layer's operations: OPERATIONS[kind](made, place, inputs) -> the position of its output -----------------------


def _convolution(made: Listed, at: Call, inputs: list[int]):
    settings = {**_window(made, at, inputs), "groups": getattr(at.layer, "groups", 1)}
    return _weighted(made, at, at.kind, inputs, settings, "kernel")


def _separable(made: Listed, at: Call, inputs: list[int]):
    maps = at.layer.params["pointwise_kernel"].shape[2]
    arrays = [_array(at, "depthwise_kernel", "kernel")]
    shape = (*at.shape[1:3], maps)
    settings = _window(made, at, inputs)
    half = made.add(at, "DepthwiseConv2D", inputs, settings, arrays, inside.DEPTHWISE, shape)
    return _weighted(made, at, "Conv2D", [half], POINTWISE, "pointwise_kernel")


def _dense(made: Listed, at: Call, inputs: list[int]):
    if len(at.shape) != 2:
        raise ValueError(
            f"The page shows Dense on a row of numbers only; put a Flatten before it. "
            f"Received: {at.key!r} of shape {at.shape[1:]}."
        )
    return _weighted(made, at, "Dense", inputs, {}, "kernel")


def _weighted(
    made: Listed, at: Call, kind: str, inputs: list[int], settings: dict[str, Any], kernel: str, name: str = "kernel"
):
    """Add an operation with a kernel, and its activation after it as one of its own."""
    arrays = [_array(at, kernel, name), *([_array(at, "bias")] if at.layer.use_bias else [])]
    part = inside.before(at.layer)
    sums = made.add(at, kind, inputs, settings, arrays, part)
    return sums if part is None else made.add(at, "Activation", [sums], {"function": activation_of(at.layer)})


def _pooling(made: Listed, at: Call, inputs: list[int]):
    return made.add(at, at.kind, inputs, _window(made, at, inputs))


def _batch_normalization(made: Listed, at: Call, inputs: list[int]):
    _need_last_axis(at, f"The page shows BatchNormalization along the last axis only. Received: {at.key!r}.")
    arrays = [*(_array(at, name) for name in at.layer.params), *(_array(at, name) for name in at.layer.state)]
    return made.add(at, at.kind, inputs, {"epsilon": at.layer.epsilon}, arrays)


def _normalization(made: Listed, at: Call, inputs: list[int]):
    """Add y = x * factor + shift, both stretched over the example."""

    def constants(model: Model):
        return _layer(model, at).constants((1, *at.shape[1:]))

    def factor(model: Model):
        return 1 / constants(model)[1]

    def shift(model: Model):
        mean, deviation = constants(model)
        return -mean / deviation

    return made.add(at, at.kind, inputs, {}, [Weights("factor", "factor", factor), Weights("shift", "shift", shift)])


def _rescaling(made: Listed, at: Call, inputs: list[int]):
    scale, offset = zip(*map(at.layer.constants, range(at.shape[-1])), strict=True)
    return made.add(at, at.kind, inputs, {"scale": scale, "offset": offset})


def _activation(made: Listed, at: Call, inputs: list[int]):
    if at.kind == "Softmax":
        _need_last_axis(at, f"The page shows Softmax along the last axis only. Received: {at.key!r}, "
                        f"axis={at.layer.axis}.")  # fmt: skip
    return made.add(at, "Activation", inputs, {"function": activation_of(at.layer) or "linear"})


def _relu(made: Listed, at: Call, inputs: list[int]):
    bend = bend_of(at.layer)
    if activation_of(at.layer) or bend is None:
        return _activation(made, at, inputs)
    return made.add(at, "ReLU", inputs, bend._asdict())


def _concatenate(made: Listed, at: Call, inputs: list[int]):
    _need_last_axis(at, f"The page shows Concatenate along the last axis only. Received: {at.key!r}.")
    return made.add(at, at.kind, inputs, {})


def _weighed(made: Listed, at: Call, inputs: list[int]):
    count = len(inputs)
    factors = {"Average": [1 / count] * count, "Subtract": [1, -1]}.get(at.kind, [1] * count)
    return made.add(at, at.kind, inputs, {"factors": factors})


def _prelu(made: Listed, at: Call, inputs: list[int]):
    arrays = [_array(at, "alpha")]
    return made.add(at, at.kind, inputs, {"slopes": at.layer.params["alpha"].shape}, arrays)


def _resampled(made: Listed, at: Call, inputs: list[int]):
    height, width = made.nodes[inputs[0]]["shape"][:2]
    rows, columns = pixel_weights(at.layer, (height, width))
    kind = "Resizing" if at.kind == "CenterCrop" else at.kind
    return made.add(at, kind, inputs, {"rows": rows, "columns": columns})


def _transposed(made: Listed, at: Call, inputs: list[int]):
    layer = at.layer
    pads = layer.pads(at.shape[1:3])
    settings = {"taps": layer.kernel_size, "strides": layer.strides, "pads": pads, "dilation": layer.dilation_rate}
    return _weighted(made, at, at.kind, inputs, settings, "kernel", "weights")


def _normalized_by_example(made: Listed, at: Call, inputs: list[int]):
    layer, rank = at.layer, len(at.shape)
    if at.kind == "LayerNormalization":
        how = {"axes": sorted({axis % rank - 1 for axis in layer.axis})}
    else:
        how = {"groups": layer.cut(at.shape[-1])}
    arrays = [_array(at, name) for name in layer.params]
    return made.add(at, at.kind, inputs, {"epsilon": layer.epsilon, **how}, arrays)


def _identity(made: Listed, at: Call, inputs: list[int]):
    return made.add(at, "Identity" if at.sources else "Input", inputs, {})


def _dropout(made: Listed, at: Call, inputs: list[int]):
    return made.add(at, "Dropout", inputs, {})


def _plain(*settings: str):
    """Add the layer as it is, with the settings of these names."""

    def operation(made: Listed, at: Call, inputs: list[int]):
        return made.add(at, at.kind, inputs, {name: getattr(at.layer, name) for name in settings})

    return operation


OPERATIONS: dict[str, Callable[[Listed, Any, list[int]], int]] = {
    **dict.fromkeys(AUGMENTATIONS, _identity),
    "Activation": _activation,
    "Add": _weighed,
    "Average": _weighed,
    "AveragePooling2D": _pooling,
    "BatchNormalization": _batch_normalization,
    "CenterCrop": _resampled,
    "Concatenate": _concatenate,
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed,
    "Cropping2D": _plain("cropping"),
    "Dense": _dense,
    "DepthwiseConv2D": _convolution,
    "Dropout": _dropout,
    "ELU": _plain("alpha"),
    "Flatten": _plain(),
    "GaussianNoise": _identity,
    "GlobalAveragePooling2D": _plain(),
    "GlobalMaxPooling2D": _plain(),
    "GroupNormalization": _normalized_by_example,
    "InputLayer": _identity,
    "LayerNormalization": _normalized_by_example,
    "LeakyReLU": _plain("negative_slope"),
    "MaxPooling2D": _pooling,
    "Maximum": _plain(),
    "Minimum": _plain(),
    "Multiply": _plain(),
    "Normalization": _normalization,
    "PReLU": _prelu,
    "Permute": _plain("dims"),
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": _plain(),
    "Resizing": _resampled,
    "SeparableConv2D": _separable,
    "Sigmoid": _activation,
    "Softmax": _activation,
    "SpatialDropout2D": _dropout,
    "Subtract": _weighed,
    "UpSampling2D": _resampled,
    "ZeroPadding2D": _plain("padding"),
}


# What gives (H, W) the same numbers as (H, W, 1). A Rescaling does with one factor, a Softmax does not.
BY_NUMBER = frozenset(
    "Activation Add Average Dropout ELU Flatten GaussianNoise LeakyReLU Maximum Minimum Multiply ReLU Rescaling "
    "Reshape Sigmoid Subtract".split()
)


def _check_axes(places: dict[str, Call], at: Call):
    """Refuse what takes the columns of (H, W) for channels."""
    if not any(len(places[source].shape) == 3 for source in at.sources):
        return
    several = at.kind == "Rescaling" and at.layer.several or activation_of(at.layer) == "softmax"
    if at.kind not in BY_NUMBER or several:
        raise ValueError(
            f"The page shows {at.kind} of pictures with an axis of channels only; put a Reshape before it. "
            f"Received: {at.key!r} of shape {at.shape[1:]}."
        )


def _need_last_axis(at: Call, sentence: str):
    if at.layer.axis not in (-1, len(at.shape) - 1):
        raise ValueError(sentence)


def _window(made: Listed, at: Call, inputs: list[int]):
    layer = at.layer
    return {
        "size": layer.taps,
        "strides": layer.strides,
        "pads": layer.pads(made.nodes[inputs[0]]["shape"][:2]),
        "dilation": layer.dilation_rate,
        "padding": layer.padding,
    }


def _array(at: Call, weight: str, name: str | None = None):
    """List an array of a layer, under a name of its own in the operation if need be."""

    def get(model: Model):
        layer = _layer(model, at)
        return layer.params[weight] if weight in layer.params else layer.state[weight]

    return Weights(name or weight, weight, get)


def _layer(model: Model, at: Call):
    return model.get_layer(layer_path(at.key))
