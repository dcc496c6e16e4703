"""What each kind of layer sends back: to one number of its input (`TO_INPUT`), to one of its weights (`TO_WEIGHT`).

Each function gets the layer, its inputs `xs`, `dz` and an index. dz(index of an output) is the loss's gradient
there, before the layer's own activation, and remarks ("ReLU closed"); dz.name says of what. It returns terms
dz * factor that add up to the gradient; a factor is what the number was multiplied by, on the way forward, for that
output.
"""

import math
from collections.abc import Callable

import numpy as np

from ...layers import (
    AUGMENTATIONS,
    ELU,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Cropping2D,
    Dense,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Layer,
    LeakyReLU,
    MaxPooling2D,
    Normalization,
    Permute,
    PReLU,
    Rescaling,
    SeparableConv2D,
    Windowed,
    ZeroPadding2D,
)
from ...types import Array
from . import joining, normalizing, resampling
from .activations import activate, activation_of, back
from .bends import bend_of, gate
from .table import GradientAt, Index, Inputs, Term, add_up, place, term_sent
from .windows import Depthwise, Windows

Rule = Callable[..., list[Term]]


def _windows(layer: Windowed, x: Array):
    return Windows.of(layer, x.shape[1:3])


# ---- to an input: TO_INPUT[kind](layer, xs, k, dz, index) -> terms for xs[k][index] ----------------------------------


def _conv2d(layer: Conv2D, xs: Inputs, k: int, dz: GradientAt, index: Index):
    n, h, w, c = index
    kernel = layer.params["kernel"]
    group, inside = divmod(c, kernel.shape[2])
    filters = layer.filters // layer.groups
    return [
        term_sent(dz, (n, i, j, f), kernel[a, b, inside, f])
        for i, j, a, b in _windows(layer, xs[0]).readers(h, w)
        for f in range(group * filters, (group + 1) * filters)
    ]


def _depthwise_conv2d(layer: Depthwise, xs: Inputs, k: int, dz: GradientAt, index: Index):
    n, h, w, c = index
    kernel = layer.params["depthwise_kernel" if "depthwise_kernel" in layer.params else "kernel"]
    many = kernel.shape[3]
    return [
        term_sent(dz, (n, i, j, c * many + m), kernel[a, b, c, m])
        for i, j, a, b in _windows(layer, xs[0]).readers(h, w)
        for m in range(many)
    ]


def pointwise_half(layer: Layer, dz: GradientAt, index: Index) -> list[Term]:
    """List what the maps of a separable convolution send back to its depthwise half.

    Parameters
    ----------
    layer : SeparableConv2D
    dz : callable
        The gradient at its outputs.
    index : (example, row, column, channel)
        Of the map between the halves.

    Returns
    -------
    terms : list of Term
    """
    weights = layer.params["pointwise_kernel"][0, 0, index[3]]
    return [term_sent(dz, (*index[:3], f), weight) for f, weight in enumerate(weights)]


def _dense(layer: Dense, xs: Inputs, k: int, dz: GradientAt, index: Index):
    row = layer.params["kernel"][index[-1]]
    return [term_sent(dz, (*index[:-1], unit), weight) for unit, weight in enumerate(row)]


def _max_pooling2d(layer: MaxPooling2D, xs: Inputs, k: int, dz: GradientAt, index: Index) -> list[Term]:
    n, h, w, c = index
    windows = _windows(layer, xs[0])
    terms: list[Term] = []
    for i, j, _, _ in windows.readers(h, w):
        first, tied = windows.winner(xs[0][n], i, j, c)
        won = first == (h, w)
        other = "tie: the first one takes it" if (h, w) in tied else f"won by {place((n, *first, c))}"
        terms.append(term_sent(dz, (n, i, j, c), float(won), "winner" if won else other))
    return terms


def _average_pooling2d(layer: AveragePooling2D, xs: Inputs, k: int, dz: GradientAt, index: Index):
    n, h, w, c = index
    windows = _windows(layer, xs[0])
    return [
        term_sent(dz, (n, i, j, c), 1 / sum(inside for *_, inside in windows.taps(i, j)))
        for i, j, _, _ in windows.readers(h, w)
    ]


def _pooled(layer: GlobalAveragePooling2D | GlobalMaxPooling2D, index: Index):
    return (index[0], 0, 0, index[3]) if layer.keepdims else (index[0], index[3])


def _global_average_pooling2d(layer: GlobalAveragePooling2D, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, _pooled(layer, index), 1 / math.prod(xs[0].shape[1:3]))]


def _global_max_pooling2d(layer: GlobalMaxPooling2D, xs: Inputs, k: int, dz: GradientAt, index: Index):
    channel = xs[0][index[0], :, :, index[3]]
    tied = channel == channel.max()
    won = bool(tied[index[1], index[2]])
    return [term_sent(dz, _pooled(layer, index), 1 / tied.sum() if won else 0.0, "winner" if won else "no winner")]


def through_activation(layer: Layer, xs: Inputs, k: int, dz: GradientAt, index: Index) -> list[Term]:
    """Send a gradient back through an activation: a layer, or the last thing that a layer does.

    Parameters
    ----------
    layer : Layer
    xs : list of array
        What the activation is applied to.
    k : int
        Which of `xs` is meant: 0.
    dz : callable
        The gradient at the outputs.
    index : tuple of int
        Of the input.

    Returns
    -------
    terms : list of Term
    """
    name, x = activation_of(layer), xs[0]
    if name == "softmax":
        return _softmax(layer, xs, k, dz, index)
    bend = bend_of(layer)
    slope = bend.line(float(x[index]))[0] if bend else float(back(name, [1.0], [x[index]])[0])
    return [term_sent(dz, index, slope, gate(layer, float(x[index])))]


def _softmax(layer: Layer, xs: Inputs, k: int, dz: GradientAt, index: Index):
    axis = getattr(layer, "axis", -1) % len(index)
    row = xs[0][(*index[:axis], slice(None), *index[axis + 1 :])].astype(np.float64)
    y, own = activate("softmax", row), index[axis]
    return [term_sent(dz, (*index[:axis], j, *index[axis + 1 :]), y[j] * ((j == own) - y[own])) for j in range(len(y))]


def _leaky_relu(layer: LeakyReLU, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, index, 1.0 if xs[0][index] > 0 else layer.negative_slope)]


def _prelu(layer: PReLU, xs: Inputs, k: int, dz: GradientAt, index: Index):
    x, slope = xs[0][index], float(np.broadcast_to(layer.params["alpha"], xs[0].shape[1:])[index[1:]])
    return [term_sent(dz, index, 1.0 if x > 0 else slope if x < 0 else 0.0)]


def _elu(layer: ELU, xs: Inputs, k: int, dz: GradientAt, index: Index):
    x = float(xs[0][index])
    return [term_sent(dz, index, 1.0 if x > 0 else layer.alpha * math.exp(x))]


def _permuted(layer: Permute, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, (index[0], *(index[axis] for axis in layer.dims)), 1.0)]


def _reshaped(layer: Layer, xs: Inputs, k: int, dz: GradientAt, index: Index):
    shape = layer.compute_output_shape(xs[0].shape)
    flat = np.ravel_multi_index(index[1:], xs[0].shape[1:])
    return [term_sent(dz, (index[0], *map(int, np.unravel_index(flat, shape[1:]))), 1.0)]


def _rescaling(layer: Rescaling, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, index, layer.constants(index[-1])[0])]


def _normalization(layer: Normalization, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, index, 1 / float(layer.constants(xs[0].shape)[1][index]))]


def _batch_normalization(layer: BatchNormalization, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, index, _normal_factor(layer, index[layer.axis]))]


def _zero_padding2d(layer: ZeroPadding2D, xs: Inputs, k: int, dz: GradientAt, index: Index):
    (top, _), (left, _) = layer.padding
    return [term_sent(dz, (index[0], index[1] + top, index[2] + left, index[3]), 1.0)]


def _cropping2d(layer: Cropping2D, xs: Inputs, k: int, dz: GradientAt, index: Index):
    (top, bottom), (left, right) = layer.cropping
    _, height, width, _ = xs[0].shape
    kept = top <= index[1] < height - bottom and left <= index[2] < width - right
    return [term_sent(dz, (index[0], index[1] - top, index[2] - left, index[3]), 1.0)] if kept else []


def _through(layer: Layer, xs: Inputs, k: int, dz: GradientAt, index: Index):
    return [term_sent(dz, index, 1.0)]


TO_INPUT: dict[str, Rule] = {
    **joining.TO_INPUT,
    **normalizing.TO_INPUT,
    **resampling.TO_INPUT,
    **dict.fromkeys(AUGMENTATIONS, _through),
    "Activation": through_activation,
    "AveragePooling2D": _average_pooling2d,
    "BatchNormalization": _batch_normalization,
    "Conv2D": _conv2d,
    "Cropping2D": _cropping2d,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise_conv2d,
    "Dropout": _through,
    "ELU": _elu,
    "Flatten": _reshaped,
    "GaussianNoise": _through,
    "GlobalAveragePooling2D": _global_average_pooling2d,
    "GlobalMaxPooling2D": _global_max_pooling2d,
    "InputLayer": _through,
    "LeakyReLU": _leaky_relu,
    "MaxPooling2D": _max_pooling2d,
    "Normalization": _normalization,
    "PReLU": _prelu,
    "Permute": _permuted,
    "ReLU": through_activation,
    "Rescaling": _rescaling,
    "Reshape": _reshaped,
    "SeparableConv2D": _depthwise_conv2d,
    "Sigmoid": through_activation,
    "Softmax": _softmax,
    "SpatialDropout2D": _through,
    "ZeroPadding2D": _zero_padding2d,
}


# ---- to a weight: TO_WEIGHT[kind, name](layer, xs, dz, outputs, index) -> terms; outputs is the shape of y -----------


def _conv2d_kernel(layer: Conv2D, xs: Inputs, dz: GradientAt, outputs: Index, index: Index) -> list[Term]:
    a, b, c, f = index
    channel = f // (layer.filters // layer.groups) * layer.params["kernel"].shape[2] + c
    return _stops(layer, xs[0], dz, outputs, a, b, channel, f)


def _depthwise_kernel(layer: Depthwise, xs: Inputs, dz: GradientAt, outputs: Index, index: Index) -> list[Term]:
    a, b, c, m = index
    return _stops(layer, xs[0], dz, outputs, a, b, c, c * layer.depth_multiplier + m)


def _stops(
    layer: Windowed, x: Array, dz: GradientAt, outputs: Index, a: int, b: int, channel: int, f: int
) -> list[Term]:
    """List every stop of the window: what this tap saw there, times the gradient of what came out."""
    windows = _windows(layer, x)
    terms: list[Term] = []
    top, left = windows.pads[0][0], windows.pads[1][0]
    for n, i, j in np.ndindex(*outputs[:3]):
        h = i * layer.strides[0] + a * layer.dilation_rate[0] - top
        w = j * layer.strides[1] + b * layer.dilation_rate[1] - left
        inside = 0 <= h < x.shape[1] and 0 <= w < x.shape[2]
        terms.append(term_sent(dz, (n, i, j, f), x[n, h, w, channel] if inside else 0.0, "" if inside else "padding"))
    return terms


def _separable_pointwise(layer: SeparableConv2D, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    _, _, at, f = index
    c, m = divmod(at, layer.depth_multiplier)
    windows, kernel = _windows(layer, xs[0]), layer.params["depthwise_kernel"]
    return [
        term_sent(
            dz,
            (n, i, j, f),
            add_up(
                float(xs[0][n, h, w, c]) * float(kernel[a, b, c, m])
                for a, b, h, w, inside in windows.taps(i, j)
                if inside
            ),
        )
        for n, i, j in np.ndindex(*outputs[:3])
    ]


def _dense_kernel(layer: Layer, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    d, unit = index
    return [term_sent(dz, (*row, unit), xs[0][(*row, d)]) for row in np.ndindex(*outputs[:-1])]


def _bias(layer: Layer, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    return [term_sent(dz, (*row, index[0]), 1.0) for row in np.ndindex(*outputs[:-1])]


def _slope(layer: Layer, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    sizes = zip(layer.params["alpha"].shape, outputs[1:], strict=True)
    shared = [outputs[0], *(full if size == 1 else 1 for size, full in sizes)]
    places = ((row[0], *map(sum, zip(row[1:], index, strict=True))) for row in np.ndindex(*shared))
    return [term_sent(dz, at, min(float(xs[0][at]), 0.0)) for at in places]


def _gamma(layer: BatchNormalization, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    c = index[0]
    mean, deviation = float(layer.state["moving_mean"][c]), _deviation(layer, c)
    return [term_sent(dz, at, (float(xs[0][at]) - mean) / deviation) for at in _along(layer, outputs, c)]


def _beta(layer: BatchNormalization, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    return [term_sent(dz, at, 1.0) for at in _along(layer, outputs, index[0])]


def _along(layer: BatchNormalization, outputs: Index, k: int):
    """Yield the places of an output at index k of the layer's axis."""
    axis = layer.axis % len(outputs)
    others = (1 if at == axis else size for at, size in enumerate(outputs))
    return ((*at[:axis], k, *at[axis + 1 :]) for at in np.ndindex(*others))


def _deviation(layer: BatchNormalization, c: int):
    return math.sqrt(float(layer.state["moving_variance"][c]) + layer.epsilon)


def _normal_factor(layer: BatchNormalization, c: int):
    return (float(layer.params["gamma"][c]) if "gamma" in layer.params else 1.0) / _deviation(layer, c)


TO_WEIGHT: dict[tuple[str, str], Rule] = {
    **normalizing.TO_WEIGHT,
    **resampling.TO_WEIGHT,
    ("BatchNormalization", "beta"): _beta,
    ("BatchNormalization", "gamma"): _gamma,
    ("Conv2D", "bias"): _bias,
    ("Conv2D", "kernel"): _conv2d_kernel,
    ("Conv2DTranspose", "bias"): _bias,
    ("Dense", "bias"): _bias,
    ("Dense", "kernel"): _dense_kernel,
    ("DepthwiseConv2D", "bias"): _bias,
    ("DepthwiseConv2D", "kernel"): _depthwise_kernel,
    ("PReLU", "alpha"): _slope,
    ("SeparableConv2D", "bias"): _bias,
    ("SeparableConv2D", "depthwise_kernel"): _depthwise_kernel,
    ("SeparableConv2D", "pointwise_kernel"): _separable_pointwise,
}
