"""Which terms add up to one output of each kind of layer. One small function a layer, listed in `FORWARD`.

Each takes (layer, xs, index): the layer, the arrays that the engine fed it, and which output is meant; it returns
`Parts`. To teach `trace` a layer, write its function and list it. Layers with a kernel, a bias and an activation list
their products alone (`PRODUCTS`); the rest is the same for all of them.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ...layers import (
    AUGMENTATIONS,
    ELU,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    Normalization,
    Permute,
    ReLU,
    Rescaling,
    SeparableConv2D,
    Windowed,
    ZeroPadding2D,
)
from ...types import Array
from . import joining, normalizing, resampling
from .activations import FORMULAS, activate, activation_of
from .bends import Bend, bend_of
from .table import Index, Inputs, Parts, Term, add_up, place
from .windows import Depthwise, Windows

Rule = Callable[..., Parts]  # of (layer, xs, index)
Weighted = Conv2D | Conv2DTranspose | Dense | DepthwiseConv2D | SeparableConv2D


# ---- layers with a kernel -------------------------------------------------------------------------------------------


def _conv2d(layer: Conv2D, xs: Inputs, index: Index):
    kernel, f = layer.params["kernel"], index[3]
    channels = kernel.shape[2]
    first = f // (layer.filters // layer.groups) * channels
    return [
        Term(where, (x, float(kernel[a, b, c - first, f])), note)
        for where, x, a, b, c, note in _patch(layer, xs[0], index, range(first, first + channels))
    ]


def _depthwise_conv2d(layer: Depthwise, xs: Inputs, index: Index):
    kernel = layer.params["depthwise_kernel" if "depthwise_kernel" in layer.params else "kernel"]
    channel, m = divmod(index[3], kernel.shape[3])
    return [
        Term(where, (x, float(kernel[a, b, channel, m])), note)
        for where, x, a, b, _, note in _patch(layer, xs[0], index, [channel])
    ]


def _separable_conv2d(layer: SeparableConv2D, xs: Inputs, index: Index):
    pointwise = layer.params["pointwise_kernel"][0, 0, :, index[3]]
    inside = [(*index[:3], c) for c in range(len(pointwise))]
    return [
        Term(f"depthwise {place(at)}", (_total(_depthwise_conv2d(layer, xs, at)), float(weight)))
        for at, weight in zip(inside, pointwise, strict=True)
    ]


def _dense(layer: Layer, xs: Inputs, index: Index):
    row, kernel = xs[0][index[:-1]], layer.params["kernel"][:, index[-1]]
    return [Term(f"[{d}]", (float(x), float(w))) for d, (x, w) in enumerate(zip(row, kernel, strict=True))]


PRODUCTS: dict[str, tuple[Callable[..., list[Term]], str]] = {  # the terms of (layer, xs, index), their equation
    "Conv2D": (_conv2d, "sum of x * kernel over the window and its channels"),
    "DepthwiseConv2D": (_depthwise_conv2d, "sum of x * kernel over the window of one channel"),
    "SeparableConv2D": (_separable_conv2d, "sum of depthwise output * pointwise kernel"),
    "Dense": (_dense, "sum of x * kernel over all inputs"),
    "Conv2DTranspose": (resampling.transposed, "sum of x * kernel over the pixels that write here"),
}


def _weighted(layer: Weighted, xs: Inputs, index: Index):
    """Write a sum of products, its bias and its activation."""
    return _sums(layer, xs, index, activation_of(layer))


def before_activation(layer: Any, xs: Inputs, index: Index) -> Parts:
    """Write what a layer's own activation gets: the sum and its bias.

    Parameters
    ----------
    layer : Layer
        One of `PRODUCTS`.
    xs : list of array
        Its inputs.
    index : tuple of int
        Of the output.

    Returns
    -------
    parts : Parts
    """
    return _sums(layer, xs, index, None)


def depthwise_half(layer: Any, xs: Inputs, index: Index) -> Parts:
    """Write the first half of a separable convolution: one channel's window.

    Parameters
    ----------
    layer : SeparableConv2D
    xs : list of array
        Its input.
    index : (example, row, column, channel)
        Of the map between the halves.

    Returns
    -------
    parts : Parts
    """
    return Parts(f"z = {PRODUCTS['DepthwiseConv2D'][1]}", ("x", "kernel"), _depthwise_conv2d(layer, xs, index), [])


def _sums(layer: Weighted, xs: Inputs, index: Index, name: str | None):
    products, formula = PRODUCTS[type(layer).__name__]
    terms, steps = products(layer, xs, index), []
    z = _total(terms)
    if layer.use_bias:
        bias = float(layer.params["bias"][index[-1]])
        z += bias
        steps.append((f"+ bias {bias:.6g}", z))
    if name == "softmax":
        row = _logits(layer, xs, index)
        steps.append(
            (f"softmax: exp(z - max z) / sum of {len(row)} exponentials", float(activate(name, row)[index[-1]]))
        )
    elif name:
        steps.append((f"{name}: {FORMULAS[name]}", float(activate(name, [z])[0])))
    return Parts(
        f"z = {formula}{' + bias' if layer.use_bias else ''}" + (f";  y = {FORMULAS[name]}" if name else ""),
        ("x", "kernel"),
        terms,
        steps,
    )


def _logits(layer: Weighted, xs: Inputs, index: Index):
    """Compute in float64 what a layer with a kernel gives along its last axis before its activation."""
    products, _ = PRODUCTS[type(layer).__name__]
    count = layer.compute_output_shape(xs[0].shape)[-1] or 0  # known, since xs[0] is
    bias = layer.params["bias"] if layer.use_bias else np.zeros(count)
    return np.array([_total(products(layer, xs, (*index[:-1], k))) + float(bias[k]) for k in range(count)])


def _patch(layer: Windowed, x: Array, index: Index, channels: Iterable[int]):
    """List (where, value, a, b, channel, note) of a window, channel by channel; zeros of the padding are marked."""
    n, i, j, _ = index
    taps = list(Windows.of(layer, x.shape[1:3]).taps(i, j))
    return [
        (place((n, h, w, c)), float(x[n, h, w, c]) if inside else 0.0, a, b, c, "" if inside else "padding")
        for c in channels
        for a, b, h, w, inside in taps
    ]


# ---- layers without ------------------------------------------------------------------------------------------------


def _max_pooling2d(layer: MaxPooling2D, xs: Inputs, index: Index):
    n, i, j, c = index
    windows = Windows.of(layer, xs[0].shape[1:3])
    first, tied = windows.winner(xs[0][n], i, j, c)
    terms = []
    for _, _, h, w, inside in windows.taps(i, j):
        note = "winner" if (h, w) == first else "as large: the first one wins" if (h, w) in tied else ""
        value = float(xs[0][n, h, w, c]) if inside else 0.0
        share = float((h, w) == first)
        terms.append(Term(place((n, h, w, c)), (value, share), note if inside else "padding: never wins"))
    return Parts("y = the largest x of the window", ("x", "share"), terms, [])


def _average_pooling2d(layer: AveragePooling2D, xs: Inputs, index: Index):
    n, i, j, c = index
    windows = Windows.of(layer, xs[0].shape[1:3])
    inside = [(h, w) for _, _, h, w, lies in windows.taps(i, j) if lies]
    terms = [Term(place((n, h, w, c)), (float(xs[0][n, h, w, c]), 1 / len(inside))) for h, w in inside]
    return Parts("y = the mean of the window's pixels that lie in the picture", ("x", "share"), terms, [])


def _global_average_pooling2d(layer: Layer, xs: Inputs, index: Index):
    n, c = index[0], index[-1]
    _, height, width, _ = xs[0].shape
    terms = [
        Term(place((n, h, w, c)), (float(xs[0][n, h, w, c]), 1 / (height * width)))
        for h, w in np.ndindex(height, width)
    ]
    return Parts("y = the mean of the channel", ("x", "share"), terms, [])


def _global_max_pooling2d(layer: Layer, xs: Inputs, index: Index):
    n, c = index[0], index[-1]
    channel = xs[0][n, :, :, c]
    first = tuple(map(int, np.unravel_index(np.argmax(channel), channel.shape)))
    terms = [
        Term(
            place((n, *at, c)),
            (float(channel[at]), float(at == first)),
            "winner" if at == first else "as large" if channel[at] == channel[first] else "",
        )
        for at in np.ndindex(*channel.shape)
    ]
    return Parts("y = the largest x of the channel", ("x", "share"), terms, [])


def _activation(layer: Layer, xs: Inputs, index: Index):
    name, x = activation_of(layer), float(xs[0][index])
    if name == "softmax":
        return _softmax(layer, xs, index)
    steps = [(f"{name}: {FORMULAS[name]}", float(activate(name, [x])[0]))] if name else []
    formula = FORMULAS[name].replace("z", "x") if name else "x"
    return Parts(f"y = {formula}", ("x",), [Term(place(index), (x,))], steps)


def _relu(layer: ReLU, xs: Inputs, index: Index):
    if activation_of(layer):
        return _activation(layer, xs, index)
    bend, x = bend_of(layer) or Bend(), float(xs[0][index])
    slope, shift = bend.line(x)
    steps = [(f"{shift:+.6g}", slope * x + shift)] if shift else []
    return Parts(f"y = {bend}", ("x", "slope"), [Term(place(index), (x, slope))], steps)


def _softmax(layer: Layer, xs: Inputs, index: Index):
    axis = getattr(layer, "axis", -1) % len(index)
    row = xs[0][(*index[:axis], slice(None), *index[axis + 1 :])].astype(np.float64)
    shifted = np.exp(row - row.max())
    terms = [
        Term(f"[{k}]  x = {row[k]:.6g}", (float(value),), "this one" if k == index[axis] else "")
        for k, value in enumerate(shifted)
    ]
    own = float(shifted[index[axis]])
    return Parts(
        f"y = exp(x - max x) / sum of exp(x - max x),  max x = {row.max():.6g}",
        ("exp(x - max x)",),
        terms,
        [(f"{own:.6g} / that sum", own / _total(terms))],
    )


def _leaky_relu(layer: LeakyReLU, xs: Inputs, index: Index):
    x, slope = float(xs[0][index]), layer.negative_slope
    return Parts(
        f"y = x where x > 0, else {slope:g} x", ("x", "slope"), [Term(place(index), (x, 1.0 if x > 0 else slope))], []
    )


def _prelu(layer: Layer, xs: Inputs, index: Index):
    x, slope = float(xs[0][index]), float(np.broadcast_to(layer.params["alpha"], xs[0].shape[1:])[index[1:]])
    terms = [Term(place(index), (x, 1.0 if x > 0 else slope))]
    return Parts("y = x where x > 0, else alpha * x", ("x", "slope"), terms, [])


def _elu(layer: ELU, xs: Inputs, index: Index):
    x, alpha = float(xs[0][index]), layer.alpha
    return Parts(
        f"y = x where x > 0, else {alpha:g} (exp(x) - 1)",
        ("x",),
        [Term(place(index), (x,))],
        [("elu", x if x > 0 else alpha * math.expm1(x))],
    )


def _flatten(layer: Layer, xs: Inputs, index: Index):
    origin = (index[0], *map(int, np.unravel_index(index[1], xs[0].shape[1:])))
    formula = "y[(i * W + j) * C + c] = x[i, j, c]" if xs[0].ndim == 4 else "the same numbers in one row"
    return Parts(formula, ("x",), [Term(place(origin), (float(xs[0][origin]),))], [])


def _reshape(layer: Layer, xs: Inputs, index: Index):
    shape = layer.compute_output_shape(xs[0].shape)
    flat = np.ravel_multi_index(index[1:], shape[1:])
    origin = (index[0], *map(int, np.unravel_index(flat, xs[0].shape[1:])))
    return Parts("the same numbers in another shape", ("x",), [Term(place(origin), (float(xs[0][origin]),))], [])


def _permute(layer: Permute, xs: Inputs, index: Index):
    origin = (index[0], *(index[layer.dims.index(axis) + 1] for axis in range(1, len(index))))
    return Parts("x with its axes in another order", ("x",), [Term(place(origin), (float(xs[0][origin]),))], [])


def _rescaling(layer: Rescaling, xs: Inputs, index: Index):
    scale, offset = layer.constants(index[-1])
    term = Term(place(index), (float(xs[0][index]), scale))
    return Parts("y = x * scale + offset", ("x", "scale"), [term], [(f"+ offset {offset:.6g}", term.value + offset)])


def _normalization(layer: Normalization, xs: Inputs, index: Index):
    mean, deviation = (float(item[index]) for item in layer.constants(xs[0].shape))
    terms = [Term(place(index), (float(xs[0][index]), 1 / deviation)), Term("mean", (-mean, 1 / deviation))]
    return Parts("y = (x - mean) / deviation", ("x", "1 / deviation"), terms, [])


def _batch_normalization(layer: BatchNormalization, xs: Inputs, index: Index):
    c = index[layer.axis]
    mean, variance = (float(layer.state[key][c]) for key in ("moving_mean", "moving_variance"))
    gamma, beta = (
        float(layer.params[key][c]) if key in layer.params else default
        for key, default in (("gamma", 1.0), ("beta", 0.0))
    )
    factor = gamma / math.sqrt(variance + layer.epsilon)
    terms = [Term(place(index), (float(xs[0][index]), factor)), Term("moving mean", (-mean, factor))]
    return Parts(
        "y = (x - mean) * gamma / sqrt(variance + epsilon) + beta",
        ("x", "factor"),
        terms,
        [(f"+ beta {beta:.6g}", _total(terms) + beta)],
    )


def _zero_padding2d(layer: ZeroPadding2D, xs: Inputs, index: Index):
    (top, _), (left, _) = layer.padding
    n, h, w, c = index[0], index[1] - top, index[2] - left, index[3]
    inside = 0 <= h < xs[0].shape[1] and 0 <= w < xs[0].shape[2]
    value = float(xs[0][n, h, w, c]) if inside else 0.0
    term = Term(place((n, h, w, c)), (value,), "" if inside else "padding")
    return Parts("x with zeros around it", ("x",), [term], [])


def _cropping2d(layer: Cropping2D, xs: Inputs, index: Index):
    (top, _), (left, _) = layer.cropping
    origin = (index[0], index[1] + top, index[2] + left, index[3])
    return Parts("x without its frame", ("x",), [Term(place(origin), (float(xs[0][origin]),))], [])


def _same(formula: str) -> Rule:
    """Make the rule of a layer that hands a number on as it is."""
    return lambda layer, xs, index: Parts(formula, ("x",), [Term(place(index), (float(xs[0][index]),))], [])


def _total(terms: list[Term]):
    return add_up(term.value for term in terms)


FORWARD: dict[str, Rule] = {
    **dict.fromkeys(PRODUCTS, _weighted),
    **joining.FORWARD,
    **normalizing.FORWARD,
    **resampling.FORWARD,
    **dict.fromkeys(AUGMENTATIONS, _same("y = x: nothing is drawn at random when predicting")),
    "Activation": _activation,
    "AveragePooling2D": _average_pooling2d,
    "BatchNormalization": _batch_normalization,
    "Cropping2D": _cropping2d,
    "Dropout": _same("y = x: dropout changes nothing when predicting"),
    "ELU": _elu,
    "Flatten": _flatten,
    "GaussianNoise": _same("y = x: no noise is added when predicting"),
    "GlobalAveragePooling2D": _global_average_pooling2d,
    "GlobalMaxPooling2D": _global_max_pooling2d,
    "InputLayer": _same("y = x: what the outer model hands in"),
    "LeakyReLU": _leaky_relu,
    "MaxPooling2D": _max_pooling2d,
    "Normalization": _normalization,
    "PReLU": _prelu,
    "Permute": _permute,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "Sigmoid": _activation,
    "Softmax": _softmax,
    "SpatialDropout2D": _same("y = x: dropout changes nothing when predicting"),
    "ZeroPadding2D": _zero_padding2d,
}
