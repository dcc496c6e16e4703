"""Layer and group normalization: mean and variance are the example's own, so every number of a group counts."""

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ...layers import GroupNormalization, LayerNormalization
from ...types import Array
from .table import GradientAt, Index, Inputs, Parts, Term, place, term_sent

Normalizing = GroupNormalization | LayerNormalization


class _Group(NamedTuple):
    """The numbers that are normalized together.

    Attributes
    ----------
    cuts : tuple of slice
        One an axis of the input.
    xhat : array
        The numbers, normalized, with as many axes as the input has.
    mean, deviation : float
    """

    cuts: tuple[slice, ...]
    xhat: Array
    mean: float
    deviation: float

    def own(self, index: Index):
        """Return the index, within the group, of a number of the input."""
        return tuple(at - (cut.start or 0) for at, cut in zip(index, self.cuts, strict=True))

    def members(self):
        """Yield the index of each number: in the input, and within the group."""
        for own in np.ndindex(*self.xhat.shape):
            yield tuple(at + (cut.start or 0) for at, cut in zip(own, self.cuts, strict=True)), own


def _cuts(layer: Normalizing, shape: tuple[int, ...], index: Index):
    """Return what is normalized together with one number of an input: a slice an axis."""
    if isinstance(layer, LayerNormalization):
        axes = [axis % len(shape) for axis in layer.axis]
        return tuple(slice(None) if axis in axes else slice(at, at + 1) for axis, at in enumerate(index))
    size = shape[-1] // layer.cut(shape[-1])
    first = index[-1] // size * size
    return (slice(index[0], index[0] + 1), *[slice(None)] * (len(shape) - 2), slice(first, first + size))


def _group(layer: Normalizing, x: Array, cuts: tuple[slice, ...]):
    """Normalize the numbers of a group."""
    values = x[cuts].astype(np.float64)
    mean, deviation = float(values.mean()), float(np.sqrt(values.var() + layer.epsilon))
    return _Group(cuts, (values - mean) / deviation, mean, deviation)


def _factors(layer: Normalizing, shape: tuple[int, ...]):
    """Return gamma and beta in the shape of an input."""
    given = layer.factors(shape) if isinstance(layer, LayerNormalization) else layer.factors(shape[-1])
    return [np.broadcast_to(item, shape) for item in given]


def _normalized(layer: Normalizing, xs: Inputs, index: Index):
    x = xs[0]
    group = _group(layer, x, _cuts(layer, x.shape, index))
    gamma, beta = (float(item[index]) for item in _factors(layer, x.shape))
    factor = gamma / group.deviation
    terms = [
        Term(place(index), (float(x[index]), factor)),
        Term(f"mean of {group.xhat.size} numbers", (-group.mean, factor)),
    ]
    total = sum(term.value for term in terms)
    formula = "y = (x - mean) * gamma / sqrt(variance + epsilon) + beta"
    return Parts(formula, ("x", "factor"), terms, [(f"+ beta {beta:.6g}", total + beta)])


def _normalized_back(layer: Normalizing, xs: Inputs, k: int, dz: GradientAt, index: Index):
    x = xs[0]
    group = _group(layer, x, _cuts(layer, x.shape, index))
    (gamma, _), own, count = _factors(layer, x.shape), group.own(index), group.xhat.size
    return [
        term_sent(
            dz,
            at,
            float(gamma[at] * ((j == own) - 1 / count - group.xhat[j] * group.xhat[own] / count) / group.deviation),
        )
        for at, j in group.members()
    ]


def _axes(layer: Normalizing, rank: int):
    """Return the axes along which gamma and beta have numbers of their own."""
    axes = layer.axis if isinstance(layer.axis, tuple) else (layer.axis,)
    return sorted(axis % rank for axis in axes)


def _places(layer: Normalizing, outputs: Index, index: Index):
    """List the outputs that one gamma or beta is used for."""
    axes = _axes(layer, len(outputs))
    own_shape = next(iter(layer.params.values())).shape  # whose numbers lie as those of the axes do
    flat = np.ravel_multi_index(index, own_shape)
    own: dict[int, int] = {}
    for axis, at in zip(axes, np.unravel_index(flat, [outputs[axis] for axis in axes]), strict=True):
        own[axis] = int(at)
    ends = [(own[axis], own[axis] + 1) if axis in own else (0, size) for axis, size in enumerate(outputs)]
    return list(product(*(range(*pair) for pair in ends)))


def _gamma(layer: Normalizing, xs: Inputs, dz: GradientAt, outputs: Index, index: Index) -> list[Term]:
    x = xs[0]
    terms: list[Term] = []
    groups: dict[tuple[Any, ...], _Group] = {}
    for at in _places(layer, outputs, index):
        cuts = _cuts(layer, x.shape, at)
        key = tuple((cut.start, cut.stop) for cut in cuts)
        if key not in groups:  # which many of the places may share
            groups[key] = _group(layer, x, cuts)
        terms.append(term_sent(dz, at, groups[key].xhat[groups[key].own(at)]))
    return terms


def _beta(layer: Normalizing, xs: Inputs, dz: GradientAt, outputs: Index, index: Index):
    return [term_sent(dz, at, 1.0) for at in _places(layer, outputs, index)]


KINDS: tuple[str, ...] = ("GroupNormalization", "LayerNormalization")
FORWARD: dict[str, Callable[..., Parts]] = dict.fromkeys(KINDS, _normalized)
TO_INPUT: dict[str, Callable[..., list[Term]]] = dict.fromkeys(KINDS, _normalized_back)
TO_WEIGHT: dict[tuple[str, str], Callable[..., list[Term]]] = {
    (kind, name): rule for kind in KINDS for name, rule in (("gamma", _gamma), ("beta", _beta))
}
