"""Layer and group normalization: mean and variance are the example's own, so every number of a group counts."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...types import Array
from .table import Parts, Term, place, term_sent


class _Group(NamedTuple):
    """The numbers that are normalized with one of them: their indices, their values normalized, and the factors."""

    members: list[tuple[int, ...]]
    xhat: Array
    gamma: Array
    beta: Array
    mean: float
    deviation: float


def _group(layer, x, index):
    """Find the group of one number of an input."""
    if type(layer).__name__ == "LayerNormalization":
        axes = [axis % x.ndim for axis in layer.axis]
        cuts = [slice(None) if axis in axes else slice(at, at + 1) for axis, at in enumerate(index)]
        gamma, beta = (np.broadcast_to(item, x.shape) for item in layer.factors(x.shape))
    else:
        size = x.shape[-1] // layer.cut(x.shape[-1])
        first = index[-1] // size * size
        cuts = [slice(index[0], index[0] + 1), *[slice(None)] * (x.ndim - 2), slice(first, first + size)]
        gamma, beta = (np.broadcast_to(item, x.shape) for item in layer.factors(x.shape[-1]))
    where = tuple(cuts)
    members = [
        tuple(int(at + (cut.start or 0)) for at, cut in zip(own, where, strict=True))
        for own in np.ndindex(*x[where].shape)
    ]
    values = x[where].astype(np.float64).ravel()
    mean, deviation = float(values.mean()), float(np.sqrt(values.var() + layer.epsilon))
    return _Group(members, (values - mean) / deviation, gamma[where].ravel(), beta[where].ravel(), mean, deviation)


def _normalized(layer, xs, index):
    group = _group(layer, xs[0], index)
    own = group.members.index(index)
    factor, beta = float(group.gamma[own]) / group.deviation, float(group.beta[own])
    terms = [
        Term(place(index), (float(xs[0][index]), factor)),
        Term(f"mean of {len(group.members)} numbers", (-group.mean, factor)),
    ]
    total = sum(term.value for term in terms)
    formula = "y = (x - mean) * gamma / sqrt(variance + epsilon) + beta"
    return Parts(formula, ("x", "factor"), terms, [(f"+ beta {beta:.6g}", total + beta)])


def _normalized_back(layer, xs, k, dz, index):
    group = _group(layer, xs[0], index)
    own, count = group.members.index(index), len(group.members)
    return [
        term_sent(
            dz,
            at,
            group.gamma[j] / group.deviation * ((j == own) - 1 / count - group.xhat[j] * group.xhat[own] / count),
        )
        for j, at in enumerate(group.members)
    ]


def _axes(layer, rank):
    """Return the axes along which gamma and beta have numbers of their own."""
    axes = layer.axis if isinstance(layer.axis, tuple) else (layer.axis,)
    return sorted(axis % rank for axis in axes)


def _places(layer, outputs, index):
    """List the outputs that one gamma or beta is used for."""
    own = dict(zip(_axes(layer, len(outputs)), index, strict=True))
    sizes = [1 if axis in own else size for axis, size in enumerate(outputs)]
    return [tuple(own.get(axis, at) for axis, at in enumerate(row)) for row in np.ndindex(*sizes)]


def _gamma(layer, xs, dz, outputs, index):
    terms = []
    for at in _places(layer, outputs, index):
        group = _group(layer, xs[0], at)
        terms.append(term_sent(dz, at, group.xhat[group.members.index(at)]))
    return terms


def _beta(layer, xs, dz, outputs, index):
    return [term_sent(dz, at, 1.0) for at in _places(layer, outputs, index)]


KINDS: tuple[str, ...] = ("GroupNormalization", "LayerNormalization")
FORWARD: dict[str, Callable[..., Parts]] = dict.fromkeys(KINDS, _normalized)
TO_INPUT: dict[str, Callable[..., list[Term]]] = dict.fromkeys(KINDS, _normalized_back)
TO_WEIGHT: dict[tuple[str, str], Callable[..., list[Term]]] = {
    (kind, name): rule for kind in KINDS for name, rule in (("gamma", _gamma), ("beta", _beta))
}
