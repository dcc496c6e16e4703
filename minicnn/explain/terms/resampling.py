"""Layers that bring images onto another grid: UpSampling2D, Resizing, and the transposed convolution."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import reference
from ...layers import CenterCrop, Conv2DTranspose, Resizing, UpSampling2D
from ...types import Array, Pair
from .table import GradientAt, Index, Inputs, Parts, Term, place, term_sent

Resampling = CenterCrop | Resizing | UpSampling2D

# ---- UpSampling2D and Resizing: weighted sums of pixels --------------------------------------------------------------


def _grid(layer: Resampling, picture: Pair):
    """Return (taps of the rows, taps of the columns, (first row, first column)) for images of (H, W) pixels."""
    (top, _), (left, _) = ((0, 0), (0, 0))
    if isinstance(layer, (Resizing, CenterCrop)):
        ((top, _), (left, _)), picture = layer.cut(picture)
        wanted = layer.height, layer.width
    else:
        wanted = tuple(old * factor for old, factor in zip(picture, layer.size, strict=True))
    rows, columns = (
        reference.resize_taps(old, new, layer.interpolation) for old, new in zip(picture, wanted, strict=True)
    )
    return rows, columns, (top, left)


def _axis(taps: reference.Taps, first: int, i: int):
    """List (old pixel, weight) of one new row or column, without those of weight 0; each pixel stands there once."""
    weights: dict[int, float] = {}
    for at, weight in zip(taps.places[i], taps.weights[i], strict=True):
        weights[int(at) + first] = weights.get(int(at) + first, 0.0) + float(weight)
    return [(at, weight) for at, weight in weights.items() if weight]


def pixel_weights(layer: Resampling, picture: Pair) -> tuple[Any, Any]:
    """List what every row, and every column, of an UpSampling2D's or a Resizing's output reads.

    Parameters
    ----------
    layer : UpSampling2D or Resizing
    picture : (H, W)
        The input's size, pixels.

    Returns
    -------
    rows, columns : list of list of (int, float)
        For every new one the old ones, and their weights.

    Examples
    --------
    >>> from minicnn import UpSampling2D
    >>> pixel_weights(UpSampling2D((2, 1)), (1, 2))
    ([[(0, 1.0)], [(0, 1.0)]], [[(0, 1.0)], [(1, 1.0)]])
    """
    rows, columns, (top, left) = _grid(layer, picture)
    return (
        [_axis(rows, top, i) for i in range(len(rows.places))],
        [_axis(columns, left, j) for j in range(len(columns.places))],
    )


def _resampled(layer: Resampling, xs: Inputs, index: Index):
    n, i, j, c = index
    rows, columns, (top, left) = _grid(layer, xs[0].shape[1:3])
    terms = [
        Term(place((n, h, w, c)), (float(xs[0][n, h, w, c]), row * column))
        for h, row in _axis(rows, top, i)
        for w, column in _axis(columns, left, j)
    ]
    return Parts(f"y = {layer.interpolation}: pixels by their weights", ("x", "weight"), terms, [])


def _resampled_back(layer: Resampling, xs: Inputs, k: int, dz: GradientAt, index: Index):
    n, h, w, c = index
    rows, columns, (top, left) = _grid(layer, xs[0].shape[1:3])
    down, across = (
        [(i, dict(_axis(taps, first, i))[at]) for i in range(len(taps.places)) if at in dict(_axis(taps, first, i))]
        for taps, first, at in ((rows, top, h), (columns, left, w))
    )
    return [term_sent(dz, (n, i, j, c), row * column) for i, row in down for j, column in across]


# ---- Conv2DTranspose -------------------------------------------------------------------------------------------------


def transposed(layer: Any, xs: Inputs, index: Index) -> list[Term]:
    """List the products of a transposed convolution that are written into one output.

    Parameters
    ----------
    layer : Conv2DTranspose
    xs : list of array
        Its input.
    index : (example, row, column, filter)
        Of the output.

    Returns
    -------
    terms : list of Term
    """
    (n, i, j, f), kernel, x = index, layer.params["kernel"], xs[0]
    (rows, columns), channels = _stops(layer, x.shape[1:3]), range(x.shape[3])
    return [
        Term(place((n, h, w, c)), (float(x[n, h, w, c]), float(kernel[a, b, f, c])))
        for c in channels
        for a, h in rows(i)
        for b, w in columns(j)
    ]


def _stops(layer: Conv2DTranspose, picture: Pair):
    """Return a function for each axis: output -> [(tap, pixel of the input that writes there with it)]."""
    pads = layer.pads(layer.output_sizes(picture))

    def along(axis: int):
        size, stride, step, before = picture[axis], layer.strides[axis], layer.dilation_rate[axis], pads[axis][0]

        def writers(i: int):
            taps = ((a, i + before - a * step) for a in range(layer.kernel_size[axis]))
            return [(a, at // stride) for a, at in taps if at % stride == 0 and 0 <= at // stride < size]

        return writers

    return along(0), along(1)


def _written(layer: Conv2DTranspose, x: Array, outputs: Sequence[int], h: int, w: int):
    """List (a, b, i, j): with which tap a pixel is written into which output."""
    pads = layer.pads(tuple(outputs))
    (sh, sw), (dh, dw), (kh, kw) = layer.strides, layer.dilation_rate, layer.kernel_size
    places = ((a, b, h * sh + a * dh - pads[0][0], w * sw + b * dw - pads[1][0]) for a, b in np.ndindex(kh, kw))
    return [(a, b, i, j) for a, b, i, j in places if 0 <= i < outputs[0] and 0 <= j < outputs[1]]


def _transposed_back(layer: Conv2DTranspose, xs: Inputs, k: int, dz: GradientAt, index: Index):
    (n, h, w, c), kernel = index, layer.params["kernel"]
    outputs = layer.output_sizes(xs[0].shape[1:3])
    return [
        term_sent(dz, (n, i, j, f), kernel[a, b, f, c])
        for a, b, i, j in _written(layer, xs[0], outputs, h, w)
        for f in range(layer.filters)
    ]


def _transposed_kernel(layer: Conv2DTranspose, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    (a, b, f, c), x = index, xs[0]
    return [
        term_sent(dz, (n, i, j, f), x[n, h, w, c])
        for n, h, w in np.ndindex(*x.shape[:3])
        for tap_a, tap_b, i, j in _written(layer, x, outputs[1:3], h, w)
        if (tap_a, tap_b) == (a, b)
    ]


FORWARD: dict[str, Callable[..., Parts]] = dict.fromkeys(("CenterCrop", "Resizing", "UpSampling2D"), _resampled)
TO_INPUT: dict[str, Callable[..., list[Term]]] = {
    "CenterCrop": _resampled_back,
    "Conv2DTranspose": _transposed_back,
    "Resizing": _resampled_back,
    "UpSampling2D": _resampled_back,
}
TO_WEIGHT: dict[tuple[str, str], Callable[..., list[Term]]] = {("Conv2DTranspose", "kernel"): _transposed_kernel}
